//! Keys to decrypt with: the client's own private ones, or shared ones.

use std::fmt;

use crate::{
    error::{ApiMisuse, Error, Shown},
    jose::{
        encryption::{ContentEncryption, KeyManagement},
        jwk::{
            AgreementPrivateKey, EncryptionKey, JwkProblem, RecipientKey, RsaPrivateKey,
            encryption_key::{Kind, Label, derived},
            pem,
        },
        key_octets::KeyOctets,
    },
    json::{self, Object},
    limits::Limits,
    secret::ClientSecret,
    text,
};

/// A key to decrypt with. It is not a signing key, and none can be made into the other: a key that does both lets
/// whoever sends ciphertexts use it. Say `use` in its JWK, so that it cannot be loaded as the wrong one.
///
/// Never in `Debug`, zeroised when dropped.
#[derive(Clone)]
pub struct DecryptionKey {
    label: Label,
    key: PrivateKey,
}

/// The numbers to decrypt with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum PrivateKey {
    /// For RSA-OAEP.
    Rsa(RsaPrivateKey),
    /// For ECDH-ES.
    Agreement(AgreementPrivateKey),
    /// A key that both sides have.
    Shared(KeyOctets),
}

impl DecryptionKey {
    /// Reads a private JWK (`RSA`, `EC`, `OKP` with `X25519`) or a shared one (`oct`). `use` must be `enc` or absent;
    /// RSA keys need all of their private numbers.
    ///
    /// # Errors
    /// [`ApiMisuse::DecryptionKey`]; with [`JwkProblem::AnotherUse`] for a key that signs.
    pub fn from_jwk(jwk: &[u8]) -> Result<Self, Error> {
        let object = json::parse_object(jwk, Limits::default().json_depth);
        let key = object.map_err(JwkProblem::from).and_then(|object| Self::parse(&object));
        key.map_err(|problem| ApiMisuse::DecryptionKey(problem).into())
    }

    fn parse(object: &Object<'_>) -> Result<Self, JwkProblem> {
        let label = Label::parse(object, &["unwrapKey", "decrypt", "deriveKey", "deriveBits"])?;
        let key = match object.required_string("kty")? {
            "RSA" => PrivateKey::Rsa(RsaPrivateKey::parse(object)?),
            "EC" | "OKP" => PrivateKey::Agreement(AgreementPrivateKey::parse(object)?),
            "oct" => {
                let k = text::decode_base64url(object.required_string("k")?);
                let k = KeyOctets::new(k.ok_or(JwkProblem::Malformed)?);
                // RFC 7518 4.4 to 4.7: no algorithm takes a shorter or a longer one.
                if !(16..=64).contains(&k.len()) {
                    return Err(JwkProblem::OutOfBounds);
                }
                PrivateKey::Shared(k)
            }
            _ => return Err(JwkProblem::UnknownKind),
        };
        Ok(Self { label, key })
    }

    /// Reads a private key from PEM: PKCS#8 (`PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`) or SEC 1 (`EC PRIVATE KEY`),
    /// none with a password. `kid` is that of its public half in the client's key set, if it has one.
    ///
    /// # Errors
    /// [`ApiMisuse::DecryptionKey`]
    pub fn from_pem(pem: &[u8], kid: Option<&str>) -> Result<Self, Error> {
        let key = pem::read(pem).map_err(ApiMisuse::DecryptionKey)?;
        Ok(Self { label: Label::new(kid), key })
    }

    /// The key that both sides derive from the client secret (OIDC Core 10.2): the left-most bits of its SHA-256,
    /// or of its SHA-384 or SHA-512 where more than 256 or 384 are needed. None for an algorithm of key pairs.
    pub fn from_client_secret(
        secret: &ClientSecret,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
    ) -> Option<Self> {
        let key = derived(secret, algorithm, encryption)?;
        Some(Self { label: Label::of(algorithm), key: PrivateKey::Shared(key) })
    }

    /// The client's own.
    pub(crate) fn of(kid: Option<&str>, key: PrivateKey) -> Self {
        Self { label: Label::new(kid), key }
    }

    pub(crate) fn with_kid(mut self, kid: Option<String>) -> Self {
        self.label.set_kid(kid);
        self
    }

    /// Its public half, once that is computed.
    pub(crate) fn labelled(&self, public: RecipientKey) -> EncryptionKey {
        EncryptionKey::labelled(self.label.clone(), public)
    }

    /// The same key to encrypt with, if it is a shared one.
    pub fn encryption_key(&self) -> Option<EncryptionKey> {
        match &self.key {
            PrivateKey::Shared(key) => Some(EncryptionKey::shared(self.label.clone(), key.clone())),
            _ => None,
        }
    }

    /// `kid`
    pub fn kid(&self) -> Option<&str> {
        self.label.kid()
    }

    /// The numbers.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Whether the key may be used with these algorithms: by type and length, and by `alg` where it is given.
    pub fn decrypts(&self, algorithm: KeyManagement, encryption: ContentEncryption) -> bool {
        let kind = match &self.key {
            PrivateKey::Rsa(_) => Kind::Rsa,
            PrivateKey::Agreement(_) => Kind::Agreement,
            PrivateKey::Shared(key) => Kind::Shared(key.len()),
        };
        self.label.allows(algorithm, encryption) && kind.fits(algorithm, encryption)
    }
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey")
            .field("kid", &self.kid().map(Shown::new))
            .finish_non_exhaustive()
    }
}
