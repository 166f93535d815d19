//! Sessions as data, and their watch over the session at the provider (OpenID Connect Session Management 1.0).

use relying_party::{
    Client, Login, LoginRecord, Policy,
    error::ErrorKind,
    flow::session::{MemorySessions, Session, Sessions},
    protocol::{authorization::Prompt, replay::MemoryReplays},
    secret::SessionState,
};
use relying_party_tests::{
    op::OpConfig,
    scenario::World,
    visitor::{ALICE, Visitor},
};

const NOTHING: [&str; 0] = [];
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const BOB: &[(&str, &str)] = &[("user", "bob"), ("password", "builder")];

fn world() -> World {
    let mut config = OpConfig { session_management: true, ..OpConfig::default() };
    for client in &mut config.clients {
        client.logout.back_channel = Some("https://rp.test/told".to_owned());
    }
    World::new(config)
}

/// Through the pages of the provider.
fn log_in(world: &mut World, client: &Client, visitor: &Visitor, who: &[(&str, &str)]) -> Login {
    let started = world.run(client.start_login().prompt(Prompt::Login)).unwrap();
    let back = visitor.follow(&started.url, "https://rp.test/cb", who).unwrap();
    world.run(client.finish_login(started.pending, back.callback().unwrap())).unwrap()
}

/// The provider posts what became of a logout; how many sessions that ended.
fn told(world: &mut World, client: &Client, sessions: &MemorySessions) -> usize {
    let [request] = &world.op.take_logouts()[..] else { panic!("not one request") };
    let received = world.run(client.back_channel_logout(FORM, &request.body)).unwrap();
    let token = received.check_replay(&MemoryReplays::new()).unwrap();
    sessions.end(token.target()).unwrap().len()
}

fn log_out(world: &mut World, client: &Client, session: &Session) {
    let start = client.start_logout().id_token_hint(session.id_token());
    let url = world.run(start).unwrap().url;
    let request = relying_party_tests::op::OpRequest::get(url);
    assert_eq!(world.op.handle(&request, world.clock.now().seconds()).status, 200);
}

#[test]
fn a_logout_by_sub_ends_every_session_of_that_person_and_no_other() {
    let mut world = world();
    let client = world.discover("rs256", Policy::default()).unwrap();
    let sessions = MemorySessions::new();
    let visitors = ["a", "b"].map(|_| Visitor::in_memory(world.op.clone(), world.clock.clone()));
    let first = log_in(&mut world, &client, &visitors[0], ALICE).session();
    let second = log_in(&mut world, &client, &visitors[1], ALICE).session();
    let other = Visitor::in_memory(world.op.clone(), world.clock.clone());
    let bob = log_in(&mut world, &client, &other, BOB).session();
    for (id, session) in [("1", &first), ("2", &second), ("3", &bob)] {
        sessions.insert(id, session).unwrap();
    }
    let (issuer, sub) = (first.subject().issuer(), first.subject().sub());
    assert_eq!(sessions.of_subject(issuer, sub).unwrap(), ["1", "2"]);
    assert_eq!(sessions.of_subject("https://other.test", sub).unwrap(), NOTHING);
    assert_eq!(sessions.of_sid(issuer, second.sid().unwrap()).unwrap(), ["2"]);
    assert_eq!(sessions.of_sid("https://other.test", second.sid().unwrap()).unwrap(), NOTHING);
    world.transport.clear();

    log_out(&mut world, &client, &first);
    assert_eq!(told(&mut world, &client, &sessions), 2, "sub alone names all");
    assert!(sessions.get("1").unwrap().is_none() && sessions.get("2").unwrap().is_none());
    assert_eq!(sessions.get("3").unwrap().unwrap().subject(), bob.subject());
    // Another logout of hers finds nothing, and that is no failure.
    log_out(&mut world, &client, &second);
    assert_eq!(told(&mut world, &client, &sessions), 0);
    assert_eq!(world.transport.requests(), NOTHING);
}

#[test]
fn a_logout_by_sid_ends_the_sessions_within_it() {
    let mut config = world().op.config().clone();
    for client in &mut config.clients {
        client.logout.back_channel_session = true;
    }
    let mut world = World::new(config);
    let client = world.discover("rs256", Policy::default()).unwrap();
    let sessions = MemorySessions::new();
    let visitors = ["a", "b"].map(|_| Visitor::in_memory(world.op.clone(), world.clock.clone()));
    let first = log_in(&mut world, &client, &visitors[0], ALICE).session();
    let second = log_in(&mut world, &client, &visitors[1], ALICE).session();
    for (id, session) in [("1", &first), ("1 again", &first), ("2", &second)] {
        sessions.insert(id, session).unwrap();
    }
    log_out(&mut world, &client, &first);
    assert_eq!(told(&mut world, &client, &sessions), 2);
    assert!(sessions.get("2").unwrap().is_some());
}

#[test]
fn the_bytes_of_a_session_survive_and_are_checked() {
    let mut world = world();
    let client = world.discover("rs256", Policy::default()).unwrap();
    let login = world.login(&client).unwrap();
    let session = login.session();
    let bytes = session.to_bytes();
    let read = Session::from_bytes(&bytes).unwrap();
    assert_eq!(read.to_bytes(), bytes);
    assert_eq!((read.subject(), read.sid()), (login.subject(), login.record().sid()));
    assert!(read.id_token() == login.id_token().raw());
    assert_eq!(read.session_state().map(SessionState::expose), login.session_state());
    assert_eq!(read.record().to_bytes(), login.record().to_bytes());

    let mut damaged = bytes.clone();
    damaged[20] ^= 1;
    let mut newer = bytes.clone();
    newer[0] = 2;
    for (bytes, code) in [
        (&[][..], "stored.malformed"),
        (&bytes[..bytes.len() - 1], "stored.malformed"),
        (&damaged, "stored.malformed"),
        (&newer, "stored.version"),
        // The bytes of something else.
        (&login.record().to_bytes(), "stored.malformed"),
    ] {
        assert_eq!(Session::from_bytes(bytes).unwrap_err().code(), code);
    }
    let error = LoginRecord::from_bytes(&bytes).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Stored { .. }));
    let shown = format!("{session:?} {:?}", session.session_state());
    assert!(!shown.contains(session.id_token().expose()), "{shown}");
    assert!(!shown.contains(login.session_state().unwrap()), "{shown}");
}

#[test]
fn l21_a_session_state_with_a_space_is_not_kept() {
    for (state, kept) in [("a b", None), ("", None), ("ab.c\u{e9}", None), ("ab.c", Some("ab.c"))] {
        let mut world = world();
        let client = world.discover("rs256", Policy::default()).unwrap();
        let started = world.run(client.start_login()).unwrap();
        let back = world.visit(&started.url);
        let (before, _) = back.text().split_once("session_state=").unwrap();
        let after = back.text().split_once("&state=").unwrap().1;
        let state: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
        let query = format!("{before}session_state={state}&state={after}");
        let callback = client.callback(&query).unwrap();
        let login = world.run(client.finish_login(started.pending, callback)).unwrap();
        let session = login.session();
        assert_eq!(session.session_state().map(SessionState::expose), kept);
    }
}

#[test]
fn session_management_3_1_the_same_person_is_still_there_or_not() {
    let mut world = world();
    let client = world.discover("rs256", Policy::default()).unwrap();
    let visitor = Visitor::in_memory(world.op.clone(), world.clock.clone());
    let session = log_in(&mut world, &client, &visitor, ALICE).session();
    world.transport.clear();
    let again = |world: &mut World, session: &Session| {
        let started = world.run(client.start_reauthentication(session)).unwrap();
        let pairs: Vec<_> = started.url.query_pairs().into_owned().collect();
        assert!(pairs.contains(&("prompt".to_owned(), "none".to_owned())));
        let hint = session.id_token().expose().to_owned();
        assert!(pairs.contains(&("id_token_hint".to_owned(), hint)));
        let back = visitor.follow(&started.url, "https://rp.test/cb", &[]).unwrap();
        let callback = client.callback(back.text()).unwrap();
        world.run(client.finish_login(started.pending, callback))
    };
    let same = again(&mut world, &session).unwrap().session();
    assert_eq!((same.subject(), same.sid()), (session.subject(), session.sid()));
    assert!(same.session_state().is_some());
    assert_eq!(world.transport.requests(), ["POST /token"]);

    // Somebody else has logged in at the provider since.
    log_in(&mut world, &client, &visitor, BOB);
    world.transport.clear();
    assert_eq!(again(&mut world, &session).unwrap_err().code(), "claim.sub.mismatch");
    assert_eq!(world.transport.requests(), ["POST /token"]);

    // Nobody is logged in any more.
    let alice = log_in(&mut world, &client, &visitor, ALICE).session();
    log_out(&mut world, &client, &alice);
    world.transport.clear();
    let error = again(&mut world, &alice).unwrap_err();
    assert_eq!(error.code(), "provider.error");
    match error.kind() {
        ErrorKind::Provider(oauth) => assert_eq!(oauth.error.as_str(), "login_required"),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.transport.requests(), NOTHING);
}

#[test]
fn l20_the_frame_is_the_one_of_the_metadata() {
    let mut own = world();
    let client = own.discover("rs256", Policy::default()).unwrap();
    let state = SessionState::new("abc.def").unwrap();
    let page = client.check_session_page(&state).unwrap();
    let due = "data-message=\"rs256 abc.def\" data-origin=\"https://op.test\"";
    assert!(page.html().contains(due), "{}", page.html());
    assert_eq!(format!("{page:?}"), "CheckSessionPage { .. }");
    let mut other = World::default();
    let client = other.discover("rs256", Policy::default()).unwrap();
    let error = client.check_session_page(&state).unwrap_err();
    assert_eq!(error.code(), "misuse.no_such_endpoint");
    assert!(error.to_string().contains("check_session_iframe"), "{error}");
}
