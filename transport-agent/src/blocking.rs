//! The exchange on this thread.

use std::{
    io::{self, ErrorKind as Io, Read, Write},
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use relying_party::{
    agent::{AgentRequest, AgentStep, Exchange},
    env::SystemEnv,
    error::{AgentProblem, Error, Shown},
};
use zeroize::Zeroizing;

use crate::{AgentSocket, address::Address, tcp};

/// How long the end of a connection is waited for when the reply is whole.
pub(crate) const MOMENT: Duration = Duration::from_millis(250);
/// As much as is read at once.
pub(crate) const CHUNK: usize = 16 * 1024;

impl AgentSocket {
    /// Makes a request and waits for its reply.
    ///
    /// # Errors
    /// [`ErrorKind::Agent`](relying_party::error::ErrorKind::Agent) with an [`AgentProblem`], and those of
    /// [`Exchange::start`].
    pub fn run<R: AgentRequest + Clone>(&self, request: R) -> Result<R::Reply, Error> {
        let reach = request.reach();
        let ask = |address: &Address, request: R| {
            self.ask(address, self.exchange(request)).map_err(|error| self.place(address, error))
        };
        let first = self.first().and_then(|address| ask(address, request.clone()));
        match first {
            Err(error) => match self.second(reach, &error) {
                Some(remote) => ask(remote, request).map_err(|later| self.told(error, later)),
                None => Err(error),
            },
            done => done,
        }
    }

    fn ask<R: AgentRequest>(
        &self,
        address: &Address,
        exchange: Exchange<R>,
    ) -> Result<R::Reply, Error> {
        let deadline = Deadline::new(self.overall);
        let mut connection = None;
        let mut chunk = Zeroizing::new(vec![0; CHUNK]);
        let mut step = exchange.start(&mut SystemEnv)?;
        loop {
            step = match step {
                AgentStep::Connect(connecting) => {
                    connection = Some(self.connect(address, deadline)?);
                    connecting.resume()
                }
                AgentStep::Send(sending) => {
                    connected(&mut connection)?.send(sending.bytes(), deadline)?;
                    sending.resume()
                }
                AgentStep::Receive(receiving) => {
                    let whole = receiving.is_whole();
                    let length =
                        connected(&mut connection)?.receive(&mut chunk, deadline, whole)?;
                    receiving.resume(chunk.get(..length).unwrap_or_default())?
                }
                AgentStep::Done(reply) => return Ok(reply),
            };
        }
    }

    fn connect(&self, address: &Address, deadline: Deadline) -> Result<Connection, AgentProblem> {
        match address {
            Address::Path(path) => self.connect_unix(path, deadline),
            Address::Tcp(host, port) => {
                let until = Deadline::new(self.connect.min(deadline.left()?));
                let stream = until
                    .to_connect()
                    .and_then(|left| tcp::resolve(host, *port, left))
                    .and_then(|addresses| tcp::connect(&addresses, until));
                // Where the overall deadline has passed, that is what happened.
                let problem = |problem| deadline.left().err().unwrap_or(problem);
                stream.map(Connection::Tcp).map_err(problem)
            }
        }
    }

    #[cfg(unix)]
    fn connect_unix(&self, path: &Path, deadline: Deadline) -> Result<Connection, AgentProblem> {
        let socket = crate::unix::Socket::at(path, self.any_socket)?;
        loop {
            if let Some(stream) = socket.connect()? {
                stream.set_nonblocking(false).map_err(|error| unreachable(&error))?;
                return Ok(Connection::Unix(stream));
            }
            std::thread::sleep(crate::unix::PAUSE.min(deadline.left()?));
        }
    }

    #[cfg(not(unix))]
    fn connect_unix(&self, _: &Path, _: Deadline) -> Result<Connection, AgentProblem> {
        Err(no_unix_sockets(self.any_socket))
    }
}

/// Trusted or not.
#[cfg(not(unix))]
pub(crate) fn no_unix_sockets(_any: bool) -> AgentProblem {
    no_connection("there are no UNIX sockets here")
}

fn connected(connection: &mut Option<Connection>) -> Result<&mut Connection, AgentProblem> {
    connection.as_mut().ok_or(AgentProblem::Closed)
}

/// At which address is filled in by `AgentSocket::place`.
pub(crate) fn no_connection(reason: &str) -> AgentProblem {
    AgentProblem::Connect { reason: Shown::new(reason), at: Shown::new("") }
}

/// The operating system's words hold neither a path nor anything that was sent.
pub(crate) fn unreachable(error: &io::Error) -> AgentProblem {
    no_connection(&error.to_string())
}

pub(crate) fn timed_out() -> AgentProblem {
    no_connection("no connection in time")
}

/// Whether the agent has hung up: what it said before can still be read.
pub(crate) fn hung_up(error: &io::Error) -> bool {
    matches!(error.kind(), Io::BrokenPipe | Io::ConnectionReset | Io::ConnectionAborted)
}

/// What became of sending so many bytes.
pub(crate) fn sent(written: io::Result<usize>, bytes: usize) -> Result<(), AgentProblem> {
    match written {
        // A second write would be a second message.
        Ok(length) if length < bytes => {
            Err(no_connection("the request does not fit into one write"))
        }
        Ok(_) => Ok(()),
        Err(error) if hung_up(&error) => Ok(()),
        Err(error) => Err(unreachable(&error)),
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    pub(crate) fn new(duration: Duration) -> Self {
        Self(Instant::now().checked_add(duration))
    }

    /// More than nothing, which sockets would take for no limit.
    fn left(self) -> Result<Duration, AgentProblem> {
        let Some(end) = self.0 else { return Ok(Duration::from_secs(86_400)) };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(AgentProblem::Timeout) } else { Ok(left) }
    }

    /// The same, where only the connecting is in question.
    pub(crate) fn to_connect(self) -> Result<Duration, AgentProblem> {
        self.left().map_err(|_| timed_out())
    }
}

enum Connection {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Connection {
    fn send(&mut self, bytes: &[u8], deadline: Deadline) -> Result<(), AgentProblem> {
        loop {
            let left = Some(deadline.left()?);
            let written = match self {
                Self::Tcp(stream) => {
                    stream.set_write_timeout(left).and_then(|()| stream.write(bytes))
                }
                #[cfg(unix)]
                Self::Unix(stream) => {
                    stream.set_write_timeout(left).and_then(|()| stream.write(bytes))
                }
            };
            match written {
                // Nothing was written then.
                Err(error) if error.kind() == Io::Interrupted => {}
                Err(error) if is_timeout(&error) => return Err(AgentProblem::Timeout),
                written => return sent(written, bytes.len()),
            }
        }
    }

    fn receive(
        &mut self,
        chunk: &mut [u8],
        deadline: Deadline,
        whole: bool,
    ) -> Result<usize, AgentProblem> {
        loop {
            let left = deadline.left()?;
            let left = Some(if whole { left.min(MOMENT) } else { left });
            let read = match self {
                Self::Tcp(stream) => {
                    stream.set_read_timeout(left).and_then(|()| stream.read(chunk))
                }
                #[cfg(unix)]
                Self::Unix(stream) => {
                    stream.set_read_timeout(left).and_then(|()| stream.read(chunk))
                }
            };
            match read {
                Ok(length) => return Ok(length),
                Err(error) if error.kind() == Io::Interrupted => {}
                Err(error) if hung_up(&error) => return Ok(0),
                Err(error) if is_timeout(&error) && whole => return Ok(0),
                Err(error) if is_timeout(&error) => return Err(AgentProblem::Timeout),
                Err(error) => return Err(unreachable(&error)),
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), Io::WouldBlock | Io::TimedOut)
}
