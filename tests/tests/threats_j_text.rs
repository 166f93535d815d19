//! Threats J21 to J24, J26 and J27: texts that look alike, hide something or would write to a log, and values that
//! are null or of another type.

use relying_party::error::JsonFault;
use relying_party_tests::scenario::{After, Outcome, Scenario, set_member};
use serde_json::{Value, json};
use url::form_urlencoded;

const TOKEN: &str = "/token";
const USERINFO: &str = "/userinfo";
const DISCOVERY: &str = "/.well-known/openid-configuration";

fn login() -> Scenario {
    Scenario::new().client("eddsa")
}

/// A login of somebody whom the provider calls so everywhere.
fn login_of(sub: &str) -> Scenario {
    let sub = sub.to_owned();
    login().config(move |config| config.users[0].sub = sub)
}

fn with_member(path: &'static str, name: &'static str, text: &str) -> Scenario {
    let text = text.to_owned();
    login().body(path, move |body| set_member(body, name, &text))
}

#[test]
fn j21_shapes_of_sub() {
    for text in ["7", "null", "true", "[]", "[\"a\"]", "{}"] {
        login().claim("sub", text).run().refused("claim.sub.malformed", After::Token);
        let login = with_member(USERINFO, "sub", text);
        login.run().refused("claim.sub.malformed", After::UserInfo);
    }
    let long = "x".repeat(256);
    for sub in ["", &long, &"\u{e9}".repeat(128), "a\nb", "a\0", "\u{7f}", "a\u{85}"] {
        login_of(sub).run().refused("claim.sub.malformed", After::Token);
    }
    let most = "x".repeat(255);
    for sub in ["a", " ", &most, "J\u{f6}rg \u{1f600}", "auth0|1@x/y", "\u{202e}"] {
        let (login, _) = login_of(sub).run().accepted();
        assert_eq!((login.subject().sub(), login.user_info().unwrap().sub()), (sub, sub));
    }
}

#[test]
fn j21_sub_is_never_cut() {
    // Two people who are equal in their first 255 characters.
    let one = "x".repeat(255);
    let other = format!("\"{one}y\"");
    login_of(&one)
        .body(USERINFO, move |body| set_member(body, "sub", &other))
        .run()
        .refused("claim.sub.mismatch", After::UserInfo);
    login_of(&one).run().accepted();
}

#[test]
fn j21_shapes_of_sub_without_a_login() {
    let (login, mut world) = login().run().accepted();
    let client = world.discover("eddsa", Default::default()).unwrap();
    let mut read = |sub: &str| {
        let sub = Value::from(sub).to_string();
        world.op.clear_hooks();
        world.op.intercept(USERINFO, move |_, answer| set_member(&mut answer.body, "sub", &sub));
        world.transport.clear();
        let flow = client.insecure_unbound_user_info(login.tokens().access_token());
        let result = world.run(flow).map(|claims| claims.sub().to_owned());
        assert_eq!(world.transport.requests(), ["GET /userinfo"]);
        result.map_err(|error| error.code())
    };
    assert_eq!(read("bob"), Ok("bob".to_owned()));
    for sub in ["", &"x".repeat(256), "a\nb", "a\0"] {
        assert_eq!(read(sub), Err("claim.sub.malformed"), "{sub:?}");
    }
}

#[test]
fn j22_look_alikes_are_others() {
    for iss in [
        "https://op.test/",
        "https://OP.test",
        "HTTPS://op.test",
        "https://op.test:443",
        "https://op.test.",
        " https://op.test",
        "https://op.test\u{200b}",
        "https://\u{43e}p.test",
        "https://op\u{ff0e}test",
        "https://o\u{70}\u{307}.test",
    ] {
        let claim = Value::from(iss).to_string();
        login().claim("iss", &claim).run().refused("claim.iss.mismatch", After::Token);
        let login = with_member(DISCOVERY, "issuer", &claim);
        login.run().refused("metadata.issuer", After::Discovery);
    }
    for aud in ["EdDSA", "eddsa ", "edds\u{430}", "\u{ff45}ddsa", "eddsa\u{200d}", "eddsa/"] {
        for claim in [json!(aud), json!([aud])] {
            let login = login().claim("aud", claim.to_string());
            login.run().refused("claim.aud.mismatch", After::Token);
        }
    }
    // The same text with another spelling of its escapes is the same.
    login().claim("iss", r#""https:\/\/\u006fp.test""#).run().accepted();
    login().claim("aud", r#"["\u0065ddsa"]"#).run().accepted();
}

#[test]
fn j22_normal_forms_are_different_subjects() {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    for (sub, claim) in [
        (composed, r#""cafe\u0301""#),
        (decomposed, r#""caf\u00e9""#),
        ("alice", r#""Alice""#),
        ("alice", r#""alice ""#),
        ("stra\u{df}e", r#""strasse""#),
        ("\u{131}d", r#""id""#),
    ] {
        login_of(sub)
            .body(USERINFO, move |body| set_member(body, "sub", claim))
            .run()
            .refused("claim.sub.mismatch", After::UserInfo);
    }
    for (sub, claim) in [(composed, r#""caf\u00e9""#), (decomposed, "\"cafe\u{301}\"")] {
        let same = login_of(sub).body(USERINFO, move |body| set_member(body, "sub", claim));
        same.run().accepted();
    }
}

#[test]
fn j23_a_nul_ends_no_text() {
    for (claim, text, code) in [
        ("iss", r#""https://op.test\u0000""#, "claim.iss.mismatch"),
        ("iss", r#""https://op.test\u0000.evil.test""#, "claim.iss.mismatch"),
        ("aud", r#""eddsa\u0000x""#, "claim.aud.mismatch"),
        ("azp", r#""eddsa\u0000""#, "claim.azp.mismatch"),
        ("sub", r#""sub-alice-248289761001\u0000""#, "claim.sub.malformed"),
    ] {
        login().claim(claim, text).run().refused(code, After::Token);
    }
    let login_with_nul = with_member(USERINFO, "sub", r#""sub-alice-248289761001\u0000""#);
    login_with_nul.run().refused("claim.sub.mismatch", After::UserInfo);
    let nul = login().query(|query| format!("{query}&more=a%00b"));
    nul.run().refused("callback.encoding", After::Discovery);

    let (login, _) = login().claim("role", r#""reader\u0000admin""#).run().accepted();
    let role = login.id_token().claims().claim::<String>("role").unwrap();
    assert_eq!(role.as_deref(), Some("reader\0admin"));
}

/// What would end a line, paint a terminal, or turn the text around.
const NASTY: &str =
    "<b onload=\"x\">\r\nlevel=info msg=forged\u{1b}[31m\u{7}\u{202e}\u{2028}\u{85}";

/// However the error is written, it is one short line of printable characters.
#[track_caller]
fn tame(outcome: Outcome) {
    let error = outcome.result.unwrap_err();
    for text in [error.to_string(), format!("{error:?}"), format!("{:?}", error.kind())] {
        assert!(text.chars().all(|c| matches!(c, ' '..='~')), "{text:?}");
        assert!(text.len() < 2_000, "{}", text.len());
    }
}

/// The provider's answer to the browser is this error.
fn refused_by_provider(error: String, description: String) -> Scenario {
    login().query(move |query| {
        let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "code");
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .append_pair("error", &error)
            .append_pair("error_description", &description)
            .finish()
    })
}

#[test]
fn j24_errors_of_the_provider_are_shown_tamely() {
    let long = format!("{NASTY}{}", "x".repeat(20_000));
    for (error, description) in [(NASTY, NASTY), ("access_denied", &long), (&long, "")] {
        let login = refused_by_provider(error.to_owned(), description.to_owned());
        tame(login.run().refused("provider.error", After::Discovery));
        let document = json!({ "error": error, "error_description": description }).to_string();
        let login = login_with_body(TOKEN, document.clone());
        tame(login.run().refused("provider.error", After::Token));
        let login = login_with_body(USERINFO, document);
        tame(login.run().refused("provider.error", After::UserInfo));
    }
    let plain = refused_by_provider("access_denied".into(), "Not \"today\".".into());
    let outcome = plain.run().refused("provider.error", After::Discovery);
    let shown = outcome.result.unwrap_err().to_string();
    assert!(shown.contains("access_denied") && shown.contains("today"), "{shown}");
    login().run().accepted();
}

fn login_with_body(path: &'static str, document: String) -> Scenario {
    login().body(path, move |body| *body = document.clone().into())
}

#[test]
fn j24_values_of_documents_and_tokens_are_shown_tamely() {
    let nasty = Value::from(NASTY).to_string();
    let unknown = format!("{nasty}:1,{nasty}:2");
    let duplicate = login().body(USERINFO, move |body| {
        body.truncate(body.len() - 1);
        body.extend_from_slice(format!(",{unknown}}}").as_bytes());
    });
    tame(duplicate.run().refused("json.duplicate", After::UserInfo));
    for (path, member, code, after) in [
        (DISCOVERY, "issuer", "metadata.issuer", After::Discovery),
        (DISCOVERY, "token_endpoint", "metadata.address", After::Discovery),
        (TOKEN, "token_type", "response.token_type", After::Token),
        (TOKEN, "access_token", "response.token_characters", After::Token),
        (TOKEN, "refresh_token", "response.token_characters", After::Token),
        (TOKEN, "id_token", "response.token_characters", After::Token),
    ] {
        tame(with_member(path, member, &nasty).run().refused(code, after));
    }
    for (claim, code) in [("iss", "claim.iss.mismatch"), ("azp", "claim.azp.mismatch")] {
        tame(login().claim(claim, &nasty).run().refused(code, After::Token));
    }
    let aud = format!("[\"eddsa\",{nasty}]");
    tame(login().claim("aud", aud).run().refused("claim.aud.untrusted", After::Token));
    tame(login().header("alg", &nasty).run().refused("token.algorithm", After::Token));
    tame(login().header("kid", &nasty).run().refused("keys.unknown", After::KeysAgain));
    let state = login().query(|query| query.replace("state=", "state=%0d%0a%1b"));
    tame(state.run().refused("callback.state.missing", After::Discovery));
    let twice = login().query(|query| format!("{query}&%0d%0a%1b=1&%0d%0a%1b=2"));
    tame(twice.run().refused("callback.duplicate", After::Discovery));
    // What nobody reads may hold anything.
    login().query(|query| format!("{query}&session_state=%3Cb%3E%0d%0a%1b")).run().accepted();
    login().claim("motto", &nasty).run().accepted();
}

#[test]
fn j26_null_is_absent_in_documents() {
    for (path, member) in [
        (TOKEN, "refresh_token"),
        (TOKEN, "scope"),
        (TOKEN, "expires_in"),
        (TOKEN, "error"),
        (DISCOVERY, "end_session_endpoint"),
        (DISCOVERY, "scopes_supported"),
        (DISCOVERY, "token_endpoint_auth_methods_supported"),
        (DISCOVERY, "authorization_response_iss_parameter_supported"),
        (USERINFO, "name"),
    ] {
        with_member(path, member, "null").run().accepted();
    }
    for (path, member, code, after) in [
        (TOKEN, "access_token", "json.missing", After::Token),
        (TOKEN, "token_type", "json.missing", After::Token),
        (TOKEN, "id_token", "response.no_id_token", After::Token),
        (DISCOVERY, "issuer", "json.missing", After::Discovery),
        (DISCOVERY, "jwks_uri", "metadata.missing", After::Discovery),
        ("/jwks", "keys", "json.type", After::Keys),
        (USERINFO, "sub", "claim.sub.malformed", After::UserInfo),
    ] {
        with_member(path, member, "null").run().refused(code, after);
    }
    let (login, _) = with_member(TOKEN, "refresh_token", "null").run().accepted();
    assert!(login.tokens().refresh_token().is_none());
    let (login, _) = with_member(USERINFO, "name", "null").run().accepted();
    assert_eq!(login.user_info().unwrap().claims().name(), Ok(None));
}

#[test]
fn j26_null_is_malformed_in_registered_claims() {
    for (claim, code) in [
        ("iss", "claim.iss.malformed"),
        ("sub", "claim.sub.malformed"),
        ("aud", "claim.aud.malformed"),
        ("azp", "claim.azp.malformed"),
        ("exp", "claim.exp.malformed"),
        ("iat", "claim.iat.malformed"),
        ("nbf", "claim.nbf.malformed"),
        ("nonce", "claim.nonce.malformed"),
        ("auth_time", "claim.auth_time.malformed"),
        ("acr", "claim.acr.malformed"),
        ("at_hash", "claim.at_hash.malformed"),
        ("c_hash", "claim.c_hash.malformed"),
    ] {
        login().claim(claim, "null").run().refused(code, After::Token);
    }
    login().claim("amr", "null").run().accepted();
}

#[test]
fn j27_a_text_is_no_boolean() {
    for text in ["\"true\"", "\"false\"", "1", "0", "[true]", "\"\""] {
        let outcome = with_member(USERINFO, "email_verified", text).claim("email_verified", text);
        let (login, _) = outcome.run().accepted();
        for claims in [login.id_token().claims(), login.user_info().unwrap().claims()] {
            let fault = claims.email_verified().unwrap_err().fault;
            assert!(matches!(fault, JsonFault::WrongType(_)), "{text}");
        }
        assert_eq!(login.user_info().unwrap().claims().name(), Ok(Some("Alice Liddell".into())));
    }
    for (text, verified) in [("true", Some(true)), ("false", Some(false)), ("null", None)] {
        let (login, _) = with_member(USERINFO, "email_verified", text).run().accepted();
        assert_eq!(login.user_info().unwrap().claims().email_verified(), Ok(verified));
    }
    // Where the protocol itself reads a boolean, another type refuses the document.
    let member = "authorization_response_iss_parameter_supported";
    with_member(DISCOVERY, member, "\"true\"").run().refused("json.type", After::Discovery);
    with_member(DISCOVERY, member, "true").run().accepted();
}
