//! Token requests without a browser: client credentials (RFC 6749 4.4), the password of a resource owner
//! (RFC 6749 4.3), JWT bearer (RFC 7523 2.1), and any other grant (RFC 6749 4.5).
//!
//! ```text
//! RequestTokens   Exchanging(Call) ─► TakingIn(TakeIn) ─► Done(GrantedTokens)
//! ```

use std::{fmt, sync::Arc};

use zeroize::Zeroizing;

use crate::{
    env::Env,
    error::{ApiMisuse, Error, Purpose},
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        granted::{GrantedTokens, TakeIn},
        party::Party,
        unreachable,
    },
    protocol::{
        authorization::is_absolute_uri,
        client_auth::{AuthMethod, Proof},
        grant::Parameters,
        token,
    },
    secret::ClientSecret,
    text::is_client_id,
};

/// A token request about to be made. One request, never repeated.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct RequestTokens {
    context: Context,
    state: State,
}

#[derive(Debug)]
struct Context {
    party: Arc<Party>,
    grant: Grant,
    parameters: Parameters,
    credentials: Option<Credentials>,
}

/// Those of one request. `Debug` shows neither half.
struct Credentials {
    client_id: String,
    client_secret: Zeroizing<String>,
}

impl Credentials {
    fn proof(&self) -> Result<Proof, Error> {
        let Self { client_id, client_secret } = self;
        if !is_client_id(client_id) {
            return Err(ApiMisuse::Characters("client_id").into());
        }
        let secret = ClientSecret::new(client_secret.as_str())?;
        Ok(AuthMethod::ClientSecretPost.with_secret(client_id, &secret))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Grant {
    ClientCredentials,
    Other,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the token endpoint.
    Exchanging(Call),
    /// Waiting for the key of the ID token.
    TakingIn(TakeIn),
}

impl RequestTokens {
    pub(crate) fn client_credentials(party: Arc<Party>) -> Self {
        let parameters = Parameters::new([("grant_type", "client_credentials")]);
        Self::new(party, Grant::ClientCredentials, parameters)
    }

    pub(crate) fn password(party: Arc<Party>, username: &str, password: &str) -> Self {
        let own = [("grant_type", "password"), ("username", username), ("password", password)];
        Self::new(party, Grant::Other, Parameters::new(own))
    }

    pub(crate) fn jwt_bearer(party: Arc<Party>, assertion: &str) -> Self {
        let own = [("grant_type", JWT_BEARER), ("assertion", assertion)];
        Self::new(party, Grant::Other, Parameters::new(own))
    }

    pub(crate) fn extension(party: Arc<Party>, grant_type: &str) -> Self {
        // RFC 6749 4.5: an absolute URI. Anything else is sent as none at all, which is refused at the start.
        let grant_type = if is_absolute_uri(grant_type) { grant_type } else { "" };
        Self::new(party, Grant::Other, Parameters::new([("grant_type", grant_type)]))
    }

    fn new(party: Arc<Party>, grant: Grant, parameters: Parameters) -> Self {
        let context = Context { party, grant, parameters, credentials: None };
        Self { context, state: State::Ready }
    }

    fn with(mut self, change: impl FnOnce(&mut Parameters)) -> Self {
        change(&mut self.context.parameters);
        self
    }

    /// The scopes to ask for, separated by spaces; may be called several times. Default: the provider's choice.
    pub fn scope(self, scope: &str) -> Self {
        self.with(|p| p.add_scope(scope))
    }

    /// A resource for which the access token is meant (RFC 8707); may be called several times.
    pub fn resource(self, resource: &str) -> Self {
        self.with(|p| p.add_resource(resource))
    }

    /// An audience for which the access token is meant, for providers that know this parameter.
    pub fn audience(self, audience: &str) -> Self {
        self.with(|p| p.add_audience(audience))
    }

    /// Other credentials than the client's, for this request alone and in its form, whatever the client's own method: an
    /// access key and its secret, for instance.
    pub fn credentials(mut self, client_id: &str, client_secret: &str) -> Self {
        let client_secret = Zeroizing::new(client_secret.to_owned());
        self.context.credentials =
            Some(Credentials { client_id: client_id.to_owned(), client_secret });
        self
    }

    /// Any other parameter. One that the library sets itself is refused, and so is a second of the same name.
    pub fn parameter(self, name: &str, value: &str) -> Self {
        self.with(|p| p.add(name, value))
    }
}

impl Context {
    fn exchange(self, env: &mut dyn Env) -> Result<Step<RequestTokens>, Error> {
        let proof = self.credentials.as_ref().map(Credentials::proof).transpose()?;
        // RFC 6749 4.4: confidential clients only.
        if proof.is_none()
            && self.grant == Grant::ClientCredentials
            && self.party.auth_method(Purpose::Token) == AuthMethod::None
        {
            return Err(ApiMisuse::NoSecret.into());
        }
        let scope = self.parameters.scope();
        self.party.check_scope(&scope)?;
        let call = Call::token(self.party.clone(), self.parameters.form(&scope)?)?;
        let call = match proof {
            Some(proof) => call.proven_by(proof),
            None => call,
        };
        self.exchanging(call, Event::started(), env)
    }

    fn exchanging(
        self,
        call: Call,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<RequestTokens>, Error> {
        let response = match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                return Ok(child.within(|call| self.suspended(State::Exchanging(call))));
            }
            Progress::Done(response) => response,
        };
        let asked = self.parameters.scope();
        let response = token::read(&response, &asked, self.party.token_rules(), env.now())?;
        let take_in = TakeIn::new(self.party.clone(), response, env)?;
        self.taking_in(take_in, Event::started(), env)
    }

    fn taking_in(
        self,
        take_in: TakeIn,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<RequestTokens>, Error> {
        match take_in.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|take_in| self.suspended(State::TakingIn(take_in))))
            }
            Progress::Done(granted) => Ok(Step::Done(granted)),
        }
    }

    fn suspended(self, state: State) -> RequestTokens {
        RequestTokens { context: self, state }
    }
}

impl Flow for RequestTokens {
    type Output = GrantedTokens;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, state } = self;
        match state {
            State::Ready => match event.happened() {
                Happened::Started => context.exchange(env),
                _ => Err(unreachable("RequestTokens")),
            },
            State::Exchanging(call) => context.exchanging(call, event, env),
            State::TakingIn(take_in) => context.taking_in(take_in, event, env),
        }
    }
}

/// The call holds a password or an assertion.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Exchanging(_) => "Exchanging",
            Self::TakingIn(_) => "TakingIn",
        })
    }
}

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
