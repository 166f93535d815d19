//! What an authorization request asks for (RFC 6749 3.1.1, OAuth Multiple Response Types 3 to 5, OIDC Core 3).

use std::fmt;

use super::metadata::same_response_type;
use crate::error::{ApiMisuse, Error, Shown};

/// How the response comes back (OAuth Multiple Response Types 2.1, Form Post 2, JARM 2.3).
///
/// The four with `jwt` bring one parameter, `response`: a token that the provider has signed, and in which the others
/// stand. Nobody on the way can then change, drop or swap one of them, and a plain response is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseMode {
    /// In the query of the redirect URI: the default of the code flow.
    #[default]
    Query,
    /// In its fragment.
    Fragment,
    /// As a form that the browser posts. The post comes from the provider's site: a session cookie with `SameSite=Lax`
    /// does not come along.
    FormPost,
    /// As a signed token, by the way that is the response type's own (JARM 2.3.4).
    Jwt,
    /// As a signed token in the query of the redirect URI (JARM 2.3.1).
    QueryJwt,
    /// As a signed token in its fragment (JARM 2.3.2).
    FragmentJwt,
    /// As a signed token in a form that the browser posts (JARM 2.3.3), like [`FormPost`](Self::FormPost).
    FormPostJwt,
}

impl ResponseMode {
    /// The value of `response_mode`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Fragment => "fragment",
            Self::FormPost => "form_post",
            Self::Jwt => "jwt",
            Self::QueryJwt => "query.jwt",
            Self::FragmentJwt => "fragment.jwt",
            Self::FormPostJwt => "form_post.jwt",
        }
    }

    /// The response is a signed token (JARM).
    pub fn is_jwt(self) -> bool {
        matches!(self, Self::Jwt | Self::QueryJwt | Self::FragmentJwt | Self::FormPostJwt)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        MODES.into_iter().find(|mode| mode.as_str() == text)
    }
}

const MODES: [ResponseMode; 7] = [
    ResponseMode::Query,
    ResponseMode::Fragment,
    ResponseMode::FormPost,
    ResponseMode::Jwt,
    ResponseMode::QueryJwt,
    ResponseMode::FragmentJwt,
    ResponseMode::FormPostJwt,
];

/// `response_type`: what the authorization endpoint gives out. A set: the order of its words means nothing.
///
/// [`Code`](Self::Code) is the default and the right choice for every kind of application. Types that give an access
/// token to the browser must not be used any more (RFC 9700 2.1.2): the token stands in the browser's history and can
/// be stolen or swapped there. A request for one needs
/// [`insecure_front_channel_access_token`](crate::flow::start_login::StartLogin::insecure_front_channel_access_token).
///
/// ```
/// use relying_party::protocol::response_type::ResponseType;
///
/// # fn main() -> Result<(), relying_party::Error> {
/// assert_eq!(ResponseType::parse("token code id_token")?, ResponseType::CodeIdTokenToken);
/// assert_eq!(ResponseType::CodeIdTokenToken.as_str(), "code id_token token");
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseType {
    /// `code` (OIDC Core 3.1): every token comes from the token endpoint.
    #[default]
    Code,
    /// `id_token` (OIDC Core 3.2): an ID token and nothing else. It passes through the browser.
    IdToken,
    /// `id_token token` (OIDC Core 3.2): both tokens pass through the browser (RFC 9700 2.1.2).
    IdTokenToken,
    /// `code id_token` (OIDC Core 3.3): an ID token through the browser, and all tokens for the code.
    CodeIdToken,
    /// `code token` (OIDC Core 3.3): an access token through the browser as well (RFC 9700 2.1.2).
    CodeToken,
    /// `code id_token token` (OIDC Core 3.3): both tokens through the browser as well (RFC 9700 2.1.2).
    CodeIdTokenToken,
    /// `token` (RFC 6749 4.2): an access token through the browser alone, and no login (RFC 9700 2.1.2).
    Token,
    /// `none` (OAuth Multiple Response Types 4): a confirmation, and nothing else.
    None,
}

impl ResponseType {
    /// Reads a value; its words may stand in any order, each of them once.
    ///
    /// # Errors
    /// [`ApiMisuse::ResponseType`] when it is none of the registered types.
    pub fn parse(text: &str) -> Result<Self, Error> {
        ALL.into_iter()
            .find(|own| same_response_type(own.as_str(), text))
            .ok_or(ApiMisuse::ResponseType(Shown::new(text)).into())
    }

    /// The value as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
            Self::CodeIdToken => "code id_token",
            Self::CodeToken => "code token",
            Self::CodeIdTokenToken => "code id_token token",
            Self::Token => "token",
            Self::None => "none",
        }
    }

    /// A code comes back.
    pub fn has_code(self) -> bool {
        self.has("code")
    }

    /// An ID token comes back through the browser.
    pub fn has_id_token(self) -> bool {
        self.has("id_token")
    }

    /// An access token comes back through the browser.
    pub fn has_access_token(self) -> bool {
        self.has("token")
    }

    fn has(self, word: &str) -> bool {
        self.as_str().split(' ').any(|own| own == word)
    }

    /// How the response comes back where nothing is said (OAuth Multiple Response Types 2.1, 3, 5).
    pub fn default_mode(self) -> ResponseMode {
        if self.has_id_token() || self.has_access_token() {
            ResponseMode::Fragment
        } else {
            ResponseMode::Query
        }
    }

    /// The way by which a response of this mode comes: query, fragment or form.
    pub(crate) fn way(self, mode: ResponseMode) -> ResponseMode {
        match mode {
            // JARM 2.3.4
            ResponseMode::Jwt => self.default_mode(),
            ResponseMode::Query | ResponseMode::QueryJwt => ResponseMode::Query,
            ResponseMode::Fragment | ResponseMode::FragmentJwt => ResponseMode::Fragment,
            ResponseMode::FormPost | ResponseMode::FormPostJwt => ResponseMode::FormPost,
        }
    }

    /// A token in a query would stand in logs and `Referer` headers (OAuth Multiple Response Types 3, 5), and a signature
    /// does not hide it (JARM 2.3.1).
    pub(crate) fn allows(self, mode: ResponseMode) -> bool {
        self.way(mode) != ResponseMode::Query || self.default_mode() == ResponseMode::Query
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const ALL: [ResponseType; 8] = [
    ResponseType::Code,
    ResponseType::IdToken,
    ResponseType::IdTokenToken,
    ResponseType::CodeIdToken,
    ResponseType::CodeToken,
    ResponseType::CodeIdTokenToken,
    ResponseType::Token,
    ResponseType::None,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_words_in_any_order() {
        for own in ALL {
            let mut words: Vec<&str> = own.as_str().split(' ').collect();
            words.reverse();
            assert_eq!(ResponseType::parse(&words.join(" ")).ok(), Some(own));
        }
        for text in ["", "code code", "code none", "Code", "code  token", "code,token", "saml"] {
            let error = ResponseType::parse(text).unwrap_err();
            assert_eq!(error.code(), "misuse.response_type", "{text:?}");
        }
    }

    #[test]
    fn what_holds_a_token_never_comes_in_a_query() {
        for own in ALL {
            let tokens = own.as_str().contains("token");
            assert_eq!(own.allows(ResponseMode::Query), !tokens, "{own}");
            assert_eq!(own.allows(ResponseMode::QueryJwt), !tokens, "{own}");
            assert!(own.allows(ResponseMode::Fragment) && own.allows(ResponseMode::FormPost));
            assert!(own.allows(ResponseMode::FragmentJwt) && own.allows(ResponseMode::FormPostJwt));
            assert!(own.allows(own.default_mode()) && own.allows(ResponseMode::Jwt), "{own}");
            assert_eq!(own.way(ResponseMode::Jwt), own.default_mode());
        }
    }

    #[test]
    fn a_mode_is_read_as_it_is_written() {
        for mode in MODES {
            assert_eq!(ResponseMode::parse(mode.as_str()), Some(mode));
            assert_eq!(mode.as_str().ends_with("jwt"), mode.is_jwt());
        }
        for text in ["", "JWT", "query.JWT", "jwt ", "web_message"] {
            assert_eq!(ResponseMode::parse(text), None, "{text:?}");
        }
    }
}
