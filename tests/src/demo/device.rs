//! The command of `cargo run --example device`: a login whose browser is on another screen (RFC 8628).

use std::io::Write;

use relying_party::{
    Client,
    error::Shown,
    flow::{granted::GrantedTokens, start_device_login::StartedDevice},
    jose::algorithm::Algorithm,
};

use super::{
    Failure, options,
    service::{Arguments, Place, discover, ends},
};

/// What is printed for `--help` and wrong arguments.
pub const USAGE: &str = "\
cargo run --example device -- [ISSUER CLIENT_ID] [OPTIONS]

Without ISSUER it brings its own provider, and somebody who logs in there.

    --client-secret-env NAME     the environment variable that holds the client's secret, if it has one
    --scope \"WORDS\"              beside openid (default \"email\")
    --access-only                plain OAuth: no openid, no ID token
    --alg ALG                    the registered id_token_signed_response_alg (default RS256)
    --insecure-loopback-http     accept a provider over plain http, if it is on this machine
    --help                       this text
";

/// Runs the command and returns its exit status: 0 logged in, 1 refused or failed, 2 wrong arguments.
pub fn run(
    arguments: impl IntoIterator<Item = String>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let options = ["--client-secret-env", "--scope", "--alg"];
    let result = Arguments::parse(arguments, &options, &["--access-only"]).and_then(|arguments| {
        let secret = arguments.secret("--client-secret-env")?;
        let algorithm = options::algorithm(arguments.option("--alg").unwrap_or("RS256"))?;
        match (arguments.words.as_slice(), secret) {
            // The embedded provider signs with RS256 for this client.
            ([], None) if algorithm == Algorithm::RS256 => Ok(embedded(&arguments, out)),
            ([issuer, client_id], secret) => {
                Ok(real(&arguments, (issuer, client_id, secret), algorithm, out))
            }
            _ => Err(
                "ISSUER and CLIENT_ID go together, and --client-secret-env and --alg with them."
                    .to_owned()
                    .into(),
            ),
        }
    });
    ends(result, USAGE, out, err)
}

fn embedded(arguments: &Arguments, out: &mut dyn Write) -> Result<(), Failure> {
    let (mut place, client) = Place::embedded("public")?;
    let started = start(&mut place, &client, arguments, out)?;
    if let Place::Embedded(world) = &place {
        // Somebody logs in, on another screen.
        let now = world.clock.now().seconds();
        world.op.decide_device(&started.user_code, Some("alice"), now);
    }
    report(&place.run(client.poll_device_login(started.pending))?, out)
}

fn real(
    arguments: &Arguments,
    given: (&str, &str, Option<String>),
    algorithm: Algorithm,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut place = Place::of(arguments);
    let client = discover(&mut place, arguments, given, algorithm)?;
    let started = start(&mut place, &client, arguments, out)?;
    report(&place.run(client.poll_device_login(started.pending))?, out)
}

fn start(
    place: &mut Place,
    client: &Client,
    arguments: &Arguments,
    out: &mut dyn Write,
) -> Result<StartedDevice, Failure> {
    let flow = client.start_device_login().scope(arguments.option("--scope").unwrap_or("email"));
    let access_only = arguments.flag("--access-only");
    let started = place.run(if access_only { flow.access_only() } else { flow })?;
    writeln!(out, "Open {} and enter {}", started.verification_uri, started.user_code)?;
    if let Some(complete) = &started.verification_uri_complete {
        writeln!(out, "or open {complete} and compare the code.")?;
    }
    // Somebody must read it now: the next line comes when it is done.
    out.flush()?;
    Ok(started)
}

fn report(granted: &GrantedTokens, out: &mut dyn Write) -> Result<(), Failure> {
    match granted.id_token() {
        Some(id_token) => {
            writeln!(out, "Logged in.")?;
            writeln!(out, "issuer   {}", Shown::new(id_token.subject().issuer()))?;
            writeln!(out, "subject  {}", Shown::new(id_token.subject().sub()))?;
        }
        None => writeln!(out, "Granted.")?,
    }
    writeln!(out, "token    {} characters", granted.tokens().access_token().expose().len())?;
    Ok(())
}
