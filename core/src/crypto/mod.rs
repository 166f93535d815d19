//! Cryptography backends: one constructor for each feature. All may be on at once, and a feature never changes
//! which one is used: a [`Crypto`](crate::jose::backend::Crypto) is always given. With none, bring your own
//! [`SignatureVerifier`](crate::jose::backend::SignatureVerifier).
//!
//! | constructor | feature | needs | for |
//! | --- | --- | --- | --- |
//! | `josekit()` | `josekit` | OpenSSL | servers |
//! | `rustcrypto()` | `rustcrypto` | nothing but Rust | WebAssembly, static builds |
//!
//! They accept and refuse the same: tests/vectors.rs runs one table through both.
//!
//! # Encrypted tokens
//!
//! Only with the feature `encryption`. Content encryption, AES key wrap and the key derivation are the core's own. A
//! backend agrees on secrets and computes with RSA:
//!
//! | | `josekit()` | `rustcrypto()` |
//! | --- | --- | --- |
//! | ECDH-ES with P-256, P-384, P-521, X25519 | yes | yes |
//! | RSA-OAEP, RSA-OAEP-256: encrypt | yes | yes |
//! | RSA-OAEP, RSA-OAEP-256: decrypt | yes | **no** |
//!
//! In pure Rust no RSA token is decrypted: how long the `rsa` crate computes depends on the private key
//! (RUSTSEC-2023-0071), and whoever sends tokens could measure it. Register ECDH-ES there, or use `josekit()`.
//!
//! # Signing keys
//!
//! `josekit_signing_key` and `rustcrypto_signing_key` read a private JWK, `…_from_pem` a PEM file. Through OpenSSL every
//! algorithm signs; in pure Rust ECDSA and Ed25519 do. RSA does not: the `rsa` crate's private operations do not take
//! the same time for every key (RUSTSEC-2023-0071), so whoever measures many signatures could learn about the key.
//!
//! `josekit_generate_signing_key` and `rustcrypto_generate_signing_key` make one, to be kept as a private JWK. The pure one
//! draws from [`Env`](crate::Env); OpenSSL draws from a generator of its own.
//!
//! What this crate copies of a key is zeroised; what the libraries underneath copy while they read it is theirs.

#[cfg(feature = "josekit")]
mod josekit;
#[cfg(all(feature = "josekit", feature = "encryption"))]
mod josekit_jwe;
#[cfg(feature = "rustcrypto")]
mod rustcrypto;
#[cfg(all(feature = "rustcrypto", feature = "encryption"))]
mod rustcrypto_jwe;

#[cfg(feature = "josekit")]
mod josekit_generate;
#[cfg(feature = "josekit")]
mod josekit_signer;
#[cfg(feature = "rustcrypto")]
mod rustcrypto_generate;
#[cfg(feature = "rustcrypto")]
mod rustcrypto_signer;

#[cfg(any(feature = "josekit", feature = "rustcrypto"))]
mod private_key;

#[cfg(all(feature = "josekit", feature = "encryption"))]
pub use self::josekit_generate::josekit_generate_decryption_key;
#[cfg(feature = "josekit")]
pub use self::{
    josekit::josekit,
    josekit_generate::{RsaSize, josekit_generate_signing_key},
    josekit_signer::{josekit_signing_key, josekit_signing_key_from_pem},
};
#[cfg(feature = "rustcrypto")]
pub use self::{
    rustcrypto::rustcrypto,
    rustcrypto_generate::rustcrypto_generate_signing_key,
    rustcrypto_signer::{rustcrypto_signing_key, rustcrypto_signing_key_from_pem},
};

#[cfg(any(feature = "josekit", feature = "rustcrypto"))]
use crate::jose::backend::{BadSignature, VerifyingKey};

/// A prepared key from a closure that says whether a signature over a message is good.
#[cfg(any(feature = "josekit", feature = "rustcrypto"))]
fn ready(is_good: impl Fn(&[u8], &[u8]) -> bool + Send + Sync + 'static) -> Box<dyn VerifyingKey> {
    Box::new(Ready(is_good))
}

#[cfg(any(feature = "josekit", feature = "rustcrypto"))]
struct Ready<F>(F);

#[cfg(any(feature = "josekit", feature = "rustcrypto"))]
impl<F: Fn(&[u8], &[u8]) -> bool + Send + Sync> VerifyingKey for Ready<F> {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        if (self.0)(message, signature) { Ok(()) } else { Err(BadSignature) }
    }
}
