//! The two loops, for threads and for futures, and what a transport must be for them.
//!
//! The loop stands twice, on purpose: it is the one thing worth seeing.

use std::{future::Future, time::Duration};

use crate::{
    env::Env,
    error::{ApiMisuse, Error},
    flow::{Flow, Outcome, Step},
    http::HttpRequest,
};

/// Performs requests, blocking. What it must do stands in [`http`](crate::http).
pub trait Transport {
    /// Sends one request.
    ///
    /// # Errors
    /// When no whole response within its limits came back; no status is an error.
    fn send(&self, request: &HttpRequest) -> Outcome;

    /// Lets time pass.
    fn sleep(&self, duration: Duration);

    /// Signs with the remote key of this name. By default there is none.
    ///
    /// # Errors
    /// [`ApiMisuse::NoRemoteSigner`] by default.
    fn sign(&self, key: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        let _ = (key, message);
        Err(ApiMisuse::NoRemoteSigner.into())
    }
}

/// Runs a flow to its end.
///
/// # Errors
/// The flow's.
pub fn drive<F: Flow>(
    flow: F,
    transport: &(impl Transport + ?Sized),
    env: &mut (impl Env + ?Sized),
) -> Result<F::Output, Error> {
    let env = &mut &mut *env;
    let mut step = flow.start(env)?;
    loop {
        step = match step {
            Step::Send(exchange) => {
                let outcome = transport.send(exchange.request());
                exchange.resume(outcome, env)?
            }
            Step::Wait(pause) => {
                transport.sleep(pause.duration());
                pause.resume(env)?
            }
            Step::Sign(signing) => {
                let signature = transport.sign(signing.key(), signing.message())?;
                signing.resume(signature, env)?
            }
            Step::Done(output) => return Ok(output),
        };
    }
}

/// Performs requests, as futures. What it must do stands in [`http`](crate::http).
///
/// The futures are `Send` everywhere but on wasm32, so a whole login can be spawned.
pub trait AsyncTransport {
    /// Sends one request.
    fn send(&self, request: &HttpRequest) -> impl Future<Output = Outcome> + MaybeSend;

    /// Lets time pass.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + MaybeSend;

    /// Signs with the remote key of this name. By default there is none:
    /// [`ApiMisuse::NoRemoteSigner`].
    fn sign(
        &self,
        key: &str,
        message: &[u8],
    ) -> impl Future<Output = Result<Vec<u8>, Error>> + MaybeSend {
        let _ = (key, message);
        std::future::ready(Err(ApiMisuse::NoRemoteSigner.into()))
    }
}

/// Runs a flow to its end.
///
/// Dropping the future half-way is safe for memory and caches, but an authorization code or a refresh token may
/// be spent by then: start that login again.
///
/// # Errors
/// The flow's.
pub async fn drive_async<F: Flow>(
    flow: F,
    transport: &(impl AsyncTransport + ?Sized),
    env: &mut (impl Env + ?Sized),
) -> Result<F::Output, Error> {
    let env = &mut &mut *env;
    let mut step = flow.start(env)?;
    loop {
        step = match step {
            Step::Send(exchange) => {
                let outcome = transport.send(exchange.request()).await;
                exchange.resume(outcome, env)?
            }
            Step::Wait(pause) => {
                transport.sleep(pause.duration()).await;
                pause.resume(env)?
            }
            Step::Sign(signing) => {
                let signature = transport.sign(signing.key(), signing.message()).await?;
                signing.resume(signature, env)?
            }
            Step::Done(output) => return Ok(output),
        };
    }
}

/// `Send` on every target but wasm32, where nothing is.
#[cfg(not(target_arch = "wasm32"))]
pub trait MaybeSend: Send {}
#[cfg(not(target_arch = "wasm32"))]
impl<T: Send> MaybeSend for T {}

/// `Send` on every target but wasm32, where nothing is.
#[cfg(target_arch = "wasm32")]
pub trait MaybeSend {}
#[cfg(target_arch = "wasm32")]
impl<T> MaybeSend for T {}
