//! The authorization response (OIDC Core 3.1.2.5, RFC 6749 4.1.2, RFC 9207), plain or as a signed token (JARM).

use std::fmt;

use super::{
    authorization::ResponseMode, issuer_rules::ExpectedIssuer, response_type::ResponseType,
};
use crate::{
    error::{Bound, CallbackProblem, Comparison, Error, ErrorKind, OAuthError, Purpose, Shown},
    jose::{algorithm::Algorithm, jws::peek},
    limits::Limits,
    secret::{AuthorizationCode, RawToken, State},
    text,
};

/// A parsed authorization response, not yet matched with the login that asked for it.
///
/// Parsing refuses a parameter that occurs twice, broken encodings and an overlong text. What it says is trusted
/// only after [`finish_login`](crate::Client::finish_login) has matched its `state`.
pub struct Callback {
    parameters: Vec<(String, String)>,
    state: Option<State>,
    /// The way by which it came.
    mode: ResponseMode,
    /// What has signed its parameters, once that was verified.
    signed: Option<Algorithm>,
}

/// What the login that asked for it remembers.
pub(crate) struct Expected<'a> {
    pub(crate) state: &'a State,
    pub(crate) issuer: ExpectedIssuer<'a>,
    pub(crate) iss_required: bool,
    pub(crate) client_id: &'a str,
    pub(crate) mode: ResponseMode,
    pub(crate) response_type: ResponseType,
}

/// What a response that fits brought; whatever the response type says is there. Tokens are not yet verified.
pub(crate) struct Accepted {
    pub(crate) code: Option<AuthorizationCode>,
    pub(crate) id_token: Option<RawToken>,
}

/// The parameters of a response besides those of the protocol, for instance `session_state`. `Debug` shows how many.
#[derive(Clone, Default)]
pub struct ResponseParameters(Vec<(String, String)>);

impl ResponseParameters {
    /// One of them, as it came; nothing about it is checked.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for ResponseParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResponseParameters({})", self.0.len())
    }
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

    /// From the whole address with which the browser came back, for applications that see all of it: the fragment if
    /// it holds a `state` or a `response`, else the query. Which of the two had to hold it is looked at when the login is
    /// finished.
    ///
    /// # Errors
    /// As [`from_query`](Self::from_query).
    pub fn from_url(url: &str, limits: &Limits) -> Result<Self, Error> {
        let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
        // Some providers and browsers append a fragment of their own.
        let ours = |pair: &str| pair.starts_with("state=") || pair.starts_with("response=");
        if fragment.split('&').any(ours) {
            return Self::from_fragment(fragment, limits);
        }
        Self::from_query(rest.split_once('?').map_or("", |(_, query)| query), limits)
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
        let mut callback = Self { parameters, state: None, mode, signed: None };
        let token = callback.parameter(RESPONSE);
        let inside = token.and_then(|token| peek::string(token, "state", limits));
        let named = inside.as_deref().or(callback.parameter("state"));
        callback.state = named.and_then(State::parse);
        Ok(callback)
    }

    /// The same response with what its token says instead of the token.
    pub(crate) fn opened(&self, mut parameters: Vec<(String, String)>, signed: Algorithm) -> Self {
        parameters.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let signed = Some(signed);
        let mut opened = Self { parameters, state: None, mode: self.mode, signed };
        opened.state = opened.parameter("state").and_then(State::parse);
        opened
    }

    /// The token that stands for all parameters, where one was asked for (JARM 2.3), and where none was, that there is
    /// none. Other parameters beside it are no part of the response; were one of them read all the same, whoever is on
    /// the way could say it.
    pub(crate) fn token(&self, asked: ResponseMode) -> Result<Option<&str>, CallbackProblem> {
        match (asked.is_jwt(), self.parameter(RESPONSE)) {
            (false, None) => Ok(None),
            (false, Some(_)) => Err(CallbackProblem::Unexpected(Shown::new(RESPONSE))),
            (true, None) => Err(CallbackProblem::ResponseMissing),
            (true, Some(token)) => {
                let beside = OWN.into_iter().chain(["error", "error_description"]);
                match beside.into_iter().find(|name| self.parameter(name).is_some()) {
                    Some(name) => Err(CallbackProblem::Unexpected(Shown::new(name))),
                    None => Ok(Some(token)),
                }
            }
        }
    }

    /// The token of which nothing can be read yet.
    #[cfg(feature = "encryption")]
    pub(crate) fn encrypted(&self) -> Option<&str> {
        self.parameter(RESPONSE).filter(|_| self.state.is_none())
    }

    /// With the `state` of what was found in its token.
    #[cfg(feature = "encryption")]
    pub(crate) fn with_state_of(self, signed: &str, limits: &Limits) -> Self {
        let named = peek::string(signed, "state", limits);
        Self { state: named.as_deref().and_then(State::parse), ..self }
    }

    /// What has signed its parameters.
    pub(crate) fn signed(&self) -> Option<Algorithm> {
        self.signed
    }

    /// `state`: the key under which the browser's session keeps the pending login. In a signed response
    /// ([`ResponseMode::Jwt`]) it is read before anything is verified, and is a key to look by and nothing more. In an
    /// encrypted one it is none before `Client::decrypt_state` has read it.
    pub fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// Any parameter, as it came; nothing about it is checked.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let index = self.parameters.binary_search_by(|(own, _)| own.as_str().cmp(name)).ok()?;
        self.parameters.get(index).map(|(_, value)| value.as_str())
    }

    /// The code and the ID token that were asked for, once everything fits. Nothing may be sent before.
    pub(crate) fn accept(&self, expected: &Expected<'_>) -> Result<Accepted, Error> {
        self.belongs(expected)?;
        let due = expected.response_type;
        // OIDC Core 3.2.2.5, 3.3.2.5: what the response type says, and nothing else.
        for (name, asked) in [
            ("access_token", due.has_access_token()),
            ("id_token", due.has_id_token()),
            ("code", due.has_code()),
        ] {
            if !asked && self.parameter(name).is_some() {
                return Err(CallbackProblem::Unexpected(Shown::new(name)).into());
            }
        }
        if let Some(error) = self.parameter("error") {
            if self.parameter("code").is_some() {
                return Err(CallbackProblem::CodeAndError.into());
            }
            return Err(OAuthError {
                endpoint: Purpose::Authorization,
                status: None,
                error: Shown::new(error),
                description: self.parameter("error_description").map(Shown::new),
            }
            .into());
        }
        let code = self.due_code(due)?;
        let tokens = [("id_token", due.has_id_token()), ("access_token", due.has_access_token())];
        for (name, asked) in tokens {
            if asked && self.parameter(name).is_none() {
                return Err(CallbackProblem::TokenMissing(name).into());
            }
        }
        // OAuth Multiple Response Types 2.1; a provider that cannot answer as asked may say so in the query.
        let way = due.way(expected.mode);
        if self.mode != way {
            let comparison = Comparison::new(way.as_str(), self.mode.as_str());
            return Err(CallbackProblem::ResponseMode(comparison).into());
        }
        let malformed = || Error::from(CallbackProblem::CodeMalformed);
        let code = code
            .map(|code| {
                let bounded = Some(code).filter(|code| code.len() <= MAX_CODE);
                bounded.and_then(AuthorizationCode::parse).ok_or_else(malformed)
            })
            .transpose()?;
        let id_token = self
            .parameter("id_token")
            .map(|text| RawToken::parse(text).ok_or(CallbackProblem::Malformed("id_token")))
            .transpose()?;
        Ok(Accepted { code, id_token })
    }

    /// Whether it is the answer to this request, from this provider, for this client: on errors too.
    fn belongs(&self, expected: &Expected<'_>) -> Result<(), CallbackProblem> {
        // RFC 6749 10.12
        match self.state() {
            None => return Err(CallbackProblem::StateMissing),
            Some(state) if state != expected.state => return Err(CallbackProblem::StateMismatch),
            Some(_) => {}
        }
        // RFC 9207 2.4
        match self.parameter("iss") {
            // RFC 9207 4: not necessary beside an ID token, whose `iss` is checked before anything is sent
            None if expected.iss_required && !self.vouched(expected.response_type) => {
                return Err(CallbackProblem::IssMissing);
            }
            Some(iss) => {
                expected.issuer.of_response(iss).map_err(CallbackProblem::IssMismatch)?;
            }
            None => {}
        }
        // Some providers repeat it, as a defence against mix-ups.
        match self.parameter("client_id") {
            Some(theirs) if theirs != expected.client_id => {
                Err(CallbackProblem::ClientId(Comparison::new(expected.client_id, theirs)))
            }
            _ => Ok(()),
        }
    }

    /// An ID token that was asked for is there, and names the issuer.
    fn vouched(&self, due: ResponseType) -> bool {
        due.has_id_token() && self.parameter("id_token").is_some()
    }

    fn due_code(&self, due: ResponseType) -> Result<Option<&str>, CallbackProblem> {
        match self.parameter("code") {
            None if due.has_code() => Err(CallbackProblem::CodeMissing),
            code => Ok(code),
        }
    }

    /// What is left for the application.
    pub(crate) fn extra(&self) -> ResponseParameters {
        let own = |name: &str| OWN.contains(&name);
        let extra = self.parameters.iter().filter(|(name, _)| !own(name));
        ResponseParameters(extra.cloned().collect())
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// JARM 2.3
const RESPONSE: &str = "response";

/// What the library reads itself.
const OWN: [&str; 10] = [
    "access_token",
    "client_id",
    "code",
    "expires_in",
    "id_token",
    "iss",
    "refresh_token",
    "scope",
    "state",
    "token_type",
];

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
            client_id: "me",
            mode: ResponseMode::Query,
            response_type: ResponseType::Code,
        };
        callback.token(expected.mode).map_err(|problem| Error::from(problem).code())?;
        let accepted = callback.accept(&expected).map_err(|e| e.code())?;
        Ok(accepted.code.unwrap().expose().to_owned())
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
            ("response=x.y.z", "callback.unexpected"),
            ("code=c&state=st&client_id=you", "callback.client_id.mismatch"),
            ("error=access_denied&state=st&client_id=", "callback.client_id.mismatch"),
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
            "code=a+b%2B&state=st&session_state=x.y&Code=z&code[]=1&client_id=me",
            "&iss=https://op.test&state=%73t&code=a%20b%2b&",
        ] {
            assert_eq!(accept(query, false).as_deref(), Ok("a b+"), "{query}");
        }
    }
}
