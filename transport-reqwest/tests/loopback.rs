//! The shared suite over reqwest, and what is peculiar to it.

#[path = "../../tests/adapters/loopback.rs"]
mod loopback;

use std::time::Duration;

use loopback::Nap;
use relying_party::{Error, Flow};
use relying_party_reqwest::ReqwestTransport as Adapter;

fn transport() -> Adapter {
    Adapter::from_builder(Adapter::builder().no_proxy()).unwrap()
}

fn transport_trusting(pem: &str) -> Adapter {
    let builder = Adapter::builder_with_root_certificate(pem.as_bytes()).unwrap();
    Adapter::from_builder(builder.no_proxy()).unwrap()
}

fn impatient() -> Adapter {
    let builder = Adapter::builder().no_proxy().timeout(Duration::from_millis(200));
    Adapter::from_builder(builder).unwrap()
}

fn run<F: Flow>(transport: &Adapter, flow: F) -> Result<F::Output, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(transport.run(flow))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_can_be_spawned_and_pauses() {
    let http = Adapter::new().unwrap();
    let run = tokio::spawn(async move { http.run(Nap(false)).await });
    assert_eq!(run.await.unwrap().unwrap(), "rested");
}

#[test]
fn debug_shows_no_proxy_password() {
    let proxy = reqwest::Proxy::all("http://user:hidden@127.0.0.1:1").unwrap();
    let transport = Adapter::from_builder(Adapter::builder().proxy(proxy)).unwrap();
    assert!(!format!("{transport:?}").contains("hidden"));
}
