//! What can go wrong with an agent, one by one.

use std::io::Write;

use crypto_box::SalsaBox;
use relying_party::{Env, SystemEnv};

use super::{failure, wire};

/// What a connection suffers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It hangs up before it reads.
    CloseAtOnce,
    /// It hangs up when it has sent its key.
    CloseAfterKey,
    /// Its key has 43 characters.
    ShortKey,
    /// An error in the clear in place of its key.
    ErrorForKey,
    /// A success in the clear in place of its key.
    SuccessForKey,
    /// Its key is all zeros.
    ZeroKey,
    /// Something follows its key at once.
    MoreThanKey,
    /// The reply goes in the clear although keys were exchanged.
    Clear,
    /// An error in the clear although keys were exchanged.
    ErrorInClear,
    /// The reply ends so many bytes early.
    Truncated(usize),
    /// The reply comes byte by byte.
    ByteByByte,
    /// The length before the reply is off by so much.
    Length(isize),
    /// One bit of the tag is wrong.
    FlippedTag,
    /// This follows the reply, outside of the encryption.
    Trailing(&'static str),
    /// This follows the reply within the encryption.
    Concatenated(&'static str),
    /// This is the reply, within the encryption.
    Instead(Vec<u8>),
    /// The reply is whole, and the connection stays open.
    StaysOpen,
    /// It says nothing.
    Silence,
}

impl Fault {
    /// What goes out where the key is due, when it is not the key.
    pub(super) fn instead_of_key(&self, key: &str) -> Option<Vec<u8>> {
        Some(match self {
            Self::ShortKey => key.as_bytes().iter().take(43).copied().collect(),
            Self::ErrorForKey => failure("received suspicious public key"),
            Self::SuccessForKey => br#"{"status":"success"}"#.to_vec(),
            Self::ZeroKey => format!("{}=", "A".repeat(43)).into_bytes(),
            Self::MoreThanKey => format!("{key}{key}").into_bytes(),
            _ => return None,
        })
    }

    /// The reply before it is encrypted.
    pub(super) fn plain(&self, reply: &[u8]) -> Vec<u8> {
        match self {
            Self::Instead(other) => other.clone(),
            Self::Concatenated(more) | Self::Trailing(more) => [reply, more.as_bytes()].concat(),
            _ => reply.to_vec(),
        }
    }

    /// The reply as it goes out after a key exchange.
    pub(super) fn sealed(&self, shared: &SalsaBox, reply: &[u8]) -> Vec<u8> {
        let mut nonce = [0; 24];
        SystemEnv.fill(&mut nonce).expect("entropy");
        let reply = match self {
            Self::Trailing(_) => reply.to_vec(),
            _ => self.plain(reply),
        };
        let mut frame = wire::seal(shared, nonce, &reply);
        match self {
            Self::Clear => return reply,
            Self::ErrorInClear => return failure("decryption failed"),
            Self::Trailing(more) => frame.extend_from_slice(more.as_bytes()),
            Self::Length(by) => {
                let length = reply.len().saturating_add_signed(*by).to_string();
                let rest = frame.split_off(reply.len().to_string().len());
                frame = [length.into_bytes(), rest].concat();
            }
            Self::FlippedTag => {
                // The first character behind the second colon.
                let at = reply.len().to_string().len() + 34;
                frame[at] = if frame[at] == b'A' { b'B' } else { b'A' };
            }
            _ => {}
        }
        frame
    }

    /// Sends the reply.
    pub(super) fn write(
        &self,
        stream: &mut (impl std::io::Read + Write),
        reply: &[u8],
    ) -> std::io::Result<()> {
        match self {
            Self::Truncated(by) => stream.write_all(&reply[..reply.len().saturating_sub(*by)]),
            Self::ByteByByte => reply.iter().try_for_each(|byte| stream.write_all(&[*byte])),
            Self::StaysOpen => {
                stream.write_all(reply)?;
                // Until the client hangs up.
                super::message(stream).map(drop)
            }
            _ => stream.write_all(reply),
        }
    }
}
