//! Keys that sign elsewhere: on another thread, behind an await, or in the application.

use std::{
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use relying_party::{
    Client, Error,
    drive::{AsyncTransport, Transport, drive, drive_async},
    flow::Outcome,
    http::HttpRequest,
    jose::{
        algorithm::Algorithm,
        signer::{Signer, SigningFailed, SigningKey},
    },
};
use relying_party_tests::{memory::Memory, op::es256_private_jwk, proof::Setting};

/// A remote key, in whose stead a local one signs.
struct Vault {
    way: Memory,
    requests: Mutex<mpsc::Sender<Order>>,
}

/// What is to be signed, and where the signature goes.
type Order = (Vec<u8>, mpsc::Sender<Vec<u8>>);

impl Vault {
    /// A thread holds the key and answers.
    fn new(way: &Memory, change: fn(Vec<u8>) -> Vec<u8>) -> Self {
        let (requests, asked) = mpsc::channel::<Order>();
        thread::spawn(move || {
            use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
            let secret = es256_private_jwk()["d"].as_str().unwrap().to_owned();
            let secret = BASE64_URL_SAFE_NO_PAD.decode(secret).unwrap();
            let key = SigningKey::from_slice(&secret).unwrap();
            for (message, answer) in asked {
                let signature: Signature = key.sign(&message);
                let _ = answer.send(change(signature.to_bytes().to_vec()));
            }
        });
        Self { way: way.clone(), requests: Mutex::new(requests) }
    }

    fn ask(&self, key: &str, message: &[u8]) -> mpsc::Receiver<Vec<u8>> {
        assert_eq!(key, "the vault's key");
        let (answer, answered) = mpsc::channel();
        self.requests.lock().unwrap().send((message.to_vec(), answer)).unwrap();
        answered
    }
}

impl Transport for Vault {
    fn send(&self, request: &HttpRequest) -> Outcome {
        self.way.send(request)
    }

    fn sleep(&self, duration: Duration) {
        self.way.sleep(duration);
    }

    fn sign(&self, key: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.ask(key, message).recv().unwrap())
    }
}

impl AsyncTransport for Vault {
    async fn send(&self, request: &HttpRequest) -> Outcome {
        Transport::send(&self.way, request)
    }

    async fn sleep(&self, duration: Duration) {
        Transport::sleep(&self.way, duration);
    }

    async fn sign(&self, key: &str, message: &[u8]) -> Result<Vec<u8>, Error> {
        let answered = self.ask(key, message);
        loop {
            // The other thread is awaited, and this one never blocked.
            match answered.try_recv() {
                Ok(signature) => return Ok(signature),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }
}

fn remote(setting: &mut Setting) -> Client {
    let key = SigningKey::remote("the vault's key", Algorithm::ES256, Some("client-ec")).unwrap();
    let registration = setting.registration("key-jwt").private_key_jwt(key);
    setting.discover(registration).unwrap()
}

#[test]
fn a_remote_key_signs_on_another_thread() {
    let mut setting = Setting::default();
    let client = remote(&mut setting);
    let vault = Vault::new(&setting.world.transport, |signature| signature);
    let finish = setting.world.returned(&client);
    let login = drive(finish, &vault, &mut setting.world.env).unwrap();
    assert_eq!(setting.last().assertion().1["sub"], "key-jwt");
    let revoke = client.revoke(login.tokens().access_token(), None);
    drive(revoke, &vault, &mut setting.world.env).unwrap();
}

#[test]
fn a_remote_key_signs_behind_an_await() {
    let mut setting = Setting::default();
    let client = remote(&mut setting);
    let vault = Vault::new(&setting.world.transport, |signature| signature);
    let finish = setting.world.returned(&client);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(drive_async(finish, &vault, &mut setting.world.env)).unwrap();
    assert_eq!(setting.last().assertion().0["kid"], "client-ec");
}

#[test]
fn a_remote_signature_of_a_wrong_length_is_never_sent() {
    for (change, code) in [
        ((|_| Vec::new()) as fn(Vec<u8>) -> Vec<u8>, Some("signing.length")),
        (|signature| signature[..63].to_vec(), Some("signing.length")),
        (|signature| [&[0x30, 0x44, 0x02, 0x20], &signature[..]].concat(), Some("signing.length")),
        (|signature| signature, None),
    ] {
        let mut setting = Setting::default();
        let client = remote(&mut setting);
        let vault = Vault::new(&setting.world.transport, change);
        let result = drive(client.client_credentials(), &vault, &mut setting.world.env);
        assert_eq!(result.err().map(|error| error.code()), code);
        let sent = if code.is_some() { 0 } else { 1 };
        assert_eq!(setting.requests().len(), sent);
    }
}

#[test]
fn without_a_remote_signer_nothing_is_sent() {
    let mut setting = Setting::default();
    let client = remote(&mut setting);
    setting.refused(client.client_credentials(), "misuse.no_remote_signer");
}

/// A local signer of the application.
struct Own(Result<Vec<u8>, SigningFailed>);

impl Signer for Own {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }

    fn key_id(&self) -> Option<&str> {
        None
    }

    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, SigningFailed> {
        self.0.clone()
    }
}

#[test]
fn a_signer_that_fails_or_answers_nonsense_sends_nothing() {
    for (answer, code) in
        [(Err(SigningFailed), "signing.failed"), (Ok(vec![1; 72]), "signing.length")]
    {
        let mut setting = Setting::default();
        let key = SigningKey::local(Own(answer)).unwrap();
        let registration = setting.registration("key-jwt").private_key_jwt(key);
        let client = setting.discover(registration).unwrap();
        setting.refused(client.client_credentials(), code);
    }
    let mut setting = Setting::default();
    let key = SigningKey::local(Own(Ok(vec![1; 64]))).unwrap();
    let registration = setting.registration("key-jwt").private_key_jwt(key);
    let client = setting.discover(registration).unwrap();
    setting.invalid_client(client.client_credentials());
}
