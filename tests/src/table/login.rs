//! Scenarios with a browser.

use relying_party::{
    Client, Login, PendingLogin, Registration,
    error::{ErrorKind, Purpose},
    flow::start_login::StartLogin,
    jose::algorithm::Algorithm,
    protocol::{authorization::ResponseMode, id_token::Check},
};

use super::{
    Result, Stage, check, refused,
    stage::{Visit, callback},
};
use crate::scenario::Return;

/// A request for a login in which alice's address is among the claims.
pub fn start(client: &Client) -> StartLogin {
    client.start_login().scope("profile email")
}

/// Path of the token endpoint, as it is noted for a request.
pub fn token_request(client: &Client) -> String {
    let path = client.metadata().token_endpoint().map(url::Url::path);
    format!("POST {}", path.unwrap_or_default())
}

fn is_alice(login: &Login) -> Result<()> {
    let user_info = login.user_info().ok_or("no user info")?;
    let email = user_info.claims().email()?.unwrap_or_default();
    check(email.starts_with("alice@"), "another's address")
}

fn code_login(stage: &Stage, name: &str) -> Result<()> {
    let client = stage.client(name)?;
    let visitor = stage.visitor()?;
    let Visit { pending, callback, back } = stage.visit(&visitor, &client, start(&client))?;
    check(matches!(back, Return::Query(_)), "the code came elsewhere than in the query")?;
    let login = stage.run(client.finish_login(pending, callback).with_user_info())?;
    is_alice(&login)?;
    check(login.subject().issuer() == stage.issuer(), "another issuer")?;
    let algorithm = name.strip_prefix("idt-").and_then(Algorithm::parse);
    let checks = login.id_token().checks();
    for due in [Check::State, Check::Nonce, Check::UserInfoSubject] {
        check(checks.contains(&due), &format!("not checked: {due}"))?;
    }
    let signature = Check::Signature(algorithm.unwrap_or(Algorithm::RS256));
    check(checks.contains(&signature), "another algorithm")
}

/// The metadata are those of the issuer.
pub fn discovery(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    check(client.metadata().issuer().as_str() == stage.issuer(), "another issuer")?;
    let wrong = format!("{}/nowhere", stage.issuer());
    let policy = relying_party::Policy::default().insecure_allow_loopback_http();
    let crypto = crate::scenario::crypto();
    let discover = Client::discover(wrong, stage.registration("basic")?, crypto).policy(policy);
    let last = "GET /nowhere/.well-known/openid-configuration";
    refused(stage, stage.run(discover), "response.status", Some(last)).map(drop)
}

/// `client_secret_basic`
pub fn code_basic(stage: &Stage) -> Result<()> {
    code_login(stage, "basic")
}

/// `client_secret_post`
pub fn code_post(stage: &Stage) -> Result<()> {
    code_login(stage, "post")
}

/// A client without a secret.
pub fn code_public(stage: &Stage) -> Result<()> {
    code_login(stage, "public")
}

/// ID tokens signed with PS256.
pub fn id_token_ps256(stage: &Stage) -> Result<()> {
    code_login(stage, "idt-PS256")
}

/// ID tokens signed with ES256.
pub fn id_token_es256(stage: &Stage) -> Result<()> {
    code_login(stage, "idt-ES256")
}

/// ID tokens signed with ES384.
pub fn id_token_es384(stage: &Stage) -> Result<()> {
    code_login(stage, "idt-ES384")
}

/// ID tokens signed with ES512.
pub fn id_token_es512(stage: &Stage) -> Result<()> {
    code_login(stage, "idt-ES512")
}

/// ID tokens signed with `EdDSA`.
pub fn id_token_eddsa(stage: &Stage) -> Result<()> {
    code_login(stage, "idt-EdDSA")
}

/// ID tokens signed with HS256.
pub fn id_token_hs256(stage: &Stage) -> Result<()> {
    code_login(stage, "idt-HS256")
}

/// ID tokens signed with HS512.
pub fn id_token_hs512(stage: &Stage) -> Result<()> {
    code_login(stage, "idt-HS512")
}

/// Another algorithm than the registered one is refused.
pub fn wrong_algorithm(stage: &Stage) -> Result<()> {
    let registration = stage.registration("idt-ES256")?;
    let registration = registration.id_token_signed_response_alg(Algorithm::RS256);
    let client = stage.discover(registration)?;
    let Visit { pending, callback, .. } =
        stage.visit(&stage.visitor()?, &client, start(&client))?;
    let result = stage.run(client.finish_login(pending, callback));
    refused(stage, result, "token.algorithm", Some(&token_request(&client))).map(drop)
}

fn response_mode(stage: &Stage, mode: ResponseMode, came: fn(&Return) -> bool) -> Result<()> {
    let client = stage.client("basic")?;
    let start = start(&client).response_mode(mode);
    let Visit { pending, callback, back } = stage.visit(&stage.visitor()?, &client, start)?;
    check(came(&back), "the code came elsewhere")?;
    stage.run(client.finish_login(pending, callback))?;
    Ok(())
}

/// The code comes in a form.
pub fn form_post(stage: &Stage) -> Result<()> {
    response_mode(stage, ResponseMode::FormPost, |back| matches!(back, Return::Form(_)))
}

/// The code comes in the fragment.
pub fn fragment(stage: &Stage) -> Result<()> {
    response_mode(stage, ResponseMode::Fragment, |back| matches!(back, Return::Fragment(_)))
}

/// The provider will not put a code into the fragment, and says so in the query.
pub fn no_fragment(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let start = start(&client).response_mode(ResponseMode::Fragment);
    let Visit { pending, callback, back } = stage.visit(&stage.visitor()?, &client, start)?;
    check(back.text().contains("error=invalid_request"), "not an error")?;
    stage.take_requests();
    let result = stage.run(client.finish_login(pending, callback));
    refused(stage, result, "provider.error", None).map(drop)
}

/// A code is good for one time.
pub fn code_replay(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let Visit { pending, callback: first, back } =
        stage.visit(&stage.visitor()?, &client, start(&client))?;
    let again = PendingLogin::from_bytes(&pending.to_bytes())?;
    stage.run(client.finish_login(pending, first))?;
    let result = stage.run(client.finish_login(again, callback(&client, &back)?));
    provider_says(stage, &client, result, "invalid_grant")
}

/// A wrong secret is refused.
pub fn wrong_secret(stage: &Stage) -> Result<()> {
    let good = stage.registration("basic")?;
    let wrong =
        Registration::confidential(good.client_id(), "a-wrong-fake-secret", good.redirect_uri())?;
    let client = stage.discover(wrong)?;
    let Visit { pending, callback, .. } =
        stage.visit(&stage.visitor()?, &client, start(&client))?;
    let result = stage.run(client.finish_login(pending, callback));
    provider_says(stage, &client, result, "invalid_client")
}

/// Refused by the token endpoint, in these words, and that was the last request.
pub fn provider_says<T>(
    stage: &Stage,
    client: &Client,
    result: std::result::Result<T, relying_party::Error>,
    due: &str,
) -> Result<()> {
    let error = refused(stage, result, "provider.error", Some(&token_request(client)))?;
    match error.kind() {
        ErrorKind::Provider(oauth) if oauth.endpoint == Purpose::Token => {
            check(oauth.error.as_str() == due, &format!("{:?} instead of {due}", oauth.error))
        }
        other => Err(format!("{other:?}").into()),
    }
}

/// Keys that were not there at the last login are read.
pub fn key_rotation(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    stage.log_in(&client, start(&client))?;
    let Visit { pending, callback, .. } =
        stage.visit(&stage.visitor()?, &client, start(&client))?;
    stage.rotate_keys()?;
    stage.take_requests();
    stage.run(client.finish_login(pending, callback))?;
    let requests = stage.take_requests();
    check(requests.len() == 2, &format!("neither key set nor token endpoint: {requests:?}"))
}
