//! Client assertions (RFC 7523 3, OIDC Core 9), and the keys of the clients that make them.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::message::Params;
use super::{Alg, ClientAuthMethod, Op, OpClient, base64url, keys};

/// Whether the form's assertion proves the client. Remembers its `jti`.
pub(super) fn verify(op: &Op, client: &OpClient, form: &Params, now: i64) -> bool {
    if form.one("client_assertion_type") != Some(ASSERTION_TYPE) {
        return false;
    }
    let Some(claims) = form.one("client_assertion").and_then(|text| signed(op, client, text))
    else {
        return false;
    };
    let own = |name: &str| claims[name] == client.client_id.as_str();
    let ours = [op.issuer().to_owned(), op.endpoint(super::TOKEN)];
    let is_ours = |audience: &Value| ours.iter().any(|our| audience == our.as_str());
    let audience = match &claims["aud"] {
        Value::Array(list) => list.iter().any(is_ours),
        one => is_ours(one),
    };
    let (issued, expires) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    // RFC 7523 3 (4, 6): this provider tolerates no difference of the clocks.
    let in_time = issued.is_none_or(|issued| issued <= now)
        && expires.is_some_and(|expires| now < expires && expires <= now + 3600);
    let Some(jti) = claims["jti"].as_str().filter(|jti| jti.len() >= 22) else { return false };
    let proven = own("iss") && own("sub") && audience && in_time;
    // OIDC Core 9: never a second time.
    proven && op.state().assertions.insert((client.client_id.clone(), jti.to_owned()))
}

/// Whether a secret is a JWT of the team about the client, good for half a year at most.
pub(super) fn is_secret(op: &Op, client: &OpClient, secret: &str, now: i64) -> bool {
    signed(op, client, secret).is_some_and(|claims| {
        let expires = claims["exp"].as_i64().unwrap_or_default();
        claims["iss"] == "TEAM123456"
            && claims["sub"] == client.client_id.as_str()
            && claims["aud"] == op.issuer()
            && now < expires
            && expires <= now + 15_777_000
    })
}

/// The claims, if the signature is the client's.
fn signed(op: &Op, client: &OpClient, compact: &str) -> Option<Value> {
    let (input, signature) = compact.rsplit_once('.')?;
    let (header, payload) = input.split_once('.')?;
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).ok();
    let header: Value = serde_json::from_slice(&decode(header)?).ok()?;
    let signature = decode(signature)?;
    let good = match (client.auth_method, header["alg"].as_str()?) {
        (ClientAuthMethod::ClientSecretJwt, name @ ("HS256" | "HS384" | "HS512")) => {
            op.sign(Alg::from_name(name)?, client.secret(), input.as_bytes()) == signature
        }
        (ClientAuthMethod::PrivateKeyJwt | ClientAuthMethod::SignedSecret, name) => {
            let mut keys = client.jwks.iter();
            let key = keys.find(|key| key["kid"] == header["kid"])?;
            is_good(key, name, input.as_bytes(), &signature)?
        }
        _ => false,
    };
    good.then(|| serde_json::from_slice(&decode(payload)?).ok()).flatten()
}

fn is_good(key: &Value, alg: &str, input: &[u8], signature: &[u8]) -> Option<bool> {
    let member = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
    let point = || Some([vec![4], member("x")?, member("y")?].concat());
    macro_rules! ecdsa {
        ($curve:ident) => {{
            use $curve::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
            let key = VerifyingKey::from_sec1_bytes(&point()?).ok()?;
            Some(key.verify(input, &Signature::from_slice(signature).ok()?).is_ok())
        }};
    }
    match (key["kty"].as_str()?, key["crv"].as_str(), alg) {
        ("EC", Some("P-256"), "ES256") => ecdsa!(p256),
        ("EC", Some("P-384"), "ES384") => ecdsa!(p384),
        ("EC", Some("P-521"), "ES512") => ecdsa!(p521),
        ("OKP", Some("Ed25519"), "EdDSA" | "Ed25519") => {
            let key = ed25519_dalek::VerifyingKey::try_from(member("x")?.as_slice()).ok()?;
            let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
            Some(key.verify_strict(input, &signature).is_ok())
        }
        ("RSA", None, "RS256" | "PS256") => {
            let number = |name| Some(rsa::BigUint::from_bytes_be(&member(name)?));
            let key = rsa::RsaPublicKey::new(number("n")?, number("e")?).ok()?;
            let hash = Sha256::digest(input);
            let verified = match alg {
                "RS256" => {
                    key.verify(rsa::Pkcs1v15Sign::new::<rsa::sha2::Sha256>(), &hash, signature)
                }
                _ => key.verify(rsa::Pss::new::<rsa::sha2::Sha256>(), &hash, signature),
            };
            Some(verified.is_ok())
        }
        _ => None,
    }
}

/// A private key of every kind that this provider reads: RSA, the three curves of NIST and Ed25519. Making the first
/// one is slow, so the clients of the default configuration have the others alone.
pub fn private_jwks() -> Vec<Value> {
    let p384 = p384::ecdsa::SigningKey::from_slice(&[seed("p384").as_slice(), &[1; 16]].concat());
    let p384 = p384.expect("a scalar");
    let p521 =
        p521::ecdsa::SigningKey::from_slice(&[&[0, 1], [seed("p521"); 2].as_flattened()].concat());
    let p521 = p521.expect("a scalar");
    vec![
        keys::rsa_private(0, "client-rsa"),
        es256_private_jwk(),
        ec_private("P-384", p384.verifying_key().to_sec1_point(false).as_bytes(), &p384.to_bytes()),
        ec_private("P-521", p521.verifying_key().to_sec1_point(false).as_bytes(), &p521.to_bytes()),
        ed25519_private_jwk(),
    ]
}

fn ec_private(curve: &str, point: &[u8], secret: &[u8]) -> Value {
    let (x, y) = point[1..].split_at(secret.len());
    json!({
        "kty": "EC", "crv": curve, "use": "sig", "kid": format!("client-{curve}"),
        "x": base64url(x), "y": base64url(y), "d": base64url(secret),
    })
}

fn seed(label: &str) -> [u8; 32] {
    Sha256::digest(format!("a test client's {label} key, known to everybody")).into()
}

/// The private ES256 key of the client `key-jwt`.
pub fn es256_private_jwk() -> Value {
    let key = p256::ecdsa::SigningKey::from_slice(&seed("ec")).expect("a scalar");
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "kid": "client-ec", "alg": "ES256",
        "x": base64url(x), "y": base64url(y), "d": base64url(&key.to_bytes()),
    })
}

/// A private P-256 key to decrypt with.
pub(super) fn ec_decryption_jwk(kid: &str) -> Value {
    let key = p256::ecdsa::SigningKey::from_slice(&seed(kid)).expect("a scalar");
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    json!({
        "kty": "EC", "crv": "P-256", "use": "enc", "kid": kid,
        "x": base64url(x), "y": base64url(y), "d": base64url(&key.to_bytes()),
    })
}

/// The private Ed25519 key of the client `key-jwt`.
pub fn ed25519_private_jwk() -> Value {
    let key = ed25519_dalek::SigningKey::from_bytes(&seed("okp"));
    json!({
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "client-okp",
        "x": base64url(key.verifying_key().as_bytes()), "d": base64url(key.as_bytes()),
    })
}

/// The public half of [`es256_private_jwk`].
pub fn es256_jwk() -> Value {
    public(es256_private_jwk())
}

/// The public half of [`ed25519_private_jwk`].
pub fn ed25519_jwk() -> Value {
    public(ed25519_private_jwk())
}

/// The public half of a private key.
///
/// # Panics
/// When it is no object.
pub fn public(mut key: Value) -> Value {
    let members = key.as_object_mut().expect("an object");
    members.retain(|name, _| !["d", "p", "q", "dp", "dq", "qi"].contains(&name.as_str()));
    key
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
