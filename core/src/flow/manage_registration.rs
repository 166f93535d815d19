//! Reading, changing and deleting a registration (RFC 7592 2).
//!
//! ```text
//! ReadRegistration     Ready ── Send(GET)    ──► Waiting ─► Done(RegisteredClient)
//! UpdateRegistration   Ready ── Send(PUT)    ──► Waiting ─► Done(RegisteredClient)
//! DeleteRegistration   Ready ── Send(DELETE) ──► Waiting ─► Done(())
//! ```

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    env::Env,
    error::{Error, ErrorKind, Purpose},
    flow::{Event, Flow, Happened, Step, policy::Policy, unreachable},
    http::{HttpRequest, HttpResponse, Method},
    protocol::{
        client_metadata::ClientMetadata,
        metadata::ProviderMetadata,
        registered_client::RegisteredClient,
        registration_answer::{self, Asked, TrustedOrigins},
    },
    secret::ClientSecret,
};

/// What the three have in common.
struct Manage {
    provider: ProviderMetadata,
    registered: RegisteredClient,
    policy: Policy,
    origins: TrustedOrigins,
    state: State,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the client configuration endpoint.
    Waiting,
}

/// What became of an event.
enum Turn {
    /// This is to be sent.
    Send(HttpRequest),
    /// This was answered.
    Answered(HttpResponse),
}

impl Manage {
    fn new(provider: &ProviderMetadata, registered: &RegisteredClient) -> Self {
        let (provider, registered) = (provider.clone(), registered.clone());
        let policy = Policy::default();
        Self {
            provider,
            registered,
            policy,
            origins: TrustedOrigins::default(),
            state: State::Ready,
        }
    }

    fn turn(
        &mut self,
        event: Event,
        method: Method,
        body: impl FnOnce(&RegisteredClient) -> Result<Option<Map<String, Value>>, Error>,
    ) -> Result<Turn, Error> {
        match (&self.state, event.happened()) {
            (State::Ready, Happened::Started) => {
                let (url, token) = self.registered.manage(&self.provider, self.policy.schemes)?;
                let (body, limits) = (body(&self.registered)?, &self.policy.limits);
                let request = registration_answer::request(method, url, Some(token), body, limits)?;
                self.state = State::Waiting;
                Ok(Turn::Send(request))
            }
            (State::Waiting, Happened::Replied(Ok(response))) => Ok(Turn::Answered(response)),
            (State::Waiting, Happened::Replied(Err(failure))) => {
                Err(ErrorKind::Transport { purpose: Purpose::Registration, failure }.into())
            }
            _ => Err(unreachable("Manage")),
        }
    }

    fn read(
        &self,
        response: &HttpResponse,
        members: &Map<String, Value>,
        strict: bool,
    ) -> Result<RegisteredClient, Error> {
        let asked = Asked {
            provider: &self.provider,
            members,
            before: Some(&self.registered),
            strict,
            origins: &self.origins,
            schemes: self.policy.schemes,
        };
        registration_answer::read(response, &asked, &self.policy.limits)
    }
}

macro_rules! managing {
    ($name:ident $(, $trust:ident)?) => {
        impl $name {
            /// The application's choices: its limits, and whether plain http may be. Default: [`Policy::default`].
            pub fn policy(mut self, policy: Policy) -> Self {
                self.manage.policy = policy;
                self
            }

            $(
                /// Lets the registration be managed at this origin too, should the answer move it there; see
                /// [`RegisterClient`](crate::flow::register::RegisterClient::trust_registration_client_origin).
                pub fn $trust(mut self, origin: &str) -> Self {
                    self.manage.origins.trust(origin);
                    self
                }
            )?
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("registered", &self.manage.registered)
                    .finish_non_exhaustive()
            }
        }
    };
}

managing!(ReadRegistration, trust_registration_client_origin);
managing!(UpdateRegistration, trust_registration_client_origin);
managing!(DeleteRegistration);

/// A registration about to be read (RFC 7592 2.1). Keep the result in place of what was known: its registration
/// access token may be a new one, and the old one is then of no use.
///
/// Whoever got hold of the registration access token can change the registration: one with other redirect URIs, or a
/// weaker proof, than were known is refused ([`ResponseProblem::Registered`](crate::error::ResponseProblem::Registered)).
/// Any other change is told by [`RegisteredClient::differences`].
///
/// # Errors
/// [`ApiMisuse::NoSuchEndpoint`](crate::error::ApiMisuse::NoSuchEndpoint) for a client that the provider does not let
/// be managed, [`ResponseProblem::Address`](crate::error::ResponseProblem::Address) for an address that must not be
/// used, [`ApiMisuse::OtherClient`](crate::error::ApiMisuse::OtherClient) for another provider's, all before any
/// request. [`ResponseProblem::NotRegistered`](crate::error::ResponseProblem::NotRegistered) when the client was
/// deleted.
#[must_use = "a flow does nothing by itself"]
pub struct ReadRegistration {
    manage: Manage,
    strict: bool,
}

/// A registration about to be replaced (RFC 7592 2.2), as a whole: what is left out is deleted, so start from
/// [`RegisteredClient::to_metadata`]. Keep the result in place of what was known; secret and token may be new ones,
/// and stay where the provider says nothing of them.
///
/// # Errors
/// As [`ReadRegistration`] and [`RegisterClient`](crate::flow::register::RegisterClient).
#[must_use = "a flow does nothing by itself"]
pub struct UpdateRegistration {
    manage: Manage,
    metadata: ClientMetadata,
}

/// A client about to be deleted (RFC 7592 2.3): its tokens and secret may stop working at once.
///
/// # Errors
/// As [`ReadRegistration`].
#[must_use = "a flow does nothing by itself"]
pub struct DeleteRegistration {
    manage: Manage,
}

impl ReadRegistration {
    pub(crate) fn new(provider: &ProviderMetadata, registered: &RegisteredClient) -> Self {
        Self { manage: Manage::new(provider, registered), strict: true }
    }

    /// Takes in a registration whose redirect URIs are others, or whose proof is weaker, than was known, because an
    /// administrator of yours changed it at the provider. If somebody else did, this application sends its visitors to
    /// him. Each change is told by [`RegisteredClient::differences`]. Default: refused.
    pub fn insecure_accept_lowered(mut self) -> Self {
        self.strict = false;
        self
    }
}

impl UpdateRegistration {
    pub(crate) fn new(
        provider: &ProviderMetadata,
        registered: &RegisteredClient,
        metadata: ClientMetadata,
    ) -> Self {
        Self { manage: Manage::new(provider, registered), metadata }
    }
}

impl DeleteRegistration {
    pub(crate) fn new(provider: &ProviderMetadata, registered: &RegisteredClient) -> Self {
        Self { manage: Manage::new(provider, registered) }
    }
}

impl Flow for ReadRegistration {
    type Output = RegisteredClient;

    fn advance(mut self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match self.manage.turn(event, Method::Get, |_| Ok(None))? {
            Turn::Send(request) => Ok(Step::send(request, self)),
            Turn::Answered(response) => {
                let known = self.manage.registered.members();
                self.manage.read(&response, known, self.strict).map(Step::Done)
            }
        }
    }
}

impl Flow for UpdateRegistration {
    type Output = RegisteredClient;

    fn advance(mut self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let asked = self.metadata.checked()?;
        // RFC 7592 2.2: with the client_id, and with the secret where there is one.
        let body = |registered: &RegisteredClient| {
            let mut body = asked.clone();
            body.insert("client_id".to_owned(), registered.client_id().into());
            if let Some(secret) = registered.client_secret().map(ClientSecret::expose) {
                body.insert("client_secret".to_owned(), secret.into());
            }
            Ok(Some(body))
        };
        match self.manage.turn(event, Method::Put, body)? {
            Turn::Send(request) => Ok(Step::send(request, self)),
            Turn::Answered(response) => self.manage.read(&response, &asked, true).map(Step::Done),
        }
    }
}

impl Flow for DeleteRegistration {
    type Output = ();

    fn advance(mut self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match self.manage.turn(event, Method::Delete, |_| Ok(None))? {
            Turn::Send(request) => Ok(Step::send(request, self)),
            Turn::Answered(response) => {
                let limits = &self.manage.policy.limits;
                registration_answer::read_deletion(&response, limits).map(Step::Done)
            }
        }
    }
}
