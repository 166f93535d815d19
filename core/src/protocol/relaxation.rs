//! What was accepted only because this application chose to.

use std::fmt;

use super::issuer_rules::IssuerTolerance;
use crate::error::Shown;

/// A check that was relaxed by a setting of this application, and mattered: without the setting it had been a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Relaxation {
    /// The issuer is reached over plain http (`Policy::insecure_allow_loopback_http`).
    LoopbackHttp,
    /// The token is also for this audience (`Policy::trusted_audiences`).
    TrustedAudience(Shown),
    /// The issuer is not exactly the configured one.
    Issuer(IssuerTolerance),
    /// An access token passed through the browser (`StartLogin::insecure_front_channel_access_token`).
    FrontChannelAccessToken,
    /// The challenge was the verifier itself (`StartLogin::insecure_pkce_plain`).
    PkcePlain,
    /// A code without PKCE (`StartLogin::insecure_without_pkce`).
    WithoutPkce,
    /// No nonce was sent (`StartLogin::insecure_without_nonce`).
    WithoutNonce,
    /// The ID token was issued to this other client (`Policy::trusted_azp`).
    TrustedAzp(Shown),
    /// The token answer is a form instead of JSON (`Policy::accept_form_encoded_tokens`).
    FormEncodedTokens,
    /// The token answer holds this member more than once, with equal values (`Policy::accept_equal_repeats_in_tokens`).
    EqualRepeat(Shown),
    /// The token answer does not say of which type the token is (`Policy::accept_missing_token_type`).
    MissingTokenType,
    /// The token answer calls the token of this type (`Policy::accept_token_types`).
    OtherTokenType(Shown),
    /// The scope of the token answer is separated by commas (`Policy::accept_comma_separated_scope`).
    CommaSeparatedScope,
    /// The access token names no type, or `JWT` (`ValidateAccessToken::insecure_accept_untyped`).
    UntypedAccessToken,
    /// The access token has `azp` instead of `client_id` (`ValidateAccessToken::accept_azp_as_client_id`).
    AzpAsClientId,
    /// The access token has this claim instead of `client_id` (`ValidateAccessToken::client_id_claim`).
    ClientIdClaim(Shown),
    /// The access token is bound to a key, whose proof was not checked here
    /// (`ValidateAccessToken::insecure_ignore_confirmation`).
    IgnoredConfirmation,
    /// The logout token has no `exp` (`ReceiveLogout::accept_missing_exp`).
    MissingLogoutTokenExp,
    /// Nobody looked whether the logout token was there before
    /// (`ReceivedLogout::insecure_without_replay_check`).
    WithoutReplayCheck,
    /// The signed userinfo answer does not name its issuer (`Policy::accept_signed_user_info_without_iss`).
    MissingUserInfoIss,
    /// The signed userinfo answer does not say for whom it is
    /// (`Policy::insecure_accept_signed_user_info_without_aud`).
    MissingUserInfoAud,
    /// The request object was not signed (`RequestObject::insecure_unsigned`).
    UnsignedRequestObject,
    /// What a provider profile chose, and the application by itself had not ([`crate::profile`]).
    OfProfile {
        /// The name of the profile ([`Profile::name`](crate::profile::Profile::name)).
        profile: &'static str,
        /// What was accepted because of it; never again one of these.
        relaxation: Box<Relaxation>,
    },
}

impl Relaxation {
    /// The profile without which this had been a refusal; none where the application's own setting is the reason.
    pub fn because(&self) -> Option<&'static str> {
        match self {
            Self::OfProfile { profile, .. } => Some(profile),
            _ => None,
        }
    }

    /// What was accepted, whoever chose so.
    pub fn what(&self) -> &Self {
        match self {
            Self::OfProfile { relaxation, .. } => relaxation,
            own => own,
        }
    }

    pub(crate) fn because_of(self, profile: &'static str) -> Self {
        Self::OfProfile { profile, relaxation: Box::new(self) }
    }
}

impl fmt::Display for Relaxation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoopbackHttp => "plain http on this machine",
            Self::TrustedAudience(audience) => {
                return write!(f, "the audience {audience} is trusted");
            }
            Self::Issuer(tolerance) => return tolerance.fmt(f),
            Self::FrontChannelAccessToken => "an access token through the browser",
            Self::PkcePlain => "PKCE with the verifier itself as its challenge",
            Self::WithoutPkce => "a code without PKCE",
            Self::WithoutNonce => "no nonce",
            Self::UnsignedRequestObject => "the request object was not signed",
            Self::TrustedAzp(azp) => return write!(f, "the authorized party {azp} is trusted"),
            Self::FormEncodedTokens => "tokens came as a form",
            Self::EqualRepeat(member) => return write!(f, "the member {member} was repeated"),
            Self::MissingTokenType => "the token type was missing",
            Self::OtherTokenType(name) => return write!(f, "the token type {name} is taken"),
            Self::CommaSeparatedScope => "the scope was separated by commas",
            Self::UntypedAccessToken => "the access token did not say that it is one",
            Self::AzpAsClientId => "azp stood for client_id",
            Self::ClientIdClaim(claim) => return write!(f, "{claim} stood for client_id"),
            Self::OfProfile { profile, relaxation } => {
                return write!(f, "{relaxation}, because of the profile {profile}");
            }
            Self::IgnoredConfirmation => "the proof of the token's key was not checked",
            Self::MissingLogoutTokenExp => "the logout token does not say when it ends",
            Self::WithoutReplayCheck => "the logout token may have been used before",
            Self::MissingUserInfoIss => "the signed userinfo does not name its issuer",
            Self::MissingUserInfoAud => "the signed userinfo does not say for whom it is",
        })
    }
}
