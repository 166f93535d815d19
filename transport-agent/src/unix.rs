//! UNIX sockets: whose they are, and connecting without waiting.

use std::{
    ffi::OsString,
    fs, io,
    os::{
        fd::OwnedFd,
        unix::{
            fs::{FileTypeExt, MetadataExt},
            net::UnixStream,
        },
    },
    path::{Path, PathBuf},
    time::Duration,
};

use relying_party::error::{AgentProblem, Shown};
use rustix::{
    net::{AddressFamily, SocketAddrUnix, SocketType, connect},
    process::geteuid,
};

use crate::blocking::unreachable;

pub(crate) fn default_service(tmpdir: Option<OsString>) -> PathBuf {
    let folder = tmpdir.filter(|folder| !folder.is_empty()).unwrap_or("/tmp".into());
    Path::new(&folder)
        .join(format!("oidc-agent-service-{}", geteuid().as_raw()))
        .join("oidc-agent.sock")
}

const GROUP_WRITE: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
const OTHERS_SEARCH: u32 = 0o001;
const STICKY: u32 = 0o1000;

/// Where the socket really is, if nobody but this user could have put it there. A link on the way to it could be turned
/// elsewhere after this look, so only what is returned may be connected to.
fn look_at(path: &Path) -> Result<PathBuf, AgentProblem> {
    let look = |path: &Path| fs::symlink_metadata(path).map_err(|error| unreachable(&error));
    let ours = geteuid().as_raw();
    let real = fs::canonicalize(path).map_err(|error| unreachable(&error))?;
    let found = look(&real)?;
    if !found.file_type().is_socket() {
        return Err(untrusted("it is no socket"));
    }
    if found.uid() != ours {
        return Err(untrusted("it belongs to another user"));
    }
    let folder = look(real.parent().unwrap_or(Path::new("/")))?;
    if !trusted(folder.uid(), ours) {
        return Err(untrusted("its folder belongs to another user"));
    }
    // Whoever may write to a socket may connect to it. An agent of version 4 leaves it at 0777 in a folder of 0700, and
    // one `--with-group` has 0660.
    if found.mode() & OTHERS_WRITE != 0 && folder.mode() & OTHERS_SEARCH != 0 {
        return Err(untrusted("everybody may use it"));
    }
    // In a sticky folder nobody can replace what belongs to somebody else.
    if folder.mode() & (OTHERS_WRITE | GROUP_WRITE) != 0 && folder.mode() & STICKY == 0 {
        return Err(untrusted("others may write to its folder"));
    }
    Ok(real)
}

/// At which path is filled in by `AgentSocket::place`.
fn untrusted(reason: &'static str) -> AgentProblem {
    AgentProblem::Untrusted { reason, at: Shown::new("") }
}

/// This user, and who could do everything anyway.
fn trusted(owner: u32, ours: u32) -> bool {
    [ours, 0].contains(&owner)
}

/// That who listens is to be trusted as well: whoever owns a folder further up could have moved all of it away since.
fn look_at_listener(stream: &UnixStream) -> Result<(), AgentProblem> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let listener = rustix::net::sockopt::socket_peercred(stream)
            .map_err(|error| unreachable(&error.into()))?;
        if !trusted(listener.uid.as_raw(), geteuid().as_raw()) {
            return Err(untrusted("another user listens at it"));
        }
    }
    // Elsewhere there is no safe way to ask.
    let _ = stream;
    Ok(())
}

/// A socket that may be connected to.
pub(crate) struct Socket {
    path: PathBuf,
    any: bool,
}

impl Socket {
    /// The one at this path, if it is to be trusted, or `any` is.
    pub(crate) fn at(path: &Path, any: bool) -> Result<Self, AgentProblem> {
        let path = if any { path.to_owned() } else { look_at(path)? };
        Ok(Self { path, any })
    }

    /// A connection, which does not block; none when the agent's queue is full: then try again after a [`PAUSE`].
    pub(crate) fn connect(&self) -> Result<Option<UnixStream>, AgentProblem> {
        match connect_now(&self.path) {
            Ok(stream) => {
                if !self.any {
                    look_at_listener(&stream)?;
                }
                Ok(Some(stream))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(unreachable(&error)),
        }
    }
}

/// Between two tries to get into an agent's queue.
pub(crate) const PAUSE: Duration = Duration::from_millis(5);

/// One that no child inherits. On Linux there is no moment at which it would.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn new_socket() -> rustix::io::Result<OwnedFd> {
    use rustix::net::{SocketFlags, socket_with};
    socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn new_socket() -> rustix::io::Result<OwnedFd> {
    let descriptor = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    rustix::io::fcntl_setfd(&descriptor, rustix::io::FdFlags::CLOEXEC)?;
    Ok(descriptor)
}

fn connect_now(path: &Path) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let stream = UnixStream::from(new_socket()?);
    stream.set_nonblocking(true)?;
    connect(&stream, &address)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_of_agent_5_is_in_the_folder_for_temporary_files() {
        let own = format!("oidc-agent-service-{}/oidc-agent.sock", geteuid().as_raw());
        for (tmpdir, folder) in
            [(None, "/tmp"), (Some(""), "/tmp"), (Some("/run/x"), "/run/x"), (Some("/y/"), "/y")]
        {
            let due = format!("{folder}/{own}");
            assert_eq!(default_service(tmpdir.map(Into::into)), Path::new(&due), "{tmpdir:?}");
        }
    }

    #[test]
    fn only_this_user_and_root_are_trusted() {
        for (owner, ours, good) in [(1, 1, true), (0, 1, true), (2, 1, false), (1, 0, false)] {
            assert_eq!(trusted(owner, ours), good, "{owner} {ours}");
        }
    }
}
