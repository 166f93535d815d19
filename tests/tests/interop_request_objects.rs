//! Request objects at a real provider (npm `oidc-provider`), over both adapters.

use std::time::Duration;

use relying_party::{
    Client, Env, Error, Login, Registration, SystemEnv,
    crypto::{josekit_signing_key, rustcrypto_generate_signing_key, rustcrypto_signing_key},
    error::Purpose,
    flow::start_login::{StartLogin, StartedLogin},
    jose::{
        algorithm::Algorithm,
        encryption::{
            ContentEncryption::{A128CbcHs256, A256Gcm},
            KeyManagement::{Dir, EcdhEs, RsaOaep256},
        },
        jwk::{AgreementCurve, DecryptionKey},
    },
    protocol::request_object::RequestObject,
    time::UnixTime,
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal::provider_error,
    scenario::crypto,
};

fn discover(
    provider: &NodeProvider,
    runner: &Runner,
    name: &str,
    change: impl FnOnce(Registration) -> Registration,
) -> Client {
    let registration = change(provider.client(name).unwrap().registration().unwrap());
    runner.client(provider.issuer(), registration, crypto())
}

/// Signed by a key of the clients.
fn signed(provider: &NodeProvider, algorithm: Algorithm) -> RequestObject {
    let keys = provider.state()["client_private_jwks"]["keys"].as_array().unwrap();
    let made = keys.iter().find_map(|jwk| {
        let jwk = jwk.to_string();
        let by_rust = rustcrypto_signing_key(jwk.as_bytes(), algorithm);
        by_rust.or_else(|_| josekit_signing_key(jwk.as_bytes(), algorithm)).ok()
    });
    RequestObject::signed_by(made.expect("a key"))
}

/// The login is Alice's because the object says so.
fn log_in(provider: &NodeProvider, runner: &Runner, client: &Client, start: StartLogin) -> Login {
    log_in_with(provider, runner, (client, start), &mut SystemEnv)
}

/// The machine, whose clock showed less this many seconds ago.
struct Ago(i64);

impl Env for Ago {
    fn now(&mut self) -> UnixTime {
        UnixTime::from_seconds(SystemEnv.now().seconds() - self.0)
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        SystemEnv.fill(out)
    }
}

fn log_in_with(
    provider: &NodeProvider,
    runner: &Runner,
    (client, start): (&Client, StartLogin),
    env: &mut impl Env,
) -> Login {
    let start = start.scope("email").max_age(600).login_hint("auto:alice");
    let StartedLogin { url, pending } = runner.run_with(start, env).unwrap();
    assert!(!url.as_str().contains("alice") && !url.as_str().contains("state"));
    let browser = Browser::new(provider.ca_pem()).unwrap();
    let back = browser.authorize(&url, client.registration().redirect_uri()).unwrap();
    let callback = client.callback(back.query().unwrap_or_default()).unwrap();
    let login = runner.run(client.finish_login(pending, callback)).unwrap();
    assert_eq!(login.id_token().subject().sub(), "alice");
    login
}

#[test]
fn signed_with_every_algorithm_and_of_both_shapes() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let basic = discover(&provider, &runner, "basic", |own| own);
        for name in ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"] {
            let object = signed(&provider, Algorithm::parse(name).unwrap());
            let start = basic.start_login().request_object(object);
            let _ = log_in(&provider, &runner, &basic, start);
        }
        let bare = signed(&provider, Algorithm::ES256).without_repeated_parameters();
        let start = basic.start_login().request_object(bare.without_type());
        let _ = log_in(&provider, &runner, &basic, start);
        let secret = discover(&provider, &runner, "jar-hs", |own| own);
        let object = RequestObject::signed_by_secret(Algorithm::HS256);
        let start = secret.start_login().request_object(object);
        let _ = log_in(&provider, &runner, &secret, start);
    }
}

#[test]
fn encrypted_to_the_provider_and_under_the_secret() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = discover(&provider, &runner, "basic", |own| own);
        for (algorithm, encryption) in [(RsaOaep256, A256Gcm), (EcdhEs, A128CbcHs256)] {
            let object = signed(&provider, Algorithm::ES256);
            let object = object.encrypted_for_provider(algorithm, encryption);
            let start = client.start_login().request_object(object);
            let _ = log_in(&provider, &runner, &client, start);
        }
        let object = signed(&provider, Algorithm::ES256).encrypted_by_secret(Dir, A256Gcm);
        let start = client.start_login().request_object(object);
        let _ = log_in(&provider, &runner, &client, start);
    }
}

#[test]
fn the_provider_wants_what_is_registered() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        // This side says what is registered, and is told before anything is sent.
        let client = discover(&provider, &runner, "jar", |own| {
            own.request_object_signing_alg(Algorithm::ES256).require_signed_request_object()
        });
        let plain = runner.run(client.start_login()).err().unwrap();
        assert_eq!(plain.code(), "misuse.request_object_required");
        let other = client.start_login().request_object(signed(&provider, Algorithm::RS256));
        assert_eq!(runner.run(other).err().unwrap().code(), "misuse.request_object");
        assert!(runner.take_requests().is_empty());
        let start = client.start_login().request_object(signed(&provider, Algorithm::ES256));
        let _ = log_in(&provider, &runner, &client, start);
        // It does not, and is told by the provider.
        let client = discover(&provider, &runner, "jar", |own| own);
        let StartedLogin { url, pending } = runner.run(client.start_login()).unwrap();
        let browser = Browser::new(provider.ca_pem()).unwrap();
        let back = browser.authorize(&url, client.registration().redirect_uri()).unwrap();
        let callback = client.callback(back.query().unwrap_or_default()).unwrap();
        let error = runner.run(client.finish_login(pending, callback)).err().unwrap();
        assert_eq!(provider_error(&error).1, "invalid_request");
        assert!(runner.take_requests().is_empty());
    }
}

/// What the provider answers to a request whose object it refuses: a page, since only the object says where to go back to;
/// and where the address repeats that, its error.
fn refused_by_the_provider(
    provider: &NodeProvider,
    runner: &Runner,
    (client, start): (&Client, StartLogin),
    env: &mut impl Env,
) {
    let started = runner.run_with(start.login_hint("auto:alice"), env).unwrap();
    let StartedLogin { mut url, pending } = started;
    let redirect_uri = client.registration().redirect_uri();
    let browser = Browser::new(provider.ca_pem()).unwrap();
    provider.control("events?clear=1").unwrap();
    runner.take_requests();
    let page = browser.authorize(&url, redirect_uri).unwrap_err().to_string();
    assert!(page.starts_with("a page instead of a redirect: 400"), "{page}");
    let events = provider.control("events").unwrap();
    assert_eq!(events[0]["error"], "invalid_request_object", "{events}");
    url.query_pairs_mut()
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("state", pending.state().expose());
    let back = browser.authorize(&url, redirect_uri).unwrap();
    let callback = client.callback(back.query().unwrap_or_default()).unwrap();
    let error = runner.run_with(client.finish_login(pending, callback), env).err().unwrap();
    assert_eq!(provider_error(&error), (Purpose::Authorization, "invalid_request_object"));
    assert!(runner.take_requests().is_empty());
}

#[test]
fn refused_ones() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let basic = discover(&provider, &runner, "basic", |own| own);
        let secret = discover(&provider, &runner, "jar-hs", |own| own);
        let by_secret = || RequestObject::signed_by_secret(Algorithm::HS256);
        let by_key = || signed(&provider, Algorithm::ES256);
        for (client, object) in [(&basic, by_key()), (&secret, by_secret())] {
            let ask = |object| (client, client.start_login().request_object(object));
            let refused = |object, env: &mut Ago| {
                refused_by_the_provider(&provider, &runner, ask(object), env);
            };
            let _ = log_in(&provider, &runner, client, ask(object.clone()).1);
            // It has ended, unless it was made for longer.
            refused(object.clone(), &mut Ago(301));
            refused(object.clone().lifetime(Duration::from_secs(60)), &mut Ago(61));
            let back = ask(object.clone().lifetime(Duration::from_secs(3600)));
            let _ = log_in_with(&provider, &runner, (client, back.1), &mut Ago(301));
            // Its issuer is somebody else's.
            refused(object.clone().audience("https://other.example.test"), &mut Ago(0));
            let named = object.audience(provider.issuer());
            let _ = log_in(&provider, &runner, client, ask(named).1);
        }
        // Nobody's signature, and one that the provider cannot read.
        let nobody = rustcrypto_generate_signing_key(Algorithm::ES256, &mut SystemEnv).unwrap();
        let nobody = RequestObject::signed_by(nobody.signing_key().clone());
        let key =
            DecryptionKey::generate(AgreementCurve::X25519, &crypto(), &mut SystemEnv).unwrap();
        let key = key.public_key(&crypto()).unwrap();
        for object in [nobody, by_key().encrypted_for(key, EcdhEs, A256Gcm)] {
            let start = basic.start_login().request_object(object);
            refused_by_the_provider(&provider, &runner, (&basic, start), &mut SystemEnv);
        }
    }
}
