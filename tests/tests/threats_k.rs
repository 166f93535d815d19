//! Threats K01 to K11, K13, K20, K21, K23, K25 and K26: which keys of a set may verify a token.
//!
//! Each set is the embedded provider's own with one difference, and each verdict is that of a whole login.

use relying_party_tests::{
    op::{Alg, Mischief, base64url},
    scenario::{After, Scenario},
};
use serde_json::{Value, json};

/// A login of `client` with another key set.
fn with_set(client: &str, change: impl Fn(&mut Vec<Value>) + Send + Sync + 'static) -> Scenario {
    Scenario::new().client(client).document("/jwks", move |document| {
        change(document["keys"].as_array_mut().expect("keys"));
    })
}

/// The key that signs: RSA stands first, P-256 third.
fn signing<'k>(keys: &'k mut [Value], kty: &str) -> &'k mut Value {
    keys.iter_mut().find(|key| key["kty"] == kty).expect("a key")
}

/// A well-formed RSA key that nobody has; `number` tells them apart.
fn stranger(number: u16, kid: Option<&str>) -> Value {
    let mut modulus = [0xc3; 256];
    modulus[1..3].copy_from_slice(&number.to_be_bytes());
    let mut key = json!({ "kty": "RSA", "use": "sig", "e": "AQAB", "n": base64url(&modulus) });
    if let Some(kid) = kid {
        key["kid"] = kid.into();
    }
    key
}

fn without_kid(scenario: Scenario) -> Scenario {
    scenario.world(|world| {
        world.op.tamper_id_token(|_, header, _| {
            header.as_object_mut().expect("a header").remove("kid");
        });
    })
}

const UNKNOWN: &str = "keys.unknown";

#[test]
fn k01_unknown_kinds_of_keys_are_passed_over() {
    let unknown = [
        json!({ "kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "AAAA" }),
        json!({ "kty": "EC", "kid": "k1", "crv": "secp256k1", "x": "AA", "y": "AA" }),
        json!({ "kty": "RSA", "kid": "odd", "alg": "RS1", "n": "AQAB", "e": "AQAB" }),
    ];
    let more = unknown.clone();
    with_set("rs256", move |keys| drop(keys.splice(0..0, more.clone()))).run().accepted();
    let only = unknown.to_vec();
    with_set("rs256", move |keys| keys.clone_from(&only)).run().refused(UNKNOWN, After::KeysAgain);
}

#[test]
fn k02_a_malformed_key_breaks_itself_alone() {
    for (member, value) in [("n", json!("!")), ("n", Value::Null), ("e", json!(65537))] {
        let (broken, ruin) = (value.clone(), value);
        with_set("rs256", move |keys| {
            let mut another = stranger(1, Some("broken"));
            another[member] = broken.clone();
            keys.splice(0..0, [another, json!(7), Value::Null, json!([])]);
        })
        .run()
        .accepted();
        with_set("rs256", move |keys| signing(keys, "RSA")[member] = ruin.clone())
            .run()
            .refused(UNKNOWN, After::KeysAgain);
    }
}

#[test]
fn k03_decoys_sharing_the_kid() {
    for client in ["rs256", "es256"] {
        Scenario::new().client(client).mischief(Mischief::DecoyKeysSharingKid).run().accepted();
        // The decoys come first; without the true keys nothing fits.
        Scenario::new()
            .client(client)
            .mischief(Mischief::DecoyKeysSharingKid)
            .document("/jwks", |document| {
                let keys = document["keys"].as_array_mut().expect("keys");
                keys.truncate(keys.len() / 2);
            })
            .run()
            .refused(UNKNOWN, After::KeysAgain);
    }
}

#[test]
fn k04_keys_of_one_kid_and_type_are_tried_within_a_bound() {
    let before = |count: u16| {
        with_set("rs256", move |keys| {
            let kid = signing(keys, "RSA")["kid"].as_str().expect("a kid").to_owned();
            keys.splice(0..0, (0..count).map(|number| stranger(number, Some(&kid))));
        })
    };
    before(3).run().accepted();
    before(4).run().refused("token.signature", After::Token);
}

#[test]
fn k05_no_kid_and_many_keys() {
    let before = |count: u16| {
        without_kid(with_set("rs256", move |keys| {
            keys.splice(0..0, (0..count).map(|number| stranger(number, None)));
        }))
    };
    before(3).run().accepted();
    // Without a key id the set may have changed unnoticed, so it is read once more.
    before(4).run().refused("token.signature", After::KeysAgain);
}

#[test]
fn k05_the_number_of_usable_keys_is_bounded() {
    let after = |total: usize| {
        with_set("rs256", move |keys| {
            keys.truncate(1);
            keys.extend((1..total).map(|n| stranger(n.try_into().expect("small"), None)));
        })
        .policy({
            let mut limits = relying_party::limits::Limits::default();
            limits.keys_response = 1 << 20;
            relying_party::Policy::default().limits(limits)
        })
    };
    after(100).run().accepted();
    after(101).run().refused("limit.key_set", After::Keys);
    after(1000).run().refused("limit.key_set", After::Keys);
}

#[test]
fn k05_ten_thousand_keys() {
    // Unusable ones are passed over without being counted, as far as the response may be that long.
    let more = |entry: Value| {
        with_set("rs256", move |keys| keys.extend(std::iter::repeat_n(entry.clone(), 10_000)))
    };
    more(json!({ "kty": "x" })).run().accepted();
    more(stranger(1, None)).run().refused("transport.too_large", After::Keys);
}

#[test]
fn k06_a_kid_that_the_set_does_not_have() {
    let bare = |keys: &mut Vec<Value>| {
        for key in keys {
            key.as_object_mut().expect("a key").remove("kid");
        }
    };
    with_set("rs256", bare).run().refused(UNKNOWN, After::KeysAgain);
    without_kid(with_set("rs256", bare)).run().accepted();
    Scenario::new().mischief(Mischief::KidAbsentSingleJwks).run().accepted();
}

#[test]
fn k07_k08_k09_what_the_owner_says_of_a_key() {
    let table: [(&str, Value, bool); 11] = [
        ("use", json!("enc"), false),
        ("use", json!("SIG"), false),
        ("use", json!(["sig"]), false),
        ("use", Value::Null, true),
        ("use", json!("sig"), true),
        ("key_ops", json!(["encrypt"]), false),
        ("key_ops", json!([]), false),
        ("key_ops", json!(["sign", "verify"]), true),
        ("alg", json!("RS384"), false),
        ("alg", json!("rs256"), false),
        ("alg", json!("RS256"), true),
    ];
    for (member, value, good) in table {
        let given = value.clone();
        let outcome =
            with_set("rs256", move |keys| signing(keys, "RSA")[member] = given.clone()).run();
        if good {
            outcome.accepted();
        } else {
            outcome.refused(UNKNOWN, After::KeysAgain);
        }
    }
    with_set("rs256", |keys| {
        signing(keys, "RSA").as_object_mut().expect("a key").remove("use");
    })
    .run()
    .accepted();
}

/// A symmetric key that stands in the set, and its octets.
const OCT: &str = "published-for-all-to-see-0123456789";

fn with_oct() -> Scenario {
    with_set("rs256", |keys| {
        keys.insert(
            0,
            json!({ "kty": "oct", "kid": "shared", "alg": "HS256", "k": base64url(OCT.as_bytes()) }),
        );
    })
}

fn hmac_token(scenario: Scenario, secret: &'static str) -> Scenario {
    scenario.id_token(move |op, parts| {
        let claims = json!({
            "iss": op.issuer(), "sub": parts.sub, "aud": parts.client_id, "nonce": parts.nonce,
            "iat": parts.now, "exp": parts.now + 300,
        });
        let header = r#"{"alg":"HS256","kid":"shared"}"#;
        op.mint_with_secret(Alg::Hs256, secret, header, &claims.to_string())
    })
}

#[test]
fn k10_symmetric_and_private_members_are_not_looked_at() {
    with_oct().run().accepted();
    with_set("rs256", |keys| {
        let key = signing(keys, "RSA");
        key["d"] = json!("AAAA");
        key["p"] = json!(7);
    })
    .run()
    .accepted();
    with_set("rs256", |keys| {
        *signing(keys, "RSA") = json!({ "kty": "oct", "k": base64url(OCT.as_bytes()) });
    })
    .run()
    .refused(UNKNOWN, After::KeysAgain);
}

#[test]
fn k11_an_hmac_under_a_published_key() {
    hmac_token(with_oct(), OCT).run().refused("token.algorithm", After::Token);
    // A client of HS256: the secret alone is the key, whatever the set holds, and the set is not even read.
    let outcome = hmac_token(with_oct().client("hs256"), OCT).run();
    outcome.refused_without_keys("token.signature", After::Token);
    with_oct().client("hs256").run().accepted();
}

#[test]
fn k13_certificates_beside_a_key_are_not_looked_at() {
    with_set("rs256", |keys| {
        let key = signing(keys, "RSA");
        key["x5c"] = json!(["bm90IGEgY2VydGlmaWNhdGU="]);
        key["x5u"] = json!("https://elsewhere.test/cert");
        key["x5t"] = json!(7);
    })
    .run()
    .accepted();
    // The true key inside x5c does not help where the numbers are another's.
    with_set("rs256", |keys| {
        let key = signing(keys, "RSA");
        let (kid, n) = (key["kid"].clone(), key["n"].clone());
        *key = stranger(1, kid.as_str());
        key["x5c"] = json!([n]);
    })
    .run()
    .refused("token.signature", After::Token);
}

#[test]
fn k20_the_document() {
    for (keys, code) in [
        (json!({}), "json.type"),
        (json!("keys"), "json.type"),
        (Value::Null, "json.type"),
        (json!(7), "json.type"),
    ] {
        let outcome = Scenario::new().document("/jwks", move |set| set["keys"] = keys.clone());
        outcome.run().refused(code, After::Keys);
    }
    let missing = Scenario::new().document("/jwks", |set| *set = json!({ "Keys": [] }));
    missing.run().refused("json.missing", After::Keys);
    let list = Scenario::new().document("/jwks", |set| *set = set["keys"].clone());
    list.run().refused("json.type", After::Keys);
    let empty = Scenario::new().document("/jwks", |set| set["keys"] = json!([]));
    empty.run().refused(UNKNOWN, After::KeysAgain);
    let more = Scenario::new().document("/jwks", |set| set["more"] = json!({ "keys": null }));
    more.run().accepted();
}

#[test]
fn k21_key_ids_are_compared_byte_by_byte() {
    let named = |in_set: &'static str, in_token: &'static str| {
        with_set("rs256", move |keys| signing(keys, "RSA")["kid"] = in_set.into()).world(
            move |world| {
                world.op.tamper_id_token(move |_, header, _| header["kid"] = in_token.into());
            },
        )
    };
    for kid in ["Key-1", "", "\u{e9}", "../../keys", "a b"] {
        named(kid, kid).run().accepted();
    }
    for (in_set, in_token) in [
        ("Key-1", "key-1"),
        ("Key-1", "Key-1 "),
        ("Key-1", "Key-"),
        ("Key-1", ""),
        ("\u{e9}", "e\u{301}"),
        ("a", "\u{430}"),
    ] {
        named(in_set, in_token).run().refused(UNKNOWN, After::KeysAgain);
    }
}

#[test]
fn k23_coordinates_have_their_full_length() {
    let coordinate = |bytes: usize| {
        with_set("es256", move |keys| {
            signing(keys, "EC")["x"] = base64url(&vec![1; bytes]).into();
        })
    };
    for bytes in [0, 31, 33] {
        coordinate(bytes).run().refused(UNKNOWN, After::KeysAgain);
    }
    Scenario::new().client("es256").run().accepted();
}

#[test]
fn k25_a_signed_key_set_is_not_looked_at() {
    let signed = |keep: bool| {
        Scenario::new().document("/.well-known/openid-configuration", move |metadata| {
            metadata["signed_jwks_uri"] = json!("https://op.test/signed-jwks");
            if !keep {
                metadata.as_object_mut().expect("metadata").remove("jwks_uri");
            }
        })
    };
    let (_, world) = signed(true).run().accepted();
    assert_eq!(world.op.count("/signed-jwks"), 0);
    signed(false).run().refused("metadata.missing", After::Discovery);
}

#[test]
fn k26_the_content_type_of_a_key_set_does_not_matter_but_a_redirect_does() {
    for content_type in ["text/html", "application/jwk-set+json", "text/plain; charset=utf-8", ""] {
        Scenario::new()
            .world(move |world| {
                world.op.intercept("/jwks", move |_, answer| {
                    answer.set_header("content-type", content_type);
                });
            })
            .run()
            .accepted();
    }
    for status in [301, 302, 303, 307, 308] {
        Scenario::new()
            .world(move |world| {
                world.op.intercept("/jwks", move |_, answer| {
                    answer.status = status;
                    answer.set_header("location", "https://op.test/jwks");
                });
            })
            .run()
            .refused("response.redirect", After::Keys);
    }
}
