//! Encrypted tokens in compact form, made (RFC 7516 5.1).
//!
//! All randomness comes from the caller's [`Env`], in this order: the content key, what its wrapping needs, the
//! initialization vector.

use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind},
    jose::{
        backend::Crypto,
        concat_kdf::Parties,
        content::{ContentKey, gcm_seal},
        encryption::{ContentEncryption, KeyManagement},
        jwe::Contents,
        jwk::{
            AgreementCurve, AgreementKey, AgreementPrivateKey, EcCurve, EncryptionKey,
            RecipientKey, RsaKey,
        },
        key_octets::KeyOctets,
        oaep::{self, OaepHash},
        unwrap::{check_shared, derive_key},
        wrap,
    },
    text,
};

/// What the sender says in the header. `kid` is the key's own, and what the algorithm needs is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct JweHeader {
    /// `alg`
    pub algorithm: KeyManagement,
    /// `enc`
    pub encryption: ContentEncryption,
    /// What is inside: `cty` is `JWT` for a signed token (RFC 7519 5.2) and absent for claims.
    pub contents: Contents,
}

impl JweHeader {
    /// The registered algorithms, and what is inside.
    pub fn new(
        algorithm: KeyManagement,
        encryption: ContentEncryption,
        contents: Contents,
    ) -> Self {
        Self { algorithm, encryption, contents }
    }
}

/// Encrypts `payload` for the holder of `key`.
///
/// # Errors
/// [`ApiMisuse::Encryption`] when the key or the backend does not fit the algorithm, or when the key is none;
/// [`ErrorKind::Entropy`] when there is no randomness.
pub fn encrypt(
    payload: &[u8],
    header: JweHeader,
    key: &EncryptionKey,
    crypto: &Crypto,
    env: &mut dyn Env,
) -> Result<String, Error> {
    let JweHeader { algorithm, encryption, contents } = header;
    if !key.encrypts(algorithm, encryption) {
        return Err(misuse("the key is not one of the algorithm"));
    }
    let made = match key.key() {
        RecipientKey::Rsa(key) => for_rsa(header, key, crypto, env),
        RecipientKey::Agreement(key) => for_agreement(header, key, crypto, env),
        RecipientKey::Shared(key) => for_shared(header, key, env),
    }?;
    let mut members = vec![format!(r#""alg":"{algorithm}""#)];
    if let Some(kid) = key.kid() {
        members.push(format!(r#""kid":{}"#, serde_json::Value::from(kid)));
    }
    members.extend(made.parameters);
    members.push(format!(r#""enc":"{encryption}""#));
    if contents == Contents::Jws {
        members.push(r#""cty":"JWT""#.to_owned());
    }
    let encode = text::encode_base64url;
    let header = encode(format!("{{{}}}", members.join(",")).as_bytes());
    let iv = fresh(env, encryption.iv_bytes())?;
    let sealed = made.key.seal(iv.expose(), header.as_bytes(), payload).map_err(|_| failed())?;
    let parts = [&made.encrypted[..], iv.expose(), &sealed.ciphertext, &sealed.tag];
    Ok(parts.iter().fold(header, |token, part| format!("{token}.{}", encode(part))))
}

/// A content key, how it goes into the token, and what the header says about it.
struct Made {
    key: ContentKey,
    encrypted: Vec<u8>,
    parameters: Vec<String>,
}

fn for_rsa(
    header: JweHeader,
    key: &RsaKey,
    crypto: &Crypto,
    env: &mut dyn Env,
) -> Result<Made, Error> {
    let encrypter = crypto.encrypter(header.algorithm).ok_or(UNSUPPORTED)?;
    let hash = OaepHash::of(header.algorithm).ok_or(UNSUPPORTED)?;
    let content_key = fresh_key(header.encryption, env)?;
    let seed = fresh(env, hash.len())?;
    let block = oaep::encode(hash, content_key.octets(), &seed, key.n().len());
    let block = block.ok_or_else(|| misuse("the key is too short"))?;
    let encrypted = encrypter.encrypt_rsa(key, &block).map_err(|_| misuse("it is no key"))?;
    Ok(Made { key: content_key, encrypted, parameters: Vec::new() })
}

fn for_agreement(
    header: JweHeader,
    peer: &AgreementKey,
    crypto: &Crypto,
    env: &mut dyn Env,
) -> Result<Made, Error> {
    let JweHeader { algorithm, encryption, .. } = header;
    let encrypter = crypto.encrypter(algorithm).ok_or(UNSUPPORTED)?;
    let wrapped = match algorithm {
        KeyManagement::EcdhEs => None,
        _ => Some(fresh_key(encryption, env)?),
    };
    let (private, public) = ephemeral(peer.curve(), env, |key| encrypter.public_key(key).ok())?;
    let shared = encrypter.agree(&private, peer).map_err(|_| misuse("it is no key"))?;
    if !check_shared(&shared, peer) {
        return Err(misuse("it is no key"));
    }
    let derived = derive_key(&shared, algorithm, encryption, &Parties::default());
    let (key, encrypted) = match wrapped {
        None => (ContentKey::new(encryption, derived).map_err(|_| failed())?, Vec::new()),
        Some(key) => {
            let encrypted = wrap::wrap(&derived, key.octets()).map_err(|_| failed())?;
            (key, encrypted)
        }
    };
    let parameters = vec![format!(r#""epk":{}"#, public.to_json())];
    Ok(Made { key, encrypted, parameters })
}

/// A key for this token alone (RFC 7518 4.6): drawn again while it is not below the order of its curve.
pub(super) fn ephemeral(
    curve: AgreementCurve,
    env: &mut dyn Env,
    public: impl Fn(&AgreementPrivateKey) -> Option<AgreementKey>,
) -> Result<(AgreementPrivateKey, AgreementKey), Error> {
    for _ in 0..DRAWS {
        let mut d = fresh(env, curve.octets())?;
        if let (AgreementCurve::Ec(EcCurve::P521), Some(first)) =
            (curve, d.expose_mut().first_mut())
        {
            // 521 bits of 528.
            *first &= 1;
        }
        let private = AgreementPrivateKey::new(curve, d).map_err(|_| failed())?;
        if let Some(public) = public(&private) {
            return Ok((private, public));
        }
    }
    Err(ErrorKind::Entropy.into())
}

fn for_shared(header: JweHeader, key: &KeyOctets, env: &mut dyn Env) -> Result<Made, Error> {
    use KeyManagement::{A128GcmKw, A192GcmKw, A256GcmKw, Dir};
    let JweHeader { algorithm, encryption, .. } = header;
    if algorithm == Dir {
        let key = ContentKey::new(encryption, key.clone()).map_err(|_| failed())?;
        return Ok(Made { key, encrypted: Vec::new(), parameters: Vec::new() });
    }
    let content_key = fresh_key(encryption, env)?;
    let octets = content_key.octets();
    let (encrypted, parameters) = match algorithm {
        A128GcmKw | A192GcmKw | A256GcmKw => {
            let iv = fresh(env, GCM_IV)?;
            let sealed = gcm_seal(key, iv.expose(), b"", octets.expose()).map_err(|_| failed())?;
            let encode = text::encode_base64url;
            let tag = format!(r#""tag":"{}""#, encode(&sealed.tag));
            (sealed.ciphertext, vec![tag, format!(r#""iv":"{}""#, encode(iv.expose()))])
        }
        _ => (wrap::wrap(key, octets).map_err(|_| failed())?, Vec::new()),
    };
    Ok(Made { key: content_key, encrypted, parameters })
}

fn fresh_key(encryption: ContentEncryption, env: &mut dyn Env) -> Result<ContentKey, Error> {
    ContentKey::new(encryption, fresh(env, encryption.key_bytes())?).map_err(|_| failed())
}

/// Fresh octets; a generator that gives only zeros is broken and refused.
fn fresh(env: &mut dyn Env, length: usize) -> Result<KeyOctets, Error> {
    let mut octets = KeyOctets::new(vec![0; length]);
    env.fill(octets.expose_mut())?;
    if octets.expose().iter().all(|octet| *octet == 0) {
        return Err(ErrorKind::Entropy.into());
    }
    Ok(octets)
}

fn misuse(problem: &'static str) -> Error {
    ApiMisuse::Encryption(problem).into()
}

fn failed() -> Error {
    ErrorKind::Unreachable("jose::encrypt").into()
}

const UNSUPPORTED: ApiMisuse = ApiMisuse::Encryption("the backend does not support the algorithm");
const GCM_IV: usize = 12;
/// Two draws in a row are out of range once in 2^64 times at most; a generator that never fits must end too.
const DRAWS: usize = 8;
