//! GenAuth, against a stand-in with its paths and its ways: HMAC under the app secret, userinfo by POST and full of
//! nulls, revocation with an empty answer, its own validation and logout addresses.

use std::time::Duration;

use relying_party::{
    Client, Error, Login, Policy,
    error::{Blame, ErrorKind, OAuthError, Purpose},
    jose::algorithm::Algorithm,
    profile::genauth::{
        self, GenAuthToken, expert_logout_url, insecure_validate_token, introspect_token_offline,
        logout_url,
    },
    protocol::{authorization::ResponseMode, registration::AuthMethod, user_info::UserInfoMethod},
    secret::{AccessToken, RawToken},
};
use relying_party_tests::{
    op::{Alg, ClientAuthMethod, OpResponse, base64url},
    profiled::Stand,
    scenario::crypto,
};
use serde_json::{Value, json};

const HOST: &str = "tenant.genauth.test";
const APP: &str = "hs256";

/// A generation of its paths, below `oidc` or `oauth`.
const OIDC: [(&str, &str); 7] = [
    ("/oidc/auth", "/authorize"),
    ("/oidc/token", "/token"),
    ("/oidc/me", "/userinfo"),
    ("/oidc/token/introspection", "/introspect"),
    ("/oidc/token/revocation", "/revoke"),
    ("/oidc/session/end", "/end_session"),
    ("/oidc/.well-known/jwks.json", "/jwks"),
];
const OAUTH: [(&str, &str); 5] = [
    ("/oauth/auth", "/authorize"),
    ("/oauth/token", "/token"),
    ("/oauth/me", "/userinfo"),
    ("/oauth/token/introspection", "/introspect"),
    ("/oauth/token/revocation", "/revoke"),
];

fn stand(
    profile: relying_party::profile::Profile,
    paths: &[(&'static str, &'static str)],
) -> Stand {
    let stand = Stand::with(profile, APP, |config| {
        config.paths = paths.to_vec();
        config.authorization_response_iss_parameter_supported = false;
        config.signed_access_tokens = Some((Alg::Rs256, APP.into()));
        let app = config.clients.iter_mut().find(|client| client.client_id == APP).unwrap();
        app.auth_method = ClientAuthMethod::ClientSecretPost;
    });
    // Only POST, and claims that nobody knows are null.
    stand.world.op.intercept("/me", |request, answer| {
        if request.method != "POST" {
            *answer = OpResponse::new(404, "text/plain", "no such page");
            return;
        }
        let mut claims = answer.document();
        for name in ["nickname", "birthdate", "zoneinfo", "email"] {
            claims[name] = Value::Null;
        }
        claims["address"] = json!({ "country": null, "postal_code": null, "formatted": null });
        claims["updated_at"] = "2024-05-06T07:08:09.123Z".into();
        answer.body = claims.to_string().into_bytes();
    });
    stand
}

fn oidc() -> Stand {
    // The default of OIDC Registration 2: nothing was chosen.
    let mut stand = stand(genauth::oidc(HOST).unwrap(), &OIDC);
    stand.registration = stand.registration.clone().id_token_signed_response_alg(Algorithm::RS256);
    stand
}

/// The same endpoints, and nothing of the profile.
fn strict(stand: &Stand, client: &Client) -> Client {
    let own = stand.registration.clone();
    Client::new(client.metadata().clone(), own, crypto(), Policy::default()).unwrap()
}

fn logged_in(stand: &mut Stand) -> (Client, Login) {
    let client = stand.under();
    let login = stand.accepted(&client, &[]);
    stand.world.transport.clear();
    (client, login)
}

#[test]
fn genauth_logs_in_at_fixed_paths_without_discovery() {
    let mut stand = oidc();
    let client = stand.under();
    assert!(stand.world.op.transcript().is_empty());
    let started = stand.world.run(client.start_login()).unwrap();
    assert!(started.url.as_str().starts_with("https://tenant.genauth.test/oidc/auth?"));
    let callback = stand.world.visit(&started.url).callback().unwrap();
    let finish = client.finish_login(started.pending, callback).with_user_info();
    let login = stand.world.run(finish).unwrap();
    assert_eq!(stand.world.transport.requests(), ["POST /oidc/token", "POST /oidc/me"]);
    assert_eq!(login.subject().issuer(), "https://tenant.genauth.test/oidc");

    let claims = login.user_info().unwrap().claims();
    assert_eq!(claims.claim::<String>("nickname").unwrap(), None);
    let updated = claims.claim::<String>("updated_at").unwrap();
    assert_eq!(updated.as_deref(), Some("2024-05-06T07:08:09.123Z"));

    let token = login.tokens().refresh_token().unwrap();
    stand.world.run(client.refresh(token, &login.record())).unwrap();
    for host in ["", "a/b", "a@b.test"] {
        assert_eq!(genauth::oidc(host).unwrap_err().code(), "misuse.issuer", "{host}");
        assert_eq!(genauth::oauth(host).unwrap_err().code(), "misuse.issuer", "{host}");
    }
}

#[test]
fn h04_t10_genauth_is_refused_without_the_profile() {
    let mut stand = oidc();
    let client = stand.under();
    // No discovery where OIDC Discovery 4.1 looks for it: these paths are all there is.
    stand.world.op.intercept("/openid-configuration", |_, answer| answer.status = 404);
    let issuer = stand.profile.issuer().to_owned();
    assert_eq!(stand.strict_at(&issuer).unwrap_err().code(), "response.status");
    assert_eq!(stand.world.transport.requests().len(), 1);
    // Basic.
    let basic = strict(&stand, &client);
    stand.refused(&basic, "provider.error");
    // RS256.
    let own = stand.registration.clone().token_endpoint_auth_method(AuthMethod::ClientSecretPost);
    stand.registration = own.auth_methods_even_if_unlisted();
    let post = strict(&stand, &client);
    stand.refused(&post, "token.algorithm");
    // GET.
    let own = stand.registration.clone().id_token_signed_response_alg(Algorithm::HS256);
    stand.registration = own;
    let get = strict(&stand, &client);
    let login = stand.accepted(&get, &[]);
    stand.world.transport.clear();
    let read = |client: &Client| client.user_info(login.tokens().access_token(), login.subject());
    assert_eq!(stand.world.run(read(&get)).unwrap_err().code(), "response.status");
    assert_eq!(stand.world.transport.requests(), ["GET /oidc/me"]);
    assert!(stand.world.run(read(&get).method(UserInfoMethod::Post)).is_ok());
    assert!(stand.world.run(read(&client)).is_ok());
}

#[test]
fn genauth_looks_tokens_up_and_takes_them_back_with_an_empty_answer() {
    let mut stand = oidc();
    let (client, login) = logged_in(&mut stand);
    let token = login.tokens().access_token();
    assert!(stand.world.run(client.introspect(token, None)).unwrap().is_active());
    stand.world.op.intercept("/revocation", |_, answer| assert!(answer.body.is_empty()));
    stand.world.run(client.revoke(token, None)).unwrap();
    assert!(!stand.world.run(client.introspect(token, None)).unwrap().is_active());
    let due = [
        "POST /oidc/token/introspection",
        "POST /oidc/token/revocation",
        "POST /oidc/token/introspection",
    ];
    assert_eq!(stand.world.transport.requests(), due);
    // The secret is in the form at each of them.
    let sent = stand.world.op.transcript();
    let to = |path: &str| sent.iter().filter(|line| line.contains(path)).collect::<Vec<_>>();
    for line in to("/oidc/token") {
        assert!(line.contains("client_secret=") && !line.contains("authorization=Basic"), "{line}");
    }
    // What the provider refuses is refused.
    stand.world.op.intercept("/revocation", |_, answer| {
        *answer = OpResponse::json(401, &json!({ "error": "invalid_client" }));
    });
    assert_eq!(stand.world.run(client.revoke(token, None)).unwrap_err().code(), "provider.error");
}

#[test]
fn h04_genauth_may_be_told_to_sign_with_rs256() {
    let profile = genauth::oidc(HOST).unwrap();
    let mut stand = Stand::with(profile.clone(), APP, |config| {
        config.paths = OIDC.to_vec();
        config.authorization_response_iss_parameter_supported = false;
        let app = config.clients.iter_mut().find(|client| client.client_id == APP).unwrap();
        app.auth_method = ClientAuthMethod::ClientSecretPost;
        app.id_token_signed_response_alg = Alg::Rs256;
    });
    let hmac = stand.under();
    stand.refused(&hmac, "token.algorithm");
    stand.profile = profile.id_token_signed_response_alg(Algorithm::RS256);
    let client = stand.under();
    stand.accepted(&client, &[]);
}

#[test]
fn genauth_has_access_keys_of_their_own() {
    let mut stand = oidc();
    let client = stand.under();
    let secret = "fake-s3cr:t &%+=~\"\\/?#<>-0123456789";
    let request = client.client_credentials().scope("api").credentials("post", secret);
    assert!(stand.world.run(request).is_ok());
    let wrong = client.client_credentials().scope("api").credentials("post", "wrong");
    assert_eq!(stand.world.run(wrong).unwrap_err().code(), "provider.error");
}

#[test]
fn genauth_as_plain_oauth_asks_for_the_scope_user() {
    let mut stand = stand(genauth::oauth(HOST).unwrap(), &OAUTH);
    let client = stand.under();
    let scope_of = |url: &url::Url| {
        let mut pairs = url.query_pairs().into_owned();
        pairs.find(|(name, _)| name == "scope").map(|(_, value)| value)
    };
    let started = stand.world.run(client.start_authorization()).unwrap();
    assert_eq!(started.url.path(), "/oauth/auth");
    assert_eq!(scope_of(&started.url).as_deref(), Some("user"));
    let callback = stand.world.visit(&started.url).callback().unwrap();
    let finish = client.finish_authorization(started.pending, callback);
    let authorized = stand.world.run(finish).unwrap();
    assert_eq!(authorized.tokens().scope(), ["user"]);
    let read = client.insecure_unbound_user_info(authorized.tokens().access_token());
    assert!(stand.world.run(read).is_ok());
    assert_eq!(stand.world.transport.requests(), ["POST /oauth/token", "POST /oauth/me"]);
    // Asked for something, nothing is added; and nobody logs in so.
    let own = stand.world.run(client.start_authorization().scope("api")).unwrap();
    assert_eq!(scope_of(&own.url).as_deref(), Some("api"));
    stand.world.transport.clear();
    let refused = stand.world.run(client.start_login()).err().unwrap();
    assert_eq!(refused.code(), "misuse.no_id_tokens");
    let refused = expert_logout_url(&client, None, None).unwrap_err();
    assert_eq!(refused.code(), "misuse.no_such_endpoint");
    // Without the profile no scope is asked for.
    let policy = Policy::default().without_id_tokens();
    let own = stand.registration.clone();
    let strict = Client::new(client.metadata().clone(), own, crypto(), policy).unwrap();
    let started = stand.world.run(strict.start_authorization()).unwrap();
    assert_eq!(scope_of(&started.url), None);
    assert!(stand.world.transport.requests().is_empty());
}

/// The provider's answer to a question about a token, with what was asked.
fn validated(
    kind: &str,
    status: u16,
    change: impl Fn(&mut Value) + Send + Sync + 'static,
) -> (Result<Value, Error>, String) {
    let mut stand = oidc();
    let (client, login) = logged_in(&mut stand);
    let now = stand.world.clock.now().seconds();
    stand.world.op.intercept("/api/v2/oidc/validate_token", move |_, answer| {
        let mut document = json!({
            "iss": "https://tenant.genauth.test/oidc", "aud": APP, "sub": "sub-alice", "iat": now,
            "exp": now + 60, "nickname": null,
        });
        change(&mut document);
        *answer = OpResponse::json(status, &document);
    });
    stand.world.op.clear_transcript();
    let token = match kind {
        "id_token" => GenAuthToken::IdToken(login.id_token().raw()),
        _ => GenAuthToken::AccessToken(login.tokens().access_token()),
    };
    let flow = insecure_validate_token(&client, token);
    assert!(!format!("{flow:?} {token:?}").contains("eyJ"));
    let result = stand.world.run(flow);
    assert_eq!(stand.world.transport.requests(), ["GET /api/v2/oidc/validate_token"]);
    let line = stand.world.op.transcript().remove(0);
    (result.map(|valid| serde_json::from_str(valid.claims().as_json()).unwrap()), line)
}

#[test]
fn genauth_says_whether_it_stands_by_a_token() {
    for kind in ["id_token", "access_token"] {
        let (claims, line) = validated(kind, 200, |_| ());
        assert_eq!(claims.unwrap()["sub"], "sub-alice");
        assert!(line.contains(&format!("/api/v2/oidc/validate_token?{kind}=eyJ")), "{line}");
        assert!(!line.contains("authorization=Bearer"), "{line}");
        let message = format!("{kind} is invalid");
        let refusal = json!({ "code": 400, "message": message });
        let refused = refusal.clone();
        let (result, _) = validated(kind, 200, move |document| *document = refused.clone());
        let error = result.unwrap_err();
        assert_eq!((error.code(), error.blame()), ("provider.error", Blame::Provider));
        let ErrorKind::Provider(OAuthError { endpoint, status, error, description }) = error.kind()
        else {
            panic!("{error:?}")
        };
        assert_eq!((*endpoint, *status), (Purpose::Introspection, Some(200)));
        assert_eq!((error.as_str(), description.as_ref().unwrap().as_str()), ("400", &*message));
        let (result, _) = validated(kind, 400, move |document| *document = refusal.clone());
        assert_eq!(result.unwrap_err().code(), "response.status");
    }
}

#[test]
fn u17_a_token_of_another_app_is_none_here() {
    type Change = fn(&mut Value);
    let cases: [(Change, &str); 8] = [
        (|d| d["aud"] = "another-app".into(), "claim.aud.mismatch"),
        (|d| drop(d.as_object_mut().unwrap().remove("aud")), "claim.aud.missing"),
        (|d| d["iss"] = "https://other.genauth.test/oidc".into(), "claim.iss.mismatch"),
        (|d| drop(d.as_object_mut().unwrap().remove("iss")), "claim.iss.missing"),
        (|d| d["exp"] = 1_700_000_000.into(), "claim.exp.expired"),
        (|d| drop(d.as_object_mut().unwrap().remove("exp")), "claim.exp.missing"),
        (|d| *d = json!([]), "json.type"),
        (|d| *d = json!({ "error": "invalid_token" }), "provider.error"),
    ];
    for (change, code) in cases {
        let error = validated("access_token", 200, change).0.expect_err(code);
        assert_eq!(error.code(), code, "{error}");
    }
    assert!(validated("access_token", 200, |d| d["aud"] = json!([APP, "api"])).0.is_ok());
}

#[test]
fn h16_genauth_access_tokens_are_validated_offline() {
    let mut stand = oidc();
    let (client, login) = logged_in(&mut stand);
    let token = login.tokens().access_token();
    let valid = stand.world.run(introspect_token_offline(&client, token)).unwrap();
    assert_eq!(valid.client_id(), Some(APP));
    assert_eq!(stand.world.transport.requests(), ["GET /oidc/.well-known/jwks.json"]);
    // An ID token is under another algorithm, and none.
    let other = AccessToken::new(login.id_token().raw().expose()).unwrap();
    let refused = stand.world.run(introspect_token_offline(&client, &other)).unwrap_err();
    assert_eq!(refused.code(), "token.algorithm");
    stand.world.clock.advance(Duration::from_secs(4000));
    let refused = stand.world.run(introspect_token_offline(&client, token)).unwrap_err();
    assert_eq!(refused.code(), "claim.exp.expired");
}

#[test]
fn genauth_has_two_logouts_with_encoded_values() {
    let mut stand = oidc();
    let (client, login) = logged_in(&mut stand);
    let (hint, bye) = (login.id_token().raw(), "https://rp.test/bye?a=1&b=%20");
    let text = |url: Result<url::Url, Error>| url.map(String::from).map_err(|error| error.code());
    let ordinary = "https://tenant.genauth.test/login/profile/logout";
    assert_eq!(text(logout_url(&client, None)).unwrap(), ordinary);
    let due = format!("{ordinary}?redirect_uri=https%3A%2F%2Frp.test%2Fbye%3Fa%3D1%26b%3D%2520");
    assert_eq!(text(logout_url(&client, Some(bye))).unwrap(), due);
    for bad in ["", "/bye", "javascript:alert(1)", "https://rp.test/bye#x"] {
        assert_eq!(text(logout_url(&client, Some(bad))), Err("misuse.redirect_uri"), "{bad}");
        let expert = expert_logout_url(&client, Some(hint), Some(bad));
        assert_eq!(text(expert), Err("misuse.redirect_uri"), "{bad}");
    }
    let foreign =
        format!("{}.{}.", base64url(b"{}"), base64url(b"{\"iss\":\"https://other.test\"}"));
    let expert = expert_logout_url(&client, Some(&RawToken::new(foreign).unwrap()), Some(bye));
    assert_eq!(text(expert), Err("misuse.other_client"));

    let expert = "https://tenant.genauth.test/oidc/session/end";
    assert_eq!(text(expert_logout_url(&client, None, None)).unwrap(), expert);
    let url = expert_logout_url(&client, Some(hint), Some(bye)).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let due = [pair("id_token_hint", hint.expose()), pair("post_logout_redirect_uri", bye)];
    assert_eq!(pairs, due);
    for (hint, bye, missing) in
        [(Some(hint), None, "post_logout_redirect_uri"), (None, Some(bye), "id_token_hint")]
    {
        let error = expert_logout_url(&client, hint, bye).unwrap_err();
        assert_eq!(error.code(), "misuse.parameter");
        assert!(error.to_string().contains(missing), "{error}");
    }
    assert!(stand.world.transport.requests().is_empty());
    // The provider understands it.
    let url = expert_logout_url(&client, Some(hint), Some("https://rp.test/bye")).unwrap();
    assert!(matches!(stand.world.visit(&url), relying_party_tests::scenario::Return::Query(_)));
}

#[test]
fn genauth_needs_nothing_for_its_authorization_requests() {
    let mut stand = oidc();
    let client = stand.under();
    let start = client.start_login().scope("profile offline_access");
    let url = stand.world.run(start.response_mode(ResponseMode::FormPost)).unwrap().url;
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    for (name, value) in
        [("prompt", "consent"), ("response_mode", "form_post"), ("response_type", "code")]
    {
        assert!(pairs.contains(&(name.to_owned(), value.to_owned())), "{name}");
    }
}
