//! Which claims are said to come from which source (OIDC Core 5.6.2, Identity Assurance 6): read strictly, and bounded.

#[path = "claim_sources/bench.rs"]
#[allow(dead_code)]
mod bench;

use bench::{Bench, one_source};
use relying_party::{
    Policy,
    error::{Blame, ClaimSourceProblem, ErrorKind, JsonFault},
    limits::Limits,
};
use relying_party_tests::refusal::refused;
use serde_json::{Map, Value, json};

#[test]
fn u12_sources_and_their_claims() {
    let mut bench = Bench::new();
    assert!(bench.sources(&json!({})).unwrap().is_empty());
    assert!(
        bench.sources(&json!({ "_claim_names": {}, "_claim_sources": {} })).unwrap().is_empty()
    );
    let sources = bench.sources(&json!({
        "_claim_names": { "address": "b", "phone_number": "b", "credit_score": "a" },
        "_claim_sources": {
            "b": { "JWT": "x.y.z", "something": ["else"] },
            "a": { "endpoint": "https://claims.test/", "access_token": "t", "JWT": null },
            // Nobody refers to it.
            "c": "no source at all",
        },
    }));
    let sources = sources.unwrap();
    let read: Vec<_> = sources.iter().map(|one| (one.name(), one.claims().collect())).collect();
    assert_eq!(read, [("a", vec!["credit_score"]), ("b", vec!["address", "phone_number"])]);
    let endpoints: Vec<_> =
        sources.iter().map(|one| one.endpoint().map(url::Url::as_str)).collect();
    assert_eq!(endpoints, [Some("https://claims.test/"), None]);
    let names = |claim| sources.of_claim(claim).map(|one| one.name()).collect::<Vec<_>>();
    assert_eq!(names("address"), ["b"]);
    assert_eq!(names("email"), [""; 0]);
}

/// Identity Assurance 6.1.
#[test]
fn u12_verified_claims_may_come_from_several_sources() {
    let mut bench = Bench::new();
    let with = |claim: &str, names: Value| {
        let source = json!({ "JWT": "x.y.z" });
        json!({ "_claim_names": { claim: names }, "_claim_sources": { "a": source, "b": source } })
    };
    for names in
        [json!(["b", "a", "b"]), json!({ "a": { "claims": { "given_name": null } }, "b": {} })]
    {
        let sources = bench.sources(&with("verified_claims", names.clone())).unwrap();
        let read: Vec<_> = sources.of_claim("verified_claims").map(|one| one.name()).collect();
        assert_eq!(read, ["a", "b"]);
        assert!(sources.iter().all(|one| one.claims().count() == 1));
        refused(bench.sources(&with("given_name", names)), "claim_source.malformed");
    }
    refused(bench.sources(&with("verified_claims", json!(["a", 1]))), "claim_source.malformed");
    refused(bench.sources(&with("verified_claims", json!(["a", "c"]))), "claim_source.missing");
}

#[test]
fn u12_what_is_no_set_of_sources_is_refused() {
    let mut bench = Bench::new();
    let object = JsonFault::WrongType("an object");
    let name = JsonFault::WrongType("the name of a source");
    let text = JsonFault::WrongType("a string");
    let token = JsonFault::WrongType("a token");
    let names = json!({ "credit_score": "src1" });
    let endpoint = "https://claims.test/";
    for (members, path, fault) in [
        (json!({ "_claim_names": names }), "_claim_sources", &JsonFault::Missing),
        (json!({ "_claim_sources": {} }), "_claim_names", &JsonFault::Missing),
        (json!({ "_claim_names": [], "_claim_sources": {} }), "_claim_names", &object),
        (json!({ "_claim_names": null, "_claim_sources": {} }), "_claim_names", &object),
        (json!({ "_claim_names": names, "_claim_sources": [] }), "_claim_sources", &object),
        (json!({ "_claim_names": names, "_claim_sources": "src1" }), "_claim_sources", &object),
        (json!({ "_claim_names": { "a": 1 }, "_claim_sources": {} }), "a", &name),
        (json!({ "_claim_names": { "a": null }, "_claim_sources": {} }), "a", &name),
        (one_source(json!("x.y.z")), "src1", &object),
        (one_source(json!(["x.y.z"])), "src1", &object),
        (one_source(json!({ "JWT": 1 })), "JWT", &text),
        (one_source(json!({ "JWT": "" })), "JWT", &token),
        (one_source(json!({ "JWT": "x.y.z\n" })), "JWT", &token),
        (one_source(json!({ "endpoint": [endpoint] })), "endpoint", &text),
        (one_source(json!({ "endpoint": endpoint, "access_token": 1 })), "access_token", &text),
        (one_source(json!({ "endpoint": endpoint, "access_token": "" })), "access_token", &token),
        (
            one_source(json!({ "endpoint": endpoint, "access_token": "a b" })),
            "access_token",
            &token,
        ),
    ] {
        let error = refused(bench.sources(&members), "claim_source.malformed");
        assert_eq!(error.blame(), Blame::Provider);
        let ErrorKind::ClaimSource(ClaimSourceProblem::Malformed(problem)) = error.kind() else {
            panic!("{error}")
        };
        assert_eq!((problem.path.as_str(), &problem.fault), (path, fault), "{members}");
    }
    assert!(
        bench.sources(&one_source(json!({ "endpoint": endpoint, "access_token": "a" }))).is_ok()
    );
}

#[test]
fn u12_a_claim_of_a_source_that_is_not_there_or_says_nothing() {
    let mut bench = Bench::new();
    let missing = json!({ "_claim_names": { "a": "src1", "b": "src2" }, "_claim_sources": { "src1": { "JWT": "x" } } });
    let error = refused(bench.sources(&missing), "claim_source.missing");
    assert!(error.to_string().contains("src2"));
    for source in [json!({}), json!({ "jwt": "x" }), json!({ "access_token": "t" })] {
        refused(bench.sources(&one_source(source)), "claim_source.empty");
    }
    let both = json!({ "JWT": "x", "endpoint": "https://claims.test/" });
    refused(bench.sources(&one_source(both)), "claim_source.ambiguous");
    // The name of a source may be that of a claim, and it is still none: nothing goes round in circles.
    let circle = json!({
        "_claim_names": { "a": "b", "b": "a" },
        "_claim_sources": { "a": { "JWT": "x" }, "b": { "JWT": "y" } },
    });
    assert_eq!(bench.sources(&circle).unwrap().len(), 2);
    let itself = json!({ "_claim_names": { "a": "_claim_sources" }, "_claim_sources": {} });
    refused(bench.sources(&itself), "claim_source.missing");
}

/// `count` sources, one claim each.
fn many(count: usize) -> Value {
    let all = |value: fn(usize) -> Value| (0..count).map(move |at| (format!("s{at}"), value(at)));
    let names: Map<_, _> = all(|at| json!(format!("s{at}"))).collect();
    let sources: Map<_, _> = all(|_| json!({ "JWT": "x" })).collect();
    json!({ "_claim_names": names, "_claim_sources": sources })
}

/// `count` claims of one source.
fn long(count: usize) -> Value {
    let names: Map<_, _> = (0..count).map(|at| (format!("c{at}"), json!("s"))).collect();
    json!({ "_claim_names": names, "_claim_sources": { "s": { "JWT": "x" } } })
}

#[test]
fn u12_eight_sources_and_sixty_four_claims_at_most() {
    let mut bench = Bench::new();
    assert_eq!(bench.sources(&many(8)).unwrap().len(), 8);
    let error = refused(bench.sources(&many(9)), "limit.claim_sources");
    assert_eq!(error.blame(), Blame::Provider);
    assert_eq!(bench.sources(&long(64)).unwrap().iter().next().unwrap().claims().count(), 64);
    refused(bench.sources(&long(65)), "limit.claim_names");

    let mut limits = Limits::default();
    (limits.user_info_response, limits.claim_sources) = (16 << 20, 9);
    let policy = Policy::default().limits(limits);
    let mut bench = Bench::with_policy(bench::source_config(), policy);
    assert_eq!(bench.sources(&many(9)).unwrap().len(), 9);
    refused(bench.sources(&many(100_000)), "limit.claim_names");
    // A hundred thousand that nobody refers to are skipped.
    let mut junk = many(100_000);
    junk["_claim_names"] = json!({ "credit_score": "s7" });
    assert_eq!(bench.sources(&junk).unwrap().len(), 1);
}

#[test]
fn u13_who_the_visitor_is_comes_from_nowhere_else() {
    let mut bench = Bench::new();
    let of = |claim: &str| json!({ "_claim_names": { claim: "src1" }, "_claim_sources": { "src1": { "JWT": "x" } } });
    for claim in [
        "iss",
        "sub",
        "aud",
        "azp",
        "exp",
        "iat",
        "nbf",
        "jti",
        "nonce",
        "auth_time",
        "acr",
        "amr",
        "at_hash",
        "c_hash",
        "s_hash",
        "sid",
        "events",
        "cnf",
        "client_id",
        "_claim_names",
        "_claim_sources",
        "_claim_x",
    ] {
        let error = refused(bench.sources(&of(claim)), "claim_source.reserved");
        assert!(error.to_string().contains(claim));
    }
    for claim in ["email", "Sub", "subject", "_claims", "groups"] {
        assert_eq!(bench.sources(&of(claim)).unwrap().of_claim(claim).count(), 1);
    }
}

#[test]
fn u13_the_logins_own_claims_stay_what_they_are() {
    let mut bench = Bench::new();
    let source = json!({ "JWT": bench.signed(bench::own_claims()) });
    let members = json!({ "_claim_names": { "email": "s" }, "_claim_sources": { "s": source } });
    let claims = bench.claims(&members);
    let own = claims.email().unwrap();
    let sources = bench.client.claim_sources(&claims).unwrap();
    let sourced = bench.resolve(sources.iter().next().unwrap()).unwrap();
    assert_eq!(sourced.verified().unwrap().claims().email().unwrap().unwrap(), "a@claims.test");
    assert_eq!(claims.email().unwrap(), own);
    assert_ne!(own.as_deref(), Some("a@claims.test"));
    assert_eq!(claims.claim::<String>("sub").unwrap().unwrap(), "sub-alice-248289761001");
}
