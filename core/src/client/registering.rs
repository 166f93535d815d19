//! Registering a client, and what is done to a registration.

use super::Client;
use crate::{
    flow::{
        manage_registration::{DeleteRegistration, ReadRegistration, UpdateRegistration},
        register::RegisterClient,
    },
    protocol::{
        client_metadata::ClientMetadata, metadata::ProviderMetadata,
        registered_client::RegisteredClient,
    },
};

impl Client {
    /// Registers a client at a provider (OIDC Registration 3, RFC 7591).
    ///
    /// ```
    /// use relying_party::{
    ///     Client, Error, Policy,
    ///     drive::{Transport, drive},
    ///     env::Env,
    ///     jose::backend::Crypto,
    ///     protocol::client_metadata::ClientMetadata,
    /// };
    ///
    /// fn register(http: &impl Transport, crypto: Crypto, env: &mut impl Env) -> Result<Client, Error> {
    ///     let provider = drive(Client::read_provider("https://op.example"), http, env)?;
    ///     let metadata = ClientMetadata::web(&["https://site.example/callback"])?.client_name("Site");
    ///     let registered = drive(Client::register(&provider, metadata), http, env)?;
    ///     // Keep `registered.to_bytes()` where only the server can read them.
    ///     Client::new(provider, registered.registration(env.now())?, crypto, Policy::default())
    /// }
    /// ```
    pub fn register(provider: &ProviderMetadata, metadata: ClientMetadata) -> RegisterClient {
        RegisterClient::new(provider.clone(), metadata)
    }

    /// Reads a registration again (RFC 7592 2.1), for a new secret perhaps.
    pub fn read_registration(
        provider: &ProviderMetadata,
        registered: &RegisteredClient,
    ) -> ReadRegistration {
        ReadRegistration::new(provider, registered)
    }

    /// Replaces a registration as a whole (RFC 7592 2.2); start from [`RegisteredClient::to_metadata`].
    pub fn update_registration(
        provider: &ProviderMetadata,
        registered: &RegisteredClient,
        metadata: ClientMetadata,
    ) -> UpdateRegistration {
        UpdateRegistration::new(provider, registered, metadata)
    }

    /// Deletes a registration (RFC 7592 2.3).
    pub fn delete_registration(
        provider: &ProviderMetadata,
        registered: &RegisteredClient,
    ) -> DeleteRegistration {
        DeleteRegistration::new(provider, registered)
    }
}
