//! The client's own keys: made, kept, named, published. Halves that do not belong together are refused (threat K12), and
//! so is a pair that would sign and decrypt (E19); nothing private is ever published.
#![cfg(all(feature = "josekit", feature = "rustcrypto", feature = "encryption"))]

mod draws;
#[path = "own_keys/set.rs"]
mod set;

use std::collections::BTreeSet;

use draws::{Draws, env};
use relying_party::{
    Error,
    crypto::{
        RsaSize, josekit, josekit_generate_decryption_key, josekit_generate_signing_key,
        josekit_signing_key, josekit_signing_key_from_pem, rustcrypto,
        rustcrypto_generate_signing_key, rustcrypto_signing_key, rustcrypto_signing_key_from_pem,
    },
    error::{ApiMisuse, ErrorKind},
    jose::{
        algorithm::Algorithm,
        backend::Crypto,
        client_keys::{ClientKeys, MEDIA_TYPE},
        encrypt::{JweHeader, encrypt},
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, SpareKey, UndecryptedJwe},
        jwk::{AgreementCurve, DecryptionKey, EcCurve, EncryptionKey, Jwk, JwkProblem},
        signer::{Signer, SigningFailed, SigningKey},
    },
    limits::Limits,
    time::UnixTime,
};
use serde_json::{Value, json};

const PURE: [Algorithm; 5] =
    [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::EdDSA, Algorithm::Ed25519];
const CURVES: [AgreementCurve; 4] = [
    AgreementCurve::Ec(EcCurve::P256),
    AgreementCurve::Ec(EcCurve::P384),
    AgreementCurve::Ec(EcCurve::P521),
    AgreementCurve::X25519,
];
/// RFC 7518 6.2.2, 6.3.2, 6.4
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(1_800_000_000 + seconds)
}

fn signing(seed: u64) -> SigningKey {
    let made = rustcrypto_generate_signing_key(Algorithm::ES256, &mut Draws(seed * 100, None));
    made.unwrap().signing_key().clone()
}

fn decrypting(seed: u64) -> DecryptionKey {
    let mut env = Draws(seed * 100 + 50, None);
    DecryptionKey::generate(AgreementCurve::X25519, &rustcrypto(), &mut env).unwrap()
}

fn kids(keys: &ClientKeys, now: UnixTime) -> Vec<String> {
    let document: Value = serde_json::from_str(&keys.jwks(now)).unwrap();
    let entries = document["keys"].as_array().unwrap();
    entries.iter().map(|entry| entry["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid(key: &SigningKey) -> String {
    key.public_jwk().unwrap().kid().unwrap().to_owned()
}

#[track_caller]
fn refused<T>(result: Result<T, Error>, text: &str) {
    let error = result.err().expect("accepted");
    assert_eq!(error.code(), "misuse.client_keys");
    assert!(error.to_string().contains(text) && error.hint().is_some(), "{error}");
}

fn vectors(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

/// What a public key has: the numbers, and never anything else of a private one.
fn public_members(jwk: &Value) -> Value {
    let mut public = jwk.clone();
    let names = ["kty", "crv", "x", "y", "n", "e"];
    public.as_object_mut().unwrap().retain(|name, _| names.contains(&name.as_str()));
    public
}

/// Good in both backends, under what is published.
fn verifies(public: &Jwk, algorithm: Algorithm, key: &SigningKey) {
    let read = Jwk::from_json(public.to_json().as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read, *public);
    let signature = key.sign(b"message").unwrap().unwrap();
    for crypto in [josekit(), rustcrypto()] {
        let prepared = crypto.verifier().prepare(read.key(), algorithm).ok().unwrap();
        assert!(prepared.verify(b"message", &signature).is_ok(), "{algorithm}");
    }
}

#[test]
fn a_key_at_hand_says_its_public_half() {
    for vector in vectors(include_str!("vectors/signing.json")) {
        let algorithm = Algorithm::parse(vector["alg"].as_str().unwrap()).unwrap();
        let jwk = vector["jwk"].to_string();
        let mut read = 0;
        for from_jwk in [josekit_signing_key, rustcrypto_signing_key] {
            let Ok(key) = from_jwk(jwk.as_bytes(), algorithm) else { continue };
            let public = key.public_jwk().unwrap();
            let entry: Value = serde_json::from_str(&public.to_json()).unwrap();
            assert_eq!(public_members(&entry), public_members(&vector["jwk"]));
            assert_eq!((&entry["use"], &entry["alg"]), (&json!("sig"), &json!(algorithm.as_str())));
            assert_eq!(
                entry["kid"],
                vector["jwk"].get("kid").cloned().unwrap_or(json!(public.thumbprint()))
            );
            verifies(&public, algorithm, &key);
            read += 1;
        }
        assert!(read > 0, "{}", vector["name"]);
    }
}

#[test]
fn a_key_from_pem_says_its_public_half() {
    let mut read = 0;
    for entry in vectors(include_str!("vectors/private_pem.json")) {
        let pem = entry["pem"].as_str().unwrap().as_bytes();
        for name in entry["algs"].as_array().unwrap() {
            let algorithm = Algorithm::parse(name.as_str().unwrap()).unwrap();
            for from_pem in [josekit_signing_key_from_pem, rustcrypto_signing_key_from_pem] {
                let Ok(key) = from_pem(pem, algorithm, Some("k1")) else { continue };
                let public = key.public_jwk().unwrap();
                let published: Value = serde_json::from_str(&public.to_json()).unwrap();
                assert_eq!(public_members(&published), public_members(&entry["jwk"]));
                assert_eq!(published["kid"], "k1");
                verifies(&public, algorithm, &key);
                read += 1;
            }
        }
    }
    assert_eq!(read, 23);
}

#[test]
fn what_is_generated_signs_and_can_be_kept() {
    let made = PURE.map(|algorithm| {
        (algorithm, rustcrypto_generate_signing_key(algorithm, &mut env()).unwrap())
    });
    let sizes = [(Algorithm::RS256, RsaSize::Bits2048), (Algorithm::PS256, RsaSize::default())];
    let pure = PURE.map(|algorithm| (algorithm, RsaSize::default()));
    let by_openssl = pure.into_iter().chain(sizes).map(|(algorithm, size)| {
        (algorithm, josekit_generate_signing_key(algorithm, size).unwrap())
    });
    let mut seen = BTreeSet::new();
    for (algorithm, made) in made.into_iter().chain(by_openssl) {
        let kept = made.to_private_jwk();
        let key = made.signing_key();
        let public = key.public_jwk().unwrap();
        assert_eq!(key.key_id(), Some(&*public.thumbprint()));
        assert!(seen.insert(public.thumbprint() + algorithm.as_str()), "made twice");
        verifies(&public, algorithm, key);
        for (pure, from_jwk) in [josekit_signing_key, rustcrypto_signing_key].iter().enumerate() {
            if pure == 1 && !PURE.contains(&algorithm) {
                continue;
            }
            let again = from_jwk(kept.as_bytes(), algorithm).unwrap();
            assert_eq!(again.key_id(), key.key_id());
            verifies(&public, algorithm, &again);
        }
        let jwk: Value = serde_json::from_str(&kept).unwrap();
        let secret = jwk["d"].as_str().unwrap();
        assert!(!format!("{made:?}").contains(secret) && !public.to_json().contains(secret));
        if !PURE.contains(&algorithm) {
            let due = if algorithm == Algorithm::RS256 { 256 } else { 384 };
            assert_eq!(key.sign(b"").unwrap().unwrap().len(), due);
        }
    }
}

#[test]
fn the_pure_backend_draws_from_the_environment_alone() {
    for algorithm in PURE {
        let make = |mut env| rustcrypto_generate_signing_key(algorithm, &mut env);
        let [one, two] = [env(), env()].map(|env| make(env).unwrap().to_private_jwk());
        assert_eq!(one, two);
        assert_ne!(one, make(Draws(77, None)).unwrap().to_private_jwk());
        assert_eq!(make(Draws(0, Some(0))).unwrap_err().code(), "entropy", "{algorithm}");
    }
    // Never below the order: it ends all the same.
    for algorithm in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512] {
        let made = rustcrypto_generate_signing_key(algorithm, &mut Draws(0, Some(0xff)));
        assert_eq!(made.unwrap_err().code(), "entropy");
    }
    for algorithm in [Algorithm::RS256, Algorithm::PS512, Algorithm::HS256] {
        let made = rustcrypto_generate_signing_key(algorithm, &mut env());
        assert_eq!(made.unwrap_err().code(), "misuse.signing_key");
    }
    let made = josekit_generate_signing_key(Algorithm::HS512, RsaSize::default());
    assert_eq!(made.unwrap_err().code(), "misuse.signing_key");
}

fn round_trip(key: &DecryptionKey, public: &EncryptionKey, alg: KeyManagement, crypto: &Crypto) {
    let (enc, limits) = (ContentEncryption::A256Gcm, Limits::default());
    let header = JweHeader::new(alg, enc, Contents::Claims);
    let token = encrypt(b"{}", header, public, crypto, &mut env()).unwrap();
    let read = UndecryptedJwe::parse(&token, alg, enc, Contents::Claims, &limits).unwrap();
    assert_eq!(read.kid(), key.kid());
    let spare = SpareKey::draw(&mut env()).unwrap();
    let decrypted = read.decrypt(std::slice::from_ref(key), crypto, spare).unwrap();
    assert_eq!(decrypted.payload(), b"{}");
}

#[test]
fn decryption_keys_are_generated_kept_and_published() {
    let rsa = josekit_generate_decryption_key(RsaSize::Bits2048).unwrap();
    let mut all = vec![(rsa, KeyManagement::RsaOaep256, josekit())];
    for crypto in [josekit(), rustcrypto()] {
        for curve in CURVES {
            let key = DecryptionKey::generate(curve, &crypto, &mut env()).unwrap();
            all.push((key, KeyManagement::EcdhEsA128Kw, crypto.clone()));
        }
    }
    for (key, alg, crypto) in all {
        let public = key.public_key(&crypto).unwrap();
        assert_eq!((key.kid(), public.kid()), (public.thumbprint().as_deref(), key.kid()));
        let kept = key.to_private_jwk(&crypto).unwrap();
        let again = DecryptionKey::from_jwk(kept.as_bytes()).unwrap();
        let published = public.to_public_jwk().unwrap();
        let read = EncryptionKey::from_json(published.as_bytes(), &Limits::default()).unwrap();
        round_trip(&again, &read, alg, &crypto);
        let jwk: Value = serde_json::from_str(&kept).unwrap();
        assert_eq!(jwk["use"], "enc");
        assert!(!published.contains(jwk["d"].as_str().unwrap()));
        // One for signatures it never becomes.
        for algorithm in [Algorithm::ES256, Algorithm::RS256, Algorithm::EdDSA] {
            assert!(josekit_signing_key(kept.as_bytes(), algorithm).is_err());
        }
    }
}

/// The same numbers as the JWK has, whatever the form; and what is encrypted to them can be read.
#[test]
fn a_decryption_key_from_pem_says_its_public_half() {
    let mut read = 0;
    for entry in vectors(include_str!("vectors/private_pem.json")) {
        let pem = entry["pem"].as_str().unwrap().as_bytes();
        let Ok(key) = DecryptionKey::from_pem(pem, Some("k1")) else {
            let refused = ["ed", "rsa1024", "ed448"].map(Value::from);
            assert!(refused.contains(&entry["name"]), "{}", entry["name"]);
            continue;
        };
        let is_rsa = entry["jwk"]["kty"] == "RSA";
        let alg = if is_rsa { KeyManagement::RsaOaep } else { KeyManagement::EcdhEsA256Kw };
        for crypto in [josekit(), rustcrypto()] {
            if is_rsa && !crypto.decrypts(alg) {
                refused(key.public_key(&crypto), "backend");
                continue;
            }
            let public = key.public_key(&crypto).unwrap();
            let published = public.to_public_jwk().unwrap();
            let document: Value = serde_json::from_str(&published).unwrap();
            assert_eq!(public_members(&document), public_members(&entry["jwk"]));
            assert_eq!((&document["use"], &document["kid"]), (&json!("enc"), &json!("k1")));
            round_trip(&key, &public, alg, &crypto);
            let keys = ClientKeys::new(crypto).decryption_key(key.clone()).unwrap();
            assert_eq!(kids(&keys, NOW), ["k1"]);
            read += 1;
        }
    }
    // 2 of RSA in one backend, 4 of curves in two.
    assert_eq!(read, 2 + 4 * 2);
}

#[test]
fn k22_thumbprints_name_the_halves() {
    // RFC 7638 3.1 and RFC 8037 A.3
    let rsa = include_str!("vectors/rfc7638.json").replace(r#""kid""#, r#""was""#);
    let okp = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    for (jwk, algorithm, due) in [
        (&*rsa, Algorithm::RS256, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        (okp, Algorithm::EdDSA, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ] {
        let public = Jwk::from_json(jwk.as_bytes(), &Limits::default()).unwrap();
        let key = SigningKey::remote("a-vault", algorithm, None).unwrap();
        assert_eq!((key.key_id(), key.public_jwk()), (None, None));
        let key = key.with_public_jwk(&public).unwrap();
        assert_eq!((key.key_id(), kid(&key)), (Some(due), due.to_owned()));
    }
    let rsa = rsa.replace(r#""alg""#, r#""meant""#);
    let public = EncryptionKey::from_json(rsa.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(public.thumbprint().unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}
