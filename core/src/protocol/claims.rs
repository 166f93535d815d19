//! Claims about the visitor (OIDC Core 5.1): kept as received, read when asked for.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::{
    error::{Claim, ClaimProblem, JsonFault, JsonProblem, TokenProblem},
    jose::jwt::{self, broken},
    json::{self, Object},
};

/// A verified set of claims.
///
/// The text is kept as it was received. Only what the protocol needs was checked; every other claim is read when
/// asked for, each with its own result, so that an odd value of one (`email_verified: "true"`, a `locale` that is
/// an object) can break nothing but its own reading. `null` counts as absent.
///
/// `Debug` shows nothing: claims are personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims(String);

impl Claims {
    /// Takes the text of an object that [`json::parse_object`] accepts.
    pub(crate) fn new(document: &[u8]) -> Option<Self> {
        Some(Self(String::from_utf8(document.to_owned()).ok()?))
    }

    /// The same of a token's payload.
    pub(crate) fn of_payload(payload: &[u8]) -> Result<Self, TokenProblem> {
        let syntax = || TokenProblem::PayloadJson(JsonProblem::new("$", JsonFault::Syntax));
        Self::new(payload).ok_or_else(syntax)
    }

    /// The claims as they came: one JSON object.
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Any claim, by name and type.
    ///
    /// ```
    /// # fn groups(claims: &relying_party::Claims) -> Result<(), relying_party::error::JsonProblem> {
    /// let groups: Vec<String> = claims.claim("groups")?.unwrap_or_default();
    /// let name_in_german: Option<String> = claims.claim("name#de")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`JsonFault::WrongType`] when it is there and not a `T`.
    pub fn claim<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, JsonProblem> {
        json::member(&self.0, name)
    }
}

/// `sub`: not empty, at most 255 octets (OIDC Core 2), none of them a control character. Beyond ASCII it is
/// tolerated, as opaque octets.
pub(crate) fn sub<'o>(claims: &'o Object<'_>) -> Result<&'o str, TokenProblem> {
    let sub = jwt::required_string(claims, Claim::Sub)?;
    if !is_sub(sub) {
        return Err(broken(Claim::Sub, ClaimProblem::Malformed));
    }
    Ok(sub)
}

pub(crate) fn is_sub(sub: &str) -> bool {
    !sub.is_empty() && sub.len() <= MAX_SUB && !sub.contains(char::is_control)
}

const MAX_SUB: usize = 255;

macro_rules! standard {
    ($($name:ident: $type:ty,)*) => {
        /// The standard claims (OIDC Core 5.1). Each is an error only by itself: [`JsonFault::WrongType`].
        #[allow(clippy::missing_errors_doc)]
        impl Claims {
            $(
                #[doc = concat!("`", stringify!($name), "`")]
                pub fn $name(&self) -> Result<Option<$type>, JsonProblem> {
                    self.claim(stringify!($name))
                }
            )*
        }
    };
}

standard! {
    name: String,
    given_name: String,
    family_name: String,
    middle_name: String,
    nickname: String,
    preferred_username: String,
    profile: String,
    picture: String,
    website: String,
    email: String,
    email_verified: bool,
    gender: String,
    birthdate: String,
    zoneinfo: String,
    locale: String,
    phone_number: String,
    phone_number_verified: bool,
    updated_at: f64,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::JsonFault;

    #[test]
    fn j27_u14_an_odd_claim_breaks_only_itself() {
        let claims = Claims::new(
            br#"{"email":"a@b.c","email_verified":"true","locale":{"x":1},"name":null,"big":18446744073709551615}"#,
        )
        .unwrap();
        assert_eq!(claims.email().unwrap().as_deref(), Some("a@b.c"));
        assert_eq!(
            claims.email_verified().unwrap_err().fault,
            JsonFault::WrongType("of the type asked for")
        );
        assert!(claims.locale().is_err());
        assert_eq!(claims.name(), Ok(None));
        assert_eq!(claims.nickname(), Ok(None));
        // J28
        assert_eq!(claims.claim("big"), Ok(Some(u64::MAX)));
        assert_eq!(format!("{claims:?}"), "Claims(redacted)");
    }
}
