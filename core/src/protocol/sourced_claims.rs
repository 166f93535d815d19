//! What a source says (OIDC Core 5.6.2): the answer of an endpoint, and the claims of a token, verified or not.

use std::fmt;

use super::{
    bearer,
    claim_sources::ClaimSource,
    claims::{Claims, is_sub},
    relaxation::Relaxation,
    token::{read_declared_json, read_json},
};
use crate::{
    error::{
        Claim, ClaimProblem, Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem,
        Shown, TokenProblem,
    },
    http::HttpResponse,
    jose::{
        jws::VerifiedJws,
        jwt::{self, Instant, broken, mismatch},
    },
    json::{self, Object, written},
    limits::Limits,
};

/// The claims of one source, and whether anybody vouches for them.
#[derive(Clone, Debug)]
pub enum SourcedClaims {
    /// Signed by an issuer whom the application trusts.
    Verified(VerifiedSource),
    /// Of anybody: an issuer whom the application did not name as trusted, or no issuer, or not signed at all.
    Unverified(UnverifiedSource),
}

impl SourcedClaims {
    /// The claims, if their issuer is trusted.
    pub fn verified(&self) -> Option<&VerifiedSource> {
        match self {
            Self::Verified(source) => Some(source),
            Self::Unverified(_) => None,
        }
    }
}

/// Claims that another issuer signed. They stay apart from the provider's own, which they never replace, and they are
/// about the visitor because the provider says so: it put the source there. No login is made by them.
#[derive(Clone)]
pub struct VerifiedSource {
    issuer: String,
    sub: Option<String>,
    claims: Claims,
    relaxations: Vec<Relaxation>,
}

impl VerifiedSource {
    /// `iss`: who says so. The issuer of the trusted client, exactly.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `sub`: what *that* issuer calls the visitor (OIDC Core 5.6.2), mostly nothing. It is another one than the login's
    /// and not compared with it, unless both have the same issuer.
    pub fn sub(&self) -> Option<&str> {
        self.sub.as_deref()
    }

    /// The claims that were said to come from there, as far as they did; everything else is left out. A claim that is
    /// missing is like any other that a provider did not give.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The settings of this application without which they had been refused.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }
}

/// Claims for which nobody vouches but the provider that passed them on, if they were aggregated, and whoever is at an
/// allowed origin, if they were distributed. Nothing of their token was checked: neither who issued it, nor when, nor for whom.
#[derive(Clone)]
pub struct UnverifiedSource {
    issuer: Option<String>,
    claims: Claims,
    relaxations: Vec<Relaxation>,
}

impl UnverifiedSource {
    /// `iss`, if there: who is *said* to have said so. Good for finding the issuer that could be
    /// [trusted](crate::flow::claim_sources::ResolveClaims::trusted).
    pub fn unverified_issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The claims that were said to come from there, as far as they did. Decide nothing by them: show them to the visitor
    /// to be confirmed, for instance. What stands in `verified_claims` here is verified by nobody either.
    pub fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The settings of this application without which they had been refused.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }
}

/// Claims are personal data.
impl fmt::Debug for VerifiedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedSource").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl fmt::Debug for UnverifiedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedSource").finish_non_exhaustive()
    }
}

/// The token in the answer of an endpoint. It must say that it is one, or say nothing.
pub(crate) fn token<'r>(response: &'r HttpResponse, limits: &Limits) -> Result<&'r str, Error> {
    let purpose = Purpose::Claims;
    let unusable = |problem| Error::from(ErrorKind::Response { purpose, problem });
    let error = match response.status() {
        200 if response.media_type().is_none_or(is_jwt) => {
            let text = std::str::from_utf8(response.body());
            let syntax = || JsonProblem::new("$", JsonFault::Syntax);
            return text.map_err(|_| unusable(ResponseProblem::Json(syntax())));
        }
        200 => read_declared_json(response, purpose, limits).err(),
        status @ 201..=299 => Some(unusable(ResponseProblem::Status(status))),
        _ => read_json(response, purpose, limits).err(),
    };
    let media_type = response.media_type().unwrap_or("none");
    let error =
        error.unwrap_or_else(|| unusable(ResponseProblem::ContentType(Shown::new(media_type))));
    Err(bearer::explain(response, purpose, error))
}

/// `application/jwt`, or a type built on JWT (RFC 8417 7.2); in any case.
fn is_jwt(media_type: &str) -> bool {
    let media_type = media_type.to_ascii_lowercase();
    media_type == "application/jwt" || media_type.ends_with("+jwt")
}

/// What a token that nobody verified says of itself.
pub(crate) fn unverified(
    payload: &[u8],
    source: &ClaimSource,
    relaxations: Vec<Relaxation>,
    limits: &Limits,
) -> Result<UnverifiedSource, TokenProblem> {
    let object =
        json::parse_object(payload, limits.json_depth).map_err(TokenProblem::PayloadJson)?;
    let issuer = jwt::string(&object, Claim::Iss)?.map(str::to_owned);
    let claims = attributed(payload, source)?;
    Ok(UnverifiedSource { issuer, claims, relaxations })
}

/// What a token with claims is held against.
pub(crate) struct Expected<'a> {
    /// The issuer whose keys verified it.
    pub(crate) issuer: &'a str,
    /// What the application is called: there, and where it was sent to look.
    pub(crate) audiences: [&'a str; 2],
    /// `sub` of the provider's own claims, where it is that issuer.
    pub(crate) sub: Option<&'a str>,
    /// The token says that it is one with claims, and nothing else.
    pub(crate) typed: bool,
    pub(crate) instant: Instant,
    pub(crate) json_depth: usize,
}

/// Validates the claims of a token whose signature is good.
pub(crate) fn validate(
    jws: &VerifiedJws,
    source: &ClaimSource,
    expected: &Expected<'_>,
    relaxations: Vec<Relaxation>,
) -> Result<VerifiedSource, TokenProblem> {
    let object = json::parse_object(jws.payload(), expected.json_depth)
        .map_err(TokenProblem::PayloadJson)?;
    let iss = jwt::required_string(&object, Claim::Iss)?;
    if iss != expected.issuer {
        return Err(mismatch(Claim::Iss, expected.issuer, iss));
    }
    let sub = match jwt::string(&object, Claim::Sub)? {
        // Identity Assurance 6.1
        None if expected.typed => return Err(broken(Claim::Sub, ClaimProblem::Missing)),
        Some(sub) if !is_sub(sub) => return Err(broken(Claim::Sub, ClaimProblem::Malformed)),
        sub => sub,
    };
    // OIDC Core 5.7: the same issuer calls nobody by two names.
    if let (Some(own), Some(sub)) = (expected.sub, sub)
        && own != sub
    {
        return Err(broken(Claim::Sub, ClaimProblem::Mismatch(None)));
    }
    check_kind(&object, expected.typed)?;
    check_audience(&object, expected)?;
    check_times(&object, expected.instant)?;
    Ok(VerifiedSource {
        issuer: iss.to_owned(),
        sub: sub.map(str::to_owned),
        claims: attributed(jws.payload(), source)?,
        relaxations,
    })
}

/// RFC 8725 3.12: an ID token, access token or logout token of the same issuer, about whomever, is no set of claims.
fn check_kind(object: &Object<'_>, typed: bool) -> Result<(), TokenProblem> {
    // Identity Assurance 6.1: so that none is ever an ID token
    let excluded: &[Claim] = if typed { &[Claim::Aud, Claim::Exp] } else { &[] };
    let foreign = |claim: &&Claim| object.get(claim.name()).is_some();
    match excluded.iter().chain(&OF_OTHER_TOKENS).find(foreign) {
        Some(claim) => Err(broken(*claim, ClaimProblem::Unexpected)),
        None => Ok(()),
    }
}

/// RFC 7519 4.1.3: whoever is not named must refuse it.
fn check_audience(object: &Object<'_>, expected: &Expected<'_>) -> Result<(), TokenProblem> {
    if object.get(Claim::Aud.name()).is_none() {
        return Ok(());
    }
    let named = jwt::audiences(object)?;
    if !expected.audiences.iter().any(|own| named.contains(own)) {
        return Err(mismatch(Claim::Aud, &expected.audiences.join(" "), &named.join(" ")));
    }
    Ok(())
}

/// Each where it is there: OIDC Core 5.6.2 requires none.
fn check_times(object: &Object<'_>, instant: Instant) -> Result<(), TokenProblem> {
    if object.get(Claim::Exp.name()).is_some() {
        instant.not_expired(object)?;
    }
    for claim in [Claim::Nbf, Claim::Iat] {
        if let Some(date) = jwt::date(object, claim)? {
            instant.not_after_now(claim, date)?;
        }
    }
    Ok(())
}

/// OIDC Core 5.6.2: the claims that refer to the source. A source within the source is among the others.
fn attributed(payload: &[u8], source: &ClaimSource) -> Result<Claims, TokenProblem> {
    let selected = std::str::from_utf8(payload)
        .ok()
        .and_then(|text| written::select(text, |name| source.claims().any(|own| own == name)));
    selected
        .and_then(|text| Claims::new(text.as_bytes()))
        .ok_or(TokenProblem::PayloadJson(JsonProblem::new("$", JsonFault::Syntax)))
}

/// Acceptable values of `typ` (RFC 8725 3.11).
pub(crate) const TYPES: &[&str] = &["jwt", TYPE];
/// Identity Assurance 6.1
pub(crate) const TYPE: &str = "provided-claims+jwt";
const OF_OTHER_TOKENS: [Claim; 9] = [
    Claim::Nonce,
    Claim::AtHash,
    Claim::CHash,
    Claim::AuthTime,
    Claim::Azp,
    Claim::Sid,
    Claim::Events,
    Claim::Scope,
    Claim::ClientId,
];
