//! What the application chose for all flows of a client.

use std::{sync::Arc, time::Duration};

use crate::{
    limits::Limits,
    protocol::{
        id_token::{AcceptedAcr, TrustedAudiences},
        issuer::Schemes,
        issuer_rules::{IssuerRules, IssuerTemplate},
        profiled::Profiled,
        signed_user_info::SignedUserInfoRules,
        token_tolerance::TokenTolerance,
    },
    time::UnixTime,
};

/// The application's choices. The defaults are the secure ones; see [`guide::defaults`](crate::guide::defaults).
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) leeway: Duration,
    pub(crate) trusted_audiences: TrustedAudiences,
    pub(crate) trusted_azp: TrustedAudiences,
    pub(crate) require_kid: bool,
    pub(crate) max_id_token_age: Option<Duration>,
    pub(crate) min_issued_at: Option<UnixTime>,
    pub(crate) accepted_acr: Option<AcceptedAcr>,
    pub(crate) token_tolerance: TokenTolerance,
    pub(crate) login_lifetime: Duration,
    pub(crate) require_response_iss: bool,
    pub(crate) issuers: IssuerRules,
    pub(crate) signed_user_info: SignedUserInfoRules,
    pub(crate) id_tokens: bool,
    pub(crate) schemes: Schemes,
    pub(crate) limits: Limits,
    pub(crate) profiled: Option<Arc<Profiled>>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            leeway: Duration::from_secs(60),
            trusted_audiences: TrustedAudiences::OnlyMe,
            trusted_azp: TrustedAudiences::OnlyMe,
            require_kid: false,
            max_id_token_age: None,
            min_issued_at: None,
            accepted_acr: None,
            token_tolerance: TokenTolerance::default(),
            login_lifetime: Duration::from_secs(600),
            require_response_iss: false,
            issuers: IssuerRules::default(),
            signed_user_info: SignedUserInfoRules::default(),
            id_tokens: true,
            schemes: Schemes::HttpsOnly,
            limits: Limits::default(),
            profiled: None,
        }
    }
}

impl Policy {
    /// How far the provider's clock may differ from this one. Default 60 s; never more than 300 s, whatever is
    /// given: expired tokens would live on.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(MAX_LEEWAY);
        self
    }

    /// Which other audiences an ID token may name. Default: none. Some providers always add one of their own
    /// (a project, an API); the error then says which.
    #[must_use]
    pub fn trusted_audiences(mut self, trusted: TrustedAudiences) -> Self {
        self.trusted_audiences = trusted;
        self
    }

    /// Refuses ID tokens issued longer ago (OIDC Core 3.1.3.7 (10)). Default: no bound but `exp`.
    #[must_use]
    pub fn max_id_token_age(mut self, age: Duration) -> Self {
        self.max_id_token_age = Some(age);
        self
    }

    /// To which other clients an ID token for this one may have been issued: its `azp` (OIDC Core 3.1.3.7 (5)).
    /// Default: none. One application on several platforms may have a client for each, and one server for all; list
    /// them by name. A use is reported as [`Relaxation::TrustedAzp`](crate::protocol::relaxation::Relaxation::TrustedAzp).
    #[must_use]
    pub fn trusted_azp(mut self, trusted: TrustedAudiences) -> Self {
        self.trusted_azp = trusted;
        self
    }

    /// Refuses signed tokens without a key id (`kid`). Default: every key of the provider that fits the algorithm is
    /// tried, which OIDC Core 10.1 allows where there is only one.
    #[must_use]
    pub fn require_kid(mut self) -> Self {
        self.require_kid = true;
        self
    }

    /// Refuses ID tokens issued before this instant (`iat`), such as the start of the server or a breach. Exactly, without the
    /// leeway: where the provider's clock is behind this machine's, give an earlier instant. Default: no bound.
    #[must_use]
    pub fn min_issued_at(mut self, instant: UnixTime) -> Self {
        self.min_issued_at = Some(instant);
        self
    }

    /// Refuses ID tokens without an `acr` for which `accepts` answers true. Default: any `acr` or none; a login can
    /// require some by name ([`StartLogin::require_acr`](crate::flow::start_login::StartLogin::require_acr)). The ID token of
    /// a refresh may leave `acr` out, as its login had one.
    #[must_use]
    pub fn accept_acr(mut self, accepts: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.accepted_acr = Some(AcceptedAcr(Arc::new(accepts)));
        self
    }

    /// Accepts token answers that are an `application/x-www-form-urlencoded` form. Default: JSON only (RFC 6749 5.1).
    /// A use is reported as [`Relaxation::FormEncodedTokens`](crate::protocol::relaxation::Relaxation::FormEncodedTokens) in [`TokenSet::relaxations`](crate::protocol::token::TokenSet::relaxations), as with the four
    /// that follow.
    #[must_use]
    pub fn accept_form_encoded_tokens(mut self) -> Self {
        self.token_tolerance.form = true;
        self
    }

    /// Accepts token answers in which a member occurs again with an equal value. Default: any repeat is refused, since
    /// two readers may take different ones. A repeat with another value always is.
    #[must_use]
    pub fn accept_equal_repeats_in_tokens(mut self) -> Self {
        self.token_tolerance.equal_repeats = true;
        self
    }

    /// Takes an access token without a `token_type` for a bearer token. Default: refused (RFC 6749 7.1), since a token of
    /// another kind may need a proof that nobody would ask for.
    #[must_use]
    pub fn accept_missing_token_type(mut self) -> Self {
        self.token_tolerance.missing_type = true;
        self
    }

    /// Takes access tokens of these types for bearer tokens, in any case, beside `Bearer`. Default: none
    /// (RFC 6749 7.1). Name only what the provider itself documents as a bearer token.
    #[must_use]
    pub fn accept_token_types(mut self, types: &[&str]) -> Self {
        self.token_tolerance.types = types.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// Reads commas in the scope of token answers as separators too. Default: spaces alone separate, and a comma is part
    /// of a scope (RFC 6749 3.3).
    #[must_use]
    pub fn accept_comma_separated_scope(mut self) -> Self {
        self.token_tolerance.comma_scope = true;
        self
    }

    /// How long a visitor may take between start and callback. Default 10 minutes.
    #[must_use]
    pub fn login_lifetime(mut self, lifetime: Duration) -> Self {
        self.login_lifetime = lifetime;
        self
    }

    /// Refuses authorization responses without `iss` (RFC 9207), even where the provider does not announce that it
    /// sends one. Default: required where it is announced, and always compared where it is there. An ID token that
    /// comes along through the browser is as good (RFC 9207 4). Use it where several providers share one redirect
    /// URI; better is one redirect URI for each (RFC 9700 4.4.2).
    #[must_use]
    pub fn require_response_iss(mut self) -> Self {
        self.require_response_iss = true;
        self
    }

    /// Takes an issuer with one trailing slash more or less for the configured one, in the metadata, in authorization
    /// responses and in ID tokens. Default: no; writing the issuer exactly as the provider does is better. A use of it
    /// is reported as [`Relaxation::Issuer`](crate::protocol::relaxation::Relaxation::Issuer), and a [`Subject`](crate::protocol::id_token::Subject) keeps the issuer of
    /// its token: the same person is two subjects where the provider writes now this, now that.
    #[must_use]
    pub fn ignore_one_trailing_slash(mut self) -> Self {
        self.issuers.ignore_slash = true;
        self
    }

    /// Takes the tenants of this template for the provider, and nobody else: for a provider whose metadata name a
    /// template as their issuer (Entra's `common` and `organizations`). Default: none. With it, a provider whose issuer is
    /// not itself of the template is refused before any request
    /// ([`ApiMisuse::Issuer`](crate::error::ApiMisuse::Issuer)): it could otherwise name the tenants' people. Each use is reported as
    /// [`Relaxation::Issuer`](crate::protocol::relaxation::Relaxation::Issuer). The [`Subject`](crate::protocol::id_token::Subject) has the issuer of its tenant.
    #[must_use]
    pub fn issuer_template(mut self, template: IssuerTemplate) -> Self {
        self.issuers.template = Some(template);
        self
    }

    /// Takes these issuers of ID tokens for the configured one, compared exactly (OIDC Core 15.6.2: Google's
    /// `accounts.google.com`). Default: none. Each use is reported as [`Relaxation::Issuer`](crate::protocol::relaxation::Relaxation::Issuer).
    ///
    /// The provider then names people as if it were each of these issuers: list none that belongs to somebody else.
    #[must_use]
    pub fn issuer_aliases<T: Into<String>>(mut self, aliases: impl IntoIterator<Item = T>) -> Self {
        self.issuers.aliases = aliases.into_iter().map(Into::into).collect();
        self
    }

    /// Takes signed userinfo that does not name its issuer. Default: refused (OIDC Core 5.3.2). The key is the provider's
    /// all the same, unless the provider signs for several issuers with it. An `iss` that is there must be right
    /// whatever is chosen. A use is reported as [`Relaxation::MissingUserInfoIss`](crate::protocol::relaxation::Relaxation::MissingUserInfoIss) in
    /// [`UserInfo::relaxations`](crate::protocol::user_info::UserInfo::relaxations).
    #[must_use]
    pub fn accept_signed_user_info_without_iss(mut self) -> Self {
        self.signed_user_info.without_iss = true;
        self
    }

    /// Takes signed userinfo that does not say for whom it is. Default: refused (OIDC Core 5.3.2): what the provider told
    /// another client about the same visitor could be passed off as an answer to this one. An `aud` that is there must
    /// name this client whatever is chosen. A use is reported as [`Relaxation::MissingUserInfoAud`](crate::protocol::relaxation::Relaxation::MissingUserInfoAud) in
    /// [`UserInfo::relaxations`](crate::protocol::user_info::UserInfo::relaxations).
    #[must_use]
    pub fn insecure_accept_signed_user_info_without_aud(mut self) -> Self {
        self.signed_user_info.without_aud = true;
        self
    }

    /// For an OAuth server that issues no ID tokens: `jwks_uri` may be missing, and neither the cryptography backend
    /// nor the secret has to fit an algorithm. Whatever asks for `openid` is refused before any request
    /// ([`ApiMisuse::NoIdTokens`](crate::error::ApiMisuse::NoIdTokens)), and an ID token that comes all the same is left out, unread.
    #[must_use]
    pub fn without_id_tokens(mut self) -> Self {
        self.id_tokens = false;
        self
    }

    /// The bounds of everything that comes in.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Accepts a provider over plain http, if it is on this machine. For development and tests: whoever can
    /// listen on this machine can then read secrets and forge the provider's answers. Where a proxy is configured
    /// for http (`HTTP_PROXY`), except this machine from it (`NO_PROXY`).
    #[must_use]
    pub fn insecure_allow_loopback_http(mut self) -> Self {
        self.schemes = Schemes::LoopbackHttp;
        self
    }
}

/// Certification asks for less than six minutes in all.
const MAX_LEEWAY: Duration = Duration::from_secs(300);
