//! Keys of encrypted tokens through the OpenSSL that josekit is built on: josekit itself has no bare agreement and no
//! bare RSA, only whole algorithms of its own JWE.

use openssl::{
    bn::{BigNum, BigNumContext},
    derive::Deriver,
    ec::{EcGroup, EcKey, EcPoint},
    encrypt,
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{Id, PKey, Private, Public},
    rsa::{Padding, Rsa},
};

use crate::jose::{
    encryption::KeyManagement,
    jwk::{
        AgreementCurve, AgreementKey, AgreementPrivateKey, EcCurve, RsaKey, RsaNumbers,
        RsaPrivateKey,
    },
    key_management::{Decrypter, Encrypter, OaepHash, Undecryptable, UnusableKey},
    key_octets::KeyOctets,
};

#[derive(Clone, Copy, Debug)]
pub(super) struct OpenSsl;

impl Decrypter for OpenSsl {
    fn supports(&self, algorithm: KeyManagement) -> bool {
        !algorithm.is_symmetric()
    }

    fn decrypt_oaep(
        &self,
        key: &RsaPrivateKey,
        hash: OaepHash,
        encrypted_key: &[u8],
    ) -> Result<KeyOctets, Undecryptable> {
        decrypt_oaep(key, hash, encrypted_key).map_err(|_| Undecryptable)
    }

    fn agree(
        &self,
        key: &AgreementPrivateKey,
        peer: &AgreementKey,
    ) -> Result<KeyOctets, Undecryptable> {
        agree(key, peer).ok_or(Undecryptable)
    }
}

impl Encrypter for OpenSsl {
    fn supports(&self, algorithm: KeyManagement) -> bool {
        !algorithm.is_symmetric()
    }

    fn encrypt_rsa(&self, key: &RsaKey, block: &KeyOctets) -> Result<Vec<u8>, UnusableKey> {
        encrypt_rsa(key, block).map_err(|_| UnusableKey)
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

/// OpenSSL blinds the number and removes the padding in constant time.
fn decrypt_oaep(
    key: &RsaPrivateKey,
    hash: OaepHash,
    encrypted_key: &[u8],
) -> Result<KeyOctets, ErrorStack> {
    let RsaNumbers { d, p, q, dp, dq, qi } = key.numbers();
    let number = |octets: &KeyOctets| secret(octets.expose());
    let rsa = Rsa::from_private_components(
        BigNum::from_slice(key.public().n())?,
        BigNum::from_slice(key.public().e())?,
        number(d)?,
        number(p)?,
        number(q)?,
        number(dp)?,
        number(dq)?,
        number(qi)?,
    )?;
    let key = PKey::from_rsa(rsa)?;
    let digest = match hash {
        OaepHash::Sha1 => MessageDigest::sha1(),
        OaepHash::Sha256 => MessageDigest::sha256(),
    };
    let mut decrypter = encrypt::Decrypter::new(&key)?;
    decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
    decrypter.set_rsa_oaep_md(digest)?;
    decrypter.set_rsa_mgf1_md(digest)?;
    let mut block = zeroize::Zeroizing::new(vec![0; decrypter.decrypt_len(encrypted_key)?]);
    let length = decrypter.decrypt(encrypted_key, &mut block)?;
    Ok(KeyOctets::new(block.iter().copied().take(length).collect()))
}

fn encrypt_rsa(key: &RsaKey, block: &KeyOctets) -> Result<Vec<u8>, ErrorStack> {
    let (n, e) = (BigNum::from_slice(key.n())?, BigNum::from_slice(key.e())?);
    let rsa = Rsa::from_public_components(n, e)?;
    let mut encrypted = vec![0; key.n().len()];
    let length = rsa.public_encrypt(block.expose(), &mut encrypted, Padding::NONE)?;
    encrypted.truncate(length);
    Ok(encrypted)
}

fn agree(key: &AgreementPrivateKey, peer: &AgreementKey) -> Option<KeyOctets> {
    let (key, peer) = (private(key)?, public(peer)?);
    let mut deriver = Deriver::new(&key).ok()?;
    deriver.set_peer(&peer).ok()?;
    deriver.derive_to_vec().ok().map(KeyOctets::new)
}

/// None where the point does not lie on its curve.
fn public(key: &AgreementKey) -> Option<PKey<Public>> {
    match key {
        AgreementKey::Ec(key) => {
            let (x, y) = (BigNum::from_slice(key.x()).ok()?, BigNum::from_slice(key.y()).ok()?);
            // It checks the key, the point on the curve included.
            let key =
                EcKey::from_public_key_affine_coordinates(&*group(key.curve())?, &x, &y).ok()?;
            PKey::from_ec_key(key).ok()
        }
        AgreementKey::X25519(x) => PKey::public_key_from_raw_bytes(x, Id::X25519).ok(),
    }
}

/// None where the number is zero or not below the order.
fn private(key: &AgreementPrivateKey) -> Option<PKey<Private>> {
    match key.curve() {
        AgreementCurve::Ec(curve) => {
            let group = group(curve)?;
            let (d, point) = multiplied(&group, key)?;
            PKey::from_ec_key(EcKey::from_private_components(&group, &d, &point).ok()?).ok()
        }
        AgreementCurve::X25519 => {
            PKey::private_key_from_raw_bytes(key.d().expose(), Id::X25519).ok()
        }
    }
}

fn public_key(key: &AgreementPrivateKey) -> Option<AgreementKey> {
    match key.curve() {
        AgreementCurve::Ec(curve) => {
            let group = group(curve)?;
            let (_, point) = multiplied(&group, key)?;
            let (mut x, mut y) = (BigNum::new().ok()?, BigNum::new().ok()?);
            let mut context = BigNumContext::new().ok()?;
            point.affine_coordinates(&group, &mut x, &mut y, &mut context).ok()?;
            let length = i32::try_from(key.d().expose().len()).ok()?;
            let padded = |number: &BigNum| number.to_vec_padded(length).ok();
            AgreementKey::from_coordinates(curve, &padded(&x)?, &padded(&y)?).ok()
        }
        AgreementCurve::X25519 => {
            let x = private(key)?.raw_public_key().ok()?;
            x.try_into().ok().map(AgreementKey::X25519)
        }
    }
}

/// The number, if it is in range, and the generator as many times.
fn multiplied(group: &EcGroup, key: &AgreementPrivateKey) -> Option<(BigNum, EcPoint)> {
    let mut context = BigNumContext::new_secure().ok()?;
    let d = secret(key.d().expose()).ok()?;
    let mut order = BigNum::new().ok()?;
    group.order(&mut order, &mut context).ok()?;
    if d.num_bits() == 0 || d >= order {
        return None;
    }
    let mut point = EcPoint::new(group).ok()?;
    point.mul_generator2(group, &d, &mut context).ok()?;
    Some((d, point))
}

/// A number with which OpenSSL computes in constant time and which it wipes.
fn secret(octets: &[u8]) -> Result<BigNum, ErrorStack> {
    let mut number = BigNum::new_secure()?;
    number.copy_from_slice(octets)?;
    number.set_const_time();
    Ok(number)
}

fn group(curve: EcCurve) -> Option<EcGroup> {
    let name = match curve {
        EcCurve::P256 => Nid::X9_62_PRIME256V1,
        EcCurve::P384 => Nid::SECP384R1,
        EcCurve::P521 => Nid::SECP521R1,
    };
    EcGroup::from_curve_name(name).ok()
}
