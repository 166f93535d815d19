//! The userinfo endpoint (OIDC Core 5.3).

use std::fmt;

use url::Url;

use super::{
    bearer,
    claims::{self, Claims},
    id_token::{Check, IdToken, Relaxation, Subject},
    token::read_declared_json,
};
use crate::{
    error::{
        Claim, ClaimProblem, Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem,
        TokenKind, TokenProblem,
    },
    http::{HttpRequest, HttpResponse},
    jose::jwt::{self, broken},
    json::Object,
    limits::Limits,
    secret::AccessToken,
    text,
};

/// Claims about the subject of a verified ID token: of the userinfo endpoint, or of the token itself
/// ([`source`](Self::source)).
#[derive(Clone)]
pub struct UserInfo {
    pub(crate) sub: String,
    pub(crate) claims: Claims,
    pub(crate) source: UserInfoSource,
    pub(crate) checks: Vec<Check>,
    pub(crate) relaxations: Vec<Relaxation>,
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
        Self {
            sub: token.subject().sub().to_owned(),
            claims: token.claims().clone(),
            source: UserInfoSource::IdToken,
            checks: token.checks().to_vec(),
            relaxations: token.relaxations().to_vec(),
        }
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

    /// What was checked, in order: [`Check::Signature`] is there for a signed answer, [`Check::UserInfoSubject`] unless it
    /// was asked for unbound. Of claims out of the ID token, what was checked of that.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The settings of this application without which it had been refused.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
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

/// Reads a plain answer; with a subject, `sub` must be its (OIDC Core 5.3.2, 5.3.4).
pub(crate) fn read(
    response: &HttpResponse,
    subject: Option<&Subject>,
    limits: &Limits,
) -> Result<UserInfo, Error> {
    // OIDC Core 5.3.2
    let object = read_declared_json(response, Purpose::UserInfo, limits)
        .map_err(|error| bearer::explain(response, Purpose::UserInfo, error))?;
    let sub = check_sub(&object, subject)
        .map_err(|problem| ErrorKind::Token { kind: TokenKind::UserInfo, problem })?;
    let claims = Claims::new(response.body()).ok_or_else(|| {
        let problem = ResponseProblem::Json(JsonProblem::new("$", JsonFault::Syntax));
        ErrorKind::Response { purpose: Purpose::UserInfo, problem }
    })?;
    Ok(UserInfo {
        sub: sub.to_owned(),
        claims,
        source: UserInfoSource::Endpoint,
        checks: subject.map(|_| Check::UserInfoSubject).into_iter().collect(),
        relaxations: Vec::new(),
    })
}

/// `sub`: the subject's, where there is one (OIDC Core 5.3.2).
pub(crate) fn check_sub<'o>(
    object: &'o Object<'_>,
    subject: Option<&Subject>,
) -> Result<&'o str, TokenProblem> {
    let Some(subject) = subject else { return claims::sub(object) };
    let sub = jwt::required_string(object, Claim::Sub)?;
    match sub == subject.sub() {
        true => Ok(sub),
        false => Err(broken(Claim::Sub, ClaimProblem::Mismatch(None))),
    }
}
