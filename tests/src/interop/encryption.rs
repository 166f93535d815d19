//! The clients of the npm provider that registered encryption, for all that it answers: `tests/interop/op/clients.mjs`.

use relying_party::{
    Registration,
    jose::{
        encryption::{
            ContentEncryption::{self, *},
            KeyManagement::{self, *},
        },
        jwk::DecryptionKey,
    },
};

use super::npm::{NodeProvider, Scheme};

/// What each of them registered; every algorithm once, and one client has a key of X25519 alone.
pub const PAIRS: [(KeyManagement, ContentEncryption); 13] = [
    (RsaOaep, A128CbcHs256),
    (RsaOaep256, A256Gcm),
    (EcdhEs, A128Gcm),
    (EcdhEsA128Kw, A256Gcm),
    (EcdhEsA192Kw, A192CbcHs384),
    (EcdhEsA256Kw, A256CbcHs512),
    (A128Kw, A128CbcHs256),
    (A192Kw, A256Gcm),
    (A256Kw, A192Gcm),
    (A128GcmKw, A128Gcm),
    (A192GcmKw, A192CbcHs384),
    (A256GcmKw, A256Gcm),
    (Dir, A128CbcHs256),
];

/// The private keys of the clients that may decrypt; the shared ones come from their secrets.
///
/// # Panics
/// When the provider has written none.
pub fn keys(provider: &NodeProvider) -> Vec<DecryptionKey> {
    let keys = provider.state()["client_private_jwks"]["keys"].as_array().expect("keys");
    let read = |key: &serde_json::Value| DecryptionKey::from_jwk(key.to_string().as_bytes()).ok();
    keys.iter().filter_map(read).collect()
}

/// The client with this algorithm, before it says so.
///
/// # Panics
/// When there is none.
pub fn registration(provider: &NodeProvider, alg: KeyManagement) -> Registration {
    provider
        .client(&format!("enc-{alg}"))
        .and_then(|client| client.registration())
        .expect("a client")
}

/// The keys of another start of the provider, under the names of these.
///
/// # Panics
/// When it does not start.
pub fn strange_keys(provider: &NodeProvider) -> Vec<DecryptionKey> {
    let other = NodeProvider::start(Scheme::Http).expect("a provider");
    let list = |of: &NodeProvider| of.state()["client_private_jwks"]["keys"].as_array().cloned();
    let pairs = list(&other).expect("keys").into_iter().zip(list(provider).expect("keys"));
    let read = pairs.filter_map(|(mut theirs, own)| {
        theirs["kid"] = own["kid"].clone();
        DecryptionKey::from_jwk(theirs.to_string().as_bytes()).ok()
    });
    let read: Vec<_> = read.collect();
    let name = |key: &DecryptionKey| key.kid().map(str::to_owned);
    assert!(read.iter().map(name).eq(keys(provider).iter().map(name)), "the same names");
    read
}
