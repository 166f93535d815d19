//! Request objects, by value and by reference (RFC 9101, OIDC Core 6).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use relying_party::{
    jose::{
        backend::Crypto,
        encryption::{ContentEncryption, KeyManagement},
        jwe::{Contents, SpareKey, UndecryptedJwe},
        jwk::DecryptionKey,
    },
    limits::Limits,
    secret::ClientSecret,
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::{Alg, Op, OpClient, assertion, base64url, encryption::Draw, lock, message::Params};

/// The parameters that count: as they came where there is no object, and what the provider says of a bad one.
pub(super) fn opened(op: &Op, params: Params, now: i64) -> Result<Params, &'static str> {
    let Some(rules) = op.config().request_objects else { return Ok(params) };
    let object = match (params.one("request"), params.one("request_uri")) {
        (None, None) if rules.required => return Err("invalid_request: no request object"),
        (None, None) => return Ok(params),
        // RFC 9101 5: never both
        (Some(_), Some(_)) => return Err("invalid_request: two request objects"),
        (Some(object), None) => object.to_owned(),
        (None, Some(uri)) => fetched(op, &params, uri)?,
    };
    let client = op.client(params.one("client_id").unwrap_or(""));
    let client = client.ok_or("invalid_client: the client is unknown")?;
    let by_value = params.one("request").is_some();
    let object = match object.split('.').count() {
        5 => decrypted(op, client, &object).ok_or("invalid_request_object: decryption")?,
        _ => object,
    };
    let claims = verified(op, client, &object, by_value)?;
    check(op, client, &claims, &params, now)?;
    let inner = parameters(claims);
    if rules.alone {
        return Ok(Params(inner));
    }
    // OIDC Core 6.1: these are there as well, and the object goes first.
    let openid = |params: &[(String, String)]| {
        let scope = params.iter().find(|(name, _)| name == "scope");
        scope.is_some_and(|(_, scope)| scope.split(' ').any(|scope| scope == "openid"))
    };
    if params.one("response_type").is_none() || openid(&inner) != openid(&params.0) {
        return Err("invalid_request: response_type or scope is not repeated");
    }
    let said = |name: &str| inner.iter().any(|(own, _)| own == name);
    let outer = params
        .0
        .into_iter()
        .filter(|(name, _)| !said(name) && !["request", "request_uri"].contains(&name.as_str()));
    let outer = outer.collect::<Vec<_>>();
    Ok(Params(inner.into_iter().chain(outer).collect()))
}

/// What lies at `request_uri`, if it is registered, is what its hash says, and has its media type (RFC 9101 5.2.3).
fn fetched(op: &Op, params: &Params, uri: &str) -> Result<String, &'static str> {
    let client = op.client(params.one("client_id").unwrap_or(""));
    let client = client.ok_or("invalid_client: the client is unknown")?;
    let (place, hash) = match uri.split_once('#') {
        Some((place, hash)) => (place, Some(hash)),
        None => (uri, None),
    };
    // OIDC Core 6.2
    if uri.len() > 512 || !client.request_objects.request_uris.iter().any(|own| own == place) {
        return Err("invalid_request_uri: not registered");
    }
    let found = op.state().published.get(place).cloned();
    let (content_type, body) = found.ok_or("invalid_request_uri: nothing is there")?;
    if content_type != "application/oauth-authz-req+jwt" {
        return Err("invalid_request_uri: media type");
    }
    if hash.is_some_and(|hash| hash != base64url(&Sha256::digest(&body))) {
        return Err("invalid_request_uri: hash");
    }
    Ok(body)
}

/// The claims, if whoever made them may (OIDC Core 6.3.2).
fn verified(
    op: &Op,
    client: &OpClient,
    object: &str,
    by_value: bool,
) -> Result<Map<String, Value>, &'static str> {
    let broken = || "invalid_request_object: no JWT";
    let (input, signature) = object.rsplit_once('.').ok_or_else(broken)?;
    let (header, payload) = input.split_once('.').ok_or_else(broken)?;
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| broken());
    let header: Value = serde_json::from_slice(&decode(header)?).map_err(|_| broken())?;
    let signature = decode(signature)?;
    if !header["typ"].is_null() && header["typ"] != "oauth-authz-req+jwt" {
        return Err("invalid_request_object: typ");
    }
    let name = header["alg"].as_str().unwrap_or_default();
    if client.request_objects.signing_alg.as_ref().is_some_and(|registered| registered != name) {
        return Err("invalid_request_object: another algorithm is registered");
    }
    let good = match name {
        // Only where that is registered, and never through the browser.
        "none" => !by_value && client.request_objects.signing_alg.is_some() && signature.is_empty(),
        "HS256" | "HS384" | "HS512" => Alg::from_name(name).is_some_and(|alg| {
            !client.secret().is_empty()
                && op.sign(alg, client.secret(), input.as_bytes()) == signature
        }),
        _ => client.jwks.iter().any(|key| {
            key["kid"] == header["kid"]
                && assertion::is_good(key, name, input.as_bytes(), &signature) == Some(true)
        }),
    };
    if !good {
        return Err("invalid_request_object: signature");
    }
    serde_json::from_slice(&decode(payload)?).map_err(|_| broken())
}

fn check(
    op: &Op,
    client: &OpClient,
    claims: &Map<String, Value>,
    outer: &Params,
    now: i64,
) -> Result<(), &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    if text("iss") != Some(&client.client_id) || text("aud") != Some(op.issuer()) {
        return Err("invalid_request_object: iss or aud");
    }
    // This provider tolerates no difference of the clocks.
    let begun = number("nbf").is_some_and(|nbf| nbf <= now);
    if !begun || !number("exp").is_some_and(|exp| now < exp && exp <= now + 3600) {
        return Err("invalid_request_object: exp or nbf");
    }
    // RFC 9101 4, 10.8
    if ["request", "request_uri", "sub"].iter().any(|name| claims.contains_key(*name)) {
        return Err("invalid_request_object: it holds what it must not");
    }
    // RFC 9101 5, OIDC Core 6.1
    if text("client_id") != Some(&client.client_id)
        || outer.one("response_type").is_some_and(|outer| text("response_type") != Some(outer))
    {
        return Err("invalid_request_object: client_id or response_type differs");
    }
    let jti = text("jti").filter(|jti| jti.len() >= 22).ok_or("invalid_request_object: jti")?;
    match op.state().objects.insert((client.client_id.clone(), jti.to_owned())) {
        true => Ok(()),
        false => Err("invalid_request_object: it was used before"),
    }
}

fn parameters(claims: Map<String, Value>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (name, value) in claims {
        if ["iss", "aud", "exp", "nbf", "iat", "jti"].contains(&name.as_str()) {
            continue;
        }
        let values = match value {
            Value::Array(values) => values,
            one => vec![one],
        };
        for value in values {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            all.push((name.clone(), text));
        }
    }
    all
}

impl Op {
    /// It decrypts with this key as well, until its hooks are cleared. The key is not in the set that it publishes.
    pub fn also_decrypts_with(&self, private_jwk: Value) {
        lock(&self.inner.hooks).decryption_jwks.push(private_jwk);
    }
}

/// The signed object inside, by this provider's key or the client's secret.
fn decrypted(op: &Op, client: &OpClient, object: &str) -> Option<String> {
    let header = BASE64_URL_SAFE_NO_PAD.decode(object.split('.').next()?).ok()?;
    let header: Value = serde_json::from_slice(&header).ok()?;
    let algorithm = KeyManagement::parse(header["alg"].as_str()?)?;
    let encryption = ContentEncryption::parse(header["enc"].as_str()?)?;
    let limits = Limits::default();
    let own = match algorithm.is_symmetric() {
        true => {
            let secret = ClientSecret::new(client.secret()).ok()?;
            vec![DecryptionKey::from_client_secret(&secret, algorithm, encryption)?]
        }
        false => {
            let mut jwks = Vec::from(lock(&op.inner.keys).decryption_jwks());
            jwks.extend(lock(&op.inner.hooks).decryption_jwks.iter().cloned());
            let read = |jwk: &Value| DecryptionKey::from_jwk(jwk.to_string().as_bytes());
            jwks.iter().map(read).collect::<Result<_, _>>().ok()?
        }
    };
    let jwe = UndecryptedJwe::parse(object, algorithm, encryption, Contents::Jws, &limits).ok()?;
    let spare = SpareKey::draw(&mut Draw::new(op.config().seed)).ok()?;
    let opened = jwe.decrypt(&own, &backend(), spare).ok()?;
    String::from_utf8(opened.payload().to_vec()).ok()
}

/// Only one of them decrypts with RSA.
fn backend() -> Crypto {
    #[cfg(feature = "josekit")]
    return relying_party::crypto::josekit();
    #[cfg(not(feature = "josekit"))]
    relying_party::crypto::rustcrypto()
}
