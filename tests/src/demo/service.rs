//! What the small examples share: a few arguments, and a provider that is the embedded one, without sockets, or any.

use std::{env, io::Write};

use relying_party::{
    Client, Env, Error, Flow, Policy, Registration, SystemEnv, crypto, jose::algorithm::Algorithm,
    time::UnixTime,
};
use relying_party_ureq::UreqTransport;

use super::Failure;
use crate::scenario::World;

/// The arguments: words, options with a value, and flags.
pub(super) struct Arguments {
    pub(super) words: Vec<String>,
    options: Vec<(String, String)>,
    flags: Vec<String>,
}

/// Why a command does not run.
pub(super) enum Stop {
    /// `--help`
    Help,
    /// The argument that is wrong.
    Wrong(String),
}

impl From<String> for Stop {
    fn from(problem: String) -> Self {
        Self::Wrong(problem)
    }
}

impl Arguments {
    /// # Errors
    /// The argument that is wrong, or that help is wanted.
    pub(super) fn parse(
        arguments: impl IntoIterator<Item = String>,
        options: &[&str],
        flags: &[&str],
    ) -> Result<Self, Stop> {
        let mut parsed = Self { words: Vec::new(), options: Vec::new(), flags: Vec::new() };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            if argument == "--help" || argument == "-h" {
                return Err(Stop::Help);
            } else if options.contains(&argument.as_str()) {
                let value = arguments.next().ok_or(format!("{argument} wants a value."))?;
                parsed.options.push((argument, value));
            } else if argument == INSECURE || flags.contains(&argument.as_str()) {
                parsed.flags.push(argument);
            } else if argument.starts_with('-') {
                return Err(format!("Unknown argument {argument}.").into());
            } else {
                parsed.words.push(argument);
            }
        }
        Ok(parsed)
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag == name)
    }

    pub(super) fn option(&self, name: &str) -> Option<&str> {
        let found = self.options.iter().find(|(option, _)| option == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of the environment variable that an option names: an argument would be seen by every process.
    pub(super) fn secret(&self, name: &str) -> Result<Option<String>, String> {
        let read = |variable: &str| {
            env::var(variable).map_err(|error| format!("The variable {variable}: {error}."))
        };
        self.option(name).map(read).transpose()
    }
}

/// The provider, and the way to it.
pub(super) enum Place {
    /// In memory, in virtual time.
    Embedded(Box<World>),
    /// Anywhere.
    Real(Box<UreqTransport>),
}

impl Place {
    /// The provider that comes along, and one of its clients.
    pub(super) fn embedded(client_id: &str) -> Result<(Self, Client), Error> {
        let mut world = Box::<World>::default();
        let client = world.discover(client_id, Policy::default())?;
        Ok((Self::Embedded(world), client))
    }

    pub(super) fn of(arguments: &Arguments) -> Self {
        match arguments.words.is_empty() {
            true => Self::Embedded(Box::default()),
            false => {
                let config = UreqTransport::config();
                // No proxy from the environment can reach this machine.
                let local = arguments.flag(INSECURE);
                let config = if local { config.proxy(None) } else { config };
                Self::Real(Box::new(UreqTransport::from_config(config)))
            }
        }
    }

    pub(super) fn run<F: Flow>(&mut self, flow: F) -> Result<F::Output, Error> {
        match self {
            Self::Embedded(world) => world.run(flow),
            Self::Real(http) => http.run(flow),
        }
    }

    pub(super) fn now(&mut self) -> UnixTime {
        match self {
            Self::Embedded(world) => world.clock.now(),
            Self::Real(_) => SystemEnv.now(),
        }
    }
}

pub(super) fn policy(arguments: &Arguments) -> Policy {
    let policy = Policy::default();
    if arguments.flag(INSECURE) { policy.insecure_allow_loopback_http() } else { policy }
}

/// The client that the arguments ISSUER and CLIENT_ID name, at its provider.
pub(super) fn discover(
    place: &mut Place,
    arguments: &Arguments,
    (issuer, client_id, secret): (&str, &str, Option<String>),
    algorithm: Algorithm,
) -> Result<Client, Failure> {
    // No grant of these examples comes back to a redirect URI.
    let registration = Registration::service(client_id)?;
    let registration = match secret {
        Some(secret) => registration.client_secret(secret)?,
        None => registration,
    };
    let registration = registration.id_token_signed_response_alg(algorithm);
    let discover = Client::discover(issuer, registration, crypto::rustcrypto());
    Ok(place.run(discover.policy(policy(arguments)))?)
}

/// Exit status and output of a command: 0 done or help, 1 refused or failed, 2 wrong arguments.
pub(super) fn ends(
    result: Result<Result<(), Failure>, Stop>,
    usage: &str,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    // Whoever closed the standard error does not want to know.
    match result {
        Ok(Ok(())) => 0,
        Err(Stop::Help) => u8::from(write!(out, "{usage}").is_err()),
        Ok(Err(Failure::Refused(error))) => {
            drop(writeln!(err, "Refused: {error:?}"));
            1
        }
        Ok(Err(Failure::Other(error))) => {
            drop(writeln!(err, "Failed: {error}"));
            1
        }
        Err(Stop::Wrong(problem)) => {
            drop(write!(err, "{problem}\n\n{usage}"));
            2
        }
    }
}

const INSECURE: &str = "--insecure-loopback-http";
