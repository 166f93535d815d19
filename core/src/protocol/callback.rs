//! The authorization response (OIDC Core 3.1.2.5, RFC 6749 4.1.2, RFC 9207).

use std::fmt;

use super::{authorization::ResponseMode, issuer_rules::ExpectedIssuer};
use crate::{
    error::{Bound, CallbackProblem, Comparison, Error, ErrorKind, OAuthError, Purpose, Shown},
    limits::Limits,
    secret::{AuthorizationCode, State},
    text,
};

/// A parsed authorization response, not yet matched with the login that asked for it.
///
/// Parsing refuses a parameter that occurs twice, broken encodings and an overlong text. What it says is trusted
/// only after [`finish_login`](crate::Client::finish_login) has matched its `state`.
pub struct Callback {
    parameters: Vec<(String, String)>,
    state: Option<State>,
    mode: ResponseMode,
}

/// What the login that asked for it remembers.
pub(crate) struct Expected<'a> {
    pub(crate) state: &'a State,
    pub(crate) issuer: ExpectedIssuer<'a>,
    pub(crate) iss_required: bool,
    pub(crate) mode: ResponseMode,
}

impl Callback {
    /// From the query of the redirect URI, with or without its `?`.
    ///
    /// # Errors
    /// [`Bound::Callback`], [`CallbackProblem::Encoding`], [`CallbackProblem::Duplicate`]
    pub fn from_query(query: &str, limits: &Limits) -> Result<Self, Error> {
        Self::parse(query.strip_prefix('?').unwrap_or(query), ResponseMode::Query, limits)
    }

    /// From the fragment, with or without its `#`.
    ///
    /// # Errors
    /// As [`from_query`](Self::from_query).
    pub fn from_fragment(fragment: &str, limits: &Limits) -> Result<Self, Error> {
        Self::parse(fragment.strip_prefix('#').unwrap_or(fragment), ResponseMode::Fragment, limits)
    }

    /// From the body of a `POST` whose content type is `application/x-www-form-urlencoded` (Form Post 2).
    ///
    /// # Errors
    /// As [`from_query`](Self::from_query).
    pub fn from_form(body: &str, limits: &Limits) -> Result<Self, Error> {
        Self::parse(body, ResponseMode::FormPost, limits)
    }

    fn parse(text: &str, mode: ResponseMode, limits: &Limits) -> Result<Self, Error> {
        if text.len() > limits.callback {
            let limit = limits.callback;
            return Err(ErrorKind::Limit { what: Bound::Callback, limit }.into());
        }
        let mut parameters = text::decode_form(text).ok_or(CallbackProblem::Encoding)?;
        parameters.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        // RFC 6749 3.1
        let mut neighbours = parameters.iter().zip(parameters.iter().skip(1));
        if let Some(((name, _), _)) = neighbours.find(|((a, _), (b, _))| a == b) {
            return Err(CallbackProblem::Duplicate(Shown::new(name)).into());
        }
        let mut callback = Self { parameters, state: None, mode };
        callback.state = callback.parameter("state").and_then(State::parse);
        Ok(callback)
    }

    /// `state`: the key under which the browser's session keeps the pending login.
    pub fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// Any parameter, as it came; nothing about it is checked.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let index = self.parameters.binary_search_by(|(own, _)| own.as_str().cmp(name)).ok()?;
        self.parameters.get(index).map(|(_, value)| value.as_str())
    }

    /// The code, once everything fits. Nothing may be sent before.
    pub(crate) fn accept(&self, expected: &Expected<'_>) -> Result<AuthorizationCode, Error> {
        // RFC 6749 10.12; on errors too
        match self.state() {
            None => return Err(CallbackProblem::StateMissing.into()),
            Some(state) if state != expected.state => {
                return Err(CallbackProblem::StateMismatch.into());
            }
            Some(_) => {}
        }
        // RFC 9207 2.4; on errors too
        match self.parameter("iss") {
            None if expected.iss_required => return Err(CallbackProblem::IssMissing.into()),
            Some(iss) => {
                expected.issuer.of_response(iss).map_err(CallbackProblem::IssMismatch)?;
            }
            None => {}
        }
        // OIDC Core 3.3.2.5: `response_type=code` brings a code and no token.
        for token in ["access_token", "id_token"] {
            if self.parameter(token).is_some() {
                return Err(CallbackProblem::Unexpected(Shown::new(token)).into());
            }
        }
        match (self.parameter("code"), self.parameter("error")) {
            (Some(_), Some(_)) => Err(CallbackProblem::CodeAndError.into()),
            (None, None) => Err(CallbackProblem::CodeMissing.into()),
            (None, Some(error)) => Err(OAuthError {
                endpoint: Purpose::Authorization,
                status: None,
                error: Shown::new(error),
                description: self.parameter("error_description").map(Shown::new),
            }
            .into()),
            // OAuth Multiple Response Types 2.1; a provider that cannot answer as asked may say so in the query.
            (Some(_), None) if self.mode != expected.mode => {
                let comparison = Comparison::new(expected.mode.as_str(), self.mode.as_str());
                Err(CallbackProblem::ResponseMode(comparison).into())
            }
            (Some(code), None) if code.len() > MAX_CODE => {
                Err(CallbackProblem::CodeMalformed.into())
            }
            (Some(code), None) => {
                AuthorizationCode::parse(code).ok_or(CallbackProblem::CodeMalformed.into())
            }
        }
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// Bytes of a code; real ones stay below 4 KiB.
const MAX_CODE: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{issuer::Issuer, issuer_rules::IssuerRules};

    fn accept(query: &str, iss_required: bool) -> Result<String, &'static str> {
        let callback = Callback::from_query(query, &Limits::default()).map_err(|e| e.code())?;
        let issuer = &Issuer::new("https://op.test").unwrap();
        let rules = &IssuerRules::default();
        let expected = Expected {
            state: &State::new("st").unwrap(),
            issuer: ExpectedIssuer { issuer, named: issuer.as_str(), rules },
            iss_required,
            mode: ResponseMode::Query,
        };
        callback.accept(&expected).map(|code| code.expose().to_owned()).map_err(|e| e.code())
    }

    #[test]
    fn x01_to_x19_refusals() {
        for (query, code) in [
            ("code=c", "callback.state.missing"),
            ("code=c&state=", "callback.state.missing"),
            ("code=c&state=s", "callback.state.mismatch"),
            ("error=access_denied&state=other", "callback.state.mismatch"),
            ("code=c&state=st&iss=", "callback.iss.mismatch"),
            ("code=c&state=st&iss=https%3A%2F%2Fop.test%2F", "callback.iss.mismatch"),
            ("error=access_denied&state=st&iss=https://evil.test", "callback.iss.mismatch"),
            ("code=c&state=st&state=st", "callback.duplicate"),
            ("code=c&%63ode=c&state=st", "callback.duplicate"),
            ("code=c&state=st&error=x", "callback.code_and_error"),
            ("state=st", "callback.code.missing"),
            ("code=&state=st", "callback.code.malformed"),
            ("code=a%0d%0ab&state=st", "callback.code.malformed"),
            ("code=c&state=st&id_token=x", "callback.unexpected"),
            ("code=%zz&state=st", "callback.encoding"),
            ("error=access_denied&state=st", "provider.error"),
        ] {
            assert_eq!(accept(query, false), Err(code), "{query}");
        }
        assert_eq!(accept("code=c&state=st", true), Err("callback.iss.missing"));
        let long = format!("code=c&state=st&x={}", "y".repeat(70_000));
        assert_eq!(accept(&long, false), Err("limit.callback"));
    }

    #[test]
    fn x05_x06_x30_tolerances() {
        for query in [
            "code=a+b%2B&state=st&session_state=x.y&Code=z&code[]=1",
            "&iss=https://op.test&state=%73t&code=a%20b%2b&",
        ] {
            assert_eq!(accept(query, false).as_deref(), Ok("a b+"), "{query}");
        }
    }
}
