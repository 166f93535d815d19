//! One error type for the whole crate: plain data that says whose fault it was, what was wrong and where.
//!
//! An [`Error`] never holds a body, a token, a code, a nonce or a secret, nor a foreign error that may quote
//! one (a transport's own error is the exception; adapters promise to keep addresses and bodies out of it).
//! Values that are no secrets (issuers, audiences, algorithms, key ids) are kept [bounded and
//! escaped](Shown), so that a log line cannot be forged through them.

mod agent;
mod claim_source;
mod coded;
mod detail;
mod jwk;
mod logout;
mod misuse;
mod oauth;
mod shown;
mod token;

use std::sync::Arc;

pub use agent::{AgentAnswer, AgentKind, AgentProblem};
pub use claim_source::ClaimSourceProblem;
pub use detail::{
    Bound, CallbackProblem, FailureKind, InitiationProblem, JsonFault, JsonProblem, KeyProblem,
    MetadataProblem, ResponseProblem, StoredProblem, TransportFailure,
};
pub use jwk::JwkProblem;
pub use logout::LogoutProblem;
pub use misuse::{ApiMisuse, SigningProblem};
pub use oauth::{Blame, OAuthError, Purpose};
pub use shown::{Comparison, Shown};
pub use token::{Claim, ClaimProblem, TokenKind, TokenProblem};

/// What went wrong. See [`kind`](Error::kind) for the details, [`code`](Error::code) for logs,
/// [`blame`](Error::blame) for the answer to a visitor and [`hint`](Error::hint) for a way out.
///
/// ```
/// use relying_party::error::{Blame, Error};
///
/// fn status(error: &Error) -> u16 {
///     match error.blame() {
///         Blame::Visitor => 400,
///         Blame::Provider | Blame::Network => 502,
///         Blame::Configuration | Blame::Bug => 500,
///     }
/// }
/// ```
///
/// Cheap to clone: a failed key fetch is shared by all flows that waited for it.
#[derive(Clone)]
pub struct Error(Arc<ErrorKind>);

/// The fault, in the groups of [`Blame`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The authorization response (callback) was refused.
    #[error("the authorization response was refused: {0}")]
    Callback(CallbackProblem),
    /// A request of somebody else to start a login was refused (OIDC Core 4).
    #[error("the request to start a login was refused: {0}")]
    Initiation(InitiationProblem),
    /// A request of the provider to end sessions was refused (Front-Channel Logout 2, Back-Channel Logout 2.5).
    #[error("the logout request was refused: {0}")]
    Logout(LogoutProblem),
    /// The sources of aggregated or distributed claims were refused (OIDC Core 5.6.2).
    #[error("the claim sources were refused: {0}")]
    ClaimSource(ClaimSourceProblem),
    /// The provider answered an OAuth error.
    #[error("{0}")]
    Provider(OAuthError),
    /// The provider's answer cannot be used.
    #[error("the answer to the {purpose} request cannot be used: {problem}")]
    Response {
        /// Which request was answered.
        purpose: Purpose,
        /// What is wrong with the answer.
        problem: ResponseProblem,
    },
    /// The provider's metadata was refused.
    #[error("the provider's metadata was refused: {0}")]
    Metadata(MetadataProblem),
    /// A token, or claims that came with one, was refused.
    #[error("the {kind} was refused: {problem}")]
    Token {
        /// Which token.
        kind: TokenKind,
        /// Which of its rules was broken.
        problem: TokenProblem,
    },
    /// The provider's signing keys are missing or could not be had.
    #[error(transparent)]
    Keys(KeyProblem),
    /// The request could not be performed.
    #[error("the {purpose} request failed: {failure}")]
    Transport {
        /// Which request failed.
        purpose: Purpose,
        /// How; its source is the transport's own error.
        #[source]
        failure: TransportFailure,
    },
    /// The user code of a device login expired before the visitor was done (RFC 8628 3.2).
    #[error("the device login was not confirmed before its user code expired")]
    DeviceExpired,
    /// Something exceeds its bound in [`Limits`](crate::limits::Limits).
    #[error("{what} exceeds its limit of {limit}")]
    Limit {
        /// What is bounded.
        what: Bound,
        /// The bound: bytes or a count.
        limit: usize,
    },
    /// Stored bytes ([`PendingLogin`](crate::flow::pending_login::PendingLogin),
    /// [`LoginRecord`](crate::flow::record::LoginRecord)) cannot be used.
    #[error("the stored {what} was refused: {problem}")]
    Stored {
        /// What the bytes should have been.
        what: &'static str,
        /// Why they are refused.
        problem: StoredProblem,
    },
    /// A signature or credential of this client could not be made. Nothing was sent with it.
    #[error("the client's proof could not be made: {0}")]
    Signing(SigningProblem),
    /// The library was called or configured in a way that cannot work, or wants an endpoint that the provider does
    /// not publish.
    #[error("{0}")]
    Misuse(ApiMisuse),
    /// An oidc-agent gave no answer, or one that cannot be used.
    #[error("{0}")]
    Agent(AgentProblem),
    /// The entropy source failed or gave only zeros.
    #[error("the entropy source failed")]
    Entropy,
    /// A state that cannot be reached was reached: please report it.
    #[error("unreachable state in {0}: please report this")]
    Unreachable(&'static str),
}

impl Error {
    /// The details.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// A stable name for logs and tests; one rule has one code. Codes never change their meaning.
    pub fn code(&self) -> &'static str {
        match self.kind() {
            ErrorKind::Callback(problem) => problem.code(),
            ErrorKind::Initiation(problem) => problem.code(),
            ErrorKind::Logout(problem) => problem.code(),
            ErrorKind::ClaimSource(problem) => problem.code(),
            ErrorKind::Provider(_) => "provider.error",
            ErrorKind::Response { problem: ResponseProblem::Json(problem), .. } => problem.code(),
            ErrorKind::Response { problem, .. } => problem.code(),
            ErrorKind::Metadata(problem) => problem.code(),
            ErrorKind::Token { problem, .. } => problem.code(),
            ErrorKind::Keys(problem) => problem.code(),
            ErrorKind::Transport { failure, .. } => failure.code(),
            ErrorKind::DeviceExpired => "device.expired",
            ErrorKind::Limit { what, .. } => what.code(),
            ErrorKind::Stored { problem, .. } => problem.code(),
            ErrorKind::Signing(problem) => problem.code(),
            ErrorKind::Misuse(misuse) => misuse.code(),
            ErrorKind::Agent(AgentProblem::Json(problem)) => problem.code(),
            ErrorKind::Agent(problem) => problem.code(),
            ErrorKind::Entropy => "entropy",
            ErrorKind::Unreachable(_) => "unreachable",
        }
    }

    /// Whose fault it was: enough for a web handler to choose between 400, 500 and 502.
    pub fn blame(&self) -> Blame {
        match self.kind() {
            ErrorKind::Callback(problem) => problem.blame(),
            ErrorKind::Logout(problem) => problem.blame(),
            ErrorKind::ClaimSource(problem) => problem.blame(),
            ErrorKind::Provider(error) => error.blame(),
            ErrorKind::Response { .. } | ErrorKind::Metadata(_) => Blame::Provider,
            ErrorKind::Token { kind: TokenKind::AccessToken | TokenKind::LogoutToken, .. } => {
                Blame::Visitor
            }
            // Everybody may try with an account of his own tenant.
            ErrorKind::Token {
                problem:
                    TokenProblem::Claim { claim: Claim::Tid, problem: ClaimProblem::Untrusted(_) },
                ..
            } => Blame::Visitor,
            ErrorKind::Token { .. } | ErrorKind::Keys(KeyProblem::Unknown { .. }) => {
                Blame::Provider
            }
            ErrorKind::Keys(KeyProblem::Unavailable(Some(cause))) => cause.blame(),
            ErrorKind::Keys(_) | ErrorKind::Transport { .. } => Blame::Network,
            ErrorKind::Limit { what, .. } => what.blame(),
            // Kept by the application itself, where no visitor gets at it.
            ErrorKind::Stored {
                what: "registered client" | "login record" | "session", ..
            } => Blame::Configuration,
            ErrorKind::Stored { .. } | ErrorKind::DeviceExpired | ErrorKind::Initiation(_) => {
                Blame::Visitor
            }
            ErrorKind::Agent(problem) => problem.blame(),
            ErrorKind::Misuse(_) | ErrorKind::Entropy | ErrorKind::Signing(_) => {
                Blame::Configuration
            }
            ErrorKind::Unreachable(_) => Blame::Bug,
        }
    }

    /// What to look at first, where the cause is a known confusion.
    pub fn hint(&self) -> Option<&'static str> {
        match self.kind() {
            ErrorKind::Callback(problem) => problem.hint(),
            ErrorKind::Logout(problem) => problem.hint(),
            ErrorKind::ClaimSource(problem) => problem.hint(),
            ErrorKind::Provider(error) => error.hint(),
            ErrorKind::Response { purpose, problem } => problem.hint(*purpose),
            ErrorKind::Metadata(problem) => problem.hint(),
            ErrorKind::Token { kind: TokenKind::AccessToken, problem } => {
                problem.access_token_hint()
            }
            ErrorKind::Token { kind: TokenKind::SourcedClaims, problem } => {
                problem.sourced_claims_hint()
            }
            ErrorKind::Token { kind: TokenKind::UserInfo, problem } => problem.user_info_hint(),
            ErrorKind::Token { kind: TokenKind::AuthorizationResponse, problem } => {
                problem.response_hint()
            }
            ErrorKind::Token { kind: TokenKind::LogoutToken, problem } => {
                problem.logout_token_hint()
            }
            ErrorKind::Token { problem, .. } => problem.hint(),
            ErrorKind::Keys(problem) => problem.hint(),
            ErrorKind::Transport { purpose, failure } => failure.hint(*purpose),
            ErrorKind::Stored { problem, .. } => problem.hint(),
            ErrorKind::DeviceExpired => Some("start the device login again"),
            ErrorKind::Signing(problem) => problem.hint(),
            ErrorKind::Misuse(misuse) => misuse.hint(),
            ErrorKind::Agent(problem) => problem.hint(),
            _ => None,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Fit for a program that returns it from `main`: the sentence, the code and the hint.
impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self} [{}]", self.code())?;
        match self.hint() {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Arc::new(kind))
    }
}

impl From<CallbackProblem> for Error {
    fn from(problem: CallbackProblem) -> Self {
        ErrorKind::Callback(problem).into()
    }
}

impl From<InitiationProblem> for Error {
    fn from(problem: InitiationProblem) -> Self {
        ErrorKind::Initiation(problem).into()
    }
}

impl From<LogoutProblem> for Error {
    fn from(problem: LogoutProblem) -> Self {
        ErrorKind::Logout(problem).into()
    }
}

impl From<ClaimSourceProblem> for Error {
    fn from(problem: ClaimSourceProblem) -> Self {
        ErrorKind::ClaimSource(problem).into()
    }
}

impl From<MetadataProblem> for Error {
    fn from(problem: MetadataProblem) -> Self {
        ErrorKind::Metadata(problem).into()
    }
}

impl From<KeyProblem> for Error {
    fn from(problem: KeyProblem) -> Self {
        ErrorKind::Keys(problem).into()
    }
}

impl From<SigningProblem> for Error {
    fn from(problem: SigningProblem) -> Self {
        ErrorKind::Signing(problem).into()
    }
}

impl From<AgentProblem> for Error {
    fn from(problem: AgentProblem) -> Self {
        ErrorKind::Agent(problem).into()
    }
}

impl From<ApiMisuse> for Error {
    fn from(misuse: ApiMisuse) -> Self {
        ErrorKind::Misuse(misuse).into()
    }
}

impl From<OAuthError> for Error {
    fn from(error: OAuthError) -> Self {
        ErrorKind::Provider(error).into()
    }
}
