//! The token endpoint: client authentication, and the grants that begin with a browser.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

use super::claims::id_token;
use super::message::Params;
use super::{
    ClientAuthMethod, Op, OpClient, OpRequest, OpResponse, State, access, assertion, base64url,
    device, grants, method_not_allowed,
};

/// What a person allowed a client: shared by all tokens that come from one code.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(crate) id: u64,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) user: String,
    pub(crate) auth_time: i64,
    pub(crate) sid: String,
    pub(crate) acr: Option<String>,
    /// The `claims` parameter.
    pub(crate) claims: Value,
}

/// An authorization code; spent ones stay known, so that a replay is noticed.
pub(crate) struct Code {
    pub(crate) grant: Grant,
    pub(crate) nonce: Option<String>,
    pub(crate) redirect_uri: String,
    pub(crate) code_challenge: Option<String>,
    /// The challenge is the verifier itself.
    pub(crate) plain: bool,
    pub(crate) expires: i64,
    pub(crate) spent: bool,
}

pub(crate) struct AccessToken {
    pub(crate) grant: Grant,
    pub(crate) expires: i64,
}

pub(crate) struct RefreshToken {
    pub(crate) grant: Grant,
    pub(crate) spent: bool,
}

pub(super) fn token(op: &Op, request: &OpRequest, now: i64) -> OpResponse {
    if request.method != "POST" {
        return method_not_allowed("POST");
    }
    let answer = form(request).and_then(|form| {
        let client = authenticate(op, request, &form, now)?;
        match form.one("grant_type") {
            Some("authorization_code") => redeem_code(op, client, &form, now),
            Some("refresh_token") => refresh(op, client, &form),
            Some("client_credentials") => grants::client_credentials(op, client, &form, now),
            Some("password") => grants::password(op, client, &form, now),
            Some(JWT_BEARER) => grants::jwt_bearer(op, client, &form, now),
            Some(TOKEN_EXCHANGE) => grants::exchange(op, client, &form, now),
            Some(DEVICE_CODE) => device::redeem(op, client, &form, now),
            Some(_) => Err(Refusal("unsupported_grant_type")),
            None => Err(Refusal("invalid_request")),
        }
    });
    let response = match answer {
        Ok(issue) => OpResponse::json(200, &tokens(op, issue, now)),
        Err(refusal) => refusal.response(request),
    };
    // RFC 6749 5.1
    response.with_header("cache-control", "no-store").with_header("pragma", "no-cache")
}

/// An `error` of RFC 6749 5.2.
pub(super) struct Refusal(pub(super) &'static str);

impl Refusal {
    pub(super) fn response(&self, request: &OpRequest) -> OpResponse {
        let description = format!("The provider says {}.", self.0);
        let document = json!({ "error": self.0, "error_description": description });
        // RFC 6749 5.2: 401 and a challenge for whoever used the header.
        if self.0 == "invalid_client" {
            let response = OpResponse::json(401, &document);
            return match request.header("authorization") {
                Some(_) => response.with_header("www-authenticate", "Basic realm=\"op\""),
                None => response,
            };
        }
        OpResponse::json(400, &document)
    }
}

/// RFC 6749 3.2: a form in which no parameter stands twice.
pub(super) fn form(request: &OpRequest) -> Result<Params, Refusal> {
    let form = request.form();
    if !request.is_form() || form.has_duplicate() {
        return Err(Refusal("invalid_request"));
    }
    Ok(form)
}

pub(super) fn authenticate<'a>(
    op: &'a Op,
    request: &OpRequest,
    form: &Params,
    now: i64,
) -> Result<&'a OpClient, Refusal> {
    let header = request.header("authorization");
    let body_secret = form.one("client_secret");
    let assertion = form.one("client_assertion").or_else(|| form.one("client_assertion_type"));
    let by_certificate = request.url.host_str().is_some_and(|host| host.starts_with("mtls."));
    // RFC 6749 2.3: one method in each request.
    if [header, body_secret, assertion].iter().flatten().count() > 1 {
        return Err(Refusal("invalid_request"));
    }
    let halves = header.map(|header| basic(header).ok_or(Refusal("invalid_client"))).transpose()?;
    let known = op.clients().into_iter().find(|client| match &halves {
        Some((id, _)) if client.auth_method == ClientAuthMethod::RawBasic => {
            *id == client.client_id
        }
        Some((id, _)) => form_decode(id) == client.client_id,
        None => form.one("client_id") == Some(client.client_id.as_str()),
    });
    let client = known.ok_or(Refusal("invalid_client"))?;
    let authenticated = match (client.auth_method, &halves) {
        (ClientAuthMethod::ClientSecretBasic, Some((_, secret))) => {
            form_decode(secret) == client.secret()
        }
        (ClientAuthMethod::RawBasic, Some((_, secret))) => secret == client.secret(),
        (ClientAuthMethod::ClientSecretPost, None) => body_secret == Some(client.secret()),
        (ClientAuthMethod::None, None) => body_secret.is_none() && assertion.is_none(),
        (ClientAuthMethod::ClientSecretJwt | ClientAuthMethod::PrivateKeyJwt, None) => {
            assertion::verify(op, client, form, now)
        }
        (ClientAuthMethod::SignedSecret, None) => {
            body_secret.is_some_and(|secret| assertion::is_secret(op, client, secret, now))
        }
        (ClientAuthMethod::MutualTls, None) => {
            by_certificate && body_secret.is_none() && assertion.is_none()
        }
        _ => false,
    };
    if !authenticated {
        return Err(Refusal("invalid_client"));
    }
    match form.one("client_id") {
        Some(id) if id != client.client_id => Err(Refusal("invalid_request")),
        _ => Ok(client),
    }
}

fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.split_once(' ')?;
    let credentials = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    let credentials = String::from_utf8(credentials).ok()?;
    let (id, secret) = credentials.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
}

// RFC 6749 2.3.1 and appendix B. A raw `&` or `=` shows that nobody encoded it.
fn form_decode(text: &str) -> String {
    let as_value = format!("v={text}");
    let mut pairs = form_urlencoded::parse(as_value.as_bytes());
    match (pairs.next(), pairs.next()) {
        (Some((_, value)), None) => value.into_owned(),
        _ => String::new(),
    }
}

/// What a grant allows to be issued; made under the lock, used after it.
pub(super) struct Issue {
    grant: Grant,
    scope: String,
    nonce: Option<String>,
    refresh_token: Option<String>,
    refreshed: bool,
    /// Members beside, or instead of, the usual ones.
    extra: Value,
}

impl Issue {
    /// An access token, and an ID token where the scope says so.
    pub(super) fn new(grant: Grant) -> Self {
        let (scope, extra) = (grant.scope.clone(), Value::Null);
        Self { grant, scope, nonce: None, refresh_token: None, refreshed: false, extra }
    }

    /// The same with these members in the answer.
    pub(super) fn with_members(self, extra: Value) -> Self {
        Self { extra, ..self }
    }

    /// An access token and a refresh token.
    pub(super) fn with_refresh_token(op: &Op, state: &mut State, grant: Grant) -> Self {
        let refresh_token = op.fresh(state, "refresh");
        let issued = RefreshToken { grant: grant.clone(), spent: false };
        state.refresh_tokens.insert(refresh_token.clone(), issued);
        Self { refresh_token: Some(refresh_token), ..Self::new(grant) }
    }
}

fn redeem_code(op: &Op, client: &OpClient, form: &Params, now: i64) -> Result<Issue, Refusal> {
    let given = form.one("code").ok_or(Refusal("invalid_request"))?;
    let state = &mut *op.state();
    let code = state.codes.get_mut(given).ok_or(Refusal("invalid_grant"))?;
    if code.grant.client_id != client.client_id {
        return Err(Refusal("invalid_grant"));
    }
    if std::mem::replace(&mut code.spent, true) {
        // RFC 6749 4.1.2: a second use takes back what the first one gave.
        let grant = code.grant.id;
        state.revoke(grant);
        return Err(Refusal("invalid_grant"));
    }
    let challenge = form.one("code_verifier").map(|verifier| match code.plain {
        true => verifier.to_owned(),
        false => base64url(&Sha256::digest(verifier)),
    });
    // RFC 9700 2.1.1: a verifier without a challenge is refused too.
    if code.expires <= now
        || form.one("redirect_uri") != Some(code.redirect_uri.as_str())
        || challenge != code.code_challenge
    {
        return Err(Refusal("invalid_grant"));
    }
    let (grant, nonce) = (code.grant.clone(), code.nonce.clone());
    Ok(Issue { nonce, ..Issue::with_refresh_token(op, state, grant) })
}

fn refresh(op: &Op, client: &OpClient, form: &Params) -> Result<Issue, Refusal> {
    let given = form.one("refresh_token").ok_or(Refusal("invalid_request"))?;
    let state = &mut *op.state();
    let token = state.refresh_tokens.get_mut(given).ok_or(Refusal("invalid_grant"))?;
    if token.grant.client_id != client.client_id {
        return Err(Refusal("invalid_grant"));
    }
    let grant = token.grant.clone();
    if token.spent {
        // RFC 9700 4.14.2: either the thief or the client is too late; nobody knows which.
        state.revoke(grant.id);
        return Err(Refusal("invalid_grant"));
    }
    let scope = form.one("scope").unwrap_or(&grant.scope).to_owned();
    // RFC 6749 6: never more than was granted.
    if !scope.split(' ').all(|value| grant.scope.split(' ').any(|granted| granted == value)) {
        return Err(Refusal("invalid_scope"));
    }
    let mut refresh_token = given.to_owned();
    if op.config().rotate_refresh_tokens {
        token.spent = true;
        refresh_token = op.fresh(state, "refresh");
        let issued = RefreshToken { grant: grant.clone(), spent: false };
        state.refresh_tokens.insert(refresh_token.clone(), issued);
    }
    Ok(Issue { scope, refresh_token: Some(refresh_token), refreshed: true, ..Issue::new(grant) })
}

/// An access token for what was granted, from either endpoint.
pub(super) fn access_token(op: &Op, grant: &Grant, now: i64) -> String {
    let state = &mut *op.state();
    let access_token = access::access_token(op, state, grant, &grant.scope, now);
    let issued = AccessToken { grant: grant.clone(), expires: now + op.config().access_token_ttl };
    state.access_tokens.insert(access_token.clone(), issued);
    access_token
}

fn tokens(op: &Op, issue: Issue, now: i64) -> Value {
    let Issue { grant, scope, nonce, refresh_token, refreshed, extra } = issue;
    let ttl = op.config().access_token_ttl;
    let narrowed = Grant { scope: scope.clone(), ..grant.clone() };
    let access_token = access_token(op, &narrowed, now);
    let mut document = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": ttl,
        "scope": scope,
    });
    if let Some(refresh_token) = refresh_token {
        document["refresh_token"] = refresh_token.into();
    }
    if scope.split(' ').any(|value| value == "openid") {
        document["id_token"] = id_token(op, &grant, nonce, access_token, refreshed, now).into();
    }
    if let Some(mischief) = op.mischief() {
        mischief.on_token_response(&mut document, refreshed);
    }
    for (name, value) in extra.as_object().into_iter().flatten() {
        document[name] = value.clone();
    }
    document
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_halves_are_form_decoded_and_only_then() {
        assert_eq!(form_decode("a+b%20c%3Ad"), "a b c:d");
        assert_eq!(form_decode("raw&secret"), "");
        let header = format!("basic {}", BASE64_STANDARD.encode("id:secret:with:colons"));
        let halves = basic(&header).unwrap();
        assert_eq!(halves, ("id".to_owned(), "secret:with:colons".to_owned()));
        assert!(basic("Bearer abc").is_none());
    }
}
