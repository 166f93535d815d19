//! A stand-in for a provider with a profile: the same odd answers, with the profile and without.

use relying_party::{
    Client, Error, Login, Policy, Registration,
    profile::Profile,
    protocol::{issuer_rules::IssuerTolerance, relaxation::Relaxation},
};
use serde_json::Value;

use crate::{
    op::OpConfig,
    scenario::{World, crypto},
};

/// The provider, and what is known of it.
pub struct Stand {
    /// The provider at the profile's issuer.
    pub world: World,
    /// The profile.
    pub profile: Profile,
    /// One of the provider's clients.
    pub registration: Registration,
}

impl Stand {
    /// At the profile's issuer, for one of the default clients.
    pub fn new(profile: Profile, client_id: &str) -> Self {
        Self::with(profile, client_id, |_| ())
    }

    /// The same with another configuration.
    pub fn with(profile: Profile, client_id: &str, change: impl FnOnce(&mut OpConfig)) -> Self {
        let mut config = OpConfig::with_issuer(profile.issuer());
        change(&mut config);
        let world = World::new(config);
        let registration = world.registration(client_id);
        Self { world, profile, registration }
    }

    /// A client under the profile and this policy; what was requested for it does not count.
    pub fn under_policy(&mut self, policy: Policy) -> Client {
        let flow = self.profile.clone().discover(self.registration.clone(), crypto());
        let client = self.world.run(flow.policy(policy)).expect("a client");
        self.world.transport.clear();
        client
    }

    /// A client under the profile.
    pub fn under(&mut self) -> Client {
        self.under_policy(Policy::default())
    }

    /// A client without the profile that reads its metadata at `issuer`.
    ///
    /// # Errors
    /// The flow's.
    pub fn strict_at(&mut self, issuer: &str) -> Result<Client, Error> {
        self.world.transport.clear();
        let flow = Client::discover(issuer, self.registration.clone(), crypto());
        let client = self.world.run(flow);
        if client.is_ok() {
            self.world.transport.clear();
        }
        client
    }

    /// The same at the profile's issuer.
    pub fn strict(&mut self) -> Client {
        let issuer = self.profile.issuer().to_owned();
        self.strict_at(&issuer).expect("a client")
    }

    /// A login that ends well, with what was relaxed for it.
    #[track_caller]
    pub fn accepted(&mut self, client: &Client, due: &[Relaxation]) -> Login {
        let login = match self.world.login(client) {
            Ok(login) => login,
            Err(error) => panic!("refused with {}: {error}", error.code()),
        };
        assert_eq!(login.id_token().relaxations(), due);
        login
    }

    /// A login that is refused with this code, after the token endpoint was asked and before anything else is.
    #[track_caller]
    pub fn refused(&mut self, client: &Client, code: &str) -> Error {
        self.world.transport.clear();
        let error = self.world.login(client).expect_err(code);
        assert_eq!(error.code(), code, "{error}");
        let requests = self.world.transport.requests();
        let last = requests.last().expect("a request");
        assert!(last.starts_with("POST "), "{requests:?}");
        assert_eq!(requests.iter().filter(|line| line.starts_with("POST ")).count(), 1);
        error
    }

    /// Changes the JSON that the endpoints with this ending of their path answer.
    pub fn answer(&self, path: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.world.op.edit(path, change);
    }
}

/// A relaxation that is put down to a profile.
pub fn of(profile: &'static str, relaxation: Relaxation) -> Relaxation {
    Relaxation::OfProfile { profile, relaxation: Box::new(relaxation) }
}

/// A tolerated issuer.
pub fn issuer(tolerance: IssuerTolerance) -> Relaxation {
    Relaxation::Issuer(tolerance)
}
