//! From preferences to metadata: what is taken, what is noted, what is refused.

use relying_party::{
    Client, Error, Policy,
    jose::algorithm::Algorithm,
    protocol::{
        client_metadata::{ClientMetadata, SubjectType},
        issuer::Issuer,
        metadata::ProviderMetadata,
        negotiation::{Capability, Negotiated, Note, Preferences},
    },
};
use relying_party_tests::scenario::{World, crypto};
use serde_json::{Value, json};

fn provider(members: Value) -> ProviderMetadata {
    let mut document = json!({ "issuer": "https://op.test" });
    document.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let issuer = Issuer::new("https://op.test").unwrap();
    ProviderMetadata::from_json(document.to_string().as_bytes(), &issuer).unwrap()
}

fn negotiate(preferences: &Preferences, members: Value) -> Result<Negotiated, Error> {
    let metadata = ClientMetadata::web(&["https://rp.test/cb"]).unwrap();
    metadata.negotiate(preferences, &provider(members))
}

/// The members beyond those of every web client, and the notes.
fn result(preferences: &Preferences, members: Value) -> (Value, Vec<Note>) {
    let Negotiated { metadata, notes } = negotiate(preferences, members).unwrap();
    let mut document: Value = serde_json::from_str(&metadata.to_json()).unwrap();
    let object = document.as_object_mut().unwrap();
    assert!(object.remove("redirect_uris").is_some());
    object.remove("application_type");
    (document, notes)
}

fn missing(capability: Capability, value: &str) -> Note {
    Note::NotOffered { capability, value: value.to_owned() }
}

#[test]
fn of_lists_everything_is_taken_that_is_offered() {
    let wishes = Preferences::default()
        .response_types(&["code", "id_token code", "token"])
        .grant_types(&["authorization_code", "implicit", "password"])
        .scope(&["openid", "email", "groups"]);
    let (document, notes) = result(
        &wishes,
        json!({
            "response_types_supported": ["code id_token", "code"],
            "grant_types_supported": ["implicit", "authorization_code", "refresh_token"],
            "scopes_supported": ["email", "openid"],
        }),
    );
    assert_eq!(
        document,
        json!({
            "response_types": ["code", "id_token code"],
            "grant_types": ["authorization_code", "implicit"],
            "scope": "openid email",
        })
    );
    assert_eq!(
        notes,
        [
            missing(Capability::ResponseTypes, "token"),
            missing(Capability::GrantTypes, "password"),
            missing(Capability::Scope, "groups"),
        ]
    );
    assert_eq!(notes[2].to_string(), "scopes_supported does not hold \"groups\"");
}

#[test]
fn of_all_else_the_first_that_is_offered() {
    let wishes = Preferences::default()
        .id_token_signed_response_alg(&[Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256])
        .token_endpoint_auth_method(&["private_key_jwt", "client_secret_post"])
        .subject_type(&[SubjectType::Pairwise, SubjectType::Public]);
    let offers = json!({
        "id_token_signing_alg_values_supported": ["none", "RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "subject_types_supported": ["public", "pairwise"],
    });
    let (document, notes) = result(&wishes, offers);
    assert_eq!(
        document,
        json!({
            "id_token_signed_response_alg": "ES256",
            "token_endpoint_auth_method": "client_secret_post",
            "subject_type": "pairwise",
        })
    );
    assert_eq!(
        notes,
        [
            missing(Capability::IdTokenSignedResponseAlg, "EdDSA"),
            missing(Capability::TokenEndpointAuthMethod, "private_key_jwt"),
        ]
    );
}

#[test]
fn a_list_that_is_missing_has_the_default_of_the_specification_or_is_noted() {
    let wishes = Preferences::default()
        .grant_types(&["authorization_code", "refresh_token"])
        .token_endpoint_auth_method(&["client_secret_post", "client_secret_basic"])
        .id_token_signed_response_alg(&[Algorithm::ES256, Algorithm::RS256])
        .scope(&["openid", "email"])
        .subject_type(&[SubjectType::Pairwise, SubjectType::Public])
        .response_types(&["code"]);
    let (document, notes) = result(&wishes, json!({ "scopes_supported": null }));
    assert_eq!(
        document,
        json!({
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "id_token_signed_response_alg": "RS256",
            "scope": "openid email",
            "subject_type": "pairwise",
            "response_types": ["code"],
        })
    );
    assert_eq!(
        notes,
        [
            missing(Capability::GrantTypes, "refresh_token"),
            missing(Capability::TokenEndpointAuthMethod, "client_secret_post"),
            missing(Capability::IdTokenSignedResponseAlg, "ES256"),
            Note::Unlisted(Capability::Scope),
            Note::Unlisted(Capability::SubjectType),
            Note::Unlisted(Capability::ResponseTypes),
        ]
    );
}

#[test]
fn what_is_required_and_not_offered_is_an_error() {
    let offers = json!({
        "id_token_signing_alg_values_supported": ["RS256"], "grant_types_supported": ["implicit"],
        "scopes_supported": ["openid"], "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["none"], "response_types_supported": ["code"],
    });
    let wishes = |one: bool| {
        let more = |good: &'static str, bad| if one { vec![good] } else { vec![good, bad] };
        Preferences::default()
            .response_types(&more("code", "token"))
            .grant_types(&more("implicit", "password"))
            .scope(&more("openid", "groups"))
    };
    for capability in [Capability::ResponseTypes, Capability::GrantTypes, Capability::Scope] {
        let error = negotiate(&wishes(false).require(capability), offers.clone()).unwrap_err();
        assert_eq!(error.code(), "misuse.not_offered");
        assert!(error.to_string().contains(capability.listed_as()), "{error}");
        assert!(negotiate(&wishes(true).require(capability), offers.clone()).is_ok());
    }
    let one_of = |good: bool| {
        let algs = [Algorithm::ES256, Algorithm::RS256];
        let methods = ["private_key_jwt", "none"];
        let subjects = [SubjectType::Pairwise, SubjectType::Public];
        let count = if good { 2 } else { 1 };
        Preferences::default()
            .id_token_signed_response_alg(&algs[..count])
            .token_endpoint_auth_method(&methods[..count])
            .subject_type(&subjects[..count])
    };
    for capability in [
        Capability::IdTokenSignedResponseAlg,
        Capability::TokenEndpointAuthMethod,
        Capability::SubjectType,
    ] {
        let error = negotiate(&one_of(false).require(capability), offers.clone()).unwrap_err();
        assert_eq!(error.code(), "misuse.not_offered");
        assert!(negotiate(&one_of(true).require(capability), offers.clone()).is_ok());
    }
    // Not required, it is left to the provider.
    let (document, notes) = result(&one_of(false), offers);
    assert_eq!((document, notes.len()), (json!({}), 3));
}

#[test]
fn a_list_that_is_none_is_an_error() {
    let wishes = Preferences::default().subject_type(&[SubjectType::Public]);
    for odd in [json!("public"), json!([7]), json!({})] {
        let error = negotiate(&wishes, json!({ "subject_types_supported": odd })).unwrap_err();
        assert_eq!(error.code(), "json.type");
    }
    let good = json!({ "subject_types_supported": ["public"] });
    assert!(negotiate(&wishes, good).unwrap().notes.is_empty());
}

#[test]
fn what_was_negotiated_registers_and_logs_in() {
    let mut world = World::default();
    let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
    let wishes = Preferences::default()
        .id_token_signed_response_alg(&[Algorithm::ES512, Algorithm::EdDSA])
        .token_endpoint_auth_method(&["attest_jwt_client_auth", "client_secret_post"])
        .grant_types(&["authorization_code", "refresh_token"])
        .require(Capability::GrantTypes);
    let metadata = ClientMetadata::web(&["https://rp.test/dynamic"]).unwrap();
    let negotiated = metadata.negotiate(&wishes, &provider).unwrap();
    assert_eq!(negotiated.notes.len(), 2, "{:?}", negotiated.notes);
    let registered = world.run(Client::register(&provider, negotiated.metadata)).unwrap();
    assert!(registered.differences().is_empty());
    let registration = registered.registration(world.clock.now()).unwrap();
    let client = Client::new(provider, registration, crypto(), Policy::default()).unwrap();
    assert!(world.login(&client).is_ok());
}
