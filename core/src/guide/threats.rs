//! What is promised against whom, and what is not.
//!
//! # The attackers
//!
//! | who | controls |
//! | --- | --- |
//! | a visitor | the callback: any query, fragment or form, any number of times |
//! | another site | where a victim's browser goes, and with which parameters |
//! | a provider that misbehaves | every status, header and body of its endpoints; tokens and codes of other issuers |
//! | whoever calls your API | the access token: any bytes, tokens of other kinds, audiences and issuers |
//! | a reader of logs | sees every error and every `Debug` output |
//! | the network | nothing, as long as the transport verifies TLS |
//!
//! # The promises
//!
//! With the defaults, against all of them:
//!
//! | promise | held by |
//! | --- | --- |
//! | **No forgery.** An [`IdToken`](crate::IdToken) exists only when its signature and every rule of OIDC Core 3.1.3.7 have been checked | the type: only a verification makes one |
//! | **No substitution.** A code, a token or a callback of another login, client or provider is refused | `state`, `nonce`, PKCE, `iss`, `aud`, `azp`, `at_hash`, `c_hash`, `sub` of userinfo; through the browser both hashes are due before the code is spent |
//! | **No mix-up.** With several providers, a login ends where it began | [`PendingLogin`](crate::PendingLogin) names issuer and client; `iss` of the callback (RFC 9207); [`Clients`](crate::clients::Clients): a redirect URI for each, no two that speak for one issuer |
//! | **No confusion of tokens.** An ID token opens no resource, an access token logs nobody in, an introspection answer is neither | `typ`, `aud` and the claims of each kind: [`validate_access_token`](crate::Client::validate_access_token), [`introspect`](crate::Client::introspect) |
//! | **No downgrade.** Neither metadata nor the answer to a registration make a client prove less, or accept another algorithm, than it asked for | [`Registration`](crate::Registration), [`RegisteredClient`](crate::protocol::registered_client::RegisteredClient) |
//! | **Confinement.** Requests go to the issuer, to what its validated metadata names, to the registration endpoint's origin for a registration, and to the resources that the application names, over https, without redirects | [`Issuer`](crate::protocol::issuer::Issuer), [`ProviderMetadata`](crate::protocol::metadata::ProviderMetadata) |
//! | **Silence.** Nothing secret in `Debug`, `Display` or errors; compared in constant time, wiped when dropped | [`secret`](crate::secret), [`Shown`](crate::error::Shown) |
//! | **No panic**, no `unsafe`, whatever arrives | lints that deny `unwrap` and indexing; fuzzing |
//! | **Bounded resources**, below | [`Limits`](crate::limits::Limits) |
//!
//! # Bounds
//!
//! | resource | bound |
//! | --- | --- |
//! | memory of an answer | counted by the core while it comes in: 128 KiB of tokens or metadata, 256 KiB of keys, 32 KiB and 100 lines of headers |
//! | memory of a callback | 64 KiB, before anything is parsed |
//! | memory of a registration | 256 KiB to ask, 64 KiB in answer; of WebFinger 64 KiB |
//! | memory of a request from another site (third-party login) | 8 KiB |
//! | time of parsing | in proportion to those bytes; 32 levels of nesting |
//! | signatures verified for one token | 4; 4 more after the keys were read again for a token without a key id |
//! | sources of claims | 8, and 64 claims between them; read on demand, one at a time, and never one within another |
//! | key size | RSA 8192 bits; 100 keys in a set |
//! | requests of one flow | six at most. WebFinger 1; discovery 1; a source of claims 3; start 0, but the keys where its request is encrypted for the provider's; finish: keys, token, keys once more for a key that is not there, userinfo, and keys once more for its signature; refresh: the same without userinfo; only a key request is repeated, once. A device login asks at most once in each interval, for at most a day |
//! | reading keys because of junk | once in a minute for each client, however many tokens |
//! | waiting for another flow's reading of the keys | 70 s each time |
//! | what a client remembers | one key set, 64 unknown key ids |
//! | what a started login leaves on your side | the bytes that you keep, at most 2 KiB |
//!
//! Starting a login costs no memory here, and no request, but that of the keys where it is encrypted for the provider
//! and they are not known. Who starts millions of them fills *your* session store: bound
//! that one as any other.
//!
//! # What the application owes
//!
//! * The pending login belongs into the session of the browser that started it: see [`clusters`](super::clusters).
//! * After the login the browser gets a new session id (session fixation).
//! * Accounts are [`Subject`](crate::protocol::id_token::Subject)s, `iss` and `sub` together. An e-mail address is
//!   nobody's identity: providers let people change it, and two providers disagree about it.
//! * The address to which a visitor goes after the login is yours to check; only `target_link_uri` of a login that
//!   another site asked for travels through here, and leads into the origin that you name.
//! * A provider that a visitor names (WebFinger, an issuer in a form) is a stranger: decide whose word counts.
//! * An access token that came through the browser may be known to others: prefer the code.
//! * A clock within the leeway, entropy fit for keys, a transport that keeps [its rules](crate::http).
//!
//! # Out of scope
//!
//! * A provider that lies about its own users, or denies service.
//! * Stolen sessions, client secrets or signing keys.
//! * Issuers out of user input that point into a private network: that is decided in the
//!   [transport](super::transports), where the resolved address is known.
//! * Copies of secrets in the operating system, a TLS library or an HTTP client.
//! * That timing shows which check came first, or how long a secret is.
//! * What a method with `insecure` in its name does, as documented.
