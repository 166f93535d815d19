//! Tokens before a resource server, and signed introspection answers.

use relying_party::{
    Client, Error, Flow, Policy, Registration, Step,
    flow::Exchange,
    jose::{algorithm::Algorithm, backend::Crypto},
    protocol::{
        access_token::ValidatedBy, introspection::Introspection, issuer::Issuer,
        metadata::ProviderMetadata,
    },
    secret::AccessToken,
};
use serde_json::{Value, json};

use crate::world::{ISSUER, Oracle, World, oracle};

const RESOURCE: &str = "https://rs.test/";
const NOW: i64 = 1_800_000_000;

pub(crate) fn client(oracle: &Oracle) -> Client {
    let metadata = json!({
        "issuer": ISSUER, "jwks_uri": format!("{ISSUER}/jwks"), "token_endpoint": format!("{ISSUER}/token"),
        "device_authorization_endpoint": format!("{ISSUER}/device"),
        "introspection_endpoint": format!("{ISSUER}/introspect"),
    });
    let issuer = Issuer::new(ISSUER).unwrap();
    let metadata = ProviderMetadata::from_json(metadata.to_string().as_bytes(), &issuer).unwrap();
    let registration = Registration::confidential("app", "fake-secret", "https://rp.test/cb");
    let registration = registration
        .unwrap()
        .id_token_signed_response_alg(Algorithm::ES256)
        .introspection_signed_response_alg(Algorithm::ES256);
    let policy = Policy::default().require_kid();
    Client::new(metadata, registration, Crypto::new(oracle.clone()), policy).unwrap()
}

pub(crate) fn sent<F: Flow>(step: Result<Step<F>, Error>) -> Exchange<F> {
    match step.unwrap() {
        Step::Send(exchange) => exchange,
        step => panic!("{step:?}"),
    }
}

/// The flow's answer to a 200 of this type and body, and whether it wants one request more.
pub(crate) fn answered<F: Flow>(
    exchange: Exchange<F>,
    media_type: &str,
    body: &[u8],
    env: &mut World<'_>,
) -> Result<Step<F>, Error> {
    let mut response = exchange.request().response(200);
    response.header("content-type", media_type.as_bytes()).unwrap();
    let outcome = response.chunk(body).map(|()| response.finish());
    exchange.resume(outcome, env)
}

/// With the keys of the oracle where they are asked for.
pub(crate) fn with_keys<F: Flow>(
    step: Result<Step<F>, Error>,
    env: &mut World<'_>,
) -> Result<F::Output, Error> {
    let mut step = step?;
    for _ in 0..4 {
        step = match step {
            Step::Done(output) => return Ok(output),
            Step::Send(exchange) => {
                assert_eq!(exchange.request().url().path(), "/jwks");
                let keys = json!({ "keys": [oracle::jwk(0)] }).to_string();
                answered(exchange, "application/json", keys.as_bytes(), env)?
            }
            step => panic!("{step:?}"),
        };
    }
    panic!("it does not end")
}

/// The claims of a well signed access token, or, after a byte 0, the whole token.
pub fn access_token(data: &[u8]) {
    let oracle = Oracle::default();
    let (client, mut env) = (client(&oracle), World::new(data, oracle.clone()));
    let (text, signed) = match data.split_first() {
        Some((0, text)) => (String::from_utf8_lossy(text).into_owned(), false),
        _ => (sign(&oracle, "at+jwt", data), true),
    };
    let Ok(token) = AccessToken::new(text) else { return };
    let flow = client.validate_access_token(&token, &[RESOURCE]).algorithms(&[Algorithm::ES256]);
    let step = flow.require_scope("read").start(&mut env);
    let Ok(claims) = with_keys(step, &mut env) else { return };
    assert!(signed, "nobody signed it");
    let document: Value = serde_json::from_slice(data).unwrap();
    assert_eq!(claims.validated_by(), ValidatedBy::Signature(Algorithm::ES256));
    assert_eq!(document["iss"], ISSUER);
    assert_eq!(document["sub"].as_str(), claims.subject().map(|subject| subject.sub()));
    assert_eq!(document["client_id"].as_str(), claims.client_id());
    let aud = &document["aud"];
    let named = aud.as_array().map_or(vec![aud], |list| list.iter().collect());
    assert!(named.iter().any(|own| **own == RESOURCE));
    assert!(document["exp"].as_f64().unwrap() > (NOW - 60) as f64);
    assert!(document["iat"].as_f64().unwrap() < (NOW + 61) as f64);
    assert!(document["nbf"].as_f64().is_none_or(|nbf| nbf < (NOW + 61) as f64));
    assert!(document.get("cnf").is_none());
    assert!(claims.scope().contains(&"read".to_owned()));
}

/// The claims of a well signed introspection answer, or, after a byte 0, the whole answer.
pub fn introspection_jwt(data: &[u8]) {
    let oracle = Oracle::default();
    let (client, mut env) = (client(&oracle), World::new(data, oracle.clone()));
    let (text, signed) = match data.split_first() {
        Some((0, text)) => (text.to_vec(), false),
        _ => (sign(&oracle, "token-introspection+jwt", data).into_bytes(), true),
    };
    let asked = AccessToken::new("opaque").unwrap();
    let exchange = sent(client.introspect(&asked, None).start(&mut env));
    let step = answered(exchange, "application/token-introspection+jwt", &text, &mut env);
    let Ok(answer) = with_keys(step, &mut env) else { return };
    assert!(signed, "nobody signed it");
    let document: Value = serde_json::from_slice(data).unwrap();
    assert_eq!(document["iss"], ISSUER);
    assert!(document["iat"].as_f64().unwrap() > (NOW - 361) as f64);
    let inner = &document["token_introspection"];
    let active = Introspection::active(&answer);
    assert!(inner["active"].is_boolean() && (active.is_none() || inner["active"] == true));
    if let Some(token) = active {
        let kept: Value = serde_json::from_str(token.claims().as_json()).unwrap();
        // Numbers may be written in another way.
        let texts = |value: &Value| -> Vec<(String, Option<String>)> {
            let members = value.as_object().unwrap().iter();
            members.map(|(name, value)| (name.clone(), value.as_str().map(str::to_owned))).collect()
        };
        assert_eq!(texts(&kept), texts(inner));
    }
}

pub(crate) fn sign(oracle: &Oracle, typ: &str, payload: &[u8]) -> String {
    let header = json!({ "alg": "ES256", "kid": "k0", "typ": typ }).to_string();
    let input = format!("{}.{}", oracle::encode(header.as_bytes()), oracle::encode(payload));
    let signature = oracle::encode(&oracle.sign(0, input.as_bytes()));
    format!("{input}.{signature}")
}
