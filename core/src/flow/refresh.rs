//! New tokens for a refresh token (OIDC Core 12, RFC 6749 6).
//!
//! ```text
//! Refresh   Preparing(FindKeys) ─► Exchanging(Call) ─┬─ no ID token ──────────────────► Done(Refreshed)
//!                                                    └─► Verifying(VerifyIdToken) ────► Done(Refreshed)
//! ```
//!
//! Keys are there before the refresh token is spent: a provider that rotates refresh tokens takes the old one only
//! once.

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
        verify::VerifyIdToken,
    },
    protocol::{
        authorization::is_scope,
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
    record: LoginRecord,
    refresh_token: RefreshToken,
    scope: Option<String>,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for keys.
    Preparing(FindKeys),
    /// Waiting for the token endpoint.
    Exchanging(Call),
    /// Waiting for the key of the ID token.
    Verifying { verify: VerifyIdToken, tokens: TokenSet, raw: RawToken },
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

    /// A new ID token, if one came: verified, and in agreement with the first one.
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }
}

impl Refresh {
    pub(crate) fn new(party: Arc<Party>, refresh_token: RefreshToken, record: LoginRecord) -> Self {
        let context = Context { party, record, refresh_token, scope: None };
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
        self.record.check(&self.party)?;
        if let Some(scope) = &self.scope
            && (scope.trim().is_empty() || !scope.split_ascii_whitespace().all(is_scope))
        {
            return Err(ApiMisuse::Parameter(Shown::new("scope")).into());
        }
        if self.party.registration.id_token_alg.is_symmetric() {
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
        let asked = self.scope.as_deref().unwrap_or(self.record.scope());
        let response = token::read(&response, asked, self.party.token_rules(), env.now())?;
        let mut tokens = response.tokens;
        tokens.keep_refresh_token(self.refresh_token.clone());
        let Some(raw) = response.id_token else {
            return Ok(Step::Done(Refreshed { tokens, id_token: None }));
        };
        let verify = VerifyIdToken::new(self.party.clone(), KIND, &raw)?;
        self.verifying(verify, tokens, raw, Event::started(), env)
    }

    fn verifying(
        self,
        verify: VerifyIdToken,
        tokens: TokenSet,
        raw: RawToken,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<Refresh>, Error> {
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(
                    child.within(|verify| self.suspended(State::Verifying { verify, tokens, raw }))
                );
            }
            Progress::Done(jws) => jws,
        };
        let party = &self.party;
        let nonce = NonceRule::EqualIfPresent(self.record.nonce());
        let expected = Expected {
            sub: Some(self.record.subject().sub()),
            acr_may_be_absent: true,
            ..party.expected(env.now(), nonce, tokens.access_token())
        };
        let mut id_token = id_token::validate(raw, &jws, &expected)
            .and_then(|token| self.record.agrees_with(&token, party.policy.leeway).map(|()| token))
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
            State::Verifying { verify, tokens, raw } => {
                context.verifying(verify, tokens, raw, event, env)
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
