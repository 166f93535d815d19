//! Verification in pure Rust: nothing here handles a private key.

use rsa::{
    BigUint, RsaPublicKey, pkcs1v15,
    pkcs8::AssociatedOid,
    pss,
    sha2::{Digest, Sha256, Sha384, Sha512, digest::FixedOutputReset},
    signature::Verifier,
};

#[cfg(feature = "encryption")]
use crate::crypto::rustcrypto_jwe::PureRust;
use crate::{
    crypto::ready,
    jose::{
        algorithm::Algorithm,
        backend::{BadKey, Crypto, SignatureVerifier, VerifyingKey},
        jwk::{EcCurve, EcKey, Ed25519Key, PublicKey, RsaKey},
    },
};

/// The crates of the RustCrypto and dalek projects.
pub fn rustcrypto() -> Crypto {
    let crypto = Crypto::new(RustCrypto);
    #[cfg(feature = "encryption")]
    let crypto = crypto.with_key_management(PureRust, PureRust);
    crypto
}

#[derive(Debug)]
struct RustCrypto;

impl SignatureVerifier for RustCrypto {
    fn supports(&self, algorithm: Algorithm) -> bool {
        !algorithm.is_symmetric()
    }

    fn prepare(
        &self,
        key: &PublicKey,
        algorithm: Algorithm,
    ) -> Result<Box<dyn VerifyingKey>, BadKey> {
        match (key, algorithm) {
            (PublicKey::Rsa(key), Algorithm::RS256) => pkcs1_v1_5::<Sha256>(key),
            (PublicKey::Rsa(key), Algorithm::RS384) => pkcs1_v1_5::<Sha384>(key),
            (PublicKey::Rsa(key), Algorithm::RS512) => pkcs1_v1_5::<Sha512>(key),
            (PublicKey::Rsa(key), Algorithm::PS256) => pss::<Sha256>(key),
            (PublicKey::Rsa(key), Algorithm::PS384) => pss::<Sha384>(key),
            (PublicKey::Rsa(key), Algorithm::PS512) => pss::<Sha512>(key),
            (PublicKey::Ec(key), _) => ecdsa(key, algorithm),
            (PublicKey::Ed25519(key), Algorithm::EdDSA | Algorithm::Ed25519) => Ok(ed25519(key)),
            _ => Err(BadKey),
        }
    }
}

fn rsa_key(key: &RsaKey) -> Result<RsaPublicKey, BadKey> {
    let (n, e) = (BigUint::from_bytes_be(key.n()), BigUint::from_bytes_be(key.e()));
    RsaPublicKey::new_with_max_size(n, e, MAX_MODULUS_BITS).map_err(|_| BadKey)
}

fn pkcs1_v1_5<D>(key: &RsaKey) -> Result<Box<dyn VerifyingKey>, BadKey>
where
    D: Digest + AssociatedOid + Send + Sync + 'static,
{
    let key = pkcs1v15::VerifyingKey::<D>::new(rsa_key(key)?);
    Ok(ready(move |message, signature| {
        pkcs1v15::Signature::try_from(signature)
            .is_ok_and(|signature| key.verify(message, &signature).is_ok())
    }))
}

/// RFC 7518 3.5: the salt is as long as the hash.
fn pss<D>(key: &RsaKey) -> Result<Box<dyn VerifyingKey>, BadKey>
where
    D: Digest + FixedOutputReset + Send + Sync + 'static,
{
    let key = pss::VerifyingKey::<D>::new(rsa_key(key)?);
    Ok(ready(move |message, signature| {
        pss::Signature::try_from(signature)
            .is_ok_and(|signature| key.verify(message, &signature).is_ok())
    }))
}

fn ecdsa(key: &EcKey, algorithm: Algorithm) -> Result<Box<dyn VerifyingKey>, BadKey> {
    // SEC 1 2.3.3: the uncompressed form.
    let point = [&[4], key.x(), key.y()].concat();
    macro_rules! on {
        ($curve:ident) => {{
            use $curve::ecdsa::{Signature, VerifyingKey, signature::Verifier};
            let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| BadKey)?;
            Ok(ready(move |message, signature| {
                Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }))
        }};
    }
    match (key.curve(), algorithm) {
        (EcCurve::P256, Algorithm::ES256) => on!(p256),
        (EcCurve::P384, Algorithm::ES384) => on!(p384),
        (EcCurve::P521, Algorithm::ES512) => on!(p521),
        _ => Err(BadKey),
    }
}

/// An encoding of no point is a key that verifies nothing, and not a [`BadKey`]: not every backend decodes the
/// point before it verifies, and a token is to be refused for the same reason under all of them.
fn ed25519(key: &Ed25519Key) -> Box<dyn VerifyingKey> {
    let key = ed25519_dalek::VerifyingKey::from_bytes(key.x()).ok();
    ready(move |message, signature| match (&key, ed25519_dalek::Signature::from_slice(signature)) {
        (Some(key), Ok(signature)) => key.verify_strict(message, &signature).is_ok(),
        _ => false,
    })
}

/// As in [`RsaKey`]; the crate's own default is lower.
const MAX_MODULUS_BITS: usize = 8192;
