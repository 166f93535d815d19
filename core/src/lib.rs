//! An OpenID Connect relying party that does no IO.
//!
//! Each job (discover a provider, register at it, start a login, finish it, log a device in, refresh, read userinfo,
//! look up, give back or validate a token, log out) is a [`Flow`]: a machine that says which request it needs and is
//! told what came of it. The crate reads no clock, draws no randomness and owns no cryptography: time and entropy come
//! in with every step ([`Env`]), cryptography is given ([`crypto`]), requests are performed by an adapter
//! (`relying-party-reqwest`, `relying-party-ureq`) or by whatever the application has.
//!
//! ```text
//!              application
//!                  │ makes flows with a Client
//!                  ▼
//!   Flow ── Step::Send(request) ──► transport ──► provider
//!     ▲                                │
//!     └──── resume(response, env) ◄────┘        … until Step::Done(output)
//! ```
//!
//! # A login, without any adapter
//!
//! ```no_run
//! use relying_party::{Client, Env, Error, Flow, Login, Registration, Step};
//! # use relying_party::{flow::Outcome, http::HttpRequest, jose::backend::Crypto};
//! # fn my_http(_: &HttpRequest) -> Outcome { unreachable!() }
//! # fn my_timer(_: std::time::Duration) {}
//!
//! // The only loop there is; `relying_party::drive::drive` is the same.
//! fn run<F: Flow>(flow: F, env: &mut dyn Env) -> Result<F::Output, Error> {
//!     let mut step = flow.start(env)?;
//!     loop {
//!         step = match step {
//!             Step::Send(exchange) => {
//!                 let outcome = my_http(exchange.request());
//!                 exchange.resume(outcome, env)?
//!             }
//!             Step::Wait(pause) => {
//!                 my_timer(pause.duration());
//!                 pause.resume(env)?
//!             }
//!             Step::Sign(signing) => signing.resume(Vec::new(), env)?, // no remote keys here
//!             Step::Done(output) => return Ok(output),
//!         };
//!     }
//! }
//!
//! fn login(crypto: Crypto, query: &str, env: &mut dyn Env) -> Result<Login, Error> {
//!     let registration = Registration::public("my-app", "https://app.example/callback")?;
//!     let client = run(Client::discover("https://op.example", registration, crypto), env)?;
//!
//!     let started = run(client.start_login().scope("email"), env)?;
//!     // Send the browser to `started.url` and keep `started.pending.to_bytes()` in its session. When it is back:
//!     let callback = client.callback(query)?;
//!     run(client.finish_login(started.pending, callback), env)
//! }
//! ```
//!
//! # Where to start
//!
//! | I want to … | start at |
//! | --- | --- |
//! | log people in | [`Client::discover`], [`Client::start_login`], [`Client::finish_login`]: above |
//! | log in on a device without a browser | [`Client::start_device_login`], [`Client::poll_device_login`] |
//! | read claims of other sources | [`Client::claim_sources`], [`Client::resolve_claims`] |
//! | protect an API | [`Client::validate_access_token`], [`BearerChallenge`](protocol::bearer_challenge::BearerChallenge) |
//! | call an API as a service, without users | [`Registration::service`], [`Client::client_credentials`] |
//! | register clients by program | [`Client::read_provider`], [`ClientMetadata`](protocol::client_metadata::ClientMetadata), [`Client::register`] |
//! | offer several providers | [`Clients`] |
//! | have keys of my own and publish them | [`ClientKeys`](jose::client_keys::ClientKeys), [`crypto`] |
//! | use plain OAuth, such as GitHub's | [`Client::start_authorization`], [`Client::finish_authorization`]; [`profile`] |
//! | get tokens without a code | [`StartLogin::response_type`](flow::start_login::StartLogin::response_type), [`Client::finish_implicit_login`] |
//! | keep nothing on the server between start and callback | `PendingLogin::seal`, shown in `flow::sealed` (feature `encryption`) |
//! | take encrypted tokens | `Registration::id_token_encrypted_response` and its siblings, `Registration::decryption_keys` (feature `encryption`): [`guide::crypto`](guide::crypto#encrypted-tokens) |
//! | take signed answers (JARM) | [`ResponseMode::Jwt`](protocol::authorization::ResponseMode::Jwt) |
//! | use the tokens of an oidc-agent | `agent` (feature `agent`), with `relying-party-agent`; no login of your own |
//! | send the request as a signed token | [`RequestObject`](protocol::request_object::RequestObject) |
//! | log out | [`Client::start_logout`], [`Client::finish_logout`] |
//! | be told of logouts by the provider | [`Client::back_channel_logout`], [`Client::front_channel_logout`], [`Sessions`](flow::session::Sessions), [`ReplayStore`](protocol::replay::ReplayStore); [`LogoutAnswer`](protocol::logout_answer::LogoutAnswer) shows it whole |
//!
//! # Where to go on
//!
//! * [`Client`] makes every flow; [`Policy`] holds the application's choices; [`Clients`] is a set for many providers.
//! * [`profile`] has the known deviations of some large providers, one profile for each.
//! * [`guide`] explains: several servers, own transports, the defaults, the profiles, the threats, the way from other
//!   libraries, and which function and test hold which rule.
//! * [`error`] says whose fault it was, and what to do.
//!
//! # Features
//!
//! Features add; none changes what existing code does.
//!
//! | feature | default | adds |
//! | --- | --- | --- |
//! | `system` | yes | [`SystemEnv`]: the machine's clock and entropy |
//! | `josekit` | yes | `crypto::josekit()`, `josekit_signing_key()`: OpenSSL; needs its headers and pkg-config |
//! | `vendored` | | the same with an OpenSSL built on the spot |
//! | `rustcrypto` | | `crypto::rustcrypto()`, `rustcrypto_signing_key()`: pure Rust, also for WebAssembly; signs with ECDSA and Ed25519 only, and decrypts with no RSA key |
//! | `encryption` | | [encrypted tokens](guide::crypto#encrypted-tokens), with every backend that is on; `PendingLogin::seal` |
//! | `agent` | | `agent`: tokens from an oidc-agent; `relying-party-agent` has the sockets |

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

#[cfg(feature = "agent")]
pub mod agent;
pub mod client;
pub mod clients;
pub mod crypto;
pub mod drive;
pub mod env;
pub mod error;
pub mod flow;
pub mod guide;
pub mod http;
pub mod jose;
pub mod json;
pub mod limits;
pub mod profile;
pub mod protocol;
pub mod secret;
pub(crate) mod stored;
pub(crate) mod text;
pub mod time;

pub use client::Client;
pub use clients::Clients;
pub use env::Env;
#[cfg(feature = "system")]
pub use env::SystemEnv;
pub use error::Error;
pub use flow::{
    Flow, Step, finish_login::Login, pending_login::PendingLogin, policy::Policy,
    record::LoginRecord,
};
pub use protocol::{
    claims::Claims, id_token::IdToken, registration::Registration, response_type::ResponseType,
};
