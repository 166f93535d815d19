//! The userinfo endpoint (OIDC Core 5.3).

use url::Url;

use super::{claims::Claims, id_token::Subject, token::read_json};
use crate::{
    error::{
        Claim, ClaimProblem, Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem,
        Shown, TokenKind, TokenProblem,
    },
    http::{HttpRequest, HttpResponse},
    jose::jwt::{self, broken},
    limits::Limits,
    secret::AccessToken,
};

/// The claims of the userinfo endpoint, about the subject of a verified ID token.
#[derive(Clone, Debug)]
pub struct UserInfo {
    sub: String,
    claims: Claims,
}

impl UserInfo {
    /// `sub`: the ID token's, unless it was asked for unbound.
    pub fn sub(&self) -> &str {
        &self.sub
    }

    /// The claims. Those of the ID token are the more trusted ones: nothing here overrides them.
    pub fn claims(&self) -> &Claims {
        &self.claims
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
}

/// The request. The token goes into the header, never into the address (RFC 6750 2.3).
pub(crate) fn request(
    endpoint: Url,
    method: UserInfoMethod,
    token: &AccessToken,
    limits: &Limits,
) -> Result<HttpRequest, Error> {
    let request = match method {
        UserInfoMethod::Get => HttpRequest::get(endpoint, Purpose::UserInfo, limits),
        UserInfoMethod::Post => {
            HttpRequest::post_form(endpoint, String::new(), Purpose::UserInfo, limits)
        }
    };
    request.header("authorization", format!("Bearer {}", token.expose()))
}

/// Reads the answer; with a subject, `sub` must be its (OIDC Core 5.3.2, 5.3.4).
pub(crate) fn read(
    response: &HttpResponse,
    subject: Option<&Subject>,
    limits: &Limits,
) -> Result<UserInfo, Error> {
    let unusable =
        |problem| Error::from(ErrorKind::Response { purpose: Purpose::UserInfo, problem });
    // OIDC Core 5.3.2: signed or encrypted claims are another document, never read as a plain one.
    if let Some(media_type) = response.media_type()
        && media_type.eq_ignore_ascii_case("application/jwt")
    {
        return Err(unusable(ResponseProblem::ContentType(Shown::new(media_type))));
    }
    let object = read_json(response, Purpose::UserInfo, limits)?;
    let refuse = |problem: TokenProblem| {
        Error::from(ErrorKind::Token { kind: TokenKind::UserInfo, problem })
    };
    let sub = jwt::required_string(&object, Claim::Sub).map_err(refuse)?;
    if subject.is_some_and(|subject| subject.sub() != sub) {
        return Err(refuse(broken(Claim::Sub, ClaimProblem::Mismatch(None))));
    }
    let claims = Claims::new(response.body())
        .ok_or_else(|| unusable(ResponseProblem::Json(JsonProblem::new("$", JsonFault::Syntax))))?;
    Ok(UserInfo { sub: sub.to_owned(), claims })
}
