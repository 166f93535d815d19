//! What all flows of a client share: the provider, this client, and the application's policy.

use std::{fmt, sync::Arc, time::Duration};

use url::Url;

use crate::{
    error::{ApiMisuse, Comparison, Error, MetadataProblem, Purpose, Shown},
    flow::key_cache::KeyCache,
    jose::{backend::Crypto, jwt::Instant},
    limits::Limits,
    protocol::{
        client_auth::AuthMethod,
        endpoint_auth,
        id_token::{Expected, NonceRule, Relaxation, TrustedAudiences},
        issuer::{Issuer, Schemes, address},
        issuer_rules::{ExpectedIssuer, IssuerRules, IssuerTemplate},
        metadata::ProviderMetadata,
        registration::Registration,
    },
    secret::{AccessToken, ClientSecret},
    time::UnixTime,
};

/// The application's choices. The defaults are the secure ones; see [`guide::defaults`](crate::guide::defaults).
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) leeway: Duration,
    pub(crate) trusted_audiences: TrustedAudiences,
    pub(crate) max_id_token_age: Option<Duration>,
    pub(crate) login_lifetime: Duration,
    pub(crate) require_response_iss: bool,
    pub(crate) issuers: IssuerRules,
    pub(crate) id_tokens: bool,
    pub(crate) schemes: Schemes,
    pub(crate) limits: Limits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            leeway: Duration::from_secs(60),
            trusted_audiences: TrustedAudiences::OnlyMe,
            max_id_token_age: None,
            login_lifetime: Duration::from_secs(600),
            require_response_iss: false,
            issuers: IssuerRules::default(),
            id_tokens: true,
            schemes: Schemes::HttpsOnly,
            limits: Limits::default(),
        }
    }
}

impl Policy {
    /// How far the provider's clock may differ from this one. Default 60 s; never more than 300 s, whatever is
    /// given: expired tokens would live on.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(MAX_LEEWAY);
        self
    }

    /// Which other audiences an ID token may name. Default: none. Some providers always add one of their own
    /// (a project, an API); the error then says which.
    #[must_use]
    pub fn trusted_audiences(mut self, trusted: TrustedAudiences) -> Self {
        self.trusted_audiences = trusted;
        self
    }

    /// Refuses ID tokens issued longer ago (OIDC Core 3.1.3.7 (10)). Default: no bound but `exp`.
    #[must_use]
    pub fn max_id_token_age(mut self, age: Duration) -> Self {
        self.max_id_token_age = Some(age);
        self
    }

    /// How long a visitor may take between start and callback. Default 10 minutes.
    #[must_use]
    pub fn login_lifetime(mut self, lifetime: Duration) -> Self {
        self.login_lifetime = lifetime;
        self
    }

    /// Refuses authorization responses without `iss` (RFC 9207), even where the provider does not announce that it
    /// sends one. Default: required where it is announced, and always compared where it is there. An ID token that
    /// comes along through the browser is as good (RFC 9207 4). Use it where several providers share one redirect
    /// URI; better is one redirect URI for each (RFC 9700 4.4.2).
    #[must_use]
    pub fn require_response_iss(mut self) -> Self {
        self.require_response_iss = true;
        self
    }

    /// Takes an issuer with one trailing slash more or less for the configured one, in the metadata, in authorization
    /// responses and in ID tokens. Default: no; writing the issuer exactly as the provider does is better. A use of it
    /// is reported as [`Relaxation::Issuer`], and a [`Subject`](crate::protocol::id_token::Subject) keeps the issuer of
    /// its token: the same person is two subjects where the provider writes now this, now that.
    #[must_use]
    pub fn ignore_one_trailing_slash(mut self) -> Self {
        self.issuers.ignore_slash = true;
        self
    }

    /// Takes the tenants of this template for the provider, and nobody else: for a provider whose metadata name a
    /// template as their issuer (Entra's `common` and `organizations`). Default: none. Each use is reported as
    /// [`Relaxation::Issuer`]. The [`Subject`](crate::protocol::id_token::Subject) has the issuer of its tenant.
    #[must_use]
    pub fn issuer_template(mut self, template: IssuerTemplate) -> Self {
        self.issuers.template = Some(template);
        self
    }

    /// Takes these issuers of ID tokens for the configured one, compared exactly (OIDC Core 15.6.2: Google's
    /// `accounts.google.com`). Default: none. Each use is reported as [`Relaxation::Issuer`].
    ///
    /// The provider then names people as if it were each of these issuers: list none that belongs to somebody else.
    #[must_use]
    pub fn issuer_aliases<T: Into<String>>(mut self, aliases: impl IntoIterator<Item = T>) -> Self {
        self.issuers.aliases = aliases.into_iter().map(Into::into).collect();
        self
    }

    /// For an OAuth server that issues no ID tokens: `jwks_uri` may be missing, and neither the cryptography backend
    /// nor the secret has to fit an algorithm. Whatever asks for `openid` is refused before any request
    /// ([`ApiMisuse::NoIdTokens`]), and an ID token that comes all the same is left out, unread.
    #[must_use]
    pub fn without_id_tokens(mut self) -> Self {
        self.id_tokens = false;
        self
    }

    /// The bounds of everything that comes in.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Accepts a provider over plain http, if it is on this machine. For development and tests: whoever can
    /// listen on this machine can then read secrets and forge the provider's answers. Where a proxy is configured
    /// for http (`HTTP_PROXY`), except this machine from it (`NO_PROXY`).
    #[must_use]
    pub fn insecure_allow_loopback_http(mut self) -> Self {
        self.schemes = Schemes::LoopbackHttp;
        self
    }
}

/// Shared by every flow of a client.
pub(crate) struct Party {
    pub(crate) metadata: ProviderMetadata,
    pub(crate) registration: Registration,
    pub(crate) policy: Policy,
    pub(crate) crypto: Crypto,
    pub(crate) keys: Arc<KeyCache>,
}

impl Party {
    /// Everything that cannot work is found here, before any request.
    pub(crate) fn new(
        metadata: ProviderMetadata,
        registration: Registration,
        policy: Policy,
        crypto: Crypto,
    ) -> Result<Arc<Self>, Error> {
        let algorithm = registration.id_token_alg;
        let secret = registration.client_secret.as_ref().map(ClientSecret::expose);
        let symmetric = policy.id_tokens && algorithm.is_symmetric();
        if secret.is_none() && symmetric {
            return Err(ApiMisuse::NoSecret.into());
        }
        endpoint_auth::check(&registration, &metadata)?;
        if !policy.id_tokens {
            // No key, no algorithm: there is nothing to verify.
        } else if symmetric {
            let required = algorithm.hash_bytes();
            if secret.is_some_and(|secret| secret.len() < required) {
                return Err(ApiMisuse::ShortSecret(required).into());
            }
        } else if !crypto.verifier().supports(algorithm) {
            return Err(ApiMisuse::Algorithm(algorithm.as_str()).into());
        } else if metadata.jwks_uri.is_none() {
            return Err(MetadataProblem::Missing("jwks_uri").into());
        }
        // Metadata that was made under another policy must not widen this one.
        Issuer::parse(metadata.issuer.as_str().to_owned(), policy.schemes)
            .map_err(ApiMisuse::Issuer)?;
        policy
            .issuers
            .of_metadata(&metadata.issuer, &metadata.named)
            .map_err(MetadataProblem::Issuer)?;
        for url in metadata.addresses() {
            address(url.as_str(), policy.schemes).map_err(|reason| {
                let shown = Shown::new(url.as_str());
                MetadataProblem::Address { member: "an endpoint", reason, address: shown }
            })?;
        }
        let keys = KeyCache::new(&policy.limits);
        Ok(Arc::new(Self { metadata, registration, policy, crypto, keys }))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.policy.limits
    }

    pub(crate) fn auth_method(&self, purpose: Purpose) -> AuthMethod {
        endpoint_auth::method(&self.registration, &self.metadata, purpose)
    }

    /// Where a request of this purpose goes, if its endpoint is `url`.
    pub(crate) fn address_for<'a>(&'a self, purpose: Purpose, url: &'a Url) -> &'a Url {
        endpoint_auth::address(&self.registration, &self.metadata, purpose, url)
    }

    /// What an issuer is held against.
    pub(crate) fn issuer(&self) -> ExpectedIssuer<'_> {
        let ProviderMetadata { issuer, named, .. } = &self.metadata;
        ExpectedIssuer { issuer, named, rules: &self.policy.issuers }
    }

    /// Whether this scope may be asked for: an ID token that comes must be one that can be verified.
    pub(crate) fn check_scope(&self, scope: &str) -> Result<(), ApiMisuse> {
        if !self.policy.id_tokens && scope.split(' ').any(|scope| scope == "openid") {
            return Err(ApiMisuse::NoIdTokens);
        }
        Ok(())
    }

    pub(crate) fn instant(&self, now: UnixTime) -> Instant {
        Instant { now, leeway: self.policy.leeway }
    }

    /// What an ID token of this client is held against; a login adds what it asked for.
    pub(crate) fn expected<'a>(
        &'a self,
        now: UnixTime,
        nonce: NonceRule<'a>,
        access_token: impl Into<Option<&'a AccessToken>>,
    ) -> Expected<'a> {
        Expected {
            issuer: self.issuer(),
            client_id: &self.registration.client_id,
            trusted: &self.policy.trusted_audiences,
            instant: self.instant(now),
            max_token_age: self.policy.max_id_token_age,
            nonce,
            access_token: access_token.into(),
            code: None,
            require_hashes: false,
            max_age: None,
            require_auth_time: false,
            essential_acr: &[],
            sub: None,
            json_depth: self.policy.limits.json_depth,
        }
    }

    /// Where `issuer` and `client_id` are not this client's: what differs. A mix-up between providers ends here
    /// (RFC 9700 4.4).
    pub(crate) fn other_client(&self, issuer: &str, client_id: &str) -> Option<Comparison> {
        let sides =
            [(self.metadata.issuer().as_str(), issuer), (self.registration.client_id(), client_id)];
        let (ours, theirs) = sides.into_iter().find(|(ours, theirs)| ours != theirs)?;
        Some(Comparison::new(ours, theirs))
    }

    pub(crate) fn transport_relaxation(&self) -> Option<Relaxation> {
        let plain = self.metadata.addresses().any(|url| url.scheme() == "http")
            || self.metadata.issuer.as_str().starts_with("http://");
        plain.then_some(Relaxation::LoopbackHttp)
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Party")
            .field("issuer", &self.metadata.issuer)
            .field("client_id", &self.registration.client_id)
            .finish_non_exhaustive()
    }
}

/// An endpoint of the metadata, or the error that names it.
pub(crate) fn endpoint<'u>(url: &'u Option<Url>, name: &'static str) -> Result<&'u Url, Error> {
    url.as_ref().ok_or(ApiMisuse::NoSuchEndpoint(name).into())
}

/// Certification asks for less than six minutes in all.
const MAX_LEEWAY: Duration = Duration::from_secs(300);
