//! A client from its provider's metadata.

use super::Client;
use crate::{
    env::Env,
    error::Error,
    flow::{Event, Flow, Progress, Step, discover::ReadProvider, policy::Policy},
    jose::backend::Crypto,
    protocol::{
        metadata::{MetadataOverrides, MetadataSource},
        registration::Registration,
    },
};

impl Client {
    /// Reads the provider's metadata and makes a client.
    ///
    /// `issuer` exactly as the provider writes it, trailing slash included.
    pub fn discover(
        issuer: impl Into<String>,
        registration: Registration,
        crypto: Crypto,
    ) -> DiscoverClient {
        let read = Box::new(ReadProvider::new(issuer.into()));
        DiscoverClient { registration, crypto, read }
    }

    /// Reads a provider's metadata alone: for a client that is still to be registered. `issuer` exactly as the
    /// provider writes it.
    pub fn read_provider(issuer: impl Into<String>) -> ReadProvider {
        ReadProvider::new(issuer.into())
    }
}

/// A client about to be made from its provider's metadata.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct DiscoverClient {
    registration: Registration,
    crypto: Crypto,
    read: Box<ReadProvider>,
}

impl DiscoverClient {
    fn with(mut self, change: impl FnOnce(ReadProvider) -> ReadProvider) -> Self {
        *self.read = change(*self.read);
        self
    }

    /// The application's choices. Default: [`Policy::default`].
    pub fn policy(self, policy: Policy) -> Self {
        self.with(|read| read.policy(policy))
    }

    /// Where the metadata are. Default: `<issuer>/.well-known/openid-configuration`.
    pub fn metadata_source(self, source: MetadataSource) -> Self {
        self.with(|read| read.metadata_source(source))
    }

    /// Members that replace those of the metadata.
    pub fn metadata_overrides(self, overrides: MetadataOverrides) -> Self {
        self.with(|read| read.metadata_overrides(overrides))
    }
}

impl Flow for DiscoverClient {
    type Output = Client;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { registration, crypto, read } = self;
        registration.check_issuer(read.issuer())?;
        let policy = read.chosen_policy().clone();
        match read.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|read| Self { registration, crypto, read: Box::new(read) }))
            }
            Progress::Done(metadata) => {
                Client::new(metadata, registration, crypto, policy).map(Step::Done)
            }
        }
    }
}
