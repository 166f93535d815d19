//! Which accounts an agent has.

use std::collections::BTreeMap;

use crate::{
    error::{AgentProblem, Error},
    json::{Object, Value},
};

use super::{
    reply::{Reply, wrong_type},
    request::{AgentRequest, Members, Reach},
};

/// Asks for the short names of the accounts that are loaded now.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a request does nothing by itself"]
pub struct ListLoadedAccounts;

impl AgentRequest for ListLoadedAccounts {
    type Reply = Vec<String>;

    fn name(&self) -> &str {
        "loaded_accounts"
    }

    fn members(&self, _: &mut Members) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<String>, Error> {
        reply.only(&["info"])?;
        names(reply.required("info")?).ok_or_else(|| wrong_type("info", "an array of strings"))
    }

    fn reach(&self) -> Reach {
        Reach::Unreachable
    }
}

pub(super) fn names(value: &Value<'_>) -> Option<Vec<String>> {
    let Value::Array(values) = value else { return None };
    values.iter().map(|name| name.as_str().map(str::to_owned)).collect()
}

/// Asks for all accounts that are configured, loaded or not, by issuer. Needs agent 5.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a request does nothing by itself"]
pub struct ListAccounts;

/// Issuers, with what the agent knows about each.
pub type AccountInfos = BTreeMap<String, AccountsOfIssuer>;

/// What an agent knows about one issuer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountsOfIssuer {
    /// Whether the agent has a public client there, with which accounts can be made without registration.
    pub public_client: bool,
    /// The accounts by short name, and whether each is loaded.
    pub accounts: BTreeMap<String, bool>,
}

impl AgentRequest for ListAccounts {
    type Reply = AccountInfos;

    fn name(&self) -> &str {
        "account_info"
    }

    fn members(&self, _: &mut Members) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<AccountInfos, Error> {
        reply.only(&["info"])?;
        let Value::Object(issuers) = reply.required("info")? else {
            return Err(wrong_type("info", "an object"));
        };
        let of = |(issuer, value): (&str, &Value<'_>)| match value {
            Value::Object(info) => Ok((issuer.to_owned(), of_issuer(info)?)),
            _ => Err(wrong_type("info", "an object of objects")),
        };
        issuers.members().map(of).collect()
    }

    fn reach(&self) -> Reach {
        Reach::Unreachable
    }
}

fn of_issuer(info: &Object<'_>) -> Result<AccountsOfIssuer, Error> {
    let public_client = info.boolean("pubclient").map_err(AgentProblem::Json)?.unwrap_or(false);
    let accounts = match info.get("accounts") {
        None | Some(Value::Null) => BTreeMap::new(),
        Some(Value::Object(accounts)) => accounts
            .members()
            .map(|(name, loaded)| match loaded {
                Value::Bool(loaded) => Ok((name.to_owned(), *loaded)),
                _ => Err(wrong_type("accounts", "an object of booleans")),
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(wrong_type("accounts", "an object")),
    };
    Ok(AccountsOfIssuer { public_client, accounts })
}

/// Asks for the short names of all accounts that are configured, loaded or not. Needs agent 5.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a request does nothing by itself"]
pub struct ListConfiguredAccounts;

impl AgentRequest for ListConfiguredAccounts {
    type Reply = Vec<String>;

    fn name(&self) -> &str {
        ListAccounts.name()
    }

    fn members(&self, _: &mut Members) -> Result<(), Error> {
        Ok(())
    }

    fn read(&self, reply: &Reply<'_>) -> Result<Vec<String>, Error> {
        let infos = ListAccounts.read(reply)?;
        Ok(infos.into_values().flat_map(|issuer| issuer.accounts.into_keys()).collect())
    }

    fn reach(&self) -> Reach {
        Reach::Unreachable
    }
}
