//! Every request to an oidc-agent and its reply, encrypted and plain, blocking and as a future; which agent is asked;
//! and a hundred clients at once.

use std::{
    fs,
    net::Ipv6Addr,
    os::unix::{fs::PermissionsExt, fs::symlink, net::UnixListener},
    sync::Arc,
    thread,
    time::Duration,
};

use relying_party::{
    Error,
    agent::{
        AgentRequest, Check, ListAccounts, ListConfiguredAccounts, ListLoadedAccounts, ListScopes,
        Lock, MytokenValue, ObtainIdToken, ObtainMytoken, ObtainToken, ReadStatus, Unlock,
    },
    error::{AgentKind, AgentProblem, Blame, ErrorKind},
};
use relying_party_agent::{AgentSocket, Trigger};
use relying_party_tests::agent::{Accounts, EXPIRES_AT, FakeAgent, Fault, LIFETIME, block_on};
use serde_json::{Value, json};

const ONE: &str = "https://one.test/";
const TWO: &str = "https://two.test";

fn fake() -> FakeAgent {
    FakeAgent::start(Accounts::new(&[("a", ONE), ("b", TWO)]))
}

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

fn refused<R: AgentRequest + Clone>(socket: &AgentSocket, request: &R, code: &str) -> Error
where
    R::Reply: std::fmt::Debug,
{
    let blocking = socket.run(request.clone()).expect_err("an error");
    let future = block_on(socket.run_async(request.clone())).expect_err("an error");
    assert_eq!((blocking.code(), future.code()), (code, code), "{blocking:?} {future:?}");
    blocking
}

#[test]
fn a_token_of_an_account_and_of_an_issuer() {
    let agent = fake();
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
    let agent = fake();
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
    let agent = fake();
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
    let agent = fake();
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
    let agent = fake();
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
    let agent = fake();
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
    let agent = fake();
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
    let agent = fake();
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
fn a_remote_agent_over_tcp_says_that_it_is_remote() {
    let agent = FakeAgent::start_tcp(Accounts::new(&[("far", ONE)]));
    let socket = AgentSocket::remote(&agent.address()).unwrap();
    for token in [
        socket.run(ObtainToken::of_account("far")).unwrap(),
        block_on(socket.run_async(ObtainToken::of_account("far"))).unwrap(),
    ] {
        assert_eq!(token.access_token.expose(), "far|||1");
    }
    let error = refused(&socket, &ObtainToken::of_account("a"), "agent.remote");
    let ErrorKind::Agent(problem) = error.kind() else { panic!("{error:?}") };
    assert_eq!(problem.kind(), AgentKind::Remote);
    let AgentProblem::Remote(inner) = problem else { panic!("{error:?}") };
    assert_eq!(inner.kind(), AgentKind::UnknownAccount);
    // The same bytes as over a UNIX socket.
    agent.script([Fault::Clear, Fault::Clear]);
    refused(&socket, &ObtainToken::of_account("far"), "agent.remote");
    // A port at which nobody listens.
    let address = agent.address();
    drop(agent);
    let gone = AgentSocket::remote(&address).unwrap().connect_timeout(Duration::from_secs(1));
    let error = refused(&gone, &Check, "agent.remote");
    assert!(error.to_string().contains(&address), "{error}");
    // Where no local agent is set, that one's absence is nothing to be told of.
    let unset = AgentSocket::from_values(None, Some(address.clone().into())).unwrap();
    let error = refused(&unset, &ObtainToken::of_account("far"), "agent.remote");
    assert!(error.to_string().contains(&address), "{error}");
    assert!(error.hint().unwrap().contains("other end of that address"), "{error:?}");
    refused(&unset, &Check, "agent.not_set");
    for text in ["", "host:port", "[::1"] {
        assert_eq!(AgentSocket::remote(text).unwrap_err().code(), "agent.address");
        let set = (!text.is_empty()).then(|| text.into());
        assert_eq!(AgentSocket::from_values(None, set).is_err(), !text.is_empty());
    }
}

#[test]
fn ipv6_is_an_address_too() {
    // Where there is no IPv6 there is no connection; the address is understood in either case.
    let accounts = Accounts::new(&[("far", ONE)]);
    let agent = FakeAgent::start_tcp_at(Ipv6Addr::LOCALHOST.into(), accounts);
    let address = agent.as_ref().map_or("[::1]:1".to_owned(), FakeAgent::address);
    assert!(address.starts_with("[::1]:"), "{address}");
    let socket = AgentSocket::remote(&address).unwrap();
    if let Ok(agent) = agent {
        for token in [
            socket.run(ObtainToken::of_account("far")).unwrap(),
            block_on(socket.run_async(ObtainToken::of_account("far"))).unwrap(),
        ] {
            assert_eq!(token.issuer, ONE);
        }
        assert_eq!(agent.connections(), 2);
    }
    refused(&socket, &Check, "agent.remote");
}

#[test]
fn the_remote_agent_is_asked_after_the_local_one_and_only_then() {
    let local = fake();
    let remote = FakeAgent::start_tcp(Accounts::new(&[("far", ONE), ("a", ONE), ("b", ONE)]));
    let both = |path: &std::path::Path| {
        AgentSocket::from_values(Some(path.into()), Some(remote.address().into())).unwrap()
    };
    let socket = both(local.path());
    let asks = |socket: &AgentSocket, times: usize| {
        let before = remote.connections();
        let far = ObtainToken::of_account("far");
        let replies = [socket.run(far.clone()), block_on(socket.run_async(far))];
        assert_eq!(remote.connections() - before, times);
        replies
    };
    for reply in asks(&socket, 2) {
        assert_eq!(reply.unwrap().access_token.expose(), "far|||1");
    }
    // What the local agent has is not asked for elsewhere, nor is an issuer.
    socket.run(ObtainToken::of_account("a")).unwrap();
    refused(&socket, &ObtainToken::of_issuer("https://three.test"), "agent.not_loaded");
    assert_eq!(remote.connections(), 2);
    // Not loaded: another trigger.
    local.accounts().unload("b");
    socket.run(ObtainToken::of_account("b")).unwrap();
    let upstream = [Trigger::NotSet, Trigger::Connect, Trigger::UnknownAccount];
    let strict = socket.clone().fall_back_on(upstream);
    refused(&strict, &ObtainToken::of_account("b"), "agent.not_loaded");
    for reply in asks(&strict, 2) {
        reply.unwrap();
    }
    for reply in asks(&socket.clone().fall_back_on([]), 0) {
        assert_eq!(reply.unwrap_err().code(), "agent.unknown_account");
    }
    // When both fail, the local error stands.
    remote.script([Fault::CloseAtOnce, Fault::CloseAtOnce]);
    for reply in asks(&socket, 2) {
        assert_eq!(reply.unwrap_err().code(), "agent.unknown_account");
    }
    // A broken local agent is no absent one.
    local.script([Fault::CloseAtOnce, Fault::FlippedTag]);
    for (reply, code) in asks(&socket, 0).into_iter().zip(["agent.closed", "agent.decryption"]) {
        assert_eq!(reply.unwrap_err().code(), code);
    }
    // Lists come from elsewhere only when there is no local agent, a check never.
    let absent = both(&local.path().with_file_name("absent"));
    let unset = AgentSocket::from_values(None, Some(remote.address().into())).unwrap();
    for socket in [&absent, &unset] {
        for reply in asks(socket, 2) {
            reply.unwrap();
        }
        assert_eq!(socket.run(ListLoadedAccounts).unwrap(), ["a", "b", "far"]);
    }
    refused(&absent, &Check, "agent.connect");
    refused(&unset, &Check, "agent.not_set");
    local.accounts().failure = Some(json!({"status": "failure", "error": "account not loaded"}));
    refused(&socket, &ListLoadedAccounts, "agent.not_loaded");
}

/// How many connections a request makes to the remote agent, blocking and as a future.
#[track_caller]
fn goes_on<R: AgentRequest + Clone>(
    socket: &AgentSocket,
    request: &R,
    remote: &FakeAgent,
    times: usize,
) {
    let before = remote.connections();
    let replies = [socket.run(request.clone()), block_on(socket.run_async(request.clone()))];
    assert!(replies.iter().all(Result::is_ok), "{:?}", replies.map(Result::err));
    assert_eq!(remote.connections() - before, times);
}

/// For an account's tokens of all kinds; for lists only where there is no local agent.
#[test]
fn each_request_has_its_own_way_to_the_remote_agent() {
    let local = fake();
    let remote = FakeAgent::start_tcp(Accounts::new(&[("far", ONE), ("a", ONE)]));
    let both = |path: &std::path::Path| {
        AgentSocket::from_values(Some(path.into()), Some(remote.address().into())).unwrap()
    };
    let (there, absent) = (both(local.path()), both(&local.path().with_file_name("absent")));
    for (account, socket, times) in [("a", &there, 0), ("far", &there, 2), ("far", &absent, 2)] {
        goes_on(socket, &ObtainToken::of_account(account), &remote, times);
        goes_on(socket, &ObtainIdToken::of_account(account), &remote, times);
        goes_on(socket, &ObtainMytoken::of_account(account), &remote, times);
    }
    for (socket, times) in [(&there, 0), (&absent, 2)] {
        goes_on(socket, &ListAccounts, &remote, times);
        goes_on(socket, &ListConfiguredAccounts, &remote, times);
        goes_on(socket, &ListLoadedAccounts, &remote, times);
    }
    // What concerns the local agent, and issuers, of which the remote one may know another.
    let before = remote.connections();
    for error in [
        refused(&absent, &ObtainToken::of_issuer(ONE), "agent.connect"),
        refused(&absent, &ObtainIdToken::of_issuer(ONE), "agent.connect"),
        refused(&absent, &ReadStatus, "agent.connect"),
        refused(&absent, &ListScopes::of_issuer(ONE), "agent.connect"),
        refused(&absent, &Lock::new("x"), "agent.connect"),
        refused(&absent, &Unlock::new("x"), "agent.connect"),
    ] {
        assert_eq!(error.blame(), Blame::Network);
    }
    assert_eq!(remote.connections(), before);
}

#[test]
fn no_agent_is_said_so() {
    for empty in [None, Some("".into())] {
        let socket = AgentSocket::from_values(empty, None).unwrap();
        let error = refused(&socket, &Check, "agent.not_set");
        assert_eq!(error.blame(), Blame::Configuration);
        let hint = error.hint().unwrap();
        assert!(
            ["eval $(oidc-agent)", "oidc-add", "or_default_service"]
                .iter()
                .all(|word| hint.contains(word))
        );
    }
    let agent = fake();
    let absent = AgentSocket::at(agent.path().with_file_name("absent"));
    let error = refused(&absent, &Check, "agent.connect");
    assert_eq!(error.blame(), Blame::Network);
    assert!(error.to_string().contains("/absent\""), "{error}");
    assert!(!error.hint().unwrap().contains("OIDC_SOCK"), "{error:?}");
    // The file is left, the agent is gone.
    let left = agent.path().with_file_name("left");
    drop(UnixListener::bind(&left).unwrap());
    fs::set_permissions(&left, fs::Permissions::from_mode(0o600)).unwrap();
    refused(&AgentSocket::at(&left), &Check, "agent.connect");
    // A path that no socket address holds.
    let long = agent.path().with_file_name("x".repeat(200));
    refused(&AgentSocket::at(&long).insecure_any_socket(), &Check, "agent.connect");
    // What is shown of a path is escaped and bounded.
    let odd = agent.path().with_file_name(format!("odd\n\u{1b}\u{fc}{}", "x".repeat(999)));
    let shown = refused(&AgentSocket::at(&odd), &Check, "agent.connect").to_string();
    assert!(shown.contains("odd\\\\u{a}\\\\u{1b}\\\\u{fc}xx") && shown.len() < 500, "{shown}");
    // `or_default_service` is for where nothing is set.
    AgentSocket::at(agent.path()).or_default_service().run(Check).unwrap();
}

#[test]
fn a_socket_that_could_be_somebody_elses_is_not_used() {
    let agent = fake();
    let folder = agent.path().parent().unwrap();
    let mode = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let socket = AgentSocket::at(agent.path());
    let due = |good: bool, what: &str| match good {
        true => {
            socket.run(Check).expect(what);
            block_on(socket.run_async(Check)).expect(what);
        }
        false => {
            let before = agent.connections();
            refused(&socket, &Check, "agent.untrusted");
            assert_eq!(agent.connections(), before, "{what}");
        }
    };
    // An agent `--with-group` has 0660; one of version 4 has 0777, and a folder that keeps everybody out.
    for (bits, beyond) in
        [(0o600, true), (0o660, true), (0o755, true), (0o777, false), (0o602, false)]
    {
        mode(agent.path(), bits);
        mode(folder, 0o700);
        due(true, &format!("socket {bits:o}"));
        for open in [0o701, 0o755] {
            mode(folder, open);
            due(beyond, &format!("socket {bits:o} in {open:o}"));
        }
    }
    mode(agent.path(), 0o600);
    for (bits, good) in
        [(0o700, true), (0o755, true), (0o1777, true), (0o777, false), (0o770, false)]
    {
        mode(folder, bits);
        due(good, &format!("folder {bits:o}"));
    }
    // Told to look away, it does.
    mode(agent.path(), 0o666);
    mode(folder, 0o755);
    due(false, "looking");
    socket.clone().insecure_any_socket().run(Check).unwrap();
    mode(agent.path(), 0o600);
    mode(folder, 0o700);
    // A link is judged by where it leads.
    let open = folder.join("open");
    fs::create_dir(&open).unwrap();
    let link = open.join("link");
    symlink(agent.path(), &link).unwrap();
    AgentSocket::at(&link).run(Check).unwrap();
    // No socket at all.
    let file = folder.join("file");
    fs::write(&file, "").unwrap();
    refused(&AgentSocket::at(&file), &Check, "agent.untrusted");
}

#[test]
fn a_hundred_clients_at_once_get_their_own_answers() {
    const CLIENTS: usize = 100;
    let agent = Arc::new(fake());
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
