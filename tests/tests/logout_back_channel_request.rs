//! The request by which a provider tells of a logout, and the answer to it (Back-Channel Logout 2.5 and 2.8). The token
//! in it stands in `logout_back_channel.rs`.

use std::time::Duration;

use relying_party::{
    Client, Error, Policy,
    error::Blame,
    protocol::{client_metadata::ClientMetadata, logout_answer::LogoutAnswer},
};
use relying_party_tests::{
    logout::{FORM, Site, remove},
    op::{Alg, Mischief, OpRequest},
    scenario::{World, YEAR, crypto},
};
use serde_json::Value;

const NOTHING: [&str; 0] = [];

#[test]
fn l15_what_is_posted_is_one_form_with_one_token() {
    let mut site = Site::new();
    let good = format!("logout_token={}", site.mint(|_, _| {}));
    let json = format!("{{\"{}\"}}", good.replace('=', "\":\""));
    let long = format!("{good}&x={}", "y".repeat(70_000));
    for (content_type, body, code) in [
        (FORM, format!("{good}&{good}"), "logout.duplicate"),
        (FORM, String::new(), "logout.token.missing"),
        (FORM, "logout_token=".to_owned(), "logout.token.missing"),
        (FORM, json.clone(), "logout.token.missing"),
        (FORM, format!("{good}%"), "logout.encoding"),
        (FORM, long, "logout.too_long"),
        (Some("application/json"), json, "logout.content_type"),
        (Some("text/plain"), good.clone(), "logout.content_type"),
        (None, good.clone(), "logout.content_type"),
        (FORM, "logout_token=a.b".to_owned(), "token.syntax"),
    ] {
        let flow = site.client.back_channel_logout(content_type, body.as_bytes());
        site.refused(flow, code);
    }
    let with_charset = Some("application/x-www-form-urlencoded;charset=UTF-8");
    for (content_type, body) in
        [(FORM, good.clone()), (with_charset, good.clone()), (FORM, format!("x=1&{good}&x=2&y"))]
    {
        let flow = site.client.back_channel_logout(content_type, body.as_bytes());
        site.accepted(flow);
    }
}

#[test]
fn l16_the_answer_is_200_or_400_and_is_never_kept() {
    let (good, bad) = (
        LogoutAnswer::back_channel(&Ok::<_, Error>(())),
        LogoutAnswer::back_channel(&Err::<(), _>("the store is away")),
    );
    assert_eq!((good.status(), bad.status()), (200, 400));
    for answer in [good, bad] {
        assert!(answer.headers().contains(&("cache-control", "no-store")));
        assert!(answer.headers().contains(&("content-type", "application/json")));
        serde_json::from_str::<Value>(answer.body()).unwrap();
    }
    assert_eq!(bad.body(), r#"{"error":"invalid_request"}"#);
}

#[test]
fn l16_keys_that_cannot_be_read_are_answered_400_too() {
    let mut site = Site::new();
    let (good, client) = (site.mint(|_, _| {}), site.client.clone());
    let fresh = site.world.discover("rs256", Policy::default()).unwrap();
    site.client = fresh.clone();
    site.world.op.set_mischief(Mischief::JwksUnavailable);
    let flow = site.ask(&good);
    let result = site.run(flow);
    assert_eq!(LogoutAnswer::back_channel(&result).status(), 400);
    assert_eq!(site.world.transport.requests(), ["GET /jwks"]);
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.blame()), ("response.status", Blame::Provider));
    // Where they are known, nothing is asked.
    site.client = client;
    site.accepts(|_, _| {});
    // Nor where they can be read again.
    site.client = fresh;
    site.world.op.set_mischief(None);
    site.world.clock.advance(Duration::from_secs(1));
    let flow = site.ask(&good);
    site.accepted(flow);
}

#[test]
fn l18_an_encrypted_token_is_no_signed_one() {
    let mut site = Site::new();
    let flow = site.ask("eyJhbGciOiJSU0EtT0FFUCJ9.a2V5.aXY.Y2lwaGVy.dGFn");
    site.refused(flow, "token.encrypted");
    site.accepts(|_, _| {});
}

#[test]
fn l19_a_flood_of_unknown_keys_causes_one_request() {
    let mut site = Site::new();
    site.world.clock.advance(YEAR);
    site.accepts(|_, _| {});
    site.world.transport.clear();
    let mut requests = 0;
    for number in 0..50 {
        let token = site.mint(|h, _| h["kid"] = format!("unknown-{number}").into());
        let flow = site.ask(&token);
        assert_eq!(site.run(flow).unwrap_err().code(), "keys.unknown");
        requests += site.world.transport.requests().len();
    }
    assert_eq!(requests, 1);
    site.accepts(|_, _| {});
}

#[test]
fn a_client_without_id_tokens_takes_no_logout_tokens() {
    let mut site = Site::new();
    let token = site.mint(|_, _| {});
    let client = site.world.discover("rs256", Policy::default().without_id_tokens()).unwrap();
    let body = format!("logout_token={token}");
    let flow = client.back_channel_logout(FORM, body.as_bytes());
    assert_eq!(site.run(flow).unwrap_err().code(), "misuse.no_id_tokens");
    assert_eq!(site.world.transport.requests(), NOTHING);
    site.accepts(|_, _| {});
}

#[test]
fn z03_nothing_of_a_token_is_shown() {
    let mut site = Site::new();
    let token = site.mint(|_, _| {});
    let flow = site.ask(&token);
    let shown = format!("{flow:?}");
    let received = site.run(flow).unwrap();
    let shown = format!("{shown} {received:?}");
    let shown = format!("{shown} {:?}", received.first_use(true).unwrap());
    let subject = site.login.subject().sub().to_owned();
    for secret in [token, subject, site.login.record().sid().unwrap().to_owned()] {
        assert!(!shown.contains(&secret), "{shown}");
    }
}

#[test]
fn a_registered_client_knows_what_it_was_registered_for() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    for required in [true, false] {
        let metadata = ClientMetadata::web(&["https://rp.test/cb"]).unwrap();
        let metadata = metadata
            .backchannel_logout_uri("https://rp.test/told")
            .backchannel_logout_session_required(required)
            .frontchannel_logout_uri("https://rp.test/framed")
            .frontchannel_logout_session_required(required);
        let registered = world.run(Client::register(client.metadata(), metadata)).unwrap();
        let own = registered.registration(world.clock.now()).unwrap();
        let discover = Client::discover("https://op.test", own, crypto());
        let own = world.run(discover).unwrap();
        assert_eq!(own.front_channel_logout("").is_err(), required);
        let mut site = Site::with(world, own, Alg::Rs256);
        let token = site.mint(|_, p| remove(p, "sid"));
        let flow = site.ask(&token);
        assert_eq!(site.run(flow).is_err(), required);
        site.accepts(|_, _| {});
        let logout = site.client.start_logout().id_token_hint(site.login.id_token().raw());
        let url = site.world.run(logout).unwrap().url;
        site.world.op.handle(&OpRequest::get(url), site.world.clock.now().seconds());
        let told = site.world.op.take_logouts();
        let flow = site.client.back_channel_logout(FORM, &told[0].body);
        assert_eq!(site.accepted(flow).target().sid().is_some(), required);
        world = site.world;
    }
}
