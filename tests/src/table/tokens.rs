//! Scenarios with tokens: the other grants, and what is done with a token.

use relying_party::{
    Login,
    flow::valid_token::Validity,
    http::Method,
    protocol::{authorization::Prompt, revocation::TokenTypeHint, token_exchange::TokenType},
    secret::AnyToken,
};

use super::{
    Result, Stage, check,
    login::{provider_says, start, token_request},
    refused,
    stage::FOREVER,
};

/// A login with a refresh token.
fn log_in_to_stay(stage: &Stage, client: &relying_party::Client) -> Result<Login> {
    let offline = start(client).scope("profile email offline_access").prompt(Prompt::Consent);
    stage.log_in(client, offline)
}

fn refresh_of(stage: &Stage, name: &str) -> Result<()> {
    let client = stage.client(name)?;
    let login = log_in_to_stay(stage, &client)?;
    let token = login.tokens().refresh_token().ok_or("no refresh token")?;
    stage.take_requests();
    let refreshed = stage.run(client.refresh(token, &login.record()))?;
    let requests = stage.take_requests();
    check(requests == [token_request(&client)], &format!("{requests:?}"))?;
    check(
        refreshed.tokens().access_token() != login.tokens().access_token(),
        "the same access token",
    )?;
    let read = client.user_info(refreshed.tokens().access_token(), login.subject());
    check(stage.run(read)?.sub() == login.subject().sub(), "another subject")
}

/// A confidential client refreshes.
pub fn refresh(stage: &Stage) -> Result<()> {
    refresh_of(stage, "basic")
}

/// A public client refreshes.
pub fn refresh_public(stage: &Stage) -> Result<()> {
    refresh_of(stage, "public")
}

/// A token that is about to end is renewed, another is used as it is.
pub fn valid_access_token(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let login = log_in_to_stay(stage, &client)?;
    let (tokens, record) = (login.tokens(), login.record());
    stage.take_requests();
    let margin = std::time::Duration::from_secs(5);
    let kept = stage.run(client.valid_access_token(tokens, &record, margin))?;
    check(matches!(kept, Validity::Valid) && stage.take_requests().is_empty(), "not kept")?;
    let renewed = stage.run(client.valid_access_token(tokens, &record, FOREVER))?;
    check(matches!(renewed, Validity::Refreshed(_)), "not renewed")
}

/// A token of the client's own.
pub fn client_credentials(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    stage.take_requests();
    let granted = stage.run(client.client_credentials())?;
    check(stage.take_requests() == [token_request(&client)], "other requests")?;
    check(granted.id_token().is_none(), "an ID token of nobody")
}

/// A token for a name and a password, and none for a wrong one.
pub fn password(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let granted = stage.run(client.password("alice", "wonderland").scope("openid"))?;
    check(granted.id_token().is_some(), "no ID token")?;
    let wrong = stage.run(client.password("alice", "underland").scope("openid"));
    provider_says(stage, &client, wrong, "invalid_grant")
}

/// A device that waits until somebody approves.
pub fn device(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let started = stage.run(client.start_device_login().scope("email"))?;
    stage.approve_device(&started.user_code)?;
    let granted = stage.run(client.poll_device_login(started.pending))?;
    check(granted.id_token().is_some(), "no ID token")
}

/// One token for another, and none for a token of nobody.
pub fn token_exchange(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let login = log_in_to_stay(stage, &client)?;
    let token = login.tokens().access_token();
    let exchanged = stage.run(client.exchange_token(token.expose(), &TokenType::AccessToken))?;
    check(exchanged.issued_token_type() == &TokenType::AccessToken, "another type")?;
    let issued = exchanged.access_token().ok_or("no access token")?;
    check(issued != token, "the same token")?;
    let nobody = stage.run(client.exchange_token("of-nobody", &TokenType::AccessToken));
    refused(stage, nobody, "provider.error", Some(&token_request(&client))).map(drop)
}

/// A token for an assertion.
pub fn jwt_bearer(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let assertion = stage.assertion()?;
    stage.run(client.jwt_bearer(&assertion).scope("openid"))?;
    provider_says(stage, &client, stage.run(client.jwt_bearer("a.b.c")), "invalid_grant")
}

/// A grant that nobody knows is refused in the provider's words.
pub fn unknown_grant(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let unknown = stage.run(client.extension_grant("urn:test:unknown"));
    refused(stage, unknown, "provider.error", Some(&token_request(&client))).map(drop)
}

/// A good token is active, an unknown one is not.
pub fn introspection(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let login = stage.log_in(&client, start(&client))?;
    let access = login.tokens().access_token();
    let answer = stage.run(client.introspect(access, Some(TokenTypeHint::AccessToken)))?;
    let token = answer.active().ok_or("inactive")?;
    check(token.scope().iter().any(|scope| scope == "email"), "without its scope")?;
    check(token.expires_at().is_some(), "without an end")?;
    let unknown = AnyToken::new("a-token-of-nobody")?;
    check(!stage.run(client.introspect(unknown, None))?.is_active(), "active for nobody")
}

/// A token that was given back is inactive, and giving it back again changes nothing.
pub fn revocation(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let login = stage.log_in(&client, start(&client))?;
    let access = login.tokens().access_token();
    check(stage.run(client.introspect(access, None))?.is_active(), "inactive before")?;
    stage.run(client.revoke(access, Some(TokenTypeHint::AccessToken)))?;
    check(!stage.run(client.introspect(access, None))?.is_active(), "active after")
}

/// A protected resource takes the token, and after revocation says why it does not.
pub fn resource(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let login = stage.log_in(&client, start(&client))?;
    let access = login.tokens().access_token();
    let url = client.metadata().userinfo_endpoint().ok_or("no endpoint")?.to_string();
    let call = || stage.run(client.resource(Method::Get, &url, access));
    let answer = call()?;
    check(answer.status() == 200 && answer.refusal().is_none(), "not taken")?;
    stage.run(client.revoke(access, None))?;
    check(call()?.status() == 401, "still taken")
}
