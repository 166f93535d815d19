//! The ways in which this library asks an agent, so that one test covers all of them.

use std::{
    fmt, fs,
    io::{self, Read as _, Write as _},
    os::unix::{
        fs::PermissionsExt as _,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use relying_party::{Error, agent::AgentRequest};
use relying_party_agent::AgentSocket;
use tokio::runtime::{self, Runtime};

use super::Folder;

/// Blocking or async, encrypted or in the clear.
#[derive(Clone, Debug)]
pub struct Way {
    socket: AgentSocket,
    encrypted: bool,
    // None where it blocks.
    runtime: Option<Arc<Runtime>>,
}

impl Way {
    /// All four, to the agent at `path`.
    ///
    /// # Panics
    /// Without a runtime.
    pub fn all(path: &Path) -> Vec<Self> {
        // With its own patience: a hundred clients wait for each other.
        let socket = AgentSocket::at(path);
        let plain = socket.clone().insecure_without_encryption();
        let builder = runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = Some(Arc::new(builder.expect("a runtime")));
        [(socket, true), (plain, false)]
            .into_iter()
            .flat_map(|(socket, encrypted)| {
                [None, runtime.clone()].map(|runtime| Self {
                    socket: socket.clone(),
                    encrypted,
                    runtime,
                })
            })
            .collect()
    }

    /// Whether keys are exchanged first.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Makes one request.
    ///
    /// # Errors
    /// The request's.
    pub fn run<R>(&self, request: R) -> Result<R::Reply, Error>
    where
        R: AgentRequest + Clone + Send + Sync + 'static,
        R::Reply: Send + 'static,
    {
        match &self.runtime {
            None => self.socket.run(request),
            Some(runtime) => runtime.block_on(self.socket.run_async(request)),
        }
    }

    /// Makes all requests at the same time, a thread or a task for each: their replies, in order.
    ///
    /// # Panics
    /// When a thread or a task does.
    pub fn run_all<R>(&self, requests: impl Iterator<Item = R>) -> Vec<Result<R::Reply, Error>>
    where
        R: AgentRequest + Clone + Send + Sync + 'static,
        R::Reply: Send + 'static,
    {
        let requests = requests.map(|request| (self.socket.clone(), request));
        match &self.runtime {
            None => {
                let spawn = |(socket, request): (AgentSocket, R)| {
                    thread::spawn(move || socket.run(request))
                };
                let running: Vec<_> = requests.map(spawn).collect();
                running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
            }
            Some(runtime) => {
                let spawn = |(socket, request): (AgentSocket, R)| {
                    runtime.spawn(async move { socket.run_async(request).await })
                };
                let running: Vec<_> = requests.map(spawn).collect();
                let all = async {
                    let mut replies = Vec::new();
                    for task in running {
                        replies.push(task.await.expect("no panic"));
                    }
                    replies
                };
                runtime.block_on(all)
            }
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.runtime.is_some() { "async, " } else { "blocking, " })?;
        f.write_str(if self.encrypted { "encrypted" } else { "plain" })
    }
}

/// A socket before an agent's, for one connection.
#[derive(Debug)]
pub struct Relay(Folder);

impl Relay {
    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.0.path().join("sock")
    }
}

/// Passes one connection on to the agent at `path`; when the request has come, `then` is called before it goes on.
///
/// # Errors
/// When there is no socket to be had.
pub fn between(path: &Path, then: impl FnOnce() + Send + 'static) -> io::Result<Relay> {
    let relay = Relay(Folder::new("rp-relay")?);
    let listener = UnixListener::bind(relay.socket())?;
    // Nobody but its user may write to it.
    fs::set_permissions(relay.socket(), fs::Permissions::from_mode(0o600))?;
    let agent = UnixStream::connect(path)?;
    thread::spawn(move || {
        // What goes wrong here is seen by the client, as the end of its connection.
        let _ = listener.accept().and_then(|(client, _)| pass(client, agent, then));
    });
    Ok(relay)
}

fn pass(mut client: UnixStream, mut agent: UnixStream, then: impl FnOnce()) -> io::Result<()> {
    let mut message = [0; 1024];
    let mut length = client.read(&mut message)?;
    // A public key comes before the request, and is answered with one.
    if message[0] != b'{' {
        agent.write_all(&message[..length])?;
        length = agent.read(&mut message)?;
        client.write_all(&message[..length])?;
        length = client.read(&mut message)?;
    }
    then();
    agent.write_all(&message[..length])?;
    io::copy(&mut agent, &mut client)?;
    Ok(())
}
