//! The laws where answers come as tokens, where there is no login, and for what others tell.

use proptest::prelude::*;

use super::{
    among, reached,
    world::{Oracle, Report, World, judge_encrypted, judge_plain, judge_tokens, judge_told},
};

type Judge = fn(&[u8]) -> Result<Report, String>;
const JUDGES: [Judge; 4] = [judge_tokens, judge_encrypted, judge_plain, judge_told];

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn z01_every_script_keeps_every_law_of_tokens(
        script in prop::collection::vec(any::<u8>(), 0..200),
        faults in prop::collection::vec((0_usize..60, any::<u8>()), 0..5),
    ) {
        let mut few = [0; 60];
        for (at, fault) in faults {
            few[at] = fault;
        }
        for judge in JUDGES {
            prop_assert_eq!(judge(&script).err(), None);
            prop_assert_eq!(judge(&few).err(), None);
        }
    }
}

#[test]
fn an_honest_world_logs_in_with_nothing_but_tokens() {
    for judge in [judge_tokens, judge_encrypted] {
        let report = judge(&[]).unwrap();
        assert_eq!(report.ended, ["done"; 4], "discovery, start, finish, refresh");
        // Discovery, keys, code, userinfo, refresh.
        assert_eq!((report.logins, report.requests.len()), (1, 5));
    }
}

#[test]
fn an_honest_world_authorizes_and_logs_out() {
    let report = judge_plain(&[]).unwrap();
    assert_eq!(report.ended, ["done"; 5], "discovery, start, finish, logout, its end");
    assert_eq!(report.requests.len(), 2);
}

#[test]
fn honest_others_end_sessions_and_tell_claims() {
    let report = judge_told(&[]).unwrap();
    // Discovery; two logout tokens, each twice; userinfo; two sources.
    assert_eq!(report.ended, ["done"; 8]);
    // Discovery, keys, userinfo, the second source.
    assert_eq!(report.requests.len(), 4);
}

/// Each fault of the authorization response alone, and what it comes to.
#[test]
fn l6_no_code_is_spent_for_a_response_that_the_provider_did_not_sign() {
    for (faults, code) in [
        (&[0][..], "done"),
        (&[150, 0], "callback.malformed"),
        (&[150, 1], "callback.state.mismatch"),
        (&[150, 3], "claim.sub.unexpected"),
        (&[165, 0], "claim.iss.mismatch"),
        (&[165, 3], "claim.aud.mismatch"),
        (&[165, 5], "claim.exp.expired"),
        (&[190, 0], "token.algorithm"),
        (&[200, 1], "done"),
        (&[210, 9], "token.signature"),
        (&[0, 200], "callback.response.missing"),
        (&[0, 210], "callback.unexpected"),
    ] {
        let report = judge_tokens(&[&[0; BEFORE_RESPONSE][..], faults].concat()).unwrap();
        let ended = report.ended.get(2).map_or("", String::as_str);
        assert_eq!(ended, code, "{faults:?}");
        assert_eq!(spent(&report), usize::from(code == "done"), "{faults:?}");
    }
}

#[cfg(feature = "encryption")]
#[test]
fn l2_what_is_registered_as_encrypted_comes_encrypted() {
    // The response, then the ID token (before it: query, clock, userinfo, the keys, the assertion, clock, fate and claims).
    for (place, fault, code) in [
        (1, 0, "done"),
        (1, 220, "token.not_encrypted"),
        (1, 232, "token.encrypted_syntax"),
        (1, 244, "token.decryption"),
        (12, 220, "token.not_encrypted"),
        (12, 232, "token.decryption"),
        (12, 244, "token.decryption"),
    ] {
        let script = [&[0; BEFORE_RESPONSE][..], &vec![0; place][..], &[fault, 90]].concat();
        let report = judge_encrypted(&script).unwrap();
        assert_eq!(report.ended[2], code, "{place} {fault}");
        assert_eq!(spent(&report), usize::from(place > 1 || fault == 0), "{place} {fault}");
    }
}

/// The judge is not asleep: a backend that takes every signature for good breaks the laws, with scripts that an honest one
/// keeps.
#[test]
fn l2_l6_are_broken_by_a_backend_that_believes_everything() {
    let forged = [&[0; BEFORE_RESPONSE][..], &[210, 9]].concat();
    let broken = World::new(&forged, Oracle::gullible()).run_tokens(false).unwrap_err();
    assert!(broken.starts_with("law 6: a request followed"), "{broken}");
    // A logout token (before it: discovery).
    let forged = [0, 0, 0, 210, 9];
    assert_eq!(judge_told(&forged).unwrap().ended[1], "token.signature");
    let broken = World::new(&forged, Oracle::gullible()).run_told().unwrap_err();
    assert_eq!(broken, "law 2: a session was ended by nobody");
    // An aggregated claim (before it: two logout tokens, of which the first reads the keys; userinfo).
    let forged = [&[0; BEFORE_SOURCE][..], &[210, 9]].concat();
    assert_eq!(judge_told(&forged).unwrap().ended[6], "token.signature");
    let broken = World::new(&forged, Oracle::gullible()).run_told().unwrap_err();
    assert!(broken.starts_with("law 2: nobody vouched for"), "{broken}");
}

#[test]
fn l1_whatever_is_repeated_for_ever_there_is_an_end_of_tokens() {
    for honest in 0..24 {
        for answer in (0..=255).step_by(13) {
            let script = [vec![0; honest], vec![answer; 120]].concat();
            for judge in JUDGES {
                assert_eq!(judge(&script).err(), None, "{answer} after {honest}");
            }
        }
    }
}

#[test]
fn the_scripts_reach_tokens_and_what_others_tell() {
    let (seen, logins) = reached(1000, judge_tokens);
    assert!(logins > 200, "{logins}");
    among(&seen, &RESPONSES);
    let (seen, logins) = reached(1500, judge_encrypted);
    assert!(logins > 200, "{logins}");
    if cfg!(feature = "encryption") {
        among(&seen, &["token.decryption", "token.not_encrypted"]);
    }
    let (seen, _) = reached(2000, judge_plain);
    assert!(seen["done"] > 4000, "{seen:?}");
    among(&seen, &["callback.iss.mismatch", "callback.logout_state", "callback.state.mismatch"]);
    let (seen, _) = reached(4000, judge_told);
    assert!(seen["done"] > 16_000, "{seen:?}");
    among(&seen, &TOLD);
}

fn spent(report: &Report) -> usize {
    report.requests.iter().filter(|line| line.contains("code_verifier=")).count()
}

const RESPONSES: [&str; 8] = [
    "callback.response.missing",
    "callback.state.mismatch",
    "claim.aud.mismatch",
    "claim.exp.expired",
    "claim.iss.mismatch",
    "claim.nonce.unexpected",
    "signing.length",
    "token.signature",
];

const TOLD: [&str; 10] = [
    "claim.aud.untrusted",
    "claim.events.missing",
    "claim.exp.expired",
    "claim.nonce.unexpected",
    "claim.sub.mismatch",
    "claim_source.ambiguous",
    "claim_source.endpoint",
    "claim_source.origin",
    "claim_source.reserved",
    "token.signature",
];

/// Decisions before the authorization response: clock, fate and document of discovery (3); how many logins (1); the
/// remote key (1); the flipped bit (3), and that of the cookie (3).
const BEFORE_RESPONSE: usize = if cfg!(feature = "encryption") { 11 } else { 8 };
/// Before the token of a source: discovery (3); the first logout token and its clock (2), clock, fate and document of the
/// keys (3); the second (2); clock and fate of userinfo (2).
const BEFORE_SOURCE: usize = 12;
