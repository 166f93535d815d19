//! Whose fault, at which request, and what a provider answers.

use super::Shown;

/// Whose fault an error is. Complete: one `match` chooses the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The provider broke its protocol, or says that it cannot serve now. Answer 502. Also where what it sends is
    /// not what this client is registered for here: it may be the registration that is wrong, as the hint then says.
    Provider,
    /// The visitor's browser brought something that does not fit, or the visitor said no. Answer 400.
    Visitor,
    /// This application is not set up right. Answer 500, and tell the operator.
    Configuration,
    /// The provider could not be reached. Answer 502; another try may succeed.
    Network,
    /// A defect of this library. Please report it.
    Bug,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Purpose {
    /// The provider's metadata.
    Discovery,
    /// The issuer behind an identifier (OIDC Discovery 2).
    WebFinger,
    /// The provider's signing keys.
    Keys,
    /// The visitor's browser at the authorization endpoint. Never sent by a transport.
    Authorization,
    /// The token endpoint.
    Token,
    /// The userinfo endpoint.
    UserInfo,
    /// The device authorization endpoint.
    DeviceAuthorization,
    /// The introspection endpoint.
    Introspection,
    /// The revocation endpoint.
    Revocation,
    /// The registration endpoint, or the client configuration endpoint.
    Registration,
    /// A protected resource.
    Resource,
    /// The endpoint of distributed claims (OIDC Core 5.6.2).
    Claims,
    /// A request of a flow that is not this crate's.
    Other,
}

impl std::fmt::Display for Purpose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Discovery => "discovery",
            Self::WebFinger => "WebFinger",
            Self::Keys => "key set",
            Self::Authorization => "authorization",
            Self::Token => "token",
            Self::UserInfo => "userinfo",
            Self::DeviceAuthorization => "device authorization",
            Self::Introspection => "introspection",
            Self::Revocation => "revocation",
            Self::Registration => "registration",
            Self::Resource => "resource",
            Self::Claims => "claims",
            Self::Other => "application's",
        })
    }
}

/// An error that the provider answered (RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// The request that was answered so.
    pub endpoint: Purpose,
    /// The HTTP status; none where the answer came through the browser.
    pub status: Option<u16>,
    /// `error`, bounded and escaped.
    pub error: Shown,
    /// `error_description`, bounded and escaped. Written by the provider: show it to operators, not visitors.
    pub description: Option<Shown>,
}

impl OAuthError {
    pub(super) fn blame(&self) -> Blame {
        match self.error.as_str() {
            "access_denied"
            | "login_required"
            | "consent_required"
            | "interaction_required"
            | "account_selection_required"
            | "unmet_authentication_requirements"
            | "expired_token"
            | "invalid_token"
            | "invalid_grant" => Blame::Visitor,
            "invalid_client"
            | "unauthorized_client"
            | "invalid_request"
            | "invalid_scope"
            | "unsupported_grant_type"
            | "unsupported_response_type"
            | "unsupported_token_type"
            | "invalid_target"
            | "insufficient_scope"
            | "invalid_redirect_uri"
            | "invalid_client_metadata"
            | "invalid_software_statement"
            | "unapproved_software_statement" => Blame::Configuration,
            _ => Blame::Provider,
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self.error.as_str() {
            "invalid_client" => Some(
                "compare client_id, client secret and authentication method with the provider's registration",
            ),
            "invalid_token" => Some(EXPIRED),
            "unsupported_token_type" => Some(
                "this provider does not take back tokens of this kind: let it expire, or give back the refresh token",
            ),
            "invalid_grant" => Some(
                "the code or refresh token was used before, has expired, or belongs to another client or \
                 redirect URI",
            ),
            // RFC 8628 3.5
            "expired_token" => {
                Some("nobody entered the user code in time: start the device login again")
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for OAuthError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the provider answered the {} request with the error {}",
            self.endpoint, self.error
        )?;
        if let Some(description) = &self.description {
            write!(f, ": {description}")?;
        }
        Ok(())
    }
}

pub(super) const EXPIRED: &str =
    "the access token has expired or was revoked: refresh, then ask again";
