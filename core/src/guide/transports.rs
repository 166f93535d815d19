//! Running flows over the HTTP client that you have.
//!
//! `relying-party-reqwest` (futures) and `relying-party-ureq` (threads) are ready. Anything else that can send a
//! request takes two methods, `send` and `sleep`: of [`Transport`](crate::drive::Transport) for threads,
//! of [`AsyncTransport`](crate::drive::AsyncTransport) for futures.
//!
//! # A worked example
//!
//! `Agent` stands for any client; the three marked places are where most of them do too much by themselves.
//!
//! ```
//! use std::{io::{self, Read}, time::Duration};
//!
//! use relying_party::{
//!     drive::Transport,
//!     error::{FailureKind, TransportFailure},
//!     flow::Outcome,
//!     http::HttpRequest,
//! };
//!
//! struct Agent;
//! struct Answer { status: u16, headers: Vec<(String, Vec<u8>)>, body: Box<dyn Read> }
//!
//! impl Agent {
//!     /// 1: follows no redirect. 2: no status is an error. 3: asks for no compression, keeps no cookie.
//!     fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<Answer> {
//! #       let _ = (method, headers, body);
//! #       let page = if url.contains("endless") { Box::new(io::repeat(b' ')) as Box<dyn Read> } else { Box::new(&b"{}"[..]) };
//! #       Ok(Answer { status: 404, headers: vec![("content-type".into(), b"application/json".to_vec())], body: page })
//!     }
//! }
//!
//! struct MyTransport(Agent);
//!
//! impl Transport for MyTransport {
//!     fn send(&self, request: &HttpRequest) -> Outcome {
//!         let headers: Vec<_> = request.headers().collect();
//!         let (method, url) = (request.method().as_str(), request.url().as_str());
//!         let mut answer = self.0.send(method, url, &headers, request.body()).map_err(failure)?;
//!         // The response counts itself; `?` stops reading as soon as a limit of the core is reached.
//!         let mut response = request.response(answer.status);
//!         for (name, value) in &answer.headers {
//!             response.header(name, value)?;
//!         }
//!         response.refuse_encoded()?;
//!         let mut buffer = [0; 8192];
//!         loop {
//!             match answer.body.read(&mut buffer).map_err(failure)? {
//!                 0 => return Ok(response.finish()),
//!                 count => response.chunk(&buffer[..count])?,
//!             }
//!         }
//!     }
//!
//!     fn sleep(&self, duration: Duration) {
//!         std::thread::sleep(duration);
//!     }
//! }
//!
//! fn failure(error: io::Error) -> TransportFailure {
//!     let kind = match error.kind() {
//!         io::ErrorKind::TimedOut => FailureKind::Timeout,
//!         io::ErrorKind::ConnectionRefused => FailureKind::Connect,
//!         _ => FailureKind::Other,
//!     };
//!     TransportFailure::new(kind, error)
//! }
//!
//! // Try it with a request of your own: a 404 is an answer, and nothing is read without an end.
//! # use relying_party::{error::Purpose, limits::Limits};
//! # fn get(url: &str) -> HttpRequest { HttpRequest::get(url.parse().unwrap(), Purpose::Other, &Limits::default()) }
//! let transport = MyTransport(Agent);
//! assert_eq!(transport.send(&get("https://op.example/nothing")).unwrap().status(), 404);
//! let failure = transport.send(&get("https://op.example/endless")).unwrap_err();
//! assert_eq!(failure.kind, FailureKind::TooLarge);
//! ```
//!
//! # What it must do, and must not
//!
//! The whole list stands in [`http`](crate::http). The reasons:
//!
//! | rule | because otherwise |
//! | --- | --- |
//! | follow no redirect | codes, secrets and tokens go where the metadata never said |
//! | treat no status as an error | OAuth errors come with 400 and 401, and their text is lost |
//! | stop at the first `Err` of the response | a provider decides how much memory you use |
//! | decode nothing that was not asked for | a small answer unpacks into a large one |
//! | a timeout over the whole exchange | a provider that drips bytes holds a thread for ever |
//! | never repeat a request | a code or a refresh token is used twice, and the provider revokes everything |
//! | verify certificates | everything here rests on TLS |
//! | keep bodies and addresses out of errors and logs | they hold secrets |
//!
//! A request that cannot be performed is no exit: give the [`TransportFailure`](crate::error::TransportFailure) to the
//! flow. The key set, for one, is asked for a second time, by the flow.
//!
//! # Keys that sign elsewhere
//!
//! A flow of a client with a [remote key](crate::jose::signer::SigningKey::remote) stops at
//! [`Step::Sign`](crate::Step::Sign). The loops then call `sign` of the transport, which by default is
//! `misuse.no_remote_signer`. Put your own around the adapter:
//!
//! ```
//! use std::time::Duration;
//!
//! use relying_party::{
//!     Error, drive::AsyncTransport, error::SigningProblem, flow::Outcome, http::HttpRequest,
//! };
//!
//! # struct Vault;
//! # impl Vault { async fn sign(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, ()> { Err(()) } }
//! /// The adapter, and a service that holds the keys.
//! struct WithVault<T>(T, Vault);
//!
//! impl<T: AsyncTransport + Sync> AsyncTransport for WithVault<T> {
//!     async fn send(&self, request: &HttpRequest) -> Outcome {
//!         self.0.send(request).await
//!     }
//!
//!     async fn sleep(&self, duration: Duration) {
//!         self.0.sleep(duration).await;
//!     }
//!
//!     /// `key` is the name under which the key was registered. ECDSA: R and S side by side, not DER.
//!     async fn sign(&self, key: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
//!         self.1.sign(key, message).await.map_err(|_| SigningProblem::Failed.into())
//!     }
//! }
//! ```
//!
//! # Client certificates
//!
//! For [`tls_client_auth`](crate::protocol::registration::AuthMethod::TlsClientAuth) the transport presents the
//! certificate: both adapters have `with_client_certificate`. It is shown to every server that asks for one, so give such
//! a transport to the flows of that client alone.
//!
//! # Proxies and private networks
//!
//! Both adapters follow the proxy variables of the environment; their documentation says how to leave that out. Where
//! issuers come from user input, refuse private addresses in the transport, after the name was resolved: only there is
//! the address known that is really used.
//!
//! # WebAssembly
//!
//! The core without features, or with `rustcrypto`, builds for `wasm32`. Bring an [`Env`](crate::Env) over the host's
//! clock and entropy. On `wasm32` the futures of [`AsyncTransport`](crate::drive::AsyncTransport) need not be `Send`.
//! With `fetch` set `redirect: "manual"` and `credentials: "omit"`, and read the body as a stream so that the limit can
//! stop it. A host that offers no sockets can also run the flow by hand: [`Step`](crate::Step) is all there is, and the
//! request may be carried out by another process.
