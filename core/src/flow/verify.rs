//! A signed token becomes verified claims: with the client secret, or with the provider's keys.

use std::sync::Arc;

use crate::{
    env::Env,
    error::{Error, ErrorKind, TokenKind, TokenProblem},
    flow::{Event, Flow, Progress, Step, keys::FindKeys, party::Party},
    jose::jws::{UnverifiedJws, VerifiedJws},
    secret::RawToken,
};

/// Verifies the signature of one ID token.
///
/// ```text
/// HMAC algorithm ── Done
/// any other ── FindKeys ── Done
/// ```
#[derive(Debug)]
pub(crate) struct VerifyIdToken {
    party: Arc<Party>,
    kind: TokenKind,
    jws: UnverifiedJws,
    find: FindKeys,
}

impl VerifyIdToken {
    /// Size, syntax and header are looked at here; nothing is sent for a token that fails them.
    pub(crate) fn new(party: Arc<Party>, kind: TokenKind, token: &RawToken) -> Result<Self, Error> {
        let algorithm = party.registration.id_token_alg;
        let jws = UnverifiedJws::parse(token.expose(), algorithm, TYPES, party.limits())
            .map_err(|problem| Error::from(ErrorKind::Token { kind, problem }))?;
        let find = FindKeys::of(party.clone(), jws.kid(), algorithm);
        Ok(Self { party, kind, jws, find })
    }

    fn verify_with_secret(self) -> Result<VerifiedJws, TokenProblem> {
        let secret = self.party.registration.client_secret.as_ref();
        // A client without a secret cannot be made for an HMAC algorithm.
        self.jws.verify_hmac(secret.ok_or(TokenProblem::Signature)?)
    }
}

impl Flow for VerifyIdToken {
    type Output = VerifiedJws;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let kind = self.kind;
        let refuse = |problem| Error::from(ErrorKind::Token { kind, problem });
        // OIDC Core 3.1.3.7 (8)
        if self.jws.algorithm().is_symmetric() {
            return Ok(Step::Done(self.verify_with_secret().map_err(refuse)?));
        }
        let Self { party, kind, jws, find } = self;
        match find.advance(event, env)?.progress() {
            Progress::Suspended(child) => Ok(child.within(|find| Self { party, kind, jws, find })),
            Progress::Done(candidates) => Ok(Step::Done(jws.verify(&candidates).map_err(refuse)?)),
        }
    }
}

/// RFC 8725 3.11: tokens of other classes name themselves; an ID token does not have to.
const TYPES: &[&str] = &["jwt"];
