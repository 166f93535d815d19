//! What is said about a person: ID Tokens and UserInfo claims.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::encryption::encrypted;
use super::token::Grant;
use super::{Alg, Op, OpClient, compact, lock};

/// What an ID Token made by hand needs to know.
#[derive(Clone, Debug)]
pub struct IdTokenParts {
    /// The client the token is for.
    pub client_id: String,
    /// The person.
    pub sub: String,
    /// The nonce of the authorization request; none on refresh.
    pub nonce: Option<String>,
    /// The access token that goes with it; empty where there is none.
    pub access_token: String,
    /// The code that goes with it through the browser.
    pub code: Option<String>,
    /// Whether it goes through the browser.
    pub front_channel: bool,
    /// When the person logged in.
    pub auth_time: i64,
    /// The session.
    pub sid: String,
    /// The authentication context that was asked for.
    pub acr: Option<String>,
    /// The time of the token request.
    pub now: i64,
    /// Whether this answers a refresh.
    pub refreshed: bool,
}

/// Makes the ID Token, misbehaving as told, and remembers it as a possible `id_token_hint`.
pub(super) fn id_token(
    op: &Op,
    grant: &Grant,
    nonce: Option<String>,
    access_token: String,
    refreshed: bool,
    now: i64,
) -> String {
    let parts = IdTokenParts { access_token, refreshed, ..parts(op, grant, nonce, now) };
    made(op, grant, parts)
}

/// The same through the browser, with the access token and the code that go along (OIDC Core 3.2.2.5, 3.3.2.5).
pub(super) fn front_id_token(
    op: &Op,
    grant: &Grant,
    nonce: Option<String>,
    (access_token, code): (Option<String>, Option<String>),
    now: i64,
) -> String {
    let access_token = access_token.unwrap_or_default();
    let parts = parts(op, grant, nonce, now);
    made(op, grant, IdTokenParts { access_token, code, front_channel: true, ..parts })
}

fn parts(op: &Op, grant: &Grant, nonce: Option<String>, now: i64) -> IdTokenParts {
    IdTokenParts {
        client_id: grant.client_id.clone(),
        sub: op.user(&grant.user).map(|user| user.sub.clone()).unwrap_or_default(),
        nonce,
        access_token: String::new(),
        code: None,
        front_channel: false,
        auth_time: grant.auth_time,
        sid: grant.sid.clone(),
        acr: grant.acr.clone(),
        now,
        refreshed: false,
    }
}

fn made(op: &Op, grant: &Grant, parts: IdTokenParts) -> String {
    let replace = lock(&op.inner.hooks).replace.clone();
    let token = match replace {
        Some(replace) => replace(parts),
        None => signed(op, grant, &parts),
    };
    let session = (grant.client_id.clone(), grant.sid.clone());
    // OIDC Core 3.1.2.1: a hint is the signed token, decrypted
    op.state().id_tokens.insert(token.clone(), session);
    match op.client(&grant.client_id) {
        Some(client) => encrypted(op, client, client.encryption.id_token, token),
        None => token,
    }
}

fn signed(op: &Op, grant: &Grant, parts: &IdTokenParts) -> String {
    let mischief = op.mischief();
    if let Some(mischief) = mischief {
        mischief.before_signing(op, parts);
    }
    let client = op.client(&parts.client_id);
    let alg = client.map_or(Alg::Rs256, |client| client.id_token_signed_response_alg);
    let mut header = header(op, alg);
    let mut payload = payload(op, grant, alg, parts);
    if let Some(mischief) = mischief {
        mischief.on_id_token(op, &mut header, &mut payload, parts);
    }
    let tamper = lock(&op.inner.hooks).tamper.as_ref().map(Arc::clone);
    if let Some(tamper) = tamper {
        tamper(op, &mut header, &mut payload);
    }
    let named = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(alg);
    let secret = client.map_or("", OpClient::secret);
    compact(&header.to_string(), &payload.to_string(), |input| {
        let mut signature = op.sign(named, secret, input);
        if let Some(mischief) = mischief {
            mischief.on_signature(&mut signature);
        }
        signature
    })
}

/// `alg` and, where there is a key in the set, `kid`.
pub(super) fn header(op: &Op, alg: Alg) -> Value {
    let mut header = json!({ "alg": alg.name() });
    let kid = op.kid(alg);
    if !kid.is_empty() {
        header["kid"] = kid.into();
    }
    header
}

// OIDC Core 2, 3.1.3.6, 3.2.2.10 and 3.3.2.11
fn payload(op: &Op, grant: &Grant, alg: Alg, parts: &IdTokenParts) -> Value {
    let mut payload = named_claims(op, grant, "id_token");
    // OIDC Core 5.4: without an access token there is no other place for them.
    if parts.front_channel && parts.access_token.is_empty() && parts.code.is_none() {
        payload.extend(userinfo_claims(op, grant).as_object().into_iter().flatten().map(own));
    }
    let mut set = |name: &str, value: Value| {
        payload.insert(name.into(), value);
    };
    set("iss", op.token_issuer().into());
    if let Some(tenant) = &op.config().tenant {
        set("tid", tenant.tid.as_str().into());
    }
    set("sub", parts.sub.as_str().into());
    set("aud", parts.client_id.as_str().into());
    set("exp", (parts.now + op.config().id_token_ttl).into());
    set("iat", parts.now.into());
    set("auth_time", parts.auth_time.into());
    if !parts.access_token.is_empty() {
        set("at_hash", alg.left_hash(&parts.access_token).into());
    }
    // OIDC Core 3.3.2.11
    if let Some(code) = &parts.code {
        set("c_hash", alg.left_hash(code).into());
    }
    set("sid", parts.sid.as_str().into());
    if let Some(nonce) = &parts.nonce {
        set("nonce", nonce.as_str().into());
    }
    if let Some(acr) = &parts.acr {
        set("acr", acr.as_str().into());
    }
    Value::Object(payload)
}

fn own((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// The claims that the scope and the `claims` parameter allow at the UserInfo endpoint.
pub(super) fn userinfo_claims(op: &Op, grant: &Grant) -> Value {
    let mut claims = named_claims(op, grant, "userinfo");
    if let Some(user) = op.user(&grant.user) {
        // OIDC Core 5.4; `groups` is everybody's own invention.
        let granted =
            SCOPES.iter().filter(|(scope, _)| grant.scope.split(' ').any(|value| value == *scope));
        for name in granted.flat_map(|(_, names)| names.iter().copied()) {
            if let Some(value) = user.claims.get(name) {
                claims.insert(name.into(), value.clone());
            }
        }
        claims.insert("sub".into(), user.sub.as_str().into());
    }
    Value::Object(claims)
}

// OIDC Core 5.5
fn named_claims(op: &Op, grant: &Grant, place: &str) -> Map<String, Value> {
    let wanted = grant.claims[place].as_object();
    let names = wanted.into_iter().flat_map(|members| members.keys());
    let user = op.user(&grant.user);
    let value = |name: &String| Some((name.clone(), user?.claims.get(name)?.clone()));
    names.filter_map(value).collect()
}

const SCOPES: &[(&str, &[&str])] = &[
    (
        "profile",
        &[
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
            "groups",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    ("groups", &["groups"]),
];
