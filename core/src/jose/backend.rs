//! The seam between the protocol and cryptography.
//!
//! A backend answers one question: is this signature over these bytes good under this key? Everything around
//! it (parsing, which algorithm is allowed, which key fits, how large it may be) is decided before, once for
//! all backends.

use std::{fmt, sync::Arc};

use crate::jose::{
    algorithm::Algorithm,
    encryption::KeyManagement,
    jwk::PublicKey,
    key_management::{Decrypter, Encrypter},
};

/// The cryptography that a [`Client`](crate::client::Client) uses: cheap to clone, made by a constructor in
/// [`crypto`](crate::crypto) or from a backend of your own.
#[derive(Clone, Debug)]
pub struct Crypto {
    verifier: Arc<dyn SignatureVerifier>,
    keys: Option<Arc<KeyManagers>>,
}

/// Both sides, since a backend brings them together.
#[derive(Debug)]
struct KeyManagers {
    decrypter: Box<dyn Decrypter>,
    encrypter: Box<dyn Encrypter>,
}

impl Crypto {
    /// Uses `verifier` for public-key signatures. HMAC is the core's own, the same under every backend.
    pub fn new(verifier: impl SignatureVerifier + 'static) -> Self {
        Self { verifier: Arc::new(verifier), keys: None }
    }

    /// Uses `decrypter` and `encrypter` for the keys of encrypted tokens. Without them, only shared keys decrypt and
    /// encrypt: content encryption and AES key wrap are the core's own.
    #[must_use]
    pub fn with_key_management(
        self,
        decrypter: impl Decrypter + 'static,
        encrypter: impl Encrypter + 'static,
    ) -> Self {
        let (decrypter, encrypter) = (Box::new(decrypter), Box::new(encrypter));
        Self { keys: Some(Arc::new(KeyManagers { decrypter, encrypter })), ..self }
    }

    /// Whether tokens encrypted with `algorithm` can be decrypted, by the right key.
    pub fn decrypts(&self, algorithm: KeyManagement) -> bool {
        algorithm.is_symmetric() || self.decrypter(algorithm).is_some()
    }

    /// Whether tokens can be encrypted with `algorithm`.
    pub fn encrypts(&self, algorithm: KeyManagement) -> bool {
        algorithm.is_symmetric() || self.encrypter(algorithm).is_some()
    }

    /// The decrypter, if it supports `algorithm`.
    pub fn decrypter(&self, algorithm: KeyManagement) -> Option<&dyn Decrypter> {
        let keys = self.keys.as_deref()?;
        keys.decrypter.supports(algorithm).then_some(&*keys.decrypter)
    }

    /// The encrypter, if it supports `algorithm`.
    pub fn encrypter(&self, algorithm: KeyManagement) -> Option<&dyn Encrypter> {
        let keys = self.keys.as_deref()?;
        keys.encrypter.supports(algorithm).then_some(&*keys.encrypter)
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
