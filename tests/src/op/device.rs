//! The device authorization endpoint and its grant (RFC 8628).

use serde_json::json;

use super::message::Params;
use super::token::{Grant, Issue, Refusal, authenticate, form};
use super::{Op, OpClient, OpRequest, OpResponse, method_not_allowed};

/// A device that waits for somebody.
pub(crate) struct Device {
    client_id: String,
    scope: String,
    user_code: String,
    expires: i64,
    interval: i64,
    last_poll: Option<i64>,
    verdict: Verdict,
}

enum Verdict {
    Pending,
    Approved { user: String, at: i64 },
    Denied,
}

pub(super) fn authorization(op: &Op, request: &OpRequest, now: i64) -> OpResponse {
    if request.method != "POST" {
        return method_not_allowed("POST");
    }
    let proven = form(request).and_then(|form| Ok((authenticate(op, request, &form, now)?, form)));
    let (client, form) = match proven {
        Ok(proven) => proven,
        Err(refusal) => return refusal.response(request),
    };
    let state = &mut *op.state();
    let device_code = op.fresh(state, "device");
    // RFC 8628 6.1: few characters, none that look alike.
    let user_code = format!("WDJB-{:04}", state.devices.len());
    let uri = op.endpoint("/device");
    let document = json!({
        "device_code": device_code,
        "user_code": user_code,
        "verification_uri": uri,
        "verification_uri_complete": format!("{uri}?user_code={user_code}"),
        "expires_in": LIFETIME,
        "interval": INTERVAL,
    });
    let device = Device {
        client_id: client.client_id.clone(),
        scope: form.one("scope").unwrap_or_default().to_owned(),
        user_code,
        expires: now + LIFETIME,
        interval: INTERVAL,
        last_poll: None,
        verdict: Verdict::Pending,
    };
    state.devices.insert(device_code, device);
    OpResponse::json(200, &document).with_header("cache-control", "no-store")
}

// RFC 8628 3.5
pub(super) fn redeem(
    op: &Op,
    client: &OpClient,
    form: &Params,
    now: i64,
) -> Result<Issue, Refusal> {
    let given = form.one("device_code").ok_or(Refusal("invalid_request"))?;
    let state = &mut *op.state();
    let device = state.devices.get_mut(given).ok_or(Refusal("invalid_grant"))?;
    if device.client_id != client.client_id {
        return Err(Refusal("invalid_grant"));
    }
    if device.expires <= now {
        return Err(Refusal("expired_token"));
    }
    let too_fast = device.last_poll.is_some_and(|last| now - last < device.interval);
    device.last_poll = Some(now);
    if too_fast {
        device.interval += 5;
        return Err(Refusal("slow_down"));
    }
    let (user, at) = match &device.verdict {
        Verdict::Pending => return Err(Refusal("authorization_pending")),
        Verdict::Denied => return Err(Refusal("access_denied")),
        Verdict::Approved { user, at } => (user.clone(), *at),
    };
    let scope = device.scope.clone();
    state.devices.remove(given);
    let grant = Grant { auth_time: at, ..Grant::direct(op, state, client, user, &scope, now) };
    Ok(Issue::with_refresh_token(op, state, grant))
}

impl Op {
    /// The person in front of another screen enters a user code and approves as `user`, or denies.
    ///
    /// # Panics
    /// If no device waits with this code.
    pub fn decide_device(&self, user_code: &str, user: Option<&str>, now: i64) {
        let state = &mut *self.state();
        let device = state.devices.values_mut().find(|device| device.user_code == user_code);
        device.expect("a device that waits").verdict = match user {
            Some(user) => Verdict::Approved { user: user.to_owned(), at: now },
            None => Verdict::Denied,
        };
    }
}

const LIFETIME: i64 = 600;
const INTERVAL: i64 = 5;
