//! Request objects that are encrypted around their signature (RFC 9101 4, OIDC Core 6.1, 10.2).

use super::{RequestObject, lacks};
use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind, KeyProblem},
    jose::{
        backend::Crypto,
        encrypt::{JweHeader, encrypt},
        encryption::{ContentEncryption, KeyManagement},
        jwe::Contents,
        jwk::EncryptionKey,
        key_set::KeySet,
    },
    protocol::{metadata::ProviderMetadata, registration::Registration},
};

#[derive(Clone, Debug)]
pub(super) struct ObjectEncryption {
    key: Recipient,
    algorithm: KeyManagement,
    encryption: ContentEncryption,
}

#[derive(Clone, Debug)]
enum Recipient {
    Given(EncryptionKey),
    /// The key derived from the client secret.
    Secret,
    /// The provider's own, out of its set.
    Published,
}

impl RequestObject {
    /// Encrypts the signed object to this key of the provider's (RFC 9101 4, OIDC Core 6.1): signed first. Default: not.
    pub fn encrypted_for(
        mut self,
        key: EncryptionKey,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
    ) -> Self {
        self.encryption =
            Some(ObjectEncryption { key: Recipient::Given(key), algorithm, encryption });
        self
    }

    /// The same under the key that both sides derive from the client secret (OIDC Core 10.2): symmetric algorithms.
    pub fn encrypted_by_secret(
        mut self,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
    ) -> Self {
        self.encryption = Some(ObjectEncryption { key: Recipient::Secret, algorithm, encryption });
        self
    }

    /// The same to the key that the provider publishes at its `jwks_uri`, marked `use: enc` (OIDC Core 10.2.1). The start
    /// reads the set where it is not known or stale; it ends in [`KeyProblem`] where no key of it fits.
    pub fn encrypted_for_provider(
        mut self,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
    ) -> Self {
        self.encryption =
            Some(ObjectEncryption { key: Recipient::Published, algorithm, encryption });
        self
    }

    pub(crate) fn wants_published_key(&self) -> bool {
        matches!(&self.encryption, Some(ObjectEncryption { key: Recipient::Published, .. }))
    }

    /// The key of this set that fits.
    pub(crate) fn take_published_key(&mut self, set: &KeySet) -> Result<(), Error> {
        if let Some(ObjectEncryption { key, algorithm, encryption }) = &mut self.encryption {
            let found = set.encryption_key(*algorithm, *encryption);
            *key = Recipient::Given(found.ok_or(KeyProblem::Unknown { kid: None })?.clone());
        }
        Ok(())
    }

    /// Signed first, then encrypted (RFC 9101 4).
    pub(crate) fn encrypted(
        &self,
        token: String,
        registration: &Registration,
        crypto: &Crypto,
        env: &mut dyn Env,
    ) -> Result<String, Error> {
        let Some(ObjectEncryption { key, algorithm, encryption }) = &self.encryption else {
            return Ok(token);
        };
        let derived;
        let key = match key {
            Recipient::Given(key) => key,
            Recipient::Secret => {
                let secret = registration.client_secret.as_ref().ok_or(ApiMisuse::NoSecret)?;
                EncryptionKey::check_secret(secret)?;
                let key = EncryptionKey::from_client_secret(secret, *algorithm, *encryption);
                let none = ApiMisuse::Encryption("a client secret is no key of the algorithm");
                derived = key.ok_or(none)?;
                &derived
            }
            Recipient::Published => return Err(ErrorKind::Unreachable("RequestObject").into()),
        };
        let header = JweHeader::new(*algorithm, *encryption, Contents::Jws);
        encrypt(token.as_bytes(), header, key, crypto, env)
    }
}

/// Whether the object may be encrypted so.
pub(super) fn check(object: &RequestObject, metadata: &ProviderMetadata) -> Result<(), ApiMisuse> {
    let Some(ObjectEncryption { algorithm, encryption, key }) = &object.encryption else {
        return Ok(());
    };
    if object.is_unsigned() {
        return Err(ApiMisuse::RequestObject("it is signed before it is encrypted"));
    }
    if matches!(key, Recipient::Published) && algorithm.is_symmetric() {
        return Err(ApiMisuse::Encryption("nobody publishes a symmetric key"));
    }
    if lacks(metadata.request_object_encryption_alg_values_supported(), algorithm.as_str()) {
        return Err(ApiMisuse::NotOffered("request_object_encryption_alg_values_supported"));
    }
    if lacks(metadata.request_object_encryption_enc_values_supported(), encryption.as_str()) {
        return Err(ApiMisuse::NotOffered("request_object_encryption_enc_values_supported"));
    }
    Ok(())
}
