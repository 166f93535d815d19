//! Keys made by OpenSSL, with randomness of its own generator: it takes none from a caller.

use openssl::{
    bn::{BigNum, BigNumContext, BigNumRef},
    ec::{EcGroup, EcKey, EcKeyRef},
    error::ErrorStack,
    nid::Nid,
    pkey::{Id, PKey, Private},
    rsa::Rsa,
};
use zeroize::Zeroizing;

#[cfg(feature = "encryption")]
use crate::jose::jwk::DecryptionKey;
use crate::{
    crypto::{
        josekit_signer::josekit_signing_key,
        private_key::{private_jwk, public_key, refuse},
    },
    error::Error,
    jose::{algorithm::Algorithm, generated_key::GeneratedKey, jwk::PublicKey},
};

/// How long an RSA key is. Shorter ones are too weak (RFC 7518 3.3), longer ones too slow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RsaSize {
    /// The least that is allowed: 112 bits of security, good until 2030 (NIST SP 800-57).
    Bits2048,
    /// 128 bits of security, as much as P-256.
    #[default]
    Bits3072,
    /// For those who are told to.
    Bits4096,
}

impl RsaSize {
    fn bits(self) -> u32 {
        match self {
            Self::Bits2048 => 2048,
            Self::Bits3072 => 3072,
            Self::Bits4096 => 4096,
        }
    }
}

/// A fresh signing key of any algorithm but HMAC, through OpenSSL and with its randomness, not an
/// [`Env`](crate::Env)'s. `size` counts for `RS…` and `PS…` alone. Keep [`GeneratedKey::to_private_jwk`].
///
/// # Errors
/// [`ApiMisuse::SigningKey`](crate::error::ApiMisuse::SigningKey)
pub fn josekit_generate_signing_key(
    algorithm: Algorithm,
    size: RsaSize,
) -> Result<GeneratedKey, Error> {
    use Algorithm::{ES256, ES384, ES512, Ed25519, EdDSA, HS256, HS384, HS512};
    let made = match algorithm {
        HS256 | HS384 | HS512 => return Err(refuse("an HMAC algorithm has no private key")),
        ES256 => ec(Nid::X9_62_PRIME256V1),
        ES384 => ec(Nid::SECP384R1),
        ES512 => ec(Nid::SECP521R1),
        EdDSA | Ed25519 => PKey::generate_ed25519(),
        _ => Rsa::generate(size.bits()).and_then(PKey::from_rsa),
    };
    let failed = || refuse("OpenSSL made no key");
    let key = made.map_err(|_| failed())?;
    let public = public_of(&key).ok_or_else(failed)?;
    let secret = secret_of(&key).ok_or_else(failed)?;
    let members: Vec<(&str, &[u8])> = secret.iter().map(|(name, d)| (*name, &***d)).collect();
    let jwk = private_jwk(public, algorithm, &members);
    GeneratedKey::new(jwk, |jwk| josekit_signing_key(jwk, algorithm))
}

/// A fresh RSA key to decrypt with, through OpenSSL and with its randomness. Its `kid` is its thumbprint (RFC 7638). Keep
/// [`DecryptionKey::to_private_jwk`]. Keys for ECDH-ES are smaller, faster, and made by [`DecryptionKey::generate`].
///
/// # Errors
/// [`ApiMisuse::ClientKeys`](crate::error::ApiMisuse::ClientKeys)
#[cfg(feature = "encryption")]
pub fn josekit_generate_decryption_key(size: RsaSize) -> Result<DecryptionKey, Error> {
    use crate::error::ApiMisuse;
    let failed = || ApiMisuse::ClientKeys("OpenSSL made no key");
    let pem = Rsa::generate(size.bits()).and_then(|key| key.private_key_to_pem());
    let pem = Zeroizing::new(pem.map_err(|_| failed())?);
    DecryptionKey::from_pem(&pem, None).map_err(|_| failed())?.named(&super::josekit())
}

/// The public half of a private key in PEM. None where OpenSSL does not read it without a password.
pub(super) fn public_half(pem: &[u8]) -> Option<PublicKey> {
    public_of(&PKey::private_key_from_pem_passphrase(pem, b"").ok()?)
}

fn ec(curve: Nid) -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(curve)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

fn public_of(key: &PKey<Private>) -> Option<PublicKey> {
    match key.id() {
        Id::ED25519 => {
            let x = key.raw_public_key().ok()?;
            public_key(&[("x", &x)], r#""kty":"OKP","crv":"Ed25519""#)
        }
        Id::EC => {
            let key = key.ec_key().ok()?;
            let kind = match key.group().curve_name()? {
                Nid::X9_62_PRIME256V1 => r#""kty":"EC","crv":"P-256""#,
                Nid::SECP384R1 => r#""kty":"EC","crv":"P-384""#,
                Nid::SECP521R1 => r#""kty":"EC","crv":"P-521""#,
                _ => return None,
            };
            let (mut x, mut y) = (BigNum::new().ok()?, BigNum::new().ok()?);
            let mut context = BigNumContext::new().ok()?;
            key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).ok()?;
            let length = coordinate(&key)?;
            let (x, y) = (x.to_vec_padded(length).ok()?, y.to_vec_padded(length).ok()?);
            public_key(&[("x", &x), ("y", &y)], kind)
        }
        _ => {
            let key = key.rsa().ok()?;
            public_key(&[("n", &key.n().to_vec()), ("e", &key.e().to_vec())], r#""kty":"RSA""#)
        }
    }
}

type Members = Vec<(&'static str, Zeroizing<Vec<u8>>)>;

fn secret_of(key: &PKey<Private>) -> Option<Members> {
    match key.id() {
        Id::ED25519 => Some(vec![("d", Zeroizing::new(key.raw_private_key().ok()?))]),
        Id::EC => {
            let key = key.ec_key().ok()?;
            let d = key.private_key().to_vec_padded(coordinate(&key)?).ok()?;
            Some(vec![("d", Zeroizing::new(d))])
        }
        _ => {
            let key = key.rsa().ok()?;
            let octets = |number: &BigNumRef| Zeroizing::new(number.to_vec());
            Some(vec![
                ("d", octets(key.d())),
                ("p", octets(key.p()?)),
                ("q", octets(key.q()?)),
                ("dp", octets(key.dmp1()?)),
                ("dq", octets(key.dmq1()?)),
                ("qi", octets(key.iqmp()?)),
            ])
        }
    }
}

/// Octets of a coordinate (RFC 7518 6.2.1.2).
fn coordinate(key: &EcKeyRef<Private>) -> Option<i32> {
    i32::try_from(key.group().degree().div_ceil(8)).ok()
}
