//! Signing keys of both backends: published keys sign as their specification says, whatever signs verifies, and what is
//! no key of its algorithm is refused when it is read.
#![cfg(all(feature = "josekit", feature = "rustcrypto"))]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::{
    Error,
    crypto::{
        josekit, josekit_signing_key, josekit_signing_key_from_pem, rustcrypto,
        rustcrypto_signing_key, rustcrypto_signing_key_from_pem,
    },
    jose::{algorithm::Algorithm, key_set::KeySet, signer::SigningKey},
    limits::Limits,
};
use serde_json::{Value, json};

type FromJwk = fn(&[u8], Algorithm) -> Result<SigningKey, Error>;
type FromPem = fn(&[u8], Algorithm, Option<&str>) -> Result<SigningKey, Error>;

const FROM_JWK: [FromJwk; 2] = [josekit_signing_key, rustcrypto_signing_key];
const FROM_PEM: [FromPem; 2] = [josekit_signing_key_from_pem, rustcrypto_signing_key_from_pem];
/// All there are; the pure one knows no RSA.
const RSA: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("vectors/signing.json")).unwrap()
}

fn pems() -> Vec<Value> {
    serde_json::from_str(include_str!("vectors/private_pem.json")).unwrap()
}

fn algorithm(name: &Value) -> Algorithm {
    Algorithm::parse(name.as_str().unwrap()).unwrap()
}

/// Good in every backend.
fn verifies(jwk: &Value, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let mut public = jwk.clone();
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        public.as_object_mut().unwrap().remove(name);
    }
    let set = json!({ "keys": [public] }).to_string();
    let keys = KeySet::parse(set.as_bytes(), &Limits::default()).unwrap();
    [josekit(), rustcrypto()].iter().all(|crypto| {
        let candidates = keys.candidates(None, algorithm, crypto, 4);
        assert_eq!(candidates.len(), 1);
        candidates[0].verify(message, signature).is_ok()
    })
}

fn code(made: Result<SigningKey, Error>) -> Option<&'static str> {
    made.err().map(|error| error.code())
}

const REFUSED: Option<&str> = Some("misuse.signing_key");

#[test]
fn published_keys_sign_as_their_specification_says() {
    let mut exact = 0;
    for vector in vectors() {
        let (jwk, algorithm) = (vector["jwk"].to_string(), algorithm(&vector["alg"]));
        let (message, due) = vector["token"].as_str().unwrap().rsplit_once('.').unwrap();
        for (pure, from_jwk) in FROM_JWK.into_iter().enumerate() {
            let made = from_jwk(jwk.as_bytes(), algorithm);
            if pure == 1 && RSA.contains(&algorithm.as_str()) {
                assert_eq!(code(made), REFUSED);
                continue;
            }
            let signature = made.unwrap().sign(message.as_bytes()).unwrap().unwrap();
            assert!(verifies(&vector["jwk"], algorithm, message.as_bytes(), &signature));
            assert!(!verifies(&vector["jwk"], algorithm, b"another message", &signature));
            if vector["deterministic"] == true {
                assert_eq!(URL_SAFE_NO_PAD.encode(&signature), due, "{}", vector["name"]);
                exact += 1;
            }
        }
    }
    assert_eq!(exact, 3, "RS256 in one backend, EdDSA in both");
}

#[test]
fn keys_from_pem_sign_with_every_algorithm() {
    let mut signed = 0;
    for entry in pems() {
        let pem = entry["pem"].as_str().unwrap().as_bytes();
        for name in entry["algs"].as_array().unwrap() {
            let algorithm = algorithm(name);
            for (pure, from_pem) in FROM_PEM.into_iter().enumerate() {
                let made = from_pem(pem, algorithm, Some("k1"));
                if pure == 1 && entry["pure"] == false {
                    assert_eq!(code(made), REFUSED, "{} {name}", entry["name"]);
                    continue;
                }
                let key =
                    made.unwrap_or_else(|error| panic!("{} {name} {pure}: {error}", entry["name"]));
                assert_eq!((key.algorithm(), key.key_id()), (algorithm, Some("k1")));
                let signature = key.sign(b"message").unwrap().unwrap();
                assert!(verifies(&entry["jwk"], algorithm, b"message", &signature), "{entry}");
                signed += 1;
            }
        }
    }
    assert_eq!(signed, 23);
}

/// RFC 6979 in pure Rust, RFC 8032 in both: the same message, the same signature.
#[test]
fn l5_deterministic_signatures() {
    for vector in vectors() {
        let (jwk, algorithm) = (vector["jwk"].to_string(), algorithm(&vector["alg"]));
        if let Ok(key) = rustcrypto_signing_key(jwk.as_bytes(), algorithm) {
            assert_eq!(key.sign(b"x").unwrap().unwrap(), key.sign(b"x").unwrap().unwrap());
        }
    }
}

#[test]
fn a09_keys_that_are_too_small_or_of_another_kind_are_refused() {
    for entry in pems() {
        let pem = entry["pem"].as_str().unwrap().as_bytes();
        let own = entry["algs"].as_array().unwrap();
        for name in RSA.iter().chain(&["ES256", "ES384", "ES512", "EdDSA", "HS256"]) {
            if own.iter().any(|own| own == name) {
                continue;
            }
            for from_pem in FROM_PEM {
                let made = from_pem(pem, Algorithm::parse(name).unwrap(), None);
                assert_eq!(code(made), REFUSED, "{} with {name}", entry["name"]);
            }
        }
    }
    for from_pem in FROM_PEM {
        for text in ["", "no PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
        {
            assert_eq!(code(from_pem(text.as_bytes(), Algorithm::ES256, None)), REFUSED);
            assert_eq!(code(from_pem(text.as_bytes(), Algorithm::EdDSA, None)), REFUSED);
        }
    }
}

#[test]
fn what_the_owner_of_a_key_says_of_it_counts() {
    let vector = vectors().into_iter().find(|vector| vector["alg"] == "ES256").unwrap();
    let with = |name: &str, value: Value| {
        let mut jwk = vector["jwk"].clone();
        jwk[name] = value;
        jwk.to_string()
    };
    for from_jwk in FROM_JWK {
        for (name, value) in [
            ("alg", json!("ES256")),
            ("use", json!("sig")),
            ("key_ops", json!(["sign"])),
            ("kid", json!("k1")),
            ("x5t", json!("ignored")),
        ] {
            let key = from_jwk(with(name, value).as_bytes(), Algorithm::ES256).unwrap();
            assert_eq!(key.key_id(), (name == "kid").then_some("k1"));
        }
        for (name, value) in [
            ("alg", json!("ES384")),
            ("alg", json!("ECDH-ES")),
            ("alg", json!(7)),
            ("use", json!("enc")),
            ("key_ops", json!(["verify"])),
            ("kty", json!("oct")),
            ("d", Value::Null),
            ("d", json!("not base64url!")),
            ("d", json!("AA")),
            ("d", json!("")),
            ("x", json!("AA")),
        ] {
            let made = from_jwk(with(name, value.clone()).as_bytes(), Algorithm::ES256);
            assert_eq!(code(made), REFUSED, "{name} {value}");
        }
        assert_eq!(code(from_jwk(b"[]", Algorithm::ES256)), REFUSED);
        let twice = r#"{"kty":"EC","kty":"EC"}"#;
        assert_eq!(code(from_jwk(twice.as_bytes(), Algorithm::ES256)), REFUSED);
    }
}

#[test]
fn z03_private_keys_are_never_shown() {
    for vector in vectors() {
        let (jwk, algorithm) = (vector["jwk"].to_string(), algorithm(&vector["alg"]));
        let key = josekit_signing_key(jwk.as_bytes(), algorithm).unwrap();
        let shown = format!("{key:?}");
        assert!(!shown.contains(&vector["jwk"]["d"].as_str().unwrap()[..8]), "{shown}");
        assert!(shown.contains(algorithm.as_str()));
        let error =
            rustcrypto_signing_key(jwk.replace("\"d\":\"", "\"d\":\"!").as_bytes(), algorithm);
        let shown = format!("{:?}", error.unwrap_err());
        assert!(!shown.contains(&vector["jwk"]["d"].as_str().unwrap()[..8]), "{shown}");
    }
}
