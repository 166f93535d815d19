//! Keys to encrypt with: somebody else's, or shared ones.

use std::fmt;

use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::{
    error::{ApiMisuse, Shown},
    jose::{
        encryption::{ContentEncryption, KeyManagement},
        jwk::{AgreementKey, JwkProblem, RsaKey},
        key_octets::KeyOctets,
    },
    json::{self, Object},
    limits::Limits,
    secret::ClientSecret,
};

/// A key to encrypt with, and what its owner says about its use. It signs nothing and verifies nothing.
#[derive(Clone)]
pub struct EncryptionKey {
    label: Label,
    key: RecipientKey,
}

/// The numbers to encrypt with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RecipientKey {
    /// For RSA-OAEP.
    Rsa(RsaKey),
    /// For ECDH-ES.
    Agreement(AgreementKey),
    /// A key that both sides have.
    Shared(KeyOctets),
}

impl EncryptionKey {
    /// Checks one entry of the provider's key set. `use` must be `enc` or absent.
    ///
    /// # Errors
    /// Why the entry cannot be used. A symmetric key is [`JwkProblem::UnknownKind`]: nobody publishes one.
    pub fn parse(object: &Object<'_>) -> Result<Self, JwkProblem> {
        let label = Label::parse(object, &["wrapKey", "encrypt", "deriveKey", "deriveBits"])?;
        let key = match object.required_string("kty")? {
            "RSA" => RecipientKey::Rsa(RsaKey::parse(object)?),
            "EC" | "OKP" => RecipientKey::Agreement(AgreementKey::parse(object)?),
            _ => return Err(JwkProblem::UnknownKind),
        };
        Ok(Self { label, key })
    }

    /// Reads one public key that stands alone.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); [`JwkProblem::Malformed`] also where the text is no strict JSON object.
    pub fn from_json(bytes: &[u8], limits: &Limits) -> Result<Self, JwkProblem> {
        Self::parse(&json::parse_object(bytes, limits.json_depth)?)
    }

    /// The key that both sides derive from the client secret (OIDC Core 10.2). None for an algorithm of key pairs.
    pub fn from_client_secret(
        secret: &ClientSecret,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
    ) -> Option<Self> {
        let key = derived(secret, algorithm, encryption)?;
        Some(Self { label: Label::of(algorithm), key: RecipientKey::Shared(key) })
    }

    /// OIDC Core 16.19: a secret out of which keys are made is as strong as they are; whoever has a token could try all of
    /// the shorter ones.
    pub(crate) fn check_secret(secret: &ClientSecret) -> Result<(), ApiMisuse> {
        match secret.expose().len() < MIN_SECRET {
            true => Err(ApiMisuse::ShortSecret(MIN_SECRET)),
            false => Ok(()),
        }
    }

    /// The public half of one of the client's own, with what is said about that.
    pub(super) fn labelled(label: Label, key: RecipientKey) -> Self {
        Self { label, key }
    }

    pub(crate) fn with_kid(mut self, kid: Option<String>) -> Self {
        self.label.set_kid(kid);
        self
    }

    pub(super) fn algorithm_name(&self) -> Option<&str> {
        self.label.algorithm.as_deref()
    }

    pub(super) fn shared(label: Label, key: KeyOctets) -> Self {
        Self { label, key: RecipientKey::Shared(key) }
    }

    /// `kid`
    pub fn kid(&self) -> Option<&str> {
        self.label.kid()
    }

    /// The numbers.
    pub fn key(&self) -> &RecipientKey {
        &self.key
    }

    /// Whether the key may be used with these algorithms: by type and length, and by `alg` where it is given.
    pub fn encrypts(&self, algorithm: KeyManagement, encryption: ContentEncryption) -> bool {
        let kind = match &self.key {
            RecipientKey::Rsa(_) => Kind::Rsa,
            RecipientKey::Agreement(_) => Kind::Agreement,
            RecipientKey::Shared(key) => Kind::Shared(key.len()),
        };
        self.label.allows(algorithm, encryption) && kind.fits(algorithm, encryption)
    }
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("kid", &self.kid().map(Shown::new))
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// What the owner of a key says about it.
#[derive(Clone)]
pub(super) struct Label {
    kid: Option<String>,
    algorithm: Option<String>,
}

impl Label {
    pub(super) fn new(kid: Option<&str>) -> Self {
        Self { kid: kid.map(str::to_owned), algorithm: None }
    }

    pub(super) fn of(algorithm: KeyManagement) -> Self {
        Self { kid: None, algorithm: Some(algorithm.as_str().to_owned()) }
    }

    /// `operations` are the `key_ops` of which one must be there, where any is.
    pub(super) fn parse(object: &Object<'_>, operations: &[&str]) -> Result<Self, JwkProblem> {
        // RFC 7517 4.2, 4.3: where both are there, both must allow it. One key for signing and for decryption would
        // make each the other's oracle.
        let usage = object.string("use")?.is_none_or(|usage| usage == "enc");
        let listed = |list: Vec<&str>| list.iter().any(|entry| operations.contains(entry));
        if !usage || !object.strings("key_ops")?.is_none_or(listed) {
            return Err(JwkProblem::AnotherUse);
        }
        // RFC 7517 4.4; with a shared key, the name of its content encryption is in use as well (RFC 7520 5.6).
        let algorithm = object.string("alg")?;
        let known =
            |name| KeyManagement::parse(name).is_some() || ContentEncryption::parse(name).is_some();
        if !algorithm.is_none_or(known) {
            return Err(JwkProblem::AnotherUse);
        }
        let kid = object.string("kid")?.map(str::to_owned);
        Ok(Self { kid, algorithm: algorithm.map(str::to_owned) })
    }

    pub(super) fn set_kid(&mut self, kid: Option<String>) {
        self.kid = kid;
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub(super) fn allows(&self, algorithm: KeyManagement, encryption: ContentEncryption) -> bool {
        let direct = (algorithm == KeyManagement::Dir).then_some(encryption.as_str());
        let named = |name: &str| name == algorithm.as_str() || Some(name) == direct;
        self.algorithm.as_deref().is_none_or(named)
    }
}

/// A type of key, with what its use depends on.
pub(super) enum Kind {
    Rsa,
    Agreement,
    Shared(usize),
}

impl Kind {
    pub(super) fn fits(&self, algorithm: KeyManagement, encryption: ContentEncryption) -> bool {
        match self {
            Self::Rsa => matches!(algorithm, KeyManagement::RsaOaep | KeyManagement::RsaOaep256),
            Self::Agreement => algorithm.is_agreement(),
            // RFC 7518 4.4, 4.5, 4.7: exactly the length of the algorithm.
            Self::Shared(length) => algorithm.shared_bytes(encryption) == Some(*length),
        }
    }
}

/// OIDC Core 10.2: the left-most bits of a hash of the secret, the shortest hash that has as many.
pub(super) fn derived(
    secret: &ClientSecret,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
) -> Option<KeyOctets> {
    let secret = secret.expose().as_bytes();
    let length = algorithm.shared_bytes(encryption)?;
    let mut key = KeyOctets::new(match length {
        0..=32 => Sha256::digest(secret).to_vec(),
        33..=48 => Sha384::digest(secret).to_vec(),
        _ => Sha512::digest(secret).to_vec(),
    });
    key.expose_mut().truncate(length);
    Some(key)
}

/// Octets of the shortest AES key.
const MIN_SECRET: usize = 16;
