//! The command of `cargo run --example login`: one login as a native application makes it (RFC 8252).
//!
//! ```text
//! arguments ─► Options ─► Client::discover ─► start_login ─► browser ─► Listener
//!                                                                          │ query
//!                          refresh ◄─ user_info ◄─ finish_login ◄──────────┘
//! ```

pub mod client_credentials;
pub mod device;
mod http;
mod listener;
mod login;
mod options;
pub mod register;
mod report;
mod service;
pub mod token_exchange;

use std::{error, fmt, io::Write};

use relying_party::Error;

pub use options::HELP;
use options::{Command, Options};

/// Runs the command and returns its exit status: 0 for a login, 1 for none, 2 for wrong arguments.
pub fn run<A: Into<String>>(
    arguments: impl IntoIterator<Item = A>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let options = match Options::parse(arguments.into_iter().map(Into::into)) {
        Ok(Command::Login(options)) => options,
        Ok(Command::Help) => return u8::from(write!(out, "{HELP}").is_err()),
        Err(problem) => {
            drop(writeln!(err, "{problem}\nTry --help."));
            return 2;
        }
    };
    match login::login(&options, out) {
        Ok(()) => 0,
        Err(failure) => {
            // Whoever closed the standard error does not want to know.
            drop(report::failure(err, &failure));
            1
        }
    }
}

/// Why nobody logged in.
enum Failure {
    /// The library refused.
    Refused(Error),
    /// Something around it failed: a port, a file, the standard output.
    Other(Box<dyn error::Error + Send + Sync>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<String> for Failure {
    fn from(problem: String) -> Self {
        Self::Other(problem.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Other(error) => error.fmt(f),
        }
    }
}
