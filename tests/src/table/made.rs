//! Clients that register themselves with keys of their own, so that every provider has them.

use relying_party::{
    Client, Registration,
    crypto::rustcrypto_signing_key,
    jose::{algorithm::Algorithm, jwk::DecryptionKey, signer::SigningKey},
    protocol::{client_metadata::ClientMetadata, registration::AuthMethod},
};
use serde_json::{Value, json};

use super::{
    Result, Stage, check,
    registration::{CALLBACK, register},
    stage::policy,
};
use crate::{
    op::{client_decryption_jwks, es256_private_jwk, public},
    scenario::crypto,
};

/// With which it signs.
pub fn signing_key() -> Result<SigningKey> {
    Ok(rustcrypto_signing_key(es256_private_jwk().to_string().as_bytes(), Algorithm::ES256)?)
}

/// That of P-256: the backend of the scenarios decrypts with no other.
fn decryption_jwk() -> Result<Value> {
    let found = client_decryption_jwks().into_iter().find(|key| key["kty"] == "EC");
    found.ok_or_else(|| "no key to decrypt with".into())
}

/// With which it decrypts.
pub fn decryption_keys() -> Result<Vec<DecryptionKey>> {
    let jwk = decryption_jwk()?.to_string();
    let read = DecryptionKey::from_jwk(jwk.as_bytes());
    Ok(vec![read.map_err(|problem| format!("{problem:?}"))?])
}

/// A client registered as asked, and how it is used.
pub struct Made {
    /// With all that was registered.
    pub client: Client,
    /// The registration of a client that has forgotten what was registered beyond its secret.
    pub plain: Registration,
}

/// Registered with both keys.
pub fn made(stage: &Stage, asked: impl FnOnce(ClientMetadata) -> ClientMetadata) -> Result<Made> {
    let keys = json!({ "keys": [public(decryption_jwk()?), public(es256_private_jwk())] });
    let asked = asked(ClientMetadata::web(&[CALLBACK])?.jwks(&keys.to_string()));
    let (metadata, registered) = register(stage, asked)?;
    // idpyoidc takes the keys, and does not say so.
    let mut differences = registered.differences().iter();
    let other = differences.find(|one| one.member.as_str() != "jwks");
    check(other.is_none(), &format!("{other:?}"))?;
    let own = registered.registration(stage.now())?.decryption_keys(decryption_keys()?);
    let client = Client::new(metadata, own, crypto(), policy())?;
    let secret = registered.client_secret().ok_or("no secret")?;
    let plain = Registration::confidential(registered.client_id(), secret.expose(), CALLBACK)?;
    let plain = plain.token_endpoint_auth_method(AuthMethod::ClientSecretBasic);
    stage.take_requests();
    Ok(Made { client, plain })
}
