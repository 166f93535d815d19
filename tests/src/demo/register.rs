//! The command of `cargo run --example register`: a client registers itself, is read back, changed and deleted.

use std::io::{self, Write};

use relying_party::{
    Client,
    error::Shown,
    jose::algorithm::Algorithm,
    protocol::{
        client_metadata::ClientMetadata,
        negotiation::Preferences,
        registered_client::{RegisteredClient, SecretExpiry},
    },
    secret::AccessToken,
};

use super::{
    Failure,
    service::{Arguments, Place, ends, policy},
};

/// What is printed for `--help` and wrong arguments.
pub const USAGE: &str = "\
cargo run --example register -- [ISSUER] [OPTIONS]

Without ISSUER it brings its own provider.

    --redirect-uri URI                of the new client (default https://rp.test/callback)
    --initial-access-token-env NAME   the environment variable with the token that allows to register
    --keep                            print the secret, and do not delete the client again
    --insecure-loopback-http          accept a provider over plain http, if it is on this machine
    --help                            this text
";

/// Runs the command and returns its exit status: 0 registered, 1 refused or failed, 2 wrong arguments.
pub fn run(
    arguments: impl IntoIterator<Item = String>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let options = ["--redirect-uri", "--initial-access-token-env"];
    let result = Arguments::parse(arguments, &options, &["--keep"]).and_then(|arguments| {
        let token = arguments.secret("--initial-access-token-env")?;
        match arguments.words.len() {
            0 | 1 => Ok(register(&arguments, token, out)),
            _ => Err("One issuer at a time.".to_owned().into()),
        }
    });
    ends(result, USAGE, out, err)
}

fn register(
    arguments: &Arguments,
    token: Option<String>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut place = Place::of(arguments);
    let issuer = arguments.words.first().map_or("https://op.test", String::as_str);
    let policy = policy(arguments);
    let provider = place.run(Client::read_provider(issuer).policy(policy.clone()))?;

    // What we would like, the best first; what the provider can.
    let wishes = Preferences::default()
        .id_token_signed_response_alg(&[Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256])
        .token_endpoint_auth_method(&["client_secret_basic", "client_secret_post"])
        .grant_types(&["authorization_code", "refresh_token"]);
    let redirect_uri = arguments.option("--redirect-uri").unwrap_or("https://rp.test/callback");
    let metadata = ClientMetadata::web(&[redirect_uri])?.client_name("An example");
    let negotiated = metadata.negotiate(&wishes, &provider)?;
    for note in &negotiated.notes {
        writeln!(out, "note: {}", Shown::new(&note.to_string()))?;
    }

    let mut flow = Client::register(&provider, negotiated.metadata).policy(policy.clone());
    if let Some(token) = token {
        flow = flow.initial_access_token(AccessToken::new(token)?);
    }
    let registered = place.run(flow)?;
    report(out, &registered, arguments.flag("--keep"))?;
    let registration = registered.registration(place.now())?;
    writeln!(out, "redirect URI  {}", Shown::new(registration.redirect_uri()))?;
    if arguments.flag("--keep") || !registered.is_manageable() {
        return Ok(());
    }

    let read = Client::read_registration(&provider, &registered).policy(policy.clone());
    let registered = place.run(read)?;
    let renamed = registered.to_metadata().client_name("Another name");
    let update = Client::update_registration(&provider, &registered, renamed);
    let registered = place.run(update.policy(policy.clone()))?;
    writeln!(out, "Read back, and renamed.")?;
    place.run(Client::delete_registration(&provider, &registered).policy(policy))?;
    writeln!(out, "Deleted.")?;
    Ok(())
}

fn report(out: &mut dyn Write, registered: &RegisteredClient, show: bool) -> io::Result<()> {
    writeln!(out, "Registered.")?;
    writeln!(out, "client id     {}", Shown::new(registered.client_id()))?;
    match registered.client_secret() {
        Some(secret) if show => writeln!(out, "secret        {}", secret.expose())?,
        Some(secret) => writeln!(out, "secret        {} characters", secret.expose().len())?,
        None => writeln!(out, "secret        none")?,
    }
    match registered.secret_expiry() {
        SecretExpiry::At(end) => writeln!(out, "ends          {} s after 1970", end.seconds())?,
        SecretExpiry::Never => writeln!(out, "ends          never")?,
        _ => writeln!(out, "ends          who knows when")?,
    }
    for difference in registered.differences() {
        writeln!(out, "but           {difference}")?;
    }
    Ok(())
}
