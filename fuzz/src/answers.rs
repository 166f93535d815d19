//! Answers to the flows without a browser. What is believed is what another reader sees.

use relying_party::{
    Client, Error, Flow, Step, flow::pending_device::PendingDeviceLogin,
    protocol::token_exchange::TokenType, secret::AnyToken,
};
use serde_json::Value;

use crate::world::{Oracle, World};

/// The flow's first request, answered so.
fn answered<F: Flow>(
    body: &[u8],
    flow: impl FnOnce(&Client) -> F,
) -> Option<Result<F::Output, Error>> {
    let mut world = World::new(&[], Oracle::default());
    let client = world.discover().unwrap().unwrap();
    let Step::Send(exchange) = flow(&client).start(&mut world).unwrap() else { return None };
    let mut response = exchange.request().response(200);
    response.header("content-type", b"application/json").unwrap();
    response.chunk(body).ok()?;
    match exchange.resume(Ok(response.finish()), &mut world) {
        Ok(Step::Done(output)) => Some(Ok(output)),
        Ok(step) => panic!("{step:?}"),
        Err(error) => Some(Err(error)),
    }
}

/// The body of the device authorization endpoint (RFC 8628 3.2).
pub fn device_authorization(data: &[u8]) {
    let Some(Ok(started)) = answered(data, Client::start_device_login) else { return };
    let document: Value = serde_json::from_slice(data).unwrap();
    assert!(!document["error"].is_string());
    assert_eq!(document["user_code"], started.user_code.as_str());
    assert!(started.user_code.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    assert!((1..=128).contains(&started.user_code.len()));
    let uri = &started.verification_uri;
    assert_eq!((uri.scheme(), uri.username(), uri.fragment()), ("https", "", None));
    if let Some(complete) = &started.verification_uri_complete {
        assert_eq!(complete.origin(), uri.origin());
    }
    let (now, day) = (1_800_000_000_000, 86_400_000);
    assert!((now..=now + day).contains(&started.expires_at.millis()));

    let code = document["device_code"].as_str().unwrap();
    let shown = format!("{started:?} {:?}", started.pending);
    assert!(code.len() < 12 || !shown.contains(code), "{shown}");
    let bytes = started.pending.to_bytes();
    let read = PendingDeviceLogin::from_bytes(&bytes).unwrap();
    assert_eq!((read.to_bytes(), read.expires_at()), (bytes.clone(), started.expires_at));
    let stored: Value = serde_json::from_slice(&bytes[9..]).unwrap();
    assert_eq!(stored["code"], code);
    assert!(stored["interval"].as_u64().unwrap() >= 1000);
    let interval = match &document["interval"] {
        Value::Number(number) => number.as_u64().map(|seconds| seconds.max(1)),
        Value::Null => Some(5),
        _ => None,
    };
    if let Some(seconds) = interval.filter(|seconds| *seconds < 1_000_000) {
        assert_eq!(stored["interval"], seconds * 1000);
    }
}

/// The body of the token endpoint, after a token exchange (RFC 8693 2.2).
pub fn token_exchange(data: &[u8]) {
    let exchange =
        |client: &Client| client.exchange_token("a-token", &TokenType::AccessToken).scope("a b");
    let Some(Ok(exchanged)) = answered(data, exchange) else { return };
    let document: Value = serde_json::from_slice(data).unwrap();
    assert!(!document["error"].is_string());
    assert_eq!(document["access_token"], exchanged.token().expose());
    assert_eq!(document["issued_token_type"], exchanged.issued_token_type().as_str());
    assert!(!exchanged.issued_token_type().as_str().is_empty());
    if let Some(token) = exchanged.access_token() {
        assert_eq!(token.expose(), exchanged.token().expose());
        let bearer = document["token_type"].as_str().map(|t| t.eq_ignore_ascii_case("bearer"));
        let issued = exchanged.issued_token_type();
        assert!(bearer.unwrap_or(*issued == TokenType::AccessToken));
        assert!(*issued != TokenType::RefreshToken || exchanged.refresh_token().is_some());
    }
    if let Some(token) = exchanged.refresh_token() {
        assert_eq!(document["refresh_token"], token.expose());
    }
    if let Some(expires_at) = exchanged.expires_at() {
        assert!((1_800_000_000..=4_955_760_000).contains(&expires_at.seconds()));
    }
    if document["scope"].is_null() {
        assert_eq!(exchanged.scope(), ["a", "b"]);
    }
    let token = exchanged.token().expose();
    let shown = format!("{exchanged:?}");
    let elsewhere = exchanged.issued_token_type().as_str().contains(token);
    assert!(token.len() < 20 || elsewhere || !shown.contains(token), "{shown}");
}

/// The body of the introspection endpoint (RFC 7662 2.2).
pub fn introspection(data: &[u8]) {
    let ask = |audience: Option<&'static str>| {
        answered(data, |client| {
            let ask = client.introspect(AnyToken::new("a-token").unwrap(), None);
            match audience {
                Some(audience) => ask.audience(audience),
                None => ask,
            }
        })
    };
    let (Some(answer), Some(meant)) = (ask(None), ask(Some("api"))) else { return };
    // An audience that is not named ends it before the issuer is looked at.
    assert!(meant.is_ok() || answer.is_err());
    assert!(answer.is_ok() || meant.as_ref().map_or(true, |meant| !meant.is_active()));
    let (Ok(answer), Ok(meant)) = (answer, meant) else { return };
    let document: Value = serde_json::from_slice(data).unwrap();
    assert!(document["active"].is_boolean() && !document["error"].is_string());
    assert!(format!("{answer:?}").len() < 60);
    let Some(token) = answer.active() else { return assert!(!meant.is_active()) };
    assert_eq!(document["active"], true);
    let now = 1_800_000_000.0;
    let expires = document["exp"].as_f64().map_or(0.0, f64::floor);
    assert!(expires == 0.0 || expires + 60.0 > now);
    assert!(document["nbf"].as_f64().is_none_or(|starts| starts.floor() - 60.0 <= now));
    let named = match &document["aud"] {
        Value::String(audience) => audience == "api",
        Value::Array(list) => list.iter().any(|audience| audience == "api"),
        _ => false,
    };
    assert_eq!(meant.is_active(), named);
    assert_eq!(token.claims().as_json().as_bytes(), data);
    assert_eq!(token.token_type(), document["token_type"].as_str());
}
