//! Token exchange (RFC 8693): one token for another, of another type, audience or actor.
//!
//! ```text
//! ExchangeToken   Exchanging(Call) ─► Done(ExchangedToken)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::Error,
    flow::{Event, Flow, Happened, Progress, Step, call::Call, party::Party, unreachable},
    protocol::{
        authorization::is_absolute_uri,
        grant::Parameters,
        token_exchange::{self, ExchangedToken, TokenType},
    },
};

/// A token exchange about to be made.
///
/// The provider decides who may act for whom, on what you send: name a [`resource`](Self::resource) or an
/// [`audience`](Self::audience), so that the new token is good there only, and exchange no token that was meant for
/// somebody else (RFC 8693 5).
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct ExchangeToken {
    party: Arc<Party>,
    parameters: Parameters,
    state: State,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the token endpoint.
    Exchanging(Call),
}

impl ExchangeToken {
    pub(crate) fn new(party: Arc<Party>, subject: &str, subject_type: &TokenType) -> Self {
        // RFC 8693 2.1: both are required.
        let mut parameters = Parameters::new([
            ("grant_type", TOKEN_EXCHANGE),
            ("subject_token", subject),
            ("subject_token_type", uri(subject_type)),
        ]);
        parameters.reserve(&TYPED);
        Self { party, parameters, state: State::Ready }
    }

    fn with(mut self, change: impl FnOnce(&mut Parameters)) -> Self {
        change(&mut self.parameters);
        self
    }

    /// Who acts for the subject (RFC 8693 1.1): a token of the acting party, and what it is.
    pub fn actor(self, token: &str, token_type: &TokenType) -> Self {
        self.with(|p| {
            p.set("actor_token", token);
            p.set("actor_token_type", uri(token_type));
        })
    }

    /// What is to be issued. Default: the provider's choice.
    pub fn requested_token_type(self, token_type: &TokenType) -> Self {
        self.with(|p| p.set("requested_token_type", uri(token_type)))
    }

    /// The scopes of the new token, separated by spaces; may be called several times. Default: the provider's choice.
    pub fn scope(self, scope: &str) -> Self {
        self.with(|p| p.add_scope(scope))
    }

    /// Where the new token will be used, by address; may be called several times.
    pub fn resource(self, resource: &str) -> Self {
        self.with(|p| p.add_resource(resource))
    }

    /// Where the new token will be used, by name; may be called several times.
    pub fn audience(self, audience: &str) -> Self {
        self.with(|p| p.add_audience(audience))
    }

    /// Any other parameter. One that the library sets itself is refused, and so is a second of the same name.
    pub fn parameter(self, name: &str, value: &str) -> Self {
        self.with(|p| p.add(name, value))
    }

    fn exchange(self, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let scope = self.parameters.scope();
        let call = Call::token(self.party.clone(), self.parameters.form(&scope)?)?;
        self.exchanging(call, Event::started(), env)
    }

    fn exchanging(self, call: Call, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|call| Self { state: State::Exchanging(call), ..self }))
            }
            Progress::Done(response) => {
                let (asked, rules) = (self.parameters.scope(), self.party.token_rules());
                token_exchange::read(&response, &asked, rules, env.now()).map(Step::Done)
            }
        }
    }
}

/// Anything but an absolute URI is sent as none at all, which is refused at the start (RFC 8693 3).
fn uri(token_type: &TokenType) -> &str {
    let uri = token_type.as_str();
    if is_absolute_uri(uri) { uri } else { "" }
}

impl Flow for ExchangeToken {
    type Output = ExchangedToken;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { party, parameters, state } = self;
        let ready = Self { party, parameters, state: State::Ready };
        match state {
            State::Ready => match event.happened() {
                Happened::Started => ready.exchange(env),
                _ => Err(unreachable("ExchangeToken")),
            },
            State::Exchanging(call) => ready.exchanging(call, event, env),
        }
    }
}

/// The call holds tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Exchanging(_) => "Exchanging",
        })
    }
}

/// RFC 8693 2.1: a token of the actor and its type come together, or neither does.
const TYPED: [&str; 3] = ["actor_token", "actor_token_type", "requested_token_type"];
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
