//! Threats H10 to H14: a token says which key it is signed with, and must not be believed more than that.
//!
//! How often a key id that is not there may cause a request is held with the key set (K rows).

use relying_party_tests::{
    op::{Alg, IdTokenParts, Mischief, Op, OpConfig, OpRequest},
    scenario::{After, Scenario, good_id_token, set_member, sign},
};
use serde_json::{Value, json};

const EVIL: &str = "https://evil.test/keys.json";

fn login() -> Scenario {
    Scenario::new().client("eddsa")
}

fn refused(scenario: Scenario, code: &str) {
    scenario.run().refused(code, After::Token);
}

/// A login whose key set went through `change`.
fn with_keys(change: impl Fn(&mut Vec<Value>) + Send + Sync + 'static) -> Scenario {
    login().body("/jwks", move |body| {
        let mut set: Value = serde_json::from_slice(body).unwrap();
        change(set["keys"].as_array_mut().unwrap());
        *body = set.to_string().into();
    })
}

/// Somebody with own keys of every kind.
fn attacker() -> Op {
    Op::new(OpConfig { seed: 666, ..OpConfig::default() })
}

fn jwk(op: &Op) -> Value {
    let set = op.handle(&OpRequest::get(op.endpoint("/jwks").parse().unwrap()), 0).document();
    let mut keys = set["keys"].as_array().unwrap().iter();
    keys.find(|key| key["kid"] == op.kid(Alg::EdDsa)).unwrap().clone()
}

/// A token that the attacker signed, with one header that leads to the attacker's key.
fn forged(op: &Op, parts: &IdTokenParts, name: &str, value: &Value, kid: Option<&str>) -> String {
    let (alg, _, payload) = good_id_token(op, parts);
    let mut header = json!({ "alg": "EdDSA", name: value });
    if let Some(kid) = kid {
        header["kid"] = kid.into();
    }
    sign(&attacker(), alg, header.to_string().as_bytes(), &payload)
}

/// What an accepted login requests, and nothing else.
const REQUESTS: [&str; 4] =
    ["GET /.well-known/openid-configuration", "GET /jwks", "POST /token", "GET /userinfo"];

#[test]
fn h10_h11_h12_a_token_brings_no_key_along() {
    let own = jwk(&attacker());
    let true_kid = Op::new(OpConfig::default()).kid(Alg::EdDsa);
    let thumbprint = json!("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    for (name, value) in [
        ("jwk", own.clone()),
        ("jku", json!(EVIL)),
        ("jku", json!("http://169.254.169.254/keys.json")),
        ("jku", json!("file:///etc/passwd")),
        ("x5u", json!(EVIL)),
        ("x5u", json!("http://localhost:6379/")),
        ("x5c", json!(["MIIBfake", "MIIBfake"])),
        ("x5t", thumbprint.clone()),
        ("x5t#S256", thumbprint),
        ("key", own.clone()),
        ("keys", json!([own])),
    ] {
        let attackers_kid = attacker().kid(Alg::EdDsa);
        for (kid, code, after) in [
            // A published key without a key id may have been replaced: the set is read once more.
            (None, "token.signature", After::KeysAgain),
            (Some(true_kid.clone()), "token.signature", After::Token),
            (Some(attackers_kid), "keys.unknown", After::KeysAgain),
        ] {
            let value = value.clone();
            let login =
                login().id_token(move |op, parts| forged(op, parts, name, &value, kid.as_deref()));
            login.run().refused(code, after);
        }
        // In a good token it is ignored, whatever it says, and nobody goes there.
        for text in [value.to_string(), "null".to_owned(), "7".to_owned()] {
            let outcome = login().header(name, text).run();
            assert_eq!(outcome.requests, REQUESTS, "{name}");
            outcome.accepted();
        }
    }
}

#[test]
fn h13_the_kid_is_no_path_and_no_query() {
    let long = "x".repeat(1024);
    let odd = [
        "../../../../dev/null",
        "/dev/null",
        "' UNION SELECT 'secret'--",
        "; cat /etc/passwd |",
        "https://evil.test/key.pem",
        "file:///etc/hostname",
        "%2e%2e/",
        "\0",
        "\u{1f511}",
        "",
        " ",
        "0",
        &long,
    ];
    for kid in odd {
        let text = Value::from(kid).to_string();
        login().header("kid", &text).run().refused("keys.unknown", After::KeysAgain);
        // It is only a name: where the provider uses it, it works.
        let kid = kid.to_owned();
        let rename = move |keys: &mut Vec<Value>| {
            keys.iter_mut().for_each(|key| key["kid"] = kid.as_str().into());
        };
        with_keys(rename).header("kid", text).run().accepted();
    }
    let too_long = format!("\"{}\"", "x".repeat(1025));
    for text in ["1", "null", "true", "[]", "[\"a\"]", "{}", &too_long] {
        refused(login().header("kid", text), "token.header");
    }
}

#[test]
fn h13_the_kid_is_compared_octet_by_octet() {
    for change in [
        (|kid| kid.to_uppercase()) as fn(&str) -> String,
        |kid| kid.to_lowercase(),
        |kid| format!("{kid} "),
        |kid| format!(" {kid}"),
        |kid| format!("{kid}\0"),
        |kid| kid[..kid.len() - 1].to_owned(),
        |kid| format!("{kid}\u{200b}"),
        |kid| kid.replace('o', "\u{43e}"),
    ] {
        let login = login().id_token(move |op, parts| {
            let (alg, mut header, payload) = good_id_token(op, parts);
            let (kid, other) = (op.kid(alg), change(&op.kid(alg)));
            assert_ne!(kid, other);
            set_member(&mut header, "kid", &Value::from(other).to_string());
            sign(op, alg, &header, &payload)
        });
        login.run().refused("keys.unknown", After::KeysAgain);
    }
    login().id_token_octets(|_, _| {}).run().accepted();
}

#[test]
fn h14_keys_for_other_uses_are_no_candidates() {
    let key = Op::new(OpConfig::default()).kid(Alg::EdDsa);
    for (name, value) in [
        ("use", json!("enc")),
        ("use", json!("SIG")),
        ("use", json!("")),
        ("key_ops", json!(["encrypt"])),
        ("key_ops", json!(["sign"])),
        ("key_ops", json!([])),
        ("alg", json!("ES256")),
        ("alg", json!("ECDH-ES")),
        ("alg", json!("none")),
        ("crv", json!("X25519")),
        ("kty", json!("EC")),
    ] {
        let kid = key.clone();
        let change = move |keys: &mut Vec<Value>| {
            let mut own = keys.iter_mut().filter(|key| key["kid"] == kid.as_str());
            own.next().unwrap()[name] = value.clone();
        };
        with_keys(change).run().refused("keys.unknown", After::KeysAgain);
    }
    for (name, value) in [
        ("use", Value::Null),
        ("key_ops", json!(["verify"])),
        ("alg", json!("EdDSA")),
        ("alg", json!("Ed25519")),
    ] {
        let kid = key.clone();
        let change = move |keys: &mut Vec<Value>| {
            let mut own = keys.iter_mut().filter(|key| key["kid"] == kid.as_str());
            own.next().unwrap()[name] = value.clone();
        };
        with_keys(change).run().accepted();
    }
}

#[test]
fn h14_the_kid_of_a_key_of_another_kind() {
    for (client, kids) in [
        ("eddsa", ["rsa-second", "ec-second", "ec-enc"]),
        ("es256", ["rsa-second", "ec-enc", "ec-k1"]),
        ("rs256", ["ec-second", "rsa-enc", "ec-k1"]),
    ] {
        for kid in kids {
            let login = Scenario::new().client(client).header("kid", format!("\"{kid}\""));
            login.run().refused("keys.unknown", After::KeysAgain);
        }
        // A key of the right kind, but another one.
        if client != "eddsa" {
            let kid = if client == "es256" { "\"ec-second\"" } else { "\"rsa-second\"" };
            refused(Scenario::new().client(client).header("kid", kid), "token.signature");
        }
        let decoys = Scenario::new().client(client).mischief(Mischief::DecoyKeysSharingKid);
        decoys.run().accepted();
    }
}
