//! Where distributed claims are fetched (OIDC Core 5.6.2.2), and with whose token.

#[path = "claim_sources/bench.rs"]
#[allow(dead_code)]
mod bench;

use bench::{Bench, CLAIMS, JWKS, aggregated, distributed, own_claims};
use relying_party::{
    Client, Policy,
    error::Blame,
    protocol::{relaxation::Relaxation, sourced_claims::SourcedClaims},
};
use relying_party_tests::{
    op::{CLAIMS_TOKEN, OpConfig},
    refusal::{provider_error, refused},
};
use serde_json::json;

const ORIGIN: &str = "https://claims.test";

#[test]
fn u11_only_an_origin_that_was_allowed_is_asked() {
    let mut bench = Bench::new();
    let source = bench.source(distributed(CLAIMS, Some(CLAIMS_TOKEN)));
    for allowed in [
        &[][..],
        &["https://op.test"],
        &["https://claims.test:8443", "https://claims.test.evil.test", "https://test"],
        &["http://127.0.0.1", "https://sub.claims.test"],
    ] {
        let resolve = bench.client.resolve_claims(&source);
        let resolve = allowed.iter().fold(resolve, |resolve, origin| resolve.allow_origin(origin));
        let error = refused(bench.run(resolve), "claim_source.origin");
        assert_eq!(error.blame(), Blame::Configuration);
        assert!(
            error.to_string().contains(ORIGIN) && error.hint().unwrap().contains("allow_origin")
        );
        assert_eq!(bench.take_requests(), [""; 0]);
    }
    for allowed in [&[ORIGIN][..], &["https://CLAIMS.test:443/"], &["https://op.test", ORIGIN]] {
        let resolve = bench.client.resolve_claims(&source);
        let resolve = allowed.iter().fold(resolve, |resolve, origin| resolve.allow_origin(origin));
        assert!(bench.run(resolve).is_ok());
        assert_eq!(bench.take_requests(), [format!("GET {CLAIMS} Bearer {CLAIMS_TOKEN}")]);
    }
}

#[test]
fn u11_what_is_allowed_is_an_origin_and_found_out_at_any_source() {
    let mut bench = Bench::new();
    let sources =
        [distributed(CLAIMS, Some(CLAIMS_TOKEN)), aggregated(&bench.signed(own_claims()))];
    for source in sources.map(|source| bench.source(source)) {
        for origin in [
            "",
            "claims.test",
            "http://claims.test",
            "https://claims.test/x",
            "https://claims.test?x",
            "*",
        ] {
            let resolve = bench.client.resolve_claims(&source).allow_origin(ORIGIN);
            let error = refused(bench.run(resolve.allow_origin(origin)), "misuse.address");
            assert!(error.hint().unwrap().contains("scheme://host:port"), "{error:?}");
            assert_eq!(bench.take_requests(), [""; 0]);
        }
    }
}

#[test]
fn u11_without_a_token_of_the_source_none_is_sent() {
    let config = OpConfig { claims_access_token: None, ..bench::source_config() };
    let mut bench = Bench::with(config);
    let source = bench.source(distributed(CLAIMS, None));
    assert!(bench.resolve(&source).is_ok());
    assert_eq!(bench.take_requests(), [format!("GET {CLAIMS}"), format!("GET {JWKS}")]);

    // The claims provider wants one: the login's is not offered.
    let mut bench = Bench::new();
    let source = bench.source(distributed(CLAIMS, None));
    refused(bench.resolve(&source), "response.status");
    assert_eq!(bench.take_requests(), [format!("GET {CLAIMS}")]);
    let source = bench.source(distributed(CLAIMS, Some("another")));
    let error = refused(bench.resolve(&source), "provider.error");
    assert_eq!(provider_error(&error).1, "invalid_token");
    assert_eq!(bench.take_requests(), [format!("GET {CLAIMS} Bearer another")]);
}

#[test]
fn u11_the_endpoint_is_https() {
    let mut bench = Bench::new();
    for endpoint in [
        "http://claims.test/claims",
        "http://127.0.0.1:9/claims",
        "ftp://claims.test/claims",
        "//claims.test/claims",
        "https://u:p@claims.test/claims",
        "https://claims.test/claims#x",
        "https:claims.test",
        "https://claims.test\\@evil.test/",
        "",
    ] {
        let error = refused(bench.sources(&distributed(endpoint, None)), "claim_source.endpoint");
        assert_eq!(error.blame(), Blame::Provider);
    }
    assert!(bench.sources(&distributed("https://claims.test:8443/a?b=c", None)).is_ok());
}

#[test]
fn u11_plain_http_only_on_this_machine_and_only_by_policy() {
    let origin = "http://127.0.0.1:4711";
    let config = OpConfig { issuer: origin.into(), ..bench::source_config() };
    let loopback = Policy::default().insecure_allow_loopback_http();
    let mut bench = Bench::with_policy(config, loopback.clone());
    let endpoint = format!("{origin}/claims");
    let source = bench.source(distributed(&endpoint, Some(CLAIMS_TOKEN)));
    let resolve = bench.client.resolve_claims(&source).allow_origin(origin);
    match bench.run(resolve).unwrap() {
        SourcedClaims::Unverified(claims) => {
            assert_eq!(claims.relaxations(), [Relaxation::LoopbackHttp])
        }
        other => panic!("{other:?}"),
    }
    let resolve = bench.client.resolve_claims(&source).allow_origin(origin).trusted(&bench.issuer);
    let claims = bench.run(resolve).unwrap();
    assert_eq!(claims.verified().unwrap().relaxations(), [Relaxation::LoopbackHttp]);
    bench.take_requests();
    // A source that was read under that policy does not widen another one.
    let strict = Client::new(
        bench.client.metadata().clone(),
        bench.client.registration().clone(),
        relying_party_tests::scenario::crypto(),
        Policy::default(),
    );
    let resolve = strict.unwrap().resolve_claims(&source).allow_origin(origin);
    refused(bench.run(resolve), "claim_source.endpoint");
    assert_eq!(bench.take_requests(), [""; 0]);
}

#[test]
fn u11_a_redirect_is_not_followed_and_no_other_answer_is_read() {
    let mut bench = Bench::new();
    let source = bench.source(distributed(CLAIMS, Some(CLAIMS_TOKEN)));
    for (status, media_type, body, code) in [
        (302, "application/jwt", None, "response.redirect"),
        (404, "text/html", Some("<p>no</p>".to_owned()), "response.status"),
        (500, "application/jwt", None, "response.status"),
        (201, "application/jwt", None, "response.status"),
        (
            400,
            "application/json",
            Some(r#"{"error":"invalid_request"}"#.to_owned()),
            "provider.error",
        ),
        (
            200,
            "application/json",
            Some(r#"{"credit_score":650}"#.to_owned()),
            "response.content_type",
        ),
        (200, "text/html", None, "response.content_type"),
        (200, "application/jwt", Some(r#"{"credit_score":650}"#.to_owned()), "token.syntax"),
        (200, "application/jwt", Some(String::new()), "token.syntax"),
        (200, "application/jwt", Some("a".repeat(64 * 1024)), "token.syntax"),
        (200, "application/jwt", Some("a".repeat(64 * 1024 + 1)), "transport.too_large"),
    ] {
        bench.answer(status, Some(media_type), body);
        refused(bench.resolve(&source), code);
        assert_eq!(bench.take_requests().len(), 1, "{status} {media_type}");
    }
    for media_type in
        [Some("application/JWT; charset=utf-8"), Some("application/provided-claims+jwt"), None]
    {
        bench.answer(200, media_type, None);
        assert!(bench.resolve(&source).unwrap().verified().is_some(), "{media_type:?}");
    }
}

#[test]
fn u11_nobody_at_the_endpoint_costs_only_the_claims_from_there() {
    let mut bench = Bench::new();
    let token = bench.signed(own_claims());
    let sources = bench.sources(&json!({
        "_claim_names": { "credit_score": "there", "email": "here" },
        "_claim_sources": { "there": { "endpoint": "https://nobody.test/" }, "here": { "JWT": token } },
    }));
    let sources = sources.unwrap();
    let outcomes: Vec<_> = sources
        .iter()
        .map(|source| {
            let resolve = bench.client.resolve_claims(source).allow_origin("https://nobody.test");
            bench.run(resolve.trusted(&bench.issuer.clone()))
        })
        .collect();
    let [Ok(here), Err(there)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert_eq!(here.verified().unwrap().claims().email().unwrap().unwrap(), "a@claims.test");
    assert_eq!(there.code(), "transport.connect");
}
