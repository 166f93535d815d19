//! The agent itself: whether it is there, which version it has, its lock, and what it knows of an issuer.

use zeroize::Zeroizing;

use crate::{
    error::{AgentProblem, Error, Shown},
    json::Value,
};

use super::{
    accounts::names,
    reply::{Reply, wrong_type},
    request::{AgentRequest, Members, named},
};

/// Asks whether the agent is there. A locked one answers as well.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a request does nothing by itself"]
pub struct Check;

impl AgentRequest for Check {
    type Reply = ();

    fn name(&self) -> &str {
        "check"
    }

    fn members(&self, _: &mut Members) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<(), Error> {
        reply.only(&[])
    }
}

/// Asks for the agent's version and state.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a request does nothing by itself"]
pub struct ReadStatus;

/// An agent's version and state.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AgentStatus {
    /// The version: `5.3.3`.
    pub version: String,
    /// The short names of the accounts that are loaded.
    pub loaded_accounts: Vec<String>,
}

impl AgentStatus {
    /// Whether the version is this one or a later one: `at_least(4, 4)` for mytokens, `at_least(5, 0)` for
    /// [`ListAccounts`](super::ListAccounts).
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        let mut parts = self.version.split('.').map(|part| part.parse().ok());
        let mut next = || parts.next().flatten().unwrap_or(0);
        (next(), next()) >= (major, minor)
    }
}

impl AgentRequest for ReadStatus {
    type Reply = AgentStatus;

    // `status` is no JSON: it holds bare line breaks within a text.
    fn name(&self) -> &str {
        "status_json"
    }

    fn members(&self, _: &mut Members) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<AgentStatus, Error> {
        reply.only(&["info"])?;
        let Value::Object(info) = reply.required("info")? else {
            return Err(wrong_type("info", "an object"));
        };
        let version = info.string("version").map_err(AgentProblem::Json)?;
        let Some(version) = version else {
            return Err(AgentProblem::OtherReply(Shown::new("version")).into());
        };
        let loaded_accounts = match info.get("loaded_accounts") {
            None | Some(Value::Null) => Vec::new(),
            Some(loaded) => {
                names(loaded).ok_or(wrong_type("loaded_accounts", "an array of strings"))?
            }
        };
        Ok(AgentStatus { version: version.to_owned(), loaded_accounts })
    }
}

macro_rules! lock {
    ($(#[$meta:meta])* $type:ident $name:literal $done:literal) => {
        $(#[$meta])*
        #[derive(Clone)]
        #[must_use = "a request does nothing by itself"]
        pub struct $type(Zeroizing<String>);

        impl $type {
            /// With this password.
            pub fn new(password: impl Into<String>) -> Self {
                Self(Zeroizing::new(password.into()))
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(redacted)"))
            }
        }

        impl AgentRequest for $type {
            type Reply = ();

            fn name(&self) -> &str {
                $name
            }

            fn members(&self, members: &mut Members) -> Result<(), Error> {
                members.string("password", named("password", &self.0)?);
                Ok(())
            }

            fn read(&self, reply: &Reply<'_>) -> Result<(), Error> {
                reply.only(&["info"])?;
                match reply.required_string("info")? {
                    $done => Ok(()),
                    _ => Err(AgentProblem::OtherReply(Shown::new("info")).into()),
                }
            }
        }
    };
}

lock! {
    /// Locks the agent: until it is unlocked, it gives nobody a token.
    Lock "lock" "Agent locked"
}

lock! {
    /// Unlocks the agent.
    Unlock "unlock" "Agent unlocked"
}

/// Asks for the scopes that a provider supports, as the agent reads them from its metadata.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing by itself"]
pub struct ListScopes {
    issuer: String,
    cert_path: Option<String>,
    config_endpoint: Option<String>,
}

impl ListScopes {
    /// Of this issuer.
    pub fn of_issuer(issuer: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), cert_path: None, config_endpoint: None }
    }

    /// The file of certificate authorities by which the agent trusts the provider. Default: the agent's.
    pub fn cert_path(mut self, path: impl Into<String>) -> Self {
        self.cert_path = Some(path.into());
        self
    }

    /// Where the provider's metadata is, if not where the issuer says. Needs agent 5.
    pub fn config_endpoint(mut self, url: impl Into<String>) -> Self {
        self.config_endpoint = Some(url.into());
        self
    }
}

impl AgentRequest for ListScopes {
    type Reply = Vec<String>;

    fn name(&self) -> &str {
        "scopes"
    }

    fn members(&self, members: &mut Members) -> Result<(), Error> {
        members.string("issuer", named("issuer", &self.issuer)?);
        members.optional("cert_path", self.cert_path.as_deref());
        members.optional("config_endpoint", self.config_endpoint.as_deref());
        Ok(())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<String>, Error> {
        reply.only(&["info"])?;
        let scopes = reply.required_string("info")?;
        Ok(scopes.split_whitespace().map(str::to_owned).collect())
    }
}
