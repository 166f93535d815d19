//! Device login (RFC 8628) in virtual time: the pace of polling, its end, and what is shown and believed.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use relying_party::{
    Client, Error, Policy,
    drive::{Transport, drive},
    error::{Blame, ErrorKind, FailureKind, OAuthError},
    flow::{
        Outcome, granted::GrantedTokens, pending_device::PendingDeviceLogin,
        start_device_login::StartedDevice,
    },
    http::HttpRequest,
    time::UnixTime,
};
use relying_party_tests::{
    memory::{Clock, Failing, Memory},
    scenario::World,
};
use serde_json::{Value, json};

/// A device before its provider. The clock shows the seconds since the code was shown.
struct Device {
    world: World,
    client: Client,
    began: UnixTime,
    polls: Arc<Mutex<Vec<u64>>>,
}

impl Device {
    fn new() -> Self {
        Self::with("rs256", Policy::default(), World::default())
    }

    fn with(client_id: &str, policy: Policy, mut world: World) -> Self {
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

    fn start(&mut self) -> Result<StartedDevice, Error> {
        self.world.run(self.client.start_device_login())
    }

    fn poll(&mut self, pending: PendingDeviceLogin) -> Result<GrantedTokens, Error> {
        self.world.run(self.client.poll_device_login(pending))
    }

    /// Changes the answers of the device endpoint.
    fn answers(&self, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.document("/device_authorization", change);
    }

    fn document(&self, path: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.world.op.intercept(path, move |_, response| {
            let mut document = response.document();
            change(&mut document);
            response.body = document.to_string().into_bytes();
        });
    }

    /// Somebody decides right after the poll of this number; 0 is at once.
    fn decide_after(&self, poll: usize, started: &StartedDevice, user: Option<&'static str>) {
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
    fn error_at(&self, poll: usize, error: &'static str) {
        let count = AtomicUsize::new(0);
        self.world.op.intercept("/token", move |_, response| {
            if count.fetch_add(1, Ordering::SeqCst) + 1 == poll {
                response.status = 400;
                response.body = json!({ "error": error }).to_string().into_bytes();
            }
        });
    }

    /// When the token endpoint was asked, in seconds.
    fn polls(&self) -> Vec<u64> {
        self.polls.lock().unwrap().clone()
    }

    fn requests(&self) -> Vec<String> {
        self.world.transport.requests()
    }

    fn elapsed(&self) -> u64 {
        self.world.clock.now().since(self.began).as_secs()
    }
}

#[track_caller]
fn refused<T>(result: Result<T, Error>, code: &str) -> Error {
    let Err(error) = result else { panic!("accepted, should have been refused with {code}") };
    assert_eq!(error.code(), code, "{error}");
    error
}

#[test]
fn a_whole_device_login() {
    let mut device = Device::new();
    let started = device.start().unwrap();
    assert_eq!(started.user_code, "WDJB-0000");
    assert_eq!(started.verification_uri.as_str(), "https://op.test/device");
    let complete = started.verification_uri_complete.clone().unwrap();
    assert_eq!(complete.as_str(), "https://op.test/device?user_code=WDJB-0000");
    assert_eq!(started.expires_at.since(device.began), Duration::from_secs(600));
    assert_eq!(device.requests(), ["POST /device_authorization"]);

    device.decide_after(3, &started, Some("alice"));
    let granted = device.poll(started.pending).unwrap();
    assert_eq!(device.polls(), [5, 10, 15, 20]);
    let token = "POST /token";
    let due = ["POST /device_authorization", "GET /jwks", token, token, token, token];
    assert_eq!(device.requests(), due);
    let id_token = granted.id_token().unwrap();
    assert_eq!(id_token.subject().sub(), "sub-alice-248289761001");

    let (refresh_token, record) =
        (granted.tokens().refresh_token().unwrap(), granted.record().unwrap());
    let refreshed = device.world.run(device.client.refresh(refresh_token, &record)).unwrap();
    assert_eq!(refreshed.id_token().unwrap().subject(), id_token.subject());
    let read = device.client.user_info(granted.tokens().access_token(), id_token.subject());
    assert_eq!(device.world.run(read).unwrap().sub(), "sub-alice-248289761001");
}

#[test]
fn the_requests_hold_what_rfc_8628_says_and_no_more() {
    for (client, proof, authorization) in
        [("rs256", "", "Basic "), ("public", "&client_id=public", "-")]
    {
        let mut device = Device::with(client, Policy::default(), World::default());
        let start = device.client.start_device_login().scope("email").parameter("x", "y");
        let started = device.world.run(start).unwrap();
        device.decide_after(0, &started, Some("bob"));
        device.poll(started.pending).unwrap();
        let lines = device.world.op.transcript();
        let body = |at: usize| lines[at].split_once(" body=").unwrap();
        assert_eq!(body(0).1, format!("scope=openid+email&x=y{proof}"));
        let grant =
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=";
        assert!(body(2).1.starts_with(grant) && body(2).1.ends_with(proof), "{}", body(2).1);
        for at in [0, 2] {
            assert!(
                body(at).0.contains(&format!("authorization={authorization}")),
                "{}",
                lines[at]
            );
        }
    }
}

#[test]
fn g15_slow_down_is_for_good() {
    let mut device = Device::new();
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
        let mut device = Device::new();
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
    let mut device = Device::new();
    let started = device.start().unwrap();
    let error = refused(device.poll(started.pending), "device.expired");
    assert_eq!(error.blame(), Blame::Visitor);
    assert!(error.hint().unwrap().contains("again"));
    let polls = device.polls();
    assert_eq!((polls.len(), polls.last()), (119, Some(&595)));

    let mut device = Device::new();
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
        let mut device = Device::new();
        device.answers(move |document| document[member] = value.clone());
        let started = device.start().unwrap();
        refused(device.poll(started.pending), "device.expired");
        assert_eq!(device.requests(), ["POST /device_authorization"], "{member}");
    }
    let mut device = Device::new();
    device.answers(|document| document["interval"] = json!(599));
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    device.poll(started.pending).unwrap();
    assert_eq!(device.polls(), [599]);
}

#[test]
fn g15_a_code_that_expired_meanwhile_is_not_asked_for() {
    let mut device = Device::new();
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

/// A clock that is set back at every pause.
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
    let mut device = Device::new();
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
fn any_other_error_ends_it() {
    for (error, blame) in [
        ("access_denied", Blame::Visitor),
        ("expired_token", Blame::Visitor),
        ("invalid_grant", Blame::Visitor),
        ("invalid_client", Blame::Configuration),
        ("something_else", Blame::Provider),
        ("AUTHORIZATION_PENDING", Blame::Provider),
    ] {
        let mut device = Device::new();
        device.error_at(2, error);
        let started = device.start().unwrap();
        let refusal = refused(device.poll(started.pending), "provider.error");
        assert_eq!(refusal.blame(), blame, "{error}");
        match refusal.kind() {
            ErrorKind::Provider(OAuthError { error: shown, .. }) => {
                assert_eq!(shown.as_str(), error);
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(device.polls(), [5, 10], "{error}");
    }
    let mut device = Device::new();
    let started = device.start().unwrap();
    device.decide_after(1, &started, None);
    refused(device.poll(started.pending), "provider.error");
    assert_eq!(device.polls(), [5, 10]);
}

#[test]
fn g17_no_answer_halves_the_pace() {
    let mut device = Device::new();
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    let failures = [FailureKind::Connect, FailureKind::Connect];
    let way = Failing::new(&device.world.transport, "/token", &failures);
    let poll = device.client.poll_device_login(started.pending);
    drive(poll, &way, &mut device.world.env).unwrap();
    assert_eq!(way.attempts(), ["/jwks", "/token", "/token", "/token"]);
    assert_eq!(device.polls(), [5 + 10 + 20]);

    let mut device = Device::new();
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
        let mut device = Device::new();
        let started = device.start().unwrap();
        let way = Failing::new(&device.world.transport, "/token", &[kind]);
        let poll = device.client.poll_device_login(started.pending);
        refused(drive(poll, &way, &mut device.world.env), code);
        assert_eq!(way.attempts(), ["/jwks", "/token"]);
    }
    for kind in [FailureKind::Timeout, FailureKind::Connect] {
        let mut device = Device::new();
        let started = device.start().unwrap();
        let way = Failing::new(&device.world.transport, "/token", &[kind; 100]);
        let poll = device.client.poll_device_login(started.pending);
        refused(drive(poll, &way, &mut device.world.env), "device.expired");
        // 5, 10, 20, 40, 80, 160: the next pause would outlast the code.
        assert_eq!(way.attempts().len(), 1 + 6);
        assert_eq!(device.elapsed(), 315);
    }
}

#[test]
fn g16_what_nobody_may_be_shown_is_refused() {
    for (member, value, code) in [
        ("verification_uri", "http://op.test/device", "response.address"),
        ("verification_uri", "http://127.0.0.1/device", "response.address"),
        ("verification_uri", "javascript:alert(1)", "response.address"),
        ("verification_uri_complete", "data:text/html,x", "response.address"),
        ("user_code", "AB\u{1b}[2JCD", "response.token_characters"),
        ("user_code", "", "response.token_characters"),
        ("device_code", "", "response.token_characters"),
    ] {
        let mut device = Device::new();
        device.answers(move |document| document[member] = value.into());
        let error = refused(device.start(), code);
        assert_eq!(error.blame(), Blame::Provider);
        assert_eq!(device.requests(), ["POST /device_authorization"], "{member} {value}");
    }
    let policy = Policy::default().insecure_allow_loopback_http();
    let mut device = Device::with("rs256", policy, World::default());
    device.answers(|document| document["verification_uri"] = "http://127.0.0.1/device".into());
    let started = device.start().unwrap();
    assert_eq!(started.verification_uri.as_str(), "http://127.0.0.1/device");
    assert_eq!(started.verification_uri_complete, None, "of another origin");
}

type Change = fn(&mut Value);

#[test]
fn t30_the_id_token_is_verified_like_that_of_a_login() {
    let run = |change: Change| {
        let mut device = Device::new();
        device.world.op.tamper_id_token(move |_, _, claims| change(claims));
        let started = device.start().unwrap();
        device.decide_after(0, &started, Some("alice"));
        let result = device.poll(started.pending);
        let due = ["POST /device_authorization", "GET /jwks", "POST /token"];
        assert_eq!(device.requests(), due);
        result
    };
    let refusals: [(Change, &str); 6] = [
        (|claims| claims["nonce"] = "of another login".into(), "claim.nonce.mismatch"),
        (|claims| claims["iss"] = "https://other.test".into(), "claim.iss.mismatch"),
        (|claims| claims["aud"] = "public".into(), "claim.aud.mismatch"),
        (|claims| claims["at_hash"] = "AAAA".into(), "claim.at_hash.mismatch"),
        (|claims| claims["exp"] = 1.into(), "claim.exp.expired"),
        (|claims| claims["sub"] = "".into(), "claim.sub.malformed"),
    ];
    for (change, code) in refusals {
        refused(run(change), code);
    }
    run(|_| {}).unwrap();
}

#[test]
fn t30_a_forged_signature_is_refused() {
    let mut device = Device::new();
    device.world.op.replace_id_token(|_| "eyJhbGciOiJub25lIn0.e30.".to_owned());
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    refused(device.poll(started.pending), "token.algorithm");
    assert_eq!(device.polls(), [5]);
}

#[test]
fn i21_a_device_login_without_an_id_token_is_none_unless_so_chosen() {
    let without = |document: &mut Value| {
        document.as_object_mut().unwrap().remove("id_token");
    };
    let mut device = Device::new();
    device.document("/token", without);
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    refused(device.poll(started.pending), "response.no_id_token");
    assert_eq!(device.polls(), [5]);

    let mut device = Device::new();
    let start = device.client.start_device_login().access_only().scope("api");
    let started = device.world.run(start).unwrap();
    device.decide_after(0, &started, Some("alice"));
    let granted = device.poll(started.pending).unwrap();
    assert!(granted.id_token().is_none() && granted.record().is_none());
    assert_eq!(granted.tokens().scope(), ["api"]);
    assert_eq!(device.requests(), ["POST /device_authorization", "POST /token"]);
}

#[test]
fn l7_a_pending_device_login_survives_a_restart_and_no_change() {
    let mut device = Device::new();
    let started = device.start().unwrap();
    let bytes = started.pending.to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let code = PendingDeviceLogin::from_bytes(&flipped).unwrap_err().code();
        assert_eq!(code, if bit < 8 { "stored.version" } else { "stored.malformed" });
    }
    device.decide_after(0, &started, Some("alice"));
    let read = PendingDeviceLogin::from_bytes(&bytes).unwrap();
    assert_eq!((read.issuer(), read.expires_at()), ("https://op.test", started.expires_at));
    assert_eq!(read.to_bytes(), bytes);

    let other = device.world.discover("es256", Policy::default()).unwrap();
    device.world.transport.clear();
    let poll = other.poll_device_login(PendingDeviceLogin::from_bytes(&bytes).unwrap());
    refused(device.world.run(poll), "misuse.other_client");
    assert!(device.requests().is_empty());
    device.poll(read).unwrap();
}

#[test]
fn a_provider_without_the_endpoint_is_found_before_any_request() {
    let world = World::default();
    world.op.intercept("/.well-known/openid-configuration", |_, response| {
        let mut document = response.document();
        document.as_object_mut().unwrap().remove("device_authorization_endpoint");
        response.body = document.to_string().into_bytes();
    });
    let mut device = Device::with("rs256", Policy::default(), world);
    refused(device.start(), "misuse.no_such_endpoint");
    assert!(device.requests().is_empty());
}

#[test]
fn i28_neither_code_is_shown_in_debug() {
    let mut device = Device::new();
    let started = device.start().unwrap();
    let bytes = started.pending.to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (_, rest) = text.split_once("\"code\":\"").unwrap();
    let device_code = rest.split_once('"').unwrap().0.to_owned();
    assert!(device_code.starts_with("device-"));
    let shown = format!("{started:?}");
    let shown = format!("{shown} {:?}", device.client.poll_device_login(started.pending));
    for secret in [device_code.as_str(), "WDJB-0000"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
