//! The PyPI package `idpyoidc` with a login form: `tests/interop/idpyoidc`.

use std::{fs, process::Command, time::Duration};

use serde_json::Value;

use super::{
    Folder, Program, Result,
    npm::{Certificate, RegisteredClient, Scheme, issue, text},
    resource,
};
use crate::browser::agent;

const PATIENCE: Duration = Duration::from_secs(60);

/// A provider process with its own port, keys and clients; its accounts are alice and bob.
#[derive(Debug)]
pub struct IdpyProvider {
    // The process ends before its folder goes.
    _program: Program,
    _folder: Folder,
    issuer: String,
    state: Value,
    ca: Option<Vec<u8>>,
}

impl IdpyProvider {
    /// Starts a provider and returns once it answers. Over https it shows [`Certificate::Server`].
    pub fn start(scheme: Scheme) -> Result<Self> {
        let python = resource("idpyoidc/venv/bin/python");
        if !python.is_file() {
            return Err("the provider's virtual environment is missing: run tests/run".into());
        }
        let folder = Folder::new("rp-idpyoidc")?;
        let pki = folder.path().join("pki");
        let mut command = Command::new(python);
        // Without byte code beside the sources, and without the caller's Python settings.
        command.args(["-B", "-E"]).arg(resource("idpyoidc/idpy_op.py"));
        command.arg("--state").arg(folder.path());
        let ca = match scheme {
            Scheme::Http => None,
            Scheme::Https { cert: Certificate::Server } => {
                issue(&pki)?;
                command.arg("--pki").arg(&pki);
                Some(fs::read(pki.join("ca.crt"))?)
            }
            Scheme::Https { cert } => return Err(format!("does not show {cert:?}").into()),
        };
        let program = Program::start(&mut command, &folder.path().join("log"), PATIENCE)?;
        let state: Value = serde_json::from_slice(&fs::read(folder.path().join("clients.json"))?)?;
        let issuer = text(&state["issuer"], "issuer")?;
        Ok(Self { _program: program, _folder: folder, issuer, state, ca })
    }

    /// Its issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The client with this name in `configuration.py`, such as `basic` or `public`.
    pub fn client(&self, name: &str) -> Result<RegisteredClient> {
        RegisteredClient::read(&self.state, name)
    }

    /// From now on it signs with new keys, and publishes no others.
    pub fn rotate_keys(&self) -> Result<()> {
        let url = format!("{}/_test/rotate-keys", self.issuer);
        let response = agent(self.ca_pem())?.get(&url).call()?;
        match response.status().as_u16() {
            200 => Ok(()),
            status => Err(format!("/_test/rotate-keys: {status}").into()),
        }
    }

    /// The root certificate, over https.
    pub fn ca_pem(&self) -> Option<&[u8]> {
        self.ca.as_deref()
    }
}
