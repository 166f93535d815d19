//! Runs the flows of `relying-party` over ureq: blocking, for threads and command lines.
//!
//! ```no_run
//! use relying_party::{error::Blame, flow::Flow};
//! use relying_party_ureq::UreqTransport;
//!
//! /// Any flow: discovery, `client.start_login()`, `client.finish_login(pending, callback)`, …
//! fn perform<F: Flow>(http: &UreqTransport, flow: F) -> Result<F::Output, u16> {
//!     http.run(flow).map_err(|error| match error.blame() {
//!         Blame::Visitor => 400,
//!         Blame::Provider | Blame::Network => 502,
//!         _ => 500,
//!     })
//! }
//!
//! let http = UreqTransport::new(); // once, at the start: it reads the system's certificates
//! ```
//!
//! What goes over the wire is what a flow describes and nothing else: no redirect is followed, no request is
//! repeated, no cookie is kept. Bodies are never compressed: none is asked for, and an answer that is
//! compressed nevertheless is refused, so that no small answer unpacks into a large one. (Where another crate
//! of the build switches on ureq's `gzip` or `brotli`, ureq unpacks such an answer, within the limits.)
//!
//! TLS is rustls. It trusts the system's certificate authorities (on Linux also those that `SSL_CERT_FILE` and
//! `SSL_CERT_DIR` name); a private one is added with [`UreqTransport::with_root_certificate`]. A certificate
//! of its own, for mutual TLS, it shows through [`UreqTransport::with_client_certificate`]. Requests go
//! through the proxy that `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, if they name one;
//! without that surprise, through `UreqTransport::from_config(UreqTransport::config().proxy(None))`.

#![forbid(unsafe_code)]

use std::{fmt, io, io::Read, thread, time::Duration};

use relying_party::{
    drive::{Transport, drive},
    env::SystemEnv,
    error::{Error, FailureKind, TransportFailure},
    flow::{Flow, Outcome},
    http::{HttpRequest, Method},
};
use ureq::{
    config::{AutoHeaderValue, Config, ConfigBuilder},
    http::{HeaderValue, Request},
    tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem},
    typestate::AgentScope,
};

/// Performs requests with ureq. Clones are cheap.
///
/// Each request has a connection of its own. A shared agent would keep cookies as soon as any crate of the
/// build switches on ureq's `cookies`; and a `POST` on a connection that the server is about to close would
/// be lost, together with the code in it.
#[derive(Clone)]
pub struct UreqTransport(Config);

impl UreqTransport {
    /// With the defaults of [`config`](Self::config).
    ///
    /// On a machine without any certificate authority it trusts none: `https` then fails, plain `http` on
    /// loopback works.
    pub fn new() -> Self {
        Self::from_config(Self::config())
    }

    /// As [`new`](Self::new), and trusts the certificates in this PEM text beside the system's authorities.
    ///
    /// # Errors
    /// [`FailureKind::Tls`] when the text holds no certificate or is not PEM.
    pub fn with_root_certificate(pem: &[u8]) -> Result<Self, TransportFailure> {
        Self::config_with_root_certificate(pem).map(Self::from_config)
    }

    /// The defaults, to be adjusted and given to [`from_config`](Self::from_config): rustls with the system's
    /// certificate authorities, 30 seconds for a whole exchange, 10 of them to connect, no `User-Agent`.
    pub fn config() -> ConfigBuilder<AgentScope> {
        defaults(system_roots(), None)
    }

    /// As [`config`](Self::config), with the trust of [`with_root_certificate`](Self::with_root_certificate).
    ///
    /// # Errors
    /// [`FailureKind::Tls`] when the text holds no certificate or is not PEM.
    pub fn config_with_root_certificate(
        pem: &[u8],
    ) -> Result<ConfigBuilder<AgentScope>, TransportFailure> {
        Ok(defaults(roots_and(pem)?, None))
    }

    /// As [`new`](Self::new), and presents this certificate to servers that ask for one: mutual TLS, by which a client
    /// can authenticate (RFC 8705 2). Both are PEM; the certificate may be followed by its chain, the key is PKCS#8,
    /// PKCS#1 or SEC 1 without a password. That they belong together shows at the first connection.
    ///
    /// # Errors
    /// [`FailureKind::Tls`] when there is no certificate or no key.
    pub fn with_client_certificate(
        certificate: &[u8],
        key: &[u8],
    ) -> Result<Self, TransportFailure> {
        Self::config_with_client_certificate(None, certificate, key).map(Self::from_config)
    }

    /// As [`config`](Self::config), with the certificate of
    /// [`with_client_certificate`](Self::with_client_certificate), and with the trust of
    /// [`with_root_certificate`](Self::with_root_certificate) where `root` is given.
    ///
    /// # Errors
    /// [`FailureKind::Tls`] when a certificate or the key is missing or is not PEM.
    pub fn config_with_client_certificate(
        root: Option<&[u8]>,
        certificate: &[u8],
        key: &[u8],
    ) -> Result<ConfigBuilder<AgentScope>, TransportFailure> {
        let roots = match root {
            Some(pem) => roots_and(pem)?,
            None => system_roots(),
        };
        let key = PrivateKey::from_pem(key).map_err(failure)?;
        Ok(defaults(roots, Some(ClientCert::new_with_certs(&certificates(certificate)?, key))))
    }

    /// With a configuration of your own, best begun with [`config`](Self::config), which sets the timeouts and
    /// the certificate authorities.
    ///
    /// Redirects, errors by status and `Accept-Encoding` are switched off whatever the configuration says,
    /// everything else is kept.
    pub fn from_config(config: ConfigBuilder<AgentScope>) -> Self {
        let config = config
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .accept_encoding(AutoHeaderValue::None);
        Self(config.build())
    }

    /// Runs a flow to its end, with the machine's clock and entropy.
    ///
    /// A thread that ends half-way leaves memory and caches as they were, but the authorization code or the
    /// refresh token may be spent by then: start that login again.
    ///
    /// # Errors
    /// The flow's.
    pub fn run<F: Flow>(&self, flow: F) -> Result<F::Output, Error> {
        drive(flow, self, &mut SystemEnv)
    }
}

impl Default for UreqTransport {
    fn default() -> Self {
        Self::new()
    }
}

impl Transport for UreqTransport {
    fn send(&self, request: &HttpRequest) -> Outcome {
        let http = |error: ureq::http::Error| failure(error.into());
        let mut outgoing =
            Request::builder().method(request.method().as_str()).uri(request.url().as_str());
        for (name, value) in request.headers() {
            let mut value = HeaderValue::from_str(value).map_err(|error| http(error.into()))?;
            value.set_sensitive(true);
            outgoing = outgoing.header(name, value);
        }
        let agent = self.0.new_agent();
        let incoming = match request.method() {
            // Even an empty slice is a body to ureq, and would be announced by a length.
            Method::Get => agent.run(outgoing.body(()).map_err(http)?),
            _ => agent.run(outgoing.body(request.body()).map_err(http)?),
        };
        let (head, body) = incoming.map_err(failure)?.into_parts();
        let mut response = request.response(head.status.as_u16());
        for (name, value) in &head.headers {
            response.header(name.as_str(), value.as_bytes())?;
        }
        response.refuse_encoded()?;
        let mut body = body.into_reader();
        let mut buffer = [0; 8192];
        loop {
            match body.read(&mut buffer) {
                Ok(0) => return Ok(response.finish()),
                Ok(length) => response.chunk(&buffer[..length])?,
                Err(error) => return Err(failure(error.into())),
            }
        }
    }

    fn sleep(&self, duration: Duration) {
        thread::sleep(duration);
    }
}

/// A configuration's own `Debug` shows its proxy, which may hold credentials.
impl fmt::Debug for UreqTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UreqTransport").finish_non_exhaustive()
    }
}

fn defaults(
    roots: Vec<Certificate<'static>>,
    own: Option<ClientCert>,
) -> ConfigBuilder<AgentScope> {
    let tls = TlsConfig::builder().root_certs(RootCerts::from(roots)).client_cert(own).build();
    ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .timeout_connect(Some(Duration::from_secs(10)))
        .user_agent(AutoHeaderValue::None)
        .tls_config(tls)
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, TransportFailure> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(failure)? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(TransportFailure::new(FailureKind::Tls, "no certificate in the PEM text"));
    }
    Ok(found)
}

fn roots_and(pem: &[u8]) -> Result<Vec<Certificate<'static>>, TransportFailure> {
    let mut roots = certificates(pem)?;
    roots.extend(system_roots());
    Ok(roots)
}

/// Those that can be read; what cannot be read cannot be trusted either.
fn system_roots() -> Vec<Certificate<'static>> {
    let roots = rustls_native_certs::load_native_certs().certs;
    roots.iter().map(|root| Certificate::from_der(root).to_owned()).collect()
}

fn failure(error: ureq::Error) -> TransportFailure {
    use ureq::Error as U;
    let kind = match &error {
        // These two quote the address, which may hold a secret in its query.
        U::BadUri(_) | U::RequireHttpsOnly(_) => {
            return TransportFailure::new(FailureKind::Other, "ureq refuses the address");
        }
        U::Timeout(_) => FailureKind::Timeout,
        U::HostNotFound | U::ConnectionFailed | U::ConnectProxyFailed(_) => FailureKind::Connect,
        U::Tls(_) | U::TlsRequired | U::Rustls(_) | U::Pem(_) => FailureKind::Tls,
        U::LargeResponseHeader(..) => FailureKind::TooLarge,
        // ureq does not export the type inside.
        U::Protocol(error) if error.to_string().contains("too many headers") => {
            FailureKind::TooLarge
        }
        U::Io(error) => io_kind(error),
        _ => FailureKind::Other,
    };
    TransportFailure::new(kind, error)
}

fn io_kind(error: &io::Error) -> FailureKind {
    use io::ErrorKind as K;
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
        return FailureKind::Tls;
    }
    match error.kind() {
        K::TimedOut | K::WouldBlock => FailureKind::Timeout,
        // What breaks a connection that stands. All else kept it from being made: a failed lookup, for one,
        // has no kind to tell it by.
        K::ConnectionReset
        | K::ConnectionAborted
        | K::BrokenPipe
        | K::UnexpectedEof
        | K::WriteZero
        | K::InvalidData
        | K::InvalidInput
        | K::Interrupted => FailureKind::Other,
        _ => FailureKind::Connect,
    }
}
