//! What a provider, or anybody, may say of a logout.

use relying_party::{Flow, protocol::logout_answer::LogoutAnswer, protocol::replay::MemoryReplays};
use serde_json::Value;

use crate::{
    resource::{client, sign, with_keys},
    world::{ISSUER, Oracle, World},
};

const NOW: i64 = 1_800_000_000;
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The claims of a well signed logout token; after a byte 0, a whole body, which is read as a query as well.
pub fn back_channel_logout(data: &[u8]) {
    let oracle = Oracle::default();
    let (client, mut env) = (client(&oracle), World::new(data, oracle.clone()));
    let (body, signed) = match data.split_first() {
        Some((0, body)) => (body.to_vec(), false),
        _ => (format!("logout_token={}", sign(&oracle, "logout+jwt", data)).into_bytes(), true),
    };
    if let Some(logout) = std::str::from_utf8(&body).ok().map(|q| client.front_channel_logout(q)) {
        let named = logout.ok().and_then(|logout| logout.target().cloned());
        assert!(named.is_none_or(|named| named.issuer() == ISSUER && named.sid().is_some()));
    }
    let result = with_keys(client.back_channel_logout(FORM, &body).start(&mut env), &mut env);
    let status = LogoutAnswer::back_channel(&result).status();
    assert_eq!(status, if result.is_ok() { 200 } else { 400 });
    let Ok(received) = result else { return };
    assert!(signed, "nobody signed it");
    assert!(received.remember_until().seconds() >= NOW);
    let token = received.check_replay(&MemoryReplays::new()).unwrap();

    let document: Value = serde_json::from_slice(data).unwrap();
    let aud = &document["aud"];
    let named = aud.as_array().map_or(vec![aud], |list| list.iter().collect());
    assert!(named.iter().all(|own| **own == "app") && !named.is_empty());
    assert_eq!(document["iss"], ISSUER);
    assert!(document["exp"].as_f64().unwrap() > (NOW - 60) as f64);
    let issued_at = document["iat"].as_f64().unwrap();
    assert!(issued_at < (NOW + 61) as f64 && issued_at > (NOW - 661) as f64);
    assert!(document["events"][EVENT].is_object() && document.get("nonce").is_none());
    assert_eq!(document["jti"].as_str(), Some(token.jti()));
    let target = token.target();
    assert_eq!((document["sub"].as_str(), document["sid"].as_str()), (target.sub(), target.sid()));
    assert!(target.sub().is_some() || target.sid().is_some());
    assert!(token.relaxations().is_empty());
}
