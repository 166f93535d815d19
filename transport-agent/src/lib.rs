//! Tokens from an oidc-agent, over its UNIX socket or TCP: for programs that own no login.
//!
//! ```no_run
//! use relying_party::agent::ObtainToken;
//! use relying_party_agent::AgentSocket;
//!
//! # fn main() -> Result<(), relying_party::Error> {
//! let agent = AgentSocket::from_env()?;
//! let token = agent.run(ObtainToken::of_account("my-account").scope("openid"))?;
//! println!("Authorization: Bearer {}", token.access_token.expose());
//! # Ok(()) }
//! ```
//!
//! All requests are in [`relying_party::agent`]. Each has a connection of its own. With the feature `tokio` there is
//! `AgentSocket::run_async`, which does the same as a future. An agent 5 that runs as a service of the user, where no
//! `OIDC_SOCK` is set, is found with `AgentSocket::or_default_service`.
//!
//! # Waiting
//!
//! An agent serves one client at a time, and may show a prompt for up to 300 seconds: hence an overall deadline of 310
//! seconds. To find a host and connect to it over TCP takes at most 2. A UNIX socket connects at once; where the agent is
//! so busy that its queue is full, that waiting belongs to the overall deadline.
//!
//! # Trust
//!
//! What answers at the socket gives this program its tokens, and sees what it asks for. Before it connects,
//! [`AgentSocket`] looks whether socket and folder belong to the user of this program (or the folder to root), and
//! that nobody else can put another socket there; on Linux also whether it is this user (or root) who listens. A link
//! is followed once, and judged by where it leads. An agent that a group may use (`--with-group`) passes.
//! [`AgentSocket::insecure_any_socket`] looks away. A remote agent has nothing of the kind: there everybody on
//! the way can answer.

#![forbid(unsafe_code)]

mod address;
mod blocking;
#[cfg(feature = "tokio")]
mod futures;
mod socket;
mod tcp;
#[cfg(unix)]
mod unix;

pub use socket::{AgentSocket, Trigger};
