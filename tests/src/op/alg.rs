//! Algorithm names and the hashes that belong to them.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// A signature algorithm by its name in RFC 7518 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alg {
    /// `none`: no signature at all.
    None,
    /// `RS256`.
    Rs256,
    /// `PS256`.
    Ps256,
    /// `ES256`.
    Es256,
    /// `EdDSA` with Ed25519.
    EdDsa,
    /// `HS256` over the client secret.
    Hs256,
    /// `HS384` over the client secret.
    Hs384,
    /// `HS512` over the client secret.
    Hs512,
}

impl Alg {
    /// Every algorithm the provider can sign with, and `none`.
    pub const ALL: &[Self] = &[
        Self::None,
        Self::Rs256,
        Self::Ps256,
        Self::Es256,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// The value of the `alg` header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// The algorithm of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|alg| alg.name() == name)
    }

    /// The left half of the hash that belongs to the algorithm, as `at_hash` has it.
    pub fn left_hash(self, text: &str) -> String {
        let hash: Vec<u8> = match self {
            Self::Hs384 => Sha384::digest(text).to_vec(),
            // Ed25519 is built on SHA-512; OIDC Core 3.1.3.6 names no hash for it.
            Self::Hs512 | Self::EdDsa => Sha512::digest(text).to_vec(),
            _ => Sha256::digest(text).to_vec(),
        };
        base64url(&hash[..hash.len() / 2])
    }
}

/// The unpadded base64url of RFC 7515.
pub fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
