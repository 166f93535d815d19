//! A world of several hosts: a transport straight into one embedded provider for each.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use relying_party::{
    drive::Transport,
    error::{FailureKind, TransportFailure},
    flow::Outcome,
    http::HttpRequest,
};
use url::Url;

use crate::{
    memory::{Clock, op_request, respond},
    op::Op,
};

/// The transport. It keeps what was requested, as `GET https://op.test/userinfo Bearer <token>`.
#[derive(Clone, Debug)]
pub struct Hosts {
    ops: BTreeMap<String, Op>,
    clock: Clock,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Hosts {
    /// Each provider is at the origin of its issuer; nobody is anywhere else.
    ///
    /// # Panics
    /// If an issuer is not a URL.
    pub fn new<'a>(ops: impl IntoIterator<Item = &'a Op>, clock: &Clock) -> Self {
        let origin = |op: &Op| Url::parse(op.issuer()).expect("a URL").origin();
        let at = |op: &Op| (origin(op).ascii_serialization(), op.clone());
        let ops = ops.into_iter().map(at).collect();
        Self { ops, clock: clock.clone(), requests: Arc::default() }
    }

    /// Method, address and authorization of every request since this was last asked.
    pub fn take_requests(&self) -> Vec<String> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

impl Transport for Hosts {
    fn send(&self, request: &HttpRequest) -> Outcome {
        let authorization = request.headers().find(|(name, _)| *name == "authorization");
        let mut line = format!("{} {}", request.method().as_str(), request.url());
        line.extend(authorization.into_iter().flat_map(|(_, value)| [" ", value]));
        self.requests.lock().unwrap().push(line);
        let Some(op) = self.ops.get(&request.url().origin().ascii_serialization()) else {
            return Err(TransportFailure::new(FailureKind::Connect, "nobody is there"));
        };
        respond(request, &op.handle(&op_request(request), self.clock.now().seconds()))
    }

    fn sleep(&self, duration: Duration) {
        self.clock.advance(duration);
    }
}
