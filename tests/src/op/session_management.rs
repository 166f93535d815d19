//! The frame that knows whether the session is still the same (OIDC Session Management 1.0).

use sha2::{Digest as _, Sha256};

use super::{Op, OpRequest, OpResponse, base64url, method_not_allowed};

/// Session Management 3.2: the hash of what both sides know, and its salt.
pub(super) fn session_state(client_id: &str, origin: &str, sid: &str, salt: &str) -> String {
    let text = format!("{client_id} {origin} {sid} {salt}");
    format!("{}.{salt}", base64url(&Sha256::digest(text)))
}

/// The page for the frame. It may be framed by everybody.
pub(super) fn page(op: &Op, request: &OpRequest) -> OpResponse {
    if request.method != "GET" || !op.config().session_management {
        return method_not_allowed("GET");
    }
    OpResponse::page(200, "Session", "<p>Ask me with a message.</p>")
}

impl Op {
    /// What the script of that page answers to `message` from a page of `origin`, in a browser whose session at the
    /// provider was `sid`.
    pub fn check_session(&self, message: &str, origin: &str, sid: &str) -> &'static str {
        let Some((client_id, state)) = message.rsplit_once(' ') else { return "error" };
        let Some((_, salt)) = state.rsplit_once('.') else { return "error" };
        if self.client(client_id).is_none() {
            return "error";
        }
        let alive = self.state().sessions.values().any(|session| session.sid == sid);
        match alive && session_state(client_id, origin, sid, salt) == state {
            true => "unchanged",
            false => "changed",
        }
    }
}
