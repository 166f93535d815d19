//! The grants without a browser against a real provider (npm `oidc-provider`), over both adapters.

use std::{
    thread,
    time::{Duration, Instant},
};

use relying_party::{Client, Error, Policy, error::Purpose, protocol::token_exchange::TokenType};
use relying_party_tests::{
    interop::{
        assertion::assertion,
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal::{self, provider_error},
    scenario::crypto,
};

fn client(provider: &NodeProvider, runner: &Runner, name: &str) -> Client {
    let registration = provider.client(name).unwrap().registration();
    let policy = Policy::default().insecure_allow_loopback_http();
    let discover = Client::discover(provider.issuer(), registration.unwrap(), crypto());
    let client = runner.run(discover.policy(policy)).unwrap();
    runner.take_requests();
    client
}

/// What the provider answered, and that nothing was sent after it.
#[track_caller]
fn refused<T>(runner: &Runner, result: Result<T, Error>, due: &str) {
    let error = refusal::refused(result, "provider.error");
    assert_eq!(provider_error(&error), (Purpose::Token, due));
    assert_eq!(runner.take_requests().last().unwrap(), "POST /token");
}

#[test]
fn client_credentials() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for name in ["service", "basic"] {
            let client = client(&provider, &runner, name);
            let granted = runner.run(client.client_credentials()).unwrap();
            assert!(granted.id_token().is_none() && granted.tokens().expires_at().is_some());
            assert_eq!(runner.take_requests(), ["POST /token"], "{name}");
        }
        let client = client(&provider, &runner, "service");
        refused(&runner, runner.run(client.password("alice", "wonderland")), "invalid_request");
        let elsewhere = client.client_credentials().resource("https://nowhere.test/");
        refused(&runner, runner.run(elsewhere), "invalid_target");
    }
}

/// Alice approves or denies before the provider is asked for the first time.
#[test]
fn device_login() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let decide = |user_code: &str, action: &str| {
        let path = format!("device?user_code={user_code}&sub=alice&action={action}");
        provider.control(&path).unwrap();
    };
    for runner in Runner::all(None, PATIENT) {
        for name in ["basic", "public"] {
            let client = client(&provider, &runner, name);
            let started = runner.run(client.start_device_login().scope("email")).unwrap();
            assert_eq!(runner.take_requests(), ["POST /device/auth"]);
            assert!(started.verification_uri.as_str().starts_with(provider.issuer()));
            decide(&started.user_code, "approve");
            let before = Instant::now();
            let granted = runner.run(client.poll_device_login(started.pending)).unwrap();
            // RFC 8628 3.2: five seconds where the provider says nothing.
            assert!(before.elapsed() >= Duration::from_secs(5), "{:?}", before.elapsed());
            assert_eq!(runner.take_requests(), ["GET /jwks", "POST /token"], "{name}");
            assert_eq!(granted.id_token().unwrap().subject().sub(), "alice");
            let read = client.insecure_unbound_user_info(granted.tokens().access_token());
            assert_eq!(runner.run(read).unwrap().sub(), "alice");
        }
        let client = client(&provider, &runner, "basic");
        let started = runner.run(client.start_device_login()).unwrap();
        decide(&started.user_code, "deny");
        let result = runner.run(client.poll_device_login(started.pending));
        refused(&runner, result, "access_denied");
    }
}

#[test]
fn a_device_login_that_is_approved_late() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let runner = Runner::ureq(None, PATIENT);
    let client = client(&provider, &runner, "public");
    let started = runner.run(client.start_device_login()).unwrap();
    let (provider, code) = (&provider, &started.user_code);
    runner.take_requests();
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(Duration::from_secs(7));
            provider.control(&format!("device?user_code={code}&action=approve")).unwrap();
        });
        runner.run(client.poll_device_login(started.pending)).unwrap();
    });
    let asked = runner.take_requests();
    assert_eq!(asked[0], "GET /jwks");
    assert!(asked.len() > 2 && asked[1..].iter().all(|line| line == "POST /token"), "{asked:?}");
}

#[test]
fn password() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for name in ["basic", "public"] {
            let client = client(&provider, &runner, name);
            let scope = "openid offline_access";
            let ask = |password| client.password("alice", password).scope(scope);
            let granted = runner.run(ask("wonderland")).unwrap();
            assert_eq!(granted.id_token().unwrap().subject().sub(), "alice", "{name}");
            assert_eq!(runner.take_requests(), ["POST /token", "GET /jwks"]);
            assert!(granted.tokens().refresh_token().is_some() && granted.record().is_some());
            refused(&runner, runner.run(ask("underland")), "invalid_grant");
        }
    }
}

#[test]
fn token_exchange() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner, "basic");
        let login = runner.run(client.password("alice", "wonderland").scope("openid")).unwrap();
        let access_token = login.tokens().access_token().expose();
        let id_token = login.id_token().unwrap().raw().expose();
        let exchange = || client.exchange_token(access_token, &TokenType::AccessToken);
        runner.take_requests();
        let acting = exchange().actor(id_token, &TokenType::IdToken).scope("openid");
        let exchanged = runner.run(acting).unwrap();
        assert_eq!(runner.take_requests(), ["POST /token"]);
        assert_eq!(exchanged.issued_token_type(), &TokenType::AccessToken);
        let read = client.insecure_unbound_user_info(exchanged.access_token().unwrap());
        assert_eq!(runner.run(read).unwrap().sub(), "alice");

        let refresh = exchange().requested_token_type(&TokenType::RefreshToken);
        assert!(runner.run(refresh).unwrap().refresh_token().is_some());
        let saml = exchange().requested_token_type(&TokenType::Saml2);
        refused(&runner, runner.run(saml), "invalid_request");
        let nobody = client.exchange_token("of-nobody", &TokenType::AccessToken);
        refused(&runner, runner.run(nobody), "invalid_grant");
    }
}

#[test]
fn jwt_bearer_and_any_other_grant() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner, "basic");
        let good = assertion(&provider, "alice").unwrap();
        let granted = runner.run(client.jwt_bearer(&good).scope("openid")).unwrap();
        let read = client.insecure_unbound_user_info(granted.tokens().access_token());
        assert_eq!(runner.run(read).unwrap().sub(), "alice");
        let nobody = assertion(&provider, "nobody").unwrap();
        refused(&runner, runner.run(client.jwt_bearer(&nobody)), "invalid_grant");

        let uri = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        let by_hand = client.extension_grant(uri).parameter("assertion", &good);
        runner.run(by_hand).unwrap();
        let unknown = client.extension_grant("urn:test:unknown");
        refused(&runner, runner.run(unknown), "unsupported_grant_type");
    }
}
