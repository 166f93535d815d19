//! Signatures of this client: by a key at hand, or by one that never leaves its vault.

use std::{fmt, sync::Arc};

use crate::{
    error::{ApiMisuse, Comparison, Error, Shown, SigningProblem},
    jose::{algorithm::Algorithm, jwk::Jwk},
};

/// A private key at hand. It signs at once and must not block: for a key behind a network there is
/// [`SigningKey::remote`].
pub trait Signer: Send + Sync {
    /// The algorithm with which it signs.
    fn algorithm(&self) -> Algorithm;

    /// The `kid` under which its public half is published, if it has one.
    fn key_id(&self) -> Option<&str>;

    /// Its public half, for a key set of this client. None, the default, where the signer does not know it; a key is
    /// published only with it.
    fn public_jwk(&self) -> Option<Jwk> {
        None
    }

    /// Signs, in the form of JWS: R and S side by side for ECDSA (RFC 7518 3.4).
    ///
    /// # Errors
    /// [`SigningFailed`], which on purpose says nothing more.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningFailed>;
}

/// The signer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningFailed;

/// The key with which this client signs. Cheap to clone; `Debug` shows algorithm and key id alone.
///
/// Made by a constructor in [`crypto`](crate::crypto), from a [`Signer`] of your own, or for a key elsewhere.
#[derive(Clone)]
pub struct SigningKey {
    kind: Kind,
    /// Its `kid` counts where the signer has none.
    public: Option<Arc<Jwk>>,
}

#[derive(Clone)]
enum Kind {
    Local(Arc<dyn Signer>),
    Remote(Arc<Remote>),
}

struct Remote {
    name: String,
    algorithm: Algorithm,
    key_id: Option<String>,
}

impl SigningKey {
    /// A key at hand.
    ///
    /// # Errors
    /// [`ApiMisuse::SigningKey`] for an HMAC algorithm: that key is the client secret; and for a public half of another
    /// algorithm.
    pub fn local(signer: impl Signer + 'static) -> Result<Self, Error> {
        asymmetric(signer.algorithm())?;
        let public = signer.public_jwk();
        let key = Self { kind: Kind::Local(Arc::new(signer)), public: None };
        match public {
            None => Ok(key),
            Some(public) => {
                let kid = key.key_id().map(str::to_owned);
                key.with_public(&public, kid.as_deref())
            }
        }
    }

    /// A key that only somebody else can use: a key service (KMS) or a security module (HSM). The flow then stops at
    /// [`Step::Sign`](crate::flow::Step::Sign); whoever drives it asks for the signature by `name`
    /// ([`Transport::sign`](crate::drive::Transport::sign)). Only its length is checked here: the provider looks at
    /// the rest.
    ///
    /// # Errors
    /// [`ApiMisuse::SigningKey`] for an HMAC algorithm: that key is the client secret.
    pub fn remote(
        name: impl Into<String>,
        algorithm: Algorithm,
        key_id: Option<&str>,
    ) -> Result<Self, Error> {
        asymmetric(algorithm)?;
        let (name, key_id) = (name.into(), key_id.map(str::to_owned));
        let kind = Kind::Remote(Arc::new(Remote { name, algorithm, key_id }));
        Ok(Self { kind, public: None })
    }

    /// With its public half, which a [remote](Self::remote) key cannot know by itself, so that it can be published. Its
    /// `kid` stays; where it has none, it gets that of `public`, or its thumbprint (RFC 7638).
    ///
    /// # Errors
    /// [`ApiMisuse::SigningKey`] where `public` does not verify the key's algorithm.
    pub fn with_public_jwk(self, public: &Jwk) -> Result<Self, Error> {
        let kid = self.key_id().or(public.kid()).map_or_else(|| public.thumbprint(), str::to_owned);
        self.with_public(public, Some(&kid))
    }

    fn with_public(self, public: &Jwk, kid: Option<&str>) -> Result<Self, Error> {
        let algorithm = self.algorithm();
        if !public.verifies(algorithm) {
            return Err(ApiMisuse::SigningKey("its public half is not one of its algorithm").into());
        }
        let public = Jwk::own(public.key().clone(), algorithm, kid);
        Ok(Self { public: Some(Arc::new(public)), ..self })
    }

    /// The public half, with nothing private in it: `kid`, or the thumbprint (RFC 7638) where the key has none, and the
    /// algorithm. None where the [signer](Signer::public_jwk) does not know it.
    pub fn public_jwk(&self) -> Option<Jwk> {
        let public = self.public.as_ref()?;
        let kid = self.key_id().map_or_else(|| public.thumbprint(), str::to_owned);
        Some(Jwk::own(public.key().clone(), self.algorithm(), Some(&kid)))
    }

    /// With a `kid`, its own or its thumbprint. None where the public half is not known.
    pub(super) fn named(self) -> Option<Self> {
        let public = self.public_jwk()?;
        Some(Self { public: Some(Arc::new(public)), ..self })
    }

    /// Its algorithm.
    pub fn algorithm(&self) -> Algorithm {
        match &self.kind {
            Kind::Local(signer) => signer.algorithm(),
            Kind::Remote(remote) => remote.algorithm,
        }
    }

    /// The `kid` under which its public half is published, if it has one.
    pub fn key_id(&self) -> Option<&str> {
        let own = match &self.kind {
            Kind::Local(signer) => signer.key_id(),
            Kind::Remote(remote) => remote.key_id.as_deref(),
        };
        own.or_else(|| self.public.as_ref()?.kid())
    }

    /// The name of a remote key; `None` for one at hand.
    pub fn remote_name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Local(_) => None,
            Kind::Remote(remote) => Some(&remote.name),
        }
    }

    /// Signs, or `None` where a remote key must be asked.
    ///
    /// # Errors
    /// [`SigningProblem::Failed`] and [`SigningProblem::Length`]
    pub fn sign(&self, message: &[u8]) -> Option<Result<Vec<u8>, Error>> {
        match &self.kind {
            Kind::Local(signer) => Some(match signer.sign(message) {
                Ok(signature) => self.admit(signature),
                Err(SigningFailed) => Err(SigningProblem::Failed.into()),
            }),
            Kind::Remote(_) => None,
        }
    }

    /// The signature, if it is as long as the algorithm's are: a key service may answer in another form.
    pub(crate) fn admit(&self, signature: Vec<u8>) -> Result<Vec<u8>, Error> {
        let (good, due) = match self.algorithm() {
            // RFC 7518 3.4
            Algorithm::ES256 => (signature.len() == 64, "64 bytes"),
            Algorithm::ES384 => (signature.len() == 96, "96 bytes"),
            Algorithm::ES512 => (signature.len() == 132, "132 bytes"),
            // RFC 8032 5.1.6
            Algorithm::EdDSA | Algorithm::Ed25519 => (signature.len() == 64, "64 bytes"),
            // RFC 8017 8.1.1, 8.2.1: as long as the modulus; RFC 7518 3.3: of at least 2048 bits
            _ => ((256..=1024).contains(&signature.len()), "256 to 1024 bytes"),
        };
        let is = format!("{} bytes", signature.len());
        if good {
            Ok(signature)
        } else {
            Err(SigningProblem::Length(Comparison::new(due, &is)).into())
        }
    }
}

fn asymmetric(algorithm: Algorithm) -> Result<(), Error> {
    match algorithm.is_symmetric() {
        true => Err(ApiMisuse::SigningKey("an HMAC algorithm has no private key").into()),
        false => Ok(()),
    }
}

/// A signer's own `Debug` may show its key, and the name of a remote one may say where it is kept.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("key_id", &self.key_id().map(Shown::new))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_as_long_as_its_algorithm_says() {
        for (algorithm, good, bad) in [
            (Algorithm::ES256, &[64][..], &[0, 63, 65, 70, 71, 72][..]),
            (Algorithm::ES384, &[96], &[95, 104]),
            (Algorithm::ES512, &[132], &[131, 139]),
            (Algorithm::EdDSA, &[64], &[32, 114]),
            (Algorithm::Ed25519, &[64], &[63]),
            (Algorithm::RS256, &[256, 384, 512, 1024], &[0, 128, 255, 1025]),
            (Algorithm::PS512, &[256], &[64]),
        ] {
            let key = SigningKey::remote("x", algorithm, None).unwrap();
            for length in good {
                assert_eq!(key.admit(vec![1; *length]).unwrap().len(), *length);
            }
            for length in bad {
                let error = key.admit(vec![1; *length]).unwrap_err();
                assert_eq!(error.code(), "signing.length", "{algorithm} {length}");
                assert!(error.hint().unwrap().contains("DER"));
            }
        }
    }

    #[test]
    fn a_client_secret_is_no_signing_key() {
        let error = SigningKey::remote("x", Algorithm::HS256, None).unwrap_err();
        assert_eq!(error.code(), "misuse.signing_key");
        let key = SigningKey::remote("arn:secret-place", Algorithm::ES256, Some("k1")).unwrap();
        let shown = format!("{key:?}");
        assert!(shown.contains("ES256") && shown.contains("k1") && !shown.contains("arn"));
    }
}
