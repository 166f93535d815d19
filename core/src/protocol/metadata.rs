//! The provider as it describes itself (OIDC Discovery 3, RFC 8414 2, RFC 9207 3).

mod lists;
mod overrides;
mod source;

use std::fmt;

pub use overrides::MetadataOverrides;
use serde::de::DeserializeOwned;
pub use source::MetadataSource;
use url::Url;

use self::lists::{Lists, list};
use super::{
    issuer::{Issuer, Schemes, address},
    issuer_rules::IssuerRules,
};
use crate::{
    error::{
        ApiMisuse, Error, ErrorKind, JsonFault, JsonProblem, MetadataProblem, Purpose,
        ResponseProblem, Shown,
    },
    http::{HttpRequest, HttpResponse},
    json::{self, Object, Value},
    limits::Limits,
};

/// Validated provider metadata. It exists only with the issuer that was asked for, and with addresses to which
/// requests may go.
///
/// Unknown members, unknown algorithms and members this library does not use are ignored; `null` and an empty
/// address count as absent, since real providers write them so.
#[derive(Clone)]
pub struct ProviderMetadata {
    document: String,
    pub(crate) issuer: Issuer,
    /// `issuer` as the document has it: the same, unless a rule of the application tolerates the difference.
    pub(crate) named: String,
    pub(crate) authorization_endpoint: Option<Url>,
    pub(crate) token_endpoint: Option<Url>,
    pub(crate) userinfo_endpoint: Option<Url>,
    pub(crate) end_session_endpoint: Option<Url>,
    pub(crate) device_authorization_endpoint: Option<Url>,
    pub(crate) introspection_endpoint: Option<Url>,
    pub(crate) revocation_endpoint: Option<Url>,
    pub(crate) registration_endpoint: Option<Url>,
    pub(crate) pushed_authorization_request_endpoint: Option<Url>,
    pub(crate) backchannel_authentication_endpoint: Option<Url>,
    pub(crate) check_session_iframe: Option<Url>,
    pub(crate) jwks_uri: Option<Url>,
    pub(crate) auth_methods: Option<Vec<String>>,
    pub(crate) introspection_auth_methods: Option<Vec<String>>,
    pub(crate) revocation_auth_methods: Option<Vec<String>>,
    mtls_aliases: Vec<(Purpose, Url)>,
    pub(crate) response_types: Vec<String>,
    pub(crate) scopes: Option<Vec<String>>,
    pub(crate) response_iss: bool,
    lists: Lists,
}

/// By which a document is read.
pub(crate) struct Reading<'a> {
    pub(crate) issuer: &'a Issuer,
    pub(crate) rules: &'a IssuerRules,
    pub(crate) overrides: &'a MetadataOverrides,
    pub(crate) schemes: Schemes,
    pub(crate) limits: &'a Limits,
}

/// The request for the metadata of an issuer (OIDC Discovery 4.1, RFC 8414 3.1), if everything that was given is good.
pub(crate) fn request(
    reading: &Reading<'_>,
    source: &MetadataSource,
) -> Result<HttpRequest, Error> {
    reading.rules.check(reading.issuer).map_err(ApiMisuse::Issuer)?;
    reading.overrides.check(reading.issuer, reading.schemes, reading.limits)?;
    let url = address(&source.address(reading.issuer), reading.schemes)
        .map_err(|_| ApiMisuse::Metadata(Shown::new("metadata source")))?;
    Ok(HttpRequest::get(url, Purpose::Discovery, reading.limits))
}

/// Reads the answer.
pub(crate) fn read(
    response: &HttpResponse,
    reading: &Reading<'_>,
) -> Result<ProviderMetadata, Error> {
    let problem = match response.status() {
        // OIDC Discovery 4.2
        200 => return ProviderMetadata::parse(response.body(), reading),
        status @ 300..=399 => ResponseProblem::Redirect(status),
        status => ResponseProblem::Status(status),
    };
    Err(ErrorKind::Response { purpose: Purpose::Discovery, problem }.into())
}

impl ProviderMetadata {
    /// Reads a metadata document that the application has at hand, as strictly as one that was fetched: `https` only.
    ///
    /// # Errors
    /// [`ErrorKind::Response`] when it is no strict JSON of the right types, [`ErrorKind::Metadata`] when the
    /// issuer or an address is refused.
    pub fn from_json(document: &[u8], issuer: &Issuer) -> Result<Self, Error> {
        Self::from_json_with(document, issuer, &MetadataOverrides::default())
    }

    /// The same with members that replace those of the document.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json), and [`ApiMisuse::Metadata`] when one of those members cannot be used.
    pub fn from_json_with(
        document: &[u8],
        issuer: &Issuer,
        overrides: &MetadataOverrides,
    ) -> Result<Self, Error> {
        let (rules, limits) = (IssuerRules::default(), Limits::default());
        let schemes = Schemes::HttpsOnly;
        overrides.check(issuer, schemes, &limits)?;
        Self::parse(
            document,
            &Reading { issuer, rules: &rules, overrides, schemes, limits: &limits },
        )
    }

    /// Metadata without any document: these members and nothing else.
    ///
    /// ```
    /// use relying_party::protocol::{
    ///     issuer::Issuer,
    ///     metadata::{MetadataOverrides, ProviderMetadata},
    /// };
    ///
    /// let members = MetadataOverrides::default()
    ///     .authorization_endpoint("https://op.example/authorize")
    ///     .token_endpoint("https://op.example/token")
    ///     .jwks_uri("https://op.example/jwks");
    /// ProviderMetadata::fixed(&Issuer::new("https://op.example")?, &members)?;
    /// # Ok::<(), relying_party::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ApiMisuse::Metadata`] when one of the members cannot be used.
    pub fn fixed(issuer: &Issuer, members: &MetadataOverrides) -> Result<Self, Error> {
        let document = serde_json::Value::Object(overrides::issuer_alone(issuer.as_str()));
        Self::from_json_with(document.to_string().as_bytes(), issuer, members)
    }

    pub(crate) fn parse(document: &[u8], reading: &Reading<'_>) -> Result<Self, Error> {
        let Reading { issuer, schemes, limits, .. } = *reading;
        let json_error = |problem: JsonProblem| {
            let problem = ResponseProblem::Json(problem);
            Error::from(ErrorKind::Response { purpose: Purpose::Discovery, problem })
        };
        let text = document;
        let document = json::parse_object(text, limits.json_depth).map_err(json_error)?;
        // OIDC Discovery 4.3, RFC 8414 3.3, before anything else is looked at
        let named = document.required_string("issuer").map_err(json_error)?;
        reading.rules.of_metadata(issuer, named).map_err(MetadataProblem::Issuer)?;
        if !reading.overrides.is_empty() {
            let merged =
                reading.overrides.apply(&String::from_utf8_lossy(text), issuer, schemes)?;
            let overrides = &MetadataOverrides::default();
            return Self::parse(merged.as_bytes(), &Reading { overrides, ..*reading });
        }
        let list = |member| list(&document, member).map_err(json_error);
        let endpoint = |member| endpoint(&document, member, schemes, json_error);
        Ok(Self {
            document: String::from_utf8_lossy(text).into_owned(),
            issuer: issuer.clone(),
            named: named.to_owned(),
            authorization_endpoint: endpoint("authorization_endpoint")?,
            token_endpoint: endpoint("token_endpoint")?,
            userinfo_endpoint: endpoint("userinfo_endpoint")?,
            end_session_endpoint: endpoint("end_session_endpoint")?,
            device_authorization_endpoint: endpoint("device_authorization_endpoint")?,
            introspection_endpoint: endpoint("introspection_endpoint")?,
            revocation_endpoint: endpoint("revocation_endpoint")?,
            registration_endpoint: endpoint("registration_endpoint")?,
            pushed_authorization_request_endpoint: endpoint(
                "pushed_authorization_request_endpoint",
            )?,
            backchannel_authentication_endpoint: endpoint("backchannel_authentication_endpoint")?,
            check_session_iframe: endpoint("check_session_iframe")?,
            jwks_uri: endpoint("jwks_uri")?,
            auth_methods: list("token_endpoint_auth_methods_supported")?,
            introspection_auth_methods: list("introspection_endpoint_auth_methods_supported")?,
            revocation_auth_methods: list("revocation_endpoint_auth_methods_supported")?,
            mtls_aliases: mtls_aliases(&document, schemes, json_error)?,
            response_types: list("response_types_supported")?.unwrap_or_default(),
            scopes: list("scopes_supported")?,
            // RFC 9207 3
            response_iss: document
                .boolean("authorization_response_iss_parameter_supported")
                .map_err(json_error)?
                .unwrap_or(false),
            lists: Lists::read(&document).map_err(json_error)?,
        })
    }

    /// The issuer that was asked for.
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Where visitors log in.
    pub fn authorization_endpoint(&self) -> Option<&Url> {
        self.authorization_endpoint.as_ref()
    }

    /// Where codes and refresh tokens are exchanged.
    pub fn token_endpoint(&self) -> Option<&Url> {
        self.token_endpoint.as_ref()
    }

    /// Where claims are read.
    pub fn userinfo_endpoint(&self) -> Option<&Url> {
        self.userinfo_endpoint.as_ref()
    }

    /// Where visitors log out.
    pub fn end_session_endpoint(&self) -> Option<&Url> {
        self.end_session_endpoint.as_ref()
    }

    /// Where a device starts a login (RFC 8628 4).
    pub fn device_authorization_endpoint(&self) -> Option<&Url> {
        self.device_authorization_endpoint.as_ref()
    }

    /// Where tokens are looked up (RFC 7662).
    pub fn introspection_endpoint(&self) -> Option<&Url> {
        self.introspection_endpoint.as_ref()
    }

    /// Where tokens are given back (RFC 7009).
    pub fn revocation_endpoint(&self) -> Option<&Url> {
        self.revocation_endpoint.as_ref()
    }

    /// Where clients are registered (OIDC Registration 3, RFC 7591 3).
    pub fn registration_endpoint(&self) -> Option<&Url> {
        self.registration_endpoint.as_ref()
    }

    /// Where authorization requests are pushed (RFC 9126 5).
    pub fn pushed_authorization_request_endpoint(&self) -> Option<&Url> {
        self.pushed_authorization_request_endpoint.as_ref()
    }

    /// Where logins on another device are started (CIBA 4).
    pub fn backchannel_authentication_endpoint(&self) -> Option<&Url> {
        self.backchannel_authentication_endpoint.as_ref()
    }

    /// The page that tells a browser whether its session goes on (OpenID Connect Session Management 3.3).
    pub fn check_session_iframe(&self) -> Option<&Url> {
        self.check_session_iframe.as_ref()
    }

    /// Where the signing keys are.
    pub fn jwks_uri(&self) -> Option<&Url> {
        self.jwks_uri.as_ref()
    }

    /// Where a client with a certificate goes instead of the endpoint for this purpose (RFC 8705 5).
    pub fn mtls_alias(&self, purpose: Purpose) -> Option<&Url> {
        self.mtls_aliases.iter().find(|(of, _)| *of == purpose).map(|(_, url)| url)
    }

    /// Any member, by name and type; `null` counts as absent. Only the members with an accessor of their own were
    /// validated.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`] when it is there and not a `T`.
    pub fn member<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, JsonProblem> {
        json::member(&self.document, name)
    }

    /// Every address to which something may go. Where the issuer comes from a stranger, look at the hosts before the
    /// client is used: a provider may name any `https` address.
    pub fn addresses(&self) -> impl Iterator<Item = &Url> {
        [
            &self.authorization_endpoint,
            &self.token_endpoint,
            &self.userinfo_endpoint,
            &self.end_session_endpoint,
            &self.device_authorization_endpoint,
            &self.introspection_endpoint,
            &self.revocation_endpoint,
            &self.registration_endpoint,
            &self.pushed_authorization_request_endpoint,
            &self.backchannel_authentication_endpoint,
            &self.check_session_iframe,
            &self.jwks_uri,
        ]
        .into_iter()
        .flatten()
        .chain(self.mtls_aliases.iter().map(|(_, url)| url))
    }

    /// Whether the provider lists `response_type`. Its values are a set: their order does not matter
    /// (OAuth Multiple Response Types 3).
    pub fn supports_response_type(&self, response_type: &str) -> bool {
        self.response_types.iter().any(|listed| same_response_type(listed, response_type))
    }

    /// Whether the provider lists `scope`; `None` when it lists none at all.
    pub fn supports_scope(&self, scope: &str) -> Option<bool> {
        self.scopes.as_ref().map(|scopes| scopes.iter().any(|listed| listed == scope))
    }
}

/// OAuth Multiple Response Types 3: the words of a response type are a set.
pub(crate) fn same_response_type(one: &str, other: &str) -> bool {
    let words = |text: &str| {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    words(one) == words(other)
}

impl fmt::Debug for ProviderMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderMetadata").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// RFC 8705 5: as strict as the endpoints themselves.
fn mtls_aliases(
    document: &Object<'_>,
    schemes: Schemes,
    json_error: impl Fn(JsonProblem) -> Error,
) -> Result<Vec<(Purpose, Url)>, Error> {
    let aliases = match document.get("mtls_endpoint_aliases") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(aliases)) => aliases,
        Some(_) => {
            let fault = JsonFault::WrongType("an object");
            return Err(json_error(JsonProblem::new("mtls_endpoint_aliases", fault)));
        }
    };
    let mut found = Vec::new();
    for (member, purpose) in [
        ("token_endpoint", Purpose::Token),
        ("userinfo_endpoint", Purpose::UserInfo),
        ("device_authorization_endpoint", Purpose::DeviceAuthorization),
        ("introspection_endpoint", Purpose::Introspection),
        ("revocation_endpoint", Purpose::Revocation),
    ] {
        found.extend(endpoint(aliases, member, schemes, &json_error)?.map(|url| (purpose, url)));
    }
    Ok(found)
}

fn endpoint(
    document: &Object<'_>,
    member: &'static str,
    schemes: Schemes,
    json_error: impl Fn(JsonProblem) -> Error,
) -> Result<Option<Url>, Error> {
    match document.string(member).map_err(json_error)? {
        None | Some("") => Ok(None),
        Some(text) => address(text, schemes).map(Some).map_err(|reason| {
            MetadataProblem::Address { member, reason, address: Shown::new(text) }.into()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(members: &str) -> Result<ProviderMetadata, &'static str> {
        let issuer = Issuer::new("https://op.test").unwrap();
        let document = format!(r#"{{"issuer":"https://op.test"{members}}}"#);
        ProviderMetadata::from_json(document.as_bytes(), &issuer).map_err(|error| error.code())
    }

    #[test]
    fn d11_d13_forgiving_where_it_is_harmless() {
        let metadata = parse(
            r#","x":{},"userinfo_endpoint":"","jwks_uri":null,"service_documentation":"n/a",
            "response_types_supported":["token code id_token"],"scopes_supported":["openid"]"#,
        )
        .unwrap();
        assert!(metadata.userinfo_endpoint.is_none() && metadata.jwks_uri.is_none());
        assert!(metadata.supports_response_type("code id_token token"));
        assert!(!metadata.supports_response_type("code"));
        assert_eq!(metadata.supports_scope("email"), Some(false));
    }

    #[test]
    fn n10_aliases_for_certificates_are_addresses_too() {
        let metadata = parse(
            r#","token_endpoint":"https://op.test/t","mtls_endpoint_aliases":
            {"token_endpoint":"https://mtls.op.test/t","x":7,"revocation_endpoint":null}"#,
        )
        .unwrap();
        let alias = metadata.mtls_alias(Purpose::Token).map(Url::as_str);
        assert_eq!(alias, Some("https://mtls.op.test/t"));
        assert!(metadata.mtls_alias(Purpose::Revocation).is_none());
        assert!(metadata.addresses().any(|url| url.host_str() == Some("mtls.op.test")));
        assert!(parse(r#","mtls_endpoint_aliases":null"#).is_ok());
    }

    #[test]
    fn d04_d11_strict_where_it_is_used() {
        for (members, code) in [
            (r#","token_endpoint":"http://op.test/t""#, "metadata.address"),
            (r#","token_endpoint":"https://u:p@op.test/t""#, "metadata.address"),
            (r#","jwks_uri":"https://op.test/k#x""#, "metadata.address"),
            (r#","token_endpoint":7"#, "json.type"),
            (r#","response_types_supported":"code""#, "json.type"),
            (r#","issuer":"https://op.test""#, "json.duplicate"),
            (r#","mtls_endpoint_aliases":[]"#, "json.type"),
            (
                r#","mtls_endpoint_aliases":{"token_endpoint":"http://op.test/t"}"#,
                "metadata.address",
            ),
            (r#","introspection_endpoint_auth_methods_supported":"none""#, "json.type"),
        ] {
            assert_eq!(parse(members).unwrap_err(), code, "{members}");
        }
    }
}
