//! Issuers and the addresses of endpoints (OIDC Discovery 3, RFC 8414 2).

use std::fmt;

use url::{Host, Url};

use crate::error::{ApiMisuse, Error};

/// An issuer identifier, exactly as it was written: no normalisation, compared code point by code point
/// (OIDC Core 3.1.3.7 (2), RFC 8414 3.3).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Issuer(String);

/// Which schemes an address may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schemes {
    HttpsOnly,
    /// `http` too, where the host is this machine.
    LoopbackHttp,
}

impl Issuer {
    /// An `https` issuer.
    ///
    /// # Errors
    /// [`ApiMisuse::Issuer`] when it is no https address or has a query, a fragment or credentials
    /// (OIDC Discovery 3).
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        Self::parse(text.into(), Schemes::HttpsOnly)
            .map_err(|reason| ApiMisuse::Issuer(reason).into())
    }

    pub(crate) fn parse(text: String, schemes: Schemes) -> Result<Self, &'static str> {
        let url = address(&text, schemes)?;
        if url.query().is_some() {
            return Err("it has a query");
        }
        Ok(Self(text))
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `<issuer>/.well-known/openid-configuration`, without a doubled slash (OIDC Discovery 4.1).
    pub(crate) fn discovery_address(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.0.strip_suffix('/').unwrap_or(&self.0))
    }
}

impl From<Issuer> for String {
    fn from(issuer: Issuer) -> Self {
        issuer.0
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Issuer {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Issuer({:?})", self.0)
    }
}

/// An absolute address to which requests may go.
///
/// The text is looked at before it is parsed, because address parsers repair what they should refuse: line
/// breaks, backslashes, missing or surplus slashes.
pub(crate) fn address(text: &str, schemes: Schemes) -> Result<Url, &'static str> {
    if !text.bytes().all(crate::text::is_visible) || text.contains('\\') {
        return Err("it holds characters that no address may hold");
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.starts_with(['/', '?', '#', ':'])) {
        return Err("it is no absolute https address");
    }
    let url = Url::parse(text).map_err(|_| "it is no address")?;
    if !url.username().is_empty() || url.password().is_some() || text_authority(text).contains('@')
    {
        return Err("it holds credentials");
    }
    if url.fragment().is_some() {
        return Err("it has a fragment");
    }
    match (url.scheme(), schemes) {
        ("https", _) => Ok(url),
        ("http", Schemes::LoopbackHttp) if is_loopback(&url) => Ok(url),
        ("http", Schemes::LoopbackHttp) => Err("it is neither https nor on this machine"),
        _ => Err("it is not https"),
    }
}

/// The host is this machine by a name or number that cannot mean another one.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn text_authority(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d02_d05_d06_odd_issuers_are_refused() {
        for text in [
            "",
            "op.test",
            "http://op.test",
            "https:op.test",
            "https:///op.test",
            "https://",
            "https://op.test?x=1",
            "https://op.test#x",
            "https://u@op.test",
            "https://u:p@op.test",
            "https://@op.test",
            "https://op.test\\@evil.test",
            "https://op.test\n",
            "https://op .test",
            "http://localhost:80@evil.test/",
            "ftp://op.test",
            "https://op.t\u{e9}st",
        ] {
            assert!(Issuer::new(text).is_err(), "{text:?}");
        }
        for text in ["https://op.test", "https://op.test/", "https://op.test:8443/a/b"] {
            assert_eq!(Issuer::new(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn d03_the_well_known_address_has_no_doubled_slash() {
        for (issuer, due) in [
            ("https://op.test", "https://op.test/.well-known/openid-configuration"),
            ("https://op.test/", "https://op.test/.well-known/openid-configuration"),
            ("https://op.test/t/a/", "https://op.test/t/a/.well-known/openid-configuration"),
        ] {
            assert_eq!(Issuer::new(issuer).unwrap().discovery_address(), due);
        }
    }

    #[test]
    fn d04_http_only_on_this_machine() {
        let loopback = |text: &str| address(text, Schemes::LoopbackHttp).is_ok();
        for text in
            ["http://127.0.0.1:9", "http://[::1]/", "http://localhost:1/x", "https://op.test"]
        {
            assert!(loopback(text), "{text}");
        }
        for text in ["http://op.test", "http://localhost.evil.test", "http://127.0.0.1.evil.test"] {
            assert!(!loopback(text), "{text}");
        }
        assert!(address("http://127.0.0.1", Schemes::HttpsOnly).is_err());
    }
}
