//! The start of a login: the address to which the browser goes, and what to keep until it comes back.
//!
//! ```text
//! StartLogin ── Done(StartedLogin { url, pending })
//! ```

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    env::Env,
    error::{ApiMisuse, Comparison, Error, ErrorKind},
    flow::{
        Event, Flow, Happened, Step,
        party::{self, Party},
        pending_login::PendingLogin,
        unreachable,
    },
    protocol::{
        authorization::{self, Display, Fixed, Parameters, Prompt, ResponseMode},
        id_token::IdToken,
        pkce,
        registration::RedirectUri,
    },
    secret::{CodeVerifier, Nonce, State},
};

/// A login about to start. `state`, `nonce` and PKCE (S256) are always made, 256 fresh bits each; the methods
/// choose what else is asked for (OIDC Core 3.1.2.1).
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct StartLogin {
    party: Arc<Party>,
    parameters: Parameters,
    redirect_uri: Option<String>,
}

/// A login that was started.
#[must_use = "send the browser to `url` and keep `pending`"]
pub struct StartedLogin {
    /// Where to send the browser (status 303). It holds `state` and `nonce`: do not log it.
    pub url: Url,
    /// What to keep in the browser's session.
    pub pending: PendingLogin,
}

impl StartLogin {
    pub(crate) fn new(party: Arc<Party>) -> Self {
        Self { party, parameters: Parameters::default(), redirect_uri: None }
    }

    fn with(mut self, change: impl FnOnce(&mut Parameters)) -> Self {
        change(&mut self.parameters);
        self
    }

    /// More scopes, separated by spaces; `openid` is always there. Default: `openid` alone.
    pub fn scope(self, scope: &str) -> Self {
        self.with(|p| p.scope.push(scope.to_owned()))
    }

    /// How the response comes back. Default: in the query.
    pub fn response_mode(self, mode: ResponseMode) -> Self {
        self.with(|p| p.response_mode = mode)
    }

    /// What the provider must ask the visitor; may be called several times, except with [`Prompt::None`].
    pub fn prompt(self, prompt: Prompt) -> Self {
        self.with(|p| {
            if !p.prompt.contains(&prompt) {
                p.prompt.push(prompt);
            }
        })
    }

    /// How the login page is to be shown.
    pub fn display(self, display: Display) -> Self {
        self.with(|p| p.display = Some(display))
    }

    /// The visitor must have authenticated within this many seconds; checked when the login is finished.
    pub fn max_age(self, seconds: u64) -> Self {
        self.with(|p| p.max_age = Some(seconds))
    }

    /// Languages of the pages, best first, separated by spaces (BCP 47).
    pub fn ui_locales(self, locales: &str) -> Self {
        self.with(|p| p.ui_locales.push(locales.to_owned()))
    }

    /// Languages of the claims, best first, separated by spaces (BCP 47).
    pub fn claims_locales(self, locales: &str) -> Self {
        self.with(|p| p.claims_locales.push(locales.to_owned()))
    }

    /// Who is likely to log in. It stands in the address, so in logs.
    pub fn login_hint(self, hint: &str) -> Self {
        self.with(|p| p.login_hint = Some(hint.to_owned()))
    }

    /// Who must log in: the subject of an earlier ID token, checked when the login is finished. The token stands
    /// in the address, so in logs. It must be this provider's.
    pub fn id_token_hint(self, token: &IdToken) -> Self {
        self.with(|p| {
            p.id_token_hint = Some(token.raw().clone());
            let subject = token.subject();
            p.hinted = Some((subject.issuer().to_owned(), subject.sub().to_owned()));
        })
    }

    /// Who must log in, by `sub`; checked when the login is finished (OIDC Core 5.5.1).
    pub fn require_sub(self, sub: &str) -> Self {
        self.with(|p| p.required_sub = Some(sub.to_owned()))
    }

    /// Wished authentication contexts, best first. A wish: see [`IdToken::acr`] for what came of it.
    pub fn acr_values(self, values: &[&str]) -> Self {
        self.with(|p| p.acr_values.extend(values.iter().map(|value| (*value).to_owned())))
    }

    /// Required authentication contexts, best first: asked for as an essential claim, and checked when the login
    /// is finished (OIDC Core 5.5.1.1).
    pub fn require_acr(self, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned());
        self.with(|p| p.essential_acr.get_or_insert_default().extend(values))
    }

    /// The `claims` parameter (OIDC Core 5.5). An essential `acr` and a `sub` of the ID token are refused here:
    /// [`require_acr`](Self::require_acr) and [`require_sub`](Self::require_sub) ask for them and check the answer.
    pub fn claims(self, claims: serde_json::Map<String, serde_json::Value>) -> Self {
        self.with(|p| p.claims = claims)
    }

    /// A resource for which the access token is meant (RFC 8707); may be called several times.
    pub fn resource(self, resource: &str) -> Self {
        self.with(|p| p.resource.push(resource.to_owned()))
    }

    /// An audience for which the access token is meant, for providers that know this parameter.
    pub fn audience(self, audience: &str) -> Self {
        self.with(|p| p.audience.push(audience.to_owned()))
    }

    /// Any other parameter, such as `access_type` or `kc_idp_hint`. One that the library sets itself is refused.
    pub fn parameter(self, name: &str, value: &str) -> Self {
        self.with(|p| p.extra.push((name.to_owned(), value.to_owned())))
    }

    /// Another redirect URI than the registration's, for instance with the port on which a native application
    /// just started to listen (RFC 8252 7.3). It must be registered, and is sent byte for byte.
    pub fn redirect_uri(mut self, redirect_uri: &str) -> Self {
        self.redirect_uri = Some(redirect_uri.to_owned());
        self
    }

    fn finish(self, env: &mut dyn Env) -> Result<StartedLogin, Error> {
        let Self { party, parameters, redirect_uri } = self;
        let registration = &party.registration;
        let redirect_uri = match redirect_uri {
            Some(text) => RedirectUri::new(text)?,
            None => registration.redirect_uri.clone().ok_or(ApiMisuse::NoRedirectUri)?,
        };
        let metadata = &party.metadata;
        let address = party::endpoint(&metadata.authorization_endpoint, "authorization_endpoint")?;
        // Without it the visitor would log in for nothing.
        party::endpoint(&metadata.token_endpoint, "token_endpoint")?;
        let ours = metadata.issuer().as_str();
        party.check_scope(&parameters.scopes().join(" "))?;
        if let Some((theirs, _)) =
            parameters.hinted.as_ref().filter(|(theirs, _)| !party.issuer().covers(theirs))
        {
            return Err(ApiMisuse::OtherClient(Comparison::new(ours, theirs)).into());
        }
        let state = State::generate(env)?;
        let nonce = Nonce::generate(env)?;
        let code_verifier = CodeVerifier::generate(env)?;
        // Two of them travel in the address: a generator that repeats itself would give the verifier away.
        let verifier = code_verifier.expose();
        if [state.expose(), nonce.expose()].contains(&verifier) || state.expose() == nonce.expose()
        {
            return Err(ErrorKind::Entropy.into());
        }
        let fixed = Fixed {
            client_id: &registration.client_id,
            redirect_uri: redirect_uri.as_str(),
            state: state.expose(),
            nonce: nonce.expose(),
            code_challenge: &pkce::s256_challenge(&code_verifier),
        };
        let url = authorization::url(address, &fixed, &parameters)?;
        let pending = PendingLogin {
            issuer: party.metadata.issuer().as_str().to_owned(),
            client_id: registration.client_id.clone(),
            redirect_uri: redirect_uri.as_str().to_owned(),
            response_mode: parameters.response_mode,
            scope: parameters.scopes().join(" "),
            max_age: parameters.max_age,
            requested_sub: parameters.requested_sub().map(str::to_owned),
            essential_acr: parameters.essential_acr.unwrap_or_default(),
            created_at: env.now(),
            state,
            nonce,
            code_verifier,
        };
        Ok(StartedLogin { url, pending: pending.bounded(party.limits().pending_login)? })
    }
}

impl Flow for StartLogin {
    type Output = StartedLogin;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match event.happened() {
            Happened::Started => self.finish(env).map(Step::Done),
            _ => Err(unreachable("StartLogin")),
        }
    }
}

impl fmt::Debug for StartedLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedLogin").field("pending", &self.pending).finish_non_exhaustive()
    }
}
