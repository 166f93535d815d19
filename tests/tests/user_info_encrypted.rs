//! Encrypted userinfo (OIDC Core 5.3.2, OIDC Registration 2): around a signature, and alone. Threats E14 and E15.
#![cfg(feature = "josekit")]

use relying_party::{
    Policy, Registration,
    jose::{
        algorithm::Algorithm,
        encryption::{ContentEncryption::*, KeyManagement::*},
    },
    protocol::id_token::Check,
};
use relying_party_tests::{
    encrypted::{PAIRS, Pair, own_keys},
    op::{Alg, EncryptionMischief as Wrong, OpClient, client_decryption_jwks, public},
    user_info::{ALICE, JWT, Session},
};
use serde_json::json;

/// What one side has registered.
#[derive(Clone, Copy)]
struct Side {
    signed: bool,
    encrypted: Option<Pair>,
}

fn side(signed: bool, encrypted: impl Into<Option<Pair>>) -> Side {
    Side { signed, encrypted: encrypted.into() }
}

fn session(provider: Side, own: Side) -> Session {
    let register = |client: &mut OpClient| {
        client.userinfo_signed_response_alg = provider.signed.then_some(Alg::Rs256);
        client.encryption.userinfo = provider.encrypted;
        client.jwks = client_decryption_jwks().into_iter().map(public).collect();
    };
    let registration = |registration: Registration| {
        let registration = match own.signed {
            true => registration.userinfo_signed_response_alg(Algorithm::RS256),
            false => registration,
        };
        match own.encrypted {
            Some((alg, enc)) => {
                registration.userinfo_encrypted_response(alg, enc).decryption_keys(own_keys())
            }
            None => registration,
        }
    };
    // RSA-OAEP is this backend's alone.
    let crypto = relying_party::crypto::josekit();
    Session::with(register, registration, Policy::default(), crypto)
}

#[test]
fn e15_every_kind_of_key_around_a_signature_and_alone() {
    for pair in PAIRS {
        let mut nested = session(side(true, pair), side(true, pair));
        let info = nested.read().unwrap();
        let checks = [
            Check::Decrypted,
            Check::Signature(Algorithm::RS256),
            Check::Issuer,
            Check::Audience,
            Check::UserInfoSubject,
        ];
        assert_eq!((info.sub(), info.checks()), (ALICE, &checks[..]));
        assert_eq!(info.claims().claim("email"), Ok(Some("alice@people.test".to_owned())));
        let line = nested.world.op.transcript().remove(0);
        assert!(line.contains(" accept=application/jwt "), "{line}");
        let finish = nested.world.returned(&nested.client).with_user_info();
        let login = nested.world.run(finish).unwrap();
        assert_eq!(login.user_info().unwrap().checks(), checks);

        let mut alone = session(side(false, pair), side(false, pair));
        let info = alone.read().unwrap();
        assert_eq!(info.checks(), [Check::Decrypted, Check::UserInfoSubject]);
        assert_eq!(info.claims().claim("email"), Ok(Some("alice@people.test".to_owned())));
        assert_eq!(alone.world.transport.requests(), ["GET /userinfo"]);
        let line = alone.world.op.transcript().remove(0);
        assert!(line.contains(" accept=application/jwt "), "{line}");
    }
}

#[test]
fn e14_u03_what_is_registered_comes_or_nothing_is_taken() {
    let pair = (EcdhEs, A128Gcm);
    for (provider, own, code) in [
        // Less than is registered.
        (side(true, None), side(true, pair), Some("token.not_encrypted")),
        (side(true, None), side(false, pair), Some("token.not_encrypted")),
        (side(false, None), side(true, pair), Some("token.not_encrypted")),
        (side(false, None), side(false, pair), Some("token.not_encrypted")),
        (side(false, pair), side(true, pair), Some("token.syntax")),
        // More than is registered.
        (side(true, pair), side(false, pair), Some("token.header")),
        (side(true, pair), side(true, None), Some("token.encrypted")),
        (side(true, pair), side(false, None), Some("token.encrypted")),
        (side(false, pair), side(true, None), Some("token.encrypted")),
        (side(false, pair), side(false, None), Some("token.encrypted")),
        // Encrypted otherwise.
        (side(true, (EcdhEsA256Kw, A128Gcm)), side(true, pair), Some("token.encryption")),
        (side(true, (EcdhEs, A256Gcm)), side(true, pair), Some("token.encryption")),
        (side(false, (EcdhEs, A256Gcm)), side(false, pair), Some("token.encryption")),
        (side(true, pair), side(true, pair), None),
        (side(false, pair), side(false, pair), None),
    ] {
        let mut session = session(provider, own);
        let result = session.read();
        match code {
            Some(code) => {
                let hint = session.refused(result, code).hint();
                assert!(hint.is_some(), "{code}");
            }
            None => assert!(result.is_ok()),
        }
    }
}

#[test]
fn e14_plain_instead_of_encrypted_in_any_type() {
    let pair = (RsaOaep256, A256Gcm);
    for signed in [true, false] {
        let mut session = session(side(signed, pair), side(signed, pair));
        let claims = json!({ "sub": ALICE, "iss": session.world.op.issuer(), "aud": "rs256" });
        let plain = claims.to_string();
        let result = session.answered(Some("application/json"), plain.clone());
        session.refused(result, "token.not_encrypted");
        let result = session.answered(None, plain.clone());
        session.refused(result, "token.not_encrypted");
        let result = session.answered(Some(JWT), plain);
        session.refused(result, "token.encrypted_syntax");
        let token = session.token(|_, _| {});
        let result = session.answered(Some(JWT), token);
        session.refused(result, "token.not_encrypted");
        session.world.op.clear_hooks();
        session.world.op.set_encryption_mischief(Wrong::Plain);
        let result = session.read();
        session.refused(result, "token.not_encrypted");
        session.world.op.set_encryption_mischief(None);
        assert!(session.read().is_ok());
    }
}

#[test]
fn e10_every_failure_to_decrypt_is_the_same() {
    for pair in [(RsaOaep256, A256Gcm), (EcdhEsA256Kw, A128CbcHs256), (Dir, A128Gcm)] {
        for signed in [true, false] {
            let mut session = session(side(signed, pair), side(signed, pair));
            let mut said = Vec::new();
            for mischief in [Wrong::FlippedTag, Wrong::WrongKey] {
                session.world.op.set_encryption_mischief(mischief);
                let result = session.read();
                said.push(session.refused(result, "token.decryption").to_string());
            }
            said.dedup();
            assert_eq!(said.len(), 1, "{said:?}");
            session.world.op.set_encryption_mischief(None);
            assert!(session.read().is_ok());
        }
    }
}

#[test]
fn u02_inside_the_encryption_the_same_rules_hold() {
    let pair = (Dir, A128Gcm);
    let sealed = |session: &Session, signed: bool, payload: &str| {
        use relying_party::{
            jose::{encrypt, jwe::Contents, jwk::EncryptionKey},
            secret::ClientSecret,
        };
        let config = session.world.op.config();
        let client = config.clients.iter().find(|client| client.client_id == "rs256").unwrap();
        let secret = ClientSecret::new(client.client_secret.clone().unwrap()).unwrap();
        let key = EncryptionKey::from_client_secret(&secret, pair.0, pair.1).unwrap();
        let contents = if signed { Contents::Jws } else { Contents::Claims };
        let header = encrypt::JweHeader::new(pair.0, pair.1, contents);
        let crypto = relying_party::crypto::rustcrypto();
        let env = &mut session.world.env.clone();
        encrypt::encrypt(payload.as_bytes(), header, &key, &crypto, env).unwrap()
    };
    // Not signed: `iss` and `aud` need not be there, and are right where they are.
    let mut alone = session(side(false, pair), side(false, pair));
    for (claims, code) in [
        (json!({ "sub": ALICE, "iss": "https://evil.test" }), Some("claim.iss.mismatch")),
        (json!({ "sub": ALICE, "aud": "es256" }), Some("claim.aud.mismatch")),
        (json!({ "sub": "sub-bob-90125" }), Some("claim.sub.mismatch")),
        (json!({}), Some("claim.sub.missing")),
        (json!([]), Some("json.type")),
        (json!({ "sub": ALICE, "exp": 1 }), Some("claim.exp.expired")),
        (json!({ "sub": ALICE, "iss": "https://op.test", "aud": ["rs256"] }), None),
        (json!({ "sub": ALICE }), None),
    ] {
        let token = sealed(&alone, false, &claims.to_string());
        let result = alone.answered(Some(JWT), token);
        match code {
            Some(code) => drop(alone.refused(result, code)),
            None => assert_eq!(result.unwrap().relaxations(), []),
        }
    }
    let mut nested = session(side(true, pair), side(true, pair));
    let no_iss = nested.token(|_, p| drop(p.as_object_mut().unwrap().remove("iss")));
    let unsigned = nested.token(|h, _| *h = json!({ "alg": "none" }));
    let good = nested.token(|_, _| {});
    let claims = json!({ "sub": ALICE }).to_string();
    let twice = sealed(&nested, true, &good);
    for (inside, code) in [
        (no_iss, Some("claim.iss.missing")),
        (unsigned, Some("token.algorithm")),
        (claims, Some("token.syntax")),
        (twice, Some("token.encrypted")),
        (good, None),
    ] {
        let token = sealed(&nested, true, &inside);
        let result = nested.answered(Some(JWT), token);
        match code {
            Some(code) => drop(nested.refused(result, code)),
            None => assert!(result.is_ok()),
        }
    }
}
