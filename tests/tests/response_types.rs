//! Every response type over every response mode that it may have; what is missing from a response, and what is in it
//! although nobody asked for it.

use relying_party::{
    Client, Policy,
    error::Blame,
    flow::{
        finish_implicit_login::ImplicitLogin,
        start_authorization::{StartAuthorization, StartedAuthorization},
        start_login::StartedLogin,
    },
    protocol::{
        authorization::ResponseMode,
        id_token::{Check, Relaxation},
        response_type::ResponseType,
    },
};
use relying_party_tests::scenario::{Return, World};

const HYBRID: [ResponseType; 3] =
    [ResponseType::CodeIdToken, ResponseType::CodeToken, ResponseType::CodeIdTokenToken];
const IMPLICIT: [ResponseType; 2] = [ResponseType::IdToken, ResponseType::IdTokenToken];

fn world() -> (World, Client) {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    world.transport.clear();
    (world, client)
}

fn start(
    world: &mut World,
    client: &Client,
    response_type: ResponseType,
    mode: Option<ResponseMode>,
) -> StartedLogin {
    let start = client.start_login().scope("email").response_type(response_type);
    let start = start.insecure_front_channel_access_token();
    let start = match mode {
        Some(mode) => start.response_mode(mode),
        None => start,
    };
    world.run(start).expect("a start")
}

type Came = fn(&Return) -> bool;

/// Each mode that a type may have, and whether a response came that way.
const MODES: [(Option<ResponseMode>, Came); 3] = [
    (None, |back| matches!(back, Return::Fragment(_))),
    (Some(ResponseMode::Fragment), |back| matches!(back, Return::Fragment(_))),
    (Some(ResponseMode::FormPost), |back| matches!(back, Return::Form(_))),
];

#[test]
fn every_hybrid_type_over_every_mode() {
    for response_type in HYBRID {
        for (mode, came) in MODES {
            let (mut world, client) = world();
            let StartedLogin { url, pending } = start(&mut world, &client, response_type, mode);
            let back = world.visit(&url);
            assert!(came(&back), "{response_type} {mode:?}");
            let finish = client.finish_login(pending, back.callback().expect("a callback"));
            let login = world.run(finish.with_user_info()).expect("a login");
            let front = login.front_channel().expect("tokens through the browser");
            assert_eq!(front.id_token().is_some(), response_type.has_id_token());
            assert_eq!(front.tokens().is_some(), response_type.has_access_token());
            if let Some(token) = front.id_token() {
                assert_eq!(token.subject(), login.subject());
                assert!(token.checks().contains(&Check::Nonce));
                assert!(token.checks().contains(&Check::CodeHash));
                assert!(login.id_token().checks().contains(&Check::FrontChannelIdToken));
            }
            // The token endpoint's is the login's own (OIDC Core 3.3.3.8).
            if let Some(tokens) = front.tokens() {
                assert_ne!(tokens.access_token(), login.tokens().access_token());
                assert!(tokens.refresh_token().is_none() && tokens.expires_at().is_some());
                assert_eq!(tokens.scope(), ["openid", "email"]);
            }
            assert!(login.tokens().refresh_token().is_some());
            let relaxed = login.id_token().relaxations();
            let loud = relaxed.contains(&Relaxation::FrontChannelAccessToken);
            assert_eq!(loud, response_type.has_access_token());
            let requests = ["GET /jwks", "POST /token", "GET /userinfo"];
            assert_eq!(world.transport.requests(), requests);
        }
    }
}

#[test]
fn every_implicit_type_over_every_mode() {
    for response_type in IMPLICIT {
        for (mode, came) in MODES {
            let (mut world, client) = world();
            let StartedLogin { url, pending } = start(&mut world, &client, response_type, mode);
            let back = world.visit(&url);
            assert!(came(&back), "{response_type} {mode:?}");
            let callback = back.callback().expect("a callback");
            let login: ImplicitLogin =
                world.run(client.finish_implicit_login(pending, callback)).expect("a login");
            assert_eq!(login.subject().sub(), "sub-alice-248289761001");
            assert_eq!(login.tokens().is_some(), response_type.has_access_token());
            let hashed = login.id_token().checks().contains(&Check::AccessTokenHash);
            assert_eq!(hashed, response_type.has_access_token());
            let loud = [Relaxation::FrontChannelAccessToken];
            let due = if response_type.has_access_token() { &loud[..] } else { &[] };
            assert_eq!(login.id_token().relaxations(), due);
            assert_eq!(login.record().scope(), "openid email");
            assert_eq!(world.transport.requests(), ["GET /jwks"]);
        }
    }
}

#[test]
fn a_code_login_has_no_front_channel() {
    let (mut world, client) = world();
    let login = world.login(&client).expect("a login");
    assert!(login.front_channel().is_none() && login.session_state().is_none());
}

fn authorize(
    change: impl FnOnce(StartAuthorization) -> StartAuthorization,
) -> (World, Client, StartedAuthorization, Return) {
    let (mut world, client) = world();
    let start = client.start_authorization().scope("user").insecure_front_channel_access_token();
    let started = world.run(change(start)).expect("a start");
    let back = world.visit(&started.url);
    (world, client, started, back)
}

#[test]
fn plain_oauth_ends_in_tokens_and_says_nothing_about_anybody() {
    for (response_type, requests) in [
        (ResponseType::Code, &["POST /token"][..]),
        (ResponseType::CodeToken, &["POST /token"]),
        (ResponseType::Token, &[]),
    ] {
        let (mut world, client, started, back) =
            authorize(|start| start.response_type(response_type));
        let callback = back.callback().expect("a callback");
        let finish = client.finish_authorization(started.pending, callback);
        let authorized = world.run(finish).expect("tokens");
        assert_eq!(authorized.tokens().scope(), ["user"]);
        assert!(authorized.tokens().expires_at().is_some());
        assert_eq!(authorized.tokens().refresh_token().is_some(), response_type.has_code());
        let both = response_type == ResponseType::CodeToken;
        assert_eq!(authorized.front_channel_tokens().is_some(), both);
        assert!(authorized.insecure_unverified_id_token().is_none());
        let loud = authorized.relaxations() == [Relaxation::FrontChannelAccessToken];
        assert_eq!(loud, response_type.has_access_token());
        assert_eq!(world.transport.requests(), requests, "{response_type}");
    }
}

#[test]
fn an_id_token_that_plain_oauth_did_not_ask_for_is_no_login() {
    let (mut world, client, started, back) = authorize(|start| start);
    world.op.edit("/token", |document| {
        document["id_token"] = "not.even.looked-at".into();
    });
    let callback = back.callback().expect("a callback");
    let finish = client.finish_authorization(started.pending, callback);
    let authorized = world.run(finish).expect("tokens");
    let raw = authorized.insecure_unverified_id_token().expect("kept as it came");
    assert_eq!(raw.expose(), "not.even.looked-at");
    // Through the browser it is refused, like anything that was not asked for.
    let (mut world, client, started, back) =
        authorize(|start| start.response_type(ResponseType::Token));
    let back = Return::Fragment(format!("{}&id_token=a.b.c", back.text()));
    let finish = client.finish_authorization(started.pending, back.callback().unwrap());
    assert_eq!(world.run(finish).unwrap_err().code(), "callback.unexpected");
    assert!(world.transport.requests().is_empty());
}

#[test]
fn none_ends_in_a_confirmation() {
    for (mode, form) in [(None, false), (Some(ResponseMode::FormPost), true)] {
        let (mut world, client, started, back) = authorize(|start| {
            let start = start.response_type(ResponseType::None);
            match mode {
                Some(mode) => start.response_mode(mode),
                None => start,
            }
        });
        assert_eq!(matches!(back, Return::Form(_)), form);
        let callback = back.callback().expect("a callback");
        let confirm = client.finish_confirmation(started.pending, callback);
        let confirmed = world.run(confirm).expect("a confirmation");
        assert!(confirmed.relaxations().is_empty());
        assert!(world.transport.requests().is_empty());
    }
    let (mut world, client, started, back) =
        authorize(|start| start.response_type(ResponseType::None));
    let back = Return::Query(format!("{}&code=c", back.text()));
    let confirm = client.finish_confirmation(started.pending, back.callback().unwrap());
    assert_eq!(world.run(confirm).unwrap_err().code(), "callback.unexpected");
}

#[test]
fn what_was_started_one_way_is_not_finished_another_way() {
    let (mut world, client) = world();
    for response_type in HYBRID {
        let StartedLogin { url, pending } = start(&mut world, &client, response_type, None);
        let callback = world.visit(&url).callback().expect("a callback");
        let wrong = world.run(client.finish_implicit_login(pending, callback)).unwrap_err();
        assert_eq!(wrong.code(), "misuse.response_type", "{response_type}");
    }
    for response_type in IMPLICIT {
        let StartedLogin { url, pending } = start(&mut world, &client, response_type, None);
        let callback = world.visit(&url).callback().expect("a callback");
        let wrong = world.run(client.finish_login(pending, callback)).unwrap_err();
        assert_eq!(wrong.code(), "misuse.response_type", "{response_type}");
        assert!(wrong.hint().unwrap_or_default().contains("finish_implicit_login"));
    }
    let none = world.run(client.start_authorization().response_type(ResponseType::None)).unwrap();
    let callback = world.visit(&none.url).callback().expect("a callback");
    let wrong = world.run(client.finish_authorization(none.pending, callback)).unwrap_err();
    assert_eq!(wrong.code(), "misuse.response_type");
    let code = world.run(client.start_authorization()).unwrap();
    let callback = world.visit(&code.url).callback().expect("a callback");
    let wrong = world.run(client.finish_confirmation(code.pending, callback)).unwrap_err();
    assert_eq!(wrong.code(), "misuse.response_type");
    assert!(world.transport.requests().is_empty());
}

/// A response of this type, changed, is refused before anything is sent; unchanged it is accepted.
#[track_caller]
fn refused(response_type: ResponseType, code: &str, change: impl Fn(&str) -> String) {
    for change in [None, Some(&change)] {
        let (mut world, client) = world();
        let StartedLogin { url, pending } = start(&mut world, &client, response_type, None);
        let back = world.visit(&url);
        let text = change.map_or(back.text().to_owned(), |change| change(back.text()));
        assert_eq!(text != back.text(), change.is_some(), "{text}");
        let callback = Return::Fragment(text).callback().expect("a callback");
        let result = match response_type.has_code() {
            true => world.run(client.finish_login(pending, callback)).map(drop),
            false => world.run(client.finish_implicit_login(pending, callback)).map(drop),
        };
        match (change, result) {
            (None, result) => result.expect("the response as it was"),
            (Some(_), Ok(())) => panic!("accepted, should have been refused with {code}"),
            (Some(_), Err(error)) => {
                assert_eq!(error.code(), code, "{error}");
                assert!(world.transport.requests().is_empty());
            }
        }
    }
}

/// Without this parameter.
fn without(name: &'static str) -> impl Fn(&str) -> String {
    move |text| {
        let kept = text.split('&').filter(|pair| !pair.starts_with(&format!("{name}=")));
        kept.collect::<Vec<_>>().join("&")
    }
}

/// With another value of this parameter.
fn with(name: &'static str, value: &'static str) -> impl Fn(&str) -> String {
    move |text| format!("{}&{name}={value}", without(name)(text))
}

#[test]
fn x12_a_response_without_what_was_asked_for() {
    for response_type in [ResponseType::CodeIdToken, ResponseType::IdToken] {
        refused(response_type, "callback.token.missing", without("id_token"));
    }
    for response_type in [ResponseType::CodeToken, ResponseType::IdTokenToken] {
        refused(response_type, "callback.token.missing", without("access_token"));
        refused(response_type, "callback.token.missing", without("token_type"));
    }
    for response_type in HYBRID {
        refused(response_type, "callback.code.missing", without("code"));
        refused(response_type, "callback.state.missing", without("state"));
    }
    refused(ResponseType::CodeToken, "callback.iss.missing", without("iss"));
}

#[test]
fn x13_a_response_with_what_was_not_asked_for() {
    refused(ResponseType::IdToken, "callback.unexpected", with("code", "c"));
    refused(ResponseType::IdTokenToken, "callback.unexpected", with("code", "c"));
    for response_type in [ResponseType::IdToken, ResponseType::CodeIdToken] {
        refused(response_type, "callback.unexpected", with("access_token", "a"));
    }
    refused(ResponseType::CodeToken, "callback.unexpected", with("id_token", "a.b.c"));
    for response_type in [ResponseType::CodeIdToken, ResponseType::CodeIdTokenToken] {
        refused(response_type, "callback.code_and_error", with("error", "access_denied"));
    }
}

#[test]
fn t04_t07_tokens_through_the_browser_are_read_as_strictly() {
    for response_type in [ResponseType::IdTokenToken, ResponseType::CodeIdTokenToken] {
        refused(response_type, "response.token_type", with("token_type", "mac"));
        refused(response_type, "callback.malformed", with("access_token", "a+b"));
        refused(response_type, "callback.malformed", with("id_token", "a%0ab"));
        for seconds in ["-1", "soon", "1.5", "%2B5", "99999999999999999999999"] {
            let change =
                move |text: &str| format!("{}&expires_in={seconds}", without("expires_in")(text));
            refused(response_type, "callback.malformed", change);
        }
        refused(response_type, "token.syntax", with("id_token", "a.b"));
        refused(response_type, "callback.state.mismatch", with("state", "another"));
        refused(response_type, "callback.iss.mismatch", with("iss", "https://evil.test"));
        refused(response_type, "callback.client_id.mismatch", with("client_id", "another"));
    }
}

#[test]
fn x30_what_may_be_otherwise_may() {
    let changes: [fn(&str) -> String; 5] = [
        // RFC 9207 4: the ID token names the issuer.
        |text| without("iss")(text),
        |text| with("token_type", "bEARER")(text),
        |text| without("expires_in")(text),
        |text| with("client_id", "rs256")(text),
        |text| format!("{text}&session_state=a.b&unheard_of=%26"),
    ];
    for change in changes {
        let (mut world, client) = world();
        let response_type = ResponseType::CodeIdTokenToken;
        let StartedLogin { url, pending } = start(&mut world, &client, response_type, None);
        let text = change(world.visit(&url).text());
        let callback = Return::Fragment(text.clone()).callback().expect("a callback");
        let login = world.run(client.finish_login(pending, callback)).expect("a login");
        let extra = text.contains("session_state");
        assert_eq!(login.session_state(), extra.then_some("a.b"));
        assert_eq!(login.response_parameters().get("unheard_of"), extra.then_some("&"));
        for own in ["code", "access_token", "id_token", "state"] {
            assert_eq!(login.response_parameters().get(own), None);
        }
        let lasts = login.front_channel().and_then(|front| front.tokens()?.expires_at());
        assert_eq!(lasts.is_some(), text.contains("expires_in"));
    }
}

#[test]
fn x11_a_response_by_another_mode() {
    let (mut world, client) = world();
    for response_type in HYBRID.into_iter().chain(IMPLICIT) {
        let StartedLogin { url, pending } = start(&mut world, &client, response_type, None);
        let back = Return::Query(world.visit(&url).text().to_owned());
        let callback = back.callback().expect("a callback");
        let error = match response_type.has_code() {
            true => world.run(client.finish_login(pending, callback)).unwrap_err(),
            false => world.run(client.finish_implicit_login(pending, callback)).unwrap_err(),
        };
        assert_eq!((error.code(), error.blame()), ("callback.response_mode", Blame::Provider));
        assert!(error.hint().unwrap_or_default().contains("callback_fragment"));
    }
    assert!(world.transport.requests().is_empty());
}

#[test]
fn an_error_is_one_whatever_was_asked_for() {
    for response_type in HYBRID.into_iter().chain(IMPLICIT) {
        let (mut world, client) = world();
        let start = client.start_login().response_type(response_type).login_hint("deny");
        let start = start.insecure_front_channel_access_token();
        let StartedLogin { url, pending } = world.run(start).expect("a start");
        let back = world.visit(&url);
        assert!(matches!(back, Return::Fragment(_)));
        let callback = back.callback().expect("a callback");
        let error = match response_type.has_code() {
            true => world.run(client.finish_login(pending, callback)).unwrap_err(),
            false => world.run(client.finish_implicit_login(pending, callback)).unwrap_err(),
        };
        assert_eq!(error.code(), "provider.error");
        assert!(world.transport.requests().is_empty());
    }
}

/// The whole address with which a browser came back, for applications without a web server.
#[test]
fn the_response_is_read_where_it_is_in_the_address() {
    let finish = |response_type: ResponseType, change: fn(&Return) -> String| {
        let (mut world, client) = world();
        let StartedLogin { url, pending } = start(&mut world, &client, response_type, None);
        let address = format!("https://rp.test/cb{}", change(&world.visit(&url)));
        let callback = client.callback_url(&address).map_err(|error| error.code())?;
        let finished = world.run(client.finish_login(pending, callback));
        let requests: &[&str] = if finished.is_ok() { &["GET /jwks", "POST /token"] } else { &[] };
        assert_eq!(world.transport.requests(), requests);
        finished.map(drop).map_err(|error| error.code())
    };
    let (code, hybrid) = (ResponseType::Code, ResponseType::CodeIdToken);
    assert_eq!(finish(code, |back| format!("?{}", back.text())), Ok(()));
    assert_eq!(finish(code, |back| format!("?{}#_=_", back.text())), Ok(()));
    assert_eq!(finish(hybrid, |back| format!("#{}", back.text())), Ok(()));
    assert_eq!(finish(hybrid, |back| format!("?code=c&state=s#{}", back.text())), Ok(()));
    for (response_type, change, refusal) in [
        (
            code,
            (|back| format!("#{}", back.text())) as fn(&Return) -> String,
            "callback.response_mode",
        ),
        (hybrid, |back| format!("?{}", back.text()), "callback.response_mode"),
        (code, |back| format!("?{}&state=s", back.text()), "callback.duplicate"),
        (code, |back| format!("?{}#state=s", back.text()), "callback.state.mismatch"),
        (code, |_| String::new(), "callback.state.missing"),
        (code, |_| "?#".to_owned(), "callback.state.missing"),
        (code, |_| "#error=access_denied".to_owned(), "callback.state.missing"),
    ] {
        assert_eq!(finish(response_type, change), Err(refusal));
    }
}
