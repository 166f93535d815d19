//! The paths of the crate's own modules in a source, without a parser for all of Rust.

/// The words and signs of a source, without comments, literals and test modules.
pub fn code(source: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = literal(rest) {
            length
        } else if first == '_' || first.is_alphanumeric() {
            let end = |c: char| c != '_' && !c.is_alphanumeric();
            let length = rest.find(end).unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    without_tests(&tokens)
}

/// The length of the string or character literal that `text` starts with.
fn literal(text: &str) -> Option<usize> {
    let body = text.strip_prefix('b').unwrap_or(text);
    let prefix = text.len() - body.len();
    let raw = body.strip_prefix('r').map(|body| (body, body.trim_start_matches('#')));
    if let Some((hashed, quoted)) = raw.filter(|(_, quoted)| quoted.starts_with('"')) {
        let close = format!("\"{}", "#".repeat(hashed.len() - quoted.len()));
        let opened = text.len() - quoted.len() + 1;
        return Some(
            text[opened..].find(&close).map_or(text.len(), |at| opened + at + close.len()),
        );
    }
    let quote = body.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let mut characters = body.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => drop(characters.next()),
            // A lifetime is no literal.
            other if quote == '\'' && at > 1 && other != quote && !body[1..at].contains('\\') => {
                return None;
            }
            other if other == quote => return Some(prefix + at + 1),
            _ => {}
        }
    }
    None
}

/// Drops each item behind `#[cfg(test)]`: up to its `;`, or its block.
fn without_tests(tokens: &[String]) -> Vec<String> {
    let marker = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].iter().take(marker.len()).eq(marker.iter()) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let mut depth = 0;
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 && matches!(tokens[at - 1].as_str(), ";" | "}") {
                break;
            }
        }
    }
    kept
}

/// The crate's own paths in the code of `module`, from the crate's root.
pub fn paths(module: &str, tokens: &[String], modules: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_path = tokens.get(at + 1).is_some_and(|next| next == "::");
        let inner = at > 0 && tokens[at - 1] == "::";
        if is_path
            && !inner
            && let Some(start) = root(module, &tokens[at], modules)
        {
            at = tree(&start, tokens, at + 2, &mut found);
            continue;
        }
        at += 1;
    }
    found
}

/// What the first word of a path stands for, if it is of this crate.
fn root(module: &str, word: &str, modules: &[String]) -> Option<String> {
    let child = join(module, word);
    match word {
        "crate" => Some(String::new()),
        "self" => Some(module.to_owned()),
        "super" => Some(parent(module).to_owned()),
        _ => modules.contains(&child).then_some(child),
    }
}

/// Follows a path or an import tree from `start` on; returns where it ends.
fn tree(start: &str, tokens: &[String], mut at: usize, found: &mut Vec<String>) -> usize {
    match tokens.get(at).map(String::as_str) {
        Some("{") => {
            at += 1;
            while tokens.get(at).is_some_and(|token| token != "}") {
                at = if tokens[at] == "," { at + 1 } else { tree(start, tokens, at, found) };
            }
            at + 1
        }
        Some("super") if tokens.get(at + 1).is_some_and(|next| next == "::") => {
            tree(parent(start), tokens, at + 2, found)
        }
        Some("*" | "self") | None => {
            found.push(start.to_owned());
            at + 1
        }
        Some(word) => {
            let path = join(start, word);
            match tokens.get(at + 1).map(String::as_str) {
                Some("::") => tree(&path, tokens, at + 2, found),
                Some("as") => {
                    found.push(path);
                    at + 3
                }
                _ => {
                    found.push(path);
                    at + 1
                }
            }
        }
    }
}

pub fn join(path: &str, word: &str) -> String {
    if path.is_empty() { word.to_owned() } else { format!("{path}::{word}") }
}

fn parent(path: &str) -> &str {
    path.rsplit_once("::").map_or("", |(parent, _)| parent)
}
