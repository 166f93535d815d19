//! The end of a login: from the callback to a verified identity (OIDC Core 3.1.2.5 to 3.1.3.8, and 3.3 where tokens
//! came through the browser).
//!
//! ```text
//! FinishLogin   Opening(OpenResponse)
//!                ├─ code alone ───────► Preparing(FindKeys) ───┬─► Exchanging(Call) ─► Verifying(VerifyToken) ─┐
//!                └─ with an ID token ─► Vouching(VerifyToken) ─┘                                               │
//!                               Done(Login) ◄─┬────────────────────────────────────────────────────────────────┘
//!                               Done(Login) ◄─┴─ Reading(UserInfo)
//! ```
//!
//! The callback is checked before anything is sent. Keys are there, and an ID token of the callback is verified, before
//! the code is spent: neither a key outage nor a forged token must cost a login.

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{Error, ErrorKind, Purpose, ResponseProblem, TokenKind},
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        front_channel::{self, Asked, FrontChannel},
        keys::FindKeys,
        open_response::OpenResponse,
        party::{Party, endpoint},
        pending_login::PendingLogin,
        record::LoginRecord,
        session::Session,
        unreachable,
        user_info::ReadUserInfo,
        verify::VerifyToken,
    },
    protocol::{
        callback::{Callback, ResponseParameters},
        front_channel::agree,
        id_token::{Check, IdToken, Subject},
        token::{self, TokenSet},
        user_info::UserInfo,
    },
    secret::{AuthorizationCode, CodeVerifier, RawToken},
    time::UnixTime,
};

/// A login about to be finished.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct FinishLogin {
    context: Context,
    state: State,
}

/// What every state needs. Each of its methods is one arrow of the diagram.
#[derive(Debug)]
struct Context {
    party: Arc<Party>,
    pending: PendingLogin,
    user_info: Wanted,
    min_auth_time: Option<UnixTime>,
    code_verifier: Option<CodeVerifier>,
    /// What the response said; there once it is received.
    response: Option<front_channel::Context>,
}

/// Which claims beside the ID token's own are wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wanted {
    Nothing,
    /// Those of the userinfo endpoint; where there is none, the ID token's.
    UserInfo,
    /// The ID token's, as userinfo.
    OfIdToken,
}

enum State {
    /// Not started: the callback is not yet looked at.
    Received(Callback),
    /// Waiting for the key of the response.
    Opening(Box<OpenResponse>),
    /// Waiting for keys.
    Preparing { find: FindKeys, response: Response },
    /// Waiting for the key of the ID token that came through the browser.
    Vouching { verify: VerifyToken, raw: RawToken, response: Response },
    /// Waiting for the token endpoint.
    Exchanging { call: Call, response: Response },
    /// Waiting for the key of the ID token.
    Verifying { verify: VerifyToken, raw: RawToken, tokens: TokenSet, response: Response },
    /// Waiting for the userinfo endpoint.
    Reading { read: ReadUserInfo, login: Box<Login> },
}

/// The authorization response; its ID token is verified.
struct Response {
    code: AuthorizationCode,
    front: Box<FrontChannel>,
}

impl FinishLogin {
    pub(crate) fn new(party: Arc<Party>, pending: PendingLogin, callback: Callback) -> Self {
        let context = Context {
            party,
            pending,
            user_info: Wanted::Nothing,
            min_auth_time: None,
            code_verifier: None,
            response: None,
        };
        Self { context, state: State::Received(callback) }
    }

    /// Reads the userinfo endpoint too, with the new access token (OIDC Core 5.3). If that fails, so does the
    /// login; where it must not, use [`Client::user_info`](crate::Client::user_info) afterwards. A provider without that
    /// endpoint puts all claims into the ID token: they are then the answer, and
    /// [`UserInfo::source`] says so.
    pub fn with_user_info(mut self) -> Self {
        self.context.user_info = Wanted::UserInfo;
        self
    }

    /// Gives the claims of the ID token as [`Login::user_info`], without a request, for code that reads its claims there
    /// whatever the provider.
    pub fn user_info_from_id_token(mut self) -> Self {
        self.context.user_info = Wanted::OfIdToken;
        self
    }

    /// The visitor must have authenticated at this instant or later, such as the last change of the password: `auth_time`
    /// is then required, and compared exactly, without the leeway. Ask for it with
    /// [`StartLogin::max_age`](crate::flow::start_login::StartLogin::max_age), since a provider need not send it unasked. Default: no bound.
    pub fn min_auth_time(mut self, instant: UnixTime) -> Self {
        self.context.min_auth_time = Some(instant);
        self
    }

    /// The PKCE verifier of a login that was started with a challenge alone
    /// ([`StartLogin::code_challenge`](crate::flow::start_login::StartLogin::code_challenge)). One that does not fit is
    /// refused before anything is sent.
    pub fn code_verifier(mut self, verifier: CodeVerifier) -> Self {
        self.context.code_verifier = Some(verifier);
        self
    }
}

impl Context {
    fn begin(self, callback: Callback, env: &mut dyn Env) -> Result<Step<FinishLogin>, Error> {
        let metadata = &self.party.metadata;
        endpoint(&metadata.token_endpoint, "token_endpoint")?;
        if !self.pending.response_type.has_code() {
            return front_channel::other_type(self.pending.response_type);
        }
        self.pending.pkce.verifier(self.code_verifier.as_ref())?;
        let open = OpenResponse::new(&self.party, &self.pending, callback, env)?;
        self.opening(open, Event::started(), env)
    }

    fn opening(
        self,
        open: OpenResponse,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        match open.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|open| self.suspended(State::Opening(Box::new(open)))))
            }
            Progress::Done(callback) => self.receive(&callback, env),
        }
    }

    fn receive(
        mut self,
        callback: &Callback,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        let received = front_channel::receive(&self.party, &self.pending, callback, env.now())?;
        self.response = Some(received.context);
        let response = Response {
            code: received.code.ok_or(unreachable("FinishLogin"))?,
            front: Box::new(FrontChannel { id_token: None, tokens: received.tokens }),
        };
        if let Some(raw) = received.id_token {
            let (verify, raw) = VerifyToken::new(self.party.clone(), FRONT, raw, env)?;
            return self.vouching(verify, raw, response, Event::started(), env);
        }
        if self.party.registration.id_token_alg.is_symmetric() {
            return self.exchange(response, env);
        }
        let find = FindKeys::prepare(self.party.clone());
        self.preparing(find, response, Event::started(), env)
    }

    fn preparing(
        self,
        find: FindKeys,
        response: Response,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        match find.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|find| self.suspended(State::Preparing { find, response })))
            }
            Progress::Done(_) => self.exchange(response, env),
        }
    }

    // OIDC Core 3.3.2.12
    fn vouching(
        self,
        verify: VerifyToken,
        raw: RawToken,
        mut response: Response,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child
                    .within(|verify| self.suspended(State::Vouching { verify, raw, response })));
            }
            Progress::Done(jws) => jws,
        };
        let login = self.asked(env.now());
        let access_token = response.front.tokens.as_ref().map(TokenSet::access_token);
        let token =
            front_channel::validate(login, (FRONT, raw, &jws), access_token, Some(&response.code))?;
        response.front.id_token = Some(token);
        self.exchange(response, env)
    }

    // OIDC Core 3.1.3.1, RFC 7636 4.5
    fn exchange(self, response: Response, env: &mut dyn Env) -> Result<Step<FinishLogin>, Error> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", response.code.expose()),
            ("redirect_uri", &self.pending.redirect_uri),
        ];
        let verifier = self.pending.pkce.verifier(self.code_verifier.as_ref())?;
        form.extend(verifier.map(|verifier| ("code_verifier", verifier.expose())));
        let call = Call::token(self.party.clone(), form)?;
        self.exchanging(call, response, Event::started(), env)
    }

    fn exchanging(
        self,
        call: Call,
        response: Response,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        let answer = match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(
                    child.within(|call| self.suspended(State::Exchanging { call, response }))
                );
            }
            Progress::Done(answer) => answer,
        };
        let rules = self.party.token_rules();
        let answer = token::read(&answer, &self.pending.scope, rules, env.now())?;
        // OIDC Core 3.1.3.3, 3.3.3.3
        let raw = answer.id_token.ok_or(ErrorKind::Response {
            purpose: Purpose::Token,
            problem: ResponseProblem::NoIdToken,
        })?;
        let verify = VerifyToken::new(self.party.clone(), TokenKind::IdToken, raw, env)?;
        self.verifying(verify, answer.tokens, response, Event::started(), env)
    }

    fn verifying(
        mut self,
        (verify, raw): (VerifyToken, RawToken),
        tokens: TokenSet,
        response: Response,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|verify| {
                    self.suspended(State::Verifying { verify, raw, tokens, response })
                }));
            }
            Progress::Done(jws) => jws,
        };
        let (party, pending, kind) = (&self.party, &self.pending, TokenKind::IdToken);
        let Response { code, mut front } = response;
        let access_token = Some(tokens.access_token());
        let login = self.asked(env.now());
        let mut id_token =
            front_channel::validate(login, (kind, raw, &jws), access_token, Some(&code))?;
        // OIDC Core 3.3.3.6
        if let Some(first) = &front.id_token {
            agree(first, &id_token).map_err(|problem| front_channel::refused(kind, problem))?;
            id_token.note(Check::FrontChannelIdToken);
        }
        let context = self.response.take().ok_or(unreachable("FinishLogin"))?;
        context.note(&mut id_token, party, pending)?;
        if let Some(token) = &mut front.id_token {
            context.note(token, party, pending)?;
        }
        let parameters = context.parameters;
        let mut login = Login { id_token, tokens, user_info: None, front, parameters };
        let from_id_token = match self.user_info {
            Wanted::Nothing => return Ok(Step::Done(login)),
            Wanted::UserInfo => party.metadata.userinfo_endpoint.is_none(),
            Wanted::OfIdToken => true,
        };
        if from_id_token {
            login.user_info = Some(UserInfo::of_id_token(&login.id_token));
            return Ok(Step::Done(login));
        }
        let subject = Some(login.subject().clone());
        let read = ReadUserInfo::new(party.clone(), login.tokens.access_token().clone(), subject);
        self.reading(read, Box::new(login), Event::started(), env)
    }

    fn reading(
        self,
        read: ReadUserInfo,
        mut login: Box<Login>,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        match read.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|read| self.suspended(State::Reading { read, login })))
            }
            Progress::Done(user_info) => {
                login.id_token.note(Check::UserInfoSubject);
                login.user_info = Some(user_info);
                Ok(Step::Done(*login))
            }
        }
    }

    fn asked(&self, now: UnixTime) -> Asked<'_> {
        let Self { party, pending, min_auth_time, .. } = self;
        Asked { party, pending, min_auth_time: *min_auth_time, now }
    }

    fn suspended(self, state: State) -> FinishLogin {
        FinishLogin { context: self, state }
    }
}

impl Flow for FinishLogin {
    type Output = Login;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, state } = self;
        match state {
            State::Received(callback) => match event.happened() {
                Happened::Started => context.begin(callback, env),
                _ => Err(unreachable("FinishLogin")),
            },
            State::Opening(open) => context.opening(*open, event, env),
            State::Preparing { find, response } => context.preparing(find, response, event, env),
            State::Vouching { verify, raw, response } => {
                context.vouching(verify, raw, response, event, env)
            }
            State::Exchanging { call, response } => context.exchanging(call, response, event, env),
            State::Verifying { verify, raw, tokens, response } => {
                context.verifying((verify, raw), tokens, response, event, env)
            }
            State::Reading { read, login } => context.reading(read, login, event, env),
        }
    }
}

/// A finished login: who it is, and the tokens.
#[derive(Clone, Debug)]
pub struct Login {
    id_token: IdToken,
    tokens: TokenSet,
    user_info: Option<UserInfo>,
    front: Box<FrontChannel>,
    parameters: ResponseParameters,
}

impl Login {
    /// The verified ID token: the token endpoint's.
    pub fn id_token(&self) -> &IdToken {
        &self.id_token
    }

    /// Who logged in. Give the visitor a new session now (RFC 6265 8.4: session fixation).
    pub fn subject(&self) -> &Subject {
        self.id_token.subject()
    }

    /// Access token, refresh token, expiry: the token endpoint's.
    pub fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    /// The claims of the userinfo endpoint or of the ID token, where they were asked for;
    /// [`source`](UserInfo::source) says which.
    pub fn user_info(&self) -> Option<&UserInfo> {
        self.user_info.as_ref()
    }

    /// What came through the browser; only with a hybrid response type (OIDC Core 3.3).
    pub fn front_channel(&self) -> Option<&FrontChannel> {
        let front = &*self.front;
        Some(front).filter(|front| front.id_token.is_some() || front.tokens.is_some())
    }

    /// `session_state` of the authorization response, for session management (OIDC Session Management 2).
    pub fn session_state(&self) -> Option<&str> {
        self.parameters.get("session_state")
    }

    /// The other parameters of the authorization response; nothing about them is checked.
    pub fn response_parameters(&self) -> &ResponseParameters {
        &self.parameters
    }

    /// What later checks need: keep its bytes beside the refresh token.
    pub fn record(&self) -> LoginRecord {
        LoginRecord::of(&self.id_token, self.tokens.scope())
    }

    /// What the end of this login needs: keep its bytes under the visitor's session.
    pub fn session(&self) -> Session {
        Session::new(self.record(), self.id_token.raw().clone(), self.session_state())
    }
}

/// The states hold codes and tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Received(_) => "Received",
            Self::Opening(_) => "Opening",
            Self::Preparing { .. } => "Preparing",
            Self::Vouching { .. } => "Vouching",
            Self::Exchanging { .. } => "Exchanging",
            Self::Verifying { .. } => "Verifying",
            Self::Reading { .. } => "Reading",
        })
    }
}

const FRONT: TokenKind = TokenKind::FrontChannelIdToken;
