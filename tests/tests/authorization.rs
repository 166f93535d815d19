//! Authorization requests: what is sent for each setting, and what is refused before the browser is sent away.

use std::collections::HashMap;

use relying_party::{
    Client, Error, Policy, Registration,
    flow::{
        start_authorization::StartAuthorization,
        start_login::{StartLogin, StartedLogin},
    },
    protocol::{
        authorization::{Display, Prompt, ResponseMode},
        claims_request::{ClaimRequest, ClaimsRequest},
        initiation::InitiationRequest,
        response_type::ResponseType,
    },
    secret::CodeVerifier,
};
use relying_party_tests::{
    op::{OpRequest, base64url},
    scenario::{World, crypto},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

fn world() -> (World, Client) {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    world.transport.clear();
    (world, client)
}

fn start(change: impl FnOnce(StartLogin) -> StartLogin) -> Result<StartedLogin, Error> {
    let (mut world, client) = world();
    let started = world.run(change(client.start_login()));
    assert!(world.transport.requests().is_empty());
    started
}

/// Each parameter that is sent; none of them twice.
fn sent(change: impl FnOnce(StartLogin) -> StartLogin) -> HashMap<String, String> {
    parameters(&start(change).expect("a start").url)
}

fn parameters(url: &Url) -> HashMap<String, String> {
    let all: HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(all.len(), url.query_pairs().count(), "a parameter is sent twice");
    all
}

#[track_caller]
fn refused(change: impl FnOnce(StartLogin) -> StartLogin, code: &str) {
    let error = start(change).expect_err("must be refused");
    assert_eq!(error.code(), code, "{error}");
}

fn oauth(
    change: impl FnOnce(StartAuthorization) -> StartAuthorization,
) -> Result<HashMap<String, String>, &'static str> {
    let (mut world, client) = world();
    let started = world.run(change(client.start_authorization()));
    assert!(world.transport.requests().is_empty());
    started.map(|started| parameters(&started.url)).map_err(|error| error.code())
}

const VERIFIER: &str = "fake-verifier-0123456789-0123456789-0123456789";

fn verifier() -> CodeVerifier {
    CodeVerifier::new(VERIFIER).expect("a verifier")
}

fn challenge() -> String {
    base64url(&Sha256::digest(VERIFIER))
}

// The five expectations of the predecessor's own tests.

#[test]
fn form_post_brings_all_that_was_expected() {
    let sent = sent(|login| login.response_mode(ResponseMode::FormPost));
    assert_eq!(sent["response_mode"], "form_post");
    assert_eq!(sent["response_type"], "code");
    assert_eq!((&*sent["scope"], &*sent["client_id"]), ("openid", "rs256"));
    assert_eq!(sent["redirect_uri"], "https://rp.test/cb");
    assert_eq!((sent["nonce"].len(), sent["state"].len()), (43, 43));
}

#[test]
fn id_token_token_is_sent_as_such() {
    let implicit = ResponseType::IdTokenToken;
    let sent = sent(|login| login.response_type(implicit).insecure_front_channel_access_token());
    assert_eq!(sent["response_type"], "id_token token");
    assert!(!sent.contains_key("code_challenge") && sent.contains_key("nonce"));
    refused(|login| login.response_type(implicit), "misuse.response_type");
}

#[test]
fn offline_access_adds_prompt_consent() {
    let prompt = |scope: &'static str| sent(|login| login.scope(scope)).get("prompt").cloned();
    assert_eq!(prompt("profile offline_access").as_deref(), Some("consent"));
    // The exact scope, and nothing that contains it.
    assert_eq!(prompt("profile"), None);
    assert_eq!(prompt("offline_access_of_another_kind not:offline_access"), None);
    // A choice is a choice.
    let chosen = sent(|login| login.scope("offline_access").prompt(Prompt::Login));
    assert_eq!(chosen["prompt"], "login");
    // OIDC Core 11: without a code it means nothing.
    let implicit = sent(|l| l.scope("offline_access").response_type(ResponseType::IdToken));
    assert_eq!(implicit.get("prompt"), None);
    let plain = oauth(|start| start.scope("offline_access")).expect("a start");
    assert_eq!(plain.get("prompt"), None);
}

#[test]
fn an_own_verifier_is_sent_as_its_digest() {
    let own = sent(|login| login.code_verifier(verifier()));
    assert_eq!((&*own["code_challenge"], &*own["code_challenge_method"]), (&*challenge(), "S256"));
    let given = sent(|login| login.code_challenge(&challenge()));
    assert_eq!(given["code_challenge"], own["code_challenge"]);
    assert_eq!(given["code_challenge_method"], "S256");
}

#[test]
fn plain_is_sent_only_where_it_is_insisted_on() {
    let plain =
        sent(|login| login.scope("offline_access").code_verifier(verifier()).insecure_pkce_plain());
    assert_eq!((&*plain["code_challenge"], &*plain["code_challenge_method"]), (VERIFIER, "plain"));
    assert_eq!(plain["prompt"], "consent");
}

#[test]
fn q13_verifiers_and_challenges_are_those_of_rfc_7636() {
    for text in ["x".repeat(42), "x".repeat(129)] {
        let short = CodeVerifier::new(text).expect("characters that are allowed");
        refused(|login| login.code_verifier(short), "misuse.parameter");
    }
    assert_eq!(
        CodeVerifier::new("a verifier with spaces").unwrap_err().code(),
        "misuse.characters"
    );
    for challenge in ["", "short", VERIFIER] {
        refused(|login| login.code_challenge(challenge), "misuse.parameter");
    }
    let both = |login: StartLogin| login.code_verifier(verifier()).insecure_without_pkce();
    refused(both, "misuse.parameter");
    let without_a_code =
        |login: StartLogin| login.response_type(ResponseType::IdToken).code_verifier(verifier());
    refused(without_a_code, "misuse.parameter");
    assert!(
        start(|login| login.code_verifier(CodeVerifier::new("x".repeat(128)).unwrap())).is_ok()
    );
}

#[test]
fn what_is_left_out_is_left_out_only_where_that_was_asked_for() {
    let usual = sent(|login| login);
    assert!(usual.contains_key("nonce") && usual.contains_key("code_challenge"));
    let bare = sent(|login| login.insecure_without_pkce().insecure_without_nonce());
    for name in ["nonce", "code_challenge", "code_challenge_method"] {
        assert!(!bare.contains_key(name), "{name}");
    }
    // OIDC Core 3.2.2.1, 3.3.2.11
    for kind in [ResponseType::IdToken, ResponseType::CodeIdToken] {
        refused(|login| login.response_type(kind).insecure_without_nonce(), "misuse.parameter");
        assert!(sent(|login| login.response_type(kind)).contains_key("nonce"));
    }
}

#[test]
fn a_token_never_comes_in_a_query() {
    for kind in [ResponseType::IdToken, ResponseType::CodeIdToken] {
        let with = |mode| move |login: StartLogin| login.response_type(kind).response_mode(mode);
        refused(with(ResponseMode::Query), "misuse.parameter");
        assert_eq!(sent(with(ResponseMode::FormPost))["response_mode"], "form_post");
        // The default is not sent.
        assert_eq!(sent(with(ResponseMode::Fragment)).get("response_mode"), None);
    }
    let code = sent(|login| login.response_mode(ResponseMode::Fragment));
    assert_eq!(code["response_mode"], "fragment");
    assert_eq!(sent(|login| login.response_mode(ResponseMode::Query)).get("response_mode"), None);
}

#[test]
fn a_login_and_plain_oauth_have_their_own_response_types() {
    for kind in [ResponseType::Token, ResponseType::None] {
        let login =
            |login: StartLogin| login.response_type(kind).insecure_front_channel_access_token();
        refused(login, "misuse.response_type");
        let plain = oauth(|start| start.response_type(kind).insecure_front_channel_access_token());
        assert_eq!(plain.expect("a start")["response_type"], kind.as_str());
    }
    for kind in [ResponseType::IdToken, ResponseType::CodeIdToken] {
        let plain = oauth(|start| start.response_type(kind));
        assert_eq!(plain.err(), Some("misuse.response_type"));
    }
    let token = oauth(|start| start.response_type(ResponseType::Token));
    assert_eq!(token.err(), Some("misuse.response_type"));
}

#[test]
fn plain_oauth_has_neither_openid_nor_nonce() {
    let sent = oauth(|start| start.scope("user")).expect("a start");
    assert_eq!(sent["scope"], "user");
    assert!(!sent.contains_key("nonce") && sent["code_challenge_method"] == "S256");
    assert_eq!(oauth(|start| start).expect("a start").get("scope"), None);
    let login = oauth(|start| start.scope("user openid"));
    assert_eq!(login.err(), Some("misuse.parameter"));
    let none = oauth(|start| start.scope("openid").response_type(ResponseType::None));
    assert_eq!(none.expect("a confirmation")["scope"], "openid");
}

#[test]
fn claims_and_registration_are_json() {
    let claims = ClaimsRequest::new()
        .user_info("email", ClaimRequest::essential())
        .id_token("locale", ClaimRequest::voluntary());
    let metadata = json!({ "client_name": "An app", "logo_uri": "https://rp.test/logo" });
    let registration = metadata.as_object().expect("an object").clone();
    let sent = sent(|login| login.claims(claims).registration(registration));
    let parsed = |name: &str| serde_json::from_str::<Value>(&sent[name]).expect("JSON");
    let due = json!({"userinfo": {"email": {"essential": true}}, "id_token": {"locale": null}});
    assert_eq!(parsed("claims"), due);
    assert_eq!(parsed("registration"), metadata);
    refused(|login| login.parameter("registration", "{}"), "misuse.parameter");
    let demand = ClaimsRequest::new().id_token("acr", ClaimRequest::essential());
    refused(|login| login.claims(demand), "misuse.parameter");
}

#[test]
fn x23_a_redirect_uri_is_one_of_the_registered_ones() {
    let (mut world, client) = world();
    let registration = client.registration().clone().also_redirect_uri("https://rp.test/2?x=1");
    let registration = registration.unwrap().also_redirect_uri("http://127.0.0.1/cb").unwrap();
    let metadata = client.metadata().clone();
    let client = Client::new(metadata, registration, crypto(), Policy::default()).unwrap();
    let mut chosen = |change: fn(StartLogin) -> StartLogin| {
        let started = world.run(change(client.start_login())).map_err(|error| error.code());
        started.map(|started| parameters(&started.url)["redirect_uri"].clone())
    };
    let same = |text: &str| Ok(text.to_owned());
    assert_eq!(chosen(|login| login), same("https://rp.test/cb"));
    let second = "https://rp.test/2?x=1";
    assert_eq!(chosen(|login| login.redirect_uri("https://rp.test/2?x=1")), same(second));
    let port = "http://127.0.0.1:8123/cb";
    assert_eq!(chosen(|login| login.redirect_uri("http://127.0.0.1:8123/cb")), same(port));
    let current = chosen(|l| l.redirect_uri_of("https://rp.test/cb?code=c&state=s#f"));
    assert_eq!(current, same("https://rp.test/cb"));
    for wrong in [
        (|login| login.redirect_uri("https://rp.test/3")) as fn(StartLogin) -> StartLogin,
        |login| login.redirect_uri("https://evil.test/cb"),
        |login| login.redirect_uri_of("https://evil.test/cb?code=c"),
        |login| login.redirect_uri_of("https://rp.test/2?x=1"),
        |login| login.redirect_uri(""),
    ] {
        assert_eq!(chosen(wrong), Err("misuse.redirect_uri"));
    }
    let error = Registration::public("me", "https://rp.test/cb").unwrap();
    let error = error.also_redirect_uri("https://rp.test/cb#f").unwrap_err();
    assert_eq!(error.code(), "misuse.redirect_uri");
}

#[test]
fn a_posted_request_is_the_same_request() {
    let (mut world, client) = world();
    let login = client.start_login().login_hint("auto:alice").parameter("submit", "\"<&>\"");
    let StartedLogin { url, pending } = world.run(login).expect("a start");
    let form = client.authorization_form(&url).expect("a form");
    let inputs: Vec<(String, String)> = form
        .html()
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|tag| {
            let (name, rest) = tag.split_once("\" value=\"").expect("a value");
            let value = rest.split_once('"').expect("its end").0;
            let value = value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
            (name.to_owned(), value.replace("&amp;", "&"))
        })
        .collect();
    assert!(inputs.iter().cloned().eq(url.query_pairs().into_owned()));
    assert!(form.html().contains("action=\"https://op.test/authorize\""));
    assert!(!form.html().contains("onload") && !form.html().contains("javascript:"));
    let pairs: Vec<(&str, &str)> = inputs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let request = OpRequest::post_form(Url::parse("https://op.test/authorize").unwrap(), &pairs);
    let answer = world.op.handle(&request, world.clock.now().seconds());
    let location = Url::parse(answer.header("location").expect("a redirect")).unwrap();
    let callback = client.callback(location.query().expect("a query")).unwrap();
    world.run(client.finish_login(pending, callback)).expect("a login");
    let other = Url::parse("https://evil.test/authorize?state=s").unwrap();
    assert_eq!(client.authorization_form(&other).unwrap_err().code(), "misuse.parameter");
}

#[test]
fn a_login_that_another_site_asked_for() {
    let (mut world, client) = world();
    let taken = |text: &str, origin: &str| {
        InitiationRequest::from_query(text)
            .and_then(|request| client.initiated_login(&request, origin))
            .map_err(|error| error.code())
    };
    const ORIGIN: &str = "https://app.test";
    let iss = "?iss=https%3A%2F%2Fop.test";
    let all = format!("{iss}&login_hint=alice%40x&target_link_uri=https://app.test/a?b=c%23d");
    let initiated = taken(&all, ORIGIN).expect("a login");
    assert_eq!(initiated.target_link_uri.expect("an address").as_str(), "https://app.test/a?b=c#d");
    let started = world.run(initiated.start).expect("a start");
    assert_eq!(parameters(&started.url)["login_hint"], "alice@x");
    let bare = taken(iss, ORIGIN).expect("a login");
    assert!(bare.target_link_uri.is_none());
    assert!(InitiationRequest::from_form("iss=https%3A%2F%2Fop.test").is_ok());
    for (text, code) in [
        (String::new(), "initiation.iss.missing"),
        ("iss=".to_owned(), "initiation.iss.missing"),
        ("iss=https://op.test/".to_owned(), "initiation.iss.mismatch"),
        ("iss=https://evil.test".to_owned(), "initiation.iss.mismatch"),
        (format!("{iss}&iss=https://op.test"), "initiation.duplicate"),
        (format!("{iss}&login_hint=a&login_hint=b"), "initiation.duplicate"),
        (format!("{iss}&login_hint=%zz"), "initiation.encoding"),
        (format!("{iss}&login_hint={}", "x".repeat(9000)), "initiation.too_long"),
    ] {
        assert_eq!(taken(&text, ORIGIN).err(), Some(code), "{text:.80}");
    }
    for target in [
        "https://evil.test/",
        "https://app.test.evil.test/",
        "https://app.test@evil.test/",
        "https://app.test:8443/",
        "http://app.test/",
        "//app.test/",
        "/relative",
        "https:app.test",
        "https://app.test%5C@evil.test/",
        "javascript:alert(1)",
        "https://app.test/%0d%0aset-cookie:x",
    ] {
        let text = format!("{iss}&target_link_uri={target}");
        assert_eq!(taken(&text, ORIGIN).err(), Some("initiation.target_link_uri"), "{target}");
    }
    assert_eq!(taken(iss, "app.test").err(), Some("misuse.address"));
}

#[test]
fn every_parameter_is_sent_under_its_name() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    let login = world.login(&client).expect("a login");
    let start = client
        .start_login()
        .scope("email")
        .response_mode(ResponseMode::FormPost)
        .display(Display::Popup)
        .prompt(Prompt::Login)
        .prompt(Prompt::Consent)
        .max_age(60)
        .ui_locales("de fr")
        .claims_locales("ja")
        .id_token_hint(login.id_token())
        .login_hint("alice")
        .acr_values(&["gold", "silver"])
        .claims(ClaimsRequest::new().user_info("email", ClaimRequest::voluntary()))
        .resource("https://rs.test/")
        .audience("api")
        .parameter("hd", "rp.test");
    let url = world.run(start).expect("a start").url;
    let sent = parameters(&url);
    for (name, due) in [
        ("scope", "openid email"),
        ("response_type", "code"),
        ("client_id", "rs256"),
        ("redirect_uri", "https://rp.test/cb"),
        ("response_mode", "form_post"),
        ("display", "popup"),
        ("prompt", "login consent"),
        ("max_age", "60"),
        ("ui_locales", "de fr"),
        ("claims_locales", "ja"),
        ("id_token_hint", login.id_token().raw().expose()),
        ("login_hint", "alice"),
        ("acr_values", "gold silver"),
        ("claims", r#"{"userinfo":{"email":null}}"#),
        ("resource", "https://rs.test/"),
        ("audience", "api"),
        ("hd", "rp.test"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(sent[name], due);
    }
    // state, nonce and code_challenge
    assert_eq!(sent.len(), 18 + 3);
}
