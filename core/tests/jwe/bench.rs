//! What the tests have in common: keys, entropy by list, and tokens that no honest sender makes.

use std::collections::VecDeque;

use aes_gcm::{
    AeadInOut, Aes128Gcm, KeyInit,
    aead::{Nonce, inout::InOutBuf},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::{
    Env, Error, crypto,
    error::{ErrorKind, TokenKind, TokenProblem},
    jose::{
        backend::Crypto,
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, SpareKey, UndecryptedJwe},
        jwk::DecryptionKey,
    },
    limits::Limits,
    time::UnixTime,
};
use sha2::{Digest, Sha256};

pub(crate) fn backends() -> [Crypto; 2] {
    [crypto::josekit(), crypto::rustcrypto()]
}

pub(crate) fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(crate) fn own(jwk: &str) -> DecryptionKey {
    DecryptionKey::from_jwk(jwk.as_bytes()).unwrap()
}

pub(crate) fn shared(length: usize) -> DecryptionKey {
    own(&format!(r#"{{"kty":"oct","k":"{}"}}"#, encode(vec![7; length])))
}

/// Gives what is on the list, then octets that never repeat.
#[derive(Default)]
pub(crate) struct Draws {
    pub(crate) list: VecDeque<Vec<u8>>,
    count: u64,
}

impl Draws {
    pub(crate) fn of(list: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { list: list.into_iter().collect(), count: 0 }
    }
}

impl Env for Draws {
    fn now(&mut self) -> UnixTime {
        UnixTime::from_millis(0)
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        if let Some(next) = self.list.pop_front() {
            out.copy_from_slice(&next);
            return Ok(());
        }
        for chunk in out.chunks_mut(32) {
            self.count += 1;
            chunk.copy_from_slice(&Sha256::digest(self.count.to_be_bytes())[..chunk.len()]);
        }
        Ok(())
    }
}

pub(crate) fn spare() -> SpareKey {
    // Of another place than where tokens get theirs from.
    SpareKey::draw(&mut Draws { count: 1 << 32, ..Draws::default() }).unwrap()
}

pub(crate) fn code(problem: TokenProblem) -> &'static str {
    Error::from(ErrorKind::Token { kind: TokenKind::IdToken, problem }).code()
}

/// The plaintext, or the code of the error.
pub(crate) fn open(
    token: &str,
    key: &DecryptionKey,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    crypto: &Crypto,
) -> Result<Vec<u8>, &'static str> {
    UndecryptedJwe::parse(token, algorithm, encryption, Contents::Claims, &Limits::default())
        .and_then(|jwe| jwe.decrypt(std::slice::from_ref(key), crypto, spare()))
        .map(|jwe| jwe.payload().to_vec())
        .map_err(code)
}

/// As [`open`], in every backend, which must agree.
pub(crate) fn open_everywhere(
    token: &str,
    key: &DecryptionKey,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
) -> Result<Vec<u8>, &'static str> {
    let [one, other] = backends().map(|crypto| open(token, key, algorithm, encryption, &crypto));
    assert_eq!(one, other);
    one
}

/// A token with whatever header, encrypted with A128GCM under a known content key.
pub(crate) fn sealed(header: &str, encrypted_key: &[u8], key: [u8; 16], payload: &[u8]) -> String {
    let (header, iv) = (encode(header), [3; 12]);
    let mut ciphertext = payload.to_vec();
    let tag = Aes128Gcm::new(&key.into())
        .encrypt_inout_detached(
            &Nonce::<Aes128Gcm>::from(iv),
            header.as_bytes(),
            InOutBuf::from(&mut ciphertext[..]),
        )
        .unwrap();
    [header, encode(encrypted_key), encode(iv), encode(ciphertext), encode(tag)].join(".")
}

/// The same under `dir`, for the key of [`shared`] with 16 octets.
pub(crate) fn direct(more: &str) -> String {
    sealed(&format!(r#"{{"alg":"dir","enc":"A128GCM"{more}}}"#), b"", [7; 16], b"{}")
}

/// Opens what [`direct`] makes.
pub(crate) fn open_direct(token: &str) -> Result<Vec<u8>, &'static str> {
    open_everywhere(token, &shared(16), KeyManagement::Dir, ContentEncryption::A128Gcm)
}

/// The content key of ECDH-ES with A128GCM (RFC 7518 4.6.2), by another path than the library's.
pub(crate) fn agreed_key(shared: &[u8], parties: [&[u8]; 2]) -> [u8; 16] {
    let length = |octets: &[u8]| u32::try_from(octets.len()).unwrap().to_be_bytes();
    let mut hash = Sha256::new();
    hash.update(1_u32.to_be_bytes());
    hash.update(shared);
    for part in [&b"A128GCM"[..], parties[0], parties[1]] {
        hash.update(length(part));
        hash.update(part);
    }
    hash.update(128_u32.to_be_bytes());
    hash.finalize()[..16].try_into().unwrap()
}

/// One part of a compact token, replaced.
pub(crate) fn with_part(token: &str, place: usize, part: &str) -> String {
    let mut parts: Vec<_> = token.split('.').collect();
    parts[place] = part;
    parts.join(".")
}

/// One part of a compact token, as octets.
pub(crate) fn part(token: &str, place: usize) -> Vec<u8> {
    decode(token.split('.').nth(place).unwrap())
}
