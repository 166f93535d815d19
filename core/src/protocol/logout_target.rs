//! Whose sessions a logout ends (Front-Channel Logout 2, Back-Channel Logout 2.4 and 2.7).

use std::fmt;

use super::id_token::Subject;

/// By which the provider names the sessions that end: one of them by `sid`, or all of a person by `sub`.
///
/// Both mean something only together with the issuer. `Debug` shows the issuer only.
#[derive(Clone, PartialEq, Eq)]
pub struct LogoutTarget {
    issuer: String,
    sub: Option<String>,
    sid: Option<String>,
}

impl LogoutTarget {
    pub(crate) fn new(issuer: &str, sub: Option<&str>, sid: Option<&str>) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self { issuer: issuer.to_owned(), sub: own(sub), sid: own(sid) }
    }

    /// `iss`
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `sub`; there at least where `sid` is not.
    pub fn sub(&self) -> Option<&str> {
        self.sub.as_deref()
    }

    /// `sid`; there at least where `sub` is not.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Whether it names a login of `subject` in the provider's session `sid`. What it names must fit in full: with `sid`
    /// other sessions of the same person go on, and so does one of which the session was never known. The issuer counts as
    /// it is written in both, also where the policy takes two spellings for one provider.
    pub fn covers(&self, subject: &Subject, sid: Option<&str>) -> bool {
        // Back-Channel Logout 2.4: `sid` is unique within its issuer alone
        self.issuer == subject.issuer()
            && self.sub.as_deref().is_none_or(|sub| sub == subject.sub())
            && self.sid.as_deref().is_none_or(|own| Some(own) == sid)
    }
}

impl fmt::Debug for LogoutTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutTarget").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Bytes of `sid` and `jti`; real ones stay below 400.
pub(crate) const MAX_NAME: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l17_a_session_is_known_by_issuer_and_sid_together() {
        let alice = Subject::new("https://op.test", "alice");
        let covers =
            |issuer: &str, sub, sid, own| LogoutTarget::new(issuer, sub, sid).covers(&alice, own);
        for (sub, sid, own) in [
            (None, Some("1"), Some("1")),
            (Some("alice"), Some("1"), Some("1")),
            (Some("alice"), None, Some("1")),
            (Some("alice"), None, None),
        ] {
            assert!(covers("https://op.test", sub, sid, own), "{sub:?} {sid:?} {own:?}");
            assert!(!covers("https://other.test", sub, sid, own), "{sub:?} {sid:?} {own:?}");
        }
        for (sub, sid, own) in [
            (None, Some("1"), Some("2")),
            (None, Some("1"), None),
            (Some("bob"), Some("1"), Some("1")),
            (Some("bob"), None, Some("1")),
            (Some("alice"), Some("1"), Some("2")),
            (Some("alice"), Some("1"), None),
        ] {
            assert!(!covers("https://op.test", sub, sid, own), "{sub:?} {sid:?} {own:?}");
        }
    }
}
