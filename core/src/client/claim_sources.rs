//! Claims from elsewhere, and the clients of the issuers whose word counts there.

use super::Client;
use crate::{
    error::Error,
    flow::claim_sources::ResolveClaims,
    jose::algorithm::Algorithm,
    protocol::{
        claim_sources::{ClaimSource, ClaimSources},
        claims::Claims,
    },
};

impl Client {
    /// Which of these claims come from elsewhere (OIDC Core 5.6.2): of the ID token or the userinfo answer of this
    /// client's provider. Empty where all are the provider's own. Nothing is requested. Most providers name sources only
    /// for claims that were [asked for](crate::flow::start_login::StartLogin::claims) when the login was started.
    ///
    /// Entra ID writes people with many `groups` like a distributed claim. It is none: the endpoint is of another API, to
    /// be called with a token for that one.
    ///
    /// # Errors
    /// [`ClaimSourceProblem`](crate::error::ClaimSourceProblem), and
    /// [`ErrorKind::Limit`](crate::error::ErrorKind::Limit) for more sources or names than
    /// [`Limits`](crate::limits::Limits) allows. The login is not touched by it.
    pub fn claim_sources(&self, claims: &Claims) -> Result<ClaimSources, Error> {
        ClaimSources::of(claims, self.0.policy.schemes, self.0.limits())
    }

    /// Reads the claims of one source: aggregated ones without a request, distributed ones from an
    /// [allowed origin](ResolveClaims::allow_origin) with the source's own access token. They are
    /// [verified](crate::protocol::sourced_claims::SourcedClaims::Verified) only where their issuer is
    /// [trusted](ResolveClaims::trusted).
    ///
    /// ```no_run
    /// # use relying_party::{Client, Error, Flow, Login, protocol::sourced_claims::SourcedClaims};
    /// # fn run<F: Flow>(_: F) -> Result<F::Output, Error> { unreachable!() }
    /// # fn f(client: Client, bank: Client, login: Login) -> Result<(), Box<dyn std::error::Error>> {
    /// let Some(user_info) = login.user_info() else { return Ok(()) };
    /// for source in client.claim_sources(user_info.claims())?.iter() {
    ///     let resolve = client.resolve_claims(source);
    ///     match run(resolve.allow_origin("https://bank.example").trusted(&bank)) {
    ///         Ok(SourcedClaims::Verified(own)) => {
    ///             let score: Option<u32> = own.claims().claim("credit_score")?;
    ///         }
    ///         Ok(SourcedClaims::Unverified(_)) => {} // anybody's word
    ///         Err(error) => eprintln!("no claims from there: {error}"), // the login stands
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn resolve_claims(&self, source: &ClaimSource) -> ResolveClaims {
        ResolveClaims::new(self.0.clone(), source.clone())
    }
}

impl ResolveClaims {
    /// Verifies what the issuer of `client` says, with its keys and under that client's algorithm for ID tokens; may be
    /// called several times, for several issuers. Default: nobody's word counts. An `aud` that is there must be that client
    /// or the one that resolves.
    ///
    /// Where this application is not registered at that issuer, the client stands for its metadata and keys alone. Since
    /// its name counts as an audience, take one that nobody else can have there:
    ///
    /// ```
    /// use relying_party::{Client, Error, Registration, jose::{algorithm::Algorithm, backend::Crypto}};
    /// # use relying_party::client::DiscoverClient;
    ///
    /// fn claims_issuer(crypto: Crypto) -> Result<DiscoverClient, Error> {
    ///     let own = Registration::service("https://site.example")?;
    ///     let own = own.id_token_signed_response_alg(Algorithm::ES256);
    ///     Ok(Client::discover("https://claims.example", own, crypto))
    /// }
    /// ```
    pub fn trusted(self, client: &Client) -> Self {
        let algorithm = client.0.registration.id_token_alg;
        self.trusted_by_algorithm(client, algorithm)
    }

    /// The same for an issuer that signs claims with another algorithm than ID tokens. One that the backend does not know is
    /// refused before any request, and so is an HMAC without a secret.
    pub fn trusted_by_algorithm(self, client: &Client, algorithm: Algorithm) -> Self {
        self.trust(client.0.clone(), algorithm)
    }
}
