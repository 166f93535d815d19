//! How a client proves itself: a world in which what it sends is kept.

use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use relying_party::{
    Client, Error, Flow, Registration,
    crypto::rustcrypto_signing_key,
    jose::{algorithm::Algorithm, signer::SigningKey},
    protocol::registration::AssertionClaims,
};
use serde_json::Value;
use url::form_urlencoded;

use crate::{
    op::{OpConfig, es256_private_jwk},
    refusal::{self, provider_error},
    scenario::{World, crypto},
};

/// A world, and the parameters and headers of what was sent.
pub struct Setting {
    /// The provider, the clock and the way between.
    pub world: World,
    /// What was sent to endpoints that want a proof, in turn.
    pub sent: Arc<Mutex<Vec<Sent>>>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The host.
    pub host: String,
    /// The path.
    pub path: String,
    /// The form.
    pub form: Vec<(String, String)>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
}

impl Sent {
    /// A parameter of the form.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Header and payload of the assertion.
    pub fn assertion(&self) -> (Value, Value) {
        assert_eq!(self.one("client_assertion_type"), Some(ASSERTION_TYPE));
        decode(self.one("client_assertion").expect("an assertion"))
    }
}

/// Header and payload of a compact JWT.
pub fn decode(jwt: &str) -> (Value, Value) {
    let parts: Vec<_> = jwt.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part)).collect();
    let [Ok(header), Ok(payload), Ok(_)] = &parts[..] else { panic!("{jwt}") };
    (serde_json::from_slice(header).unwrap(), serde_json::from_slice(payload).unwrap())
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const NOTHING: [&str; 0] = [];

impl Setting {
    /// With this provider.
    pub fn new(config: OpConfig) -> Self {
        let world = World::new(config);
        let sent = Arc::<Mutex<Vec<Sent>>>::default();
        for path in ["/token", "/introspect", "/revoke", "/device_authorization", "/userinfo"] {
            let sent = sent.clone();
            world.op.intercept(path, move |request, _| {
                sent.lock().unwrap().push(Sent {
                    host: request.url.host_str().unwrap().to_owned(),
                    path: request.url.path().to_owned(),
                    form: form_urlencoded::parse(&request.body).into_owned().collect(),
                    authorization: request.header("authorization").map(str::to_owned),
                });
            });
        }
        Self { world, sent }
    }

    /// The registration of one of the provider's clients.
    pub fn registration(&self, client_id: &str) -> Registration {
        self.world.registration(client_id)
    }

    /// A client; what was requested for its making does not count.
    ///
    /// # Errors
    /// The flow's.
    pub fn discover(&mut self, registration: Registration) -> Result<Client, Error> {
        let issuer = self.world.op.issuer().to_owned();
        let client = self.world.run(Client::discover(issuer, registration, crypto()));
        self.world.transport.clear();
        client
    }

    /// A client with the ES256 key.
    pub fn key_client(&mut self, claims: AssertionClaims) -> Client {
        let registration = self.registration("key-jwt").private_key_jwt(ec_key());
        self.discover(registration.assertion_claims(claims)).unwrap()
    }

    /// Discovery with other lists of methods.
    pub fn lists(&self, token: Value, introspection: Value, revocation: Value) {
        self.world.op.edit("/openid-configuration", move |document| {
            document["token_endpoint_auth_methods_supported"] = token.clone();
            document["introspection_endpoint_auth_methods_supported"] = introspection.clone();
            document["revocation_endpoint_auth_methods_supported"] = revocation.clone();
        });
    }

    /// The last of what was sent.
    pub fn last(&self) -> Sent {
        self.sent.lock().unwrap().last().expect("a request").clone()
    }

    /// Method and path of every request.
    pub fn requests(&self) -> Vec<String> {
        self.world.transport.requests()
    }

    /// Refused before anything was sent.
    #[track_caller]
    pub fn refused<F: Flow>(&mut self, flow: F, code: &str) -> Error {
        self.world.transport.clear();
        let error = refusal::refused(self.world.run(flow), code);
        assert_eq!(self.requests(), NOTHING, "{code}");
        error
    }

    /// Refused by the provider, and nothing was sent afterwards.
    #[track_caller]
    pub fn invalid_client<F: Flow>(&mut self, flow: F) {
        self.world.transport.clear();
        let error = refusal::refused(self.world.run(flow), "provider.error");
        assert_eq!(provider_error(&error).1, "invalid_client");
        assert_eq!(self.requests().len(), 1);
    }
}

impl Default for Setting {
    fn default() -> Self {
        Self::new(OpConfig::default())
    }
}

/// The key of the client `key-jwt`.
pub fn ec_key() -> SigningKey {
    let jwk = es256_private_jwk().to_string();
    rustcrypto_signing_key(jwk.as_bytes(), Algorithm::ES256).unwrap()
}

/// The defaults, to be changed.
pub fn claims() -> AssertionClaims {
    AssertionClaims::default()
}
