//! The challenges of `WWW-Authenticate` (RFC 9110 11.6.1): what is read, what is left out, and what userinfo makes
//! of it.

use proptest::prelude::*;
use relying_party::{
    Error,
    error::{Blame, ErrorKind, OAuthError, Purpose},
    http::Challenge,
};
use relying_party_tests::scenario::Scenario;

/// `scheme|token68|name=value…` for each challenge.
fn shown(value: &str) -> Vec<String> {
    let one = |challenge: &Challenge| {
        let token68 = challenge.token68().unwrap_or_default();
        let parameters = challenge.parameters().map(|(name, value)| format!("|{name}={value}"));
        format!("{}|{token68}{}", challenge.scheme(), parameters.collect::<String>())
    };
    Challenge::parse(value).iter().map(one).collect()
}

#[test]
fn u16_every_form_of_a_challenge() {
    let cases: [(&str, &[&str]); 14] = [
        ("", &[]),
        (" , ,\t", &[]),
        ("Negotiate", &["Negotiate|"]),
        ("Negotiate YWJj+/==", &["Negotiate|YWJj+/=="]),
        ("Bearer realm=\"op\"", &["Bearer||realm=op"]),
        ("Bearer realm=op, error=invalid_token", &["Bearer||realm=op|error=invalid_token"]),
        // RFC 9110 11.6.1, its own example
        (
            r#"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#,
            &["Basic||realm=simple", r#"Newauth||realm=apps|type=1|title=Login to "apps""#],
        ),
        (
            "Basic, Bearer, Negotiate abc, DPoP algs=\"ES256 RS256\"",
            &["Basic|", "Bearer|", "Negotiate|abc", "DPoP||algs=ES256 RS256"],
        ),
        ("Bearer   a = b ,\tc\t=\t\"d\"", &["Bearer||a=b|c=d"]),
        (",, Bearer a=b ,, , c=d,", &["Bearer||a=b|c=d"]),
        ("Bearer a=\"\"", &["Bearer||a="]),
        ("Bearer a=\"x, Basic realm=\\\\\", b=c", &["Bearer||a=x, Basic realm=\\|b=c"]),
        ("Bearer a=\"\u{e9}\t\"", &["Bearer||a=\u{e9}\t"]),
        ("Bearer abc=", &["Bearer|abc="]),
    ];
    for (value, due) in cases {
        assert_eq!(shown(value), due, "{value:?}");
    }
}

#[test]
fn u16_what_is_not_well_formed_ends_the_list() {
    let bad = [
        "Bearer a=\"open",
        "Bearer a=\"open\\",
        "Bearer a=\"b\"c",
        "Bearer a=b c=d",
        "Bearer a=b, A=c",
        "Bearer a=\"x\r\ny\"",
        "Bearer a=\"\0\"",
        "Bearer a=\"\\\n\"",
        "Bearer a b",
        "\"Bearer\"",
        "Bear/er a=b",
        "Be\u{e4}rer a=b",
        "Bearer\u{a0}a=b",
        "Bearer a=\u{e9}",
    ];
    for bad in bad {
        assert_eq!(shown(bad), [""; 0], "{bad:?}");
        assert_eq!(shown(&format!("Basic realm=x, {bad}")), ["Basic||realm=x"], "{bad:?}");
    }
    // White space around `=` is tolerated, so that behind a comma this is a parameter.
    assert_eq!(shown("Bearer =b"), [""; 0]);
    assert_eq!(shown("Basic realm=x, Bearer =b"), ["Basic||realm=x|Bearer=b"]);
    // A name without a value is a `token68` with its padding.
    assert_eq!(shown("Bearer a=, b=c"), ["Bearer|a="]);
    // A name behind a comma without `=` begins the next challenge.
    assert_eq!(shown("Bearer a=b, c"), ["Bearer||a=b", "c|"]);
}

#[test]
fn t25_u16_bounded() {
    assert_eq!(Challenge::parse(&"Bearer,".repeat(200_000)).len(), 16);
    let many: String = (0..33).map(|at| format!("p{at}=v,")).collect();
    assert!(Challenge::parse(&format!("Bearer {many}")).is_empty());
    let all: String = (0..32).map(|at| format!("p{at}=v,")).collect();
    assert_eq!(Challenge::parse(&format!("Bearer {all}"))[0].parameters().count(), 32);
    let long = format!("Bearer a=\"{}\"", "x".repeat(1 << 20));
    assert_eq!(Challenge::parse(&long)[0].parameter("A").map(str::len), Some(1 << 20));
    assert!(format!("{:?}", Challenge::parse(&long)).len() < 100);
}

#[test]
fn names_are_compared_in_any_case() {
    let all = Challenge::parse("bEARER Error=invalid_token");
    assert!(all[0].is("Bearer") && !all[0].is("Bear") && all[0].scheme() == "bEARER");
    assert_eq!(all[0].parameter("ERROR"), Some("invalid_token"));
    assert_eq!(all[0].parameter("erro"), None);
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn u16_total(value in "\\PC{0,80}") {
        let _ = Challenge::parse(&value);
    }

    #[test]
    fn u16_total_on_what_looks_like_challenges(value in "([Bb]earer|a|=|,| |\t|\"|\\\\|b68==|\u{e9}){0,24}") {
        for challenge in Challenge::parse(&value) {
            prop_assert!(!challenge.scheme().is_empty());
            prop_assert!(challenge.token68().is_none() || challenge.parameters().count() == 0);
        }
    }

    /// What is written well is read as it was meant.
    #[test]
    fn u16_round_trip(
        all in prop::collection::vec(
            ("[!#-'*+.^_`|~A-Za-z0-9-]{1,8}", prop::collection::btree_map("[a-z]{1,4}", "[ -~\u{a1}-\u{ff}]{0,12}", 0..4)),
            0..5,
        ),
    ) {
        let text: Vec<String> = all.iter().map(|(scheme, parameters)| {
            let list: Vec<_> = parameters.iter().map(|(n, v)| format!("{n}={}", quoted(v))).collect();
            format!("{scheme} {}", list.join(", "))
        }).collect();
        let read = Challenge::parse(&text.join(","));
        prop_assert_eq!(read.len(), all.len());
        for (challenge, (scheme, parameters)) in read.iter().zip(&all) {
            prop_assert_eq!(challenge.scheme(), scheme.as_str());
            let due: Vec<_> = parameters.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            prop_assert_eq!(challenge.parameters().collect::<Vec<_>>(), due);
        }
    }
}

/// Userinfo answered like this, after a login.
fn user_info(status: u16, challenges: &'static [&'static str], body: &'static str) -> Error {
    let outcome = Scenario::new().run();
    let client = outcome.client.clone().unwrap();
    let (login, mut world) = outcome.accepted();
    let read = || client.user_info(login.tokens().access_token(), login.subject());
    world.run(read()).unwrap();
    world.op.intercept("/userinfo", move |_, response| {
        response.status = status;
        response.headers.retain(|(name, _)| name != "www-authenticate");
        for challenge in challenges {
            response.headers.push(("WWW-Authenticate".into(), (*challenge).into()));
        }
        response.body = body.as_bytes().to_vec();
    });
    world.transport.clear();
    let error = world.run(read()).unwrap_err();
    assert_eq!(world.transport.requests(), ["GET /userinfo"]);
    error
}

fn oauth(error: &Error) -> &OAuthError {
    assert_eq!(error.code(), "provider.error");
    match error.kind() {
        ErrorKind::Provider(oauth) => {
            assert_eq!(oauth.endpoint, Purpose::UserInfo);
            oauth
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn t25_a_challenge_of_userinfo_is_its_oauth_error() {
    for challenges in [
        &[r#"Bearer realm="op", error="invalid_token", error_description="gone""#][..],
        &["Basic realm=x", "bearer ERROR=invalid_token, error_description=gone"],
        &["DPoP algs=ES256, Bearer error=invalid_token, error_description=gone"],
        &["DPoP error=invalid_token, error_description=gone"],
    ] {
        let error = user_info(401, challenges, "");
        let oauth = oauth(&error);
        assert_eq!((oauth.error.as_str(), oauth.status), ("invalid_token", Some(401)));
        assert_eq!(oauth.description.as_ref().unwrap().as_str(), "gone");
        assert_eq!(error.blame(), Blame::Visitor);
        assert!(error.hint().unwrap().contains("refresh"), "{:?}", error.hint());
    }
    let error = user_info(403, &["Bearer error=insufficient_scope"], "{}");
    assert_eq!(
        (oauth(&error).error.as_str(), error.blame()),
        ("insufficient_scope", Blame::Configuration)
    );
    // What the body says comes first.
    let error = user_info(401, &["Bearer error=invalid_token"], r#"{"error":"invalid_request"}"#);
    assert_eq!(oauth(&error).error.as_str(), "invalid_request");
    // Nothing can be written into a log through it.
    let error = user_info(401, &["Bearer error=\"a\\\"b\u{202e}\""], "");
    assert!(error.to_string().is_ascii(), "{error}");
}

#[test]
fn t25_other_challenges_leave_the_status() {
    for challenges in [
        &[][..],
        &["Bearer"],
        &["Bearer realm=op"],
        &["Basic error=invalid_token"],
        &["Bearer error=\"invalid_token"],
        &["Bearer error=invalid_token, error=other"],
    ] {
        let error = user_info(401, challenges, "{}");
        assert_eq!(error.code(), "response.status", "{challenges:?}");
        assert!(error.hint().unwrap().contains("refresh"));
    }
    let redirect = user_info(302, &["Bearer error=invalid_token"], "");
    assert_eq!(redirect.code(), "response.redirect");
    assert_eq!(user_info(500, &["Bearer error=invalid_token"], "").code(), "response.status");
}
