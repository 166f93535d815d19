//! Access tokens and ID tokens.

use std::time::Duration;

use crate::{
    error::{AgentProblem, Error},
    secret::{AccessToken, RawToken},
    time::UnixTime,
};

use super::{
    reply::Reply,
    request::{AgentRequest, Members, Owner, Reach, hint, words},
};

/// Asks for an access token.
///
/// ```
/// use std::time::Duration;
/// use relying_party::agent::ObtainToken;
///
/// let request = ObtainToken::of_account("egi")
///     .min_valid_period(Duration::from_secs(60))
///     .scope("openid profile")
///     .audience("https://storage.example");
/// ```
#[derive(Clone, Debug)]
#[must_use = "a request does nothing by itself"]
pub struct ObtainToken {
    owner: Owner,
    min_valid_period: i64,
    scope: Option<String>,
    audience: Option<String>,
    application_hint: Option<String>,
    expected_issuer: Option<String>,
}

impl ObtainToken {
    /// Of the account with this short name.
    pub fn of_account(name: impl Into<String>) -> Self {
        Self::of(Owner::Account(name.into()))
    }

    /// Of whichever account the agent prefers at this issuer; a trailing slash does not matter. The token that comes is
    /// of this issuer.
    pub fn of_issuer(issuer: impl Into<String>) -> Self {
        Self::of(Owner::Issuer(issuer.into()))
    }

    fn of(owner: Owner) -> Self {
        Self {
            owner,
            min_valid_period: 0,
            scope: None,
            audience: None,
            application_hint: None,
            expected_issuer: None,
        }
    }

    /// How long the token must live at least, in whole seconds, rounded up. Default 0: any that has not expired. Longer
    /// than the provider's tokens live means a new one each time.
    pub fn min_valid_period(mut self, period: Duration) -> Self {
        let up = u64::from(period.subsec_nanos() > 0);
        self.min_valid_period =
            i64::try_from(period.as_secs().saturating_add(up)).unwrap_or(i64::MAX);
        self
    }

    /// A new token, even if the agent has one that lives long enough.
    pub fn force_new(mut self) -> Self {
        self.min_valid_period = -1;
        self
    }

    /// Fewer scopes than the account has, separated by spaces. The agent then gets a new token. Default: all of the
    /// account's.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// For whom the token is, separated by spaces. The agent then gets a new token. Default: as the provider has it.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// The name of this program, for the agent's prompts. Default: none.
    pub fn application_hint(mut self, hint: impl Into<String>) -> Self {
        self.application_hint = Some(hint.into());
        self
    }

    /// The issuer that the token must be of, where it is known beforehand: the only way to see that an agent gave
    /// somebody else's token for an account. Default: any for an account, the issuer asked for otherwise.
    pub fn expected_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.expected_issuer = Some(issuer.into());
        self
    }
}

impl AgentRequest for ObtainToken {
    type Reply = AgentToken;

    fn name(&self) -> &str {
        "access_token"
    }

    fn members(&self, members: &mut Members) -> Result<(), Error> {
        self.owner.members(members)?;
        members.number("min_valid_period", self.min_valid_period);
        members.optional("scope", words("scope", self.scope.as_deref())?);
        members.optional("audience", words("audience", self.audience.as_deref())?);
        members.optional("application_hint", hint(self.application_hint.as_deref())?);
        Ok(())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<AgentToken, Error> {
        reply.only(&["access_token"])?;
        let access_token = reply.required_string("access_token")?;
        Ok(AgentToken {
            access_token: AccessToken::parse(access_token)
                .ok_or(AgentProblem::TokenCharacters("access_token"))?,
            issuer: reply.issuer(self.owner.issuer(self.expected_issuer.as_deref()))?,
            expires_at: reply.expires_at()?,
        })
    }

    fn reach(&self) -> Reach {
        self.owner.reach()
    }
}

/// An access token with what the agent knows of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AgentToken {
    /// The token: a bearer token for [`Client::resource`](crate::Client::resource),
    /// [`insecure_unbound_user_info`](crate::Client::insecure_unbound_user_info) and everything else that takes one.
    /// [`Client::user_info`](crate::Client::user_info) wants the [`Subject`](crate::protocol::id_token::Subject) as well,
    /// which only an ID token that was validated tells.
    pub access_token: AccessToken,
    /// The issuer as the account has it; may differ in a trailing slash from how it calls itself.
    pub issuer: String,
    /// When it expires, as the agent thinks. A hint only: with a scope or an audience it is the expiry of another
    /// token of the account. None where the agent does not know.
    pub expires_at: Option<UnixTime>,
}

/// Asks for an ID token. The agent's user has to confirm, unless agent or account is set up otherwise.
#[derive(Clone, Debug)]
#[must_use = "a request does nothing by itself"]
pub struct ObtainIdToken {
    owner: Owner,
    scope: Option<String>,
    application_hint: Option<String>,
    expected_issuer: Option<String>,
}

impl ObtainIdToken {
    /// Of the account with this short name.
    pub fn of_account(name: impl Into<String>) -> Self {
        Self::of(Owner::Account(name.into()))
    }

    /// Of whichever account the agent prefers at this issuer, as [`ObtainToken::of_issuer`].
    pub fn of_issuer(issuer: impl Into<String>) -> Self {
        Self::of(Owner::Issuer(issuer.into()))
    }

    fn of(owner: Owner) -> Self {
        Self { owner, scope: None, application_hint: None, expected_issuer: None }
    }

    /// Fewer scopes than the account has, separated by spaces. Default: all of the account's.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// The name of this program, for the agent's prompts. Default: none.
    pub fn application_hint(mut self, hint: impl Into<String>) -> Self {
        self.application_hint = Some(hint.into());
        self
    }

    /// As [`ObtainToken::expected_issuer`].
    pub fn expected_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.expected_issuer = Some(issuer.into());
        self
    }
}

impl AgentRequest for ObtainIdToken {
    type Reply = AgentIdToken;

    fn name(&self) -> &str {
        "id_token"
    }

    fn members(&self, members: &mut Members) -> Result<(), Error> {
        self.owner.members(members)?;
        members.optional("scope", words("scope", self.scope.as_deref())?);
        members.optional("application_hint", hint(self.application_hint.as_deref())?);
        Ok(())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<AgentIdToken, Error> {
        reply.only(&["id_token"])?;
        let id_token = reply.required_string("id_token")?;
        Ok(AgentIdToken {
            id_token: RawToken::parse(id_token).ok_or(AgentProblem::TokenCharacters("id_token"))?,
            issuer: reply.issuer(self.owner.issuer(self.expected_issuer.as_deref()))?,
        })
    }

    fn reach(&self) -> Reach {
        self.owner.reach()
    }
}

/// An ID token as the agent got it. Nobody has validated it here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AgentIdToken {
    /// The token in compact form.
    pub id_token: RawToken,
    /// The issuer as the account has it.
    pub issuer: String,
}
