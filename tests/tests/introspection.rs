//! Looking tokens up (RFC 7662): what is sent, what is believed, what is refused.

use std::time::Duration;

use relying_party::{
    Client, Error, Login, Policy,
    protocol::{
        introspection::{ActiveToken, Introspection},
        revocation::TokenTypeHint,
    },
    secret::AnyToken,
};
use relying_party_tests::scenario::{Scenario, World};
use serde_json::{Value, json};

const JSON: &str = "application/json";

struct Session {
    world: World,
    client: Client,
    login: Login,
}

impl Session {
    fn new(client: &str) -> Self {
        let outcome = Scenario::new().client(client).run();
        let client = outcome.client.clone().unwrap();
        let (login, world) = outcome.accepted();
        world.transport.clear();
        world.op.clear_transcript();
        Self { world, client, login }
    }

    fn ask(&mut self) -> Result<Introspection, Error> {
        self.world.transport.clear();
        self.world.run(self.client.introspect(self.login.tokens().access_token(), None))
    }

    /// With an answer of this type and body.
    fn answered(&mut self, media_type: &'static str, body: &str) -> Result<Introspection, Error> {
        self.world.op.clear_hooks();
        let body = body.as_bytes().to_vec();
        self.world.op.intercept("/introspect", move |_, response| {
            response.headers = vec![("content-type".into(), media_type.into())];
            response.body = body.clone();
        });
        let result = self.ask();
        assert_eq!(self.world.transport.requests(), ["POST /introspect"]);
        result
    }

    /// With these members beside `"active": true`.
    fn active(&mut self, members: Value) -> Result<Introspection, Error> {
        let mut document = json!({ "active": true });
        document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self.answered(JSON, &document.to_string())
    }

    #[track_caller]
    fn token(&mut self, members: Value) -> ActiveToken {
        self.active(members).unwrap().active().expect("inactive").clone()
    }

    #[track_caller]
    fn refused(&mut self, members: Value, code: &str) {
        let error = self.active(members.clone()).expect_err("accepted");
        assert_eq!(error.code(), code, "{members}: {error}");
    }
}

#[test]
fn the_request_holds_what_rfc_7662_2_1_says_and_no_more() {
    let mut session = Session::new("rs256");
    let token = session.login.tokens().refresh_token().unwrap();
    let ask = session.client.introspect(token, Some(TokenTypeHint::RefreshToken));
    assert!(!format!("{ask:?}").contains(token.expose()));
    let answer = session.world.run(ask).unwrap();
    assert!(answer.is_active());
    let lines = session.world.op.transcript();
    let (head, body) = lines[0].split_once(" body=").unwrap();
    assert_eq!(body, format!("token={}&token_type_hint=refresh_token", token.expose()));
    assert!(head.contains("authorization=Basic "), "{head}");
    assert_eq!(lines.len(), 1);
}

#[test]
fn an_active_token_tells_what_it_is() {
    let mut session = Session::new("rs256");
    let now = session.world.clock.now();
    let answer = session.ask().unwrap();
    let token = answer.active().unwrap();
    assert_eq!(token.scope(), ["openid", "profile", "email"]);
    assert_eq!(token.audiences(), ["rs256"]);
    assert_eq!(token.expires_at(), Some(now.after(Duration::from_secs(3600))));
    assert!(token.is_token_type("bearer") && !token.is_token_type("DPoP"));
    let sub: Option<String> = token.claims().claim("sub").unwrap();
    assert_eq!(sub.as_deref(), Some(session.login.subject().sub()));
    let shown = format!("{answer:?} {token:?}");
    assert!(!shown.contains("alice"), "{shown}");
}

#[test]
fn what_was_given_back_has_expired_or_was_never_issued_is_inactive() {
    let mut session = Session::new("rs256");
    assert!(session.ask().unwrap().is_active());
    session.world.clock.advance(Duration::from_secs(3600));
    assert!(!session.ask().unwrap().is_active());

    let mut session = Session::new("rs256");
    session.world.run(session.client.revoke(session.login.tokens().access_token(), None)).unwrap();
    assert!(session.ask().unwrap().active().is_none());
    let unknown = AnyToken::new("a token of nobody").unwrap();
    assert!(!session.world.run(session.client.introspect(unknown, None)).unwrap().is_active());
}

#[test]
fn g09_active_is_a_boolean() {
    let mut session = Session::new("rs256");
    for (active, code) in [
        (json!("true"), "json.type"),
        (json!("false"), "json.type"),
        (json!(1), "json.type"),
        (json!(0), "json.type"),
        (json!([true]), "json.type"),
        (json!({}), "json.type"),
        (Value::Null, "json.missing"),
    ] {
        session.refused(json!({ "active": active }), code);
    }
    for (body, code) in [
        ("{}", "json.missing"),
        (r#"{"Active":true}"#, "json.missing"),
        (r#"{"active":true,"active":false}"#, "json.duplicate"),
        ("true", "json.type"),
        ("", "json.syntax"),
    ] {
        let error = session.answered(JSON, body).expect_err("accepted");
        assert_eq!(error.code(), code, "{body}");
    }
    assert!(session.active(json!({})).unwrap().is_active());
    assert!(!session.active(json!({ "active": false })).unwrap().is_active());
}

#[test]
fn g09_an_inactive_token_tells_nothing() {
    let mut session = Session::new("rs256");
    let odd = json!({ "active": false, "sub": "alice", "scope": 7, "exp": "soon", "aud": {} });
    let answer = session.active(odd).unwrap();
    assert!(answer.active().is_none());
    assert!(!format!("{answer:?}").contains("alice"));
}

#[test]
fn g10_an_expired_token_is_inactive_whatever_the_provider_says() {
    let mut session = Session::new("rs256");
    let now = session.world.clock.now().seconds();
    // The leeway is 60 s.
    for (exp, active) in [(now + 1, true), (now - 59, true), (now - 60, false), (-1, false)] {
        assert_eq!(session.active(json!({ "exp": exp })).unwrap().is_active(), active, "{exp}");
    }
    for (nbf, active) in [(now - 1, true), (now + 60, true), (now + 61, false), (0, true)] {
        assert_eq!(session.active(json!({ "nbf": nbf })).unwrap().is_active(), active, "{nbf}");
    }
    for unknown in [json!(0), json!(0.0), Value::Null] {
        assert_eq!(session.token(json!({ "exp": unknown })).expires_at(), None);
    }
    for member in ["exp", "nbf"] {
        for odd in [json!("1900000000"), json!(1e300), json!([]), json!(u64::MAX)] {
            session.refused(json!({ member: odd }), "json.type");
        }
    }
}

#[test]
fn g10_a_token_for_others_is_inactive_where_an_audience_is_due() {
    let mut session = Session::new("rs256");
    for (aud, listed, active) in [
        (json!("api"), vec!["api"], true),
        (json!(["other", "api"]), vec!["other", "api"], true),
        (json!("other"), vec!["other"], false),
        (json!("API"), vec!["API"], false),
        (json!("api other"), vec!["api other"], false),
        (json!([]), vec![], false),
        (Value::Null, vec![], false),
    ] {
        assert_eq!(session.token(json!({ "aud": aud })).audiences(), listed, "{aud}");
        let ask = session.client.introspect(session.login.tokens().access_token(), None);
        let answer = session.world.run(ask.audience("api")).unwrap();
        assert_eq!(answer.is_active(), active, "{aud}");
    }
    for odd in [json!(7), json!(["api", 7]), json!({ "api": true })] {
        session.refused(json!({ "aud": odd }), "json.type");
    }
}

#[test]
fn shapes_of_scope_and_token_type() {
    let mut session = Session::new("rs256");
    for scope in [json!("read  write"), json!(["read", "write"]), json!(["read write"])] {
        assert_eq!(session.token(json!({ "scope": scope })).scope(), ["read", "write"]);
    }
    assert!(session.token(json!({ "scope": null })).scope().is_empty());
    session.refused(json!({ "scope": 7 }), "json.type");
    for name in ["Bearer", "bearer", "BEARER"] {
        let token = session.token(json!({ "token_type": name }));
        assert!(token.is_token_type("Bearer") && token.token_type() == Some(name));
    }
    assert!(!session.token(json!({})).is_token_type("Bearer"));
    assert!(!session.token(json!({ "token_type": "access_token" })).is_token_type("Bearer"));
    session.refused(json!({ "token_type": ["Bearer"] }), "json.type");
}

#[test]
fn g11_a_signed_answer_is_never_read_as_a_plain_one() {
    let mut session = Session::new("rs256");
    let good = r#"{"active":true}"#;
    for media_type in
        ["application/token-introspection+jwt", "APPLICATION/Token-Introspection+JWT", "text/html"]
    {
        for body in [good, "e30.e30.e30"] {
            let error = session.answered(media_type, body).expect_err("accepted");
            assert_eq!(error.code(), "response.content_type", "{media_type}");
        }
    }
    for media_type in ["application/json; charset=utf-8", "Application/JSON"] {
        assert!(session.answered(media_type, good).unwrap().is_active());
    }
}

#[test]
fn statuses_and_oauth_errors() {
    for (status, body, code) in [
        (302, r#"{"active":true}"#, "response.redirect"),
        (204, r#"{"active":true}"#, "response.status"),
        (401, r#"{"active":true}"#, "response.status"),
        (500, "", "response.status"),
        (401, r#"{"error":"invalid_client"}"#, "provider.error"),
        (200, r#"{"active":true,"error":"server_error"}"#, "provider.error"),
    ] {
        let mut session = Session::new("rs256");
        session.world.op.intercept("/introspect", move |_, response| {
            response.status = status;
            response.body = body.as_bytes().to_vec();
        });
        assert_eq!(session.ask().unwrap_err().code(), code, "{status} {body}");
        assert_eq!(session.world.transport.requests(), ["POST /introspect"]);
    }
    assert!(Session::new("rs256").ask().unwrap().is_active());
}

#[test]
fn a_public_client_asks_only_where_it_is_told_to() {
    let mut session = Session::new("public");
    assert_eq!(session.ask().unwrap_err().code(), "misuse.no_secret");
    assert!(session.world.transport.requests().is_empty());
    let ask = session.client.introspect(session.login.tokens().access_token(), None);
    let error = session.world.run(ask.insecure_as_public_client()).unwrap_err();
    assert_eq!(error.code(), "provider.error");
    assert_eq!(session.world.transport.requests(), ["POST /introspect"]);
    // A resource server looks up the tokens of others.
    let resource = session.world.discover("es256", Policy::default()).unwrap();
    let ask = resource.introspect(session.login.tokens().access_token(), None);
    assert!(session.world.run(ask).unwrap().is_active());
}

#[test]
fn without_an_endpoint_nothing_is_sent() {
    let outcome = Scenario::new()
        .document("/.well-known/openid-configuration", |document| {
            document["introspection_endpoint"] = Value::Null;
        })
        .run();
    let client = outcome.client.clone().unwrap();
    let (login, mut world) = outcome.accepted();
    world.transport.clear();
    let error = world.run(client.introspect(login.tokens().access_token(), None)).unwrap_err();
    assert_eq!(error.code(), "misuse.no_such_endpoint");
    assert!(world.transport.requests().is_empty());
}

/// RFC 7662 2.1: "a separate OAuth 2.0 access token such as a bearer token".
#[test]
fn whoever_asks_may_prove_it_with_an_access_token_of_its_own() {
    let mut session = Session::new("rs256");
    let granted = |session: &mut Session, scope: &str| {
        let granted = session.world.run(session.client.client_credentials().scope(scope)).unwrap();
        session.world.transport.clear();
        session.world.op.clear_transcript();
        granted.tokens().access_token().clone()
    };
    let public = session.world.discover("public", Policy::default()).unwrap();
    let token = session.login.tokens().access_token().clone();
    let may_ask = granted(&mut session, "introspection");
    for client in [&session.client, &public] {
        let ask = client.introspect(&token, None).bearer(&may_ask);
        assert!(!format!("{ask:?}").contains(may_ask.expose()));
        assert!(session.world.run(ask).unwrap().is_active());
        let line = session.world.op.transcript().pop().unwrap();
        let (head, body) = line.split_once(" body=").unwrap();
        assert!(head.ends_with(&format!("authorization=Bearer {}", may_ask.expose())), "{head}");
        // One proof, and nothing of the client's own.
        assert_eq!(body, format!("token={}", token.expose()));
    }
    let may_not = granted(&mut session, "other");
    let error = session.world.run(public.introspect(&token, None).bearer(&may_not)).unwrap_err();
    assert_eq!(error.code(), "provider.error");
    assert_eq!(session.world.transport.requests(), ["POST /introspect"]);
}
