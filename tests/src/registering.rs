//! Clients that register themselves.

use relying_party::{
    Client, Error, Policy,
    protocol::{
        client_metadata::ClientMetadata, metadata::ProviderMetadata,
        registered_client::RegisteredClient,
    },
};

use crate::{
    op::{OpConfig, RegistrationConfig},
    scenario::{World, crypto},
};

/// The redirect URI of what registers.
pub const CALLBACK: &str = "https://rp.test/dynamic";

/// A provider that lets clients register.
pub struct Registering {
    /// The provider, the clock and the way between.
    pub world: World,
    /// Its metadata.
    pub provider: ProviderMetadata,
}

impl Registering {
    /// One that is set up so, and nothing sent yet.
    pub fn new(registration: RegistrationConfig) -> Self {
        let mut world = World::new(OpConfig { registration, ..OpConfig::default() });
        let provider = world.run(Client::read_provider(world.op.issuer())).unwrap();
        world.transport.clear();
        world.op.clear_transcript();
        Self { world, provider }
    }

    /// Registers; what is sent is counted from here.
    pub fn register(&mut self, metadata: ClientMetadata) -> Result<RegisteredClient, Error> {
        self.world.transport.clear();
        self.world.run(Client::register(&self.provider, metadata))
    }

    /// The client of a registration.
    pub fn client(&mut self, registered: &RegisteredClient) -> Client {
        let registration = registered.registration(self.world.clock.now()).unwrap();
        Client::new(self.provider.clone(), registration, crypto(), Policy::default()).unwrap()
    }
}

impl Default for Registering {
    fn default() -> Self {
        Self::new(RegistrationConfig::default())
    }
}

/// A web application, and no more.
pub fn web() -> ClientMetadata {
    ClientMetadata::web(&[CALLBACK]).unwrap()
}
