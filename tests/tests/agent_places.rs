//! Which oidc-agent is asked: the local one, the remote one, the service; and which socket is trusted.

use std::{
    fs,
    net::Ipv6Addr,
    os::unix::{fs::PermissionsExt, fs::symlink, net::UnixListener},
    time::Duration,
};

use relying_party::{
    agent::{
        AgentRequest, Check, ListAccounts, ListConfiguredAccounts, ListLoadedAccounts, ListScopes,
        Lock, ObtainIdToken, ObtainMytoken, ObtainToken, ReadStatus, Unlock,
    },
    error::{AgentKind, AgentProblem, Blame, ErrorKind},
};
use relying_party_agent::{AgentSocket, Trigger};
use relying_party_tests::agent::{Accounts, FakeAgent, Fault, ONE, block_on, refused};
use serde_json::json;

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
    let local = FakeAgent::of_two();
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
    let local = FakeAgent::of_two();
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
    let agent = FakeAgent::of_two();
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
    let agent = FakeAgent::of_two();
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
