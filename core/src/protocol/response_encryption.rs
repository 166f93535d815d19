//! Which answers come encrypted, and the client's own keys for them (OIDC Registration 2, RFC 9701 6, JARM 3).
//!
//! Without the feature `encryption` there is none: what is registered so is refused where the registration is read.

#[cfg(feature = "encryption")]
use std::borrow::Cow;

use serde_json::{Map, Value};

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
    /// All that are registered, of ID tokens only where the client takes any.
    #[cfg(feature = "encryption")]
    pub(crate) fn registered(&self, id_tokens: bool) -> impl Iterator<Item = ResponseEncryption> {
        let id_token = self.id_token.filter(|_| id_tokens);
        [id_token, self.userinfo, self.introspection, self.authorization].into_iter().flatten()
    }

    /// The client's own keys, where one of them fits these algorithms; else the one that both sides derive, if they do.
    #[cfg(feature = "encryption")]
    pub(crate) fn keys_for(
        &self,
        registered: ResponseEncryption,
        secret: Option<&ClientSecret>,
    ) -> Cow<'_, [DecryptionKey]> {
        let ResponseEncryption { algorithm, encryption } = registered;
        if self.keys.iter().any(|key| key.decrypts(algorithm, encryption)) {
            return Cow::Borrowed(&self.keys);
        }
        // OIDC Core 10.2: a shared key is derived from the client secret
        let derived = secret
            .and_then(|secret| DecryptionKey::from_client_secret(secret, algorithm, encryption));
        Cow::Owned(derived.into_iter().collect())
    }
}

/// What client metadata call it: the member of the algorithm of the key, and that of the content's.
pub(crate) type Members = [&'static str; 2];

/// OIDC Registration 2
pub(crate) const ID_TOKEN: Members =
    ["id_token_encrypted_response_alg", "id_token_encrypted_response_enc"];
/// OIDC Registration 2
pub(crate) const USERINFO: Members =
    ["userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc"];
/// RFC 9701 6
pub(crate) const INTROSPECTION: Members =
    ["introspection_encrypted_response_alg", "introspection_encrypted_response_enc"];
/// JARM 3
pub(crate) const AUTHORIZATION: Members =
    ["authorization_encrypted_response_alg", "authorization_encrypted_response_enc"];

impl ResponseEncryption {
    /// As a provider registered it; none without an `alg`. Otherwise the member that cannot be, and why.
    #[cfg(feature = "encryption")]
    pub(crate) fn of(
        members: &Map<String, Value>,
        [alg, enc]: Members,
    ) -> Result<Option<Self>, (&'static str, &'static str)> {
        let Some(algorithm) = members.get(alg) else { return Ok(None) };
        let algorithm = algorithm.as_str().and_then(KeyManagement::parse);
        let encryption = match members.get(enc) {
            // OIDC Registration 2, RFC 9701 6, JARM 3: the default
            None => Some(ContentEncryption::default()),
            Some(name) => name.as_str().and_then(ContentEncryption::parse),
        };
        Ok(Some(Self {
            algorithm: algorithm.ok_or((alg, UNSUPPORTED))?,
            encryption: encryption.ok_or((enc, UNSUPPORTED))?,
        }))
    }

    /// Without the feature nothing can be registered.
    #[cfg(not(feature = "encryption"))]
    pub(crate) fn of(
        members: &Map<String, Value>,
        [alg, _]: Members,
    ) -> Result<Option<Self>, (&'static str, &'static str)> {
        match members.get(alg) {
            None => Ok(None),
            Some(_) => Err((alg, UNSUPPORTED)),
        }
    }
}

impl ResponseEncryptions {
    /// As a provider registered them.
    pub(crate) fn of(members: &Map<String, Value>) -> Result<Self, (&'static str, &'static str)> {
        Ok(Self {
            id_token: ResponseEncryption::of(members, ID_TOKEN)?,
            userinfo: ResponseEncryption::of(members, USERINFO)?,
            introspection: ResponseEncryption::of(members, INTROSPECTION)?,
            authorization: ResponseEncryption::of(members, AUTHORIZATION)?,
            #[cfg(feature = "encryption")]
            keys: Vec::new(),
        })
    }
}

#[cfg(feature = "encryption")]
const UNSUPPORTED: &str = "the algorithm is not supported";
#[cfg(not(feature = "encryption"))]
const UNSUPPORTED: &str = "encrypted answers need the feature `encryption`";
