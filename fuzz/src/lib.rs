//! The bodies of the fuzz targets, as plain functions: a fuzzer calls them with what it finds, `tests/replay.rs`
//! with the seeds. Each holds the library against a law or against another implementation.

#![forbid(unsafe_code)]

mod flows;
mod http;
mod jose;
mod json;
mod jwe;
mod stored;
#[allow(dead_code)]
#[path = "../../core/tests/laws/world.rs"]
mod world;

pub use flows::{callback, login, metadata, token_response};
pub use http::challenge;
pub use jose::{compact_jws, jwk_set};
pub use json::json;
pub use jwe::compact_jwe;
pub use stored::pending_login;

/// The body of one target.
pub type Body = fn(&[u8]);

/// Every target by its name, which is also the name of its folder of seeds.
pub const TARGETS: [(&str, Body); 10] = [
    ("json", json),
    ("compact_jws", compact_jws),
    ("compact_jwe", compact_jwe),
    ("jwk_set", jwk_set),
    ("metadata", metadata),
    ("token_response", token_response),
    ("callback", callback),
    ("challenge", challenge),
    ("pending_login", pending_login),
    ("login", login),
];
