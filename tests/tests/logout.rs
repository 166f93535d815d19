//! Logout started by the relying party (OpenID Connect RP-Initiated Logout 1.0): the address, and the way back.

use std::collections::HashMap;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use relying_party::{
    Client, Error, Login, Policy, error::Blame, flow::logout::StartedLogout, secret::RawToken,
};
use relying_party_tests::{
    op::{OpRequest, OpResponse},
    scenario::{After, Scenario, World, YEAR},
};
use serde_json::Value;
use url::Url;

const BYE: &str = "https://rp.test/bye";
const NOTHING: [&str; 0] = [];

fn logged_in(scenario: Scenario) -> (World, Client, Login) {
    let outcome = scenario.run();
    let client = outcome.client.clone().unwrap();
    let (login, world) = outcome.accepted();
    world.transport.clear();
    (world, client, login)
}

fn parameters(url: &Url) -> HashMap<String, String> {
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let map: HashMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "a parameter stands there twice");
    map
}

fn open(world: &World, url: &Url) -> OpResponse {
    world.op.handle(&OpRequest::get(url.clone()), world.clock.now().seconds())
}

fn code(result: Result<(), Error>) -> Option<&'static str> {
    result.err().map(|error| {
        assert_eq!(error.blame(), Blame::Visitor);
        error.code()
    })
}

#[test]
fn the_address_holds_what_was_asked_for() {
    let (mut world, client, login) = logged_in(Scenario::new());
    let raw = login.id_token().raw();
    let start = client
        .start_logout()
        .id_token_hint(raw)
        .post_logout_redirect_uri(BYE)
        .logout_hint("alice & co")
        .ui_locales("de-CH en");
    let StartedLogout { url, state } = world.run(start).unwrap();
    let due = [
        ("id_token_hint", raw.expose()),
        ("client_id", "rs256"),
        ("post_logout_redirect_uri", BYE),
        ("state", state.expose()),
        ("logout_hint", "alice & co"),
        ("ui_locales", "de-CH en"),
    ];
    let due = due.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(parameters(&url), HashMap::from(due));
    assert_eq!(url.path(), "/end_session");
    assert_eq!(state.expose().len(), 43);

    let answer = open(&world, &url);
    let location = answer.header("location").unwrap();
    assert_eq!(location, format!("{BYE}?state={}", state.expose()));
    client.finish_logout(location.split_once('?').unwrap().1, &state).unwrap();
    assert_eq!(world.transport.requests(), NOTHING);
}

#[test]
fn without_a_return_there_is_no_state_either() {
    let (mut world, client, _) = logged_in(Scenario::new());
    let StartedLogout { url, .. } = world.run(client.start_logout()).unwrap();
    let due = [("client_id".to_owned(), "rs256".to_owned())];
    assert_eq!(parameters(&url), HashMap::from(due));
    assert_eq!(open(&world, &url).status, 200);
}

#[test]
fn every_logout_has_a_state_of_its_own() {
    let (mut world, client, _) = logged_in(Scenario::new());
    let mut states = Vec::new();
    for _ in 0..3 {
        let start = client.start_logout().post_logout_redirect_uri(BYE);
        states.push(world.run(start).unwrap().state);
    }
    assert!(states[0] != states[1] && states[1] != states[2] && states[0] != states[2]);
    let query = format!("state={}", states[0].expose());
    assert_eq!(code(client.finish_logout(&query, &states[1])), Some("callback.logout_state"));
    assert_eq!(code(client.finish_logout(&query, &states[0])), None);
}

#[test]
fn l01_the_way_back_bears_the_state_once_and_unchanged() {
    let (mut world, client, _) = logged_in(Scenario::new());
    let start = client.start_logout().post_logout_redirect_uri(BYE);
    let state = world.run(start).unwrap().state;
    let right = format!("state={}", state.expose());
    for (query, due) in [
        (String::new(), "callback.logout_state"),
        ("state=".to_owned(), "callback.logout_state"),
        ("state=other".to_owned(), "callback.logout_state"),
        (format!("{right}1"), "callback.logout_state"),
        (right[..right.len() - 1].to_owned(), "callback.logout_state"),
        (right.replace("state", "State"), "callback.logout_state"),
        (format!("{right}&{right}"), "callback.duplicate"),
        (format!("{right}&state=other"), "callback.duplicate"),
        (format!("{right}&x=%zz"), "callback.encoding"),
        (format!("{right}&x={}", "y".repeat(70_000)), "limit.callback"),
    ] {
        assert_eq!(code(client.finish_logout(&query, &state)), Some(due), "{query:.80}");
    }
    for query in [right.clone(), format!("x=1&{right}"), right.replace("state", "st%61te")] {
        assert_eq!(code(client.finish_logout(&query, &state)), None, "{query}");
    }
    assert_eq!(world.transport.requests(), NOTHING);
}

#[test]
fn l02_only_an_address_of_this_application_can_be_the_way_back() {
    let (mut world, client, _) = logged_in(Scenario::new());
    for uri in [
        "",
        "/bye",
        "//evil.test",
        "https://rp.test/bye#x",
        "http://rp.test/bye",
        "javascript:alert(1)",
        "https://rp.test/bye\r\nx: y",
    ] {
        let start = client.start_logout().post_logout_redirect_uri(uri);
        let error = world.run(start).unwrap_err();
        assert_eq!(error.code(), "misuse.redirect_uri", "{uri}");
        assert_eq!(error.blame(), Blame::Configuration);
    }
    for uri in [BYE, "https://RP.test/bye?x=1&y=%2F", "http://127.0.0.1:8765/bye"] {
        let start = client.start_logout().post_logout_redirect_uri(uri);
        let url = world.run(start).unwrap().url;
        assert_eq!(parameters(&url)["post_logout_redirect_uri"], uri, "byte for byte");
    }
    assert_eq!(world.transport.requests(), NOTHING);
}

#[test]
fn l03_the_query_of_the_endpoint_is_kept() {
    let scenario = Scenario::new().world(|world| {
        world.op.edit("/openid-configuration", |document| {
            document["end_session_endpoint"] = "https://op.test/end_session?tenant=a%26b".into();
        });
    });
    let (mut world, client, _) = logged_in(scenario);
    let url = world.run(client.start_logout().post_logout_redirect_uri(BYE)).unwrap().url;
    assert!(url.query().unwrap().starts_with("tenant=a%26b&"), "{url}");
    assert_eq!(parameters(&url).len(), 4);
}

/// RP-Initiated Logout 2: GET and POST alike; a form keeps the ID token out of addresses, histories and logs.
#[test]
fn l05_a_form_keeps_the_id_token_out_of_the_address() {
    let (mut world, client, login) = logged_in(Scenario::new());
    let start = client.start_logout().id_token_hint(login.id_token().raw());
    let start = start.logout_hint("\"><script>").ui_locales("en");
    let StartedLogout { url, state } = world.run(start.post_logout_redirect_uri(BYE)).unwrap();
    let form = client.logout_form(&url).unwrap();
    let (html, policy) = (form.html(), form.content_security_policy());
    assert!(
        html.contains("<form method=\"post\" action=\"https://op.test/end_session\">"),
        "{html}"
    );
    assert_eq!(html.matches("<script>").count(), 1);
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(policy.ends_with("frame-ancestors 'none'") && !policy.contains("unsafe"));
    assert_eq!(format!("{form:?}"), "LogoutForm { .. }");

    let fields = form_fields(html);
    let due: Vec<_> = url.query_pairs().into_owned().collect();
    assert_eq!(fields, due);
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let endpoint = client.metadata().end_session_endpoint().unwrap().clone();
    let post = OpRequest::post_form(endpoint, &pairs);
    let answer = world.op.handle(&post, world.clock.now().seconds());
    let location = answer.header("location").unwrap();
    client.finish_logout(location.split_once('?').unwrap().1, &state).unwrap();

    for other in ["https://evil.test/end_session?state=s", "https://op.test/other?state=s"] {
        let error = client.logout_form(&Url::parse(other).unwrap()).unwrap_err();
        assert_eq!(error.code(), "misuse.parameter", "{other}");
    }
    assert_eq!(world.transport.requests(), NOTHING);
}

/// The hidden fields of a page, as a browser would post them.
fn form_fields(html: &str) -> Vec<(String, String)> {
    let fields = html.split("<input type=\"hidden\" name=\"").skip(1);
    let fields = fields.map(|field| {
        let (name, rest) = field.split_once("\" value=\"").unwrap();
        let value = rest.split_once('"').unwrap().0;
        let value = value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
        (name.to_owned(), value.replace("&amp;", "&"))
    });
    fields.collect()
}

#[test]
fn l03_an_end_session_endpoint_over_plain_http_is_refused_with_the_metadata() {
    let with = |address: &'static str| {
        Scenario::new().document("/openid-configuration", move |document| {
            document["end_session_endpoint"] = address.into();
        })
    };
    with("http://op.test/end_session").run().refused("metadata.address", After::Discovery);
    with("https://op.test/end_session").run().accepted();
}

#[test]
fn l03_a_provider_without_the_endpoint_is_named() {
    let scenario = Scenario::new().world(|world| {
        world.op.edit("/openid-configuration", |document| {
            document["end_session_endpoint"] = serde_json::Value::Null;
        });
    });
    let (mut world, client, _) = logged_in(scenario);
    let error = world.run(client.start_logout()).unwrap_err();
    assert_eq!(error.code(), "misuse.no_such_endpoint");
    assert!(error.to_string().contains("end_session_endpoint"), "{error}");
    let form = client.logout_form(&Url::parse("https://op.test/end_session").unwrap());
    assert_eq!(form.unwrap_err().code(), "misuse.no_such_endpoint");
    assert_eq!(world.transport.requests(), NOTHING);
}

/// RFC 9700 4.4: with several providers, what one says of a visitor goes to no other.
#[test]
fn l05_an_id_token_of_another_provider_is_no_hint() {
    let (mut world, client, login) = logged_in(Scenario::new());
    let own = login.id_token().raw();
    let [header, payload, signature] = own.expose().split('.').collect::<Vec<_>>()[..] else {
        panic!()
    };
    let with = |iss: Value| {
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap();
        let mut claims: Value = serde_json::from_slice(&payload).unwrap();
        claims["iss"] = iss;
        let payload = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        RawToken::new(format!("{header}.{payload}.{signature}")).unwrap()
    };
    for theirs in ["https://other.test", "https://op.test/", "https://OP.test", ""] {
        let start = client.start_logout().id_token_hint(&with(theirs.into()));
        let error = world.run(start).unwrap_err();
        assert_eq!(error.code(), "misuse.other_client", "{theirs}");
        assert_eq!(error.blame(), Blame::Configuration);
    }
    // What cannot be read is not judged: the provider does that.
    let opaque = RawToken::new("opaque".to_owned()).unwrap();
    for hint in [own.clone(), with("https://op.test".into()), with(Value::Null), opaque] {
        let url = world.run(client.start_logout().id_token_hint(&hint)).unwrap().url;
        assert_eq!(parameters(&url)["id_token_hint"], hint.expose());
    }
    let lenient = Policy::default().ignore_one_trailing_slash();
    let lenient = world.discover("rs256", lenient).unwrap();
    world.transport.clear();
    let hint = with("https://op.test/".into());
    assert!(world.run(lenient.start_logout().id_token_hint(&hint)).is_ok());
    assert_eq!(world.transport.requests(), NOTHING);
}

#[test]
fn an_expired_id_token_is_still_a_hint() {
    let (mut world, client, login) = logged_in(Scenario::new());
    world.clock.advance(YEAR);
    let start = client.start_logout().id_token_hint(login.id_token().raw());
    let StartedLogout { url, state } = world.run(start.post_logout_redirect_uri(BYE)).unwrap();
    let back = world.visit(&url);
    client.finish_logout(back.text(), &state).unwrap();
}

#[test]
fn nothing_secret_is_shown_of_a_started_logout() {
    let (mut world, client, login) = logged_in(Scenario::new());
    let start = client.start_logout().id_token_hint(login.id_token().raw());
    let shown = format!("{start:?}");
    let started = world.run(start.post_logout_redirect_uri(BYE)).unwrap();
    let shown = format!("{shown} {started:?} {:?}", started.state);
    assert!(!shown.contains(started.state.expose()), "{shown}");
    assert!(!shown.contains(login.id_token().raw().expose()), "{shown}");
}
