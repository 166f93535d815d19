//! Encrypted keys, vectors, tags and padding that are not as they must be: all end in one error.

use aes_gcm::aes::Aes128;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
use hmac::{Hmac, KeyInit, Mac};
use relying_party::{
    jose::{
        encrypt::{JweHeader, encrypt},
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, SpareKey, UndecryptedJwe},
        jwk::{AgreementKey, DecryptionKey, EncryptionKey, PrivateKey},
    },
    limits::Limits,
};
use sha2::Sha256;

use crate::bench::{
    Draws, backends, code, decode, direct, encode, open, open_direct, open_everywhere, own, part,
    sealed, shared, with_part,
};

const CBC: ContentEncryption = ContentEncryption::A128CbcHs256;
pub(crate) const GCM: ContentEncryption = ContentEncryption::A128Gcm;
pub(crate) const FAILED: Result<Vec<u8>, &str> = Err("token.decryption");

/// A token under `dir` whose tag is good, whatever the padding of its content.
fn padded(block: [u8; 16], tag_of: &[u8]) -> String {
    let (header, iv) = (encode(r#"{"alg":"dir","enc":"A128CBC-HS256"}"#), [3; 16]);
    let mut ciphertext = block;
    cbc::Encryptor::<Aes128>::new(&[7; 16].into(), &iv.into())
        .encrypt_padded::<NoPadding>(&mut ciphertext, 16)
        .unwrap();
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&[7; 16]).unwrap();
    let bits = (8 * header.len() as u64).to_be_bytes();
    for part in [header.as_bytes(), &iv, &ciphertext, &bits, tag_of] {
        mac.update(part);
    }
    let tag = &mac.finalize().into_bytes()[..16];
    [header, String::new(), encode(iv), encode(ciphertext), encode(tag)].join(".")
}

#[test]
fn e06_a_bad_padding_and_a_bad_tag_are_one_error() {
    let open = |token: &str| open_everywhere(token, &shared(32), KeyManagement::Dir, CBC);
    let mut good = [0; 16];
    good[15] = 1;
    assert_eq!(open(&padded(good, b"")).as_deref(), Ok(&good[..15]));
    for last in [0, 2, 3, 17, 0x80, 0xff] {
        let mut bad = good;
        bad[15] = last;
        assert_eq!(open(&padded(bad, b"")), FAILED, "{last}");
    }
    assert_eq!(open(&padded(good, b"another")), FAILED);
    // The attack: change the vector, and ask what the padding says.
    for octet in 0..=255 {
        let mut iv = [3; 16];
        iv[15] ^= octet;
        let forged = with_part(&padded(good, b""), 2, &encode(iv));
        assert_eq!(open(&forged).is_ok(), octet == 0);
        assert!(octet == 0 || open(&forged) == FAILED);
    }
}

#[test]
fn e07_e08_lengths_of_tag_and_vector() {
    let good = direct("");
    assert_eq!(open_direct(&good).as_deref(), Ok(&b"{}"[..]));
    for length in 0..16 {
        let cut = encode(&part(&good, 4)[..length]);
        assert_eq!(open_direct(&with_part(&good, 4, &cut)), FAILED, "{length} bytes of tag");
    }
    let longer = encode([part(&good, 4), vec![0]].concat());
    assert_eq!(open_direct(&with_part(&good, 4, &longer)), FAILED);
    for length in [0, 8, 11, 13, 16] {
        let iv = encode(vec![3; length]);
        assert_eq!(open_direct(&with_part(&good, 2, &iv)), FAILED, "{length} bytes of IV");
    }
}

#[test]
fn e09_a_content_key_of_another_length() {
    // By key wrap: 32 octets where the content takes 16.
    let (key, alg) = (shared(16), KeyManagement::A128Kw);
    let [crypto, _] = backends();
    let token = |encryption| {
        let header = JweHeader::new(alg, encryption, Contents::Claims);
        let theirs = key.encryption_key().unwrap();
        encrypt(b"{}", header, &theirs, &crypto, &mut Draws::default()).unwrap()
    };
    let (short, long) = (token(GCM), token(ContentEncryption::A256Gcm));
    assert_eq!(open_everywhere(&short, &key, alg, GCM).as_deref(), Ok(&b"{}"[..]));
    let swapped = with_part(&short, 1, long.split('.').nth(1).unwrap());
    assert_eq!(open_everywhere(&swapped, &key, alg, GCM), FAILED);
    // Directly: no key of another length is a candidate.
    for length in [24, 32, 48, 64] {
        let verdict = open_everywhere(&direct(""), &shared(length), KeyManagement::Dir, GCM);
        assert_eq!(verdict, FAILED, "{length}");
    }
    assert_eq!(open_direct(&direct("")).as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn e10_a_shared_key_counts_only_where_its_algorithm_is_registered() {
    let key = own(&format!(r#"{{"kty":"oct","alg":"A128KW","k":"{}"}}"#, encode([7; 16])));
    assert_eq!(open_everywhere(&direct(""), &key, KeyManagement::Dir, GCM), FAILED);
    // The sender's choice of `dir` is refused before.
    let verdict = open_everywhere(&direct(""), &key, KeyManagement::A128Kw, GCM);
    assert_eq!(verdict, Err("token.encryption"));
    assert_eq!(open_direct(&direct("")).as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn e11_an_encrypted_key_where_there_must_be_none_and_none_where_there_must_be_one() {
    let header = r#"{"alg":"dir","enc":"A128GCM"}"#;
    for surplus in [&[7; 16][..], &[0], &[7; 24]] {
        assert_eq!(open_direct(&sealed(header, surplus, [7; 16], b"{}")), FAILED);
    }
    assert_eq!(open_direct(&sealed(header, b"", [7; 16], b"{}")).as_deref(), Ok(&b"{}"[..]));
    for (algorithm, key) in pairs() {
        let [crypto, _] = backends();
        let header = JweHeader::new(algorithm, GCM, Contents::Claims);
        let theirs = recipient(&key);
        let token = encrypt(b"{}", header, &theirs, &crypto, &mut Draws::default()).unwrap();
        let open = |token: &str| open(token, &key, algorithm, GCM, &crypto);
        assert_eq!(open(&token).as_deref(), Ok(&b"{}"[..]), "{algorithm}");
        let wrapped = part(&token, 1);
        let replaced = |octets: &[u8]| open(&with_part(&token, 1, &encode(octets)));
        if matches!(algorithm, KeyManagement::EcdhEs | KeyManagement::Dir) {
            assert_eq!(wrapped, b"", "{algorithm}");
            assert_eq!(replaced(&[1; 24]), FAILED, "{algorithm}");
        } else {
            assert_eq!(replaced(b""), FAILED, "{algorithm}");
            assert_eq!(replaced(&wrapped[1..]), FAILED, "{algorithm}");
            assert_eq!(replaced(&[&wrapped[..], &[0]].concat()), FAILED, "{algorithm}");
            assert_eq!(replaced(&[&wrapped[..], &[0; 8]].concat()), FAILED, "{algorithm}");
            assert_eq!(replaced(&vec![0; wrapped.len()]), FAILED, "{algorithm}");
        }
    }
}

/// A key for every algorithm.
fn pairs() -> Vec<(KeyManagement, DecryptionKey)> {
    let vectors: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../vectors/jwe.json")).unwrap();
    let rsa = vectors[0]["jwk"].to_string();
    let keys = [&rsa, P256, X25519].map(own);
    let [rsa, p256, x25519] = &keys;
    let shared = [16, 24, 32].map(shared);
    let fitting = |algorithm: &KeyManagement| {
        let candidates = [rsa, p256].into_iter().chain(&shared);
        candidates
            .filter(|key| key.decrypts(*algorithm, GCM))
            .map(|key| (*algorithm, key.clone()))
            .collect::<Vec<_>>()
    };
    let mut pairs: Vec<_> = KeyManagement::ALL.iter().flat_map(fitting).collect();
    pairs.push((KeyManagement::EcdhEsA256Kw, x25519.clone()));
    pairs
}

/// What a sender has of it.
pub(crate) fn recipient(key: &DecryptionKey) -> EncryptionKey {
    let [crypto, _] = backends();
    let jwk = match key.key() {
        PrivateKey::Rsa(key) => {
            let key = key.public();
            format!(r#"{{"kty":"RSA","n":"{}","e":"{}"}}"#, encode(key.n()), encode(key.e()))
        }
        PrivateKey::Agreement(key) => {
            let encrypter = crypto.encrypter(KeyManagement::EcdhEs).unwrap();
            jwk(&encrypter.public_key(key).unwrap())
        }
        _ => return key.encryption_key().unwrap(),
    };
    EncryptionKey::from_json(jwk.as_bytes(), &Limits::default()).unwrap()
}

pub(crate) fn jwk(key: &AgreementKey) -> String {
    match key {
        AgreementKey::Ec(key) => format!(
            r#"{{"kty":"EC","crv":"{}","x":"{}","y":"{}"}}"#,
            key.curve().name(),
            encode(key.x()),
            encode(key.y())
        ),
        AgreementKey::X25519(x) => okp(x),
        _ => panic!(),
    }
}

pub(crate) fn okp(x: &[u8]) -> String {
    format!(r#"{{"kty":"OKP","crv":"X25519","x":"{}"}}"#, encode(x))
}

/// RFC 7518 C: Bob's key.
pub(crate) const P256: &str = r#"{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck","d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}"#;
/// RFC 7748 6.1: Bob's key.
pub(crate) const X25519: &str = r#"{"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08","d":"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os"}"#;

#[test]
fn e18_every_algorithm_in_both_backends_and_the_wrong_key_fails_like_the_rest() {
    let mut seen = Vec::new();
    for (algorithm, key) in pairs() {
        for encryption in ContentEncryption::ALL {
            if !key.decrypts(algorithm, *encryption) {
                continue;
            }
            let header = JweHeader::new(algorithm, *encryption, Contents::Claims);
            for sender in backends() {
                let theirs = recipient(&key);
                let token =
                    encrypt(b"claims", header, &theirs, &sender, &mut Draws::default()).unwrap();
                for crypto in backends() {
                    let opened = open(&token, &key, algorithm, *encryption, &crypto);
                    let expected =
                        if crypto.decrypts(algorithm) { Ok(b"claims".to_vec()) } else { FAILED };
                    assert_eq!(opened, expected, "{algorithm} {encryption} {crypto:?}");
                }
            }
        }
        seen.push(algorithm);
    }
    seen.dedup();
    assert_eq!(seen.len(), KeyManagement::ALL.len() + 1);
    // RFC 7520 5.2 is for another key than that of RFC 7516 A.1.
    let vectors: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../vectors/jwe.json")).unwrap();
    let keys: Vec<_> =
        [0, 2].iter().map(|at: &usize| own(&vectors[*at]["jwk"].to_string())).collect();
    let token = vectors[2]["token"].as_str().unwrap();
    let (alg, enc) = (KeyManagement::RsaOaep, ContentEncryption::A256Gcm);
    assert_eq!(open_everywhere_that_can(token, &keys[0], alg, enc), FAILED);
    assert!(open_everywhere_that_can(token, &keys[1], alg, enc).is_ok());
    // As long as the modulus, and no multiple of anything: the one error.
    let length = part(token, 1).len();
    for octets in [vec![0; length], vec![0xff; length], vec![1; length], vec![1; length - 1]] {
        let forged = with_part(token, 1, &encode(octets));
        assert_eq!(open_everywhere_that_can(&forged, &keys[1], alg, enc), FAILED);
    }
}

fn open_everywhere_that_can(
    token: &str,
    key: &DecryptionKey,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
) -> Result<Vec<u8>, &'static str> {
    let able = backends().into_iter().filter(|crypto| crypto.decrypts(algorithm));
    able.map(|crypto| open(token, key, algorithm, encryption, &crypto)).next().unwrap()
}

#[test]
fn e16_iv_and_tag_of_a_key_under_gcm() {
    let (algorithm, key) = (KeyManagement::A128GcmKw, shared(16));
    let [crypto, _] = backends();
    let header = JweHeader::new(algorithm, GCM, Contents::Claims);
    let theirs = key.encryption_key().unwrap();
    let token = encrypt(b"{}", header, &theirs, &crypto, &mut Draws::default()).unwrap();
    let open = |token: &str| open_everywhere(token, &key, algorithm, GCM);
    assert_eq!(open(&token).as_deref(), Ok(&b"{}"[..]));
    let header = String::from_utf8(part(&token, 0)).unwrap();
    let value = |name: &str| {
        serde_json::from_str::<serde_json::Value>(&header).unwrap()[name]
            .as_str()
            .unwrap()
            .to_owned()
    };
    // The content key of the token, to make others under the same.
    let [iv, tag] = ["iv", "tag"].map(value);
    for (old, new) in [
        (&tag, encode(&decode(&tag)[..15])),
        (&tag, encode(&decode(&tag)[..4])),
        (&tag, String::new()),
        (&tag, encode([0; 16])),
        (&iv, encode(&decode(&iv)[..11])),
        (&iv, encode([0; 16])),
        (&iv, encode([0; 12])),
        (&iv, "!".to_owned()),
    ] {
        let changed = header.replace(old, &new);
        assert_ne!(changed, header);
        assert_eq!(open(&with_part(&token, 0, &encode(changed))), FAILED, "{new}");
    }
    for name in ["iv", "tag"] {
        let changed = header.replace(&format!("\"{name}\""), "\"other\"");
        assert_eq!(open(&with_part(&token, 0, &encode(changed))), FAILED, "{name}");
    }
}

#[test]
fn e18_what_cannot_be_unwrapped_goes_on_with_the_spare_key() {
    // Only a test can know the spare key: a token under it shows that nothing ends early (RFC 7516 11.5).
    let (alg, key) = (KeyManagement::A128Kw, shared(16));
    let header = r#"{"alg":"A128KW","enc":"A128GCM"}"#;
    let token = sealed(header, &[0; 24], [5; 16], b"{}");
    let [crypto, _] = backends();
    let jwe =
        UndecryptedJwe::parse(&token, alg, GCM, Contents::Claims, &Limits::default()).unwrap();
    let drawn = |octet| SpareKey::draw(&mut Draws::of([vec![octet; 32], vec![1; 32]])).unwrap();
    assert!(jwe.decrypt(std::slice::from_ref(&key), &crypto, drawn(5)).is_ok());
    let verdict = jwe.decrypt(std::slice::from_ref(&key), &crypto, drawn(6)).map(|_| ());
    assert_eq!(verdict.map_err(code), Err("token.decryption"));
    let verdict = jwe.decrypt(&[], &crypto, drawn(5)).map(|_| ());
    assert_eq!(verdict.map_err(code), Err("token.decryption"));
}
