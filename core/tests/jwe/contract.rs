//! What a backend may rely on.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use relying_party::jose::{
    algorithm::Algorithm,
    backend::{BadKey, Crypto, SignatureVerifier, VerifyingKey},
    encryption::{ContentEncryption, KeyManagement},
    jwk::{AgreementKey, AgreementPrivateKey, PublicKey, RsaKey, RsaPrivateKey},
    key_management::{Decrypter, Encrypter, OaepHash, Undecryptable, UnusableKey},
    key_octets::KeyOctets,
};

use crate::{
    bench::{agreed_key, encode, open, own, sealed},
    content::{FAILED, P256, X25519},
};

const GCM: ContentEncryption = ContentEncryption::A128Gcm;

/// Answers everything with the same octets, and counts how often it is asked.
#[derive(Clone, Debug)]
struct Willing {
    asked: Arc<AtomicUsize>,
    answer: Vec<u8>,
}

impl Willing {
    fn answer(&self) -> KeyOctets {
        self.asked.fetch_add(1, Ordering::Relaxed);
        KeyOctets::new(self.answer.clone())
    }
}

impl SignatureVerifier for Willing {
    fn supports(&self, _: Algorithm) -> bool {
        false
    }

    fn prepare(&self, _: &PublicKey, _: Algorithm) -> Result<Box<dyn VerifyingKey>, BadKey> {
        Err(BadKey)
    }
}

impl Decrypter for Willing {
    fn supports(&self, algorithm: KeyManagement) -> bool {
        algorithm != KeyManagement::RsaOaep256
    }

    fn decrypt_oaep(
        &self,
        key: &RsaPrivateKey,
        _: OaepHash,
        encrypted_key: &[u8],
    ) -> Result<KeyOctets, Undecryptable> {
        assert_eq!(encrypted_key.len(), key.public().n().len());
        Ok(self.answer())
    }

    fn agree(
        &self,
        key: &AgreementPrivateKey,
        peer: &AgreementKey,
    ) -> Result<KeyOctets, Undecryptable> {
        assert_eq!(key.curve(), peer.curve());
        Ok(self.answer())
    }
}

impl Encrypter for Willing {
    fn supports(&self, _: KeyManagement) -> bool {
        false
    }

    fn encrypt_rsa(&self, _: &RsaKey, _: &KeyOctets) -> Result<Vec<u8>, UnusableKey> {
        Err(UnusableKey)
    }

    fn public_key(&self, _: &AgreementPrivateKey) -> Result<AgreementKey, UnusableKey> {
        Err(UnusableKey)
    }

    fn agree(&self, _: &AgreementPrivateKey, _: &AgreementKey) -> Result<KeyOctets, UnusableKey> {
        Err(UnusableKey)
    }
}

fn willing(answer: &[u8]) -> (Crypto, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let backend = Willing { asked: Arc::clone(&asked), answer: answer.to_vec() };
    (Crypto::new(backend.clone()).with_key_management(backend.clone(), backend), asked)
}

#[test]
fn e09_e18_an_encrypted_key_is_as_long_as_the_modulus_and_its_content_as_the_algorithm_wants() {
    let vectors: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../vectors/jwe.json")).unwrap();
    let key = own(&vectors[0]["jwk"].to_string());
    let open = |name: &str, encrypted: usize, answer: &[u8]| {
        let (crypto, asked) = willing(answer);
        let header = format!(r#"{{"alg":"{name}","enc":"A128GCM"}}"#);
        let token = sealed(&header, &vec![1; encrypted], [7; 16], b"{}");
        let algorithm = KeyManagement::parse(name).unwrap();
        let opened = open(&token, &key, algorithm, GCM, &crypto);
        (opened, asked.load(Ordering::Relaxed))
    };
    assert_eq!(open("RSA-OAEP", 256, &[7; 16]), (Ok(b"{}".to_vec()), 1));
    for length in [0, 255, 257, 512] {
        assert_eq!(open("RSA-OAEP", length, &[7; 16]), (FAILED, 0), "{length}");
    }
    for length in [0, 15, 17, 24, 32, 256] {
        assert_eq!(open("RSA-OAEP", 256, &vec![7; length]), (FAILED, 1), "{length}");
    }
    // What it does not support, it is not asked.
    assert_eq!(open("RSA-OAEP-256", 256, &[7; 16]), (FAILED, 0));
}

#[test]
fn e04_two_keys_are_of_one_curve_and_agree_on_something() {
    let open = |own_key: &str, epk: &str, answer: &[u8]| {
        let (crypto, asked) = willing(answer);
        let header = format!(r#"{{"alg":"ECDH-ES","enc":"A128GCM","epk":{epk}}}"#);
        let token = sealed(&header, b"", agreed_key(answer, [b"", b""]), b"{}");
        let opened = open(&token, &own(own_key), KeyManagement::EcdhEs, GCM, &crypto);
        (opened, asked.load(Ordering::Relaxed))
    };
    let good = (Ok(b"{}".to_vec()), 1);
    let ec = |curve: &str, length: usize| {
        let x = encode(vec![9; length]);
        format!(r#"{{"kty":"EC","crv":"{curve}","x":"{x}","y":"{x}"}}"#)
    };
    let okp = format!(r#"{{"kty":"OKP","crv":"X25519","x":"{}"}}"#, encode([9; 32]));
    assert_eq!(open(P256, &ec("P-256", 32), &[1; 32]), good);
    assert_eq!(open(X25519, &okp, &[1; 32]), good);
    assert_eq!(open(P256, &okp, &[1; 32]), (FAILED, 0));
    assert_eq!(open(P256, &ec("P-384", 48), &[1; 32]), (FAILED, 0));
    assert_eq!(open(X25519, &ec("P-256", 32), &[1; 32]), (FAILED, 0));
    for length in [0, 31, 33] {
        assert_eq!(open(X25519, &okp, &vec![1; length]), (FAILED, 1), "{length}");
    }
    assert_eq!(open(X25519, &okp, &[0; 32]), (FAILED, 1));
}
