//! Metadata from everywhere: by every well-known address, from an own one, with members replaced, without any document.

use relying_party::{
    Client, Error, Policy, Registration,
    jose::algorithm::Algorithm,
    protocol::{
        issuer::Issuer,
        metadata::{MetadataOverrides, MetadataSource, ProviderMetadata},
    },
};
use relying_party_tests::{
    op::{OpConfig, OpResponse},
    scenario::{World, crypto},
};
use serde_json::{Value, json};

const DISCOVERY: &str = "/.well-known/openid-configuration";

fn overrides() -> MetadataOverrides {
    MetadataOverrides::default()
}

/// A client made from this source and these members, and the requests for it.
fn discover(
    world: &mut World,
    source: MetadataSource,
    overrides: MetadataOverrides,
) -> Result<Client, Error> {
    world.transport.clear();
    let own = world.registration("es256");
    let discover = Client::discover(world.op.issuer(), own, crypto());
    world.run(discover.metadata_source(source).metadata_overrides(overrides))
}

#[test]
fn d03_every_well_known_address() {
    use MetadataSource::*;
    for issuer in ["https://op.test", "https://op.test/", "https://op.test/tenant/a/"] {
        let path = issuer.strip_prefix("https://op.test").unwrap().trim_end_matches('/');
        for (source, due) in [
            (OpenId, format!("{path}{DISCOVERY}")),
            (OAuth, format!("/.well-known/oauth-authorization-server{path}")),
            (OpenIdBeforePath, format!("{DISCOVERY}{path}")),
            (OAuthAfterPath, format!("{path}/.well-known/oauth-authorization-server")),
        ] {
            let mut world = World::new(OpConfig::with_issuer(issuer));
            let client = discover(&mut world, source.clone(), overrides()).unwrap();
            assert_eq!(world.transport.requests(), [format!("GET {due}")], "{source:?}");
            assert_eq!(world.login(&client).unwrap().subject().issuer(), issuer);
            // Wherever they are, they are this issuer's; nothing else is tried.
            world.op.edit(&due, |document| {
                document["issuer"] = "https://op.test/tenant/b".into();
            });
            let error = discover(&mut world, source.clone(), overrides()).unwrap_err();
            assert_eq!(error.code(), "metadata.issuer", "{source:?}");
            world.op.intercept(&due, |_, answer| *answer = OpResponse::new(404, "text/plain", ""));
            let error = discover(&mut world, source, overrides()).unwrap_err();
            assert_eq!(error.code(), "response.status");
            assert_eq!(world.transport.requests(), [format!("GET {due}")]);
        }
    }
}

/// Azure AD B2C: the policy stands in the address of the metadata, not in the issuer.
#[test]
fn d01_a_separate_address_of_the_metadata() {
    let mut world = World::new(OpConfig::with_issuer("https://op.test/guid/v2.0/"));
    let document = json!({
        "issuer": "https://op.test/guid/v2.0/",
        "authorization_endpoint": world.op.endpoint("/authorize"),
        "token_endpoint": world.op.endpoint("/token"),
        "jwks_uri": world.op.endpoint("/jwks"),
        "response_types_supported": ["code"],
    });
    let serve = |world: &World, document: Value| {
        world.op.clear_hooks();
        world.op.intercept("/b2c/metadata", move |_, answer| {
            *answer = OpResponse::json(200, &document);
        });
    };
    serve(&world, document.clone());
    let source = || MetadataSource::Address("https://op.test/b2c/metadata?p=B2C_1_a".into());
    let client = discover(&mut world, source(), overrides()).unwrap();
    assert!(world.op.transcript().last().unwrap().contains("/b2c/metadata?p=B2C_1_a"));
    assert_eq!(world.login(&client).unwrap().subject().issuer(), "https://op.test/guid/v2.0/");

    for other in ["https://op.test/guid/v2.0", "https://op.test/b2c", "https://evil.test"] {
        let mut other_issuer = document.clone();
        other_issuer["issuer"] = other.into();
        serve(&world, other_issuer);
        let error = discover(&mut world, source(), overrides()).unwrap_err();
        assert_eq!(error.code(), "metadata.issuer", "{other}");
        assert_eq!(world.transport.requests(), ["GET /b2c/metadata"]);
    }
    for address in [
        "",
        "http://op.test/x",
        "http://127.0.0.1/x",
        "/x",
        "https://u@op.test/",
        "https://op.test/#x",
    ] {
        let error = discover(&mut world, MetadataSource::Address(address.into()), overrides());
        assert_eq!(error.unwrap_err().code(), "misuse.metadata", "{address}");
        assert!(world.transport.requests().is_empty());
    }
}

#[test]
fn a_member_replaces_the_published_one() {
    let mut world = World::default();
    // What is replaced need not have been good.
    world.op.edit(DISCOVERY, |document| {
        document["token_endpoint"] = "http://inside:8080/token".into();
        document["jwks_uri"] = Value::Null;
    });
    let good = overrides()
        .token_endpoint("https://op.test/token")
        .jwks_uri("https://op.test/nowhere")
        .jwks_uri("https://op.test/jwks")
        .userinfo_endpoint("https://op.test/userinfo")
        .member("scopes_supported", vec!["openid"])
        .member("end_session_endpoint", Value::Null);
    let client = discover(&mut world, MetadataSource::OpenId, good).unwrap();
    assert!(world.login(&client).is_ok());
    let metadata = client.metadata();
    assert!(metadata.end_session_endpoint().is_none());
    assert_eq!(metadata.supports_scope("email"), Some(false));
    let member: Option<String> = metadata.member("token_endpoint").unwrap();
    assert_eq!(member.as_deref(), Some("https://op.test/token"));
    // What is not replaced is held to the rules.
    let error =
        discover(&mut world, MetadataSource::OpenId, overrides().jwks_uri("https://op.test/jwks"));
    assert_eq!(error.unwrap_err().code(), "metadata.address");
}

#[test]
fn d04_a_member_that_cannot_be_used_is_found_before_any_request() {
    let mut world = World::default();
    let mut refused = |overrides: MetadataOverrides| {
        let error = discover(&mut world, MetadataSource::OpenId, overrides.clone()).unwrap_err();
        assert_eq!(error.code(), "misuse.metadata", "{overrides:?}");
        assert!(world.transport.requests().is_empty());
        let issuer = Issuer::new("https://op.test").unwrap();
        let fixed = ProviderMetadata::fixed(&issuer, &overrides).unwrap_err();
        assert_eq!(fixed.code(), "misuse.metadata");
    };
    for address in [
        "http://op.test/token",
        "http://127.0.0.1/token",
        "op.test/token",
        "https://u:p@op.test/token",
        "https://op.test/token#x",
        "https://op.test\\@evil.test",
        "https:///token",
        "https://op.test/\n",
    ] {
        refused(overrides().token_endpoint(address));
        refused(overrides().jwks_uri(address));
        refused(overrides().member("check_session_iframe", address));
        refused(overrides().back_channel_origin(address));
    }
    refused(overrides().member("token_endpoint", 7));
    refused(overrides().member("scopes_supported", "openid"));
    refused(overrides().member("issuer", "https://op.test"));
    refused(overrides().member("issuer", "https://evil.test"));
    refused(overrides().back_channel_origin("https://inside.test/path"));
    refused(overrides().back_channel_origin("https://inside.test/?x"));
}

/// Keycloak: visitors know one host, the servers another one.
#[test]
fn the_back_channel_moves_and_the_issuer_stays() {
    let mut world = World::default();
    world.op.edit(DISCOVERY, |document| {
        document["revocation_endpoint"] = "https://elsewhere.test/revoke".into();
        document["introspection_endpoint"] = "https://op.test/introspect?x=%20y".into();
    });
    let moved = overrides().back_channel_origin("https://inside.test:8443");
    let own = moved.clone().userinfo_endpoint("https://op.test/userinfo");
    let client = discover(&mut world, MetadataSource::OpenId, own).unwrap();
    let metadata = client.metadata();
    let text = |url: Option<&url::Url>| url.unwrap().as_str().to_owned();
    assert_eq!(metadata.issuer().as_str(), "https://op.test");
    assert_eq!(text(metadata.token_endpoint()), "https://inside.test:8443/token");
    assert_eq!(text(metadata.jwks_uri()), "https://inside.test:8443/jwks");
    assert_eq!(
        text(metadata.introspection_endpoint()),
        "https://inside.test:8443/introspect?x=%20y"
    );
    // Given by its own method; on another origin; for browsers.
    assert_eq!(text(metadata.userinfo_endpoint()), "https://op.test/userinfo");
    assert_eq!(text(metadata.revocation_endpoint()), "https://elsewhere.test/revoke");
    assert_eq!(text(metadata.authorization_endpoint()), "https://op.test/authorize");
    assert_eq!(text(metadata.end_session_endpoint()), "https://op.test/end_session");
    let login = world.login(&client).unwrap();
    assert_eq!(login.subject().issuer(), "https://op.test");
    // Tokens must not name the inside.
    world.op.tamper_id_token(|_, _, claims| claims["iss"] = "https://inside.test:8443".into());
    assert_eq!(world.login(&client).unwrap_err().code(), "claim.iss.mismatch");
}

#[test]
fn metadata_without_any_document() {
    let mut world = World::default();
    let issuer = Issuer::new("https://op.test").unwrap();
    let members = overrides()
        .authorization_endpoint("https://op.test/authorize")
        .token_endpoint("https://op.test/token")
        .jwks_uri("https://op.test/jwks");
    let metadata = ProviderMetadata::fixed(&issuer, &members).unwrap();
    let own = world.registration("es256");
    let make = |metadata| Client::new(metadata, own.clone(), crypto(), Policy::default());
    let client = make(metadata).unwrap();
    assert!(world.login(&client).is_ok());
    assert_eq!(world.transport.requests(), ["GET /jwks", "POST /token"]);
    let bare = ProviderMetadata::fixed(&issuer, &overrides()).unwrap();
    assert_eq!(make(bare).unwrap_err().code(), "metadata.missing");

    let document = br#"{"issuer":"https://op.test","jwks_uri":"https://op.test/old"}"#;
    let read = ProviderMetadata::from_json_with(document, &issuer, &members).unwrap();
    assert_eq!(read.jwks_uri().unwrap().path(), "/jwks");
    let twice = br#"{"issuer":"https://op.test","x":1,"x":2}"#;
    let error = ProviderMetadata::from_json_with(twice, &issuer, &members).unwrap_err();
    assert_eq!(error.code(), "json.duplicate");
}

/// An OAuth server has no keys, and a client that takes no ID tokens needs none.
#[test]
fn d10_an_oauth_server_without_keys() {
    let mut world = World::default();
    world.op.edit(DISCOVERY, |document| {
        document.as_object_mut().unwrap().remove("jwks_uri");
    });
    let refused = world.discover("rs256", Policy::default()).unwrap_err();
    assert_eq!(refused.code(), "metadata.missing");
    let oauth = || Policy::default().without_id_tokens();
    let client = world.discover("rs256", oauth()).unwrap();
    world.transport.clear();
    assert!(world.run(client.client_credentials().scope("groups")).is_ok());
    // An ID token that comes all the same is left out.
    world.op.edit("/token", |document| {
        document["id_token"] = "not.even.one".into();
    });
    let granted = world.run(client.client_credentials()).unwrap();
    assert!(granted.id_token().is_none() && granted.record().is_none());
    world.transport.clear();
    let code = |error: Error| error.code();
    assert_eq!(world.run(client.start_login()).map_err(code).unwrap_err(), "misuse.no_id_tokens");
    let device = client.start_device_login();
    assert_eq!(world.run(device).map_err(code).unwrap_err(), "misuse.no_id_tokens");
    let password = client.password("alice", "wonderland").scope("email openid");
    assert_eq!(world.run(password).map_err(code).unwrap_err(), "misuse.no_id_tokens");
    assert!(world.transport.requests().is_empty());

    // Nothing but keys and algorithms is let off.
    let make = |own: Registration| {
        let metadata = client.metadata().clone();
        Client::new(metadata, own, crypto(), oauth()).map(drop).map_err(code)
    };
    let public = || Registration::public("x", "https://rp.test/cb").unwrap();
    assert_eq!(make(public().id_token_signed_response_alg(Algorithm::HS256)), Ok(()));
    let method = relying_party::protocol::registration::AuthMethod::ClientSecretPost;
    assert_eq!(make(public().token_endpoint_auth_method(method)), Err("misuse.no_secret"));
}

#[test]
fn d12_defaults_of_what_is_not_listed() {
    let issuer = Issuer::new("https://op.test").unwrap();
    let bare = ProviderMetadata::fixed(&issuer, &overrides()).unwrap();
    assert_eq!(bare.grant_types_supported(), ["authorization_code", "implicit"]);
    assert_eq!(bare.response_modes_supported(), ["query", "fragment"]);
    assert_eq!(bare.token_endpoint_auth_methods_supported(), ["client_secret_basic"]);
    assert!(bare.response_types_supported().is_empty());
    for list in [
        bare.scopes_supported(),
        bare.id_token_signing_alg_values_supported(),
        bare.code_challenge_methods_supported(),
        bare.claims_supported(),
        bare.acr_values_supported(),
    ] {
        assert!(list.is_none());
    }
    assert!(!bare.claims_parameter_supported() && !bare.request_parameter_supported());
    assert!(bare.request_uri_parameter_supported());
    assert!(bare.authorization_signing_alg_values_supported().is_none());

    // An empty list is one.
    let empty = overrides().member("grant_types_supported", json!([]));
    let empty = ProviderMetadata::fixed(&issuer, &empty).unwrap();
    assert!(empty.grant_types_supported().is_empty());

    let mut world = World::default();
    let client = world.discover("es256", Policy::default()).unwrap();
    let metadata = client.metadata();
    assert!(metadata.grant_types_supported().contains(&"client_credentials"));
    let plain = ["query", "fragment", "form_post"];
    let signed = ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"];
    assert_eq!(metadata.response_modes_supported(), [&plain[..], &signed].concat());
    assert_eq!(metadata.authorization_signing_alg_values_supported().unwrap()[0], "RS256");
    assert_eq!(metadata.code_challenge_methods_supported().unwrap(), ["S256"]);
    assert_eq!(metadata.acr_values_supported().unwrap()[0], "urn:test:bronze");
    assert!(metadata.id_token_signing_alg_values_supported().unwrap().contains(&"ES256".into()));
    assert!(metadata.claims_parameter_supported() && !metadata.request_uri_parameter_supported());
    assert_eq!(metadata.scopes_supported().unwrap()[0], "openid");
}

#[test]
fn d04_d11_more_endpoints_and_lists_held_to_the_rules() {
    let parse = |members: &str| {
        let document = format!(r#"{{"issuer":"https://op.test",{members}}}"#);
        let issuer = Issuer::new("https://op.test").unwrap();
        ProviderMetadata::from_json(document.as_bytes(), &issuer).map_err(|error| error.code())
    };
    for endpoint in [
        "registration_endpoint",
        "pushed_authorization_request_endpoint",
        "backchannel_authentication_endpoint",
        "check_session_iframe",
    ] {
        let with = |value: &str| parse(&format!("\"{endpoint}\":{value}"));
        assert_eq!(with("\"http://op.test/x\"").unwrap_err(), "metadata.address");
        assert_eq!(with("\"https://u@op.test/x\"").unwrap_err(), "metadata.address");
        assert_eq!(with("[]").unwrap_err(), "json.type");
        assert_eq!(with("\"\"").unwrap().addresses().count(), 0);
        let good = with("\"https://op.test/x\"").unwrap();
        let found = [
            good.registration_endpoint(),
            good.pushed_authorization_request_endpoint(),
            good.backchannel_authentication_endpoint(),
            good.check_session_iframe(),
        ];
        assert_eq!((found.into_iter().flatten().count(), good.addresses().count()), (1, 1));
    }
    for list in [
        "grant_types_supported",
        "response_modes_supported",
        "id_token_signing_alg_values_supported",
        "code_challenge_methods_supported",
        "claims_supported",
        "acr_values_supported",
    ] {
        for odd in ["\"x\"", "{}", "[7]", "true"] {
            assert_eq!(parse(&format!("\"{list}\":{odd}")).unwrap_err(), "json.type", "{list}");
        }
        assert!(parse(&format!("\"{list}\":null")).is_ok(), "{list}");
        assert!(parse(&format!("\"{list}\":[\"unknown\"]")).is_ok(), "{list}");
    }
}

/// Whatever the lists say, the client's own choices stand.
#[test]
fn d14_metadata_cannot_weaken_a_client() {
    let mut world = World::default();
    world.op.edit(DISCOVERY, |document| {
        document["code_challenge_methods_supported"] = json!(["plain"]);
        document["id_token_signing_alg_values_supported"] = json!(["none", "HS256"]);
    });
    let client = world.discover("es256", Policy::default()).unwrap();
    let url = world.run(client.start_login()).unwrap().url;
    assert!(url.query().unwrap().contains("code_challenge_method=S256"));
    assert!(world.login(&client).is_ok());
    world.op.tamper_id_token(|_, header, _| header["alg"] = "none".into());
    assert_eq!(world.login(&client).unwrap_err().code(), "token.algorithm");
}
