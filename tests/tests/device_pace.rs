//! Device login (RFC 8628) in virtual time: the pace of polling, and its end.

use std::time::Duration;

use relying_party::{
    drive::{Transport, drive},
    error::{Blame, FailureKind},
    flow::{Outcome, pending_device::PendingDeviceLogin},
    http::HttpRequest,
    time::UnixTime,
};
use relying_party_tests::{
    device::Device,
    memory::{Clock, Failing, Memory},
    refusal::refused,
};
use serde_json::json;

#[test]
fn g15_slow_down_is_for_good() {
    let mut device = Device::default();
    let started = device.start().unwrap();
    device.error_at(2, "slow_down");
    device.error_at(4, "slow_down");
    device.decide_after(5, &started, Some("alice"));
    device.poll(started.pending).unwrap();
    assert_eq!(device.polls(), [5, 10, 20, 30, 45, 60]);
}

#[test]
fn g15_the_interval_of_the_provider_is_kept() {
    for (interval, due) in [
        (json!(null), [5, 10, 15]),
        (json!(2), [2, 4, 6]),
        (json!("30"), [30, 60, 90]),
        (json!(0), [1, 2, 3]),
        (json!(-1), [1, 2, 3]),
    ] {
        let mut device = Device::default();
        device.answers(move |document| document["interval"] = interval.clone());
        // The provider of the tests has an interval of its own.
        device.error_at(1, "authorization_pending");
        device.error_at(2, "authorization_pending");
        device.error_at(3, "access_denied");
        let started = device.start().unwrap();
        refused(device.poll(started.pending), "provider.error");
        assert_eq!(device.polls(), due);
    }
}

#[test]
fn g15_pending_for_ever_ends_with_the_code() {
    let mut device = Device::default();
    let started = device.start().unwrap();
    let error = refused(device.poll(started.pending), "device.expired");
    assert_eq!(error.blame(), Blame::Visitor);
    assert!(error.hint().unwrap().contains("again"));
    let polls = device.polls();
    assert_eq!((polls.len(), polls.last()), (119, Some(&595)));

    let mut device = Device::default();
    let started = device.start().unwrap();
    device.decide_after(118, &started, Some("alice"));
    device.poll(started.pending).unwrap();
    assert_eq!(device.polls().last(), Some(&595));
}

#[test]
fn g15_where_no_poll_fits_in_none_is_made() {
    for (member, value) in
        [("interval", json!(1e9)), ("interval", json!(600)), ("expires_in", json!(0))]
    {
        let mut device = Device::default();
        device.answers(move |document| document[member] = value.clone());
        let started = device.start().unwrap();
        refused(device.poll(started.pending), "device.expired");
        assert_eq!(device.requests(), ["POST /device_authorization"], "{member}");
    }
    let mut device = Device::default();
    device.answers(|document| document["interval"] = json!(599));
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    device.poll(started.pending).unwrap();
    assert_eq!(device.polls(), [599]);
}

#[test]
fn g15_a_code_that_expired_meanwhile_is_not_asked_for() {
    let mut device = Device::default();
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    let bytes = started.pending.to_bytes();
    device.world.clock.advance(Duration::from_secs(595));
    refused(device.poll(PendingDeviceLogin::from_bytes(&bytes).unwrap()), "device.expired");
    assert_eq!(device.requests(), ["POST /device_authorization"]);
    device.world.clock.set(UnixTime::from_millis(device.began.millis() + 594_000));
    device.poll(PendingDeviceLogin::from_bytes(&bytes).unwrap()).unwrap();
    assert_eq!(device.polls(), [599]);
}

struct Backwards(Memory, Clock);

impl Transport for Backwards {
    fn send(&self, request: &HttpRequest) -> Outcome {
        self.0.send(request)
    }

    fn sleep(&self, _: Duration) {
        self.1.set(UnixTime::from_millis(self.1.now().millis() - 3_600_000));
    }
}

#[test]
fn g15_a_clock_that_goes_back_does_not_prolong_it() {
    let mut device = Device::default();
    let started = device.start().unwrap();
    let way = Backwards(device.world.transport.clone(), device.world.clock.clone());
    let poll = device.client.poll_device_login(started.pending);
    // The provider takes what goes back for too fast; the pace is not what this is about.
    device.world.op.intercept("/token", |_, response| {
        response.body = json!({ "error": "authorization_pending" }).to_string().into_bytes();
    });
    refused(drive(poll, &way, &mut device.world.env), "device.expired");
    assert_eq!(device.polls().len(), 119);
}

#[test]
fn g17_no_answer_halves_the_pace() {
    let mut device = Device::default();
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    let failures = [FailureKind::Connect, FailureKind::Connect];
    let way = Failing::new(&device.world.transport, "/token", &failures);
    let poll = device.client.poll_device_login(started.pending);
    drive(poll, &way, &mut device.world.env).unwrap();
    assert_eq!(way.attempts(), ["/jwks", "/token", "/token", "/token"]);
    assert_eq!(device.polls(), [5 + 10 + 20]);

    let mut device = Device::default();
    let started = device.start().unwrap();
    device.decide_after(2, &started, Some("alice"));
    let way = Failing::new(&device.world.transport, "/token", &[FailureKind::Timeout]);
    let poll = device.client.poll_device_login(started.pending);
    drive(poll, &way, &mut device.world.env).unwrap();
    assert_eq!(device.polls(), [5, 15, 25]);
}

#[test]
fn g17_a_failure_that_stays_is_the_end() {
    for (kind, code) in [
        (FailureKind::Tls, "transport.tls"),
        (FailureKind::TooLarge, "transport.too_large"),
        (FailureKind::Other, "transport.other"),
    ] {
        let mut device = Device::default();
        let started = device.start().unwrap();
        let way = Failing::new(&device.world.transport, "/token", &[kind]);
        let poll = device.client.poll_device_login(started.pending);
        refused(drive(poll, &way, &mut device.world.env), code);
        assert_eq!(way.attempts(), ["/jwks", "/token"]);
    }
    for kind in [FailureKind::Timeout, FailureKind::Connect] {
        let mut device = Device::default();
        let started = device.start().unwrap();
        let way = Failing::new(&device.world.transport, "/token", &[kind; 100]);
        let poll = device.client.poll_device_login(started.pending);
        refused(drive(poll, &way, &mut device.world.env), "device.expired");
        // 5, 10, 20, 40, 80, 160: the next pause would outlast the code.
        assert_eq!(way.attempts().len(), 1 + 6);
        assert_eq!(device.elapsed(), 315);
    }
}
