//! An oidc-agent's replies: whatever comes, in whatever pieces, ends in a reply that was there or in a short error, and
//! the pieces do not matter.

use base64::{Engine, engine::general_purpose::STANDARD};
use crypto_box::{SalsaBox, SecretKey, aead::AeadInPlace};
use relying_party::{
    Env, Error,
    agent::{
        AgentRequest, AgentStep, Check, Exchange, ListAccounts, ListLoadedAccounts, ObtainMytoken,
        ObtainToken, ReadStatus, Receiving,
    },
    limits::Limits,
    time::UnixTime,
};
use serde_json::Value;

/// Entropy: all the same, so the client's key is known. Nobody asks for the time.
struct Fixed;

impl Env for Fixed {
    fn now(&mut self) -> UnixTime {
        panic!("nobody needs the time")
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.fill(CLIENT);
        Ok(())
    }
}

const KEY: &[u8] = b"zo060cy2M+x7cMF4FKXHbs0CloUFDTRHRboFhw5YfVk=";
const LIMIT: usize = 2000;
const CLIENT: u8 = 1;
const AGENT: u8 = 2;

/// The first byte says how large the pieces are: at most that, each of another size.
pub fn agent(data: &[u8]) {
    let Some((size, reply)) = data.split_first() else { return };
    let size = usize::from(*size).max(1);
    let token = || ObtainToken::of_account("a").expected_issuer("https://op.test");
    let obtained = clear(token(), reply, size);
    if let Some(token) = &obtained {
        let document: Value = serde_json::from_slice(reply).expect("strict JSON is JSON");
        assert_eq!(document["access_token"], token.access_token.expose());
        assert_eq!(document["status"], "success");
        assert!(document.get("error").is_none_or(Value::is_null));
        assert_eq!(token.issuer.trim_end_matches('/'), "https://op.test");
        assert!(token.access_token.expose().bytes().all(|byte| byte.is_ascii_graphic()));
        // No reply answers two requests.
        assert!(clear(Check, reply, size).is_none());
        assert!(clear(ListLoadedAccounts, reply, size).is_none());
    }
    clear(ListAccounts, reply, size);
    clear(ReadStatus, reply, size);
    clear(ObtainMytoken::of_account("a"), reply, size);
    honest(token, reply, obtained.is_some(), size);
    // In place of the key; and behind it, where nobody without the secret has a success to give.
    let sealed = || Exchange::new(token()).limits(limits());
    assert!(same(sealed, &[reply], size).is_none());
    assert!(same(sealed, &[KEY, reply], size).is_none());
}

/// The same reply, sealed by an agent that has the secret.
fn honest(token: impl Fn() -> ObtainToken, reply: &[u8], good: bool, size: usize) {
    let agent = SecretKey::from([AGENT; 32]);
    let shared = SalsaBox::new(&SecretKey::from([CLIENT; 32]).public_key(), &agent);
    let key = STANDARD.encode(agent.public_key().as_bytes());
    let frame = seal(&shared, reply);
    let exchange = || Exchange::new(token()).limits(limits());
    let opened = same(exchange, &[key.as_bytes(), &frame], size);
    // What is sealed has no other reader.
    if frame.len() <= LIMIT {
        assert_eq!(opened.is_some(), good);
    }
    let mut flipped = frame;
    if let Some(last) = flipped.last_mut() {
        *last ^= 1;
    }
    assert!(same(exchange, &[key.as_bytes(), &flipped], size).is_none());
}

/// `LENGTH:NONCE:BOX`
fn seal(shared: &SalsaBox, plain: &[u8]) -> Vec<u8> {
    let nonce = [3; 24];
    let mut text = plain.to_vec();
    let tag = shared.encrypt_in_place_detached(&nonce.into(), b"", &mut text).expect("a box");
    let sealed = STANDARD.encode([tag.as_slice(), &text].concat());
    format!("{}:{}:{sealed}", plain.len(), STANDARD.encode(nonce)).into_bytes()
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.agent_reply = LIMIT;
    limits
}

fn clear<R: AgentRequest + Clone>(request: R, reply: &[u8], size: usize) -> Option<R::Reply> {
    let exchange = || Exchange::new(request.clone()).limits(limits()).insecure_without_encryption();
    let done = same(exchange, &[reply], size);
    assert!(done.is_none() || reply.len() <= LIMIT);
    done
}

/// At once and in pieces, with the same result.
fn same<R: AgentRequest>(
    exchange: impl Fn() -> Exchange<R>,
    replies: &[&[u8]],
    size: usize,
) -> Option<R::Reply> {
    let code = |result: &Result<R::Reply, Error>| result.as_ref().err().map(Error::code);
    let (whole, pieces) = (run(exchange(), replies, usize::MAX), run(exchange(), replies, size));
    // What follows a key is seen if it is there before the key has its answer.
    if code(&whole) != Some("agent.trailing") || replies.len() > 1 {
        assert_eq!(code(&whole), code(&pieces));
    }
    if let Err(error) = &whole {
        assert!(format!("{error:?}").len() < 4000);
    }
    whole.ok()
}

fn run<R: AgentRequest>(
    exchange: Exchange<R>,
    replies: &[&[u8]],
    size: usize,
) -> Result<R::Reply, Error> {
    let mut replies = replies.iter();
    let mut step = exchange.start(&mut Fixed).expect("a request");
    loop {
        step = match step {
            AgentStep::Connect(connecting) => connecting.resume(),
            AgentStep::Send(sending) => sending.resume(),
            AgentStep::Receive(receiving) => {
                feed(receiving, replies.next().copied().unwrap_or_default(), size)?
            }
            AgentStep::Done(reply) => return Ok(reply),
        };
    }
}

/// What is left when it goes on is lost, as on a socket that is closed.
fn feed<R: AgentRequest>(
    mut receiving: Receiving<R>,
    reply: &[u8],
    size: usize,
) -> Result<AgentStep<R>, Error> {
    let (mut rest, mut draw) = (reply, size);
    while !rest.is_empty() {
        draw = draw.wrapping_mul(0x9e37_79b9).wrapping_add(0x7f4a_7c15);
        let length = if size == usize::MAX { rest.len() } else { 1 + (draw >> 16) % size };
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        receiving = match receiving.resume(piece)? {
            AgentStep::Receive(receiving) => receiving,
            step => return Ok(step),
        };
    }
    receiving.resume(&[])
}
