//! Private keys in PEM (RFC 7468): PKCS#8 (RFC 5208), PKCS#1 (RFC 8017 A.1.2), SEC 1 (RFC 5915), X25519 (RFC 8410).
//!
//! Signing keys are read by the libraries of their backends, each into a key of its own and in the forms it knows; here
//! the numbers come out, the same under every backend.

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::jose::{
    jwk::{
        AgreementCurve, AgreementPrivateKey, EcCurve, JwkProblem, PrivateKey, RsaKey, RsaNumbers,
        RsaPrivateKey,
    },
    key_octets::KeyOctets,
};

pub(super) fn read(pem: &[u8]) -> Result<PrivateKey, JwkProblem> {
    if pem.len() > MAX_PEM {
        return Err(JwkProblem::OutOfBounds);
    }
    let text = std::str::from_utf8(pem).map_err(|_| JwkProblem::Malformed)?;
    let (label, body) = block(text.trim()).ok_or(JwkProblem::Malformed)?;
    let end = format!("-----END {label}-----");
    let body = body.strip_suffix(&end).ok_or(JwkProblem::Malformed)?;
    let body: Zeroizing<String> =
        Zeroizing::new(body.chars().filter(|c| !c.is_ascii_whitespace()).collect());
    let der = STANDARD.decode(body.as_bytes()).map_err(|_| JwkProblem::Malformed)?;
    let der = Zeroizing::new(der);
    match label {
        "PRIVATE KEY" => pkcs8(&der),
        "RSA PRIVATE KEY" => pkcs1(&der),
        "EC PRIVATE KEY" => sec1(&der, None),
        _ => Err(JwkProblem::UnknownKind),
    }
}

/// The private key's block, or else the first one: what stands before a block is no part of it (RFC 7468 2).
fn block(text: &str) -> Option<(&str, &str)> {
    let at_line = |at: usize| at == 0 || text.as_bytes().get(at - 1) == Some(&b'\n');
    let starts = text.match_indices(BEGIN).filter(|(at, _)| at_line(*at));
    let inside = starts.filter_map(|(at, begin)| text.get(at + begin.len()..)?.split_once("-----"));
    let is_private = |(label, _): &(&str, &str)| label.ends_with("PRIVATE KEY");
    inside.clone().find(is_private).or(inside.clone().next())
}

/// `PrivateKeyInfo`
fn pkcs8(der: &[u8]) -> Result<PrivateKey, JwkProblem> {
    let mut info = Der::whole(der)?;
    info.take(INTEGER)?;
    let mut algorithm = Der(info.take(SEQUENCE)?);
    let kind = algorithm.take(OBJECT)?;
    let key = info.take(OCTETS)?;
    match kind {
        RSA_ENCRYPTION => pkcs1(key),
        EC_PUBLIC_KEY => sec1(key, Some(curve(algorithm.take(OBJECT)?)?)),
        X25519 => {
            // RFC 8410 7: an octet string within the octet string.
            let d = KeyOctets::new(Der(key).take(OCTETS)?.to_vec());
            AgreementPrivateKey::new(AgreementCurve::X25519, d).map(PrivateKey::Agreement)
        }
        _ => Err(JwkProblem::UnknownKind),
    }
}

/// `RSAPrivateKey`
fn pkcs1(der: &[u8]) -> Result<PrivateKey, JwkProblem> {
    let mut key = Der::whole(der)?;
    // RFC 8017 A.1.2: 0 says that there are two factors.
    if key.take(INTEGER)? != [0] {
        return Err(JwkProblem::UnknownKind);
    }
    let mut number = || Ok::<_, JwkProblem>(least(key.take(INTEGER)?));
    let public = RsaKey::from_numbers(number()?.to_vec(), number()?.to_vec())?;
    let mut secret = || Ok::<_, JwkProblem>(KeyOctets::new(number()?.to_vec()));
    let (d, p, q) = (secret()?, secret()?, secret()?);
    let (dp, dq, qi) = (secret()?, secret()?, secret()?);
    let numbers = RsaNumbers { d, p, q, dp, dq, qi };
    RsaPrivateKey::new(public, numbers).map(PrivateKey::Rsa)
}

/// `ECPrivateKey`, whose curve stands outside in PKCS#8 and inside elsewhere.
fn sec1(der: &[u8], outside: Option<EcCurve>) -> Result<PrivateKey, JwkProblem> {
    let mut key = Der::whole(der)?;
    key.take(INTEGER)?;
    let d = key.take(OCTETS)?;
    let curve = match outside {
        Some(curve) => curve,
        None => curve(Der(key.take(PARAMETERS)?).take(OBJECT)?)?,
    };
    let d = KeyOctets::new(d.to_vec());
    AgreementPrivateKey::new(AgreementCurve::Ec(curve), d).map(PrivateKey::Agreement)
}

fn curve(name: &[u8]) -> Result<EcCurve, JwkProblem> {
    match name {
        SECP256R1 => Ok(EcCurve::P256),
        SECP384R1 => Ok(EcCurve::P384),
        SECP521R1 => Ok(EcCurve::P521),
        _ => Err(JwkProblem::UnknownKind),
    }
}

/// Without the zero in front of a number whose first bit is set.
fn least(number: &[u8]) -> &[u8] {
    match number {
        [0, rest @ ..] if !rest.is_empty() => rest,
        other => other,
    }
}

/// What is left to read.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The inside of one sequence with nothing behind it.
    fn whole(der: &'a [u8]) -> Result<Self, JwkProblem> {
        let mut outside = Self(der);
        let inside = outside.take(SEQUENCE)?;
        if outside.0.is_empty() { Ok(Self(inside)) } else { Err(JwkProblem::Malformed) }
    }

    /// The next element, which must have this tag.
    fn take(&mut self, tag: u8) -> Result<&'a [u8], JwkProblem> {
        let (length, rest) = match self.0 {
            [own, length @ 0..=0x7f, rest @ ..] if *own == tag => (usize::from(*length), rest),
            [own, 0x81, length @ 0x80..=0xff, rest @ ..] if *own == tag => {
                (usize::from(*length), rest)
            }
            [own, 0x82, high @ 1..=0xff, low, rest @ ..] if *own == tag => {
                (usize::from(*high) << 8 | usize::from(*low), rest)
            }
            _ => return Err(JwkProblem::Malformed),
        };
        let (element, rest) = rest.split_at_checked(length).ok_or(JwkProblem::Malformed)?;
        self.0 = rest;
        Ok(element)
    }
}

const BEGIN: &str = "-----BEGIN ";
const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OBJECT: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[0]`, explicit
const PARAMETERS: u8 = 0xa0;

/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// 1.2.840.10045.2.1
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// 1.2.840.10045.3.1.7
const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// 1.3.132.0.34
const SECP384R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
/// 1.3.132.0.35
const SECP521R1: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
/// 1.3.101.110
const X25519: &[u8] = &[0x2b, 0x65, 0x6e];

/// A key of 8192 bits has 6.5 KiB.
const MAX_PEM: usize = 16 * 1024;
