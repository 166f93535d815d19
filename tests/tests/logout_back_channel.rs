//! Logouts of which the provider tells by itself (OpenID Connect Back-Channel Logout 1.0), and the threats against them.

use std::time::Duration;

use relying_party::{
    Client, Error, Login, Policy,
    error::{Blame, ErrorKind, TokenKind},
    flow::back_channel_logout::ReceiveLogout,
    protocol::{
        id_token::TrustedAudiences,
        logout_answer::LogoutAnswer,
        logout_token::{LogoutToken, ReceivedLogout},
        relaxation::Relaxation,
        replay::MemoryReplays,
    },
    time::UnixTime,
};
use relying_party_tests::{
    op::{Alg, CLIENTS, Mischief, OpRequest, base64url},
    scenario::{World, YEAR},
};
use serde_json::{Value, json};

const NOTHING: [&str; 0] = [];
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

type Change = fn(&mut Value, &mut Value);

struct Site {
    world: World,
    client: Client,
    login: Login,
    alg: Alg,
}

impl Site {
    fn new() -> Self {
        Self::of("rs256", Alg::Rs256, Policy::default())
    }

    fn of(client_id: &str, alg: Alg, policy: Policy) -> Self {
        let mut world = World::default();
        let client = world.discover(client_id, policy).unwrap();
        Self::with(world, client, alg)
    }

    fn with(mut world: World, client: Client, alg: Alg) -> Self {
        let login = world.login(&client).unwrap();
        world.transport.clear();
        Self { world, client, login, alg }
    }

    /// As the provider would sign it, but for this change.
    fn mint(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
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

    fn ask(&self, token: &str) -> ReceiveLogout {
        self.client.back_channel_logout(FORM, format!("logout_token={token}").as_bytes())
    }

    fn run(&mut self, flow: ReceiveLogout) -> Result<ReceivedLogout, Error> {
        self.world.transport.clear();
        self.world.run(flow)
    }

    #[track_caller]
    fn accepted(&mut self, flow: ReceiveLogout) -> LogoutToken {
        let received = self.run(flow).unwrap_or_else(|error| panic!("refused: {error:?}"));
        let token = received.check_replay(&MemoryReplays::new());
        let answer = LogoutAnswer::back_channel(&token);
        assert_eq!((answer.status(), answer.headers()[0]), (200, ("cache-control", "no-store")));
        let token = token.unwrap();
        assert!(!format!("{token:?}").contains("alice"), "{token:?}");
        token
    }

    /// Refused with this code, answered 400, and nothing was requested.
    #[track_caller]
    fn refused(&mut self, flow: ReceiveLogout, code: &str) -> Error {
        let result = self.run(flow);
        let answer = LogoutAnswer::back_channel(&result);
        assert_eq!((answer.status(), answer.headers()[0]), (400, ("cache-control", "no-store")));
        let Err(error) = result else { panic!("accepted, not refused with {code}") };
        assert_eq!(error.code(), code, "{error}");
        assert_eq!(error.blame(), Blame::Visitor);
        assert_eq!(self.world.transport.requests(), NOTHING, "{code}");
        error
    }

    #[track_caller]
    fn refuses(&mut self, change: impl FnOnce(&mut Value, &mut Value), code: &str) -> Error {
        let token = self.mint(change);
        let flow = self.ask(&token);
        let error = self.refused(flow, code);
        assert!(matches!(error.kind(), ErrorKind::Token { kind: TokenKind::LogoutToken, .. }));
        error
    }

    #[track_caller]
    fn accepts(&mut self, change: impl FnOnce(&mut Value, &mut Value)) -> LogoutToken {
        let token = self.mint(change);
        let flow = self.ask(&token);
        self.accepted(flow)
    }
}

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().unwrap().remove(name);
}

#[test]
fn a_token_says_whose_session_ended() {
    for (client_id, alg) in CLIENTS {
        let mut site = Site::of(client_id, alg, Policy::default());
        let token = site.accepts(|_, p| p["an_unknown_claim"] = json!({ "deep": [null] }));
        let (target, login) = (token.target(), site.login.clone());
        assert_eq!(target.issuer(), "https://op.test");
        assert_eq!(target.sub(), Some(login.subject().sub()));
        assert_eq!(target.sid(), login.record().sid());
        assert!(login.session().is_ended_by(target), "{client_id}");
        assert_eq!((token.jti(), token.issued_at()), ("1", site.world.clock.now()));
        assert_eq!(token.expires_at(), Some(UnixTime::from_seconds(1_800_000_120)));
        assert!(token.relaxations().is_empty());
        assert_eq!(site.world.transport.requests(), NOTHING);
    }
}

#[test]
fn l08_only_the_registered_algorithm_is_taken() {
    for (client_id, alg) in CLIENTS {
        let mut site = Site::of(client_id, alg, Policy::default());
        site.accepts(|_, _| {});
        let others = [Alg::None, Alg::Rs256, Alg::Ps256, Alg::Es256, Alg::EdDsa, Alg::Hs256];
        for other in others.into_iter().filter(|other| *other != alg) {
            let kid = site.world.op.kid(other);
            site.refuses(
                |header, _| {
                    header["alg"] = other.name().into();
                    header["kid"] = kid.into();
                },
                "token.algorithm",
            );
        }
        let token = site.mint(|_, _| {});
        let (signed, _) = token.rsplit_once('.').unwrap();
        let flow = site.ask(&format!("{signed}.{}", base64url(&[1; 64])));
        site.refused(flow, "token.signature");
    }
}

#[test]
fn l09_the_event_is_there_and_is_an_object() {
    let mut site = Site::new();
    let cases: [(Change, &str); 8] = [
        (|_, p| remove(p, "events"), "claim.events.missing"),
        (|_, p| p["events"] = json!({}), "claim.events.mismatch"),
        (|_, p| p["events"] = json!({ "http://other.test": {} }), "claim.events.mismatch"),
        (|_, p| p["events"] = json!([EVENT]), "claim.events.malformed"),
        (|_, p| p["events"] = json!(EVENT), "claim.events.malformed"),
        (|_, p| p["events"] = json!({ EVENT: null }), "claim.events.malformed"),
        (|_, p| p["events"] = json!({ EVENT: "" }), "claim.events.malformed"),
        (|_, p| p["events"] = json!({ EVENT: [] }), "claim.events.malformed"),
    ];
    for (change, code) in cases {
        let error = site.refuses(change, code);
        assert!(error.hint().unwrap().contains("ID token"));
    }
    for change in
        [(|_, p| p["events"] = json!({ EVENT: {}, "http://other.test": 7 })) as Change, |_, p| {
            p["events"] = json!({ EVENT: { "a": 1 } })
        }]
    {
        site.accepts(change);
    }
}

#[test]
fn l10_an_id_token_is_no_logout_token() {
    let mut site = Site::new();
    let raw = site.login.id_token().raw().clone();
    let flow = site.ask(raw.expose());
    site.refused(flow, "claim.events.missing");
    for nonce in [json!("n"), json!(""), json!(null), json!({})] {
        site.refuses(|_, p| p["nonce"] = nonce, "claim.nonce.unexpected");
    }
    site.accepts(|_, p| remove(p, "nonce"));
}

#[test]
fn l11_somebody_is_named() {
    let mut site = Site::new();
    let cases: [(Change, &str); 7] = [
        (
            |_, p| {
                remove(p, "sub");
                remove(p, "sid");
            },
            "claim.sub.missing",
        ),
        (|_, p| p["sub"] = json!(""), "claim.sub.malformed"),
        (|_, p| p["sub"] = json!(null), "claim.sub.malformed"),
        (|_, p| p["sid"] = json!(""), "claim.sid.malformed"),
        (|_, p| p["sid"] = json!(7), "claim.sid.malformed"),
        (|_, p| p["sid"] = json!("x".repeat(1025)), "claim.sid.malformed"),
        (|_, p| p["sub"] = json!("x".repeat(256)), "claim.sub.malformed"),
    ];
    for (change, code) in cases {
        site.refuses(change, code);
    }
    let session = site.login.session();
    for (change, ends) in [
        ((|_, p| remove(p, "sub")) as Change, true),
        (|_, p| remove(p, "sid"), true),
        (|_, p| p["sid"] = json!("x".repeat(1024)), false),
        (|_, p| p["sid"] = json!("unknown"), false),
        (|_, p| p["sub"] = json!("bob"), false),
    ] {
        // A session that is unknown here is no failure of the provider's.
        let token = site.accepts(change);
        assert_eq!(session.is_ended_by(token.target()), ends);
    }
}

#[test]
fn l11_a_client_registered_for_sid_gets_one() {
    let mut world = World::default();
    let own = world.registration("rs256").backchannel_logout_session_required();
    let discover =
        Client::discover("https://op.test", own, relying_party_tests::scenario::crypto());
    let client = world.run(discover).unwrap();
    let mut site = Site::with(world, client, Alg::Rs256);
    site.refuses(|_, p| remove(p, "sid"), "claim.sid.missing");
    site.accepts(|_, p| remove(p, "sub"));
}

#[test]
fn l12_each_date_and_the_name_are_there_and_in_order() {
    let mut site = Site::new();
    let cases: [(Change, &str); 12] = [
        (|_, p| remove(p, "iat"), "claim.iat.missing"),
        (|_, p| p["iat"] = json!("1800000000"), "claim.iat.malformed"),
        (|_, p| p["iat"] = json!(1_800_000_061), "claim.iat.not_yet"),
        (|_, p| p["iat"] = json!(1_799_999_339), "claim.iat.expired"),
        (|_, p| remove(p, "exp"), "claim.exp.missing"),
        (|_, p| p["exp"] = json!(null), "claim.exp.malformed"),
        (|_, p| p["exp"] = json!(1_799_999_940), "claim.exp.expired"),
        (|_, p| remove(p, "jti"), "claim.jti.missing"),
        (|_, p| p["jti"] = json!(""), "claim.jti.malformed"),
        (|_, p| p["jti"] = json!(1), "claim.jti.malformed"),
        (|_, p| p["jti"] = json!("x".repeat(1025)), "claim.jti.malformed"),
        (|_, p| p["jti"] = json!(["1"]), "claim.jti.malformed"),
    ];
    for (change, code) in cases {
        site.refuses(change, code);
    }
    for good in [
        (|_, p| p["iat"] = json!(1_800_000_060)) as Change,
        |_, p| p["iat"] = json!(1_799_999_340),
        |_, p| p["exp"] = json!(1_799_999_941),
        |_, p| p["exp"] = json!(1_900_000_000),
        |_, p| p["jti"] = json!("x".repeat(1024)),
    ] {
        site.accepts(good);
    }
}

#[test]
fn l12_how_old_a_token_may_be_is_a_choice() {
    let mut site = Site::new();
    let old = site.mint(|_, p| p["iat"] = json!(1_799_999_000));
    let flow = site.ask(&old);
    site.refused(flow, "claim.iat.expired");
    let flow = site.ask(&old).max_age(Duration::from_secs(1000));
    site.accepted(flow);
    let flow = site.ask(&old).max_age(Duration::ZERO);
    site.refused(flow, "claim.iat.expired");
}

#[test]
fn l12_a_token_without_an_end_ends_by_its_age_and_is_reported() {
    let mut site = Site::new();
    let endless = site.mint(|_, p| remove(p, "exp"));
    let flow = site.ask(&endless).accept_missing_exp();
    let token = site.accepted(flow);
    assert_eq!(
        (token.expires_at(), token.relaxations()),
        (None, &[Relaxation::MissingLogoutTokenExp][..])
    );
    let good = site.mint(|_, _| {});
    let flow = site.ask(&good).accept_missing_exp();
    assert!(site.accepted(flow).relaxations().is_empty());
    let expired = site.mint(|_, p| p["exp"] = json!(1_799_999_940));
    let flow = site.ask(&expired).accept_missing_exp();
    site.refused(flow, "claim.exp.expired");
    site.world.clock.advance(Duration::from_secs(661));
    // So that the keys are fresh again.
    site.accepts(|_, _| {});
    let flow = site.ask(&endless).accept_missing_exp();
    site.refused(flow, "claim.iat.expired");
}

#[test]
fn l12_a_token_is_taken_once() {
    let mut site = Site::new();
    let replays = MemoryReplays::new();
    let (token, other) = (site.mint(|_, _| {}), site.mint(|_, p| p["jti"] = json!("2")));
    let take = |site: &mut Site, token: &str| {
        let flow = site.ask(token);
        let result = site.run(flow).unwrap().check_replay(&replays);
        let status = LogoutAnswer::back_channel(&result).status();
        (status, result.err().map(|error| error.code()))
    };
    assert_eq!(take(&mut site, &token), (200, None));
    assert_eq!(take(&mut site, &token), (400, Some("logout.replay")));
    assert_eq!(take(&mut site, &other), (200, None));
    site.world.clock.advance(Duration::from_secs(179));
    assert_eq!(take(&mut site, &token), (400, Some("logout.replay")));

    let flow = site.ask(&token);
    let received = site.run(flow).unwrap();
    assert_eq!((received.issuer(), received.jti()), ("https://op.test", "1"));
    // 120 s, the leeway, and what is left of the last second.
    assert_eq!(received.remember_until(), UnixTime::from_seconds(1_800_000_181));
    assert_eq!(received.first_use(false).unwrap_err().code(), "logout.replay");
    let flow = site.ask(&token);
    assert!(site.run(flow).unwrap().first_use(true).unwrap().relaxations().is_empty());
    let flow = site.ask(&token);
    let unchecked = site.run(flow).unwrap().insecure_without_replay_check();
    assert_eq!(unchecked.relaxations(), [Relaxation::WithoutReplayCheck]);
    site.world.clock.advance(Duration::from_secs(1));
    let flow = site.ask(&token);
    site.refused(flow, "claim.exp.expired");
}

#[test]
fn l13_the_token_is_from_this_provider_and_for_this_client() {
    let mut site = Site::new();
    let cases: [(Change, &str); 8] = [
        (|_, p| p["iss"] = json!("https://op.test/"), "claim.iss.mismatch"),
        (|_, p| p["iss"] = json!(null), "claim.iss.malformed"),
        (|_, p| remove(p, "iss"), "claim.iss.missing"),
        (|_, p| p["aud"] = json!("es256"), "claim.aud.mismatch"),
        (|_, p| p["aud"] = json!(["es256", "RS256"]), "claim.aud.mismatch"),
        (|_, p| p["aud"] = json!(["rs256", "es256"]), "claim.aud.untrusted"),
        (|_, p| p["aud"] = json!([]), "claim.aud.malformed"),
        (|_, p| remove(p, "aud"), "claim.aud.missing"),
    ];
    for (change, code) in cases {
        site.refuses(change, code);
    }
    site.accepts(|_, p| p["aud"] = json!(["rs256"]));
    let trusted = TrustedAudiences::List(vec!["es256".to_owned()]);
    let mut site = Site::of("rs256", Alg::Rs256, Policy::default().trusted_audiences(trusted));
    let token = site.accepts(|_, p| p["aud"] = json!(["es256", "rs256"]));
    assert!(
        matches!(token.relaxations(), [Relaxation::TrustedAudience(other)] if other.as_str() == "es256")
    );
}

#[test]
fn l14_tokens_of_other_types_are_refused() {
    let mut site = Site::new();
    for typ in
        [json!("at+jwt"), json!("logout"), json!(""), json!(["logout+jwt"]), json!("dpop+jwt")]
    {
        site.refuses(|h, _| h["typ"] = typ, "token.header");
    }
    let untyped: [Change; 2] = [|h, _| remove(h, "typ"), |h, _| h["typ"] = json!("JWT")];
    let typed: [Change; 2] =
        [|h, _| h["typ"] = json!("Logout+JWT"), |h, _| h["typ"] = json!("application/logout+jwt")];
    for change in untyped.iter().chain(&typed) {
        site.accepts(change);
    }
    for change in untyped {
        let token = site.mint(change);
        let flow = site.ask(&token).require_typ();
        site.refused(flow, "token.header");
    }
    for change in typed {
        let token = site.mint(change);
        let flow = site.ask(&token).require_typ();
        site.accepted(flow);
    }
}

#[test]
fn l15_what_is_posted_is_one_form_with_one_token() {
    let mut site = Site::new();
    let good = format!("logout_token={}", site.mint(|_, _| {}));
    let json = format!("{{\"{}\"}}", good.replace('=', "\":\""));
    let long = format!("{good}&x={}", "y".repeat(70_000));
    for (content_type, body, code) in [
        (FORM, format!("{good}&{good}"), "logout.duplicate"),
        (FORM, String::new(), "logout.token.missing"),
        (FORM, "logout_token=".to_owned(), "logout.token.missing"),
        (FORM, json.clone(), "logout.token.missing"),
        (FORM, format!("{good}%"), "logout.encoding"),
        (FORM, long, "logout.too_long"),
        (Some("application/json"), json, "logout.content_type"),
        (Some("text/plain"), good.clone(), "logout.content_type"),
        (None, good.clone(), "logout.content_type"),
        (FORM, "logout_token=a.b".to_owned(), "token.syntax"),
    ] {
        let flow = site.client.back_channel_logout(content_type, body.as_bytes());
        site.refused(flow, code);
    }
    let with_charset = Some("application/x-www-form-urlencoded;charset=UTF-8");
    for (content_type, body) in
        [(FORM, good.clone()), (with_charset, good.clone()), (FORM, format!("x=1&{good}&x=2&y"))]
    {
        let flow = site.client.back_channel_logout(content_type, body.as_bytes());
        site.accepted(flow);
    }
}

#[test]
fn l16_the_answer_is_200_or_400_and_is_never_kept() {
    let (good, bad) = (
        LogoutAnswer::back_channel(&Ok::<_, Error>(())),
        LogoutAnswer::back_channel(&Err::<(), _>("the store is away")),
    );
    assert_eq!((good.status(), bad.status()), (200, 400));
    for answer in [good, bad] {
        assert!(answer.headers().contains(&("cache-control", "no-store")));
        assert!(answer.headers().contains(&("content-type", "application/json")));
        serde_json::from_str::<Value>(answer.body()).unwrap();
    }
    assert_eq!(bad.body(), r#"{"error":"invalid_request"}"#);
}

#[test]
fn l16_keys_that_cannot_be_read_are_answered_400_too() {
    let mut site = Site::new();
    let (good, client) = (site.mint(|_, _| {}), site.client.clone());
    site.client = site.world.discover("rs256", Policy::default()).unwrap();
    site.world.op.set_mischief(Mischief::JwksUnavailable);
    let flow = site.ask(&good);
    let result = site.run(flow);
    assert_eq!(LogoutAnswer::back_channel(&result).status(), 400);
    assert_eq!(site.world.transport.requests(), ["GET /jwks"]);
    assert_ne!(result.unwrap_err().blame(), Blame::Visitor);
    // Where they are known, nothing is asked.
    site.client = client;
    site.accepts(|_, _| {});
}

#[test]
fn l18_an_encrypted_token_is_no_signed_one() {
    let mut site = Site::new();
    let flow = site.ask("eyJhbGciOiJSU0EtT0FFUCJ9.a2V5.aXY.Y2lwaGVy.dGFn");
    site.refused(flow, "token.syntax");
    site.accepts(|_, _| {});
}

#[test]
fn l19_a_flood_of_unknown_keys_causes_one_request() {
    let mut site = Site::new();
    site.world.clock.advance(YEAR);
    site.accepts(|_, _| {});
    site.world.transport.clear();
    let mut requests = 0;
    for number in 0..50 {
        let token = site.mint(|h, _| h["kid"] = format!("unknown-{number}").into());
        let flow = site.ask(&token);
        assert!(site.run(flow).is_err());
        requests += site.world.transport.requests().len();
    }
    assert!(requests <= 1, "{requests}");
    site.accepts(|_, _| {});
}

#[test]
fn a_client_without_id_tokens_takes_no_logout_tokens() {
    let mut site = Site::new();
    let token = site.mint(|_, _| {});
    let client = site.world.discover("rs256", Policy::default().without_id_tokens()).unwrap();
    let body = format!("logout_token={token}");
    let flow = client.back_channel_logout(FORM, body.as_bytes());
    assert_eq!(site.run(flow).unwrap_err().code(), "misuse.no_id_tokens");
    assert_eq!(site.world.transport.requests(), NOTHING);
    site.accepts(|_, _| {});
}

#[test]
fn z03_nothing_of_a_token_is_shown() {
    let mut site = Site::new();
    let token = site.mint(|_, _| {});
    let flow = site.ask(&token);
    let shown = format!("{flow:?}");
    let received = site.run(flow).unwrap();
    let shown = format!("{shown} {received:?}");
    let shown = format!("{shown} {:?}", received.first_use(true).unwrap());
    let subject = site.login.subject().sub().to_owned();
    for secret in [token, subject, site.login.record().sid().unwrap().to_owned()] {
        assert!(!shown.contains(&secret), "{shown}");
    }
}

#[test]
fn a_registered_client_knows_what_it_was_registered_for() {
    use relying_party::protocol::client_metadata::ClientMetadata;
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    for required in [true, false] {
        let metadata = ClientMetadata::web(&["https://rp.test/cb"]).unwrap();
        let metadata = metadata
            .backchannel_logout_uri("https://rp.test/told")
            .backchannel_logout_session_required(required)
            .frontchannel_logout_uri("https://rp.test/framed")
            .frontchannel_logout_session_required(required);
        let registered = world.run(Client::register(client.metadata(), metadata)).unwrap();
        let own = registered.registration(world.clock.now()).unwrap();
        let discover =
            Client::discover("https://op.test", own, relying_party_tests::scenario::crypto());
        let own = world.run(discover).unwrap();
        assert_eq!(own.front_channel_logout("").is_err(), required);
        let mut site = Site::with(world, own, Alg::Rs256);
        let token = site.mint(|_, p| remove(p, "sid"));
        let flow = site.ask(&token);
        assert_eq!(site.run(flow).is_err(), required);
        site.accepts(|_, _| {});
        let logout = site.client.start_logout().id_token_hint(site.login.id_token().raw());
        let url = site.world.run(logout).unwrap().url;
        site.world.op.handle(&OpRequest::get(url), site.world.clock.now().seconds());
        let told = site.world.op.take_logouts();
        let flow = site.client.back_channel_logout(FORM, &told[0].body);
        assert_eq!(site.accepted(flow).target().sid().is_some(), required);
        world = site.world;
    }
}
