//! Public keys as they are published (RFC 7517) and named (RFC 7638). Private members have no way into the text: it is
//! made of public keys.

use sha2::{Digest, Sha256};

#[cfg(feature = "encryption")]
use crate::jose::jwk::{AgreementKey, EncryptionKey, RecipientKey};
use crate::{
    jose::jwk::{EcKey, PublicKey, RsaKey},
    text,
};

/// RFC 7638 3.3: required members only, in the order of their names, without white space.
pub(super) fn canonical(key: &PublicKey) -> String {
    match key {
        PublicKey::Rsa(key) => rsa(key),
        PublicKey::Ec(key) => ec(key),
        PublicKey::Ed25519(key) => okp("Ed25519", key.x()),
    }
}

fn rsa(key: &RsaKey) -> String {
    let [e, n] = [key.e(), key.n()].map(text::encode_base64url);
    format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
}

fn ec(key: &EcKey) -> String {
    let [x, y] = [key.x(), key.y()].map(text::encode_base64url);
    format!(r#"{{"crv":"{}","kty":"EC","x":"{x}","y":"{y}"}}"#, key.curve().name())
}

fn okp(curve: &str, x: &[u8; 32]) -> String {
    format!(r#"{{"crv":"{curve}","kty":"OKP","x":"{}"}}"#, text::encode_base64url(x))
}

/// RFC 7638 3
pub(super) fn thumbprint(canonical: &str) -> String {
    text::encode_base64url(&Sha256::digest(canonical))
}

/// The canonical members and what the owner says about the key.
pub(super) fn entry(
    canonical: &str,
    usage: &str,
    algorithm: Option<&str>,
    kid: Option<&str>,
) -> String {
    let mut entry = canonical.trim_end_matches('}').to_owned();
    for (name, value) in [("use", Some(usage)), ("alg", algorithm), ("kid", kid)] {
        if let Some(value) = value {
            entry.push_str(&format!(r#","{name}":{}"#, serde_json::Value::from(value)));
        }
    }
    entry.push('}');
    entry
}

#[cfg(feature = "encryption")]
impl EncryptionKey {
    fn canonical(&self) -> Option<String> {
        match self.key() {
            RecipientKey::Rsa(key) => Some(rsa(key)),
            RecipientKey::Agreement(AgreementKey::Ec(key)) => Some(ec(key)),
            RecipientKey::Agreement(AgreementKey::X25519(x)) => Some(okp("X25519", x)),
            RecipientKey::Shared(_) => None,
        }
    }

    /// The SHA-256 thumbprint (RFC 7638 3), in base64url. None for a shared key, of which nothing is told.
    pub fn thumbprint(&self) -> Option<String> {
        self.canonical().map(|canonical| thumbprint(&canonical))
    }

    /// The entry of a key set: public members, `use` `enc`, and `alg` and `kid` where the key has them. None for a shared
    /// key, which nobody publishes.
    pub fn to_public_jwk(&self) -> Option<String> {
        let canonical = self.canonical()?;
        Some(entry(&canonical, "enc", self.algorithm_name(), self.kid()))
    }
}
