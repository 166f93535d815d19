//! Tokens in the place of plain answers: authorization responses, userinfo, and the claims of others.

use relying_party::{
    Client, Error, Flow, Policy, Registration, Step,
    flow::claim_sources::ResolveClaims,
    jose::{algorithm::Algorithm, backend::Crypto},
    limits::Limits,
    protocol::{
        authorization::ResponseMode, claims::Claims, issuer::Issuer, metadata::ProviderMetadata,
        sourced_claims::SourcedClaims,
    },
    secret::AccessToken,
};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::{
    resource::{answered, sent, sign, with_keys},
    world::{ISSUER, Oracle, World},
};

const NOW: i64 = 1_800_000_000;
const APP: &str = "app";

/// A client that gets plain userinfo, or signed.
fn client(oracle: &Oracle, signed: bool) -> Client {
    let metadata = json!({
        "issuer": ISSUER, "jwks_uri": format!("{ISSUER}/jwks"), "token_endpoint": format!("{ISSUER}/token"),
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "userinfo_endpoint": format!("{ISSUER}/userinfo"),
    });
    let issuer = Issuer::new(ISSUER).unwrap();
    let metadata = ProviderMetadata::from_json(metadata.to_string().as_bytes(), &issuer).unwrap();
    let registration = Registration::confidential(APP, "fake-secret", "https://rp.test/cb");
    let registration = registration
        .unwrap()
        .id_token_signed_response_alg(Algorithm::ES256)
        .authorization_signed_response_alg(Algorithm::ES256);
    let registration = match signed {
        true => registration.userinfo_signed_response_alg(Algorithm::ES256),
        false => registration,
    };
    let crypto = Crypto::new(oracle.clone());
    Client::new(metadata, registration, crypto, Policy::default()).unwrap()
}

/// The claims of a well signed authorization response (JARM 2.1), in which `@STATE@` stands for the right state; after a
/// byte 0, a whole query. A code is sent only for an answer to this login.
pub fn response_jwt(data: &[u8]) {
    let oracle = Oracle::default();
    let (client, mut env) = (client(&oracle, false), World::new(data, oracle.clone()));
    let start = client.start_login().response_mode(ResponseMode::Jwt);
    let Ok(Step::Done(started)) = start.start(&mut env) else { panic!("nothing to send") };
    let state = started.pending.state().expose().to_owned();
    let Ok(text) = std::str::from_utf8(data) else { return };
    let once = text.matches("@STATE@").count() == 1;
    let (query, claims) = match text.strip_prefix('\0') {
        Some(query) => (query.replace("@STATE@", &state), None),
        None => {
            let claims = text.replace("@STATE@", &state);
            (format!("response={}", sign(&oracle, "JWT", claims.as_bytes())), Some(claims))
        }
    };
    let Ok(callback) = client.callback(&query) else { return };
    let mut step = client.finish_login(started.pending, callback).start(&mut env);
    if let Ok(Step::Send(exchange)) = step {
        let path = exchange.request().url().path();
        assert_eq!(path, "/jwks", "a code of a response that nobody looked at");
        let keys = json!({ "keys": [crate::world::oracle::jwk(0)] }).to_string();
        step = answered(exchange, "application/json", keys.as_bytes(), &mut env);
    }
    let exchange = match step {
        Ok(step) => sent(Ok(step)),
        Err(error) => {
            let shown = format!("{error} {error:?}");
            assert!(!once || claims.is_none() || !shown.contains(&state) || said(&claims, &state));
            return;
        }
    };
    let document: Value = serde_json::from_str(&claims.expect("nobody signed it")).unwrap();
    assert_eq!(exchange.request().url().path(), "/token");
    let form: Vec<_> = form_urlencoded::parse(exchange.request().body()).collect();
    let code = form.iter().find(|(name, _)| name == "code").map(|(_, code)| &**code);
    // What has digits in a form may be a number in a token.
    let number = document["code"].as_u64().map(|number| number.to_string());
    assert_eq!(document["code"].as_str().or(number.as_deref()), code);
    assert_eq!((&document["state"], &document["iss"]), (&json!(state), &json!(ISSUER)));
    assert!(names(&document["aud"], APP));
    assert!(document["exp"].as_f64().unwrap() > (NOW - 60) as f64);
    assert!(document["nbf"].as_f64().is_none_or(|nbf| nbf < (NOW + 61) as f64));
    for foreign in ["sub", "nonce", "events"] {
        assert!(document.get(foreign).is_none(), "{foreign}");
    }
    assert!(["error", "id_token", "access_token"].iter().all(|name| !document[name].is_string()));
}

/// Whether the state stands in a claim whose words an error may repeat, or is the name of one.
fn said(claims: &Option<String>, state: &str) -> bool {
    let document = claims.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
    document.is_none_or(|document| document["state"] != state)
}

/// The claims of a well signed userinfo answer (OIDC Core 5.3.2); after a byte 0, the whole answer.
pub fn user_info_jwt(data: &[u8]) {
    let oracle = Oracle::default();
    let (client, mut env) = (client(&oracle, true), World::new(data, oracle.clone()));
    let (body, signed) = match data.split_first() {
        Some((0, body)) => (body.to_vec(), false),
        _ => (sign(&oracle, "JWT", data).into_bytes(), true),
    };
    let token = AccessToken::new("a-token").unwrap();
    let exchange = sent(client.insecure_unbound_user_info(&token).start(&mut env));
    let step = answered(exchange, "application/jwt", &body, &mut env);
    let Ok(info) = with_keys(step, &mut env) else { return };
    assert!(signed, "nobody signed it");
    let document: Value = serde_json::from_slice(data).unwrap();
    assert_eq!(document["sub"], info.sub());
    assert!((1..=255).contains(&info.sub().len()));
    assert_eq!(document["iss"], ISSUER);
    assert!(names(&document["aud"], APP));
    let number = |name: &str| document[name].as_f64();
    assert!(number("exp").is_none_or(|exp| exp > (NOW - 60) as f64));
    assert!(number("iat").is_none_or(|iat| iat < (NOW + 61) as f64));
    assert!(number("nbf").is_none_or(|nbf| nbf < (NOW + 61) as f64));
    // An ID token or an access token of the same provider it is not.
    assert!(["nonce", "at_hash", "c_hash"].iter().all(|name| document.get(name).is_none()));
    assert!(document.get("scope").is_none() || document.get("client_id").is_none());
    assert_eq!(info.claims().as_json().as_bytes(), data);
    assert!(info.relaxations().is_empty());
}

/// A plain userinfo answer: where its claims come from, and what somebody verified of them.
pub fn claim_sources(data: &[u8]) {
    let (client, mut env) = (client(&Oracle::default(), false), World::new(&[], Oracle::default()));
    let Some(claims) = told(data, &client, &mut env) else { return };
    let document: Value = serde_json::from_slice(data).unwrap();
    verified_claims(&claims, &document);

    let (names, sources) = (&document["_claim_names"], &document["_claim_sources"]);
    let Ok(found) = client.claim_sources(&claims) else { return };
    let limits = Limits::default();
    assert!(found.len() <= limits.claim_sources);
    assert_eq!(found.is_empty(), names.as_object().is_none_or(Map::is_empty) || unnamed(names));
    for source in found.iter() {
        let own = &sources[source.name()];
        for claim in source.claims() {
            assert!(!["iss", "sub", "aud", "nonce", "cnf"].contains(&claim));
            assert!(names.get(claim).is_some() && !claim.starts_with("_claim_"));
        }
        assert_eq!(source.endpoint().is_none(), own["JWT"].is_string());
        // Nobody's word counts, and no address is one to go to.
        match (source.endpoint(), client.resolve_claims(source).start(&mut env)) {
            (None, Ok(Step::Done(SourcedClaims::Unverified(unverified)))) => {
                attributed(unverified.unverified_claims(), source.claims());
            }
            (Some(url), Err(error)) => {
                assert_eq!((url.scheme(), error.code()), ("https", "claim_source.origin"));
                let origin = url.origin().ascii_serialization();
                let allowed = client.resolve_claims(source).allow_origin(&origin);
                let request = sent(allowed.start(&mut env));
                let request = request.request();
                assert_eq!(request.url().as_str(), url.as_str());
                let header = request.headers().find(|(name, _)| *name == "authorization");
                let due = own["access_token"].as_str().map(|token| format!("Bearer {token}"));
                assert_eq!(header.map(|(_, value)| value.to_owned()), due);
                assert!(request.body().is_empty());
            }
            (None, Err(error)) => assert!(!error.code().starts_with("claim_source.")),
            (_, other) => panic!("{other:?}"),
        }
    }
}

/// The claims of a token of a trusted source, well signed (OIDC Core 5.6.2, Identity Assurance 6.1): as a plain JWT and
/// under the type of its own. After a byte 0, the whole token.
pub fn sourced_claims(data: &[u8]) {
    let oracle = Oracle::default();
    let client = client(&oracle, false);
    for typ in ["JWT", "provided-claims+jwt"] {
        let mut env = World::new(data, oracle.clone());
        let (token, signed) = match data.split_first() {
            Some((0, token)) => (String::from_utf8_lossy(token).into_owned(), false),
            _ => (sign(&oracle, typ, data), true),
        };
        let info = json!({
            "sub": "alice", "_claim_names": { "age": "s", "name": "s" },
            "_claim_sources": { "s": { "JWT": token } },
        });
        let Some(claims) = told(info.to_string().as_bytes(), &client, &mut env) else { continue };
        let Ok(sources) = client.claim_sources(&claims) else { continue };
        let source = sources.iter().next().unwrap();
        let flow: ResolveClaims = client.resolve_claims(source).trusted(&client);
        let verified = match with_keys(flow.start(&mut env), &mut env) {
            Ok(SourcedClaims::Verified(verified)) => verified,
            Ok(SourcedClaims::Unverified(unverified)) => {
                assert_ne!(unverified.unverified_issuer(), Some(ISSUER), "a downgrade");
                attributed(unverified.unverified_claims(), source.claims());
                continue;
            }
            Err(_) => continue,
        };
        assert!(signed, "nobody signed it");
        let document: Value = serde_json::from_slice(data).unwrap();
        attributed(verified.claims(), source.claims());
        assert_eq!((&document["iss"], verified.issuer()), (&json!(ISSUER), ISSUER));
        assert_eq!(document["sub"].as_str(), verified.sub());
        assert!(verified.sub().is_none_or(|sub| sub == "alice"), "somebody else's");
        let typed = typ != "JWT";
        assert!(!typed || verified.sub().is_some());
        for claim in ["aud", "exp"] {
            assert!(!typed || document.get(claim).is_none());
        }
        assert!(document.get("aud").is_none() || names(&document["aud"], APP));
        assert!(document["exp"].as_f64().is_none_or(|exp| exp > (NOW - 60) as f64));
        for foreign in ["nonce", "at_hash", "c_hash", "azp", "events", "scope", "client_id"] {
            assert!(document.get(foreign).is_none(), "{foreign}");
        }
    }
}

/// The claims of a plain userinfo answer with this body.
fn told(body: &[u8], client: &Client, env: &mut World<'_>) -> Option<Claims> {
    let token = AccessToken::new("a-token").unwrap();
    let exchange = sent(client.insecure_unbound_user_info(&token).start(env));
    match answered(exchange, "application/json", body, env) {
        Ok(Step::Done(info)) => Some(info.claims().clone()),
        Ok(step) => panic!("{step:?}"),
        Err(Error { .. }) => None,
    }
}

fn verified_claims(claims: &Claims, document: &Value) {
    let Ok(read) = claims.verified_claims() else { return };
    let elements: Vec<&Value> = match &document["verified_claims"] {
        Value::Null => vec![],
        Value::Array(list) => list.iter().collect(),
        one => vec![one],
    };
    assert_eq!(read.len(), elements.len());
    for (read, element) in read.iter().zip(elements) {
        let verification = read.verification();
        assert!(!verification.trust_framework().is_empty());
        let text = |name: &str| element["verification"][name].as_str();
        assert_eq!(text("trust_framework"), Some(verification.trust_framework()));
        assert_eq!(text("assurance_level"), verification.assurance_level());
        assert_eq!(text("time").is_some(), verification.time().is_some());
        let kept: Map<String, Value> = serde_json::from_str(read.claims().as_json()).unwrap();
        let due = element["claims"].as_object().unwrap();
        assert!(kept.keys().eq(due.keys()));
    }
}

/// Nothing but what the source was named for.
fn attributed<'c>(claims: &Claims, named: impl Iterator<Item = &'c str>) {
    let kept: Map<String, Value> = serde_json::from_str(claims.as_json()).unwrap();
    let named: Vec<&str> = named.collect();
    assert!(kept.keys().all(|name| named.contains(&name.as_str())), "{named:?}");
}

/// Verified claims may name a list of sources, and the list may be empty.
fn unnamed(names: &Value) -> bool {
    let empty = |value: &Value| {
        value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
    };
    names.as_object().is_some_and(|names| names.values().all(empty))
}

fn names(aud: &Value, audience: &str) -> bool {
    aud == audience || aud.as_array().is_some_and(|list| list.iter().any(|own| own == audience))
}
