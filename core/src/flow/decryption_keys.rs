//! Whether the client can decrypt what is registered as encrypted for it. Found when the client is made: later it would show
//! as tokens that cannot be decrypted, and nothing more.

use std::borrow::Cow;

use crate::{
    error::{ApiMisuse, Error},
    jose::{backend::Crypto, jwk::EncryptionKey, signer::SigningKey},
    protocol::{registration::Registration, response_encryption::ResponseEncryption},
};

/// Of every kind of answer; of ID tokens only where the client takes any.
pub(crate) fn check(
    registration: &Registration,
    id_tokens: bool,
    crypto: &Crypto,
) -> Result<(), Error> {
    for registered in registration.encryption.registered(id_tokens) {
        check_one(registered, registration, crypto)?;
    }
    check_pairs(registration, id_tokens, crypto)
}

/// Whether there is a key, and a backend that decrypts with it.
fn check_one(
    registered: ResponseEncryption,
    registration: &Registration,
    crypto: &Crypto,
) -> Result<(), Error> {
    let algorithm = registered.algorithm;
    let secret = registration.client_secret.as_ref();
    let keys = registration.encryption.keys_for(registered, secret);
    if keys.is_empty() {
        return Err(match algorithm.is_symmetric() {
            true => ApiMisuse::NoSecret.into(),
            false => ApiMisuse::NoDecryptionKey(algorithm.as_str()).into(),
        });
    }
    if !crypto.decrypts(algorithm) {
        return Err(ApiMisuse::Algorithm(algorithm.as_str()).into());
    }
    match (keys, secret) {
        // Derived.
        (Cow::Owned(_), Some(secret)) => EncryptionKey::check_secret(secret).map_err(Error::from),
        _ => Ok(()),
    }
}

/// Whether the halves of each pair belong together, and none of them signs as well (RFC 7517 4.2). Each pair that is used
/// is tried once.
fn check_pairs(registration: &Registration, id_tokens: bool, crypto: &Crypto) -> Result<(), Error> {
    let own = &registration.encryption;
    let signs = registration.credential.signing_key().and_then(SigningKey::public_jwk);
    let signs = signs.map(|jwk| jwk.thumbprint());
    for key in &own.keys {
        let used = own.registered(id_tokens).any(|ResponseEncryption { algorithm, encryption }| {
            // A backend that encrypts nothing cannot tell.
            let pair = !algorithm.is_symmetric() && crypto.encrypts(algorithm);
            pair && key.decrypts(algorithm, encryption)
        });
        if used && key.public_key(crypto)?.thumbprint() == signs && signs.is_some() {
            return Err(ApiMisuse::ClientKeys("one pair is there to sign and to decrypt").into());
        }
    }
    Ok(())
}
