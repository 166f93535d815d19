//! Threats J14 to J19, J25 and J28: numbers that saturate, wrap, lose digits, or are no numbers.

use std::time::Duration;

use proptest::prelude::*;
use relying_party::{Policy, json::Number, time::UnixTime};
use relying_party_tests::scenario::{After, Scenario, set_member};

const DATES: [(&str, &str); 4] = [
    ("exp", "claim.exp.malformed"),
    ("nbf", "claim.nbf.malformed"),
    ("iat", "claim.iat.malformed"),
    ("auth_time", "claim.auth_time.malformed"),
];

/// Of the clock of every scenario.
const NOW: i64 = 1_800_000_000;
const LEEWAY: i64 = 60;
/// 9999-12-31T23:59:59Z
const LAST: i64 = 253_402_300_799;

fn login() -> Scenario {
    Scenario::new().client("eddsa")
}

#[test]
fn j14_dates_beyond_all_bounds() {
    for (claim, code) in DATES {
        for text in ["1e308", "-1e308", "1.7976931348623157e308", "1e300", "1e19", "-1e19"] {
            login().claim(claim, text).run().refused(code, After::Token);
        }
        let digits = format!("1{}", "0".repeat(308));
        login().claim(claim, digits).run().refused(code, After::Token);
        // These are no finite numbers at all.
        for text in ["1e999", "-1e999", "1e99999999999", &"9".repeat(310)] {
            login().claim(claim, text).run().refused("json.syntax", After::Token);
        }
    }
    login().claim("exp", "18000003e2").run().accepted();
}

proptest! {
    #[test]
    fn j14_no_float_saturates_or_wraps(bits: u64) {
        let float = f64::from_bits(bits);
        let seconds = Number::Float(float).seconds();
        if float.is_finite() && float.floor().abs() <= LAST as f64 {
            prop_assert_eq!(seconds.map(|seconds| seconds as f64), Some(float.floor()));
        } else if float.is_nan() {
            // JSON cannot say it; should it ever come about, it is no far future.
            prop_assert!(seconds.is_none_or(|seconds| seconds <= 0));
        } else {
            prop_assert_eq!(seconds, None);
        }
    }

    #[test]
    fn j18_no_integer_saturates_or_wraps(unsigned: u64, negative in i64::MIN..0) {
        let due = i64::try_from(unsigned).ok().filter(|seconds| *seconds <= LAST);
        prop_assert_eq!(Number::Unsigned(unsigned).seconds(), due);
        let due = (negative >= -LAST).then_some(negative);
        prop_assert_eq!(Number::Negative(negative).seconds(), due);
    }
}

#[test]
fn j15_a_date_of_another_type_is_not_absent() {
    for (claim, code) in DATES {
        for text in ["\"1800000300\"", "\"\"", "true", "false", "[]", "[1800000300]", "{}", "null"]
        {
            login().claim(claim, text).run().refused(code, After::Token);
        }
        // The JSON library's own way of wrapping a number is no number on the wire.
        let wrapped = r#"{"$serde_json::private::Number":"1800000300"}"#;
        login().claim(claim, wrapped).run().refused(code, After::Token);
        login().claim(claim, "1800000000").run().accepted();
    }
}

#[test]
fn j16_fractions_are_rounded_down() {
    let exp = |text: &str| login().claim("exp", text).run();
    // Expired at the very second that the whole number would be.
    exp("1799999940.999").refused("claim.exp.expired", After::Token);
    exp("1.79999994e9").refused("claim.exp.expired", After::Token);
    exp("1799999941.001").accepted();
    exp("1.799999941E9").accepted();
    for claim in ["exp", "nbf", "iat", "auth_time"] {
        login().claim(claim, "1800000000.5").run().accepted();
        login().claim(claim, "1.8e9").run().accepted();
    }
    login().claim("iat", "1800000061.0").run().refused("claim.iat.not_yet", After::Token);
    login().claim("nbf", "1800000061.0").run().refused("claim.nbf.not_yet", After::Token);
}

#[test]
fn j17_dates_at_and_before_the_epoch() {
    let strict = || login().policy(Policy::default().max_id_token_age(Duration::from_secs(600)));
    for text in ["-1", "-0", "0", "-0.0", "-0.5", "1e-400", "-253402300799"] {
        login().claim("exp", text).run().refused("claim.exp.expired", After::Token);
        strict().claim("iat", text).run().refused("claim.iat.expired", After::Token);
        // No rule bounds their age here, and nothing wraps into the future.
        login().claim("iat", text).run().accepted();
        login().claim("nbf", text).run().accepted();
    }
    strict().run().accepted();
}

#[test]
fn j18_dates_beyond_the_year_9999() {
    for (claim, code) in DATES {
        for text in [
            "253402300800",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "-253402300800",
            "-9223372036854775808",
            "-9223372036854775809",
        ] {
            login().claim(claim, text).run().refused(code, After::Token);
        }
    }
    // Past 2038 and 2106 time goes on.
    for text in ["2147483648", "4294967296", "253402300799", "253402300799.9"] {
        let (login, _) = login().claim("exp", text).run().accepted();
        let due = text.split('.').next().unwrap().parse();
        assert_eq!(due, Ok(login.id_token().expires_at().seconds()));
    }
}

#[test]
fn j19_any_clock_and_any_date() {
    let clocks =
        [i64::MIN, -LAST * 1000, -1, 0, NOW * 1000, LAST * 1000 + 999, i64::MAX - 999, i64::MAX];
    let dates = [-LAST, -1, 0, NOW, LAST - 1, LAST];
    let (mut accepted, mut expired, mut not_yet) = (0, 0, 0);
    for millis in clocks {
        for (exp, iat) in dates.iter().flat_map(|exp| dates.iter().map(move |iat| (*exp, *iat))) {
            let outcome = login()
                .world(move |world| world.clock.set(UnixTime::from_millis(millis)))
                .id_token_octets(move |_, payload| {
                    set_member(payload, "exp", &exp.to_string());
                    set_member(payload, "iat", &iat.to_string());
                    set_member(payload, "auth_time", "0");
                })
                .run();
            let now = i128::from(millis.div_euclid(1000));
            if now >= i128::from(exp + LEEWAY) {
                outcome.refused("claim.exp.expired", After::Token);
                expired += 1;
            } else if i128::from(iat) > now + i128::from(LEEWAY) {
                outcome.refused("claim.iat.not_yet", After::Token);
                not_yet += 1;
            } else {
                outcome.accepted();
                accepted += 1;
            }
        }
    }
    assert!(accepted > 20 && expired > 20 && not_yet > 20, "{accepted} {expired} {not_yet}");
}

#[test]
fn j19_any_leeway_and_any_age() {
    for seconds in [0, 1, u64::MAX / 2, u64::MAX] {
        let span = Duration::from_secs(seconds);
        let policy =
            Policy::default().leeway(span).max_id_token_age(span.max(Duration::from_secs(1)));
        login().policy(policy.clone()).run().accepted();
        let old = login().policy(policy).claim("exp", "0");
        old.run().refused("claim.exp.expired", After::Token);
    }
}

#[test]
fn j25_shapes_of_expires_in() {
    let expires_in = |text: &'static str| {
        login().body("/token", move |body| set_member(body, "expires_in", text)).run()
    };
    for (text, seconds) in [
        ("null", None),
        ("0", Some(0)),
        ("-0", Some(0)),
        ("3600", Some(3600)),
        ("3600.9", Some(3600)),
        ("\"3600\"", Some(3600)),
        ("\" 3600 \"", Some(3600)),
        // Expired, and never in the past of the response.
        ("-1", Some(0)),
        ("-1e308", Some(0)),
        ("\"-9223372036854775809\"", Some(0)),
        // A hundred years are enough for everybody.
        ("1e20", Some(3_155_760_000)),
        ("18446744073709551615", Some(3_155_760_000)),
        ("1e308", Some(3_155_760_000)),
    ] {
        let (login, _) = expires_in(text).accepted();
        let due = seconds.map(|seconds| NOW + seconds);
        assert_eq!(login.tokens().expires_at().map(UnixTime::seconds), due, "{text}");
    }
    for text in
        ["true", "[]", "{}", "[3600]", "\"\"", "\"soon\"", "\"NaN\"", "\"inf\"", "\"1e999\""]
    {
        expires_in(text).refused("json.type", After::Token);
    }
    expires_in("1e999").refused("json.syntax", After::Token);
    let missing = |body: &mut Vec<u8>| {
        let text = String::from_utf8(body.clone()).unwrap();
        *body = text.replace("\"expires_in\":3600,", "").into();
        assert!(body.len() < text.len());
    };
    let (login, _) = login().body("/token", missing).run().accepted();
    assert_eq!(login.tokens().expires_at(), None);
}

#[test]
fn j28_large_numbers_keep_their_digits() {
    let text = "[9007199254740993,18446744073709551615,-9223372036854775808]";
    let (login, _) = login().claim("ids", text).run().accepted();
    let claims = login.id_token().claims();
    let ids = claims.claim::<(u64, u64, i64)>("ids").unwrap();
    assert_eq!(ids, Some((9_007_199_254_740_993, u64::MAX, i64::MIN)));
    assert!(claims.as_json().contains(text));
    // What fits no integer is an error for who asks for one, and still there as text.
    let huge = "[18446744073709551616,0.30000000000000004,123456789012345678901234567890]";
    let (login, _) = Scenario::new().client("eddsa").claim("ids", huge).run().accepted();
    assert!(login.id_token().claims().claim::<Vec<u64>>("ids").is_err());
    assert!(login.id_token().claims().as_json().contains(huge));
}
