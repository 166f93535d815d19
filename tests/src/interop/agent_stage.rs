//! A provider, an agent with two accounts there, and what a token of theirs must be.

use relying_party::{Client, agent::AgentToken, jose::algorithm::Algorithm};

use super::{
    agent::{ALICE, Account, BOB, RealAgent, client},
    agent_way::Way,
    npm::{NodeProvider, Scheme},
    runner::{PATIENT, Runner},
};

/// The provider, the agent, and each account's client.
#[derive(Debug)]
pub struct Stage {
    /// Where the accounts are.
    pub provider: NodeProvider,
    /// With both accounts.
    pub agent: RealAgent,
    /// For what is done with the tokens.
    pub runner: Runner,
    clients: [Client; 2],
}

impl Stage {
    /// Starts everything.
    ///
    /// # Panics
    /// When something does not start.
    pub fn set() -> Self {
        let provider = NodeProvider::start(Scheme::Http).unwrap();
        let agent = RealAgent::with_accounts(&provider).unwrap();
        let runner = Runner::ureq(None, PATIENT);
        let clients = [ALICE, BOB].map(|account| client(&provider, &runner, account).unwrap());
        Self { provider, agent, runner, clients }
    }

    /// All ways to the agent.
    pub fn ways(&self) -> Vec<Way> {
        Way::all(self.agent.socket())
    }

    /// The account's.
    pub fn client(&self, account: Account) -> &Client {
        &self.clients[usize::from(account.name == BOB.name)]
    }

    /// Whose token for the userinfo endpoint it is, and its scope, as the provider says.
    ///
    /// # Panics
    /// When it is another's.
    #[track_caller]
    pub fn introspected(&self, account: Account, token: &AgentToken) -> String {
        let ask = self.client(account).introspect(&token.access_token, None);
        let answer = self.runner.run(ask).unwrap();
        let claims = answer.active().expect("an active token").claims();
        let text = |name| claims.claim::<String>(name).unwrap().unwrap();
        assert_eq!((text("sub"), text("client_id")), (account.name.into(), account.client.into()));
        text("scope")
    }

    /// That it is the account's JWT for this audience and no other; its scope.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn validated(&self, account: Account, token: &AgentToken, audience: &str) -> Vec<String> {
        let validate = self.client(account).validate_access_token(&token.access_token, &[audience]);
        let claims = self.runner.run(validate.algorithms(&[Algorithm::ES256])).unwrap();
        assert_eq!(claims.subject().unwrap().sub(), account.name);
        assert_eq!(claims.client_id(), Some(account.client));
        assert_eq!(claims.audiences(), [audience]);
        claims.scope().to_vec()
    }

    /// How often the provider gave an account's client a token for its refresh token.
    ///
    /// # Panics
    /// When the provider does not say.
    pub fn refreshes(&self, account: Account) -> usize {
        let events = self.provider.control("events").unwrap();
        let of = |event: &&serde_json::Value| {
            event["type"] == "grant.success"
                && event["grant_type"] == "refresh_token"
                && event["client"] == account.client
        };
        events.as_array().unwrap().iter().filter(of).count()
    }

    /// What the agent writes for the provider.
    pub fn issuer(&self) -> String {
        format!("{}/", self.provider.issuer())
    }
}
