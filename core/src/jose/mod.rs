//! Signed tokens and the keys that verify them (RFC 7515, 7517, 7518, 7519, 7638, 8037, 9864).
//!
//! ```text
//! compact text ── jws::UnverifiedJws ──┬── key_set::KeySet::candidates ── verify ──► jws::VerifiedJws
//!                                      └── client secret ──────── verify_hmac ──►
//! ```
//!
//! Encrypted tokens (RFC 7516; feature `encryption`), one around a signed one or around claims, never deeper:
//!
//! ```text
//! compact text ── jwe::UndecryptedJwe ── own jwk::DecryptionKey ──► jwe::DecryptedJwe ──► jws::UnverifiedJws
//! ```
//!
//! The algorithm comes from the registration and never from the token (RFC 8725 3.1); a secret and a public key
//! are different types, and no symmetric key is ever taken from a key set.

pub mod algorithm;
pub mod backend;
pub mod client_keys;
#[cfg(feature = "encryption")]
mod concat_kdf;
#[cfg(feature = "encryption")]
mod content;
#[cfg(feature = "encryption")]
pub mod encrypt;
#[cfg(feature = "encryption")]
pub mod encryption;
pub mod generated_key;
pub(crate) mod hmac;
#[cfg(feature = "encryption")]
pub mod jwe;
pub mod jwk;
pub mod jws;
pub mod jwt;
#[cfg(feature = "encryption")]
pub mod key_management;
#[cfg(feature = "encryption")]
pub mod key_octets;
pub mod key_set;
#[cfg(feature = "encryption")]
mod oaep;
#[cfg(feature = "encryption")]
mod own_decryption_key;
#[cfg(feature = "encryption")]
pub mod seal;
pub mod signer;
#[cfg(feature = "encryption")]
mod unwrap;
#[cfg(feature = "encryption")]
mod wrap;
