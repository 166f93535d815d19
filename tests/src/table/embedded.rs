//! The embedded provider of the table, and its clients.

use super::{Result, provider::PATH};
use crate::{
    interop::npm::RegisteredClient,
    op::{self, Alg, LogoutUris, Op, OpClient, OpConfig, RequestObjects},
};

/// What the scenarios want of the embedded provider beyond its default.
pub fn config() -> OpConfig {
    let mut clients = OpConfig::default().clients;
    for client in clients.iter_mut().filter(|client| client.client_id == "key-jwt") {
        client.jwks = op::private_jwks().into_iter().map(op::public).collect();
    }
    let like = |client_id: &str, logout| {
        let mut same = clients.iter().filter(|client| client.client_id == "rs256").cloned();
        same.next().map(|client| OpClient { client_id: client_id.to_owned(), logout, ..client })
    };
    let back = LogoutUris {
        back_channel: Some("https://rp.test/told".to_owned()),
        back_channel_session: true,
        ..LogoutUris::default()
    };
    let front = LogoutUris {
        front_channel: Some("https://rp.test/told/front".to_owned()),
        front_channel_session: true,
        ..LogoutUris::default()
    };
    let told: Vec<_> = like("back", back).into_iter().chain(like("front", front)).collect();
    clients.extend(told);
    OpConfig {
        clients,
        issuer: format!("https://op.test{PATH}"),
        pkce_plain: true,
        request_objects: Some(RequestObjects::default()),
        session_management: true,
        introspection_signed_response_alg: Some(Alg::Rs256),
        ..OpConfig::default()
    }
}

/// A client by the name that the scenarios have for it.
pub fn client(op: &Op, name: &str) -> Result<RegisteredClient> {
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
