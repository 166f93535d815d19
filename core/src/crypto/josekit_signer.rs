//! Signing through josekit, which uses OpenSSL. Its primitives only.

use ::josekit::{
    JoseError, Map, Value,
    jwk::{Jwk, KeyPair, alg::rsa::RsaKeyPair},
    jws::{ES256, ES384, ES512, EdDSA, JwsSigner, PS256, PS384, PS512, RS256, RS384, RS512},
};
use zeroize::Zeroize;

use crate::{
    crypto::{
        josekit::josekit,
        josekit_generate::public_half,
        private_key::{read_jwk, refuse, signing_key},
    },
    error::Error,
    jose::{
        algorithm::Algorithm,
        jwk::PublicKey,
        signer::{SigningFailed, SigningKey},
    },
};

/// A signing key from a private JWK (JSON), through OpenSSL: every RS, PS and ES algorithm, `EdDSA` and `Ed25519`. Its
/// `kid` goes into the header of what it signs. RSA keys have 2048 bits at least.
///
/// # Errors
/// [`ApiMisuse::SigningKey`](crate::error::ApiMisuse::SigningKey)
pub fn josekit_signing_key(jwk: &[u8], algorithm: Algorithm) -> Result<SigningKey, Error> {
    let read = read_jwk(jwk, algorithm)?;
    // Members of the numbers alone: `alg` and `key_ops` were compared above, and josekit knows fewer names.
    let names: &[&str] = match read.public {
        PublicKey::Rsa(_) => &["kty", "n", "e", "d", "p", "q", "dp", "dq", "qi"],
        PublicKey::Ec(_) | PublicKey::Ed25519(_) => &["kty", "crv", "x", "y", "d"],
    };
    let unread = |_| refuse("it cannot be read");
    let mut members: Map<String, Value> = serde_json::from_slice(jwk).map_err(unread)?;
    members.retain(|name, value| {
        let keep = names.contains(&name.as_str());
        if !keep {
            wipe(value);
        }
        keep
    });
    let jwk = Jwk::from_map(members).map_err(|_| refuse("it cannot be read"))?;
    let key = key(algorithm, read.kid, Some(read.public.clone()), By::Jwk(&jwk));
    wipe_jwk(jwk);
    let key = key?;
    // OpenSSL takes halves that do not belong together.
    let public = josekit().verifier().prepare(&read.public, algorithm);
    let signature = key.sign(b"").and_then(Result::ok).unwrap_or_default();
    match public.is_ok_and(|public| public.verify(b"", &signature).is_ok()) {
        true => Ok(key),
        false => Err(refuse("its halves do not belong together")),
    }
}

/// The same from PEM: PKCS#8, and what OpenSSL writes as `RSA PRIVATE KEY` (PKCS#1) and `EC PRIVATE KEY` (SEC 1), all
/// of them without a password. `key_id` is the `kid` of its public half in the client's key set, if it has one.
///
/// # Errors
/// [`ApiMisuse::SigningKey`](crate::error::ApiMisuse::SigningKey)
pub fn josekit_signing_key_from_pem(
    pem: &[u8],
    algorithm: Algorithm,
    key_id: Option<&str>,
) -> Result<SigningKey, Error> {
    let kid = key_id.map(str::to_owned);
    if !matches!(algorithm, Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512) {
        return key(algorithm, kid, public_half(pem), By::Pem(pem));
    }
    // An ordinary RSA key is for PSS too (RFC 8017 A.1); josekit reads one that says so.
    let pair = RsaKeyPair::from_pem(pem).map_err(|_| refuse(OTHER))?;
    let jwk = pair.to_jwk_key_pair();
    let key = key(algorithm, kid, public_half(pem), By::Jwk(&jwk));
    wipe_jwk(jwk);
    key
}

enum By<'a> {
    Jwk(&'a Jwk),
    Pem(&'a [u8]),
}

fn key(
    algorithm: Algorithm,
    kid: Option<String>,
    public: Option<PublicKey>,
    by: By<'_>,
) -> Result<SigningKey, Error> {
    macro_rules! made_by {
        ($algorithm:expr) => {
            match by {
                By::Jwk(jwk) => ready(algorithm, kid, public, $algorithm.signer_from_jwk(jwk)),
                By::Pem(pem) => ready(algorithm, kid, public, $algorithm.signer_from_pem(pem)),
            }
        };
    }
    match algorithm {
        Algorithm::RS256 => made_by!(RS256),
        Algorithm::RS384 => made_by!(RS384),
        Algorithm::RS512 => made_by!(RS512),
        Algorithm::PS256 => made_by!(PS256),
        Algorithm::PS384 => made_by!(PS384),
        Algorithm::PS512 => made_by!(PS512),
        Algorithm::ES256 => made_by!(ES256),
        Algorithm::ES384 => made_by!(ES384),
        Algorithm::ES512 => made_by!(ES512),
        Algorithm::EdDSA | Algorithm::Ed25519 => made_by!(EdDSA),
        Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => {
            Err(refuse("an HMAC algorithm has no private key"))
        }
    }
}

fn ready(
    algorithm: Algorithm,
    kid: Option<String>,
    public: Option<PublicKey>,
    signer: Result<impl JwsSigner + 'static, JoseError>,
) -> Result<SigningKey, Error> {
    let signer = signer.map_err(|_| refuse(OTHER))?;
    let sign = move |message: &[u8]| signer.sign(message).map_err(|_| SigningFailed);
    signing_key(algorithm, kid, public, sign)
}

fn wipe_jwk(jwk: Jwk) {
    let mut members: Map<String, Value> = jwk.into();
    members.iter_mut().for_each(|(_, value)| wipe(value));
}

fn wipe(value: &mut Value) {
    if let Value::String(text) = value {
        text.zeroize();
    }
}

const OTHER: &str = "it is no private key of the algorithm";
