//! A signed token becomes verified claims: with the client secret, or with the provider's keys.

use std::{borrow::Cow, sync::Arc};

use crate::{
    env::Env,
    error::{Error, ErrorKind, TokenKind, TokenProblem},
    flow::{
        Event, Flow, Happened, Progress, Step, decrypt::decrypted, keys::FindKeys, party::Party,
        unreachable,
    },
    jose::jws::{UnverifiedJws, VerifiedJws},
    secret::RawToken,
};

/// Verifies the signature of one ID token, or of another token of which the header was already looked at.
///
/// ```text
/// HMAC algorithm ── Done
/// any other ── FindKeys ─┬─ a key fits ── Done
///                        └─ no key id, and not from a set read just now ── FindKeys::other_than ── Done
/// ```
#[derive(Debug)]
pub(crate) struct VerifyToken {
    context: Context,
    jws: Box<UnverifiedJws>,
    find: FindKeys,
}

#[derive(Debug)]
struct Context {
    party: Arc<Party>,
    kind: TokenKind,
}

impl VerifyToken {
    /// An ID token, and its signed text: the one inside, where it came encrypted. Size, syntax and header are looked at
    /// here; nothing is sent for a token that fails them.
    pub(crate) fn new(
        party: Arc<Party>,
        kind: TokenKind,
        token: RawToken,
        env: &mut dyn Env,
    ) -> Result<(Self, RawToken), Error> {
        let algorithm = party.registration.id_token_alg;
        let registered = party.registration.encryption.id_token;
        let signed = decrypted(&party, kind, registered, token.expose(), env)?;
        let parsed = UnverifiedJws::parse(&signed, algorithm, TYPES, party.limits());
        let inside = match signed {
            Cow::Borrowed(_) => None,
            Cow::Owned(signed) => Some(RawToken::parse(signed).ok_or(unreachable("VerifyToken"))),
        };
        let verify = Self::of(party, kind, parsed)?;
        Ok((verify, inside.transpose()?.unwrap_or(token)))
    }

    /// The same for a token that was read under rules of its own.
    pub(crate) fn of(
        party: Arc<Party>,
        kind: TokenKind,
        parsed: Result<UnverifiedJws, TokenProblem>,
    ) -> Result<Self, Error> {
        let context = Context { party, kind };
        let jws = Box::new(parsed.map_err(|problem| context.refuse(problem))?);
        // OIDC Core 10.1: a key id is needed where there are several keys; the application may always want one.
        let policy = &context.party.policy;
        if policy.require_kid && jws.kid().is_none() && !jws.algorithm().is_symmetric() {
            return Err(context.refuse(TokenProblem::Header { name: "kid", reason: "missing" }));
        }
        let find = FindKeys::of(context.party.clone(), jws.kid(), jws.algorithm());
        Ok(Self { context, jws, find })
    }
}

impl Context {
    fn refuse(&self, problem: TokenProblem) -> Error {
        ErrorKind::Token { kind: self.kind, problem }.into()
    }

    fn verify_with_secret(self, jws: UnverifiedJws) -> Result<VerifiedJws, Error> {
        let secret = self.party.registration.client_secret.as_ref();
        // A client without a secret cannot be made for an HMAC algorithm.
        let verified = jws.verify_hmac(secret.ok_or(unreachable("VerifyToken"))?);
        verified.map_err(|problem| self.refuse(problem))
    }
}

impl Flow for VerifyToken {
    type Output = VerifiedJws;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, jws, find } = self;
        // OIDC Core 3.1.3.7 (8)
        if jws.algorithm().is_symmetric() {
            return match event.happened() {
                Happened::Started => context.verify_with_secret(*jws).map(Step::Done),
                _ => Err(unreachable("VerifyToken")),
            };
        }
        let found = match find.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|find| Self { context, jws, find }));
            }
            Progress::Done(found) => found,
        };
        match (jws.verify_or_keep(&found.candidates), found.cached) {
            (Ok(verified), _) => Ok(Step::Done(verified)),
            (Err(jws), Some(tried)) if jws.kid().is_none() => {
                let find = FindKeys::other_than(context.party.clone(), jws.algorithm(), tried);
                Self { context, jws: Box::new(jws), find }.advance(Event::started(), env)
            }
            (Err(_), _) => Err(context.refuse(TokenProblem::Signature)),
        }
    }
}

/// RFC 8725 3.11: tokens of other classes name themselves; an ID token does not have to.
const TYPES: &[&str] = &["jwt"];
