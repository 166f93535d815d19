//! Looking tokens up (RFC 7662).

use std::fmt;

use super::{
    claims::Claims,
    token::{read_declared_json, scope},
};
use crate::{
    error::{Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem},
    http::HttpResponse,
    jose::jwt::Instant,
    json::{Object, Value},
    limits::Limits,
    time::UnixTime,
};

/// What the provider says about a token at this moment. Keep it no longer than a revocation may go unnoticed
/// (RFC 7662 4); this library keeps none.
#[derive(Clone)]
pub struct Introspection(Option<ActiveToken>);

impl Introspection {
    /// Whether the token is good now.
    pub fn is_active(&self) -> bool {
        self.0.is_some()
    }

    /// The token, if it is good. Of any other nothing is told, whatever came along (RFC 7662 2.2).
    pub fn active(&self) -> Option<&ActiveToken> {
        self.0.as_ref()
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection").field("active", &self.is_active()).finish_non_exhaustive()
    }
}

/// A token that is good: valid, not expired, and meant for the audience that was asked for, if one was. For what it
/// may be used is still to be looked at: its scope, and whose it is. And what it is: a refresh token is active, too
/// (RFC 7662 2.1), and good for no resource.
#[derive(Clone)]
pub struct ActiveToken {
    scope: Option<Vec<String>>,
    audiences: Vec<String>,
    expires_at: Option<UnixTime>,
    token_type: Option<String>,
    claims: Claims,
}

impl ActiveToken {
    /// `scope`; empty where the provider says nothing.
    pub fn scope(&self) -> &[String] {
        self.scope.as_deref().unwrap_or_default()
    }

    /// `aud`; empty where the provider says nothing.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// `exp`, by the provider's clock; none where it does not say, or says 0.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// `token_type`, as it was written.
    pub fn token_type(&self) -> Option<&str> {
        self.token_type.as_deref()
    }

    /// Whether `token_type` is this one, in any case (RFC 6749 5.1); not where the provider says nothing.
    pub fn is_token_type(&self, token_type: &str) -> bool {
        self.token_type().is_some_and(|own| own.eq_ignore_ascii_case(token_type))
    }

    /// Everything that was said (`sub`, `client_id`, `username`, `iss`, `cnf`), read when asked for.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

impl fmt::Debug for ActiveToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveToken").finish_non_exhaustive()
    }
}

/// Reads the answer at this instant; with an audience, a token for others counts as inactive.
pub(crate) fn read(
    response: &HttpResponse,
    audience: Option<&str>,
    instant: Instant,
    limits: &Limits,
) -> Result<Introspection, Error> {
    let unusable = |problem| {
        let problem = ResponseProblem::Json(problem);
        Error::from(ErrorKind::Response { purpose: Purpose::Introspection, problem })
    };
    // RFC 9701 5: a signed answer has a type of its own, and is not read as a plain one.
    let object = read_declared_json(response, Purpose::Introspection, limits)?;
    let Some(token) = parse(&object, response.body(), instant).map_err(unusable)? else {
        return Ok(Introspection(None));
    };
    // RFC 7662 4: a token for another resource is none here.
    let meant = |wanted: &str| token.audiences.iter().any(|named| named == wanted);
    let meant = audience.is_none_or(meant);
    Ok(Introspection(meant.then_some(token)))
}

fn parse(
    object: &Object<'_>,
    body: &[u8],
    instant: Instant,
) -> Result<Option<ActiveToken>, JsonProblem> {
    let missing = || JsonProblem::new("active", JsonFault::Missing);
    // RFC 7662 2.2: a boolean, and nothing that only looks like one. Nothing else is read of an inactive token.
    if !object.boolean("active")?.ok_or_else(missing)? {
        return Ok(None);
    }
    // Zero is what some servers write where a token does not expire or they do not know.
    let expires = date(object, "exp")?.filter(|seconds| *seconds != 0);
    let starts = date(object, "nbf")?;
    if expires.is_some_and(|seconds| instant.is_past(seconds))
        || starts.is_some_and(|seconds| instant.is_ahead(seconds))
    {
        return Ok(None);
    }
    let syntax = || JsonProblem::new("$", JsonFault::Syntax);
    Ok(Some(ActiveToken {
        scope: scope(object)?,
        audiences: audiences(object)?,
        expires_at: expires.map(UnixTime::from_seconds),
        token_type: object.string("token_type")?.map(str::to_owned),
        claims: Claims::new(body).ok_or_else(syntax)?,
    }))
}

fn date(object: &Object<'_>, name: &str) -> Result<Option<i64>, JsonProblem> {
    let wrong = || JsonProblem::new(name, JsonFault::WrongType("a number of seconds"));
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => number.seconds().map(Some).ok_or_else(wrong),
        Some(_) => Err(wrong()),
    }
}

/// RFC 7662 2.2: a string or a list of strings.
fn audiences(object: &Object<'_>) -> Result<Vec<String>, JsonProblem> {
    match object.get("aud") {
        Some(Value::String(audience)) => Ok(vec![audience.clone().into_owned()]),
        _ => {
            let list = object.strings("aud")?.unwrap_or_default();
            Ok(list.into_iter().map(str::to_owned).collect())
        }
    }
}
