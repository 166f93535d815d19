//! The rows of the table, in the order of predecessors and specifications: logins, then tokens.

use relying_party::{
    jose::algorithm::Algorithm,
    protocol::{
        authorization::ResponseMode::{FormPost, FormPostJwt, Fragment, Jwt, Query},
        response_type::ResponseType::{
            Code, CodeIdToken, CodeIdTokenToken, CodeToken, IdToken, IdTokenToken,
        },
    },
};

use super::{
    Scenario,
    absences::*,
    account, auth, discovery,
    encrypted::{self, BY_KEY, BY_SECRET},
    front, login, logout, objects, registration, resource, responses, sources, tokens,
};

macro_rules! rows {
    ($($name:literal => $run:expr $(, [$($absence:expr),+])?;)*) => {
        &[$(Scenario { name: $name, run: $run, absent: &[$($($absence),+)?] }),*]
    };
}

/// All rows.
pub const ALL: &[Scenario] = rows! {
    "discovery" => login::discovery;
    "WebFinger" => discovery::web_finger;
    "RFC 8414 metadata" => discovery::rfc_8414, [IDPY_RFC_8414];
    "inside and outside hosts" => discovery::inside_and_outside;
    "metadata overridden" => discovery::overrides;
    "metadata at hand" => discovery::fixed, [EMBEDDED_HTTP];
    "code, client_secret_basic" => login::code_basic;
    "code, client_secret_post" => login::code_post;
    "code, public client" => login::code_public;
    "code in a form_post" => login::form_post;
    "code in the fragment" => login::fragment, [IDPY_FRAGMENT];
    "code id_token, fragment" => |stage| front::hybrid(stage, CodeIdToken, Fragment);
    "code id_token, form_post" => |stage| front::hybrid(stage, CodeIdToken, FormPost);
    "code token, fragment" => |stage| front::hybrid(stage, CodeToken, Fragment);
    "code token, form_post" => |stage| front::hybrid(stage, CodeToken, FormPost);
    "code id_token token, fragment" => |stage| front::hybrid(stage, CodeIdTokenToken, Fragment);
    "code id_token token, form_post" => |stage| front::hybrid(stage, CodeIdTokenToken, FormPost);
    "id_token, fragment" => |stage| front::implicit(stage, IdToken, Fragment);
    "id_token, form_post" => |stage| front::implicit(stage, IdToken, FormPost);
    "id_token token, fragment" => |stage| front::implicit(stage, IdTokenToken, Fragment);
    "id_token token, form_post" => |stage| front::implicit(stage, IdTokenToken, FormPost);
    "token, fragment" => |stage| front::token(stage, Fragment), [NPM_TOKEN];
    "token, form_post" => |stage| front::token(stage, FormPost), [NPM_TOKEN];
    "none, query" => |stage| front::none(stage, Query), [IDPY_NONE];
    "none, form_post" => |stage| front::none(stage, FormPost), [IDPY_NONE];
    "plain OAuth" => front::plain_oauth;
    "PKCE plain" => front::pkce_plain, [NPM_PLAIN];
    "request by POST" => front::posted;
    "request object" => objects::by_value, [IDPY_OBJECT];
    "request object, encrypted" => objects::encrypted, [IDPY_ENCRYPTED_OBJECT];
    "request object by reference" => objects::by_reference, [NPM_REQUEST_URI, IDPY_REQUEST_URI];
    "code, signed response" => |stage| responses::signed(stage, Code, Jwt), [idpy_jarm("jwt")];
    "code, signed response by form_post" => |stage| responses::signed(stage, Code, FormPostJwt),
        [idpy_jarm("form_post.jwt")];
    "code id_token, signed response" => |stage| responses::signed(stage, CodeIdToken, Jwt),
        [idpy_jarm("jwt")];
    "code, encrypted response" => |stage| responses::encrypted(stage, BY_KEY), [idpy_jarm("jwt")];
    "offline_access without a prompt" => front::offline_access;
    "login that another site asked for" => front::initiated;
    "ID token PS256" => login::id_token_ps256;
    "ID token ES256" => login::id_token_es256;
    "ID token ES384" => login::id_token_es384, [embedded_signs("ES384")];
    "ID token ES512" => login::id_token_es512, [embedded_signs("ES512"), idpy_signs("ES512")];
    "ID token EdDSA" => login::id_token_eddsa;
    "ID token HS256" => login::id_token_hs256, [idpy_signs("HS256")];
    "ID token HS512" => login::id_token_hs512, [idpy_signs("HS512")];
    "ID token of another algorithm" => login::wrong_algorithm;
    "ID token, encrypted to a key" => |stage| encrypted::id_token(stage, BY_KEY), [IDPY_ENCRYPTED];
    "ID token, encrypted by the secret" => |stage| encrypted::id_token(stage, BY_SECRET),
        [IDPY_ENCRYPTED];
    "prompt=none" => account::prompt_none;
    "max_age" => account::max_age;
    "code replayed" => login::code_replay;
    "wrong secret" => login::wrong_secret;
    "key rotation" => login::key_rotation;
    "userinfo by GET" => account::user_info_get;
    "userinfo by POST" => account::user_info_post;
    "userinfo, token in the body" => account::user_info_body;
    "userinfo of the ID token" => front::claims_of_the_id_token;
    "userinfo, signed" => encrypted::user_info_signed;
    "userinfo, encrypted" => encrypted::user_info_encrypted;
    "aggregated claims" => sources::aggregated, [IDPY_SOURCES];
    "distributed claims" => sources::distributed, [IDPY_SOURCES];
    "logout" => account::logout;
    "logout by POST" => logout::posted;
    "back-channel logout" => logout::back_channel;
    "front-channel logout" => logout::front_channel, [NPM_FRONT_CHANNEL];
    "session management" => logout::session_management, [NPM_SESSION];
    "authenticates: client_secret_basic" => auth::basic;
    "authenticates: client_secret_post" => auth::post;
    "authenticates: client_secret_jwt" => auth::secret_jwt;
    "authenticates: RS256" => |stage| auth::key_jwt(stage, Algorithm::RS256);
    "authenticates: PS256" => |stage| auth::key_jwt(stage, Algorithm::PS256);
    "authenticates: ES256" => |stage| auth::key_jwt(stage, Algorithm::ES256);
    "authenticates: ES384" => |stage| auth::key_jwt(stage, Algorithm::ES384);
    "authenticates: ES512" => |stage| auth::key_jwt(stage, Algorithm::ES512);
    "authenticates: EdDSA" => |stage| auth::key_jwt(stage, Algorithm::EdDSA);
    "authenticates: audience token endpoint" => auth::token_endpoint_audience;
    "authenticates: a remote key" => auth::remote_key;
    "authenticates: tls_client_auth" => |stage| auth::certificate(stage, "mtls-ca", "client"),
        [EMBEDDED_MTLS, idpy_proof("tls_client_auth")];
    "authenticates: self_signed_tls_client_auth" =>
        |stage| auth::certificate(stage, "mtls-self", "client-self"),
        [EMBEDDED_MTLS, idpy_proof("self_signed_tls_client_auth")];
    "authenticates: none" => auth::none;
    "authenticates: none, at revocation" => auth::none_revokes, [IDPY_PUBLIC_REVOCATION];
    "credentials of one call" => auth::credentials_of_a_call, [idpy_grant("client_credentials")];
    "refresh" => tokens::refresh;
    "refresh, public client" => tokens::refresh_public;
    "valid access token" => tokens::valid_access_token;
    "client_credentials" => tokens::client_credentials, [idpy_grant("client_credentials")];
    "password" => tokens::password, [idpy_grant("password")];
    "device" => tokens::device, [IDPY_DEVICE];
    "token exchange" => tokens::token_exchange;
    "JWT bearer" => tokens::jwt_bearer, [idpy_grant("urn:ietf:params:oauth:grant-type:jwt-bearer")];
    "unknown grant" => tokens::unknown_grant;
    "introspection" => tokens::introspection;
    "introspection, signed" => resource::signed_introspection, [IDPY_SIGNED_INTROSPECTION];
    "introspection, encrypted" => encrypted::introspection, [IDPY_SIGNED_INTROSPECTION];
    "revocation" => tokens::revocation;
    "protected resource" => tokens::resource;
    "access token, signed" => resource::signed;
    "access token, looked up" => resource::opaque, [IDPY_OPAQUE];
    "registration" => registration::registered;
    "registration of an unknown method" => registration::unknown_method;
    "registration read" => registration::read;
    "registration updated" => registration::update, [IDPY_UPDATE];
    "registration deleted" => registration::delete, [IDPY_DELETE];
    "registered client" => registration::log_in;
    "registered client, ES256" => registration::log_in_es256;
    "registered client, client_secret_post" => |stage| registration::log_in_as(stage, "client_secret_post");
    "registered client, client_secret_jwt" => |stage| registration::log_in_as(stage, "client_secret_jwt");
    "registered client, none" => |stage| registration::log_in_as(stage, "none");
    "registered client, private_key_jwt" => registration::log_in_by_key;
};
