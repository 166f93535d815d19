//! Encrypted tokens through the public API, in every backend: what one accepts, all accept, and all refuse with the
//! same code. Published vectors are in jwe/published.rs.
#![cfg(all(feature = "encryption", feature = "josekit", feature = "rustcrypto"))]

#[path = "jwe/agreement.rs"]
mod agreement;
#[path = "jwe/bench.rs"]
mod bench;
#[path = "jwe/content.rs"]
mod content;
#[path = "jwe/contract.rs"]
mod contract;
#[path = "jwe/header.rs"]
mod header;
#[path = "jwe/josekit.rs"]
mod josekit;
#[path = "jwe/keys.rs"]
mod keys;
#[path = "jwe/published.rs"]
mod published;
