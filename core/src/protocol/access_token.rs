//! Access tokens as a resource server sees them: signed ones (RFC 9068), and what introspection says of others.
//!
//! An ID token is none: it says who logged in to whom, and allows nothing.

use std::fmt;

use serde::de::IgnoredAny;

use super::{
    authorization::is_scope,
    claims::{self, Claims},
    id_token::Subject,
    introspection::ActiveToken,
    issuer::Issuer,
    relaxation::Relaxation,
    token::words,
};
use crate::{
    error::{ApiMisuse, Claim, ClaimProblem, Error, Shown, TokenProblem},
    jose::{
        algorithm::Algorithm,
        backend::Crypto,
        jws::{HeaderRules, VerifiedJws},
        jwt::{self, Instant, broken, mismatch},
    },
    json::{self, Object, Value},
    text,
    time::UnixTime,
};

/// What an access token allows, once it was found good for this resource server. There is no other way to have one.
///
/// `Debug` shows how it was validated, and nothing of whose it is.
#[derive(Clone)]
pub struct AccessTokenClaims {
    subject: Option<Subject>,
    client_id: Option<String>,
    scope: Vec<String>,
    audiences: Vec<String>,
    expires_at: Option<UnixTime>,
    issued_at: Option<UnixTime>,
    claims: Claims,
    validated_by: ValidatedBy,
    relaxations: Vec<Relaxation>,
}

/// How an access token was found good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValidatedBy {
    /// By its signature, with this algorithm. It may have been revoked since it was issued.
    Signature(Algorithm),
    /// By the provider, at this moment (RFC 7662).
    Introspection,
}

impl AccessTokenClaims {
    /// For whom it was issued; the client itself where no visitor was there. Always there in a signed token, and where
    /// the provider says it in others.
    pub fn subject(&self) -> Option<&Subject> {
        self.subject.as_ref()
    }

    /// `client_id`: to whom it was issued. Always there in a signed token, and where the provider says it in others.
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// The granted scope, the required one included; empty where nothing is said.
    pub fn scope(&self) -> &[String] {
        &self.scope
    }

    /// `aud`, this resource server among them.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// `exp`, by the provider's clock; none only where introspection does not say.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// `iat`, by the provider's clock; none only where introspection does not say.
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// `jti`: the token's own name, where it has one of the right type.
    pub fn jti(&self) -> Option<String> {
        self.claims.claim("jti").ok().flatten()
    }

    /// Everything that was said, read when asked for.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// How it was found good.
    pub fn validated_by(&self) -> ValidatedBy {
        self.validated_by
    }

    /// The settings of this application without which it had been refused.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }

    pub(crate) fn note_relaxation(&mut self, relaxation: Relaxation) {
        self.relaxations.push(relaxation);
    }
}

impl fmt::Debug for AccessTokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokenClaims")
            .field("validated_by", &self.validated_by)
            .field("relaxations", &self.relaxations)
            .finish_non_exhaustive()
    }
}

/// What a resource server wants of a token.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) audiences: Vec<String>,
    pub(crate) scope: Vec<String>,
    pub(crate) scope_claim: String,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) untyped: bool,
    pub(crate) azp_as_client_id: bool,
    pub(crate) client_id_claim: Option<String>,
    pub(crate) ignore_confirmation: bool,
}

impl Wanted {
    pub(crate) fn new(audiences: &[&str]) -> Self {
        Self {
            audiences: audiences.iter().map(|audience| (*audience).to_owned()).collect(),
            scope: Vec::new(),
            scope_claim: "scope".to_owned(),
            // RFC 9068 2.1: every resource server must know it.
            algorithms: vec![Algorithm::RS256],
            untyped: false,
            azp_as_client_id: false,
            client_id_claim: None,
            ignore_confirmation: false,
        }
    }

    /// What cannot work is found before any request.
    pub(crate) fn check(&self, crypto: &Crypto) -> Result<(), Error> {
        let refuse = |name| Err(ApiMisuse::Parameter(Shown::new(name)).into());
        if self.audiences.is_empty() || self.audiences.iter().any(String::is_empty) {
            return refuse("audiences");
        }
        if !self.scope.iter().all(|scope| is_scope(scope)) {
            return refuse("scope");
        }
        // It would be a setting that was forgotten.
        if self.client_id_claim.as_deref() == Some("") {
            return refuse("client_id_claim");
        }
        // RFC 9068 4: never a symmetric one, whose key every resource server could sign with.
        if self.algorithms.is_empty() || self.algorithms.iter().any(|own| own.is_symmetric()) {
            return refuse("algorithms");
        }
        let mut algorithms = self.algorithms.iter();
        match algorithms.find(|algorithm| !crypto.verifier().supports(**algorithm)) {
            Some(unknown) => Err(ApiMisuse::Algorithm(unknown.as_str()).into()),
            None => Ok(()),
        }
    }

    /// RFC 9068 2.1, 4: a token says that it is an access token.
    pub(crate) fn header(&self) -> HeaderRules<'_> {
        let types: &[&str] = if self.untyped { &[TYPE, "jwt"] } else { &[TYPE] };
        HeaderRules { algorithms: &self.algorithms, types, typ_required: !self.untyped }
    }
}

/// Whether `typ` is the one of access tokens.
pub(crate) fn is_typed(typ: Option<&str>) -> bool {
    typ == Some(TYPE)
}

/// Whether it is a signed token in compact form: three parts, the first of them an object. Only what is none may be
/// looked up instead: a signed token is good or not by itself.
pub(crate) fn is_signed(token: &str) -> bool {
    let mut parts = token.split('.');
    let header = parts.next().and_then(text::decode_base64url);
    parts.count() == 2 && header.is_some_and(|header| header.trim_ascii_start().starts_with(b"{"))
}

/// Validates the claims of a token whose signature is good (RFC 9068 4).
pub(crate) fn validate(
    jws: &VerifiedJws,
    typed: bool,
    issuer: &Issuer,
    wanted: &Wanted,
    instant: Instant,
    json_depth: usize,
) -> Result<AccessTokenClaims, TokenProblem> {
    let object =
        json::parse_object(jws.payload(), json_depth).map_err(TokenProblem::PayloadJson)?;
    let mut relaxations = Vec::new();
    let iss = jwt::required_string(&object, Claim::Iss)?;
    check_issuer(issuer, iss)?;
    let audiences: Vec<_> = jwt::audiences(&object)?.into_iter().map(str::to_owned).collect();
    check_audience(wanted, &audiences)?;
    let expires_at = instant.not_expired(&object)?;
    if let Some(not_before) = jwt::date(&object, Claim::Nbf)? {
        instant.not_after_now(Claim::Nbf, not_before)?;
    }
    let issued_at = jwt::required_date(&object, Claim::Iat)?;
    instant.not_after_now(Claim::Iat, issued_at)?;
    let sub = claims::sub(&object)?;
    let (client_id, departure) = client_id(&object, wanted)?;
    relaxations.extend(departure);
    if !typed {
        is_no_id_token(&object, &wanted.scope_claim)?;
        relaxations.push(Relaxation::UntypedAccessToken);
    }
    if object.get(Claim::Cnf.name()).is_some() {
        relaxations.push(unconfirmed(wanted)?);
    }
    let granted = scope(&object, &wanted.scope_claim)?;
    check_scope(wanted, granted.as_deref())?;
    let document = Claims::of_payload(jws.payload())?;
    Ok(AccessTokenClaims {
        subject: Some(Subject::new(iss, sub)),
        client_id: Some(client_id.to_owned()),
        scope: granted.unwrap_or_default(),
        audiences,
        expires_at: Some(UnixTime::from_seconds(expires_at)),
        issued_at: Some(UnixTime::from_seconds(issued_at)),
        claims: document,
        validated_by: ValidatedBy::Signature(jws.algorithm()),
        relaxations,
    })
}

/// Holds what introspection says of a token against the same rules.
pub(crate) fn accept(
    token: Option<&ActiveToken>,
    issuer: &Issuer,
    wanted: &Wanted,
) -> Result<AccessTokenClaims, TokenProblem> {
    let token = token.ok_or(TokenProblem::Inactive)?;
    let mut relaxations = Vec::new();
    let text = |claim: Claim| {
        let value = token.claims().claim::<String>(claim.name());
        value.map_err(|_| broken(claim, ClaimProblem::Malformed))
    };
    // A refresh token is active, too, and must not open a resource (RFC 6749 1.5).
    match token.token_type() {
        Some(_) if token.is_token_type("Bearer") => {}
        Some(other) => return Err(mismatch(Claim::TokenType, "Bearer", other)),
        None => return Err(broken(Claim::TokenType, ClaimProblem::Missing)),
    }
    if let Some(iss) = text(Claim::Iss)? {
        check_issuer(issuer, &iss)?;
    }
    // RFC 7662 4
    check_audience(wanted, token.audiences())?;
    if !matches!(token.claims().claim::<IgnoredAny>(Claim::Cnf.name()), Ok(None)) {
        relaxations.push(unconfirmed(wanted)?);
    }
    check_scope(wanted, Some(token.scope()))?;
    let issued_at = token.claims().claim::<f64>(Claim::Iat.name());
    let issued_at = issued_at.map_err(|_| broken(Claim::Iat, ClaimProblem::Malformed))?;
    let sub = text(Claim::Sub)?.filter(|sub| !sub.is_empty());
    if sub.as_ref().is_some_and(|sub| !claims::is_sub(sub)) {
        return Err(broken(Claim::Sub, ClaimProblem::Malformed));
    }
    Ok(AccessTokenClaims {
        subject: sub.map(|sub| Subject::new(issuer.as_str(), &sub)),
        client_id: text(Claim::ClientId)?,
        scope: token.scope().to_vec(),
        audiences: token.audiences().to_vec(),
        expires_at: token.expires_at(),
        issued_at: issued_at.map(|seconds| UnixTime::from_seconds(seconds as i64)),
        claims: token.claims().clone(),
        validated_by: ValidatedBy::Introspection,
        relaxations,
    })
}

/// RFC 9068 2.2, or the claim that this application says stands for it.
fn client_id<'o>(
    object: &'o Object<'_>,
    wanted: &Wanted,
) -> Result<(&'o str, Option<Relaxation>), TokenProblem> {
    if let Some(own) = jwt::string(object, Claim::ClientId)? {
        return Ok((own, None));
    }
    if let Some(name) = &wanted.client_id_claim
        && let Some(value) = object.get(name)
    {
        let text = value.as_str().ok_or(broken(Claim::ClientId, ClaimProblem::Malformed))?;
        return Ok((text, Some(Relaxation::ClientIdClaim(Shown::new(name)))));
    }
    if wanted.azp_as_client_id {
        return Ok((jwt::required_string(object, Claim::Azp)?, Some(Relaxation::AzpAsClientId)));
    }
    Err(broken(Claim::ClientId, ClaimProblem::Missing))
}

fn check_issuer(issuer: &Issuer, iss: &str) -> Result<(), TokenProblem> {
    if iss != issuer.as_str() {
        return Err(mismatch(Claim::Iss, issuer.as_str(), iss));
    }
    Ok(())
}

fn check_audience(wanted: &Wanted, named: &[String]) -> Result<(), TokenProblem> {
    if named.is_empty() {
        return Err(broken(Claim::Aud, ClaimProblem::Missing));
    }
    if !wanted.audiences.iter().any(|own| named.contains(own)) {
        return Err(mismatch(Claim::Aud, &wanted.audiences.join(" "), &named.join(" ")));
    }
    Ok(())
}

/// As sets: order and repeats mean nothing (RFC 6749 3.3).
fn check_scope(wanted: &Wanted, granted: Option<&[String]>) -> Result<(), TokenProblem> {
    if wanted.scope.is_empty() {
        return Ok(());
    }
    let granted = granted.ok_or(broken(Claim::Scope, ClaimProblem::Missing))?;
    if !wanted.scope.iter().all(|scope| granted.contains(scope)) {
        return Err(mismatch(Claim::Scope, &wanted.scope.join(" "), &granted.join(" ")));
    }
    Ok(())
}

fn scope(object: &Object<'_>, claim: &str) -> Result<Option<Vec<String>>, TokenProblem> {
    let malformed = || broken(Claim::Scope, ClaimProblem::Malformed);
    match object.get(claim) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(words(text))),
        Some(Value::Array(list)) => {
            let each = list.iter().map(|value| value.as_str().map(words).ok_or_else(malformed));
            Ok(Some(each.collect::<Result<Vec<_>, _>>()?.concat()))
        }
        Some(_) => Err(malformed()),
    }
}

/// RFC 8725 3.12: where `typ` does not tell the kinds of tokens apart, their claims must. Nothing of an ID token is
/// there, and something that only an access token has is.
fn is_no_id_token(object: &Object<'_>, scope_claim: &str) -> Result<(), TokenProblem> {
    for claim in [Claim::Nonce, Claim::AtHash, Claim::CHash] {
        if object.get(claim.name()).is_some() {
            return Err(broken(claim, ClaimProblem::Unexpected));
        }
    }
    let own_type = object.get(Claim::Typ.name());
    let bearer = |name: &str| ["bearer", "dpop"].iter().any(|own| name.eq_ignore_ascii_case(own));
    match own_type.map(|value| value.as_str().is_some_and(bearer)) {
        Some(true) => return Ok(()),
        Some(false) => return Err(broken(Claim::Typ, ClaimProblem::Unexpected)),
        None => {}
    }
    let signs = [scope_claim, "scope", Claim::ClientId.name()];
    if !signs.iter().any(|name| object.get(name).is_some()) {
        return Err(broken(Claim::Scope, ClaimProblem::Missing));
    }
    Ok(())
}

/// RFC 7800 3: bound to a key, of which somebody else must have seen the proof.
fn unconfirmed(wanted: &Wanted) -> Result<Relaxation, TokenProblem> {
    if !wanted.ignore_confirmation {
        return Err(broken(Claim::Cnf, ClaimProblem::Unexpected));
    }
    Ok(Relaxation::IgnoredConfirmation)
}

/// RFC 9068 2.1
const TYPE: &str = "at+jwt";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u17_what_is_a_signed_token_and_what_is_opaque() {
        let part = |text: &str| text::encode_base64url(text.as_bytes());
        let header = part(r#"{"alg":"RS256"}"#);
        for signed in [
            format!("{header}.e30.c2ln"),
            format!("{header}.."),
            format!("{}.e30.c2ln", part(" {broken")),
        ] {
            assert!(is_signed(&signed), "{signed}");
        }
        for opaque in [
            String::new(),
            "opaque".to_owned(),
            "ya29.a0_b".to_owned(),
            "a.b.c".to_owned(),
            header.clone(),
            format!("{header}.e30"),
            format!("{header}.e30.c2ln.x"),
            format!("{header}.k.iv.c.tag"),
            format!("{}.e30.c2ln", part("[1]")),
        ] {
            assert!(!is_signed(&opaque), "{opaque}");
        }
    }
}
