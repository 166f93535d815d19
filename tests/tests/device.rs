//! Device login (RFC 8628) in virtual time: what is shown, and what is believed. The pace of polling
//! stands in `device_pace.rs`.

use std::time::Duration;

use relying_party::{
    Policy,
    error::{Blame, ErrorKind, OAuthError},
    flow::pending_device::PendingDeviceLogin,
};
use relying_party_tests::{device::Device, refusal::refused, scenario::World};
use serde_json::Value;

#[test]
fn a_whole_device_login() {
    let mut device = Device::default();
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

/// A clock that is set back at every pause.
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
        let mut device = Device::default();
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
    let mut device = Device::default();
    let started = device.start().unwrap();
    device.decide_after(1, &started, None);
    refused(device.poll(started.pending), "provider.error");
    assert_eq!(device.polls(), [5, 10]);
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
        let mut device = Device::default();
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
        let mut device = Device::default();
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
    let mut device = Device::default();
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
    let mut device = Device::default();
    device.world.op.edit("/token", without);
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    refused(device.poll(started.pending), "response.no_id_token");
    assert_eq!(device.polls(), [5]);

    let mut device = Device::default();
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
    let mut device = Device::default();
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
    world.op.edit("/.well-known/openid-configuration", |document| {
        document.as_object_mut().unwrap().remove("device_authorization_endpoint");
    });
    let mut device = Device::with("rs256", Policy::default(), world);
    refused(device.start(), "misuse.no_such_endpoint");
    assert!(device.requests().is_empty());
}

#[test]
fn i28_neither_code_is_shown_in_debug() {
    let mut device = Device::default();
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
