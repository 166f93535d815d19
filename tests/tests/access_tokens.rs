//! Signed access tokens before a resource server (RFC 9068): what is validated, what is refused, what is answered.
//! Opaque ones stand in `access_tokens_opaque.rs`, those of some large providers in `access_tokens_providers.rs`.

use std::time::Duration;

use relying_party::{
    Error, Policy,
    error::{Blame, ErrorKind, TokenKind},
    jose::algorithm::Algorithm,
    protocol::{
        access_token::ValidatedBy, bearer_challenge::BearerChallenge, relaxation::Relaxation,
    },
    secret::AccessToken,
};
use relying_party_tests::{
    op::Alg,
    resource_server::{ALL, RESOURCE, Server},
    scenario::World,
};
use serde_json::{Value, json};

type Change = fn(&mut Value, &mut Value);

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().unwrap().remove(name);
}

#[track_caller]
fn challenged(error: &Error, status: u16, header: &str) {
    let challenge = BearerChallenge::of(error).expect("a challenge");
    assert_eq!((challenge.status(), challenge.www_authenticate().as_str()), (status, header));
}

#[test]
fn u17_what_the_provider_issued_is_valid_whatever_the_algorithm() {
    for (alg, algorithm) in [
        (Alg::Rs256, Algorithm::RS256),
        (Alg::Ps256, Algorithm::PS256),
        (Alg::Es256, Algorithm::ES256),
        (Alg::EdDsa, Algorithm::EdDSA),
    ] {
        let mut server = Server::of(alg, "rs256", Policy::default());
        let client = server.client.clone();
        let login = server.world.login(&client).unwrap();
        let token = login.tokens().access_token();
        let flow = server.ask(token).require_scope("openid").algorithms(&[algorithm]);
        let claims = server.accepted(flow);
        assert_eq!(claims.subject(), Some(login.subject()));
        assert_eq!(
            (claims.client_id(), claims.audiences()),
            (Some("rs256"), &[RESOURCE.into()][..])
        );
        assert_eq!(claims.validated_by(), ValidatedBy::Signature(algorithm));
        assert_eq!(claims.expires_at(), login.tokens().expires_at());
        assert_eq!(claims.issued_at(), Some(server.world.clock.now()));
        assert!(claims.jti().unwrap().starts_with("access-") && claims.relaxations().is_empty());
        assert!(server.world.transport.requests().is_empty());
        let other = if alg == Alg::Rs256 { Algorithm::PS256 } else { Algorithm::RS256 };
        let flow = server.ask(token).algorithms(&[other]);
        server.refused(flow, "token.algorithm", &[]);
    }
}

#[test]
fn u17_a_client_without_a_secret_validates_too() {
    let mut server = Server::of(Alg::Rs256, "public", Policy::default());
    let granted = server.world.discover("rs256", Policy::default()).unwrap();
    let granted = server.world.run(granted.client_credentials().scope("read")).unwrap();
    let flow = server.ask(granted.tokens().access_token());
    let claims = server.accepted(flow);
    assert_eq!(claims.subject().unwrap().sub(), "rs256");
    assert_eq!(claims.scope(), ["read"]);
}

#[test]
fn u17_each_claim_of_rfc_9068_4() {
    let mut server = Server::default();
    let cases: [(Change, &str); 27] = [
        (|_, p| p["iss"] = json!("https://op.test/"), "claim.iss.mismatch"),
        (|_, p| remove(p, "iss"), "claim.iss.missing"),
        (|_, p| p["iss"] = json!(["https://op.test"]), "claim.iss.malformed"),
        (|_, p| p["aud"] = json!("https://rs.test"), "claim.aud.mismatch"),
        (|_, p| p["aud"] = json!(["rs256", "https://rs.test/a"]), "claim.aud.mismatch"),
        (|_, p| p["aud"] = json!([]), "claim.aud.malformed"),
        (|_, p| remove(p, "aud"), "claim.aud.missing"),
        (|_, p| remove(p, "exp"), "claim.exp.missing"),
        (|_, p| p["exp"] = json!(1_799_999_940), "claim.exp.expired"),
        (|_, p| p["exp"] = json!("1900000000"), "claim.exp.malformed"),
        (|_, p| p["nbf"] = json!(1_800_000_061), "claim.nbf.not_yet"),
        (|_, p| remove(p, "iat"), "claim.iat.missing"),
        (|_, p| p["iat"] = json!(1_800_000_061), "claim.iat.not_yet"),
        (|_, p| remove(p, "sub"), "claim.sub.missing"),
        (|_, p| p["sub"] = json!(""), "claim.sub.malformed"),
        (|_, p| remove(p, "client_id"), "claim.client_id.missing"),
        (|_, p| p["client_id"] = json!(7), "claim.client_id.malformed"),
        (|_, p| p["scope"] = json!(7), "claim.scope.malformed"),
        (|_, p| p["scope"] = json!(["read", 7]), "claim.scope.malformed"),
        (|h, _| remove(h, "typ"), "token.header"),
        (|h, _| h["typ"] = json!("JWT"), "token.header"),
        (|h, _| h["typ"] = json!("logout+jwt"), "token.header"),
        (|h, _| h["typ"] = json!(["at+jwt"]), "token.header"),
        (|h, _| h["crit"] = json!(["exp"]), "token.header"),
        (|h, _| h["alg"] = json!("none"), "token.algorithm"),
        (|h, _| h["alg"] = json!("HS256"), "token.algorithm"),
        (|h, _| h["alg"] = json!("ES256"), "token.algorithm"),
    ];
    for (change, code) in cases {
        let error = server.refuses(change, code);
        assert_eq!(error.blame(), Blame::Visitor, "{code}");
        let of_access_token = |kind: &ErrorKind| {
            matches!(kind, ErrorKind::Token { kind: TokenKind::AccessToken, .. })
        };
        assert!(of_access_token(error.kind()));
        challenged(&error, 401, "Bearer error=\"invalid_token\"");
    }
    for good in [
        (|_, _| {}) as Change,
        |h, _| h["typ"] = json!("application/at+jwt"),
        |h, _| h["typ"] = json!("AT+JWT"),
        |_, p| p["aud"] = json!(["https://other.test", "https://rs.test/"]),
        |_, p| p["exp"] = json!(1_799_999_941),
        |_, p| p["nbf"] = json!(1_800_000_060),
        |_, p| p["jti"] = json!(7),
        |_, p| p["nonce"] = json!("typed, so it is told apart"),
        |_, p| remove(p, "scope"),
    ] {
        server.accepts(good);
    }
    assert_eq!(server.accepts(|_, p| p["jti"] = json!(7)).jti(), None);
}

#[test]
fn u17_a_damaged_token_is_refused() {
    let mut server = Server::default();
    let good = server.mint(|_, _| {}).expose().to_owned();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    for (token, code) in [
        (format!("{signed}.{flipped}{}", &signature[1..]), "token.signature"),
        (format!("{signed}."), "token.syntax"),
        (format!("{good}.x"), "token.syntax"),
        ("opaque".to_owned(), "token.syntax"),
        (format!("{good}{}", "A".repeat(70_000)), "token.too_long"),
    ] {
        let flow = server.ask(&AccessToken::new(token).unwrap());
        let error = server.refused(flow, code, &[]);
        challenged(&error, 401, "Bearer error=\"invalid_token\"");
    }
    let flow = server.ask(&AccessToken::new(good).unwrap());
    server.accepted(flow);
}

#[test]
fn u17_the_required_scope_is_a_set() {
    let mut server = Server::default();
    for granted in [
        json!("write admin read"),
        json!(["read", "write"]),
        json!(["write read read"]),
        json!("  read   write "),
    ] {
        let token = server.mint(|_, p| p["scope"] = granted.clone());
        let flow = server.ask(&token).require_scope("write").require_scope("read write");
        let claims = server.accepted(flow);
        assert!(claims.scope().contains(&"read".to_owned()), "{granted}");
    }
    for granted in [json!("read"), json!("read write2"), json!("READ WRITE"), json!(""), json!([])]
    {
        let token = server.mint(|_, p| p["scope"] = granted.clone());
        let flow = server.ask(&token).require_scope("read write");
        let error = server.refused(flow, "claim.scope.mismatch", &[]);
        challenged(&error, 403, "Bearer error=\"insufficient_scope\"");
        // What nobody asked for is not missed.
        let flow = server.ask(&token);
        server.accepted(flow);
    }
    let token = server.mint(|_, p| remove(p, "scope"));
    let flow = server.ask(&token).require_scope("read");
    let error = server.refused(flow, "claim.scope.missing", &[]);
    challenged(&error, 403, "Bearer error=\"insufficient_scope\"");
    let named = BearerChallenge::of(&error).unwrap().realm("rs").unwrap().scope("read").unwrap();
    assert_eq!(
        named.www_authenticate(),
        "Bearer realm=\"rs\", error=\"insufficient_scope\", scope=\"read\""
    );

    let token = server.mint(|_, p| {
        remove(p, "scope");
        p["scp"] = json!(["read"]);
    });
    let flow = server.ask(&token).require_scope("read").scope_claim("scp");
    assert_eq!(server.accepted(flow).scope(), ["read"]);
    let flow = server.ask(&token).require_scope("read");
    server.refused(flow, "claim.scope.missing", &[]);
}

#[test]
fn h16_an_id_token_is_no_access_token() {
    let mut server = Server::default();
    let client = server.client.clone();
    let login = server.world.login(&client).unwrap();
    let token = AccessToken::new(login.id_token().raw().expose()).unwrap();
    let as_access = |audience: &str| client.validate_access_token(&token, &[audience]);
    server.refused(as_access(RESOURCE), "token.header", &[]);
    server.refused(as_access("rs256"), "token.header", &[]);
    // A signed token is never looked up, so the provider's word does not help either.
    server.refused(as_access("rs256").or_introspect(), "token.header", &[]);
    let untyped = |audience: &str| as_access(audience).insecure_accept_untyped();
    server.refused(untyped(RESOURCE), "claim.aud.mismatch", &[]);
    server.refused(untyped("rs256"), "claim.client_id.missing", &[]);

    // One that looks as much like an access token as an ID token can, with every tolerance on.
    let now = server.world.clock.now().seconds();
    let id_token = |extra: Value| {
        let mut payload = json!({
            "iss": "https://op.test", "aud": "rs256", "sub": "alice", "azp": "rs256",
            "iat": now, "exp": now + 300,
        });
        payload.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        payload
    };
    for (extra, code) in [
        (json!({}), "claim.scope.missing"),
        (json!({ "nonce": "n", "scope": "read" }), "claim.nonce.unexpected"),
        (json!({ "at_hash": "h", "scope": "read" }), "claim.at_hash.unexpected"),
        (json!({ "c_hash": "h", "scope": "read" }), "claim.c_hash.unexpected"),
        (json!({ "typ": "ID", "scope": "read" }), "claim.typ.unexpected"),
        (json!({ "typ": 7, "scope": "read" }), "claim.typ.unexpected"),
    ] {
        let token = server.mint(|header, payload| {
            remove(header, "typ");
            *payload = id_token(extra.clone());
        });
        let flow = client.validate_access_token(&token, &["rs256"]).insecure_accept_untyped();
        server.refused(flow.accept_azp_as_client_id(), code, &[]);
    }
    let token = server.mint(|header, payload| {
        remove(header, "typ");
        *payload = id_token(json!({ "scope": "read" }));
    });
    let flow = client.validate_access_token(&token, &["rs256"]).insecure_accept_untyped();
    server.accepted(flow.accept_azp_as_client_id());
}

#[test]
fn h16_an_access_token_is_no_id_token() {
    let mut server = Server::default();
    let client = server.client.clone();
    for (typ, code) in [("at+jwt", "token.header"), ("JWT", "claim.aud.mismatch")] {
        let token = server.mint(|header, payload| {
            header["typ"] = typ.into();
            payload["nonce"] = json!("n");
        });
        let token = token.expose().to_owned();
        server.world.op.replace_id_token(move |_| token.clone());
        server.world.transport.clear();
        let error = server.world.login(&client).unwrap_err();
        assert_eq!(error.code(), code, "{typ}");
        assert_eq!(server.world.transport.requests(), ["POST /token"]);
    }
    // Even one for this very client: no nonce of this login.
    let token = server.mint(|header, payload| {
        header["typ"] = json!("JWT");
        payload["aud"] = json!("rs256");
    });
    let token = token.expose().to_owned();
    server.world.op.replace_id_token(move |_| token.clone());
    assert_eq!(server.world.login(&client).unwrap_err().code(), "claim.nonce.missing");
    server.world.op.clear_hooks();
    server.world.login(&client).unwrap();
}

#[test]
fn u17_untyped_tokens_only_where_it_was_said() {
    let mut server = Server::default();
    for typ in [Value::Null, json!("JWT"), json!("application/jwt")] {
        let token = server.mint(|header, payload| {
            if typ.is_null() {
                remove(header, "typ")
            } else {
                header["typ"] = typ.clone()
            }
            payload["typ"] = json!("Bearer");
        });
        let flow = server.ask(&token);
        server.refused(flow, "token.header", &[]);
        let flow = server.ask(&token).insecure_accept_untyped();
        assert_eq!(server.accepted(flow).relaxations(), [Relaxation::UntypedAccessToken]);
    }
    for typ in ["logout+jwt", "token-introspection+jwt", "dpop+jwt", "x"] {
        let token = server.mint(|header, _| header["typ"] = typ.into());
        let flow = server.ask(&token).insecure_accept_untyped();
        server.refused(flow, "token.header", &[]);
    }
    // Not needed, so not reported.
    let token = server.mint(|_, _| {});
    let flow = server.ask(&token).insecure_accept_untyped().accept_azp_as_client_id();
    assert!(server.accepted(flow.insecure_ignore_confirmation()).relaxations().is_empty());
}

#[test]
fn u17_azp_for_client_id_only_where_it_was_said() {
    let mut server = Server::default();
    let token = server.mint(|_, payload| {
        remove(payload, "client_id");
        payload["azp"] = json!("app");
    });
    let flow = server.ask(&token);
    server.refused(flow, "claim.client_id.missing", &[]);
    let flow = server.ask(&token).accept_azp_as_client_id();
    let claims = server.accepted(flow);
    assert_eq!(claims.client_id(), Some("app"));
    assert_eq!(claims.relaxations(), [Relaxation::AzpAsClientId]);
    for (azp, code) in [(Value::Null, "claim.azp.malformed"), (json!(7), "claim.azp.malformed")] {
        let token = server.mint(|_, payload| {
            remove(payload, "client_id");
            payload["azp"] = azp.clone();
        });
        let flow = server.ask(&token).accept_azp_as_client_id();
        server.refused(flow, code, &[]);
    }
}

#[test]
fn a_token_that_is_bound_to_a_key_needs_its_proof() {
    let mut server = Server::default();
    let bound = |_: &mut Value, payload: &mut Value| payload["cnf"] = json!({ "jkt": "x" });
    server.refuses(bound, "claim.cnf.unexpected");
    let token = server.mint(bound);
    let flow = server.ask(&token).insecure_ignore_confirmation();
    assert_eq!(server.accepted(flow).relaxations(), [Relaxation::IgnoredConfirmation]);
}

#[test]
fn what_cannot_work_is_found_before_any_request() {
    let mut server = Server::default();
    let token = server.mint(|_, _| {});
    let none = server.client.validate_access_token(&token, &[]);
    server.refused(none, "misuse.parameter", &[]);
    let empty = server.client.validate_access_token(&token, &[""]);
    server.refused(empty, "misuse.parameter", &[]);
    for algorithms in [&[][..], &[Algorithm::HS256], &[Algorithm::RS256, Algorithm::HS512]] {
        let flow = server.ask(&token).algorithms(algorithms);
        let error = server.refused(flow, "misuse.parameter", &[]);
        assert!(BearerChallenge::of(&error).is_none());
    }
    let flow = server.ask(&token).require_scope("a\"b");
    server.refused(flow, "misuse.parameter", &[]);
    let flow = server.client.validate_access_token(&token, &["https://other.test", RESOURCE]);
    server.accepted(flow.algorithms(&ALL));
}

#[test]
fn k13_an_unknown_key_id_makes_the_set_be_read_again() {
    let mut server = Server::default();
    server.world.op.rotate_keys();
    server.world.clock.advance(Duration::from_secs(61));
    let token = server.mint(|_, _| {});
    let flow = server.ask(&token);
    server.accepted(flow);
    assert_eq!(server.world.transport.requests(), ["GET /jwks"]);
    let token = server.mint(|header, _| header["kid"] = json!("of nobody"));
    let flow = server.ask(&token);
    let error = server.refused(flow, "keys.unknown", &[]);
    challenged(&error, 401, "Bearer error=\"invalid_token\"");
}

#[test]
fn keys_that_cannot_be_read_are_nobodys_bad_token() {
    let world = World::default();
    world.op.set_mischief(relying_party_tests::op::Mischief::JwksUnavailable);
    let mut world = world;
    let client = world.discover("rs256", Policy::default()).unwrap();
    let token = world.op.mint(Alg::Rs256, r#"{"alg":"RS256","typ":"at+jwt"}"#, "{}");
    let token = AccessToken::new(token).unwrap();
    world.transport.clear();
    let error = world.run(client.validate_access_token(&token, &[RESOURCE])).unwrap_err();
    assert_eq!(error.code(), "response.status");
    assert_eq!(world.transport.requests(), ["GET /jwks"]);
    assert!(BearerChallenge::of(&error).is_none());
}

#[test]
fn i28_nothing_of_a_token_is_shown() {
    let mut server = Server::default();
    let token = server.mint(|_, _| {});
    let flow = server.ask(&token).or_introspect();
    assert!(!format!("{flow:?}").contains(token.expose()));
    let error = server.refuses(|_, p| p["exp"] = json!(1), "claim.exp.expired");
    assert!(!format!("{error} {error:?}").contains("alice"));
}
