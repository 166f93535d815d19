//! Why a key is of no use.

/// Why a key cannot be used. In a provider's key set such an entry is passed over (RFC 7517 5); a key of the
/// application's own is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkProblem {
    /// A `kty` or `crv` that is of no use here.
    #[error("it is of no kind that is of use here")]
    UnknownKind,
    /// A member is missing, of another type, badly encoded or of a wrong length; or it is no key at all.
    #[error("it is malformed, or lacks a part")]
    Malformed,
    /// Well-formed, but too weak or too costly to use.
    #[error("it is too weak or too costly to use")]
    OutOfBounds,
    /// Its owner says that it is for something else than encryption (`use`, `key_ops`, `alg`).
    #[error("its owner meant it for something else")]
    AnotherUse,
}

impl JwkProblem {
    /// The hints for a key to decrypt with, which is the application's own.
    pub(super) fn decryption_hint(self) -> &'static str {
        match self {
            Self::UnknownKind => {
                "keys decrypt that are RSA, EC, OKP with X25519, or oct; an Ed25519 key signs only"
            }
            Self::Malformed => {
                "a JWK has all of its private members; a PEM is one key as PKCS#8, PKCS#1 or SEC 1, without a password"
            }
            Self::OutOfBounds => "RSA keys have 2048 to 8192 bits, shared ones 128 to 512",
            Self::AnotherUse => {
                "no key signs and decrypts: its JWK says \"use\":\"enc\", and an alg of encryption, or neither"
            }
        }
    }
}
