//! The second real provider (PyPI `idpyoidc`) encrypts ID tokens, signs and encrypts userinfo, and reads request objects,
//! over both adapters.
#![cfg(feature = "josekit")]

use relying_party::{
    Client, Error, Login, Registration, SystemEnv,
    crypto::{josekit, josekit_signing_key, rustcrypto_generate_signing_key},
    flow::start_login::{StartLogin, StartedLogin},
    jose::{
        algorithm::Algorithm,
        encryption::{
            ContentEncryption::{self, A128CbcHs256, A128Gcm, A256CbcHs512},
            KeyManagement::{self, EcdhEs, EcdhEsA128Kw, RsaOaep, RsaOaep256},
        },
        jwk::DecryptionKey,
        signer::SigningKey,
    },
    protocol::{authorization::Prompt, id_token::Check, request_object::RequestObject},
};
use relying_party_tests::{
    interop::{
        idpyoidc::IdpyProvider,
        npm::Scheme,
        runner::{PATIENT, Runner},
    },
    refusal::refused,
    visitor::{ALICE, Visitor},
};

/// What the provider makes as the specifications say.
const PAIRS: [(KeyManagement, ContentEncryption); 3] =
    [(RsaOaep, A128CbcHs256), (RsaOaep256, A256CbcHs512), (EcdhEs, A128CbcHs256)];
/// What it makes otherwise: RFC 7518 5.3 (an IV of 96 bits), 4.6.2 (`AlgorithmID`).
const OTHERWISE: [(KeyManagement, ContentEncryption); 2] =
    [(RsaOaep, A128Gcm), (EcdhEsA128Kw, A128CbcHs256)];

fn own(provider: &IdpyProvider, name: &str) -> Registration {
    provider.client(name).unwrap().registration().unwrap()
}

/// What `read` makes of the private keys of the clients.
fn keys<T>(provider: &IdpyProvider, read: impl Fn(&[u8]) -> Option<T>) -> Vec<T> {
    let keys = provider.state()["client_private_jwks"]["keys"].as_array().unwrap();
    keys.iter().filter_map(|key| read(key.to_string().as_bytes())).collect()
}

fn decryption_keys(provider: &IdpyProvider) -> Vec<DecryptionKey> {
    keys(provider, |jwk| DecryptionKey::from_jwk(jwk).ok())
}

fn client(provider: &IdpyProvider, runner: &Runner, own: Registration) -> Client {
    runner.client(provider.issuer(), own, josekit())
}

/// A login that reads userinfo, or where the visitor's way ends.
fn visit(
    runner: &Runner,
    client: &Client,
    start: StartLogin,
) -> Result<Result<Login, Error>, String> {
    let start = start.scope("email").prompt(Prompt::Consent);
    let StartedLogin { mut url, pending } = runner.run(start).unwrap();
    let redirect_uri = client.registration().redirect_uri();
    if !url.query_pairs().any(|(name, _)| name == "redirect_uri") {
        // OIDC Core 6.1 leaves it to the object; this provider does not.
        url.query_pairs_mut().append_pair("redirect_uri", redirect_uri);
    }
    let visitor = Visitor::over_sockets(None).unwrap();
    let back = visitor.follow(&url, redirect_uri, ALICE).map_err(|error| error.to_string())?;
    let callback = client.callback(back.text()).unwrap();
    Ok(runner.run(client.finish_login(pending, callback).with_user_info()))
}

fn log_in(runner: &Runner, client: &Client, start: StartLogin) -> Result<Login, Error> {
    visit(runner, client, start).unwrap()
}

#[test]
fn e15_encrypted_id_tokens_and_userinfo_at_idpyoidc() {
    let provider = IdpyProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let log_in = |own: Registration| {
            let client = client(&provider, &runner, own);
            let login = log_in(&runner, &client, client.start_login());
            (login, runner.take_requests().pop().unwrap())
        };
        let named = |alg, enc| {
            own(&provider, &format!("enc-{alg}-{enc}").replace('+', "-"))
                .decryption_keys(decryption_keys(&provider))
                .userinfo_signed_response_alg(Algorithm::ES256)
        };
        for (alg, enc) in OTHERWISE {
            let (login, last) = log_in(named(alg, enc).id_token_encrypted_response(alg, enc));
            refused(login, "token.decryption");
            assert_eq!(last, "POST /token", "{alg} {enc} over {}", runner.name());
        }
        for (alg, enc) in PAIRS {
            let place = format!("{alg} {enc} over {}", runner.name());
            let named = named(alg, enc);
            let (login, last) = log_in(named.clone());
            refused(login, "token.encrypted");
            assert_eq!(last, "POST /token", "{place}");
            let id_token = named.id_token_encrypted_response(alg, enc);
            let (login, last) = log_in(id_token.clone());
            refused(login, "token.encrypted");
            assert_eq!(last, "GET /userinfo", "{place}");
            let (login, _) = log_in(id_token.userinfo_encrypted_response(alg, enc));
            let login = login.unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(login.id_token().checks()[0], Check::Decrypted, "{place}");
            let due = [Check::Decrypted, Check::Signature(Algorithm::ES256)];
            assert_eq!(login.user_info().unwrap().checks()[..2], due, "{place}");

            let plain = own(&provider, "userinfo-jwt")
                .decryption_keys(decryption_keys(&provider))
                .userinfo_signed_response_alg(Algorithm::ES256);
            let (login, last) = log_in(plain.clone().id_token_encrypted_response(alg, enc));
            refused(login, "token.not_encrypted");
            assert_eq!(last, "POST /token", "{place}");
            let (login, last) = log_in(plain.userinfo_encrypted_response(alg, enc));
            refused(login, "token.not_encrypted");
            assert_eq!(last, "GET /userinfo", "{place}");
        }
    }
}

#[test]
fn oidcc_client_test_userinfo_signed_at_idpyoidc() {
    let provider = IdpyProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let log_in = |name: &str, algorithm: Option<Algorithm>| {
            let own = own(&provider, name);
            let own = match algorithm {
                Some(algorithm) => own.userinfo_signed_response_alg(algorithm),
                None => own,
            };
            let client = client(&provider, &runner, own);
            let login = log_in(&runner, &client, client.start_login());
            assert_eq!(runner.take_requests().last().unwrap(), "GET /userinfo");
            login
        };
        let login = log_in("userinfo-jwt", Some(Algorithm::ES256)).unwrap();
        let info = login.user_info().unwrap();
        assert_eq!(info.claims().email().unwrap().as_deref(), Some("alice@example.test"));
        let due = [Check::Signature(Algorithm::ES256), Check::Issuer, Check::Audience];
        assert_eq!(info.checks()[..3], due);
        refused(log_in("userinfo-jwt", None), "token.signed");
        refused(log_in("userinfo-jwt", Some(Algorithm::RS256)), "token.algorithm");
        refused(log_in("basic", Some(Algorithm::ES256)), "token.not_signed");
        assert!(log_in("basic", None).is_ok());
    }
}

#[test]
fn request_objects_at_idpyoidc() {
    let provider = IdpyProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner, own(&provider, "basic"));
        let signed = |algorithm| {
            let found = keys(&provider, |jwk| josekit_signing_key(jwk, algorithm).ok());
            let key: SigningKey = found.into_iter().next().expect("a key");
            RequestObject::signed_by(key)
        };
        let ask = |object| client.start_login().request_object(object);
        for object in [
            signed(Algorithm::RS256),
            signed(Algorithm::ES256),
            signed(Algorithm::ES384),
            RequestObject::signed_by_secret(Algorithm::HS256),
            signed(Algorithm::ES256).encrypted_for_provider(EcdhEs, A128CbcHs256),
        ] {
            let place = format!("{object:?} over {}", runner.name());
            let login = log_in(&runner, &client, ask(object));
            let login = login.unwrap_or_else(|error| panic!("{place}: {error}"));
            // Which the object alone says.
            for check in [Check::State, Check::Nonce] {
                assert!(login.id_token().checks().contains(&check), "{place}: {check}");
            }
        }
        // Under a key that is nobody's.
        let nobody = rustcrypto_generate_signing_key(Algorithm::ES256, &mut SystemEnv).unwrap();
        let start = ask(RequestObject::signed_by(nobody.signing_key().clone()));
        let end = visit(&runner, &client, start).unwrap_err();
        assert!(end.starts_with("a dead end: 400 at"), "{end}");
    }
}
