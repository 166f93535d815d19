//! The guide: what one page of an item cannot say.
//!
//! | page | answers |
//! | --- | --- |
//! | [`clusters`] | What do I keep, and where? A visitor leaves one server and comes back to another. |
//! | [`transports`] | How do I run the flows over the HTTP client that I have, or in WebAssembly? |
//! | [`crypto`] | Which cryptography is used, and how do I bring my own? |
//! | [`defaults`] | Why is this the default, and what happens when I change it? |
//! | [`profiles`] | What does my provider do differently, and what is accepted for it? |
//! | [`threats`] | What is promised against whom, and what is not? |
//! | [`migration`] | I come from another library: what is the call that I know? |
//! | [`specifications`] | Which rule is held by which function and which test? |
//!
//! The way of a login is in the [crate's documentation](crate), the engine in [`flow`](crate::flow).

pub mod clusters;
pub mod crypto;
pub mod defaults;
pub mod migration;
pub mod profiles;
pub mod specifications;
pub mod threats;
pub mod transports;
