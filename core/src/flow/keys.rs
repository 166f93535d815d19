//! The keys for a token, out of the cache or from the provider.
//!
//! ```text
//! FindKeys   fresh and found? ── Done
//!            fresh, key id absent ──┬─ asked again too early ─► UnknownKey
//!                                   └─ as if stale
//!            none or stale ──┬─ a fetch failed just now ──────► KeysUnavailable
//!                            ├─ a fetch is under way elsewhere ► Wait, look again
//!                            └─ Send(jwks_uri) ─ look again
//! ```

use std::{sync::Arc, time::Duration};

use crate::{
    env::Env,
    error::{
        Error, ErrorKind, FailureKind, KeyProblem, MetadataProblem, Purpose, ResponseProblem, Shown,
    },
    flow::{
        Event, Flow, Happened, Outcome, Step,
        key_cache::{Admission, Ticket},
        party::Party,
        unreachable,
    },
    http::{HttpRequest, HttpResponse},
    jose::{algorithm::Algorithm, backend::VerifyingKey, key_set::KeySet},
    limits::Limits,
};

/// The keys that may have signed a token.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) candidates: Vec<Arc<dyn VerifyingKey>>,
    /// The set they are from, unless it was read just now: then no other can be had.
    pub(crate) cached: Option<Arc<KeySet>>,
}

/// Finds the keys for a token, reading the provider's set where that is due.
#[derive(Debug)]
pub(crate) struct FindKeys {
    search: Search,
    state: State,
}

#[derive(Debug)]
struct Search {
    party: Arc<Party>,
    wanted: Wanted,
}

#[derive(Debug)]
enum Wanted {
    /// A set that is not stale, before a code is spent.
    AnySet,
    /// The keys of this token.
    Keys { kid: Option<String>, algorithm: Algorithm },
    /// The keys of a token without a key id, out of another set than the one that was tried.
    OtherKeys { algorithm: Algorithm, tried: Arc<KeySet> },
}

#[derive(Debug)]
enum State {
    /// Looking into the cache.
    Looking { waited: Duration },
    /// The set is being read; the ticket keeps others from doing the same.
    Fetching { ticket: Ticket, repeated: bool },
}

impl FindKeys {
    /// Makes sure that there is a set that is not stale; ends in no candidates.
    pub(crate) fn prepare(party: Arc<Party>) -> Self {
        Self::new(party, Wanted::AnySet)
    }

    /// The keys for a token with this key id and algorithm.
    pub(crate) fn of(party: Arc<Party>, kid: Option<&str>, algorithm: Algorithm) -> Self {
        Self::new(party, Wanted::Keys { kid: kid.map(str::to_owned), algorithm })
    }

    /// The keys for a token without a key id whose signature fits none of the set `tried`: a key that has no key id
    /// can be replaced without a new one (OIDC Core 10.1). None where reading again is not due.
    pub(crate) fn other_than(party: Arc<Party>, algorithm: Algorithm, tried: Arc<KeySet>) -> Self {
        Self::new(party, Wanted::OtherKeys { algorithm, tried })
    }

    fn new(party: Arc<Party>, wanted: Wanted) -> Self {
        let state = State::Looking { waited: Duration::ZERO };
        Self { search: Search { party, wanted }, state }
    }
}

impl Search {
    fn look(self, waited: Duration, env: &mut dyn Env) -> Result<Step<FindKeys>, Error> {
        let now = env.now();
        let cache = &self.party.keys;
        let fresh = cache.fresh(now);
        if let Some(keys) = &fresh
            && let Some(candidates) = self.found_in(keys)
        {
            return Ok(Step::Done(Found { candidates, cached: fresh }));
        }
        let error = match cache.admit(fresh.as_ref(), self.wanted.kid(), now) {
            Admission::Granted(ticket) => return self.fetch(ticket, false),
            // Another flow was faster between the two looks.
            Admission::Changed => return self.wait(waited, Duration::ZERO, env),
            Admission::Busy if waited < MAX_WAIT => return self.wait(waited, LOOK_AGAIN, env),
            Admission::Busy => KeyProblem::Unavailable(None).into(),
            Admission::Failing(cause) => KeyProblem::Unavailable(Some(cause)).into(),
            Admission::TooEarly => self.unknown(),
        };
        self.give_up(error)
    }

    fn wait(
        self,
        waited: Duration,
        pause: Duration,
        env: &mut dyn Env,
    ) -> Result<Step<FindKeys>, Error> {
        let state = State::Looking { waited: waited.saturating_add(pause) };
        Ok(Step::wait(pause, FindKeys { search: self, state }, env))
    }

    /// A second look leaves the verdict to the keys that were tried.
    fn give_up(&self, error: Error) -> Result<Step<FindKeys>, Error> {
        match self.wanted {
            Wanted::OtherKeys { .. } => Ok(Step::Done(Found::default())),
            _ => Err(error),
        }
    }

    fn fetch(self, ticket: Ticket, repeated: bool) -> Result<Step<FindKeys>, Error> {
        let url = self.party.metadata.jwks_uri.clone();
        let url = url.ok_or(MetadataProblem::Missing("jwks_uri"))?;
        let request = HttpRequest::get(url, Purpose::Keys, self.party.limits());
        let state = State::Fetching { ticket, repeated };
        Ok(Step::send(request, FindKeys { search: self, state }))
    }

    fn take_in(
        self,
        ticket: Ticket,
        repeated: bool,
        outcome: Outcome,
        env: &mut dyn Env,
    ) -> Result<Step<FindKeys>, Error> {
        let purpose = Purpose::Keys;
        let result = match outcome {
            // Reading a public document twice harms nobody: the one request that may be repeated.
            Err(failure) if !repeated && may_pass(failure.kind) => return self.fetch(ticket, true),
            Err(failure) => Err(ErrorKind::Transport { purpose, failure }.into()),
            Ok(response) => read(&response, self.party.limits()),
        };
        let now = env.now();
        match result {
            Err(error) => {
                ticket.fail(&error, now);
                self.give_up(error)
            }
            // What was just read is the answer; reading it again would bring the same.
            Ok((keys, lifetime)) => {
                let keys = ticket.complete(keys, lifetime, self.wanted.kid(), now);
                match self.found_in(&keys) {
                    Some(candidates) => Ok(Step::Done(Found { candidates, cached: None })),
                    None => self.give_up(self.unknown()),
                }
            }
        }
    }

    fn found_in(&self, keys: &Arc<KeySet>) -> Option<Vec<Arc<dyn VerifyingKey>>> {
        let (kid, algorithm) = match &self.wanted {
            Wanted::AnySet => return Some(Vec::new()),
            Wanted::OtherKeys { tried, .. } if Arc::ptr_eq(tried, keys) => return None,
            Wanted::Keys { kid, algorithm } => (kid.as_deref(), *algorithm),
            Wanted::OtherKeys { algorithm, .. } => (None, *algorithm),
        };
        let max = self.party.limits().key_candidates;
        let found = keys.candidates(kid, algorithm, &self.party.crypto, max);
        (!found.is_empty()).then_some(found)
    }

    fn unknown(&self) -> Error {
        KeyProblem::Unknown { kid: self.wanted.kid().map(Shown::new) }.into()
    }
}

impl Wanted {
    fn kid(&self) -> Option<&str> {
        match self {
            Self::Keys { kid, .. } => kid.as_deref(),
            Self::AnySet | Self::OtherKeys { .. } => None,
        }
    }
}

impl Flow for FindKeys {
    type Output = Found;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Self { search, state } = self;
        match (state, event.happened()) {
            (State::Looking { waited }, Happened::Started | Happened::Elapsed) => {
                search.look(waited, env)
            }
            (State::Fetching { ticket, repeated }, Happened::Replied(outcome)) => {
                search.take_in(ticket, repeated, outcome, env)
            }
            _ => Err(unreachable("FindKeys")),
        }
    }
}

fn may_pass(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Timeout | FailureKind::Connect | FailureKind::Other)
}

fn read(response: &HttpResponse, limits: &Limits) -> Result<(KeySet, Duration), Error> {
    let problem = match response.status() {
        200 => return Ok((KeySet::parse(response.body(), limits)?, lifetime(response))),
        status @ 300..=399 => ResponseProblem::Redirect(status),
        status => ResponseProblem::Status(status),
    };
    Err(ErrorKind::Response { purpose: Purpose::Keys, problem }.into())
}

/// How long a set may be used: `max-age` less `Age` (RFC 9111 4.2) within our own bounds.
fn lifetime(response: &HttpResponse) -> Duration {
    let mut lifetime: Option<u64> = None;
    for directive in response.headers("cache-control").flat_map(|value| value.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return MIN_LIFETIME,
            // RFC 9111 4.2.1: of several, the one that trusts less
            "max-age" => {
                let seconds = seconds(value.trim().trim_matches('"'));
                lifetime = seconds.map(|new| lifetime.map_or(new, |old| old.min(new))).or(lifetime);
            }
            _ => {}
        }
    }
    let age = response.headers("age").next().and_then(|age| seconds(age.trim())).unwrap_or(0);
    let left = lifetime.map(|lifetime| Duration::from_secs(lifetime.saturating_sub(age)));
    left.unwrap_or(DEFAULT_LIFETIME).clamp(MIN_LIFETIME, MAX_LIFETIME)
}

/// Delta-seconds (RFC 9111 1.2.2): only digits; too many of them mean "for ever".
fn seconds(digits: &str) -> Option<u64> {
    let only_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    only_digits.then(|| digits.parse().unwrap_or(u64::MAX))
}

const MIN_LIFETIME: Duration = Duration::from_secs(60);
const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);
const MAX_LIFETIME: Duration = Duration::from_secs(86_400);
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// Longer than a reading may take, so that a waiting flow takes over from one that hangs.
const MAX_WAIT: Duration = Duration::from_secs(70);
