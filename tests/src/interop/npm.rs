//! The npm package `oidc-provider` with everything switched on: `tests/interop/op`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use relying_party::Registration;
use serde_json::Value;

use super::{Folder, Program, Result, resource};
use crate::browser::agent;

const PATIENCE: Duration = Duration::from_secs(60);

/// How the provider is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `http://127.0.0.1:<port>`
    Http,
    /// `https://localhost:<port>`, and mutual TLS on a port of its own
    Https {
        /// What the provider shows.
        cert: Certificate,
    },
}

/// A server certificate of the test PKI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// In order.
    Server,
    /// Signed by the root, for another host.
    WrongHost,
    /// Signed by the root, for this host, years ago.
    Expired,
    /// For this host, not signed by the root.
    SelfSigned,
}

impl Certificate {
    fn file(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::WrongHost => "wronghost",
            Self::Expired => "expired",
            Self::SelfSigned => "selfsigned",
        }
    }
}

/// A client as the provider has it registered.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// Its `client_id`, which need not be the name it is asked for by.
    pub client_id: String,
    /// None for a client that authenticates without one.
    pub client_secret: Option<String>,
    /// Never fetched by the provider; nobody has to listen there.
    pub redirect_uris: Vec<String>,
}

impl RegisteredClient {
    /// Out of a provider's `clients.json`.
    pub(super) fn read(state: &Value, name: &str) -> Result<Self> {
        let client = &state["clients"][name];
        let uris = client["redirect_uris"].as_array().ok_or_else(|| format!("no client {name}"))?;
        Ok(Self {
            client_id: text(&client["client_id"], "client_id")?,
            client_secret: client["client_secret"].as_str().map(str::to_owned),
            redirect_uris: uris
                .iter()
                .map(|uri| text(uri, "redirect_uri"))
                .collect::<Result<_>>()?,
        })
    }

    /// With its secret, if it has one, and no other proof; with its first redirect URI, or for a service one that
    /// nobody uses.
    pub fn registration(&self) -> Result<Registration> {
        let id = self.client_id.as_str();
        let uri = self.redirect_uris.first().map_or("https://rp.test/unused", String::as_str);
        Ok(match &self.client_secret {
            Some(secret) => Registration::confidential(id, secret, uri)?,
            None => Registration::public(id, uri)?,
        })
    }
}

/// A provider process with its own port, keys, accounts and clients.
#[derive(Debug)]
pub struct NodeProvider {
    // The process ends before its folder goes.
    _program: Program,
    folder: Folder,
    issuer: String,
    state: Value,
    ca: Option<Vec<u8>>,
}

impl NodeProvider {
    /// Starts a provider and returns once it answers.
    pub fn start(scheme: Scheme) -> Result<Self> {
        Self::start_with(scheme, &[])
    }

    /// The same with settings out of the list at the top of `op.mjs`, such as `OP_MOUNT`.
    pub fn start_with(scheme: Scheme, settings: &[(&str, &str)]) -> Result<Self> {
        if !resource("op/node_modules/oidc-provider").is_dir() {
            return Err("the provider's node_modules are missing: run tests/run".into());
        }
        let folder = Folder::new("rp-op")?;
        let pki = folder.path().join("pki");
        let mut command = Command::new(node());
        command
            .arg(resource("op/op.mjs"))
            .env("OP_STATE", folder.path())
            .env("OP_STDIN", "1")
            .envs(settings.iter().copied());
        let ca = match scheme {
            Scheme::Http => None,
            Scheme::Https { cert } => {
                issue(&pki)?;
                command
                    .env("OP_PKI", &pki)
                    .env("OP_CERT", cert.file())
                    .env("OP_CIBA_URI", "https://localhost:8766/ping")
                    .env("NODE_EXTRA_CA_CERTS", pki.join("ca.crt"));
                Some(fs::read(pki.join("ca.crt"))?)
            }
        };
        let program = Program::start(&mut command, &folder.path().join("log"), PATIENCE)?;
        let state: Value = serde_json::from_slice(&fs::read(folder.path().join("clients.json"))?)?;
        let issuer = text(&state["issuer"], "issuer")?;
        Ok(Self { _program: program, folder, issuer, state, ca })
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The client with this name in `clients.mjs`, such as `basic` or `public`.
    pub fn client(&self, name: &str) -> Result<RegisteredClient> {
        RegisteredClient::read(&self.state, name)
    }

    /// All that `clients.json` says: accounts, private keys of the clients, every registration.
    pub fn state(&self) -> &Value {
        &self.state
    }

    /// The root certificate, over https.
    pub fn ca_pem(&self) -> Option<&[u8]> {
        self.ca.as_deref()
    }

    /// A file of the PKI, such as `client.key`; there are none over http.
    pub fn pki(&self, file: &str) -> PathBuf {
        self.folder.path().join("pki").join(file)
    }

    /// Asks for `/_test/<path>`, such as `config?codeTTL=1`; the names stand in `control.mjs`.
    pub fn control(&self, path: &str) -> Result<Value> {
        let url = format!("{}/_test/{path}", self.issuer);
        let mut response = agent(self.ca_pem())?.get(&url).call()?;
        let body = response.body_mut().read_to_string()?;
        if response.status() != 200 {
            return Err(format!("/_test/{path}: {} {body}", response.status()).into());
        }
        Ok(serde_json::from_str(&body)?)
    }
}

/// $NODE, else the one that tests/run installed because the system's is too old, else the system's.
pub fn node() -> PathBuf {
    let installed =
        ["x64", "arm64"].map(|cpu| format!("op/node_modules/node-linux-{cpu}/bin/node"));
    std::env::var_os("NODE")
        .map(PathBuf::from)
        .or_else(|| installed.iter().map(|path| resource(path)).find(|path| path.is_file()))
        .unwrap_or_else(|| "node".into())
}

pub(super) fn issue(pki: &Path) -> Result<()> {
    let run = Command::new("sh").arg(resource("mkca.sh")).arg(pki).output()?;
    if !run.status.success() {
        return Err(format!("mkca.sh: {}", String::from_utf8_lossy(&run.stderr)).into());
    }
    Ok(())
}

pub(super) fn text(value: &Value, what: &str) -> Result<String> {
    Ok(value.as_str().ok_or_else(|| format!("clients.json: no {what}"))?.to_owned())
}
