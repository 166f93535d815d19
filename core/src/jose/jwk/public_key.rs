//! The numbers of public keys, and the bounds within which they are used.

use crate::{
    jose::{
        algorithm::Algorithm,
        jwk::{JwkProblem, ed25519},
    },
    json::Object,
    text,
};

/// The numbers of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PublicKey {
    /// `kty` `RSA`
    Rsa(RsaKey),
    /// `kty` `EC`
    Ec(EcKey),
    /// `kty` `OKP` with `crv` `Ed25519`
    Ed25519(Ed25519Key),
}

/// An RSA key of 2048 to 8192 bits with an odd exponent from 3 to 2^33.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RsaKey {
    n: Vec<u8>,
    e: Vec<u8>,
}

/// A key on one of the curves of NIST. Whether the point lies on it is for the backend to find out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EcKey {
    curve: EcCurve,
    x: Vec<u8>,
    y: Vec<u8>,
}

/// An Ed25519 key: a canonical encoding, not of a point of small order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ed25519Key {
    x: [u8; 32],
}

/// A curve of [`EcKey`]; each has one algorithm (RFC 7518 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EcCurve {
    /// For `ES256`.
    P256,
    /// For `ES384`.
    P384,
    /// For `ES512`.
    P521,
}

impl PublicKey {
    /// The algorithms of this type and curve.
    pub(crate) fn algorithms(&self) -> &'static [Algorithm] {
        use Algorithm::*;
        match self {
            // With a modulus of 8k+1 bits the padded text is an octet shorter than the modulus (RFC 8017 9.1),
            // and implementations differ about the octet in front of it.
            Self::Rsa(key) if key.bits() % 8 == 1 => &[RS256, RS384, RS512],
            Self::Rsa(_) => &[RS256, RS384, RS512, PS256, PS384, PS512],
            Self::Ec(key) => match key.curve {
                EcCurve::P256 => &[ES256],
                EcCurve::P384 => &[ES384],
                EcCurve::P521 => &[ES512],
            },
            Self::Ed25519(_) => &[Ed25519],
        }
    }

    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithms().iter().any(|own| own.same_as(algorithm))
    }

    /// Whether `signature` has the one form that JWS gives it: checked here for all backends, before any of them
    /// computes.
    pub(crate) fn admits(&self, signature: &[u8]) -> bool {
        match self {
            // RFC 8017 8.1.2, 8.2.2 and 5.2.2: as long as the modulus, and below it.
            Self::Rsa(key) => signature.len() == key.n.len() && signature < &*key.n,
            // RFC 7518 3.4: R and S side by side, each of full length, and neither zero.
            Self::Ec(key) => match signature.split_at_checked(key.curve.coordinate()) {
                Some((r, s)) => {
                    let nonzero = |number: &[u8]| number.iter().any(|byte| *byte != 0);
                    s.len() == r.len() && nonzero(r) && nonzero(s)
                }
                None => false,
            },
            Self::Ed25519(_) => ed25519::is_signature(signature),
        }
    }
}

impl RsaKey {
    pub(super) fn parse(object: &Object<'_>) -> Result<Self, JwkProblem> {
        Self::from_numbers(octets(object, "n")?, octets(object, "e")?)
    }

    pub(super) fn from_numbers(n: Vec<u8>, e: Vec<u8>) -> Result<Self, JwkProblem> {
        let key = Self { n, e };
        // RFC 7518 6.3.1.1, 2: the least number of octets.
        if key.n.first().is_none_or(|octet| *octet == 0)
            || key.e.first().is_none_or(|octet| *octet == 0)
        {
            return Err(JwkProblem::Malformed);
        }
        let odd = |number: &[u8]| number.last().is_some_and(|octet| octet % 2 == 1);
        let exponent = match key.e.len() {
            0..=8 => key.e.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)),
            _ => u64::MAX,
        };
        // RFC 7518 3.3: at least 2048 bits. The upper bounds keep one verification in milliseconds.
        let bounded = (2048..=8192).contains(&key.bits()) && (3..=1 << 33).contains(&exponent);
        if !bounded || !odd(&key.n) || !odd(&key.e) {
            return Err(JwkProblem::OutOfBounds);
        }
        Ok(key)
    }

    fn bits(&self) -> usize {
        let unused = self.n.first().map_or(0, |octet| octet.leading_zeros());
        self.n.len().saturating_mul(8).saturating_sub(unused as usize)
    }

    /// The modulus, big-endian, without leading zeros.
    pub fn n(&self) -> &[u8] {
        &self.n
    }

    /// The public exponent, big-endian, without leading zeros.
    pub fn e(&self) -> &[u8] {
        &self.e
    }
}

impl EcKey {
    pub(super) fn parse(object: &Object<'_>) -> Result<Self, JwkProblem> {
        let curve = match object.required_string("crv")? {
            "P-256" => EcCurve::P256,
            "P-384" => EcCurve::P384,
            "P-521" => EcCurve::P521,
            _ => return Err(JwkProblem::UnknownKind),
        };
        let (x, y) = (octets(object, "x")?, octets(object, "y")?);
        Self::from_coordinates(curve, &x, &y)
    }

    pub(super) fn from_coordinates(curve: EcCurve, x: &[u8], y: &[u8]) -> Result<Self, JwkProblem> {
        // RFC 7518 6.2.1.2, 3: exactly the full length.
        if x.len() != curve.coordinate() || y.len() != curve.coordinate() {
            return Err(JwkProblem::Malformed);
        }
        Ok(Self { curve, x: x.to_vec(), y: y.to_vec() })
    }

    /// `crv`
    pub fn curve(&self) -> EcCurve {
        self.curve
    }

    /// One coordinate, big-endian, of full length.
    pub fn x(&self) -> &[u8] {
        &self.x
    }

    /// The other coordinate, big-endian, of full length.
    pub fn y(&self) -> &[u8] {
        &self.y
    }
}

impl Ed25519Key {
    pub(super) fn parse(object: &Object<'_>) -> Result<Self, JwkProblem> {
        // RFC 8037 2: Ed448, X25519 and X448 share the `kty`.
        if object.required_string("crv")? != "Ed25519" {
            return Err(JwkProblem::UnknownKind);
        }
        let x = octets(object, "x")?.try_into().map_err(|_| JwkProblem::Malformed)?;
        if !ed25519::is_point(&x) {
            return Err(JwkProblem::OutOfBounds);
        }
        Ok(Self { x })
    }

    /// The encoded point (RFC 8032 5.1.2).
    pub fn x(&self) -> &[u8; 32] {
        &self.x
    }
}

impl EcCurve {
    /// Its name in `crv`.
    pub fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// Octets of a coordinate, and of R and S.
    pub(crate) fn coordinate(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

fn octets(object: &Object<'_>, name: &str) -> Result<Vec<u8>, JwkProblem> {
    text::decode_base64url(object.required_string(name)?).ok_or(JwkProblem::Malformed)
}
