//! Public keys (RFC 7517, RFC 7518 6, RFC 8037 2), within bounds that keep verification cheap.
//!
//! A key exists only checked: its fields are private, and nothing but [`Jwk::parse`] makes one. Members of
//! private keys are not looked at, and `oct` is no public key at all.

#[cfg(feature = "encryption")]
mod agreement;
#[cfg(feature = "encryption")]
mod decryption_key;
mod ed25519;
#[cfg(feature = "encryption")]
mod encryption_key;
#[cfg(feature = "encryption")]
mod pem;
#[cfg(any(feature = "josekit", feature = "rustcrypto", feature = "encryption"))]
mod private_members;
mod public_key;
mod published;
#[cfg(feature = "encryption")]
mod rsa_private_key;

use std::fmt;

#[cfg(any(feature = "josekit", feature = "rustcrypto", feature = "encryption"))]
pub(crate) use private_members::with_private_members;
pub use public_key::{EcCurve, EcKey, Ed25519Key, PublicKey, RsaKey};
#[cfg(feature = "encryption")]
pub use {
    agreement::{AgreementCurve, AgreementKey, AgreementPrivateKey},
    decryption_key::{DecryptionKey, PrivateKey},
    encryption_key::{EncryptionKey, RecipientKey},
    rsa_private_key::{RsaNumbers, RsaPrivateKey},
};

pub use crate::error::JwkProblem;
use crate::{
    error::{JsonProblem, Shown},
    jose::algorithm::Algorithm,
    json::{self, Object},
    limits::Limits,
};

/// A public key together with what its owner says about its use.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Jwk {
    kid: Option<String>,
    algorithm: Option<String>,
    for_signatures: bool,
    key: PublicKey,
}

impl Jwk {
    /// Checks one entry of a key set. A wrong type in `kid`, `use`, `alg` or `key_ops` breaks the whole entry:
    /// guessing what was meant could widen its use.
    ///
    /// # Errors
    /// Why the entry cannot be used.
    pub fn parse(object: &Object<'_>) -> Result<Self, JwkProblem> {
        let key = match object.required_string("kty")? {
            "RSA" => PublicKey::Rsa(RsaKey::parse(object)?),
            "EC" => PublicKey::Ec(EcKey::parse(object)?),
            "OKP" => PublicKey::Ed25519(Ed25519Key::parse(object)?),
            _ => return Err(JwkProblem::UnknownKind),
        };
        // RFC 7517 4.2, 4.3: where both are there, both must allow it.
        let usage = object.string("use")?.is_none_or(|usage| usage == "sig");
        let operations = object.strings("key_ops")?.is_none_or(|list| list.contains(&"verify"));
        Ok(Self {
            kid: object.string("kid")?.map(str::to_owned),
            algorithm: object.string("alg")?.map(str::to_owned),
            for_signatures: usage && operations,
            key,
        })
    }

    /// Reads one key that stands alone.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); [`JwkProblem::Malformed`] also where the text is no strict JSON object.
    pub fn from_json(bytes: &[u8], limits: &Limits) -> Result<Self, JwkProblem> {
        Self::parse(&json::parse_object(bytes, limits.json_depth)?)
    }

    /// `kid`
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The numbers.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether the key may verify signatures of this algorithm: by type and curve, and by `alg`, `use` and
    /// `key_ops` where they are given. Never for a symmetric one.
    pub fn verifies(&self, algorithm: Algorithm) -> bool {
        // RFC 7517 4.4
        let named = self.algorithm.as_deref().is_none_or(|name| {
            Algorithm::parse(name).is_some_and(|intended| intended.same_as(algorithm))
        });
        self.for_signatures && named && self.key.fits(algorithm)
    }

    /// The SHA-256 thumbprint (RFC 7638 3), in base64url.
    pub fn thumbprint(&self) -> String {
        published::thumbprint(&published::canonical(&self.key))
    }

    /// A key of this client, to verify what it signs with `algorithm`.
    pub(crate) fn own(key: PublicKey, algorithm: Algorithm, kid: Option<&str>) -> Self {
        Self {
            kid: kid.map(str::to_owned),
            algorithm: Some(algorithm.as_str().to_owned()),
            for_signatures: true,
            key,
        }
    }

    /// The entry of a key set: public members, `alg` and `kid` where the key has them, and `use`: `sig` for one that may
    /// verify, `enc` otherwise.
    pub fn to_json(&self) -> String {
        let usage = if self.for_signatures { "sig" } else { "enc" };
        let canonical = published::canonical(&self.key);
        published::entry(&canonical, usage, self.algorithm.as_deref(), self.kid())
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("kid", &self.kid().map(Shown::new))
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl From<JsonProblem> for JwkProblem {
    fn from(_: JsonProblem) -> Self {
        Self::Malformed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    const POINT: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn parse(text: &str) -> Result<Jwk, JwkProblem> {
        Jwk::from_json(text.as_bytes(), &Limits::default())
    }

    fn rsa(n: &[u8], e: &[u8]) -> Result<Jwk, JwkProblem> {
        let (n, e) = (text::encode_base64url(n), text::encode_base64url(e));
        parse(&format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"}}"#))
    }

    fn ec(curve: &str, x: usize, y: usize) -> Result<Jwk, JwkProblem> {
        let octets = |length| text::encode_base64url(&vec![1; length]);
        let (x, y) = (octets(x), octets(y));
        parse(&format!(r#"{{"kty":"EC","crv":"{curve}","x":"{x}","y":"{y}"}}"#))
    }

    fn ed25519(x: &[u8], more: &str) -> Result<Jwk, JwkProblem> {
        let x = text::encode_base64url(x);
        parse(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"{more}}}"#))
    }

    #[test]
    fn a09_a10_a11_rsa_bounds() {
        use JwkProblem::{Malformed, OutOfBounds};
        let modulus = |length| vec![0xff; length];
        for (n, e, problem) in [
            (modulus(255), &[1, 0, 1][..], OutOfBounds),
            (modulus(1025), &[1, 0, 1], OutOfBounds),
            ([&[0x7f][..], &modulus(255)].concat(), &[3], OutOfBounds),
            ([modulus(255), vec![0xfe]].concat(), &[3], OutOfBounds),
            (modulus(256), &[1], OutOfBounds),
            (modulus(256), &[2], OutOfBounds),
            (modulus(256), &[2, 0, 0, 0, 1], OutOfBounds),
            (modulus(256), &[1, 0, 0, 0, 0, 0, 0, 0, 1], OutOfBounds),
            (modulus(256), &modulus(512), OutOfBounds),
            (modulus(256), &[0, 3], Malformed),
            (modulus(256), &[], Malformed),
            (modulus(256), &[0], Malformed),
            ([vec![0], modulus(256)].concat(), &[3], Malformed),
            (vec![], &[3], Malformed),
        ] {
            assert_eq!(rsa(&n, e).err(), Some(problem), "{} {e:?}", n.len());
        }
        for (n, e) in [
            (modulus(256), &[3][..]),
            (modulus(1024), &[1, 0, 1]),
            (modulus(256), &[1, 0xff, 0xff, 0xff, 0xff]),
            ([vec![1], modulus(256)].concat(), &[1, 0, 1]),
        ] {
            assert!(rsa(&n, e).is_ok(), "{} {e:?}", n.len());
        }
    }

    #[test]
    fn a12_rsa_signatures_are_as_long_as_the_modulus_and_below_it() {
        let key = rsa(&[0xff; 256], &[3]).unwrap();
        let admits = |signature: &[u8]| key.key().admits(signature);
        assert!(admits(&[&[0xff; 255][..], &[0xfe]].concat()) && admits(&[0; 256]));
        assert!(!admits(&[0xff; 256]) && !admits(&[0; 255]) && !admits(&[0; 257]) && !admits(&[]));
    }

    #[test]
    fn a08_no_pss_where_the_padding_is_ambiguous() {
        let odd = rsa(&[&[1][..], &[0xff; 256]].concat(), &[3]).unwrap();
        assert!(odd.verifies(Algorithm::RS256) && !odd.verifies(Algorithm::PS256));
        assert!(rsa(&[0xff; 256], &[3]).unwrap().verifies(Algorithm::PS512));
    }

    #[test]
    fn k23_a06_coordinates_have_their_full_length() {
        for (curve, length) in [("P-256", 32), ("P-384", 48), ("P-521", 66)] {
            for (x, y) in [(length - 1, length), (length, length + 1), (0, length)] {
                assert_eq!(ec(curve, x, y).err(), Some(JwkProblem::Malformed), "{curve}");
            }
            assert!(ec(curve, length, length).is_ok());
        }
        for length in [0, 31, 33] {
            assert_eq!(ed25519(&vec![2; length], "").err(), Some(JwkProblem::Malformed));
        }
    }

    #[test]
    fn a01_a03_ecdsa_signatures_have_one_form() {
        let key = ec("P-256", 32, 32).unwrap();
        let halves = |r: u8, s: u8| [[r; 32], [s; 32]].concat();
        assert!(key.key().admits(&halves(1, 1)));
        for signature in
            [halves(0, 1), halves(1, 0), halves(0, 0), vec![1; 63], vec![1; 65], vec![]]
        {
            assert!(!key.key().admits(&signature), "{signature:?}");
        }
    }

    #[test]
    fn a04_h05_each_curve_has_its_algorithm() {
        let key = ec("P-384", 48, 48).unwrap();
        for algorithm in [Algorithm::ES256, Algorithm::ES512, Algorithm::EdDSA, Algorithm::RS384] {
            assert!(!key.verifies(algorithm), "{algorithm}");
        }
        assert!(key.verifies(Algorithm::ES384));
    }

    #[test]
    fn a15_ed25519_points_of_small_order_are_no_keys() {
        let mut x = [0; 32];
        for (low, problem) in
            [(0, Some(JwkProblem::OutOfBounds)), (1, Some(JwkProblem::OutOfBounds)), (2, None)]
        {
            x[0] = low;
            assert_eq!(ed25519(&x, "").err(), problem, "{low}");
        }
    }

    #[test]
    fn k01_k10_a16_a21_unknown_kinds() {
        for text in [
            r#"{"kty":"oct","k":"AAAA"}"#,
            r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#,
            r#"{"kty":"OKP","crv":"Ed448","x":"AA"}"#,
            r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#,
            r#"{"kty":"AKP","pub":"AA"}"#,
            r#"{"kty":"rsa","n":"AA","e":"AQAB"}"#,
        ] {
            assert_eq!(parse(text).err(), Some(JwkProblem::UnknownKind), "{text}");
        }
    }

    #[test]
    fn k02_malformed_keys() {
        for text in [
            "{}",
            "[]",
            r#"{"kty":null}"#,
            r#"{"kty":7}"#,
            r#"{"kty":"RSA","e":"AQAB"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]}"#,
        ] {
            assert_eq!(parse(text).err(), Some(JwkProblem::Malformed), "{text}");
        }
        let point = text::decode_base64url(POINT).unwrap();
        for more in [r#","kid":1"#, r#","use":["sig"]"#, r#","alg":{}"#, r#","key_ops":"verify""#] {
            assert_eq!(ed25519(&point, more).err(), Some(JwkProblem::Malformed), "{more}");
        }
        let private = ed25519(&point, r#","d":"AAAA","kid":null,"x5c":["!"],"more":7"#).unwrap();
        assert_eq!(private, ed25519(&point, "").unwrap());
    }

    #[test]
    fn k07_k08_k09_what_the_owner_says() {
        let point = text::decode_base64url(POINT).unwrap();
        let verifies = |more| ed25519(&point, more).unwrap().verifies(Algorithm::EdDSA);
        for more in [
            r#","use":"enc""#,
            r#","key_ops":["encrypt"]"#,
            r#","key_ops":[]"#,
            r#","use":"enc","key_ops":["verify"]"#,
            r#","use":"sig","key_ops":["sign"]"#,
            r#","alg":"ES256""#,
            r#","alg":"eddsa""#,
            r#","alg":"""#,
        ] {
            assert!(!verifies(more), "{more}");
        }
        for more in [
            "",
            r#","use":"sig","alg":"EdDSA""#,
            r#","alg":"Ed25519""#,
            r#","key_ops":["sign","verify"]"#,
        ] {
            assert!(verifies(more), "{more}");
        }
    }

    #[test]
    fn k22_thumbprints() {
        // RFC 8037 A.3; the one of RFC 7638 3.1 is in tests/vectors.rs.
        let key = ed25519(&text::decode_base64url(POINT).unwrap(), r#","kid":"any""#).unwrap();
        assert_eq!(key.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
