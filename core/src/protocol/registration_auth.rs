//! How this relying party proves itself, beyond a secret sent to the token endpoint (OIDC Registration 2, RFC 8414 2).

use zeroize::Zeroizing;

use super::{
    client_assertion::AssertionClaims,
    client_auth::{AuthMethod, Credential, Supplier},
    registration::Registration,
};
use crate::{
    error::Error,
    jose::{
        algorithm::Algorithm,
        signer::{SigningFailed, SigningKey},
    },
    secret::ClientSecret,
    time::UnixTime,
};

impl Registration {
    /// How the client authenticates at the introspection endpoint. Default: as at the token endpoint.
    #[must_use]
    pub fn introspection_endpoint_auth_method(mut self, method: AuthMethod) -> Self {
        self.introspection_auth_method = Some(method);
        self
    }

    /// How the client authenticates at the revocation endpoint. Default: as at the token endpoint.
    #[must_use]
    pub fn revocation_endpoint_auth_method(mut self, method: AuthMethod) -> Self {
        self.revocation_auth_method = Some(method);
        self
    }

    /// How the client authenticates at the pushed authorization request endpoint. Default: as at the token endpoint
    /// (RFC 9126 2). Kept for requests of your own: the library pushes none yet.
    #[must_use]
    pub fn pushed_authorization_request_endpoint_auth_method(mut self, method: AuthMethod) -> Self {
        self.pushed_authorization_request_auth_method = Some(method);
        self
    }

    /// Uses authentication methods that the provider does not list. Default: one that is not in the list is refused,
    /// at the token endpoint when the client is made, elsewhere at the call, since the provider would refuse it with
    /// an error that says less. For providers whose list is missing or wrong; nothing gets less secure by it.
    #[must_use]
    pub fn auth_methods_even_if_unlisted(mut self) -> Self {
        self.even_if_unlisted = true;
        self
    }

    /// Adds the secret of a [service](Self::service).
    ///
    /// # Errors
    /// [`ApiMisuse::Characters`](crate::error::ApiMisuse::Characters)
    pub fn client_secret(mut self, client_secret: impl Into<String>) -> Result<Self, Error> {
        self.client_secret = Some(ClientSecret::new(client_secret)?);
        Ok(self)
    }

    /// Authenticates with an assertion signed by this key ([`AuthMethod::PrivateKeyJwt`]). Each request has one of its
    /// own.
    #[must_use]
    pub fn private_key_jwt(mut self, key: SigningKey) -> Self {
        self.credential = Credential::Key(key);
        self.token_endpoint_auth_method(AuthMethod::PrivateKeyJwt)
    }

    /// Authenticates with an assertion that somebody else makes ([`AuthMethod::PrivateKeyJwt`]): a token of the
    /// platform on which this runs, for instance. Asked before each request, with the time; it must not block.
    #[must_use]
    pub fn client_assertion_from(
        mut self,
        supply: impl Fn(UnixTime) -> Result<String, SigningFailed> + Send + Sync + 'static,
    ) -> Self {
        self.credential = Credential::SuppliedAssertion(Supplier::new(supply));
        self.token_endpoint_auth_method(AuthMethod::PrivateKeyJwt)
    }

    /// Authenticates with this assertion, the same in every request. Many providers take an assertion only once:
    /// better is [`client_assertion_from`](Self::client_assertion_from).
    #[must_use]
    pub fn client_assertion(self, assertion: impl Into<String>) -> Self {
        let assertion = Zeroizing::new(assertion.into());
        self.client_assertion_from(move |_| Ok(String::clone(&assertion)))
    }

    /// Authenticates with a secret that somebody else knows: one that changes, for instance. Asked before each request,
    /// with the time; it must not block. Sent in the form ([`AuthMethod::ClientSecretPost`]) unless
    /// [told otherwise](Self::token_endpoint_auth_method) afterwards.
    #[must_use]
    pub fn client_secret_from(
        mut self,
        supply: impl Fn(UnixTime) -> Result<String, SigningFailed> + Send + Sync + 'static,
    ) -> Self {
        self.credential = Credential::SuppliedSecret(Supplier::new(supply));
        self.token_endpoint_auth_method(AuthMethod::ClientSecretPost)
    }

    /// Authenticates with a secret that is a signed JWT, made for each request and sent in the form
    /// ([`AuthMethod::ClientSecretPost`]), as Apple wants it: an ES256 key, and
    /// [`AssertionClaims::issuer`] for the team.
    ///
    /// ```
    /// use relying_party::{
    ///     Registration,
    ///     jose::signer::SigningKey,
    ///     protocol::registration::AssertionClaims,
    /// };
    ///
    /// # fn registration(key: SigningKey) -> Result<Registration, relying_party::Error> {
    /// Ok(Registration::public("com.example.app", "https://site.example/callback")?
    ///     .signed_client_secret(key)
    ///     .assertion_claims(AssertionClaims::default().issuer("TEAM123456")))
    /// # }
    /// ```
    #[must_use]
    pub fn signed_client_secret(mut self, key: SigningKey) -> Self {
        self.credential = Credential::SignedSecret(key);
        self.token_endpoint_auth_method(AuthMethod::ClientSecretPost)
    }

    /// What assertions of this client say, where the defaults do not fit.
    #[must_use]
    pub fn assertion_claims(mut self, claims: AssertionClaims) -> Self {
        self.assertion_claims = claims;
        self
    }

    /// The algorithm of assertions, as registered. Default: the key's, and HS256 for
    /// [`AuthMethod::ClientSecretJwt`]. A key of another one is refused when the client is made.
    #[must_use]
    pub fn token_endpoint_auth_signing_alg(mut self, algorithm: Algorithm) -> Self {
        self.auth_signing_alg = Some(algorithm);
        self
    }
}
