//! Request objects: an authorization request as a signed token (RFC 9101, OIDC Core 6).

#[cfg(feature = "encryption")]
mod encryption;

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    authorization::Pair, hosted_request::Place, issuer::Schemes, metadata::ProviderMetadata,
    registration::Registration,
};
use crate::{
    error::{ApiMisuse, Error, ErrorKind, Shown},
    jose::{algorithm::Algorithm, hmac, signer::SigningKey},
    text,
    time::UnixTime,
};

/// How the request object of a login is made. It holds every parameter of the request, and says:
///
/// | claim | default |
/// | --- | --- |
/// | `iss` | the client identifier; never `sub`, so that it is no client assertion (RFC 9101 10.8) |
/// | `aud` | the issuer, as one text (RFC 9101 4) |
/// | `iat`, `nbf`, `exp` | now, now, and 300 s later |
/// | `jti` | 256 fresh bits |
///
/// Its header holds `alg`, the key's `kid`, and `typ: oauth-authz-req+jwt` (RFC 9101 10.8). The address then holds
/// `client_id` and the object, and once more `response_type` and `scope`, which OpenID Connect wants there
/// (OIDC Core 6.1); `state`, `nonce` and everything else stand in the object alone.
///
/// An object makes the address some hundred bytes longer, and a signature by RSA another few. Where browsers or proxies
/// cut it (from 2,000 bytes on, some), post it ([`Client::authorization_form`](crate::Client::authorization_form)), or host
/// the object ([`request_object_at`](crate::flow::start_login::StartLogin::request_object_at)).
///
/// ```
/// use std::time::Duration;
/// use relying_party::{Client, flow::start_login::StartLogin};
/// use relying_party::{jose::signer::SigningKey, protocol::request_object::RequestObject};
///
/// fn start(client: &Client, key: &SigningKey) -> StartLogin {
///     let object = RequestObject::signed_by(key.clone()).lifetime(Duration::from_secs(60));
///     client.start_login().scope("email").request_object(object)
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RequestObject {
    by: By,
    audience: Option<String>,
    lifetime: Duration,
    issued_before: Duration,
    typed: bool,
    repeats: bool,
    #[cfg(feature = "encryption")]
    encryption: Option<encryption::ObjectEncryption>,
}

#[derive(Clone, Debug)]
enum By {
    Key(SigningKey),
    Secret(Algorithm),
    Nothing,
}

impl RequestObject {
    /// Signed by this key, whose public half the provider knows: from the client's `jwks` or `jwks_uri`. With a
    /// [remote](SigningKey::remote) key the start stops at [`Step::Sign`](crate::flow::Step::Sign).
    pub fn signed_by(key: SigningKey) -> Self {
        Self::new(By::Key(key))
    }

    /// Signed under the client secret with an HMAC (OIDC Core 6.1, 10.1). Another algorithm is refused at the start, as
    /// is a secret that is missing or too short for it.
    pub fn signed_by_secret(algorithm: Algorithm) -> Self {
        Self::new(By::Secret(algorithm))
    }

    /// Not signed at all (`alg: none`), for a provider or a test that wants it so: whoever can change it on its way
    /// changes what is asked for. Therefore taken by reference alone, from an `https` address (OIDC Core 6.2), and
    /// reported as [`Relaxation::UnsignedRequestObject`](super::relaxation::Relaxation::UnsignedRequestObject).
    pub fn insecure_unsigned() -> Self {
        Self::new(By::Nothing)
    }

    fn new(by: By) -> Self {
        Self {
            by,
            audience: None,
            lifetime: Duration::from_secs(300),
            issued_before: Duration::ZERO,
            typed: true,
            repeats: true,
            #[cfg(feature = "encryption")]
            encryption: None,
        }
    }

    /// Another `aud` than the issuer, for a provider that documents one.
    pub fn audience(mut self, audience: &str) -> Self {
        self.audience = Some(audience.to_owned());
        self
    }

    /// How long it is good: the visitor's browser must have reached the provider by then. Default 300 s; at least 1 s and
    /// at most an hour from `nbf` on, whatever is given.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime.clamp(Duration::from_secs(1), MAX_LIFETIME);
        self
    }

    /// Puts `iat` and `nbf` that far into the past, for a provider whose clock is behind and that tolerates nothing. `exp`
    /// stays where it is. Default: not at all; at most 60 s, whatever is given.
    pub fn issued_before(mut self, offset: Duration) -> Self {
        self.issued_before = offset.min(MAX_OFFSET);
        self
    }

    /// Leaves `typ` out of the header, for providers older than RFC 9101. Use the key for nothing else then: only the type
    /// keeps its tokens apart.
    pub fn without_type(mut self) -> Self {
        self.typed = false;
        self
    }

    /// Sends `client_id` and the object alone (RFC 9101 5), so that the address tells even less. Default: OpenID Connect's
    /// way, which those of RFC 9101 take as well, since the values are the same.
    pub fn without_repeated_parameters(mut self) -> Self {
        self.repeats = false;
        self
    }

    pub(crate) fn is_unsigned(&self) -> bool {
        matches!(self.by, By::Nothing)
    }

    fn algorithm(&self) -> &'static str {
        match &self.by {
            By::Key(key) => key.algorithm().as_str(),
            By::Secret(algorithm) => algorithm.as_str(),
            By::Nothing => "none",
        }
    }

    /// Header and payload, ready to be signed.
    pub(crate) fn signing_input(
        &self,
        pairs: &[Pair],
        metadata: &ProviderMetadata,
        registration: &Registration,
        now: UnixTime,
        jti: &str,
    ) -> Result<String, Error> {
        let mut claims = parameters(pairs)?;
        let offset = i64::try_from(self.issued_before.as_secs()).unwrap_or_default();
        // Whole seconds, down: a provider reads dates without a fraction more often than with one.
        let issued = now.seconds().saturating_sub(offset);
        // RFC 9101 4
        let audience = self.audience.as_deref().unwrap_or(metadata.issuer().as_str());
        for (name, value) in [
            ("iss", json!(registration.client_id())),
            ("aud", json!(audience)),
            ("iat", json!(issued)),
            ("nbf", json!(issued)),
            ("exp", json!(self.expires_at(now).seconds())),
            ("jti", json!(jti)),
        ] {
            claims.insert(name.to_owned(), value);
        }
        let kid = match &self.by {
            By::Key(key) => key.key_id(),
            By::Secret(_) | By::Nothing => None,
        };
        let header: BTreeMap<&str, &str> = [("alg", self.algorithm())]
            .into_iter()
            .chain(kid.map(|kid| ("kid", kid)))
            // RFC 9101 10.8
            .chain(self.typed.then_some(("typ", "oauth-authz-req+jwt")))
            .collect();
        let part = |value: Value| text::encode_base64url(value.to_string().as_bytes());
        Ok(format!("{}.{}", part(json!(header)), part(Value::Object(claims))))
    }

    /// The signature, or the key elsewhere that must be asked for it.
    pub(crate) fn sign(
        &self,
        message: &str,
        registration: &Registration,
    ) -> Result<Signed<'_>, Error> {
        let signature = match &self.by {
            By::Nothing => Vec::new(),
            By::Secret(algorithm) => {
                let secret = registration.client_secret.as_ref().ok_or(ApiMisuse::NoSecret)?;
                hmac::sign(*algorithm, secret.expose().as_bytes(), message.as_bytes())
                    .ok_or(ApiMisuse::ShortSecret(algorithm.hash_bytes()))?
            }
            By::Key(key) => match key.sign(message.as_bytes()) {
                Some(signature) => signature?,
                None => return Ok(Signed::Remotely(key)),
            },
        };
        Ok(Signed::Here(signature))
    }

    /// The signature that a remote key made.
    pub(crate) fn admit(&self, signature: Vec<u8>) -> Result<Vec<u8>, Error> {
        match &self.by {
            By::Key(key) => key.admit(signature),
            By::Secret(_) | By::Nothing => Err(ErrorKind::Unreachable("RequestObject").into()),
        }
    }

    /// `exp`, in whole seconds.
    pub(crate) fn expires_at(&self, now: UnixTime) -> UnixTime {
        // FAPI 1.0 Advanced 5.2.2 (13): "no longer than 60 minutes after the nbf claim"
        let lifetime = self.lifetime.min(MAX_LIFETIME.saturating_sub(self.issued_before));
        UnixTime::from_seconds(now.after(lifetime).seconds())
    }

    /// What the address holds beside the object.
    pub(crate) fn repeated(&self, pairs: Vec<Pair>) -> Vec<Pair> {
        // RFC 9101 5; OIDC Core 6.1 and 6.2: these too, with the same values
        let is_openid = |scope: &str| scope.split(' ').any(|scope| scope == "openid");
        let stays = |name: &str, value: &str| match name {
            "client_id" => true,
            "response_type" => self.repeats,
            "scope" => self.repeats && is_openid(value),
            _ => false,
        };
        pairs.into_iter().filter(|(name, value)| stays(name, value)).collect()
    }
}

/// A signature that is at hand, or the key to be asked for it.
pub(crate) enum Signed<'k> {
    Here(Vec<u8>),
    Remotely(&'k SigningKey),
}

/// Whether a request may be made so, with or without an object; before anything is drawn or signed.
pub(crate) fn check(
    object: Option<&RequestObject>,
    place: Option<&Place>,
    metadata: &ProviderMetadata,
    registration: &Registration,
    schemes: Schemes,
) -> Result<(), ApiMisuse> {
    let registered = &registration.request_objects;
    let required = registered.required || metadata.require_signed_request_object();
    // RFC 9101 10.5
    if required && object.is_none_or(RequestObject::is_unsigned) {
        return Err(ApiMisuse::RequestObjectRequired);
    }
    let Some(object) = object else { return Ok(()) };
    let refuse = |reason| Err(ApiMisuse::RequestObject(reason));
    if let By::Secret(algorithm) = object.by
        && !algorithm.is_symmetric()
    {
        return refuse("a client secret signs with an HMAC");
    }
    // OIDC Registration 2: any other one is rejected
    if registered.signing_alg.as_ref().is_some_and(|alg| alg != object.algorithm()) {
        return refuse("another algorithm is registered");
    }
    match place {
        None if object.is_unsigned() => {
            return refuse("an unsigned one is taken by reference alone");
        }
        None if metadata.refuses_request_parameter() => {
            return Err(ApiMisuse::NotOffered("request_parameter_supported"));
        }
        Some(_) if !metadata.request_uri_parameter_supported() => {
            return Err(ApiMisuse::NotOffered("request_uri_parameter_supported"));
        }
        None => {}
        Some(place) => place.check(object.is_unsigned(), schemes)?,
    }
    if lacks(metadata.request_object_signing_alg_values_supported(), object.algorithm()) {
        return Err(ApiMisuse::NotOffered("request_object_signing_alg_values_supported"));
    }
    #[cfg(feature = "encryption")]
    encryption::check(object, metadata)?;
    Ok(())
}

fn lacks(list: Option<&[String]>, name: &str) -> bool {
    list.is_some_and(|list| !list.iter().any(|listed| listed == name))
}

/// The parameters as claims: numbers and objects as such, and what stands in the request several times as a list
/// (RFC 9101 4, OIDC Core 6.1).
fn parameters(pairs: &[Pair]) -> Result<Map<String, Value>, Error> {
    let mut claims = Map::new();
    for (name, value) in pairs {
        // A parameter of the application's must not speak for the token.
        if TOKEN_CLAIMS.contains(&name.as_str()) {
            return Err(ApiMisuse::Parameter(Shown::new(name)).into());
        }
        let value = match name.as_str() {
            "max_age" | "claims" | "registration" => serde_json::from_str(value)
                .map_err(|_| Error::from(ErrorKind::Unreachable("RequestObject")))?,
            _ => Value::from(value.as_str()),
        };
        match claims.get_mut(name) {
            None => drop(claims.insert(name.clone(), value)),
            Some(Value::Array(list)) => list.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    Ok(claims)
}

/// RFC 7519 4.1
const TOKEN_CLAIMS: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
const MAX_LIFETIME: Duration = Duration::from_secs(3600);
const MAX_OFFSET: Duration = Duration::from_secs(60);
