//! Keycloak ("Configuring the hostname", Keycloak guides).

use super::Profile;
use crate::{
    error::{ApiMisuse, Error},
    protocol::{
        issuer::{Issuer, Schemes, address},
        metadata::{MetadataOverrides, MetadataSource},
    },
};

/// Keycloak, which this application reaches by another host than visitors do. Departs from OIDC Discovery 4.1: metadata,
/// keys and tokens are asked for at `inside`, an `https` origin such as `https://keycloak.cluster.example:8443`, while the
/// issuer stays the one that visitors see, such as `https://sso.example/realms/staff`. Without that, no profile is needed.
///
/// # Errors
/// [`ApiMisuse::Issuer`] where `issuer` is none, [`ApiMisuse::Address`] where `inside` is no `https` origin.
pub fn keycloak_by_another_host(issuer: &str, inside: &str) -> Result<Profile, Error> {
    let outside =
        address(Issuer::new(issuer)?.as_str(), Schemes::HttpsOnly).map_err(ApiMisuse::Issuer)?;
    let mut url = address(inside, Schemes::HttpsOnly).map_err(ApiMisuse::Address)?;
    if url.path() != "/" || url.query().is_some() {
        return Err(ApiMisuse::Address("it is no origin").into());
    }
    let path = outside.path().trim_end_matches('/');
    url.set_path(&format!("{path}/.well-known/openid-configuration"));
    let overrides = MetadataOverrides::default().back_channel_origin(inside);
    let source = Some(MetadataSource::Address(url.into()));
    Ok(Profile { source, ..Profile::new("Keycloak", issuer).overriding(overrides) })
}
