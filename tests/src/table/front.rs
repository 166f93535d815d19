//! Scenarios about what comes back through the browser, and how it gets there.

use relying_party::{
    Client, PendingLogin,
    flow::start_authorization::StartAuthorization,
    protocol::{
        authorization::{Prompt, ResponseMode},
        id_token::Check,
        initiation::InitiationRequest,
        response_type::ResponseType,
    },
};

use super::{
    ProviderName, Result, Stage, check,
    login::{start, token_request},
    refused,
    stage::{Visit, callback},
};
use crate::{scenario::Return, visitor::ALICE};

fn came(back: &Return, mode: ResponseMode) -> Result<()> {
    let here = match mode {
        ResponseMode::Fragment => matches!(back, Return::Fragment(_)),
        ResponseMode::FormPost => matches!(back, Return::Form(_)),
        _ => matches!(back, Return::Query(_)),
    };
    check(here, "the response came elsewhere")
}

/// The response belongs to one login, and no other one is finished with it.
fn other_is_refused(stage: &Stage, client: &Client, back: &Return, mixed: Mixed) -> Result<()> {
    let callback = callback(client, back)?;
    stage.take_requests();
    let code = "callback.state.mismatch";
    match mixed {
        Mixed::Login(other) => {
            refused(stage, stage.run(client.finish_login(other, callback)), code, None).map(drop)
        }
        Mixed::Implicit(other) => {
            let result = stage.run(client.finish_implicit_login(other, callback));
            refused(stage, result, code, None).map(drop)
        }
    }
}

enum Mixed {
    Login(PendingLogin),
    Implicit(PendingLogin),
}

/// There and back, with a response that finishes no other login.
fn through_the_browser(
    stage: &Stage,
    client: &Client,
    response_type: ResponseType,
    mode: ResponseMode,
    mixed: fn(PendingLogin) -> Mixed,
) -> Result<Visit> {
    let start = || {
        let start = start(client).response_type(response_type).response_mode(mode);
        start.insecure_front_channel_access_token()
    };
    let other = stage.run(start())?.pending;
    let visit = stage.visit(&stage.visitor()?, client, start())?;
    came(&visit.back, mode)?;
    other_is_refused(stage, client, &visit.back, mixed(other))?;
    Ok(visit)
}

/// A login whose response brings a code, and perhaps more.
pub fn hybrid(stage: &Stage, response_type: ResponseType, mode: ResponseMode) -> Result<()> {
    let client = stage.client("basic")?;
    let Visit { pending, callback, .. } =
        through_the_browser(stage, &client, response_type, mode, Mixed::Login)?;
    let login = stage.run(client.finish_login(pending, callback).with_user_info())?;
    let front = login.front_channel();
    let id_token = front.and_then(|front| front.id_token());
    check(id_token.is_some() == response_type.has_id_token(), "the ID token in front")?;
    let hashed = id_token.is_none_or(|token| token.checks().contains(&Check::CodeHash));
    check(hashed, "without a hash of the code")?;
    let tokens = front.and_then(|front| front.tokens());
    check(tokens.is_some() == response_type.has_access_token(), "the access token in front")
}

/// A login whose response brings tokens and no code.
pub fn implicit(stage: &Stage, response_type: ResponseType, mode: ResponseMode) -> Result<()> {
    let client = stage.client("basic")?;
    let Visit { pending, callback, .. } =
        through_the_browser(stage, &client, response_type, mode, Mixed::Implicit)?;
    let login = stage.run(client.finish_implicit_login(pending, callback))?;
    check(!stage.take_requests().contains(&token_request(&client)), "a code was exchanged")?;
    match login.tokens() {
        Some(tokens) => {
            let read = client.user_info(tokens.access_token(), login.subject());
            check(stage.run(read)?.sub() == login.subject().sub(), "another subject")
        }
        None => check(!response_type.has_access_token(), "no access token"),
    }
}

/// Plain OAuth as far as the callback, and another one that was only started.
struct Authorization {
    client: Client,
    visit: Visit<relying_party::flow::pending_authorization::PendingAuthorization>,
}

fn authorize(
    stage: &Stage,
    change: impl Fn(StartAuthorization) -> StartAuthorization,
    mode: ResponseMode,
) -> Result<Authorization> {
    let client = stage.client("basic")?;
    let start = change(client.start_authorization().response_mode(mode));
    let started = stage.run(start.insecure_front_channel_access_token())?;
    let redirect_uri = client.registration().redirect_uri();
    let back = stage.visitor()?.follow(&started.url, redirect_uri, ALICE)?;
    came(&back, mode)?;
    let callback = callback(&client, &back)?;
    stage.take_requests();
    let visit = Visit { pending: started.pending, callback, back };
    Ok(Authorization { client, visit })
}

/// The response type `token`: no login at all.
pub fn token(stage: &Stage, mode: ResponseMode) -> Result<()> {
    let token = |start: StartAuthorization| start.response_type(ResponseType::Token).scope("email");
    let Authorization { client, visit } = authorize(stage, token, mode)?;
    let Visit { pending, callback, .. } = visit;
    let authorized = stage.run(client.finish_authorization(pending, callback))?;
    check(stage.take_requests().is_empty(), "there was something to ask")?;
    let access = authorized.tokens().access_token();
    check(stage.run(client.introspect(access, None))?.is_active(), "inactive")?;

    let Authorization { client, visit } = authorize(stage, token, mode)?;
    let Visit { callback, .. } = visit;
    let other =
        stage.run(token(client.start_authorization()).insecure_front_channel_access_token())?;
    let result = stage.run(client.finish_authorization(other.pending, callback));
    refused(stage, result, "callback.state.mismatch", None).map(drop)
}

/// The response type `none`: a confirmation.
pub fn none(stage: &Stage, mode: ResponseMode) -> Result<()> {
    let none = |start: StartAuthorization| start.response_type(ResponseType::None).scope("openid");
    let Authorization { client, visit } = authorize(stage, none, mode)?;
    stage.run(client.finish_confirmation(visit.pending, visit.callback))?;
    check(stage.take_requests().is_empty(), "there was something to ask")
}

fn api(stage: &Stage) -> impl Fn(StartAuthorization) -> StartAuthorization + use<> {
    let npm = stage.provider() == ProviderName::Npm;
    move |start| match npm {
        true => start.scope("api:read").resource("https://rs.example.test/opaque"),
        false => start.scope("email"),
    }
}

/// OAuth without a login.
pub fn plain_oauth(stage: &Stage) -> Result<()> {
    let Authorization { client, visit } = authorize(stage, api(stage), ResponseMode::Query)?;
    let authorized = stage.run(client.finish_authorization(visit.pending, visit.callback))?;
    check(authorized.insecure_unverified_id_token().is_none(), "an ID token")?;
    check(!authorized.tokens().scope().is_empty(), "no scope")?;
    let again = client.callback(visit.back.text())?;
    let other = stage.run(api(stage)(client.start_authorization()))?.pending;
    stage.take_requests();
    let result = stage.run(client.finish_authorization(other, again));
    refused(stage, result, "callback.state.mismatch", None).map(drop)
}

/// The browser posts the request.
pub fn posted(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let started = stage.run(start(&client))?;
    let page = client.authorization_form(&started.url)?;
    let redirect_uri = client.registration().redirect_uri();
    let back = stage.visitor()?.submit(page.html(), redirect_uri, ALICE)?;
    stage.run(client.finish_login(started.pending, callback(&client, &back)?))?;
    let mut elsewhere = started.url;
    elsewhere.set_path("/elsewhere");
    stage.take_requests();
    let form = client.authorization_form(&elsewhere);
    refused(stage, form, "misuse.parameter", None).map(drop)
}

/// Whoever wants to stay is asked for consent, without a word about it.
pub fn offline_access(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let login = || start(&client).scope("offline_access");
    let asked =
        |url: &url::Url| url.query_pairs().any(|pair| pair == ("prompt".into(), "consent".into()));
    let started = stage.run(login())?;
    check(asked(&started.url), "not asked for consent")?;
    let chosen = stage.run(login().prompt(Prompt::Login))?;
    check(!asked(&chosen.url), "asked for consent although something else was chosen")?;
    let login = stage.log_in(&client, login())?;
    check(login.tokens().refresh_token().is_some(), "no refresh token")
}

/// Another site sends the visitor (OIDC Core 4).
pub fn initiated(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let initiated = |issuer: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("iss", issuer).append_pair("login_hint", "alice");
        query.append_pair("target_link_uri", "https://app.test/basket");
        let request = InitiationRequest::from_query(&query.finish())?;
        client.initiated_login(&request, "https://app.test")
    };
    let evil = initiated("https://evil.test");
    refused(stage, evil, "initiation.iss.mismatch", None)?;
    let initiated = initiated(stage.issuer())?;
    let target = initiated.target_link_uri.ok_or("no target")?;
    check(target.path() == "/basket", "another target")?;
    stage.log_in(&client, initiated.start.scope("email")).map(drop)
}

/// The verifier itself is the challenge.
pub fn pkce_plain(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let started = stage.run(start(&client).insecure_pkce_plain())?;
    let method = started.url.query_pairs().find(|(name, _)| name == "code_challenge_method");
    check(method.is_some_and(|(_, value)| value == "plain"), "another method")?;
    stage.log_in(&client, start(&client).insecure_pkce_plain()).map(drop)
}

/// The claims of the ID token, without another request.
pub fn claims_of_the_id_token(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let Visit { pending, callback, .. } =
        stage.visit(&stage.visitor()?, &client, start(&client))?;
    stage.take_requests();
    let login = stage.run(client.finish_login(pending, callback).user_info_from_id_token())?;
    let user_info = login.user_info().ok_or("no user info")?;
    check(user_info.sub() == login.subject().sub(), "another subject")?;
    let due = stage.take_requests();
    check(due.last() == Some(&token_request(&client)), &format!("{due:?}"))
}
