//! Whether the provider still stands by a token: `GET <host>/api/v2/oidc/validate_token`.
//!
//! ```text
//! ValidateToken   Ready ── Send(validate_token) ──► Asking ─► Done(ValidatedToken)
//! ```

use std::fmt;

use super::logout::host;
use crate::{
    client::Client,
    env::Env,
    error::{
        Claim, Error, ErrorKind, JsonFault, JsonProblem, OAuthError, Purpose, ResponseProblem,
        Shown, TokenKind, TokenProblem,
    },
    flow::{Event, Flow, Happened, Step, unreachable},
    http::{HttpRequest, HttpResponse},
    jose::jwt::{self, mismatch},
    json::{Object, Value},
    protocol::{claims::Claims, token::read_json},
    secret::{AccessToken, RawToken},
};

/// The token to be validated: exactly one.
#[derive(Clone, Copy, Debug)]
pub enum GenAuthToken<'t> {
    /// An ID token.
    IdToken(&'t RawToken),
    /// An access token.
    AccessToken(&'t AccessToken),
}

/// Asks the provider whether a token is good. The token travels in the query of the address, where servers and proxies
/// write it into their logs (RFC 9700 4.3.2); [`Client::introspect`] and
/// [`introspect_token_offline`](super::introspect_token_offline) do without.
pub fn insecure_validate_token(client: &Client, token: GenAuthToken<'_>) -> ValidateToken {
    let (kind, name, text) = match token {
        GenAuthToken::IdToken(token) => (TokenKind::IdToken, "id_token", token.expose()),
        GenAuthToken::AccessToken(token) => {
            (TokenKind::AccessToken, "access_token", token.expose())
        }
    };
    let pair = (name, zeroize::Zeroizing::new(text.to_owned()));
    ValidateToken { client: client.clone(), kind, pair, asked: false }
}

/// A token about to be validated by the provider.
///
/// # Errors
/// [`ErrorKind::Provider`] where the provider says in an answer with status 200 that it is not good: `error` is the
/// provider's code, `description` its message. [`ErrorKind::Response`] for any other status. [`ErrorKind::Token`] where it is for another client, of another issuer,
/// or expired.
#[must_use = "a flow does nothing by itself"]
pub struct ValidateToken {
    client: Client,
    kind: TokenKind,
    pair: (&'static str, zeroize::Zeroizing<String>),
    asked: bool,
}

/// What the provider says of a token that it stands by.
#[derive(Clone, Debug)]
pub struct ValidatedToken {
    claims: Claims,
}

impl ValidatedToken {
    /// Its claims. That the provider knows a token says nothing about who brought it.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }
}

impl ValidateToken {
    fn read(&self, response: &HttpResponse, env: &mut dyn Env) -> Result<ValidatedToken, Error> {
        let party = self.client.party();
        let object = read_json(response, PURPOSE, party.limits())?;
        if let Some(refusal) = refusal(&object, response.status()) {
            return Err(refusal.into());
        }
        self.check(&object, env)
            .map_err(|problem| ErrorKind::Token { kind: self.kind, problem })?;
        let syntax = || ResponseProblem::Json(JsonProblem::new("$", JsonFault::Syntax));
        let claims = Claims::new(response.body())
            .ok_or_else(|| ErrorKind::Response { purpose: PURPOSE, problem: syntax() })?;
        Ok(ValidatedToken { claims })
    }

    /// The provider answers for tokens of all its clients: this one must be meant for us.
    fn check(&self, claims: &Object<'_>, env: &mut dyn Env) -> Result<(), TokenProblem> {
        let party = self.client.party();
        let (issuer, iss) = (self.client.issuer(), jwt::required_string(claims, Claim::Iss)?);
        if iss != issuer {
            return Err(mismatch(Claim::Iss, issuer, iss));
        }
        jwt::audiences_with(claims, party.registration.client_id())?;
        party.instant(env.now()).not_expired(claims).map(drop)
    }
}

/// `{"code": 400, "message": "…"}`, with whatever status.
fn refusal(object: &Object<'_>, status: u16) -> Option<OAuthError> {
    let code = match object.get("code")? {
        Value::Number(number) => number.seconds()?.to_string(),
        Value::String(text) => text.clone().into_owned(),
        _ => return None,
    };
    let message = object.get("message").and_then(Value::as_str);
    Some(OAuthError {
        endpoint: PURPOSE,
        status: Some(status),
        error: Shown::new(&code),
        description: message.map(Shown::new),
    })
}

impl Flow for ValidateToken {
    type Output = ValidatedToken;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match event.happened() {
            Happened::Started if !self.asked => {
                let mut url = host(&self.client, "/api/v2/oidc/validate_token")?;
                url.query_pairs_mut().append_pair(self.pair.0, &self.pair.1);
                let request = HttpRequest::get(url, PURPOSE, self.client.party().limits());
                Ok(Step::send(request, Self { asked: true, ..self }))
            }
            Happened::Replied(Ok(response)) if self.asked => {
                self.read(&response, env).map(Step::Done)
            }
            Happened::Replied(Err(failure)) if self.asked => {
                Err(ErrorKind::Transport { purpose: PURPOSE, failure }.into())
            }
            _ => Err(unreachable("ValidateToken")),
        }
    }
}

impl fmt::Debug for ValidateToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ValidateToken").field("kind", &self.kind).finish_non_exhaustive()
    }
}

const PURPOSE: Purpose = Purpose::Introspection;
