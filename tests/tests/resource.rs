//! Protected resources (RFC 6750), and an access token that is good for long enough.

use std::time::Duration;

use relying_party::{
    Client, Error, Login, Policy,
    error::{FailureKind, Purpose},
    flow::{
        resource::{CallResource, ResourceAnswer},
        valid_token::Validity,
    },
    http::Method,
};
use relying_party_tests::{
    memory::Failing,
    op::OpConfig,
    scenario::{Scenario, World},
};

const API: &str = "https://op.test/userinfo";

struct Session {
    world: World,
    client: Client,
    login: Login,
}

impl Session {
    fn new(scenario: Scenario) -> Self {
        let outcome = scenario.run();
        let client = outcome.client.clone().unwrap();
        let (login, world) = outcome.accepted();
        world.transport.clear();
        world.op.clear_transcript();
        Self { world, client, login }
    }

    fn call(&self, method: Method, url: &str) -> CallResource {
        self.client.resource(method, url, self.login.tokens().access_token())
    }

    fn get(&mut self, url: &str) -> Result<ResourceAnswer, Error> {
        self.world.transport.clear();
        self.world.run(self.call(Method::Get, url))
    }

    /// With a resource that answers so.
    fn answered(
        &mut self,
        status: u16,
        headers: &'static [(&'static str, &'static str)],
    ) -> Result<ResourceAnswer, Error> {
        self.world.op.clear_hooks();
        self.world.op.intercept("/userinfo", move |_, response| {
            response.status = status;
            response.headers = headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        });
        let result = self.get(API);
        assert_eq!(self.world.transport.requests(), ["GET /userinfo"]);
        result
    }

    fn valid(&mut self, margin: u64) -> Result<Validity, Error> {
        self.world.transport.clear();
        let margin = Duration::from_secs(margin);
        let (tokens, record) = (self.login.tokens(), self.login.record());
        self.world.run(self.client.valid_access_token(tokens, &record, margin))
    }
}

#[test]
fn the_token_goes_into_the_header_and_nowhere_else() {
    let mut session = Session::new(Scenario::new());
    let answer = session.get("https://op.test/userinfo?a=b").unwrap();
    assert_eq!((answer.status(), answer.refusal().is_none()), (200, true));
    assert_eq!(answer.response().media_type(), Some("application/json"));
    assert!(String::from_utf8_lossy(answer.response().body()).contains("sub-alice"));
    let line = session.world.op.transcript().remove(0);
    assert!(line.starts_with("GET /userinfo?a=b "), "{line}");
    let token = session.login.tokens().access_token().expose();
    assert_eq!(line.matches(token).count(), 1, "{line}");
    let shown = format!("{:?} {answer:?}", session.call(Method::Get, API));
    assert!(!shown.contains(token) && !shown.contains("alice"), "{shown}");
}

#[test]
fn every_method_and_a_body() {
    for (method, name) in [
        (Method::Post, "POST"),
        (Method::Put, "PUT"),
        (Method::Patch, "PATCH"),
        (Method::Delete, "DELETE"),
    ] {
        let mut session = Session::new(Scenario::new());
        let call = session.call(method, API).content("application/json", b"{\"a\":1}".to_vec());
        let status = session.world.run(call).unwrap().status();
        assert_eq!(status, if method == Method::Post { 200 } else { 405 });
        let line = session.world.op.transcript().remove(0);
        assert!(line.starts_with(&format!("{name} /userinfo ")), "{line}");
        assert!(line.ends_with(r#"body={\"a\":1}"#), "{line}");
    }
    let mut session = Session::new(Scenario::new());
    let call = session.call(Method::Get, API).content("text/plain", Vec::new());
    assert_eq!(session.world.run(call).unwrap_err().code(), "misuse.parameter");
    let call = session.call(Method::Post, API).content("text/plain\r\nx: y", Vec::new());
    assert_eq!(session.world.run(call).unwrap_err().code(), "misuse.header");
    assert!(session.world.transport.requests().is_empty());
}

#[test]
fn u08_the_token_goes_to_no_other_address() {
    const AWAY: &[(&str, &str)] = &[("location", "//evil.test/")];
    let mut session = Session::new(Scenario::new());
    for status in [300, 301, 302, 303, 304, 307, 308] {
        let error = session.answered(status, AWAY).unwrap_err();
        assert_eq!(error.code(), "response.redirect");
    }
    assert_eq!(session.answered(201, AWAY).unwrap().status(), 201);
}

/// RFC 9110 15.4.5: no redirect, where the application asked whether anything changed.
#[test]
fn n05_not_modified_answers_a_condition_of_the_applications_own() {
    let mut session = Session::new(Scenario::new());
    session.world.op.intercept("/userinfo", |_, response| response.status = 304);
    for name in ["If-None-Match", "if-modified-since"] {
        let call = session.call(Method::Get, API).header(name, "\"1\"");
        assert_eq!(session.world.run(call).unwrap().status(), 304, "{name}");
    }
    let call = session.call(Method::Get, API).header("x-other", "1");
    assert_eq!(session.world.run(call).unwrap_err().code(), "response.redirect");
    session.world.op.clear_hooks();
    session.world.op.intercept("/userinfo", |_, response| response.status = 303);
    let call = session.call(Method::Get, API).header("if-none-match", "\"1\"");
    assert_eq!(session.world.run(call).unwrap_err().code(), "response.redirect");
}

#[test]
fn t11_only_over_https_or_on_this_machine_if_that_is_allowed() {
    let mut session = Session::new(Scenario::new());
    let never = [
        "http://op.test/userinfo",
        "//op.test/userinfo",
        "/userinfo",
        "",
        "https://u:p@op.test/userinfo",
        "https://op.test/userinfo#a",
        "https://op.test/\r\nx: y",
        "https:\\\\op.test/userinfo",
        "file:///etc/passwd",
    ];
    let loopback = "http://127.0.0.1:9/userinfo";
    for url in never.into_iter().chain([loopback]) {
        assert_eq!(session.get(url).unwrap_err().code(), "misuse.address", "{url}");
        assert!(session.world.transport.requests().is_empty(), "{url}");
    }
    let policy = Policy::default().insecure_allow_loopback_http();
    session.client = session.world.discover("rs256", policy).unwrap();
    for url in never {
        assert_eq!(session.get(url).unwrap_err().code(), "misuse.address", "{url}");
        assert!(session.world.transport.requests().is_empty(), "{url}");
    }
    assert_eq!(session.get(loopback).unwrap().status(), 200);
}

#[test]
fn u15_a_refusal_says_what_it_would_take() {
    let mut session = Session::new(Scenario::new());
    let answer = session.answered(401, &[("www-authenticate",
        r#"Basic realm=x, Bearer error="insufficient_user_authentication", acr_values="urn:gold silver", max_age="5""#,
    )]).unwrap();
    let refusal = answer.refusal().unwrap();
    assert_eq!(refusal.error().unwrap().as_str(), "insufficient_user_authentication");
    assert_eq!(refusal.acr_values(), ["urn:gold", "silver"]);
    assert_eq!((refusal.max_age(), refusal.scope().is_empty()), (Some(5), true));

    let answer = session
        .answered(
            403,
            &[
                ("www-authenticate", "Bearer realm=a"),
                (
                    "www-authenticate",
                    r#"DPoP error=insufficient_scope, scope="read write", error_description=no"#,
                ),
            ],
        )
        .unwrap();
    let refusal = answer.refusal().unwrap();
    assert!(refusal.challenge().is("dpop"));
    assert_eq!(refusal.scope(), ["read", "write"]);
    assert_eq!(refusal.description().unwrap().as_str(), "no");

    const HOSTILE: &str =
        "Bearer max_age=\"-1\", scope=\"\u{e9}\tx\", acr_values=\"\", error=\"\u{202e}\"";
    let answer = session.answered(401, &[("www-authenticate", HOSTILE)]).unwrap();
    let refusal = answer.refusal().unwrap();
    assert_eq!((refusal.max_age(), refusal.scope(), refusal.acr_values()), (None, vec![], vec![]));
    assert!(refusal.error().unwrap().as_str().is_ascii());
    for max_age in ["", "+5", "5.0", "4294967296"] {
        let value = format!("Bearer max_age=\"{max_age}\"");
        session.world.op.clear_hooks();
        session.world.op.intercept("/userinfo", move |_, response| {
            response.status = 401;
            response.headers = vec![("www-authenticate".into(), value.clone())];
        });
        let answer = session.get(API).unwrap();
        assert_eq!(answer.refusal().unwrap().max_age(), None, "{max_age:?}");
    }
}

#[test]
fn statuses_are_the_applications_and_carry_no_refusal_of_their_own() {
    const CHALLENGE: &[(&str, &str)] = &[("www-authenticate", "Bearer error=invalid_token")];
    let mut session = Session::new(Scenario::new());
    for status in [200, 204, 404, 409, 500, 503] {
        let answer = session.answered(status, CHALLENGE).unwrap();
        assert_eq!((answer.status(), answer.refusal().is_some()), (status, false));
    }
    for status in [400, 401, 403] {
        assert!(session.answered(status, CHALLENGE).unwrap().refusal().is_some());
        assert!(session.answered(status, &[]).unwrap().refusal().is_none());
    }
}

#[test]
fn t23_an_answer_has_a_limit_and_a_failure_is_not_repeated() {
    let mut session = Session::new(Scenario::new());
    session
        .world
        .op
        .intercept("/userinfo", |_, response| response.body = vec![b'x'; 64 * 1024 + 1]);
    assert_eq!(session.get(API).unwrap_err().code(), "transport.too_large");
    assert_eq!(session.world.transport.requests(), ["GET /userinfo"]);
    session.world.op.clear_hooks();
    session.world.op.intercept("/userinfo", |_, response| response.body = vec![b'x'; 64 * 1024]);
    assert_eq!(session.get(API).unwrap().response().body().len(), 64 * 1024);

    let transport = Failing::new(&session.world.transport, "/userinfo", &[FailureKind::Timeout]);
    let call = session.call(Method::Post, API);
    let error = relying_party::drive::drive(call, &transport, &mut session.world.env).unwrap_err();
    assert_eq!(error.code(), "transport.timeout");
    assert!(error.to_string().contains(&Purpose::Resource.to_string()));
    assert_eq!(transport.attempts(), ["/userinfo"]);
}

#[test]
fn a_token_that_is_good_for_long_enough_causes_no_request() {
    let mut session = Session::new(Scenario::new());
    for margin in [0, 60, 3599] {
        assert!(matches!(session.valid(margin), Ok(Validity::Valid)), "{margin}");
        assert!(session.world.transport.requests().is_empty());
    }
    for margin in [3600, 7200, u64::MAX] {
        let Ok(Validity::Refreshed(refreshed)) = session.valid(margin) else {
            panic!("{margin}: not refreshed");
        };
        assert_eq!(session.world.transport.requests(), ["POST /token"]);
        assert_ne!(refreshed.tokens().access_token(), session.login.tokens().access_token());
    }
    session.world.clock.advance(Duration::from_secs(3541));
    assert!(matches!(session.valid(58), Ok(Validity::Valid)));
    assert!(matches!(session.valid(60), Ok(Validity::Refreshed(_))));
}

#[test]
fn where_the_provider_says_nothing_the_token_is_taken_as_good() {
    let mut session = Session::new(Scenario::new().document("/token", |document| {
        document.as_object_mut().unwrap().remove("expires_in");
    }));
    assert!(matches!(session.valid(u64::MAX), Ok(Validity::Valid)));
    assert!(session.world.transport.requests().is_empty());
}

#[test]
fn without_a_refresh_token_a_login_is_needed() {
    let mut session = Session::new(Scenario::new().document("/token", |document| {
        document.as_object_mut().unwrap().remove("refresh_token");
    }));
    assert!(matches!(session.valid(60), Ok(Validity::Valid)));
    assert!(matches!(session.valid(3600), Ok(Validity::LoginNeeded)));
    assert!(session.world.transport.requests().is_empty());
}

#[test]
fn g03_a_refused_refresh_is_the_error() {
    let rotating = |config: &mut OpConfig| config.rotate_refresh_tokens = true;
    let mut session = Session::new(Scenario::new().config(rotating));
    assert!(matches!(session.valid(3600), Ok(Validity::Refreshed(_))));
    // The old token set again, though its refresh token is spent.
    assert_eq!(session.valid(3600).unwrap_err().code(), "provider.error");
    assert_eq!(session.world.transport.requests(), ["POST /token"]);
}

#[test]
fn a_record_of_another_client_is_refused_before_any_request() {
    let mut session = Session::new(Scenario::new());
    session.client = session.world.discover("es256", Policy::default()).unwrap();
    for margin in [0, 3600] {
        assert_eq!(session.valid(margin).unwrap_err().code(), "misuse.other_client");
        assert!(session.world.transport.requests().is_empty());
    }
}

#[test]
fn own_headers_go_along() {
    let mut session = Session::new(Scenario::new());
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let sent = seen.clone();
    session.world.op.intercept("/userinfo", move |request, _| {
        *sent.lock().unwrap() = request.headers.clone();
    });
    let named = |name: &str| {
        let headers = seen.lock().unwrap();
        let of = headers.iter().filter(|(own, _)| own == name);
        of.map(|(_, value)| value.clone()).collect::<Vec<_>>()
    };
    let plain = session.call(Method::Get, API);
    assert_eq!(session.world.run(plain).unwrap().status(), 200);
    assert_eq!((named("user-agent"), named("accept")), (vec![], vec!["application/json".into()]));
    let call = session.call(Method::Get, API).header("User-Agent", "my-site (a@site.example)");
    let call = call.header("accept", "application/vnd.github+json").header("x-api-version", "1");
    assert!(!format!("{call:?}").contains("my-site"));
    assert_eq!(session.world.run(call).unwrap().status(), 200);
    assert_eq!(named("user-agent"), ["my-site (a@site.example)"]);
    assert_eq!(named("accept"), ["application/vnd.github+json"]);
    assert_eq!((named("x-api-version"), named("authorization").len()), (vec!["1".into()], 1));
    let call = session.call(Method::Post, API).content("application/json", b"{}".to_vec());
    assert_eq!(session.world.run(call.header("x-a", "")).unwrap().status(), 200);
    assert_eq!(
        (named("content-type"), named("x-a")),
        (vec!["application/json".into()], vec![String::new()])
    );
}

#[test]
fn n08_a_header_that_is_not_the_applications_to_set() {
    let mut session = Session::new(Scenario::new());
    for (name, value) in [
        ("authorization", "Bearer x"),
        ("Authorization", "Basic x"),
        ("host", "evil.test"),
        ("content-length", "0"),
        ("Content-Type", "text/plain"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("keep-alive", "timeout=9"),
        ("Proxy-Connection", "close"),
        ("te", "trailers"),
        ("trailer", "x-a"),
        ("upgrade", "h2c"),
        ("", "x"),
        ("user agent", "x"),
        ("user-agent:", "x"),
        ("user-agent", "a\r\nx: y"),
        ("user-agent", "\u{e9}"),
    ] {
        let call = session.call(Method::Get, API).header(name, value);
        assert_eq!(session.world.run(call).unwrap_err().code(), "misuse.header", "{name:?}");
    }
    for name in ["user-agent", "accept"] {
        let call = session.call(Method::Get, API).header(name, "a").header(name, "a");
        assert_eq!(session.world.run(call).unwrap_err().code(), "misuse.header");
    }
    assert!(session.world.transport.requests().is_empty());
    let call = session.call(Method::Get, API).header("user-agent", "a");
    assert_eq!(session.world.run(call).unwrap().status(), 200);
}
