//! The end session endpoint (OIDC RP-Initiated Logout 1.0), and who is told of it (Front-Channel Logout 1.0,
//! Back-Channel Logout 1.0).

use serde_json::json;
use url::Url;

use super::claims::header;
use super::config::registered;
use super::encryption::encrypted;
use super::login::{COOKIE, cookie};
use super::message::Params;
use super::{
    Alg, Mischief, Op, OpClient, OpRequest, OpResponse, compact, escape, method_not_allowed,
};

pub(super) fn end_session(op: &Op, request: &OpRequest, now: i64) -> OpResponse {
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
    let browser = request.cookie(COOKIE);
    let own = browser.and_then(|id| op.state().sessions.get(id).cloned());
    let sids: Vec<String> =
        issued.map(|(_, sid)| sid).into_iter().chain(own.map(|session| session.sid)).collect();
    let told: Vec<_> = clients_of(op, &sids);
    // Last, so that its user is still known above.
    let users: Vec<_> = sids.iter().map(|sid| user_of(op, sid)).collect();
    op.state().sessions.retain(|_, session| !sids.contains(&session.sid));
    let mut frames = String::new();
    for (client, sid) in told {
        let user = sids.iter().position(|own| *own == sid).and_then(|at| users[at].clone());
        tell(op, &client, &sid, user, now);
        frames += &frame(op, &client, &sid);
    }
    let response = match target {
        Some(url) if frames.is_empty() => {
            OpResponse::see_other(back(op, url, params.one("state")).as_str())
        }
        Some(url) => {
            // The frames are to be loaded first, so nobody is redirected.
            let url = escape(back(op, url, params.one("state")).as_str());
            OpResponse::page(
                200,
                "Logged out",
                &format!("{frames}<p><a href=\"{url}\">Back</a></p>"),
            )
        }
        None => OpResponse::page(200, "Logged out", &format!("<p>You are logged out.</p>{frames}")),
    };
    response.with_header("set-cookie", &cookie(op, "", "; Max-Age=0"))
}

/// Every client to which an ID Token of one of the sessions was issued, and that session.
fn clients_of(op: &Op, sids: &[String]) -> Vec<(OpClient, String)> {
    let mut known: Vec<_> = op.state().id_tokens.values().cloned().collect();
    known.sort_unstable();
    known.dedup();
    let known = known.into_iter().filter(|(_, sid)| sids.contains(sid));
    known.filter_map(|(client_id, sid)| Some((op.client(&client_id)?.clone(), sid))).collect()
}

fn user_of(op: &Op, sid: &str) -> Option<String> {
    let state = op.state();
    let session = state.sessions.values().find(|session| session.sid == sid)?;
    op.user(&session.user).map(|user| user.sub.clone())
}

/// Front-Channel Logout 2
fn frame(op: &Op, client: &OpClient, sid: &str) -> String {
    let Some(uri) = &client.logout.front_channel else { return String::new() };
    let mut url = Url::parse(uri).expect("a registered address");
    if client.logout.front_channel_session {
        url.query_pairs_mut().append_pair("iss", op.issuer()).append_pair("sid", sid);
    }
    format!("<iframe src=\"{}\"></iframe>", escape(url.as_str()))
}

/// Back-Channel Logout 2.4, 2.5
fn tell(op: &Op, client: &OpClient, sid: &str, sub: Option<String>, now: i64) {
    let Some(uri) = &client.logout.back_channel else { return };
    let alg = client.id_token_signed_response_alg;
    let mut header = header(op, alg);
    header["typ"] = "logout+jwt".into();
    let jti = op.fresh(&mut op.state(), "logout");
    let mut payload = json!({
        "iss": op.issuer(), "aud": client.client_id, "jti": jti, "iat": now, "exp": now + 120,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        "an_unknown_claim": [null],
    });
    if let Some(sub) = &sub {
        payload["sub"] = sub.as_str().into();
    }
    if client.logout.back_channel_session || sub.is_none() {
        payload["sid"] = sid.into();
    }
    if let Some(mischief) = op.mischief() {
        mischief.on_logout_token(op, &mut header, &mut payload);
    }
    let named = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(alg);
    let token = compact(&header.to_string(), &payload.to_string(), |input| {
        op.sign(named, client.secret(), input)
    });
    // Back-Channel Logout 2.4: as ID Tokens are
    let token = encrypted(op, client, client.encryption.id_token, token);
    let url = Url::parse(uri).expect("a registered address");
    let request = OpRequest::post_form(url, &[("logout_token", &token)]);
    op.state().logouts.push(request);
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
