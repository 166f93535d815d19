//! Keys of an agreement, and the private half of one.

use crate::{
    jose::{
        jwk::{EcCurve, EcKey, JwkProblem},
        key_octets::KeyOctets,
    },
    json::Object,
    text,
};

/// A public key to agree with: the provider's own, or the ephemeral one of a token.
///
/// Coordinates have their full length. Whether a point lies on its curve is for the backend to find out, and
/// every backend does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AgreementKey {
    /// `kty` `EC`
    Ec(EcKey),
    /// `kty` `OKP` with `crv` `X25519` (RFC 8037 2)
    X25519([u8; 32]),
}

/// A curve to agree on (RFC 7518 4.6, RFC 8037 3.2). X448 is not supported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AgreementCurve {
    /// One of NIST's.
    Ec(EcCurve),
    /// `X25519`
    X25519,
}

/// The private half: a number below the order of its curve's group, or what X25519 takes for one (RFC 7748 5).
#[derive(Clone, Debug)]
pub struct AgreementPrivateKey {
    curve: AgreementCurve,
    d: KeyOctets,
    /// What the JWK says of its other half.
    declared: Option<AgreementKey>,
}

impl AgreementKey {
    /// The ephemeral key of a token.
    ///
    /// # Errors
    /// As [`EncryptionKey::parse`](crate::jose::jwk::EncryptionKey::parse); a private member is
    /// [`JwkProblem::Malformed`].
    pub(crate) fn parse_ephemeral(object: &Object<'_>) -> Result<Self, JwkProblem> {
        // RFC 7518 4.6.1.1: public members only. Whoever sends `d` has given the secret away.
        if object.get("d").is_some() {
            return Err(JwkProblem::Malformed);
        }
        // Text of the longest coordinate: bounded before it is decoded.
        for name in ["kty", "crv", "x", "y"] {
            if object.string(name)?.is_some_and(|value| value.len() > MAX_MEMBER) {
                return Err(JwkProblem::Malformed);
            }
        }
        Self::parse(object)
    }

    pub(super) fn parse(object: &Object<'_>) -> Result<Self, JwkProblem> {
        match (object.required_string("kty")?, object.required_string("crv")?) {
            ("EC", _) => EcKey::parse(object).map(Self::Ec),
            ("OKP", "X25519") => {
                let x = text::decode_base64url(object.required_string("x")?);
                let x = x.and_then(|x| x.try_into().ok()).ok_or(JwkProblem::Malformed)?;
                Ok(Self::X25519(x))
            }
            _ => Err(JwkProblem::UnknownKind),
        }
    }

    /// A key from coordinates that a backend computed.
    ///
    /// # Errors
    /// A coordinate is not of full length.
    pub fn from_coordinates(curve: EcCurve, x: &[u8], y: &[u8]) -> Result<Self, JwkProblem> {
        EcKey::from_coordinates(curve, x, y).map(Self::Ec)
    }

    /// Its curve.
    pub fn curve(&self) -> AgreementCurve {
        match self {
            Self::Ec(key) => AgreementCurve::Ec(key.curve()),
            Self::X25519(_) => AgreementCurve::X25519,
        }
    }

    /// The JWK for the header of a token.
    pub(crate) fn to_json(&self) -> String {
        let encode = text::encode_base64url;
        match self {
            Self::Ec(key) => format!(
                r#"{{"kty":"EC","crv":"{}","x":"{}","y":"{}"}}"#,
                key.curve().name(),
                encode(key.x()),
                encode(key.y())
            ),
            Self::X25519(x) => {
                format!(r#"{{"kty":"OKP","crv":"X25519","x":"{}"}}"#, encode(x))
            }
        }
    }
}

impl AgreementCurve {
    /// Octets of a private number, and of what an agreement yields.
    pub(crate) fn octets(self) -> usize {
        match self {
            Self::Ec(curve) => curve.coordinate(),
            Self::X25519 => 32,
        }
    }
}

impl AgreementPrivateKey {
    /// The number in full length, big-endian, or the 32 octets of X25519.
    ///
    /// # Errors
    /// Another length. Whether the number is below the order is for the backend to find out.
    pub fn new(curve: AgreementCurve, d: KeyOctets) -> Result<Self, JwkProblem> {
        if d.len() != curve.octets() {
            return Err(JwkProblem::Malformed);
        }
        Ok(Self { curve, d, declared: None })
    }

    /// The private key of a JWK. Its public members must be there and well-formed (RFC 7518 6.2.2); what they say
    /// is compared where the public half is needed.
    pub(super) fn parse(object: &Object<'_>) -> Result<Self, JwkProblem> {
        let public = AgreementKey::parse(object)?;
        let d = text::decode_base64url(object.required_string("d")?);
        let key = Self::new(public.curve(), KeyOctets::new(d.ok_or(JwkProblem::Malformed)?))?;
        Ok(Self { declared: Some(public), ..key })
    }

    /// Its curve.
    pub fn curve(&self) -> AgreementCurve {
        self.curve
    }

    pub(crate) fn declared(&self) -> Option<&AgreementKey> {
        self.declared.as_ref()
    }

    /// The number.
    pub fn d(&self) -> &KeyOctets {
        &self.d
    }
}

/// 66 octets in base64url.
const MAX_MEMBER: usize = 88;
