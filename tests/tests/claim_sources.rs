//! Aggregated and distributed claims (OIDC Core 5.6.2): where they come from, and whose word they are.

#[path = "claim_sources/bench.rs"]
#[allow(dead_code)]
mod bench;

use bench::{Bench, CLAIMS, JWKS, aggregated, header, own_claims};
use relying_party::{
    Policy,
    error::{Blame, ErrorKind, TokenKind},
    jose::algorithm::Algorithm,
    protocol::{
        claims_request::ClaimRequest, sourced_claims::SourcedClaims,
        verified_claims_request::VerifiedClaimsRequest,
    },
};
use relying_party_tests::{
    op::{Alg, CLAIMS_TOKEN, Mischief},
    refusal::refused,
    scenario::Scenario,
};
use serde_json::{Value, json};

const ORIGIN: &str = "https://claims.test";

#[test]
fn oidcc_client_test_aggregated_claims_are_marked_as_unverified() {
    let (login, mut world) = Scenario::new().mischief(Mischief::AggregatedClaims).run().accepted();
    let client = world.discover("rs256", Policy::default()).unwrap();
    let sources = client.claim_sources(login.user_info().unwrap().claims()).unwrap();
    assert_eq!(sources.len(), 1);
    let source = sources.of_claim("credit_score").next().unwrap();
    assert_eq!((source.name(), source.endpoint()), ("src1", None));
    world.transport.clear();
    let claims = world.run(client.resolve_claims(source).trusted(&client)).unwrap();
    assert_eq!(world.transport.requests(), [""; 0]);
    assert!(claims.verified().is_none());
    let SourcedClaims::Unverified(claims) = claims else { panic!("{claims:?}") };
    assert_eq!(claims.unverified_claims().as_json(), r#"{"credit_score":650}"#);
    assert_eq!(claims.unverified_issuer(), None);
}

#[test]
fn oidcc_client_test_distributed_claims_are_read_with_the_token_of_their_source() {
    let (login, mut world) = Scenario::new().mischief(Mischief::DistributedClaims).run().accepted();
    let client = world.discover("rs256", Policy::default()).unwrap();
    let sources = client.claim_sources(login.user_info().unwrap().claims()).unwrap();
    let source = sources.of_claim("credit_score").next().unwrap();
    assert_eq!(source.endpoint().unwrap().as_str(), "https://op.test/claims");
    for trusted in [false, true] {
        world.transport.clear();
        world.op.clear_transcript();
        let resolve = client.resolve_claims(source).allow_origin("https://op.test");
        let resolve = if trusted { resolve.trusted(&client) } else { resolve };
        let claims = world.run(resolve).unwrap();
        assert_eq!(claims.verified().is_some(), trusted);
        let json = match &claims {
            SourcedClaims::Verified(claims) => claims.claims().as_json(),
            SourcedClaims::Unverified(claims) => claims.unverified_claims().as_json(),
        };
        assert_eq!(json, r#"{"credit_score":650}"#);
        let transcript = world.op.transcript();
        let due = format!(
            "GET /claims accept=application/jwt content-type=- authorization=Bearer {CLAIMS_TOKEN} body="
        );
        assert_eq!(transcript[0], due);
        assert_eq!(transcript.len(), if trusted { 2 } else { 1 }, "{transcript:?}");
    }
}

#[test]
fn u10_claims_are_verified_where_their_issuer_is_trusted() {
    let mut bench = Bench::new();
    let source = bench.source(aggregated(&bench.signed(own_claims())));
    let SourcedClaims::Verified(claims) = bench.resolve(&source).unwrap() else { panic!() };
    assert_eq!(bench.take_requests(), [format!("GET {JWKS}")]);
    assert_eq!((claims.issuer(), claims.sub()), (ORIGIN, Some("alice-of-the-source")));
    assert_eq!(claims.claims().as_json(), r#"{"credit_score":650}"#);
    assert!(claims.relaxations().is_empty());

    // Of an issuer whom nobody trusts, or of none: unverified, and nobody is asked for keys.
    let trusting_others = bench.client.resolve_claims(&source).trusted(&bench.client);
    let nobody = bench.client.resolve_claims(&source);
    for resolve in [trusting_others, nobody] {
        let SourcedClaims::Unverified(claims) = bench.run(resolve).unwrap() else { panic!() };
        assert_eq!(claims.unverified_issuer(), Some(ORIGIN));
        assert_eq!(claims.unverified_claims().as_json(), r#"{"credit_score":650}"#);
        assert_eq!(bench.take_requests(), [""; 0]);
    }
    for iss in [Value::Null, json!("https://claims.test/"), json!("https://CLAIMS.test")] {
        let token = bench.changed(|_, claims| match &iss {
            Value::Null => bench::remove(claims, "iss"),
            iss => claims["iss"] = iss.clone(),
        });
        let source = bench.source(aggregated(&token));
        assert!(bench.resolve(&source).unwrap().verified().is_none(), "{iss}");
        assert_eq!(bench.take_requests(), [""; 0]);
    }
}

#[test]
fn j28_claims_of_a_source_keep_their_digits() {
    const SCORE: &str = r#"[18446744073709551616, 0.10, {"a":1e2}]"#;
    let mut bench = Bench::new();
    let header = header(&bench.source, Alg::Rs256).to_string();
    let claims = format!(
        r#"{{ "other" : [1,"}}"], "iss":"{ORIGIN}","credit\u005fscore" :{SCORE} ,"last":0}}"#
    );
    let token = bench.source.mint(Alg::Rs256, &header, &claims);
    let source = bench.source(aggregated(&token));
    let due = format!(r#"{{"credit_score":{SCORE}}}"#);
    let nobody = bench.client.resolve_claims(&source);
    let SourcedClaims::Unverified(claims) = bench.run(nobody).unwrap() else { panic!() };
    assert_eq!(claims.unverified_claims().as_json(), due);
    let SourcedClaims::Verified(claims) = bench.resolve(&source).unwrap() else { panic!() };
    assert_eq!(claims.claims().as_json(), due);
    let (number, ..) =
        claims.claims().claim::<(u128, f64, Value)>("credit_score").unwrap().unwrap();
    assert_eq!(number, 1 << 64);
}

#[test]
fn u10_a_token_that_names_a_trusted_issuer_is_never_unverified() {
    let mut bench = Bench::new();
    let good = bench.signed(own_claims());
    let unsigned = bench.changed(|header, _| *header = json!({ "alg": "none" }));
    let (signed_part, _) = unsigned.rsplit_once('.').unwrap();
    let others = bench.world.op.mint(
        Alg::Rs256,
        &header(&bench.source, Alg::Rs256).to_string(),
        &own_claims().to_string(),
    );
    let es256 = bench.changed(|header, _| *header = bench::header(&bench.source, Alg::Es256));
    let other = bench.changed(|_, claims| claims["credit_score"] = 850.into());
    let (other, signature) = (other.rsplit_once('.').unwrap().0, good.rsplit_once('.').unwrap().1);
    let altered = format!("{other}.{signature}");
    for (token, code) in [
        (unsigned.clone(), "token.algorithm"),
        (format!("{signed_part}."), "token.algorithm"),
        (others, "token.signature"),
        (es256, "token.algorithm"),
        (altered, "token.signature"),
    ] {
        let source = bench.source(aggregated(&token));
        bench.take_requests();
        let error = refused(bench.resolve(&source), code);
        let of_claims =
            matches!(error.kind(), ErrorKind::Token { kind: TokenKind::SourcedClaims, .. });
        assert!(of_claims && error.blame() == Blame::Provider);
        if code == "token.algorithm" {
            assert!(error.hint().unwrap().contains("trusted_by_algorithm"));
            assert_eq!(bench.take_requests(), [""; 0]);
        }
    }
    bench.take_requests();
    let source = bench.source(aggregated(&good));
    assert!(bench.resolve(&source).unwrap().verified().is_some());
}

#[test]
fn u10_the_algorithm_is_the_one_that_was_chosen() {
    let mut bench = Bench::new();
    let token = bench.changed(|header, _| *header = bench::header(&bench.source, Alg::Es256));
    let source = bench.source(aggregated(&token));
    let by = |bench: &Bench, algorithm| {
        let resolve = bench.client.resolve_claims(&source);
        resolve.trusted_by_algorithm(&bench.issuer, algorithm)
    };
    let resolve = by(&bench, Algorithm::ES256);
    assert!(bench.run(resolve).unwrap().verified().is_some());
    bench.take_requests();
    let resolve = by(&bench, Algorithm::RS256);
    refused(bench.run(resolve), "token.algorithm");
    // Without a secret, or with one that is too short, nothing is verified by it.
    let resolve = by(&bench, Algorithm::HS256);
    refused(bench.run(resolve), "misuse.no_secret");
    assert_eq!(bench.take_requests(), [""; 0]);
}

#[test]
fn u10_times_are_held_where_they_are_there() {
    let mut bench = Bench::new();
    let now = bench.world.clock.now().seconds();
    for (claim, good, bad, code) in [
        ("exp", now - 59, now - 60, "claim.exp.expired"),
        ("nbf", now + 60, now + 61, "claim.nbf.not_yet"),
        ("iat", now + 60, now + 61, "claim.iat.not_yet"),
    ] {
        assert!(bench.verified(|_, claims| claims[claim] = good.into()).is_ok(), "{claim}");
        refused(bench.verified(|_, claims| claims[claim] = bad.into()), code);
        let malformed = format!("claim.{claim}.malformed");
        refused(bench.verified(|_, claims| claims[claim] = "soon".into()), &malformed);
    }
    // An old one without an end is as good as it was.
    assert!(bench.verified(|_, claims| claims["iat"] = (now - 10_000_000).into()).is_ok());
}

#[test]
fn u10_claims_for_another_audience() {
    let mut bench = Bench::new();
    for audience in [json!("rs256"), json!("public"), json!(["x", "rs256"])] {
        assert!(bench.verified(|_, claims| claims["aud"] = audience.clone()).is_ok(), "{audience}");
    }
    for (audience, code) in [
        (json!("another"), "claim.aud.mismatch"),
        (json!(["x", "y"]), "claim.aud.mismatch"),
        (json!([]), "claim.aud.malformed"),
        (json!(7), "claim.aud.malformed"),
    ] {
        refused(bench.verified(|_, claims| claims["aud"] = audience.clone()), code);
    }
}

#[test]
fn u10_the_sub_of_another_issuer_is_its_own_and_of_the_same_one_the_logins() {
    let mut bench = Bench::new();
    assert!(bench.verified(|_, claims| bench::remove(claims, "sub")).is_ok());
    refused(bench.verified(|_, claims| claims["sub"] = "".into()), "claim.sub.malformed");
    refused(bench.verified(|_, claims| claims["sub"] = 7.into()), "claim.sub.malformed");
    // The provider's own claims by way of a source.
    let op = bench.world.op.clone();
    for (sub, due) in [("sub-alice-248289761001", None), ("sub-bob", Some("claim.sub.mismatch"))] {
        let claims = json!({ "iss": op.issuer(), "sub": sub, "credit_score": 650 });
        let token = op.mint(Alg::Rs256, &header(&op, Alg::Rs256).to_string(), &claims.to_string());
        let source = bench.source(aggregated(&token));
        let resolve = bench.client.resolve_claims(&source).trusted(&bench.client);
        let outcome = bench.run(resolve);
        assert_eq!(outcome.as_ref().err().map(|error| error.code()), due, "{outcome:?}");
    }
}

#[test]
fn u10_another_kind_of_token_is_no_set_of_claims() {
    let mut bench = Bench::new();
    for claim in
        ["nonce", "at_hash", "c_hash", "auth_time", "azp", "sid", "events", "scope", "client_id"]
    {
        let code = format!("claim.{claim}.unexpected");
        refused(bench.verified(|_, claims| claims[claim] = "x".into()), &code);
    }
    assert!(bench.verified(|_, claims| claims["anything"] = "x".into()).is_ok());
    bench.take_requests();
    for typ in ["at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", ""] {
        refused(bench.verified(|header, _| header["typ"] = typ.into()), "token.header");
        // Not even where nobody is trusted.
        let token = bench.changed(|header, _| header["typ"] = typ.into());
        let source = bench.source(aggregated(&token));
        let resolve = bench.client.resolve_claims(&source);
        refused(bench.run(resolve), "token.header");
        assert_eq!(bench.take_requests(), [""; 0]);
    }
    refused(bench.verified(|header, _| header["typ"] = 7.into()), "token.header");
    refused(bench.verified(|header, _| header["crit"] = json!(["exp"])), "token.header");
    assert!(bench.verified(|header, _| header["typ"] = "JWT".into()).is_ok());
    assert!(bench.verified(|header, _| header["typ"] = "application/jwt".into()).is_ok());
}

/// Identity Assurance 6.1 and 6.2.
#[test]
fn u10_a_token_of_provided_claims_can_be_no_id_token() {
    let mut bench = Bench::new();
    let now = bench.world.clock.now().seconds();
    let typed = |header: &mut Value| header["typ"] = "provided-claims+jwt".into();
    assert!(bench.verified(|header, _| typed(header)).is_ok());
    for (claim, value) in [("aud", json!("rs256")), ("exp", json!(now + 300))] {
        let outcome = bench.verified(|header, claims| {
            typed(header);
            claims[claim] = value.clone();
        });
        refused(outcome, &format!("claim.{claim}.unexpected"));
    }
    let outcome = bench.verified(|header, claims| {
        typed(header);
        bench::remove(claims, "sub");
    });
    refused(outcome, "claim.sub.missing");
}

#[test]
fn u10_u13_only_the_claims_of_the_source_are_taken() {
    let mut bench = Bench::new();
    let token = bench.changed(|_, claims| {
        claims["email"] = "evil@claims.test".into();
        claims["_claim_names"] = json!({ "credit_score": "deeper" });
        claims["_claim_sources"] = json!({ "deeper": { "endpoint": "https://evil.test/" } });
        claims["verified_claims"] = json!({});
    });
    let source = bench.source(aggregated(&token));
    let claims = bench.resolve(&source).unwrap();
    assert_eq!(claims.verified().unwrap().claims().as_json(), r#"{"credit_score":650}"#);
    let resolve = bench.client.resolve_claims(&source);
    let SourcedClaims::Unverified(claims) = bench.run(resolve).unwrap() else { panic!() };
    assert_eq!(claims.unverified_claims().as_json(), r#"{"credit_score":650}"#);
    // A source within a source is none.
    assert!(bench.client.claim_sources(claims.unverified_claims()).unwrap().is_empty());

    // One that the source does not give is absent, like any other.
    let token = bench.changed(|_, claims| bench::remove(claims, "credit_score"));
    let source = bench.source(aggregated(&token));
    let claims = bench.resolve(&source).unwrap();
    assert_eq!(claims.verified().unwrap().claims().claim::<u32>("credit_score"), Ok(None));
}

#[test]
fn u10_sources_of_an_id_token_and_several_of_verified_claims() {
    let mut bench = Bench::new();
    let element = |framework: &str| {
        let verification = json!({ "trust_framework": framework });
        json!({ "verification": verification, "claims": { "given_name": "Alice" } })
    };
    let token = bench.changed(|header, claims| {
        header["typ"] = "provided-claims+jwt".into();
        claims["verified_claims"] = json!([element("gold"), element("bronze")]);
    });
    let members = json!({
        "_claim_names": { "verified_claims": ["here", "there"] },
        "_claim_sources": { "here": { "JWT": token }, "there": { "endpoint": CLAIMS, "access_token": CLAIMS_TOKEN } },
    });
    bench.world.op.tamper_id_token(move |_, _, claims| {
        claims.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    });
    let login = bench.world.login(&bench.client).unwrap();
    let sources = bench.client.claim_sources(login.id_token().claims()).unwrap();
    let sources: Vec<_> = sources.of_claim("verified_claims").collect();
    assert_eq!(sources.len(), 2);
    let here = bench.resolve(sources[0]).unwrap();
    let came = here.verified().unwrap().claims().verified_claims().unwrap();
    let wanted = VerifiedClaimsRequest::new()
        .trust_framework(ClaimRequest::voluntary().value("gold"))
        .claim("given_name", ClaimRequest::essential());
    let satisfied = wanted.satisfied_by(&came, bench.world.clock.now());
    let frameworks: Vec<_> =
        satisfied.iter().map(|one| one.verification().trust_framework()).collect();
    assert_eq!((came.len(), frameworks), (2, vec!["gold"]));
    // Each keeps its source; this one has none of them.
    let there = bench.resolve(sources[1]).unwrap();
    assert!(there.verified().unwrap().claims().verified_claims().unwrap().is_empty());
}

#[test]
fn i28_u11_tokens_and_claims_are_in_no_debug() {
    let mut bench = Bench::new();
    let token = bench.signed(own_claims());
    let sources = bench.sources(&json!({
        "_claim_names": { "credit_score": "there", "email": "here" },
        "_claim_sources": {
            "there": { "endpoint": format!("{CLAIMS}/of/alice"), "access_token": CLAIMS_TOKEN },
            "here": { "JWT": token },
        },
    }));
    let sources = sources.unwrap();
    let mut shown = format!("{sources:?}");
    for source in sources.iter() {
        let resolve =
            bench.client.resolve_claims(source).allow_origin(ORIGIN).trusted(&bench.issuer);
        shown += &format!("{resolve:?}");
        shown += &bench.steps(resolve);
    }
    let resolve = bench.client.resolve_claims(sources.of_claim("email").next().unwrap());
    shown += &format!("{:?}", bench.run(resolve));
    for secret in [
        CLAIMS_TOKEN,
        token.as_str(),
        token.rsplit_once('.').unwrap().1,
        "650",
        "a@claims",
        "of/alice",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert!(shown.contains(ORIGIN));
}
