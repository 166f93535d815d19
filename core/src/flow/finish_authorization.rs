//! The end of plain OAuth: from the callback to tokens (RFC 6749 4.1.3, 4.2.2), or to a confirmation.
//!
//! ```text
//! FinishAuthorization   Opening(OpenResponse) ─┬─ code ── Exchanging(Call) ─► Done(Authorized)
//!                                              └─ token ────────────────────► Done(Authorized)
//! FinishConfirmation    Opening(OpenResponse) ──────────────────────────────► Done(Confirmed)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::Error,
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        front_channel::{self, Received},
        open_response::OpenResponse,
        party::Party,
        pending_authorization::PendingAuthorization,
        unreachable,
    },
    protocol::{
        callback::{Callback, ResponseParameters},
        id_token::Relaxation,
        response_type::ResponseType,
        token::{self, TokenSet},
    },
    secret::RawToken,
};

/// An authorization about to be finished.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct FinishAuthorization {
    party: Arc<Party>,
    pending: PendingAuthorization,
    state: State,
}

enum State {
    /// Not started: the callback is not yet looked at.
    Received(Callback),
    /// Waiting for the key of the response.
    Opening(Box<OpenResponse>),
    /// Waiting for the token endpoint.
    Exchanging { call: Box<Call>, front: Option<TokenSet>, context: front_channel::Context },
}

impl FinishAuthorization {
    pub(crate) fn new(
        party: Arc<Party>,
        pending: PendingAuthorization,
        callback: Callback,
    ) -> Self {
        Self { party, pending, state: State::Received(callback) }
    }

    fn begin(
        party: Arc<Party>,
        pending: PendingAuthorization,
        callback: Callback,
        env: &mut dyn Env,
    ) -> Result<Step<Self>, Error> {
        let response_type = pending.0.response_type;
        if response_type == ResponseType::None {
            return front_channel::other_type(response_type);
        }
        pending.0.pkce.verifier(None)?;
        let open = Box::new(OpenResponse::new(&party, &pending.0, callback, env)?);
        Self { party, pending, state: State::Opening(open) }.advance(Event::started(), env)
    }

    fn receive(
        party: Arc<Party>,
        pending: PendingAuthorization,
        callback: &Callback,
        env: &mut dyn Env,
    ) -> Result<Step<Self>, Error> {
        let verifier = pending.0.pkce.verifier(None)?;
        let received = front_channel::receive(&party, &pending.0, callback, env.now())?;
        let Received { code, tokens: front, context, .. } = received;
        let Some(code) = code else {
            let tokens = front.ok_or(unreachable("FinishAuthorization"))?;
            let relaxations = context.relaxations(&party, pending.relaxations(party.profiled()));
            let parameters = context.parameters;
            let authorized =
                Authorized { tokens, front: None, id_token: None, relaxations, parameters };
            return Ok(Step::Done(authorized));
        };
        // RFC 6749 4.1.3, RFC 7636 4.5
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &pending.0.redirect_uri),
        ];
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.expose())));
        let call = Box::new(Call::token(party.clone(), form)?);
        let state = State::Exchanging { call, front, context };
        Self { party, pending, state }.advance(Event::started(), env)
    }
}

impl Flow for FinishAuthorization {
    type Output = Authorized;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { party, pending, state } = self;
        let (call, front, context) = match state {
            State::Received(callback) => {
                return match event.happened() {
                    Happened::Started => Self::begin(party, pending, callback, env),
                    _ => Err(unreachable("FinishAuthorization")),
                };
            }
            State::Opening(open) => {
                return match open.advance(event, env)?.progress() {
                    Progress::Suspended(child) => Ok(child.within(|open| Self {
                        party,
                        pending,
                        state: State::Opening(Box::new(open)),
                    })),
                    Progress::Done(callback) => Self::receive(party, pending, &callback, env),
                };
            }
            State::Exchanging { call, front, context } => (call, front, context),
        };
        let answer = match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|call| {
                    let call = Box::new(call);
                    let state = State::Exchanging { call, front, context };
                    Self { party, pending, state }
                }));
            }
            Progress::Done(answer) => answer,
        };
        let answer = token::read(&answer, &pending.0.scope, party.token_rules(), env.now())?;
        Ok(Step::Done(Authorized {
            tokens: answer.tokens,
            front,
            // `Policy::without_id_tokens`: nobody gets to see it.
            id_token: answer.id_token.filter(|_| party.policy.id_tokens),
            relaxations: context.relaxations(&party, pending.relaxations(party.profiled())),
            parameters: context.parameters,
        }))
    }
}

/// What plain OAuth brought: leave to call an API. It says nothing about who sits at the browser.
#[derive(Clone, Debug)]
pub struct Authorized {
    tokens: TokenSet,
    front: Option<TokenSet>,
    id_token: Option<RawToken>,
    relaxations: Vec<Relaxation>,
    parameters: ResponseParameters,
}

impl Authorized {
    /// Access token, expiry, and a refresh token where one came: the token endpoint's, if a code came back.
    pub fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    /// The other access token of `code token`, which has passed through the browser.
    pub fn front_channel_tokens(&self) -> Option<&TokenSet> {
        self.front.as_ref()
    }

    /// An ID token that the token endpoint sent although nobody asked for one. It is not verified, and could not be
    /// tied to this browser if it were, because no nonce was sent: never log anybody in by it.
    pub fn insecure_unverified_id_token(&self) -> Option<&RawToken> {
        self.id_token.as_ref()
    }

    /// What was relaxed by a setting of this application.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }

    /// The other parameters of the authorization response; nothing about them is checked.
    pub fn response_parameters(&self) -> &ResponseParameters {
        &self.parameters
    }
}

/// A confirmation about to be taken in (OAuth Multiple Response Types 4).
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct FinishConfirmation {
    party: Arc<Party>,
    pending: PendingAuthorization,
    state: Confirming,
}

enum Confirming {
    /// Not started: the callback is not yet looked at.
    Received(Callback),
    /// Waiting for the key of the response.
    Opening(Box<OpenResponse>),
}

impl FinishConfirmation {
    pub(crate) fn new(
        party: Arc<Party>,
        pending: PendingAuthorization,
        callback: Callback,
    ) -> Self {
        Self { party, pending, state: Confirming::Received(callback) }
    }
}

impl Flow for FinishConfirmation {
    type Output = Confirmed;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { party, pending, state } = self;
        let (open, event) = match (state, event) {
            (Confirming::Opening(open), event) => (*open, event),
            (Confirming::Received(callback), event) => {
                match event.happened() {
                    Happened::Started => {}
                    _ => return Err(unreachable("FinishConfirmation")),
                }
                if pending.0.response_type != ResponseType::None {
                    return front_channel::other_type(pending.0.response_type);
                }
                let open = OpenResponse::new(&party, &pending.0, callback, env)?;
                (open, Event::started())
            }
        };
        let callback = match open.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|open| Self {
                    party,
                    pending,
                    state: Confirming::Opening(Box::new(open)),
                }));
            }
            Progress::Done(callback) => callback,
        };
        let received = front_channel::receive(&party, &pending.0, &callback, env.now())?;
        let relaxations =
            received.context.relaxations(&party, pending.relaxations(party.profiled()));
        Ok(Step::Done(Confirmed { relaxations, parameters: received.context.parameters }))
    }
}

/// The visitor agreed; there are no tokens.
#[derive(Clone, Debug)]
pub struct Confirmed {
    relaxations: Vec<Relaxation>,
    parameters: ResponseParameters,
}

impl Confirmed {
    /// What was relaxed by a setting of this application.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }

    /// The other parameters of the authorization response; nothing about them is checked.
    pub fn response_parameters(&self) -> &ResponseParameters {
        &self.parameters
    }
}

impl fmt::Debug for Confirming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Received(_) => "Received",
            Self::Opening(_) => "Opening",
        })
    }
}

/// The states hold codes and tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Received(_) => "Received",
            Self::Opening(_) => "Opening",
            Self::Exchanging { .. } => "Exchanging",
        })
    }
}
