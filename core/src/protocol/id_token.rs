//! The ID token (OIDC Core 2) and its validation, rule by rule in the order of OIDC Core 3.1.3.7.
//!
//! The signature (rules 6 to 8) comes first, in [`jose`](crate::jose): no claim is looked at before it is good.

pub use super::{check::Check, relaxation::Relaxation};

use std::{fmt, sync::Arc, time::Duration};

use super::{
    claims::{self, Claims},
    issuer_rules::ExpectedIssuer,
    profiled::{Profiled, credit},
};
use crate::{
    error::{Claim, ClaimProblem, Shown, TokenProblem},
    jose::{
        jws::VerifiedJws,
        jwt::{self, Instant, broken, mismatch},
    },
    json::{self, Object, Value},
    secret::{AccessToken, AuthorizationCode, Nonce, RawToken},
    time::UnixTime,
};

/// Which audiences besides this client an ID token may name (OIDC Core 3.1.3.7 (3)), and to which other clients it may
/// have been issued (OIDC Core 3.1.3.7 (5)).
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum TrustedAudiences {
    /// None: the default.
    #[default]
    OnlyMe,
    /// These.
    List(Vec<String>),
    /// Those for which it answers true.
    Predicate(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl TrustedAudiences {
    pub(crate) fn trusts(&self, audience: &str) -> bool {
        match self {
            Self::OnlyMe => false,
            Self::List(list) => list.iter().any(|trusted| trusted == audience),
            Self::Predicate(trusts) => trusts(audience),
        }
    }
}

impl fmt::Debug for TrustedAudiences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnlyMe => f.write_str("OnlyMe"),
            Self::List(list) => f.debug_tuple("List").field(list).finish(),
            Self::Predicate(_) => f.write_str("Predicate"),
        }
    }
}

/// Which `acr` an application accepts.
#[derive(Clone)]
pub(crate) struct AcceptedAcr(pub(crate) Arc<dyn Fn(&str) -> bool + Send + Sync>);

impl fmt::Debug for AcceptedAcr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AcceptedAcr")
    }
}

/// Who logged in: `iss` and `sub` together, the only lasting identity (OIDC Core 5.7). Never the e-mail address.
///
/// Only what was verified has one: an ID token, the [`LoginRecord`](crate::LoginRecord) of one, and a validated
/// [access token](crate::protocol::access_token::AccessTokenClaims), where it says who is acted for and logs nobody in.
/// Store both parts in two columns; do not join them into one text. `Debug` shows the issuer only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    issuer: String,
    sub: String,
}

impl Subject {
    pub(crate) fn new(issuer: &str, sub: &str) -> Self {
        Self { issuer: issuer.to_owned(), sub: sub.to_owned() }
    }

    /// `iss`
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `sub`
    pub fn sub(&self) -> &str {
        &self.sub
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// What the claims are held against.
pub(crate) struct Expected<'a> {
    /// Encryption is registered, so what is left was encrypted.
    pub(crate) encrypted: bool,
    pub(crate) issuer: ExpectedIssuer<'a>,
    pub(crate) client_id: &'a str,
    pub(crate) trusted: &'a TrustedAudiences,
    pub(crate) trusted_azp: &'a TrustedAudiences,
    pub(crate) instant: Instant,
    pub(crate) max_token_age: Option<Duration>,
    pub(crate) min_issued_at: Option<UnixTime>,
    pub(crate) nonce: NonceRule<'a>,
    /// The access token that came along.
    pub(crate) access_token: Option<&'a AccessToken>,
    /// The code that came along or was exchanged; none in a refresh.
    pub(crate) code: Option<&'a AuthorizationCode>,
    /// What came along must be hashed in it: it passed through the browser.
    pub(crate) require_hashes: bool,
    pub(crate) max_age: Option<Duration>,
    pub(crate) require_auth_time: bool,
    pub(crate) min_auth_time: Option<UnixTime>,
    pub(crate) essential_acr: &'a [String],
    pub(crate) accepted_acr: Option<&'a AcceptedAcr>,
    /// A refresh may leave `acr` out: its login had one.
    pub(crate) acr_may_be_absent: bool,
    pub(crate) sub: Option<&'a str>,
    pub(crate) json_depth: usize,
    /// To whom a relaxation is put down.
    pub(crate) profiled: Option<&'a Profiled>,
}

/// What `nonce` must be.
pub(crate) enum NonceRule<'a> {
    /// Exactly this one: a login.
    Equal(&'a Nonce),
    /// The first token's, or absent: a refresh (OIDC Core 12.2).
    EqualIfPresent(Option<&'a Nonce>),
}

/// A verified ID token. There is no other way to have one.
#[derive(Clone)]
pub struct IdToken {
    raw: RawToken,
    claims: Claims,
    subject: Subject,
    audiences: Vec<String>,
    /// Whose it was found to be.
    client_id: String,
    azp: Option<String>,
    expires_at: i64,
    issued_at: i64,
    auth_time: Option<i64>,
    acr: Option<String>,
    checks: Vec<Check>,
    relaxations: Vec<Relaxation>,
}

/// Validates the claims of a token whose signature is good.
pub(crate) fn validate(
    raw: RawToken,
    jws: &VerifiedJws,
    expected: &Expected<'_>,
) -> Result<IdToken, TokenProblem> {
    let object = json::parse_object(jws.payload(), expected.json_depth)
        .map_err(TokenProblem::PayloadJson)?;
    // OIDC Core 3.1.3.7 (1), (6), (7), (8): done when a `VerifiedJws` exists.
    let mut checks = Vec::from_iter(expected.encrypted.then_some(Check::Decrypted));
    checks.push(Check::Signature(jws.algorithm()));

    // OIDC Core 3.1.3.7 (2)
    let iss = jwt::required_string(&object, Claim::Iss)?;
    let tolerances = expected.issuer.of_token(&object, iss)?;
    let mut relaxations: Vec<_> = tolerances.into_iter().map(Relaxation::Issuer).collect();
    checks.push(Check::Issuer);

    let audiences =
        check_audiences(&object, expected.client_id, expected.trusted, &mut relaxations)?;
    checks.push(Check::Audience);

    // OIDC Core 3.1.3.7 (4), (5)
    let azp = jwt::string(&object, Claim::Azp)?;
    match azp {
        None => {}
        Some(azp) if azp == expected.client_id => checks.push(Check::AuthorizedParty),
        Some(azp) if expected.trusted_azp.trusts(azp) => {
            relaxations.push(Relaxation::TrustedAzp(Shown::new(azp)));
        }
        Some(azp) => return Err(mismatch(Claim::Azp, expected.client_id, azp)),
    }

    // OIDC Core 3.1.3.7 (9)
    let expires_at = expected.instant.not_expired(&object)?;
    if let Some(not_before) = jwt::date(&object, Claim::Nbf)? {
        expected.instant.not_after_now(Claim::Nbf, not_before)?;
    }
    checks.push(Check::Expiry);

    // OIDC Core 3.1.3.7 (10)
    let issued_at = jwt::required_date(&object, Claim::Iat)?;
    expected.instant.not_after_now(Claim::Iat, issued_at)?;
    if let Some(age) = expected.max_token_age {
        expected.instant.not_older_than(Claim::Iat, issued_at, age)?;
    }
    not_before(Claim::Iat, issued_at, expected.min_issued_at)?;
    checks.push(Check::IssuedAt);

    // OIDC Core 3.1.3.7 (11)
    if check_nonce(&object, &expected.nonce)? {
        checks.push(Check::Nonce);
    }

    // OIDC Core 3.1.3.7 (12)
    let acr = jwt::string(&object, Claim::Acr)?;
    if !expected.essential_acr.is_empty() {
        let acr = acr.ok_or(broken(Claim::Acr, ClaimProblem::Missing))?;
        if !expected.essential_acr.iter().any(|wanted| wanted == acr) {
            return Err(mismatch(Claim::Acr, &expected.essential_acr.join(" "), acr));
        }
        checks.push(Check::AuthenticationContext);
    }
    if let Some(accepted) = expected.accepted_acr {
        match acr {
            Some(acr) if (accepted.0)(acr) => checks.push(Check::AuthenticationContext),
            Some(acr) => {
                return Err(mismatch(Claim::Acr, "one that Policy::accept_acr takes", acr));
            }
            None if expected.acr_may_be_absent => {}
            None => return Err(broken(Claim::Acr, ClaimProblem::Missing)),
        }
    }

    // OIDC Core 3.1.3.7 (13)
    let auth_time = jwt::date(&object, Claim::AuthTime)?;
    if expected.require_auth_time || expected.max_age.is_some() || expected.min_auth_time.is_some()
    {
        let at = auth_time.ok_or(broken(Claim::AuthTime, ClaimProblem::Missing))?;
        expected.instant.not_after_now(Claim::AuthTime, at)?;
        if let Some(max_age) = expected.max_age {
            expected.instant.not_older_than(Claim::AuthTime, at, max_age)?;
        }
        not_before(Claim::AuthTime, at, expected.min_auth_time)?;
        checks.push(Check::AuthenticationTime);
    }

    // OIDC Core 3.1.3.8 (3): optional, but never wrong. 3.2.2.9, 3.3.2.9, 3.3.2.10: required in the front channel
    for (claim, value, check) in [
        (Claim::AtHash, expected.access_token.map(AccessToken::expose), Check::AccessTokenHash),
        (Claim::CHash, expected.code.map(AuthorizationCode::expose), Check::CodeHash),
    ] {
        match (jwt::string(&object, claim)?, value) {
            (Some(hash), Some(value)) => {
                if !constant_time_eq(&jws.algorithm().left_half_hash(value), hash) {
                    return Err(broken(claim, ClaimProblem::Mismatch(None)));
                }
                checks.push(check);
            }
            (None, Some(_)) if expected.require_hashes => {
                return Err(broken(claim, ClaimProblem::Missing));
            }
            _ => {}
        }
    }

    // RFC 8725 3.12: a logout token that names no type is told apart by its event, where no nonce does that
    if let Some(Value::Object(events)) = object.get(Claim::Events.name())
        && events.get(LOGOUT_EVENT).is_some()
    {
        return Err(broken(Claim::Events, ClaimProblem::Unexpected));
    }

    let sub = claims::sub(&object)?;
    // OIDC Core 5.5.1
    if let Some(wanted) = expected.sub {
        if sub != wanted {
            return Err(broken(Claim::Sub, ClaimProblem::Mismatch(None)));
        }
        checks.push(Check::Subject);
    }

    let document = Claims::of_payload(jws.payload())?;
    Ok(IdToken {
        raw,
        claims: document,
        subject: Subject::new(iss, sub),
        audiences: audiences.into_iter().map(str::to_owned).collect(),
        client_id: expected.client_id.to_owned(),
        azp: azp.map(str::to_owned),
        expires_at,
        issued_at,
        auth_time,
        acr: acr.map(str::to_owned),
        checks,
        relaxations: relaxations
            .into_iter()
            .map(|used| credit(expected.profiled, used, Some(iss)))
            .collect(),
    })
}

/// `aud` names this client, and nobody else who is not trusted (OIDC Core 3.1.3.7 (3)).
pub(crate) fn check_audiences<'o>(
    claims: &'o Object<'_>,
    client_id: &str,
    trusted: &TrustedAudiences,
    relaxations: &mut Vec<Relaxation>,
) -> Result<Vec<&'o str>, TokenProblem> {
    let audiences = jwt::audiences_with(claims, client_id)?;
    for other in audiences.iter().filter(|audience| **audience != client_id) {
        if !trusted.trusts(other) {
            return Err(broken(Claim::Aud, ClaimProblem::Untrusted(Shown::new(other))));
        }
        relaxations.push(Relaxation::TrustedAudience(Shown::new(other)));
    }
    Ok(audiences)
}

/// Whether a nonce was there and right. A missing one is never right for a login (OIDC Core 15.5.2), and one where
/// none was expected never is.
fn check_nonce(claims: &Object<'_>, rule: &NonceRule<'_>) -> Result<bool, TokenProblem> {
    let (due, required) = match rule {
        NonceRule::Equal(due) => (Some(*due), true),
        NonceRule::EqualIfPresent(due) => (*due, false),
    };
    match (jwt::string(claims, Claim::Nonce)?, due) {
        (Some(nonce), Some(due)) if constant_time_eq(due.expose(), nonce) => Ok(true),
        (Some(_), _) => Err(broken(Claim::Nonce, ClaimProblem::Mismatch(None))),
        (None, _) if required => Err(broken(Claim::Nonce, ClaimProblem::Missing)),
        (None, _) => Ok(false),
    }
}

/// Exactly, without the leeway: it would let in what the bound is there to keep out.
fn not_before(claim: Claim, date: i64, bound: Option<UnixTime>) -> Result<(), TokenProblem> {
    if bound.is_some_and(|bound| date < bound.seconds()) {
        return Err(broken(claim, ClaimProblem::Expired));
    }
    Ok(())
}

fn constant_time_eq(a: &str, b: &str) -> bool {
    subtle::ConstantTimeEq::ct_eq(a.as_bytes(), b.as_bytes()).into()
}

impl IdToken {
    /// Who logged in.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// All claims.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// `aud`, this client among them.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// `azp`; if there, it is this client, or one that [`Policy::trusted_azp`](crate::Policy::trusted_azp) names.
    pub fn azp(&self) -> Option<&str> {
        self.azp.as_deref()
    }

    /// `exp`: until when the provider stands by this token. It does not end your session.
    pub fn expires_at(&self) -> UnixTime {
        UnixTime::from_seconds(self.expires_at)
    }

    /// `iat`
    pub fn issued_at(&self) -> UnixTime {
        UnixTime::from_seconds(self.issued_at)
    }

    /// `auth_time`: when the visitor authenticated; checked where `max_age` was asked for.
    pub fn auth_time(&self) -> Option<UnixTime> {
        self.auth_time.map(UnixTime::from_seconds)
    }

    /// `acr`: checked where it was required, otherwise what the provider says.
    pub fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }

    /// The signed token as it came, to be the `id_token_hint` of a logout: the one inside, where it came
    /// encrypted (OIDC Core 3.1.2.1).
    pub fn raw(&self) -> &RawToken {
        &self.raw
    }

    /// The checks it has passed.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The settings of this application without which it had been refused.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn note(&mut self, check: Check) {
        self.checks.push(check);
    }

    pub(crate) fn note_relaxation(&mut self, relaxation: Relaxation) {
        if !self.relaxations.contains(&relaxation) {
            self.relaxations.push(relaxation);
        }
    }
}

impl fmt::Debug for IdToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdToken")
            .field("issuer", &self.subject.issuer)
            .field("checks", &self.checks)
            .finish_non_exhaustive()
    }
}

/// Back-Channel Logout 2.4
pub(crate) const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
