//! The shared suite over ureq, and what is peculiar to it.

#[path = "../../tests/adapters/loopback.rs"]
mod loopback;

use std::{thread, time::Duration};

use loopback::{Nap, assert_silent, get, send};
use relying_party::{Error, Flow, error::FailureKind};
use relying_party_ureq::UreqTransport as Adapter;

fn transport() -> Adapter {
    Adapter::from_config(Adapter::config().proxy(None))
}

fn transport_trusting(pem: &str) -> Adapter {
    let config = Adapter::config_with_root_certificate(pem.as_bytes()).unwrap();
    Adapter::from_config(config.proxy(None))
}

fn impatient() -> Adapter {
    let config = Adapter::config().proxy(None);
    Adapter::from_config(config.timeout_global(Some(Duration::from_millis(200))))
}

fn run<F: Flow>(transport: &Adapter, flow: F) -> Result<F::Output, Error> {
    transport.run(flow)
}

#[test]
fn a_pause_ends_and_a_run_can_move_to_a_thread() {
    let http = Adapter::new();
    let run = thread::spawn(move || http.run(Nap(false)));
    assert_eq!(run.join().unwrap().unwrap(), "rested");
}

#[test]
fn a_refused_address_is_not_quoted() {
    let only_https = Adapter::from_config(Adapter::config().https_only(true));
    for (transport, url) in [
        (only_https, "http://127.0.0.1/?code=hidden"),
        (transport(), "ftp://127.0.0.1/?code=hidden"),
    ] {
        let failure = send(&transport, get(url)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Other, "{failure:?}");
        assert_silent(&failure);
    }
}

#[test]
fn debug_shows_no_proxy_password() {
    let proxy = ureq::Proxy::new("http://user:hidden@127.0.0.1:1").unwrap();
    let transport = Adapter::from_config(Adapter::config().proxy(Some(proxy)));
    assert!(!format!("{transport:?}").contains("hidden"));
}
