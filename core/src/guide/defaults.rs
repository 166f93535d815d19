//! The defaults, each with its reason.
//!
//! A default is the choice that is safe for everybody and works with a provider that follows its specifications. What
//! weakens a check is a method with a long name; which of them mattered says
//! [`IdToken::relaxations`](crate::IdToken::relaxations) for a login,
//! [`TokenSet::relaxations`](crate::protocol::token::TokenSet::relaxations) for an answer of the token endpoint, and
//! [`AccessTokenClaims::relaxations`](crate::protocol::access_token::AccessTokenClaims::relaxations) for a resource server.
//!
//! # Not to be changed
//!
//! | always | because |
//! | --- | --- |
//! | `state`, 256 fresh bits; PKCE with `S256` and `nonce` likewise, but for three methods with `insecure` in their names | codes cannot be injected, callbacks not forged, tokens not replayed; a visitor pays nothing for it |
//! | an ID token that comes through the browser hashes what comes with it, and is verified before the code is spent | the browser's owner could swap tokens and codes |
//! | `iss` of the callback, where the provider announces it | mix-ups between providers (RFC 9207) |
//! | no `alg: none`, and only the registered algorithm | the token must not choose how it is checked |
//! | redirects are refused | secrets go only where the metadata says |
//! | strict JSON: no duplicate members, bounded nesting | two readers of one token must read the same |
//! | `sub` of userinfo is the ID token's | an access token may be another visitor's (OIDC Core 5.3.2) |
//! | the code is exchanged only when keys are there | a key outage must not cost a login |
//!
//! # Of a [`Policy`](crate::Policy)
//!
//! | setting | default | because | when to change it |
//! | --- | --- | --- | --- |
//! | [`leeway`](crate::Policy::leeway) | 60 s, at most 300 s | clocks differ by seconds, not by minutes | a provider without time synchronisation |
//! | [`trusted_audiences`](crate::Policy::trusted_audiences) | only this client | a token for others may come from others (OIDC Core 3.1.3.7 (3)) | the provider always names a project or an API too; the error says which |
//! | [`max_id_token_age`](crate::Policy::max_id_token_age) | none but `exp` | `nonce` already ties the token to this login | `exp` lies days ahead, and that worries you |
//! | [`trusted_azp`](crate::Policy::trusted_azp) | only this client | a token issued to another client says nothing about this one's visitor | one application with a client for each platform |
//! | [`require_kid`](crate::Policy::require_kid) | off: all keys that fit are tried | providers with one key need not name it (OIDC Core 10.1) | the provider always names its key |
//! | [`min_issued_at`](crate::Policy::min_issued_at) | none | `nonce` already ties the token to this login | nothing from before a breach or a restart is to count |
//! | [`accept_acr`](crate::Policy::accept_acr) | any, or none | only the application knows which it needs | a login that is too weak must not count |
//! | [`accept_form_encoded_tokens`](crate::Policy::accept_form_encoded_tokens) | off | RFC 6749 5.1 says JSON | a provider that answers with a form |
//! | [`accept_equal_repeats_in_tokens`](crate::Policy::accept_equal_repeats_in_tokens) | off | two readers of one answer must read the same | a provider that writes a member twice |
//! | [`accept_missing_token_type`](crate::Policy::accept_missing_token_type), [`accept_token_types`](crate::Policy::accept_token_types) | only `Bearer` | a token of another kind may need a proof (RFC 6749 7.1) | a provider that says nothing, or has a name of its own |
//! | [`accept_comma_separated_scope`](crate::Policy::accept_comma_separated_scope) | off | a comma is part of a scope (RFC 6749 3.3) | a provider that separates by commas |
//! | [`accept_signed_user_info_without_iss`](crate::Policy::accept_signed_user_info_without_iss) | off | OIDC Core 5.3.2 | a provider that leaves it out, whose key signs for no other issuer |
//! | [`insecure_accept_signed_user_info_without_aud`](crate::Policy::insecure_accept_signed_user_info_without_aud) | off | what another client was told could be passed off as an answer (OIDC Core 5.3.2) | a provider that leaves it out; better is plain JSON |
//! | [`login_lifetime`](crate::Policy::login_lifetime) | 10 min | time for a second factor, not for a stolen session | mail loops at the provider |
//! | [`require_response_iss`](crate::Policy::require_response_iss) | where the provider announces it | others do not send it | several providers share one redirect URI |
//! | [`ignore_one_trailing_slash`](crate::Policy::ignore_one_trailing_slash) | off | an issuer is compared byte by byte (RFC 8414 3.3) | a provider that writes its issuer in two ways |
//! | [`issuer_template`](crate::Policy::issuer_template) | none | a token names the issuer that was asked for | a provider with many tenants behind one address; say which may log in |
//! | [`issuer_aliases`](crate::Policy::issuer_aliases) | none | the same | a provider with a second, older name |
//! | [`MetadataSource`](crate::protocol::metadata::MetadataSource), [`MetadataOverrides`](crate::protocol::metadata::MetadataOverrides) | OpenID Connect Discovery 4, nothing replaced | that is where the issuer's own word is | an OAuth server (RFC 8414), an address of its own, a wrong member, a host within the own network |
//! | [`without_id_tokens`](crate::Policy::without_id_tokens) | off | who logs in says an ID token | a plain OAuth server without keys |
//! | [`limits`](crate::Policy::limits) | see [`Limits`](crate::limits::Limits) | at least ten times what real providers send | very long group lists |
//! | [`insecure_allow_loopback_http`](crate::Policy::insecure_allow_loopback_http) | off | without TLS everything can be read and forged | development and tests on one machine |
//!
//! # Of a [`Registration`](crate::Registration)
//!
//! | setting | default | because |
//! | --- | --- | --- |
//! | [`id_token_signed_response_alg`](crate::Registration::id_token_signed_response_alg) | `RS256` | OIDC Registration 2 says so |
//! | [`token_endpoint_auth_method`](crate::Registration::token_endpoint_auth_method) | without a secret `none`, with one Basic | OIDC Registration 2; POST only where the provider offers no Basic |
//! | [`introspection_endpoint_auth_method`](crate::Registration::introspection_endpoint_auth_method), [`revocation_endpoint_auth_method`](crate::Registration::revocation_endpoint_auth_method) | as at the token endpoint | RFC 7009 2.1, RFC 7662 2.1; a list of the endpoint's own counts |
//! | [`auth_methods_even_if_unlisted`](crate::Registration::auth_methods_even_if_unlisted) | off: an unlisted method is refused | the provider would refuse it later and say less; `none` is never asked about |
//! | [`assertion_claims`](crate::Registration::assertion_claims) | `aud` is the issuer as one text, good for 60 s, a fresh `jti` | no other provider takes it (RFC 7523bis); it is used once, at once |
//! | [`introspection_signed_response_alg`](crate::Registration::introspection_signed_response_alg) | none: plain answers | TLS already says who answers; where it is registered, a plain answer is refused |
//! | [`userinfo_signed_response_alg`](crate::Registration::userinfo_signed_response_alg) | none: plain JSON, and a signed answer is refused | OIDC Registration 2; where it is registered, a plain answer is refused |
//! | `id_token_encrypted_response`, `userinfo_encrypted_response`, `introspection_encrypted_response`, `authorization_encrypted_response` | none: nothing is encrypted, and what is encrypted is refused | TLS already keeps it to the two; where it is registered, a plain one is refused |
//! | `decryption_keys` | none; keys of `dir`, `A128KW` and the like come of the client secret | nothing but these is ever tried |
//! | [`frontchannel_logout_session_required`](crate::Registration::frontchannel_logout_session_required), [`backchannel_logout_session_required`](crate::Registration::backchannel_logout_session_required) | off: a logout may name all sessions of a `sub` | Front-Channel Logout 2, Back-Channel Logout 2.2; where it is registered, one without `sid` is refused |
//! | [`authorization_signed_response_alg`](crate::Registration::authorization_signed_response_alg) | `RS256`, where a signed response is asked for | JARM 3 says so |
//! | [`request_object_signing_alg`](crate::Registration::request_object_signing_alg) | any that the key has | OIDC Registration 2; where it is registered, another one is refused before it is sent |
//! | [`require_signed_request_object`](crate::Registration::require_signed_request_object) | off, unless the provider's metadata say so | RFC 9101 10.5; requests are parameters behind PKCE |
//! | [`require_auth_time`](crate::Registration::require_auth_time) | off | only providers that were told to send it do |
//! | [`pushed_authorization_request_endpoint_auth_method`](crate::Registration::pushed_authorization_request_endpoint_auth_method) | as at the token endpoint | RFC 9126 2; kept for requests that will be pushed |
//! | [`token_endpoint_auth_signing_alg`](crate::Registration::token_endpoint_auth_signing_alg) | the key's; HS256 for `client_secret_jwt` | OIDC Core 9 |
//! | [`also_redirect_uri`](crate::Registration::also_redirect_uri) | one redirect URI, compared byte by byte | RFC 9700 2.1; only the port of a loopback address is free (RFC 8252 7.3) |
//!
//! # Of a login
//!
//! | setting | default | because |
//! | --- | --- | --- |
//! | [`scope`](crate::flow::start_login::StartLogin::scope) | `openid` | ask for what you use |
//! | [`response_type`](crate::flow::start_login::StartLogin::response_type) | `code` | tokens do not pass through the browser (RFC 9700 2.1.2) |
//! | [`response_mode`](crate::flow::start_login::StartLogin::response_mode) | query, and the fragment where tokens come along; unsigned | works with every web server and provider; a code in a query is safe behind PKCE. [`ResponseMode::Jwt`](crate::protocol::authorization::ResponseMode::Jwt) asks for a signed one |
//! | [`insecure_front_channel_access_token`](crate::flow::start_login::StartLogin::insecure_front_channel_access_token) | off | an access token in the browser's history is anybody's |
//! | [`insecure_pkce_plain`](crate::flow::start_login::StartLogin::insecure_pkce_plain), [`insecure_without_pkce`](crate::flow::start_login::StartLogin::insecure_without_pkce), [`insecure_without_nonce`](crate::flow::start_login::StartLogin::insecure_without_nonce) | off | for providers that refuse what is sent by default; each is reported |
//! | [`RequestObject::insecure_unsigned`](crate::protocol::request_object::RequestObject::insecure_unsigned) | requests are parameters, and objects are signed | for a provider or a test that wants it so; by reference over `https` alone, and reported |
//! | [`RequestObject::lifetime`](crate::protocol::request_object::RequestObject::lifetime), [`issued_before`](crate::protocol::request_object::RequestObject::issued_before) | 300 s; `iat` and `nbf` are now | time to get to the login page, not for a request that somebody kept; a provider whose clock is behind needs an earlier start |
//! | sealing it (`PendingLogin::seal`) | not done: [`to_bytes`](crate::PendingLogin::to_bytes) stays on the server | a store takes a login out once, which no cookie can |
//! | [`redirect_uri`](crate::flow::start_login::StartLogin::redirect_uri) | the registration's first | one of those that it holds |
//! | [`max_age`](crate::flow::start_login::StartLogin::max_age), [`prompt`](crate::flow::start_login::StartLogin::prompt) | none; `consent` for the scope `offline_access` | the provider knows its sessions; without consent there is no offline access (OIDC Core 11) |
//! | [`require_acr`](crate::flow::start_login::StartLogin::require_acr), [`require_sub`](crate::flow::start_login::StartLogin::require_sub) | none; `acr_values` and `claims` alone are wishes | OIDC Core 5.5.1: a provider may leave out what it likes; [`unmet_in_id_token`](crate::protocol::claims_request::ClaimsRequest::unmet_in_id_token) says what it left out |
//! | [`min_auth_time`](crate::flow::finish_login::FinishLogin::min_auth_time) | none | only the application knows when a password changed |
//! | [`with_user_info`](crate::flow::finish_login::FinishLogin::with_user_info) | off | one request less; many providers put all claims into the ID token |
//! | [`user_info_from_id_token`](crate::flow::finish_login::FinishLogin::user_info_from_id_token) | off; the ID token's claims stand in only where there is no endpoint | [`UserInfo::source`](crate::protocol::user_info::UserInfo::source) says which it was |
//! | [`ReadUserInfo::method`](crate::flow::user_info::ReadUserInfo::method) | GET, the token in the header | RFC 6750 2: the header is what every server takes |
//!
//! # Of a device login
//!
//! | setting | default | because |
//! | --- | --- | --- |
//! | [`scope`](crate::flow::start_device_login::StartDeviceLogin::scope) | `openid` | a login says who it is; [`access_only`](crate::flow::start_device_login::StartDeviceLogin::access_only) leaves it out |
//! | interval | the provider's, else 5 s, at least 1 s | RFC 8628 3.2; `slow_down` adds 5 s for good, no answer doubles it |
//! | lifetime | the provider's, at most a day | nobody stands before a device for longer |
//!
//! # Of tokens without a browser
//!
//! | setting | default | because |
//! | --- | --- | --- |
//! | [`RequestTokens::credentials`](crate::flow::grant::RequestTokens::credentials) | the client's own proof | one client, one secret; others' go into the body alone |
//! | [`ExchangeToken::audience`](crate::flow::token_exchange::ExchangeToken::audience) | the provider's choice; refused beside a refresh token | who may use the new token is the provider's to say |
//! | [`Introspect::audience`](crate::flow::introspect::Introspect::audience) | any | a resource should name itself (RFC 7662 4) |
//! | [`Introspect::bearer`](crate::flow::introspect::Introspect::bearer) | the client's own proof | most providers know no other |
//!
//! # Of an oidc-agent
//!
//! | setting of `AgentSocket` | default | because |
//! | --- | --- | --- |
//! | `connect_timeout` | 2 s, over TCP | a host that does not answer at once is not there |
//! | `timeout` | 310 s | the agent may show a prompt for 300 s |
//! | `fall_back_on` | every trigger, where `OIDC_REMOTE_SOCK` is set | as the agent's own library does, and where the account is not loaded |
//! | `or_default_service` | off | only `OIDC_SOCK` says which agent is meant |
//! | `insecure_any_socket`, `insecure_without_encryption` | off | whoever owns the socket chooses the tokens; whoever reads along has them |
//!
//! # Of claims from elsewhere
//!
//! | setting | default | because |
//! | --- | --- | --- |
//! | [`allow_origin`](crate::flow::claim_sources::ResolveClaims::allow_origin) | none | a provider can write any address, also one inside of your network |
//! | [`trusted`](crate::flow::claim_sources::ResolveClaims::trusted) | nobody | only the application knows whose word counts; all else is [`Unverified`](crate::protocol::sourced_claims::SourcedClaims::Unverified) |
//! | [`trusted_by_algorithm`](crate::flow::claim_sources::ResolveClaims::trusted_by_algorithm) | that client's algorithm for ID tokens | never the token's own choice (RFC 8725 3.1) |
//!
//! # Of identifiers that visitors type
//!
//! | setting | default | because |
//! | --- | --- | --- |
//! | [`FindIssuer`](crate::flow::web_finger::FindIssuer) | https; http on this machine alone, where the [`Policy`](crate::Policy) allows it | OIDC Discovery 2.2; the issuer that is found is still to be discovered, and compared |
//!
//! # Of a client that registers itself
//!
//! | setting | default | because |
//! | --- | --- | --- |
//! | members that the provider does not confirm | what was asked for | a provider need not repeat them; [`differences`](crate::protocol::registered_client::RegisteredClient::differences) names them |
//! | other redirect URIs, a weaker proof | refused | a provider may replace what it likes (RFC 7591 3.2.1), but others must not get the codes |
//! | [where it is managed](crate::flow::register::RegisterClient::trust_registration_client_origin) | the registration endpoint's origin | the registration access token can change and delete the client |
//! | [`insecure_accept_lowered`](crate::flow::manage_registration::ReadRegistration::insecure_accept_lowered) | off | whoever has the registration access token could send visitors to himself |
//! | a secret without `client_secret_expires_at` | used until it is refused | the provider must say (RFC 7591 3.2.1), and some do not |
//! | an expired secret | refused | it would be at the token endpoint, with a worse error |
//! | `null` | not said | real providers write it for what they do not know |
//!
//! # Of a resource server
//!
//! | setting of [`ValidateAccessToken`](crate::flow::validate_access_token::ValidateAccessToken) | default | because |
//! | --- | --- | --- |
//! | audiences | always given | a token for others must open nothing here |
//! | [`algorithms`](crate::flow::validate_access_token::ValidateAccessToken::algorithms) | RS256 | RFC 9068 2.1; never an HMAC |
//! | [`require_scope`](crate::flow::validate_access_token::ValidateAccessToken::require_scope) | none | each address wants its own |
//! | [`or_introspect`](crate::flow::validate_access_token::ValidateAccessToken::or_introspect) | off | it costs a request for each token |
//! | [`insecure_accept_untyped`](crate::flow::validate_access_token::ValidateAccessToken::insecure_accept_untyped) | off | `typ` is what tells an access token from an ID token |
//! | [`client_id_claim`](crate::flow::validate_access_token::ValidateAccessToken::client_id_claim) | `client_id` alone | RFC 9068 2.2 requires it |
//! | [`accept_azp_as_client_id`](crate::flow::validate_access_token::ValidateAccessToken::accept_azp_as_client_id) | off | RFC 9068 2.2 requires `client_id` |
//! | [`insecure_ignore_confirmation`](crate::flow::validate_access_token::ValidateAccessToken::insecure_ignore_confirmation) | off | a token that is bound to a key is worth nothing without a look at its proof |
//!
//! # Of the keys
//!
//! The provider's `max-age` counts, between one minute and one day; without it ten minutes. A key id that is not there
//! makes the set be read again at once, so a rotation costs no login, but at most once in a minute, so junk costs no
//! requests. An id that was not there is not looked for again for two minutes. After a failed reading there is a pause
//! of one second, doubling up to a minute. A key that left the set is no longer trusted.
