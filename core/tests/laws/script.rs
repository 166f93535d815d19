//! Bytes that decide what happens outside the library. A script that is over says `0`, and `0` always stands for
//! what an honest provider does: so short scripts are logins with one fault.

/// Reads decisions from bytes.
#[derive(Clone, Debug)]
pub struct Script<'s>(&'s [u8]);

impl<'s> Script<'s> {
    pub fn new(bytes: &'s [u8]) -> Self {
        Self(bytes)
    }

    /// The next decision.
    pub fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        let low = self.byte();
        let high = if end > 256 { self.byte() } else { 0 };
        usize::from(u16::from_be_bytes([high, low])) % end.max(1)
    }

    /// Some bytes as they stand, at most 255.
    pub fn bytes(&mut self) -> &'s [u8] {
        let length = usize::from(self.byte()).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken
    }

    /// Some text.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }

    /// `text` with one bit flipped somewhere.
    pub fn flip(&mut self, text: &[u8]) -> Vec<u8> {
        let mut flipped = text.to_vec();
        let (at, bit) = (self.below(text.len()), self.byte() % 8);
        if let Some(byte) = flipped.get_mut(at) {
            *byte ^= 1 << bit;
        }
        flipped
    }
}
