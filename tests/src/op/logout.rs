//! The end session endpoint (OIDC RP-Initiated Logout 1.0).

use url::Url;

use super::config::registered;
use super::login::{COOKIE, cookie};
use super::message::Params;
use super::{Mischief, Op, OpRequest, OpResponse, method_not_allowed};

pub(super) fn end_session(op: &Op, request: &OpRequest) -> OpResponse {
    // RP-Initiated Logout 2: GET and POST alike.
    let params = match request.method.as_str() {
        "GET" => Params::query(&request.url),
        "POST" => request.form(),
        _ => return method_not_allowed("GET, POST"),
    };
    if params.has_duplicate() {
        return refusal("A parameter is doubled.");
    }
    let hint = params.one("id_token_hint");
    let issued = hint.and_then(|hint| op.state().id_tokens.get(hint).cloned());
    if hint.is_some() && issued.is_none() {
        return refusal("The ID Token was not issued here.");
    }
    let hinted = issued.as_ref().map(|(client_id, _)| client_id.as_str());
    let client_id = params.one("client_id");
    // One that has a name of its own for it knows no other.
    if params.one("post_logout_redirect_uri").is_some()
        && op.config().logout_redirect != "post_logout_redirect_uri"
    {
        return refusal("There is no such parameter.");
    }
    // RP-Initiated Logout 2: both name the same client.
    if client_id.is_some() && hinted.is_some() && client_id != hinted {
        return refusal("The ID Token belongs to another client.");
    }
    let target = match params.one(op.config().logout_redirect) {
        None => None,
        Some(uri) => {
            let client = hinted.or(client_id).and_then(|client_id| op.client(client_id));
            let uris = client.map(|client| client.post_logout_redirect_uris.as_slice());
            match Url::parse(uri) {
                Ok(url) if registered(uris.unwrap_or_default(), uri) => Some(url),
                // RP-Initiated Logout 3
                _ => return refusal("The post-logout redirect URI is not registered."),
            }
        }
    };
    let sid = issued.map(|(_, sid)| sid);
    let browser = request.cookie(COOKIE);
    op.state()
        .sessions
        .retain(|id, session| Some(id.as_str()) != browser && Some(&session.sid) != sid.as_ref());
    let response = match target {
        Some(url) => OpResponse::see_other(back(op, url, params.one("state")).as_str()),
        None => OpResponse::page(200, "Logged out", "<p>You are logged out.</p>"),
    };
    response.with_header("set-cookie", &cookie(op, "", "; Max-Age=0"))
}

fn back(op: &Op, mut url: Url, state: Option<&str>) -> Url {
    let state = match op.mischief() {
        Some(Mischief::LogoutNoState) => None,
        Some(Mischief::LogoutOtherState) => Some(format!("{}1", state.unwrap_or(""))),
        _ => state.map(str::to_owned),
    };
    if let Some(state) = state {
        url.query_pairs_mut().append_pair("state", &state);
    }
    url
}

fn refusal(problem: &str) -> OpResponse {
    OpResponse::page(400, "Bad request", &format!("<p>{problem}</p>"))
}
