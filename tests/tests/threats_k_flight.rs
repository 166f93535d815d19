//! Threats K16, K19 and K24: several logins at once, several providers, and a key request that fails on its way.
//! The machines are stepped by hand, so that every interleaving is the test's own.

use std::time::Duration;

use relying_party::drive::Transport as _;
use relying_party::{
    Client, Flow, Policy, Step,
    drive::drive,
    error::{FailureKind, Purpose},
    flow::{Exchange, Pause, finish_login::FinishLogin},
};
use relying_party_tests::{
    memory::Failing,
    op::{Alg, OpConfig},
    scenario::World,
};

fn cold() -> (World, Client) {
    // Codes outlive every pause here.
    let mut world = World::new(OpConfig { code_ttl: 600, ..OpConfig::default() });
    let client = world.discover("es256", Policy::default()).expect("a client");
    (world, client)
}

#[track_caller]
fn asks(step: Step<FinishLogin>, purpose: Purpose) -> Exchange<FinishLogin> {
    match step {
        Step::Send(exchange) => {
            assert_eq!(exchange.request().purpose(), purpose);
            exchange
        }
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn waits(step: Step<FinishLogin>) -> Pause<FinishLogin> {
    match step {
        Step::Wait(pause) => pause,
        other => panic!("{other:?}"),
    }
}

/// Starts a login that is back from the browser.
fn start(world: &mut World, client: &Client) -> Step<FinishLogin> {
    world.returned(client).start(&mut world.env).expect("a step")
}

/// Sends what a machine asks for.
fn answer(
    world: &mut World,
    exchange: Exchange<FinishLogin>,
) -> Result<Step<FinishLogin>, relying_party::Error> {
    let outcome = world.transport.send(exchange.request());
    exchange.resume(outcome, &mut world.env)
}

/// Lets a pause pass.
fn pass(
    world: &mut World,
    pause: Pause<FinishLogin>,
) -> Result<Step<FinishLogin>, relying_party::Error> {
    world.clock.advance(pause.duration());
    pause.resume(&mut world.env)
}

/// Runs a machine to its end.
fn finish(world: &mut World, mut step: Step<FinishLogin>) -> Result<(), relying_party::Error> {
    loop {
        step = match step {
            Step::Send(exchange) => answer(world, exchange)?,
            Step::Wait(pause) => pass(world, pause)?,
            Step::Done(_) => return Ok(()),
            other => panic!("{other:?}"),
        };
    }
}

#[test]
fn k24_one_request_for_all_who_need_keys() {
    let (mut world, client) = cold();
    let first = asks(start(&mut world, &client), Purpose::Keys);
    let mut others: Vec<_> = (0..10).map(|_| waits(start(&mut world, &client))).collect();
    // Waiting goes on for as long as the request takes.
    others = others.into_iter().map(|pause| waits(pass(&mut world, pause).unwrap())).collect();
    assert_eq!(world.op.count("/jwks"), 0);

    let first = asks(answer(&mut world, first).unwrap(), Purpose::Token);
    for pause in others {
        let step = Step::Send(asks(pass(&mut world, pause).unwrap(), Purpose::Token));
        finish(&mut world, step).expect("a login");
    }
    finish(&mut world, Step::Send(first)).expect("a login");
    assert_eq!((world.op.count("/jwks"), world.op.count("/token")), (1, 11));
}

#[test]
fn k24_a_login_that_is_given_up_gives_its_turn_back() {
    let (mut world, client) = cold();
    let first = asks(start(&mut world, &client), Purpose::Keys);
    let second = waits(start(&mut world, &client));
    let third = waits(start(&mut world, &client));
    drop(first);
    let second = asks(pass(&mut world, second).unwrap(), Purpose::Keys);
    let third = waits(pass(&mut world, third).unwrap());
    // Dropping one who waits changes nothing.
    drop(third);
    assert_eq!(world.op.count("/jwks"), 0);
    finish(&mut world, Step::Send(second)).expect("a login");
    world.login(&client).expect("a login");
    assert_eq!(world.op.count("/jwks"), 1);
}

#[test]
fn k24_k16_those_who_wait_share_the_failure() {
    let (mut world, client) = cold();
    let first = asks(start(&mut world, &client), Purpose::Keys);
    let second = waits(start(&mut world, &client));
    world.op.set_mischief(relying_party_tests::op::Mischief::JwksUnavailable);
    assert_eq!(answer(&mut world, first).unwrap_err().code(), "response.status");
    let error = pass(&mut world, second).unwrap_err();
    assert_eq!(error.code(), "keys.unavailable");
    let cause = std::error::Error::source(&error).expect("a cause").to_string();
    assert!(cause.contains("500"), "{cause}");
    assert_eq!((world.op.count("/jwks"), world.op.count("/token")), (1, 0));
    // The neighbour: a second later, with the provider in order, the same way leads in.
    world.op.set_mischief(None);
    world.clock.advance(Duration::from_secs(1));
    world.login(&client).expect("a login");
}

/// Waits until something else comes, and says for how long.
fn outwait(
    world: &mut World,
    mut pause: Pause<FinishLogin>,
) -> (Result<Step<FinishLogin>, relying_party::Error>, Duration) {
    let from = world.clock.now();
    loop {
        match pass(world, pause) {
            Ok(Step::Wait(next)) => pause = next,
            other => return (other, world.clock.now().since(from)),
        }
    }
}

#[test]
fn k24_a_login_that_hangs_is_replaced() {
    let (mut world, client) = cold();
    let stuck = asks(start(&mut world, &client), Purpose::Keys);
    let waiting = waits(start(&mut world, &client));
    let (step, waited) = outwait(&mut world, waiting);
    // Longer than a request and its repetition may take.
    assert!(waited >= Duration::from_secs(60), "{waited:?}");
    let second = asks(step.unwrap(), Purpose::Keys);
    let third = waits(start(&mut world, &client));
    // The one that was given up for lost wakes: it goes on with what it got, and the turn stays the other's.
    let stuck = asks(answer(&mut world, stuck).unwrap(), Purpose::Token);
    let third = waits(pass(&mut world, third).unwrap());
    let second = asks(answer(&mut world, second).unwrap(), Purpose::Token);
    for step in [Step::Send(stuck), Step::Send(second), Step::Wait(third)] {
        finish(&mut world, step).expect("a login");
    }
    assert_eq!((world.op.count("/jwks"), world.op.count("/token")), (2, 3));
}

#[test]
fn k24_waiting_has_an_end_and_it_is_no_unknown_key() {
    let (mut world, client) = cold();
    let stuck = asks(start(&mut world, &client), Purpose::Keys);
    let mut first = waits(start(&mut world, &client));
    let mut second = waits(start(&mut world, &client));
    // Both look again and again; the first one finds the turn free, and hangs too.
    let stuck_too = loop {
        match pass(&mut world, first).unwrap() {
            Step::Wait(pause) => first = pause,
            step => break asks(step, Purpose::Keys),
        }
        second = waits(second.resume(&mut world.env).unwrap());
    };
    let (step, _) = outwait(&mut world, second);
    assert_eq!(step.unwrap_err().code(), "keys.unavailable");
    // No code was spent.
    assert_eq!((world.op.count("/jwks"), world.op.count("/token")), (0, 0));
    drop(stuck);
    finish(&mut world, Step::Send(stuck_too)).expect("late, but a login");
}

#[test]
fn k24_a_pause_that_ends_too_early_goes_on() {
    let (mut world, client) = cold();
    let first = asks(start(&mut world, &client), Purpose::Keys);
    let pause = waits(start(&mut world, &client));
    let whole = pause.duration();
    world.clock.advance(whole / 4);
    let rest = waits(pause.resume(&mut world.env).unwrap());
    assert_eq!(rest.duration(), whole - whole / 4);
    // A clock that went back ends it, and the other's turn, so that neither can take hours.
    world.clock.set(relying_party::time::UnixTime::from_seconds(1_799_999_990));
    let second = asks(rest.resume(&mut world.env).unwrap(), Purpose::Keys);
    finish(&mut world, Step::Send(second)).expect("a login");
    finish(&mut world, Step::Send(first)).expect("a login");
}

#[test]
fn k24_k14_a_rotation_while_logins_run_costs_one_request_and_no_login() {
    let (mut world, client) = cold();
    world.login(&client).expect("a login");
    // Ten logins stand before the token endpoint when the keys change.
    let steps: Vec<_> = (0..10).map(|_| asks(start(&mut world, &client), Purpose::Token)).collect();
    world.op.rotate_keys();
    let mut steps = steps.into_iter().map(|exchange| answer(&mut world, exchange).unwrap());
    let first = asks(steps.next().expect("the first"), Purpose::Keys);
    let others: Vec<_> = steps.map(waits).collect();
    finish(&mut world, Step::Send(first)).expect("a login");
    for pause in others {
        finish(&mut world, Step::Wait(pause)).expect("a login");
    }
    assert_eq!((world.op.count("/jwks"), world.op.count("/token")), (2, 11));
}

#[test]
fn k14_a_rotation_right_after_a_reading_that_was_due() {
    let (mut world, client) = cold();
    // The key set is read, and replaced before the ID token is signed: twice in a row, ten minutes apart.
    for round in 1..=2 {
        let keys = asks(start(&mut world, &client), Purpose::Keys);
        let token = asks(answer(&mut world, keys).unwrap(), Purpose::Token);
        world.op.rotate_keys();
        finish(&mut world, Step::Send(token)).expect("a login");
        assert_eq!(world.op.count("/jwks"), 2 * round);
        world.clock.advance(Duration::from_secs(600));
    }
}

/// A provider whose keys have no key id, and whose tokens name none.
fn without_kids(world: &World) {
    world.op.set_mischief(relying_party_tests::op::Mischief::KidAbsentSingleJwks);
}

#[test]
fn k14_a_rotation_without_key_ids() {
    let (mut world, client) = cold();
    without_kids(&world);
    world.login(&client).expect("a login");
    world.op.rotate_keys();
    world.login(&client).expect("read again, since the keys at hand did not fit");
    assert_eq!(world.op.count("/jwks"), 2);
    world.login(&client).expect("a login");
    assert_eq!(world.op.count("/jwks"), 2);
}

#[test]
fn k14_bad_signatures_without_key_ids_cause_one_request_a_minute() {
    let (mut world, client) = cold();
    without_kids(&world);
    world.login(&client).expect("a login");
    let good = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let signer = good.clone();
    world.op.replace_id_token({
        let op = world.op.clone();
        move |parts| {
            let claims = serde_json::json!({
                "iss": op.issuer(), "sub": parts.sub, "aud": parts.client_id,
                "nonce": parts.nonce, "iat": parts.now, "exp": parts.now + 300,
            });
            let token = op.mint(Alg::Es256, r#"{"alg":"ES256"}"#, &claims.to_string());
            if signer.load(std::sync::atomic::Ordering::SeqCst) {
                return token;
            }
            let (signed, _) = token.rsplit_once('.').expect("three parts");
            format!("{signed}.{}", relying_party_tests::op::base64url(&[1; 64]))
        }
    });
    for second in 0..300 {
        assert_eq!(world.login(&client).unwrap_err().code(), "token.signature");
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(world.op.count("/jwks"), 2 + second / 60);
    }
    good.store(true, std::sync::atomic::Ordering::SeqCst);
    let before = world.op.count("/jwks");
    world.login(&client).expect("a good one among them");
    assert_eq!(world.op.count("/jwks"), before);
}

#[test]
fn k19_clients_of_two_issuers_share_no_key() {
    // The same key id and even the same address at both, but different keys.
    let provider = |issuer: &str, seed| {
        let world = World::new(OpConfig { seed, ..OpConfig::with_issuer(issuer) });
        world.op.edit("/.well-known/openid-configuration", |metadata| {
            metadata["jwks_uri"] = "https://keys.test/jwks".into();
        });
        let kid = world.op.kid(Alg::Es256);
        world.op.intercept("/jwks", move |_, answer| {
            let set = String::from_utf8(answer.body.clone()).expect("text");
            answer.body = set.replace(&kid, "shared").into_bytes();
        });
        world.op.tamper_id_token(|_, header, _| header["kid"] = "shared".into());
        world
    };
    let (mut a, mut b) = (provider("https://a.test", 1), provider("https://b.test", 2));
    let at_a = a.discover("es256", Policy::default()).expect("a client");
    let at_b = b.discover("es256", Policy::default()).expect("a client");
    a.login(&at_a).expect("a login at a");
    b.login(&at_b).expect("a login at b");
    assert_eq!((a.op.count("/jwks"), b.op.count("/jwks")), (1, 1));

    // Signed by a, in everything else as b would say it.
    let signer = a.op.clone();
    b.op.replace_id_token(move |parts| {
        let claims = serde_json::json!({
            "iss": "https://b.test", "sub": parts.sub, "aud": parts.client_id,
            "nonce": parts.nonce, "iat": parts.now, "exp": parts.now + 300,
        });
        signer.mint(Alg::Es256, r#"{"alg":"ES256","kid":"shared"}"#, &claims.to_string())
    });
    assert_eq!(b.login(&at_b).unwrap_err().code(), "token.signature");
    assert_eq!(b.op.count("/userinfo"), 0);
}

#[test]
fn k19_each_client_keeps_its_own_keys() {
    let (mut world, one) = cold();
    let other = world.discover("es256", Policy::default()).expect("a client");
    world.login(&one).expect("a login");
    world.login(&other).expect("a login");
    assert_eq!(world.op.count("/jwks"), 2);
    // A clone is the same client.
    world.login(&one.clone()).expect("a login");
    assert_eq!(world.op.count("/jwks"), 2);
}

#[test]
fn k16_a_key_request_is_repeated_once_after_a_passing_failure() {
    use FailureKind::{Connect, Other, Timeout, Tls, TooLarge};
    for (failures, requests, verdict) in [
        (&[Timeout][..], 2, Ok(())),
        (&[Connect], 2, Ok(())),
        (&[Other], 2, Ok(())),
        (&[Timeout, Connect], 2, Err("transport.connect")),
        (&[Connect, Timeout], 2, Err("transport.timeout")),
        // These would fail again.
        (&[Tls], 1, Err("transport.tls")),
        (&[TooLarge], 1, Err("transport.too_large")),
    ] {
        let (mut world, client) = cold();
        let way = Failing::new(&world.transport, "/jwks", failures);
        let finish = world.returned(&client);
        let result = drive(finish, &way, &mut world.env);
        assert_eq!(result.map(|_| ()).map_err(|error| error.code()), verdict, "{failures:?}");
        let read = way.attempts().iter().filter(|path| *path == "/jwks").count();
        assert_eq!(read, requests, "{failures:?}");
        assert_eq!(world.op.count("/token"), usize::from(verdict.is_ok()), "{failures:?}");
    }
}

#[test]
fn k16_two_failures_in_a_row_count_as_one_outage() {
    let (mut world, client) = cold();
    let way = Failing::new(&world.transport, "/jwks", &[FailureKind::Connect; 2]);
    let login = |world: &mut World| {
        let finish = world.returned(&client);
        drive(finish, &way, &mut world.env).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(login(&mut world), Err("transport.connect"));
    assert_eq!(login(&mut world), Err("keys.unavailable"));
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(login(&mut world), Ok(()));
}
