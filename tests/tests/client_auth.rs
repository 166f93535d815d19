//! How the client proves itself at which endpoint, with which method, and what is refused before anything is sent.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use relying_party::{
    Error, Flow, Policy, Registration,
    error::{ApiMisuse, Blame, ErrorKind},
    jose::{
        algorithm::Algorithm,
        signer::{SigningFailed, SigningKey},
    },
    protocol::registration::AuthMethod,
    secret::AccessToken,
};
use relying_party_tests::{
    op::{ClientAuthMethod, es256_private_jwk},
    proof::{Setting, claims, decode, ec_key},
};
use serde_json::{Value, json};

fn token() -> AccessToken {
    AccessToken::new("unknown-but-well-formed").unwrap()
}

#[test]
fn client_secret_jwt_never_sends_the_secret() {
    for (chosen, name) in
        [(None, "HS256"), (Some(Algorithm::HS384), "HS384"), (Some(Algorithm::HS512), "HS512")]
    {
        let mut setting = Setting::default();
        let mut registration = setting
            .registration("secret-jwt")
            .token_endpoint_auth_method(AuthMethod::ClientSecretJwt);
        if let Some(algorithm) = chosen {
            registration = registration.token_endpoint_auth_signing_alg(algorithm);
        }
        let client = setting.discover(registration).unwrap();
        setting.world.run(client.client_credentials()).unwrap();
        let sent = setting.last();
        assert_eq!(sent.assertion().0, json!({ "alg": name }));
        assert!(!format!("{sent:?}").contains("fake-secret"), "{sent:?}");
        setting.world.login(&client).unwrap();
    }
}

#[test]
fn h20_what_cannot_prove_anything_is_found_when_the_client_is_made() {
    let method = |method| {
        move |registration: Registration| {
            Ok::<_, Error>(Registration::token_endpoint_auth_method(registration, method))
        }
    };
    type Change = Box<dyn Fn(Registration) -> Result<Registration, Error>>;
    let secret = |length: usize| {
        Registration::confidential("c", "x".repeat(length), "https://rp.test/cb").unwrap()
    };
    let public = || Registration::public("c", "https://rp.test/cb").unwrap();
    let jwt = AuthMethod::ClientSecretJwt;
    let alg = |algorithm: Algorithm| -> Change {
        Box::new(move |registration| {
            Ok(registration
                .token_endpoint_auth_method(jwt)
                .token_endpoint_auth_signing_alg(algorithm))
        })
    };
    let key_and_alg: Change = Box::new(|registration| {
        Ok(registration.private_key_jwt(ec_key()).token_endpoint_auth_signing_alg(Algorithm::RS256))
    });
    let elsewhere: Change = Box::new(|registration| {
        Ok(registration.introspection_endpoint_auth_method(AuthMethod::PrivateKeyJwt))
    });
    for (registration, change, code) in [
        (public(), Box::new(method(jwt)) as Change, "misuse.no_secret"),
        (public(), Box::new(method(AuthMethod::ClientSecretPost)), "misuse.no_secret"),
        (secret(31), Box::new(method(jwt)), "misuse.short_secret"),
        (secret(47), alg(Algorithm::HS384), "misuse.short_secret"),
        (secret(99), alg(Algorithm::ES256), "misuse.signing_key"),
        (secret(99), Box::new(method(AuthMethod::PrivateKeyJwt)), "misuse.no_signing_key"),
        (public(), key_and_alg, "misuse.signing_key"),
        (public(), elsewhere, "misuse.no_signing_key"),
    ] {
        let mut setting = Setting::default();
        let error = setting.discover(change(registration).unwrap()).unwrap_err();
        assert_eq!((error.code(), error.blame()), (code, Blame::Configuration));
    }
    let mut setting = Setting::default();
    let same = public().private_key_jwt(ec_key());
    assert!(setting.discover(same.token_endpoint_auth_signing_alg(Algorithm::ES256)).is_ok());
    assert!(setting.discover(method(jwt)(secret(32)).unwrap()).is_ok());
}

#[test]
fn a_method_that_is_not_listed_is_refused_when_the_client_is_made() {
    let post = |setting: &Setting| {
        setting.registration("post").token_endpoint_auth_method(AuthMethod::ClientSecretPost)
    };
    for list in
        [json!(["client_secret_basic", "private_key_jwt"]), json!(["none"]), Value::Null, json!([])]
    {
        let mut setting = Setting::default();
        setting.lists(list.clone(), Value::Null, Value::Null);
        let error = setting.discover(post(&setting)).unwrap_err();
        assert_eq!(error.code(), "misuse.auth_method", "{list}");
        assert!(error.hint().unwrap().contains("auth_methods_even_if_unlisted"));
        match error.kind() {
            ErrorKind::Misuse(ApiMisuse::AuthMethod { method, endpoint }) => {
                assert_eq!((*method, *endpoint), ("client_secret_post", "token_endpoint"));
            }
            other => panic!("{other:?}"),
        }
        let client = setting.discover(post(&setting).auth_methods_even_if_unlisted()).unwrap();
        setting.world.run(client.client_credentials()).unwrap();
        assert!(setting.last().one("client_secret").is_some());
    }
}

#[test]
fn a_public_client_is_in_no_list_and_basic_in_an_absent_one() {
    for (list, client_id) in [
        (json!(["client_secret_basic"]), "public"),
        (json!(["private_key_jwt"]), "public"),
        (Value::Null, "public"),
        (Value::Null, "rs256"),
        (json!([]), "rs256"),
    ] {
        let mut setting = Setting::default();
        setting.lists(list, Value::Null, Value::Null);
        let client = setting.discover(setting.registration(client_id)).unwrap();
        setting.world.login(&client).unwrap();
    }
}

#[test]
fn each_endpoint_has_a_method_of_its_own() {
    let mut setting = Setting::default();
    let all = json!(["client_secret_post", "client_secret_basic"]);
    setting.lists(all.clone(), all.clone(), all);
    let registration = setting
        .registration("rs256")
        .introspection_endpoint_auth_method(AuthMethod::ClientSecretPost)
        .revocation_endpoint_auth_method(AuthMethod::None);
    let client = setting.discover(registration).unwrap();
    setting.world.run(client.client_credentials()).unwrap();
    let sent = setting.last();
    assert!(sent.authorization.is_some() && sent.one("client_secret").is_none());
    // The provider knows one method of a client, so it refuses these; what was sent is what counts.
    setting.invalid_client(client.introspect(&token(), None));
    let sent = setting.last();
    assert_eq!(sent.path, "/introspect");
    assert!(sent.authorization.is_none() && sent.one("client_secret").is_some());
    setting.invalid_client(client.revoke(&token(), None));
    let sent = setting.last();
    assert_eq!((&*sent.path, sent.one("client_id")), ("/revoke", Some("rs256")));
    assert!(sent.authorization.is_none() && sent.one("client_secret").is_none());
    let asked = client.registration().pushed_authorization_request_auth_method();
    assert_eq!(asked, None);
}

#[test]
fn other_endpoints_refuse_what_they_do_not_list_at_the_call() {
    let mut setting = Setting::default();
    let (basic, post) = (json!(["client_secret_basic"]), json!(["client_secret_post"]));
    setting.lists(basic.clone(), post.clone(), post);
    // Chosen by the library: from the list of each endpoint.
    let client = setting.discover(setting.registration("rs256")).unwrap();
    setting.invalid_client(client.introspect(&token(), None));
    assert!(setting.last().one("client_secret").is_some());
    // Chosen by the application: as said, or not at all.
    let basic =
        setting.registration("rs256").token_endpoint_auth_method(AuthMethod::ClientSecretBasic);
    let client = setting.discover(basic.clone()).unwrap();
    setting.refused(client.introspect(&token(), None), "misuse.auth_method");
    setting.refused(client.revoke(&token(), None), "misuse.auth_method");
    setting.world.run(client.client_credentials()).unwrap();
    let client = setting.discover(basic.auth_methods_even_if_unlisted()).unwrap();
    setting.world.run(client.introspect(&token(), None)).unwrap();
    setting.world.run(client.revoke(&token(), None)).unwrap();
}

/// RFC 8414 2: without a list the revocation endpoint takes Basic, and of introspection nothing is known.
#[test]
fn absent_lists_of_other_endpoints() {
    let mut setting = Setting::default();
    let post = AuthMethod::ClientSecretPost;
    let registration = setting.registration("post").token_endpoint_auth_method(post);
    let client = setting.discover(registration.clone()).unwrap();
    setting.world.run(client.introspect(&token(), None)).unwrap();
    setting.world.run(client.revoke(&token(), None)).unwrap();
    let chosen =
        registration.introspection_endpoint_auth_method(post).revocation_endpoint_auth_method(post);
    let client = setting.discover(chosen.clone()).unwrap();
    setting.world.run(client.introspect(&token(), None)).unwrap();
    setting.refused(client.revoke(&token(), None), "misuse.auth_method");
    let client = setting.discover(chosen.auth_methods_even_if_unlisted()).unwrap();
    setting.world.run(client.revoke(&token(), None)).unwrap();
}

#[test]
fn a_certificate_goes_to_the_aliases() {
    for method in [AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTlsClientAuth] {
        let mut setting = Setting::default();
        let registration = setting.registration("mtls").token_endpoint_auth_method(method);
        let client = setting.discover(registration).unwrap();
        let login = setting.world.login(&client).unwrap();
        let access_token = login.tokens().access_token();
        let (subject, token) = (login.id_token().subject(), access_token);
        setting.world.run(client.user_info(token, subject)).unwrap();
        assert!(setting.world.run(client.introspect(token, None)).unwrap().is_active());
        let _ = setting.world.run(client.start_device_login()).unwrap();
        setting.world.run(client.revoke(token, None)).unwrap();
        let sent = setting.sent.lock().unwrap();
        let paths: Vec<_> = sent.iter().map(|sent| (&*sent.host, &*sent.path)).collect();
        let host = "mtls.op.test";
        let due = ["/token", "/userinfo", "/introspect", "/device_authorization", "/revoke"];
        assert_eq!(paths, due.map(|path| (host, path)));
        for sent in sent.iter().filter(|sent| sent.path != "/userinfo") {
            assert_eq!(sent.one("client_id"), Some("mtls"), "{sent:?}");
            assert!(sent.authorization.is_none() && sent.one("client_assertion").is_none());
        }
    }
    // Others stay where they are, and so do endpoints without an alias.
    let mut setting = Setting::default();
    let client = setting.discover(setting.registration("rs256")).unwrap();
    setting.world.run(client.client_credentials()).unwrap();
    assert_eq!(setting.last().host, "op.test");
    setting.world.op.edit("/openid-configuration", |document| {
        document["mtls_endpoint_aliases"] = json!({ "token_endpoint": null });
    });
    let method = AuthMethod::TlsClientAuth;
    let client = setting.discover(setting.registration("mtls").token_endpoint_auth_method(method));
    setting.invalid_client(client.unwrap().client_credentials());
    assert_eq!(setting.last().host, "op.test");
}

#[test]
fn an_alias_that_is_no_address_refuses_the_metadata() {
    let mut setting = Setting::default();
    setting.world.op.edit("/openid-configuration", |document| {
        document["mtls_endpoint_aliases"]["token_endpoint"] = "http://op.test/token".into();
    });
    let error = setting.discover(setting.registration("rs256")).unwrap_err();
    assert_eq!(error.code(), "metadata.address");
}

#[test]
fn a_secret_that_is_a_jwt_is_made_for_each_request() {
    let mut setting = Setting::default();
    let signed = setting.registration("team").signed_client_secret(ec_key());
    let own = claims().issuer("TEAM123456").lifetime(Duration::from_secs(300));
    let client = setting.discover(signed.clone().assertion_claims(own)).unwrap();
    let now = setting.world.clock.now().seconds();
    let mut secrets = Vec::new();
    for _ in 0..2 {
        setting.world.run(client.client_credentials()).unwrap();
        let sent = setting.last();
        assert_eq!((sent.one("client_id"), sent.one("client_assertion")), (Some("team"), None));
        let secret = sent.one("client_secret").unwrap().to_owned();
        let (header, payload) = decode(&secret);
        assert_eq!(header, json!({ "alg": "ES256", "kid": "client-ec" }));
        assert_eq!((&payload["iss"], &payload["sub"]), (&json!("TEAM123456"), &json!("team")));
        assert_eq!(payload["aud"], "https://op.test");
        assert_eq!((&payload["iat"], &payload["exp"]), (&json!(now), &json!(now + 300)));
        secrets.push(secret);
    }
    assert_ne!(secrets[0], secrets[1]);
    setting.world.login(&client).unwrap();
    // Of no team.
    let client = setting.discover(signed).unwrap();
    setting.invalid_client(client.client_credentials());
}

#[test]
fn a_secret_of_the_moment() {
    let mut setting = Setting::default();
    let good = setting.world.op.config().clients.iter().find(|c| c.client_id == "post").unwrap();
    let good = good.client_secret.clone().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let supply = {
        let asked = asked.clone();
        move |now: relying_party::time::UnixTime| {
            asked.lock().unwrap().push(now);
            if asked.lock().unwrap().len() > 1 { Err(SigningFailed) } else { Ok(good.clone()) }
        }
    };
    let registration = Registration::service("post").unwrap().client_secret_from(supply);
    let client = setting.discover(registration).unwrap();
    setting.world.run(client.client_credentials()).unwrap();
    setting.refused(client.client_credentials(), "signing.failed");
    assert_eq!(*asked.lock().unwrap(), [setting.world.clock.now(); 2]);
    for bad in ["", "a\nb"] {
        let registration = Registration::service("post").unwrap();
        let registration = registration.client_secret_from(move |_| Ok(bad.to_owned()));
        let client = setting.discover(registration).unwrap();
        let error = setting.refused(client.client_credentials(), "signing.credential");
        assert_eq!(error.blame(), Blame::Configuration);
    }
}

#[test]
fn credentials_of_one_request() {
    let mut setting = Setting::default();
    let client = setting.discover(setting.registration("public")).unwrap();
    setting.refused(client.client_credentials(), "misuse.no_secret");
    let good = setting.world.op.config().clients.iter().find(|c| c.client_id == "post").unwrap();
    let good = good.client_secret.clone().unwrap();
    setting.world.run(client.client_credentials().credentials("post", &good)).unwrap();
    let sent = setting.last();
    assert_eq!((sent.one("client_id"), sent.one("client_secret")), (Some("post"), Some(&*good)));
    assert_eq!(sent.form.iter().filter(|(name, _)| name == "client_id").count(), 1);
    setting.invalid_client(client.client_credentials().credentials("post", "wrong"));
    for (id, secret) in [("", "s"), ("i\n", "s"), ("i", ""), ("i", "s\u{e9}")] {
        let flow = client.client_credentials().credentials(id, secret);
        assert!(!format!("{flow:?}").contains("s\u{e9}"));
        setting.refused(flow, "misuse.characters");
    }
    // A client with a method of its own: never two proofs.
    let client = setting.key_client(claims());
    setting.world.run(client.client_credentials().credentials("post", &good)).unwrap();
    assert_eq!(setting.last().one("client_assertion"), None);
}

#[test]
fn a_service_has_no_redirect_uri_and_starts_no_login() {
    let mut setting = Setting::default();
    let secret = setting.world.op.config().clients.iter().find(|c| c.client_id == "rs256").unwrap();
    let secret = secret.client_secret.clone().unwrap();
    let registration = Registration::service("rs256").unwrap().client_secret(secret).unwrap();
    let client = setting.discover(registration).unwrap();
    setting.world.run(client.client_credentials()).unwrap();
    assert_eq!(client.registration().redirect_uri(), "");
    let error = setting.refused(client.start_login(), "misuse.no_redirect_uri");
    assert!(error.hint().unwrap().contains("Registration::public"));
    let public = Registration::public("public", "https://rp.test/callback").unwrap();
    let client = setting.discover(public).unwrap();
    let _ = setting.world.run(client.start_login()).unwrap();
    assert_eq!(Registration::service("").unwrap_err().code(), "misuse.characters");
}

#[test]
fn z03_no_key_secret_or_assertion_is_ever_shown() {
    let mut setting = Setting::default();
    let secret = es256_private_jwk()["d"].as_str().unwrap().to_owned();
    let registration = setting.registration("key-jwt").private_key_jwt(ec_key());
    let client = setting.discover(registration.clone()).unwrap();
    let mut shown = format!("{registration:?} {client:?} {:?}", ec_key());
    let mut env = setting.world.env.clone();
    let step = client.client_credentials().start(&mut env).unwrap();
    shown += &format!("{step:?}");
    let key = SigningKey::remote("the vault's key", Algorithm::ES256, None).unwrap();
    let registration = setting.registration("key-jwt").private_key_jwt(key);
    let step = setting.discover(registration).unwrap().client_credentials();
    shown += &format!("{:?}", step.start(&mut env).unwrap());
    let supplied = setting.registration("post").client_secret_from(|_| Ok("hush-hush".to_owned()));
    let given = setting.registration("post").client_assertion("hush-hush");
    shown += &format!("{supplied:?} {given:?}");
    for hidden in [&*secret, "hush-hush", "eyJh"] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
    // Not because nothing at all is shown.
    assert!(shown.contains("client-ec") && shown.contains("ES256"));
}

#[test]
fn the_embedded_provider_takes_one_method_of_a_client_and_no_other() {
    let mut setting = Setting::default();
    let config = setting.world.op.config().clone();
    assert!(config.clients.iter().any(|c| c.auth_method == ClientAuthMethod::PrivateKeyJwt));
    let secret = "x".repeat(64);
    let registration = Registration::confidential("key-jwt", secret, "https://rp.test/cb").unwrap();
    let hmac = registration.clone().token_endpoint_auth_method(AuthMethod::ClientSecretJwt);
    for registration in [registration, hmac] {
        let client = setting.discover(registration).unwrap();
        setting.invalid_client(client.client_credentials());
    }
    let policy = Policy::default();
    let public = setting.world.discover("key-jwt", policy).unwrap();
    let introspect = public.introspect(&token(), None).insecure_as_public_client();
    setting.invalid_client(introspect);
    assert_eq!(setting.last().path, "/introspect");
}

/// A secret without a method: Basic, or what the endpoint lists instead. Nothing listed that a secret can do is an error.
#[test]
fn without_a_method_that_is_offered_there_is_no_default() {
    for (list, method) in [
        (json!(["client_secret_post", "client_secret_basic"]), Some(true)),
        (json!(["private_key_jwt", "client_secret_basic"]), Some(true)),
        (json!(["private_key_jwt"]), None),
        (json!(["client_secret_jwt", "tls_client_auth"]), None),
    ] {
        let mut setting = Setting::default();
        setting.lists(list.clone(), Value::Null, Value::Null);
        match (setting.discover(setting.registration("rs256")), method) {
            (Ok(client), Some(basic)) => {
                setting.world.run(client.client_credentials()).unwrap();
                assert_eq!(setting.last().authorization.is_some(), basic, "{list}");
            }
            (Err(error), None) => assert_eq!(error.code(), "misuse.auth_method", "{list}"),
            (result, _) => panic!("{list}: {:?}", result.map(drop)),
        }
    }
    let mut setting = Setting::default();
    setting.lists(json!(["client_secret_post"]), Value::Null, Value::Null);
    let client = setting.discover(setting.registration("post")).unwrap();
    setting.world.run(client.client_credentials()).unwrap();
    assert!(setting.last().one("client_secret").is_some());
}
