//! The details of an [`Error`](super::Error), grouped by where they arise.

use std::time::Duration;

use super::{Blame, Comparison, Error, Purpose, Shown, coded::coded, oauth::EXPIRED};

coded! {
    /// Why an authorization response was refused (OIDC Core 3.1.2.5, RFC 6749 4.1.2, RFC 9207).
    CallbackProblem {
        /// Broken percent-encoding, not UTF-8, or a NUL.
        Encoding "callback.encoding" "its parameters are not well encoded",
        /// A parameter stands there twice (RFC 6749 3.1).
        Duplicate(Shown) "callback.duplicate" "the parameter {0} occurs twice",
        /// `state` is missing.
        StateMissing "callback.state.missing" "state is missing",
        /// `state` belongs to another login, or to none.
        StateMismatch "callback.state.mismatch" "state belongs to another login",
        /// More time passed since the login started than `Policy::login_lifetime` allows.
        Expired "callback.expired" "the login was started too long ago",
        /// The login was started with another provider or client.
        OtherClient(Comparison) "callback.other_client" "the login was started with another client: {0}",
        /// `iss` is missing although the provider announced it (RFC 9207 2.4).
        IssMissing "callback.iss.missing" "iss is missing although the provider announces it",
        /// `iss` names another issuer: a mix-up.
        IssMismatch(Comparison) "callback.iss.mismatch" "iss names another issuer: {0}",
        /// It came by another response mode than the one asked for.
        ResponseMode(Comparison) "callback.response_mode" "it came by another response mode: {0}",
        /// Both `code` and `error`.
        CodeAndError "callback.code_and_error" "it holds both a code and an error",
        /// Neither `code` nor `error`.
        CodeMissing "callback.code.missing" "it holds no code",
        /// `code` is empty, too long or of other characters than RFC 6749 A.11 allows.
        CodeMalformed "callback.code.malformed" "its code is malformed",
        /// A token came along that was not asked for.
        Unexpected(Shown) "callback.unexpected" "it holds {0}, which was not asked for",
        /// A token is missing that was asked for (OIDC Core 3.2.2.5, 3.3.2.5).
        TokenMissing(&'static str) "callback.token.missing" "it holds no {0}",
        /// A parameter of a response with tokens is of another form than its specification says.
        Malformed(&'static str) "callback.malformed" "its {0} is malformed",
        /// `client_id` names another client.
        ClientId(Comparison) "callback.client_id.mismatch" "client_id names another client: {0}",
        /// A plain response, where a signed one was asked for: taking it would be a downgrade (JARM 2.4).
        ResponseMissing "callback.response.missing" "it holds no response token, although a signed response was asked for",
        /// `state` belongs to none of the logins that this browser has started.
        StateUnknown "callback.state.unknown" "state belongs to no login of this browser",
        /// `state` of a logout is missing or another one.
        LogoutState "callback.logout_state" "it does not belong to the logout that was started",
    }
}

impl CallbackProblem {
    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::OtherClient(_) => Blame::Configuration,
            Self::IssMissing
            | Self::IssMismatch(_)
            | Self::ResponseMode(_)
            | Self::ClientId(_)
            | Self::TokenMissing(_)
            | Self::ResponseMissing
            | Self::Malformed(_) => Blame::Provider,
            _ => Blame::Visitor,
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::StateMissing | Self::StateMismatch | Self::StateUnknown => Some(
                "keep each pending login in the browser's own session, under its state; a second tab has \
                 its own",
            ),
            Self::Expired => Some("start the login again"),
            Self::CodeMissing => Some("pass the query alone, or the whole address to callback_url"),
            Self::TokenMissing(_) => Some(
                "was the fragment passed on? A browser keeps it to itself: ask for form_post instead",
            ),
            Self::ResponseMissing => Some(
                "does the provider list the mode in response_modes_supported? A browser keeps a fragment to itself",
            ),
            Self::ResponseMode(_) => Some(
                "read it as it came: a query with callback, a fragment with callback_fragment, a posted form with \
                 callback_form",
            ),
            Self::Unexpected(name) if name.as_str() == "response" => Some(
                "a signed response is asked for with ResponseMode::Jwt: is the provider set to sign all of them?",
            ),
            Self::IssMismatch(comparison) => comparison.issuer_hint(),
            Self::OtherClient(_) => Some("finish a login with the client that started it"),
            _ => None,
        }
    }
}

/// What is wrong with a JSON document, and where; never its text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault} at {path}")]
pub struct JsonProblem {
    /// Where, from the top: `keys[3].kid`; `$` is the document itself.
    pub path: Shown,
    /// What.
    pub fault: JsonFault,
}

impl JsonProblem {
    pub(crate) fn new(path: &str, fault: JsonFault) -> Self {
        Self { path: Shown::new(path), fault }
    }

    pub(super) fn code(&self) -> &'static str {
        self.fault.code()
    }
}

coded! {
    /// A fault of a JSON document (RFC 8259).
    JsonFault {
        /// Not JSON, or not UTF-8, or something after the value.
        Syntax "json.syntax" "not JSON",
        /// A member occurs twice, compared after unescaping.
        Duplicate "json.duplicate" "duplicate member",
        /// Nested deeper than `Limits::json_depth`.
        TooDeep "json.too_deep" "nested too deeply",
        /// A required member is missing.
        Missing "json.missing" "missing member",
        /// A value of another type than due.
        WrongType(&'static str) "json.type" "not {0}",
    }
}

coded! {
    /// Why an answer of the provider cannot be used.
    ResponseProblem {
        /// An unexpected status.
        Status(u16) "response.status" "unexpected status {0}",
        /// A redirect; they are never followed.
        Redirect(u16) "response.redirect" "it is a redirect (status {0}), which is never followed",
        /// Not the JSON that was due.
        Json(JsonProblem) "response.json" "{0}",
        /// No ID token although this is an OpenID Connect login (OIDC Core 3.1.3.3).
        NoIdToken "response.no_id_token" "it holds no ID token",
        /// Another `token_type` than the one we can use (RFC 6749 7.1).
        TokenType(Shown) "response.token_type" "the token type {0} is not supported",
        /// A token of characters that no header may hold (RFC 6749 A.12).
        TokenCharacters(&'static str) "response.token_characters" "{0} holds characters that it must not",
        /// A member holds an address to which nobody may be sent.
        Address {
            /// The member.
            member: &'static str,
            /// Why.
            reason: &'static str
        } "response.address" "{member} cannot be used: {reason}",
        /// The server cannot serve now (RFC 9110 15.6.4); with `Retry-After`, where it names seconds.
        Unavailable(Option<Duration>) "response.unavailable" "the server is unavailable just now",
        /// A member was registered in a way that this client must not accept (RFC 7591 3.2.1).
        Registered {
            /// The member.
            member: &'static str,
            /// Why.
            reason: &'static str
        } "response.registered" "{member} was registered otherwise than it may be: {reason}",
        /// The client was deleted, or its registration access token is no longer good (RFC 7592 2.1).
        NotRegistered "response.not_registered" "the provider does not know this client, or no longer takes its registration access token",
        /// No link to an issuer among those of a WebFinger answer (OIDC Discovery 2).
        NoIssuerLink "response.no_issuer_link" "it links to no issuer",
        /// A content type that cannot be read.
        ContentType(Shown) "response.content_type" "the content type {0} is not supported",
    }
}

impl ResponseProblem {
    pub(super) fn hint(&self, purpose: Purpose) -> Option<&'static str> {
        match self {
            Self::Status(404) if purpose == Purpose::Discovery => {
                Some("is this the issuer itself, without /.well-known/openid-configuration?")
            }
            Self::Status(404) if purpose == Purpose::WebFinger => {
                Some("this host says nothing about its users: ask for the issuer instead")
            }
            Self::Status(401) if purpose == Purpose::UserInfo => Some(EXPIRED),
            Self::Unavailable(_) => {
                Some("ask again later; until it succeeds, the token is still good")
            }
            Self::NoIdToken => Some("is openid among the scopes, and may this client ask for it?"),
            Self::NotRegistered => Some("register anew, or have the client restored"),
            Self::Redirect(_) => {
                Some("compare the configured address with the one it redirects to")
            }
            _ => None,
        }
    }
}

coded! {
    /// Why provider metadata was refused (OIDC Discovery 3 and 4.3).
    MetadataProblem {
        /// `issuer` is not the issuer that was asked for.
        Issuer(Comparison) "metadata.issuer" "its issuer is another one: {0}",
        /// A member holds an address that we must not use.
        Address {
            /// The member.
            member: &'static str,
            /// Why.
            reason: &'static str,
            /// The address.
            address: Shown
        } "metadata.address" "{member} is {address}: {reason}",
        /// A member is missing that this client needs.
        Missing(&'static str) "metadata.missing" "{0} is missing",
    }
}

impl MetadataProblem {
    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Issuer(comparison) => comparison.issuer_hint(),
            Self::Address { address, .. } if address.as_str().starts_with("http://") => Some(
                "plain http works only on loopback, with Policy::insecure_allow_loopback_http, and each flow needs that \
                 policy: give it to discover or read_provider, too",
            ),
            _ => None,
        }
    }
}

/// Why no key was found.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyProblem {
    /// The provider publishes no key that fits, even after its keys were read again where that was allowed.
    #[error("the provider publishes no usable key for this token (key id {})", .kid.as_ref().map_or("none".to_owned(), ToString::to_string))]
    Unknown {
        /// The key id of the token.
        kid: Option<Shown>,
    },
    /// The provider's keys could not be read just now.
    #[error("the provider's keys could not be read")]
    Unavailable(#[source] Option<Error>),
}

impl KeyProblem {
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "keys.unknown",
            Self::Unavailable(_) => "keys.unavailable",
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unknown { .. } => None,
            Self::Unavailable(_) => Some("look at the source of this error for the reason"),
        }
    }
}

/// A request that could not be performed.
#[derive(Debug, thiserror::Error)]
#[error("{}", .kind.text())]
pub struct TransportFailure {
    /// In which way.
    pub kind: FailureKind,
    /// The transport's own error, to downcast.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl TransportFailure {
    /// A failure of this kind.
    pub fn new(
        kind: FailureKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, source: source.into() }
    }

    pub(super) fn code(&self) -> &'static str {
        match self.kind {
            FailureKind::Timeout => "transport.timeout",
            FailureKind::Connect => "transport.connect",
            FailureKind::Tls => "transport.tls",
            FailureKind::TooLarge => "transport.too_large",
            FailureKind::Other => "transport.other",
        }
    }

    pub(super) fn hint(&self, purpose: Purpose) -> Option<&'static str> {
        match self.kind {
            FailureKind::Timeout | FailureKind::Other if purpose == Purpose::Token => Some(
                "the code or refresh token may be spent: start again rather than send it twice",
            ),
            FailureKind::Connect => {
                Some("is the provider running, and are host and port the right ones?")
            }
            FailureKind::Tls => Some(
                "the provider's certificate is not trusted here: is its authority known, its name right, \
                 is it still valid, and does this port speak TLS at all?",
            ),
            _ => None,
        }
    }
}

/// In which way a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// No answer in time.
    Timeout,
    /// No connection.
    Connect,
    /// No trusted connection: certificate, name or protocol.
    Tls,
    /// The answer exceeds its limit.
    TooLarge,
    /// Anything else.
    Other,
}

impl FailureKind {
    fn text(self) -> &'static str {
        match self {
            Self::Timeout => "no answer in time",
            Self::Connect => "no connection",
            Self::Tls => "no trusted connection",
            Self::TooLarge => "the answer exceeds its limit",
            Self::Other => "the transport failed",
        }
    }
}

coded! {
    /// What is bounded by [`Limits`](crate::limits::Limits).
    Bound {
        /// The authorization response.
        Callback "limit.callback" "the authorization response",
        /// The usable keys of a set.
        KeySet "limit.key_set" "the number of keys",
        /// The sources of aggregated and distributed claims.
        ClaimSources "limit.claim_sources" "the number of claim sources",
        /// The claims that are said to come from them.
        ClaimNames "limit.claim_names" "the number of claims from other sources",
        /// The links of a WebFinger answer.
        Links "limit.links" "the number of links",
        /// The bytes of a pending login.
        PendingLogin "limit.pending_login" "the pending login",
        /// The bytes of a sealed cookie.
        Sealed "limit.sealed" "the sealed cookie",
        /// The bytes of a request to an oidc-agent.
        AgentRequest "limit.agent_request" "the request to the agent",
        /// The bytes of an oidc-agent's reply.
        AgentReply "limit.agent_reply" "the agent's reply",
    }
}

impl Bound {
    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::Callback => Blame::Visitor,
            Self::KeySet
            | Self::Links
            | Self::ClaimSources
            | Self::ClaimNames
            | Self::AgentReply => Blame::Provider,
            Self::PendingLogin | Self::Sealed | Self::AgentRequest => Blame::Configuration,
        }
    }
}

coded! {
    /// Why stored bytes were refused.
    StoredProblem {
        /// Written by a newer version.
        Version(u8) "stored.version" "it has the unknown version {0}",
        /// Changed, cut or made by something else.
        Malformed "stored.malformed" "it was changed or cut",
        /// Longer than anything that is sealed.
        TooLong(usize) "stored.too_long" "it is longer than {0} bytes",
        /// Said to be sealed with a key that is not among those given. The visitor's fault, although servers with
        /// different keys look the same: the key's name stands before the seal, where anybody can write one.
        SealKey "stored.seal_key" "it was sealed with another key",
        /// Not sealed by any key that was given, or changed since: nothing more is said.
        Seal "stored.seal" "it is not as it was sealed",
        /// Sealed for another place than the one where it was found.
        OtherName "stored.other_name" "it was sealed for another name",
    }
}

impl StoredProblem {
    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Version(_) => Some("all servers of a cluster must run a version that reads it"),
            Self::SealKey => Some(
                "if this happens to logins that were just started: all servers need the same keys, and the key before as \
                 long as a login may take: SealKeys::also",
            ),
            Self::OtherName => {
                Some("open each cookie with its own name: flow::sealed::cookie_name")
            }
            Self::Seal => Some(
                "if the cookie is one that was set here: was it cut, quoted or encoded again on its way?",
            ),
            Self::TooLong(_) => None,
            Self::Malformed => Some(
                "read bytes with the type that wrote them: those of a PendingAuthorization or a PendingDeviceLogin are no \
                 PendingLogin, and those of a Session no LoginRecord; if they are the right ones, was a column or cookie \
                 too short for them?",
            ),
        }
    }
}

coded! {
    /// Why a request of somebody else to start a login was refused (OIDC Core 4).
    InitiationProblem {
        /// Longer than 8 KiB.
        TooLong "initiation.too_long" "it is too long",
        /// Broken percent-encoding, not UTF-8, or a NUL.
        Encoding "initiation.encoding" "its parameters are not well encoded",
        /// A parameter stands there twice.
        Duplicate(Shown) "initiation.duplicate" "the parameter {0} occurs twice",
        /// `iss` is missing.
        IssMissing "initiation.iss.missing" "iss is missing",
        /// `iss` is not this client's issuer.
        IssMismatch(Comparison) "initiation.iss.mismatch" "iss names another issuer: {0}",
        /// `target_link_uri` leads elsewhere than to this application.
        TargetLinkUri "initiation.target_link_uri" "target_link_uri does not lead into this application",
    }
}
