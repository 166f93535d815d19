//! Values from outside, made fit to be read in a log.

use std::fmt;

/// A value that came from outside and is no secret: at most 256 characters, everything but printable ASCII
/// escaped.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// Cuts and escapes `value`.
    pub fn new(value: &str) -> Self {
        let mut shown = String::new();
        for (count, character) in value.chars().enumerate() {
            if count == MAX_CHARACTERS {
                shown.push_str("...");
                break;
            }
            match character {
                ' '..='~' => shown.push(character),
                other => shown.extend(other.escape_unicode()),
            }
        }
        Self(shown)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A quote inside must not look like the end.
        write!(f, "\"{}\"", self.0.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What was expected and what was there instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// What it should have been.
    pub expected: Shown,
    /// What it was.
    pub actual: Shown,
}

impl Comparison {
    /// Keeps both sides, bounded and escaped.
    pub fn new(expected: &str, actual: &str) -> Self {
        Self { expected: Shown::new(expected), actual: Shown::new(actual) }
    }

    /// The known confusions of issuers.
    pub(crate) fn issuer_hint(&self) -> Option<&'static str> {
        let (expected, actual) = (self.expected.as_str(), self.actual.as_str());
        let bare = |text: &str| text.trim_end_matches('/').to_owned();
        let schemeless = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
        if actual.contains('{') {
            Some(
                "the issuer is a template: use the issuer of one tenant, or say with Policy::issuer_template \
                 which tenants may log in",
            )
        } else if bare(expected) == bare(actual) {
            Some(
                "the two differ only by a trailing slash: write the issuer exactly as the provider does",
            )
        } else if expected.eq_ignore_ascii_case(actual) {
            Some(
                "the two differ only in upper and lower case: write the issuer exactly as the provider does",
            )
        } else if schemeless(expected) == schemeless(actual)
            || schemeless(expected).as_deref() == Some(actual)
        {
            Some("the two differ only in the scheme: write the issuer exactly as the provider does")
        } else {
            None
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, got {}", self.expected, self.actual)
    }
}

const MAX_CHARACTERS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_length_are_tamed() {
        let shown = Shown::new("a\r\n\u{1b}[31m\u{202e}");
        assert_eq!(shown.as_str(), "a\\u{d}\\u{a}\\u{1b}[31m\\u{202e}");
        assert!(Shown::new(&"x".repeat(100_000)).as_str().len() <= MAX_CHARACTERS + 3);
    }

    #[test]
    fn hints_name_the_confusion() {
        let hint = |e, a| Comparison::new(e, a).issuer_hint().unwrap_or("none");
        assert!(hint("https://op.test", "https://op.test/").contains("trailing slash"));
        assert!(hint("https://x/common", "https://x/{tenantid}").contains("template"));
        assert!(hint("https://Op.test", "https://op.test").contains("case"));
        assert!(hint("https://op.test", "op.test").contains("scheme"));
        assert_eq!(hint("https://op.test", "https://evil.test"), "none");
    }
}
