//! Several servers behind one address, and servers that restart.
//!
//! ```text
//! server A   start_login ──► PendingLogin::to_bytes ──► session store
//!                │ 303                                       │
//!             browser ──► provider ──► browser               │
//!                                         │ ?code&state      ▼
//! server B                             callback ──► PendingLogin::from_bytes ──► finish_login
//! ```
//!
//! A started login is data. Nothing about it stays in the [`Client`](crate::Client) that started it, so any
//! server with an equal client can finish it, also after a restart.
//!
//! # What to keep where
//!
//! | what | how | where |
//! | --- | --- | --- |
//! | [`PendingLogin`](crate::PendingLogin) | `to_bytes`, `from_bytes` | the browser's session, under its [`state`](crate::PendingLogin::state), for ten minutes |
//! | [`PendingAuthorization`](crate::flow::pending_authorization::PendingAuthorization), of plain OAuth | `to_bytes`, `from_bytes` | the same, under its [`state`](crate::flow::pending_authorization::PendingAuthorization::state) |
//! | [`PendingDeviceLogin`](crate::flow::pending_device::PendingDeviceLogin) | `to_bytes`, `from_bytes` | with the device that shows the code, until [`expires_at`](crate::flow::pending_device::PendingDeviceLogin::expires_at); one server polls |
//! | [`Session`](crate::flow::session::Session), where the provider tells of logouts | `to_bytes`, `from_bytes` | a table under the visitor's session, with an index for issuer and `sub` and one for issuer and `sid`, that all servers reach: [`Sessions`](crate::flow::session::Sessions) |
//! | `jti` of logout tokens | [`ReplayStore`](crate::protocol::replay::ReplayStore) | one store for all servers, with an atomic insert |
//! | [`RegisteredClient`](crate::protocol::registered_client::RegisteredClient) | `to_bytes`, `from_bytes` | your configuration or database, encrypted if you can: it holds the secret and the token that manages it |
//! | `SealKeys`, where pending logins are sealed | `SealKey::expose`, `SealKey::from_bytes` | your configuration, with the secrets: the current one and the one before |
//! | the client's own keys: [`ClientKeys`](crate::jose::client_keys::ClientKeys) | each as a private JWK (`to_private_jwk`), with what it is and until when | your configuration or database, with the secrets |
//! | [`LoginRecord`](crate::LoginRecord) | `to_bytes`, `from_bytes` | beside the refresh token, as long as that |
//! | ID token, for a logout (a [`Session`](crate::flow::session::Session) holds it too) | [`raw`](crate::IdToken::raw)`().expose()`, [`RawToken::new`](crate::secret::Secret::new) | the browser's session |
//! | refresh token | [`expose`](crate::secret::Secret::expose), `RefreshToken::new` | your database, encrypted if you can |
//! | [`State`](crate::secret::State) of a logout | `expose` | the browser's session |
//! | access token | `expose` | wherever it is used; it can be had again |
//!
//! Three rules for the pending login:
//!
//! 1. **In the session of the browser that started it.** A store that is keyed by `state` alone is open to
//!    everybody who knows a `state`: an attacker starts a login, logs in as himself, and sends the last address to a
//!    victim, who then works in the attacker's account.
//! 2. **Under its `state`, not as the only one.** A second tab starts a second login; both must be able to end.
//! 3. **Taken out, once.** Delete it before the login is finished. Its `Rust` value cannot be used twice, its bytes can.
//!
//! The bytes hold the PKCE verifier and the nonce. On the server they need nothing more. In a cookie they must be
//! encrypted and authenticated, with `HttpOnly`, `Secure` and `SameSite=Lax` (`None` where the answer is a posted form):
//! with the feature `encryption`, `PendingLogin::seal` and `open` do that, under `flow::sealed::cookie_name`, a name for
//! each login. They stay below [`Limits::pending_login`](crate::limits::Limits::pending_login), 2 KiB,
//! so that a cookie holds them. The checksum in them finds accidents, not attackers.
//!
//! ```no_run
//! # use relying_party::{Client, Error, PendingLogin, drive::{Transport, drive}, Env};
//! # use std::collections::HashMap;
//! type Session = HashMap<String, Vec<u8>>;
//!
//! fn start(session: &mut Session, client: &Client, http: &dyn Transport, env: &mut dyn Env) -> Result<String, Error> {
//!     let started = drive(client.start_login().scope("email"), http, env)?;
//!     session.insert(started.pending.state().expose().to_owned(), started.pending.to_bytes());
//!     Ok(started.url.into())
//! }
//!
//! fn finish(session: &mut Session, client: &Client, http: &dyn Transport, env: &mut dyn Env, query: &str) -> Result<Option<String>, Error> {
//!     let callback = client.callback(query)?;
//!     let kept = callback.state().and_then(|state| session.remove(state.expose()));
//!     let Some(bytes) = kept else {
//!         return Ok(None); // not started in this browser: answer 400
//!     };
//!     let pending = PendingLogin::from_bytes(&bytes)?;
//!     let login = drive(client.finish_login(pending, callback), http, env)?;
//!     Ok(Some(login.subject().sub().to_owned()))
//! }
//! ```
//!
//! # What must be equal on all servers
//!
//! * the issuer and the `client_id`, byte for byte: otherwise the login is refused with `callback.other_client`;
//! * the registration: secret, algorithm, authentication method;
//! * the keys that seal pending logins: a new one goes to all servers with `SealKeys::also` first, and seals when they all
//!   have it; otherwise logins end in `stored.seal_key`;
//! * the client's own keys and their turns: the set at `jwks_uri` is the same whoever answers, every server decrypts with
//!   each key that is still kept, and none signs with a key before it was published
//!   ([`ClientKeys`](crate::jose::client_keys::ClientKeys));
//! * the [`Policy`](crate::Policy), or servers disagree about what is acceptable;
//! * a version of this crate that reads the bytes. Older bytes stay readable; newer ones are refused with
//!   `stored.version`. So: roll out everywhere, then use what is new;
//! * the clock, within the leeway.
//!
//! # What need not be shared
//!
//! The cache of the provider's keys. Each client reads the key set by itself, at most once in a minute because of keys
//! that it does not know; ten servers are ten readers. Keep one client per process, not one per request: the cache
//! lives in it.
//!
//! # Refreshing
//!
//! One at a time for each refresh token, across all servers: many providers give a new refresh token each time and
//! take a second use of the old one for theft (RFC 9700 4.14.2). Hold a lock in the database row, refresh, store
//! [`Refreshed::tokens`](crate::flow::refresh::Refreshed::tokens), release.
//!
//! # Registering
//!
//! Once for all servers, under a lock: each [registration](crate::Client::register) makes another client, and a login
//! that one of them started is refused by the other (`callback.other_client`). Hold a lock in the database, look whether the
//! bytes are there, register if they are not, store them, release. The same for
//! [`update_registration`](crate::Client::update_registration): its answer may bring another secret and another token to manage
//! it, and replaces what was stored.
