//! Sealed cookies (threats N15, N16): only the keys that sealed open, for the name that was sealed for, and nothing that
//! was changed.
#![cfg(feature = "encryption")]

mod draws;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use draws::{Draws, env};
use relying_party::{
    Error, PendingLogin,
    error::{Blame, ErrorKind},
    flow::{pending_authorization::PendingAuthorization, sealed::cookie_name},
    jose::{
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, SpareKey, UndecryptedJwe},
        jwk::DecryptionKey,
        seal::{MAX_SEALED, SealKey, SealKeys},
    },
    limits::Limits,
    secret::State,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const NAME: &str = "__Host-login-one";

fn key(seed: u8) -> SealKey {
    SealKey::from_bytes(&Sha256::digest([seed])).unwrap()
}

fn keys() -> SealKeys {
    SealKeys::new(key(1))
}

/// As a start makes them, with a scope of this length.
fn document(scope: usize) -> Value {
    json!({
        "acr": [], "client": "my-app", "created": 1_800_000_000_000_i64, "iss": "https://op.test",
        "max_age": null, "mode": "query", "nonce": "fake-nonce", "redirect": "https://rp.test/cb",
        "scope": "s".repeat(scope), "state": "fake-state", "sub": null,
        "verifier": "fake-verifier-fake-verifier-fake-verifier-43",
    })
}

fn frame(text: &str) -> Vec<u8> {
    let sum = Sha256::new_with_prefix([1]).chain_update(text).finalize();
    [&[1], &sum[..8], text.as_bytes()].concat()
}

fn login(scope: usize) -> PendingLogin {
    PendingLogin::from_bytes(&frame(&document(scope).to_string())).unwrap()
}

fn authorization() -> PendingAuthorization {
    let mut document = document(1);
    let members = document.as_object_mut().unwrap();
    members.remove("nonce");
    members.insert("without_nonce".to_owned(), json!("yes"));
    members.insert("kind".to_owned(), json!("authorization"));
    PendingAuthorization::from_bytes(&frame(&document.to_string())).unwrap()
}

fn sealed() -> String {
    login(6).seal(&keys(), NAME, &mut env()).unwrap()
}

#[track_caller]
fn refused(sealed: &str, keys: &SealKeys, name: &str, code: &str) -> Error {
    let error = PendingLogin::open(sealed, keys, name).unwrap_err();
    assert_eq!(error.code(), code, "{sealed}");
    assert_eq!(error.blame(), Blame::Visitor);
    assert!(sealed.len() < 40 || !format!("{error:?}").contains(sealed));
    error
}

#[test]
fn n15_what_was_sealed_opens() {
    let (login, sealed) = (login(6), sealed());
    let opened = PendingLogin::open(&sealed, &keys(), NAME).unwrap();
    assert_eq!(opened.to_bytes(), login.to_bytes());
    // RFC 6265 4.1.1: nothing that a cookie cannot hold.
    assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    for secret in ["fake-verifier", "fake-state", "fake-nonce"] {
        let encoded = URL_SAFE_NO_PAD.encode(secret);
        assert!(!sealed.contains(secret) && !sealed.contains(&encoded));
    }
    let again = login.seal(&keys(), NAME, &mut Draws(7, None)).unwrap();
    assert_ne!(sealed, again, "two seals share an initialization vector");
    let (authorization, keys) = (authorization(), keys());
    let sealed = authorization.seal(&keys, NAME, &mut env()).unwrap();
    let opened = PendingAuthorization::open(&sealed, &keys, NAME).unwrap();
    assert_eq!(opened.to_bytes(), authorization.to_bytes());
}

/// RFC 7516: any reader of encrypted tokens opens it with the bare key.
#[cfg(feature = "rustcrypto")]
#[test]
fn n15_a_sealed_login_is_a_jwe() {
    let (key, limits) = (key(1), Limits::default());
    let jwk = json!({ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(key.expose()) }).to_string();
    let own = DecryptionKey::from_jwk(jwk.as_bytes()).unwrap();
    let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A256Gcm);
    let read = UndecryptedJwe::parse(&sealed(), alg, enc, Contents::Claims, &limits).unwrap();
    let crypto = relying_party::crypto::rustcrypto();
    let spare = SpareKey::draw(&mut env()).unwrap();
    let decrypted = read.decrypt(&[own], &crypto, spare).unwrap();
    assert_eq!(decrypted.payload(), login(6).to_bytes());
}

#[test]
fn n15_n16_any_other_character_anywhere_is_refused() {
    let sealed = sealed();
    let mut seen = [0; 2];
    for at in 0..sealed.len() {
        for other in ["A", "B", ".", "=", ""] {
            let changed = [&sealed[..at], other, &sealed[at + 1..]].concat();
            if changed == sealed {
                continue;
            }
            match PendingLogin::open(&changed, &keys(), NAME).unwrap_err().code() {
                "stored.seal" => seen[0] += 1,
                // In the `kid` alone: no such key.
                "stored.seal_key" if at < sealed.find('.').unwrap() => seen[1] += 1,
                code => panic!("{code}: {changed}"),
            }
        }
    }
    assert!(seen[0] > 1000 && seen[1] > 5, "{seen:?}");
    for end in 0..sealed.len() {
        refused(&sealed[..end], &keys(), NAME, "stored.seal");
    }
    for changed in
        [format!("{sealed}A"), format!("{sealed}.A"), format!(" {sealed}"), "....".to_owned()]
    {
        refused(&changed, &keys(), NAME, "stored.seal");
    }
}

/// Each part of another good one, sealed with the same key for the same name.
#[test]
fn n16_parts_of_two_logins_do_not_mix() {
    let (one, other) = (sealed(), login(6).seal(&keys(), NAME, &mut Draws(9, None)).unwrap());
    let (one, other): (Vec<_>, Vec<_>) = (one.split('.').collect(), other.split('.').collect());
    for at in [2, 3, 4] {
        let mut mixed = one.clone();
        assert_ne!(mixed[at], other[at]);
        mixed[at] = other[at];
        refused(&mixed.join("."), &keys(), NAME, "stored.seal");
    }
    assert_eq!(one[0], other[0]);
}

/// The header says openly what the seal is for; only the sealer can say it.
#[test]
fn n15_the_header_is_not_the_visitors() {
    let sealed = sealed();
    let (header, rest) = sealed.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!((&header["alg"], &header["for"]), (&json!("dir"), &json!(NAME)));
    for (member, value, name) in [
        ("for", json!("__Host-login-two"), "__Host-login-two"),
        ("for", json!(null), NAME),
        ("alg", json!("none"), NAME),
        ("alg", json!("A256KW"), NAME),
        ("enc", json!("A128CBC-HS256"), NAME),
        ("enc", json!("A128GCM"), NAME),
        ("kid", json!(7), NAME),
        ("zip", json!("DEF"), NAME),
    ] {
        let mut changed = header.clone();
        changed[member] = value;
        let changed = URL_SAFE_NO_PAD.encode(changed.to_string());
        refused(&format!("{changed}.{rest}"), &keys(), name, "stored.seal");
    }
    let with_key = sealed.replacen("..", ".AAAA.", 1);
    refused(&with_key, &keys(), NAME, "stored.seal");
}

#[test]
fn n15_two_tabs_do_not_open_each_others() {
    let names = ["fake-state", "other-state"].map(|state| cookie_name(&State::new(state).unwrap()));
    assert_ne!(names[0], names[1]);
    assert!(names[0].starts_with("__Host-login-") && !names[0].contains("fake"));
    let [one, two] =
        [1, 2].map(|scope| login(scope).seal(&keys(), &names[scope - 1], &mut env()).unwrap());
    let error = refused(&one, &keys(), &names[1], "stored.other_name");
    assert!(error.hint().unwrap().contains("cookie_name"));
    refused(&two, &keys(), &names[0], "stored.other_name");
    refused(&two, &keys(), "", "stored.other_name");
    assert!(PendingLogin::open(&one, &keys(), &names[0]).is_ok());
    assert!(PendingLogin::open(&two, &keys(), &names[1]).is_ok());
}

#[test]
fn n15_keys_change_without_losing_a_login() {
    let (old, sealed) = (keys(), sealed());
    let known = old.clone().also(key(2));
    let new = SealKeys::new(key(2)).also(key(1));
    assert!(PendingLogin::open(&sealed, &new, NAME).is_ok());
    let newer = login(6).seal(&new, NAME, &mut env()).unwrap();
    assert!(PendingLogin::open(&newer, &known, NAME).is_ok(), "servers that are not yet changed");
    let error = refused(&newer, &old, NAME, "stored.seal_key");
    assert!(error.hint().unwrap().contains("also"));
    refused(&sealed, &SealKeys::new(key(2)), NAME, "stored.seal_key");
    assert!(PendingLogin::open(&newer, &SealKeys::new(key(2)), NAME).is_ok());
}

/// The kid of one key beside the ciphertext of another.
#[test]
fn n15_a_kid_is_no_proof() {
    let other = login(6).seal(&SealKeys::new(key(2)), NAME, &mut env()).unwrap();
    let header = sealed().split_once('.').unwrap().0.to_owned();
    let mixed = format!("{header}.{}", other.split_once('.').unwrap().1);
    refused(&mixed, &keys().also(key(2)), NAME, "stored.seal");
}

#[test]
fn n15_a_login_of_the_default_limits_fits_a_cookie() {
    let name = cookie_name(&State::new("fake-state").unwrap());
    let room = Limits::default().pending_login - login(0).to_bytes().len();
    let largest = login(room);
    assert_eq!(largest.to_bytes().len(), Limits::default().pending_login);
    let sealed = largest.seal(&keys(), &name, &mut env()).unwrap();
    assert!(sealed.len() < 3000, "{}", sealed.len());
    let name = "n".repeat(128);
    let sealed = largest.seal(&keys(), &name, &mut env()).unwrap();
    assert!(sealed.len() < MAX_SEALED, "{}", sealed.len());
    assert!(PendingLogin::open(&sealed, &keys(), &name).is_ok());
}

#[test]
fn n15_what_is_too_long_is_neither_sealed_nor_opened() {
    let fits = |scope| login(scope).seal(&keys(), NAME, &mut env());
    let last = (2000..3000).take_while(|scope| fits(*scope).is_ok()).last().unwrap();
    assert!((MAX_SEALED - 1..=MAX_SEALED).contains(&fits(last).unwrap().len()));
    let error = fits(last + 1).unwrap_err();
    assert_eq!((error.code(), error.blame()), ("limit.sealed", Blame::Configuration));
    let ErrorKind::Limit { limit: 3500, .. } = error.kind() else { panic!("{error}") };
    for (length, code) in [(MAX_SEALED, "stored.seal"), (MAX_SEALED + 1, "stored.too_long")] {
        refused(&"A".repeat(length), &keys(), NAME, code);
        refused(&".".repeat(length), &keys(), NAME, code);
    }
}

#[test]
fn n16_what_is_inside_is_a_login_of_a_known_version() {
    let sealed = authorization().seal(&keys(), NAME, &mut env()).unwrap();
    refused(&sealed, &keys(), NAME, "stored.malformed");
    let error = PendingAuthorization::open(&self::sealed(), &keys(), NAME).unwrap_err();
    assert_eq!(error.code(), "stored.malformed");
    for (first, code) in [(2, "stored.version"), (1, "accepted")] {
        let mut bytes = login(6).to_bytes();
        bytes[0] = first;
        let sealed = encrypted(&bytes);
        let opened = PendingLogin::open(&sealed, &keys(), NAME);
        assert_eq!(opened.map_or_else(|error| error.code(), |_| "accepted"), code);
    }
    refused(&encrypted(b""), &keys(), NAME, "stored.malformed");
}

/// Other bytes under the right key.
fn encrypted(bytes: &[u8]) -> String {
    use aes_gcm::{
        AeadInOut, Aes256Gcm, KeyInit,
        aead::{Nonce, inout::InOutBuf},
    };
    let sealed = sealed();
    let header = sealed.split_once('.').unwrap().0;
    let cipher = Aes256Gcm::new_from_slice(key(1).expose()).unwrap();
    let nonce = Nonce::<Aes256Gcm>::from([9; 12]);
    let mut buffer = bytes.to_vec();
    let tag = cipher
        .encrypt_inout_detached(&nonce, header.as_bytes(), InOutBuf::from(&mut buffer[..]))
        .unwrap();
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    format!("{header}..{}.{}.{}", encode(&[9; 12]), encode(&buffer), encode(&tag))
}

#[test]
fn n15_keys_and_names_are_what_they_must_be() {
    for octets in [&[][..], &[1; 31], &[0; 32], &[7; 32], b"a password, however long it may be"] {
        let error = SealKey::from_bytes(octets).unwrap_err();
        assert_eq!(error.code(), "misuse.seal_key", "{octets:?}");
    }
    let made = SealKey::generate(&mut env()).unwrap();
    let kept = SealKey::from_bytes(made.expose()).unwrap();
    let sealed = login(6).seal(&SealKeys::new(made), NAME, &mut env()).unwrap();
    assert!(PendingLogin::open(&sealed, &SealKeys::new(kept), NAME).is_ok());
    let mut broken = Draws(0, Some(0));
    assert_eq!(SealKey::generate(&mut broken).unwrap_err().code(), "entropy");
    assert_eq!(login(6).seal(&keys(), NAME, &mut broken).unwrap_err().code(), "entropy");
    let long = "n".repeat(129);
    for name in ["", "a b", "a;b", "a=b", "a\"b", "a\\b", "\u{e9}", "a\r\n", &*long] {
        let error = login(6).seal(&keys(), name, &mut env()).unwrap_err();
        assert_eq!(error.code(), "misuse.characters", "{name}");
    }
}

#[test]
fn i28_keys_show_nothing() {
    let shown = format!("{:?} {:?}", key(1), keys().also(key(2)));
    let secret = key(1).expose().to_vec();
    assert!(shown.contains("redacted") && !shown.contains(&URL_SAFE_NO_PAD.encode(&secret)));
    assert!(!shown.contains(&format!("{secret:?}")));
}
