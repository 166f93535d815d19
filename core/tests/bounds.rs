//! What a hostile token costs: memory in the size of the token, whatever it promises. It has a process of its own, whose
//! largest size the system keeps.
#![cfg(all(
    target_os = "linux",
    feature = "encryption",
    feature = "josekit",
    feature = "rustcrypto"
))]

use aes_gcm::{
    AeadInOut, Aes128Gcm, KeyInit,
    aead::{Nonce, inout::InOutBuf},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::{
    SystemEnv, crypto,
    error::{Error, ErrorKind, TokenKind},
    jose::{
        backend::Crypto,
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, SpareKey, UndecryptedJwe},
        jwk::DecryptionKey,
    },
    limits::Limits,
};

const MB: usize = 1 << 20;

/// The most memory that this process ever had, in bytes.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// DEFLATE (RFC 1951 3.2.6): one zero, then its repetition, 258 octets for every 13 bits.
fn bomb(octets: usize) -> Vec<u8> {
    let (mut out, mut bits, mut count) = (Vec::new(), 0_u64, 0);
    let mut push = |value: u64, length: u32| {
        bits |= value << count;
        count += length;
        while count >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            count -= 8;
        }
    };
    // The last block, of fixed codes; the literal 0.
    push(0b1, 1);
    push(0b01, 2);
    push(0b0000_1100, 8);
    for _ in 0..octets / 258 {
        // 285 for a length of 258, 0 for a distance of 1; codes have their first bit first.
        push(0b1010_0011, 8);
        push(0, 5);
    }
    push(0, 7);
    push(0, 7);
    out
}

/// Under A128GCM: everything about it is right but for what `alg`, the rest of the header and `encrypted_key` say.
fn sealed(alg: &str, more: &str, encrypted_key: &str, payload: &[u8]) -> String {
    let encode = |octets: &[u8]| URL_SAFE_NO_PAD.encode(octets);
    let header = encode(format!(r#"{{"alg":"{alg}","enc":"A128GCM"{more}}}"#).as_bytes());
    let mut ciphertext = payload.to_vec();
    let tag = Aes128Gcm::new(&[7; 16].into())
        .encrypt_inout_detached(
            &Nonce::<Aes128Gcm>::from([3; 12]),
            header.as_bytes(),
            InOutBuf::from(&mut ciphertext[..]),
        )
        .unwrap();
    [&*header, encrypted_key, &encode(&[3; 12]), &encode(&ciphertext), &encode(&tag)].join(".")
}

/// How many octets are inside.
fn open(token: &str, alg: KeyManagement, crypto: &Crypto) -> Result<usize, &'static str> {
    let mut limits = Limits::default();
    // Far beyond the default: here the size of the token is not what refuses it.
    limits.token = 16 * MB;
    let jwk = format!(r#"{{"kty":"oct","k":"{}"}}"#, URL_SAFE_NO_PAD.encode([7; 16]));
    let key = DecryptionKey::from_jwk(jwk.as_bytes()).unwrap();
    let enc = ContentEncryption::A128Gcm;
    let spare = SpareKey::draw(&mut SystemEnv).unwrap();
    UndecryptedJwe::parse(token, alg, enc, Contents::Claims, &limits)
        .and_then(|jwe| jwe.decrypt(&[key], crypto, spare))
        .map(|opened| opened.payload().len())
        .map_err(|problem| {
            Error::from(ErrorKind::Token { kind: TokenKind::IdToken, problem }).code()
        })
}

#[test]
fn e02_e03_e04_e11_what_a_token_promises_costs_nothing() {
    let (bomb, large) = (bomb(256 * MB), "A".repeat(4 * MB));
    let iterations = r#","p2s":"AA","p2c":2147483648"#;
    let epk = format!(r#","epk":{{"kty":"EC","crv":"P-256","x":"{large}","y":"{large}"}}"#);
    let deep = format!(r#","x":{}0{}"#, "[".repeat(MB), "]".repeat(MB));
    let direct = |more: &str, encrypted_key: &str, payload: &[u8]| {
        (KeyManagement::Dir, sealed("dir", more, encrypted_key, payload))
    };
    let tokens = [
        (direct(r#","zip":"DEF""#, "", &bomb), Err("token.header")),
        // Nothing is inflated without being told to, either: as many octets as came.
        (direct("", "", &bomb), Ok(bomb.len())),
        (
            (KeyManagement::Dir, sealed("PBES2-HS256+A128KW", iterations, "AA", b"{}")),
            Err("token.encryption"),
        ),
        (direct(iterations, "", b"{}"), Ok(2)),
        ((KeyManagement::EcdhEs, sealed("ECDH-ES", &epk, "", b"{}")), Err("token.decryption")),
        (direct(&epk, "", b"{}"), Ok(2)),
        (direct("", &large, b"{}"), Err("token.decryption")),
        (direct(&deep, "", b"{}"), Err("json.too_deep")),
        (direct("", "", b"{}"), Ok(2)),
    ];
    let backends = [crypto::josekit(), crypto::rustcrypto()];
    let before = peak();
    let size = tokens.iter().map(|((_, token), _)| token.len()).max().unwrap();
    for ((alg, token), due) in &tokens {
        for crypto in &backends {
            assert_eq!(open(token, *alg, crypto), *due, "{token:.80}, of {} bytes", token.len());
        }
    }
    let grown = peak() - before;
    assert!(grown < 8 * size, "{grown} bytes for tokens of at most {size}");
}
