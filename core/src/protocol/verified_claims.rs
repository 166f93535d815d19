//! Claims that somebody verified, and how (OpenID Identity Assurance Schema 1.0): `verified_claims`.

use std::fmt;

use serde::de::DeserializeOwned;

use super::{claim_sources::VERIFIED_CLAIMS, claims::Claims, iso_8601};
use crate::{
    error::{JsonFault, JsonProblem},
    json::written,
    time::UnixTime,
};

/// Claims about the visitor, together with what was done to verify them (Schema 5).
///
/// It is as good as whoever says so: the provider, or the source that the [`Claims`] came from. Which trust framework, level
/// and evidence are good enough is held against what was asked for by
/// [`VerifiedClaimsRequest::satisfied_by`](super::verified_claims_request::VerifiedClaimsRequest::satisfied_by).
///
/// `Debug` shows the trust framework only.
#[derive(Clone, PartialEq)]
pub struct VerifiedClaims {
    verification: Verification,
    claims: Claims,
}

/// How claims were verified (Schema 5.4).
#[derive(Clone, PartialEq)]
pub struct Verification {
    trust_framework: String,
    assurance_level: Option<String>,
    verification_process: Option<String>,
    time: Option<UnixTime>,
    members: Claims,
}

impl VerifiedClaims {
    /// How they were verified.
    pub fn verification(&self) -> &Verification {
        &self.verification
    }

    /// The claims. They stay apart from others of the same names, which nobody verified.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    pub(crate) fn with_claims(&self, claims: Claims) -> Self {
        Self { verification: self.verification.clone(), claims }
    }

    fn read(text: &str, path: &str) -> Result<Self, JsonProblem> {
        let members = written::members(text).unwrap_or_default();
        let member = |name: &str| {
            let path = format!("{path}.{name}");
            let found = members.iter().find(|(own, _)| own == name);
            let (_, text) = found.ok_or(JsonProblem::new(&path, JsonFault::Missing))?;
            let object = Claims::new(text.as_bytes()).filter(|_| text.starts_with('{'));
            Ok((object.ok_or(wrong_type(&path, "an object"))?, path))
        };
        let (verification, verification_path) = member("verification")?;
        let (claims, _) = member("claims")?;
        Ok(Self { verification: Verification::read(verification, &verification_path)?, claims })
    }
}

impl Verification {
    /// `trust_framework`: by which rules. Names are compared byte by byte.
    pub fn trust_framework(&self) -> &str {
        &self.trust_framework
    }

    /// `assurance_level`: how sure that makes, in the words of the trust framework.
    pub fn assurance_level(&self) -> Option<&str> {
        self.assurance_level.as_deref()
    }

    /// `verification_process`: the number of the case, at whoever verified.
    pub fn verification_process(&self) -> Option<&str> {
        self.verification_process.as_deref()
    }

    /// `time`: when the verification was done; the last second that the text stands for.
    pub fn time(&self) -> Option<UnixTime> {
        self.time
    }

    /// Any member, by name and type: `evidence`, `assurance_process`.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`] when it is there and not a `T`.
    pub fn member<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, JsonProblem> {
        self.members.claim(name)
    }

    /// The object.
    pub fn as_json(&self) -> &str {
        self.members.as_json()
    }

    fn read(members: Claims, path: &str) -> Result<Self, JsonProblem> {
        let at = |name: &str| format!("{path}.{name}");
        let text = |name: &str| {
            members.claim::<String>(name).map_err(|_| wrong_type(&at(name), "a string"))
        };
        // Schema 5.4.1: REQUIRED
        let missing = || JsonProblem::new(&at("trust_framework"), JsonFault::Missing);
        let trust_framework = text("trust_framework")?.filter(|name| !name.is_empty());
        let time = |text: String| {
            let seconds = iso_8601::last_second(&text);
            seconds.ok_or(wrong_type(&at("time"), "a date and time with its zone"))
        };
        Ok(Self {
            trust_framework: trust_framework.ok_or_else(missing)?,
            assurance_level: text("assurance_level")?,
            verification_process: text("verification_process")?,
            time: text("time")?.map(time).transpose()?.map(UnixTime::from_seconds),
            members,
        })
    }
}

impl Claims {
    /// `verified_claims`: one object or a list of them, at most 64. Empty where there are none. Those of a
    /// [source](super::sourced_claims::UnverifiedSource) that is itself unverified are worth nothing.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`] and [`JsonFault::Missing`] where one of them breaks the schema: `verification` with a
    /// `trust_framework`, and `claims`. Then none is taken.
    pub fn verified_claims(&self) -> Result<Vec<VerifiedClaims>, JsonProblem> {
        let members = written::members(self.as_json()).unwrap_or_default();
        let text = members.iter().find(|(name, _)| name == VERIFIED_CLAIMS).map(|(_, text)| *text);
        let list = text.and_then(written::elements);
        match (text, list) {
            (None | Some("null"), _) => Ok(Vec::new()),
            (Some(one), _) if one.starts_with('{') => {
                VerifiedClaims::read(one, VERIFIED_CLAIMS).map(|one| vec![one])
            }
            (_, Some(list)) if list.len() <= MAX_ELEMENTS => {
                let read =
                    |(at, one)| VerifiedClaims::read(one, &format!("{VERIFIED_CLAIMS}[{at}]"));
                list.into_iter().enumerate().map(read).collect()
            }
            _ => Err(wrong_type(VERIFIED_CLAIMS, "an object, or a list of at most 64")),
        }
    }
}

fn wrong_type(path: &str, due: &'static str) -> JsonProblem {
    JsonProblem::new(path, JsonFault::WrongType(due))
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification")
            .field("trust_framework", &self.trust_framework)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VerifiedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedClaims")
            .field("verification", &self.verification)
            .finish_non_exhaustive()
    }
}

const MAX_ELEMENTS: usize = 64;
