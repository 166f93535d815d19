//! A logout of which the provider tells by itself (OpenID Connect Back-Channel Logout 1.0).
//!
//! ```text
//! ReceiveLogout   Ready ── form, header ──► Verifying(VerifyToken) ── claims ──► Done(ReceivedLogout)
//! ```

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind, LogoutProblem, TokenKind},
    flow::{
        Event, Flow, Happened, Progress, Step, decrypt::decrypted, party::Party, unreachable,
        verify::VerifyToken,
    },
    jose::jws::UnverifiedJws,
    protocol::{
        logout_notice,
        logout_token::{self, Expected, ReceivedLogout, Wanted},
    },
};

/// A back-channel logout about to be looked at. What is sent for it is at most one reading of the key set.
///
/// The token is signed with the algorithm registered for ID tokens, and encrypted where those are; it is from this
/// provider, for this client, not expired and at most ten minutes old; it has the logout event, `jti`, and `sub` or `sid`,
/// and no `nonce`. So an ID token never is one.
///
/// # Errors
/// [`ErrorKind::Logout`] for the request, [`ErrorKind::Token`] of [`TokenKind::LogoutToken`] for the token.
/// [`LogoutAnswer::back_channel`](crate::protocol::logout_answer::LogoutAnswer::back_channel) makes the answer of either.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct ReceiveLogout {
    context: Context,
    state: State,
}

#[derive(Debug)]
struct Context {
    party: Arc<Party>,
    wanted: Wanted,
}

enum State {
    /// Not started: the form was read, the token was not.
    Ready(Result<String, LogoutProblem>),
    /// Waiting for the key of the token.
    Verifying(VerifyToken),
}

impl ReceiveLogout {
    pub(crate) fn new(party: Arc<Party>, content_type: Option<&str>, body: &[u8]) -> Self {
        let token = logout_notice::back_channel(content_type, body, party.limits());
        let wanted = Wanted { max_age: MAX_AGE, typ_required: false, missing_exp: false };
        Self { context: Context { party, wanted }, state: State::Ready(token) }
    }

    /// How long ago the token may have been issued (`iat`). Default ten minutes: providers send it at once, and tokens live
    /// for two minutes mostly.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.context.wanted.max_age = age;
        self
    }

    /// Refuses tokens that are not of the type `logout+jwt`. Default: one without a type, or with `JWT`, is accepted,
    /// since most providers send such (Back-Channel Logout 4.1).
    pub fn require_typ(mut self) -> Self {
        self.context.wanted.typ_required = true;
        self
    }

    /// Accepts tokens without `exp`, for providers of before 2022. Such a token ends by its age alone. A use is reported as
    /// [`Relaxation::MissingLogoutTokenExp`](crate::protocol::relaxation::Relaxation::MissingLogoutTokenExp). Default:
    /// refused (Back-Channel Logout 2.4).
    pub fn accept_missing_exp(mut self) -> Self {
        self.context.wanted.missing_exp = true;
        self
    }
}

impl Context {
    fn receive(self, token: &str, env: &mut dyn Env) -> Result<Step<ReceiveLogout>, Error> {
        let party = &self.party;
        // Whether its algorithm can be verified was never looked at.
        if !party.policy.id_tokens {
            return Err(ApiMisuse::NoIdTokens.into());
        }
        let algorithm = [party.registration.id_token_alg];
        // Back-Channel Logout 2.4, 2.6 (1): as ID tokens are
        let registered = party.registration.encryption.id_token;
        let token = decrypted(party, KIND, registered, token, env)?;
        let parsed =
            UnverifiedJws::parse_by(&token, &self.wanted.header(&algorithm), party.limits());
        let verify = VerifyToken::of(party.clone(), KIND, parsed)?;
        self.verifying(verify, Event::started(), env)
    }

    fn verifying(
        self,
        verify: VerifyToken,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<ReceiveLogout>, Error> {
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|verify| ReceiveLogout {
                    context: self,
                    state: State::Verifying(verify),
                }));
            }
            Progress::Done(jws) => jws,
        };
        let Party { registration, policy, .. } = &*self.party;
        let expected = Expected {
            issuer: self.party.issuer(),
            client_id: &registration.client_id,
            trusted: &policy.trusted_audiences,
            instant: self.party.instant(env.now()),
            session_required: registration.backchannel_session_required,
            wanted: &self.wanted,
            json_depth: policy.limits.json_depth,
        };
        let result = logout_token::validate(&jws, &expected);
        let mut received =
            result.map_err(|problem| Error::from(ErrorKind::Token { kind: KIND, problem }))?;
        if let Some(relaxation) = self.party.transport_relaxation() {
            received.note_relaxation(relaxation);
        }
        Ok(Step::Done(received))
    }
}

impl Flow for ReceiveLogout {
    type Output = ReceivedLogout;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, state } = self;
        match state {
            State::Ready(token) => match event.happened() {
                Happened::Started => context.receive(&token?, env),
                _ => Err(unreachable("ReceiveLogout")),
            },
            State::Verifying(verify) => context.verifying(verify, event, env),
        }
    }
}

/// The states hold tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Ready",
            Self::Verifying(_) => "Verifying",
        })
    }
}

const KIND: TokenKind = TokenKind::LogoutToken;
const MAX_AGE: Duration = Duration::from_secs(600);
