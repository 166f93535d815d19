//! The same provider behind a socket: HTTP/1.1 on 127.0.0.1, one thread for each connection.
//!
//! Just enough of a server for a provider under test. An answer that brings its own
//! `Content-Length` or `Transfer-Encoding` is sent as it is, so that tests can lie about lengths.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use url::Url;

use crate::op::{Op, OpConfig, OpRequest, OpResponse};

/// A free port on the loopback address, not yet answering.
///
/// # Errors
/// When the system gives no port.
pub fn bind() -> io::Result<Bound> {
    bind_to(0)
}

/// A given port on the loopback address, for demonstrations.
///
/// # Errors
/// When the port is taken.
pub fn bind_to(port: u16) -> io::Result<Bound> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let address = listener.local_addr()?;
    Ok(Bound { listener, address })
}

/// Serves a provider on a free port, whatever its issuer says.
///
/// # Errors
/// When the system gives no port.
pub fn serve(op: Op) -> io::Result<Server> {
    Ok(bind()?.serve(op))
}

/// Makes a provider whose issuer is the server's own address.
///
/// # Errors
/// When the system gives no port.
pub fn start(config: OpConfig) -> io::Result<(Op, Server)> {
    let bound = bind()?;
    let op = Op::new(OpConfig { issuer: bound.url(), ..config });
    Ok((op.clone(), bound.serve(op)))
}

/// A listener whose address is known before there is anything to serve.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers as the provider does, by the system's clock.
    pub fn serve(self, op: Op) -> Server {
        self.serve_with(move |request| {
            let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            op.handle(request, i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
        })
    }

    /// Answers as the function says.
    pub fn serve_with(
        self,
        handler: impl Fn(&OpRequest) -> OpResponse + Send + Sync + 'static,
    ) -> Server {
        let shared = Arc::new(Shared {
            url: self.url(),
            handler: Box::new(handler),
            stopped: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let address = self.address;
        let acceptor = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || accept(&self.listener, &shared))
        };
        Server { address, shared, acceptor: Some(acceptor) }
    }
}

/// A running server; dropping it ends it and closes its connections.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    /// `http://127.0.0.1:port`, without a slash at the end.
    pub fn url(&self) -> String {
        self.shared.url.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Nothing else wakes a blocking `accept`.
        drop(TcpStream::connect(self.address));
        if let Some(acceptor) = self.acceptor.take() {
            drop(acceptor.join());
        }
        for stream in self.shared.connections().values() {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

struct Shared {
    url: String,
    handler: Box<dyn Fn(&OpRequest) -> OpResponse + Send + Sync>,
    stopped: AtomicBool,
    connections: Mutex<HashMap<u64, TcpStream>>,
}

impl Shared {
    fn connections(&self) -> MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (number, stream) in (0_u64..).zip(listener.incoming()) {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let Ok(handle) = stream.try_clone() else {
            continue;
        };
        let mut connections = shared.connections();
        if connections.len() < MAX_CONNECTIONS {
            connections.insert(number, handle);
            let shared = Arc::clone(shared);
            thread::spawn(move || {
                let done = Done(&shared, number);
                // A peer that hangs up is no event in a test server.
                drop(converse(&stream, &shared));
                drop(done);
            });
        }
    }
}

/// Gives the place back even when a handler panics.
struct Done<'a>(&'a Shared, u64);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        if let Some(stream) = self.0.connections().remove(&self.1) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

fn converse(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut keep = true;
    while keep {
        let (request, version) = match read_request(&mut reader, stream, &shared.url) {
            Ok(Some(read)) => read,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                let refusal = OpResponse::new(400, "text/plain", error.to_string());
                return write_response(stream, &refusal, false, false).map(drop);
            }
            Err(error) => return Err(error),
        };
        let connection = request.header("connection").unwrap_or("").to_ascii_lowercase();
        keep = match version.as_str() {
            "HTTP/1.1" => !connection.contains("close"),
            _ => connection.contains("keep-alive"),
        };
        let response = (shared.handler)(&request);
        keep = write_response(stream, &response, request.method == "HEAD", keep)?;
    }
    Ok(())
}

/// The request and its HTTP version; none at the end of the connection.
fn read_request(
    reader: &mut BufReader<&TcpStream>,
    mut stream: &TcpStream,
    base: &str,
) -> io::Result<Option<(OpRequest, String)>> {
    let mut head = reader.take(MAX_HEAD);
    let start = loop {
        match line(&mut head)? {
            None => return Ok(None),
            // RFC 9112 2.2: an empty line before the request line is skipped.
            Some(line) if line.is_empty() => {}
            Some(line) => break line,
        }
    };
    let mut parts = start.split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(invalid("request line"));
    };
    let url = if target.starts_with('/') { format!("{base}{target}") } else { target.to_owned() };
    let url = Url::parse(&url).map_err(|_| invalid("request target"))?;
    let mut headers = Vec::new();
    loop {
        let line = line(&mut head)?.ok_or_else(|| invalid("header section"))?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| invalid("header field"))?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut request = OpRequest { method: method.into(), url, headers, body: Vec::new() };
    if request.header("transfer-encoding").is_some() {
        return Err(invalid("transfer coding"));
    }
    let length = request.header("content-length").unwrap_or("0").parse::<usize>();
    let length = length.ok().filter(|length| *length <= MAX_BODY);
    request.body = vec![0; length.ok_or_else(|| invalid("content length"))?];
    let expects = request.header("expect").unwrap_or("");
    if expects.eq_ignore_ascii_case("100-continue") {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    reader.read_exact(&mut request.body)?;
    Ok(Some((request, version.to_owned())))
}

fn line(head: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    head.read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    // Without the line end the bound was reached, or the peer went away.
    if line.pop() != Some(b'\n') {
        return Err(invalid("line"));
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map(Some).map_err(|_| invalid("character"))
}

/// Whether the connection can be used once more.
fn write_response(
    mut stream: &TcpStream,
    response: &OpResponse,
    head_only: bool,
    keep: bool,
) -> io::Result<bool> {
    let length = response.body.len().to_string();
    let framed = response.header("transfer-encoding").is_some();
    let stated = response.header("content-length");
    let keep = keep && !framed && stated.is_none_or(|stated| stated == length);
    let keep = keep && response.header("connection").is_none();
    let mut out = format!("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
    for (name, value) in &response.headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    if !framed && stated.is_none() {
        out.push_str(&format!("content-length: {length}\r\n"));
    }
    if !keep && response.header("connection").is_none() {
        out.push_str("connection: close\r\n");
    }
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    if !head_only {
        out.extend_from_slice(&response.body);
    }
    stream.write_all(&out)?;
    Ok(keep)
}

const fn reason(status: u16) -> &'static str {
    match status {
        200..=299 => "OK",
        300..=399 => "Redirect",
        400..=499 => "Refused",
        _ => "Failed",
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

const IDLE: Duration = Duration::from_secs(30);
const MAX_BODY: usize = 1024 * 1024;
const MAX_CONNECTIONS: usize = 128;
const MAX_HEAD: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(server: &Server, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(bytes).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn echo() -> Server {
        bind().unwrap().serve_with(|request| {
            let text = format!("{} {} {}", request.method, request.url.path(), request.body.len());
            OpResponse::new(200, "text/plain", text)
        })
    }

    #[test]
    fn pipelined_requests_are_answered_in_turn() {
        let answer = talk(
            &echo(),
            b"GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
              HEAD /c HTTP/1.1\r\nConnection: close\r\n\r\nGET /d HTTP/1.1\r\n\r\n",
        );
        assert_eq!(answer.matches("HTTP/1.1 200").count(), 3);
        assert!(answer.contains("GET /a 0") && answer.contains("POST /b 3"));
        assert!(answer.ends_with("connection: close\r\n\r\n"));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let server = echo();
        let huge = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(70_000));
        let long = b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n";
        let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
        for bytes in [huge.as_bytes(), long, chunked, b"nonsense\r\n\r\n"] {
            assert!(talk(&server, bytes).starts_with("HTTP/1.1 400"));
        }
    }

    #[test]
    fn a_lie_about_the_length_is_told() {
        let server = bind().unwrap().serve_with(|_| {
            OpResponse::new(200, "text/plain", "short").with_header("content-length", "99")
        });
        let answer = talk(&server, b"GET / HTTP/1.1\r\n\r\n");
        assert!(answer.contains("content-length: 99\r\n") && answer.ends_with("short"));
        assert_eq!(answer.matches("content-length").count(), 1);
    }

    #[test]
    fn dropping_the_server_closes_its_connections() {
        let server = echo();
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        drop(server);
        let mut rest = Vec::new();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert!(stream.read_to_end(&mut rest).is_ok());
    }

    #[test]
    fn a_provider_answers_under_its_own_address() {
        let (op, server) = start(OpConfig::default()).unwrap();
        assert_eq!(op.issuer(), server.url());
        let answer = talk(
            &server,
            b"GET /.well-known/openid-configuration HTTP/1.1\r\nConnection: close\r\n\r\n",
        );
        assert!(answer.contains(&format!("\"issuer\":\"{}\"", server.url())));
        assert_eq!(op.count("openid-configuration"), 1);
    }
}
