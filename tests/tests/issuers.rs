//! What counts as the provider's issuer beyond the issuer itself: one slash, the tenants of a template, aliases. And
//! what an attacker could make of each.

use relying_party::{
    Client, Error, Login, LoginRecord, Policy,
    error::Claim,
    protocol::{
        id_token::Relaxation,
        issuer_rules::{IssuerTemplate, IssuerTolerance},
    },
};
use relying_party_tests::{
    op::{OpConfig, OpTenant},
    scenario::{After, Scenario, World, crypto},
};
use serde_json::{Value, json};

const TEMPLATE: &str = "https://op.test/{tenantid}/v2.0";
const GOOD: &str = "3aa4a235-b6e2-48d5-9195-7fcf05b459b0";
const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const METADATA: &str = "/.well-known/openid-configuration";

fn issuer_of(tenant: &str) -> String {
    TEMPLATE.replace("{tenantid}", tenant)
}

fn slash() -> Policy {
    Policy::default().ignore_one_trailing_slash()
}

fn tenants(list: &[&str]) -> Policy {
    let template = IssuerTemplate::new(TEMPLATE, list.iter().copied()).unwrap();
    Policy::default().issuer_template(template)
}

/// A provider with many tenants, all behind `common`; here it serves one of them.
fn many(tid: &str) -> OpConfig {
    let tenant = OpTenant { template: TEMPLATE.into(), tid: tid.into() };
    OpConfig { tenant: Some(tenant), ..OpConfig::with_issuer("https://op.test/common/v2.0") }
}

fn scenario(tid: &str, policy: Policy) -> Scenario {
    let config = many(tid);
    Scenario::new().config(|own| *own = config).policy(policy)
}

fn used(login: &Login) -> Vec<IssuerTolerance> {
    let tolerance = |relaxation: &Relaxation| match relaxation {
        Relaxation::Issuer(tolerance) => *tolerance,
        other => panic!("{other:?}"),
    };
    login.id_token().relaxations().iter().map(tolerance).collect()
}

/// A login at `https://op.test` whose metadata, response and ID token name these issuers.
fn named(
    policy: Policy,
    asked: &str,
    [metadata, response, token]: [&str; 3],
) -> Result<Login, Error> {
    let mut world = World::new(OpConfig::with_issuer("https://op.test"));
    let (metadata, token) = (metadata.to_owned(), token.to_owned());
    world.op.edit(METADATA, move |document| {
        document["issuer"] = metadata.as_str().into();
    });
    world.op.tamper_id_token(move |_, _, claims| claims["iss"] = token.as_str().into());
    let own = world.registration("es256");
    let client = world.run(Client::discover(asked, own, crypto()).policy(policy))?;
    let started = world.run(client.start_login())?;
    let query = world.visit(&started.url).text().to_owned();
    let query = query.replace("https%3A%2F%2Fop.test", &response.replace('/', "%2F"));
    let callback = client.callback(&query)?;
    world.run(client.finish_login(started.pending, callback))
}

#[test]
fn one_trailing_slash_is_ignored_where_it_is_said_and_reported() {
    let (bare, with) = ("https://op.test", "https://op.test/");
    for (asked, names, tolerated) in [
        (bare, [bare, bare, bare], false),
        (with, [with, with, with], false),
        (bare, [with, bare, bare], true),
        (bare, [bare, with, bare], true),
        (bare, [bare, bare, with], true),
        (with, [bare, bare, bare], true),
        (bare, [with, with, with], true),
    ] {
        let login = named(slash(), asked, names).unwrap();
        let due = if tolerated { vec![IssuerTolerance::TrailingSlash] } else { Vec::new() };
        assert_eq!(used(&login), due, "{names:?}");
        // The token's own.
        assert_eq!(login.subject().issuer(), names[2]);
        assert_eq!(named(Policy::default(), asked, names).is_ok(), !tolerated, "{names:?}");
    }
}

#[test]
fn c11_one_slash_and_nothing_else() {
    let op = "https://op.test";
    for (asked, other) in [
        (op, "https://op.test//"),
        ("https://op.test/", "https://op.test//"),
        (op, "https://op.test/."),
        (op, "https://op.test/x/"),
        (op, "https://op.test:443/"),
        (op, "https://OP.test/"),
        (op, "http://op.test/"),
        (op, "/"),
        (op, ""),
    ] {
        let code = |names| named(slash(), asked, names).expect_err(other).code();
        assert_eq!(code([other, asked, asked]), "metadata.issuer", "{other}");
        assert_eq!(code([asked, other, asked]), "callback.iss.mismatch", "{other}");
        assert_eq!(code([asked, asked, other]), "claim.iss.mismatch", "{other}");
    }
    // A slash in the middle.
    let outcome = |issuer: &'static str, iss: &'static str| {
        Scenario::new()
            .config(|config| config.issuer = issuer.into())
            .policy(slash())
            .claims(move |claims| claims["iss"] = iss.into())
            .run()
    };
    let due = ["/t/a/.well-known/openid-configuration", "/t/a/jwks", "/t/a/token"];
    for other in ["https://op.test/t//a", "https://op.test/t/a//", "https://op.test/ta"] {
        outcome("https://op.test/t/a", other).refused_with("claim.iss.mismatch", &due);
    }
    outcome("https://op.test/t/a", "https://op.test/t/a/").accepted();
}

#[test]
fn a_refresh_keeps_the_issuer_of_the_first_token() {
    let mut world = World::default();
    let client = world.discover("es256", slash()).unwrap();
    let named = |world: &World, iss: &'static str| {
        world.op.clear_hooks();
        world.op.tamper_id_token(move |_, _, claims| claims["iss"] = iss.into());
    };
    named(&world, "https://op.test/");
    let login = world.login(&client).unwrap();
    let record = LoginRecord::from_bytes(&login.record().to_bytes()).unwrap();
    let refresh = |world: &mut World| {
        let token = login.tokens().refresh_token().unwrap();
        world.run(client.refresh(token, &record)).map(|refreshed| refreshed.id_token().cloned())
    };
    let again = refresh(&mut world).unwrap().unwrap();
    assert_eq!(again.subject(), login.subject());
    assert_eq!(again.relaxations(), [Relaxation::Issuer(IssuerTolerance::TrailingSlash)]);
    assert!(world.run(client.user_info(login.tokens().access_token(), login.subject())).is_ok());
    // Accepted in a login, but not the same subject.
    named(&world, "https://op.test");
    assert_eq!(refresh(&mut world).unwrap_err().code(), "claim.iss.mismatch");

    // Without the tolerance the record is another client's, before any request.
    let strict = world.discover("es256", Policy::default()).unwrap();
    world.transport.clear();
    let token = login.tokens().refresh_token().unwrap();
    assert_eq!(
        world.run(strict.refresh(token, &record)).unwrap_err().code(),
        "misuse.other_client"
    );
    let read = strict.user_info(login.tokens().access_token(), login.subject());
    assert_eq!(world.run(read).unwrap_err().code(), "misuse.other_client");
    assert!(world.transport.requests().is_empty());
}

#[test]
fn an_allowed_tenant_logs_in_and_refreshes() {
    let outcome = scenario(GOOD, tenants(&[GOOD])).run();
    let client = outcome.client.clone().unwrap();
    let (login, mut world) = outcome.accepted();
    assert_eq!(used(&login), [IssuerTolerance::Tenant]);
    assert_eq!(login.subject().issuer(), issuer_of(GOOD));
    assert_eq!(client.metadata().issuer().as_str(), "https://op.test/common/v2.0");
    let token = login.tokens().refresh_token().unwrap();
    let refreshed = world.run(client.refresh(token, &login.record())).unwrap();
    assert_eq!(refreshed.id_token().unwrap().subject(), login.subject());
    // Without the template, nothing of it is accepted.
    let strict = scenario(GOOD, Policy::default()).run();
    strict.refused_with("metadata.issuer", &["/common/v2.0/.well-known/openid-configuration"]);
}

#[test]
fn a_callback_can_allow_tenants() {
    let asked = |template: IssuerTemplate, tid: &str| {
        scenario(tid, Policy::default().issuer_template(template)).run()
    };
    let only = |allowed: &'static str| {
        IssuerTemplate::for_tenants_that(TEMPLATE, move |tenant| tenant == allowed).unwrap()
    };
    asked(only(GOOD), GOOD).accepted();
    assert_eq!(asked(only(GOOD), OTHER).result.unwrap_err().code(), "callback.iss.mismatch");
}

const BEFORE_TOKEN: [&str; 1] = ["/common/v2.0/.well-known/openid-configuration"];
const WITH_TOKEN: [&str; 3] =
    ["/common/v2.0/.well-known/openid-configuration", "/common/v2.0/jwks", "/common/v2.0/token"];

/// The provider sends no `iss` with its responses: everything hangs on the token.
fn token_of(tid: &str, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Scenario {
    let quiet = |config: &mut OpConfig| {
        config.authorization_response_iss_parameter_supported = false;
    };
    scenario(tid, tenants(&[GOOD])).config(quiet).claims(change)
}

/// Everybody can have a tenant there, and name its users as he likes.
#[test]
fn a_tenant_outside_the_list_is_refused() {
    token_of(OTHER, |_| {}).run().refused_with("claim.tid.untrusted", &WITH_TOKEN);
    scenario(OTHER, tenants(&[GOOD])).run().refused_with("callback.iss.mismatch", &BEFORE_TOKEN);
    token_of(GOOD, |_| {}).run().accepted();
    scenario(OTHER, tenants(&[GOOD, OTHER])).run().accepted();
    // Byte by byte.
    token_of(&GOOD.to_uppercase(), |_| {}).run().refused_with("claim.tid.untrusted", &WITH_TOKEN);
}

#[test]
fn the_issuer_is_the_template_with_the_tokens_own_tid() {
    for iss in [
        issuer_of(OTHER),
        TEMPLATE.to_owned(),
        "https://op.test/common/v2.0".to_owned(),
        issuer_of(GOOD) + "/",
        issuer_of(GOOD).replace("v2.0", "v1.0"),
        issuer_of(GOOD).replace("op.test", "evil.test"),
        issuer_of(GOOD).replace("/v2.0", ""),
        format!("https://op.test/x/{GOOD}/v2.0"),
        format!("{}/{}", issuer_of(GOOD), issuer_of(GOOD)),
    ] {
        let due = iss.clone();
        let outcome = token_of(GOOD, move |claims| claims["iss"] = due.as_str().into()).run();
        outcome.refused_with("claim.iss.mismatch", &WITH_TOKEN);
    }
}

#[test]
fn a_tid_that_is_none_is_refused() {
    for (tid, code) in [
        (Value::Null, "claim.tid.malformed"),
        (json!(7), "claim.tid.malformed"),
        (json!([GOOD]), "claim.tid.malformed"),
        (json!(""), "claim.tid.malformed"),
        (json!("."), "claim.tid.malformed"),
        (json!(".."), "claim.tid.malformed"),
        (json!("{tenantid}"), "claim.tid.malformed"),
        (json!(format!("{GOOD}/x/..")), "claim.tid.malformed"),
        (json!(format!("x/../{GOOD}")), "claim.tid.malformed"),
        (json!(format!("{GOOD}%2F")), "claim.tid.malformed"),
        (json!(format!("{GOOD}\n")), "claim.tid.malformed"),
        (json!(format!("{GOOD}?x")), "claim.tid.malformed"),
        (json!("a".repeat(129)), "claim.tid.malformed"),
        (json!(OTHER), "claim.iss.mismatch"),
        (json!(GOOD.to_uppercase()), "claim.iss.mismatch"),
    ] {
        let due = tid.clone();
        token_of(GOOD, move |claims| claims["tid"] = due.clone())
            .run()
            .refused_with(code, &WITH_TOKEN);
        // Nor does an issuer help that fits.
        if let Some(text) = tid.as_str().filter(|_| code == "claim.tid.malformed") {
            let iss = issuer_of(text);
            token_of(GOOD, move |claims| {
                claims["tid"] = tid.clone();
                claims["iss"] = iss.as_str().into();
            })
            .run()
            .refused_with(code, &WITH_TOKEN);
        }
    }
    let missing = token_of(GOOD, |claims| {
        claims.as_object_mut().unwrap().remove("tid");
    });
    missing.run().refused_with("claim.tid.missing", &WITH_TOKEN);
    assert_eq!(Claim::Tid.name(), "tid");
}

/// Both tenants are allowed; still the one that answered must be the one that signs.
#[test]
fn mix_up_of_tenants() {
    let config = many(GOOD);
    let outcome = |iss: String, tid: &'static str| {
        let config = config.clone();
        Scenario::new()
            .config(|own| *own = config)
            .policy(tenants(&[GOOD, OTHER]))
            .claims(move |claims| {
                claims["iss"] = iss.as_str().into();
                claims["tid"] = tid.into();
            })
            .run()
    };
    outcome(issuer_of(OTHER), OTHER).refused_with("callback.iss.mismatch", &WITH_TOKEN);
    outcome(issuer_of(GOOD), GOOD).accepted();
}

#[test]
fn a_response_of_a_tenant_that_cannot_be_is_refused() {
    for iss in [
        TEMPLATE,
        "https://op.test/common/v2.0",
        "https://op.test/../v2.0",
        "https://op.test//v2.0",
    ] {
        let due = iss.replace('/', "%2F").replace('{', "%7B").replace('}', "%7D");
        let old = issuer_of(GOOD).replace(':', "%3A").replace('/', "%2F");
        let outcome = scenario(GOOD, tenants(&[GOOD]))
            .query(move |query| {
                assert!(query.contains(&old), "{query}");
                query.replace(&old, &due)
            })
            .run();
        outcome.refused_with("callback.iss.mismatch", &BEFORE_TOKEN);
    }
}

/// What a tenant's record says counts for clients that allow this tenant, and for no other.
#[test]
fn a_record_is_of_an_allowed_tenant() {
    let (login, mut world) = scenario(GOOD, tenants(&[GOOD])).run().accepted();
    let token = login.tokens().refresh_token().unwrap();
    let own = world.registration("rs256");
    let discover = |policy| {
        Client::discover("https://op.test/common/v2.0", own.clone(), crypto()).policy(policy)
    };
    let other = world.run(discover(tenants(&[OTHER]))).unwrap();
    world.transport.clear();
    let error = world.run(other.refresh(token, &login.record())).unwrap_err();
    assert_eq!(error.code(), "misuse.other_client");
    assert!(world.transport.requests().is_empty());
    let same = world.run(discover(tenants(&[OTHER, GOOD]))).unwrap();
    assert!(world.run(same.refresh(token, &login.record())).is_ok());
}

/// Metadata that were read under one policy do not widen another.
#[test]
fn metadata_do_not_carry_a_tolerance_along() {
    let mut world = World::new(many(GOOD));
    let client = world.discover("rs256", tenants(&[GOOD])).unwrap();
    let make = |policy| {
        let (metadata, own) = (client.metadata().clone(), client.registration().clone());
        Client::new(metadata, own, crypto(), policy)
    };
    assert_eq!(make(Policy::default()).unwrap_err().code(), "metadata.issuer");
    assert_eq!(make(slash()).unwrap_err().code(), "metadata.issuer");
    assert!(make(tenants(&[OTHER])).is_ok());
}

/// OIDC Core 15.6.2
#[test]
fn an_alias_is_known_in_id_tokens_only() {
    let policy = || Policy::default().issuer_aliases(["accounts.op.test", "https://old.test"]);
    let op = "https://op.test";
    for alias in ["accounts.op.test", "https://old.test"] {
        let login = named(policy(), op, [op, op, alias]).unwrap();
        assert_eq!(used(&login), [IssuerTolerance::Alias]);
        assert_eq!(login.subject().issuer(), alias);
        let code = |names| named(policy(), op, names).unwrap_err().code();
        assert_eq!(code([alias, op, op]), "metadata.issuer");
        assert_eq!(code([op, alias, op]), "callback.iss.mismatch");
        let strict = named(Policy::default(), op, [op, op, alias]).unwrap_err();
        assert_eq!(strict.code(), "claim.iss.mismatch");
    }
    assert!(used(&named(policy(), op, [op, op, op]).unwrap()).is_empty());
    for other in
        ["accounts.op.test/", "ACCOUNTS.op.test", "https://accounts.op.test", "old.test", ""]
    {
        let error = named(policy().ignore_one_trailing_slash(), op, [op, op, other]).unwrap_err();
        assert_eq!(error.code(), "claim.iss.mismatch", "{other}");
    }
}

#[test]
fn without_any_rule_nothing_is_reported() {
    let (login, _) = Scenario::new().run().accepted();
    assert!(login.id_token().relaxations().is_empty());
    Scenario::new()
        .claims(|claims| claims["iss"] = "https://op.test/".into())
        .run()
        .refused("claim.iss.mismatch", After::Token);
}
