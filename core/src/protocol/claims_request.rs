//! The `claims` parameter (OIDC Core 5.5): single claims, where they are wanted, and how much.

use serde_json::{Map, Value, json};

use super::claims::Claims;

/// A typed `claims` parameter.
///
/// What an ID token *must* say has methods of its own, which check the answer: an essential `acr` or `auth_time`, and
/// `sub`, are refused when the login starts.
///
/// ```
/// use relying_party::protocol::claims_request::{ClaimRequest, ClaimsRequest};
/// use serde_json::json;
///
/// let claims = ClaimsRequest::new()
///     .user_info("email", ClaimRequest::essential())
///     .user_info("picture", ClaimRequest::voluntary())
///     .id_token("locale", ClaimRequest::voluntary().values([json!("de"), json!("fr")]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsRequest(pub(super) Map<String, Value>);

/// How one claim is asked for (OIDC Core 5.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRequest(Value);

impl ClaimsRequest {
    /// Asks for nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a claim in the ID token. A second request for the same claim replaces the first.
    #[must_use]
    pub fn id_token(self, claim: &str, request: ClaimRequest) -> Self {
        self.with("id_token", claim, request)
    }

    /// Asks for a claim from the userinfo endpoint; likewise.
    #[must_use]
    pub fn user_info(self, claim: &str, request: ClaimRequest) -> Self {
        self.with("userinfo", claim, request)
    }

    /// The claims of the ID token that are not as they were asked for, by name: an essential one that is not there, or
    /// one that is there with another value. Look at it where it matters to the application; a login is refused for
    /// none of it (OIDC Core 5.5.1).
    #[must_use]
    pub fn unmet_in_id_token(&self, claims: &Claims) -> Vec<&str> {
        self.unmet("id_token", claims)
    }

    /// The same of the userinfo answer.
    #[must_use]
    pub fn unmet_in_user_info(&self, claims: &Claims) -> Vec<&str> {
        self.unmet("userinfo", claims)
    }

    fn unmet(&self, place: &str, claims: &Claims) -> Vec<&str> {
        let asked = self.0.get(place).and_then(Value::as_object).into_iter().flatten();
        let met = |name: &str, request: &Value| {
            claims.claim(name).is_ok_and(|claim: Option<Value>| is_met(request, claim.as_ref()))
        };
        let mut unmet: Vec<_> = asked
            .filter(|(name, request)| !met(name, request))
            .map(|(name, _)| name.as_str())
            .collect();
        // Whether maps keep an order of their own is decided by a feature that anybody may switch on.
        unmet.sort_unstable();
        unmet
    }

    fn with(mut self, place: &str, claim: &str, request: ClaimRequest) -> Self {
        let members = self.0.entry(place).or_insert_with(|| json!({}));
        if let Some(members) = members.as_object_mut() {
            members.insert(claim.to_owned(), request.0);
        }
        self
    }
}

impl ClaimRequest {
    /// Wanted, if it is no trouble: the default.
    #[must_use]
    pub fn voluntary() -> Self {
        Self(Value::Null)
    }

    /// Needed for what the visitor wants to do. A provider may leave it out all the same.
    #[must_use]
    pub fn essential() -> Self {
        Self(json!({ "essential": true }))
    }

    /// With this value. A wish: see [`unmet_in_id_token`](ClaimsRequest::unmet_in_id_token).
    #[must_use]
    pub fn value(self, value: impl Into<Value>) -> Self {
        self.with("value", value.into())
    }

    /// With one of these values, best first. A wish, too.
    #[must_use]
    pub fn values(self, values: impl IntoIterator<Item = Value>) -> Self {
        self.with("values", values.into_iter().collect())
    }

    pub(super) fn with(self, member: &str, value: Value) -> Self {
        let mut members = match self.0 {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        members.insert(member.to_owned(), value);
        Self(Value::Object(members))
    }
}

/// OIDC Core 5.5.1. Values are equal as JSON: a list is its members in their order.
fn is_met(request: &Value, claim: Option<&Value>) -> bool {
    match claim {
        None => !is_essential(request),
        Some(claim) => is_allowed(request, claim),
    }
}

pub(crate) fn is_essential(request: &Value) -> bool {
    request.get("essential") == Some(&Value::Bool(true))
}

/// Whether it is the value, or one of the values, that was asked for; any, where none was.
pub(crate) fn is_allowed(request: &Value, claim: &Value) -> bool {
    let values = request.get("values").and_then(Value::as_array);
    request.get("value").is_none_or(|value| value == claim)
        && values.is_none_or(|values| values.contains(claim))
}

impl From<ClaimRequest> for Value {
    fn from(request: ClaimRequest) -> Self {
        request.0
    }
}

impl From<ClaimsRequest> for Map<String, Value> {
    fn from(request: ClaimsRequest) -> Self {
        request.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of OIDC Core 5.5, shortened.
    #[test]
    fn every_form_of_oidc_core_5_5_1() {
        let claims = ClaimsRequest::new()
            .user_info("given_name", ClaimRequest::essential())
            .user_info("nickname", ClaimRequest::voluntary())
            .id_token("auth_time", ClaimRequest::essential())
            .id_token("tenant", ClaimRequest::essential().value("t1"))
            .id_token("acr", ClaimRequest::voluntary().values([json!("gold"), json!("silver")]));
        let due = json!({
            "userinfo": { "given_name": { "essential": true }, "nickname": null },
            "id_token": {
                "auth_time": { "essential": true },
                "tenant": { "essential": true, "value": "t1" },
                "acr": { "values": ["gold", "silver"] },
            },
        });
        assert_eq!(Value::Object(claims.into()), due);
        assert!(Map::from(ClaimsRequest::new()).is_empty());
    }
}
