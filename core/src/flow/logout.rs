//! A logout started by the relying party (OpenID Connect RP-Initiated Logout 1.0).
//!
//! ```text
//! StartLogout ── Done(StartedLogout { url, state })
//! ```

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    env::Env,
    error::{ApiMisuse, Claim, Comparison, Error},
    flow::{
        Event, Flow, Happened, Step,
        party::{Party, endpoint},
        unreachable,
    },
    jose::jws::peek,
    json,
    protocol::{logout, registration::RedirectUri},
    secret::{RawToken, State},
};

/// A logout about to start. End your own session first: the browser may never come back. Start it from a `POST` that
/// your protection against forged requests covers, or any page can log your visitors out.
///
/// The address that it ends in holds the ID token, where one is given;
/// [`Client::logout_form`](crate::Client::logout_form) posts it instead.
#[must_use = "a flow does nothing by itself"]
pub struct StartLogout {
    party: Arc<Party>,
    id_token_hint: Option<RawToken>,
    redirect_uri: Option<String>,
    chosen: Vec<(&'static str, String)>,
}

/// A logout that was started.
#[must_use = "send the browser to `url`"]
pub struct StartedLogout {
    /// Where to send the browser (status 303). It may hold the ID token: do not log it.
    pub url: Url,
    /// What to keep in the browser's session for [`Client::finish_logout`](crate::Client::finish_logout).
    pub state: State,
}

impl StartLogout {
    pub(crate) fn new(party: Arc<Party>) -> Self {
        Self { party, id_token_hint: None, redirect_uri: None, chosen: Vec::new() }
    }

    /// The ID token of the session that ends ([`IdToken::raw`](crate::protocol::id_token::IdToken::raw)). It may
    /// have expired. One that names another provider is refused with [`ApiMisuse::OtherClient`].
    pub fn id_token_hint(mut self, token: &RawToken) -> Self {
        self.id_token_hint = Some(token.clone());
        self
    }

    /// Where the browser comes back to; registered, and sent byte for byte. Default: it stays at the provider. Use a
    /// constant, never an address out of a request: providers differ in how they compare it.
    pub fn post_logout_redirect_uri(mut self, redirect_uri: &str) -> Self {
        self.redirect_uri = Some(redirect_uri.to_owned());
        self
    }

    /// Who logs out, for providers that ask which session to end.
    pub fn logout_hint(self, hint: &str) -> Self {
        self.choose("logout_hint", hint)
    }

    /// Languages of the page, best first, separated by spaces (BCP 47).
    pub fn ui_locales(self, locales: &str) -> Self {
        self.choose("ui_locales", locales)
    }

    fn choose(mut self, name: &'static str, value: &str) -> Self {
        self.chosen.retain(|(own, _)| *own != name);
        self.chosen.push((name, value.to_owned()));
        self
    }
}

impl Flow for StartLogout {
    type Output = StartedLogout;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let Happened::Started = event.happened() else {
            return Err(unreachable("StartLogout"));
        };
        let endpoint = endpoint(&self.party.metadata.end_session_endpoint, "end_session_endpoint")?;
        if let Some(hint) = &self.id_token_hint {
            check_hint(&self.party, hint)?;
        }
        let redirect_uri = self.redirect_uri.map(RedirectUri::new).transpose()?;
        let state = State::generate(env)?;
        let name = self.party.demands().logout_redirect.unwrap_or("post_logout_redirect_uri");
        let url = logout::url(
            endpoint,
            &self.party.registration.client_id,
            self.id_token_hint.as_ref(),
            redirect_uri.as_ref().map(|uri| (name, uri.as_str(), &state)),
            &self.chosen,
        );
        Ok(Step::Done(StartedLogout { url, state }))
    }
}

/// What one provider says of a visitor is not for another: the hint is one that it issued (RP-Initiated Logout 2). What cannot be read is not judged here: the
/// application got it elsewhere, and the provider looks at it.
pub(crate) fn check_hint(party: &Party, hint: &RawToken) -> Result<(), Error> {
    let limits = party.limits();
    let Ok(payload) = peek::payload(hint.expose(), &["jwt"], limits) else { return Ok(()) };
    let Ok(claims) = json::parse_object(&payload, limits.json_depth) else { return Ok(()) };
    match claims.string(Claim::Iss.name()) {
        Ok(Some(theirs)) if !party.issuer().covers(theirs) => {
            let ours = party.metadata.issuer().as_str();
            Err(ApiMisuse::OtherClient(Comparison::new(ours, theirs)).into())
        }
        _ => Ok(()),
    }
}

impl fmt::Debug for StartLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartLogout").field("party", &self.party).finish_non_exhaustive()
    }
}

impl fmt::Debug for StartedLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StartedLogout")
    }
}
