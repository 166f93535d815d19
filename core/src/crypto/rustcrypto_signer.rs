//! Signing in pure Rust: ECDSA, deterministic (RFC 6979), and Ed25519. No RSA: see [`crypto`](crate::crypto).

use ed25519_dalek::pkcs8::DecodePrivateKey;

use crate::{
    crypto::private_key::{public_key, read_jwk, refuse, signing_key},
    error::Error,
    jose::{
        algorithm::Algorithm,
        jwk::PublicKey,
        signer::{SigningFailed, SigningKey},
    },
};

/// For each curve, since their types share no trait that would be shorter.
macro_rules! ecdsa_key {
    ($curve:ident, $key:expr, $algorithm:expr, $kid:expr) => {{
        use $curve::ecdsa::{Signature, signature::Signer};
        let key = $key;
        let point = key.verifying_key().to_sec1_point(false);
        let public = ec_public($algorithm, point.as_bytes());
        signing_key($algorithm, $kid, public, move |message| {
            let signature: Signature = key.try_sign(message).map_err(|_| SigningFailed)?;
            Ok(signature.to_bytes().to_vec())
        })
    }};
}

/// A signing key from a private JWK (JSON), in pure Rust: `ES256`, `ES384`, `ES512`, `EdDSA` and `Ed25519`. Its `kid`
/// goes into the header of what it signs.
///
/// # Errors
/// [`ApiMisuse::SigningKey`](crate::error::ApiMisuse::SigningKey), for RSA as well: the [`crypto`](crate::crypto)
/// module says why.
pub fn rustcrypto_signing_key(jwk: &[u8], algorithm: Algorithm) -> Result<SigningKey, Error> {
    no_rsa(algorithm)?;
    let read = read_jwk(jwk, algorithm)?;
    macro_rules! ecdsa {
        ($curve:ident, $public:expr) => {{
            let key = $curve::ecdsa::SigningKey::from_slice(&read.secret)
                .map_err(|_| refuse("its d is no number of its curve"))?;
            let point = key.verifying_key().to_sec1_point(false);
            let halves = (point.x().map(|x| x.to_vec()), point.y().map(|y| y.to_vec()));
            if halves != (Some($public.x().to_vec()), Some($public.y().to_vec())) {
                return Err(refuse(OTHER_HALF));
            }
            ecdsa_key!($curve, key, algorithm, read.kid)
        }};
    }
    match (&read.public, algorithm) {
        (PublicKey::Ec(public), Algorithm::ES256) => ecdsa!(p256, public),
        (PublicKey::Ec(public), Algorithm::ES384) => ecdsa!(p384, public),
        (PublicKey::Ec(public), Algorithm::ES512) => ecdsa!(p521, public),
        (PublicKey::Ed25519(public), _) => {
            let key = ed25519_dalek::SigningKey::try_from(read.secret.as_slice())
                .map_err(|_| refuse("its d has not 32 bytes"))?;
            if key.verifying_key().as_bytes() != public.x() {
                return Err(refuse(OTHER_HALF));
            }
            ed25519(key, algorithm, read.kid)
        }
        _ => Err(refuse("its kind or curve is not the algorithm's")),
    }
}

/// The same from PEM: PKCS#8 without a password. `key_id` is the `kid` of its public half in the client's key set, if
/// it has one.
///
/// # Errors
/// As [`rustcrypto_signing_key`].
pub fn rustcrypto_signing_key_from_pem(
    pem: &[u8],
    algorithm: Algorithm,
    key_id: Option<&str>,
) -> Result<SigningKey, Error> {
    no_rsa(algorithm)?;
    let unread = "it is no PKCS#8 private key of the algorithm";
    let pem = str::from_utf8(pem).map_err(|_| refuse(unread))?;
    let kid = key_id.map(str::to_owned);
    macro_rules! ecdsa {
        ($curve:ident) => {{
            let key = $curve::SecretKey::from_pkcs8_pem(pem).map_err(|_| refuse(unread))?;
            let key = $curve::ecdsa::SigningKey::from(&key);
            ecdsa_key!($curve, key, algorithm, kid)
        }};
    }
    match algorithm {
        Algorithm::ES256 => ecdsa!(p256),
        Algorithm::ES384 => ecdsa!(p384),
        Algorithm::ES512 => ecdsa!(p521),
        _ => {
            let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem).map_err(|_| refuse(unread))?;
            ed25519(key, algorithm, kid)
        }
    }
}

/// A point in the uncompressed form (SEC 1 2.3.3).
pub(super) fn ec_public(algorithm: Algorithm, point: &[u8]) -> Option<PublicKey> {
    let kind = match algorithm {
        Algorithm::ES256 => r#""kty":"EC","crv":"P-256""#,
        Algorithm::ES384 => r#""kty":"EC","crv":"P-384""#,
        _ => r#""kty":"EC","crv":"P-521""#,
    };
    let (form, coordinates) = point.split_first()?;
    let (x, y) = coordinates.split_at_checked(coordinates.len() / 2)?;
    (*form == 4).then(|| public_key(&[("x", x), ("y", y)], kind))?
}

pub(super) fn ed25519_public(key: &ed25519_dalek::SigningKey) -> Option<PublicKey> {
    public_key(&[("x", key.verifying_key().as_bytes())], r#""kty":"OKP","crv":"Ed25519""#)
}

/// HMAC among them: neither has a private key here.
pub(super) fn no_rsa(algorithm: Algorithm) -> Result<(), Error> {
    match algorithm {
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 => Ok(()),
        Algorithm::EdDSA | Algorithm::Ed25519 => Ok(()),
        _ => Err(refuse("this backend signs with ECDSA and Ed25519 only")),
    }
}

fn ed25519(
    key: ed25519_dalek::SigningKey,
    algorithm: Algorithm,
    kid: Option<String>,
) -> Result<SigningKey, Error> {
    use ed25519_dalek::Signer;
    let public = ed25519_public(&key);
    signing_key(algorithm, kid, public, move |message| Ok(key.sign(message).to_vec()))
}

const OTHER_HALF: &str = "its halves do not belong together";
