//! Hosts: their addresses, and the time that each of them gets.

use std::{
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::Duration,
};

use relying_party::error::AgentProblem;

use crate::blocking::{Deadline, no_connection, timed_out, unreachable};

/// The addresses of a host. Who resolves names knows no deadline, so that has a thread of its own.
pub(crate) fn resolve(
    host: &str,
    port: u16,
    left: Duration,
) -> Result<Vec<SocketAddr>, AgentProblem> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    let (sender, receiver) = mpsc::channel();
    let host = host.to_owned();
    let resolver = move || {
        let found = (host, port).to_socket_addrs().map(Vec::from_iter);
        // Whoever asked may have given up.
        let _ = sender.send(found);
    };
    thread::Builder::new().spawn(resolver).map_err(|error| unreachable(&error))?;
    match receiver.recv_timeout(left) {
        Ok(found) => found.map_err(|error| unreachable(&error)),
        Err(_) => Err(timed_out()),
    }
}

pub(crate) fn connect(
    addresses: &[SocketAddr],
    until: Deadline,
) -> Result<TcpStream, AgentProblem> {
    let mut last = no_address();
    for (at, address) in addresses.iter().enumerate() {
        let left = share(until.to_connect()?, addresses.len().saturating_sub(at));
        match TcpStream::connect_timeout(address, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = unreachable(&error),
        }
    }
    Err(last)
}

pub(crate) fn no_address() -> AgentProblem {
    no_connection("the host has no address")
}

/// What the next of so many addresses gets of the time that is left: one that never answers leaves some to the others.
pub(crate) fn share(left: Duration, addresses: usize) -> Duration {
    let addresses = u32::try_from(addresses).unwrap_or(u32::MAX).max(1);
    // Nothing would be an error.
    (left / addresses).max(Duration::from_millis(1))
}

#[cfg(all(test, unix))]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

    use rustix::net::{AddressFamily, SocketType, bind, listen, socket};

    use super::*;

    #[test]
    fn an_address_that_never_answers_leaves_time_for_the_next() {
        let full = socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        bind(&full, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0)).unwrap();
        // A queue of one, and that one in it.
        listen(&full, 0).unwrap();
        let full = TcpListener::from(full);
        let never = full.local_addr().unwrap();
        let _only = TcpStream::connect(never).unwrap();
        let good = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addresses = [never, good.local_addr().unwrap()];
        let until = || Deadline::new(Duration::from_millis(400));
        assert!(super::connect(&addresses, until()).is_ok());
        assert!(super::connect(&addresses[..1], until()).is_err());
        assert!(super::connect(&[], until()).is_err());
    }
}
