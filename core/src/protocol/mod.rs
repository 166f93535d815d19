//! The messages of OpenID Connect and OAuth: pure builders of requests and readers of responses.
//!
//! Nothing here knows of steps, retries or caches. Each file names the sections it implements.

pub mod access_token;
pub mod authorization;
pub mod bearer;
pub mod bearer_challenge;
pub mod callback;
pub mod claims;
pub(crate) mod client_auth;
pub(crate) mod device;
pub(crate) mod grant;
pub mod id_token;
pub mod introspection;
pub mod issuer;
pub mod localized;
pub mod logout;
pub mod metadata;
pub(crate) mod pkce;
pub mod registration;
pub mod relaxation;
pub mod revocation;
pub mod token;
pub mod token_exchange;
pub(crate) mod token_tolerance;
pub mod user_info;
