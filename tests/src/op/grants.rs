//! The grants without a browser: client credentials, password, JWT bearer, token exchange.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use super::claims::id_token;
use super::message::Params;
use super::token::{Grant, Issue, Refusal};
use super::{ClientAuthMethod, Op, OpClient, State};

impl Grant {
    /// What somebody, or only the client where `user` is empty, is granted without a page.
    pub(super) fn direct(
        op: &Op,
        state: &mut State,
        client: &OpClient,
        user: String,
        scope: &str,
        now: i64,
    ) -> Self {
        let sid = op.fresh(state, "sid");
        Self {
            id: state.issued,
            client_id: client.client_id.clone(),
            scope: scope.to_owned(),
            user,
            auth_time: now,
            sid,
            acr: None,
            claims: Value::Null,
        }
    }
}

// RFC 6749 4.4
pub(super) fn client_credentials(
    op: &Op,
    client: &OpClient,
    form: &Params,
    now: i64,
) -> Result<Issue, Refusal> {
    if client.auth_method == ClientAuthMethod::None {
        return Err(Refusal("unauthorized_client"));
    }
    let scope = form.one("scope").unwrap_or("api");
    if scope.split(' ').any(|value| value == "openid") {
        return Err(Refusal("invalid_scope"));
    }
    let grant = Grant::direct(op, &mut op.state(), client, String::new(), scope, now);
    Ok(Issue::new(grant))
}

// RFC 6749 4.3
pub(super) fn password(
    op: &Op,
    client: &OpClient,
    form: &Params,
    now: i64,
) -> Result<Issue, Refusal> {
    let (Some(name), Some(password)) = (form.one("username"), form.one("password")) else {
        return Err(Refusal("invalid_request"));
    };
    let user = op.user(name).filter(|user| user.password == password);
    let user = user.ok_or(Refusal("invalid_grant"))?.name.clone();
    let state = &mut *op.state();
    let scope = form.one("scope").unwrap_or("openid");
    let grant = Grant::direct(op, state, client, user, scope, now);
    Ok(Issue::with_refresh_token(op, state, grant))
}

// RFC 7523 2.1: the only assertions it trusts are its own ID tokens.
pub(super) fn jwt_bearer(
    op: &Op,
    client: &OpClient,
    form: &Params,
    now: i64,
) -> Result<Issue, Refusal> {
    let assertion = form.one("assertion").ok_or(Refusal("invalid_request"))?;
    let user = id_token_user(op, assertion).ok_or(Refusal("invalid_grant"))?;
    let scope = form.one("scope").unwrap_or("api");
    Ok(Issue::new(Grant::direct(op, &mut op.state(), client, user, scope, now)))
}

// RFC 8693 2.1, 2.2
pub(super) fn exchange(
    op: &Op,
    client: &OpClient,
    form: &Params,
    now: i64,
) -> Result<Issue, Refusal> {
    let token = |name: &str, type_name: &str| {
        let (token, token_type) = (form.one(name), form.one(type_name));
        match (token, token_type) {
            (Some(token), Some(token_type)) => token_user(op, token, token_type, now).map(Some),
            (None, None) => Ok(None),
            _ => Err(Refusal("invalid_request")),
        }
    };
    let user = token("subject_token", "subject_token_type")?.ok_or(Refusal("invalid_request"))?;
    token("actor_token", "actor_token_type")?;
    let scope = form.one("scope").unwrap_or("api");
    let grant = Grant::direct(op, &mut op.state(), client, user, scope, now);
    match form.one("requested_token_type") {
        None | Some(ACCESS_TOKEN) => {
            let extra = json!({ "issued_token_type": ACCESS_TOKEN });
            Ok(Issue::new(grant).with_members(extra))
        }
        Some(ID_TOKEN) => {
            let issued = id_token(op, &grant, None, String::new(), false, now);
            let extra = json!({
                "access_token": issued, "issued_token_type": ID_TOKEN, "token_type": "N_A",
            });
            Ok(Issue::new(grant).with_members(extra))
        }
        Some(_) => Err(Refusal("invalid_request")),
    }
}

fn token_user(op: &Op, token: &str, token_type: &str, now: i64) -> Result<String, Refusal> {
    let user = match token_type {
        ACCESS_TOKEN => {
            let state = op.state();
            let valid = state.access_tokens.get(token).filter(|token| now < token.expires);
            valid.map(|token| token.grant.user.clone())
        }
        ID_TOKEN => id_token_user(op, token),
        _ => return Err(Refusal("invalid_request")),
    };
    user.ok_or(Refusal("invalid_grant"))
}

fn id_token_user(op: &Op, token: &str) -> Option<String> {
    op.state().id_tokens.contains_key(token).then_some(())?;
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    let user = op.config().users.iter().find(|user| payload["sub"] == user.sub.as_str())?;
    Some(user.name.clone())
}

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
