//! Refreshing tokens (OIDC Core 12, RFC 6749 6, RFC 9700 4.14): what is sent, what is kept, what is refused.

use relying_party::{
    Client, Error, Login, Policy,
    error::{Blame, ErrorKind, TokenKind},
    flow::refresh::Refreshed,
    secret::RefreshToken,
};
use relying_party_tests::{
    op::OpConfig,
    scenario::{Outcome, Scenario, World},
};
use serde_json::{Value, json};

/// What becomes of the claims of a refreshed ID token.
type Change = fn(&mut Value);

/// A visitor who has logged in; nothing that was sent for it counts.
struct Session {
    world: World,
    client: Client,
    login: Login,
}

impl Session {
    fn new(scenario: Scenario) -> Self {
        let outcome: Outcome = scenario.run();
        let client = outcome.client.clone().unwrap();
        let (login, world) = outcome.accepted();
        world.transport.clear();
        world.op.clear_transcript();
        Self { world, client, login }
    }

    fn token(&self) -> RefreshToken {
        self.login.tokens().refresh_token().unwrap().clone()
    }

    fn refresh(&mut self, token: &RefreshToken) -> Result<Refreshed, Error> {
        self.world.transport.clear();
        self.world.run(self.client.refresh(token, &self.login.record()))
    }

    /// Refused with this code after the one request.
    #[track_caller]
    fn refused(&mut self, token: &RefreshToken, code: &str) -> Error {
        let error = self.refresh(token).expect_err("accepted");
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(self.world.transport.requests(), ["POST /token"]);
        error
    }

    /// With refreshed ID tokens whose claims are changed like this.
    fn tampered(&mut self, change: Change) -> Result<Refreshed, Error> {
        self.world.op.tamper_id_token(move |_, _, claims| change(claims));
        let token = self.token();
        let result = self.refresh(&token);
        assert_eq!(self.world.transport.requests(), ["POST /token"]);
        result
    }
}

fn rotating(config: &mut OpConfig) {
    config.rotate_refresh_tokens = true;
}

#[test]
fn g01_a_refresh_token_that_stays_is_kept() {
    let mut session = Session::new(Scenario::new());
    let token = session.token();
    for _ in 0..3 {
        let refreshed = session.refresh(&token).unwrap();
        assert!(refreshed.tokens().refresh_token() == Some(&token));
        assert_ne!(refreshed.tokens().access_token(), session.login.tokens().access_token());
    }
}

#[test]
fn g01_the_old_refresh_token_is_kept_where_no_new_one_comes() {
    for absent in [Value::Null, json!(""), json!("absent")] {
        let mut session = Session::new(Scenario::new());
        session.world.op.edit("/token", move |document| {
            document["refresh_token"] = absent.clone();
            if absent == "absent" {
                document.as_object_mut().unwrap().remove("refresh_token");
            }
        });
        let token = session.token();
        let refreshed = session.refresh(&token).unwrap();
        assert!(refreshed.tokens().refresh_token() == Some(&token));
    }
}

#[test]
fn g01_g03_a_rotated_refresh_token_replaces_the_old_one() {
    let mut session = Session::new(Scenario::new().config(rotating));
    let first = session.token();
    let second = session.refresh(&first).unwrap().tokens().refresh_token().unwrap().clone();
    assert!(second != first);
    let third = session.refresh(&second).unwrap().tokens().refresh_token().unwrap().clone();
    assert!(third != second);

    // RFC 9700 4.14.2: the second use of the first one ends the whole family.
    let error = session.refused(&first, "provider.error");
    assert_eq!(error.blame(), Blame::Visitor);
    assert!(error.hint().unwrap().contains("was used before"), "{:?}", error.hint());
    session.refused(&third, "provider.error");
}

#[test]
fn g03_an_oauth_error_says_which() {
    let mut session = Session::new(Scenario::new());
    let unknown = RefreshToken::new("refresh-token-of-nobody").unwrap();
    let error = session.refused(&unknown, "provider.error");
    match error.kind() {
        ErrorKind::Provider(oauth) => {
            assert_eq!(oauth.error.as_str(), "invalid_grant");
            assert_eq!(oauth.status, Some(400));
        }
        other => panic!("{other:?}"),
    }
    let known = session.token();
    session.refresh(&known).unwrap();
}

#[test]
fn g03_a_failed_refresh_is_not_repeated() {
    let mut session = Session::new(Scenario::new());
    let token = session.token();
    for (status, code) in
        [(500, "response.status"), (503, "response.status"), (302, "response.redirect")]
    {
        session.world.op.intercept("/token", move |_, response| {
            response.status = status;
            response.body.clear();
        });
        session.refused(&token, code);
        session.world.op.clear_hooks();
    }
    session.refresh(&token).unwrap();
}

#[test]
fn the_request_holds_what_rfc_6749_6_says_and_no_more() {
    let forms = [
        ("rs256", "grant_type=refresh_token&refresh_token=TOKEN", "Basic "),
        ("public", "grant_type=refresh_token&refresh_token=TOKEN&client_id=public", "-"),
    ];
    for (client, form, authorization) in forms {
        let mut session = Session::new(Scenario::new().client(client));
        let token = session.token();
        session.refresh(&token).unwrap();
        let lines = session.world.op.transcript();
        let (head, body) = lines[0].split_once(" body=").unwrap();
        assert_eq!(body, form.replace("TOKEN", token.expose()), "{client}");
        assert!(head.contains(&format!("authorization={authorization}")), "{head}");
        assert_eq!(lines.len(), 1);
    }
}

#[test]
fn g05_scopes_can_be_narrowed_and_what_was_granted_is_reported() {
    let mut session = Session::new(Scenario::new());
    let (token, record) = (session.token(), session.login.record());
    let narrow = session.client.refresh(&token, &record).scope("openid email");
    let narrowed = session.world.run(narrow).unwrap();
    assert_eq!(narrowed.tokens().scope(), ["openid", "email"]);

    session.world.transport.clear();
    let wide = session.client.refresh(&token, &record).scope("openid phone");
    let error = session.world.run(wide).unwrap_err();
    assert_eq!((error.code(), error.blame()), ("provider.error", Blame::Configuration));
    assert_eq!(session.world.transport.requests(), ["POST /token"]);

    session.world.op.edit("/token", |document| {
        document["scope"] = "openid admin".into();
    });
    let widened = session.refresh(&token).unwrap();
    assert_eq!(widened.tokens().scope(), ["openid", "admin"]);
}

#[test]
fn an_answer_without_an_id_token_is_complete() {
    let mut session = Session::new(Scenario::new());
    session.world.op.edit("/token", |document| {
        document.as_object_mut().unwrap().remove("id_token");
    });
    let token = session.token();
    let refreshed = session.refresh(&token).unwrap();
    assert!(refreshed.id_token().is_none());
    assert_eq!(session.world.transport.requests(), ["POST /token"]);
    let read = session.client.user_info(refreshed.tokens().access_token(), session.login.subject());
    assert_eq!(session.world.run(read).unwrap().sub(), session.login.subject().sub());
}

#[test]
fn i29_g02_a_refreshed_id_token_agrees_with_the_first() {
    let mut session = Session::new(Scenario::new());
    let refusals: [(Change, &str); 12] = [
        (|claims| claims["iss"] = "https://op.test/".into(), "claim.iss.mismatch"),
        (|claims| claims["sub"] = "sub-bob-90125".into(), "claim.sub.mismatch"),
        (|claims| claims["aud"] = json!(["public"]), "claim.aud.mismatch"),
        (|claims| claims["aud"] = json!(["rs256", "public"]), "claim.aud.untrusted"),
        (|claims| claims["azp"] = "public".into(), "claim.azp.mismatch"),
        (|claims| claims["azp"] = "rs256".into(), "claim.azp.mismatch"),
        (|claims| shift(claims, "auth_time", 1), "claim.auth_time.mismatch"),
        (|claims| shift(claims, "auth_time", -1), "claim.auth_time.mismatch"),
        (|claims| claims["auth_time"] = "now".into(), "claim.auth_time.malformed"),
        (|claims| claims["nonce"] = "another".into(), "claim.nonce.mismatch"),
        (|claims| claims["nonce"] = Value::Null, "claim.nonce.malformed"),
        (|claims| shift(claims, "exp", -361), "claim.exp.expired"),
    ];
    for (change, code) in refusals {
        let error = session.tampered(change).expect_err(code);
        assert_eq!(error.code(), code, "{error}");
        match error.kind() {
            ErrorKind::Token { kind, .. } => assert_eq!(*kind, TokenKind::RefreshedIdToken),
            other => panic!("{other:?}"),
        }
    }
    let tolerances: [Change; 4] = [
        |_| {},
        |claims| claims["aud"] = json!(["rs256"]),
        |claims| drop(claims.as_object_mut().unwrap().remove("auth_time")),
        |claims| claims["acr"] = "urn:test:gold".into(),
    ];
    for change in tolerances {
        assert!(session.tampered(change).unwrap().id_token().is_some());
    }
}

#[test]
fn i29_g02_the_first_nonce_may_come_again_and_no_other() {
    let mut session = Session::new(Scenario::new());
    let nonce: String = session.login.id_token().claims().claim("nonce").unwrap().unwrap();
    let again = nonce.clone();
    session.world.op.tamper_id_token(move |_, _, claims| claims["nonce"] = again.as_str().into());
    let token = session.token();
    session.refresh(&token).unwrap();
    session.world.op.tamper_id_token(move |_, _, claims| claims["nonce"] = nonce[1..].into());
    session.refused(&token, "claim.nonce.mismatch");
}

#[test]
fn i29_g02_audience_and_authorized_party_stay() {
    let trusting = relying_party::protocol::id_token::TrustedAudiences::List(vec!["api".into()]);
    let scenario = Scenario::new().policy(Policy::default().trusted_audiences(trusting)).world(
        |world: &mut World| {
            world.op.tamper_id_token(|_, _, claims| {
                claims["aud"] = json!(["api", "rs256"]);
                claims["azp"] = "rs256".into();
            });
        },
    );
    let mut session = Session::new(scenario);
    let reordered = |claims: &mut Value| {
        claims["aud"] = json!(["rs256", "api"]);
        claims["azp"] = "rs256".into();
    };
    session.tampered(reordered).unwrap();
    let without_azp = session.tampered(|claims| claims["aud"] = json!(["api", "rs256"]));
    assert_eq!(without_azp.unwrap_err().code(), "claim.azp.mismatch");
    let without_api = session.tampered(|claims| claims["azp"] = "rs256".into());
    assert_eq!(without_api.unwrap_err().code(), "claim.aud.mismatch");
}

#[test]
fn a_refreshed_id_token_is_verified_like_the_first() {
    let mut session = Session::new(Scenario::new());
    let token = session.token();
    session.world.op.tamper_id_token(|_, header, _| header["alg"] = "none".into());
    session.refused(&token, "token.algorithm");
    session.world.op.replace_id_token(|_| "e30.e30".to_owned());
    session.refused(&token, "token.syntax");
    session.world.op.clear_hooks();
    session.world.op.rotate_keys();
    session.refresh(&token).unwrap();
    assert_eq!(session.world.transport.requests(), ["POST /token", "GET /jwks"]);
}

fn shift(claims: &mut Value, claim: &str, seconds: i64) {
    claims[claim] = (claims[claim].as_i64().unwrap() + seconds).into();
}
