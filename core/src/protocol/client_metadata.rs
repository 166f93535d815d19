//! What a client asks a provider to register (OIDC Registration 2, RFC 7591 2).

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use super::{
    issuer::{Schemes, address, is_loopback},
    registration::RedirectUri,
    response_encryption::{AUTHORIZATION, ID_TOKEN, INTROSPECTION, USERINFO},
};
#[cfg(feature = "encryption")]
use crate::jose::encryption::{ContentEncryption, KeyManagement};
use crate::{
    error::{ApiMisuse, Error, Shown},
    jose::algorithm::Algorithm,
    json,
};

/// The metadata of a client about to be registered.
///
/// What a setter is given and cannot be is remembered, and refused before any request
/// ([`ApiMisuse::Parameter`] with the member's name). Addresses are `https`, or `http` on this machine.
///
/// ```
/// use relying_party::{jose::algorithm::Algorithm, protocol::client_metadata::ClientMetadata};
///
/// # fn main() -> Result<(), relying_party::Error> {
/// let metadata = ClientMetadata::web(&["https://site.example/callback"])?
///     .client_name("Site")
///     .localized("client_name", "de", "Seite")
///     .grant_types(&["authorization_code", "refresh_token"])
///     .id_token_signed_response_alg(Algorithm::ES256);
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ClientMetadata {
    members: Map<String, Value>,
    problem: Option<String>,
}

/// Who sees which `sub` (OIDC Core 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectType {
    /// `public`: every client the same one.
    Public,
    /// `pairwise`: each sector another one, so that clients cannot compare notes.
    Pairwise,
}

impl SubjectType {
    /// As it is registered.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Pairwise => "pairwise",
        }
    }
}

macro_rules! members {
    ($($(#[doc = $doc:literal])* $name:ident: $value:ty = $set:ident;)*) => {
        impl ClientMetadata {
            $($(#[doc = $doc])* pub fn $name(self, value: $value) -> Self {
                self.$set(stringify!($name), value)
            })*
        }

        /// The members with a method of their own.
        const OWN: &[&str] = &[$(stringify!($name)),*];
    };
}

members! {
    /// What the client may ask for, each as in an authorization request. Default: `code` alone.
    response_types: &[&str] = list;
    /// How it gets tokens. Default: what its response types need (OIDC Registration 2), `authorization_code` mostly.
    grant_types: &[&str] = list;
    /// Who is responsible for it: mail addresses.
    contacts: &[&str] = list;
    /// Its name, shown to visitors; [`localized`](Self::localized) adds other languages.
    client_name: &str = line;
    /// Its logo, shown to visitors.
    logo_uri: &str = page;
    /// Its home page, shown to visitors.
    client_uri: &str = page;
    /// What it does with data about visitors, shown to them.
    policy_uri: &str = page;
    /// Its terms of service, shown to visitors.
    tos_uri: &str = page;
    /// Where its public keys are. Never together with [`jwks`](Self::jwks).
    jwks_uri: &str = page;
    /// A list of redirect URIs that count as one sector (OIDC Core 8.1): `https`.
    sector_identifier_uri: &str = secure_page;
    /// Whether other clients see the same `sub`. Default: the provider's choice.
    subject_type: SubjectType = subject;
    /// What signs its ID tokens. Default: RS256 (OIDC Registration 2).
    id_token_signed_response_alg: Algorithm = algorithm;
    /// What signs its userinfo answers. Default: none, plain JSON. Where it is given, the client then takes no plain ones.
    userinfo_signed_response_alg: Algorithm = algorithm;
    /// What signs introspection answers (RFC 9701 6). Where they are encrypted too, the client then takes no others; where
    /// they are not, a signed one is asked for by
    /// [`Registration::introspection_signed_response_alg`](crate::Registration::introspection_signed_response_alg).
    introspection_signed_response_alg: Algorithm = algorithm;
    /// What signs its authorization responses, where a request asks for signed ones. Default: RS256 (JARM 3).
    authorization_signed_response_alg: Algorithm = algorithm;
    /// What signs its request objects. Default: any.
    request_object_signing_alg: Algorithm = algorithm;
    /// Whether every request of its must be a signed request object (RFC 9101 10.5). Default: not.
    require_signed_request_object: bool = flag;
    /// How it proves itself, by its registered name (OIDC Core 9, RFC 8705 2): `client_secret_basic`,
    /// `client_secret_post`, `none`, `private_key_jwt` and so on. Default: `client_secret_basic`.
    token_endpoint_auth_method: &str = line;
    /// What signs its assertions. Default: any.
    token_endpoint_auth_signing_alg: Algorithm = algorithm;
    /// After how many seconds a visitor must authenticate anew, where a request does not say. Default: never.
    default_max_age: u64 = number;
    /// Whether each ID token must hold `auth_time`. Default: not.
    require_auth_time: bool = flag;
    /// Which `acr` is asked for where a request does not say, the best first.
    default_acr_values: &[&str] = list;
    /// Where others send visitors to start a login (OIDC Core 4): `https`.
    initiate_login_uri: &str = secure_page;
    /// Where request objects may lie, with the fragment that names their hash: `https`.
    request_uris: &[&str] = request_objects;
    /// Where visitors may come back to after a logout (RP-Initiated Logout 3.1).
    post_logout_redirect_uris: &[&str] = pages;
    /// What a visitor's browser loads at a logout (Front-Channel Logout 2).
    frontchannel_logout_uri: &str = page;
    /// Whether it needs `iss` and `sid` then. Default: not.
    frontchannel_logout_session_required: bool = flag;
    /// Where the provider tells of a logout (Back-Channel Logout 2.2).
    backchannel_logout_uri: &str = page;
    /// Whether it needs `sid` then. Default: not.
    backchannel_logout_session_required: bool = flag;
    /// The subject of its certificate (RFC 8705 2.1.2): this, or one of the four names below.
    tls_client_auth_subject_dn: &str = line;
    /// A DNS name in its certificate.
    tls_client_auth_san_dns: &str = line;
    /// A URI in its certificate.
    tls_client_auth_san_uri: &str = line;
    /// An IP address in its certificate.
    tls_client_auth_san_ip: &str = line;
    /// A mail address in its certificate.
    tls_client_auth_san_email: &str = line;
    /// The software, the same for all its instances (RFC 7591 2).
    software_id: &str = line;
    /// The software's version.
    software_version: &str = line;
    /// What somebody else signed about this software (RFC 7591 2.3). Passed on as it is: the provider judges it.
    software_statement: &str = line;
    /// What it may ask for, separated by spaces. Default: the provider's choice.
    scope: &str = line;
}

impl ClientMetadata {
    /// A web application: its redirect URIs are addresses of a web server.
    ///
    /// # Errors
    /// [`ApiMisuse::RedirectUri`] when there is none, or one that is neither `https` nor `http` on this machine.
    pub fn web(redirect_uris: &[&str]) -> Result<Self, Error> {
        // OIDC Registration 2: a private-use scheme is for native applications.
        if redirect_uris.iter().any(|uri| !uri.starts_with("http")) {
            return Err(ApiMisuse::RedirectUri("a web application has no private scheme").into());
        }
        Self::with_redirects("web", redirect_uris)
    }

    /// An application on the visitor's device (RFC 8252 7): a private-use scheme, `http` on this machine, or a
    /// claimed `https` address. Registered without a secret, as it can keep none (RFC 8252 8.4).
    ///
    /// # Errors
    /// [`ApiMisuse::RedirectUri`]
    pub fn native(redirect_uris: &[&str]) -> Result<Self, Error> {
        let native = Self::with_redirects("native", redirect_uris)?;
        Ok(native.token_endpoint_auth_method("none"))
    }

    /// A service without visitors: client credentials alone (RFC 6749 4.4).
    pub fn service() -> Self {
        let service = Self::of(Map::new()).set("redirect_uris", Value::Array(Vec::new()));
        service.response_types(&[]).grant_types(&["client_credentials"])
    }

    fn with_redirects(application_type: &str, redirect_uris: &[&str]) -> Result<Self, Error> {
        if redirect_uris.is_empty() {
            return Err(ApiMisuse::RedirectUri("there is none").into());
        }
        for uri in redirect_uris {
            RedirectUri::new((*uri).to_owned())?;
        }
        let metadata = Self::of(Map::new()).set("application_type", application_type.into());
        Ok(metadata.list("redirect_uris", redirect_uris))
    }

    /// Members as a provider registered them.
    pub(crate) fn of(members: Map<String, Value>) -> Self {
        Self { members, problem: None }
    }

    /// A text for visitors who read another language (OIDC Registration 2.1): `client_name`, `logo_uri`,
    /// `client_uri`, `policy_uri` or `tos_uri`, and a language tag (BCP 47) such as `de` or `ja-Hani-JP`.
    pub fn localized(self, name: &str, language: &str, value: &str) -> Self {
        let tagged = format!("{name}#{language}");
        let is_tag = language.split('-').all(|part| {
            matches!(part.len(), 1..=8) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        match name {
            _ if !is_tag => self.refuse(&tagged),
            "client_name" => self.line(&tagged, value),
            "logo_uri" | "client_uri" | "policy_uri" | "tos_uri" => self.page(&tagged, value),
            _ => self.refuse(&tagged),
        }
    }

    /// Its request objects are not signed: `request_object_signing_alg` is `none`. Whoever can reach the visitor's browser
    /// can then change what is asked for, as in a request without an object. Only where a provider or a test wants it;
    /// [`RequestObject::insecure_unsigned`](super::request_object::RequestObject::insecure_unsigned) makes one.
    pub fn insecure_unsigned_request_objects(self) -> Self {
        self.line("request_object_signing_alg", "none")
    }

    /// Its public keys, as the text of a JWK set (RFC 7517 5). Never together with [`jwks_uri`](Self::jwks_uri). A
    /// set with a private or symmetric key is refused, so that no key leaves by mistake.
    pub fn jwks(self, jwk_set: &str) -> Self {
        match public_keys(jwk_set) {
            Some(keys) => self.set("jwks", keys),
            None => self.refuse("jwks"),
        }
    }

    /// How its request objects are encrypted (OIDC Registration 2): signed first, then encrypted to a key of the
    /// provider's. Default: not at all.
    #[cfg(feature = "encryption")]
    pub fn request_object_encryption(self, alg: KeyManagement, enc: ContentEncryption) -> Self {
        let encrypted = self.line("request_object_encryption_alg", alg.as_str());
        encrypted.line("request_object_encryption_enc", enc.as_str())
    }

    /// Any other member. One that has a method of its own, or that only the provider sets, is refused.
    pub fn member(self, name: &str, value: impl Serialize) -> Self {
        let taken =
            is_own(name) || RESERVED.contains(&name) || ["redirect_uris", "jwks"].contains(&name);
        match serde_json::to_value(value) {
            Ok(value) if !taken && !name.is_empty() => self.set(name, value),
            _ => self.refuse(name),
        }
    }

    /// The members as they stand: a JSON object.
    pub fn to_json(&self) -> String {
        Value::Object(self.members.clone()).to_string()
    }

    /// The members to send, or the first one that cannot be.
    pub(crate) fn checked(&self) -> Result<Map<String, Value>, Error> {
        let refuse = |member: &str| Err(ApiMisuse::Parameter(Shown::new(member)).into());
        if let Some(member) = &self.problem {
            return refuse(member);
        }
        let has = |member: &str| self.members.contains_key(member);
        // OIDC Registration 2: "MUST NOT be used together"
        if has("jwks") && has("jwks_uri") {
            return refuse("jwks");
        }
        // RFC 8705 2.1.2: exactly one of them
        if TLS_NAMES.iter().filter(|name| has(name)).count() > 1 {
            return refuse("tls_client_auth_subject_dn");
        }
        let redirects: Vec<_> =
            self.words("redirect_uris").into_iter().flat_map(Url::parse).collect();
        let other_host = |url: &Url| Some(url.host()) != redirects.first().map(Url::host);
        // OIDC Core 8.1
        if self.members.get("subject_type").is_some_and(|value| value == "pairwise")
            && redirects.iter().any(other_host)
            && !has("sector_identifier_uri")
        {
            return refuse("sector_identifier_uri");
        }
        let response_types = self.words("response_types");
        let implicit = response_types.iter().any(|types| {
            types.split(' ').any(|response_type| matches!(response_type, "token" | "id_token"))
        });
        // OIDC Registration 2: web clients of the implicit grant
        let web = self.members.get("application_type").is_none_or(|value| value == "web");
        let insecure = |url: &Url| url.scheme() != "https" || is_loopback(url);
        if web && implicit && redirects.iter().any(insecure) {
            return Err(ApiMisuse::RedirectUri("the implicit grant wants https").into());
        }
        // OIDC Registration 2: the grant types of the response types
        let code = response_types.iter().any(|types| types.split(' ').any(|one| one == "code"));
        let needed = [("authorization_code", code), ("implicit", implicit)];
        let needed = needed.into_iter().filter(|(_, needed)| *needed).map(|(grant, _)| grant);
        let mut members = self.members.clone();
        if has("grant_types") {
            let grants = self.words("grant_types");
            if { needed }.any(|grant| !grants.contains(&grant)) {
                return refuse("grant_types");
            }
        } else if implicit {
            members.insert("grant_types".to_owned(), needed.collect());
        }
        if Value::Object(members.clone()).to_string().len() > MAX_BYTES {
            return refuse("jwks");
        }
        Ok(members)
    }

    pub(crate) fn words(&self, member: &str) -> Vec<&str> {
        words(&self.members, member)
    }

    fn set(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }

    fn refuse(mut self, name: &str) -> Self {
        self.problem.get_or_insert(name.to_owned());
        self
    }

    fn set_if(self, good: bool, name: &str, value: impl Into<Value>) -> Self {
        if good { self.set(name, value.into()) } else { self.refuse(name) }
    }

    fn line(self, name: &str, value: &str) -> Self {
        self.set_if(is_line(value), name, value)
    }

    fn list(self, name: &str, values: &[&str]) -> Self {
        let good = values.iter().all(|value| is_line(value));
        self.set_if(good, name, values.iter().copied().collect::<Value>())
    }

    fn page(self, name: &str, value: &str) -> Self {
        self.set_if(address(value, Schemes::LoopbackHttp).is_ok(), name, value)
    }

    fn secure_page(self, name: &str, value: &str) -> Self {
        self.set_if(address(value, Schemes::HttpsOnly).is_ok(), name, value)
    }

    fn pages(self, name: &str, values: &[&str]) -> Self {
        let good = values.iter().all(|value| RedirectUri::new((*value).to_owned()).is_ok());
        self.set_if(good, name, values.iter().copied().collect::<Value>())
    }

    fn request_objects(self, name: &str, values: &[&str]) -> Self {
        let place = |value: &str| value.split('#').next().unwrap_or_default().to_owned();
        let good = values.iter().all(|value| address(&place(value), Schemes::HttpsOnly).is_ok());
        self.set_if(good, name, values.iter().copied().collect::<Value>())
    }

    fn subject(self, name: &str, value: SubjectType) -> Self {
        self.set(name, value.as_str().into())
    }

    fn algorithm(self, name: &str, value: Algorithm) -> Self {
        self.set(name, value.as_str().into())
    }

    fn number(self, name: &str, value: u64) -> Self {
        self.set(name, value.into())
    }

    fn flag(self, name: &str, value: bool) -> Self {
        self.set(name, value.into())
    }
}

/// What the members say is the provider's and the application's business.
impl fmt::Debug for ClientMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.members.keys().collect();
        f.debug_struct("ClientMetadata").field("members", &names).finish_non_exhaustive()
    }
}

/// The texts of a member that is a list; none where it is none.
pub(crate) fn words<'m>(members: &'m Map<String, Value>, member: &str) -> Vec<&'m str> {
    let list = members.get(member).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_line(value: &str) -> bool {
    !value.is_empty() && !value.contains(char::is_control)
}

/// The set, if it is one of public keys alone (RFC 7517 5, RFC 7518 6.2.2, 6.3.2, 6.4.1).
fn public_keys(text: &str) -> Option<Value> {
    let set = json::parse_object(text.as_bytes(), JWKS_DEPTH).ok()?;
    let Some(json::Value::Array(keys)) = set.get("keys") else { return None };
    let public = |key: &json::Value<'_>| match key {
        json::Value::Object(key) => {
            key.required_string("kty").is_ok_and(|kty| kty != "oct")
                && PRIVATE.iter().all(|member| key.get(member).is_none())
        }
        _ => false,
    };
    keys.iter().all(public).then(|| serde_json::from_str(text).ok())?
}

/// Whether a specification says what it holds: nothing secret.
pub(crate) fn is_specified(name: &str) -> bool {
    let encrypted = [ID_TOKEN, USERINFO, INTROSPECTION, AUTHORIZATION];
    is_own(name)
        || ["redirect_uris", "application_type"].contains(&name)
        || encrypted.iter().flatten().any(|member| *member == name)
}

/// Whether there is a method for it, in whatever language.
fn is_own(name: &str) -> bool {
    name.split('#').next().is_some_and(|name| OWN.contains(&name))
}

/// Set by the provider alone (RFC 7591 3.2.1, RFC 7592 3).
pub(crate) const RESERVED: [&str; 6] = [
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
];
const TLS_NAMES: [&str; 5] = [
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
];
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];
const JWKS_DEPTH: usize = 8;
/// Far above what any provider takes.
const MAX_BYTES: usize = 256 * 1024;
