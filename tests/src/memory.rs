//! A transport straight into the embedded provider, in virtual time.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use relying_party::{
    Env, Error,
    drive::Transport,
    error::{FailureKind, TransportFailure},
    flow::Outcome,
    http::{HttpRequest, HttpResponse},
    time::UnixTime,
};
use sha2::{Digest, Sha256};

use crate::op::{Op, OpRequest, OpResponse};

/// A clock that moves when it is told to. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(Arc<AtomicI64>);

impl Default for Clock {
    /// 2027-01-15T08:00:00Z
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000)))
    }
}

impl Clock {
    /// The time now.
    pub fn now(&self) -> UnixTime {
        UnixTime::from_millis(self.0.load(Ordering::SeqCst))
    }

    /// Lets time pass.
    pub fn advance(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).expect("a duration of this world");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the time.
    pub fn set(&self, time: UnixTime) {
        self.0.store(time.millis(), Ordering::SeqCst);
    }
}

/// Virtual time, and entropy that is the same in every run.
#[derive(Clone, Debug, Default)]
pub struct TestEnv {
    /// The clock.
    pub clock: Clock,
    drawn: u64,
}

impl TestEnv {
    /// With this clock.
    pub fn new(clock: Clock) -> Self {
        Self { clock, drawn: 0 }
    }

    /// The same with another stream of entropy.
    pub fn seeded(clock: Clock, seed: u64) -> Self {
        Self { clock, drawn: seed << 32 }
    }
}

impl Env for TestEnv {
    fn now(&mut self) -> UnixTime {
        self.clock.now()
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        for chunk in out.chunks_mut(32) {
            self.drawn += 1;
            let block = Sha256::digest(self.drawn.to_be_bytes());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

/// The transport. It keeps what was requested, as `GET /path`.
#[derive(Clone, Debug)]
pub struct Memory {
    op: Op,
    clock: Clock,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Memory {
    /// Into this provider, under this clock.
    pub fn new(op: Op, clock: Clock) -> Self {
        Self { op, clock, requests: Arc::default() }
    }

    /// Method and path of every request so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Forgets the requests so far.
    pub fn clear(&self) {
        self.requests.lock().unwrap().clear();
    }
}

impl Transport for Memory {
    fn send(&self, request: &HttpRequest) -> Outcome {
        let line = format!("{} {}", request.method().as_str(), request.url().path());
        self.requests.lock().unwrap().push(line);
        let answer = self.op.handle(&op_request(request), self.clock.now().seconds());
        respond(request, &answer)
    }

    fn sleep(&self, duration: Duration) {
        self.clock.advance(duration);
    }
}

/// The way to the provider, failing in these ways at the next requests to one path, and good afterwards.
#[derive(Debug)]
pub struct Failing {
    way: Memory,
    path: String,
    failures: Mutex<VecDeque<FailureKind>>,
    attempts: Mutex<Vec<String>>,
}

impl Failing {
    /// Fails at `path`.
    pub fn new(way: &Memory, path: &str, failures: &[FailureKind]) -> Self {
        let failures = Mutex::new(failures.iter().copied().collect());
        let (way, path) = (way.clone(), path.to_owned());
        Self { way, path, failures, attempts: Mutex::default() }
    }

    /// The path of every request, the failed ones among them.
    pub fn attempts(&self) -> Vec<String> {
        self.attempts.lock().unwrap().clone()
    }
}

impl Transport for Failing {
    fn send(&self, request: &HttpRequest) -> Outcome {
        self.attempts.lock().unwrap().push(request.url().path().to_owned());
        let here = request.url().path() == self.path;
        match here.then(|| self.failures.lock().unwrap().pop_front()).flatten() {
            Some(kind) => {
                // What is answered too late was done all the same.
                if kind == FailureKind::Timeout {
                    let _ = self.way.send(request);
                }
                Err(TransportFailure::new(kind, "made to fail"))
            }
            None => self.way.send(request),
        }
    }

    fn sleep(&self, duration: Duration) {
        self.way.sleep(duration);
    }
}

/// The request as the provider reads it.
pub fn op_request(request: &HttpRequest) -> OpRequest {
    OpRequest {
        method: request.method().as_str().to_owned(),
        url: request.url().clone(),
        headers: request.headers().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        body: request.body().to_vec(),
    }
}

/// The provider's answer as the library reads it.
///
/// # Errors
/// When it exceeds the limits of the request.
pub fn respond(
    request: &HttpRequest,
    answer: &OpResponse,
) -> Result<HttpResponse, TransportFailure> {
    let mut response = request.response(answer.status);
    for (name, value) in &answer.headers {
        response.header(name, value.as_bytes())?;
    }
    for chunk in answer.body.chunks(1000) {
        response.chunk(chunk)?;
    }
    Ok(response.finish())
}
