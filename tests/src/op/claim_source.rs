//! The endpoint of distributed claims (OIDC Core 5.6.2): claims about alice, for whoever has its own access token.

use serde_json::json;

use super::claims::header;
use super::{Alg, Op, OpRequest, OpResponse, compact, method_not_allowed};

/// The access token for distributed claims, unless the configuration has another one.
pub const CLAIMS_TOKEN: &str = "claims-token-of-the-source";

pub(super) fn claims(op: &Op, request: &OpRequest) -> OpResponse {
    if request.method != "GET" {
        return method_not_allowed("GET");
    }
    let brought = request.header("authorization");
    let due = op.config().claims_access_token.as_ref().map(|token| format!("Bearer {token}"));
    if brought != due.as_deref() {
        let challenge = match brought {
            Some(_) => "Bearer realm=\"claims\", error=\"invalid_token\"",
            None => "Bearer realm=\"claims\"",
        };
        return OpResponse::json(401, &json!({})).with_header("www-authenticate", challenge);
    }
    let claims = json!({ "iss": op.token_issuer(), "credit_score": 650, "email": "a@claims.test" });
    let header = header(op, Alg::Rs256).to_string();
    let token = compact(&header, &claims.to_string(), |input| op.sign(Alg::Rs256, "", input));
    OpResponse::new(200, "application/jwt", token).with_header("cache-control", "no-store")
}
