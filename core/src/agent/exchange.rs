//! One request and its reply, over a connection of their own.
//!
//! ```text
//! Exchange ─► Connect ─► Send(our key) ─► Receive(its key) ─► Send(box) ─► Receive(reply) ─► Done
//!                │                            └─ an error in the clear ───────┘
//!                └──────────────── plain: Send(request) ──────────────────────┘
//! ```

use crypto_box::{SalsaBox, SecretKey};
use zeroize::Zeroizing;

use crate::{
    env::{Env, random},
    error::{AgentProblem, Bound, Error, ErrorKind, JsonFault, JsonProblem},
    limits::Limits,
};

use super::{
    buffer::SecretBuffer,
    object_end::ObjectEnd,
    reply::Reply,
    request::{self, AgentRequest},
    sealed,
};

/// A request about to be made.
#[must_use = "an exchange does nothing by itself"]
pub struct Exchange<R> {
    request: R,
    limits: Limits,
    plain: bool,
}

impl<R: AgentRequest> Exchange<R> {
    /// Encrypted, within the default [`Limits`].
    pub fn new(request: R) -> Self {
        Self { request, limits: Limits::default(), plain: false }
    }

    /// Other limits: [`Limits::agent_reply`] and [`Limits::json_depth`] count here.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Without encryption: who reads along on the way to the agent has the token. Every agent understands it.
    pub fn insecure_without_encryption(mut self) -> Self {
        self.plain = true;
        self
    }

    /// The first step. All entropy is drawn here: once keys are exchanged, the agent waits for nobody else.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] when the request exceeds [`MAX_REQUEST`](super::MAX_REQUEST), [`ErrorKind::Misuse`] when it
    /// cannot be made, [`ErrorKind::Entropy`].
    pub fn start(self, env: &mut dyn Env) -> Result<AgentStep<R>, Error> {
        let text = request::write(&self.request)?;
        let job = Job { request: self.request, limits: self.limits };
        let (bytes, next) = match self.plain {
            true => (text, Awaited::Reply { shared: None, end: ObjectEnd::default() }),
            false => {
                let secret = SecretKey::from(*Zeroizing::new(random(env)?));
                let mut nonce = [0; 24];
                env.fill(&mut nonce)?;
                let mut key = SecretBuffer::default();
                key.push(sealed::public_key(&secret).as_bytes());
                (key, Awaited::Key { secret, nonce, text })
            }
        };
        Ok(AgentStep::Connect(Connecting(Sending { job, bytes, next })))
    }
}

/// What is to be done next.
#[derive(Debug)]
pub enum AgentStep<R: AgentRequest> {
    /// Open a connection.
    Connect(Connecting<R>),
    /// Send something.
    Send(Sending<R>),
    /// Wait for something.
    Receive(Receiving<R>),
    /// The reply. The connection is no longer of use.
    Done(R::Reply),
}

/// A connection is needed. Each exchange needs one of its own.
pub struct Connecting<R>(Sending<R>);

impl<R: AgentRequest> Connecting<R> {
    /// There is one.
    pub fn resume(self) -> AgentStep<R> {
        AgentStep::Send(self.0)
    }
}

/// Something is to be sent.
pub struct Sending<R> {
    job: Job<R>,
    bytes: SecretBuffer,
    next: Awaited,
}

impl<R: AgentRequest> Sending<R> {
    /// What. It must go in one write: the agent takes what its first read brings for the whole.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.bytes()
    }

    /// It is sent, or the agent has hung up: what it said before can still be read.
    pub fn resume(self) -> AgentStep<R> {
        let buffer = SecretBuffer::default();
        AgentStep::Receive(Receiving { job: self.job, awaited: self.next, buffer, whole: false })
    }
}

/// Something is to be received.
pub struct Receiving<R> {
    job: Job<R>,
    awaited: Awaited,
    buffer: SecretBuffer,
    whole: bool,
}

struct Job<R> {
    request: R,
    limits: Limits,
}

enum Awaited {
    /// The agent's public key; an error in the clear may come instead.
    Key { secret: SecretKey, nonce: [u8; 24], text: SecretBuffer },
    /// The reply; after a key exchange in a box, and only an error may come in the clear.
    Reply { shared: Option<Box<SalsaBox>>, end: ObjectEnd },
    /// An error in the clear, where a key was due.
    Clear { end: ObjectEnd },
}

impl<R: AgentRequest> Receiving<R> {
    /// Whether the reply is whole. An agent then hangs up at once; where something between keeps the connection open,
    /// it is enough to wait for a moment, and then to resume with nothing.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// What came, in pieces of whatever size; an empty one is the end of the connection.
    ///
    /// # Errors
    /// [`ErrorKind::Agent`], or [`ErrorKind::Limit`] when the reply exceeds [`Limits::agent_reply`].
    pub fn resume(mut self, chunk: &[u8]) -> Result<AgentStep<R>, Error> {
        let ended = chunk.is_empty();
        let more = self.take(chunk);
        if let (Awaited::Key { .. }, Some(b'{')) = (&self.awaited, self.buffer.bytes().first()) {
            self.awaited = Awaited::Clear { end: ObjectEnd::default() };
            return self.resume_clear(chunk, ended);
        }
        if let Awaited::Key { .. } = self.awaited {
            return self.key(ended);
        }
        self.reply(ended, more)
    }

    /// The bytes after the first were measured as those of a key.
    fn resume_clear(mut self, chunk: &[u8], ended: bool) -> Result<AgentStep<R>, Error> {
        self.buffer = SecretBuffer::default();
        let more = self.take(chunk);
        self.reply(ended, more)
    }

    /// Keeps no more than there may be: whether there was more.
    fn take(&mut self, chunk: &[u8]) -> bool {
        let most = match self.awaited {
            // One more, to see that it is one too many.
            Awaited::Key { .. } => sealed::KEY + 1,
            // In base64, behind a length and a nonce.
            _ => self.job.limits.agent_reply.saturating_mul(2).saturating_add(128),
        };
        let room = most.saturating_sub(self.buffer.len());
        self.buffer.push(chunk.get(..room).unwrap_or(chunk));
        chunk.len() > room
    }

    fn key(self, ended: bool) -> Result<AgentStep<R>, Error> {
        let problem = match (self.buffer.len(), ended) {
            (0, true) => AgentProblem::Closed,
            (_, true) => AgentProblem::Key,
            (sealed::KEY, false) => return self.exchanged(),
            (length, false) if length > sealed::KEY => AgentProblem::Trailing,
            (_, false) => return Ok(AgentStep::Receive(self)),
        };
        Err(problem.into())
    }

    fn exchanged(self) -> Result<AgentStep<R>, Error> {
        let Awaited::Key { secret, nonce, text } = self.awaited else {
            return Err(ErrorKind::Unreachable("agent").into());
        };
        let shared = sealed::agree(&secret, self.buffer.bytes())?;
        let mut bytes = SecretBuffer::default();
        bytes.push(&sealed::seal(&shared, nonce, text.bytes())?);
        let next = Awaited::Reply { shared: Some(Box::new(shared)), end: ObjectEnd::default() };
        Ok(AgentStep::Send(Sending { job: self.job, bytes, next }))
    }

    fn reply(mut self, ended: bool, more: bool) -> Result<AgentStep<R>, Error> {
        let limit = self.job.limits.agent_reply;
        let bytes = self.buffer.bytes();
        let length = match (&mut self.awaited, bytes.first()) {
            (Awaited::Key { .. }, _) => return Err(ErrorKind::Unreachable("agent").into()),
            (_, None) => None,
            (Awaited::Reply { shared: Some(_), .. }, Some(first)) if *first != b'{' => {
                sealed::length(bytes, limit)?
            }
            (Awaited::Reply { end, .. } | Awaited::Clear { end }, Some(b'{')) => {
                let length = end.find(bytes.get(..limit).unwrap_or(bytes));
                if length.is_none() && bytes.len() > limit {
                    return Err(ErrorKind::Limit { what: Bound::AgentReply, limit }.into());
                }
                length
            }
            (..) => {
                let fault = JsonFault::WrongType("an object");
                return Err(AgentProblem::Json(JsonProblem::new("$", fault)).into());
            }
        };
        match length {
            Some(length) if bytes.len() > length || more => Err(AgentProblem::Trailing.into()),
            Some(length) if bytes.len() == length => match ended {
                true => self.finish(),
                false => Ok(AgentStep::Receive(Self { whole: true, ..self })),
            },
            _ if !ended => Ok(AgentStep::Receive(self)),
            _ if !bytes.is_empty() => Err(AgentProblem::Truncated.into()),
            _ => match self.awaited {
                Awaited::Reply { shared: Some(_), .. } => Err(AgentProblem::NoReply.into()),
                _ => Err(AgentProblem::Closed.into()),
            },
        }
    }

    fn finish(self) -> Result<AgentStep<R>, Error> {
        let Self { job, awaited, buffer, .. } = self;
        let clear = buffer.bytes().first() == Some(&b'{');
        let opened;
        let (text, success_allowed) = match &awaited {
            Awaited::Reply { shared: Some(shared), .. } if !clear => {
                opened = sealed::open(shared, buffer.bytes())?;
                (&**opened, true)
            }
            Awaited::Reply { shared: None, .. } => (buffer.bytes(), true),
            _ => (buffer.bytes(), false),
        };
        let reply = Reply::parse(text, job.limits.json_depth)?;
        match reply.failure()? {
            Some(problem) => Err(problem.into()),
            None if !success_allowed => Err(AgentProblem::Downgrade.into()),
            None => {
                reply.success()?;
                Ok(AgentStep::Done(job.request.read(&reply)?))
            }
        }
    }
}

macro_rules! opaque {
    ($($name:ident)*) => {$(
        /// Shows nothing of what is inside.
        impl<R> std::fmt::Debug for $name<R> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )*};
}

opaque!(Exchange Connecting Sending Receiving);
