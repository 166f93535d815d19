//! Device logins (RFC 8628) in virtual time.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use relying_party::{
    Client, Error, Policy,
    flow::{
        granted::GrantedTokens, pending_device::PendingDeviceLogin,
        start_device_login::StartedDevice,
    },
    time::UnixTime,
};
use serde_json::{Value, json};

use crate::scenario::World;

/// A device before its provider. The clock shows the seconds since the code was shown.
pub struct Device {
    /// The provider, the clock and the way between.
    pub world: World,
    /// The client.
    pub client: Client,
    /// When it began.
    pub began: UnixTime,
    polls: Arc<Mutex<Vec<u64>>>,
}

impl Default for Device {
    /// Of an ordinary client.
    fn default() -> Self {
        Self::with("rs256", Policy::default(), World::default())
    }
}

impl Device {
    /// Of this client; its provider is known.
    pub fn with(client_id: &str, policy: Policy, mut world: World) -> Self {
        let client = world.discover(client_id, policy).unwrap();
        world.transport.clear();
        world.op.clear_transcript();
        let (began, polls) = (world.clock.now(), Arc::<Mutex<Vec<u64>>>::default());
        let (clock, seen) = (world.clock.clone(), polls.clone());
        world.op.intercept("/token", move |_, _| {
            seen.lock().unwrap().push(clock.now().since(began).as_secs());
        });
        Self { world, client, began, polls }
    }

    /// As far as the code that is shown.
    pub fn start(&mut self) -> Result<StartedDevice, Error> {
        self.world.run(self.client.start_device_login())
    }

    /// Until the tokens.
    pub fn poll(&mut self, pending: PendingDeviceLogin) -> Result<GrantedTokens, Error> {
        self.world.run(self.client.poll_device_login(pending))
    }

    /// Changes the answers of the device endpoint.
    pub fn answers(&self, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.world.op.edit("/device_authorization", change);
    }

    /// Somebody decides right after the poll of this number; 0 is at once.
    pub fn decide_after(&self, poll: usize, started: &StartedDevice, user: Option<&'static str>) {
        let (op, clock, code) =
            (self.world.op.clone(), self.world.clock.clone(), started.user_code.clone());
        let decide = move || op.decide_device(&code, user, clock.now().seconds());
        if poll == 0 {
            return decide();
        }
        let count = AtomicUsize::new(0);
        self.world.op.intercept("/token", move |_, _| {
            if count.fetch_add(1, Ordering::SeqCst) + 1 == poll {
                decide();
            }
        });
    }

    /// The answer to the poll of this number is this OAuth error.
    pub fn error_at(&self, poll: usize, error: &'static str) {
        let count = AtomicUsize::new(0);
        self.world.op.intercept("/token", move |_, response| {
            if count.fetch_add(1, Ordering::SeqCst) + 1 == poll {
                response.status = 400;
                response.body = json!({ "error": error }).to_string().into_bytes();
            }
        });
    }

    /// When the token endpoint was asked, in seconds.
    pub fn polls(&self) -> Vec<u64> {
        self.polls.lock().unwrap().clone()
    }

    /// All that was asked.
    pub fn requests(&self) -> Vec<String> {
        self.world.transport.requests()
    }

    /// How many seconds since it began.
    pub fn elapsed(&self) -> u64 {
        self.world.clock.now().since(self.began).as_secs()
    }
}
