//! Authorization responses as signed tokens (JARM).

use serde_json::{Map, Value, json};

use super::claims::header;
use super::mischief::{append, remove};
use super::{Alg, Mischief, Op, OpClient, lock};

/// How a response is signed, and for whom.
pub(super) struct ResponseJwt {
    client_id: String,
    secret: String,
    alg: Alg,
    now: i64,
}

impl ResponseJwt {
    /// None where a plain response was asked for.
    pub(super) fn asked(client: &OpClient, mode: Option<&str>, now: i64) -> Option<Self> {
        mode.is_some_and(|mode| mode.ends_with("jwt")).then(|| Self {
            client_id: client.client_id.clone(),
            secret: client.secret().to_owned(),
            alg: client.authorization_signed_response_alg,
            now,
        })
    }

    // JARM 2.1
    pub(super) fn make(&self, op: &Op, pairs: &[(String, String)]) -> String {
        let member = |(name, value): &(String, String)| match name.as_str() {
            "expires_in" => (name.clone(), value.parse::<u64>().ok().into()),
            _ => (name.clone(), value.as_str().into()),
        };
        let mut claims = Value::Object(pairs.iter().map(member).collect::<Map<_, _>>());
        claims["iss"] = op.token_issuer().into();
        claims["aud"] = self.client_id.as_str().into();
        claims["exp"] = (self.now + LIFETIME).into();
        let mut header = header(op, self.alg);
        if let Some(mischief) = op.mischief() {
            mischief.on_response_jwt(self.now, &mut header, &mut claims);
        }
        let tamper = lock(&op.inner.hooks).response.clone();
        if let Some(tamper) = tamper {
            tamper(op, &mut header, &mut claims);
        }
        let alg = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(self.alg);
        let token =
            op.mint_with_secret(alg, &self.secret, &header.to_string(), &claims.to_string());
        match op.mischief() {
            // In the middle, where every bit counts.
            Some(Mischief::JarmInvalidSig) => {
                let at = token.len() - 20;
                let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
                format!("{}{other}{}", &token[..at], &token[at + 1..])
            }
            _ => token,
        }
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
