//! Mytokens: long-lived tokens with restrictions, from the mytoken server of an account.

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::{
    error::{AgentProblem, ApiMisuse, Error, Shown},
    json,
    secret::SecurityToken,
    time::UnixTime,
};

use super::{
    reply::Reply,
    request::{AgentRequest, Members, Owner, Reach, hint},
};

/// Asks for a mytoken. The agent's user has to consent at a screen. Needs agent 4.4.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing by itself"]
pub struct ObtainMytoken {
    owner: Owner,
    profile: Option<Profile>,
    application_hint: Option<String>,
}

#[derive(Clone, Debug)]
enum Profile {
    Object(String),
    Text(String),
}

impl ObtainMytoken {
    /// Of the account with this short name.
    pub fn of_account(name: impl Into<String>) -> Self {
        Self { owner: Owner::Account(name.into()), profile: None, application_hint: None }
    }

    /// The profile as a JSON object. Default: the agent's, `web-default`.
    pub fn profile_object(mut self, json: impl Into<String>) -> Self {
        self.profile = Some(Profile::Object(json.into()));
        self
    }

    /// The profile as the agent reads texts: a JSON object, or else the name of one that the server knows.
    pub fn profile(mut self, name_or_json: impl Into<String>) -> Self {
        self.profile = Some(Profile::Text(name_or_json.into()));
        self
    }

    /// The name of this program: it becomes part of the mytoken's name. Default: none.
    pub fn application_hint(mut self, hint: impl Into<String>) -> Self {
        self.application_hint = Some(hint.into());
        self
    }
}

impl AgentRequest for ObtainMytoken {
    type Reply = Mytoken;

    fn name(&self) -> &str {
        "mytoken"
    }

    fn members(&self, members: &mut Members) -> Result<(), Error> {
        self.owner.members(members)?;
        match &self.profile {
            Some(Profile::Object(object)) => {
                let misuse = |_| ApiMisuse::Parameter(Shown::new("mytoken_profile"));
                json::parse_object(object.as_bytes(), MAX_PROFILE_DEPTH).map_err(misuse)?;
                members.json("mytoken_profile", object);
            }
            Some(Profile::Text(text)) => members.string("mytoken_profile", text),
            None => {}
        }
        members.optional("application_hint", hint(self.application_hint.as_deref())?);
        Ok(())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Mytoken, Error> {
        reply.only(&["mytoken", "transfer_code"])?;
        let member = |name| match reply.object().get(name).is_some() {
            true => {
                let token = SecurityToken::parse(reply.required_string(name)?);
                token.map(Some).ok_or(Error::from(AgentProblem::TokenCharacters("mytoken")))
            }
            false => Ok(None),
        };
        let value = match (member("mytoken")?, member("transfer_code")?) {
            (Some(token), None) => MytokenValue::Token(token),
            (None, Some(code)) => MytokenValue::TransferCode(code),
            _ => return Err(AgentProblem::OtherReply(Shown::new("mytoken")).into()),
        };
        Ok(Mytoken {
            value,
            expires_at: reply.expires_at()?,
            text: Zeroizing::new(reply.text().to_owned()),
        })
    }

    fn reach(&self) -> Reach {
        self.owner.reach()
    }
}

const MAX_PROFILE_DEPTH: usize = 16;

/// What the mytoken server answered.
#[derive(Clone)]
#[non_exhaustive]
pub struct Mytoken {
    /// The token, or the code for it.
    pub value: MytokenValue,
    /// When it expires; none where nobody says.
    pub expires_at: Option<UnixTime>,
    text: Zeroizing<String>,
}

/// A mytoken, or a stand-in for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum MytokenValue {
    /// The mytoken itself, long or short.
    Token(SecurityToken),
    /// A short code with which the mytoken can be had once, on another machine.
    TransferCode(SecurityToken),
}

impl Mytoken {
    /// A further member of the answer, such as `mytoken_type`, `mytoken_issuer`, `oidc_issuer`, `capabilities` or
    /// `restrictions`; `null` counts as absent.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`](crate::error::JsonFault::WrongType) when it is there and not a `T`.
    pub fn member<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        json::member(&self.text, name).map_err(|problem| AgentProblem::Json(problem).into())
    }

    /// The whole answer as JSON, with the secret in it. Do not log it.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Debug for Mytoken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mytoken")
            .field("value", &self.value)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
