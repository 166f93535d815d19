//! The start of plain OAuth (RFC 6749 4.1, 4.2): leave to call an API, and no login.
//!
//! ```text
//! StartAuthorization ── Done(StartedAuthorization { url, pending })
//! ```

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    env::Env,
    error::Error,
    flow::{
        Event, Flow, Happened, Step, authorization_request::AuthorizationRequest, party::Party,
        pending_authorization::PendingAuthorization, unreachable,
    },
    protocol::{
        authorization::{Parameters, Prompt, ResponseMode},
        pkce::{Key, Method},
        response_type::ResponseType,
    },
    secret::CodeVerifier,
};

/// An authorization about to start, without `openid` and without a nonce. What it ends in says nothing about who sits at
/// the browser: never log anybody in by it (OIDC Core 16.11); use
/// [`start_login`](crate::Client::start_login) for that.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct StartAuthorization(AuthorizationRequest);

/// An authorization that was started.
#[must_use = "send the browser to `url` and keep `pending`"]
pub struct StartedAuthorization {
    /// Where to send the browser (status 303). It holds `state`: do not log it.
    pub url: Url,
    /// What to keep in the browser's session.
    pub pending: PendingAuthorization,
}

impl StartAuthorization {
    pub(crate) fn new(party: Arc<Party>) -> Self {
        let mut request = AuthorizationRequest::new(party);
        request.parameters.oauth = true;
        Self(request)
    }

    fn with(mut self, change: impl FnOnce(&mut Parameters)) -> Self {
        change(&mut self.0.parameters);
        self
    }

    /// Scopes, separated by spaces. Default: none, which leaves it to the provider. `openid` is refused, except with
    /// [`ResponseType::None`]: it would be a login.
    pub fn scope(self, scope: &str) -> Self {
        self.with(|p| p.scope.push(scope.to_owned()))
    }

    /// What the authorization endpoint gives out. Default: [`ResponseType::Code`]. [`ResponseType::None`] is finished
    /// with [`finish_confirmation`](crate::Client::finish_confirmation).
    pub fn response_type(self, response_type: ResponseType) -> Self {
        self.with(|p| p.response_type = response_type)
    }

    /// Lets `token` and `code token` send an access token through the browser, where it stands in the history and can
    /// be stolen or swapped: they must not be used any more (RFC 9700 2.1.2). Reported in the result.
    pub fn insecure_front_channel_access_token(self) -> Self {
        self.with(|p| p.front_channel_access_token = true)
    }

    /// How the response comes back. Default: in the query for a code alone, otherwise in the fragment.
    pub fn response_mode(self, mode: ResponseMode) -> Self {
        self.with(|p| p.response_mode = Some(mode))
    }

    /// What the provider must ask the visitor, where it knows this parameter.
    pub fn prompt(self, prompt: Prompt) -> Self {
        self.with(|p| {
            if !p.prompt.contains(&prompt) {
                p.prompt.push(prompt);
            }
        })
    }

    /// Who is likely to agree, where the provider knows this parameter. It stands in the address, so in logs.
    pub fn login_hint(self, hint: &str) -> Self {
        self.with(|p| p.login_hint = Some(hint.to_owned()))
    }

    /// A resource for which the access token is meant (RFC 8707); may be called several times.
    pub fn resource(self, resource: &str) -> Self {
        self.with(|p| p.resource.push(resource.to_owned()))
    }

    /// An audience for which the access token is meant, for providers that know this parameter.
    pub fn audience(self, audience: &str) -> Self {
        self.with(|p| p.audience.push(audience.to_owned()))
    }

    /// Any other parameter. One that the library sets itself is refused.
    pub fn parameter(self, name: &str, value: &str) -> Self {
        self.with(|p| p.extra.push((name.to_owned(), value.to_owned())))
    }

    /// One of the registration's redirect URIs, byte for byte, but for the port of a loopback address. Default: the
    /// first.
    pub fn redirect_uri(mut self, redirect_uri: &str) -> Self {
        self.0.redirect_uri = Some(redirect_uri.to_owned());
        self
    }

    /// The redirect URI that `current_url` is without its query and fragment; it must be a registered one.
    pub fn redirect_uri_of(mut self, current_url: &str) -> Self {
        self.0.redirect_uri_of(current_url);
        self
    }

    /// A PKCE verifier of the application's instead of a fresh one: 43 to 128 unreserved characters
    /// (RFC 7636 4.1). Never use one twice.
    pub fn code_verifier(mut self, verifier: CodeVerifier) -> Self {
        self.0.pkce_key = Key::Verifier(verifier);
        self
    }

    /// Sends the verifier itself as challenge (`plain`): whoever sees the address can then use a stolen code. Reported
    /// in the result.
    pub fn insecure_pkce_plain(mut self) -> Self {
        self.0.pkce_method = Method::Plain;
        self
    }

    /// Sends no challenge: a stolen or injected code can then be used (RFC 9700 2.1.1). Reported in the result.
    pub fn insecure_without_pkce(mut self) -> Self {
        self.0.pkce_method = Method::Without;
        self
    }
}

impl Flow for StartAuthorization {
    type Output = StartedAuthorization;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match event.happened() {
            Happened::Started => {
                let (url, pending) = self.0.finish(env)?;
                let pending = PendingAuthorization(pending);
                Ok(Step::Done(StartedAuthorization { url, pending }))
            }
            _ => Err(unreachable("StartAuthorization")),
        }
    }
}

impl fmt::Debug for StartedAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("StartedAuthorization");
        shown.field("pending", &self.pending).finish_non_exhaustive()
    }
}
