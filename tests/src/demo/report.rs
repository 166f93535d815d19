//! What the command prints. Everything but our own words is escaped: it came from outside.

use std::{error::Error as _, fmt::Display, io};

use relying_party::{
    Claims, Env, Login, SystemEnv,
    error::{Blame, Shown},
    flow::refresh::Refreshed,
    protocol::token::TokenSet,
    time::UnixTime,
};
use serde_json::Value;

use super::Failure;

pub(super) fn login(out: &mut dyn io::Write, login: &Login, show: bool) -> io::Result<()> {
    let id_token = login.id_token();
    writeln!(out, "Logged in.")?;
    writeln!(out, "  issuer         {}", Shown::new(login.subject().issuer()))?;
    writeln!(out, "  subject        {}", Shown::new(login.subject().sub()))?;
    writeln!(out, "  checked        {}", list(id_token.checks(), "nothing"))?;
    writeln!(out, "  relaxed        {}", list(id_token.relaxations(), "nothing"))?;
    let raw = token(id_token.raw().expose(), show);
    writeln!(out, "  ID token       {raw}, {}", expiry(Some(id_token.expires_at())))?;
    tokens(out, login.tokens(), show)?;
    claims(out, "claims of the ID token", id_token.claims(), show)
}

pub(super) fn refreshed(
    out: &mut dyn io::Write,
    refreshed: &Refreshed,
    show: bool,
) -> io::Result<()> {
    let also = match refreshed.id_token() {
        Some(_) => "with a new ID token, which agrees with the first",
        None => "without a new ID token",
    };
    writeln!(out, "Refreshed, {also}.")?;
    tokens(out, refreshed.tokens(), show)
}

/// One set of claims, as JSON.
pub(super) fn claims(
    out: &mut dyn io::Write,
    title: &str,
    claims: &Claims,
    show: bool,
) -> io::Result<()> {
    let mut value: Value = serde_json::from_str(claims.as_json())?;
    if let (Some(nonce), false) = (value.get_mut("nonce"), show) {
        *nonce = "hidden".into();
    }
    writeln!(out, "  {title}")?;
    for line in serde_json::to_string_pretty(&value)?.lines() {
        writeln!(out, "    {}", printable(line))?;
    }
    Ok(())
}

pub(super) fn failure(err: &mut dyn io::Write, failure: &Failure) -> io::Result<()> {
    let Failure::Refused(error) = failure else {
        return writeln!(err, "Not logged in: {}", printable(&failure.to_string()));
    };
    writeln!(err, "Not logged in: {error}.")?;
    let (mut said, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        let text = error.to_string();
        // Some errors already end with what caused them.
        if !said.ends_with(&text) {
            writeln!(err, "  because  {}", printable(&text))?;
        }
        (said, cause) = (text, error.source());
    }
    writeln!(err, "  blame    {}", blame(error.blame()))?;
    writeln!(err, "  code     {}", error.code())?;
    match error.hint() {
        Some(hint) => writeln!(err, "  hint     {hint}"),
        None => Ok(()),
    }
}

fn tokens(out: &mut dyn io::Write, tokens: &TokenSet, show: bool) -> io::Result<()> {
    let access_token = token(tokens.access_token().expose(), show);
    writeln!(out, "  access token   {access_token}, {}", expiry(tokens.expires_at()))?;
    let refresh_token = tokens.refresh_token().map(|text| token(text.expose(), show));
    writeln!(out, "  refresh token  {}", refresh_token.as_deref().unwrap_or("none"))
}

fn token(text: &str, show: bool) -> String {
    if show { printable(text) } else { format!("hidden ({} characters)", text.len()) }
}

fn expiry(at: Option<UnixTime>) -> String {
    let now = SystemEnv.now();
    match at {
        None => "expires who knows when".to_owned(),
        Some(at) if at <= now => "expired".to_owned(),
        Some(at) => format!("expires in {} s", at.since(now).as_secs_f64().round()),
    }
}

fn blame(blame: Blame) -> &'static str {
    match blame {
        Blame::Provider => "the provider",
        Blame::Visitor => "the visitor",
        Blame::Configuration => "the configuration of this client",
        Blame::Network => "the network",
        Blame::Bug => "this library: please report it",
    }
}

fn list(items: &[impl Display], none: &str) -> String {
    match items {
        [] => none.to_owned(),
        items => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Nothing may steer the terminal or turn the direction of its text.
fn printable(text: &str) -> String {
    let harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().fold(String::new(), |mut out, c| {
        if harmful(c) {
            out.extend(c.escape_unicode())
        } else {
            out.push(c)
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i28_nothing_steers_the_terminal() {
        assert_eq!(
            printable("B\u{fc}ilder\u{1b}[31m\u{202e}x\r"),
            "B\u{fc}ilder\\u{1b}[31m\\u{202e}x\\u{d}"
        );
        assert_eq!(token("fake-token", false), "hidden (10 characters)");
        assert_eq!(token("fake-token", true), "fake-token");
    }
}
