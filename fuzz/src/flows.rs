//! Through the flows: metadata, the browser's answer, the token endpoint's, and everything at once.

use relying_party::{
    Client, Flow, Policy, Registration, Step,
    jose::{algorithm::Algorithm, backend::Crypto},
    limits::Limits,
    protocol::{
        callback::Callback, issuer::Issuer, metadata::ProviderMetadata, response_type::ResponseType,
    },
};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::world::{
    CLIENT, ISSUER, Oracle, SUB, World, answers, judge, judge_direct, judge_encrypted, judge_found,
    judge_front, judge_plain, judge_resource_server, judge_signed, judge_tokens, judge_told,
};

/// A script for a whole world; the laws are in core/tests/laws.rs.
pub fn login(data: &[u8]) {
    let front = |script: &[u8]| judge_front(ResponseType::CodeIdTokenToken, script);
    let implicit = |script: &[u8]| judge_front(ResponseType::IdTokenToken, script);
    let logins = [judge, judge_signed, judge_tokens, judge_encrypted, front, implicit];
    let others = [judge_direct, judge_found, judge_resource_server, judge_plain, judge_told];
    for judge in logins.into_iter().chain(others) {
        judge(data).unwrap_or_else(|broken| panic!("{broken}"));
    }
}

/// A metadata document under the issuer it names itself, or another one.
pub fn metadata(data: &[u8]) {
    let document: Value = serde_json::from_slice(data).unwrap_or_default();
    let named = document["issuer"].as_str();
    let other = Issuer::new("https://other.test").unwrap();
    let foreign = ProviderMetadata::from_json(data, &other);
    assert!(foreign.is_err() || named == Some(other.as_str()));

    let Some(issuer) = named.and_then(|named| Issuer::new(named).ok()) else { return };
    assert!(issuer.as_str().starts_with("https://"));
    let Ok(metadata) = ProviderMetadata::from_json(data, &issuer) else { return };
    let registration = Registration::public(CLIENT, "https://rp.test/cb").unwrap();
    let registration = registration.id_token_signed_response_alg(Algorithm::ES256);
    let crypto = Crypto::new(Oracle::default());
    let Ok(client) = Client::new(metadata, registration, crypto, Policy::default()) else { return };

    let mut env = World::new(data, Oracle::default());
    let Ok(Step::Done(started)) = client.start_login().start(&mut env) else { return };
    let endpoint = Url::parse(document["authorization_endpoint"].as_str().unwrap()).unwrap();
    assert_eq!(started.url.origin(), endpoint.origin());
    assert_eq!((started.url.scheme(), started.url.fragment()), ("https", None));
    assert_eq!((started.url.username(), started.url.password()), ("", None));
    assert!(started.url.query().unwrap_or("").starts_with(endpoint.query().unwrap_or("")));

    // What is fetched first goes to one of the addresses in the document.
    let query = format!("code=fake&state={}&iss={}", started.pending.state().expose(), issuer);
    let Ok(callback) = client.callback(&query) else { return };
    if let Ok(Step::Send(exchange)) = client.finish_login(started.pending, callback).start(&mut env)
    {
        let url = Url::parse(document["jwks_uri"].as_str().unwrap()).unwrap();
        assert_eq!(exchange.request().url(), &url);
        assert_eq!(url.scheme(), "https");
    }
}

/// An authorization response: the first byte is how it came, `@STATE@` stands for the right state. Nothing is sent
/// but for an answer to this login, as another decoder sees it.
pub fn callback(data: &[u8]) {
    let Some((mode, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let mut world = World::new(&[], Oracle::default());
    let client = world.discover().unwrap().unwrap();
    let (pending, state) = world.start(&client).unwrap().unwrap();
    // Written twice, it may stand where the browser's words are shown: in `iss`, say.
    let once = text.matches("@STATE@").count() == 1;
    let text = text.replace("@STATE@", &state);
    let limits = Limits::default();
    let (parsed, sign) = match mode % 3 {
        0 => (Callback::from_query(&text, &limits), "?"),
        1 => (Callback::from_fragment(&text, &limits), "#"),
        _ => (Callback::from_form(&text, &limits), ""),
    };
    let text = text.strip_prefix(sign).unwrap_or(&text);
    let Ok(callback) = parsed else { return };
    let pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
    for (name, value) in &pairs {
        assert_eq!(callback.parameter(name), Some(&**value), "{name:?} is read in two ways");
    }
    assert!(!format!("{callback:?}").contains(&state));
    let sent = match client.finish_login(pending, callback).start(&mut world) {
        Ok(Step::Send(_)) => true,
        Ok(step) => panic!("{step:?}"),
        Err(error) => {
            assert!(!once || !format!("{error} {error:?}").contains(&state), "{error}");
            false
        }
    };
    let code = pairs.iter().find(|(name, _)| name == "code").map(|(_, value)| value);
    let visible = |code: &str| !code.is_empty() && code.bytes().all(|b| matches!(b, b' '..=b'~'));
    let acceptable = code.is_some_and(|code| visible(code) && code.len() <= 8192);
    assert_eq!(sent, mode % 3 == 0 && answers(text, &state, true) && acceptable, "{text}");
}

/// The body of the token endpoint: `@ID@` and `@AT@` stand for a good ID token and its access token. A login ends
/// well only with both.
pub fn token_response(data: &[u8]) {
    let Ok(template) = std::str::from_utf8(data) else { return };
    let mut world = World::new(&[], Oracle::default());
    let client = world.discover().unwrap().unwrap();
    let (pending, state) = world.start(&client).unwrap().unwrap();
    world.token_template = Some(template.to_owned());
    let query = format!("code=fake-code&state={state}&iss=https%3A%2F%2Fop.test");
    let callback = client.callback(&query).unwrap();
    let Ok(login) = world.drive(client.finish_login(pending, callback)).unwrap() else { return };

    assert_eq!((login.subject().issuer(), login.subject().sub()), (ISSUER, SUB));
    let document: Value = serde_json::from_slice(data).expect("a template is JSON, too");
    assert_eq!(document["id_token"], "@ID@");
    assert_eq!(document["access_token"], "@AT@");
    assert!(document["token_type"].as_str().unwrap().eq_ignore_ascii_case("bearer"));
    assert!(!document["error"].is_string());
    let tokens = login.tokens();
    assert_eq!(
        Some(tokens.access_token().expose()),
        world.access_tokens.first().map(String::as_str)
    );
    if let Some(expires_at) = tokens.expires_at() {
        assert!((1_800_000_000..=4_955_760_000).contains(&expires_at.seconds()));
    }
    if let Some(refresh_token) = tokens.refresh_token() {
        assert!(refresh_token.expose().bytes().all(|byte| matches!(byte, b' '..=b'~')));
    }
}
