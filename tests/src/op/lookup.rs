//! Looking tokens up (RFC 7662) and giving them back (RFC 7009).

use serde_json::{Value, json};

use super::access::{SIGNED, audience, introspection_jwt};
use super::encryption::encrypted;
use super::message::Params;
use super::token::{Grant, Refusal, authenticate, form};
use super::{ClientAuthMethod, Op, OpClient, OpRequest, OpResponse, method_not_allowed};

pub(super) fn introspect(op: &Op, request: &OpRequest, now: i64) -> OpResponse {
    answer(op, request, now, |client, form| {
        // RFC 7662 2.1: never for just anybody.
        if client.auth_method == ClientAuthMethod::None {
            return Err(Refusal("invalid_client"));
        }
        let token = form.one("token").ok_or(Refusal("invalid_request"))?;
        let inactive = || json!({ "active": false });
        let document = find(op, token, now).unwrap_or_else(inactive);
        let signed = request.header("accept") == Some(SIGNED);
        match op.config().introspection_signed_response_alg.filter(|_| signed) {
            Some(alg) => {
                let body = introspection_jwt(op, alg, &client.client_id, &document, now);
                let body = encrypted(op, client, client.encryption.introspection, body);
                Ok(OpResponse::new(200, SIGNED, body))
            }
            None => Ok(OpResponse::json(200, &document)),
        }
    })
}

/// RFC 7662 2.1: who asks with an access token of its own, whose scope says that it may.
fn asking<'o>(op: &'o Op, request: &OpRequest, now: i64) -> Option<Result<&'o OpClient, Refusal>> {
    let token = request.header("authorization")?.strip_prefix("Bearer ")?;
    let may_ask = |scope: &str| scope.split(' ').any(|scope| scope == "introspection");
    let live = {
        let state = op.state();
        let live = state.access_tokens.get(token).filter(|token| now < token.expires);
        live.map(|token| token.grant.clone())
    };
    let client_id = live
        .filter(|grant| request.url.path() == "/introspect" && may_ask(&grant.scope))
        .map(|grant| grant.client_id);
    let client =
        op.clients().into_iter().find(|client| Some(&client.client_id) == client_id.as_ref());
    Some(client.ok_or(Refusal("invalid_token")))
}

fn find(op: &Op, token: &str, now: i64) -> Option<Value> {
    let (grant, token_type, expires) = {
        let state = op.state();
        let access = state.access_tokens.get(token).filter(|token| now < token.expires);
        let refresh = state.refresh_tokens.get(token).filter(|token| !token.spent);
        match (access, refresh) {
            (Some(token), _) => (token.grant.clone(), Some("Bearer"), Some(token.expires)),
            (None, Some(token)) => (token.grant.clone(), None, None),
            (None, None) => return None,
        }
    };
    let Grant { client_id, scope, user, .. } = grant;
    let mut document = json!({
        "active": true, "iss": op.issuer(), "aud": audience(op, &client_id), "client_id": client_id,
        "scope": scope, "username": user, "sub": op.user(&user).map_or(&client_id, |user| &user.sub),
    });
    if let (Some(token_type), Some(expires)) = (token_type, expires) {
        document["token_type"] = token_type.into();
        document["exp"] = expires.into();
    }
    Some(document)
}

pub(super) fn revoke(op: &Op, request: &OpRequest, now: i64) -> OpResponse {
    answer(op, request, now, |client, form| {
        let token = form.one("token").ok_or(Refusal("invalid_request"))?;
        let state = &mut *op.state();
        let access = state.access_tokens.get(token).map(|token| &token.grant);
        let refresh = state.refresh_tokens.get(token).map(|token| &token.grant);
        match (access, refresh) {
            // RFC 7009 2.1: only its own.
            (Some(grant), _) | (_, Some(grant)) if grant.client_id != client.client_id => {
                return Err(Refusal("invalid_grant"));
            }
            (Some(_), _) => drop(state.access_tokens.remove(token)),
            (None, Some(grant)) => {
                let grant = grant.id;
                state.revoke(grant);
            }
            // RFC 7009 2.2: what is unknown is as good as gone.
            (None, None) => {}
        }
        Ok(OpResponse::new(200, "text/plain", String::new()))
    })
}

fn answer(
    op: &Op,
    request: &OpRequest,
    now: i64,
    serve: impl FnOnce(&OpClient, &Params) -> Result<OpResponse, Refusal>,
) -> OpResponse {
    if request.method != "POST" {
        return method_not_allowed("POST");
    }
    let answer = form(request).and_then(|form| {
        let client = match asking(op, request, now) {
            Some(client) => client,
            None => authenticate(op, request, &form, now),
        }?;
        serve(client, &form)
    });
    answer.unwrap_or_else(|refusal| refusal.response(request))
}
