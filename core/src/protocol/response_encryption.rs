//! Which answers come encrypted, and the client's own keys for them (OIDC Registration 2, RFC 9701 6, JARM 3).
//!
//! Without the feature `encryption` there is none: what is registered so is refused where the registration is read.

#[cfg(feature = "encryption")]
use crate::{
    jose::{
        encryption::{ContentEncryption, KeyManagement},
        jwk::DecryptionKey,
    },
    secret::ClientSecret,
};

/// The algorithms of one kind of answer.
#[cfg(feature = "encryption")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResponseEncryption {
    pub(crate) algorithm: KeyManagement,
    pub(crate) encryption: ContentEncryption,
}

/// There are none.
#[cfg(not(feature = "encryption"))]
#[derive(Clone, Copy, Debug)]
pub(crate) enum ResponseEncryption {}

/// What is registered for each kind of answer; none where it comes without encryption.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseEncryptions {
    /// Of logout tokens too (Back-Channel Logout 2.4).
    pub(crate) id_token: Option<ResponseEncryption>,
    pub(crate) userinfo: Option<ResponseEncryption>,
    pub(crate) introspection: Option<ResponseEncryption>,
    pub(crate) authorization: Option<ResponseEncryption>,
    #[cfg(feature = "encryption")]
    pub(crate) keys: Vec<DecryptionKey>,
}

impl ResponseEncryptions {
    /// All that are registered.
    pub(crate) fn registered(&self) -> impl Iterator<Item = ResponseEncryption> {
        [self.id_token, self.userinfo, self.introspection, self.authorization].into_iter().flatten()
    }

    /// The client's own keys of these algorithms; a key that fits other algorithms never is one of them.
    #[cfg(feature = "encryption")]
    pub(crate) fn keys_for(
        &self,
        registered: ResponseEncryption,
        secret: Option<&ClientSecret>,
    ) -> Vec<DecryptionKey> {
        let ResponseEncryption { algorithm, encryption } = registered;
        let fitting = self.keys.iter().filter(|key| key.decrypts(algorithm, encryption));
        let own: Vec<_> = fitting.cloned().collect();
        if !own.is_empty() {
            return own;
        }
        // OIDC Core 10.2: a shared key is derived from the client secret
        let derived = secret
            .and_then(|secret| DecryptionKey::from_client_secret(secret, algorithm, encryption));
        derived.into_iter().collect()
    }
}
