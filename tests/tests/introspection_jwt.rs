//! Signed introspection answers (RFC 9701): asked for where they are registered, and then nothing else is taken.

use relying_party::{
    Client, Error, Registration,
    error::{Blame, ErrorKind, TokenKind},
    jose::algorithm::Algorithm,
    protocol::{bearer_challenge::BearerChallenge, introspection::Introspection},
    secret::AccessToken,
};
use relying_party_tests::{
    op::{Alg, OpConfig, introspection_jwt},
    scenario::{World, crypto},
};
use serde_json::{Value, json};

const SIGNED: &str = "application/token-introspection+jwt";

struct Session {
    world: World,
    client: Client,
    token: AccessToken,
}

fn discover(
    world: &mut World,
    client_id: &str,
    change: impl FnOnce(Registration) -> Registration,
) -> Result<Client, Error> {
    let registration = change(world.registration(client_id));
    let issuer = world.op.issuer().to_owned();
    world.run(Client::discover(issuer, registration, crypto()))
}

impl Session {
    fn new(client_id: &str, alg: Alg) -> Self {
        let config =
            OpConfig { introspection_signed_response_alg: Some(alg), ..OpConfig::default() };
        let mut world = World::new(config);
        let algorithm = Algorithm::parse(alg.name()).unwrap();
        let client = discover(&mut world, client_id, |registration| {
            registration.introspection_signed_response_alg(algorithm)
        });
        let client = client.unwrap();
        let login = world.login(&client).unwrap();
        let token = login.tokens().access_token().clone();
        Self { world, client, token }
    }

    fn ask(&mut self) -> Result<Introspection, Error> {
        self.world.transport.clear();
        self.world.op.clear_transcript();
        self.world.run(self.client.introspect(&self.token, None))
    }

    /// With another type and body of the answer.
    fn answered(&mut self, media_type: &'static str, body: String) -> Result<Introspection, Error> {
        self.world.op.clear_hooks();
        self.world.op.intercept("/introspect", move |_, response| {
            response.headers = vec![("content-type".into(), media_type.into())];
            response.body = body.clone().into_bytes();
        });
        self.ask()
    }

    /// With other header and claims around an active token.
    fn minted(
        &mut self,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> Result<Introspection, Error> {
        let (op, now) = (self.world.op.clone(), self.world.clock.now().seconds());
        let mut header = json!({
            "alg": "RS256", "kid": op.kid(Alg::Rs256), "typ": "token-introspection+jwt",
        });
        let mut payload = json!({
            "iss": op.issuer(), "aud": "rs256", "iat": now,
            "token_introspection": { "active": true, "sub": "alice" },
        });
        change(&mut header, &mut payload);
        let alg = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(Alg::Rs256);
        let token = op.mint(alg, &header.to_string(), &payload.to_string());
        self.answered(SIGNED, token)
    }

    /// Refused after the question, and the key set where the token's key is looked for.
    #[track_caller]
    fn refuses(&mut self, change: impl FnOnce(&mut Value, &mut Value), code: &str) -> Error {
        let error = self.minted(change).expect_err("accepted");
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(self.world.transport.requests(), ["POST /introspect"], "{code}");
        error
    }
}

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().unwrap().remove(name);
}

type Change = fn(&mut Value, &mut Value);

#[test]
fn g11_a_signed_answer_is_asked_for_and_verified() {
    for (client_id, alg) in [
        ("rs256", Alg::Rs256),
        ("rs256", Alg::Ps256),
        ("rs256", Alg::Es256),
        ("rs256", Alg::EdDsa),
        ("rs256", Alg::Hs256),
        ("rs256", Alg::Hs512),
    ] {
        let mut session = Session::new(client_id, alg);
        let answer = session.ask().unwrap();
        let token = answer.active().expect("active");
        assert_eq!(token.scope(), ["openid"]);
        assert_eq!(token.claims().claim("client_id"), Ok(Some("rs256".to_owned())));
        assert!(token.claims().as_json().contains("\"active\":true"));
        let lines = session.world.op.transcript();
        assert!(lines[0].contains(&format!(" accept={SIGNED} ")), "{}", lines[0]);
        session.world.clock.advance(std::time::Duration::from_secs(3600));
        assert!(!session.ask().unwrap().is_active());
    }
}

#[test]
fn g11_a_plain_answer_is_a_downgrade() {
    let mut session = Session::new("rs256", Alg::Rs256);
    for media_type in ["application/json", "text/html", "application/jwt"] {
        let plain = r#"{"active":true}"#.to_owned();
        let error = session.answered(media_type, plain).unwrap_err();
        assert_eq!(error.code(), "response.content_type", "{media_type}");
        assert_eq!(session.world.transport.requests(), ["POST /introspect"]);
    }
    session.world.op.clear_hooks();
    session.world.op.intercept("/introspect", |_, response| {
        response.headers.clear();
        response.body = br#"{"active":true}"#.to_vec();
    });
    assert_eq!(session.ask().unwrap_err().code(), "response.content_type");
    // The type alone does not make it one.
    let error = session.answered(SIGNED, r#"{"active":true}"#.to_owned()).unwrap_err();
    assert_eq!(error.code(), "token.syntax");
    // An error is an error.
    for (status, body, code) in [
        (401, r#"{"error":"invalid_client"}"#, "provider.error"),
        (500, "", "response.status"),
        (302, "", "response.redirect"),
    ] {
        session.world.op.clear_hooks();
        session.world.op.intercept("/introspect", move |_, response| {
            response.status = status;
            response.headers = vec![("content-type".into(), "application/json".into())];
            response.body = body.as_bytes().to_vec();
        });
        assert_eq!(session.ask().unwrap_err().code(), code);
    }
    session.world.op.clear_hooks();
    assert!(session.ask().unwrap().is_active());
}

#[test]
fn g11_each_rule_of_rfc_9701_5() {
    let mut session = Session::new("rs256", Alg::Rs256);
    assert!(session.minted(|_, _| {}).unwrap().is_active());
    let cases: [(Change, &str); 17] = [
        (|h, _| remove(h, "typ"), "token.header"),
        (|h, _| h["typ"] = json!("JWT"), "token.header"),
        (|h, _| h["typ"] = json!("at+jwt"), "token.header"),
        (|h, _| h["alg"] = json!("none"), "token.algorithm"),
        (|h, _| h["alg"] = json!("PS256"), "token.algorithm"),
        (|h, _| h["alg"] = json!("HS256"), "token.algorithm"),
        (|_, p| p["iss"] = json!("https://op.test/"), "claim.iss.mismatch"),
        (|_, p| remove(p, "iss"), "claim.iss.missing"),
        (|_, p| p["aud"] = json!("es256"), "claim.aud.mismatch"),
        (|_, p| remove(p, "aud"), "claim.aud.missing"),
        (|_, p| remove(p, "iat"), "claim.iat.missing"),
        (|_, p| p["iat"] = json!(1_800_000_061), "claim.iat.not_yet"),
        (|_, p| p["iat"] = json!(1_799_999_639), "claim.iat.expired"),
        (|_, p| remove(p, "token_introspection"), "json.missing"),
        (|_, p| p["token_introspection"] = json!("x"), "json.type"),
        (|_, p| p["token_introspection"] = json!({ "active": "true" }), "json.type"),
        (|_, p| p["token_introspection"] = json!({}), "json.missing"),
    ];
    for (change, code) in cases {
        let error = session.refuses(change, code);
        let introspection = |kind: &ErrorKind| {
            matches!(kind, ErrorKind::Token { kind: TokenKind::Introspection, .. })
        };
        assert!(introspection(error.kind()), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("alice"));
    }
    for good in [
        (|_, p| p["aud"] = json!(["other", "rs256"])) as Change,
        |_, p| p["iat"] = json!(1_799_999_640),
        |h, _| h["typ"] = json!("application/Token-Introspection+JWT"),
    ] {
        assert!(session.minted(good).unwrap().is_active());
    }
    let inactive = session.minted(|_, p| p["token_introspection"] = json!({ "active": false }));
    assert!(!inactive.unwrap().is_active());
}

#[test]
fn g11_a_damaged_or_foreign_signature() {
    let mut session = Session::new("rs256", Alg::Rs256);
    let (op, now) = (session.world.op.clone(), session.world.clock.now().seconds());
    let document = json!({ "active": true });
    let good = introspection_jwt(&op, Alg::Rs256, "rs256", &document, now);
    assert!(session.answered(SIGNED, good.clone()).unwrap().is_active());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let damaged = format!("{signed}.{flipped}{}", &signature[1..]);
    assert_eq!(session.answered(SIGNED, damaged).unwrap_err().code(), "token.signature");
    let encrypted = "e30.e30.e30.e30.e30".to_owned();
    assert_eq!(session.answered(SIGNED, encrypted).unwrap_err().code(), "token.encrypted");

    let mut session = Session::new("rs256", Alg::Hs256);
    let (op, now) = (session.world.op.clone(), session.world.clock.now().seconds());
    let foreign = introspection_jwt(&op, Alg::Hs256, "confidential", &document, now);
    assert_eq!(session.answered(SIGNED, foreign).unwrap_err().code(), "token.signature");
    let own = introspection_jwt(&op, Alg::Hs256, "rs256", &document, now);
    assert!(session.answered(SIGNED, own).unwrap().is_active());
}

#[test]
fn h16_no_other_token_is_an_introspection_answer() {
    let mut session = Session::new("rs256", Alg::Rs256);
    let client = session.client.clone();
    let login = session.world.login(&client).unwrap();
    let id_token = login.id_token().raw().expose().to_owned();
    assert_eq!(session.answered(SIGNED, id_token).unwrap_err().code(), "token.header");
    // Nor is an answer an access token or an ID token.
    let (op, now) = (session.world.op.clone(), session.world.clock.now().seconds());
    let document = json!({ "active": true });
    let answer = introspection_jwt(&op, Alg::Rs256, "rs256", &document, now);
    let as_access = AccessToken::new(answer.clone()).unwrap();
    let flow = client.validate_access_token(&as_access, &["rs256"]).insecure_accept_untyped();
    assert_eq!(session.world.run(flow).unwrap_err().code(), "token.header");
    session.world.op.clear_hooks();
    session.world.op.replace_id_token(move |_| answer.clone());
    assert_eq!(session.world.login(&client).unwrap_err().code(), "token.header");
}

#[test]
fn an_opaque_access_token_is_looked_up_with_a_signed_answer() {
    let mut session = Session::new("rs256", Alg::Es256);
    let token = session.token.clone();
    let flow = session.client.validate_access_token(&token, &["rs256"]).or_introspect();
    let claims = session.world.run(flow).unwrap();
    assert_eq!(claims.client_id(), Some("rs256"));

    // An unknown key under the answer is no fault of the token.
    let mut session = Session::new("rs256", Alg::Rs256);
    let header = |header: &mut Value| header["kid"] = json!("of nobody");
    let error = session.minted(|head, _| header(head)).unwrap_err();
    assert_eq!(error.code(), "keys.unknown");
    let flow = session.client.validate_access_token(&token, &["rs256"]).or_introspect();
    let error = session.world.run(flow).unwrap_err();
    assert_eq!((error.code(), error.blame()), ("keys.unavailable", Blame::Provider));
    assert!(BearerChallenge::of(&error).is_none());
}

#[test]
fn an_algorithm_that_cannot_be_verified_is_found_at_once() {
    let mut world = World::default();
    let registered = |world: &mut World, client_id: &str, algorithm| {
        let result = discover(world, client_id, |registration| {
            registration.introspection_signed_response_alg(algorithm)
        });
        result.map(|_| ()).map_err(|error| error.code())
    };
    let result = registered(&mut world, "public", Algorithm::HS256);
    assert_eq!(result, Err("misuse.no_secret"));
    let result = registered(&mut world, "raw", Algorithm::HS256);
    assert_eq!(result, Err("misuse.short_secret"));
    assert_eq!(registered(&mut world, "rs256", Algorithm::HS512), Ok(()));
    assert_eq!(registered(&mut world, "public", Algorithm::ES256), Ok(()));
}
