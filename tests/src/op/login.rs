//! Who sits at the browser: sessions, the login page, and the hint that stands for a person.

use super::authorize::AuthorizationRequest;
use super::message::Params;
use super::reply::hidden;
use super::{LOGIN, Op, OpRequest, OpResponse, escape, method_not_allowed};

/// One browser that is logged in.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) user: String,
    pub(crate) auth_time: i64,
    pub(crate) sid: String,
}

/// The target of the login page's form.
pub(super) fn login(op: &Op, request: &OpRequest, now: i64) -> OpResponse {
    if request.method != "POST" || !request.is_form() {
        return method_not_allowed("POST");
    }
    let form = request.form();
    let asked = Params::parse(form.one("request").unwrap_or(""));
    let asked = match AuthorizationRequest::read(op, asked, now) {
        Ok(asked) => asked,
        Err(response) => return response,
    };
    if form.one("decision") == Some("deny") {
        return asked.reply_to.error(op, "access_denied");
    }
    let user = op.user(form.one("user").unwrap_or(""));
    match user.filter(|user| Some(user.password.as_str()) == form.one("password")) {
        Some(user) => {
            let (session, cookie) = log_in(op, &user.name, now);
            asked.issue(op, &session, asked.acr(), now).with_header("set-cookie", &cookie)
        }
        None => login_page(op, 403, &asked.params, "Wrong user or password."),
    }
}

/// `login_hint=auto:alice;acr=…;auth_time=…`: what a person at the login page would do.
pub(super) struct AutoLogin {
    pub(super) user: String,
    pub(super) acr: Option<String>,
    pub(super) auth_time: Option<i64>,
}

impl AutoLogin {
    pub(super) fn parse(hint: &str) -> Self {
        let mut parts = hint.split(';');
        let user = parts.next().unwrap_or("").to_owned();
        let mut auto = Self { user, acr: None, auth_time: None };
        for part in parts {
            match part.split_once('=') {
                Some(("acr", value)) => auto.acr = Some(value.to_owned()),
                Some(("auth_time", value)) => auto.auth_time = value.parse().ok(),
                _ => {}
            }
        }
        auto
    }

    pub(super) fn suits(&self, session: &Session) -> bool {
        self.user == session.user
            && self.auth_time.is_none_or(|auth_time| auth_time == session.auth_time)
    }
}

pub(super) fn log_in(op: &Op, user: &str, auth_time: i64) -> (Session, String) {
    let mut state = op.state();
    let id = op.fresh(&mut state, "session");
    let session = Session { user: user.into(), auth_time, sid: op.fresh(&mut state, "sid") };
    state.sessions.insert(id.clone(), session.clone());
    (session, cookie(op, &id, ""))
}

/// The session cookie; `attributes` come last, so they may end its life.
pub(super) fn cookie(op: &Op, value: &str, attributes: &str) -> String {
    let secure = if op.issuer().starts_with("https:") { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{attributes}")
}

pub(super) fn login_page(op: &Op, status: u16, params: &Params, problem: &str) -> OpResponse {
    let request = hidden("request", &params.encode());
    let client_id = escape(params.one("client_id").unwrap_or(""));
    let action = escape(&op.endpoint(LOGIN));
    let problem = escape(problem);
    let body = format!(
        "<p>{client_id} asks who you are.</p><p>{problem}</p>\n\
         <form method=\"post\" action=\"{action}\">\n{request}\
         <p><label>User <input name=\"user\" autocomplete=\"username\" autofocus></label></p>\n\
         <p><label>Password <input name=\"password\" type=\"password\"></label></p>\n\
         <p><button>Log in</button>\n\
         <button name=\"decision\" value=\"deny\">Refuse</button></p>\n</form>"
    );
    OpResponse::page(status, "Log in", &body)
}

pub(super) const COOKIE: &str = "op_session";
