//! What a backend adds for the keys of encrypted tokens.

use std::sync::Arc;

use crate::jose::{
    backend::Crypto,
    encryption::KeyManagement,
    key_management::{Decrypter, Encrypter},
};

/// Both sides, since a backend brings them together.
#[derive(Debug)]
pub(super) struct KeyManagers {
    decrypter: Box<dyn Decrypter>,
    encrypter: Box<dyn Encrypter>,
}

impl Crypto {
    /// Uses `decrypter` and `encrypter` for the keys of encrypted tokens. Without them, only shared keys decrypt and
    /// encrypt: content encryption and AES key wrap are the core's own.
    #[must_use]
    pub fn with_key_management(
        self,
        decrypter: impl Decrypter + 'static,
        encrypter: impl Encrypter + 'static,
    ) -> Self {
        let (decrypter, encrypter) = (Box::new(decrypter), Box::new(encrypter));
        Self { keys: Some(Arc::new(KeyManagers { decrypter, encrypter })), ..self }
    }

    /// Whether tokens encrypted with `algorithm` can be decrypted, by the right key.
    pub fn decrypts(&self, algorithm: KeyManagement) -> bool {
        algorithm.is_symmetric() || self.decrypter(algorithm).is_some()
    }

    /// Whether tokens can be encrypted with `algorithm`.
    pub fn encrypts(&self, algorithm: KeyManagement) -> bool {
        algorithm.is_symmetric() || self.encrypter(algorithm).is_some()
    }

    /// The decrypter, if it supports `algorithm`.
    pub fn decrypter(&self, algorithm: KeyManagement) -> Option<&dyn Decrypter> {
        let keys = self.keys.as_deref()?;
        keys.decrypter.supports(algorithm).then_some(&*keys.decrypter)
    }

    /// The encrypter, if it supports `algorithm`.
    pub fn encrypter(&self, algorithm: KeyManagement) -> Option<&dyn Encrypter> {
        let keys = self.keys.as_deref()?;
        keys.encrypter.supports(algorithm).then_some(&*keys.encrypter)
    }
}
