//! Google ("OpenID Connect", Google for Developers).

use super::Profile;
use crate::flow::policy::Policy;

/// Google. ID tokens may name the issuer without its scheme (OIDC Core 15.6.2).
///
/// A refresh token comes only with `.parameter("access_type", "offline")` at the login; that is the application's choice.
pub fn google() -> Profile {
    Profile::new("Google", "https://accounts.google.com")
        .accepting(Policy::default().issuer_aliases(["accounts.google.com"]))
}
