//! Scenarios about who is logged in: the session at the provider, and userinfo.

use relying_party::{
    error::ErrorKind,
    flow::{logout::StartedLogout, start_login::StartedLogin},
    protocol::{authorization::Prompt, user_info::UserInfoMethod},
};

use super::{Result, Stage, check, login::start, logout::bye, refused, stage::Visit};
use crate::visitor::ALICE;

/// Whoever is logged in is not asked again, and whoever is not is sent back.
pub fn prompt_none(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let visitor = stage.visitor()?;
    let silent = || start(&client).prompt(Prompt::None);
    let Visit { pending, callback, .. } = stage.visit(&visitor, &client, silent())?;
    stage.take_requests();
    let result = stage.run(client.finish_login(pending, callback));
    let error = refused(stage, result, "provider.error", None)?;
    match error.kind() {
        ErrorKind::Provider(oauth) => {
            check(oauth.error.as_str() == "login_required", "another error")?;
        }
        _ => return Err("no error of the provider".into()),
    }
    stage.visit(&visitor, &client, start(&client))?;
    let Visit { pending, callback, .. } = stage.visit(&visitor, &client, silent())?;
    stage.run(client.finish_login(pending, callback))?;
    Ok(())
}

/// The time of the login is in the ID token when it was asked for.
pub fn max_age(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let login = stage.log_in(&client, start(&client).max_age(3600))?;
    check(login.id_token().claims().claim::<i64>("auth_time")?.is_some(), "no auth_time")
}

fn user_info(stage: &Stage, method: UserInfoMethod) -> Result<()> {
    let client = stage.client("basic")?;
    let login = stage.log_in(&client, start(&client))?;
    let read = client.user_info(login.tokens().access_token(), login.subject());
    let user_info = stage.run(read.method(method))?;
    check(user_info.sub() == login.subject().sub(), "another subject")?;
    check(user_info.claims().email()?.is_some(), "no address")
}

/// Userinfo by GET.
pub fn user_info_get(stage: &Stage) -> Result<()> {
    user_info(stage, UserInfoMethod::Get)
}

/// Userinfo by POST.
pub fn user_info_post(stage: &Stage) -> Result<()> {
    user_info(stage, UserInfoMethod::Post)
}

/// Userinfo by POST with the token in the body.
pub fn user_info_body(stage: &Stage) -> Result<()> {
    user_info(stage, UserInfoMethod::PostBody)
}

/// Alice logs out, and her session is gone.
pub fn logout(stage: &Stage) -> Result<()> {
    let client = stage.client("basic")?;
    let visitor = stage.visitor()?;
    let Visit { pending, callback, .. } = stage.visit(&visitor, &client, start(&client))?;
    let login = stage.run(client.finish_login(pending, callback))?;
    let redirect_uri = client.registration().redirect_uri();
    let bye = bye(&client);
    let started = client.start_logout().id_token_hint(login.id_token().raw());
    let StartedLogout { url, state } = stage.run(started.post_logout_redirect_uri(&bye))?;
    stage.take_requests();
    let back = visitor.follow(&url, &bye, ALICE)?;
    client.finish_logout(back.text(), &state)?;
    refused(stage, client.finish_logout("state=another", &state), "callback.logout_state", None)?;
    let StartedLogin { url, .. } = stage.run(start(&client).prompt(Prompt::None))?;
    let back = visitor.follow(&url, redirect_uri, ALICE)?;
    check(back.text().contains("error=login_required"), "the session is still there")
}
