//! What all flows of a client share: the provider, this client, and the application's policy.

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    error::{ApiMisuse, Comparison, Error, MetadataProblem, Purpose, Shown},
    flow::{key_cache::KeyCache, policy::Policy},
    jose::{algorithm::Algorithm, backend::Crypto, jwt::Instant},
    limits::Limits,
    protocol::{
        client_auth::AuthMethod,
        endpoint_auth,
        id_token::{Expected, NonceRule, Relaxation},
        issuer::{Issuer, address},
        issuer_rules::ExpectedIssuer,
        metadata::ProviderMetadata,
        profiled::{Demands, Profiled},
        registration::Registration,
        token_tolerance::TokenRules,
    },
    secret::{AccessToken, ClientSecret},
    time::UnixTime,
};

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
        registration.check_issuer(metadata.issuer().as_str())?;
        let algorithm = registration.id_token_alg;
        let secret = registration.client_secret.as_ref().map(ClientSecret::expose);
        let symmetric = policy.id_tokens && algorithm.is_symmetric();
        if secret.is_none() && symmetric {
            return Err(ApiMisuse::NoSecret.into());
        }
        endpoint_auth::check(&registration, &metadata)?;
        if policy.id_tokens {
            check_algorithm(algorithm, secret, &crypto)?;
        }
        if policy.id_tokens && !algorithm.is_symmetric() && metadata.jwks_uri.is_none() {
            return Err(MetadataProblem::Missing("jwks_uri").into());
        }
        for algorithm in [registration.introspection_alg(), registration.user_info_alg] {
            algorithm.map_or(Ok(()), |algorithm| check_algorithm(algorithm, secret, &crypto))?;
        }
        if registration.authorization_alg.is_some() {
            check_algorithm(registration.response_alg(), secret, &crypto)?;
        }
        #[cfg(feature = "encryption")]
        super::decryption_keys::check(&registration, policy.id_tokens, &crypto)?;
        // Metadata that was made under another policy must not widen this one.
        Issuer::parse(metadata.issuer.as_str().to_owned(), policy.schemes)
            .map_err(ApiMisuse::Issuer)?;
        policy.issuers.check(&metadata.issuer).map_err(ApiMisuse::Issuer)?;
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

    /// What only a profile chose.
    pub(crate) fn profiled(&self) -> Option<&Profiled> {
        self.policy.profiled.as_deref()
    }

    /// What the profile wants of requests; nothing without one.
    pub(crate) fn demands(&self) -> Demands {
        self.profiled().map(|profiled| profiled.demands).unwrap_or_default()
    }

    /// How an answer of the token endpoint is read.
    pub(crate) fn token_rules(&self) -> TokenRules<'_> {
        let tolerance = &self.policy.token_tolerance;
        TokenRules { limits: self.limits(), tolerance, profiled: self.profiled() }
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

    /// Whether a signed authorization response (JARM) could be verified.
    pub(crate) fn check_responses(&self) -> Result<(), Error> {
        let algorithm = self.registration.response_alg();
        self.check_algorithm(algorithm)?;
        if !algorithm.is_symmetric() && self.metadata.jwks_uri.is_none() {
            return Err(MetadataProblem::Missing("jwks_uri").into());
        }
        Ok(())
    }

    /// Whether anything of this client's that is signed so can be verified.
    pub(crate) fn check_algorithm(&self, algorithm: Algorithm) -> Result<(), Error> {
        let secret = self.registration.client_secret.as_ref().map(ClientSecret::expose);
        check_algorithm(algorithm, secret, &self.crypto)
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
            encrypted: self.registration.encryption.id_token.is_some(),
            issuer: self.issuer(),
            client_id: &self.registration.client_id,
            trusted: &self.policy.trusted_audiences,
            trusted_azp: &self.policy.trusted_azp,
            instant: self.instant(now),
            max_token_age: self.policy.max_id_token_age,
            min_issued_at: self.policy.min_issued_at,
            nonce,
            access_token: access_token.into(),
            code: None,
            require_hashes: false,
            max_age: None,
            require_auth_time: false,
            min_auth_time: None,
            essential_acr: &[],
            accepted_acr: self.policy.accepted_acr.as_ref(),
            acr_may_be_absent: false,
            sub: None,
            json_depth: self.policy.limits.json_depth,
            profiled: self.profiled(),
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

/// Whether anything signed so can be verified.
fn check_algorithm(
    algorithm: Algorithm,
    secret: Option<&str>,
    crypto: &Crypto,
) -> Result<(), Error> {
    let required = algorithm.hash_bytes();
    if !algorithm.is_symmetric() {
        let known = crypto.verifier().supports(algorithm);
        return if known { Ok(()) } else { Err(ApiMisuse::Algorithm(algorithm.as_str()).into()) };
    }
    match secret {
        None => Err(ApiMisuse::NoSecret.into()),
        // RFC 7518 3.2
        Some(secret) if secret.len() < required => Err(ApiMisuse::ShortSecret(required).into()),
        Some(_) => Ok(()),
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
