//! Threats E and L18 in flows: what is encrypted otherwise than registered, or for somebody else.
#![cfg(feature = "josekit")]

use relying_party::{
    Registration,
    crypto::josekit,
    error::{Blame, ErrorKind, TokenKind},
    flow::start_login::StartedLogin,
    jose::{
        algorithm::Algorithm,
        encryption::{ContentEncryption::*, KeyManagement::*},
    },
    protocol::{id_token::Check, logout_answer::LogoutAnswer, response_type::ResponseType},
};
use relying_party_tests::{
    encrypted::{DIRECT, PAIRS, Site, decrypted, found, own_key, own_keys, registered, world},
    op::{EncryptionMischief as Wrong, base64url, client_decryption_jwks},
    refusal::refused,
};
use serde_json::json;

#[test]
fn e14_a_plain_token_is_a_downgrade() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let error = site.refuses(Wrong::Plain, "token.not_encrypted");
        assert_eq!(error.blame(), Blame::Provider);
        assert!(error.hint().is_some());
        site.login().unwrap();
    }
    let mut site = Site::new(DIRECT);
    let login = site.login().unwrap();
    site.wrong(Wrong::Plain);
    refused(site.password(), "token.not_encrypted");
    assert_eq!(site.world.transport.requests(), ["POST /token"]);
    refused(site.introspect(&login), "token.not_encrypted");
    assert_eq!(site.world.transport.requests(), ["POST /introspect"]);
    let refresh_token = login.tokens().refresh_token().unwrap();
    site.world.transport.clear();
    let refresh = site.client.refresh(refresh_token, &login.record());
    refused(site.world.run(refresh), "token.not_encrypted");
    assert_eq!(site.world.transport.requests(), ["POST /token"]);
    site.wrong(None);
    site.password().unwrap();
    assert!(site.introspect(&login).unwrap().is_active());
    let refresh = site.client.refresh(refresh_token, &login.record());
    site.world.run(refresh).unwrap();
}

#[test]
fn e14_through_the_browser_too_and_the_code_is_not_spent() {
    for response_type in [ResponseType::CodeIdToken, ResponseType::IdToken] {
        let mut site = Site::new(DIRECT);
        for mischief in [Some(Wrong::Plain), Some(Wrong::FlippedTag), None] {
            site.wrong(mischief);
            let start = site.client.start_login().response_type(response_type);
            let StartedLogin { url, pending } = site.world.run(start).unwrap();
            let callback = site.world.visit(&url).callback().unwrap();
            site.world.transport.clear();
            let result = match response_type.has_code() {
                true => site.world.run(site.client.finish_login(pending, callback)).map(drop),
                false => {
                    site.world.run(site.client.finish_implicit_login(pending, callback)).map(drop)
                }
            };
            let Some(mischief) = mischief else {
                result.unwrap();
                continue;
            };
            let plain = mischief == Wrong::Plain;
            let code = if plain { "token.not_encrypted" } else { "token.decryption" };
            let error = refused(result, code);
            assert!(matches!(
                error.kind(),
                ErrorKind::Token { kind: TokenKind::FrontChannelIdToken, .. }
            ));
            assert_eq!(site.world.transport.requests(), [""; 0]);
        }
    }
}

#[test]
fn e15_an_encrypted_token_where_none_is_registered() {
    for pair in PAIRS {
        let mut site = Site::with(world(pair), |registration| {
            registration
                .introspection_signed_response_alg(Algorithm::RS256)
                .decryption_keys(own_keys())
        });
        let error = refused(site.login(), "token.encrypted");
        assert!(error.hint().unwrap().contains("id_token_encrypted_response"));
        assert_eq!(site.world.transport.requests(), ["GET /jwks", "POST /token"]);
    }
    let mut site = Site::with(world(None), |registration| {
        registration.introspection_signed_response_alg(Algorithm::RS256)
    });
    let login = site.login().unwrap();
    assert!(!login.id_token().checks().contains(&Check::Decrypted));
    assert!(site.introspect(&login).unwrap().is_active());
    let encrypted = "e30.e30.e30.e30.e30";
    site.world.op.intercept("/introspect", move |_, response| {
        response.body = encrypted.as_bytes().to_vec();
    });
    refused(site.introspect(&login), "token.encrypted");
    assert_eq!(site.world.transport.requests(), ["POST /introspect"]);
    let body = site.told(&login);
    refused(site.receive(&format!("logout_token={encrypted}")), "token.encrypted");
    assert_eq!(site.world.transport.requests(), [""; 0]);
    site.receive(&body).unwrap();
}

#[test]
fn what_cannot_be_decrypted_has_one_error() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let mut texts = Vec::new();
        for mischief in [Wrong::FlippedTag, Wrong::FlippedContent, Wrong::WrongKey] {
            let error = site.refuses(mischief, "token.decryption");
            texts.push(format!("{error} {error:?} {:?}", error.hint()));
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        site.login().unwrap();
    }
}

#[test]
fn e17_kid_chooses_among_the_clients_own_keys_alone() {
    for pair in [(RsaOaep256, A256Gcm), (EcdhEs, A128Gcm)] {
        let mut site = Site::new(pair);
        site.refuses(Wrong::OtherKid, "token.decryption");
        site.wrong(Wrong::NoKid);
        decrypted(site.login().unwrap().id_token());
    }
    // The derived key has none, so any may be said of it.
    let mut site = Site::new((A128GcmKw, A128Gcm));
    site.wrong(Wrong::OtherKid);
    decrypted(site.login().unwrap().id_token());
}

#[test]
fn e17_a_former_key_still_decrypts_and_a_key_of_another_algorithm_never() {
    let jwks = client_decryption_jwks();
    let mut other = jwks[1].clone();
    other["kid"] = "next".into();
    let pair = (EcdhEs, A128Gcm);
    let both = vec![own_key(&other), own_key(&jwks[1])];
    let mut site = Site::with(world(pair), |own| registered(own, pair).decryption_keys(both));
    decrypted(site.login().unwrap().id_token());
    // Of the right type, and said to be for something else.
    let mut marked = jwks[1].clone();
    marked["alg"] = "ECDH-ES+A256KW".into();
    let keys = vec![own_key(&marked), own_key(&jwks[0])];
    let misuse =
        found(&mut world(pair), josekit(), |own| registered(own, pair).decryption_keys(keys));
    assert_eq!(misuse.unwrap_err().code(), "misuse.no_decryption_key");
}

#[test]
fn e20_claims_in_the_header_are_not_believed() {
    let mut site = Site::new(DIRECT);
    site.wrong(Wrong::HeaderClaims);
    let login = site.login().unwrap();
    decrypted(login.id_token());
    assert_eq!(login.subject().issuer(), "https://op.test");
    let body = site.told(&login);
    assert_eq!(site.receive(&body).unwrap().target().sub().unwrap(), "sub-alice-248289761001");
    // Nor do they help claims that are wrong.
    site.world.op.tamper_id_token(|_, _, claims| claims["iss"] = "https://evil.test".into());
    refused(site.login(), "claim.iss.mismatch");
    assert_eq!(site.world.transport.requests(), ["POST /token"]);
}

#[test]
fn l18_a_logout_token_is_encrypted_like_an_id_token() {
    let mut site = Site::new((EcdhEsA256Kw, A256CbcHs512));
    for (mischief, code) in [
        (Wrong::Plain, "token.not_encrypted"),
        (Wrong::OtherEnc, "token.encryption"),
        (Wrong::FlippedTag, "token.decryption"),
        (Wrong::WrongKey, "token.decryption"),
        (Wrong::Twice, "token.encrypted"),
    ] {
        let login = site.login().unwrap();
        site.wrong(mischief);
        let body = site.told(&login);
        let result = site.receive(&body);
        let answer = LogoutAnswer::back_channel(&result);
        assert_eq!(answer.status(), 400);
        let error = refused(result, code);
        assert!(matches!(error.kind(), ErrorKind::Token { kind: TokenKind::LogoutToken, .. }));
        assert_eq!(site.world.transport.requests(), [""; 0], "{mischief:?}");
        site.wrong(None);
    }
    let login = site.login().unwrap();
    let body = site.told(&login);
    site.receive(&body).unwrap();
}

#[test]
fn e10_a_shared_key_is_the_secrets_or_one_that_was_given() {
    let pair = (A256Kw, A192Gcm);
    // Keys of other uses do not help a client without a secret.
    let no_secret = |own: Registration| {
        let own = registered(own, pair);
        let public = Registration::public("rs256", own.redirect_uri()).unwrap();
        registered(public, pair).id_token_signed_response_alg(Algorithm::RS256)
    };
    let error = found(&mut world(pair), josekit(), no_secret).unwrap_err();
    assert_eq!(error.code(), "misuse.no_secret");
    assert!(error.hint().is_some());
    // One of another length fits nothing.
    let octets = |length: usize| {
        own_key(&json!({ "kty": "oct", "use": "enc", "k": base64url(&vec![7; length]) }))
    };
    let given = |length: usize| move |own| no_secret(own).decryption_keys(vec![octets(length)]);
    let error = found(&mut world(pair), josekit(), given(16)).unwrap_err();
    assert_eq!(error.code(), "misuse.no_secret");
    found(&mut world(pair), josekit(), given(32)).unwrap();
    // It takes the place of the derived one, which the provider used.
    let mut site =
        Site::with(world(pair), |own| registered(own, pair).decryption_keys(vec![octets(32)]));
    refused(site.login(), "token.decryption");
    assert_eq!(site.world.transport.requests(), ["GET /jwks", "POST /token"]);
    let mut site =
        Site::with(world(pair), |own| registered(own, pair).decryption_keys(vec![octets(16)]));
    site.login().unwrap();
    // Nothing is tried with the secret that was not registered for it.
    let mut site = Site::with(world(DIRECT), |own| registered(own, (EcdhEs, A128Gcm)));
    refused(site.login(), "token.encryption");
    assert_eq!(site.world.transport.requests(), ["GET /jwks", "POST /token"]);
    Site::new(DIRECT).login().unwrap();
}
