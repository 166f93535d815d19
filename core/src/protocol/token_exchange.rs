//! Token exchange: types of tokens, and the answer (RFC 8693 2.2, 3).

use std::fmt;

use crate::{
    error::{Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem, Shown},
    http::HttpResponse,
    json::Object,
    protocol::{
        relaxation::Relaxation,
        token::{self, TokenSet, is_bearer},
        token_tolerance::TokenRules,
    },
    secret::{AccessToken, RefreshToken, SecurityToken},
    time::UnixTime,
};

/// What a token is (RFC 8693 3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenType {
    /// An access token of the provider.
    AccessToken,
    /// A refresh token of the provider.
    RefreshToken,
    /// An ID token.
    IdToken,
    /// A SAML 1.1 assertion, base64url-encoded.
    Saml1,
    /// A SAML 2.0 assertion, base64url-encoded.
    Saml2,
    /// Any JWT.
    Jwt,
    /// Any other, by its URI.
    Other(String),
}

impl TokenType {
    /// The URI.
    pub fn as_str(&self) -> &str {
        match self {
            Self::AccessToken => "urn:ietf:params:oauth:token-type:access_token",
            Self::RefreshToken => "urn:ietf:params:oauth:token-type:refresh_token",
            Self::IdToken => "urn:ietf:params:oauth:token-type:id_token",
            Self::Saml1 => "urn:ietf:params:oauth:token-type:saml1",
            Self::Saml2 => "urn:ietf:params:oauth:token-type:saml2",
            Self::Jwt => "urn:ietf:params:oauth:token-type:jwt",
            Self::Other(uri) => uri,
        }
    }

    fn parse(uri: &str) -> Self {
        let known = [
            Self::AccessToken,
            Self::RefreshToken,
            Self::IdToken,
            Self::Saml1,
            Self::Saml2,
            Self::Jwt,
        ];
        known
            .into_iter()
            .find(|known| known.as_str() == uri)
            .unwrap_or_else(|| Self::Other(uri.to_owned()))
    }
}

/// What a token exchange issued.
#[derive(Clone)]
pub struct ExchangedToken {
    issued_token_type: TokenType,
    token: SecurityToken,
    tokens: TokenSet,
    bearer: bool,
}

impl ExchangedToken {
    /// What was issued. The provider may issue another type than the requested one: look before you use it.
    pub fn issued_token_type(&self) -> &TokenType {
        &self.issued_token_type
    }

    /// The token, whatever it is. A JWT among them is not verified.
    pub fn token(&self) -> &SecurityToken {
        &self.token
    }

    /// The token as one for the `Authorization: Bearer` header; none where the provider says that it is no access
    /// token (`token_type` is `N_A`), nor where it is a refresh token, whatever its `token_type`: that one goes to the
    /// token endpoint only (RFC 6749 1.5).
    pub fn access_token(&self) -> Option<&AccessToken> {
        // Some providers name what was asked for as issued, and send it beside an access token.
        let refresh =
            self.issued_token_type == TokenType::RefreshToken && self.refresh_token().is_none();
        (self.bearer && !refresh).then(|| self.tokens.access_token())
    }

    /// A refresh token, where one came.
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.tokens.refresh_token()
    }

    /// When the token expires, by this machine's clock; `None` where the provider does not say.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.tokens.expires_at()
    }

    /// The settings of this application without which the answer had been refused, or its scope read otherwise.
    pub fn relaxations(&self) -> &[Relaxation] {
        self.tokens.relaxations()
    }

    /// The granted scope: what the provider says, or what was asked for where it says nothing.
    pub fn scope(&self) -> &[String] {
        self.tokens.scope()
    }
}

impl fmt::Debug for ExchangedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExchangedToken")
            .field("issued_token_type", &Shown::new(self.issued_token_type.as_str()))
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}

/// Reads the answer to an exchange for the scope `asked`.
pub(crate) fn read(
    response: &HttpResponse,
    asked: &str,
    rules: TokenRules<'_>,
    now: UnixTime,
) -> Result<ExchangedToken, Error> {
    let mut used = Vec::new();
    let object = token::read_members(response, rules, &mut used)?;
    parse(&object, asked, rules, used, now)
        .map_err(|problem| ErrorKind::Response { purpose: Purpose::Token, problem }.into())
}

fn parse(
    object: &Object<'_>,
    asked: &str,
    rules: TokenRules<'_>,
    used: Vec<Relaxation>,
    now: UnixTime,
) -> Result<ExchangedToken, ResponseProblem> {
    let json = ResponseProblem::Json;
    // RFC 8693 2.2.1; an empty name names nothing.
    let issued = match object.required_string("issued_token_type").map_err(json)? {
        "" => return Err(json(JsonProblem::new("issued_token_type", JsonFault::Missing))),
        uri => TokenType::parse(uri),
    };
    let bearer = match object.string("token_type").map_err(json)? {
        Some(token_type) if is_bearer(token_type) => true,
        Some(token_type) if token_type.eq_ignore_ascii_case("N_A") => false,
        Some(token_type) => return Err(ResponseProblem::TokenType(Shown::new(token_type))),
        // Some servers leave it out: then only what is called an access token is one.
        None => issued == TokenType::AccessToken,
    };
    let token = object.required_string("access_token").map_err(json)?;
    let token = SecurityToken::parse(token);
    Ok(ExchangedToken {
        issued_token_type: issued,
        token: token.ok_or(ResponseProblem::TokenCharacters("access_token"))?,
        // An ID token beside it is nobody's login here.
        tokens: token::tokens(object, asked, rules, used, now)?.tokens,
        bearer,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn parsed(members: &str) -> Result<ExchangedToken, &'static str> {
        let text = format!(r#"{{"access_token":"at"{members}}}"#);
        let object = json::parse_object(text.as_bytes(), 8).unwrap();
        let (limits, tolerance) = Default::default();
        let rules = TokenRules { limits: &limits, tolerance: &tolerance };
        parse(&object, "a b", rules, Vec::new(), UnixTime::from_seconds(1000)).map_err(|problem| {
            Error::from(ErrorKind::Response { purpose: Purpose::Token, problem }).code()
        })
    }

    #[test]
    fn g13_what_is_issued_is_named_and_n_a_is_no_bearer_token() {
        let access = r#","issued_token_type":"urn:ietf:params:oauth:token-type:access_token""#;
        let id_token = r#","issued_token_type":"urn:ietf:params:oauth:token-type:id_token""#;
        for (issued, token_type, bearer) in [
            (access, r#","token_type":"bearer""#, true),
            (access, "", true),
            (access, r#","token_type":null"#, true),
            (access, r#","token_type":"N_A""#, false),
            (id_token, r#","token_type":"n_a""#, false),
            (id_token, "", false),
            (id_token, r#","token_type":"Bearer""#, true),
        ] {
            let read = parsed(&format!("{issued}{token_type}")).ok().unwrap();
            assert_eq!(read.access_token().is_some(), bearer, "{issued}{token_type}");
            assert_eq!(read.token().expose(), "at");
            assert_eq!(read.scope(), ["a", "b"]);
        }
        for (members, code) in [
            (r#","token_type":"Bearer""#, "json.missing"),
            (r#","token_type":"Bearer","issued_token_type":7"#, "json.type"),
            (r#","token_type":"Bearer","issued_token_type":"""#, "json.missing"),
            (&format!(r#"{access},"token_type":"DPoP""#)[..], "response.token_type"),
            (&format!(r#"{access},"token_type":7"#)[..], "json.type"),
            (&format!(r#"{access},"refresh_token":"a\nb""#)[..], "response.token_characters"),
        ] {
            assert_eq!(parsed(members).err(), Some(code), "{members}");
        }
    }

    #[test]
    fn types_survive_both_ways() {
        let own = TokenType::Other("https://op.test/own".to_owned());
        for token_type in [TokenType::AccessToken, TokenType::Saml2, TokenType::Jwt, own] {
            assert_eq!(TokenType::parse(token_type.as_str()), token_type);
        }
    }
}
