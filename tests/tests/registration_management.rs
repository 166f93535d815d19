//! Reading, changing and deleting what was registered (RFC 7592), and keeping it over a restart.

use std::time::Duration;

use relying_party::{
    Client, Error, Policy, Registration, profile,
    protocol::{
        client_metadata::ClientMetadata, metadata::ProviderMetadata,
        registered_client::RegisteredClient,
    },
};
use relying_party_tests::{
    op::{OpConfig, RegistrationConfig},
    registering::{Registering, web},
    scenario::{World, crypto},
};
use serde_json::{Value, json};

struct Setup {
    world: World,
    provider: ProviderMetadata,
    registered: RegisteredClient,
}

impl Setup {
    fn new(registration: RegistrationConfig) -> Self {
        let Registering { mut world, provider } = Registering::new(registration);
        let metadata = web();
        let register = Client::register(&provider, metadata.client_name("First"));
        let registered = world.run(register).unwrap();
        world.transport.clear();
        world.op.clear_transcript();
        Self { world, provider, registered }
    }

    fn read(&mut self) -> Result<RegisteredClient, Error> {
        self.world.transport.clear();
        self.world.run(Client::read_registration(&self.provider, &self.registered))
    }

    fn update(&mut self, metadata: ClientMetadata) -> Result<RegisteredClient, Error> {
        self.world.transport.clear();
        self.world.run(Client::update_registration(&self.provider, &self.registered, metadata))
    }

    fn delete(&mut self) -> Result<(), Error> {
        self.world.transport.clear();
        self.world.run(Client::delete_registration(&self.provider, &self.registered))
    }

    fn path(&self) -> String {
        let line = self.world.transport.requests().pop().unwrap();
        line.split(' ').nth(1).unwrap().to_owned()
    }

    /// Changes the answers of the client configuration endpoint.
    fn answering(&self, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.world.op.clear_hooks();
        self.world.op.intercept("", move |request, answer| {
            if request.url.path().starts_with("/register/") {
                let mut document = answer.document();
                change(&mut document);
                answer.body = document.to_string().into_bytes();
            }
        });
    }

    fn logs_in(&mut self) -> bool {
        let registration = self.registered.registration(self.world.clock.now()).unwrap();
        let policy = Policy::default();
        let client = Client::new(self.provider.clone(), registration, crypto(), policy).unwrap();
        self.world.login(&client).is_ok()
    }
}

impl Default for Setup {
    fn default() -> Self {
        Self::new(RegistrationConfig::default())
    }
}

fn name(registered: &RegisteredClient) -> Option<String> {
    registered.member("client_name").unwrap()
}

fn secret(registered: &RegisteredClient) -> String {
    registered.client_secret().unwrap().expose().to_owned()
}

#[test]
fn a_registration_is_read_changed_and_deleted() {
    let mut setup = Setup::default();
    setup.registered = setup.read().unwrap();
    assert_eq!(name(&setup.registered).as_deref(), Some("First"));
    let path = setup.path();
    assert!(path.starts_with("/register/"));

    let metadata = setup.registered.to_metadata().client_name("Second");
    setup.registered = setup.update(metadata).unwrap();
    assert_eq!(name(&setup.registered).as_deref(), Some("Second"));
    assert!(setup.registered.differences().is_empty(), "{:?}", setup.registered.differences());
    assert!(setup.logs_in());

    setup.delete().unwrap();
    assert_eq!(setup.world.transport.requests(), [format!("DELETE {path}")]);
    for error in [setup.read().unwrap_err(), setup.delete().unwrap_err()] {
        assert_eq!(error.code(), "response.not_registered");
        assert_eq!(setup.world.transport.requests().len(), 1);
    }
    assert!(setup.registered.is_manageable() && error_of_update(&mut setup));
}

fn error_of_update(setup: &mut Setup) -> bool {
    let metadata = setup.registered.to_metadata();
    setup.update(metadata).unwrap_err().code() == "response.not_registered"
}

#[test]
fn an_update_sends_what_rfc_7592_2_2_says_and_no_more() {
    let mut setup = Setup::default();
    let metadata = setup.registered.to_metadata().client_name("Second");
    assert!(!metadata.to_json().contains("secret-"));
    setup.update(metadata).unwrap();
    let line = setup.world.op.transcript().pop().unwrap();
    assert!(line.contains(" content-type=application/json authorization=Bearer registration-"));
    for due in ["client_id", "client_secret", "redirect_uris", "Second", "client_secret_basic"] {
        assert!(line.contains(due), "{due} in {line}");
    }
    let body = line.split(" body=").nth(1).unwrap();
    for not_due in
        ["registration_", "client_secret_expires_at", "client_id_issued_at", "registration-"]
    {
        assert!(!body.contains(not_due), "{not_due} in {body}");
    }
}

#[test]
fn r07_a_new_token_replaces_the_old_one() {
    let mut setup = Setup::default();
    let first = setup.registered.clone();
    setup.registered = setup.read().unwrap();
    // With the old one the provider knows nobody.
    let old = Client::read_registration(&setup.provider, &first);
    assert_eq!(setup.world.run(old).unwrap_err().code(), "response.not_registered");
    setup.registered = setup.read().unwrap();

    let lasting =
        RegistrationConfig { rotate_registration_access_tokens: false, ..Default::default() };
    let mut setup = Setup::new(lasting);
    for _ in 0..2 {
        setup.read().unwrap();
    }
    setup.answering(|document| {
        let object = document.as_object_mut().unwrap();
        for member in ["registration_access_token", "registration_client_uri", "client_secret"] {
            object.remove(member);
        }
    });
    // Where nothing is said of them, secret and token stay.
    let before = secret(&setup.registered);
    setup.registered = setup.read().unwrap();
    assert_eq!(secret(&setup.registered), before);
    let metadata = setup.registered.to_metadata();
    setup.registered = setup.update(metadata).unwrap();
    assert!(setup.registered.is_manageable());
    setup.world.op.clear_hooks();
    assert!(setup.read().is_ok() && setup.logs_in());
}

#[test]
fn r07_an_update_brings_a_new_secret() {
    let mut setup = Setup::new(RegistrationConfig { secret_ttl: Some(60), ..Default::default() });
    let before = secret(&setup.registered);
    setup.world.clock.advance(Duration::from_secs(60));
    let now = setup.world.clock.now();
    assert!(setup.registered.secret_expired(now));
    let metadata = setup.registered.to_metadata();
    setup.registered = setup.update(metadata).unwrap();
    assert_ne!(secret(&setup.registered), before);
    assert!(!setup.registered.secret_expired(now) && setup.logs_in());
    // A new secret without its end has none of the old one's.
    setup.answering(|document| {
        document["client_secret"] = "another".into();
        document.as_object_mut().unwrap().remove("client_secret_expires_at");
    });
    let read = setup.read().unwrap();
    assert!(!read.secret_expired(now.after(Duration::from_secs(1000))));
}

#[test]
fn r05_neither_another_client_nor_another_origin_comes_back() {
    let mut setup = Setup::default();
    setup.answering(|document| document["client_id"] = "another".into());
    assert_eq!(setup.read().unwrap_err().code(), "response.registered");

    let mut setup = Setup::default();
    setup.answering(|document| {
        document["registration_client_uri"] = "https://evil.test/register/1".into();
    });
    let read = setup.read().unwrap();
    assert!(!read.is_manageable());
    let sent = setup.world.transport.requests().len();
    let again = Client::delete_registration(&setup.provider, &read);
    assert_eq!(setup.world.run(again).unwrap_err().code(), "response.address");
    assert_eq!(setup.world.transport.requests().len(), sent);

    // Where the application named the place, it stays good without naming it again.
    let mut setup = Setup::default();
    setup.answering(|document| {
        let uri = document["registration_client_uri"].as_str().unwrap();
        document["registration_client_uri"] = uri.replace("op.test", "manage.test").into();
    });
    let read = Client::read_registration(&setup.provider, &setup.registered);
    let read = setup.world.run(read.trust_registration_client_origin("https://manage.test"));
    let moved = read.unwrap();
    assert!(moved.is_manageable());
    setup.registered = RegisteredClient::from_bytes(&moved.to_bytes()).unwrap();
    assert!(setup.read().unwrap().is_manageable());
}

/// Whoever got hold of the registration access token could send visitors to himself.
#[test]
fn r01_neither_a_reading_nor_an_update_lowers_a_registration() {
    for members in [
        json!({ "redirect_uris": ["https://rp.test/new"] }),
        json!({ "redirect_uris": ["https://evil.test/cb", "https://rp.test/dynamic"] }),
        json!({ "id_token_signed_response_alg": "HS256" }),
        json!({ "id_token_signed_response_alg": "none" }),
        json!({ "token_endpoint_auth_method": "none" }),
    ] {
        let changed = || {
            let (setup, members) = (Setup::default(), members.clone());
            setup.answering(move |document| {
                let object = document.as_object_mut().unwrap();
                object.extend(members.as_object().unwrap().clone());
            });
            setup
        };
        let mut setup = changed();
        assert_eq!(setup.read().unwrap_err().code(), "response.registered", "{members}");
        assert_eq!(setup.world.transport.requests().len(), 1);
        let mut setup = changed();
        let metadata = setup.registered.to_metadata();
        assert_eq!(setup.update(metadata).unwrap_err().code(), "response.registered");
        let mut setup = changed();
        let read = Client::read_registration(&setup.provider, &setup.registered);
        let read = setup.world.run(read.insecure_accept_lowered()).unwrap();
        assert_eq!(read.differences().len(), 1, "{members}");
    }
    // Of what no specification knows only the name is told.
    let mut setup = Setup::default();
    setup.answering(|document| document["own_key"] = "fake-own-key".into());
    setup.registered = setup.read().unwrap();
    setup.answering(|document| document["own_key"] = "fake-other-key".into());
    let read = setup.read().unwrap();
    let told = format!("{:?} {}", read.differences(), read.differences()[0]);
    assert!(told.contains("own_key") && !told.contains("fake-"), "{told}");
    assert_eq!(read.member::<String>("own_key"), Ok(Some("fake-other-key".to_owned())));
    // What is harmless is told, and taken.
    let mut setup = Setup::default();
    setup.answering(|document| document["client_name"] = "Second".into());
    let read = setup.read().unwrap();
    assert_eq!((read.differences().len(), name(&read).as_deref()), (1, Some("Second")));
}

#[test]
fn what_cannot_be_is_found_before_any_request() {
    let mut setup = Setup::default();
    let odd = setup.registered.to_metadata().logo_uri("javascript:alert(1)");
    assert_eq!(setup.update(odd).unwrap_err().code(), "misuse.parameter");
    // The token is this provider's alone.
    let mut other = World::new(OpConfig::with_issuer("https://other.test"));
    let provider = other.run(Client::read_provider(other.op.issuer())).unwrap();
    for _ in 0..2 {
        let read = Client::read_registration(&provider, &setup.registered);
        assert_eq!(setup.world.run(read).unwrap_err().code(), "misuse.other_client");
    }
    assert!(setup.world.transport.requests().is_empty());
    assert!(setup.read().is_ok());
}

#[test]
fn n01_n05_statuses_of_the_client_configuration_endpoint() {
    for (status, body, read, delete) in [
        (204, "", "response.status", "done"),
        (200, "", "json.syntax", "done"),
        (301, "{}", "response.redirect", "response.redirect"),
        (401, r#"{"error":"invalid_token"}"#, "response.not_registered", "response.not_registered"),
        (403, r#"{"error":"access_denied"}"#, "provider.error", "provider.error"),
        (405, "", "response.status", "response.status"),
        (502, "<html>", "response.status", "response.status"),
        (201, "{}", "json.missing", "response.status"),
    ] {
        let setup = || {
            let setup = Setup::default();
            setup.world.op.intercept("", move |request, response| {
                if request.url.path().starts_with("/register/") {
                    response.status = status;
                    response.body = body.as_bytes().to_vec();
                }
            });
            setup
        };
        assert_eq!(setup().read().unwrap_err().code(), read, "{status}");
        let metadata = Setup::default().registered.to_metadata();
        assert_eq!(setup().update(metadata).unwrap_err().code(), read, "{status}");
        let mut setup = setup();
        let deleted = setup.delete().map_or_else(|error| error.code(), |()| "done");
        assert_eq!(deleted, delete, "{status}");
        assert_eq!(setup.world.transport.requests().len(), 1);
    }
}

#[test]
fn l7_a_registered_client_survives_a_restart() {
    let mut setup = Setup::default();
    let bytes = setup.registered.to_bytes();
    setup.registered = RegisteredClient::from_bytes(&bytes).unwrap();
    assert_eq!(setup.registered.to_bytes(), bytes);
    assert!(setup.logs_in());
    setup.registered = setup.read().unwrap();
    let code =
        |bytes: &[u8]| RegisteredClient::from_bytes(bytes).map_or_else(|e| e.code(), |_| "read");
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let due = if bit < 8 { "stored.version" } else { "stored.malformed" };
        assert_eq!(code(&flipped), due, "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert_eq!(code(&bytes[..length]), "stored.malformed", "{length} bytes");
    }
}

/// Each sent request fails in transit: nothing is repeated.
#[test]
fn a_failed_request_is_not_repeated() {
    use relying_party::{drive::drive, error::FailureKind};
    use relying_party_tests::memory::Failing;
    let mut setup = Setup::default();
    let way = setup.world.transport.clone();
    let failing = Failing::new(&way, "/register", &[FailureKind::Timeout]);
    let metadata = || web();
    let error =
        drive(Client::register(&setup.provider, metadata()), &failing, &mut setup.world.env);
    assert_eq!(error.unwrap_err().code(), "transport.timeout");
    assert_eq!(failing.attempts(), ["/register"]);
    let again =
        drive(Client::register(&setup.provider, metadata()), &failing, &mut setup.world.env);
    assert!(again.is_ok());
    setup.read().unwrap();
    let path = setup.path();
    let failing = Failing::new(&way, &path, &[FailureKind::Connect]);
    let read = Client::read_registration(&setup.provider, &setup.registered);
    let error = drive(read, &failing, &mut setup.world.env).unwrap_err();
    assert_eq!((error.code(), failing.attempts().len()), ("transport.connect", 1));
}

/// The secret of one provider would otherwise be sent to the token endpoint of another one.
#[test]
fn r05_a_registration_goes_to_no_other_provider() {
    let mut setup = Setup::default();
    let mut other = World::new(OpConfig::with_issuer("https://other.test"));
    let provider = other.run(Client::read_provider(other.op.issuer())).unwrap();
    other.transport.clear();
    let now = setup.world.clock.now();
    let stored = RegisteredClient::from_bytes(&setup.registered.to_bytes()).unwrap();
    for registered in [&setup.registered, &stored] {
        for own in [
            registered.registration(now),
            registered.registration_with("https://rp.test/dynamic", now),
        ] {
            let own = own.unwrap();
            let client = Client::new(provider.clone(), own.clone(), crypto(), Policy::default());
            let error = client.unwrap_err();
            assert_eq!(error.code(), "misuse.other_client", "{error}");
            let discover = Client::discover(other.op.issuer(), own.clone(), crypto());
            assert_eq!(other.run(discover).unwrap_err().code(), "misuse.other_client");
            let profile = profile::google();
            let discover = profile.discover(own.clone(), crypto());
            assert_eq!(other.run(discover).unwrap_err().code(), "misuse.other_client");
            // Neither does a change of the registration make it another provider's.
            let own = own.client_secret("another secret of thirty-two bytes").unwrap();
            let client = Client::new(provider.clone(), own, crypto(), Policy::default());
            assert_eq!(client.unwrap_err().code(), "misuse.other_client");
        }
    }
    assert!(other.transport.requests().is_empty() && setup.world.transport.requests().is_empty());
    setup.registered = stored;
    assert!(setup.logs_in());
    // What the application wrote itself is for whichever provider it says.
    let own = Registration::public("rp", "https://rp.test/dynamic").unwrap();
    assert!(Client::new(provider, own, crypto(), Policy::default()).is_ok());
}
