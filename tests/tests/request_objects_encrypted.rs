//! Request objects that are signed and then encrypted (RFC 9101 4, OIDC Core 6.1, 10.2).

use relying_party::{
    drive::drive,
    jose::{
        algorithm::Algorithm,
        encryption::{
            ContentEncryption::{self, A128CbcHs256, A192Gcm, A256Gcm},
            KeyManagement::{self, A256Kw, Dir, EcdhEs, EcdhEsA128Kw, RsaOaep, RsaOaep256},
        },
        jwk::EncryptionKey,
    },
    limits::Limits,
    protocol::{client_metadata::ClientMetadata, request_object::RequestObject},
};
use relying_party_tests::{
    objects::{PLACE, Signing, Stage, all, names, signed, signed_remotely},
    op::OpRequest,
};
use serde_json::{Value, json};

/// The key of the provider's set that is for encryption.
fn key(stage: &Stage, kid: &str) -> EncryptionKey {
    let request = OpRequest::get("https://op.test/jwks".parse().unwrap());
    let set = stage.world.op.handle(&request, 0).document();
    let keys = set["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == kid).unwrap().to_string();
    let key = key.replace("\"RSA-OAEP\"", "\"RSA-OAEP-256\"");
    EncryptionKey::from_json(key.as_bytes(), &Limits::default()).unwrap()
}

fn header(token: &str) -> Value {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    assert_eq!(token.split('.').count(), 5);
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice(&header).unwrap()
}

#[test]
fn signed_then_encrypted_to_the_provider() {
    for (kid, algorithm, encryption) in [
        ("rsa-enc", RsaOaep256, A128CbcHs256),
        ("rsa-enc", RsaOaep256, A256Gcm),
        ("ec-enc", EcdhEs, A256Gcm),
    ] {
        let mut stage = Stage::default();
        let object = signed().encrypted_for(key(&stage, kid), algorithm, encryption);
        let started = stage.start(stage.client.start_login().request_object(object.clone()));
        assert_eq!(names(&started.url), ["response_type", "client_id", "scope", "request"]);
        let named = |token: &str| {
            let header = header(token);
            ["alg", "enc", "kid", "cty"].map(|name| header[name].as_str().unwrap().to_owned())
        };
        let due = [algorithm.as_str(), encryption.as_str(), kid, "JWT"];
        assert_eq!(named(&all(&started.url, "request")[0]), due);
        stage.finish(started);
        let hosted = stage.start(stage.client.start_login().request_object_at(object, PLACE));
        assert_eq!(named(&hosted.hosted_request.body), due);
        stage.finish_hosted(hosted);
    }
}

#[test]
fn oidc_core_10_2_encrypted_under_the_client_secret() {
    for (algorithm, encryption) in
        [(Dir, A128CbcHs256), (Dir, A256Gcm), (A256Kw, A256Gcm), (A256Kw, A128CbcHs256)]
    {
        for signed in [signed(), RequestObject::signed_by_secret(Algorithm::HS256)] {
            let mut stage = Stage::default();
            let object = signed.encrypted_by_secret(algorithm, encryption);
            let started = stage.start(stage.client.start_login().request_object(object));
            stage.finish(started);
        }
    }
}

#[test]
fn a_flipped_bit_leads_nowhere() {
    let mut stage = Stage::default();
    let object = signed().encrypted_by_secret(Dir, A256Gcm);
    let started = stage.start(stage.client.start_login().request_object(object));
    let token = &all(&started.url, "request")[0];
    let last = if token.ends_with('A') { "Q" } else { "A" };
    let forged = format!("{}{last}", &token[..token.len() - 1]);
    let url = started.url.as_str().replace(token, &forged).parse().unwrap();
    assert!(stage.error_page(&url).contains("decryption"));
    stage.finish(started);
}

#[test]
fn what_cannot_be_encrypted_is_not_started() {
    let mut stage = Stage::default();
    let rsa = key(&stage, "rsa-enc");
    let mut refused = |object: RequestObject, code: &str| {
        let start = stage.client.start_login().request_object(object);
        stage.refused(start, code);
    };
    let by_secret = |algorithm: KeyManagement, encryption: ContentEncryption| {
        signed().encrypted_by_secret(algorithm, encryption)
    };
    // A key of another kind, or none at all.
    refused(signed().encrypted_for(rsa.clone(), EcdhEs, A256Gcm), "misuse.encryption");
    refused(by_secret(RsaOaep256, A256Gcm), "misuse.encryption");
    // What the provider does not list.
    refused(by_secret(EcdhEsA128Kw, A256Gcm), "misuse.not_offered");
    refused(by_secret(Dir, A192Gcm), "misuse.not_offered");
    refused(signed().encrypted_for(rsa, RsaOaep256, A192Gcm), "misuse.not_offered");
    let unsigned = RequestObject::insecure_unsigned().encrypted_by_secret(Dir, A256Gcm);
    let start = stage.client.start_login().request_object_at(unsigned, PLACE);
    stage.refused(start, "misuse.request_object");
    let public = relying_party::Registration::public("objects", "https://rp.test/cb").unwrap();
    let mut bare = Stage::registered(|_| public);
    let start = bare.client.start_login().request_object(by_secret(Dir, A256Gcm));
    bare.refused(start, "misuse.no_secret");
    let started = stage.start(stage.client.start_login().request_object(by_secret(Dir, A256Gcm)));
    stage.finish(started);
}

/// OIDC Core 16.19: the browser and its logs have the object, and could try all the short secrets.
#[test]
fn e10_no_object_is_encrypted_under_a_secret_too_short_to_be_a_key() {
    for (secret, code) in
        [("fifteen octets!", Some("misuse.short_secret")), ("sixteen octets!!", None)]
    {
        let mut stage = Stage::registered(|own| own.client_secret(secret).unwrap());
        let object = signed().encrypted_by_secret(Dir, A256Gcm);
        let start = stage.client.start_login().request_object(object);
        match code {
            Some(code) => drop(stage.refused(start, code)),
            None => drop(stage.start(start)),
        }
    }
}

#[test]
fn oidc_core_10_2_1_encrypted_to_the_key_that_the_provider_publishes() {
    for (algorithm, kid) in [(RsaOaep, "rsa-enc"), (EcdhEs, "ec-enc")] {
        let mut stage = Stage::default();
        let object = signed().encrypted_for_provider(algorithm, A256Gcm);
        let start = stage.client.start_login().request_object(object.clone());
        let started = stage.world.run(start).unwrap();
        assert_eq!(stage.world.transport.requests(), ["GET /jwks"]);
        assert_eq!(header(&all(&started.url, "request")[0])["kid"], kid);
        stage.finish(started);
        // The set is known by now.
        let hosted = stage.start(stage.client.start_login().request_object_at(object, PLACE));
        stage.finish_hosted(hosted);
    }
}

#[test]
fn a_remote_signature_comes_before_the_key_of_the_provider() {
    let mut stage = Stage::default();
    let object = signed_remotely().encrypted_for_provider(EcdhEs, A256Gcm);
    let start = stage.client.start_login().request_object(object);
    let vault = Signing(stage.world.transport.clone(), |signature| signature);
    let started = drive(start, &vault, &mut stage.world.env).unwrap();
    assert_eq!(stage.world.transport.requests(), ["GET /jwks"]);
    stage.finish(started);
}

#[test]
fn only_a_key_that_is_marked_for_encryption_is_taken() {
    type Edit = fn(&mut Value);
    let edits: [(Edit, Option<&str>); 5] = [
        (|key| key["use"] = "sig".into(), Some("keys.unknown")),
        (|key| drop(key.as_object_mut().unwrap().remove("use")), Some("keys.unknown")),
        (|key| key["alg"] = "ECDH-ES+A128KW".into(), Some("keys.unknown")),
        (|key| key["key_ops"] = json!(["sign"]), Some("keys.unknown")),
        (|key| drop(key.as_object_mut().unwrap().remove("alg")), None),
    ];
    for (edit, code) in edits {
        let mut stage = Stage::default();
        stage.world.op.edit("/jwks", move |set| {
            let keys = set["keys"].as_array_mut().unwrap();
            keys.iter_mut().filter(|key| key["kid"] == "ec-enc").for_each(edit);
        });
        let object = signed().encrypted_for_provider(EcdhEs, A256Gcm);
        let result = stage.world.run(stage.client.start_login().request_object(object));
        assert_eq!(result.err().map(|error| error.code()), code);
        assert_eq!(stage.world.transport.requests(), ["GET /jwks"]);
    }
    let mut stage = Stage::default();
    let symmetric = signed().encrypted_for_provider(A256Kw, A256Gcm);
    let start = stage.client.start_login().request_object(symmetric);
    stage.refused(start, "misuse.encryption");
    stage.world.op.intercept("/jwks", |_, response| response.status = 500);
    let object = signed().encrypted_for_provider(EcdhEs, A256Gcm);
    let result = stage.world.run(stage.client.start_login().request_object(object));
    assert_eq!(result.err().map(|error| error.code()), Some("response.status"));
    assert_eq!(stage.world.transport.requests(), ["GET /jwks"]);
}

#[test]
fn oidc_registration_2_both_algorithms_are_registered() {
    let metadata = ClientMetadata::web(&["https://rp.test/cb"]).unwrap();
    let metadata = metadata.request_object_encryption(RsaOaep256, A256Gcm);
    let members: Value = serde_json::from_str(&metadata.to_json()).unwrap();
    assert_eq!(members["request_object_encryption_alg"], "RSA-OAEP-256");
    assert_eq!(members["request_object_encryption_enc"], "A256GCM");
}
