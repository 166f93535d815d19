//! Okta ("Authorization servers", Okta Developer).

use super::{Profile, at_host, segment};
use crate::error::Error;

/// Okta's org authorization server, by the org's domain. Nothing is relaxed: a 401 of userinfo with an empty body is read
/// by its challenge everywhere (RFC 6750 3).
///
/// # Errors
/// [`ApiMisuse::Issuer`](crate::error::ApiMisuse::Issuer) where it is no host.
pub fn okta(domain: &str) -> Result<Profile, Error> {
    Ok(Profile::new("Okta", at_host(domain, "")?))
}

/// One of Okta's custom authorization servers, by the org's domain and the server's id, such as `default`. It has an issuer
/// of its own.
///
/// # Errors
/// As [`okta`], also where the id holds anything but letters, digits, `-` and `_`.
pub fn okta_authorization_server(domain: &str, id: &str) -> Result<Profile, Error> {
    let path = format!("/oauth2/{}", segment(id)?);
    Ok(Profile::new("Okta", at_host(domain, &path)?))
}
