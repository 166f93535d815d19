//! New tokens for a refresh token (OIDC Core 12, RFC 6749 6).
//!
//! ```text
//! Refresh   ─┬─ of a login ─► Preparing(FindKeys) ─┬─► Exchanging(Call) ─┬─ no ID token ─────────────► Done(Refreshed)
//!            └─ of access alone ───────────────────┘                     ├─ of access: not read ──────► Done(Refreshed)
//!                                                                        └─ Verifying(VerifyToken) ──► Done(Refreshed)
//! ```
//!
//! Keys are there before the refresh token of a login is spent: a provider that rotates refresh tokens takes the old one
//! only once.

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind, Shown, TokenKind},
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        keys::FindKeys,
        party::{Party, endpoint},
        record::LoginRecord,
        unreachable,
        verify::VerifyToken,
    },
    protocol::{
        authorization::scope_words,
        id_token::{self, Expected, IdToken, NonceRule},
        token::{self, TokenSet},
    },
    secret::{RawToken, RefreshToken},
};

/// A refresh about to be made. Make one at a time for each refresh token: a provider that rotates them takes a
/// second use for theft (RFC 9700 4.14.2).
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct Refresh {
    context: Context,
    state: State,
}

#[derive(Debug)]
struct Context {
    party: Arc<Party>,
    of: Of,
    refresh_token: RefreshToken,
    scope: Option<String>,
}

/// What is refreshed.
#[derive(Debug)]
enum Of {
    /// A login: an ID token must agree with the first one.
    Login(Box<LoginRecord>),
    /// Leave to call an API, with the scope that was granted. There is nothing that an ID token could agree with.
    Access(String),
}

impl Of {
    fn scope(&self) -> &str {
        match self {
            Self::Login(record) => record.scope(),
            Self::Access(scope) => scope,
        }
    }
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for keys.
    Preparing(FindKeys),
    /// Waiting for the token endpoint.
    Exchanging(Call),
    /// Waiting for the key of the ID token.
    Verifying { verify: VerifyToken, tokens: TokenSet, raw: RawToken, record: Box<LoginRecord> },
}

/// What a refresh brought.
#[derive(Clone, Debug)]
pub struct Refreshed {
    tokens: TokenSet,
    id_token: Option<IdToken>,
}

impl Refreshed {
    /// The new tokens; the refresh token is the old one where no new one came. Store it before anything else.
    pub fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    /// A new ID token, if one came: verified, and in agreement with the first one. Never after
    /// [`Client::refresh_access`](crate::Client::refresh_access).
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }
}

impl Refresh {
    pub(crate) fn new(party: Arc<Party>, refresh_token: RefreshToken, record: LoginRecord) -> Self {
        Self::of(party, refresh_token, Of::Login(Box::new(record)))
    }

    /// Without a login.
    pub(crate) fn access(party: Arc<Party>, refresh_token: RefreshToken, granted: String) -> Self {
        Self::of(party, refresh_token, Of::Access(granted))
    }

    fn of(party: Arc<Party>, refresh_token: RefreshToken, of: Of) -> Self {
        let context = Context { party, of, refresh_token, scope: None };
        Self { context, state: State::Ready }
    }

    /// Asks for fewer scopes than were granted, separated by spaces; the provider refuses more. Default: the same.
    pub fn scope(mut self, scope: &str) -> Self {
        self.context.scope = Some(scope.to_owned());
        self
    }
}

impl Context {
    fn prepare(self, env: &mut dyn Env) -> Result<Step<Refresh>, Error> {
        endpoint(&self.party.metadata.token_endpoint, "token_endpoint")?;
        if let Of::Login(record) = &self.of {
            record.check(&self.party)?;
        }
        if let Some(scope) = &self.scope {
            scope_words(scope).ok_or(ApiMisuse::Parameter(Shown::new("scope")))?;
            self.party.check_scope(scope)?;
        }
        let Party { registration, policy, .. } = &*self.party;
        let needs_keys = policy.id_tokens && !registration.id_token_alg.is_symmetric();
        if !needs_keys || matches!(self.of, Of::Access(_)) {
            return self.exchange(env);
        }
        let find = FindKeys::prepare(self.party.clone());
        self.preparing(find, Event::started(), env)
    }

    fn preparing(
        self,
        find: FindKeys,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<Refresh>, Error> {
        match find.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|find| self.suspended(State::Preparing(find))))
            }
            Progress::Done(_) => self.exchange(env),
        }
    }

    fn exchange(self, env: &mut dyn Env) -> Result<Step<Refresh>, Error> {
        let mut form =
            vec![("grant_type", "refresh_token"), ("refresh_token", self.refresh_token.expose())];
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        let call = Call::token(self.party.clone(), form)?;
        self.exchanging(call, Event::started(), env)
    }

    fn exchanging(
        self,
        call: Call,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<Refresh>, Error> {
        let response = match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|call| self.suspended(State::Exchanging(call))));
            }
            Progress::Done(response) => response,
        };
        // RFC 6749 6: as granted before, where nothing else was asked for
        let asked = self.scope.as_deref().unwrap_or(self.of.scope());
        let response = token::read(&response, asked, self.party.token_rules(), env.now())?;
        let mut tokens = response.tokens;
        tokens.keep_refresh_token(self.refresh_token.clone());
        // `Policy::without_id_tokens`: nobody gets to see it.
        let id_token = response.id_token.filter(|_| self.party.policy.id_tokens);
        match (id_token, &self.of) {
            (Some(raw), Of::Login(record)) => {
                let verify = VerifyToken::new(self.party.clone(), KIND, raw, env)?;
                let record = record.clone();
                self.verifying(verify, tokens, record, Event::started(), env)
            }
            // Nobody gets to see an ID token that nothing could be held against.
            (None, _) | (Some(_), Of::Access(_)) => {
                Ok(Step::Done(Refreshed { tokens, id_token: None }))
            }
        }
    }

    fn verifying(
        self,
        (verify, raw): (VerifyToken, RawToken),
        tokens: TokenSet,
        record: Box<LoginRecord>,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<Refresh>, Error> {
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|verify| {
                    self.suspended(State::Verifying { verify, tokens, raw, record })
                }));
            }
            Progress::Done(jws) => jws,
        };
        let party = &self.party;
        let nonce = NonceRule::EqualIfPresent(record.nonce());
        let expected = Expected {
            sub: Some(record.subject().sub()),
            acr_may_be_absent: true,
            ..party.expected(env.now(), nonce, tokens.access_token())
        };
        let mut id_token = id_token::validate(raw, &jws, &expected)
            .and_then(|token| record.agrees_with(&token, party.policy.leeway).map(|()| token))
            .map_err(|problem| Error::from(ErrorKind::Token { kind: KIND, problem }))?;
        if let Some(relaxation) = party.transport_relaxation() {
            id_token.note_relaxation(relaxation);
        }
        Ok(Step::Done(Refreshed { tokens, id_token: Some(id_token) }))
    }

    fn suspended(self, state: State) -> Refresh {
        Refresh { context: self, state }
    }
}

impl Flow for Refresh {
    type Output = Refreshed;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, state } = self;
        match state {
            State::Ready => match event.happened() {
                Happened::Started => context.prepare(env),
                _ => Err(unreachable("Refresh")),
            },
            State::Preparing(find) => context.preparing(find, event, env),
            State::Exchanging(call) => context.exchanging(call, event, env),
            State::Verifying { verify, tokens, raw, record } => {
                context.verifying((verify, raw), tokens, record, event, env)
            }
        }
    }
}

/// The states hold tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Preparing(_) => "Preparing",
            Self::Exchanging(_) => "Exchanging",
            Self::Verifying { .. } => "Verifying",
        })
    }
}

const KIND: TokenKind = TokenKind::RefreshedIdToken;
