//! Grants, token exchange and the answers of resources under attack: tokens that are not what they are called, and
//! parameters that are not what they seem.

use std::time::Duration;

use relying_party::{
    Client, Error, Flow, Policy,
    drive::{Transport, drive},
    error::Purpose,
    flow::Outcome,
    http::{HttpRequest, Method},
    limits::Limits,
    protocol::{id_token::Relaxation, token_exchange::TokenType},
    secret::AccessToken,
};
use relying_party_tests::{op::OpConfig, refusal::refused, scenario::World};
use serde_json::{Value, json};

/// A client before its provider; nothing that was sent for its making counts.
struct Setting {
    world: World,
    client: Client,
}

impl Setting {
    fn new() -> Self {
        let mut world = World::default();
        let client = world.discover("rs256", Policy::default()).unwrap();
        world.transport.clear();
        Self { world, client }
    }

    fn run<F: Flow>(&mut self, flow: F) -> Result<F::Output, Error> {
        self.world.run(flow)
    }

    fn requests(&self) -> Vec<String> {
        self.world.transport.requests()
    }
}

#[test]
fn g13_a_refresh_token_is_never_a_bearer_token() {
    const REFRESH: &str = "urn:ietf:params:oauth:token-type:refresh_token";
    let exchanged = |change: fn(&mut Value)| {
        let mut setting = Setting::new();
        let granted = setting.run(setting.client.client_credentials()).unwrap();
        setting.world.op.edit("/token", change);
        let token = granted.tokens().access_token().expose().to_owned();
        setting.run(setting.client.exchange_token(&token, &TokenType::AccessToken)).unwrap()
    };
    let issued = exchanged(|document| {
        document["issued_token_type"] = REFRESH.into();
        document["token_type"] = "Bearer".into();
        document["refresh_token"] = Value::Null;
    });
    assert_eq!(*issued.issued_token_type(), TokenType::RefreshToken);
    assert!(issued.access_token().is_none(), "a refresh token would go to a resource");
    assert!(!issued.token().expose().is_empty());
    // Some servers name what was asked for, and put it into its own member.
    let both = exchanged(|document| {
        document["issued_token_type"] = REFRESH.into();
        document["token_type"] = "Bearer".into();
        document["refresh_token"] = "a refresh token".into();
    });
    assert!(both.access_token().is_some() && both.refresh_token().is_some());
    assert!(exchanged(|_| {}).access_token().is_some());
}

#[test]
fn g13_an_empty_name_of_what_was_issued_is_none() {
    for (issued, code) in [("", Some("json.missing")), ("anything", None)] {
        let mut setting = Setting::new();
        let exchange = setting.client.exchange_token("a-token", &TokenType::AccessToken);
        setting.world.op.intercept("/token", |_, response| response.status = 200);
        setting.world.op.edit("/token", move |document| {
            *document = json!({
                "access_token": "at", "token_type": "Bearer", "issued_token_type": issued,
            });
        });
        let result = setting.run(exchange);
        assert_eq!(result.err().map(|error| error.code()), code, "{issued:?}");
        assert_eq!(setting.requests(), ["POST /token"]);
    }
}

#[test]
fn i28_nobody_sees_which_resource_it_was() {
    let mut setting = Setting::new();
    let token = AccessToken::new("at").unwrap();
    let call = setting.client.resource(Method::Get, "https://rs.test/patients/7?q=1", &token);
    let step = call.start(&mut setting.world.env).unwrap();
    let shown = format!("{step:?}");
    assert!(shown.contains("rs.test") && !shown.contains("patients"), "{shown}");
    let start = setting.client.start_device_login().start(&mut setting.world.env).unwrap();
    assert!(format!("{start:?}").contains("/device_authorization"));
}

#[test]
fn q03_an_exchange_has_no_half_of_an_actor() {
    let (access, token) = (TokenType::AccessToken, "a-token");
    for (name, value) in [
        ("actor_token", "a"),
        ("actor_token_type", access.as_str()),
        ("requested_token_type", "anything"),
        ("subject_token", "a"),
        ("subject_token_type", access.as_str()),
    ] {
        let mut setting = Setting::new();
        let flow = setting.client.exchange_token(token, &access).parameter(name, value);
        refused(setting.run(flow), "misuse.parameter");
        assert!(setting.requests().is_empty(), "{name}");
        // Elsewhere they are what somebody makes of them.
        let other = setting.client.extension_grant("urn:x:y").parameter(name, value);
        refused(setting.run(other), "provider.error");
        assert_eq!(setting.requests(), ["POST /token"]);
    }
}

#[test]
fn q03_what_only_an_address_parser_would_mend_is_no_uri() {
    let access = TokenType::AccessToken;
    for uri in
        [" urn:x:y", "urn:x:y\n", "ur\tn:x:y", "https://rs.test/a b", "https://rs.t\u{e9}st/"]
    {
        let mut setting = Setting::new();
        let client = setting.client.clone();
        refused(setting.run(client.extension_grant(uri)), "misuse.parameter");
        refused(setting.run(client.client_credentials().resource(uri)), "misuse.parameter");
        refused(setting.run(client.start_device_login().resource(uri)), "misuse.parameter");
        let other = TokenType::Other(uri.to_owned());
        refused(setting.run(client.exchange_token("t", &other)), "misuse.parameter");
        let exchange = client.exchange_token("t", &access).requested_token_type(&other);
        refused(setting.run(exchange), "misuse.parameter");
        assert!(setting.requests().is_empty(), "{uri:?}");
    }
    let mut setting = Setting::new();
    setting.run(setting.client.client_credentials().resource("https://rs.test/a%20b")).unwrap();
}

#[test]
fn g10_an_audience_of_nothing_is_a_mistake() {
    let mut setting = Setting::new();
    let granted = setting.run(setting.client.client_credentials()).unwrap();
    setting.world.op.edit("/introspect", |document| {
        *document = json!({ "active": true, "aud": ["", "api"] });
    });
    setting.world.transport.clear();
    let token = granted.tokens().access_token();
    refused(setting.run(setting.client.introspect(token, None).audience("")), "misuse.parameter");
    assert!(setting.requests().is_empty());
    let answer = setting.run(setting.client.introspect(token, None).audience("api")).unwrap();
    assert!(answer.is_active());
}

/// A resource that answers in an encoding of its own.
struct Latin1;

impl Transport for Latin1 {
    fn send(&self, request: &HttpRequest) -> Outcome {
        let mut response = request.response(401);
        let challenge = b"Bearer error=\"invalid_token\", error_description=\"p\xe9rim\xe9\"";
        response.header("www-authenticate", challenge)?;
        Ok(response.finish())
    }

    fn sleep(&self, _: Duration) {}
}

#[test]
fn u16_a_description_in_any_charset_hides_no_challenge() {
    let mut setting = Setting::new();
    let token = AccessToken::new("at").unwrap();
    let call = setting.client.resource(Method::Get, "https://rs.test/", &token);
    let answer = drive(call, &Latin1, &mut setting.world.env).unwrap();
    let refusal = answer.refusal().expect("a refusal");
    assert_eq!(refusal.error().unwrap().as_str(), "invalid_token");
    assert_eq!(refusal.description().unwrap().as_str(), "p\\u{fffd}rim\\u{fffd}");

    // A scheme or name is ASCII all the same.
    let url = "https://rs.test/".parse().unwrap();
    let request = HttpRequest::get(url, Purpose::Resource, &Limits::default());
    let mut response = request.response(401);
    response.header("www-authenticate", b"Bearer err\xf6r=\"x\"").unwrap();
    assert!(response.finish().challenges().is_empty());
}

/// What a grant reports, its refresh reports as well.
#[test]
fn g02_plain_http_is_reported_by_every_id_token() {
    for (issuer, due) in
        [("http://127.0.0.1:9", vec![Relaxation::LoopbackHttp]), ("https://op.test", Vec::new())]
    {
        let mut world = World::new(OpConfig::with_issuer(issuer));
        let policy = Policy::default().insecure_allow_loopback_http();
        let client = world.discover("rs256", policy).unwrap();
        let grant = client.password("alice", "wonderland").scope("openid offline_access");
        let granted = world.run(grant).unwrap();
        assert_eq!(granted.id_token().unwrap().relaxations(), due);
        let refresh_token = granted.tokens().refresh_token().unwrap();
        let refresh = client.refresh(refresh_token, &granted.record().unwrap());
        let refreshed = world.run(refresh).unwrap();
        assert_eq!(refreshed.id_token().unwrap().relaxations(), due);
    }
}
