//! What a resource server answers to a request that it does not serve (RFC 6750 3).

use crate::{
    error::{
        ApiMisuse, Claim, ClaimProblem, Error, ErrorKind, KeyProblem, Shown, TokenKind,
        TokenProblem,
    },
    protocol::authorization::scope_words,
    secret::AccessToken,
    text,
};

/// A status and a `WWW-Authenticate` for a request whose access token is missing or not good enough.
///
/// ```
/// use relying_party::{error::Error, protocol::bearer_challenge::BearerChallenge};
///
/// /// Status and header of the answer to a request that was refused.
/// fn answer(error: &Error) -> (u16, Option<String>) {
///     match BearerChallenge::of(error) {
///         Some(challenge) => (challenge.status(), Some(challenge.www_authenticate())),
///         // Nobody could say whether the token is good: it is not the caller's fault.
///         None => (503, None),
///     }
/// }
///
/// let missing = BearerChallenge::presented(None).unwrap_err();
/// assert_eq!((missing.status(), missing.www_authenticate()), (401, "Bearer".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerChallenge {
    status: u16,
    error: Option<&'static str>,
    realm: Option<String>,
    scope: Option<String>,
}

impl BearerChallenge {
    /// To a request without a token: 401, and no error, since there is none (RFC 6750 3.1).
    pub fn unauthenticated() -> Self {
        Self::new(401, None)
    }

    /// To a request that no token can be taken out of: with several `Authorization` headers, for instance, or with a
    /// token in two places. 400 `invalid_request` (RFC 6750 2, 3.1).
    pub fn invalid_request() -> Self {
        Self::new(400, Some("invalid_request"))
    }

    /// To a request whose token [`ValidateAccessToken`](crate::flow::validate_access_token::ValidateAccessToken)
    /// refused: 403 `insufficient_scope`, or 401 `invalid_token`. None for every other error: the provider could not be
    /// asked, or this application is not set up right. Why a token is refused is not told to whoever sent it.
    pub fn of(error: &Error) -> Option<Self> {
        let kind = TokenKind::AccessToken;
        match error.kind() {
            ErrorKind::Token {
                kind: of,
                problem:
                    TokenProblem::Claim {
                        claim: Claim::Scope,
                        problem: ClaimProblem::Missing | ClaimProblem::Mismatch(_),
                    },
            } if *of == kind => Some(Self::new(403, Some("insufficient_scope"))),
            ErrorKind::Token { kind: of, .. } if *of == kind => {
                Some(Self::new(401, Some("invalid_token")))
            }
            ErrorKind::Keys(KeyProblem::Unknown { .. }) => {
                Some(Self::new(401, Some("invalid_token")))
            }
            _ => None,
        }
    }

    /// The token out of the value of an `Authorization` header (RFC 6750 2.1); with several such headers, answer
    /// [`invalid_request`](Self::invalid_request) instead.
    ///
    /// # Errors
    /// [`unauthenticated`](Self::unauthenticated) without a value or with another scheme, and 400 `invalid_request` for
    /// the right scheme with something that is no token.
    pub fn presented(authorization: Option<&str>) -> Result<AccessToken, Self> {
        let (scheme, rest) = authorization.unwrap_or_default().split_once(' ').unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(Self::unauthenticated());
        }
        let token = rest.trim_matches(' ');
        AccessToken::parse(token).ok_or(Self::invalid_request())
    }

    fn new(status: u16, error: Option<&'static str>) -> Self {
        Self { status, error, realm: None, scope: None }
    }

    /// With the name of what is protected. Default: none.
    ///
    /// # Errors
    /// [`ApiMisuse::Characters`] when it holds anything but printable ASCII.
    pub fn realm(mut self, realm: &str) -> Result<Self, Error> {
        if !realm.bytes().all(text::is_vschar) {
            return Err(ApiMisuse::Characters("realm").into());
        }
        self.realm = Some(realm.to_owned());
        Ok(self)
    }

    /// With the scope that it takes, separated by spaces. Default: not said.
    ///
    /// # Errors
    /// [`ApiMisuse::Parameter`] when it is no scope (RFC 6749 3.3).
    pub fn scope(mut self, scope: &str) -> Result<Self, Error> {
        let words = scope_words(scope).ok_or(ApiMisuse::Parameter(Shown::new("scope")))?;
        self.scope = Some(words.join(" "));
        Ok(self)
    }

    /// The status to answer with.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// `error`, if there is one.
    pub fn error(&self) -> Option<&'static str> {
        self.error
    }

    /// The value of `WWW-Authenticate` to answer with: one challenge.
    pub fn www_authenticate(&self) -> String {
        let parameters = [
            ("realm", self.realm.as_deref()),
            ("error", self.error),
            ("scope", self.scope.as_deref()),
        ];
        let said = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
        let said: Vec<_> =
            said.map(|(name, value)| format!("{name}=\"{}\"", quoted(value))).collect();
        if said.is_empty() { "Bearer".to_owned() } else { format!("Bearer {}", said.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Challenge;

    #[test]
    fn what_is_written_is_read_again() {
        let plain = BearerChallenge::unauthenticated();
        assert_eq!(plain.www_authenticate(), "Bearer");
        let full = BearerChallenge::new(403, Some("insufficient_scope"));
        let full = full.realm(r#"a "b\" c"#).unwrap().scope("read  write").unwrap();
        let [read] = &Challenge::parse(&full.www_authenticate())[..] else { panic!("not one") };
        assert!(read.is("Bearer"));
        assert_eq!(read.parameter("realm"), Some(r#"a "b\" c"#));
        assert_eq!(read.parameter("scope"), Some("read write"));
        for realm in ["a\r\nx: y", "\u{e9}", "\0"] {
            assert_eq!(plain.clone().realm(realm).unwrap_err().code(), "misuse.characters");
        }
        for scope in ["", " ", "a \"b", "\u{e9}"] {
            assert_eq!(plain.clone().scope(scope).unwrap_err().code(), "misuse.parameter");
        }
    }

    #[test]
    fn u16_a_request_with_several_headers() {
        let several = BearerChallenge::invalid_request();
        assert_eq!((several.status(), several.error()), (400, Some("invalid_request")));
        assert_eq!(several.www_authenticate(), r#"Bearer error="invalid_request""#);
        let realm = several.realm("api").unwrap();
        assert_eq!(realm.www_authenticate(), r#"Bearer realm="api", error="invalid_request""#);
    }

    #[test]
    fn u16_what_a_request_presents() {
        let status = |value| BearerChallenge::presented(value).map_err(|refused| refused.status());
        for (value, token) in
            [("Bearer abc", "abc"), ("bearer abc", "abc"), ("BEARER  a.b-c~+/=  ", "a.b-c~+/=")]
        {
            assert_eq!(status(Some(value)).unwrap().expose(), token);
        }
        for value in [None, Some(""), Some("Bearer"), Some("Basic abc"), Some("Bearerabc x")] {
            assert_eq!(status(value).unwrap_err(), 401, "{value:?}");
        }
        for value in ["Bearer ", "Bearer a b", "Bearer \u{e9}", "Bearer a\tb"] {
            assert_eq!(status(Some(value)).unwrap_err(), 400, "{value:?}");
        }
    }
}
