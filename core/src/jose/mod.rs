//! Signed tokens and the keys that verify them (RFC 7515, 7517, 7518, 7519, 7638, 8037, 9864).
//!
//! ```text
//! compact text ── jws::UnverifiedJws ──┬── key_set::KeySet::candidates ── verify ──► jws::VerifiedJws
//!                                      └── client secret ──────── verify_hmac ──►
//! ```
//!
//! Encrypted tokens (RFC 7516), one around a signed one or around claims, never deeper:
//!
//! ```text
//! compact text ── jwe::UndecryptedJwe ── own jwk::DecryptionKey ──► jwe::DecryptedJwe ──► jws::UnverifiedJws
//! ```
//!
//! The algorithm comes from the registration and never from the token (RFC 8725 3.1); a secret and a public key
//! are different types, and no symmetric key is ever taken from a key set.

pub mod algorithm;
pub mod backend;
mod concat_kdf;
mod content;
pub mod encrypt;
pub mod encryption;
pub(crate) mod hmac;
pub mod jwe;
pub mod jwk;
pub mod jws;
pub mod jwt;
pub mod key_management;
pub mod key_octets;
pub mod key_set;
mod oaep;
pub mod signer;
mod unwrap;
mod wrap;
