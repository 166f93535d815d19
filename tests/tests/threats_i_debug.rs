//! Threat I28: nothing that can be printed shows a secret. Every secret of a whole session is collected where it
//! passes, and looked for in the `Debug` text of every public type, and of every error that misbehaviour brings.

use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use relying_party::{
    Client, Flow, LoginRecord, PendingLogin, Policy, Registration, Step,
    drive::Transport as _,
    error::Error,
    jose::{algorithm::Algorithm, jws::UnverifiedJws, key_set::KeySet},
    limits::Limits,
    protocol::registration::AuthMethod,
};
use relying_party_tests::{
    op::{Mischief, OpConfig},
    scenario::{World, crypto},
};
use serde_json::Value;
use url::form_urlencoded;

/// The secrets so far.
#[derive(Clone, Default)]
struct Secrets(Arc<Mutex<Vec<String>>>);

impl Secrets {
    /// Listens at the token endpoint of `world`, and knows the clients' secrets.
    fn of(world: &World) -> Self {
        let secrets = Self::default();
        for client in &world.op.config().clients {
            if let Some(secret) = &client.client_secret {
                secrets.add(secret);
                let encode = |text| form_urlencoded::byte_serialize(text).collect::<String>();
                let halves = [&client.client_id, secret].map(|half| encode(half.as_bytes()));
                secrets.add(&BASE64_STANDARD.encode(halves.join(":")));
            }
        }
        let listener = secrets.clone();
        world.op.intercept("/token", move |request, answer| {
            for (name, value) in form_urlencoded::parse(&request.body) {
                if ["code", "code_verifier", "refresh_token", "client_secret"].contains(&&*name) {
                    listener.add(&value);
                }
            }
            let document = answer.document();
            for name in ["access_token", "refresh_token", "id_token"] {
                if let Some(Value::String(token)) = document.get(name) {
                    listener.add(token);
                    // No part of a signed token either.
                    token.split('.').filter(|part| part.len() > 20).for_each(|p| listener.add(p));
                }
            }
        });
        secrets
    }

    fn add(&self, secret: &str) {
        assert!(secret.len() >= 10, "too short to be told from other text");
        self.0.lock().unwrap().push(secret.to_owned());
    }

    /// The parameters of an address that only the browser may see.
    fn add_query(&self, query: &str) {
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if ["state", "nonce", "code", "id_token_hint"].contains(&&*name) {
                self.add(&value);
            }
        }
    }

    #[track_caller]
    fn silent(&self, what: &str, text: &str) {
        for secret in self.0.lock().unwrap().iter() {
            assert!(!text.contains(secret), "{what} shows {secret}: {text}");
        }
        // Personal data is no secret of the protocol, but no log is the place for it.
        for claim in ["Liddell", "alice@people.test", "sub-alice"] {
            assert!(!text.contains(claim), "{what} shows {claim}: {text}");
        }
    }

    #[track_caller]
    fn debug(&self, what: &str, value: &impl Debug) {
        self.silent(what, &format!("{value:?}"));
        self.silent(what, &format!("{value:#?}"));
    }

    fn error(&self, what: &str, error: &Error) {
        self.debug(what, error);
        let mut source: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = source {
            self.silent(what, &format!("{error} {error:?}"));
            source = error.source();
        }
    }
}

/// As the provider knows the client, its way of authentication included.
fn registration(world: &World, client_id: &str) -> Registration {
    let registration = world.registration(client_id);
    match client_id {
        "post" => registration.token_endpoint_auth_method(AuthMethod::ClientSecretPost),
        _ => registration,
    }
}

fn discover(world: &mut World, client_id: &str) -> Result<Client, Error> {
    let issuer = world.op.issuer().to_owned();
    world.run(Client::discover(issuer, registration(world, client_id), crypto()))
}

/// Steps a flow to its end and looks at every step on the way.
fn watch<F: Flow + Debug>(
    world: &mut World,
    secrets: &Secrets,
    flow: F,
) -> Result<F::Output, Error> {
    secrets.debug("a flow", &flow);
    let mut step = flow.start(&mut world.env)?;
    loop {
        secrets.debug("a step", &step);
        step = match step {
            Step::Send(exchange) => {
                secrets.debug("an exchange", &exchange);
                secrets.debug("a request", exchange.request());
                let outcome = world.transport.send(exchange.request());
                secrets.debug("an outcome", &outcome);
                secrets.debug("an exchange that was answered", &exchange);
                exchange.resume(outcome, &mut world.env)?
            }
            Step::Done(output) => return Ok(output),
            other => panic!("{other:?}"),
        };
    }
}

#[test]
fn i28_no_type_shows_a_secret() {
    for client_id in ["rs256", "es256", "hs256", "post", "confidential", "public"] {
        let mut world = World::new(OpConfig { rotate_refresh_tokens: true, ..OpConfig::default() });
        let secrets = Secrets::of(&world);
        secrets.debug("Registration", &registration(&world, client_id));
        let client = discover(&mut world, client_id).expect("a client");
        secrets.debug("Client", &client);
        secrets.debug("ProviderMetadata", client.metadata());

        let start = client.start_login().scope("profile email offline_access");
        let started = watch(&mut world, &secrets, start).expect("a start");
        secrets.add_query(started.url.query().expect("a query"));
        secrets.debug("StartedLogin", &started);
        secrets.debug("PendingLogin", &started.pending);
        let restored = PendingLogin::from_bytes(&started.pending.to_bytes()).expect("stored");
        secrets.debug("PendingLogin", &restored);

        let back = world.visit(&started.url);
        secrets.add_query(back.text());
        let callback = back.callback().expect("a callback");
        secrets.debug("Callback", &callback);
        secrets.debug("State", &callback.state());
        let finish = client.finish_login(restored, callback).with_user_info();
        let login = watch(&mut world, &secrets, finish).expect("a login");
        secrets.debug("Login", &login);
        secrets.debug("IdToken", login.id_token());
        secrets.debug("Subject", login.subject());
        secrets.debug("RawToken", login.id_token().raw());
        secrets.debug("Claims", login.id_token().claims());
        secrets.debug("TokenSet", login.tokens());
        secrets.debug("AccessToken", login.tokens().access_token());
        secrets.debug("UserInfo", login.user_info().expect("userinfo"));
        let record = LoginRecord::from_bytes(&login.record().to_bytes()).expect("stored");
        secrets.debug("LoginRecord", &record);
        secrets.debug("Client", &client);

        let read = client.user_info(login.tokens().access_token(), login.subject());
        secrets.debug("UserInfo", &watch(&mut world, &secrets, read).expect("userinfo"));
        let old = login.tokens().refresh_token().expect("a refresh token");
        let refresh = client.refresh(old, &record);
        let refreshed = watch(&mut world, &secrets, refresh).expect("a refresh");
        secrets.debug("Refreshed", &refreshed);
        let again = client.start_login().id_token_hint(login.id_token());
        let again = watch(&mut world, &secrets, again).expect("a start");
        secrets.debug("StartedLogin", &again);
        let logout = client.start_logout().id_token_hint(login.id_token().raw());
        let logout = watch(&mut world, &secrets, logout).expect("a logout");
        secrets.debug("StartedLogout", &logout);

        let seen = secrets.0.lock().unwrap().len();
        assert!(seen > 20, "only {seen} secrets were seen");
    }
}

#[test]
fn i28_tokens_and_keys_show_nothing_on_their_own() {
    let mut world = World::default();
    let secrets = Secrets::of(&world);
    let client = world.discover("hs256", Policy::default()).expect("a client");
    let login = world.login(&client).expect("a login");
    let (token, limits) = (login.id_token().raw().expose(), Limits::default());
    let jws = UnverifiedJws::parse(token, Algorithm::HS256, &["jwt"], &limits).expect("a token");
    secrets.debug("UnverifiedJws", &jws);
    let secret = world.op.config().clients.iter().find(|c| c.client_id == "hs256");
    let secret = secret.and_then(|c| c.client_secret.clone()).expect("a secret");
    let secret = relying_party::secret::ClientSecret::new(secret).expect("a secret");
    secrets.debug("ClientSecret", &secret);
    secrets.debug("VerifiedJws", &jws.verify_hmac(&secret).expect("a good one"));

    // A provider that publishes a private key by mistake: even that is not printed.
    let set =
        br#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","d":"fake-private-octets-0123456789",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    secrets.add("fake-private-octets-0123456789");
    let keys = KeySet::parse(set, &limits).expect("a set");
    assert_eq!(keys.len(), 1);
    secrets.debug("KeySet", &keys);
}

#[test]
fn i28_no_error_shows_a_secret() {
    let mut refused = 0;
    for mischief in Mischief::ALL {
        for client_id in ["rs256", "hs256", "post"] {
            let mut world = World::default();
            let secrets = Secrets::of(&world);
            world.op.set_mischief(*mischief);
            let result = session(&mut world, &secrets, client_id);
            if let Err(error) = result {
                refused += 1;
                secrets.error(mischief.name(), &error);
                secrets.silent(mischief.name(), error.code());
                secrets.silent(mischief.name(), error.hint().unwrap_or_default());
            }
        }
    }
    assert!(refused > 60, "only {refused} errors were seen");
}

/// Discovery, login, refresh.
fn session(world: &mut World, secrets: &Secrets, client_id: &str) -> Result<(), Error> {
    let client = discover(world, client_id)?;
    let start = client.start_login().max_age(600).require_acr(&["urn:test:silver"]);
    let started = world.run(start)?;
    secrets.add_query(started.url.query().expect("a query"));
    let back = world.visit(&started.url);
    for (name, value) in form_urlencoded::parse(back.text().as_bytes()) {
        if name == "code" && value.len() > 10 {
            secrets.add(&value);
        }
    }
    let finish = client.finish_login(started.pending, back.callback()?).with_user_info();
    let login = watch(world, secrets, finish)?;
    let token = login.tokens().refresh_token().expect("a refresh token");
    watch(world, secrets, client.refresh(token, &login.record()))?;
    Ok(())
}

#[test]
fn i28_a_provider_that_sends_secrets_back_in_odd_places() {
    // What the provider echoes into `error` is its own doing and shown bounded; into JSON faults and unexpected
    // types nothing is copied.
    for body in [
        r#"{"access_token":["SECRET-IN-THE-BODY"],"token_type":"Bearer"}"#,
        r#"{"access_token":"SECRET-IN-THE-BODY","token_type":"Bearer""#,
        r#"{"access_token":"SECRET-IN-THE-BODY \r\n","token_type":"Bearer"}"#,
        r#"{"access_token":"a","token_type":"Bearer","expires_in":"SECRET-IN-THE-BODY"}"#,
        r#"{"access_token":"a","token_type":"Bearer","id_token":"SECRET-IN-THE-BODY"}"#,
        r#"{"access_token":"a","token_type":"Bearer","id_token":"SECRET-IN-THE-BODY.e30.AA"}"#,
        "SECRET-IN-THE-BODY",
    ] {
        let mut world = World::default();
        let client = world.discover("rs256", Policy::default()).expect("a client");
        world.op.intercept("/token", move |_, answer| answer.body = body.as_bytes().to_vec());
        let secrets = Secrets::default();
        secrets.add("SECRET-IN-THE-BODY");
        let error = world.login(&client).expect_err("no usable tokens");
        secrets.error(body, &error);
    }
}
