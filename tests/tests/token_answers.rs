//! Answers of the token endpoint that are not as RFC 6749 5.1 says: refused, or borne where it was said, and reported.

use std::time::Duration;

use relying_party::{
    Error, Policy,
    flow::granted::GrantedTokens,
    protocol::{relaxation::Relaxation, token_exchange::TokenType},
};
use relying_party_tests::scenario::{After, Scenario, World};
use serde_json::{Value, json};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What a client with this policy makes of an answer.
fn answered(
    policy: Policy,
    media_type: &'static str,
    body: impl Into<Vec<u8>>,
) -> Result<GrantedTokens, Error> {
    let mut world = World::default();
    let client = world.discover("rs256", policy).unwrap();
    let body = body.into();
    world.op.intercept("/token", move |_, response| {
        response.headers = vec![("content-type".into(), media_type.into())];
        response.body = body.clone();
    });
    world.transport.clear();
    world.op.clear_transcript();
    let result = world.run(client.client_credentials().scope("asked for"));
    assert_eq!(world.transport.requests(), ["POST /token"]);
    assert!(world.op.transcript()[0].contains(" accept=application/json "));
    result
}

#[track_caller]
fn refused(policy: Policy, media_type: &'static str, body: &str, code: &str) {
    let error = answered(policy, media_type, body).expect_err("accepted");
    assert_eq!(error.code(), code, "{body}: {error}");
}

#[track_caller]
fn borne(
    policy: Policy,
    media_type: &'static str,
    body: &str,
    relaxations: &[Relaxation],
) -> GrantedTokens {
    let granted = answered(policy, media_type, body).unwrap_or_else(|e| panic!("{body}: {e:?}"));
    assert_eq!(granted.tokens().relaxations(), relaxations, "{body}");
    granted
}

fn members(members: &str) -> String {
    format!(r#"{{"access_token":"at","token_type":"Bearer"{members}}}"#)
}

fn policy() -> Policy {
    Policy::default()
}

#[test]
fn t12_a_form_instead_of_json() {
    let form = "access_token=at&expires_in=28800&refresh_token=rt&refresh_token_expires_in=15811200\
                &scope=&token_type=bearer";
    refused(policy(), FORM, form, "json.syntax");
    let bearing = || policy().accept_form_encoded_tokens();
    let granted = borne(bearing(), FORM, form, &[Relaxation::FormEncodedTokens]);
    let (tokens, now) = (granted.tokens(), World::default().clock.now());
    assert_eq!(tokens.access_token().expose(), "at");
    assert_eq!(tokens.expires_at(), Some(now.after(Duration::from_secs(28_800))));
    assert!(tokens.scope().is_empty());
    let due = now.after(Duration::from_secs(15_811_200));
    assert_eq!(tokens.refresh_token_expires_at(), Some(due));

    borne(
        bearing(),
        "Application/X-WWW-Form-URLEncoded; charset=utf-8",
        form,
        &[Relaxation::FormEncodedTokens],
    );
    for (body, code) in [
        ("access_token=at&token_type=bearer&access_token=bt", "json.duplicate"),
        ("access_token=at&access_token=at&token_type=bearer", "json.duplicate"),
        ("access_token=%zz&token_type=bearer", "json.syntax"),
        ("access_token=%ff&token_type=bearer", "json.syntax"),
        ("access_token=a%0d%0ab&token_type=bearer", "response.token_characters"),
        ("access_token=at", "json.missing"),
        ("access_token=at&token_type=mac", "response.token_type"),
        ("error=bad_verification_code&error_description=x", "provider.error"),
        ("", "json.missing"),
    ] {
        refused(bearing(), FORM, body, code);
    }
    // What says that it is JSON is JSON, and what says nothing of a form is none.
    refused(bearing(), JSON, form, "json.syntax");
    refused(bearing(), "text/plain", form, "json.syntax");
    borne(bearing(), JSON, &members(""), &[]);
}

#[test]
fn t13_a_form_with_an_id_token_is_a_login() {
    let form = |scenario: Scenario| {
        scenario.world(|world| {
            world.op.intercept("/token", |_, response| {
                let document = response.document();
                let text = |value: &Value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let pairs = document.as_object().unwrap().iter();
                let pairs = pairs.map(|(name, value)| (name.clone(), text(value)));
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                response.body = form.extend_pairs(pairs).finish().into_bytes();
                response.set_header("content-type", FORM);
            });
        })
    };
    form(Scenario::new()).run().refused("json.syntax", After::Token);
    let (login, mut world) =
        form(Scenario::new().policy(policy().accept_form_encoded_tokens())).run().accepted();
    assert_eq!(login.tokens().relaxations(), [Relaxation::FormEncodedTokens]);
    let client = world.discover("rs256", policy().accept_form_encoded_tokens()).unwrap();
    let token = login.tokens().refresh_token().unwrap();
    let refreshed = world.run(client.refresh(token, &login.record())).unwrap();
    assert_eq!(refreshed.tokens().relaxations(), [Relaxation::FormEncodedTokens]);
}

#[test]
fn t04_a_missing_or_other_token_type() {
    let none = r#"{"access_token":"at"}"#;
    let null = r#"{"access_token":"at","token_type":null}"#;
    let user = r#"{"access_token":"at","token_type":"User"}"#;
    refused(policy(), JSON, none, "json.missing");
    refused(policy(), JSON, user, "response.token_type");
    let missing = || policy().accept_missing_token_type();
    borne(missing(), JSON, none, &[Relaxation::MissingTokenType]);
    borne(missing(), JSON, null, &[Relaxation::MissingTokenType]);
    borne(missing(), JSON, &members(""), &[]);
    refused(missing(), JSON, user, "response.token_type");
    refused(missing(), JSON, r#"{"access_token":"at","token_type":7}"#, "json.type");
    refused(missing(), JSON, r#"{"access_token":"at","token_type":""}"#, "response.token_type");

    let named = || policy().accept_token_types(&["user", "bot"]);
    let granted = borne(
        named(),
        JSON,
        user,
        &[Relaxation::OtherTokenType(relying_party::error::Shown::new("User"))],
    );
    assert!(granted.tokens().relaxations()[0].to_string().contains("User"));
    refused(named(), JSON, none, "json.missing");
    refused(named(), JSON, r#"{"access_token":"at","token_type":"mac"}"#, "response.token_type");
    borne(named(), JSON, r#"{"access_token":"at","token_type":"bEARER"}"#, &[]);
}

#[test]
fn t14_a_scope_with_commas() {
    let scope = |granted: &GrantedTokens| granted.tokens().scope().to_vec();
    let commas = || policy().accept_comma_separated_scope();
    for value in [r#""repo,user""#, r#""repo, user""#, r#"["repo,user"]"#, r#"",repo,,user,""#] {
        let body = members(&format!(r#","scope":{value}"#));
        let granted = borne(commas(), JSON, &body, &[Relaxation::CommaSeparatedScope]);
        assert_eq!(scope(&granted), ["repo", "user"], "{value}");
    }
    // RFC 6749 3.3: a comma is a character of a scope like any other.
    let granted = borne(policy(), JSON, &members(r#","scope":"repo,user x""#), &[]);
    assert_eq!(scope(&granted), ["repo,user", "x"]);
    for value in [r#""repo user""#, r#"["repo","user"]"#] {
        let granted = borne(commas(), JSON, &members(&format!(r#","scope":{value}"#)), &[]);
        assert_eq!(scope(&granted), ["repo", "user"], "{value}");
    }
    let granted = borne(commas(), JSON, &members(""), &[]);
    assert_eq!(scope(&granted), ["asked", "for"]);
}

#[test]
fn j02_equal_repeats_in_a_token_answer_alone() {
    let twice = members(r#","scope":"a","token_type":"Bearer","scope":"a""#);
    refused(policy(), JSON, &twice, "json.duplicate");
    let bearing = || policy().accept_equal_repeats_in_tokens();
    let granted = answered(bearing(), JSON, twice).unwrap();
    assert!(matches!(granted.tokens().relaxations(), [Relaxation::EqualRepeat(_)]));
    for other in [
        r#","access_token":"bt""#,
        r#","token_type":"bearer""#,
        r#","expires_in":1,"expires_in":"1""#,
        r#","x":{"a":1},"x":{"a":2}"#,
        r#","x":{"a":1,"a":2}"#,
    ] {
        refused(bearing(), JSON, &members(other), "json.duplicate");
    }
    borne(bearing(), JSON, &members(""), &[]);

    // Nowhere else: not in what is signed, nor in userinfo.
    let repeated = |body: &mut Vec<u8>| {
        let text = String::from_utf8(body.clone()).unwrap();
        *body = text.replacen('{', r#"{"sub":"sub-alice-248289761001","#, 1).into_bytes();
    };
    let scenario = || Scenario::new().policy(bearing());
    scenario().body("/userinfo", repeated).run().refused("json.duplicate", After::UserInfo);
    scenario()
        .id_token_octets(move |_, payload| repeated(payload))
        .run()
        .refused("json.duplicate", After::Token);
    scenario().run().accepted();
}

#[test]
fn t15_when_the_refresh_token_ends() {
    let now = World::default().clock.now();
    let ends = |extra: &str| {
        let body = members(&format!(r#","refresh_token":"rt"{extra}"#));
        let granted = borne(policy(), JSON, &body, &[]);
        granted.tokens().refresh_token_expires_at().map(|at| at.since(now).as_secs())
    };
    for (extra, due) in [
        (r#","refresh_expires_in":1800"#, Some(1800)),
        (r#","refresh_expires_in":"1800""#, Some(1800)),
        (r#","refresh_token_expires_in":1800.7"#, Some(1800)),
        (r#","refresh_expires_in":1800,"refresh_token_expires_in":60"#, Some(60)),
        // Zero stands for an offline token that does not expire.
        (r#","refresh_expires_in":0"#, None),
        (r#","refresh_expires_in":-1"#, None),
        (r#","refresh_expires_in":null"#, None),
        // In no specification, so an odd one breaks nothing.
        (r#","refresh_expires_in":"soon""#, None),
        (r#","refresh_expires_in":[]"#, None),
        (r#","refresh_expires_in":1e300"#, Some(3_155_760_000)),
        ("", None),
    ] {
        assert_eq!(ends(extra), due, "{extra}");
    }
    let granted = borne(policy(), JSON, &members(r#","refresh_expires_in":1800"#), &[]);
    assert_eq!(granted.tokens().refresh_token_expires_at(), None);
}

#[test]
fn j25_expires_in_of_every_shape() {
    let now = World::default().clock.now();
    for (value, due) in [
        ("3600", Some(3600)),
        ("\"3600\"", Some(3600)),
        ("3600.9", Some(3600)),
        ("0", Some(0)),
        ("-5", Some(0)),
        ("1e20", Some(3_155_760_000)),
        ("18446744073709551615", Some(3_155_760_000)),
        ("null", None),
    ] {
        let granted = borne(policy(), JSON, &members(&format!(r#","expires_in":{value}"#)), &[]);
        let left = granted.tokens().expires_at().map(|at| at.since(now).as_secs());
        assert_eq!(left, due, "{value}");
    }
    for value in ["true", "\"soon\"", "{}"] {
        refused(policy(), JSON, &members(&format!(r#","expires_in":{value}"#)), "json.type");
    }
}

#[test]
fn t16_other_oddities() {
    // An error inside a 200.
    refused(policy(), JSON, r#"{"ok":false,"error":"invalid_code"}"#, "provider.error");
    refused(policy(), JSON, r#"{"ok":true,"access_token":"at"}"#, "json.missing");
    // An empty ID token is none.
    assert!(borne(policy(), JSON, &members(r#","id_token":"""#), &[]).id_token().is_none());
    Scenario::new()
        .document("/token", |document| document["id_token"] = json!(""))
        .run()
        .refused("response.no_id_token", After::Token);
    refused(policy(), JSON, &members(r#","id_token":7"#), "json.type");
    // 201 counts as 200, and nothing else does.
    for (status, code) in [(200, None), (201, None), (202, Some("response.status"))] {
        let outcome = Scenario::new()
            .world(move |world| {
                world.op.intercept("/token", move |_, response| response.status = status);
            })
            .run();
        match code {
            Some(code) => drop(outcome.refused(code, After::Token)),
            None => drop(outcome.accepted()),
        }
    }
}

#[test]
fn an_exchange_bears_the_same() {
    let mut world = World::default();
    let policy = policy().accept_comma_separated_scope().accept_equal_repeats_in_tokens();
    let bearing = world.discover("rs256", policy).unwrap();
    let strict = world.discover("rs256", Policy::default()).unwrap();
    let login = world.login(&strict).unwrap();
    world.op.intercept("/token", |_, response| {
        let mut document = response.document();
        document["scope"] = json!("a,b");
        let text = document.to_string();
        response.body = text.replacen('{', r#"{"scope":"a,b","#, 1).into_bytes();
    });
    let token = login.tokens().access_token().expose();
    let exchange = bearing.exchange_token(token, &TokenType::AccessToken);
    let exchanged = world.run(exchange).unwrap();
    assert_eq!(exchanged.scope(), ["a", "b"]);
    assert_eq!(exchanged.relaxations().len(), 2);
    let exchange = strict.exchange_token(token, &TokenType::AccessToken);
    assert_eq!(world.run(exchange).unwrap_err().code(), "json.duplicate");
}
