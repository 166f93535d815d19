//! What every way through the browser does with its response: match it, and take in the tokens that came along.

use crate::{
    error::{
        ApiMisuse, CallbackProblem, Claim, ClaimProblem, Error, ErrorKind, Shown, TokenKind,
        TokenProblem,
    },
    flow::{party::Party, pending_login::PendingLogin},
    jose::{algorithm::Algorithm, jws::VerifiedJws, jwt},
    protocol::{
        callback::{self, Callback, ResponseParameters},
        front_channel,
        id_token::{self, Check, Expected, IdToken, NonceRule, Relaxation},
        profiled::credit,
        response_type::ResponseType,
        token::TokenSet,
    },
    secret::{AccessToken, AuthorizationCode, RawToken},
    time::UnixTime,
};

/// What came through the browser in a hybrid login (OIDC Core 3.3.2.5).
#[derive(Clone, Debug)]
pub struct FrontChannel {
    pub(crate) id_token: Option<IdToken>,
    pub(crate) tokens: Option<TokenSet>,
}

impl FrontChannel {
    /// The ID token of the authorization response: verified, and in agreement with the one of the token endpoint.
    pub fn id_token(&self) -> Option<&IdToken> {
        self.id_token.as_ref()
    }

    /// The access token of the authorization response. It has passed through the browser: prefer the login's own. With
    /// `code token` nothing ties it to this login.
    pub fn tokens(&self) -> Option<&TokenSet> {
        self.tokens.as_ref()
    }
}

/// A response that belongs to its request. The ID token is not yet verified.
pub(crate) struct Received {
    pub(crate) code: Option<AuthorizationCode>,
    pub(crate) id_token: Option<RawToken>,
    pub(crate) tokens: Option<TokenSet>,
    pub(crate) context: Context,
}

/// What the result says about the response.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) parameters: ResponseParameters,
    /// `iss` of the response, where it had one.
    iss: Option<String>,
    /// What has signed the response.
    signed: Option<Algorithm>,
}

/// Matches the response, which [`OpenResponse`](super::open_response::OpenResponse) has opened, with the request.
pub(crate) fn receive(
    party: &Party,
    pending: &PendingLogin,
    callback: &Callback,
    now: UnixTime,
) -> Result<Received, Error> {
    let accepted = callback.accept(&callback::Expected {
        state: &pending.state,
        issuer: party.issuer(),
        iss_required: party.metadata.response_iss || party.policy.require_response_iss,
        client_id: party.registration.client_id(),
        mode: pending.response_mode,
        response_type: pending.response_type,
    })?;
    Ok(Received {
        code: accepted.code,
        id_token: accepted.id_token,
        tokens: front_channel::tokens(callback, &pending.scope, now)?,
        context: Context {
            parameters: callback.extra(),
            iss: callback.parameter("iss").map(str::to_owned),
            signed: callback.signed(),
        },
    })
}

/// Where a request is finished by another flow than the one for its response type.
pub(crate) fn other_type<T>(response_type: ResponseType) -> Result<T, Error> {
    Err(ApiMisuse::ResponseType(Shown::new(response_type.as_str())).into())
}

/// What a login asked for, and when it is looked at.
pub(crate) struct Asked<'a> {
    pub(crate) party: &'a Party,
    pub(crate) pending: &'a PendingLogin,
    pub(crate) min_auth_time: Option<UnixTime>,
    pub(crate) now: UnixTime,
}

/// Validates an ID token of this login, from either end.
pub(crate) fn validate(
    Asked { party, pending, min_auth_time, now }: Asked<'_>,
    (kind, raw, jws): (TokenKind, RawToken, &VerifiedJws),
    access_token: Option<&AccessToken>,
    code: Option<&AuthorizationCode>,
) -> Result<IdToken, Error> {
    let nonce = match &pending.nonce {
        Some(nonce) => NonceRule::Equal(nonce),
        // None was sent: a token with one belongs to another request.
        None => NonceRule::EqualIfPresent(None),
    };
    let expected = Expected {
        code,
        require_hashes: kind == TokenKind::FrontChannelIdToken,
        max_age: pending.max_age(),
        require_auth_time: party.registration.require_auth_time,
        min_auth_time,
        essential_acr: &pending.essential_acr,
        sub: pending.requested_sub.as_deref(),
        ..party.expected(now, nonce, access_token)
    };
    let token =
        id_token::validate(raw, jws, &expected).map_err(|problem| refused(kind, problem))?;
    // Two tenants may have the same `sub`.
    if let Some(requested) = &pending.requested_iss {
        party.issuer().agree(token.subject().issuer(), requested).map_err(|both| {
            refused(kind, jwt::broken(Claim::Iss, ClaimProblem::Mismatch(Some(both))))
        })?;
    }
    Ok(token)
}

pub(crate) fn refused(kind: TokenKind, problem: TokenProblem) -> Error {
    ErrorKind::Token { kind, problem }.into()
}

impl Context {
    /// Holds the response's issuer against the token's; notes what else was checked, and what was relaxed.
    pub(crate) fn note(
        &self,
        id_token: &mut IdToken,
        party: &Party,
        pending: &PendingLogin,
    ) -> Result<(), CallbackProblem> {
        id_token.note(Check::State);
        if let Some(algorithm) = self.signed {
            id_token.note(Check::ResponseSignature(algorithm));
        }
        if let Some(iss) = &self.iss {
            let issuer = party.issuer();
            issuer.agree(iss, id_token.subject().issuer()).map_err(CallbackProblem::IssMismatch)?;
            id_token.note(Check::ResponseIssuer);
        }
        for relaxation in self.relaxations(party, pending.relaxations(party.profiled())) {
            id_token.note_relaxation(relaxation);
        }
        Ok(())
    }

    /// What was relaxed for the response, beside what the request had relaxed already.
    pub(crate) fn relaxations(&self, party: &Party, requested: Vec<Relaxation>) -> Vec<Relaxation> {
        let issuer = self.iss.as_ref().and_then(|iss| {
            let tolerance = party.issuer().of_response(iss).ok()??;
            Some(credit(party.profiled(), Relaxation::Issuer(tolerance), Some(iss)))
        });
        issuer.into_iter().chain(party.transport_relaxation()).chain(requested).collect()
    }
}
