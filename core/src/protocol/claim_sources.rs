//! Aggregated and distributed claims (OIDC Core 5.6.2): which claims come from where, as the provider says.

use std::{collections::BTreeMap, fmt};

use url::Url;

use super::{
    claims::Claims,
    issuer::{Schemes, address},
};
use crate::{
    error::{Bound, ClaimSourceProblem, Error, ErrorKind, JsonFault, JsonProblem, Shown},
    json::{self, Object, Value},
    limits::Limits,
    secret::{AccessToken, RawToken},
};

/// The sources of claims that a provider does not vouch for itself. Made by
/// [`Client::claim_sources`](crate::Client::claim_sources); what a source says is read with
/// [`Client::resolve_claims`](crate::Client::resolve_claims), one source at a time, so that one that fails costs nothing
/// but its own claims.
#[derive(Clone, Debug)]
pub struct ClaimSources(Vec<ClaimSource>);

/// One source. Its token or access token is never shown.
#[derive(Clone)]
pub struct ClaimSource {
    name: String,
    claims: Vec<String>,
    sub: Option<String>,
    place: Place,
}

/// Where the claims are.
#[derive(Clone)]
pub(crate) enum Place {
    /// Here: aggregated claims.
    Token(RawToken),
    /// There: distributed claims.
    Endpoint { url: Url, access_token: Option<AccessToken> },
}

impl ClaimSources {
    /// Reads the members `_claim_names` and `_claim_sources`. Without both there are no sources. One that no claim refers
    /// to is not looked at.
    pub(crate) fn of(claims: &Claims, schemes: Schemes, limits: &Limits) -> Result<Self, Error> {
        let document = claims.as_json().as_bytes();
        let object = json::parse_object(document, limits.json_depth)
            .map_err(ClaimSourceProblem::Malformed)?;
        let (names, sources) = match (object.get(NAMES), object.get(SOURCES)) {
            (None, None) => return Ok(Self(Vec::new())),
            (Some(Value::Object(names)), Some(Value::Object(sources))) => (names, sources),
            (None, _) => return Err(malformed(NAMES, JsonFault::Missing)),
            (_, None) => return Err(malformed(SOURCES, JsonFault::Missing)),
            (Some(Value::Object(_)), _) => return Err(wrong_type(SOURCES, "an object")),
            _ => return Err(wrong_type(NAMES, "an object")),
        };
        let sub = object.get("sub").and_then(Value::as_str);
        let named = by_source(names, limits)?;
        if named.len() > limits.claim_sources {
            let (what, limit) = (Bound::ClaimSources, limits.claim_sources);
            return Err(ErrorKind::Limit { what, limit }.into());
        }
        let source = |(name, claims): (&str, Vec<&str>)| {
            let claims = claims.into_iter().map(str::to_owned).collect();
            let place = place(name, sources, schemes)?;
            Ok(ClaimSource { name: name.to_owned(), claims, sub: sub.map(str::to_owned), place })
        };
        named.into_iter().map(source).collect::<Result<_, _>>().map(Self)
    }

    /// Whether every claim is the provider's own.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are, within [`Limits::claim_sources`].
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &ClaimSource> {
        self.0.iter()
    }

    /// Those that have this claim: one at most, but of `verified_claims`.
    pub fn of_claim(&self, claim: &str) -> impl Iterator<Item = &ClaimSource> {
        self.0.iter().filter(move |source| source.claims().any(|own| own == claim))
    }
}

impl ClaimSource {
    /// What the provider calls it. It means nothing outside of this set of claims.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the claims that come from here, and no others are taken.
    pub fn claims(&self) -> impl Iterator<Item = &str> {
        self.claims.iter().map(String::as_str)
    }

    /// Where distributed claims are; none of aggregated ones, which are here. The provider chose it: it may be anywhere.
    pub fn endpoint(&self) -> Option<&Url> {
        match &self.place {
            Place::Token(_) => None,
            Place::Endpoint { url, .. } => Some(url),
        }
    }

    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// `sub` beside which the source stood.
    pub(crate) fn sub(&self) -> Option<&str> {
        self.sub.as_deref()
    }
}

impl fmt::Debug for ClaimSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.endpoint().map(|url| url.origin().ascii_serialization());
        f.debug_struct("ClaimSource").field("origin", &origin).finish_non_exhaustive()
    }
}

/// The claims of each source.
fn by_source<'o>(
    names: &'o Object<'_>,
    limits: &Limits,
) -> Result<BTreeMap<&'o str, Vec<&'o str>>, Error> {
    let mut sources = BTreeMap::<_, Vec<_>>::new();
    let mut left = limits.claim_names;
    for (claim, value) in names.members() {
        if is_reserved(claim) {
            return Err(ClaimSourceProblem::Reserved(Shown::new(claim)).into());
        }
        for source in references(claim, value)? {
            let (what, limit) = (Bound::ClaimNames, limits.claim_names);
            left = left.checked_sub(1).ok_or(ErrorKind::Limit { what, limit })?;
            sources.entry(source).or_default().push(claim);
        }
    }
    Ok(sources)
}

/// The sources of one claim.
fn references<'o>(claim: &str, value: &'o Value<'_>) -> Result<Vec<&'o str>, Error> {
    let several = claim == VERIFIED_CLAIMS;
    match value {
        Value::String(source) => Ok(vec![source]),
        // Identity Assurance 6.1: of these alone, a list, or an object that says beforehand what each source has.
        Value::Array(list) if several => {
            let text = |value: &'o Value<'_>| value.as_str();
            let mut sources = list.iter().map(text).collect::<Option<Vec<_>>>();
            sources.iter_mut().for_each(|sources| {
                sources.sort_unstable();
                sources.dedup();
            });
            sources.ok_or_else(|| wrong_type(claim, "a list of names of sources"))
        }
        Value::Object(sources) if several => Ok(sources.members().map(|(name, _)| name).collect()),
        _ => Err(wrong_type(claim, "the name of a source")),
    }
}

fn place(name: &str, sources: &Object<'_>, schemes: Schemes) -> Result<Place, Error> {
    let shown = || Shown::new(name);
    let source = match sources.get(name) {
        Some(Value::Object(source)) => source,
        Some(_) => return Err(wrong_type(name, "an object")),
        None => return Err(ClaimSourceProblem::Missing(shown()).into()),
    };
    let text = |member| source.string(member).map_err(ClaimSourceProblem::Malformed);
    match (text("JWT")?, text("endpoint")?) {
        (Some(_), Some(_)) => Err(ClaimSourceProblem::Ambiguous(shown()).into()),
        (None, None) => Err(ClaimSourceProblem::Empty(shown()).into()),
        (Some(token), None) => {
            let token = RawToken::parse(token).ok_or_else(|| wrong_type("JWT", "a token"));
            token.map(Place::Token)
        }
        (None, Some(url)) => {
            let url = address(url, schemes).map_err(ClaimSourceProblem::Endpoint)?;
            let token =
                |text| AccessToken::parse(text).ok_or(wrong_type("access_token", "a token"));
            let access_token = text("access_token")?.map(token).transpose()?;
            Ok(Place::Endpoint { url, access_token })
        }
    }
}

/// What only the provider of the login can say, about the login or the token itself.
fn is_reserved(claim: &str) -> bool {
    claim.starts_with("_claim_") || RESERVED.contains(&claim)
}

fn wrong_type(member: &str, due: &'static str) -> Error {
    malformed(member, JsonFault::WrongType(due))
}

fn malformed(member: &str, fault: JsonFault) -> Error {
    ClaimSourceProblem::Malformed(JsonProblem::new(member, fault)).into()
}

pub(crate) const VERIFIED_CLAIMS: &str = "verified_claims";
const NAMES: &str = "_claim_names";
const SOURCES: &str = "_claim_sources";
const RESERVED: [&str; 19] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "auth_time",
    "acr",
    "amr",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "events",
    "cnf",
    "client_id",
];
