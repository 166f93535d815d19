//! A provider's metadata before there is a client (OIDC Discovery 4).
//!
//! ```text
//! ReadProvider   Ready ─► Reading(Discover) ─► Done(ProviderMetadata)
//! ```

use crate::{
    env::Env,
    error::Error,
    flow::{Event, Flow, Progress, Step, discover::Discover, party::Policy},
    protocol::metadata::ProviderMetadata,
};

/// A provider about to describe itself.
///
/// # Errors
/// [`ErrorKind::Metadata`](crate::error::ErrorKind::Metadata) and
/// [`ErrorKind::Response`](crate::error::ErrorKind::Response) when the document is refused.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct ReadProvider {
    policy: Policy,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not started.
    Ready { issuer: String },
    /// Waiting for the metadata.
    Reading(Discover),
}

impl ReadProvider {
    pub(crate) fn new(issuer: String) -> Self {
        Self { policy: Policy::default(), state: State::Ready { issuer } }
    }

    /// The application's choices: its limits, and whether plain http may be. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }
}

impl Flow for ReadProvider {
    type Output = ProviderMetadata;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { policy, state } = self;
        let discover = match state {
            State::Ready { issuer } => Discover::new(issuer, policy.schemes, policy.limits.clone()),
            State::Reading(discover) => discover,
        };
        match discover.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|discover| Self { policy, state: State::Reading(discover) }))
            }
            Progress::Done(metadata) => Ok(Step::Done(metadata)),
        }
    }
}
