//! One script through memory and through every adapter: the provider sees the same bytes, the caller the same result.
//!
//! Clock and entropy are scripted, so every difference is the transport's.

use std::sync::{Arc, Mutex};

use relying_party::{Client, Error, Flow, Policy, flow::start_login::StartedLogin};
use relying_party_tests::{
    interop::runner::{PATIENT, Runner},
    memory::{Clock, Memory, TestEnv},
    op::{Mischief, Op, OpConfig, OpRequest},
    scenario::{World, crypto},
    server::{Server, bind},
};

/// How the library reaches the provider: over an adapter, or from memory to memory.
struct Way(Option<Runner>);

const MEMORY: Way = Way(None);

impl Way {
    fn all() -> [Self; 3] {
        let [ureq, reqwest] = Runner::all(None, PATIENT);
        [MEMORY, Self(Some(ureq)), Self(Some(reqwest))]
    }

    fn name(&self) -> &'static str {
        self.0.as_ref().map_or("memory", Runner::name)
    }

    fn run<F: Flow>(&self, world: &mut World, flow: F) -> Result<F::Output, Error> {
        match &self.0 {
            None => world.run(flow),
            Some(runner) => runner.run_with(flow, &mut world.env),
        }
    }
}

/// One address for one provider after the other, so that not even the port differs.
struct Stage {
    server: Server,
    current: Arc<Mutex<Op>>,
    clock: Clock,
}

impl Stage {
    fn new() -> Self {
        let (bound, clock) = (bind().unwrap(), Clock::default());
        let current = Arc::new(Mutex::new(Op::new(OpConfig::with_issuer(bound.url()))));
        let (op, now) = (current.clone(), clock.now().seconds());
        let server = bound.serve_with(move |request| {
            let op = op.lock().unwrap().clone();
            op.handle(request, now)
        });
        Self { server, current, clock }
    }

    /// A provider in its first state, and entropy from its beginning.
    fn world(&self, config: impl FnOnce(&mut OpConfig)) -> World {
        let mut fresh = OpConfig::with_issuer(self.server.url());
        config(&mut fresh);
        let op = Op::new(fresh);
        *self.current.lock().unwrap() = op.clone();
        let clock = self.clock.clone();
        let transport = Memory::new(op.clone(), clock.clone());
        World { op, transport, env: TestEnv::new(clock.clone()), clock }
    }
}

/// A login with userinfo, a refresh and a logout. Everything that comes out of them goes into `results`.
fn everything(
    way: &Way,
    world: &mut World,
    client_id: &str,
    results: &mut Vec<String>,
) -> Result<(), Error> {
    let policy = Policy::default().insecure_allow_loopback_http();
    let discover = Client::discover(world.op.issuer(), world.registration(client_id), crypto());
    let client = way.run(world, discover.policy(policy))?;
    let start = client.start_login().scope("profile email").max_age(3600);
    let StartedLogin { url, pending } = way.run(world, start)?;
    results.push(url.to_string());
    results.push(pending.to_bytes().escape_ascii().to_string());

    let callback = world.visit(&url).callback()?;
    let login = way.run(world, client.finish_login(pending, callback).with_user_info())?;
    results.push(format!("{:?} {:?}", login.subject(), login.id_token().checks()));
    results.push(login.id_token().raw().expose().to_owned());
    results.push(login.tokens().access_token().expose().to_owned());
    results.push(format!("{:?}", login.tokens()));
    results.extend(login.user_info().map(|info| info.claims().as_json().to_owned()));
    results.push(login.record().to_bytes().escape_ascii().to_string());

    let again = client.user_info(login.tokens().access_token(), login.subject());
    results.push(way.run(world, again)?.claims().as_json().to_owned());

    let refresh_token = login.tokens().refresh_token().expect("a refresh token");
    let refresh = client.refresh(refresh_token, &login.record()).scope("openid email");
    let refreshed = way.run(world, refresh)?;
    results.push(refreshed.tokens().access_token().expose().to_owned());
    results.push(format!("{:?}", refreshed.tokens()));

    let logout = client.start_logout().id_token_hint(login.id_token().raw());
    let logout = way.run(world, logout.post_logout_redirect_uri("https://rp.test/bye"))?;
    results.push(logout.url.to_string());
    let now = world.clock.now().seconds();
    let gone = world.op.handle(&OpRequest::get(logout.url.clone()), now);
    results.push(format!("{} {:?}", gone.status, gone.header("location")));
    client.finish_logout(world.visit(&logout.url).text(), &logout.state)
}

/// What the caller and the provider saw.
fn seen(way: &Way, stage: &Stage, client_id: &str, config: fn(&mut OpConfig)) -> Seen {
    play(way, &mut stage.world(config), client_id)
}

fn play(way: &Way, world: &mut World, client_id: &str) -> Seen {
    let mut results = Vec::new();
    let end = everything(way, world, client_id, &mut results);
    results.push(end.map_or_else(|error| format!("{} {error}", error.code()), |()| "done".into()));
    Seen { results, transcript: world.op.transcript() }
}

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    results: Vec<String>,
    transcript: Vec<String>,
}

#[test]
fn login_userinfo_refresh_and_logout_are_the_same_over_every_transport() {
    let stage = Stage::new();
    for client_id in ["confidential", "public", "ps256", "es256", "eddsa", "hs512"] {
        let in_memory = seen(&MEMORY, &stage, client_id, |_| {});
        assert_eq!(in_memory.results.last().map(String::as_str), Some("done"), "{client_id}");
        let lines = in_memory.transcript.iter().map(|line| line.split(['?', ' ']).nth(1).unwrap());
        let keys = if client_id == "hs512" { &[][..] } else { &["/jwks"] };
        let due = [
            &["/.well-known/openid-configuration", "/authorize"][..],
            keys,
            &["/token", "/userinfo", "/userinfo", "/token", "/end_session", "/end_session"],
        ];
        assert_eq!(lines.collect::<Vec<_>>(), due.concat(), "{client_id}");
        for way in Way::all() {
            let over = seen(&way, &stage, client_id, |_| {});
            assert_eq!(over, in_memory, "{client_id} over {}", way.name());
        }
    }
}

#[test]
fn other_settings_of_the_provider_make_no_difference_either() {
    let stage = Stage::new();
    let settings: [fn(&mut OpConfig); 3] = [
        |config| config.rotate_refresh_tokens = true,
        |config| config.authorization_response_iss_parameter_supported = false,
        |config| config.jwks_cache_control = Some("public, max-age=300".to_owned()),
    ];
    for config in settings {
        let in_memory = seen(&MEMORY, &stage, "rs256", config);
        assert_eq!(in_memory.results.last().map(String::as_str), Some("done"));
        for way in Way::all() {
            assert_eq!(seen(&way, &stage, "rs256", config), in_memory, "{}", way.name());
        }
    }
}

#[test]
fn every_misbehaviour_has_the_same_verdict_over_every_transport() {
    let stage = Stage::new();
    let ways = Way::all();
    for mischief in Mischief::ALL {
        let seen = ways.each_ref().map(|way| {
            let mut world = stage.world(|_| {});
            world.op.set_mischief(*mischief);
            play(way, &mut world, "rs256")
        });
        for (way, other) in ways.iter().zip(&seen) {
            assert_eq!(*other, seen[0], "{} over {}", mischief.name(), way.name());
        }
    }
}
