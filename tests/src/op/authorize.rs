//! The authorization endpoint (OIDC Core 3.1.2, 3.2.2 and 3.3.2, OAuth Multiple Response Types).

use serde_json::Value;
use url::Url;

use super::claims::front_id_token;
use super::config::registered;
use super::login::{AutoLogin, COOKIE, Session, log_in, login_page};
use super::message::Params;
use super::reply::{ReplyTo, ResponseMode};
use super::request_object;
use super::response_jwt::ResponseJwt;
use super::session_management::session_state;
use super::token::{Code, Grant, access_token};
use super::{Mischief, Op, OpClient, OpRequest, OpResponse, escape, method_not_allowed};

pub(super) fn authorize(op: &Op, request: &OpRequest, now: i64) -> OpResponse {
    let params = match request.method.as_str() {
        "GET" => Params::query(&request.url),
        "POST" if request.is_form() => request.form(),
        "POST" => return refusal("The body is not a form."),
        _ => return method_not_allowed("GET, POST"),
    };
    let params = match request_object::opened(op, params, now) {
        Ok(params) => params,
        Err(problem) => return refusal(problem),
    };
    let asked = match AuthorizationRequest::read(op, params, now) {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    let hint = asked.params.one("login_hint").unwrap_or("");
    if hint == "deny" {
        return asked.reply_to.error(op, "access_denied");
    }
    let auto = hint.strip_prefix("auto:").map(AutoLogin::parse);
    let session = request.cookie(COOKIE).and_then(|id| op.state().sessions.get(id).cloned());
    // OIDC Core 3.1.2.1: `max_age` counts from the last active authentication.
    let recent = |session: &Session| {
        asked.max_age.is_none_or(|max_age| now - session.auth_time <= max_age && max_age > 0)
    };
    let session = session
        .filter(|session| !asked.prompts("login") && recent(session))
        .filter(|session| auto.as_ref().is_none_or(|auto| auto.suits(session)));
    match (session, auto) {
        (Some(session), auto) => {
            let acr = auto.and_then(|auto| auto.acr).or_else(|| asked.acr());
            asked.issue(op, &session, acr, now)
        }
        // OIDC Core 3.1.2.6
        (None, _) if asked.prompts("none") => asked.reply_to.error(op, "login_required"),
        (None, Some(auto)) => {
            if op.user(&auto.user).is_none() {
                return asked.reply_to.error(op, "access_denied");
            }
            let (session, cookie) = log_in(op, &auto.user, auto.auth_time.unwrap_or(now));
            let acr = auto.acr.or_else(|| asked.acr());
            asked.issue(op, &session, acr, now).with_header("set-cookie", &cookie)
        }
        (None, None) => login_page(op, 200, &asked.params, ""),
    }
}

/// An authorization request that may be answered by redirect.
pub(super) struct AuthorizationRequest<'a> {
    client: &'a OpClient,
    pub(super) reply_to: ReplyTo,
    max_age: Option<i64>,
    claims: Value,
    pub(super) params: Params,
}

impl<'a> AuthorizationRequest<'a> {
    pub(super) fn read(op: &'a Op, params: Params, now: i64) -> Result<Self, OpResponse> {
        // RFC 6749 4.1.2.1: no redirect to an address that is not the client's.
        let client = op.client(params.one("client_id").unwrap_or(""));
        let client = client.ok_or_else(|| refusal("The client is unknown."))?;
        let redirect_uri = params.one("redirect_uri").unwrap_or("");
        if params.has_duplicate() || !registered(&client.redirect_uris, redirect_uri) {
            return Err(refusal("The redirect URI is not registered, or a parameter is doubled."));
        }
        let uri = Url::parse(redirect_uri).map_err(|_| refusal("The redirect URI is no URL."))?;
        let types: Vec<&str> = params.one("response_type").unwrap_or("").split(' ').collect();
        let tokens = types.contains(&"token") || types.contains(&"id_token");
        let mode = ResponseMode::parse(params.one("response_mode"), tokens);
        let reply_to = ReplyTo {
            text: redirect_uri.to_owned(),
            uri,
            mode: mode.unwrap_or(match tokens {
                true => ResponseMode::Fragment,
                false => ResponseMode::Query,
            }),
            state: params.one("state").map(Into::into),
            signed: ResponseJwt::asked(client, params.one("response_mode"), now),
        };
        let max_age = params.one("max_age").map(str::parse::<u32>).transpose();
        let claims = params.one("claims").map(serde_json::from_str::<Value>).transpose();
        let prompts: Vec<&str> = params.one("prompt").unwrap_or("").split(' ').collect();
        let scope = params.one("scope").unwrap_or("");
        let problem = if params.one("request").is_some() {
            Some("request_not_supported")
        } else if params.one("request_uri").is_some() {
            Some("request_uri_not_supported")
        } else if !supported(&types) {
            Some("unsupported_response_type")
        // OIDC Core 3.1.2.1: without `openid` this is plain OAuth, and there is no ID token.
        } else if types.contains(&"id_token") && !scope.split(' ').any(|value| value == "openid") {
            Some("invalid_scope")
        } else if mode.is_none()
            // OIDC Core 3.2.2.1: REQUIRED.
            || (types.contains(&"id_token") && params.one("nonce").is_none())
            || max_age.is_err()
            // OIDC Core 5.5: an object.
            || !matches!(claims, Ok(None | Some(Value::Object(_))))
            // OIDC Core 3.1.2.1: `none` stands alone.
            || (prompts.contains(&"none") && prompts.len() > 1)
            || (types.contains(&"code") && !pkce_is_fine(op, client, &params))
        {
            Some("invalid_request")
        } else {
            None
        };
        if let Some(code) = problem {
            return Err(reply_to.error(op, code));
        }
        let max_age = max_age.ok().flatten().map(i64::from);
        let claims = claims.ok().flatten().unwrap_or_default();
        Ok(Self { client, reply_to, max_age, claims, params })
    }

    fn prompts(&self, value: &str) -> bool {
        self.params.one("prompt").unwrap_or("").split(' ').any(|prompt| prompt == value)
    }

    // OIDC Core 3.1.2.1 and 5.5.1.1: asked for by parameter or as a claim.
    pub(super) fn acr(&self) -> Option<String> {
        let claim = &self.claims["id_token"]["acr"];
        let claimed = claim["value"].as_str().or_else(|| claim["values"][0].as_str());
        let wanted = self.params.one("acr_values").and_then(|values| values.split(' ').next());
        claimed.or(wanted).map(Into::into)
    }

    pub(super) fn issue(
        &self,
        op: &Op,
        session: &Session,
        acr: Option<String>,
        now: i64,
    ) -> OpResponse {
        let text = |name: &str| self.params.one(name).map(str::to_owned);
        let mut state = op.state();
        state.issued += 1;
        let earlier = state.codes.len();
        let grant = Grant {
            id: state.issued,
            client_id: self.client.client_id.clone(),
            scope: text("scope").unwrap_or_default(),
            user: session.user.clone(),
            auth_time: session.auth_time,
            sid: session.sid.clone(),
            acr,
            claims: self.claims.clone(),
        };
        let mut pairs = Vec::new();
        let code = self.asks_for("code").then(|| op.fresh(&mut state, "code"));
        if let Some(code) = &code {
            let issued = Code {
                grant: grant.clone(),
                nonce: text("nonce"),
                redirect_uri: self.reply_to.text.clone(),
                code_challenge: text("code_challenge"),
                plain: text("code_challenge_method").as_deref() != Some("S256"),
                expires: now + op.config().code_ttl,
                spent: false,
            };
            state.codes.insert(code.clone(), issued);
            pairs.push(("code".to_owned(), code.clone()));
        }
        drop(state);
        if op.is(Mischief::SigningKeyRotation) && earlier > 0 {
            op.rotate_keys();
        }
        let token = self.asks_for("token").then(|| access_token(op, &grant, now));
        if let Some(token) = &token {
            let ttl = op.config().access_token_ttl.to_string();
            pairs.push(("access_token".to_owned(), token.clone()));
            pairs.push(("token_type".to_owned(), "Bearer".to_owned()));
            pairs.push(("expires_in".to_owned(), ttl));
        }
        if self.asks_for("id_token") {
            let made = front_id_token(op, &grant, text("nonce"), (token, code), now);
            pairs.push(("id_token".to_owned(), made));
        }
        if op.config().session_management {
            let origin = self.reply_to.uri.origin().ascii_serialization();
            let made = session_state(&self.client.client_id, &origin, &session.sid, "salt");
            pairs.push(("session_state".to_owned(), made));
        }
        self.reply_to.answer(op, pairs)
    }

    fn asks_for(&self, kind: &str) -> bool {
        let types = self.params.one("response_type").unwrap_or("");
        types.split(' ').any(|own| own == kind)
    }
}

// OAuth Multiple Response Types 3 to 5: a set, in which `none` stands alone.
fn supported(types: &[&str]) -> bool {
    let mut known = types.to_vec();
    known.sort_unstable();
    known.dedup();
    known.len() == types.len()
        && (types == ["none"]
            || types.iter().all(|kind| ["code", "id_token", "token"].contains(kind)))
}

// RFC 9700 2.1.1: public clients always; whoever begins with PKCE begins with S256, unless told otherwise.
fn pkce_is_fine(op: &Op, client: &OpClient, params: &Params) -> bool {
    match params.one("code_challenge") {
        Some(challenge) => match params.one("code_challenge_method") {
            Some("S256") => challenge.len() == 43,
            Some("plain") => op.config().pkce_plain && (43..=128).contains(&challenge.len()),
            _ => false,
        },
        None => client.client_secret.is_some() && params.one("code_challenge_method").is_none(),
    }
}

pub(super) fn refusal(problem: &str) -> OpResponse {
    OpResponse::page(400, "Bad request", &format!("<p>{}</p>", escape(problem)))
}
