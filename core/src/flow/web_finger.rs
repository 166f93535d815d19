//! From what a visitor types to the issuer of the provider (OIDC Discovery 2, RFC 7033).
//!
//! ```text
//! FindIssuer ── Send(https://<host>/.well-known/webfinger) ── Done(Issuer)
//! ```

use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind, Purpose},
    flow::{Event, Flow, Happened, Step, policy::Policy, unreachable},
    protocol::{
        issuer::Issuer,
        web_finger::{self, Identifier},
    },
};

/// Asks a host for the provider of one of its users. It needs no client:
///
/// ```no_run
/// use relying_party::{
///     Client, Env, Error, Registration, drive::{Transport, drive}, flow::web_finger::FindIssuer,
///     jose::backend::Crypto,
/// };
///
/// fn client_for(
///     typed: &str, own: Registration, crypto: Crypto, transport: &impl Transport, env: &mut dyn Env,
/// ) -> Result<Client, Error> {
///     let issuer = drive(FindIssuer::new(typed), transport, env)?;
///     // The metadata must name this issuer, too.
///     drive(Client::discover(issuer, own, crypto), transport, env)
/// }
/// ```
///
/// What comes out is a claim of that host, and no proof: the host says where its users log in, not who they are, and
/// any host can name any issuer. Discover it, register there, and know the visitor by the
/// [`Subject`](crate::protocol::id_token::Subject) of the login alone, never by what was typed.
///
/// The request goes to a host of the visitor's choice. Where yours can reach more than the internet, let the transport
/// refuse addresses inside (see [`guide::transports`](crate::guide::transports)). Redirects are not followed.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct FindIssuer {
    policy: Policy,
    state: State,
}

enum State {
    /// Not started.
    Ready { typed: String },
    /// Waiting for the host.
    Asking,
}

impl FindIssuer {
    /// For what the visitor typed: see [`Identifier`]. One that cannot be used is refused before any request
    /// ([`ApiMisuse::Identifier`]).
    pub fn new(typed: impl Into<String>) -> Self {
        Self { policy: Policy::default(), state: State::Ready { typed: typed.into() } }
    }

    /// The application's choices. Default: [`Policy::default`]. With
    /// [`insecure_allow_loopback_http`](Policy::insecure_allow_loopback_http), an identifier that begins with
    /// `http://` is asked for over plain http, on this machine alone.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }
}

impl Flow for FindIssuer {
    type Output = Issuer;

    fn advance(self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { policy, state } = self;
        match (state, event.happened()) {
            (State::Ready { typed }, Happened::Started) => {
                let identifier = Identifier::parse(&typed, policy.schemes);
                let identifier = identifier.map_err(ApiMisuse::Identifier)?;
                let request = identifier.request(&policy.limits);
                Ok(Step::send(request, Self { policy, state: State::Asking }))
            }
            (State::Asking, Happened::Replied(Ok(response))) => {
                web_finger::read(&response, policy.schemes, &policy.limits).map(Step::Done)
            }
            (State::Asking, Happened::Replied(Err(failure))) => {
                Err(ErrorKind::Transport { purpose: Purpose::WebFinger, failure }.into())
            }
            _ => Err(unreachable("FindIssuer")),
        }
    }
}

/// What was typed is somebody's.
impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ready { .. } => "Ready",
            Self::Asking => "Asking",
        })
    }
}
