//! Debian's `oidc-agent-cli` with two accounts of the npm provider: `tests/interop/agent`.

use std::{
    ffi::OsStr,
    fs,
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use relying_party::{
    Client, Policy, flow::start_login::StartedLogin, protocol::authorization::Prompt,
};
use serde_json::Value;

use super::{
    Folder, Program, Result,
    npm::NodeProvider,
    resource,
    runner::{PATIENT, Runner},
};
use crate::{browser::Browser, scenario::crypto};

const PATIENCE: Duration = Duration::from_secs(60);

/// What an agent of the tests never does by itself: load an account, or start a login because a refresh was refused.
const OPTIONS: [&str; 2] = ["--no-autoload", "--no-autoreauthenticate"];

/// A loaded account: a client of the provider and a subject.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Its short name, which is also the subject.
    pub name: &'static str,
    /// The client by its name in `clients.mjs`.
    pub client: &'static str,
}

/// Of the subject alice.
pub const ALICE: Account = Account { name: "alice", client: "audience" };
/// Of the subject bob, with another client.
pub const BOB: Account = Account { name: "bob", client: "audience-2" };

/// What an account asks for unless a request names scopes.
pub const SCOPE: &str = "openid email offline_access api:read";

/// A resource that both accounts' tokens may be for; there are [`AUDIENCES`] of them.
pub fn audience(number: usize) -> String {
    format!("https://rs{number}.example.test/jwt-ES256")
}

/// How many resources each account was granted.
pub const AUDIENCES: usize = 50;

/// An agent process with its own home, temporary files and socket.
#[derive(Debug)]
pub struct RealAgent {
    program: Program,
    folder: Folder,
    socket: PathBuf,
}

impl RealAgent {
    /// Starts an agent without accounts and returns once it listens.
    pub fn start() -> Result<Self> {
        Self::start_with(&[])
    }

    /// The same with further options.
    pub fn start_with(options: &[&str]) -> Result<Self> {
        let folder = Folder::new("rp-oidc")?;
        for name in ["home", "tmp", "cfg"] {
            fs::create_dir(folder.path().join(name))?;
        }
        let mut command = Command::new("sh");
        command.arg(resource("agent/agent.sh")).args(OPTIONS).args(options);
        surround(&mut command, folder.path());
        let program = Program::start(&mut command, &folder.path().join("log"), PATIENCE)?;
        // Complete before anything else can fail: from now on it ends with this value.
        let mut agent = Self { program, folder, socket: PathBuf::new() };
        agent.socket = find_socket(&agent.folder.path().join("tmp"))?;
        Ok(agent)
    }

    /// The same with [`ALICE`] and [`BOB`] loaded, each after a login at the provider.
    pub fn with_accounts(provider: &NodeProvider) -> Result<Self> {
        let agent = Self::start()?;
        for account in [ALICE, BOB] {
            agent.add(provider, account)?;
        }
        Ok(agent)
    }

    /// Logs the account in at the provider and has `oidc-gen` make and load it.
    pub fn add(&self, provider: &NodeProvider, account: Account) -> Result<()> {
        let client = provider.client(account.client)?;
        let mut command = Command::new("oidc-gen");
        command
            .args([account.name, "--flow=refresh", "--rt-env=REFRESH_TOKEN", "--pw-env=PASSWORD"])
            .args(["--prompt=none", "--confirm-yes", "--redirect-uri=http://localhost:8765"])
            .args(["--issuer", provider.issuer(), "--scope", SCOPE])
            .args(["--client-id", &client.client_id])
            .args(["--client-secret", client.client_secret.as_deref().unwrap_or_default()]);
        surround(&mut command, self.folder.path())
            .env("OIDC_SOCK", self.socket())
            .env("REFRESH_TOKEN", refresh_token(provider, account)?)
            .env("PASSWORD", "of the account files")
            .stdin(Stdio::null());
        let run = command.output().map_err(|e| format!("oidc-gen: {e}"))?;
        if !run.status.success() {
            let said = [run.stdout, run.stderr].concat();
            return Err(format!("oidc-gen: {}", String::from_utf8_lossy(&said)).into());
        }
        Ok(())
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// A program that finds this agent, in the agent's surroundings.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        surround(&mut command, self.folder.path()).env("OIDC_SOCK", self.socket());
        command.stdin(Stdio::null());
        command
    }

    /// One request in the plain form, by hand.
    pub fn ask(&self, request: &Value) -> Result<Value> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.set_read_timeout(Some(PATIENT))?;
        // The agent reads once: the request must come in one write.
        stream.write_all(request.to_string().as_bytes())?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        Ok(serde_json::from_str(&reply).map_err(|e| format!("{e}: {reply}"))?)
    }

    /// Kills the agent and returns once it is gone; its socket's file stays.
    pub fn kill(&mut self) {
        // The script must see the end itself: it is what knows the agent's process.
        self.program.end();
    }
}

impl Drop for RealAgent {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The agent's own place for it: `oidc-XXXXXX/oidc-agent.NUMBER`.
fn find_socket(tmp: &Path) -> Result<PathBuf> {
    for folder in fs::read_dir(tmp)? {
        let folder = folder?;
        if folder.file_type()?.is_dir()
            && let Some(socket) = fs::read_dir(folder.path())?.next()
        {
            return Ok(socket?.path());
        }
    }
    Err("the agent has no socket: is the path of the temporary files too long?".into())
}

/// Nothing of the caller's environment but the search path: no agent, proxy, display or home of somebody's.
fn surround<'a>(command: &'a mut Command, folder: &Path) -> &'a mut Command {
    command.env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
        .env("HOME", folder.join("home"))
        .env("TMPDIR", folder.join("tmp"))
        .env("OIDC_CONFIG_DIR", folder.join("cfg"))
}

/// The account's client, made by this library.
pub fn client(provider: &NodeProvider, runner: &Runner, account: Account) -> Result<Client> {
    let registration = provider.client(account.client)?.registration()?;
    let policy = Policy::default().insecure_allow_loopback_http();
    let discover = Client::discover(provider.issuer(), registration, crypto()).policy(policy);
    Ok(runner.run(discover)?)
}

/// Out of a login whose grant holds every resource.
fn refresh_token(provider: &NodeProvider, account: Account) -> Result<String> {
    let runner = Runner::ureq(provider.ca_pem(), PATIENT);
    let client = client(provider, &runner, account)?;
    let start = client.start_login().scope(SCOPE).prompt(Prompt::Consent);
    let start = start.login_hint(&format!("auto:{}", account.name));
    let start = (0..AUDIENCES).fold(start, |start, number| start.resource(&audience(number)));
    let StartedLogin { url, pending } = runner.run(start)?;
    let browser = Browser::new(provider.ca_pem())?;
    let back = browser.authorize(&url, client.registration().redirect_uri())?;
    let callback = client.callback(back.query().unwrap_or_default())?;
    let login = runner.run(client.finish_login(pending, callback))?;
    let token = login.tokens().refresh_token().ok_or("no refresh token")?;
    Ok(token.expose().to_owned())
}
