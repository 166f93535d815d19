//! GenAuth, formerly Authing ("OIDC module", GenAuth Python SDK): fixed paths below the host, the same for both
//! generations of its API.
//!
//! | there | here |
//! | --- | --- |
//! | `build_authorize_url` | [`Client::start_login`], with the protocol `oauth` [`Client::start_authorization`] |
//! | `get_access_token_by_code` | [`Client::finish_login`], with the protocol `oauth` [`Client::finish_authorization`] |
//! | `get_new_access_token_by_refresh_token` | [`Client::refresh`] |
//! | `get_access_token_by_client_credentials` | [`Client::client_credentials`] with [`credentials`](crate::flow::grant::RequestTokens::credentials) |
//! | `get_user_info_by_access_token` | [`Client::user_info`] |
//! | `introspect_token`, `revoke_token` | [`Client::introspect`], [`Client::revoke`] |
//! | `introspect_token_offline` | [`introspect_token_offline`] |
//! | `validate_token` | [`insecure_validate_token`] |
//! | `build_logout_url` | [`logout_url`], [`expert_logout_url`] |

mod logout;
mod validate_token;

pub use logout::{expert_logout_url, logout_url};
pub use validate_token::{GenAuthToken, ValidateToken, ValidatedToken, insecure_validate_token};

use super::{Profile, at_host};
use crate::{
    client::Client,
    error::Error,
    flow::{policy::Policy, validate_access_token::ValidateAccessToken},
    jose::algorithm::Algorithm,
    protocol::{metadata::MetadataOverrides, profiled::Demands, registration::AuthMethod},
    secret::AccessToken,
};

/// OpenID Connect at this host. Departs from OIDC Core 15.1: ID tokens are under an HMAC (HS256) of the app secret. The
/// secret goes into the form of the token, introspection and revocation endpoints, and userinfo is asked by `POST`.
/// `null` claims and text instead of numbers are read everywhere.
///
/// # Errors
/// [`ApiMisuse::Issuer`](crate::error::ApiMisuse::Issuer) where it is no host.
pub fn oidc(host: &str) -> Result<Profile, Error> {
    let profile = at(&at_host(host, "")?, "oidc");
    let demands = Demands { user_info_by_post: true, ..Demands::default() };
    let end = format!("{}/session/end", profile.issuer);
    let overrides = profile.overrides.clone().end_session_endpoint(end);
    let profile = profile.demanding(demands).overriding(overrides);
    Ok(Profile { id_token_alg: Some(Algorithm::HS256), ..profile })
}

/// Plain OAuth at this host (`protocol=oauth`): no logins, and the scope `user` where none is asked for.
///
/// # Errors
/// As [`oidc`].
pub fn oauth(host: &str) -> Result<Profile, Error> {
    let demands =
        Demands { user_info_by_post: true, oauth_scope: Some("user"), ..Demands::default() };
    let profile = at(&at_host(host, "")?, "oauth").demanding(demands);
    Ok(profile.accepting(Policy::default().without_id_tokens()))
}

/// Validates an access token by its signature, without a request but for the keys: RS256, `aud` this client.
pub fn introspect_token_offline(client: &Client, token: &AccessToken) -> ValidateAccessToken {
    let audience = client.registration().client_id().to_owned();
    client.validate_access_token(token, &[&audience]).algorithms(&[Algorithm::RS256])
}

fn at(host: &str, protocol: &str) -> Profile {
    let path = |path: &str| format!("{host}/{protocol}/{path}");
    let overrides = MetadataOverrides::default()
        .authorization_endpoint(path("auth"))
        .token_endpoint(path("token"))
        .userinfo_endpoint(path("me"))
        .introspection_endpoint(path("token/introspection"))
        .revocation_endpoint(path("token/revocation"))
        .jwks_uri(path(".well-known/jwks.json"));
    let profile = Profile::new("GenAuth", format!("{host}/{protocol}"))
        .overriding(overrides)
        .authenticating(AuthMethod::ClientSecretPost);
    Profile { source: None, ..profile }
}
