//! The authorization request (OIDC Core 3.1.2.1, RFC 6749 4.1.1, RFC 7636 4.3).

use std::{borrow::Cow, fmt};

use serde_json::json;
use url::Url;

pub use super::response_type::ResponseMode;

use super::response_type::ResponseType;
use crate::{
    error::{ApiMisuse, Error, Shown},
    secret::RawToken,
};

/// What the provider may ask the visitor (OIDC Core 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// Show nothing; fail with `login_required` or its like instead.
    None,
    /// Log in again.
    Login,
    /// Ask for consent.
    Consent,
    /// Choose an account.
    SelectAccount,
    /// Offer to create an account (OpenID Connect Prompt Create 1.0).
    Create,
}

impl Prompt {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
            Self::Create => "create",
        }
    }
}

/// How the login page is shown (OIDC Core 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Display {
    /// A full page.
    Page,
    /// A popup window.
    Popup,
    /// A touch device.
    Touch,
    /// A feature phone.
    Wap,
}

impl Display {
    fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Popup => "popup",
            Self::Touch => "touch",
            Self::Wap => "wap",
        }
    }
}

/// The parameters a caller can choose; everything else the library sets itself.
#[derive(Clone, Default)]
pub(crate) struct Parameters {
    pub(crate) scope: Vec<String>,
    /// Plain OAuth: no `openid`, hence no login.
    pub(crate) oauth: bool,
    pub(crate) response_type: ResponseType,
    /// Where nothing is said, the type's own.
    pub(crate) response_mode: Option<ResponseMode>,
    /// An access token may pass through the browser.
    pub(crate) front_channel_access_token: bool,
    pub(crate) prompt: Vec<Prompt>,
    pub(crate) display: Option<Display>,
    pub(crate) max_age: Option<u64>,
    pub(crate) ui_locales: Vec<String>,
    pub(crate) claims_locales: Vec<String>,
    pub(crate) login_hint: Option<String>,
    pub(crate) id_token_hint: Option<RawToken>,
    pub(crate) acr_values: Vec<String>,
    pub(crate) essential_acr: Option<Vec<String>>,
    pub(crate) required_sub: Option<String>,
    /// The issuer that goes with it.
    pub(crate) required_iss: Option<String>,
    /// Issuer and `sub` of the hint.
    pub(crate) hinted: Option<(String, String)>,
    pub(crate) claims: serde_json::Map<String, serde_json::Value>,
    pub(crate) registration: serde_json::Map<String, serde_json::Value>,
    pub(crate) resource: Vec<String>,
    pub(crate) audience: Vec<String>,
    pub(crate) extra: Vec<(String, String)>,
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters").field("scope", &self.scope).finish_non_exhaustive()
    }
}

/// What the library sets.
pub(crate) struct Fixed<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) state: &'a str,
    pub(crate) nonce: Option<&'a str>,
    /// `code_challenge` and its method.
    pub(crate) code_challenge: Option<(&'a str, &'static str)>,
}

/// One parameter of a request: its name, and its value as a query has it.
pub(crate) type Pair = (String, String);

/// Every parameter of a request to this endpoint, those of a list in turn; those without a value are left out.
pub(crate) fn pairs(
    endpoint: &Url,
    fixed: &Fixed<'_>,
    chosen: &Parameters,
) -> Result<Vec<Pair>, Error> {
    chosen.check(endpoint)?;
    let claims = chosen.claims_json();
    let registration = &chosen.registration;
    let (challenge, challenge_method) = fixed.code_challenge.unwrap_or_default();
    let pairs = [
        ("response_type", chosen.response_type.as_str().to_owned()),
        ("client_id", fixed.client_id.to_owned()),
        ("redirect_uri", fixed.redirect_uri.to_owned()),
        ("scope", chosen.scopes().join(" ")),
        ("state", fixed.state.to_owned()),
        ("nonce", fixed.nonce.unwrap_or_default().to_owned()),
        ("code_challenge", challenge.to_owned()),
        ("code_challenge_method", challenge_method.to_owned()),
        (
            "response_mode",
            match chosen.mode() {
                // The default must not be sent (OAuth Multiple Response Types 2.1: "not recommended").
                mode if mode == chosen.response_type.default_mode() => String::new(),
                mode => mode.as_str().to_owned(),
            },
        ),
        (
            "prompt",
            chosen.prompts().iter().map(|prompt| prompt.as_str()).collect::<Vec<_>>().join(" "),
        ),
        ("display", chosen.display.map_or("", Display::as_str).to_owned()),
        ("max_age", chosen.max_age.map(|age| age.to_string()).unwrap_or_default()),
        ("ui_locales", chosen.ui_locales.join(" ")),
        ("claims_locales", chosen.claims_locales.join(" ")),
        ("login_hint", chosen.login_hint.clone().unwrap_or_default()),
        ("acr_values", chosen.all_acr_values().join(" ")),
        ("claims", claims),
        // OIDC Core 7.2.1
        (
            "registration",
            if registration.is_empty() { String::new() } else { json!(registration).to_string() },
        ),
    ];
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let valued = pairs.iter().filter(|(_, value)| !value.is_empty());
    let mut all: Vec<_> = valued.map(|(name, value)| own(name, value)).collect();
    all.extend(chosen.id_token_hint.iter().map(|hint| own("id_token_hint", hint.expose())));
    all.extend(chosen.resource.iter().map(|value| own("resource", value)));
    all.extend(chosen.audience.iter().map(|value| own("audience", value)));
    all.extend_from_slice(&chosen.extra);
    Ok(all)
}

/// The address to which the browser goes. The endpoint's own query is kept (RFC 6749 3.1).
pub(crate) fn url(endpoint: &Url, pairs: &[Pair]) -> Url {
    let mut url = endpoint.clone();
    url.query_pairs_mut().extend_pairs(pairs);
    url
}

impl Parameters {
    /// `openid` first in a login, each scope once (OIDC Core 3.1.2.1).
    pub(crate) fn scopes(&self) -> Vec<&str> {
        let mut scopes = if self.oauth { Vec::new() } else { vec!["openid"] };
        for scope in self.scope.iter().flat_map(|scope| scope.split_ascii_whitespace()) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes
    }

    /// How the response comes back.
    pub(crate) fn mode(&self) -> ResponseMode {
        self.response_mode.unwrap_or(self.response_type.default_mode())
    }

    /// What was chosen, or else what `offline_access` needs.
    fn prompts(&self) -> &[Prompt] {
        // OIDC Core 11: ignored without consent, and unless a code comes back
        let offline = !self.oauth && self.response_type.has_code();
        if self.prompt.is_empty() && offline && self.scopes().contains(&"offline_access") {
            return &[Prompt::Consent];
        }
        &self.prompt
    }

    /// The `sub` that the ID token must have.
    pub(crate) fn requested_sub(&self) -> Option<&str> {
        let hinted = self.hinted.as_ref().map(|(_, sub)| sub.as_str());
        self.required_sub.as_deref().or(hinted)
    }

    /// The issuer that the ID token must have, where several count as the provider's.
    pub(crate) fn requested_iss(&self) -> Option<&str> {
        let hinted = self.hinted.as_ref().map(|(iss, _)| iss.as_str());
        self.required_iss.as_deref().or(hinted)
    }

    fn all_acr_values(&self) -> Vec<&str> {
        self.essential_acr.iter().flatten().chain(&self.acr_values).map(String::as_str).collect()
    }

    /// `claims` with what the typed parameters need in it (OIDC Core 5.5, 5.5.1.1).
    fn claims_json(&self) -> String {
        let mut claims = self.claims.clone();
        let mut ask = |claim: &str, request: serde_json::Value| {
            let members = claims.entry("id_token").or_insert_with(|| json!({}));
            if let Some(members) = members.as_object_mut() {
                members.insert(claim.to_owned(), request);
            }
        };
        if let Some(values) = &self.essential_acr {
            ask("acr", json!({ "essential": true, "values": values }));
        }
        if let Some(sub) = &self.required_sub {
            ask("sub", json!({ "value": sub }));
        }
        if claims.is_empty() {
            String::new()
        } else {
            serde_json::Value::Object(claims).to_string()
        }
    }

    /// A login needs an ID token, and plain OAuth must not get one; the browser gets an access token only where
    /// that was wanted so.
    fn check_type(&self) -> Result<(), Error> {
        let kind = self.response_type;
        let login = kind.has_code() || kind.has_id_token();
        let fits = if self.oauth { !kind.has_id_token() } else { login };
        // RFC 9700 2.1.2
        if !fits || (kind.has_access_token() && !self.front_channel_access_token) {
            return Err(ApiMisuse::ResponseType(Shown::new(kind.as_str())).into());
        }
        if !kind.allows(self.mode()) {
            return Err(ApiMisuse::Parameter(Shown::new("response_mode")).into());
        }
        // With `openid` it would be a login; a confirmation brings no identity.
        if self.oauth && kind != ResponseType::None && self.scopes().contains(&"openid") {
            return Err(ApiMisuse::Parameter(Shown::new("scope")).into());
        }
        Ok(())
    }

    fn check(&self, endpoint: &Url) -> Result<(), Error> {
        self.check_type()?;
        let refuse = |name: &str| Err(ApiMisuse::Parameter(Shown::new(name)).into());
        // OIDC Core 3.1.2.1
        if self.prompt.contains(&Prompt::None) && self.prompt.len() > 1 {
            return refuse("prompt");
        }
        // RFC 6749 A.4
        if !self.scopes().into_iter().all(is_scope) {
            return refuse("scope");
        }
        if !self.resource.iter().all(|resource| is_resource(resource)) {
            return refuse("resource");
        }
        // What an ID token must say has typed setters; said here as well, the two could contradict each other.
        let demands = |claim| self.claims.get("id_token").and_then(|members| members.get(claim));
        if self.claims.get("id_token").is_some_and(|members| !members.is_object())
            || demands("sub").is_some()
            || ["acr", "auth_time"].into_iter().any(|claim| {
                demands(claim).is_some_and(|asked| asked.get("essential") == Some(&json!(true)))
            })
            || (demands("acr").is_some() && self.essential_acr.is_some())
        {
            return refuse("claims");
        }
        // RFC 6749 A.4 and OIDC Core 3.1.2.1: a value with a space is two values, an empty one none.
        let lists = [("acr_values", &self.acr_values), ("audience", &self.audience)];
        for (name, values) in
            lists.into_iter().chain(self.essential_acr.iter().map(|list| ("acr_values", list)))
        {
            if values
                .iter()
                .any(|value| value.is_empty() || (name != "audience" && value.contains(' ')))
            {
                return refuse(name);
            }
        }
        let required = self.required_sub.as_ref();
        let contradict = |one: Option<&String>, other: Option<&String>| {
            one.zip(other).is_some_and(|(a, b)| a != b)
        };
        let (iss, sub) = self.hinted.as_ref().map(|(iss, sub)| (iss, sub)).unzip();
        if required.is_some_and(String::is_empty)
            || contradict(sub, required)
            || contradict(iss, self.required_iss.as_ref())
        {
            return refuse("sub");
        }
        // A demand for none of a list would demand nothing.
        if self.essential_acr.as_ref().is_some_and(Vec::is_empty) {
            return refuse("acr_values");
        }
        // RFC 6749 3.1: a parameter must not occur twice, the endpoint's own ones included.
        let mut seen = Vec::new();
        let extra = self.extra.iter().map(|(name, _)| Cow::Borrowed(name.as_str()));
        for name in endpoint.query_pairs().map(|(name, _)| name).chain(extra) {
            if name.is_empty() || OWN.contains(&&*name) || seen.contains(&name) {
                return refuse(&name);
            }
            seen.push(name);
        }
        Ok(())
    }
}

/// `scope-token` (RFC 6749 A.4).
pub(crate) fn is_scope(scope: &str) -> bool {
    let allowed = |byte| crate::text::is_visible(byte) && byte != b'"' && byte != b'\\';
    !scope.is_empty() && scope.bytes().all(allowed)
}

/// The words of `scope`, if there is one and each is one (RFC 6749 3.3).
pub(crate) fn scope_words(scope: &str) -> Option<Vec<&str>> {
    let words: Vec<_> = scope.split_ascii_whitespace().collect();
    (!words.is_empty() && words.iter().all(|word| is_scope(word))).then_some(words)
}

/// A resource indicator: an absolute URI without a fragment (RFC 8707 2).
pub(crate) fn is_resource(resource: &str) -> bool {
    is_absolute_uri(resource) && !resource.contains('#')
}

/// An absolute URI as it is to be sent (RFC 3986 4.3). The text is looked at before it is parsed, because address
/// parsers drop white space and encode what they should refuse.
pub(crate) fn is_absolute_uri(text: &str) -> bool {
    text.bytes().all(crate::text::is_visible) && Url::parse(text).is_ok()
}

/// Parameters with a typed setter, or set by the library alone.
const OWN: [&str; 23] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "response_mode",
    "prompt",
    "display",
    "max_age",
    "ui_locales",
    "claims_locales",
    "login_hint",
    "id_token_hint",
    "acr_values",
    "claims",
    "registration",
    "resource",
    "audience",
    "request",
    "request_uri",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn built(chosen: &Parameters) -> Result<String, &'static str> {
        let endpoint = Url::parse("https://op.test/authorize?tenant=7").unwrap();
        let fixed = Fixed {
            client_id: "c&d",
            redirect_uri: "https://rp.test/cb",
            state: "s",
            nonce: Some("n"),
            code_challenge: Some(("x", "S256")),
        };
        let pairs = pairs(&endpoint, &fixed, chosen).map_err(|error| error.code())?;
        Ok(url(&endpoint, &pairs).into())
    }

    #[test]
    fn q04_q05_the_query_is_kept_and_values_are_encoded() {
        let extra = vec![("hd".to_owned(), "a&b=c #\u{e9}".to_owned())];
        let text = built(&Parameters { extra, ..Parameters::default() }).unwrap();
        assert!(
            text.starts_with(
                "https://op.test/authorize?tenant=7&response_type=code&client_id=c%26d&"
            )
        );
        assert!(text.ends_with("&hd=a%26b%3Dc+%23%C3%A9"), "{text}");
        assert!(!text.contains("response_mode") && !text.contains("claims"));
    }

    #[test]
    fn q03_own_parameters_cannot_be_injected() {
        for names in [&["state"][..], &["redirect_uri"], &["x", "x"], &[""]] {
            let extra = names.iter().map(|name| ((*name).to_owned(), "v".to_owned())).collect();
            let result = built(&Parameters { extra, ..Parameters::default() });
            assert_eq!(result, Err("misuse.parameter"), "{names:?}");
        }
    }

    #[test]
    fn q18_q20_impossible_combinations() {
        let prompt = vec![Prompt::None, Prompt::Login];
        assert!(built(&Parameters { prompt, ..Parameters::default() }).is_err());
        for resource in ["relative", "https://api.test/#x"] {
            let resource = vec![resource.to_owned()];
            assert!(built(&Parameters { resource, ..Parameters::default() }).is_err());
        }
        let scope = vec!["email \"x\"".to_owned()];
        assert!(built(&Parameters { scope, ..Parameters::default() }).is_err());
    }

    #[test]
    fn lists_are_joined_or_repeated_as_their_specifications_say() {
        let text = |text: &str| vec![text.to_owned()];
        let chosen = Parameters {
            scope: text("email  openid profile"),
            prompt: vec![Prompt::Login, Prompt::Consent],
            resource: vec!["https://a.test/".to_owned(), "https://b.test/".to_owned()],
            essential_acr: Some(text("gold")),
            acr_values: text("silver"),
            ..Parameters::default()
        };
        let url = Url::parse(&built(&chosen).unwrap()).unwrap();
        let all = |name: &str| -> Vec<String> {
            url.query_pairs().filter(|(n, _)| n == name).map(|(_, v)| v.into_owned()).collect()
        };
        assert_eq!(all("scope"), ["openid email profile"]);
        assert_eq!(all("prompt"), ["login consent"]);
        assert_eq!(all("resource").len(), 2);
        assert_eq!(all("acr_values"), ["gold silver"]);
        assert_eq!(all("claims"), [r#"{"id_token":{"acr":{"essential":true,"values":["gold"]}}}"#]);
    }
}
