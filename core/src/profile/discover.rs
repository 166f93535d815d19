//! From a profile to a client.
//!
//! ```text
//! DiscoverProfile ─┬─ published metadata ── Reading(ReadProvider) ── Done(Client)
//!                  └─ the profile's own ─────────────────────────── Done(Client)
//! ```

use super::Profile;
use crate::{
    client::Client,
    env::Env,
    error::Error,
    flow::{
        Event, Flow, Happened, Progress, Step, discover::ReadProvider, policy::Policy, unreachable,
    },
    jose::backend::Crypto,
    protocol::{
        issuer::Issuer,
        metadata::{MetadataOverrides, ProviderMetadata},
        registration::Registration,
    },
};

/// A client about to be made with a profile.
///
/// # Errors
/// As [`Client::discover`] and [`Client::new`].
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct DiscoverProfile {
    context: Box<Context>,
    state: State,
}

#[derive(Debug)]
struct Context {
    profile: Profile,
    registration: Registration,
    crypto: Crypto,
    policy: Policy,
}

#[derive(Debug)]
enum State {
    /// Not started.
    Ready,
    /// Waiting for the metadata.
    Reading(Box<ReadProvider>),
}

impl DiscoverProfile {
    pub(super) fn new(profile: Profile, registration: Registration, crypto: Crypto) -> Self {
        let context = Context { profile, registration, crypto, policy: Policy::default() };
        Self { context: Box::new(context), state: State::Ready }
    }

    /// The application's own choices, to which the profile adds. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.context.policy = policy;
        self
    }

    /// Members that replace those of the metadata and of the profile.
    pub fn metadata_overrides(mut self, overrides: MetadataOverrides) -> Self {
        let profile = &mut self.context.profile;
        profile.overrides = std::mem::take(&mut profile.overrides).under(overrides);
        self
    }
}

impl Context {
    fn begin(self: Box<Self>, env: &mut dyn Env) -> Result<Step<DiscoverProfile>, Error> {
        let Profile { issuer, source, overrides, .. } = &self.profile;
        self.registration.check_issuer(issuer)?;
        let Some(source) = source else {
            let metadata = ProviderMetadata::fixed(&Issuer::new(issuer.as_str())?, overrides)?;
            return self.done(metadata);
        };
        let read = ReadProvider::new(issuer.clone())
            .metadata_source(source.clone())
            .metadata_overrides(overrides.clone())
            .policy(self.profile.policy(self.policy.clone()));
        self.reading(read, Event::started(), env)
    }

    fn reading(
        self: Box<Self>,
        read: ReadProvider,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<DiscoverProfile>, Error> {
        match read.advance(event, env)?.progress() {
            Progress::Suspended(child) => Ok(child.within(|read| DiscoverProfile {
                context: self,
                state: State::Reading(Box::new(read)),
            })),
            Progress::Done(metadata) => self.done(metadata),
        }
    }

    fn done(self: Box<Self>, metadata: ProviderMetadata) -> Result<Step<DiscoverProfile>, Error> {
        let Self { profile, registration, crypto, policy } = *self;
        profile.client(metadata, registration, crypto, policy).map(Step::Done)
    }
}

impl Flow for DiscoverProfile {
    type Output = Client;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { context, state } = self;
        match state {
            State::Ready => match event.happened() {
                Happened::Started => context.begin(env),
                _ => Err(unreachable("DiscoverProfile")),
            },
            State::Reading(read) => context.reading(*read, event, env),
        }
    }
}
