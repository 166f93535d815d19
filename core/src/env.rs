//! What a flow needs from outside: the time and entropy. Given to every step, kept by none.

use crate::{
    error::{Error, ErrorKind},
    time::UnixTime,
};

/// The clock and the entropy of a step. Object-safe.
///
/// [`SystemEnv`] is the machine's own; an embedded host, WebAssembly or a test brings another.
pub trait Env {
    /// The time now. It must go on: a flow that waits under a clock that stands still waits for ever.
    fn now(&mut self) -> UnixTime;

    /// Fills `out` with bytes of a cryptographically secure generator.
    ///
    /// # Errors
    /// [`ErrorKind::Entropy`] when there are none: the flow then ends.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error>;
}

impl<E: Env + ?Sized> Env for &mut E {
    fn now(&mut self) -> UnixTime {
        (**self).now()
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        (**self).fill(out)
    }
}

/// 256 fresh bits; a generator that gives only zeros is broken and refused.
pub(crate) fn random(env: &mut dyn Env) -> Result<[u8; 32], Error> {
    let mut bytes = [0; 32];
    env.fill(&mut bytes)?;
    if bytes == [0; 32] {
        return Err(ErrorKind::Entropy.into());
    }
    Ok(bytes)
}

/// The machine's clock and entropy.
#[cfg(feature = "system")]
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEnv;

#[cfg(feature = "system")]
impl Env for SystemEnv {
    fn now(&mut self) -> UnixTime {
        use std::time::{SystemTime, UNIX_EPOCH};
        let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis());
        UnixTime::from_millis(match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => millis(after).unwrap_or(i64::MAX),
            Err(before) => millis(before.duration()).map_or(i64::MIN, |millis| -millis),
        })
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(out).map_err(|_| ErrorKind::Entropy.into())
    }
}
