//! Amazon Cognito ("Amazon Cognito user pools: OIDC endpoints", Amazon Cognito Developer Guide).

use super::{Profile, at_host, segment};
use crate::{
    error::Error,
    protocol::{profiled::Demands, registration::AuthMethod},
};

/// Amazon Cognito. Departs from RFC 6749 2.3.1: the halves of Basic credentials are not decoded. Departs from RP-Initiated
/// Logout 2: where to go afterwards is called `logout_uri`. `pool` is the user pool's id, such as
/// `eu-central-1_AbCdEf012`.
///
/// Where the metadata lack an `end_session_endpoint`, give that of the pool's domain with
/// [`metadata_overrides`](super::DiscoverProfile::metadata_overrides). Booleans may be text.
///
/// # Errors
/// [`ApiMisuse::Issuer`](crate::error::ApiMisuse::Issuer) where an argument holds anything but letters, digits, `-` and
/// `_`.
pub fn cognito(region: &str, pool: &str) -> Result<Profile, Error> {
    let host = format!("cognito-idp.{}.amazonaws.com", segment(region)?);
    let issuer = at_host(&host, &format!("/{}", segment(pool)?))?;
    let demands = Demands { logout_redirect: Some("logout_uri"), ..Demands::default() };
    Ok(Profile::new("Cognito", issuer)
        .authenticating(AuthMethod::ClientSecretBasicUnencoded)
        .demanding(demands))
}
