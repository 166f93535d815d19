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

use super::{ProviderName, Result};
use crate::{
    interop::{
        idpyoidc::IdpyProvider,
        npm::{Certificate, NodeProvider, RegisteredClient, Scheme},
    },
    op::{self, Alg, Op, OpConfig},
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
const PATH: &str = "/tenant";

impl Provider {
    /// Starts it behind a socket.
    pub fn start(name: ProviderName) -> Result<Self> {
        Ok(match name {
            ProviderName::Embedded => Self::embedded(config())?,
            ProviderName::Npm => Self::Npm(NodeProvider::start_with(HTTPS, &[("OP_MOUNT", PATH)])?),
            ProviderName::Idpyoidc => Self::Idpyoidc(IdpyProvider::start(HTTPS)?),
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
            Self::Embedded { op, .. } => embedded_client(op, name),
            Self::Npm(npm) if name == "signed-introspection" => npm.client("userinfo-jwt"),
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

/// What the scenarios want of the embedded provider beyond its default.
pub fn config() -> OpConfig {
    let mut clients = OpConfig::default().clients;
    for client in clients.iter_mut().filter(|client| client.client_id == "key-jwt") {
        client.jwks = op::private_jwks().into_iter().map(op::public).collect();
    }
    OpConfig {
        clients,
        issuer: format!("https://op.test{PATH}"),
        pkce_plain: true,
        introspection_signed_response_alg: Some(Alg::Rs256),
        ..OpConfig::default()
    }
}

fn keys(state: &Value) -> Vec<Value> {
    state["client_private_jwks"]["keys"].as_array().cloned().unwrap_or_default()
}

fn embedded_client(op: &Op, name: &str) -> Result<RegisteredClient> {
    let own = match name {
        "basic" | "signed-introspection" => "rs256".to_owned(),
        _ if name.starts_with("pkjwt-") => "key-jwt".to_owned(),
        _ if name.starts_with("mtls-") => "mtls".to_owned(),
        _ => name.strip_prefix("idt-").unwrap_or(name).to_ascii_lowercase(),
    };
    let mut clients = op.config().clients.iter();
    let client = clients.find(|client| client.client_id == own);
    let client = client.ok_or_else(|| format!("no client {own}"))?;
    Ok(RegisteredClient {
        client_id: own,
        client_secret: client.client_secret.clone(),
        redirect_uris: client.redirect_uris.clone(),
    })
}
