//! The frame of bytes that survive a restart: a version, a checksum, strict JSON.
//!
//! The checksum finds accidents, not attackers: keep the bytes where only the server can write them.

use sha2::{Digest, Sha256};

use crate::{
    error::{Error, ErrorKind, StoredProblem},
    json::{self, Object},
};

/// Writes `document` as version 1.
pub(crate) fn write(document: &serde_json::Value) -> Vec<u8> {
    let text = document.to_string();
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&checksum(text.as_bytes()));
    bytes.extend_from_slice(text.as_bytes());
    bytes
}

/// Reads the document out of the frame.
pub(crate) fn read<'b>(what: &'static str, bytes: &'b [u8]) -> Result<Object<'b>, Error> {
    if bytes.len() > MAX_BYTES {
        return Err(malformed(what));
    }
    let (version, rest) = bytes.split_first().ok_or(malformed(what))?;
    if *version != VERSION {
        let problem = StoredProblem::Version(*version);
        return Err(ErrorKind::Stored { what, problem }.into());
    }
    let (sum, text) = rest.split_at_checked(CHECKSUM).ok_or(malformed(what))?;
    if sum != checksum(text) {
        return Err(malformed(what));
    }
    json::parse_object(text, MAX_DEPTH).map_err(|_| malformed(what))
}

pub(crate) fn malformed(what: &'static str) -> Error {
    ErrorKind::Stored { what, problem: StoredProblem::Malformed }.into()
}

fn checksum(text: &[u8]) -> [u8; CHECKSUM] {
    let digest: [u8; 32] = Sha256::new_with_prefix([VERSION]).chain_update(text).finalize().into();
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(digest.split_at(CHECKSUM).0);
    sum
}

const VERSION: u8 = 1;
const CHECKSUM: usize = 8;
const MAX_DEPTH: usize = 4;
/// Above what can be written: all of it came through responses that are bounded.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;
