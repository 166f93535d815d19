//! The start of plain OAuth (RFC 6749 4.1, 4.2): leave to call an API, and no login.
//!
//! ```text
//! StartAuthorization ─┬─ Done(StartedAuthorization { url, pending })
//!                     └─ Step::Sign, where a remote key signs the request object ─► Done
//! ```

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    env::Env,
    error::Error,
    flow::{
        Event, Flow, Progress, Step, authorization_request::AuthorizationRequest, party::Party,
        pending_authorization::PendingAuthorization, pending_login::PendingLogin,
        request_setters::request_setters,
    },
    protocol::response_type::ResponseType,
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
}

request_setters!(StartAuthorization, StartedAuthorization);

impl Flow for StartAuthorization {
    type Output = StartedAuthorization;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match self.0.advance(event, env)?.progress() {
            Progress::Suspended(child) => Ok(child.within(Self)),
            Progress::Done(made) => {
                Ok(Step::Done(StartedAuthorization::new(made.url, made.pending)))
            }
        }
    }
}

impl StartedAuthorization {
    fn new(url: Url, pending: PendingLogin) -> Self {
        Self { url, pending: PendingAuthorization(pending) }
    }
}

impl fmt::Debug for StartedAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("StartedAuthorization");
        shown.field("pending", &self.pending).finish_non_exhaustive()
    }
}
