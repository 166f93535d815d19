//! Prints a token of an oidc-agent, as `oidc-token` does.
//!
//! ```text
//! cargo run -p relying-party-agent --example token -- ACCOUNT|ISSUER [--scope WORDS] [--aud WORDS] [--time SECONDS]
//!     [--force-new] [--json]
//! ```

use std::{env, process::ExitCode, time::Duration};

use relying_party::{agent::ObtainToken, error::Error};
use relying_party_agent::AgentSocket;
use serde_json::json;

const USAGE: &str = "usage: token ACCOUNT|ISSUER [--scope WORDS] [--aud WORDS] [--time SECONDS] [--force-new] [--json]";

fn main() -> ExitCode {
    let Some((request, as_json)) = read(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match print(request, as_json) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn print(request: ObtainToken, as_json: bool) -> Result<(), Error> {
    let token = AgentSocket::from_env()?.run(request)?;
    match as_json {
        false => println!("{}", token.access_token.expose()),
        true => println!(
            "{:#}",
            json!({
                "access_token": token.access_token.expose(),
                "issuer": token.issuer,
                "expires_at": token.expires_at.map(|time| time.seconds()),
            })
        ),
    }
    Ok(())
}

/// The request, and whether all of the reply is wanted.
fn read(arguments: impl Iterator<Item = String>) -> Option<(ObtainToken, bool)> {
    let (mut names, mut options) = (Vec::new(), Vec::new());
    let mut arguments = arguments.peekable();
    let mut as_json = false;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => as_json = true,
            "--force-new" | "-f" => options.push(("--force-new", String::new())),
            "--scope" | "-s" => options.push(("--scope", arguments.next()?)),
            "--aud" => options.push(("--aud", arguments.next()?)),
            "--time" | "-t" => options.push(("--time", arguments.next()?)),
            option if option.starts_with('-') => return None,
            _ => names.push(argument),
        }
    }
    let [name] = names.as_slice() else { return None };
    // As oidc-token tells them apart.
    let request = match name.starts_with("https://") || name.starts_with("http://") {
        true => ObtainToken::of_issuer(name),
        false => ObtainToken::of_account(name),
    };
    let mut request = request.application_hint("relying-party example");
    for (option, value) in options {
        request = match option {
            "--scope" => request.scope(value),
            "--aud" => request.audience(value),
            "--time" => request.min_valid_period(Duration::from_secs(value.parse().ok()?)),
            _ => request.force_new(),
        };
    }
    Some((request, as_json))
}
