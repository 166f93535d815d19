//! Real providers tell of a logout: over the back channel to an address of ours on the loopback, and in a frame.

use relying_party::{Client, error::ErrorKind, flow::start_login::StartedLogin};
use relying_party_tests::{
    interop::{
        idpyoidc::IdpyProvider,
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
        site::Site,
    },
    scenario::crypto,
    server::bind,
    visitor::{ALICE, Visitor},
};
use url::Url;

/// A logout that the provider tells is taken, once; and neither again nor by anybody else.
fn is_told(site: &Site, visitor: &Visitor, other: &Client) {
    let place = site.runner.name();
    let login = site.log_in(visitor);
    assert!(login.session().sid().is_some(), "{place}");
    let request = site.is_told_once(visitor, &login.session());

    let content_type = request.header("content-type");
    let (again, answer) = site.receive(content_type, &request.body);
    assert_eq!((again, answer.status()), (Err("logout.replay"), 400), "{place}");
    let result = site.runner.run(other.back_channel_logout(content_type, &request.body));
    assert_eq!(result.unwrap_err().code(), "claim.aud.mismatch", "{place}");
    let body = format!("logout_token={}", login.id_token().raw().expose());
    let (id_token, answer) = site.receive(content_type, body.as_bytes());
    assert_eq!((id_token, answer.status()), (Err("claim.events.missing"), 400), "{place}");
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_at_npm() {
    for runner in Runner::all(None, PATIENT) {
        let bound = bind().unwrap();
        let told = format!("{}/told", bound.url());
        let provider = NodeProvider::start_with(Scheme::Http, &[("OP_BCL_URI", &told)]).unwrap();
        let site = Site::new(
            provider.issuer(),
            provider.client("logout").unwrap().registration().unwrap(),
            crypto(),
            runner,
        );
        let _server = site.serve(bound);
        let basic = provider.client("basic").unwrap().registration().unwrap();
        let other = site.runner.client(provider.issuer(), basic, crypto());
        let visitor = Visitor::over_sockets(None).unwrap();
        is_told(&site, &visitor, &other);
        let events = provider.control("events").unwrap().to_string();
        assert!(events.contains("backchannel.success"), "{events}");
        assert!(!events.contains("backchannel.error"), "{events}");
    }
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_at_idpyoidc() {
    for runner in Runner::all(None, PATIENT) {
        let bound = bind().unwrap();
        let told = format!("{}/told", bound.url());
        let provider = IdpyProvider::start_with(Scheme::Http, &["--told", &told]).unwrap();
        let site = Site::new(
            provider.issuer(),
            provider.client("back").unwrap().registration().unwrap(),
            crypto(),
            runner,
        );
        let _server = site.serve(bound);
        let basic = provider.client("basic").unwrap().registration().unwrap();
        let other = site.runner.client(provider.issuer(), basic, crypto());
        is_told(&site, &Visitor::over_sockets(None).unwrap(), &other);
    }
}

#[test]
fn oidcc_client_test_rp_frontchannel_rpinitlogout_at_idpyoidc() {
    for runner in Runner::all(None, PATIENT) {
        // Of several sessions of a person this provider names the first, so each adapter has one of its own.
        let provider = IdpyProvider::start(Scheme::Http).unwrap();
        let site = Site::new(
            provider.issuer(),
            provider.client("front").unwrap().registration().unwrap(),
            crypto(),
            runner,
        );
        let visitor = Visitor::over_sockets(None).unwrap();
        let session = site.log_in(&visitor).session();
        let start = site.client.start_logout().id_token_hint(session.id_token());
        let started = site.runner.run(start.post_logout_redirect_uri(&site.bye())).unwrap();
        // The page with the frame has no form, so the visitor's way ends there.
        let page = visitor.page(&started.url, ALICE).unwrap();
        let frame = between(&page, "<iframe src=\"", "\"").replace("&amp;", "&");
        let frame = Url::parse(&frame).unwrap();
        assert_eq!(frame.path(), "/told/front");
        let logout = site.client.front_channel_logout(frame.query().unwrap()).unwrap();
        assert_eq!(logout.target().unwrap().sid(), session.sid());
        assert!(logout.ends(&session));
        let other = site.log_in(&visitor).session();
        assert!(!logout.ends(&other), "another session of the same person");
        let swapped = frame.query().unwrap().replace("iss=http", "iss=https");
        let error = site.client.front_channel_logout(&swapped).unwrap_err();
        assert_eq!(error.code(), "logout.iss.mismatch");
        let back = between(&page, "<a href=\"", "\"").replace("&amp;", "&");
        let back = Url::parse(&back).unwrap();
        site.client.finish_logout(back.query().unwrap(), &started.state).unwrap();
    }
}

#[test]
fn oidcc_client_test_session_management_at_idpyoidc() {
    let provider = IdpyProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let site = Site::new(
            provider.issuer(),
            provider.client("basic").unwrap().registration().unwrap(),
            crypto(),
            runner,
        );
        let visitor = Visitor::over_sockets(None).unwrap();
        let session = site.log_in(&visitor).session();
        let state = session.session_state().expect("a session_state");
        let page = site.client.check_session_page(state).unwrap();
        assert!(page.html().contains(&format!("data-message=\"basic {}\"", state.expose())));
        assert!(page.html().contains(&format!("src=\"{}/check_session\"", provider.issuer())));
        let frame = site.client.metadata().check_session_iframe().unwrap();
        assert!(visitor.page(frame, &[]).unwrap().contains("<title>Session</title>"));

        let again = |visitor: &Visitor| {
            let StartedLogin { url, pending } =
                site.runner.run(site.client.start_reauthentication(&session)).unwrap();
            let back =
                visitor.follow(&url, site.client.registration().redirect_uri(), &[]).unwrap();
            let callback = site.client.callback(back.text()).unwrap();
            site.runner.run(site.client.finish_login(pending, callback))
        };
        let same = again(&visitor).unwrap().session();
        assert_eq!(same.subject(), session.subject());
        let nobody = again(&Visitor::over_sockets(None).unwrap()).unwrap_err();
        match nobody.kind() {
            ErrorKind::Provider(oauth) => assert_eq!(oauth.error.as_str(), "login_required"),
            other => panic!("{other:?}"),
        }
    }
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).expect(before).1.split_once(after).expect(after).0
}
