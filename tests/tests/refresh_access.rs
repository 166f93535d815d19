//! Refreshing what was no login: plain OAuth and other grants without an ID token. And demands and reports beside it.

use std::time::Duration;

use relying_party::{
    Client, Policy,
    flow::valid_token::Validity,
    protocol::{
        id_token::Relaxation,
        issuer_rules::{IssuerTemplate, IssuerTolerance},
        token::TokenSet,
    },
    secret::RefreshToken,
};
use relying_party_tests::{
    op::{OpConfig, OpTenant},
    scenario::World,
};

/// Tokens of plain OAuth.
fn authorized(policy: Policy, client_id: &str) -> (World, Client, TokenSet) {
    let mut world = World::default();
    let client = world.discover(client_id, policy).expect("a client");
    let start = client.start_authorization().scope("email offline_access");
    let started = world.run(start).expect("a start");
    let callback = world.visit(&started.url).callback().expect("a callback");
    let finish = client.finish_authorization(started.pending, callback);
    let tokens = world.run(finish).expect("tokens").tokens().clone();
    world.transport.clear();
    world.op.clear_transcript();
    (world, client, tokens)
}

fn refresh_token(tokens: &TokenSet) -> RefreshToken {
    // As a server finds it that kept it.
    let text = tokens.refresh_token().expect("a refresh token").expose();
    RefreshToken::new(text).expect("a refresh token")
}

#[test]
fn plain_oauth_is_refreshed_without_keys_and_without_an_id_token() {
    for policy in [Policy::default(), Policy::default().without_id_tokens()] {
        let (mut world, client, tokens) = authorized(policy, "rs256");
        let token = refresh_token(&tokens);
        let granted = tokens.scope().join(" ");
        let refreshed = world.run(client.refresh_access(&token, &granted)).expect("new tokens");
        assert_eq!(world.transport.requests(), ["POST /token"]);
        let lines = world.op.transcript();
        let due = format!("grant_type=refresh_token&refresh_token={}", token.expose());
        assert_eq!(lines[0].split_once(" body=").unwrap().1, due);
        assert_ne!(refreshed.tokens().access_token(), tokens.access_token());
        assert_eq!(refreshed.tokens().scope(), ["email", "offline_access"]);
        assert!(refreshed.tokens().refresh_token().is_some() && refreshed.id_token().is_none());
    }
}

#[test]
fn g01_g05_what_the_answer_does_not_say_stays() {
    let (mut world, client, tokens) = authorized(Policy::default(), "rs256");
    world.op.edit("/token", |document| {
        document.as_object_mut().unwrap().remove("scope");
        document.as_object_mut().unwrap().remove("refresh_token");
    });
    let token = refresh_token(&tokens);
    let refreshed = world.run(client.refresh_access(&token, "a b")).expect("new tokens");
    assert_eq!(refreshed.tokens().scope(), ["a", "b"]);
    assert_eq!(refreshed.tokens().refresh_token(), Some(&token));
    let narrow = client.refresh_access(&token, "email offline_access").scope("email");
    let narrowed = world.run(narrow).expect("fewer scopes");
    assert_eq!(narrowed.tokens().scope(), ["email"]);
}

/// There is nothing that it could be held against, so whatever it says is nobody's.
#[test]
fn g02_i29_an_id_token_that_comes_along_is_not_looked_at() {
    let (mut world, client, _) = authorized(Policy::default(), "rs256");
    let login = world.login(&client).expect("a login");
    let token = refresh_token(login.tokens());
    for id_token in ["e30.e30.e30", "not one"] {
        world.op.edit("/token", move |document| {
            document["id_token"] = id_token.into();
        });
        world.transport.clear();
        let refreshed = world.run(client.refresh_access(&token, "openid"));
        match id_token {
            "not one" => {
                assert_eq!(refreshed.unwrap_err().code(), "response.token_characters");
            }
            _ => assert!(refreshed.expect("access").id_token().is_none()),
        }
        assert_eq!(world.transport.requests(), ["POST /token"]);
        // For a login the same answer is none.
        let strict = world.run(client.refresh(&token, &login.record()));
        assert!(strict.is_err());
        world.op.clear_hooks();
    }
}

#[test]
fn what_cannot_be_is_found_before_any_request() {
    let (mut world, client, tokens) = authorized(Policy::default(), "rs256");
    let token = refresh_token(&tokens);
    for scope in ["", " ", "a \"b"] {
        let error = world.run(client.refresh_access(&token, "email").scope(scope));
        assert_eq!(error.expect_err("no scope").code(), "misuse.parameter");
    }
    let (mut plain, without, _) = authorized(Policy::default().without_id_tokens(), "rs256");
    let error = plain.run(without.refresh_access(&token, "email").scope("openid email"));
    assert_eq!(error.expect_err("openid").code(), "misuse.no_id_tokens");
    assert!(world.transport.requests().is_empty() && plain.transport.requests().is_empty());
    world.run(client.refresh_access(&token, "email").scope("email")).expect("fewer");
}

#[test]
fn g03_a_refusal_is_the_providers_and_is_not_repeated() {
    let (mut world, client, tokens) = authorized(Policy::default(), "rs256");
    let token = RefreshToken::new("another").unwrap();
    let error = world.run(client.refresh_access(&token, "email")).expect_err("refused");
    assert_eq!(error.code(), "provider.error");
    assert_eq!(world.transport.requests(), ["POST /token"]);
    world.run(client.refresh_access(&refresh_token(&tokens), "email")).expect("its own");
}

#[test]
fn a_good_access_token_is_left_alone_and_an_old_one_is_refreshed() {
    let (mut world, client, tokens) = authorized(Policy::default(), "rs256");
    let valid = client.valid_access(&tokens, Duration::from_secs(60));
    assert!(matches!(world.run(valid), Ok(Validity::Valid)));
    assert!(world.transport.requests().is_empty());
    world.clock.advance(Duration::from_secs(86_400));
    let valid = client.valid_access(&tokens, Duration::from_secs(60));
    let Ok(Validity::Refreshed(refreshed)) = world.run(valid) else { panic!("not refreshed") };
    assert_eq!(refreshed.tokens().scope(), tokens.scope());
    assert_eq!(world.transport.requests(), ["POST /token"]);

    let own = client.client_credentials().scope("email");
    let granted = world.run(own).expect("tokens");
    world.clock.advance(Duration::from_secs(86_400));
    world.transport.clear();
    let valid = client.valid_access(granted.tokens(), Duration::ZERO);
    assert!(matches!(world.run(valid), Ok(Validity::LoginNeeded)));
    assert!(world.transport.requests().is_empty());
}

const TEMPLATE: &str = "https://op.test/{tenantid}/v2.0";

#[test]
fn i18_a_required_subject_has_its_tenant() {
    let tenant = |tid: &str| OpTenant { template: TEMPLATE.into(), tid: tid.into() };
    let mut config = OpConfig::with_issuer("https://op.test/common/v2.0");
    config.tenant = Some(tenant("one"));
    config.authorization_response_iss_parameter_supported = false;
    let mut world = World::new(config);
    let template = IssuerTemplate::new(TEMPLATE, ["one", "two"]).unwrap();
    let client = world.discover("rs256", Policy::default().issuer_template(template)).unwrap();
    let first = world.login(&client).expect("a login");
    let subject = first.subject().clone();
    for (tid, code) in [("one", "done"), ("two", "claim.iss.mismatch")] {
        world.op.clear_hooks();
        world.op.tamper_id_token(move |_, _, claims| {
            claims["iss"] = TEMPLATE.replace("{tenantid}", tid).into();
            claims["tid"] = tid.into();
        });
        let started = world.run(client.start_login().require_subject(&subject)).unwrap();
        let callback = world.visit(&started.url).callback().unwrap();
        world.transport.clear();
        let login = world.run(client.finish_login(started.pending, callback));
        assert_eq!(login.as_ref().map_or_else(|error| error.code(), |_| "done"), code);
        assert_eq!(world.transport.requests(), ["POST /common/v2.0/token"]);
        if let Ok(other) = login {
            assert_eq!(other.subject(), &subject);
        }
    }
    // The `sub` alone is another demand.
    let started = world.run(client.start_login().require_sub(subject.sub())).unwrap();
    let callback = world.visit(&started.url).callback().unwrap();
    world.run(client.finish_login(started.pending, callback)).expect("the same sub");
    // A subject of another provider, and one that the hint contradicts.
    let mut elsewhere = World::new(OpConfig::with_issuer("https://elsewhere.test"));
    let other = elsewhere.discover("rs256", Policy::default()).unwrap();
    let stranger = elsewhere.login(&other).unwrap().subject().clone();
    world.transport.clear();
    let error = world.run(client.start_login().require_subject(&stranger));
    assert_eq!(error.expect_err("a stranger").code(), "misuse.other_client");
    world.op.clear_hooks();
    let second = world.op.clone();
    second.tamper_id_token(|_, _, claims| {
        claims["iss"] = TEMPLATE.replace("{tenantid}", "two").into();
        claims["tid"] = "two".into();
    });
    let hint = world.login(&client).unwrap().id_token().clone();
    let both = client.start_login().require_subject(&subject).id_token_hint(&hint);
    assert_eq!(world.run(both).expect_err("two tenants").code(), "misuse.parameter");
    let same = client.start_login().require_subject(hint.subject()).id_token_hint(&hint);
    assert!(world.run(same).is_ok(), "one tenant");
}

#[test]
fn g10_an_issuer_that_is_tolerated_in_introspection_is_reported() {
    let slash = Policy::default().ignore_one_trailing_slash();
    let alias = Policy::default().issuer_aliases(["https://old.test"]);
    for (policy, iss, tolerance) in [
        (slash.clone(), "https://op.test/", Some(IssuerTolerance::TrailingSlash)),
        (slash, "https://op.test", None),
        (alias, "https://old.test", Some(IssuerTolerance::Alias)),
    ] {
        let mut world = World::default();
        let client = world.discover("rs256", policy).expect("a client");
        world.op.intercept("/introspect", move |_, response| {
            let document = serde_json::json!({ "active": true, "iss": iss });
            response.body = document.to_string().into_bytes();
        });
        let token = relying_party::secret::AccessToken::new("opaque").unwrap();
        let answer = world.run(client.introspect(&token, None)).expect("an answer");
        let due: Vec<_> = tolerance.map(Relaxation::Issuer).into_iter().collect();
        assert_eq!(answer.active().expect("active").relaxations(), due);
    }
}
