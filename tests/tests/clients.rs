//! Many providers at once: nothing is replaced, and nothing of one gets to another (RFC 9700 4.4).

use std::thread;

use relying_party::{
    Client, LoginRecord, PendingLogin, Policy, Registration,
    clients::Clients,
    drive::{Transport, drive},
    flow::{Outcome, start_login::StartedLogin},
    http::HttpRequest,
    profile,
    protocol::{
        issuer::Issuer,
        issuer_rules::IssuerTemplate,
        metadata::{MetadataOverrides, ProviderMetadata},
    },
};
use relying_party_tests::{
    memory::{Clock, Memory, TestEnv},
    op::{Op, OpConfig, OpTenant},
    profiled::Stand,
    scenario::{World, crypto},
};

const BASE: &str = "https://rp.test/cb";

fn made(issuer: &str, client_id: &str, policy: Policy) -> Client {
    let issuer = Issuer::new(issuer).unwrap();
    let at = |path: &str| format!("{}{path}", issuer.as_str().trim_end_matches('/'));
    let members = MetadataOverrides::default()
        .authorization_endpoint(at("/authorize"))
        .token_endpoint(at("/token"))
        .jwks_uri(at("/jwks"));
    let metadata = ProviderMetadata::fixed(&issuer, &members).unwrap();
    let own = Registration::public(client_id, Clients::redirect_uri_for(BASE, &issuer)).unwrap();
    Client::new(metadata, own, crypto(), policy).unwrap()
}

fn plain(issuer: &str) -> Client {
    made(issuer, "rp", Policy::default())
}

#[track_caller]
fn refused(set: &Clients, client: Client) {
    let before: Vec<String> = issuers(set);
    assert_eq!(set.insert(client).unwrap_err().code(), "misuse.client_exists");
    assert_eq!(issuers(set), before);
}

fn issuers(set: &Clients) -> Vec<String> {
    set.iter().map(|client| client.metadata().issuer().to_string()).collect()
}

#[test]
fn a_set_is_shared_by_its_clones() {
    let set = Clients::new();
    assert!(set.is_empty());
    let same = set.clone();
    for issuer in ["https://b.test", "https://a.test", "https://a.test/x"] {
        set.insert(plain(issuer)).unwrap();
    }
    assert_eq!(issuers(&same), ["https://a.test", "https://a.test/x", "https://b.test"]);
    assert_eq!((same.len(), same.is_empty()), (3, false));
    assert_eq!(same.get("https://b.test").unwrap().metadata().issuer().as_str(), "https://b.test");
    for other in ["https://B.test", "https://b.test/", "b.test", ""] {
        assert!(same.get(other).is_none(), "{other}");
    }
    // A copy of the moment.
    let now = set.iter();
    assert!(same.remove("https://b.test").is_some() && same.remove("https://b.test").is_none());
    assert_eq!((now.count(), set.len()), (3, 2));
    assert!(!format!("{set:?}").contains("b.test"));
}

#[test]
fn no_client_is_replaced_while_logins_are_pending() {
    let mut world = World::default();
    let set = Clients::new();
    set.insert(made("https://op.test", "first", Policy::default())).unwrap();
    let start = set.get("https://op.test").unwrap().start_login();
    let pending = world.run(start).unwrap().pending;
    refused(&set, made("https://op.test", "second", Policy::default()));
    refused(&set, plain("https://op.test"));
    assert_eq!(set.for_pending(&pending).unwrap().registration().client_id(), "first");

    // Taken out in so many words, it is gone; another one does not take its logins over.
    set.remove("https://op.test").unwrap();
    assert_eq!(set.for_pending(&pending).unwrap_err().code(), "misuse.no_such_client");
    set.insert(made("https://op.test", "second", Policy::default())).unwrap();
    assert_eq!(set.for_pending(&pending).unwrap_err().code(), "misuse.no_such_client");
}

/// What is kept beside a refresh token names its person's issuer: a tenant's, where there are tenants.
#[test]
fn the_client_of_a_login_is_found_by_its_record() {
    let tenant = "3aa4a235-b6e2-48d5-9195-7fcf05b459b0";
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let mut stand =
        Stand::with(profile::entra_v2([tenant]).unwrap(), "rs256", |config: &mut OpConfig| {
            config.tenant = Some(OpTenant { template: template.into(), tid: tenant.into() });
            config.authorization_response_iss_parameter_supported = false;
        });
    let client = stand.under();
    let login = stand.world.login(&client).unwrap();
    let record = LoginRecord::from_bytes(&login.record().to_bytes()).unwrap();
    let set = Clients::new();
    set.insert(plain("https://op.test")).unwrap();
    let error = set.for_record(&record).unwrap_err();
    assert_eq!(error.code(), "misuse.no_such_client");
    set.insert(client).unwrap();
    assert!(set.get(record.subject().issuer()).is_none());
    let found = set.for_record(&record).unwrap();
    assert_eq!(found.metadata().issuer().as_str(), "https://login.microsoftonline.com/common/v2.0");
    let token = login.tokens().refresh_token().unwrap();
    assert!(stand.world.run(found.refresh(token, &record)).is_ok());
    // Neither a tenant that is not allowed nor another client id.
    stand.world.transport.clear();
    for (profile, own) in [
        (profile::entra_v2(["9188040d-6c67-4c5b-b112-36a304b66dad"]), "rs256"),
        (profile::entra_v2([tenant]), "another"),
    ] {
        let own = Registration::public(own, "https://rp.test/cb").unwrap();
        let metadata = found.metadata().clone();
        let other = profile.unwrap().client(metadata, own, crypto(), Policy::default()).unwrap();
        let set = Clients::new();
        set.insert(other).unwrap();
        assert_eq!(set.for_record(&record).unwrap_err().code(), "misuse.no_such_client");
    }
    assert!(stand.world.transport.requests().is_empty());
}

#[test]
fn the_client_of_an_authorization_is_found() {
    let mut world = World::default();
    let set = Clients::new();
    set.insert(made("https://op.test", "first", Policy::default())).unwrap();
    let start = set.get("https://op.test").unwrap().start_authorization().scope("read");
    let pending = world.run(start).unwrap().pending;
    let found = set.for_pending_authorization(&pending).unwrap();
    assert_eq!(found.registration().client_id(), "first");
    set.remove("https://op.test").unwrap();
    set.insert(made("https://op.test", "second", Policy::default())).unwrap();
    let error = set.for_pending_authorization(&pending).unwrap_err();
    assert_eq!(error.code(), "misuse.no_such_client");
    assert!(world.transport.requests().is_empty());
}

#[test]
fn of_many_inserts_at_once_one_succeeds() {
    let set = Clients::new();
    let succeeded: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let set = set.clone();
                let client = made("https://op.test", &format!("c{number}"), Policy::default());
                scope.spawn(move || {
                    set.insert(plain(&format!("https://op{number}.test"))).unwrap();
                    usize::from(set.insert(client).is_ok())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!((succeeded, set.len()), (1, 9));
}

/// A provider that may name another one's issuer could name its people.
#[test]
fn no_two_clients_speak_for_one_issuer() {
    let alias = |list: &[&str]| Policy::default().issuer_aliases(list.iter().copied());
    let slash = || Policy::default().ignore_one_trailing_slash();
    let set = Clients::new();
    set.insert(plain("https://honest.test")).unwrap();
    refused(&set, made("https://evil.test", "rp", alias(&["https://honest.test"])));
    refused(&set, made("https://honest.test/", "rp", slash()));
    // Without the tolerance they are two.
    set.insert(plain("https://honest.test/")).unwrap();

    let set = Clients::new();
    set.insert(made("https://a.test", "rp", alias(&["a.test", "https://x.test"]))).unwrap();
    refused(&set, plain("https://x.test"));
    refused(&set, made("https://b.test", "rp", alias(&["a.test"])));
    set.insert(made("https://b.test", "rp", alias(&["b.test"]))).unwrap();

    let template = "https://op.test/{tenantid}/v2.0";
    let tenants = |tenant: &str| {
        Policy::default().issuer_template(IssuerTemplate::new(template, [tenant]).unwrap())
    };
    let set = Clients::new();
    // As if their metadata were the provider's: the issuer is the template only where it is discovered.
    set.insert(made("https://op.test/t1/v2.0", "rp", tenants("t1"))).unwrap();
    refused(&set, plain("https://op.test/t1/v2.0"));
    refused(&set, made("https://op.test/t2/v2.0", "rp", tenants("t2")));
    set.insert(plain("https://op.test/t2/v2.0")).unwrap();
}

#[test]
fn each_provider_has_its_own_redirect_uri() {
    let uri =
        |base: &str, issuer: &str| Clients::redirect_uri_for(base, &Issuer::new(issuer).unwrap());
    // The SHA-256 of the issuer, base64url.
    let due = "https://rp.test/cb/REWR8dFrPARTs8Gjx4kAfv10oi99ZFsZJR4-t4gvFpg";
    let first = uri(BASE, "https://op.test");
    assert_eq!(first, due);
    assert_eq!(first, uri("https://rp.test/cb/", "https://op.test"));
    assert!(first != uri(BASE, "https://op.test/"));
    let google = profile::google();
    assert_eq!(
        Clients::redirect_uri_for(BASE, google.issuer()),
        uri(BASE, "https://accounts.google.com")
    );
    let set = Clients::new();
    for issuer in ["https://op.test", "https://op.test/", "https://other.test"] {
        set.insert(plain(issuer)).unwrap();
    }
    for issuer in issuers(&set) {
        let path = url::Url::parse(&uri(BASE, &issuer)).unwrap().path().to_owned();
        let client = set.for_callback(&path).unwrap();
        assert_eq!(client.metadata().issuer().as_str(), issuer);
        assert!(set.for_callback(&format!("{path}x")).is_none());
        assert!(set.for_callback(&path.to_uppercase()).is_none());
        assert!(set.for_callback(&format!("{path}/")).is_none());
    }
    for path in ["", "/", "/cb", "/cb/"] {
        assert!(set.for_callback(path).is_none(), "{path}");
    }
}

/// The way to whichever provider has the host.
struct Roads(Vec<(&'static str, Memory)>);

impl Transport for Roads {
    fn send(&self, request: &HttpRequest) -> Outcome {
        let host = request.url().host_str().unwrap();
        let road = self.0.iter().find(|(name, _)| *name == host).expect("a provider");
        road.1.send(request)
    }

    fn sleep(&self, duration: std::time::Duration) {
        self.0[0].1.sleep(duration);
    }
}

/// Two providers, the honest one and the attacker's, and a set with a client for each.
struct Town {
    roads: Roads,
    ops: Vec<Op>,
    set: Clients,
    env: TestEnv,
    clock: Clock,
}

const HOSTS: [&str; 2] = ["honest.test", "attacker.test"];

impl Town {
    fn new() -> Self {
        let clock = Clock::default();
        let (set, mut env) = (Clients::new(), TestEnv::new(clock.clone()));
        let mut ops = Vec::new();
        let mut roads = Vec::new();
        for host in HOSTS {
            let issuer = Issuer::new(format!("https://{host}")).unwrap();
            let mut config = OpConfig::with_issuer(issuer.as_str());
            // Neither says who answers: the redirect URIs alone have to do.
            config.authorization_response_iss_parameter_supported = false;
            let redirect_uri = Clients::redirect_uri_for(BASE, &issuer);
            for client in &mut config.clients {
                client.redirect_uris.push(redirect_uri.clone());
            }
            let op = Op::new(config);
            roads.push((host, Memory::new(op.clone(), clock.clone())));
            let own = Registration::public("public", redirect_uri).unwrap();
            let discover = Client::discover(issuer, own, crypto());
            set.insert(drive(discover, &roads.last().unwrap().1, &mut env).unwrap()).unwrap();
            ops.push(op);
        }
        Self { roads: Roads(roads), ops, set, env, clock }
    }

    fn client(&self, host: usize) -> Client {
        self.set.get(&format!("https://{}", HOSTS[host])).unwrap()
    }

    fn start(&mut self, host: usize) -> StartedLogin {
        drive(self.client(host).start_login(), &self.roads, &mut self.env).unwrap()
    }

    /// The browser at a provider, and the address to which it is sent back.
    fn visit(&self, host: usize, url: &url::Url) -> url::Url {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("login_hint", "auto:alice");
        let request = relying_party_tests::op::OpRequest::get(url);
        let answer = self.ops[host].handle(&request, self.clock.now().seconds());
        answer.header("location").expect("a redirect").parse().unwrap()
    }

    /// What the application does with a browser that came back.
    fn came_back(&mut self, at: &url::Url, pending: PendingLogin) -> Result<String, &'static str> {
        for (_, road) in &self.roads.0 {
            road.clear();
        }
        let client = self.set.for_callback(at.path()).unwrap();
        let callback = client.callback(at.query().unwrap()).unwrap();
        let finish = client.finish_login(pending, callback);
        drive(finish, &self.roads, &mut self.env)
            .map(|login| login.subject().issuer().to_owned())
            .map_err(|error| error.code())
    }

    fn requests(&self) -> usize {
        self.roads.0.iter().map(|(_, road)| road.requests().len()).sum()
    }
}

#[test]
fn both_providers_serve_side_by_side() {
    let mut town = Town::new();
    let (first, second) = (town.start(0), town.start(1));
    for (host, started) in [(1, second), (0, first)] {
        let back = town.visit(host, &started.url);
        let client = town.set.for_pending(&started.pending).unwrap();
        assert_eq!(client.metadata().issuer(), town.client(host).metadata().issuer());
        let issuer = town.came_back(&back, started.pending).unwrap();
        assert_eq!(issuer, format!("https://{}", HOSTS[host]));
    }
}

/// RFC 9700 4.4.1: the visitor chose the attacker's provider, which sends the browser on to the honest one.
#[test]
fn c13_d09_mix_up_by_another_providers_redirect_uri() {
    let mut town = Town::new();
    let StartedLogin { url, pending } = town.start(1);
    let mut forwarded = url.clone();
    forwarded.set_host(Some(HOSTS[0])).unwrap();
    // The honest provider knows the redirect URI of its own client alone.
    let own = town.client(0).registration().redirect_uri().to_owned();
    let pairs: Vec<(String, String)> = forwarded
        .query_pairs()
        .map(|(name, value)| {
            let value = if name == "redirect_uri" { own.clone() } else { value.into_owned() };
            (name.into_owned(), value)
        })
        .collect();
    forwarded.query_pairs_mut().clear().extend_pairs(pairs);
    let back = town.visit(0, &forwarded);
    assert!(back.query().unwrap().contains("code="));
    let before = issuers(&town.set);
    assert_eq!(town.came_back(&back, pending), Err("callback.other_client"));
    // The honest provider's code went nowhere.
    assert_eq!((town.requests(), issuers(&town.set)), (0, before));
}

/// The code of one provider, brought to the redirect URI of the other one within one login there.
#[test]
fn c13_mix_up_by_a_code_of_another_provider() {
    let mut town = Town::new();
    let honest = town.start(0);
    let attack = town.start(1);
    let mut back = town.visit(0, &honest.url);
    let target = Clients::redirect_uri_for(BASE, town.client(1).metadata().issuer());
    back.set_path(url::Url::parse(&target).unwrap().path());
    assert_eq!(town.came_back(&back, attack.pending), Err("callback.state.mismatch"));
    assert_eq!(town.requests(), 0);
    let back = town.visit(0, &honest.url);
    assert!(town.came_back(&back, honest.pending).is_ok());
}
