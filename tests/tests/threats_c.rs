//! Threats C01 to C10, C15 and C16: claims and times. Every claim below is well signed, so nothing but its own
//! rule refuses it. C11 stands in `threats_c_issuer.rs`; C12, C13 and C17 are in `compile_fail.rs`.

use std::time::Duration;

use relying_party::{Policy, time::UnixTime};
use relying_party_tests::{
    op::Mischief,
    scenario::{After, Scenario, YEAR},
};
use serde_json::{Value, json};

/// With this claim in the ID token.
fn with(name: &'static str, value: Value) -> Scenario {
    Scenario::new().claims(move |claims| claims[name] = value.clone())
}

/// With a time so many seconds from now.
fn at(name: &'static str, seconds: i64) -> Scenario {
    Scenario::new().claims(move |claims| {
        let now = claims["iat"].as_i64().expect("iat");
        claims[name] = (now + seconds).into();
    })
}

fn without(name: &'static str) -> Scenario {
    Scenario::new().claims(move |claims| drop(claims.as_object_mut().expect("claims").remove(name)))
}

#[track_caller]
fn refused(scenario: Scenario, code: &str) {
    scenario.run().refused(code, After::Token);
}

#[test]
fn c01_exp_is_required() {
    refused(without("exp"), "claim.exp.missing");
    refused(Scenario::new().mischief(Mischief::MissingExp), "claim.exp.missing");
    for value in [Value::Null, json!("1900000000"), json!(true), json!([1_900_000_000]), json!({})]
    {
        refused(with("exp", value), "claim.exp.malformed");
    }
    at("exp", 300).run().accepted();
}

#[test]
fn c01_iat_is_required() {
    refused(without("iat"), "claim.iat.missing");
    refused(with("iat", Value::Null), "claim.iat.malformed");
    refused(with("iat", json!("now")), "claim.iat.malformed");
    at("iat", 0).run().accepted();
}

#[test]
fn c02_the_boundary_of_exp_is_exact() {
    // RFC 7519 4.1.4: not "on or after" `exp`; a minute of leeway.
    for seconds in [-61, -60, -360] {
        refused(at("exp", seconds), "claim.exp.expired");
    }
    for seconds in [-59, -1, 0, 1, 300] {
        at("exp", seconds).run().accepted();
    }
    let none = || Policy::default().leeway(Duration::ZERO);
    for seconds in [-1, 0] {
        refused(at("exp", seconds).policy(none()), "claim.exp.expired");
    }
    at("exp", 1).policy(none()).run().accepted();
    // Fractions are cut (RFC 7519 2 allows them).
    let half = |seconds: f64| {
        Scenario::new().claims(move |claims| {
            claims["exp"] = (claims["iat"].as_f64().expect("iat") + seconds).into();
        })
    };
    refused(half(-59.5), "claim.exp.expired");
    half(-58.5).run().accepted();
}

#[test]
fn c03_the_leeway_is_bounded() {
    let generous = || Policy::default().leeway(YEAR);
    refused(Scenario::new().mischief(Mischief::ExpiredExp).policy(generous()), "claim.exp.expired");
    refused(at("exp", -300).policy(generous()), "claim.exp.expired");
    at("exp", -299).policy(generous()).run().accepted();
}

#[test]
fn c04_nbf_in_the_future() {
    refused(at("nbf", 61), "claim.nbf.not_yet");
    refused(at("nbf", 86_400), "claim.nbf.not_yet");
    refused(with("nbf", json!("soon")), "claim.nbf.malformed");
    refused(with("nbf", Value::Null), "claim.nbf.malformed");
    for seconds in [60, 0, -86_400] {
        at("nbf", seconds).run().accepted();
    }
}

#[test]
fn c05_iat_in_the_future_or_long_ago() {
    refused(at("iat", 61), "claim.iat.not_yet");
    at("iat", 60).run().accepted();
    let week_old = || Scenario::new().mischief(Mischief::IatIsWeekInPast);
    week_old().run().accepted();
    let five_minutes = || Policy::default().max_id_token_age(Duration::from_secs(300));
    refused(week_old().policy(five_minutes()), "claim.iat.expired");
    refused(at("iat", -361).policy(five_minutes()), "claim.iat.expired");
    at("iat", -360).policy(five_minutes()).run().accepted();
}

#[test]
fn c06_odd_but_consistent_lifetimes() {
    // `exp` alone decides: before `iat` it may still be good within the leeway, and a century is no fault.
    at("exp", -10).run().accepted();
    at("exp", 3_155_760_000).run().accepted();
    refused(at("exp", -100), "claim.exp.expired");
    // Beyond the year 9999 it is no date.
    for value in [json!(253_402_300_800_u64), json!(u64::MAX), json!(1e300)] {
        refused(with("exp", value), "claim.exp.malformed");
    }
    with("exp", json!(253_402_300_799_u64)).run().accepted();
    refused(with("exp", json!(i64::MIN)), "claim.exp.malformed");
    refused(with("exp", json!(-1)), "claim.exp.expired");
}

#[test]
fn c07_any_clock() {
    // 1970, 1969, the ends of 32 bits signed and unsigned, and far on.
    for now in [0, -1_000_000, 2_147_483_647, 2_147_483_648, 4_294_967_296, 250_000_000_000] {
        let clock = move |scenario: Scenario| {
            scenario.world(move |world| world.clock.set(UnixTime::from_seconds(now)))
        };
        let (login, _) = clock(Scenario::new()).run().accepted();
        assert_eq!(login.id_token().issued_at(), UnixTime::from_seconds(now));
        refused(clock(at("exp", -60)), "claim.exp.expired");
    }
}

#[test]
fn c07_a_clock_that_goes_back_during_a_login() {
    let back = |seconds: i64| {
        Scenario::new().before_callback(move |world| {
            let now = world.clock.now().seconds();
            world.clock.set(UnixTime::from_seconds(now - seconds));
        })
    };
    back(60).run().accepted();
    back(61).run().refused("callback.expired", After::Discovery);
    back(1_800_000_000).run().refused("callback.expired", After::Discovery);
}

#[test]
fn c08_shapes_of_aud() {
    for aud in [json!("rs256"), json!(["rs256"]), json!(["rs256", "rs256"])] {
        with("aud", aud).run().accepted();
    }
    for aud in [
        json!([]),
        json!([["rs256"]]),
        json!(["rs256", 7]),
        json!(["rs256", null]),
        json!({ "rs256": true }),
        json!(7),
        Value::Null,
        json!(true),
    ] {
        refused(with("aud", aud), "claim.aud.malformed");
    }
    refused(without("aud"), "claim.aud.missing");
    refused(with("aud", json!("")), "claim.aud.mismatch");
    refused(with("aud", json!([""])), "claim.aud.mismatch");
}

#[test]
fn c09_near_misses_of_aud() {
    for aud in [
        "rs25",
        "rs2566",
        "RS256",
        "rs256 ",
        " rs256",
        "s256",
        "es256",
        "rs256,es256",
        "rs256 es256",
        "rs256\0",
        "rs256/",
        "https://rs256",
        "*",
        "\u{ff52}s256",
    ] {
        refused(with("aud", json!(aud)), "claim.aud.mismatch");
        refused(with("aud", json!([aud])), "claim.aud.mismatch");
    }
    with("aud", json!("rs256")).run().accepted();
}

#[test]
fn c10_iss_is_one_string() {
    for iss in [
        json!(["https://op.test"]),
        json!(["https://evil.test", "https://op.test"]),
        json!({ "https://op.test": 1 }),
        json!(7),
        json!(true),
        Value::Null,
    ] {
        refused(with("iss", iss), "claim.iss.malformed");
    }
    refused(without("iss"), "claim.iss.missing");
    with("iss", json!("https://op.test")).run().accepted();
}

#[test]
fn c15_a_missing_claim_matches_nothing() {
    refused(without("nonce"), "claim.nonce.missing");
    refused(with("nonce", Value::Null), "claim.nonce.malformed");
    refused(with("nonce", json!("")), "claim.nonce.mismatch");
    refused(with("nonce", json!("null")), "claim.nonce.mismatch");
    refused(without("sub"), "claim.sub.missing");
    refused(with("sub", Value::Null), "claim.sub.malformed");
    refused(with("sub", json!("")), "claim.sub.malformed");
    refused(with("azp", Value::Null), "claim.azp.malformed");
    refused(with("azp", json!("")), "claim.azp.mismatch");
    refused(with("at_hash", Value::Null), "claim.at_hash.malformed");
    refused(with("at_hash", json!("")), "claim.at_hash.mismatch");
    refused(with("auth_time", Value::Null), "claim.auth_time.malformed");
    refused(with("acr", Value::Null), "claim.acr.malformed");
    // What is optional may be absent, and the login says so.
    for name in ["azp", "at_hash", "auth_time", "acr"] {
        let (login, _) = without(name).run().accepted();
        assert_eq!(login.id_token().claims().claim::<Value>(name), Ok(None), "{name}");
    }
}

#[test]
fn c15_nothing_required_comes_from_elsewhere() {
    // An empty payload, and claims under other names.
    refused(Scenario::new().claims(|claims| *claims = json!({})), "claim.iss.missing");
    refused(
        Scenario::new().claims(|claims| *claims = json!({ "claims": claims.take() })),
        "claim.iss.missing",
    );
    refused(
        Scenario::new().claims(|claims| {
            claims["Nonce"] = claims["nonce"].take();
            claims.as_object_mut().expect("claims").remove("nonce");
        }),
        "claim.nonce.missing",
    );
    with("Nonce", json!("of no account")).run().accepted();
}

#[test]
fn c16_names_that_are_special_elsewhere() {
    for name in ["__proto__", "constructor", "toString", "", "$", "iss\0", "a.b", "sub#de"] {
        let (login, _) = with(name, json!({ "sub": "another" })).run().accepted();
        assert_eq!(login.subject().sub(), "sub-alice-248289761001");
        let claim: Option<Value> = login.id_token().claims().claim(name).expect("a claim");
        assert_eq!(claim, Some(json!({ "sub": "another" })), "{name:?}");
    }
    // They stand in for nothing.
    refused(
        Scenario::new().claims(|claims| {
            claims["__proto__"] = json!({ "sub": claims["sub"] });
            claims.as_object_mut().expect("claims").remove("sub");
        }),
        "claim.sub.missing",
    );
}
