//! Why a provider's word that somebody logged out was not taken.

use super::{Blame, Comparison, Shown, coded::coded};

coded! {
    /// Why a logout request was refused (Front-Channel Logout 2, Back-Channel Logout 2.5). What is wrong with the token
    /// inside of one is a [`TokenProblem`](super::TokenProblem).
    LogoutProblem {
        /// Longer than `Limits::callback`.
        TooLong "logout.too_long" "it is too long",
        /// The body is no `application/x-www-form-urlencoded` form.
        ContentType(Shown) "logout.content_type" "its content type is {0}",
        /// Broken percent-encoding, not UTF-8, or a NUL.
        Encoding "logout.encoding" "its parameters are not well encoded",
        /// A parameter stands there twice.
        Duplicate(Shown) "logout.duplicate" "the parameter {0} occurs twice",
        /// There is no `logout_token`.
        TokenMissing "logout.token.missing" "logout_token is missing",
        /// `iss` is missing beside `sid`, or where the client is registered for both.
        IssMissing "logout.iss.missing" "iss is missing",
        /// `iss` is not this client's issuer.
        IssMismatch(Comparison) "logout.iss.mismatch" "iss names another issuer: {0}",
        /// `sid` is missing beside `iss`, or where the client is registered for both.
        SidMissing "logout.sid.missing" "sid is missing",
        /// `sid` is longer than 1024 bytes.
        SidMalformed "logout.sid.malformed" "sid is malformed",
        /// A logout token with this `jti` was there before.
        Replay "logout.replay" "its logout token was there before",
    }
}

impl LogoutProblem {
    /// Anybody can send such a request.
    pub(super) fn blame(&self) -> Blame {
        Blame::Visitor
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::IssMismatch(comparison) => comparison.issuer_hint(),
            Self::ContentType(_) => Some(
                "it is application/x-www-form-urlencoded: pass the header Content-Type of the request on",
            ),
            Self::Replay => Some(
                "a provider may repeat a request whose answer it missed; if it is the first, has the store \
                 been asked twice for it?",
            ),
            Self::TokenMissing => Some("pass the body alone, as it came"),
            Self::IssMissing | Self::SidMissing => Some(
                "is the client registered at the provider with frontchannel_logout_session_required?",
            ),
            _ => None,
        }
    }
}
