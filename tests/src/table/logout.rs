//! Scenarios of logouts, whoever begins with it.

use std::sync::{Arc, Mutex, PoisonError};

use relying_party::{
    Client,
    flow::{
        logout::StartedLogout,
        session::{MemorySessions, Session, Sessions},
        start_login::StartedLogin,
    },
    protocol::{authorization::Prompt, logout_answer::LogoutAnswer, replay::MemoryReplays},
};
use url::Url;

use super::{
    Result, Stage, check,
    login::start,
    refused,
    stage::{NOWHERE, Visit, callback},
};
use crate::{
    op::{OpRequest, OpResponse},
    server::{Server, bind},
    visitor::{ALICE, Visitor},
};

/// Where alice is led after the logout.
pub fn bye(client: &Client) -> String {
    let redirect_uri = client.registration().redirect_uri();
    match redirect_uri.strip_suffix("/cb") {
        Some(home) if redirect_uri.starts_with("https://rp.test") => format!("{home}/bye"),
        _ => format!("{redirect_uri}/bye"),
    }
}

/// Alice, logged in.
struct Visited {
    client: Client,
    visitor: Visitor,
    session: Session,
    sessions: MemorySessions,
}

impl Visited {
    fn new(stage: &Stage, name: &str) -> Result<Self> {
        let client = stage.client(name)?;
        let visitor = stage.visitor()?;
        let Visit { pending, callback, .. } = stage.visit(&visitor, &client, start(&client))?;
        let session = stage.run(client.finish_login(pending, callback))?.session();
        let sessions = MemorySessions::new();
        sessions.insert("alice", &session)?;
        stage.take_requests();
        Ok(Self { client, visitor, session, sessions })
    }

    fn start(&self, stage: &Stage) -> Result<StartedLogout> {
        let start = self.client.start_logout().id_token_hint(self.session.id_token());
        Ok(stage.run(start.post_logout_redirect_uri(&bye(&self.client)))?)
    }

    fn is_gone(&self, stage: &Stage) -> Result<()> {
        let silent = start(&self.client).prompt(Prompt::None);
        let StartedLogin { url, .. } = stage.run(silent)?;
        let redirect_uri = self.client.registration().redirect_uri();
        let back = self.visitor.follow(&url, redirect_uri, ALICE)?;
        check(back.text().contains("error=login_required"), "the session is still there")
    }
}

/// The browser posts the request, and the ID token stays out of the address.
pub fn posted(stage: &Stage) -> Result<()> {
    let visited = Visited::new(stage, "basic")?;
    let StartedLogout { mut url, state } = visited.start(stage)?;
    let page = visited.client.logout_form(&url)?;
    let back = visited.visitor.submit(page.html(), &bye(&visited.client), ALICE)?;
    visited.client.finish_logout(back.text(), &state)?;
    stage.take_requests();
    let result = visited.client.finish_logout("state=another", &state);
    refused(stage, result, "callback.logout_state", None)?;
    url.set_path("/elsewhere");
    refused(stage, visited.client.logout_form(&url), "misuse.parameter", None)?;
    visited.is_gone(stage)
}

/// Where a provider tells of logouts, for those that have a network to tell it over.
struct Told {
    server: Server,
    requests: Arc<Mutex<Vec<OpRequest>>>,
}

impl Told {
    fn start() -> Result<Self> {
        let requests: Arc<Mutex<Vec<OpRequest>>> = Arc::default();
        let noted = requests.clone();
        let server = bind()?.serve_with(move |request| {
            noted.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
            OpResponse::new(200, "text/plain", "").with_header("cache-control", "no-store")
        });
        Ok(Self { server, requests })
    }

    fn take(&self) -> Vec<OpRequest> {
        std::mem::take(&mut self.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The provider tells of a logout, which is taken once.
pub fn back_channel(stage: &Stage) -> Result<()> {
    let told = Told::start()?;
    let stage = &stage.telling(&format!("{}/told", told.server.url()))?;
    let visited = Visited::new(stage, "back")?;
    let StartedLogout { url, state } = visited.start(stage)?;
    let back = visited.visitor.follow(&url, &bye(&visited.client), ALICE)?;
    visited.client.finish_logout(back.text(), &state)?;
    let requests = stage.take_logouts().unwrap_or_else(|| told.take());
    let [request] = &requests[..] else {
        return Err(format!("told {} times", requests.len()).into());
    };
    stage.take_requests();
    let replays = MemoryReplays::new();
    let receive = |client: &Client, body: &[u8]| {
        stage.run(client.back_channel_logout(request.header("content-type"), body))
    };
    let received = receive(&visited.client, &request.body)?.check_replay(&replays)?;
    let ended = visited.sessions.end(received.target())?;
    check(ended.len() == 1 && visited.sessions.get("alice")?.is_none(), "not ended")?;
    check(stage.take_requests().is_empty(), "the keys are known since the login")?;
    let again = receive(&visited.client, &request.body)?.check_replay(&replays);
    check(LogoutAnswer::back_channel(&again).status() == 400, "another status")?;
    refused(stage, again, "logout.replay", None)?;
    let hint = format!("logout_token={}", visited.session.id_token().expose());
    let id_token = receive(&visited.client, hint.as_bytes());
    refused(stage, id_token, "claim.events.missing", None)?;
    // Another client knows no keys yet.
    let other = stage.client("basic")?;
    let keys = other.metadata().jwks_uri().map(Url::path).unwrap_or_default();
    let last = format!("GET {keys}");
    let result = receive(&other, &request.body);
    refused(stage, result, "claim.aud.mismatch", Some(&last)).map(drop)
}

/// The provider's page has a frame, in which the session ends, and no other one.
pub fn front_channel(stage: &Stage) -> Result<()> {
    let stage = &stage.telling(NOWHERE)?;
    let visited = Visited::new(stage, "front")?;
    let StartedLogout { url, state } = visited.start(stage)?;
    // The page with the frame has no form, so alice's way ends there.
    let page = visited.visitor.page(&url, ALICE)?;
    let frame = Url::parse(&between(&page, "<iframe src=\"")?)?;
    let query = frame.query().ok_or("no query")?;
    let logout = visited.client.front_channel_logout(query)?;
    check(logout.ends(&visited.session), "not this session")?;
    let back = Url::parse(&between(&page, "<a href=\"")?)?;
    visited.client.finish_logout(back.query().unwrap_or_default(), &state)?;
    let other = Visited::new(stage, "front")?.session;
    check(!logout.ends(&other), "another session of the same person")?;
    let swapped = query.replacen("iss=http", "iss=x-http", 1);
    let result = visited.client.front_channel_logout(&swapped);
    refused(stage, result, "logout.iss.mismatch", None).map(drop)
}

/// The page that asks the provider's frame, and a login without a page that says who is still there.
pub fn session_management(stage: &Stage) -> Result<()> {
    let visited = Visited::new(stage, "basic")?;
    let Visited { client, visitor, session, .. } = &visited;
    let state = session.session_state().ok_or("no session_state")?;
    let page = client.check_session_page(state)?;
    let message = format!("{} {}", client.registration().client_id(), state.expose());
    check(between(page.html(), "data-message=\"")? == message, "another message")?;
    let frame = client.metadata().check_session_iframe().ok_or("no frame")?;
    check(page.html().contains(frame.as_str()), "another frame")?;
    check(visitor.page(frame, &[])?.contains("<title>Session</title>"), "not the page")?;
    let again = |visitor: &Visitor| -> Result<_> {
        let StartedLogin { url, pending } = stage.run(client.start_reauthentication(session))?;
        let back = visitor.follow(&url, client.registration().redirect_uri(), &[])?;
        let callback = callback(client, &back)?;
        stage.take_requests();
        Ok(stage.run(client.finish_login(pending, callback)))
    };
    let same = again(visitor)??.session();
    check(same.subject() == session.subject(), "somebody else")?;
    refused(stage, again(&stage.visitor()?)?, "provider.error", None).map(drop)
}

/// What is in the quotes, unescaped.
fn between(page: &str, before: &str) -> Result<String> {
    let (_, rest) = page.split_once(before).ok_or_else(|| format!("no {before}"))?;
    Ok(rest.split('"').next().unwrap_or_default().replace("&amp;", "&"))
}
