//! From `idpyoidc` (5.0), its client, and from the example `flask_rp`.
//!
//! # Many providers: `RPHandler`
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `RPHandler(client_configs=…)` | [`Clients`](crate::clients::Clients) | a set by issuer, shared by its clones; no client is replaced while it is there |
//! | `begin(issuer_id)` | [`Clients::get`](crate::clients::Clients::get), [`Client::start_login`](crate::Client::start_login) | returns the address *and* what to keep; two logins at once do not touch each other |
//! | `begin(user_id=…)`, `do_webfinger` | [`FindIssuer`](crate::flow::web_finger::FindIssuer) | the same normalisation of what is typed; https alone unless said |
//! | `do_provider_info` | [`Client::discover`](crate::Client::discover), [`Client::read_provider`](crate::Client::read_provider) | |
//! | `do_client_registration`, the client `""` | [`Client::register`](crate::Client::register), then [`RegisteredClient::registration`](crate::protocol::registered_client::RegisteredClient::registration) | kept as bytes; a secret that has expired is refused at once |
//! | `construct_uris`, hash of seed and issuer | [`Clients::redirect_uri_for`](crate::clients::Clients::redirect_uri_for) | hash of the issuer, without a seed: every server finds the same |
//! | `state2issuer`, `get_client_from_session_key` | [`Clients::for_pending`](crate::clients::Clients::for_pending), [`Clients::for_callback`](crate::clients::Clients::for_callback) | |
//! | `finalize(issuer, response)`, `finalize_auth` | [`Client::callback`](crate::Client::callback), [`Client::finish_login`](crate::Client::finish_login) | the keys are there before the code is spent; errors are errors |
//! | the same, reading userinfo by itself | [`with_user_info`](crate::flow::finish_login::FinishLogin::with_user_info) | **only where you say so** |
//! | its result: `token`, `id_token`, `userinfo`, `session_state`, `issuer` | [`tokens`](crate::Login::tokens), [`id_token`](crate::Login::id_token), [`user_info`](crate::Login::user_info), [`session_state`](crate::Login::session_state), [`subject`](crate::Login::subject)`().issuer()` | of a [`Login`](crate::Login) |
//! | its result: `state` and `error` | `Err` with `provider.error` | a refusal is no result; `state` is that of the [`PendingLogin`](crate::PendingLogin::state) |
//! | `client_setup(iss_id, user)` | [`FindIssuer`](crate::flow::web_finger::FindIssuer), [`Client::discover`](crate::Client::discover), [`Client::register`](crate::Client::register), each where it is needed | [`Clients::insert`](crate::clients::Clients::insert) keeps it |
//! | `init_authorization(client, req_args)` | [`Client::start_login`](crate::Client::start_login), one method for each parameter | [`parameter`](crate::flow::start_login::StartLogin::parameter) for your own |
//! | `get_user_info(state)` | [`Client::user_info`](crate::Client::user_info) | access token and subject are given, and `sub` is held against the latter |
//! | `has_active_authentication(state)` | the session of your application; [`IdToken::expires_at`](crate::IdToken::expires_at) is what theirs looks at | to ask the provider: [`Client::start_reauthentication`](crate::Client::start_reauthentication) |
//! | `get_session_information(state)` | [`Login::session`](crate::Login::session), kept in a [`Sessions`](crate::flow::session::Sessions) | under your session's identifier, not under `state` |
//! | `clear_session(state)`, `close(state)` | [`Sessions::remove`](crate::flow::session::Sessions::remove), and [`Client::start_logout`](crate::Client::start_logout) with what it held | |
//! | `get_tokens`, `get_access_and_id_token`, `userinfo_in_id_token` | [`Login`](crate::Login), [`user_info_from_id_token`](crate::flow::finish_login::FinishLogin::user_info_from_id_token) | |
//! | `refresh_access_token(state, scope)` | [`Client::refresh`](crate::Client::refresh), [`Refresh::scope`](crate::flow::refresh::Refresh::scope) | the scope is sent |
//! | `get_valid_access_token` | [`Client::valid_access_token`](crate::Client::valid_access_token) | refreshes when less than the time that you ask for is left |
//! | `logout(state, post_logout_redirect_uri)` | [`Client::start_logout`](crate::Client::start_logout), [`Client::finish_logout`](crate::Client::finish_logout) | the state of the way back is checked |
//! | `backchannel_logout(client, request)` | [`Client::back_channel_logout`](crate::Client::back_channel_logout), then [`Sessions::end`](crate::flow::session::Sessions::end) | each token once ([`ReplayStore`](crate::protocol::replay::ReplayStore)); nothing to end is no failure; [`LogoutAnswer`](crate::protocol::logout_answer::LogoutAnswer) is what to answer |
//! | `state_db`, `Current`, `dump`, `load` | [`PendingLogin`](crate::PendingLogin), [`LoginRecord`](crate::LoginRecord) and [`RegisteredClient`](crate::protocol::registered_client::RegisteredClient) as bytes | the store is yours: [`clusters`](crate::guide::clusters); [`PendingLogin::take`](crate::PendingLogin::take) finds one by its state |
//! | `httpc`, `httpc_params` | [`Transport`](crate::drive::Transport) | |
//!
//! # Services
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `webfinger` | [`FindIssuer`](crate::flow::web_finger::FindIssuer) | |
//! | `provider_info`, `server_metadata` | [`MetadataSource`](crate::protocol::metadata::MetadataSource) | before or after the path of the issuer, or at an address of its own |
//! | `registration`, `registration_read` | [`Client::register`](crate::Client::register), [`Client::read_registration`](crate::Client::read_registration) | registered members only; [`update_registration`](crate::Client::update_registration), [`delete_registration`](crate::Client::delete_registration) |
//! | `metadata`, `preference` → registration | [`Preferences`](crate::protocol::negotiation::Preferences) | what the provider does not offer is noted, or an error where you require it |
//! | `authorization` | [`Client::start_login`](crate::Client::start_login), [`Client::start_authorization`](crate::Client::start_authorization) | `resource` is repeated (RFC 8707), other lists are joined |
//! | `accesstoken`, `refresh_token` | [`Client::finish_login`](crate::Client::finish_login), [`Client::refresh`](crate::Client::refresh) | no `state` in the token request |
//! | `client_credentials`, `resource_owner_password_credentials` | [`Client::client_credentials`](crate::Client::client_credentials), [`Client::password`](crate::Client::password) | authenticated as registered |
//! | `token_exchange` | [`Client::exchange_token`](crate::Client::exchange_token) | `grant_type` and `subject_token_type` are always sent; an answer without `token_type` is taken |
//! | `introspection`, `token_revocation` | [`Client::introspect`](crate::Client::introspect), [`Client::revoke`](crate::Client::revoke) | an `exp` of 0 is unknown; an empty 200 is a revocation |
//! | `userinfo`, `resource` | [`Client::user_info`](crate::Client::user_info), [`Client::resource`](crate::Client::resource) | |
//! | `end_session` | [`Client::start_logout`](crate::Client::start_logout) | also `client_id` and `logout_hint`; by POST with [`Client::logout_form`](crate::Client::logout_form) |
//! | device authorization (messages) | [`Client::start_device_login`](crate::Client::start_device_login), [`Client::poll_device_login`](crate::Client::poll_device_login) | the polling as well |
//! | `backchannel_authentication` | not yet | |
//! | `check_session` | [`Client::check_session_page`](crate::Client::check_session_page) | the page and its content security policy |
//! | `check_id` | none | ID tokens are verified here; [`Client::start_reauthentication`](crate::Client::start_reauthentication) asks the provider |
//! | encrypted ID tokens and introspection answers | `Registration::id_token_encrypted_response` and its siblings, `Registration::decryption_keys` | a plain one is then refused |
//! | userinfo that is signed or encrypted | [`Registration::userinfo_signed_response_alg`](crate::Registration::userinfo_signed_response_alg), `Registration::userinfo_encrypted_response` | **only where it is registered**, and then nothing else; `iss` and `aud` are required |
//!
//! # Client authentication
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `client_secret_basic` (as it stands) | [`ClientSecretBasic`](crate::protocol::registration::AuthMethod::ClientSecretBasic), [`ClientSecretBasicUnencoded`](crate::protocol::registration::AuthMethod::ClientSecretBasicUnencoded) | RFC 6749 2.3.1 form-encodes; the second one is theirs |
//! | `client_secret_post`, `client_secret_jwt` | [`AuthMethod`](crate::protocol::registration::AuthMethod) | |
//! | `private_key_jwt`, audience the token endpoint | [`private_key_jwt`](crate::Registration::private_key_jwt), [`assertion_claims`](crate::Registration::assertion_claims) | the audience is the issuer unless said; each request has a fresh `jti` |
//! | `client_assertion` ready-made | [`client_assertion_from`](crate::Registration::client_assertion_from) | |
//! | `bearer_header`, `bearer_body` | [`UserInfoMethod`](crate::protocol::user_info::UserInfoMethod), [`Introspect::bearer`](crate::flow::introspect::Introspect::bearer) | the header by default |
//! | `key_conf` | `crypto::josekit_signing_key`, `crypto::rustcrypto_signing_key`: [`crypto`](crate::guide::crypto) | or a key elsewhere, through [`SigningKey::remote`](crate::jose::signer::SigningKey::remote) |
//! | DPoP | not yet | |
//!
//! # Settings
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `allow: {issuer_mismatch: True}` | [`issuer_template`](crate::Policy::issuer_template), [`issuer_aliases`](crate::Policy::issuer_aliases) | says which issuers, and tokens are held to them too |
//! | `allow: {missing_kid: True}` | the default; [`require_kid`](crate::Policy::require_kid) | every key that fits is tried, within a bound |
//! | `allow: {http_links: True}` | [`insecure_allow_loopback_http`](crate::Policy::insecure_allow_loopback_http) | for this machine alone |
//! | `clock_skew` (15 s) | [`leeway`](crate::Policy::leeway) | 60 s, at most 300 s |
//! | an `iat` of at most four hours ago | [`max_id_token_age`](crate::Policy::max_id_token_age) | off: `nonce` and `exp` already bind the token |
//! | add-on `pkce` | always on | S256; S384 and S512 are in no specification |
//! | add-on `jar` | [`StartLogin::request_object`](crate::flow::start_login::StartLogin::request_object), [`request_object_at`](crate::flow::start_login::StartLogin::request_object_at) | the query repeats what OIDC Core 6.1 wants repeated |
//! | add-ons `par`, `dpop`, `status_check` | not yet | |
//! | add-on `identity_assurance` | [`VerifiedClaimsRequest`](crate::protocol::verified_claims_request::VerifiedClaimsRequest), [`Claims::verified_claims`](crate::Claims::verified_claims) | held against the request by [`satisfied_by`](crate::protocol::verified_claims_request::VerifiedClaimsRequest::satisfied_by) |
//! | aggregated claims, merged; `fetch_distributed_claims` | [`Client::claim_sources`](crate::Client::claim_sources), [`Client::resolve_claims`](crate::Client::resolve_claims) | never merged; unverified unless their issuer is trusted; only from allowed origins |
//! | `provider.github`, `provider.linkedin` | [`profile::github`](crate::profile::github), [`profile::insecure_linkedin`](crate::profile::insecure_linkedin) | reported in the result |
//! | `claims`, `claims_match` | [`ClaimsRequest`](crate::protocol::claims_request::ClaimsRequest), [`unmet_in_id_token`](crate::protocol::claims_request::ClaimsRequest::unmet_in_id_token), [`unmet_in_user_info`](crate::protocol::claims_request::ClaimsRequest::unmet_in_user_info) | what an ID token *must* say has methods that check it |
//! | algorithms with ES256K and RSA1_5 | none | neither is in any profile of OpenID Connect that this library follows |
//!
//! # Configuration
//!
//! There is no configuration file: what theirs says is said by calls.
//!
//! | theirs | ours |
//! | --- | --- |
//! | `client_configs`, `clients` | a [`Registration`](crate::Registration) and a [`Client`](crate::Client) for each, in [`Clients`](crate::clients::Clients) |
//! | `issuer`, `provider_info` | the argument of [`Client::discover`](crate::Client::discover); [`ProviderMetadata::from_json`](crate::protocol::metadata::ProviderMetadata::from_json), [`MetadataOverrides`](crate::protocol::metadata::MetadataOverrides) |
//! | `client_id`, `client_secret`, `redirect_uris` | [`Registration::confidential`](crate::Registration::confidential), [`public`](crate::Registration::public) or [`service`](crate::Registration::service), [`also_redirect_uri`](crate::Registration::also_redirect_uri) |
//! | `metadata`, `preference`, `usage` | [`ClientMetadata`](crate::protocol::client_metadata::ClientMetadata), [`Preferences`](crate::protocol::negotiation::Preferences) |
//! | `scope`, `response_type`, `request_args` | methods of [`StartLogin`](crate::flow::start_login::StartLogin) |
//! | `services`, `add_ons` | nothing to switch on: every flow is a method of [`Client`](crate::Client) |
//! | `allow`, `clock_skew` | [`Policy`](crate::Policy): above |
//! | `key_conf`, `keyjar` | [`Registration::private_key_jwt`](crate::Registration::private_key_jwt); the provider's keys are read by the client |
//! | `base_url`, `hash_seed` | [`Clients::redirect_uri_for`](crate::clients::Clients::redirect_uri_for) |
//! | `httpc_params`, `verify_ssl` | the HTTP client of the transport; the adapters take one more certificate authority, none leaves out the check |
//! | `state_db`, `session` | your store: [`clusters`](crate::guide::clusters) |
//!
//! # The pages of `flask_rp`
//!
//! | theirs | ours |
//! | --- | --- |
//! | `/`, `/rp`: an identifier, an issuer, or one of a list | [`FindIssuer`](crate::flow::web_finger::FindIssuer), [`Client::discover`](crate::Client::discover), [`Clients::iter`](crate::clients::Clients::iter) |
//! | `/authz_cb/<op>` | [`Clients::for_callback`](crate::clients::Clients::for_callback), [`Client::finish_login`](crate::Client::finish_login) |
//! | `/authz_tok_cb`, `/repost_fragment` | [`ResponseMode::FormPost`](crate::protocol::authorization::ResponseMode::FormPost) and [`Client::callback_form`](crate::Client::callback_form): no script is needed |
//! | `/logout`, `/session_logout/<op>` | [`Client::start_logout`](crate::Client::start_logout), [`Client::finish_logout`](crate::Client::finish_logout) |
//! | `/session_iframe`, `/session_change` | [`Client::check_session_page`](crate::Client::check_session_page), [`Client::start_reauthentication`](crate::Client::start_reauthentication) |
//! | `/bc_logout/<op>` | [`Client::back_channel_logout`](crate::Client::back_channel_logout) |
//! | `/fc_logout/<op>` | [`Client::front_channel_logout`](crate::Client::front_channel_logout) |
//!
//! # Errors
//!
//! `OidcServiceError` and its kin, `OidcMsgError`, `KeyError` and `ValueError` are one [`Error`](crate::Error), by its
//! `code()`: `callback.state.unknown` for a state that nobody started, `claim.nonce.mismatch`, `provider.error`, and so on.
//! A parameter that occurs twice (`TooManyValues`) is `callback.duplicate`.
