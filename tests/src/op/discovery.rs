//! The discovery document and the key set.

use serde_json::json;

use super::{
    AUTHORIZE, DEVICE_AUTHORIZATION, END_SESSION, INTROSPECT, JWKS, Op, OpRequest, OpResponse,
    REVOKE, TOKEN, USERINFO, lock, method_not_allowed,
};

/// OIDC Discovery 4.2, with what the certification suite puts in to see whether a client copes:
/// response types in odd word order, algorithms it may not know, an unknown member.
pub(super) fn discovery(op: &Op, request: &OpRequest) -> OpResponse {
    if request.method != "GET" {
        return method_not_allowed("GET");
    }
    let iss = op.config().authorization_response_iss_parameter_supported;
    let mut document = json!({
        "issuer": op.issuer(),
        "authorization_endpoint": op.endpoint(AUTHORIZE),
        "token_endpoint": op.endpoint(TOKEN),
        "userinfo_endpoint": op.endpoint(USERINFO),
        "jwks_uri": op.endpoint(JWKS),
        "end_session_endpoint": op.endpoint(END_SESSION),
        "device_authorization_endpoint": op.endpoint(DEVICE_AUTHORIZATION),
        "introspection_endpoint": op.endpoint(INTROSPECT),
        "revocation_endpoint": op.endpoint(REVOKE),
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "groups",
            "offline_access"],
        "response_types_supported": ["id_token code", "code", "token code id_token", "id_token",
            "token id_token", "token code", "token", "none"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials",
            "password", "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange"],
        "acr_values_supported": ["urn:test:bronze", "urn:test:silver"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["none", "ES256K", "RS256", "PS256", "ES256",
            "EdDSA", "HS256", "HS384", "HS512"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post",
            "none", "an_unknown_method"],
        "code_challenge_methods_supported": ["S256"],
        "claim_types_supported": ["normal", "aggregated"],
        "claims_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": iss,
        "an_unknown_member": { "deep": [1, null, { "deeper": true }] },
    });
    if let Some(mischief) = op.mischief() {
        mischief.on_discovery(&mut document);
    }
    OpResponse::json(200, &document)
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
