//! Tokens that pass through the browser (OIDC Core 3.2.2.5 and 3.3.2.5, RFC 6749 4.2.2).

use std::time::Duration;

use super::{
    callback::Callback,
    id_token::IdToken,
    token::{TokenSet, is_bearer},
};
use crate::{
    error::{CallbackProblem, Claim, ClaimProblem, Error, ErrorKind, Purpose, ResponseProblem},
    error::{Shown, TokenProblem},
    jose::jwt::broken,
    secret::AccessToken,
    time::UnixTime,
};

/// The access token of a response to a request for the scope `asked`; the response was accepted before.
pub(crate) fn tokens(
    callback: &Callback,
    asked: &str,
    now: UnixTime,
) -> Result<Option<TokenSet>, Error> {
    let Some(access_token) = callback.parameter("access_token") else { return Ok(None) };
    // RFC 6749 4.2.2, 7.1
    let token_type =
        callback.parameter("token_type").ok_or(CallbackProblem::TokenMissing("token_type"))?;
    if !is_bearer(token_type) {
        let problem = ResponseProblem::TokenType(Shown::new(token_type));
        return Err(ErrorKind::Response { purpose: Purpose::Authorization, problem }.into());
    }
    let access_token =
        AccessToken::parse(access_token).ok_or(CallbackProblem::Malformed("access_token"))?;
    let lifetime = match callback.parameter("expires_in") {
        None | Some("") => None,
        // RFC 6749 A.14
        Some(text) => {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let seconds = Some(text).filter(|_| digits).and_then(|text| text.parse().ok());
            Some(seconds.ok_or(CallbackProblem::Malformed("expires_in"))?)
        }
    };
    let expires_at =
        lifetime.map(|seconds: u64| now.after(Duration::from_secs(seconds.min(HUNDRED_YEARS))));
    let scope = callback.parameter("scope").unwrap_or(asked);
    Ok(Some(TokenSet::from_front_channel(access_token, expires_at, scope)))
}

/// Holds the ID token of the token endpoint against the one of the authorization response, both of them valid and so
/// with the same `iss` and `nonce`.
pub(crate) fn agree(front: &IdToken, back: &IdToken) -> Result<(), TokenProblem> {
    let differs = |claim| Err(broken(claim, ClaimProblem::Mismatch(None)));
    // OIDC Core 3.3.3.6: "the iss and sub Claim Values MUST be identical in both ID Tokens"
    if front.subject() != back.subject() {
        return differs(Claim::Sub);
    }
    let names = |one: &IdToken, other: &IdToken| {
        one.audiences().iter().all(|audience| other.audiences().contains(audience))
    };
    if !names(front, back) || !names(back, front) {
        return differs(Claim::Aud);
    }
    // OIDC Core 3.3.3.6: one authentication, hence the same claims about it, wherever they are in both
    if both_differ(front.azp(), back.azp()) {
        return differs(Claim::Azp);
    }
    if both_differ(front.auth_time(), back.auth_time()) {
        return differs(Claim::AuthTime);
    }
    if both_differ(front.acr(), back.acr()) {
        return differs(Claim::Acr);
    }
    Ok(())
}

fn both_differ<T: PartialEq>(front: Option<T>, back: Option<T>) -> bool {
    matches!((front, back), (Some(front), Some(back)) if front != back)
}

const HUNDRED_YEARS: u64 = 100 * 31_557_600;
