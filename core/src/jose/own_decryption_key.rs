//! Keys to decrypt with that are the client's own: made, kept, and their public halves.

use zeroize::Zeroizing;

use crate::{
    env::Env,
    error::{ApiMisuse, Error},
    jose::{
        backend::Crypto,
        encrypt::ephemeral,
        encryption::KeyManagement,
        jwk::{
            AgreementCurve, AgreementKey, AgreementPrivateKey, DecryptionKey, EncryptionKey,
            PrivateKey, RecipientKey, RsaNumbers, RsaPrivateKey, with_private_members,
        },
        key_octets::KeyOctets,
        oaep::{self, OaepHash},
    },
};

impl DecryptionKey {
    /// A fresh key for ECDH-ES on this curve, all of its randomness from `env`; its `kid` is its thumbprint (RFC 7638).
    /// Keep [`to_private_jwk`](Self::to_private_jwk). RSA keys are made by `crypto::josekit_generate_decryption_key`.
    ///
    /// # Errors
    /// [`ApiMisuse::ClientKeys`] where the backend has no ECDH-ES,
    /// [`ErrorKind::Entropy`](crate::error::ErrorKind::Entropy).
    pub fn generate(
        curve: AgreementCurve,
        crypto: &Crypto,
        env: &mut dyn Env,
    ) -> Result<Self, Error> {
        let encrypter = crypto.encrypter(KeyManagement::EcdhEs).ok_or(UNSUPPORTED)?;
        let (private, _) = ephemeral(curve, env, |key| encrypter.public_key(key).ok())?;
        Self::of(None, PrivateKey::Agreement(private)).named(crypto)
    }

    /// Its public half, which others encrypt to. Its `kid` is that of this key, or the thumbprint (RFC 7638).
    ///
    /// # Errors
    /// [`ApiMisuse::ClientKeys`] for a shared key, which has none, for one that `crypto` cannot decrypt with, and for one
    /// whose halves do not belong together: nobody could read what is encrypted to it.
    pub fn public_key(&self, crypto: &Crypto) -> Result<EncryptionKey, Error> {
        let key = match self.key() {
            PrivateKey::Rsa(key) => {
                fits(key, crypto)?;
                RecipientKey::Rsa(key.public().clone())
            }
            PrivateKey::Agreement(key) => RecipientKey::Agreement(computed(key, crypto)?),
            PrivateKey::Shared(_) => return Err(misuse("a shared key has no public half")),
        };
        let public = self.labelled(key);
        Ok(match self.kid() {
            Some(_) => public,
            None => {
                let kid = public.thumbprint();
                public.with_kid(kid)
            }
        })
    }

    /// The **private** key as a JWK with `use` and `kid`, to be kept where the application keeps secrets and read again
    /// with [`from_jwk`](Self::from_jwk).
    ///
    /// # Errors
    /// As [`public_key`](Self::public_key).
    pub fn to_private_jwk(&self, crypto: &Crypto) -> Result<Zeroizing<String>, Error> {
        let public = self.public_key(crypto)?.to_public_jwk();
        let public = public.ok_or(misuse("a shared key has no public half"))?;
        let secret = match self.key() {
            PrivateKey::Rsa(key) => {
                let RsaNumbers { d, p, q, dp, dq, qi } = key.numbers();
                vec![("d", d), ("p", p), ("q", q), ("dp", dp), ("dq", dq), ("qi", qi)]
            }
            PrivateKey::Agreement(key) => vec![("d", key.d())],
            PrivateKey::Shared(_) => Vec::new(),
        };
        let secret: Vec<_> = secret.into_iter().map(|(name, own)| (name, own.expose())).collect();
        Ok(with_private_members(&public, &secret))
    }

    /// With the `kid` of its public half.
    pub(crate) fn named(self, crypto: &Crypto) -> Result<Self, Error> {
        let kid = self.public_key(crypto)?.kid().map(str::to_owned);
        Ok(self.with_kid(kid))
    }
}

/// The point that belongs to the number: also the one that the JWK names, if it was read from one.
fn computed(key: &AgreementPrivateKey, crypto: &Crypto) -> Result<AgreementKey, Error> {
    let encrypter = crypto.encrypter(KeyManagement::EcdhEs).ok_or(UNSUPPORTED)?;
    let public =
        encrypter.public_key(key).map_err(|_| misuse("its d is no number of its curve"))?;
    match key.declared() {
        Some(declared) if *declared != public => Err(OTHER_HALF.into()),
        _ => Ok(public),
    }
}

/// Whether the private numbers undo what the public ones do, once: numbers that do not would decrypt nothing, later.
fn fits(key: &RsaPrivateKey, crypto: &Crypto) -> Result<(), Error> {
    // A backend may have but one of them, and either shows it.
    let usable = [KeyManagement::RsaOaep256, KeyManagement::RsaOaep]
        .into_iter()
        .find_map(|own| Some((crypto.encrypter(own)?, crypto.decrypter(own)?, OaepHash::of(own)?)));
    let (encrypter, decrypter, hash) = usable.ok_or(UNSUPPORTED)?;
    // No secret is in it: the octets need not be random.
    let sample = KeyOctets::new(vec![0x5a; hash.len()]);
    let block = oaep::encode(hash, &sample, &sample, key.public().n().len());
    let encrypted = block.and_then(|block| encrypter.encrypt_rsa(key.public(), &block).ok());
    let decrypted = encrypted.and_then(|octets| decrypter.decrypt_oaep(key, hash, &octets).ok());
    match decrypted {
        Some(octets) if octets.expose() == sample.expose() => Ok(()),
        _ => Err(OTHER_HALF.into()),
    }
}

fn misuse(problem: &'static str) -> Error {
    ApiMisuse::ClientKeys(problem).into()
}

const UNSUPPORTED: ApiMisuse =
    ApiMisuse::ClientKeys("the backend does not decrypt with such a key");
const OTHER_HALF: ApiMisuse = ApiMisuse::ClientKeys("its halves do not belong together");
