//! The private numbers of RSA.

use crate::{
    jose::{
        jwk::{JwkProblem, RsaKey},
        key_octets::KeyOctets,
    },
    json::Object,
    text,
};

/// A private RSA key with all of its numbers (RFC 7518 6.3.2): without the factors, one decryption takes four times as
/// long. The factors are those of the modulus; whether the rest fits is found where the key is [used
/// once](crate::jose::jwk::DecryptionKey::public_key).
#[derive(Clone, Debug)]
pub struct RsaPrivateKey {
    public: RsaKey,
    numbers: RsaNumbers,
}

/// The private numbers of RSA, each big-endian.
#[derive(Clone, Debug)]
pub struct RsaNumbers {
    /// The private exponent.
    pub d: KeyOctets,
    /// The first factor.
    pub p: KeyOctets,
    /// The second factor.
    pub q: KeyOctets,
    /// `d` modulo `p - 1`.
    pub dp: KeyOctets,
    /// `d` modulo `q - 1`.
    pub dq: KeyOctets,
    /// The inverse of `q` modulo `p`.
    pub qi: KeyOctets,
}

impl RsaPrivateKey {
    pub(super) fn parse(object: &Object<'_>) -> Result<Self, JwkProblem> {
        // RFC 7518 6.3.2.7: more than two factors, which nobody uses and OpenSSL alone would know.
        if object.get("oth").is_some() {
            return Err(JwkProblem::UnknownKind);
        }
        let public = RsaKey::parse(object)?;
        let number = |name| {
            let octets = text::decode_base64url(object.required_string(name)?);
            Ok::<_, JwkProblem>(KeyOctets::new(octets.ok_or(JwkProblem::Malformed)?))
        };
        let numbers = RsaNumbers {
            d: number("d")?,
            p: number("p")?,
            q: number("q")?,
            dp: number("dp")?,
            dq: number("dq")?,
            qi: number("qi")?,
        };
        Self::new(public, numbers)
    }

    pub(super) fn new(public: RsaKey, numbers: RsaNumbers) -> Result<Self, JwkProblem> {
        let bounded = |number: &KeyOctets| {
            number.len() <= public.n().len() && number.expose().iter().any(|octet| *octet != 0)
        };
        let RsaNumbers { d, p, q, dp, dq, qi } = &numbers;
        if ![d, p, q, dp, dq, qi].into_iter().all(bounded) {
            return Err(JwkProblem::OutOfBounds);
        }
        if product(p, q).into_iter().ne(public.n().iter().copied()) {
            return Err(JwkProblem::Malformed);
        }
        Ok(Self { public, numbers })
    }

    /// The public half.
    pub fn public(&self) -> &RsaKey {
        &self.public
    }

    /// The private numbers.
    pub fn numbers(&self) -> &RsaNumbers {
        &self.numbers
    }
}

/// Without leading zeros. It is the modulus and no secret.
fn product(p: &KeyOctets, q: &KeyOctets) -> Vec<u8> {
    let mut octets = vec![0_u8; p.len() + q.len()];
    for (at, p) in p.expose().iter().rev().enumerate() {
        let mut carry = 0_u8;
        let q = q.expose().iter().rev().chain(std::iter::once(&0));
        for (octet, q) in octets.iter_mut().skip(at).zip(q) {
            // At most 255 * 255 + 255 + 255: two octets.
            let sum = u16::from(*p) * u16::from(*q) + u16::from(*octet) + u16::from(carry);
            [*octet, carry] = sum.to_le_bytes();
        }
    }
    octets.into_iter().rev().skip_while(|octet| *octet == 0).collect()
}
