//! A real provider (npm `oidc-provider`) encrypts ID tokens and introspection answers, over both adapters.
#![cfg(feature = "josekit")]

use relying_party::{
    Client, Policy, Registration,
    crypto::josekit,
    flow::start_login::StartedLogin,
    jose::{algorithm::Algorithm, encryption::KeyManagement::Dir},
    protocol::{authorization::Prompt, id_token::Check},
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        encryption::{PAIRS, keys, registration},
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal::refused,
    visitor::{ALICE, Visitor},
};

fn client(provider: &NodeProvider, runner: &Runner, registration: Registration) -> Client {
    let policy = Policy::default().insecure_allow_loopback_http();
    let discover = Client::discover(provider.issuer(), registration, josekit()).policy(policy);
    let client = runner.run(discover).unwrap();
    runner.take_requests();
    client
}

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
            let client = client(&provider, &runner, own);
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

#[test]
fn e15_the_same_client_without_its_registration() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner, registration(&provider, Dir));
        let start = client.start_login().login_hint("auto:alice");
        let StartedLogin { url, pending } = runner.run(start).unwrap();
        let browser = Browser::new(None).unwrap();
        let back = browser.authorize(&url, client.registration().redirect_uri()).unwrap();
        let callback = client.callback(back.query().unwrap_or_default()).unwrap();
        let error = refused(runner.run(client.finish_login(pending, callback)), "token.encrypted");
        assert!(error.hint().unwrap().contains("id_token_encrypted_response"));
        let requests = runner.take_requests();
        assert_eq!(requests.last().map(String::as_str), Some("POST /token"), "{requests:?}");
    }
}
