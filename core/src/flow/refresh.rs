//! New tokens for a refresh token (OIDC Core 12, RFC 6749 6).
//!
//! ```text
//! Refresh   Exchanging(Call) ─┬─ no ID token ──────────────────► Done(Refreshed)
//!                             └─► Verifying(VerifyIdToken) ────► Done(Refreshed)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{Error, ErrorKind, TokenKind},
    flow::{
        Event, Flow, Progress, Step, call::Call, party::Party, record::LoginRecord,
        verify::VerifyIdToken,
    },
    protocol::{
        id_token::{self, IdToken, NonceRule},
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
}

#[expect(clippy::large_enum_variant, reason = "moved only a few times in a flow's life")]
enum State {
    /// Not started.
    Ready { scope: Option<String> },
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
        let context = Context { party, record, refresh_token };
        Self { context, state: State::Ready { scope: None } }
    }

    /// Asks for fewer scopes than were granted. Default: the same.
    pub fn scope(self, scope: &str) -> Self {
        Self { state: State::Ready { scope: Some(scope.to_owned()) }, ..self }
    }
}

impl Context {
    fn exchange(self, scope: Option<&str>, env: &mut dyn Env) -> Result<Step<Refresh>, Error> {
        self.record.check(&self.party)?;
        let mut form =
            vec![("grant_type", "refresh_token"), ("refresh_token", self.refresh_token.expose())];
        form.extend(scope.map(|scope| ("scope", scope)));
        let call = Call::new(self.party.clone(), form);
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
        let response = token::read(&response, self.party.limits(), env.now())?;
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
        let expected = id_token::Expected {
            issuer: party.metadata.issuer(),
            client_id: &party.registration.client_id,
            trusted: &party.policy.trusted_audiences,
            instant: party.instant(env.now()),
            max_token_age: party.policy.max_id_token_age,
            nonce: NonceRule::EqualIfPresent(self.record.nonce()),
            access_token: tokens.access_token(),
            max_age: None,
            require_auth_time: false,
            essential_acr: &[],
            sub: Some(self.record.subject().sub()),
            json_depth: party.limits().json_depth,
        };
        let id_token = id_token::validate(raw, &jws, &expected)
            .and_then(|token| self.record.agrees_with(&token).map(|()| token))
            .map_err(|problem| Error::from(ErrorKind::Token { kind: KIND, problem }))?;
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
            State::Ready { scope } => context.exchange(scope.as_deref(), env),
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
            Self::Ready { .. } => "Ready",
            Self::Exchanging(_) => "Exchanging",
            Self::Verifying { .. } => "Verifying",
        })
    }
}

const KIND: TokenKind = TokenKind::RefreshedIdToken;
