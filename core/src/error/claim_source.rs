//! Why claims that are said to come from elsewhere were not taken.

use super::{Blame, JsonProblem, Shown, coded::coded};

coded! {
    /// Why the sources of aggregated and distributed claims were refused (OIDC Core 5.6.2). What is wrong with the token
    /// of one is a [`TokenProblem`](super::TokenProblem).
    ClaimSourceProblem {
        /// `_claim_names` or `_claim_sources` is of another shape than its specification says, or one is there without
        /// the other.
        Malformed(JsonProblem) "claim_source.malformed" "{0}",
        /// A claim that only the provider itself can say something about, such as `sub`, is said to come from elsewhere.
        Reserved(Shown) "claim_source.reserved" "the claim {0} cannot come from elsewhere",
        /// A claim is said to come from a source that is not there.
        Missing(Shown) "claim_source.missing" "there is no source {0}",
        /// A source has neither `JWT` nor `endpoint`.
        Empty(Shown) "claim_source.empty" "the source {0} has neither a token nor an endpoint",
        /// A source has both `JWT` and `endpoint`.
        Ambiguous(Shown) "claim_source.ambiguous" "the source {0} has both a token and an endpoint",
        /// A source has an endpoint to which no request may go.
        Endpoint(&'static str) "claim_source.endpoint" "the endpoint of a source cannot be used: {0}",
        /// A source has an endpoint of an origin that the application did not allow. Nothing was sent.
        Origin(Shown) "claim_source.origin" "claims are at {0}, which was not allowed",
    }
}

impl ClaimSourceProblem {
    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::Origin(_) => Blame::Configuration,
            _ => Blame::Provider,
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Origin(_) => {
                Some("if you know whose it is, name it with ResolveClaims::allow_origin")
            }
            Self::Endpoint(_) => {
                Some("plain http works only on loopback, with Policy::insecure_allow_loopback_http")
            }
            _ => None,
        }
    }
}
