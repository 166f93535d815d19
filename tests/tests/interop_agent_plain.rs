//! The real agent spoken to by hand, in its plain form: what the other tests of it build on.
#![cfg(unix)]

use std::{io, os::unix::net::UnixStream};

use relying_party::{Client, jose::algorithm::Algorithm, secret::AccessToken};
use relying_party_tests::interop::{
    agent::{ALICE, AUDIENCES, BOB, RealAgent, SCOPE, audience, client},
    npm::{NodeProvider, Scheme},
    runner::{PATIENT, Runner},
};
use serde_json::{Value, json};

fn token(reply: &Value) -> AccessToken {
    assert_eq!(reply["status"], "success", "{reply}");
    AccessToken::new(reply["access_token"].as_str().unwrap()).unwrap()
}

/// Subject, client and scope of a token for the userinfo endpoint.
fn introspected(runner: &Runner, client: &Client, token: &AccessToken) -> [String; 3] {
    let answer = runner.run(client.introspect(token, None)).unwrap();
    let claims = answer.active().unwrap().claims();
    ["sub", "client_id", "scope"].map(|name| claims.claim(name).unwrap().unwrap())
}

#[test]
fn two_accounts_are_loaded_and_each_has_its_token() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let agent = RealAgent::with_accounts(&provider).unwrap();
    let loaded = agent.ask(&json!({ "request": "loaded_accounts" })).unwrap();
    assert_eq!(loaded, json!({ "status": "success", "info": ["alice", "bob"] }));
    let runner = Runner::ureq(None, PATIENT);
    for account in [ALICE, BOB] {
        let client = client(&provider, &runner, account).unwrap();
        let ask = |more: Value| {
            let mut request = json!({ "request": "access_token", "account": account.name });
            request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            agent.ask(&request).unwrap()
        };
        let reply = ask(json!({}));
        assert_eq!(reply["issuer"], format!("{}/", provider.issuer()));
        let default = token(&reply);
        let known = introspected(&runner, &client, &default);
        assert_eq!(known, [account.name, account.client, SCOPE]);
        assert_eq!(token(&ask(json!({}))).expose(), default.expose(), "the one it holds");
        let forced = token(&ask(json!({ "min_valid_period": -1 })));
        assert_ne!(forced.expose(), default.expose());
        let narrow = token(&ask(json!({ "scope": "openid" })));
        let known = introspected(&runner, &client, &narrow);
        assert_eq!(known, [account.name, account.client, "openid"]);

        for number in [0, AUDIENCES - 1] {
            let here = audience(number);
            let jwt = token(&ask(json!({ "audience": here })));
            let validate = client.validate_access_token(&jwt, &[&here]);
            let claims = runner.run(validate.algorithms(&[Algorithm::ES256])).unwrap();
            assert_eq!(claims.subject().unwrap().sub(), account.name);
            assert_eq!(claims.client_id(), Some(account.client));
        }
        let refused = ask(json!({ "audience": audience(AUDIENCES) }));
        assert_eq!(refused["status"], "failure");
        assert!(refused["error"].as_str().unwrap().starts_with("invalid_target: "), "{refused}");
    }
}

#[test]
fn an_agent_that_was_killed_does_not_listen() {
    let mut agent = RealAgent::start().unwrap();
    assert_eq!(agent.ask(&json!({ "request": "check" })).unwrap(), json!({ "status": "success" }));
    agent.kill();
    let error = UnixStream::connect(agent.socket()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}
