//! What a registration endpoint may answer: statuses, errors, broken JSON.

use relying_party::{
    Error,
    error::{ErrorKind, OAuthError, Purpose},
    protocol::registered_client::RegisteredClient,
};
use relying_party_tests::registering::{Registering, web};
use serde_json::json;

/// Registers where the answer is this one.
fn answered(
    status: u16,
    media_type: &'static str,
    body: &'static str,
) -> Result<RegisteredClient, Error> {
    let mut setup = Registering::default();
    setup.world.op.intercept("/register", move |_, response| {
        response.status = status;
        response.headers = vec![
            ("content-type".into(), media_type.into()),
            ("location".into(), "https://evil.test/".into()),
        ];
        response.body = body.as_bytes().to_vec();
    });
    let result = setup.register(web());
    assert_eq!(setup.world.transport.requests(), ["POST /register"]);
    result
}

#[test]
fn r06_n01_n05_statuses_and_errors() {
    const JSON: &str = "application/json";
    const GOOD: &str = r#"{"client_id":"c","client_secret":"s","client_secret_expires_at":0}"#;
    for status in [200, 201] {
        for media_type in [JSON, "application/json; charset=utf-8", "text/plain"] {
            assert_eq!(answered(status, media_type, GOOD).unwrap().client_id(), "c");
        }
    }
    for (status, body, code) in [
        (301, GOOD, "response.redirect"),
        (307, GOOD, "response.redirect"),
        (202, GOOD, "response.status"),
        (204, "", "response.status"),
        (403, "{}", "response.status"),
        (502, "<html>Bad gateway</html>", "response.status"),
        (201, "<html>", "json.syntax"),
        (201, "[]", "json.type"),
        (201, r#"{"client_id":"c","client_id":"d","client_secret":"s"}"#, "json.duplicate"),
        (400, r#"{"error":7}"#, "json.type"),
    ] {
        let error = answered(status, JSON, body).expect_err("accepted");
        assert_eq!(error.code(), code, "{status} {body}");
    }
    for name in [
        "invalid_redirect_uri",
        "invalid_client_metadata",
        "invalid_software_statement",
        "unapproved_software_statement",
        "of_our_own",
    ] {
        let mut setup = Registering::default();
        setup.world.op.intercept("/register", move |_, response| {
            response.status = 400;
            response.set_header("content-type", "text/html");
            let document = json!({ "error": name, "error_description": "a\r\n\u{1b}[31m" });
            response.body = document.to_string().into_bytes();
        });
        let error = setup.register(web()).unwrap_err();
        let ErrorKind::Provider(OAuthError { endpoint, error: said, description, .. }) =
            error.kind()
        else {
            panic!("{error}")
        };
        assert_eq!((*endpoint, said.as_str()), (Purpose::Registration, name));
        assert_eq!(description.as_ref().unwrap().as_str(), "a\\u{d}\\u{a}\\u{1b}[31m");
    }
}

#[test]
fn j04_a_duplicate_member_in_the_answer() {
    let body = r#"{"client_id":"c","client_secret":"s","x":{"a":1,"\u0061":2}}"#;
    assert_eq!(answered(201, "application/json", body).unwrap_err().code(), "json.duplicate");
    let body = r#"{"client_id":"c","client_secret":"s","x":{"a":1,"b":2}}"#;
    assert!(answered(201, "application/json", body).is_ok());
}
