//! The exchange as a future, on tokio.

use std::{io, path::Path, time::Duration};

use relying_party::{
    agent::{AgentRequest, AgentStep, Exchange},
    env::SystemEnv,
    error::{AgentProblem, Error, Shown},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::{TcpStream, lookup_host},
    time::{sleep, timeout},
};
use zeroize::Zeroizing;

use crate::{
    AgentSocket,
    address::Address,
    blocking::{CHUNK, MOMENT, hung_up, timed_out, unreachable},
};

impl AgentSocket {
    /// As [`run`](Self::run), as a future. It must be polled within a tokio runtime with IO and time.
    ///
    /// Dropping it closes the connection; the agent still finishes what it was asked for.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_async<R>(&self, request: R) -> Result<R::Reply, Error>
    where
        R: AgentRequest + Clone,
    {
        let reach = request.reach();
        let first = match self.first() {
            Ok(address) => self.ask_within(address, request.clone()).await,
            Err(error) => Err(error),
        };
        match first {
            Err(error) => match self.second(reach, &error) {
                Some(remote) => self.ask_within(remote, request).await.map_err(|_| error),
                None => Err(error),
            },
            done => done,
        }
    }

    async fn ask_within<R: AgentRequest>(
        &self,
        address: &Address,
        request: R,
    ) -> Result<R::Reply, Error> {
        let asked = timeout(self.overall, self.ask_async(address, self.exchange(request))).await;
        let reply = asked.unwrap_or_else(|_| Err(AgentProblem::Timeout.into()));
        reply.map_err(|error| self.place(address, error))
    }

    async fn ask_async<R: AgentRequest>(
        &self,
        address: &Address,
        exchange: Exchange<R>,
    ) -> Result<R::Reply, Error> {
        let mut connection = None;
        let mut chunk = Zeroizing::new([0; CHUNK]);
        let mut step = exchange.start(&mut SystemEnv)?;
        loop {
            step = match step {
                AgentStep::Connect(connecting) => {
                    connection = Some(self.connect_async(address).await?);
                    connecting.resume()
                }
                AgentStep::Send(sending) => {
                    connected(&mut connection)?.send(sending.bytes()).await?;
                    sending.resume()
                }
                AgentStep::Receive(receiving) => {
                    let whole = receiving.is_whole();
                    let length = connected(&mut connection)?.receive(&mut *chunk, whole).await?;
                    receiving.resume(chunk.get(..length).unwrap_or_default())?
                }
                AgentStep::Done(reply) => return Ok(reply),
            };
        }
    }

    async fn connect_async(&self, address: &Address) -> Result<Connection, AgentProblem> {
        match address {
            Address::Path(path) => self.connect_unix_async(path).await,
            Address::Tcp(host, port) => {
                let connected = timeout(self.connect, connect_tcp(host, *port)).await;
                connected.unwrap_or_else(|_| Err(timed_out())).map(Connection::Tcp)
            }
        }
    }

    #[cfg(unix)]
    async fn connect_unix_async(&self, path: &Path) -> Result<Connection, AgentProblem> {
        if !self.any_socket {
            crate::unix::check(path)?;
        }
        loop {
            let stream = crate::unix::connect_now(path).and_then(tokio::net::UnixStream::from_std);
            match stream {
                Ok(stream) => return Ok(Connection::Unix(stream)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    sleep(crate::blocking::PAUSE).await;
                }
                Err(error) => return Err(unreachable(&error)),
            }
        }
    }

    #[cfg(not(unix))]
    async fn connect_unix_async(&self, _: &Path) -> Result<Connection, AgentProblem> {
        Err(AgentProblem::Connect(Shown::new("there are no UNIX sockets here")))
    }
}

async fn connect_tcp(host: &str, port: u16) -> Result<TcpStream, AgentProblem> {
    let mut last = AgentProblem::Connect(Shown::new("the host has no address"));
    for address in lookup_host((host, port)).await.map_err(|error| unreachable(&error))? {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = unreachable(&error),
        }
    }
    Err(last)
}

fn connected(connection: &mut Option<Connection>) -> Result<&mut Connection, AgentProblem> {
    connection.as_mut().ok_or(AgentProblem::Closed)
}

enum Connection {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Connection {
    async fn send(&mut self, bytes: &[u8]) -> Result<(), AgentProblem> {
        let written = loop {
            let written = match self {
                Self::Tcp(stream) => stream.writable().await.and_then(|()| stream.try_write(bytes)),
                #[cfg(unix)]
                Self::Unix(stream) => {
                    stream.writable().await.and_then(|()| stream.try_write(bytes))
                }
            };
            match written {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => break written,
            }
        };
        match written {
            // A second write would be a second message.
            Ok(length) if length < bytes.len() => {
                Err(AgentProblem::Connect(Shown::new("the request does not fit into one write")))
            }
            Ok(_) => Ok(()),
            Err(error) if hung_up(&error) => Ok(()),
            Err(error) => Err(unreachable(&error)),
        }
    }

    async fn receive(&mut self, chunk: &mut [u8], whole: bool) -> Result<usize, AgentProblem> {
        match self {
            Self::Tcp(stream) => receive(stream, chunk, whole).await,
            #[cfg(unix)]
            Self::Unix(stream) => receive(stream, chunk, whole).await,
        }
    }
}

async fn receive(
    stream: &mut (impl AsyncRead + Unpin),
    chunk: &mut [u8],
    whole: bool,
) -> Result<usize, AgentProblem> {
    // As good as no limit: the deadline stands around everything.
    let patience = if whole { MOMENT } else { Duration::from_secs(86_400) };
    match timeout(patience, stream.read(chunk)).await {
        Ok(Ok(length)) => Ok(length),
        Ok(Err(error)) if hung_up(&error) => Ok(0),
        Ok(Err(error)) => Err(unreachable(&error)),
        Err(_) if whole => Ok(0),
        Err(_) => Err(AgentProblem::Timeout),
    }
}
