//! Logouts of which the browser tells in a frame of the provider's page (OpenID Connect Front-Channel Logout 1.0).

use relying_party::{
    Client, Policy,
    error::{Blame, ErrorKind},
    flow::session::{MemorySessions, Session, Sessions},
    protocol::{
        issuer_rules::IssuerTolerance, logout_answer::LogoutAnswer, relaxation::Relaxation,
    },
};
use relying_party_tests::scenario::{World, crypto};
use url::form_urlencoded::Serializer;

const NOTHING: [&str; 0] = [];

fn site(required: bool) -> (World, Client, Session) {
    let mut world = World::default();
    let own = world.registration("rs256");
    let own = if required { own.frontchannel_logout_session_required() } else { own };
    let client = world.run(Client::discover("https://op.test", own, crypto())).unwrap();
    let session = world.login(&client).unwrap().session();
    world.transport.clear();
    (world, client, session)
}

fn query(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[test]
fn l06_the_pair_is_whole_and_of_this_provider() {
    for required in [false, true] {
        let (world, client, session) = site(required);
        let (iss, sid) = (("iss", "https://op.test"), ("sid", session.sid().unwrap()));
        let long = "x".repeat(1025);
        for (query, code) in [
            (query(&[iss]), "logout.sid.missing"),
            (query(&[sid]), "logout.iss.missing"),
            (query(&[iss, ("sid", "")]), "logout.sid.missing"),
            (query(&[("iss", ""), sid]), "logout.iss.missing"),
            (query(&[("iss", "https://op.test/"), sid]), "logout.iss.mismatch"),
            (query(&[("iss", "https://evil.test"), sid]), "logout.iss.mismatch"),
            (query(&[iss, iss, sid]), "logout.duplicate"),
            (query(&[iss, sid, ("sid", "other")]), "logout.duplicate"),
            (query(&[iss, ("sid", &long)]), "logout.sid.malformed"),
            (query(&[iss, sid]) + "%", "logout.encoding"),
            (query(&[iss, sid, ("x", &"y".repeat(70_000))]), "logout.too_long"),
        ] {
            let error = client.front_channel_logout(&query).unwrap_err();
            assert_eq!((error.code(), error.blame()), (code, Blame::Visitor), "{query:.80}");
            assert!(matches!(error.kind(), ErrorKind::Logout(_)));
        }
        for query in
            [query(&[iss, sid]), format!("?{}", query(&[("own", "1"), sid, iss, ("own", "2")]))]
        {
            let logout = client.front_channel_logout(&query).unwrap();
            assert!(logout.ends(&session), "{query}");
            assert_eq!(logout.target().unwrap().sub(), None);
        }
        assert_eq!(world.transport.requests(), NOTHING);
    }
}

#[test]
fn l06_without_the_pair_it_is_about_the_browser_unless_registered_otherwise() {
    let (mut world, client, session) = site(false);
    for query in ["", "?", "own=1"] {
        let logout = client.front_channel_logout(query).unwrap();
        assert!(logout.target().is_none() && logout.ends(&session), "{query}");
    }
    // The cookie may be of a login with another client, or at another provider.
    let other = world.discover("es256", Policy::default()).unwrap();
    let session = world.login(&other).unwrap().session();
    assert!(!client.front_channel_logout("").unwrap().ends(&session));
    assert!(other.front_channel_logout("").unwrap().ends(&session));

    let (world, strict, _) = site(true);
    for query in ["", "?", "own=1"] {
        let error = strict.front_channel_logout(query).unwrap_err();
        assert_eq!(error.code(), "logout.iss.missing", "{query}");
        assert!(error.hint().unwrap().contains("frontchannel_logout_session_required"));
    }
    assert_eq!(world.transport.requests(), NOTHING);
}

#[test]
fn l06_another_session_goes_on() {
    let (mut world, client, session) = site(true);
    let second = world.login(&client).unwrap().session();
    assert_ne!(session.sid(), second.sid());
    let logout = |sid: &str| {
        let query = query(&[("iss", "https://op.test"), ("sid", sid)]);
        client.front_channel_logout(&query).unwrap()
    };
    let first = logout(session.sid().unwrap());
    assert!(first.ends(&session) && !first.ends(&second));
    assert!(logout(second.sid().unwrap()).ends(&second));
    let unknown = logout("unknown");
    assert!(!unknown.ends(&session) && !unknown.ends(&second));
}

/// Whoever has a visitor's browser load the address learns nothing from the answer, and no token is touched.
#[test]
fn l07_the_answer_is_always_the_same_and_may_be_framed() {
    let (mut world, client, session) = site(true);
    let sessions = MemorySessions::new();
    sessions.insert("visitor", &session).unwrap();
    let mut answers = Vec::new();
    for sid in ["unknown", session.sid().unwrap()] {
        let query = query(&[("iss", "https://op.test"), ("sid", sid)]);
        let logout = client.front_channel_logout(&query).unwrap();
        let visitor = sessions.get("visitor").unwrap().unwrap();
        if logout.ends(&visitor) {
            sessions.remove("visitor").unwrap();
        }
        answers.push(LogoutAnswer::front_channel());
    }
    assert!(sessions.get("visitor").unwrap().is_none());
    assert_eq!(answers[0], answers[1]);
    let answer = answers[0];
    assert_eq!(answer.status(), 200);
    let header =
        |name: &str| answer.headers().iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
    assert_eq!(header("cache-control"), Some("no-store"));
    assert_eq!(header("x-frame-options"), None);
    assert!(!header("content-security-policy").unwrap().contains("frame-ancestors"));
    assert_eq!(world.transport.requests(), NOTHING);
    world.login(&client).unwrap();
}

#[test]
fn l17_a_sid_under_another_spelling_of_the_issuer_is_another_session() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default().ignore_one_trailing_slash()).unwrap();
    let session = world.login(&client).unwrap().session();
    let sid = session.sid().unwrap();
    let exact = client.front_channel_logout(&query(&[("iss", "https://op.test"), ("sid", sid)]));
    let exact = exact.unwrap();
    assert!(exact.ends(&session) && exact.relaxations().is_empty());
    // Accepted as this provider, and yet not the issuer of that login.
    let slash = client.front_channel_logout(&query(&[("iss", "https://op.test/"), ("sid", sid)]));
    let slash = slash.unwrap();
    assert!(!slash.ends(&session));
    assert_eq!(slash.relaxations(), [Relaxation::Issuer(IssuerTolerance::TrailingSlash)]);
    let other = client.front_channel_logout(&query(&[("iss", "https://op.test//"), ("sid", sid)]));
    assert_eq!(other.unwrap_err().code(), "logout.iss.mismatch");
}
