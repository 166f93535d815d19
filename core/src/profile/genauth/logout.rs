//! Where visitors log out: addresses for the browser, with every value percent-encoded.

use url::Url;

use crate::{
    client::Client,
    error::{ApiMisuse, Error, Shown},
    flow::{logout::check_hint, party},
    protocol::registration::RedirectUri,
    secret::RawToken,
};

/// The ordinary logout: `<host>/login/profile/logout`. End your own session first.
///
/// # Errors
/// [`ApiMisuse::RedirectUri`] where the redirect URI is none.
pub fn logout_url(client: &Client, redirect_uri: Option<&str>) -> Result<Url, Error> {
    let redirect_uri = redirect_uri.map(redirect).transpose()?;
    let mut url = host(client, "/login/profile/logout")?;
    if let Some(redirect_uri) = redirect_uri {
        url.query_pairs_mut().append_pair("redirect_uri", redirect_uri.as_str());
    }
    Ok(url)
}

/// The expert's logout: `<host>/oidc/session/end`. End your own session first. The address holds the ID token: do not log
/// it. With `state`, and a check of the way back: [`Client::start_logout`].
///
/// # Errors
/// [`ApiMisuse::Parameter`] names the one that is missing where only one of the two is there, since the provider ignores
/// the other one then; [`ApiMisuse::NoSuchEndpoint`] for a client of plain OAuth, [`ApiMisuse::RedirectUri`],
/// [`ApiMisuse::OtherClient`] for an ID token that names another provider.
pub fn expert_logout_url(
    client: &Client,
    id_token_hint: Option<&RawToken>,
    post_logout_redirect_uri: Option<&str>,
) -> Result<Url, Error> {
    let missing = |name| Err(ApiMisuse::Parameter(Shown::new(name)).into());
    let pair = match (id_token_hint, post_logout_redirect_uri) {
        (Some(hint), Some(redirect_uri)) => {
            check_hint(client.party(), hint)?;
            Some((hint, redirect(redirect_uri)?))
        }
        (None, None) => None,
        (Some(_), None) => return missing("post_logout_redirect_uri"),
        (None, Some(_)) => return missing("id_token_hint"),
    };
    let endpoint = &client.party().metadata.end_session_endpoint;
    let mut url = party::endpoint(endpoint, "end_session_endpoint")?.clone();
    if let Some((hint, redirect_uri)) = pair {
        url.query_pairs_mut()
            .append_pair("id_token_hint", hint.expose())
            .append_pair("post_logout_redirect_uri", redirect_uri.as_str());
    }
    Ok(url)
}

fn redirect(text: &str) -> Result<RedirectUri, Error> {
    RedirectUri::new(text.to_owned())
}

/// An address on the host of the client's issuer.
pub(super) fn host(client: &Client, path: &str) -> Result<Url, Error> {
    let mut url = Url::parse(client.issuer()).map_err(|_| ApiMisuse::Issuer("it is no address"))?;
    url.set_path(path);
    Ok(url)
}
