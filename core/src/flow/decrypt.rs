//! From what came to the signed token inside, for every flow.
//!
//! ```text
//! nothing registered ──────────────────────────────► the token as it came (an encrypted one is refused by its reader)
//! encryption registered ─┬─ plain ─────────────────► NotEncrypted
//!                        └─ own key, own algorithms ► the signed token, or the claims
//! ```

use std::borrow::Cow;

use crate::{
    env::Env,
    error::{Error, TokenKind},
    flow::party::Party,
    protocol::response_encryption::ResponseEncryption,
};
#[cfg(feature = "encryption")]
use crate::{
    error::{ErrorKind, TokenProblem},
    jose::jwe::{Contents, DecryptedJwe, SpareKey, UndecryptedJwe},
};

/// The signed token inside `token`, where encryption is `registered` for its kind; `token` itself where it is not.
///
/// The claims that an encrypted token repeats in its header are not read (RFC 7519 5.3).
#[cfg(feature = "encryption")]
pub(crate) fn decrypted<'t>(
    party: &Party,
    kind: TokenKind,
    registered: Option<ResponseEncryption>,
    token: &'t str,
    env: &mut dyn Env,
) -> Result<Cow<'t, str>, Error> {
    let Some(registered) = registered else { return Ok(Cow::Borrowed(token)) };
    let opened = open(party, (kind, Contents::Jws), registered, token, env)?;
    match std::str::from_utf8(opened.payload()) {
        Ok(text) => Ok(Cow::Owned(text.to_owned())),
        Err(_) => Err(refuse(kind, TokenProblem::Syntax("no signed token was encrypted"))),
    }
}

/// Without the feature nothing can be registered.
#[cfg(not(feature = "encryption"))]
pub(crate) fn decrypted<'t>(
    _: &Party,
    _: TokenKind,
    registered: Option<ResponseEncryption>,
    token: &'t str,
    _: &mut dyn Env,
) -> Result<Cow<'t, str>, Error> {
    match registered {
        None => Ok(Cow::Borrowed(token)),
        Some(never) => match never {},
    }
}

/// The claims inside `token`, where they are encrypted and not signed (OIDC Core 5.3.2): a text that somebody with the
/// public key could have made, so it is the connection that vouches for it.
#[cfg(feature = "encryption")]
#[allow(dead_code)]
pub(crate) fn decrypted_claims(
    party: &Party,
    kind: TokenKind,
    registered: ResponseEncryption,
    token: &str,
    env: &mut dyn Env,
) -> Result<Vec<u8>, Error> {
    let opened = open(party, (kind, Contents::Claims), registered, token, env)?;
    Ok(opened.payload().to_vec())
}

/// Without the feature nothing can be registered.
#[cfg(not(feature = "encryption"))]
#[allow(dead_code)]
pub(crate) fn decrypted_claims(
    _: &Party,
    _: TokenKind,
    registered: ResponseEncryption,
    _: &str,
    _: &mut dyn Env,
) -> Result<Vec<u8>, Error> {
    match registered {}
}

#[cfg(feature = "encryption")]
fn open(
    party: &Party,
    (kind, contents): (TokenKind, Contents),
    registered: ResponseEncryption,
    token: &str,
    env: &mut dyn Env,
) -> Result<DecryptedJwe, Error> {
    // Before the token is looked at, so that nothing depends on what it holds (RFC 7516 11.5).
    let spare = SpareKey::draw(env)?;
    let ResponseEncryption { algorithm, encryption } = registered;
    let own = &party.registration;
    let keys = own.encryption.keys_for(registered, own.client_secret.as_ref());
    UndecryptedJwe::parse(token, algorithm, encryption, contents, party.limits())
        .and_then(|jwe| jwe.decrypt(&keys, &party.crypto, spare))
        .map_err(|problem| refuse(kind, problem))
}

#[cfg(feature = "encryption")]
fn refuse(kind: TokenKind, problem: TokenProblem) -> Error {
    ErrorKind::Token { kind, problem }.into()
}
