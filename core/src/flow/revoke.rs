//! Giving a token back (RFC 7009).
//!
//! ```text
//! Revoke   Ready ─► Revoking(Call) ─► Done(())
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{Error, Purpose},
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        party::{Party, endpoint},
        unreachable,
    },
    protocol::revocation::{self, TokenTypeHint},
    secret::AnyToken,
};

/// A token about to be given back. Done means that it is gone, whether or not the provider knew it.
///
/// # Errors
/// [`ApiMisuse::NoSuchEndpoint`](crate::error::ApiMisuse::NoSuchEndpoint) where the provider takes nothing back. For
/// an answer of 503 [`ResponseProblem::Unavailable`](crate::error::ResponseProblem::Unavailable): the token is still
/// good. `unsupported_token_type` is an [`OAuthError`](crate::error::OAuthError).
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct Revoke {
    party: Arc<Party>,
    state: State,
}

enum State {
    /// Not started.
    Ready { token: AnyToken, hint: Option<TokenTypeHint> },
    /// Waiting for the revocation endpoint.
    Revoking(Call),
}

impl Revoke {
    pub(crate) fn new(party: Arc<Party>, token: AnyToken, hint: Option<TokenTypeHint>) -> Self {
        Self { party, state: State::Ready { token, hint } }
    }
}

impl Flow for Revoke {
    type Output = ();

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { party, state } = self;
        let (call, event) = match state {
            State::Ready { token, hint } => {
                let Happened::Started = event.happened() else {
                    return Err(unreachable("Revoke"));
                };
                let url = endpoint(&party.metadata.revocation_endpoint, "revocation_endpoint")?;
                let mut form = vec![("token", token.expose())];
                form.extend(hint.map(|hint| ("token_type_hint", hint.as_str())));
                let call = Call::new(party.clone(), url.clone(), Purpose::Revocation, form);
                (call, Event::started())
            }
            State::Revoking(call) => (call, event),
        };
        match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|call| Self { party, state: State::Revoking(call) }))
            }
            Progress::Done(response) => revocation::read(&response, party.limits()).map(Step::Done),
        }
    }
}

/// The states hold tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready { .. } => "Ready",
            Self::Revoking(_) => "Revoking",
        })
    }
}
