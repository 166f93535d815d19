//! Asking for verified claims, and holding what came against what was asked for (OpenID Identity Assurance 5).

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    claim_sources::VERIFIED_CLAIMS,
    claims::Claims,
    claims_request::{ClaimRequest, ClaimsRequest, is_allowed, is_essential},
    iso_8601,
    verified_claims::VerifiedClaims,
};
use crate::{json::written, time::UnixTime};

/// A request for claims that were verified in a certain way; goes into a
/// [`ClaimsRequest`]. For different claims with different demands, or the same claims in
/// different ways, make several.
///
/// ```
/// use std::time::Duration;
/// use relying_party::protocol::{
///     claims_request::{ClaimRequest, ClaimsRequest},
///     verified_claims_request::VerifiedClaimsRequest,
/// };
/// use serde_json::json;
///
/// const DAY: Duration = Duration::from_secs(86_400);
/// let adult = VerifiedClaimsRequest::new()
///     .trust_framework(ClaimRequest::voluntary().values([json!("eidas"), json!("de_aml")]))
///     .verification("time", ClaimRequest::voluntary().max_age(730 * DAY))
///     .claim("birthdate", ClaimRequest::essential());
/// let claims = ClaimsRequest::new().verified_in_user_info(&adult);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedClaimsRequest {
    verification: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Default for VerifiedClaimsRequest {
    fn default() -> Self {
        Self::new()
    }
}

impl VerifiedClaimsRequest {
    /// Asks for nothing yet, under any trust framework.
    #[must_use]
    pub fn new() -> Self {
        // Identity Assurance 5.4: what is to be there must be asked for, this above all.
        let verification = Map::from_iter([("trust_framework".to_owned(), Value::Null)]);
        Self { verification, claims: Map::new() }
    }

    /// Under which trust framework: give a value or values. Default: any.
    #[must_use]
    pub fn trust_framework(self, request: ClaimRequest) -> Self {
        self.verification("trust_framework", request)
    }

    /// Asks for another member of `verification`, with what it must be: `assurance_level` with values, `time` with a
    /// [`max_age`](ClaimRequest::max_age), `evidence` as a list of objects of the same form
    /// (`json!([{ "type": { "value": "document" }, "document": { "type": null } }])`). A second request for the same
    /// member replaces the first.
    #[must_use]
    pub fn verification(mut self, member: &str, request: impl Into<Value>) -> Self {
        self.verification.insert(member.to_owned(), request.into());
        self
    }

    /// Asks for a claim; likewise.
    #[must_use]
    pub fn claim(mut self, claim: &str, request: ClaimRequest) -> Self {
        self.claims.insert(claim.to_owned(), request.into());
        self
    }

    /// Of what came, that which satisfies this request, each with the claims that were asked for and no others. Look at it
    /// where it matters: a provider need not give what was asked for, and a login is refused for none of it.
    ///
    /// Left out is everything that was verified in another way than was asked for, or too long before `now`; a claim with
    /// another value (Identity Assurance 5.7.4); and what then has no claim left, or lacks an essential one. What must have
    /// a certain value or age and is not there does not satisfy.
    #[must_use]
    pub fn satisfied_by(&self, came: &[VerifiedClaims], now: UnixTime) -> Vec<VerifiedClaims> {
        came.iter().filter_map(|one| self.satisfied_by_one(one, now)).collect()
    }

    fn satisfied_by_one(&self, came: &VerifiedClaims, now: UnixTime) -> Option<VerifiedClaims> {
        let verification: Value = serde_json::from_str(came.verification().as_json()).ok()?;
        let claims: Map<String, Value> = serde_json::from_str(came.claims().as_json()).ok()?;
        let fits =
            |(name, request): (&String, &Value)| fulfils(request, verification.get(name), now);
        if !self.verification.iter().all(fits) {
            return None;
        }
        let mut kept = Vec::new();
        for (name, request) in &self.claims {
            let claim = claims.get(name).filter(|claim| !claim.is_null());
            match claim.filter(|claim| fulfils(request, Some(claim), now)) {
                Some(_) => kept.push(name.as_str()),
                None if is_essential(request) => return None,
                None => {}
            }
        }
        // Identity Assurance 5.7.5
        if kept.is_empty() && !self.claims.is_empty() {
            return None;
        }
        let claims = written::select(came.claims().as_json(), |name| kept.contains(&name))?;
        Some(came.with_claims(Claims::new(claims.as_bytes())?))
    }

    fn to_json(&self) -> Value {
        json!({ "verification": self.verification, "claims": self.claims })
    }
}

impl ClaimsRequest {
    /// Asks for verified claims in the ID token (OpenID Identity Assurance 5); again, for others beside them.
    #[must_use]
    pub fn verified_in_id_token(self, request: &VerifiedClaimsRequest) -> Self {
        self.with_verified("id_token", request)
    }

    /// Asks for verified claims from the userinfo endpoint; likewise.
    #[must_use]
    pub fn verified_in_user_info(self, request: &VerifiedClaimsRequest) -> Self {
        self.with_verified("userinfo", request)
    }

    /// Identity Assurance 5.6: one object, or a list where there are several.
    fn with_verified(mut self, place: &str, request: &VerifiedClaimsRequest) -> Self {
        let members = self.0.entry(place).or_insert_with(|| json!({}));
        if let Some(members) = members.as_object_mut() {
            let all = match members.remove(VERIFIED_CLAIMS) {
                None => request.to_json(),
                Some(Value::Array(mut list)) => {
                    list.push(request.to_json());
                    Value::Array(list)
                }
                Some(first) => json!([first, request.to_json()]),
            };
            members.insert(VERIFIED_CLAIMS.to_owned(), all);
        }
        self
    }
}

impl ClaimRequest {
    /// Not older than this, in whole seconds: of dates and times alone, in verified claims alone (Identity Assurance 5.5.2).
    /// What ends more than two days ahead is not recent either.
    #[must_use]
    pub fn max_age(self, age: Duration) -> Self {
        self.with(MAX_AGE, age.as_secs().into())
    }
}

/// Whether what came is as it was asked for, all the way down.
fn fulfils(request: &Value, came: Option<&Value>, now: UnixTime) -> bool {
    let came = came.filter(|came| !came.is_null());
    match (request, came) {
        (Value::Object(demands), _) if is_demand(demands) => {
            let wants = ["value", "values", MAX_AGE].iter().any(|name| demands.contains_key(*name));
            match came {
                None => !wants && !is_essential(request),
                Some(came) => is_allowed(request, came) && is_recent(request, came, now),
            }
        }
        (Value::Object(members), _) => members
            .iter()
            .all(|(name, request)| fulfils(request, came.and_then(|came| came.get(name)), now)),
        // Identity Assurance 5.4: each is a filter, and one of them must let something through.
        (Value::Array(filters), Some(Value::Array(list))) => {
            let passes = |filter: &Value| list.iter().any(|one| fulfils(filter, Some(one), now));
            filters.is_empty() || filters.iter().any(passes)
        }
        (Value::Array(filters), _) => filters.iter().all(|filter| fulfils(filter, None, now)),
        _ => true,
    }
}

/// Whether these are demands on one value, rather than members of an object: `value` can be the name of either. Beside a
/// demand may stand what nobody understands (OIDC Core 5.5.1); the request for a member is never a plain value.
fn is_demand(members: &Map<String, Value>) -> bool {
    let named = |name: &str| DEMANDS.contains(&name);
    let is_plain = |value: &Value| !value.is_null() && !value.is_object() && !value.is_array();
    let says = |(name, value): (&String, &Value)| {
        named(name) && (is_plain(value) || (name == "values" && value.is_array()))
    };
    !members.is_empty() && (members.keys().all(|name| named(name)) || members.iter().any(says))
}

/// Identity Assurance 5.5.2: counted "from the last valid second of the date value".
fn is_recent(request: &Value, came: &Value, now: UnixTime) -> bool {
    let Some(age) = request.get(MAX_AGE) else { return true };
    let since = came.as_str().and_then(iso_8601::last_second);
    match (age.as_u64(), since.map(UnixTime::from_seconds)) {
        (Some(age), Some(since)) => now.since(since).as_secs() <= age && since.since(now) <= AHEAD,
        _ => false,
    }
}

const MAX_AGE: &str = "max_age";
/// By how much a date without a zone may end after now: in the east it is tomorrow, until that day ends.
const AHEAD: Duration = Duration::from_secs(2 * 86_400);
/// Of Identity Assurance 5.3 and 5.5.
const DEMANDS: [&str; 5] = ["essential", "value", "values", MAX_AGE, "purpose"];
