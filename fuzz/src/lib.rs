//! The bodies of the fuzz targets, as plain functions: a fuzzer calls them with what it finds, `tests/replay.rs`
//! with the seeds. Each holds the library against a law or against another implementation.

#![forbid(unsafe_code)]

mod agent;
mod answers;
mod claimed;
mod flows;
mod http;
mod jose;
mod json;
mod jwe;
mod keys;
mod logout;
mod registration;
mod resource;
mod stored;
mod web_finger;
#[allow(dead_code)]
#[path = "../../core/tests/laws/world.rs"]
mod world;

pub use agent::agent;
pub use answers::{device_authorization, introspection, token_exchange};
pub use claimed::{claim_sources, response_jwt, sourced_claims, user_info_jwt};
pub use flows::{callback, login, metadata, token_response};
pub use http::challenge;
pub use jose::{compact_jws, jwk_set};
pub use json::json;
pub use jwe::compact_jwe;
pub use keys::{private_key, sealed_login};
pub use logout::back_channel_logout;
pub use registration::registration_response;
pub use resource::{access_token, introspection_jwt};
pub use stored::pending_login;
pub use web_finger::{identifier, jrd};

/// The body of one target.
pub type Body = fn(&[u8]);

/// Every target by its name, which is also the name of its folder of seeds.
pub const TARGETS: [(&str, Body); 26] = [
    ("json", json),
    ("compact_jws", compact_jws),
    ("compact_jwe", compact_jwe),
    ("jwk_set", jwk_set),
    ("metadata", metadata),
    ("jrd", jrd),
    ("identifier", identifier),
    ("token_response", token_response),
    ("registration_response", registration_response),
    ("device_authorization", device_authorization),
    ("token_exchange", token_exchange),
    ("introspection", introspection),
    ("callback", callback),
    ("challenge", challenge),
    ("pending_login", pending_login),
    ("login", login),
    ("access_token", access_token),
    ("introspection_jwt", introspection_jwt),
    ("back_channel_logout", back_channel_logout),
    ("agent", agent),
    ("response_jwt", response_jwt),
    ("user_info_jwt", user_info_jwt),
    ("claim_sources", claim_sources),
    ("sourced_claims", sourced_claims),
    ("private_key", private_key),
    ("sealed_login", sealed_login),
];
