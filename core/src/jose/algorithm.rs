//! Names of signature algorithms, and the hash that each of them uses.

use std::fmt;

use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::text;

macro_rules! algorithms {
    ($($(#[doc = $doc:literal])* $name:ident $hash:ident,)*) => {
        /// A signature algorithm (RFC 7518 3.1, RFC 8037 3.1, RFC 9864 2.2).
        ///
        /// There is no `none`, and nothing with SHA-1 or secp256k1: such a name is unknown here, and a token or
        /// key that carries it is refused or skipped like any other unknown one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Algorithm {
            $($(#[doc = $doc])* $name,)*
        }

        impl Algorithm {
            /// The algorithm of this name; names are compared with their case (RFC 7515 4.1.1).
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Its registered name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            pub(super) fn hash(self) -> Hash {
                match self { $(Self::$name => Hash::$hash,)* }
            }
        }
    };
}

algorithms! {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RS256 Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RS384 Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RS512 Sha512,
    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    PS256 Sha256,
    /// RSASSA-PSS with SHA-384 and a salt of 48 bytes.
    PS384 Sha384,
    /// RSASSA-PSS with SHA-512 and a salt of 64 bytes.
    PS512 Sha512,
    /// ECDSA on P-256 with SHA-256.
    ES256 Sha256,
    /// ECDSA on P-384 with SHA-384.
    ES384 Sha384,
    /// ECDSA on P-521 with SHA-512.
    ES512 Sha512,
    /// Ed25519 under the name of RFC 8037. Ed448 is not supported.
    EdDSA Sha512,
    /// Ed25519 under the name of RFC 9864.
    Ed25519 Sha512,
    /// HMAC with SHA-256, keyed with the client secret.
    HS256 Sha256,
    /// HMAC with SHA-384, keyed with the client secret.
    HS384 Sha384,
    /// HMAC with SHA-512, keyed with the client secret.
    HS512 Sha512,
}

impl Algorithm {
    /// Whether both sides share one secret.
    pub fn is_symmetric(self) -> bool {
        matches!(self, Self::HS256 | Self::HS384 | Self::HS512)
    }

    /// Whether both names mean one algorithm: `EdDSA` is here always `Ed25519` (RFC 9864 2.2).
    pub fn same_as(self, other: Self) -> bool {
        let modern = |algorithm| match algorithm {
            Self::EdDSA => Self::Ed25519,
            other => other,
        };
        modern(self) == modern(other)
    }

    /// Bytes of its hash: an HMAC key must not be shorter (RFC 7518 3.2).
    pub(crate) fn hash_bytes(self) -> usize {
        self.hash().len()
    }

    /// What `at_hash` and `c_hash` hold for `text` (OIDC Core 3.1.3.6 and 3.3.2.11).
    pub(crate) fn left_half_hash(self, text: &str) -> String {
        let hash = self.hash().digest(text.as_bytes());
        text::encode_base64url(hash.get(..hash.len() / 2).unwrap_or_default())
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Copy)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// Bytes of its output.
    pub(super) fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h01_a20_a21_other_names_are_no_algorithms() {
        for name in [
            "none", "None", "NONE", "", "rs256", "RS1", "HS1", "ES256K", "Ed448", "RSA-OAEP",
            "RS256 ",
        ] {
            assert_eq!(Algorithm::parse(name), None, "{name:?}");
        }
        assert_eq!(Algorithm::parse("RS256"), Some(Algorithm::RS256));
        assert_eq!(Algorithm::parse("EdDSA").map(Algorithm::as_str), Some("EdDSA"));
    }

    #[test]
    fn a16_both_names_of_ed25519_are_one_algorithm() {
        assert!(Algorithm::EdDSA.same_as(Algorithm::Ed25519));
        assert!(Algorithm::ES256.same_as(Algorithm::ES256));
        assert!(!Algorithm::RS256.same_as(Algorithm::PS256));
        assert!(!Algorithm::EdDSA.same_as(Algorithm::ES256));
    }

    #[test]
    fn i08_half_of_the_hash_of_the_algorithm() {
        // OIDC Core A.3: the access token and its at_hash.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(Algorithm::RS256.left_half_hash(token), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(Algorithm::ES384.left_half_hash(token).len(), 32);
        assert_eq!(Algorithm::EdDSA.left_half_hash(token).len(), 43);
    }
}
