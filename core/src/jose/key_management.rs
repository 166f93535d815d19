//! The seam for the keys of encrypted tokens.
//!
//! A backend does the two things that take a private key of a pair: it decrypts an RSA-OAEP block, and it agrees on a
//! secret. Everything else (content encryption, AES key wrap, the Concat KDF, the encoding of OAEP, every check of a
//! length or a header) is the core's own and the same under every backend.

use std::fmt;

use crate::jose::{
    encryption::KeyManagement,
    jwk::{AgreementKey, AgreementPrivateKey, RsaKey, RsaPrivateKey},
    key_octets::KeyOctets,
};

pub use crate::jose::oaep::OaepHash;

/// Private operations of a recipient.
///
/// The core calls it only with keys within their bounds, with an encrypted key as long as the modulus, and with two
/// keys of one curve. What fails must fail in the same time as what does not, as far as the sender could measure it.
pub trait Decrypter: fmt::Debug + Send + Sync {
    /// Whether `algorithm` can be decrypted. Not asked for algorithms of shared keys, which need no backend.
    fn supports(&self, algorithm: KeyManagement) -> bool;

    /// RSAES-OAEP decryption with an empty label and with MGF1 of the same hash (RFC 8017 7.1.2).
    ///
    /// # Errors
    /// [`Undecryptable`], which on purpose says nothing more.
    fn decrypt_oaep(
        &self,
        key: &RsaPrivateKey,
        hash: OaepHash,
        encrypted_key: &[u8],
    ) -> Result<KeyOctets, Undecryptable>;

    /// The x of the shared point in full length, or what X25519 yields (RFC 7518 4.6.2, RFC 8037 3.2).
    ///
    /// # Errors
    /// [`Undecryptable`] where `peer` is not on its curve, or the private number not below its order.
    fn agree(
        &self,
        key: &AgreementPrivateKey,
        peer: &AgreementKey,
    ) -> Result<KeyOctets, Undecryptable>;
}

/// Operations of a sender. Randomness is never the backend's: it comes with the arguments.
pub trait Encrypter: fmt::Debug + Send + Sync {
    /// Whether `algorithm` can be encrypted. Not asked for algorithms of shared keys, which need no backend.
    fn supports(&self, algorithm: KeyManagement) -> bool;

    /// The bare operation of RSA (RFC 8017 5.1.1) on a block that is padded already and as long as the modulus.
    ///
    /// # Errors
    /// [`UnusableKey`] when the numbers are no key.
    fn encrypt_rsa(&self, key: &RsaKey, block: &KeyOctets) -> Result<Vec<u8>, UnusableKey>;

    /// The public half of an ephemeral key.
    ///
    /// # Errors
    /// [`UnusableKey`] where the number is zero or not below the order of its curve: then the core draws another one.
    fn public_key(&self, key: &AgreementPrivateKey) -> Result<AgreementKey, UnusableKey>;

    /// As [`Decrypter::agree`].
    ///
    /// # Errors
    /// [`UnusableKey`] where the recipient's key is not on its curve.
    fn agree(
        &self,
        key: &AgreementPrivateKey,
        peer: &AgreementKey,
    ) -> Result<KeyOctets, UnusableKey>;
}

/// It cannot be decrypted. Which part of the computation failed is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecryptable;

/// The numbers are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnusableKey;
