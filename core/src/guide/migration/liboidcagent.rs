//! From `liboidcagent` (Python, 0.6).
//!
//! A request is a value of [`agent`](crate::agent), and `AgentSocket` of `relying-party-agent` makes it:
//! `AgentSocket::from_env()?.run(request)`, or `run_async`. Both speak the encrypted form.
//!
//! # Tokens
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `get_access_token(account_name, …)`, `get_token_response(account_name, …)` | [`ObtainToken::of_account`](crate::agent::ObtainToken::of_account) | an [`AgentToken`](crate::agent::AgentToken) in both cases: token, issuer and expiry |
//! | `get_access_token_by_issuer_url(issuer_url, …)`, `get_token_response_by_issuer_url(issuer_url, …)` | [`ObtainToken::of_issuer`](crate::agent::ObtainToken::of_issuer) | the token that comes must be of this issuer; for an account there is [`expected_issuer`](crate::agent::ObtainToken::expected_issuer) |
//! | `min_valid_period=0` | [`min_valid_period`](crate::agent::ObtainToken::min_valid_period) | a `Duration` |
//! | `min_valid_period=-1` | [`force_new`](crate::agent::ObtainToken::force_new) | |
//! | `application_hint=None` | [`application_hint`](crate::agent::ObtainToken::application_hint) | |
//! | `scope=None`, `audience=None` | [`scope`](crate::agent::ObtainToken::scope), [`audience`](crate::agent::ObtainToken::audience) | what could become a parameter of its own on the agent's way to the provider is refused |
//! | `expires_at` of the triple | [`AgentToken::expires_at`](crate::agent::AgentToken::expires_at) | none where the agent says 0 |
//! | `get_mytoken(account_name, …)`, `get_mytoken_response(account_name, …)` | [`ObtainMytoken`](crate::agent::ObtainMytoken) | a [`Mytoken`](crate::agent::Mytoken) in both cases; [`MytokenValue`](crate::agent::MytokenValue) says whether it is the token or a transfer code |
//! | `mytoken_profile=None`: a dictionary, JSON, or a name | [`profile_object`](crate::agent::ObtainMytoken::profile_object), or [`profile`](crate::agent::ObtainMytoken::profile) for text | |
//!
//! # Accounts
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `get_account_infos()` | [`ListAccounts`](crate::agent::ListAccounts) | [`AccountInfos`](crate::agent::AccountInfos) |
//! | `get_configured_accounts()` | [`ListConfiguredAccounts`](crate::agent::ListConfiguredAccounts) | [`ListLoadedAccounts`](crate::agent::ListLoadedAccounts) works with agent 4 as well |
//! | none | [`ObtainIdToken`](crate::agent::ObtainIdToken), [`ReadStatus`](crate::agent::ReadStatus), [`Check`](crate::agent::Check), [`Lock`](crate::agent::Lock), [`Unlock`](crate::agent::Unlock), [`ListScopes`](crate::agent::ListScopes) | |
//!
//! # Which agent
//!
//! | theirs | ours | what differs, and why |
//! | --- | --- | --- |
//! | `OIDC_SOCK` | `AgentSocket::from_env` | the socket and its folder must not be open to other users; `insecure_any_socket` looks away |
//! | `OIDC_REMOTE_SOCK` | the same | IPv6 too; asked as well where the local agent has not loaded the account, unless `fall_back_on` says otherwise |
//! | no deadline | `connect_timeout`, `timeout` | 2 and 310 seconds: the agent may be showing a prompt |
//!
//! # Errors
//!
//! All are [`Error`](crate::Error)s whose [`kind`](crate::Error::kind) is
//! [`ErrorKind::Agent`](crate::error::ErrorKind::Agent).
//!
//! | theirs | ours |
//! | --- | --- |
//! | `OidcAgentError`: `message`, `help` | [`AgentProblem::answer`](crate::error::AgentProblem::answer): [`error`](crate::error::AgentAnswer::error) and [`help`](crate::error::AgentAnswer::help), bounded and escaped; [`AgentKind`](crate::error::AgentKind) tells unknown accounts, a locked agent, a busy one and a missing feature apart |
//! | `OidcAgentRemoteError` | [`AgentKind::Remote`](crate::error::AgentKind::Remote), where the remote agent is asked by choice, or no local one is set; after the local one, the local error is told |
//! | `OidcAgentConnectError` | [`AgentKind::Connect`](crate::error::AgentKind::Connect) |
//! | `OidcAgentCryptError` | [`AgentKind::Crypto`](crate::error::AgentKind::Crypto); a reply that is malformed, cut off, or belongs elsewhere, is [`AgentKind::Protocol`](crate::error::AgentKind::Protocol) |
