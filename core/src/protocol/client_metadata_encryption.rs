//! What a client asks a provider to encrypt for it (OIDC Registration 2, RFC 9701 6, JARM 3).

use super::{
    client_metadata::ClientMetadata,
    response_encryption::{AUTHORIZATION, ID_TOKEN, INTROSPECTION, Members, USERINFO},
};
use crate::jose::encryption::{ContentEncryption, KeyManagement};

/// What the provider is to encrypt (feature `encryption`), each with `alg` (how the key comes) and `enc` (how the content
/// is encrypted). Default: nothing. For RSA and ECDH-ES the provider takes a public key of [`jwks`](Self::jwks) or
/// [`jwks_uri`](Self::jwks_uri); its private half belongs into
/// [`Registration::decryption_keys`](crate::Registration::decryption_keys).
impl ClientMetadata {
    /// How ID tokens and logout tokens are encrypted (OIDC Registration 2).
    pub fn id_token_encrypted_response(self, alg: KeyManagement, enc: ContentEncryption) -> Self {
        self.encrypted(ID_TOKEN, alg, enc)
    }

    /// How userinfo answers are encrypted (OIDC Registration 2).
    pub fn userinfo_encrypted_response(self, alg: KeyManagement, enc: ContentEncryption) -> Self {
        self.encrypted(USERINFO, alg, enc)
    }

    /// How introspection answers are encrypted (RFC 9701 6).
    pub fn introspection_encrypted_response(
        self,
        alg: KeyManagement,
        enc: ContentEncryption,
    ) -> Self {
        self.encrypted(INTROSPECTION, alg, enc)
    }

    /// How authorization responses are encrypted (JARM 3).
    pub fn authorization_encrypted_response(
        self,
        alg: KeyManagement,
        enc: ContentEncryption,
    ) -> Self {
        self.encrypted(AUTHORIZATION, alg, enc)
    }

    fn encrypted(
        self,
        [of_key, of_content]: Members,
        alg: KeyManagement,
        enc: ContentEncryption,
    ) -> Self {
        self.member(of_key, alg.as_str()).member(of_content, enc.as_str())
    }
}
