//! Giving tokens back (RFC 7009).

use super::token::read_json;
use crate::{
    error::{Error, ErrorKind, Purpose, ResponseProblem},
    http::HttpResponse,
    limits::Limits,
};

/// What a token is (`token_type_hint`, RFC 7009 2.1): where the server looks for it first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenTypeHint {
    /// `access_token`
    AccessToken,
    /// `refresh_token`
    RefreshToken,
}

impl TokenTypeHint {
    /// As it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }
}

/// Reads the answer. RFC 7009 2.2: with 200 the token is gone, or never was one, and the body says nothing.
pub(crate) fn read(response: &HttpResponse, limits: &Limits) -> Result<(), Error> {
    let problem = match response.status() {
        200 => return Ok(()),
        // RFC 7009 2.2.1: the token still exists, and may be given back later.
        503 => ResponseProblem::Unavailable(response.retry_after()),
        status => match read_json(response, Purpose::Revocation, limits) {
            Err(error) if !is_unreadable(&error) => return Err(error),
            _ => ResponseProblem::Status(status),
        },
    };
    Err(ErrorKind::Response { purpose: Purpose::Revocation, problem }.into())
}

/// Whether the body was looked at as JSON and is none, which says less than the status.
fn is_unreadable(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Response { problem: ResponseProblem::Json(_), .. })
}
