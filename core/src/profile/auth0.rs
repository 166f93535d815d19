//! Auth0 ("OpenID Connect discovery", Auth0 docs).

use super::{Profile, at_host};
use crate::error::Error;

/// Auth0, by the tenant's domain. Its issuer ends in a slash, which is easily forgotten (OIDC Discovery 4.3 compares
/// exactly). Nothing is relaxed.
///
/// Access tokens for an API of yours are asked for with
/// [`audience`](crate::flow::start_login::StartLogin::audience).
///
/// # Errors
/// [`ApiMisuse::Issuer`](crate::error::ApiMisuse::Issuer) where it is no host.
pub fn auth0(domain: &str) -> Result<Profile, Error> {
    Ok(Profile::new("Auth0", at_host(domain, "/")?))
}
