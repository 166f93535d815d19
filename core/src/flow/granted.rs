//! The answer to a grant without a browser: tokens, and an ID token where one came along.
//!
//! ```text
//! TakeIn   no ID token ────────────────► Done(GrantedTokens)
//!          Verifying(VerifyToken) ─────► Done(GrantedTokens)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{Error, ErrorKind, TokenKind},
    flow::{Event, Flow, Progress, Step, party::Party, record::LoginRecord, verify::VerifyToken},
    protocol::{
        id_token::{self, Expected, IdToken, NonceRule},
        token::{TokenResponse, TokenSet},
    },
    secret::RawToken,
};

/// What a grant without a browser brought.
#[derive(Clone, Debug)]
pub struct GrantedTokens {
    tokens: TokenSet,
    id_token: Option<IdToken>,
}

impl GrantedTokens {
    /// Access token, expiry, and a refresh token where one came.
    pub fn tokens(&self) -> &TokenSet {
        &self.tokens
    }

    /// The ID token, if one came: verified like that of a login, but without a `nonce`, as none was sent.
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }

    /// What a refresh needs: keep its bytes beside the refresh token. None without an ID token.
    pub fn record(&self) -> Option<LoginRecord> {
        self.id_token.as_ref().map(|token| LoginRecord::of(token, self.tokens.scope()))
    }
}

/// Turns a token response into [`GrantedTokens`].
pub(crate) struct TakeIn {
    party: Arc<Party>,
    tokens: TokenSet,
    unverified: Option<(VerifyToken, RawToken)>,
}

impl TakeIn {
    pub(crate) fn new(
        party: Arc<Party>,
        response: TokenResponse,
        env: &mut dyn Env,
    ) -> Result<Self, Error> {
        let TokenResponse { tokens, id_token } = response;
        let unverified = match id_token {
            Some(raw) if party.policy.id_tokens => {
                Some(VerifyToken::new(party.clone(), KIND, raw, env)?)
            }
            // `Policy::without_id_tokens`: nobody gets to see it.
            Some(_) | None => None,
        };
        Ok(Self { party, tokens, unverified })
    }
}

impl Flow for TakeIn {
    type Output = GrantedTokens;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { party, tokens, unverified } = self;
        let Some((verify, raw)) = unverified else {
            return Ok(Step::Done(GrantedTokens { tokens, id_token: None }));
        };
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|verify| Self {
                    party,
                    tokens,
                    unverified: Some((verify, raw)),
                }));
            }
            Progress::Done(jws) => jws,
        };
        // None was sent: a token with one belongs to another request (OIDC Core 3.1.3.7 (11)).
        let nonce = NonceRule::EqualIfPresent(None);
        let expected = Expected {
            require_auth_time: party.registration.require_auth_time,
            ..party.expected(env.now(), nonce, tokens.access_token())
        };
        let mut id_token = id_token::validate(raw, &jws, &expected)
            .map_err(|problem| Error::from(ErrorKind::Token { kind: KIND, problem }))?;
        if let Some(relaxation) = party.transport_relaxation() {
            id_token.note_relaxation(relaxation);
        }
        Ok(Step::Done(GrantedTokens { tokens, id_token: Some(id_token) }))
    }
}

impl fmt::Debug for TakeIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakeIn").field("party", &self.party).finish_non_exhaustive()
    }
}

const KIND: TokenKind = TokenKind::IdToken;
