//! The client's own: private keys as they are read, and logins sealed for a cookie.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::{
    PendingLogin, crypto,
    flow::pending_authorization::PendingAuthorization,
    jose::{
        algorithm::Algorithm,
        backend::Crypto,
        encrypt::{JweHeader, encrypt},
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, SpareKey, UndecryptedJwe},
        jwk::{DecryptionKey, PrivateKey},
        seal::{MAX_SEALED, SealKey, SealKeys},
        signer::SigningKey,
    },
    limits::Limits,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{jwe::Draws, stored::framed};

const SIGNING: [Algorithm; 5] =
    [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::EdDSA, Algorithm::Ed25519];

/// A private key as a JWK or in PEM. What is read works with its own public half, and shows nothing.
pub fn private_key(data: &[u8]) {
    let crypto = crypto::rustcrypto();
    let document: Value = serde_json::from_slice(data).unwrap_or_default();
    for algorithm in SIGNING {
        if let Ok(key) = crypto::rustcrypto_signing_key(data, algorithm) {
            assert_ne!(document["use"], "enc");
            assert_eq!(key.key_id(), document["kid"].as_str());
            signs(&key, algorithm, &crypto);
            hidden(&document, &format!("{key:?}"));
        }
        if let Ok(key) = crypto::rustcrypto_signing_key_from_pem(data, algorithm, Some("k")) {
            assert_eq!(key.key_id(), Some("k"));
            signs(&key, algorithm, &crypto);
        }
    }
    if let Ok(key) = DecryptionKey::from_jwk(data) {
        assert_ne!(document["use"], "sig");
        assert_eq!(key.kid(), document["kid"].as_str());
        hidden(&document, &format!("{key:?}"));
        decrypts(&key, &crypto);
    }
    if let Ok(key) = DecryptionKey::from_pem(data, Some("k")) {
        assert_eq!(key.kid(), Some("k"));
        decrypts(&key, &crypto);
    }
}

fn signs(key: &SigningKey, algorithm: Algorithm, crypto: &Crypto) {
    assert_eq!(key.algorithm(), algorithm);
    let public = key.public_jwk().unwrap();
    let shown: Value = serde_json::from_str(&public.to_json()).unwrap();
    assert!(shown.get("d").is_none());
    let signature = key.sign(b"message").unwrap().unwrap();
    let prepared = crypto.verifier().prepare(public.key(), algorithm).unwrap();
    prepared.verify(b"message", &signature).unwrap();
    assert!(prepared.verify(b"massage", &signature).is_err());
}

/// Somebody encrypts to the public half, or with the shared key, and the private one opens it.
fn decrypts(key: &DecryptionKey, crypto: &Crypto) {
    // As it is kept, it comes back.
    if let Ok(kept) = key.to_private_jwk(crypto) {
        let again = DecryptionKey::from_jwk(kept.as_bytes()).unwrap();
        assert_eq!(again.to_private_jwk(crypto).unwrap(), kept);
    }
    let shared = key.encryption_key();
    assert_eq!(shared.is_some(), matches!(key.key(), PrivateKey::Shared(_)));
    let Some(recipient) = shared.or_else(|| key.public_key(crypto).ok()) else { return };
    let encryption = ContentEncryption::A128CbcHs256;
    let fits = |algorithm: &&KeyManagement| key.decrypts(**algorithm, encryption);
    for algorithm in KeyManagement::ALL.iter().filter(fits) {
        let header = JweHeader::new(*algorithm, encryption, Contents::Claims);
        let Ok(token) = encrypt(b"{}", header, &recipient, crypto, &mut Draws(1)) else { continue };
        let (contents, limits) = (Contents::Claims, Limits::default());
        let jwe = UndecryptedJwe::parse(&token, *algorithm, encryption, contents, &limits).unwrap();
        let spare = SpareKey::draw(&mut Draws(1 << 32)).unwrap();
        let opened = jwe.decrypt(std::slice::from_ref(key), crypto, spare);
        assert_eq!(opened.unwrap().payload(), b"{}", "{algorithm}");
    }
}

fn hidden(document: &Value, shown: &str) {
    let secret = |name: &&&str| document[**name].as_str().is_some_and(|text| text.len() > 20);
    let elsewhere = |text: &str| document["kid"].as_str().is_some_and(|kid| kid.contains(text));
    for name in ["d", "k", "p", "q"].iter().filter(secret) {
        let text = document[*name].as_str().unwrap();
        assert!(elsewhere(text) || !shown.contains(text), "{name} is shown");
    }
}

/// The value of a cookie; and the text of a login, sealed as one.
pub fn sealed_login(data: &[u8]) {
    let keys = SealKeys::new(seal_key(1)).also(seal_key(2));
    if let Ok(sealed) = std::str::from_utf8(data) {
        opened(sealed, &keys);
    }
    foreign(data, &keys);
    let Ok(login) = PendingLogin::from_bytes(&framed(data)) else { return };
    let Ok(sealed) = login.seal(&keys, NAME, &mut Draws(1)) else { return };
    assert!(sealed.len() <= MAX_SEALED);
    assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    assert!(opened(&sealed, &keys));
    assert_eq!(PendingLogin::open(&sealed, &keys, NAME).unwrap().to_bytes(), login.to_bytes());
    refused(&sealed, &keys, "__Host-login-two", &["stored.other_name"]);
    refused(&sealed, &SealKeys::new(seal_key(2)), NAME, &["stored.seal_key"]);
    for at in [0, 10, sealed.len() / 2, sealed.len() - 23, sealed.len() - 1] {
        let mut changed = sealed.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        refused(&changed, &keys, NAME, &["stored.seal", "stored.seal_key"]);
    }
}

/// Nobody without a key made it: what opens is a login that is encrypted as a JWE says, for this name.
fn opened(sealed: &str, keys: &SealKeys) -> bool {
    let login = match PendingLogin::open(sealed, keys, NAME) {
        Ok(login) => login,
        Err(error) => {
            assert!(error.code().starts_with("stored."));
            // The same box.
            let other = PendingAuthorization::open(sealed, keys, NAME);
            assert!(error.code() == "stored.malformed" || other.is_err());
            return false;
        }
    };
    let header = URL_SAFE_NO_PAD.decode(sealed.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert_eq!((&header["alg"], &header["enc"]), (&json!("dir"), &json!("A256GCM")));
    assert_eq!(header["for"], NAME);
    assert!(!sealed.contains(login.state().expose()));
    true
}

/// Whoever has the key for something else, and encrypts with it a token as others do, has no cookie.
fn foreign(data: &[u8], keys: &SealKeys) {
    let key = seal_key(1);
    let kid = format!("{key:?}").replace("SealKey(", "").replace(", redacted)", "");
    let jwk = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(key.expose()), "kid": kid });
    let jwk = DecryptionKey::from_jwk(jwk.to_string().as_bytes()).unwrap();
    let header = JweHeader::new(KeyManagement::Dir, ContentEncryption::A256Gcm, Contents::Claims);
    let recipient = jwk.encryption_key().unwrap();
    let crypto = crypto::rustcrypto();
    let token = encrypt(&framed(data), header, &recipient, &crypto, &mut Draws(1)).unwrap();
    refused(&token, keys, NAME, &["stored.seal", "stored.too_long"]);
}

fn refused(sealed: &str, keys: &SealKeys, name: &str, codes: &[&str]) {
    let error = PendingLogin::open(sealed, keys, name).unwrap_err();
    assert!(codes.contains(&error.code()), "{error:?}");
}

fn seal_key(seed: u8) -> SealKey {
    SealKey::from_bytes(&Sha256::digest([seed])).unwrap()
}

const NAME: &str = "__Host-login-one";
