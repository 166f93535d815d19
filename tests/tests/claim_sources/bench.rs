//! A provider that names a source, the source at another host, and a client of each.

use relying_party::{
    Claims, Client, Error, Flow, Policy, Step,
    drive::{Transport, drive},
    protocol::{
        claim_sources::{ClaimSource, ClaimSources},
        sourced_claims::SourcedClaims,
    },
};
use relying_party_tests::{
    hosts::Hosts,
    op::{Alg, Op, OpConfig},
    scenario::{World, crypto},
};
use serde_json::{Value, json};

pub const CLAIMS: &str = "https://claims.test/claims";
pub const JWKS: &str = "https://claims.test/jwks";

pub struct Bench {
    /// The provider of the login.
    pub world: World,
    /// The claims provider.
    pub source: Op,
    /// The client that logs people in: `rs256`.
    pub client: Client,
    /// The same application, registered at the claims provider: `public`.
    pub issuer: Client,
    hosts: Hosts,
}

pub fn source_config() -> OpConfig {
    OpConfig { seed: 7, ..OpConfig::with_issuer("https://claims.test") }
}

impl Bench {
    pub fn new() -> Self {
        Self::with(source_config())
    }

    pub fn with(config: OpConfig) -> Self {
        Self::with_policy(config, Policy::default())
    }

    pub fn with_policy(config: OpConfig, policy: Policy) -> Self {
        let mut world = World::default();
        let source = Op::new(config);
        // The RSA keys of a generation are the same everywhere.
        source.rotate_keys();
        let hosts = Hosts::new([&world.op, &source], &world.clock);
        let client = world.discover("rs256", policy.clone()).unwrap();
        let registration = world.registration("public");
        let discover = Client::discover(source.issuer(), registration, crypto()).policy(policy);
        let issuer = drive(discover, &hosts, &mut world.env).unwrap();
        hosts.take_requests();
        Self { world, source, client, issuer, hosts }
    }

    pub fn run<F: Flow>(&mut self, flow: F) -> Result<F::Output, Error> {
        drive(flow, &self.hosts, &mut self.world.env)
    }

    /// What every step of a flow shows of itself, and its end.
    pub fn steps<F: Flow>(&mut self, flow: F) -> String
    where
        F::Output: std::fmt::Debug,
    {
        let mut shown = String::new();
        let mut step = flow.start(&mut self.world.env).unwrap();
        loop {
            shown += &format!("{step:?}");
            step = match step {
                Step::Send(exchange) => {
                    let outcome = self.hosts.send(exchange.request());
                    shown += &format!("{outcome:?}");
                    match exchange.resume(outcome, &mut self.world.env) {
                        Ok(step) => step,
                        Err(error) => return shown + &format!("{error:?}"),
                    }
                }
                Step::Done(output) => return shown + &format!("{output:?}"),
                other => panic!("{other:?}"),
            };
        }
    }

    pub fn take_requests(&self) -> Vec<String> {
        self.hosts.take_requests()
    }

    /// The claims of a login whose userinfo answer has these members, too.
    pub fn claims(&mut self, members: &Value) -> Claims {
        let members = members.clone();
        self.world.op.clear_hooks();
        self.world.op.edit("/userinfo", move |document| {
            let own = document.as_object_mut().unwrap();
            own.extend(members.as_object().unwrap().clone());
        });
        let login = self.world.returned(&self.client).with_user_info();
        let login = self.world.run(login).unwrap();
        login.user_info().unwrap().claims().clone()
    }

    pub fn sources(&mut self, members: &Value) -> Result<ClaimSources, Error> {
        let claims = self.claims(members);
        self.client.claim_sources(&claims)
    }

    /// The only source.
    pub fn source(&mut self, members: Value) -> ClaimSource {
        let sources = self.sources(&members).unwrap();
        assert_eq!(sources.len(), 1);
        sources.iter().next().unwrap().clone()
    }

    /// With the claims provider allowed and trusted.
    pub fn resolve(&mut self, source: &ClaimSource) -> Result<SourcedClaims, Error> {
        let resolve = self.client.resolve_claims(source).trusted(&self.issuer);
        self.run(resolve.allow_origin("https://claims.test"))
    }

    /// A token of the claims provider.
    pub fn signed(&self, claims: Value) -> String {
        self.changed(|_, own| *own = claims)
    }

    /// The same with another header and other claims; signed by the algorithm that the header names.
    pub fn changed(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let (mut header, mut claims) = (header(&self.source, Alg::Rs256), own_claims());
        change(&mut header, &mut claims);
        let alg = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(Alg::Rs256);
        self.source.mint(alg, &header.to_string(), &claims.to_string())
    }

    /// Such a token, aggregated, of the trusted claims provider. It comes out verified or not at all.
    pub fn verified(&mut self, change: impl FnOnce(&mut Value, &mut Value)) -> Result<(), Error> {
        let source = self.source(aggregated(&self.changed(change)));
        self.resolve(&source).map(|claims| assert!(claims.verified().is_some()))
    }

    /// The endpoint of distributed claims answers so; its own token where no body is given.
    pub fn answer(&self, status: u16, media_type: Option<&str>, body: Option<String>) {
        let media_type = media_type.map(str::to_owned);
        self.source.clear_hooks();
        self.source.intercept("/claims", move |_, response| {
            response.status = status;
            response.headers.clear();
            let media_type = media_type.iter().map(|own| ("content-type".to_owned(), own.clone()));
            response.headers.extend(media_type);
            if let Some(body) = &body {
                response.body = body.clone().into_bytes();
            }
        });
    }
}

/// What a claims provider says of alice.
pub fn own_claims() -> Value {
    json!({
        "iss": "https://claims.test", "sub": "alice-of-the-source", "credit_score": 650,
        "email": "a@claims.test",
    })
}

pub fn header(op: &Op, alg: Alg) -> Value {
    json!({ "alg": alg.name(), "kid": op.kid(alg) })
}

pub fn aggregated(token: &str) -> Value {
    one_source(json!({ "JWT": token }))
}

pub fn distributed(endpoint: &str, access_token: Option<&str>) -> Value {
    let mut source = json!({ "endpoint": endpoint });
    if let Some(token) = access_token {
        source["access_token"] = token.into();
    }
    one_source(source)
}

pub fn one_source(source: Value) -> Value {
    json!({ "_claim_names": { "credit_score": "src1" }, "_claim_sources": { "src1": source } })
}

pub fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().unwrap().remove(name);
}
