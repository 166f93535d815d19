//! Looking a token up (RFC 7662, RFC 9701).
//!
//! ```text
//! Introspect   Ready ─► Asking(Call) ─┬─ plain ────────────────────────────► Done(Introspection)
//!                                     └─ signed ─► Verifying(VerifyToken) ─► Done(Introspection)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind, Purpose, Shown, TokenKind},
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        decrypt::decrypted,
        party::{Party, endpoint},
        unreachable,
        verify::VerifyToken,
    },
    jose::jws::UnverifiedJws,
    protocol::{
        client_auth::{AuthMethod, Proof},
        introspection::{self, Introspection},
        revocation::TokenTypeHint,
    },
    secret::{AccessToken, AnyToken},
};

/// A token about to be looked up.
///
/// # Errors
/// [`ApiMisuse::NoSecret`] for a public client without a [`bearer`](Self::bearer), [`ApiMisuse::NoSuchEndpoint`] where the provider tells nothing, both
/// before any request. An `active` that is no boolean refuses the answer, and so does the `iss` of another provider
/// ([`ErrorKind::Token`]): one that looks tokens of others up must be told so, by
/// [`Policy::issuer_aliases`](crate::Policy::issuer_aliases). A signed one (RFC 9701) is refused unless it was
/// [registered](crate::Registration::introspection_signed_response_alg), and then a plain one is. Encryption around the
/// signature is registered with `Registration::introspection_encrypted_response`.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct Introspect {
    party: Arc<Party>,
    token: AnyToken,
    hint: Option<TokenTypeHint>,
    audience: Option<String>,
    public: bool,
    bearer: Option<AccessToken>,
    state: State,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the introspection endpoint.
    Asking(Call),
    /// Waiting for the key of the signed answer.
    Verifying(VerifyToken),
}

impl Introspect {
    pub(crate) fn new(party: Arc<Party>, token: AnyToken, hint: Option<TokenTypeHint>) -> Self {
        Self {
            party,
            token,
            hint,
            audience: None,
            public: false,
            bearer: None,
            state: State::Ready,
        }
    }

    /// Counts a token as inactive that does not name `audience`: for a resource that must not take tokens meant for
    /// others (RFC 7662 4). Default: any audience, or none.
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.to_owned());
        self
    }

    /// Asks as a client without a secret. A provider that answers lets anybody try out tokens (RFC 7662 4).
    pub fn insecure_as_public_client(mut self) -> Self {
        self.public = true;
        self
    }

    /// Proves with an access token of the resource's own that it may ask, instead of with what the client proves itself
    /// with elsewhere: where the provider says so (RFC 7662 2.1). Then the client needs no secret.
    pub fn bearer(mut self, access_token: &AccessToken) -> Self {
        self.bearer = Some(access_token.clone());
        self
    }

    fn call(&self) -> Result<Call, Error> {
        let party = &self.party;
        let url = endpoint(&party.metadata.introspection_endpoint, "introspection_endpoint")?;
        if !self.public && self.bearer.is_none() {
            check_client(party)?;
        }
        // It would be a setting that was forgotten.
        if self.audience.as_deref() == Some("") {
            return Err(ApiMisuse::Parameter(Shown::new("audience")).into());
        }
        let mut form = vec![("token", self.token.expose())];
        form.extend(self.hint.map(|hint| ("token_type_hint", hint.as_str())));
        let call = Call::new(party.clone(), url.clone(), Purpose::Introspection, form);
        let call = match &self.bearer {
            Some(token) => call.proven_by(Proof::bearer(token)),
            None => call,
        };
        // RFC 9701 4
        let signed = party.registration.introspection_alg().is_some();
        Ok(if signed { call.accepting(introspection::SIGNED) } else { call })
    }

    fn asking(self, call: Call, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let response = match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|call| Self { state: State::Asking(call), ..self }));
            }
            Progress::Done(response) => response,
        };
        let (party, limits) = (&self.party, self.party.limits());
        let Some(algorithm) = party.registration.introspection_alg() else {
            let (instant, audience) = (party.instant(env.now()), self.audience.as_deref());
            let answer = introspection::read(&response, audience, instant, limits)?;
            return self.done(answer);
        };
        let text = introspection::signed(&response, limits)?;
        let registered = party.registration.encryption.introspection;
        let text = decrypted(party, KIND, registered, text, env)?;
        let parsed = UnverifiedJws::parse_by(&text, &introspection::header(&algorithm), limits);
        let verify = VerifyToken::of(party.clone(), KIND, parsed)?;
        self.verifying(verify, Event::started(), env)
    }

    fn verifying(
        self,
        verify: VerifyToken,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<Self>, Error> {
        let jws = match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|verify| Self { state: State::Verifying(verify), ..self }));
            }
            Progress::Done(jws) => jws,
        };
        let party = &self.party;
        let (issuer, client_id) = (party.metadata.issuer(), party.registration.client_id());
        let (instant, audience) = (party.instant(env.now()), self.audience.as_deref());
        let answer =
            introspection::read_signed(&jws, issuer, client_id, audience, instant, party.limits())?;
        self.done(answer)
    }

    fn done(&self, answer: Introspection) -> Result<Step<Self>, Error> {
        let kind = TokenKind::AccessToken;
        let answer = answer.of_issuer(self.party.issuer());
        answer.map(Step::Done).map_err(|problem| ErrorKind::Token { kind, problem }.into())
    }
}

/// RFC 7662 2.1: whoever asks must prove who it is.
pub(crate) fn check_client(party: &Party) -> Result<(), Error> {
    match party.auth_method(Purpose::Introspection) {
        AuthMethod::None => Err(ApiMisuse::NoSecret.into()),
        _ => Ok(()),
    }
}

impl Flow for Introspect {
    type Output = Introspection;

    fn advance(mut self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Ready => match event.happened() {
                Happened::Started => {
                    let call = self.call()?;
                    self.asking(call, Event::started(), env)
                }
                _ => Err(unreachable("Introspect")),
            },
            State::Asking(call) => self.asking(call, event, env),
            State::Verifying(verify) => self.verifying(verify, event, env),
        }
    }
}

/// A call holds tokens.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Asking(_) => "Asking",
            Self::Verifying(_) => "Verifying",
        })
    }
}

const KIND: TokenKind = TokenKind::Introspection;
