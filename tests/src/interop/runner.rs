//! Anything that runs a flow over a socket, so that one test covers every adapter.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use relying_party::{
    Client, Env, Error, Flow, Policy, Registration, SystemEnv,
    drive::{AsyncTransport, Transport, drive, drive_async},
    error::ApiMisuse,
    flow::Outcome,
    http::HttpRequest,
    jose::{backend::Crypto, signer::SigningKey},
};
use relying_party_reqwest::ReqwestTransport;
use relying_party_ureq::UreqTransport;
use tokio::runtime::{self, Runtime};

/// One of the adapters, without a proxy: none reaches this machine's loopback.
#[derive(Debug)]
pub struct Runner {
    adapter: Adapter,
    requests: Mutex<Vec<String>>,
    key: HeldKey,
}

#[derive(Debug)]
enum Adapter {
    /// Blocking.
    Ureq(Box<UreqTransport>),
    /// Asynchronous, on a runtime of its own.
    Reqwest(ReqwestTransport, Runtime),
}

impl Runner {
    /// Every adapter. `ca` (PEM) is trusted beside the system's authorities; a request may take `timeout`.
    ///
    /// # Panics
    /// When an adapter cannot be set up.
    pub fn all(ca: Option<&[u8]>, timeout: Duration) -> [Self; 2] {
        [Self::ureq(ca, timeout), Self::reqwest(ca, timeout)]
    }

    /// Every adapter with a client certificate: PEM, and its key.
    ///
    /// # Panics
    /// As [`all`](Self::all).
    pub fn all_with_certificate(ca: &[u8], certificate: &[u8], key: &[u8]) -> [Self; 2] {
        let config = UreqTransport::config_with_client_certificate(Some(ca), certificate, key);
        let config = config.expect("certificates").proxy(None).timeout_global(Some(PATIENT));
        let builder = ReqwestTransport::builder_with_client_certificate(Some(ca), certificate, key);
        let builder = builder.expect("certificates").no_proxy().timeout(PATIENT);
        [
            Self::new(Adapter::Ureq(Box::new(UreqTransport::from_config(config)))),
            Self::over_reqwest(ReqwestTransport::from_builder(builder).expect("a transport")),
        ]
    }

    /// The blocking one.
    ///
    /// # Panics
    /// As [`all`](Self::all).
    pub fn ureq(ca: Option<&[u8]>, timeout: Duration) -> Self {
        let config = match ca {
            Some(pem) => UreqTransport::config_with_root_certificate(pem).expect("certificates"),
            None => UreqTransport::config(),
        };
        let config = config.proxy(None).timeout_global(Some(timeout));
        Self::new(Adapter::Ureq(Box::new(UreqTransport::from_config(config))))
    }

    /// The asynchronous one.
    ///
    /// # Panics
    /// As [`all`](Self::all).
    pub fn reqwest(ca: Option<&[u8]>, timeout: Duration) -> Self {
        let builder = match ca {
            Some(pem) => {
                ReqwestTransport::builder_with_root_certificate(pem).expect("certificates")
            }
            None => ReqwestTransport::builder(),
        };
        let builder = builder.no_proxy().timeout(timeout);
        Self::over_reqwest(ReqwestTransport::from_builder(builder).expect("a transport"))
    }

    fn over_reqwest(transport: ReqwestTransport) -> Self {
        let runtime = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        Self::new(Adapter::Reqwest(transport, runtime.expect("a runtime")))
    }

    fn new(adapter: Adapter) -> Self {
        Self { adapter, requests: Mutex::default(), key: HeldKey::default() }
    }

    /// For the output of a failed test.
    pub fn name(&self) -> &'static str {
        match self.adapter {
            Adapter::Ureq(_) => "ureq",
            Adapter::Reqwest(..) => "reqwest",
        }
    }

    /// Runs a flow with the machine's clock and entropy.
    ///
    /// # Errors
    /// The flow's.
    pub fn run<F: Flow>(&self, flow: F) -> Result<F::Output, Error> {
        self.run_with(flow, &mut SystemEnv)
    }

    /// Runs a flow with the caller's.
    ///
    /// # Errors
    /// The flow's.
    pub fn run_with<F: Flow>(&self, flow: F, env: &mut impl Env) -> Result<F::Output, Error> {
        match &self.adapter {
            Adapter::Ureq(transport) => drive(flow, &Noting(self, &**transport), env),
            Adapter::Reqwest(transport, runtime) => {
                runtime.block_on(drive_async(flow, &Noting(self, transport), env))
            }
        }
    }

    /// The client of a provider on loopback; what was sent to find it is forgotten.
    ///
    /// # Panics
    /// When there is none.
    pub fn client(&self, issuer: &str, own: Registration, crypto: Crypto) -> Client {
        let policy = Policy::default().insecure_allow_loopback_http();
        let client = self.run(Client::discover(issuer, own, crypto).policy(policy));
        self.take_requests();
        client.expect("a client")
    }

    /// Method and path of the requests since this was last asked.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on this key signs wherever a remote one is asked.
    pub fn hold(&self, key: SigningKey) {
        self.key.hold(key);
    }

    fn note(&self, request: &HttpRequest) {
        let line = format!("{} {}", request.method().as_str(), request.url().path());
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// A key that signs in the place of a remote one, once it is there.
#[derive(Debug, Default)]
pub struct HeldKey(Mutex<Option<SigningKey>>);

impl HeldKey {
    /// From now on this one.
    pub fn hold(&self, key: SigningKey) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
    }

    /// For [`Transport::sign`].
    ///
    /// # Errors
    /// [`ApiMisuse::NoRemoteSigner`] where none is held.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let signed = key.as_ref().and_then(|key| key.sign(message));
        signed.unwrap_or(Err(ApiMisuse::NoRemoteSigner.into()))
    }
}

/// The adapter's own transport, whose requests are noted.
struct Noting<'a, T>(&'a Runner, &'a T);

impl<T: Transport> Transport for Noting<'_, T> {
    fn send(&self, request: &HttpRequest) -> Outcome {
        self.0.note(request);
        self.1.send(request)
    }

    fn sleep(&self, duration: Duration) {
        self.1.sleep(duration);
    }

    fn sign(&self, _: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.0.key.sign(message)
    }
}

impl<T: AsyncTransport + Sync> AsyncTransport for Noting<'_, T> {
    async fn send(&self, request: &HttpRequest) -> Outcome {
        self.0.note(request);
        self.1.send(request).await
    }

    async fn sleep(&self, duration: Duration) {
        self.1.sleep(duration).await;
    }

    async fn sign(&self, _: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.0.key.sign(message)
    }
}

/// Longer than anything takes on a machine that does other things as well.
pub const PATIENT: Duration = Duration::from_secs(30);
