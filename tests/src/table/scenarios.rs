//! The rows of the table, in the order of predecessors and specifications: logins, then tokens.

use super::{Absence, Proof, ProviderName, Scenario, account, login, tokens};

macro_rules! rows {
    ($($name:literal $run:path $([$($absence:expr),+])?;)*) => {
        &[$(Scenario { name: $name, run: $run, absent: &[$($($absence),+)?] }),*]
    };
}

/// All rows.
pub const ALL: &[Scenario] = rows! {
    "discovery" login::discovery;
    "code, client_secret_basic" login::code_basic;
    "code, client_secret_post" login::code_post;
    "code, public client" login::code_public;
    "code in a form_post" login::form_post;
    "code in the fragment" login::fragment [IDPY_FRAGMENT];
    "ID token PS256" login::id_token_ps256;
    "ID token ES256" login::id_token_es256;
    "ID token ES384" login::id_token_es384 [embedded_signs("ES384")];
    "ID token ES512" login::id_token_es512 [embedded_signs("ES512"), idpy_signs("ES512")];
    "ID token EdDSA" login::id_token_eddsa;
    "ID token HS256" login::id_token_hs256 [idpy_signs("HS256")];
    "ID token HS512" login::id_token_hs512 [idpy_signs("HS512")];
    "ID token of another algorithm" login::wrong_algorithm;
    "prompt=none" account::prompt_none;
    "max_age" account::max_age;
    "code replayed" login::code_replay;
    "wrong secret" login::wrong_secret;
    "key rotation" login::key_rotation;
    "userinfo by GET" account::user_info_get;
    "userinfo by POST" account::user_info_post;
    "userinfo, token in the body" account::user_info_body;
    "logout" account::logout;
    "refresh" tokens::refresh;
    "refresh, public client" tokens::refresh_public;
    "valid access token" tokens::valid_access_token;
    "client_credentials" tokens::client_credentials [idpy_grant("client_credentials")];
    "password" tokens::password [idpy_grant("password")];
    "device" tokens::device [IDPY_DEVICE];
    "token exchange" tokens::token_exchange;
    "JWT bearer" tokens::jwt_bearer [idpy_grant("urn:ietf:params:oauth:grant-type:jwt-bearer")];
    "unknown grant" tokens::unknown_grant;
    "introspection" tokens::introspection;
    "revocation" tokens::revocation;
    "protected resource" tokens::resource;
};

const fn embedded_signs(algorithm: &'static str) -> Absence {
    Absence {
        provider: ProviderName::Embedded,
        reason: "the embedded provider signs RS256, PS256, ES256, EdDSA and with HMAC",
        proof: Proof::Unlisted("id_token_signing_alg_values_supported", algorithm),
    }
}

const fn idpy_signs(algorithm: &'static str) -> Absence {
    Absence {
        provider: ProviderName::Idpyoidc,
        reason: "idpyoidc signs with keys of its own, of RSA, P-256, P-384 and Ed25519",
        proof: Proof::Unlisted("id_token_signing_alg_values_supported", algorithm),
    }
}

const fn idpy_grant(grant: &'static str) -> Absence {
    Absence {
        provider: ProviderName::Idpyoidc,
        reason: "idpyoidc is set up for codes, implicit responses, refreshing and token exchange",
        proof: Proof::Unlisted("grant_types_supported", grant),
    }
}

const IDPY_DEVICE: Absence = Absence {
    provider: ProviderName::Idpyoidc,
    reason: "idpyoidc has no device authorization endpoint",
    proof: Proof::NoMember("device_authorization_endpoint"),
};

const IDPY_FRAGMENT: Absence = Absence {
    provider: ProviderName::Idpyoidc,
    reason: "idpyoidc refuses to put a code into the fragment",
    proof: Proof::Shown(login::no_fragment),
};
