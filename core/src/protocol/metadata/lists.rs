//! What a provider says it supports, with the defaults of the specifications (OIDC Discovery 3, RFC 8414 2).

use super::ProviderMetadata;
use crate::{error::JsonProblem, json::Object};

/// The lists and switches, as they came.
#[derive(Clone)]
pub(super) struct Lists {
    grant_types: Option<Vec<String>>,
    response_modes: Option<Vec<String>>,
    id_token_algs: Option<Vec<String>>,
    authorization_algs: Option<Vec<String>>,
    code_challenge_methods: Option<Vec<String>>,
    claims: Option<Vec<String>>,
    acr_values: Option<Vec<String>>,
    claims_parameter: Option<bool>,
    request_parameter: Option<bool>,
    request_uri_parameter: Option<bool>,
    require_signed_request_object: Option<bool>,
    request_object_algs: Option<Vec<String>>,
    request_object_encryption_algs: Option<Vec<String>>,
    request_object_encryption_encs: Option<Vec<String>>,
}

impl Lists {
    pub(super) fn read(document: &Object<'_>) -> Result<Self, JsonProblem> {
        Ok(Self {
            grant_types: list(document, "grant_types_supported")?,
            response_modes: list(document, "response_modes_supported")?,
            id_token_algs: list(document, "id_token_signing_alg_values_supported")?,
            authorization_algs: list(document, "authorization_signing_alg_values_supported")?,
            code_challenge_methods: list(document, "code_challenge_methods_supported")?,
            claims: list(document, "claims_supported")?,
            acr_values: list(document, "acr_values_supported")?,
            claims_parameter: document.boolean("claims_parameter_supported")?,
            request_parameter: document.boolean("request_parameter_supported")?,
            request_uri_parameter: document.boolean("request_uri_parameter_supported")?,
            require_signed_request_object: document.boolean("require_signed_request_object")?,
            request_object_algs: list(document, "request_object_signing_alg_values_supported")?,
            request_object_encryption_algs: list(
                document,
                "request_object_encryption_alg_values_supported",
            )?,
            request_object_encryption_encs: list(
                document,
                "request_object_encryption_enc_values_supported",
            )?,
        })
    }
}

pub(super) fn list(
    document: &Object<'_>,
    member: &str,
) -> Result<Option<Vec<String>>, JsonProblem> {
    let values = document.strings(member)?;
    Ok(values.map(|values| values.into_iter().map(str::to_owned).collect()))
}

fn or_default<'a>(list: &'a Option<Vec<String>>, default: &[&'a str]) -> Vec<&'a str> {
    match list {
        Some(list) => list.iter().map(String::as_str).collect(),
        None => default.to_vec(),
    }
}

/// What is listed; whether this client may use it is another question.
impl ProviderMetadata {
    /// `grant_types_supported`. Default: `authorization_code` and `implicit` (OIDC Discovery 3).
    pub fn grant_types_supported(&self) -> Vec<&str> {
        or_default(&self.lists.grant_types, &["authorization_code", "implicit"])
    }

    /// `response_modes_supported`. Default: `query` and `fragment` (OIDC Discovery 3).
    pub fn response_modes_supported(&self) -> Vec<&str> {
        or_default(&self.lists.response_modes, &["query", "fragment"])
    }

    /// `token_endpoint_auth_methods_supported`. Default: `client_secret_basic` (OIDC Discovery 3).
    pub fn token_endpoint_auth_methods_supported(&self) -> Vec<&str> {
        or_default(&self.auth_methods, &["client_secret_basic"])
    }

    /// `response_types_supported`, empty where it is missing: see
    /// [`supports_response_type`](Self::supports_response_type) for their order.
    pub fn response_types_supported(&self) -> &[String] {
        &self.response_types
    }

    /// `scopes_supported`; a provider need not list all of them.
    pub fn scopes_supported(&self) -> Option<&[String]> {
        self.scopes.as_deref()
    }

    /// `id_token_signing_alg_values_supported`. What is accepted is the registered algorithm and no other.
    pub fn id_token_signing_alg_values_supported(&self) -> Option<&[String]> {
        self.lists.id_token_algs.as_deref()
    }

    /// `authorization_signing_alg_values_supported` (JARM 4). What is accepted is the registered algorithm and no other.
    pub fn authorization_signing_alg_values_supported(&self) -> Option<&[String]> {
        self.lists.authorization_algs.as_deref()
    }

    /// `code_challenge_methods_supported`. PKCE with S256 is sent whatever it says: some support it in silence, and
    /// the others ignore it.
    pub fn code_challenge_methods_supported(&self) -> Option<&[String]> {
        self.lists.code_challenge_methods.as_deref()
    }

    /// `claims_supported`; a provider need not list all of them.
    pub fn claims_supported(&self) -> Option<&[String]> {
        self.lists.claims.as_deref()
    }

    /// `acr_values_supported`
    pub fn acr_values_supported(&self) -> Option<&[String]> {
        self.lists.acr_values.as_deref()
    }

    /// `claims_parameter_supported`. Default: no.
    pub fn claims_parameter_supported(&self) -> bool {
        self.lists.claims_parameter.unwrap_or(false)
    }

    /// `request_parameter_supported`. Default: no.
    pub fn request_parameter_supported(&self) -> bool {
        self.lists.request_parameter.unwrap_or(false)
    }

    /// `request_uri_parameter_supported`. Default: yes (OIDC Discovery 3).
    pub fn request_uri_parameter_supported(&self) -> bool {
        self.lists.request_uri_parameter.unwrap_or(true)
    }

    /// Whether it says that it takes no request objects by value. A missing word is no refusal: servers of plain OAuth
    /// need not say it.
    pub(crate) fn refuses_request_parameter(&self) -> bool {
        self.lists.request_parameter == Some(false)
    }

    /// `require_signed_request_object`. Default: no (RFC 9101 10.5).
    pub fn require_signed_request_object(&self) -> bool {
        self.lists.require_signed_request_object.unwrap_or(false)
    }

    /// `request_object_signing_alg_values_supported`, `none` among them where unsigned ones are taken.
    pub fn request_object_signing_alg_values_supported(&self) -> Option<&[String]> {
        self.lists.request_object_algs.as_deref()
    }

    /// `request_object_encryption_alg_values_supported`
    pub fn request_object_encryption_alg_values_supported(&self) -> Option<&[String]> {
        self.lists.request_object_encryption_algs.as_deref()
    }

    /// `request_object_encryption_enc_values_supported`
    pub fn request_object_encryption_enc_values_supported(&self) -> Option<&[String]> {
        self.lists.request_object_encryption_encs.as_deref()
    }
}
