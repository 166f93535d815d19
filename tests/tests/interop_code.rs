//! The code flow against a real provider (npm `oidc-provider`), over both adapters.

use std::{thread, time::Duration};

use relying_party::{
    Client, Error, Login, PendingLogin, Policy, Registration,
    error::{Blame, Purpose},
    flow::start_login::{StartLogin, StartedLogin},
    jose::algorithm::Algorithm,
    protocol::{
        authorization::Prompt, callback::Callback, id_token::Check, registration::AuthMethod,
    },
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        npm::{Certificate, NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal::provider_error,
    scenario::crypto,
};

/// A visitor of one client of a provider, before one of the adapters.
struct Visit<'a> {
    provider: &'a NodeProvider,
    runner: &'a Runner,
    client: Client,
}

impl<'a> Visit<'a> {
    fn new(provider: &'a NodeProvider, runner: &'a Runner, name: &str) -> Self {
        Self::with(provider, runner, registration(provider, name)).unwrap()
    }

    fn with(
        provider: &'a NodeProvider,
        runner: &'a Runner,
        registration: Registration,
    ) -> Result<Self, Error> {
        let policy = Policy::default().insecure_allow_loopback_http();
        let discover = Client::discover(provider.issuer(), registration, crypto()).policy(policy);
        let client = runner.run(discover)?;
        runner.take_requests();
        Ok(Self { provider, runner, client })
    }

    /// As far as the callback, as alice.
    fn start(&self, change: impl FnOnce(StartLogin) -> StartLogin) -> (PendingLogin, Callback) {
        let start = self.client.start_login().scope("email profile").login_hint("auto:alice");
        let StartedLogin { url, pending } = self.runner.run(change(start)).unwrap();
        let browser = Browser::new(self.provider.ca_pem()).unwrap();
        let redirect_uri = self.client.registration().redirect_uri();
        let back = browser.authorize(&url, redirect_uri).unwrap();
        (pending, self.client.callback(back.query().unwrap_or_default()).unwrap())
    }

    fn finish(&self, pending: PendingLogin, callback: Callback) -> Result<Login, Error> {
        self.runner.run(self.client.finish_login(pending, callback).with_user_info())
    }

    fn log_in(&self) -> Result<Login, Error> {
        let (pending, callback) = self.start(|start| start);
        self.finish(pending, callback)
    }

    /// With a refresh token.
    fn log_in_to_stay(&self) -> Login {
        let offline = |start: StartLogin| start.scope("offline_access").prompt(Prompt::Consent);
        let (pending, callback) = self.start(offline);
        self.finish(pending, callback).unwrap()
    }
}

/// The registration that `clients.mjs` describes.
fn registration(provider: &NodeProvider, name: &str) -> Registration {
    let registration = provider.client(name).unwrap().registration().unwrap();
    match name.split_once('-') {
        Some(("idt", algorithm)) => {
            let algorithm = Algorithm::parse(algorithm).unwrap();
            registration.id_token_signed_response_alg(algorithm)
        }
        _ if name == "post" => {
            registration.token_endpoint_auth_method(AuthMethod::ClientSecretPost)
        }
        _ => registration,
    }
}

/// What the provider answered, and that nothing was sent after it.
#[track_caller]
fn refused(visit: &Visit<'_>, error: &Error, oauth: (Purpose, &str), last: &str) {
    assert_eq!(provider_error(error), oauth);
    assert_eq!(visit.runner.take_requests().last().map_or("nothing", String::as_str), last);
}

const HTTPS: Scheme = Scheme::Https { cert: Certificate::Server };

fn every_client_logs_in(scheme: Scheme) {
    let provider = NodeProvider::start(scheme).unwrap();
    for runner in Runner::all(provider.ca_pem(), PATIENT) {
        for name in [
            "basic",
            "basic-odd",
            "post",
            "public",
            "idt-PS256",
            "idt-ES256",
            "idt-ES384",
            "idt-ES512",
            "idt-EdDSA",
            "idt-Ed25519",
            "idt-HS256",
            "idt-HS384",
            "idt-HS512",
        ] {
            let place = format!("{name} over {}", runner.name());
            let visit = Visit::new(&provider, &runner, name);
            let login = visit.log_in().unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_eq!(login.subject().sub(), "alice", "{place}");
            assert_eq!(login.subject().issuer(), provider.issuer(), "{place}");
            let checks = login.id_token().checks();
            let algorithm = visit_algorithm(name);
            for check in [
                Check::State,
                Check::ResponseIssuer,
                Check::Signature(algorithm),
                Check::Nonce,
                Check::UserInfoSubject,
            ] {
                assert!(checks.contains(&check), "{place}: {check}");
            }
            let claims = login.user_info().unwrap().claims();
            assert_eq!(claims.email().unwrap().as_deref(), Some("alice@example.test"), "{place}");
            let keys = if algorithm.is_symmetric() { &[][..] } else { &["GET /jwks"] };
            let due = [keys, &["POST /token", "GET /me"]].concat();
            assert_eq!(runner.take_requests(), due, "{place}");
        }
    }
}

fn visit_algorithm(name: &str) -> Algorithm {
    name.strip_prefix("idt-").and_then(Algorithm::parse).unwrap_or(Algorithm::RS256)
}

#[test]
fn oidcc_client_test_over_http() {
    every_client_logs_in(Scheme::Http);
}

#[test]
fn oidcc_client_test_over_https() {
    every_client_logs_in(HTTPS);
}

#[test]
fn g01_g03_refresh_with_and_without_rotation() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for name in ["basic", "public", "idt-ES256"] {
            let visit = Visit::new(&provider, &runner, name);
            provider.control("config?rotate=never").unwrap();
            let login = visit.log_in_to_stay();
            let first = login.tokens().refresh_token().unwrap();
            let refresh = |token| visit.runner.run(visit.client.refresh(token, &login.record()));
            let kept = refresh(first).unwrap();
            assert!(kept.tokens().refresh_token() == Some(first), "{name}");
            assert_eq!(kept.id_token().unwrap().subject(), login.subject());

            provider.control("config?rotate=always").unwrap();
            let rotated = refresh(first).unwrap();
            let second = rotated.tokens().refresh_token().unwrap();
            assert!(second != first, "{name}");
            let read = visit.client.user_info(rotated.tokens().access_token(), login.subject());
            assert_eq!(visit.runner.run(read).unwrap().sub(), "alice");

            let error = refresh(first).unwrap_err();
            assert_eq!(error.blame(), Blame::Visitor);
            refused(&visit, &error, (Purpose::Token, "invalid_grant"), "POST /token");
            // RFC 9700 4.14.2: nobody knows who came twice, so the family ends.
            let error = refresh(second).unwrap_err();
            refused(&visit, &error, (Purpose::Token, "invalid_grant"), "POST /token");
        }
    }
}

#[test]
fn oidcc_client_test_signing_key_rotation() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for name in ["basic", "idt-PS256", "idt-ES256", "idt-EdDSA"] {
            let visit = Visit::new(&provider, &runner, name);
            visit.log_in().unwrap();
            let (pending, callback) = visit.start(|start| start);
            provider.control("rotate-keys").unwrap();
            runner.take_requests();
            visit.finish(pending, callback).unwrap();
            assert_eq!(runner.take_requests(), ["POST /token", "GET /jwks", "GET /me"], "{name}");
            visit.log_in().unwrap();
            assert_eq!(runner.take_requests(), ["POST /token", "GET /me"], "{name}");
        }
    }
}

#[test]
fn k24_keys_rotate_while_many_log_in() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let visit = Visit::new(&provider, &runner, "idt-ES256");
        visit.log_in().unwrap();
        let waiting: Vec<_> = (0..6).map(|_| visit.start(|start| start)).collect();
        provider.control("rotate-keys?keep=1").unwrap();
        runner.take_requests();
        thread::scope(|scope| {
            let visit = &visit;
            let finish = |(pending, callback)| scope.spawn(move || visit.finish(pending, callback));
            let all: Vec<_> = waiting.into_iter().map(finish).collect();
            for one in all {
                one.join().unwrap().unwrap();
            }
        });
        let requests = runner.take_requests();
        let count = |due: &str| requests.iter().filter(|made| *made == due).count();
        assert_eq!(count("GET /jwks"), 1, "{requests:?}");
        assert_eq!((count("POST /token"), count("GET /me")), (6, 6), "{requests:?}");
    }
}

#[test]
fn a_wrong_client_secret_is_refused() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for (name, method) in
            [("basic", AuthMethod::ClientSecretBasic), ("post", AuthMethod::ClientSecretPost)]
        {
            let client = provider.client(name).unwrap();
            let redirect_uri = &client.redirect_uris[0];
            let wrong = Registration::confidential(name, "a-wrong-fake-secret", redirect_uri);
            let wrong = wrong.unwrap().token_endpoint_auth_method(method);
            let visit = Visit::with(&provider, &runner, wrong).unwrap();
            let error = visit.log_in().unwrap_err();
            assert_eq!(error.blame(), Blame::Configuration);
            assert!(error.hint().unwrap().contains("client secret"));
            refused(&visit, &error, (Purpose::Token, "invalid_client"), "POST /token");
            Visit::new(&provider, &runner, name).log_in().unwrap();
        }
    }
}

#[test]
fn a_code_that_has_expired_is_refused() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    provider.control("config?codeTTL=1").unwrap();
    for runner in Runner::all(None, PATIENT) {
        let visit = Visit::new(&provider, &runner, "basic");
        let (pending, callback) = visit.start(|start| start);
        thread::sleep(Duration::from_secs(2));
        let error = visit.finish(pending, callback).unwrap_err();
        assert_eq!(error.blame(), Blame::Visitor);
        refused(&visit, &error, (Purpose::Token, "invalid_grant"), "POST /token");
    }
    provider.control("config?codeTTL=60").unwrap();
    Visit::new(&provider, &Runner::ureq(None, PATIENT), "basic").log_in().unwrap();
}

#[test]
fn x02_a_code_that_is_replayed_is_refused_and_takes_its_tokens_along() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let visit = Visit::new(&provider, &runner, "public");
        let (pending, callback) = visit.start(|start| start);
        let stored = pending.to_bytes();
        let query = format!(
            "code={}&state={}&iss={}",
            callback.parameter("code").unwrap(),
            callback.parameter("state").unwrap(),
            callback.parameter("iss").unwrap(),
        );
        let login = visit.finish(pending, callback).unwrap();
        let again = PendingLogin::from_bytes(&stored).unwrap();
        let error = visit.finish(again, visit.client.callback(&query).unwrap()).unwrap_err();
        refused(&visit, &error, (Purpose::Token, "invalid_grant"), "POST /token");
        // RFC 6749 4.1.2
        let read = visit.client.user_info(login.tokens().access_token(), login.subject());
        let error = runner.run(read).unwrap_err();
        refused(&visit, &error, (Purpose::UserInfo, "invalid_token"), "GET /me");
    }
}

#[test]
fn what_the_visitor_or_the_provider_refuses_comes_back_as_an_error() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let visit = Visit::new(&provider, &runner, "basic");
        let deny = |start: StartLogin| start.login_hint("deny");
        let silent = |start: StartLogin| start.prompt(Prompt::None);
        let cases: [(&dyn Fn(StartLogin) -> StartLogin, _); 2] =
            [(&deny, "access_denied"), (&silent, "login_required")];
        for (change, due) in cases {
            let (pending, callback) = visit.start(change);
            let error = visit.finish(pending, callback).unwrap_err();
            assert_eq!(error.blame(), Blame::Visitor, "{due}");
            refused(&visit, &error, (Purpose::Authorization, due), "nothing");
        }
    }
}

#[test]
fn h05_an_id_token_of_another_algorithm_than_the_registered_one_is_refused() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        for (name, wrong) in [
            ("idt-ES256", Algorithm::RS256),
            ("idt-HS256", Algorithm::RS256),
            ("basic", Algorithm::HS256),
        ] {
            let registration = registration(&provider, name).id_token_signed_response_alg(wrong);
            let visit = Visit::with(&provider, &runner, registration).unwrap();
            let error = visit.log_in().unwrap_err();
            assert_eq!(error.code(), "token.algorithm", "{name}");
            assert_eq!(runner.take_requests().last().unwrap(), "POST /token", "{name}");
            Visit::new(&provider, &runner, name).log_in().unwrap();
        }
    }
}
