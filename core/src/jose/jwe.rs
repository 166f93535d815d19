//! Encrypted tokens in compact form (RFC 7516 7.1): read, and decrypted with the client's own keys.
//!
//! ```text
//! compact text ── UndecryptedJwe ── decrypt ──► DecryptedJwe ──┬── into_jws ──► UnverifiedJws
//!                                                              └── payload (claims, unsigned)
//! ```
//!
//! Order of the checks: length, parts, header, then the other parts as text, then the key, then the tag. What the header says openly (`alg`, `enc`, `zip`, `crit`, `cty`) has its own error; everything that has to do
//! with the key or the content ends in one, [`TokenProblem::Decryption`]. Nothing is inflated, and nothing takes
//! longer than the length of the token justifies.
//!
//! Encryption says nothing about the sender: whoever has the public key can encrypt. Claims are believed because of
//! the signature inside, or because the connection that brought them was the provider's.

use std::fmt;

use crate::{
    error::{Comparison, TokenProblem},
    jose::{
        algorithm::Algorithm,
        backend::Crypto,
        concat_kdf::Parties,
        encryption::{ContentEncryption, KeyManagement},
        jwk::{AgreementKey, DecryptionKey},
        jws::UnverifiedJws,
        key_octets::KeyOctets,
        unwrap::{EncryptedKey, Parameters},
    },
    json::{self, Object, Value},
    limits::Limits,
    text,
};

pub use crate::jose::unwrap::SpareKey;

/// What is encrypted. The registration says it, and the token must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Contents {
    /// A signed token, announced by `cty` `JWT` or by nothing (RFC 7519 5.2). Never an encrypted one once more.
    Jws,
    /// Claims as JSON, without a signature: `cty` may be anything but `JWT`.
    Claims,
}

/// A token of the right form and with an acceptable header, about which nothing else is known.
pub struct UndecryptedJwe {
    /// The header as received, which the tag covers (RFC 7516 5.1 (14)).
    header: String,
    kid: Option<String>,
    key: EncryptedKey,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
    contents: Contents,
    candidates: usize,
}

/// What was encrypted. Only [`UndecryptedJwe`] makes one.
pub struct DecryptedJwe {
    plaintext: KeyOctets,
    contents: Contents,
}

impl UndecryptedJwe {
    /// Reads `compact` as a token encrypted with the registered algorithms, with the registered contents.
    ///
    /// Claims that the header repeats (RFC 7519 5.3) are not read, nor are `typ` and keys in the header.
    ///
    /// # Errors
    /// The first rule that the token breaks; [`TokenProblem::NotEncrypted`] for a signed token.
    pub fn parse(
        compact: &str,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
        contents: Contents,
        limits: &Limits,
    ) -> Result<Self, TokenProblem> {
        if compact.len() > limits.token {
            return Err(TokenProblem::TooLong { limit: limits.token });
        }
        let [header, key, iv, ciphertext, tag] = split(compact)?;
        let decoded = decode(header, "its header is not base64url")?;
        let object =
            json::parse_object(&decoded, limits.json_depth).map_err(TokenProblem::HeaderJson)?;
        check_header(&object, algorithm, encryption, contents)?;
        let kid = match object.get("kid") {
            None => None,
            Some(Value::String(kid)) if kid.len() <= MAX_KID => Some(kid.as_ref().to_owned()),
            Some(Value::String(_)) => return Err(refused("kid", "longer than 1024 bytes")),
            Some(_) => return Err(refused("kid", "not a string")),
        };
        let parameters = parameters(&object, algorithm).ok_or(TokenProblem::Decryption)?;
        Ok(Self {
            header: header.to_owned(),
            kid,
            key: EncryptedKey {
                algorithm,
                encryption,
                parameters,
                octets: decode(key, "its encrypted key is not base64url")?,
            },
            iv: decode(iv, "its initialization vector is not base64url")?,
            ciphertext: decode(ciphertext, "its ciphertext is not base64url")?,
            tag: decode(tag, "its tag is not base64url")?,
            contents,
            candidates: limits.key_candidates,
        })
    }

    /// `kid`: a hint to find the key, and no more than that.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The registered algorithm of the key, which the header agrees with.
    pub fn algorithm(&self) -> KeyManagement {
        self.key.algorithm
    }

    /// The registered algorithm of the content, which the header agrees with.
    pub fn encryption(&self) -> ContentEncryption {
        self.key.encryption
    }

    /// Decrypts with those of the client's own `keys` that fit the algorithms, and the `kid` where both sides have
    /// one: at most [`Limits::key_candidates`] of them.
    ///
    /// # Errors
    /// [`TokenProblem::Decryption`], whatever the reason.
    pub fn decrypt(
        &self,
        keys: &[DecryptionKey],
        crypto: &Crypto,
        spare: SpareKey,
    ) -> Result<DecryptedJwe, TokenProblem> {
        let named = |key: &&DecryptionKey| match (self.kid(), key.kid()) {
            (Some(kid), Some(own)) => kid == own,
            _ => true,
        };
        let fitting = keys.iter().filter(|key| key.decrypts(self.algorithm(), self.encryption()));
        for key in fitting.filter(named).take(self.candidates) {
            let content_key = self.key.unwrap_or_spare(key, crypto, &spare);
            let plaintext = content_key.and_then(|content_key| {
                content_key.open(&self.iv, self.header.as_bytes(), &self.ciphertext, &self.tag)
            });
            if let Ok(plaintext) = plaintext {
                return Ok(DecryptedJwe { plaintext, contents: self.contents });
            }
        }
        Err(TokenProblem::Decryption)
    }
}

impl DecryptedJwe {
    /// The signed token inside, read as [`UnverifiedJws::parse`] reads it.
    ///
    /// # Errors
    /// As there; an encrypted token inside is none, nor is anything inside a token that was read as
    /// [`Contents::Claims`].
    pub fn into_jws(
        self,
        algorithm: Algorithm,
        types: &[&str],
        limits: &Limits,
    ) -> Result<UnverifiedJws, TokenProblem> {
        let text = match self.contents {
            Contents::Jws => std::str::from_utf8(self.plaintext.expose()).ok(),
            Contents::Claims => None,
        };
        let text = text.ok_or(TokenProblem::Syntax("no signed token was encrypted"))?;
        UnverifiedJws::parse(text, algorithm, types, limits)
    }

    /// The octets as they were encrypted.
    pub fn payload(&self) -> &[u8] {
        self.plaintext.expose()
    }

    /// What they are.
    pub fn contents(&self) -> Contents {
        self.contents
    }
}

impl fmt::Debug for UndecryptedJwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UndecryptedJwe({}, {}, redacted)", self.algorithm(), self.encryption())
    }
}

impl fmt::Debug for DecryptedJwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecryptedJwe({:?}, redacted)", self.contents)
    }
}

/// Header, encrypted key, initialization vector, ciphertext and tag.
fn split(compact: &str) -> Result<[&str; 5], TokenProblem> {
    if compact.starts_with('{') {
        return Err(TokenProblem::EncryptedSyntax("JSON serialization"));
    }
    // Counted first, so that a text of nothing but dots costs no list of its parts.
    match compact.bytes().filter(|byte| *byte == b'.').count() {
        4 => {}
        // OIDC Core 2: a plain token where encryption is registered is not what was registered.
        2 => return Err(TokenProblem::NotEncrypted),
        _ => return Err(TokenProblem::EncryptedSyntax("not five parts")),
    }
    let parts: Vec<&str> = compact.split('.').collect();
    parts.try_into().map_err(|_| TokenProblem::EncryptedSyntax("not five parts"))
}

fn decode(part: &str, problem: &'static str) -> Result<Vec<u8>, TokenProblem> {
    text::decode_base64url(part).ok_or(TokenProblem::EncryptedSyntax(problem))
}

fn check_header(
    header: &Object<'_>,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
    contents: Contents,
) -> Result<(), TokenProblem> {
    // RFC 8725 3.1: the registered ones, never the token's own choice.
    for (name, expected) in [("alg", algorithm.as_str()), ("enc", encryption.as_str())] {
        match header.get(name) {
            Some(Value::String(actual)) if *actual == expected => {}
            Some(Value::String(actual)) => {
                let comparison = Comparison::new(expected, actual);
                return Err(TokenProblem::Encryption { name, comparison });
            }
            Some(_) => return Err(refused(name, "not a string")),
            None => return Err(refused(name, "missing")),
        }
    }
    for (name, reason) in NEVER {
        if header.get(name).is_some() {
            return Err(refused(name, reason));
        }
    }
    let nested = match header.get("cty") {
        None => None,
        // RFC 7515 4.1.10: application/ may be left out.
        Some(Value::String(cty)) => {
            Some(["jwt", "application/jwt"].iter().any(|jwt| cty.eq_ignore_ascii_case(jwt)))
        }
        Some(_) => return Err(refused("cty", "not a string")),
    };
    match (contents, nested) {
        // RFC 7519 5.2 wants `JWT`, and providers leave it out. The registration says the same, and the signature inside
        // shows it.
        (Contents::Jws, Some(false)) => Err(refused("cty", "it announces no signed token")),
        (Contents::Claims, Some(true)) => Err(refused("cty", "a nested token")),
        _ => Ok(()),
    }
}

/// What the algorithm needs from the header; none where that is not as it must be.
fn parameters(header: &Object<'_>, algorithm: KeyManagement) -> Option<Parameters> {
    use KeyManagement::{A128GcmKw, A192GcmKw, A256GcmKw};
    if algorithm.is_agreement() {
        // RFC 7518 4.6.1.1
        let Some(Value::Object(epk)) = header.get("epk") else { return None };
        let epk = AgreementKey::parse_ephemeral(epk).ok()?;
        let parties = Parties { producer: party(header, "apu")?, recipient: party(header, "apv")? };
        return Some(Parameters::Agreement(epk, parties));
    }
    match algorithm {
        // RFC 7518 4.7.1.1, 2: 96 bits and 128 bits.
        A128GcmKw | A192GcmKw | A256GcmKw => {
            Some(Parameters::Gcm(octets(header, "iv")?, octets(header, "tag")?))
        }
        _ => Some(Parameters::Nothing),
    }
}

/// RFC 7518 4.6.1.2, 3: optional.
fn party(header: &Object<'_>, name: &str) -> Option<Vec<u8>> {
    match header.get(name) {
        None => Some(Vec::new()),
        Some(Value::String(text)) if text.len() <= MAX_PARTY => text::decode_base64url(text),
        Some(_) => None,
    }
}

fn octets<const LENGTH: usize>(header: &Object<'_>, name: &str) -> Option<[u8; LENGTH]> {
    match header.get(name) {
        Some(Value::String(text)) if text.len() <= MAX_PARTY => {
            text::decode_base64url(text)?.try_into().ok()
        }
        _ => None,
    }
}

fn refused(name: &'static str, reason: &'static str) -> TokenProblem {
    TokenProblem::Header { name, reason }
}

const MAX_KID: usize = 1024;
/// Characters of `apu` and `apv`: names or hashes.
const MAX_PARTY: usize = 1024;

/// Parameters whose mere presence refuses a token.
const NEVER: [(&str, &str); 2] = [
    // RFC 7516 4.1.13: whatever it lists, we do not understand it; an empty list is malformed.
    ("crit", "extensions are not supported"),
    // RFC 8725 3.6: a small token could become a large one, and a length could tell a secret.
    ("zip", "compression is not supported"),
];
