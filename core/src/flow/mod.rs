//! The engine: a flow is a machine that says what it needs and is told what came of it.
//!
//! ```text
//!           start(env)                    Exchange::resume(outcome, env)
//! F ─────────────────────► Step<F> ◄───────────────────────────────────┐
//!                           │ Send(Exchange) ── transport performs ────┤
//!                           │ Wait(Pause) ───── transport sleeps ──────┤
//!                           │ Sign(Signing) ─── remote key signs ──────┘
//!                           └ Done(output)                Err(e) at any arrow ends the flow
//! ```
//!
//! Each step consumes the machine and hands back either its output or the one thing that may happen next,
//! which is the only way to go on. Asking twice, answering what was not asked, or using a machine after an
//! error does not compile. A failed transport is an input, not an exit: the machine decides.
//!
//! A parent keeps its child as data and forwards events; the child's request travels up unchanged
//! ([`Step::progress`], [`Suspended::within`]). The crate's own flows are built so, and yours can be: see
//! the example at [`Flow`].

pub(crate) mod authorization_request;
pub mod back_channel_logout;
pub(crate) mod call;
pub mod claim_sources;
pub(crate) mod decrypt;
#[cfg(feature = "encryption")]
pub(crate) mod decryption_keys;
pub mod device_login;
pub mod discover;
pub mod finish_authorization;
pub mod finish_implicit_login;
pub mod finish_login;
pub mod front_channel;
pub mod front_channel_logout;
pub mod grant;
pub mod granted;
pub mod hosted_request;
pub mod introspect;
pub(crate) mod key_cache;
pub(crate) mod keys;
pub mod logout;
pub mod manage_registration;
pub(crate) mod open_response;
pub(crate) mod party;
pub mod pending_authorization;
pub mod pending_device;
pub mod pending_login;
pub mod policy;
pub mod record;
pub mod refresh;
pub mod register;
pub(crate) mod request_setters;
pub mod resource;
pub mod revoke;
#[cfg(feature = "encryption")]
pub mod sealed;
pub mod session;
pub(crate) mod sign_request;
pub mod start_authorization;
pub mod start_device_login;
pub mod start_login;
pub mod token_exchange;
pub mod user_info;
pub mod valid_token;
pub mod validate_access_token;
pub(crate) mod verify;
pub mod web_finger;

use std::{fmt, time::Duration};

use crate::{
    env::Env,
    error::{Error, ErrorKind, TransportFailure},
    http::{HttpRequest, HttpResponse},
    time::UnixTime,
};

/// What became of a request.
pub type Outcome = Result<HttpResponse, TransportFailure>;

/// A machine with an output.
///
/// A flow of your own can hold one of the crate's and go on with its result:
///
/// ```
/// use relying_party::{
///     env::Env,
///     error::Error,
///     flow::{Event, Flow, Progress, Step},
/// };
///
/// /// Runs a flow and says how long it took.
/// struct Timed<F>(F, Option<i64>);
///
/// impl<F: Flow> Flow for Timed<F> {
///     type Output = (F::Output, i64);
///
///     fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
///         let started = self.1.unwrap_or_else(|| env.now().millis());
///         match self.0.advance(event, env)?.progress() {
///             Progress::Suspended(child) => Ok(child.within(|flow| Timed(flow, Some(started)))),
///             Progress::Done(output) => Ok(Step::Done((output, env.now().millis() - started))),
///         }
///     }
/// }
/// ```
pub trait Flow: Sized {
    /// What it ends in.
    type Output;

    /// Takes in what happened. Called by [`start`](Self::start), the parts of a [`Step`], and by a parent
    /// that forwards its own event; nobody else can make an [`Event`].
    ///
    /// # Errors
    /// Any error ends the flow.
    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error>;

    /// The first step.
    ///
    /// # Errors
    /// As [`advance`](Self::advance).
    fn start(self, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        self.advance(Event(Happened::Started), env)
    }
}

/// Something that happened to a flow. Opaque: made by the engine only.
pub struct Event(Happened);

impl Event {
    /// What it was.
    pub fn happened(self) -> Happened {
        self.0
    }

    /// The event with which a parent starts a child in the middle of its own course.
    pub(crate) fn started() -> Self {
        Self(Happened::Started)
    }
}

/// What can happen to a flow.
pub enum Happened {
    /// It was started.
    Started,
    /// Its request was answered, or failed.
    Replied(Outcome),
    /// Its pause is over.
    Elapsed,
    /// The remote key signed.
    Signed(Vec<u8>),
}

/// What a flow needs next.
#[must_use = "a flow does nothing by itself"]
pub enum Step<F: Flow> {
    /// A request is to be sent.
    Send(Exchange<F>),
    /// Time must pass.
    Wait(Pause<F>),
    /// A remote key (KMS, HSM) is to sign.
    Sign(Signing<F>),
    /// It is done.
    Done(F::Output),
}

/// A request in flight, and the only way to go on.
#[must_use = "a flow does nothing by itself"]
pub struct Exchange<F> {
    request: HttpRequest,
    flow: F,
}

/// A pause, and the only way to go on.
#[must_use = "a flow does nothing by itself"]
pub struct Pause<F> {
    from: UnixTime,
    duration: Duration,
    flow: F,
}

/// Bytes to be signed by a remote key, and the only way to go on. Keys at hand sign inside the flow and never
/// show this step.
#[must_use = "a flow does nothing by itself"]
pub struct Signing<F> {
    key: String,
    message: Vec<u8>,
    flow: F,
}

impl<F: Flow> Exchange<F> {
    /// What is to be sent.
    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// Goes on with what became of it.
    ///
    /// # Errors
    /// As [`Flow::advance`].
    pub fn resume(self, outcome: Outcome, env: &mut dyn Env) -> Result<Step<F>, Error> {
        self.flow.advance(Event(Happened::Replied(outcome)), env)
    }
}

impl<F: Flow> Pause<F> {
    /// How long.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Goes on; too early, it is a pause again, over what is left of it.
    ///
    /// # Errors
    /// As [`Flow::advance`].
    pub fn resume(self, env: &mut dyn Env) -> Result<Step<F>, Error> {
        let now = env.now();
        // A clock that went back counts as elapsed: it must not make a pause longer.
        let left = self.duration.saturating_sub(now.since(self.from));
        if now < self.from || left.is_zero() {
            return self.flow.advance(Event(Happened::Elapsed), env);
        }
        Ok(Step::Wait(Pause { from: now, duration: left, flow: self.flow }))
    }
}

impl<F: Flow> Signing<F> {
    /// Which key: the name that the application gave it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The bytes to sign.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// Goes on with the signature, as JWS writes it.
    ///
    /// # Errors
    /// As [`Flow::advance`].
    pub fn resume(self, signature: Vec<u8>, env: &mut dyn Env) -> Result<Step<F>, Error> {
        self.flow.advance(Event(Happened::Signed(signature)), env)
    }
}

impl<F: Flow> Step<F> {
    /// `flow` waits for the answer to `request`.
    pub fn send(request: HttpRequest, flow: F) -> Self {
        Self::Send(Exchange { request, flow })
    }

    /// `flow` waits for `duration`, from now.
    pub fn wait(duration: Duration, flow: F, env: &mut dyn Env) -> Self {
        Self::Wait(Pause { from: env.now(), duration, flow })
    }

    /// `flow` waits for the key named `key` to sign `message`.
    pub fn sign(key: String, message: Vec<u8>, flow: F) -> Self {
        Self::Sign(Signing { key, message, flow })
    }

    /// Splits a child's step into its output and the suspended child that its parent must keep.
    pub fn progress(self) -> Progress<F> {
        match self {
            Self::Send(exchange) => Progress::Suspended(Suspended(Kept::Send(exchange))),
            Self::Wait(pause) => Progress::Suspended(Suspended(Kept::Wait(pause))),
            Self::Sign(signing) => Progress::Suspended(Suspended(Kept::Sign(signing))),
            Self::Done(output) => Progress::Done(output),
        }
    }
}

/// A child's step, as its parent sees it.
#[must_use = "a flow does nothing by itself"]
pub enum Progress<F: Flow> {
    /// It needs something: [`Suspended::within`] hands that on.
    Suspended(Suspended<F>),
    /// It is done.
    Done(F::Output),
}

/// A child that needs something.
#[must_use = "a flow does nothing by itself"]
pub struct Suspended<F>(Kept<F>);

enum Kept<F> {
    Send(Exchange<F>),
    Wait(Pause<F>),
    Sign(Signing<F>),
}

impl<F> Suspended<F> {
    /// Suspends the parent around the child; what the child needs travels up unchanged.
    pub fn within<G: Flow>(self, wrap: impl FnOnce(F) -> G) -> Step<G> {
        match self.0 {
            Kept::Send(Exchange { request, flow }) => {
                Step::Send(Exchange { request, flow: wrap(flow) })
            }
            Kept::Wait(Pause { from, duration, flow }) => {
                Step::Wait(Pause { from, duration, flow: wrap(flow) })
            }
            Kept::Sign(Signing { key, message, flow }) => {
                Step::Sign(Signing { key, message, flow: wrap(flow) })
            }
        }
    }
}

/// A machine met an event that its state cannot have asked for.
pub(crate) fn unreachable(flow: &'static str) -> Error {
    ErrorKind::Unreachable(flow).into()
}

impl fmt::Debug for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("Started"),
            Self::Replied(outcome) => f.debug_tuple("Replied").field(outcome).finish(),
            Self::Elapsed => f.write_str("Elapsed"),
            Self::Signed(_) => f.write_str("Signed"),
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The flow inside is not shown: it holds secrets.
macro_rules! opaque {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl<F> fmt::Debug for $name<F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    )*};
}

opaque! {
    Exchange { request }
    Pause { duration }
    Signing { key }
}

impl<F: Flow> fmt::Debug for Step<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(exchange) => exchange.fmt(f),
            Self::Wait(pause) => pause.fmt(f),
            Self::Sign(signing) => signing.fmt(f),
            Self::Done(_) => f.write_str("Done"),
        }
    }
}

impl<F: Flow> fmt::Debug for Progress<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suspended(suspended) => suspended.fmt(f),
            Self::Done(_) => f.write_str("Done"),
        }
    }
}

impl<F> fmt::Debug for Suspended<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::Send(exchange) => exchange.fmt(f),
            Kept::Wait(pause) => pause.fmt(f),
            Kept::Sign(signing) => signing.fmt(f),
        }
    }
}
