//! Logout started by the relying party (OpenID Connect RP-Initiated Logout 1.0).

use url::Url;

use crate::{
    error::{CallbackProblem, Error},
    protocol::callback::Callback,
    secret::{RawToken, State},
};

/// The address to which the browser goes (RP-Initiated Logout 2). The endpoint's own query is kept.
pub(crate) fn url(
    endpoint: &Url,
    client_id: &str,
    id_token_hint: Option<&RawToken>,
    redirect: Option<(&str, &str, &State)>,
    chosen: &[(&'static str, String)],
) -> Url {
    let mut url = endpoint.clone();
    let mut query = url.query_pairs_mut();
    query.extend_pairs(id_token_hint.map(|hint| ("id_token_hint", hint.expose())));
    query.append_pair("client_id", client_id);
    if let Some((name, redirect_uri, state)) = redirect {
        query.append_pair(name, redirect_uri);
        query.append_pair("state", state.expose());
    }
    query.extend_pairs(chosen);
    drop(query);
    url
}

/// Whether the browser comes back from the logout that was started with `state`
/// (RP-Initiated Logout 3).
pub(crate) fn check_return(callback: &Callback, state: &State) -> Result<(), Error> {
    if callback.state() == Some(state) { Ok(()) } else { Err(CallbackProblem::LogoutState.into()) }
}
