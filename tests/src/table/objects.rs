//! Scenarios of request objects (OIDC Core 6, RFC 9101).

use relying_party::{
    flow::{hosted_request::Hosted, start_login::StartedLogin},
    jose::{
        algorithm::Algorithm,
        encryption::{ContentEncryption, KeyManagement},
    },
    protocol::request_object::RequestObject,
};

use super::{
    Result, Stage, check,
    login::start,
    made::{Made, made, signing_key},
    refused,
    stage::callback,
};
use crate::{objects::PLACE, visitor::ALICE};

fn signed() -> Result<RequestObject> {
    Ok(RequestObject::signed_by(signing_key()?))
}

fn client(stage: &Stage) -> Result<Made> {
    made(stage, |asked| asked.request_object_signing_alg(Algorithm::ES256))
}

/// There and back. What the object says stands nowhere else.
fn finish(stage: &Stage, Made { client, .. }: &Made, started: StartedLogin) -> Result<()> {
    let StartedLogin { url, pending } = started;
    let said = |wanted: &str| url.query_pairs().any(|(name, _)| name == wanted);
    check(!said("state") && !said("nonce") && !said("code_challenge"), "said twice")?;
    let redirect_uri = client.registration().redirect_uri();
    let back = stage.visitor()?.follow(&url, redirect_uri, ALICE)?;
    stage.run(client.finish_login(pending, callback(client, &back)?))?;
    stage.take_requests();
    // Another algorithm than the registered one is found before anything is sent.
    let other = RequestObject::signed_by_secret(Algorithm::HS256);
    let result = stage.run(start(client).request_object(other));
    refused(stage, result, "misuse.request_object", None).map(drop)
}

/// A signed object in the address.
pub fn by_value(stage: &Stage) -> Result<()> {
    let made = client(stage)?;
    let started = stage.run(start(&made.client).request_object(signed()?))?;
    let there = started.url.query_pairs().any(|(name, _)| name == "request");
    check(there, "no object")?;
    finish(stage, &made, started)
}

/// The provider wants the redirect URI beside the object as well, and takes the object then.
pub fn not_alone(stage: &Stage) -> Result<()> {
    let made = client(stage)?;
    let StartedLogin { mut url, pending } =
        stage.run(start(&made.client).request_object(signed()?))?;
    let redirect_uri = made.client.registration().redirect_uri();
    let visitor = stage.visitor()?;
    let Err(error) = visitor.follow(&url, redirect_uri, ALICE) else {
        return Err("taken alone".into());
    };
    check(error.to_string().contains("a dead end: 400"), &format!("{error}"))?;
    url.query_pairs_mut().append_pair("redirect_uri", redirect_uri);
    let back = visitor.follow(&url, redirect_uri, ALICE)?;
    stage.run(made.client.finish_login(pending, callback(&made.client, &back)?))?;
    Ok(())
}

/// A signed object that only the provider can read.
pub fn encrypted(stage: &Stage) -> Result<()> {
    let made = client(stage)?;
    let (alg, enc) = (KeyManagement::Dir, ContentEncryption::A256Gcm);
    let object = signed()?.encrypted_by_secret(alg, enc);
    let started = stage.run(start(&made.client).request_object(object))?;
    let object = started.url.query_pairs().find(|(name, _)| name == "request");
    let parts = object.map(|(_, object)| object.split('.').count());
    check(parts == Some(5), "not encrypted")?;
    finish(stage, &made, started)
}

/// A signed object that the provider fetches.
pub fn by_reference(stage: &Stage) -> Result<()> {
    let made = made(stage, |asked| {
        asked.request_object_signing_alg(Algorithm::ES256).request_uris(&[PLACE])
    })?;
    let hosted = stage.run(start(&made.client).request_object_at(signed()?, PLACE))?;
    let Hosted { started, hosted_request } = hosted;
    let there = started.url.query_pairs().any(|(name, uri)| name == "request_uri" && uri == PLACE);
    check(there, "no address")?;
    stage.publish(&hosted_request)?;
    finish(stage, &made, started)?;
    let elsewhere = start(&made.client).request_object_at(signed()?, "http://rp.test/o");
    refused(stage, stage.run(elsewhere), "misuse.request_object", None).map(drop)
}
