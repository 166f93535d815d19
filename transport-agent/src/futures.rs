//! The exchange as a future, on tokio.

use std::{io, net::SocketAddr, path::Path, time::Duration};

use relying_party::{
    agent::{AgentRequest, AgentStep, Exchange},
    env::SystemEnv,
    error::{AgentProblem, Error},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use zeroize::Zeroizing;

use crate::{
    AgentSocket,
    address::Address,
    blocking::{CHUNK, Deadline, MOMENT, hung_up, sent, timed_out, unreachable},
    tcp::{no_address, share},
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
                Some(remote) => {
                    let second = self.ask_within(remote, request).await;
                    second.map_err(|later| self.told(error, later))
                }
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
        let mut chunk = Zeroizing::new(vec![0; CHUNK]);
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
                    let length = connected(&mut connection)?.receive(&mut chunk, whole).await?;
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
                let until = Deadline::new(self.connect);
                let found = timeout(until.to_connect()?, lookup_host((host.as_str(), *port))).await;
                let addresses =
                    found.map_err(|_| timed_out())?.map_err(|error| unreachable(&error));
                let stream = connect_tcp(&addresses?.collect::<Vec<_>>(), until).await;
                stream.map(Connection::Tcp)
            }
        }
    }

    #[cfg(unix)]
    async fn connect_unix_async(&self, path: &Path) -> Result<Connection, AgentProblem> {
        let socket = crate::unix::Socket::at(path, self.any_socket)?;
        loop {
            if let Some(stream) = socket.connect()? {
                let stream = tokio::net::UnixStream::from_std(stream);
                return stream.map(Connection::Unix).map_err(|error| unreachable(&error));
            }
            tokio::time::sleep(crate::unix::PAUSE).await;
        }
    }

    #[cfg(not(unix))]
    async fn connect_unix_async(&self, _: &Path) -> Result<Connection, AgentProblem> {
        Err(crate::blocking::no_unix_sockets(self.any_socket))
    }
}

async fn connect_tcp(addresses: &[SocketAddr], until: Deadline) -> Result<TcpStream, AgentProblem> {
    let mut last = no_address();
    for (at, address) in addresses.iter().enumerate() {
        let left = share(until.to_connect()?, addresses.len().saturating_sub(at));
        match timeout(left, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = unreachable(&error),
            Err(_) => last = timed_out(),
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
        sent(written, bytes.len())
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
