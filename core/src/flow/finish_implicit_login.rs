//! The end of a login without a code (OIDC Core 3.2.2.5 to 3.2.2.11): all of it is in the callback.
//!
//! ```text
//! FinishImplicitLogin   Opening(OpenResponse) ─► Verifying(VerifyToken) ─► Done(ImplicitLogin)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{Error, TokenKind},
    flow::{
        Event, Flow, Happened, Progress, Step,
        front_channel::{self, Asked},
        open_response::OpenResponse,
        party::Party,
        pending_login::PendingLogin,
        record::LoginRecord,
        session::Session,
        unreachable,
        verify::VerifyToken,
    },
    protocol::{
        callback::{Callback, ResponseParameters},
        id_token::{IdToken, Subject},
        token::TokenSet,
    },
    secret::RawToken,
    time::UnixTime,
};

/// A login without a code about to be finished.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct FinishImplicitLogin {
    party: Arc<Party>,
    pending: PendingLogin,
    min_auth_time: Option<UnixTime>,
    state: State,
}

enum State {
    /// Not started: the callback is not yet looked at.
    Received(Callback),
    /// Waiting for the key of the response.
    Opening(Box<OpenResponse>),
    /// Waiting for the key of the ID token.
    Verifying(Box<Verifying>),
}

struct Verifying {
    verify: VerifyToken,
    raw: RawToken,
    response: Response,
}

struct Response {
    tokens: Option<TokenSet>,
    context: front_channel::Context,
}

impl FinishImplicitLogin {
    pub(crate) fn new(party: Arc<Party>, pending: PendingLogin, callback: Callback) -> Self {
        Self { party, pending, min_auth_time: None, state: State::Received(callback) }
    }

    /// Refuses a login whose visitor authenticated before `instant`, as
    /// [`FinishLogin::min_auth_time`](crate::flow::finish_login::FinishLogin::min_auth_time). Default: none.
    pub fn min_auth_time(mut self, instant: UnixTime) -> Self {
        self.min_auth_time = Some(instant);
        self
    }

    fn begin(
        party: Arc<Party>,
        pending: PendingLogin,
        min_auth_time: Option<UnixTime>,
        callback: Callback,
        env: &mut dyn Env,
    ) -> Result<Step<Self>, Error> {
        if pending.response_type.has_code() || !pending.response_type.has_id_token() {
            return front_channel::other_type(pending.response_type);
        }
        let open = Box::new(OpenResponse::new(&party, &pending, callback, env)?);
        Self { party, pending, min_auth_time, state: State::Opening(open) }
            .advance(Event::started(), env)
    }

    fn receive(
        party: Arc<Party>,
        pending: PendingLogin,
        min_auth_time: Option<UnixTime>,
        callback: &Callback,
        env: &mut dyn Env,
    ) -> Result<Step<Self>, Error> {
        let received = front_channel::receive(&party, &pending, callback, env.now())?;
        let raw = received.id_token.ok_or(unreachable("FinishImplicitLogin"))?;
        let (verify, raw) = VerifyToken::new(party.clone(), KIND, raw, env)?;
        let response = Response { tokens: received.tokens, context: received.context };
        let state = State::Verifying(Box::new(Verifying { verify, raw, response }));
        Self { party, pending, min_auth_time, state }.advance(Event::started(), env)
    }
}

impl Flow for FinishImplicitLogin {
    type Output = ImplicitLogin;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { party, pending, min_auth_time, state } = self;
        let Verifying { verify, raw, response } = match state {
            State::Received(callback) => {
                return match event.happened() {
                    Happened::Started => Self::begin(party, pending, min_auth_time, callback, env),
                    _ => Err(unreachable("FinishImplicitLogin")),
                };
            }
            State::Opening(open) => {
                return match open.advance(event, env)?.progress() {
                    Progress::Suspended(child) => Ok(child.within(|open| {
                        let state = State::Opening(Box::new(open));
                        Self { party, pending, min_auth_time, state }
                    })),
                    Progress::Done(callback) => {
                        Self::receive(party, pending, min_auth_time, &callback, env)
                    }
                };
            }
            State::Verifying(verifying) => *verifying,
        };
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|verify| {
                    let state = State::Verifying(Box::new(Verifying { verify, raw, response }));
                    Self { party, pending, min_auth_time, state }
                }));
            }
            Progress::Done(jws) => jws,
        };
        let Response { tokens, context } = response;
        let login = Asked { party: &party, pending: &pending, min_auth_time, now: env.now() };
        let access_token = tokens.as_ref().map(TokenSet::access_token);
        let mut id_token = front_channel::validate(login, (KIND, raw, &jws), access_token, None)?;
        context.note(&mut id_token, &party, &pending)?;
        let (scope, parameters) = (pending.scope, context.parameters);
        Ok(Step::Done(ImplicitLogin { id_token, tokens, scope, parameters }))
    }
}

/// A finished login without a code. There is no refresh token, and with `id_token` alone no access token either.
#[derive(Clone, Debug)]
pub struct ImplicitLogin {
    id_token: IdToken,
    tokens: Option<TokenSet>,
    scope: String,
    parameters: ResponseParameters,
}

impl ImplicitLogin {
    /// The verified ID token. With `id_token` alone it holds the claims of the scopes too (OIDC Core 5.4).
    pub fn id_token(&self) -> &IdToken {
        &self.id_token
    }

    /// Who logged in. Give the visitor a new session now (RFC 6265 8.4: session fixation).
    pub fn subject(&self) -> &Subject {
        self.id_token.subject()
    }

    /// The access token of `id_token token`: the one that the ID token is about.
    pub fn tokens(&self) -> Option<&TokenSet> {
        self.tokens.as_ref()
    }

    /// `session_state`, for session management (OIDC Session Management 2).
    pub fn session_state(&self) -> Option<&str> {
        self.parameters.get("session_state")
    }

    /// The other parameters of the authorization response; nothing about them is checked.
    pub fn response_parameters(&self) -> &ResponseParameters {
        &self.parameters
    }

    /// What a later logout needs.
    pub fn record(&self) -> LoginRecord {
        let asked = || self.scope.split(' ').map(str::to_owned).collect();
        let scope = self.tokens.as_ref().map_or_else(asked, |tokens| tokens.scope().to_vec());
        LoginRecord::of(&self.id_token, &scope)
    }

    /// What the end of this login needs: keep its bytes under the visitor's session.
    pub fn session(&self) -> Session {
        Session::new(self.record(), self.id_token.raw().clone(), self.session_state())
    }
}

/// The states hold tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Received(_) => "Received",
            Self::Opening(_) => "Opening",
            Self::Verifying(_) => "Verifying",
        })
    }
}

const KIND: TokenKind = TokenKind::FrontChannelIdToken;
