//! Where a scenario plays: one provider, reached over one transport.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use relying_party::{
    Client, Env as _, Error, Flow, Login, Policy, Registration, SystemEnv,
    drive::{Transport, drive},
    flow::{
        Outcome,
        start_login::{StartLogin, StartedLogin},
    },
    http::HttpRequest,
    jose::{algorithm::Algorithm, signer::SigningKey},
    protocol::{callback::Callback, hosted_request::HostedRequest, registration::AuthMethod},
    time::UnixTime,
};

use super::{
    ProviderName, Result, TransportName, embedded,
    provider::{self, Provider},
};
use crate::{
    interop::{
        assertion::assertion,
        npm::RegisteredClient,
        runner::{HeldKey, PATIENT, Runner},
    },
    memory::Memory,
    op::{Alg, Mischief, OpConfig, OpRequest},
    scenario::{Return, World, crypto},
    visitor::{ALICE, Visitor},
};

enum Way {
    Memory { world: Box<Mutex<World>>, key: HeldKey },
    Adapter(Runner),
}

/// One provider before one transport. Scenarios share it, so each begins with a client of its own.
pub struct Stage {
    provider: Arc<Provider>,
    transport: TransportName,
    way: Way,
}

impl Stage {
    /// The stages of one provider, in the order of the columns.
    pub fn all(name: ProviderName) -> Result<Vec<Self>> {
        let provider = Arc::new(Provider::start(name)?);
        let over = |transport| Self::over(transport, provider.clone());
        let mut stages = Vec::new();
        if name == ProviderName::Embedded {
            stages.push(Self::in_memory(embedded::config()));
        }
        stages.extend([over(TransportName::Ureq), over(TransportName::Reqwest)]);
        Ok(stages)
    }

    fn in_memory(config: OpConfig) -> Self {
        let world = World::new(config);
        let provider = Arc::new(Provider::Embedded { op: world.op.clone(), server: None });
        let way = Way::Memory { world: Box::new(Mutex::new(world)), key: HeldKey::default() };
        Self { provider, transport: TransportName::Memory, way }
    }

    fn over(transport: TransportName, provider: Arc<Provider>) -> Self {
        let way = Way::Adapter(match transport {
            TransportName::Reqwest => Runner::reqwest(provider.ca(), PATIENT),
            _ => Runner::ureq(provider.ca(), PATIENT),
        });
        Self { provider, transport, way }
    }

    /// Another embedded provider over the same transport.
    pub fn other(&self, config: OpConfig) -> Result<Self> {
        Ok(match self.transport {
            TransportName::Memory => Self::in_memory(config),
            transport => Self::over(transport, Arc::new(Provider::embedded(config)?)),
        })
    }

    /// The same provider over the same transport, which presents a certificate of the test PKI.
    pub fn presenting(&self, certificate: &str) -> Result<Option<Self>> {
        let Provider::Npm(npm) = &*self.provider else { return Ok(None) };
        let pem = |kind: &str| std::fs::read(npm.pki(&format!("{certificate}.{kind}")));
        let ca = npm.ca_pem().ok_or("no authority")?;
        let [ureq, reqwest] = Runner::all_with_certificate(ca, &pem("crt")?, &pem("key")?);
        let runner = if self.transport == TransportName::Ureq { ureq } else { reqwest };
        let (provider, transport) = (self.provider.clone(), self.transport);
        Ok(Some(Self { provider, transport, way: Way::Adapter(runner) }))
    }

    /// The transport.
    pub fn transport(&self) -> TransportName {
        self.transport
    }

    /// Which provider it is.
    pub fn provider(&self) -> ProviderName {
        match &*self.provider {
            Provider::Embedded { .. } => ProviderName::Embedded,
            Provider::Npm(_) => ProviderName::Npm,
            Provider::Idpyoidc(_) => ProviderName::Idpyoidc,
        }
    }

    /// Runs a flow.
    ///
    /// # Errors
    /// The flow's.
    pub fn run<F: Flow>(&self, flow: F) -> std::result::Result<F::Output, Error> {
        match &self.way {
            Way::Memory { world, key } => {
                let world = &mut *world.lock().unwrap_or_else(PoisonError::into_inner);
                drive(flow, &Signing(&world.transport, key), &mut world.env)
            }
            Way::Adapter(runner) => runner.run(flow),
        }
    }

    /// From now on this key signs wherever a remote one is asked.
    pub fn hold(&self, key: SigningKey) {
        match &self.way {
            Way::Memory { key: held, .. } => held.hold(key),
            Way::Adapter(runner) => runner.hold(key),
        }
    }

    /// Method and path of the library's requests since this was last asked.
    pub fn take_requests(&self) -> Vec<String> {
        match &self.way {
            Way::Memory { world, .. } => {
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
        self.provider.issuer()
    }

    /// A private key of the provider's clients: a JWK.
    pub fn private_jwk(&self, algorithm: Algorithm) -> Result<serde_json::Value> {
        self.provider.private_jwk(algorithm)
    }

    /// A client of this provider, as it is registered there.
    pub fn credentials(&self, name: &str) -> Result<RegisteredClient> {
        self.provider.client(name)
    }

    /// A registration of this provider: `basic`, `post`, `public`, `secret-jwt`, `signed-introspection`, `pkjwt-` or
    /// `idt-` and an algorithm, `mtls-ca` or `mtls-self`.
    pub fn registration(&self, name: &str) -> Result<Registration> {
        let registration = self.provider.client(name)?.registration()?;
        let algorithm = |name: &str| Algorithm::parse(name).ok_or("no algorithm");
        Ok(match (name, name.split_once('-')) {
            (_, Some(("idt", name))) => registration.id_token_signed_response_alg(algorithm(name)?),
            (_, Some(("pkjwt", name))) => {
                let (algorithm, jwk) = (algorithm(name)?, self.private_jwk(algorithm(name)?)?);
                registration.private_key_jwt(provider::signing_key(&jwk, algorithm)?)
            }
            ("post", _) => registration.token_endpoint_auth_method(AuthMethod::ClientSecretPost),
            ("secret-jwt", _) => {
                registration.token_endpoint_auth_method(AuthMethod::ClientSecretJwt)
            }
            ("mtls-ca", _) => registration.token_endpoint_auth_method(AuthMethod::TlsClientAuth),
            ("mtls-self", _) => {
                registration.token_endpoint_auth_method(AuthMethod::SelfSignedTlsClientAuth)
            }
            ("signed-introspection", _) => {
                registration.introspection_signed_response_alg(match self.provider() {
                    ProviderName::Npm => Algorithm::PS256,
                    _ => Algorithm::RS256,
                })
            }
            _ => registration,
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
        let discover = Client::discover(self.issuer(), registration, crypto()).policy(policy());
        let client = self.run(discover)?;
        self.take_requests();
        Ok(client)
    }

    /// A person who is not logged in anywhere.
    pub fn visitor(&self) -> Result<Visitor> {
        match (&*self.provider, &self.way) {
            (Provider::Embedded { op, .. }, Way::Memory { world, .. }) => {
                let world = world.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(Visitor::in_memory(op.clone(), world.clock.clone()))
            }
            _ => Visitor::over_sockets(self.provider.ca()),
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
        match &*self.provider {
            Provider::Embedded { op, .. } => {
                op.decide_device(user_code, Some("alice"), self.now().seconds());
                Ok(())
            }
            Provider::Npm(npm) => {
                npm.control(&format!("device?user_code={user_code}&action=approve")).map(drop)
            }
            Provider::Idpyoidc(_) => Err("has no devices".into()),
        }
    }

    /// The same stage, or another one whose provider signs its access tokens for this resource (RFC 9068).
    pub fn with_signed_access_tokens(&self, resource: &str) -> Result<Option<Self>> {
        let signed_access_tokens = Some((Alg::Rs256, resource.to_owned()));
        match self.provider() {
            ProviderName::Embedded => {
                self.other(OpConfig { signed_access_tokens, ..embedded::config() }).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Another stage with a provider at which nobody has been, and whose keys are those that it began with: the embedded
    /// one does this wrongly, or oddly.
    pub fn anew(&self, mischief: Mischief) -> Result<Self> {
        let other = self.telling(NOWHERE)?;
        if let Provider::Embedded { op, .. } = &*other.provider {
            op.set_mischief(mischief);
        }
        Ok(other)
    }

    /// Another stage with a provider of the same kind, at which nobody has been, and which tells logouts to this address.
    pub fn telling(&self, told: &str) -> Result<Self> {
        match self.transport {
            TransportName::Memory => self.other(embedded::config()),
            transport => {
                Ok(Self::over(transport, Arc::new(Provider::telling(self.provider(), told)?)))
            }
        }
    }

    /// What the provider has told, where it has no network for that.
    pub fn take_logouts(&self) -> Option<Vec<OpRequest>> {
        match &*self.provider {
            Provider::Embedded { op, .. } => Some(op.take_logouts()),
            _ => None,
        }
    }

    /// Puts a request object where the provider looks for it.
    pub fn publish(&self, request: &HostedRequest) -> Result<()> {
        match &*self.provider {
            Provider::Embedded { op, .. } => {
                op.publish(&request.uri, request.content_type, &request.body);
                Ok(())
            }
            _ => Err("fetches nothing".into()),
        }
    }

    /// The provider signs with new keys, and publishes no others.
    pub fn rotate_keys(&self) -> Result<()> {
        match &*self.provider {
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
        match &*self.provider {
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

    /// The time of both sides.
    pub fn now(&self) -> UnixTime {
        match &self.way {
            Way::Memory { world, .. } => {
                world.lock().unwrap_or_else(PoisonError::into_inner).clock.now()
            }
            Way::Adapter(_) => SystemEnv.now(),
        }
    }
}

/// The embedded provider is on this machine, without a certificate.
pub fn policy() -> Policy {
    Policy::default().insecure_allow_loopback_http()
}

/// A browser that has come back.
pub struct Visit<P = relying_party::PendingLogin> {
    /// What was kept meanwhile.
    pub pending: P,
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

/// Where nobody listens.
pub const NOWHERE: &str = "http://127.0.0.1:9/told";

/// Longer than any access token of these providers lives.
pub const FOREVER: Duration = Duration::MAX;

/// The way to the embedded provider, with a key in the place of a remote one.
struct Signing<'a>(&'a Memory, &'a HeldKey);

impl Transport for Signing<'_> {
    fn send(&self, request: &HttpRequest) -> Outcome {
        Transport::send(self.0, request)
    }

    fn sleep(&self, duration: Duration) {
        Transport::sleep(self.0, duration);
    }

    fn sign(&self, _: &str, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        self.1.sign(message)
    }
}
