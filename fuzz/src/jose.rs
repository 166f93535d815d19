//! Compact tokens and key sets.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use relying_party::{
    crypto,
    jose::{
        algorithm::Algorithm,
        backend::{BadSignature, VerifyingKey},
        jwk::Jwk,
        jws::UnverifiedJws,
        key_set::KeySet,
    },
    limits::Limits,
    secret::ClientSecret,
};

const ALGORITHMS: [Algorithm; 14] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::ES512,
    Algorithm::EdDSA,
    Algorithm::Ed25519,
    Algorithm::HS256,
    Algorithm::HS384,
    Algorithm::HS512,
];

/// Takes everything for good: what is not refused by then is the key's own affair.
struct Accepts;

impl VerifyingKey for Accepts {
    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        Ok(())
    }
}

/// A token under each algorithm: its header agrees, no key is no signature, and no symmetric algorithm goes with a
/// public key or the other way round.
pub fn compact_jws(data: &[u8]) {
    let Ok(compact) = std::str::from_utf8(data) else { return };
    let limits = Limits::default();
    for algorithm in ALGORITHMS {
        let parse = || UnverifiedJws::parse(compact, algorithm, &["jwt"], &limits);
        let Ok(jws) = parse() else { continue };
        let parts: Vec<Vec<u8>> =
            compact.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
        let [header, payload, signature] = &parts[..] else { panic!("{} parts", parts.len()) };
        let header: serde_json::Value = serde_json::from_slice(header).unwrap();
        let named = Algorithm::parse(header["alg"].as_str().unwrap()).unwrap();
        assert!(named.same_as(algorithm) && jws.algorithm() == algorithm);
        assert_eq!(jws.kid(), header["kid"].as_str());
        for refused in ["crit", "b64", "enc", "zip"] {
            assert!(header.get(refused).is_none());
        }
        assert_eq!(format!("{jws:?}"), format!("UnverifiedJws({algorithm}, redacted)"));

        assert!(jws.verify(&[]).is_err());
        let believed = parse().unwrap().verify(&[Arc::new(Accepts)]);
        assert_eq!(believed.is_ok(), !algorithm.is_symmetric());
        assert!(believed.is_ok_and(|jws| jws.payload() == payload) || algorithm.is_symmetric());

        let good = algorithm == Algorithm::HS256 && {
            let mut mac =
                <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes()).unwrap();
            mac.update(compact.rsplit_once('.').unwrap().0.as_bytes());
            mac.finalize().into_bytes()[..] == signature[..]
        };
        let verified = parse().unwrap().verify_hmac(&ClientSecret::new(SECRET).unwrap());
        let longer = matches!(algorithm, Algorithm::HS384 | Algorithm::HS512);
        assert!(verified.is_ok() == good || longer);
    }
}

/// A set, each of its keys alone, and each key in the hands of a real backend.
pub fn jwk_set(data: &[u8]) {
    let limits = Limits::default();
    if let Ok(jwk) = Jwk::from_json(data, &limits) {
        key(&jwk);
    }
    let Ok(set) = KeySet::parse(data, &limits) else { return };
    let document: serde_json::Value = serde_json::from_slice(data).unwrap();
    let entries = document["keys"].as_array().unwrap();
    assert!(set.len() <= limits.keys_per_set && set.len() + set.skipped() <= entries.len());
    assert!(format!("{set:?}").len() < 6000);
    let crypto = crypto::rustcrypto();
    for algorithm in ALGORITHMS {
        let kids = entries.iter().map(|entry| entry["kid"].as_str()).take(4);
        for kid in kids.chain([None, Some("no such key")]) {
            let candidates = set.candidates(kid, algorithm, &crypto, limits.key_candidates);
            assert!(candidates.len() <= limits.key_candidates);
            assert!(candidates.is_empty() || !algorithm.is_symmetric());
            assert!(kid.is_none_or(|kid| set.contains(kid) || candidates.is_empty()));
            for candidate in candidates {
                for length in [0, 63, 64, 96, 132, 256] {
                    // Whoever chose the key may know a signature; nobody may crash by it.
                    let _ = candidate.verify(b"message", &vec![1; length]);
                }
            }
        }
    }
    for entry in entries {
        if let Ok(jwk) = Jwk::from_json(entry.to_string().as_bytes(), &limits) {
            assert!(jwk.kid().is_none_or(|kid| set.contains(kid)));
            key(&jwk);
        }
    }
}

fn key(jwk: &Jwk) {
    assert_eq!(jwk.thumbprint().len(), 43);
    let families: Vec<Algorithm> =
        ALGORITHMS.into_iter().filter(|algorithm| jwk.verifies(*algorithm)).collect();
    assert!(families.iter().all(|algorithm| !algorithm.is_symmetric()) && families.len() <= 6);
}

const SECRET: &str = "fake-secret-0123456789-0123456789";
