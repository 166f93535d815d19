//! Many providers at once: all those of one transport in one set of clients (RFC 9700 4.4).

use relying_party::{Client, clients::Clients, protocol::client_metadata::ClientMetadata};
use url::Url;

use super::{
    Cell, Result, Stage, TransportName, check, embedded,
    login::start,
    refused,
    registration::register,
    stage::{callback, policy},
};
use crate::{op::OpConfig, scenario::crypto, visitor::ALICE};

/// The name of the row.
pub const NAME: &str = "many providers at once";

const BASE: &str = "https://rp.test/cb";

/// The cells of the row, in the order of the stages.
pub fn row(stages: &[Stage]) -> Vec<Cell> {
    let cell = |result: Result<()>| match result {
        Ok(()) => Cell::Passed,
        Err(error) => Cell::Failed(error.to_string()),
    };
    let over = |transport| stages.iter().filter(move |stage| stage.transport() == transport);
    let memory = || -> Result<()> {
        let alone = over(TransportName::Memory).next().ok_or("no stage")?;
        let config = OpConfig { issuer: "https://other.test".into(), ..embedded::config() };
        together(&[alone, &alone.other(config)?])
    };
    let all = |transport| together(&over(transport).collect::<Vec<_>>());
    let (memory, ureq, reqwest) =
        (cell(memory()), cell(all(TransportName::Ureq)), cell(all(TransportName::Reqwest)));
    let of = |stage: &Stage| match stage.transport() {
        TransportName::Memory => memory.clone(),
        TransportName::Ureq => ureq.clone(),
        TransportName::Reqwest => reqwest.clone(),
    };
    stages.iter().map(of).collect()
}

/// A client at each, registered with a redirect URI for this provider alone; then a login at each, at the same time.
fn together(stages: &[&Stage]) -> Result<()> {
    check(stages.len() > 1, "one provider is not many")?;
    let set = Clients::new();
    for stage in stages {
        let known = stage.client("basic")?;
        let redirect_uri = Clients::redirect_uri_for(BASE, known.metadata().issuer());
        let (metadata, registered) = register(stage, ClientMetadata::web(&[&redirect_uri])?)?;
        let registration = registered.registration(stage.now())?;
        set.insert(Client::new(metadata, registration, crypto(), policy())?)?;
        stage.take_requests();
        refused(stage, set.insert(known), "misuse.client_exists", None)?;
    }
    let mut away = Vec::new();
    for stage in stages {
        let client = set.get(stage.issuer()).ok_or("no client")?;
        away.push((*stage, stage.run(start(&client))?, stage.run(start(&client))?.pending));
    }
    let mut others: Vec<_> = Vec::new();
    for (stage, started, other) in away.into_iter().rev() {
        let client = set.for_pending(&started.pending)?;
        let redirect_uri = client.registration().redirect_uri().to_owned();
        let back = stage.visitor()?.follow(&started.url, &redirect_uri, ALICE)?;
        let client = set.for_callback(Url::parse(&redirect_uri)?.path()).ok_or("no client")?;
        stage.take_requests();
        // The response of this provider, to a login that was started at another one.
        if let Some(pending) = others.pop() {
            let mixed = client.finish_login(pending, callback(&client, &back)?);
            refused(stage, stage.run(mixed), "callback.other_client", None)?;
        }
        let finish = client.finish_login(started.pending, callback(&client, &back)?);
        let login = stage.run(finish)?;
        check(login.subject().issuer() == stage.issuer(), "another issuer")?;
        others.push(other);
    }
    Ok(())
}
