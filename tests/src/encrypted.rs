//! A site for which the embedded provider encrypts: ID, logout and introspection tokens.

use crate::{
    op::{
        Alg, EncryptionMischief as Wrong, Encryptions, OpConfig, OpRequest, client_decryption_jwks,
        public,
    },
    refusal::refused,
    scenario::World,
};
use relying_party::{
    Client, Error, IdToken, Login, Registration,
    crypto::josekit,
    error::{ErrorKind, TokenKind},
    flow::granted::GrantedTokens,
    jose::{
        algorithm::Algorithm,
        backend::Crypto,
        encryption::{
            ContentEncryption::{self, *},
            KeyManagement::{self, *},
        },
        jwk::DecryptionKey,
    },
    protocol::{
        id_token::Check, introspection::Introspection, logout_token::LogoutToken,
        replay::MemoryReplays,
    },
};
use serde_json::Value;

/// `alg` and `enc`.
pub type Pair = (KeyManagement, ContentEncryption);

/// One of each kind of key.
pub const PAIRS: [Pair; 6] = [
    (RsaOaep256, A256Gcm),
    (EcdhEs, A128Gcm),
    (EcdhEsA256Kw, A256CbcHs512),
    (A256Kw, A192Gcm),
    (A128GcmKw, A128Gcm),
    (Dir, A128CbcHs256),
];
/// The one whose header the provider can write as it likes.
pub const DIRECT: Pair = (Dir, A128Gcm);

/// A client of a provider that encrypts for it, and nothing that was sent before.
#[derive(Debug)]
pub struct Site {
    /// The provider, and the way to it.
    pub world: World,
    /// The client.
    pub client: Client,
}

/// One of the client's own keys, from its JWK.
pub fn own_key(jwk: &Value) -> DecryptionKey {
    DecryptionKey::from_jwk(jwk.to_string().as_bytes()).unwrap()
}

/// Those whose public halves the provider has.
pub fn own_keys() -> Vec<DecryptionKey> {
    client_decryption_jwks().iter().map(own_key).collect()
}

/// ID tokens and introspection answers are registered as encrypted in this way.
pub fn registered(registration: Registration, (alg, enc): Pair) -> Registration {
    registration
        .id_token_encrypted_response(alg, enc)
        .introspection_encrypted_response(alg, enc)
        .decryption_keys(own_keys())
}

/// A provider that encrypts in this way for the client `rs256`.
pub fn world(pair: impl Into<Option<Pair>>) -> World {
    world_of(pair, client_decryption_jwks().into_iter().map(public).collect())
}

/// The same, with these as the client's public keys.
pub fn world_of(pair: impl Into<Option<Pair>>, jwks: Vec<Value>) -> World {
    let pair = pair.into();
    let mut config =
        OpConfig { introspection_signed_response_alg: Some(Alg::Rs256), ..OpConfig::default() };
    for client in config.clients.iter_mut().filter(|client| client.client_id == "rs256") {
        client.encryption =
            Encryptions { id_token: pair, introspection: pair, ..Encryptions::default() };
        client.jwks.clone_from(&jwks);
        client.logout.back_channel = Some("https://rp.test/told".into());
    }
    World::new(config)
}

/// The client `rs256`, with this backend and registration.
pub fn found(
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
    /// Encrypted in this way on both sides.
    pub fn new(pair: Pair) -> Self {
        Self::with(world(pair), |registration| registered(registration, pair))
    }

    /// In front of this provider, with this registration.
    pub fn with(mut world: World, change: impl FnOnce(Registration) -> Registration) -> Self {
        let client = found(&mut world, josekit(), change).unwrap();
        Self { world, client }
    }

    /// What the provider does wrong from now on.
    pub fn wrong(&self, mischief: impl Into<Option<Wrong>>) {
        self.world.op.set_encryption_mischief(mischief);
    }

    /// A login with a code.
    pub fn login(&mut self) -> Result<Login, Error> {
        self.world.transport.clear();
        self.world.login(&self.client)
    }

    /// An ID token without a browser.
    pub fn password(&mut self) -> Result<GrantedTokens, Error> {
        self.world.transport.clear();
        self.world.run(self.client.password("alice", "wonderland").scope("openid"))
    }

    /// What comes to the back channel after a logout at the provider.
    pub fn told(&mut self, login: &Login) -> String {
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

    /// What becomes of a logout that is told.
    pub fn receive(&mut self, body: &str) -> Result<LogoutToken, Error> {
        let form = Some("application/x-www-form-urlencoded");
        let received = self.world.run(self.client.back_channel_logout(form, body.as_bytes()))?;
        received.check_replay(&MemoryReplays::new())
    }

    /// Looks the access token up.
    pub fn introspect(&mut self, login: &Login) -> Result<Introspection, Error> {
        self.world.transport.clear();
        self.world.run(self.client.introspect(login.tokens().access_token(), None))
    }

    /// A login is refused with this code right after the tokens came, and its error tells nothing.
    #[track_caller]
    pub fn refuses(&mut self, mischief: Wrong, code: &str) -> Error {
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

/// It came encrypted, and what is kept of it is the token inside.
#[track_caller]
pub fn decrypted(token: &IdToken) {
    assert_eq!(token.checks()[..2], [Check::Decrypted, Check::Signature(Algorithm::RS256)]);
    assert_eq!(token.raw().expose().matches('.').count(), 2);
    assert_eq!(token.subject().sub(), "sub-alice-248289761001");
}
