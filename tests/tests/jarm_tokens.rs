//! What is inside of a signed authorization response (JARM 2.1): the envelope, the parameters, the header and its key.

use relying_party::{
    Client, Error, Policy,
    error::ErrorKind,
    flow::start_login::StartedLogin,
    protocol::{
        authorization::ResponseMode::{FormPostJwt, Fragment, FragmentJwt, Jwt},
        id_token::Check,
        response_type::ResponseType::{self, Code, CodeIdToken, IdToken, IdTokenToken},
    },
};
use relying_party_tests::{
    jarm::{KEYS, NOTHING, finish, login, refused, signed_by, start, world},
    op::{Alg, Mischief, Op},
    scenario::{Return, World},
};
use serde_json::{Value, json};

/// A login whose response token is changed before it is signed.
fn tampered(
    response_type: ResponseType,
    change: impl Fn(&Op, &mut Value, &mut Value) + Send + Sync + 'static,
) -> ((World, Client), Result<Vec<Check>, Error>) {
    let mut setup = world();
    setup.0.op.tamper_response_jwt(change);
    let result = login(&mut setup, response_type, Jwt);
    (setup, result)
}

/// A value of a member that is not there otherwise; null takes one away.
fn with(
    response_type: ResponseType,
    name: &'static str,
    value: Value,
) -> ((World, Client), Result<Vec<Check>, Error>) {
    tampered(response_type, move |_, _, claims| match &value {
        Value::Null => drop(claims.as_object_mut().expect("an object").remove(name)),
        value => claims[name] = value.clone(),
    })
}

#[test]
fn x24_the_envelope_is_this_providers_for_this_client_and_now() {
    let now = 1_800_000_000;
    for (name, value, code) in [
        ("iss", json!("https://op.test/"), "claim.iss.mismatch"),
        ("iss", json!("https://other.test"), "claim.iss.mismatch"),
        ("iss", json!(["https://op.test"]), "claim.iss.malformed"),
        ("iss", json!(7), "claim.iss.malformed"),
        ("aud", json!([]), "claim.aud.malformed"),
        ("aud", json!(["other", "another"]), "claim.aud.mismatch"),
        ("aud", json!("RS256"), "claim.aud.mismatch"),
        ("aud", json!({ "rs256": 1 }), "claim.aud.malformed"),
        ("exp", json!("1900000000"), "claim.exp.malformed"),
        ("exp", json!(now - 60), "claim.exp.expired"),
        ("exp", json!(-1), "claim.exp.expired"),
        ("nbf", json!(now + 61), "claim.nbf.not_yet"),
        ("nbf", json!("0"), "claim.nbf.malformed"),
    ] {
        let (setup, result) = with(Code, name, value);
        refused(&setup, result, code, KEYS);
    }
    for (name, value) in [
        ("aud", json!(["rs256"])),
        ("aud", json!(["other", "rs256"])),
        ("exp", json!(now - 59)),
        ("exp", json!(now + 1)),
        ("nbf", json!(now + 60)),
        ("iat", json!("whenever")),
        ("jti", json!("x")),
    ] {
        let (_, result) = with(Code, name, value.clone());
        result.unwrap_or_else(|error| panic!("{name} {value}: {error}"));
    }
}

#[test]
fn x26_what_is_inside_is_held_against_the_request() {
    for (response_type, name, value, code) in [
        (Code, "state", Value::Null, "callback.state.missing"),
        (Code, "state", json!("another"), "callback.state.mismatch"),
        (Code, "state", json!(7), "callback.state.mismatch"),
        (Code, "state", json!(["x"]), "callback.malformed"),
        (Code, "state", json!("nul\0"), "callback.malformed"),
        (Code, "code", Value::Null, "callback.code.missing"),
        (Code, "code", json!(""), "callback.code.malformed"),
        (Code, "code", json!({}), "callback.malformed"),
        (Code, "code", json!(true), "callback.malformed"),
        (Code, "error", json!("access_denied"), "callback.code_and_error"),
        (Code, "client_id", json!("other"), "callback.client_id.mismatch"),
        (Code, "access_token", json!("x"), "callback.unexpected"),
        (CodeIdToken, "id_token", Value::Null, "callback.token.missing"),
        (CodeIdToken, "id_token", json!(7.5), "callback.malformed"),
        (IdToken, "code", json!("x"), "callback.unexpected"),
        (IdTokenToken, "token_type", Value::Null, "callback.token.missing"),
        (IdTokenToken, "expires_in", json!(-1), "callback.malformed"),
        (IdTokenToken, "expires_in", json!(1.5), "callback.malformed"),
        (IdTokenToken, "expires_in", json!("1e3"), "callback.malformed"),
    ] {
        let (setup, result) = with(response_type, name, value);
        refused(&setup, result, code, KEYS);
    }
    for (name, value) in [
        ("expires_in", json!(1)),
        ("expires_in", json!("1")),
        ("expires_in", Value::Null),
        ("session_state", json!("x.y")),
        ("client_id", json!("rs256")),
        // RFC 6749 4.1.2: what is not known is ignored, of whatever type.
        ("unknown", json!({ "deep": [1, null] })),
        ("response", json!("x.y.z")),
    ] {
        let (_, result) = with(IdTokenToken, name, value.clone());
        result.unwrap_or_else(|error| panic!("{name} {value}: {error}"));
    }
}

#[test]
fn j05_a_payload_that_is_no_strict_object_is_refused() {
    for (change, code) in [
        (r#"{"iss":"https://op.test","iss":"https://op.test"}"#, "json.duplicate"),
        (r#"["iss"]"#, "json.type"),
        (r#"{"iss":"#, "json.syntax"),
    ] {
        let mut setup = world();
        let StartedLogin { pending, .. } = start(&mut setup, Code, Jwt);
        let header = json!({ "alg": "RS256", "kid": setup.0.op.kid(Alg::Rs256) });
        let token = setup.0.op.mint(Alg::Rs256, &header.to_string(), change);
        let result = finish(&mut setup, pending, &Return::Query(format!("response={token}")));
        refused(&setup, result, code, KEYS);
    }
}

#[test]
fn the_parameters_inside_are_the_applications() {
    let mut setup = world();
    setup.0.op.tamper_response_jwt(|_, _, claims| {
        claims["session_state"] = json!("x.y");
        claims["note"] = json!("signed");
        claims["count"] = json!(3);
    });
    let StartedLogin { url, pending } = start(&mut setup, Code, Jwt);
    // Of what stands beside the token nothing is believed.
    let back = Return::Query(format!("{}&note=unsigned&other=x", setup.0.visit(&url).text()));
    let (world, client) = &mut setup;
    let login = world.run(client.finish_login(pending, back.callback().unwrap())).unwrap();
    assert_eq!(login.session_state(), Some("x.y"));
    let parameters = login.response_parameters();
    assert_eq!(parameters.get("note"), Some("signed"));
    assert_eq!(parameters.get("count"), Some("3"));
    for name in ["other", "aud", "exp", "iss", "code", "response"] {
        assert_eq!(parameters.get(name), None, "{name}");
    }
}

#[test]
fn x26_an_error_inside_is_the_providers() {
    for (response_type, mode) in [(Code, Jwt), (CodeIdToken, FragmentJwt), (IdToken, FormPostJwt)] {
        for signed in [true, false] {
            let mut setup = world();
            let (world, client) = &mut setup;
            let login = client.start_login().login_hint("deny").response_type(response_type);
            let StartedLogin { url, pending } = world.run(login.response_mode(mode)).unwrap();
            if !signed {
                world.op.set_mischief(Mischief::JarmInvalidSig);
            }
            let back = world.visit(&url);
            let result = finish(&mut setup, pending, &back);
            if !signed {
                refused(&setup, result, "token.signature", KEYS);
                continue;
            }
            let error = result.as_ref().expect_err("an error");
            let ErrorKind::Provider(said) = error.kind() else { panic!("{error}") };
            assert_eq!(said.error.as_str(), "access_denied");
            let description = said.description.as_ref().expect("a description");
            assert_eq!(description.as_str(), "The provider says access_denied.");
            refused(&setup, result, "provider.error", KEYS);
        }
    }
}

/// The header of a response token is no more lenient than another one's.
#[test]
fn h10_headers_that_are_refused() {
    for (name, value) in [
        ("crit", json!(["x"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("typ", json!("at+jwt")),
        ("typ", json!("logout+jwt")),
    ] {
        let (setup, result) = tampered(Code, move |_, header, _| header[name] = value.clone());
        refused(&setup, result, "token.header", NOTHING);
    }
    for typ in ["JWT", "jwt", "application/jwt"] {
        let (_, result) = tampered(Code, move |_, header, _| header["typ"] = typ.into());
        result.expect("a login");
    }
}

#[test]
fn k01_keys_of_a_response_token() {
    // An unknown key: the set is read once, and the code is not spent.
    let (setup, result) = tampered(Code, |_, header, _| header["kid"] = "nobody's".into());
    refused(&setup, result, "keys.unknown", KEYS);
    // No key id: whichever fits. Where one is required, none is sent for it.
    let without = |_: &Op, header: &mut Value, _: &mut Value| {
        header.as_object_mut().expect("an object").remove("kid");
    };
    let (_, result) = tampered(Code, without);
    result.expect("a login");
    let mut setup = signed_by(Alg::Rs256, Policy::default().require_kid());
    setup.0.op.tamper_response_jwt(without);
    let result = login(&mut setup, Code, Jwt);
    refused(&setup, result, "token.header", NOTHING);
    // The key set is out of order.
    let mut setup = world();
    setup.0.op.set_mischief(Mischief::JwksUnavailable);
    let result = login(&mut setup, Code, Jwt);
    refused(&setup, result, "response.status", KEYS);
    // New keys between two logins: the set is read again, once.
    let mut setup = world();
    login(&mut setup, Code, Jwt).expect("a login");
    setup.0.op.rotate_keys();
    setup.0.clock.advance(std::time::Duration::from_secs(600));
    setup.0.transport.clear();
    login(&mut setup, Code, Jwt).expect("a login");
    assert_eq!(setup.0.transport.requests(), ["GET /jwks", "POST /token"]);
}

#[test]
fn h16_x27_an_id_token_is_no_response_and_a_response_is_no_id_token() {
    let mut setup = world();
    let StartedLogin { url, pending } = start(&mut setup, CodeIdToken, Fragment);
    let back = setup.0.visit(&url);
    let id_token = back.text().split('&').find_map(|pair| pair.strip_prefix("id_token="));
    let id_token = id_token.expect("an ID token").to_owned();
    drop(pending);
    let StartedLogin { pending, .. } = start(&mut setup, Code, Jwt);
    let result = finish(&mut setup, pending, &Return::Query(format!("response={id_token}")));
    refused(&setup, result, "claim.sub.unexpected", KEYS);

    for (name, value, code) in [
        ("sub", json!("alice"), "claim.sub.unexpected"),
        ("nonce", json!("n"), "claim.nonce.unexpected"),
        ("events", json!({}), "claim.events.unexpected"),
    ] {
        let (setup, result) = with(Code, name, value);
        refused(&setup, result, code, KEYS);
    }

    let mut setup = world();
    setup.0.op.tamper_response_jwt(|_, _, claims| claims["iat"] = 1_800_000_000.into());
    let StartedLogin { url, .. } = start(&mut setup, Code, Jwt);
    let response = setup.0.visit(&url).text().strip_prefix("response=").unwrap().to_owned();
    let StartedLogin { pending, .. } = start(&mut setup, IdToken, Fragment);
    let state = pending.state().expose();
    let back = Return::Fragment(format!("state={state}&id_token={response}"));
    let result = finish(&mut setup, pending, &back);
    refused(&setup, result, "claim.nonce.missing", KEYS);
}
