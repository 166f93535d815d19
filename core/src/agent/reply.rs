//! Replies: success or failure, and whether to this request.

use std::time::Duration;

use crate::{
    error::{AgentAnswer, AgentProblem, Comparison, Error, JsonFault, JsonProblem, Shown},
    json::{self, Object, Value},
    time::UnixTime,
};

use super::object_end::ObjectEnd;

/// A reply, read as JSON.
pub struct Reply<'a> {
    object: Object<'a>,
    text: &'a [u8],
}

/// What only some requests are answered with; elsewhere it is somebody else's.
const DISTINCT: [&str; 6] =
    ["access_token", "id_token", "mytoken", "transfer_code", "info", "request"];

impl<'a> Reply<'a> {
    pub(super) fn parse(text: &'a [u8], depth: usize) -> Result<Self, AgentProblem> {
        let end = ObjectEnd::default().find(text);
        if end.is_some_and(|end| end < text.len()) {
            return Err(AgentProblem::Trailing);
        }
        let object = json::parse_object(text, depth).map_err(AgentProblem::Json)?;
        Ok(Self { object, text })
    }

    /// The agent's error, if it is one. `error` decides, whatever `status` says.
    pub(super) fn failure(&self) -> Result<Option<AgentProblem>, AgentProblem> {
        let error = self.object.string("error").map_err(AgentProblem::Json)?;
        let failed = self.object.string("status").is_ok_and(|status| status == Some("failure"));
        if error.is_none() && !failed {
            return Ok(None);
        }
        let text = |name| self.object.string(name).ok().flatten();
        let error = match (error.unwrap_or("unknown error"), text("error_description")) {
            (error, Some(description)) => format!("{error}: {description}"),
            (error, None) => error.to_owned(),
        };
        let help = text("info").map(Shown::new);
        Ok(Some(named(&error, AgentAnswer { error: Shown::new(&error), help })))
    }

    /// That it is a success, which only its `status` says.
    pub(super) fn success(&self) -> Result<(), AgentProblem> {
        match self.object.string("status").map_err(AgentProblem::Json)? {
            Some("success") => Ok(()),
            _ => Err(AgentProblem::OtherReply(Shown::new("status"))),
        }
    }

    /// That it holds nothing by which the reply to another request is known but `own`.
    ///
    /// # Errors
    /// [`AgentProblem::OtherReply`]
    pub fn only(&self, own: &[&str]) -> Result<(), Error> {
        let foreign = |name: &&&str| !own.contains(name) && self.object.get(name).is_some();
        match DISTINCT.iter().find(foreign) {
            Some(name) => Err(AgentProblem::OtherReply(Shown::new(name)).into()),
            None => Ok(()),
        }
    }

    /// The members.
    pub fn object(&self) -> &Object<'a> {
        &self.object
    }

    /// As it came.
    pub(super) fn text(&self) -> &str {
        // It was JSON.
        std::str::from_utf8(self.text).unwrap_or_default()
    }

    /// A member that must be there: else the reply belongs elsewhere.
    pub(super) fn required(&self, name: &str) -> Result<&Value<'a>, Error> {
        self.object.get(name).ok_or_else(|| AgentProblem::OtherReply(Shown::new(name)).into())
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// [`AgentProblem::OtherReply`] when it is not: the reply belongs elsewhere.
    pub fn required_string(&self, name: &str) -> Result<&str, Error> {
        match self.required(name)? {
            Value::String(text) => Ok(text),
            _ => Err(wrong_type(name, "a string")),
        }
    }

    /// `issuer`, compared with what was asked for. The agent writes it as the account has it.
    pub(super) fn issuer(&self, expected: Option<&str>) -> Result<String, Error> {
        let issuer = self.required_string("issuer")?;
        let bare = |issuer: &str| issuer.trim_end_matches('/').to_owned();
        match expected {
            Some(expected) if bare(expected) != bare(issuer) => {
                Err(AgentProblem::OtherIssuer(Comparison::new(expected, issuer)).into())
            }
            _ => Ok(issuer.to_owned()),
        }
    }

    /// `expires_at`; 0 says that it is unknown.
    pub(super) fn expires_at(&self) -> Result<Option<UnixTime>, Error> {
        match self.object.get("expires_at") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => {
                let seconds = number.seconds().filter(|seconds| *seconds > 0);
                Ok(seconds.map(UnixTime::from_seconds))
            }
            Some(_) => Err(wrong_type("expires_at", "a number")),
        }
    }
}

impl std::fmt::Debug for Reply<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reply({} bytes)", self.text.len())
    }
}

pub(super) fn wrong_type(name: &str, due: &'static str) -> Error {
    AgentProblem::Json(JsonProblem::new(name, JsonFault::WrongType(due))).into()
}

/// The agent's texts that mean something. They are the same from version 4 on.
fn named(error: &str, answer: AgentAnswer) -> AgentProblem {
    let is =
        |text: &str| error.get(..text.len()).is_some_and(|head| head.eq_ignore_ascii_case(text));
    if is("No account configured with that short name") {
        AgentProblem::UnknownAccount(answer)
    } else if is("account not loaded") {
        AgentProblem::NotLoaded(answer)
    } else if is("Agent locked") {
        AgentProblem::Locked(answer)
    } else if is("request currently not acceptable") {
        AgentProblem::Busy { answer, after: seconds(error) }
    } else if is("Bad Request: Unknown request type") {
        AgentProblem::Unsupported(answer)
    } else if is("decryption failed")
        || is("received suspicious public key")
        || is("internal error: ipc encrypted message malformed")
    {
        AgentProblem::Refused(answer)
    } else {
        AgentProblem::Answered(answer)
    }
}

/// The `7` of `please try again later (7s)`, up to a day.
fn seconds(error: &str) -> Option<Duration> {
    let (_, tail) = error.rsplit_once('(')?;
    let seconds: u32 = tail.strip_suffix("s)")?.parse().ok()?;
    (seconds <= 86_400).then_some(Duration::from_secs(seconds.into()))
}
