//! `userinfo_signed_response_alg` on its way from a registration to an answer, and the issuer of one tenant among many.

use relying_party::{
    Client, Error, Login, Policy,
    jose::{
        algorithm::Algorithm,
        encryption::{ContentEncryption::A128CbcHs256, KeyManagement},
    },
    protocol::{
        id_token::{Check, Relaxation},
        issuer_rules::{IssuerTemplate, IssuerTolerance},
    },
};
use relying_party_tests::{
    op::{Alg, OpConfig, OpTenant},
    registering::{Registering, web},
    scenario::{World, crypto},
};
use serde_json::{Value, json};

fn login(setup: &mut Registering, client: &Client) -> Result<Login, Error> {
    let finish = setup.world.returned(client).with_user_info();
    setup.world.transport.clear();
    setup.world.run(finish)
}

fn signature(login: &Login) -> Option<Algorithm> {
    let checks = login.user_info().unwrap().checks();
    checks.iter().find_map(|check| match check {
        Check::Signature(algorithm) => Some(*algorithm),
        _ => None,
    })
}

#[test]
fn what_was_asked_for_is_signed_and_verified() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA, Algorithm::HS256] {
        let mut setup = Registering::default();
        let registered = setup.register(web().userinfo_signed_response_alg(algorithm)).unwrap();
        let client = setup.client(&registered);
        assert_eq!(signature(&login(&mut setup, &client).unwrap()), Some(algorithm));
    }
    let mut setup = Registering::default();
    let registered = setup.register(web()).unwrap();
    let client = setup.client(&registered);
    assert_eq!(signature(&login(&mut setup, &client).unwrap()), None);
}

#[test]
fn what_was_asked_for_is_encrypted_and_decrypted() {
    let encrypted = || web().userinfo_encrypted_response(KeyManagement::Dir, A128CbcHs256);
    for (metadata, signed) in [
        (encrypted(), None),
        (encrypted().userinfo_signed_response_alg(Algorithm::ES256), Some(Algorithm::ES256)),
    ] {
        let mut setup = Registering::default();
        let registered = setup.register(metadata).unwrap();
        let client = setup.client(&registered);
        let login = login(&mut setup, &client).unwrap();
        assert_eq!(login.user_info().unwrap().checks()[0], Check::Decrypted);
        assert_eq!(signature(&login), signed);
    }
}

#[test]
fn the_keys_of_a_provider_that_has_none() {
    let mut world = World::default();
    world.op.edit("/openid-configuration", |document| {
        document.as_object_mut().unwrap().remove("jwks_uri");
    });
    for (algorithm, code) in
        [(Algorithm::RS256, Some("metadata.missing")), (Algorithm::HS256, None)]
    {
        let token = world.op.clone();
        let registration = world.registration("hs256").userinfo_signed_response_alg(algorithm);
        world.op.intercept("/userinfo", move |_, response| {
            let mut claims = response.document();
            claims["iss"] = token.issuer().into();
            claims["aud"] = "hs256".into();
            let alg = Alg::from_name(algorithm.as_str()).unwrap();
            let header = json!({ "alg": alg.name() }).to_string();
            response.set_header("content-type", "application/jwt");
            response.body = token.mint(alg, &header, &claims.to_string()).into_bytes();
        });
        let issuer = world.op.issuer().to_owned();
        let client = world.run(Client::discover(issuer, registration, crypto())).unwrap();
        let finish = world.returned(&client).with_user_info();
        world.transport.clear();
        assert_eq!(world.run(finish).err().map(|error| error.code()), code);
        assert_eq!(world.transport.requests(), ["POST /token", "GET /userinfo"]);
        world.op.clear_hooks();
        world.op.edit("/openid-configuration", |document| {
            document.as_object_mut().unwrap().remove("jwks_uri");
        });
    }
}

#[test]
fn u03_the_answer_to_a_registration_decides_not_the_answer_of_the_endpoint() {
    // The provider registered one that was not asked for, and does not keep to it.
    let mut setup = Registering::default();
    setup.world.op.edit("/register", |document| {
        document["userinfo_signed_response_alg"] = "RS256".into();
    });
    let registered = setup.register(web()).unwrap();
    let client = setup.client(&registered);
    let error = login(&mut setup, &client).unwrap_err();
    assert_eq!(error.code(), "token.not_signed");
    assert_eq!(setup.world.transport.requests().last().unwrap(), "GET /userinfo");
    // One that it does not confirm holds.
    let mut setup = Registering::default();
    setup.world.op.edit("/register", |document| {
        document["userinfo_signed_response_alg"] = Value::Null;
    });
    let registered = setup.register(web().userinfo_signed_response_alg(Algorithm::ES256)).unwrap();
    let client = setup.client(&registered);
    assert_eq!(signature(&login(&mut setup, &client).unwrap()), Some(Algorithm::ES256));
}

#[test]
fn u04_a_registration_that_cannot_be_held_against_an_answer() {
    for (alg, refused) in [("None", true), ("XS256", true), ("", true), ("PS256", false)] {
        let mut setup = Registering::default();
        setup.world.op.edit("/register", move |document| {
            document["userinfo_signed_response_alg"] = alg.into();
        });
        let registered = setup.register(web()).unwrap();
        let registration = registered.registration(setup.world.clock.now());
        let code = registration.err().map(|error| error.code());
        assert_eq!(code, refused.then_some("response.registered"), "{alg}");
        assert_eq!(setup.world.transport.requests(), ["POST /register"]);
    }
}

#[test]
fn u03_u04_none_is_how_providers_register_plain_userinfo() {
    let answered = || {
        let mut setup = Registering::default();
        setup.world.op.edit("/register", |document| {
            document["userinfo_signed_response_alg"] = "none".into();
        });
        let registered = setup.register(web()).unwrap();
        let client = setup.client(&registered);
        (setup, client)
    };
    let (mut setup, client) = answered();
    assert_eq!(signature(&login(&mut setup, &client).unwrap()), None);
    // Not how a token without a signature gets in.
    let (mut setup, client) = answered();
    setup.world.op.intercept("/userinfo", |_, response| {
        let body = response.body.clone();
        let part = relying_party_tests::op::base64url;
        response.set_header("content-type", "application/jwt");
        response.body = format!("{}.{}.", part(br#"{"alg":"none"}"#), part(&body)).into_bytes();
    });
    assert_eq!(login(&mut setup, &client).unwrap_err().code(), "token.signed");
    assert_eq!(setup.world.transport.requests().last().unwrap(), "GET /userinfo");
}

#[test]
fn u04_an_answer_that_lowers_what_was_asked_for() {
    for (alg, refused) in [("none", true), ("HS256", true), ("RS256", false), ("ES256", false)] {
        let mut setup = Registering::default();
        setup.world.op.edit("/register", move |document| {
            document["userinfo_signed_response_alg"] = alg.into();
        });
        let result = setup.register(web().userinfo_signed_response_alg(Algorithm::ES256));
        let code = result.err().map(|error| error.code());
        assert_eq!(code, refused.then_some("response.registered"), "{alg}");
        assert_eq!(setup.world.transport.requests(), ["POST /register"]);
        // RFC 9701 6: of introspection answers just so.
        let mut setup = Registering::default();
        setup.world.op.edit("/register", move |document| {
            document["introspection_signed_response_alg"] = alg.into();
        });
        let asked = web().introspection_signed_response_alg(Algorithm::ES256);
        let code = setup.register(asked).err().map(|error| error.code());
        assert_eq!(code, refused.then_some("response.registered"), "{alg}");
    }
}

#[test]
fn u02_i23_the_issuer_is_that_of_the_id_tokens_tenant() {
    const TEMPLATE: &str = "https://op.test/{tenantid}/v2.0";
    let [own, other] =
        ["9122040d-6c67-4c5b-b112-36a304b66dad", "00000000-0000-0000-0000-000000000001"];
    let tenant = OpTenant { template: TEMPLATE.into(), tid: own.into() };
    let mut config =
        OpConfig { tenant: Some(tenant), ..OpConfig::with_issuer("https://op.test/common/v2.0") };
    for client in &mut config.clients {
        client.userinfo_signed_response_alg = Some(Alg::Rs256);
    }
    let mut world = World::new(config);
    let template = IssuerTemplate::new(TEMPLATE, [own, other]).unwrap();
    let policy = Policy::default().issuer_template(template);
    let registration = world.registration("rs256").userinfo_signed_response_alg(Algorithm::RS256);
    let issuer = world.op.issuer().to_owned();
    let client =
        world.run(Client::discover(issuer, registration, crypto()).policy(policy)).unwrap();
    let finish = world.returned(&client).with_user_info();
    let login = world.run(finish).unwrap();
    let tenant = Relaxation::Issuer(IssuerTolerance::Tenant);
    assert_eq!(login.user_info().unwrap().relaxations(), [tenant]);
    for (iss, code) in [
        (TEMPLATE.replace("{tenantid}", other), Some("claim.iss.mismatch")),
        ("https://op.test/common/v2.0".to_owned(), Some("claim.iss.mismatch")),
        ("https://evil.test".to_owned(), Some("claim.iss.mismatch")),
        (TEMPLATE.replace("{tenantid}", own), None),
    ] {
        let header = json!({ "alg": "RS256", "kid": world.op.kid(Alg::Rs256) }).to_string();
        let payload = json!({ "iss": iss, "aud": "rs256", "sub": login.subject().sub() });
        let token = world.op.mint(Alg::Rs256, &header, &payload.to_string());
        world.op.clear_hooks();
        world.op.intercept("/userinfo", move |_, response| {
            response.body = token.clone().into_bytes();
        });
        world.transport.clear();
        let read = client.user_info(login.tokens().access_token(), login.subject());
        assert_eq!(world.run(read).err().map(|error| error.code()), code, "{iss}");
        assert_eq!(world.transport.requests().len(), 1);
    }
}
