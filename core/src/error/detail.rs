//! The details of an [`Error`](super::Error), grouped by where they arise.

use std::time::Duration;

use super::{Blame, Comparison, Error, Purpose, Shown, oauth::EXPIRED};

macro_rules! coded {
    ($(#[$meta:meta])* $name:ident {
        $($(#[doc = $doc:literal])* $variant:ident $({ $($(#[doc = $fdoc:literal])* $field:ident: $fty:ty),* })?
            $(($tty:ty))? $code:literal $text:literal $(($($arg:tt)*))?,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[doc = $doc])* #[error($text $(, $($arg)*)?)]
            $variant $({ $($(#[doc = $fdoc])* $field: $fty),* })? $(($tty))?,)*
        }

        impl $name {
            pub(super) fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)* }
            }
        }
    };
}

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
        /// `state` of a logout is missing or another one.
        LogoutState "callback.logout_state" "it does not belong to the logout that was started",
    }
}

impl CallbackProblem {
    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::OtherClient(_) => Blame::Configuration,
            Self::IssMissing | Self::IssMismatch(_) | Self::ResponseMode(_) => Blame::Provider,
            _ => Blame::Visitor,
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::StateMissing | Self::StateMismatch => Some(
                "keep each pending login in the browser's own session, under its state; a second tab has \
                 its own",
            ),
            Self::Expired => Some("start the login again"),
            Self::CodeMissing => Some("pass the query alone, not the whole address"),
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
            Self::Status(401) if purpose == Purpose::UserInfo => Some(EXPIRED),
            Self::Unavailable(_) => {
                Some("ask again later; until it succeeds, the token is still good")
            }
            Self::NoIdToken => Some("is openid among the scopes, and may this client ask for it?"),
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
        /// The bytes of a pending login.
        PendingLogin "limit.pending_login" "the pending login",
    }
}

impl Bound {
    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::Callback => Blame::Visitor,
            Self::KeySet => Blame::Provider,
            Self::PendingLogin => Blame::Configuration,
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
    }
}

impl StoredProblem {
    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Version(_) => Some("all servers of a cluster must run a version that reads it"),
            Self::Malformed => None,
        }
    }
}

coded! {
    /// A use of the library that cannot work; found before any request.
    ApiMisuse {
        /// The issuer is no issuer (OIDC Discovery 3).
        Issuer(&'static str) "misuse.issuer" "the issuer cannot be used: {0}",
        /// A redirect URI is no redirect URI (RFC 6749 3.1.2).
        RedirectUri(&'static str) "misuse.redirect_uri" "the redirect URI cannot be used: {0}",
        /// An identifier or secret of characters that its specification forbids.
        Characters(&'static str) "misuse.characters" "{0} is empty or holds characters that it must not",
        /// A parameter that the library sets itself, is given twice, or cannot have this value.
        Parameter(Shown) "misuse.parameter" "the parameter {0} cannot be set like this",
        /// The provider has no such endpoint.
        NoSuchEndpoint(&'static str) "misuse.no_such_endpoint" "the provider publishes no {0}",
        /// An HMAC algorithm is registered for a client without a secret, or an endpoint wants proof of the client.
        NoSecret "misuse.no_secret" "this algorithm, authentication method or endpoint needs a client secret",
        /// The client secret is shorter than the hash of the registered HMAC algorithm (RFC 7518 3.2).
        ShortSecret(usize) "misuse.short_secret" "the client secret is shorter than the {0} bytes its algorithm needs",
        /// The backend cannot verify the registered algorithm.
        Algorithm(&'static str) "misuse.algorithm" "the cryptography backend does not know {0}",
        /// A token cannot be encrypted with this key or backend.
        Encryption(&'static str) "misuse.encryption" "the token cannot be encrypted: {0}",
        /// A flow wants a remote signature, and the transport has no remote signer.
        NoRemoteSigner "misuse.no_remote_signer" "this transport has no remote signer",
        /// A record of another issuer or client.
        OtherClient(Comparison) "misuse.other_client" "this belongs to another client: {0}",
        /// A protected resource has an address to which no access token may go.
        Address(&'static str) "misuse.address" "the address of the resource cannot be used: {0}",
        /// A request of an own flow has a header that no header may be.
        Header "misuse.header" "a header holds characters that it must not",
    }
}

impl ApiMisuse {
    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ShortSecret(_) => Some(
                "let the provider issue a longer secret, or register an RS or ES algorithm instead",
            ),
            Self::Issuer(_) => Some(
                "an issuer begins with https://; plain http works only on loopback, with \
                 Policy::insecure_allow_loopback_http",
            ),
            Self::Characters(_) => {
                Some("is there a line break at the end of the file or variable?")
            }
            Self::Parameter(_) => Some("use the method of that name, once, with a value that fits"),
            _ => None,
        }
    }
}
