//! Documents of the shape that large providers publish, and the confusions their users know.
//!
//! The members follow the providers' own documentation: Google for Developers, "OpenID Connect" (the discovery
//! document); Microsoft Learn, "OpenID Connect on the Microsoft identity platform"; Keycloak, "Server Administration
//! Guide" and the metadata of a realm. Hosts are examples where a tenant has its own; keys are made up.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use relying_party::{
    Client, Error, Policy, Registration,
    error::{Blame, ErrorKind, MetadataProblem, TokenProblem},
    jose::{algorithm::Algorithm, key_set::KeySet},
    limits::Limits,
    protocol::{issuer::Issuer, metadata::ProviderMetadata},
};
use relying_party_tests::scenario::{After, Scenario, crypto};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Bytes that are the same in every run; the name keeps them apart.
fn bytes(name: &str, length: usize) -> Vec<u8> {
    let block = |number: u8| Sha256::new().chain_update(name).chain_update([number]).finalize();
    (0..=u8::MAX).flat_map(|number| block(number).to_vec()).take(length).collect()
}

/// An RSA modulus by its form alone: odd, and of full length.
fn rsa(name: &str, length: usize) -> String {
    let mut modulus = bytes(name, length);
    modulus[0] |= 0x80;
    modulus[length - 1] |= 1;
    BASE64_URL_SAFE_NO_PAD.encode(modulus)
}

/// What stands for a certificate: it is never looked at.
fn certificate(name: &str) -> String {
    BASE64_STANDARD.encode(bytes(name, 700))
}

fn thumbprint(name: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes(name, 20))
}

fn metadata(issuer: &str, document: &Value) -> Result<ProviderMetadata, Error> {
    ProviderMetadata::from_json(document.to_string().as_bytes(), &Issuer::new(issuer).unwrap())
}

/// The metadata serve a client of RS256, which then starts a login at `authorization`.
fn assert_serves(issuer: &str, document: &Value, authorization: &str) -> ProviderMetadata {
    let metadata = metadata(issuer, document).unwrap();
    assert_eq!(metadata.issuer().as_str(), issuer);
    assert!(metadata.supports_response_type("code"));
    assert_eq!(metadata.supports_scope("openid"), Some(true));
    let own = Registration::confidential("app", "a-fake-secret", "https://rp.test/cb").unwrap();
    let client = Client::new(metadata.clone(), own, crypto(), Policy::default()).unwrap();
    let mut world = relying_party_tests::scenario::World::default();
    let url = world.run(client.start_login()).unwrap().url;
    assert_eq!(&url[..url::Position::AfterPath], authorization);
    metadata
}

/// How many keys are eligible for each kid and algorithm; `skipped` entries are no usable keys.
#[track_caller]
fn assert_keys(set: &Value, skipped: usize, eligible: &[(Option<&str>, Algorithm, usize)]) {
    let keys = KeySet::parse(set.to_string().as_bytes(), &Limits::default()).unwrap();
    assert_eq!(keys.skipped(), skipped);
    assert_eq!(keys.len() + skipped, set["keys"].as_array().unwrap().len());
    let max = Limits::default().key_candidates;
    for (kid, algorithm, count) in eligible {
        let found = keys.candidates(*kid, *algorithm, &crypto(), max);
        assert_eq!(found.len(), *count, "{kid:?} {algorithm}");
    }
}

#[test]
fn d07_google() {
    let document = json!({
        "issuer": "https://accounts.google.com",
        "authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
        "device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
        "token_endpoint": "https://oauth2.googleapis.com/token",
        "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
        "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
        "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
        "response_types_supported": ["code", "token", "id_token", "code token", "code id_token",
            "token id_token", "code token id_token", "none"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": ["aud", "email", "email_verified", "exp", "family_name",
            "given_name", "iat", "iss", "name", "picture", "sub"],
        "code_challenge_methods_supported": ["plain", "S256"],
        "grant_types_supported": ["authorization_code", "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer"],
    });
    let google = "https://accounts.google.com";
    let metadata = assert_serves(google, &document, "https://accounts.google.com/o/oauth2/v2/auth");
    // The order of the values does not matter.
    assert!(metadata.supports_response_type("id_token code"));

    let key = |kid: &str| {
        json!({ "kty": "RSA", "alg": "RS256", "use": "sig", "e": "AQAB", "kid": kid,
            "n": rsa(kid, 256) })
    };
    let (old, new) = (hex("old"), hex("new"));
    let eligible = [
        (Some(old.as_str()), Algorithm::RS256, 1),
        (Some(new.as_str()), Algorithm::RS256, 1),
        (Some(new.as_str()), Algorithm::PS256, 0),
        (Some("another"), Algorithm::RS256, 0),
        (None, Algorithm::RS256, 2),
    ];
    assert_keys(&json!({ "keys": [key(&old), key(&new)] }), 0, &eligible);
}

fn hex(name: &str) -> String {
    bytes(name, 20).iter().map(|byte| format!("{byte:02x}")).collect()
}

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// The document of a tenant, or of `common`, whose issuer is a template.
fn entra(tenant: &str, issuer: &str) -> Value {
    let at = |path: &str| format!("https://login.microsoftonline.com/{tenant}/{path}");
    json!({
        "token_endpoint": at("oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": at("discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "request_uri_parameter_supported": false,
        "userinfo_endpoint": "https://graph.microsoft.com/oidc/userinfo",
        "authorization_endpoint": at("oauth2/v2.0/authorize"),
        "device_authorization_endpoint": at("oauth2/v2.0/devicecode"),
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "end_session_endpoint": at("oauth2/v2.0/logout"),
        "claims_supported": ["sub", "iss", "cloud_instance_name", "cloud_graph_host_name", "aud",
            "exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver",
            "at_hash", "c_hash", "email"],
        "kerberos_endpoint": at("kerberos"),
        "tenant_region_scope": null,
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
        "rbac_url": "https://pas.windows.net",
    })
}

#[test]
fn d11_entra() {
    let issuer = format!("https://login.microsoftonline.com/{TENANT}/v2.0");
    let authorization = format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/authorize");
    assert_serves(&issuer, &entra(TENANT, &issuer), &authorization);

    // Keys without `alg`, with certificates and the issuer they belong to.
    let key = |name: &str| {
        json!({ "kty": "RSA", "use": "sig", "kid": thumbprint(name), "x5t": thumbprint(name),
            "n": rsa(name, 256), "e": "AQAB", "x5c": [certificate(name)],
            "cloud_instance_name": "microsoftonline.com", "issuer": issuer })
    };
    let kid = thumbprint("one");
    let eligible = [
        (Some(kid.as_str()), Algorithm::RS256, 1),
        (Some(kid.as_str()), Algorithm::RS512, 1),
        (Some(kid.as_str()), Algorithm::ES256, 0),
        (Some(kid.as_str()), Algorithm::HS256, 0),
        (None, Algorithm::RS256, 3),
    ];
    assert_keys(&json!({ "keys": [key("one"), key("two"), key("three")] }), 0, &eligible);
}

#[test]
fn i25_d01_the_issuer_of_all_entra_tenants_is_a_template() {
    let common = "https://login.microsoftonline.com/common/v2.0";
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let error = metadata(common, &entra("common", template)).unwrap_err();
    assert_eq!((error.code(), error.blame()), ("metadata.issuer", Blame::Provider));
    match error.kind() {
        ErrorKind::Metadata(MetadataProblem::Issuer(comparison)) => {
            assert_eq!(comparison.expected.as_str(), common);
            assert_eq!(comparison.actual.as_str(), template);
        }
        other => panic!("{other:?}"),
    }
    let hint = error.hint().unwrap();
    assert!(hint.contains("template") && hint.contains("one tenant"), "{hint}");
}

fn keycloak(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}/protocol/openid-connect/{path}");
    let asymmetric =
        ["PS384", "RS384", "EdDSA", "ES384", "ES256", "RS256", "ES512", "PS256", "PS512", "RS512"];
    let all = [&asymmetric[..], &["HS256", "HS512", "HS384"]].concat();
    let with_none = [&all[..], &["none"]].concat();
    let methods = json!([
        "private_key_jwt",
        "client_secret_basic",
        "client_secret_post",
        "tls_client_auth",
        "client_secret_jwt"
    ]);
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("auth"),
        "token_endpoint": at("token"),
        "introspection_endpoint": at("token/introspect"),
        "userinfo_endpoint": at("userinfo"),
        "end_session_endpoint": at("logout"),
        "frontchannel_logout_supported": true,
        "jwks_uri": at("certs"),
        "check_session_iframe": at("login-status-iframe.html"),
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token", "password",
            "client_credentials", "urn:openid:params:grant-type:ciba",
            "urn:ietf:params:oauth:grant-type:device_code"],
        "acr_values_supported": ["0", "1"],
        "response_types_supported": ["code", "none", "id_token", "token", "id_token token",
            "code id_token", "code token", "code id_token token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": all,
        "id_token_encryption_alg_values_supported": ["RSA-OAEP", "RSA-OAEP-256", "RSA1_5"],
        "id_token_encryption_enc_values_supported": ["A256GCM", "A128CBC-HS256"],
        "userinfo_signing_alg_values_supported": with_none,
        "response_modes_supported": ["query", "fragment", "form_post", "query.jwt",
            "fragment.jwt", "form_post.jwt", "jwt"],
        "registration_endpoint": format!("{issuer}/clients-registrations/openid-connect"),
        "token_endpoint_auth_methods_supported": methods,
        "claims_supported": ["aud", "sub", "iss", "auth_time", "name", "given_name",
            "family_name", "preferred_username", "email", "acr"],
        "claims_parameter_supported": true,
        "scopes_supported": ["openid", "microprofile-jwt", "phone", "roles", "profile", "email",
            "address", "web-origins", "acr", "offline_access"],
        "request_parameter_supported": true,
        "code_challenge_methods_supported": ["plain", "S256"],
        "tls_client_certificate_bound_access_tokens": true,
        "revocation_endpoint": at("revoke"),
        "backchannel_logout_supported": true,
        "device_authorization_endpoint": at("auth/device"),
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_authentication_endpoint": at("ext/ciba/auth"),
        "pushed_authorization_request_endpoint": at("ext/par/request"),
        "mtls_endpoint_aliases": { "token_endpoint": at("token"), "userinfo_endpoint": at("userinfo") },
        "authorization_response_iss_parameter_supported": true,
    })
}

#[test]
fn h14_k02_k07_keycloak() {
    let issuer = "https://sso.example.test/realms/demo";
    let authorization = format!("{issuer}/protocol/openid-connect/auth");
    let metadata = assert_serves(issuer, &keycloak(issuer), &authorization);
    assert_eq!(metadata.supports_scope("offline_access"), Some(true));

    let rsa_key = |name: &str, usage: &str, algorithm: &str| {
        json!({ "kid": thumbprint(name), "kty": "RSA", "alg": algorithm, "use": usage,
            "x5c": [certificate(name)], "x5t": thumbprint(name),
            "x5t#S256": BASE64_URL_SAFE_NO_PAD.encode(bytes(name, 32)),
            "n": rsa(name, 256), "e": "AQAB" })
    };
    // RFC 7515 A.3 and RFC 8037 A.2: points that are on their curves.
    let elliptic = json!({ "kid": "elliptic", "kty": "EC", "alg": "ES256", "use": "sig",
        "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let edwards = json!({ "kid": "edwards", "kty": "OKP", "alg": "EdDSA", "use": "sig",
        "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let other_curve = json!({ "kid": "ed448", "kty": "OKP", "alg": "EdDSA", "use": "sig",
        "crv": "Ed448", "x": BASE64_URL_SAFE_NO_PAD.encode(bytes("ed448", 57)) });
    let set = json!({ "keys": [
        rsa_key("encrypts", "enc", "RSA-OAEP"),
        rsa_key("signs", "sig", "RS256"),
        elliptic,
        edwards,
        other_curve,
    ]});
    let (signs, encrypts) = (thumbprint("signs"), thumbprint("encrypts"));
    let eligible = [
        (Some(signs.as_str()), Algorithm::RS256, 1),
        (Some(signs.as_str()), Algorithm::PS256, 0),
        (Some(encrypts.as_str()), Algorithm::RS256, 0),
        (None, Algorithm::RS256, 1),
        (Some("elliptic"), Algorithm::ES256, 1),
        (Some("elliptic"), Algorithm::ES384, 0),
        (Some("edwards"), Algorithm::EdDSA, 1),
        (Some("edwards"), Algorithm::Ed25519, 1),
        (Some("ed448"), Algorithm::EdDSA, 0),
        (None, Algorithm::EdDSA, 1),
    ];
    assert_keys(&set, 1, &eligible);
}

#[test]
fn d01_a_trailing_slash_is_named() {
    for (asked, named) in [
        ("https://sso.example.test/realms/demo/", "https://sso.example.test/realms/demo"),
        ("https://tenant.example.test", "https://tenant.example.test/"),
    ] {
        let error = metadata(asked, &keycloak(named)).unwrap_err();
        assert_eq!(error.code(), "metadata.issuer", "{asked}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("trailing slash"), "{hint}");
        assert!(error.to_string().contains(&format!("got \"{named}\"")), "{error}");
    }
    let other = "https://evil.example.test/realms/demo";
    let error = metadata("https://sso.example.test/realms/demo", &keycloak(other)).unwrap_err();
    assert_eq!((error.code(), error.hint()), ("metadata.issuer", None));
}

#[test]
fn i27_an_issuer_without_a_scheme_is_named() {
    // What the ID tokens of one large provider said for years.
    let scenario = Scenario::new().world(|world| {
        world.op.tamper_id_token(|_, _, claims| claims["iss"] = "op.test".into());
    });
    let outcome = scenario.run().refused("claim.iss.mismatch", After::Token);
    let hint = outcome.result.unwrap_err().hint().unwrap();
    assert!(hint.contains("scheme"), "{hint}");
}

#[test]
fn h05_another_registered_algorithm_is_named() {
    let cases = [
        ("hs256", Algorithm::RS256, "\"RS256\"", "\"HS256\"", &["GET /jwks"][..]),
        ("rs256", Algorithm::HS256, "\"HS256\"", "\"RS256\"", &[]),
        ("es256", Algorithm::RS256, "\"RS256\"", "\"ES256\"", &["GET /jwks"]),
    ];
    for (client, ours, registered, said, keys) in cases {
        let scenario = Scenario::new().client(client);
        let outcome =
            scenario.registration(move |own| own.id_token_signed_response_alg(ours)).run();
        let due = [&["GET /.well-known/openid-configuration"], keys, &["POST /token"]].concat();
        assert_eq!(outcome.requests, due, "{client}");
        let error = outcome.result.unwrap_err();
        assert_eq!(error.code(), "token.algorithm", "{client}");
        match error.kind() {
            ErrorKind::Token { problem: TokenProblem::Algorithm(comparison), .. } => {
                let both = [&comparison.expected, &comparison.actual].map(ToString::to_string);
                assert_eq!(both, [registered, said]);
            }
            other => panic!("{other:?}"),
        }
        let text = error.to_string();
        assert!(text.contains(registered) && text.contains(said), "{text}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("id_token_signed_response_alg"), "{hint}");
        Scenario::new().client(client).run().accepted();
    }
}
