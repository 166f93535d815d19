//! Encrypted authorization responses (JARM 2.2): around the signature, as registered, and in no other way.

use relying_party::{
    Client, Error, Login, PendingLogin, Policy, Registration,
    error::{Blame, ErrorKind, TokenKind},
    flow::start_login::StartedLogin,
    jose::{
        encrypt::{JweHeader, encrypt},
        encryption::{ContentEncryption, KeyManagement},
        jwe::Contents,
        jwk::{DecryptionKey, EncryptionKey},
    },
    limits::Limits,
    protocol::authorization::ResponseMode::{FormPostJwt, FragmentJwt, Jwt, QueryJwt},
    secret::ClientSecret,
};
use relying_party_tests::{
    op::{
        EncryptionMischief as Wrong, Encryptions, Mischief, OpConfig, client_decryption_jwks,
        public,
    },
    scenario::{Return, World, crypto},
};

/// RFC 7518 C, Bob's.
const OWN_KEY: &str = r#"{"kty":"EC","crv":"P-256","use":"enc","kid":"enc-1",
    "x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
    "y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
    "d":"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"}"#;

type Registered = (KeyManagement, ContentEncryption);

const PAIRS: [Registered; 5] = [
    (KeyManagement::EcdhEs, ContentEncryption::A256Gcm),
    (KeyManagement::EcdhEsA256Kw, ContentEncryption::A128CbcHs256),
    (KeyManagement::A256Kw, ContentEncryption::A128CbcHs256),
    (KeyManagement::A128GcmKw, ContentEncryption::A128Gcm),
    (KeyManagement::Dir, ContentEncryption::A256CbcHs512),
];

fn registration(world: &World, (alg, enc): Registered) -> Registration {
    let key = DecryptionKey::from_jwk(OWN_KEY.as_bytes()).expect("a key");
    let registration = world.registration("rs256").authorization_encrypted_response(alg, enc);
    registration.decryption_keys(vec![key])
}

fn setup(registered: Option<Registered>) -> (World, Client) {
    let mut world = World::default();
    let registration = match registered {
        Some(registered) => registration(&world, registered),
        None => world.registration("rs256"),
    };
    let issuer = world.op.issuer().to_owned();
    let client = world.run(Client::discover(issuer, registration, crypto())).expect("a client");
    world.transport.clear();
    (world, client)
}

/// The key that the provider encrypts with: the client's public one, or the one of this secret.
fn key(secret: &str, (alg, enc): Registered) -> EncryptionKey {
    let secret = ClientSecret::new(secret).expect("a secret");
    let public = OWN_KEY.split(",\n    \"d\"").next().expect("the public half").to_owned() + "}";
    EncryptionKey::from_client_secret(&secret, alg, enc).unwrap_or_else(|| {
        EncryptionKey::from_json(public.as_bytes(), &Limits::default()).expect("a key")
    })
}

fn secret(world: &World) -> String {
    let clients = &world.op.config().clients;
    let client = clients.iter().find(|client| client.client_id == "rs256").expect("a client");
    client.client_secret.clone().expect("a secret")
}

fn seal(world: &mut World, (alg, enc): Registered, contents: Contents, text: &str) -> String {
    let key = key(&secret(world), (alg, enc));
    let header = JweHeader::new(alg, enc, contents);
    encrypt(text.as_bytes(), header, &key, &crypto(), &mut world.env).expect("a token")
}

fn token(back: &Return) -> String {
    back.text().strip_prefix("response=").expect("a signed response").to_owned()
}

/// The same way with another token.
fn replaced(back: &Return, token: &str) -> Return {
    let text = format!("response={token}");
    match back {
        Return::Query(_) => Return::Query(text),
        Return::Fragment(_) => Return::Fragment(text),
        Return::Form(_) => Return::Form(text),
    }
}

fn finish(
    (world, client): &mut (World, Client),
    pending: PendingLogin,
    back: &Return,
) -> Result<Login, Error> {
    world.run(client.finish_login(pending, back.callback()?))
}

/// A login whose signed response becomes what `change` makes of it.
fn login(
    registered: Option<Registered>,
    change: impl FnOnce(&mut World, &str) -> String,
) -> ((World, Client), Result<Login, Error>) {
    let mut setup = setup(registered);
    let StartedLogin { url, pending } =
        setup.0.run(setup.1.start_login().response_mode(Jwt)).expect("a start");
    let back = setup.0.visit(&url);
    let changed = change(&mut setup.0, &token(&back));
    let result = finish(&mut setup, pending, &replaced(&back, &changed));
    (setup, result)
}

#[track_caller]
fn refused(
    (setup, result): ((World, Client), Result<Login, Error>),
    code: &str,
    sent: &[&str],
) -> Error {
    let error = result.expect_err("accepted");
    assert_eq!(error.code(), code, "{error}");
    let ErrorKind::Token { kind, .. } = error.kind() else { panic!("{error}") };
    assert_eq!(*kind, TokenKind::AuthorizationResponse);
    assert_eq!(error.blame(), Blame::Provider);
    assert_eq!(setup.0.transport.requests(), sent, "{code}");
    error
}

const NOTHING: &[&str] = &[];

#[test]
fn every_algorithm_and_mode() {
    for registered in PAIRS {
        for mode in [Jwt, QueryJwt, FragmentJwt, FormPostJwt] {
            let mut setup = setup(Some(registered));
            let start = setup.1.start_login().response_mode(mode);
            let StartedLogin { url, pending } = setup.0.run(start).expect("a start");
            let back = setup.0.visit(&url);
            let sealed = seal(&mut setup.0, registered, Contents::Jws, &token(&back));
            let login = finish(&mut setup, pending, &replaced(&back, &sealed));
            let login = login.unwrap_or_else(|error| panic!("{registered:?} {mode:?}: {error}"));
            assert_eq!(login.subject().sub(), "sub-alice-248289761001");
            assert_eq!(setup.0.transport.requests(), ["GET /jwks", "POST /token"]);
        }
    }
}

#[test]
fn e14_a_response_that_is_not_encrypted_is_a_downgrade() {
    for registered in PAIRS {
        let plain = login(Some(registered), |_, token| token.to_owned());
        refused(plain, "token.not_encrypted", NOTHING);
    }
    let mut setup = setup(Some(PAIRS[0]));
    let start = setup.1.start_login().response_mode(Jwt);
    let StartedLogin { pending, .. } = setup.0.run(start).expect("a start");
    let state = pending.state().expose();
    let back = Return::Query(format!("code=x&state={state}&iss=https://op.test"));
    let error = finish(&mut setup, pending, &back).expect_err("accepted");
    assert_eq!(error.code(), "callback.response.missing");
    assert!(setup.0.transport.requests().is_empty());
}

#[test]
fn e15_an_encrypted_response_where_none_was_registered() {
    for other in PAIRS {
        let sealed = login(None, |world, token| seal(world, other, Contents::Jws, token));
        refused(sealed, "token.encrypted", NOTHING);
    }
    login(None, |_, token| token.to_owned()).1.expect("a signed one");
}

#[test]
fn e10_another_algorithm_than_the_registered_one() {
    for registered in PAIRS {
        for other in PAIRS.into_iter().filter(|other| *other != registered) {
            let sealed =
                login(Some(registered), |world, token| seal(world, other, Contents::Jws, token));
            refused(sealed, "token.encryption", NOTHING);
        }
    }
}

#[test]
fn e17_whatever_cannot_be_decrypted_is_told_alike() {
    let mut said = Vec::new();
    for registered in PAIRS {
        // The key, the content and the tag.
        for part in [1, 3, 4] {
            let broken = login(Some(registered), |world, token| {
                let sealed = seal(world, registered, Contents::Jws, token);
                let mut parts: Vec<_> = sealed.split('.').map(str::to_owned).collect();
                let other = if parts[part].starts_with('A') { "B" } else { "A" };
                match parts[part].is_empty() {
                    // There is none with `dir` and ECDH-ES: another part instead.
                    true => parts[2] = format!("{other}{}", &parts[2][1..]),
                    false => parts[part].replace_range(..1, other),
                }
                parts.join(".")
            });
            said.push(refused(broken, "token.decryption", NOTHING).to_string());
        }
        if registered.0.is_symmetric() {
            let foreign = login(Some(registered), |world, token| {
                let key = key("the secret of another client, which is long enough", registered);
                let header = JweHeader::new(registered.0, registered.1, Contents::Jws);
                let sealed = encrypt(token.as_bytes(), header, &key, &crypto(), &mut world.env);
                sealed.expect("a token")
            });
            said.push(refused(foreign, "token.decryption", NOTHING).to_string());
        }
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn e20_what_is_inside_is_signed_once_and_verified() {
    let registered = PAIRS[0];
    let twice = login(Some(registered), |world, token| {
        let sealed = seal(world, registered, Contents::Jws, token);
        seal(world, registered, Contents::Jws, &sealed)
    });
    refused(twice, "token.encrypted", NOTHING);
    let junk =
        login(Some(registered), |world, _| seal(world, registered, Contents::Jws, "no token"));
    refused(junk, "token.syntax", NOTHING);
    let claims = r#"{"iss":"https://op.test","aud":"rs256","exp":1900000000,"code":"c"}"#;
    let unsigned =
        login(Some(registered), |world, _| seal(world, registered, Contents::Jws, claims));
    refused(unsigned, "token.syntax", NOTHING);

    for (mischief, code, sent) in [
        (Mischief::JarmInvalidSig, "token.signature", &["GET /jwks"][..]),
        (Mischief::JarmSignatureIsNone, "token.algorithm", NOTHING),
        (Mischief::JarmInvalidIss, "claim.iss.mismatch", &["GET /jwks"]),
        (Mischief::JarmExpiredExp, "claim.exp.expired", &["GET /jwks"]),
    ] {
        let mut setup = setup(Some(registered));
        setup.0.op.set_mischief(mischief);
        let start = setup.1.start_login().response_mode(Jwt);
        let StartedLogin { url, pending } = setup.0.run(start).expect("a start");
        let back = setup.0.visit(&url);
        let sealed = seal(&mut setup.0, registered, Contents::Jws, &token(&back));
        let result = finish(&mut setup, pending, &replaced(&back, &sealed));
        refused((setup, result), code, sent);
    }
}

#[test]
fn x15_a_pending_login_is_found_by_the_state_of_an_encrypted_response() {
    for registered in PAIRS {
        let (mut world, client) = setup(Some(registered));
        let mut pending = Vec::new();
        let mut urls = Vec::new();
        for _ in 0..3 {
            let started = world.run(client.start_login().response_mode(Jwt)).expect("a start");
            urls.push(started.url);
            pending.push(started.pending);
        }
        let back = world.visit(&urls[1]);
        let sealed = seal(&mut world, registered, Contents::Jws, &token(&back));
        let back = replaced(&back, &sealed);
        let callback = back.callback().unwrap();
        let unseen = PendingLogin::take(&mut pending, &callback).unwrap_err();
        assert_eq!(unseen.code(), "callback.state.missing");
        let mut env = world.env.clone();
        let callback = client.decrypt_state(callback, &mut env).expect("its state");
        assert_eq!(callback.state(), Some(pending[1].state()));
        let found = PendingLogin::take(&mut pending, &callback).expect("the second tab's");
        world.run(client.finish_login(found, callback)).expect("a login");

        let broken = replaced(&back, &format!("{}A", &sealed[..sealed.len() - 5]));
        let error = client.decrypt_state(broken.callback().unwrap(), &mut env).unwrap_err();
        assert!(error.code().starts_with("token."), "{error}");
        let plain = Return::Query("code=c&state=s".into()).callback().unwrap();
        let plain = client.decrypt_state(plain, &mut env).expect("as it was");
        assert_eq!(plain.state().expect("its state").expose(), "s");
    }
}

#[test]
fn what_could_never_be_decrypted_is_found_before_any_request() {
    let world = World::default();
    let metadata = {
        let (_, client) = setup(None);
        client.metadata().clone()
    };
    let (alg, enc) = PAIRS[0];
    let without_key = world.registration("rs256").authorization_encrypted_response(alg, enc);
    let public = world
        .registration("public")
        .authorization_encrypted_response(KeyManagement::Dir, ContentEncryption::A128Gcm);
    for (registration, code) in
        [(without_key, "misuse.no_decryption_key"), (public, "misuse.no_secret")]
    {
        let made = Client::new(metadata.clone(), registration, crypto(), Policy::default());
        assert_eq!(made.unwrap_err().code(), code);
    }
    let good = registration(&world, PAIRS[0]);
    Client::new(metadata, good, crypto(), Policy::default()).expect("a client");
}

/// A provider that encrypts by itself, for a key pair and for the secret.
fn provided(registered: Registered) -> (World, Client) {
    let (alg, enc) = registered;
    let mut config = OpConfig::default();
    for client in config.clients.iter_mut().filter(|client| client.client_id == "rs256") {
        client.encryption =
            Encryptions { authorization: Some(registered), ..Encryptions::default() };
        client.jwks = client_decryption_jwks().into_iter().map(public).collect();
    }
    let mut world = World::new(config);
    let keys = client_decryption_jwks();
    let keys =
        keys.iter().map(|jwk| DecryptionKey::from_jwk(jwk.to_string().as_bytes()).expect("a key"));
    let registration = world.registration("rs256").authorization_encrypted_response(alg, enc);
    let registration = registration.decryption_keys(keys.collect());
    let issuer = world.op.issuer().to_owned();
    let client = world.run(Client::discover(issuer, registration, crypto())).expect("a client");
    world.transport.clear();
    (world, client)
}

fn visited(setup: &mut (World, Client)) -> Result<Login, Error> {
    setup.0.transport.clear();
    let start = setup.1.start_login().response_mode(Jwt);
    let StartedLogin { url, pending } = setup.0.run(start).expect("a start");
    let back = setup.0.visit(&url);
    finish(setup, pending, &back)
}

#[test]
fn e10_e14_e17_h18_what_a_provider_does_wrongly() {
    for registered in PAIRS {
        for (wrong, code) in [
            (Wrong::Plain, "token.not_encrypted"),
            (Wrong::OtherAlg, "token.encryption"),
            (Wrong::OtherEnc, "token.encryption"),
            (Wrong::FlippedTag, "token.decryption"),
            (Wrong::FlippedContent, "token.decryption"),
            (Wrong::WrongKey, "token.decryption"),
            (Wrong::Twice, "token.encrypted"),
        ] {
            let mut setup = provided(registered);
            setup.0.op.set_encryption_mischief(wrong);
            let result = visited(&mut setup);
            let error = result.as_ref().expect_err("accepted");
            assert_eq!(error.code(), code, "{registered:?} {wrong:?}: {error}");
            refused((setup.clone(), result), code, NOTHING);
            setup.0.op.set_encryption_mischief(None);
            visited(&mut setup).unwrap_or_else(|error| panic!("{registered:?}: {error}"));
        }
    }
}
