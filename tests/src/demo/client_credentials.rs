//! The command of `cargo run --example client_credentials`: tokens for a service itself (RFC 6749 4.4).

use std::io::Write;

use relying_party::{Client, error::Shown, jose::algorithm::Algorithm};

use super::{
    Failure,
    service::{Arguments, Place, discover, ends},
};

/// What is printed for `--help` and wrong arguments.
pub const USAGE: &str = "\
cargo run --example client_credentials -- [ISSUER CLIENT_ID --client-secret-env NAME] [OPTIONS]

Without ISSUER it brings its own provider.

    --client-secret-env NAME     the environment variable that holds the client's secret
    --scope \"WORDS\"              what the token is to be good for
    --audience NAME              for whom it is meant, where the provider wants that
    --resource URI               the same, as RFC 8707 says it
    --insecure-loopback-http     accept a provider over plain http, if it is on this machine
    --help                       this text
";

/// Runs the command and returns its exit status: 0 granted, 1 refused or failed, 2 wrong arguments.
pub fn run(
    arguments: impl IntoIterator<Item = String>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let options = ["--client-secret-env", "--scope", "--audience", "--resource"];
    let result = Arguments::parse(arguments, &options, &[]).and_then(|arguments| {
        let secret = arguments.secret("--client-secret-env")?;
        match (arguments.words.as_slice(), secret) {
            ([], None) => Ok(embedded(&arguments, out)),
            ([issuer, client_id], Some(secret)) => {
                Ok(real(&arguments, (issuer, client_id, Some(secret)), out))
            }
            _ => Err("ISSUER, CLIENT_ID and --client-secret-env go together.".to_owned().into()),
        }
    });
    ends(result, USAGE, out, err)
}

fn embedded(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Failure> {
    let (mut place, client) = Place::embedded("confidential")?;
    granted(&mut place, &client, arguments.option("--scope").or(Some("read write")), arguments, out)
}

fn real(
    arguments: &Arguments,
    given: (&str, &str, Option<String>),
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut place = Place::of(arguments);
    // No ID token comes back.
    let client = discover(&mut place, arguments, given, Algorithm::RS256)?;
    granted(&mut place, &client, arguments.option("--scope"), arguments, out)
}

fn granted(
    place: &mut Place,
    client: &Client,
    scope: Option<&str>,
    arguments: &Arguments,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut flow = client.client_credentials();
    if let Some(scope) = scope {
        flow = flow.scope(scope);
    }
    if let Some(audience) = arguments.option("--audience") {
        flow = flow.audience(audience);
    }
    if let Some(resource) = arguments.option("--resource") {
        flow = flow.resource(resource);
    }
    let granted = place.run(flow)?;
    let tokens = granted.tokens();
    writeln!(out, "Granted.")?;
    writeln!(out, "scope    {}", Shown::new(&tokens.scope().join(" ")))?;
    match tokens.expires_at() {
        Some(end) => writeln!(out, "expires  in {} s", end.since(place.now()).as_secs())?,
        None => writeln!(out, "expires  who knows when")?,
    }
    writeln!(out, "token    {} characters", tokens.access_token().expose().len())?;
    Ok(())
}
