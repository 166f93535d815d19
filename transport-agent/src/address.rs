//! Where agents are.

use std::{fmt, path::PathBuf};

use relying_party::error::{AgentProblem, Error};

/// The port of a remote agent that names none.
const PORT: u16 = 42424;

/// One agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// A UNIX socket.
    Path(PathBuf),
    /// A host, without brackets, and a port.
    Tcp(String, u16),
}

impl Address {
    /// `host`, `host:port`, `[v6]`, `[v6]:port`, or a bare IPv6 address.
    pub(crate) fn tcp(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']').ok_or(bad("a bracket is missing"))?;
                match (rest.is_empty(), rest.strip_prefix(':')) {
                    (true, _) => (host, None),
                    (false, Some(port)) => (host, Some(port)),
                    (false, None) => return Err(bad("something follows the bracket")),
                }
            }
            // More than one colon: IPv6 without brackets, which can have no port.
            None => match text.split_once(':') {
                Some((host, port)) if !port.contains(':') => (host, Some(port)),
                _ => (text, None),
            },
        };
        // No user information: what stands before an `@` may be a password, and messages show the address.
        if host.is_empty() || host.contains(|c: char| matches!(c, '/' | '@') || c.is_whitespace()) {
            return Err(bad("it names no host"));
        }
        let port = match port {
            None => PORT,
            // `parse` alone would take a sign.
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().ok().filter(|port| *port > 0).ok_or(bad("its port is none"))?
            }
            Some(_) => return Err(bad("its port is none")),
        };
        Ok(Self::Tcp(host.to_owned(), port))
    }
}

/// Not escaped.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Tcp(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp(host, port) => write!(f, "{host}:{port}"),
        }
    }
}

fn bad(reason: &'static str) -> Error {
    AgentProblem::Address(reason).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remote_addresses_have_a_port_of_their_own_or_the_default_one() {
        for (text, host, port) in [
            ("agent.example", "agent.example", 42424),
            ("agent.example:1", "agent.example", 1),
            ("192.0.2.1:65535", "192.0.2.1", 65535),
            ("[2001:db8::1]:80", "2001:db8::1", 80),
            ("[::1]", "::1", 42424),
            ("::1", "::1", 42424),
        ] {
            assert_eq!(Address::tcp(text).unwrap(), Address::Tcp(host.into(), port), "{text}");
            let again = Address::tcp(text).unwrap().to_string();
            assert_eq!(Address::tcp(&again).unwrap(), Address::Tcp(host.into(), port), "{again}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            ":1",
            "host:",
            "host:x",
            "host:0",
            "host:65536",
            "host:+1",
            "[::1",
            "[::1]1",
            "a/b",
            "user:secret@host",
            "user:secret@host:1",
            "secret@host:1",
            "[u:secret@host]:1",
        ] {
            let error = Address::tcp(text).unwrap_err();
            assert_eq!(error.code(), "agent.address", "{text}");
            assert!(!error.to_string().contains("secret"), "{text}");
        }
    }
}
