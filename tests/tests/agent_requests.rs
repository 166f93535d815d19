//! Every request to an oidc-agent and its reply, encrypted and plain, blocking and as a future; and a hundred clients at
//! once.

use std::{sync::Arc, thread, time::Duration};

use relying_party::{
    agent::{
        AgentRequest, Check, ListAccounts, ListConfiguredAccounts, ListLoadedAccounts, ListScopes,
        Lock, MytokenValue, ObtainIdToken, ObtainMytoken, ObtainToken, ReadStatus, Unlock,
    },
    error::Blame,
};
use relying_party_agent::AgentSocket;
use relying_party_tests::agent::{
    EXPIRES_AT, FakeAgent, Fault, LIFETIME, ONE, TWO, block_on, refused,
};
use serde_json::{Value, json};

/// Encrypted and plain, blocking and as a future: four times the same request, as it arrived.
fn asked<R: AgentRequest + Clone>(agent: &FakeAgent, request: &R) -> ([R::Reply; 4], Value) {
    let socket = AgentSocket::at(agent.path());
    let plain = socket.clone().insecure_without_encryption();
    let before = agent.requests().len();
    let replies = [
        socket.run(request.clone()),
        plain.run(request.clone()),
        block_on(socket.run_async(request.clone())),
        block_on(plain.run_async(request.clone())),
    ];
    let requests = agent.requests().split_off(before);
    assert_eq!(requests.len(), 4);
    assert!(requests.iter().all(|request| *request == requests[0]));
    (replies.map(|reply| reply.expect("a reply")), requests[0].clone())
}

#[test]
fn a_token_of_an_account_and_of_an_issuer() {
    let agent = FakeAgent::of_two();
    let (tokens, request) = asked(&agent, &ObtainToken::of_account("a"));
    assert_eq!(request, json!({"request": "access_token", "account": "a", "min_valid_period": 0}));
    for token in tokens {
        assert_eq!(token.access_token.expose(), "a|||1");
        assert_eq!(token.issuer, ONE);
        assert_eq!(token.expires_at.unwrap().seconds(), EXPIRES_AT);
    }
    // With and without the slash.
    for issuer in [TWO, "https://two.test/"] {
        let (tokens, request) = asked(&agent, &ObtainToken::of_issuer(issuer));
        assert_eq!(request["issuer"], issuer);
        assert_eq!(request.get("account"), None);
        assert!(tokens.iter().all(|token| token.access_token.expose() == "b|||1"));
    }
}

#[test]
fn a_token_with_everything_that_can_be_asked_for() {
    let agent = FakeAgent::of_two();
    let everything = ObtainToken::of_account("a")
        .min_valid_period(Duration::from_millis(59_001))
        .scope("openid profile")
        .audience("https://x.test https://y.test")
        .application_hint("a \"test\" \u{e9}");
    let (tokens, request) = asked(&agent, &everything);
    let due = json!({
        "request": "access_token", "account": "a", "min_valid_period": 60, "scope": "openid profile",
        "audience": "https://x.test https://y.test", "application_hint": "a \"test\" \u{e9}",
    });
    assert_eq!(request, due);
    // The expiry of such a token is not known.
    assert!(tokens.iter().all(|token| token.expires_at.is_none()));

    let number = |request: ObtainToken| {
        let (tokens, request) = asked(&agent, &request);
        (
            tokens.map(|token| token.access_token.expose().rsplit_once('|').unwrap().1.to_owned()),
            request,
        )
    };
    let (cached, _) = number(ObtainToken::of_account("b"));
    assert_eq!(cached, ["1", "1", "1", "1"]);
    let (forced, request) = number(ObtainToken::of_account("b").force_new());
    assert_eq!(request["min_valid_period"], -1);
    assert_eq!(forced, ["2", "3", "4", "5"]);
    let short = Duration::from_secs(LIFETIME as u64);
    let (new, _) = number(ObtainToken::of_account("b").min_valid_period(short));
    assert_eq!(new, ["6", "7", "8", "9"]);
}

#[test]
fn an_id_token() {
    let agent = FakeAgent::of_two();
    let request = ObtainIdToken::of_account("a").scope("openid").application_hint("test");
    let (tokens, request) = asked(&agent, &request);
    let due = json!({"request": "id_token", "account": "a", "scope": "openid", "application_hint": "test"});
    assert_eq!(request, due);
    assert!(tokens.iter().all(|token| token.id_token.expose() == "id.a.x" && token.issuer == ONE));
    let (tokens, _) = asked(&agent, &ObtainIdToken::of_issuer(TWO));
    assert!(tokens.iter().all(|token| token.id_token.expose() == "id.b.x"));
    let socket = AgentSocket::at(agent.path());
    refused(&socket, &ObtainIdToken::of_account("a").expected_issuer(TWO), "agent.other_issuer");
}

#[test]
fn a_mytoken_with_each_kind_of_profile() {
    let agent = FakeAgent::of_two();
    let (mytokens, request) = asked(&agent, &ObtainMytoken::of_account("a"));
    assert_eq!(request, json!({"request": "mytoken", "account": "a"}));
    for mytoken in &mytokens {
        let MytokenValue::Token(token) = &mytoken.value else { panic!("{mytoken:?}") };
        assert_eq!(token.expose(), "ey.my.token");
        assert_eq!(mytoken.expires_at.unwrap().seconds(), EXPIRES_AT);
        let member = mytoken.member::<String>("mytoken_issuer").unwrap();
        assert_eq!(member.as_deref(), Some("https://mytoken.test"));
        assert_eq!(mytoken.member::<Vec<String>>("capabilities").unwrap().unwrap(), ["AT"]);
        assert_eq!(mytoken.member::<String>("capabilities").unwrap_err().code(), "json.type");
        assert!(mytoken.expose().contains("usages_AT"));
        assert!(!format!("{mytoken:?}").contains("ey.my"));
    }
    let object = ObtainMytoken::of_account("a").profile_object(r#"{"capabilities": ["AT"]}"#);
    let (_, request) = asked(&agent, &object.application_hint("test"));
    assert_eq!(request["mytoken_profile"], json!({"capabilities": ["AT"]}));
    assert_eq!(request["application_hint"], "test");
    for text in ["web-default", r#"{"capabilities": ["AT"]}"#] {
        let (_, request) = asked(&agent, &ObtainMytoken::of_account("a").profile(text));
        assert_eq!(request["mytoken_profile"], text);
    }

    agent.accounts().mytoken =
        json!({"status": "success", "transfer_code": "Ab12", "mytoken_type": "transfer_code"});
    let (mytokens, _) = asked(&agent, &ObtainMytoken::of_account("a"));
    for mytoken in mytokens {
        let MytokenValue::TransferCode(code) = &mytoken.value else { panic!("{mytoken:?}") };
        assert_eq!((code.expose(), mytoken.expires_at), ("Ab12", None));
    }
    let socket = AgentSocket::at(agent.path());
    for neither in [
        json!({"status": "success", "mytoken_type": "token"}),
        json!({"status": "success", "mytoken": "x", "transfer_code": "y"}),
        json!({"status": "success", "mytoken": "x", "access_token": "y"}),
    ] {
        agent.accounts().mytoken = neither;
        refused(&socket, &ObtainMytoken::of_account("a"), "agent.other_reply");
    }
    agent.accounts().mytoken = json!({"status": "success", "mytoken": "x\u{7f}"});
    refused(&socket, &ObtainMytoken::of_account("a"), "agent.token_characters");
}

#[test]
fn accounts_of_an_agent_5() {
    let agent = FakeAgent::of_two();
    agent.accounts().unload("b");
    let (names, request) = asked(&agent, &ListLoadedAccounts);
    assert_eq!(request, json!({"request": "loaded_accounts"}));
    assert!(names.iter().all(|names| names == &["a"]));
    let (names, request) = asked(&agent, &ListConfiguredAccounts);
    assert_eq!(request, json!({"request": "account_info"}));
    assert!(names.iter().all(|names| names == &["a", "b"]));
    let (infos, _) = asked(&agent, &ListAccounts);
    for infos in infos {
        assert_eq!(infos.len(), 3);
        assert!(infos["https://empty.test/"].public_client);
        assert!(infos["https://empty.test/"].accounts.is_empty());
        assert!(!infos[ONE].public_client && infos[ONE].accounts["a"]);
        assert!(!infos[TWO].accounts["b"]);
    }
    let socket = AgentSocket::at(agent.path());
    for info in [
        json!([]),
        json!({"x": 1}),
        json!({"x": {"accounts": {"a": 1}}}),
        json!({"x": {"pubclient": 1}}),
    ] {
        let reply = json!({"status": "success", "info": info}).to_string().into_bytes();
        agent.script([Fault::Instead(reply.clone()), Fault::Instead(reply)]);
        refused(&socket, &ListAccounts, "json.type");
    }
}

#[test]
fn an_agent_4_lacks_what_came_later_and_says_its_version() {
    let agent = FakeAgent::of_two();
    agent.accounts().version = "4.2.6".to_owned();
    let socket = AgentSocket::at(agent.path());
    let (statuses, request) = asked(&agent, &ReadStatus);
    assert_eq!(request, json!({"request": "status_json"}));
    for status in statuses {
        assert_eq!((status.version.as_str(), status.loaded_accounts.len()), ("4.2.6", 2));
        assert!(status.at_least(4, 2) && !status.at_least(4, 3) && !status.at_least(5, 0));
    }
    for error in [
        refused(&socket, &ListAccounts, "agent.unsupported"),
        refused(&socket, &ObtainMytoken::of_account("a"), "agent.unsupported"),
    ] {
        assert_eq!(error.blame(), Blame::Configuration);
        assert!(error.hint().unwrap().contains("4.4"));
    }
    asked(&agent, &ObtainToken::of_account("a"));
}

#[test]
fn a_locked_agent_answers_nothing_but_a_check() {
    let agent = FakeAgent::of_two();
    let socket = AgentSocket::at(agent.path());
    socket.run(Lock::new("pass\u{e9} \"word\"")).unwrap();
    asked(&agent, &Check);
    refused(&socket, &ObtainToken::of_account("a"), "agent.locked");
    refused(&socket, &Lock::new("again"), "agent.locked");
    refused(&socket, &Unlock::new("wrong"), "agent.error");
    block_on(socket.run_async(Unlock::new("pass\u{e9} \"word\""))).unwrap();
    asked(&agent, &ObtainToken::of_account("a"));
    refused(&socket, &Unlock::new("again"), "agent.error");
    // Somebody else's success.
    for reply in [
        json!({"status": "success", "info": "Agent unlocked"}),
        json!({"status": "success", "info": "openid profile"}),
        json!({"status": "success"}),
    ] {
        let fault = Fault::Instead(reply.to_string().into_bytes());
        agent.script([fault.clone(), fault]);
        refused(&socket, &Lock::new("x"), "agent.other_reply");
    }
}

#[test]
fn scopes_of_an_issuer() {
    let agent = FakeAgent::of_two();
    let request = ListScopes::of_issuer(ONE).cert_path("/etc/ssl/certs/ca-certificates.crt");
    let (scopes, request) = asked(&agent, &request.config_endpoint("https://one.test/c"));
    let due = json!({
        "request": "scopes", "issuer": ONE, "cert_path": "/etc/ssl/certs/ca-certificates.crt",
        "config_endpoint": "https://one.test/c",
    });
    assert_eq!(request, due);
    assert!(scopes.iter().all(|scopes| scopes[..2] == ["openid", "profile"] && scopes.len() == 4));
    for (reply, code) in [
        (json!({"status": "success", "info": ["openid"]}), "json.type"),
        (json!({"status": "success", "info": "openid", "access_token": "x"}), "agent.other_reply"),
    ] {
        let fault = Fault::Instead(reply.to_string().into_bytes());
        agent.script([fault.clone(), fault]);
        refused(&AgentSocket::at(agent.path()), &ListScopes::of_issuer(ONE), code);
    }
}

#[test]
fn a_hundred_clients_at_once_get_their_own_answers() {
    const CLIENTS: usize = 100;
    let agent = Arc::new(FakeAgent::of_two());
    let request = |number: usize| {
        let account = ["a", "b"][number % 2];
        ObtainToken::of_account(account)
            .expected_issuer([ONE, TWO][number % 2])
            .audience(format!("https://{number}.test"))
    };
    let right = |number: usize, token: &str| {
        let account = ["a", "b"][number % 2];
        assert!(token.starts_with(&format!("{account}||https://{number}.test|")), "{token}");
    };
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let agent = agent.clone();
            thread::spawn(move || AgentSocket::at(agent.path()).run(request(number)))
        })
        .collect();
    for (number, client) in clients.into_iter().enumerate() {
        right(number, client.join().unwrap().expect("a token").access_token.expose());
    }
    assert_eq!(agent.connections(), CLIENTS);
    // The same as futures, which also have to be `Send`.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let futures: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let socket = AgentSocket::at(agent.path());
            runtime.spawn(async move { socket.run_async(request(number)).await })
        })
        .collect();
    for (number, future) in futures.into_iter().enumerate() {
        let token = runtime.block_on(future).unwrap().expect("a token");
        right(number, token.access_token.expose());
    }
    assert_eq!(agent.connections(), 2 * CLIENTS);
}
