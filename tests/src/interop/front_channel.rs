//! Responses of the npm provider by every type and mode, and a client that may have them all.

use relying_party::{
    Client, Registration,
    protocol::{
        authorization::ResponseMode::{self, FormPost, FormPostJwt, Fragment, FragmentJwt, Jwt},
        callback::Callback,
        response_type::ResponseType,
    },
};
use url::Url;

use super::npm::NodeProvider;
use crate::browser::Browser;

/// A client whose browser comes back to an https address, as implicit types need.
///
/// # Panics
/// When the provider has no such client.
pub fn registration(provider: &NodeProvider, name: &str) -> Registration {
    let known = provider.client(name).expect("a client");
    let redirect_uri = known.redirect_uris.into_iter().find(|uri| uri.starts_with("https:"));
    let redirect_uri = redirect_uri.expect("an https address");
    let secret = known.client_secret.expect("a secret");
    Registration::confidential(known.client_id, secret, redirect_uri).expect("a registration")
}

/// The browser's way, and what it brings where this mode has it.
///
/// # Panics
/// When nothing comes back.
pub fn visit(
    client: &Client,
    url: &Url,
    response_type: ResponseType,
    mode: ResponseMode,
) -> Callback {
    let browser = Browser::new(None).expect("a browser");
    let redirect_uri = client.registration().redirect_uri();
    if matches!(mode, FormPost | FormPostJwt) {
        let form = browser.authorize_form(url, redirect_uri).expect("a form");
        return client.callback_form(&form).expect("a callback");
    }
    let back = browser.authorize(url, redirect_uri).expect("an address");
    let callback = match (mode, response_type.default_mode()) {
        (Fragment | FragmentJwt, _) | (Jwt, Fragment) => {
            client.callback_fragment(back.fragment().unwrap_or_default())
        }
        _ => client.callback(back.query().unwrap_or_default()),
    };
    callback.expect("a callback")
}
