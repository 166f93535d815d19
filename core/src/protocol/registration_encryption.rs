//! What a registration says about encrypted answers, set (OIDC Registration 2, RFC 9701 6, JARM 3).

use super::{registration::Registration, response_encryption::ResponseEncryption};
use crate::jose::{
    encryption::{ContentEncryption, KeyManagement},
    jwk::DecryptionKey,
};

/// What the provider encrypts for this client (feature `encryption`).
///
/// Each takes `alg` (how the key comes) and `enc` (how the content is encrypted); the provider's default for an `enc` that
/// was not registered is [`ContentEncryption::A128CbcHs256`], which is also [`ContentEncryption::default`]. Accepted is
/// exactly what is registered: another `alg` or `enc` is refused, and so is an answer that is not encrypted. Where nothing
/// is registered, the default, an encrypted one is refused.
///
/// For RSA and ECDH-ES the client needs a [key of its own](Self::decryption_keys); for `dir`, `A…KW` and `A…GCMKW`
/// the key is derived from the client secret (OIDC Core 10.2). Where it has none,
/// [`Client::new`](crate::Client::new) says so ([`ApiMisuse::NoDecryptionKey`](crate::error::ApiMisuse::NoDecryptionKey),
/// [`ApiMisuse::NoSecret`](crate::error::ApiMisuse::NoSecret)); also where the secret is too short to be a key
/// ([`ApiMisuse::ShortSecret`](crate::error::ApiMisuse::ShortSecret)), and where the halves of a pair do not belong together
/// or it is the one that authenticates the client ([`ApiMisuse::ClientKeys`](crate::error::ApiMisuse::ClientKeys)).
impl Registration {
    /// How ID tokens are encrypted around their signature (OIDC Registration 2), in every way that they come, and logout
    /// tokens with them (Back-Channel Logout 2.4). [`IdToken::raw`](crate::IdToken::raw) is the signed token inside.
    #[must_use]
    pub fn id_token_encrypted_response(
        mut self,
        alg: KeyManagement,
        enc: ContentEncryption,
    ) -> Self {
        self.encryption.id_token = Some(ResponseEncryption { algorithm: alg, encryption: enc });
        self
    }

    /// How userinfo answers are encrypted (OIDC Registration 2).
    #[must_use]
    pub fn userinfo_encrypted_response(
        mut self,
        alg: KeyManagement,
        enc: ContentEncryption,
    ) -> Self {
        self.encryption.userinfo = Some(ResponseEncryption { algorithm: alg, encryption: enc });
        self
    }

    /// How introspection answers are encrypted around their signature (RFC 9701 6), which is made with RS256 unless
    /// [`introspection_signed_response_alg`](Self::introspection_signed_response_alg) says otherwise.
    #[must_use]
    pub fn introspection_encrypted_response(
        mut self,
        alg: KeyManagement,
        enc: ContentEncryption,
    ) -> Self {
        self.encryption.introspection =
            Some(ResponseEncryption { algorithm: alg, encryption: enc });
        self
    }

    /// How authorization responses are encrypted around their signature (JARM 3).
    #[must_use]
    pub fn authorization_encrypted_response(
        mut self,
        alg: KeyManagement,
        enc: ContentEncryption,
    ) -> Self {
        self.encryption.authorization =
            Some(ResponseEncryption { algorithm: alg, encryption: enc });
        self
    }

    /// The client's own keys to decrypt with: the private halves of those that the provider has, the current one and
    /// those that it may still use. Default: none. `kid` in a token chooses among them where both sides have one, and
    /// nothing but these is ever tried.
    ///
    /// A shared key among them (`oct`) takes the place of the one derived from the client secret, for the algorithms of
    /// its length.
    #[must_use]
    pub fn decryption_keys(mut self, keys: Vec<DecryptionKey>) -> Self {
        self.encryption.keys = keys;
        self
    }
}
