//! Request objects by reference (RFC 9101 5.2, OIDC Core 6.2), and unsigned ones, which there are in no other way.

use relying_party::{
    Client, PendingLogin, Policy,
    crypto::josekit_signing_key,
    drive::drive,
    flow::{hosted_request::Hosted, start_login::StartedLogin},
    jose::algorithm::Algorithm,
    protocol::{
        client_metadata::ClientMetadata, relaxation::Relaxation, request_object::RequestObject,
    },
};
use relying_party_tests::{
    objects::{PLACE, Signing, Stage, all, names, signed, signed_remotely},
    op::{OpConfig, RequestObjects, private_jwks, public},
    proof::decode,
    refusal::refused,
    registering::CALLBACK,
    scenario::{World, crypto},
};
use serde_json::{Value, json};

/// A provider that registers clients and takes request objects.
fn world() -> World {
    let request_objects = Some(RequestObjects::default());
    World::new(OpConfig { request_objects, ..OpConfig::default() })
}

fn metadata() -> ClientMetadata {
    let keys: Vec<_> = private_jwks().into_iter().map(public).collect();
    let metadata = ClientMetadata::web(&[CALLBACK]).unwrap();
    metadata.request_uris(&[PLACE]).jwks(&json!({ "keys": keys }).to_string())
}

/// Registered anew, as the certification suite wants it.
fn registered(world: &mut World, metadata: ClientMetadata) -> Client {
    let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
    let registered = world.run(Client::register(&provider, metadata)).unwrap();
    let registration = registered.registration(world.clock.now()).unwrap();
    let client = Client::new(provider, registration, crypto(), Policy::default()).unwrap();
    world.transport.clear();
    client
}

fn rs256() -> RequestObject {
    let jwk = private_jwks()[0].to_string();
    RequestObject::signed_by(josekit_signing_key(jwk.as_bytes(), Algorithm::RS256).unwrap())
}

#[test]
fn oidcc_client_test_request_uri_signed_rs256() {
    let mut world = world();
    let client = registered(&mut world, metadata().request_object_signing_alg(Algorithm::RS256));
    let hosted = world.run(client.start_login().request_object_at(rs256(), PLACE)).unwrap();
    let Hosted { started: StartedLogin { url, pending }, hosted_request } = hosted;
    assert!(world.transport.requests().is_empty());
    assert_eq!(names(&url), ["response_type", "client_id", "scope", "request_uri"]);
    assert_eq!(all(&url, "request_uri"), [PLACE]);
    let (header, claims) = decode(&hosted_request.body);
    assert_eq!(header["alg"], "RS256");
    assert_eq!(claims["exp"].as_i64(), Some(hosted_request.expires_at.seconds()));
    assert_eq!(claims["state"], pending.state().expose());
    assert_eq!(hosted_request.content_type, "application/oauth-authz-req+jwt");
    world.op.publish(&hosted_request.uri, hosted_request.content_type, &hosted_request.body);
    let callback = world.visit(&url).callback().unwrap();
    let login = world.run(client.finish_login(pending, callback)).unwrap();
    assert!(login.id_token().relaxations().is_empty());
    // The answer to the registration is what counts: no other algorithm is tried.
    world.transport.clear();
    let start = client.start_login().request_object_at(signed(), PLACE);
    refused(world.run(start), "misuse.request_object");
    assert!(world.transport.requests().is_empty());
}

#[test]
fn oidcc_client_test_request_uri_signed_none() {
    let mut world = world();
    let client = registered(&mut world, metadata().insecure_unsigned_request_objects());
    let unsigned = RequestObject::insecure_unsigned();
    let hosted = world.run(client.start_login().request_object_at(unsigned, PLACE)).unwrap();
    let Hosted { started: StartedLogin { url, pending }, hosted_request } = hosted;
    assert!(hosted_request.body.ends_with('.'));
    let header = decode(&hosted_request.body).0;
    assert_eq!(header, json!({ "alg": "none", "typ": "oauth-authz-req+jwt" }));
    world.op.publish(&hosted_request.uri, hosted_request.content_type, &hosted_request.body);
    let callback = world.visit(&url).callback().unwrap();
    // It is told even where another server of the cluster finishes the login.
    let pending = PendingLogin::from_bytes(&pending.to_bytes()).unwrap();
    let login = world.run(client.finish_login(pending, callback)).unwrap();
    assert_eq!(login.id_token().relaxations(), [Relaxation::UnsignedRequestObject]);
    // A signed one is not what was registered.
    world.transport.clear();
    let start = client.start_login().request_object_at(rs256(), PLACE);
    refused(world.run(start), "misuse.request_object");
    assert!(world.transport.requests().is_empty());
}

#[test]
fn q11_an_unsigned_object_is_taken_by_reference_over_https_alone() {
    let unsigned = RequestObject::insecure_unsigned;
    let loopback = Policy::default().insecure_allow_loopback_http();
    let mut stage = Stage::new(RequestObjects::default(), |_| (), |own| own, loopback);
    stage.refused(stage.client.start_login().request_object(unsigned()), "misuse.request_object");
    for place in ["http://127.0.0.1:8080/o", "http://rp.test/o", "urn:example:7"] {
        let start = stage.client.start_login().request_object_at(unsigned(), place);
        stage.refused(start, "misuse.request_object");
    }
    let _ = stage.start(stage.client.start_login().request_object_at(unsigned(), PLACE));
    let mut stage = Stage::registered(|own| own.request_object_signing_alg(Algorithm::ES256));
    let start = stage.client.start_login().request_object_at(unsigned(), PLACE);
    stage.refused(start, "misuse.request_object");
    let mut stage = Stage::provider(|metadata| {
        metadata["request_object_signing_alg_values_supported"] = json!(["ES256"]);
    });
    let start = stage.client.start_login().request_object_at(unsigned(), PLACE);
    stage.refused(start, "misuse.not_offered");
}

#[test]
fn oidc_core_6_2_where_an_object_may_lie() {
    let long = format!("https://rp.test/{}", "x".repeat(512 - 16));
    let hashed = format!("https://rp.test/{}", "x".repeat(512 - 16 - 44));
    let mut stage = Stage::default();
    for place in [
        "",
        "/o",
        "http://rp.test/o",
        "http://127.0.0.1/o",
        "https://u:p@rp.test/o",
        "https://rp.test/o#x",
        "https://rp.test/a b",
        "urn:exa mple",
        "urn:example#x",
        "javascript:alert(1)",
        &format!("{long}x"),
    ] {
        let start = stage.client.start_login().request_object_at(signed(), place);
        let error = stage.refused(start, "misuse.request_object");
        assert!(error.hint().unwrap().contains("https"), "{place}");
    }
    for place in [PLACE, &long, "urn:example:7", "https://rp.test/o?x=1"] {
        let start = stage.client.start_login().request_object_at(signed(), place);
        let hosted = stage.start(start);
        assert_eq!(hosted.hosted_request.uri, place);
        assert_eq!(all(&hosted.started.url, "request_uri"), [place]);
    }
    let with_hash =
        |place: &str| stage.client.start_login().request_object_at(signed(), place).with_hash();
    let (good, bad, urn) =
        (with_hash(&hashed), with_hash(&format!("{hashed}x")), with_hash("urn:x:y"));
    let _ = stage.start(good);
    stage.refused(bad, "misuse.request_object");
    stage.refused(urn, "misuse.request_object");
    let loopback = Policy::default().insecure_allow_loopback_http();
    let mut stage = Stage::new(RequestObjects::default(), |_| (), |own| own, loopback);
    let _ =
        stage.start(stage.client.start_login().request_object_at(signed(), "http://127.0.0.1:1/o"));
}

#[test]
fn oidc_core_6_2_the_hash_names_the_object() {
    let mut stage = Stage::default();
    let hosted =
        stage.start(stage.client.start_login().request_object_at(signed(), PLACE).with_hash());
    let uri = &all(&hosted.started.url, "request_uri")[0];
    let (place, hash) = uri.split_once('#').unwrap();
    assert_eq!((place, hosted.hosted_request.uri.as_str(), hash.len()), (PLACE, PLACE, 43));
    let other = stage.start(stage.client.start_login().request_object_at(signed(), PLACE));
    stage.publish(&other.hosted_request);
    assert!(stage.error_page(&hosted.started.url).contains("hash"));
    stage.finish_hosted(hosted);
}

#[test]
fn what_is_not_published_as_it_is_leads_nowhere() {
    let mut stage = Stage::default();
    let hosted = stage.start(stage.client.start_login().request_object_at(signed(), PLACE));
    let url = &hosted.started.url;
    assert!(stage.error_page(url).contains("nothing is there"));
    let body = &hosted.hosted_request.body;
    stage.world.op.publish(PLACE, "application/json", body);
    assert!(stage.error_page(url).contains("media type"));
    let elsewhere = "https://rp.test/objects/unregistered";
    let unregistered =
        stage.start(stage.client.start_login().request_object_at(signed(), elsewhere));
    stage.publish(&unregistered.hosted_request);
    assert!(stage.error_page(&unregistered.started.url).contains("not registered"));
    stage.finish_hosted(hosted);
}

#[test]
fn a_provider_that_fetches_none_is_not_sent_any() {
    for (said, good) in [(json!(false), false), (json!(true), true), (Value::Null, true)] {
        let mut stage = Stage::provider(move |metadata| {
            metadata["request_uri_parameter_supported"] = said.clone();
            metadata["request_parameter_supported"] = json!(false);
        });
        let start = stage.client.start_login().request_object_at(signed(), PLACE);
        match good {
            true => drop(stage.start(start)),
            false => drop(stage.refused(start, "misuse.not_offered")),
        }
    }
}

#[test]
fn a_remote_key_signs_what_is_hosted() {
    let mut stage = Stage::default();
    let start = || stage.client.start_login().request_object_at(signed_remotely(), PLACE);
    let way = stage.world.transport.clone();
    let vault = Signing(way.clone(), |signature| signature);
    let hosted = drive(start(), &vault, &mut stage.world.env).unwrap();
    let broken = Signing(way, |signature| [signature, vec![0]].concat());
    let error = drive(start(), &broken, &mut stage.world.env).err().unwrap();
    assert_eq!(error.code(), "signing.length");
    assert!(stage.world.transport.requests().is_empty());
    stage.finish_hosted(hosted);
}

#[test]
fn plain_oauth_hosts_objects_too() {
    let mut stage = Stage::default();
    let start = stage.client.start_authorization().scope("email");
    let hosted = stage.start(start.request_object_at(signed(), PLACE));
    assert_eq!(names(&hosted.started.url), ["response_type", "client_id", "request_uri"]);
    stage.publish(&hosted.hosted_request);
    let callback = stage.world.visit(&hosted.started.url).callback().unwrap();
    let finish = stage.client.finish_authorization(hosted.started.pending, callback);
    assert!(stage.world.run(finish).is_ok());
}

#[test]
fn debug_shows_nothing_of_what_is_hosted() {
    let mut stage = Stage::default();
    let start = stage.client.start_login().request_object_at(signed(), PLACE);
    assert!(!format!("{start:?}").contains("rp.test/objects"));
    let hosted = stage.start(start);
    let shown = format!("{hosted:?}");
    assert!(!shown.contains(PLACE) && !shown.contains(&hosted.hosted_request.body), "{shown}");
}

#[test]
fn an_answer_that_wants_less_of_request_objects_is_no_registration() {
    for (member, value) in [
        ("request_object_signing_alg", json!("none")),
        ("require_signed_request_object", json!(false)),
    ] {
        let mut world = world();
        let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
        world.transport.clear();
        let asked = || {
            let asked = metadata().request_object_signing_alg(Algorithm::RS256);
            asked.require_signed_request_object(true)
        };
        assert!(world.run(Client::register(&provider, asked())).is_ok());
        world.op.edit("/register", move |document| document[member] = value.clone());
        world.transport.clear();
        let result = world.run(Client::register(&provider, asked()));
        refused(result, "response.registered");
        assert_eq!(world.transport.requests(), ["POST /register"], "{member}");
    }
}
