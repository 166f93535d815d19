//! Facebook ("OIDC Token with Manual Flow", Meta for Developers).

use super::Profile;
use crate::protocol::{metadata::MetadataOverrides, registration::AuthMethod};

/// Facebook. Departs from OIDC Discovery 3: the metadata have no token endpoint. The one given here has no version; another
/// is chosen with [`metadata_overrides`](super::DiscoverProfile::metadata_overrides). The secret goes into the form. There
/// is no userinfo endpoint: the claims are in the ID token.
pub fn facebook() -> Profile {
    let overrides = MetadataOverrides::default()
        .token_endpoint("https://graph.facebook.com/oauth/access_token");
    Profile::new("Facebook", "https://www.facebook.com")
        .overriding(overrides)
        .authenticating(AuthMethod::ClientSecretPost)
}
