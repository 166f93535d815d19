//! What the command line says.

use std::{env, fs};

use relying_party::jose::algorithm::Algorithm;
use url::Url;

/// The text of `--help`.
pub const HELP: &str = "\
One OpenID Connect login, as a native application makes it.

    cargo run --example login -- [OPTIONS]

Without --issuer it brings its own provider: log in there as alice (wonderland) or bob (builder).

    --issuer URL               the provider, exactly as it writes its issuer
    --client-id ID             this client, as registered there
    --client-secret-env NAME   the environment variable that holds its secret, if it has one
    --redirect-uri URI         as registered (default http://127.0.0.1/cb); without a port any free one
    --scope \"WORDS\"            beside openid (default \"profile email\")
    --alg ALG                  the registered id_token_signed_response_alg (default RS256)
    --param KEY=VALUE          one more parameter of the authorization request; repeatable
    --auto                     no person and no window: follow the provider's redirects
    --blocking                 over ureq instead of reqwest
    --josekit                  verify with OpenSSL instead of pure Rust (cargo run --features josekit)
    --ca FILE                  trust the certificates in this PEM file as well
    --insecure-loopback-http   accept a provider over plain http, if it is on this machine
    --show-tokens              print the tokens in full
    --help                     this text

Exit status: 0 logged in, 1 refused or failed, 2 wrong arguments.
";

/// What to do.
pub(super) enum Command {
    Help,
    Login(Box<Options>),
}

/// How to log in.
pub(super) struct Options {
    /// The provider; none means the embedded one.
    pub(super) provider: Option<Given>,
    pub(super) redirect_uri: Url,
    pub(super) redirect_text: String,
    pub(super) scope: String,
    pub(super) algorithm: Algorithm,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) auto: bool,
    pub(super) blocking: bool,
    pub(super) josekit: bool,
    pub(super) ca: Option<Vec<u8>>,
    pub(super) insecure_loopback_http: bool,
    pub(super) show_tokens: bool,
}

/// A provider and this client's registration there.
pub(super) struct Given {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<String>,
}

impl Options {
    pub(super) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
        let (mut issuer, mut client_id, mut client_secret) = (None, None, None);
        let mut redirect_text = "http://127.0.0.1/cb".to_owned();
        let mut options = Self {
            provider: None,
            redirect_uri: redirect_uri(&redirect_text)?,
            redirect_text: String::new(),
            scope: "profile email".to_owned(),
            algorithm: Algorithm::RS256,
            parameters: Vec::new(),
            auto: false,
            blocking: false,
            josekit: false,
            ca: None,
            insecure_loopback_http: false,
            show_tokens: false,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} wants a value."));
            match argument.as_str() {
                "--help" | "-h" => return Ok(Command::Help),
                "--issuer" => issuer = Some(value()?),
                "--client-id" => client_id = Some(value()?),
                "--client-secret-env" => client_secret = Some(secret(&value()?)?),
                "--redirect-uri" => redirect_text = value()?,
                "--scope" => options.scope = value()?,
                "--alg" => options.algorithm = algorithm(&value()?)?,
                "--param" => options.parameters.push(parameter(&value()?)?),
                "--auto" => options.auto = true,
                "--blocking" => options.blocking = true,
                "--josekit" => options.josekit = true,
                "--ca" => options.ca = Some(file(&value()?)?),
                "--insecure-loopback-http" => options.insecure_loopback_http = true,
                "--show-tokens" => options.show_tokens = true,
                other => return Err(format!("Unknown argument {other}.")),
            }
        }
        if options.josekit && !cfg!(feature = "josekit") {
            return Err("This build has no josekit: cargo run --features josekit --example login \
                        (needs OpenSSL's headers and pkg-config)."
                .to_owned());
        }
        options.provider = match (issuer, client_id) {
            (Some(issuer), Some(client_id)) => Some(Given { issuer, client_id, client_secret }),
            (None, None) if client_secret.is_none() => None,
            _ => return Err("--issuer and --client-id go together.".to_owned()),
        };
        options.redirect_uri = redirect_uri(&redirect_text)?;
        options.redirect_text = redirect_text;
        Ok(Command::Login(Box::new(options)))
    }
}

/// RFC 8252 7.3: where this command can listen.
fn redirect_uri(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{text}: {error}."))?;
    let here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    if url.scheme() == "http" && here && url.fragment().is_none() {
        return Ok(url);
    }
    Err(format!(
        "{text}: only http://127.0.0.1, http://[::1] or http://localhost can be listened to."
    ))
}

// An argument would be visible to every process of this machine.
fn secret(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("The environment variable {name}: {error}."))
}

pub(super) fn algorithm(name: &str) -> Result<Algorithm, String> {
    Algorithm::parse(name).ok_or_else(|| format!("Unknown algorithm {name}."))
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or(format!("--param {text}: not KEY=VALUE."))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn file(path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{path}: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        Options::parse(line.split_ascii_whitespace().map(str::to_owned))
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (line, named) in [
            ("--frobnicate", "--frobnicate"),
            ("--issuer", "--issuer"),
            ("--issuer https://op.test", "--client-id"),
            ("--client-id me", "--issuer"),
            ("--alg none", "none"),
            ("--param nothing", "KEY=VALUE"),
            ("--ca /no/such/file", "/no/such/file"),
            ("--client-secret-env NO_SUCH_VARIABLE_HERE", "NO_SUCH_VARIABLE_HERE"),
            ("--redirect-uri https://rp.test/cb", "https://rp.test/cb"),
            ("--redirect-uri http://127.0.0.1.evil.test/cb", "127.0.0.1.evil.test"),
        ] {
            assert!(parse(line).err().expect(line).contains(named), "{line}");
        }
        for line in ["", "--issuer https://op.test --client-id me", "--alg EdDSA --param a=b=c"] {
            assert!(matches!(parse(line), Ok(Command::Login(_))), "{line}");
        }
        assert!(matches!(parse("--auto --help"), Ok(Command::Help)));
    }

    #[test]
    fn josekit_is_there_or_says_how_to_have_it() {
        match parse("--josekit") {
            Ok(Command::Login(options)) => assert!(options.josekit && cfg!(feature = "josekit")),
            Err(problem) => assert!(problem.contains("--features josekit")),
            Ok(Command::Help) => panic!("help"),
        }
    }
}
