//! This relying party, as the provider knows it (OIDC Registration 2).

pub use super::{
    client_assertion::{AssertionAudience, AssertionClaims},
    client_auth::AuthMethod,
};

use std::fmt;

use url::{Host, Url};

use super::{
    client_auth::Credential,
    issuer::{Schemes, address},
    response_encryption::ResponseEncryptions,
};
use crate::{
    error::{ApiMisuse, Comparison, Error},
    jose::algorithm::Algorithm,
    secret::ClientSecret,
    text,
};

/// What the provider registered for this client: identifier, secret, redirect URI, algorithms.
///
/// ```
/// use relying_party::Registration;
///
/// # fn main() -> Result<(), relying_party::Error> {
/// let web = Registration::confidential("my-site", "a secret from a file", "https://site.example/callback")?;
/// let tool = Registration::public("my-tool", "http://127.0.0.1:8765/callback")?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Registration {
    pub(crate) client_id: String,
    /// The only provider it is for; none where the application wrote it itself.
    pub(crate) registered_at: Option<String>,
    pub(crate) client_secret: Option<ClientSecret>,
    pub(crate) redirect_uri: Option<RedirectUri>,
    pub(crate) other_redirect_uris: Vec<RedirectUri>,
    pub(crate) auth_method: Option<AuthMethod>,
    pub(crate) introspection_auth_method: Option<AuthMethod>,
    pub(crate) revocation_auth_method: Option<AuthMethod>,
    pub(crate) pushed_authorization_request_auth_method: Option<AuthMethod>,
    pub(crate) even_if_unlisted: bool,
    pub(crate) auth_signing_alg: Option<Algorithm>,
    pub(crate) credential: Credential,
    pub(crate) assertion_claims: AssertionClaims,
    pub(crate) id_token_alg: Algorithm,
    pub(crate) require_auth_time: bool,
    pub(crate) introspection_alg: Option<Algorithm>,
    pub(crate) user_info_alg: Option<Algorithm>,
    pub(crate) authorization_alg: Option<Algorithm>,
    pub(crate) encryption: ResponseEncryptions,
    pub(crate) frontchannel_session_required: bool,
    pub(crate) backchannel_session_required: bool,
    pub(crate) request_objects: RegisteredRequestObjects,
}

impl Registration {
    /// A client without a secret: a native or single-page application (RFC 6749 2.1). PKCE protects its codes.
    ///
    /// # Errors
    /// [`ApiMisuse::Characters`], [`ApiMisuse::RedirectUri`]
    pub fn public(
        client_id: impl Into<String>,
        redirect_uri: impl Into<String>,
    ) -> Result<Self, Error> {
        Self::new(client_id.into(), None, Some(redirect_uri.into()))
    }

    /// A client that can keep a secret: a web server.
    ///
    /// # Errors
    /// [`ApiMisuse::Characters`], [`ApiMisuse::RedirectUri`]
    pub fn confidential(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        redirect_uri: impl Into<String>,
    ) -> Result<Self, Error> {
        let secret = ClientSecret::new(client_secret)?;
        Self::new(client_id.into(), Some(secret), Some(redirect_uri.into()))
    }

    /// A service that logs nobody in: it has no redirect URI, and starting a login with it is refused
    /// ([`ApiMisuse::NoRedirectUri`]). Give it a [`client_secret`](Self::client_secret) or a
    /// [key](Self::private_key_jwt).
    ///
    /// # Errors
    /// [`ApiMisuse::Characters`]
    pub fn service(client_id: impl Into<String>) -> Result<Self, Error> {
        Self::new(client_id.into(), None, None)
    }

    fn new(
        client_id: String,
        client_secret: Option<ClientSecret>,
        redirect_uri: Option<String>,
    ) -> Result<Self, Error> {
        if !text::is_client_id(&client_id) {
            return Err(ApiMisuse::Characters("client_id").into());
        }
        Ok(Self {
            client_id,
            registered_at: None,
            client_secret,
            redirect_uri: redirect_uri.map(RedirectUri::new).transpose()?,
            other_redirect_uris: Vec::new(),
            auth_method: None,
            introspection_auth_method: None,
            revocation_auth_method: None,
            pushed_authorization_request_auth_method: None,
            even_if_unlisted: false,
            auth_signing_alg: None,
            credential: Credential::Secret,
            assertion_claims: AssertionClaims::default(),
            // OIDC Registration 2: the default
            id_token_alg: Algorithm::RS256,
            require_auth_time: false,
            introspection_alg: None,
            user_info_alg: None,
            authorization_alg: None,
            encryption: ResponseEncryptions::default(),
            frontchannel_session_required: false,
            backchannel_session_required: false,
            request_objects: RegisteredRequestObjects::default(),
        })
    }

    /// The algorithm that signs this client's ID tokens. Default RS256, as OIDC Registration 2 says. The accepted
    /// algorithm comes from here alone, never from a token or from what the provider offers.
    #[must_use]
    pub fn id_token_signed_response_alg(mut self, algorithm: Algorithm) -> Self {
        self.id_token_alg = algorithm;
        self
    }

    /// How the client authenticates at the token endpoint. Default: `none` without a secret; with one, Basic
    /// unless the provider offers only `client_secret_post`.
    #[must_use]
    pub fn token_endpoint_auth_method(mut self, method: AuthMethod) -> Self {
        self.auth_method = Some(method);
        self
    }

    /// Registered as `require_auth_time`: every ID token must then say when the visitor authenticated.
    #[must_use]
    pub fn require_auth_time(mut self) -> Self {
        self.require_auth_time = true;
        self
    }

    /// Another registered redirect URI, which a login can choose with
    /// [`StartLogin::redirect_uri`](crate::flow::start_login::StartLogin::redirect_uri). The first one is the default.
    ///
    /// # Errors
    /// [`ApiMisuse::RedirectUri`]
    pub fn also_redirect_uri(mut self, redirect_uri: impl Into<String>) -> Result<Self, Error> {
        self.other_redirect_uris.push(RedirectUri::new(redirect_uri.into())?);
        Ok(self)
    }

    /// The redirect URI of this text, if it is registered: byte for byte, but for the port of a loopback address.
    pub(crate) fn registered(&self, text: String) -> Result<RedirectUri, Error> {
        let chosen = RedirectUri::new(text)?;
        let mut all = self.redirect_uri.iter().chain(&self.other_redirect_uris);
        if all.any(|own| own.covers(&chosen)) {
            Ok(chosen)
        } else {
            Err(ApiMisuse::RedirectUri("it is none of those that the registration holds").into())
        }
    }

    /// The algorithm that signs the introspection answers to this client (RFC 9701 6). Default: none, they are plain JSON.
    /// Where it is set, a signed answer is asked for, and a plain one refused as a downgrade.
    #[must_use]
    pub fn introspection_signed_response_alg(mut self, algorithm: Algorithm) -> Self {
        self.introspection_alg = Some(algorithm);
        self
    }

    /// The algorithm that signs the userinfo answers to this client (OIDC Registration 2). Default: none, they are plain
    /// JSON. Where it is set, a signed answer is asked for, and a plain one refused as a downgrade; where it is not, a
    /// signed one is refused, since nothing says with which algorithm it may be signed.
    #[must_use]
    pub fn userinfo_signed_response_alg(mut self, algorithm: Algorithm) -> Self {
        self.user_info_alg = Some(algorithm);
        self
    }

    /// The algorithm that signs the authorization responses to this client, where a request asks for a signed one
    /// ([`ResponseMode::Jwt`](crate::protocol::authorization::ResponseMode::Jwt)). Default RS256 (JARM 3). The accepted
    /// algorithm comes from here alone.
    #[must_use]
    pub fn authorization_signed_response_alg(mut self, algorithm: Algorithm) -> Self {
        self.authorization_alg = Some(algorithm);
        self
    }

    /// What signs authorization responses.
    pub(crate) fn response_alg(&self) -> Algorithm {
        // JARM 3: "if omitted, the default is RS256"
        self.authorization_alg.unwrap_or(Algorithm::RS256)
    }

    /// Registered as `frontchannel_logout_session_required`: a front-channel logout must then name the session
    /// (Front-Channel Logout 2).
    #[must_use]
    pub fn frontchannel_logout_session_required(mut self) -> Self {
        self.frontchannel_session_required = true;
        self
    }

    /// Registered as `backchannel_logout_session_required`: a logout token must then name the session
    /// (Back-Channel Logout 2.2).
    #[must_use]
    pub fn backchannel_logout_session_required(mut self) -> Self {
        self.backchannel_session_required = true;
        self
    }

    /// What signs introspection answers; none where they are plain.
    pub(crate) fn introspection_alg(&self) -> Option<Algorithm> {
        // RFC 9701 6: the default of answers that are encrypted as well
        let signed = self.encryption.introspection.map(|_| Algorithm::RS256);
        self.introspection_alg.or(signed)
    }

    /// The algorithm that signs this client's request objects (OIDC Registration 2): the provider refuses any other, and
    /// so does this library, before it is sent. Default: any.
    #[must_use]
    pub fn request_object_signing_alg(mut self, algorithm: Algorithm) -> Self {
        self.request_objects.signing_alg = Some(algorithm.as_str().to_owned());
        self
    }

    /// Registered as `require_signed_request_object`: no login starts without a signed request object (RFC 9101 10.5).
    #[must_use]
    pub fn require_signed_request_object(mut self) -> Self {
        self.request_objects.required = true;
        self
    }

    /// Whether it may be used at this provider. A registration that the application wrote itself may be used at any.
    pub(crate) fn check_issuer(&self, issuer: &str) -> Result<(), Error> {
        match &self.registered_at {
            Some(registered_at) => same_issuer(registered_at, issuer),
            None => Ok(()),
        }
    }

    /// The client identifier.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The redirect URI, byte for byte as registered; empty for a [service](Self::service).
    pub fn redirect_uri(&self) -> &str {
        self.redirect_uri.as_ref().map_or("", RedirectUri::as_str)
    }

    /// The method chosen for the pushed authorization request endpoint, else for the token endpoint, if any was.
    pub fn pushed_authorization_request_auth_method(&self) -> Option<AuthMethod> {
        self.pushed_authorization_request_auth_method.or(self.auth_method)
    }
}

/// What was registered about request objects (OIDC Registration 2, RFC 9101 10.5).
#[derive(Clone, Debug, Default)]
pub(crate) struct RegisteredRequestObjects {
    /// The only algorithm, by its name: `none` for unsigned ones. None where any will do.
    pub(crate) signing_alg: Option<String>,
    /// No request without a signed one.
    pub(crate) required: bool,
}

/// What one provider gave (secret, registration access token) goes to that provider alone (RFC 9700 4.4).
pub(crate) fn same_issuer(registered_at: &str, issuer: &str) -> Result<(), Error> {
    if registered_at == issuer {
        return Ok(());
    }
    Err(ApiMisuse::OtherClient(Comparison::new(issuer, registered_at)).into())
}

/// A redirect URI: absolute, without a fragment (RFC 6749 3.1.2), kept byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RedirectUri(String);

impl RedirectUri {
    pub(crate) fn new(text: String) -> Result<Self, Error> {
        let refuse = |reason| Err(ApiMisuse::RedirectUri(reason).into());
        let web = text.starts_with("http");
        let url = if web {
            // RFC 8252 7.3
            match address(&text, Schemes::LoopbackHttp) {
                Ok(url) => url,
                Err(reason) => return refuse(reason),
            }
        } else {
            match Url::parse(&text) {
                Ok(url) if text.bytes().all(text::is_visible) && url.fragment().is_none() => url,
                _ => return refuse("it is no absolute address, or has a fragment"),
            }
        };
        // RFC 8252 7.1: a private-use scheme is a domain name in reverse, so it has a dot.
        if !web && !url.scheme().contains('.') {
            return refuse("its scheme is neither https nor a private one with a dot");
        }
        // The response would then hold them twice (RFC 6749 3.1).
        if url.query_pairs().any(|(name, _)| RESPONSE.contains(&&*name)) {
            return refuse("its query holds a parameter of the response");
        }
        Ok(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// RFC 6749 3.1.2.3: the same text. RFC 8252 7.3: any port on a loopback IP address.
    fn covers(&self, other: &Self) -> bool {
        self == other || matches!((self.portless(), other.portless()), (Some(a), Some(b)) if a == b)
    }

    /// What stands before the port, and behind it.
    fn portless(&self) -> Option<(&str, &str)> {
        let url = Url::parse(&self.0).ok()?;
        let number = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
        let rest = self.0.strip_prefix("http://").filter(|_| number)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // Inside the brackets of an IPv6 address there are colons too.
        let port = authority.rfind(':').filter(|at| Some(*at) > authority.rfind(']'));
        Some((authority.get(..port.unwrap_or(authority.len()))?, path))
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Parameters of an authorization response.
const RESPONSE: [&str; 7] =
    ["access_token", "code", "error", "id_token", "iss", "response", "state"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r10_redirect_uris() {
        for text in [
            "",
            "/cb",
            "https://rp.test/cb#x",
            "http://rp.test/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://rp.test/a b",
            "https://u:p@rp.test/cb",
            "https:rp.test/cb",
            "https:\\\\rp.test\\cb",
            "https://rp.test/cb?code=1",
            "https://rp.test/cb?response=1",
            "https://@rp.test/cb",
            "https:///rp.test/cb",
            "com.example.app:/cb#x",
            "myapp:/cb",
        ] {
            assert!(RedirectUri::new(text.to_owned()).is_err(), "{text:?}");
        }
        for text in [
            "https://RP.test/cb?x=1",
            "http://127.0.0.1:1/cb",
            "http://[::1]/cb",
            "http://localhost/cb",
            "com.example.app:/cb",
        ] {
            assert_eq!(RedirectUri::new(text.to_owned()).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_chosen_redirect_uri_is_a_registered_one() {
        let registration = Registration::public("me", "https://rp.test/cb").unwrap();
        let registration = registration.also_redirect_uri("https://rp.test/other?x=1").unwrap();
        let registration = registration.also_redirect_uri("http://127.0.0.1:1/cb").unwrap();
        let chosen = |text: &str| registration.registered(text.to_owned()).map(|uri| uri.0);
        for text in [
            "https://rp.test/cb",
            "https://rp.test/other?x=1",
            "http://127.0.0.1:1/cb",
            "http://127.0.0.1:2/cb",
            "http://127.0.0.1/cb",
        ] {
            assert_eq!(chosen(text).unwrap(), text);
        }
        for text in [
            "https://rp.test/cb/",
            "https://RP.test/cb",
            "https://rp.test:443/cb",
            "https://rp.test:8443/cb",
            "https://rp.test/other",
            "https://rp.test/other?x=1&y=2",
            "http://127.0.0.1:1/cb2",
            "http://localhost:1/cb",
            "http://[::1]:1/cb",
            "http://127.1:2/cb",
            "http://0x7f000001:2/cb",
            "http://127.0.0.1:2/x/../cb",
            "http://127.0.0.1:2/c%62",
            "",
        ] {
            assert_eq!(chosen(text).unwrap_err().code(), "misuse.redirect_uri", "{text}");
        }
    }
}
