//! Why a token was refused.

use super::{Comparison, JsonProblem, Shown};

/// Which token or set of claims was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenKind {
    /// The ID token of a login.
    IdToken,
    /// The ID token that came through the browser (OIDC Core 3.2.2.5, 3.3.2.5).
    FrontChannelIdToken,
    /// The ID token that came with a refresh, or what a refresh did to it.
    RefreshedIdToken,
    /// The claims of the userinfo endpoint.
    UserInfo,
    /// An access token that somebody sent to this application as a resource server, or a token that was looked up.
    AccessToken,
    /// The signed answer of the introspection endpoint.
    Introspection,
    /// The token of a back-channel logout.
    LogoutToken,
    /// The token with the claims of another source (OIDC Core 5.6.2).
    SourcedClaims,
    /// The signed authorization response (JARM).
    AuthorizationResponse,
}

impl std::fmt::Display for TokenKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::IdToken => "ID token",
            Self::FrontChannelIdToken => "ID token of the authorization response",
            Self::RefreshedIdToken => "refreshed ID token",
            Self::UserInfo => "userinfo answer",
            Self::AccessToken => "access token",
            Self::Introspection => "introspection answer",
            Self::LogoutToken => "logout token",
            Self::SourcedClaims => "token with claims of another source",
            Self::AuthorizationResponse => "authorization response",
        })
    }
}

/// The rule that was broken, in the order in which the rules are checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenProblem {
    /// Longer than its limit.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// Not three base64url parts (RFC 7515 3.1).
    #[error("not a signed token in compact form: {0}")]
    Syntax(&'static str),
    /// The header is no strict JSON object of the right types.
    #[error("its header is malformed: {0}")]
    HeaderJson(JsonProblem),
    /// A header parameter that we refuse.
    #[error("its header parameter {name:?} is refused: {reason}")]
    Header {
        /// The parameter.
        name: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// Signed with another algorithm than the registered one, or with none.
    #[error("the registered algorithm is {}, the token says {}", .0.expected, .0.actual)]
    Algorithm(Comparison),
    /// A signed token, where an encrypted one is registered: taking it would be a downgrade.
    #[error("not encrypted, although encryption is registered")]
    NotEncrypted,
    /// An encrypted token, where a signed one is due: no encryption is registered, or it is encrypted once more.
    #[error("encrypted, although no encryption is registered for it")]
    Encrypted,
    /// Plain, where a signed answer is registered: taking it would be a downgrade.
    #[error("not signed, although a signature is registered")]
    NotSigned,
    /// Signed, where no signature is registered: nothing says with which algorithm it may be signed.
    #[error("signed, although no signature is registered")]
    Signed,
    /// Not five base64url parts (RFC 7516 3.1).
    #[error("not an encrypted token in compact form: {0}")]
    EncryptedSyntax(&'static str),
    /// Encrypted with another `alg` or `enc` than the registered one.
    #[error("the registered {name} is {}, the token says {}", .comparison.expected, .comparison.actual)]
    Encryption {
        /// `alg` or `enc`.
        name: &'static str,
        /// Both.
        comparison: Comparison,
    },
    /// It cannot be decrypted. Nothing more is said, to nobody: not whether the key, its encoding, the tag or the
    /// padding was wrong (RFC 7516 11.5).
    #[error("it cannot be decrypted")]
    Decryption,
    /// The signature does not fit. Which part of the computation failed is not said.
    #[error("the signature is wrong")]
    Signature,
    /// The key for an HMAC is too short (RFC 7518 3.2).
    #[error("the client secret is shorter than the {required} bytes this algorithm needs")]
    ShortSecret {
        /// Bytes needed.
        required: usize,
    },
    /// The provider says that it is not, or no longer, good.
    #[error("the provider says that it is not active")]
    Inactive,
    /// The payload is no strict JSON object.
    #[error("its payload is malformed: {0}")]
    PayloadJson(JsonProblem),
    /// A claim breaks its rule.
    #[error("claim {claim}: {}", broken(*claim, problem))]
    Claim {
        /// The claim.
        claim: Claim,
        /// The rule it breaks.
        problem: ClaimProblem,
    },
}

/// A tenant is no audience.
fn broken(claim: Claim, problem: &ClaimProblem) -> String {
    match (claim, problem) {
        (Claim::Tid, ClaimProblem::Untrusted(tenant)) => {
            format!("{tenant} is not an allowed tenant")
        }
        _ => problem.to_string(),
    }
}

/// How a claim breaks its rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimProblem {
    /// Not there, and must be.
    #[error("missing")]
    Missing,
    /// Of another type or shape than its specification says.
    #[error("malformed")]
    Malformed,
    /// Another value than expected; both are shown where they are no secrets.
    #[error("another value{}", .0.as_ref().map(|c| format!(": {c}")).unwrap_or_default())]
    Mismatch(Option<Comparison>),
    /// In the past, beyond the leeway.
    #[error("expired")]
    Expired,
    /// In the future, beyond the leeway.
    #[error("in the future")]
    NotYet,
    /// There, and must not be: the token is of another kind, or asks for a check that is not made here.
    #[error("not expected in this kind of token")]
    Unexpected,
    /// An audience, or a tenant, that is not on the list of trusted ones.
    #[error("also meant for {0}, which is not trusted")]
    Untrusted(Shown),
}

macro_rules! claims {
    ($($variant:ident $name:literal,)*) => {
        /// A claim that the protocol checks.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Claim {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Claim {
            /// The member's name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn code(self, problem: &ClaimProblem) -> &'static str {
                match self {
                    $(Self::$variant => match problem {
                        ClaimProblem::Missing => concat!("claim.", $name, ".missing"),
                        ClaimProblem::Malformed => concat!("claim.", $name, ".malformed"),
                        ClaimProblem::Mismatch(_) => concat!("claim.", $name, ".mismatch"),
                        ClaimProblem::Expired => concat!("claim.", $name, ".expired"),
                        ClaimProblem::NotYet => concat!("claim.", $name, ".not_yet"),
                        ClaimProblem::Unexpected => concat!("claim.", $name, ".unexpected"),
                        ClaimProblem::Untrusted(_) => concat!("claim.", $name, ".untrusted"),
                    },)*
                }
            }
        }
    };
}

claims! {
    Iss "iss", Sub "sub", Aud "aud", Azp "azp", Exp "exp", Iat "iat", Nbf "nbf", Nonce "nonce",
    AuthTime "auth_time", Acr "acr", AtHash "at_hash", CHash "c_hash", Tid "tid", ClientId "client_id", Scope "scope",
    Cnf "cnf", Typ "typ", TokenType "token_type", Events "events", Sid "sid", Jti "jti",
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl TokenProblem {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "token.too_long",
            Self::Syntax(_) => "token.syntax",
            Self::HeaderJson(problem) | Self::PayloadJson(problem) => problem.code(),
            Self::Header { .. } => "token.header",
            Self::Algorithm(_) => "token.algorithm",
            Self::NotEncrypted => "token.not_encrypted",
            Self::Encrypted => "token.encrypted",
            Self::NotSigned => "token.not_signed",
            Self::Signed => "token.signed",
            Self::EncryptedSyntax(_) => "token.encrypted_syntax",
            Self::Encryption { .. } => "token.encryption",
            Self::Decryption => "token.decryption",
            Self::Signature => "token.signature",
            Self::ShortSecret { .. } => "token.short_secret",
            Self::Inactive => "token.inactive",
            Self::Claim { claim, problem } => claim.code(problem),
        }
    }

    /// The hints for a resource server, which chooses other things than a client.
    pub(super) fn access_token_hint(&self) -> Option<&'static str> {
        match self {
            Self::Syntax(_) | Self::Encrypted => Some(
                "if the provider's access tokens are opaque, let it look them up: \
                 ValidateAccessToken::or_introspect",
            ),
            Self::Header { name: "typ", .. } => Some(
                "an access token is of the type at+jwt (RFC 9068), an ID token never is one; for a provider that \
                 does not say so, see ValidateAccessToken::insecure_accept_untyped",
            ),
            Self::Algorithm(_) => Some(
                "if the provider really signs access tokens so, say so with ValidateAccessToken::algorithms",
            ),
            Self::Claim { claim: Claim::Aud, .. } => {
                Some("the token is for another resource: compare its audience with this server's")
            }
            Self::Claim { claim: Claim::Iss, problem: ClaimProblem::Mismatch(Some(both)) } => both
                .issuer_hint()
                .or(Some("the token is another provider's: ask that one about it")),
            Self::Claim { claim: Claim::ClientId, problem: ClaimProblem::Missing } => Some(
                "for a provider that writes azp instead, see ValidateAccessToken::accept_azp_as_client_id; for one that \
                 writes cid or appid, ValidateAccessToken::client_id_claim",
            ),
            other => other.hint(),
        }
    }

    /// The hints where claims of another source were read, whose algorithm is chosen elsewhere.
    pub(super) fn sourced_claims_hint(&self) -> Option<&'static str> {
        match self {
            Self::Algorithm(_) => Some(
                "if the source really signs claims so, say so with ResolveClaims::trusted_by_algorithm",
            ),
            Self::Claim { claim: Claim::Aud, .. } => {
                Some("the claims were meant for somebody else")
            }
            _ => self.hint(),
        }
    }

    /// The hints for a logout token, which anybody can post.
    pub(super) fn logout_token_hint(&self) -> Option<&'static str> {
        match self {
            Self::Syntax(_) => Some(
                "the parameter logout_token is no token: either it is not the provider who posts, or the body was changed \
                 on its way",
            ),
            other => other.hint(),
        }
    }

    /// The hints for signed userinfo, which is registered apart from ID tokens.
    pub(super) fn user_info_hint(&self) -> Option<&'static str> {
        match self {
            Self::Algorithm(c) if c.actual.as_str() == "none" => self.hint(),
            Self::Algorithm(_) => Some(
                "if the provider really registered this client for userinfo of that algorithm, say so with \
                 Registration::userinfo_signed_response_alg",
            ),
            Self::NotSigned => Some(
                "Registration::userinfo_signed_response_alg is set: let the provider register this client so, or leave it \
                 out where the provider does not sign userinfo",
            ),
            Self::Signed => Some(
                "the provider registered this client for signed userinfo: say so, and with which algorithm, with \
                 Registration::userinfo_signed_response_alg",
            ),
            Self::Encrypted => Some(
                "the provider registered this client for encrypted userinfo: say so, and with which algorithms, with \
                 Registration::userinfo_encrypted_response",
            ),
            // A signed token was expected inside, and there are claims; or the reverse.
            Self::Header { name: "cty", .. } | Self::Syntax(_) => Some(
                "compare on both sides whether userinfo is signed before it is encrypted: \
                 Registration::userinfo_signed_response_alg",
            ),
            Self::Claim { claim: Claim::Iss, problem: ClaimProblem::Missing } => Some(
                "OIDC Core 5.3.2 wants it in signed userinfo; for a provider that leaves it out, see \
                 Policy::accept_signed_user_info_without_iss",
            ),
            Self::Claim { claim: Claim::Aud, problem: ClaimProblem::Missing } => Some(
                "OIDC Core 5.3.2 wants it in signed userinfo; for a provider that leaves it out, see \
                 Policy::insecure_accept_signed_user_info_without_aud",
            ),
            Self::Claim { problem: ClaimProblem::Unexpected, .. } => {
                Some("it is another token of this provider, such as an ID token, and no userinfo")
            }
            other => other.hint(),
        }
    }

    /// The hints for a signed authorization response, which has an algorithm of its own.
    pub(super) fn response_hint(&self) -> Option<&'static str> {
        match self {
            Self::Algorithm(both) if both.actual.as_str() != "none" => Some(
                "if the provider really registered this client for the response's algorithm, say so with \
                 Registration::authorization_signed_response_alg",
            ),
            other => other.hint(),
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Algorithm(c) if c.actual.as_str() == "none" => {
                Some("unsigned tokens are never accepted: let the provider sign them")
            }
            Self::Algorithm(_) => Some(
                "if the provider really registered this client for the token's algorithm, say so with \
                 Registration::id_token_signed_response_alg",
            ),
            Self::NotEncrypted => Some(
                "if this happens to every token, and the provider registered this client for plain ones, leave the \
                 encryption out: compare the registration on both sides",
            ),
            Self::Encrypted => Some(
                "if the provider registered this client for encrypted tokens, say so with \
                 Registration::id_token_encrypted_response, or its like for other answers",
            ),
            Self::Encryption { .. } => Some(
                "if the provider registered this client for other encryption algorithms, say so here: compare both sides",
            ),
            Self::Decryption => Some(
                "does the provider have the public half of this client's current decryption key, or the current \
                 client secret? a kid in the token must be that of the key, unless the key was given without one",
            ),
            Self::ShortSecret { .. } => Some(
                "let the provider issue a longer secret, or register an RS or ES algorithm instead",
            ),
            Self::Claim { claim, problem } => match (claim, problem) {
                (Claim::Iss, ClaimProblem::Mismatch(Some(comparison))) => comparison.issuer_hint(),
                (Claim::Tid, ClaimProblem::Untrusted(_)) => Some(
                    "if people of this tenant may log in, allow it in the IssuerTemplate; tenants are compared \
                     byte by byte",
                ),
                (Claim::Aud, ClaimProblem::Untrusted(_)) => Some(
                    "if this audience belongs to you or to the provider, add it with \
                     Policy::trusted_audiences",
                ),
                (Claim::Azp, ClaimProblem::Mismatch(_)) => Some(
                    "if the other client belongs to the same application, add it with Policy::trusted_azp",
                ),
                (Claim::Aud, ClaimProblem::Mismatch(_)) => {
                    Some("the token is for another client: compare the client_id")
                }
                (Claim::Exp | Claim::AuthTime, ClaimProblem::Expired)
                | (Claim::Iat | Claim::Nbf, ClaimProblem::NotYet) => {
                    Some("compare this machine's clock with the provider's; see Policy::leeway")
                }
                (Claim::Events, _) => Some(
                    "a logout token has the back-channel logout event; an ID token never is one",
                ),
                (Claim::AuthTime, ClaimProblem::Missing) => {
                    Some("max_age was asked for, and the provider did not answer it")
                }
                _ => None,
            },
            _ => None,
        }
    }
}
