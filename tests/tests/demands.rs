//! What a login demands never vanishes: contradictions and demands that could not be checked are refused before the
//! browser is sent away.

use relying_party::{
    Login, Policy,
    flow::start_login::{StartLogin, StartedLogin},
};
use relying_party_tests::{
    op::{Op, OpConfig},
    scenario::World,
};
use serde_json::json;

fn start(change: impl FnOnce(StartLogin) -> StartLogin) -> Result<StartedLogin, &'static str> {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    world.transport.clear();
    let started = world.run(change(client.start_login()));
    assert!(world.transport.requests().is_empty());
    started.map_err(|error| error.code())
}

fn logged_in(world: &mut World) -> Login {
    let client = world.discover("rs256", Policy::default()).expect("a client");
    world.login(&client).expect("a login")
}

fn claims(value: serde_json::Value) -> serde_json::Map<String, serde_json::Value> {
    value.as_object().expect("an object").clone()
}

#[test]
fn i15_i17_i18_what_claims_would_demand_has_a_method_that_checks_it() {
    for demand in [
        json!({"acr": {"essential": true}}),
        json!({"auth_time": {"essential": true}}),
        json!({"sub": {"value": "somebody"}}),
    ] {
        let claims = claims(json!({ "id_token": demand }));
        assert_eq!(start(|login| login.claims(claims)).err(), Some("misuse.parameter"));
    }
    let harmless =
        claims(json!({"id_token": {"acr": null}, "userinfo": {"email": {"essential": true}}}));
    assert!(start(|login| login.claims(harmless)).is_ok());
    assert!(
        start(|login| login.require_acr(&["gold"]).max_age(60).require_sub("somebody")).is_ok()
    );
}

#[test]
fn i17_a_demand_for_none_of_an_empty_list_is_a_mistake() {
    assert_eq!(start(|login| login.require_acr(&[])).err(), Some("misuse.parameter"));
    assert_eq!(start(|login| login.require_acr(&["a b"])).err(), Some("misuse.parameter"));
    assert!(start(|login| login.require_acr(&["a", "b"])).is_ok());
}

#[test]
fn i18_a_hint_of_another_provider_goes_nowhere() {
    let mut other = World::new(OpConfig::with_issuer("https://other.test"));
    let hint = logged_in(&mut other).id_token().clone();
    assert_eq!(start(|login| login.id_token_hint(&hint)).err(), Some("misuse.other_client"));

    let mut same = World::default();
    let hint = logged_in(&mut same).id_token().clone();
    let own = start(|login| login.id_token_hint(&hint)).expect("its own provider");
    assert!(own.url.query_pairs().any(|(name, _)| name == "id_token_hint"));
    let contradiction = start(|login| login.id_token_hint(&hint).require_sub("somebody else"));
    assert_eq!(contradiction.err(), Some("misuse.parameter"));
}

#[test]
fn q03_no_parameter_twice_not_even_beside_those_of_the_endpoint() {
    let started = |name: &'static str| {
        let mut world = World::default();
        let op: Op = world.op.clone();
        op.edit("/.well-known/openid-configuration", |document| {
            document["authorization_endpoint"] = json!("https://op.test/authorize?tenant=7");
        });
        let client = world.discover("rs256", Policy::default()).expect("a client");
        world.run(client.start_login().parameter(name, "8")).map_err(|error| error.code())
    };
    assert_eq!(started("tenant").err(), Some("misuse.parameter"));
    assert_eq!(started("state").err(), Some("misuse.parameter"));
    let url = started("hd").expect("another name").url;
    assert!(url.query().is_some_and(|query| query.starts_with("tenant=7&")));
}

#[test]
fn a_refresh_without_a_token_endpoint_sends_nothing() {
    let mut world = World::default();
    let login = logged_in(&mut world);
    let refresh_token = login.tokens().refresh_token().expect("a refresh token").clone();
    let op = world.op.clone();
    op.edit("/.well-known/openid-configuration", |document| {
        document["token_endpoint"] = json!(null);
    });
    let client = world.discover("rs256", Policy::default()).expect("a client");
    world.transport.clear();
    let refused = world.run(client.refresh(&refresh_token, &login.record())).unwrap_err();
    assert_eq!(refused.code(), "misuse.no_such_endpoint");
    assert!(world.transport.requests().is_empty());
    assert!(login.record().scope().contains("openid"));
}
