//! From an encrypted key to a content key (RFC 7516 5.2 (6) to (13)).

use crate::{
    env::{Env, random},
    error::Error,
    jose::{
        backend::Crypto,
        concat_kdf::{Parties, derive},
        content::{ContentKey, gcm_open},
        encryption::{ContentEncryption, KeyManagement},
        jwk::{AgreementKey, AgreementPrivateKey, DecryptionKey, PrivateKey, RsaPrivateKey},
        key_management::Undecryptable,
        key_octets::KeyOctets,
        oaep::OaepHash,
        wrap,
    },
};

/// What the header says for the recipient of a key.
#[derive(Debug)]
pub(super) enum Parameters {
    /// `epk`, `apu`, `apv` (RFC 7518 4.6.1)
    Agreement(AgreementKey, Parties),
    /// `iv`, `tag` (RFC 7518 4.7.1)
    Gcm([u8; 12], [u8; 16]),
    Nothing,
}

/// A key in the form in which it came.
#[derive(Debug)]
pub(super) struct EncryptedKey {
    pub(super) algorithm: KeyManagement,
    pub(super) encryption: ContentEncryption,
    pub(super) parameters: Parameters,
    pub(super) octets: Vec<u8>,
}

/// A content key that belongs to no token, drawn before a token is looked at.
///
/// Where a key cannot be unwrapped, decryption goes on with this one and fails at the tag, as it does with any wrong
/// key (RFC 7516 11.5): so nobody learns how far it came.
pub struct SpareKey([KeyOctets; 2]);

impl SpareKey {
    /// # Errors
    /// The entropy source failed.
    pub fn draw(env: &mut dyn Env) -> Result<Self, Error> {
        let mut half = || Ok::<_, Error>(KeyOctets::new(random(env)?.to_vec()));
        Ok(Self([half()?, half()?]))
    }

    /// As many octets as the algorithm needs: 64 are enough for each.
    fn octets(&self, encryption: ContentEncryption) -> KeyOctets {
        let Self(halves) = self;
        let octets = halves.iter().flat_map(|half| half.expose().iter().copied());
        KeyOctets::new(octets.take(encryption.key_bytes()).collect())
    }
}

impl std::fmt::Debug for SpareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SpareKey(redacted)")
    }
}

impl EncryptedKey {
    /// The content key; the spare one where there is none to be had.
    pub(super) fn unwrap_or_spare(
        &self,
        key: &DecryptionKey,
        crypto: &Crypto,
        spare: &SpareKey,
    ) -> Result<ContentKey, Undecryptable> {
        let unwrapped = self.unwrap(key, crypto);
        let spare = ContentKey::new(self.encryption, spare.octets(self.encryption));
        // RFC 7518: a key of another length is no key either.
        unwrapped.and_then(|octets| ContentKey::new(self.encryption, octets)).or(spare)
    }

    fn unwrap(&self, key: &DecryptionKey, crypto: &Crypto) -> Result<KeyOctets, Undecryptable> {
        let length = self.encryption.key_bytes();
        match (key.key(), &self.parameters) {
            (PrivateKey::Rsa(key), Parameters::Nothing) => self.oaep(key, crypto),
            (PrivateKey::Agreement(key), Parameters::Agreement(peer, parties)) => {
                let shared = self.agree(key, peer, crypto)?;
                let derived = derive_key(&shared, self.algorithm, self.encryption, parties);
                match self.algorithm {
                    // RFC 7516 5.2 (10)
                    KeyManagement::EcdhEs => self.nothing_wrapped().map(|()| derived),
                    _ => wrap::unwrap(&derived, &self.octets, length),
                }
            }
            (PrivateKey::Shared(key), Parameters::Gcm(iv, tag)) => {
                gcm_open(key, iv, b"", &self.octets, tag)
            }
            (PrivateKey::Shared(key), Parameters::Nothing) => match self.algorithm {
                // RFC 7516 5.2 (6)
                KeyManagement::Dir => self.nothing_wrapped().map(|()| key.clone()),
                _ => wrap::unwrap(key, &self.octets, length),
            },
            _ => Err(Undecryptable),
        }
    }

    fn nothing_wrapped(&self) -> Result<(), Undecryptable> {
        if self.octets.is_empty() { Ok(()) } else { Err(Undecryptable) }
    }

    fn oaep(&self, key: &RsaPrivateKey, crypto: &Crypto) -> Result<KeyOctets, Undecryptable> {
        let decrypter = crypto.decrypter(self.algorithm).ok_or(Undecryptable)?;
        let hash = OaepHash::of(self.algorithm).ok_or(Undecryptable)?;
        // RFC 8017 7.1.2 (1 b)
        if self.octets.len() != key.public().n().len() {
            return Err(Undecryptable);
        }
        decrypter.decrypt_oaep(key, hash, &self.octets)
    }

    fn agree(
        &self,
        key: &AgreementPrivateKey,
        peer: &AgreementKey,
        crypto: &Crypto,
    ) -> Result<KeyOctets, Undecryptable> {
        let decrypter = crypto.decrypter(self.algorithm).ok_or(Undecryptable)?;
        if key.curve() != peer.curve() {
            return Err(Undecryptable);
        }
        let shared = decrypter.agree(key, peer)?;
        check_shared(&shared, peer).then_some(shared).ok_or(Undecryptable)
    }
}

/// Whether an agreement yielded a secret: of full length, and not the zeros of a peer that chose the result
/// (RFC 7748 6.1, RFC 8037 3.2).
pub(super) fn check_shared(shared: &KeyOctets, peer: &AgreementKey) -> bool {
    let any = shared.expose().iter().fold(0, |any, octet| any | octet);
    shared.len() == peer.curve().octets() && any != 0
}

/// The content key, or the key that wraps it.
pub(super) fn derive_key(
    shared: &KeyOctets,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    parties: &Parties,
) -> KeyOctets {
    // RFC 7518 4.6.2: the name of what the key is for.
    let (name, length) = match algorithm.wrapping_bytes() {
        Some(length) => (algorithm.as_str(), length),
        None => (encryption.as_str(), encryption.key_bytes()),
    };
    // At most 64.
    derive(shared, name, parties, u8::try_from(length).unwrap_or(u8::MAX))
}
