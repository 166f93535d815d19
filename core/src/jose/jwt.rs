//! Registered claims of a JWT (RFC 7519 4.1): typed readers and the time checks.
//!
//! A claim of the wrong type is malformed, never absent; so is `null` (RFC 7519 knows none).

use std::time::Duration;

use crate::{
    error::{Claim, ClaimProblem, Comparison, TokenProblem},
    json::{Object, Value},
    time::UnixTime,
};

/// The instant at which a token is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant {
    pub(crate) now: UnixTime,
    /// How far two clocks may differ.
    pub(crate) leeway: Duration,
}

pub(crate) fn broken(claim: Claim, problem: ClaimProblem) -> TokenProblem {
    TokenProblem::Claim { claim, problem }
}

pub(crate) fn mismatch(claim: Claim, expected: &str, actual: &str) -> TokenProblem {
    broken(claim, ClaimProblem::Mismatch(Some(Comparison::new(expected, actual))))
}

/// An optional string.
pub(crate) fn string<'o>(
    claims: &'o Object<'_>,
    claim: Claim,
) -> Result<Option<&'o str>, TokenProblem> {
    match claims.get(claim.name()) {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or(broken(claim, ClaimProblem::Malformed)),
    }
}

/// A string that must be there.
pub(crate) fn required_string<'o>(
    claims: &'o Object<'_>,
    claim: Claim,
) -> Result<&'o str, TokenProblem> {
    string(claims, claim)?.ok_or(broken(claim, ClaimProblem::Missing))
}

/// An optional NumericDate, in seconds.
pub(crate) fn date(claims: &Object<'_>, claim: Claim) -> Result<Option<i64>, TokenProblem> {
    match claims.get(claim.name()) {
        None => Ok(None),
        Some(Value::Number(number)) => {
            number.seconds().map(Some).ok_or(broken(claim, ClaimProblem::Malformed))
        }
        Some(_) => Err(broken(claim, ClaimProblem::Malformed)),
    }
}

/// A NumericDate that must be there.
pub(crate) fn required_date(claims: &Object<'_>, claim: Claim) -> Result<i64, TokenProblem> {
    date(claims, claim)?.ok_or(broken(claim, ClaimProblem::Missing))
}

/// `aud`: a string or a list of strings, not empty (RFC 7519 4.1.3).
pub(crate) fn audiences<'o>(claims: &'o Object<'_>) -> Result<Vec<&'o str>, TokenProblem> {
    let malformed = || broken(Claim::Aud, ClaimProblem::Malformed);
    match claims.get(Claim::Aud.name()) {
        None => Err(broken(Claim::Aud, ClaimProblem::Missing)),
        Some(Value::String(audience)) => Ok(vec![audience]),
        Some(Value::Array(list)) if (1..=MAX_AUDIENCES).contains(&list.len()) => {
            list.iter().map(|value| value.as_str().ok_or_else(malformed)).collect()
        }
        Some(_) => Err(malformed()),
    }
}

/// The audiences of a token for this client: whoever is not among them must refuse it (RFC 7519 4.1.3).
pub(crate) fn audiences_with<'o>(
    claims: &'o Object<'_>,
    client_id: &str,
) -> Result<Vec<&'o str>, TokenProblem> {
    let audiences = audiences(claims)?;
    match audiences.contains(&client_id) {
        true => Ok(audiences),
        false => Err(mismatch(Claim::Aud, client_id, &audiences.join(" "))),
    }
}

impl Instant {
    fn leeway(self) -> i64 {
        i64::try_from(self.leeway.as_secs()).unwrap_or(i64::MAX)
    }

    /// Whether what ends at `date` has ended.
    pub(crate) fn is_past(self, date: i64) -> bool {
        self.now.seconds() >= date.saturating_add(self.leeway())
    }

    /// Whether `date` is still to come.
    pub(crate) fn is_ahead(self, date: i64) -> bool {
        date > self.now.seconds().saturating_add(self.leeway())
    }

    /// `exp` is required; valid before it (RFC 7519 4.1.4).
    pub(crate) fn not_expired(self, claims: &Object<'_>) -> Result<i64, TokenProblem> {
        let expires = required_date(claims, Claim::Exp)?;
        if self.is_past(expires) {
            return Err(broken(Claim::Exp, ClaimProblem::Expired));
        }
        Ok(expires)
    }

    /// `claim` is not in the future (RFC 7519 4.1.5).
    pub(crate) fn not_after_now(self, claim: Claim, date: i64) -> Result<(), TokenProblem> {
        if self.is_ahead(date) {
            return Err(broken(claim, ClaimProblem::NotYet));
        }
        Ok(())
    }

    /// `claim` is at most `age` old.
    pub(crate) fn not_older_than(
        self,
        claim: Claim,
        date: i64,
        age: Duration,
    ) -> Result<(), TokenProblem> {
        let age = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        if self.now.seconds() > date.saturating_add(age).saturating_add(self.leeway()) {
            return Err(broken(claim, ClaimProblem::Expired));
        }
        Ok(())
    }
}

/// Each is compared and remembered.
const MAX_AUDIENCES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse_object;

    fn at(now: i64) -> Instant {
        Instant { now: UnixTime::from_seconds(now), leeway: Duration::from_secs(60) }
    }

    #[test]
    fn c02_the_boundary_of_exp_is_exact() {
        let claims = parse_object(br#"{"exp":1000}"#, 2).unwrap();
        assert_eq!(at(1059).not_expired(&claims), Ok(1000));
        assert!(at(1060).not_expired(&claims).is_err());
    }

    #[test]
    fn c04_c05_the_boundary_of_the_future_is_exact() {
        assert_eq!(at(940).not_after_now(Claim::Nbf, 1000), Ok(()));
        assert!(at(939).not_after_now(Claim::Iat, 1000).is_err());
    }

    #[test]
    fn c07_c19_any_clock_and_any_date() {
        for now in [i64::MIN, -1, 0, i64::from(u32::MAX) + 1, i64::MAX] {
            for date in [i64::MIN, 0, i64::MAX] {
                let _ = at(now).not_after_now(Claim::Iat, date);
                let _ = at(now).not_older_than(Claim::Iat, date, Duration::MAX);
            }
        }
    }

    #[test]
    fn c08_shapes_of_aud() {
        let audiences = |text: &str| {
            let object = parse_object(text.as_bytes(), 4).unwrap();
            audiences(&object).map(|list| list.len()).ok()
        };
        assert_eq!(audiences(r#"{"aud":"a"}"#), Some(1));
        assert_eq!(audiences(r#"{"aud":["a","a"]}"#), Some(2));
        for text in
            [r#"{}"#, r#"{"aud":[]}"#, r#"{"aud":[["a"]]}"#, r#"{"aud":1}"#, r#"{"aud":null}"#]
        {
            assert_eq!(audiences(text), None, "{text}");
        }
    }

    #[test]
    fn j15_a_date_of_the_wrong_type_is_not_absent() {
        for value in ["\"1700000000\"", "true", "[]", "{}", "null", "1e300"] {
            let text = format!(r#"{{"nbf":{value}}}"#);
            let object = parse_object(text.as_bytes(), 4).unwrap();
            assert!(date(&object, Claim::Nbf).is_err(), "{value}");
        }
        assert_eq!(date(&parse_object(b"{}", 1).unwrap(), Claim::Nbf), Ok(None));
    }
}
