//! The layers of the crate: a module names only modules of lower rows, or to its left in its own row. The order is
//! total, so there is no cycle. `lib.rs` and `guide` may name everything.
//!
//! Read are `use` declarations and paths in code, from `crate`, `super`, `self` or a child module. Comments,
//! literals and `#[cfg(test)]` items do not count.

#[path = "layers/source.rs"]
#[allow(unreachable_pub)]
mod source;

use std::{fs, path::Path};

use source::{code, join, paths};

/// A row, lowest first. `name::*` is a module with all that is inside it.
struct Row {
    modules: &'static [&'static str],
    rule: Rule,
}

#[derive(Clone, Copy, PartialEq)]
enum Rule {
    /// Those to the left are seen.
    LeftToRight,
    /// Nobody in the row sees another one.
    Apart,
    /// Sees only the first so many rows, and nobody sees it.
    Beside(usize),
}

const fn row(rule: Rule, modules: &'static [&'static str]) -> Row {
    Row { modules, rule }
}

const ROWS: [Row; 17] = [
    row(Rule::LeftToRight, &["error::*"]),
    row(Rule::LeftToRight, &["limits", "text", "json::*", "time", "env", "secret", "stored"]),
    row(
        Rule::LeftToRight,
        &[
            "jose::algorithm",
            "jose::encryption",
            "jose::key_octets",
            "jose::oaep",
            "jose::concat_kdf",
            "jose::jwk::*",
            "jose::key_management",
            "jose::backend::*",
            "jose::signer",
            "jose::generated_key",
            "jose::hmac",
            "jose::wrap",
            "jose::content",
            "jose::seal",
            "jose::key_set",
        ],
    ),
    row(
        Rule::LeftToRight,
        &[
            "jose::jws::*",
            "jose::jwt",
            "jose::unwrap",
            "jose::jwe",
            "jose::encrypt",
            "jose::own_decryption_key",
            "jose::client_keys",
            "jose",
        ],
    ),
    row(Rule::LeftToRight, &["http::challenge", "http::response", "http::request", "http"]),
    row(
        Rule::LeftToRight,
        &[
            "protocol::claims",
            "protocol::localized",
            "protocol::issuer",
            "protocol::issuer_template",
            "protocol::issuer_rules",
            "protocol::relaxation",
            "protocol::profiled",
            "protocol::pkce",
            "protocol::client_assertion",
            "protocol::client_auth",
            "protocol::response_encryption",
            "protocol::registration",
            "protocol::registration_encryption",
            "protocol::registration_auth",
            "protocol::metadata::*",
            "protocol::endpoint_auth",
            "protocol::web_finger",
        ],
    ),
    row(
        Rule::LeftToRight,
        &[
            "protocol::response_type",
            "protocol::iso_8601",
            "protocol::claims_request",
            "protocol::claim_sources",
            "protocol::verified_claims",
            "protocol::verified_claims_request",
            "protocol::authorization",
            "protocol::hosted_request",
            "protocol::request_object::*",
            "protocol::form",
            "protocol::check_session",
            "protocol::initiation",
            "protocol::callback",
            "protocol::response_jwt",
            "protocol::logout",
            "protocol::token_members",
            "protocol::token_tolerance",
            "protocol::token",
            "protocol::grant",
            "protocol::token_exchange",
            "protocol::device",
            "protocol::check",
            "protocol::id_token",
            "protocol::replay",
            "protocol::logout_target",
            "protocol::logout_notice",
            "protocol::logout_token",
            "protocol::logout_answer",
            "protocol::front_channel",
            "protocol::bearer",
            "protocol::user_info",
            "protocol::signed_user_info",
            "protocol::sourced_claims",
            "protocol::revocation",
            "protocol::introspection",
            "protocol::client_metadata",
            "protocol::client_metadata_encryption",
            "protocol::negotiation",
            "protocol::registered_client",
            "protocol::registration_answer",
            "protocol::access_token",
            "protocol::bearer_challenge",
            "protocol",
        ],
    ),
    row(Rule::LeftToRight, &["flow"]),
    row(
        Rule::LeftToRight,
        &["flow::policy", "flow::key_cache", "flow::decryption_keys", "flow::party", "flow::keys"],
    ),
    row(
        Rule::LeftToRight,
        &[
            "flow::call",
            "flow::decrypt",
            "flow::verify",
            "flow::pending_login",
            "flow::pending_authorization",
            "flow::sealed",
            "flow::sign_request",
            "flow::authorization_request",
            "flow::hosted_request",
            "flow::request_setters",
            "flow::open_response",
            "flow::front_channel",
            "flow::pending_device",
            "flow::record",
            "flow::session",
            "flow::granted",
            "flow::user_info",
        ],
    ),
    row(
        Rule::Apart,
        &[
            "flow::discover",
            "flow::web_finger",
            "flow::start_login",
            "flow::finish_login",
            "flow::finish_implicit_login",
            "flow::start_authorization",
            "flow::finish_authorization",
            "flow::refresh",
            "flow::logout",
            "flow::front_channel_logout",
            "flow::back_channel_logout",
            "flow::grant",
            "flow::token_exchange",
            "flow::start_device_login",
            "flow::device_login",
            "flow::revoke",
            "flow::claim_sources",
            "flow::introspect",
            "flow::resource",
            "flow::register",
            "flow::manage_registration",
        ],
    ),
    row(Rule::Apart, &["flow::valid_token", "flow::validate_access_token"]),
    row(Rule::LeftToRight, &["client::*", "clients"]),
    row(Rule::LeftToRight, &["profile::*"]),
    row(Rule::LeftToRight, &["drive"]),
    row(Rule::Beside(3), &["crypto::*"]),
    row(Rule::Beside(2), &["agent::*"]),
];

/// Row and place of a module, or of the innermost module that a path goes through.
fn place(path: &str, exact: bool) -> Option<(usize, usize)> {
    let covers = |module: &str| match module.strip_suffix("::*") {
        Some(whole) => path == whole || path.starts_with(&format!("{whole}::")),
        None => path == module || (!exact && path.starts_with(&format!("{module}::"))),
    };
    let all = ROWS.iter().enumerate().flat_map(|(row, entry)| {
        entry.modules.iter().enumerate().map(move |(at, module)| (*module, (row, at)))
    });
    let found = all.filter(|(module, _)| covers(module));
    found.max_by_key(|(module, _)| module.trim_end_matches("::*").len()).map(|(_, place)| place)
}

fn allowed(from: (usize, usize), to: (usize, usize)) -> bool {
    if from == to {
        return true;
    }
    if matches!(ROWS[to.0].rule, Rule::Beside(_)) {
        return false;
    }
    match ROWS[from.0].rule {
        Rule::Beside(rows) => to.0 < rows,
        Rule::Apart => to.0 < from.0,
        Rule::LeftToRight => to < from,
    }
}

/// What is wrong in one module. `modules` are all there are.
fn faults(module: &str, source: &str, modules: &[String]) -> Vec<String> {
    let Some(from) = place(module, true) else {
        return vec![format!("{module} is not in the table")];
    };
    let mut faults = Vec::new();
    for path in paths(module, &code(source), modules) {
        match place(&path, false) {
            None => faults.push(format!("{module} names {path}, which is not in the table")),
            Some(to) if !allowed(from, to) => faults.push(format!("{module} names {path}")),
            Some(_) => {}
        }
    }
    faults
}

/// Every module with its source.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, path: &str, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &join(path, &name), found);
            } else if let Some(stem) = name.strip_suffix(".rs") {
                let module = if stem == "mod" { path.to_owned() } else { join(path, stem) };
                found.push((module, fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    assert!(found.len() > 40, "the sources are not where they were");
    found
}

#[test]
fn every_module_keeps_its_layer() {
    let sources = sources();
    let modules: Vec<String> = sources.iter().map(|(module, _)| module.clone()).collect();
    let free = |module: &str| module == "lib" || module == "guide" || module.starts_with("guide::");
    let governed = sources.iter().filter(|(module, _)| !free(module));
    let faults: Vec<String> =
        governed.flat_map(|(module, source)| faults(module, source, &modules)).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    for module in ROWS.iter().flat_map(|row| row.modules) {
        let module = module.trim_end_matches("::*").to_owned();
        assert!(modules.contains(&module), "{module} is in the table and nowhere else");
    }
}

/// Clock, entropy, futures and IO out of their place.
fn strays(module: &str, source: &str) -> Vec<String> {
    let code = code(source);
    let words = [("SystemTime", "env"), ("getrandom", "env"), ("async", "drive")];
    let out_of_place =
        |(word, home): &(&str, &str)| module != *home && code.iter().any(|token| token == word);
    let words = words.into_iter().filter(out_of_place).map(|(word, _)| word.to_owned());
    let std = paths("", &code, &["std".to_owned()]).into_iter().filter(|path| {
        ["net", "fs", "thread"].contains(&path.split("::").nth(1).unwrap_or_default())
    });
    words.chain(std).collect()
}

#[test]
fn clock_entropy_futures_and_io_stay_where_they_belong() {
    for (module, source) in sources() {
        assert!(strays(&module, &source).is_empty(), "{module}: {:?}", strays(&module, &source));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(module: &str, source: &str) -> Vec<String> {
        let modules =
            ["flow::call", "flow::party", "jose::jwk", "jose::jwk::ed25519"].map(String::from);
        faults(module, source, &modules)
    }

    #[test]
    fn upward_imports_are_refused() {
        for source in [
            "use crate::flow::party::Party;",
            "use crate::{error::Error, flow::{self, party::Party as P}};",
            "use super::super::flow::party;",
            "pub use crate::flow::party::*;",
        ] {
            assert_eq!(
                refused("protocol::token", source).len(),
                1 + source.matches("self").count(),
                "{source}"
            );
        }
        assert_eq!(refused("jose::jwk", "use crate::flow::Step;"), ["jose::jwk names flow::Step"]);
        let below =
            "use crate::{error::{Error, ErrorKind}, http::HttpResponse, json::{self, Value}};";
        assert!(refused("protocol::token", below).is_empty());
    }

    #[test]
    fn flows_do_not_know_each_other() {
        let sideways = "use crate::flow::{call::Call, start_login::StartedLogin};";
        assert_eq!(
            refused("flow::refresh", sideways),
            ["flow::refresh names flow::start_login::StartedLogin"]
        );
        assert!(refused("flow::refresh", "use super::call::Call;").is_empty());
        // Elsewhere the left is seen and the right is not.
        assert!(refused("flow::party", "use super::key_cache::KeyCache;").is_empty());
        assert_eq!(refused("flow::key_cache", "use super::party::Party;").len(), 1);
    }

    #[test]
    fn paths_in_code_count() {
        let inline = "fn f<'a>(c: char) -> bool { c == '\"' && crate::client::new('a') }";
        assert_eq!(refused("json", inline), ["json names client::new"]);
        assert!(refused("json", "fn f() -> bool { crate::text::good() }").is_empty());
        assert_eq!(refused("flow", "pub use call::Call;"), ["flow names flow::call::Call"]);
        assert_eq!(refused("flow", "fn f() { self::call::run() }").len(), 1);
        assert!(refused("jose::jwk", "mod ed25519; use ed25519::is_point;").is_empty());
    }

    #[test]
    fn backends_stand_beside() {
        assert!(refused("crypto::josekit", "use crate::jose::backend::Crypto;").is_empty());
        assert_eq!(refused("crypto::josekit", "use crate::jose::jws::VerifiedJws;").len(), 1);
        assert_eq!(refused("client", "use crate::crypto::josekit;").len(), 1);
    }

    #[test]
    fn comments_literals_and_tests_do_not_count() {
        let quiet = r##"
            //! [x](crate::client::Client)
            /// crate::client
            /* crate::client */
            pub(crate) const A: &str = r#"crate::client::"x" "#;
            const B: (char, &[u8]) = ('\'', b"\"crate::client::Client");
            #[cfg(test)]
            mod tests { use crate::client::Client; fn f() {} }
            #[cfg(test)]
            use crate::client::Client;
        "##;
        assert!(refused("json", quiet).is_empty());
        assert_eq!(refused("json", &format!("{quiet} use crate::client;")).len(), 1);
    }

    #[test]
    fn unknown_modules_are_refused() {
        assert_eq!(refused("jose::jwx", ""), ["jose::jwx is not in the table"]);
        assert_eq!(refused("client", "use crate::agent::Frame;").len(), 1);
        assert!(refused("error::detail", "use super::Shown;").is_empty());
    }

    #[test]
    fn strays_are_seen() {
        assert_eq!(strays("json", "use std::{fmt, fs::File, net};"), ["std::fs::File", "std::net"]);
        assert_eq!(strays("flow", "fn f() { std::thread::sleep(t) }"), ["std::thread::sleep"]);
        let clock = "fn now() { SystemTime::now(); getrandom::fill(b) }";
        assert_eq!(strays("time", clock), ["SystemTime", "getrandom"]);
        assert_eq!(strays("client", "async fn f() {}"), ["async"]);
        assert!(strays("env", clock).is_empty() && strays("drive", "async fn f() {}").is_empty());
        assert!(strays("json", "// std::fs, async\nuse std::fmt; fn drive_async() {}").is_empty());
    }
}
