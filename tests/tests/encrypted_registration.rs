//! What a registration says about encrypted answers: asked for, answered otherwise, answered by nobody's wish.

use relying_party::{
    Client, Error, Policy, Registration,
    error::Blame,
    jose::{
        encryption::{ContentEncryption::*, KeyManagement::*},
        jwk::DecryptionKey,
    },
    protocol::{
        client_metadata::ClientMetadata, id_token::Check, registered_client::RegisteredClient,
    },
};
use relying_party_tests::{
    op::{client_decryption_jwks, public},
    refusal::refused,
    registering::{Registering, web},
    scenario::crypto,
};
use serde_json::{Value, json};

fn with_keys() -> ClientMetadata {
    let keys: Vec<_> = client_decryption_jwks().into_iter().map(public).collect();
    web().jwks(&json!({ "keys": keys }).to_string())
}

fn own_keys() -> Vec<DecryptionKey> {
    let read = |jwk: &Value| DecryptionKey::from_jwk(jwk.to_string().as_bytes());
    client_decryption_jwks().iter().map(|jwk| read(jwk).unwrap()).collect()
}

fn made(setup: &Registering, registration: Registration) -> Result<Client, Error> {
    Client::new(setup.provider.clone(), registration, crypto(), Policy::default())
}

/// Registers where the answer has these members, or not where they are null.
fn answered(
    metadata: ClientMetadata,
    members: Value,
) -> (Registering, Result<RegisteredClient, Error>) {
    let mut setup = Registering::default();
    setup.world.op.edit("/register", move |document| {
        for (name, value) in members.as_object().unwrap() {
            document[name] = value.clone();
        }
    });
    let result = setup.register(metadata);
    (setup, result)
}

#[test]
fn what_was_registered_arrives_and_asks_for_its_key() {
    let mut setup = Registering::default();
    let registered =
        setup.register(with_keys().id_token_encrypted_response(EcdhEs, A256Gcm)).unwrap();
    assert_eq!(registered.differences(), []);
    let sent = &setup.world.op.transcript()[0];
    for member in [
        r#"\"id_token_encrypted_response_alg\":\"ECDH-ES\""#,
        r#"\"id_token_encrypted_response_enc\":\"A256GCM\""#,
    ] {
        assert!(sent.contains(member), "{sent}");
    }
    let now = setup.world.clock.now();
    // Also from stored bytes.
    let registered = RegisteredClient::from_bytes(&registered.to_bytes()).unwrap();
    let registration = registered.registration(now).unwrap();
    setup.world.transport.clear();
    let error = refused(made(&setup, registration.clone()), "misuse.no_decryption_key");
    assert_eq!(error.blame(), Blame::Configuration);
    assert_eq!(setup.world.transport.requests(), [""; 0]);
    let client = made(&setup, registration.decryption_keys(own_keys())).unwrap();
    let login = setup.world.login(&client).unwrap();
    assert_eq!(login.id_token().checks()[0], Check::Decrypted);
}

#[test]
fn a_key_out_of_the_secret_needs_nothing_more() {
    for (alg, enc) in [(Dir, A128CbcHs256), (A256Kw, A192Gcm), (A128GcmKw, A128Gcm)] {
        let mut setup = Registering::default();
        let registered = setup.register(web().id_token_encrypted_response(alg, enc)).unwrap();
        let client = setup.client(&registered);
        let login = setup.world.login(&client).unwrap();
        assert_eq!(login.id_token().checks()[0], Check::Decrypted);
    }
    // Where there is no secret, there is no key.
    let metadata =
        web().token_endpoint_auth_method("none").id_token_encrypted_response(Dir, A128Gcm);
    let mut setup = Registering::default();
    let registered = setup.register(metadata).unwrap();
    let registration = registered.registration(setup.world.clock.now()).unwrap();
    refused(made(&setup, registration), "misuse.no_secret");
}

#[test]
fn encryption_that_nobody_asked_for() {
    let alg = json!({ "id_token_encrypted_response_alg": "ECDH-ES" });
    let (mut setup, registered) = answered(web(), alg);
    let registration = registered.unwrap().registration(setup.world.clock.now()).unwrap();
    let error = refused(made(&setup, registration.clone()), "misuse.no_decryption_key");
    assert!(error.hint().unwrap().contains("Registration::decryption_keys"));
    // With the key the provider's word holds, and this one does not keep it.
    let client = made(&setup, registration.decryption_keys(own_keys())).unwrap();
    refused(setup.world.login(&client), "token.not_encrypted");
    let alg = json!({ "id_token_encrypted_response_alg": "dir" });
    let (mut setup, registered) = answered(web(), alg);
    let client = setup.client(&registered.unwrap());
    refused(setup.world.login(&client), "token.not_encrypted");
    // Nothing is encrypted by an `enc` alone, or by null.
    let members = json!({
        "id_token_encrypted_response_alg": null, "id_token_encrypted_response_enc": "A128GCM",
    });
    let (mut setup, registered) = answered(web(), members);
    let client = setup.client(&registered.unwrap());
    setup.world.login(&client).unwrap();
}

#[test]
fn an_answer_with_other_algorithms_is_a_difference() {
    let asked = || web().id_token_encrypted_response(Dir, A256Gcm);
    let enc = json!({ "id_token_encrypted_response_enc": "A128GCM" });
    let (setup, registered) = answered(asked(), enc);
    let registered = registered.unwrap();
    let [difference] = registered.differences() else { panic!("{:?}", registered.differences()) };
    let member = "id_token_encrypted_response_enc";
    assert_eq!(
        difference.to_string(),
        format!(r#"{member} was asked for as "A256GCM", and registered as "A128GCM""#)
    );
    assert!(registered.registration(setup.world.clock.now()).is_ok());
    // Where the provider is silent, what was asked for holds: a plain token is a downgrade.
    let silent = json!({
        "id_token_encrypted_response_alg": null, "id_token_encrypted_response_enc": null,
    });
    let (mut setup, registered) = answered(asked(), silent);
    let client = setup.client(&registered.unwrap());
    setup.world.op.set_encryption_mischief(relying_party_tests::op::EncryptionMischief::Plain);
    refused(setup.world.login(&client), "token.not_encrypted");
    setup.world.op.set_encryption_mischief(None);
    setup.world.login(&client).unwrap();
}

#[test]
fn e01_e02_algorithms_that_are_never_used() {
    for what in ["id_token", "userinfo", "introspection", "authorization"] {
        let [alg, enc] = ["alg", "enc"].map(|end| format!("{what}_encrypted_response_{end}"));
        for (name, value) in [
            (&alg, json!("RSA1_5")),
            (&alg, json!("PBES2-HS256+A128KW")),
            (&alg, json!("none")),
            (&alg, json!("")),
            (&alg, json!(7)),
            (&alg, json!(["dir"])),
            (&enc, json!("A128CBC")),
            (&enc, json!("")),
            (&enc, json!({})),
        ] {
            let mut members = json!({ &alg: "dir", &enc: "A128GCM" });
            members[name] = value.clone();
            let (setup, registered) = answered(web(), members);
            let registered = registered.unwrap();
            let error =
                refused(registered.registration(setup.world.clock.now()), "response.registered");
            assert!(error.to_string().contains(name.as_str()), "{error}");
            assert_eq!(setup.world.transport.requests(), ["POST /register"]);
        }
        let members = json!({ &alg: "dir", &enc: "A128GCM" });
        let (setup, registered) = answered(web(), members);
        assert!(registered.unwrap().registration(setup.world.clock.now()).is_ok());
    }
}

#[test]
fn e10_a_key_out_of_the_secret_is_less_than_one_of_a_pair() {
    let kinds = [
        (with_keys().id_token_encrypted_response(EcdhEs, A128Gcm), "id_token"),
        (with_keys().userinfo_encrypted_response(EcdhEs, A128Gcm), "userinfo"),
        (with_keys().introspection_encrypted_response(EcdhEs, A128Gcm), "introspection"),
        (with_keys().authorization_encrypted_response(EcdhEs, A128Gcm), "authorization"),
    ];
    for (metadata, what) in kinds {
        let member = format!("{what}_encrypted_response_alg");
        for (alg, lower) in [("dir", true), ("A128KW", true), ("ECDH-ES+A128KW", false)] {
            let (setup, result) = answered(metadata.clone(), json!({ &member: alg }));
            assert_eq!(setup.world.transport.requests(), ["POST /register"]);
            match lower {
                true => {
                    assert_eq!(refused(result, "response.registered").code(), "response.registered")
                }
                false => assert!(result.is_ok(), "{alg}"),
            }
        }
    }
    // What was asked for as a shared key may become anything.
    let asked = with_keys().id_token_encrypted_response(Dir, A128Gcm);
    let (_, result) = answered(asked, json!({ "id_token_encrypted_response_alg": "A256KW" }));
    assert!(result.is_ok());
}

#[test]
fn every_kind_of_answer_asks_for_its_key() {
    for metadata in [
        with_keys().userinfo_encrypted_response(EcdhEs, A128Gcm),
        with_keys().introspection_encrypted_response(EcdhEs, A128Gcm),
        with_keys().authorization_encrypted_response(EcdhEs, A128Gcm),
    ] {
        let mut setup = Registering::default();
        let registered = setup.register(metadata).unwrap();
        let registration = registered.registration(setup.world.clock.now()).unwrap();
        refused(made(&setup, registration.clone()), "misuse.no_decryption_key");
        made(&setup, registration.decryption_keys(own_keys())).unwrap();
    }
}

#[test]
fn encrypted_introspection_is_signed_as_registered() {
    for (alg, code) in
        [(json!("none"), "response.registered"), (json!("ES257"), "response.registered")]
    {
        let members = json!({
            "introspection_encrypted_response_alg": "dir", "introspection_signed_response_alg": alg,
        });
        let (setup, registered) = answered(web(), members);
        refused(registered.unwrap().registration(setup.world.clock.now()), code);
    }
    // What is said where nothing is encrypted stays as it was: signed answers are a choice of the application.
    for alg in ["ES256", "ES257"] {
        let (setup, registered) =
            answered(web(), json!({ "introspection_signed_response_alg": alg }));
        assert!(registered.unwrap().registration(setup.world.clock.now()).is_ok());
    }
}
