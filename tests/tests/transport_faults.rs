//! A provider whose network, or whose answers as HTTP, are broken: one endpoint at a time, over both adapters.
//!
//! The endpoint under test is a raw listener at another address. Each fault ends in its exact code; the flow sends
//! nothing more, but for the key set: that public document is read once more after a fault that may pass.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use relying_party::{
    Client, Env, Error, Login, Policy, SystemEnv,
    error::{Blame, ErrorKind, Purpose},
    flow::start_login::StartedLogin,
};
use relying_party_tests::{
    interop::runner::{PATIENT, Runner},
    memory::{Clock, Memory, TestEnv},
    op::{Op, OpConfig, OpResponse},
    scenario::{World, crypto},
    server::{self, Server},
};

/// What a listener does with a connection.
type Conduct = fn(TcpStream) -> io::Result<()>;

/// A listener that is not well.
struct Faulty {
    url: String,
    connections: Arc<AtomicUsize>,
}

impl Faulty {
    fn new(conduct: Conduct) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                // A peer that gave up in the middle is what these tests are about.
                let _ = conduct(stream);
            }
        });
        Self { url, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads a request to its end: closing before that would be a reset.
fn read_request(stream: &mut TcpStream) -> io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0].to_ascii_lowercase());
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |length| length.trim().parse().unwrap());
    stream.read_exact(&mut vec![0; length])
}

fn say(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    read_request(&mut stream)?;
    stream.write_all(answer)
}

fn say_and_hold(mut stream: TcpStream, answer: &[u8]) -> io::Result<()> {
    read_request(&mut stream)?;
    stream.write_all(answer)?;
    stream.read(&mut [0]).map(drop)
}

/// Answers, as HTTP or less, and the code that each ends in at every endpoint.
const FAULTS: &[(&str, Conduct, &str)] = &[
    ("nothing at all", |s| say(s, b""), "transport.other"),
    ("closed in the headers", |s| say(s, b"HTTP/1.1 200 OK\r\nconte"), "transport.other"),
    (
        "closed in the body",
        |s| say(s, b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":"),
        "transport.other",
    ),
    (
        "closed in a chunk",
        |s| say(s, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{\"half\":"),
        "transport.other",
    ),
    (
        "no chunk",
        |s| say(s, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhello\r\n"),
        "transport.other",
    ),
    ("another protocol", |s| say(s, b"SSH-2.0-no\r\n"), "transport.other"),
    (
        "a compressed body",
        |s| say(s, b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}"),
        "transport.other",
    ),
    ("reset", reset, "transport.other"),
    ("a body without an end", endless_body, "transport.too_large"),
    ("a chunked body without an end", endless_chunks, "transport.too_large"),
    ("one header too long", |s| headers(s, 1, 40 * 1024), "transport.too_large"),
    ("headers too long together", |s| headers(s, 60, 1024), "transport.too_large"),
    ("moved for good", |s| redirect(s, "301 Moved Permanently"), "response.redirect"),
    ("found elsewhere", |s| redirect(s, "302 Found"), "response.redirect"),
    ("see other", |s| redirect(s, "303 See Other"), "response.redirect"),
    ("not modified", |s| redirect(s, "304 Not Modified"), "response.redirect"),
    ("temporary redirect", |s| redirect(s, "307 Temporary Redirect"), "response.redirect"),
    ("permanent redirect", |s| redirect(s, "308 Permanent Redirect"), "response.redirect"),
    ("no content", |s| say(s, b"HTTP/1.1 204 No Content\r\n\r\n"), "response.status"),
    (
        "a page that calls itself JSON",
        |s| page(s, "200 OK", "application/json", "<!DOCTYPE html><p>Welcome"),
        "json.syntax",
    ),
    ("an empty body", |s| page(s, "200 OK", "application/json", ""), "json.syntax"),
    ("a list", |s| page(s, "200 OK", "application/json", "[]"), "json.type"),
    ("too busy", |s| page(s, "503 Service Unavailable", "text/plain", "later"), "response.status"),
    (
        "behind a portal",
        |s| page(s, "511 Network Authentication Required", "text/html", "<p>Log in"),
        "response.status",
    ),
];

/// More headers than `Limits::header_count` and `Limits::header_bytes` allow, whoever counts them.
const HEADS: &[(&str, Conduct, &str)] = &[
    ("one header too many", |s| headers(s, 101, 8), "transport.too_large"),
    ("many headers too many", |s| headers(s, 500, 8), "transport.too_large"),
    ("headers without an end", endless_headers, "transport.too_large"),
];

const SILENCES: &[(&str, Conduct, &str)] = &[
    ("silence", |s| say_and_hold(s, b""), "transport.timeout"),
    ("silence in the headers", |s| say_and_hold(s, b"HTTP/1.1 200 OK\r\n"), "transport.timeout"),
    (
        "silence in the body",
        |s| say_and_hold(s, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"),
        "transport.timeout",
    ),
];

/// Closing while bytes of the peer are unread is a reset.
fn reset(stream: TcpStream) -> io::Result<()> {
    stream.peek(&mut [0]).map(drop)
}

fn endless_body(mut stream: TcpStream) -> io::Result<()> {
    read_request(&mut stream)?;
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    loop {
        stream.write_all(&[b' '; 4096])?;
    }
}

fn endless_chunks(mut stream: TcpStream) -> io::Result<()> {
    read_request(&mut stream)?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
    loop {
        stream.write_all(&[&b"400\r\n"[..], &[b' '; 1024], b"\r\n"].concat())?;
    }
}

fn endless_headers(mut stream: TcpStream) -> io::Result<()> {
    read_request(&mut stream)?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nx: ")?;
    loop {
        stream.write_all(&[b'x'; 4096])?;
    }
}

fn headers(stream: TcpStream, count: usize, length: usize) -> io::Result<()> {
    let header = |number: usize| format!("x-{number}: {}\r\n", "x".repeat(length));
    let headers: String = (0..count).map(header).collect();
    say(stream, format!("HTTP/1.1 200 OK\r\n{headers}content-length: 2\r\n\r\n{{}}").as_bytes())
}

fn redirect(stream: TcpStream, status: &str) -> io::Result<()> {
    let here = stream.local_addr()?;
    let head = format!("HTTP/1.1 {status}\r\nlocation: http://{here}/elsewhere\r\n");
    say(stream, (head + "connection: close\r\ncontent-length: 0\r\n\r\n").as_bytes())
}

fn page(stream: TcpStream, status: &str, media_type: &str, body: &str) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\nconnection: close\r\n");
    say(stream, format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes())
}

/// An honest provider on a socket, one of whose endpoints may stand elsewhere.
struct Stage {
    op: Op,
    _server: Server,
}

impl Stage {
    fn new() -> Self {
        let (op, server) = server::start(OpConfig::default()).unwrap();
        Self { op, _server: server }
    }

    fn log_in(&self, runner: &Runner, elsewhere: Option<(Purpose, &str)>) -> Result<Login, Error> {
        self.op.clear_transcript();
        let mut issuer = self.op.issuer().to_owned();
        match elsewhere {
            Some((Purpose::Discovery, url)) => url.clone_into(&mut issuer),
            Some((purpose, url)) => {
                let url = url.to_owned();
                self.op.intercept(WELL_KNOWN, move |_, response| {
                    let mut document = response.document();
                    document[member(purpose)] = url.as_str().into();
                    *response = OpResponse::json(200, &document);
                });
            }
            None => {}
        }
        let clock = Clock::default();
        // The server of the provider knows no other clock than the machine's.
        clock.set(SystemEnv.now());
        let transport = Memory::new(self.op.clone(), clock.clone());
        let browser =
            World { op: self.op.clone(), transport, env: TestEnv::new(clock.clone()), clock };
        let policy = Policy::default().insecure_allow_loopback_http();
        let discover = Client::discover(issuer, browser.registration("rs256"), crypto());
        let client = runner.run(discover.policy(policy))?;
        let StartedLogin { url, pending } = runner.run(client.start_login().scope("email"))?;
        let callback = browser.visit(&url).callback()?;
        runner.run(client.finish_login(pending, callback).with_user_info())
    }

    /// The paths that the library and the browser asked for.
    fn requests(&self) -> Vec<String> {
        let lines = self.op.transcript();
        lines.iter().map(|line| line.split([' ', '?']).nth(1).unwrap().to_owned()).collect()
    }
}

fn member(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Keys => "jwks_uri",
        Purpose::Token => "token_endpoint",
        _ => "userinfo_endpoint",
    }
}

/// Each endpoint, and what the honest rest of the provider is asked for before it.
const ENDPOINTS: [(Purpose, &[&str]); 4] = [
    (Purpose::Discovery, &[]),
    (Purpose::Keys, &[WELL_KNOWN, "/authorize"]),
    (Purpose::Token, &[WELL_KNOWN, "/authorize", "/jwks"]),
    (Purpose::UserInfo, &[WELL_KNOWN, "/authorize", "/jwks", "/token"]),
];

const WELL_KNOWN: &str = "/.well-known/openid-configuration";

#[track_caller]
fn hold(runner: &Runner, faults: &[(&str, Conduct, &str)]) {
    let stage = Stage::new();
    stage.log_in(runner, None).unwrap();
    for (purpose, before) in ENDPOINTS {
        for (name, conduct, code) in faults {
            stage.op.clear_hooks();
            let faulty = Faulty::new(*conduct);
            let error = stage.log_in(runner, Some((purpose, &faulty.url))).unwrap_err();
            let place = format!("{name} at {purpose} over {}: {error:?}", runner.name());
            assert_refusal(&error, purpose, code, &place);
            assert_eq!(stage.requests(), before, "{place}");
            let may_pass = matches!(*code, "transport.other" | "transport.timeout");
            let due = if purpose == Purpose::Keys && may_pass { 2 } else { 1 };
            assert_eq!(faulty.connections(), due, "{place}");
        }
    }
    stage.op.clear_hooks();
    stage.log_in(runner, None).unwrap();
}

fn assert_refusal(error: &Error, purpose: Purpose, code: &str, place: &str) {
    assert_eq!(error.code(), code, "{place}");
    match error.kind() {
        ErrorKind::Transport { purpose: at, .. } => {
            assert_eq!((*at, error.blame()), (purpose, Blame::Network), "{place}");
        }
        ErrorKind::Response { purpose: at, .. } => {
            assert_eq!((*at, error.blame()), (purpose, Blame::Provider), "{place}");
        }
        other => panic!("{other:?}: {place}"),
    }
}

#[test]
fn n01_n02_n03_n05_u08_broken_answers_over_ureq() {
    hold(&Runner::ureq(None, PATIENT), FAULTS);
}

#[test]
fn n01_n02_n03_n05_u08_broken_answers_over_reqwest() {
    hold(&Runner::reqwest(None, PATIENT), FAULTS);
}

#[test]
fn n03_header_sections_beyond_their_limits_over_ureq() {
    hold(&Runner::ureq(None, PATIENT), HEADS);
}

#[test]
fn n03_header_sections_beyond_their_limits_over_reqwest() {
    hold(&Runner::reqwest(None, PATIENT), HEADS);
}

#[test]
fn n03_silence_over_ureq() {
    hold(&Runner::ureq(None, SHORT), SILENCES);
}

#[test]
fn n03_silence_over_reqwest() {
    hold(&Runner::reqwest(None, SHORT), SILENCES);
}

#[test]
fn nobody_listens() {
    let stage = Stage::new();
    for runner in Runner::all(None, PATIENT) {
        stage.op.clear_hooks();
        stage.log_in(&runner, None).unwrap();
        for (purpose, before) in ENDPOINTS {
            // Bound and given back: nobody else of this machine is given the same port so soon.
            let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            stage.op.clear_hooks();
            let closed = format!("http://{free}");
            let error = stage.log_in(&runner, Some((purpose, &closed))).unwrap_err();
            let place = format!("{purpose} over {}", runner.name());
            assert_refusal(&error, purpose, "transport.connect", &place);
            assert_eq!(stage.requests(), before, "{place}");
        }
    }
}

#[test]
fn k26_u06_content_types() {
    let stage = Stage::new();
    let serve = |path: &str, media_type: &'static str| {
        stage.op.clear_hooks();
        stage.op.intercept(path, move |_, answer| answer.set_header("content-type", media_type));
    };
    for runner in Runner::all(None, PATIENT) {
        for path in [WELL_KNOWN, "/jwks", "/token"] {
            for media_type in ["text/html", "Application/JSON; charset=\"utf-8\"", "jwk-set+json"] {
                serve(path, media_type);
                let login = stage.log_in(&runner, None);
                assert!(login.is_ok(), "{path} as {media_type}: {login:?}");
            }
        }
        // OIDC Core 5.3.2: here the type says which of two documents it is.
        for media_type in ["Application/JSON; charset=\"utf-8\"", "application/problem+json"] {
            serve("/userinfo", media_type);
            let login = stage.log_in(&runner, None);
            assert!(login.is_ok(), "{media_type}: {login:?}");
        }
        for media_type in ["application/jwt", "APPLICATION/JWT; x=y", "text/html"] {
            serve("/userinfo", media_type);
            let error = stage.log_in(&runner, None).unwrap_err();
            assert_refusal(&error, Purpose::UserInfo, "response.content_type", media_type);
        }
    }
}

const SHORT: Duration = Duration::from_secs(1);
