//! Threats J11, J13, J29 and J30: what is JSON and what is not, and how much of it there may be.

use std::time::Duration;

use relying_party::{
    Client, Policy, Registration,
    drive::{Transport, drive},
    flow::Outcome,
    http::HttpRequest,
    json::{self, Value},
    limits::Limits,
};
use relying_party_tests::{
    memory::TestEnv,
    scenario::{After, Scenario, crypto, set_member},
};

const TOKEN: &str = "/token";

fn login() -> Scenario {
    Scenario::new().client("eddsa")
}

fn is_json(text: &[u8]) -> bool {
    json::parse(text, 32).is_ok()
}

/// Texts that every reader must accept (RFC 8259).
#[rustfmt::skip] // one case a line would be three screens
const YES: &[&[u8]] = &[
    // values of each kind, alone and in arrays and objects
    b"null", b"true", b"false", b"\"\"", b"\"a\"", b"0", b"-0", b"-1", b"42", b"[]", b"{}",
    b"[null]", b"[[]]", b"[[],[[]]]", b"[{}]", b"[1,null,\"x\",true,[],{}]", b"{\"\":0}",
    b"{\"a\":[]}", b"{\"a\":{\"a\":{\"a\":{}}}}", b"{\"a\":\"b\",\"c\":\"d\"}", b"{\"\\u0000\":1}",
    b"{\"long name of several words\":1}",
    // white space: these four characters and no other
    b" []", b"[] ", b"\n[]\r\n", b"\t{\t\"a\"\t:\t1\t}\t", b"[ 1 , 2 ]", b"{ }", b"\r[\n]",
    // numbers
    b"[0]", b"[10]", b"[-12]", b"[123456789]", b"[0.5]", b"[-0.0]", b"[1.25]", b"[1e5]", b"[1E5]",
    b"[1e+5]", b"[1E-5]", b"[0e1]", b"[0e+1]", b"[1.5e3]", b"[-1.5E-3]", b"[1e-400]",
    b"[0.00000000000000000000000000000000000000000001]", b"[20e01]", b"[123.000]",
    // strings
    b"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", b"[\"\\u0041\"]", b"[\"\\u00e9\\u00E9\"]",
    b"[\"\\ud83d\\ude00\"]", b"[\"\\uDBFF\\uDFFF\"]", b"[\"\\u0000\"]", b"[\"\\u2028\"]",
    b"[\"\\uFFFE\\uFDD0\"]", b"[\"\x7f\"]", b"[\"\xc3\xa9\"]", b"[\"\xe2\x80\xa8\"]",
    b"[\"\xf0\x9f\x98\x80\"]", b"[\"\xf4\x8f\xbf\xbf\"]", b"[\"\xef\xbb\xbf\"]",
    b"[\"a/*b*/c//d\"]", b"[\"\\\\u0041\"]", b"[\"'\"]", b"\" \"",
];

/// Texts that every reader must refuse.
#[rustfmt::skip] // one case a line would be three screens
const NO: &[&[u8]] = &[
    // nothing, and too little
    b"", b" ", b"\n", b"[", b"]", b"{", b"}", b"\"", b"\"a", b"[1", b"[1,", b"[\"a", b"{\"a\"",
    b"{\"a\":", b"{\"a\":1", b"{\"a\":1,", b"[[]", b"{\"a\":{}", b"nul", b"tru", b"fals", b"[nul]",
    b"-", b"[-]", b"[1e]", b"[1e+]", b"[1.]", b"[\"\\", b"[\"\\u00", b"[\"\\", b"[{}", b"[[[[[",
    // too much
    b"[]]", b"{}}", b"[][]", b"1 2", b"nullx", b"truefalse", b"\"a\"x", b"[1]x", b"{\"a\":1}}",
    b"[]\0", b"{},", b"[],", b"1]", b"[1 2]", b"[1 null]", b"{\"a\":1 \"b\":2}", b"[1 true]",
    // commas and colons
    b"[,]", b"[1,]", b"[,1]", b"[1,,2]", b"[1:2]", b"{,}", b"{\"a\":1,}", b"{,\"a\":1}",
    b"{\"a\":1,,\"b\":2}", b"{\"a\"}", b"{\"a\",1}", b"{\"a\"::1}", b"{:1}", b"{\"a\" 1}",
    b"{\"a\":}", b"[1;2]", b"{\"a\"=1}", b":1", b",",
    // members whose names are no strings
    b"{a:1}", b"{1:1}", b"{null:1}", b"{[]:1}", b"{'a':1}", b"{\"a\":b}",
    // other languages' values
    b"NaN", b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[nan]", b"[inf]", b"[undefined]", b"[None]",
    b"True", b"[TRUE]", b"[Null]", b"NULL", b"[a]", b"'a'", b"['a']", b"`a`",
    b"[\xe2\x80\x9ca\xe2\x80\x9d]",
    // numbers
    b"[01]", b"[-01]", b"[00]", b"[-00]", b"[012]", b"[+1]", b"[++1]", b"[--1]", b"[- 1]", b"[.5]",
    b"[-.5]", b"[1.]", b"[1.e1]", b"[0x1]", b"[0xFF]", b"[0b1]", b"[0o7]", b"[1_000]",
    b"[1,000.5x]", b"[1e1.5]", b"[1ee1]", b"[1e+-1]", b"[1+1]", b"[1-1]", b"[1.2.3]", b"[1f]",
    b"[1n]", b"[1 0]", b"[e1]", b"[0e]", b"[0.]", b"[0.e1]", b"[\xef\xbc\x91]", b"[-a]", b"[1e1e1]",
    b"1e", b"[2.e+3]",
    // comments
    b"[]//", b"[]#", b"/**/[]", b"[/**/]", b"[1/*,2*/]", b"{\"a\":/*b*/1}", b"//\n[]", b"#\n[]",
    b"<!--[]-->",
    // strings: bare control characters, and escapes that are none
    b"[\"\n\"]", b"[\"\t\"]", b"[\"\r\"]", b"[\"\0\"]", b"[\"\x1f\"]", b"[\"\x1b\"]", b"[\"\x08\"]",
    b"[\"\\a\"]", b"[\"\\x41\"]", b"[\"\\0\"]", b"[\"\\'\"]", b"[\"\\U0041\"]", b"[\"\\ \"]",
    b"[\"\\u\"]", b"[\"\\u1\"]", b"[\"\\u12\"]", b"[\"\\u123\"]", b"[\"\\u00g0\"]",
    b"[\"\\u{41}\"]", b"[\"\\\n\"]", b"[\"\\\xc3\xa9\"]", b"[\"\\u 041\"]", b"[\"\\u+041\"]",
    b"[\\\"a\"]", b"[\\n]", b"[\"a\"b\"]",
    // white space of other alphabets
    b"\x0b[]", b"[\x0c]", b"\xc2\xa0[]", b"[\xe2\x81\xa0]", b"\xe2\x80\xa8[]", b"\0[]",
    b"[\xe3\x80\x80]", b"\x85[]",
    // not UTF-8
    b"\xff", b"[\xff]", b"[\"\xff\"]", b"[\"\xc0\xaf\"]", b"[\"\xe0\x80\x80\"]",
    b"[\"\xf8\x88\x80\x80\x80\"]", b"[\"\xed\xa0\x80\"]", b"[\"\xe9\"]", b"[\"\x81\"]",
    b"[\"\xf4\x90\x80\x80\"]", b"{\"\xb9\":1}", b"[1\xe5]", b"[\"\xc3\"]",
];

/// Texts about which RFC 8259 leaves a reader free, and what this one says.
const EITHER: &[(&[u8], bool)] = &[
    // a byte order mark, another encoding
    (b"\xef\xbb\xbf[]", false),
    (b"\xff\xfe[\0]\0", false),
    (b"\0[\0]", false),
    // lone surrogates
    (b"[\"\\ud800\"]", false),
    (b"[\"\\udc00\"]", false),
    (b"[\"\\ud800\\ud800\"]", false),
    (b"[\"\\ude00\\ud83d\"]", false),
    (b"[\"\\ud83dx\"]", false),
    (b"{\"\\udfff\":1}", false),
    // numbers beyond a float, and beyond its precision
    (b"[1e400]", false),
    (b"[-1e400]", false),
    (b"[1e99999999999999999999]", false),
    (b"[1e-99999999999999999999]", true),
    (b"[0e99999999999999999999]", true),
    (b"[100000000000000000000]", true),
    (b"[-9223372036854775809]", true),
    (b"[0.1000000000000000055511151231257827021181583404541015625]", true),
    // a member twice
    (b"{\"a\":1,\"a\":2}", false),
    (b"{\"a\":1,\"a\":1}", false),
    (b"{\"a\":1,\"\\u0061\":1}", false),
    (b"{\"\":1,\"\":1}", false),
    (b"[{\"a\":1},{\"a\":1}]", true),
    // nested more deeply than the 32 levels asked for
    (b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", true),
    (b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", false),
];

#[test]
fn j29_what_is_json() {
    for text in YES {
        assert!(is_json(text), "{}", text.escape_ascii());
    }
    for text in NO {
        assert!(!is_json(text), "{}", text.escape_ascii());
    }
    for (text, accepted) in EITHER {
        assert_eq!(is_json(text), *accepted, "{}", text.escape_ascii());
    }
}

#[test]
fn j29_every_cut_and_every_octet_is_looked_at() {
    let whole = br#"{"a":[1,-2.5e3,"\u00e9\n",null,true,{"b":""}],"c":"x"}"#;
    assert!(is_json(whole));
    for end in 0..whole.len() {
        assert!(!is_json(&whole[..end]), "{end}");
    }
    // Whatever stands between two values, JSON is refused or means the same two values.
    for octet in 0..=u8::MAX {
        let text = [b"[1", &[octet][..], b"2]"].concat();
        let values = match json::parse(&text, 4) {
            Ok(Value::Array(values)) => values.len(),
            _ => 0,
        };
        let due = match octet {
            b',' => 2,
            b'.' | b'e' | b'E' | b'0'..=b'9' => 1,
            _ => 0,
        };
        assert_eq!(values, due, "{octet}");
    }
}

#[test]
fn j11_extensions_of_json() {
    for text in [
        "NaN",
        "Infinity",
        "-Infinity",
        "0x77359400",
        "01800000300",
        "+1800000300",
        "1800000300.",
        ".5",
        "1_800_000_300",
        "'1800000300'",
        "1800000300/**/",
        "//\n1800000300",
        "undefined",
    ] {
        login().claim("exp", text).run().refused("json.syntax", After::Token);
        let member = login().body(TOKEN, move |body| set_member(body, "expires_in", text));
        member.run().refused("json.syntax", After::Token);
    }
    for (old, new) in [("}", ",}"), ("{", "{/**/"), (":", "::"), ("\"", "'"), ("\"sub\"", "sub")] {
        let change = move |_: &mut Vec<u8>, payload: &mut Vec<u8>| {
            let text = String::from_utf8(payload.clone()).unwrap();
            *payload = text.replace(old, new).into();
        };
        let refused = login().id_token_octets(change).run();
        refused.refused("json.syntax", After::Token);
    }
    login().claim("exp", " \n1800000300\t").run().accepted();
}

#[test]
fn j13_many_members() {
    let members = |count: usize| {
        let members: Vec<_> = (0..count).map(|at| format!("\"m{at}\":0")).collect();
        members.join(",")
    };
    let (few, more, many) = (members(3_000), members(100_000), members(1_000_000));
    let object = |members: &str| format!("{{\"x\":{{{members}}}}}");

    login().claim("more", format!("{{{few}}}")).run().accepted();
    let long = login().claim("more", format!("{{{many}}}"));
    long.run().refused("transport.too_large", After::Token);
    // With room for the answer, the token's own bound holds.
    let mut limits = Limits::default();
    limits.token_response = usize::MAX;
    let long = login().claim("more", format!("{{{}}}", members(10_000)));
    let long = long.policy(Policy::default().limits(limits));
    long.run().refused("token.too_long", After::Token);
    for (path, after) in [
        ("/.well-known/openid-configuration", After::Discovery),
        ("/jwks", After::Keys),
        (TOKEN, After::Token),
        ("/userinfo", After::UserInfo),
    ] {
        for (text, accepted) in [(format!("{{{few}}}"), true), (format!("{{{more}}}"), false)] {
            let outcome = login().body(path, move |body| set_member(body, "more", &text)).run();
            match accepted {
                true => drop(outcome.accepted()),
                false => drop(outcome.refused("transport.too_large", after)),
            }
        }
    }
    // The reader itself has no trouble with them.
    let text = object(&many);
    let Ok(Value::Object(read)) = json::parse(text.as_bytes(), 4) else {
        panic!("an object");
    };
    let Some(Value::Object(read)) = read.get("x") else { panic!("an object") };
    assert_eq!(read.members().count(), 1_000_000);
}

#[test]
fn j30_bodies_have_bounds() {
    let limits = Limits::default();
    for (path, limit, after) in [
        ("/.well-known/openid-configuration", limits.discovery_response, After::Discovery),
        ("/jwks", limits.keys_response, After::Keys),
        (TOKEN, limits.token_response, After::Token),
        ("/userinfo", limits.user_info_response, After::UserInfo),
    ] {
        let long = |length: usize| login().body(path, move |body| body.resize(length, b' ')).run();
        long(limit).accepted();
        long(limit + 1).refused("transport.too_large", after);
        long(1024 * 1024 + 1).refused("transport.too_large", after);
    }
}

/// A server that never stops.
struct Endless;

impl Transport for Endless {
    fn send(&self, request: &HttpRequest) -> Outcome {
        let mut response = request.response(200);
        let mut taken = 0;
        loop {
            response.chunk(b"[[[[[[[[[[")?;
            taken += 10;
            assert!(taken <= request.max_response_bytes());
        }
    }

    fn sleep(&self, _: Duration) {}
}

#[test]
fn j30_an_endless_stream() {
    let registration = Registration::public("eddsa", "https://rp.test/cb").unwrap();
    let discover = Client::discover("https://op.test", registration, crypto());
    let error = drive(discover, &Endless, &mut TestEnv::default()).unwrap_err();
    assert_eq!(error.code(), "transport.too_large");
}
