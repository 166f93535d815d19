//! The token endpoint (OIDC Core 3.1.3, RFC 6749 5).

use std::{fmt, time::Duration};

use serde::de::DeserializeOwned;

use super::{relaxation::Relaxation, token_members::Members, token_tolerance::TokenRules};
use crate::{
    error::{
        Error, ErrorKind, JsonFault, JsonProblem, OAuthError, Purpose, ResponseProblem, Shown,
    },
    http::HttpResponse,
    json::{self, Number, Object, Value},
    limits::Limits,
    secret::{AccessToken, RawToken, RefreshToken},
    time::UnixTime,
};

/// The tokens of a response (RFC 6749 5.1).
#[derive(Clone)]
pub struct TokenSet {
    access_token: AccessToken,
    refresh_token: Option<RefreshToken>,
    expires_at: Option<UnixTime>,
    refresh_token_expires_at: Option<UnixTime>,
    scope: Vec<String>,
    relaxations: Vec<Relaxation>,
    members: Members,
}

/// A token response; its ID token is not yet verified.
pub(crate) struct TokenResponse {
    pub(crate) tokens: TokenSet,
    pub(crate) id_token: Option<RawToken>,
}

impl TokenSet {
    /// The access token, for the `Authorization: Bearer` header of requests to resource servers.
    pub fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    /// The refresh token, where the provider gave one.
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    /// When the access token expires, by this machine's clock; `None` where the provider does not say.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// When the refresh token that came along expires, by this machine's clock: from `refresh_expires_in` or
    /// `refresh_token_expires_in`, which some providers send; `None` where nothing usable is said, or 0, which stands
    /// for "does not expire".
    pub fn refresh_token_expires_at(&self) -> Option<UnixTime> {
        self.refresh_token_expires_at
    }

    /// The settings of this application without which the answer had been refused, or its scope read otherwise.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }

    /// The granted scope: what the provider says, or what was asked for where it says nothing (RFC 6749 5.1). It may be
    /// less, or more, than was asked for.
    pub fn scope(&self) -> &[String] {
        &self.scope
    }

    /// Any other member of the answer, by name and type; `null` counts as absent. Nothing about it was checked.
    ///
    /// ```
    /// # fn tenant(tokens: &relying_party::protocol::token::TokenSet) -> Option<String> {
    /// tokens.member("tenant_id").ok().flatten()
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`JsonFault::WrongType`] when it is there and not a `T`.
    pub fn member<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, JsonProblem> {
        self.members.get(name)
    }

    /// From an authorization response: never with a refresh token (RFC 6749 4.2.2).
    pub(crate) fn from_front_channel(
        access_token: AccessToken,
        expires_at: Option<UnixTime>,
        scope: &str,
    ) -> Self {
        Self {
            access_token,
            refresh_token: None,
            refresh_token_expires_at: None,
            expires_at,
            scope: words(scope),
            relaxations: Vec::new(),
            members: Members::default(),
        }
    }

    /// Keeps the old refresh token where a refresh brought no new one (RFC 6749 6).
    pub(crate) fn keep_refresh_token(&mut self, old: RefreshToken) {
        self.refresh_token.get_or_insert(old);
    }
}

impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("expires_at", &self.expires_at)
            .field("scope", &self.scope)
            .field("refresh_token", &self.refresh_token)
            .finish_non_exhaustive()
    }
}

/// Reads the answer of the token endpoint to a request for the scope `asked`.
pub(crate) fn read(
    response: &HttpResponse,
    asked: &str,
    rules: TokenRules<'_>,
    now: UnixTime,
) -> Result<TokenResponse, Error> {
    let mut used = Vec::new();
    let object = read_members(response, rules, &mut used)?;
    parse(&object, asked, rules, used, now)
        .map_err(|problem| ErrorKind::Response { purpose: Purpose::Token, problem }.into())
}

/// The members of an answer of the token endpoint that is no error, and what had to be borne to read them.
pub(crate) fn read_members<'r>(
    response: &'r HttpResponse,
    rules: TokenRules<'_>,
    used: &mut Vec<Relaxation>,
) -> Result<Object<'r>, Error> {
    let document = rules.document(response, used);
    judge(response, Purpose::Token, document)
}

/// The bearer token type, as it may be written (RFC 6749 5.1).
pub(crate) fn is_bearer(token_type: &str) -> bool {
    token_type.eq_ignore_ascii_case("bearer")
}

/// Reads a JSON answer: a redirect is refused, an OAuth error is one whatever its status and content type, and
/// any other status than 200 and 201 is unexpected.
pub(crate) fn read_json<'r>(
    response: &'r HttpResponse,
    purpose: Purpose,
    limits: &Limits,
) -> Result<Object<'r>, Error> {
    judge(response, purpose, json::parse_object(response.body(), limits.json_depth))
}

fn judge<'r>(
    response: &'r HttpResponse,
    purpose: Purpose,
    document: Result<Object<'r>, JsonProblem>,
) -> Result<Object<'r>, Error> {
    let refuse = |problem| Err(ErrorKind::Response { purpose, problem }.into());
    let status = response.status();
    if (300..=399).contains(&status) {
        return refuse(ResponseProblem::Redirect(status));
    }
    if let Ok(document) = &document
        && let Some(error) = document.get("error").filter(|error| **error != Value::Null)
    {
        let Some(error) = error.as_str() else {
            let problem = JsonProblem::new("error", JsonFault::WrongType("a string"));
            return refuse(ResponseProblem::Json(problem));
        };
        // RFC 6749 5.2; some servers say it with status 200
        return Err(OAuthError {
            endpoint: purpose,
            status: Some(status),
            error: Shown::new(error),
            description: match document.get("error_description") {
                Some(Value::String(text)) => Some(Shown::new(text)),
                _ => None,
            },
        }
        .into());
    }
    match (status, document) {
        (200 | 201, Ok(document)) => Ok(document),
        (200 | 201, Err(problem)) => refuse(ResponseProblem::Json(problem)),
        _ => refuse(ResponseProblem::Status(status)),
    }
}

/// The same for an answer that must say that it is JSON. An OAuth error is one in any type; a signed document is
/// never read as a plain one.
pub(crate) fn read_declared_json<'r>(
    response: &'r HttpResponse,
    purpose: Purpose,
    limits: &Limits,
) -> Result<Object<'r>, Error> {
    let unreadable = |error: &Error| {
        matches!(error.kind(), ErrorKind::Response { problem: ResponseProblem::Json(_), .. })
    };
    let document = read_json(response, purpose, limits);
    match response.media_type().filter(|media_type| !is_json(media_type)) {
        Some(foreign) if document.as_ref().err().is_none_or(unreadable) => {
            let problem = ResponseProblem::ContentType(Shown::new(foreign));
            Err(ErrorKind::Response { purpose, problem }.into())
        }
        _ => document,
    }
}

/// `application/json`, or a type built on JSON (RFC 6839 3.1); in any case.
fn is_json(media_type: &str) -> bool {
    let media_type = media_type.to_ascii_lowercase();
    matches!(media_type.as_str(), "application/json" | "text/json") || media_type.ends_with("+json")
}

fn parse(
    object: &Object<'_>,
    asked: &str,
    rules: TokenRules<'_>,
    mut used: Vec<Relaxation>,
    now: UnixTime,
) -> Result<TokenResponse, ResponseProblem> {
    // RFC 6749 5.1, 7.1
    match object.string("token_type").map_err(ResponseProblem::Json)? {
        Some(token_type) if is_bearer(token_type) => {}
        other => used.push(rules.bears_type(other).ok_or_else(|| match other {
            Some(token_type) => ResponseProblem::TokenType(Shown::new(token_type)),
            None => ResponseProblem::Json(JsonProblem::new("token_type", JsonFault::Missing)),
        })?),
    }
    tokens(object, asked, rules, used, now)
}

/// Everything but the token type, which means different things to a login and to a token exchange.
pub(crate) fn tokens(
    object: &Object<'_>,
    asked: &str,
    rules: TokenRules<'_>,
    mut used: Vec<Relaxation>,
    now: UnixTime,
) -> Result<TokenResponse, ResponseProblem> {
    let json = ResponseProblem::Json;
    let characters = ResponseProblem::TokenCharacters;
    let access_token = object.required_string("access_token").map_err(json)?;
    let refresh_token =
        object.string("refresh_token").map_err(json)?.filter(|text| !text.is_empty());
    let id_token = object.string("id_token").map_err(json)?.filter(|text| !text.is_empty());
    let lifetime = seconds(object, "expires_in").map_err(json)?;
    let refresh_lifetime = refresh_token.and_then(|_| refresh_lifetime(object));
    let scope = scope_of(object, |text| rules.words(text, &mut used)).map_err(json)?;
    Ok(TokenResponse {
        tokens: TokenSet {
            access_token: AccessToken::parse(access_token).ok_or(characters("access_token"))?,
            refresh_token: refresh_token
                .map(|text| RefreshToken::parse(text).ok_or(characters("refresh_token")))
                .transpose()?,
            expires_at: lifetime.map(|lifetime| now.after(lifetime)),
            refresh_token_expires_at: refresh_lifetime.map(|lifetime| now.after(lifetime)),
            scope: scope.unwrap_or_else(|| words(asked)),
            relaxations: rules.credit(used),
            members: Members::of(object),
        },
        id_token: id_token
            .map(|text| RawToken::parse(text).ok_or(characters("id_token")))
            .transpose()?,
    })
}

/// In no specification, so an odd value breaks nothing; zero stands for "does not expire". Of two, the earlier.
fn refresh_lifetime(object: &Object<'_>) -> Option<Duration> {
    let said = ["refresh_expires_in", "refresh_token_expires_in"].into_iter();
    let said = said.filter_map(|name| seconds(object, name).ok().flatten());
    said.filter(|lifetime| !lifetime.is_zero()).min()
}

/// A duration as number, float or numeric text; real servers send all three. Negative is none at all, and
/// nothing is longer than a hundred years.
pub(crate) fn seconds(object: &Object<'_>, member: &str) -> Result<Option<Duration>, JsonProblem> {
    let seconds = match object.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(Number::Unsigned(seconds))) => Some(*seconds as f64),
        Some(Value::Number(Number::Negative(_))) => Some(0.0),
        Some(Value::Number(Number::Float(seconds))) => Some(*seconds),
        Some(Value::String(text)) => text.trim().parse().ok().filter(|s: &f64| s.is_finite()),
        Some(_) => None,
    };
    let due = JsonFault::WrongType("a number of seconds");
    let seconds = seconds.ok_or_else(|| JsonProblem::new(member, due))?;
    Ok(Some(Duration::from_secs_f64(seconds.clamp(0.0, HUNDRED_YEARS))))
}

/// `scope` as text or as a list.
pub(crate) fn scope(object: &Object<'_>) -> Result<Option<Vec<String>>, JsonProblem> {
    scope_of(object, words)
}

fn scope_of(
    object: &Object<'_>,
    words: impl FnMut(&str) -> Vec<String>,
) -> Result<Option<Vec<String>>, JsonProblem> {
    match object.get("scope") {
        Some(Value::Array(_)) => {
            let list = object.strings("scope")?;
            Ok(list.map(|list| list.into_iter().flat_map(words).collect()))
        }
        _ => Ok(object.string("scope")?.map(words)),
    }
}

/// The words of a scope (RFC 6749 3.3).
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

const HUNDRED_YEARS: f64 = 100.0 * 365.25 * 86_400.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TokenResponse, ResponseProblem> {
        let object = json::parse_object(text.as_bytes(), 8).unwrap();
        let (limits, tolerance) = Default::default();
        let rules = TokenRules { limits: &limits, tolerance: &tolerance, profiled: None };
        parse(&object, "openid", rules, Vec::new(), UnixTime::from_seconds(1000))
    }

    fn parsed(members: &str) -> Result<TokenResponse, &'static str> {
        let text = format!(r#"{{"access_token":"at","token_type":"Bearer"{members}}}"#);
        read(&text).map_err(|problem| {
            Error::from(ErrorKind::Response { purpose: Purpose::Token, problem }).code()
        })
    }

    #[test]
    fn j25_shapes_of_expires_in() {
        for (value, seconds) in [
            ("3600", Some(4600)),
            ("3600.9", Some(4600)),
            ("\"3600\"", Some(4600)),
            ("0", Some(1000)),
            ("-5", Some(1000)),
            ("1e20", Some(1000 + 3_155_760_000)),
            ("null", None),
        ] {
            let response = parsed(&format!(r#","expires_in":{value}"#)).ok().unwrap();
            assert_eq!(response.tokens.expires_at().map(UnixTime::seconds), seconds, "{value}");
        }
        for value in ["true", "[]", "\"soon\"", "\"NaN\"", "\"inf\""] {
            let result = parsed(&format!(r#","expires_in":{value}"#));
            assert_eq!(result.err(), Some("json.type"), "{value}");
        }
    }

    #[test]
    fn scope_is_text_or_a_list() {
        for value in ["\"openid  email\"", r#"["openid","email"]"#, r#"["openid email"]"#] {
            let response = parsed(&format!(r#","scope":{value}"#)).ok().unwrap();
            assert_eq!(response.tokens.scope(), ["openid", "email"], "{value}");
        }
        assert_eq!(parsed(r#","scope":null"#).ok().unwrap().tokens.scope(), ["openid"]);
        assert_eq!(parsed(r#","scope":7"#).err(), Some("json.type"));
    }

    #[test]
    fn t04_t07_types_and_characters() {
        let text = |text: &str| read(text).err();
        assert!(text(r#"{"access_token":"a","token_type":"bEARER"}"#).is_none());
        assert!(text(r#"{"access_token":"a"}"#).is_some());
        assert!(text(r#"{"token_type":"Bearer"}"#).is_some());
        assert!(matches!(
            text(r#"{"access_token":"a","token_type":"mac"}"#),
            Some(ResponseProblem::TokenType(_))
        ));
        assert_eq!(
            text(r#"{"access_token":"a\r\nb","token_type":"Bearer"}"#),
            Some(ResponseProblem::TokenCharacters("access_token"))
        );
    }
}
