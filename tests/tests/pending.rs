//! What is kept until the browser comes back: whose it is, and what is held against it.

use relying_party::{
    Client, PendingLogin, Policy,
    flow::{
        pending_authorization::PendingAuthorization,
        start_login::{StartLogin, StartedLogin},
    },
    limits::Limits,
    protocol::{callback::Callback, id_token::Relaxation, response_type::ResponseType},
    secret::CodeVerifier,
};
use relying_party_tests::{op::base64url, scenario::World};
use sha2::{Digest, Sha256};

fn world() -> (World, Client) {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    world.transport.clear();
    (world, client)
}

const VERIFIER: &str = "fake-verifier-0123456789-0123456789-0123456789";

fn challenge() -> String {
    base64url(&Sha256::digest(VERIFIER))
}

#[test]
fn x15_a_pending_login_is_found_by_its_state() {
    let (mut world, client) = world();
    let mut pending = Vec::new();
    let mut urls = Vec::new();
    for _ in 0..3 {
        let StartedLogin { url, pending: one } = world.run(client.start_login()).expect("a start");
        urls.push(url);
        pending.push(one);
    }
    let back = world.visit(&urls[1]).callback().expect("a callback");
    let due = pending[1].state().expose().to_owned();
    let found = PendingLogin::take(&mut pending, &back).expect("the second tab's");
    assert_eq!((found.state().expose(), pending.len()), (&*due, 2));
    world.run(client.finish_login(found, back)).expect("a login");
    let again = world.visit(&urls[1]).callback().expect("a callback");
    let unknown = PendingLogin::take(&mut pending, &again).unwrap_err();
    assert_eq!((unknown.code(), pending.len()), ("callback.state.unknown", 2));
    let stateless = Callback::from_query("code=c", &Limits::default()).unwrap();
    let missing = PendingLogin::take(&mut pending, &stateless).unwrap_err();
    assert_eq!(missing.code(), "callback.state.missing");
}

#[test]
fn z01_what_waits_for_a_login_and_for_plain_oauth_do_not_mix() {
    let (mut world, client) = world();
    let login = world.run(
        client
            .start_login()
            .response_type(ResponseType::CodeIdTokenToken)
            .insecure_front_channel_access_token()
            .insecure_pkce_plain(),
    );
    let login = login.expect("a start").pending;
    let again = PendingLogin::from_bytes(&login.to_bytes()).expect("a round trip");
    assert_eq!(again.to_bytes(), login.to_bytes());
    let plain = world.run(client.start_authorization().scope("user")).expect("a start").pending;
    let again = PendingAuthorization::from_bytes(&plain.to_bytes()).expect("a round trip");
    assert_eq!(again.to_bytes(), plain.to_bytes());
    let swapped = PendingLogin::from_bytes(&plain.to_bytes()).unwrap_err();
    assert_eq!(swapped.code(), "stored.malformed");
    let swapped = PendingAuthorization::from_bytes(&login.to_bytes()).unwrap_err();
    assert_eq!(swapped.code(), "stored.malformed");
}

#[test]
fn a_relaxation_is_reported_where_it_was_used() {
    let finished = |change: fn(StartLogin) -> StartLogin| {
        let mut world = World::default();
        // The provider, too, must know of it.
        let mut config = world.op.config().clone();
        config.pkce_plain = true;
        world = World::new(config);
        let client = world.discover("rs256", Policy::default()).expect("a client");
        let StartedLogin { url, pending } =
            world.run(change(client.start_login())).expect("a start");
        let callback = world.visit(&url).callback().expect("a callback");
        let login = world.run(client.finish_login(pending, callback)).expect("a login");
        login.id_token().relaxations().to_vec()
    };
    assert_eq!(finished(|login| login), []);
    assert_eq!(finished(|login| login.insecure_pkce_plain()), [Relaxation::PkcePlain]);
    assert_eq!(finished(|login| login.insecure_without_pkce()), [Relaxation::WithoutPkce]);
    assert_eq!(finished(|login| login.insecure_without_nonce()), [Relaxation::WithoutNonce]);
    let allowed_and_not_used = finished(|login| login.insecure_front_channel_access_token());
    assert_eq!(allowed_and_not_used, []);
}

#[test]
fn i02_a_nonce_that_nobody_sent_is_refused() {
    let (mut world, client) = world();
    world.op.tamper_id_token(|_, _, claims| claims["nonce"] = "of another login".into());
    let started = world.run(client.start_login().insecure_without_nonce()).expect("a start");
    let callback = world.visit(&started.url).callback().expect("a callback");
    let error = world.run(client.finish_login(started.pending, callback)).unwrap_err();
    assert_eq!(error.code(), "claim.nonce.mismatch");
    assert_eq!(world.transport.requests(), ["GET /jwks", "POST /token"]);
}

#[test]
fn a_verifier_of_the_application_comes_with_the_callback() {
    let (mut world, client) = world();
    let mut finish = |given: Option<&str>| {
        let started = world.run(client.start_login().code_challenge(&challenge())).unwrap();
        let callback = world.visit(&started.url).callback().expect("a callback");
        let mut finish = client.finish_login(started.pending, callback);
        if let Some(text) = given {
            finish = finish.code_verifier(CodeVerifier::new(text).unwrap());
        }
        world.transport.clear();
        let result = world.run(finish).map(drop).map_err(|error| error.code());
        (result, world.transport.requests().len())
    };
    assert_eq!(finish(None), (Err("misuse.parameter"), 0));
    let other = VERIFIER.replace("fake", "same");
    assert_eq!(finish(Some(&other)), (Err("misuse.parameter"), 0));
    assert_eq!(finish(Some(VERIFIER)), (Ok(()), 2));
}
