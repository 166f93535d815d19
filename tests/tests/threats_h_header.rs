//! Threats H07 to H09 and H15 to H19: header parameters that would extend a token, or make it another kind.
//!
//! Held elsewhere: H01 to H06, H20, H21 in `threats_h.rs`; H10 to H14 in `threats_h_keys.rs`; header parameters of
//! encrypted tokens in `threats_s.rs` (S09). H16 for signed userinfo is in `user_info_signed.rs`, and out of scope
//! where it needs JARM: here other kinds are presented as ID tokens, and a signed token in the place of userinfo.

use relying_party_tests::{
    op::{IdTokenParts, Mischief, Op, OpConfig, base64url},
    scenario::{After, Outcome, Scenario, good_id_token, set_member, sign},
};
use serde_json::{Value, json};

fn login() -> Scenario {
    Scenario::new().client("eddsa")
}

fn refused(scenario: Scenario, code: &str) {
    scenario.run().refused(code, After::Token);
}

fn with_headers(members: &[(&'static str, &'static str)]) -> Scenario {
    let members = members.to_owned();
    login().id_token_octets(move |header, _| {
        members.iter().for_each(|(name, text)| set_member(header, name, text));
    })
}

#[test]
fn h07_extensions_are_not_understood() {
    for (list, member) in [
        (r#"["http://example.test/UNDEFINED"]"#, ("http://example.test/UNDEFINED", "true")),
        (r#"["urn:x"]"#, ("urn:x", "{}")),
        (r#"["exp"]"#, ("exp", "1800000300")),
        (r#"["own"]"#, ("own", "1")),
    ] {
        refused(with_headers(&[("crit", list), member]), "token.header");
        with_headers(&[member]).run().accepted();
    }
}

#[test]
fn h08_malformed_lists_of_extensions() {
    for list in [
        "[]",
        r#"["exp"]"#,
        r#"["alg"]"#,
        r#"["kid"]"#,
        r#"["crit"]"#,
        r#"["own","own"]"#,
        "[1]",
        "[null]",
        r#"[["own"]]"#,
        r#"[""]"#,
        r#""own""#,
        "null",
        "true",
        "1",
        "{}",
        r#"{"own":1}"#,
    ] {
        refused(login().header("crit", list), "token.header");
    }
    login().header("Crit", r#"["exp"]"#).run().accepted();
}

#[test]
fn h09_unencoded_payloads() {
    for value in ["false", "true", "null", "\"false\"", "0"] {
        refused(login().header("b64", value), "token.header");
        refused(with_headers(&[("b64", value), ("crit", r#"["b64"]"#)]), "token.header");
    }
    // As RFC 7797 5.2 would have it: the payload as it is.
    let plain = login().id_token(|op, parts| {
        let (alg, mut header, _) = good_id_token(op, parts);
        set_member(&mut header, "b64", "false");
        set_member(&mut header, "crit", r#"["b64"]"#);
        let input = format!("{}.$claims$", base64url(&header));
        format!("{input}.{}", base64url(&op.sign_with(alg, input.as_bytes())))
    });
    refused(plain, "token.header");
    login().header("B64", "false").run().accepted();
}

#[test]
fn h15_types_of_other_kinds() {
    let kinds = [
        "at+jwt",
        "application/at+jwt",
        "logout+jwt",
        "dpop+jwt",
        "oauth-authz-req+jwt",
        "entity-statement+jwt",
        "token-introspection+jwt",
        "client-authentication+jwt",
        "secevent+jwt",
        "vc+sd-jwt",
        "kb+jwt",
        "JOSE",
        "JOSE+JSON",
        "JWE",
        "JWT+x",
        "x+JWT",
        "JWT ",
        " JWT",
        "JWT;charset=utf-8",
        "text/JWT",
        "application/",
        "application/application/jwt",
        "application/ jwt",
        "JWT\0",
        "\u{ff2a}WT",
        "",
    ];
    for kind in kinds {
        refused(login().header("typ", Value::from(kind).to_string()), "token.header");
    }
    for text in ["null", "1", "true", "[\"JWT\"]", "{}"] {
        refused(login().header("typ", text), "token.header");
    }
    for kind in ["JWT", "jwt", "Jwt", "application/jwt", "application/JWT", "APPLICATION/jwt"] {
        login().header("typ", format!("\"{kind}\"")).run().accepted();
    }
    login().run().accepted();
}

/// A token of another kind, signed with the key of the ID tokens.
fn other_kind(claims: fn(&IdTokenParts, &str) -> Value) -> Outcome {
    let login = login().id_token(move |op, parts| {
        let (alg, header, _) = good_id_token(op, parts);
        sign(op, alg, &header, claims(parts, op.issuer()).to_string().as_bytes())
    });
    login.run()
}

#[test]
fn h16_other_kinds_of_tokens_are_no_id_tokens() {
    let logout = other_kind(|parts, issuer| {
        json!({
            "iss": issuer, "sub": parts.sub, "aud": parts.client_id, "iat": parts.now,
            "exp": parts.now + 120, "jti": "bWJq", "sid": parts.sid,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        })
    });
    logout.refused("claim.nonce.missing", After::Token);
    let access = other_kind(|parts, issuer| {
        json!({
            "iss": issuer, "sub": parts.sub, "aud": "https://api.test", "iat": parts.now,
            "exp": parts.now + 120, "client_id": parts.client_id, "jti": "x", "scope": "openid",
        })
    });
    access.refused("claim.aud.mismatch", After::Token);
    let user_info = other_kind(
        |parts, issuer| json!({ "iss": issuer, "sub": parts.sub, "aud": parts.client_id, "name": "Alice" }),
    );
    user_info.refused("claim.exp.missing", After::Token);
    let authorization_response = other_kind(|parts, issuer| {
        json!({
            "iss": issuer, "aud": parts.client_id, "exp": parts.now + 120, "code": "x", "state": "y",
        })
    });
    authorization_response.refused("claim.iat.missing", After::Token);
    let client_assertion = other_kind(|parts, issuer| {
        json!({
            "iss": parts.client_id, "sub": parts.client_id, "aud": issuer, "iat": parts.now,
            "exp": parts.now + 120, "jti": "x",
        })
    });
    client_assertion.refused("claim.iss.mismatch", After::Token);
    let id_token = other_kind(|parts, issuer| {
        json!({
            "iss": issuer, "sub": parts.sub, "aud": parts.client_id, "iat": parts.now,
            "exp": parts.now + 120, "nonce": parts.nonce,
        })
    });
    id_token.accepted();
}

#[test]
fn h16_a_token_is_no_userinfo_document() {
    login().mischief(Mischief::UserinfoSigned).run().refused("token.signed", After::UserInfo);
    // The same under the media type of a plain document.
    for (media_type, code) in [
        ("application/json", "token.signed"),
        ("application/jwt;charset=utf-8", "token.signed"),
        ("Application/JWT", "token.signed"),
        ("text/html", "response.content_type"),
    ] {
        let login = login().mischief(Mischief::UserinfoSigned).world(move |world| {
            world.op.intercept("/userinfo", move |_, response| {
                response.set_header("content-type", media_type);
            });
        });
        login.run().refused(code, After::UserInfo);
    }
    login().run().accepted();
}

#[test]
fn h17_no_compression() {
    for value in ["\"DEF\"", "\"def\"", "\"GZIP\"", "\"none\"", "\"\"", "null", "[]", "true"] {
        refused(login().header("zip", value), "token.header");
    }
    login().header("Zip", "\"DEF\"").run().accepted();
}

#[test]
fn h18_content_types() {
    for value in ["JWT", "jwt", "application/jwt", "Application/JWT"] {
        refused(login().header("cty", format!("\"{value}\"")), "token.header");
    }
    // Whatever else it names, the payload is read as claims.
    for text in ["\"json\"", "\"application/json\"", "\"jwk\"", "\"jwk+json\"", "\"\"", "null", "7"]
    {
        login().header("cty", text).run().accepted();
    }
}

#[test]
fn h19_harmless_parameters() {
    for (name, text) in [
        ("own", "true"),
        ("own", "null"),
        ("own", r#"{"deep":[{"er":1}]}"#),
        ("iss", "\"https://evil.test\""),
        ("sub", "\"mallory\""),
        ("aud", "\"somebody else\""),
        ("exp", "0"),
        ("nonce", "\"x\""),
        ("jti", "7"),
        ("org.iso.18013-5", "\"x\""),
        ("", "0"),
    ] {
        let (login, _) = login().header(name, text).run().accepted();
        assert_eq!(login.subject().sub(), "sub-alice-248289761001");
    }
    // A harmless parameter makes no bad signature good.
    let forged = login().id_token(|op, parts| {
        let (alg, mut header, payload) = good_id_token(op, parts);
        set_member(&mut header, "own", "true");
        let attacker = Op::new(OpConfig { seed: 666, ..OpConfig::default() });
        sign(&attacker, alg, &header, &payload)
    });
    refused(forged, "token.signature");
}
