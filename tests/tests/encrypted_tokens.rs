//! Encrypted ID, logout and introspection tokens (OIDC Core 2, 10.2, Back-Channel Logout 2.4, RFC 9701 6): on every way
//! that they come, and what is refused. The layer below has its tests in core/tests/jwe.
#![cfg(feature = "josekit")]

use relying_party::{
    Client, Error, IdToken, Login, Policy, Registration,
    crypto::{josekit, rustcrypto},
    error::{Blame, ErrorKind, TokenKind},
    flow::{granted::GrantedTokens, start_login::StartedLogin},
    jose::{
        algorithm::Algorithm,
        backend::Crypto,
        encryption::{
            ContentEncryption::{self, *},
            KeyManagement::{self, *},
        },
        jwk::DecryptionKey,
    },
    limits::Limits,
    protocol::{
        id_token::Check, introspection::Introspection, logout_answer::LogoutAnswer,
        logout_token::LogoutToken, replay::MemoryReplays, response_type::ResponseType,
    },
};
use relying_party_tests::{
    device::Device,
    op::{
        Alg, EncryptionMischief as Wrong, Encryptions, OpConfig, OpRequest, base64url,
        client_decryption_jwks, public,
    },
    refusal::refused,
    scenario::World,
};
use serde_json::{Value, json};

type Pair = (KeyManagement, ContentEncryption);

/// One of each kind of key.
const PAIRS: [Pair; 6] = [
    (RsaOaep256, A256Gcm),
    (EcdhEs, A128Gcm),
    (EcdhEsA256Kw, A256CbcHs512),
    (A256Kw, A192Gcm),
    (A128GcmKw, A128Gcm),
    (Dir, A128CbcHs256),
];
const DIRECT: Pair = (Dir, A128Gcm);

/// A client of a provider that encrypts for it, and nothing that was sent before.
struct Site {
    world: World,
    client: Client,
}

fn own_key(jwk: &Value) -> DecryptionKey {
    DecryptionKey::from_jwk(jwk.to_string().as_bytes(), &Limits::default()).unwrap()
}

fn own_keys() -> Vec<DecryptionKey> {
    client_decryption_jwks().iter().map(own_key).collect()
}

fn registered(registration: Registration, (alg, enc): Pair) -> Registration {
    registration
        .id_token_encrypted_response(alg, enc)
        .introspection_encrypted_response(alg, enc)
        .decryption_keys(own_keys())
}

/// A provider that encrypts in this way for the client `rs256`.
fn world(pair: impl Into<Option<Pair>>) -> World {
    let pair = pair.into();
    let mut config =
        OpConfig { introspection_signed_response_alg: Some(Alg::Rs256), ..OpConfig::default() };
    for client in config.clients.iter_mut().filter(|client| client.client_id == "rs256") {
        client.encryption =
            Encryptions { id_token: pair, introspection: pair, ..Encryptions::default() };
        client.jwks = client_decryption_jwks().into_iter().map(public).collect();
        client.logout.back_channel = Some("https://rp.test/told".into());
    }
    World::new(config)
}

fn found(
    world: &mut World,
    crypto: Crypto,
    change: impl FnOnce(Registration) -> Registration,
) -> Result<Client, Error> {
    let registration = change(world.registration("rs256"));
    let issuer = world.op.issuer().to_owned();
    let client = world.run(Client::discover(issuer, registration, crypto));
    world.transport.clear();
    client
}

impl Site {
    fn new(pair: Pair) -> Self {
        Self::with(world(pair), |registration| registered(registration, pair))
    }

    fn with(mut world: World, change: impl FnOnce(Registration) -> Registration) -> Self {
        let client = found(&mut world, josekit(), change).unwrap();
        Self { world, client }
    }

    fn wrong(&self, mischief: impl Into<Option<Wrong>>) {
        self.world.op.set_encryption_mischief(mischief);
    }

    fn login(&mut self) -> Result<Login, Error> {
        self.world.transport.clear();
        self.world.login(&self.client)
    }

    fn password(&mut self) -> Result<GrantedTokens, Error> {
        self.world.transport.clear();
        self.world.run(self.client.password("alice", "wonderland").scope("openid"))
    }

    /// What comes to the back channel after a logout at the provider.
    fn told(&mut self, login: &Login) -> String {
        let hint = login.id_token().raw();
        let started = self.world.run(self.client.start_logout().id_token_hint(hint)).unwrap();
        let url = started.url;
        let request = OpRequest::get(url);
        let now = self.world.clock.now().seconds();
        assert_eq!(self.world.op.handle(&request, now).status, 200);
        let told = self.world.op.take_logouts();
        self.world.transport.clear();
        String::from_utf8(told[0].body.clone()).unwrap()
    }

    fn receive(&mut self, body: &str) -> Result<LogoutToken, Error> {
        let form = Some("application/x-www-form-urlencoded");
        let received = self.world.run(self.client.back_channel_logout(form, body.as_bytes()))?;
        received.check_replay(&MemoryReplays::new())
    }

    fn introspect(&mut self, login: &Login) -> Result<Introspection, Error> {
        self.world.transport.clear();
        self.world.run(self.client.introspect(login.tokens().access_token(), None))
    }

    /// A login is refused with this code right after the tokens came, and its error tells nothing.
    #[track_caller]
    fn refuses(&mut self, mischief: Wrong, code: &str) -> Error {
        self.wrong(mischief);
        let error = refused(self.login(), code);
        let kind = TokenKind::IdToken;
        assert!(matches!(error.kind(), ErrorKind::Token { kind: found, .. } if *found == kind));
        // The key set is read before the code is spent.
        let requests = self.world.transport.requests();
        assert!(
            matches!(&requests[..], [one] if one == "POST /token")
                || requests == ["GET /jwks", "POST /token"],
            "{requests:?}"
        );
        self.wrong(None);
        error
    }
}

#[track_caller]
fn decrypted(token: &IdToken) {
    assert_eq!(token.checks()[..2], [Check::Decrypted, Check::Signature(Algorithm::RS256)]);
    assert_eq!(token.raw().expose().matches('.').count(), 2);
    assert_eq!(token.subject().sub(), "sub-alice-248289761001");
}

#[test]
fn id_tokens_of_the_token_endpoint() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let login = site.login().unwrap_or_else(|error| panic!("{pair:?}: {error}"));
        decrypted(login.id_token());
        assert_eq!(site.world.transport.requests(), ["GET /jwks", "POST /token"]);
        let refresh_token = login.tokens().refresh_token().unwrap();
        let refreshed = site.world.run(site.client.refresh(refresh_token, &login.record()));
        decrypted(refreshed.unwrap().id_token().unwrap());
        decrypted(site.password().unwrap().id_token().unwrap());
    }
}

#[test]
fn id_tokens_of_the_browser() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let start = |response_type| site.client.start_login().response_type(response_type);
        let StartedLogin { url, pending } =
            site.world.run(start(ResponseType::CodeIdToken)).unwrap();
        let callback = site.world.visit(&url).callback().unwrap();
        let login = site.world.run(site.client.finish_login(pending, callback)).unwrap();
        decrypted(login.id_token());
        decrypted(login.front_channel().unwrap().id_token().unwrap());
        let StartedLogin { url, pending } = site.world.run(start(ResponseType::IdToken)).unwrap();
        let callback = site.world.visit(&url).callback().unwrap();
        let login = site.world.run(site.client.finish_implicit_login(pending, callback)).unwrap();
        decrypted(login.id_token());
    }
}

#[test]
fn id_tokens_of_a_device() {
    let Site { world, client } = Site::new((EcdhEs, A128Gcm));
    let mut device = Device::with("rs256", Policy::default(), world);
    device.client = client;
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    decrypted(device.poll(started.pending).unwrap().id_token().unwrap());
    device.world.op.set_encryption_mischief(Wrong::Plain);
    let started = device.start().unwrap();
    device.decide_after(0, &started, Some("alice"));
    device.world.transport.clear();
    refused(device.poll(started.pending), "token.not_encrypted");
    assert_eq!(device.requests(), ["POST /token"]);
}

#[test]
fn logout_tokens_and_introspection_answers() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let login = site.login().unwrap();
        let answer = site.introspect(&login).unwrap();
        assert!(answer.is_active(), "{pair:?}");
        assert_eq!(site.world.transport.requests(), ["POST /introspect"]);
        let body = site.told(&login);
        assert_eq!(body.matches('.').count(), 4);
        let token = site.receive(&body).unwrap();
        assert_eq!(token.target().sub().unwrap(), "sub-alice-248289761001");
    }
}

#[test]
fn the_hint_of_a_logout_is_the_token_inside() {
    let mut site = Site::new(DIRECT);
    let login = site.login().unwrap();
    let hint = login.id_token().raw().expose().to_owned();
    site.told(&login);
    let lines = site.world.op.transcript();
    assert!(lines.iter().any(|line| line.contains(&format!("id_token_hint={hint}"))));
}

#[test]
fn e14_a_plain_token_is_a_downgrade() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let error = site.refuses(Wrong::Plain, "token.not_encrypted");
        assert_eq!(error.blame(), Blame::Provider);
        assert!(error.hint().is_some());
        site.login().unwrap();
    }
    let mut site = Site::new(DIRECT);
    let login = site.login().unwrap();
    site.wrong(Wrong::Plain);
    refused(site.password(), "token.not_encrypted");
    assert_eq!(site.world.transport.requests(), ["POST /token"]);
    refused(site.introspect(&login), "token.not_encrypted");
    assert_eq!(site.world.transport.requests(), ["POST /introspect"]);
    let refresh_token = login.tokens().refresh_token().unwrap();
    site.world.transport.clear();
    let refresh = site.client.refresh(refresh_token, &login.record());
    refused(site.world.run(refresh), "token.not_encrypted");
    assert_eq!(site.world.transport.requests(), ["POST /token"]);
    site.wrong(None);
    site.password().unwrap();
    assert!(site.introspect(&login).unwrap().is_active());
}

#[test]
fn e14_through_the_browser_too_and_the_code_is_not_spent() {
    for response_type in [ResponseType::CodeIdToken, ResponseType::IdToken] {
        let mut site = Site::new(DIRECT);
        for mischief in [Some(Wrong::Plain), Some(Wrong::FlippedTag), None] {
            site.wrong(mischief);
            let start = site.client.start_login().response_type(response_type);
            let StartedLogin { url, pending } = site.world.run(start).unwrap();
            let callback = site.world.visit(&url).callback().unwrap();
            site.world.transport.clear();
            let result = match response_type.has_code() {
                true => site.world.run(site.client.finish_login(pending, callback)).map(drop),
                false => {
                    site.world.run(site.client.finish_implicit_login(pending, callback)).map(drop)
                }
            };
            let Some(mischief) = mischief else {
                result.unwrap();
                continue;
            };
            let plain = mischief == Wrong::Plain;
            let code = if plain { "token.not_encrypted" } else { "token.decryption" };
            let error = refused(result, code);
            assert!(matches!(
                error.kind(),
                ErrorKind::Token { kind: TokenKind::FrontChannelIdToken, .. }
            ));
            assert_eq!(site.world.transport.requests(), [""; 0]);
        }
    }
}

#[test]
fn e15_an_encrypted_token_where_none_is_registered() {
    for pair in PAIRS {
        let mut site = Site::with(world(pair), |registration| {
            registration
                .introspection_signed_response_alg(Algorithm::RS256)
                .decryption_keys(own_keys())
        });
        let error = refused(site.login(), "token.encrypted");
        assert!(error.hint().unwrap().contains("id_token_encrypted_response"));
        assert_eq!(site.world.transport.requests(), ["GET /jwks", "POST /token"]);
    }
    let mut site = Site::with(world(None), |registration| {
        registration.introspection_signed_response_alg(Algorithm::RS256)
    });
    let login = site.login().unwrap();
    assert!(!login.id_token().checks().contains(&Check::Decrypted));
    assert!(site.introspect(&login).unwrap().is_active());
    let encrypted = "e30.e30.e30.e30.e30";
    site.world.op.intercept("/introspect", move |_, response| {
        response.body = encrypted.as_bytes().to_vec();
    });
    refused(site.introspect(&login), "token.encrypted");
    assert_eq!(site.world.transport.requests(), ["POST /introspect"]);
    refused(site.receive(&format!("logout_token={encrypted}")), "token.encrypted");
}

#[test]
fn the_header_is_held_against_the_registration() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        for (mischief, code) in [
            (Wrong::OtherAlg, "token.encryption"),
            (Wrong::OtherEnc, "token.encryption"),
            (Wrong::NoCty, "token.header"),
            (Wrong::Twice, "token.encrypted"),
            (Wrong::NoSignature, "token.syntax"),
        ] {
            site.refuses(mischief, code);
        }
        site.login().unwrap();
    }
}

#[test]
fn what_cannot_be_decrypted_has_one_error() {
    for pair in PAIRS {
        let mut site = Site::new(pair);
        let mut texts = Vec::new();
        for mischief in [Wrong::FlippedTag, Wrong::FlippedContent, Wrong::WrongKey] {
            let error = site.refuses(mischief, "token.decryption");
            texts.push(format!("{error} {error:?} {:?}", error.hint()));
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        site.login().unwrap();
    }
}

#[test]
fn e17_kid_chooses_among_the_clients_own_keys_alone() {
    for pair in [(RsaOaep256, A256Gcm), (EcdhEs, A128Gcm)] {
        let mut site = Site::new(pair);
        site.refuses(Wrong::OtherKid, "token.decryption");
        site.wrong(Wrong::NoKid);
        decrypted(site.login().unwrap().id_token());
    }
    // The derived key has none, so any may be said of it.
    let mut site = Site::new((A128GcmKw, A128Gcm));
    site.wrong(Wrong::OtherKid);
    decrypted(site.login().unwrap().id_token());
}

#[test]
fn e17_a_former_key_still_decrypts_and_a_key_of_another_algorithm_never() {
    let jwks = client_decryption_jwks();
    let mut other = jwks[1].clone();
    other["kid"] = "next".into();
    let pair = (EcdhEs, A128Gcm);
    let both = vec![own_key(&other), own_key(&jwks[1])];
    let mut site = Site::with(world(pair), |own| registered(own, pair).decryption_keys(both));
    decrypted(site.login().unwrap().id_token());
    // Of the right type, and said to be for something else.
    let mut marked = jwks[1].clone();
    marked["alg"] = "ECDH-ES+A256KW".into();
    let keys = vec![own_key(&marked), own_key(&jwks[0])];
    let misuse =
        found(&mut world(pair), josekit(), |own| registered(own, pair).decryption_keys(keys));
    assert_eq!(misuse.unwrap_err().code(), "misuse.no_decryption_key");
}

#[test]
fn e20_claims_in_the_header_are_not_believed() {
    let mut site = Site::new(DIRECT);
    site.wrong(Wrong::HeaderClaims);
    let login = site.login().unwrap();
    decrypted(login.id_token());
    assert_eq!(login.subject().issuer(), "https://op.test");
    let body = site.told(&login);
    assert_eq!(site.receive(&body).unwrap().target().sub().unwrap(), "sub-alice-248289761001");
    // Nor do they help claims that are wrong.
    site.world.op.tamper_id_token(|_, _, claims| claims["iss"] = "https://evil.test".into());
    refused(site.login(), "claim.iss.mismatch");
}

#[test]
fn l18_a_logout_token_is_encrypted_like_an_id_token() {
    let mut site = Site::new((EcdhEsA256Kw, A256CbcHs512));
    for (mischief, code) in [
        (Wrong::Plain, "token.not_encrypted"),
        (Wrong::OtherEnc, "token.encryption"),
        (Wrong::FlippedTag, "token.decryption"),
        (Wrong::WrongKey, "token.decryption"),
        (Wrong::Twice, "token.encrypted"),
        (Wrong::NoCty, "token.header"),
    ] {
        let login = site.login().unwrap();
        site.wrong(mischief);
        let body = site.told(&login);
        let result = site.receive(&body);
        let answer = LogoutAnswer::back_channel(&result);
        assert_eq!(answer.status(), 400);
        let error = refused(result, code);
        assert!(matches!(error.kind(), ErrorKind::Token { kind: TokenKind::LogoutToken, .. }));
        assert_eq!(site.world.transport.requests(), [""; 0], "{mischief:?}");
        site.wrong(None);
    }
    let login = site.login().unwrap();
    let body = site.told(&login);
    site.receive(&body).unwrap();
}

#[test]
fn introspection_answers_are_refused_alike() {
    let mut site = Site::new((A256Kw, A192Gcm));
    let login = site.login().unwrap();
    for (mischief, code) in [
        (Wrong::OtherAlg, "token.encryption"),
        (Wrong::FlippedContent, "token.decryption"),
        (Wrong::WrongKey, "token.decryption"),
        (Wrong::Twice, "token.encrypted"),
        (Wrong::NoCty, "token.header"),
    ] {
        site.wrong(mischief);
        let error = refused(site.introspect(&login), code);
        assert!(matches!(error.kind(), ErrorKind::Token { kind: TokenKind::Introspection, .. }));
        assert_eq!(site.world.transport.requests(), ["POST /introspect"]);
    }
    site.wrong(None);
    assert!(site.introspect(&login).unwrap().is_active());
    // The signature inside is looked at as ever.
    let mut site = Site::with(world((A256Kw, A192Gcm)), |own| {
        registered(own, (A256Kw, A192Gcm)).introspection_signed_response_alg(Algorithm::ES256)
    });
    let login = site.login().unwrap();
    refused(site.introspect(&login), "token.algorithm");
}

#[test]
fn e10_a_shared_key_is_the_secrets_or_one_that_was_given() {
    let pair = (A256Kw, A192Gcm);
    // Keys of other uses do not help a client without a secret.
    let no_secret = |own: Registration| {
        let own = registered(own, pair);
        let public = Registration::public("rs256", own.redirect_uri()).unwrap();
        registered(public, pair).id_token_signed_response_alg(Algorithm::RS256)
    };
    let error = found(&mut world(pair), josekit(), no_secret).unwrap_err();
    assert_eq!(error.code(), "misuse.no_secret");
    assert!(error.hint().is_some());
    // One of another length fits nothing.
    let octets = |length: usize| {
        own_key(&json!({ "kty": "oct", "use": "enc", "k": base64url(&vec![7; length]) }))
    };
    let given = |length: usize| move |own| no_secret(own).decryption_keys(vec![octets(length)]);
    let error = found(&mut world(pair), josekit(), given(16)).unwrap_err();
    assert_eq!(error.code(), "misuse.no_secret");
    found(&mut world(pair), josekit(), given(32)).unwrap();
    // It takes the place of the derived one, which the provider used.
    let mut site =
        Site::with(world(pair), |own| registered(own, pair).decryption_keys(vec![octets(32)]));
    refused(site.login(), "token.decryption");
    let mut site =
        Site::with(world(pair), |own| registered(own, pair).decryption_keys(vec![octets(16)]));
    site.login().unwrap();
    // Nothing is tried with the secret that was not registered for it.
    let mut site = Site::with(world(DIRECT), |own| registered(own, (EcdhEs, A128Gcm)));
    refused(site.login(), "token.encryption");
}

#[test]
fn a_client_that_cannot_decrypt_is_not_made() {
    for pair in [(RsaOaep256, A256Gcm), (EcdhEs, A128Gcm)] {
        let (alg, enc) = pair;
        for keys in [
            vec![],
            vec![own_key(&json!({
                "kty": "oct", "k": base64url(&[7; 32]),
            }))],
        ] {
            let bare = |own: Registration| own.id_token_encrypted_response(alg, enc);
            let error = found(&mut world(pair), josekit(), |own| bare(own).decryption_keys(keys));
            let error = error.unwrap_err();
            assert_eq!(error.code(), "misuse.no_decryption_key");
            assert!(error.hint().unwrap().contains("decryption_keys"));
        }
        // Of every kind of answer.
        for register in [
            Registration::userinfo_encrypted_response
                as fn(Registration, KeyManagement, ContentEncryption) -> Registration,
            Registration::introspection_encrypted_response,
            Registration::authorization_encrypted_response,
        ] {
            let error = found(&mut world(None), josekit(), |own| register(own, alg, enc));
            assert_eq!(error.unwrap_err().code(), "misuse.no_decryption_key");
        }
    }
    // What the backend cannot do is found here too.
    let rsa = (RsaOaep256, A256Gcm);
    let error = found(&mut world(rsa), rustcrypto(), |own| registered(own, rsa)).unwrap_err();
    assert_eq!(error.code(), "misuse.algorithm");
    let ec = (EcdhEs, ContentEncryption::default());
    found(&mut world(ec), rustcrypto(), |own| registered(own, ec)).unwrap();
}

#[test]
fn the_pure_backend_decrypts_as_well() {
    for pair in PAIRS.into_iter().filter(|(alg, _)| *alg != RsaOaep256) {
        let mut world = world(pair);
        let client = found(&mut world, rustcrypto(), |own| registered(own, pair)).unwrap();
        decrypted(world.login(&client).unwrap().id_token());
    }
    // OIDC Registration 2
    assert_eq!(ContentEncryption::default(), A128CbcHs256);
}
