//! What goes wrong with an oidc-agent: on the way to it, in its answers, and by its own word.

use std::time::Duration;

use super::{Blame, Comparison, JsonProblem, Shown, coded::coded};

/// What to do about an [`AgentProblem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AgentKind {
    /// No agent was reached, or it went away without an answer.
    Connect,
    /// The remote agent's; what it is stands inside.
    Remote,
    /// The encryption between this program and the agent failed.
    Crypto,
    /// What came is no answer of an agent to this request.
    Protocol,
    /// The agent, or a provider through it, says that it cannot.
    Agent,
    /// The agent is busy: ask again later.
    Retryable,
    /// This version of the agent does not know the request.
    Unsupported,
    /// The agent is locked with a password.
    Locked,
    /// The agent has no such account, or has not loaded it.
    UnknownAccount,
}

/// The agent's own word. Written by the agent or a provider: show it to operators, not visitors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentAnswer {
    /// `error`, bounded and escaped. May be empty.
    pub error: Shown,
    /// The help text beside it, bounded and escaped.
    pub help: Option<Shown>,
}

impl std::fmt::Display for AgentAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.error)?;
        match &self.help {
            Some(help) => write!(f, ", with the advice {help}"),
            None => Ok(()),
        }
    }
}

coded! {
    /// Why there is no answer of an oidc-agent. [`kind`](AgentProblem::kind) has the groups.
    AgentProblem {
        /// The environment names no agent.
        NotSet(&'static str) "agent.not_set" "the environment variable {0} is not set",
        /// The address of a remote agent is none.
        Address(&'static str) "agent.address" "the address of the agent cannot be used: {0}",
        /// The socket could belong to somebody else.
        Untrusted {
            /// What is wrong with it.
            reason: &'static str,
            /// Its path.
            at: Shown
        } "agent.untrusted" "the agent's socket {at} is not trusted: {reason}",
        /// No connection.
        Connect {
            /// In the words of the operating system.
            reason: Shown,
            /// Path of the socket, or host and port.
            at: Shown
        } "agent.connect" "could not connect to the agent at {at}: {reason}",
        /// No whole answer in time.
        Timeout "agent.timeout" "the agent did not answer in time",
        /// The agent hung up before it said anything.
        Closed "agent.closed" "the agent closed the connection at once",
        /// The agent hung up between the key exchange and its reply.
        NoReply "agent.no_reply" "the agent closed the connection without a reply",
        /// What should be the agent's public key is none.
        Key "agent.key" "the agent's public key is malformed",
        /// A public key with which every secret gives the same shared key.
        WeakKey "agent.weak_key" "the agent's public key is of low order",
        /// A success that is not encrypted, although keys were exchanged.
        Downgrade "agent.downgrade" "the agent answered in the clear after a key exchange",
        /// The reply was changed on its way, or is for somebody else.
        Decryption "agent.decryption" "the agent's reply cannot be decrypted",
        /// The agent could not decrypt what it got, or did not like our key.
        Refused(AgentAnswer) "agent.refused" "the agent cannot decrypt the request: {0}",
        /// An encrypted reply that does not have the form of one.
        Frame(&'static str) "agent.frame" "the agent's encrypted reply is malformed: {0}",
        /// The connection ended inside the reply.
        Truncated "agent.truncated" "the agent's reply is cut off",
        /// Something follows the reply, such as a second one.
        Trailing "agent.trailing" "something follows the agent's reply",
        /// The reply is not JSON, or lacks what it must have.
        Json(JsonProblem) "agent.json" "the agent's reply cannot be used: {0}",
        /// A reply, but to another request.
        OtherReply(Shown) "agent.other_reply" "the agent's reply belongs to another request: {0}",
        /// A token of another issuer than asked for.
        OtherIssuer(Comparison) "agent.other_issuer" "the agent's reply names another issuer: {0}",
        /// A token of characters that no header may hold (RFC 6749 A.12).
        TokenCharacters(&'static str) "agent.token_characters" "{0} holds characters that it must not",
        /// An error of the agent, or of a provider through it.
        Answered(AgentAnswer) "agent.error" "the agent answered {0}",
        /// Another request must end first; with the seconds, where the agent says them.
        Busy {
            /// The agent's word.
            answer: AgentAnswer,
            /// When to ask again.
            after: Option<Duration>
        } "agent.busy" "the agent is busy: {answer}",
        /// The agent's version lacks the request.
        Unsupported(AgentAnswer) "agent.unsupported" "the agent does not know this request: {0}",
        /// The agent is locked.
        Locked(AgentAnswer) "agent.locked" "the agent is locked: {0}",
        /// The agent has no account of this name.
        UnknownAccount(AgentAnswer) "agent.unknown_account" "the agent does not know the account: {0}",
        /// The account is not loaded, or there is none for the issuer.
        NotLoaded(AgentAnswer) "agent.not_loaded" "the agent has not loaded the account: {0}",
        /// The same at the remote agent, which was asked by choice, or because no local one is set.
        Remote(Box<AgentProblem>) "agent.remote" "at the remote agent: {0}",
    }
}

impl AgentProblem {
    /// What to do about it.
    pub fn kind(&self) -> AgentKind {
        match self {
            Self::NotSet(_)
            | Self::Address(_)
            | Self::Untrusted { .. }
            | Self::Connect { .. }
            | Self::Timeout
            | Self::Closed
            | Self::NoReply => AgentKind::Connect,
            Self::Key | Self::WeakKey | Self::Downgrade | Self::Decryption | Self::Refused(_) => {
                AgentKind::Crypto
            }
            Self::Frame(_)
            | Self::Truncated
            | Self::Trailing
            | Self::Json(_)
            | Self::OtherReply(_)
            | Self::OtherIssuer(_)
            | Self::TokenCharacters(_) => AgentKind::Protocol,
            Self::Answered(_) => AgentKind::Agent,
            Self::Busy { .. } => AgentKind::Retryable,
            Self::Unsupported(_) => AgentKind::Unsupported,
            Self::Locked(_) => AgentKind::Locked,
            Self::UnknownAccount(_) | Self::NotLoaded(_) => AgentKind::UnknownAccount,
            Self::Remote(_) => AgentKind::Remote,
        }
    }

    /// The agent's own word, where it said one.
    pub fn answer(&self) -> Option<&AgentAnswer> {
        match self {
            Self::Refused(answer)
            | Self::Answered(answer)
            | Self::Busy { answer, .. }
            | Self::Unsupported(answer)
            | Self::Locked(answer)
            | Self::UnknownAccount(answer)
            | Self::NotLoaded(answer) => Some(answer),
            Self::Remote(problem) => problem.answer(),
            _ => None,
        }
    }

    /// The agent stands where a provider does.
    pub(super) fn blame(&self) -> Blame {
        match self {
            Self::NotSet(_) | Self::Address(_) | Self::Untrusted { .. } | Self::Unsupported(_) => {
                Blame::Configuration
            }
            Self::UnknownAccount(_) | Self::NotLoaded(_) | Self::Locked(_) => Blame::Configuration,
            Self::Connect { .. } | Self::Timeout | Self::Closed | Self::NoReply => Blame::Network,
            Self::Remote(problem) => problem.blame(),
            _ => Blame::Provider,
        }
    }

    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotSet("OIDC_SOCK") => Some(
                "start one with: eval $(oidc-agent), and load an account with: oidc-add ACCOUNT; for agent 5 as a service of \
                 the user see AgentSocket::or_default_service",
            ),
            Self::Connect { .. } | Self::Closed => {
                Some("is an agent still running there? One that a session started ends with it")
            }
            Self::Timeout => Some(
                "the agent serves one client at a time: it may be waiting for a provider, or for an answer to its prompt",
            ),
            Self::Untrusted { .. } => Some(
                "the socket must belong to the user who runs this program, and nobody else may write to its folder",
            ),
            Self::Json(_) => Some(
                "the agent does not escape the texts of providers: its log shows what the provider answered",
            ),
            Self::Trailing | Self::OtherReply(_) | Self::OtherIssuer(_) => Some(
                "an agent of version 4 that was sent an overlong request answers everybody with the reply to somebody \
                 else's: restart it",
            ),
            Self::Busy { .. } => Some("ask again when the agent's prompt has been answered"),
            Self::Unsupported(_) => {
                Some("mytoken needs agent 4.4, account infos need agent 5: ask for its status")
            }
            Self::Locked(_) => {
                Some("unlock it with: oidc-agent-control unlock, or oidc-add -x in version 4")
            }
            Self::UnknownAccount(_) => Some("oidc-gen -l lists the accounts, oidc-add loads one"),
            Self::NotLoaded(_) => Some("load it with: oidc-add ACCOUNT"),
            Self::Answered(answer) if answer.error.as_str().starts_with("invalid_grant") => {
                Some("log the account in again with: oidc-gen --reauthenticate ACCOUNT")
            }
            Self::Remote(problem) => match **problem {
                Self::Connect { .. } | Self::Closed => {
                    Some("is there still an agent at the other end of that address?")
                }
                _ => problem.hint(),
            },
            _ => None,
        }
    }
}
