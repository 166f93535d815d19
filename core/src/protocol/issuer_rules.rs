//! When an issuer counts as the provider's: where it is written exactly the same (OIDC Discovery 4.3, OIDC Core
//! 3.1.3.7 (2), RFC 8414 3.3, RFC 9207 2.4), and in the few other ways that an application can opt into.
//!
//! The one place for it: the metadata, the authorization response, every ID token and stored subjects are all held
//! against an `ExpectedIssuer`.

use std::fmt;

pub use super::issuer_template::IssuerTemplate;
use super::{issuer::Issuer, issuer_template::is_tenant};
use crate::{
    error::{Claim, ClaimProblem, Comparison, Shown, TokenProblem},
    jose::jwt::{self, broken},
    json::Object,
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
        if self.template.as_ref().is_some_and(|template| template.text() == named) {
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
                .ok_or_else(|| Comparison::new(template.text(), iss))
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
        let template = |one: &Self| one.rules.template.as_ref().map(|t| t.text().to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

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
