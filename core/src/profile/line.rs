//! LINE ("Integrating LINE Login with your web app", LINE Developers).

use super::Profile;
use crate::jose::algorithm::Algorithm;

/// LINE Login for web applications. Departs from OIDC Core 15.1: ID tokens are not signed with RS256, but under an HMAC
/// (HS256) of the channel secret, so the client needs one. Where the registration says ES256, as for native
/// applications, that stays.
pub fn line() -> Profile {
    let profile = Profile::new("LINE", "https://access.line.me");
    Profile { id_token_alg: Some(Algorithm::HS256), ..profile }
}
