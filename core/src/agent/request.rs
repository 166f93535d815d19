//! What every request to an agent is: a name, members, and how its reply is read.

use crate::{
    error::{ApiMisuse, Bound, Error, ErrorKind, Shown},
    text,
};

use super::{buffer::SecretBuffer, reply::Reply};

/// Bytes of a request: 16 KiB. A longer one is never sent: it makes an agent of version 4 give everybody the reply to
/// somebody else's request.
pub const MAX_REQUEST: usize = 16 * 1024;

/// A request to an oidc-agent. Those of this module are all that a program needs which uses tokens; what else an agent
/// understands can be added by implementing this.
pub trait AgentRequest {
    /// What a successful reply holds.
    type Reply;

    /// The value of `request`.
    fn name(&self) -> &str;

    /// Writes the other members.
    ///
    /// # Errors
    /// [`ApiMisuse`] when one cannot be sent.
    fn members(&self, members: &mut Members) -> Result<(), Error>;

    /// Reads a successful reply. `status` is `success` by then, and there is no `error`.
    ///
    /// # Errors
    /// [`AgentProblem`](crate::error::AgentProblem) when it is not one to this request.
    fn read(&self, reply: &Reply<'_>) -> Result<Self::Reply, Error>;

    /// When a remote agent may be asked instead. By default never.
    fn reach(&self) -> Reach {
        Reach::Local
    }
}

/// When a remote agent is asked after the local one, as far as the adapter knows one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Never.
    Local,
    /// When there is no local agent.
    Unreachable,
    /// Also when the local agent has no such account.
    Account,
}

/// The members of a request. What exceeds [`MAX_REQUEST`] is not kept.
pub struct Members {
    json: SecretBuffer,
    too_long: bool,
}

impl Members {
    /// A text, also a secret one.
    pub fn string(&mut self, name: &str, value: &str) {
        if self.fits(name, value.len()) {
            self.json.push(b",");
            self.text(name);
            self.json.push(b":");
            self.text(value);
        }
    }

    /// A text, where there is one.
    pub fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(name, value);
        }
    }

    /// A number.
    pub fn number(&mut self, name: &str, value: i64) {
        self.json(name, &value.to_string());
    }

    /// A value that is JSON already.
    pub(super) fn json(&mut self, name: &str, value: &str) {
        if self.fits(name, value.len()) {
            self.json.push(b",");
            self.text(name);
            self.json.push(b":");
            self.json.push(value.as_bytes());
        }
    }

    fn fits(&mut self, name: &str, length: usize) -> bool {
        let length = self.json.len().saturating_add(name.len()).saturating_add(length);
        self.too_long |= length > MAX_REQUEST;
        !self.too_long
    }

    fn text(&mut self, text: &str) {
        // Neither a text nor memory can be wrong; if it were, nothing is sent.
        self.too_long |= serde_json::to_writer(&mut self.json, text).is_err();
    }
}

impl std::fmt::Debug for Members {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Members({} bytes)", self.json.len())
    }
}

/// The request as JSON.
pub(super) fn write<R: AgentRequest>(request: &R) -> Result<SecretBuffer, Error> {
    let mut members = Members { json: SecretBuffer::default(), too_long: false };
    members.json.push(b"{\"request\":");
    members.text(request.name());
    request.members(&mut members)?;
    members.json.push(b"}");
    if members.too_long || members.json.len() > MAX_REQUEST {
        return Err(ErrorKind::Limit { what: Bound::AgentRequest, limit: MAX_REQUEST }.into());
    }
    Ok(members.json)
}

/// Whose token.
#[derive(Clone, Debug)]
pub(super) enum Owner {
    Account(String),
    Issuer(String),
}

impl Owner {
    pub(super) fn members(&self, members: &mut Members) -> Result<(), Error> {
        let (name, value) = match self {
            Self::Account(name) => ("account", name),
            Self::Issuer(issuer) => ("issuer", issuer),
        };
        members.string(name, named(name, value)?);
        Ok(())
    }

    /// The issuer that the token must be of: the expected one, if that was said, else the one asked for.
    pub(super) fn issuer<'a>(&'a self, expected: Option<&'a str>) -> Option<&'a str> {
        expected.or(match self {
            Self::Account(_) => None,
            Self::Issuer(issuer) => Some(issuer),
        })
    }

    pub(super) fn reach(&self) -> Reach {
        match self {
            Self::Account(_) => Reach::Account,
            Self::Issuer(_) => Reach::Local,
        }
    }
}

/// What must be there: an agent takes an empty text for none, and answers something else.
pub(super) fn named<'a>(name: &'static str, value: &'a str) -> Result<&'a str, Error> {
    match value.is_empty() || value.chars().any(char::is_control) {
        true => Err(ApiMisuse::Characters(name).into()),
        false => Ok(value),
    }
}

/// The name of the program, for prompts. An empty one is none, as the agent takes it.
pub(super) fn hint(value: Option<&str>) -> Result<Option<&str>, Error> {
    value.filter(|hint| !hint.is_empty()).map(|hint| named("application_hint", hint)).transpose()
}

/// A list of words. An agent of version 4 puts it into its form for the provider as it is, where it could become
/// parameters of its own.
pub(super) fn words<'a>(name: &str, value: Option<&'a str>) -> Result<Option<&'a str>, Error> {
    let good = |byte| text::is_vschar(byte) && byte != b'&';
    match value {
        Some(value) if !value.bytes().all(good) => {
            Err(ApiMisuse::Parameter(Shown::new(name)).into())
        }
        // As the agent takes it.
        value => Ok(value.filter(|value| !value.is_empty())),
    }
}
