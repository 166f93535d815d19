//! The crate as a user has it, without any feature: an own transport, an own cryptography backend, an own flow.

#[path = "api/own_flow.rs"]
mod own_flow;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use relying_party::{
    Client, Env, Error, Policy, Registration,
    drive::{Transport, drive},
    error::{Blame, FailureKind, TransportFailure},
    flow::Outcome,
    http::HttpRequest,
    jose::{
        algorithm::Algorithm,
        backend::{BadKey, BadSignature, Crypto, SignatureVerifier, VerifyingKey},
        jwk::PublicKey,
    },
    protocol::{issuer::Issuer, metadata::ProviderMetadata},
    time::UnixTime,
};
use serde_json::{Value, json};
use url::Url;

/// Time passes only in pauses. Entropy: a counter.
struct Virtual {
    clock: Arc<AtomicI64>,
    drawn: u8,
}

impl Env for Virtual {
    fn now(&mut self) -> UnixTime {
        UnixTime::from_millis(self.clock.load(Ordering::Relaxed))
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        self.drawn += 1;
        out.fill(self.drawn);
        Ok(())
    }
}

/// Answers in the order of its script, and keeps what was asked.
#[derive(Default)]
struct Scripted {
    clock: Arc<AtomicI64>,
    answers: Mutex<VecDeque<Value>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn new<const N: usize>(answers: [Value; N]) -> Self {
        let clock = Arc::new(AtomicI64::new(START.millis()));
        Self { clock, answers: Mutex::new(answers.into()), ..Self::default() }
    }

    fn env(&self) -> Virtual {
        Virtual { clock: self.clock.clone(), drawn: 0 }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Transport for Scripted {
    fn send(&self, request: &HttpRequest) -> Outcome {
        let line = format!("{} {}", request.method().as_str(), request.url());
        self.asked.lock().unwrap().push(line);
        let Some(answer) = self.answers.lock().unwrap().pop_front() else {
            return Err(TransportFailure::new(FailureKind::Connect, "the script is over"));
        };
        let mut response = request.response(200);
        response.header("content-type", b"application/json")?;
        response.chunk(answer.to_string().as_bytes())?;
        Ok(response.finish())
    }

    fn sleep(&self, duration: Duration) {
        let millis = i64::try_from(duration.as_millis()).unwrap();
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }
}

/// Good is what repeats the key's last byte: enough of a backend to see that it is asked, and believed.
#[derive(Debug)]
struct Toy;

struct ToyKey(u8);

impl SignatureVerifier for Toy {
    fn supports(&self, algorithm: Algorithm) -> bool {
        algorithm == Algorithm::ES256
    }

    fn prepare(&self, key: &PublicKey, _: Algorithm) -> Result<Box<dyn VerifyingKey>, BadKey> {
        match key {
            PublicKey::Ec(key) => Ok(Box::new(ToyKey(*key.y().last().ok_or(BadKey)?))),
            _ => Err(BadKey),
        }
    }
}

impl VerifyingKey for ToyKey {
    fn verify(&self, _: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        if signature == [self.0; 64] { Ok(()) } else { Err(BadSignature) }
    }
}

/// 2027-01-15T08:00:00Z
const START: UnixTime = UnixTime::from_seconds(1_800_000_000);

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn metadata() -> Value {
    json!({
        "issuer": "https://op.test", "jwks_uri": "https://op.test/jwks",
        "authorization_endpoint": "https://op.test/authorize", "token_endpoint": "https://op.test/token",
    })
}

fn registration() -> Registration {
    let registration = Registration::public("me", "https://rp.test/cb").unwrap();
    registration.id_token_signed_response_alg(Algorithm::ES256)
}

fn keys() -> Value {
    json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "k", "x": encode([1; 32]), "y": encode([7; 32]) }] })
}

fn tokens(nonce: &str, signature: u8) -> Value {
    let claims = json!({
        "iss": "https://op.test", "sub": "alice", "aud": "me", "nonce": nonce,
        "exp": 1_800_000_300, "iat": 1_800_000_000,
    });
    let (header, claims) = (encode(r#"{"alg":"ES256","kid":"k"}"#), encode(claims.to_string()));
    let id_token = format!("{header}.{claims}.{}", encode([signature; 64]));
    json!({ "access_token": "fake-access-token", "token_type": "Bearer", "id_token": id_token })
}

fn parameter(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(own, _)| own == name).unwrap().1.into_owned()
}

/// A login over trait objects; `signature` is what the provider signs with.
fn log_in(signature: u8) -> (Result<String, Error>, Vec<String>) {
    let transport = Scripted::new([metadata(), keys()]);
    let env: &mut dyn Env = &mut transport.env();
    let by: &dyn Transport = &transport;
    let discover = Client::discover("https://op.test", registration(), Crypto::new(Toy));
    let client = drive(discover, by, env).unwrap();
    let started = drive(client.start_login(), by, env).unwrap();
    transport
        .answers
        .lock()
        .unwrap()
        .push_back(tokens(&parameter(&started.url, "nonce"), signature));
    let query = format!("code=fake-code&state={}", started.pending.state().expose());
    let callback = client.callback(&query).unwrap();
    let login = drive(client.finish_login(started.pending, callback), by, env);
    (login.map(|login| login.subject().sub().to_owned()), transport.asked())
}

const REQUESTS: [&str; 3] = [
    "GET https://op.test/.well-known/openid-configuration",
    "GET https://op.test/jwks",
    "POST https://op.test/token",
];

#[test]
fn a_login_with_own_transport_own_backend_and_trait_objects() {
    let (subject, asked) = log_in(7);
    assert_eq!(subject.unwrap(), "alice");
    assert_eq!(asked, REQUESTS);
}

#[test]
fn h02_the_own_backend_is_believed_when_it_refuses() {
    let (refused, asked) = log_in(8);
    let error = refused.unwrap_err();
    assert_eq!((error.code(), error.blame()), ("token.signature", Blame::Provider));
    assert_eq!(asked, REQUESTS);
}

#[test]
fn a_backend_without_the_registered_algorithm_is_found_before_any_request() {
    let issuer = Issuer::new("https://op.test").unwrap();
    let document = metadata().to_string();
    let client = |registration| {
        let metadata = ProviderMetadata::from_json(document.as_bytes(), &issuer).unwrap();
        Client::new(metadata, registration, Crypto::new(Toy), Policy::default())
    };
    let rs256 = registration().id_token_signed_response_alg(Algorithm::RS256);
    assert_eq!(client(rs256).unwrap_err().code(), "misuse.algorithm");
    assert!(client(registration()).is_ok());
}
