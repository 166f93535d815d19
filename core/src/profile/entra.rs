//! Microsoft Entra ID ("OpenID Connect on the Microsoft identity platform", "Azure AD B2C: overview of tokens").

use super::{Profile, at_host, segment};
use crate::{
    error::{ApiMisuse, Error},
    flow::policy::Policy,
    protocol::{issuer_rules::IssuerTemplate, metadata::MetadataSource},
};

/// Microsoft Entra ID, version 2.0, for these tenants and nobody else: their ids in lower case. Departs from OIDC Discovery
/// 4.3: the metadata name a template as their issuer.
///
/// For one tenant no profile is needed: its issuer is `https://login.microsoftonline.com/<tenant id>/v2.0`.
///
/// # Errors
/// [`ApiMisuse::Issuer`] where there is none, or one that is no id (a GUID) in lower case: no token would ever be its.
pub fn entra_v2<T: Into<String>>(tenants: impl IntoIterator<Item = T>) -> Result<Profile, Error> {
    Ok(v2(IssuerTemplate::new(V2, ids(tenants)?)?))
}

/// The same with a question about each tenant that comes.
///
/// # Errors
/// As [`IssuerTemplate::for_tenants_that`].
pub fn entra_v2_for_tenants_that(
    allows: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> Result<Profile, Error> {
    Ok(v2(IssuerTemplate::for_tenants_that(V2, allows)?))
}

/// Microsoft Entra ID, version 1.0, for these tenants and nobody else. Departs from OIDC Discovery 4.3: the metadata are on
/// another host than the issuer they name, `https://sts.windows.net/<tenant id>/`.
///
/// What an access token is for is asked for with
/// [`resource`](crate::flow::start_login::StartLogin::resource).
///
/// # Errors
/// [`ApiMisuse::Issuer`] where there is none, or one that is no id (a GUID) in lower case: no token would ever be its.
pub fn entra_v1<T: Into<String>>(tenants: impl IntoIterator<Item = T>) -> Result<Profile, Error> {
    Ok(v1(IssuerTemplate::new(V1, ids(tenants)?)?))
}

/// The same with a question about each tenant that comes.
///
/// # Errors
/// As [`IssuerTemplate::for_tenants_that`].
pub fn entra_v1_for_tenants_that(
    allows: impl Fn(&str) -> bool + Send + Sync + 'static,
) -> Result<Profile, Error> {
    Ok(v1(IssuerTemplate::for_tenants_that(V1, allows)?))
}

/// `tid` of a token is the tenant's id ("ID token claims reference": a GUID), never its name.
fn ids<T: Into<String>>(tenants: impl IntoIterator<Item = T>) -> Result<Vec<String>, Error> {
    let tenants: Vec<String> = tenants.into_iter().map(Into::into).collect();
    if tenants.iter().all(|tenant| is_guid(tenant)) {
        Ok(tenants)
    } else {
        Err(ApiMisuse::Issuer("an Entra tenant is named by its id, a GUID in lower case").into())
    }
}

/// RFC 9562 4, in lower case.
fn is_guid(text: &str) -> bool {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|byte| byte == b'-' || digit(byte))
}

fn v2(template: IssuerTemplate) -> Profile {
    Profile::new("Entra v2", "https://login.microsoftonline.com/common/v2.0")
        .accepting(Policy::default().issuer_template(template))
}

fn v1(template: IssuerTemplate) -> Profile {
    let well_known = "https://login.microsoftonline.com/common/.well-known/openid-configuration";
    let profile = Profile::new("Entra v1", "https://sts.windows.net/common/")
        .accepting(Policy::default().issuer_template(template));
    Profile { source: Some(MetadataSource::Address(well_known.to_owned())), ..profile }
}

/// Azure AD B2C. Departs from OIDC Discovery 4.1: each policy (user flow) has metadata of its own, while all name one
/// issuer. `tenant` is the name before `.onmicrosoft.com`, `tenant_id` its id in lower case, `policy` the user flow.
///
/// # Errors
/// [`ApiMisuse::Issuer`] where one of them holds anything but letters, digits, `-` and
/// `_`.
pub fn b2c(tenant: &str, tenant_id: &str, policy: &str) -> Result<Profile, Error> {
    let (tenant, tenant_id, policy) = (segment(tenant)?, segment(tenant_id)?, segment(policy)?);
    let host = format!("{tenant}.b2clogin.com");
    let well_known =
        format!("/{tenant}.onmicrosoft.com/{policy}/v2.0/.well-known/openid-configuration");
    let source = MetadataSource::Address(at_host(&host, &well_known)?);
    let profile = Profile::new("Azure AD B2C", at_host(&host, &format!("/{tenant_id}/v2.0/"))?);
    Ok(Profile { source: Some(source), ..profile })
}

const V2: &str = "https://login.microsoftonline.com/{tenantid}/v2.0";
const V1: &str = "https://sts.windows.net/{tenantid}/";
