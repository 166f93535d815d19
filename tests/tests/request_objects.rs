//! Requests as signed tokens (RFC 9101, OIDC Core 6): what they say, what is refused before they are sent, and that
//! the login behind them is the same. See `request_objects_hosted.rs` for those by reference.

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use relying_party::{
    Env, Error, Policy,
    crypto::{josekit_signing_key, rustcrypto_signing_key},
    drive::drive,
    flow::start_authorization::StartedAuthorization,
    jose::algorithm::Algorithm,
    protocol::request_object::RequestObject,
    time::UnixTime,
};
use relying_party_tests::{
    memory::Clock,
    objects::{Signing, Stage, all, names, object, signed, signed_remotely},
    op::{RequestObjects, private_jwks},
};
use serde_json::{Value, json};

#[test]
fn oidc_core_6_1_an_object_holds_every_parameter() {
    let mut stage = Stage::default();
    let now = stage.world.clock.now().seconds();
    let asked = json!({ "userinfo": { "email": { "essential": true } } });
    let start = stage.client.start_login().scope("email").max_age(60).ui_locales("de en");
    let start = start.claims(asked.as_object().unwrap().clone()).parameter("hd", "a&b");
    let start = start.resource("https://a.test/").resource("https://b.test/").audience("api");
    let started = stage.start(start.request_object(signed()));
    let url = &started.url;
    assert_eq!(names(url), ["response_type", "client_id", "scope", "request"]);
    assert_eq!(all(url, "scope"), ["openid email"]);
    let (header, claims) = object(url);
    assert_eq!(header, json!({ "alg": "ES256", "kid": "client-ec", "typ": "oauth-authz-req+jwt" }));
    let text = |name: &str| claims[name].as_str().unwrap().to_owned();
    for fresh in ["jti", "state", "nonce", "code_challenge"] {
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(text(fresh)).unwrap().len(), 32, "{fresh}");
        assert!(!url.as_str().contains(&text(fresh)), "{fresh}");
    }
    let due = json!({
        "iss": "objects", "aud": "https://op.test", "iat": now, "nbf": now, "exp": now + 300,
        "jti": text("jti"), "state": text("state"), "nonce": text("nonce"),
        "code_challenge": text("code_challenge"), "code_challenge_method": "S256",
        "response_type": "code", "client_id": "objects", "redirect_uri": "https://rp.test/cb",
        "scope": "openid email", "max_age": 60, "ui_locales": "de en", "claims": asked,
        "resource": ["https://a.test/", "https://b.test/"], "audience": "api", "hd": "a&b",
    });
    assert_eq!(claims, due);
    assert_eq!(text("state"), started.pending.state().expose());
    let login = stage.finish(started);
    assert!(login.id_token().relaxations().is_empty());
}

#[test]
fn every_object_is_another_one_and_is_taken_once() {
    let mut stage = Stage::default();
    let one = stage.start(stage.client.start_login().request_object(signed()));
    let other = stage.start(stage.client.start_login().request_object(signed()));
    assert_ne!(object(&one.url).1["jti"], object(&other.url).1["jti"]);
    let url = one.url.clone();
    stage.finish(one);
    stage.finish(other);
    assert!(stage.error_page(&url).contains("used before"));
}

#[test]
fn every_algorithm_signs_what_the_provider_takes() {
    for jwk in private_jwks() {
        let algorithms: &[Algorithm] = match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
            (Some("RSA"), _) => &[Algorithm::RS256, Algorithm::PS256],
            (_, Some("P-256")) => &[Algorithm::ES256],
            (_, Some("Ed25519")) => &[Algorithm::EdDSA],
            _ => continue,
        };
        for algorithm in algorithms {
            let key = josekit_signing_key(jwk.to_string().as_bytes(), *algorithm).unwrap();
            let mut stage = Stage::default();
            let object = RequestObject::signed_by(key);
            let started = stage.start(stage.client.start_login().request_object(object));
            stage.finish(started);
        }
    }
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let mut stage = Stage::default();
        let secret = RequestObject::signed_by_secret(algorithm);
        let started = stage.start(stage.client.start_login().request_object(secret));
        let due = json!({ "alg": algorithm.as_str(), "typ": "oauth-authz-req+jwt" });
        assert_eq!(object(&started.url).0, due);
        stage.finish(started);
    }
}

#[test]
fn a_client_secret_signs_only_where_it_can() {
    let by = RequestObject::signed_by_secret;
    let mut stage = Stage::default();
    let start = stage.client.start_login().request_object(by(Algorithm::RS256));
    stage.refused(start, "misuse.request_object");
    let short =
        |secret: &'static str| Stage::registered(move |own| own.client_secret(secret).unwrap());
    let mut stage = short("fake-secret-of-32-bytes-and-more-");
    let start = stage.client.start_login().request_object(by(Algorithm::HS512));
    stage.refused(start, "misuse.short_secret");
    let start = stage.client.start_login().request_object(by(Algorithm::HS256));
    let _ = stage.start(start);
    let public = || relying_party::Registration::public("objects", "https://rp.test/cb").unwrap();
    let mut stage = Stage::registered(|_| public());
    let start = stage.client.start_login().request_object(by(Algorithm::HS256));
    stage.refused(start, "misuse.no_secret");
}

#[test]
fn q09_how_long_it_is_good_for_whom_and_as_what() {
    let seconds = Duration::from_secs;
    for (made, iat, exp) in [
        (signed(), 0, 300),
        (signed().lifetime(seconds(60)), 0, 60),
        (signed().lifetime(seconds(86_400)), 0, 3600),
        (signed().lifetime(Duration::ZERO), 0, 1),
        (signed().issued_before(seconds(5)), -5, 300),
        (signed().issued_before(seconds(500)), -60, 300),
        // FAPI 1.0 Advanced 5.2.2 (13): at most an hour from `nbf`.
        (signed().lifetime(seconds(3600)).issued_before(seconds(60)), -60, 3540),
        (signed().issued_before(seconds(60)).lifetime(seconds(86_400)), -60, 3540),
    ] {
        let mut stage = Stage::default();
        let now = stage.world.clock.now().seconds();
        let started = stage.start(stage.client.start_login().request_object(made));
        let (_, claims) = object(&started.url);
        let date = |name: &str| claims[name].as_i64().unwrap() - now;
        assert_eq!((date("iat"), date("nbf"), date("exp")), (iat, iat, exp));
        assert_eq!(claims.get("sub"), None);
        stage.finish(started);
    }
    let mut stage = Stage::default();
    let started = stage.start(stage.client.start_login().request_object(signed().without_type()));
    assert_eq!(object(&started.url).0, json!({ "alg": "ES256", "kid": "client-ec" }));
    stage.finish(started);
    let elsewhere = signed().audience("https://other.test");
    let started = stage.start(stage.client.start_login().request_object(elsewhere));
    assert_eq!(object(&started.url).1["aud"], "https://other.test");
    assert!(stage.error_page(&started.url).contains("iss or aud"));
    let started = stage.start(stage.client.start_login().request_object(signed()));
    stage.world.clock.advance(seconds(299));
    stage.finish(started);
    let started = stage.start(stage.client.start_login().request_object(signed()));
    stage.world.clock.advance(seconds(300));
    assert!(stage.error_page(&started.url).contains("exp or nbf"));
}

#[test]
fn q09_q10_no_parameter_speaks_for_the_token() {
    let mut stage = Stage::default();
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "request", "request_uri"] {
        let start = stage.client.start_login().parameter(name, "x");
        stage.refused(start.request_object(signed()), "misuse.parameter");
    }
    // In the address alone it says nothing.
    let _ = stage.start(stage.client.start_login().parameter("sub", "x"));
    let start = stage.client.start_login().parameter("subject", "x").request_object(signed());
    let _ = stage.start(start);
}

#[test]
fn q10_rfc9101_5_the_object_counts_alone_where_the_provider_follows_it() {
    let alone = RequestObjects { alone: true, required: true };
    let stage = || Stage::new(alone, |_| (), |own| own, Policy::default());
    for made in [signed(), signed().without_repeated_parameters()] {
        let mut stage = stage();
        let start = stage.client.start_login().login_hint("auto:bob").request_object(made);
        let started = stage.start(start);
        let login = stage.finish(started);
        assert_eq!(login.subject().sub(), "sub-bob-90125");
    }
    let mut stage = stage();
    let bare = signed().without_repeated_parameters();
    let started = stage.start(stage.client.start_login().request_object(bare.clone()));
    assert_eq!(names(&started.url), ["client_id", "request"]);
    // OpenID Connect's own providers want the others repeated.
    let mut stage = Stage::default();
    let started = stage.start(stage.client.start_login().request_object(bare));
    assert!(stage.error_page(&started.url).contains("not repeated"));
}

#[test]
fn plain_oauth_has_objects_too() {
    let mut stage = Stage::default();
    let start = stage.client.start_authorization().scope("email").request_object(signed());
    let StartedAuthorization { url, pending } = stage.start(start);
    assert_eq!(names(&url), ["response_type", "client_id", "request"]);
    let (_, claims) = object(&url);
    assert_eq!((&claims["scope"], claims.get("nonce")), (&json!("email"), None));
    let callback = stage.world.visit(&url).callback().unwrap();
    let finish = stage.client.finish_authorization(pending, callback);
    assert!(stage.world.run(finish).is_ok());
}

#[test]
fn a_reauthentication_has_its_hint_in_the_object() {
    let mut stage = Stage::default();
    let started = stage.start(stage.client.start_login());
    let hint = stage.finish(started).id_token().clone();
    stage.world.transport.clear();
    let start = stage.client.start_login().id_token_hint(&hint).request_object(signed());
    let started = stage.start(start);
    assert_eq!(object(&started.url).1["id_token_hint"], hint.raw().expose());
    assert!(!started.url.as_str().contains(hint.raw().expose()));
    stage.finish(started);
}

#[test]
fn a_remote_key_signs_the_object() {
    let mut stage = Stage::default();
    let start = || stage.client.start_login().request_object(signed_remotely());
    let way = stage.world.transport.clone();
    let vault = Signing(way.clone(), |signature| signature);
    let started = drive(start(), &vault, &mut stage.world.env).unwrap();
    assert_eq!(object(&started.url).0["kid"], "client-ec");
    let broken = Signing(way, |signature| signature[..63].to_vec());
    let error = drive(start(), &broken, &mut stage.world.env).err().unwrap();
    assert_eq!(error.code(), "signing.length");
    assert!(stage.world.transport.requests().is_empty());
    let start = start();
    stage.refused(start, "misuse.no_remote_signer");
    stage.finish(started);
}

#[test]
fn rfc9101_10_5_no_request_without_a_signed_object_where_one_is_required() {
    let required = RequestObjects { required: true, ..RequestObjects::default() };
    let by_provider = Stage::new(required, |_| (), |own| own, Policy::default());
    let by_client = Stage::registered(|own| own.require_signed_request_object());
    for mut stage in [by_provider, by_client] {
        let error = stage.refused(stage.client.start_login(), "misuse.request_object_required");
        assert!(error.hint().unwrap().contains("request_object"));
        let start = stage.client.start_authorization();
        stage.refused(start, "misuse.request_object_required");
        let unsigned = RequestObject::insecure_unsigned();
        let start = stage.client.start_login().request_object(unsigned);
        stage.refused(start, "misuse.request_object_required");
        let started = stage.start(stage.client.start_login().request_object(signed()));
        stage.finish(started);
    }
    let mut stage = Stage::default();
    let started = stage.start(stage.client.start_login());
    stage.finish(started);
}

#[test]
fn what_the_provider_says_it_cannot_is_not_tried() {
    type Edit = fn(&mut Value);
    let cases: [(Edit, bool); 6] = [
        (|metadata| metadata["request_parameter_supported"] = json!(false), false),
        (
            |metadata| metadata["request_object_signing_alg_values_supported"] = json!(["RS256"]),
            false,
        ),
        (|metadata| metadata["request_object_signing_alg_values_supported"] = json!([]), false),
        // Nothing said is no refusal.
        (|metadata| metadata["request_parameter_supported"] = Value::Null, true),
        (|metadata| metadata["request_object_signing_alg_values_supported"] = Value::Null, true),
        (|metadata| metadata["request_uri_parameter_supported"] = json!(false), true),
    ];
    for (edit, good) in cases {
        let mut stage = Stage::provider(edit);
        let start = stage.client.start_login().request_object(signed());
        match good {
            true => drop(stage.start(start)),
            false => drop(stage.refused(start, "misuse.not_offered")),
        }
        // Without an object nothing of that matters.
        let _ = stage.start(stage.client.start_login());
    }
}

#[test]
fn oidc_registration_2_only_the_registered_algorithm_signs() {
    for (registered, good) in [(Algorithm::RS256, false), (Algorithm::ES256, true)] {
        let mut stage = Stage::registered(|own| own.request_object_signing_alg(registered));
        let start = stage.client.start_login().request_object(signed());
        match good {
            true => drop(stage.start(start)),
            false => drop(stage.refused(start, "misuse.request_object")),
        }
    }
}

#[test]
fn a_changed_object_leads_nowhere() {
    let mut stage = Stage::default();
    let started = stage.start(stage.client.start_login().request_object(signed()));
    let token = &all(&started.url, "request")[0];
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    signature[10] ^= 1;
    let forged = format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
    let url = started.url.as_str().replace(token, &forged).parse().unwrap();
    assert!(stage.error_page(&url).contains("signature"));
    let url = started.url.as_str().replace("response_type=code", "response_type=token");
    assert!(stage.error_page(&url.parse().unwrap()).contains("differs"));
    let stranger = private_jwks()[4].to_string().replace("client-okp", "client-ec");
    let key = rustcrypto_signing_key(stranger.as_bytes(), Algorithm::EdDSA).unwrap();
    let other = RequestObject::signed_by(key);
    let of_another = stage.start(stage.client.start_login().request_object(other));
    assert!(stage.error_page(&of_another.url).contains("signature"));
    stage.finish(started);
}

#[test]
fn a_form_posts_what_an_address_cannot_hold() {
    let mut stage = Stage::default();
    let started = stage.start(stage.client.start_login().request_object(signed()));
    let page = stage.client.authorization_form(&started.url).unwrap();
    assert!(page.html().contains(&all(&started.url, "request")[0]));
}

#[test]
fn debug_shows_nothing_of_a_request() {
    let mut stage = Stage::default();
    let start = stage.client.start_login().login_hint("somebody").request_object(signed());
    let shown = format!("{start:?}");
    assert!(shown.contains("ES256") && !shown.contains("somebody"), "{shown}");
    let started = stage.start(start);
    let shown = format!("{started:?}");
    assert!(!shown.contains(started.pending.state().expose()), "{shown}");
}

/// Entropy that is a script.
struct Script(Clock, std::vec::IntoIter<u8>);

impl Env for Script {
    fn now(&mut self) -> UnixTime {
        self.0.now()
    }

    fn fill(&mut self, out: &mut [u8]) -> Result<(), Error> {
        out.fill(self.1.next().expect("one more draw"));
        Ok(())
    }
}

#[test]
fn q01_q02_a_generator_that_repeats_itself_gives_no_verifier_away() {
    let stage = Stage::default();
    // state, nonce, verifier, jti
    for (drawn, code) in [
        (vec![1, 2, 3, 4], None),
        (vec![1, 2, 3, 3], Some("entropy")),
        (vec![1, 2, 3, 0], Some("entropy")),
    ] {
        let mut env = Script(stage.world.clock.clone(), drawn.into_iter());
        let start = stage.client.start_login().request_object(signed());
        let result = drive(start, &stage.world.transport, &mut env);
        assert_eq!(result.err().map(|error| error.code()), code);
        assert!(stage.world.transport.requests().is_empty());
    }
}
