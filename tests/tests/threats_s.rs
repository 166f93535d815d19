//! Threats S01 to S15: the compact form of a token, and everything that is nearly one.
//!
//! Out of scope, because nothing here decrypts: S12 to S14 as far as they speak of encrypted tokens, and the
//! converse of S09. An encrypted token is refused like any other text that has not three parts. That S04 needs no
//! memory for each dot is for the reviewer of `core/src/jose/jws.rs`; its bounds are tested here.

use relying_party::{
    Policy,
    error::TokenProblem,
    jose::{algorithm::Algorithm, jws::UnverifiedJws},
    limits::Limits,
};
use relying_party_tests::{
    op::{Alg, IdTokenParts, Op, base64url},
    scenario::{After, Scenario, good_id_token, set_member, sign},
};

fn login() -> Scenario {
    Scenario::new().client("eddsa")
}

/// A login whose ID token, good until then, is changed on its way.
fn with_token(change: impl Fn(String) -> String + Send + Sync + 'static) -> Scenario {
    login().id_token(move |op, parts| {
        let (alg, mut header, mut payload) = good_id_token(op, parts);
        // Their base64url holds both characters in which the alphabets differ.
        for object in [&mut header, &mut payload] {
            set_member(object, "more", r#""~~~>>>???/// \u00ff""#);
        }
        change(sign(op, alg, &header, &payload))
    })
}

fn refused(change: impl Fn(String) -> String + Send + Sync + 'static) {
    with_token(change).run().refused("token.syntax", After::Token);
}

/// The same for what has five parts.
fn encrypted(change: impl Fn(String) -> String + Send + Sync + 'static) {
    with_token(change).run().refused("token.encrypted", After::Token);
}

/// The token with one of its three parts changed.
fn part(token: &str, at: usize, change: impl Fn(&str) -> String) -> String {
    let parts = token.split('.').enumerate();
    let parts = parts.map(|(own, part)| if own == at { change(part) } else { part.to_owned() });
    let changed = parts.collect::<Vec<_>>().join(".");
    assert_ne!(changed, token);
    changed
}

#[test]
fn s01_only_the_alphabet_of_base64url() {
    for at in 0..3 {
        for text in ["=", "==", "+", "/", "%", "*", "~", ":", ",", "%3D", "\\n"] {
            refused(move |token| part(&token, at, |part| format!("{part}{text}")));
            refused(move |token| part(&token, at, |part| format!("{text}{part}")));
            refused(move |token| {
                part(&token, at, |part| format!("{}{text}{}", &part[..8], &part[8..]))
            });
        }
        // White space and what is not ASCII cannot even be in a token response (RFC 6749 A).
        for text in [" ", "\n", "\r\n", "\t", "\u{e9}", "\u{a0}", "\u{200b}", "\0", "\u{7f}"] {
            let change = move |token: String| {
                part(&token, at, |part| format!("{}{text}{}", &part[..8], &part[8..]))
            };
            with_token(change).run().refused("response.token_characters", After::Token);
        }
    }
    // The same octets in the other alphabet, and with padding.
    for at in 0..2 {
        refused(move |token| part(&token, at, |part| part.replace('-', "+").replace('_', "/")));
        refused(move |token| part(&token, at, padded));
    }
    refused(|token| part(&token, 2, padded));
    with_token(|token| token).run().accepted();
}

/// As other encoders write it.
fn padded(part: &str) -> String {
    // A whole number of groups needs no padding: there it is simply too much.
    let missing = (4 - part.len() % 4) % 4;
    format!("{part}{}", "=".repeat(missing.max(1)))
}

#[test]
fn s02_stray_bits_at_the_end_of_a_part() {
    for at in 0..3 {
        for stray in [false, true] {
            let outcome = login().id_token(move |op, parts| {
                let token = token_with_spare_bits(op, parts, at);
                if stray { part(&token, at, with_stray_bit) } else { token }
            });
            match stray {
                true => drop(outcome.run().refused("token.syntax", After::Token)),
                false => drop(outcome.run().accepted()),
            }
        }
    }
}

/// A good token in which this part does not end on a whole number of octets.
fn token_with_spare_bits(op: &Op, parts: &IdTokenParts, at: usize) -> String {
    let tokens = ["\"\"", "\"x\"", "\"xx\""].map(|filler| {
        let (alg, mut header, mut payload) = good_id_token(op, parts);
        set_member(&mut header, "more", filler);
        set_member(&mut payload, "more", filler);
        sign(op, alg, &header, &payload)
    });
    let spare = |token: &&String| {
        token.split('.').nth(at).is_some_and(|part| !part.len().is_multiple_of(4))
    };
    tokens.iter().find(spare).unwrap().clone()
}

/// The next character of the alphabet: a lenient decoder drops the bit in which it differs.
fn with_stray_bit(part: &str) -> String {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = part.split_at(part.len() - 1);
    let next = ALPHABET.find(last).unwrap() + 1;
    format!("{start}{}", &ALPHABET[next..=next])
}

#[test]
fn s03_no_part_has_a_single_character_too_many() {
    for at in 0..3 {
        refused(move |token| {
            part(&token, at, |part| {
                let whole = part.len() / 4 * 4;
                format!("{}A", &part[..whole])
            })
        });
        refused(move |token| part(&token, at, |_| "A".to_owned()));
    }
    with_token(|token| token).run().accepted();
}

#[test]
fn s04_any_number_of_dots_but_two() {
    for dots in [1_usize, 3, 5, 6, 1_000, 60_000] {
        refused(move |_| ".".repeat(dots));
    }
    encrypted(|_| "....".to_owned());
    // Two are the right number, but then the header is no JSON.
    with_token(|_| "..".to_owned()).run().refused("json.syntax", After::Token);
    for parts in [1, 2, 4, 6, 1_000] {
        refused(move |_| vec!["e30"; parts].join("."));
    }
    for more in [".", ".e30", ".e30.e30.e30"] {
        refused(move |token| format!("{token}{more}"));
        refused(move |token| format!("{more}{token}"));
    }
    for more in ["..", ".e30.e30"] {
        encrypted(move |token| format!("{token}{more}"));
        encrypted(move |token| format!("{more}{token}"));
    }
    refused(|token| token.replace('.', ""));
    refused(|token| token.rsplit_once('.').unwrap().0.to_owned());
    with_token(|_| ".".repeat(70_000)).run().refused("token.too_long", After::Token);
    with_token(|_| ".".repeat(1_000_000)).run().refused("transport.too_large", After::Token);
    with_token(|_| String::new()).run().refused("response.no_id_token", After::Token);
    with_token(|token| token).run().accepted();

    let mut limits = Limits::default();
    limits.token = usize::MAX;
    let dots = ".".repeat(1_000_000);
    let problem = UnverifiedJws::parse(&dots, Algorithm::RS256, &[], &limits).unwrap_err();
    assert!(matches!(problem, TokenProblem::Syntax(_)));
}

#[test]
fn s05_empty_parts() {
    let headless = with_token(|token| part(&token, 0, |_| String::new()));
    headless.run().refused("json.syntax", After::Token);
    for at in 1..3 {
        refused(move |token| part(&token, at, |_| String::new()));
    }
    // Signed so: the emptiness itself is refused.
    let payload = login().id_token_octets(|_, payload| payload.clear());
    payload.run().refused("token.syntax", After::Token);
    let header = login().id_token_octets(|header, _| header.clear());
    header.run().refused("json.syntax", After::Token);
    with_token(|token| token).run().accepted();
}

#[test]
fn s06_nothing_stands_around_a_token() {
    for text in [" ", "\t", "\n", "\r\n", "\0", "\u{feff}", "\u{a0}", "\u{3000}"] {
        for change in [
            Box::new(move |token: String| format!("{text}{token}"))
                as Box<dyn Fn(String) -> String + Send + Sync>,
            Box::new(move |token| format!("{token}{text}")),
            Box::new(move |token| token.replace('.', &format!("{text}."))),
        ] {
            with_token(change).run().refused("response.token_characters", After::Token);
        }
    }
    for (start, end) in [("\"", "\""), ("'", "'"), ("<", ">"), ("[", "]"), ("(", ")"), ("", ";")] {
        refused(move |token| format!("{start}{token}{end}"));
    }
    with_token(|token| token).run().accepted();
}

#[test]
fn s07_length_is_looked_at_first() {
    let megabytes = |_: String| format!("{}.e30.c2ln", "!".repeat(10_000_000));
    with_token(megabytes).run().refused("transport.too_large", After::Token);
    let mut patient = Limits::default();
    patient.token_response = usize::MAX;
    let login = with_token(megabytes).policy(Policy::default().limits(patient));
    login.run().refused("token.too_long", After::Token);

    let (login, _) = with_token(|token| token).run().accepted();
    let length = login.id_token().raw().expose().len();
    for (limit, accepted) in [(length, true), (length - 1, false)] {
        let mut exact = Limits::default();
        exact.token = limit;
        let outcome = with_token(|token| token).policy(Policy::default().limits(exact)).run();
        match accepted {
            true => drop(outcome.accepted()),
            false => drop(outcome.refused("token.too_long", After::Token)),
        }
    }
}

#[test]
fn s08_no_json_serialization() {
    fn json(token: &str, form: usize) -> String {
        let mut parts = token.split('.');
        let mut next = || parts.next().unwrap();
        let (header, payload, signature) = (next(), next(), next());
        let signed = format!(r#""protected":"{header}","signature":"{signature}""#);
        match form {
            0 => format!(r#"{{"payload":"{payload}",{signed}}}"#),
            1 => format!(r#"{{"payload":"{payload}","signatures":[{{{signed}}}]}}"#),
            2 => format!(r#"{{"payload":"{payload}","signatures":[{{{signed}}},{{{signed}}}]}}"#),
            // With two dots inside, it has three parts.
            _ => format!(r#"{{"payload":"{payload}",{signed},"header":{{"a":".."}}}}"#),
        }
    }
    for form in 0..4 {
        refused(move |token| json(&token, form));
        // As an object in the response, not as text.
        let object = login().body("/token", move |body| {
            let document: serde_json::Value = serde_json::from_slice(body).unwrap();
            let token = document["id_token"].as_str().unwrap();
            set_member(body, "id_token", &json(token, form));
        });
        object.run().refused("json.type", After::Token);
    }
    with_token(|token| token).run().accepted();
}

#[test]
fn s09_an_encrypted_token_is_no_signed_one() {
    let header = |text: &str| base64url(text.as_bytes());
    let encrypted = format!("{}.AAAA.AAAA.AAAA.AAAA", header(r#"{"alg":"dir","enc":"A256GCM"}"#));
    self::encrypted(move |_| encrypted.clone());
    // A good signed token inside something that calls itself encrypted.
    self::encrypted(move |token| {
        let (start, signature) = token.rsplit_once('.').unwrap();
        format!("{start}.AAAA.AAAA.{signature}")
    });
    for (name, value) in [("enc", "\"A256GCM\""), ("enc", "null")] {
        login().header(name, value).run().refused("token.header", After::Token);
    }
    with_token(|token| token).run().accepted();
}

#[test]
fn s10_no_detached_payload() {
    refused(|token| part(&token, 1, |_| String::new()));
    // Signed over the empty payload, so that the signature is good.
    let empty = login().id_token(|op, parts| {
        let (alg, header, _) = good_id_token(op, parts);
        sign(op, alg, &header, b"")
    });
    empty.run().refused("token.syntax", After::Token);
    login().id_token_octets(|_, _| {}).run().accepted();
}

#[test]
fn s11_the_header_is_an_object() {
    for text in ["[]", "[{\"alg\":\"EdDSA\"}]", "\"EdDSA\"", "7", "null", "true"] {
        let login = login().id_token_octets(move |header, _| *header = text.into());
        login.run().refused("json.type", After::Token);
    }
    let empty = login().id_token_octets(|header, _| *header = b"{}".to_vec());
    empty.run().refused("token.header", After::Token);
    let least = login().id_token_octets(|header, _| *header = br#"{"alg":"EdDSA"}"#.to_vec());
    least.run().accepted();
}

#[test]
fn s12_no_token_in_a_token() {
    let nested = |cty: Option<&'static str>| {
        login().id_token(move |op, parts| {
            let (alg, mut header, payload) = good_id_token(op, parts);
            let inner = sign(op, alg, &header, &payload);
            if let Some(cty) = cty {
                set_member(&mut header, "cty", cty);
            }
            sign(op, Alg::EdDsa, &header, inner.as_bytes())
        })
    };
    for cty in ["\"JWT\"", "\"jwt\"", "\"application/jwt\""] {
        nested(Some(cty)).run().refused("token.header", After::Token);
    }
    // Without the name the signature is looked at, and then the payload is no object.
    nested(None).run().refused("json.syntax", After::Token);
    nested(Some("\"text/plain\"")).run().refused("json.syntax", After::Token);
    login().id_token_octets(|_, _| {}).run().accepted();
}

#[test]
fn s15_no_magic() {
    for (start, end) in [
        ("bearer:", ""),
        ("token=", ""),
        ("id_token=", ""),
        ("", "&x=1"),
        ("Bearer%20", ""),
        ("", "+"),
        ("", "#"),
        ("data:application/jwt,", ""),
    ] {
        refused(move |token| format!("{start}{token}{end}"));
    }
    // Words of the alphabet become a part of the header.
    for word in ["Bearer", "JWT-", "DPoP"] {
        let login = with_token(move |token| format!("{word}{token}"));
        login.run().refused("json.syntax", After::Token);
    }
    refused(|token| token.replace('.', "%2E"));
    refused(|token| token.replace('.', "%2e"));
    refused(|token| token.replace('.', ":"));
    let spaced = with_token(|token| format!("Bearer {token}"));
    spaced.run().refused("response.token_characters", After::Token);
    with_token(|token| token).run().accepted();
}

/// RFC 7518 4.2: nothing is decrypted with it, whatever a provider lists.
#[test]
fn s09_rsa1_5_decrypts_nothing() {
    let header = base64url(br#"{"alg":"RSA1_5","enc":"A128CBC-HS256"}"#);
    let encrypted = format!("{header}.AAAA.AAAA.AAAA.AAAA");
    self::encrypted(move |_| encrypted.clone());
    login().header("alg", r#""RSA1_5""#).run().refused("token.algorithm", After::Token);
    login()
        .document("/.well-known/openid-configuration", |document| {
            document["id_token_encryption_alg_values_supported"] = serde_json::json!(["RSA1_5"]);
        })
        .run()
        .accepted();
}
