//! Client assertions (RFC 7523, OIDC Core 9): what they say, and what a provider refuses.

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use relying_party::{
    Client, Env, Error,
    crypto::{josekit_signing_key, rustcrypto_signing_key},
    drive::drive,
    jose::{algorithm::Algorithm, signer::SigningKey},
    protocol::registration::AssertionAudience,
};
use relying_party_tests::{
    memory::TestEnv,
    op::{ed25519_private_jwk, es256_private_jwk},
    proof::{Setting, claims},
};
use serde_json::json;

#[test]
fn private_key_jwt_says_what_rfc_7523_3_wants() {
    let mut setting = Setting::default();
    let client = setting.key_client(claims());
    let now = setting.world.clock.now().seconds();
    setting.world.run(client.client_credentials()).unwrap();
    let sent = setting.last();
    let (header, payload) = sent.assertion();
    assert_eq!(header, json!({ "alg": "ES256", "kid": "client-ec" }));
    let jti = payload["jti"].as_str().unwrap();
    assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(jti).unwrap().len(), 32);
    let due = json!({
        "iss": "key-jwt", "sub": "key-jwt", "aud": "https://op.test",
        "iat": now, "exp": now + 60, "jti": jti,
    });
    assert_eq!(payload, due);
    assert_eq!(sent.one("client_id"), Some("key-jwt"));
    assert_eq!((sent.one("client_secret"), sent.authorization.as_deref()), (None, None));
}

#[test]
fn every_key_and_backend_signs_what_the_provider_takes() {
    let (ec, okp) = (es256_private_jwk().to_string(), ed25519_private_jwk().to_string());
    type Make = fn(&[u8], Algorithm) -> Result<SigningKey, Error>;
    for make in [rustcrypto_signing_key as Make, josekit_signing_key] {
        for (jwk, algorithm) in
            [(&ec, Algorithm::ES256), (&okp, Algorithm::EdDSA), (&okp, Algorithm::Ed25519)]
        {
            let mut setting = Setting::default();
            let key = make(jwk.as_bytes(), algorithm).unwrap();
            let registration = setting.registration("key-jwt").private_key_jwt(key);
            let client = setting.discover(registration).unwrap();
            setting.world.run(client.client_credentials()).unwrap();
            assert_eq!(setting.last().assertion().0["alg"], algorithm.as_str());
            setting.world.login(&client).unwrap();
        }
    }
}

#[test]
fn each_request_has_an_assertion_of_its_own() {
    let mut setting = Setting::default();
    let client = setting.key_client(claims());
    for _ in 0..3 {
        setting.world.run(client.client_credentials()).unwrap();
    }
    let login = setting.world.login(&client).unwrap();
    setting.world.run(client.revoke(login.tokens().access_token(), None)).unwrap();
    let sent = setting.sent.lock().unwrap();
    let mut jtis: Vec<_> =
        sent.iter().map(|sent| sent.assertion().1["jti"].as_str().unwrap().to_owned()).collect();
    assert_eq!(jtis.len(), 5);
    jtis.sort();
    jtis.dedup();
    assert_eq!(jtis.len(), 5, "a jti was used twice");
}

#[test]
fn the_provider_refuses_a_jti_that_comes_again() {
    let mut setting = Setting::default();
    let client = setting.key_client(claims());
    setting.world.run(client.client_credentials()).unwrap();
    let used = setting.last().one("client_assertion").unwrap().to_owned();
    let registration = setting.registration("key-jwt").client_assertion(used.clone());
    let replaying = setting.discover(registration).unwrap();
    setting.invalid_client(replaying.client_credentials());
    assert_eq!(setting.last().one("client_assertion"), Some(&*used));
}

#[test]
fn audiences() {
    let (issuer, endpoint) = ("https://op.test", "https://op.test/token");
    for (audience, due) in [
        (AssertionAudience::Issuer, json!(issuer)),
        (AssertionAudience::TokenEndpoint, json!(endpoint)),
        (AssertionAudience::IssuerAndTokenEndpoint, json!([issuer, endpoint])),
        (AssertionAudience::Exactly(issuer.to_owned()), json!(issuer)),
    ] {
        let mut setting = Setting::default();
        let client = setting.key_client(claims().audience(audience));
        setting.world.run(client.client_credentials()).unwrap();
        assert_eq!(setting.last().assertion().1["aud"], due);
    }
    let mut setting = Setting::default();
    let elsewhere = AssertionAudience::Exactly("https://other.test".to_owned());
    let client = setting.key_client(claims().audience(elsewhere));
    setting.invalid_client(client.client_credentials());
}

#[test]
fn times_are_bounded() {
    let seconds = Duration::from_secs;
    for (claims, iat, exp) in [
        (claims(), 0, 60),
        (claims().lifetime(seconds(300)), 0, 300),
        (claims().lifetime(seconds(86_400)), 0, 3600),
        (claims().lifetime(Duration::ZERO), 0, 1),
        (claims().issued_before(seconds(5)), -5, 60),
        (claims().issued_before(seconds(500)), -60, 60),
    ] {
        let mut setting = Setting::default();
        let client = setting.key_client(claims);
        let now = setting.world.clock.now().seconds();
        setting.world.run(client.client_credentials()).unwrap();
        let (_, payload) = setting.last().assertion();
        assert_eq!(
            (payload["iat"].as_i64(), payload["exp"].as_i64()),
            (Some(now + iat), Some(now + exp))
        );
    }
}

/// The library's clock, which is not the provider's.
struct Skewed(TestEnv, i64);

impl Env for Skewed {
    fn now(&mut self) -> relying_party::time::UnixTime {
        relying_party::time::UnixTime::from_millis(self.0.now().millis() + 1000 * self.1)
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.0.fill(out)
    }
}

#[test]
fn c05_a_clock_that_is_wrong_is_refused_by_the_provider() {
    let mut setting = Setting::default();
    let run = |setting: &Setting, client: &Client, skew: i64| {
        let mut env = Skewed(TestEnv::seeded(setting.world.clock.clone(), 7 + skew as u64), skew);
        drive(client.client_credentials(), &setting.world.transport, &mut env)
    };
    let client = setting.key_client(claims());
    for good in [0, -59] {
        run(&setting, &client, good).unwrap();
    }
    // Expired, or from the future.
    for bad in [-60, -3600, 1, 30] {
        assert_eq!(run(&setting, &client, bad).unwrap_err().code(), "provider.error", "{bad}");
    }
    let behind = setting.key_client(claims().issued_before(Duration::from_secs(30)));
    run(&setting, &behind, 29).unwrap();
}

#[test]
fn names_and_types_that_were_chosen() {
    let mut setting = Setting::default();
    let client = setting.key_client(claims().subject("user@example.org").issuer("team"));
    // Fit for providers that know such clients; this one does not.
    setting.invalid_client(client.client_credentials());
    let (header, payload) = setting.last().assertion();
    assert_eq!((&payload["iss"], &payload["sub"]), (&json!("team"), &json!("user@example.org")));
    assert_eq!(header.get("typ"), None);
    let client = setting.key_client(claims().explicit_type());
    setting.world.run(client.client_credentials()).unwrap();
    assert_eq!(setting.last().assertion().0["typ"], "client-authentication+jwt");
}

#[test]
fn a_key_that_is_not_the_clients_is_refused_by_the_provider() {
    let mut setting = Setting::default();
    let mut wrong = es256_private_jwk();
    // The same kid over the example key of RFC 7515 A.3.
    for (name, value) in [
        ("x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
        ("y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
        ("d", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"),
    ] {
        wrong[name] = value.into();
    }
    let key = rustcrypto_signing_key(wrong.to_string().as_bytes(), Algorithm::ES256).unwrap();
    let registration = setting.registration("key-jwt").private_key_jwt(key);
    let client = setting.discover(registration).unwrap();
    setting.invalid_client(client.client_credentials());
}

/// The same clock, entropy and deterministic key: the same bytes.
#[test]
fn l5_the_same_inputs_make_the_same_assertion() {
    let request = || {
        let mut setting = Setting::default();
        let client = setting.key_client(claims());
        setting.world.run(client.client_credentials()).unwrap();
        setting.last().form
    };
    assert_eq!(request(), request());
}

#[test]
fn a_device_polls_with_fresh_assertions() {
    let mut setting = Setting::default();
    let client = setting.key_client(claims());
    let started = setting.world.run(client.start_device_login()).unwrap();
    let asked = setting.last().assertion().1;
    assert_eq!(setting.last().path, "/device_authorization");
    // Nobody confirms: it polls until the code expires.
    let error = setting.world.run(client.poll_device_login(started.pending)).unwrap_err();
    assert_eq!(error.code(), "device.expired");
    let sent = setting.sent.lock().unwrap();
    let polls: Vec<_> = sent.iter().filter(|sent| sent.path == "/token").collect();
    assert!(polls.len() > 2);
    let mut jtis: Vec<_> = polls.iter().map(|sent| sent.assertion().1["jti"].to_string()).collect();
    jtis.push(asked["jti"].to_string());
    let made = jtis.len();
    jtis.sort();
    jtis.dedup();
    assert_eq!(jtis.len(), made);
}
