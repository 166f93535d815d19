//! A real provider (npm `oidc-provider`) encrypts ID tokens and introspection answers, over both adapters.
#![cfg(feature = "josekit")]

use relying_party::{
    Client, Error, Login, Registration,
    crypto::josekit,
    flow::start_login::StartedLogin,
    jose::{
        algorithm::Algorithm,
        encryption::{
            ContentEncryption::{A128CbcHs256, A128Gcm, A256CbcHs512, A256Gcm},
            KeyManagement::{Dir, EcdhEs, RsaOaep256},
        },
    },
    protocol::{authorization::Prompt, id_token::Check},
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        encryption::{PAIRS, keys, registration, strange_keys},
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal::refused,
    visitor::{ALICE, Visitor},
};

#[test]
fn id_tokens_and_introspection_answers_of_every_client_that_registered_encryption() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for (alg, enc) in PAIRS {
            let place = format!("{alg} {enc} over {}", runner.name());
            let own = registration(&provider, alg)
                .id_token_encrypted_response(alg, enc)
                .introspection_encrypted_response(alg, enc)
                .introspection_signed_response_alg(Algorithm::ES256)
                .decryption_keys(keys(&provider));
            let client = runner.client(provider.issuer(), own, josekit());
            let start = client.start_login().scope("offline_access").prompt(Prompt::Consent);
            let StartedLogin { url, pending } = runner.run(start).unwrap();
            let visitor = Visitor::over_sockets(None).unwrap();
            let redirect_uri = client.registration().redirect_uri();
            let back = visitor.follow(&url, redirect_uri, ALICE).unwrap();
            let callback = client.callback(back.text()).unwrap();
            let login = runner.run(client.finish_login(pending, callback));
            let login = login.unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(login.id_token().checks()[0], Check::Decrypted, "{place}");
            assert_eq!(login.subject().sub(), "alice");
            let refresh_token = login.tokens().refresh_token().unwrap();
            let refreshed = runner.run(client.refresh(refresh_token, &login.record())).unwrap();
            assert_eq!(refreshed.id_token().unwrap().checks()[0], Check::Decrypted, "{place}");
            let access = refreshed.tokens().access_token();
            let answer = runner.run(client.introspect(access, None));
            let answer = answer.unwrap_or_else(|error| panic!("{place}: {error}"));
            assert!(answer.is_active(), "{place}");
            // OIDC Core 3.1.2.1: the hint is the token inside, which it knows.
            let hint = login.id_token().raw();
            let bye = format!("{redirect_uri}/bye");
            let logout = client.start_logout().id_token_hint(hint).post_logout_redirect_uri(&bye);
            let started = runner.run(logout).unwrap();
            let back = visitor.follow(&started.url, &bye, ALICE).unwrap();
            client.finish_logout(back.text(), &started.state).unwrap();
            runner.take_requests();
        }
    }
}

/// A login whose last request is for the token.
fn log_in(
    provider: &NodeProvider,
    runner: &Runner,
    own: Registration,
) -> (Client, Result<Login, Error>) {
    let client = runner.client(provider.issuer(), own, josekit());
    let start = client.start_login().login_hint("auto:alice");
    let StartedLogin { url, pending } = runner.run(start).unwrap();
    let browser = Browser::new(None).unwrap();
    let back = browser.authorize(&url, client.registration().redirect_uri()).unwrap();
    let callback = client.callback(back.query().unwrap_or_default()).unwrap();
    let login = runner.run(client.finish_login(pending, callback));
    let requests = runner.take_requests();
    if login.is_err() {
        assert_eq!(requests.last().map(String::as_str), Some("POST /token"), "{requests:?}");
    }
    (client, login)
}

#[test]
fn e15_id_tokens_whose_encryption_is_not_the_registered_one() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let plain = || provider.client("basic").unwrap().registration().unwrap();
    let strange = strange_keys(&provider);
    for runner in Runner::all(None, PATIENT) {
        let log_in = |own| log_in(&provider, &runner, own).1;
        for (alg, enc) in [(RsaOaep256, A256Gcm), (EcdhEs, A128Gcm), (Dir, A128CbcHs256)] {
            let named = registration(&provider, alg).decryption_keys(keys(&provider));
            let error = refused(log_in(named.clone()), "token.encrypted");
            assert!(error.hint().unwrap().contains("id_token_encrypted_response"));
            let other = named.clone().id_token_encrypted_response(alg, A256CbcHs512);
            refused(log_in(other), "token.encryption");
            let own = named.id_token_encrypted_response(alg, enc);
            assert!(log_in(own.clone()).is_ok());
            if alg != Dir {
                refused(log_in(own.decryption_keys(strange.clone())), "token.decryption");
            }
            let own =
                plain().decryption_keys(keys(&provider)).id_token_encrypted_response(alg, enc);
            refused(log_in(own), "token.not_encrypted");
        }
        assert!(log_in(plain()).is_ok());
    }
}

#[test]
fn e15_introspection_answers_whose_encryption_is_not_the_registered_one() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let strange = strange_keys(&provider);
    for runner in Runner::all(None, PATIENT) {
        let own = registration(&provider, EcdhEs)
            .id_token_encrypted_response(EcdhEs, A128Gcm)
            .decryption_keys(keys(&provider))
            .introspection_signed_response_alg(Algorithm::ES256);
        let (_, login) = log_in(&provider, &runner, own.clone());
        let login = login.unwrap();
        let introspect = |own: Registration, login: &Login| {
            let client = runner.client(provider.issuer(), own, josekit());
            let answer = runner.run(client.introspect(login.tokens().access_token(), None));
            let sent = runner.take_requests();
            let due: &[&str] = match answer {
                Ok(_) => &["POST /token/introspection", "GET /jwks"],
                Err(_) => &["POST /token/introspection"],
            };
            assert_eq!(sent, due);
            answer
        };
        refused(introspect(own.clone(), &login), "token.encrypted");
        let other = own.clone().introspection_encrypted_response(EcdhEs, A256Gcm);
        refused(introspect(other, &login), "token.encryption");
        let own = own.introspection_encrypted_response(EcdhEs, A128Gcm);
        assert!(introspect(own.clone(), &login).unwrap().is_active());
        refused(introspect(own.decryption_keys(strange.clone()), &login), "token.decryption");

        let signed = provider.client("userinfo-jwt").unwrap().registration().unwrap();
        let signed = signed.introspection_signed_response_alg(Algorithm::PS256);
        let (_, login) = log_in(&provider, &runner, signed.clone());
        let login = login.unwrap();
        assert!(introspect(signed.clone(), &login).unwrap().is_active());
        let own = signed
            .decryption_keys(keys(&provider))
            .introspection_encrypted_response(EcdhEs, A128Gcm);
        refused(introspect(own, &login), "token.not_encrypted");
    }
}
