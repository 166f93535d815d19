//! Names of the algorithms of encrypted tokens.

use std::fmt;

macro_rules! names {
    ($(#[$meta:meta])* $type:ident { $($(#[doc = $doc:literal])* $variant:ident $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[doc = $doc])* $variant,)*
        }

        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The algorithm of this name; names are compared with their case (RFC 7516 4.1.1, 4.1.2).
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Its registered name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names! {
    /// `alg`: how the content key reaches the recipient (RFC 7518 4.1, RFC 8037 3.2).
    ///
    /// There is no `RSA1_5`, whose padding has been an oracle since 1998, and nothing with `PBES2`, which lets the
    /// sender choose how long we compute: such a name is unknown here.
    KeyManagement {
        /// RSAES-OAEP with SHA-1, which is sound in this place (RFC 8017 7.1).
        RsaOaep "RSA-OAEP",
        /// RSAES-OAEP with SHA-256.
        RsaOaep256 "RSA-OAEP-256",
        /// An agreement whose result is the content key.
        EcdhEs "ECDH-ES",
        /// An agreement whose result wraps the content key with AES of 128 bits.
        EcdhEsA128Kw "ECDH-ES+A128KW",
        /// The same with 192 bits.
        EcdhEsA192Kw "ECDH-ES+A192KW",
        /// The same with 256 bits.
        EcdhEsA256Kw "ECDH-ES+A256KW",
        /// AES key wrap (RFC 3394) with a shared key of 128 bits.
        A128Kw "A128KW",
        /// The same with 192 bits.
        A192Kw "A192KW",
        /// The same with 256 bits.
        A256Kw "A256KW",
        /// AES-GCM with a shared key of 128 bits.
        A128GcmKw "A128GCMKW",
        /// The same with 192 bits.
        A192GcmKw "A192GCMKW",
        /// The same with 256 bits.
        A256GcmKw "A256GCMKW",
        /// The shared key is the content key.
        Dir "dir",
    }
}

names! {
    /// `enc`: how the content is encrypted (RFC 7518 5.1). Each one also authenticates it.
    ContentEncryption {
        /// AES-CBC of 128 bits, then HMAC with SHA-256.
        A128CbcHs256 "A128CBC-HS256",
        /// AES-CBC of 192 bits, then HMAC with SHA-384.
        A192CbcHs384 "A192CBC-HS384",
        /// AES-CBC of 256 bits, then HMAC with SHA-512.
        A256CbcHs512 "A256CBC-HS512",
        /// AES-GCM of 128 bits.
        A128Gcm "A128GCM",
        /// AES-GCM of 192 bits.
        A192Gcm "A192GCM",
        /// AES-GCM of 256 bits.
        A256Gcm "A256GCM",
    }
}

impl KeyManagement {
    /// Whether both sides share one key.
    pub fn is_symmetric(self) -> bool {
        !matches!(self, Self::RsaOaep | Self::RsaOaep256) && !self.is_agreement()
    }

    /// Whether the sender sends an ephemeral key (RFC 7518 4.6).
    pub(crate) fn is_agreement(self) -> bool {
        use KeyManagement::*;
        matches!(self, EcdhEs | EcdhEsA128Kw | EcdhEsA192Kw | EcdhEsA256Kw)
    }

    /// Octets of the AES key that wraps the content key, where one does.
    pub(crate) fn wrapping_bytes(self) -> Option<usize> {
        use KeyManagement::*;
        match self {
            EcdhEsA128Kw | A128Kw | A128GcmKw => Some(16),
            EcdhEsA192Kw | A192Kw | A192GcmKw => Some(24),
            EcdhEsA256Kw | A256Kw | A256GcmKw => Some(32),
            RsaOaep | RsaOaep256 | EcdhEs | Dir => None,
        }
    }

    /// Octets of the shared key: those of the content key where that is the shared one. None where keys are pairs.
    pub(crate) fn shared_bytes(self, encryption: ContentEncryption) -> Option<usize> {
        self.is_symmetric().then(|| self.wrapping_bytes().unwrap_or(encryption.key_bytes()))
    }
}

impl Default for ContentEncryption {
    /// `A128CBC-HS256`, which OIDC Registration 2, RFC 9701 6 and JARM 3 mean where they name an `alg` alone.
    fn default() -> Self {
        Self::A128CbcHs256
    }
}

impl ContentEncryption {
    /// Octets of its key.
    pub(crate) fn key_bytes(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A192Gcm => 24,
            Self::A256Gcm => 32,
            // RFC 7518 5.2.2.1: one half for the HMAC, one for AES.
            Self::A128CbcHs256 => 32,
            Self::A192CbcHs384 => 48,
            Self::A256CbcHs512 => 64,
        }
    }

    /// Octets of its initialization vector.
    pub(crate) fn iv_bytes(self) -> usize {
        match self {
            // RFC 7518 5.3
            Self::A128Gcm | Self::A192Gcm | Self::A256Gcm => 12,
            // RFC 7518 5.2.2.1
            Self::A128CbcHs256 | Self::A192CbcHs384 | Self::A256CbcHs512 => 16,
        }
    }

    /// Octets of its authentication tag.
    pub(crate) fn tag_bytes(self) -> usize {
        match self {
            // RFC 7518 5.3
            Self::A128Gcm | Self::A192Gcm | Self::A256Gcm => 16,
            // RFC 7518 5.2.3, 5.2.4, 5.2.5
            Self::A128CbcHs256 => 16,
            Self::A192CbcHs384 => 24,
            Self::A256CbcHs512 => 32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e01_e02_other_names_are_no_algorithms() {
        for name in [
            "RSA1_5",
            "PBES2-HS256+A128KW",
            "PBES2-HS512+A256KW",
            "none",
            "",
            "DIR",
            "rsa-oaep",
            "RSA-OAEP-384",
            "A128GCM",
            "ECDH-1PU",
        ] {
            assert_eq!(KeyManagement::parse(name), None, "{name:?}");
        }
        for name in ["A128CBC", "A128CTR", "none", "", "a128gcm", "dir", "XC20P", "A128CBC-HS512"] {
            assert_eq!(ContentEncryption::parse(name), None, "{name:?}");
        }
        for name in KeyManagement::ALL {
            assert_eq!(KeyManagement::parse(name.as_str()), Some(*name));
        }
        for name in ContentEncryption::ALL {
            assert_eq!(ContentEncryption::parse(name.as_str()), Some(*name));
        }
    }
}
