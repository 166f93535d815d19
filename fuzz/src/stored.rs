//! Bytes out of a store.

use relying_party::{
    Error, LoginRecord, PendingLogin, flow::pending_authorization::PendingAuthorization,
    flow::pending_device::PendingDeviceLogin, protocol::registered_client::RegisteredClient,
};
use sha2::{Digest, Sha256};

/// The bytes as they are, and as a text behind the right version and checksum, which a fuzzer would not guess.
pub fn pending_login(data: &[u8]) {
    let framed = framed(data);
    for bytes in [data, &framed] {
        round_trip(bytes, |bytes| PendingLogin::from_bytes(bytes).map(|login| login.to_bytes()));
        let authorization = PendingAuthorization::from_bytes;
        round_trip(bytes, |bytes| authorization(bytes).map(|pending| pending.to_bytes()));
        round_trip(bytes, |bytes| LoginRecord::from_bytes(bytes).map(|record| record.to_bytes()));
        round_trip(bytes, |bytes| RegisteredClient::from_bytes(bytes).map(|one| one.to_bytes()));
        round_trip(bytes, |bytes| {
            PendingDeviceLogin::from_bytes(bytes).map(|pending| pending.to_bytes())
        });
    }
    if let Ok(login) = PendingLogin::from_bytes(&framed) {
        let document: serde_json::Value = serde_json::from_slice(data).unwrap();
        assert_eq!(Some(login.state().expose()), document["state"].as_str());
        assert_eq!(Some(login.issuer()), document["iss"].as_str());
        assert_eq!(Some(login.created_at().millis()), document["created"].as_i64());
        let shown = format!("{login:?}");
        let secrets: Vec<&str> = ["state", "nonce", "verifier"]
            .into_iter()
            .filter_map(|name| document[name].as_str())
            .collect();
        let distinct = |secret: &&&str| secret.len() > 8 && !login.issuer().contains(**secret);
        assert!(!secrets.iter().filter(distinct).any(|secret| shown.contains(secret)), "{shown}");
    }
}

/// What is read is written as it was read, and every flipped bit of that is seen.
fn round_trip(bytes: &[u8], again: impl Fn(&[u8]) -> Result<Vec<u8>, Error>) {
    match again(bytes) {
        Err(error) => assert!(matches!(error.code(), "stored.version" | "stored.malformed")),
        Ok(written) => {
            assert_eq!(again(&written).unwrap(), written);
            for at in [0, 1, 8, 9, written.len() / 2, written.len() - 1] {
                let mut flipped = written.clone();
                flipped[at] ^= 1 << (at % 8);
                assert!(again(&flipped).is_err());
            }
        }
    }
}

/// The text of a login behind the right version and checksum.
pub(crate) fn framed(text: &[u8]) -> Vec<u8> {
    let sum = Sha256::new_with_prefix([1]).chain_update(text).finalize();
    [&[1], &sum[..8], text].concat()
}
