//! When an issuer counts as the provider's: where it is written exactly the same (OIDC Discovery 4.3, OIDC Core
//! 3.1.3.7 (2), RFC 8414 3.3, RFC 9207 2.4), and in the few other ways that an application can opt into.
//!
//! The one place for it: the metadata, the authorization response, every ID token and stored subjects are all held
//! against an [`ExpectedIssuer`].

use std::{fmt, sync::Arc};

use super::issuer::{Issuer, Schemes};
use crate::{
    error::{ApiMisuse, Claim, ClaimProblem, Comparison, Error, Shown, TokenProblem},
    jose::jwt::{self, broken},
    json::Object,
    text,
};

/// A way in which an issuer was not the configured one, and was taken for it because this application said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssuerTolerance {
    /// One trailing slash more or less (`Policy::ignore_one_trailing_slash`).
    TrailingSlash,
    /// One of the allowed tenants of a template (`Policy::issuer_template`).
    Tenant,
    /// Another name (`Policy::issuer_aliases`).
    Alias,
}

impl fmt::Display for IssuerTolerance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TrailingSlash => "one trailing slash of the issuer is ignored",
            Self::Tenant => "the issuer is an allowed tenant of a template",
            Self::Alias => "the issuer is a listed alias",
        })
    }
}

/// The issuers of a server with many tenants, as it writes them in its metadata: `{tenantid}` stands for the tenant.
///
/// Which tenants may log in must be said: everybody can have a tenant of his own there, and name its users as he likes.
/// A token's `iss` must be the template with the token's own `tid` claim filled in, and that `tid` must be allowed.
///
/// Tenants are compared byte by byte with `tid`. At Entra that is the tenant's id in lower case, never a domain name;
/// personal accounts are a tenant, too. The keys of such a server are shared: whether one of them is meant for a
/// single tenant (the `issuer` member of an Entra key) is not looked at.
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

    fn allows(&self, tenant: &str) -> bool {
        match &self.tenants {
            Tenants::List(list) => list.iter().any(|allowed| allowed == tenant),
            Tenants::Predicate(allows) => allows(tenant),
        }
    }

    /// The issuer of a tenant, whose form is good.
    fn issuer_of(&self, tenant: &str) -> String {
        self.text.replacen(PLACEHOLDER, tenant, 1)
    }

    /// The tenant that `iss` would be of; the rest of `iss` is still to be compared.
    fn tenant_in<'i>(&self, iss: &'i str) -> Option<&'i str> {
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
fn is_tenant(tenant: &str) -> bool {
    let good = |byte: u8| text::is_unreserved(byte) && byte != b'~';
    (1..=MAX_TENANT).contains(&tenant.len())
        && tenant.bytes().all(good)
        && !tenant.bytes().all(|byte| byte == b'.')
}

/// What an application tolerates; by default nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct IssuerRules {
    pub(crate) ignore_slash: bool,
    pub(crate) template: Option<IssuerTemplate>,
    pub(crate) aliases: Vec<String>,
}

/// Taken for the same, perhaps with a tolerance.
type Same = Option<IssuerTolerance>;

impl IssuerRules {
    fn same(&self, due: &str, is: &str) -> Option<Same> {
        if due == is {
            return Some(None);
        }
        // Exactly one: where the shorter ends in a slash too, they differ in the number of slashes.
        let one_more = |long: &str, short: &str| {
            long.strip_suffix('/') == Some(short) && !short.ends_with('/')
        };
        (self.ignore_slash && (one_more(due, is) || one_more(is, due)))
            .then_some(Some(IssuerTolerance::TrailingSlash))
    }

    /// The `issuer` of metadata that were asked for as those of `issuer` (OIDC Discovery 4.3, RFC 8414 3.3).
    pub(crate) fn of_metadata(&self, issuer: &Issuer, named: &str) -> Result<Same, Comparison> {
        if self.template.as_ref().is_some_and(|template| template.text == named) {
            return Ok(Some(IssuerTolerance::Tenant));
        }
        self.same(issuer.as_str(), named).ok_or_else(|| Comparison::new(issuer.as_str(), named))
    }
}

/// Against what an issuer is held.
#[derive(Clone, Copy)]
pub(crate) struct ExpectedIssuer<'a> {
    pub(crate) issuer: &'a Issuer,
    /// As the metadata has it.
    pub(crate) named: &'a str,
    pub(crate) rules: &'a IssuerRules,
}

impl ExpectedIssuer<'_> {
    /// The configured one.
    pub(crate) fn as_str(&self) -> &str {
        self.issuer.as_str()
    }

    /// `iss` of an authorization response (RFC 9207 2.4). An alias is none: it is known for ID tokens only.
    pub(crate) fn of_response(&self, iss: &str) -> Result<Same, Comparison> {
        match &self.rules.template {
            Some(template) => self
                .tenant(template, iss)
                .ok_or_else(|| Comparison::new(&template.text, iss))
                .map(|slash| slash.or(Some(IssuerTolerance::Tenant))),
            None => {
                let same = self.rules.same(self.as_str(), iss);
                same.ok_or_else(|| Comparison::new(self.as_str(), iss))
            }
        }
    }

    /// Where responses of many tenants are accepted, the ID token must be of the one that answered.
    pub(crate) fn agree(&self, response: &str, token: &str) -> Result<(), Comparison> {
        match &self.rules.template {
            Some(_) if self.rules.same(token, response).is_none() => {
                Err(Comparison::new(token, response))
            }
            _ => Ok(()),
        }
    }

    /// `iss` of an ID token (OIDC Core 3.1.3.7 (2)). With a template, only the template.
    pub(crate) fn of_token(
        &self,
        claims: &Object<'_>,
        iss: &str,
    ) -> Result<Vec<IssuerTolerance>, TokenProblem> {
        let mismatch = |due: &str| {
            let comparison = Comparison::new(due, iss);
            broken(Claim::Iss, ClaimProblem::Mismatch(Some(comparison)))
        };
        let rules = self.rules;
        let mut used = match &rules.template {
            Some(template) => {
                let tid = jwt::required_string(claims, Claim::Tid)?;
                if !is_tenant(tid) {
                    return Err(broken(Claim::Tid, ClaimProblem::Malformed));
                }
                let due = template.issuer_of(tid);
                let slash = rules.same(&due, iss).ok_or_else(|| mismatch(&due))?;
                if !template.allows(tid) {
                    return Err(broken(Claim::Tid, ClaimProblem::Untrusted(Shown::new(tid))));
                }
                [Some(IssuerTolerance::Tenant), slash]
            }
            None => match rules.same(self.as_str(), iss) {
                Some(slash) => [slash, None],
                None if rules.aliases.iter().any(|alias| alias == iss) => {
                    [Some(IssuerTolerance::Alias), None]
                }
                None => return Err(mismatch(self.as_str())),
            },
        }
        .into_iter()
        .flatten()
        .collect::<Vec<_>>();
        if let Ok(Some(tolerance)) = rules.of_metadata(self.issuer, self.named)
            && !used.contains(&tolerance)
        {
            used.push(tolerance);
        }
        Ok(used)
    }

    /// Whether a verified ID token of this provider may have had this `iss`.
    pub(crate) fn covers(&self, iss: &str) -> bool {
        match &self.rules.template {
            Some(template) => self.tenant(template, iss).is_some(),
            None => {
                self.rules.same(self.as_str(), iss).is_some()
                    || self.rules.aliases.iter().any(|alias| alias == iss)
            }
        }
    }

    /// Whether one issuer may stand in ID tokens of both. Two with the same template count as such, whoever their
    /// tenants are.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let either = |one: &Self, other: &Self| {
            let mut names =
                std::iter::once(one.as_str()).chain(one.rules.aliases.iter().map(String::as_str));
            names.any(|name| name == other.as_str() || other.covers(name))
        };
        let template = |one: &Self| one.rules.template.as_ref().map(|t| t.text.clone());
        either(self, other)
            || either(other, self)
            || (template(self).is_some() && template(self) == template(other))
    }

    fn tenant(&self, template: &IssuerTemplate, iss: &str) -> Option<Same> {
        let tenant = template.tenant_in(iss)?;
        let same = self.rules.same(&template.issuer_of(tenant), iss)?;
        template.allows(tenant).then_some(same)
    }
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

    #[test]
    fn exactly_one_slash() {
        let rules = IssuerRules { ignore_slash: true, ..IssuerRules::default() };
        let slash = Some(Some(IssuerTolerance::TrailingSlash));
        assert_eq!(rules.same("https://a", "https://a/"), slash);
        assert_eq!(rules.same("https://a/", "https://a"), slash);
        assert_eq!(rules.same("https://a/", "https://a/"), Some(None));
        for other in ["https://a//", "https://b", "https:/a", "https://a/x", "https://a/."] {
            assert_eq!(rules.same("https://a", other), None, "{other}");
            assert_eq!(rules.same("https://a/", other), None, "{other}");
        }
        assert_eq!(IssuerRules::default().same("https://a", "https://a/"), None);
    }
}
