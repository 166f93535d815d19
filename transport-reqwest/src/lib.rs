//! Runs the flows of `relying-party` over reqwest: asynchronous, on tokio.
//!
//! ```no_run
//! use relying_party::{error::Blame, flow::Flow};
//! use relying_party_reqwest::ReqwestTransport;
//!
//! /// Any flow: discovery, `client.start_login()`, `client.finish_login(pending, callback)`, …
//! async fn perform<F: Flow>(http: &ReqwestTransport, flow: F) -> Result<F::Output, u16> {
//!     http.run(flow).await.map_err(|error| match error.blame() {
//!         Blame::Visitor => 400,
//!         Blame::Provider | Blame::Network => 502,
//!         _ => 500,
//!     })
//! }
//!
//! let http = ReqwestTransport::new()?; // once, at the start: clones share its connections
//! # Ok::<(), reqwest::Error>(())
//! ```
//!
//! What goes over the wire is what a flow describes and nothing else: no redirect is followed, no request is
//! repeated, no cookie is kept. Bodies are never compressed: none is asked for, and an answer that is
//! compressed nevertheless is refused, so that no small answer unpacks into a large one.
//!
//! TLS is rustls. It trusts the system's certificate authorities (on Linux also those that `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name); a private one is added with [`ReqwestTransport::with_root_certificate`]. A certificate
//! of its own, for mutual TLS, it shows through [`ReqwestTransport::with_client_certificate`]. Requests go
//! through the proxy that `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, if any; without that
//! surprise, through `ReqwestTransport::from_builder(ReqwestTransport::builder().no_proxy())`.

#![forbid(unsafe_code)]

use std::{error::Error as StdError, fmt, io, time::Duration};

use relying_party::{
    drive::{AsyncTransport, drive_async},
    env::SystemEnv,
    error::{Error, FailureKind, TransportFailure},
    flow::{Flow, Outcome},
    http::HttpRequest,
};
use reqwest::{
    Certificate, Client, ClientBuilder, Identity, Method,
    header::{CONTENT_LENGTH, HeaderValue},
    redirect, retry,
};

/// Performs requests with a reqwest client. Clones are cheap and share their connections.
#[derive(Clone)]
pub struct ReqwestTransport(Client);

impl ReqwestTransport {
    /// With the defaults of [`builder`](Self::builder).
    ///
    /// On a machine without any certificate authority it trusts none: `https` then fails, plain `http` on
    /// loopback works.
    ///
    /// # Errors
    /// When reqwest cannot be set up.
    pub fn new() -> Result<Self, reqwest::Error> {
        Self::from_builder(Self::builder())
            // The system's verifier refuses to exist without authorities.
            .or_else(|_| Self::from_builder(Self::builder().tls_certs_only([])))
    }

    /// As [`new`](Self::new), and trusts the certificates in this PEM text beside the system's authorities.
    ///
    /// # Errors
    /// [`FailureKind::Tls`] when the text holds no certificate or one that cannot be read.
    pub fn with_root_certificate(pem: &[u8]) -> Result<Self, TransportFailure> {
        Self::from_builder(Self::builder_with_root_certificate(pem)?).map_err(tls)
    }

    /// The defaults, to be adjusted and given to [`from_builder`](Self::from_builder): rustls, 30 seconds for a
    /// whole exchange, 10 of them to connect.
    pub fn builder() -> ClientBuilder {
        Client::builder()
            .tls_backend_rustls()
            .timeout(Duration::from_secs(30))
            .connect_timeout(Duration::from_secs(10))
    }

    /// As [`builder`](Self::builder), with the trust of [`with_root_certificate`](Self::with_root_certificate).
    ///
    /// # Errors
    /// [`FailureKind::Tls`] when the text holds no certificate or is not PEM.
    pub fn builder_with_root_certificate(pem: &[u8]) -> Result<ClientBuilder, TransportFailure> {
        let certificates = Certificate::from_pem_bundle(pem).map_err(tls)?;
        if certificates.is_empty() {
            return Err(TransportFailure::new(FailureKind::Tls, "no certificate in the PEM text"));
        }
        Ok(Self::builder().tls_certs_merge(certificates))
    }

    /// As [`new`](Self::new), and presents this certificate to servers that ask for one: mutual TLS, by which a client
    /// can authenticate (RFC 8705 2). Both are PEM; the certificate may be followed by its chain, the key is PKCS#8,
    /// PKCS#1 or SEC 1 without a password.
    ///
    /// # Errors
    /// [`FailureKind::Tls`] when there is no certificate or no key, or they do not belong together.
    pub fn with_client_certificate(
        certificate: &[u8],
        key: &[u8],
    ) -> Result<Self, TransportFailure> {
        let builder = Self::builder_with_client_certificate(None, certificate, key)?;
        Self::from_builder(builder).map_err(tls)
    }

    /// As [`builder`](Self::builder), with the certificate of
    /// [`with_client_certificate`](Self::with_client_certificate), and with the trust of
    /// [`with_root_certificate`](Self::with_root_certificate) where `root` is given.
    ///
    /// # Errors
    /// [`FailureKind::Tls`] when a certificate or the key is missing or cannot be read.
    pub fn builder_with_client_certificate(
        root: Option<&[u8]>,
        certificate: &[u8],
        key: &[u8],
    ) -> Result<ClientBuilder, TransportFailure> {
        let builder = match root {
            Some(pem) => Self::builder_with_root_certificate(pem)?,
            None => Self::builder(),
        };
        let identity = Identity::from_pem(&[certificate, b"\n", key].concat()).map_err(tls)?;
        Ok(builder.identity(identity))
    }

    /// With a builder of your own, best begun with [`builder`](Self::builder), which sets the timeouts.
    ///
    /// Redirects, repetition, the `Referer` header and decompression are switched off whatever the builder
    /// says, everything else is kept. It must have no cookie store.
    ///
    /// # Errors
    /// When reqwest cannot be set up.
    pub fn from_builder(builder: ClientBuilder) -> Result<Self, reqwest::Error> {
        builder
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            // Another crate of the same build may switch on reqwest's decompression.
            .no_gzip()
            .no_brotli()
            .no_deflate()
            .no_zstd()
            .build()
            .map(Self)
    }

    /// Runs a flow to its end, with the machine's clock and entropy.
    ///
    /// Dropping the future half-way is safe for memory and caches, but the authorization code or the refresh
    /// token may be spent by then: start that login again. Where a server drops the future of a visitor who
    /// went away, spawn the run as a task of its own.
    ///
    /// # Errors
    /// The flow's.
    pub async fn run<F: Flow>(&self, flow: F) -> Result<F::Output, Error> {
        drive_async(flow, self, &mut SystemEnv).await
    }
}

impl AsyncTransport for ReqwestTransport {
    async fn send(&self, request: &HttpRequest) -> Outcome {
        let method = Method::from_bytes(request.method().as_str().as_bytes()).map_err(other)?;
        let mut outgoing = self.0.request(method.clone(), request.url().clone());
        for (name, value) in request.headers() {
            let mut value = HeaderValue::from_str(value).map_err(other)?;
            value.set_sensitive(true);
            outgoing = outgoing.header(name, value);
        }
        if !request.body().is_empty() {
            outgoing = outgoing.body(request.body().to_vec());
        } else if method != Method::GET {
            // RFC 9110 8.6: without it some servers take the content type for a mistake.
            outgoing = outgoing.header(CONTENT_LENGTH, 0);
        }
        let mut incoming = outgoing.send().await.map_err(failure)?;
        let mut response = request.response(incoming.status().as_u16());
        for (name, value) in incoming.headers() {
            response.header(name.as_str(), value.as_bytes())?;
        }
        response.refuse_encoded()?;
        while let Some(chunk) = incoming.chunk().await.map_err(failure)? {
            response.chunk(&chunk)?;
        }
        Ok(response.finish())
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A client's own `Debug` shows its proxies and default headers, which may hold credentials.
impl fmt::Debug for ReqwestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReqwestTransport").finish_non_exhaustive()
    }
}

fn failure(error: reqwest::Error) -> TransportFailure {
    // A failed handshake also counts as a failed connection, so TLS comes first.
    let kind = if is_tls(&error) {
        FailureKind::Tls
    } else if is_too_large(&error) {
        FailureKind::TooLarge
    } else if error.is_timeout() {
        FailureKind::Timeout
    } else if error.is_connect() {
        FailureKind::Connect
    } else {
        FailureKind::Other
    };
    // The address may hold a secret in its query.
    TransportFailure::new(kind, error.without_url())
}

fn other(error: impl StdError + Send + Sync + 'static) -> TransportFailure {
    TransportFailure::new(FailureKind::Other, error)
}

fn tls(error: reqwest::Error) -> TransportFailure {
    TransportFailure::new(FailureKind::Tls, error)
}

fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    any_source(error, |error| error.is::<rustls::Error>())
}

/// By its text: the library underneath tells it apart only in its server's part.
fn is_too_large(error: &(dyn StdError + 'static)) -> bool {
    any_source(error, |error| error.to_string() == "message head is too large")
}

fn any_source(
    error: &(dyn StdError + 'static),
    is: impl Fn(&(dyn StdError + 'static)) -> bool,
) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if is(error) {
            return true;
        }
        // The `source` of an `io::Error` skips the very error that it wraps.
        next = match error.downcast_ref::<io::Error>() {
            Some(error) => error.get_ref().map(|inner| inner as _),
            None => error.source(),
        };
    }
    false
}
