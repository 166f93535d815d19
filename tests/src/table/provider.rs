//! The providers of the table, each started once for all of its transports.

use relying_party::{
    crypto::rustcrypto_signing_key,
    jose::{algorithm::Algorithm, signer::SigningKey},
};
use serde_json::Value;

#[cfg(feature = "josekit")]
use relying_party::crypto::josekit_signing_key as rsa_signing_key;
// Without OpenSSL nothing signs with RSA, which is then the failure of those cells.
#[cfg(not(feature = "josekit"))]
use relying_party::crypto::rustcrypto_signing_key as rsa_signing_key;

use super::{ProviderName, Result, embedded};
use crate::{
    interop::{
        idpyoidc::IdpyProvider,
        npm::{Certificate, NodeProvider, RegisteredClient, Scheme},
    },
    op::{self, Op, OpConfig},
    server::{self, Server},
};

/// A running provider.
pub enum Provider {
    /// In memory or, with a server, behind a socket.
    Embedded {
        /// The provider itself.
        op: Op,
        /// What ends with it.
        server: Option<Server>,
    },
    /// Over https, under a path of its host.
    Npm(NodeProvider),
    /// Over https.
    Idpyoidc(IdpyProvider),
}

const HTTPS: Scheme = Scheme::Https { cert: Certificate::Server };
/// The path of an issuer.
pub const PATH: &str = "/tenant";

impl Provider {
    /// Starts it behind a socket.
    pub fn start(name: ProviderName) -> Result<Self> {
        Ok(match name {
            ProviderName::Embedded => Self::embedded(embedded::config())?,
            ProviderName::Npm => Self::Npm(NodeProvider::start_with(HTTPS, &[("OP_MOUNT", PATH)])?),
            ProviderName::Idpyoidc => Self::Idpyoidc(IdpyProvider::start(HTTPS)?),
        })
    }

    /// Starts one that tells logouts to this address.
    pub fn telling(name: ProviderName, told: &str) -> Result<Self> {
        let settings = [("OP_MOUNT", PATH), ("OP_BCL_URI", told)];
        Ok(match name {
            ProviderName::Embedded => Self::embedded(embedded::config())?,
            ProviderName::Npm => Self::Npm(NodeProvider::start_with(HTTPS, &settings)?),
            ProviderName::Idpyoidc => {
                Self::Idpyoidc(IdpyProvider::start_with(HTTPS, &["--told", told])?)
            }
        })
    }

    /// The embedded one with this configuration, behind a socket.
    pub fn embedded(config: OpConfig) -> Result<Self> {
        let bound = server::bind()?;
        let op = Op::new(OpConfig { issuer: format!("{}{PATH}", bound.url()), ..config });
        Ok(Self::Embedded { server: Some(bound.serve(op.clone())), op })
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        match self {
            Self::Embedded { op, .. } => op.issuer(),
            Self::Npm(npm) => npm.issuer(),
            Self::Idpyoidc(idpy) => idpy.issuer(),
        }
    }

    /// The certificate of its authority, where it has one of its own.
    pub fn ca(&self) -> Option<&[u8]> {
        match self {
            Self::Embedded { .. } => None,
            Self::Npm(npm) => npm.ca_pem(),
            Self::Idpyoidc(idpy) => idpy.ca_pem(),
        }
    }

    /// A client by the name that the scenarios have for it.
    pub fn client(&self, name: &str) -> Result<RegisteredClient> {
        match self {
            Self::Embedded { op, .. } => embedded::client(op, name),
            Self::Npm(npm) if name == "signed-introspection" => npm.client("userinfo-jwt"),
            Self::Npm(npm) if name == "back" => npm.client("logout"),
            Self::Npm(npm) => npm.client(name),
            Self::Idpyoidc(idpy) => idpy.client(name),
        }
    }

    /// A private key of its clients for this algorithm: a JWK.
    pub fn private_jwk(&self, algorithm: Algorithm) -> Result<Value> {
        let keys = match self {
            Self::Embedded { .. } => op::private_jwks(),
            Self::Npm(npm) => keys(npm.state()),
            Self::Idpyoidc(idpy) => keys(idpy.state()),
        };
        let fits = |key: &Value| key["use"] != "enc" && signing_key(key, algorithm).is_ok();
        let found = keys.into_iter().find(fits);
        found.ok_or_else(|| format!("no private key for {algorithm}").into())
    }
}

/// The key in a private JWK.
///
/// # Errors
/// When it is none for this algorithm.
pub fn signing_key(
    jwk: &Value,
    algorithm: Algorithm,
) -> std::result::Result<SigningKey, relying_party::Error> {
    match jwk["kty"].as_str() {
        Some("RSA") => rsa_signing_key(jwk.to_string().as_bytes(), algorithm),
        _ => rustcrypto_signing_key(jwk.to_string().as_bytes(), algorithm),
    }
}

fn keys(state: &Value) -> Vec<Value> {
    state["client_private_jwks"]["keys"].as_array().cloned().unwrap_or_default()
}
