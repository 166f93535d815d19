//! The logout token (Back-Channel Logout 2.4) and its validation, rule by rule in the order of Back-Channel Logout 2.6.
//!
//! The signature (rules 2 and 3) comes first, in [`jose`](crate::jose): no claim is looked at before it is good.

use std::{fmt, time::Duration};

use super::{
    claims::{self, Claims},
    id_token::{LOGOUT_EVENT, TrustedAudiences, check_audiences},
    issuer_rules::ExpectedIssuer,
    logout_target::{LogoutTarget, MAX_NAME},
    relaxation::Relaxation,
    replay::ReplayStore,
};
use crate::{
    error::{Claim, ClaimProblem, Error, LogoutProblem, TokenProblem},
    jose::{
        algorithm::Algorithm,
        jws::{HeaderRules, VerifiedJws},
        jwt::{self, Instant, broken},
    },
    json::{self, Object, Value},
    time::UnixTime,
};

/// A logout token that is good in itself, about which one thing is open: whether it was there before.
#[must_use = "no session has ended yet"]
pub struct ReceivedLogout {
    token: LogoutToken,
    received_at: UnixTime,
    remember_until: UnixTime,
}

/// A logout token that was found good. End the sessions that its [`target`](Self::target) names, and take back their
/// refresh tokens where `offline_access` was not asked for (Back-Channel Logout 2.7).
///
/// `Debug` shows the issuer, and nothing of who logged out.
#[derive(Clone)]
pub struct LogoutToken {
    target: LogoutTarget,
    jti: String,
    issued_at: i64,
    expires_at: Option<i64>,
    claims: Claims,
    relaxations: Vec<Relaxation>,
}

impl ReceivedLogout {
    /// Goes on if the store does not know the token.
    ///
    /// # Errors
    /// [`LogoutProblem::Replay`]
    pub fn check_replay(self, store: &impl ReplayStore) -> Result<LogoutToken, Error> {
        let LogoutToken { target, jti, .. } = &self.token;
        let first = store.first_use(target.issuer(), jti, self.received_at, self.remember_until);
        self.first_use(first)
    }

    /// The same where the application has asked its store by itself, by [`issuer`](Self::issuer) and
    /// [`jti`](Self::jti), until [`remember_until`](Self::remember_until); see
    /// [`ReplayStore::first_use`] for what to ask.
    ///
    /// # Errors
    /// [`LogoutProblem::Replay`]
    pub fn first_use(self, first: bool) -> Result<LogoutToken, Error> {
        if first { Ok(self.token) } else { Err(LogoutProblem::Replay.into()) }
    }

    /// Goes on without looking: whoever has seen the token can log the same person out again until it ends. Reported as
    /// [`Relaxation::WithoutReplayCheck`].
    pub fn insecure_without_replay_check(mut self) -> LogoutToken {
        self.token.relaxations.push(Relaxation::WithoutReplayCheck);
        self.token
    }

    /// `iss`
    pub fn issuer(&self) -> &str {
        self.token.target.issuer()
    }

    /// `jti`: the token's own name, unique within its issuer.
    pub fn jti(&self) -> &str {
        &self.token.jti
    }

    /// From when on the token is refused for its age, by this machine's clock: so long its `jti` must be remembered.
    pub fn remember_until(&self) -> UnixTime {
        self.remember_until
    }

    pub(crate) fn note_relaxation(&mut self, relaxation: Relaxation) {
        self.token.relaxations.push(relaxation);
    }
}

impl LogoutToken {
    /// Whose sessions end. There may be none: the provider does not know what this application has forgotten.
    pub fn target(&self) -> &LogoutTarget {
        &self.target
    }

    /// `jti`
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// `iat`, by the provider's clock.
    pub fn issued_at(&self) -> UnixTime {
        UnixTime::from_seconds(self.issued_at)
    }

    /// `exp`, by the provider's clock; none only where the application accepts that.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at.map(UnixTime::from_seconds)
    }

    /// Everything that was said, read when asked for.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The settings of this application without which it had been refused.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }
}

/// What a client wants of a logout token.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) max_age: Duration,
    pub(crate) typ_required: bool,
    pub(crate) missing_exp: bool,
}

impl Wanted {
    /// Back-Channel Logout 2.4 recommends a type, and 4.1 knows that most tokens have none: the event tells them apart.
    pub(crate) fn header<'a>(&self, algorithm: &'a [Algorithm; 1]) -> HeaderRules<'a> {
        let types: &[&str] = if self.typ_required { &[TYPE] } else { &[TYPE, "jwt"] };
        // Back-Channel Logout 2.6 (3): the algorithm of ID tokens
        HeaderRules { algorithms: algorithm, types, typ_required: self.typ_required }
    }
}

/// What the claims are held against.
pub(crate) struct Expected<'a> {
    pub(crate) issuer: ExpectedIssuer<'a>,
    pub(crate) client_id: &'a str,
    pub(crate) trusted: &'a TrustedAudiences,
    pub(crate) instant: Instant,
    pub(crate) session_required: bool,
    pub(crate) wanted: &'a Wanted,
    pub(crate) json_depth: usize,
}

/// Validates the claims of a token whose signature is good.
pub(crate) fn validate(
    jws: &VerifiedJws,
    expected: &Expected<'_>,
) -> Result<ReceivedLogout, TokenProblem> {
    let object = json::parse_object(jws.payload(), expected.json_depth)
        .map_err(TokenProblem::PayloadJson)?;
    let (instant, wanted) = (expected.instant, expected.wanted);

    // Back-Channel Logout 2.6 (4): "in the same way they are validated in ID Tokens"
    let iss = jwt::required_string(&object, Claim::Iss)?;
    let tolerances = expected.issuer.of_token(&object, iss)?;
    let mut relaxations: Vec<_> = tolerances.into_iter().map(Relaxation::Issuer).collect();
    check_audiences(&object, expected.client_id, expected.trusted, &mut relaxations)?;
    let issued_at = jwt::required_date(&object, Claim::Iat)?;
    instant.not_after_now(Claim::Iat, issued_at)?;
    instant.not_older_than(Claim::Iat, issued_at, wanted.max_age)?;
    let expires_at = match object.get(Claim::Exp.name()) {
        None if wanted.missing_exp => {
            relaxations.push(Relaxation::MissingLogoutTokenExp);
            None
        }
        _ => Some(instant.not_expired(&object)?),
    };

    // RFC 7519 4.1.5
    if let Some(not_before) = jwt::date(&object, Claim::Nbf)? {
        instant.not_after_now(Claim::Nbf, not_before)?;
    }

    // Back-Channel Logout 2.6 (5)
    let sub = object.get(Claim::Sub.name()).map(|_| claims::sub(&object)).transpose()?;
    let sid = name(&object, Claim::Sid)?;
    match (sub, sid) {
        (_, None) if expected.session_required => {
            return Err(broken(Claim::Sid, ClaimProblem::Missing));
        }
        (None, None) => return Err(broken(Claim::Sub, ClaimProblem::Missing)),
        _ => {}
    }

    check_event(&object)?;

    // Back-Channel Logout 2.6 (7): so that no logout token is ever an ID token
    if object.get(Claim::Nonce.name()).is_some() {
        return Err(broken(Claim::Nonce, ClaimProblem::Unexpected));
    }

    // Back-Channel Logout 2.4: REQUIRED
    let jti = name(&object, Claim::Jti)?.ok_or(broken(Claim::Jti, ClaimProblem::Missing))?;

    let document = Claims::of_payload(jws.payload())?;
    let end = UnixTime::from_seconds(issued_at).after(wanted.max_age);
    let end = expires_at.map_or(end, |exp| end.min(UnixTime::from_seconds(exp)));
    Ok(ReceivedLogout {
        token: LogoutToken {
            target: LogoutTarget::new(iss, sub, sid),
            jti: jti.to_owned(),
            issued_at,
            expires_at,
            claims: document,
            relaxations,
        },
        received_at: instant.now,
        // The age counts whole seconds, so the token lives into the next one.
        remember_until: end.after(instant.leeway).after(Duration::from_secs(1)),
    })
}

/// `events` has the one that makes it a logout token (Back-Channel Logout 2.6 (6)). Others may stand beside it.
fn check_event(claims: &Object<'_>) -> Result<(), TokenProblem> {
    let problem = match claims.get(Claim::Events.name()) {
        None => ClaimProblem::Missing,
        Some(Value::Object(events)) => match events.get(LOGOUT_EVENT) {
            // Back-Channel Logout 2.4: "MUST be a JSON object and SHOULD be the empty JSON object"
            Some(Value::Object(_)) => return Ok(()),
            Some(_) => ClaimProblem::Malformed,
            None => ClaimProblem::Mismatch(None),
        },
        Some(_) => ClaimProblem::Malformed,
    };
    Err(broken(Claim::Events, problem))
}

/// An optional name: neither empty nor endless.
fn name<'o>(claims: &'o Object<'_>, claim: Claim) -> Result<Option<&'o str>, TokenProblem> {
    match jwt::string(claims, claim)? {
        Some(name) if name.is_empty() || name.len() > MAX_NAME => {
            Err(broken(claim, ClaimProblem::Malformed))
        }
        name => Ok(name),
    }
}

impl fmt::Debug for LogoutToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutToken")
            .field("target", &self.target)
            .field("relaxations", &self.relaxations)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ReceivedLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedLogout").field("target", &self.token.target).finish_non_exhaustive()
    }
}

/// Back-Channel Logout 2.4
const TYPE: &str = "logout+jwt";
