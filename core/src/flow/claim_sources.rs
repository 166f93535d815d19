//! Aggregated and distributed claims (OIDC Core 5.6.2), one source at a time.
//!
//! ```text
//! ResolveClaims   Ready ─┬─ aggregated ─────────────────────────┐
//!                        └─ distributed ── Send(endpoint) ─► Answering
//!                                                               │
//!                 issuer trusted ── Verifying(VerifyToken) ◄─┬──┘
//!                        └─► Done(Verified)                  └─ otherwise ─► Done(Unverified)
//! ```

use std::{fmt, sync::Arc};

use url::{Origin, Url};

use crate::{
    env::Env,
    error::{
        ApiMisuse, ClaimSourceProblem, Error, ErrorKind, Purpose, Shown, TokenKind, TokenProblem,
    },
    flow::{Event, Flow, Happened, Progress, Step, party::Party, unreachable, verify::VerifyToken},
    http::HttpRequest,
    jose::{
        algorithm::Algorithm,
        jws::{UnverifiedJws, peek},
    },
    protocol::{
        bearer::present,
        claim_sources::{ClaimSource, Place},
        issuer::{Schemes, address},
        relaxation::Relaxation,
        sourced_claims::{self, Expected, SourcedClaims, TYPE, TYPES},
    },
    secret::AccessToken,
};

/// A source about to be read.
///
/// # Errors
/// [`ClaimSourceProblem::Origin`] before any request, where distributed claims are at an origin that was not
/// [allowed](Self::allow_origin). [`ErrorKind::Token`] of [`TokenKind::SourcedClaims`] for a token that cannot be read, is of
/// another kind, or names a [trusted](Self::trusted) issuer and breaks a rule: it is never taken as unverified instead.
/// [`ResponseProblem::Redirect`](crate::error::ResponseProblem::Redirect): the source's access token goes to no other address.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct ResolveClaims {
    context: Context,
    state: State,
}

#[derive(Debug)]
struct Context {
    party: Arc<Party>,
    source: ClaimSource,
    origins: Vec<String>,
    trusted: Vec<Trusted>,
}

/// An issuer whose word counts.
#[derive(Debug)]
struct Trusted {
    party: Arc<Party>,
    algorithm: Algorithm,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the endpoint of distributed claims.
    Answering,
    /// Waiting for the key of the token; whether it said that it is one with claims.
    Verifying { verify: VerifyToken, trusted: Trusted, typed: bool },
}

impl ResolveClaims {
    pub(crate) fn new(party: Arc<Party>, source: ClaimSource) -> Self {
        let (origins, trusted) = (Vec::new(), Vec::new());
        Self { context: Context { party, source, origins, trusted }, state: State::Ready }
    }

    /// Lets distributed claims be fetched from this origin, such as `https://claims.example`; may be called several times.
    /// Default: none, since a provider can write any address, also one of your own network. Anything but an origin is
    /// refused with [`ApiMisuse::Address`] before any request.
    pub fn allow_origin(mut self, origin: &str) -> Self {
        self.context.origins.push(origin.to_owned());
        self
    }

    pub(crate) fn trust(mut self, party: Arc<Party>, algorithm: Algorithm) -> Self {
        self.context.trusted.push(Trusted { party, algorithm });
        self
    }
}

impl Context {
    fn start(self, env: &mut dyn Env) -> Result<Step<ResolveClaims>, Error> {
        let origins = self.check()?;
        match self.source.place().clone() {
            Place::Token(token) => self.receive(token.expose(), env),
            Place::Endpoint { url, access_token } => {
                let request = self.request(url, access_token.as_ref(), &origins)?;
                Ok(Step::send(request, self.suspended(State::Answering)))
            }
        }
    }

    /// What cannot work is found at the first source, of whichever kind it is. Ends in the origins that are allowed.
    fn check(&self) -> Result<Vec<Origin>, Error> {
        for Trusted { party, algorithm } in &self.trusted {
            party.check_algorithm(*algorithm)?;
        }
        self.origins.iter().map(|text| origin(text)).collect()
    }

    fn request(
        &self,
        url: Url,
        access_token: Option<&AccessToken>,
        origins: &[Origin],
    ) -> Result<HttpRequest, Error> {
        let policy = &self.party.policy;
        // A source that was read under another policy must not widen this one.
        address(url.as_str(), policy.schemes).map_err(ClaimSourceProblem::Endpoint)?;
        if !origins.contains(&url.origin()) {
            let shown = Shown::new(&url.origin().ascii_serialization());
            return Err(ClaimSourceProblem::Origin(shown).into());
        }
        let request = HttpRequest::get(url, Purpose::Claims, &policy.limits);
        let request = request.accepting("application/jwt");
        // OIDC Core 5.6.2: the source's own token, never the one of the login.
        match access_token {
            Some(token) => present(request, token),
            None => Ok(request),
        }
    }

    fn receive(self, token: &str, env: &mut dyn Env) -> Result<Step<ResolveClaims>, Error> {
        let limits = self.party.limits();
        let payload = peek::payload(token, TYPES, limits).map_err(refuse)?;
        let (source, relaxations) = (&self.source, self.relaxations(None));
        let unverified = sourced_claims::unverified(&payload, source, relaxations, limits);
        let unverified = unverified.map_err(refuse)?;
        let issuer = unverified.unverified_issuer();
        // Exactly: an alias or a template is for ID tokens.
        let named = |trusted: &&Trusted| {
            issuer.is_some_and(|issuer| issuer == trusted.party.metadata.issuer().as_str())
        };
        let Some(trusted) = self.trusted.iter().find(named) else {
            return Ok(Step::Done(SourcedClaims::Unverified(unverified)));
        };
        let trusted = Trusted { party: trusted.party.clone(), algorithm: trusted.algorithm };
        let parsed = UnverifiedJws::parse(token, trusted.algorithm, TYPES, limits);
        let typed = parsed.as_ref().is_ok_and(|jws| jws.typ() == Some(TYPE));
        let kind = TokenKind::SourcedClaims;
        let verify = VerifyToken::of(trusted.party.clone(), kind, parsed)?;
        self.verifying(verify, trusted, typed, Event::started(), env)
    }

    fn verifying(
        self,
        verify: VerifyToken,
        trusted: Trusted,
        typed: bool,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<ResolveClaims>, Error> {
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child
                    .within(|verify| self.suspended(State::Verifying { verify, trusted, typed })));
            }
            Progress::Done(jws) => jws,
        };
        let issuer = trusted.party.metadata.issuer().as_str();
        let own_issuer = issuer == self.party.metadata.issuer().as_str();
        let expected = Expected {
            issuer,
            audiences: [
                trusted.party.registration.client_id(),
                self.party.registration.client_id(),
            ],
            sub: self.source.sub().filter(|_| own_issuer),
            typed,
            instant: trusted.party.instant(env.now()),
            json_depth: self.party.limits().json_depth,
        };
        let relaxations = self.relaxations(Some(&trusted.party));
        let verified = sourced_claims::validate(&jws, &self.source, &expected, relaxations);
        verified.map(|claims| Step::Done(SourcedClaims::Verified(claims))).map_err(refuse)
    }

    /// What was reached over plain http: the endpoint, or the issuer and its keys.
    fn relaxations(&self, trusted: Option<&Party>) -> Vec<Relaxation> {
        let endpoint = self.source.endpoint().is_some_and(|url| url.scheme() == "http");
        let issuer = trusted.and_then(Party::transport_relaxation);
        issuer.or(endpoint.then_some(Relaxation::LoopbackHttp)).into_iter().collect()
    }

    fn suspended(self, state: State) -> ResolveClaims {
        ResolveClaims { context: self, state }
    }
}

/// A text that is an origin and no more (RFC 6454 6.2).
fn origin(text: &str) -> Result<Origin, Error> {
    let url = address(text, Schemes::LoopbackHttp).map_err(ApiMisuse::Address)?;
    if url.path() != "/" || url.query().is_some() {
        return Err(ApiMisuse::Address("it is more than an origin").into());
    }
    Ok(url.origin())
}

fn refuse(problem: TokenProblem) -> Error {
    ErrorKind::Token { kind: TokenKind::SourcedClaims, problem }.into()
}

impl Flow for ResolveClaims {
    type Output = SourcedClaims;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, state } = self;
        match state {
            State::Ready => match event.happened() {
                Happened::Started => context.start(env),
                _ => Err(unreachable("ResolveClaims")),
            },
            State::Answering => match event.happened() {
                Happened::Replied(Ok(response)) => {
                    let limits = context.party.limits();
                    let token = sourced_claims::token(&response, limits)?.to_owned();
                    context.receive(&token, env)
                }
                Happened::Replied(Err(failure)) => {
                    Err(ErrorKind::Transport { purpose: Purpose::Claims, failure }.into())
                }
                _ => Err(unreachable("ResolveClaims")),
            },
            State::Verifying { verify, trusted, typed } => {
                context.verifying(verify, trusted, typed, event, env)
            }
        }
    }
}

/// A token in the making is not shown.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Answering => "Answering",
            Self::Verifying { .. } => "Verifying",
        })
    }
}
