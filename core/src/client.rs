//! The façade: one plain, cheap handle, and a short constructor for each flow.

mod claim_sources;
mod discover;
mod registering;

use std::{sync::Arc, time::Duration};

use url::Url;

#[cfg(feature = "encryption")]
use crate::{env::Env, flow::open_response};
use crate::{
    error::Error,
    flow::{
        back_channel_logout::ReceiveLogout,
        device_login::PollDeviceLogin,
        finish_authorization::{FinishAuthorization, FinishConfirmation},
        finish_implicit_login::FinishImplicitLogin,
        finish_login::FinishLogin,
        front_channel_logout::FrontChannelLogout,
        grant::RequestTokens,
        introspect::Introspect,
        logout::StartLogout,
        party::{self, Party},
        pending_authorization::PendingAuthorization,
        pending_device::PendingDeviceLogin,
        pending_login::PendingLogin,
        policy::Policy,
        record::LoginRecord,
        refresh::Refresh,
        resource::CallResource,
        revoke::Revoke,
        session::Session,
        start_authorization::StartAuthorization,
        start_device_login::StartDeviceLogin,
        start_login::{InitiatedLogin, StartLogin},
        token_exchange::ExchangeToken,
        user_info::ReadUserInfo,
        valid_token::ValidAccessToken,
        validate_access_token::ValidateAccessToken,
    },
    http::Method,
    jose::backend::Crypto,
    protocol::{
        callback::Callback,
        check_session::CheckSessionPage,
        form::{AuthorizationForm, LogoutForm},
        id_token::Subject,
        initiation::InitiationRequest,
        logout,
        metadata::ProviderMetadata,
        registration::Registration,
        revocation::TokenTypeHint,
        token::TokenSet,
        token_exchange::TokenType,
    },
    secret::{AccessToken, AnyToken, RefreshToken, SessionState, State},
};

pub use discover::DiscoverClient;

/// One registration at one provider. Cheap to clone, `Send + Sync`, without type parameters: keep one in the
/// application's state and share it, because it holds the cache of the provider's keys.
///
/// Its methods make [flows](crate::flow): values that do nothing until a transport runs them.
#[derive(Clone, Debug)]
pub struct Client(Arc<Party>);

impl Client {
    /// Makes a client from metadata at hand.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) or [`ErrorKind::Metadata`](crate::error::ErrorKind::Metadata)
    /// when no ID token could ever be verified: the backend does not know the registered algorithm, an HMAC
    /// algorithm has no client secret, or `jwks_uri` is missing (unless [`Policy::without_id_tokens`] says that there
    /// are none). [`ApiMisuse::OtherClient`](crate::error::ApiMisuse::OtherClient) when the registration was made by a
    /// [`RegisteredClient`](crate::protocol::registered_client::RegisteredClient) of another provider.
    pub fn new(
        metadata: ProviderMetadata,
        registration: Registration,
        crypto: Crypto,
        policy: Policy,
    ) -> Result<Self, Error> {
        Party::new(metadata, registration, policy, crypto).map(Self)
    }

    /// The provider.
    pub fn metadata(&self) -> &ProviderMetadata {
        &self.0.metadata
    }

    pub(crate) fn party(&self) -> &Arc<Party> {
        &self.0
    }

    pub(crate) fn issuer(&self) -> &str {
        self.0.metadata.issuer().as_str()
    }

    /// Whether its ID tokens may name an issuer that those of `other` may name, too.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.0.issuer().overlaps(&other.0.issuer())
    }

    /// This relying party.
    pub fn registration(&self) -> &Registration {
        &self.0.registration
    }

    /// Starts a login: ends in the address for the browser and what to keep until it comes back.
    pub fn start_login(&self) -> StartLogin {
        StartLogin::new(self.0.clone())
    }

    /// Takes up a login that another site asked for (OIDC Core 4): its `iss` must be this client's issuer, and its
    /// `target_link_uri` an address of `origin`, such as `https://app.example`. The visitor did not ask for this login;
    /// change nothing of a session that there is already until it is finished.
    ///
    /// # Errors
    /// [`InitiationProblem`](crate::error::InitiationProblem), and
    /// [`ApiMisuse::Address`](crate::error::ApiMisuse::Address) where `origin` is no address.
    pub fn initiated_login(
        &self,
        request: &InitiationRequest,
        origin: &str,
    ) -> Result<InitiatedLogin, Error> {
        let target_link_uri = request.check(self.0.metadata.issuer(), origin)?;
        let start = self.start_login();
        let start = match request.login_hint() {
            Some(hint) => start.login_hint(hint),
            None => start,
        };
        Ok(InitiatedLogin { start, target_link_uri })
    }

    /// A page that posts a started request, instead of a redirect to `url`.
    ///
    /// # Errors
    /// [`ApiMisuse::Parameter`](crate::error::ApiMisuse::Parameter) where `url` is not for this provider.
    pub fn authorization_form(&self, url: &Url) -> Result<AuthorizationForm, Error> {
        let address = &self.0.metadata.authorization_endpoint;
        AuthorizationForm::new(url, party::endpoint(address, "authorization_endpoint")?)
    }

    /// Parses an authorization response from the query of the redirect URI, under this client's limits.
    ///
    /// # Errors
    /// As [`Callback::from_query`].
    pub fn callback(&self, query: &str) -> Result<Callback, Error> {
        Callback::from_query(query, self.0.limits())
    }

    /// The same from the fragment, for [`ResponseMode::Fragment`](crate::protocol::authorization::ResponseMode::Fragment).
    ///
    /// # Errors
    /// As [`Callback::from_query`].
    pub fn callback_fragment(&self, fragment: &str) -> Result<Callback, Error> {
        Callback::from_fragment(fragment, self.0.limits())
    }

    /// The same from the whole address with which the browser came back: from its fragment or its query, whichever
    /// holds the response. For applications without a web server, which see both.
    ///
    /// # Errors
    /// As [`Callback::from_query`].
    pub fn callback_url(&self, url: &str) -> Result<Callback, Error> {
        Callback::from_url(url, self.0.limits())
    }

    /// The same from a posted form, for [`ResponseMode::FormPost`](crate::protocol::authorization::ResponseMode::FormPost).
    /// Take it only from a `POST` of content type `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// As [`Callback::from_query`].
    pub fn callback_form(&self, body: &str) -> Result<Callback, Error> {
        Callback::from_form(body, self.0.limits())
    }

    /// Reads the [`state`](Callback::state) of an encrypted authorization response
    /// ([`Registration::authorization_encrypted_response`]), to look the pending login up by; any other response comes back
    /// as it was. Not needed where the login is found otherwise.
    ///
    /// # Errors
    /// [`ErrorKind::Token`](crate::error::ErrorKind::Token) where it cannot be decrypted, or is not encrypted at all.
    #[cfg(feature = "encryption")]
    pub fn decrypt_state(&self, callback: Callback, env: &mut dyn Env) -> Result<Callback, Error> {
        open_response::with_state(&self.0, callback, env)
    }

    /// Finishes a login: checks the response, exchanges the code, verifies the ID token.
    pub fn finish_login(&self, pending: PendingLogin, callback: Callback) -> FinishLogin {
        FinishLogin::new(self.0.clone(), pending, callback)
    }

    /// Finishes a login whose response type has no code: checks the response and verifies its ID token.
    pub fn finish_implicit_login(
        &self,
        pending: PendingLogin,
        callback: Callback,
    ) -> FinishImplicitLogin {
        FinishImplicitLogin::new(self.0.clone(), pending, callback)
    }

    /// Starts plain OAuth: leave to call an API, without `openid`, and no login.
    pub fn start_authorization(&self) -> StartAuthorization {
        StartAuthorization::new(self.0.clone())
    }

    /// Finishes plain OAuth: checks the response and exchanges the code, if one came.
    pub fn finish_authorization(
        &self,
        pending: PendingAuthorization,
        callback: Callback,
    ) -> FinishAuthorization {
        FinishAuthorization::new(self.0.clone(), pending, callback)
    }

    /// Takes in the answer to a request of the response type `none`.
    pub fn finish_confirmation(
        &self,
        pending: PendingAuthorization,
        callback: Callback,
    ) -> FinishConfirmation {
        FinishConfirmation::new(self.0.clone(), pending, callback)
    }

    /// New tokens for a refresh token. `record` is the login's: a new ID token must agree with it.
    pub fn refresh(&self, refresh_token: &RefreshToken, record: &LoginRecord) -> Refresh {
        Refresh::new(self.0.clone(), refresh_token.clone(), record.clone())
    }

    /// New tokens for the refresh token of a grant that was no login: plain OAuth, a token exchange, a JWT bearer. An ID
    /// token that comes along is left out, unread: for a login, use [`refresh`](Self::refresh). `granted` is the scope
    /// that was granted, separated by spaces, for an answer that does not say
    /// ([`TokenSet::scope`](crate::protocol::token::TokenSet::scope), joined). Nothing in a refresh token
    /// says whose it is: keep beside it which client got it, and give it to no other.
    pub fn refresh_access(&self, refresh_token: &RefreshToken, granted: &str) -> Refresh {
        Refresh::access(self.0.clone(), refresh_token.clone(), granted.to_owned())
    }

    /// Reads the claims of the userinfo endpoint about this subject; claims about another one are refused.
    pub fn user_info(&self, access_token: &AccessToken, subject: &Subject) -> ReadUserInfo {
        ReadUserInfo::new(self.0.clone(), access_token.clone(), Some(subject.clone()))
    }

    /// Reads the claims of the userinfo endpoint about whomever the access token belongs to. Nothing ties them to
    /// a login: never log anybody in by them, since an access token can be another visitor's (OIDC Core 16.11).
    pub fn insecure_unbound_user_info(&self, access_token: &AccessToken) -> ReadUserInfo {
        ReadUserInfo::new(self.0.clone(), access_token.clone(), None)
    }

    /// Tokens for this client itself (RFC 6749 4.4). A client without a secret is refused
    /// ([`ApiMisuse::NoSecret`](crate::error::ApiMisuse::NoSecret)).
    pub fn client_credentials(&self) -> RequestTokens {
        RequestTokens::client_credentials(self.0.clone())
    }

    /// Starts a login on a device without a browser: ends in a code that the visitor enters elsewhere (RFC 8628).
    pub fn start_device_login(&self) -> StartDeviceLogin {
        StartDeviceLogin::new(self.0.clone())
    }

    /// Waits until the visitor has confirmed a device login, at the provider's pace. Ends in the tokens, or in
    /// [`ErrorKind::DeviceExpired`](crate::error::ErrorKind::DeviceExpired), or in the provider's refusal.
    pub fn poll_device_login(&self, pending: PendingDeviceLogin) -> PollDeviceLogin {
        PollDeviceLogin::new(self.0.clone(), pending)
    }

    /// Tokens for a visitor's password (RFC 6749 4.3). It must not be used where anything else works (RFC 9700 2.4):
    /// this application sees the password, and no second factor is possible.
    pub fn password(&self, username: &str, password: &str) -> RequestTokens {
        RequestTokens::password(self.0.clone(), username, password)
    }

    /// Tokens for a signed assertion about somebody, which the application has at hand (RFC 7523 2.1).
    pub fn jwt_bearer(&self, assertion: &str) -> RequestTokens {
        RequestTokens::jwt_bearer(self.0.clone(), assertion)
    }

    /// Tokens by any other grant (RFC 6749 4.5): `grant_type` is its URI, and
    /// [`parameter`](RequestTokens::parameter) adds what it needs.
    pub fn extension_grant(&self, grant_type: &str) -> RequestTokens {
        RequestTokens::extension(self.0.clone(), grant_type)
    }

    /// Exchanges a token for another one (RFC 8693).
    pub fn exchange_token(&self, subject_token: &str, token_type: &TokenType) -> ExchangeToken {
        ExchangeToken::new(self.0.clone(), subject_token, token_type)
    }

    /// Sees to an access token that is good for longer than `margin`: refreshes where it is not, otherwise sends
    /// nothing. `record` is the login's.
    pub fn valid_access_token(
        &self,
        tokens: &TokenSet,
        record: &LoginRecord,
        margin: Duration,
    ) -> ValidAccessToken {
        ValidAccessToken::new(self.0.clone(), tokens.clone(), Some(record.clone()), margin)
    }

    /// The same for tokens of a grant that was no login, with [`refresh_access`](Self::refresh_access).
    pub fn valid_access(&self, tokens: &TokenSet, margin: Duration) -> ValidAccessToken {
        ValidAccessToken::new(self.0.clone(), tokens.clone(), None, margin)
    }

    /// Validates an access token that somebody sent to this application as a resource server (RFC 9068). `audiences` are
    /// the names under which the provider knows this server: a token must be meant for one of them. They are never this
    /// client's own identifier, unless the provider issues access tokens so.
    ///
    /// [`BearerChallenge::presented`](crate::protocol::bearer_challenge::BearerChallenge::presented) takes the token out of a request.
    pub fn validate_access_token(
        &self,
        token: &AccessToken,
        audiences: &[&str],
    ) -> ValidateAccessToken {
        ValidateAccessToken::new(self.0.clone(), token.clone(), audiences)
    }

    /// Calls a protected resource with an access token in the header. Whoever is at `url` gets to hold the token: use
    /// no address that a visitor or another server chose.
    pub fn resource(
        &self,
        method: Method,
        url: impl Into<String>,
        access_token: &AccessToken,
    ) -> CallResource {
        CallResource::new(self.0.clone(), method, url.into(), access_token.clone())
    }

    /// Asks the provider about a token (RFC 7662). The hint saves it a search, and changes nothing else. For clients
    /// with a secret, or with an access token for it ([`Introspect::bearer`]).
    pub fn introspect(
        &self,
        token: impl Into<AnyToken>,
        hint: Option<TokenTypeHint>,
    ) -> Introspect {
        Introspect::new(self.0.clone(), token.into(), hint)
    }

    /// Gives a token back (RFC 7009), at a logout for instance. With a refresh token, its access tokens go as well
    /// where the provider can do that; with an access token, some take back the refresh token too. The hint saves it a search, and changes nothing else.
    pub fn revoke(&self, token: impl Into<AnyToken>, hint: Option<TokenTypeHint>) -> Revoke {
        Revoke::new(self.0.clone(), token.into(), hint)
    }

    /// Starts a logout at the provider. End your own session first.
    pub fn start_logout(&self) -> StartLogout {
        StartLogout::new(self.0.clone())
    }

    /// Whether the browser, back at the post-logout redirect URI with this query, comes from the logout that
    /// was started with `state`.
    ///
    /// # Errors
    /// [`CallbackProblem::LogoutState`](crate::error::CallbackProblem::LogoutState) when it does not, and as
    /// [`Callback::from_query`].
    pub fn finish_logout(&self, query: &str, state: &State) -> Result<(), Error> {
        logout::check_return(&self.callback(query)?, state)
    }

    /// A page that posts a started logout, instead of a redirect to `url`: the ID token then stands in no address.
    ///
    /// # Errors
    /// [`ApiMisuse::Parameter`](crate::error::ApiMisuse::Parameter) where `url` is not for this provider.
    pub fn logout_form(&self, url: &Url) -> Result<LogoutForm, Error> {
        let address = &self.0.metadata.end_session_endpoint;
        LogoutForm::new(url, party::endpoint(address, "end_session_endpoint")?)
    }

    /// Reads the query of a request to the registered `frontchannel_logout_uri`, which the provider has the browser load
    /// in a frame. Where it fails, end nothing;
    /// [`LogoutAnswer::front_channel`](crate::protocol::logout_answer::LogoutAnswer::front_channel) is the answer either way.
    ///
    /// # Errors
    /// [`LogoutProblem`](crate::error::LogoutProblem)
    pub fn front_channel_logout(&self, query: &str) -> Result<FrontChannelLogout, Error> {
        FrontChannelLogout::new(self.0.clone(), query)
    }

    /// Receives a logout that the provider posted to the registered `backchannel_logout_uri`: the value of
    /// `Content-Type`, and the body. Take it from a `POST` only. See
    /// [`LogoutAnswer`](crate::protocol::logout_answer::LogoutAnswer) for the whole of it.
    pub fn back_channel_logout(&self, content_type: Option<&str>, body: &[u8]) -> ReceiveLogout {
        ReceiveLogout::new(self.0.clone(), content_type, body)
    }

    /// The page that watches whether the visitor is still logged in at the provider.
    ///
    /// # Errors
    /// [`ApiMisuse::NoSuchEndpoint`](crate::error::ApiMisuse::NoSuchEndpoint) where the provider has no session management.
    pub fn check_session_page(&self, state: &SessionState) -> Result<CheckSessionPage, Error> {
        let address = &self.0.metadata.check_session_iframe;
        let iframe = party::endpoint(address, "check_session_iframe")?;
        Ok(CheckSessionPage::new(iframe, &self.0.registration.client_id, state))
    }

    /// Starts a login without any page (`prompt=none`), to see whether the visitor is still logged in at the provider. It
    /// succeeds only for the person of `session`; every other end of it means that the visitor has logged out.
    pub fn start_reauthentication(&self, session: &Session) -> StartLogin {
        StartLogin::again(self.0.clone(), session)
    }
}
