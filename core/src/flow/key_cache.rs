//! The cache of the provider's keys, and the rules of reading them again.
//!
//! Shared by all flows of a client, since a rule kept inside a flow would die with the flow, and junk tokens would
//! each cause a request. A mutex that is never held across a step.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{error::Error, jose::key_set::KeySet, limits::Limits, time::UnixTime};

/// The set and the rules of reading it again, shared by the flows of one client.
pub(crate) struct KeyCache {
    shared: Mutex<Shared>,
    max_unknown: usize,
}

#[derive(Default)]
struct Shared {
    current: Option<Current>,
    reading: Option<Reading>,
    readings: u64,
    /// When a set was last read because of a key that was not there. A reading that was due anyway does not
    /// count: a rotation right after it must not fail logins.
    forced_at: Option<UnixTime>,
    /// Key ids that were not there, oldest first.
    unknown: VecDeque<(String, UnixTime)>,
    failure: Option<Failure>,
}

/// A reading under way. It is a lease: a flow that is neither resumed nor dropped must not block the others.
struct Reading {
    number: u64,
    since: UnixTime,
}

struct Current {
    keys: Arc<KeySet>,
    read_at: UnixTime,
    lifetime: Duration,
}

struct Failure {
    at: UnixTime,
    backoff: Duration,
    cause: Error,
}

/// Whether a flow may read the set now.
pub(crate) enum Admission {
    Granted(Ticket),
    /// The set is another one than the flow has seen.
    Changed,
    /// Another flow is reading.
    Busy,
    /// The set was read for an unknown key id a moment ago, or this key id is known not to be there.
    TooEarly,
    /// Reading failed a moment ago.
    Failing(Error),
}

impl KeyCache {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        Arc::new(Self { shared: Mutex::default(), max_unknown: limits.unknown_kids })
    }

    /// The set, unless it is stale.
    pub(crate) fn fresh(&self, now: UnixTime) -> Option<Arc<KeySet>> {
        self.lock().fresh(now).cloned()
    }

    /// Whether a flow that has `seen` this fresh set, or none, and did not find the key `kid` may read the set now.
    pub(crate) fn admit(
        self: &Arc<Self>,
        seen: Option<&Arc<KeySet>>,
        kid: Option<&str>,
        now: UnixTime,
    ) -> Admission {
        let mut shared = self.lock();
        let current = shared.fresh(now);
        if current.map(Arc::as_ptr) != seen.map(Arc::as_ptr) {
            return Admission::Changed;
        }
        // A set that is not stale is read for this key alone.
        let forced = current.is_some();
        if shared.reading.as_ref().is_some_and(|reading| within(reading.since, LEASE, now)) {
            return Admission::Busy;
        }
        if forced {
            let remembered = shared.unknown.iter().any(|(unknown, at)| {
                Some(unknown.as_str()) == kid && within(*at, REMEMBER_UNKNOWN, now)
            });
            if remembered || shared.forced_at.is_some_and(|at| within(at, COOLDOWN, now)) {
                return Admission::TooEarly;
            }
        }
        if let Some(failure) = &shared.failure
            && within(failure.at, failure.backoff, now)
        {
            return Admission::Failing(failure.cause.clone());
        }
        shared.readings = shared.readings.wrapping_add(1);
        let number = shared.readings;
        shared.reading = Some(Reading { number, since: now });
        Admission::Granted(Ticket { cache: self.clone(), number, forced })
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `now` is less than `duration` after `from`. A clock that went back counts as elapsed.
fn within(from: UnixTime, duration: Duration, now: UnixTime) -> bool {
    now >= from && now.since(from) < duration
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCache")
    }
}

/// The right to read the set; given back when dropped, even by a flow that is given up.
#[derive(Debug)]
pub(crate) struct Ticket {
    cache: Arc<KeyCache>,
    number: u64,
    forced: bool,
}

impl Shared {
    fn fresh(&self, now: UnixTime) -> Option<&Arc<KeySet>> {
        let current = self.current.as_ref()?;
        within(current.read_at, current.lifetime, now).then_some(&current.keys)
    }

    /// Whether this ticket's lease was not taken over meanwhile.
    fn holds(&self, ticket: &Ticket) -> bool {
        self.reading.as_ref().is_some_and(|reading| reading.number == ticket.number)
    }
}

impl Ticket {
    /// Replaces the set: a key that is gone is no longer trusted.
    pub(crate) fn complete(
        self,
        mut keys: KeySet,
        lifetime: Duration,
        kid: Option<&str>,
        now: UnixTime,
    ) -> Arc<KeySet> {
        let mut shared = self.cache.lock();
        if let Some(old) = &shared.current {
            keys.inherit(&old.keys);
        }
        if !shared.holds(&self) {
            return Arc::new(keys);
        }
        let absent = kid.filter(|kid| !keys.contains(kid));
        if let Some(kid) = absent {
            shared.unknown.retain(|(known, _)| known != kid);
            shared.unknown.push_back((kid.to_owned(), now));
            if shared.unknown.len() > self.cache.max_unknown {
                shared.unknown.pop_front();
            }
        }
        if self.forced || absent.is_some() {
            shared.forced_at = Some(now);
        }
        let keys = Arc::new(keys);
        shared.current = Some(Current { keys: keys.clone(), read_at: now, lifetime });
        shared.failure = None;
        keys
    }

    /// A failed reading starts a short pause, not the cool-down.
    pub(crate) fn fail(self, error: &Error, now: UnixTime) {
        let mut shared = self.cache.lock();
        if !shared.holds(&self) {
            return;
        }
        let last = shared.failure.as_ref().map(|failure| failure.backoff);
        let backoff = last.map_or(FIRST_BACKOFF, |last| last.saturating_mul(2)).min(MAX_BACKOFF);
        shared.failure = Some(Failure { at: now, backoff, cause: error.clone() });
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut shared = self.cache.lock();
        if shared.holds(self) {
            shared.reading = None;
        }
    }
}

/// Junk key ids cause at most one request in this time.
const COOLDOWN: Duration = Duration::from_secs(60);
/// A key id that was not there is not looked for again in this time, so that one junk token, shown again and again,
/// does not take each turn. Short, since a provider may sign with a key a moment before it shows it.
const REMEMBER_UNKNOWN: Duration = Duration::from_secs(120);
/// Longer than the adapters let a request and its repetition take.
const LEASE: Duration = Duration::from_secs(65);
const FIRST_BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(60);
