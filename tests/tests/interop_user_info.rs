//! A real provider (npm `oidc-provider`) signs userinfo, and encrypts what it signed, over both adapters.
#![cfg(feature = "josekit")]

use relying_party::{
    Client, Error, Login, Registration,
    crypto::josekit,
    flow::start_login::StartedLogin,
    jose::algorithm::Algorithm,
    protocol::{id_token::Check, user_info::UserInfoMethod},
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        encryption::{PAIRS, keys},
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal::refused,
};

fn registration(provider: &NodeProvider, name: &str) -> Registration {
    provider.client(name).unwrap().registration().unwrap()
}

/// A login that reads userinfo.
fn login(
    provider: &NodeProvider,
    runner: &Runner,
    registration: Registration,
) -> (Client, Result<Login, Error>) {
    let client = runner.client(provider.issuer(), registration, josekit());
    let start = client.start_login().scope("email").login_hint("auto:alice");
    let StartedLogin { url, pending } = runner.run(start).unwrap();
    let browser = Browser::new(None).unwrap();
    let back = browser.authorize(&url, client.registration().redirect_uri()).unwrap();
    let callback = client.callback(back.query().unwrap_or_default()).unwrap();
    runner.take_requests();
    let login = runner.run(client.finish_login(pending, callback).with_user_info());
    (client, login)
}

#[test]
fn oidcc_client_test_userinfo_signed_by_a_real_provider() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let own = registration(&provider, "userinfo-jwt");
        let signed = own.clone().userinfo_signed_response_alg(Algorithm::ES256);
        let (client, login_result) = login(&provider, &runner, signed);
        let done = login_result.unwrap();
        assert_eq!(runner.take_requests(), ["GET /jwks", "POST /token", "GET /me"]);
        let info = done.user_info().unwrap();
        assert_eq!(info.sub(), "alice");
        assert!(info.claims().claim::<String>("email").unwrap().is_some());
        let due = [
            Check::Signature(Algorithm::ES256),
            Check::Issuer,
            Check::Audience,
            Check::UserInfoSubject,
        ];
        assert!(due.iter().all(|check| info.checks().contains(check)), "{:?}", info.checks());
        assert_eq!(info.relaxations(), []);
        let read = client.user_info(done.tokens().access_token(), done.subject());
        assert!(runner.run(read.method(UserInfoMethod::PostBody)).is_ok());
        runner.take_requests();

        // U03, U04: what is not registered so on this side, or not on the other.
        let (_, result) = login(&provider, &runner, own.clone());
        let error = refused(result, "token.signed");
        assert!(error.hint().unwrap().contains("userinfo_signed_response_alg"));
        let (_, result) =
            login(&provider, &runner, own.userinfo_signed_response_alg(Algorithm::RS256));
        refused(result, "token.algorithm");
        let plain = registration(&provider, "basic");
        let (_, result) =
            login(&provider, &runner, plain.userinfo_signed_response_alg(Algorithm::ES256));
        refused(result, "token.not_signed");
        assert_eq!(runner.take_requests().last().unwrap(), "GET /me");
    }
}

#[test]
fn e15_userinfo_is_encrypted_around_its_signature() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for (alg, enc) in PAIRS {
            let place = format!("{alg} {enc} over {}", runner.name());
            let own = registration(&provider, &format!("enc-{alg}"))
                .id_token_encrypted_response(alg, enc)
                .decryption_keys(keys(&provider))
                .userinfo_signed_response_alg(Algorithm::ES256);
            let both = own.clone().userinfo_encrypted_response(alg, enc);
            let (_, result) = login(&provider, &runner, both);
            let done = result.unwrap_or_else(|error| panic!("{place}: {error:?}"));
            let checks = done.user_info().unwrap().checks();
            let due = [Check::Decrypted, Check::Signature(Algorithm::ES256)];
            assert_eq!(checks[..2], due, "{place}");
            let (_, result) = login(&provider, &runner, own);
            refused(result, "token.encrypted");
            assert_eq!(runner.take_requests().last().unwrap(), "GET /me", "{place}");
        }
        // E15: and signed alone where it is registered as encrypted.
        let signed = registration(&provider, "userinfo-jwt")
            .userinfo_signed_response_alg(Algorithm::ES256)
            .decryption_keys(keys(&provider));
        assert!(login(&provider, &runner, signed.clone()).1.is_ok());
        for (alg, enc) in PAIRS {
            let own = signed.clone().userinfo_encrypted_response(alg, enc);
            refused(login(&provider, &runner, own).1, "token.not_encrypted");
            assert_eq!(runner.take_requests().last().unwrap(), "GET /me", "{alg} {enc}");
        }
    }
}
