//! The logout token, rule by rule (Back-Channel Logout 2.4 and 2.6), and the threats against it. The request around it
//! and the answer to it stand in `logout_back_channel_request.rs`.

use std::time::Duration;

use relying_party::{
    Client, Policy,
    protocol::{
        id_token::TrustedAudiences, logout_answer::LogoutAnswer, relaxation::Relaxation,
        replay::MemoryReplays,
    },
    time::UnixTime,
};
use relying_party_tests::{
    logout::{Change, EVENT, Site, remove},
    op::{Alg, CLIENTS, base64url},
    scenario::{World, crypto},
};
use serde_json::{Value, json};

const NOTHING: [&str; 0] = [];

#[test]
fn a_token_says_whose_session_ended() {
    for (client_id, alg) in CLIENTS {
        let mut site = Site::of(client_id, alg, Policy::default());
        let token = site.accepts(|_, p| p["an_unknown_claim"] = json!({ "deep": [null] }));
        let (target, login) = (token.target(), site.login.clone());
        assert_eq!(target.issuer(), "https://op.test");
        assert_eq!(target.sub(), Some(login.subject().sub()));
        assert_eq!(target.sid(), login.record().sid());
        assert!(login.session().is_ended_by(target), "{client_id}");
        assert_eq!((token.jti(), token.issued_at()), ("1", site.world.clock.now()));
        assert_eq!(token.expires_at(), Some(UnixTime::from_seconds(1_800_000_120)));
        assert!(token.relaxations().is_empty());
        assert_eq!(site.world.transport.requests(), NOTHING);
    }
}

#[test]
fn l08_only_the_registered_algorithm_is_taken() {
    for (client_id, alg) in CLIENTS {
        let mut site = Site::of(client_id, alg, Policy::default());
        site.accepts(|_, _| {});
        let others = [Alg::None, Alg::Rs256, Alg::Ps256, Alg::Es256, Alg::EdDsa, Alg::Hs256];
        for other in others.into_iter().filter(|other| *other != alg) {
            let kid = site.world.op.kid(other);
            site.refuses(
                |header, _| {
                    header["alg"] = other.name().into();
                    header["kid"] = kid.into();
                },
                "token.algorithm",
            );
        }
        let token = site.mint(|_, _| {});
        let (signed, _) = token.rsplit_once('.').unwrap();
        let flow = site.ask(&format!("{signed}.{}", base64url(&[1; 64])));
        site.refused(flow, "token.signature");
    }
}

#[test]
fn l09_the_event_is_there_and_is_an_object() {
    let mut site = Site::new();
    let cases: [(Change, &str); 8] = [
        (|_, p| remove(p, "events"), "claim.events.missing"),
        (|_, p| p["events"] = json!({}), "claim.events.mismatch"),
        (|_, p| p["events"] = json!({ "http://other.test": {} }), "claim.events.mismatch"),
        (|_, p| p["events"] = json!([EVENT]), "claim.events.malformed"),
        (|_, p| p["events"] = json!(EVENT), "claim.events.malformed"),
        (|_, p| p["events"] = json!({ EVENT: null }), "claim.events.malformed"),
        (|_, p| p["events"] = json!({ EVENT: "" }), "claim.events.malformed"),
        (|_, p| p["events"] = json!({ EVENT: [] }), "claim.events.malformed"),
    ];
    for (change, code) in cases {
        let error = site.refuses(change, code);
        assert!(error.hint().unwrap().contains("ID token"));
    }
    for change in
        [(|_, p| p["events"] = json!({ EVENT: {}, "http://other.test": 7 })) as Change, |_, p| {
            p["events"] = json!({ EVENT: { "a": 1 } })
        }]
    {
        site.accepts(change);
    }
}

#[test]
fn l10_an_id_token_is_no_logout_token() {
    let mut site = Site::new();
    let raw = site.login.id_token().raw().clone();
    let flow = site.ask(raw.expose());
    site.refused(flow, "claim.events.missing");
    for nonce in [json!("n"), json!(""), json!(null), json!({})] {
        site.refuses(|_, p| p["nonce"] = nonce, "claim.nonce.unexpected");
    }
    site.accepts(|_, p| remove(p, "nonce"));
}

/// RFC 8725 3.12: a refresh is where no nonce tells an ID token from a logout token.
#[test]
fn h16_a_logout_token_is_no_id_token() {
    let mut site = Site::new();
    let refresh = |site: &mut Site, header: Value, events: Value| {
        let op = site.world.op.clone();
        site.world.op.replace_id_token(move |parts| {
            let claims = json!({
                "iss": op.issuer(), "aud": parts.client_id, "sub": parts.sub, "jti": "1",
                "iat": parts.now, "exp": parts.now + 120, "events": events,
            });
            op.mint(Alg::Rs256, &header.to_string(), &claims.to_string())
        });
        let token = site.login.tokens().refresh_token().unwrap().clone();
        site.world.transport.clear();
        let refreshed = site.world.run(site.client.refresh(&token, &site.login.record()));
        assert_eq!(site.world.transport.requests(), ["POST /token"]);
        refreshed.map(drop).map_err(|error| error.code())
    };
    let kid = site.world.op.kid(Alg::Rs256);
    let untyped = json!({ "alg": "RS256", "kid": kid });
    let typed = json!({ "alg": "RS256", "kid": kid, "typ": "logout+jwt" });
    let (logout, other) = (json!({ EVENT: {} }), json!({ "http://other.test": {} }));
    let is_logout = Err("claim.events.unexpected");
    assert_eq!(refresh(&mut site, untyped.clone(), logout), is_logout);
    assert_eq!(refresh(&mut site, untyped.clone(), json!({ EVENT: null })), is_logout);
    assert_eq!(refresh(&mut site, typed, other.clone()), Err("token.header"));
    assert_eq!(refresh(&mut site, untyped, other), Ok(()));
}

#[test]
fn l11_somebody_is_named() {
    let mut site = Site::new();
    let cases: [(Change, &str); 7] = [
        (
            |_, p| {
                remove(p, "sub");
                remove(p, "sid");
            },
            "claim.sub.missing",
        ),
        (|_, p| p["sub"] = json!(""), "claim.sub.malformed"),
        (|_, p| p["sub"] = json!(null), "claim.sub.malformed"),
        (|_, p| p["sid"] = json!(""), "claim.sid.malformed"),
        (|_, p| p["sid"] = json!(7), "claim.sid.malformed"),
        (|_, p| p["sid"] = json!("x".repeat(1025)), "claim.sid.malformed"),
        (|_, p| p["sub"] = json!("x".repeat(256)), "claim.sub.malformed"),
    ];
    for (change, code) in cases {
        site.refuses(change, code);
    }
    let session = site.login.session();
    for (change, ends) in [
        ((|_, p| remove(p, "sub")) as Change, true),
        (|_, p| remove(p, "sid"), true),
        (|_, p| p["sid"] = json!("x".repeat(1024)), false),
        (|_, p| p["sid"] = json!("unknown"), false),
        (|_, p| p["sub"] = json!("bob"), false),
        (|_, p| p["sub"] = json!("x".repeat(255)), false),
    ] {
        // A session that is unknown here is no failure of the provider's.
        let token = site.accepts(change);
        assert_eq!(session.is_ended_by(token.target()), ends);
    }
}

#[test]
fn l11_a_client_registered_for_sid_gets_one() {
    let mut world = World::default();
    let own = world.registration("rs256").backchannel_logout_session_required();
    let discover = Client::discover("https://op.test", own, crypto());
    let client = world.run(discover).unwrap();
    let mut site = Site::with(world, client, Alg::Rs256);
    site.refuses(|_, p| remove(p, "sid"), "claim.sid.missing");
    site.accepts(|_, p| remove(p, "sub"));
}

#[test]
fn l12_each_date_and_the_name_are_there_and_in_order() {
    let mut site = Site::new();
    let cases: [(Change, &str); 14] = [
        (|_, p| remove(p, "iat"), "claim.iat.missing"),
        (|_, p| p["iat"] = json!("1800000000"), "claim.iat.malformed"),
        (|_, p| p["iat"] = json!(1_800_000_061), "claim.iat.not_yet"),
        (|_, p| p["iat"] = json!(1_799_999_339), "claim.iat.expired"),
        (|_, p| remove(p, "exp"), "claim.exp.missing"),
        (|_, p| p["exp"] = json!(null), "claim.exp.malformed"),
        (|_, p| p["exp"] = json!(1_799_999_940), "claim.exp.expired"),
        (|_, p| p["nbf"] = json!(1_800_000_061), "claim.nbf.not_yet"),
        (|_, p| p["nbf"] = json!(null), "claim.nbf.malformed"),
        (|_, p| remove(p, "jti"), "claim.jti.missing"),
        (|_, p| p["jti"] = json!(""), "claim.jti.malformed"),
        (|_, p| p["jti"] = json!(1), "claim.jti.malformed"),
        (|_, p| p["jti"] = json!("x".repeat(1025)), "claim.jti.malformed"),
        (|_, p| p["jti"] = json!(["1"]), "claim.jti.malformed"),
    ];
    for (change, code) in cases {
        site.refuses(change, code);
    }
    for good in [
        (|_, p| p["iat"] = json!(1_800_000_060)) as Change,
        |_, p| p["iat"] = json!(1_799_999_340),
        |_, p| p["exp"] = json!(1_799_999_941),
        |_, p| p["exp"] = json!(1_900_000_000),
        |_, p| p["nbf"] = json!(1_800_000_060),
        |_, p| p["jti"] = json!("x".repeat(1024)),
    ] {
        site.accepts(good);
    }
}

#[test]
fn l12_how_old_a_token_may_be_is_a_choice() {
    let mut site = Site::new();
    let old = site.mint(|_, p| p["iat"] = json!(1_799_999_000));
    let flow = site.ask(&old);
    site.refused(flow, "claim.iat.expired");
    let flow = site.ask(&old).max_age(Duration::from_secs(1000));
    site.accepted(flow);
    let flow = site.ask(&old).max_age(Duration::ZERO);
    site.refused(flow, "claim.iat.expired");
}

#[test]
fn l12_a_token_without_an_end_ends_by_its_age_and_is_reported() {
    let mut site = Site::new();
    let endless = site.mint(|_, p| remove(p, "exp"));
    let flow = site.ask(&endless).accept_missing_exp();
    let token = site.accepted(flow);
    assert_eq!(
        (token.expires_at(), token.relaxations()),
        (None, &[Relaxation::MissingLogoutTokenExp][..])
    );
    let good = site.mint(|_, _| {});
    let flow = site.ask(&good).accept_missing_exp();
    assert!(site.accepted(flow).relaxations().is_empty());
    let expired = site.mint(|_, p| p["exp"] = json!(1_799_999_940));
    let flow = site.ask(&expired).accept_missing_exp();
    site.refused(flow, "claim.exp.expired");
    site.world.clock.advance(Duration::from_secs(661));
    // So that the keys are fresh again.
    site.accepts(|_, _| {});
    let flow = site.ask(&endless).accept_missing_exp();
    site.refused(flow, "claim.iat.expired");
}

#[test]
fn l12_a_token_is_taken_once() {
    let mut site = Site::new();
    let replays = MemoryReplays::new();
    let (token, other) = (site.mint(|_, _| {}), site.mint(|_, p| p["jti"] = json!("2")));
    let take = |site: &mut Site, token: &str| {
        let flow = site.ask(token);
        let result = site.run(flow).unwrap().check_replay(&replays);
        assert_eq!(site.world.transport.requests(), NOTHING);
        let status = LogoutAnswer::back_channel(&result).status();
        (status, result.err().map(|error| error.code()))
    };
    assert_eq!(take(&mut site, &token), (200, None));
    assert_eq!(take(&mut site, &token), (400, Some("logout.replay")));
    assert_eq!(take(&mut site, &other), (200, None));
    site.world.clock.advance(Duration::from_secs(179));
    assert_eq!(take(&mut site, &token), (400, Some("logout.replay")));

    let flow = site.ask(&token);
    let received = site.run(flow).unwrap();
    assert_eq!((received.issuer(), received.jti()), ("https://op.test", "1"));
    // 120 s, the leeway, and what is left of the last second.
    assert_eq!(received.remember_until(), UnixTime::from_seconds(1_800_000_181));
    assert_eq!(received.first_use(false).unwrap_err().code(), "logout.replay");
    let flow = site.ask(&token);
    assert!(site.run(flow).unwrap().first_use(true).unwrap().relaxations().is_empty());
    let flow = site.ask(&token);
    let unchecked = site.run(flow).unwrap().insecure_without_replay_check();
    assert_eq!(unchecked.relaxations(), [Relaxation::WithoutReplayCheck]);
    site.world.clock.advance(Duration::from_secs(1));
    let flow = site.ask(&token);
    site.refused(flow, "claim.exp.expired");
}

#[test]
fn l13_the_token_is_from_this_provider_and_for_this_client() {
    let mut site = Site::new();
    let cases: [(Change, &str); 8] = [
        (|_, p| p["iss"] = json!("https://op.test/"), "claim.iss.mismatch"),
        (|_, p| p["iss"] = json!(null), "claim.iss.malformed"),
        (|_, p| remove(p, "iss"), "claim.iss.missing"),
        (|_, p| p["aud"] = json!("es256"), "claim.aud.mismatch"),
        (|_, p| p["aud"] = json!(["es256", "RS256"]), "claim.aud.mismatch"),
        (|_, p| p["aud"] = json!(["rs256", "es256"]), "claim.aud.untrusted"),
        (|_, p| p["aud"] = json!([]), "claim.aud.malformed"),
        (|_, p| remove(p, "aud"), "claim.aud.missing"),
    ];
    for (change, code) in cases {
        site.refuses(change, code);
    }
    site.accepts(|_, p| p["aud"] = json!(["rs256"]));
    let trusted = TrustedAudiences::List(vec!["es256".to_owned()]);
    let mut site = Site::of("rs256", Alg::Rs256, Policy::default().trusted_audiences(trusted));
    let token = site.accepts(|_, p| p["aud"] = json!(["es256", "rs256"]));
    assert!(
        matches!(token.relaxations(), [Relaxation::TrustedAudience(other)] if other.as_str() == "es256")
    );
}

#[test]
fn l14_tokens_of_other_types_are_refused() {
    let mut site = Site::new();
    for typ in
        [json!("at+jwt"), json!("logout"), json!(""), json!(["logout+jwt"]), json!("dpop+jwt")]
    {
        site.refuses(|h, _| h["typ"] = typ, "token.header");
    }
    let untyped: [Change; 2] = [|h, _| remove(h, "typ"), |h, _| h["typ"] = json!("JWT")];
    let typed: [Change; 2] =
        [|h, _| h["typ"] = json!("Logout+JWT"), |h, _| h["typ"] = json!("application/logout+jwt")];
    for change in untyped.iter().chain(&typed) {
        site.accepts(change);
    }
    for change in untyped {
        let token = site.mint(change);
        let flow = site.ask(&token).require_typ();
        site.refused(flow, "token.header");
    }
    for change in typed {
        let token = site.mint(change);
        let flow = site.ask(&token).require_typ();
        site.accepted(flow);
    }
}
