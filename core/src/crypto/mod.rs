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

#[cfg(feature = "josekit")]
mod josekit;
#[cfg(feature = "rustcrypto")]
mod rustcrypto;

#[cfg(feature = "josekit")]
pub use self::josekit::josekit;
#[cfg(feature = "rustcrypto")]
pub use self::rustcrypto::rustcrypto;

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
