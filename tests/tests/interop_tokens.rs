//! Tokens looked up, used and given back at a real provider (npm `oidc-provider`), over both adapters.

use std::time::Duration;

use relying_party::{
    Client, Login, Policy, Registration,
    error::{Blame, ErrorKind, Purpose},
    flow::{start_login::StartedLogin, valid_token::Validity},
    http::Method,
    protocol::{authorization::Prompt, registration::AuthMethod, revocation::TokenTypeHint},
    secret::AnyToken,
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        npm::{Certificate, NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    scenario::crypto,
};

const HTTPS: Scheme = Scheme::Https { cert: Certificate::Server };

fn client(provider: &NodeProvider, runner: &Runner, name: &str) -> Client {
    let mut registration = provider.client(name).unwrap().registration().unwrap();
    if name == "post" {
        registration = registration.token_endpoint_auth_method(AuthMethod::ClientSecretPost);
    }
    let policy = Policy::default().insecure_allow_loopback_http();
    runner.run(Client::discover(provider.issuer(), registration, crypto()).policy(policy)).unwrap()
}

/// Alice, with a refresh token.
fn log_in(provider: &NodeProvider, runner: &Runner, client: &Client) -> Login {
    let start = client.start_login().scope("email offline_access").prompt(Prompt::Consent);
    let StartedLogin { url, pending } = runner.run(start.login_hint("auto:alice")).unwrap();
    let browser = Browser::new(provider.ca_pem()).unwrap();
    let back = browser.authorize(&url, client.registration().redirect_uri()).unwrap();
    let callback = client.callback(back.query().unwrap_or_default()).unwrap();
    let login = runner.run(client.finish_login(pending, callback)).unwrap();
    runner.take_requests();
    login
}

fn tokens_are_looked_up_and_given_back(scheme: Scheme) {
    let provider = NodeProvider::start(scheme).unwrap();
    for runner in Runner::all(provider.ca_pem(), PATIENT) {
        for name in ["basic", "basic-odd", "post"] {
            let place = format!("{name} over {}", runner.name());
            let client = client(&provider, &runner, name);
            let login = log_in(&provider, &runner, &client);
            let access = login.tokens().access_token();
            let refresh = login.tokens().refresh_token().unwrap();

            let hint = Some(TokenTypeHint::AccessToken);
            let answer = runner.run(client.introspect(access, hint)).unwrap();
            let token = answer.active().unwrap_or_else(|| panic!("{place}: inactive"));
            assert!(token.is_token_type("bearer"), "{place}");
            assert!(token.scope().iter().any(|scope| scope == "email"), "{place}");
            assert!(token.expires_at().is_some(), "{place}");
            assert_eq!(token.claims().claim("sub"), Ok(Some("alice".to_owned())), "{place}");
            assert!(runner.run(client.introspect(refresh, None)).unwrap().is_active(), "{place}");
            let unknown = AnyToken::new("a-token-of-nobody").unwrap();
            assert!(!runner.run(client.introspect(unknown, None)).unwrap().is_active(), "{place}");
            assert_eq!(runner.take_requests(), ["POST /token/introspection"; 3], "{place}");

            runner.run(client.revoke(access, hint)).unwrap();
            runner.run(client.revoke(access, hint)).unwrap();
            assert!(!runner.run(client.introspect(access, None)).unwrap().is_active(), "{place}");
            runner.run(client.revoke(refresh, Some(TokenTypeHint::RefreshToken))).unwrap();
            let error = runner.run(client.refresh(refresh, &login.record())).unwrap_err();
            assert_eq!((error.code(), error.blame()), ("provider.error", Blame::Visitor));
        }
    }
}

#[test]
fn g07_g09_tokens_are_looked_up_and_given_back_over_http() {
    tokens_are_looked_up_and_given_back(Scheme::Http);
}

#[test]
fn g07_g09_tokens_are_looked_up_and_given_back_over_https() {
    tokens_are_looked_up_and_given_back(HTTPS);
}

#[test]
fn g07_a_public_client_gives_back_and_does_not_ask() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner, "public");
        let login = log_in(&provider, &runner, &client);
        let access = login.tokens().access_token();
        let error = runner.run(client.introspect(access, None)).unwrap_err();
        assert_eq!(error.code(), "misuse.no_secret");
        assert!(runner.take_requests().is_empty());
        runner.run(client.revoke(access, None)).unwrap();
        let error = runner.run(client.user_info(access, login.subject())).unwrap_err();
        assert_eq!(error.code(), "provider.error");
        assert!(error.hint().unwrap().contains("refresh"));
        assert_eq!(runner.take_requests(), ["POST /token/revocation", "GET /me"]);
    }
}

#[test]
fn a_wrong_secret_neither_asks_nor_gives_back() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let good = client(&provider, &runner, "basic");
        let login = log_in(&provider, &runner, &good);
        let access = login.tokens().access_token();
        let redirect_uri = good.registration().redirect_uri();
        let wrong = Registration::confidential("basic", "a-wrong-fake-secret", redirect_uri);
        let policy = Policy::default().insecure_allow_loopback_http();
        let discover = Client::discover(provider.issuer(), wrong.unwrap(), crypto());
        let wrong = runner.run(discover.policy(policy)).unwrap();
        runner.take_requests();
        for (error, purpose) in [
            (runner.run(wrong.introspect(access, None)).unwrap_err(), Purpose::Introspection),
            (runner.run(wrong.revoke(access, None)).unwrap_err(), Purpose::Revocation),
        ] {
            assert_eq!((error.code(), error.blame()), ("provider.error", Blame::Configuration));
            match error.kind() {
                ErrorKind::Provider(oauth) => {
                    assert_eq!((oauth.endpoint, oauth.error.as_str()), (purpose, "invalid_client"));
                }
                other => panic!("{other:?}"),
            }
        }
        let due = ["POST /token/introspection", "POST /token/revocation"];
        assert_eq!(runner.take_requests(), due);
        assert!(runner.run(good.introspect(access, None)).unwrap().is_active());
    }
}

#[test]
fn u16_a_resource_takes_the_token_and_says_why_it_does_not() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner, "basic");
        let login = log_in(&provider, &runner, &client);
        let (tokens, record) = (login.tokens(), login.record());
        let access = tokens.access_token();
        let url = client.metadata().userinfo_endpoint().unwrap().to_string();

        let valid = |margin| runner.run(client.valid_access_token(tokens, &record, margin));
        assert!(matches!(valid(Duration::from_secs(5)), Ok(Validity::Valid)));
        assert!(runner.take_requests().is_empty());

        for (method, content) in [(Method::Get, None), (Method::Post, Some("a=b"))] {
            let mut call = client.resource(method, &url, access);
            if let Some(content) = content {
                call = call.content("application/x-www-form-urlencoded", content.into());
            }
            let answer = runner.run(call).unwrap();
            assert_eq!((answer.status(), answer.refusal().is_none()), (200, true));
            assert!(String::from_utf8_lossy(answer.response().body()).contains("alice"));
        }
        let refreshed = match valid(Duration::MAX) {
            Ok(Validity::Refreshed(refreshed)) => refreshed,
            other => panic!("over {}: {other:?}", runner.name()),
        };
        let access = refreshed.tokens().access_token();
        assert_eq!(runner.run(client.resource(Method::Get, &url, access)).unwrap().status(), 200);
        runner.run(client.revoke(access, None)).unwrap();
        let answer = runner.run(client.resource(Method::Get, &url, access)).unwrap();
        assert_eq!(answer.status(), 401, "over {}", runner.name());
        assert_eq!(answer.refusal().unwrap().error().unwrap().as_str(), "invalid_token");
    }
}
