//! Encrypted tokens: what is read, and what is made and read again.

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::{
    Env, Error, crypto,
    error::TokenProblem,
    jose::{
        backend::Crypto,
        encrypt::{JweHeader, encrypt},
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, DecryptedJwe, SpareKey, UndecryptedJwe},
        jwk::{DecryptionKey, EncryptionKey},
    },
    limits::Limits,
    time::UnixTime,
};
use sha2::{Digest, Sha256};

/// Entropy that never repeats, and is another for each `place`.
pub(crate) struct Draws(pub(crate) u64);

impl Env for Draws {
    fn now(&mut self) -> UnixTime {
        UnixTime::from_millis(0)
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for chunk in out.chunks_mut(32) {
            self.0 += 1;
            chunk.copy_from_slice(&Sha256::digest(self.0.to_be_bytes())[..chunk.len()]);
        }
        Ok(())
    }
}

/// The keys of the published examples, whose tokens are the seeds.
fn keys() -> &'static [DecryptionKey] {
    static KEYS: OnceLock<Vec<DecryptionKey>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let vectors = include_str!("../../core/tests/vectors/jwe.json");
        let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
        let jwk = |vector: &serde_json::Value| vector["jwk"].to_string();
        let key = |jwk: String| DecryptionKey::from_jwk(jwk.as_bytes()).unwrap();
        vectors.iter().map(jwk).map(key).collect()
    })
}

fn open(jwe: &UndecryptedJwe, crypto: &Crypto) -> Option<DecryptedJwe> {
    let spare = || SpareKey::draw(&mut Draws(1 << 32)).unwrap();
    assert_eq!(jwe.decrypt(&[], crypto, spare()).unwrap_err(), TokenProblem::Decryption);
    match jwe.decrypt(keys(), crypto, spare()) {
        Ok(opened) => Some(opened),
        // Whatever the reason.
        Err(problem) => {
            assert_eq!(problem, TokenProblem::Decryption);
            None
        }
    }
}

/// A token under each pair of algorithms: its header agrees; and the same octets as a payload, there and back.
pub fn compact_jwe(data: &[u8]) {
    let crypto = crypto::rustcrypto();
    there_and_back(data, &crypto);
    let Ok(compact) = std::str::from_utf8(data) else { return };
    for algorithm in KeyManagement::ALL {
        for encryption in ContentEncryption::ALL {
            for contents in [Contents::Jws, Contents::Claims] {
                read(compact, *algorithm, *encryption, contents, &crypto);
            }
        }
    }
}

fn read(
    compact: &str,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    contents: Contents,
    crypto: &Crypto,
) {
    let limits = Limits::default();
    let parse = |text: &str| UndecryptedJwe::parse(text, algorithm, encryption, contents, &limits);
    let Ok(jwe) = parse(compact) else { return };
    let parts: Vec<Vec<u8>> =
        compact.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    let [header, _, _, ciphertext, tag] = &parts[..] else { panic!("{} parts", parts.len()) };
    let header: serde_json::Value = serde_json::from_slice(header).unwrap();
    assert_eq!(header["alg"].as_str(), Some(algorithm.as_str()));
    assert_eq!(header["enc"].as_str(), Some(encryption.as_str()));
    assert_eq!(jwe.kid(), header["kid"].as_str());
    assert!(header.get("crit").is_none() && header.get("zip").is_none());
    let cty = header["cty"].as_str().map(str::to_ascii_lowercase);
    let nested = cty.as_deref().map(|cty| cty == "jwt" || cty == "application/jwt");
    // What is registered as signed need not be announced.
    assert!(nested.unwrap_or(contents == Contents::Jws) == (contents == Contents::Jws));
    if algorithm.as_str().starts_with("ECDH-ES") {
        assert!(header["epk"].is_object() && header["epk"].get("d").is_none());
    }
    assert_eq!(format!("{jwe:?}"), format!("UndecryptedJwe({algorithm}, {encryption}, redacted)"));

    let Some(opened) = open(&jwe, crypto) else { return };
    // Nothing grows, and nothing may be changed.
    assert!(opened.payload().len() <= ciphertext.len());
    for (at, octets) in [(3, ciphertext), (4, tag)] {
        let mut octets = octets.clone();
        let Some(last) = octets.last_mut() else { continue };
        *last ^= 1;
        let changed = URL_SAFE_NO_PAD.encode(octets);
        let mut parts: Vec<&str> = compact.split('.').collect();
        parts[at] = &changed;
        assert!(open(&parse(&parts.join(".")).unwrap(), crypto).is_none());
    }
}

fn there_and_back(data: &[u8], crypto: &Crypto) {
    let contents = Contents::Claims;
    for (place, key) in keys().iter().enumerate() {
        let Some(recipient): Option<EncryptionKey> = key.encryption_key() else { continue };
        let fits = |algorithm: &&KeyManagement| key.decrypts(**algorithm, ENCRYPTION);
        for algorithm in KeyManagement::ALL.iter().filter(fits) {
            let header = JweHeader::new(*algorithm, ENCRYPTION, contents);
            let mut env = Draws(place as u64 + 1);
            let token = encrypt(data, header, &recipient, crypto, &mut env).unwrap();
            let limits = Limits::default();
            let read = UndecryptedJwe::parse(&token, *algorithm, ENCRYPTION, contents, &limits);
            let Ok(jwe) = read else {
                assert!(token.len() > limits.token);
                continue;
            };
            assert_eq!(open(&jwe, crypto).unwrap().payload(), data);
        }
    }
}

const ENCRYPTION: ContentEncryption = ContentEncryption::A128CbcHs256;
