//! Where a scenario plays: one provider, reached over one transport.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use relying_party::{
    Client, Env as _, Error, Flow, Login, Policy, Registration, SystemEnv,
    flow::start_login::{StartLogin, StartedLogin},
    jose::algorithm::Algorithm,
    protocol::{callback::Callback, registration::AuthMethod},
};

use super::{ProviderName, Result, TransportName};
use crate::{
    interop::{
        assertion::assertion,
        idpyoidc::IdpyProvider,
        npm::{NodeProvider, RegisteredClient, Scheme},
        runner::{PATIENT, Runner},
    },
    op::{Op, OpConfig},
    scenario::{Return, World, crypto},
    server::{self, Server},
    visitor::{ALICE, Visitor},
};

enum Provider {
    Embedded { op: Op, _server: Option<Server> },
    Npm(NodeProvider),
    Idpyoidc(IdpyProvider),
}

enum Way {
    Memory(Mutex<World>),
    Adapter(Runner),
}

/// One provider before one transport. Scenarios share it, so each begins with a client of its own.
pub struct Stage {
    provider: Provider,
    way: Way,
}

impl Stage {
    /// Starts the provider.
    pub fn new(provider: ProviderName, transport: TransportName) -> Result<Self> {
        let adapter = match transport {
            TransportName::Memory if provider == ProviderName::Embedded => {
                let world = World::default();
                let op = world.op.clone();
                let provider = Provider::Embedded { op, _server: None };
                return Ok(Self { provider, way: Way::Memory(Mutex::new(world)) });
            }
            TransportName::Memory => return Err("only the embedded provider is in memory".into()),
            TransportName::Ureq => Runner::ureq(None, PATIENT),
            TransportName::Reqwest => Runner::reqwest(None, PATIENT),
        };
        let provider = match provider {
            ProviderName::Embedded => {
                let (op, server) = server::start(OpConfig::default())?;
                Provider::Embedded { op, _server: Some(server) }
            }
            ProviderName::Npm => Provider::Npm(NodeProvider::start(Scheme::Http)?),
            ProviderName::Idpyoidc => Provider::Idpyoidc(IdpyProvider::start(Scheme::Http)?),
        };
        Ok(Self { provider, way: Way::Adapter(adapter) })
    }

    /// Runs a flow.
    ///
    /// # Errors
    /// The flow's.
    pub fn run<F: Flow>(&self, flow: F) -> std::result::Result<F::Output, Error> {
        match &self.way {
            Way::Memory(world) => world.lock().unwrap_or_else(PoisonError::into_inner).run(flow),
            Way::Adapter(runner) => runner.run(flow),
        }
    }

    /// Method and path of the library's requests since this was last asked.
    pub fn take_requests(&self) -> Vec<String> {
        match &self.way {
            Way::Memory(world) => {
                let world = world.lock().unwrap_or_else(PoisonError::into_inner);
                let made = world.transport.requests();
                world.transport.clear();
                made
            }
            Way::Adapter(runner) => runner.take_requests(),
        }
    }

    /// The provider's issuer identifier.
    pub fn issuer(&self) -> &str {
        match &self.provider {
            Provider::Embedded { op, .. } => op.issuer(),
            Provider::Npm(npm) => npm.issuer(),
            Provider::Idpyoidc(idpy) => idpy.issuer(),
        }
    }

    /// A registration of this provider: `basic`, `post`, `public`, or `idt-` and an algorithm.
    pub fn registration(&self, name: &str) -> Result<Registration> {
        let RegisteredClient { client_id, client_secret, redirect_uris } = match &self.provider {
            Provider::Embedded { op, .. } => embedded_client(op, name)?,
            Provider::Npm(npm) => npm.client(name)?,
            Provider::Idpyoidc(idpy) => idpy.client(name)?,
        };
        let redirect_uri = redirect_uris.into_iter().next().ok_or("no redirect URI")?;
        let registration = match client_secret {
            Some(secret) => Registration::confidential(client_id, secret, redirect_uri)?,
            None => Registration::public(client_id, redirect_uri)?,
        };
        Ok(match name.strip_prefix("idt-").map(Algorithm::parse) {
            Some(algorithm) => {
                registration.id_token_signed_response_alg(algorithm.ok_or("no algorithm")?)
            }
            None if name == "post" => {
                registration.token_endpoint_auth_method(AuthMethod::ClientSecretPost)
            }
            None => registration,
        })
    }

    /// The client of this registration, after discovery.
    pub fn client(&self, name: &str) -> Result<Client> {
        Ok(self.discover(self.registration(name)?)?)
    }

    /// The client of a registration that the provider need not know.
    ///
    /// # Errors
    /// The flow's.
    pub fn discover(&self, registration: Registration) -> std::result::Result<Client, Error> {
        let policy = Policy::default().insecure_allow_loopback_http();
        let discover = Client::discover(self.issuer(), registration, crypto()).policy(policy);
        let client = self.run(discover)?;
        self.take_requests();
        Ok(client)
    }

    /// A person who is not logged in anywhere.
    pub fn visitor(&self) -> Result<Visitor> {
        match (&self.provider, &self.way) {
            (Provider::Embedded { op, .. }, Way::Memory(world)) => {
                let world = world.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(Visitor::in_memory(op.clone(), world.clock.clone()))
            }
            _ => Visitor::over_sockets(None),
        }
    }

    /// A login as far as the callback: alice enters her name and password where she is asked.
    pub fn visit(&self, visitor: &Visitor, client: &Client, start: StartLogin) -> Result<Visit> {
        let StartedLogin { url, pending } = self.run(start)?;
        let back = visitor.follow(&url, client.registration().redirect_uri(), ALICE)?;
        Ok(Visit { pending, callback: callback(client, &back)?, back })
    }

    /// A whole login, of somebody who has not been here before.
    pub fn log_in(&self, client: &Client, start: StartLogin) -> Result<Login> {
        let Visit { pending, callback, .. } = self.visit(&self.visitor()?, client, start)?;
        Ok(self.run(client.finish_login(pending, callback))?)
    }

    /// Somebody approves the device with this code on another screen.
    pub fn approve_device(&self, user_code: &str) -> Result<()> {
        match &self.provider {
            Provider::Embedded { op, .. } => {
                op.decide_device(user_code, Some("alice"), self.now());
                Ok(())
            }
            Provider::Npm(npm) => {
                npm.control(&format!("device?user_code={user_code}&action=approve")).map(drop)
            }
            Provider::Idpyoidc(_) => Err("has no devices".into()),
        }
    }

    /// The provider signs with new keys, and publishes no others.
    pub fn rotate_keys(&self) -> Result<()> {
        match &self.provider {
            Provider::Embedded { op, .. } => {
                op.rotate_keys();
                Ok(())
            }
            Provider::Npm(npm) => npm.control("rotate-keys").map(drop),
            Provider::Idpyoidc(idpy) => idpy.rotate_keys(),
        }
    }

    /// An assertion about alice that the provider accepts from the client `basic` (RFC 7523).
    pub fn assertion(&self) -> Result<String> {
        match &self.provider {
            // It takes its own ID tokens.
            Provider::Embedded { .. } => {
                let client = self.client("basic")?;
                let granted = self.run(client.password("alice", "wonderland").scope("openid"))?;
                let id_token = granted.id_token().ok_or("no ID token")?;
                Ok(id_token.raw().expose().to_owned())
            }
            Provider::Npm(npm) => assertion(npm, "alice"),
            Provider::Idpyoidc(_) => Err("has no such grant".into()),
        }
    }

    fn now(&self) -> i64 {
        match &self.way {
            Way::Memory(world) => {
                world.lock().unwrap_or_else(PoisonError::into_inner).clock.now().seconds()
            }
            Way::Adapter(_) => SystemEnv.now().seconds(),
        }
    }
}

/// A browser that has come back.
pub struct Visit {
    /// What was kept meanwhile.
    pub pending: relying_party::PendingLogin,
    /// What it brings.
    pub callback: Callback,
    /// The same as it came.
    pub back: Return,
}

/// The authorization response, however it came.
///
/// # Errors
/// As [`Callback::from_query`].
pub fn callback(client: &Client, back: &Return) -> std::result::Result<Callback, Error> {
    match back {
        Return::Query(text) => client.callback(text),
        Return::Fragment(text) => client.callback_fragment(text),
        Return::Form(text) => client.callback_form(text),
    }
}

/// Longer than any access token of these providers lives.
pub const FOREVER: Duration = Duration::MAX;

fn embedded_client(op: &Op, name: &str) -> Result<RegisteredClient> {
    let own = match name {
        "basic" => "rs256".to_owned(),
        _ => name.strip_prefix("idt-").unwrap_or(name).to_ascii_lowercase(),
    };
    let mut clients = op.config().clients.iter();
    let client = clients.find(|client| client.client_id == own);
    let client = client.ok_or_else(|| format!("no client {own}"))?;
    Ok(RegisteredClient {
        client_id: own,
        client_secret: client.client_secret.clone(),
        redirect_uris: client.redirect_uris.clone(),
    })
}
