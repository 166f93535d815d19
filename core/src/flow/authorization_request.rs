//! The start of every way through the browser: the address, and what is kept until the response.
//!
//! ```text
//! AuthorizationRequest   Choosing ─┬─ no request object ─────► Done(Made)
//!                                  └─ Signing(SignRequest) ─┘
//! ```

use std::sync::Arc;

use url::Url;

use crate::{
    env::{Env, random},
    error::{ApiMisuse, Comparison, Error, ErrorKind, Shown},
    flow::{
        Event, Flow, Happened, Progress, Step,
        party::{self, Party},
        pending_login::PendingLogin,
        sign_request::{Content, Made, SignRequest},
        unreachable,
    },
    protocol::{
        authorization::{self, Fixed, Parameters, ResponseMode},
        hosted_request::Place,
        pkce::{Key, Method, Pkce},
        profiled::LeftOut,
        registration::RedirectUri,
        request_object::{self, RequestObject},
        response_type::ResponseType,
    },
    secret::{CodeVerifier, Nonce, State as RequestState},
    text,
};

/// What was chosen so far.
#[derive(Debug)]
pub(crate) struct AuthorizationRequest {
    pub(crate) party: Arc<Party>,
    pub(crate) parameters: Parameters,
    pub(crate) redirect_uri: Option<String>,
    pub(crate) pkce_method: Method,
    /// The application's own, instead of a fresh one.
    pub(crate) pkce_key: Key,
    pub(crate) without_nonce: bool,
    pub(crate) object: Option<RequestObject>,
    /// Where the object will lie; none where the address holds it.
    pub(crate) place: Option<Place>,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not started.
    Choosing,
    /// Becoming a request object.
    Signing(Box<SignRequest>),
}

impl AuthorizationRequest {
    pub(crate) fn new(party: Arc<Party>) -> Self {
        Self {
            party,
            parameters: Parameters::default(),
            redirect_uri: None,
            pkce_method: Method::default(),
            pkce_key: Key::None,
            without_nonce: false,
            object: None,
            place: None,
            state: State::Choosing,
        }
    }

    /// The redirect URI that the current request's address is, without what the provider appended.
    pub(crate) fn redirect_uri_of(&mut self, current_url: &str) {
        let end = current_url.find(['?', '#']).unwrap_or(current_url.len());
        self.redirect_uri = current_url.get(..end).map(str::to_owned);
    }

    fn finish(self, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { party, mut parameters, redirect_uri, mut pkce_method, pkce_key, .. } = self;
        let Self { without_nonce, object, place, .. } = self;
        let (metadata, schemes) = (&party.metadata, party.policy.schemes);
        request_object::check(
            object.as_ref(),
            place.as_ref(),
            metadata,
            &party.registration,
            schemes,
        )?;
        let left_out = demand(&party, &mut parameters, without_nonce, pkce_method, &pkce_key);
        let without_nonce = without_nonce || left_out.nonce;
        if left_out.pkce {
            pkce_method = Method::Without;
        }
        let registration = &party.registration;
        let redirect_uri = match redirect_uri {
            Some(text) => registration.registered(text)?,
            None => registration.redirect_uri.clone().ok_or(ApiMisuse::NoRedirectUri)?,
        };
        let endpoint = endpoint(&party, &parameters)?;
        if parameters.mode().is_jwt() {
            party.check_responses()?;
        }
        // OIDC Core 3.2.2.1, 3.3.2.11: a token through the browser must bear one
        if without_nonce && !parameters.oauth && parameters.response_type != ResponseType::Code {
            return Err(ApiMisuse::Parameter(Shown::new("nonce")).into());
        }
        let state = RequestState::generate(env)?;
        let nonce = Nonce::generate(env)?;
        let verifier = CodeVerifier::generate(env)?;
        // Two of them travel in the address: a generator that repeats itself would give the verifier away.
        let repeated = [state.expose(), nonce.expose()].contains(&verifier.expose());
        if repeated || state.expose() == nonce.expose() {
            return Err(ErrorKind::Entropy.into());
        }
        let nonce = Some(nonce).filter(|_| !parameters.oauth && !without_nonce);
        let pkce = match (pkce_key, pkce_method) {
            // Without a code there is nothing to prove.
            (key, _) if !parameters.response_type.has_code() => Pkce::new(Method::Without, key)?,
            (Key::None, Method::S256 | Method::Plain) => {
                Pkce::new(pkce_method, Key::Verifier(verifier))?
            }
            (key, method) => Pkce::new(method, key)?,
        };
        let challenge = pkce.challenge();
        let fixed = Fixed {
            client_id: &registration.client_id,
            redirect_uri: redirect_uri.as_str(),
            state: state.expose(),
            nonce: nonce.as_ref().map(Nonce::expose),
            code_challenge: challenge.as_ref().map(|(challenge, method)| (&**challenge, *method)),
        };
        let pairs = authorization::pairs(endpoint, &fixed, &parameters)?;
        let secrets = (state, nonce, pkce);
        let mut pending = pending(&party, parameters, redirect_uri, secrets, left_out, env);
        pending.unsigned_request = object.as_ref().is_some_and(RequestObject::is_unsigned);
        let pending = pending.bounded(party.limits().pending_login)?;
        let Some(object) = object else {
            let url = authorization::url(endpoint, &pairs);
            return Ok(Step::Done(Made { url, pending, hosted: None }));
        };
        let jti = text::encode_base64url(&random(env)?);
        if matches!(&pending.pkce.key, Key::Verifier(verifier) if verifier.expose() == jti) {
            return Err(ErrorKind::Entropy.into());
        }
        let now = pending.created_at;
        let expires_at = object.expires_at(now);
        let message = object.signing_input(&pairs, metadata, registration, now, &jti)?;
        let content = Content { object, token: message, expires_at, place, pairs, pending };
        let sign = SignRequest::new(party.clone(), content);
        Self::sign(party, sign, Event::started(), env)
    }

    fn sign(
        party: Arc<Party>,
        sign: SignRequest,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<Self>, Error> {
        Ok(match sign.advance(event, env)?.progress() {
            Progress::Suspended(child) => child
                .within(|sign| Self { state: State::Signing(Box::new(sign)), ..Self::new(party) }),
            Progress::Done(made) => Step::Done(made),
        })
    }
}

impl Flow for AuthorizationRequest {
    type Output = Made;

    fn advance(mut self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match std::mem::replace(&mut self.state, State::Choosing) {
            State::Choosing => match event.happened() {
                Happened::Started => self.finish(env),
                _ => Err(unreachable("AuthorizationRequest")),
            },
            State::Signing(sign) => Self::sign(self.party, *sign, event, env),
        }
    }
}

/// What the profile wants, where the application did not say otherwise; what is left out because of it alone.
fn demand(
    party: &Party,
    parameters: &mut Parameters,
    without_nonce: bool,
    method: Method,
    key: &Key,
) -> LeftOut {
    let demands = party.demands();
    if demands.form_post {
        parameters.response_mode.get_or_insert(ResponseMode::FormPost);
    }
    if parameters.oauth && parameters.scope.is_empty() {
        parameters.scope.extend(demands.oauth_scope.map(str::to_owned));
    }
    let kind = parameters.response_type;
    // A token through the browser bears a nonce all the same, and a key of the application's is used.
    LeftOut {
        nonce: demands.without_nonce
            && !without_nonce
            && !parameters.oauth
            && kind == ResponseType::Code,
        pkce: demands.without_pkce
            && kind.has_code()
            && method == Method::S256
            && matches!(key, Key::None),
    }
}

/// The authorization endpoint, where everything that the response needs is there too.
fn endpoint<'p>(party: &'p Party, parameters: &Parameters) -> Result<&'p Url, Error> {
    let metadata = &party.metadata;
    let address = party::endpoint(&metadata.authorization_endpoint, "authorization_endpoint")?;
    // Without it the visitor would log in for nothing.
    if parameters.response_type.has_code() {
        party::endpoint(&metadata.token_endpoint, "token_endpoint")?;
    }
    party.check_scope(&parameters.scopes().join(" "))?;
    let ours = metadata.issuer().as_str();
    let hinted = parameters.hinted.as_ref().map(|(theirs, _)| theirs);
    let mut demanded = hinted.into_iter().chain(&parameters.required_iss);
    if let Some(theirs) = demanded.find(|theirs| !party.issuer().covers(theirs)) {
        return Err(ApiMisuse::OtherClient(Comparison::new(ours, theirs)).into());
    }
    Ok(address)
}

fn pending(
    party: &Party,
    parameters: Parameters,
    redirect_uri: RedirectUri,
    (state, nonce, pkce): (RequestState, Option<Nonce>, Pkce),
    left_out: LeftOut,
    env: &mut dyn Env,
) -> PendingLogin {
    PendingLogin {
        issuer: party.metadata.issuer().as_str().to_owned(),
        client_id: party.registration.client_id.clone(),
        redirect_uri: redirect_uri.as_str().to_owned(),
        response_type: parameters.response_type,
        response_mode: parameters.mode(),
        scope: parameters.scopes().join(" "),
        max_age: parameters.max_age,
        requested_sub: parameters.requested_sub().map(str::to_owned),
        requested_iss: parameters
            .requested_iss()
            .filter(|_| party.policy.issuers.template.is_some())
            .map(str::to_owned),
        essential_acr: parameters.essential_acr.unwrap_or_default(),
        created_at: env.now(),
        state,
        nonce,
        pkce,
        left_out,
        unsigned_request: false,
    }
}
