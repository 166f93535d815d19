//! Threat C11: issuers that are nearly right, at each of the three places where an issuer is compared: the
//! metadata, the authorization response and the ID token. Code point by code point, no normalisation
//! (OIDC Core 3.1.3.7 (2), Discovery 4.3, RFC 9207 2.4).

use relying_party_tests::{
    op::OpConfig,
    scenario::{After, Scenario, World},
};
use url::form_urlencoded;

/// Issuers, each with what is nearly it.
const TABLE: [(&str, &[&str]); 4] = [
    (
        "https://op.test",
        &[
            "https://op.test/",
            "https://op.test//",
            "https://op.test/.",
            "https://op.test/..",
            "https://op.test/%2e",
            "https://op.test?",
            "https://op.test#",
            "https://op.test:443",
            "https://op.test:8443",
            "https://op.test.",
            "https://op.test.evil.test",
            "https://op.test@evil.test",
            "https://evil.test/https://op.test",
            "https://op.tes",
            "https://op.testt",
            "https://OP.test",
            "https://op.TEST",
            "HTTPS://op.test",
            "http://op.test",
            "op.test",
            "//op.test",
            "https:op.test",
            "https:/op.test",
            "https://op%2Etest",
            "https://%6fp.test",
            "https://\u{43e}p.test",
            "https://\u{ff4f}p.test",
            "https://xn--p-0tb.test",
            "https://op\u{3002}test",
            " https://op.test",
            "https://op.test ",
            "https://op.test\n",
            "https://op.test\u{200b}",
            "https://op.test https://evil.test",
            "https://evil.test",
            "",
        ],
    ),
    (
        "https://op.test/",
        &["https://op.test", "https://op.test//", "https://op.test/.", "https://OP.test/"],
    ),
    (
        "https://op.test/tenant/a",
        &[
            "https://op.test/tenant/b",
            "https://op.test/tenant/A",
            "https://op.test/tenant/a/",
            "https://op.test/tenant",
            "https://op.test/tenant/ab",
            "https://op.test/tenant/%61",
            "https://op.test/tenant/b/../a",
            "https://op.test/tenant//a",
            "https://op.test/{tenantid}/a",
            "https://op.test",
        ],
    ),
    (
        "https://op.test:443",
        &["https://op.test", "https://op.test:0443", "https://op.test:443/", "https://op.test:444"],
    ),
];

fn of(issuer: &'static str) -> Scenario {
    Scenario::new().config(|config| config.issuer = issuer.into())
}

/// Every pair of the table.
fn near_misses() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.into_iter().flat_map(|(issuer, others)| others.iter().map(move |other| (issuer, *other)))
}

#[test]
fn c11_the_issuer_itself_is_accepted_at_all_three() {
    for (issuer, _) in TABLE {
        let mut world = World::new(OpConfig::with_issuer(issuer));
        let client = world.discover("es256", Default::default()).expect("its metadata");
        let login = world.login(&client).expect("its response and ID token");
        assert_eq!(login.subject().issuer(), issuer);
        assert_eq!(client.metadata().issuer().as_str(), issuer);
    }
}

#[test]
fn c11_in_the_metadata() {
    for (issuer, other) in near_misses() {
        let metadata = "/.well-known/openid-configuration";
        let mut world = World::new(OpConfig::with_issuer(issuer));
        world.op.edit(metadata, move |document| {
            document["issuer"] = other.into();
        });
        let error = world.discover("es256", Default::default()).expect_err(other);
        assert_eq!((error.code(), world.op.requests()), ("metadata.issuer", 1), "{other:?}");
    }
}

#[test]
fn c11_in_the_authorization_response() {
    for (issuer, other) in near_misses() {
        let requests = of(issuer)
            .client("es256")
            .query(|query| {
                let pairs = form_urlencoded::parse(query.as_bytes())
                    .map(|(name, value)| {
                        let value = if name == "iss" { other.into() } else { value };
                        (name, value)
                    })
                    .collect::<Vec<_>>();
                form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
            })
            .run();
        assert_eq!(requests.requests.len(), 1, "{other:?}");
        let error = requests.result.expect_err(other);
        assert_eq!(error.code(), "callback.iss.mismatch", "{other:?}");
    }
}

#[test]
fn c11_in_the_id_token() {
    for (issuer, other) in near_misses() {
        let outcome =
            of(issuer).client("es256").claims(move |claims| claims["iss"] = other.into()).run();
        assert_eq!(outcome.requests.len(), 3, "{other:?}: {:?}", outcome.requests);
        assert!(outcome.requests[2].ends_with("/token"));
        let error = outcome.result.expect_err(other);
        assert_eq!(error.code(), "claim.iss.mismatch", "{other:?}");
    }
}

#[test]
fn c11_the_usual_confusions_come_with_a_hint() {
    for (other, hint) in [
        ("https://op.test/", "trailing slash"),
        ("https://OP.test", "upper and lower case"),
        ("http://op.test", "scheme"),
        ("op.test", "scheme"),
        ("https://op.test/{tenantid}", "template"),
    ] {
        let outcome = Scenario::new().claims(move |claims| claims["iss"] = other.into()).run();
        let outcome = outcome.refused("claim.iss.mismatch", After::Token);
        let given = outcome.result.expect_err(other).hint().unwrap_or_default();
        assert!(given.contains(hint), "{other}: {given}");
    }
    let outcome = Scenario::new().claims(|claims| claims["iss"] = "https://evil.test".into()).run();
    let outcome = outcome.refused("claim.iss.mismatch", After::Token);
    assert_eq!(outcome.result.expect_err("another").hint(), None);
    Scenario::new().run().accepted();
}
