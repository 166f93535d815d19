//! Client authentication against a real provider (npm `oidc-provider`), over both adapters.

use std::fs;

use relying_party::{
    Client, Error, Policy, Registration,
    crypto::{josekit_signing_key, rustcrypto_signing_key},
    error::Purpose,
    flow::start_login::StartedLogin,
    jose::{algorithm::Algorithm, signer::SigningKey},
    protocol::registration::{AssertionAudience, AssertionClaims, AuthMethod},
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        npm::{Certificate, NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal::provider_error,
    scenario::crypto,
};

/// The registration of `clients.mjs`, without a proof.
fn registration(provider: &NodeProvider, name: &str) -> Registration {
    provider.client(name).unwrap().registration().unwrap()
}

fn discover(
    provider: &NodeProvider,
    runner: &Runner,
    registration: Registration,
) -> Result<Client, Error> {
    let policy = Policy::default().insecure_allow_loopback_http();
    let discover = Client::discover(provider.issuer(), registration, crypto()).policy(policy);
    let client = runner.run(discover);
    runner.take_requests();
    client
}

/// The private key of the clients for this algorithm.
fn key(provider: &NodeProvider, algorithm: Algorithm) -> SigningKey {
    let keys = provider.state()["client_private_jwks"]["keys"].as_array().unwrap();
    let (kind, curve) = match algorithm.as_str() {
        "ES256" => ("EC", Some("P-256")),
        "ES384" => ("EC", Some("P-384")),
        "ES512" => ("EC", Some("P-521")),
        "EdDSA" | "Ed25519" => ("OKP", Some("Ed25519")),
        _ => ("RSA", None),
    };
    let usable =
        |key: &serde_json::Value| josekit_signing_key(key.to_string().as_bytes(), algorithm);
    let fits = |key: &&serde_json::Value| {
        key["kty"] == kind && key["crv"].as_str() == curve && usable(key).is_ok()
    };
    let jwk = keys.iter().find(fits).unwrap_or_else(|| panic!("no key for {algorithm}"));
    match kind {
        "RSA" => usable(jwk).unwrap(),
        _ => rustcrypto_signing_key(jwk.to_string().as_bytes(), algorithm).unwrap(),
    }
}

/// A login, a look-up, a revocation and a grant without a browser, each with a proof of its own.
fn every_endpoint(provider: &NodeProvider, runner: &Runner, client: &Client) {
    let start = client.start_login().login_hint("auto:alice");
    let StartedLogin { url, pending } = runner.run(start).unwrap();
    let browser = Browser::new(provider.ca_pem()).unwrap();
    let back = browser.authorize(&url, client.registration().redirect_uri()).unwrap();
    let callback = client.callback(back.query().unwrap_or_default()).unwrap();
    let login = runner.run(client.finish_login(pending, callback).with_user_info()).unwrap();
    assert_eq!(login.id_token().subject().sub(), "alice");
    let token = login.tokens().access_token();
    assert!(runner.run(client.introspect(token, None)).unwrap().is_active());
    runner.run(client.revoke(token, None)).unwrap();
    assert!(!runner.run(client.introspect(token, None)).unwrap().is_active());
    runner.run(client.client_credentials()).unwrap();
    runner.take_requests();
}

/// An OAuth error from the token endpoint, and nothing sent after it.
#[track_caller]
fn invalid_client(runner: &Runner, client: &Client, place: &str) {
    refused(runner, client, "invalid_client", place);
}

#[track_caller]
fn refused(runner: &Runner, client: &Client, due: &str, place: &str) {
    runner.take_requests();
    let error = runner.run(client.client_credentials()).expect_err(place);
    assert_eq!(provider_error(&error), (Purpose::Token, due), "{place}");
    assert_eq!(runner.take_requests(), ["POST /token"], "{place}");
}

#[test]
fn private_key_jwt_with_every_algorithm() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for name in ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"] {
            let algorithm = Algorithm::parse(name).unwrap();
            let registration = registration(&provider, &format!("pkjwt-{name}"));
            let registration = registration.private_key_jwt(key(&provider, algorithm));
            let client = discover(&provider, &runner, registration).unwrap();
            every_endpoint(&provider, &runner, &client);
        }
    }
}

#[test]
fn an_assertion_of_another_key_audience_or_time_is_refused() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let issuer = provider.issuer().to_owned();
    for runner in Runner::all(None, PATIENT) {
        let with = |algorithm, claims: AssertionClaims| {
            let registration = registration(&provider, "pkjwt-ES256").assertion_claims(claims);
            let registration = registration.private_key_jwt(key(&provider, algorithm));
            discover(&provider, &runner, registration).unwrap()
        };
        let claims = AssertionClaims::default;
        for audience in [
            AssertionAudience::TokenEndpoint,
            AssertionAudience::IssuerAndTokenEndpoint,
            AssertionAudience::Exactly(issuer.clone()),
        ] {
            let client = with(Algorithm::ES256, claims().audience(audience));
            runner.run(client.client_credentials()).unwrap();
        }
        let elsewhere = AssertionAudience::Exactly("https://elsewhere.test".to_owned());
        let client = with(Algorithm::ES256, claims().audience(elsewhere));
        invalid_client(&runner, &client, "audience");
        invalid_client(&runner, &with(Algorithm::ES384, claims()), "algorithm");
        refused(
            &runner,
            &with(Algorithm::ES256, claims().subject("other")),
            "invalid_request",
            "subject",
        );
    }
}

#[test]
fn client_secret_jwt() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let method = AuthMethod::ClientSecretJwt;
        let good = registration(&provider, "secret-jwt").token_endpoint_auth_method(method);
        let client = discover(&provider, &runner, good.clone()).unwrap();
        every_endpoint(&provider, &runner, &client);
        let wrong = good.client_secret("x".repeat(64)).unwrap();
        let client = discover(&provider, &runner, wrong).unwrap();
        invalid_client(&runner, &client, "another secret");
    }
}

#[test]
fn methods_that_are_not_listed_are_found_at_once() {
    // Over plain http this provider offers no certificates.
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let method = AuthMethod::TlsClientAuth;
        let registration = registration(&provider, "public").token_endpoint_auth_method(method);
        let error = discover(&provider, &runner, registration).unwrap_err();
        assert_eq!(error.code(), "misuse.auth_method");
    }
}

#[test]
fn certificates() {
    let provider = NodeProvider::start(Scheme::Https { cert: Certificate::Server }).unwrap();
    let pem = |file: &str| fs::read(provider.pki(file)).unwrap();
    let ca = provider.ca_pem().unwrap();
    let presenting = |name: &str| {
        let (certificate, key) = (pem(&format!("{name}.crt")), pem(&format!("{name}.key")));
        Runner::all_with_certificate(ca, &certificate, &key)
    };
    for (certificate, other, name, method) in [
        ("client", "client-other", "mtls-ca", AuthMethod::TlsClientAuth),
        ("client", "client-other", "mtls-dn", AuthMethod::TlsClientAuth),
        ("client-self", "client-rogue", "mtls-self", AuthMethod::SelfSignedTlsClientAuth),
    ] {
        let client = |runner: &Runner| {
            let registration = registration(&provider, name).token_endpoint_auth_method(method);
            discover(&provider, runner, registration).unwrap()
        };
        for runner in presenting(certificate) {
            let client = client(&runner);
            let alias = client.metadata().mtls_alias(relying_party::error::Purpose::Token).unwrap();
            assert_ne!(alias.port(), client.metadata().token_endpoint().unwrap().port());
            every_endpoint(&provider, &runner, &client);
        }
        for runner in presenting(other).into_iter().chain(Runner::all(Some(ca), PATIENT)) {
            invalid_client(&runner, &client(&runner), name);
        }
    }
}
