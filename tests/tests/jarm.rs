//! Signed authorization responses (JARM): every response type by every mode, the modules of the FAPI 2 Message Signing
//! plan, and what stands beside, instead of, or inside of a response token.

use relying_party::{
    Client, Error, PendingLogin, Policy,
    error::{Blame, ErrorKind, TokenKind},
    flow::{pending_authorization::PendingAuthorization, start_login::StartedLogin},
    jose::algorithm::Algorithm,
    protocol::{
        authorization::ResponseMode::{
            self, FormPost, FormPostJwt, Fragment, FragmentJwt, Jwt, Query, QueryJwt,
        },
        id_token::Check,
        response_type::ResponseType::{
            self, Code, CodeIdToken, CodeIdTokenToken, CodeToken, IdToken, IdTokenToken, Token,
        },
    },
};
use relying_party_tests::{
    op::{Alg, Mischief, Op, OpConfig},
    registering::{Registering, web},
    scenario::{Return, World, crypto},
};
use serde_json::{Value, json};

/// Each login over each mode that it may have.
const LOGINS: [(ResponseType, &[ResponseMode]); 6] = [
    (Code, &[Jwt, QueryJwt, FragmentJwt, FormPostJwt]),
    (CodeIdToken, &[Jwt, FragmentJwt, FormPostJwt]),
    (CodeToken, &[Jwt, FragmentJwt, FormPostJwt]),
    (CodeIdTokenToken, &[Jwt, FragmentJwt, FormPostJwt]),
    (IdToken, &[Jwt, FragmentJwt, FormPostJwt]),
    (IdTokenToken, &[Jwt, FragmentJwt, FormPostJwt]),
];

fn signed_by(alg: Alg, policy: Policy) -> (World, Client) {
    let mut config = OpConfig::default();
    for client in &mut config.clients {
        client.authorization_signed_response_alg = alg;
    }
    let mut world = World::new(config);
    let registration = world.registration("rs256");
    let registration = match alg {
        // JARM 3: the default
        Alg::Rs256 => registration,
        _ => registration
            .authorization_signed_response_alg(Algorithm::parse(alg.name()).expect("a name")),
    };
    let issuer = world.op.issuer().to_owned();
    let discover = Client::discover(issuer, registration, crypto()).policy(policy);
    let client = world.run(discover).expect("a client");
    world.transport.clear();
    (world, client)
}

fn world() -> (World, Client) {
    signed_by(Alg::Rs256, Policy::default())
}

fn start(
    (world, client): &mut (World, Client),
    response_type: ResponseType,
    mode: ResponseMode,
) -> StartedLogin {
    let start = client.start_login().scope("email").response_type(response_type);
    let start = start.insecure_front_channel_access_token().response_mode(mode);
    world.run(start).expect("a start")
}

/// The checks of the ID token.
fn finish(
    (world, client): &mut (World, Client),
    pending: PendingLogin,
    back: &Return,
) -> Result<Vec<Check>, Error> {
    let callback = back.callback()?;
    let id_token = match pending.response_type().has_code() {
        true => world.run(client.finish_login(pending, callback))?.id_token().clone(),
        false => world.run(client.finish_implicit_login(pending, callback))?.id_token().clone(),
    };
    Ok(id_token.checks().to_vec())
}

fn login(
    setup: &mut (World, Client),
    response_type: ResponseType,
    mode: ResponseMode,
) -> Result<Vec<Check>, Error> {
    let StartedLogin { url, pending } = start(setup, response_type, mode);
    let back = setup.0.visit(&url);
    finish(setup, pending, &back)
}

/// Refused for its signed response, with this code, after these requests and no other.
#[track_caller]
fn refused(setup: &(World, Client), result: Result<Vec<Check>, Error>, code: &str, sent: &[&str]) {
    match result {
        Ok(_) => panic!("accepted, should have been refused with {code}"),
        Err(error) => assert_eq!(error.code(), code, "{error}"),
    }
    assert_eq!(setup.0.transport.requests(), sent, "{code}");
}

const KEYS: &[&str] = &["GET /jwks"];
const NOTHING: &[&str] = &[];

#[test]
fn every_login_by_every_signed_mode() {
    for (response_type, modes) in LOGINS {
        for mode in modes {
            let mut setup = world();
            let StartedLogin { url, pending } = start(&mut setup, response_type, *mode);
            let sent = url.query_pairs().find(|(name, _)| name == "response_mode");
            assert_eq!(sent.expect("a mode").1, mode.as_str());
            let back = setup.0.visit(&url);
            let way = match mode {
                FormPostJwt => FormPost,
                FragmentJwt => Fragment,
                QueryJwt => Query,
                _ => response_type.default_mode(),
            };
            match &back {
                Return::Query(_) => assert_eq!(way, Query),
                Return::Fragment(_) => assert_eq!(way, Fragment),
                Return::Form(_) => assert_eq!(way, FormPost),
            }
            assert!(back.text().starts_with("response=") && !back.text().contains('&'));
            // Found by its state, which is inside, over a restart.
            let pending = PendingLogin::from_bytes(&pending.to_bytes()).expect("a round trip");
            let mut all = vec![pending];
            let found = PendingLogin::take(&mut all, &back.callback().unwrap()).expect("its own");
            let checks = finish(&mut setup, found, &back).expect("a login");
            let due = [Check::State, Check::ResponseIssuer];
            assert!(due.iter().all(|check| checks.contains(check)), "{checks:?}");
            assert!(checks.contains(&Check::ResponseSignature(Algorithm::RS256)));
            let requests: &[&str] = match response_type.has_code() {
                true => &["GET /jwks", "POST /token"],
                false => KEYS,
            };
            assert_eq!(setup.0.transport.requests(), requests, "{response_type} {mode:?}");
        }
    }
}

#[test]
fn a_plain_response_has_no_signature_to_report() {
    let checks = login(&mut world(), Code, Query).expect("a login");
    assert!(!checks.iter().any(|check| matches!(check, Check::ResponseSignature(_))));
}

#[test]
fn every_algorithm_that_was_registered_and_no_other() {
    let all = [Alg::Rs256, Alg::Ps256, Alg::Es256, Alg::EdDsa, Alg::Hs256];
    for alg in all {
        let own = Algorithm::parse(alg.name()).expect("a name");
        let mut setup = signed_by(alg, Policy::default());
        let checks = login(&mut setup, Code, Jwt).expect("a login");
        assert!(checks.contains(&Check::ResponseSignature(own)), "{own}");
        for other in all.into_iter().filter(|other| *other != alg) {
            let mut setup = signed_by(alg, Policy::default());
            setup.0.op.tamper_response_jwt(move |op, header, _| {
                *header = json!({ "alg": other.name(), "kid": op.kid(other) });
            });
            let result = login(&mut setup, Code, Jwt);
            let hint = result.as_ref().err().and_then(Error::hint).unwrap_or_default();
            assert!(hint.contains("Registration::authorization_signed_response_alg"), "{hint}");
            refused(&setup, result, "token.algorithm", NOTHING);
        }
    }
}

macro_rules! modules {
    ($($test:ident $mischief:ident => $code:literal $sent:ident;)*) => {$(
        #[test]
        fn $test() {
            let name = Mischief::$mischief.name().replace('-', "_");
            assert!(name.ends_with(stringify!($test)), "{name}");
            for (response_type, modes) in LOGINS {
                for mode in modes {
                    let mut setup = world();
                    setup.0.op.set_mischief(Mischief::$mischief);
                    let result = login(&mut setup, response_type, *mode);
                    let error = result.as_ref().expect_err("accepted");
                    let ErrorKind::Token { kind, .. } = error.kind() else { panic!("{error}") };
                    assert_eq!(*kind, TokenKind::AuthorizationResponse);
                    assert_eq!(error.blame(), Blame::Provider);
                    refused(&setup, result, $code, $sent);
                    setup.0.op.set_mischief(None);
                    login(&mut setup, response_type, *mode).expect("without the mischief");
                }
            }
        }
    )*};
}

modules! {
    ensure_jarm_without_iss_fails JarmWithoutIss => "claim.iss.missing" KEYS;
    ensure_jarm_with_invalid_iss_fails JarmInvalidIss => "claim.iss.mismatch" KEYS;
    ensure_jarm_without_aud_fails JarmWithoutAud => "claim.aud.missing" KEYS;
    ensure_jarm_with_invalid_aud_fails JarmInvalidAud => "claim.aud.mismatch" KEYS;
    ensure_jarm_without_exp_fails JarmWithoutExp => "claim.exp.missing" KEYS;
    ensure_jarm_with_expired_exp_fails JarmExpiredExp => "claim.exp.expired" KEYS;
    ensure_jarm_with_invalid_sig_fails JarmInvalidSig => "token.signature" KEYS;
    ensure_jarm_signature_is_not_none JarmSignatureIsNone => "token.algorithm" NOTHING;
}

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

#[test]
fn x25_a_plain_response_is_a_downgrade() {
    for (response_type, signed, plain) in [
        (Code, Jwt, Query),
        (Code, QueryJwt, Query),
        (Code, FormPostJwt, FormPost),
        (CodeIdToken, Jwt, Fragment),
        (CodeIdToken, FragmentJwt, Fragment),
        (IdToken, FormPostJwt, FormPost),
    ] {
        for hint in ["auto:alice", "deny"] {
            let mut setup = world();
            let StartedLogin { mut url, pending } = start(&mut setup, response_type, signed);
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            let others = pairs.into_iter().filter(|(name, _)| name != "response_mode");
            url.query_pairs_mut()
                .clear()
                .extend_pairs(others.collect::<Vec<_>>())
                .append_pair("response_mode", plain.as_str())
                .append_pair("login_hint", hint);
            let back = setup.0.visit(&url);
            assert!(back.text().contains("state="), "{}", back.text());
            let result = finish(&mut setup, pending, &back);
            let error = result.as_ref().expect_err("accepted");
            assert!(error.hint().unwrap_or_default().contains("response_modes_supported"));
            refused(&setup, result, "callback.response.missing", NOTHING);
        }
    }
}

#[test]
fn x25_a_signed_response_that_nobody_asked_for_is_refused() {
    for (response_type, plain, signed) in
        [(Code, Query, "jwt"), (CodeIdToken, Fragment, "jwt"), (IdToken, FormPost, "form_post.jwt")]
    {
        let mut setup = world();
        let StartedLogin { mut url, pending } = start(&mut setup, response_type, plain);
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        let others = pairs.into_iter().filter(|(name, _)| name != "response_mode");
        let others = others.collect::<Vec<_>>();
        url.query_pairs_mut().clear().extend_pairs(others).append_pair("response_mode", signed);
        let back = setup.0.visit(&url);
        let result = finish(&mut setup, pending, &back);
        refused(&setup, result, "callback.unexpected", NOTHING);
    }
}

#[test]
fn x25_no_parameter_stands_beside_the_token() {
    for beside in [
        "code=x",
        "state=x",
        "iss=https://op.test",
        "error=access_denied",
        "error_description=x",
        "id_token=x",
        "access_token=x",
        "client_id=rs256",
    ] {
        for first in [true, false] {
            let mut setup = world();
            let StartedLogin { url, pending } = start(&mut setup, Code, Jwt);
            let back = setup.0.visit(&url);
            let text = match first {
                true => format!("{beside}&{}", back.text()),
                false => format!("{}&{beside}", back.text()),
            };
            let result = finish(&mut setup, pending, &Return::Query(text));
            refused(&setup, result, "callback.unexpected", NOTHING);
        }
    }
    // The same with the right values.
    let mut setup = world();
    let StartedLogin { url, pending } = start(&mut setup, Code, Jwt);
    let state = pending.state().expose().to_owned();
    let text = format!("{}&state={state}", setup.0.visit(&url).text());
    let result = finish(&mut setup, pending, &Return::Query(text));
    refused(&setup, result, "callback.unexpected", NOTHING);
    // Twice is neither of them.
    let twice = Return::Query("response=a.b.c&response=a.b.c".into());
    assert_eq!(twice.callback().unwrap_err().code(), "callback.duplicate");
    // RFC 6749 4.1.2: unknown ones mean nothing.
    let mut setup = world();
    let StartedLogin { url, pending } = start(&mut setup, Code, Jwt);
    let text = format!("utm=x&{}&session_state=forged", setup.0.visit(&url).text());
    finish(&mut setup, pending, &Return::Query(text)).expect("a login");
}

#[test]
fn x11_a_signed_response_by_another_way() {
    for (mode, wrong) in [
        (Jwt, Return::Fragment as fn(String) -> Return),
        (FormPostJwt, Return::Query),
        (FragmentJwt, Return::Query),
    ] {
        let mut setup = world();
        let StartedLogin { url, pending } = start(&mut setup, Code, mode);
        let text = setup.0.visit(&url).text().to_owned();
        let result = finish(&mut setup, pending, &wrong(text));
        refused(&setup, result, "callback.response_mode", KEYS);
    }
}

#[test]
fn the_whole_address_holds_it_in_its_query_or_its_fragment() {
    for mode in [QueryJwt, FragmentJwt] {
        let mut setup = world();
        let StartedLogin { url, pending } = start(&mut setup, Code, mode);
        let back = setup.0.visit(&url);
        let redirect_uri = setup.1.registration().redirect_uri().to_owned();
        let address = match &back {
            Return::Fragment(text) => format!("{redirect_uri}?x=1#{text}"),
            other => format!("{redirect_uri}?{}#_=_", other.text()),
        };
        let (world, client) = &mut setup;
        let callback = client.callback_url(&address).unwrap();
        assert_eq!(callback.state(), Some(pending.state()));
        world.run(client.finish_login(pending, callback)).expect("a login");
    }
}

#[test]
fn what_is_no_signed_token_costs_nothing() {
    for (token, code) in [
        ("", "token.syntax"),
        ("x", "token.syntax"),
        ("x.y", "token.syntax"),
        ("a.b.c.d.e", "token.encrypted"),
        ("%7B%7D", "token.syntax"),
        ("a.b.c", "token.syntax"),
        ("e30.e30.e30", "token.header"),
    ] {
        let mut setup = world();
        let StartedLogin { pending, .. } = start(&mut setup, Code, Jwt);
        let back = Return::Query(format!("response={token}"));
        assert_eq!(back.callback().unwrap().state(), None);
        let result = finish(&mut setup, pending, &back);
        refused(&setup, result, code, NOTHING);
    }
    let long = Return::Query(format!("response={}", "x".repeat(70_000)));
    assert_eq!(long.callback().unwrap_err().code(), "limit.callback");
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

#[test]
fn x27_a_response_of_another_login_does_not_finish_this_one() {
    let mut setup = world();
    let first = start(&mut setup, Code, Jwt);
    let second = start(&mut setup, Code, Jwt);
    let back = setup.0.visit(&first.url);
    let result = finish(&mut setup, second.pending, &back);
    refused(&setup, result, "callback.state.mismatch", KEYS);
    let mut others = vec![start(&mut setup, Code, Jwt).pending];
    let unknown = PendingLogin::take(&mut others, &back.callback().unwrap()).unwrap_err();
    assert_eq!(unknown.code(), "callback.state.unknown");
    finish(&mut setup, first.pending, &back).expect("its own");
}

/// What cannot go well is found before anything is sent, for a signed response as for a plain one.
#[test]
fn misuse_is_found_before_the_keys_are_read() {
    let mut setup = world();
    let StartedLogin { url, pending } = start(&mut setup, CodeIdToken, Jwt);
    let callback = setup.0.visit(&url).callback().unwrap();
    let (world, client) = &mut setup;
    let error = world.run(client.finish_implicit_login(pending, callback)).unwrap_err();
    assert_eq!(error.code(), "misuse.response_type");
    let StartedLogin { url, pending } = start(&mut setup, Code, Jwt);
    let back = setup.0.visit(&url);
    setup.0.clock.advance(std::time::Duration::from_secs(601));
    let result = finish(&mut setup, pending, &back);
    refused(&setup, result, "callback.expired", NOTHING);
}

#[test]
fn a_signature_hides_no_token_in_a_query() {
    let (mut world, client) = world();
    for response_type in [CodeIdToken, IdToken, IdTokenToken, CodeToken] {
        let start = client.start_login().response_type(response_type).response_mode(QueryJwt);
        let error = world.run(start.insecure_front_channel_access_token()).unwrap_err();
        assert_eq!(error.code(), "misuse.parameter", "{response_type}");
    }
    let _ = world.run(client.start_login().response_mode(QueryJwt)).expect("a start");
    assert!(world.transport.requests().is_empty());
}

#[test]
fn an_algorithm_that_cannot_be_verified_is_found_before_any_request() {
    let world = World::default();
    for (registration, code) in [
        (
            world.registration("public").authorization_signed_response_alg(Algorithm::HS256),
            "misuse.no_secret",
        ),
        (world.registration("rs256").client_secret("short").unwrap(), "misuse.short_secret"),
    ] {
        let registration = match code {
            "misuse.short_secret" => {
                registration.authorization_signed_response_alg(Algorithm::HS256)
            }
            _ => registration,
        };
        let mut world = World::default();
        let issuer = world.op.issuer().to_owned();
        let error = world.run(Client::discover(issuer, registration, crypto())).unwrap_err();
        assert_eq!(error.code(), code);
    }
    // An OAuth server without keys can answer plainly, and not otherwise.
    let mut world = World::default();
    world.op.set_mischief(Mischief::DiscoveryMissingJwksUri);
    let client = world.discover("rs256", Policy::default().without_id_tokens()).unwrap();
    world.transport.clear();
    let _ = world.run(client.start_authorization()).expect("a start");
    let error = world.run(client.start_authorization().response_mode(Jwt)).unwrap_err();
    assert_eq!(error.code(), "metadata.missing");
    assert!(world.transport.requests().is_empty());
}

#[test]
fn plain_oauth_and_a_confirmation_by_a_signed_response() {
    for (response_type, mode, requests) in [
        (Code, Jwt, &["GET /jwks", "POST /token"][..]),
        (CodeToken, FragmentJwt, &["GET /jwks", "POST /token"]),
        (Token, Jwt, KEYS),
        (ResponseType::None, Jwt, KEYS),
        (ResponseType::None, FormPostJwt, KEYS),
    ] {
        for mischief in [None, Some(Mischief::JarmInvalidSig)] {
            let (mut world, client) = world();
            world.op.set_mischief(mischief);
            let start = client.start_authorization().scope("user").response_type(response_type);
            let start = start.insecure_front_channel_access_token().response_mode(mode);
            let started = world.run(start).expect("a start");
            let bytes = started.pending.to_bytes();
            let pending = PendingAuthorization::from_bytes(&bytes).expect("a round trip");
            let callback = world.visit(&started.url).callback().unwrap();
            let result = match response_type {
                ResponseType::None => {
                    world.run(client.finish_confirmation(pending, callback)).map(drop)
                }
                _ => world.run(client.finish_authorization(pending, callback)).map(drop),
            };
            match (mischief, result) {
                (None, result) => {
                    result.expect("a good end");
                    assert_eq!(world.transport.requests(), requests, "{response_type}");
                }
                (Some(_), result) => {
                    assert_eq!(result.unwrap_err().code(), "token.signature", "{response_type}");
                    assert_eq!(world.transport.requests(), KEYS, "{response_type}");
                }
            }
        }
    }
}

#[test]
fn no_debug_output_holds_what_came_back() {
    let mut setup = world();
    let StartedLogin { url, pending } = start(&mut setup, Code, Jwt);
    let back = setup.0.visit(&url);
    let callback = back.callback().unwrap();
    let token = back.text().strip_prefix("response=").unwrap();
    let finish = setup.1.finish_login(pending, callback);
    let mut env = setup.0.env.clone();
    let step = relying_party::Flow::start(finish, &mut env).expect("the keys are asked for");
    for part in token.split('.') {
        assert!(!format!("{step:?}").contains(part));
    }
}

/// A client that registered itself, and the response that the provider's answer is about.
fn registered(
    asked: Option<Algorithm>,
    answered: Value,
) -> Result<(World, Client), (&'static str, &'static str)> {
    let mut setup = Registering::default();
    setup.world.op.edit("/register", move |document| {
        let object = document.as_object_mut().expect("an object");
        object.remove("authorization_signed_response_alg");
        if !answered.is_null() {
            object.insert("authorization_signed_response_alg".into(), answered.clone());
        }
    });
    let metadata = match asked {
        Some(algorithm) => web().authorization_signed_response_alg(algorithm),
        None => web(),
    };
    let registered = setup.register(metadata).map_err(|error| ("answer", error.code()))?;
    assert_eq!(setup.world.transport.requests(), ["POST /register"]);
    let now = setup.world.clock.now();
    let registration = registered.registration(now).map_err(|error| ("use", error.code()))?;
    let client = Client::new(setup.provider, registration, crypto(), Policy::default());
    setup.world.transport.clear();
    Ok((setup.world, client.expect("a client")))
}

#[test]
fn what_a_provider_registered_signs_the_responses() {
    for (asked, answered, algorithm) in [
        (None, Value::Null, Algorithm::RS256),
        (None, json!("RS256"), Algorithm::RS256),
        (Some(Algorithm::ES256), json!("ES256"), Algorithm::ES256),
    ] {
        let mut setup = registered(asked, answered).expect("a client");
        let checks = login(&mut setup, Code, Jwt).expect("a login");
        assert!(checks.contains(&Check::ResponseSignature(algorithm)), "{algorithm}");
    }
    // The provider signs as it was asked to, and the answer had said otherwise.
    let mut setup = registered(Some(Algorithm::ES256), json!("PS256")).expect("a client");
    let result = login(&mut setup, Code, Jwt);
    refused(&setup, result, "token.algorithm", NOTHING);
    for (asked, answered, code) in [
        (Some(Algorithm::ES256), json!("none"), ("answer", "response.registered")),
        (Some(Algorithm::ES256), json!("HS256"), ("answer", "response.registered")),
        (None, json!("none"), ("answer", "response.registered")),
        (None, json!("HS256"), ("answer", "response.registered")),
        (None, json!("RS1"), ("use", "response.registered")),
    ] {
        assert_eq!(registered(asked, answered.clone()).err(), Some(code), "{answered}");
    }
}

#[test]
fn what_a_provider_lists_can_be_read() {
    let (_, client) = world();
    let metadata = client.metadata();
    assert!(metadata.response_modes_supported().contains(&Jwt.as_str()));
    let listed = metadata.authorization_signing_alg_values_supported().expect("a list");
    assert!(listed.iter().any(|name| name == "PS256"));
}
