//! What survives the redirect, in the browser itself: sealed in a cookie, so that no server keeps anything.
//!
//! With the feature `encryption`.
//!
//! ```no_run
//! use relying_party::{
//!     Client, Env, Error, PendingLogin,
//!     drive::{Transport, drive},
//!     flow::sealed::cookie_name,
//!     jose::seal::{SealKey, SealKeys},
//! };
//!
//! struct Site<T> {
//!     http: T,
//!     client: Client,
//!     keys: SealKeys,
//! }
//!
//! /// Out of the configuration of all servers, where `openssl rand 32` made them: the key that seals, and while it is
//! /// new the one before.
//! fn keys(current: &[u8], before: Option<&[u8]>) -> Result<SealKeys, Error> {
//!     let keys = SealKeys::new(SealKey::from_bytes(current)?);
//!     Ok(match before {
//!         Some(before) => keys.also(SealKey::from_bytes(before)?),
//!         None => keys,
//!     })
//! }
//!
//! /// What `Set-Cookie` holds.
//! fn cookie(name: &str, value: &str, seconds: u32) -> String {
//!     format!("{name}={value}; Max-Age={seconds}; Path=/; Secure; HttpOnly; SameSite=Lax")
//! }
//!
//! impl<T: Transport> Site<T> {
//!     /// `GET /login`, answered with 303: `Location` and `Set-Cookie`.
//!     fn login(&self, env: &mut dyn Env) -> Result<(String, String), Error> {
//!         let started = drive(self.client.start_login().scope("email"), &self.http, env)?;
//!         let name = cookie_name(started.pending.state());
//!         let sealed = started.pending.seal(&self.keys, &name, env)?;
//!         Ok((started.url.into(), cookie(&name, &sealed, 600)))
//!     }
//!
//!     /// `GET /callback?…`: who it is, and the `Set-Cookie` that deletes the login. `sent` finds a cookie of the request by
//!     /// its name. Nothing: the login was not started in this browser, answer 400.
//!     fn callback(
//!         &self,
//!         query: &str,
//!         sent: impl Fn(&str) -> Option<String>,
//!         env: &mut dyn Env,
//!     ) -> Result<Option<(String, String)>, Error> {
//!         let callback = self.client.callback(query)?;
//!         let Some(name) = callback.state().map(cookie_name) else { return Ok(None) };
//!         let Some(sealed) = sent(&name) else { return Ok(None) };
//!         let pending = PendingLogin::open(&sealed, &self.keys, &name)?;
//!         let login = drive(self.client.finish_login(pending, callback), &self.http, env)?;
//!         Ok(Some((login.subject().sub().to_owned(), cookie(&name, "", 0))))
//!     }
//! }
//! ```
//!
//! In an encrypted authorization response, `Callback::state` is none before
//! [`Client::decrypt_state`](crate::Client::decrypt_state) has read it: call that first. The keys belong to what
//! [all servers share](crate::guide::clusters#what-must-be-equal-on-all-servers).
//!
//! One cookie for each login, of the [name](cookie_name) that its `state` gives, so that two tabs do not overwrite each
//! other's: `HttpOnly; Secure; Path=/; SameSite=Lax`, or `SameSite=None` for `form_post`, whose post comes from another
//! site. It is for one browser since only that one has it, for one name since the seal holds the name, for one
//! provider and client since the login within holds them, and for ten minutes since the login holds its start.
//!
//! What a store does and a cookie cannot: take the login out *once*. Delete the cookie with the answer to the callback; a
//! copy of it is of no use without a second code for the same `state`, PKCE verifier and nonce, which no provider issues.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    env::Env,
    error::{Error, ErrorKind},
    flow::{pending_authorization::PendingAuthorization, pending_login::PendingLogin},
    jose::{key_octets::KeyOctets, seal::SealKeys},
    secret::State,
    text,
};

/// `__Host-login-…`: a cookie that the browser takes from this very host alone, named after the login whose `state` this
/// is. The same for the start, where [`PendingLogin::state`] has it, and for the callback, where
/// [`Callback::state`](crate::protocol::callback::Callback::state) does.
pub fn cookie_name(state: &State) -> String {
    // The state itself is a secret until the callback; a name is in more logs than a value.
    let digest = Sha256::digest(state.expose());
    format!("__Host-login-{}", text::encode_base64url(&digest))
}

impl PendingLogin {
    /// The [bytes](Self::to_bytes), encrypted and authenticated, for a cookie of this `name`: see
    /// [`cookie_name`]. At most [`MAX_SEALED`](crate::jose::seal::MAX_SEALED) characters, all fit for a cookie; with the
    /// default [`Limits::pending_login`](crate::limits::Limits::pending_login), each login fits.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] where it does not fit,
    /// [`ApiMisuse::Characters`](crate::error::ApiMisuse::Characters) where `name` is none of at most 128 bytes,
    /// [`ErrorKind::Entropy`].
    pub fn seal(&self, keys: &SealKeys, name: &str, env: &mut dyn Env) -> Result<String, Error> {
        keys.seal(&Zeroizing::new(self.to_bytes()), name, env)
    }

    /// Opens what [`seal`](Self::seal) made for this `name`. Whether it is too old, or another client's, is found where
    /// the login is finished.
    ///
    /// # Errors
    /// [`ErrorKind::Stored`]: [`StoredProblem::TooLong`](crate::error::StoredProblem::TooLong),
    /// [`SealKey`](crate::error::StoredProblem::SealKey) for a key that is not among `keys`,
    /// [`Seal`](crate::error::StoredProblem::Seal) for whatever was changed,
    /// [`OtherName`](crate::error::StoredProblem::OtherName), and as [`from_bytes`](Self::from_bytes).
    pub fn open(sealed: &str, keys: &SealKeys, name: &str) -> Result<Self, Error> {
        Self::from_bytes(open("pending login", sealed, keys, name)?.expose())
    }
}

impl PendingAuthorization {
    /// As [`PendingLogin::seal`].
    ///
    /// # Errors
    /// As there.
    pub fn seal(&self, keys: &SealKeys, name: &str, env: &mut dyn Env) -> Result<String, Error> {
        keys.seal(&Zeroizing::new(self.to_bytes()), name, env)
    }

    /// As [`PendingLogin::open`]; a login is no authorization.
    ///
    /// # Errors
    /// As there.
    pub fn open(sealed: &str, keys: &SealKeys, name: &str) -> Result<Self, Error> {
        Self::from_bytes(open("pending authorization", sealed, keys, name)?.expose())
    }
}

fn open(what: &'static str, sealed: &str, keys: &SealKeys, name: &str) -> Result<KeyOctets, Error> {
    keys.open(sealed, name).map_err(|problem| ErrorKind::Stored { what, problem }.into())
}
