//! The end of a login: from the callback to a verified identity (OIDC Core 3.1.2.5 to 3.1.3.8).
//!
//! ```text
//! FinishLogin   Preparing(FindKeys) ─► Exchanging(Call) ─► Verifying(VerifyIdToken) ─┬─► Done(Login)
//!                                                                                    └─► Reading(UserInfo) ─► Done(Login)
//! ```
//!
//! The callback is checked before anything is sent. Keys are there before the code is spent: a key outage must not
//! cost a login.

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{Error, ErrorKind, Purpose, ResponseProblem, TokenKind},
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        keys::FindKeys,
        party::{Party, endpoint},
        pending_login::PendingLogin,
        record::LoginRecord,
        unreachable,
        user_info::ReadUserInfo,
        verify::VerifyIdToken,
    },
    protocol::{
        callback::{self, Callback},
        id_token::{self, Check, Expected, IdToken, NonceRule, Subject},
        token::{self, TokenSet},
        user_info::UserInfo,
    },
    secret::{AuthorizationCode, RawToken},
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
    /// The response named its issuer.
    response_iss: bool,
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
    /// Waiting for keys.
    Preparing { find: FindKeys, code: AuthorizationCode },
    /// Waiting for the token endpoint.
    Exchanging { call: Call, code: AuthorizationCode },
    /// Waiting for the key of the ID token.
    Verifying { verify: VerifyIdToken, response: Unverified },
    /// Waiting for the userinfo endpoint.
    Reading { read: ReadUserInfo, tokens: TokenSet, id_token: IdToken },
}

/// The token response while its ID token is not yet verified.
struct Unverified {
    tokens: TokenSet,
    raw: RawToken,
    code: AuthorizationCode,
}

impl FinishLogin {
    pub(crate) fn new(party: Arc<Party>, pending: PendingLogin, callback: Callback) -> Self {
        let user_info = Wanted::Nothing;
        let context =
            Context { party, pending, user_info, min_auth_time: None, response_iss: false };
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
}

impl Context {
    fn receive(
        mut self,
        callback: &Callback,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        let (pending, metadata) = (&self.pending, &self.party.metadata);
        endpoint(&metadata.token_endpoint, "token_endpoint")?;
        pending.check(&self.party, env.now())?;
        let code = callback.accept(&callback::Expected {
            state: &pending.state,
            issuer: metadata.issuer(),
            iss_required: metadata.response_iss || self.party.policy.require_response_iss,
            mode: pending.response_mode,
        })?;
        self.response_iss = callback.parameter("iss").is_some();
        if self.party.registration.id_token_alg.is_symmetric() {
            return self.exchange(code, env);
        }
        let find = FindKeys::prepare(self.party.clone());
        self.preparing(find, code, Event::started(), env)
    }

    fn preparing(
        self,
        find: FindKeys,
        code: AuthorizationCode,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        match find.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|find| self.suspended(State::Preparing { find, code })))
            }
            Progress::Done(_) => self.exchange(code, env),
        }
    }

    // OIDC Core 3.1.3.1, RFC 7636 4.5
    fn exchange(
        self,
        code: AuthorizationCode,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        let form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &self.pending.redirect_uri),
            ("code_verifier", self.pending.code_verifier.expose()),
        ];
        let call = Call::token(self.party.clone(), form)?;
        self.exchanging(call, code, Event::started(), env)
    }

    fn exchanging(
        self,
        call: Call,
        code: AuthorizationCode,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        let response = match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|call| self.suspended(State::Exchanging { call, code })));
            }
            Progress::Done(response) => response,
        };
        let rules = self.party.token_rules();
        let response = token::read(&response, &self.pending.scope, rules, env.now())?;
        // OIDC Core 3.1.3.3
        let raw = response.id_token.ok_or(ErrorKind::Response {
            purpose: Purpose::Token,
            problem: ResponseProblem::NoIdToken,
        })?;
        let verify = VerifyIdToken::new(self.party.clone(), TokenKind::IdToken, &raw)?;
        let response = Unverified { tokens: response.tokens, raw, code };
        self.verifying(verify, response, Event::started(), env)
    }

    fn verifying(
        self,
        verify: VerifyIdToken,
        response: Unverified,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(
                    child.within(|verify| self.suspended(State::Verifying { verify, response }))
                );
            }
            Progress::Done(jws) => jws,
        };
        let (party, pending) = (&self.party, &self.pending);
        let Unverified { tokens, raw, code } = response;
        let nonce = NonceRule::Equal(&pending.nonce);
        let expected = Expected {
            code: Some(&code),
            max_age: pending.max_age(),
            require_auth_time: party.registration.require_auth_time,
            min_auth_time: self.min_auth_time,
            essential_acr: &pending.essential_acr,
            sub: pending.requested_sub.as_deref(),
            ..party.expected(env.now(), nonce, tokens.access_token())
        };
        let kind = TokenKind::IdToken;
        let mut id_token = id_token::validate(raw, &jws, &expected)
            .map_err(|problem| Error::from(ErrorKind::Token { kind, problem }))?;
        id_token.note(Check::State);
        if self.response_iss {
            id_token.note(Check::ResponseIssuer);
        }
        if let Some(relaxation) = party.transport_relaxation() {
            id_token.note_relaxation(relaxation);
        }
        let from_id_token = match self.user_info {
            Wanted::Nothing => {
                return Ok(Step::Done(Login { id_token, tokens, user_info: None }));
            }
            Wanted::UserInfo => party.metadata.userinfo_endpoint.is_none(),
            Wanted::OfIdToken => true,
        };
        if from_id_token {
            let user_info = Some(UserInfo::of_id_token(&id_token));
            return Ok(Step::Done(Login { id_token, tokens, user_info }));
        }
        let subject = Some(id_token.subject().clone());
        let read = ReadUserInfo::new(party.clone(), tokens.access_token().clone(), subject);
        self.reading(read, tokens, id_token, Event::started(), env)
    }

    fn reading(
        self,
        read: ReadUserInfo,
        tokens: TokenSet,
        mut id_token: IdToken,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<FinishLogin>, Error> {
        match read.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|read| self.suspended(State::Reading { read, tokens, id_token })))
            }
            Progress::Done(user_info) => {
                id_token.note(Check::UserInfoSubject);
                Ok(Step::Done(Login { id_token, tokens, user_info: Some(user_info) }))
            }
        }
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
                Happened::Started => context.receive(&callback, env),
                _ => Err(unreachable("FinishLogin")),
            },
            State::Preparing { find, code } => context.preparing(find, code, event, env),
            State::Exchanging { call, code } => context.exchanging(call, code, event, env),
            State::Verifying { verify, response } => {
                context.verifying(verify, response, event, env)
            }
            State::Reading { read, tokens, id_token } => {
                context.reading(read, tokens, id_token, event, env)
            }
        }
    }
}

/// A finished login: who it is, and the tokens.
#[derive(Clone, Debug)]
pub struct Login {
    id_token: IdToken,
    tokens: TokenSet,
    user_info: Option<UserInfo>,
}

impl Login {
    /// The verified ID token.
    pub fn id_token(&self) -> &IdToken {
        &self.id_token
    }

    /// Who logged in. Give the visitor a new session now (RFC 6265 8.4: session fixation).
    pub fn subject(&self) -> &Subject {
        self.id_token.subject()
    }

    /// Access token, refresh token, expiry.
    pub fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    /// The claims of the userinfo endpoint or of the ID token, where they were asked for;
    /// [`source`](UserInfo::source) says which.
    pub fn user_info(&self) -> Option<&UserInfo> {
        self.user_info.as_ref()
    }

    /// What later checks need: keep its bytes beside the refresh token.
    pub fn record(&self) -> LoginRecord {
        LoginRecord::of(&self.id_token, self.tokens.scope())
    }
}

/// The states hold codes and tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Received(_) => "Received",
            Self::Preparing { .. } => "Preparing",
            Self::Exchanging { .. } => "Exchanging",
            Self::Verifying { .. } => "Verifying",
            Self::Reading { .. } => "Reading",
        })
    }
}
