//! From `simple_openid_connect` (2.4, 2.5).
//!
//! # The client
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `OpenidClient.from_issuer_url(url, …)`, `discover_configuration_from_issuer` | [`Client::discover`](crate::Client::discover), [`Client::read_provider`](crate::Client::read_provider) | the issuer is compared byte by byte; [`ignore_one_trailing_slash`](crate::Policy::ignore_one_trailing_slash) where it must be otherwise |
//! | `OpenidClient.from_issuer_config(config, …)` | [`ProviderMetadata::from_json`](crate::protocol::metadata::ProviderMetadata::from_json), then [`Client::new`](crate::Client::new) | no network either |
//! | `authentication_redirect_uri`, `client_id`, `client_secret` | [`Registration`](crate::Registration) | `confidential`, `public` or `service`; several redirect URIs |
//! | `scope="openid"` of the client | [`StartLogin::scope`](crate::flow::start_login::StartLogin::scope) | said at each login; `openid` is always there |
//! | `provider_keys`, `min_jwks_cache_duration`, `fetch_jwks` | the client's own cache | [ten minutes, or what the provider says within bounds](crate::guide::defaults); an unknown key id makes it read again |
//! | `session=` | [`Transport`](crate::drive::Transport), or an adapter with an HTTP client of your own | |
//! | `client_authentication.NoneAuth`, `ClientSecretBasicAuth` | [`Registration::token_endpoint_auth_method`](crate::Registration::token_endpoint_auth_method) | chosen by secret and metadata unless said; every method of OpenID Connect and RFC 8705 |
//! | `AccessTokenBearerAuth` | [`Introspect::bearer`](crate::flow::introspect::Introspect::bearer), [`RegisterClient::initial_access_token`](crate::flow::register::RegisterClient::initial_access_token) | |
//! | `NotImplementedError` for a method that is not listed | `misuse.auth_method` | [`auth_methods_even_if_unlisted`](crate::Registration::auth_methods_even_if_unlisted) insists |
//! | pickling a client | [`PendingLogin::to_bytes`](crate::PendingLogin::to_bytes), [`LoginRecord::to_bytes`](crate::LoginRecord::to_bytes) | the client is made anew on each server, the login goes along: [`clusters`](crate::guide::clusters) |
//!
//! # The login
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `authorization_code_flow.start_authentication(state, nonce, prompt, code_challenge, …)` | [`Client::start_login`](crate::Client::start_login) | `state`, `nonce` and PKCE are made and checked; [`code_verifier`](crate::flow::start_login::StartLogin::code_verifier) and [`code_challenge`](crate::flow::start_login::StartLogin::code_challenge) take your own |
//! | `prompt=["login", "consent"]`, `ui_locales=[…]` | [`prompt`](crate::flow::start_login::StartLogin::prompt) twice, [`ui_locales`](crate::flow::start_login::StartLogin::ui_locales) | all of them are sent, joined by spaces |
//! | `handle_authentication_result(current_url, …)` | [`Client::callback_url`](crate::Client::callback_url) (or [`callback`](crate::Client::callback) of the query), then [`Client::finish_login`](crate::Client::finish_login) | `state` is checked on errors too; a parameter that occurs twice is refused; `id_token` is verified in the same step |
//! | `redirect_uri="auto"` | [`redirect_uri_of`](crate::flow::start_login::StartLogin::redirect_uri_of) | when the login starts, and only one that is registered |
//! | `additional_redirect_args` | [`also_redirect_uri`](crate::Registration::also_redirect_uri) with its query, then [`redirect_uri`](crate::flow::start_login::StartLogin::redirect_uri) | the pending login remembers it for the token request |
//! | `exchange_code_for_tokens(authentication_response)` | a part of [`Client::finish_login`](crate::Client::finish_login); without OpenID Connect [`Client::finish_authorization`](crate::Client::finish_authorization) | the verifier goes along, a challenge does not |
//! | `pkce.generate_pkce_pair()` | [`CodeVerifier::new`](crate::secret::CodeVerifier::new) for one of your own | else not needed |
//! | `decode_id_token(raw, nonce, …)` | [`Login::id_token`](crate::Login::id_token) | verified where it arrives |
//! | `extra_trusted_audiences`, `min_iat` | [`Policy::trusted_audiences`](crate::Policy::trusted_audiences), [`Policy::min_issued_at`](crate::Policy::min_issued_at) | |
//! | `validate_acr`, `min_auth_time` | [`Policy::accept_acr`](crate::Policy::accept_acr) or [`require_acr`](crate::flow::start_login::StartLogin::require_acr), [`FinishLogin::min_auth_time`](crate::flow::finish_login::FinishLogin::min_auth_time) | an `auth_time` that is missing is refused where one is due |
//! | `expect_self_azp=False` | [`Policy::trusted_azp`](crate::Policy::trusted_azp) | names the other clients, or decides by a function |
//! | `fetch_userinfo(access_token, http_method)` | [`with_user_info`](crate::flow::finish_login::FinishLogin::with_user_info), [`Client::user_info`](crate::Client::user_info), [`ReadUserInfo::method`](crate::flow::user_info::ReadUserInfo::method) | `sub` is held against the ID token |
//!
//! # Tokens
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `direct_access_grant.authenticate(username, password)` | [`Client::password`](crate::Client::password) | a public client sends its `client_id` |
//! | `client_credentials_grant.authenticate()` | [`Client::client_credentials`](crate::Client::client_credentials) | no ID token is due |
//! | `exchange_refresh_token(refresh_token)` | [`Client::refresh`](crate::Client::refresh) | with the [`LoginRecord`](crate::LoginRecord), against which a new ID token is held; [`scope`](crate::flow::refresh::Refresh::scope) |
//! | `introspect_token(token, token_type_hint)` | [`Client::introspect`](crate::Client::introspect) | an expired token is inactive, whatever the answer says |
//! | `TokenSuccessResponse`: `expires_in`, `refresh_expires_in` | [`TokenSet::expires_at`](crate::protocol::token::TokenSet::expires_at), [`refresh_token_expires_at`](crate::protocol::token::TokenSet::refresh_token_expires_at) | instants; other members by [`member`](crate::protocol::token::TokenSet::member) |
//! | `JwtAccessToken.parse_jwt`, `.validate_extern` | [`Client::validate_access_token`](crate::Client::validate_access_token) | RFC 9068 with `typ` and algorithm; [`accept_azp_as_client_id`](crate::flow::validate_access_token::ValidateAccessToken::accept_azp_as_client_id) |
//! | `initiate_logout(request)` | [`Client::start_logout`](crate::Client::start_logout), [`Client::finish_logout`](crate::Client::finish_logout) | with a `state`, checked at the return |
//! | `FrontChannelLogoutNotification` | [`Client::front_channel_logout`](crate::Client::front_channel_logout) | `iss` is compared; it ends the sessions that it names, in [`Sessions`](crate::flow::session::Sessions) |
//! | `BackChannelLogoutToken` | [`Client::back_channel_logout`](crate::Client::back_channel_logout) | verified like an ID token, and used once ([`ReplayStore`](crate::protocol::replay::ReplayStore)); [`LogoutAnswer`](crate::protocol::logout_answer::LogoutAnswer) is what to answer |
//!
//! # Its Django integration
//!
//! Sessions, users and middleware are the web framework's. What they call:
//!
//! | theirs | ours |
//! | --- | --- |
//! | `InitLoginView`, `LoginCallbackView`, `OPENID_LOGIN_TIMEOUT` | [`Client::start_login`](crate::Client::start_login), [`Client::finish_login`](crate::Client::finish_login), [`Policy::login_lifetime`](crate::Policy::login_lifetime) |
//! | `TokenVerificationMiddleware` | [`Client::valid_access_token`](crate::Client::valid_access_token) |
//! | `@access_token_required`, `AccessTokenAuthentication`, `required_scopes` | [`Client::validate_access_token`](crate::Client::validate_access_token) with [`require_scope`](crate::flow::validate_access_token::ValidateAccessToken::require_scope) and [`or_introspect`](crate::flow::validate_access_token::ValidateAccessToken::or_introspect); the answer from [`BearerChallenge`](crate::protocol::bearer_challenge::BearerChallenge) |
//! | `show-openid-tokens` | `cargo run --example login` |
//!
//! # Errors
//!
//! | theirs | ours |
//! | --- | --- |
//! | `AuthenticationFailedError` | `provider.error` of the authorization endpoint |
//! | `ValidationError` | `claim.…`, `token.…`, `callback.…` |
//! | `UnsupportedByProviderError` | `misuse.no_such_endpoint`, before any request |
//! | `ImpossibleOperationError` | `misuse.…`: [`Blame::Configuration`](crate::error::Blame::Configuration) |
//! | `OpenidProtocolError` | `response.…`, `json.…`, `metadata.…` |
