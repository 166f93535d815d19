//! Signed and encrypted authorization responses (JARM) of a real provider (npm `oidc-provider`), over both adapters.

use relying_party::{
    Client, Registration,
    flow::start_login::StartedLogin,
    jose::{
        algorithm::Algorithm,
        encryption::{ContentEncryption, KeyManagement},
    },
    protocol::{
        authorization::ResponseMode::{self, FormPostJwt, FragmentJwt, Jwt, QueryJwt},
        callback::Callback,
        id_token::Check,
        response_type::ResponseType::{
            self, Code, CodeIdToken, CodeIdTokenToken, CodeToken, IdToken, IdTokenToken,
        },
    },
};
use relying_party_tests::{
    interop::{
        front_channel::{registration, visit},
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    scenario::crypto,
};

fn client(
    provider: &NodeProvider,
    runner: &Runner,
    name: &str,
    change: impl FnOnce(Registration) -> Registration,
) -> Client {
    runner.client(provider.issuer(), change(registration(provider, name)), crypto())
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
    runner.take_requests();
    (started, callback)
}

#[test]
fn every_type_by_every_signed_mode() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let mut cells = 0;
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner, "basic", |registration| registration);
        let modes = client.metadata().response_modes_supported();
        assert!(modes.contains(&"jwt") && modes.contains(&"form_post.jwt"), "{modes:?}");
        for (response_type, modes) in [
            (Code, &[Jwt, QueryJwt, FragmentJwt, FormPostJwt][..]),
            (CodeIdToken, &[Jwt, FragmentJwt, FormPostJwt]),
            (CodeToken, &[Jwt, FragmentJwt, FormPostJwt]),
            (CodeIdTokenToken, &[Jwt, FragmentJwt, FormPostJwt]),
            (IdToken, &[Jwt, FragmentJwt, FormPostJwt]),
            (IdTokenToken, &[Jwt, FragmentJwt, FormPostJwt]),
        ] {
            for mode in modes {
                let (started, callback) = start(&runner, &client, (response_type, *mode));
                assert_eq!(callback.state(), Some(started.pending.state()), "{response_type}");
                let id_token = match response_type.has_code() {
                    true => {
                        let finish = client.finish_login(started.pending, callback);
                        runner.run(finish).unwrap().id_token().clone()
                    }
                    false => {
                        let finish = client.finish_implicit_login(started.pending, callback);
                        runner.run(finish).unwrap().id_token().clone()
                    }
                };
                assert_eq!(id_token.subject().sub(), "alice", "{response_type} {mode:?}");
                let due = Check::ResponseSignature(Algorithm::RS256);
                assert!(id_token.checks().contains(&due), "{response_type} {mode:?}");
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 2 * 19);
}

#[test]
fn another_algorithm_and_an_error() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        // What is registered there, and the default, which it is not.
        for (registered, good) in [(true, true), (false, false)] {
            let client =
                client(&provider, &runner, "userinfo-jwt", |registration| match registered {
                    true => registration.authorization_signed_response_alg(Algorithm::EdDSA),
                    false => registration,
                });
            let (started, callback) = start(&runner, &client, (Code, Jwt));
            let result = runner.run(client.finish_login(started.pending, callback));
            match good {
                true => drop(result.unwrap()),
                false => {
                    assert_eq!(result.unwrap_err().code(), "token.algorithm");
                    assert!(runner.take_requests().is_empty());
                }
            }
        }
        let client = client(&provider, &runner, "basic", |registration| registration);
        let start =
            client.start_login().prompt(relying_party::protocol::authorization::Prompt::None);
        let started = runner.run(start.response_mode(Jwt)).unwrap();
        let callback = visit(&client, &started.url, Code, Jwt);
        let error = runner.run(client.finish_login(started.pending, callback)).unwrap_err();
        assert_eq!(error.code(), "provider.error");
        assert!(error.to_string().contains("login_required"), "{error}");
    }
}

/// The clients whose key is derived from their secret (OIDC Core 10.2).
#[test]
fn encrypted_responses() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for (name, alg, enc) in [
            ("enc-A256KW", KeyManagement::A256Kw, ContentEncryption::A192Gcm),
            ("enc-A128GCMKW", KeyManagement::A128GcmKw, ContentEncryption::A128Gcm),
            ("enc-dir", KeyManagement::Dir, ContentEncryption::A128CbcHs256),
        ] {
            let client = client(&provider, &runner, name, |registration| {
                registration
                    .authorization_signed_response_alg(Algorithm::ES256)
                    .authorization_encrypted_response(alg, enc)
                    .id_token_encrypted_response(alg, enc)
            });
            for cell in [(Code, Jwt), (Code, FormPostJwt), (CodeIdToken, Jwt)] {
                let (started, callback) = start(&runner, &client, cell);
                let mut env = relying_party::SystemEnv;
                let callback = client.decrypt_state(callback, &mut env).unwrap();
                assert_eq!(callback.state(), Some(started.pending.state()), "{name}");
                let login = runner.run(client.finish_login(started.pending, callback)).unwrap();
                let due = Check::ResponseSignature(Algorithm::ES256);
                assert!(login.id_token().checks().contains(&due), "{name}");
            }
        }
    }
}
