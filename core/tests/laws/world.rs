//! A world in which a script decides everything outside the library, and a judge who holds what the library does
//! against its laws. Shared by `laws.rs`, with scripts from proptest, and the fuzz target `login`.
//!
//! ```text
//! script ──► provider, browser, clock ──► Client: discover, (start, finish, refresh)* ──► judge
//! script ──► and what the browser holds ─► Client: discover, start, finish ──────────► judge_front
//! script ──► and who signs ────────────► Client with a remote key: as `judge` ────────► judge_signed
//! script ──► provider that only signs ──► as `judge_signed`, with a request object, JARM, signed userinfo ► judge_tokens
//! script ──► and encrypts ──────────────► the same ────────────────────────────────────► judge_encrypted
//! script ──► provider, browser ─────────► Client: authorize without a login, log out ────► judge_plain
//! script ──► provider, other sources ───► Client: logout tokens*, claims of others* ─────► judge_told
//! script ──► provider, resource, clock ─► Client: discover, every flow without a browser ──► judge_direct
//! script ──► provider, clock ───────────► WebFinger, discovery, registration and its end ──► judge_found
//! script ──► provider, whoever calls ───► Client: discover, validate access tokens* ───────► judge_resource_server
//! ```

mod direct;
mod enclosed;
mod found;
mod front;
pub mod oracle;
mod plain;
mod provider;
mod script;
mod signed;
mod tokens;
mod told;

use std::{collections::HashSet, time::Duration};

use relying_party::{
    Client, Env, Error, Flow, LoginRecord, PendingLogin, Registration, Step,
    flow::start_login::StartLogin,
    http::HttpRequest,
    jose::{algorithm::Algorithm, backend::Crypto},
    limits::Limits,
    protocol::{callback::Callback, response_type::ResponseType},
    time::UnixTime,
};
use sha2::{Digest, Sha256};
use url::{Origin, Url};

pub use oracle::Oracle;
pub use provider::{CLIENT, ISSUER, SUB};
pub use script::Script;

/// Which law was broken, and how.
pub type Broken = String;

/// What happened.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// `done` or an error's code, for each flow in turn.
    pub ended: Vec<String>,
    /// Each request, byte for byte.
    pub requests: Vec<String>,
    /// How many logins were finished.
    pub logins: usize,
}

/// Runs the script twice and judges.
///
/// # Errors
/// The law that was broken.
pub fn judge(script: &[u8]) -> Result<Report, Broken> {
    twice(script, World::run)
}

/// The same for the flows without a browser.
///
/// # Errors
/// The law that was broken.
pub fn judge_direct(script: &[u8]) -> Result<Report, Broken> {
    twice(script, World::run_direct)
}

/// The same for a login of this type, with tokens through the browser.
///
/// # Errors
/// The law that was broken.
pub fn judge_front(response_type: ResponseType, script: &[u8]) -> Result<Report, Broken> {
    twice(script, |world| world.run_front(response_type))
}

/// As [`judge`], for a client that proves itself by assertions under a remote key.
///
/// # Errors
/// The law that was broken.
pub fn judge_signed(script: &[u8]) -> Result<Report, Broken> {
    twice(script, World::run_signed)
}

/// As [`judge_signed`], where the client asks by request objects and everything comes as a signed token.
///
/// # Errors
/// The law that was broken.
pub fn judge_tokens(script: &[u8]) -> Result<Report, Broken> {
    twice(script, |world| world.run_tokens(false))
}

/// The same, encrypted; without the feature `encryption`, not.
///
/// # Errors
/// The law that was broken.
pub fn judge_encrypted(script: &[u8]) -> Result<Report, Broken> {
    twice(script, |world| world.run_tokens(true))
}

/// The same for plain OAuth.
///
/// # Errors
/// The law that was broken.
pub fn judge_plain(script: &[u8]) -> Result<Report, Broken> {
    twice(script, World::run_plain)
}

/// The same for logout tokens and claims of other sources.
///
/// # Errors
/// The law that was broken.
pub fn judge_told(script: &[u8]) -> Result<Report, Broken> {
    twice(script, World::run_told)
}

/// The same for a provider that is found and registered at.
///
/// # Errors
/// The law that was broken.
pub fn judge_found(script: &[u8]) -> Result<Report, Broken> {
    twice(script, World::run_found)
}

/// The same for access tokens that somebody sends.
///
/// # Errors
/// The law that was broken.
pub fn judge_resource_server(script: &[u8]) -> Result<Report, Broken> {
    twice(script, World::run_resource_server)
}

fn twice<'s>(
    script: &'s [u8],
    run: impl Fn(World<'s>) -> Result<Report, Broken>,
) -> Result<Report, Broken> {
    let report = run(World::new(script, Oracle::default()))?;
    let again = run(World::new(script, Oracle::default()))?;
    law(5, report == again, || "the same inputs, other requests".to_owned())?;
    Ok(report)
}

/// Everything outside the library.
pub struct World<'s> {
    pub script: Script<'s>,
    /// The body of every token response, if it is not the script's to decide.
    pub token_template: Option<String>,
    /// The access tokens that the provider gave out.
    pub access_tokens: Vec<String>,
    pub report: Report,
    oracle: Oracle,
    millis: i64,
    seed: [u8; 32],
    drawn: u64,
    /// From this draw on, entropy repeats itself.
    stuck_after: u64,
    origins: HashSet<Origin>,
    issuer_served: Option<String>,
    iss_announced: bool,
    secrets: Vec<String>,
    nonce: String,
    code: String,
    /// The code of which an ID token through the browser holds the hash.
    hashed_code: Option<String>,
    code_sent: usize,
    /// Where the client proves itself by assertions.
    signed: Option<signed::Signed>,
    /// Where everything comes as a token.
    tokens: Option<tokens::Tokens>,
    /// Where claims come from elsewhere: what a trusted source said.
    vouched: Option<Vec<String>>,
    acceptable: Vec<String>,
    earlier: Vec<String>,
    served: Vec<u8>,
    /// How often the visitor of a device login is not done yet.
    undecided: u8,
    /// The pauses so far, all together, and what they were at the last poll.
    paused: Duration,
    polled: Duration,
    max_requests: usize,
}

impl Env for World<'_> {
    fn now(&mut self) -> UnixTime {
        UnixTime::from_millis(self.millis)
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for chunk in out.chunks_mut(32) {
            chunk.copy_from_slice(&self.draw()[..chunk.len()]);
        }
        Ok(())
    }
}

impl<'s> World<'s> {
    pub fn new(script: &'s [u8], oracle: Oracle) -> Self {
        Self {
            script: Script::new(script),
            token_template: None,
            access_tokens: Vec::new(),
            report: Report::default(),
            oracle,
            millis: 1_800_000_000_000,
            seed: Sha256::digest(script).into(),
            drawn: 0,
            stuck_after: u64::MAX,
            origins: HashSet::from([Url::parse(ISSUER).unwrap().origin()]),
            issuer_served: None,
            iss_announced: false,
            secrets: vec![CLIENT_SECRET.to_owned()],
            nonce: String::new(),
            code: String::new(),
            hashed_code: None,
            code_sent: 0,
            signed: None,
            tokens: None,
            vouched: None,
            acceptable: Vec::new(),
            earlier: Vec::new(),
            served: Vec::new(),
            undecided: 0,
            paused: Duration::ZERO,
            polled: Duration::ZERO,
            max_requests: MAX_REQUESTS,
        }
    }

    /// Discovery, and up to three logins, each with a refresh.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run(mut self) -> Result<Report, Broken> {
        if let Ok(client) = self.discover()? {
            for _ in 0..=self.script.below(3) {
                self.login(&client)?;
            }
        }
        Ok(self.report)
    }

    /// A client of the provider.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn discover(&mut self) -> Result<Result<Client, Error>, Broken> {
        let registration = match &self.signed {
            Some(_) => signed::registration(),
            None => {
                Registration::confidential(CLIENT, CLIENT_SECRET, "https://rp.test/cb").unwrap()
            }
        };
        let registration = registration.id_token_signed_response_alg(Algorithm::ES256);
        let registration = self.registered_for_tokens(registration);
        let crypto = Crypto::new(self.oracle.clone());
        let client = self.drive(Client::discover(ISSUER, registration, crypto))?;
        if let Ok(client) = &client {
            self.silent(&format!("{client:?}"))?;
            let served = self.issuer_served.as_deref();
            law(3, served == Some(ISSUER), || format!("metadata of {served:?} was taken"))?;
        }
        Ok(client)
    }

    /// A pending login and its `state`.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn start(&mut self, client: &Client) -> Result<Option<(PendingLogin, String)>, Broken> {
        self.started(self.asking(client))
    }

    fn started(&mut self, start: StartLogin) -> Result<Option<(PendingLogin, String)>, Broken> {
        let Ok(started) = self.drive(start)? else { return Ok(None) };
        self.silent(&format!("{started:?}"))?;
        let origin = started.url.origin();
        law(3, self.origins.contains(&origin), || format!("the browser goes to {origin:?}"))?;
        let bytes = started.pending.to_bytes();
        let stored: serde_json::Value = serde_json::from_slice(&bytes[9..]).unwrap();
        let member = |name: &str| stored[name].as_str().unwrap().to_owned();
        self.nonce = member("nonce");
        self.secrets.extend(["nonce", "state"].map(member));
        // Without a code there is none.
        self.secrets.extend(stored["verifier"].as_str().map(str::to_owned));
        let read = PendingLogin::from_bytes(&bytes).map(|pending| pending.to_bytes());
        law(7, read.as_ref().ok() == Some(&bytes), || "a pending login does not return".into())?;
        let flipped = PendingLogin::from_bytes(&self.script.flip(&bytes));
        law(7, flipped.is_err(), || "a flipped bit was not seen".to_owned())?;
        self.asked(&started, &stored)?;
        Ok(Some((started.pending, member("state"))))
    }

    fn login(&mut self, client: &Client) -> Result<(), Broken> {
        let Some((pending, state)) = self.start(client)? else { return Ok(()) };
        let query = match self.tokens {
            Some(_) => self.response(&state),
            None => self.callback(&state),
        };
        self.move_clock();
        let Ok(callback) = Callback::from_query(&query, &Limits::default()) else {
            return Ok(());
        };
        self.earlier.append(&mut self.acceptable);
        let before = self.report.requests.len();
        let flow = client.finish_login(pending, callback);
        let with_user_info = self.script.byte() >= 128 || self.tokens.is_some();
        let flow = if with_user_info { flow.with_user_info() } else { flow };
        let login = self.drive(flow)?;
        let sent = &self.report.requests[before..];
        // To read a token, the keys may be needed first.
        let answered = match self.tokens {
            None => sent.is_empty() || answers(&query, &state, self.iss_announced),
            Some(_) => {
                let spent = sent.iter().any(|line| line.contains("grant_type=authorization_code"));
                !spent || self.may_spend(&query)
            }
        };
        law(6, answered, || format!("a request followed {query:?}"))?;
        let Ok(login) = login else { return Ok(()) };
        self.report.logins += 1;
        self.silent(&format!("{login:?}"))?;
        self.genuine(login.id_token().raw().expose())?;
        let access_token = login.tokens().access_token().expose();
        let ours = self.access_tokens.iter().any(|issued| issued == access_token);
        law(2, ours, || "at_hash did not bind the access token".to_owned())?;
        law(2, login.user_info().is_none_or(|info| info.sub() == SUB), || "userinfo".to_owned())?;
        self.told_as_token(login.user_info())?;

        self.returns(&login.record())?;
        let Some(refresh_token) = login.tokens().refresh_token() else { return Ok(()) };
        if let Ok(refreshed) = self.drive(client.refresh(refresh_token, &login.record()))? {
            self.silent(&format!("{refreshed:?}"))?;
            if let Some(token) = refreshed.id_token() {
                self.genuine(token.raw().expose())?;
            }
        }
        Ok(())
    }

    fn returns(&self, record: &LoginRecord) -> Result<(), Broken> {
        let record = record.to_bytes();
        let read = LoginRecord::from_bytes(&record).map(|record| record.to_bytes());
        law(7, read.as_ref().ok() == Some(&record), || "a record does not return".to_owned())
    }

    /// Drives a flow to its end, which it must have.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn drive<F: Flow>(&mut self, flow: F) -> Result<Result<F::Output, Error>, Broken> {
        let (mut sent, mut step) = (0, flow.start(self));
        self.code_sent = 0;
        for _ in 0..MAX_STEPS {
            if let Ok(step) = &step {
                self.silent(&format!("{step:?}"))?;
            }
            step = match step {
                Ok(Step::Send(exchange)) => {
                    sent += 1;
                    law(1, sent <= self.max_requests, || format!("{sent} requests"))?;
                    self.note(exchange.request())?;
                    let outcome = self.answer(exchange.request());
                    exchange.resume(outcome, self)
                }
                Ok(Step::Wait(pause)) => {
                    self.paused = self.paused.saturating_add(pause.duration());
                    self.millis += i64::try_from(pause.duration().as_millis()).unwrap();
                    pause.resume(self)
                }
                Ok(Step::Sign(signing)) => {
                    let signature = self.signature(signing.key(), signing.message())?;
                    signing.resume(signature, self)
                }
                Ok(Step::Done(output)) => {
                    self.report.ended.push("done".to_owned());
                    return Ok(Ok(output));
                }
                Err(error) => {
                    self.silent(&format!("{error} {error:?} {:?}", error.hint()))?;
                    self.report.ended.push(error.code().to_owned());
                    law(1, error.code() != "unreachable", || error.to_string())?;
                    return Ok(Err(error));
                }
            };
        }
        Err("law 1: it does not end".to_owned())
    }

    fn note(&mut self, request: &HttpRequest) -> Result<(), Broken> {
        let url = request.url();
        let named = url.scheme() == "https" && self.origins.contains(&url.origin());
        law(3, named, || format!("a request to {:?}", url.origin()))?;
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let redeems = body.contains("grant_type=authorization_code");
        self.code_sent += usize::from(redeems);
        law(6, self.code_sent <= 1, || "a code was sent again".to_owned())?;
        let headers: Vec<_> = request.headers().collect();
        let line = format!("{} {url} {headers:?} {body}", request.method().as_str());
        let leaks = !self.code.is_empty() && line.contains(&self.code) && !redeems;
        law(4, !leaks, || "a code where it does not belong".to_owned())?;
        self.confined(request.purpose(), &line)?;
        self.proven(request)?;
        self.report.requests.push(line);
        Ok(())
    }

    /// The document as the provider served it names the origins.
    fn serve_metadata(&mut self, body: &[u8]) {
        let document: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        self.issuer_served = document["issuer"].as_str().map(str::to_owned);
        let urls = ADDRESSES.iter().filter_map(|name| Url::parse(document[name].as_str()?).ok());
        self.origins.extend(urls.map(|url| url.origin()));
    }

    fn genuine(&self, raw: &str) -> Result<(), Broken> {
        let issued = self.acceptable.iter().any(|token| token == raw);
        law(2, issued, || format!("the oracle never signed {raw} for this login"))
    }

    fn silent(&self, shown: &str) -> Result<(), Broken> {
        // A template may put tokens where the provider's own words are shown.
        if self.token_template.is_some() {
            return Ok(());
        }
        let leaked = self.secrets.iter().find(|secret| shown.contains(secret.as_str()));
        law(4, leaked.is_none(), || format!("{shown:?} shows {leaked:?}"))
    }

    fn draw(&mut self) -> [u8; 32] {
        self.drawn = self.drawn.saturating_add(1).min(self.stuck_after);
        Sha256::new_with_prefix(self.seed).chain_update(self.drawn.to_be_bytes()).finalize().into()
    }
}

/// Whether a query is an answer to the login with this `state`, by another parser than the library's.
pub fn answers(query: &str, state: &str, iss_announced: bool) -> bool {
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let all = |name: &str| -> Vec<&str> {
        pairs.iter().filter(|(own, _)| own == name).map(|(_, value)| &**value).collect()
    };
    all("state") == [state]
        && (all("iss") == [ISSUER] || (!iss_announced && all("iss").is_empty()))
        && (all("client_id").is_empty() || all("client_id") == [CLIENT])
        && all("code").len() == 1
        && ["error", "id_token", "access_token"].iter().all(|name| all(name).is_empty())
}

fn law(number: u8, holds: bool, why: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(format!("law {number}: {}", why())) }
}

const ADDRESSES: [&str; 9] = [
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "device_authorization_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
    "registration_endpoint",
    "end_session_endpoint",
];
/// No flow that does not poll sends more: structural, so there is no setting for it.
const MAX_REQUESTS: usize = 6;
const MAX_STEPS: usize = 10_000;
const CLIENT_SECRET: &str = "fake-client-secret-0123456789";
