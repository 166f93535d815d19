//! The login itself: what an application does with the library.

use std::{
    io::Write,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use relying_party::{
    Client, Login, PendingLogin, Policy, Registration, crypto,
    flow::start_login::{StartLogin, StartedLogin},
    jose::backend::Crypto,
    protocol::authorization::Prompt,
};
use url::Url;

use super::{
    Failure, Options,
    http::Http,
    listener::{Arrival, Listener},
    options::Given,
    report,
};
use crate::{browser::Browser, op::OpConfig, server};

pub(super) fn login(options: &Options, out: &mut dyn Write) -> Result<(), Failure> {
    let embedded = options.provider.is_none();
    // Dropping the server ends it.
    let (_server, issuer) = match &options.provider {
        Some(given) => (None, given.issuer.clone()),
        None => {
            let (op, server) = server::start(OpConfig::default())?;
            (Some(server), op.issuer().to_owned())
        }
    };
    let plain = embedded || options.insecure_loopback_http;
    let policy = Policy::default();
    let policy = if plain { policy.insecure_allow_loopback_http() } else { policy };

    let http = Http::new(options, plain)?;
    let listener = Listener::open(&options.redirect_uri, &options.redirect_text)?;
    let registration = registration(options, listener.redirect_uri())?;
    let discover = Client::discover(issuer, registration, crypto(options)).policy(policy);
    let client = http.run(discover)?;
    let started = http.run(parameters(options, client.start_login().scope(&options.scope))?)?;

    let StartedLogin { url, pending } = started;
    let mut shown = url.clone();
    if options.auto && !options.show_tokens {
        // Nobody needs to go there, and it holds `state` and `nonce`.
        shown.set_query(None);
    }
    writeln!(out, "Log in at\n\n  {shown}\n")?;
    if embedded && !options.auto {
        writeln!(out, "as alice (password wonderland) or bob (password builder).\n")?;
    }
    let login = come_back(options, &http, &client, &listener, &url, pending)?;
    report::login(out, &login, options.show_tokens)?;

    match http.run(client.user_info(login.tokens().access_token(), login.subject())) {
        Ok(user_info) => {
            report::claims(out, "claims of userinfo", user_info.claims(), options.show_tokens)?
        }
        Err(error) if error.code() == "misuse.no_such_endpoint" => {
            writeln!(out, "  no userinfo: {error}")?;
        }
        Err(error) => return Err(error.into()),
    }
    match login.tokens().refresh_token() {
        Some(refresh_token) => {
            let refreshed = http.run(client.refresh(refresh_token, &login.record()))?;
            report::refreshed(out, &refreshed, options.show_tokens)?;
        }
        None => writeln!(out, "Not refreshed: the provider gave no refresh token.")?,
    }
    Ok(())
}

/// Sends a browser away and finishes the login with what it brings back.
fn come_back(
    options: &Options,
    http: &Http,
    client: &Client,
    listener: &Listener,
    url: &Url,
    pending: PendingLogin,
) -> Result<Login, Failure> {
    let automatic = if options.auto {
        Some(visit(options, url, listener)?)
    } else {
        open_browser(url);
        None
    };
    let (query, browser) = loop {
        match listener.wait(PATIENCE)? {
            // Any page can make a browser come here: only an answer to this login ends the waiting.
            Arrival::Callback { query, browser } if is_other(client, &query, &pending) => {
                drop(browser.show("Not this login", "Go on in the other window."));
            }
            Arrival::Callback { query, browser } => break (query, browser),
            Arrival::Lost(why) => return Err(format!("the automatic login failed: {why}").into()),
        }
    };
    let result = client
        .callback(&query)
        .and_then(|callback| http.run(client.finish_login(pending, callback)));
    // A browser that is gone must not spoil the login.
    drop(match &result {
        Ok(login) => browser.show("Logged in", &format!("You are {}.", login.subject().sub())),
        Err(_) => browser.show("Not logged in", "The reason stands where the login was started."),
    });
    if let Some(automatic) = automatic {
        drop(automatic.join());
    }
    Ok(result?)
}

fn is_other(client: &Client, query: &str, pending: &PendingLogin) -> bool {
    client
        .callback(query)
        .is_ok_and(|callback| callback.state().is_some_and(|state| state != pending.state()))
}

fn registration(options: &Options, redirect_uri: &str) -> Result<Registration, Failure> {
    let registration = match &options.provider {
        None => Registration::public("public", redirect_uri)?,
        Some(Given { client_id, client_secret: None, .. }) => {
            Registration::public(client_id, redirect_uri)?
        }
        Some(Given { client_id, client_secret: Some(secret), .. }) => {
            Registration::confidential(client_id, secret, redirect_uri)?
        }
    };
    Ok(registration.id_token_signed_response_alg(options.algorithm))
}

/// Parameters with a meaning of their own go through their own methods, which the library checks later.
fn parameters(options: &Options, mut start: StartLogin) -> Result<StartLogin, Failure> {
    if options.provider.is_none() && options.auto {
        start = start.login_hint("auto:alice");
    }
    for (name, value) in &options.parameters {
        let words: Vec<&str> = value.split_ascii_whitespace().collect();
        start = match name.as_str() {
            "login_hint" => start.login_hint(value),
            "acr_values" => start.acr_values(&words),
            "ui_locales" => start.ui_locales(value),
            "max_age" => {
                let seconds = value.parse().map_err(|_| format!("max_age={value}: no number"))?;
                start.max_age(seconds)
            }
            "prompt" => words.iter().try_fold(start, |start, word| {
                Ok::<_, String>(start.prompt(prompt(word).ok_or(format!("prompt={word}"))?))
            })?,
            "resource" => start.resource(value),
            "audience" => start.audience(value),
            _ => start.parameter(name, value),
        };
    }
    Ok(start)
}

fn prompt(word: &str) -> Option<Prompt> {
    Some(match word {
        "none" => Prompt::None,
        "login" => Prompt::Login,
        "consent" => Prompt::Consent,
        "select_account" => Prompt::SelectAccount,
        "create" => Prompt::Create,
        _ => return None,
    })
}

fn crypto(options: &Options) -> Crypto {
    #[cfg(feature = "josekit")]
    if options.josekit {
        return crypto::josekit();
    }
    // Without the feature the option was refused with the arguments.
    let _ = options;
    crypto::rustcrypto()
}

fn visit(
    options: &Options,
    url: &Url,
    listener: &Listener,
) -> Result<thread::JoinHandle<()>, Failure> {
    let browser = Browser::new(options.ca.as_deref()).map_err(Failure::Other)?;
    let (url, redirect_uri) = (url.clone(), listener.redirect_uri().to_owned());
    let sender = listener.sender();
    Ok(thread::spawn(move || {
        if let Err(error) = browser.visit(&url, &redirect_uri) {
            // Nobody waits any more when the login is over.
            drop(sender.send(Arrival::Lost(error.to_string())));
        }
    }))
}

/// Best effort: the address is printed as well.
fn open_browser(url: &Url) {
    let (program, arguments): (_, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        // `start` would give the address to a shell, which reads `&` as the end of a command.
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(url.as_str());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    drop(command.spawn());
}

/// As long as the library lets a login take.
const PATIENCE: Duration = Duration::from_secs(600);
