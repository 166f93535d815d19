//! Hints for the confusions of somebody who sets this library up for the first time.

use relying_party::{
    Client, Error, LoginRecord, PendingLogin, Policy, Registration, ResponseType,
    error::Blame,
    flow::{pending_authorization::PendingAuthorization, session::Session},
    jose::algorithm::Algorithm,
    protocol::registered_client::RegisteredClient,
};
use relying_party_tests::scenario::{World, crypto};

#[track_caller]
fn hints(error: &Error, code: &str, words: &str) {
    assert_eq!(error.code(), code, "{error}");
    let hint = error.hint().expect("a hint");
    assert!(hint.contains(words), "{hint}");
}

fn public() -> Registration {
    Registration::public("rp", "https://rp.test/cb").unwrap()
}

#[test]
fn a_login_at_a_server_without_id_tokens() {
    let mut world = World::default();
    let client = world.discover("public", Policy::default().without_id_tokens()).unwrap();
    world.transport.clear();
    let error = world.run(client.start_login()).err().unwrap();
    hints(&error, "misuse.no_id_tokens", "start_authorization");
    assert!(world.run(client.start_authorization().scope("read")).is_ok());
    assert!(world.transport.requests().is_empty());
}

#[test]
fn an_algorithm_that_needs_a_secret() {
    let mut world = World::default();
    let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
    world.transport.clear();
    let new = |own: Registration| Client::new(provider.clone(), own, crypto(), Policy::default());
    let hmac = || public().id_token_signed_response_alg(Algorithm::HS256);
    let error = new(hmac()).unwrap_err();
    hints(&error, "misuse.no_secret", "Registration::private_key_jwt");
    assert!(new(hmac().client_secret("a secret of at least thirty-two bytes").unwrap()).is_ok());
    assert!(world.transport.requests().is_empty());
}

#[test]
fn a_redirect_uri_of_no_use() {
    for text in ["http://rp.test/cb", "myapp:/cb", "https://rp.test/cb#x"] {
        let error = Registration::public("rp", text).unwrap_err();
        hints(&error, "misuse.redirect_uri", "private scheme with a dot");
    }
    assert!(Registration::public("rp", "com.example.app:/cb").is_ok());
}

/// An endpoint on this machine, which one flow may ask and the next one was not told of.
#[test]
fn d04_the_policy_for_loopback_was_left_out() {
    let mut world = World::default();
    world.op.intercept("/.well-known/openid-configuration", |_, answer| {
        let mut document = answer.document();
        document["token_endpoint"] = "http://127.0.0.1:9/token".into();
        answer.body = document.to_string().into_bytes();
    });
    let local = || Policy::default().insecure_allow_loopback_http();
    let read = Client::read_provider(world.op.issuer());
    let error = world.run(read).unwrap_err();
    hints(&error, "metadata.address", "insecure_allow_loopback_http");
    let read = Client::read_provider(world.op.issuer()).policy(local());
    let provider = world.run(read).unwrap();
    world.transport.clear();
    let new = |policy| Client::new(provider.clone(), public(), crypto(), policy);
    let error = new(Policy::default()).unwrap_err();
    hints(&error, "metadata.address", "give it to discover or read_provider, too");
    assert!(new(local()).is_ok() && world.transport.requests().is_empty());
}

#[test]
fn a_private_key_that_is_none() {
    let error =
        relying_party::crypto::josekit_signing_key_from_pem(b"no key", Algorithm::RS256, None);
    hints(&error.unwrap_err(), "misuse.signing_key", "openssl pkcs8 -topk8 -nocrypt");
}

/// Whose fault it is depends on who kept them: the browser's session, or the application itself.
#[test]
fn n16_bytes_of_another_kind() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    let login = world.login(&client).unwrap();
    world.transport.clear();
    let started = world.run(client.start_login()).unwrap();
    assert_eq!(started.pending.response_type(), ResponseType::Code);
    let pending = started.pending.to_bytes();
    assert_eq!(PendingLogin::from_bytes(&pending).unwrap().response_type(), ResponseType::Code);
    let authorization = world.run(client.start_authorization().scope("read")).unwrap();
    let authorization = authorization.pending.to_bytes();
    let record = login.record().to_bytes();
    for (error, blame) in [
        (PendingLogin::from_bytes(&authorization).map(drop), Blame::Visitor),
        (PendingAuthorization::from_bytes(&pending).map(drop), Blame::Visitor),
        (LoginRecord::from_bytes(&pending).map(drop), Blame::Configuration),
        (Session::from_bytes(&record).map(drop), Blame::Configuration),
        (RegisteredClient::from_bytes(&record).map(drop), Blame::Configuration),
    ] {
        let error = error.unwrap_err();
        hints(&error, "stored.malformed", "with the type that wrote them");
        assert_eq!(error.blame(), blame, "{error}");
    }
    let newer = [9; 99];
    assert_eq!(LoginRecord::from_bytes(&newer).unwrap_err().blame(), Blame::Configuration);
    assert_eq!(PendingLogin::from_bytes(&newer).unwrap_err().blame(), Blame::Visitor);
    assert!(PendingAuthorization::from_bytes(&authorization).is_ok());
    assert!(LoginRecord::from_bytes(&record).is_ok());
    assert!(world.transport.requests().is_empty());
}
