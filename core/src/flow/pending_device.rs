//! What a device login waits with: data, so that polling survives a restart.

use std::{fmt, time::Duration};

use serde_json::json;

use crate::{
    error::{ApiMisuse, Error},
    flow::party::Party,
    json::{Number, Object, Value},
    protocol::device::MIN_INTERVAL,
    secret::DeviceCode,
    stored,
    time::UnixTime,
};

/// A device login that was started and waits for the visitor.
///
/// Its [bytes](Self::to_bytes) hold the device code, with which anybody who is this client gets the visitor's
/// tokens: keep them where only the device can read them. Not `Clone`, and polling consumes it: two who poll are too fast.
pub struct PendingDeviceLogin {
    pub(crate) device_code: DeviceCode,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) interval: Duration,
    pub(crate) expires_at: UnixTime,
}

impl PendingDeviceLogin {
    /// The issuer where the login was started: poll with this one's client.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// When the user code expires, by this machine's clock.
    pub fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// Versioned bytes with a checksum. They hold a secret, hence this explicit call instead of `Serialize`. Make them
    /// before polling; a `slow_down` that came since is not among them, and comes again.
    pub fn to_bytes(&self) -> Vec<u8> {
        stored::write(&json!({
            "client": self.client_id,
            "code": self.device_code.expose(),
            "expires": self.expires_at.millis(),
            "interval": u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX),
            "iss": self.issuer,
            "scope": self.scope,
        }))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, in this or an older version.
    ///
    /// # Errors
    /// [`ErrorKind::Stored`](crate::error::ErrorKind::Stored) when the bytes were changed, cut, or written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let object = stored::read(WHAT, bytes)?;
        Self::read(&object).ok_or_else(|| stored::malformed(WHAT))
    }

    fn read(object: &Object<'_>) -> Option<Self> {
        let text = |name| object.required_string(name).map(str::to_owned).ok();
        let number = |name| match object.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        };
        let interval = match number("interval")? {
            Number::Unsigned(millis) => Duration::from_millis(millis),
            _ => return None,
        };
        // A shorter one is never written: whoever wrote it wants a busy loop.
        if interval < MIN_INTERVAL {
            return None;
        }
        Some(Self {
            device_code: DeviceCode::parse(text("code")?)?,
            issuer: text("iss")?,
            client_id: text("client")?,
            scope: text("scope")?,
            interval,
            expires_at: UnixTime::from_millis(match number("expires")? {
                Number::Unsigned(millis) => i64::try_from(millis).ok()?,
                Number::Negative(millis) => millis,
                Number::Float(_) => return None,
            }),
        })
    }

    /// Whether it was started with this provider and client.
    pub(crate) fn check(&self, party: &Party) -> Result<(), Error> {
        match party.other_client(&self.issuer, &self.client_id) {
            Some(comparison) => Err(ApiMisuse::OtherClient(comparison).into()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for PendingDeviceLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingDeviceLogin")
            .field("issuer", &self.issuer)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

const WHAT: &str = "pending device login";
