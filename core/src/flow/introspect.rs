//! Looking a token up (RFC 7662).
//!
//! ```text
//! Introspect   Ready ─► Asking(Call) ─► Done(Introspection)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{ApiMisuse, Error, Purpose, Shown},
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        party::{Party, endpoint},
        unreachable,
    },
    protocol::{
        client_auth::AuthMethod,
        introspection::{self, Introspection},
        revocation::TokenTypeHint,
    },
    secret::AnyToken,
};

/// A token about to be looked up.
///
/// # Errors
/// [`ApiMisuse::NoSecret`] for a public client, [`ApiMisuse::NoSuchEndpoint`] where the provider tells nothing, both
/// before any request. An `active` that is no boolean refuses the answer, and so does a signed one (RFC 9701).
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct Introspect {
    party: Arc<Party>,
    token: AnyToken,
    hint: Option<TokenTypeHint>,
    audience: Option<String>,
    public: bool,
    state: State,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the introspection endpoint.
    Asking(Call),
}

impl Introspect {
    pub(crate) fn new(party: Arc<Party>, token: AnyToken, hint: Option<TokenTypeHint>) -> Self {
        Self { party, token, hint, audience: None, public: false, state: State::Ready }
    }

    /// Counts a token as inactive that does not name `audience`: for a resource that must not take tokens meant for
    /// others (RFC 7662 4). Default: any audience, or none.
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.to_owned());
        self
    }

    /// Asks as a client without a secret. A provider that answers lets anybody try out tokens (RFC 7662 4).
    pub fn insecure_as_public_client(mut self) -> Self {
        self.public = true;
        self
    }

    fn call(&self) -> Result<Call, Error> {
        let party = &self.party;
        let url = endpoint(&party.metadata.introspection_endpoint, "introspection_endpoint")?;
        // RFC 7662 2.1
        if party.auth_method(Purpose::Introspection) == AuthMethod::None && !self.public {
            return Err(ApiMisuse::NoSecret.into());
        }
        // It would be a setting that was forgotten.
        if self.audience.as_deref() == Some("") {
            return Err(ApiMisuse::Parameter(Shown::new("audience")).into());
        }
        let mut form = vec![("token", self.token.expose())];
        form.extend(self.hint.map(|hint| ("token_type_hint", hint.as_str())));
        Ok(Call::new(party.clone(), url.clone(), Purpose::Introspection, form))
    }
}

impl Flow for Introspect {
    type Output = Introspection;

    fn advance(mut self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let (call, event) = match std::mem::replace(&mut self.state, State::Ready) {
            State::Ready => match event.happened() {
                Happened::Started => (self.call()?, Event::started()),
                _ => return Err(unreachable("Introspect")),
            },
            State::Asking(call) => (call, event),
        };
        match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|call| Self { state: State::Asking(call), ..self }))
            }
            Progress::Done(response) => {
                let party = &self.party;
                let (instant, audience) = (party.instant(env.now()), self.audience.as_deref());
                introspection::read(&response, audience, instant, party.limits()).map(Step::Done)
            }
        }
    }
}

/// A call holds tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Asking(_) => "Asking",
        })
    }
}
