//! The loopback listener to which the browser comes back (RFC 8252 7.3).

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use url::{Host, Url};

use crate::op::{OpResponse, escape};

pub(super) struct Listener {
    socket: TcpListener,
    redirect_uri: String,
    path: String,
    sender: Sender<Arrival>,
    arrivals: Receiver<Arrival>,
}

/// What ends the waiting.
pub(super) enum Arrival {
    /// The browser, with this query.
    Callback { query: String, browser: Visitor },
    /// The browser of an automatic login lost its way.
    Lost(String),
}

impl Listener {
    /// Listens where `redirect_uri` says; without a port on any free one.
    pub(super) fn open(redirect_uri: &Url, text: &str) -> io::Result<Self> {
        let address: IpAddr = match redirect_uri.host() {
            Some(Host::Ipv6(_)) => Ipv6Addr::LOCALHOST.into(),
            _ => Ipv4Addr::LOCALHOST.into(),
        };
        let socket = TcpListener::bind((address, redirect_uri.port().unwrap_or(0)))?;
        // Waiting must be able to end: nothing but a connection wakes a blocking `accept`.
        socket.set_nonblocking(true)?;
        let redirect_uri = match redirect_uri.port() {
            Some(_) => text.to_owned(),
            None => {
                let mut with_port = redirect_uri.clone();
                let port = socket.local_addr()?.port();
                with_port.set_port(Some(port)).map_err(|()| io::Error::other("no port"))?;
                with_port.into()
            }
        };
        let path = Url::parse(&redirect_uri).map_err(io::Error::other)?.path().to_owned();
        let (sender, arrivals) = mpsc::channel();
        Ok(Self { socket, redirect_uri, path, sender, arrivals })
    }

    /// With the port that is listened to.
    pub(super) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// For whoever knows that nobody will come.
    pub(super) fn sender(&self) -> Sender<Arrival> {
        self.sender.clone()
    }

    /// Waits for the browser.
    pub(super) fn wait(&self, patience: Duration) -> io::Result<Arrival> {
        let end = Instant::now() + patience;
        while Instant::now() < end {
            match self.socket.accept() {
                // Each on a thread of its own: browsers open connections on which they say nothing.
                Ok((stream, _)) => {
                    let (path, sender) = (self.path.clone(), self.sender.clone());
                    thread::spawn(move || drop(receive(stream, &path, &sender)));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            match self.arrivals.recv_timeout(LOOK_AGAIN) {
                Ok(arrival) => return Ok(arrival),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Err(io::Error::new(ErrorKind::TimedOut, "the browser did not come back"))
    }
}

/// A browser that waits for its page.
pub(super) struct Visitor(TcpStream);

impl Visitor {
    /// Shows a page. Its texts may come from anywhere, so nothing in them is markup.
    pub(super) fn show(self, title: &str, text: &str) -> io::Result<()> {
        respond(&self.0, 200, title, text)
    }
}

fn receive(stream: TcpStream, path: &str, sender: &Sender<Arrival>) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_write_timeout(Some(IDLE))?;
    let mut head = BufReader::new(&stream).take(MAX_HEAD);
    let mut first = String::new();
    head.read_line(&mut first)?;
    // To the end of the head: a connection that is closed over unread bytes loses the answer.
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let target = first.strip_prefix("GET ").and_then(|rest| rest.split(' ').next());
    let (asked, query) = target.unwrap_or_default().split_once('?').unwrap_or_default();
    if asked != path {
        return respond(&stream, 404, "Nothing here", "");
    }
    let arrival = Arrival::Callback { query: query.to_owned(), browser: Visitor(stream) };
    sender.send(arrival).map_err(io::Error::other)
}

fn respond(mut stream: &TcpStream, status: u16, title: &str, text: &str) -> io::Result<()> {
    let body = format!("<p>{}</p>\n<p>You may close this window.</p>", escape(text));
    let page = OpResponse::page(status, title, &body).body;
    let head = format!(
        "HTTP/1.1 {status} Answer\r\ncontent-type: text/html; charset=utf-8\r\n\
         content-length: {}\r\nconnection: close\r\ncache-control: no-store\r\n\
         content-security-policy: default-src 'none'\r\nreferrer-policy: no-referrer\r\n\r\n",
        page.len()
    );
    stream.write_all(&[head.into_bytes(), page].concat())?;
    stream.flush()
}

const IDLE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(10);
const MAX_HEAD: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn talk(listener: &Listener, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(listener.socket.local_addr().unwrap()).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream
    }

    fn read(mut stream: TcpStream) -> String {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn q22_only_the_redirect_uri_is_answered_and_everything_is_escaped() {
        let text = "http://127.0.0.1/cb";
        let listener = Listener::open(&Url::parse(text).unwrap(), text).unwrap();
        assert!(listener.redirect_uri().starts_with("http://127.0.0.1:"));
        let (silent, icon) =
            (talk(&listener, ""), talk(&listener, "GET /favicon.ico HTTP/1.1\r\n\r\n"));
        let other = talk(&listener, "POST /cb?code=1 HTTP/1.1\r\n\r\n");
        let browser = talk(&listener, "GET /cb?code=1&state=2 HTTP/1.1\r\nHost: x\r\n\r\n");
        let Arrival::Callback { query, browser: visitor } = listener.wait(IDLE).unwrap() else {
            panic!("lost");
        };
        assert_eq!(query, "code=1&state=2");
        visitor.show("<b>", "<script>alert(\"'&\")</script>").unwrap();
        let page = read(browser);
        assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("You may close this window."));
        assert!(page.contains("<h1>&lt;b&gt;</h1>"));
        assert!(page.contains("&lt;script&gt;alert(&quot;&#39;&amp;&quot;)&lt;/script&gt;"));
        assert!(!page.contains("<script"));
        assert!(
            read(icon).starts_with("HTTP/1.1 404 ") && read(other).starts_with("HTTP/1.1 404 ")
        );
        drop(silent);
    }

    #[test]
    fn q22_a_fixed_port_is_kept_byte_for_byte() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let text = format!("http://LocalHost:{port}/cb");
        let listener = Listener::open(&Url::parse(&text).unwrap(), &text).unwrap();
        assert_eq!(listener.redirect_uri(), text);
        listener.sender().send(Arrival::Lost("gone".to_owned())).unwrap();
        assert!(matches!(listener.wait(IDLE), Ok(Arrival::Lost(why)) if why == "gone"));
    }
}
