//! Scenarios of claims that somebody else vouches for (OIDC Core 5.6.2).

use relying_party::{
    Client, Login,
    jose::algorithm::Algorithm,
    protocol::{claim_sources::ClaimSource, claims::Claims},
};

use super::{ProviderName, Result, Stage, check, login::start, refused, stage::callback};
use crate::op::Mischief;

/// At the npm provider it is an account that has such claims.
const SOURCED: &[(&str, &str)] =
    &[("user", "dist"), ("username", "dist"), ("login", "dist"), ("password", "dist")];

/// A login with its userinfo, which has sources.
fn log_in(stage: &Stage, client: &Client) -> Result<Login> {
    let (scope, entries) = match stage.provider() {
        ProviderName::Npm => ("external", SOURCED),
        _ => ("email", crate::visitor::ALICE),
    };
    let started = stage.run(start(client).scope(scope))?;
    let redirect_uri = client.registration().redirect_uri();
    let back = stage.visitor()?.follow(&started.url, redirect_uri, entries)?;
    let callback = callback(client, &back)?;
    let login = stage.run(client.finish_login(started.pending, callback).with_user_info())?;
    stage.take_requests();
    Ok(login)
}

fn source(client: &Client, claims: &Claims, claim: &str) -> Result<ClaimSource> {
    let sources = client.claim_sources(claims)?;
    let source = sources.of_claim(claim).next().ok_or("no source")?.clone();
    Ok(source)
}

/// Claims that come along: verified where their issuer is trusted, and marked as unverified otherwise.
pub fn aggregated(stage: &Stage) -> Result<()> {
    let stage = &stage.anew(Mischief::AggregatedClaims)?;
    let client = stage.client("basic")?;
    let login = log_in(stage, &client)?;
    let claims = login.user_info().ok_or("no user info")?.claims();
    // The embedded provider's is unsigned, as that of the certification suite is.
    let (claim, signed) = match stage.provider() {
        ProviderName::Npm => ("shipping", true),
        _ => ("credit_score", false),
    };
    let source = source(&client, claims, claim)?;
    check(source.endpoint().is_none(), "not aggregated")?;
    let resolved = stage.run(client.resolve_claims(&source))?;
    check(resolved.verified().is_none(), "verified by nobody")?;
    check(stage.take_requests().is_empty(), "something was asked")?;
    let trusted = || client.resolve_claims(&source).trusted_by_algorithm(&client, Algorithm::ES256);
    check(stage.run(trusted())?.verified().is_some() == signed, "who vouches for it")?;
    if !signed {
        return Ok(());
    }
    stage.take_requests();
    let result = stage.run(client.resolve_claims(&source).trusted(&client));
    refused(stage, result, "token.algorithm", None).map(drop)
}

/// Claims that are fetched with the token of their source, from an origin that was allowed.
pub fn distributed(stage: &Stage) -> Result<()> {
    let stage = &stage.anew(Mischief::DistributedClaims)?;
    let client = stage.client("basic")?;
    let login = log_in(stage, &client)?;
    let claims = login.user_info().ok_or("no user info")?.claims();
    let source = source(&client, claims, "credit_score")?;
    let endpoint = source.endpoint().ok_or("not distributed")?.clone();
    let last = format!("GET {}", endpoint.path());
    refused(stage, stage.run(client.resolve_claims(&source)), "claim_source.origin", None)?;
    let allowed =
        || client.resolve_claims(&source).allow_origin(&endpoint.origin().ascii_serialization());
    check(stage.run(allowed())?.verified().is_none(), "verified by nobody")?;
    check(stage.take_requests() == [last.as_str()], "another request")?;
    let (good, other) = match stage.provider() {
        ProviderName::Npm => (Algorithm::ES256, Algorithm::RS256),
        _ => (Algorithm::RS256, Algorithm::ES256),
    };
    let resolved = stage.run(allowed().trusted_by_algorithm(&client, good))?;
    let verified = resolved.verified().ok_or("unverified")?;
    check(verified.claims().claim("credit_score")? == Some(650), "another score")?;
    stage.take_requests();
    let result = stage.run(allowed().trusted_by_algorithm(&client, other));
    refused(stage, result, "token.algorithm", Some(&last)).map(drop)
}
