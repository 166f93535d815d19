//! On the way to an oidc-agent: a link that is turned while it is looked at, names of hosts, and which deadline is told.

use std::{
    fs,
    io::Write,
    os::{
        fd::OwnedFd,
        unix::{
            fs::{PermissionsExt, symlink},
            net::UnixListener,
        },
    },
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use relying_party::{
    Error,
    agent::{Check, ObtainToken},
    error::{AgentProblem, ErrorKind},
};
use relying_party_agent::AgentSocket;
use relying_party_tests::agent::{Accounts, FakeAgent, Fault, block_on, both};
use rustix::net::{AddressFamily, SocketAddrV4, SocketType, bind, listen, socket};

const ISSUER: &str = "https://op.test/";

#[test]
fn a_link_that_is_turned_after_the_look_leads_to_no_other_socket() {
    let accounts = || Accounts::new(&[("a", ISSUER)]);
    let (good, bad) = (FakeAgent::start(accounts()), FakeAgent::start(accounts()));
    let mode = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(bad.path(), 0o777);
    mode(bad.path().parent().unwrap(), 0o755);
    let folder = good.path().with_file_name("links");
    fs::create_dir(&folder).unwrap();
    let link = folder.join("link");
    symlink(good.path(), &link).unwrap();
    let socket = AgentSocket::at(&link);
    let over = AtomicBool::new(false);
    let turn = || {
        for target in [bad.path(), good.path()].into_iter().cycle() {
            if over.load(Ordering::Relaxed) {
                return;
            }
            let next = folder.join("next");
            symlink(target, &next).unwrap();
            fs::rename(&next, &link).unwrap();
        }
    };
    thread::scope(|scope| {
        scope.spawn(turn);
        for reply in (0..300).flat_map(|_| both(&socket, &Check)) {
            if let Err(error) = reply {
                assert_eq!(error.code(), "agent.untrusted");
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    assert_eq!(bad.connections(), 0);
    // Where it is not turned, it is followed.
    fs::remove_file(&link).unwrap();
    symlink(good.path(), &link).unwrap();
    for reply in both(&socket, &Check) {
        reply.unwrap();
    }
}

#[test]
fn a_remote_agent_may_have_a_name() {
    let agent = FakeAgent::start_tcp(Accounts::new(&[("far", ISSUER)]));
    let port = agent.address().rsplit_once(':').unwrap().1.to_owned();
    let named = AgentSocket::remote(&format!("localhost:{port}")).unwrap();
    for token in both(&named, &ObtainToken::of_account("far")) {
        assert_eq!(token.unwrap().issuer, ISSUER);
    }
    for reply in both(&AgentSocket::remote("no-such-host.invalid").unwrap(), &Check) {
        assert!(matches!(inner(&reply.unwrap_err()), AgentProblem::Connect { .. }));
    }
}

/// A port whose queue is full, so that connecting to it takes forever.
fn full() -> (OwnedFd, std::net::TcpStream, String) {
    let listener = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    bind(&listener, &SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    listen(&listener, 0).unwrap();
    let listener = std::net::TcpListener::from(listener);
    let address = listener.local_addr().unwrap();
    let only = std::net::TcpStream::connect(address).unwrap();
    (listener.into(), only, address.to_string())
}

fn inner(error: &Error) -> &AgentProblem {
    match error.kind() {
        ErrorKind::Agent(AgentProblem::Remote(problem)) => problem,
        _ => panic!("{error:?}"),
    }
}

#[test]
fn the_deadline_that_passes_first_is_the_one_that_is_told() {
    let (_listener, _only, address) = full();
    let socket = AgentSocket::remote(&address).unwrap();
    let brief = Duration::from_millis(100);
    for reply in both(&socket.clone().connect_timeout(brief), &Check) {
        let error = reply.unwrap_err();
        assert!(matches!(inner(&error), AgentProblem::Connect { .. }), "{error:?}");
    }
    for reply in both(&socket.timeout(brief), &Check) {
        let error = reply.unwrap_err();
        assert!(matches!(inner(&error), AgentProblem::Timeout), "{error:?}");
    }
}

#[test]
fn an_agent_that_goes_on_and_on_ends_at_the_deadline() {
    let agent = FakeAgent::start(Accounts::new(&[("a", ISSUER)]));
    let path = agent.path().with_file_name("endless");
    let listener = UnixListener::bind(&path).unwrap();
    let endless = thread::spawn(move || {
        for _ in 0..2 {
            let mut stream = listener.accept().unwrap().0;
            // Until the client hangs up: far below every other limit.
            let mut said = stream.write_all(b"{\"x\":\"");
            while said.is_ok() {
                thread::sleep(Duration::from_millis(5));
                said = stream.write_all(b"y");
            }
        }
    });
    let socket = AgentSocket::at(&path).timeout(Duration::from_millis(100));
    for reply in both(&socket, &Check) {
        assert_eq!(reply.unwrap_err().code(), "agent.timeout");
    }
    endless.join().unwrap();
}

#[test]
fn a_future_that_is_dropped_leaves_the_agent_to_others() {
    let agent = FakeAgent::start(Accounts::new(&[("a", ISSUER)]));
    let socket = AgentSocket::at(agent.path());
    agent.script([Fault::Silence]);
    block_on(async {
        let brief = Duration::from_millis(50);
        assert!(tokio::time::timeout(brief, socket.run_async(Check)).await.is_err());
        // The agent serves one connection at a time: it noticed.
        socket.run_async(Check).await.unwrap();
    });
    assert_eq!(agent.connections(), 2);
}
