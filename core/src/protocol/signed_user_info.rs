//! Signed and encrypted userinfo answers (OIDC Core 5.3.2): which answer is one, and what its claims must be.

use super::{
    bearer,
    claims::Claims,
    id_token::{Check, LOGOUT_EVENT, Relaxation, Subject},
    issuer_rules::ExpectedIssuer,
    profiled::{Profiled, credit},
    token::read_declared_json,
    user_info::{UserInfo, UserInfoSource, check_sub},
};
use crate::{
    error::{
        Claim, ClaimProblem, Error, ErrorKind, Purpose, ResponseProblem, Shown, TokenKind,
        TokenProblem,
    },
    http::HttpResponse,
    jose::{
        algorithm::Algorithm,
        jws::VerifiedJws,
        jwt::{self, Instant, broken},
    },
    json::{self, Object, Value},
    limits::Limits,
};

/// Which claims of a signed answer may be missing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SignedUserInfoRules {
    pub(crate) without_iss: bool,
    pub(crate) without_aud: bool,
}

/// Against what a signed or encrypted answer is held.
pub(crate) struct Expected<'a> {
    /// Encryption is registered, so what is left was encrypted.
    pub(crate) encrypted: bool,
    pub(crate) issuer: ExpectedIssuer<'a>,
    pub(crate) client_id: &'a str,
    pub(crate) subject: Option<&'a Subject>,
    pub(crate) rules: SignedUserInfoRules,
    pub(crate) instant: Instant,
    pub(crate) json_depth: usize,
    pub(crate) profiled: Option<&'a Profiled>,
}

/// The token in a good answer, where it is one: by its content type, or by the body where the content type says
/// nothing. None for everything else, such as an error.
///
/// # Errors
/// [`ResponseProblem::ContentType`] for a token that says it is something else.
pub(crate) fn token_in(response: &HttpResponse) -> Result<Option<&str>, Error> {
    if !matches!(response.status(), 200 | 201) {
        return Ok(None);
    }
    let Ok(text) = std::str::from_utf8(response.body()) else { return Ok(None) };
    let compact = is_compact(text);
    match response.media_type() {
        // OIDC Core 5.3.2: "the content-type of the HTTP response MUST be application/jwt"
        Some(_) if response.has_media_type(JWT) => Ok(Some(text)),
        None if compact => Ok(Some(text)),
        Some(_) if compact && BODY_DECIDES.iter().any(|own| response.has_media_type(own)) => {
            Ok(Some(text))
        }
        Some(other) if compact => Err(refuse_type(other)),
        _ => Ok(None),
    }
}

/// Why an answer without a token is refused where one is registered: its own error, if it is one; else it is a downgrade.
pub(crate) fn downgrade(response: &HttpResponse, encrypted: bool, limits: &Limits) -> Error {
    match read_declared_json(response, Purpose::UserInfo, limits) {
        Ok(_) if encrypted => refuse(TokenProblem::NotEncrypted),
        Ok(_) => refuse(TokenProblem::NotSigned),
        Err(error) => bearer::explain(response, Purpose::UserInfo, error),
    }
}

/// Why a token is refused where plain JSON is registered.
pub(crate) fn unregistered(response: &HttpResponse, text: &str) -> Error {
    match response.media_type() {
        Some(media_type) if !is_compact(text) => refuse_type(media_type),
        _ if is_encrypted(text) => refuse(TokenProblem::Encrypted),
        _ => refuse(TokenProblem::Signed),
    }
}

/// Reads an answer whose signature is good.
pub(crate) fn read(jws: &VerifiedJws, expected: &Expected<'_>) -> Result<UserInfo, Error> {
    judge(jws.payload(), Some(jws.algorithm()), expected).map_err(refuse)
}

/// Reads an answer that was encrypted and not signed.
pub(crate) fn read_decrypted(claims: &[u8], expected: &Expected<'_>) -> Result<UserInfo, Error> {
    judge(claims, None, expected).map_err(refuse)
}

fn judge(
    payload: &[u8],
    signed: Option<Algorithm>,
    expected: &Expected<'_>,
) -> Result<UserInfo, TokenProblem> {
    let object =
        json::parse_object(payload, expected.json_depth).map_err(TokenProblem::PayloadJson)?;
    let mut checks: Vec<_> = expected.encrypted.then_some(Check::Decrypted).into_iter().collect();
    checks.extend(signed.map(Check::Signature));
    let mut relaxations = Vec::new();
    // OIDC Core 5.3.2: "If signed, the UserInfo Response MUST contain the Claims iss (issuer) and aud (audience)"
    let mut may_lack = |claim: Claim, chosen: bool, relaxation: Relaxation| match signed {
        _ if object.get(claim.name()).is_some() => Ok(false),
        Some(_) if chosen => {
            relaxations.push(relaxation);
            Ok(true)
        }
        Some(_) => Err(broken(claim, ClaimProblem::Missing)),
        None => Ok(true),
    };
    let rules = expected.rules;
    let without_iss = may_lack(Claim::Iss, rules.without_iss, Relaxation::MissingUserInfoIss)?;
    let without_aud = may_lack(Claim::Aud, rules.without_aud, Relaxation::MissingUserInfoAud)?;
    if !without_iss {
        relaxations.extend(check_issuer(&object, expected)?);
        checks.push(Check::Issuer);
    }
    if !without_aud {
        // OIDC Core 5.3.2: "The aud value MUST be or include the RP's Client ID value"
        jwt::audiences_with(&object, expected.client_id)?;
        checks.push(Check::Audience);
    }
    checks.extend(check_dates(&object, expected.instant)?);
    is_user_info(&object)?;
    let sub = check_sub(&object, expected.subject)?;
    checks.extend(expected.subject.map(|_| Check::UserInfoSubject));
    let claims = Claims::of_payload(payload)?;
    let source = UserInfoSource::Endpoint;
    Ok(UserInfo { sub: sub.to_owned(), claims, source, checks, relaxations })
}

/// OIDC Core 5.3.2: the provider's issuer; where it has several, that of the ID token.
fn check_issuer(
    claims: &Object<'_>,
    expected: &Expected<'_>,
) -> Result<Option<Relaxation>, TokenProblem> {
    let iss = jwt::required_string(claims, Claim::Iss)?;
    let mismatch = |both| broken(Claim::Iss, ClaimProblem::Mismatch(Some(both)));
    let tolerance = expected.issuer.of_issued(iss).map_err(mismatch)?;
    if let Some(subject) = expected.subject {
        expected.issuer.agree(iss, subject.issuer()).map_err(mismatch)?;
    }
    let relaxation = tolerance.map(Relaxation::Issuer);
    Ok(relaxation.map(|used| credit(expected.profiled, used, Some(iss))))
}

/// RFC 7519 4.1.4 to 4.1.6: optional, but never wrong.
fn check_dates(claims: &Object<'_>, instant: Instant) -> Result<Vec<Check>, TokenProblem> {
    let mut checks = Vec::new();
    if claims.get(Claim::Exp.name()).is_some() {
        instant.not_expired(claims)?;
        checks.push(Check::Expiry);
    }
    if let Some(not_before) = jwt::date(claims, Claim::Nbf)? {
        instant.not_after_now(Claim::Nbf, not_before)?;
    }
    if let Some(issued_at) = jwt::date(claims, Claim::Iat)? {
        instant.not_after_now(Claim::Iat, issued_at)?;
        checks.push(Check::IssuedAt);
    }
    Ok(checks)
}

/// RFC 8725 3.12: where `typ` does not tell the kinds of tokens apart, their claims must. What only another token of the
/// same issuer has, for the same audience and with the same key, is not there. An ID token of a login without `nonce`
/// that has no hash is not told apart; it says the same about the same visitor.
fn is_user_info(claims: &Object<'_>) -> Result<(), TokenProblem> {
    let unexpected = |claim| Err(broken(claim, ClaimProblem::Unexpected));
    let there = |claim: Claim| claims.get(claim.name()).is_some();
    // OIDC Core 2, 3.3.2.11
    for claim in [Claim::Nonce, Claim::AtHash, Claim::CHash] {
        if there(claim) {
            return unexpected(claim);
        }
    }
    // Back-Channel Logout 2.4
    if let Some(Value::Object(events)) = claims.get(Claim::Events.name())
        && events.get(LOGOUT_EVENT).is_some()
    {
        return unexpected(Claim::Events);
    }
    // RFC 9068 2.2: of access tokens that do not name their type
    if there(Claim::Scope) && there(Claim::ClientId) {
        return unexpected(Claim::Scope);
    }
    // Some providers name the kind of each token here.
    let typ = claims.get(Claim::Typ.name()).and_then(Value::as_str).unwrap_or_default();
    if OTHER_KINDS.iter().any(|kind| typ.eq_ignore_ascii_case(kind)) {
        return unexpected(Claim::Typ);
    }
    Ok(())
}

/// Whether it has the form of a compact JWS or JWE (RFC 7515 3.1, RFC 7516 3.1). No JSON object has.
fn is_compact(text: &str) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let dots = text.bytes().filter(|byte| *byte == b'.').count();
    matches!(dots, 2 | 4)
        && text.bytes().next().is_some_and(part)
        && text.bytes().all(|byte| byte == b'.' || part(byte))
}

/// RFC 7516 9: by the number of its parts
fn is_encrypted(text: &str) -> bool {
    text.bytes().filter(|byte| *byte == b'.').count() == 4
}

fn refuse(problem: TokenProblem) -> Error {
    ErrorKind::Token { kind: TokenKind::UserInfo, problem }.into()
}

fn refuse_type(media_type: &str) -> Error {
    let problem = ResponseProblem::ContentType(Shown::new(media_type));
    ErrorKind::Response { purpose: Purpose::UserInfo, problem }.into()
}

/// The type of a signed answer (OIDC Core 5.3.2).
pub(crate) const JWT: &str = "application/jwt";

/// With these, the body decides: the type of any compact token (RFC 7515 9.2.1), and what servers say that have one type
/// for all they send. Its signature makes it an answer, not its label.
const BODY_DECIDES: [&str; 4] =
    ["application/jose", "application/json", "application/octet-stream", "text/plain"];

const OTHER_KINDS: [&str; 6] = ["ID", "Bearer", "DPoP", "Refresh", "Offline", "Logout"];
