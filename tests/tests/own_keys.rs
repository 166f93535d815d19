//! The client's own keys against a provider: what is published is what it takes, before, in and after a change of keys
//! (OIDC Core 10.1.1); and a login that waits in a sealed cookie.
#![cfg(feature = "josekit")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use relying_party::{
    Client, Env, PendingLogin, Registration,
    crypto::{RsaSize, josekit, josekit_generate_signing_key, rustcrypto_generate_signing_key},
    flow::start_login::StartedLogin,
    jose::{algorithm::Algorithm, client_keys::ClientKeys, signer::SigningKey},
    time::UnixTime,
};
use relying_party_tests::{
    memory::{Clock, TestEnv},
    op::{OpConfig, es256_private_jwk},
    proof::{Setting, ec_key},
    registering::{Registering, web},
    scenario::crypto,
};
use serde_json::Value;

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3600);

fn made(seed: u64) -> SigningKey {
    let mut env = TestEnv::seeded(Clock::default(), seed);
    let made = rustcrypto_generate_signing_key(Algorithm::ES256, &mut env).unwrap();
    made.signing_key().clone()
}

/// A provider that has just read this document as the key set of the client `key-jwt`.
fn provider(document: &str) -> Setting {
    let set: Value = serde_json::from_str(document).unwrap();
    let mut config = OpConfig::default();
    let client = config.clients.iter_mut().find(|client| client.client_id == "key-jwt").unwrap();
    client.jwks = set["keys"].as_array().unwrap().clone();
    Setting::new(config)
}

/// The client, made anew with this key.
fn with(setting: &mut Setting, key: &SigningKey) -> Client {
    let registration = setting.registration("key-jwt").private_key_jwt(key.clone());
    setting.discover(registration).unwrap()
}

#[track_caller]
fn takes(document: &str, key: &SigningKey) {
    let mut setting = provider(document);
    let client = with(&mut setting, key);
    setting.world.run(client.client_credentials()).unwrap();
    assert_eq!(setting.last().assertion().0["kid"], key.key_id().unwrap());
    assert_eq!(setting.requests(), ["POST /token"]);
    setting.world.login(&client).unwrap();
}

#[track_caller]
fn refuses(document: &str, key: &SigningKey) {
    let mut setting = provider(document);
    let client = with(&mut setting, key);
    setting.invalid_client(client.client_credentials());
}

#[test]
fn an_assertion_is_good_while_its_key_is_published() {
    let now = TestEnv::new(Clock::default()).now();
    let (old, new) = (made(1), made(2));
    let mut keys = ClientKeys::new(crypto()).signing_key(old.clone()).unwrap();
    takes(&keys.jwks(now), keys.current_signing_key().unwrap());
    refuses(&keys.jwks(now), &new);

    keys.announce_signing_key(new.clone(), now.after(DAY)).unwrap();
    takes(&keys.jwks(now), keys.current_signing_key().unwrap());
    assert_eq!(keys.current_signing_key().unwrap().key_id(), old.key_id());
    // Published is enough for the provider; that it is not used yet is for those who have not read the set again.
    takes(&keys.jwks(now), &new);
    let error = keys.rotate_signing_key(now, now).unwrap_err();
    assert_eq!(error.code(), "misuse.client_keys");

    let now = now.after(DAY);
    keys.rotate_signing_key(now, now.after(HOUR)).unwrap();
    assert_eq!(keys.current_signing_key().unwrap().key_id(), new.key_id());
    takes(&keys.jwks(now), keys.current_signing_key().unwrap());
    takes(&keys.jwks(now.after(HOUR)), &old);
    let later = now.after(HOUR + Duration::from_secs(1));
    takes(&keys.jwks(later), keys.current_signing_key().unwrap());
    refuses(&keys.jwks(later), &old);
}

/// K12: a key that says another one's public half would be refused at each login; it is refused when it is added.
#[test]
fn k12_an_assertion_fits_what_is_published() {
    let now = UnixTime::from_seconds(0);
    let right = ClientKeys::new(crypto()).signing_key(ec_key()).unwrap();
    takes(&right.jwks(now), right.current_signing_key().unwrap());
    let other = made(1).public_jwk().unwrap();
    let wrong = ec_key().with_public_jwk(&other).unwrap();
    let error = ClientKeys::new(crypto()).signing_key(wrong).unwrap_err();
    assert_eq!(error.code(), "misuse.client_keys");
    assert_eq!(error.hint().map(|hint| hint.contains("announced")), Some(true));
}

#[test]
fn every_kind_of_generated_key_is_taken() {
    for algorithm in [
        Algorithm::RS256,
        Algorithm::PS256,
        Algorithm::ES256,
        Algorithm::ES384,
        Algorithm::ES512,
        Algorithm::EdDSA,
        Algorithm::Ed25519,
    ] {
        let made = josekit_generate_signing_key(algorithm, RsaSize::Bits2048).unwrap();
        let keys = ClientKeys::new(josekit()).signing_key(made.signing_key().clone()).unwrap();
        let document = keys.jwks(UnixTime::from_seconds(0));
        takes(&document, keys.current_signing_key().unwrap());
        refuses(&document, &self::made(1));
    }
}

/// A remote key is published with the public half that its service tells.
#[test]
fn a_remote_key_is_published_too() {
    let public = ec_key().public_jwk().unwrap();
    let remote = SigningKey::remote("a-vault", Algorithm::ES256, None).unwrap();
    let keys = ClientKeys::new(crypto()).signing_key(remote.with_public_jwk(&public).unwrap());
    let keys = keys.unwrap();
    assert_eq!(keys.current_signing_key().unwrap().key_id(), Some("client-ec"));
    takes(&keys.jwks(UnixTime::from_seconds(0)), &ec_key());
}

#[test]
fn a_client_registers_with_its_keys() {
    let mut setup = Registering::default();
    let sent = Arc::new(Mutex::new(Value::Null));
    let seen = sent.clone();
    setup.world.op.intercept("/register", move |request, _| {
        *seen.lock().unwrap() = serde_json::from_slice(&request.body).unwrap();
    });
    let keys = ClientKeys::new(crypto()).signing_key(made(1)).unwrap();
    let document = keys.jwks(UnixTime::from_seconds(0));
    let metadata = web().token_endpoint_auth_method("private_key_jwt").jwks(&document);
    setup.register(metadata).unwrap();
    assert_eq!(setup.world.transport.requests(), ["POST /register"]);
    assert_eq!(sent.lock().unwrap()["jwks"], serde_json::from_str::<Value>(&document).unwrap());
    // The stored form of the same key is no document.
    let private = format!(r#"{{"keys":[{}]}}"#, es256_private_jwk());
    setup.world.transport.clear();
    let metadata = web().token_endpoint_auth_method("private_key_jwt").jwks(&private);
    assert_eq!(setup.register(metadata).unwrap_err().code(), "misuse.parameter");
    assert_eq!(setup.world.transport.requests(), [""; 0]);
}

mod sealed {
    use relying_party::{
        flow::sealed::cookie_name,
        jose::seal::{SealKey, SealKeys},
    };

    use super::*;

    fn keys(env: &mut TestEnv) -> SealKeys {
        SealKeys::new(SealKey::generate(env).unwrap())
    }

    /// What the browser of a tab carries: the cookie's name and value, and the address with which it comes back.
    fn start(setting: &mut Setting, client: &Client, keys: &SealKeys) -> (String, String, String) {
        let StartedLogin { url, pending } = setting.world.run(client.start_login()).unwrap();
        let name = cookie_name(pending.state());
        let value = pending.seal(keys, &name, &mut setting.world.env).unwrap();
        (name, value, setting.world.visit(&url).text().to_owned())
    }

    fn client(setting: &mut Setting) -> Client {
        let registration: Registration = setting.registration("confidential");
        setting.discover(registration).unwrap()
    }

    #[test]
    fn n15_two_logins_in_two_tabs_end_without_a_store() {
        let mut setting = Setting::default();
        let (client, keys) = (client(&mut setting), keys(&mut setting.world.env));
        let tabs = [(); 2].map(|()| start(&mut setting, &client, &keys));
        assert_ne!(tabs[0].0, tabs[1].0);
        let codes = |opened: Result<PendingLogin, relying_party::Error>| {
            opened.map_or_else(|error| error.code(), |_| "accepted")
        };
        setting.world.transport.clear();
        assert_eq!(codes(PendingLogin::open(&tabs[0].1, &keys, &tabs[1].0)), "stored.other_name");
        assert!(setting.requests().is_empty());
        for (_, value, back) in &tabs {
            let callback = client.callback(back).unwrap();
            let name = cookie_name(callback.state().unwrap());
            let mut found = tabs.iter().filter(|tab| tab.0 == name);
            assert_eq!(found.next().map(|tab| &tab.1), Some(value));
            let pending = PendingLogin::open(value, &keys, &name).unwrap();
            setting.world.run(client.finish_login(pending, callback)).unwrap();
        }
    }

    /// The seal says nothing about time or client: the login does.
    #[test]
    fn n15_a_sealed_login_ends_in_time_and_where_it_was_started() {
        for (last, due) in [(10, "accepted"), (11, "callback.expired")] {
            let mut setting = Setting::default();
            let (client, keys) = (client(&mut setting), keys(&mut setting.world.env));
            let StartedLogin { url, pending } = setting.world.run(client.start_login()).unwrap();
            let value = pending.seal(&keys, "login", &mut setting.world.env).unwrap();
            // The code is young, the login is not.
            setting.world.clock.advance(Duration::from_secs(590));
            let callback = setting.world.visit(&url).callback().unwrap();
            setting.world.clock.advance(Duration::from_secs(last));
            let pending = PendingLogin::open(&value, &keys, "login").unwrap();
            let finish = client.finish_login(pending, callback);
            match due {
                "accepted" => drop(setting.world.run(finish).unwrap()),
                code => drop(setting.refused(finish, code)),
            }
        }
        let mut setting = Setting::default();
        let (one, keys) = (client(&mut setting), keys(&mut setting.world.env));
        let (name, value, back) = start(&mut setting, &one, &keys);
        let registration = setting.registration("post");
        let other = setting.discover(registration).unwrap();
        let pending = PendingLogin::open(&value, &keys, &name).unwrap();
        let callback = other.callback(&back).unwrap();
        setting.refused(other.finish_login(pending, callback), "callback.other_client");
    }
}
