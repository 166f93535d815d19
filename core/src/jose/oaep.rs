//! The encoding of RSAES-OAEP (RFC 8017 7.1.1), so that its seed comes from the caller's entropy. Decoding, where
//! time tells secrets, is a backend's.

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::jose::{encryption::KeyManagement, key_octets::KeyOctets};

/// The hash of an OAEP, for its label and for MGF1 alike (RFC 7518 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OaepHash {
    /// Of `RSA-OAEP`.
    Sha1,
    /// Of `RSA-OAEP-256`.
    Sha256,
}

impl OaepHash {
    /// That of an algorithm, if it is one of RSA.
    pub(super) fn of(algorithm: KeyManagement) -> Option<Self> {
        match algorithm {
            KeyManagement::RsaOaep => Some(Self::Sha1),
            KeyManagement::RsaOaep256 => Some(Self::Sha256),
            _ => None,
        }
    }

    /// Octets of its output, and of the seed.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    fn digest(self, parts: [&[u8]; 2]) -> Vec<u8> {
        match self {
            Self::Sha1 => parts.iter().fold(Sha1::new(), Digest::chain_update).finalize().to_vec(),
            Self::Sha256 => {
                parts.iter().fold(Sha256::new(), Digest::chain_update).finalize().to_vec()
            }
        }
    }

    /// MGF1 (RFC 8017 B.2.1), straight onto `target`.
    fn mask(self, seed: &[u8], target: &mut [u8]) {
        for (counter, chunk) in (0_u32..).zip(target.chunks_mut(self.len())) {
            let mask = self.digest([seed, &counter.to_be_bytes()]);
            chunk.iter_mut().zip(mask).for_each(|(octet, mask)| *octet ^= mask);
        }
    }
}

/// `message` as a block of `length` octets, with an empty label. None where it does not fit; every content key fits
/// into the smallest RSA key.
pub(super) fn encode(
    hash: OaepHash,
    message: &KeyOctets,
    seed: &KeyOctets,
    length: usize,
) -> Option<KeyOctets> {
    let padding = length.checked_sub(message.len() + 2 * hash.len() + 2)?;
    // RFC 8017 7.1.1 (2)
    let mut data = KeyOctets::new(Vec::with_capacity(length));
    data.expose_mut().extend(hash.digest([b"", b""]));
    data.expose_mut().resize(hash.len() + padding, 0);
    data.expose_mut().push(1);
    data.expose_mut().extend_from_slice(message.expose());
    hash.mask(seed.expose(), data.expose_mut());
    let mut masked_seed = seed.clone();
    hash.mask(data.expose(), masked_seed.expose_mut());
    let mut block = KeyOctets::new(Vec::with_capacity(length));
    block.expose_mut().push(0);
    block.expose_mut().extend_from_slice(masked_seed.expose());
    block.expose_mut().extend_from_slice(data.expose());
    Some(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_has_its_length_or_is_none() {
        for hash in [OaepHash::Sha1, OaepHash::Sha256] {
            let seed = KeyOctets::new(vec![7; hash.len()]);
            let encode = |message: usize| {
                encode(hash, &KeyOctets::new(vec![1; message]), &seed, 256).map(|block| block.len())
            };
            let most = 256 - 2 * hash.len() - 2;
            assert_eq!((encode(64), encode(most), encode(most + 1)), (Some(256), Some(256), None));
        }
    }
}
