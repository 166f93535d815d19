//! The rest of a device login: asking for the tokens until the visitor is done (RFC 8628 3.4, 3.5).
//!
//! ```text
//! PollDeviceLogin   Preparing(FindKeys) ─► Pausing ◄── pending, slow down, no answer,──┐
//!                                             │           a server that is busy        │
//!                                             ├─ expired ─► DeviceExpired              │
//!                                             └─► Asking(Call) ────────────────────────┤
//!                                                    └─► TakingIn(TakeIn) ─► Done(GrantedTokens)
//! ```
//!
//! Keys are there before the device code is spent: a key outage must not cost a login.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    env::Env,
    error::{Error, ErrorKind, FailureKind, Purpose, ResponseProblem},
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        granted::{GrantedTokens, TakeIn},
        keys::FindKeys,
        party::{Party, endpoint},
        pending_device::PendingDeviceLogin,
        unreachable,
    },
    http::HttpResponse,
    protocol::{device::MAX_LIFETIME, token},
};

/// A device login that waits for the visitor. It asks at most once in each interval, the first time after one, and no
/// sooner than a `Retry-After` says; for a day at most, whatever clock and stored bytes say.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct PollDeviceLogin {
    context: Context,
    state: State,
}

#[derive(Debug)]
struct Context {
    party: Arc<Party>,
    pending: PendingDeviceLogin,
    /// How long all pauses may last together, should the clock stand still or go back.
    patience: Duration,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for keys.
    Preparing(FindKeys),
    /// Waiting until asking is allowed.
    Pausing,
    /// Waiting for the token endpoint.
    Asking(Call),
    /// Waiting for the key of the ID token.
    TakingIn(TakeIn),
}

impl PollDeviceLogin {
    pub(crate) fn new(party: Arc<Party>, pending: PendingDeviceLogin) -> Self {
        let context = Context { party, pending, patience: Duration::ZERO };
        Self { context, state: State::Ready }
    }
}

impl Context {
    fn prepare(mut self, env: &mut dyn Env) -> Result<Step<PollDeviceLogin>, Error> {
        self.pending.check(&self.party)?;
        endpoint(&self.party.metadata.token_endpoint, "token_endpoint")?;
        // A clock that was set back since the start must not make minutes years.
        self.patience = self.pending.expires_at.since(env.now()).min(MAX_LIFETIME);
        let interval = self.pending.interval;
        if !self.wants_id_token() || self.party.registration.id_token_alg.is_symmetric() {
            return self.pause(interval, env);
        }
        // RFC 8628 3.2: nothing is asked for a code that cannot be polled for any more.
        self.lasts(interval, env)?;
        let find = FindKeys::prepare(self.party.clone());
        self.preparing(find, Event::started(), env)
    }

    fn wants_id_token(&self) -> bool {
        self.pending.scope.split(' ').any(|scope| scope == "openid")
    }

    fn preparing(
        self,
        find: FindKeys,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<PollDeviceLogin>, Error> {
        match find.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|find| self.suspended(State::Preparing(find))))
            }
            Progress::Done(_) => {
                let interval = self.pending.interval;
                self.pause(interval, env)
            }
        }
    }

    /// Another question, after this pause, fits in before the code expires.
    fn lasts(&self, pause: Duration, env: &mut dyn Env) -> Result<(), Error> {
        let left = self.pending.expires_at.since(env.now()).min(self.patience);
        if pause >= left {
            return Err(ErrorKind::DeviceExpired.into());
        }
        Ok(())
    }

    // RFC 8628 3.5
    fn pause(mut self, pause: Duration, env: &mut dyn Env) -> Result<Step<PollDeviceLogin>, Error> {
        self.lasts(pause, env)?;
        self.patience = self.patience.saturating_sub(pause);
        Ok(Step::wait(pause, self.suspended(State::Pausing), env))
    }

    // RFC 8628 3.4
    fn ask(self, env: &mut dyn Env) -> Result<Step<PollDeviceLogin>, Error> {
        // A pause can take longer than it was meant to.
        if self.pending.expires_at <= env.now() {
            return Err(ErrorKind::DeviceExpired.into());
        }
        let device_code = self.pending.device_code.expose();
        let form = vec![("grant_type", DEVICE_CODE), ("device_code", device_code)];
        let call = Call::token(self.party.clone(), form)?;
        self.asking(call, Event::started(), env)
    }

    fn asking(
        mut self,
        call: Call,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<PollDeviceLogin>, Error> {
        let mut retry_after = None;
        let answer = match call.advance(event, env).map(Step::progress) {
            Ok(Progress::Suspended(child)) => {
                return Ok(child.within(|call| self.suspended(State::Asking(call))));
            }
            Ok(Progress::Done(response)) => {
                retry_after = response.retry_after();
                self.read(&response, env)
            }
            Err(error) => Err(error),
        };
        let error = match answer {
            Ok(take_in) => return self.taking_in(take_in, Event::started(), env),
            Err(error) => error,
        };
        let interval = slower(&error, self.pending.interval).ok_or(error)?;
        self.pending.interval = interval;
        // RFC 9110 10.2.3: for this once, and never sooner than the interval.
        self.pause(retry_after.map_or(interval, |asked| interval.max(asked)), env)
    }

    fn read(&self, response: &HttpResponse, env: &mut dyn Env) -> Result<TakeIn, Error> {
        let rules = self.party.token_rules();
        let response = token::read(response, &self.pending.scope, rules, env.now())?;
        // OIDC Core 3.1.3.3
        if self.wants_id_token() && response.id_token.is_none() {
            let problem = ResponseProblem::NoIdToken;
            return Err(ErrorKind::Response { purpose: Purpose::Token, problem }.into());
        }
        TakeIn::new(self.party.clone(), response, env)
    }

    fn taking_in(
        self,
        take_in: TakeIn,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<PollDeviceLogin>, Error> {
        match take_in.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|take_in| self.suspended(State::TakingIn(take_in))))
            }
            Progress::Done(granted) => Ok(Step::Done(granted)),
        }
    }

    fn suspended(self, state: State) -> PollDeviceLogin {
        PollDeviceLogin { context: self, state }
    }
}

/// The interval after this answer; none where asking again is over (RFC 8628 3.5).
fn slower(error: &Error, interval: Duration) -> Option<Duration> {
    let twice = interval.saturating_mul(2);
    match error.kind() {
        ErrorKind::Provider(oauth) => match oauth.error.as_str() {
            "authorization_pending" => Some(interval),
            // "the interval MUST be increased by 5 seconds for this and all subsequent requests"
            "slow_down" => Some(interval.saturating_add(SLOW_DOWN)),
            // `temporarily_unavailable`, `too_many_requests`: no name of them is for certain, the status is.
            _ => oauth.status.is_some_and(is_busy).then_some(twice),
        },
        // "On encountering a connection timeout, clients MUST unilaterally reduce their polling frequency"
        ErrorKind::Transport { failure, .. }
            if matches!(failure.kind, FailureKind::Timeout | FailureKind::Connect) =>
        {
            Some(twice)
        }
        ErrorKind::Response { problem: ResponseProblem::Status(status), .. } => {
            is_busy(*status).then_some(twice)
        }
        _ => None,
    }
}

/// A server, or a proxy before it, has too much to do (RFC 6585 4, RFC 9110 15.6.3 to 15.6.5): it says nothing about
/// the visitor, who is at another screen meanwhile.
fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 502..=504)
}

impl Flow for PollDeviceLogin {
    type Output = GrantedTokens;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, state } = self;
        match state {
            State::Ready => match event.happened() {
                Happened::Started => context.prepare(env),
                _ => Err(unreachable("PollDeviceLogin")),
            },
            State::Preparing(find) => context.preparing(find, event, env),
            State::Pausing => match event.happened() {
                Happened::Elapsed => context.ask(env),
                _ => Err(unreachable("PollDeviceLogin")),
            },
            State::Asking(call) => context.asking(call, event, env),
            State::TakingIn(take_in) => context.taking_in(take_in, event, env),
        }
    }
}

/// The states hold the device code and tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Preparing(_) => "Preparing",
            Self::Pausing => "Pausing",
            Self::Asking(_) => "Asking",
            Self::TakingIn(_) => "TakingIn",
        })
    }
}

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const SLOW_DOWN: Duration = Duration::from_secs(5);
