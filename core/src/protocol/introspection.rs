//! Looking tokens up (RFC 7662), with plain and with signed answers (RFC 9701).

use std::{fmt, time::Duration};

use super::{
    claims::Claims,
    issuer::Issuer,
    issuer_rules::ExpectedIssuer,
    relaxation::Relaxation,
    token::{read_declared_json, scope},
};
use crate::{
    error::{
        Claim, ClaimProblem, Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem,
        Shown, TokenKind, TokenProblem,
    },
    http::HttpResponse,
    jose::{
        algorithm::Algorithm,
        jws::{HeaderRules, VerifiedJws},
        jwt::{self, Instant, broken, mismatch},
    },
    json::{self, Object, Value},
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

    /// RFC 7662 2.2: `iss` is whoever issued the token. What a provider says of another one's tokens would let it name
    /// the other one's people.
    pub(crate) fn of_issuer(mut self, issuer: ExpectedIssuer<'_>) -> Result<Self, TokenProblem> {
        let Some(token) = &mut self.0 else { return Ok(self) };
        let iss = token.claims.claim::<String>(Claim::Iss.name());
        if let Some(iss) = iss.map_err(|_| broken(Claim::Iss, ClaimProblem::Malformed))? {
            let mismatch = |both| broken(Claim::Iss, ClaimProblem::Mismatch(Some(both)));
            let tolerance = issuer.of_issued(&iss).map_err(mismatch)?;
            token.relaxations.extend(tolerance.map(Relaxation::Issuer));
        }
        Ok(self)
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
    relaxations: Vec<Relaxation>,
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

    /// Everything that was said (`sub`, `client_id`, `username`, `iss`, `cnf`), read when asked for. An `iss` that is
    /// there is the provider's.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The settings of this application without which the answer had been refused.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }
}

impl fmt::Debug for ActiveToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActiveToken").finish_non_exhaustive()
    }
}

/// The signed token in an answer that must be one (RFC 9701 5). An OAuth error is one all the same; a plain answer is a
/// downgrade.
pub(crate) fn signed<'r>(response: &'r HttpResponse, limits: &Limits) -> Result<&'r str, Error> {
    if response.status() == 200
        && response.has_media_type(SIGNED)
        && let Ok(text) = std::str::from_utf8(response.body())
    {
        return Ok(text);
    }
    read_declared_json(response, Purpose::Introspection, limits)?;
    let media_type = response.media_type().unwrap_or("none");
    let problem = ResponseProblem::ContentType(Shown::new(media_type));
    Err(ErrorKind::Response { purpose: Purpose::Introspection, problem }.into())
}

/// The header of a signed answer that was registered with this algorithm (RFC 9701 5, RFC 8725 3.11).
pub(crate) fn header(algorithm: &Algorithm) -> HeaderRules<'_> {
    let algorithms = std::slice::from_ref(algorithm);
    HeaderRules { algorithms, types: &["token-introspection+jwt"], typ_required: true }
}

/// Reads a signed answer whose signature is good, to this client, at this instant (RFC 9701 5).
pub(crate) fn read_signed(
    jws: &VerifiedJws,
    issuer: &Issuer,
    client_id: &str,
    audience: Option<&str>,
    instant: Instant,
    limits: &Limits,
) -> Result<Introspection, Error> {
    let refuse =
        |problem| Error::from(ErrorKind::Token { kind: TokenKind::Introspection, problem });
    let unusable = |problem| refuse(TokenProblem::PayloadJson(problem));
    let object = json::parse_object(jws.payload(), limits.json_depth).map_err(unusable)?;
    envelope(&object, issuer, client_id, instant).map_err(refuse)?;
    let name = "token_introspection";
    let fault = match object.get(name) {
        Some(Value::Object(_)) => None,
        Some(_) => Some(JsonFault::WrongType("an object")),
        None => Some(JsonFault::Missing),
    };
    if let Some(fault) = fault {
        return Err(unusable(JsonProblem::new(name, fault)));
    }
    let text = std::str::from_utf8(jws.payload()).unwrap_or_default();
    let inner = json::member::<serde_json::Value>(text, name).map_err(unusable)?;
    let inner = inner.unwrap_or_default().to_string();
    let object = json::parse_object(inner.as_bytes(), limits.json_depth).map_err(unusable)?;
    judge(&object, inner.as_bytes(), audience, instant).map_err(unusable)
}

fn envelope(
    object: &Object<'_>,
    issuer: &Issuer,
    client_id: &str,
    instant: Instant,
) -> Result<(), TokenProblem> {
    let iss = jwt::required_string(object, Claim::Iss)?;
    if iss != issuer.as_str() {
        return Err(mismatch(Claim::Iss, issuer.as_str(), iss));
    }
    jwt::audiences_with(object, client_id)?;
    // It was made for this very question: an old one would hide a revocation.
    let issued_at = jwt::required_date(object, Claim::Iat)?;
    instant.not_after_now(Claim::Iat, issued_at)?;
    instant.not_older_than(Claim::Iat, issued_at, MAX_AGE)
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
    judge(&object, response.body(), audience, instant).map_err(unusable)
}

fn judge(
    object: &Object<'_>,
    body: &[u8],
    audience: Option<&str>,
    instant: Instant,
) -> Result<Introspection, JsonProblem> {
    let Some(token) = parse(object, body, instant)? else {
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
        relaxations: Vec::new(),
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

/// The type of a signed answer (RFC 9701 10.2.1).
pub(crate) const SIGNED: &str = "application/token-introspection+jwt";
const MAX_AGE: Duration = Duration::from_secs(300);
