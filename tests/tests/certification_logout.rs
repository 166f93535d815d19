//! The certification plans of the four logout profiles, each module with each response type of the basic, the implicit
//! and the hybrid profile.
//!
//! A row of the back-channel plan asserts what the suite looks at, the exact status and `no-store`, and beside it the
//! code, the sessions that are left, and that nothing was requested.

use relying_party::{
    Client, Policy,
    flow::session::{MemorySessions, Session, Sessions},
    protocol::{
        logout_answer::LogoutAnswer,
        replay::MemoryReplays,
        response_type::ResponseType::{
            self, Code, CodeIdToken, CodeIdTokenToken, CodeToken, IdToken, IdTokenToken,
        },
    },
};
use relying_party_tests::{
    op::{Mischief, OpConfig, OpRequest, OpResponse},
    scenario::World,
};
use url::Url;

const BYE: &str = "https://rp.test/bye";
const NOTHING: [&str; 0] = [];
/// Basic has the first, implicit the next two, hybrid the last three.
const ALL: [ResponseType; 6] =
    [Code, IdToken, IdTokenToken, CodeIdToken, CodeToken, CodeIdTokenToken];

/// A site where alice is logged in.
struct Site {
    world: World,
    client: Client,
    sessions: MemorySessions,
    session: Session,
}

impl Site {
    fn new(response_type: ResponseType, change: impl FnOnce(&mut OpConfig)) -> Self {
        let mut config = OpConfig::default();
        change(&mut config);
        let mut world = World::new(config);
        let client = world.discover("rs256", Policy::default()).unwrap();
        let start = client.start_login().response_type(response_type);
        let started = world.run(start.insecure_front_channel_access_token()).unwrap();
        let callback = world.visit(&started.url).callback().unwrap();
        let session = match response_type.has_code() {
            true => world.run(client.finish_login(started.pending, callback)).unwrap().session(),
            false => {
                let finish = client.finish_implicit_login(started.pending, callback);
                world.run(finish).unwrap().session()
            }
        };
        let sessions = MemorySessions::new();
        sessions.insert("visitor", &session).unwrap();
        world.transport.clear();
        Self { world, client, sessions, session }
    }

    /// The browser goes to the provider's end session endpoint and is back with this query.
    fn log_out(&mut self) -> (OpResponse, relying_party::secret::State) {
        let start = self.client.start_logout().id_token_hint(self.session.id_token());
        let started = self.world.run(start.post_logout_redirect_uri(BYE)).unwrap();
        (self.open(&started.url), started.state)
    }

    fn open(&self, url: &Url) -> OpResponse {
        self.world.op.handle(&OpRequest::get(url.clone()), self.world.clock.now().seconds())
    }

    fn is_logged_in(&self) -> bool {
        self.sessions.get("visitor").unwrap().is_some()
    }
}

fn told(config: &mut OpConfig) {
    for client in &mut config.clients {
        client.logout.back_channel = Some("https://rp.test/told".to_owned());
        client.logout.back_channel_session = true;
    }
}

fn framed(config: &mut OpConfig) {
    for client in &mut config.clients {
        client.logout.front_channel = Some("https://rp.test/framed?own=1".to_owned());
        client.logout.front_channel_session = true;
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).expect(before).1.split_once(after).expect(after).0
}

macro_rules! back_channel {
    ($($test:ident $($mischief:ident => $code:literal)?;)*) => {
        $(#[test]
        fn $test() {
            for response_type in ALL {
                let row: &[(Mischief, &str)] = &[$((Mischief::$mischief, $code))?];
                hold(response_type, row.first().copied());
            }
        })*

        const ROWS: &[(&str, &[Mischief])] = &[$((stringify!($test), &[$(Mischief::$mischief)?]),)*];
    };
}

back_channel! {
    oidcc_client_test_rp_backchannel_rpinitlogout;
    oidcc_client_test_rp_backchannel_rpinitlogout_alg_none LogoutTokenAlgNone => "token.algorithm";
    oidcc_client_test_rp_backchannel_rpinitlogout_no_event LogoutTokenNoEvent
        => "claim.events.missing";
    oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event LogoutTokenWrongEvent
        => "claim.events.mismatch";
    oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce LogoutTokenWithNonce
        => "claim.nonce.unexpected";
    oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg LogoutTokenWrongAlg
        => "token.algorithm";
    oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud LogoutTokenWrongAud
        => "claim.aud.mismatch";
    oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss LogoutTokenWrongIss
        => "claim.iss.mismatch";
}

#[track_caller]
fn hold(response_type: ResponseType, row: Option<(Mischief, &str)>) {
    let mut site = Site::new(response_type, told);
    site.world.op.set_mischief(row.map(|(mischief, _)| mischief));
    site.log_out();
    let [request] = &site.world.op.take_logouts()[..] else { panic!("not one request") };
    let content_type = request.header("content-type");
    let receive = site.client.back_channel_logout(content_type, &request.body);
    let ended = site
        .world
        .run(receive)
        .and_then(|received| received.check_replay(&MemoryReplays::new()))
        .map(|token| site.sessions.end(token.target()).unwrap());
    let answer = LogoutAnswer::back_channel(&ended);
    assert!(answer.headers().contains(&("cache-control", "no-store")));
    match row {
        None => assert_eq!((answer.status(), ended.unwrap().len()), (200, 1)),
        Some((_, code)) => {
            assert_eq!((answer.status(), ended.unwrap_err().code()), (400, code));
        }
    }
    assert_eq!(site.is_logged_in(), row.is_some(), "{response_type}");
    assert_eq!(site.world.transport.requests(), NOTHING);
}

/// 8, 16 and 24 of the back-channel plans.
#[test]
fn no_module_of_the_back_channel_plans_is_missing() {
    assert_eq!(ROWS.len() * ALL.len(), 8 + 16 + 24);
    let named = |mischief: &Mischief| mischief.name().contains("rp-backchannel");
    for mischief in Mischief::ALL.iter().filter(|mischief| named(mischief)) {
        let row = ROWS.iter().find(|(_, own)| own.contains(mischief));
        assert_eq!(row.map(|(test, _)| *test), Some(&*mischief.name().replace('-', "_")));
    }
}

fn rp_initiated(mischief: Option<Mischief>, due: Option<&str>) {
    for response_type in ALL {
        let mut site = Site::new(response_type, told);
        site.world.op.set_mischief(mischief);
        let (answer, state) = site.log_out();
        let location = Url::parse(answer.header("location").unwrap()).unwrap();
        let back = site.client.finish_logout(location.query().unwrap_or_default(), &state);
        assert_eq!(back.err().map(|error| error.code()), due, "{response_type}");
        assert_eq!(site.world.transport.requests(), NOTHING);
    }
}

#[test]
fn oidcc_client_test_rp_init_logout() {
    rp_initiated(None, None);
}

#[test]
fn oidcc_client_test_rp_init_logout_other_state() {
    rp_initiated(Some(Mischief::LogoutOtherState), Some("callback.logout_state"));
}

#[test]
fn oidcc_client_test_rp_init_logout_no_state() {
    rp_initiated(Some(Mischief::LogoutNoState), Some("callback.logout_state"));
}

/// What the browser does with the provider's page: it loads the frame, with the visitor's cookie.
#[track_caller]
fn front_channel(site: &Site, page: &OpResponse) {
    assert_eq!(page.status, 200);
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let frame = between(&page, "<iframe src=\"", "\"").replace("&amp;", "&");
    let query = frame.strip_prefix("https://rp.test/framed?").unwrap();
    let logout = site.client.front_channel_logout(query).unwrap();
    assert_eq!(logout.target().unwrap().sid(), site.session.sid());
    let session = site.sessions.get("visitor").unwrap().unwrap();
    assert!(logout.ends(&session));
    site.sessions.remove("visitor").unwrap();
    let answer = LogoutAnswer::front_channel();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains(&("cache-control", "no-store")));
    assert_eq!(site.world.transport.requests(), NOTHING);
}

#[test]
fn oidcc_client_test_rp_frontchannel_rpinitlogout() {
    for response_type in ALL {
        let mut site = Site::new(response_type, framed);
        let (page, state) = site.log_out();
        front_channel(&site, &page);
        let page = String::from_utf8_lossy(&page.body).into_owned();
        let back = between(&page, "<a href=\"", "\"").strip_prefix("https://rp.test/bye?").unwrap();
        site.client.finish_logout(back, &state).unwrap();
    }
}

#[test]
fn oidcc_client_test_rp_frontchannel_opinitlogout() {
    for response_type in ALL {
        let site = Site::new(response_type, framed);
        let mut url = site.client.metadata().end_session_endpoint().unwrap().clone();
        // As a link of the provider's own would do it.
        url.query_pairs_mut().append_pair("id_token_hint", site.session.id_token().expose());
        front_channel(&site, &site.open(&url));
    }
}

#[test]
fn oidcc_client_test_session_management() {
    for response_type in ALL {
        let mut site = Site::new(response_type, |config| config.session_management = true);
        let state = site.session.session_state().expect("a session_state").clone();
        let page = site.client.check_session_page(&state).unwrap();
        assert!(page.html().contains("src=\"https://op.test/check_session\""));
        assert!(page.content_security_policy().contains("frame-src https://op.test;"));
        let frame = site.open(site.client.metadata().check_session_iframe().unwrap());
        assert_eq!((frame.status, frame.header("x-frame-options")), (200, None));
        let sid = site.session.sid().unwrap().to_owned();
        let message = between(page.html(), "data-message=\"", "\"").to_owned();
        assert_eq!(message, format!("rs256 {}", state.expose()));
        let asked = |site: &Site| site.world.op.check_session(&message, "https://rp.test", &sid);
        assert_eq!(asked(&site), "unchanged");
        site.log_out();
        assert_eq!(asked(&site), "changed");
        assert_eq!(site.world.transport.requests(), NOTHING);
    }
}
