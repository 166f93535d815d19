//! Encrypted ID, logout and introspection tokens (OIDC Core 2, 10.2, Back-Channel Logout 2.4, RFC 9701 6) on every way
//! that they come. The layer below has its tests in core/tests/jwe, the threats theirs in threats_e_flows.rs.
#![cfg(feature = "josekit")]

use relying_party::{
    Client, Policy, Registration,
    crypto::{josekit, rustcrypto},
    error::{ErrorKind, TokenKind},
    flow::start_login::StartedLogin,
    jose::{
        algorithm::Algorithm,
        encryption::{
            ContentEncryption::{self, *},
            KeyManagement::{self, *},
        },
    },
    protocol::response_type::ResponseType,
};
use relying_party_tests::{
    device::Device,
    encrypted::{DIRECT, PAIRS, Site, decrypted, found, own_key, registered, world},
    op::{EncryptionMischief as Wrong, base64url},
    refusal::refused,
};
use serde_json::json;

#[test]
fn id_tokens_of_the_token_endpoint() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let login = site.login().unwrap_or_else(|error| panic!("{pair:?}: {error}"));
        decrypted(login.id_token());
        assert_eq!(site.world.transport.requests(), ["GET /jwks", "POST /token"]);
        let refresh_token = login.tokens().refresh_token().unwrap();
        let refreshed = site.world.run(site.client.refresh(refresh_token, &login.record()));
        decrypted(refreshed.unwrap().id_token().unwrap());
        decrypted(site.password().unwrap().id_token().unwrap());
    }
}

#[test]
fn id_tokens_of_the_browser() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let start = |response_type| site.client.start_login().response_type(response_type);
        let StartedLogin { url, pending } =
            site.world.run(start(ResponseType::CodeIdToken)).unwrap();
        let callback = site.world.visit(&url).callback().unwrap();
        let login = site.world.run(site.client.finish_login(pending, callback)).unwrap();
        decrypted(login.id_token());
        decrypted(login.front_channel().unwrap().id_token().unwrap());
        let StartedLogin { url, pending } = site.world.run(start(ResponseType::IdToken)).unwrap();
        let callback = site.world.visit(&url).callback().unwrap();
        let login = site.world.run(site.client.finish_implicit_login(pending, callback)).unwrap();
        decrypted(login.id_token());
    }
}

#[test]
fn id_tokens_of_a_device() {
    let Site { world, client } = Site::new((EcdhEs, A128Gcm));
    let mut device = Device::with("rs256", Policy::default(), world);
    device.client = client;
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    decrypted(device.poll(started.pending).unwrap().id_token().unwrap());
    device.world.op.set_encryption_mischief(Wrong::Plain);
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    device.world.transport.clear();
    refused(device.poll(started.pending), "token.not_encrypted");
    assert_eq!(device.requests(), ["POST /token"]);
}

#[test]
fn logout_tokens_and_introspection_answers() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let login = site.login().unwrap();
        let answer = site.introspect(&login).unwrap();
        assert!(answer.is_active(), "{pair:?}");
        assert_eq!(site.world.transport.requests(), ["POST /introspect"]);
        let body = site.told(&login);
        assert_eq!(body.matches('.').count(), 4);
        let token = site.receive(&body).unwrap();
        assert_eq!(token.target().sub().unwrap(), "sub-alice-248289761001");
    }
}

#[test]
fn the_hint_of_a_logout_is_the_token_inside() {
    let mut site = Site::new(DIRECT);
    let login = site.login().unwrap();
    let hint = login.id_token().raw().expose().to_owned();
    site.told(&login);
    let lines = site.world.op.transcript();
    assert!(lines.iter().any(|line| line.contains(&format!("id_token_hint={hint}"))));
}

#[test]
fn the_header_is_held_against_the_registration() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        for (mischief, code) in [
            (Wrong::OtherAlg, "token.encryption"),
            (Wrong::OtherEnc, "token.encryption"),
            (Wrong::Twice, "token.encrypted"),
            (Wrong::NoSignature, "token.syntax"),
        ] {
            site.refuses(mischief, code);
        }
        site.login().unwrap();
    }
}

/// RFC 7519 5.2 wants `cty`, and providers have left it out for years; the registration says what is inside.
#[test]
fn h18_a_token_need_not_announce_the_signature_that_is_registered() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        site.wrong(Wrong::NoCty);
        let login = site.login().unwrap_or_else(|error| panic!("{pair:?}: {error}"));
        decrypted(login.id_token());
        assert!(site.introspect(&login).unwrap().is_active());
        let body = site.told(&login);
        site.receive(&body).unwrap();
        // Whose signature it is counts as ever.
        site.world.op.tamper_id_token(|_, header, _| header["alg"] = "none".into());
        refused(site.login(), "token.algorithm");
    }
}

#[test]
fn introspection_answers_are_refused_alike() {
    let mut site = Site::new((A256Kw, A192Gcm));
    let login = site.login().unwrap();
    for (mischief, code) in [
        (Wrong::OtherAlg, "token.encryption"),
        (Wrong::FlippedContent, "token.decryption"),
        (Wrong::WrongKey, "token.decryption"),
        (Wrong::Twice, "token.encrypted"),
    ] {
        site.wrong(mischief);
        let error = refused(site.introspect(&login), code);
        assert!(matches!(error.kind(), ErrorKind::Token { kind: TokenKind::Introspection, .. }));
        assert_eq!(site.world.transport.requests(), ["POST /introspect"]);
    }
    site.wrong(None);
    assert!(site.introspect(&login).unwrap().is_active());
    // The signature inside is looked at as ever.
    let mut site = Site::with(world((A256Kw, A192Gcm)), |own| {
        registered(own, (A256Kw, A192Gcm)).introspection_signed_response_alg(Algorithm::ES256)
    });
    let login = site.login().unwrap();
    refused(site.introspect(&login), "token.algorithm");
}

#[test]
fn a_client_that_cannot_decrypt_is_not_made() {
    for pair in [(RsaOaep256, A256Gcm), (EcdhEs, A128Gcm)] {
        let (alg, enc) = pair;
        for keys in [
            vec![],
            vec![own_key(&json!({
                "kty": "oct", "k": base64url(&[7; 32]),
            }))],
        ] {
            let bare = |own: Registration| own.id_token_encrypted_response(alg, enc);
            let error = found(&mut world(pair), josekit(), |own| bare(own).decryption_keys(keys));
            let error = error.unwrap_err();
            assert_eq!(error.code(), "misuse.no_decryption_key");
            assert!(error.hint().unwrap().contains("decryption_keys"));
        }
        // Of every kind of answer.
        for register in [
            Registration::userinfo_encrypted_response
                as fn(Registration, KeyManagement, ContentEncryption) -> Registration,
            Registration::introspection_encrypted_response,
            Registration::authorization_encrypted_response,
        ] {
            let error = found(&mut world(None), josekit(), |own| register(own, alg, enc));
            assert_eq!(error.unwrap_err().code(), "misuse.no_decryption_key");
        }
    }
    // A client that takes no ID tokens needs no key for them.
    let mut oauth = world(None);
    let own = oauth.registration("rs256").id_token_encrypted_response(EcdhEs, A128Gcm);
    let issuer = oauth.op.issuer().to_owned();
    let discover = Client::discover(issuer, own, josekit());
    oauth.run(discover.policy(Policy::default().without_id_tokens())).unwrap();
    // What the backend cannot do is found here too.
    let rsa = (RsaOaep256, A256Gcm);
    let error = found(&mut world(rsa), rustcrypto(), |own| registered(own, rsa)).unwrap_err();
    assert_eq!(error.code(), "misuse.algorithm");
    assert!(error.hint().unwrap().contains("take crypto::josekit"), "{error:?}");
    let ec = (EcdhEs, ContentEncryption::default());
    found(&mut world(ec), rustcrypto(), |own| registered(own, ec)).unwrap();
}

#[test]
fn the_pure_backend_decrypts_as_well() {
    for pair in PAIRS.into_iter().filter(|(alg, _)| *alg != RsaOaep256) {
        let mut world = world(pair);
        let client = found(&mut world, rustcrypto(), |own| registered(own, pair)).unwrap();
        decrypted(world.login(&client).unwrap().id_token());
    }
    // OIDC Registration 2
    assert_eq!(ContentEncryption::default(), A128CbcHs256);
}
