//! An access token that is good for a while.
//!
//! ```text
//! ValidAccessToken   Ready ─┬─ good for longer than the margin ──► Done(Validity::Valid)
//!                           ├─ no refresh token ─────────────────► Done(Validity::LoginNeeded)
//!                           └─► Refreshing(Refresh) ─────────────► Done(Validity::Refreshed)
//! ```

use std::{sync::Arc, time::Duration};

use crate::{
    env::Env,
    error::Error,
    flow::{
        Event, Flow, Happened, Progress, Step,
        party::Party,
        record::LoginRecord,
        refresh::{Refresh, Refreshed},
        unreachable,
    },
    protocol::token::TokenSet,
};

/// An access token about to be used. Run one at a time for each refresh token, as with [`Refresh`].
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct ValidAccessToken(State);

#[derive(Debug)]
enum State {
    /// Not started.
    Ready {
        party: Arc<Party>,
        tokens: TokenSet,
        record: Option<Box<LoginRecord>>,
        margin: Duration,
    },
    /// Waiting for new tokens.
    Refreshing(Box<Refresh>),
}

/// What became of the access token.
#[derive(Clone, Debug)]
pub enum Validity {
    /// It is good for longer than the margin, or the provider does not say for how long: use it. Nothing was sent.
    Valid,
    /// There are new tokens: store them, then use them. The old ones are spent.
    Refreshed(Box<Refreshed>),
    /// It ends within the margin, or has ended, and there is no refresh token: the visitor must log in again, or the
    /// grant be repeated.
    LoginNeeded,
}

impl ValidAccessToken {
    pub(crate) fn new(
        party: Arc<Party>,
        tokens: TokenSet,
        record: Option<LoginRecord>,
        margin: Duration,
    ) -> Self {
        Self(State::Ready { party, tokens, record: record.map(Box::new), margin })
    }

    fn refreshing(refresh: Refresh, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match refresh.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|refresh| Self(State::Refreshing(Box::new(refresh)))))
            }
            Progress::Done(refreshed) => Ok(Step::Done(Validity::Refreshed(Box::new(refreshed)))),
        }
    }
}

impl Flow for ValidAccessToken {
    type Output = Validity;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let (party, tokens, record, margin) = match self.0 {
            State::Refreshing(refresh) => return Self::refreshing(*refresh, event, env),
            State::Ready { party, tokens, record, margin } => (party, tokens, record, margin),
        };
        let Happened::Started = event.happened() else {
            return Err(unreachable("ValidAccessToken"));
        };
        // Tokens of another client are a mistake, whether or not they are due.
        if let Some(record) = &record {
            record.check(&party)?;
        }
        let needed_until = env.now().after(margin);
        if tokens.expires_at().is_none_or(|expires| needed_until < expires) {
            return Ok(Step::Done(Validity::Valid));
        }
        let Some(token) = tokens.refresh_token().cloned() else {
            return Ok(Step::Done(Validity::LoginNeeded));
        };
        let refresh = match record {
            Some(record) => Refresh::new(party, token, *record),
            None => Refresh::access(party, token, tokens.scope().join(" ")),
        };
        Self::refreshing(refresh, Event::started(), env)
    }
}
