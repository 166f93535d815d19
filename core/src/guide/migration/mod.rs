//! From another library to this one: its call, ours, what differs and why.
//!
//! | from | page |
//! | --- | --- |
//! | `simple_openid_connect` (Python) | [`simple_openid_connect`] |
//! | the GenAuth or Authing SDK (Python), its OpenID Connect part | [`genauth`] |
//! | `idpyoidc`, its client, and the example `flask_rp` (Python) | [`idpyoidc`] |
#![cfg_attr(feature = "agent", doc = "| `liboidcagent` (Python) | [`liboidcagent`] |")]
//!
//! # What differs from all of them
//!
//! * **A call makes a flow, and a transport runs it**: `http.run(client.start_login())`. The flow opens no socket; see
//!   [`transports`](super::transports). Time, entropy and cryptography are given.
//! * **What waits between two requests of a browser is one value**, the [`PendingLogin`](crate::PendingLogin), and
//!   bytes in your session. It holds `state`, `nonce`, the PKCE verifier, the redirect URI, the issuer, the client and
//!   what was demanded; nothing of it must be passed along by hand.
//! * **What is verified has a type that only the verification makes**: an [`IdToken`](crate::IdToken). There is no call
//!   that decodes one without its checks.
//! * **One error type**, [`Error`](crate::Error): `code()` is stable, `blame()` says whose fault it was, `hint()` what to
//!   do. A refused answer is an error and never a document that looks like an answer. OAuth errors of any name are
//!   [`ErrorKind::Provider`](crate::error::ErrorKind::Provider).
//! * **The algorithm of ID tokens is registered**, RS256 unless
//!   [said otherwise](crate::Registration::id_token_signed_response_alg), and no other is taken.
//! * **Each leniency is a setting with a name**, and the result says [which one mattered](crate::IdToken::relaxations).
//! * **Basic credentials are form-encoded first**, as RFC 6749 2.3.1 says. For a provider that takes them as they stand:
//!   [`ClientSecretBasicUnencoded`](crate::protocol::registration::AuthMethod::ClientSecretBasicUnencoded).
//! * Every answer has a bound, redirects are refused, and requests that spend something are sent once.

pub mod genauth;
pub mod idpyoidc;
#[cfg(feature = "agent")]
pub mod liboidcagent;
pub mod simple_openid_connect;
