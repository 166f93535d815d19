//! Registration and its management at a real provider (npm `oidc-provider`), over both adapters.

use relying_party::{
    Client, Env, Error, Policy, SystemEnv,
    error::Purpose,
    flow::start_login::StartedLogin,
    jose::algorithm::Algorithm,
    protocol::{
        client_metadata::{ClientMetadata, SubjectType},
        metadata::ProviderMetadata,
        negotiation::{Capability, Preferences},
        registered_client::{RegisteredClient, SecretExpiry},
    },
    secret::AccessToken,
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        npm::{Certificate, NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal::{self, provider_error},
    scenario::crypto,
};

const CALLBACK: &str = "https://rp.test/dynamic";

fn policy() -> Policy {
    Policy::default().insecure_allow_loopback_http()
}

fn metadata(provider: &NodeProvider, runner: &Runner) -> ProviderMetadata {
    let read = Client::read_provider(provider.issuer()).policy(policy());
    let metadata = runner.run(read).unwrap();
    runner.take_requests();
    metadata
}

fn web() -> ClientMetadata {
    ClientMetadata::web(&[CALLBACK]).unwrap()
}

#[track_caller]
fn refused(result: Result<RegisteredClient, Error>, due: &str) {
    let error = refusal::refused(result, "provider.error");
    assert_eq!(provider_error(&error), (Purpose::Registration, due));
}

/// The registered client logs alice in.
fn logs_in(
    provider: &NodeProvider,
    runner: &Runner,
    metadata: &ProviderMetadata,
    registered: &RegisteredClient,
) {
    let registration = registered.registration(SystemEnv.now()).unwrap();
    let client = Client::new(metadata.clone(), registration, crypto(), policy()).unwrap();
    let start = client.start_login().scope("email").login_hint("auto:alice");
    let StartedLogin { url, pending } = runner.run(start).unwrap();
    let browser = Browser::new(provider.ca_pem()).unwrap();
    let back = browser.authorize(&url, client.registration().redirect_uri()).unwrap();
    let callback = client.callback(back.query().unwrap_or_default()).unwrap();
    let login = runner.run(client.finish_login(pending, callback).with_user_info()).unwrap();
    assert_eq!(login.id_token().audiences(), [registered.client_id()]);
}

#[test]
fn oidcc_client_test_dynamic_registration_at_a_real_provider() {
    for scheme in [Scheme::Http, Scheme::Https { cert: Certificate::Server }] {
        let provider = NodeProvider::start(scheme).unwrap();
        for runner in Runner::all(provider.ca_pem(), PATIENT) {
            let metadata = metadata(&provider, &runner);
            for asked in [
                web().client_name("Dynamic"),
                web().token_endpoint_auth_method("client_secret_post"),
                web().id_token_signed_response_alg(Algorithm::ES256).require_auth_time(true),
                web().id_token_signed_response_alg(Algorithm::HS256),
            ] {
                let register = Client::register(&metadata, asked).policy(policy());
                let registered = runner.run(register).unwrap();
                assert_eq!(runner.take_requests(), ["POST /reg"]);
                assert!(registered.differences().is_empty(), "{:?}", registered.differences());
                assert_eq!(registered.secret_expiry(), SecretExpiry::Never);
                assert!(registered.is_manageable() && registered.issued_at().is_some());
                logs_in(&provider, &runner, &metadata, &registered);
                runner.take_requests();
            }
            // It keeps no other language, and says so by silence.
            let german = web().localized("client_name", "de", "Dynamisch");
            let registered = runner.run(Client::register(&metadata, german).policy(policy()));
            let differences = registered.unwrap().differences().to_vec();
            assert_eq!(differences.len(), 1);
            assert_eq!(differences[0].member.as_str(), "client_name#de");
            assert!(differences[0].registered.is_none());

            let native = ClientMetadata::native(&["http://127.0.0.1:8765/cb"]).unwrap();
            let registered = runner.run(Client::register(&metadata, native).policy(policy()));
            let registered = registered.unwrap();
            assert!(registered.client_secret().is_none());
            logs_in(&provider, &runner, &metadata, &registered);
        }
    }
}

#[test]
fn management_with_a_token_that_changes() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let metadata = metadata(&provider, &runner);
        let register = Client::register(&metadata, web().client_name("First")).policy(policy());
        let first = runner.run(register).unwrap();
        let path = format!("/reg/{}", first.client_id());
        runner.take_requests();

        let read = |registered| {
            runner.run(Client::read_registration(&metadata, registered).policy(policy()))
        };
        let read_again = read(&first).unwrap();
        assert!(read_again.differences().is_empty(), "{:?}", read_again.differences());
        let changed = read_again.to_metadata().client_name("Second");
        let update = Client::update_registration(&metadata, &read_again, changed);
        let second = runner.run(update.policy(policy())).unwrap();
        let name: Option<String> = second.member("client_name").unwrap();
        assert_eq!(name.as_deref(), Some("Second"));
        assert!(second.client_secret() == first.client_secret());
        // The update brought another token, and the old one is no longer good.
        assert_eq!(read(&first).unwrap_err().code(), "response.not_registered");
        let stored = RegisteredClient::from_bytes(&second.to_bytes()).unwrap();
        logs_in(&provider, &runner, &metadata, &stored);
        runner.take_requests();

        let odd = second.to_metadata().member("response_modes", ["of_our_own"]);
        let odd = odd.grant_types(&["urn:test:unknown"]).response_types(&[]);
        let update = Client::update_registration(&metadata, &stored, odd).policy(policy());
        refused(runner.run(update), "invalid_client_metadata");

        let delete = || Client::delete_registration(&metadata, &stored).policy(policy());
        runner.run(delete()).unwrap();
        assert_eq!(runner.take_requests(), [format!("PUT {path}"), format!("DELETE {path}")]);
        assert_eq!(runner.run(delete()).unwrap_err().code(), "response.not_registered");
        assert_eq!(read(&stored).unwrap_err().code(), "response.not_registered");
    }
}

#[test]
fn initial_access_tokens_and_refusals() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let given = provider.control("iat").unwrap()["initial_access_token"].clone();
    for runner in Runner::all(None, PATIENT) {
        let metadata = metadata(&provider, &runner);
        let register = |asked| Client::register(&metadata, asked).policy(policy());
        let token = AccessToken::new(given.as_str().unwrap()).unwrap();
        let registered = runner.run(register(web()).initial_access_token(token)).unwrap();
        assert!(registered.is_manageable());
        // A claimed https address of a native application is on no visitor's machine.
        let local = ClientMetadata::native(&["https://localhost/cb"]).unwrap();
        refused(runner.run(register(local)), "invalid_redirect_uri");
        let unknown = web().token_endpoint_auth_method("of_our_own");
        refused(runner.run(register(unknown)), "invalid_client_metadata");
    }
}

#[test]
fn negotiation_with_a_real_provider() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let metadata = metadata(&provider, &runner);
        let wishes = Preferences::default()
            .response_types(&["code", "token"])
            .grant_types(&["authorization_code", "refresh_token", "urn:test:unknown"])
            .id_token_signed_response_alg(&[Algorithm::ES384, Algorithm::RS256])
            .token_endpoint_auth_method(&["of_our_own", "client_secret_post"])
            .subject_type(&[SubjectType::Pairwise, SubjectType::Public])
            .require(Capability::SubjectType);
        let negotiated = web().negotiate(&wishes, &metadata).unwrap();
        let notes: Vec<_> = negotiated.notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            [
                "response_types_supported does not hold \"token\"",
                "grant_types_supported does not hold \"urn:test:unknown\"",
                "token_endpoint_auth_methods_supported does not hold \"of_our_own\"",
            ]
        );
        let error = web().negotiate(&wishes.require(Capability::ResponseTypes), &metadata);
        assert_eq!(error.unwrap_err().code(), "misuse.not_offered");
        let register = Client::register(&metadata, negotiated.metadata).policy(policy());
        let registered = runner.run(register).unwrap();
        let subject: Option<String> = registered.member("subject_type").unwrap();
        assert_eq!(subject.as_deref(), Some("pairwise"));
        logs_in(&provider, &runner, &metadata, &registered);
    }
}
