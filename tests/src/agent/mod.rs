//! A fake oidc-agent: its side of the protocol over real sockets, plain and encrypted, with faults on demand.
//!
//! Like the real one it serves one connection at a time, takes what one read brings for a whole message, answers once
//! and hangs up.

mod accounts;
mod both;
mod fault;
mod wire;

use std::{
    collections::VecDeque,
    fs,
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
};

use serde_json::Value;

pub use accounts::{Accounts, EXPIRES_AT, LIFETIME};
pub use both::{block_on, both, refused};
pub use fault::Fault;
pub use wire::{open, public_key, seal, shared};

/// A running fake; ends when dropped.
pub struct FakeAgent {
    place: Place,
    inside: Arc<Inside>,
    thread: Option<JoinHandle<()>>,
}

enum Place {
    Path { folder: PathBuf, socket: PathBuf },
    Tcp(SocketAddr),
}

struct Inside {
    accounts: Mutex<Accounts>,
    faults: Mutex<VecDeque<Fault>>,
    requests: Mutex<Vec<Value>>,
    connections: AtomicUsize,
    over: AtomicBool,
}

/// The issuer of account `a` of [`FakeAgent::of_two`].
pub const ONE: &str = "https://one.test/";
/// The issuer of its account `b`.
pub const TWO: &str = "https://two.test";

impl FakeAgent {
    /// With an account at each of two issuers.
    pub fn of_two() -> Self {
        Self::start(Accounts::new(&[("a", ONE), ("b", TWO)]))
    }

    /// At a UNIX socket in a new folder of its own.
    pub fn start(accounts: Accounts) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("rp-agent-{}-{number}", std::process::id()));
        fs::create_dir(&folder).expect("a new folder");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("its mode");
        let socket = folder.join("agent.sock");
        let listener = UnixListener::bind(&socket).expect("a socket");
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o600)).expect("its mode");
        Self::serve(accounts, Place::Path { folder, socket }, move || {
            listener.accept().map(|(stream, _)| stream)
        })
    }

    /// At a port of 127.0.0.1.
    pub fn start_tcp(accounts: Accounts) -> Self {
        Self::start_tcp_at(Ipv4Addr::LOCALHOST.into(), accounts).expect("a port")
    }

    /// At a port of this address.
    ///
    /// # Errors
    /// The system's, where it has no such address.
    pub fn start_tcp_at(host: IpAddr, accounts: Accounts) -> std::io::Result<Self> {
        let listener = TcpListener::bind((host, 0))?;
        let address = listener.local_addr()?;
        Ok(Self::serve(accounts, Place::Tcp(address), move || {
            listener.accept().map(|(stream, _)| stream)
        }))
    }

    fn serve<S: Read + Write>(
        accounts: Accounts,
        place: Place,
        mut accept: impl FnMut() -> std::io::Result<S> + Send + 'static,
    ) -> Self {
        let inside = Arc::new(Inside {
            accounts: Mutex::new(accounts),
            faults: Mutex::default(),
            requests: Mutex::default(),
            connections: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let shared = inside.clone();
        let thread = thread::spawn(move || {
            while let Ok(mut stream) = accept() {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                shared.connections.fetch_add(1, Ordering::SeqCst);
                // Who hangs up on it is no concern of an agent.
                let _ = shared.converse(&mut stream);
            }
        });
        Self { place, inside, thread: Some(thread) }
    }

    /// What the next connections suffer, one each; later ones are served honestly.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.inside.faults).extend(faults);
    }

    /// The accounts, to be changed while it runs.
    pub fn accounts(&self) -> MutexGuard<'_, Accounts> {
        lock(&self.inside.accounts)
    }

    /// The requests that arrived whole, in their order.
    pub fn requests(&self) -> Vec<Value> {
        lock(&self.inside.requests).clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.inside.connections.load(Ordering::SeqCst)
    }

    /// Its UNIX socket.
    pub fn path(&self) -> &Path {
        match &self.place {
            Place::Path { socket, .. } => socket,
            Place::Tcp(_) => panic!("it listens at a port"),
        }
    }

    /// Its `host:port`.
    pub fn address(&self) -> String {
        match &self.place {
            Place::Tcp(address) => address.to_string(),
            Place::Path { .. } => panic!("it listens at a path"),
        }
    }
}

impl Drop for FakeAgent {
    fn drop(&mut self) {
        self.inside.over.store(true, Ordering::SeqCst);
        // Wakes the thread up.
        match &self.place {
            Place::Path { socket, .. } => drop(UnixStream::connect(socket)),
            Place::Tcp(address) => drop(TcpStream::connect(address)),
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if let Place::Path { folder, .. } = &self.place {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

impl Inside {
    /// One connection.
    fn converse(&self, stream: &mut (impl Read + Write)) -> std::io::Result<()> {
        let fault = lock(&self.faults).pop_front().unwrap_or(Fault::None);
        if fault == Fault::CloseAtOnce {
            return Ok(());
        }
        let first = message(stream)?;
        if fault == Fault::Silence {
            return message(stream).map(drop);
        }
        if first.first() == Some(&b'{') {
            let reply = fault.plain(&self.answer(&first));
            return fault.write(stream, &reply);
        }
        let secret = wire::secret();
        if let Some(key) = fault.instead_of_key(&wire::public_key(&secret)) {
            stream.write_all(&key)?;
            return Ok(());
        }
        stream.write_all(wire::public_key(&secret).as_bytes())?;
        if fault == Fault::CloseAfterKey {
            return Ok(());
        }
        let frame = message(stream)?;
        let Some(shared) = wire::shared(&secret, &first) else {
            return stream.write_all(&failure("received suspicious public key"));
        };
        let Some(request) = wire::open(&shared, &frame) else {
            return stream.write_all(&failure("decryption failed"));
        };
        let reply = fault.sealed(&shared, &self.answer(&request));
        fault.write(stream, &reply)
    }

    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let Ok(request) = serde_json::from_slice::<Value>(request) else {
            return failure("Bad Request: could not parse json");
        };
        lock(&self.requests).push(request.clone());
        lock(&self.accounts).answer(&request).to_string().into_bytes()
    }
}

/// What one read brings.
fn message(stream: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; 128 * 1024];
    let length = stream.read(&mut bytes)?;
    bytes.truncate(length);
    Ok(bytes)
}

fn failure(error: &str) -> Vec<u8> {
    format!(r#"{{"status":"failure","error":"{error}"}}"#).into_bytes()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
