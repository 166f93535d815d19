//! An OpenID Provider without sockets, clock or entropy: `handle(request, now) -> response`.
//!
//! ```text
//! memory transport ─┐                 ┌─ WebFinger, discovery, /jwks
//! loopback server ──┼─► Op::handle ───┼─ /authorize ─ /login ─► code ─► /token ─► /userinfo
//! fuzz oracle ──────┘    │   ▲        ├─ /device_authorization ─► /token
//!                        │   │        ├─ /introspect, /revoke, /claims
//!                        │   │        ├─ /register, /register/<n>
//!                        │   │        └─ /end_session, /check_session
//!                        │   └ Mischief, tamper_id_token, replace_id_token, intercept
//!                        └ transcript, counts
//! ```
//!
//! The same seed and the same requests give the same answers, byte for byte. No lock is held
//! while a caller's closure runs, so closures may call the provider they were given to.

mod access;
mod alg;
mod assertion;
mod authorize;
mod claim_source;
mod claims;
mod config;
mod device;
mod discovery;
mod encryption;
mod grants;
mod keys;
mod login;
mod logout;
mod lookup;
mod message;
mod mischief;
mod registration;
mod reply;
mod request_object;
mod response_jwt;
mod session_management;
mod token;
mod userinfo;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

pub use access::introspection_jwt;
pub use alg::{Alg, base64url};
pub use assertion::{
    ed25519_jwk, ed25519_private_jwk, es256_jwk, es256_private_jwk, private_jwks, public,
};
pub use claim_source::CLAIMS_TOKEN;
pub use claims::IdTokenParts;
pub use config::{
    CLIENTS, ClientAuthMethod, LogoutUris, OpClient, OpConfig, OpTenant, OpUser, RegisteredObjects,
    RequestObjects,
};
pub use encryption::{EncryptionMischief, Encryptions, client_decryption_jwks};
pub use message::{OpRequest, OpResponse, escape};
pub use mischief::Mischief;
pub use registration::RegistrationConfig;

use device::Device;
use keys::Keys;
use login::Session;
use token::{AccessToken, Code, RefreshToken};

/// A handle to one provider; clones share everything.
#[derive(Clone)]
pub struct Op {
    inner: Arc<Inner>,
}

impl Op {
    /// A provider in its first state.
    ///
    /// # Panics
    /// If the issuer is not a URL.
    pub fn new(config: OpConfig) -> Self {
        let issuer = Url::parse(&config.issuer).expect("the issuer is a URL");
        let inner = Inner {
            base_path: issuer.path().trim_end_matches('/').to_owned(),
            keys: Mutex::new(Keys::new(config.seed)),
            config,
            state: Mutex::default(),
            hooks: Mutex::default(),
            log: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Answers one request; `now` is in seconds since the epoch.
    pub fn handle(&self, request: &OpRequest, now: i64) -> OpResponse {
        let path = request.url.path();
        lock(&self.inner.log).push((path.to_owned(), request.line()));
        let base = &self.inner.base_path;
        let endpoint = match path.strip_prefix(base.as_str()).unwrap_or("") {
            _ if self.elsewhere(path).is_some() => self.elsewhere(path).unwrap_or_default(),
            // The same metadata where RFC 8414 3.1 and 5 look for them.
            _ if path == WEB_FINGER => WEB_FINGER,
            _ if path.strip_prefix(OAUTH_DISCOVERY) == Some(base.as_str()) => DISCOVERY,
            _ if path.strip_prefix(DISCOVERY) == Some(base.as_str()) => DISCOVERY,
            OAUTH_DISCOVERY => DISCOVERY,
            endpoint => endpoint,
        };
        let mut response = match endpoint {
            DISCOVERY => discovery::discovery(self, request),
            WEB_FINGER => discovery::web_finger(self, request),
            JWKS => discovery::jwks(self, request),
            AUTHORIZE => authorize::authorize(self, request, now),
            LOGIN => login::login(self, request, now),
            TOKEN => token::token(self, request, now),
            USERINFO => userinfo::userinfo(self, request, now),
            CLAIMS => claim_source::claims(self, request),
            DEVICE_AUTHORIZATION => device::authorization(self, request, now),
            INTROSPECT => lookup::introspect(self, request, now),
            REVOKE => lookup::revoke(self, request, now),
            END_SESSION => logout::end_session(self, request, now),
            CHECK_SESSION => session_management::page(self, request),
            REGISTER => registration::register(self, request, now),
            _ if endpoint.starts_with(REGISTERED) => {
                registration::manage(self, request, endpoint, now)
            }
            _ => OpResponse::page(404, "Not found", "<p>There is nothing at this address.</p>"),
        };
        if let Some(mischief) = self.mischief() {
            mischief.on_answer(self, endpoint, &mut response);
        }
        let interceptors = lock(&self.inner.hooks).interceptors.clone();
        for (suffix, interceptor) in interceptors {
            if path.ends_with(&suffix) {
                interceptor(request, &mut response);
            }
        }
        response
    }

    /// The endpoint that has another path.
    fn elsewhere(&self, path: &str) -> Option<&'static str> {
        self.config().paths.iter().find(|(own, _)| *own == path).map(|(_, endpoint)| *endpoint)
    }

    /// What the provider was made from.
    pub fn config(&self) -> &OpConfig {
        &self.inner.config
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &str {
        &self.inner.config.issuer
    }

    /// The issuer as tokens and responses name it.
    pub fn token_issuer(&self) -> String {
        match &self.config().tenant {
            Some(tenant) => tenant.template.replace("{tenantid}", &tenant.tid),
            None => self.issuer().to_owned(),
        }
    }

    /// The address of an endpoint such as `/token`.
    pub fn endpoint(&self, path: &str) -> String {
        format!("{}{path}", self.issuer().trim_end_matches('/'))
    }

    /// Replaces all signing keys.
    pub fn rotate_keys(&self) {
        lock(&self.inner.keys).rotate();
    }

    /// The identifier of the current key of an algorithm; empty for HMACs and `none`.
    pub fn kid(&self, alg: Alg) -> String {
        lock(&self.inner.keys).kid(alg)
    }

    /// Signs with the current key; HMACs take the secret of the first client registered for them.
    pub fn sign_with(&self, alg: Alg, signing_input: &[u8]) -> Vec<u8> {
        let mut clients = self.config().clients.iter();
        let client = clients.find(|client| client.id_token_signed_response_alg == alg);
        self.sign(alg, client.map_or("", OpClient::secret), signing_input)
    }

    /// A compact JWS over the two texts as they stand: broken JSON is signed as well.
    pub fn mint(&self, alg: Alg, header_json: &str, payload_json: &str) -> String {
        compact(header_json, payload_json, |input| self.sign_with(alg, input))
    }

    /// The same with an HMAC over a given secret.
    pub fn mint_with_secret(
        &self,
        alg: Alg,
        secret: &str,
        header_json: &str,
        payload_json: &str,
    ) -> String {
        compact(header_json, payload_json, |input| self.sign(alg, secret, input))
    }

    /// One line for each request: method, path with query, some headers, body.
    pub fn transcript(&self) -> Vec<String> {
        lock(&self.inner.log).iter().map(|(_, line)| line.clone()).collect()
    }

    /// Forgets the requests so far, so that the counts begin anew.
    pub fn clear_transcript(&self) {
        lock(&self.inner.log).clear();
    }

    /// How many requests came in.
    pub fn requests(&self) -> usize {
        lock(&self.inner.log).len()
    }

    /// How many requests came to paths with this ending.
    pub fn count(&self, path_suffix: &str) -> usize {
        lock(&self.inner.log).iter().filter(|(path, _)| path.ends_with(path_suffix)).count()
    }

    /// How many authorization codes were issued, ever.
    pub fn authorizations(&self) -> usize {
        lock(&self.inner.state).codes.len()
    }

    /// Changes the answers of the endpoints whose path has this ending, after everything else.
    pub fn intercept(
        &self,
        path_suffix: &str,
        f: impl Fn(&OpRequest, &mut OpResponse) + Send + Sync + 'static,
    ) {
        lock(&self.inner.hooks).interceptors.push((path_suffix.to_owned(), Arc::new(f)));
    }

    /// Changes the JSON of those answers; see [`intercept`](Self::intercept).
    pub fn edit(&self, path_suffix: &str, f: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.intercept(path_suffix, move |_, response| {
            let mut document = response.document();
            f(&mut document);
            response.body = document.to_string().into_bytes();
        });
    }

    /// Changes header and claims of each ID Token before it is signed by its header's `alg`.
    pub fn tamper_id_token(
        &self,
        f: impl Fn(&Self, &mut Value, &mut Value) + Send + Sync + 'static,
    ) {
        lock(&self.inner.hooks).tamper = Some(Arc::new(f));
    }

    /// Makes each ID Token by hand.
    pub fn replace_id_token(&self, f: impl Fn(IdTokenParts) -> String + Send + Sync + 'static) {
        lock(&self.inner.hooks).replace = Some(Arc::new(f));
    }

    /// Changes header and claims of each authorization response that is signed, before it is.
    pub fn tamper_response_jwt(
        &self,
        f: impl Fn(&Self, &mut Value, &mut Value) + Send + Sync + 'static,
    ) {
        lock(&self.inner.hooks).response = Some(Arc::new(f));
    }

    /// Takes all closures away again.
    pub fn clear_hooks(&self) {
        let hooks = &mut *lock(&self.inner.hooks);
        let (mischief, encryption) = (hooks.mischief, hooks.encryption);
        *hooks = Hooks { mischief, encryption, ..Hooks::default() };
    }

    /// Misbehaves from now on in exactly one way; `None` ends it.
    pub fn set_mischief(&self, mischief: impl Into<Option<Mischief>>) {
        lock(&self.inner.hooks).mischief = mischief.into();
    }

    /// Encrypts wrongly from now on, for whoever registered encryption; `None` ends it.
    pub fn set_encryption_mischief(&self, mischief: impl Into<Option<EncryptionMischief>>) {
        lock(&self.inner.hooks).encryption = mischief.into();
    }

    /// The back-channel logouts since this was last asked: what goes to the clients by `POST`.
    pub fn take_logouts(&self) -> Vec<OpRequest> {
        std::mem::take(&mut self.state().logouts)
    }

    /// Puts a text where the provider finds it when it follows a `request_uri`.
    pub fn publish(&self, uri: &str, content_type: &str, body: &str) {
        let answer = (content_type.to_owned(), body.to_owned());
        self.state().published.insert(uri.to_owned(), answer);
    }

    fn mischief(&self) -> Option<Mischief> {
        lock(&self.inner.hooks).mischief
    }

    fn is(&self, mischief: Mischief) -> bool {
        self.mischief() == Some(mischief)
    }

    fn sign(&self, alg: Alg, secret: &str, input: &[u8]) -> Vec<u8> {
        let keys = lock(&self.inner.keys).clone();
        keys.sign(alg, secret.as_bytes(), input)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.inner.state)
    }

    fn client(&self, client_id: &str) -> Option<&OpClient> {
        self.clients().into_iter().find(|client| client.client_id == client_id)
    }

    /// Those of the configuration, and those that were registered since.
    fn clients(&self) -> Vec<&OpClient> {
        let registered = self.state().registered.iter().map(|one| one.client).collect::<Vec<_>>();
        self.config().clients.iter().chain(registered).collect()
    }

    fn user(&self, name: &str) -> Option<&OpUser> {
        self.config().users.iter().find(|user| user.name == name)
    }

    /// An unguessable text: unguessable for whoever does not know the seed.
    fn fresh(&self, state: &mut State, label: &str) -> String {
        state.issued += 1;
        let hash = Sha256::new()
            .chain_update(self.config().seed.to_be_bytes())
            .chain_update(state.issued.to_be_bytes())
            .chain_update(label);
        format!("{label}-{}", base64url(&hash.finalize()))
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Op").field("issuer", &self.issuer()).finish_non_exhaustive()
    }
}

struct Inner {
    config: OpConfig,
    base_path: String,
    keys: Mutex<Keys>,
    state: Mutex<State>,
    hooks: Mutex<Hooks>,
    log: Mutex<Vec<(String, String)>>,
}

/// Everything that was handed out. Nothing is ever dropped: a provider lives for one test.
#[derive(Default)]
struct State {
    issued: u64,
    sessions: HashMap<String, Session>,
    codes: HashMap<String, Code>,
    access_tokens: HashMap<String, AccessToken>,
    refresh_tokens: HashMap<String, RefreshToken>,
    devices: HashMap<String, Device>,
    /// Client and `jti` of every assertion that was taken (OIDC Core 9).
    assertions: HashSet<(String, String)>,
    /// ID Token -> client and session, to recognise an `id_token_hint`.
    id_tokens: HashMap<String, (String, String)>,
    registered: Vec<registration::Registered>,
    logouts: Vec<OpRequest>,
    /// What clients publish: address, content type, body.
    published: HashMap<String, (String, String)>,
    /// Client and `jti` of every request object that was taken.
    objects: HashSet<(String, String)>,
}

impl State {
    fn revoke(&mut self, grant: u64) {
        self.access_tokens.retain(|_, token| token.grant.id != grant);
        self.refresh_tokens.retain(|_, token| token.grant.id != grant);
    }
}

#[derive(Default)]
struct Hooks {
    mischief: Option<Mischief>,
    encryption: Option<EncryptionMischief>,
    decryption_jwks: Vec<Value>,
    interceptors: Vec<(String, Arc<Interceptor>)>,
    tamper: Option<Arc<Tamper>>,
    replace: Option<Arc<Replace>>,
    response: Option<Arc<Tamper>>,
}

type Interceptor = dyn Fn(&OpRequest, &mut OpResponse) + Send + Sync;
type Tamper = dyn Fn(&Op, &mut Value, &mut Value) + Send + Sync;
type Replace = dyn Fn(IdTokenParts) -> String + Send + Sync;

fn compact(header: &str, payload: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let input = format!("{}.{}", base64url(header.as_bytes()), base64url(payload.as_bytes()));
    let signature = sign(input.as_bytes());
    format!("{input}.{}", base64url(&signature))
}

// A test that panics in a closure must not turn every later lock into another panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn method_not_allowed(allow: &str) -> OpResponse {
    OpResponse::page(405, "Method not allowed", "").with_header("allow", allow)
}

const DISCOVERY: &str = "/.well-known/openid-configuration";
const OAUTH_DISCOVERY: &str = "/.well-known/oauth-authorization-server";
const WEB_FINGER: &str = "/.well-known/webfinger";
const JWKS: &str = "/jwks";
const AUTHORIZE: &str = "/authorize";
const LOGIN: &str = "/login";
const TOKEN: &str = "/token";
const USERINFO: &str = "/userinfo";
const CLAIMS: &str = "/claims";
const DEVICE_AUTHORIZATION: &str = "/device_authorization";
const INTROSPECT: &str = "/introspect";
const REVOKE: &str = "/revoke";
const END_SESSION: &str = "/end_session";
const CHECK_SESSION: &str = "/check_session";
const REGISTER: &str = "/register";
const REGISTERED: &str = "/register/";

#[cfg(test)]
mod tests;
