//! Tokens from an oidc-agent: the exchange with it, without a socket. With the feature `agent`.
//!
//! An oidc-agent keeps accounts and their refresh tokens, and gives access tokens to the programs of its user. A
//! request ([`ObtainToken`] and its neighbours) becomes an [`Exchange`]: a machine that says what to send and is told
//! what came. `relying-party-agent` performs it over UNIX sockets and TCP.
//!
//! ```
//! use relying_party::{Env, Error, agent::{AgentRequest, AgentStep, Exchange, ObtainToken}};
//! # fn connect() {}
//! # fn write(_: &[u8]) {}
//! # fn read() -> Vec<u8> { Vec::new() }
//!
//! fn run<R: AgentRequest>(request: R, env: &mut dyn Env) -> Result<R::Reply, Error> {
//!     let mut step = Exchange::new(request).start(env)?;
//!     loop {
//!         step = match step {
//!             AgentStep::Connect(connecting) => {
//!                 connect();
//!                 connecting.resume()
//!             }
//!             AgentStep::Send(sending) => {
//!                 write(sending.bytes()); // in one write: the agent reads no further
//!                 sending.resume()
//!             }
//!             AgentStep::Receive(receiving) => receiving.resume(&read())?, // nothing is the end
//!             AgentStep::Done(reply) => return Ok(reply),
//!         };
//!     }
//! }
//! # fn token(env: &mut dyn Env) -> Result<(), Error> {
//!
//! let token = run(ObtainToken::of_account("my-account").scope("openid"), env)?;
//! println!("Authorization: Bearer {}", token.access_token.expose());
//! # Ok(()) }
//! ```
//!
//! The two encrypt to each other with fresh keys (X25519, XSalsa20, Poly1305), so that nobody who only reads along
//! learns a token. Nothing proves whose keys they are: that stands and falls with the socket, which is why the adapter
//! looks at its owner and permissions.
//!
//! # What is refused
//!
//! An answer in the clear after keys were exchanged, unless it is an error; a second answer, or anything else, behind
//! the first; an answer of another shape than the request calls for, or for another issuer. An agent of version 4 that
//! was once sent an overlong request gives every client the answer to its predecessor: hence also
//! [`MAX_REQUEST`], and [`ObtainToken::expected_issuer`].

mod accounts;
mod buffer;
mod control;
mod exchange;
mod mytoken;
mod object_end;
mod reply;
mod request;
mod sealed;
mod token;

pub use accounts::{
    AccountInfos, AccountsOfIssuer, ListAccounts, ListConfiguredAccounts, ListLoadedAccounts,
};
pub use control::{AgentStatus, Check, ListScopes, Lock, ReadStatus, Unlock};
pub use exchange::{AgentStep, Connecting, Exchange, Receiving, Sending};
pub use mytoken::{Mytoken, MytokenValue, ObtainMytoken};
pub use reply::Reply;
pub use request::{AgentRequest, MAX_REQUEST, Members, Reach};
pub use token::{AgentIdToken, AgentToken, ObtainIdToken, ObtainToken};
