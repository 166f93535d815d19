//! One login against the embedded provider, with what a test wants to be different.
//!
//! ```
//! use relying_party_tests::{op::Mischief, scenario::{After, Scenario}};
//!
//! Scenario::new().run().accepted();
//! Scenario::new().mischief(Mischief::InvalidIss).run().refused("claim.iss.mismatch", After::Token);
//! ```

mod outcome;

use std::time::Duration;

use relying_party::{
    Client, Error, Flow, Login, Policy, Registration,
    drive::drive,
    flow::{
        finish_login::FinishLogin,
        start_login::{StartLogin, StartedLogin},
    },
    jose::{algorithm::Algorithm, backend::Crypto},
    protocol::callback::Callback,
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    memory::{Clock, Memory, TestEnv},
    op::{Alg, ClientAuthMethod, Mischief, Op, OpConfig, OpRequest, base64url},
};

pub use outcome::{After, Outcome};

/// The provider, the time, the transport and the entropy of a test.
#[derive(Clone, Debug)]
pub struct World {
    /// The embedded provider.
    pub op: Op,
    /// The clock of both sides.
    pub clock: Clock,
    /// The way between them.
    pub transport: Memory,
    /// What the library gets.
    pub env: TestEnv,
}

impl Default for World {
    fn default() -> Self {
        Self::new(OpConfig::default())
    }
}

impl World {
    /// With this provider.
    pub fn new(config: OpConfig) -> Self {
        let (op, clock) = (Op::new(config), Clock::default());
        let transport = Memory::new(op.clone(), clock.clone());
        Self { op, transport, env: TestEnv::new(clock.clone()), clock }
    }

    /// Runs a flow.
    ///
    /// # Errors
    /// The flow's.
    pub fn run<F: Flow>(&mut self, flow: F) -> Result<F::Output, Error> {
        drive(flow, &self.transport, &mut self.env)
    }

    /// The registration of one of the provider's clients.
    pub fn registration(&self, client_id: &str) -> Registration {
        let config = self.op.config();
        let client = config.clients.iter().find(|c| c.client_id == client_id).expect("a client");
        let redirect_uri = client.redirect_uris[0].clone();
        let registration = match &client.client_secret {
            Some(secret) if client.auth_method != ClientAuthMethod::None => {
                Registration::confidential(client_id, secret, redirect_uri)
            }
            _ => Registration::public(client_id, redirect_uri),
        };
        let algorithm = Algorithm::parse(client.id_token_signed_response_alg.name()).unwrap();
        registration.unwrap().id_token_signed_response_alg(algorithm)
    }

    /// Discovers the provider for one of its clients.
    ///
    /// # Errors
    /// The flow's.
    pub fn discover(&mut self, client_id: &str, policy: Policy) -> Result<Client, Error> {
        let registration = self.registration(client_id);
        let issuer = self.op.issuer().to_owned();
        self.run(Client::discover(issuer, registration, crypto()).policy(policy))
    }

    /// A login whose browser is back: all that is left is between client and provider.
    pub fn returned(&mut self, client: &Client) -> FinishLogin {
        let StartedLogin { url, pending } = self.run(client.start_login()).expect("a start");
        client.finish_login(pending, self.visit(&url).callback().expect("a callback"))
    }

    /// One login of a client that is used again.
    ///
    /// # Errors
    /// The flow's.
    pub fn login(&mut self, client: &Client) -> Result<Login, Error> {
        let finish = self.returned(client);
        self.run(finish)
    }

    /// The browser goes to `url` as alice, who needs no page, and comes back with this query, fragment or form.
    pub fn visit(&self, url: &Url) -> Return {
        let mut url = url.clone();
        if !url.query_pairs().any(|(name, _)| name == "login_hint") {
            url.query_pairs_mut().append_pair("login_hint", "auto:alice");
        }
        let answer = self.op.handle(&OpRequest::get(url), self.clock.now().seconds());
        if answer.status == 200 {
            return Return::Form(form_post_body(&String::from_utf8_lossy(&answer.body)));
        }
        let location = answer.header("location").expect("a redirect").to_owned();
        let location = Url::parse(&location).expect("an address");
        match location.fragment() {
            Some(fragment) => Return::Fragment(fragment.to_owned()),
            None => Return::Query(location.query().unwrap_or_default().to_owned()),
        }
    }
}

/// The backend of the scenarios. Verdicts are the same under each; `vectors.rs` holds that.
pub fn crypto() -> Crypto {
    relying_party::crypto::rustcrypto()
}

/// What the browser brings back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Return {
    /// The query of the redirect URI.
    Query(String),
    /// Its fragment.
    Fragment(String),
    /// A posted form.
    Form(String),
}

impl Return {
    /// Parsed.
    ///
    /// # Errors
    /// As [`Callback::from_query`].
    pub fn callback(&self) -> Result<Callback, Error> {
        let limits = relying_party::limits::Limits::default();
        match self {
            Self::Query(text) => Callback::from_query(text, &limits),
            Self::Fragment(text) => Callback::from_fragment(text, &limits),
            Self::Form(text) => Callback::from_form(text, &limits),
        }
    }

    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Self::Query(text) | Self::Fragment(text) | Self::Form(text) => text,
        }
    }
}

/// The hidden inputs of a form post page, as the browser would send them.
pub(crate) fn form_post_body(page: &str) -> String {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        let value = rest.split_once('"')?.0;
        Some(
            value
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&"),
        )
    };
    let inputs = page
        .split("<input")
        .skip(1)
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)));
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(inputs).finish()
}

type Prepare = Box<dyn FnOnce(&mut World)>;
type Start = Box<dyn FnOnce(StartLogin) -> StartLogin>;
type Alter = Box<dyn FnOnce(Return) -> Return>;

/// A login to be run. Without any setting it succeeds.
pub struct Scenario {
    config: OpConfig,
    client_id: String,
    policy: Policy,
    registration: Option<Box<dyn FnOnce(Registration) -> Registration>>,
    prepare: Vec<Prepare>,
    before_callback: Vec<Prepare>,
    start: Start,
    alter: Alter,
}

impl Default for Scenario {
    fn default() -> Self {
        Self::new()
    }
}

impl Scenario {
    /// Alice logs in with the client `rs256`, and the userinfo endpoint is read afterwards, so that an
    /// ID token that is wrongly accepted shows as one more request.
    pub fn new() -> Self {
        Self {
            config: OpConfig::default(),
            client_id: "rs256".to_owned(),
            policy: Policy::default(),
            registration: None,
            prepare: Vec::new(),
            before_callback: Vec::new(),
            start: Box::new(|start| start.scope("profile email")),
            alter: Box::new(|back| back),
        }
    }

    /// With another provider.
    pub fn config(mut self, change: impl FnOnce(&mut OpConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// With another client of the provider.
    pub fn client(mut self, client_id: &str) -> Self {
        self.client_id = client_id.to_owned();
        self
    }

    /// With another policy.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// With another registration on our side than the provider's.
    pub fn registration(
        mut self,
        change: impl FnOnce(Registration) -> Registration + 'static,
    ) -> Self {
        self.registration = Some(Box::new(change));
        self
    }

    /// With a provider that misbehaves.
    pub fn mischief(self, mischief: Mischief) -> Self {
        self.world(move |world| world.op.set_mischief(mischief))
    }

    /// With any change, made before discovery.
    pub fn world(mut self, change: impl FnOnce(&mut World) + 'static) -> Self {
        self.prepare.push(Box::new(change));
        self
    }

    /// With any change, made when the browser has come back and before the login is finished.
    pub fn before_callback(mut self, change: impl FnOnce(&mut World) + 'static) -> Self {
        self.before_callback.push(Box::new(change));
        self
    }

    /// With other parameters of the authorization request.
    pub fn start(mut self, start: impl FnOnce(StartLogin) -> StartLogin + 'static) -> Self {
        self.start = Box::new(start);
        self
    }

    /// With another authorization response than the provider's.
    pub fn alter(mut self, alter: impl FnOnce(Return) -> Return + 'static) -> Self {
        self.alter = Box::new(alter);
        self
    }

    /// With another query than the provider's.
    pub fn query(self, change: impl FnOnce(String) -> String + 'static) -> Self {
        self.alter(|back| Return::Query(change(back.text().to_owned())))
    }

    /// With other claims in the ID tokens, well signed.
    pub fn claims(self, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.world(|world| world.op.tamper_id_token(move |_, _, claims| change(claims)))
    }

    /// With another JSON document from the endpoint at `path`.
    pub fn document(
        self,
        path: &'static str,
        change: impl Fn(&mut Value) + Send + Sync + 'static,
    ) -> Self {
        self.world(move |world| {
            world.op.edit(path, change);
        })
    }

    /// With ID tokens minted by `mint` from the signer, the registered algorithm's key id and the parts of the login.
    pub fn id_token(
        self,
        mint: impl Fn(&Op, &crate::op::IdTokenParts) -> String + Send + Sync + 'static,
    ) -> Self {
        self.world(move |world| {
            let op = world.op.clone();
            world.op.replace_id_token(move |parts| mint(&op, &parts));
        })
    }

    /// With ID tokens whose header and payload are changed before they are signed as registered: octets, which
    /// need not be JSON.
    pub fn id_token_octets(
        self,
        change: impl Fn(&mut Vec<u8>, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        self.id_token(move |op, parts| {
            let (alg, mut header, mut payload) = good_id_token(op, parts);
            change(&mut header, &mut payload);
            sign(op, alg, &header, &payload)
        })
    }

    /// With this header parameter in ID tokens: any text, which need not be JSON.
    pub fn header(self, name: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        self.id_token_octets(move |header, _| set_member(header, name, &text))
    }

    /// With this claim in ID tokens: any text, which need not be JSON.
    pub fn claim(self, name: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        self.id_token_octets(move |_, payload| set_member(payload, name, &text))
    }

    /// With another body of the answers from the paths with this ending.
    pub fn body(
        self,
        path_suffix: &'static str,
        change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        self.world(move |world| {
            world.op.intercept(path_suffix, move |_, response| change(&mut response.body));
        })
    }

    /// Runs it.
    pub fn run(self) -> Outcome {
        let mut world = World::new(self.config);
        for change in self.prepare {
            change(&mut world);
        }
        let mut registration = world.registration(&self.client_id);
        if let Some(change) = self.registration {
            registration = change(registration);
        }
        let mut client = None;
        let result = (|| {
            let issuer = world.op.issuer().to_owned();
            let discover = Client::discover(issuer, registration, crypto()).policy(self.policy);
            let found = world.run(discover)?;
            client = Some(found.clone());
            let StartedLogin { url, pending } = world.run((self.start)(found.start_login()))?;
            let back = (self.alter)(world.visit(&url));
            for change in self.before_callback {
                change(&mut world);
            }
            world.run(found.finish_login(pending, back.callback()?).with_user_info())
        })();
        Outcome { result, requests: world.transport.requests(), world, client }
    }
}

/// Algorithm, header and payload of an ID token that is accepted, for [`Scenario::id_token`].
pub fn good_id_token(op: &Op, parts: &crate::op::IdTokenParts) -> (Alg, Vec<u8>, Vec<u8>) {
    let mut clients = op.config().clients.iter();
    let client = clients.find(|client| client.client_id == parts.client_id).expect("a client");
    let alg = client.id_token_signed_response_alg;
    let mut header = json!({ "alg": alg.name() });
    let kid = op.kid(alg);
    if !kid.is_empty() {
        header["kid"] = kid.into();
    }
    let mut payload = json!({
        "iss": op.issuer(), "sub": parts.sub, "aud": parts.client_id,
        "iat": parts.now, "exp": parts.now + op.config().id_token_ttl,
        "auth_time": parts.auth_time, "at_hash": alg.left_hash(&parts.access_token),
    });
    if let Some(nonce) = &parts.nonce {
        payload["nonce"] = nonce.as_str().into();
    }
    (alg, header.to_string().into_bytes(), payload.to_string().into_bytes())
}

/// A compact JWS over octets, signed with the provider's current key.
pub fn sign(op: &Op, alg: Alg, header: &[u8], payload: &[u8]) -> String {
    let input = format!("{}.{}", base64url(header), base64url(payload));
    format!("{input}.{}", base64url(&op.sign_with(alg, input.as_bytes())))
}

/// Gives an object's text one member more, or another value of one: any text, which need not be JSON.
pub fn set_member(object: &mut Vec<u8>, name: &str, text: &str) {
    let mut members: serde_json::Map<String, Value> =
        serde_json::from_slice(object).expect("an object");
    members.remove(name);
    *object = serde_json::to_vec(&members).expect("an object");
    object.pop();
    let comma = if members.is_empty() { "" } else { "," };
    object.extend_from_slice(format!("{comma}\"{name}\":{text}}}").as_bytes());
}

/// A year, for tests that move the clock.
pub const YEAR: Duration = Duration::from_secs(31_557_600);
