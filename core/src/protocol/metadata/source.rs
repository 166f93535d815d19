//! Where metadata are found (OIDC Discovery 4.1, RFC 8414 3.1 and 5).

use crate::protocol::issuer::Issuer;

/// Where a provider publishes its metadata. Wherever they are, their `issuer` must be the one that was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataSource {
    /// `<issuer>/.well-known/openid-configuration` (OIDC Discovery 4.1): the default.
    #[default]
    OpenId,
    /// `/.well-known/oauth-authorization-server`, *before* the path of the issuer (RFC 8414 3.1): OAuth servers.
    OAuth,
    /// `/.well-known/openid-configuration` before the path of the issuer (RFC 8414 5).
    OpenIdBeforePath,
    /// `<issuer>/.well-known/oauth-authorization-server`: no specification has it, some servers do.
    OAuthAfterPath,
    /// Another address, which may have a query. Whoever answers there speaks for the issuer, so let no visitor and no
    /// other server choose it.
    Address(String),
}

impl MetadataSource {
    pub(crate) fn address(&self, issuer: &Issuer) -> String {
        // Both specifications take one terminating slash away first.
        let text = issuer.as_str();
        let text = text.strip_suffix('/').unwrap_or(text);
        let before_path = |name: &str| {
            let authority = text.find("://").map_or(0, |at| at + 3);
            let rest = text.get(authority..).unwrap_or_default();
            let path = authority + rest.find('/').unwrap_or(rest.len());
            let (origin, path) = text.split_at_checked(path).unwrap_or((text, ""));
            format!("{origin}/.well-known/{name}{path}")
        };
        match self {
            Self::OpenId => issuer.discovery_address(),
            Self::OAuth => before_path(OAUTH),
            Self::OpenIdBeforePath => before_path(OPENID),
            Self::OAuthAfterPath => format!("{text}/.well-known/{OAUTH}"),
            Self::Address(address) => address.clone(),
        }
    }
}

const OPENID: &str = "openid-configuration";
const OAUTH: &str = "oauth-authorization-server";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d03_every_form_of_the_address() {
        use MetadataSource::*;
        for (issuer, source, due) in [
            ("https://op.test", OAuth, "https://op.test/.well-known/oauth-authorization-server"),
            ("https://op.test/", OAuth, "https://op.test/.well-known/oauth-authorization-server"),
            (
                "https://op.test:8443/t/a/",
                OAuth,
                "https://op.test:8443/.well-known/oauth-authorization-server/t/a",
            ),
            (
                "https://op.test/t",
                OpenIdBeforePath,
                "https://op.test/.well-known/openid-configuration/t",
            ),
            (
                "https://op.test/t/",
                OAuthAfterPath,
                "https://op.test/t/.well-known/oauth-authorization-server",
            ),
            ("https://op.test/t", OpenId, "https://op.test/t/.well-known/openid-configuration"),
            ("https://op.test/t", Address("https://x.test/m?p=1".into()), "https://x.test/m?p=1"),
        ] {
            assert_eq!(source.address(&Issuer::new(issuer).unwrap()), due, "{source:?}");
        }
    }
}
