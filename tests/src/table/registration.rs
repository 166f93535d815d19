//! Scenarios with clients that register themselves (OIDC Registration 3, RFC 7591) and manage it (RFC 7592).

use relying_party::{
    Client,
    error::{ErrorKind, Purpose},
    jose::algorithm::Algorithm,
    protocol::{
        client_metadata::ClientMetadata, metadata::ProviderMetadata,
        registered_client::RegisteredClient,
    },
};
use serde_json::json;

use super::{
    Result, Stage, check,
    login::{provider_says, start},
    provider::signing_key,
    refused,
    stage::policy,
};
use crate::{op::public, scenario::crypto};

/// Where they come back to.
pub const CALLBACK: &str = "https://rp.test/dynamic";

fn web() -> Result<ClientMetadata> {
    Ok(ClientMetadata::web(&[CALLBACK])?.client_name("First"))
}

/// The provider, and a client that it registered.
pub fn register(
    stage: &Stage,
    asked: ClientMetadata,
) -> Result<(ProviderMetadata, RegisteredClient)> {
    let metadata = stage.client("basic")?.metadata().clone();
    let registered = stage.run(Client::register(&metadata, asked).policy(policy()))?;
    Ok((metadata, registered))
}

/// Registered as asked, by one request.
pub fn registered(stage: &Stage) -> Result<()> {
    let (metadata, registered) = register(stage, web()?)?;
    let path = metadata.registration_endpoint().ok_or("no endpoint")?.path();
    let made = stage.take_requests();
    check(made == [format!("POST {path}")], &format!("{made:?}"))?;
    let differences = registered.differences();
    check(differences.is_empty(), &format!("{differences:?}"))?;
    check(registered.is_manageable() && registered.client_secret().is_some(), "half of it")?;
    let kept = RegisteredClient::from_bytes(&registered.to_bytes())?;
    check(kept.client_id() == registered.client_id(), "not kept")
}

/// What the provider does not know is refused, or the answer says that it was not registered.
pub fn unknown_method(stage: &Stage) -> Result<()> {
    let metadata = stage.client("basic")?.metadata().clone();
    let asked = web()?.token_endpoint_auth_method("of_our_own");
    match stage.run(Client::register(&metadata, asked).policy(policy())) {
        Ok(registered) => {
            let mut differences = registered.differences().iter();
            let found = differences.any(|one| one.member.as_str() == "token_endpoint_auth_method");
            check(found, "not noticed")
        }
        Err(error) => match error.kind() {
            ErrorKind::Provider(oauth) => {
                check(oauth.endpoint == Purpose::Registration, "another endpoint")
            }
            other => Err(format!("{other:?}").into()),
        },
    }
}

/// The registration is read again, and says the same.
pub fn read(stage: &Stage) -> Result<()> {
    let (metadata, registered) = register(stage, web()?)?;
    let read = Client::read_registration(&metadata, &registered).policy(policy());
    let again = stage.run(read)?;
    check(again.client_id() == registered.client_id(), "another client")?;
    check(again.client_secret() == registered.client_secret(), "another secret")?;
    check(again.differences().is_empty(), &format!("{:?}", again.differences()))?;
    let name: Option<String> = again.member("client_name")?;
    check(name.as_deref() == Some("First"), "another name")
}

/// Another name, and the old token is of no use where there is a new one.
pub fn update(stage: &Stage) -> Result<()> {
    let (metadata, registered) = register(stage, web()?)?;
    let changed = registered.to_metadata().client_name("Second");
    let update = Client::update_registration(&metadata, &registered, changed).policy(policy());
    let second = stage.run(update)?;
    let name: Option<String> = second.member("client_name")?;
    check(name.as_deref() == Some("Second"), "the old name")?;
    stage.take_requests();
    let old = stage.run(Client::read_registration(&metadata, &registered).policy(policy()));
    let made = stage.take_requests();
    check(old.is_err_and(|error| error.code() == "response.not_registered"), "the old token")?;
    check(made.len() == 1, &format!("{made:?}"))?;
    stage.run(Client::read_registration(&metadata, &second).policy(policy())).map(drop)?;
    Ok(())
}

/// Nothing is changed by whoever asks for it.
pub fn no_update(stage: &Stage) -> Result<()> {
    let (metadata, registered) = register(stage, web()?)?;
    let changed = registered.to_metadata().client_name("Second");
    let update = Client::update_registration(&metadata, &registered, changed).policy(policy());
    if let Ok(second) = stage.run(update) {
        let name: Option<String> = second.member("client_name")?;
        check(name.as_deref() != Some("Second"), "another name")?;
    }
    let again = stage.run(Client::read_registration(&metadata, &registered).policy(policy()))?;
    let name: Option<String> = again.member("client_name")?;
    check(name.as_deref() == Some("First"), "another name")
}

/// A client that was deleted is known no more.
pub fn delete(stage: &Stage) -> Result<()> {
    let (metadata, registered) = register(stage, web()?)?;
    let delete = || Client::delete_registration(&metadata, &registered).policy(policy());
    stage.run(delete())?;
    let path =
        |made: Vec<String>| made.last().and_then(|line| Some(line.split_once(' ')?.1.to_owned()));
    let path = path(stage.take_requests()).ok_or("no request")?;
    let again = stage.run(delete());
    refused(stage, again, "response.not_registered", Some(&format!("DELETE {path}")))?;
    let read = stage.run(Client::read_registration(&metadata, &registered).policy(policy()));
    refused(stage, read, "response.not_registered", Some(&format!("GET {path}"))).map(drop)
}

/// A client stays, whoever asks for its end.
pub fn no_delete(stage: &Stage) -> Result<()> {
    let (metadata, registered) = register(stage, web()?)?;
    let _ = stage.run(Client::delete_registration(&metadata, &registered).policy(policy()));
    stage.run(Client::read_registration(&metadata, &registered).policy(policy()))?;
    Ok(())
}

fn logs_in(stage: &Stage, asked: ClientMetadata) -> Result<()> {
    let (metadata, registered) = register(stage, asked)?;
    let mut registration = registered.registration(stage.now())?;
    let method: Option<String> = registered.member("token_endpoint_auth_method")?;
    if method.as_deref() == Some("private_key_jwt") {
        let jwk = stage.private_jwk(Algorithm::ES256)?;
        registration = registration.private_key_jwt(signing_key(&jwk, Algorithm::ES256)?);
    }
    let client = Client::new(metadata.clone(), registration.clone(), crypto(), policy())?;
    let login = stage.log_in(&client, start(&client))?;
    check(login.id_token().audiences() == [registered.client_id()], "another audience")?;
    if !method.is_some_and(|method| method.starts_with("client_secret_")) {
        return Ok(());
    }
    let wrong = registration.client_secret("a-wrong-fake-secret".repeat(5))?;
    let wrong = Client::new(metadata, wrong, crypto(), policy())?;
    provider_says(stage, &wrong, stage.run(wrong.jwt_bearer("a.b.c")), "invalid_client")
}

/// A registered client logs alice in.
pub fn log_in(stage: &Stage) -> Result<()> {
    logs_in(stage, web()?)
}

/// A registered client gets ID tokens as it asked for them.
pub fn log_in_es256(stage: &Stage) -> Result<()> {
    logs_in(stage, web()?.id_token_signed_response_alg(Algorithm::ES256))
}

/// A registered client proves itself as it asked to, without a secret of its own choice.
pub fn log_in_as(stage: &Stage, method: &str) -> Result<()> {
    logs_in(stage, web()?.token_endpoint_auth_method(method))
}

/// A registered client proves itself by its key.
pub fn log_in_by_key(stage: &Stage) -> Result<()> {
    let jwk = public(stage.private_jwk(Algorithm::ES256)?);
    let asked = web()?.token_endpoint_auth_method("private_key_jwt");
    logs_in(stage, asked.jwks(&json!({ "keys": [jwk] }).to_string()))
}
