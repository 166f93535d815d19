//! The Concat KDF (RFC 7518 4.6.2, NIST SP 800-56A 5.8.1), the same under every backend.

use sha2::{Digest, Sha256};

use crate::jose::key_octets::KeyOctets;

/// What both sides of an agreement say about themselves; both may be empty.
#[derive(Debug, Default)]
pub(super) struct Parties {
    /// `apu`
    pub(super) producer: Vec<u8>,
    /// `apv`
    pub(super) recipient: Vec<u8>,
}

/// `length` octets for `name` out of the shared secret: at most 255 hashes' worth.
pub(super) fn derive(shared: &KeyOctets, name: &str, parties: &Parties, length: u8) -> KeyOctets {
    let mut key = KeyOctets::new(Vec::with_capacity(usize::from(length) + HASH));
    let mut counter = 0_u32;
    while key.len() < usize::from(length) {
        counter += 1;
        let mut hash = Sha256::new();
        hash.update(counter.to_be_bytes());
        hash.update(shared.expose());
        for part in [name.as_bytes(), &parties.producer, &parties.recipient] {
            // Names and parties are bounded far below 2^32.
            hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            hash.update(part);
        }
        // RFC 7518 4.6.2: SuppPubInfo is the length in bits, SuppPrivInfo is empty.
        hash.update((u32::from(length) * 8).to_be_bytes());
        key.expose_mut().extend_from_slice(&hash.finalize());
    }
    key.expose_mut().truncate(usize::from(length));
    key
}

const HASH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e21_rfc7518_c() {
        let shared = KeyOctets::new(vec![
            158, 86, 217, 29, 129, 113, 53, 211, 114, 131, 66, 131, 191, 132, 38, 156, 251, 49,
            110, 163, 218, 128, 106, 72, 246, 218, 167, 121, 140, 254, 144, 196,
        ]);
        let parties = Parties { producer: b"Alice".to_vec(), recipient: b"Bob".to_vec() };
        let key = derive(&shared, "A128GCM", &parties, 16);
        let text = crate::text::encode_base64url(key.expose());
        assert_eq!(text, "VqqN6vgjbSBcIijNcacQGg");
        for (name, parties, length) in [
            ("A128KW", &parties, 16),
            ("A128GCM", &Parties::default(), 16),
            ("A128GCM", &parties, 17),
        ] {
            let other = derive(&shared, name, parties, length);
            assert_ne!(other.expose()[..16], *key.expose());
        }
    }

    #[test]
    fn several_hashes() {
        let shared = KeyOctets::new(vec![1; 32]);
        for length in [0, 31, 32, 33, 64, 255] {
            let key = derive(&shared, "x", &Parties::default(), length);
            assert_eq!(key.len(), usize::from(length));
        }
        let key = derive(&shared, "x", &Parties::default(), 64);
        assert_ne!(key.expose()[..32], key.expose()[32..]);
    }
}
