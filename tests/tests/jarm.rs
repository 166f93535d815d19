//! Signed authorization responses (JARM): every response type by every mode, the modules of the FAPI 2 Message Signing
//! plan, and what stands beside or instead of a response token.

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
    jarm::{KEYS, NOTHING, finish, login, refused, signed_by, start, world},
    op::{Alg, Mischief},
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
            assert_eq!(name, stringify!($test));
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
    fapi2_security_profile_final_client_test_ensure_jarm_without_iss_fails JarmWithoutIss
        => "claim.iss.missing" KEYS;
    fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_iss_fails JarmInvalidIss
        => "claim.iss.mismatch" KEYS;
    fapi2_security_profile_final_client_test_ensure_jarm_without_aud_fails JarmWithoutAud
        => "claim.aud.missing" KEYS;
    fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_aud_fails JarmInvalidAud
        => "claim.aud.mismatch" KEYS;
    fapi2_security_profile_final_client_test_ensure_jarm_without_exp_fails JarmWithoutExp
        => "claim.exp.missing" KEYS;
    fapi2_security_profile_final_client_test_ensure_jarm_with_expired_exp_fails JarmExpiredExp
        => "claim.exp.expired" KEYS;
    fapi2_security_profile_final_client_test_ensure_jarm_with_invalid_sig_fails JarmInvalidSig
        => "token.signature" KEYS;
    fapi2_security_profile_final_client_test_ensure_jarm_signature_is_not_none JarmSignatureIsNone
        => "token.algorithm" NOTHING;
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
