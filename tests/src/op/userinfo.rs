//! The UserInfo endpoint (OIDC Core 5.3) as a resource under RFC 6750.

use super::claims::{header, userinfo_claims};
use super::{Mischief, Op, OpClient, OpRequest, OpResponse, compact, method_not_allowed};

pub(super) fn userinfo(op: &Op, request: &OpRequest, now: i64) -> OpResponse {
    if request.method != "GET" && request.method != "POST" {
        return method_not_allowed("GET, POST");
    }
    let form = if request.is_form() { request.form() } else { Default::default() };
    let from_header = request.header("authorization").and_then(bearer);
    let from_body = form.one("access_token").filter(|_| request.method == "POST");
    let from_query = request.url.query_pairs().any(|(name, _)| name == "access_token");
    let wrong_place = match op.mischief() {
        Some(Mischief::UserinfoBearerHeader) => from_body.is_some(),
        Some(Mischief::UserinfoBearerBody) => from_header.is_some(),
        _ => false,
    };
    // RFC 6750 2: one place, and RFC 9700 4.3.2: never the query.
    if from_query || wrong_place || (from_header.is_some() && from_body.is_some()) {
        return refusal(400, "Bearer realm=\"op\", error=\"invalid_request\"");
    }
    let Some(token) = from_header.or(from_body) else {
        // RFC 6750 3.1: no error code for whoever brought nothing.
        return refusal(401, "Bearer realm=\"op\"");
    };
    let grant = {
        let state = op.state();
        let valid = state.access_tokens.get(token).filter(|token| now < token.expires);
        valid.map(|token| token.grant.clone())
    };
    let Some(grant) = grant else {
        return refusal(401, "Bearer realm=\"op\", error=\"invalid_token\"");
    };
    let mut claims = userinfo_claims(op, &grant);
    if let Some(mischief) = op.mischief() {
        mischief.on_userinfo(op, &mut claims);
    }
    let response = match op.client(&grant.client_id) {
        Some(client) if op.is(Mischief::UserinfoSigned) => {
            claims["iss"] = op.issuer().into();
            claims["aud"] = client.client_id.as_str().into();
            OpResponse::new(200, "application/jwt", signed(op, client, &claims.to_string()))
        }
        _ => OpResponse::json(200, &claims),
    };
    response.with_header("cache-control", "no-store")
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn refusal(status: u16, challenge: &str) -> OpResponse {
    OpResponse::json(status, &serde_json::json!({})).with_header("www-authenticate", challenge)
}

// OIDC Core 5.3.2
fn signed(op: &Op, client: &OpClient, claims: &str) -> String {
    let alg = client.id_token_signed_response_alg;
    let header = header(op, alg).to_string();
    compact(&header, claims, |input| op.sign(alg, client.secret(), input))
}
