//! A resource server before its provider.

use relying_party::{
    Client, Error, Policy, flow::validate_access_token::ValidateAccessToken,
    jose::algorithm::Algorithm, protocol::access_token::AccessTokenClaims, secret::AccessToken,
};
use serde_json::{Value, json};

use crate::{
    op::{Alg, OpConfig},
    refusal::refused,
    scenario::World,
};

/// What the server is called.
pub const RESOURCE: &str = "https://rs.test/";

/// A resource server with the keys of its provider.
pub struct Server {
    /// The provider, the clock and the way between.
    pub world: World,
    /// The client.
    pub client: Client,
}

impl Default for Server {
    /// Of an ordinary client.
    fn default() -> Self {
        Self::of(Alg::Rs256, "rs256", Policy::default())
    }
}

impl Server {
    /// Of this client, where access tokens are signed so.
    pub fn of(alg: Alg, client_id: &str, policy: Policy) -> Self {
        let signed_access_tokens = Some((alg, RESOURCE.to_owned()));
        let mut world = World::new(OpConfig { signed_access_tokens, ..OpConfig::default() });
        let client = world.discover(client_id, policy).unwrap();
        let mut server = Self { world, client };
        let token = server.mint(|_, _| {});
        let flow = server.ask(&token).algorithms(&ALL);
        server.world.run(flow).expect("a good token");
        server
    }

    /// As the provider would sign it, but for this change.
    pub fn mint(&self, change: impl FnOnce(&mut Value, &mut Value)) -> AccessToken {
        let op = &self.world.op;
        let (alg, audience) = op.config().signed_access_tokens.clone().unwrap();
        let now = self.world.clock.now().seconds();
        let mut header = json!({ "alg": alg.name(), "kid": op.kid(alg), "typ": "at+jwt" });
        let mut payload = json!({
            "iss": op.issuer(), "aud": audience, "sub": "alice", "client_id": "app",
            "iat": now, "exp": now + 300, "jti": "1", "scope": "read write",
        });
        change(&mut header, &mut payload);
        let signed_with = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(alg);
        let token = op.mint(signed_with, &header.to_string(), &payload.to_string());
        AccessToken::new(token).unwrap()
    }

    /// Takes in a token for it.
    pub fn ask(&self, token: &AccessToken) -> ValidateAccessToken {
        self.client.validate_access_token(token, &[RESOURCE])
    }

    /// The rest is counted anew.
    pub fn run(&mut self, flow: ValidateAccessToken) -> Result<AccessTokenClaims, Error> {
        self.world.transport.clear();
        self.world.run(flow)
    }

    /// Accepted.
    #[track_caller]
    pub fn accepted(&mut self, flow: ValidateAccessToken) -> AccessTokenClaims {
        let claims = self.run(flow).unwrap_or_else(|error| panic!("refused: {error:?}"));
        assert!(!format!("{claims:?}").contains("alice"));
        claims
    }

    /// Refused with this code after these requests.
    #[track_caller]
    pub fn refused(&mut self, flow: ValidateAccessToken, code: &str, requests: &[&str]) -> Error {
        let error = refused(self.run(flow), code);
        assert_eq!(self.world.transport.requests(), requests, "{code}");
        error
    }

    /// The same for a signed token with this change, without any request.
    #[track_caller]
    pub fn refuses(&mut self, change: impl FnOnce(&mut Value, &mut Value), code: &str) -> Error {
        let token = self.mint(change);
        let flow = self.ask(&token);
        self.refused(flow, code, &[])
    }

    /// Accepts a signed token with this change.
    #[track_caller]
    pub fn accepts(&mut self, change: impl FnOnce(&mut Value, &mut Value)) -> AccessTokenClaims {
        let token = self.mint(change);
        let flow = self.ask(&token);
        self.accepted(flow)
    }
}

/// With which the embedded provider signs.
pub const ALL: [Algorithm; 4] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];
