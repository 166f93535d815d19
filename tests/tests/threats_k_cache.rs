//! Threats K14 to K18: when a key set is read again, and how long it is trusted. Every request is counted, and
//! time passes only where a test lets it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use relying_party::{Client, Login, Policy, error::Error, limits::Limits};
use relying_party_tests::{
    op::{Alg, Mischief, Op, OpConfig},
    scenario::World,
};
use serde_json::json;

/// A provider, and a client that has logged in once: its key set was read just now.
fn warm(config: OpConfig) -> (World, Client) {
    let mut world = World::new(config);
    let client = world.discover("es256", Policy::default()).expect("a client");
    world.login(&client).expect("a login");
    assert_eq!(fetches(&world), 1);
    (world, client)
}

/// How often the key set was read.
fn fetches(world: &World) -> usize {
    world.op.count("/jwks")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[track_caller]
fn refused(result: Result<Login, Error>, code: &str) {
    assert_eq!(result.map(|_| ()).map_err(|error| error.code()), Err(code));
}

/// Every ID token gets a key id that nobody published, a new one each time, while the switch is on.
fn junk(world: &World) -> Arc<AtomicBool> {
    let switch = Arc::new(AtomicBool::new(true));
    let (on, count) = (switch.clone(), AtomicUsize::new(0));
    world.op.tamper_id_token(move |_, header, _| {
        if on.load(Ordering::SeqCst) {
            header["kid"] = format!("junk-{}", count.fetch_add(1, Ordering::SeqCst)).into();
        }
    });
    switch
}

#[test]
fn k14_a_thousand_junk_key_ids_at_once_cause_one_request() {
    let (mut world, client) = warm(OpConfig::default());
    let switch = junk(&world);
    for _ in 0..1000 {
        refused(world.login(&client), "keys.unknown");
    }
    assert_eq!(fetches(&world), 2);
    switch.store(false, Ordering::SeqCst);
    world.login(&client).expect("a published key");
    assert_eq!(fetches(&world), 2);
}

#[test]
fn k14_junk_over_time_causes_one_request_a_minute() {
    let (mut world, client) = warm(OpConfig::default());
    junk(&world);
    for _ in 0..1000 {
        refused(world.login(&client), "keys.unknown");
        world.clock.advance(seconds(1));
    }
    // At 0 s, 60 s, ... 960 s; no reading is due by age, since each of these renews the set.
    assert_eq!(fetches(&world), 1 + 17);
}

#[test]
fn k14_junk_does_not_disturb_real_logins() {
    let (mut world, client) = warm(OpConfig::default());
    let switch = junk(&world);
    for _ in 0..300 {
        switch.store(true, Ordering::SeqCst);
        refused(world.login(&client), "keys.unknown");
        switch.store(false, Ordering::SeqCst);
        world.login(&client).expect("a published key");
        world.clock.advance(seconds(1));
    }
    assert_eq!(fetches(&world), 1 + 5);
}

#[test]
fn k14_an_unknown_key_id_is_remembered_longer_than_the_pause() {
    let (mut world, client) = warm(OpConfig::default());
    world.op.tamper_id_token(|_, header, _| header["kid"] = "the-same".into());
    for (after, total) in [(0, 2), (61, 2), (58, 2), (1, 3)] {
        world.clock.advance(seconds(after));
        refused(world.login(&client), "keys.unknown");
        assert_eq!(fetches(&world), total, "{after}");
    }
}

#[test]
fn k14_forgotten_key_ids_still_meet_the_pause() {
    let mut limits = Limits::default();
    limits.unknown_kids = 0;
    let mut world = World::default();
    let client = world.discover("es256", Policy::default().limits(limits)).expect("a client");
    world.login(&client).expect("a login");
    world.op.tamper_id_token(|_, header, _| header["kid"] = "the-same".into());
    for (after, total) in [(0, 2), (59, 2), (1, 3)] {
        world.clock.advance(seconds(after));
        refused(world.login(&client), "keys.unknown");
        assert_eq!(fetches(&world), total, "{after}");
    }
}

#[test]
fn k15_a_removed_key_is_no_longer_trusted() {
    let (mut world, client) = warm(OpConfig::default());
    // The same seed has the same first keys: whoever stole them signs on.
    let thief = Op::new(OpConfig::default());
    assert_eq!(thief.kid(Alg::Es256), world.op.kid(Alg::Es256));
    let (stolen, kept) = (Arc::new(AtomicBool::new(false)), world.op.clone());
    let by_thief = stolen.clone();
    world.op.replace_id_token(move |parts| {
        let signer = if by_thief.load(Ordering::SeqCst) { &thief } else { &kept };
        let header = json!({ "alg": "ES256", "kid": signer.kid(Alg::Es256) });
        let claims = json!({
            "iss": signer.issuer(), "sub": parts.sub, "aud": parts.client_id, "nonce": parts.nonce,
            "iat": parts.now, "exp": parts.now + 300,
        });
        signer.mint(Alg::Es256, &header.to_string(), &claims.to_string())
    });
    stolen.store(true, Ordering::SeqCst);
    world.login(&client).expect("a key that is still published");

    world.op.rotate_keys();
    stolen.store(false, Ordering::SeqCst);
    world.login(&client).expect("the new key, read because it was not there");
    assert_eq!(fetches(&world), 2);
    stolen.store(true, Ordering::SeqCst);
    refused(world.login(&client), "keys.unknown");
    world.clock.advance(seconds(61));
    refused(world.login(&client), "keys.unknown");
    assert_eq!(fetches(&world), 3);
}

#[test]
fn k16_an_outage_costs_no_code_and_backs_off() {
    let mut world = World::default();
    let client = world.discover("es256", Policy::default()).expect("a client");
    world.op.set_mischief(Mischief::JwksUnavailable);
    let mut due = 0;
    // Twice the pause after each failure, a minute at most.
    for pause in [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000] {
        refused(world.login(&client), "response.status");
        due += 1;
        world.clock.advance(Duration::from_millis(pause - 1));
        let error = world.login(&client).expect_err("no keys");
        assert_eq!(error.code(), "keys.unavailable");
        assert!(std::error::Error::source(&error).is_some(), "its cause");
        assert_eq!(fetches(&world), due, "{pause}");
        world.clock.advance(Duration::from_millis(1));
    }
    world.op.set_mischief(None);
    world.login(&client).expect("keys again");
    assert_eq!((fetches(&world), world.op.count("/token")), (due + 1, 1));

    // The pause begins anew after a success.
    world.op.set_mischief(Mischief::JwksUnavailable);
    world.clock.advance(seconds(600));
    refused(world.login(&client), "response.status");
    world.clock.advance(seconds(1));
    refused(world.login(&client), "response.status");
    assert_eq!(world.op.count("/token"), 1);
}

#[test]
fn k16_the_login_that_met_the_outage_can_be_finished_afterwards() {
    let mut world = World::default();
    let client = world.discover("es256", Policy::default()).expect("a client");
    let started = world.run(client.start_login()).expect("a start");
    let (back, stored) = (world.visit(&started.url), started.pending.to_bytes());
    world.op.set_mischief(Mischief::JwksUnavailable);
    let finish = client.finish_login(started.pending, back.callback().expect("a callback"));
    refused(world.run(finish), "response.status");
    assert_eq!(world.op.count("/token"), 0);

    world.op.set_mischief(None);
    world.clock.advance(seconds(1));
    let pending = relying_party::PendingLogin::from_bytes(&stored).expect("the stored login");
    let finish = client.finish_login(pending, back.callback().expect("a callback"));
    world.run(finish).expect("the code was not spent");
}

#[test]
fn k16_an_outage_costs_no_refresh_token() {
    let (mut world, client) = warm(OpConfig { rotate_refresh_tokens: true, ..OpConfig::default() });
    let login = world.login(&client).expect("a login");
    let token = login.tokens().refresh_token().expect("a refresh token").clone();
    let refresh = || client.refresh(&token, &login.record());
    world.op.set_mischief(Mischief::JwksUnavailable);
    world.clock.advance(seconds(600));
    let tokens = world.op.count("/token");
    assert_eq!(world.run(refresh()).expect_err("no keys").code(), "response.status");
    assert_eq!(world.op.count("/token"), tokens);
    world.op.set_mischief(None);
    world.clock.advance(seconds(1));
    world.run(refresh()).expect("the refresh token was not spent");
}

#[test]
fn k16_garbage_instead_of_keys() {
    for (body, code) in [
        (&b"<html>"[..], "json.syntax"),
        (b"", "json.syntax"),
        (b"[]", "json.type"),
        (b"{}", "json.missing"),
        (b"{\"keys\":[],\"keys\":[]}", "json.duplicate"),
        (b"\xff\xfe{}", "json.syntax"),
    ] {
        let (mut world, client) = warm(OpConfig::default());
        world.op.intercept("/jwks", |_, answer| answer.body = body.to_vec());
        world.login(&client).expect("the set at hand is fresh");
        world.clock.advance(seconds(600));
        // Never the stale one instead.
        refused(world.login(&client), code);
        refused(world.login(&client), "keys.unavailable");
        assert_eq!((fetches(&world), world.op.count("/token")), (2, 2));
        world.op.clear_hooks();
        world.clock.advance(seconds(1));
        world.login(&client).expect("keys again");
    }
}

#[test]
fn k16_an_outage_while_the_set_is_fresh_stops_unknown_keys_alone() {
    let (mut world, client) = warm(OpConfig::default());
    let switch = junk(&world);
    world.op.set_mischief(Mischief::JwksUnavailable);
    refused(world.login(&client), "response.status");
    refused(world.login(&client), "keys.unavailable");
    switch.store(false, Ordering::SeqCst);
    world.login(&client).expect("the set at hand is fresh");
    assert_eq!(fetches(&world), 2);
}

/// For how long a set is used after it came with these headers, measured to the second.
fn lifetime(headers: &[(&str, &str)]) -> u64 {
    let mut world = World::default();
    let sent: Vec<_> = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    world.op.intercept("/jwks", move |_, answer| answer.headers.extend(sent.clone()));
    let client = world.discover("es256", Policy::default()).expect("a client");
    // Ages at which a set may end, and those just before.
    let ages = [1, 59, 60, 61, 99, 100, 119, 120, 121, 599, 600, 601, 3599, 3600, 86_399, 86_400];
    for age in ages {
        world.login(&client).expect("a login");
        let before = fetches(&world);
        world.clock.advance(seconds(age));
        world.login(&client).expect("a login");
        if fetches(&world) > before {
            return age;
        }
        // Start the next measurement from a new set.
        world.clock.advance(seconds(86_400));
    }
    panic!("for ever");
}

#[test]
fn k17_k18_the_lifetime_follows_cache_control_within_bounds() {
    for (value, due) in [
        ("max-age=120", 120),
        ("private, MAX-AGE=\"120\" , must-revalidate", 120),
        ("max-age=3600", 3600),
        ("max-age=86400", 86_400),
        // The floor.
        ("max-age=0", 60),
        ("max-age=59", 60),
        ("no-store", 60),
        ("no-cache, max-age=3600", 60),
        ("max-age=3600, No-Store", 60),
        // The ceiling.
        ("max-age=86401", 86_400),
        ("max-age=99999999999", 86_400),
        ("max-age=18446744073709551615", 86_400),
        ("max-age=99999999999999999999999999999999", 86_400),
        // Nothing was said.
        ("", 600),
        ("public", 600),
        ("max-age", 600),
        ("max-age=", 600),
        ("max-age=-1", 600),
        ("max-age=+5", 600),
        ("max-age=1e3", 600),
        ("max-age=soon", 600),
        ("s-maxage=5, x-max-age=5", 600),
    ] {
        assert_eq!(lifetime(&[("cache-control", value)]), due, "{value}");
    }
    assert_eq!(lifetime(&[]), 600);
}

#[test]
fn k17_a_revoked_key_is_trusted_no_longer_than_the_lifetime() {
    let config = OpConfig { jwks_cache_control: Some("max-age=120".into()), ..OpConfig::default() };
    let (mut world, client) = warm(config);
    // The provider withdraws the key; its holder goes on signing.
    world.op.intercept("/jwks", |_, answer| {
        answer.body = br#"{"keys":[]}"#.to_vec();
    });
    world.clock.advance(seconds(119));
    world.login(&client).expect("within the lifetime");
    world.clock.advance(seconds(1));
    refused(world.login(&client), "keys.unknown");
}

#[test]
fn k17_a_clock_that_goes_back_neither_keeps_keys_nor_locks_out() {
    let (mut world, client) = warm(OpConfig::default());
    let start = world.clock.now();
    world.clock.set(start.after(seconds(86_400)));
    world.op.set_mischief(Mischief::JwksUnavailable);
    refused(world.login(&client), "response.status");
    assert_eq!(fetches(&world), 2);
    // Set right again: neither the set nor the failure is younger than now.
    world.clock.set(relying_party::time::UnixTime::from_millis(start.millis() - 1));
    world.op.set_mischief(None);
    world.login(&client).expect("read again at once");
    assert_eq!(fetches(&world), 3);
    // Nor is the pause after junk from the future in force.
    world.clock.set(start.after(seconds(30)));
    let switch = junk(&world);
    refused(world.login(&client), "keys.unknown");
    world.clock.set(start);
    switch.store(false, Ordering::SeqCst);
    world.op.rotate_keys();
    world.login(&client).expect("the new key");
}
