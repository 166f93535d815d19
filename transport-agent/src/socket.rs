//! Which agent, and how to ask it.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use relying_party::{
    agent::{AgentRequest, Exchange, Reach},
    error::{AgentProblem, Error, ErrorKind, Shown},
    limits::Limits,
};

use crate::address::Address;

/// An agent: where it is, and what is expected of it. Clones are cheap; nothing is connected before a request is.
#[derive(Clone, Debug)]
pub struct AgentSocket {
    local: Option<Address>,
    remote: Option<Address>,
    triggers: Vec<Trigger>,
    pub(crate) limits: Limits,
    pub(crate) plain: bool,
    pub(crate) any_socket: bool,
    pub(crate) connect: Duration,
    pub(crate) overall: Duration,
}

/// What makes a request go to the remote agent, after the local one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Trigger {
    /// `OIDC_SOCK` is not set.
    NotSet,
    /// There is no connection to the local agent.
    Connect,
    /// The local agent has no account of this name.
    UnknownAccount,
    /// The local agent has not loaded the account: what agent 5 says of unknown ones as well, where it has no screen.
    NotLoaded,
}

const TRIGGERS: [Trigger; 4] =
    [Trigger::NotSet, Trigger::Connect, Trigger::UnknownAccount, Trigger::NotLoaded];

impl AgentSocket {
    /// The agent that `OIDC_SOCK` names, and behind it the remote one of `OIDC_REMOTE_SOCK` (`host`, `host:port` or
    /// `[v6]:port`; default port 42424), if that is set.
    ///
    /// A request for an account's token goes to the remote agent when the local one cannot be reached or does not have
    /// the account ([`fall_back_on`](Self::fall_back_on)); a list of accounts only when it cannot be reached; anything
    /// else never. When the remote agent fails too, the local error is the one that is returned, or the remote one's
    /// ([`AgentProblem::Remote`]) where no local agent is set at all.
    ///
    /// # Errors
    /// [`AgentProblem::Address`] when `OIDC_REMOTE_SOCK` is no address. That neither is set shows at the first request.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_values(std::env::var_os("OIDC_SOCK"), std::env::var_os("OIDC_REMOTE_SOCK"))
    }

    /// As [`from_env`](Self::from_env), with the values of the two variables. An empty one counts as not set.
    ///
    /// # Errors
    /// As there.
    pub fn from_values(local: Option<OsString>, remote: Option<OsString>) -> Result<Self, Error> {
        let set = |value: &OsString| !value.is_empty();
        let local = local.filter(set).map(|path| Address::Path(path.into()));
        let remote = match remote.filter(set) {
            Some(remote) => {
                let text = remote.to_str().ok_or(AgentProblem::Address("it is not UTF-8"))?;
                Some(Address::tcp(text)?)
            }
            None => None,
        };
        Ok(Self::new(local, remote))
    }

    /// The agent at this UNIX socket.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self::new(Some(Address::Path(path.into())), None)
    }

    /// The remote agent at this address alone: `host`, `host:port` or `[v6]:port`; default port 42424. Its problems are
    /// [`AgentProblem::Remote`]. There is no TLS: whoever is on the way can answer in its place.
    ///
    /// # Errors
    /// [`AgentProblem::Address`]
    pub fn remote(address: &str) -> Result<Self, Error> {
        Ok(Self::new(Some(Address::tcp(address)?), None))
    }

    fn new(local: Option<Address>, remote: Option<Address>) -> Self {
        Self {
            local,
            remote,
            triggers: TRIGGERS.to_vec(),
            limits: Limits::default(),
            plain: false,
            any_socket: false,
            connect: Duration::from_secs(2),
            overall: Duration::from_secs(310),
        }
    }

    /// Where `OIDC_SOCK` is not set, the socket at which agent 5 runs as a service of the user:
    /// `${TMPDIR:-/tmp}/oidc-agent-service-UID/oidc-agent.sock`. Default: not tried.
    #[cfg(unix)]
    pub fn or_default_service(mut self) -> Self {
        let path = || Some(Address::Path(crate::unix::default_service(std::env::var_os("TMPDIR"))));
        self.local = self.local.or_else(path);
        self
    }

    /// What makes a request go to the remote agent. Default: every [`Trigger`]. (The agent's own library lacks
    /// [`Trigger::NotLoaded`].)
    pub fn fall_back_on(mut self, triggers: impl IntoIterator<Item = Trigger>) -> Self {
        self.triggers = triggers.into_iter().collect();
        self
    }

    /// The time to find a host and connect to it over TCP, all of its addresses together. Default 2 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect = timeout;
        self
    }

    /// The time for everything at one agent. Default 310 seconds: the agent may be showing a prompt for 300.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.overall = timeout;
        self
    }

    /// Other limits: [`Limits::agent_reply`] and [`Limits::json_depth`] count here.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Without encryption: who reads along on the way to the agent has the token.
    pub fn insecure_without_encryption(mut self) -> Self {
        self.plain = true;
        self
    }

    /// Connects to a socket whoever it belongs to: its owner learns what is asked for, and chooses the tokens that this
    /// program uses. For an agent of another user that is known to be a friend.
    pub fn insecure_any_socket(mut self) -> Self {
        self.any_socket = true;
        self
    }

    pub(crate) fn exchange<R: AgentRequest>(&self, request: R) -> Exchange<R> {
        let exchange = Exchange::new(request).limits(self.limits.clone());
        match self.plain {
            true => exchange.insecure_without_encryption(),
            false => exchange,
        }
    }

    pub(crate) fn first(&self) -> Result<&Address, Error> {
        self.local.as_ref().ok_or(AgentProblem::NotSet("OIDC_SOCK").into())
    }

    /// The agent to ask after this error of the first one.
    pub(crate) fn second(&self, reach: Reach, error: &Error) -> Option<&Address> {
        let ErrorKind::Agent(problem) = error.kind() else { return None };
        let (trigger, account) = match problem {
            AgentProblem::NotSet(_) => (Trigger::NotSet, false),
            AgentProblem::Connect { .. } => (Trigger::Connect, false),
            AgentProblem::UnknownAccount(_) => (Trigger::UnknownAccount, true),
            AgentProblem::NotLoaded(_) => (Trigger::NotLoaded, true),
            _ => return None,
        };
        let reaches = match reach {
            Reach::Local => false,
            Reach::Unreachable => !account,
            Reach::Account => true,
        };
        self.remote.as_ref().filter(|_| reaches && self.triggers.contains(&trigger))
    }

    /// Which error is told when both agents failed.
    pub(crate) fn told(&self, first: Error, later: Error) -> Error {
        if self.local.is_none() { later } else { first }
    }

    /// Says of an error at which agent it was.
    pub(crate) fn place(&self, address: &Address, error: Error) -> Error {
        let ErrorKind::Agent(problem) = error.kind() else { return error };
        let mut problem = problem.clone();
        if let AgentProblem::Connect { at, .. } | AgentProblem::Untrusted { at, .. } = &mut problem
        {
            *at = Shown::new(&address.to_string());
        }
        match address {
            Address::Tcp(..) => AgentProblem::Remote(Box::new(problem)).into(),
            Address::Path(_) => problem.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_may_take_its_time_and_a_connection_may_not() {
        let remote = AgentSocket::remote("agent.test").unwrap();
        for socket in [AgentSocket::from_values(None, None).unwrap(), AgentSocket::at("/a"), remote]
        {
            assert_eq!(socket.connect, Duration::from_secs(2));
            assert_eq!(socket.overall, Duration::from_secs(310));
            assert_eq!(socket.triggers, TRIGGERS);
            assert!(!socket.plain && !socket.any_socket);
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_default_service_is_a_choice_and_only_where_nothing_is_set() {
        let unset = || AgentSocket::from_values(None, None).unwrap();
        assert_eq!(unset().first().unwrap_err().code(), "agent.not_set");
        let service = crate::unix::default_service(std::env::var_os("TMPDIR"));
        assert_eq!(*unset().or_default_service().first().unwrap(), Address::Path(service));
        let set = AgentSocket::at("/a").or_default_service();
        assert_eq!(*set.first().unwrap(), Address::Path("/a".into()));
    }
}
