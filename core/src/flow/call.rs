//! One authenticated call of an endpoint.

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
};

/// Sends a form with the client's proof, once. Rendered only when it is sent, so that a proof is fresh.
pub(crate) struct Call {
    party: Arc<Party>,
    url: Url,
    purpose: Purpose,
    form: Vec<(String, Zeroizing<String>)>,
    accept: Option<&'static str>,
}

impl Call {
    /// A call of the token endpoint with these parameters.
    pub(crate) fn token(party: Arc<Party>, form: Vec<(&str, &str)>) -> Result<Self, Error> {
        let url = endpoint(&party.metadata.token_endpoint, "token_endpoint")?.clone();
        Ok(Self::new(party, url, Purpose::Token, form))
    }

    /// A call of another endpoint, authenticated as at the token endpoint.
    pub(crate) fn new(
        party: Arc<Party>,
        url: Url,
        purpose: Purpose,
        form: Vec<(&str, &str)>,
    ) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), Zeroizing::new(value.to_owned()));
        let form = form.into_iter().map(own).collect();
        Self { party, url, purpose, form, accept: None }
    }

    /// With an answer of another type than JSON.
    pub(crate) fn accepting(mut self, media_type: &'static str) -> Self {
        self.accept = Some(media_type);
        self
    }

    fn render(&self) -> Result<HttpRequest, Error> {
        let party = &self.party;
        let form = self.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let registration = &party.registration;
        let secret = registration.client_secret.as_ref();
        let proof = party.auth_method().authenticate(&registration.client_id, secret, form)?;
        let request =
            HttpRequest::post_form(self.url.clone(), proof.form, self.purpose, party.limits());
        let request = match self.accept {
            Some(media_type) => request.accepting(media_type),
            None => request,
        };
        match proof.authorization {
            Some(value) => request.header("authorization", value),
            None => Ok(request),
        }
    }
}

impl Flow for Call {
    type Output = HttpResponse;

    fn advance(self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match event.happened() {
            Happened::Started => Ok(Step::send(self.render()?, self)),
            Happened::Replied(Ok(response)) => Ok(Step::Done(response)),
            // Never repeated: the code or refresh token may be spent (RFC 6749 4.1.2).
            Happened::Replied(Err(failure)) => {
                Err(ErrorKind::Transport { purpose: self.purpose, failure }.into())
            }
            Happened::Elapsed | Happened::Signed(_) => Err(unreachable("Call")),
        }
    }
}
