//! An oracle in place of cryptography: a signature is good if and only if it was given here, for this key and
//! these bytes. So "was this signed?" has an answer that depends on no algorithm.

use std::sync::{Arc, Mutex};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::jose::{
    algorithm::Algorithm,
    backend::{BadKey, BadSignature, SignatureVerifier, VerifyingKey},
    jwk::PublicKey,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

/// What was signed: the key, the bytes, the signature.
type Signed = (Vec<u8>, Vec<u8>, Vec<u8>);

/// Clones share what was signed.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    signed: Arc<Mutex<Vec<Signed>>>,
    gullible: bool,
}

impl Oracle {
    /// A broken one, which takes every signature for good: with it, the second law must be seen to fail.
    pub fn gullible() -> Self {
        Self { gullible: true, ..Self::default() }
    }

    /// Signs with key number `key`.
    pub fn sign(&self, key: u8, message: &[u8]) -> Vec<u8> {
        let digest = Sha512::new_with_prefix([key]).chain_update(message).finalize();
        let mut signed = self.signed.lock().unwrap();
        signed.push((coordinates(key), message.to_vec(), digest.to_vec()));
        digest.to_vec()
    }
}

/// The public half of key number `key`, under the key id `k0`, `k1`, ...
pub fn jwk(key: u8) -> Value {
    let (x, y) = (encode(&[key + 1; 32]), encode(&[0x5a; 32]));
    json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": format!("k{key}"), "use": "sig" })
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn coordinates(key: u8) -> Vec<u8> {
    [[key + 1; 32], [0x5a; 32]].concat()
}

impl SignatureVerifier for Oracle {
    fn supports(&self, algorithm: Algorithm) -> bool {
        algorithm == Algorithm::ES256
    }

    fn prepare(&self, key: &PublicKey, _: Algorithm) -> Result<Box<dyn VerifyingKey>, BadKey> {
        match key {
            PublicKey::Ec(key) => {
                let key = [key.x(), key.y()].concat();
                Ok(Box::new(Asking { oracle: self.clone(), key }))
            }
            _ => Err(BadKey),
        }
    }
}

struct Asking {
    oracle: Oracle,
    key: Vec<u8>,
}

impl VerifyingKey for Asking {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let signed = self.oracle.signed.lock().unwrap();
        let known = signed.iter().any(|(k, m, s)| *k == self.key && m == message && s == signature);
        if known || self.oracle.gullible { Ok(()) } else { Err(BadSignature) }
    }
}
