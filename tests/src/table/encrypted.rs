//! Scenarios of answers that are encrypted for the client, or signed where they need not be.

use relying_party::{
    Client, Login,
    jose::{
        algorithm::Algorithm,
        encryption::{ContentEncryption, KeyManagement},
    },
    protocol::id_token::Check,
};

use super::{
    Result, Stage, check,
    login::{start, token_request},
    made::{Made, decryption_keys, made},
    refused,
    resource::introspection_request,
    stage::Visit,
};

/// How something is encrypted.
pub type Pair = (KeyManagement, ContentEncryption);

/// To the client's key.
pub const BY_KEY: Pair = (KeyManagement::EcdhEs, ContentEncryption::A128CbcHs256);
/// Under a key derived from the client's secret (OIDC Core 10.2).
pub const BY_SECRET: Pair = (KeyManagement::Dir, ContentEncryption::A128CbcHs256);

fn returned(stage: &Stage, client: &Client) -> Result<Visit> {
    let visit = stage.visit(&stage.visitor()?, client, start(client))?;
    stage.take_requests();
    Ok(visit)
}

fn log_in(stage: &Stage, client: &Client) -> Result<Login> {
    let Visit { pending, callback, .. } = returned(stage, client)?;
    Ok(stage.run(client.finish_login(pending, callback))?)
}

/// An ID token that is encrypted: no other is taken, and nobody takes it who did not register it.
pub fn id_token(stage: &Stage, (alg, enc): Pair) -> Result<()> {
    let Made { client, plain } = made(stage, |asked| asked.id_token_encrypted_response(alg, enc))?;
    let login = log_in(stage, &client)?;
    check(login.id_token().checks().first() == Some(&Check::Decrypted), "not decrypted")?;
    // What is kept of it is the token inside.
    check(login.id_token().raw().expose().split('.').count() == 3, "kept as it came")?;
    let last = token_request(&client);
    let forgetful = stage.discover(plain)?;
    let Visit { pending, callback, .. } = returned(stage, &forgetful)?;
    let result = stage.run(forgetful.finish_login(pending, callback));
    refused(stage, result, "token.encrypted", Some(&last))?;
    not_encrypted(stage, (alg, enc))
}

/// A provider that does not encrypt is not believed where encryption was registered.
fn not_encrypted(stage: &Stage, (alg, enc): Pair) -> Result<()> {
    let plain = stage.registration("basic")?.id_token_encrypted_response(alg, enc);
    let client = stage.discover(plain.decryption_keys(decryption_keys()?))?;
    let Visit { pending, callback, .. } = returned(stage, &client)?;
    let result = stage.run(client.finish_login(pending, callback));
    refused(stage, result, "token.not_encrypted", Some(&token_request(&client))).map(drop)
}

fn user_info_request(client: &Client) -> String {
    let path = client.metadata().userinfo_endpoint().map(url::Url::path);
    format!("GET {}", path.unwrap_or_default())
}

/// Userinfo as it was registered, and by a client that knows nothing of that.
fn user_info(stage: &Stage, Made { client, plain }: Made, first: Check, code: &str) -> Result<()> {
    let login = log_in(stage, &client)?;
    let ask = |client: &Client| client.user_info(login.tokens().access_token(), login.subject());
    let info = stage.run(ask(&client))?;
    check(info.sub() == login.subject().sub(), "another subject")?;
    check(info.claims().email()?.is_some(), "no address")?;
    let checks = info.checks();
    check(checks.first() == Some(&first), &format!("{checks:?}"))?;
    check(checks.contains(&Check::Signature(Algorithm::ES256)), &format!("{checks:?}"))?;
    check(info.relaxations().is_empty(), &format!("{:?}", info.relaxations()))?;
    let forgetful = stage.discover(plain)?;
    let last = user_info_request(&client);
    refused(stage, stage.run(ask(&forgetful)), code, Some(&last)).map(drop)
}

/// Signed userinfo.
pub fn user_info_signed(stage: &Stage) -> Result<()> {
    let made = made(stage, |asked| asked.userinfo_signed_response_alg(Algorithm::ES256))?;
    user_info(stage, made, Check::Signature(Algorithm::ES256), "token.signed")?;
    // Plain JSON where a signature was registered.
    let plain = stage.registration("basic")?.userinfo_signed_response_alg(Algorithm::ES256);
    let client = stage.discover(plain)?;
    let login = log_in(stage, &client)?;
    let result = stage.run(client.user_info(login.tokens().access_token(), login.subject()));
    refused(stage, result, "token.not_signed", Some(&user_info_request(&client))).map(drop)
}

/// Encrypted userinfo, around its signature.
pub fn user_info_encrypted(stage: &Stage) -> Result<()> {
    let (alg, enc) = BY_KEY;
    let made = made(stage, |asked| {
        let asked = asked.userinfo_signed_response_alg(Algorithm::ES256);
        asked.userinfo_encrypted_response(alg, enc)
    })?;
    user_info(stage, made, Check::Decrypted, "token.encrypted")
}

/// An encrypted answer about a token (RFC 9701 6), around its signature.
pub fn introspection(stage: &Stage) -> Result<()> {
    let (alg, enc) = BY_KEY;
    let Made { client, plain } =
        made(stage, |asked| asked.introspection_encrypted_response(alg, enc))?;
    let login = log_in(stage, &client)?;
    let access = login.tokens().access_token();
    let answer = stage.run(client.introspect(access, None))?;
    let sub: Option<String> = answer.active().ok_or("inactive")?.claims().claim("sub")?;
    check(sub.as_deref() == Some(login.subject().sub()), "another subject")?;
    let plain = plain.introspection_signed_response_alg(Algorithm::RS256);
    let forgetful = stage.discover(plain)?;
    let last = introspection_request(&client);
    let result = stage.run(forgetful.introspect(access, None));
    refused(stage, result, "token.encrypted", Some(&last)).map(drop)
}
