//! Entropy of tests.

use relying_party::{Env, Error, time::UnixTime};
use sha2::{Digest, Sha256};

/// Octets that never repeat, counted on from a number; or always the same one. The time is never asked for.
pub(crate) struct Draws(pub(crate) u64, pub(crate) Option<u8>);

impl Env for Draws {
    fn now(&mut self) -> UnixTime {
        UnixTime::from_millis(0)
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for octets in out.chunks_mut(32) {
            self.0 += 1;
            let digest = Sha256::digest(self.0.to_be_bytes());
            octets.copy_from_slice(&digest[..octets.len()]);
        }
        if let Some(same) = self.1 {
            out.fill(same);
        }
        Ok(())
    }
}

pub(crate) fn env() -> Draws {
    Draws(0, None)
}
