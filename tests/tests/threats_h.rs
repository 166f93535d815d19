//! Threats H01 to H06, H20 and H21: who chooses the algorithm, and which key may be its key.
//!
//! H07 to H19, the other header parameters, are in `threats_h_header.rs`. H01's exception, a client registered for
//! `none`, does not exist: the library has no such algorithm. H03 also holds by type, since the reader of a public
//! key never makes an HMAC key. H21 concerns the answers of a back-channel logout, which the library does not have;
//! here its errors are held to one wording for every bad signature.

use hmac::{Hmac, KeyInit, Mac};
use relying_party::{Registration, error::ErrorKind, jose::algorithm::Algorithm};
use relying_party_tests::{
    op::{Alg, CLIENTS, IdTokenParts, Op, OpConfig, OpRequest, base64url},
    scenario::{After, Outcome, Scenario, good_id_token, set_member, sign},
};
use rsa::{BigUint, RsaPublicKey, pkcs1::EncodeRsaPublicKey, pkcs8::EncodePublicKey};
use serde_json::Value;
use sha2::{Sha256, Sha384, Sha512};

fn login(client: &str) -> Scenario {
    Scenario::new().client(client)
}

/// Refused at the ID token, with the key set read or not, as the client's algorithm needs it.
#[track_caller]
fn refused(outcome: Outcome, client: &str, code: &str) {
    match client.starts_with("hs") {
        true => drop(outcome.refused_without_keys(code, After::Token)),
        false => drop(outcome.refused(code, After::Token)),
    }
}

/// The signature of a token is exchanged.
fn with_signature(token: &str, signature: &[u8]) -> String {
    let (signed, _) = token.rsplit_once('.').unwrap();
    format!("{signed}.{}", base64url(signature))
}

#[test]
fn h01_none_in_every_spelling() {
    for (text, code) in [
        (r#""none""#, "token.algorithm"),
        (r#""None""#, "token.algorithm"),
        (r#""NONE""#, "token.algorithm"),
        (r#""nOnE""#, "token.algorithm"),
        (r#""n\u006fne""#, "token.algorithm"),
        (r#"" none""#, "token.algorithm"),
        (r#""none ""#, "token.algorithm"),
        (r#""none\u0000""#, "token.algorithm"),
        (r#""none\u0000EdDSA""#, "token.algorithm"),
        (r#""EdDSA\u0000""#, "token.algorithm"),
        (r#""EdDSA ""#, "token.algorithm"),
        (r#""EDDSA""#, "token.algorithm"),
        (r#""eddsa""#, "token.algorithm"),
        (r#""""#, "token.algorithm"),
        ("null", "token.header"),
        (r#"["none"]"#, "token.header"),
        (r#"["EdDSA"]"#, "token.header"),
        (r#"["EdDSA","none"]"#, "token.header"),
        ("true", "token.header"),
        ("0", "token.header"),
        ("{}", "token.header"),
    ] {
        for signed in [true, false] {
            let outcome = login("eddsa").id_token(move |op, parts| {
                let (alg, mut header, payload) = good_id_token(op, parts);
                set_member(&mut header, "alg", text);
                let token = sign(op, alg, &header, &payload);
                if signed { token } else { with_signature(&token, b"") }
            });
            refused(outcome.run(), "eddsa", code);
        }
    }
    let missing = |header: &mut Vec<u8>, _: &mut Vec<u8>| *header = br#"{"kid":"x"}"#.to_vec();
    refused(login("eddsa").id_token_octets(missing).run(), "eddsa", "token.header");
    for text in [r#""EdDSA""#, r#""Ed25519""#, r#""\u0045dDSA""#] {
        login("eddsa").header("alg", text).run().accepted();
    }
}

#[test]
fn h01_h02_none_for_every_client() {
    for (client, _) in CLIENTS {
        for (kid, signature) in
            [(true, &b""[..]), (false, b""), (true, b"signature"), (false, &[0; 64])]
        {
            let outcome = login(client).id_token(move |op, parts| {
                let (alg, mut header, payload) = good_id_token(op, parts);
                if !kid {
                    header = b"{}".to_vec();
                }
                set_member(&mut header, "alg", "\"none\"");
                with_signature(&sign(op, alg, &header, &payload), signature)
            });
            refused(outcome.run(), client, "token.algorithm");
        }
        login(client).id_token_octets(|_, _| {}).run().accepted();
    }
}

#[test]
fn h02_an_empty_signature_under_a_real_name() {
    for (client, _) in CLIENTS {
        for (signature, code) in [(&b""[..], "token.syntax"), (b"\0", "token.signature")] {
            let outcome = login(client).id_token(move |op, parts| {
                let (alg, header, payload) = good_id_token(op, parts);
                with_signature(&sign(op, alg, &header, &payload), signature)
            });
            refused(outcome.run(), client, code);
        }
    }
}

/// The JWK that verifies this algorithm, as the provider publishes it.
fn published(op: &Op, alg: Alg) -> Value {
    let request = OpRequest::get(op.endpoint("/jwks").parse().unwrap());
    let set = op.handle(&request, 0).document();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().find(|key| key["kid"] == op.kid(alg)).unwrap().clone()
}

fn octets(jwk: &Value, name: &str) -> Vec<u8> {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    BASE64_URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap()
}

/// Whatever somebody could take for the secret who has only the public keys.
fn public_secrets(op: &Op) -> Vec<Vec<u8>> {
    let (rsa_jwk, ec_jwk) = (published(op, Alg::Rs256), published(op, Alg::Es256));
    let (n, e) = (octets(&rsa_jwk, "n"), octets(&rsa_jwk, "e"));
    let key = RsaPublicKey::new(BigUint::from_bytes_be(&n), BigUint::from_bytes_be(&e)).unwrap();
    let pkcs8 = key.to_public_key_pem(Default::default()).unwrap();
    let pkcs1 = key.to_pkcs1_pem(Default::default()).unwrap();
    let point = [&[4][..], &octets(&ec_jwk, "x"), &octets(&ec_jwk, "y")].concat();
    let text = |jwk: &Value, name: &str| jwk[name].as_str().unwrap().as_bytes().to_owned();
    vec![
        pkcs8.as_bytes().to_owned(),
        pkcs8.trim_end().as_bytes().to_owned(),
        pkcs8.replace('\n', "\r\n").into_bytes(),
        pkcs8.lines().filter(|line| !line.starts_with('-')).collect::<String>().into_bytes(),
        pkcs1.as_bytes().to_owned(),
        pkcs1.trim_end().as_bytes().to_owned(),
        key.to_public_key_der().unwrap().as_bytes().to_owned(),
        key.to_pkcs1_der().unwrap().as_bytes().to_owned(),
        rsa_jwk.to_string().into_bytes(),
        text(&rsa_jwk, "n"),
        text(&rsa_jwk, "kid"),
        n,
        ec_jwk.to_string().into_bytes(),
        text(&ec_jwk, "x"),
        octets(&ec_jwk, "x"),
        point,
        Vec::new(),
        vec![0; 32],
        b"hs256".to_vec(),
    ]
}

fn hmac(name: &str, secret: &[u8], input: &[u8]) -> Vec<u8> {
    fn tag<M: Mac + KeyInit>(secret: &[u8], input: &[u8]) -> Vec<u8> {
        let mut mac = <M as KeyInit>::new_from_slice(secret).unwrap();
        mac.update(input);
        mac.finalize().into_bytes().to_vec()
    }
    match name {
        "HS256" => tag::<Hmac<Sha256>>(secret, input),
        "HS384" => tag::<Hmac<Sha384>>(secret, input),
        _ => tag::<Hmac<Sha512>>(secret, input),
    }
}

/// A token whose header says `alg`, with an HMAC keyed with something public.
fn confused(op: &Op, parts: &IdTokenParts, alg: &str, hash: &str, secret: &[u8]) -> String {
    let (_, mut header, payload) = good_id_token(op, parts);
    set_member(&mut header, "alg", &format!("\"{alg}\""));
    let input = format!("{}.{}", base64url(&header), base64url(&payload));
    with_signature(&format!("{input}.x"), &hmac(hash, secret, input.as_bytes()))
}

#[test]
fn h03_a_public_key_is_no_secret() {
    let op = Op::new(OpConfig::default());
    for secret in public_secrets(&op) {
        for hash in ["HS256", "HS384", "HS512"] {
            for (client, registered) in [("rs256", "RS256"), ("es256", "ES256")] {
                for (alg, code) in [(hash, "token.algorithm"), (registered, "token.signature")] {
                    let secret = secret.clone();
                    let login = login(client)
                        .id_token(move |op, parts| confused(op, parts, alg, hash, &secret));
                    refused(login.run(), client, code);
                }
            }
            // A client that really uses an HMAC, at a provider that also has public keys.
            let (secret, client) = (secret.clone(), hash.to_lowercase());
            let login =
                login(&client).id_token(move |op, parts| confused(op, parts, hash, hash, &secret));
            refused(login.run(), &client, "token.signature");
        }
    }
    // The same way of signing with the true secret.
    let secret = op.config().clients.iter().find(|client| client.client_id == "hs256").unwrap();
    let secret = secret.client_secret.clone().unwrap();
    login("hs256")
        .id_token(move |op, parts| confused(op, parts, "HS256", "HS256", secret.as_bytes()))
        .run()
        .accepted();
}

#[test]
fn h03_a_published_symmetric_key_is_no_key() {
    let key = r#"{"kty":"oct","kid":"oct","alg":"HS256","use":"sig","k":"ZmFrZS1zZWNyZXQtZmFrZS1zZWNyZXQtZmFrZS1zZWNyZXQ"}"#;
    let forged = |client: &str| {
        login(client)
            .body("/jwks", move |body| *body = format!("{{\"keys\":[{key}]}}").into())
            .id_token(|op, parts| {
                let secret = b"fake-secret-fake-secret-fake-secret";
                let (_, mut header, payload) = good_id_token(op, parts);
                set_member(&mut header, "alg", "\"HS256\"");
                set_member(&mut header, "kid", "\"oct\"");
                let input = format!("{}.{}", base64url(&header), base64url(&payload));
                with_signature(&format!("{input}.x"), &hmac("HS256", secret, input.as_bytes()))
            })
    };
    refused(forged("rs256").run(), "rs256", "token.algorithm");
    refused(forged("hs256").run(), "hs256", "token.signature");
    // Beside the true keys it harms nobody.
    for client in ["rs256", "hs256"] {
        let more = login(client).body("/jwks", move |body| {
            let text = String::from_utf8(body.clone()).unwrap();
            *body = text.replace("{\"keys\":[", &format!("{{\"keys\":[{key},")).into();
            assert!(body.len() > text.len());
        });
        more.run().accepted();
    }
}

#[test]
fn h04_h05_only_the_registered_algorithm() {
    for (client, registered) in CLIENTS {
        for (_, signed) in CLIENTS {
            // Every token is good in itself: published key, or the client's own secret, and the right `alg`.
            let outcome = login(client).id_token(move |op, parts| {
                let (_, mut header, mut payload) = good_id_token(op, parts);
                set_member(&mut header, "alg", &format!("\"{}\"", signed.name()));
                if op.kid(signed).is_empty() {
                    header = format!("{{\"alg\":\"{}\"}}", signed.name()).into_bytes();
                } else {
                    set_member(&mut header, "kid", &format!("\"{}\"", op.kid(signed)));
                }
                let at_hash = signed.left_hash(&parts.access_token);
                set_member(&mut payload, "at_hash", &format!("\"{at_hash}\""));
                sign(op, signed, &header, &payload)
            });
            if signed == registered {
                outcome.run().accepted();
            } else {
                refused(outcome.run(), client, "token.algorithm");
            }
        }
    }
}

#[test]
fn h04_another_algorithm_under_the_registered_name() {
    for (client, registered) in CLIENTS {
        for (_, signed) in CLIENTS {
            let outcome = login(client).id_token(move |op, parts| {
                let (_, header, payload) = good_id_token(op, parts);
                sign(op, signed, &header, &payload)
            });
            if signed == registered {
                outcome.run().accepted();
            } else {
                refused(outcome.run(), client, "token.signature");
            }
        }
    }
}

#[test]
fn h06_discovery_widens_nothing() {
    let offers = |list: &'static str| {
        login("eddsa").body("/.well-known/openid-configuration", move |body| {
            set_member(body, "id_token_signing_alg_values_supported", list);
        })
    };
    for list in [r#"["none","HS256"]"#, r#"["none"]"#, r#"["HS256","RS256"]"#, "[]"] {
        let unsigned = offers(list).id_token(|op, parts| {
            let (_, _, payload) = good_id_token(op, parts);
            sign(op, Alg::None, br#"{"alg":"none"}"#, &payload)
        });
        refused(unsigned.run(), "eddsa", "token.algorithm");
        for (alg, header) in
            [(Alg::Hs256, br#"{"alg":"HS256"}"#), (Alg::Rs256, br#"{"alg":"RS256"}"#)]
        {
            let other = offers(list).id_token(move |op, parts| {
                let (_, _, payload) = good_id_token(op, parts);
                sign(op, alg, header, &payload)
            });
            refused(other.run(), "eddsa", "token.algorithm");
        }
        offers(list).run().accepted();
    }
}

#[test]
fn h20_no_hmac_without_a_secret() {
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let public = login("public")
            .registration(move |registration| registration.id_token_signed_response_alg(algorithm));
        public.run().refused("misuse.no_secret", After::Discovery);
    }
    let error = Registration::confidential("hs256", "", "https://rp.test/cb").unwrap_err();
    assert_eq!(error.code(), "misuse.characters");
    // A public client of RS256 is offered an HMAC under the empty secret.
    let empty = login("public").id_token(|op, parts| confused(op, parts, "HS256", "HS256", b""));
    refused(empty.run(), "public", "token.algorithm");
    login("public").run().accepted();

    // RFC 7518 3.2: at least as long as the hash.
    for (client, length, too_short) in
        [("hs256", 31, true), ("hs256", 32, false), ("hs512", 63, true)]
    {
        let outcome = login(client)
            .config(move |config| {
                let clients = config.clients.iter_mut();
                clients.for_each(|client| client.client_secret = Some("x".repeat(length)));
            })
            .run();
        match too_short {
            true => drop(outcome.refused("misuse.short_secret", After::Discovery)),
            false => drop(outcome.accepted()),
        }
    }
}

#[test]
fn h21_every_bad_signature_is_refused_alike() {
    for (client, alg) in CLIENTS {
        let mut texts = Vec::new();
        for bad in 0..5 {
            let outcome = login(client).id_token(move |op, parts| {
                let (_, header, payload) = good_id_token(op, parts);
                let token = sign(op, alg, &header, &payload);
                let mut signature = op.sign_with(alg, token.rsplit_once('.').unwrap().0.as_bytes());
                match bad {
                    0 => signature[0] ^= 1,
                    1 => *signature.last_mut().unwrap() ^= 1,
                    2 => drop(signature.pop()),
                    3 => signature.push(0),
                    _ => signature.fill(0),
                }
                with_signature(&token, &signature)
            });
            let outcome = outcome.run();
            let error = outcome.result.as_ref().unwrap_err().clone();
            assert!(matches!(error.kind(), ErrorKind::Token { .. }));
            texts.push(error.to_string());
            refused(outcome, client, "token.signature");
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        login(client).run().accepted();
    }
}

/// RFC 8812 3.2: in a list of a provider it harms nothing (this one has it), and as an algorithm it is none.
#[test]
fn h04_a20_es256k_is_no_algorithm() {
    assert_eq!(Algorithm::parse("ES256K"), None);
    for client in ["es256", "eddsa", "rs256"] {
        let outcome = login(client).header("alg", r#""ES256K""#).run();
        refused(outcome, client, "token.algorithm");
        login(client).run().accepted();
    }
}
