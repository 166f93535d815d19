//! Threats I01 to I03, I11 to I18, I21 and I24 to I27: whose login it is. Hashes stand in `threats_i_hashes.rs`,
//! refreshes in `threats_i_refresh.rs`, leaks in `threats_i_debug.rs`; I22 and I23 are in `compile_fail.rs`.

use std::sync::{Arc, Mutex};

use relying_party::{
    Login, Policy,
    error::Error,
    flow::start_login::StartLogin,
    protocol::id_token::{Check, Relaxation, TrustedAudiences},
};
use relying_party_tests::{
    op::{Mischief, OpConfig},
    scenario::{After, Scenario, World},
};
use serde_json::{Map, Value, json};

/// With this claim in the ID token.
fn with(name: &'static str, value: Value) -> Scenario {
    Scenario::new().claims(move |claims| claims[name] = value.clone())
}

fn without(name: &'static str) -> Scenario {
    Scenario::new().claims(move |claims| drop(claims.as_object_mut().expect("claims").remove(name)))
}

/// With `auth_time` so many seconds from now.
fn authenticated(seconds: i64) -> Scenario {
    Scenario::new().claims(move |claims| {
        claims["auth_time"] = (claims["iat"].as_i64().expect("iat") + seconds).into();
    })
}

#[track_caller]
fn refused(scenario: Scenario, code: &str) {
    scenario.run().refused(code, After::Token);
}

#[track_caller]
fn passed(scenario: Scenario, check: Check) {
    let (login, _) = scenario.run().accepted();
    let checks = login.id_token().checks();
    assert!(checks.contains(&check), "{check} is not among {checks:?}");
}

#[test]
fn i01_a_nonce_that_is_not_the_one_sent() {
    let changed = |change: fn(&str) -> String| {
        Scenario::new().claims(move |claims| {
            claims["nonce"] = change(claims["nonce"].as_str().expect("a nonce")).into();
        })
    };
    for change in [
        (|nonce: &str| format!("{nonce}1")) as fn(&str) -> String,
        |nonce| nonce[..nonce.len() - 1].to_owned(),
        |nonce| nonce[..1].to_owned(),
        |nonce| format!(" {nonce}"),
        |nonce| format!("{nonce}\0"),
        |nonce| {
            // The same letters in the other case.
            let flip = |c: char| match c {
                'a'..='z' => c.to_ascii_uppercase(),
                other => other.to_ascii_lowercase(),
            };
            nonce.chars().map(flip).collect()
        },
        |_| String::new(),
    ] {
        refused(changed(change), "claim.nonce.mismatch");
    }
    refused(without("nonce"), "claim.nonce.missing");
    refused(Scenario::new().mischief(Mischief::NonceInvalid), "claim.nonce.mismatch");
    let listed = Scenario::new().claims(|claims| claims["nonce"] = json!([claims["nonce"]]));
    refused(listed, "claim.nonce.malformed");
    passed(changed(str::to_owned), Check::Nonce);
}

#[test]
fn i02_a_nonce_is_always_sent_and_never_the_same() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    let mut nonce = || {
        let started = world.run(client.start_login()).expect("a start");
        let sent = started.url.query_pairs().filter(|(name, _)| name == "nonce");
        let sent: Vec<_> = sent.map(|(_, nonce)| nonce.into_owned()).collect();
        assert_eq!((sent.len(), sent[0].len()), (1, 43));
        sent[0].clone()
    };
    assert_ne!(nonce(), nonce());
    let own = Scenario::new().start(|start| start.parameter("nonce", "mine")).run();
    own.refused("misuse.parameter", After::Discovery);
}

#[test]
fn i03_an_id_token_of_an_earlier_login() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    let first = world.login(&client).expect("the first login");
    let replayed = first.id_token().raw().expose().to_owned();
    world.op.replace_id_token(move |_| replayed.clone());
    world.transport.clear();
    let error = world.login(&client).expect_err("a replay");
    assert_eq!(error.code(), "claim.nonce.mismatch");
    assert_eq!(world.transport.requests(), ["POST /token"]);
    world.op.clear_hooks();
    world.login(&client).expect("a login of its own");
}

#[test]
fn i11_azp_names_this_client_or_nobody() {
    for azp in ["another-client", "RS256", "rs25", "rs256 ", ""] {
        refused(with("azp", json!(azp)), "claim.azp.mismatch");
    }
    for azp in [json!(["rs256"]), json!(7), Value::Null] {
        refused(with("azp", azp), "claim.azp.malformed");
    }
    refused(Scenario::new().mischief(Mischief::WrongAzp), "claim.azp.mismatch");
    passed(with("azp", json!("rs256")), Check::AuthorizedParty);
    without("azp").run().accepted();
}

#[test]
fn i12_other_audiences_are_refused_unless_trusted() {
    let also = |trusted: TrustedAudiences| {
        with("aud", json!(["https://api.test", "rs256"]))
            .policy(Policy::default().trusted_audiences(trusted))
    };
    let list = |names: &[&str]| {
        TrustedAudiences::List(names.iter().map(|name| (*name).to_owned()).collect())
    };
    let outcome = also(TrustedAudiences::OnlyMe).run();
    let outcome = outcome.refused("claim.aud.untrusted", After::Token);
    let error = outcome.result.expect_err("another audience");
    assert!(error.to_string().contains("https://api.test"), "{error}");
    assert!(error.hint().unwrap_or_default().contains("Policy::trusted_audiences"));

    for names in [&[][..], &["https://api.tes"], &["https://API.test"], &["rs256"], &["*"]] {
        refused(also(list(names)), "claim.aud.untrusted");
    }
    refused(
        also(TrustedAudiences::Predicate(Arc::new(|audience| audience.starts_with("urn:")))),
        "claim.aud.untrusted",
    );
    let predicate = TrustedAudiences::Predicate(Arc::new(|audience| audience.ends_with(".test")));
    for trusted in [list(&["https://other.test", "https://api.test"]), predicate] {
        let (login, _) = also(trusted).run().accepted();
        let [Relaxation::TrustedAudience(audience)] = login.id_token().relaxations() else {
            panic!("{:?}", login.id_token().relaxations());
        };
        assert_eq!(audience.as_str(), "https://api.test");
        assert_eq!(login.id_token().audiences(), ["https://api.test", "rs256"]);
    }
    let (login, _) = Scenario::new().run().accepted();
    assert!(login.id_token().relaxations().is_empty());
}

#[test]
fn i12_each_other_audience_counts_and_azp_vouches_for_none() {
    let policy = || {
        Policy::default().trusted_audiences(TrustedAudiences::List(vec!["a".into(), "b".into()]))
    };
    let aud = |list: &'static [&str]| with("aud", json!(list)).policy(policy());
    aud(&["a", "rs256", "b"]).run().accepted();
    refused(aud(&["a", "rs256", "c"]), "claim.aud.untrusted");
    // Trusted others do not stand in for this client.
    refused(aud(&["a", "b"]), "claim.aud.mismatch");
    refused(Scenario::new().mischief(Mischief::InvalidSecondaryAud), "claim.aud.untrusted");
    let vouched = Scenario::new().claims(|claims| {
        claims["aud"] = json!(["rs256", "unknown"]);
        claims["azp"] = json!("rs256");
    });
    refused(vouched, "claim.aud.untrusted");
    let foreign = Scenario::new().policy(policy()).claims(|claims| {
        claims["aud"] = json!(["rs256", "a"]);
        claims["azp"] = json!("a");
    });
    refused(foreign, "claim.azp.mismatch");
}

#[test]
fn i13_an_id_token_of_another_client_of_the_same_provider() {
    let outcome = with("aud", json!("public")).run().refused("claim.aud.mismatch", After::Token);
    let error = outcome.result.expect_err("another client's");
    assert!(error.hint().unwrap_or_default().contains("client_id"));
    // A true one, taken from a login with that client.
    let mut world = World::default();
    let public = world.discover("public", Policy::default()).expect("a client");
    let client = world.discover("rs256", Policy::default()).expect("a client");
    let stolen = world.login(&public).expect("a login").id_token().raw().expose().to_owned();
    world.op.replace_id_token(move |_| stolen.clone());
    assert_eq!(world.login(&client).expect_err("stolen").code(), "claim.aud.mismatch");
    world.op.clear_hooks();
    world.login(&client).expect("a login of its own");
}

#[test]
fn i15_auth_time_must_be_there_where_it_was_asked_for() {
    let absent = || Scenario::new().mischief(Mischief::MissingAuthTime);
    let asked = |scenario: Scenario| scenario.start(|start| start.max_age(3600));
    let outcome = asked(absent()).run().refused("claim.auth_time.missing", After::Token);
    assert!(outcome.result.expect_err("missing").hint().unwrap_or_default().contains("max_age"));
    let registered = absent().registration(|registration| registration.require_auth_time());
    refused(registered, "claim.auth_time.missing");
    absent().run().accepted();
    passed(asked(Scenario::new()), Check::AuthenticationTime);
    passed(
        Scenario::new().registration(|registration| registration.require_auth_time()),
        Check::AuthenticationTime,
    );
}

#[test]
fn i16_auth_time_within_max_age() {
    let asked = |seconds| authenticated(seconds).start(|start| start.max_age(100));
    for seconds in [-161, -86_400, -1_800_000_000] {
        refused(asked(seconds), "claim.auth_time.expired");
    }
    for seconds in [-160, -100, 0, 60] {
        passed(asked(seconds), Check::AuthenticationTime);
    }
    refused(asked(61), "claim.auth_time.not_yet");
    // Not asked for: reported, not judged.
    let (login, _) = authenticated(-86_400).run().accepted();
    assert!(!login.id_token().checks().contains(&Check::AuthenticationTime));
    let old = Scenario::new().mischief(Mischief::OldAuthTime).start(|start| start.max_age(3600));
    refused(old, "claim.auth_time.expired");
    // `max_age=0` asks for a new authentication.
    refused(authenticated(-61).start(|start| start.max_age(0)), "claim.auth_time.expired");
    authenticated(-60).start(|start| start.max_age(0)).run().accepted();
    authenticated(-86_400).start(|start| start.max_age(u32::MAX.into())).run().accepted();
    for value in [json!("1800000000"), json!("now"), json!(true), Value::Null] {
        refused(with("auth_time", value), "claim.auth_time.malformed");
    }
}

#[test]
fn i17_a_required_acr() {
    const SILVER: &str = "urn:test:silver";
    let require = |scenario: Scenario| scenario.start(|start| start.require_acr(&[SILVER, "gold"]));
    refused(require(Scenario::new().mischief(Mischief::WrongAcr)), "claim.acr.mismatch");
    refused(require(without("acr")), "claim.acr.missing");
    refused(require(with("acr", json!([SILVER]))), "claim.acr.malformed");
    for near in ["URN:TEST:SILVER", "urn:test:silve", "urn:test:silver gold", ""] {
        refused(require(with("acr", json!(near))), "claim.acr.mismatch");
    }
    passed(require(Scenario::new()), Check::AuthenticationContext);
    passed(require(with("acr", json!("gold"))), Check::AuthenticationContext);
}

#[test]
fn i17_a_wished_acr_is_reported() {
    let wish = |start: StartLogin| start.acr_values(&["urn:test:silver"]);
    let (login, _) = Scenario::new().mischief(Mischief::WrongAcr).start(wish).run().accepted();
    assert_eq!(login.id_token().acr(), Some("urn:test:nobody-asked"));
    assert!(!login.id_token().checks().contains(&Check::AuthenticationContext));
    without("acr").start(wish).run().accepted();

    // An essential one cannot be asked for past the check (OIDC Core 5.5.1.1).
    let by_hand = |essential: bool| {
        let request = json!({ "acr": { "essential": essential, "values": ["urn:test:silver"] } });
        let claims = Map::from_iter([("id_token".to_owned(), request)]);
        with("acr", json!("bronze")).start(move |start| start.claims(claims))
    };
    by_hand(true).run().refused("misuse.parameter", After::Discovery);
    by_hand(false).run().accepted();
}

#[test]
fn i18_the_subject_that_was_asked_for() {
    const ALICE: &str = "sub-alice-248289761001";
    let require = |sub: &'static str| Scenario::new().start(move |start| start.require_sub(sub));
    passed(require(ALICE), Check::Subject);
    for other in ["sub-bob-90125", "SUB-ALICE-248289761001", "sub-alice-24828976100", "sub-alice"] {
        refused(require(other), "claim.sub.mismatch");
    }
    // Nor can a subject (OIDC Core 5.5.1).
    let by_hand = |claim: &str| {
        let request = json!({ claim: { "value": ALICE } });
        let claims = Map::from_iter([("id_token".to_owned(), request)]);
        Scenario::new().start(move |start| start.claims(claims))
    };
    by_hand("sub").run().refused("misuse.parameter", After::Discovery);
    by_hand("email").run().accepted();
}

#[test]
fn i18_the_subject_of_the_hint() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    let alice = world.login(&client).expect("alice").id_token().clone();
    let mut again = |who: &str| -> Result<Login, Error> {
        let start = client.start_login().id_token_hint(&alice).login_hint(who);
        let started = world.run(start)?;
        let callback = world.visit(&started.url).callback()?;
        world.run(client.finish_login(started.pending, callback).with_user_info())
    };
    again("auto:alice").expect("the same");
    assert_eq!(again("auto:bob").expect_err("another").code(), "claim.sub.mismatch");
    assert_eq!(world.op.count("/userinfo"), 1);
}

#[test]
fn i21_a_login_without_an_id_token() {
    let missing = Scenario::new().mischief(Mischief::MissingIdToken);
    missing.run().refused("response.no_id_token", After::Token);
    for value in [Value::Null, json!("")] {
        let empty =
            Scenario::new().document("/token", move |body| body["id_token"] = value.clone());
        empty.run().refused("response.no_id_token", After::Token);
    }
    Scenario::new().run().accepted();
}

#[test]
fn i24_a_provider_that_speaks_for_another() {
    // A hostile provider names the good one as issuer, or delivers its true ID token.
    let hostile =
        || Scenario::new().config(|config| *config = OpConfig::with_issuer("https://evil.test"));
    refused(
        hostile().claims(|claims| claims["iss"] = json!("https://op.test")),
        "claim.iss.mismatch",
    );
    let mut good = World::default();
    let client = good.discover("rs256", Policy::default()).expect("a client");
    let token = good.login(&client).expect("a login").id_token().raw().expose().to_owned();
    let keep = Arc::new(Mutex::new(token));
    let stolen = hostile().world(move |world| {
        world.op.replace_id_token(move |_| keep.lock().expect("a token").clone());
    });
    // Even with the good one's keys, which these providers happen to share.
    refused(stolen, "claim.iss.mismatch");
    hostile().run().accepted();
}

#[test]
fn i25_i26_i27_special_issuers_are_like_any_other() {
    for iss in [
        "https://op.test/{tenantid}",
        "https://op.test/common",
        "https://self-issued.me",
        "https://self-issued.me/v2",
        "op.test",
        "accounts.test",
    ] {
        refused(with("iss", json!(iss)), "claim.iss.mismatch");
    }
    let key = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
    let own = Scenario::new().claims(move |claims| {
        claims["iss"] = json!("https://self-issued.me");
        claims["sub_jwk"] = key.clone();
    });
    refused(own, "claim.iss.mismatch");
    with("sub_jwk", json!({ "kty": "EC" })).run().accepted();
}
