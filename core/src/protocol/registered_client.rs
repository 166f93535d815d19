//! A client as the provider registered it (OIDC Registration 3.2, RFC 7591 3.2.1, RFC 7592 3).

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use url::Url;

use super::{
    client_metadata::{ClientMetadata, words},
    issuer::{Schemes, address},
    metadata::ProviderMetadata,
    registration::{AuthMethod, RegisteredRequestObjects, Registration, same_issuer},
    response_encryption::ResponseEncryptions,
};
use crate::{
    error::{ApiMisuse, Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem, Shown},
    jose::algorithm::Algorithm,
    json::{self, Object},
    secret::{ClientSecret, RegistrationAccessToken},
    stored, text,
    time::UnixTime,
};

/// A registered client: what it is called, its secret, what was registered, and how to change that.
///
/// What holds for each member: the provider's word; where it is silent (or says `null`), what was asked for; where
/// nobody said anything, the default of OIDC Registration 2. [`differences`](Self::differences) tells what was not
/// registered as asked.
#[derive(Clone)]
pub struct RegisteredClient {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<ClientSecret>,
    pub(crate) secret_expiry: SecretExpiry,
    pub(crate) issued_at: Option<UnixTime>,
    pub(crate) management: Result<Management, NoManagement>,
    pub(crate) members: Map<String, Value>,
    pub(crate) differences: Vec<Difference>,
}

/// When a client secret ends (RFC 7591 3.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretExpiry {
    /// Never: `client_secret_expires_at` is 0.
    Never,
    /// Then, by the provider's clock.
    At(UnixTime),
    /// The provider does not say, although it must. The secret is used until it is refused.
    Unknown,
}

/// A member that was not registered as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The member.
    pub member: Shown,
    /// What was asked for: JSON, bounded and escaped. Values of members that no specification knows are not shown, as
    /// they may be secret; see [`RegisteredClient::member`].
    pub asked: Shown,
    /// What was registered; none where the provider is silent, so that what was asked for is taken to hold.
    pub registered: Option<Shown>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (member, asked) = (self.member.as_str(), self.asked.as_str());
        match &self.registered {
            Some(registered) => {
                let registered = registered.as_str();
                write!(f, "{member} was asked for as {asked}, and registered as {registered}")
            }
            None => write!(f, "{member} was asked for as {asked}, and not confirmed"),
        }
    }
}

/// How the registration is read and changed.
#[derive(Clone)]
pub(crate) struct Management {
    pub(crate) token: RegistrationAccessToken,
    pub(crate) address: String,
}

#[derive(Clone, Copy)]
pub(crate) enum NoManagement {
    /// The provider offers none, or half of it.
    Absent,
    /// Its address must not be used.
    Refused(&'static str),
}

impl RegisteredClient {
    /// `client_id`: every VSCHAR may occur.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// `client_secret`, where there is one.
    pub fn client_secret(&self) -> Option<&ClientSecret> {
        self.client_secret.as_ref()
    }

    /// When the secret ends.
    pub fn secret_expiry(&self) -> SecretExpiry {
        self.secret_expiry
    }

    /// Whether there is a secret, and its end is known and reached.
    pub fn secret_expired(&self, now: UnixTime) -> bool {
        let over = matches!(self.secret_expiry, SecretExpiry::At(end) if end <= now);
        over && self.client_secret.is_some()
    }

    /// `client_id_issued_at`, where the provider says it.
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// The provider at which it is registered.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whether it can be read, updated and deleted: the provider gave a token and an address that may be used.
    pub fn is_manageable(&self) -> bool {
        self.management.is_ok()
    }

    /// What was not registered as asked, by the answer that this was read from; empty after
    /// [`from_bytes`](Self::from_bytes).
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// Any member that holds, by name and type; members this library does not know are kept.
    ///
    /// # Errors
    /// [`JsonFault::WrongType`] when it is there and not a `T`.
    pub fn member<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, JsonProblem> {
        let wrong = |_| JsonProblem::new(name, JsonFault::WrongType("of the type asked for"));
        self.members.get(name).cloned().map(serde_json::from_value).transpose().map_err(wrong)
    }

    /// Everything that holds, to be changed and sent back: an update replaces all of it (RFC 7592 2.2).
    pub fn to_metadata(&self) -> ClientMetadata {
        ClientMetadata::of(self.members.clone())
    }

    /// For [`Client::new`](crate::Client::new), with the first redirect URI; without any, that of a
    /// [service](Registration::service). At `now`, because an expired secret is of no use. A client registered for
    /// `private_key_jwt` still needs its key: [`Registration::private_key_jwt`]; so does one for which answers are encrypted
    /// with a key pair, whoever of the two wished for that (`Registration::decryption_keys`). It remembers its [`issuer`](Self::issuer):
    /// a client at another provider is refused ([`ApiMisuse::OtherClient`]), which would get the secret of this one.
    ///
    /// # Errors
    /// [`ApiMisuse::SecretExpired`]; [`ResponseProblem::Registered`] where an algorithm or authentication method is
    /// registered that this library does not use.
    pub fn registration(&self, now: UnixTime) -> Result<Registration, Error> {
        self.registration_at(self.redirect_uris().into_iter().next(), now)
    }

    /// The same with another of the registered redirect URIs.
    ///
    /// # Errors
    /// As [`registration`](Self::registration), and [`ApiMisuse::RedirectUri`] for one that is not registered.
    pub fn registration_with(
        &self,
        redirect_uri: &str,
        now: UnixTime,
    ) -> Result<Registration, Error> {
        if !self.redirect_uris().contains(&redirect_uri) {
            return Err(ApiMisuse::RedirectUri("it is not registered").into());
        }
        self.registration_at(Some(redirect_uri), now)
    }

    fn registration_at(
        &self,
        redirect_uri: Option<&str>,
        now: UnixTime,
    ) -> Result<Registration, Error> {
        if self.secret_expired(now) {
            return Err(ApiMisuse::SecretExpired.into());
        }
        let registration = match redirect_uri {
            Some(redirect_uri) => Registration::public(&self.client_id, redirect_uri),
            None => Registration::service(&self.client_id),
        }?;
        let registration = match &self.client_secret {
            Some(secret) => registration.client_secret(secret.expose())?,
            None => registration,
        };
        // OIDC Registration 2: the default
        let alg = self.text("id_token_signed_response_alg").unwrap_or(DEFAULT_ALG);
        let alg = algorithm("id_token_signed_response_alg", alg)?;
        let name = self.auth_method_name();
        let method = METHODS.into_iter().find(|method| method.as_str() == name);
        let method = method.ok_or_else(|| {
            unusable(registered("token_endpoint_auth_method", "the method is not supported"))
        })?;
        let mut registration =
            registration.id_token_signed_response_alg(alg).token_endpoint_auth_method(method);
        // Providers say `none` for the default, JSON without a signature. An unsigned token is refused all the same.
        let member = "userinfo_signed_response_alg";
        if let Some(alg) = self.text(member).filter(|alg| *alg != "none") {
            registration = registration.userinfo_signed_response_alg(algorithm(member, alg)?);
        }
        registration.registered_at = Some(self.issuer.clone());
        let member = "authorization_signed_response_alg";
        if let Some(alg) = self.text(member) {
            registration = registration.authorization_signed_response_alg(algorithm(member, alg)?);
        }
        let is_set = |name: &str| self.members.get(name) == Some(&Value::Bool(true));
        registration.encryption = ResponseEncryptions::of(&self.members)
            .map_err(|(member, reason)| unusable(registered(member, reason)))?;
        // RFC 9701 6: of answers that come signed as a rule, and not only where they are asked for
        let member = "introspection_signed_response_alg";
        let encrypted = registration.encryption.introspection.is_some();
        if let Some(alg) = self.text(member).filter(|_| encrypted) {
            registration.introspection_alg = Some(algorithm(member, alg)?);
        }
        registration.require_auth_time = is_set("require_auth_time");
        registration.frontchannel_session_required = is_set("frontchannel_logout_session_required");
        registration.backchannel_session_required = is_set("backchannel_logout_session_required");
        // Whether the algorithm can be used is seen where a request object is: many clients never make one.
        registration.request_objects = RegisteredRequestObjects {
            signing_alg: self.text("request_object_signing_alg").map(str::to_owned),
            required: is_set("require_signed_request_object"),
        };
        Ok(registration)
    }

    /// Versioned bytes with a checksum. They hold the client secret and the registration access token: keep them
    /// where only the server can read and write them.
    pub fn to_bytes(&self) -> Vec<u8> {
        let expiry = match self.secret_expiry {
            SecretExpiry::Never => Some(0),
            SecretExpiry::At(end) => Some(end.seconds()),
            SecretExpiry::Unknown => None,
        };
        let management = self.management.as_ref().ok();
        stored::write(&json!({
            "client_id": self.client_id,
            "client_id_issued_at": self.issued_at.map(UnixTime::seconds),
            "client_secret": self.client_secret.as_ref().map(ClientSecret::expose),
            "client_secret_expires_at": expiry,
            "iss": self.issuer,
            "metadata": Value::Object(self.members.clone()).to_string(),
            "registration_access_token": management.map(|own| own.token.expose()),
            "registration_client_uri": management.map(|own| &own.address),
        }))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, in this or an older version.
    ///
    /// # Errors
    /// [`ErrorKind::Stored`] when the bytes were changed, cut, or written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let object = stored::read(WHAT, bytes)?;
        Self::restore(&object).ok_or_else(|| stored::malformed(WHAT))
    }

    fn restore(object: &Object<'_>) -> Option<Self> {
        let optional = |name| object.string(name).ok();
        let client_id = object.required_string("client_id").ok()?;
        let metadata = object.required_string("metadata").ok()?;
        json::parse_object(metadata.as_bytes(), MAX_DEPTH).ok()?;
        let secret = match optional("client_secret")? {
            Some(text) => Some(ClientSecret::parse(text)?),
            None => None,
        };
        let issued_at = match object.get("client_id_issued_at") {
            None | Some(json::Value::Null) => None,
            Some(json::Value::Number(number)) => Some(UnixTime::from_seconds(number.seconds()?)),
            Some(_) => return None,
        };
        let management =
            match (optional("registration_access_token")?, optional("registration_client_uri")?) {
                (Some(token), Some(address)) => Ok(Management {
                    token: RegistrationAccessToken::parse(token)?,
                    address: address.to_owned(),
                }),
                (None, None) => Err(NoManagement::Absent),
                _ => return None,
            };
        Some(Self {
            issuer: object.required_string("iss").ok()?.to_owned(),
            client_id: Some(client_id).filter(|id| text::is_client_id(id))?.to_owned(),
            client_secret: secret,
            secret_expiry: secret_expiry(object).ok()?.unwrap_or(SecretExpiry::Unknown),
            issued_at,
            management,
            members: serde_json::from_str(metadata).ok()?,
            differences: Vec::new(),
        })
    }

    /// Where and with what it is managed; at this provider alone.
    pub(crate) fn manage(
        &self,
        provider: &ProviderMetadata,
        schemes: Schemes,
    ) -> Result<(Url, &RegistrationAccessToken), Error> {
        same_issuer(&self.issuer, provider.issuer().as_str())?;
        let member = "registration_client_uri";
        let refused = |reason| unusable(ResponseProblem::Address { member, reason });
        match &self.management {
            Err(NoManagement::Absent) => Err(ApiMisuse::NoSuchEndpoint(member).into()),
            Err(NoManagement::Refused(reason)) => Err(refused(reason)),
            Ok(own) => Ok((address(&own.address, schemes).map_err(refused)?, &own.token)),
        }
    }

    pub(crate) fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    fn redirect_uris(&self) -> Vec<&str> {
        words(&self.members, "redirect_uris")
    }

    pub(crate) fn auth_method_name(&self) -> &str {
        self.text("token_endpoint_auth_method").unwrap_or(DEFAULT_METHOD)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }
}

impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredClient")
            .field("issuer", &self.issuer)
            .field("client_id", &Shown::new(&self.client_id))
            .field("secret_expiry", &self.secret_expiry)
            .field("is_manageable", &self.is_manageable())
            .finish_non_exhaustive()
    }
}

pub(crate) fn secret_expiry(
    document: &Object<'_>,
) -> Result<Option<SecretExpiry>, ResponseProblem> {
    let member = "client_secret_expires_at";
    let seconds = match document.get(member) {
        None | Some(json::Value::Null) => return Ok(None),
        Some(json::Value::Number(number)) => number.seconds(),
        Some(_) => None,
    };
    match seconds {
        Some(0) => Ok(Some(SecretExpiry::Never)),
        Some(seconds @ 1..) => Ok(Some(SecretExpiry::At(UnixTime::from_seconds(seconds)))),
        _ => {
            let fault = JsonFault::WrongType("a number of seconds");
            Err(ResponseProblem::Json(JsonProblem::new(member, fault)))
        }
    }
}

/// What a member names to sign with.
fn algorithm(member: &'static str, name: &str) -> Result<Algorithm, Error> {
    Algorithm::parse(name)
        .ok_or_else(|| unusable(registered(member, "the algorithm is not supported")))
}

pub(crate) fn unusable(problem: ResponseProblem) -> Error {
    ErrorKind::Response { purpose: Purpose::Registration, problem }.into()
}

pub(crate) fn registered(member: &'static str, reason: &'static str) -> ResponseProblem {
    ResponseProblem::Registered { member, reason }
}

const METHODS: [AuthMethod; 7] = [
    AuthMethod::None,
    AuthMethod::ClientSecretBasic,
    AuthMethod::ClientSecretPost,
    AuthMethod::ClientSecretJwt,
    AuthMethod::PrivateKeyJwt,
    AuthMethod::TlsClientAuth,
    AuthMethod::SelfSignedTlsClientAuth,
];
/// OIDC Registration 2
pub(crate) const DEFAULT_METHOD: &str = "client_secret_basic";
/// OIDC Registration 2
pub(crate) const DEFAULT_ALG: &str = "RS256";
const MAX_DEPTH: usize = 100;
const WHAT: &str = "registered client";
