//! GitHub ("Authorizing OAuth apps", GitHub Docs): plain OAuth, and no logins.

use super::{Profile, at_host};
use crate::{
    error::Error,
    flow::policy::Policy,
    protocol::{metadata::MetadataOverrides, registration::AuthMethod},
};

/// GitHub. Departs from RFC 6749 5.1, 3.3: tokens may come as a form, and their scope is separated by commas; an error
/// comes with status 200, and is one all the same. It issues no ID tokens: use
/// [`Client::start_authorization`](crate::Client::start_authorization), and read `https://api.github.com/user` with
/// [`Client::resource`](crate::Client::resource).
///
/// # Who it was
///
/// GitHub does not say for whom an access token was issued, nor to which client. That `/user` names the visitor is
/// bearable for one reason only: this client got the token itself, for its own code, which came back with its own `state`
/// and under its own PKCE. Never take an account from a token that somebody sends in, an app or a browser say: any
/// other site where that visitor signed in has one as good.
///
/// ```
/// use relying_party::{
///     Client, Error,
///     drive::{Transport, drive},
///     env::Env,
///     flow::pending_authorization::PendingAuthorization,
///     http::Method,
/// };
///
/// /// The account: the provider, and the number that stays when the login name changes. None where GitHub names nobody.
/// fn came_back(
///     client: &Client,
///     pending: PendingAuthorization,
///     query: &str,
///     http: &impl Transport,
///     env: &mut impl Env,
/// ) -> Result<Option<(&'static str, u64)>, Error> {
///     let authorized = drive(client.finish_authorization(pending, client.callback(query)?), http, env)?;
///     // GitHub refuses every request without a User-Agent.
///     let call = client
///         .resource(Method::Get, "https://api.github.com/user", authorized.tokens().access_token())
///         .header("user-agent", "my-site")
///         .header("accept", "application/vnd.github+json");
///     let answer = drive(call, http, env)?;
///     if answer.status() != 200 {
///         return Ok(None);
///     }
///     let user: Option<serde_json::Value> = serde_json::from_slice(answer.response().body()).ok();
///     let id = user.as_ref().and_then(|user| user.get("id")?.as_u64());
///     Ok(id.map(|id| ("github", id)))
/// }
/// ```
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
