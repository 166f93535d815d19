//! What survives the redirect of plain OAuth: like a pending login, but never one.

use std::fmt;

use serde_json::json;

use crate::{
    error::{CallbackProblem, Error},
    flow::pending_login::PendingLogin,
    protocol::{callback::Callback, id_token::Relaxation},
    secret::State,
    stored,
    time::UnixTime,
};

/// An authorization that was started and waits for its callback. Keep its [bytes](Self::to_bytes) like those of a
/// [`PendingLogin`]: in the browser's own session, on the server, to be taken out once.
pub struct PendingAuthorization(pub(crate) PendingLogin);

impl PendingAuthorization {
    /// `state`: the key under which the browser's session keeps it.
    pub fn state(&self) -> &State {
        self.0.state()
    }

    /// The provider where it was started.
    pub fn issuer(&self) -> &str {
        self.0.issuer()
    }

    /// When it was started.
    pub fn created_at(&self) -> UnixTime {
        self.0.created_at()
    }

    /// Takes the one to which the response belongs out of those that this browser has started.
    ///
    /// # Errors
    /// As [`PendingLogin::take`].
    pub fn take(pending: &mut Vec<Self>, callback: &Callback) -> Result<Self, Error> {
        let state = callback.state().ok_or(CallbackProblem::StateMissing)?;
        let at = pending.iter().position(|one| *one.state() == *state);
        Ok(pending.swap_remove(at.ok_or(CallbackProblem::StateUnknown)?))
    }

    /// Versioned bytes with a checksum. They hold secrets.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut document = self.0.document();
        document.insert("kind", json!(KIND));
        stored::write(&json!(document))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, in this or an older version. The bytes of a login are refused.
    ///
    /// # Errors
    /// [`ErrorKind::Stored`](crate::error::ErrorKind::Stored) when the bytes were changed, cut, or written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let object = stored::read(WHAT, bytes)?;
        let kind = object.required_string("kind").ok().filter(|kind| *kind == KIND);
        let read = kind.and_then(|_| PendingLogin::read(&object));
        read.filter(|read| read.nonce.is_none()).map(Self).ok_or_else(|| stored::malformed(WHAT))
    }

    /// The relaxations of the request; a nonce is never due.
    pub(crate) fn relaxations(&self) -> Vec<Relaxation> {
        let mut all = self.0.relaxations();
        all.retain(|relaxation| *relaxation != Relaxation::WithoutNonce);
        all
    }
}

impl fmt::Debug for PendingAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingAuthorization")
            .field("issuer", &self.0.issuer)
            .field("created_at", &self.0.created_at)
            .finish_non_exhaustive()
    }
}

const KIND: &str = "authorization";
const WHAT: &str = "pending authorization";
