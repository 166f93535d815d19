//! The discovery document and the key set.

use serde_json::json;

use super::{
    AUTHORIZE, CHECK_SESSION, DEVICE_AUTHORIZATION, END_SESSION, INTROSPECT, JWKS, Op, OpRequest,
    OpResponse, REGISTER, REVOKE, TOKEN, USERINFO, lock, method_not_allowed,
};

/// OIDC Discovery 4.2, with what the certification suite puts in to see whether a client copes:
/// response types in odd word order, algorithms it may not know, an unknown member.
pub(super) fn discovery(op: &Op, request: &OpRequest) -> OpResponse {
    if request.method != "GET" {
        return method_not_allowed("GET");
    }
    let iss = op.config().authorization_response_iss_parameter_supported;
    let mut document = json!({
        "issuer": op.config().tenant.as_ref().map_or(op.issuer(), |tenant| &tenant.template),
        "authorization_endpoint": op.endpoint(AUTHORIZE),
        "token_endpoint": op.endpoint(TOKEN),
        "userinfo_endpoint": op.endpoint(USERINFO),
        "jwks_uri": op.endpoint(JWKS),
        "end_session_endpoint": op.endpoint(END_SESSION),
        "device_authorization_endpoint": op.endpoint(DEVICE_AUTHORIZATION),
        "introspection_endpoint": op.endpoint(INTROSPECT),
        "revocation_endpoint": op.endpoint(REVOKE),
        "registration_endpoint": op.endpoint(REGISTER),
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "groups",
            "offline_access"],
        "response_types_supported": ["id_token code", "code", "token code id_token", "id_token",
            "token id_token", "token code", "token", "none"],
        "response_modes_supported": ["query", "fragment", "form_post", "jwt", "query.jwt",
            "fragment.jwt", "form_post.jwt"],
        "authorization_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials",
            "password", "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange"],
        "acr_values_supported": ["urn:test:bronze", "urn:test:silver"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["none", "ES256K", "RS256", "PS256", "ES256",
            "EdDSA", "HS256", "HS384", "HS512"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post",
            "client_secret_jwt", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth",
            "none", "an_unknown_method"],
        "token_endpoint_auth_signing_alg_values_supported": ["HS256", "HS384", "HS512", "RS256",
            "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
        "mtls_endpoint_aliases": {
            "token_endpoint": mtls(op, TOKEN),
            "userinfo_endpoint": mtls(op, USERINFO),
            "device_authorization_endpoint": mtls(op, DEVICE_AUTHORIZATION),
            "introspection_endpoint": mtls(op, INTROSPECT),
            "revocation_endpoint": mtls(op, REVOKE),
            "an_unknown_endpoint": "n/a",
        },
        "code_challenge_methods_supported": ["S256"],
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "claim_types_supported": ["normal", "aggregated"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": iss,
        "an_unknown_member": { "deep": [1, null, { "deeper": true }] },
    });
    if let Some(objects) = op.config().request_objects {
        document["request_parameter_supported"] = true.into();
        document["request_uri_parameter_supported"] = true.into();
        document["require_signed_request_object"] = objects.required.into();
        document["request_object_signing_alg_values_supported"] =
            json!(["none", "RS256", "PS256", "ES256", "EdDSA", "HS256", "HS384", "HS512"]);
        document["request_object_encryption_alg_values_supported"] =
            json!(["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "A256KW", "dir", "an_unknown_algorithm"]);
        document["request_object_encryption_enc_values_supported"] =
            json!(["A128CBC-HS256", "A256GCM"]);
    }
    if op.config().session_management {
        document["check_session_iframe"] = op.endpoint(CHECK_SESSION).into();
    }
    if let Some(mischief) = op.mischief() {
        mischief.on_discovery(&mut document);
    }
    OpResponse::json(200, &document)
}

/// RFC 8705 5. Over plain http there are no certificates, so there the alias is the endpoint itself.
fn mtls(op: &Op, path: &str) -> String {
    op.endpoint(path).replacen("https://", "https://mtls.", 1)
}

/// OIDC Discovery 2, RFC 7033 4: everybody on this host logs in here.
pub(super) fn web_finger(op: &Op, request: &OpRequest) -> OpResponse {
    if request.method != "GET" {
        return method_not_allowed("GET");
    }
    let query = |wanted: &str| {
        let mut pairs = request.url.query_pairs().filter(|(name, _)| name == wanted);
        pairs.next().map(|(_, value)| value.into_owned())
    };
    let Some(resource) = query("resource") else {
        return OpResponse::new(400, "text/plain", "no resource");
    };
    let rel = "http://openid.net/specs/connect/1.0/issuer";
    let mut links = vec![json!({ "rel": "http://webfinger.net/rel/avatar", "href": "http://x" })];
    if query("rel").is_none_or(|wanted| wanted == rel) {
        links.push(json!({ "rel": rel, "href": op.issuer() }));
    }
    let mut response = OpResponse::json(200, &json!({ "subject": resource, "links": links }));
    response.headers = vec![("content-type".into(), "application/jrd+json".into())];
    response
}

pub(super) fn jwks(op: &Op, request: &OpRequest) -> OpResponse {
    if request.method != "GET" {
        return method_not_allowed("GET");
    }
    let keys = lock(&op.inner.keys).clone();
    let mut set = keys.jwks();
    if let Some(mischief) = op.mischief() {
        mischief.on_jwks(&keys, &mut set);
    }
    let response = OpResponse::json(200, &set);
    match &op.config().jwks_cache_control {
        Some(value) => response.with_header("cache-control", value),
        None => response,
    }
}
