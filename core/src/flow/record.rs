//! What later checks need of a login: kept over a restart, so that a refresh is still held against the first ID
//! token (OIDC Core 12.2).

use std::{fmt, time::Duration};

use serde_json::json;

use crate::{
    error::{ApiMisuse, Claim, ClaimProblem, Comparison, Error, TokenProblem},
    flow::party::Party,
    json::{Object, Value},
    protocol::id_token::{IdToken, Subject},
    secret::Nonce,
    stored,
};

/// What a later ID token of the same login must agree with.
///
/// Keep its [bytes](Self::to_bytes) beside the refresh token, where only the server can write them.
#[derive(Clone)]
pub struct LoginRecord {
    subject: Subject,
    audiences: Vec<String>,
    azp: Option<String>,
    auth_time: Option<i64>,
    issued_at: Option<i64>,
    scope: String,
    nonce: Option<Nonce>,
    sid: Option<String>,
}

impl LoginRecord {
    pub(crate) fn of(token: &IdToken, scope: &[String]) -> Self {
        // Optional claims: one of an odd type counts as absent, as everywhere.
        let text = |name| token.claims().claim::<String>(name).ok().flatten();
        Self {
            subject: token.subject().clone(),
            audiences: token.audiences().to_vec(),
            azp: token.azp().map(str::to_owned),
            auth_time: token.auth_time().map(|time| time.seconds()),
            issued_at: Some(token.issued_at().seconds()),
            scope: scope.join(" "),
            nonce: text("nonce").and_then(Nonce::parse),
            sid: text("sid"),
        }
    }

    /// Who logged in.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// `sid`: the provider's session, where it says.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// Versioned bytes with a checksum.
    pub fn to_bytes(&self) -> Vec<u8> {
        stored::write(&json!({
            "aud": self.audiences,
            "auth_time": self.auth_time,
            "azp": self.azp,
            "iat": self.issued_at,
            "iss": self.subject.issuer(),
            "nonce": self.nonce.as_ref().map(Nonce::expose),
            "scope": self.scope,
            "sid": self.sid,
            "sub": self.subject.sub(),
        }))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, in this or an older version.
    ///
    /// # Errors
    /// [`ErrorKind::Stored`](crate::error::ErrorKind::Stored) when the bytes were changed, cut, or written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let object = stored::read(WHAT, bytes)?;
        Self::read(&object).ok_or_else(|| stored::malformed(WHAT))
    }

    fn read(object: &Object<'_>) -> Option<Self> {
        let optional = |name| object.string(name).ok().map(|text| text.map(str::to_owned));
        let date = |name| match object.get(name) {
            None | Some(Value::Null) => Some(None),
            Some(Value::Number(number)) => number.seconds().map(Some),
            Some(_) => None,
        };
        let nonce = optional("nonce")?;
        Some(Self {
            subject: Subject::new(
                object.required_string("iss").ok()?,
                object.required_string("sub").ok()?,
            ),
            audiences: object.strings("aud").ok()??.into_iter().map(str::to_owned).collect(),
            azp: optional("azp")?,
            auth_time: date("auth_time")?,
            issued_at: date("iat")?,
            scope: optional("scope")?.unwrap_or_default(),
            nonce: match nonce {
                Some(text) => Some(Nonce::parse(text)?),
                None => None,
            },
            sid: optional("sid")?,
        })
    }

    /// The scope that was granted, separated by spaces.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    pub(crate) fn nonce(&self) -> Option<&Nonce> {
        self.nonce.as_ref()
    }

    /// Whether it is a record of this provider and client.
    pub(crate) fn check(&self, party: &Party) -> Result<(), Error> {
        let issuer = party.metadata.issuer().as_str();
        let client_id = party.registration.client_id();
        let comparison = if !party.issuer().covers(self.subject.issuer()) {
            Comparison::new(issuer, self.subject.issuer())
        } else if !self.audiences.iter().any(|audience| audience == client_id) {
            Comparison::new(client_id, &self.audiences.join(" "))
        } else {
            return Ok(());
        };
        Err(ApiMisuse::OtherClient(comparison).into())
    }

    /// Holds the ID token of a refresh, itself valid, against the first one.
    pub(crate) fn agrees_with(
        &self,
        token: &IdToken,
        leeway: Duration,
    ) -> Result<(), TokenProblem> {
        let differs =
            |claim| Err(TokenProblem::Claim { claim, problem: ClaimProblem::Mismatch(None) });
        // OIDC Core 12.2. `sub` and a `nonce` that is present are held against the first by validation; so is `iss`,
        // but where several issuers count as the provider's.
        if token.subject().issuer() != self.subject.issuer() {
            return differs(Claim::Iss);
        }
        // "its aud Claim Value MUST include the original ID Token's": the same, in any order
        if !self.audiences.iter().all(|audience| token.audiences().contains(audience)) {
            return differs(Claim::Aud);
        }
        // "its iat Claim MUST represent the time that the new ID Token is issued"
        let issued_at = token.issued_at().after(leeway).seconds();
        if self.issued_at.is_some_and(|first| issued_at < first) {
            return differs(Claim::Iat);
        }
        // "if auth_time is present, it MUST represent the original authentication"
        if let (Some(first), Some(now)) = (self.auth_time, token.auth_time())
            && first != now.seconds()
        {
            return differs(Claim::AuthTime);
        }
        // "its azp Claim Value MUST be the same ... if no azp was present, one MUST NOT be present"
        if token.azp() != self.azp.as_deref() {
            return differs(Claim::Azp);
        }
        Ok(())
    }
}

impl fmt::Debug for LoginRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRecord")
            .field("issuer", &self.subject.issuer())
            .finish_non_exhaustive()
    }
}

const WHAT: &str = "login record";
