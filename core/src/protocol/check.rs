//! What a token, or the login around it, has passed.

use std::fmt;

use crate::jose::algorithm::Algorithm;

/// A check that an ID token, or the login around it, has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// `state` of the authorization response.
    State,
    /// `iss` of the authorization response (RFC 9207).
    ResponseIssuer,
    /// The signature of the authorization response (JARM), with this algorithm.
    ResponseSignature(Algorithm),
    /// It came encrypted for this client, as registered (OIDC Core 3.1.3.7 (1)).
    Decrypted,
    /// The signature, with this algorithm.
    Signature(Algorithm),
    /// `iss`
    Issuer,
    /// `aud` names this client.
    Audience,
    /// `azp` names this client.
    AuthorizedParty,
    /// `exp`
    Expiry,
    /// `iat` is not in the future.
    IssuedAt,
    /// `nonce` is the one that was sent.
    Nonce,
    /// `at_hash` fits the access token.
    AccessTokenHash,
    /// `c_hash` fits the code.
    CodeHash,
    /// `auth_time` is recent enough for `max_age`.
    AuthenticationTime,
    /// `acr` is one of those that were required.
    AuthenticationContext,
    /// `sub` is the one that was asked for, or the one of the first login.
    Subject,
    /// The userinfo answer is about the same subject.
    UserInfoSubject,
    /// It agrees with the ID token of the authorization response (OIDC Core 3.3.3.6).
    FrontChannelIdToken,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::State => "state",
            Self::ResponseIssuer => "response issuer",
            Self::ResponseSignature(algorithm) => {
                return write!(f, "response signature ({algorithm})");
            }
            Self::Decrypted => "decrypted",
            Self::Signature(algorithm) => return write!(f, "signature ({algorithm})"),
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::AuthorizedParty => "authorized party",
            Self::Expiry => "expiry",
            Self::IssuedAt => "time of issue",
            Self::Nonce => "nonce",
            Self::AccessTokenHash => "access token hash",
            Self::CodeHash => "code hash",
            Self::AuthenticationTime => "authentication time",
            Self::AuthenticationContext => "authentication context",
            Self::Subject => "subject",
            Self::UserInfoSubject => "userinfo subject",
            Self::FrontChannelIdToken => "ID token of the authorization response",
        })
    }
}
