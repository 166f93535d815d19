//! Signed userinfo (OIDC Core 5.3.2): threats U02 to U07 and U13. A signed answer is taken where it was registered, and
//! then nothing else is.

use relying_party::{
    Client, Policy,
    jose::algorithm::Algorithm,
    protocol::{
        id_token::{Check, Relaxation},
        user_info::{UserInfoMethod, UserInfoSource},
    },
};
use relying_party_tests::{
    op::{Alg, introspection_jwt},
    scenario::{World, crypto},
    user_info::{ALICE, JWT, Session},
};
use serde_json::{Value, json};

type Change = fn(&mut Value, &mut Value);

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().unwrap().remove(name);
}

#[test]
fn oidcc_client_test_userinfo_signed() {
    for alg in [Alg::Rs256, Alg::Ps256, Alg::Es256, Alg::EdDsa, Alg::Hs256, Alg::Hs512] {
        let mut session = Session::of(Some(alg), Policy::default());
        let info = session.read().unwrap();
        assert_eq!((info.sub(), info.source()), (ALICE, UserInfoSource::Endpoint));
        assert_eq!(info.claims().claim("email"), Ok(Some("alice@people.test".to_owned())));
        let algorithm = Algorithm::parse(alg.name()).unwrap();
        let checks =
            [Check::Signature(algorithm), Check::Issuer, Check::Audience, Check::UserInfoSubject];
        assert_eq!((info.checks(), info.relaxations()), (&checks[..], &[][..]));
        assert_eq!(session.world.transport.requests(), ["GET /userinfo"]);
        let line = session.world.op.transcript().remove(0);
        assert!(line.contains(" accept=application/jwt "), "{line}");
        for method in [UserInfoMethod::Get, UserInfoMethod::Post, UserInfoMethod::PostBody] {
            let flow = session.asking().method(method);
            assert!(session.world.run(flow).is_ok(), "{method:?}");
        }
        // As a part of a login, with the same rules.
        let finish = session.world.returned(&session.client).with_user_info();
        let login = session.world.run(finish).unwrap();
        assert!(login.id_token().checks().contains(&Check::UserInfoSubject));
        assert!(login.user_info().unwrap().checks().contains(&Check::Signature(algorithm)));
    }
    let mut plain = Session::plain();
    let info = plain.read().unwrap();
    assert_eq!((info.checks(), info.sub()), (&[Check::UserInfoSubject][..], ALICE));
    let line = plain.world.op.transcript().remove(0);
    assert!(line.contains(" accept=application/json "), "{line}");
    let finish = plain.world.returned(&plain.client).user_info_from_id_token();
    let login = plain.world.run(finish).unwrap();
    assert_eq!(login.user_info().unwrap().checks(), login.id_token().checks());
}

#[test]
fn u02_iss_and_aud_are_there_and_right() {
    let wrong: [(Change, &str); 10] = [
        (|_, p| p["iss"] = json!("https://op.test/"), "claim.iss.mismatch"),
        (|_, p| p["iss"] = json!("https://evil.test"), "claim.iss.mismatch"),
        (|_, p| p["iss"] = json!(""), "claim.iss.mismatch"),
        (|_, p| p["iss"] = json!(["https://op.test"]), "claim.iss.malformed"),
        (|_, p| p["iss"] = json!(null), "claim.iss.malformed"),
        (|_, p| p["aud"] = json!("es256"), "claim.aud.mismatch"),
        (|_, p| p["aud"] = json!(["es256", "public"]), "claim.aud.mismatch"),
        (|_, p| p["aud"] = json!([]), "claim.aud.malformed"),
        (|_, p| p["aud"] = json!(null), "claim.aud.malformed"),
        (|_, p| p["aud"] = json!({ "rs256": true }), "claim.aud.malformed"),
    ];
    let tolerant = Policy::default()
        .accept_signed_user_info_without_iss()
        .insecure_accept_signed_user_info_without_aud();
    for policy in [Policy::default(), tolerant.clone()] {
        let mut session = Session::of(Some(Alg::Rs256), policy);
        for (change, code) in wrong {
            session.refuses(change, code);
        }
        assert_eq!(session.accepts(|_, _| {}).relaxations(), []);
        session.accepts(|_, p| p["aud"] = json!(["other", "rs256"]));
    }
    let mut strict = Session::signed();
    strict.refuses(|_, p| remove(p, "iss"), "claim.iss.missing");
    strict.refuses(|_, p| remove(p, "aud"), "claim.aud.missing");
    let mut tolerant = Session::of(Some(Alg::Rs256), tolerant);
    let info = tolerant.accepts(|_, p| remove(p, "iss"));
    assert_eq!(info.relaxations(), [Relaxation::MissingUserInfoIss]);
    assert!(!info.checks().contains(&Check::Issuer) && info.checks().contains(&Check::Audience));
    let info = tolerant.accepts(|_, p| remove(p, "aud"));
    assert_eq!(info.relaxations(), [Relaxation::MissingUserInfoAud]);
    assert!(info.checks().contains(&Check::Issuer) && !info.checks().contains(&Check::Audience));
}

#[test]
fn u02_each_choice_is_about_its_own_claim() {
    let policy = Policy::default().accept_signed_user_info_without_iss();
    let mut session = Session::of(Some(Alg::Rs256), policy);
    session.refuses(|_, p| remove(p, "aud"), "claim.aud.missing");
    session.accepts(|_, p| remove(p, "iss"));
    let policy = Policy::default().insecure_accept_signed_user_info_without_aud();
    let mut session = Session::of(Some(Alg::Rs256), policy);
    session.refuses(|_, p| remove(p, "iss"), "claim.iss.missing");
    session.accepts(|_, p| remove(p, "aud"));
}

#[test]
fn u01_u02_the_subject_is_the_id_tokens() {
    let mut session = Session::signed();
    session.refuses(|_, p| p["sub"] = json!("sub-bob-90125"), "claim.sub.mismatch");
    session.refuses(|_, p| p["sub"] = json!(ALICE.to_uppercase()), "claim.sub.mismatch");
    session.refuses(|_, p| remove(p, "sub"), "claim.sub.missing");
    session.refuses(|_, p| p["sub"] = json!(1), "claim.sub.malformed");
    session.accepts(|_, _| {});
    // Nothing is bound, but all the rest holds.
    let token = session.login.tokens().access_token().clone();
    let info = session.world.run(session.client.insecure_unbound_user_info(&token)).unwrap();
    assert_eq!(info.sub(), ALICE);
    assert!(!info.checks().contains(&Check::UserInfoSubject));
    let bad = session.token(|_, p| p["aud"] = json!("es256"));
    let _ = session.answered(Some(JWT), bad);
    let unbound = session.world.run(session.client.insecure_unbound_user_info(&token));
    assert_eq!(unbound.unwrap_err().code(), "claim.aud.mismatch");
}

#[test]
fn u03_plain_json_where_a_signature_is_registered() {
    let mut session = Session::signed();
    let plain = json!({ "sub": ALICE, "email": "a@b.test" }).to_string();
    for media_type in [Some("application/json"), Some("Application/JSON; charset=utf-8"), None] {
        let result = session.answered(media_type, plain.clone());
        let error = session.refused(result, "token.not_signed");
        assert!(error.hint().unwrap().contains("userinfo_signed_response_alg"));
    }
    // The type alone does not make it one.
    let result = session.answered(Some(JWT), plain.clone());
    session.refused(result, "token.syntax");
    let mut neighbour = Session::plain();
    assert!(neighbour.answered(Some("application/json"), plain).is_ok());
    session.accepts(|_, _| {});
}

#[test]
fn u03_a_signature_where_none_is_registered() {
    let mut session = Session::plain();
    let token = session.token(|_, _| {});
    for media_type in [Some(JWT), Some("APPLICATION/jwt"), Some("application/json"), None] {
        let result = session.answered(media_type, token.clone());
        let error = session.refused(result, "token.signed");
        assert!(error.hint().unwrap().contains("userinfo_signed_response_alg"));
    }
    let unsigned = session.token(|h, _| *h = json!({ "alg": "none" }));
    let result = session.answered(Some(JWT), unsigned);
    session.refused(result, "token.signed");
    let result = session.answered(Some(JWT), "a.b.c.d.e");
    let error = session.refused(result, "token.encrypted");
    assert!(error.hint().unwrap().contains("userinfo_encrypted_response"));
    assert!(Session::signed().answered(Some(JWT), token).is_ok());
}

#[test]
fn u04_only_the_registered_algorithm() {
    let mut session = Session::signed();
    for alg in ["none", "NONE", "PS256", "ES256", "EdDSA", "HS256", "HS512", "RS384", "rs256", ""] {
        let result = session.minted(|h, _| h["alg"] = json!(alg));
        let error = session.refused(result, "token.algorithm");
        assert!(error.hint().is_some(), "{alg}");
    }
    let result = session.minted(|h, _| h["alg"] = json!("ES256"));
    let hint = session.refused(result, "token.algorithm").hint().unwrap();
    assert!(hint.contains("userinfo_signed_response_alg"), "{hint}");
    session.refuses(|h, _| remove(h, "alg"), "token.header");
    session.refuses(|h, _| h["crit"] = json!(["exp"]), "token.header");
    // Signed by somebody else under the kid of the provider's key.
    let body = session.token(|_, _| {});
    let (signed, _) = body.rsplit_once('.').unwrap();
    let other = session.token(|_, p| p["email"] = json!("other@b.test"));
    let (_, signature) = other.rsplit_once('.').unwrap();
    let result = session.answered(Some(JWT), format!("{signed}.{signature}"));
    session.refused(result, "token.signature");
    let result = session.answered(Some(JWT), format!("{signed}."));
    session.refused(result, "token.syntax");
    session.accepts(|_, _| {});
    // The ID token's algorithm is another one's.
    let mut session = Session::of(Some(Alg::Es256), Policy::default());
    session.refuses(|_, _| {}, "token.algorithm");
    session.accepts(|h, _| *h = json!({ "alg": "ES256" }));
}

#[test]
fn u05_h16_other_tokens_of_the_provider_are_no_userinfo() {
    let mut session = Session::signed();
    let id_token = session.login.id_token().raw().expose().to_owned();
    let result = session.answered(Some(JWT), id_token);
    let error = session.refused(result, "claim.nonce.unexpected");
    assert!(error.hint().unwrap().contains("ID token"));
    let (op, now) = (session.world.op.clone(), session.world.clock.now().seconds());
    let introspected = introspection_jwt(&op, Alg::Rs256, "rs256", &json!({ "sub": ALICE }), now);
    let result = session.answered(Some(JWT), introspected);
    session.refused(result, "token.header");
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let other_kinds: [(Change, &str); 14] = [
        (|h, _| h["typ"] = json!("at+jwt"), "token.header"),
        (|h, _| h["typ"] = json!("application/at+JWT"), "token.header"),
        (|h, _| h["typ"] = json!("logout+jwt"), "token.header"),
        (|h, _| h["typ"] = json!("oauth-authz-req+jwt"), "token.header"),
        (|h, _| h["typ"] = json!(""), "token.header"),
        (|h, _| h["typ"] = json!(["JWT"]), "token.header"),
        (|_, p| p["nonce"] = json!("n"), "claim.nonce.unexpected"),
        (|_, p| p["nonce"] = json!(null), "claim.nonce.unexpected"),
        (|_, p| p["at_hash"] = json!("x"), "claim.at_hash.unexpected"),
        (|_, p| p["c_hash"] = json!("x"), "claim.c_hash.unexpected"),
        (|_, p| p["typ"] = json!("ID"), "claim.typ.unexpected"),
        (|_, p| p["typ"] = json!("bearer"), "claim.typ.unexpected"),
        (|_, p| p["typ"] = json!("Logout"), "claim.typ.unexpected"),
        (
            |_, p| {
                p["scope"] = json!("openid");
                p["client_id"] = json!("rs256");
            },
            "claim.scope.unexpected",
        ),
    ];
    for (change, code) in other_kinds {
        session.refuses(change, code);
    }
    session.refuses(|_, p| p["events"] = json!({ event: {} }), "claim.events.unexpected");
    for neighbour in [
        (|h, _| h["typ"] = json!("JWT")) as Change,
        |h, _| h["typ"] = json!("application/jwt"),
        |_, p| p["events"] = json!(["a birthday"]),
        |_, p| p["events"] = json!({ "urn:x": {} }),
        |_, p| p["typ"] = json!("employee"),
        |_, p| p["scope"] = json!("openid"),
        |_, p| p["client_id"] = json!("rs256"),
        |_, p| p["auth_time"] = json!(1_799_999_000),
        |_, p| p["acr"] = json!("1"),
        |_, p| p["jti"] = json!("x"),
    ] {
        session.accepts(neighbour);
    }
    // And userinfo is no ID token: it has no nonce, and no exp.
    let info = session.token(|_, _| {});
    session.world.op.replace_id_token(move |_| info.clone());
    let finish = session.world.returned(&session.client);
    assert!(session.world.run(finish).unwrap_err().code().starts_with("claim."));
}

#[test]
fn u06_content_types() {
    let mut session = Session::signed();
    let token = session.token(|_, _| {});
    for media_type in [
        Some("application/jwt"),
        Some("Application/JWT"),
        Some("application/jwt; charset=utf-8"),
        Some(" application/jwt ;a=b"),
        // The body says what it is.
        Some("application/jose"),
        Some("application/json"),
        Some("application/octet-stream"),
        Some("text/plain;charset=UTF-8"),
        None,
    ] {
        assert!(session.answered(media_type, token.clone()).is_ok(), "{media_type:?}");
    }
    for media_type in [
        "text/html",
        "image/png",
        "application/jwtx",
        "application/at+jwt",
        "text/html; a=application/jwt",
        "text/html, application/jwt",
        "nonsense",
        "",
    ] {
        let result = session.answered(Some(media_type), token.clone());
        session.refused(result, "response.content_type");
    }
    // What only looks a little like one.
    for (body, code) in [
        ("", "token.syntax"),
        ("a.b", "token.syntax"),
        ("..", "json.syntax"),
        (".b.c", "json.syntax"),
        ("a.b.c.d", "token.syntax"),
        ("a.b.c.d.e.f", "token.syntax"),
        ("a.b c.d", "token.syntax"),
        ("a.b.\u{e9}", "token.syntax"),
        ("<html>a.b.c</html>", "token.syntax"),
        ("\"a.b.c\"", "token.syntax"),
    ] {
        let result = session.answered(None, body);
        session.refused(result, if body.starts_with('"') { "json.type" } else { "json.syntax" });
        let result = session.answered(Some(JWT), body);
        session.refused(result, code);
    }
    let result = session.answered(Some(JWT), vec![0xff, b'.', b'.']);
    session.refused(result, "response.content_type");
    for padded in [format!("{token}\n"), format!(" {token}"), format!("\"{token}\"")] {
        let result = session.answered(Some(JWT), padded);
        session.refused(result, "token.syntax");
    }
    session.accepts(|_, _| {});
}

#[test]
fn u06_errors_are_errors_in_any_type() {
    let mut session = Session::signed();
    for (status, media_type, body, code) in [
        (401, "application/json", r#"{"error":"invalid_token"}"#, "provider.error"),
        (200, "application/json", r#"{"error":"invalid_token"}"#, "provider.error"),
        (500, "text/html", "<html>", "response.status"),
        (302, JWT, "", "response.redirect"),
        (404, JWT, "a.b.c", "response.status"),
        (204, JWT, "", "response.status"),
    ] {
        session.world.op.clear_hooks();
        session.world.op.intercept("/userinfo", move |_, response| {
            response.status = status;
            response.headers = vec![("content-type".into(), media_type.into())];
            response.body = body.as_bytes().to_vec();
        });
        let result = session.read();
        session.refused(result, code);
    }
    session.world.op.clear_hooks();
    session.world.op.intercept("/userinfo", |_, response| {
        response.status = 401;
        response.headers =
            vec![("www-authenticate".into(), "Bearer error=\"invalid_token\"".into())];
        response.body.clear();
    });
    let result = session.read();
    session.refused(result, "provider.error");
    session.accepts(|_, _| {});
}

#[test]
fn u07_the_claims_are_one_object() {
    let mut session = Session::signed();
    let header = json!({ "alg": "RS256", "kid": session.world.op.kid(Alg::Rs256) }).to_string();
    let good = session.token(|_, _| {});
    let payload =
        format!(r#"{{"iss":"https://op.test","aud":"rs256","sub":"{ALICE}","email":"a@b.test"}}"#);
    let twice = payload.replace("\"email\"", "\"sub\":\"x\",\"email\"");
    let deep = payload.replace("\"a@b.test\"", &format!("{}{}", "[".repeat(40), "]".repeat(40)));
    for (payload, code) in [
        (format!("[{payload}]"), "json.type"),
        ("[]".to_owned(), "json.type"),
        ("null".to_owned(), "json.type"),
        ("\"text\"".to_owned(), "json.type"),
        (format!("{payload}{payload}"), "json.syntax"),
        (format!("{payload},"), "json.syntax"),
        ("{".to_owned(), "json.syntax"),
        (twice, "json.duplicate"),
        (deep, "json.too_deep"),
    ] {
        let token = session.world.op.mint(Alg::Rs256, &header, &payload);
        let result = session.answered(Some(JWT), token);
        session.refused(result, code);
    }
    let token = session.world.op.mint(Alg::Rs256, &header, &payload);
    assert!(session.answered(Some(JWT), token).is_ok());
    assert!(session.answered(Some(JWT), good).is_ok());
    let long = session.token(|_, p| p["email"] = json!("a".repeat(64 * 1024)));
    let result = session.answered(Some(JWT), long);
    session.refused(result, "token.too_long");
}

#[test]
fn c02_c04_c05_dates_need_not_be_there_and_are_never_wrong() {
    let mut session = Session::signed();
    let now = session.world.clock.now().seconds();
    for (name, offset, code) in [
        ("exp", -60, "claim.exp.expired"),
        ("nbf", 61, "claim.nbf.not_yet"),
        ("iat", 61, "claim.iat.not_yet"),
    ] {
        session.refuses(|_, p| p[name] = json!(now + offset), code);
        for wrong in [json!("1800000000"), json!(null), json!(true)] {
            session.refuses(|_, p| p[name] = wrong, &format!("claim.{name}.malformed"));
        }
    }
    for (name, offset) in [("exp", -59), ("nbf", 60), ("iat", 60), ("iat", -86_400)] {
        session.accepts(|_, p| p[name] = json!(now + offset));
    }
    let info = session.accepts(|_, p| {
        p["exp"] = json!(now + 1);
        p["iat"] = json!(now);
    });
    assert!([Check::Expiry, Check::IssuedAt].iter().all(|check| info.checks().contains(check)));
}

#[test]
fn u13_nothing_overrides_the_id_token() {
    let mut session = Session::signed();
    let token = session.token(|_, p| {
        p["nickname"] = json!("Mallory");
        p["acr"] = json!("urn:high");
        p["auth_time"] = json!(1);
        p["azp"] = json!("somebody");
        p["amr"] = json!(["hwk"]);
        p["sid"] = json!("another");
        p["_claim_names"] = json!({ "sub": "src1" });
        p["_claim_sources"] = json!({ "src1": { "JWT": "e30.e30." } });
    });
    let without = session.world.returned(&session.client);
    let without = session.world.run(without).unwrap();
    session.world.op.intercept("/userinfo", move |_, response| {
        response.body = token.clone().into_bytes();
    });
    let finish = session.world.returned(&session.client).with_user_info();
    let login = session.world.run(finish).unwrap();
    let info = login.user_info().unwrap();
    assert_eq!(info.claims().claim("nickname"), Ok(Some("Mallory".to_owned())));
    assert_eq!(info.sub(), ALICE);
    let id_token = login.id_token();
    for name in ["nickname", "azp", "_claim_names", "_claim_sources"] {
        assert_eq!(id_token.claims().claim::<Value>(name), Ok(None), "{name}");
    }
    assert_eq!((id_token.acr(), id_token.azp()), (without.id_token().acr(), None));
    assert_eq!(id_token.auth_time(), without.id_token().auth_time());
    assert_eq!(id_token.subject(), without.id_token().subject());
    assert_eq!(id_token.audiences(), without.id_token().audiences());
}

#[test]
fn k14_an_unknown_key_id_makes_the_set_be_read_once() {
    let mut session = Session::signed();
    session.world.op.rotate_keys();
    assert!(session.read().is_ok());
    assert_eq!(session.world.transport.requests(), ["GET /userinfo", "GET /jwks"]);
    assert!(session.read().is_ok());
    assert_eq!(session.world.transport.requests(), ["GET /userinfo"]);
    for kid in ["junk-1", "junk-2"] {
        let result = session.minted(|h, _| h["kid"] = json!(kid));
        session.refused(result, "keys.unknown");
    }
    session.accepts(|_, _| {});
    // In the midst of a login.
    let mut session = Session::signed();
    let finish = session.world.returned(&session.client).with_user_info();
    session.world.transport.clear();
    let op = session.world.op.clone();
    session.world.op.intercept("/token", move |_, _| op.rotate_keys());
    assert!(session.world.run(finish).is_ok());
    assert_eq!(session.world.transport.requests(), ["POST /token", "GET /userinfo", "GET /jwks"]);
}

#[test]
fn what_cannot_work_is_found_before_any_request() {
    let mut world = World::default();
    let public = world.registration("public").userinfo_signed_response_alg(Algorithm::HS256);
    let short = relying_party::Registration::confidential("c", "short", "https://rp.test/cb");
    let short = short.unwrap().userinfo_signed_response_alg(Algorithm::HS256);
    let provider = world.run(Client::read_provider(world.op.issuer().to_owned())).unwrap();
    world.transport.clear();
    for (registration, code) in [(public, "misuse.no_secret"), (short, "misuse.short_secret")] {
        let new = Client::new(provider.clone(), registration, crypto(), Policy::default());
        assert_eq!(new.unwrap_err().code(), code);
    }
    let good = world.registration("rs256").userinfo_signed_response_alg(Algorithm::HS256);
    assert!(Client::new(provider, good, crypto(), Policy::default()).is_ok());
    assert!(world.transport.requests().is_empty());
}
