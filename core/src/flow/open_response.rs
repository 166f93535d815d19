//! What came back from the browser becomes parameters: those of a plain response, or those inside a signed one (JARM).
//!
//! ```text
//! OpenResponse ─┬─ plain ─────────────────────────► Done(Callback)
//!               └─ signed ─► Verifying(VerifyToken) ─► Done(Callback)
//! ```
//!
//! Every way through the browser begins with it. A signed response costs at most one reading of the key set; the code
//! in it is not spent by that. An encrypted one is decrypted first (JARM 2.4 (1)).

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{Error, TokenKind},
    flow::{
        Event, Flow, Happened, Progress, Step, decrypt::decrypted, party::Party,
        pending_login::PendingLogin, unreachable, verify::VerifyToken,
    },
    jose::jws::{HeaderRules, UnverifiedJws},
    protocol::{
        callback::Callback,
        response_jwt::{self, Expected},
    },
};

/// A response about to be opened.
pub(crate) struct OpenResponse {
    party: Arc<Party>,
    callback: Callback,
    state: State,
}

enum State {
    /// The parameters are those of the callback.
    Plain,
    /// Waiting for the key of the response.
    Verifying(VerifyToken),
}

impl OpenResponse {
    /// Whether this party may finish the request now, and whether the response is of the kind that was asked for, is
    /// found here; nothing is sent for one that is not.
    pub(crate) fn new(
        party: &Arc<Party>,
        pending: &PendingLogin,
        callback: Callback,
        env: &mut dyn Env,
    ) -> Result<Self, Error> {
        pending.check(party, env.now())?;
        // It may have been started before the application said that there are no ID tokens.
        party.check_scope(&pending.scope)?;
        let state = match callback.token(pending.response_mode)? {
            None => State::Plain,
            Some(token) => {
                party.check_responses()?;
                let algorithm = party.registration.response_alg();
                let rules = HeaderRules::untyped(&algorithm);
                let registered = party.registration.encryption.authorization;
                let signed = decrypted(party, KIND, registered, token, env)?;
                let parsed = UnverifiedJws::parse_by(&signed, &rules, party.limits());
                State::Verifying(VerifyToken::of(party.clone(), KIND, parsed)?)
            }
        };
        Ok(Self { party: party.clone(), callback, state })
    }
}

/// The response with the `state` that is inside its encrypted token: to look by, and nothing more. The token stays as it
/// came, and is decrypted again when the request is finished.
#[cfg(feature = "encryption")]
pub(crate) fn with_state(
    party: &Party,
    callback: Callback,
    env: &mut dyn Env,
) -> Result<Callback, Error> {
    let registered = party.registration.encryption.authorization;
    let signed = match callback.encrypted() {
        Some(token) if registered.is_some() => {
            decrypted(party, KIND, registered, token, env)?.into_owned()
        }
        _ => return Ok(callback),
    };
    Ok(callback.with_state_of(&signed, party.limits()))
}

impl Flow for OpenResponse {
    type Output = Callback;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { party, callback, state } = self;
        let verify = match state {
            State::Verifying(verify) => verify,
            State::Plain => {
                return match event.happened() {
                    Happened::Started => Ok(Step::Done(callback)),
                    _ => Err(unreachable("OpenResponse")),
                };
            }
        };
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|verify| Self {
                    party,
                    callback,
                    state: State::Verifying(verify),
                }));
            }
            Progress::Done(jws) => jws,
        };
        let expected = Expected {
            issuer: party.issuer(),
            client_id: party.registration.client_id(),
            instant: party.instant(env.now()),
            json_depth: party.limits().json_depth,
        };
        let parameters = response_jwt::read(&jws, &expected)?;
        Ok(Step::Done(callback.opened(parameters, jws.algorithm())))
    }
}

/// The response holds a code or tokens.
impl fmt::Debug for OpenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Plain => "OpenResponse(Plain)",
            State::Verifying(_) => "OpenResponse(Verifying)",
        })
    }
}

const KIND: TokenKind = TokenKind::AuthorizationResponse;
