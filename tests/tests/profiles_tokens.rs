//! Profiles: what token endpoints answer. Each departure is accepted under its profile and put down to it, and the same
//! answer is refused without.

use relying_party::{
    Client, Error, Policy,
    error::Shown,
    flow::finish_authorization::Authorized,
    profile,
    protocol::{registration::AuthMethod, relaxation::Relaxation},
};
use relying_party_tests::{
    op::OpResponse,
    profiled::{Stand, of},
    scenario::crypto,
};
use serde_json::{Value, json};

const METADATA: &str = "/.well-known/openid-configuration";

fn github(profile: relying_party::profile::Profile) -> Stand {
    Stand::with(profile, "post", |config| {
        config.paths = vec![
            ("/login/oauth/access_token", "/token"),
            ("/login/device/code", "/device_authorization"),
        ];
        config.authorization_response_iss_parameter_supported = false;
    })
}

fn authorize(stand: &mut Stand, client: &Client) -> Result<Authorized, Error> {
    stand.world.transport.clear();
    let start = client.start_authorization().scope("repo user");
    let started = stand.world.run(start)?;
    let callback = stand.world.visit(&started.url).callback()?;
    let result = stand.world.run(client.finish_authorization(started.pending, callback));
    assert_eq!(stand.world.transport.requests(), ["POST /login/oauth/access_token"]);
    result
}

/// The same endpoints and the same proof, and nothing that is accepted beside.
fn strict(stand: &Stand, client: &Client) -> Client {
    let own = stand.registration.clone().token_endpoint_auth_method(AuthMethod::ClientSecretPost);
    let own = own.auth_methods_even_if_unlisted();
    let policy = Policy::default().without_id_tokens();
    Client::new(client.metadata().clone(), own, crypto(), policy).unwrap()
}

fn as_form(_: &relying_party_tests::op::OpRequest, answer: &mut OpResponse) {
    let token = answer.document()["access_token"].as_str().unwrap_or_default().to_owned();
    answer.headers = vec![("content-type".into(), "application/x-www-form-urlencoded".into())];
    answer.body = format!("access_token={token}&scope=repo%2Cuser&token_type=bearer").into_bytes();
}

#[test]
fn github_answers_with_a_form_and_commas() {
    let mut stand = github(profile::github());
    let client = stand.under();
    assert_eq!(stand.world.transport.requests().len(), 0, "the metadata are at hand");
    let strict = strict(&stand, &client);
    stand.world.op.intercept("/access_token", as_form);
    let authorized = authorize(&mut stand, &client).unwrap();
    assert_eq!(authorized.tokens().scope(), ["repo", "user"]);
    let both = [Relaxation::FormEncodedTokens, Relaxation::CommaSeparatedScope];
    let credited = both.clone().map(|used| of("GitHub", used));
    assert_eq!(authorized.tokens().relaxations(), credited);
    assert_eq!(authorize(&mut stand, &strict).unwrap_err().code(), "json.syntax");

    // One of the two is the application's own.
    let own = stand.under_policy(Policy::default().accept_form_encoded_tokens());
    let authorized = authorize(&mut stand, &own).unwrap();
    assert_eq!(authorized.tokens().relaxations(), [both[0].clone(), credited[1].clone()]);
}

#[test]
fn github_separates_scopes_by_commas_in_json_too() {
    let mut stand = github(profile::github());
    let client = stand.under();
    let strict = strict(&stand, &client);
    stand.answer("/access_token", |document| document["scope"] = "repo,user".into());
    let authorized = authorize(&mut stand, &client).unwrap();
    assert_eq!(authorized.tokens().scope(), ["repo", "user"]);
    let due = of("GitHub", Relaxation::CommaSeparatedScope);
    assert_eq!(authorized.tokens().relaxations(), [due]);
    // RFC 6749 3.3: without the profile it is one scope.
    let authorized = authorize(&mut stand, &strict).unwrap();
    assert_eq!(authorized.tokens().scope(), ["repo,user"]);
    assert!(authorized.tokens().relaxations().is_empty());
}

#[test]
fn github_says_errors_with_200_and_logs_nobody_in() {
    let mut stand = github(profile::github());
    let client = stand.under();
    let refused = stand.world.run(client.start_login()).err().unwrap();
    assert_eq!(refused.code(), "misuse.no_id_tokens");
    assert_eq!(stand.world.transport.requests().len(), 0);
    stand.world.op.intercept("/access_token", |_, answer| {
        *answer = OpResponse::json(200, &json!({ "error": "bad_verification_code" }));
    });
    assert_eq!(authorize(&mut stand, &client).unwrap_err().code(), "provider.error");
    // It has device logins, too.
    let flow = client.start_device_login().access_only().scope("repo");
    assert!(stand.world.run(flow).is_ok());
    assert_eq!(stand.world.transport.requests().last().unwrap(), "POST /login/device/code");
}

#[test]
fn j02_github_enterprise_server_repeats_itself() {
    assert_eq!(profile::github_enterprise_server("a/b").unwrap_err().code(), "misuse.issuer");
    let profile = profile::github_enterprise_server("git.corp.test").unwrap();
    let mut stand = github(profile);
    let client = stand.under();
    let strict = strict(&stand, &client);
    let dot_com = github(profile::github()).profile;
    let repeat = |stand: &Stand, member: &'static str| {
        stand.world.op.clear_hooks();
        stand.world.op.intercept("/access_token", move |_, answer| {
            let text = String::from_utf8(answer.body.clone()).unwrap();
            answer.body = text.replacen('{', &format!("{{{member},"), 1).into_bytes();
        });
    };
    repeat(&stand, r#""token_type":"Bearer""#);
    let authorized = authorize(&mut stand, &client).unwrap();
    let due = Relaxation::EqualRepeat(Shown::new("token_type"));
    assert_eq!(authorized.tokens().relaxations(), [of("GitHub Enterprise Server", due.clone())]);
    assert_eq!(authorize(&mut stand, &strict).unwrap_err().code(), "json.duplicate");
    // At github.com it is refused.
    let registration = stand.registration.clone();
    let metadata = client.metadata().clone();
    let other = dot_com.client(metadata, registration, crypto(), Policy::default()).unwrap();
    assert_eq!(authorize(&mut stand, &other).unwrap_err().code(), "json.duplicate");
    let own = stand.under_policy(Policy::default().accept_equal_repeats_in_tokens());
    assert_eq!(authorize(&mut stand, &own).unwrap().tokens().relaxations(), [due]);
    // Another value is another matter.
    repeat(&stand, r#""token_type":"mac""#);
    assert_eq!(authorize(&mut stand, &client).unwrap_err().code(), "json.duplicate");
}

#[test]
fn t04_slack_calls_its_bearer_tokens_user_or_nothing() {
    for (token_type, used, code) in [
        (json!("user"), Relaxation::OtherTokenType(Shown::new("user")), "response.token_type"),
        (json!("User"), Relaxation::OtherTokenType(Shown::new("User")), "response.token_type"),
        (Value::Null, Relaxation::MissingTokenType, "json.missing"),
    ] {
        let mut stand = Stand::new(profile::slack(), "rs256");
        stand.answer("/token", move |document| {
            document["ok"] = true.into();
            document["token_type"] = token_type.clone();
        });
        let (client, strict) = (stand.under(), stand.strict());
        let login = stand.accepted(&client, &[]);
        assert_eq!(login.tokens().relaxations(), [of("Slack", used.clone())]);
        stand.refused(&strict, code);
        let own = Policy::default().accept_missing_token_type().accept_token_types(&["USER"]);
        let own = stand.under_policy(own);
        assert_eq!(stand.accepted(&own, &[]).tokens().relaxations(), [used]);
    }
    // No other type, and no error.
    let mut stand = Stand::new(profile::slack(), "rs256");
    let client = stand.under();
    stand.answer("/token", |document| document["token_type"] = "mac".into());
    stand.refused(&client, "response.token_type");
    stand.answer("/token", |document| *document = json!({ "ok": false, "error": "invalid_code" }));
    stand.refused(&client, "provider.error");
}

#[test]
fn twitch_takes_the_secret_in_the_form_and_answers_a_list_of_scopes() {
    let mut stand = Stand::new(profile::twitch(), "post");
    stand.answer(METADATA, |document| {
        document["token_endpoint_auth_methods_supported"] = json!(["client_secret_basic"]);
    });
    stand.answer("/token", |document| document["scope"] = json!(["openid", "user:read:email"]));
    let (client, strict) = (stand.under(), stand.strict());
    let login = stand.accepted(&client, &[]);
    assert_eq!(login.tokens().scope(), ["openid", "user:read:email"]);
    stand.refused(&strict, "provider.error");
}

#[test]
fn facebook_publishes_no_token_endpoint() {
    let mut stand = Stand::with(profile::facebook(), "post", |config| {
        config.paths = vec![("/oauth/access_token", "/token")];
    });
    stand.answer(METADATA, |document| {
        for member in
            ["token_endpoint", "userinfo_endpoint", "token_endpoint_auth_methods_supported"]
        {
            document.as_object_mut().unwrap().remove(member);
        }
    });
    stand.world.op.intercept("/access_token", |request, answer| {
        if request.url.host_str() != Some("graph.facebook.com") {
            *answer = OpResponse::json(503, &json!({}));
        }
    });
    let client = stand.under();
    stand.accepted(&client, &[]);
    assert!(stand.world.transport.requests().contains(&"POST /oauth/access_token".to_owned()));
    let strict = stand.strict();
    let refused = stand.world.run(strict.start_login()).err().unwrap();
    assert_eq!(refused.code(), "misuse.no_such_endpoint");
    assert_eq!(stand.world.transport.requests().len(), 0);
    // The application knows a better one.
    let overrides = relying_party::protocol::metadata::MetadataOverrides::default()
        .token_endpoint("https://graph.facebook.com/v99.0/oauth/access_token");
    let flow = profile::facebook().discover(stand.registration.clone(), crypto());
    let client = stand.world.run(flow.metadata_overrides(overrides)).unwrap();
    let path = client.metadata().token_endpoint().unwrap().path();
    assert_eq!(path, "/v99.0/oauth/access_token");
}
