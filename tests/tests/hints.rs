//! Hints for the confusions of somebody who sets this library up for the first time.

use relying_party::{
    Client, Env, Error, LoginRecord, PendingLogin, Policy, Registration, ResponseType, SystemEnv,
    error::{Blame, LogoutProblem},
    flow::{pending_authorization::PendingAuthorization, sealed::cookie_name, session::Session},
    jose::{
        algorithm::Algorithm,
        client_keys::ClientKeys,
        jwk::{AgreementCurve, DecryptionKey},
        seal::{SealKey, SealKeys},
    },
    protocol::{client_metadata::ClientMetadata, registered_client::RegisteredClient},
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

#[test]
fn a_key_that_rustcrypto_does_not_make() {
    let make = |algorithm| {
        relying_party::crypto::rustcrypto_generate_signing_key(algorithm, &mut SystemEnv)
    };
    hints(
        &make(Algorithm::RS256).unwrap_err(),
        "misuse.signing_key",
        "josekit_generate_signing_key",
    );
    assert!(make(Algorithm::ES256).is_ok());
}

/// `?` carries it into the application's own errors, as that of a signing key.
#[test]
fn a_decryption_key_that_is_none() {
    fn read(jwk: &str) -> Result<DecryptionKey, Box<dyn std::error::Error>> {
        Ok(DecryptionKey::from_jwk(jwk.as_bytes())?)
    }
    let made = DecryptionKey::generate(AgreementCurve::X25519, &crypto(), &mut SystemEnv).unwrap();
    let good = made.to_private_jwk(&crypto()).unwrap();
    assert_eq!(read(&good).unwrap().kid(), made.kid());
    for (bad, words) in [
        (good.replace("enc", "sig"), "no key signs and decrypts"),
        (good.replace(r#""d":"#, r#""e":"#), "all of its private members"),
        (good.replace("X25519", "Ed25519"), "signs only"),
        (r#"{"kty":"oct","k":"c2hvcnQ"}"#.to_owned(), "2048 to 8192"),
    ] {
        let error = read(&bad).unwrap_err().downcast::<Error>().unwrap();
        hints(&error, "misuse.decryption_key", words);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("kty") && !shown.contains(made.kid().unwrap()), "{shown}");
    }
    let error = DecryptionKey::from_pem(b"no key", None).unwrap_err();
    hints(&error, "misuse.decryption_key", "without a password");
}

#[test]
fn a_private_key_among_the_published_ones() {
    let mut world = World::default();
    let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
    world.transport.clear();
    let key = DecryptionKey::generate(AgreementCurve::X25519, &crypto(), &mut SystemEnv).unwrap();
    let keys = ClientKeys::new(crypto()).decryption_key(key.clone()).unwrap();
    let web = || ClientMetadata::web(&["https://rp.test/cb"]).unwrap();
    let private = format!(r#"{{"keys":[{}]}}"#, *key.to_private_jwk(&crypto()).unwrap());
    let register = Client::register(&provider, web().jwks(&private));
    let error = world.run(register).unwrap_err();
    hints(&error, "misuse.parameter", "ClientKeys::jwks");
    assert!(error.hint().unwrap().contains("private or a shared key"), "{error:?}");
    let error =
        world.run(Client::register(&provider, web().member("client_name", "x"))).unwrap_err();
    hints(&error, "misuse.parameter", "the method of that name");
    assert!(world.transport.requests().is_empty());
    let public = web().jwks(&keys.jwks(SystemEnv.now()));
    world.run(Client::register(&provider, public)).unwrap();
    assert_eq!(world.transport.requests().len(), 1);
}

#[test]
fn a_request_object_as_a_parameter() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    world.transport.clear();
    for name in ["request", "request_uri"] {
        let error = world.run(client.start_login().parameter(name, "x")).err().unwrap();
        hints(&error, "misuse.parameter", "StartLogin::request_object");
    }
    let error = world.run(client.start_login().parameter("nonce", "x")).err().unwrap();
    hints(&error, "misuse.parameter", "the method of that name");
    assert!(world.run(client.start_login().parameter("hello", "x")).is_ok());
    assert!(world.transport.requests().is_empty());
}

#[test]
fn a_logout_that_was_not_passed_on_as_it_came() {
    const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    world.transport.clear();
    let mut receive = |content_type, body: &str| {
        world.run(client.back_channel_logout(content_type, body.as_bytes())).unwrap_err()
    };
    for content_type in [None, Some("text/plain")] {
        let error = receive(content_type, "logout_token=x");
        hints(&error, "logout.content_type", "pass the header Content-Type");
    }
    hints(&receive(FORM, "logout_token=x"), "token.syntax", "the parameter logout_token");
    hints(&receive(FORM, "x=y"), "logout.token.missing", "as it came");
    hints(&LogoutProblem::Replay.into(), "logout.replay", "asked twice");
    assert!(world.transport.requests().is_empty());
}

#[test]
fn a_signed_response_that_was_not_asked_for() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    let started = world.run(client.start_login()).unwrap();
    world.transport.clear();
    let query = format!("state={}&response=a.b.c", started.pending.state().expose());
    let callback = client.callback(&query).unwrap();
    let error = world.run(client.finish_login(started.pending, callback)).unwrap_err();
    hints(&error, "callback.unexpected", "ResponseMode::Jwt");
    assert!(world.transport.requests().is_empty());
}

/// Whoever can set cookies can write any key's name into one: no reason to wake an operator.
#[test]
fn a_cookie_that_does_not_open() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    world.transport.clear();
    let started = world.run(client.start_login()).unwrap();
    let name = cookie_name(started.pending.state());
    let keys = || SealKeys::new(SealKey::generate(&mut SystemEnv).unwrap());
    let (own, others) = (keys(), keys());
    let sealed = started.pending.seal(&own, &name, &mut SystemEnv).unwrap();
    for (sealed, keys, code, words) in [
        (&*sealed, &others, "stored.seal_key", "SealKeys::also"),
        (&sealed[..sealed.len() - 4], &own, "stored.seal", "cut, quoted or encoded"),
    ] {
        let error = PendingLogin::open(sealed, keys, &name).unwrap_err();
        hints(&error, code, words);
        assert_eq!(error.blame(), Blame::Visitor);
    }
    assert!(PendingLogin::open(&sealed, &own, &name).is_ok());
    assert!(world.transport.requests().is_empty());
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
