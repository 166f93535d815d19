//! The userinfo endpoint (OIDC Core 5.3).

use std::fmt;

use url::Url;

use super::{
    bearer,
    claims::{self, Claims},
    id_token::{IdToken, Subject},
    token::read_declared_json,
};
use crate::{
    error::{
        Claim, ClaimProblem, Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem,
        TokenKind, TokenProblem,
    },
    http::{HttpRequest, HttpResponse},
    jose::jwt::{self, broken},
    limits::Limits,
    secret::AccessToken,
    text,
};

/// Claims about the subject of a verified ID token: of the userinfo endpoint, or of the token itself
/// ([`source`](Self::source)).
#[derive(Clone)]
pub struct UserInfo {
    sub: String,
    claims: Claims,
    source: UserInfoSource,
}

/// Where claims about the visitor came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserInfoSource {
    /// The userinfo endpoint, just now.
    Endpoint,
    /// The verified ID token: nothing was asked for beside it.
    IdToken,
}

impl UserInfo {
    /// The claims of a verified ID token.
    pub(crate) fn of_id_token(token: &IdToken) -> Self {
        let sub = token.subject().sub().to_owned();
        Self { sub, claims: token.claims().clone(), source: UserInfoSource::IdToken }
    }

    /// Where the claims came from.
    pub fn source(&self) -> UserInfoSource {
        self.source
    }

    /// `sub`: the ID token's, unless it was asked for unbound.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The claims. Those of the ID token are the more trusted ones: nothing here overrides them.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo").field("source", &self.source).finish_non_exhaustive()
    }
}

/// How the request is made (OIDC Core 5.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserInfoMethod {
    /// `GET`
    #[default]
    Get,
    /// `POST`, with the token in the header all the same.
    Post,
    /// `POST`, with the token in the form (RFC 6750 2.2), for servers that want it there.
    PostBody,
}

/// The request. The token goes into the header or the form, never into the address (RFC 6750 2.3).
pub(crate) fn request(
    endpoint: Url,
    method: UserInfoMethod,
    token: &AccessToken,
    limits: &Limits,
) -> Result<HttpRequest, Error> {
    let post = |form| HttpRequest::post_form(endpoint.clone(), form, Purpose::UserInfo, limits);
    let request = match method {
        UserInfoMethod::Get => HttpRequest::get(endpoint, Purpose::UserInfo, limits),
        UserInfoMethod::Post => post(String::new()),
        UserInfoMethod::PostBody => {
            return Ok(post(text::encode_form([("access_token", token.expose())])));
        }
    };
    bearer::present(request, token)
}

/// Reads the answer; with a subject, `sub` must be its (OIDC Core 5.3.2, 5.3.4).
pub(crate) fn read(
    response: &HttpResponse,
    subject: Option<&Subject>,
    limits: &Limits,
) -> Result<UserInfo, Error> {
    let unusable =
        |problem| Error::from(ErrorKind::Response { purpose: Purpose::UserInfo, problem });
    // OIDC Core 5.3.2
    let object = read_declared_json(response, Purpose::UserInfo, limits)
        .map_err(|error| bearer::explain(response, Purpose::UserInfo, error))?;
    let refuse = |problem: TokenProblem| {
        Error::from(ErrorKind::Token { kind: TokenKind::UserInfo, problem })
    };
    let sub = match subject {
        Some(subject) => {
            let sub = jwt::required_string(&object, Claim::Sub).map_err(refuse)?;
            if sub != subject.sub() {
                return Err(refuse(broken(Claim::Sub, ClaimProblem::Mismatch(None))));
            }
            sub
        }
        None => claims::sub(&object).map_err(refuse)?,
    };
    let document = Claims::new(response.body())
        .ok_or_else(|| unusable(ResponseProblem::Json(JsonProblem::new("$", JsonFault::Syntax))))?;
    let source = UserInfoSource::Endpoint;
    Ok(UserInfo { sub: sub.to_owned(), claims: document, source })
}
