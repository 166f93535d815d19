//! Registering a client (OIDC Registration 3, RFC 7591 3).
//!
//! ```text
//! RegisterClient   Ready ── Send(the registration endpoint) ──► Registering ─► Done(RegisteredClient)
//! ```

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    env::Env,
    error::{Error, ErrorKind, MetadataProblem, Purpose, Shown},
    flow::{Event, Flow, Happened, Step, party::endpoint, policy::Policy, unreachable},
    http::Method,
    protocol::{
        client_metadata::ClientMetadata,
        issuer::address,
        metadata::ProviderMetadata,
        registered_client::RegisteredClient,
        registration_answer::{self, Asked, TrustedOrigins},
    },
    secret::AccessToken,
};

/// A client about to be registered. One request, never repeated: each makes another client.
///
/// # Errors
/// [`ApiMisuse::NoSuchEndpoint`](crate::error::ApiMisuse::NoSuchEndpoint) and
/// [`ApiMisuse::Parameter`](crate::error::ApiMisuse::Parameter) before any request. The provider's refusals
/// (`invalid_redirect_uri`, `invalid_client_metadata`, RFC 7591 3.2.2) are an
/// [`OAuthError`](crate::error::OAuthError).
/// [`ResponseProblem::Registered`](crate::error::ResponseProblem::Registered) when the provider registered other
/// redirect URIs or a weaker proof than was asked for: it may keep that client, which is then of no use.
#[must_use = "a flow does nothing by itself"]
pub struct RegisterClient {
    provider: ProviderMetadata,
    metadata: ClientMetadata,
    policy: Policy,
    token: Option<AccessToken>,
    origins: TrustedOrigins,
    state: State,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the registration endpoint, with what was asked for.
    Registering(Map<String, Value>),
}

impl RegisterClient {
    pub(crate) fn new(provider: ProviderMetadata, metadata: ClientMetadata) -> Self {
        let policy = Policy::default();
        Self {
            provider,
            metadata,
            policy,
            token: None,
            origins: TrustedOrigins::default(),
            state: State::Ready,
        }
    }

    /// The application's choices: its limits, and whether plain http may be. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The token by which the provider lets somebody register (RFC 7591 3). Default: none; the registration is open.
    pub fn initial_access_token(mut self, token: AccessToken) -> Self {
        self.token = Some(token);
        self
    }

    /// Lets the registration be managed at this origin too (`https://manage.op.example`). Whoever is there can change
    /// and delete the client. Default: only where the registration endpoint is; a client whose provider names
    /// another place is registered, but cannot be managed.
    pub fn trust_registration_client_origin(mut self, origin: &str) -> Self {
        self.origins.trust(origin);
        self
    }
}

impl Flow for RegisterClient {
    type Output = RegisteredClient;

    fn advance(self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let limits = &self.policy.limits;
        match (&self.state, event.happened()) {
            (State::Ready, Happened::Started) => {
                let member = "registration_endpoint";
                let url = endpoint(&self.provider.registration_endpoint, member)?;
                // Metadata that was made under another policy must not widen this one.
                let url = address(url.as_str(), self.policy.schemes).map_err(|reason| {
                    let address = Shown::new(url.as_str());
                    MetadataProblem::Address { member, reason, address }
                })?;
                let asked = self.metadata.checked()?;
                let (token, body) = (self.token.as_ref(), Some(asked.clone()));
                let request = registration_answer::request(Method::Post, url, token, body, limits)?;
                Ok(Step::send(request, Self { state: State::Registering(asked), ..self }))
            }
            (State::Registering(members), Happened::Replied(Ok(response))) => {
                let asked = Asked {
                    provider: &self.provider,
                    members,
                    before: None,
                    strict: true,
                    origins: &self.origins,
                    schemes: self.policy.schemes,
                };
                registration_answer::read(&response, &asked, limits).map(Step::Done)
            }
            (State::Registering(_), Happened::Replied(Err(failure))) => {
                Err(ErrorKind::Transport { purpose: Purpose::Registration, failure }.into())
            }
            _ => Err(unreachable("RegisterClient")),
        }
    }
}

impl fmt::Debug for RegisterClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterClient")
            .field("provider", &self.provider)
            .field("metadata", &self.metadata)
            .finish_non_exhaustive()
    }
}
