//! Authorization responses as signed tokens, and encrypted around that (JARM).

use serde_json::{Map, Value, json};

use super::claims::header;
use super::encryption::encrypted;
use super::mischief::{append, remove};
use super::{Alg, Mischief, Op, OpClient, lock};

/// How a response is signed, and for whom.
pub(super) struct ResponseJwt {
    client: OpClient,
    now: i64,
}

impl ResponseJwt {
    /// None where a plain response was asked for.
    pub(super) fn asked(client: &OpClient, mode: Option<&str>, now: i64) -> Option<Self> {
        let signed = mode.is_some_and(|mode| mode.ends_with("jwt"));
        signed.then(|| Self { client: client.clone(), now })
    }

    // JARM 2.1
    pub(super) fn make(&self, op: &Op, pairs: &[(String, String)]) -> String {
        let Self { client, now } = self;
        let registered = client.authorization_signed_response_alg;
        let member = |(name, value): &(String, String)| match name.as_str() {
            "expires_in" => (name.clone(), value.parse::<u64>().ok().into()),
            _ => (name.clone(), value.as_str().into()),
        };
        let mut claims = Value::Object(pairs.iter().map(member).collect::<Map<_, _>>());
        claims["iss"] = op.token_issuer().into();
        claims["aud"] = client.client_id.as_str().into();
        claims["exp"] = (now + LIFETIME).into();
        let mut header = header(op, registered);
        if let Some(mischief) = op.mischief() {
            mischief.on_response_jwt(*now, &mut header, &mut claims);
        }
        let tamper = lock(&op.inner.hooks).response.clone();
        if let Some(tamper) = tamper {
            tamper(op, &mut header, &mut claims);
        }
        let alg = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(registered);
        let token =
            op.mint_with_secret(alg, client.secret(), &header.to_string(), &claims.to_string());
        let token = match op.mischief() {
            // In the middle, where every bit counts.
            Some(Mischief::JarmInvalidSig) => {
                let at = token.len() - 20;
                let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
                format!("{}{other}{}", &token[..at], &token[at + 1..])
            }
            _ => token,
        };
        encrypted(op, client, client.encryption.authorization, token)
    }
}

impl Mischief {
    fn on_response_jwt(self, now: i64, header: &mut Value, claims: &mut Value) {
        match self {
            Self::JarmWithoutIss => remove(claims, "iss"),
            Self::JarmInvalidIss => append(claims, "iss", "1"),
            Self::JarmWithoutAud => remove(claims, "aud"),
            Self::JarmInvalidAud => append(claims, "aud", "1"),
            Self::JarmWithoutExp => remove(claims, "exp"),
            Self::JarmExpiredExp => claims["exp"] = (now - 6 * 60).into(),
            Self::JarmSignatureIsNone => *header = json!({ "alg": "none" }),
            _ => {}
        }
    }
}

/// "A maximum JWT lifetime of 10 minutes is RECOMMENDED" (JARM 2.1).
const LIFETIME: i64 = 600;
