//! Twitch ("OIDC authorization code grant flow", Twitch Developers).

use super::Profile;
use crate::protocol::registration::AuthMethod;

/// Twitch. The secret goes into the form, whatever the metadata say (RFC 8414 2). The scope of an answer is a list, which
/// is read everywhere.
pub fn twitch() -> Profile {
    Profile::new("Twitch", "https://id.twitch.tv/oauth2")
        .authenticating(AuthMethod::ClientSecretPost)
}
