//! What every backend does around a private key: reads its JWK within the bounds of public keys, and makes a signer of
//! a closure.

use zeroize::Zeroizing;

use crate::{
    error::{ApiMisuse, Error},
    jose::{
        algorithm::Algorithm,
        jwk::{Jwk, PublicKey, with_private_members},
        signer::{Signer, SigningFailed, SigningKey},
    },
    json,
    limits::Limits,
    text,
};

/// A private JWK (RFC 7517, RFC 7518 6, RFC 8037 2), checked as far as it is public.
pub(super) struct PrivateKey {
    pub(super) public: PublicKey,
    pub(super) kid: Option<String>,
    /// `d`; the other backend reads it by itself.
    #[cfg(feature = "rustcrypto")]
    pub(super) secret: Zeroizing<Vec<u8>>,
}

pub(super) fn refuse(reason: &'static str) -> Error {
    ApiMisuse::SigningKey(reason).into()
}

/// A key of `algorithm`, and meant for it.
pub(super) fn read_jwk(jwk: &[u8], algorithm: Algorithm) -> Result<PrivateKey, Error> {
    let limits = Limits::default();
    let public = Jwk::from_json(jwk, &limits)
        .map_err(|_| refuse("it is no JWK of a kind and size that can be used"))?;
    let malformed = |_| refuse("it is no JWK of a kind and size that can be used");
    let object = json::parse_object(jwk, limits.json_depth).map_err(malformed)?;
    if !public.key().fits(algorithm) {
        return Err(refuse("its kind or curve is not the algorithm's"));
    }
    // RFC 7517 4.2 to 4.4: what its owner says of it.
    let named = object.string("alg").map_err(malformed)?.is_none_or(|name| {
        Algorithm::parse(name).is_some_and(|intended| intended.same_as(algorithm))
    });
    let usage = object.string("use").map_err(malformed)?.is_none_or(|usage| usage == "sig");
    let operations = object.strings("key_ops").map_err(malformed)?;
    if !named || !usage || operations.is_some_and(|list| !list.contains(&"sign")) {
        return Err(refuse("its owner meant it for something else"));
    }
    let secret = object.string("d").map_err(malformed)?;
    let secret = secret.ok_or_else(|| refuse("it is a public key"))?;
    let secret = text::decode_base64url(secret).ok_or_else(|| refuse("its d is no base64url"))?;
    let secret = Zeroizing::new(secret);
    // RFC 7518 6.2.2.1, RFC 8037 2
    let due = match public.key() {
        PublicKey::Ec(key) => Some(key.x().len()),
        PublicKey::Ed25519(_) => Some(32),
        PublicKey::Rsa(_) => None,
    };
    if secret.is_empty() || due.is_some_and(|length| secret.len() != length) {
        return Err(refuse("its d is not as long as the numbers of its curve"));
    }
    Ok(PrivateKey {
        public: public.key().clone(),
        kid: public.kid().map(str::to_owned),
        #[cfg(feature = "rustcrypto")]
        secret,
    })
}

/// A signing key from a closure, which is tried once: a key of a wrong size shows here and not at the first login.
pub(super) fn signing_key(
    algorithm: Algorithm,
    key_id: Option<String>,
    public: Option<PublicKey>,
    sign: impl Fn(&[u8]) -> Result<Vec<u8>, SigningFailed> + Send + Sync + 'static,
) -> Result<SigningKey, Error> {
    let key = SigningKey::local(Ready { algorithm, key_id, public, sign })?;
    match key.sign(b"") {
        Some(Ok(_)) => Ok(key),
        _ => Err(refuse("it does not sign, or is too small or too large")),
    }
}

struct Ready<F> {
    algorithm: Algorithm,
    key_id: Option<String>,
    public: Option<PublicKey>,
    sign: F,
}

impl<F: Fn(&[u8]) -> Result<Vec<u8>, SigningFailed> + Send + Sync> Signer for Ready<F> {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    fn public_jwk(&self) -> Option<Jwk> {
        Some(Jwk::own(self.public.clone()?, self.algorithm, self.key_id()))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        (self.sign)(message)
    }
}

/// The numbers of a public key that a library computed.
pub(super) fn public_key(members: &[(&str, &[u8])], kind: &str) -> Option<PublicKey> {
    let mut jwk = format!("{{{kind}");
    for (name, octets) in members {
        jwk.push_str(&format!(r#","{name}":"{}""#, text::encode_base64url(octets)));
    }
    jwk.push('}');
    Jwk::from_json(jwk.as_bytes(), &Limits::default()).ok().map(|jwk| jwk.key().clone())
}

/// The private JWK of a key that was just made, to be kept.
pub(super) fn private_jwk(
    public: PublicKey,
    algorithm: Algorithm,
    secret: &[(&str, &[u8])],
) -> Zeroizing<String> {
    let jwk = Jwk::own(public, algorithm, None);
    let kid = jwk.thumbprint();
    let public = Jwk::own(jwk.key().clone(), algorithm, Some(&kid)).to_json();
    with_private_members(&public, secret)
}
