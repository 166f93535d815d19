//! What a real agent's tokens are good for: userinfo, introspection, a protected resource, which validates them as JWTs. And
//! the example `token`, beside `oidc-token`.
#![cfg(unix)]

use std::process::{Command, Output};

use relying_party::{
    Client, agent::ObtainToken, http::Method, jose::algorithm::Algorithm,
    protocol::bearer_challenge::BearerChallenge, secret::AccessToken,
};
use relying_party_tests::{
    interop::{
        agent::{ALICE, Account, BOB, SCOPE, audience, client},
        agent_stage::Stage,
        runner::{PATIENT, Runner},
    },
    op::{OpRequest, OpResponse},
    server::bind,
};
use serde_json::Value;

/// A resource that takes JWTs for this audience: whose they are.
fn resource(
    client: &Client,
    audience: String,
) -> impl Fn(&OpRequest) -> OpResponse + Send + Sync + 'static {
    let (client, runner) = (client.clone(), Runner::ureq(None, PATIENT));
    move |request| {
        let result =
            BearerChallenge::presented(request.header("authorization")).and_then(|token| {
                let validate = client.validate_access_token(&token, &[&audience]);
                let claims = runner.run(validate.algorithms(&[Algorithm::ES256]));
                claims.map_err(|error| BearerChallenge::of(&error).expect("a refused token"))
            });
        match result {
            Ok(claims) => {
                let sub = claims.subject().unwrap().sub().to_owned();
                OpResponse { status: 200, headers: vec![], body: sub.into_bytes() }
            }
            Err(challenge) => {
                let response =
                    OpResponse { status: challenge.status(), headers: vec![], body: vec![] };
                response.with_header("www-authenticate", &challenge.www_authenticate())
            }
        }
    }
}

#[test]
fn a_token_of_the_agent_wherever_a_client_needs_one() {
    let stage = Stage::set();
    let here = audience(7);
    let bound = bind().unwrap();
    let url = format!("{}/of/alice", bound.url());
    let _server = bound.serve_with(resource(stage.client(ALICE), here.clone()));
    for runner in Runner::all(None, PATIENT) {
        for account in [ALICE, BOB] {
            let client = client(&stage.provider, &runner, account).unwrap();
            runner.take_requests();
            for way in stage.ways() {
                let of = || ObtainToken::of_account(account.name);
                let token = way.run(of()).unwrap();
                let read = client.insecure_unbound_user_info(&token.access_token);
                assert_eq!(runner.run(read).unwrap().sub(), account.name, "{way}");
                assert_eq!(stage.introspected(account, &token), SCOPE, "{way}");
                let me = format!("{}/me", stage.provider.issuer());
                let call = |url: &str, token: &AccessToken| {
                    runner.run(client.resource(Method::Get, url, token)).unwrap()
                };
                assert_eq!(call(&me, &token.access_token).status(), 200, "{way}");

                let jwt = way.run(of().audience(&here)).unwrap();
                assert_eq!(stage.validated(account, &jwt, &here), ["openid", "api:read"], "{way}");
                let answer = call(&url, &jwt.access_token);
                assert_eq!(answer.status(), 200, "{way}");
                assert_eq!(answer.response().body(), account.name.as_bytes(), "{way}");
                assert!(answer.refusal().is_none(), "{way}");

                // For another audience, and not for any.
                let there = way.run(of().audience(audience(8))).unwrap();
                for refused in [there, token] {
                    let answer = call(&url, &refused.access_token);
                    assert_eq!(answer.status(), 401, "{way}");
                    let error = answer.refusal().unwrap().error().unwrap();
                    assert_eq!(error.as_str(), "invalid_token", "{way}");
                }
                let mut due = vec!["GET /me"; 2];
                due.extend(["GET /of/alice"; 3]);
                assert_eq!(runner.take_requests(), due, "{way}");
            }
        }
    }
}

fn printed(mut command: Command, arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = command.args(arguments).output().unwrap();
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

#[test]
fn the_example_prints_what_oidc_token_prints() {
    let stage = Stage::set();
    let theirs = || stage.agent.command("oidc-token");
    let ours = || stage.agent.command(env!("CARGO_BIN_EXE_agent-token"));
    let (issuer, here) = (stage.issuer(), audience(9));
    let same = |arguments: &[&str]| {
        let token = printed(theirs(), arguments);
        assert_eq!(printed(ours(), arguments), token, "{arguments:?}");
        assert_eq!(token.lines().count(), 1, "{arguments:?}");
        token
    };
    let [alice, bob] = [ALICE, BOB].map(|Account { name, .. }| {
        let token = same(&[name]);
        assert_eq!(same(&[name, "--time", "1800"]), token);
        let all = printed(theirs(), &[name, "--all"]);
        let json: Value = serde_json::from_str(&printed(ours(), &[name, "--json"])).unwrap();
        let text = |member: &str| json[member].as_str().unwrap().to_owned();
        let lines = [text("access_token"), text("issuer"), json["expires_at"].to_string()];
        assert_eq!(all.lines().collect::<Vec<_>>(), lines);
        token
    });
    assert_ne!(alice, bob);
    // The agent prefers the account that it was given first.
    assert_eq!(printed(ours(), &[&issuer]), alice);
    // Those that are new each time: of the same kind.
    for arguments in [
        &["alice", "--force-new"][..],
        &["alice", "--scope", "openid email"],
        &["bob", "--aud", &here],
        &["bob", "--aud", &here, "--scope", "api:read"],
    ] {
        let tokens = [theirs(), ours()].map(|command| printed(command, arguments));
        let parts = tokens.each_ref().map(|token| token.trim_end().split('.').count());
        assert_eq!(parts[0], parts[1], "{arguments:?}");
        assert_eq!(parts[0] == 3, arguments.contains(&"--aud"), "{arguments:?}");
        assert!(tokens.iter().all(|token| *token != alice && *token != bob), "{arguments:?}");
    }
    for arguments in [&["nobody"][..], &[], &["alice", "--no-such-option"]] {
        for mut command in [theirs(), ours()] {
            let run = command.args(arguments).output().unwrap();
            assert!(!run.status.success() && run.stdout.is_empty(), "{arguments:?}: {run:?}");
        }
    }
}
