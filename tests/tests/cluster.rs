//! Several servers of one application: what one of them started, another finishes from bytes.

use std::time::Duration;

use relying_party::{
    Client, Error, Login, LoginRecord, PendingLogin, Policy,
    error::{Blame, CallbackProblem, ErrorKind},
    flow::start_login::StartedLogin,
    secret::RefreshToken,
};
use relying_party_tests::{
    memory::TestEnv,
    op::OpConfig,
    scenario::{Return, World},
};

const NOTHING: [&str; 0] = [];

/// A server of its own: nothing is shared with another one but the provider and the time.
fn server(world: &mut World, client_id: &str) -> Client {
    world.discover(client_id, Policy::default()).unwrap()
}

/// Starts a login at `client`: what the browser comes back with, and what its session keeps.
fn start(world: &mut World, client: &Client) -> (Return, Vec<u8>) {
    let StartedLogin { url, pending } = world.run(client.start_login().scope("email")).unwrap();
    let back = world.visit(&url);
    world.transport.clear();
    (back, pending.to_bytes())
}

fn finish(
    world: &mut World,
    client: &Client,
    back: &Return,
    stored: &[u8],
) -> Result<Login, Error> {
    let pending = PendingLogin::from_bytes(stored)?;
    world.run(client.finish_login(pending, back.callback()?).with_user_info())
}

/// Refused with this code, and nothing was sent.
#[track_caller]
fn refused(world: &World, result: Result<Login, Error>, code: &str) -> Error {
    let error = result.expect_err("accepted");
    assert_eq!(error.code(), code, "{error}");
    assert_eq!(world.transport.requests(), NOTHING);
    error
}

#[test]
fn a_login_started_at_one_server_is_finished_at_another() {
    let mut world = World::default();
    let (one, other) = (server(&mut world, "rs256"), server(&mut world, "rs256"));
    let (back, stored) = start(&mut world, &one);
    drop(one);
    let login = finish(&mut world, &other, &back, &stored).unwrap();
    assert_eq!(login.subject().sub(), "sub-alice-248289761001");
    assert_eq!(world.transport.requests(), ["GET /jwks", "POST /token", "GET /userinfo"]);
}

#[test]
fn x02_two_servers_cannot_both_finish_one_login() {
    let mut world = World::default();
    let (one, other) = (server(&mut world, "rs256"), server(&mut world, "rs256"));
    let (back, stored) = start(&mut world, &one);
    finish(&mut world, &one, &back, &stored).unwrap();
    world.transport.clear();
    // Bytes can be copied, unlike the value; the provider knows its codes.
    let error = finish(&mut world, &other, &back, &stored).unwrap_err();
    assert_eq!((error.code(), error.blame()), ("provider.error", Blame::Visitor));
    assert_eq!(world.transport.requests(), ["GET /jwks", "POST /token"]);
}

#[test]
fn x03_a_login_is_finished_with_the_client_of_its_own_issuer() {
    let mut honest = World::default();
    let mut other = World::new(OpConfig::with_issuer("https://other.test"));
    let (client, other_client) = (server(&mut honest, "rs256"), server(&mut other, "rs256"));
    let (back, stored) = start(&mut honest, &client);
    other.transport.clear();

    let result = finish(&mut other, &other_client, &back, &stored);
    let error = refused(&other, result, "callback.other_client");
    match error.kind() {
        ErrorKind::Callback(CallbackProblem::OtherClient(comparison)) => {
            assert_eq!(comparison.expected.as_str(), "https://other.test");
            assert_eq!(comparison.actual.as_str(), "https://op.test");
        }
        unexpected => panic!("{unexpected:?}"),
    }
    assert_eq!(error.blame(), Blame::Configuration);
    // The stored login says which of them it is.
    let pending = PendingLogin::from_bytes(&stored).unwrap();
    assert_eq!(pending.issuer(), client.metadata().issuer().as_str());
    finish(&mut honest, &client, &back, &stored).unwrap();
}

#[test]
fn x03_a_response_of_another_issuer_does_not_finish_a_login() {
    let mut honest = World::default();
    let mut other = World::new(OpConfig::with_issuer("https://other.test"));
    let (client, other_client) = (server(&mut honest, "rs256"), server(&mut other, "rs256"));
    // Both streams of entropy begin alike, so that even `state` fits.
    let (back, stored) = start(&mut honest, &client);
    let (other_back, _) = start(&mut other, &other_client);
    let result = finish(&mut honest, &client, &other_back, &stored);
    refused(&honest, result, "callback.iss.mismatch");
    finish(&mut honest, &client, &back, &stored).unwrap();
}

#[test]
fn i13_a_login_is_finished_with_its_own_client_of_a_provider() {
    let mut world = World::default();
    let (client, other) = (server(&mut world, "rs256"), server(&mut world, "public"));
    let (back, stored) = start(&mut world, &client);
    let result = finish(&mut world, &other, &back, &stored);
    refused(&world, result, "callback.other_client");
    finish(&mut world, &client, &back, &stored).unwrap();
}

#[test]
fn x14_two_tabs_finish_in_any_order_and_never_for_each_other() {
    let mut world = World::default();
    let client = server(&mut world, "rs256");
    let (first, first_stored) = start(&mut world, &client);
    let (second, second_stored) = start(&mut world, &client);
    let result = finish(&mut world, &client, &first, &second_stored);
    refused(&world, result, "callback.state.mismatch");
    let result = finish(&mut world, &client, &second, &first_stored);
    refused(&world, result, "callback.state.mismatch");

    // As a session does: the pending login whose state the callback bears.
    let session = [first_stored, second_stored];
    for back in [second, first] {
        let callback = back.callback().unwrap();
        let mut of_callback = session.iter().filter(|stored| {
            let pending = PendingLogin::from_bytes(stored).unwrap();
            callback.state() == Some(pending.state())
        });
        let stored = of_callback.next().unwrap();
        finish(&mut world, &client, &back, stored).unwrap();
        assert_eq!(of_callback.count(), 0);
    }
}

#[test]
fn x14_a_login_of_another_browser_is_refused() {
    let mut world = World::default();
    let client = server(&mut world, "rs256");
    let (_, victim) = start(&mut world, &client);
    world.env = TestEnv::seeded(world.clock.clone(), 7);
    let (attacker_back, attacker) = start(&mut world, &client);
    let result = finish(&mut world, &client, &attacker_back, &victim);
    refused(&world, result, "callback.state.mismatch");
    finish(&mut world, &client, &attacker_back, &attacker).unwrap();
}

#[test]
fn n16_changed_and_cut_bytes_are_refused() {
    let mut world = World::default();
    let client = server(&mut world, "rs256");
    let (back, stored) = start(&mut world, &client);
    for at in 1..stored.len() {
        let mut changed = stored.clone();
        changed[at] ^= 1;
        for bytes in [&changed[..], &stored[..at]] {
            let error = PendingLogin::from_bytes(bytes).unwrap_err();
            assert_eq!((error.code(), error.blame()), ("stored.malformed", Blame::Visitor), "{at}");
        }
    }
    for (bytes, code) in [(&[][..], "stored.malformed"), (&[9; 99], "stored.version")] {
        assert_eq!(PendingLogin::from_bytes(bytes).unwrap_err().code(), code);
        assert_eq!(LoginRecord::from_bytes(bytes).unwrap_err().code(), code);
    }
    let login = finish(&mut world, &client, &back, &stored).unwrap();
    // One kind of bytes is not taken for the other.
    let record = login.record().to_bytes();
    assert_eq!(PendingLogin::from_bytes(&record).unwrap_err().code(), "stored.malformed");
    assert_eq!(LoginRecord::from_bytes(&stored).unwrap_err().code(), "stored.malformed");
    assert_eq!(PendingLogin::from_bytes(&stored).unwrap().to_bytes(), stored);
    assert_eq!(LoginRecord::from_bytes(&record).unwrap().to_bytes(), record);
}

#[test]
fn a_login_expires_wherever_it_is_finished() {
    let mut world = World::default();
    let (one, other) = (server(&mut world, "rs256"), server(&mut world, "rs256"));
    let (back, stored) = start(&mut world, &one);
    world.clock.advance(Duration::from_millis(600_001));
    let result = finish(&mut world, &other, &back, &stored);
    refused(&world, result, "callback.expired");

    // A server whose clock is behind takes part within the leeway.
    let (back, stored) = start(&mut world, &one);
    let started = world.clock.now();
    let behind = |seconds: i64| {
        relying_party::time::UnixTime::from_millis(started.millis() - seconds * 1000)
    };
    world.clock.set(behind(61));
    let result = finish(&mut world, &other, &back, &stored);
    refused(&world, result, "callback.expired");
    world.clock.set(behind(60));
    finish(&mut world, &other, &back, &stored).unwrap();
}

#[test]
fn g02_a_refresh_after_a_restart_is_held_against_the_first_login() {
    let mut world = World::default();
    let client = server(&mut world, "rs256");
    let (back, stored) = start(&mut world, &client);
    let login = finish(&mut world, &client, &back, &stored).unwrap();
    // All that a restart leaves.
    let record = login.record().to_bytes();
    let refresh_token = login.tokens().refresh_token().unwrap().expose().to_owned();
    drop((client, login));

    world.clock.advance(Duration::from_secs(86_400));
    let client = server(&mut world, "rs256");
    world.transport.clear();
    let record = LoginRecord::from_bytes(&record).unwrap();
    let refresh_token = RefreshToken::new(refresh_token).unwrap();
    let refreshed = world.run(client.refresh(&refresh_token, &record)).unwrap();
    assert_eq!(refreshed.id_token().unwrap().subject(), record.subject());
    // Keys first: a refresh token may be good only once.
    assert_eq!(world.transport.requests(), ["GET /jwks", "POST /token"]);

    world.op.tamper_id_token(|_, _, claims| claims["sub"] = "sub-bob-90125".into());
    world.transport.clear();
    let error = world.run(client.refresh(&refresh_token, &record)).unwrap_err();
    assert_eq!(error.code(), "claim.sub.mismatch");
    assert_eq!(world.transport.requests(), ["POST /token"]);
}

#[test]
fn g02_a_record_of_another_client_or_issuer_refreshes_nothing() {
    let mut world = World::default();
    let mut elsewhere = World::new(OpConfig::with_issuer("https://other.test"));
    let client = server(&mut world, "rs256");
    let (back, stored) = start(&mut world, &client);
    let login = finish(&mut world, &client, &back, &stored).unwrap();
    let record = LoginRecord::from_bytes(&login.record().to_bytes()).unwrap();
    let refresh_token = login.tokens().refresh_token().unwrap();

    let other_client = server(&mut world, "public");
    let other_issuer = server(&mut elsewhere, "rs256");
    for (world, client) in [(&mut world, other_client), (&mut elsewhere, other_issuer)] {
        world.transport.clear();
        let error = world.run(client.refresh(refresh_token, &record)).unwrap_err();
        assert_eq!((error.code(), error.blame()), ("misuse.other_client", Blame::Configuration));
        assert_eq!(world.transport.requests(), NOTHING);
    }
    world.run(client.refresh(refresh_token, &record)).unwrap();
}
