//! Assertions for the JWT bearer grant (RFC 7523 2.1) at the npm provider.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use relying_party::{SystemEnv, env::Env as _};
use serde_json::{Value, json};

use super::{Result, npm::NodeProvider};
use crate::op::base64url;

/// An assertion of the client `basic` about `sub`, signed with its ES256 key.
pub fn assertion(provider: &NodeProvider, sub: &str) -> Result<String> {
    let keys = provider.state()["client_private_jwks"]["keys"].as_array().ok_or("no keys")?;
    let key = keys
        .iter()
        .find(|key| key["crv"] == "P-256" && key["use"] == "sig")
        .ok_or("no private key of the clients")?;
    let secret = BASE64_URL_SAFE_NO_PAD.decode(key["d"].as_str().unwrap_or_default())?;
    let signer = SigningKey::from_slice(&secret)?;
    let header = json!({ "alg": "ES256", "kid": key["kid"] });
    let payload = json!({
        "iss": "basic", "sub": sub, "aud": provider.issuer(),
        "exp": SystemEnv.now().seconds() + 60,
    });
    let part = |value: &Value| base64url(value.to_string().as_bytes());
    let input = format!("{}.{}", part(&header), part(&payload));
    let signature: Signature = signer.sign(input.as_bytes());
    Ok(format!("{input}.{}", base64url(&signature.to_bytes())))
}
