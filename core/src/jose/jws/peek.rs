//! A look into a token that nobody vouches for: what it says of itself, its signature unread.

use super::{bare_type, decode, refused, split};
use crate::{
    error::TokenProblem,
    json::{self, Value},
    limits::Limits,
    text,
};

/// The payload of a token in compact form. Of the header only what makes it another kind of token is looked at: `alg` may
/// be anything, `none` included, and the signature anything or nothing.
///
/// `types` are the acceptable values of `typ`, as of [`HeaderRules`](super::HeaderRules).
pub(crate) fn payload(
    compact: &str,
    types: &[&str],
    limits: &Limits,
) -> Result<Vec<u8>, TokenProblem> {
    if compact.len() > limits.token {
        return Err(TokenProblem::TooLong { limit: limits.token });
    }
    let (_, header, payload, signature) = split(compact)?;
    let header = decode(header, "its header is not base64url")?;
    let header =
        json::parse_object(&header, limits.json_depth).map_err(TokenProblem::HeaderJson)?;
    match header.get("typ") {
        None => {}
        Some(Value::String(typ)) => {
            let typ = bare_type(typ);
            if !types.iter().any(|acceptable| typ.eq_ignore_ascii_case(acceptable)) {
                return Err(refused("typ", "another kind of token"));
            }
        }
        Some(_) => return Err(refused("typ", "not a string")),
    }
    decode(signature, "its signature is not base64url")?;
    decode(payload, "its payload is not base64url")
}

/// A string claim: to look something up by, never to be believed. Of the header nothing is looked at.
pub(crate) fn string(compact: &str, name: &str, limits: &Limits) -> Option<String> {
    if compact.len() > limits.token {
        return None;
    }
    let (_, _, payload, _) = split(compact).ok()?;
    let payload = text::decode_base64url(payload)?;
    let claims = json::parse_object(&payload, limits.json_depth).ok()?;
    claims.string(name).ok()?.map(str::to_owned)
}
