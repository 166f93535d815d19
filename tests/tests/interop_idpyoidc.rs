//! A second real provider (PyPI `idpyoidc`), through its login form, over both adapters. What is accepted stands in
//! the table of scenarios; here stand https, and what this provider in particular says and refuses.

use relying_party::{
    Client, Error, Login, Policy, Registration,
    error::{Blame, Purpose},
    flow::start_login::StartedLogin,
    protocol::{
        authorization::Prompt, id_token::Check, registration::AuthMethod,
        revocation::TokenTypeHint, token_exchange::TokenType,
    },
};
use relying_party_tests::{
    interop::{
        idpyoidc::IdpyProvider,
        npm::{Certificate, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal::{self, provider_error},
    scenario::{Return, crypto},
    table::stage::callback,
    visitor::{ALICE, Visitor},
};

const HTTPS: Scheme = Scheme::Https { cert: Certificate::Server };

fn registration(provider: &IdpyProvider, name: &str) -> Registration {
    let registration = provider.client(name).unwrap().registration().unwrap();
    match name {
        "post" => registration.token_endpoint_auth_method(AuthMethod::ClientSecretPost),
        _ => registration,
    }
}

fn discover(provider: &IdpyProvider, runner: &Runner, registration: Registration) -> Client {
    let policy = Policy::default().insecure_allow_loopback_http();
    let discover = Client::discover(provider.issuer(), registration, crypto()).policy(policy);
    let client = runner.run(discover).unwrap();
    assert_eq!(runner.take_requests(), ["GET /.well-known/openid-configuration"]);
    client
}

/// As far as the browser's return.
fn visit(
    provider: &IdpyProvider,
    runner: &Runner,
    client: &Client,
) -> (relying_party::PendingLogin, Return) {
    let start = client.start_login().scope("email profile offline_access").prompt(Prompt::Consent);
    let StartedLogin { url, pending } = runner.run(start).unwrap();
    let visitor = Visitor::over_sockets(provider.ca_pem()).unwrap();
    let back = visitor.follow(&url, client.registration().redirect_uri(), ALICE).unwrap();
    (pending, back)
}

fn log_in(provider: &IdpyProvider, runner: &Runner, client: &Client) -> Result<Login, Error> {
    let (pending, back) = visit(provider, runner, client);
    let callback = callback(client, &back).unwrap();
    runner.run(client.finish_login(pending, callback).with_user_info())
}

/// What the provider answered, and that nothing was sent after it.
#[track_caller]
fn refused<T>(
    runner: &Runner,
    result: Result<T, Error>,
    due: (Purpose, &str),
    last: &str,
) -> Error {
    let error = refusal::refused(result, "provider.error");
    assert_eq!(provider_error(&error), due);
    assert_eq!(runner.take_requests().last().map_or("nothing", String::as_str), last);
    error
}

fn all_that_a_client_does(scheme: Scheme) {
    let provider = IdpyProvider::start(scheme).unwrap();
    for runner in Runner::all(provider.ca_pem(), PATIENT) {
        for name in ["basic", "post", "public"] {
            let place = format!("{name} over {}", runner.name());
            let client = discover(&provider, &runner, registration(&provider, name));
            let login = log_in(&provider, &runner, &client).unwrap();
            let due = ["GET /jwks", "POST /token", "GET /userinfo"];
            assert_eq!(runner.take_requests(), due, "{place}");
            for check in [Check::State, Check::Nonce, Check::UserInfoSubject] {
                assert!(login.id_token().checks().contains(&check), "{place}: {check}");
            }
            let email = login.user_info().unwrap().claims().email().unwrap();
            assert_eq!(email.as_deref(), Some("alice@example.test"), "{place}");

            let token = login.tokens().refresh_token().unwrap();
            let refreshed = runner.run(client.refresh(token, &login.record())).unwrap();
            let access = refreshed.tokens().access_token();
            let read = client.user_info(access, login.subject());
            assert_eq!(runner.run(read).unwrap().sub(), login.subject().sub(), "{place}");

            let exchange = client.exchange_token(access.expose(), &TokenType::AccessToken);
            let exchanged = runner.run(exchange).unwrap();
            assert!(exchanged.access_token().is_some_and(|issued| issued != access), "{place}");
            runner.take_requests();
            if name == "public" {
                let error = runner.run(client.introspect(access, None)).unwrap_err();
                assert_eq!(error.code(), "misuse.no_secret");
                assert!(runner.take_requests().is_empty());
                continue;
            }
            let hint = Some(TokenTypeHint::AccessToken);
            assert!(runner.run(client.introspect(access, hint)).unwrap().is_active(), "{place}");
            runner.run(client.revoke(access, hint)).unwrap();
            assert!(!runner.run(client.introspect(access, hint)).unwrap().is_active(), "{place}");
            let due = ["POST /introspection", "POST /revocation", "POST /introspection"];
            assert_eq!(runner.take_requests(), due, "{place}");
            let read = runner.run(client.user_info(access, login.subject()));
            refused(&runner, read, (Purpose::UserInfo, "invalid_token"), "GET /userinfo");
        }
    }
}

#[test]
fn all_that_a_client_does_over_http() {
    all_that_a_client_does(Scheme::Http);
}

#[test]
fn all_that_a_client_does_over_https() {
    all_that_a_client_does(HTTPS);
}

#[test]
fn a_provider_whose_certificate_is_not_trusted_is_not_asked() {
    let provider = IdpyProvider::start(HTTPS).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let registration = registration(&provider, "basic");
        let error = runner.run(Client::discover(provider.issuer(), registration, crypto()));
        assert_eq!(error.unwrap_err().code(), "transport.tls", "{}", runner.name());
        assert_eq!(runner.take_requests(), ["GET /.well-known/openid-configuration"]);
    }
    let trusting = Runner::ureq(provider.ca_pem(), PATIENT);
    discover(&provider, &trusting, registration(&provider, "basic"));
}

#[test]
fn a_wrong_client_secret_is_refused() {
    let provider = IdpyProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for name in ["basic", "post"] {
            let known = provider.client(name).unwrap();
            let wrong =
                Registration::confidential(name, "a-wrong-fake-secret", &known.redirect_uris[0]);
            let wrong = match name {
                "post" => wrong.unwrap().token_endpoint_auth_method(AuthMethod::ClientSecretPost),
                _ => wrong.unwrap(),
            };
            let client = discover(&provider, &runner, wrong);
            let result = log_in(&provider, &runner, &client);
            let due = (Purpose::Token, "invalid_client");
            let error = refused(&runner, result, due, "POST /token");
            assert_eq!(error.blame(), Blame::Configuration, "{name}");
            let client = discover(&provider, &runner, registration(&provider, name));
            log_in(&provider, &runner, &client).unwrap();
            runner.take_requests();
        }
    }
}

/// This provider names the client in its responses, which no specification asks for.
#[test]
fn parameters_that_only_this_provider_sends_are_kept() {
    let provider = IdpyProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = discover(&provider, &runner, registration(&provider, "basic"));
        let (pending, back) = visit(&provider, &runner, &client);
        let Return::Query(query) = &back else { panic!("not in the query: {back:?}") };
        let callback = client.callback(query).unwrap();
        assert_eq!(callback.parameter("client_id"), Some("basic"));
        assert_eq!(callback.parameter("iss"), Some(provider.issuer()));
        assert!(callback.parameter("scope").is_some_and(|scope| scope.contains("email")));
        runner.run(client.finish_login(pending, callback)).unwrap();
        runner.take_requests();

        let (pending, back) = visit(&provider, &runner, &client);
        runner.take_requests();
        let other = url::form_urlencoded::byte_serialize(provider.issuer().as_bytes());
        let other = back
            .text()
            .replace(&format!("iss={}", other.collect::<String>()), "iss=https%3A%2F%2Fevil.test");
        assert_ne!(other, back.text());
        let error = runner.run(client.finish_login(pending, client.callback(&other).unwrap()));
        assert_eq!(error.unwrap_err().code(), "callback.iss.mismatch");
        assert!(runner.take_requests().is_empty());
    }
}

#[test]
fn a_wrong_password_leads_nowhere() {
    let provider = IdpyProvider::start(Scheme::Http).unwrap();
    let runner = Runner::ureq(None, PATIENT);
    let client = discover(&provider, &runner, registration(&provider, "basic"));
    let StartedLogin { url, .. } = runner.run(client.start_login()).unwrap();
    let visitor = Visitor::over_sockets(None).unwrap();
    let redirect_uri = client.registration().redirect_uri();
    let wrong = [("username", "alice"), ("password", "underland")];
    let error = visitor.follow(&url, redirect_uri, &wrong).unwrap_err();
    assert!(error.to_string().contains("401"), "{error}");
    visitor.follow(&url, redirect_uri, ALICE).unwrap();
}

#[test]
fn tokens_of_nobody_are_refused() {
    let provider = IdpyProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = discover(&provider, &runner, registration(&provider, "basic"));
        let exchange = client.exchange_token("of-nobody", &TokenType::AccessToken);
        let due = (Purpose::Token, "invalid_request");
        refused(&runner, runner.run(exchange), due, "POST /token");
        let login = log_in(&provider, &runner, &client).unwrap();
        let access = login.tokens().access_token().expose();
        runner.run(client.exchange_token(access, &TokenType::AccessToken)).unwrap();
    }
}
