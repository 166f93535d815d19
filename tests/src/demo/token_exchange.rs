//! The command of `cargo run --example token_exchange`: one token for another (RFC 8693).

use std::io::Write;

use relying_party::{
    Client, error::Shown, jose::algorithm::Algorithm, protocol::token_exchange::TokenType,
};

use super::{
    Failure,
    service::{Arguments, Place, discover, ends},
};

/// What is printed for `--help` and wrong arguments.
pub const USAGE: &str = "\
cargo run --example token_exchange -- [ISSUER CLIENT_ID --subject-token-env NAME] [OPTIONS]

Without ISSUER it brings its own provider, and gets a token to exchange there.

    --subject-token-env NAME     the environment variable with the access token to exchange
    --client-secret-env NAME     the one with the client's secret, if it has one
    --audience NAME              for whom the new token is meant
    --scope \"WORDS\"              what it is to be good for
    --insecure-loopback-http     accept a provider over plain http, if it is on this machine
    --help                       this text
";

/// Runs the command and returns its exit status: 0 exchanged, 1 refused or failed, 2 wrong arguments.
pub fn run(
    arguments: impl IntoIterator<Item = String>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let options = ["--subject-token-env", "--client-secret-env", "--audience", "--scope"];
    let result = Arguments::parse(arguments, &options, &[]).and_then(|arguments| {
        let secret = arguments.secret("--client-secret-env")?;
        let subject = arguments.secret("--subject-token-env")?;
        match (arguments.words.as_slice(), subject) {
            ([], None) => Ok(embedded(&arguments, out)),
            ([issuer, client_id], Some(subject)) => {
                let given = (issuer.as_str(), client_id.as_str(), secret);
                Ok(real(&arguments, given, &subject, out))
            }
            _ => Err("ISSUER, CLIENT_ID and --subject-token-env go together.".to_owned().into()),
        }
    });
    ends(result, USAGE, out, err)
}

fn embedded(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Failure> {
    let (mut place, client) = Place::embedded("confidential")?;
    let granted = place.run(client.password("alice", "wonderland").scope("openid"))?;
    let subject = granted.tokens().access_token().expose().to_owned();
    exchange(&mut place, &client, &subject, arguments, out)
}

fn real(
    arguments: &Arguments,
    given: (&str, &str, Option<String>),
    subject: &str,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut place = Place::of(arguments);
    // No ID token comes back.
    let client = discover(&mut place, arguments, given, Algorithm::RS256)?;
    exchange(&mut place, &client, subject, arguments, out)
}

fn exchange(
    place: &mut Place,
    client: &Client,
    subject: &str,
    arguments: &Arguments,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut flow = client.exchange_token(subject, &TokenType::AccessToken);
    if let Some(audience) = arguments.option("--audience") {
        flow = flow.audience(audience);
    }
    if let Some(scope) = arguments.option("--scope") {
        flow = flow.scope(scope);
    }
    let exchanged = place.run(flow)?;
    writeln!(out, "Exchanged.")?;
    writeln!(out, "issued  {}", Shown::new(exchanged.issued_token_type().as_str()))?;
    match exchanged.access_token() {
        Some(token) => writeln!(out, "token   {} characters", token.expose().len())?,
        None => writeln!(out, "token   none that opens a resource")?,
    }
    Ok(())
}
