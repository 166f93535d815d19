//! Signing keys that were just made.

use std::fmt;

use zeroize::Zeroizing;

#[cfg(any(feature = "josekit", feature = "rustcrypto"))]
use crate::error::Error;
use crate::jose::signer::SigningKey;

/// A signing key that was just made, with the one chance to keep it: store [`to_private_jwk`](Self::to_private_jwk)
/// where secrets are kept, and read it with the constructors in [`crypto`](crate::crypto) that read private JWKs.
///
/// Never in `Debug`, zeroised when dropped.
pub struct GeneratedKey {
    key: SigningKey,
    jwk: Zeroizing<String>,
}

impl GeneratedKey {
    /// A key that reads back from what is to be kept.
    #[cfg(any(feature = "josekit", feature = "rustcrypto"))]
    pub(crate) fn new(
        jwk: Zeroizing<String>,
        read: impl FnOnce(&[u8]) -> Result<SigningKey, Error>,
    ) -> Result<Self, Error> {
        let key = read(jwk.as_bytes())?;
        Ok(Self { key, jwk })
    }

    /// The key, to sign with. Its `kid` is its thumbprint (RFC 7638).
    pub fn signing_key(&self) -> &SigningKey {
        &self.key
    }

    /// The **private** key as a JWK, with `alg`, `use` and `kid`: for the application's store of secrets and for nothing
    /// else. What is published comes from [`ClientKeys::jwks`](crate::jose::client_keys::ClientKeys::jwks).
    pub fn to_private_jwk(&self) -> Zeroizing<String> {
        self.jwk.clone()
    }
}

impl fmt::Debug for GeneratedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeneratedKey").field("key", &self.key).finish_non_exhaustive()
    }
}
