//! Every response type that a real provider (npm `oidc-provider`) has, by every mode, over both adapters. It has no
//! `token` alone, and no `plain`.

use relying_party::{
    Client,
    flow::{
        start_authorization::{StartAuthorization, StartedAuthorization},
        start_login::StartedLogin,
    },
    protocol::{
        authorization::ResponseMode::{self, FormPost, Fragment, Query},
        callback::Callback,
        id_token::Check,
        response_type::ResponseType::{
            self, Code, CodeIdToken, CodeIdTokenToken, CodeToken, IdToken, IdTokenToken,
        },
    },
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        front_channel::{registration, visit},
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    scenario::crypto,
};

fn client(provider: &NodeProvider, runner: &Runner) -> Client {
    runner.client(provider.issuer(), registration(provider, "basic"), crypto())
}

fn start(
    runner: &Runner,
    client: &Client,
    (response_type, mode): (ResponseType, ResponseMode),
) -> (StartedLogin, Callback) {
    let start = client.start_login().scope("email profile").login_hint("auto:alice");
    let start = start.response_type(response_type).response_mode(mode);
    let started = runner.run(start.insecure_front_channel_access_token()).unwrap();
    let callback = visit(client, &started.url, response_type, mode);
    (started, callback)
}

#[test]
fn every_type_with_a_code() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let mut cells = 0;
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner);
        for (response_type, modes) in [
            (Code, &[Query, Fragment, FormPost][..]),
            (CodeIdToken, &[Fragment, FormPost]),
            (CodeToken, &[Fragment, FormPost]),
            (CodeIdTokenToken, &[Fragment, FormPost]),
        ] {
            for mode in modes {
                let (started, callback) = start(&runner, &client, (response_type, *mode));
                let finish = client.finish_login(started.pending, callback).with_user_info();
                let login = runner.run(finish).unwrap();
                assert_eq!(login.subject().sub(), "alice");
                let front = login.front_channel();
                let id_token = front.and_then(|front| front.id_token());
                assert_eq!(id_token.is_some(), response_type.has_id_token(), "{response_type}");
                let tokens = front.and_then(|front| front.tokens());
                assert_eq!(tokens.is_some(), response_type.has_access_token(), "{response_type}");
                if let Some(id_token) = id_token {
                    assert!(id_token.checks().contains(&Check::CodeHash), "{response_type}");
                }
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 2 * 9);
}

#[test]
fn every_type_without_a_code() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let mut cells = 0;
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner);
        for response_type in [IdToken, IdTokenToken] {
            for mode in [Fragment, FormPost] {
                let (started, callback) = start(&runner, &client, (response_type, mode));
                runner.take_requests();
                let finish = client.finish_implicit_login(started.pending, callback);
                let login = runner.run(finish).unwrap();
                assert!(!runner.take_requests().contains(&"POST /token".to_owned()));
                assert_eq!(login.subject().sub(), "alice");
                assert_eq!(login.tokens().is_some(), response_type.has_access_token());
                if let Some(tokens) = login.tokens() {
                    let read = client.user_info(tokens.access_token(), login.subject());
                    assert_eq!(runner.run(read).unwrap().sub(), "alice");
                }
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 2 * 4);
}

/// A response of one login does not finish another one, and costs it nothing.
#[test]
fn i14_an_access_token_of_another_login_is_refused() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner);
        let fragment = || {
            let start = client.start_login().login_hint("auto:alice");
            let start = start.response_type(CodeIdTokenToken).insecure_front_channel_access_token();
            let started = runner.run(start).unwrap();
            let browser = Browser::new(None).unwrap();
            let redirect_uri = client.registration().redirect_uri();
            let back = browser.authorize(&started.url, redirect_uri).unwrap();
            (started.pending, back.fragment().unwrap().to_owned())
        };
        let token = |text: &str| {
            let mut pairs = text.split('&');
            pairs.find(|pair| pair.starts_with("access_token=")).unwrap().to_owned()
        };
        let ((_, other), (pending, own)) = (fragment(), fragment());
        let swapped = own.replace(&token(&own), &token(&other));
        assert_ne!(swapped, own);
        runner.take_requests();
        let callback = client.callback_fragment(&swapped).unwrap();
        let error = runner.run(client.finish_login(pending, callback)).unwrap_err();
        assert_eq!(error.code(), "claim.at_hash.mismatch");
        assert_eq!(runner.take_requests(), ["GET /jwks"]);
    }
}

fn api(start: StartAuthorization) -> StartAuthorization {
    start.scope("api:read").resource("https://api.test/opaque")
}

#[test]
fn plain_oauth_and_a_confirmation() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner);
        let begin = |change: fn(StartAuthorization) -> StartAuthorization, mode| {
            let start = client.start_authorization().login_hint("auto:alice").response_mode(mode);
            let started: StartedAuthorization = runner.run(change(start)).unwrap();
            let callback = visit(&client, &started.url, Code, mode);
            (started.pending, callback)
        };
        for mode in [Query, FormPost] {
            let (pending, callback) = begin(api, mode);
            let authorized = runner.run(client.finish_authorization(pending, callback)).unwrap();
            assert!(authorized.insecure_unverified_id_token().is_none());
            assert_eq!(authorized.tokens().scope(), ["api:read"]);

            // This provider confirms only what is a login otherwise.
            let none =
                |start: StartAuthorization| start.response_type(ResponseType::None).scope("openid");
            let (pending, callback) = begin(none, mode);
            runner.take_requests();
            runner.run(client.finish_confirmation(pending, callback)).unwrap();
            assert!(runner.take_requests().is_empty());
        }
        let both = |start: StartAuthorization| {
            api(start).response_type(CodeToken).insecure_front_channel_access_token()
        };
        let (pending, callback) = begin(both, Fragment);
        let authorized = runner.run(client.finish_authorization(pending, callback)).unwrap();
        let front = authorized.front_channel_tokens().expect("a second access token");
        assert_ne!(front.access_token(), authorized.tokens().access_token());
    }
}
