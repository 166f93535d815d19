//! The certification modules that are about more than one artefact, and an index: every module of the suite's plans for
//! OpenID Connect, logout, refreshing, logins that others start, and signed responses has a test that bears its name.

use std::{collections::BTreeSet, fs, path::Path};

use relying_party::{
    Client, Error, Policy,
    error::{ErrorKind, Purpose},
    flow::start_login::StartedLogin,
    protocol::{
        authorization::{Prompt, ResponseMode},
        initiation::InitiationRequest,
        registration::AuthMethod,
    },
};
use relying_party_tests::{
    op::OpConfig,
    scenario::{After, Return, Scenario, World, crypto},
};

const NOTHING: [&str; 0] = [];
const DISCOVERY: &str = "GET /.well-known/openid-configuration";

#[test]
fn oidcc_client_test_form_post_error() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    // The hint is about whom, and nobody is logged in.
    let start = || client.start_login().max_age(0).prompt(Prompt::None).login_hint("alice");
    let StartedLogin { url, pending } =
        world.run(start().response_mode(ResponseMode::FormPost)).unwrap();
    for pair in [("max_age", "0"), ("prompt", "none"), ("response_mode", "form_post")] {
        assert!(url.query_pairs().any(|(name, value)| (&*name, &*value) == pair), "{pair:?}");
    }
    let back = world.visit(&url);
    assert!(matches!(&back, Return::Form(form) if form.contains("error=login_required")));
    world.transport.clear();
    let error = world.run(client.finish_login(pending, back.callback().unwrap())).unwrap_err();
    assert_eq!(error.code(), "provider.error");
    match error.kind() {
        ErrorKind::Provider(oauth) => {
            assert_eq!(oauth.error.as_str(), "login_required");
            assert_eq!(oauth.endpoint, Purpose::Authorization);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.transport.requests(), NOTHING);
    // Of another login it is not even that.
    let StartedLogin { pending, .. } = world.run(client.start_login()).unwrap();
    let error = world.run(client.finish_login(pending, back.callback().unwrap())).unwrap_err();
    assert_eq!(error.code(), "callback.state.mismatch");
    assert_eq!(world.transport.requests(), NOTHING);
    let form = Scenario::new().start(|start| start.response_mode(ResponseMode::FormPost));
    form.run().accepted();
}

#[test]
fn oidcc_client_test_mtls_endpoint_aliases() {
    for method in [AuthMethod::TlsClientAuth, AuthMethod::SelfSignedTlsClientAuth] {
        let scenario = Scenario::new().client("mtls");
        let scenario = scenario.registration(move |own| own.token_endpoint_auth_method(method));
        // The ordinary endpoint is wrong for whoever has a certificate.
        let scenario = scenario.world(|world| {
            world.op.intercept("/token", |request, response| {
                if request.url.host_str() != Some("mtls.op.test") {
                    response.status = 500;
                }
            });
        });
        let outcome = scenario.run();
        assert_eq!(outcome.requests[2], "POST /token");
        outcome.accepted();
    }
    // Without the aliases it is refused there.
    Scenario::new()
        .client("mtls")
        .registration(|own| own.token_endpoint_auth_method(AuthMethod::TlsClientAuth))
        .document("/openid-configuration", |document| {
            document.as_object_mut().unwrap().remove("mtls_endpoint_aliases");
        })
        .run()
        .refused("provider.error", After::Token);
}

#[test]
fn oidcc_client_test_discovery_openid_config() {
    for issuer in ["https://op.test", "https://op.test/", "https://op.test/a", "https://op.test/a/"]
    {
        let mut world = World::new(OpConfig::with_issuer(issuer));
        let client = world.discover("rs256", Policy::default()).unwrap();
        assert_eq!(client.metadata().issuer().as_str(), issuer);
        let path = issuer.trim_end_matches('/').trim_start_matches("https://op.test");
        let due = format!("GET {path}/.well-known/openid-configuration");
        assert_eq!(world.transport.requests(), [due.as_str()]);
        // It is the issuer of no other document, not even by a slash.
        let other = match issuer.strip_suffix('/') {
            Some(without) => without.to_owned(),
            None => format!("{issuer}/"),
        };
        world.transport.clear();
        let discover = Client::discover(other, world.registration("rs256"), crypto());
        assert_eq!(world.run(discover).unwrap_err().code(), "metadata.issuer");
        assert_eq!(world.transport.requests(), [due]);
    }
}

#[test]
fn oidcc_client_test_discovery_jwks_uri_keys() {
    let elsewhere = |keys: &'static str| {
        Scenario::new()
            .config(|config| config.paths = vec![("/keys/7sNvRqWQ", "/jwks")])
            .document("/openid-configuration", move |document| document["jwks_uri"] = keys.into())
    };
    let outcome = elsewhere("https://op.test/keys/7sNvRqWQ").run();
    assert_eq!(
        outcome.requests,
        [DISCOVERY, "GET /keys/7sNvRqWQ", "POST /token", "GET /userinfo"],
        "the keys before what they verify, and that before userinfo"
    );
    outcome.accepted();
    let outcome = elsewhere("https://op.test/keys/another").run();
    assert_eq!(outcome.requests, [DISCOVERY, "GET /keys/another"]);
    assert_eq!(outcome.result.unwrap_err().code(), "response.status");
}

#[test]
fn oidcc_client_test_3rd_party_init_login() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    world.transport.clear();
    let initiated = |query: &str| -> Result<_, Error> {
        client.initiated_login(&InitiationRequest::from_query(query)?, "https://rp.test")
    };
    for (query, code) in [
        ("iss=https%3A%2F%2Fop.test%2F", "initiation.iss.mismatch"),
        ("iss=https%3A%2F%2Fevil.test", "initiation.iss.mismatch"),
        ("login_hint=alice", "initiation.iss.missing"),
    ] {
        assert_eq!(initiated(query).map(drop).unwrap_err().code(), code, "{query}");
    }
    // The suite sends `iss` alone.
    for query in ["iss=https%3A%2F%2Fop.test", "iss=https%3A%2F%2Fop.test&login_hint=auto:alice"] {
        world.transport.clear();
        let start = initiated(query).unwrap();
        assert!(start.target_link_uri.is_none());
        let StartedLogin { url, pending } = world.run(start.start).unwrap();
        assert!(url.as_str().starts_with("https://op.test/authorize?"), "{url}");
        assert_eq!(world.transport.requests(), NOTHING);
        let callback = world.visit(&url).callback().unwrap();
        assert!(world.run(client.finish_login(pending, callback)).is_ok());
    }
}

/// Behind `oidcc-client-test`: sections 5, 6 and 7 of what the suite has for OpenID Connect.
const OIDCC: [&str; 39 + 3 + 1 + 14] = [
    "",
    "-invalid-iss",
    "-missing-sub",
    "-invalid-aud",
    "-missing-aud",
    "-missing-iat",
    "-nonce-invalid",
    "-nonce-unless-code-flow",
    "-kid-absent-single-jwks",
    "-kid-absent-multiple-jwks",
    "-idtoken-sig-rs256",
    "-idtoken-sig-none",
    "-invalid-sig-rs256",
    "-invalid-sig-es256",
    "-invalid-sig-hs256",
    "-userinfo-invalid-sub",
    "-scope-userinfo-claims",
    "-client-secret-basic",
    "-invalid-athash",
    "-missing-athash",
    "-invalid-chash",
    "-missing-chash",
    "-userinfo-bearer-header",
    "-userinfo-bearer-body",
    "-form-post-error",
    "-aggregated-claims",
    "-distributed-claims",
    "-mtls-endpoint-aliases",
    "-discovery-openid-config",
    "-discovery-jwks-uri-keys",
    "-discovery-issuer-mismatch",
    "-signing-key-rotation",
    "-signing-key-rotation-just-before-signing",
    "-discovery-webfinger-acct",
    "-discovery-webfinger-url",
    "-dynamic-registration",
    "-request-uri-signed-rs256",
    "-request-uri-signed-none",
    "-userinfo-signed",
    "-refresh-token",
    "-refresh-token-invalid-issuer",
    "-refresh-token-invalid-sub",
    "-3rd-party-init-login",
    "-rp-init-logout",
    "-rp-init-logout-other-state",
    "-rp-init-logout-no-state",
    "-rp-frontchannel-rpinitlogout",
    "-rp-frontchannel-opinitlogout",
    "-rp-backchannel-rpinitlogout",
    "-rp-backchannel-rpinitlogout-alg-none",
    "-rp-backchannel-rpinitlogout-no-event",
    "-rp-backchannel-rpinitlogout-wrong-event",
    "-rp-backchannel-rpinitlogout-with-nonce",
    "-rp-backchannel-rpinitlogout-wrong-alg",
    "-rp-backchannel-rpinitlogout-wrong-aud",
    "-rp-backchannel-rpinitlogout-wrong-iss",
    "-session-management",
];

/// Behind `fapi2-security-profile-final-client-test-ensure-jarm`: the part of Message Signing about responses.
const JARM: [&str; 8] = [
    "-without-iss-fails",
    "-with-invalid-iss-fails",
    "-without-aud-fails",
    "-with-invalid-aud-fails",
    "-without-exp-fails",
    "-with-expired-exp-fails",
    "-with-invalid-sig-fails",
    "-signature-is-not-none",
];

#[test]
fn every_module_has_a_test_that_bears_its_name() {
    let tests = tests_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    assert!(tests.len() > 500 && !tests.contains("oidcc_client_test_of_nobody"));
    let oidcc = OIDCC.map(|module| format!("oidcc-client-test{module}"));
    let jarm =
        JARM.map(|module| format!("fapi2-security-profile-final-client-test-ensure-jarm{module}"));
    let all: BTreeSet<_> = oidcc.iter().chain(&jarm).collect();
    assert_eq!(all.len(), OIDCC.len() + JARM.len(), "one occurs twice");
    let missing: Vec<_> =
        all.into_iter().filter(|module| !tests.contains(&module.replace('-', "_"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What stands behind `fn`, or first in the line of a table.
fn tests_of(folder: &Path) -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines() {
            let line = line.trim_start();
            let line = line.strip_prefix("fn ").unwrap_or(line);
            let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
            let end = line.find(|character| !word(character)).unwrap_or(line.len());
            tests.insert(line[..end].to_owned());
        }
    }
    tests.retain(|name| name.len() > 8);
    tests
}
