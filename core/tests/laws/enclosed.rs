//! Encryption around tokens, with a key that the client and the provider share; nothing without the feature.

use relying_party::{
    PendingLogin,
    protocol::{registration::Registration, request_object::RequestObject},
};

#[cfg(not(feature = "encryption"))]
use super::{Broken, World};

#[cfg(feature = "encryption")]
mod with {
    use relying_party::{
        flow::sealed::cookie_name,
        jose::{
            backend::Crypto,
            encrypt::{JweHeader, encrypt},
            encryption::{ContentEncryption, KeyManagement},
            jwe::Contents,
            jwk::DecryptionKey,
            seal::{SealKey, SealKeys},
        },
    };
    use serde_json::json;
    use sha2::{Digest, Sha256};

    use super::super::{Broken, Oracle, World, law, oracle::encode};
    use super::{PendingLogin, Registration, RequestObject};

    const ALG: KeyManagement = KeyManagement::Dir;
    const ENC: ContentEncryption = ContentEncryption::A128Gcm;

    fn key(seed: u8) -> DecryptionKey {
        let jwk = json!({ "kty": "oct", "k": encode(&[seed; 16]) }).to_string();
        DecryptionKey::from_jwk(jwk.as_bytes()).unwrap()
    }

    pub(in super::super) fn register(registration: Registration) -> Registration {
        registration
            .decryption_keys(vec![key(7)])
            .id_token_encrypted_response(ALG, ENC)
            .userinfo_encrypted_response(ALG, ENC)
            .authorization_encrypted_response(ALG, ENC)
    }

    pub(in super::super) fn object(object: RequestObject) -> RequestObject {
        object.encrypted_for(key(7).encryption_key().unwrap(), ALG, ENC)
    }

    impl World<'_> {
        /// The token as it is sent, and what of it may be believed, where this of the token may.
        pub(in super::super) fn enclosed(
            &mut self,
            token: &str,
            honest: Option<String>,
        ) -> (String, Option<String>) {
            if self.tokens.as_ref().is_none_or(|tokens| !tokens.encrypted) {
                return (token.to_owned(), honest);
            }
            let fate = self.script.byte();
            let key = key(if fate >= 244 { 8 } else { 7 }).encryption_key().unwrap();
            let (header, crypto) =
                (JweHeader::new(ALG, ENC, Contents::Jws), Crypto::new(Oracle::default()));
            let sealed = encrypt(token.as_bytes(), header, &key, &crypto, self).unwrap();
            let as_due = honest.as_deref() == Some(token);
            let honest = Some(sealed.clone()).filter(|_| as_due);
            match fate {
                220..=231 => (token.to_owned(), None),
                232..=243 => {
                    let flipped = self.script.flip(sealed.as_bytes());
                    (String::from_utf8_lossy(&flipped).into(), honest)
                }
                244..=255 => (sealed, None),
                _ => (sealed, honest),
            }
        }
    }

    pub(in super::super) fn sealed(
        world: &mut World<'_>,
        pending: &PendingLogin,
    ) -> Result<(), Broken> {
        let keys = SealKeys::new(SealKey::from_bytes(&Sha256::digest("seal")).unwrap());
        let name = cookie_name(pending.state());
        let cookie = pending.seal(&keys, &name, world).map_err(|error| error.to_string())?;
        world.silent(&cookie)?;
        let read = PendingLogin::open(&cookie, &keys, &name).map(|read| read.to_bytes());
        law(7, read.ok() == Some(pending.to_bytes()), || "a cookie does not return".to_owned())?;
        let flipped = world.script.flip(cookie.as_bytes());
        let flipped = PendingLogin::open(&String::from_utf8_lossy(&flipped), &keys, &name);
        law(7, flipped.is_err(), || "a flipped bit of a cookie was not seen".to_owned())
    }
}

#[cfg(feature = "encryption")]
pub(super) use with::{object, register, sealed};

#[cfg(not(feature = "encryption"))]
impl World<'_> {
    pub(super) fn enclosed(
        &mut self,
        token: &str,
        honest: Option<String>,
    ) -> (String, Option<String>) {
        (token.to_owned(), honest)
    }
}

#[cfg(not(feature = "encryption"))]
pub(super) fn register(registration: Registration) -> Registration {
    registration
}

#[cfg(not(feature = "encryption"))]
pub(super) fn object(object: RequestObject) -> RequestObject {
    object
}

#[cfg(not(feature = "encryption"))]
pub(super) fn sealed(_: &mut World<'_>, _: &PendingLogin) -> Result<(), Broken> {
    Ok(())
}
