//! Scenarios about how the client proves itself: at the token endpoint, at introspection and at revocation.

use relying_party::{
    Client, Registration,
    error::Purpose,
    jose::{algorithm::Algorithm, signer::SigningKey},
    protocol::registration::{AssertionAudience, AssertionClaims},
    secret::AnyToken,
};

use super::{
    Result, Stage, check,
    login::{provider_says, start},
    provider::signing_key,
    refused,
};

/// A login, a look-up and a revocation, each with a proof of its own.
fn at_every_endpoint(stage: &Stage, client: &Client) -> Result<()> {
    let login = stage.log_in(client, start(client))?;
    let access = login.tokens().access_token();
    check(stage.run(client.introspect(access, None))?.is_active(), "inactive before")?;
    stage.run(client.revoke(access, None))?;
    check(!stage.run(client.introspect(access, None))?.is_active(), "active after")
}

/// A grant without a browser is refused, and nothing follows.
fn refused_at_token(stage: &Stage, registration: Registration) -> Result<()> {
    let client = stage.discover(registration)?;
    provider_says(stage, &client, stage.run(client.jwt_bearer("a.b.c")), "invalid_client")
}

fn with_secret(stage: &Stage, name: &str) -> Result<()> {
    at_every_endpoint(stage, &stage.client(name)?)?;
    let wrong = stage.registration(name)?.client_secret("a-wrong-fake-secret".repeat(5))?;
    refused_at_token(stage, wrong)
}

/// `client_secret_basic`
pub fn basic(stage: &Stage) -> Result<()> {
    with_secret(stage, "basic")
}

/// `client_secret_post`
pub fn post(stage: &Stage) -> Result<()> {
    with_secret(stage, "post")
}

/// `client_secret_jwt`
pub fn secret_jwt(stage: &Stage) -> Result<()> {
    with_secret(stage, "secret-jwt")
}

/// `private_key_jwt` with this algorithm.
pub fn key_jwt(stage: &Stage, algorithm: Algorithm) -> Result<()> {
    let name = format!("pkjwt-{algorithm}");
    at_every_endpoint(stage, &stage.client(&name)?)?;
    // A good signature, under an identifier that is none of the client's keys.
    let unknown = SigningKey::remote("unknown", algorithm, Some("unknown"))?;
    let jwk = stage.private_jwk(algorithm)?;
    stage.hold(signing_key(&jwk, algorithm)?);
    refused_at_token(stage, stage.registration(&name)?.private_key_jwt(unknown))
}

/// An assertion for the token endpoint instead of the issuer, and none for somebody else.
pub fn token_endpoint_audience(stage: &Stage) -> Result<()> {
    let with = |audience| -> Result<Registration> {
        let claims = AssertionClaims::default().audience(audience);
        Ok(stage.registration("pkjwt-ES256")?.assertion_claims(claims))
    };
    let client = stage.discover(with(AssertionAudience::TokenEndpoint)?)?;
    stage.log_in(&client, start(&client))?;
    refused_at_token(stage, with(AssertionAudience::Exactly("https://elsewhere.test".to_owned()))?)
}

/// A key that signs elsewhere.
pub fn remote_key(stage: &Stage) -> Result<()> {
    let algorithm = Algorithm::ES256;
    let jwk = stage.private_jwk(algorithm)?;
    let remote = SigningKey::remote("a remote key", algorithm, jwk["kid"].as_str())?;
    let registration = stage.registration("pkjwt-ES256")?.private_key_jwt(remote);
    stage.hold(signing_key(&jwk, algorithm)?);
    let client = stage.discover(registration)?;
    at_every_endpoint(stage, &client)?;
    // Whoever signs with something else sends something that is not the client's.
    let other = signing_key(&stage.private_jwk(Algorithm::EdDSA)?, Algorithm::EdDSA)?;
    stage.hold(other);
    provider_says(stage, &client, stage.run(client.jwt_bearer("a.b.c")), "invalid_client")
}

/// Certificates: `tls_client_auth` and its sibling.
pub fn certificate(stage: &Stage, name: &str, certificate: &str) -> Result<()> {
    let client = stage.client(name)?;
    let presenting = stage.presenting(certificate)?;
    let stage_with = presenting.as_ref().unwrap_or(stage);
    let alias = client.metadata().mtls_alias(Purpose::Token).ok_or("no alias")?;
    check(Some(alias) != client.metadata().token_endpoint(), "no endpoint of its own")?;
    at_every_endpoint(stage_with, &client)?;
    // The embedded provider sees no certificates, so nobody can come without.
    if presenting.is_some() {
        provider_says(stage, &client, stage.run(client.client_credentials()), "invalid_client")?;
    }
    Ok(())
}

/// Over plain http the alias is the endpoint itself, at which nobody can show a certificate.
pub fn no_certificates_over_http(stage: &Stage) -> Result<()> {
    let client = stage.client("mtls-ca")?;
    let alias = client.metadata().mtls_alias(Purpose::Token).ok_or("no alias")?;
    check(Some(alias) == client.metadata().token_endpoint(), "an endpoint of its own")?;
    provider_says(stage, &client, stage.run(client.client_credentials()), "invalid_client")
}

/// A client without any proof logs in, and is not told about tokens.
pub fn none(stage: &Stage) -> Result<()> {
    let client = stage.client("public")?;
    let login = stage.log_in(&client, start(&client))?;
    stage.take_requests();
    let result = stage.run(client.introspect(login.tokens().access_token(), None));
    refused(stage, result, "misuse.no_secret", None).map(drop)
}

/// A client without any proof gives its tokens back.
pub fn none_revokes(stage: &Stage) -> Result<()> {
    let client = stage.client("public")?;
    let login = stage.log_in(&client, start(&client))?;
    let access = login.tokens().access_token();
    stage.run(client.revoke(access, None))?;
    let read = stage.run(client.user_info(access, login.subject()));
    check(read.is_err(), "still good")?;
    Ok(stage.run(client.revoke(AnyToken::new("a-token-of-nobody")?, None))?)
}

/// The provider wants a proof of whoever gives tokens back.
pub fn no_public_revocation(stage: &Stage) -> Result<()> {
    let client = stage.client("public")?;
    let login = stage.log_in(&client, start(&client))?;
    stage.take_requests();
    let result = stage.run(client.revoke(login.tokens().access_token(), None));
    check(result.is_err() && stage.take_requests().len() == 1, "given back all the same")
}

/// Other credentials for one request.
pub fn credentials_of_a_call(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let other = stage.credentials("post")?;
    let secret = other.client_secret.ok_or("no secret")?;
    let call = |secret: &str| client.client_credentials().credentials(&other.client_id, secret);
    let granted = stage.run(call(&secret))?;
    let answer = stage.run(client.introspect(granted.tokens().access_token(), None))?;
    let own: Option<String> = answer.active().ok_or("inactive")?.claims().claim("client_id")?;
    check(own.as_deref() == Some(&other.client_id), "for another client")?;
    provider_says(stage, &client, stage.run(call("a-wrong-fake-secret")), "invalid_client")
}
