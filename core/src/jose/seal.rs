//! Bytes that travel through a browser and come back unchanged and unread: a JWE (RFC 7516) with `dir` and `A256GCM`.
//!
//! With the feature `encryption`.
//!
//! ```text
//! BASE64URL({"alg":"dir","enc":"A256GCM","kid":"…","for":"__Host-login-…"}) . . iv . ciphertext . tag
//! ```
//!
//! The name under which the bytes are kept stands in the protected header as `for` (a private parameter, RFC 7516
//! 4.3), which the tag covers. As data that both sides merely know (an AAD that is not sent) it would be bound as well,
//! but the result would be no JWE, and a swapped cookie could not be told from a changed one. It is compared when the
//! tag is good, and not before.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    env::{Env, random},
    error::{ApiMisuse, Bound, Error, ErrorKind, StoredProblem},
    jose::{content::ContentKey, encryption::ContentEncryption, key_octets::KeyOctets},
    json, text,
};

/// A key of 256 bits to seal with. Never in `Debug`, zeroised when dropped.
///
/// The initialization vectors are random, so one key seals 2^32 times at most (NIST SP 800-38D 8.3): at a hundred
/// logins a second, change it every year.
#[derive(Clone)]
pub struct SealKey {
    kid: String,
    octets: KeyOctets,
}

/// The keys of all servers that seal and open for each other: the current one seals, and each of them opens.
///
/// To change the key, give all servers the new one with [`also`](Self::also) first, then make it the current one and the
/// old one the other; after the lifetime of a login, leave the old one out.
///
/// ```
/// # use relying_party::{Error, jose::seal::{SealKey, SealKeys}};
/// # fn keys(new: &[u8], old: &[u8]) -> Result<SealKeys, Error> {
/// Ok(SealKeys::new(SealKey::from_bytes(new)?).also(SealKey::from_bytes(old)?))
/// # }
/// ```
#[derive(Clone)]
pub struct SealKeys {
    current: SealKey,
    others: Vec<SealKey>,
}

impl SealKey {
    /// 32 octets from a secure generator, kept where the application keeps its secrets. Not a password, and no key that
    /// is used for anything else.
    ///
    /// # Errors
    /// [`ApiMisuse::SealKey`] where there are not 32 of them, or all are the same.
    pub fn from_bytes(octets: &[u8]) -> Result<Self, Error> {
        let varied = octets.iter().any(|octet| Some(octet) != octets.first());
        if octets.len() != OCTETS || !varied {
            return Err(ApiMisuse::SealKey.into());
        }
        // Says which key it was and nothing about it: 64 bits of a hash of 256 random ones.
        let digest = Sha256::new_with_prefix(KID_LABEL).chain_update(octets).finalize();
        let (kid, _) = digest.split_at(KID_OCTETS);
        Ok(Self { kid: text::encode_base64url(kid), octets: KeyOctets::new(octets.to_vec()) })
    }

    /// A fresh one, to be kept: what is sealed with a lost key is lost.
    ///
    /// # Errors
    /// [`ErrorKind::Entropy`]
    pub fn generate(env: &mut dyn Env) -> Result<Self, Error> {
        let octets = KeyOctets::new(random(env)?.to_vec());
        Self::from_bytes(octets.expose()).map_err(|_| ErrorKind::Entropy.into())
    }

    /// The 32 octets, to be kept. Do not log them.
    pub fn expose(&self) -> &[u8] {
        self.octets.expose()
    }

    fn content_key(&self) -> Option<ContentKey> {
        ContentKey::new(ContentEncryption::A256Gcm, self.octets.clone()).ok()
    }
}

impl SealKeys {
    /// One key.
    pub fn new(current: SealKey) -> Self {
        Self { current, others: Vec::new() }
    }

    /// One more that opens: the key before, or the next one.
    #[must_use]
    pub fn also(mut self, other: SealKey) -> Self {
        self.others.push(other);
        self
    }

    /// Seals `payload` with the current key for the place of this `name`.
    ///
    /// # Errors
    /// [`ApiMisuse::Characters`] where `name` is no name of a cookie of at most 128 bytes, [`ErrorKind::Limit`] where the
    /// result would be longer than [`MAX_SEALED`], [`ErrorKind::Entropy`].
    pub(crate) fn seal(
        &self,
        payload: &[u8],
        name: &str,
        env: &mut dyn Env,
    ) -> Result<String, Error> {
        // RFC 6265 4.1.1: none of these characters is escaped in JSON.
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if !(1..=MAX_NAME).contains(&name.len()) || !name.bytes().all(token) {
            return Err(ApiMisuse::Characters("the name to seal for").into());
        }
        let SealKey { kid, .. } = &self.current;
        let header = format!(r#"{{"alg":"dir","enc":"A256GCM","kid":"{kid}","for":"{name}"}}"#);
        let header = text::encode_base64url(header.as_bytes());
        let random = KeyOctets::new(random(env)?.to_vec());
        let (iv, _) = random.expose().split_at(IV);
        let unreachable = || Error::from(ErrorKind::Unreachable("jose::seal"));
        let key = self.current.content_key().ok_or_else(unreachable)?;
        let sealed = key.seal(iv, header.as_bytes(), payload).map_err(|_| unreachable())?;
        let encode = text::encode_base64url;
        let parts = [encode(iv), encode(&sealed.ciphertext), encode(&sealed.tag)];
        let token = format!("{header}..{}", parts.join("."));
        if token.len() > MAX_SEALED {
            return Err(ErrorKind::Limit { what: Bound::Sealed, limit: MAX_SEALED }.into());
        }
        Ok(token)
    }

    /// What was sealed with one of these keys for this `name`.
    ///
    /// # Errors
    /// [`StoredProblem::TooLong`], [`StoredProblem::SealKey`], [`StoredProblem::Seal`] for everything that no key here
    /// has sealed, and [`StoredProblem::OtherName`].
    pub(crate) fn open(&self, sealed: &str, name: &str) -> Result<KeyOctets, StoredProblem> {
        if sealed.len() > MAX_SEALED {
            return Err(StoredProblem::TooLong(MAX_SEALED));
        }
        let parts: Vec<&str> = sealed.splitn(6, '.').collect();
        let &[header, "", iv, ciphertext, tag] = &parts[..] else {
            return Err(StoredProblem::Seal);
        };
        let (kid, sealed_for) = read_header(header).ok_or(StoredProblem::Seal)?;
        let mut keys = std::iter::once(&self.current).chain(&self.others);
        let key = keys.find(|key| key.kid == kid).ok_or(StoredProblem::SealKey)?;
        let opened = || {
            let decode = text::decode_base64url;
            let (iv, ciphertext, tag) = (decode(iv)?, decode(ciphertext)?, decode(tag)?);
            key.content_key()?.open(&iv, header.as_bytes(), &ciphertext, &tag).ok()
        };
        let opened = opened().ok_or(StoredProblem::Seal)?;
        if bool::from(sealed_for.as_bytes().ct_eq(name.as_bytes())) {
            Ok(opened)
        } else {
            Err(StoredProblem::OtherName)
        }
    }
}

/// `kid` and `for` of a header with the right algorithms. Others are not ours: RFC 8725 3.1.
fn read_header(header: &str) -> Option<(String, String)> {
    let decoded = text::decode_base64url(header)?;
    let object = json::parse_object(&decoded, 1).ok()?;
    let member = |name| object.required_string(name).ok();
    let ours = member("alg")? == "dir" && member("enc")? == "A256GCM";
    ours.then_some((member("kid")?.to_owned(), member("for")?.to_owned()))
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey({}, redacted)", self.kid)
    }
}

impl fmt::Debug for SealKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKeys")
            .field("current", &self.current)
            .field("others", &self.others)
            .finish()
    }
}

/// Bytes of what is sealed: browsers keep 4096 for a cookie with its name and attributes (RFC 6265 6.1).
pub const MAX_SEALED: usize = 3500;
const MAX_NAME: usize = 128;
const OCTETS: usize = 32;
const IV: usize = 12;
const KID_OCTETS: usize = 8;
const KID_LABEL: &str = "relying-party seal key id";
