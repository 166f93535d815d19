//! A start whose request object lies at an address of this application (RFC 9101 5.2, OIDC Core 6.2).
//!
//! ```text
//! StartHosted ─┬─ key at hand ──────────────► Done(Hosted { started, hosted_request })
//!              └─ remote key ─► Step::Sign ─┘
//! ```

use std::fmt;

use url::Url;

use crate::{
    env::Env,
    error::Error,
    flow::{
        Event, Flow, Progress, Step, authorization_request::AuthorizationRequest,
        pending_login::PendingLogin, sign_request::Made, unreachable,
    },
    protocol::{
        hosted_request::{HostedRequest, Place},
        request_object::RequestObject,
    },
};

/// A login or an authorization about to start, whose request object is to be hosted; see
/// [`StartLogin::request_object_at`](crate::flow::start_login::StartLogin::request_object_at). Everything else is chosen
/// before.
#[must_use = "a flow does nothing by itself"]
pub struct StartHosted<T> {
    request: AuthorizationRequest,
    started: fn(Url, PendingLogin) -> T,
}

/// What was started, and what is to be published for it.
#[derive(Debug)]
#[must_use = "publish `hosted_request`, and send the browser to the address of `started`"]
pub struct Hosted<T> {
    /// What was started: a [`StartedLogin`](crate::flow::start_login::StartedLogin) or a
    /// [`StartedAuthorization`](crate::flow::start_authorization::StartedAuthorization).
    pub started: T,
    /// What the provider will ask for; publish it first.
    pub hosted_request: HostedRequest,
}

impl<T> StartHosted<T> {
    pub(crate) fn new(
        mut request: AuthorizationRequest,
        object: RequestObject,
        uri: &str,
        started: fn(Url, PendingLogin) -> T,
    ) -> Self {
        request.object = Some(object);
        request.place = Some(Place { uri: uri.to_owned(), hashed: false });
        Self { request, started }
    }

    /// Puts the SHA-256 of the object behind its address, as the fragment: a provider that keeps objects then sees that
    /// this is another one (OIDC Core 6.2). Default: not; an address of its own for each login does the same.
    pub fn with_hash(mut self) -> Self {
        if let Some(place) = &mut self.request.place {
            place.hashed = true;
        }
        self
    }
}

impl<T> Flow for StartHosted<T> {
    type Output = Hosted<T>;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { request, started } = self;
        match request.advance(event, env)?.progress() {
            Progress::Suspended(child) => Ok(child.within(|request| Self { request, started })),
            Progress::Done(Made { url, pending, hosted: Some(hosted_request) }) => {
                Ok(Step::Done(Hosted { started: started(url, pending), hosted_request }))
            }
            Progress::Done(_) => Err(unreachable("StartHosted")),
        }
    }
}

impl<T> fmt::Debug for StartHosted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StartHosted").field(&self.request).finish()
    }
}
