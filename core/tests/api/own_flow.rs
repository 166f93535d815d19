//! A flow of one's own: composed, with a pause, and with a key that is elsewhere.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use relying_party::{
    Env, Error, Flow, Step,
    drive::{AsyncTransport, Transport, drive, drive_async},
    error::{Blame, Purpose},
    flow::{Event, Happened, Outcome, Progress},
    http::HttpRequest,
    limits::Limits,
};
use serde_json::json;
use url::Url;

use super::{START, Scripted};

/// Asks an address of its own, waits five seconds, then has the answer signed by a remote key.
enum Notary {
    Asking,
    Pausing(String),
    Signing,
}

impl Flow for Notary {
    type Output = Vec<u8>;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        Ok(match (self, event.happened()) {
            (Self::Asking, Happened::Started) => {
                let url = Url::parse("https://op.test/notary").unwrap();
                Step::send(HttpRequest::get(url, Purpose::Other, &Limits::default()), Self::Asking)
            }
            (Self::Asking, Happened::Replied(Ok(response))) => {
                let text = String::from_utf8_lossy(response.body()).into_owned();
                Step::wait(Duration::from_secs(5), Self::Pausing(text), env)
            }
            (Self::Pausing(text), Happened::Elapsed) => {
                Step::sign("notary-key".to_owned(), text.into_bytes(), Self::Signing)
            }
            (Self::Signing, Happened::Signed(signature)) => Step::Done(signature),
            _ => panic!("an event that nobody asked for"),
        })
    }
}

/// A parent: its child's needs travel up unchanged.
struct Framed<F>(F);

impl<F: Flow<Output = Vec<u8>>> Flow for Framed<F> {
    type Output = String;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match self.0.advance(event, env)?.progress() {
            Progress::Suspended(child) => Ok(child.within(Framed)),
            Progress::Done(bytes) => {
                Ok(Step::Done(format!("<{}>", String::from_utf8_lossy(&bytes))))
            }
        }
    }
}

#[test]
fn a_flow_of_ones_own_around_another_shows_each_step() {
    let transport = Scripted::new([json!("text")]);
    let mut env = transport.env();
    let Step::Send(exchange) = Framed(Notary::Asking).start(&mut env).unwrap() else { panic!() };
    assert_eq!(exchange.request().url().path(), "/notary");
    let outcome = Transport::send(&transport, exchange.request());
    let Step::Wait(pause) = exchange.resume(outcome, &mut env).unwrap() else { panic!() };
    assert_eq!(pause.duration(), Duration::from_secs(5));
    Transport::sleep(&transport, Duration::from_secs(2));
    let Step::Wait(pause) = pause.resume(&mut env).unwrap() else { panic!("too early") };
    assert_eq!(pause.duration(), Duration::from_secs(3));
    Transport::sleep(&transport, pause.duration());
    let Step::Sign(signing) = pause.resume(&mut env).unwrap() else { panic!() };
    assert_eq!((signing.key(), signing.message()), ("notary-key", &b"\"text\""[..]));
    let Step::Done(framed) = signing.resume(b"signed".to_vec(), &mut env).unwrap() else {
        panic!()
    };
    assert_eq!(framed, "<signed>");
}

/// Signs on another thread.
struct Signer(Scripted);

impl Transport for Signer {
    fn send(&self, request: &HttpRequest) -> Outcome {
        Transport::send(&self.0, request)
    }

    fn sleep(&self, duration: Duration) {
        Transport::sleep(&self.0, duration);
    }

    fn sign(&self, key: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        let (key, message) = (key.to_owned(), message.to_vec());
        let signing = thread::spawn(move || [key.as_bytes(), b" signs ", &message].concat());
        Ok(signing.join().unwrap())
    }
}

/// The same as futures; the signature comes at the second poll.
impl AsyncTransport for Signer {
    async fn send(&self, request: &HttpRequest) -> Outcome {
        Transport::send(&self.0, request)
    }

    async fn sleep(&self, duration: Duration) {
        Transport::sleep(&self.0, duration);
    }

    async fn sign(&self, key: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        let mut polled = false;
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        Transport::sign(self, key, message)
    }
}

impl AsyncTransport for Scripted {
    async fn send(&self, request: &HttpRequest) -> Outcome {
        Transport::send(self, request)
    }

    async fn sleep(&self, duration: Duration) {
        Transport::sleep(self, duration);
    }
}

/// How many polls it took, and the output.
fn block_on<F: Future + Send>(future: F) -> (usize, F::Output) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for polls in 1.. {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return (polls, output);
        }
    }
    unreachable!("as many polls as there are numbers")
}

const SIGNED: &str = "<notary-key signs \"text\">";

#[test]
fn remote_keys_sign_for_threads() {
    let transport = Signer(Scripted::new([json!("text")]));
    let mut env = transport.0.env();
    assert_eq!(drive(Framed(Notary::Asking), &transport, &mut env).unwrap(), SIGNED);
    assert_eq!(env.now(), START.after(Duration::from_secs(5)));
}

#[test]
fn remote_keys_sign_for_futures() {
    let transport = Signer(Scripted::new([json!("text")]));
    let mut env = transport.0.env();
    let (polls, framed) = block_on(drive_async(Framed(Notary::Asking), &transport, &mut env));
    assert_eq!((polls, framed.unwrap().as_str()), (2, SIGNED));
    assert_eq!(env.now(), START.after(Duration::from_secs(5)));
}

#[test]
fn without_a_remote_signer_nothing_is_signed() {
    let run = || {
        let transport = Scripted::new([json!("text")]);
        let env = transport.env();
        (transport, env)
    };
    let (transport, mut env) = run();
    let blocking = drive(Notary::Asking, &transport, &mut env).unwrap_err();
    let (other, mut env) = run();
    let (_, futures) = block_on(drive_async(Notary::Asking, &other, &mut env));
    for (error, transport) in [(blocking, transport), (futures.unwrap_err(), other)] {
        assert_eq!(
            (error.code(), error.blame()),
            ("misuse.no_remote_signer", Blame::Configuration)
        );
        assert_eq!(transport.asked(), ["GET https://op.test/notary"]);
    }
}
