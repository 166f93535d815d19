//! Keys of encrypted tokens in pure Rust. RSA is never decrypted here: how long the crate computes depends on the
//! private key (RUSTSEC-2023-0071), and whoever sends tokens could measure it.

use curve25519_dalek::MontgomeryPoint;
use p256::elliptic_curve::sec1::ToSec1Point;
use rsa::BigUint;
use zeroize::Zeroizing;

use crate::jose::{
    encryption::KeyManagement,
    jwk::{AgreementCurve, AgreementKey, AgreementPrivateKey, EcCurve, RsaKey, RsaPrivateKey},
    key_management::{Decrypter, Encrypter, OaepHash, Undecryptable, UnusableKey},
    key_octets::KeyOctets,
};

#[derive(Clone, Copy, Debug)]
pub(super) struct PureRust;

impl Decrypter for PureRust {
    fn supports(&self, algorithm: KeyManagement) -> bool {
        !algorithm.is_symmetric()
            && !matches!(algorithm, KeyManagement::RsaOaep | KeyManagement::RsaOaep256)
    }

    fn decrypt_oaep(
        &self,
        _: &RsaPrivateKey,
        _: OaepHash,
        _: &[u8],
    ) -> Result<KeyOctets, Undecryptable> {
        Err(Undecryptable)
    }

    fn agree(
        &self,
        key: &AgreementPrivateKey,
        peer: &AgreementKey,
    ) -> Result<KeyOctets, Undecryptable> {
        agree(key, peer).ok_or(Undecryptable)
    }
}

impl Encrypter for PureRust {
    fn supports(&self, algorithm: KeyManagement) -> bool {
        !algorithm.is_symmetric()
    }

    fn encrypt_rsa(&self, key: &RsaKey, block: &KeyOctets) -> Result<Vec<u8>, UnusableKey> {
        // Only the message is a secret here, and it is masked by a seed that is used once.
        let (n, e) = (BigUint::from_bytes_be(key.n()), BigUint::from_bytes_be(key.e()));
        let encrypted = BigUint::from_bytes_be(block.expose()).modpow(&e, &n).to_bytes_be();
        let zeros = key.n().len().checked_sub(encrypted.len()).ok_or(UnusableKey)?;
        Ok([vec![0; zeros], encrypted].concat())
    }

    fn public_key(&self, key: &AgreementPrivateKey) -> Result<AgreementKey, UnusableKey> {
        public_key(key).ok_or(UnusableKey)
    }

    fn agree(
        &self,
        key: &AgreementPrivateKey,
        peer: &AgreementKey,
    ) -> Result<KeyOctets, UnusableKey> {
        agree(key, peer).ok_or(UnusableKey)
    }
}

/// None where the point does not lie on its curve, or the number is out of range.
fn agree(key: &AgreementPrivateKey, peer: &AgreementKey) -> Option<KeyOctets> {
    match (key.curve(), peer) {
        (AgreementCurve::Ec(curve), AgreementKey::Ec(peer)) if curve == peer.curve() => {
            // SEC 1 2.3.3: the uncompressed form.
            let point = [&[4], peer.x(), peer.y()].concat();
            macro_rules! on {
                ($curve:ident) => {{
                    let key = $curve::SecretKey::from_slice(key.d().expose()).ok()?;
                    let peer = $curve::PublicKey::from_sec1_bytes(&point).ok()?;
                    let shared =
                        $curve::ecdh::diffie_hellman(key.to_nonzero_scalar(), peer.as_affine());
                    Some(KeyOctets::new(shared.raw_secret_bytes().to_vec()))
                }};
            }
            match curve {
                EcCurve::P256 => on!(p256),
                EcCurve::P384 => on!(p384),
                EcCurve::P521 => on!(p521),
            }
        }
        (AgreementCurve::X25519, AgreementKey::X25519(peer)) => {
            let shared = Zeroizing::new(MontgomeryPoint(*peer).mul_clamped(*clamped(key)?));
            Some(KeyOctets::new(shared.as_bytes().to_vec()))
        }
        _ => None,
    }
}

fn public_key(key: &AgreementPrivateKey) -> Option<AgreementKey> {
    match key.curve() {
        AgreementCurve::Ec(curve) => {
            macro_rules! on {
                ($curve:ident) => {{
                    let key = $curve::SecretKey::from_slice(key.d().expose()).ok()?;
                    key.public_key().to_sec1_point(false).as_bytes().to_vec()
                }};
            }
            let point = match curve {
                EcCurve::P256 => on!(p256),
                EcCurve::P384 => on!(p384),
                EcCurve::P521 => on!(p521),
            };
            let (form, coordinates) = point.split_first()?;
            let (x, y) = coordinates.split_at_checked(coordinates.len() / 2)?;
            (*form == 4).then(|| AgreementKey::from_coordinates(curve, x, y).ok())?
        }
        AgreementCurve::X25519 => {
            let point = MontgomeryPoint::mul_base_clamped(*clamped(key)?);
            Some(AgreementKey::X25519(point.to_bytes()))
        }
    }
}

fn clamped(key: &AgreementPrivateKey) -> Option<Zeroizing<[u8; 32]>> {
    key.d().expose().try_into().ok().map(Zeroizing::new)
}
