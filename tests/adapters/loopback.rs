//! An adapter against sockets of this machine: what goes out, what comes in, and every way to fail. Each adapter's
//! `tests/loopback.rs` brings itself and includes this file.

use std::{
    error::Error as _,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use relying_party::{
    env::Env,
    error::{Error, FailureKind, Purpose, TransportFailure},
    flow::{Event, Flow, Happened, Outcome, Step},
    http::{HttpRequest, Method},
    limits::Limits,
};
use url::Url;

use super::{Adapter, impatient, run, transport, transport_trusting};

#[test]
fn every_status_comes_through_with_all_its_headers() {
    let status = |line: &str| {
        format!("HTTP/1.1 {line}\r\nx: 1\r\nset-cookie: a=b\r\nx: 2\r\nconnection: close\r\n\r\n")
    };
    for (line, code) in
        [("200 OK", 200), ("204 No Content", 204), ("400 Bad Request", 400), ("500 Oh", 500)]
    {
        let op = Op::answering(&status(line));
        let response = send(&transport(), op.get("/")).unwrap();
        assert_eq!(response.status(), code);
        assert_eq!(response.headers("x").collect::<Vec<_>>(), ["1", "2"]);
    }
}

#[test]
fn a_header_that_is_no_text_does_no_harm() {
    let op = Op::with(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx: \xff\r\ncontent-length: 2\r\n\r\nok")
    });
    assert_eq!(send(&transport(), op.get("/")).unwrap().body(), b"ok");
}

#[test]
fn a_redirect_is_not_followed() {
    for line in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let head = format!("HTTP/1.1 {line}\r\nlocation: /elsewhere\r\n");
        let op = Op::answering(&(head + "connection: close\r\ncontent-length: 0\r\n\r\n"));
        for request in [op.get("/"), op.post("/", "a=b")] {
            let response = send(&transport(), request).unwrap();
            assert_eq!(response.headers("location").next(), Some("/elsewhere"));
        }
        assert_eq!(op.requests().len(), 2, "{line}");
    }
}

#[test]
fn a_request_is_sent_as_described_and_nothing_else() {
    let op = Op::answering(OK);
    let get = op.get("/a%20b?c=d%26e").header("authorization", "Bearer x y".to_owned()).unwrap();
    send(&transport(), get).unwrap();
    send(&transport(), op.post("/token?x", "grant_type=test&code=%2B")).unwrap();
    let requests = op.requests();
    assert_eq!(
        parts(&requests[0]),
        (
            "GET /a%20b?c=d%26e HTTP/1.1",
            vec!["accept: application/json", "authorization: Bearer x y", &op.host_header()],
            ""
        )
    );
    assert_eq!(
        parts(&requests[1]),
        (
            "POST /token?x HTTP/1.1",
            vec![
                "accept: application/json",
                "content-length: 24",
                "content-type: application/x-www-form-urlencoded",
                &op.host_header()
            ],
            "grant_type=test&code=%2B"
        )
    );
}

// RFC 9110 8.6: the length of nothing is announced where something was to be expected.
#[test]
fn an_empty_form_is_announced_as_empty() {
    let op = Op::answering(OK);
    send(&transport(), op.post("/userinfo", "")).unwrap();
    let requests = op.requests();
    let (_, headers, body) = parts(&requests[0]);
    assert!(headers.contains(&"content-length: 0"), "{headers:?}");
    assert_eq!(body, "");
}

#[test]
fn json_is_put_and_a_deletion_has_no_body() {
    let op = Op::answering("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
    let url = || Url::parse(&format!("{}/reg/1", op.url)).unwrap();
    let limits = Limits::default();
    let request = |method| HttpRequest::new(method, url(), Purpose::Registration, &limits);
    let put = request(Method::Put).content("application/json".to_owned(), b"{}".to_vec());
    assert_eq!(send(&transport(), put.unwrap()).unwrap().status(), 204);
    assert_eq!(send(&transport(), request(Method::Delete)).unwrap().status(), 204);
    let requests = op.requests();
    let (line, headers, body) = parts(&requests[0]);
    assert_eq!((line, body), ("PUT /reg/1 HTTP/1.1", "{}"));
    assert!(headers.contains(&"content-type: application/json"), "{headers:?}");
    assert!(headers.contains(&"content-length: 2"), "{headers:?}");
    let (line, headers, body) = parts(&requests[1]);
    assert_eq!((line, body), ("DELETE /reg/1 HTTP/1.1", ""));
    assert!(!headers.iter().any(|header| header.starts_with("content-type")), "{headers:?}");
    assert!(!headers.iter().any(|header| header.starts_with("transfer-encoding")), "{headers:?}");
}

#[test]
fn no_cookie_is_kept() {
    let op = Op::answering(
        "HTTP/1.1 200 OK\r\nset-cookie: sid=1; Path=/\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
    );
    let transport = transport();
    for _ in 0..2 {
        send(&transport, op.get("/")).unwrap();
    }
    assert_eq!(op.requests().len(), 2);
    assert!(op.requests().iter().all(|request| !request.to_lowercase().contains("\ncookie")));
}

#[test]
fn what_exceeds_a_limit_is_not_read_on() {
    // Without an end: who reads on runs into the timeout.
    let endless = Op::with(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        while stream.write_all(&[b' '; 4096]).is_ok() {}
        Ok(())
    });
    let failure = send(&transport(), endless.get("/")).unwrap_err();
    assert_eq!(failure.kind, FailureKind::TooLarge);
    for length in [40, 100] {
        let head = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(length * 1024));
        let failure = send(&transport(), Op::answering(&head).get("/")).unwrap_err();
        assert_eq!(failure.kind, FailureKind::TooLarge, "{length} KiB of headers");
    }
}

#[test]
fn a_body_of_exactly_the_limit_is_read() {
    let length = Limits::default().other_response;
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    let op = Op::answering(&(head + &"x".repeat(length)));
    assert_eq!(send(&transport(), op.get("/")).unwrap().body().len(), length);
}

#[test]
fn an_encoded_body_is_refused() {
    for encoding in
        ["gzip", "br", "deflate", "identity, gzip", "identity\r\ncontent-encoding: deflate"]
    {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\n");
        let op = Op::answering(&(head + "content-length: 2\r\n\r\n{}"));
        let failure = send(&transport(), op.get("/")).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Other, "{encoding}");
    }
    let op = Op::answering(
        "HTTP/1.1 200 OK\r\ncontent-encoding: Identity\r\ncontent-length: 2\r\n\r\n{}",
    );
    assert_eq!(send(&transport(), op.get("/")).unwrap().body(), b"{}");
}

#[test]
fn broken_answers_fail_and_quote_no_address() {
    let broken = [
        "",
        "HTTP/1.1",
        "SSH-2.0-no\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshor",
    ];
    for answer in broken {
        let op = Op::answering(answer);
        let failure = send(&transport(), op.get("/path?code=hidden")).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Other, "{answer:?}: {failure:?}");
        assert_silent(&failure);
        assert_eq!(op.requests().len(), 1, "{answer:?} was asked for again");
    }
}

#[test]
fn a_refused_connection_is_a_connect_failure() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = send(&transport(), get(&format!("http://{free}/?code=hidden"))).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connect, "{failure:?}");
    assert_silent(&failure);
}

#[test]
fn silence_is_a_timeout_also_inside_a_body() {
    for said in
        ["", "HTTP/1.1 200 OK\r\ncontent-le", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"]
    {
        let op = Op::with(move |stream| {
            stream.write_all(said.as_bytes())?;
            stream.read(&mut [0]).map(drop) // until the other side gives up
        });
        let failure = send(&impatient(), op.get("/?code=hidden")).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Timeout, "{said:?}: {failure:?}");
        assert_silent(&failure);
    }
}

#[test]
fn tls_trusts_what_it_was_told_to_and_nothing_else() {
    let (good, certificate) = tls_op("127.0.0.1", 4000);
    let trusting = transport_trusting(&certificate);
    assert_eq!(send(&trusting, get(&good)).unwrap().body(), b"{}");

    let (other_name, its_certificate) = tls_op("op.test", 4000);
    let trusting_it = transport_trusting(&its_certificate);
    let (expired, its_certificate) = tls_op("127.0.0.1", 2000);
    let trusting_expired = transport_trusting(&its_certificate);
    for (transport, url) in [
        (transport(), good.clone()),
        (trusting_it, other_name),
        (trusting_expired, expired),
        (trusting, no_tls_op()),
    ] {
        let failure = send(&transport, get(&(url + "?code=hidden"))).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Tls, "{failure:?}");
        assert_silent(&failure);
    }
}

#[test]
fn a_root_certificate_must_be_one() {
    assert!(Adapter::with_root_certificate(tls_op("op.test", 4000).1.as_bytes()).is_ok());
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----";
    for pem in ["", "no certificate", broken] {
        let failure = Adapter::with_root_certificate(pem.as_bytes()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Tls, "{pem}");
    }
}

/// A flow that rests a little.
pub(crate) struct Nap(pub(crate) bool);

impl Flow for Nap {
    type Output = &'static str;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match event.happened() {
            Happened::Started => Ok(Step::wait(Duration::from_millis(5), Nap(true), env)),
            Happened::Elapsed if self.0 => Ok(Step::Done("rested")),
            other => panic!("{other:?}"),
        }
    }
}

/// Sends one request and ends in what became of it.
pub(crate) struct Once(Option<HttpRequest>);

impl Flow for Once {
    type Output = Outcome;

    fn advance(self, event: Event, _: &mut dyn Env) -> Result<Step<Self>, Error> {
        match (event.happened(), self.0) {
            (Happened::Started, Some(request)) => Ok(Step::send(request, Once(None))),
            (Happened::Replied(outcome), None) => Ok(Step::Done(outcome)),
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn send(transport: &Adapter, request: HttpRequest) -> Outcome {
    run(transport, Once(Some(request))).unwrap()
}

pub(crate) fn get(url: &str) -> HttpRequest {
    HttpRequest::get(Url::parse(url).unwrap(), Purpose::Other, &Limits::default())
}

const OK: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";

/// A listener that reads a request, keeps it, answers and closes, again and again.
struct Op {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Op {
    fn answering(answer: &str) -> Self {
        let answer = answer.to_owned();
        Self::with(move |stream| stream.write_all(answer.as_bytes()))
    }

    fn with(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let kept = requests.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let request = read_request(&mut stream);
                kept.lock().unwrap().push(request);
                let _ = answer(&mut stream);
            }
        });
        Self { url, requests }
    }

    fn get(&self, path: &str) -> HttpRequest {
        get(&format!("{}{path}", self.url))
    }

    fn post(&self, path: &str, form: &str) -> HttpRequest {
        let url = Url::parse(&format!("{}{path}", self.url)).unwrap();
        HttpRequest::post_form(url, form.to_owned(), Purpose::Other, &Limits::default())
    }

    fn host_header(&self) -> String {
        self.url.replace("http://", "host: ")
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

#[test]
fn a_client_certificate_comes_with_its_key() {
    let key = rcgen::KeyPair::generate().unwrap();
    let parameters = rcgen::CertificateParams::new(vec!["rp.test".to_owned()]).unwrap();
    let certificate = parameters.self_signed(&key).unwrap().pem();
    let key = key.serialize_pem();
    assert!(Adapter::with_client_certificate(certificate.as_bytes(), key.as_bytes()).is_ok());
    for (certificate, key) in [("", &*key), (&*certificate, ""), ("no", "pem")] {
        let made = Adapter::with_client_certificate(certificate.as_bytes(), key.as_bytes());
        assert_eq!(made.unwrap_err().kind, FailureKind::Tls);
    }
}

/// A listener with a certificate for `name`, valid until `year`; the certificate comes along.
fn tls_op(name: &str, year: i32) -> (String, String) {
    let mut parameters = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    let pem = certificate.pem();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key.into())
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            read_request(&mut stream);
            let _ = stream.write_all(OK.as_bytes());
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    (url, pem)
}

/// Something that speaks no TLS where TLS was expected.
fn no_tls_op() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.write_all(OK.as_bytes());
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    url
}

fn read_request(stream: &mut impl Read) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !is_whole(&request) && matches!(stream.read(&mut byte), Ok(1)) {
        request.push(byte[0]);
    }
    String::from_utf8_lossy(&request).into_owned()
}

fn is_whole(request: &[u8]) -> bool {
    let request = String::from_utf8_lossy(request);
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}

/// Request line, sorted headers, body.
fn parts(request: &str) -> (&str, Vec<&str>, &str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap();
    let mut headers: Vec<_> = lines.collect();
    headers.sort_unstable();
    (line, headers, body)
}

/// Neither the failure nor any of its causes quotes the query of the address.
pub(crate) fn assert_silent(failure: &TransportFailure) {
    let mut shown = format!("{failure} {failure:?}");
    let mut next = failure.source();
    while let Some(cause) = next {
        shown += &format!(" {cause} {cause:?}");
        next = cause.source();
    }
    assert!(!shown.contains("hidden"), "{shown}");
}
