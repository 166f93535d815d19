//! Checks of a login that an application chooses: `azp`, `kid`, the earliest `iat` and `auth_time`, `acr`.

use relying_party::{
    Client, Error, Login, Policy,
    protocol::{
        id_token::{Check, TrustedAudiences},
        relaxation::Relaxation,
        user_info::UserInfoSource,
    },
    time::UnixTime,
};
use relying_party_tests::{
    op::Mischief,
    scenario::{After, Scenario, World},
};
use serde_json::{Value, json};

/// The time of every scenario.
const NOW: i64 = 1_800_000_000;

fn with(name: &'static str, value: Value) -> Scenario {
    Scenario::new().claims(move |claims| claims[name] = value.clone())
}

fn without(name: &'static str) -> Scenario {
    Scenario::new().claims(move |claims| drop(claims.as_object_mut().unwrap().remove(name)))
}

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

#[test]
fn i11_a_foreign_azp_only_where_it_was_said() {
    let policy = |trusted| Policy::default().trusted_azp(trusted);
    let list = || TrustedAudiences::List(vec!["android".into(), "ios".into()]);
    let any = || TrustedAudiences::Predicate(std::sync::Arc::new(|azp| azp.starts_with("and")));
    let outcome = with("azp", json!("android")).run();
    let outcome = outcome.refused("claim.azp.mismatch", After::Token);
    assert!(outcome.result.unwrap_err().hint().unwrap().contains("trusted_azp"));
    for trusted in [list(), any()] {
        let (login, _) = with("azp", json!("android")).policy(policy(trusted)).run().accepted();
        let [Relaxation::TrustedAzp(azp)] = login.id_token().relaxations() else {
            panic!("{:?}", login.id_token().relaxations());
        };
        assert_eq!(azp.as_str(), "android");
        assert!(!login.id_token().checks().contains(&Check::AuthorizedParty));
        assert_eq!(login.id_token().azp(), Some("android"));
    }
    for azp in ["Android", "web", ""] {
        let scenario = with("azp", json!(azp)).policy(policy(list()));
        scenario.run().refused("claim.azp.mismatch", After::Token);
    }
    let odd = with("azp", json!(["android"])).policy(policy(list()));
    odd.run().refused("claim.azp.malformed", After::Token);
    // The audience is another matter.
    let scenario = with("aud", json!(["rs256", "android"])).policy(policy(list()));
    scenario.run().refused("claim.aud.untrusted", After::Token);
    for scenario in [with("azp", json!("rs256")), without("azp")] {
        let (login, _) = scenario.policy(policy(list())).run().accepted();
        assert!(login.id_token().relaxations().is_empty());
    }
}

/// A login and then a refresh whose ID token has other claims.
fn refreshed(
    policy: Policy,
    first: fn(&mut Value),
    second: fn(&mut Value),
) -> Result<(), &'static str> {
    let mut world = World::default();
    let client = world.discover("rs256", policy).unwrap();
    world.op.tamper_id_token(move |_, _, claims| first(claims));
    let login = world.login(&client).expect("a login");
    world.op.tamper_id_token(move |_, _, claims| second(claims));
    let token = login.tokens().refresh_token().unwrap();
    let result = world.run(client.refresh(token, &login.record()));
    result.map(|_| ()).map_err(|error| error.code())
}

#[test]
fn i29_a_trusted_azp_stays_the_same_in_a_refresh() {
    let list = TrustedAudiences::List(vec!["android".into(), "ios".into()]);
    let policy = Policy::default().trusted_azp(list);
    let android: fn(&mut Value) = |claims| claims["azp"] = json!("android");
    let ios: fn(&mut Value) = |claims| claims["azp"] = json!("ios");
    assert_eq!(refreshed(policy.clone(), android, android), Ok(()));
    assert_eq!(refreshed(policy.clone(), android, ios), Err("claim.azp.mismatch"));
    assert_eq!(refreshed(policy, android, |_| {}), Err("claim.azp.mismatch"));
}

#[test]
fn k05_without_a_key_id_every_key_that_fits_is_tried_unless_one_is_required() {
    let no_kid = || {
        Scenario::new().world(|world| {
            world.op.tamper_id_token(|_, header, _| {
                header.as_object_mut().unwrap().remove("kid");
            });
        })
    };
    no_kid().run().accepted();
    Scenario::new().mischief(Mischief::KidAbsentSingleJwks).run().accepted();
    let required = || Policy::default().require_kid();
    no_kid().policy(required()).run().refused("token.header", After::Token);
    Scenario::new().policy(required()).run().accepted();
    // An HMAC has no key to name.
    Scenario::new().client("hs256").policy(required()).run().accepted();
}

#[test]
fn c20_an_id_token_issued_before_an_instant() {
    let policy = |seconds| Policy::default().min_issued_at(at(seconds));
    Scenario::new().policy(policy(NOW)).run().accepted();
    with("iat", json!(NOW - 10)).policy(policy(NOW - 10)).run().accepted();
    // Exactly: the leeway is not added.
    let scenario = with("iat", json!(NOW - 11)).policy(policy(NOW - 10));
    scenario.run().refused("claim.iat.expired", After::Token);
    Scenario::new().policy(policy(NOW + 1)).run().refused("claim.iat.expired", After::Token);
    with("iat", json!(NOW - 100_000)).run().accepted();

    let late = Policy::default().min_issued_at(at(NOW - 10));
    assert_eq!(refreshed(late.clone(), |_| {}, |_| {}), Ok(()));
    let early: fn(&mut Value) = |claims| claims["iat"] = json!(NOW - 11);
    assert_eq!(refreshed(late, |_| {}, early), Err("claim.iat.expired"));
}

/// A login that must be of an authentication at this instant or later.
fn authenticated(change: fn(&mut Value), least: i64) -> Result<Login, Error> {
    let mut world = World::default();
    let client: Client = world.discover("rs256", Policy::default()).unwrap();
    world.op.tamper_id_token(move |_, _, claims| change(claims));
    let finish = world.returned(&client).min_auth_time(at(least)).with_user_info();
    world.transport.clear();
    let result = world.run(finish);
    let requests = world.transport.requests();
    let due: &[&str] = match result {
        Ok(_) => &["GET /jwks", "POST /token", "GET /userinfo"],
        Err(_) => &["GET /jwks", "POST /token"],
    };
    assert_eq!(requests, due);
    result
}

#[test]
fn i16_an_authentication_before_an_instant() {
    let login = authenticated(|claims| claims["auth_time"] = json!(NOW - 10), NOW - 10).unwrap();
    assert!(login.id_token().checks().contains(&Check::AuthenticationTime));
    for (change, code) in [
        ((|c| c["auth_time"] = json!(NOW - 11)) as fn(&mut Value), "claim.auth_time.expired"),
        (|c| drop(c.as_object_mut().unwrap().remove("auth_time")), "claim.auth_time.missing"),
        (|c| c["auth_time"] = json!("x"), "claim.auth_time.malformed"),
        (|c| c["auth_time"] = json!(NOW + 61), "claim.auth_time.not_yet"),
    ] {
        assert_eq!(authenticated(change, NOW - 10).unwrap_err().code(), code);
    }
    authenticated(|claims| claims["auth_time"] = json!(NOW - 100_000), 0).unwrap();
}

#[test]
fn i17_an_acr_that_the_application_accepts() {
    let policy = || Policy::default().accept_acr(|acr| acr.parse::<u8>().is_ok_and(|loa| loa >= 2));
    let (login, _) = with("acr", json!("2")).policy(policy()).run().accepted();
    assert!(login.id_token().checks().contains(&Check::AuthenticationContext));
    for (acr, code) in [
        (json!("1"), "claim.acr.mismatch"),
        (json!(""), "claim.acr.mismatch"),
        (json!(2), "claim.acr.malformed"),
        (Value::Null, "claim.acr.malformed"),
    ] {
        with("acr", acr).policy(policy()).run().refused(code, After::Token);
    }
    without("acr").policy(policy()).run().refused("claim.acr.missing", After::Token);
    without("acr").run().accepted();
    // What a login itself requires is required as well.
    let both = with("acr", json!("3")).policy(policy()).start(|start| start.require_acr(&["4"]));
    both.run().refused("claim.acr.mismatch", After::Token);

    let two: fn(&mut Value) = |claims| claims["acr"] = json!("2");
    let gone: fn(&mut Value) = |claims| drop(claims.as_object_mut().unwrap().remove("acr"));
    assert_eq!(refreshed(policy(), two, two), Ok(()));
    assert_eq!(refreshed(policy(), two, gone), Ok(()));
    let one: fn(&mut Value) = |claims| claims["acr"] = json!("1");
    assert_eq!(refreshed(policy(), two, one), Err("claim.acr.mismatch"));
    assert!(!format!("{:?}", policy()).is_empty());
}

#[test]
fn u20_claims_of_the_id_token_as_userinfo() {
    let own = || with("name", json!("Alice of the token"));
    let (_, world) = own().run().accepted();
    let finish = |mut world: World, without_endpoint: bool, of_id_token: bool| {
        if without_endpoint {
            world.op.edit("/.well-known/openid-configuration", |document| {
                document["userinfo_endpoint"] = Value::Null;
            });
        }
        let client = world.discover("rs256", Policy::default()).unwrap();
        let finish = world.returned(&client);
        world.transport.clear();
        let finish =
            if of_id_token { finish.user_info_from_id_token() } else { finish.with_user_info() };
        let login = world.run(finish).unwrap();
        let info = login.user_info().unwrap().clone();
        assert_eq!(info.sub(), login.subject().sub());
        let name = info.claims().name().unwrap().unwrap();
        let asked = world.transport.requests().contains(&"GET /userinfo".to_owned());
        let checked = login.id_token().checks().contains(&Check::UserInfoSubject);
        assert_eq!((asked, checked), (info.source() == UserInfoSource::Endpoint, asked));
        (name, info.source())
    };
    let alice = "Alice of the token".to_owned();
    let of_token = (alice, UserInfoSource::IdToken);
    let of_endpoint = ("Alice Liddell".to_owned(), UserInfoSource::Endpoint);
    let world = || {
        let world = World::new(world.op.config().clone());
        world.op.tamper_id_token(|_, _, claims| claims["name"] = json!("Alice of the token"));
        world
    };
    assert_eq!(finish(world(), true, false), of_token);
    assert_eq!(finish(world(), false, true), of_token);
    assert_eq!(finish(world(), true, true), of_token);
    let (name, source) = finish(
        {
            let world = world();
            world.op.edit("/userinfo", |document| {
                document["name"] = json!("Alice Liddell");
            });
            world
        },
        false,
        false,
    );
    assert_eq!((name, source), of_endpoint);

    // Asked for by itself, the endpoint is not replaced by anything.
    let mut world = world();
    let client = world.discover("rs256", Policy::default()).unwrap();
    let login = world.login(&client).unwrap();
    world.op.edit("/.well-known/openid-configuration", |document| {
        document["userinfo_endpoint"] = Value::Null;
    });
    let client = world.discover("rs256", Policy::default()).unwrap();
    let read = client.user_info(login.tokens().access_token(), login.subject());
    assert_eq!(world.run(read).unwrap_err().code(), "misuse.no_such_endpoint");
}
