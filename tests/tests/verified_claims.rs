//! Claims that somebody verified (OpenID Identity Assurance 1.0): what is asked for, what comes, and what of it is good
//! enough.

use std::time::Duration;

use relying_party::{
    Claims,
    error::{JsonFault, JsonProblem},
    protocol::{
        claims_request::{ClaimRequest, ClaimsRequest},
        verified_claims::VerifiedClaims,
        verified_claims_request::VerifiedClaimsRequest,
    },
    time::UnixTime,
};
use relying_party_tests::scenario::Scenario;
use serde_json::{Map, Value, json};

/// 2027-01-15T08:00:00Z
const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

/// The claims of a login whose userinfo answer has this member.
fn claims(verified_claims: Value) -> Claims {
    let scenario = Scenario::new().document("/userinfo", move |document| {
        document["verified_claims"] = verified_claims.clone();
    });
    let (login, _) = scenario.run().accepted();
    login.user_info().unwrap().claims().clone()
}

fn came(verified_claims: Value) -> Vec<VerifiedClaims> {
    claims(verified_claims).verified_claims().unwrap()
}

/// An element with this trust framework, and these further members of `verification`.
fn element(verification: Value) -> Value {
    json!({ "verification": verification, "claims": { "given_name": "Alice", "birthdate": "1999-05-04" } })
}

fn framework(name: &str) -> VerifiedClaimsRequest {
    let request =
        VerifiedClaimsRequest::new().trust_framework(ClaimRequest::voluntary().value(name));
    request.claim("given_name", ClaimRequest::voluntary())
}

/// Whether the element satisfies the request.
#[track_caller]
fn satisfies(request: &VerifiedClaimsRequest, element: &Value, due: bool) {
    let satisfied = request.satisfied_by(&came(element.clone()), NOW);
    assert_eq!(satisfied.len(), usize::from(due), "{element} for {request:?}");
}

#[test]
fn one_element_or_several_are_read() {
    let one = element(json!({
        "trust_framework": "de_aml", "assurance_level": "high", "time": "2024-02-29T12:30Z",
        "verification_process": "case-7", "evidence": [{ "type": "document" }],
    }));
    let read = came(one.clone());
    assert_eq!(read.len(), 1);
    let verification = read[0].verification();
    assert_eq!(verification.trust_framework(), "de_aml");
    assert_eq!(verification.assurance_level(), Some("high"));
    assert_eq!(verification.verification_process(), Some("case-7"));
    assert_eq!(verification.time(), Some(UnixTime::from_seconds(1_709_209_859)));
    let evidence: Option<Vec<Map<String, Value>>> = verification.member("evidence").unwrap();
    assert_eq!(evidence.unwrap()[0]["type"], "document");
    assert!(verification.member::<u32>("evidence").is_err());
    assert_eq!(read[0].claims().given_name(), Ok(Some("Alice".to_owned())));
    let shown = format!("{read:?}");
    assert!(shown.contains("de_aml") && !shown.contains("Alice") && !shown.contains("case-7"));

    let bare = json!({ "verification": { "trust_framework": "x" }, "claims": {} });
    let read = came(json!([one, bare]));
    assert_eq!(read.len(), 2);
    assert_eq!(
        (read[1].verification().time(), read[1].verification().assurance_level()),
        (None, None)
    );
    assert_eq!(came(Value::Null).len(), 0);
    assert_eq!(came(json!([])).len(), 0);
    assert_eq!(came(Value::Array(vec![bare; 64])).len(), 64);
}

#[test]
fn what_breaks_the_schema_breaks_only_its_own_reading() {
    let good = json!({ "trust_framework": "x" });
    let missing = JsonFault::Missing;
    let text = JsonFault::WrongType("a string");
    let object = JsonFault::WrongType("an object");
    let list = JsonFault::WrongType("an object, or a list of at most 64");
    let time = JsonFault::WrongType("a date and time with its zone");
    let of = |verification: Value| json!({ "verification": verification, "claims": {} });
    for (value, path, fault) in [
        (json!("yes"), "verified_claims", &list),
        (json!(true), "verified_claims", &list),
        (Value::Array(vec![of(good.clone()); 65]), "verified_claims", &list),
        (json!({}), "verified_claims.verification", &missing),
        (json!({ "verification": good }), "verified_claims.claims", &missing),
        (json!({ "verification": good, "claims": ["a"] }), "verified_claims.claims", &object),
        (json!({ "verification": "x", "claims": {} }), "verified_claims.verification", &object),
        (json!([of(good), 7]), "verified_claims[1].verification", &missing),
        (of(json!({})), "verified_claims.verification.trust_framework", &missing),
        (
            of(json!({ "trust_framework": "" })),
            "verified_claims.verification.trust_framework",
            &missing,
        ),
        (
            of(json!({ "trust_framework": 1 })),
            "verified_claims.verification.trust_framework",
            &text,
        ),
        (
            of(json!({ "trust_framework": "x", "time": "yesterday" })),
            "verified_claims.verification.time",
            &time,
        ),
        (
            of(json!({ "trust_framework": "x", "time": 1 })),
            "verified_claims.verification.time",
            &text,
        ),
    ] {
        let claims = claims(value.clone());
        let JsonProblem { path: at, fault: what, .. } = claims.verified_claims().unwrap_err();
        assert_eq!((at.as_str(), &what), (path, fault), "{value}");
        assert_eq!(claims.name().unwrap().as_deref(), Some("Alice Liddell"), "{value}");
    }
}

#[test]
fn j28_verified_claims_keep_their_digits() {
    let of = |number: &str| {
        format!(
            r#"{{ "claims" : {{"given_name":"A","id": {number} }},"verification":{{"trust_framework":"x","n":{number}}} }}"#
        )
    };
    let (one, other) = ("18446744073709551616", "0.10");
    for text in [of(one), format!("[ {} ,{}]", of(one), of(other))] {
        let (login, _) = Scenario::new().claim("verified_claims", &text).run().accepted();
        let read = login.id_token().claims().verified_claims().unwrap();
        let request = VerifiedClaimsRequest::new().claim("id", ClaimRequest::essential());
        let kept = request.satisfied_by(&read, NOW);
        assert_eq!(kept.len(), read.len());
        for ((read, kept), number) in read.iter().zip(&kept).zip([one, other]) {
            let due = format!(r#"{{"given_name":"A","id": {number} }}"#);
            assert_eq!(read.claims().as_json(), due);
            assert_eq!(kept.claims().as_json(), format!(r#"{{"id":{number}}}"#));
            let due = format!(r#"{{"trust_framework":"x","n":{number}}}"#);
            assert_eq!(read.verification().as_json(), due);
        }
    }
}

#[test]
fn the_request_is_the_one_of_the_specification() {
    let request = VerifiedClaimsRequest::new()
        .trust_framework(ClaimRequest::voluntary().values([json!("gold"), json!("silver")]))
        .verification("time", ClaimRequest::voluntary().max_age(Duration::from_secs(63_113_852)))
        .verification("evidence", json!([{ "type": { "value": "document" } }]))
        .claim("given_name", ClaimRequest::essential())
        .claim("birthdate", ClaimRequest::voluntary());
    let due = json!({
        "verification": {
            "trust_framework": { "values": ["gold", "silver"] },
            "time": { "max_age": 63_113_852 },
            "evidence": [{ "type": { "value": "document" } }],
        },
        "claims": { "given_name": { "essential": true }, "birthdate": null },
    });
    let bare = json!({ "verification": { "trust_framework": null }, "claims": {} });
    let other = VerifiedClaimsRequest::default();
    let json = |request: ClaimsRequest| Value::Object(request.into());
    let new = || ClaimsRequest::new().user_info("email", ClaimRequest::voluntary());
    assert_eq!(
        json(new().verified_in_user_info(&request)),
        json!({ "userinfo": { "email": null, "verified_claims": due } })
    );
    let several = ClaimsRequest::new().verified_in_id_token(&request);
    let several = several.verified_in_id_token(&other).verified_in_id_token(&other);
    assert_eq!(json(several), json!({ "id_token": { "verified_claims": [due, bare, bare] } }));
}

#[test]
fn the_trust_framework_is_one_that_was_asked_for() {
    let aml = element(json!({ "trust_framework": "de_aml" }));
    satisfies(&framework("de_aml"), &aml, true);
    for other in ["eidas", "DE_AML", "de_aml ", ""] {
        satisfies(&framework(other), &aml, false);
    }
    let name =
        |request: VerifiedClaimsRequest| request.claim("given_name", ClaimRequest::voluntary());
    satisfies(&name(VerifiedClaimsRequest::new()), &aml, true);
    let values = |values: [Value; 2]| {
        let request = ClaimRequest::voluntary().values(values);
        name(VerifiedClaimsRequest::new().trust_framework(request))
    };
    satisfies(&values([json!("eidas"), json!("de_aml")]), &aml, true);
    satisfies(&values([json!("eidas"), json!("gold")]), &aml, false);
    // One that does not satisfy takes nothing away from one that does.
    let both = came(json!([element(json!({ "trust_framework": "eidas" })), aml]));
    let satisfied = framework("de_aml").satisfied_by(&both, NOW);
    assert_eq!(satisfied.len(), 1);
    assert_eq!(satisfied[0].verification().trust_framework(), "de_aml");
}

#[test]
fn a_verification_is_not_older_than_was_asked_for() {
    let request = |age| {
        let request = ClaimRequest::voluntary().max_age(Duration::from_secs(age));
        framework("x").verification("time", request)
    };
    let at = |time: &str| element(json!({ "trust_framework": "x", "time": time }));
    satisfies(&request(3600), &at("2027-01-15T07:00:00Z"), true);
    satisfies(&request(3599), &at("2027-01-15T07:00:00Z"), false);
    // From the last second of what the text stands for.
    satisfies(&request(3541), &at("2027-01-15T07:00Z"), true);
    satisfies(&request(3540), &at("2027-01-15T07:00Z"), false);
    satisfies(&request(28_801), &at("2027-01-14"), true);
    satisfies(&request(28_800), &at("2027-01-14"), false);
    satisfies(&request(0), &at("2027-01-15"), true);
    satisfies(&request(3600), &at("2027-01-15T09:00:00+02:00"), true);
    // What is not there is not recent.
    satisfies(&request(3600), &element(json!({ "trust_framework": "x" })), false);
    satisfies(
        &framework("x").verification("time", Value::Null),
        &element(json!({ "trust_framework": "x" })),
        true,
    );
}

#[test]
fn level_and_evidence_are_as_they_were_asked_for() {
    let level =
        framework("x").verification("assurance_level", ClaimRequest::voluntary().value("high"));
    satisfies(&level, &element(json!({ "trust_framework": "x", "assurance_level": "high" })), true);
    satisfies(&level, &element(json!({ "trust_framework": "x", "assurance_level": "low" })), false);
    satisfies(&level, &element(json!({ "trust_framework": "x" })), false);

    let evidence = framework("x").verification(
        "evidence",
        json!([
            {
                "type": { "value": "document" },
                "check_details": [{ "check_method": { "value": "pipp" } }],
                "document_details": { "type": { "values": ["idcard", "passport"] }, "issuer": null },
            },
            { "type": { "value": "electronic_record" } },
        ]),
    );
    let of = |evidence: Value| element(json!({ "trust_framework": "x", "evidence": evidence }));
    let document = |kind: &str, method: &str| {
        json!({
            "type": "document", "check_details": [{ "check_method": "vri" }, { "check_method": method }],
            "document_details": { "type": kind },
        })
    };
    satisfies(&evidence, &of(json!([document("idcard", "pipp")])), true);
    satisfies(
        &evidence,
        &of(json!([document("visa", "pipp"), document("passport", "pipp")])),
        true,
    );
    satisfies(&evidence, &of(json!([{ "type": "electronic_record" }])), true);
    satisfies(&evidence, &of(json!([document("visa", "pipp")])), false);
    satisfies(&evidence, &of(json!([document("idcard", "video")])), false);
    satisfies(&evidence, &of(json!([{ "type": "vouch" }])), false);
    satisfies(&evidence, &of(json!([])), false);
    satisfies(&evidence, &of(json!("document")), false);
    satisfies(&evidence, &element(json!({ "trust_framework": "x" })), false);
    // A member that is called like a demand is a member, where others stand beside it.
    let digest =
        framework("x").verification("digest", json!({ "alg": { "value": "sha" }, "value": null }));
    let of = |digest: Value| element(json!({ "trust_framework": "x", "digest": digest }));
    satisfies(&digest, &of(json!({ "alg": "sha", "value": "AAAA" })), true);
    satisfies(&digest, &of(json!({ "alg": "md5", "value": "AAAA" })), false);
}

/// OIDC Core 5.5.1: what is not understood is ignored, and the demands beside it hold.
#[test]
fn u10_a_demand_holds_whatever_stands_beside_it() {
    let aml = element(json!({ "trust_framework": "de_aml", "time": "2027-01-15T07:00:00Z" }));
    let demand = |member: &str, demand: Value| {
        let request = VerifiedClaimsRequest::new().verification(member, demand);
        request.claim("given_name", ClaimRequest::voluntary())
    };
    for (member, demands, due) in [
        ("trust_framework", json!({ "value": "de_aml", "x_reason": "law" }), true),
        ("trust_framework", json!({ "value": "eidas", "x_reason": "law" }), false),
        ("trust_framework", json!({ "values": ["de_aml"], "x": { "y": 1 } }), true),
        ("trust_framework", json!({ "values": ["eidas"], "x": { "y": 1 } }), false),
        ("time", json!({ "max_age": 3600, "x": null }), true),
        ("time", json!({ "max_age": 3599, "x": null }), false),
        ("evidence", json!({ "essential": true, "x": null }), false),
        ("time", json!({ "essential": true, "x": null }), true),
    ] {
        satisfies(&demand(member, demands), &aml, due);
    }
}

/// Identity Assurance 5.5.2: nobody verified anything the day after tomorrow, wherever he is.
#[test]
fn u10_a_verification_to_come_is_not_recent() {
    let request = framework("x")
        .verification("time", ClaimRequest::voluntary().max_age(Duration::from_secs(3600)));
    let at = |time: &str| element(json!({ "trust_framework": "x", "time": time }));
    for (time, due) in [
        ("2027-01-15T08:00:05Z", true),
        // A day has no zone, and it is tomorrow already in the east.
        ("2027-01-16", true),
        ("2027-01-18", false),
        ("2027-01-17T08:00:01Z", false),
        ("9999-12-31T00:00:00Z", false),
    ] {
        satisfies(&request, &at(time), due);
    }
}

#[test]
fn only_the_claims_that_were_asked_for_are_left() {
    let came = came(element(json!({ "trust_framework": "x" })));
    let left = |request: &VerifiedClaimsRequest| {
        let satisfied = request.satisfied_by(&came, NOW);
        satisfied.first().map(|one| one.claims().as_json().to_owned())
    };
    let (voluntary, essential) = (ClaimRequest::voluntary, ClaimRequest::essential);
    let new = VerifiedClaimsRequest::new;
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(left(&new().claim("given_name", voluntary())), some(r#"{"given_name":"Alice"}"#));
    let name = || new().claim("given_name", essential());
    assert_eq!(left(&name()), some(r#"{"given_name":"Alice"}"#));
    // A claim of another value goes; with it all the rest, where it was essential.
    let other = || voluntary().value("2000-01-01");
    assert_eq!(left(&name().claim("birthdate", other())), some(r#"{"given_name":"Alice"}"#));
    assert_eq!(left(&name().claim("birthdate", essential().value("2000-01-01"))), None);
    assert_eq!(left(&name().claim("email", voluntary())), some(r#"{"given_name":"Alice"}"#));
    assert_eq!(left(&name().claim("email", essential())), None);
    // Nothing left is nothing; nothing asked for is the bare verification.
    assert_eq!(left(&new().claim("birthdate", other())), None);
    assert_eq!(left(&new()), some("{}"));
}

/// `claims_match`: OIDC Core 5.5.1 holds for the list of requests as for any other.
#[test]
fn verified_claims_that_did_not_come_are_no_unmet_claim() {
    let request = ClaimsRequest::new().verified_in_user_info(&framework("x"));
    let request = request.verified_in_user_info(&framework("y"));
    let without = claims(Value::Null);
    assert!(request.unmet_in_user_info(&without).is_empty());
    let request = request.user_info("tenant", ClaimRequest::essential());
    assert_eq!(request.unmet_in_user_info(&without), ["tenant"]);
}
