//! The seam between the protocol and cryptography.
//!
//! A backend answers one question: is this signature over these bytes good under this key? Everything around
//! it (parsing, which algorithm is allowed, which key fits, how large it may be) is decided before, once for
//! all backends.

#[cfg(feature = "encryption")]
mod key_managers;

use std::{fmt, sync::Arc};

use crate::jose::{algorithm::Algorithm, jwk::PublicKey};

/// The cryptography that a [`Client`](crate::client::Client) uses: cheap to clone, made by a constructor in
/// [`crypto`](crate::crypto) or from a backend of your own.
#[derive(Clone, Debug)]
pub struct Crypto {
    verifier: Arc<dyn SignatureVerifier>,
    #[cfg(feature = "encryption")]
    keys: Option<Arc<key_managers::KeyManagers>>,
}

impl Crypto {
    /// Uses `verifier` for public-key signatures. HMAC is the core's own, the same under every backend.
    pub fn new(verifier: impl SignatureVerifier + 'static) -> Self {
        Self {
            verifier: Arc::new(verifier),
            #[cfg(feature = "encryption")]
            keys: None,
        }
    }

    /// The verifier of public-key signatures.
    pub fn verifier(&self) -> &dyn SignatureVerifier {
        &*self.verifier
    }
}

/// Verifies public-key signatures.
///
/// The core calls it only with keys within [the bounds of a `Jwk`](crate::jose::jwk::Jwk) and with an algorithm
/// of the key's type and curve.
pub trait SignatureVerifier: fmt::Debug + Send + Sync {
    /// Whether `algorithm` can be verified at all.
    fn supports(&self, algorithm: Algorithm) -> bool;

    /// Turns a key into the form in which it verifies fastest. Called once for each key and algorithm.
    ///
    /// # Errors
    /// [`BadKey`] when the numbers are no key, such as a point off its curve.
    fn prepare(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
    ) -> Result<Box<dyn VerifyingKey>, BadKey>;
}

/// A key that is ready to verify.
pub trait VerifyingKey: Send + Sync {
    /// Whether `signature` (as JWS writes it: R and S side by side for ECDSA, RFC 7518 3.4) over `message` is good.
    ///
    /// # Errors
    /// [`BadSignature`], which on purpose says nothing more.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature>;
}

/// The numbers are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadKey;

/// The signature is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadSignature;
