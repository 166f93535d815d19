//! Logins whose request is an object, at a provider that takes them.

use relying_party::{
    Client, Error, Login, Policy, Registration,
    crypto::rustcrypto_signing_key,
    drive::Transport,
    flow::{Flow, Outcome, hosted_request::Hosted, start_login::StartedLogin},
    http::HttpRequest,
    jose::{algorithm::Algorithm, signer::SigningKey},
    protocol::{hosted_request::HostedRequest, request_object::RequestObject},
};
use serde_json::Value;
use std::time::Duration;
use url::Url;

use crate::{
    memory::Memory,
    op::{
        OpClient, OpConfig, OpRequest, RegisteredObjects, RequestObjects, es256_private_jwk,
        private_jwks, public,
    },
    proof::decode,
    refusal,
    scenario::{World, crypto},
};

/// Where the objects of the client lie.
pub const PLACE: &str = "https://rp.test/objects/7sNvRqWQ";
/// Long enough for HS512.
pub const SECRET: &str = "fake-secret-0123456789-0123456789-0123456789-0123456789-0123456789";

/// A provider that takes request objects, and a client of it.
pub struct Stage {
    /// The provider, the clock and the way between.
    pub world: World,
    /// The client.
    pub client: Client,
}

impl Stage {
    /// With these rules, and with other metadata of both sides.
    pub fn new(
        rules: RequestObjects,
        discovery: impl Fn(&mut Value) + Send + Sync + 'static,
        registration: impl FnOnce(Registration) -> Registration,
        policy: Policy,
    ) -> Self {
        let own = OpClient {
            jwks: private_jwks().into_iter().map(public).collect(),
            request_objects: RegisteredObjects {
                signing_alg: None,
                request_uris: vec![PLACE.to_owned()],
            },
            ..OpClient::new("objects", Some(SECRET), "https://rp.test/cb")
        };
        let mut world = World::new(OpConfig {
            clients: vec![own],
            request_objects: Some(rules),
            ..OpConfig::default()
        });
        world.op.edit("/openid-configuration", discovery);
        let registration = registration(world.registration("objects"));
        let issuer = world.op.issuer().to_owned();
        let discover = Client::discover(issuer, registration, crypto()).policy(policy);
        let client = world.run(discover).expect("a client");
        world.transport.clear();
        Self { world, client }
    }

    /// With other metadata of the provider.
    pub fn provider(discovery: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::new(RequestObjects::default(), discovery, |own| own, Policy::default())
    }

    /// With another registration of the client.
    pub fn registered(registration: impl FnOnce(Registration) -> Registration) -> Self {
        Self::new(RequestObjects::default(), |_| (), registration, Policy::default())
    }

    /// Started without any request.
    #[track_caller]
    pub fn start<F: Flow>(&mut self, start: F) -> F::Output {
        self.world.transport.clear();
        let started = self.world.run(start).expect("a start");
        assert!(self.world.transport.requests().is_empty());
        started
    }

    /// Refused without any request.
    #[track_caller]
    pub fn refused<F: Flow>(&mut self, start: F, code: &str) -> Error {
        self.world.transport.clear();
        let error = refusal::refused(self.world.run(start), code);
        assert!(self.world.transport.requests().is_empty(), "{code}");
        error
    }

    /// The browser goes and comes back, and the login is finished.
    #[track_caller]
    pub fn finish(&mut self, started: StartedLogin) -> Login {
        let StartedLogin { url, pending } = started;
        let callback = self.world.visit(&url).callback().expect("a callback");
        self.world.run(self.client.finish_login(pending, callback)).expect("a login")
    }

    /// Publishes first.
    #[track_caller]
    pub fn finish_hosted(&mut self, hosted: Hosted<StartedLogin>) -> Login {
        self.publish(&hosted.hosted_request);
        self.finish(hosted.started)
    }

    /// Puts an object where the provider looks for it.
    pub fn publish(&self, request: &HostedRequest) {
        self.world.op.publish(&request.uri, request.content_type, &request.body);
    }

    /// The error page that the provider shows for this address, which leads nowhere.
    #[track_caller]
    pub fn error_page(&self, url: &Url) -> String {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("login_hint", "auto:alice");
        let answer = self.world.op.handle(&OpRequest::get(url), self.world.clock.now().seconds());
        assert_eq!((answer.status, answer.header("location")), (400, None));
        String::from_utf8(answer.body).expect("a page")
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::provider(|_| ())
    }
}

/// The values of a parameter of an address.
pub fn all(url: &Url, name: &str) -> Vec<String> {
    let pairs = url.query_pairs().filter(|(own, _)| own == name);
    pairs.map(|(_, value)| value.into_owned()).collect()
}

/// The names in an address, in turn.
pub fn names(url: &Url) -> Vec<String> {
    url.query_pairs().map(|(name, _)| name.into_owned()).collect()
}

/// Header and claims of the object in an address.
pub fn object(url: &Url) -> (Value, Value) {
    decode(&all(url, "request")[0])
}

/// Signed by the client's ES256 key.
pub fn signed() -> RequestObject {
    let jwk = es256_private_jwk().to_string();
    let key = rustcrypto_signing_key(jwk.as_bytes(), Algorithm::ES256);
    RequestObject::signed_by(key.expect("a key"))
}

/// Signed by a key that is elsewhere.
pub fn signed_remotely() -> RequestObject {
    let key = SigningKey::remote("the vault's key", Algorithm::ES256, Some("client-ec"));
    RequestObject::signed_by(key.expect("a key"))
}

/// The way to the provider, with somebody who signs with the client's ES256 key and changes the signature so.
pub struct Signing(pub Memory, pub fn(Vec<u8>) -> Vec<u8>);

impl Transport for Signing {
    fn send(&self, request: &HttpRequest) -> Outcome {
        self.0.send(request)
    }

    fn sleep(&self, duration: Duration) {
        self.0.sleep(duration);
    }

    fn sign(&self, key: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        assert_eq!(key, "the vault's key");
        let jwk = es256_private_jwk().to_string();
        let key = rustcrypto_signing_key(jwk.as_bytes(), Algorithm::ES256)?;
        Ok(self.1(key.sign(message).expect("a key at hand")?))
    }
}
