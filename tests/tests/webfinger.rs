//! WebFinger: what a visitor types, what is asked, what is believed (OIDC Discovery 2, RFC 7033).

use relying_party::{
    Client, Env as _, Error, Policy,
    drive::drive,
    error::FailureKind,
    flow::web_finger::FindIssuer,
    protocol::{issuer::Issuer, web_finger::Identifier},
};
use relying_party_tests::{
    memory::Failing,
    op::OpConfig,
    scenario::{World, crypto},
};
use serde_json::{Value, json};

const PATH: &str = "/.well-known/webfinger";
const REL: &str = "http://openid.net/specs/connect/1.0/issuer";

fn found(world: &mut World, typed: &str) -> Result<Issuer, Error> {
    world.transport.clear();
    world.run(FindIssuer::new(typed))
}

/// What comes of this answer; one request, whatever it is.
fn answered(body: impl Into<String>) -> Result<Issuer, Error> {
    let (mut world, body) = (World::default(), body.into());
    world.op.intercept(PATH, move |_, answer| answer.body = body.clone().into_bytes());
    let result = found(&mut world, "joe@op.test");
    assert_eq!(world.transport.requests(), [format!("GET {PATH}")]);
    result
}

#[track_caller]
fn refused(body: impl Into<String>, code: &str) {
    let body = body.into();
    assert_eq!(answered(body.as_str()).expect_err(&body).code(), code, "{body}");
}

fn linked(href: &str) -> String {
    json!({ "links": [{ "rel": REL, "href": href }] }).to_string()
}

#[test]
fn d19_what_is_typed_is_normalised() {
    for (typed, host, resource) in [
        ("example.com", "example.com", "https://example.com"),
        ("joe@example.com", "example.com", "acct:joe@example.com"),
        ("example.com/joe", "example.com", "https://example.com/joe"),
        ("example.com:8080", "example.com:8080", "https://example.com:8080"),
        ("alice@example.com:8080", "example.com:8080", "https://alice@example.com:8080"),
        ("joe@example.com/x", "example.com", "https://joe@example.com/x"),
        ("example.com?query", "example.com", "https://example.com?query"),
        ("example.com#fragment", "example.com", "https://example.com"),
        ("https://example.com/joe#fragment", "example.com", "https://example.com/joe"),
        ("HTTPS://example.com/joe", "example.com", "HTTPS://example.com/joe"),
        ("acct:joe@example.com", "example.com", "acct:joe@example.com"),
        (
            "acct:nov@example.com:8080/path?query#fragment",
            "example.com:8080",
            "acct:nov@example.com:8080/path?query",
        ),
        (
            "acct:juliet%40capulet.example@shop.example",
            "shop.example",
            "acct:juliet%40capulet.example@shop.example",
        ),
        ("mailto:joe@example.com", "example.com", "mailto:joe@example.com"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("[2001:db8::1]/x", "[2001:db8::1]", "https://[2001:db8::1]/x"),
        ("EXAMPLE.com", "example.com", "https://EXAMPLE.com"),
        ("joe@127.0.0.1", "127.0.0.1", "acct:joe@127.0.0.1"),
        ("joe+x&rel=y@example.com", "example.com", "acct:joe+x&rel=y@example.com"),
    ] {
        let identifier = Identifier::new(typed).expect(typed);
        let address = identifier.address();
        assert_eq!(identifier.resource(), resource, "{typed}");
        assert_eq!(
            &address[..url::Position::AfterPath],
            format!("https://{host}{PATH}"),
            "{typed}"
        );
        let pairs: Vec<_> = address.query_pairs().into_owned().collect();
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("resource", resource), ("rel", REL)], "{typed}");
        assert!(!format!("{identifier:?}").contains("joe"), "{identifier:?}");
    }
}

#[test]
fn d19_d20_what_is_no_identifier_is_refused_before_any_request() {
    let long = "a".repeat(1025);
    for typed in [
        "",
        "=joe",
        "@example",
        "!xri",
        "joe@",
        "@",
        "joe@bob@example.com",
        "acct:example.com",
        "acct:",
        "mailto:joe",
        "acct:@example.com",
        "http://example.com/joe",
        "http://127.0.0.1/joe",
        "ftp://example.com",
        "tel:+49",
        "javascript:alert(1)",
        "example.com:",
        "example.com:99999",
        "example.com:80x",
        "https://",
        "https:///joe",
        "https:example.com",
        "/joe",
        "?x",
        "#x",
        "joe example.com",
        "joe@example.com\r\nhost: evil.test",
        "joe@example.com\n",
        "joe@example.com%0d%0a",
        "joe@exa%6dple.com%2f",
        "joe@example.com\\@evil.test",
        "joe@b\u{fc}cher.example",
        "joe@example.com\u{202e}",
        "\0",
        "[::1",
        "127.1",
        "0x7f.1",
        "2130706433",
        "joe@0177.0.0.1",
        "exa%6dple.com",
        "joe@exa%6dple.com:8080",
        &long,
    ] {
        let mut world = World::default();
        let error = found(&mut world, typed).expect_err(typed);
        assert_eq!(error.code(), "misuse.identifier", "{typed:?}");
        assert!(world.transport.requests().is_empty(), "{typed:?}");
    }
}

#[test]
fn oidcc_client_test_discovery_webfinger_acct() {
    webfinger_then_discovery("joe@op.test", "resource=acct%3Ajoe%40op.test&rel=http%3A%2F%2F");
}

#[test]
fn oidcc_client_test_discovery_webfinger_url() {
    let query = "resource=https%3A%2F%2Fop.test%2Fjoe&rel=http%3A%2F%2F";
    webfinger_then_discovery("https://op.test/joe", query);
}

/// The issuer has a path that nobody could have guessed.
fn webfinger_then_discovery(typed: &str, query: &str) {
    let mut world = World::new(OpConfig::with_issuer("https://op.test/x7f3/"));
    let issuer = found(&mut world, typed).unwrap();
    assert_eq!(issuer.as_str(), "https://op.test/x7f3/");
    assert!(world.op.transcript()[0].contains(query), "{:?}", world.op.transcript());
    let own = world.registration("rs256");
    let client = world.run(Client::discover(issuer, own, crypto())).unwrap();
    assert_eq!(
        world.transport.requests(),
        [format!("GET {PATH}"), "GET /x7f3/.well-known/openid-configuration".into()]
    );
    let login = world.login(&client).unwrap();
    assert_eq!(login.subject().issuer(), "https://op.test/x7f3/");
}

/// The host of the visitor is no proof of who the issuer is.
#[test]
fn d18_the_issuer_that_was_found_is_compared_with_its_metadata() {
    let mut world = World::default();
    world.op.intercept(PATH, |_, answer| {
        answer.body = linked("https://bank.test").into_bytes();
    });
    let issuer = found(&mut world, "joe@op.test").unwrap();
    let own = world.registration("rs256");
    let error = world.run(Client::discover(issuer, own, crypto())).unwrap_err();
    assert_eq!(error.code(), "metadata.issuer");
    assert_eq!(world.op.requests(), 2);
}

#[test]
fn d18_an_answer_without_an_issuer() {
    for document in [
        json!({}),
        json!({ "links": null }),
        json!({ "links": [] }),
        json!({ "subject": "acct:joe@op.test", "links": [{ "rel": "self", "href": "https://x" }] }),
        json!({ "links": [{ "rel": REL.to_uppercase(), "href": "https://op.test" }] }),
        json!({ "links": [{ "rel": format!("{REL} other"), "href": "https://op.test" }] }),
    ] {
        refused(document.to_string(), "response.no_issuer_link");
    }
    assert_eq!(answered(linked("https://op.test")).unwrap().as_str(), "https://op.test");
}

#[test]
fn d18_the_issuer_is_https_without_query_or_fragment() {
    for href in [
        "",
        "http://op.test",
        "http://127.0.0.1:8080",
        "https://op.test?x=1",
        "https://op.test#x",
        "https://joe@op.test",
        "//op.test",
        "op.test",
        "https:///op.test",
        "https://op.test\n",
        "javascript:alert(1)",
    ] {
        refused(linked(href), "response.address");
    }
    for href in ["https://op.test:8443", "https://elsewhere.test/tenant/a/"] {
        assert_eq!(answered(linked(href)).unwrap().as_str(), href);
    }
}

#[test]
fn d18_the_document_is_read_strictly() {
    let good = linked("https://op.test");
    for (document, code) in [
        ("", "json.syntax"),
        ("<html>", "json.syntax"),
        ("[]", "json.type"),
        (r#"{"links":{}}"#, "json.type"),
        (r#"{"links":["x"]}"#, "json.type"),
        (r#"{"links":[{"href":"https://op.test"}]}"#, "json.missing"),
        (r#"{"links":[{"rel":["x"],"href":"https://op.test"}]}"#, "json.type"),
        (r#"{"subject":7,"links":[]}"#, "json.type"),
        (r#"{"links":[],"links":[]}"#, "json.duplicate"),
        (&good.replacen("\"rel\"", "\"rel\":\"x\",\"rel\"", 1), "json.duplicate"),
        (&good.replacen("\"href\"", "\"template\"", 1), "json.missing"),
        (&format!("{good}x"), "json.syntax"),
    ] {
        refused(document, code);
    }
    let nested = format!("{{\"x\":{}{}}}", "[".repeat(40), "]".repeat(40));
    refused(nested, "json.too_deep");
}

#[test]
fn d18_tolerances() {
    let issuer = |document: Value| answered(document.to_string()).map(String::from);
    let right = json!({ "rel": REL, "href": "https://op.test", "type": "text/html", "x": {} });
    // RFC 7033 4.4.1: another subject; 4.4.4: the first is preferred
    let several = json!({
        "subject": "acct:somebody@else.test", "aliases": ["x"], "properties": { "x": null },
        "links": [
            { "rel": "http://webfinger.net/rel/avatar", "href": "http://insecure.test/a.png" },
            { "rel": "copyright" }, right, { "rel": REL, "href": "http://op.test" },
        ],
    });
    assert_eq!(issuer(several).unwrap(), "https://op.test");
    let many = |count: usize| {
        let mut links = vec![json!({ "rel": "x", "href": "https://x.test" }); count];
        links.push(right.clone());
        issuer(json!({ "links": links }))
    };
    assert_eq!(many(63).unwrap(), "https://op.test");
    assert_eq!(many(64).unwrap_err().code(), "limit.links");
}

#[test]
fn d17_d21_only_a_200_counts_and_no_redirect_is_followed() {
    for (status, code) in [
        (301, "response.redirect"),
        (302, "response.redirect"),
        (307, "response.redirect"),
        (204, "response.status"),
        (400, "response.status"),
        (404, "response.status"),
        (503, "response.status"),
    ] {
        let mut world = World::default();
        world.op.intercept(PATH, move |_, answer| {
            answer.status = status;
            answer.headers.push(("location".into(), "https://evil.test/webfinger".into()));
        });
        assert_eq!(found(&mut world, "joe@op.test").unwrap_err().code(), code, "{status}");
        assert_eq!(world.transport.requests(), [format!("GET {PATH}")], "{status}");
    }
}

#[test]
fn d18_a_huge_answer_is_cut() {
    let mut world = World::default();
    world.op.intercept(PATH, |_, answer| answer.body.resize(65 * 1024, b' '));
    assert_eq!(found(&mut world, "joe@op.test").unwrap_err().code(), "transport.too_large");
    world.op.clear_hooks();
    world.op.intercept(PATH, |_, answer| answer.body.resize(64 * 1024, b' '));
    assert!(found(&mut world, "joe@op.test").is_ok());
}

#[test]
fn a_failed_request_is_not_repeated() {
    let mut world = World::default();
    let way = Failing::new(&world.transport, PATH, &[FailureKind::Timeout]);
    let error = drive(FindIssuer::new("joe@op.test"), &way, &mut world.env).unwrap_err();
    assert_eq!((error.code(), way.attempts().len()), ("transport.timeout", 1));
    assert!(drive(FindIssuer::new("joe@op.test"), &way, &mut world.env).is_ok());
    assert!(world.env.now() == world.clock.now());
}

#[test]
fn plain_http_only_on_this_machine_where_it_is_allowed() {
    let mut world = World::new(OpConfig::with_issuer("http://127.0.0.1:8080"));
    let loopback = || Policy::default().insecure_allow_loopback_http();
    let find = |typed: &str| FindIssuer::new(typed).policy(loopback());
    let issuer = world.run(find("http://127.0.0.1:8080/joe")).unwrap();
    assert_eq!(issuer.as_str(), "http://127.0.0.1:8080");
    // The answer counts as little as ever where the policy does not say so.
    let error = world.run(FindIssuer::new("joe@op.test")).unwrap_err();
    assert_eq!(error.code(), "response.address");
    world.transport.clear();
    let error = world.run(find("http://op.test/joe")).unwrap_err();
    assert_eq!(error.code(), "misuse.identifier");
    assert!(world.transport.requests().is_empty());
}
