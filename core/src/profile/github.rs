//! GitHub ("Authorizing OAuth apps", GitHub Docs): plain OAuth, and no logins.

use super::{Profile, at_host};
use crate::{
    error::Error,
    flow::party::Policy,
    protocol::{metadata::MetadataOverrides, registration::AuthMethod},
};

/// GitHub. Departs from RFC 6749 5.1, 3.3: tokens may come as a form, and their scope is separated by commas; an error
/// comes with status 200, and is one all the same. It issues no ID tokens: use
/// [`Client::start_authorization`](crate::Client::start_authorization), and read `https://api.github.com/user` with
/// [`Client::resource`](crate::Client::resource).
pub fn github() -> Profile {
    at("GitHub", "https://github.com/login", Policy::default())
}

/// GitHub Enterprise Server on this host, with a port perhaps. As [`github`], and a member of an answer may occur again
/// with an equal value, which RFC 8259 4 leaves undefined.
///
/// # Errors
/// [`ApiMisuse::Issuer`](crate::error::ApiMisuse::Issuer) where it is no host.
pub fn github_enterprise_server(host: &str) -> Result<Profile, Error> {
    let policy = Policy::default().accept_equal_repeats_in_tokens();
    Ok(at("GitHub Enterprise Server", &at_host(host, "/login")?, policy))
}

fn at(name: &'static str, login: &str, policy: Policy) -> Profile {
    let overrides = MetadataOverrides::default()
        .authorization_endpoint(format!("{login}/oauth/authorize"))
        .token_endpoint(format!("{login}/oauth/access_token"))
        .device_authorization_endpoint(format!("{login}/device/code"));
    let policy =
        policy.accept_form_encoded_tokens().accept_comma_separated_scope().without_id_tokens();
    let profile = Profile::new(name, format!("{login}/oauth"))
        .overriding(overrides)
        .accepting(policy)
        .authenticating(AuthMethod::ClientSecretPost);
    Profile { source: None, ..profile }
}
