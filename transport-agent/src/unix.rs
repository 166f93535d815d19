//! UNIX sockets: whose they are, and connecting without waiting.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt},
        net::UnixStream,
    },
    path::{Path, PathBuf},
};

use relying_party::error::AgentProblem;
use rustix::{
    io::{FdFlags, fcntl_setfd},
    net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket},
    process::geteuid,
};

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

/// That nobody but this user could have put the socket there.
pub(crate) fn check(path: &Path) -> Result<(), AgentProblem> {
    let ours = geteuid().as_raw();
    let look =
        |path: &Path| fs::metadata(path).map_err(|error| crate::blocking::unreachable(&error));
    let found = look(path)?;
    if !found.file_type().is_socket() {
        return Err(AgentProblem::Untrusted("it is no socket"));
    }
    if found.uid() != ours {
        return Err(AgentProblem::Untrusted("it belongs to another user"));
    }
    let real = fs::canonicalize(path).map_err(|error| crate::blocking::unreachable(&error))?;
    let folder = look(real.parent().unwrap_or(Path::new("/")))?;
    if ![ours, 0].contains(&folder.uid()) {
        return Err(AgentProblem::Untrusted("its folder belongs to another user"));
    }
    // Whoever may write to a socket may connect to it. An agent of version 4 leaves it at 0777 in a folder of 0700, and
    // one `--with-group` has 0660.
    if found.mode() & OTHERS_WRITE != 0 && folder.mode() & OTHERS_SEARCH != 0 {
        return Err(AgentProblem::Untrusted("everybody may use it"));
    }
    // In a sticky folder nobody can replace what belongs to somebody else.
    if folder.mode() & (OTHERS_WRITE | GROUP_WRITE) != 0 && folder.mode() & STICKY == 0 {
        return Err(AgentProblem::Untrusted("others may write to its folder"));
    }
    Ok(())
}

/// A connection, if the agent can take it now. It does not block afterwards either.
///
/// # Errors
/// [`io::ErrorKind::WouldBlock`] when the agent's queue is full: try again.
pub(crate) fn connect_now(path: &Path) -> io::Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let descriptor = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    fcntl_setfd(&descriptor, FdFlags::CLOEXEC)?;
    let stream = UnixStream::from(descriptor);
    stream.set_nonblocking(true)?;
    connect(&stream, &address)?;
    Ok(stream)
}
