//! Clients that register themselves for assertions: by their secret, and by keys that they send along.

use relying_party::{
    Client, Error, Policy, Registration,
    error::Purpose,
    jose::algorithm::Algorithm,
    protocol::{client_metadata::ClientMetadata, registered_client::RegisteredClient},
};
use relying_party_tests::{
    op::{ed25519_private_jwk, es256_jwk},
    proof::{Setting, ec_key},
    refusal::provider_error,
    scenario::crypto,
};
use serde_json::json;

fn web(method: &str) -> ClientMetadata {
    let metadata = ClientMetadata::web(&["https://rp.test/dynamic"]).unwrap();
    metadata.token_endpoint_auth_method(method)
}

fn register(setting: &mut Setting, metadata: ClientMetadata) -> Result<RegisteredClient, Error> {
    let world = &mut setting.world;
    let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
    world.transport.clear();
    let registered = world.run(Client::register(&provider, metadata));
    assert_eq!(world.transport.requests(), ["POST /register"]);
    registered
}

/// The client that this registration ends in, but for this change.
fn client(
    setting: &mut Setting,
    registered: &RegisteredClient,
    change: impl FnOnce(Registration) -> Registration,
) -> Client {
    let world = &mut setting.world;
    let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
    let registration = change(registered.registration(world.clock.now()).unwrap());
    Client::new(provider, registration, crypto(), Policy::default()).unwrap()
}

#[test]
fn a_client_registered_for_client_secret_jwt() {
    let mut setting = Setting::default();
    let registered = register(&mut setting, web("client_secret_jwt")).unwrap();
    assert!(registered.differences().is_empty(), "{:?}", registered.differences());
    let good = client(&mut setting, &registered, |registration| registration);
    setting.world.login(&good).unwrap();
    assert_eq!(setting.last().assertion().1["sub"], registered.client_id());
    let wrong = client(&mut setting, &registered, |registration| {
        registration.client_secret("a-wrong-fake-secret".repeat(5)).unwrap()
    });
    setting.invalid_client(wrong.client_credentials());
}

#[test]
fn a_client_registered_for_private_key_jwt() {
    let mut setting = Setting::default();
    let keys = json!({ "keys": [es256_jwk()] }).to_string();
    let registered = register(&mut setting, web("private_key_jwt").jwks(&keys)).unwrap();
    assert!(registered.client_secret().is_none() && registered.differences().is_empty());
    let good =
        client(&mut setting, &registered, |registration| registration.private_key_jwt(ec_key()));
    setting.world.login(&good).unwrap();
    assert_eq!(setting.last().assertion().0["kid"], "client-ec");
    let other = ed25519_private_jwk().to_string();
    let other =
        relying_party::crypto::rustcrypto_signing_key(other.as_bytes(), Algorithm::EdDSA).unwrap();
    let other =
        client(&mut setting, &registered, |registration| registration.private_key_jwt(other));
    setting.invalid_client(other.client_credentials());
}

#[test]
fn nobody_is_registered_for_private_key_jwt_without_keys() {
    let mut setting = Setting::default();
    let error = register(&mut setting, web("private_key_jwt")).unwrap_err();
    assert_eq!(provider_error(&error), (Purpose::Registration, "invalid_client_metadata"));
    assert!(register(&mut setting, web("client_secret_basic")).is_ok());
}
