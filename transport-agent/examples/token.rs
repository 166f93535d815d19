//! Prints a token of an oidc-agent, as `oidc-token` does.
//!
//! ```text
//! cargo run -p relying-party-agent --example token -- ACCOUNT|ISSUER [--scope WORDS] [--aud WORDS] [--time SECONDS]
//!     [--force-new] [--json]
//! ```
//!
//! `--scope` and `--aud` may stand there more than once, and `--scope=WORDS` is the same as `--scope WORDS`.

use std::{env, process::ExitCode, time::Duration};

use relying_party::{agent::ObtainToken, error::Error};
use relying_party_agent::AgentSocket;
use serde_json::json;

const USAGE: &str = "usage: token ACCOUNT|ISSUER [--scope WORDS] [--aud WORDS] [--time SECONDS] [--force-new] [--json]";

fn main() -> ExitCode {
    if env::args().skip(1).any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
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
    let (mut names, mut scopes, mut audiences) = (Vec::new(), Vec::new(), Vec::new());
    let (mut time, mut force_new, mut as_json) = (None, false, false);
    // `--option=value` as two.
    let mut arguments = arguments.flat_map(|argument| match argument.split_once('=') {
        Some((option, value)) if option.starts_with("--") => vec![option.into(), value.into()],
        _ => vec![argument],
    });
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => as_json = true,
            "--force-new" | "-f" => force_new = true,
            "--scope" | "-s" => scopes.push(arguments.next()?),
            "--aud" => audiences.push(arguments.next()?),
            "--time" | "-t" => time = Some(arguments.next()?.parse().ok()?),
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
    // An empty list is none.
    let request = request
        .application_hint("relying-party example")
        .scope(scopes.join(" "))
        .audience(audiences.join(" "))
        .min_valid_period(Duration::from_secs(time.unwrap_or(0)));
    Some((if force_new { request.force_new() } else { request }, as_json))
}
