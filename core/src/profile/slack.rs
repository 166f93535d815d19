//! Slack ("Sign in with Slack", Slack API documentation).

use super::Profile;
use crate::flow::policy::Policy;

/// Slack. Departs from RFC 6749 5.1, 7.1: `token_type` is missing or `user`, for what is a bearer token. A refusal comes
/// with status 200 and `"ok": false`; its `error` is one all the same.
pub fn slack() -> Profile {
    Profile::new("Slack", "https://slack.com")
        .accepting(Policy::default().accept_missing_token_type().accept_token_types(&["user"]))
}
