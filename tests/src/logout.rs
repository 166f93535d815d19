//! A site to which the embedded provider tells logouts (Back-Channel Logout 1.0).

use relying_party::{
    Client, Error, Login, Policy,
    error::{Blame, ErrorKind, TokenKind},
    flow::back_channel_logout::ReceiveLogout,
    protocol::{
        logout_answer::LogoutAnswer,
        logout_token::{LogoutToken, ReceivedLogout},
        replay::MemoryReplays,
    },
};
use serde_json::{Value, json};

use crate::{op::Alg, scenario::World};

/// The content type of what is posted.
pub const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
/// The event that makes a logout token.
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What is different about the header and the claims of a token.
pub type Change = fn(&mut Value, &mut Value);

/// Takes a member away.
///
/// # Panics
/// When it is no object.
pub fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().expect("an object").remove(name);
}

/// A site at which alice is logged in.
#[derive(Debug)]
pub struct Site {
    /// The provider, and the way to it.
    pub world: World,
    /// The site's client.
    pub client: Client,
    /// Alice's login.
    pub login: Login,
    /// With what the provider signs.
    pub alg: Alg,
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Site {
    /// Of the client `rs256`.
    pub fn new() -> Self {
        Self::of("rs256", Alg::Rs256, Policy::default())
    }

    /// Of the client that is registered for `alg`.
    ///
    /// # Panics
    /// When alice cannot log in.
    pub fn of(client_id: &str, alg: Alg, policy: Policy) -> Self {
        let mut world = World::default();
        let client = world.discover(client_id, policy).unwrap();
        Self::with(world, client, alg)
    }

    /// Of this client.
    ///
    /// # Panics
    /// When alice cannot log in.
    pub fn with(mut world: World, client: Client, alg: Alg) -> Self {
        let login = world.login(&client).unwrap();
        world.transport.clear();
        Self { world, client, login, alg }
    }

    /// As the provider would sign it, but for this change.
    pub fn mint(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let (op, now) = (&self.world.op, self.world.clock.now().seconds());
        let mut header = json!({ "alg": self.alg.name(), "typ": "logout+jwt" });
        if !op.kid(self.alg).is_empty() {
            header["kid"] = op.kid(self.alg).into();
        }
        let mut payload = json!({
            "iss": op.issuer(), "aud": self.client.registration().client_id(), "jti": "1",
            "sub": self.login.subject().sub(), "sid": self.login.record().sid(),
            "iat": now, "exp": now + 120, "events": { EVENT: {} },
        });
        change(&mut header, &mut payload);
        let alg = header["alg"].as_str().and_then(Alg::from_name).unwrap_or(self.alg);
        op.mint(alg, &header.to_string(), &payload.to_string())
    }

    /// The token, posted.
    pub fn ask(&self, token: &str) -> ReceiveLogout {
        self.client.back_channel_logout(FORM, format!("logout_token={token}").as_bytes())
    }

    /// Runs a flow, whose requests are then the only ones.
    ///
    /// # Errors
    /// The flow's.
    pub fn run(&mut self, flow: ReceiveLogout) -> Result<ReceivedLogout, Error> {
        self.world.transport.clear();
        self.world.run(flow)
    }

    /// It must be accepted, and is answered 200.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn accepted(&mut self, flow: ReceiveLogout) -> LogoutToken {
        let received = self.run(flow).unwrap_or_else(|error| panic!("refused: {error:?}"));
        let token = received.check_replay(&MemoryReplays::new());
        let answer = LogoutAnswer::back_channel(&token);
        assert_eq!((answer.status(), answer.headers()[0]), (200, ("cache-control", "no-store")));
        let token = token.unwrap();
        assert!(!format!("{token:?}").contains("alice"), "{token:?}");
        token
    }

    /// It must be refused with this code, is answered 400, and nothing is requested.
    ///
    /// # Panics
    /// When it is not so.
    #[track_caller]
    pub fn refused(&mut self, flow: ReceiveLogout, code: &str) -> Error {
        let result = self.run(flow);
        let answer = LogoutAnswer::back_channel(&result);
        assert_eq!((answer.status(), answer.headers()[0]), (400, ("cache-control", "no-store")));
        let Err(error) = result else { panic!("accepted, not refused with {code}") };
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(error.blame(), Blame::Visitor);
        assert_eq!(self.world.transport.requests(), [""; 0], "{code}");
        error
    }

    /// The same for a token with this change.
    ///
    /// # Panics
    /// As [`refused`](Self::refused).
    #[track_caller]
    pub fn refuses(&mut self, change: impl FnOnce(&mut Value, &mut Value), code: &str) -> Error {
        let token = self.mint(change);
        let flow = self.ask(&token);
        let error = self.refused(flow, code);
        assert!(matches!(error.kind(), ErrorKind::Token { kind: TokenKind::LogoutToken, .. }));
        error
    }

    /// A token with this change must be accepted.
    ///
    /// # Panics
    /// As [`accepted`](Self::accepted).
    #[track_caller]
    pub fn accepts(&mut self, change: impl FnOnce(&mut Value, &mut Value)) -> LogoutToken {
        let token = self.mint(change);
        let flow = self.ask(&token);
        self.accepted(flow)
    }
}
