//! Scenarios about where the provider's metadata come from.

use relying_party::{
    Client, Login,
    flow::web_finger::FindIssuer,
    protocol::{
        issuer::Issuer,
        metadata::{MetadataOverrides, MetadataSource, ProviderMetadata},
    },
};
use url::Url;

use super::{
    Result, Stage, TransportName, check,
    login::start,
    refused,
    stage::{Visit, policy},
};
use crate::scenario::crypto;

fn discover(
    stage: &Stage,
    source: MetadataSource,
    overrides: MetadataOverrides,
) -> std::result::Result<Client, relying_party::Error> {
    let registration = stage.registration("basic").expect("a registration");
    let discover = Client::discover(stage.issuer(), registration, crypto()).policy(policy());
    stage.run(discover.metadata_source(source).metadata_overrides(overrides))
}

fn path(stage: &Stage) -> Result<String> {
    Ok(Url::parse(stage.issuer())?.path().trim_end_matches('/').to_owned())
}

fn log_in(stage: &Stage, client: &Client) -> Result<Login> {
    let login = stage.log_in(client, start(client))?;
    check(login.subject().issuer() == stage.issuer(), "another issuer")?;
    Ok(login)
}

/// The issuer of a visitor, by what was typed (OIDC Discovery 2).
pub fn web_finger(stage: &Stage) -> Result<()> {
    let issuer = Url::parse(stage.issuer())?;
    let host = stage.issuer().split('/').nth(2).unwrap_or_default();
    // An account has no scheme: it is looked for over https.
    let typed = match issuer.scheme() {
        "https" => format!("acct:alice@{host}"),
        _ => format!("http://{host}/alice"),
    };
    stage.take_requests();
    let found = stage.run(FindIssuer::new(typed).policy(policy()))?;
    check(found.as_str() == stage.issuer(), "another issuer")?;
    check(stage.take_requests() == ["GET /.well-known/webfinger"], "other requests")?;
    let strict = stage.run(FindIssuer::new(format!("http://{host}/alice")));
    refused(stage, strict, "misuse.identifier", None).map(drop)
}

/// The metadata of an OAuth server, whose address is put before the path of the issuer (RFC 8414 3.1).
pub fn rfc_8414(stage: &Stage) -> Result<()> {
    stage.take_requests();
    let client = discover(stage, MetadataSource::OAuth, MetadataOverrides::default())?;
    let due = format!("GET /.well-known/oauth-authorization-server{}", path(stage)?);
    check(stage.take_requests() == [due], "other requests")?;
    log_in(stage, &client).map(drop)
}

/// The provider has no such document.
pub fn no_rfc_8414(stage: &Stage) -> Result<()> {
    stage.take_requests();
    let result = discover(stage, MetadataSource::OAuth, MetadataOverrides::default());
    let due = format!("GET /.well-known/oauth-authorization-server{}", path(stage)?);
    refused(stage, result, "response.status", Some(&due)).map(drop)
}

/// The application reaches the provider by another name than visitors do.
pub fn inside_and_outside(stage: &Stage) -> Result<()> {
    let mut inside = Url::parse(stage.issuer())?;
    let host = match (stage.transport(), inside.host_str()) {
        (TransportName::Memory, _) => "inside.test",
        (_, Some("localhost")) => "127.0.0.1",
        _ => "localhost",
    };
    inside.set_host(Some(host))?;
    let home = inside.as_str().trim_end_matches('/');
    let address = format!("{home}/.well-known/openid-configuration");
    let origin = inside.origin().ascii_serialization();
    let overrides = MetadataOverrides::default().back_channel_origin(origin.as_str());
    let client = discover(stage, MetadataSource::Address(address), overrides)?;
    let token_endpoint = client.metadata().token_endpoint().ok_or("no endpoint")?;
    check(token_endpoint.host_str() == Some(host), "not moved")?;
    log_in(stage, &client)?;
    // The same document does not speak for the issuer of that name.
    stage.take_requests();
    let registration = stage.registration("basic")?;
    let other = Client::discover(inside.as_str(), registration, crypto()).policy(policy());
    let due = format!("GET {}/.well-known/openid-configuration", path(stage)?);
    refused(stage, stage.run(other), "metadata.issuer", Some(&due)).map(drop)
}

/// Single members that the application knows better.
pub fn overrides(stage: &Stage) -> Result<()> {
    let published = stage.client("basic")?;
    let address = published.metadata().userinfo_endpoint().ok_or("no endpoint")?;
    let mut other = address.clone();
    other.set_query(Some("of=ours"));
    let overrides = MetadataOverrides::default()
        .userinfo_endpoint(other.as_str())
        .member("end_session_endpoint", serde_json::Value::Null);
    let client = discover(stage, MetadataSource::OpenId, overrides)?;
    check(client.metadata().userinfo_endpoint() == Some(&other), "not replaced")?;
    let login = log_in(stage, &client)?;
    let read = client.user_info(login.tokens().access_token(), login.subject());
    check(stage.run(read)?.sub() == login.subject().sub(), "another subject")?;
    stage.take_requests();
    let logout = stage.run(client.start_logout());
    refused(stage, logout, "misuse.no_such_endpoint", None)?;
    let issuer = MetadataOverrides::default().member("issuer", "https://evil.test");
    let evil = discover(stage, MetadataSource::OpenId, issuer);
    refused(stage, evil, "misuse.metadata", None).map(drop)
}

/// Metadata at hand, without any document.
pub fn fixed(stage: &Stage) -> Result<()> {
    let published = stage.client("basic")?;
    let known = published.metadata();
    let text = |url: Option<&Url>| url.map(Url::to_string).ok_or("no endpoint");
    let members = MetadataOverrides::default()
        .authorization_endpoint(text(known.authorization_endpoint())?)
        .token_endpoint(text(known.token_endpoint())?)
        .jwks_uri(text(known.jwks_uri())?);
    let metadata = ProviderMetadata::fixed(&Issuer::new(stage.issuer())?, &members)?;
    let client = Client::new(metadata, stage.registration("basic")?, crypto(), policy())?;
    let Visit { pending, callback, .. } =
        stage.visit(&stage.visitor()?, &client, start(&client))?;
    stage.run(client.finish_login(pending, callback))?;
    check(stage.take_requests().len() == 2, "something was discovered")?;
    // What is not there is not asked.
    let revoke = client.revoke(relying_party::secret::AnyToken::new("a-token")?, None);
    refused(stage, stage.run(revoke), "misuse.no_such_endpoint", None).map(drop)
}

/// Metadata at hand are https, wherever the provider is.
pub fn no_fixed_over_http(stage: &Stage) -> Result<()> {
    let issuer = Issuer::new(stage.issuer());
    let members = MetadataOverrides::default().token_endpoint(format!("{}/token", stage.issuer()));
    stage.take_requests();
    let fixed = issuer.and_then(|issuer| ProviderMetadata::fixed(&issuer, &members));
    check(fixed.is_err() && stage.take_requests().is_empty(), "taken over http")
}
