//! The UserInfo endpoint (OIDC Core 5.3) as a resource under RFC 6750.

use serde_json::Value;

use super::claims::{header as own_header, userinfo_claims};
use super::encryption::{encrypted, encrypted_claims};
use super::mischief::{append, remove};
use super::{Alg, Mischief, Op, OpClient, OpRequest, OpResponse, compact, method_not_allowed};

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
    let client = op.client(&grant.client_id);
    let forced = op.mischief().is_some_and(Mischief::signs_userinfo);
    let alg = client.and_then(|client| {
        let registered = client.userinfo_signed_response_alg;
        registered.or(forced.then_some(client.id_token_signed_response_alg))
    });
    let token = client.and_then(|client| match (alg, client.encryption.userinfo) {
        (Some(alg), pair) => {
            Some(encrypted(op, client, pair, signed(op, client, alg, claims.clone(), now)))
        }
        (None, Some(pair)) => encrypted_claims(op, client, pair, &claims.to_string()),
        (None, None) => None,
    });
    let response = match token {
        Some(token) => OpResponse::new(200, "application/jwt", token),
        None => OpResponse::json(200, &claims),
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
fn signed(op: &Op, client: &OpClient, alg: Alg, mut claims: Value, now: i64) -> String {
    claims["iss"] = op.token_issuer().into();
    claims["aud"] = client.client_id.as_str().into();
    let mut header = own_header(op, alg);
    if let Some(mischief) = op.mischief() {
        mischief.on_signed_userinfo(op, &mut header, &mut claims, now);
    }
    let alg = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(alg);
    compact(&header.to_string(), &claims.to_string(), |input| {
        let mut signature = op.sign(alg, client.secret(), input);
        if op.is(Mischief::UserinfoSignedInvalidSig) {
            signature.iter_mut().for_each(|byte| *byte ^= 0x5a);
        }
        signature
    })
}

impl Mischief {
    fn signs_userinfo(self) -> bool {
        self.name().contains("userinfo-signed")
    }

    fn on_signed_userinfo(self, op: &Op, header: &mut Value, claims: &mut Value, now: i64) {
        match self {
            Self::UserinfoSignedInvalidIss => append(claims, "iss", "1"),
            Self::UserinfoSignedMissingIss => remove(claims, "iss"),
            Self::UserinfoSignedInvalidAud => append(claims, "aud", "1"),
            Self::UserinfoSignedMissingAud => remove(claims, "aud"),
            Self::UserinfoSignedInvalidSub => append(claims, "sub", "1"),
            Self::UserinfoSignedExpired => claims["exp"] = (now - 6 * 60).into(),
            Self::UserinfoSignedAlgNone => header["alg"] = "none".into(),
            Self::UserinfoSignedWrongAlg => {
                let registered = header["alg"] == Alg::Rs256.name();
                *header = own_header(op, if registered { Alg::Es256 } else { Alg::Rs256 });
            }
            Self::UserinfoSignedIdToken => {
                claims["iat"] = now.into();
                claims["exp"] = (now + 300).into();
                claims["nonce"] = "n".into();
            }
            _ => {}
        }
    }
}
