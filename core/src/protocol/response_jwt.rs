//! The signed authorization response (JARM 2.1): which header it may have, and which parameters it holds.
//!
//! The signature (JARM 2.4 (5)) comes first, in [`jose`](crate::jose): no claim is believed before it is good.

use super::issuer_rules::ExpectedIssuer;
use crate::{
    error::{CallbackProblem, Claim, ClaimProblem, Error, ErrorKind, TokenKind, TokenProblem},
    jose::{
        jws::VerifiedJws,
        jwt::{self, Instant, broken},
    },
    json::{self, Number, Value},
};

/// What the claims are held against.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: ExpectedIssuer<'a>,
    pub(crate) client_id: &'a str,
    pub(crate) instant: Instant,
    pub(crate) json_depth: usize,
}

/// The parameters of a response whose signature is good.
pub(crate) fn read(
    jws: &VerifiedJws,
    expected: &Expected<'_>,
) -> Result<Vec<(String, String)>, Error> {
    let refuse = |problem| Error::from(ErrorKind::Token { kind: KIND, problem });
    let claims = json::parse_object(jws.payload(), expected.json_depth)
        .map_err(|problem| refuse(TokenProblem::PayloadJson(problem)))?;
    envelope(&claims, expected).map_err(refuse)?;
    let mut parameters = Vec::new();
    for (name, value) in claims.members().filter(|(name, _)| !ENVELOPE.contains(name)) {
        match parameter(value) {
            Some(text) => parameters.push((name.to_owned(), text)),
            None => {
                if let Some(name) = KNOWN.into_iter().find(|known| *known == name) {
                    return Err(CallbackProblem::Malformed(name).into());
                }
                // RFC 6749 4.1.2: "The client MUST ignore unrecognized response parameters."
            }
        }
    }
    Ok(parameters)
}

fn envelope(claims: &json::Object<'_>, expected: &Expected<'_>) -> Result<(), TokenProblem> {
    // JARM 2.4 (2)
    let iss = jwt::required_string(claims, Claim::Iss)?;
    let mismatch = |both| broken(Claim::Iss, ClaimProblem::Mismatch(Some(both)));
    expected.issuer.of_response(iss).map_err(mismatch)?;
    // JARM 2.4 (3)
    jwt::audiences_with(claims, expected.client_id)?;
    // JARM 2.4 (4)
    expected.instant.not_expired(claims)?;
    if let Some(not_before) = jwt::date(claims, Claim::Nbf)? {
        expected.instant.not_after_now(Claim::Nbf, not_before)?;
    }
    // RFC 8725 3.12: an ID token has a `sub`, and a logout token has events.
    for claim in [Claim::Sub, Claim::Nonce, Claim::Events] {
        if claims.get(claim.name()).is_some() {
            return Err(broken(claim, ClaimProblem::Unexpected));
        }
    }
    Ok(())
}

/// A claim as the form would have it: what has digits there may be a number here (`expires_in`, JARM 2.1.2).
fn parameter(value: &Value<'_>) -> Option<String> {
    match value {
        // NUL is refused in a form, too.
        Value::String(text) if !text.contains('\0') => Some(text.as_ref().to_owned()),
        Value::Number(Number::Unsigned(number)) => Some(number.to_string()),
        _ => None,
    }
}

const KIND: TokenKind = TokenKind::AuthorizationResponse;

/// Of the token, and no parameters; `iss` is one as well (RFC 9207).
const ENVELOPE: [&str; 5] = ["aud", "exp", "iat", "jti", "nbf"];

/// Parameters that have a meaning, and so must be readable.
const KNOWN: [&str; 12] = [
    "access_token",
    "client_id",
    "code",
    "error",
    "error_description",
    "expires_in",
    "id_token",
    "iss",
    "scope",
    "session_state",
    "state",
    "token_type",
];
