//! The start of a login: the address to which the browser goes, and what to keep until it comes back.
//!
//! ```text
//! StartLogin ─┬─ Done(StartedLogin { url, pending })
//!             └─ Step::Sign, where a remote key signs the request object ─► Done
//! ```

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    env::Env,
    error::Error,
    flow::{
        Event, Flow, Progress, Step, authorization_request::AuthorizationRequest, party::Party,
        pending_login::PendingLogin, request_setters::request_setters, session::Session,
    },
    protocol::{
        authorization::{Display, Prompt},
        id_token::{IdToken, Subject},
        pkce::Key,
        response_type::ResponseType,
    },
};

/// A login about to start. `state`, `nonce` and PKCE (S256) are made, 256 fresh bits each; the methods choose what else
/// is asked for (OIDC Core 3.1.2.1). Only those with `insecure` in their name leave any of it out.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct StartLogin(AuthorizationRequest);

/// A login that was started.
#[must_use = "send the browser to `url` and keep `pending`"]
pub struct StartedLogin {
    /// Where to send the browser (status 303). It holds `state` and `nonce`: do not log it.
    pub url: Url,
    /// What to keep in the browser's session.
    pub pending: PendingLogin,
}

/// A login that another site asked for (OIDC Core 4); its request was checked by
/// [`Client::initiated_login`](crate::Client::initiated_login).
#[derive(Debug)]
#[non_exhaustive]
#[must_use = "a flow does nothing by itself"]
pub struct InitiatedLogin {
    /// The login, with the `login_hint` that came along.
    pub start: StartLogin,
    /// Where to go after the login: an address of this application. Keep it beside the pending login.
    pub target_link_uri: Option<Url>,
}

impl StartLogin {
    pub(crate) fn new(party: Arc<Party>) -> Self {
        Self(AuthorizationRequest::new(party))
    }

    /// Session Management 3.1
    pub(crate) fn again(party: Arc<Party>, session: &Session) -> Self {
        Self::new(party).prompt(Prompt::None).with(|p| {
            p.id_token_hint = Some(session.id_token().clone());
            let subject = session.subject();
            p.hinted = Some((subject.issuer().to_owned(), subject.sub().to_owned()));
        })
    }

    /// More scopes, separated by spaces; `openid` is always there. Default: `openid` alone.
    pub fn scope(self, scope: &str) -> Self {
        self.with(|p| p.scope.push(scope.to_owned()))
    }

    /// What the authorization endpoint gives out. Default: [`ResponseType::Code`]. With
    /// [`ResponseType::IdToken`] and [`ResponseType::IdTokenToken`] there is no code: such a login ends with
    /// [`finish_implicit_login`](crate::Client::finish_implicit_login). `token` and `none` are no logins.
    pub fn response_type(self, response_type: ResponseType) -> Self {
        self.with(|p| p.response_type = response_type)
    }

    /// How the login page is to be shown.
    pub fn display(self, display: Display) -> Self {
        self.with(|p| p.display = Some(display))
    }

    /// The visitor must have authenticated within this many seconds; checked when the login is finished.
    pub fn max_age(self, seconds: u64) -> Self {
        self.with(|p| p.max_age = Some(seconds))
    }

    /// Languages of the pages, best first, separated by spaces (BCP 47).
    pub fn ui_locales(self, locales: &str) -> Self {
        self.with(|p| p.ui_locales.push(locales.to_owned()))
    }

    /// Languages of the claims, best first, separated by spaces (BCP 47).
    pub fn claims_locales(self, locales: &str) -> Self {
        self.with(|p| p.claims_locales.push(locales.to_owned()))
    }

    /// Who must log in: the subject of an earlier ID token, checked when the login is finished. The token stands
    /// in the address, so in logs. It must be this provider's.
    pub fn id_token_hint(self, token: &IdToken) -> Self {
        self.with(|p| {
            p.id_token_hint = Some(token.raw().clone());
            let subject = token.subject();
            p.hinted = Some((subject.issuer().to_owned(), subject.sub().to_owned()));
        })
    }

    /// Who must log in: `sub` as with [`require_sub`](Self::require_sub), and at a server with many tenants
    /// ([`Policy::issuer_template`](crate::Policy::issuer_template)) its tenant, too. It must be this provider's.
    pub fn require_subject(self, subject: &Subject) -> Self {
        self.with(|p| {
            p.required_sub = Some(subject.sub().to_owned());
            p.required_iss = Some(subject.issuer().to_owned());
        })
    }

    /// Who must log in, by `sub`; checked when the login is finished (OIDC Core 5.5.1). With many tenants, prefer
    /// [`require_subject`](Self::require_subject).
    pub fn require_sub(self, sub: &str) -> Self {
        self.with(|p| p.required_sub = Some(sub.to_owned()))
    }

    /// Wished authentication contexts, best first. A wish: see [`IdToken::acr`] for what came of it.
    pub fn acr_values(self, values: &[&str]) -> Self {
        self.with(|p| p.acr_values.extend(values.iter().map(|value| (*value).to_owned())))
    }

    /// Required authentication contexts, best first: asked for as an essential claim, and checked when the login
    /// is finished (OIDC Core 5.5.1.1).
    pub fn require_acr(self, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned());
        self.with(|p| p.essential_acr.get_or_insert_default().extend(values))
    }

    /// The `claims` parameter (OIDC Core 5.5). An essential `acr` and a `sub` of the ID token are refused here:
    /// [`require_acr`](Self::require_acr) and [`require_sub`](Self::require_sub) ask for them and check the answer.
    /// Typed: [`ClaimsRequest`](crate::protocol::claims_request::ClaimsRequest).
    pub fn claims(self, claims: impl Into<serde_json::Map<String, serde_json::Value>>) -> Self {
        self.with(|p| p.claims = claims.into())
    }

    /// The `registration` parameter: this client's metadata, for a provider that issues ID tokens by itself
    /// (OIDC Core 7.2.1). Default: none.
    pub fn registration(self, metadata: serde_json::Map<String, serde_json::Value>) -> Self {
        self.with(|p| p.registration = metadata)
    }

    /// A PKCE challenge alone, where another part of the application holds the verifier and gives it to
    /// [`FinishLogin::code_verifier`](crate::flow::finish_login::FinishLogin::code_verifier).
    pub fn code_challenge(mut self, challenge: &str) -> Self {
        self.0.pkce_key = Key::Challenge(challenge.to_owned());
        self
    }

    /// Sends no nonce, for providers that refuse one: an ID token of another login can then be replayed. Only with
    /// [`ResponseType::Code`]. Reported as
    /// [`Relaxation::WithoutNonce`](crate::protocol::id_token::Relaxation::WithoutNonce).
    pub fn insecure_without_nonce(mut self) -> Self {
        self.0.without_nonce = true;
        self
    }
}

request_setters!(StartLogin, StartedLogin);

impl Flow for StartLogin {
    type Output = StartedLogin;

    fn advance(self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match self.0.advance(event, env)?.progress() {
            Progress::Suspended(child) => Ok(child.within(Self)),
            Progress::Done(made) => Ok(Step::Done(StartedLogin::new(made.url, made.pending))),
        }
    }
}

impl StartedLogin {
    fn new(url: Url, pending: PendingLogin) -> Self {
        Self { url, pending }
    }
}

impl fmt::Debug for StartedLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartedLogin").field("pending", &self.pending).finish_non_exhaustive()
    }
}
