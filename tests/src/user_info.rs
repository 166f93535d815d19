//! Userinfo that comes as a token: a session whose provider sends it so, and what a test makes it send instead.

use relying_party::{
    Client, Error, Login, Policy, Registration,
    error::{ErrorKind, TokenKind},
    flow::user_info::ReadUserInfo,
    jose::{algorithm::Algorithm, backend::Crypto},
    protocol::user_info::UserInfo,
};
use serde_json::{Value, json};

use crate::{
    op::{Alg, OpClient, OpConfig},
    scenario::{World, crypto},
};

/// The media type of such an answer.
pub const JWT: &str = "application/jwt";
/// Who logged in.
pub const ALICE: &str = "sub-alice-248289761001";

/// A login whose userinfo is still to be read.
#[derive(Debug)]
pub struct Session {
    /// The provider and the way between.
    pub world: World,
    /// The client `rs256`.
    pub client: Client,
    /// Alice's.
    pub login: Login,
}

impl Session {
    /// With what the provider registered, and with what this side says about it.
    pub fn with(
        provider: impl Fn(&mut OpClient),
        own: impl FnOnce(Registration) -> Registration,
        policy: Policy,
        crypto: Crypto,
    ) -> Self {
        let mut config = OpConfig::default();
        config.clients.iter_mut().filter(|client| client.client_id == "rs256").for_each(provider);
        let mut world = World::new(config);
        let registration = own(world.registration("rs256"));
        let issuer = world.op.issuer().to_owned();
        let discover = Client::discover(issuer, registration, crypto).policy(policy);
        let client = world.run(discover).unwrap();
        let started = world.run(client.start_login().scope("profile email")).unwrap();
        let callback = world.visit(&started.url).callback().unwrap();
        let login = world.run(client.finish_login(started.pending, callback)).unwrap();
        Self { world, client, login }
    }

    /// Signed with this algorithm, if any; both sides know.
    pub fn of(alg: Option<Alg>, policy: Policy) -> Self {
        let own = |registration: Registration| match alg {
            Some(alg) => {
                registration.userinfo_signed_response_alg(Algorithm::parse(alg.name()).unwrap())
            }
            None => registration,
        };
        Self::with(|client| client.userinfo_signed_response_alg = alg, own, policy, crypto())
    }

    /// Signed with RS256.
    pub fn signed() -> Self {
        Self::of(Some(Alg::Rs256), Policy::default())
    }

    /// Not signed.
    pub fn plain() -> Self {
        Self::of(None, Policy::default())
    }

    /// The flow.
    pub fn asking(&self) -> ReadUserInfo {
        self.client.user_info(self.login.tokens().access_token(), self.login.subject())
    }

    /// What comes of it; requests are counted from here.
    ///
    /// # Errors
    /// The flow's.
    pub fn read(&mut self) -> Result<UserInfo, Error> {
        self.world.transport.clear();
        self.world.op.clear_transcript();
        let flow = self.asking();
        self.world.run(flow)
    }

    /// With another type and body of the answer.
    ///
    /// # Errors
    /// The flow's.
    pub fn answered(
        &mut self,
        media_type: Option<&'static str>,
        body: impl Into<Vec<u8>>,
    ) -> Result<UserInfo, Error> {
        let body = body.into();
        self.world.op.clear_hooks();
        self.world.op.intercept("/userinfo", move |_, response| {
            let media_type = media_type.map(|value| ("content-type".into(), value.into()));
            response.headers = media_type.into_iter().collect();
            response.body = body.clone();
        });
        self.read()
    }

    /// A good token, changed.
    pub fn token(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let op = &self.world.op;
        let mut header = json!({ "alg": "RS256", "kid": op.kid(Alg::Rs256) });
        let mut payload =
            json!({ "iss": op.issuer(), "aud": "rs256", "sub": ALICE, "email": "a@b.test" });
        change(&mut header, &mut payload);
        let alg = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(Alg::Rs256);
        op.mint(alg, &header.to_string(), &payload.to_string())
    }

    /// With such a token as the answer.
    ///
    /// # Errors
    /// The flow's.
    pub fn minted(
        &mut self,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> Result<UserInfo, Error> {
        let token = self.token(change);
        self.answered(Some(JWT), token)
    }

    /// Refused, and nothing was requested but the answer.
    #[track_caller]
    pub fn refused(&self, result: Result<UserInfo, Error>, code: &str) -> Error {
        let error = result.expect_err("accepted");
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(self.world.transport.requests(), ["GET /userinfo"], "{code}");
        assert!(!format!("{error} {error:?}").contains("a@b.test"));
        error
    }

    /// Refuses such a token.
    #[track_caller]
    pub fn refuses(&mut self, change: impl FnOnce(&mut Value, &mut Value), code: &str) {
        let result = self.minted(change);
        let error = self.refused(result, code);
        let kind = matches!(error.kind(), ErrorKind::Token { kind: TokenKind::UserInfo, .. });
        assert!(kind, "{error:?}");
    }

    /// Accepts such a token.
    #[track_caller]
    pub fn accepts(&mut self, change: impl FnOnce(&mut Value, &mut Value)) -> UserInfo {
        let info = self.minted(change).unwrap_or_else(|error| panic!("{error:?}"));
        assert_eq!(info.claims().claim("email"), Ok(Some("a@b.test".to_owned())));
        assert_eq!(self.world.transport.requests(), ["GET /userinfo"]);
        info
    }
}
