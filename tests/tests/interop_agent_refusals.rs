//! What a real agent (Debian's `oidc-agent-cli`) refuses or cannot do: blocking and async, encrypted and in the clear.
#![cfg(unix)]

use relying_party::{
    Error,
    agent::{
        Check, ListAccounts, ListLoadedAccounts, Lock, ObtainIdToken, ObtainMytoken, ObtainToken,
        Unlock,
    },
    error::{AgentKind, AgentProblem, ErrorKind},
};
use relying_party_tests::interop::{
    agent::{ALICE, AUDIENCES, Account, BOB, RealAgent, audience},
    agent_stage::Stage,
    agent_way::{Way, between},
};

fn of(account: Account) -> ObtainToken {
    ObtainToken::of_account(account.name)
}

/// The problem of a request that was refused with this code.
#[track_caller]
fn refused<T>(result: Result<T, Error>, kind: AgentKind, code: &str) -> AgentProblem {
    let Err(error) = result else { panic!("accepted, but {code} was due") };
    assert_eq!(error.code(), code, "{error}");
    let ErrorKind::Agent(problem) = error.kind() else { panic!("{error}") };
    assert_eq!(problem.kind(), kind, "{error}");
    problem.clone()
}

/// The beginning of the agent's own word.
#[track_caller]
fn says(problem: &AgentProblem, start: &str) {
    let error = problem.answer().unwrap().error.as_str();
    assert!(error.starts_with(start), "{error}");
}

#[test]
fn another_issuer_than_the_expected_one() {
    let stage = Stage::set();
    for way in stage.ways() {
        let elsewhere = of(ALICE).expected_issuer("https://op.example/");
        refused(way.run(elsewhere), AgentKind::Protocol, "agent.other_issuer");
        way.run(of(ALICE).expected_issuer(stage.issuer())).unwrap();
        let nobody = ObtainToken::of_issuer("https://op.example/");
        refused(way.run(nobody), AgentKind::UnknownAccount, "agent.not_loaded");
    }
}

#[test]
fn errors_of_the_provider() {
    let stage = Stage::set();
    for way in stage.ways() {
        let beyond = refused(way.run(of(BOB).scope("phone")), AgentKind::Agent, "agent.error");
        says(&beyond, "invalid_scope: ");
        assert!(beyond.answer().unwrap().help.is_some(), "{way}");
        let target = of(BOB).audience(audience(AUDIENCES));
        says(&refused(way.run(target), AgentKind::Agent, "agent.error"), "invalid_target: ");
        way.run(of(BOB).force_new()).unwrap();
    }
    stage.provider.control("revoke-grants?sub=bob").unwrap();
    for way in stage.ways() {
        // What the agent still holds it gives.
        way.run(of(BOB)).unwrap();
        let gone = refused(way.run(of(BOB).force_new()), AgentKind::Agent, "agent.error");
        says(&gone, "invalid_grant: ");
        way.run(of(ALICE).force_new()).unwrap();
    }
}

#[test]
fn a_provider_that_is_down() {
    let stage = Stage::set();
    let ways = stage.ways();
    let held = ways[0].run(of(ALICE).force_new()).unwrap();
    drop(stage.provider);
    for way in ways {
        let result = way.run(of(ALICE).force_new());
        let problem = refused(result, AgentKind::Agent, "agent.error");
        assert_eq!(
            problem.answer().unwrap().error.as_str(),
            "the other party disconnected",
            "{way}"
        );
        let token = way.run(of(ALICE)).unwrap();
        assert_eq!(token.access_token.expose(), held.access_token.expose(), "{way}");
    }
}

#[test]
fn unknown_accounts_and_requests() {
    let stage = Stage::set();
    for way in stage.ways() {
        let unknown = ObtainToken::of_account("nobody");
        refused(way.run(unknown), AgentKind::UnknownAccount, "agent.not_loaded");
        // What version 4.2 does not know.
        let unsupported = "agent.unsupported";
        refused(way.run(ListAccounts), AgentKind::Unsupported, unsupported);
        let mytoken = ObtainMytoken::of_account(ALICE.name);
        refused(way.run(mytoken), AgentKind::Unsupported, unsupported);
        way.run(of(ALICE)).unwrap();
    }
    // Nobody is asked; the agent drops the account's refresh token then.
    for way in stage.ways() {
        let result = way.run(ObtainIdToken::of_account(BOB.name));
        says(&refused(result, AgentKind::Agent, "agent.error"), "operation forbidden");
    }
}

#[test]
fn a_locked_agent() {
    let agent = RealAgent::start().unwrap();
    for way in Way::all(agent.socket()) {
        let nobody = || ObtainToken::of_account("nobody");
        says(
            &refused(way.run(Unlock::new("secret")), AgentKind::Agent, "agent.error"),
            "Agent not locked",
        );
        way.run(Lock::new("secret")).unwrap();
        way.run(Check).unwrap();
        refused(way.run(nobody()), AgentKind::Locked, "agent.locked");
        refused(way.run(Lock::new("secret")), AgentKind::Locked, "agent.locked");
        let wrong = refused(way.run(Unlock::new("other")), AgentKind::Agent, "agent.error");
        says(&wrong, "wrong password");
        refused(way.run(ListLoadedAccounts), AgentKind::Locked, "agent.locked");
        way.run(Unlock::new("secret")).unwrap();
        refused(way.run(nobody()), AgentKind::UnknownAccount, "agent.not_loaded");
    }
}

#[test]
fn an_agent_that_is_gone() {
    let mut agent = RealAgent::start().unwrap();
    let ways = Way::all(agent.socket());
    for way in &ways {
        way.run(Check).unwrap();
    }
    agent.kill();
    for way in ways {
        refused(way.run(Check), AgentKind::Connect, "agent.connect");
    }
}

#[test]
fn an_agent_that_dies_between_the_messages() {
    let ways = || Way::all("/unused".as_ref()).len();
    for number in 0..ways() {
        let mut agent = RealAgent::start().unwrap();
        let socket = agent.socket().to_owned();
        // The key, where there is one, arrives; the request does not.
        let relay = between(&socket, move || agent.kill()).unwrap();
        let way = Way::all(&relay.socket()).swap_remove(number);
        let code = if way.is_encrypted() { "agent.no_reply" } else { "agent.closed" };
        refused(way.run(Check), AgentKind::Connect, code);
    }
}
