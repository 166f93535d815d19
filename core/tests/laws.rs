//! The laws of the engine, for every sequence of answers:
//!
//! 1. Total: every flow ends, within six requests; one that polls, within the lifetime of its code, and a day, and
//!    with a second between two polls at least.
//! 2. No forgery: a login is done only with a token that the oracle signed for it.
//! 3. Confinement: requests go only to https origins that the issuer or its metadata named, or to the application's
//!    own resource; an access token goes where such tokens go, and nothing else with it.
//! 4. Silence: no secret occurs in what can be printed, nor in a request that is not for it.
//! 5. Determinism: the same inputs, the same requests.
//! 6. Once: a code is sent at most once, and only after an answer that fits; an assertion is sent at most once, to
//!    whom it is for.
//! 7. Round trip: what was stored comes back; a flipped bit does not.
//!
//! The judge is in `laws/world.rs`; the fuzz target `login` asks the same one. What holds without a browser is in
//! `laws/direct.rs`, and of registrations and access tokens in `laws/found.rs`. The tests of what comes as a token, and of
//! what others tell, are in `laws/of_tokens.rs`.

#[path = "laws/of_tokens.rs"]
mod of_tokens;
#[path = "laws/world.rs"]
#[allow(dead_code, unreachable_pub)]
mod world;

use std::collections::BTreeMap;

use proptest::prelude::*;
use relying_party::{
    Client, Flow, LoginRecord, PendingLogin, Policy, Step,
    flow::pending_device::PendingDeviceLogin, jose::backend::Crypto,
    protocol::response_type::ResponseType,
};
use world::{
    Oracle, Report, World, judge, judge_direct, judge_found, judge_front, judge_resource_server,
    judge_signed,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn z01_every_script_keeps_every_law(script in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(judge(&script).err(), None);
        prop_assert_eq!(judge_direct(&script).err(), None);
        prop_assert_eq!(judge_found(&script).err(), None);
        prop_assert_eq!(judge_resource_server(&script).err(), None);
    }

    /// Mostly zeros, so that most of a login is honest and the fault sits deep in it.
    #[test]
    fn z01_a_few_faults_in_an_honest_world_keep_every_law(
        faults in prop::collection::vec((0_usize..60, any::<u8>()), 0..5),
    ) {
        let mut script = [0; 60];
        for (at, fault) in faults {
            script[at] = fault;
        }
        prop_assert_eq!(judge(&script).err(), None);
        prop_assert_eq!(judge_direct(&script).err(), None);
        prop_assert_eq!(judge_signed(&script).err(), None);
        let kind = one_of_front(script.iter().map(|byte| usize::from(*byte)).sum());
        prop_assert_eq!(judge_front(kind, &script).err(), None, "{}", kind);
        prop_assert_eq!(judge_found(&script).err(), None);
        prop_assert_eq!(judge_resource_server(&script).err(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn l7_whatever_was_asked_for_survives_the_redirect(
        sub in "\\PC{1,40}",
        acr in prop::collection::vec("[a-z:/._-]{1,20}", 1..3),
        max_age in any::<Option<u64>>(),
        path in "[a-zA-Z0-9/?&=%._~+-]{0,60}",
    ) {
        let mut world = World::new(&[], Oracle::default());
        let client = world.discover().unwrap().unwrap();
        let acr: Vec<&str> = acr.iter().map(String::as_str).collect();
        let redirect_uri = format!("https://rp.test/{path}");
        let registration = client.registration().clone().also_redirect_uri(&redirect_uri).unwrap();
        let crypto = Crypto::new(Oracle::default());
        let client = Client::new(client.metadata().clone(), registration, crypto, Policy::default());
        let client = client.unwrap();
        let mut flow = client.start_login().require_sub(&sub).require_acr(&acr).redirect_uri(&redirect_uri);
        if let Some(seconds) = max_age {
            flow = flow.max_age(seconds);
        }
        let Step::Done(started) = flow.start(&mut world).unwrap() else { panic!("nothing to send") };
        let bytes = started.pending.to_bytes();
        let read = PendingLogin::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.to_bytes(), &bytes[..]);
        prop_assert!(read.state() == started.pending.state());
        prop_assert_eq!(read.created_at(), started.pending.created_at());
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(PendingLogin::from_bytes(&flipped).is_err(), "bit {}", bit);
        }
    }

    #[test]
    fn l7_whatever_a_device_asked_for_survives_a_restart(scope in "[!#-\\[\\]-~]{1,20}( [a-z]{1,9}){0,3}") {
        let mut world = World::new(&[], Oracle::default());
        let client = world.discover().unwrap().unwrap();
        let started = world.drive(client.start_device_login().scope(&scope)).unwrap().unwrap();
        let bytes = started.pending.to_bytes();
        let read = PendingDeviceLogin::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.to_bytes(), &bytes[..]);
        prop_assert_eq!(read.issuer(), started.pending.issuer());
        prop_assert_eq!(read.expires_at(), started.expires_at);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(PendingDeviceLogin::from_bytes(&flipped).is_err(), "bit {}", bit);
        }
    }

    #[test]
    fn z01_stored_bytes_of_any_kind_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let codes = ["stored.version", "stored.malformed"];
        prop_assert!(codes.contains(&PendingLogin::from_bytes(&bytes).unwrap_err().code()));
        prop_assert!(codes.contains(&LoginRecord::from_bytes(&bytes).unwrap_err().code()));
        prop_assert!(codes.contains(&PendingDeviceLogin::from_bytes(&bytes).unwrap_err().code()));
    }
}

#[test]
fn an_honest_world_logs_in() {
    let report = judge(&[]).unwrap();
    assert_eq!(report.ended, ["done"; 4], "discovery, start, finish, refresh");
    assert_eq!((report.logins, report.requests.len()), (1, 4));
}

#[test]
fn an_honest_world_needs_no_browser() {
    let report = judge_direct(&[]).unwrap();
    // Discovery, device login, userinfo, refresh; client credentials, exchange, introspection, resource, revocation.
    assert_eq!(report.ended[..10], ["done"; 10]);
    // A logout token it is not.
    assert_eq!(report.ended[10..], ["claim.events.missing"]);
    assert_eq!(report.requests.len(), 11);
    // The visitor takes a while.
    let patient = judge_direct(&[&[0; BEFORE_POLLS][..], &[7]].concat()).unwrap();
    assert_eq!(patient.ended, report.ended);
    assert_eq!(patient.requests.len(), 11 + 7);
    let never = judge_direct(&[&[0; BEFORE_POLLS][..], &[255]].concat()).unwrap();
    assert_eq!(never.ended[..3], ["done", "done", "device.expired"]);
}

#[test]
fn an_honest_world_logs_in_with_tokens_through_the_browser() {
    for kind in FRONT {
        let report = judge_front(kind, &[]).unwrap();
        assert_eq!(report.ended, ["done"; 3], "discovery, start, finish");
        let requests = if kind.has_code() { 3 } else { 2 };
        assert_eq!((report.logins, report.requests.len()), (1, requests), "{kind}");
    }
}

#[test]
fn an_honest_world_logs_in_with_signed_assertions() {
    let report = judge_signed(&[]).unwrap();
    assert_eq!(report.ended, ["done"; 4], "discovery, start, finish, refresh");
    assert_eq!((report.logins, report.requests.len()), (1, 4));
    let proofs = report.requests.iter().filter(|line| line.contains("client_assertion=")).count();
    assert_eq!(proofs, 2, "for the code and for the refresh token");
}

/// A remote key that answers otherwise than it should, and nothing is sent.
#[test]
fn l6_a_signature_of_a_wrong_length_spends_no_code() {
    for (fault, code) in [(0, "done"), (200, "signing.length"), (255, "signing.length")] {
        let report = judge_signed(&[&[0; BEFORE_SIGNATURE][..], &[fault]].concat()).unwrap();
        assert_eq!(report.ended[2], code, "{fault}");
        let sent = report.requests.iter().filter(|line| line.contains("code_verifier=")).count();
        assert_eq!(sent, usize::from(code == "done"), "{fault}");
    }
}

/// The judge is not asleep: where entropy repeats itself, so do assertions, and the sixth law says so.
#[test]
fn l6_is_broken_by_entropy_that_repeats_itself() {
    // State, nonce, verifier and code are drawn before.
    let broken = World::new(&[], Oracle::default()).run_signed_stuck(5).unwrap_err();
    assert_eq!(broken, "law 6: a jti came again");
    assert!(World::new(&[], Oracle::default()).run_signed_stuck(u64::MAX).is_ok());
}

#[test]
fn an_honest_provider_is_found_and_registered_at() {
    let report = judge_found(&[]).unwrap();
    // WebFinger, discovery; register, read, update, delete. The last has a body too much, and is done all the same.
    assert_eq!(report.ended, ["done"; 6]);
    assert_eq!(report.requests.len(), 6);
}

#[test]
fn honest_tokens_are_accepted_by_a_resource_server() {
    let report = judge_resource_server(&[]).unwrap();
    assert_eq!(report.ended, ["done"; 4], "discovery, three tokens");
    assert_eq!(report.requests.len(), 2, "the keys once");
}

/// Each fault of the browser's answer alone, and what it comes to.
#[test]
fn l2_i14_what_the_browser_changes_is_seen_before_the_code_is_spent() {
    for (fault, code) in [
        (0, "done"),
        (180, "claim.c_hash.mismatch"),
        (200, "claim.at_hash.mismatch"),
        (220, "callback.token.missing"),
        (230, "callback.token.missing"),
    ] {
        let script = [&[0; BEFORE_TOKEN_IN_FRONT][..], &[0, fault]].concat();
        let report = judge_front(ResponseType::CodeIdTokenToken, &script).unwrap();
        assert_eq!(report.ended.last().unwrap(), code, "{fault}");
        let sent = report.requests.iter().filter(|line| line.contains("code_verifier=")).count();
        assert_eq!(sent, usize::from(code == "done"), "{fault}");
    }
}

/// The same where there is no code.
#[test]
fn l2_i14_what_the_browser_changes_of_an_implicit_login_is_seen() {
    for (kind, fault, code) in [
        (ResponseType::IdTokenToken, 0, "done"),
        (ResponseType::IdTokenToken, 200, "claim.at_hash.mismatch"),
        (ResponseType::IdTokenToken, 220, "callback.token.missing"),
        (ResponseType::IdTokenToken, 230, "callback.token.missing"),
        (ResponseType::IdToken, 0, "done"),
        (ResponseType::IdToken, 230, "callback.token.missing"),
    ] {
        let script = [&[0; BEFORE_TOKEN_IN_FRONT][..], &[0, fault]].concat();
        let report = judge_front(kind, &script).unwrap();
        assert_eq!(report.ended.last().unwrap(), code, "{kind} {fault}");
    }
}

/// From some point on, everything that is asked gets the same answer.
#[test]
fn l1_whatever_is_repeated_for_ever_there_is_an_end() {
    for honest in 0..24 {
        for answer in (0..=255).step_by(6) {
            let script = [vec![0; honest], vec![answer; 120]].concat();
            assert_eq!(judge(&script).err(), None, "{answer} after {honest}");
            assert_eq!(judge_direct(&script).err(), None, "{answer} after {honest}");
            assert_eq!(judge_signed(&script).err(), None, "{answer} after {honest}");
            let kind = one_of_front(honest + usize::from(answer / 6));
            assert_eq!(judge_front(kind, &script).err(), None, "{kind} {answer} {honest}");
            assert_eq!(judge_found(&script).err(), None, "{answer} after {honest}");
            assert_eq!(judge_resource_server(&script).err(), None, "{answer} after {honest}");
        }
    }
}

/// The laws would hold for a library that refuses everything, or if no script came far. So: how far they come.
#[test]
fn the_scripts_reach_logins_and_most_refusals() {
    let (seen, logins) = reached(4000, judge);
    assert!(logins > 1000, "{logins}");
    among(
        &seen,
        &[
            "callback.expired",
            "callback.iss.mismatch",
            "callback.iss.missing",
            "callback.state.mismatch",
            "callback.state.missing",
            "claim.aud.untrusted",
            "claim.exp.expired",
            "claim.iss.mismatch",
            "claim.nonce.malformed",
            "claim.sub.mismatch",
            "json.syntax",
            "keys.unknown",
            "metadata.address",
            "metadata.issuer",
            "provider.error",
            "response.redirect",
            "response.status",
            "token.algorithm",
            "token.header",
            "token.signature",
            "transport.timeout",
            "transport.too_large",
        ],
    );
}

#[test]
fn the_scripts_reach_every_flow_without_a_browser() {
    let (seen, _) = reached(2000, judge_direct);
    assert!(seen["done"] > 10_000, "{seen:?}");
    among(
        &seen,
        &[
            "claim.at_hash.mismatch",
            "claim.nonce.mismatch",
            "claim.sub.mismatch",
            "device.expired",
            "json.missing",
            "json.syntax",
            "json.type",
            "misuse.no_such_endpoint",
            "provider.error",
            "response.address",
            "response.content_type",
            "response.redirect",
            "response.status",
            "response.token_characters",
            "response.token_type",
            "token.signature",
            "transport.timeout",
            "transport.too_large",
        ],
    );
}

#[test]
fn the_scripts_reach_signed_proofs_and_tokens_through_the_browser() {
    let (seen, logins) = reached(1000, judge_signed);
    assert!(logins > 200, "{logins}");
    among(&seen, &["done", "signing.length", "token.signature", "transport.timeout"]);
    let (seen, logins) = reached(1000, |script| judge_front(ResponseType::CodeIdToken, script));
    assert!(logins > 200, "{logins}");
    among(
        &seen,
        &[
            "callback.state.mismatch",
            "callback.token.missing",
            "claim.c_hash.mismatch",
            "claim.iss.mismatch",
            "keys.unknown",
            "token.signature",
        ],
    );
    let (seen, logins) = reached(1000, |script| judge_front(ResponseType::IdTokenToken, script));
    assert!(logins > 200, "{logins}");
    among(&seen, &["callback.token.missing", "claim.at_hash.mismatch", "token.signature"]);
}

#[test]
fn the_scripts_reach_registrations_and_access_tokens() {
    let (seen, _) = reached(2000, judge_found);
    assert!(seen["done"] > 5000, "{seen:?}");
    among(
        &seen,
        &[
            "json.syntax",
            "json.type",
            "metadata.address",
            "metadata.issuer",
            "misuse.metadata",
            "provider.error",
            "response.address",
            "response.no_issuer_link",
            "response.redirect",
            "response.registered",
            "response.status",
            "transport.timeout",
        ],
    );
    let (seen, _) = reached(4000, judge_resource_server);
    assert!(seen["done"] > 8000, "{seen:?}");
    among(
        &seen,
        &[
            "claim.aud.mismatch",
            "claim.client_id.missing",
            "claim.cnf.unexpected",
            "claim.exp.expired",
            "claim.iss.mismatch",
            "claim.scope.missing",
            "claim.sub.malformed",
            "keys.unknown",
            "token.algorithm",
            "token.header",
            "token.inactive",
            "token.signature",
            "token.syntax",
        ],
    );
}

type Seen = BTreeMap<String, usize>;

/// How flows end under this many scripts, and how many logins.
fn reached(scripts: usize, judge: fn(&[u8]) -> Result<Report, String>) -> (Seen, usize) {
    let (mut seen, mut logins, mut random) = (Seen::new(), 0, 1_u64);
    for _ in 0..scripts {
        let mut script = [0; 60];
        for _ in 0..4 {
            // Knuth's MMIX generator: the same scripts in every run.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let [at, fault, choice, ..] = random.to_be_bytes();
            let at = usize::from(at) % 59;
            (script[at], script[at + 1]) = (fault, choice);
        }
        let report = judge(&script).unwrap_or_else(|broken| panic!("{broken}: {script:?}"));
        logins += report.logins;
        report.ended.into_iter().for_each(|code| *seen.entry(code).or_default() += 1);
    }
    (seen, logins)
}

#[track_caller]
fn among(seen: &Seen, codes: &[&str]) {
    for code in codes {
        assert!(seen.contains_key(*code), "{code} is not among {seen:?}");
    }
}

/// The judge is not asleep: with a backend that takes every signature for good, a forged token is accepted, and
/// the second law says so; with an honest oracle the same script is refused.
#[test]
fn l2_is_broken_by_a_backend_that_believes_everything() {
    let forged = [&[0; BEFORE_TOKEN][..], &[0, 0, 230, 9]].concat();
    let honest = World::new(&forged, Oracle::default()).run().unwrap();
    assert_eq!(honest.ended, ["done", "done", "token.signature"]);
    let broken = World::new(&forged, Oracle::gullible()).run().unwrap_err();
    assert!(broken.starts_with("law 2: the oracle never signed"), "{broken}");

    // The same before a resource server, where the keys are read last.
    let forged = [&[0; BEFORE_ACCESS_TOKEN][..], &[240, 9]].concat();
    let honest = World::new(&forged, Oracle::default()).run_resource_server().unwrap();
    assert_eq!(honest.ended[..2], ["done", "token.signature"]);
    let broken = World::new(&forged, Oracle::gullible()).run_resource_server().unwrap_err();
    assert!(broken.starts_with("law 2: nobody vouched"), "{broken}");

    // The same in a device login: the visitor is done at once, the keys are read (3), then tokens.
    let forged = [&[0; BEFORE_POLLS + 4][..], &[0, 0, 230, 9]].concat();
    let honest = World::new(&forged, Oracle::default()).run_direct().unwrap();
    assert_eq!(honest.ended[..3], ["done", "done", "token.signature"]);
    let broken = World::new(&forged, Oracle::gullible()).run_direct().unwrap_err();
    assert!(broken.starts_with("law 2: the oracle never signed"), "{broken}");
}

/// Decisions before the token response: clock, fate and document of discovery (3); how many logins (1); the flipped
/// bit (3); callback and clock (2); userinfo (1); clock, fate and document of the keys (3).
const BEFORE_TOKEN: usize = 13;

/// Decisions before the polls of a device login: clock, fate and document of discovery (3) and of the device endpoint
/// (3); the flipped bit (2); the clock (1).
const BEFORE_POLLS: usize = 9;
/// Before a remote key signs: as before the token, without clock, fate and document of the token endpoint, which come
/// later.
const BEFORE_SIGNATURE: usize = 13;
/// Before the first access token: discovery (3).
const BEFORE_ACCESS_TOKEN: usize = 3;
/// Before the one through the browser: discovery (3) and the flipped bit (3).
const BEFORE_TOKEN_IN_FRONT: usize = 6;

/// Every login with tokens through the browser.
const FRONT: [ResponseType; 5] = [
    ResponseType::IdToken,
    ResponseType::IdTokenToken,
    ResponseType::CodeToken,
    ResponseType::CodeIdToken,
    ResponseType::CodeIdTokenToken,
];

fn one_of_front(number: usize) -> ResponseType {
    FRONT[number % FRONT.len()]
}
