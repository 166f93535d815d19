//! From the GenAuth or Authing SDK: the OpenID Connect part of `authing.v2.authentication` (4.5) and of `genauth` and
//! `authing` 5.1.
//!
//! Its other calls (sign-in by SMS, roles, organisations, SAML, CAS) belong to one product and have no counterpart.
//!
//! # The client
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `AuthenticationClientOptions(app_id, app_host, secret, redirect_uri, …)`, `AuthenticationClient(…)` | [`Registration::confidential`](crate::Registration::confidential), [`Client::discover`](crate::Client::discover) | endpoints come from the issuer's metadata, `<app_host>/oidc`, and are validated |
//! | fixed paths below the host, and the defaults of both generations | [`genauth::oidc`](crate::profile::genauth::oidc), [`genauth::oauth`](crate::profile::genauth::oauth) | a [profile](crate::guide::profiles); no discovery, and what is borne because of it is reported |
//! | `token_endpoint_auth_method="client_secret_post"` | [`token_endpoint_auth_method`](crate::Registration::token_endpoint_auth_method) with [`ClientSecretPost`](crate::protocol::registration::AuthMethod::ClientSecretPost) | the default is Basic where the provider lists it |
//! | `introspection_endpoint_auth_method`, `revocation_endpoint_auth_method` | [`introspection_endpoint_auth_method`](crate::Registration::introspection_endpoint_auth_method), [`revocation_endpoint_auth_method`](crate::Registration::revocation_endpoint_auth_method) | each else as at the token endpoint |
//! | ID tokens under HS256 | [`id_token_signed_response_alg`](crate::Registration::id_token_signed_response_alg) | must be said: RS256 is the default, and the token does not choose. A secret of less than 32 bytes is refused |
//! | `protocol='oauth'` | [`genauth::oauth`](crate::profile::genauth::oauth) with [`Client::start_authorization`](crate::Client::start_authorization), [`Client::finish_authorization`](crate::Client::finish_authorization); [`Policy::without_id_tokens`](crate::Policy::without_id_tokens) for a server without keys | other flows, since they say nothing about who the visitor is |
//! | `timeout` | the adapter's | it has one |
//! | `use_unverified_ssl` | none | give the adapter the certificate authority that you trust |
//!
//! # The login
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `build_authorize_url(…)` | [`Client::start_login`](crate::Client::start_login) | `state` and `nonce` have 256 bits, are kept in the [`PendingLogin`](crate::PendingLogin) and checked |
//! | `scope="openid profile email phone address"` by default | [`scope`](crate::flow::start_login::StartLogin::scope) | `openid` alone by default: ask for what you use |
//! | `prompt=consent` with `offline_access` | the same | for that very scope, and unless a [`prompt`](crate::flow::start_login::StartLogin::prompt) was given |
//! | `response_type`, `response_mode` | [`response_type`](crate::flow::start_login::StartLogin::response_type), [`response_mode`](crate::flow::start_login::StartLogin::response_mode) | a type with an access token through the browser must be [insisted on](crate::flow::start_login::StartLogin::insecure_front_channel_access_token) |
//! | `generate_code_challenge()` (makes a verifier), `generate_code_challenge_digest(…)` | [`code_verifier`](crate::flow::start_login::StartLogin::code_verifier) for your own | else made, 256 bits, and sent as S256 |
//! | `code_challenge_method="plain"` | [`insecure_pkce_plain`](crate::flow::start_login::StartLogin::insecure_pkce_plain) | loud, and reported in the result |
//! | `get_access_token_by_code(code, code_verifier)` | [`Client::callback`](crate::Client::callback), [`Client::finish_login`](crate::Client::finish_login) | takes the whole callback; the ID token is verified |
//! | `get_user_info_by_access_token(token)` | [`Client::user_info`](crate::Client::user_info) with [`UserInfoMethod`](crate::protocol::user_info::UserInfoMethod) for a POST | `sub` is held against the login's; without a login [`insecure_unbound_user_info`](crate::Client::insecure_unbound_user_info) |
//! | claims that are `null`, `updated_at` as text | [`Claims`](crate::Claims), [`updated_at_or_text`](crate::Claims::updated_at_or_text) | `null` is absent; each claim is read by itself |
//!
//! # Tokens
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `get_new_access_token_by_refresh_token(token)` | [`Client::refresh`](crate::Client::refresh) | with the [`LoginRecord`](crate::LoginRecord) of the login |
//! | `get_access_token_by_client_credentials(scope, access_key, access_secret)` | [`Client::client_credentials`](crate::Client::client_credentials) with [`credentials`](crate::flow::grant::RequestTokens::credentials) | they go into the body, and nothing of the client's own does |
//! | `introspect_token(token)` | [`Client::introspect`](crate::Client::introspect) | an error is an error, not a document |
//! | `introspect_token_offline(token)` | [`genauth::introspect_token_offline`](crate::profile::genauth::introspect_token_offline) | `iss`, `aud` and `exp` are checked; a key set with keys of other kinds is read |
//! | `validate_token(id_token, access_token)` | [`genauth::insecure_validate_token`](crate::profile::genauth::insecure_validate_token) | exactly one of them, by type; an error inside a 200 is an error. Loud, since the token travels in an address |
//! | `revoke_token(token)` | [`Client::revoke`](crate::Client::revoke) | 200 is success, with or without a body; all else is an error |
//! | `build_logout_url(expert=True, redirect_uri, id_token)` | [`Client::start_logout`](crate::Client::start_logout) with [`id_token_hint`](crate::flow::logout::StartLogout::id_token_hint) | encoded, with a `state` that [`finish_logout`](crate::Client::finish_logout) checks |
//! | `build_logout_url()` and its pair of parameters as the product has it | [`genauth::logout_url`](crate::profile::genauth::logout_url), [`genauth::expert_logout_url`](crate::profile::genauth::expert_logout_url) | encoded; the second cannot be made with one of the pair alone |
//!
//! # Errors
//!
//! Where a document with an `error` came back, an [`Error`](crate::Error) does: `provider.error` with the OAuth error in
//! [`ErrorKind::Provider`](crate::error::ErrorKind::Provider). An `error` inside a 200 is one as well.
