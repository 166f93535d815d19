//! A login that somebody else starts (OIDC Core 4): a link or a form at another site.

use std::fmt;

use url::Url;

use super::issuer::{Issuer, Schemes, address};
use crate::{
    error::{ApiMisuse, Comparison, Error, InitiationProblem, Shown},
    text,
};

/// A request to start a login, parsed. Anybody can send one, so it says nothing but what somebody wishes: only
/// [`initiated_login`](crate::Client::initiated_login) makes something of it.
pub struct InitiationRequest {
    issuer: String,
    login_hint: Option<String>,
    target_link_uri: Option<String>,
}

impl InitiationRequest {
    /// From the query of the login initiation address, with or without its `?`.
    ///
    /// # Errors
    /// [`InitiationProblem`]: longer than 8 KiB, broken encodings, a parameter twice, or no `iss`.
    pub fn from_query(query: &str) -> Result<Self, Error> {
        Self::parse(query.strip_prefix('?').unwrap_or(query))
    }

    /// From the body of a `POST` whose content type is `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// As [`from_query`](Self::from_query).
    pub fn from_form(body: &str) -> Result<Self, Error> {
        Self::parse(body)
    }

    fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_BYTES {
            return Err(InitiationProblem::TooLong.into());
        }
        let parameters = text::decode_form(text).ok_or(InitiationProblem::Encoding)?;
        let one = |name: &str| -> Result<Option<String>, InitiationProblem> {
            let mut values = parameters.iter().filter(|(own, _)| own == name);
            let first = values.next().map(|(_, value)| value.clone());
            match values.next() {
                Some(_) => Err(InitiationProblem::Duplicate(Shown::new(name))),
                None => Ok(first.filter(|value| !value.is_empty())),
            }
        };
        // OIDC Core 4: `iss` is REQUIRED
        Ok(Self {
            issuer: one("iss")?.ok_or(InitiationProblem::IssMissing)?,
            login_hint: one("login_hint")?,
            target_link_uri: one("target_link_uri")?,
        })
    }

    /// `iss`, not yet checked: with several providers, look for the client of exactly this issuer, and refuse where
    /// there is none. Never discover a provider because of it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(crate) fn login_hint(&self) -> Option<&str> {
        self.login_hint.as_deref()
    }

    /// Checks it for a client of `issuer`, and hands out the address that is safe to go to afterwards.
    pub(crate) fn check(&self, issuer: &Issuer, origin: &str) -> Result<Option<Url>, Error> {
        if self.issuer != issuer.as_str() {
            let comparison = Comparison::new(issuer.as_str(), &self.issuer);
            return Err(InitiationProblem::IssMismatch(comparison).into());
        }
        let own = address(origin, Schemes::LoopbackHttp).map_err(ApiMisuse::Address)?;
        // OIDC Core 4: "RPs MUST verify the value of the target_link_uri to prevent being used as an open redirector"
        let Some(target) = &self.target_link_uri else { return Ok(None) };
        let (text, fragment) = match target.split_once('#') {
            Some((text, fragment)) => (text, Some(fragment)),
            None => (target.as_str(), None),
        };
        let mut url = address(text, Schemes::LoopbackHttp)
            .ok()
            .filter(|url| url.origin() == own.origin())
            .ok_or(InitiationProblem::TargetLinkUri)?;
        url.set_fragment(fragment);
        Ok(Some(url))
    }
}

impl fmt::Debug for InitiationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InitiationRequest").finish_non_exhaustive()
    }
}

const MAX_BYTES: usize = 8 * 1024;
