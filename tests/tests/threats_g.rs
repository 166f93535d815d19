//! Device logins under attack: stored bytes, clocks, and servers that are tired.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use relying_party::{
    Client, Error, Flow, Policy, Step,
    drive::Transport,
    flow::{
        granted::GrantedTokens, pending_device::PendingDeviceLogin,
        start_device_login::StartedDevice,
    },
    time::UnixTime,
};
use relying_party_tests::{refusal::refused, scenario::World};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A client before its provider; nothing that was sent for its making counts.
struct Setting {
    world: World,
    client: Client,
    began: UnixTime,
}

impl Setting {
    fn new() -> Self {
        let mut world = World::default();
        let client = world.discover("rs256", Policy::default()).unwrap();
        world.transport.clear();
        let began = world.clock.now();
        Self { world, client, began }
    }

    fn run<F: Flow>(&mut self, flow: F) -> Result<F::Output, Error> {
        self.world.run(flow)
    }

    fn start(&mut self) -> StartedDevice {
        self.run(self.client.start_device_login()).unwrap()
    }

    fn poll(&mut self, pending: PendingDeviceLogin) -> Result<GrantedTokens, Error> {
        self.run(self.client.poll_device_login(pending))
    }

    fn approve(&self, started: &StartedDevice) {
        let now = self.world.clock.now().seconds();
        self.world.op.decide_device(&started.user_code, Some("alice"), now);
    }

    fn requests(&self) -> Vec<String> {
        self.world.transport.requests()
    }

    /// When the token endpoint is asked, in seconds.
    fn polls(&self) -> Arc<Mutex<Vec<u64>>> {
        let polls = Arc::<Mutex<Vec<u64>>>::default();
        let (seen, clock, began) = (polls.clone(), self.world.clock.clone(), self.began);
        self.world.op.intercept("/token", move |_, _| {
            seen.lock().unwrap().push(clock.now().since(began).as_secs());
        });
        polls
    }
}

/// A pending device login with another member, under the right checksum: what somebody who can write the store can do.
fn forged(pending: &PendingDeviceLogin, member: &str, value: Value) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(&pending.to_bytes()[9..]).unwrap();
    document[member] = value;
    let text = document.to_string();
    let sum = Sha256::new_with_prefix([1]).chain_update(&text).finalize();
    [&[1], &sum[..8], text.as_bytes()].concat()
}

#[test]
fn g15_stored_bytes_make_no_busy_loop() {
    let mut setting = Setting::new();
    let started = setting.start();
    for interval in [0, 1, 999] {
        let bytes = forged(&started.pending, "interval", json!(interval));
        refused(PendingDeviceLogin::from_bytes(&bytes), "stored.malformed");
    }
    let bytes = forged(&started.pending, "interval", json!(1000));
    let poll = setting.client.poll_device_login(PendingDeviceLogin::from_bytes(&bytes).unwrap());
    let Ok(Step::Send(keys)) = poll.start(&mut setting.world.env) else { panic!("no keys") };
    let outcome = setting.world.transport.send(keys.request());
    let Ok(Step::Wait(pause)) = keys.resume(outcome, &mut setting.world.env) else {
        panic!("no pause")
    };
    assert_eq!(pause.duration(), Duration::from_secs(1));
}

#[test]
fn g15_neither_stored_bytes_nor_a_clock_that_was_set_back_make_it_last_for_years() {
    const HOURS_6: i64 = 6 * 3600 * 1000;
    let mut setting = Setting::new();
    setting.world.op.edit("/device_authorization", |document| {
        document["interval"] = json!(6 * 3600);
        document["expires_in"] = json!(24 * 3600);
    });
    let polls = setting.polls();
    setting
        .world
        .op
        .edit("/token", |document| *document = json!({ "error": "authorization_pending" }));
    let in_ten_years = setting.began.millis() + 10 * 365 * 4 * HOURS_6;
    let started = setting.start();
    let bytes = forged(&started.pending, "expires", json!(in_ten_years));
    refused(setting.poll(PendingDeviceLogin::from_bytes(&bytes).unwrap()), "device.expired");
    assert_eq!(polls.lock().unwrap().len(), 3);
    assert_eq!(*polls.lock().unwrap(), [6, 12, 18].map(|hours| hours * 3600));

    // Started by a clock that was ten years ahead.
    polls.lock().unwrap().clear();
    setting.world.clock.set(UnixTime::from_millis(in_ten_years));
    let started = setting.start();
    setting.world.clock.set(setting.began);
    refused(setting.poll(started.pending), "device.expired");
    assert_eq!(polls.lock().unwrap().len(), 3);
}

/// An answer of the token endpoint, at the poll of this number.
fn answers_at(
    setting: &Setting,
    poll: usize,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) {
    let count = AtomicUsize::new(0);
    setting.world.op.intercept("/token", move |_, response| {
        if count.fetch_add(1, Ordering::SeqCst) + 1 == poll {
            response.status = status;
            response.headers = headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
            response.body = body.as_bytes().to_vec();
        }
    });
}

/// A server that is tired is asked less often, not given up: the visitor is at another screen meanwhile.
#[test]
fn g17_a_server_that_is_overloaded_is_asked_again_later() {
    for (status, body) in [
        (429, ""),
        (502, "<html>Bad gateway</html>"),
        (503, "<html>"),
        (503, r#"{"message":"overloaded"}"#),
        (503, r#"{"error":"temporarily_unavailable"}"#),
        (429, r#"{"error":"too_many_requests"}"#),
        (504, ""),
    ] {
        let mut setting = Setting::new();
        let polls = setting.polls();
        answers_at(&setting, 1, status, &[], body);
        let started = setting.start();
        // Approved after the first poll: the provider of the tests would have redeemed the code with it.
        let (op, clock, code) =
            (setting.world.op.clone(), setting.world.clock.clone(), started.user_code.clone());
        let count = AtomicUsize::new(0);
        setting.world.op.intercept("/token", move |_, _| {
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                op.decide_device(&code, Some("alice"), clock.now().seconds());
            }
        });
        setting.poll(started.pending).unwrap();
        assert_eq!(*polls.lock().unwrap(), [5, 15], "{status}");
    }
    for (status, body, code) in [
        (500, "", "response.status"),
        (404, "", "response.status"),
        (302, "", "response.redirect"),
        (400, r#"{"error":"temporarily_unavailable"}"#, "provider.error"),
    ] {
        let mut setting = Setting::new();
        answers_at(&setting, 1, status, &[("retry-after", "1")], body);
        let started = setting.start();
        refused(setting.poll(started.pending), code);
        assert_eq!(setting.requests(), ["POST /device_authorization", "GET /jwks", "POST /token"]);
    }
}

#[test]
fn g15_n12_retry_after_is_kept_and_never_makes_it_faster() {
    const PENDING: &str = r#"{"error":"authorization_pending"}"#;
    const SLOW_DOWN: &str = r#"{"error":"slow_down"}"#;
    for (status, value, body, due) in [
        (400, "60", PENDING, [5, 65, 70]),
        (429, "60", SLOW_DOWN, [5, 65, 75]),
        (503, "60", "", [5, 65, 75]),
        (400, "1", PENDING, [5, 10, 15]),
        (400, "0", PENDING, [5, 10, 15]),
        (400, "soon", PENDING, [5, 10, 15]),
        (400, "-60", PENDING, [5, 10, 15]),
    ] {
        let mut setting = Setting::new();
        let polls = setting.polls();
        let headers: &[(&str, &str)] = Vec::leak(vec![("retry-after", value)]);
        answers_at(&setting, 1, status, headers, body);
        answers_at(&setting, 2, 400, &[], PENDING);
        answers_at(&setting, 3, 400, &[], r#"{"error":"access_denied"}"#);
        let started = setting.start();
        refused(setting.poll(started.pending), "provider.error");
        assert_eq!(*polls.lock().unwrap(), due, "{status} {value}");
    }
    // Longer than the code lasts: nothing is slept for.
    let mut setting = Setting::new();
    answers_at(&setting, 1, 503, &[("retry-after", "99999999999999999999")], "");
    let started = setting.start();
    refused(setting.poll(started.pending), "device.expired");
    assert_eq!(setting.world.clock.now().since(setting.began), Duration::from_secs(5));
}

#[test]
fn g15_a_login_that_cannot_be_polled_for_asks_for_nothing() {
    let mut setting = Setting::new();
    let bytes = setting.start().pending.to_bytes();
    setting.world.op.edit("/.well-known/openid-configuration", |document| {
        document.as_object_mut().unwrap().remove("token_endpoint");
    });
    let crippled = setting.world.discover("rs256", Policy::default()).unwrap();
    setting.world.transport.clear();
    let poll = crippled.poll_device_login(PendingDeviceLogin::from_bytes(&bytes).unwrap());
    refused(setting.run(poll), "misuse.no_such_endpoint");
    assert!(setting.requests().is_empty(), "{:?}", setting.requests());
    assert_eq!(setting.world.clock.now(), setting.began);
}

#[test]
fn g16_an_empty_address_counts_as_absent() {
    let mut setting = Setting::new();
    setting.world.op.edit("/device_authorization", |document| {
        document["verification_url"] = document["verification_uri"].clone();
        document["verification_uri"] = "".into();
        document["verification_uri_complete"] = "".into();
    });
    let started = setting.start();
    assert_eq!(started.verification_uri.as_str(), "https://op.test/device");
    assert_eq!(started.verification_uri_complete, None);
    setting.approve(&started);
    setting.poll(started.pending).unwrap();

    let mut setting = Setting::new();
    setting
        .world
        .op
        .edit("/device_authorization", |document| document["verification_uri"] = "".into());
    refused(setting.run(setting.client.start_device_login()), "json.missing");
    assert_eq!(setting.requests(), ["POST /device_authorization"]);
}
