//! A request becomes a request object: signed, then encrypted where that was chosen.
//!
//! ```text
//! SignRequest   Ready ─┬─ key at hand ───────────────────┬─────────────────────────────────────────► Done(Made)
//!                      └─ remote key ─► Signing(Content) ┴─ a key of the provider ─► Finding(FindKeys) ─► Done(Made)
//! ```

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    env::Env,
    error::Error,
    flow::{
        Event, Flow, Happened, Step,
        party::{self, Party},
        pending_login::PendingLogin,
        unreachable,
    },
    protocol::{
        authorization::{self, Pair},
        hosted_request::{HostedRequest, Place},
        request_object::{RequestObject, Signed},
    },
    text,
    time::UnixTime,
};
#[cfg(feature = "encryption")]
use crate::{error::KeyProblem, flow::keys::FindKeys};

/// Signs one request.
#[derive(Debug)]
pub(crate) struct SignRequest {
    party: Arc<Party>,
    content: Content,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not started.
    Ready,
    /// Waiting for the remote key.
    Signing,
    /// Looking for the provider's key.
    #[cfg(feature = "encryption")]
    Finding(FindKeys),
}

/// What becomes of it.
pub(crate) struct Content {
    pub(crate) object: RequestObject,
    /// Header and payload; with the signature once there is one.
    pub(crate) token: String,
    pub(crate) expires_at: UnixTime,
    pub(crate) place: Option<Place>,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) pending: PendingLogin,
}

/// What was started, with what is to be published for it.
pub(crate) struct Made {
    pub(crate) url: Url,
    pub(crate) pending: PendingLogin,
    pub(crate) hosted: Option<HostedRequest>,
}

impl SignRequest {
    pub(crate) fn new(party: Arc<Party>, content: Content) -> Self {
        Self { party, content, state: State::Ready }
    }

    fn sign(self, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Content { object, token, .. } = &self.content;
        match object.sign(token, &self.party.registration)? {
            Signed::Here(signature) => self.signed(&signature, env),
            Signed::Remotely(key) => {
                let name = key.remote_name().unwrap_or_default().to_owned();
                let message = token.clone().into_bytes();
                Ok(Step::sign(name, message, Self { state: State::Signing, ..self }))
            }
        }
    }

    fn signed(mut self, signature: &[u8], env: &mut dyn Env) -> Result<Step<Self>, Error> {
        self.content.token.push('.');
        self.content.token.push_str(&text::encode_base64url(signature));
        #[cfg(feature = "encryption")]
        if self.content.object.wants_published_key() {
            let find = FindKeys::prepare(self.party.clone());
            return self.find(find, Event::started(), env);
        }
        self.complete(env).map(Step::Done)
    }

    #[cfg(feature = "encryption")]
    fn find(
        mut self,
        find: FindKeys,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<Self>, Error> {
        use crate::flow::Progress;

        match find.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|find| Self { state: State::Finding(find), ..self }))
            }
            Progress::Done(_) => {
                let set = self.party.keys.fresh(env.now()).ok_or(KeyProblem::Unavailable(None))?;
                self.content.object.take_published_key(&set)?;
                self.complete(env).map(Step::Done)
            }
        }
    }

    /// The address with the object, or with the place where it will lie.
    fn complete(self, env: &mut dyn Env) -> Result<Made, Error> {
        let Self { party, content, .. } = self;
        let Content { object, token, expires_at, place, pairs, pending } = content;
        #[cfg(feature = "encryption")]
        let token = object.encrypted(token, &party.registration, &party.crypto, env)?;
        #[cfg(not(feature = "encryption"))]
        let _ = env;
        let mut pairs = object.repeated(pairs);
        let hosted = match place {
            None => {
                pairs.push(("request".to_owned(), token));
                None
            }
            Some(place) => {
                pairs.push(("request_uri".to_owned(), place.request_uri(&token)));
                Some(HostedRequest::new(place.uri, token, expires_at))
            }
        };
        let address = &party.metadata.authorization_endpoint;
        let endpoint = party::endpoint(address, "authorization_endpoint")?;
        Ok(Made { url: authorization::url(endpoint, &pairs), pending, hosted })
    }
}

impl Flow for SignRequest {
    type Output = Made;

    fn advance(mut self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let state = std::mem::replace(&mut self.state, State::Ready);
        #[cfg(feature = "encryption")]
        let state = match state {
            State::Finding(find) => return self.find(find, event, env),
            other => other,
        };
        match (state, event.happened()) {
            (State::Ready, Happened::Started) => self.sign(env),
            (State::Signing, Happened::Signed(signature)) => {
                let signature = self.content.object.admit(signature)?;
                self.signed(&signature, env)
            }
            _ => Err(unreachable("SignRequest")),
        }
    }
}

/// What it asks for is this visitor's.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("pending", &self.pending).finish_non_exhaustive()
    }
}
