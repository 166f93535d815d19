//! Scenarios of a resource server: access tokens validated (RFC 9068), or looked up.

use relying_party::{
    jose::algorithm::Algorithm,
    protocol::{access_token::ValidatedBy, relaxation::Relaxation},
    secret::AccessToken,
};

use super::{ProviderName, Result, Stage, check, login::start, refused, stage::Visit};

const RESOURCE: &str = "https://rs.example.test/jwt-RS256";

/// A signed access token is validated without a word to the provider, and only where it is meant for.
pub fn signed(stage: &Stage) -> Result<()> {
    let other = stage.with_signed_access_tokens(RESOURCE)?;
    let stage = other.as_ref().unwrap_or(stage);
    let client = stage.client("basic")?;
    let start = match stage.provider() {
        ProviderName::Npm => start(&client).scope("api:read").resource(RESOURCE),
        _ => start(&client),
    };
    let login = stage.log_in(&client, start)?;
    let access = login.tokens().access_token();
    stage.take_requests();
    // idpyoidc signs them as it does, for the client itself, and does not say what they are.
    let (audience, algorithm, typed) = match stage.provider() {
        ProviderName::Idpyoidc => (client.registration().client_id(), Algorithm::ES256, false),
        _ => (RESOURCE, Algorithm::RS256, true),
    };
    let strict =
        |audience: &str| client.validate_access_token(access, &[audience]).algorithms(&[algorithm]);
    let ask = |audience: &str| match typed {
        true => strict(audience),
        false => strict(audience).insecure_accept_untyped(),
    };
    let claims = stage.run(ask(audience))?;
    check(claims.validated_by() == ValidatedBy::Signature(algorithm), "validated otherwise")?;
    check(claims.client_id() == Some(client.registration().client_id()), "another client")?;
    check(stage.take_requests().is_empty(), "something was asked")?;
    let loud = claims.relaxations().contains(&Relaxation::UntypedAccessToken);
    check(loud != typed, &format!("{:?}", claims.relaxations()))?;
    let elsewhere = stage.run(ask("https://elsewhere.test"));
    refused(stage, elsewhere, "claim.aud.mismatch", None)?;
    if !typed {
        return refused(stage, stage.run(strict(audience)), "token.header", None).map(drop);
    }
    check(claims.subject() == Some(login.subject()), "another subject")?;
    let id_token = AccessToken::new(login.id_token().raw().expose())?;
    let id_token = client.validate_access_token(&id_token, &[audience]);
    refused(stage, stage.run(id_token), "token.header", None).map(drop)
}

/// An opaque access token is looked up, where that is wanted.
pub fn opaque(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let (ask, audience) = match stage.provider() {
        ProviderName::Npm => {
            let resource = "https://rs.example.test/opaque";
            (client.client_credentials().resource(resource).scope("api:read"), resource)
        }
        _ => (client.client_credentials(), client.registration().client_id()),
    };
    let granted = stage.run(ask)?;
    let access = granted.tokens().access_token();
    stage.take_requests();
    let ask = |audience: &str| client.validate_access_token(access, &[audience]);
    refused(stage, stage.run(ask(audience)), "token.syntax", None)?;
    let claims = stage.run(ask(audience).or_introspect())?;
    check(claims.validated_by() == ValidatedBy::Introspection, "validated otherwise")?;
    let due = introspection_request(&client);
    let elsewhere = stage.run(ask("https://elsewhere.test").or_introspect());
    refused(stage, elsewhere, "claim.aud.mismatch", Some(&due)).map(drop)
}

/// None of its access tokens is opaque.
pub fn no_opaque(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let login = stage.log_in(&client, start(&client))?;
    let parts = login.tokens().access_token().expose().split('.').count();
    check(parts == 3, "an opaque access token")
}

/// The request for an answer about a token, as it is noted.
pub fn introspection_request(client: &relying_party::Client) -> String {
    let path = client.metadata().introspection_endpoint().map(url::Url::path);
    format!("POST {}", path.unwrap_or_default())
}

/// A signed answer about a token (RFC 9701), by the registered algorithm and by no other.
pub fn signed_introspection(stage: &Stage) -> Result<()> {
    let client = stage.client("signed-introspection")?;
    let Visit { pending, callback, .. } =
        stage.visit(&stage.visitor()?, &client, start(&client))?;
    let login = stage.run(client.finish_login(pending, callback))?;
    let access = login.tokens().access_token();
    let answer = stage.run(client.introspect(access, None))?;
    let sub: Option<String> = answer.active().ok_or("inactive")?.claims().claim("sub")?;
    check(sub.as_deref() == Some(login.subject().sub()), "another subject")?;
    let registration = stage.registration("signed-introspection")?;
    let registration = registration.introspection_signed_response_alg(Algorithm::ES256);
    let other = stage.discover(registration)?;
    let due = introspection_request(&client);
    let result = stage.run(other.introspect(access, None));
    refused(stage, result, "token.algorithm", Some(&due)).map(drop)
}

/// The provider answers in JSON whatever it is asked for, which a client that wants a signature does not take.
pub fn no_signed_introspection(stage: &Stage) -> Result<()> {
    let registration = stage.registration("basic")?;
    let client =
        stage.discover(registration.introspection_signed_response_alg(Algorithm::RS256))?;
    let login = stage.log_in(&client, start(&client))?;
    let result = stage.run(client.introspect(login.tokens().access_token(), None));
    let due = introspection_request(&client);
    refused(stage, result, "response.content_type", Some(&due)).map(drop)
}
