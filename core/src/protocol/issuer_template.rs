//! The issuers of a server with many tenants.

use std::{fmt, sync::Arc};

use super::issuer::{Issuer, Schemes};
use crate::{
    error::{ApiMisuse, Error},
    text,
};

/// The issuers of a server with many tenants, as it writes them in its metadata: `{tenantid}` stands for the tenant.
///
/// Which tenants may log in must be said: everybody can have a tenant of his own there, and name its users as he likes.
/// A token's `iss` must be the template with the token's own `tid` claim filled in, and that `tid` must be allowed.
///
/// Tenants are compared byte by byte with `tid`. At Entra that is the tenant's id in lower case, never a domain name;
/// personal accounts are a tenant, too. The keys of such a server are shared: whether one of them is meant for a
/// single tenant (the `issuer` member of an Entra key) is not looked at. `require_sub` and `id_token_hint` of a login
/// hold the `sub` alone: where it matters who comes back, compare the whole
/// [`Subject`](crate::protocol::id_token::Subject).
#[derive(Clone)]
pub struct IssuerTemplate {
    text: String,
    tenants: Tenants,
}

#[derive(Clone)]
enum Tenants {
    List(Vec<String>),
    Predicate(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl IssuerTemplate {
    /// With a list of the tenants that may log in.
    ///
    /// ```
    /// use relying_party::protocol::issuer_rules::IssuerTemplate;
    ///
    /// let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    /// IssuerTemplate::new(template, ["3aa4a235-b6e2-48d5-9195-7fcf05b459b0"])?;
    /// # Ok::<(), relying_party::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ApiMisuse::Issuer`] when the text is no `https` issuer with `{tenantid}` as one whole segment of its path,
    /// the list is empty, or a tenant holds anything but letters, digits, `-`, `.` and `_`.
    pub fn new<T: Into<String>>(
        text: impl Into<String>,
        tenants: impl IntoIterator<Item = T>,
    ) -> Result<Self, Error> {
        let tenants: Vec<String> = tenants.into_iter().map(Into::into).collect();
        if tenants.is_empty() {
            return Err(ApiMisuse::Issuer("no tenant of the template is allowed").into());
        }
        if !tenants.iter().all(|tenant| is_tenant(tenant)) {
            return Err(ApiMisuse::Issuer("a tenant of the template can be none").into());
        }
        Self::of(text.into(), Tenants::List(tenants))
    }

    /// With a question about each tenant that comes. It is asked about well-formed ones only, also for tokens whose
    /// later checks fail; let it answer quickly, without a request.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn for_tenants_that(
        text: impl Into<String>,
        allows: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        Self::of(text.into(), Tenants::Predicate(Arc::new(allows)))
    }

    fn of(text: String, tenants: Tenants) -> Result<Self, Error> {
        let example = text.replacen(PLACEHOLDER, "t", 1);
        if example.contains(['{', '}']) || example == text {
            return Err(ApiMisuse::Issuer("the template holds {tenantid} not exactly once").into());
        }
        Issuer::parse(example, Schemes::HttpsOnly).map_err(ApiMisuse::Issuer)?;
        // The host must not be the tenant's choice, nor a part of a segment.
        let path = text.strip_prefix("https://").and_then(|rest| rest.split_once('/'));
        if !path.is_some_and(|(_, path)| path.split('/').any(|segment| segment == PLACEHOLDER)) {
            return Err(ApiMisuse::Issuer("{tenantid} is no segment of the template's path").into());
        }
        Ok(Self { text, tenants })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn allows(&self, tenant: &str) -> bool {
        match &self.tenants {
            Tenants::List(list) => list.iter().any(|allowed| allowed == tenant),
            Tenants::Predicate(allows) => allows(tenant),
        }
    }

    /// The issuer of a tenant, whose form is good.
    pub(super) fn issuer_of(&self, tenant: &str) -> String {
        self.text.replacen(PLACEHOLDER, tenant, 1)
    }

    /// The tenant that `iss` would be of; the rest of `iss` is still to be compared.
    pub(super) fn tenant_in<'i>(&self, iss: &'i str) -> Option<&'i str> {
        let rest = iss.strip_prefix(self.text.split(PLACEHOLDER).next()?)?;
        rest.split('/').next().filter(|tenant| is_tenant(tenant))
    }
}

/// The allowed tenants are not shown.
impl fmt::Debug for IssuerTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerTemplate").field("text", &self.text).finish_non_exhaustive()
    }
}

/// One segment of a path that means itself: nothing that is encoded, climbs up or is a template again.
pub(super) fn is_tenant(tenant: &str) -> bool {
    let good = |byte: u8| text::is_unreserved(byte) && byte != b'~';
    (1..=MAX_TENANT).contains(&tenant.len())
        && tenant.bytes().all(good)
        && !tenant.bytes().all(|byte| byte == b'.')
}

const PLACEHOLDER: &str = "{tenantid}";
/// Ids have 36 characters.
const MAX_TENANT: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Result<IssuerTemplate, &'static str> {
        IssuerTemplate::new(text, ["a"]).map_err(|error| error.code())
    }

    #[test]
    fn a_template_has_one_placeholder_in_its_path() {
        for text in [
            "https://op.test/{tenantid}",
            "https://op.test/{tenantid}/v2.0",
            "https://op.test/x/{tenantid}/",
        ] {
            assert!(template(text).is_ok(), "{text}");
        }
        for text in [
            "https://op.test/a",
            "https://op.test/{tenantid}/{tenantid}",
            "https://op.test/{tenantid}/{x}",
            "https://op.test/{tenant}",
            "https://{tenantid}/a",
            "https://{tenantid}.op.test/a",
            "https://op.test:{tenantid}/",
            "https://op.test/a{tenantid}",
            "https://op.test/{tenantid}a/",
            "https://op.test/?t={tenantid}",
            "http://op.test/{tenantid}",
            "{tenantid}",
        ] {
            assert_eq!(template(text).unwrap_err(), "misuse.issuer", "{text}");
        }
        let tenants = |list: &[&str]| {
            IssuerTemplate::new("https://op.test/{tenantid}", list.iter().copied()).is_ok()
        };
        assert!(tenants(&["a", "3aa4a235-b6e2", "x.y_z"]));
        for odd in ["", ".", "..", "a/b", "{tenantid}", "a b", "%61", "a~", &"a".repeat(129)] {
            assert!(!tenants(&["a", odd]), "{odd}");
        }
        assert!(!tenants(&[]));
    }
}
