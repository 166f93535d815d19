//! Signed tokens and the keys that verify them (RFC 7515, 7517, 7518, 7519, 7638, 8037, 9864).
//!
//! ```text
//! compact text ── jws::UnverifiedJws ──┬── key_set::KeySet::candidates ── verify ──► jws::VerifiedJws
//!                                      └── client secret ──────── verify_hmac ──►
//! ```
//!
//! The algorithm comes from the registration and never from the token (RFC 8725 3.1); a secret and a public key
//! are different types, and no symmetric key is ever taken from a key set.

pub mod algorithm;
pub mod backend;
pub(crate) mod hmac;
pub mod jwk;
pub mod jws;
pub mod jwt;
pub mod key_set;
pub mod signer;
