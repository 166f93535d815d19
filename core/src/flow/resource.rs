//! A protected resource (RFC 6750).
//!
//! ```text
//! CallResource   Ready ── Send(the resource) ──► Answering ─► Done(ResourceAnswer)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind, Purpose, ResponseProblem, Shown},
    flow::{Event, Flow, Happened, Step, party::Party, unreachable},
    http::{HttpRequest, HttpResponse, Method},
    protocol::{
        bearer::{Refusal, present},
        issuer::address,
    },
    secret::AccessToken,
};

/// A protected resource about to be called.
///
/// # Errors
/// [`ApiMisuse::Address`] before any request, when it is neither https nor, by
/// [`Policy::insecure_allow_loopback_http`](crate::Policy::insecure_allow_loopback_http), on this machine.
/// [`ResponseProblem::Redirect`]: the token goes to no other address. No other status is an error.
#[must_use = "a flow does nothing by itself"]
pub struct CallResource {
    party: Arc<Party>,
    method: Method,
    url: String,
    token: AccessToken,
    content: Option<(String, Vec<u8>)>,
    headers: Vec<(String, String)>,
    state: State,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the resource; whether the application asked only for what has changed.
    Answering { conditional: bool },
}

/// What the resource answered, within [`Limits::other_response`](crate::limits::Limits). Look at the status first.
#[derive(Debug)]
pub struct ResourceAnswer {
    response: HttpResponse,
    refusal: Option<Refusal>,
}

impl ResourceAnswer {
    /// The status; never that of a redirect. 304 only where the application sent `if-none-match` or `if-modified-since`.
    pub fn status(&self) -> u16 {
        self.response.status()
    }

    /// Headers and body.
    pub fn response(&self) -> &HttpResponse {
        &self.response
    }

    /// Why the token was not good enough, where the resource says so.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }
}

impl CallResource {
    pub(crate) fn new(party: Arc<Party>, method: Method, url: String, token: AccessToken) -> Self {
        let (content, headers) = (None, Vec::new());
        Self { party, method, url, token, content, headers, state: State::Ready }
    }

    /// With a body of this type. Not for `GET`.
    pub fn content(mut self, media_type: &str, body: Vec<u8>) -> Self {
        self.content = Some((media_type.to_owned(), body));
        self
    }

    /// With one more header, whose name is written in any case. `accept` replaces `application/json`; every other name may
    /// stand there once. `authorization`, `content-type` ([`content`](Self::content)) and what belongs to the connection
    /// (`host`, `content-length`, `connection`, `transfer-encoding`, `upgrade` and their like) are refused with
    /// [`ApiMisuse::Header`] before any request, and so is anything but printable ASCII. Default: none, not even a
    /// `user-agent`.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    fn request(&mut self) -> Result<HttpRequest, Error> {
        let policy = &self.party.policy;
        let url = address(&self.url, policy.schemes).map_err(ApiMisuse::Address)?;
        let request = HttpRequest::new(self.method, url, Purpose::Resource, &policy.limits);
        let request = match self.content.take() {
            None => request,
            Some(_) if self.method == Method::Get => {
                return Err(ApiMisuse::Parameter(Shown::new("content")).into());
            }
            Some((media_type, body)) => request.content(media_type, body)?,
        };
        let mut request = request.without("accept");
        let mut headers = std::mem::take(&mut self.headers);
        if !headers.iter().any(|(name, _)| name == "accept") {
            headers.insert(0, ("accept".to_owned(), "application/json".to_owned()));
        }
        for (name, value) in headers {
            let twice = request.headers().any(|(own, _)| own == name);
            if twice || RESERVED.contains(&name.as_str()) {
                return Err(ApiMisuse::Header.into());
            }
            request = request.header(name, value)?;
        }
        present(request, &self.token)
    }
}

impl Flow for CallResource {
    type Output = ResourceAnswer;

    fn advance(mut self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let purpose = Purpose::Resource;
        match (&self.state, event.happened()) {
            (State::Ready, Happened::Started) => {
                let request = self.request()?;
                let conditional = request.headers().any(|(name, _)| CONDITIONS.contains(&name));
                Ok(Step::send(request, Self { state: State::Answering { conditional }, ..self }))
            }
            (State::Answering { conditional }, Happened::Replied(Ok(response))) => {
                let status = response.status();
                // RFC 9110 15.4.5: as if it were 200, had anything changed
                let unchanged = *conditional && status == 304;
                if (300..=399).contains(&status) && !unchanged {
                    let problem = ResponseProblem::Redirect(status);
                    return Err(ErrorKind::Response { purpose, problem }.into());
                }
                let refusal = Refusal::read(&response);
                Ok(Step::Done(ResourceAnswer { response, refusal }))
            }
            (State::Answering { .. }, Happened::Replied(Err(failure))) => {
                Err(ErrorKind::Transport { purpose, failure }.into())
            }
            _ => Err(unreachable("CallResource")),
        }
    }
}

/// Set by this library or by the transport (RFC 6750 2.1, RFC 9110 6.6.2, 7.2, 7.6.1, 8.6).
const RESERVED: [&str; 11] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// RFC 9110 13.1.2, 13.1.3
const CONDITIONS: [&str; 2] = ["if-none-match", "if-modified-since"];

/// The address may hold what is nobody's business.
impl fmt::Debug for CallResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallResource").field("method", &self.method).finish_non_exhaustive()
    }
}
