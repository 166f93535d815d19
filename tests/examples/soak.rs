//! Ten thousand logins against the embedded provider, four at a time, its keys rotated every thousand.
//!
//! ```sh
//! cargo run --example soak
//! ```
//!
//! ```text
//! lane 0  start ─ keys ─ token ─ userinfo ─ Done   start ─ token ─ …
//! lane 1         start ─ token ─ userinfo ─ Done   …                      one step of each lane in turn
//! lane 2                 start ─ …
//! ```
//!
//! Every login must end as its own: subject, nonce and tokens are compared. What the library allocates for a login
//! must not depend on how many went before. Anything else ends in a non-zero status.

use std::{collections::HashSet, process::ExitCode, time::Duration, time::Instant};

use allocation_counter::{AllocationInfo, measure};
use relying_party::{
    Client, Error, Flow, Login, Policy, Step,
    flow::{finish_login::FinishLogin, start_login::StartedLogin},
    protocol::id_token::Check,
};
use relying_party_tests::{
    memory::{op_request, respond},
    op::{OpConfig, OpUser},
    scenario::World,
};
use serde_json::json;

/// One login on its way.
struct Lane {
    user: usize,
    nonce: String,
    step: Option<Step<FinishLogin>>,
    cost: Cost,
}

/// What the library did for one login, or for many.
#[derive(Clone, Copy, Default)]
struct Cost {
    requests: usize,
    allocations: u64,
    /// Bytes that were allocated and not given back: must come to nothing, or it leaks.
    kept: i64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.allocations += other.allocations;
        self.kept += other.kept;
    }

    fn spend(&mut self, info: &AllocationInfo) {
        self.allocations += info.count_total;
        self.kept += info.bytes_current;
    }

    /// Runs a part of the library, and counts.
    fn of<T>(&mut self, part: impl FnOnce() -> T) -> T {
        let mut result = None;
        let info = measure(|| result = Some(part()));
        self.spend(&info);
        result.expect("measured code runs")
    }
}

struct Soak {
    world: World,
    client: Client,
    tokens: HashSet<String>,
    started: usize,
}

impl Soak {
    fn new() -> Result<Self, Error> {
        let users = (0..USERS).map(|number| OpUser {
            name: format!("user{number}"),
            password: String::new(),
            sub: format!("sub-{number}"),
            claims: json!({ "email": format!("user{number}@people.test") }),
        });
        let mut world = World::new(OpConfig { users: users.collect(), ..OpConfig::default() });
        let client = world.discover("rs256", Policy::default())?;
        Ok(Self { world, client, tokens: HashSet::new(), started: 0 })
    }

    /// To the provider and back, and the first step of what is left to do.
    fn begin(&mut self) -> Result<Lane, Error> {
        let user = self.started % USERS;
        self.started += 1;
        // A day of logins: keys go stale, and an unknown key may be looked for again.
        self.world.clock.advance(BETWEEN_LOGINS);
        let (mut cost, world, client) = (Cost::default(), &mut self.world, &self.client);
        let hint = format!("auto:user{user}");
        let start = || world.run(client.start_login().scope("email").login_hint(&hint));
        let StartedLogin { url, pending } = cost.of(start)?;
        let back = world.visit(&url);
        let nonce = url.query_pairs().find(|(name, _)| name == "nonce").map(|(_, nonce)| nonce);
        let nonce = nonce.unwrap_or_default().into_owned();
        let step = cost.of(|| {
            let callback = client.callback(back.text())?;
            client.finish_login(pending, callback).with_user_info().start(&mut world.env)
        })?;
        cost.of(|| drop(url));
        Ok(Lane { user, nonce, step: Some(step), cost })
    }

    /// One step of one login.
    fn advance(&mut self, lane: &mut Lane) -> Result<Option<Login>, Error> {
        let (world, cost) = (&mut self.world, &mut lane.cost);
        let step = match lane.step.take() {
            Some(Step::Send(exchange)) => {
                cost.requests += 1;
                let now = world.clock.now().seconds();
                let answer = world.op.handle(&op_request(exchange.request()), now);
                cost.of(|| {
                    let outcome = respond(exchange.request(), &answer);
                    exchange.resume(outcome, &mut world.env)
                })?
            }
            Some(Step::Wait(pause)) => {
                world.clock.advance(pause.duration());
                cost.of(|| pause.resume(&mut world.env))?
            }
            Some(other) => other,
            None => return Ok(None),
        };
        match step {
            Step::Done(login) => Ok(Some(login)),
            step => {
                lane.step = Some(step);
                Ok(None)
            }
        }
    }

    /// Whether the login that ended is the one that this lane began.
    fn is_own(&mut self, lane: &Lane, login: &Login) -> bool {
        let sub = format!("sub-{}", lane.user);
        let nonce: Option<String> = login.id_token().claims().claim("nonce").ok().flatten();
        let email = login.user_info().and_then(|info| info.claims().email().ok().flatten());
        let checks = login.id_token().checks();
        login.subject().sub() == sub
            && login.user_info().is_some_and(|info| info.sub() == sub)
            && email == Some(format!("user{}@people.test", lane.user))
            && nonce.as_ref() == Some(&lane.nonce)
            && [Check::State, Check::Nonce, Check::AccessTokenHash, Check::UserInfoSubject]
                .iter()
                .all(|check| checks.contains(check))
            && self.tokens.insert(login.tokens().access_token().expose().to_owned())
    }
}

fn soak() -> Result<String, String> {
    let begun = Instant::now();
    let refused = |error: Error| format!("{}: {error}", error.code());
    let mut soak = Soak::new().map_err(refused)?;
    let mut thousands = vec![Cost::default(); LOGINS / ROTATE_EVERY];
    let (mut finished, mut rotations) = (0, 0);
    let mut lanes: [Option<Lane>; LANES] = Default::default();
    while finished < LOGINS {
        for place in &mut lanes {
            let Some(lane) = place else {
                if soak.started < LOGINS {
                    *place = Some(soak.begin().map_err(refused)?);
                }
                // The lanes start one round after another, so that they are never at the same step.
                if finished == 0 {
                    break;
                }
                continue;
            };
            let Some(login) = soak.advance(lane).map_err(refused)? else { continue };
            if !soak.is_own(lane, &login) {
                return Err(format!(
                    "login {finished} ended as another one: {:?}",
                    login.subject()
                ));
            }
            lane.cost.of(|| drop(login));
            thousands[finished / ROTATE_EVERY].add(lane.cost);
            *place = None;
            finished += 1;
            if finished % ROTATE_EVERY == 0 && finished < LOGINS {
                soak.world.op.rotate_keys();
                soak.world.op.clear_transcript();
                rotations += 1;
            }
        }
    }
    if soak.tokens.len() != LOGINS || soak.world.op.authorizations() != LOGINS {
        return Err(format!("{} logins, {LOGINS} expected", soak.tokens.len()));
    }
    let requests: usize = thousands.iter().map(|cost| cost.requests).sum();
    let each = |cost: &Cost| cost.allocations as f64 / ROTATE_EVERY as f64;
    let (first, last) = (each(&thousands[0]), each(&thousands[thousands.len() - 1]));
    let line = format!(
        "{finished} logins, {rotations} key rotations, {requests} requests, {first:.1} allocations per login in the \
         first thousand, {last:.1} in the last, {:.1} s",
        begun.elapsed().as_secs_f64()
    );
    // Verifying under another RSA key takes a few allocations more or less; nothing else may differ.
    let kept: Vec<i64> = thousands.iter().map(|cost| cost.kept).collect();
    if last > first * 1.1 || kept[1..].iter().any(|bytes| *bytes > MAX_KEPT) {
        return Err(format!("{line}: not flat, bytes kept by each thousand {kept:?}"));
    }
    Ok(line)
}

fn main() -> ExitCode {
    match soak() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

const LOGINS: usize = 10_000;
const ROTATE_EVERY: usize = 1_000;
const LANES: usize = 4;
/// No divisor of the lanes: neighbours are never the same person.
const USERS: usize = 7;
const BETWEEN_LOGINS: Duration = Duration::from_secs(8);
/// What a thousand logins may leave behind: nothing but room that a cache has grown by.
const MAX_KEPT: i64 = 1024;
