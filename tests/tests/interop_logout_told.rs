//! Real providers tell of a logout: over the back channel to an address of ours on the loopback, and in a frame.

use std::sync::{Arc, Mutex};

use relying_party::{
    Client, Login, Policy, Registration,
    error::ErrorKind,
    flow::{
        session::{MemorySessions, Session, Sessions},
        start_login::StartedLogin,
    },
    protocol::{authorization::Prompt, logout_answer::LogoutAnswer, replay::MemoryReplays},
};
use relying_party_tests::{
    interop::{
        idpyoidc::IdpyProvider,
        npm::{NodeProvider, RegisteredClient, Scheme},
        runner::{PATIENT, Runner},
    },
    op::{OpRequest, OpResponse},
    scenario::crypto,
    server::{Bound, Server, bind},
    visitor::{ALICE, Visitor},
};
use url::Url;

/// A request, and how many sessions it has ended, or why none.
type Told = (OpRequest, Result<usize, &'static str>);

/// This application: where logouts are told, and what became of each.
#[derive(Clone)]
struct Site {
    client: Client,
    runner: Arc<Runner>,
    sessions: Arc<MemorySessions>,
    replays: Arc<MemoryReplays>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Site {
    fn new(issuer: &str, known: RegisteredClient, runner: Runner) -> Self {
        let RegisteredClient { client_id, client_secret, redirect_uris } = known;
        let own = Registration::confidential(client_id, client_secret.unwrap(), &redirect_uris[0]);
        let policy = Policy::default().insecure_allow_loopback_http();
        let discover = Client::discover(issuer, own.unwrap(), crypto()).policy(policy);
        Self {
            client: runner.run(discover).unwrap(),
            runner: Arc::new(runner),
            sessions: Arc::default(),
            replays: Arc::default(),
            told: Arc::default(),
        }
    }

    fn serve(&self, bound: Bound) -> Server {
        let site = self.clone();
        bound.serve_with(move |request| {
            assert_eq!(request.method, "POST");
            let (result, answer) = site.receive(request.header("content-type"), &request.body);
            site.told.lock().unwrap().push((request.clone(), result));
            let body = answer.body().into();
            let response = OpResponse { status: answer.status(), headers: vec![], body };
            let headers = answer.headers().iter();
            headers.fold(response, |response, (name, value)| response.with_header(name, value))
        })
    }

    fn receive(
        &self,
        content_type: Option<&str>,
        body: &[u8],
    ) -> (Result<usize, &'static str>, LogoutAnswer) {
        let ended = self
            .runner
            .run(self.client.back_channel_logout(content_type, body))
            .and_then(|received| received.check_replay(&*self.replays))
            .map(|token| self.sessions.end(token.target()).unwrap().len());
        let answer = LogoutAnswer::back_channel(&ended);
        (ended.map_err(|error| error.code()), answer)
    }

    fn log_in(&self, visitor: &Visitor) -> Login {
        let start = self.client.start_login().scope("email").prompt(Prompt::Consent);
        let StartedLogin { url, pending } = self.runner.run(start).unwrap();
        let redirect_uri = self.client.registration().redirect_uri();
        let back = visitor.follow(&url, redirect_uri, ALICE).unwrap();
        let callback = self.client.callback(back.text()).unwrap();
        let login = self.runner.run(self.client.finish_login(pending, callback)).unwrap();
        self.sessions.insert("visitor", &login.session()).unwrap();
        self.runner.take_requests();
        login
    }

    /// Through the provider's page and back.
    fn log_out(&self, visitor: &Visitor, session: &Session) {
        let bye = self.bye();
        let start = self.client.start_logout().id_token_hint(session.id_token());
        let started = self.runner.run(start.post_logout_redirect_uri(&bye)).unwrap();
        let back = visitor.follow(&started.url, &bye, ALICE).unwrap();
        self.client.finish_logout(back.text(), &started.state).unwrap();
    }

    fn bye(&self) -> String {
        format!("{}/bye", self.client.registration().redirect_uri())
    }

    /// A logout that the provider tells is taken, once; and neither again nor by anybody else.
    fn is_told(&self, visitor: &Visitor, other: &Client) {
        let place = self.runner.name();
        let login = self.log_in(visitor);
        assert!(login.session().sid().is_some(), "{place}");
        let elsewhere = MemorySessions::new();
        elsewhere.insert("another", &login.session()).unwrap();
        self.log_out(visitor, &login.session());
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        let [(request, result)] = &told[..] else { panic!("{place}: {} requests", told.len()) };
        assert_eq!(*result, Ok(1), "{place}");
        assert!(self.sessions.get("visitor").unwrap().is_none());
        assert_eq!(self.runner.take_requests(), [""; 0], "the keys are known since the login");

        let content_type = request.header("content-type");
        let (again, answer) = self.receive(content_type, &request.body);
        assert_eq!((again, answer.status()), (Err("logout.replay"), 400), "{place}");
        let result = self.runner.run(other.back_channel_logout(content_type, &request.body));
        assert_eq!(result.unwrap_err().code(), "claim.aud.mismatch", "{place}");
        let body = format!("logout_token={}", login.id_token().raw().expose());
        let (id_token, answer) = self.receive(content_type, body.as_bytes());
        assert_eq!((id_token, answer.status()), (Err("claim.events.missing"), 400), "{place}");
    }
}

fn other(issuer: &str, known: RegisteredClient, site: &Site) -> Client {
    let own = Registration::confidential(
        known.client_id,
        known.client_secret.unwrap(),
        &known.redirect_uris[0],
    );
    let policy = Policy::default().insecure_allow_loopback_http();
    let discover = Client::discover(issuer, own.unwrap(), crypto()).policy(policy);
    let client = site.runner.run(discover).unwrap();
    site.runner.take_requests();
    client
}

#[test]
fn oidcc_client_test_rp_backchannel_rpinitlogout_at_npm() {
    for runner in Runner::all(None, PATIENT) {
        let bound = bind().unwrap();
        let told = format!("{}/told", bound.url());
        let provider = NodeProvider::start_with(Scheme::Http, &[("OP_BCL_URI", &told)]).unwrap();
        let site = Site::new(provider.issuer(), provider.client("logout").unwrap(), runner);
        let _server = site.serve(bound);
        let other = other(provider.issuer(), provider.client("basic").unwrap(), &site);
        let visitor = Visitor::over_sockets(None).unwrap();
        site.is_told(&visitor, &other);
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
        let site = Site::new(provider.issuer(), provider.client("back").unwrap(), runner);
        let _server = site.serve(bound);
        let other = other(provider.issuer(), provider.client("basic").unwrap(), &site);
        site.is_told(&Visitor::over_sockets(None).unwrap(), &other);
    }
}

#[test]
fn oidcc_client_test_rp_frontchannel_rpinitlogout_at_idpyoidc() {
    for runner in Runner::all(None, PATIENT) {
        // Of several sessions of a person this provider names the first, so each adapter has one of its own.
        let provider = IdpyProvider::start(Scheme::Http).unwrap();
        let site = Site::new(provider.issuer(), provider.client("front").unwrap(), runner);
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
        let site = Site::new(provider.issuer(), provider.client("basic").unwrap(), runner);
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
