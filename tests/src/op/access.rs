//! Access tokens that resource servers read (RFC 9068), and signed introspection answers (RFC 9701).

use serde_json::{Value, json};

use super::claims::header;
use super::token::Grant;
use super::{Alg, Op, State};

/// A new access token: opaque, or signed where the provider is set up so.
pub(super) fn access_token(
    op: &Op,
    state: &mut State,
    grant: &Grant,
    scope: &str,
    now: i64,
) -> String {
    let id = op.fresh(state, "access");
    let Some((alg, audience)) = &op.config().signed_access_tokens else { return id };
    // RFC 9068 2.2: where nobody logged in, the client is the subject.
    let sub = op.user(&grant.user).map_or(grant.client_id.as_str(), |user| &user.sub);
    let payload = json!({
        "iss": op.issuer(), "aud": audience, "sub": sub, "client_id": grant.client_id,
        "iat": now, "exp": now + op.config().access_token_ttl, "jti": id, "scope": scope,
        "auth_time": grant.auth_time,
    });
    let mut header = header(op, *alg);
    header["typ"] = "at+jwt".into();
    op.mint(*alg, &header.to_string(), &payload.to_string())
}

/// For whom access tokens are: the resource server, or the client itself where there is none.
pub(super) fn audience(op: &Op, client_id: &str) -> String {
    let named = op.config().signed_access_tokens.as_ref().map(|(_, audience)| audience.clone());
    named.unwrap_or_else(|| client_id.to_owned())
}

/// The signed answer to this client about a token (RFC 9701 5).
pub fn introspection_jwt(op: &Op, alg: Alg, client_id: &str, document: &Value, now: i64) -> String {
    let mut header = header(op, alg);
    header["typ"] = "token-introspection+jwt".into();
    let payload = json!({
        "iss": op.issuer(), "aud": client_id, "iat": now, "token_introspection": document,
    });
    let secret = op.client(client_id).map_or("", |client| client.secret());
    op.mint_with_secret(alg, secret, &header.to_string(), &payload.to_string())
}

pub(super) const SIGNED: &str = "application/token-introspection+jwt";
