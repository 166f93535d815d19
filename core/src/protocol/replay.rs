//! Which tokens were there before: what a token with `jti` is held against (Back-Channel Logout 2.6 (8)).

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use crate::time::UnixTime;

/// A memory of used tokens that all servers of an application share.
///
/// An application whose store answers asynchronously asks it by itself, and gives the answer to
/// [`ReceivedLogout::first_use`](super::logout_token::ReceivedLogout::first_use).
pub trait ReplayStore {
    /// Remembers `jti` of `issuer` at least until `until`, and says whether this is the first time: one atomic step, such
    /// as `SET key value NX PXAT until` or an insert under a unique index. A store that cannot tell answers false, so that
    /// the token is refused. `now` is when the token was received; what was to be remembered until then may go.
    fn first_use(&self, issuer: &str, jti: &str, now: UnixTime, until: UnixTime) -> bool;
}

/// A store in memory: for tests, and for an application that is a single process. Full of 10,000 tokens of one issuer
/// that are still good, it takes no other of that issuer; each tenant of a template is an issuer.
#[derive(Default)]
pub struct MemoryReplays(Mutex<HashMap<String, HashMap<String, UnixTime>>>);

impl MemoryReplays {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl ReplayStore for MemoryReplays {
    fn first_use(&self, issuer: &str, jti: &str, now: UnixTime, until: UnixTime) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, tokens| {
            tokens.retain(|_, until| *until > now);
            !tokens.is_empty()
        });
        // Counted for each issuer, so that none can make those of another be refused.
        let tokens = seen.entry(issuer.to_owned()).or_default();
        let room = tokens.len() < MAX_TOKENS && !tokens.contains_key(jti);
        room && tokens.insert(jti.to_owned(), until).is_none()
    }
}

impl fmt::Debug for MemoryReplays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryReplays")
    }
}

const MAX_TOKENS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l12_a_token_is_new_once_until_it_is_forgotten() {
        let (store, at) = (MemoryReplays::new(), UnixTime::from_seconds);
        assert!(store.first_use("a", "1", at(0), at(10)));
        assert!(!store.first_use("a", "1", at(9), at(20)));
        assert!(
            store.first_use("b", "1", at(9), at(20)) && store.first_use("a", "2", at(9), at(20))
        );
        assert!(store.first_use("a", "1", at(10), at(20)), "it is forgotten when it has ended");
    }

    #[test]
    fn l12_a_full_memory_takes_no_other_of_the_issuer_that_filled_it() {
        let (store, at) = (MemoryReplays::new(), UnixTime::from_seconds);
        let full = (0..MAX_TOKENS).map(|number| (number.to_string(), at(10))).collect();
        store.0.lock().unwrap().insert("a".to_owned(), full);
        assert!(!store.first_use("a", "new", at(9), at(20)));
        assert!(store.first_use("b", "new", at(9), at(20)), "one provider must not stop another's");
        assert!(store.first_use("a", "new", at(10), at(20)));
    }
}
