//! The messages of OpenID Connect and OAuth: pure builders of requests and readers of responses.
//!
//! Nothing here knows of steps, retries or caches. Each file names the sections it implements.

pub mod access_token;
pub mod authorization;
pub mod bearer;
pub mod bearer_challenge;
pub mod callback;
pub(crate) mod check;
pub mod check_session;
pub mod claim_sources;
pub mod claims;
pub mod claims_request;
pub(crate) mod client_assertion;
pub(crate) mod client_auth;
pub mod client_metadata;
#[cfg(feature = "encryption")]
mod client_metadata_encryption;
pub(crate) mod device;
pub(crate) mod endpoint_auth;
pub mod form;
pub(crate) mod front_channel;
pub(crate) mod grant;
pub mod hosted_request;
pub mod id_token;
pub mod initiation;
pub mod introspection;
mod iso_8601;
pub mod issuer;
pub mod issuer_rules;
mod issuer_template;
pub mod localized;
pub mod logout;
pub mod logout_answer;
pub mod logout_notice;
pub mod logout_target;
pub mod logout_token;
pub mod metadata;
pub mod negotiation;
pub(crate) mod pkce;
pub(crate) mod profiled;
pub mod registered_client;
pub mod registration;
pub(crate) mod registration_answer;
mod registration_auth;
#[cfg(feature = "encryption")]
mod registration_encryption;
pub mod relaxation;
pub mod replay;
pub mod request_object;
pub(crate) mod response_encryption;
pub(crate) mod response_jwt;
pub mod response_type;
pub mod revocation;
pub(crate) mod signed_user_info;
pub mod sourced_claims;
pub mod token;
pub mod token_exchange;
pub(crate) mod token_members;
pub(crate) mod token_tolerance;
pub mod user_info;
pub mod verified_claims;
pub mod verified_claims_request;
pub mod web_finger;
