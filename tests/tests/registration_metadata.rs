//! What a client may ask to be registered with: every member, and what is refused before any request.

use relying_party::{
    Client, Policy,
    jose::algorithm::Algorithm,
    protocol::client_metadata::{ClientMetadata, SubjectType},
};
use relying_party_tests::{op::OpConfig, scenario::World};
use serde_json::{Value, json};

const CALLBACK: &str = "https://rp.test/cb";

fn web() -> ClientMetadata {
    ClientMetadata::web(&[CALLBACK]).unwrap()
}

/// The code of the refusal, and that nothing was sent; or what was sent.
fn sent(metadata: ClientMetadata) -> Result<Value, &'static str> {
    let mut world = World::default();
    let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
    world.transport.clear();
    let (tell, told) = std::sync::mpsc::channel();
    world.op.intercept("/register", move |request, _| {
        tell.send(serde_json::from_slice(&request.body).unwrap()).unwrap();
    });
    match world.run(Client::register(&provider, metadata)) {
        Err(error) if error.code().starts_with("misuse.") => {
            assert!(world.transport.requests().is_empty(), "{error}");
            Err(error.code())
        }
        _ => Ok(told.try_recv().unwrap()),
    }
}

#[track_caller]
fn refused(metadata: ClientMetadata) {
    assert_eq!(sent(metadata), Err("misuse.parameter"));
}

#[test]
fn every_member_goes_out_under_its_name() {
    let page = "https://rp.test/page";
    let metadata = web()
        .response_types(&["code"])
        .grant_types(&["authorization_code", "refresh_token"])
        .contacts(&["ops@rp.test"])
        .client_name("Site")
        .localized("client_name", "ja-Hani-JP", "\u{30b5}\u{30a4}\u{30c8}")
        .logo_uri(page)
        .client_uri(page)
        .policy_uri(page)
        .tos_uri(page)
        .localized("tos_uri", "de", page)
        .jwks_uri(page)
        .sector_identifier_uri(page)
        .subject_type(SubjectType::Pairwise)
        .id_token_signed_response_alg(Algorithm::ES256)
        .userinfo_signed_response_alg(Algorithm::ES384)
        .request_object_signing_alg(Algorithm::PS256)
        .token_endpoint_auth_method("private_key_jwt")
        .token_endpoint_auth_signing_alg(Algorithm::EdDSA)
        .default_max_age(3600)
        .require_auth_time(true)
        .default_acr_values(&["urn:x:gold", "urn:x:silver"])
        .initiate_login_uri(page)
        .request_uris(&["https://rp.test/ro#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"])
        .post_logout_redirect_uris(&["https://rp.test/bye"])
        .frontchannel_logout_uri(page)
        .frontchannel_logout_session_required(true)
        .backchannel_logout_uri(page)
        .backchannel_logout_session_required(false)
        .tls_client_auth_san_dns("rp.test")
        .software_id("software")
        .software_version("1.0")
        .software_statement("e30.e30.e30")
        .scope("openid email")
        .member("x_of_our_own", json!({ "a": [1] }));
    let due = json!({
        "application_type": "web", "redirect_uris": [CALLBACK], "response_types": ["code"],
        "grant_types": ["authorization_code", "refresh_token"], "contacts": ["ops@rp.test"],
        "client_name": "Site", "client_name#ja-Hani-JP": "\u{30b5}\u{30a4}\u{30c8}",
        "logo_uri": page, "client_uri": page, "policy_uri": page, "tos_uri": page,
        "tos_uri#de": page, "jwks_uri": page, "sector_identifier_uri": page,
        "subject_type": "pairwise", "id_token_signed_response_alg": "ES256",
        "userinfo_signed_response_alg": "ES384", "request_object_signing_alg": "PS256",
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "EdDSA", "default_max_age": 3600,
        "require_auth_time": true, "default_acr_values": ["urn:x:gold", "urn:x:silver"],
        "initiate_login_uri": page,
        "request_uris": ["https://rp.test/ro#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"],
        "post_logout_redirect_uris": ["https://rp.test/bye"], "frontchannel_logout_uri": page,
        "frontchannel_logout_session_required": true, "backchannel_logout_uri": page,
        "backchannel_logout_session_required": false, "tls_client_auth_san_dns": "rp.test",
        "software_id": "software", "software_version": "1.0",
        "software_statement": "e30.e30.e30", "scope": "openid email",
        "x_of_our_own": { "a": [1] },
    });
    assert_eq!(sent(metadata.clone()), Ok(due.clone()));
    assert_eq!(serde_json::from_str::<Value>(&metadata.to_json()).unwrap(), due);
}

#[test]
fn r10_redirect_uris_fit_the_kind_of_application() {
    let code = |result: Result<ClientMetadata, relying_party::Error>| {
        result.map_or_else(|error| error.code(), |_| "good")
    };
    for (uri, web, native) in [
        (CALLBACK, "good", "good"),
        ("http://127.0.0.1:1/cb", "good", "good"),
        ("com.example.app:/cb", "misuse.redirect_uri", "good"),
        ("http://rp.test/cb", "misuse.redirect_uri", "misuse.redirect_uri"),
        ("https://rp.test/cb#x", "misuse.redirect_uri", "misuse.redirect_uri"),
        ("https://u:p@rp.test/cb", "misuse.redirect_uri", "misuse.redirect_uri"),
        ("javascript:alert(1)", "misuse.redirect_uri", "misuse.redirect_uri"),
        ("", "misuse.redirect_uri", "misuse.redirect_uri"),
    ] {
        assert_eq!(code(ClientMetadata::web(&[uri])), web, "{uri}");
        assert_eq!(code(ClientMetadata::web(&[CALLBACK, uri])), web, "{uri}");
        assert_eq!(code(ClientMetadata::native(&[uri])), native, "{uri}");
    }
    assert_eq!(code(ClientMetadata::web(&[])), "misuse.redirect_uri");
    // Tokens in the front channel go to https, and to no machine of a visitor.
    for (uri, web) in [
        (CALLBACK, None),
        ("http://127.0.0.1/cb", Some("misuse.redirect_uri")),
        ("https://localhost/cb", Some("misuse.redirect_uri")),
    ] {
        let hybrid = ["code id_token"];
        let metadata = ClientMetadata::web(&[uri]).unwrap().response_types(&hybrid);
        assert_eq!(sent(metadata).err(), web, "{uri}");
        let metadata = ClientMetadata::native(&[uri]).unwrap().response_types(&hybrid);
        assert!(sent(metadata).is_ok(), "{uri}");
    }
}

#[test]
fn r09_keys_by_value_or_by_address_and_never_both() {
    let keys = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#;
    refused(web().jwks(keys).jwks_uri("https://rp.test/jwks"));
    assert!(sent(web().jwks(keys)).unwrap()["jwks"]["keys"].is_array());
    assert!(sent(web().jwks_uri("https://rp.test/jwks")).is_ok());
}

#[test]
fn r08_no_private_key_leaves() {
    for key in [
        r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}"#,
        r#"{"kty":"RSA","n":"AA","e":"AQAB","p":"AA"}"#,
        r#"{"kty":"RSA","n":"AA","e":"AQAB","\u0064q":"AA"}"#,
        r#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":null}"#,
        r#"{"kty":"oct","k":"AA"}"#,
        r#"{"kty":"oct"}"#,
        r#"{"x":"AA"}"#,
        "7",
    ] {
        refused(web().jwks(&format!(r#"{{"keys":[{key}]}}"#)));
    }
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
        refused(web().jwks(text));
    }
    assert!(sent(web().jwks(r#"{"keys":[]}"#)).is_ok());
}

#[test]
fn r12_pairwise_subjects_of_several_hosts_need_a_sector() {
    let two = || ClientMetadata::web(&[CALLBACK, "https://other.test/cb"]).unwrap();
    refused(two().subject_type(SubjectType::Pairwise));
    let sector = "https://rp.test/redirects.json";
    assert!(sent(two().subject_type(SubjectType::Pairwise).sector_identifier_uri(sector)).is_ok());
    assert!(sent(two().subject_type(SubjectType::Public)).is_ok());
    let same = ClientMetadata::web(&[CALLBACK, "https://rp.test/2"]).unwrap();
    assert!(sent(same.subject_type(SubjectType::Pairwise)).is_ok());
}

#[test]
fn r11_a_software_statement_is_passed_on_unread() {
    let body = sent(web().software_statement("not even a token")).unwrap();
    assert_eq!(body["software_statement"], "not even a token");
    refused(web().software_statement("a\nb"));
    refused(web().software_statement(""));
}

#[test]
fn addresses_are_https_or_on_this_machine() {
    for odd in ["", "http://rp.test/", "javascript:alert(1)", "https://u@rp.test/", "/x"] {
        refused(web().logo_uri(odd));
        refused(web().localized("policy_uri", "de", odd));
        refused(web().backchannel_logout_uri(odd));
        refused(web().sector_identifier_uri(odd));
        refused(web().request_uris(&["https://rp.test/ro", odd]));
        refused(web().post_logout_redirect_uris(&[odd]));
    }
    let local = "http://127.0.0.1:1/x";
    assert!(sent(web().logo_uri(local).backchannel_logout_uri(local)).is_ok());
    refused(web().sector_identifier_uri(local));
    refused(web().initiate_login_uri(local));
}

#[test]
fn response_types_bring_their_grant_types() {
    let grants = |metadata| sent(metadata).unwrap()["grant_types"].clone();
    assert_eq!(grants(web()), Value::Null);
    assert_eq!(grants(web().response_types(&["code"])), Value::Null);
    assert_eq!(grants(web().response_types(&["id_token token"])), json!(["implicit"]));
    let all = web().response_types(&["code", "code id_token"]);
    assert_eq!(grants(all.clone()), json!(["authorization_code", "implicit"]));
    refused(all.clone().grant_types(&["authorization_code"]));
    refused(all.clone().grant_types(&["implicit"]));
    assert!(sent(all.grant_types(&["implicit", "authorization_code"])).is_ok());
}

#[test]
fn members_have_one_way_in() {
    for name in [
        "",
        "client_id",
        "client_secret",
        "registration_access_token",
        "redirect_uris",
        "jwks",
        "jwks_uri",
        "client_name",
        "client_name#de",
        "token_endpoint_auth_method",
    ] {
        refused(web().member(name, "x"));
    }
    for (name, language) in
        [("client_name", ""), ("client_name", "d e"), ("contacts", "de"), ("x", "de")]
    {
        refused(web().localized(name, language, "x"));
    }
    refused(web().client_name("a\u{7}"));
    refused(web().contacts(&["a@rp.test", ""]));
    let cn = || web().tls_client_auth_subject_dn("CN=rp");
    refused(cn().tls_client_auth_san_ip("192.0.2.1"));
    assert!(sent(cn()).is_ok() && sent(web().member("of_our_own", 7)).is_ok());
    refused(web().member("big", "x".repeat(256 * 1024)));
    assert!(sent(web().member("big", "x".repeat(200 * 1024))).is_ok());
}

#[test]
fn without_an_endpoint_or_over_plain_http_nothing_is_sent() {
    for (value, code) in
        [(Value::Null, "misuse.no_such_endpoint"), (json!(""), "misuse.no_such_endpoint")]
    {
        let mut world = World::default();
        world.op.edit("openid-configuration", move |document| {
            document["registration_endpoint"] = value.clone();
        });
        let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
        world.transport.clear();
        let error = world.run(Client::register(&provider, web())).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(world.transport.requests().is_empty());
    }
    let mut world = World::new(OpConfig::with_issuer("http://127.0.0.1:9"));
    let local = || Policy::default().insecure_allow_loopback_http();
    let refused = world.run(Client::read_provider(world.op.issuer())).unwrap_err();
    assert_eq!(refused.code(), "misuse.issuer");
    let provider = world.run(Client::read_provider(world.op.issuer()).policy(local())).unwrap();
    world.transport.clear();
    let error = world.run(Client::register(&provider, web())).unwrap_err();
    assert_eq!(error.code(), "metadata.address");
    assert!(world.transport.requests().is_empty());
    let registered = world.run(Client::register(&provider, web()).policy(local())).unwrap();
    assert!(registered.is_manageable());
}
