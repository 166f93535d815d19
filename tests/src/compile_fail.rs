//! What does not compile: threats that the types rule out (A22, C12, C13, C17, E19, I03, I22, I23).
//!
//! Each refused example stands below one that compiles and differs only in what must be impossible. Neither is
//! run.
//!
//! # C12, C13: issuer and audience cannot be left unchecked
//!
//! A policy can trust further audiences and change times; it has no switch for a check.
//!
//! ```no_run
//! use relying_party::{Policy, protocol::id_token::TrustedAudiences};
//! let policy = Policy::default().trusted_audiences(TrustedAudiences::OnlyMe);
//! ```
//! ```compile_fail,E0308
//! use relying_party::{Policy, protocol::id_token::TrustedAudiences};
//! let policy = Policy::default().trusted_audiences(None);
//! ```
//! ```compile_fail,E0451
//! use relying_party::{Policy, protocol::id_token::TrustedAudiences};
//! let policy = Policy { trusted_audiences: TrustedAudiences::OnlyMe, ..Policy::default() };
//! ```
//!
//! A client has an issuer, and metadata exist only together with the issuer they were asked for.
//!
//! ```no_run
//! use relying_party::protocol::{issuer::Issuer, metadata::ProviderMetadata};
//! fn read(document: &[u8], issuer: Issuer) {
//!     let metadata = ProviderMetadata::from_json(document, &issuer);
//! }
//! ```
//! ```compile_fail,E0061
//! use relying_party::protocol::{issuer::Issuer, metadata::ProviderMetadata};
//! fn read(document: &[u8], issuer: Issuer) {
//!     let metadata = ProviderMetadata::from_json(document);
//! }
//! ```
//! ```compile_fail,E0423
//! use relying_party::protocol::issuer::Issuer;
//! let issuer = Issuer("https://op.test".to_owned());
//! ```
//!
//! # C17: claims are readable only when verified
//!
//! ```no_run
//! use relying_party::Login;
//! fn name(login: &Login) -> Option<String> {
//!     login.id_token().claims().name().ok().flatten()
//! }
//! ```
//! ```compile_fail,E0599
//! use relying_party::secret::RawToken;
//! fn name(token: &RawToken) -> Option<String> {
//!     token.claims().name().ok().flatten()
//! }
//! ```
//!
//! The octets of a signed token are handed out by the verified one alone.
//!
//! ```no_run
//! use relying_party::jose::jws::VerifiedJws;
//! fn payload(jws: &VerifiedJws) -> &[u8] {
//!     jws.payload()
//! }
//! ```
//! ```compile_fail,E0599
//! use relying_party::jose::jws::UnverifiedJws;
//! fn payload(jws: &UnverifiedJws) -> &[u8] {
//!     jws.payload()
//! }
//! ```
//!
//! Verifying consumes the token, so that the unverified one is not used beside it.
//!
//! ```no_run
//! use relying_party::{jose::jws::UnverifiedJws, secret::ClientSecret};
//! fn verify(jws: UnverifiedJws, secret: &ClientSecret) {
//!     let kid = jws.kid().map(str::to_owned);
//!     let verified = jws.verify_hmac(secret);
//! }
//! ```
//! ```compile_fail,E0382
//! use relying_party::{jose::jws::UnverifiedJws, secret::ClientSecret};
//! fn verify(jws: UnverifiedJws, secret: &ClientSecret) {
//!     let verified = jws.verify_hmac(secret);
//!     let kid = jws.kid().map(str::to_owned);
//! }
//! ```
//!
//! # A22, C17: what is verified cannot be made by hand
//!
//! ```no_run
//! use relying_party::{IdToken, jose::{algorithm::Algorithm, jws::VerifiedJws}};
//! fn keep(token: &IdToken, jws: VerifiedJws) -> (IdToken, Vec<u8>, Algorithm) {
//!     (token.clone(), jws.payload().to_owned(), jws.algorithm())
//! }
//! ```
//! ```compile_fail,E0451
//! use relying_party::{IdToken, jose::{algorithm::Algorithm, jws::VerifiedJws}};
//! fn forge(payload: Vec<u8>) -> VerifiedJws {
//!     VerifiedJws { payload, algorithm: Algorithm::RS256 }
//! }
//! ```
//! ```compile_fail,E0599
//! use relying_party::{IdToken, jose::{algorithm::Algorithm, jws::VerifiedJws}};
//! fn forge() -> IdToken {
//!     IdToken::default()
//! }
//! ```
//! ```compile_fail,E0277
//! use relying_party::{IdToken, jose::{algorithm::Algorithm, jws::VerifiedJws}};
//! fn forge(text: &str) -> IdToken {
//!     serde_json::from_str(text).unwrap()
//! }
//! ```
//! ```compile_fail,E0451
//! use relying_party::flow::finish_login::Login;
//! fn forge(login: Login, another: Login) -> Login {
//!     Login { id_token: another.id_token().clone(), ..login }
//! }
//! ```
//!
//! # I22, I23: the identity is `iss` and `sub` together, and only a verification makes one
//!
//! ```no_run
//! use relying_party::{Client, protocol::id_token::Subject, secret::AccessToken};
//! fn read(client: &Client, token: &AccessToken, subject: &Subject) {
//!     let key: (&str, &str) = (subject.issuer(), subject.sub());
//!     let read = client.user_info(token, subject);
//! }
//! ```
//! ```compile_fail,E0624
//! use relying_party::{Client, protocol::id_token::Subject, secret::AccessToken};
//! fn read(client: &Client, token: &AccessToken, subject: &Subject) {
//!     let read = client.user_info(token, &Subject::new("https://op.test", "alice"));
//! }
//! ```
//! ```compile_fail,E0451
//! use relying_party::{Client, protocol::id_token::Subject, secret::AccessToken};
//! fn read(client: &Client, token: &AccessToken, subject: &Subject) {
//!     let forged = Subject { issuer: "https://op.test".to_owned(), sub: "alice".to_owned() };
//! }
//! ```
//!
//! It is no text, so nobody joins its halves by accident, and an e-mail address is none.
//!
//! ```no_run
//! fn key(login: &relying_party::Login) -> String {
//!     login.subject().sub().to_string()
//! }
//! ```
//! ```compile_fail,E0599
//! fn key(login: &relying_party::Login) -> String {
//!     login.subject().to_string()
//! }
//! ```
//! ```compile_fail,E0599
//! fn key(login: &relying_party::Login) -> String {
//!     login.subject().email().to_string()
//! }
//! ```
//!
//! # I03: a login is finished once
//!
//! ```no_run
//! use relying_party::{Client, PendingLogin, protocol::callback::Callback};
//! fn finish(client: &Client, pending: PendingLogin, first: Callback, second: Callback) {
//!     let _ = client.finish_login(pending, first);
//! }
//! ```
//! ```compile_fail,E0382
//! use relying_party::{Client, PendingLogin, protocol::callback::Callback};
//! fn finish(client: &Client, pending: PendingLogin, first: Callback, second: Callback) {
//!     let _ = client.finish_login(pending, first);
//!     let _ = client.finish_login(pending, second);
//! }
//! ```
//! ```compile_fail,E0599
//! use relying_party::{Client, PendingLogin, protocol::callback::Callback};
//! fn finish(client: &Client, pending: PendingLogin, first: Callback, second: Callback) {
//!     let _ = client.finish_login(pending.clone(), first);
//! }
//! ```
//!
//! So is every step: an exchange is answered once, and only the engine makes an event.
//!
//! ```no_run
//! use relying_party::{Env, flow::{Exchange, Flow, Outcome}};
//! fn go_on<F: Flow>(exchange: Exchange<F>, outcome: Outcome, late: Outcome, env: &mut dyn Env) {
//!     let step = exchange.resume(outcome, env);
//! }
//! ```
//! ```compile_fail,E0382
//! use relying_party::{Env, flow::{Exchange, Flow, Outcome}};
//! fn go_on<F: Flow>(exchange: Exchange<F>, outcome: Outcome, late: Outcome, env: &mut dyn Env) {
//!     let step = exchange.resume(outcome, env);
//!     let step = exchange.resume(late, env);
//! }
//! ```
//! ```compile_fail,E0599
//! use relying_party::{Env, flow::{Exchange, Flow, Outcome}};
//! fn go_on<F: Flow>(exchange: Exchange<F>, outcome: Outcome, late: Outcome, env: &mut dyn Env) {
//!     let step = exchange.clone().resume(outcome, env);
//! }
//! ```
//! ```no_run
//! use relying_party::{Env, flow::{Event, Flow, Happened}};
//! fn forward<F: Flow>(flow: F, event: Event, env: &mut dyn Env) {
//!     let step = flow.advance(event, env);
//! }
//! ```
//! ```compile_fail,E0423
//! use relying_party::{Env, flow::{Event, Flow, Happened}};
//! fn forward<F: Flow>(flow: F, event: Event, env: &mut dyn Env) {
//!     let step = flow.advance(Event(Happened::Elapsed), env);
//! }
//! ```
//! ```compile_fail,E0624
//! use relying_party::{Env, flow::{Event, Flow, Happened}};
//! fn forward<F: Flow>(flow: F, event: Event, env: &mut dyn Env) {
//!     let step = flow.advance(Event::started(), env);
//! }
//! ```
//!
//! # E19: a key that signs decrypts nothing
//!
//! ```no_run
//! use relying_party::{Registration, jose::jwk::DecryptionKey};
//! fn keys(own: Registration, key: DecryptionKey) {
//!     let own = own.decryption_keys(vec![key]);
//! }
//! ```
//! ```compile_fail,E0308
//! use relying_party::{Registration, jose::signer::SigningKey};
//! fn keys(own: Registration, key: SigningKey) {
//!     let own = own.decryption_keys(vec![key]);
//! }
//! ```
