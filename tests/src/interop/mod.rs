//! Real providers on loopback, started, awaited and ended by the tests that need them.
//!
//! A provider is a program that writes its state into a folder of its own and prints one JSON line
//! with `"ready": true` once it answers. Nothing is shared between two of them, so tests may run
//! side by side; nothing is skipped either: a provider that cannot be started fails its test.

#[cfg(unix)]
pub mod agent;
#[cfg(unix)]
pub mod agent_stage;
#[cfg(unix)]
pub mod agent_way;
pub mod assertion;
pub mod encryption;
pub mod front_channel;
pub mod idpyoidc;
pub mod npm;
pub mod reference;
pub mod runner;
pub mod site;

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{self, Child, Command, Stdio},
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// What starting and steering a provider may end in: text for the reader of the test's output.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A file of the providers, in `tests/interop`.
fn resource(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(name)
}

/// A new folder among the temporary files, removed together with this value.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Creates the folder; `name` is a word in its name.
    pub fn new(name: &str) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = env::temp_dir().join(format!("{name}-{}-{number}", process::id()));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                // Left behind by a process that had the same number and was killed.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Litter among temporary files is no reason to fail a test.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A running program, ended together with this value.
#[derive(Debug)]
pub struct Program(Child);

impl Program {
    /// Starts `command` and waits until it says that it is ready; its standard error goes to `log`.
    ///
    /// The program's standard input is a pipe from this process, so that it can see the end of a
    /// test run that was killed.
    pub fn start(command: &mut Command, log: &Path, patience: Duration) -> Result<Self> {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?)
            .spawn()
            .map_err(|e| format!("{}: {e}", command.get_program().display()))?;
        let mut program = Self(child);
        match program.await_ready(patience) {
            Ok(()) => Ok(program),
            Err(e) => {
                drop(program);
                let said = fs::read_to_string(log).unwrap_or_default();
                Err(format!("{}: {e}\n{said}", command.get_program().display()).into())
            }
        }
    }

    /// Closes the program's standard input and waits until it has ended by itself.
    pub fn end(&mut self) {
        // Closes it first. It fails only where the program has been waited for before.
        let _ = self.0.wait();
    }

    fn await_ready(&mut self, patience: Duration) -> Result<()> {
        let stdout = self.0.stdout.take().ok_or("has no standard output")?;
        let (lines, arrived) = mpsc::channel();
        // Reads to the very end: a full pipe would stop the program in the middle of a test.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                let _ = lines.send(line);
            }
        });
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = arrived.recv_timeout(left).map_err(|e| match e {
                mpsc::RecvTimeoutError::Timeout => format!("not ready after {patience:?}"),
                mpsc::RecvTimeoutError::Disconnected => "ended before it was ready".to_owned(),
            })?;
            if serde_json::from_str(&line).is_ok_and(|said: Value| said["ready"] == true) {
                return Ok(());
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only where the program has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
