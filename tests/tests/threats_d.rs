//! Whose word counts for whom: providers and templates, tenants, sibling clients, and what introspection says of tokens.

use relying_party::{
    Client, Error, LoginRecord, PendingLogin, Policy,
    limits::Limits,
    protocol::{
        id_token::{IdToken, TrustedAudiences},
        introspection::Introspection,
        issuer::Issuer,
        issuer_rules::IssuerTemplate,
        metadata::{MetadataOverrides, ProviderMetadata},
    },
    secret::AccessToken,
};
use relying_party_tests::{
    op::{Alg, OpConfig, OpTenant, introspection_jwt},
    scenario::{World, crypto},
};
use serde_json::{Value, json};

const TEMPLATE: &str = "https://op.test/{tenantid}/v2.0";
const COMMON: &str = "https://op.test/common/v2.0";
const GOOD: &str = "3aa4a235-b6e2-48d5-9195-7fcf05b459b0";
const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const RESOURCE: &str = "https://rs.test/";
const SIGNED: &str = "application/token-introspection+jwt";

fn tenants(list: &[&str]) -> Policy {
    let template = IssuerTemplate::new(TEMPLATE, list.iter().copied()).expect("a template");
    Policy::default().issuer_template(template)
}

fn many(issuer: &str) -> OpConfig {
    let tenant = OpTenant { template: TEMPLATE.into(), tid: GOOD.into() };
    OpConfig { tenant: Some(tenant), ..OpConfig::with_issuer(issuer) }
}

/// Its keys would sign for every tenant.
#[test]
fn d01_c11_a_provider_outside_the_template_names_none_of_its_people() {
    for issuer in [
        "https://evil.test",
        "https://evil.test/common/v2.0",
        "https://op.test.evil.test/common/v2.0",
        "https://op.test",
        "https://op.test/v2.0",
        "https://op.test//v2.0",
        "https://op.test/common/v1.0",
        "https://op.test/common/v2.0/",
        "https://op.test/a/common/v2.0",
        "https://op.test/common/b/v2.0",
        "https://op.test:8443/common/v2.0",
        "https://OP.test/common/v2.0",
    ] {
        // Whether its metadata name the template or itself.
        for config in [many(issuer), OpConfig::with_issuer(issuer)] {
            let mut world = World::new(config);
            let error = world.discover("rs256", tenants(&[GOOD])).expect_err(issuer);
            assert_eq!(error.code(), "misuse.issuer", "{issuer}");
            assert!(world.transport.requests().is_empty(), "{issuer}");
        }
    }
    let slash = tenants(&[GOOD]).ignore_one_trailing_slash();
    for (issuer, policy) in [
        (COMMON, tenants(&[GOOD])),
        ("https://op.test/9188040d/v2.0", tenants(&[GOOD])),
        ("https://op.test/common/v2.0/", slash),
    ] {
        World::new(many(issuer)).discover("rs256", policy).expect(issuer);
    }
}

#[test]
fn d01_metadata_at_hand_are_held_to_the_template_too() {
    let client = |issuer: &str| {
        let members = MetadataOverrides::default().jwks_uri("https://evil.test/jwks");
        let metadata = ProviderMetadata::fixed(&Issuer::new(issuer).unwrap(), &members).unwrap();
        let own = relying_party::Registration::public("rp", "https://rp.test/cb").unwrap();
        Client::new(metadata, own, crypto(), tenants(&[GOOD])).map_err(|error| error.code())
    };
    assert_eq!(client("https://evil.test").expect_err("evil"), "misuse.issuer");
    client(COMMON).expect("of the template");
}

/// A world with two tenants, and the ID token of a login by the good one.
fn hinted() -> (World, Client, IdToken) {
    let mut config = many(COMMON);
    config.authorization_response_iss_parameter_supported = false;
    let mut world = World::new(config);
    let client = world.discover("rs256", tenants(&[GOOD, OTHER])).expect("a client");
    let token = world.login(&client).expect("a login").id_token().clone();
    world.transport.clear();
    (world, client, token)
}

#[test]
fn i18_a_hint_names_the_tenant_too() {
    for (tid, code) in [(GOOD, "done"), (OTHER, "claim.iss.mismatch")] {
        let (mut world, client, token) = hinted();
        world.op.tamper_id_token(move |_, _, claims| {
            claims["iss"] = TEMPLATE.replace("{tenantid}", tid).into();
            claims["tid"] = tid.into();
        });
        let started = world.run(client.start_login().id_token_hint(&token)).expect("a start");
        let pending = PendingLogin::from_bytes(&started.pending.to_bytes()).expect("stored");
        assert_eq!(pending.to_bytes(), started.pending.to_bytes());
        let callback = world.visit(&started.url).callback().expect("a callback");
        let login = world.run(client.finish_login(pending, callback));
        assert_eq!(login.map_or_else(|error| error.code(), |_| "done"), code);
        assert_eq!(world.transport.requests(), ["POST /common/v2.0/token"]);
    }
}

/// A login at `es256` whose ID token names `rs256` as well.
#[test]
fn i29_t11_the_record_of_a_sibling_client_is_another_clients() {
    let both = || TrustedAudiences::List(vec!["es256".into(), "rs256".into()]);
    let policy = || Policy::default().trusted_audiences(both());
    let mut world = World::default();
    world.op.tamper_id_token(|_, _, claims| claims["aud"] = json!(["rs256", "es256"]));
    let own = world.discover("es256", policy()).expect("a client");
    let sibling = world.discover("rs256", policy()).expect("its sibling");
    let login = world.login(&own).expect("a login");
    let token = login.tokens().refresh_token().expect("a refresh token");
    let stored = LoginRecord::from_bytes(&login.record().to_bytes()).expect("stored");
    assert_eq!(stored.to_bytes(), login.record().to_bytes());
    for record in [login.record(), stored] {
        world.transport.clear();
        let error = world.run(sibling.refresh(token, &record)).expect_err("a sibling's");
        assert_eq!(error.code(), "misuse.other_client");
        assert!(world.transport.requests().is_empty());
        world.run(own.refresh(token, &record)).expect("its own");
    }
}

/// What the provider says of a good token, with these members more; signed, if so registered.
fn introspected(members: &Value, signed: bool) -> Result<Introspection, Error> {
    let alg = signed.then_some(Alg::Rs256);
    let config = OpConfig { introspection_signed_response_alg: alg, ..OpConfig::default() };
    let mut world = World::new(config);
    let registration = world.registration("rs256");
    let registration = match signed {
        true => registration
            .introspection_signed_response_alg(relying_party::jose::algorithm::Algorithm::RS256),
        false => registration,
    };
    let client = world.run(Client::discover("https://op.test", registration, crypto())).unwrap();
    let mut document = json!({ "active": true });
    for (name, value) in members.as_object().unwrap() {
        document[name] = value.clone();
    }
    let op = world.op.clone();
    let now = world.clock.now().seconds();
    world.op.intercept("/introspect", move |_, response| {
        response.body = match signed {
            true => {
                response.headers = vec![("content-type".into(), SIGNED.into())];
                introspection_jwt(&op, Alg::Rs256, "rs256", &document, now).into_bytes()
            }
            false => document.to_string().into_bytes(),
        };
    });
    world.transport.clear();
    let token = AccessToken::new("opaque").unwrap();
    let answer = world.run(client.introspect(&token, None));
    let due: &[&str] =
        if signed { &["POST /introspect", "GET /jwks"] } else { &["POST /introspect"] };
    assert_eq!(world.transport.requests(), due);
    answer
}

#[test]
fn g10_a_token_of_another_issuer_is_none_of_this_provider() {
    for signed in [false, true] {
        for (iss, code) in [
            (json!("https://evil.test"), "claim.iss.mismatch"),
            (json!("https://op.test/"), "claim.iss.mismatch"),
            (json!(""), "claim.iss.mismatch"),
            (json!(7), "claim.iss.malformed"),
            (json!(["https://op.test"]), "claim.iss.malformed"),
        ] {
            let error = introspected(&json!({ "iss": iss }), signed).expect_err("another issuer");
            assert_eq!(error.code(), code, "{iss}");
            assert!(code != "claim.iss.mismatch" || error.hint().is_some());
        }
        for members in [json!({}), json!({ "iss": null }), json!({ "iss": "https://op.test" })] {
            assert!(introspected(&members, signed).unwrap().is_active(), "{members}");
        }
        // Nothing else is read of an inactive one.
        let inactive = json!({ "active": false, "iss": "https://evil.test" });
        assert!(!introspected(&inactive, signed).unwrap().is_active());
    }
}

/// Opaque access tokens are validated before the answer with these members.
fn resource(members: &Value) -> (World, Client) {
    let members = members.clone();
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    world.op.intercept("/introspect", move |_, response| {
        let mut document = json!({ "active": true, "aud": RESOURCE, "token_type": "Bearer" });
        for (name, value) in members.as_object().unwrap() {
            document[name] = value.clone();
        }
        response.body = document.to_string().into_bytes();
    });
    world.transport.clear();
    (world, client)
}

#[test]
fn u17_a_required_scope_never_vanishes() {
    for scope in ["", " ", "\t"] {
        let (mut world, client) = resource(&json!({}));
        let token = AccessToken::new("opaque").unwrap();
        let flow = client.validate_access_token(&token, &[RESOURCE]).or_introspect();
        let error = world.run(flow.require_scope("read").require_scope(scope));
        assert_eq!(error.expect_err("no scope").code(), "misuse.parameter", "{scope:?}");
        assert!(world.transport.requests().is_empty());
        let (mut world, client) = resource(&json!({ "scope": "read" }));
        let flow = client.validate_access_token(&token, &[RESOURCE]).or_introspect();
        world.run(flow.require_scope(" read ")).expect("a scope");
    }
}

#[test]
fn u17_j30_an_opaque_token_has_a_bound() {
    let limit = Limits::default().token;
    for (length, code, requests) in [
        (limit + 1, "token.too_long", &[][..]),
        (limit, "claim.scope.mismatch", &["POST /introspect"][..]),
    ] {
        let (mut world, client) = resource(&json!({}));
        let token = AccessToken::new("a".repeat(length)).unwrap();
        let flow = client.validate_access_token(&token, &[RESOURCE]).or_introspect();
        let error = world.run(flow.require_scope("read")).expect_err("refused");
        assert_eq!((error.code(), &world.transport.requests()[..]), (code, &own(requests)[..]));
    }
}

fn own(list: &[&str]) -> Vec<String> {
    list.iter().map(|one| (*one).to_owned()).collect()
}

#[test]
fn j21_a_subject_that_was_looked_up_is_as_any_other() {
    for (sub, code) in [
        ("a\0b".to_owned(), "claim.sub.malformed"),
        ("a\nb".to_owned(), "claim.sub.malformed"),
        ("a".repeat(256), "claim.sub.malformed"),
        ("a".repeat(255), "done"),
        ("alice".to_owned(), "done"),
    ] {
        let (mut world, client) = resource(&json!({ "sub": sub }));
        let token = AccessToken::new("opaque").unwrap();
        let flow = client.validate_access_token(&token, &[RESOURCE]).or_introspect();
        let result = world.run(flow);
        assert_eq!(result.map_or_else(|error| error.code(), |_| "done"), code, "{sub}");
        assert_eq!(world.transport.requests(), ["POST /introspect"]);
    }
}
