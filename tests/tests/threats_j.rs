//! Threats J01 to J10, J12 and J20: JSON that two readers could understand differently, wherever JSON is read.
//!
//! Held elsewhere: J14 to J19, J25, J28 in `threats_j_numbers.rs`; J11, J13, J29, J30 in `threats_j_grammar.rs`;
//! J21 to J24, J26, J27 in `threats_j_text.rs`.
//!
//! Out of scope: the registration response of J04, since the library registers no clients.

use std::thread;

use relying_party::{
    jose::{algorithm::Algorithm, jws::UnverifiedJws, key_set::KeySet},
    json,
    limits::Limits,
    protocol::{issuer::Issuer, metadata::ProviderMetadata},
};
use relying_party_tests::{
    op::base64url,
    scenario::{After, Scenario},
};

/// Everything that a login reads as JSON, and the last request before it is read.
const PLACES: [(&str, After); 6] = [
    (HEADER, After::Token),
    (PAYLOAD, After::Token),
    (DISCOVERY, After::Discovery),
    (JWKS, After::Keys),
    (TOKEN, After::Token),
    (USERINFO, After::UserInfo),
];

const HEADER: &str = "header of the ID token";
const PAYLOAD: &str = "payload of the ID token";
const DISCOVERY: &str = "/.well-known/openid-configuration";
const JWKS: &str = "/jwks";
const TOKEN: &str = "/token";
const USERINFO: &str = "/userinfo";

fn login() -> Scenario {
    Scenario::new().client("eddsa")
}

/// A login in which this one text is changed.
fn changed(place: &'static str, change: impl Fn(&mut Vec<u8>) + Send + Sync + 'static) -> Scenario {
    match place {
        HEADER => login().id_token_octets(move |header, _| change(header)),
        PAYLOAD => login().id_token_octets(move |_, payload| change(payload)),
        path => login().body(path, change),
    }
}

/// The object goes on with these octets.
fn appended(place: &'static str, members: impl Into<Vec<u8>>) -> Scenario {
    let members = members.into();
    changed(place, move |object| {
        assert_eq!(object.pop(), Some(b'}'));
        object.push(b',');
        object.extend_from_slice(&members);
        object.push(b'}');
    })
}

/// A member of the object has another name.
fn renamed(place: &'static str, name: &'static str, new: &'static str) -> Scenario {
    changed(place, move |object| {
        let text = String::from_utf8(object.clone()).unwrap();
        let other = text.replace(&format!("\"{name}\":"), &format!("\"{new}\":"));
        assert_ne!(text, other);
        *object = other.into_bytes();
    })
}

#[test]
fn j01_duplicates_in_the_header() {
    for header in [
        r#"{"alg":"none","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","alg":"none"}"#,
        r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","own":{"a":1,"a":2}}"#,
        r#"{"alg":"EdDSA","own":[0,[{"b":{"c":null,"d":0,"c":null}}]]}"#,
    ] {
        let change = |object: &mut Vec<u8>| *object = header.as_bytes().to_owned();
        changed(HEADER, change).run().refused("json.duplicate", After::Token);
    }
    let header = r#"{"alg":"EdDSA","own":{"alg":"none","a":[{"a":1},{"a":1}]}}"#;
    changed(HEADER, |object| *object = header.as_bytes().to_owned()).run().accepted();
}

#[test]
fn j02_duplicates_among_the_claims() {
    for claim in ["iss", "sub", "aud", "exp", "nonce"] {
        for value in ["\"another\"", "null", "{}"] {
            let login = appended(PAYLOAD, format!("\"{claim}\":{value}"));
            login.run().refused("json.duplicate", After::Token);
        }
    }
    // First wins or last wins: neither may decide.
    let first = |object: &mut Vec<u8>| {
        object.splice(..1, *b"{\"sub\":\"mallory\",");
    };
    changed(PAYLOAD, first).run().refused("json.duplicate", After::Token);
    appended(PAYLOAD, r#""roles":[{"sub":"a"},{"sub":"a"}]"#).run().accepted();
}

#[test]
fn j03_duplicates_are_found_after_unescaping() {
    for (place, member) in [
        (HEADER, r#""\u0061lg":"none""#),
        (PAYLOAD, r#""s\u0075b":"mallory""#),
        (DISCOVERY, r#""\u0069ssuer":"https://evil.test""#),
        (JWKS, r#""key\u0073":[]"#),
        (TOKEN, r#""\u0061ccess_token":"mine""#),
        (USERINFO, r#""\u0073\u0075\u0062":"mallory""#),
    ] {
        let (_, after) = PLACES.iter().find(|(other, _)| *other == place).unwrap();
        appended(place, member).run().refused("json.duplicate", *after);
    }
    // Alone, the escaped name is the name.
    renamed(HEADER, "alg", r"\u0061lg").run().accepted();
    renamed(PAYLOAD, "sub", r"s\u0075b").run().accepted();
    renamed(DISCOVERY, "issuer", r"\u0069ssuer").run().accepted();
}

#[test]
fn j04_duplicates_in_each_document() {
    let used = [
        (DISCOVERY, r#""issuer":"https://op.test""#),
        (JWKS, r#""keys":[]"#),
        (TOKEN, r#""token_type":"Bearer""#),
        (USERINFO, r#""sub":"sub-alice-248289761001""#),
    ];
    for (place, member) in used {
        let (_, after) = PLACES.iter().find(|(other, _)| *other == place).unwrap();
        appended(place, member).run().refused("json.duplicate", *after);
    }
    for (place, after) in PLACES {
        for members in [r#""more":1,"more":1"#, r#""more":[{"a":{"b":1,"b":1}}]"#] {
            appended(place, members).run().refused("json.duplicate", after);
        }
        appended(place, r#""more":[{"a":1},{"a":1}],"More":1"#).run().accepted();
    }
    // One duplicate refuses the set, not just its key: nobody knows what else differs.
    let key = r#"{"keys":[{"kty":"oct","kid":"a","kid":"b"}]}"#;
    changed(JWKS, |body| *body = key.into()).run().refused("json.duplicate", After::Keys);
}

#[test]
fn j05_names_in_another_case_are_other_names() {
    for (place, name, new, code, after) in [
        (HEADER, "alg", "ALG", "token.header", After::Token),
        (PAYLOAD, "iss", "Iss", "claim.iss.missing", After::Token),
        (PAYLOAD, "sub", "Sub", "claim.sub.missing", After::Token),
        (PAYLOAD, "aud", "AUD", "claim.aud.missing", After::Token),
        (PAYLOAD, "exp", "Exp", "claim.exp.missing", After::Token),
        (PAYLOAD, "iat", "iAt", "claim.iat.missing", After::Token),
        (PAYLOAD, "nonce", "Nonce", "claim.nonce.missing", After::Token),
        (DISCOVERY, "issuer", "Issuer", "json.missing", After::Discovery),
        (DISCOVERY, "jwks_uri", "JWKS_uri", "metadata.missing", After::Discovery),
        (JWKS, "keys", "Keys", "json.missing", After::Keys),
        (TOKEN, "access_token", "Access_Token", "json.missing", After::Token),
        (TOKEN, "token_type", "TOKEN_TYPE", "json.missing", After::Token),
        (TOKEN, "id_token", "ID_token", "response.no_id_token", After::Token),
        (USERINFO, "sub", "SUB", "claim.sub.missing", After::UserInfo),
    ] {
        renamed(place, name, new).run().refused(code, after);
    }
    for (place, member) in [
        (HEADER, r#""ALG":"none","Crit":["x"]"#),
        (PAYLOAD, r#""Sub":"mallory","Exp":0"#),
        (DISCOVERY, r#""Issuer":"https://evil.test""#),
        (TOKEN, r#""Error":"server_error""#),
        (USERINFO, r#""SUB":"mallory""#),
    ] {
        appended(place, member).run().accepted();
    }
}

#[test]
fn j06_text_that_is_not_utf8() {
    for (place, after) in PLACES {
        for octets in [
            &b"\xc0\x80"[..],
            b"\xed\xa0\x80",
            b"\xff",
            b"\x80",
            b"\xe2\x82",
            b"\xf4\x90\x80\x80",
            b"\xf8\x88\x80\x80\x80",
        ] {
            let member = [b"\"more\":\"", octets, b"\""].concat();
            appended(place, member).run().refused("json.syntax", after);
        }
        appended(place, "\"more\":\"\u{e9}\u{ffff}\u{10ffff}\"").run().accepted();
    }
}

#[test]
fn j07_lone_surrogates() {
    for (place, after) in PLACES {
        for text in [r"\ud800", r"\udc00", r"\ud800x", r"\ud800\ud800", r"\udc00\ud800", r"\uD83D"]
        {
            let login = appended(place, format!("\"more\":\"{text}\""));
            login.run().refused("json.syntax", after);
        }
        appended(place, r#""more":"\ud83d\ude00\uDBFF\uDFFF""#).run().accepted();
    }
    appended(PAYLOAD, r#""\ud800":1"#).run().refused("json.syntax", After::Token);
}

#[test]
fn j08_byte_order_marks() {
    for (place, after) in PLACES {
        for mark in [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"] {
            let change = |text: &mut Vec<u8>| {
                text.splice(..0, mark.iter().copied());
            };
            changed(place, change).run().refused("json.syntax", after);
        }
        appended(place, "\"\u{feff}more\":\"\u{feff}\"").run().accepted();
    }
}

#[test]
fn j09_other_unicode_encodings() {
    let utf16 = |text: &[u8], unit: fn(u16) -> [u8; 2]| {
        let text = std::str::from_utf8(text).unwrap().to_owned();
        text.encode_utf16().flat_map(unit).collect::<Vec<u8>>()
    };
    let utf32 = |text: &[u8]| text.iter().flat_map(|byte| [0, 0, 0, *byte]).collect::<Vec<u8>>();
    for (place, after) in PLACES {
        for encode in [0, 1, 2] {
            let change = move |text: &mut Vec<u8>| {
                *text = match encode {
                    0 => utf16(text, u16::to_le_bytes),
                    1 => utf16(text, u16::to_be_bytes),
                    _ => utf32(text),
                };
            };
            changed(place, change).run().refused("json.syntax", after);
        }
    }
    // What the label says does not matter: the octets are UTF-8 or refused (RFC 8259 8.1).
    for (label, other_octets) in
        [("charset=utf-16", false), ("charset=UTF-8", false), ("charset=utf-16", true)]
    {
        let outcome = login().world(move |world| {
            world.op.intercept(TOKEN, move |_, response| {
                response.set_header("content-type", &format!("application/json; {label}"));
                if other_octets {
                    response.body = utf16(&response.body, u16::to_be_bytes);
                }
            });
        });
        match other_octets {
            true => drop(outcome.run().refused("json.syntax", After::Token)),
            false => drop(outcome.run().accepted()),
        }
    }
}

#[test]
fn j10_what_stands_around_the_value() {
    for (place, after) in PLACES {
        for more in [&b"x"[..], b"{}", b"}", b",", b"\0", b"\x0b", b"\xc2\xa0", b"//", b" null"] {
            let append = move |text: &mut Vec<u8>| text.extend_from_slice(more);
            changed(place, append).run().refused("json.syntax", after);
        }
        let prepend = |text: &mut Vec<u8>| text.insert(0, b'x');
        changed(place, prepend).run().refused("json.syntax", after);
        let spaces = |text: &mut Vec<u8>| *text = [b" \r\n\t", &text[..], b"\t\n\r "].concat();
        changed(place, spaces).run().accepted();
    }
}

#[test]
fn j12_deep_nesting() {
    let (open, close) = (|n: usize| "[".repeat(n), |n: usize| "]".repeat(n));
    let objects = |n: usize| format!("{}0{}", "{\"a\":".repeat(n), "}".repeat(n));
    for (place, after) in PLACES {
        // The document itself is the first of 32 levels.
        appended(place, format!("\"more\":{}{}", open(31), close(31))).run().accepted();
        appended(place, format!("\"more\":{}", objects(31))).run().accepted();
        for more in [open(32) + &close(32), objects(32), open(20_000), objects(5_000)] {
            let login = appended(place, format!("\"more\":{more}"));
            login.run().refused("json.too_deep", after);
        }
    }
}

#[test]
fn j12_deep_nesting_on_a_small_stack() {
    let on_small_stack = thread::Builder::new().stack_size(256 * 1024).spawn(|| {
        let limits = Limits::default();
        let issuer = Issuer::new("https://op.test").unwrap();
        for (text, accepted) in [
            ("[".repeat(100_000), false),
            ("{\"a\":".repeat(100_000), false),
            ("[{\"a\":".repeat(100_000), false),
            ("[".repeat(30) + &"]".repeat(30), true),
        ] {
            assert_eq!(json::parse(text.as_bytes(), limits.json_depth).is_ok(), accepted);
            let set = KeySet::parse(format!("{{\"keys\":[{text}]}}").as_bytes(), &limits);
            assert_eq!(set.map_err(|error| error.code()).err(), refusal(accepted));
            let document = format!("{{\"issuer\":\"https://op.test\",\"more\":{text}}}");
            let metadata = ProviderMetadata::from_json(document.as_bytes(), &issuer);
            assert_eq!(metadata.map_err(|error| error.code()).err(), refusal(accepted));
            let mut wide = limits.clone();
            wide.token = usize::MAX;
            let header = format!("{{\"alg\":\"RS256\",\"more\":{text}}}");
            let token = format!("{}.e30.c2ln", base64url(header.as_bytes()));
            let jws = UnverifiedJws::parse(&token, Algorithm::RS256, &[], &wide);
            assert_eq!(jws.is_ok(), accepted);
        }
    });
    on_small_stack.unwrap().join().unwrap();
}

fn refusal(accepted: bool) -> Option<&'static str> {
    (!accepted).then_some("json.too_deep")
}

#[test]
fn j20_something_else_than_an_object() {
    for (place, after) in PLACES {
        for text in ["[]", "[{}]", "\"text\"", "7", "true", "null"] {
            let replace = move |object: &mut Vec<u8>| *object = text.into();
            changed(place, replace).run().refused("json.type", after);
        }
        // An array of one is no object either, whatever it holds.
        let wrap = |object: &mut Vec<u8>| *object = [b"[", &object[..], b"]"].concat();
        changed(place, wrap).run().refused("json.type", after);
        // An empty payload is refused before: it is the form of a detached one (RFC 7515 F).
        let code = if place == PAYLOAD { "token.syntax" } else { "json.syntax" };
        changed(place, |object| object.clear()).run().refused(code, after);
        changed(place, |_| {}).run().accepted();
    }
}
