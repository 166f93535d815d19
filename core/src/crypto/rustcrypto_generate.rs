//! Signing keys made in pure Rust, all of their randomness from the caller.

use zeroize::Zeroizing;

use crate::{
    crypto::{
        private_key::{private_jwk, refuse},
        rustcrypto_signer::{ec_public, ed25519_public, no_rsa, rustcrypto_signing_key},
    },
    env::Env,
    error::{Error, ErrorKind},
    jose::{algorithm::Algorithm, generated_key::GeneratedKey, jwk::PublicKey},
};

/// A fresh signing key of `ES256`, `ES384`, `ES512`, `EdDSA` or `Ed25519`, all of its randomness from `env`. Keep
/// [`GeneratedKey::to_private_jwk`].
///
/// # Errors
/// [`ApiMisuse::SigningKey`](crate::error::ApiMisuse::SigningKey), for RSA as well: the [`crypto`](crate::crypto)
/// module says why; [`ErrorKind::Entropy`].
pub fn rustcrypto_generate_signing_key(
    algorithm: Algorithm,
    env: &mut dyn Env,
) -> Result<GeneratedKey, Error> {
    no_rsa(algorithm)?;
    macro_rules! on {
        ($curve:ident, $octets:literal, $first:literal) => {
            draw($octets, $first, env, |d| {
                let key = $curve::ecdsa::SigningKey::from_slice(d).ok()?;
                ec_public(algorithm, key.verifying_key().to_sec1_point(false).as_bytes())
            })
        };
    }
    let (d, public) = match algorithm {
        Algorithm::ES256 => on!(p256, 32, 0xff),
        Algorithm::ES384 => on!(p384, 48, 0xff),
        // 521 bits of 528.
        Algorithm::ES512 => on!(p521, 66, 1),
        _ => draw(32, 0xff, env, |d| ed25519_public(&ed25519_dalek::SigningKey::try_from(d).ok()?)),
    }?;
    let jwk = private_jwk(public, algorithm, &[("d", &d)]);
    GeneratedKey::new(jwk, |jwk| rustcrypto_signing_key(jwk, algorithm))
        .map_err(|_| refuse("the key that was made cannot be read"))
}

/// Drawn again while it is not below the order of its curve (FIPS 186-5 A.2.2).
fn draw(
    octets: usize,
    first_bits: u8,
    env: &mut dyn Env,
    public: impl Fn(&[u8]) -> Option<PublicKey>,
) -> Result<(Zeroizing<Vec<u8>>, PublicKey), Error> {
    for _ in 0..DRAWS {
        let mut d = Zeroizing::new(vec![0; octets]);
        env.fill(&mut d)?;
        // A generator that gives only zeros is broken.
        if d.iter().all(|octet| *octet == 0) {
            break;
        }
        if let Some(first) = d.first_mut() {
            *first &= first_bits;
        }
        if let Some(public) = public(&d) {
            return Ok((d, public));
        }
    }
    Err(ErrorKind::Entropy.into())
}

/// Two draws in a row are out of range once in 2^64 times at most; a generator that never fits must end too.
const DRAWS: usize = 8;
