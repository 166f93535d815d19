//! One authenticated call of an endpoint.
//!
//! ```text
//! Call   Ready ─┬─ proof at hand ────────────────► Sent ─► Done(HttpResponse)
//!               └─ remote key ─► Signing(Unsigned) ─┘
//! ```

use std::sync::Arc;

use url::Url;
use zeroize::Zeroizing;

use crate::{
    env::Env,
    error::{Error, ErrorKind, Purpose},
    flow::{
        Event, Flow, Happened, Step,
        party::{Party, endpoint},
        unreachable,
    },
    http::{HttpRequest, HttpResponse},
    protocol::{
        client_auth::Proof,
        endpoint_auth::{self, Prepared, Unsigned},
    },
};

/// Sends a form with the client's proof, once. The proof is made only when it is sent, so that it is fresh.
pub(crate) struct Call {
    party: Arc<Party>,
    url: Url,
    purpose: Purpose,
    form: Vec<(String, Zeroizing<String>)>,
    accept: Option<&'static str>,
    state: State,
}

enum State {
    /// Not started.
    Ready,
    /// Not started, and with a proof of its own.
    Proven(Proof),
    /// Waiting for the remote key.
    Signing(Unsigned),
    /// Waiting for the endpoint.
    Sent,
}

impl Call {
    /// A call of the token endpoint with these parameters.
    pub(crate) fn token(party: Arc<Party>, form: Vec<(&str, &str)>) -> Result<Self, Error> {
        let url = endpoint(&party.metadata.token_endpoint, "token_endpoint")?.clone();
        Ok(Self::new(party, url, Purpose::Token, form))
    }

    /// A call of another endpoint, authenticated as chosen for it.
    pub(crate) fn new(
        party: Arc<Party>,
        url: Url,
        purpose: Purpose,
        form: Vec<(&str, &str)>,
    ) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), Zeroizing::new(value.to_owned()));
        let url = party.address_for(purpose, &url).clone();
        let form = form.into_iter().map(own).collect();
        Self { party, url, purpose, form, accept: None, state: State::Ready }
    }

    /// With an answer of another type than JSON.
    pub(crate) fn accepting(mut self, media_type: &'static str) -> Self {
        self.accept = Some(media_type);
        self
    }

    /// The same with another proof than the client's.
    pub(crate) fn proven_by(mut self, proof: Proof) -> Self {
        self.state = State::Proven(proof);
        self
    }

    fn prepare(self, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Party { registration, metadata, .. } = &*self.party;
        let unsigned = match endpoint_auth::prepare(registration, metadata, self.purpose, env)? {
            Prepared::Proof(proof) => return self.send(&proof),
            Prepared::Unsigned(unsigned) => unsigned,
        };
        let message = unsigned.message.as_bytes();
        match unsigned.key.sign(message) {
            Some(signature) => {
                let proof = unsigned.signed(signature?)?;
                self.send(&proof)
            }
            None => {
                let name = unsigned.key.remote_name().unwrap_or_default().to_owned();
                let message = message.to_vec();
                Ok(Step::sign(name, message, Self { state: State::Signing(unsigned), ..self }))
            }
        }
    }

    fn send(self, proof: &Proof) -> Result<Step<Self>, Error> {
        let form = self.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (form, authorization) = proof.complete(form);
        let request =
            HttpRequest::post_form(self.url.clone(), form, self.purpose, self.party.limits());
        let request = match self.accept {
            Some(media_type) => request.accepting(media_type),
            None => request,
        };
        let request = match authorization {
            Some(value) => request.header("authorization", value.to_owned())?,
            None => request,
        };
        Ok(Step::send(request, Self { state: State::Sent, ..self }))
    }
}

impl Flow for Call {
    type Output = HttpResponse;

    fn advance(mut self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let state = std::mem::replace(&mut self.state, State::Sent);
        match (state, event.happened()) {
            (State::Ready, Happened::Started) => self.prepare(env),
            (State::Proven(proof), Happened::Started) => self.send(&proof),
            (State::Signing(unsigned), Happened::Signed(signature)) => {
                let proof = unsigned.signed(signature)?;
                self.send(&proof)
            }
            (State::Sent, Happened::Replied(Ok(response))) => Ok(Step::Done(response)),
            // Never repeated: the code or refresh token may be spent (RFC 6749 4.1.2).
            (State::Sent, Happened::Replied(Err(failure))) => {
                Err(ErrorKind::Transport { purpose: self.purpose, failure }.into())
            }
            _ => Err(unreachable("Call")),
        }
    }
}
