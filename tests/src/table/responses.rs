//! Scenarios of authorization responses that are tokens (JARM).

use relying_party::{
    flow::start_login::StartLogin,
    jose::algorithm::Algorithm,
    protocol::{
        authorization::ResponseMode,
        id_token::Check,
        response_type::ResponseType::{self, Code, CodeIdToken},
    },
};

use super::{
    Result, Stage, check,
    encrypted::Pair,
    login::start,
    made::{Made, made},
    refused,
    stage::{Visit, callback},
};
use crate::{scenario::Return, visitor::ALICE};

/// A signed response, by this mode. A plain one in its place is refused.
pub fn signed(stage: &Stage, response_type: ResponseType, mode: ResponseMode) -> Result<()> {
    let client = stage.client("basic")?;
    let ask = || start(&client).response_type(response_type);
    let Visit { pending, callback: signed, back } =
        stage.visit(&stage.visitor()?, &client, ask().response_mode(mode))?;
    check(back.text().contains("response=") && !back.text().contains("code="), "not a token")?;
    let by_mode = match (mode, response_type) {
        (ResponseMode::FormPostJwt, _) => matches!(back, Return::Form(_)),
        (ResponseMode::Jwt, CodeIdToken) => matches!(back, Return::Fragment(_)),
        _ => matches!(back, Return::Query(_)),
    };
    check(by_mode, "the response came elsewhere")?;
    let login = stage.run(client.finish_login(pending, signed))?;
    let due = Check::ResponseSignature(Algorithm::RS256);
    check(login.id_token().checks().contains(&due), "not verified")?;
    if response_type != Code {
        return Ok(());
    }
    let other = stage.run(ask().response_mode(mode))?.pending;
    stage.take_requests();
    let result = stage.run(client.finish_login(other, callback(&client, &back)?));
    refused(stage, result, "callback.state.mismatch", None)?;
    plain(stage, &client, ask().response_mode(mode))
}

/// Somebody made the browser ask for a plain response.
fn plain(stage: &Stage, client: &relying_party::Client, start: StartLogin) -> Result<()> {
    let mut started = stage.run(start)?;
    let pairs: Vec<_> = started.url.query_pairs().into_owned().collect();
    let pairs = pairs.into_iter().filter(|(name, _)| name != "response_mode");
    let pairs = pairs.collect::<Vec<_>>();
    started.url.query_pairs_mut().clear().extend_pairs(pairs);
    let redirect_uri = client.registration().redirect_uri();
    let back = stage.visitor()?.follow(&started.url, redirect_uri, ALICE)?;
    check(back.text().contains("code="), "not a plain response")?;
    stage.take_requests();
    let result = stage.run(client.finish_login(started.pending, callback(client, &back)?));
    refused(stage, result, "callback.response.missing", None).map(drop)
}

/// A response that is encrypted, too.
pub fn encrypted(stage: &Stage, (alg, enc): Pair) -> Result<()> {
    let Made { client, .. } = made(stage, |asked| {
        let asked = asked.authorization_signed_response_alg(Algorithm::ES256);
        asked.authorization_encrypted_response(alg, enc)
    })?;
    let ask = start(&client).response_mode(ResponseMode::Jwt);
    let Visit { pending, callback, .. } = stage.visit(&stage.visitor()?, &client, ask)?;
    let login = stage.run(client.finish_login(pending, callback))?;
    let checks = login.id_token().checks();
    let due = Check::ResponseSignature(Algorithm::ES256);
    check(checks.contains(&due), &format!("{checks:?}"))?;
    plain(stage, &client, start(&client).response_mode(ResponseMode::Jwt))
}
