//! The profiles: what each one changes, and why.
//!
//! A [profile](crate::profile) is data over what an application can also say itself. Nothing of it holds without the
//! profile, and nothing beside it holds with it.
//!
//! # What is accepted
//!
//! Each use is reported, with the profile as its reason: [`Relaxation::because`](crate::protocol::relaxation::Relaxation::because)
//! in [`IdToken::relaxations`](crate::IdToken::relaxations) and
//! [`TokenSet::relaxations`](crate::protocol::token::TokenSet::relaxations).
//!
//! | profile | accepts | because |
//! | --- | --- | --- |
//! | [`google`](crate::profile::google) | the issuer `accounts.google.com` of ID tokens | older ones leave the scheme out (OIDC Core 15.6.2) |
//! | [`entra_v1`](crate::profile::entra_v1), [`entra_v2`](crate::profile::entra_v2) and theirs with a question | the tenants that are listed, or for which the question is answered with yes | the metadata name a template as their issuer |
//! | [`zitadel`](crate::profile::zitadel) | the audiences that are listed | tokens also name the project and its other clients |
//! | [`insecure_linkedin`](crate::profile::insecure_linkedin) | logins without nonce and without PKCE | ID tokens hold no nonce, and a verifier is refused |
//! | [`github`](crate::profile::github) | tokens as a form; commas in their scope | it is older than RFC 6749 |
//! | [`github_enterprise_server`](crate::profile::github_enterprise_server) | the same, and a member of a token answer twice with an equal value | some versions write it so |
//! | [`slack`](crate::profile::slack) | the token type `user`, or none | what it calls so is a bearer token |
//!
//! # What is asked otherwise
//!
//! No check is weaker by these, so nothing is reported. What the application chooses itself goes first.
//!
//! | profile | changes | because |
//! | --- | --- | --- |
//! | [`b2c`](crate::profile::b2c) | the address of the metadata | each policy has its own, and all have one issuer |
//! | [`apple`](crate::profile::apple) | the secret is an ES256 JWT; the response is a posted form | Apple keeps no secrets, and wants the form for `name` and `email` |
//! | [`insecure_linkedin`](crate::profile::insecure_linkedin), [`twitch`](crate::profile::twitch) | the secret in the form, listed or not | the metadata do not say so |
//! | [`cognito`](crate::profile::cognito) | Basic without form-encoding; `logout_uri` | the halves are not decoded; the logout has its own names |
//! | [`keycloak_by_another_host`](crate::profile::keycloak_by_another_host) | the host of what this application asks, not of what visitors see | inside a cluster it has another name |
//! | [`github`](crate::profile::github), [`github_enterprise_server`](crate::profile::github_enterprise_server) | fixed endpoints, the secret in the form, [no ID tokens](crate::Policy::without_id_tokens) | plain OAuth |
//! | [`facebook`](crate::profile::facebook) | the token endpoint, the secret in the form | the metadata have none |
//! | [`line`](crate::profile::line) | HS256, unless another algorithm was registered | ID tokens of web applications are under the channel secret |
//! | [`auth0`](crate::profile::auth0) | the slash at the end of the issuer | it is easily forgotten |
//! | [`okta`](crate::profile::okta), [`okta_authorization_server`](crate::profile::okta_authorization_server) | the issuer of the org, or of one of its servers | they are different issuers |
//! | [`genauth::oidc`](crate::profile::genauth::oidc) | fixed endpoints, HS256, the secret in the form, userinfo by `POST` | its own paths and defaults |
//! | [`genauth::oauth`](crate::profile::genauth::oauth) | the same without ID tokens; the scope `user` | plain OAuth |
//!
//! # Access tokens
//!
//! A profile is about logins. What a resource server needs for
//! [`validate_access_token`](crate::Client::validate_access_token) is said there, for each call, because most providers
//! write their access tokens otherwise than RFC 9068 says:
//!
//! | provider | `typ` | client | scope | calls |
//! | --- | --- | --- | --- | --- |
//! | any, by RFC 9068 | `at+jwt` | `client_id` | `scope` | none |
//! | Auth0, profile RFC 9068 | `at+jwt` | `client_id` | `scope` | none |
//! | Auth0, its own profile | `JWT` | `azp` | `scope` | [`insecure_accept_untyped`], [`accept_azp_as_client_id`] |
//! | Okta, custom authorization server | none | `cid` | `scp` | [`insecure_accept_untyped`], [`client_id_claim("cid")`][c], [`scope_claim("scp")`][s] |
//! | Entra ID, version 1 | `JWT` | `appid` | `scp` | [`insecure_accept_untyped`], [`client_id_claim("appid")`][c], [`scope_claim("scp")`][s] |
//! | Entra ID, version 2 | `JWT` | `azp` | `scp` | [`insecure_accept_untyped`], [`accept_azp_as_client_id`], [`scope_claim("scp")`][s] |
//! | Keycloak | `JWT` | `azp` | `scope` | [`insecure_accept_untyped`], [`accept_azp_as_client_id`] |
//! | opaque ones | | | | [`or_introspect`], where the provider has introspection |
//!
//! `iss` must be the client's issuer exactly: with Entra make a client for each tenant, not for `common`. Tokens for
//! Microsoft's own APIs, and those of Okta's org server, are for nobody else to read.
//!
//! [`insecure_accept_untyped`]: crate::flow::validate_access_token::ValidateAccessToken::insecure_accept_untyped
//! [`accept_azp_as_client_id`]: crate::flow::validate_access_token::ValidateAccessToken::accept_azp_as_client_id
//! [`or_introspect`]: crate::flow::validate_access_token::ValidateAccessToken::or_introspect
//! [c]: crate::flow::validate_access_token::ValidateAccessToken::client_id_claim
//! [s]: crate::flow::validate_access_token::ValidateAccessToken::scope_claim
//!
//! # What needs no profile
//!
//! Read everywhere, since no check depends on it: numbers and booleans that are text, a scope that is a list, `null`
//! claims, an error with status 200, an answer with status 201, a revocation that is answered with nothing, a 401 of
//! userinfo without a body, and parameters of a response that nobody knows.
