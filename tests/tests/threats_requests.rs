//! Threats to what was asked for: whose login it is, and what the result says of what was relaxed.

use relying_party::{
    Client, PendingLogin, Policy, Registration,
    flow::start_login::StartedLogin,
    jose::algorithm::Algorithm,
    protocol::{
        id_token::Relaxation,
        issuer_rules::{IssuerTemplate, IssuerTolerance},
        response_type::ResponseType,
    },
};
use relying_party_tests::{
    op::{OpConfig, OpTenant},
    scenario::{Return, World, crypto},
};

const TEMPLATE: &str = "https://op.test/{tenantid}/v2.0";
const FIRST: &str = "3aa4a235-b6e2-48d5-9195-7fcf05b459b0";
const SECOND: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// The provider serves the first tenant, until its tokens and responses are made to name the second.
fn tenants() -> (World, Client) {
    let tenant = OpTenant { template: TEMPLATE.into(), tid: FIRST.into() };
    let config =
        OpConfig { tenant: Some(tenant), ..OpConfig::with_issuer("https://op.test/common/v2.0") };
    let mut world = World::new(config);
    let template = IssuerTemplate::new(TEMPLATE, [FIRST, SECOND]).unwrap();
    let policy = Policy::default().issuer_template(template);
    let own = world.registration("rs256");
    let discover = Client::discover("https://op.test/common/v2.0", own, crypto()).policy(policy);
    let client = world.run(discover).unwrap();
    (world, client)
}

fn second(world: &World, text: &str) -> Return {
    world.op.tamper_id_token(|_, _, claims| {
        claims["iss"] = TEMPLATE.replace("{tenantid}", SECOND).into();
        claims["tid"] = SECOND.into();
    });
    assert!(text.contains(FIRST), "{text}");
    Return::Query(text.replace(FIRST, SECOND))
}

/// The same `sub` in another tenant is another person.
#[test]
fn i18_i23_a_hint_is_about_the_subject_of_its_own_tenant() {
    for stored in [false, true] {
        let (mut world, client) = tenants();
        let first = world.login(&client).unwrap();
        let start = |world: &mut World| {
            let hinted = client.start_login().id_token_hint(first.id_token());
            let StartedLogin { url, pending } = world.run(hinted).unwrap();
            let pending = match stored {
                true => PendingLogin::from_bytes(&pending.to_bytes()).unwrap(),
                false => pending,
            };
            (world.visit(&url), pending)
        };
        let (back, pending) = start(&mut world);
        let again = world.run(client.finish_login(pending, back.callback().unwrap())).unwrap();
        assert_eq!(again.subject(), first.subject());

        let (back, pending) = start(&mut world);
        let back = second(&world, back.text());
        world.transport.clear();
        let error = world.run(client.finish_login(pending, back.callback().unwrap())).unwrap_err();
        assert_eq!(error.code(), "claim.iss.mismatch");
        assert_eq!(world.transport.requests(), ["POST /common/v2.0/token"]);
    }
    // Without a hint, either tenant may log in.
    let (mut world, client) = tenants();
    let StartedLogin { url, pending } = world.run(client.start_login()).unwrap();
    let back = second(&world, world.visit(&url).text());
    world.run(client.finish_login(pending, back.callback().unwrap())).unwrap();
}

/// Two servers of an application, one of which has been told by now that there are no ID tokens.
#[test]
fn z01_a_login_is_not_finished_by_a_client_without_id_tokens() {
    for (client_id, algorithm) in [("rs256", Algorithm::RS256), ("hs256", Algorithm::HS256)] {
        let mut world = World::default();
        let client = world.discover(client_id, Policy::default()).unwrap();
        let metadata = client.metadata().clone();
        let own = Registration::public(client_id, client.registration().redirect_uri()).unwrap();
        let own = own.id_token_signed_response_alg(algorithm);
        let without =
            Client::new(metadata, own, crypto(), Policy::default().without_id_tokens()).unwrap();
        let StartedLogin { url, pending } = world.run(client.start_login()).unwrap();
        let callback = world.visit(&url).callback().unwrap();
        world.transport.clear();
        let bytes = pending.to_bytes();
        let error = world.run(without.finish_login(pending, callback)).unwrap_err();
        assert_eq!(error.code(), "misuse.no_id_tokens");
        assert!(world.transport.requests().is_empty(), "the code is not spent");

        let callback = world.visit(&url).callback().unwrap();
        let pending = PendingLogin::from_bytes(&bytes).unwrap();
        world.run(client.finish_login(pending, callback)).unwrap();
    }
}

/// The same for the refresh of an earlier login: its ID token is left out, unread.
#[test]
fn z01_a_refresh_by_a_client_without_id_tokens_reads_none() {
    for (client_id, algorithm) in [("rs256", Algorithm::RS256), ("hs256", Algorithm::HS256)] {
        let mut world = World::default();
        let client = world.discover(client_id, Policy::default()).unwrap();
        let login = world.login(&client).unwrap();
        let token = login.tokens().refresh_token().unwrap();
        let refreshed = world.run(client.refresh(token, &login.record())).unwrap();
        assert!(refreshed.id_token().is_some());
        let own = world.registration(client_id).id_token_signed_response_alg(algorithm);
        let metadata = client.metadata().clone();
        let policy = Policy::default().without_id_tokens();
        let without = Client::new(metadata, own, crypto(), policy).unwrap();
        world.op.edit("/token", |document| {
            document["id_token"] = "not.even.looked-at".into();
        });
        world.transport.clear();
        let token = refreshed.tokens().refresh_token().unwrap();
        let refreshed = world.run(without.refresh(token, &login.record())).unwrap();
        assert!(refreshed.id_token().is_none());
        assert_eq!(world.transport.requests(), ["POST /token"]);
    }
}

#[test]
fn z01_a_client_without_id_tokens_gets_to_see_none() {
    for (policy, seen) in
        [(Policy::default(), true), (Policy::default().without_id_tokens(), false)]
    {
        let mut world = World::default();
        let client = world.discover("rs256", policy).unwrap();
        world.op.edit("/token", |document| {
            document["id_token"] = "not.even.looked-at".into();
        });
        let started = world.run(client.start_authorization()).unwrap();
        let callback = world.visit(&started.url).callback().unwrap();
        let authorized = world.run(client.finish_authorization(started.pending, callback)).unwrap();
        assert_eq!(authorized.insecure_unverified_id_token().is_some(), seen);
    }
}

/// Plain OAuth has no ID token to report it in.
#[test]
fn x05_a_tolerated_issuer_of_a_response_is_reported_without_a_login_too() {
    let slash = [Relaxation::Issuer(IssuerTolerance::TrailingSlash)];
    for (policy, due) in [
        (Policy::default(), None),
        (Policy::default().ignore_one_trailing_slash(), Some(&slash[..])),
    ] {
        for response_type in [ResponseType::Code, ResponseType::None] {
            let mut world = World::default();
            let client = world.discover("rs256", policy.clone()).unwrap();
            world.transport.clear();
            let start = client.start_authorization().response_type(response_type);
            let started = world.run(start).unwrap();
            let text = world.visit(&started.url).text().to_owned();
            let slashed = text.replace("op.test", "op.test%2F");
            let callback = Return::Query(slashed).callback().unwrap();
            let relaxations = match response_type {
                ResponseType::None => world
                    .run(client.finish_confirmation(started.pending, callback))
                    .map(|confirmed| confirmed.relaxations().to_vec()),
                _ => world
                    .run(client.finish_authorization(started.pending, callback))
                    .map(|authorized| authorized.relaxations().to_vec()),
            };
            match due {
                Some(due) => assert_eq!(relaxations.unwrap(), due),
                None => {
                    assert_eq!(relaxations.unwrap_err().code(), "callback.iss.mismatch");
                    assert!(world.transport.requests().is_empty());
                }
            }
        }
    }
}

/// With `plain`, the challenge is the verifier.
#[test]
fn z03_a_challenge_that_is_the_verifier_is_not_shown() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).unwrap();
    let verifier = "secret-verifier-secret-verifier-secret-verifier";
    let start = client.start_login().insecure_pkce_plain().code_challenge(verifier);
    assert!(!format!("{start:?} {start:#?}").contains(verifier));
    let started = world.run(start).unwrap();
    assert!(started.url.query().unwrap().contains(verifier));
    assert!(!format!("{started:?}").contains(verifier));
}
