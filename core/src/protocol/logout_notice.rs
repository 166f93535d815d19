//! A provider's word that somebody logged out, as it arrives: the address that it had the browser load (Front-Channel
//! Logout 2), or the form that it posted itself (Back-Channel Logout 2.5).

use super::{
    issuer_rules::ExpectedIssuer,
    logout_target::{LogoutTarget, MAX_NAME},
    relaxation::Relaxation,
};
use crate::{
    error::{Error, LogoutProblem, Shown},
    limits::Limits,
    text,
};

/// The parameters of a logout request. Others than ours mean nothing here, however often they occur.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(text: &str, limits: &Limits) -> Result<Self, LogoutProblem> {
        if text.len() > limits.callback {
            return Err(LogoutProblem::TooLong);
        }
        text::decode_form(text).map(Self).ok_or(LogoutProblem::Encoding)
    }

    fn one(&self, name: &str) -> Result<Option<&str>, LogoutProblem> {
        let mut values = self.0.iter().filter(|(own, _)| own == name);
        let first = values.next().map(|(_, value)| value.as_str());
        match values.next() {
            Some(_) => Err(LogoutProblem::Duplicate(Shown::new(name))),
            None => Ok(first.filter(|value| !value.is_empty())),
        }
    }
}

/// Whom a front-channel logout names, if it does, and what was tolerated of that. Nobody vouches for what it says.
pub(crate) fn front_channel(
    query: &str,
    issuer: ExpectedIssuer<'_>,
    session_required: bool,
    limits: &Limits,
) -> Result<Option<(LogoutTarget, Option<Relaxation>)>, Error> {
    let parameters = Parameters::read(query.strip_prefix('?').unwrap_or(query), limits)?;
    // Front-Channel Logout 2: "if either is included, both MUST be"
    let (iss, sid) = match (parameters.one("iss")?, parameters.one("sid")?) {
        (Some(iss), Some(sid)) => (iss, sid),
        (None, None) if !session_required => return Ok(None),
        (None, _) => return Err(LogoutProblem::IssMissing.into()),
        (Some(_), None) => return Err(LogoutProblem::SidMissing.into()),
    };
    let tolerance = issuer.of_response(iss).map_err(LogoutProblem::IssMismatch)?;
    if sid.len() > MAX_NAME {
        return Err(LogoutProblem::SidMalformed.into());
    }
    let target = LogoutTarget::new(iss, None, Some(sid));
    Ok(Some((target, tolerance.map(Relaxation::Issuer))))
}

/// `logout_token` of a back-channel logout; nothing about it is known yet.
pub(crate) fn back_channel(
    content_type: Option<&str>,
    body: &[u8],
    limits: &Limits,
) -> Result<String, LogoutProblem> {
    // Back-Channel Logout 2.5
    let content_type = content_type.unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case(FORM) {
        return Err(LogoutProblem::ContentType(Shown::new(content_type)));
    }
    if body.len() > limits.callback {
        return Err(LogoutProblem::TooLong);
    }
    let text = std::str::from_utf8(body).map_err(|_| LogoutProblem::Encoding)?;
    let parameters = Parameters::read(text, limits)?;
    parameters.one("logout_token")?.map(str::to_owned).ok_or(LogoutProblem::TokenMissing)
}

const FORM: &str = "application/x-www-form-urlencoded";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l15_the_body_is_one_form_with_one_token() {
        let read = |content_type: Option<&str>, body: &[u8]| {
            back_channel(content_type, body, &Limits::default()).map_err(|p| Error::from(p).code())
        };
        for (content_type, body) in [
            (FORM, "logout_token=a.b.c"),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", "logout_token=a%2Eb.c"),
            (FORM, "x=1&logout_token=a.b.c&x=2&logout_tokens=z"),
        ] {
            assert_eq!(read(Some(content_type), body.as_bytes()).as_deref(), Ok("a.b.c"));
        }
        let long = format!("logout_token={}", "a".repeat(70_000));
        for (body, code) in [
            ("", "logout.token.missing"),
            ("logout_token", "logout.token.missing"),
            ("logout_token=", "logout.token.missing"),
            ("Logout_Token=a", "logout.token.missing"),
            ("{\"logout_token\":\"a.b.c\"}", "logout.token.missing"),
            ("logout_token=a.b.c&logout_token=a.b.c", "logout.duplicate"),
            ("logout_token=&logout%5Ftoken=a.b.c", "logout.duplicate"),
            ("logout_token=%zz", "logout.encoding"),
            ("logout_token=a%00", "logout.encoding"),
            (&long, "logout.too_long"),
        ] {
            assert_eq!(read(Some(FORM), body.as_bytes()), Err(code), "{body:.60}");
        }
        assert_eq!(read(Some(FORM), b"logout_token=\xff"), Err("logout.encoding"));
        for other in [None, Some(""), Some("application/json"), Some("multipart/form-data")] {
            assert_eq!(read(other, b"logout_token=a.b.c"), Err("logout.content_type"));
        }
    }
}
