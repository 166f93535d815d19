//! The use of an access token, and its refusal (RFC 6750, RFC 9470).

use std::fmt;

use crate::{
    error::{Error, ErrorKind, OAuthError, Purpose, Shown},
    http::{Challenge, HttpRequest, HttpResponse},
    secret::Secret,
    text,
};

/// Why an access token was not good enough, from the challenge of an answer of 400, 401 or 403.
#[derive(Clone)]
pub struct Refusal {
    status: u16,
    challenge: Challenge,
}

impl Refusal {
    /// The first challenge of a scheme for access tokens (RFC 6750 3, RFC 9449 7.1), one with an `error` before
    /// others.
    pub(crate) fn read(response: &HttpResponse) -> Option<Self> {
        let status = response.status();
        if !matches!(status, 400 | 401 | 403) {
            return None;
        }
        let challenges = response.challenges();
        let mut fitting =
            challenges.iter().filter(|challenge| challenge.is("Bearer") || challenge.is("DPoP"));
        let with_error = fitting.clone().find(|challenge| challenge.parameter("error").is_some());
        let challenge = with_error.or_else(|| fitting.next())?.clone();
        Some(Self { status, challenge })
    }

    /// The error, or none where the server knows of no token (RFC 6750 3.1).
    fn oauth_error(&self, endpoint: Purpose) -> Option<OAuthError> {
        Some(OAuthError {
            endpoint,
            status: Some(self.status),
            error: self.error()?,
            description: self.description(),
        })
    }

    /// `error`, bounded and escaped: `invalid_token` (refresh, then ask again), `insufficient_scope`,
    /// `invalid_request` (RFC 6750 3.1), `insufficient_user_authentication` (RFC 9470 3).
    pub fn error(&self) -> Option<Shown> {
        self.challenge.parameter("error").map(Shown::new)
    }

    /// `error_description`, bounded and escaped. For operators, not for visitors.
    pub fn description(&self) -> Option<Shown> {
        self.challenge.parameter("error_description").map(Shown::new)
    }

    /// `scope`: what it would take (RFC 6750 3). Empty where nothing is said, or something that is no scope.
    pub fn scope(&self) -> Vec<&str> {
        self.words("scope")
    }

    /// `acr_values`: how the visitor must have logged in, the best first (RFC 9470 3). Ask for one in a new login, and
    /// only if your application knows it: the server may name anything.
    pub fn acr_values(&self) -> Vec<&str> {
        self.words("acr_values")
    }

    /// `max_age`: how many seconds ago the visitor may have logged in (RFC 9470 3).
    pub fn max_age(&self) -> Option<u32> {
        let text = self.challenge.parameter("max_age")?;
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    }

    /// The whole challenge.
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    fn words(&self, name: &str) -> Vec<&str> {
        let text = self.challenge.parameter(name).unwrap_or_default();
        if !text.bytes().all(text::is_vschar) {
            return Vec::new();
        }
        text.split(' ').filter(|word| !word.is_empty()).collect()
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("status", &self.status)
            .field("error", &self.error())
            .finish_non_exhaustive()
    }
}

/// With the token in the header, its only place (RFC 6750 2.1, RFC 9700 4.3.2).
pub(crate) fn present<K>(request: HttpRequest, token: &Secret<K>) -> Result<HttpRequest, Error> {
    request.header("authorization", format!("Bearer {}", token.expose()))
}

/// The OAuth error of the challenge, where the body had none: `error` says more than a status.
pub(crate) fn explain(response: &HttpResponse, purpose: Purpose, error: Error) -> Error {
    match error.kind() {
        ErrorKind::Response { .. } => {
            let challenged = Refusal::read(response);
            challenged.and_then(|refusal| refusal.oauth_error(purpose)).map_or(error, Error::from)
        }
        _ => error,
    }
}
