//! Which keys are keys, and which of them is taken.

use relying_party::{
    Error,
    error::{ApiMisuse, ErrorKind},
    jose::{
        backend::Crypto,
        encrypt::{JweHeader, encrypt},
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, SpareKey, UndecryptedJwe},
        jwk::{DecryptionKey, EncryptionKey, Jwk, JwkProblem},
    },
    limits::Limits,
};
use serde_json::{Value, json};

use crate::bench::{Draws, backends, code, direct, encode, own, shared, spare};

fn vectors() -> Vec<Value> {
    serde_json::from_str(include_str!("../vectors/jwe.json")).unwrap()
}

/// What is wrong with a key to decrypt with.
#[track_caller]
fn problem(made: Result<DecryptionKey, Error>) -> Option<JwkProblem> {
    let error = made.err()?;
    assert_eq!(error.code(), "misuse.decryption_key");
    match error.kind() {
        ErrorKind::Misuse(ApiMisuse::DecryptionKey(problem)) => Some(*problem),
        _ => panic!("{error:?}"),
    }
}

/// What comes of a key after a change to its JWK.
fn changed(at: usize, change: impl Fn(&mut Value)) -> Option<JwkProblem> {
    let mut jwk = vectors()[at]["jwk"].clone();
    change(&mut jwk);
    problem(DecryptionKey::from_jwk(jwk.to_string().as_bytes()))
}

#[test]
fn e19_a_key_for_signatures_decrypts_nothing() {
    for at in [0, 3, 4, 5] {
        for (name, value) in [
            ("use", json!("sig")),
            ("key_ops", json!(["sign"])),
            ("key_ops", json!([])),
            ("alg", json!("RS256")),
            ("alg", json!("RSA1_5")),
        ] {
            let problem = changed(at, |jwk| jwk[name] = value.clone());
            assert_eq!(problem, Some(JwkProblem::AnotherUse), "{at} {name} {value}");
        }
        for (name, value) in [
            ("use", json!("enc")),
            ("key_ops", json!(["unwrapKey", "deriveKey"])),
            ("key_ops", json!(["deriveBits", "decrypt"])),
        ] {
            assert_eq!(changed(at, |jwk| jwk[name] = value.clone()), None, "{at} {name} {value}");
        }
    }
    // And the other way round.
    let public = json!({"kty": "OKP", "crv": "Ed25519", "use": "sig",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})
    .to_string();
    let parse = |text: &str| EncryptionKey::from_json(text.as_bytes(), &Limits::default()).err();
    assert_eq!(parse(&public), Some(JwkProblem::AnotherUse));
    assert_eq!(parse(&public.replace("sig", "enc")), Some(JwkProblem::UnknownKind));
    let jwk = vectors()[3]["jwk"].to_string();
    let verifying = Jwk::from_json(jwk.as_bytes(), &Limits::default()).unwrap();
    assert!(!verifying.verifies(relying_party::jose::algorithm::Algorithm::ES384));
    assert_eq!(parse(&jwk), None);
    let signs = jwk.replace(r#""use":"enc""#, r#""use":"sig""#);
    let signs = Jwk::from_json(signs.as_bytes(), &Limits::default()).unwrap();
    assert!(signs.verifies(relying_party::jose::algorithm::Algorithm::ES384));
}

#[test]
fn k01_k02_keys_that_are_none() {
    use JwkProblem::{Malformed, OutOfBounds, UnknownKind};
    for name in ["n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        let problem = changed(0, |jwk| drop(jwk.as_object_mut().unwrap().remove(name)));
        assert_eq!(problem, Some(Malformed), "{name}");
    }
    assert_eq!(changed(0, |jwk| jwk["oth"] = json!([])), Some(UnknownKind));
    assert_eq!(changed(0, |jwk| jwk["p"] = json!("AA")), Some(OutOfBounds));
    assert_eq!(changed(0, |jwk| jwk["d"] = json!(encode([1; 257]))), Some(OutOfBounds));
    assert_eq!(changed(0, |jwk| jwk["n"] = json!(encode([0xff; 255]))), Some(OutOfBounds));
    for (name, value) in
        [("d", json!("AA")), ("x", json!("AA")), ("d", json!(7)), ("y", json!("!"))]
    {
        assert_eq!(changed(3, |jwk| jwk[name] = value.clone()), Some(Malformed), "{name} {value}");
    }
    assert_eq!(changed(3, |jwk| jwk["crv"] = json!("secp256k1")), Some(UnknownKind));
    assert_eq!(changed(3, |jwk| jwk["kty"] = json!("new")), Some(UnknownKind));
    for length in [0, 1, 15, 65] {
        let problem = changed(1, |jwk| jwk["k"] = json!(encode(vec![7; length])));
        assert_eq!(problem, Some(OutOfBounds), "{length}");
    }
    for length in [16, 24, 32, 48, 64] {
        assert_eq!(changed(1, |jwk| jwk["k"] = json!(encode(vec![7; length]))), None);
    }
}

#[test]
fn z03_a_key_shows_its_kid_and_nothing_else() {
    for vector in vectors() {
        let key = own(&vector["jwk"].to_string());
        let shown = format!("{key:?} {:?}", key.key());
        for name in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            if let Some(secret) = vector["jwk"][name].as_str() {
                assert!(!shown.contains(secret), "{name}");
            }
        }
        assert!(!shown.contains("d: KeyOctets(["), "{shown}");
    }
}

const KEYS: [&str; 3] = ["one", "two", "three"];

fn named(kid: &str, octet: u8) -> DecryptionKey {
    own(&json!({"kty": "oct", "kid": kid, "k": encode([octet; 16])}).to_string())
}

fn decrypt(token: &str, keys: &[DecryptionKey]) -> Result<Vec<u8>, &'static str> {
    let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A128Gcm);
    let [crypto, _] = backends();
    UndecryptedJwe::parse(token, alg, enc, Contents::Claims, &Limits::default())
        .and_then(|jwe| jwe.decrypt(keys, &crypto, spare()))
        .map(|jwe| jwe.payload().to_vec())
        .map_err(code)
}

#[test]
fn e17_the_kid_chooses_among_the_own_keys_that_fit_and_no_others() {
    let [one, two, three] = [named(KEYS[0], 1), named(KEYS[1], 7), named(KEYS[2], 3)];
    let all = [one.clone(), two.clone(), three];
    let token = |kid: &str| direct(&format!(r#","kid":"{kid}""#));
    assert_eq!(decrypt(&token("two"), &all).as_deref(), Ok(&b"{}"[..]));
    assert_eq!(decrypt(&direct(""), &all).as_deref(), Ok(&b"{}"[..]));
    // A key without a name answers to each.
    assert_eq!(decrypt(&token("any"), &[one.clone(), shared(16)]).as_deref(), Ok(&b"{}"[..]));
    for kid in ["one", "TWO", "two ", "", "four"] {
        assert_eq!(decrypt(&token(kid), &all), Err("token.decryption"), "{kid}");
    }
    assert_eq!(decrypt(&token("two"), &[]), Err("token.decryption"));
    // The right name, but meant for another algorithm.
    let wrapping = json!({"kty": "oct", "kid": "two", "alg": "A128KW", "k": encode([7; 16])});
    let verdict = decrypt(&token("two"), &[own(&wrapping.to_string())]);
    assert_eq!(verdict, Err("token.decryption"));
}

#[test]
fn k05_without_a_kid_at_most_four_keys_are_tried() {
    let mut keys = vec![named("wrong", 1); 3];
    keys.push(named("right", 7));
    assert_eq!(decrypt(&direct(""), &keys).as_deref(), Ok(&b"{}"[..]));
    keys.insert(0, named("wrong", 2));
    assert_eq!(decrypt(&direct(""), &keys), Err("token.decryption"));
    assert_eq!(decrypt(&direct(r#","kid":"right""#), &keys).as_deref(), Ok(&b"{}"[..]));
}

fn header(algorithm: KeyManagement) -> JweHeader {
    JweHeader::new(algorithm, ContentEncryption::A256Gcm, Contents::Jws)
}

fn refused(algorithm: KeyManagement, key: &EncryptionKey, crypto: &Crypto) -> &'static str {
    encrypt(b"x", header(algorithm), key, crypto, &mut Draws::default()).unwrap_err().code()
}

#[test]
fn what_does_not_fit_is_not_encrypted() {
    let [crypto, _] = backends();
    let key = shared(16).encryption_key().unwrap();
    for algorithm in [KeyManagement::A256Kw, KeyManagement::RsaOaep, KeyManagement::EcdhEs] {
        assert_eq!(refused(algorithm, &key, &crypto), "misuse.encryption", "{algorithm}");
    }
    let sent = encrypt(b"x", header(KeyManagement::A128Kw), &key, &crypto, &mut Draws::default());
    let sent = sent.unwrap();
    assert!(sent.starts_with(&encode(r#"{"alg":"A128KW","enc":"A256GCM","cty":"JWT"}"#)));
    // What the owner says of it counts here as well.
    let rsa = |alg: &str| {
        let jwk = json!({"kty": "RSA", "alg": alg, "n": vectors()[0]["jwk"]["n"], "e": "AQAB"});
        EncryptionKey::from_json(jwk.to_string().as_bytes(), &Limits::default()).unwrap()
    };
    let (one, other) = (rsa("RSA-OAEP"), rsa("RSA-OAEP-256"));
    for crypto in backends() {
        assert_eq!(refused(KeyManagement::RsaOaep, &other, &crypto), "misuse.encryption");
        assert_eq!(refused(KeyManagement::RsaOaep256, &one, &crypto), "misuse.encryption");
        let header = header(KeyManagement::RsaOaep);
        assert!(encrypt(b"x", header, &one, &crypto, &mut Draws::default()).is_ok());
    }
    // A point that is not on its curve, in every backend.
    let off = json!({"kty": "EC", "crv": "P-256", "x": encode([1; 32]), "y": encode([2; 32])});
    let off = EncryptionKey::from_json(off.to_string().as_bytes(), &Limits::default()).unwrap();
    for crypto in backends() {
        assert_eq!(refused(KeyManagement::EcdhEs, &off, &crypto), "misuse.encryption");
    }
    let zero = json!({"kty": "OKP", "crv": "X25519", "x": encode([0; 32])}).to_string();
    let zero = EncryptionKey::from_json(zero.as_bytes(), &Limits::default()).unwrap();
    for crypto in backends() {
        assert_eq!(refused(KeyManagement::EcdhEsA128Kw, &zero, &crypto), "misuse.encryption");
    }
}

#[test]
fn a_backend_without_key_management_has_shared_keys_only() {
    #[derive(Debug)]
    struct Nothing;
    impl relying_party::jose::backend::SignatureVerifier for Nothing {
        fn supports(&self, _: relying_party::jose::algorithm::Algorithm) -> bool {
            false
        }
        fn prepare(
            &self,
            _: &relying_party::jose::jwk::PublicKey,
            _: relying_party::jose::algorithm::Algorithm,
        ) -> Result<
            Box<dyn relying_party::jose::backend::VerifyingKey>,
            relying_party::jose::backend::BadKey,
        > {
            Err(relying_party::jose::backend::BadKey)
        }
    }
    let crypto = Crypto::new(Nothing);
    for algorithm in KeyManagement::ALL {
        assert_eq!(crypto.decrypts(*algorithm), algorithm.is_symmetric(), "{algorithm}");
        assert_eq!(crypto.encrypts(*algorithm), algorithm.is_symmetric(), "{algorithm}");
    }
    let jwk = vectors()[4]["jwk"].to_string();
    let peer = EncryptionKey::from_json(jwk.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(refused(KeyManagement::EcdhEs, &peer, &crypto), "misuse.encryption");
    let vector = &vectors()[4];
    let token = vector["token"].as_str().unwrap();
    let (alg, enc) = (KeyManagement::EcdhEs, ContentEncryption::A128CbcHs256);
    let key = own(&jwk);
    assert_eq!(crate::bench::open(token, &key, alg, enc, &crypto), Err("token.decryption"));
    let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A128Gcm);
    let opened = crate::bench::open(&direct(""), &shared(16), alg, enc, &crypto);
    assert_eq!(opened.as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn entropy_that_fails_or_stands_still() {
    let [crypto, _] = backends();
    let jwk = vectors()[4]["jwk"].to_string();
    let peer = EncryptionKey::from_json(jwk.as_bytes(), &Limits::default()).unwrap();
    let encrypt = |list: Vec<Vec<u8>>| -> Result<String, Error> {
        let header = header(KeyManagement::EcdhEs);
        relying_party::jose::encrypt::encrypt(b"x", header, &peer, &crypto, &mut Draws::of(list))
    };
    // Not below the order of the curve: drawn again, but not for ever.
    assert!(encrypt(vec![vec![0xff; 32]; 7]).is_ok());
    assert_eq!(encrypt(vec![vec![0xff; 32]; 8]).unwrap_err().code(), "entropy");
    assert_eq!(encrypt(vec![vec![0; 32]]).unwrap_err().code(), "entropy");
    let mut zeros = Draws::of([vec![1; 32], vec![0; 32]]);
    assert_eq!(SpareKey::draw(&mut zeros).unwrap_err().code(), "entropy");
}

/// Keys as OpenSSL 3 writes them.
#[test]
fn keys_in_pem() {
    let text = include_str!("../vectors/keys.pem.txt");
    let mut seen = 0;
    for entry in text.split("# ").filter(|entry| !entry.trim().is_empty()) {
        let (name, pem) = entry.split_once('\n').unwrap();
        let (expected, rest) = pem.split_once('\n').unwrap();
        let key = DecryptionKey::from_pem(rest.as_bytes(), Some("kid"));
        match expected.strip_prefix("fits ") {
            Some(algorithm) => {
                let algorithm = KeyManagement::parse(algorithm).unwrap();
                let key = key.unwrap();
                assert!(key.decrypts(algorithm, ContentEncryption::A128Gcm), "{name}");
                assert_eq!(key.kid(), Some("kid"));
                for length in (0..rest.trim().len()).step_by(97) {
                    assert!(
                        DecryptionKey::from_pem(&rest.trim().as_bytes()[..length], None).is_err()
                    );
                }
            }
            None => assert_eq!(format!("{:?}", problem(key).unwrap()), expected, "{name}"),
        }
        seen += 1;
    }
    assert_eq!(seen, 12);
    let good = text.split("fits ECDH-ES\n").nth(1).unwrap().split("# ").next().unwrap();
    assert!(DecryptionKey::from_pem(good.as_bytes(), None).is_ok());
    // RFC 7468 2: as `openssl ecparam -genkey` and `openssl pkcs12` write it.
    for before in [
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
        "Bag Attributes\n    friendlyName: one\nKey Attributes: <No Attributes>\n",
    ] {
        let text = format!("{before}{}", good.trim());
        assert!(DecryptionKey::from_pem(text.as_bytes(), None).is_ok(), "{before}");
        assert!(DecryptionKey::from_pem(before.as_bytes(), None).is_err(), "{before}");
    }
    for bad in [
        // Three octets behind the key.
        good.replace("-----END", "AAAA-----END"),
        good.replace("-----END PRIVATE", "-----END RSA PRIVATE"),
        good.replace("PRIVATE KEY", "EC PRIVATE KEY"),
        good.replace("-----BEGIN", "-----BEGIN-----BEGIN"),
        good.replace("\n-----END", "!\n-----END"),
        format!("{good}{good}"),
        String::new(),
    ] {
        let found = problem(DecryptionKey::from_pem(bad.as_bytes(), None));
        assert_eq!(found, Some(JwkProblem::Malformed), "{bad}");
    }
    let huge = format!("-----BEGIN PRIVATE KEY-----\n{}\n", "A".repeat(17_000));
    assert_eq!(
        problem(DecryptionKey::from_pem(huge.as_bytes(), None)),
        Some(JwkProblem::OutOfBounds)
    );
}
