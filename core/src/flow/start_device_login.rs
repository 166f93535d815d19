//! The start of a device login: the code that the visitor enters elsewhere (RFC 8628 3.1, 3.2).
//!
//! ```text
//! StartDeviceLogin   Asking(Call) ─► Done(StartedDevice { user_code, verification_uri, pending })
//! ```

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    env::Env,
    error::{Error, Purpose},
    flow::{
        Event, Flow, Happened, Progress, Step,
        call::Call,
        party::{Party, endpoint},
        pending_device::PendingDeviceLogin,
        unreachable,
    },
    http::HttpResponse,
    protocol::{device, grant::Parameters},
    time::UnixTime,
};

/// A device login about to start.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct StartDeviceLogin {
    context: Context,
    state: State,
}

#[derive(Debug)]
struct Context {
    party: Arc<Party>,
    parameters: Parameters,
    openid: bool,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the device authorization endpoint.
    Asking(Call),
}

/// A device login that was started: show the code and the address, and poll meanwhile.
#[must_use = "show `user_code` and `verification_uri`, and poll with `pending`"]
pub struct StartedDevice {
    /// What the visitor enters: printable ASCII, to be shown as it is; in a page, escaped like any text of others.
    pub user_code: String,
    /// Where the visitor enters it: https, unless the policy allows this machine over http.
    pub verification_uri: Url,
    /// The same with the code in it, for a QR code; only where it is of the same origin. Show the code beside it
    /// all the same: comparing it is the visitor's protection against a code of somebody else (RFC 8628 3.3.1, 5.4).
    pub verification_uri_complete: Option<Url>,
    /// When the code expires, by this machine's clock.
    pub expires_at: UnixTime,
    /// What to poll with.
    pub pending: PendingDeviceLogin,
}

impl StartDeviceLogin {
    pub(crate) fn new(party: Arc<Party>) -> Self {
        let context = Context { party, parameters: Parameters::default(), openid: true };
        Self { context, state: State::Ready }
    }

    fn with(mut self, change: impl FnOnce(&mut Parameters)) -> Self {
        change(&mut self.context.parameters);
        self
    }

    /// More scopes, separated by spaces; `openid` is always there. Default: `openid` alone.
    pub fn scope(self, scope: &str) -> Self {
        self.with(|p| p.add_scope(scope))
    }

    /// Leaves `openid` out: tokens for an API, which say nobody's name. Without it an answer without an ID token is
    /// complete; with it, such an answer is refused (OIDC Core 3.1.3.3).
    pub fn access_only(mut self) -> Self {
        self.context.openid = false;
        self
    }

    /// A resource for which the access token is meant (RFC 8707); may be called several times.
    pub fn resource(self, resource: &str) -> Self {
        self.with(|p| p.add_resource(resource))
    }

    /// An audience for which the access token is meant, for providers that know this parameter.
    pub fn audience(self, audience: &str) -> Self {
        self.with(|p| p.add_audience(audience))
    }

    /// Any other parameter. One that the library sets itself is refused, and so is a second of the same name.
    pub fn parameter(self, name: &str, value: &str) -> Self {
        self.with(|p| p.add(name, value))
    }
}

impl Context {
    fn scope(&self) -> String {
        let chosen = self.parameters.scope();
        let has_openid = chosen.split(' ').any(|scope| scope == "openid");
        match (self.openid && !has_openid, chosen.is_empty()) {
            (false, _) => chosen,
            (true, true) => "openid".to_owned(),
            (true, false) => format!("openid {chosen}"),
        }
    }

    fn ask(self, env: &mut dyn Env) -> Result<Step<StartDeviceLogin>, Error> {
        let metadata = &self.party.metadata;
        let name = "device_authorization_endpoint";
        let url = endpoint(&metadata.device_authorization_endpoint, name)?.clone();
        // Without it the visitor would enter the code for nothing.
        endpoint(&metadata.token_endpoint, "token_endpoint")?;
        let scope = self.scope();
        self.party.check_scope(&scope)?;
        let form = self.parameters.form(&scope)?;
        // RFC 8628 3.1: authenticated as at the token endpoint
        let call = Call::new(self.party.clone(), url, Purpose::DeviceAuthorization, form);
        self.asking(call, Event::started(), env)
    }

    fn asking(
        self,
        call: Call,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<StartDeviceLogin>, Error> {
        match call.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child
                    .within(|call| StartDeviceLogin { context: self, state: State::Asking(call) }))
            }
            Progress::Done(response) => self.started(&response, env).map(Step::Done),
        }
    }

    fn started(&self, response: &HttpResponse, env: &mut dyn Env) -> Result<StartedDevice, Error> {
        let party = &self.party;
        let answer = device::read(response, party.policy.schemes, party.limits())?;
        let expires_at = env.now().after(answer.lifetime);
        let pending = PendingDeviceLogin {
            device_code: answer.device_code,
            issuer: party.metadata.issuer().as_str().to_owned(),
            client_id: party.registration.client_id.clone(),
            scope: self.scope(),
            interval: answer.interval,
            expires_at,
        };
        Ok(StartedDevice {
            user_code: answer.user_code,
            verification_uri: answer.verification_uri,
            verification_uri_complete: answer.verification_uri_complete,
            expires_at,
            pending,
        })
    }
}

impl Flow for StartDeviceLogin {
    type Output = StartedDevice;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, state } = self;
        match state {
            State::Ready => match event.happened() {
                Happened::Started => context.ask(env),
                _ => Err(unreachable("StartDeviceLogin")),
            },
            State::Asking(call) => context.asking(call, event, env),
        }
    }
}

/// The call may hold a client secret.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "Ready",
            Self::Asking(_) => "Asking",
        })
    }
}

/// Whoever reads the code in a log could enter it first.
impl fmt::Debug for StartedDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedDevice").field("pending", &self.pending).finish_non_exhaustive()
    }
}
