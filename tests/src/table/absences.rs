//! Why cells are empty, and how it shows.

use super::{
    Absence, Proof, ProviderName, auth, discovery, login, objects, registration, resource,
};

const fn embedded(reason: &'static str, proof: Proof) -> Absence {
    Absence { provider: ProviderName::Embedded, only_sockets: false, reason, proof }
}

const fn npm(reason: &'static str, proof: Proof) -> Absence {
    Absence { provider: ProviderName::Npm, only_sockets: false, reason, proof }
}

const fn idpy(reason: &'static str, proof: Proof) -> Absence {
    Absence { provider: ProviderName::Idpyoidc, only_sockets: false, reason, proof }
}

/// Neither ES384 nor ES512 in ID tokens.
pub const fn embedded_signs(algorithm: &'static str) -> Absence {
    embedded(
        "the embedded provider signs RS256, PS256, ES256, EdDSA and with HMAC",
        Proof::Unlisted("id_token_signing_alg_values_supported", algorithm),
    )
}

/// No certificates without TLS.
pub const EMBEDDED_MTLS: Absence = Absence {
    provider: ProviderName::Embedded,
    only_sockets: true,
    reason: "the embedded provider is behind plain http sockets, where there are no certificates",
    proof: Proof::Shown(auth::no_certificates_over_http),
};

/// `ProviderMetadata::fixed` is for https.
pub const EMBEDDED_HTTP: Absence = Absence {
    provider: ProviderName::Embedded,
    only_sockets: true,
    reason: "metadata at hand are https, and the embedded provider is behind plain http sockets",
    proof: Proof::Shown(discovery::no_fixed_over_http),
};

/// RFC 9700 2.1.2
pub const NPM_TOKEN: Absence = npm(
    "the npm provider has no response type token alone",
    Proof::Unlisted("response_types_supported", "token"),
);

/// RFC 9700 2.1.1
pub const NPM_PLAIN: Absence = npm(
    "the npm provider has no PKCE plain",
    Proof::Unlisted("code_challenge_methods_supported", "plain"),
);

/// HMAC and ES512 in ID tokens.
pub const fn idpy_signs(algorithm: &'static str) -> Absence {
    idpy(
        "idpyoidc signs with keys of its own, of RSA, P-256, P-384 and Ed25519",
        Proof::Unlisted("id_token_signing_alg_values_supported", algorithm),
    )
}

/// The grants without a browser.
pub const fn idpy_grant(grant: &'static str) -> Absence {
    idpy(
        "idpyoidc is set up for codes, implicit responses, refreshing and token exchange",
        Proof::Unlisted("grant_types_supported", grant),
    )
}

/// Certificates.
pub const fn idpy_proof(method: &'static str) -> Absence {
    idpy(
        "idpyoidc takes no certificates of clients",
        Proof::Unlisted("token_endpoint_auth_methods_supported", method),
    )
}

/// RFC 8628
pub const IDPY_DEVICE: Absence = idpy(
    "idpyoidc has no device authorization endpoint",
    Proof::NoMember("device_authorization_endpoint"),
);

/// OAuth Multiple Response Types 5
pub const IDPY_FRAGMENT: Absence =
    idpy("idpyoidc refuses to put a code into the fragment", Proof::Shown(login::no_fragment));

/// OAuth Multiple Response Types 4
pub const IDPY_NONE: Absence =
    idpy("idpyoidc has no response type none", Proof::Unlisted("response_types_supported", "none"));

/// RFC 8414 3
pub const IDPY_RFC_8414: Absence = idpy(
    "idpyoidc has no metadata of RFC 8414 beside those of OpenID Connect",
    Proof::Shown(discovery::no_rfc_8414),
);

/// RFC 7009 2.1
pub const IDPY_PUBLIC_REVOCATION: Absence = idpy(
    "idpyoidc takes tokens back from nobody without a proof",
    Proof::Shown(auth::no_public_revocation),
);

/// RFC 9701
pub const IDPY_SIGNED_INTROSPECTION: Absence = idpy(
    "idpyoidc signs no introspection answers",
    Proof::Shown(resource::no_signed_introspection),
);

/// They are JWTs.
pub const IDPY_OPAQUE: Absence =
    idpy("idpyoidc has no opaque access tokens", Proof::Shown(resource::no_opaque));

/// RFC 7592 2.2
pub const IDPY_UPDATE: Absence =
    idpy("idpyoidc changes no registration", Proof::Shown(registration::no_update));

/// RFC 7592 2.3
pub const IDPY_DELETE: Absence =
    idpy("idpyoidc deletes no registration", Proof::Shown(registration::no_delete));

/// OIDC Core 2: the ID token.
pub const IDPY_ENCRYPTED: Absence = idpy(
    "idpyoidc announces no encrypted ID tokens",
    Proof::NoMember("id_token_encryption_alg_values_supported"),
);

/// OIDC Core 6.1
pub const IDPY_OBJECT: Absence = idpy(
    "idpyoidc wants the redirect URI beside the request object as well",
    Proof::Shown(objects::not_alone),
);

/// RFC 9101 6.1: keys and algorithms for it.
pub const IDPY_ENCRYPTED_OBJECT: Absence = idpy(
    "idpyoidc announces no encrypted request objects",
    Proof::NotTrue("encrypt_request_object_supported"),
);

/// RFC 9101 5.2
pub const IDPY_REQUEST_URI: Absence = idpy(
    "idpyoidc is set up to fetch no request objects",
    Proof::NotTrue("request_uri_parameter_supported"),
);

/// RFC 9101 5.2
pub const NPM_REQUEST_URI: Absence = npm(
    "the npm provider fetches no request objects",
    Proof::NotTrue("request_uri_parameter_supported"),
);

/// JARM 2.3
pub const fn idpy_jarm(mode: &'static str) -> Absence {
    idpy(
        "idpyoidc has no responses that are tokens",
        Proof::Unlisted("response_modes_supported", mode),
    )
}

/// OIDC Core 5.6.2
pub const IDPY_SOURCES: Absence =
    idpy("idpyoidc has no claims of other sources", Proof::NoMember("claim_types_supported"));

/// Front-Channel Logout 3
pub const NPM_FRONT_CHANNEL: Absence = npm(
    "the npm provider has no front-channel logout",
    Proof::NoMember("frontchannel_logout_supported"),
);

/// Session Management 3.3
pub const NPM_SESSION: Absence =
    npm("the npm provider has no session management", Proof::NoMember("check_session_iframe"));
