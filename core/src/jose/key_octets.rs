//! The octets of a key.

use std::fmt;

use zeroize::Zeroizing;

/// Octets that must not be seen: never in `Debug`, zeroised when dropped.
#[derive(Clone)]
pub struct KeyOctets(Zeroizing<Vec<u8>>);

impl KeyOctets {
    /// Takes them over. What the caller copied before is the caller's to wipe.
    pub fn new(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// The octets. Do not log them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// For the core's own algorithms, which fill them in place.
    pub(super) fn expose_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for KeyOctets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyOctets(redacted)")
    }
}
