//! What a provider profile chose, kept apart from what the application itself chose: neither is put down to the other.

use super::{issuer_rules::IssuerTolerance, relaxation::Relaxation};

/// The part of a [`Policy`](crate::Policy) that only a profile brought.
#[derive(Clone, Debug)]
pub(crate) struct Profiled {
    pub(crate) name: &'static str,
    /// What the application's own policy would have refused.
    pub(crate) accepts: Vec<Relaxation>,
    /// The same for aliases, of which a relaxation does not say which it was.
    pub(crate) aliases: Vec<String>,
    pub(crate) demands: Demands,
}

/// What a profile wants of requests; what the application says for itself goes first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Demands {
    pub(crate) without_nonce: bool,
    pub(crate) without_pkce: bool,
    pub(crate) form_post: bool,
    /// The scope of plain OAuth, where none is asked for.
    pub(crate) oauth_scope: Option<&'static str>,
    pub(crate) user_info_by_post: bool,
    /// Another name of `post_logout_redirect_uri`.
    pub(crate) logout_redirect: Option<&'static str>,
}

/// Which protections of a request are missing because of the profile; kept over the redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) nonce: bool,
    pub(crate) pkce: bool,
}

impl Profiled {
    fn accepts(&self, used: &Relaxation, iss: Option<&str>) -> bool {
        if *used == Relaxation::Issuer(IssuerTolerance::Alias) {
            return iss.is_some_and(|iss| self.aliases.iter().any(|alias| alias == iss));
        }
        self.accepts.iter().any(|accepted| match (accepted, used) {
            // Which member is repeated is not chosen.
            (Relaxation::EqualRepeat(_), Relaxation::EqualRepeat(_)) => true,
            // RFC 6749 5.1: the value is case insensitive
            (Relaxation::OtherTokenType(ours), Relaxation::OtherTokenType(theirs)) => {
                ours.as_str().eq_ignore_ascii_case(theirs.as_str())
            }
            (accepted, used) => accepted == used,
        })
    }
}

/// The relaxation, with the profile as its reason where it is one. `iss` is the token's.
pub(crate) fn credit(
    profiled: Option<&Profiled>,
    used: Relaxation,
    iss: Option<&str>,
) -> Relaxation {
    match profiled {
        Some(profiled) if profiled.accepts(&used, iss) => used.because_of(profiled.name),
        _ => used,
    }
}
