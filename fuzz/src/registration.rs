//! The answer to a registration.

use relying_party::{
    Client, Error, Flow, Step,
    http::HttpResponse,
    protocol::{
        client_metadata::ClientMetadata,
        issuer::Issuer,
        metadata::ProviderMetadata,
        registered_client::{RegisteredClient, SecretExpiry},
    },
    time::UnixTime,
};
use serde_json::Value;
use url::Url;

use crate::world::{Oracle, World};

const PROVIDER: &[u8] =
    br#"{"issuer":"https://op.test","registration_endpoint":"https://op.test/register"}"#;
const CALLBACK: &str = "https://rp.test/cb";

/// A client is registered only as another reader of the document sees it, for the redirect URI that was asked for,
/// and its token goes to the provider's own origin. What is stored comes back.
pub fn registration_response(data: &[u8]) {
    let issuer = Issuer::new("https://op.test").unwrap();
    let provider = ProviderMetadata::from_json(PROVIDER, &issuer).unwrap();
    let Ok(registered) = register(&provider, data) else { return };

    let document: Value = serde_json::from_slice(data).expect("JSON to another reader, too");
    assert_eq!(document["client_id"], registered.client_id());
    assert!(!document["error"].is_string());
    let visible = |text: &str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    assert!(visible(registered.client_id()) && !registered.client_id().is_empty());
    let secret = registered.client_secret().map(|secret| secret.expose());
    assert_eq!(secret, document["client_secret"].as_str().filter(|text| !text.is_empty()));
    assert!(secret.is_none_or(visible));
    match registered.secret_expiry() {
        SecretExpiry::Never => assert_eq!(document["client_secret_expires_at"].as_f64(), Some(0.0)),
        SecretExpiry::Unknown => assert!(document["client_secret_expires_at"].is_null()),
        SecretExpiry::At(end) => assert!((1..=253_402_300_799).contains(&end.seconds())),
        _ => {}
    }
    let uris: Option<Vec<String>> = registered.member("redirect_uris").unwrap();
    assert!(uris.unwrap().iter().all(|uri| uri == CALLBACK));
    assert_ne!(document["id_token_signed_response_alg"], "none");
    assert_ne!(document["token_endpoint_auth_method"], "none");
    if let Ok(registration) = registered.registration(UnixTime::from_seconds(0)) {
        assert_eq!(registration.redirect_uri(), CALLBACK);
    }

    let mut env = World::new(&[], Oracle::default());
    let read = Client::read_registration(&provider, &registered).start(&mut env);
    assert_eq!(read.is_ok(), registered.is_manageable());
    if let Ok(Step::Send(exchange)) = read {
        let url = exchange.request().url();
        assert_eq!(url.origin(), Url::parse("https://op.test").unwrap().origin());
        assert_eq!(
            Some(url),
            Url::parse(document["registration_client_uri"].as_str().unwrap()).ok().as_ref()
        );
    }
    let bytes = registered.to_bytes();
    let again = RegisteredClient::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes(), bytes);
    let shown = format!("{registered:?}");
    let token = document["registration_access_token"].as_str();
    for hidden in [secret, token].into_iter().flatten().filter(|text| text.len() > 12) {
        assert!(!shown.contains(hidden) || registered.client_id().contains(hidden), "{shown}");
    }
}

fn register(provider: &ProviderMetadata, data: &[u8]) -> Result<RegisteredClient, Error> {
    let mut env = World::new(&[], Oracle::default());
    let asked = ClientMetadata::web(&[CALLBACK])?.client_name("Site");
    let Step::Send(exchange) = Client::register(provider, asked).start(&mut env)? else {
        panic!("nothing was sent")
    };
    let mut response = exchange.request().response(201);
    let outcome = match response.chunk(data) {
        Ok(()) => Ok::<HttpResponse, _>(response.finish()),
        Err(failure) => Err(failure),
    };
    match exchange.resume(outcome, &mut env)? {
        Step::Done(registered) => Ok(registered),
        step => panic!("{step:?}"),
    }
}
