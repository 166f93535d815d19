//! Giving tokens back (RFC 7009): what is sent, what counts as done, what is refused.

use std::time::Duration;

use relying_party::{
    Client, Error, Login, Policy,
    error::{Blame, ErrorKind, FailureKind, Purpose, ResponseProblem},
    protocol::revocation::TokenTypeHint,
    secret::AnyToken,
};
use relying_party_tests::{
    memory::Failing,
    scenario::{Scenario, World},
};

type Headers = &'static [(&'static str, &'static str)];

fn logged_in(client: &str) -> (World, Client, Login) {
    let outcome = Scenario::new().client(client).run();
    let client = outcome.client.clone().unwrap();
    let (login, world) = outcome.accepted();
    forget(&world);
    (world, client, login)
}

fn forget(world: &World) {
    world.transport.clear();
    world.op.clear_transcript();
}

/// With an endpoint that answers like this.
fn answered(status: u16, headers: Headers, body: &'static str) -> Result<(), Error> {
    let (mut world, client, login) = logged_in("rs256");
    world.op.intercept("/revoke", move |_, response| {
        response.status = status;
        response.headers = headers.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        response.body = body.as_bytes().to_vec();
    });
    let result = world.run(client.revoke(login.tokens().access_token(), None));
    assert_eq!(world.transport.requests(), ["POST /revoke"]);
    result
}

#[track_caller]
fn refused(result: Result<(), Error>, code: &str) -> Error {
    let error = result.expect_err("accepted");
    assert_eq!(error.code(), code, "{error}");
    error
}

#[test]
fn the_request_holds_what_rfc_7009_2_1_says_and_no_more() {
    let forms = [
        ("rs256", "token=TOKEN&token_type_hint=refresh_token", "Basic "),
        ("public", "token=TOKEN&token_type_hint=refresh_token&client_id=public", "-"),
    ];
    for (name, form, authorization) in forms {
        let (mut world, client, login) = logged_in(name);
        let token = login.tokens().refresh_token().unwrap();
        world.run(client.revoke(token, Some(TokenTypeHint::RefreshToken))).unwrap();
        let lines = world.op.transcript();
        let (head, body) = lines[0].split_once(" body=").unwrap();
        assert_eq!(body, form.replace("TOKEN", token.expose()), "{name}");
        assert!(head.contains(&format!("authorization={authorization}")), "{head}");
        assert_eq!(lines.len(), 1);
    }
    let (mut world, client, login) = logged_in("rs256");
    let token = login.tokens().access_token();
    world.run(client.revoke(token, None)).unwrap();
    let due = format!("body=token={}", token.expose());
    assert!(world.op.transcript()[0].ends_with(&due), "{:?}", world.op.transcript());
}

#[test]
fn a_token_that_was_given_back_is_good_for_nothing() {
    let (mut world, client, login) = logged_in("rs256");
    let (access, refresh) =
        (login.tokens().access_token(), login.tokens().refresh_token().unwrap());
    world.run(client.user_info(access, login.subject())).unwrap();
    world.run(client.revoke(access, Some(TokenTypeHint::AccessToken))).unwrap();
    let error = world.run(client.user_info(access, login.subject())).unwrap_err();
    assert_eq!(error.code(), "provider.error");

    let next = world.run(client.refresh(refresh, &login.record())).unwrap();
    world.run(client.revoke(refresh, None)).unwrap();
    let error = world.run(client.refresh(refresh, &login.record())).unwrap_err();
    assert_eq!((error.code(), error.blame()), ("provider.error", Blame::Visitor));
    // RFC 7009 2.1: with the refresh token, its access tokens
    let read = client.user_info(next.tokens().access_token(), login.subject());
    assert_eq!(world.run(read).unwrap_err().code(), "provider.error");
}

#[test]
fn g07_what_the_provider_does_not_know_is_given_back_as_well() {
    let (mut world, client, _) = logged_in("rs256");
    let unknown = AnyToken::new("a token of nobody").unwrap();
    world.run(client.revoke(unknown, None)).unwrap();
    assert_eq!(world.transport.requests(), ["POST /revoke"]);
    assert_eq!(AnyToken::new("a\r\nb").unwrap_err().code(), "misuse.characters");
}

#[test]
fn g07_any_200_is_success_whatever_the_body() {
    for body in ["", "OK", "<html>", "[]", "{", r#"{"error":"invalid_client"}"#, r#"{"a":1,"a":2}"#]
    {
        answered(200, &[], body).unwrap();
        answered(200, &[("content-type", "text/html")], body).unwrap();
    }
    for status in [201, 202, 204, 206, 404, 500, 502] {
        refused(answered(status, &[], ""), "response.status");
    }
}

#[test]
fn g07_503_says_when_to_come_again() {
    let cases: [(Headers, Option<u64>); 8] = [
        (&[], None),
        (&[("retry-after", "120")], Some(120)),
        (&[("Retry-After", " 0 ")], Some(0)),
        (&[("retry-after", "99999999999999999999999")], Some(86_400)),
        (&[("retry-after", "-5")], None),
        (&[("retry-after", "+5")], None),
        (&[("retry-after", "Fri, 31 Dec 2027 23:59:59 GMT")], None),
        (&[("retry-after", "")], None),
    ];
    for (headers, due) in cases {
        let error = refused(answered(503, headers, ""), "response.unavailable");
        assert_eq!(error.blame(), Blame::Provider);
        match error.kind() {
            ErrorKind::Response { purpose: Purpose::Revocation, problem } => {
                let due = due.map(Duration::from_secs);
                assert_eq!(*problem, ResponseProblem::Unavailable(due), "{headers:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    answered(200, &[("retry-after", "120")], "").unwrap();
}

#[test]
fn g07_an_oauth_error_says_which() {
    let body = r#"{"error":"unsupported_token_type"}"#;
    let error =
        refused(answered(400, &[("content-type", "application/json")], body), "provider.error");
    assert_eq!(error.blame(), Blame::Configuration);
    assert!(error.hint().unwrap().contains("this kind"), "{:?}", error.hint());
    match error.kind() {
        ErrorKind::Provider(oauth) => {
            assert_eq!(oauth.error.as_str(), "unsupported_token_type");
            assert_eq!((oauth.endpoint, oauth.status), (Purpose::Revocation, Some(400)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn g07_no_redirect_is_followed() {
    const AWAY: Headers = &[("location", "https://evil.test/revoke")];
    for status in [301, 302, 303, 307, 308] {
        refused(answered(status, AWAY, ""), "response.redirect");
    }
    answered(200, AWAY, "").unwrap();
}

#[test]
fn g07_a_failed_request_is_not_repeated() {
    for (kind, code) in
        [(FailureKind::Timeout, "transport.timeout"), (FailureKind::Connect, "transport.connect")]
    {
        let (mut world, client, login) = logged_in("rs256");
        let transport = Failing::new(&world.transport, "/revoke", &[kind]);
        let token = login.tokens().access_token();
        let mut revoke =
            || relying_party::drive::drive(client.revoke(token, None), &transport, &mut world.env);
        refused(revoke(), code);
        assert_eq!(transport.attempts(), ["/revoke"]);
        revoke().unwrap();
    }
}

#[test]
fn g08_only_to_a_safe_endpoint_of_this_issuer() {
    let at = |address: &'static str| {
        Scenario::new().document("/.well-known/openid-configuration", move |document| {
            document["revocation_endpoint"] = address.into();
        })
    };
    for address in ["http://op.test/revoke", "//op.test/revoke", "https://u:p@op.test/revoke"] {
        let outcome = at(address).run();
        assert_eq!(outcome.result.unwrap_err().code(), "metadata.address", "{address}");
        assert_eq!(outcome.requests, ["GET /.well-known/openid-configuration"]);
    }
    at("https://op.test/revoke").run().accepted();

    let absent = at("").run();
    let client = absent.client.clone().unwrap();
    let (login, mut world) = absent.accepted();
    forget(&world);
    let error = world.run(client.revoke(login.tokens().access_token(), None)).unwrap_err();
    assert_eq!(error.code(), "misuse.no_such_endpoint");
    assert!(world.transport.requests().is_empty());
}

#[test]
fn another_clients_token_stays_and_a_debug_shows_none() {
    let (mut world, _, login) = logged_in("rs256");
    let other = world.discover("es256", Policy::default()).unwrap();
    forget(&world);
    let token = login.tokens().access_token();
    let revoke = other.revoke(token, None);
    assert!(!format!("{revoke:?}").contains(token.expose()));
    refused(world.run(revoke), "provider.error");
    assert_eq!(world.transport.requests(), ["POST /revoke"]);
}
