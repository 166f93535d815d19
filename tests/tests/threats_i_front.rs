//! Threats I14, I19 and I20: tokens that pass through the browser, and what comes for the code afterwards.

use relying_party::{
    Policy,
    flow::start_login::StartedLogin,
    protocol::{id_token::Check, response_type::ResponseType},
};
use relying_party_tests::{
    op::Mischief,
    scenario::{After, Return, Scenario, World},
};
use serde_json::{Value, json};

fn hybrid(response_type: ResponseType) -> Scenario {
    Scenario::new().start(move |start| {
        start.response_type(response_type).insecure_front_channel_access_token()
    })
}

/// A hybrid login with these claims in the token endpoint's ID token alone.
fn back(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Scenario {
    hybrid(ResponseType::CodeIdToken).claims(move |claims| {
        if claims.get("c_hash").is_none() {
            change(claims);
        }
    })
}

/// And in the one through the browser alone.
fn front(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Scenario {
    hybrid(ResponseType::CodeIdToken).claims(move |claims| {
        if claims.get("c_hash").is_some() {
            change(claims);
        }
    })
}

#[test]
fn i14_an_access_token_of_another_login_is_injected() {
    let injected = |response_type: ResponseType| {
        let mut world = World::default();
        let client = world.discover("rs256", Policy::default()).expect("a client");
        let mut visit = || {
            let start = client.start_login().response_type(response_type);
            let start = start.insecure_front_channel_access_token();
            let StartedLogin { url, pending } = world.run(start).expect("a start");
            (pending, world.visit(&url).text().to_owned())
        };
        let token = |text: &str| {
            let mut pairs = text.split('&');
            pairs.find(|pair| pair.starts_with("access_token=")).expect("a token").to_owned()
        };
        let ((_, attackers), (pending, own)) = (visit(), visit());
        let swapped = own.replace(&token(&own), &token(&attackers));
        assert_ne!(own, swapped);
        let callback = Return::Fragment(swapped).callback().expect("a callback");
        world.transport.clear();
        let error = match response_type.has_code() {
            true => world.run(client.finish_login(pending, callback)).unwrap_err(),
            false => world.run(client.finish_implicit_login(pending, callback)).unwrap_err(),
        };
        assert_eq!(world.transport.requests(), ["GET /jwks"], "the code is not spent");
        error.code()
    };
    assert_eq!(injected(ResponseType::IdTokenToken), "claim.at_hash.mismatch");
    assert_eq!(injected(ResponseType::CodeIdTokenToken), "claim.at_hash.mismatch");
    // Without at_hash there is no acceptance.
    let absent = hybrid(ResponseType::CodeIdTokenToken).mischief(Mischief::MissingAtHash);
    absent.run().refused("claim.at_hash.missing", After::Keys);
    // Where no access token comes along, none is due.
    hybrid(ResponseType::CodeIdToken).mischief(Mischief::MissingAtHash).run().accepted();
    hybrid(ResponseType::CodeIdTokenToken).run().accepted();
}

#[test]
fn i14_a_code_of_another_login_is_injected() {
    let swapped = hybrid(ResponseType::CodeIdToken).alter(|back| {
        let text = back.text().replacen("code=code-", "code=code-x", 1);
        assert_ne!(text, back.text());
        Return::Fragment(text)
    });
    swapped.run().refused("claim.c_hash.mismatch", After::Keys);
    hybrid(ResponseType::CodeIdToken)
        .mischief(Mischief::MissingCHash)
        .run()
        .refused("claim.c_hash.missing", After::Keys);
    // In the token endpoint's ID token it may be absent (OIDC Core 3.3.3.6), and must not be wrong.
    back(|claims| claims["c_hash"] = "d3Jvbmc".into())
        .run()
        .refused("claim.c_hash.mismatch", After::Token);
    hybrid(ResponseType::CodeIdToken).run().accepted();
}

#[test]
fn i19_both_id_tokens_are_about_the_same_login() {
    hybrid(ResponseType::CodeIdTokenToken)
        .mischief(Mischief::HybridInvalidSub)
        .run()
        .refused("claim.sub.mismatch", After::Token);
    for (claim, value, code) in [
        ("iss", json!("https://evil.test"), "claim.iss.mismatch"),
        ("sub", json!("sub-bob-90125"), "claim.sub.mismatch"),
        ("aud", json!(["another"]), "claim.aud.mismatch"),
        ("auth_time", json!(1_700_000_000), "claim.auth_time.mismatch"),
        ("nonce", json!("another"), "claim.nonce.mismatch"),
    ] {
        let in_front = value.clone();
        back(move |claims| claims[claim] = value.clone()).run().refused(code, After::Token);
        // A claim that is only wrong beside the other one costs the code; the others are seen before.
        let last = match claim {
            "sub" | "auth_time" => After::Token,
            _ => After::Keys,
        };
        front(move |claims| claims[claim] = in_front.clone()).run().refused(code, last);
    }
    let acr = |first: &'static str, second: &'static str| {
        hybrid(ResponseType::CodeIdToken).claims(move |claims| {
            let front = claims.get("c_hash").is_some();
            claims["acr"] = if front { first } else { second }.into();
        })
    };
    acr("gold", "bronze").run().refused("claim.acr.mismatch", After::Token);
    acr("gold", "gold").run().accepted();
}

#[test]
fn i19_a_claim_that_is_in_one_of_them_only_contradicts_nothing() {
    let without =
        |claims: &mut Value, name: &str| drop(claims.as_object_mut().unwrap().remove(name));
    front(move |claims| without(claims, "auth_time")).run().accepted();
    back(move |claims| without(claims, "auth_time")).run().accepted();
    back(|claims| claims["azp"] = "rs256".into()).run().accepted();
    front(|claims| claims["email"] = "only.here@people.test".into()).run().accepted();
    let (login, _) = back(|claims| claims["aud"] = json!(["rs256"])).run().accepted();
    assert!(login.id_token().checks().contains(&Check::FrontChannelIdToken));
}

#[test]
fn i20_the_token_endpoint_gives_no_id_token_or_one_of_another_nonce() {
    for response_type in [ResponseType::CodeIdToken, ResponseType::CodeToken] {
        hybrid(response_type)
            .mischief(Mischief::MissingIdToken)
            .run()
            .refused("response.no_id_token", After::Token);
    }
    back(|claims| claims["nonce"] = "another".into())
        .run()
        .refused("claim.nonce.mismatch", After::Token);
    back(|claims| drop(claims.as_object_mut().unwrap().remove("nonce")))
        .run()
        .refused("claim.nonce.missing", After::Token);
    hybrid(ResponseType::CodeToken).run().accepted();
}

#[test]
fn what_a_login_demands_holds_for_both_id_tokens() {
    let required = |acr: &'static str, claims: fn(&mut Value)| {
        hybrid(ResponseType::CodeIdToken)
            .start(move |start| start.response_type(ResponseType::CodeIdToken).require_acr(&[acr]))
            .claims(claims)
    };
    required("urn:test:silver", |_| {}).run().accepted();
    let front = |claims: &mut Value| {
        if claims.get("c_hash").is_some() {
            claims["acr"] = "urn:test:bronze".into();
        }
    };
    required("urn:test:silver", front).run().refused("claim.acr.mismatch", After::Keys);
}

/// Everything that holds a code, a token, a `state` or a `nonce` keeps it to itself.
#[test]
fn i28_nothing_of_the_front_channel_is_shown() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    let kind = ResponseType::CodeIdTokenToken;
    let start = client.start_login().response_type(kind).insecure_front_channel_access_token();
    let started = world.run(start).expect("a start");
    let (url, mut shown) = (started.url.clone(), vec![format!("{started:?}")]);
    shown.push(format!("{:?}", client.authorization_form(&url).expect("a form")));
    let text = world.visit(&url).text().to_owned();
    let callback = Return::Fragment(text.clone()).callback().expect("a callback");
    shown.push(format!("{callback:?}"));
    let finish = client.finish_login(started.pending, callback);
    shown.push(format!("{finish:?}"));
    let login = world.run(finish).expect("a login");
    shown.extend([format!("{login:?}"), format!("{:?}", login.front_channel())]);
    shown.push(format!("{:?}", login.response_parameters()));

    let implicit = client.start_login().response_type(ResponseType::IdToken);
    let started = world.run(implicit).expect("a start");
    let second = world.visit(&started.url).text().to_owned();
    let callback = Return::Fragment(second.clone()).callback().expect("a callback");
    let finish = client.finish_implicit_login(started.pending, callback);
    shown.push(format!("{finish:?}"));
    shown.push(format!("{:?}", world.run(finish).expect("a login")));

    let plain = client.start_authorization().response_type(ResponseType::CodeToken);
    let plain = world.run(plain.insecure_front_channel_access_token()).expect("a start");
    shown.push(format!("{plain:?}"));
    let third = world.visit(&plain.url).text().to_owned();
    let callback = Return::Fragment(third.clone()).callback().expect("a callback");
    let finish = client.finish_authorization(plain.pending, callback);
    shown.push(format!("{finish:?}"));
    shown.push(format!("{:?}", world.run(finish).expect("tokens")));

    let mut secrets: Vec<String> = Vec::new();
    for text in [&text, &second, &third, &url.query().expect("a query").to_owned()] {
        let pairs = url::form_urlencoded::parse(text.as_bytes()).into_owned();
        let held = ["code", "access_token", "id_token", "state", "nonce"];
        secrets.extend(pairs.filter(|(name, _)| held.contains(&&**name)).map(|(_, value)| value));
    }
    secrets.push(login.tokens().access_token().expose().to_owned());
    assert!(secrets.len() > 10);
    for shown in &shown {
        for secret in &secrets {
            assert!(!shown.contains(secret.as_str()), "{shown}");
        }
    }
}
