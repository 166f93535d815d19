//! The client's own keys for what comes encrypted, looked at when the client is made (threats E10, E19, K12).
#![cfg(feature = "josekit")]

use relying_party::{
    crypto::{josekit, rustcrypto_generate_signing_key},
    jose::{
        algorithm::Algorithm,
        encryption::{
            ContentEncryption::{self, *},
            KeyManagement::{self, *},
        },
        generated_key::GeneratedKey,
    },
};
use relying_party_tests::{
    encrypted::{found, own_key, registered, world},
    op::{base64url, client_decryption_jwks},
};
use serde_json::json;

#[test]
fn k12_halves_that_do_not_belong_together_are_found_when_the_client_is_made() {
    for (pair, kty) in
        [((RsaOaep256, A256Gcm), "RSA"), ((RsaOaep, A256Gcm), "RSA"), ((EcdhEs, A128Gcm), "EC")]
    {
        let jwk = client_decryption_jwks().into_iter().find(|jwk| jwk["kty"] == kty).unwrap();
        let mut mixed = jwk.clone();
        match kty {
            // As many octets, and another number.
            "RSA" => mixed["d"] = jwk["p"].clone(),
            _ => mixed["d"] = base64url(&[7; 32]).into(),
        }
        if kty == "RSA" {
            (mixed["dp"], mixed["dq"]) = (jwk["dq"].clone(), jwk["dp"].clone());
        }
        let with = |jwk: &serde_json::Value| {
            let keys = vec![own_key(jwk)];
            found(&mut world(pair), josekit(), |own| registered(own, pair).decryption_keys(keys))
        };
        assert!(with(&jwk).is_ok());
        let error = with(&mixed).unwrap_err();
        assert_eq!(error.code(), "misuse.client_keys");
        assert!(error.to_string().contains("halves"), "{error}");
    }
}

#[test]
fn e19_the_pair_that_proves_the_client_decrypts_nothing() {
    let pair = (EcdhEs, A128Gcm);
    let mut env = world(pair).env;
    let [one, two] =
        [(); 2].map(|()| rustcrypto_generate_signing_key(Algorithm::ES256, &mut env).unwrap());
    let decrypting = |made: &GeneratedKey| {
        let mut jwk: serde_json::Value = serde_json::from_str(&made.to_private_jwk()).unwrap();
        jwk.as_object_mut().unwrap().retain(|name, _| !["use", "alg", "kid"].contains(&&**name));
        own_key(&jwk)
    };
    let with = |signs: &GeneratedKey, decrypts: &GeneratedKey| {
        found(&mut world(pair), josekit(), |own| {
            let own = registered(own, pair).decryption_keys(vec![decrypting(decrypts)]);
            own.private_key_jwt(signs.signing_key().clone())
        })
    };
    let error = with(&one, &one).unwrap_err();
    assert_eq!(error.code(), "misuse.client_keys");
    assert!(error.to_string().contains("sign and to decrypt"), "{error}");
    with(&one, &two).unwrap();
}

/// OIDC Core 16.19: out of a short secret comes a key that can be found by trying.
#[test]
fn e10_a_secret_too_short_to_be_a_key() {
    let with = |pair: (KeyManagement, ContentEncryption), secret: &str, shared: bool| {
        found(&mut world(pair), josekit(), |own| {
            let shared =
                shared.then(|| own_key(&json!({ "kty": "oct", "k": base64url(&[7; 32]) })));
            let own = own.client_secret(secret).unwrap();
            registered(own, pair).decryption_keys(shared.into_iter().collect())
        })
    };
    let (short, long) = ("fifteen octets!", "sixteen octets!!");
    for pair in [(A128Kw, A128Gcm), (A256Kw, A128Gcm), (A256GcmKw, A128Gcm), (Dir, A128CbcHs256)] {
        let error = with(pair, short, false).unwrap_err();
        assert_eq!(error.code(), "misuse.short_secret", "{pair:?}");
        assert!(error.hint().is_some());
        with(pair, long, false).unwrap();
    }
    // It is not the secret out of which these are made.
    with((A256Kw, A128Gcm), short, true).unwrap();
    let pair = (EcdhEs, A128Gcm);
    let client = found(&mut world(pair), josekit(), |own| {
        registered(own.client_secret(short).unwrap(), pair)
    });
    client.unwrap();
}
