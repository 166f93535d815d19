//! Every algorithm of encryption, with every kind of key, on the ways that tokens come and requests go. That each of them
//! is what others mean by its name is shown in core/tests/jwe and by the interop tests.
#![cfg(feature = "josekit")]

use relying_party::{
    crypto::{josekit, rustcrypto},
    jose::{
        encryption::{ContentEncryption, KeyManagement},
        jwk::{AgreementCurve, DecryptionKey, EcCurve, EncryptionKey},
    },
    limits::Limits,
};
use relying_party_tests::{
    encrypted::{Site, decrypted, found, own_key, world_of},
    memory::{Clock, TestEnv},
    objects::{Stage, all, signed},
    op::{EncryptionMischief as Wrong, client_decryption_jwks, public},
};
use serde_json::{Value, json};

/// Private keys: RSA, and one on every curve.
fn private_jwks() -> Vec<Value> {
    let [rsa, _] = &client_decryption_jwks()[..] else { panic!("two keys") };
    let curves = [
        AgreementCurve::Ec(EcCurve::P256),
        AgreementCurve::Ec(EcCurve::P384),
        AgreementCurve::Ec(EcCurve::P521),
        AgreementCurve::X25519,
    ];
    let made = curves.into_iter().zip(1..).map(|(curve, seed)| {
        let mut env = TestEnv::seeded(Clock::default(), seed);
        let key = DecryptionKey::generate(curve, &rustcrypto(), &mut env).unwrap();
        serde_json::from_str(&key.to_private_jwk(&rustcrypto()).unwrap()).unwrap()
    });
    [rsa.clone()].into_iter().chain(made).collect()
}

/// Each algorithm with each key that is of its kind; none where the key comes out of the client secret.
fn ways() -> Vec<(KeyManagement, Option<Value>)> {
    let (keys, mut ways) = (private_jwks(), Vec::new());
    for alg in KeyManagement::ALL.iter().copied() {
        if alg.is_symmetric() {
            ways.push((alg, None));
            continue;
        }
        let fits = |jwk: &&Value| own_key(jwk).decrypts(alg, ContentEncryption::A128Gcm);
        ways.extend(keys.iter().filter(fits).map(|jwk| (alg, Some(jwk.clone()))));
    }
    // 2 of RSA, 4 of agreement on 4 curves, 6 of wrapping, and the direct one.
    assert_eq!(ways.len(), 2 + 16 + 6 + 1);
    ways
}

#[test]
fn e21_tokens_under_every_algorithm_and_with_every_kind_of_key() {
    for (alg, jwk) in ways() {
        for enc in ContentEncryption::ALL.iter().copied() {
            let world = world_of((alg, enc), jwk.clone().map(public).into_iter().collect());
            let mut site = Site::with(world, |own| {
                own.id_token_encrypted_response(alg, enc)
                    .introspection_encrypted_response(alg, enc)
                    .decryption_keys(jwk.iter().map(own_key).collect())
            });
            let login = site.login();
            let login = login.unwrap_or_else(|error| panic!("{alg} {enc} {jwk:?}: {error}"));
            decrypted(login.id_token());
            assert!(site.introspect(&login).unwrap().is_active(), "{alg} {enc}");
            let body = site.told(&login);
            site.receive(&body).unwrap();
            site.refuses(Wrong::FlippedTag, "token.decryption");
        }
    }
}

#[test]
fn e21_request_objects_under_every_algorithm_and_for_every_kind_of_key() {
    for (alg, jwk) in ways() {
        for enc in ContentEncryption::ALL.iter().copied() {
            let mut stage = Stage::provider(|document| {
                let names = |names: Vec<&str>| json!(names);
                let algs = KeyManagement::ALL.iter().map(|alg| alg.as_str()).collect();
                let encs = ContentEncryption::ALL.iter().map(|enc| enc.as_str()).collect();
                document["request_object_encryption_alg_values_supported"] = names(algs);
                document["request_object_encryption_enc_values_supported"] = names(encs);
            });
            let object = match &jwk {
                None => signed().encrypted_by_secret(alg, enc),
                Some(jwk) => {
                    stage.world.op.also_decrypts_with(jwk.clone());
                    let theirs = public(jwk.clone()).to_string();
                    let theirs = EncryptionKey::from_json(theirs.as_bytes(), &Limits::default());
                    signed().encrypted_for(theirs.unwrap(), alg, enc)
                }
            };
            let started = stage.start(stage.client.start_login().request_object(object));
            assert_eq!(all(&started.url, "request")[0].split('.').count(), 5, "{alg} {enc}");
            stage.finish(started);
        }
    }
}

#[test]
fn the_pure_backend_agrees_on_every_curve() {
    for (alg, jwk) in ways() {
        let Some(jwk) = jwk.filter(|jwk| jwk["kty"] != "RSA") else { continue };
        for crypto in [josekit(), rustcrypto()] {
            let enc = ContentEncryption::default();
            let mut world = world_of((alg, enc), vec![public(jwk.clone())]);
            let client = found(&mut world, crypto, |own| {
                own.id_token_encrypted_response(alg, enc).decryption_keys(vec![own_key(&jwk)])
            });
            decrypted(world.login(&client.unwrap()).unwrap().id_token());
        }
    }
}
