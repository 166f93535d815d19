//! Both ways to ask an agent: on this thread, and as a future.

use std::future::Future;

use relying_party::{Error, agent::AgentRequest};
use relying_party_agent::AgentSocket;

/// Runs a future to its end.
///
/// # Panics
/// When there is no runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

/// What comes of one request, asked blocking and as a future.
pub fn both<R: AgentRequest + Clone>(
    socket: &AgentSocket,
    request: &R,
) -> [Result<R::Reply, Error>; 2] {
    [socket.run(request.clone()), block_on(socket.run_async(request.clone()))]
}

/// Refused with this code, blocking and as a future; the error of the former.
pub fn refused<R: AgentRequest<Reply: std::fmt::Debug> + Clone>(
    socket: &AgentSocket,
    request: &R,
    code: &str,
) -> Error {
    let [blocking, future] = both(socket, request).map(|answer| answer.expect_err("an error"));
    assert_eq!((blocking.code(), future.code()), (code, code), "{blocking:?} {future:?}");
    blocking
}
