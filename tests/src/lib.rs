//! What the tests, the benches and the examples of `relying-party` share: an embedded provider without sockets,
//! virtual time, scenarios, and starters for real providers.
#![forbid(unsafe_code)]

pub mod agent;
pub mod browser;
pub mod compile_fail;
pub mod demo;
pub mod device;
#[cfg(feature = "josekit")]
pub mod encrypted;
pub mod hosts;
pub mod interop;
pub mod jarm;
pub mod logout;
pub mod memory;
pub mod objects;
pub mod op;
pub mod profiled;
pub mod proof;
pub mod refusal;
pub mod registering;
pub mod resource_server;
pub mod scenario;
pub mod server;
pub mod table;
pub mod user_info;
pub mod visitor;

/// The code blocks of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
