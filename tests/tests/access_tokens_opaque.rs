//! Opaque access tokens before a resource server: looked up (RFC 7662), and held against the same rules as signed ones.

use relying_party::{
    Policy,
    protocol::{
        access_token::ValidatedBy, bearer_challenge::BearerChallenge, relaxation::Relaxation,
    },
    secret::AccessToken,
};
use relying_party_tests::{
    op::Alg,
    resource_server::{RESOURCE, Server},
    scenario::World,
};
use serde_json::{Value, json};

const LOOKED_UP: [&str; 1] = ["POST /introspect"];

/// A provider with opaque tokens, whose answer has these members more.
fn opaque(client_id: &str, members: Value) -> (Server, AccessToken) {
    let mut world = World::default();
    let client = world.discover(client_id, Policy::default()).unwrap();
    let issuer = world.discover("es256", Policy::default()).unwrap();
    let token = world.run(issuer.client_credentials().scope("read write")).unwrap();
    let token = token.tokens().access_token().clone();
    world.op.edit("/introspect", move |document| {
        document["aud"] = RESOURCE.into();
        for (name, value) in members.as_object().unwrap() {
            document[name] = value.clone();
        }
    });
    (Server { world, client }, token)
}

#[test]
fn u17_an_opaque_token_is_looked_up_only_where_it_was_said() {
    let (mut server, token) = opaque("rs256", json!({}));
    let flow = server.ask(&token);
    let error = server.refused(flow, "token.syntax", &[]);
    assert!(error.hint().unwrap().contains("or_introspect"));
    let flow = server.ask(&token).or_introspect().require_scope("write");
    let claims = server.accepted(flow);
    assert_eq!(server.world.transport.requests(), LOOKED_UP);
    assert_eq!(claims.validated_by(), ValidatedBy::Introspection);
    assert_eq!((claims.client_id(), claims.scope().len()), (Some("es256"), 2));
    assert_eq!(claims.subject().unwrap().sub(), "es256");
    assert!(claims.expires_at().is_some() && claims.relaxations().is_empty());
    let lines = server.world.op.transcript();
    assert!(lines.last().unwrap().contains("token_type_hint=access_token"));
}

#[test]
fn u17_what_is_looked_up_is_held_against_the_same_rules() {
    for (members, code) in [
        (json!({ "active": false }), "token.inactive"),
        (json!({ "exp": 1_799_999_940 }), "token.inactive"),
        (json!({ "nbf": 1_800_000_061 }), "token.inactive"),
        (json!({ "aud": "https://other.test" }), "claim.aud.mismatch"),
        (json!({ "aud": null }), "claim.aud.missing"),
        (json!({ "iss": "https://other.test" }), "claim.iss.mismatch"),
        (json!({ "iss": 7 }), "claim.iss.malformed"),
        (json!({ "scope": "read" }), "claim.scope.mismatch"),
        (json!({ "scope": null }), "claim.scope.mismatch"),
        (json!({ "token_type": "refresh_token" }), "claim.token_type.mismatch"),
        (json!({ "token_type": "DPoP" }), "claim.token_type.mismatch"),
        (json!({ "token_type": null }), "claim.token_type.missing"),
        (json!({ "cnf": { "jkt": "x" } }), "claim.cnf.unexpected"),
        (json!({ "sub": 7 }), "claim.sub.malformed"),
        (json!({ "client_id": 7 }), "claim.client_id.malformed"),
        (json!({ "active": "true" }), "json.type"),
    ] {
        let (mut server, token) = opaque("rs256", members.clone());
        let flow = server.ask(&token).or_introspect().require_scope("read write");
        let error = server.refused(flow, code, &LOOKED_UP);
        let status = BearerChallenge::of(&error).map(|challenge| challenge.status());
        let due = match code {
            "claim.scope.mismatch" => Some(403),
            "json.type" => None,
            _ => Some(401),
        };
        assert_eq!(status, due, "{members}");
    }
    for members in [
        json!({ "exp": 1_799_999_941 }),
        json!({ "exp": 0 }),
        json!({ "aud": ["a", RESOURCE] }),
        json!({ "iss": null, "sub": null, "client_id": null }),
        json!({ "token_type": "bearer" }),
        json!({ "scope": ["write", "read"] }),
    ] {
        let (mut server, token) = opaque("rs256", members);
        let flow = server.ask(&token).or_introspect().require_scope("read write");
        server.accepted(flow);
    }
    let (mut server, token) = opaque("rs256", json!({ "cnf": { "jkt": "x" } }));
    let flow = server.ask(&token).or_introspect().insecure_ignore_confirmation();
    assert_eq!(server.accepted(flow).relaxations(), [Relaxation::IgnoredConfirmation]);
}

#[test]
fn a_refresh_token_opens_no_resource() {
    let (mut server, _) = opaque("rs256", json!({}));
    let client = server.client.clone();
    let login = server.world.login(&client).unwrap();
    let refresh = AccessToken::new(login.tokens().refresh_token().unwrap().expose()).unwrap();
    let flow = server.ask(&refresh).or_introspect();
    server.refused(flow, "claim.token_type.missing", &LOOKED_UP);
    let flow = server.ask(login.tokens().access_token()).or_introspect();
    server.accepted(flow);
}

#[test]
fn u17_a_signed_token_is_never_looked_up() {
    let (mut server, _) = opaque("rs256", json!({ "active": true, "token_type": "Bearer" }));
    let op = server.world.op.clone();
    let header = r#"{"alg":"RS256","typ":"at+jwt"}"#;
    let expired = json!({ "iss": op.issuer(), "aud": RESOURCE, "exp": 1 }).to_string();
    let signed = op.mint(Alg::Rs256, header, &expired);
    let flow = server.ask(&AccessToken::new(signed.clone()).unwrap()).or_introspect();
    server.refused(flow, "claim.exp.expired", &["GET /jwks"]);
    for (token, code) in [
        (signed.replace("eyJhbGciOiJSUzI1NiI", "eyJhbGciOiJSUzI1NyI"), "token.algorithm"),
        (op.mint(Alg::Rs256, "{broken", &expired), "json.syntax"),
        (
            op.mint(Alg::None, r#"{"alg":"none","typ":"at+jwt"}"#, &expired) + "c2ln",
            "token.algorithm",
        ),
    ] {
        let flow = server.ask(&AccessToken::new(token).unwrap()).or_introspect();
        server.refused(flow, code, &[]);
    }
    let (mut server, token) = opaque("rs256", json!({}));
    let flow = server.ask(&token).or_introspect();
    server.accepted(flow);
}

#[test]
fn where_nothing_can_be_looked_up_no_token_is_looked_at() {
    let (mut server, _) = opaque("rs256", json!({}));
    server.world.op.edit("/openid-configuration", |document| {
        drop(document.as_object_mut().unwrap().remove("introspection_endpoint"))
    });
    server.client = server.world.discover("rs256", Policy::default()).unwrap();
    for token in ["opaque", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln"] {
        let token = AccessToken::new(token).unwrap();
        let flow = server.ask(&token).or_introspect();
        server.refused(flow, "misuse.no_such_endpoint", &[]);
        let flow = server.ask(&token);
        assert!(server.run(flow).unwrap_err().code().starts_with("token."));
    }
}

#[test]
fn a_public_client_cannot_look_up() {
    let (mut server, token) = opaque("public", json!({}));
    let flow = server.ask(&token).or_introspect();
    let error = server.refused(flow, "misuse.no_secret", &[]);
    assert!(BearerChallenge::of(&error).is_none());
    assert!(error.hint().unwrap().contains("Registration::private_key_jwt"));
    // Found at any token, and not at the first opaque one.
    let long = "x".repeat(100_000);
    for token in ["e30.e30.c2ln", "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", &long] {
        let token = AccessToken::new(token).unwrap();
        let flow = server.ask(&token).or_introspect();
        server.refused(flow, "misuse.no_secret", &[]);
        let flow = server.ask(&token);
        assert!(server.run(flow).unwrap_err().code().starts_with("token."));
    }
    let (mut server, token) = opaque("rs256", json!({}));
    let flow = server.ask(&token).or_introspect();
    server.accepted(flow);
}
