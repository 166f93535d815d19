//! Logout at a real provider: it shows a page, the visitor agrees, and the browser comes back.

use std::time::Duration;

use relying_party::{
    Client, Error, Login, Policy, Registration,
    error::{Blame, ErrorKind},
    flow::{logout::StartedLogout, start_login::StartedLogin},
    protocol::authorization::Prompt,
};
use relying_party_tests::{
    interop::{
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    scenario::crypto,
};
use ureq::Agent;
use url::Url;

/// A browser that keeps its cookies and whose pages are read by the test.
struct Browser(Agent);

/// Where a click has led.
struct Page {
    status: u16,
    location: Option<Url>,
    body: String,
}

impl Browser {
    fn new() -> Self {
        let config = Agent::config_builder().max_redirects(0).http_status_as_error(false);
        let config = config.proxy(None).timeout_global(Some(Duration::from_secs(30)));
        Self(config.build().new_agent())
    }

    fn open(&self, url: &Url) -> Page {
        Page::read(url, self.0.get(url.as_str()).call().unwrap())
    }

    fn submit(&self, url: &Url, form: &[(&str, &str)]) -> Page {
        Page::read(url, self.0.post(url.as_str()).send_form(form.iter().copied()).unwrap())
    }

    /// Follows the provider's redirects to one that leads to `end`.
    fn follow(&self, from: Page, end: &str) -> Url {
        let mut page = from;
        for _ in 0..10 {
            let location = page.location.expect("a redirect");
            if location.as_str().starts_with(end) {
                return location;
            }
            page = self.open(&location);
        }
        panic!("does not lead to {end}");
    }
}

impl Page {
    fn read(url: &Url, mut response: ureq::http::Response<ureq::Body>) -> Self {
        let location = response.headers().get("location").map(|value| value.to_str().unwrap());
        Self {
            status: response.status().as_u16(),
            location: location.map(|location| url.join(location).unwrap()),
            body: response.body_mut().read_to_string().unwrap(),
        }
    }

    fn attribute(&self, before: &str) -> &str {
        let (_, rest) = self.body.split_once(before).expect(before);
        rest.split_once('"').expect("a quote").0
    }
}

struct Visit<'a> {
    runner: &'a Runner,
    client: Client,
    browser: Browser,
}

impl<'a> Visit<'a> {
    fn new(provider: &NodeProvider, runner: &'a Runner) -> Self {
        let client = provider.client("basic").unwrap();
        let secret = client.client_secret.unwrap();
        let own = Registration::confidential(client.client_id, secret, &client.redirect_uris[0]);
        let discover = Client::discover(provider.issuer(), own.unwrap(), crypto());
        let policy = Policy::default().insecure_allow_loopback_http();
        let client = runner.run(discover.policy(policy)).unwrap();
        Self { runner, client, browser: Browser::new() }
    }

    /// With or without showing a page.
    fn log_in(&self, silently: bool) -> Result<Login, Error> {
        let start = self.client.start_login().scope("email");
        let start = match silently {
            true => start.prompt(Prompt::None),
            false => start.login_hint("auto:alice"),
        };
        let StartedLogin { url, pending } = self.runner.run(start).unwrap();
        let redirect_uri = self.client.registration().redirect_uri();
        let back = self.browser.follow(self.browser.open(&url), redirect_uri);
        let callback = self.client.callback(back.query().unwrap()).unwrap();
        self.runner.run(self.client.finish_login(pending, callback))
    }

    fn start_logout(&self, login: &Login, bye: &str) -> StartedLogout {
        let start = self.client.start_logout().id_token_hint(login.id_token().raw());
        self.runner.run(start.post_logout_redirect_uri(bye)).unwrap()
    }
}

#[test]
fn oidcc_client_test_rp_init_logout() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let visit = Visit::new(&provider, &runner);
        let bye = format!("{}/bye", visit.client.registration().redirect_uri());
        let login = visit.log_in(false).unwrap();
        visit.log_in(true).expect("the provider's session is there");

        runner.take_requests();
        let StartedLogout { url, state } = visit.start_logout(&login, &bye);
        let page = visit.browser.open(&url);
        assert_eq!(page.status, 200, "{}", page.body);
        let action = url.join(page.attribute("action=\"")).unwrap();
        let xsrf = page.attribute("name=\"xsrf\" value=\"");
        let agreed = visit.browser.submit(&action, &[("xsrf", xsrf), ("logout", "yes")]);
        let back = visit.browser.follow(agreed, &bye);
        visit.client.finish_logout(back.query().unwrap(), &state).unwrap();
        let error = visit.client.finish_logout("state=another", &state).unwrap_err();
        assert_eq!(error.code(), "callback.logout_state");
        assert_eq!(runner.take_requests(), [""; 0], "a logout is the browser's");

        let error = visit.log_in(true).expect_err("the provider's session is gone");
        assert_eq!((error.code(), error.blame()), ("provider.error", Blame::Visitor));
        match error.kind() {
            ErrorKind::Provider(oauth) => assert_eq!(oauth.error.as_str(), "login_required"),
            other => panic!("{other:?}"),
        }
        assert_eq!(runner.take_requests(), [""; 0]);
    }
}

#[test]
fn l02_the_provider_refuses_a_way_back_that_is_not_registered() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let runner = Runner::ureq(None, PATIENT);
    let visit = Visit::new(&provider, &runner);
    let login = visit.log_in(false).unwrap();
    let refused = visit.browser.open(&visit.start_logout(&login, "https://evil.test/bye").url);
    assert_eq!((refused.status, refused.location), (400, None));
    let bye = format!("{}/bye", visit.client.registration().redirect_uri());
    assert_eq!(visit.browser.open(&visit.start_logout(&login, &bye).url).status, 200);
}
