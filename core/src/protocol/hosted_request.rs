//! Request objects by reference: where they lie, and what lies there (RFC 9101 5.2, OIDC Core 6.2).

use std::fmt;

use sha2::{Digest, Sha256};

use super::issuer::{Schemes, address};
use crate::{error::ApiMisuse, text, time::UnixTime};

/// Where a request object will lie.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) uri: String,
    /// With the hash of the object behind it.
    pub(crate) hashed: bool,
}

/// The address is not to be known.
impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("hashed", &self.hashed).finish_non_exhaustive()
    }
}

impl Place {
    pub(crate) fn check(&self, unsigned: bool, schemes: Schemes) -> Result<(), ApiMisuse> {
        // OIDC Core 6.2: unsigned ones from https alone
        let schemes = if unsigned { Schemes::HttpsOnly } else { schemes };
        let urn = self.uri.starts_with("urn:") && self.uri.bytes().all(text::is_visible);
        let is_name = urn && !unsigned && !self.hashed && !self.uri.contains('#');
        let length = self.uri.len() + if self.hashed { 1 + HASH } else { 0 };
        if !is_name && address(&self.uri, schemes).is_err() {
            return Err(ApiMisuse::RequestObject("its address is no https address"));
        }
        // OIDC Core 6.2
        if length > MAX_URI {
            return Err(ApiMisuse::RequestObject("its address is longer than 512 bytes"));
        }
        Ok(())
    }

    /// `request_uri` (OIDC Core 6.2): with the hash, a new object is a new address to the provider.
    pub(crate) fn request_uri(&self, body: &str) -> String {
        match self.hashed {
            true => {
                let hash = text::encode_base64url(&Sha256::digest(body));
                format!("{}#{hash}", self.uri)
            }
            false => self.uri.clone(),
        }
    }
}

/// A request object for this application to publish, before the browser is sent away and until it expires. It is for
/// one login, and whoever reads it learns what is asked for: put it at an address that nobody can guess, answer `GET`
/// without redirects, and take it away afterwards (RFC 9101 5.2, 10.2).
#[derive(Clone)]
#[non_exhaustive]
pub struct HostedRequest {
    /// Where, as it was given: without the hash.
    pub uri: String,
    /// The body of the answer.
    pub body: String,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// When the provider will refuse it.
    pub expires_at: UnixTime,
}

impl HostedRequest {
    pub(crate) fn new(uri: String, body: String, expires_at: UnixTime) -> Self {
        Self { uri, body, content_type: "application/oauth-authz-req+jwt", expires_at }
    }
}

/// The body holds `state` and `nonce`, and the address is not to be known.
impl fmt::Debug for HostedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostedRequest")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

const MAX_URI: usize = 512;
/// SHA-256 in base64url.
const HASH: usize = 43;
