//! Clients that register themselves (OIDC Registration, RFC 7591): what is sent, what is believed, what is refused.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use relying_party::{
    Client, Error, Policy,
    error::ErrorKind,
    jose::algorithm::Algorithm,
    protocol::{
        client_metadata::ClientMetadata,
        registered_client::{RegisteredClient, SecretExpiry},
    },
    secret::AccessToken,
    time::UnixTime,
};
use relying_party_tests::{
    op::RegistrationConfig,
    registering::{CALLBACK, Registering, web},
    scenario::crypto,
};
use serde_json::{Value, json};

/// Registers where the answer has these members more, or others; `null` takes one away.
fn with(metadata: ClientMetadata, members: Value) -> Result<RegisteredClient, Error> {
    let mut setup = Registering::default();
    setup.world.op.edit("/register", move |document| {
        let object = document.as_object_mut().unwrap();
        for (name, value) in members.as_object().unwrap() {
            object.remove(name);
            if !value.is_null() {
                object.insert(name.clone(), value.clone());
            }
        }
    });
    let result = setup.register(metadata);
    assert_eq!(setup.world.transport.requests(), ["POST /register"]);
    result
}

#[track_caller]
fn refused(metadata: ClientMetadata, members: Value, code: &str) {
    let error = with(metadata, members.clone()).expect_err("accepted");
    assert_eq!(error.code(), code, "{members}: {error}");
}

#[test]
fn the_request_holds_what_was_asked_for_and_no_more() {
    let mut setup = Registering::default();
    let sent = Arc::new(Mutex::new(Value::Null));
    let seen = sent.clone();
    setup.world.op.intercept("/register", move |request, _| {
        *seen.lock().unwrap() = serde_json::from_slice(&request.body).unwrap();
    });
    setup.register(web().client_name("M\u{fc}ller").contacts(&["a@rp.test"])).unwrap();
    let lines = setup.world.op.transcript();
    let (head, body) = lines[0].split_once(" body=").unwrap();
    assert_eq!(
        head,
        "POST /register accept=application/json content-type=application/json authorization=-"
    );
    let due = json!({
        "application_type": "web", "client_name": "M\u{fc}ller", "contacts": ["a@rp.test"],
        "redirect_uris": [CALLBACK],
    });
    assert_eq!(*sent.lock().unwrap(), due, "{body}");
    assert_eq!(lines.len(), 1);
}

#[test]
fn oidcc_client_test_dynamic_registration() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA, Algorithm::HS256] {
        for method in ["client_secret_basic", "client_secret_post"] {
            let mut setup = Registering::default();
            let metadata = web().id_token_signed_response_alg(algorithm);
            let registered = setup.register(metadata.token_endpoint_auth_method(method)).unwrap();
            assert!(registered.differences().is_empty(), "{:?}", registered.differences());
            let client = setup.client(&registered);
            let login = setup.world.login(&client).unwrap();
            assert_eq!(login.subject().sub(), "sub-alice-248289761001");
            assert_eq!(login.id_token().audiences(), [registered.client_id()]);
        }
    }
    let mut setup = Registering::default();
    let native = ClientMetadata::native(&["http://127.0.0.1/cb"]).unwrap();
    let registered = setup.register(native).unwrap();
    assert!(registered.client_secret().is_none());
    let client = setup.client(&registered);
    setup.world.login(&client).unwrap();
    // Registered for another algorithm than the one that signs.
    let registered = setup.register(web()).unwrap();
    let other = registered.registration(setup.world.clock.now()).unwrap();
    let other = other.id_token_signed_response_alg(Algorithm::ES256);
    let client = Client::new(setup.provider.clone(), other, crypto(), Policy::default()).unwrap();
    assert_eq!(setup.world.login(&client).unwrap_err().code(), "token.algorithm");
}

#[test]
fn a_service_registers_and_gets_its_tokens() {
    let mut setup = Registering::default();
    let registered = setup.register(ClientMetadata::service()).unwrap();
    let now = setup.world.clock.now();
    let registration = registered.registration(now).unwrap();
    let policy = Policy::default();
    let client = Client::new(setup.provider.clone(), registration, crypto(), policy).unwrap();
    setup.world.run(client.client_credentials()).unwrap();
}

#[test]
fn r03_credentials_of_every_vschar_are_kept_exactly() {
    let mut setup = Registering::default();
    let registered = setup.register(web()).unwrap();
    let every: String = (' '..='~').collect();
    assert!(registered.client_id().starts_with(&every));
    assert!(registered.client_secret().unwrap().expose().starts_with(&every));
    for odd in ["a\nb", "a\u{e9}", "\u{7f}"] {
        refused(web(), json!({ "client_secret": odd }), "response.token_characters");
        refused(web(), json!({ "client_id": odd }), "response.token_characters");
        refused(web(), json!({ "registration_access_token": odd }), "response.token_characters");
    }
}

#[test]
fn r02_without_an_identifier_or_a_due_secret_there_is_no_client() {
    for (client_id, code) in [
        (Value::Null, "json.missing"),
        (json!(""), "response.token_characters"),
        (json!(7), "json.type"),
        (json!(["x"]), "json.type"),
    ] {
        refused(web(), json!({ "client_id": client_id }), code);
    }
    let post = || web().token_endpoint_auth_method("client_secret_post");
    for metadata in [web(), post()] {
        refused(metadata.clone(), json!({ "client_secret": null }), "json.missing");
        refused(metadata.clone(), json!({ "client_secret": "" }), "json.missing");
        refused(metadata, json!({ "client_secret": 7 }), "json.type");
    }
    // Even where the answer says nothing of the method: Basic is the default.
    let silent = json!({ "client_secret": null, "token_endpoint_auth_method": null });
    refused(web(), silent.clone(), "json.missing");
    let native = ClientMetadata::native(&["com.example.app:/cb"]).unwrap();
    assert!(with(native, silent).unwrap().client_secret().is_none());
}

#[test]
fn r04_when_a_secret_ends() {
    let start = 1_800_000_000;
    let at = |seconds| SecretExpiry::At(UnixTime::from_seconds(seconds));
    for (value, expiry) in [
        (json!(0), SecretExpiry::Never),
        (json!(0.0), SecretExpiry::Never),
        (json!(start + 60), at(start + 60)),
        (json!(f64::from(1_800_000_060) + 0.5), at(start + 60)),
        // The provider must say, and does not: used until it is refused.
        (Value::Null, SecretExpiry::Unknown),
    ] {
        let registered = with(web(), json!({ "client_secret_expires_at": value })).unwrap();
        assert_eq!(registered.secret_expiry(), expiry, "{value}");
        assert!(registered.registration(UnixTime::from_seconds(start)).is_ok(), "{value}");
    }
    for value in [json!(-1), json!("0"), json!(1e300), json!(u64::MAX), json!(true)] {
        refused(web(), json!({ "client_secret_expires_at": value }), "json.type");
    }
    let past = with(web(), json!({ "client_secret_expires_at": 1 })).unwrap();
    let error = past.registration(UnixTime::from_seconds(start)).unwrap_err();
    assert_eq!(error.code(), "misuse.secret_expired");

    let mut setup =
        Registering::new(RegistrationConfig { secret_ttl: Some(60), ..Default::default() });
    let registered = setup.register(web()).unwrap();
    for (wait, expired) in [(59, false), (1, true)] {
        setup.world.clock.advance(Duration::from_secs(wait));
        let now = setup.world.clock.now();
        assert_eq!(registered.secret_expired(now), expired);
        assert_eq!(registered.registration(now).is_err(), expired);
    }
}

#[test]
fn r01_what_proves_less_is_refused_and_all_else_reported() {
    let other = json!(["https://evil.test/cb"]);
    let more = json!([CALLBACK, "https://evil.test/cb"]);
    let pkjwt = web().token_endpoint_auth_method("private_key_jwt");
    let timely = web().require_auth_time(true);
    for (metadata, members) in [
        (web(), json!({ "redirect_uris": other })),
        (web(), json!({ "redirect_uris": more })),
        (web(), json!({ "redirect_uris": [] })),
        (web(), json!({ "token_endpoint_auth_method": "none" })),
        (web(), json!({ "id_token_signed_response_alg": "none" })),
        (web(), json!({ "id_token_signed_response_alg": "HS256" })),
        (timely, json!({ "require_auth_time": false })),
    ] {
        refused(metadata, members, "response.registered");
    }
    // Without keys this provider registers nobody for it, so the answer is put in its place.
    let mut setup = Registering::default();
    let answer = json!({ "client_id": "c", "client_secret": "s", "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "client_secret_basic" });
    setup.world.op.intercept("/register", move |_, response| {
        (response.status, response.body) = (201, answer.to_string().into_bytes());
    });
    assert_eq!(setup.register(pkjwt).unwrap_err().code(), "response.registered");
    assert!(setup.register(web()).is_ok());

    let metadata = web().client_name("Site").id_token_signed_response_alg(Algorithm::ES256);
    let changed = json!({ "client_name": "Other", "id_token_signed_response_alg": "EdDSA",
        "application_type": null, "token_endpoint_auth_method": "client_secret_post" });
    let registered = with(metadata, changed).unwrap();
    let seen: Vec<_> = registered.differences().iter().map(ToString::to_string).collect();
    assert_eq!(
        seen,
        [
            r#"application_type was asked for as "web", and not confirmed"#,
            r#"client_name was asked for as "Site", and registered as "Other""#,
            r#"id_token_signed_response_alg was asked for as "ES256", and registered as "EdDSA""#,
        ]
    );
    let name: Option<String> = registered.member("client_name").unwrap();
    assert_eq!(name.as_deref(), Some("Other"));
    // A list in another order is no change.
    let two = ClientMetadata::web(&[CALLBACK, "https://rp.test/2"]).unwrap();
    let turned = json!({ "redirect_uris": ["https://rp.test/2", CALLBACK] });
    assert!(with(two, turned).unwrap().differences().is_empty());
}

#[test]
fn r01_where_the_provider_is_silent_what_was_asked_for_holds() {
    let silent = json!({ "redirect_uris": null, "id_token_signed_response_alg": null,
        "token_endpoint_auth_method": null, "response_types": null, "grant_types": null,
        "an_unknown_member": { "kept": [1] } });
    let metadata = web()
        .id_token_signed_response_alg(Algorithm::ES256)
        .token_endpoint_auth_method("client_secret_post");
    let registered = with(metadata, silent.clone()).unwrap();
    let text = |name| registered.member::<String>(name).unwrap();
    assert_eq!(text("id_token_signed_response_alg").as_deref(), Some("ES256"));
    let registration = registered.registration(UnixTime::from_seconds(0)).unwrap();
    assert_eq!(registration.redirect_uri(), CALLBACK);
    let kept: Option<Value> = registered.member("an_unknown_member").unwrap();
    assert_eq!(kept, Some(json!({ "kept": [1] })));
    assert_eq!(
        registered.member::<String>("redirect_uris").unwrap_err().path.as_str(),
        "redirect_uris"
    );
    assert!(registered.differences().iter().all(|one| one.registered.is_none()));
    // Nobody said anything: RS256 and Basic.
    let registered = with(web(), silent).unwrap();
    assert_eq!(registered.member::<String>("id_token_signed_response_alg").unwrap(), None);
    assert!(registered.registration(UnixTime::from_seconds(0)).is_ok());
}

#[test]
fn what_this_library_does_not_use_makes_no_registration() {
    for member in ["id_token_signed_response_alg", "token_endpoint_auth_method"] {
        let registered = with(web(), json!({ member: "unheard_of" })).unwrap();
        let error = registered.registration(UnixTime::from_seconds(0)).unwrap_err();
        assert_eq!(error.code(), "response.registered", "{member}");
    }
    let registered = with(web(), json!({})).unwrap();
    let now = UnixTime::from_seconds(0);
    let other = registered.registration_with("https://rp.test/other", now).unwrap_err();
    assert_eq!(other.code(), "misuse.redirect_uri");
    assert!(registered.registration_with(CALLBACK, now).is_ok());
}

#[test]
fn r05_the_registration_token_goes_to_no_other_origin() {
    for uri in [
        "https://evil.test/register/1",
        "https://op.test:8443/register/1",
        "http://op.test/register/1",
        "https://op.test@evil.test/",
        "https://op.test/register/1#x",
        "op.test/register/1",
    ] {
        let mut setup = Registering::default();
        setup.world.op.edit("/register", move |document| {
            document["registration_client_uri"] = uri.into();
        });
        let registered = setup.register(web()).unwrap();
        assert!(!registered.is_manageable(), "{uri}");
        let read = Client::read_registration(&setup.provider, &registered);
        assert_eq!(setup.world.run(read).unwrap_err().code(), "response.address", "{uri}");
        assert_eq!(setup.world.transport.requests(), ["POST /register"], "{uri}");
        // The client itself is good.
        let client = setup.client(&registered);
        setup.world.login(&client).unwrap();
    }
    let elsewhere = json!({ "registration_client_uri": "https://manage.op.test:8443/c/1" });
    let mut setup = Registering::default();
    setup.world.op.edit("/register", move |document| {
        document["registration_client_uri"] = elsewhere["registration_client_uri"].clone();
    });
    for (origin, good) in [
        ("https://manage.op.test:8443", true),
        ("https://manage.op.test:8443/any/path", true),
        ("https://manage.op.test", false),
        ("http://manage.op.test:8443", false),
        ("no address", false),
    ] {
        let register = Client::register(&setup.provider, web());
        let registered =
            setup.world.run(register.trust_registration_client_origin(origin)).unwrap();
        assert_eq!(registered.is_manageable(), good, "{origin}");
    }
}

#[test]
fn half_a_management_is_none() {
    for member in ["registration_access_token", "registration_client_uri"] {
        for value in [Value::Null, json!("")] {
            let registered = with(web(), json!({ member: value })).unwrap();
            assert!(!registered.is_manageable(), "{member}");
        }
        refused(web(), json!({ member: 7 }), "json.type");
    }
    assert!(with(web(), json!({})).unwrap().is_manageable());
    let mut setup = Registering::default();
    let registered = with(web(), json!({ "registration_access_token": null })).unwrap();
    let read = Client::read_registration(&setup.provider, &registered);
    assert_eq!(setup.world.run(read).unwrap_err().code(), "misuse.no_such_endpoint");
    assert!(setup.world.transport.requests().is_empty());
}

#[test]
fn j12_n08_the_answer_is_bounded() {
    let nested = |depth: usize| json!((0..depth).fold(json!(1), |inner, _| json!([inner])));
    refused(web(), json!({ "x": nested(32) }), "json.too_deep");
    assert!(with(web(), json!({ "x": nested(31) })).is_ok());
    refused(web(), json!({ "x": "x".repeat(64 * 1024) }), "transport.too_large");
    assert!(with(web(), json!({ "x": "x".repeat(60 * 1024) })).is_ok());
}

#[test]
fn an_initial_access_token_is_sent_where_one_is_due() {
    let due = Some("fake-initial-token".to_owned());
    let mut setup =
        Registering::new(RegistrationConfig { initial_access_token: due, ..Default::default() });
    let token = |text: &str| AccessToken::new(text).unwrap();
    let register = |setup: &Registering| Client::register(&setup.provider, web());
    let good = register(&setup).initial_access_token(token("fake-initial-token"));
    assert!(!format!("{good:?}").contains("fake-initial-token"));
    setup.world.run(good).unwrap();
    for flow in [register(&setup), register(&setup).initial_access_token(token("another"))] {
        setup.world.transport.clear();
        let error = setup.world.run(flow).unwrap_err();
        let ErrorKind::Provider(refusal) = error.kind() else { panic!("{error}") };
        assert_eq!((refusal.error.as_str(), refusal.status), ("invalid_token", Some(401)));
        assert_eq!(setup.world.transport.requests(), ["POST /register"]);
    }
}

#[test]
fn i28_nothing_secret_is_shown() {
    let mut setup = Registering::default();
    let registered = setup.register(web().software_statement("fake.software.statement")).unwrap();
    let token = setup.world.op.transcript();
    assert_eq!(token.len(), 1);
    let shown = format!("{registered:?} {:?} {:?}", registered.to_metadata(), web());
    let secret = registered.client_secret().unwrap().expose().to_owned();
    for hidden in [secret.as_str(), "registration-", "fake.software.statement"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
