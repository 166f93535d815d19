//! An access token before a resource server (RFC 9068 4).
//!
//! ```text
//! ValidateAccessToken   Ready ─┬─ signed ────────────────► Verifying(VerifyToken) ─► Done(AccessTokenClaims)
//!                              ├─ opaque, or_introspect ─► Asking(Introspect) ──────► Done(AccessTokenClaims)
//!                              └─ opaque ─ refused
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{Error, ErrorKind, KeyProblem, TokenKind, TokenProblem},
    flow::{
        Event, Flow, Happened, Progress, Step,
        introspect::{self, Introspect},
        party::{Party, endpoint},
        unreachable,
        verify::VerifyToken,
    },
    jose::{algorithm::Algorithm, jws::UnverifiedJws},
    protocol::{
        access_token::{self, AccessTokenClaims, Wanted},
        revocation::TokenTypeHint,
        token::words,
    },
    secret::{AccessToken, AnyToken},
};

/// An access token about to be validated, by a resource server that somebody sent it to.
///
/// A signed token is verified with the provider's keys and held against RFC 9068 4: `typ` is `at+jwt`, `iss` the
/// provider, exactly (a slash, an alias or a template of the [`Policy`](crate::Policy) is for ID tokens), `aud` names
/// this server, `exp`, `iat` and `nbf` hold now, `sub` and `client_id` are there, and the required scope was granted.
/// What is sent for it is at most one reading of the key set.
///
/// ```
/// use relying_party::{
///     Client, Env, Error,
///     drive::{Transport, drive},
///     protocol::{access_token::AccessTokenClaims, bearer_challenge::BearerChallenge},
/// };
///
/// /// Who may read, by the `Authorization` header of a request; or status and `WWW-Authenticate` of the answer.
/// fn reader(
///     client: &Client,
///     authorization: Option<&str>,
///     transport: &impl Transport,
///     env: &mut impl Env,
/// ) -> Result<AccessTokenClaims, (u16, Option<String>)> {
///     let answer = |refused: BearerChallenge| (refused.status(), Some(refused.www_authenticate()));
///     let token = BearerChallenge::presented(authorization).map_err(answer)?;
///     let flow = client.validate_access_token(&token, &["https://api.example"]).require_scope("read");
///     drive(flow, transport, env)
///         .map_err(|error| BearerChallenge::of(&error).map_or((503, None), answer))
/// }
/// ```
///
/// # Errors
/// [`ErrorKind::Token`] of [`TokenKind::AccessToken`] says what is wrong with the token;
/// [`BearerChallenge::of`](crate::protocol::bearer_challenge::BearerChallenge::of) makes the answer for whoever sent it. Any other error
/// says that nobody could tell.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct ValidateAccessToken {
    context: Context,
    state: State,
}

#[derive(Debug)]
struct Context {
    party: Arc<Party>,
    token: AccessToken,
    wanted: Wanted,
    introspect: bool,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the key of the token; whether it said that it is an access token.
    Verifying { verify: VerifyToken, typed: bool },
    /// Waiting for the introspection endpoint.
    Asking(Introspect),
}

impl ValidateAccessToken {
    pub(crate) fn new(party: Arc<Party>, token: AccessToken, audiences: &[&str]) -> Self {
        let wanted = Wanted::new(audiences);
        Self { context: Context { party, token, wanted, introspect: false }, state: State::Ready }
    }

    /// The scope that is required, separated by spaces; may be called several times. Without any word it is refused
    /// before any request. Default: none.
    pub fn require_scope(mut self, scope: &str) -> Self {
        let words = words(scope);
        // It would be a setting that was forgotten. An empty word is no scope, which is seen at the start.
        let forgotten = words.is_empty().then(String::new);
        self.context.wanted.scope.extend(words.into_iter().chain(forgotten));
        self
    }

    /// The claim that holds the scope, as text or as a list. Default `scope` (RFC 9068 2.2.3); some providers write `scp`.
    pub fn scope_claim(mut self, name: &str) -> Self {
        self.context.wanted.scope_claim = name.to_owned();
        self
    }

    /// The algorithms with which access tokens may be signed. Default: RS256 alone (RFC 9068 2.1). An HMAC is refused
    /// before any request, and so is an empty list.
    pub fn algorithms(mut self, algorithms: &[Algorithm]) -> Self {
        self.context.wanted.algorithms = algorithms.to_vec();
        self
    }

    /// Looks a token up that is not signed (RFC 7662), and holds what the provider says against the same rules: it is
    /// active, a bearer token, and names this server and the scope. Default: such a token is refused. A signed token that
    /// breaks a rule is never looked up. For clients that can authenticate: one that cannot is refused
    /// ([`ApiMisuse::NoSecret`](crate::error::ApiMisuse::NoSecret)) before the token is looked at.
    pub fn or_introspect(mut self) -> Self {
        self.context.introspect = true;
        self
    }

    /// Accepts signed tokens without `typ`, or with `JWT`, for providers that do not say what a token is. Every signed
    /// token of such a provider looks alike, so their claims must tell them apart: refused as no access token is one
    /// with `nonce`, `at_hash` or `c_hash`, one with a claim `typ` of something else, and, where no claim `typ` says `Bearer`, one with
    /// neither a scope ([`scope_claim`](Self::scope_claim) or `scope`) nor `client_id`; one of the two is enough here.
    /// A use is reported as [`Relaxation::UntypedAccessToken`](crate::protocol::relaxation::Relaxation::UntypedAccessToken). Default: `at+jwt` (RFC 9068 4).
    pub fn insecure_accept_untyped(mut self) -> Self {
        self.context.wanted.untyped = true;
        self
    }

    /// Takes `azp` for `client_id` where that is missing. A use is reported as
    /// [`Relaxation::AzpAsClientId`](crate::protocol::relaxation::Relaxation::AzpAsClientId). Default: `client_id` is required (RFC 9068 2.2).
    pub fn accept_azp_as_client_id(mut self) -> Self {
        self.context.wanted.azp_as_client_id = true;
        self
    }

    /// The claim that holds the client where `client_id` is missing: Okta writes `cid`, Entra ID in its tokens of version 1
    /// `appid`. A use is reported as
    /// [`Relaxation::ClientIdClaim`](crate::protocol::relaxation::Relaxation::ClientIdClaim). Default: `client_id` is
    /// required (RFC 9068 2.2). An empty name is refused before any request. [Which provider writes
    /// what](crate::guide::profiles#access-tokens)
    pub fn client_id_claim(mut self, name: &str) -> Self {
        self.context.wanted.client_id_claim = Some(name.to_owned());
        self
    }

    /// Accepts a token that is bound to a key (`cnf`, RFC 7800) without a look at the proof: whoever stole it can then
    /// use it, unless something in front of this server has checked (RFC 8705 3, RFC 9449 7). A use is reported as
    /// [`Relaxation::IgnoredConfirmation`](crate::protocol::relaxation::Relaxation::IgnoredConfirmation). Default: refused.
    pub fn insecure_ignore_confirmation(mut self) -> Self {
        self.context.wanted.ignore_confirmation = true;
        self
    }
}

impl Context {
    fn receive(self, env: &mut dyn Env) -> Result<Step<ValidateAccessToken>, Error> {
        let party = &self.party;
        self.wanted.check(&party.crypto)?;
        // Found at the first token, of whichever kind it is, and not at the first opaque one.
        if self.introspect {
            endpoint(&party.metadata.introspection_endpoint, "introspection_endpoint")?;
            introspect::check_client(party)?;
        }
        let (token, limit) = (self.token.expose(), party.limits().token);
        if token.len() > limit {
            return self.done(Err(TokenProblem::TooLong { limit }));
        }
        if self.introspect && !access_token::is_signed(token) {
            let hint = Some(TokenTypeHint::AccessToken);
            let introspect = Introspect::new(party.clone(), AnyToken::from(&self.token), hint);
            return self.asking(introspect, Event::started(), env);
        }
        let parsed = UnverifiedJws::parse_by(token, &self.wanted.header(), party.limits());
        let typed = parsed.as_ref().is_ok_and(|jws| access_token::is_typed(jws.typ()));
        let verify = VerifyToken::of(party.clone(), TokenKind::AccessToken, parsed)?;
        self.verifying(verify, typed, Event::started(), env)
    }

    fn verifying(
        self,
        verify: VerifyToken,
        typed: bool,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<ValidateAccessToken>, Error> {
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(
                    child.within(|verify| self.suspended(State::Verifying { verify, typed }))
                );
            }
            Progress::Done(jws) => jws,
        };
        let (party, wanted) = (&self.party, &self.wanted);
        let (instant, depth) = (party.instant(env.now()), party.limits().json_depth);
        let issuer = party.metadata.issuer();
        self.done(access_token::validate(&jws, typed, issuer, wanted, instant, depth))
    }

    fn asking(
        self,
        introspect: Introspect,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<ValidateAccessToken>, Error> {
        match introspect.advance(event, env).map_err(of_the_answer)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|introspect| self.suspended(State::Asking(introspect))))
            }
            Progress::Done(answer) => {
                let issuer = self.party.metadata.issuer();
                self.done(access_token::accept(answer.active(), issuer, &self.wanted))
            }
        }
    }

    fn done(
        &self,
        result: Result<AccessTokenClaims, TokenProblem>,
    ) -> Result<Step<ValidateAccessToken>, Error> {
        let kind = TokenKind::AccessToken;
        let mut claims =
            result.map_err(|problem| Error::from(ErrorKind::Token { kind, problem }))?;
        if let Some(relaxation) = self.party.transport_relaxation() {
            claims.note_relaxation(relaxation);
        }
        Ok(Step::Done(claims))
    }

    fn suspended(self, state: State) -> ValidateAccessToken {
        ValidateAccessToken { context: self, state }
    }
}

impl Flow for ValidateAccessToken {
    type Output = AccessTokenClaims;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, state } = self;
        match state {
            State::Ready => match event.happened() {
                Happened::Started => context.receive(env),
                _ => Err(unreachable("ValidateAccessToken")),
            },
            State::Verifying { verify, typed } => context.verifying(verify, typed, event, env),
            State::Asking(introspect) => context.asking(introspect, event, env),
        }
    }
}

/// A key that signed the provider's answer and is unknown says nothing against the token.
fn of_the_answer(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Keys(KeyProblem::Unknown { .. }) => KeyProblem::Unavailable(Some(error)).into(),
        _ => error,
    }
}

/// The states hold tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Verifying { .. } => "Verifying",
            Self::Asking(_) => "Asking",
        })
    }
}
