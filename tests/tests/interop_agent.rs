//! Tokens from a real agent (Debian's `oidc-agent-cli`) with accounts at a real provider (npm `oidc-provider`): blocking
//! and async, encrypted and in the clear.
#![cfg(unix)]

use std::time::Duration;

use relying_party::{
    agent::{Check, ListLoadedAccounts, ListScopes, ObtainIdToken, ObtainToken, ReadStatus},
    env::{Env as _, SystemEnv},
    jose::algorithm::Algorithm,
};
use relying_party_tests::{
    interop::{
        agent::{ALICE, AUDIENCES, Account, BOB, RealAgent, SCOPE, audience},
        agent_stage::Stage,
        agent_way::Way,
        npm::{NodeProvider, Scheme},
    },
    proof::decode,
};

fn of(account: Account) -> ObtainToken {
    ObtainToken::of_account(account.name)
}

#[test]
fn tokens_by_account_and_by_issuer() {
    let stage = Stage::set();
    for way in stage.ways() {
        for account in [ALICE, BOB] {
            let token = way.run(of(account)).unwrap();
            assert_eq!(token.issuer, stage.issuer(), "{way}");
            assert_eq!(stage.introspected(account, &token), SCOPE, "{way}");
            let lifetime = token.expires_at.unwrap().seconds() - SystemEnv.now().seconds();
            assert!((3000..=3600).contains(&lifetime), "{way}: {lifetime}");
            let read = stage.client(account).insecure_unbound_user_info(&token.access_token);
            assert_eq!(stage.runner.run(read).unwrap().sub(), account.name, "{way}");
            let again = way.run(of(account).expected_issuer(stage.issuer())).unwrap();
            assert_eq!(again.access_token.expose(), token.access_token.expose(), "{way}");
        }
        // With the slash and without it; the agent prefers the account that it was given first.
        for issuer in [stage.issuer(), stage.provider.issuer().to_owned()] {
            let token = way.run(ObtainToken::of_issuer(issuer)).unwrap();
            assert_eq!(token.issuer, stage.issuer(), "{way}");
            assert_eq!(stage.introspected(ALICE, &token), SCOPE, "{way}");
        }
    }
    // The token that oidc-gen obtained did for all of it.
    assert_eq!([ALICE, BOB].map(|account| stage.refreshes(account)), [1, 1]);
}

#[test]
fn forced_and_short_lived_tokens() {
    let stage = Stage::set();
    for way in stage.ways() {
        let period = |seconds| of(ALICE).min_valid_period(Duration::from_secs(seconds));
        let first = way.run(of(ALICE).force_new()).unwrap();
        let forced = way.run(of(ALICE).force_new()).unwrap();
        assert_ne!(forced.access_token.expose(), first.access_token.expose(), "{way}");
        let before = stage.refreshes(ALICE);
        // Tokens live for an hour.
        let held = way.run(period(1800)).unwrap();
        assert_eq!(held.access_token.expose(), forced.access_token.expose(), "{way}");
        assert_eq!(stage.refreshes(ALICE), before, "{way}");
        let longer = way.run(period(7200)).unwrap();
        assert_ne!(longer.access_token.expose(), forced.access_token.expose(), "{way}");
        assert_eq!(stage.refreshes(ALICE), before + 1, "{way}");
    }
}

#[test]
fn a_token_that_expires_is_replaced_in_time() {
    let stage = Stage::set();
    stage.provider.control("config?accessTTL=60").unwrap();
    for way in stage.ways() {
        let short = way.run(of(BOB).force_new()).unwrap();
        let lifetime = short.expires_at.unwrap().seconds() - SystemEnv.now().seconds();
        assert!((1..=60).contains(&lifetime), "{way}: {lifetime}");
        let again = way.run(of(BOB)).unwrap();
        assert_eq!(again.access_token.expose(), short.access_token.expose(), "{way}");
        let longer = way.run(of(BOB).min_valid_period(Duration::from_secs(90))).unwrap();
        assert_ne!(longer.access_token.expose(), short.access_token.expose(), "{way}");
    }
}

#[test]
fn tokens_with_scope_and_audience() {
    let stage = Stage::set();
    for way in stage.ways() {
        for account in [ALICE, BOB] {
            let narrow = way.run(of(account).scope("openid email")).unwrap();
            assert_eq!(stage.introspected(account, &narrow), "openid email", "{way}");

            let here = audience(3);
            let hint = of(account).audience(&here).application_hint("a test");
            let token = way.run(hint).unwrap();
            assert_eq!(stage.validated(account, &token, &here), ["openid", "api:read"], "{way}");
            let both = of(account).audience(&here).scope("api:read");
            let token = way.run(both).unwrap();
            assert_eq!(stage.validated(account, &token, &here), ["api:read"], "{way}");
            // It is not for anybody else.
            let there = audience(4);
            let client = stage.client(account);
            let validate = client.validate_access_token(&token.access_token, &[&there]);
            let error = stage.runner.run(validate.algorithms(&[Algorithm::ES256])).unwrap_err();
            assert_eq!(error.code(), "claim.aud.mismatch", "{way}");
        }
    }
}

/// Where its user has said beforehand that nobody needs to be asked.
#[test]
fn id_tokens_by_account_and_by_issuer() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let agent = RealAgent::start_with(&["--always-allow-idtoken"]).unwrap();
    for account in [ALICE, BOB] {
        agent.add(&provider, account).unwrap();
    }
    let issuer = format!("{}/", provider.issuer());
    for way in Way::all(agent.socket()) {
        let of = |account: Account| ObtainIdToken::of_account(account.name);
        for (request, account) in [
            (of(ALICE), ALICE),
            (of(BOB).scope("openid").application_hint("a test"), BOB),
            (of(BOB).expected_issuer(provider.issuer()), BOB),
            // The agent prefers the account that it was given first.
            (ObtainIdToken::of_issuer(provider.issuer()), ALICE),
        ] {
            let answer = way.run(request).unwrap();
            assert_eq!(answer.issuer, issuer, "{way}");
            let (_, claims) = decode(answer.id_token.expose());
            assert_eq!(claims["sub"], account.name, "{way}");
            let client = provider.client(account.client).unwrap();
            assert_eq!(claims["aud"], client.client_id, "{way}");
            assert_eq!(claims["iss"], provider.issuer(), "{way}");
        }
        let elsewhere = way.run(of(ALICE).expected_issuer("https://op.example/"));
        assert_eq!(elsewhere.unwrap_err().code(), "agent.other_issuer", "{way}");
    }
}

#[test]
fn what_the_agent_says_of_itself() {
    let stage = Stage::set();
    for way in stage.ways() {
        way.run(Check).unwrap();
        let status = way.run(ReadStatus).unwrap();
        assert!(status.at_least(4, 2) && !status.at_least(99, 0), "{way}: {}", status.version);
        assert_eq!(status.loaded_accounts, ["alice", "bob"], "{way}");
        assert_eq!(way.run(ListLoadedAccounts).unwrap(), ["alice", "bob"], "{way}");
        let scopes = way.run(ListScopes::of_issuer(stage.issuer())).unwrap();
        assert!(scopes.iter().any(|scope| scope == "api:read"), "{way}: {scopes:?}");
    }
}

/// Every pair of an account and an audience once, all at the same time.
#[test]
fn a_hundred_clients_at_once() {
    let stage = Stage::set();
    for way in stage.ways() {
        let pairs = (0..2 * AUDIENCES).map(|number| ([ALICE, BOB][number % 2], number / 2));
        let requests =
            pairs.clone().map(|(account, number)| of(account).audience(audience(number)));
        let tokens = way.run_all(requests);
        assert_eq!(tokens.len(), 100);
        for ((account, number), token) in pairs.zip(tokens) {
            let token = token.unwrap_or_else(|error| panic!("{way}: {error}"));
            stage.validated(account, &token, &audience(number));
        }
    }
}
