//! The JWT with which a client proves itself (RFC 7523 3, OIDC Core 9), before it is signed.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;
use url::Url;

use super::issuer::Issuer;
use crate::{
    env::{Env, random},
    error::{ApiMisuse, Error},
    jose::algorithm::Algorithm,
    text,
};

/// What a client assertion says, where the defaults do not fit. Each is made for one request and says:
///
/// | claim | default |
/// | --- | --- |
/// | `iss`, `sub` | the client identifier |
/// | `aud` | the issuer, as one text: no other provider takes it then (RFC 7523bis 3) |
/// | `iat`, `exp` | now, and 60 s later |
/// | `jti` | 256 fresh bits |
///
/// Its header holds `alg`, the key's `kid`, and no `typ`.
#[derive(Clone, Debug)]
pub struct AssertionClaims {
    issuer: Option<String>,
    subject: Option<String>,
    audience: AssertionAudience,
    lifetime: Duration,
    issued_before: Duration,
    typed: bool,
}

/// For whom a client assertion is meant: providers differ.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AssertionAudience {
    /// The issuer, as one text.
    #[default]
    Issuer,
    /// The address of the token endpoint, as one text: what OIDC Core 9 once recommended.
    TokenEndpoint,
    /// Issuer and token endpoint, as a list.
    IssuerAndTokenEndpoint,
    /// This text.
    Exactly(String),
}

impl Default for AssertionClaims {
    fn default() -> Self {
        Self {
            issuer: None,
            subject: None,
            audience: AssertionAudience::Issuer,
            lifetime: Duration::from_secs(60),
            issued_before: Duration::ZERO,
            typed: false,
        }
    }
}

impl AssertionClaims {
    /// Another `iss` than the client identifier, such as the team of a client of Apple.
    #[must_use]
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self
    }

    /// Another `sub` than the client identifier, for a provider at which a client acts for one account.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// Another audience than the issuer.
    #[must_use]
    pub fn audience(mut self, audience: AssertionAudience) -> Self {
        self.audience = audience;
        self
    }

    /// How long it is good. Default 60 s; at least 1 s and at most an hour, whatever is given: each is used once, at
    /// once.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.clamp(Duration::from_secs(1), MAX_LIFETIME);
        self
    }

    /// Puts `iat` that far into the past, for a provider whose clock is behind and that tolerates nothing. `exp` stays
    /// where it is. Default: not at all; at most 60 s, whatever is given.
    #[must_use]
    pub fn issued_before(mut self, offset: Duration) -> Self {
        self.issued_before = offset.min(MAX_OFFSET);
        self
    }

    /// Says `typ: client-authentication+jwt` in the header (RFC 7523bis 4). Default: no `typ`, which every provider
    /// takes.
    #[must_use]
    pub fn explicit_type(mut self) -> Self {
        self.typed = true;
        self
    }

    /// Header and payload, ready to be signed.
    pub(crate) fn signing_input(
        &self,
        about: &About<'_>,
        algorithm: Algorithm,
        key_id: Option<&str>,
        env: &mut dyn Env,
    ) -> Result<String, Error> {
        let token_endpoint = || {
            let missing = Error::from(ApiMisuse::NoSuchEndpoint("token_endpoint"));
            about.token_endpoint.map(Url::as_str).ok_or(missing)
        };
        let audience = match &self.audience {
            AssertionAudience::Issuer => json!(about.issuer.as_str()),
            AssertionAudience::TokenEndpoint => json!(token_endpoint()?),
            AssertionAudience::IssuerAndTokenEndpoint => {
                json!([about.issuer.as_str(), token_endpoint()?])
            }
            AssertionAudience::Exactly(text) => json!(text),
        };
        let typed = self.typed.then_some(("typ", "client-authentication+jwt"));
        let header: BTreeMap<&str, &str> = [("alg", algorithm.as_str())]
            .into_iter()
            .chain(key_id.map(|kid| ("kid", kid)))
            .chain(typed)
            .collect();
        let now = env.now();
        // Whole seconds, down: a provider reads `iat` without a fraction more often than with one.
        let offset = i64::try_from(self.issued_before.as_secs()).unwrap_or_default();
        let payload = json!({
            // RFC 7523 3 (1, 2)
            "iss": self.issuer.as_deref().unwrap_or(about.client_id),
            "sub": self.subject.as_deref().unwrap_or(about.client_id),
            "aud": audience,
            "iat": now.seconds().saturating_sub(offset),
            // RFC 7523 3 (4)
            "exp": now.after(self.lifetime).seconds(),
            // OIDC Core 9: must not be used twice
            "jti": text::encode_base64url(&random(env)?),
        });
        let part = |value: serde_json::Value| text::encode_base64url(value.to_string().as_bytes());
        Ok(format!("{}.{}", part(json!(header)), part(payload)))
    }
}

/// Who proves itself, and to whom.
pub(crate) struct About<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) issuer: &'a Issuer,
    pub(crate) token_endpoint: Option<&'a Url>,
}

const MAX_LIFETIME: Duration = Duration::from_secs(3600);
const MAX_OFFSET: Duration = Duration::from_secs(60);
