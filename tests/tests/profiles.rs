//! Profiles: who logs in where. Each departure is accepted under its profile and put down to it, and the same answer is
//! refused without.

use relying_party::{
    PendingLogin, Policy, Registration,
    error::{Blame, Claim, Shown},
    flow::start_login::StartedLogin,
    jose::algorithm::Algorithm,
    profile::{self, Profile},
    protocol::{
        id_token::TrustedAudiences,
        issuer_rules::{IssuerTemplate, IssuerTolerance},
        registration::AuthMethod,
        relaxation::Relaxation,
    },
    secret::CodeVerifier,
};
use relying_party_tests::{
    op::{OpConfig, OpRequest, OpResponse, OpTenant},
    profiled::{Stand, issuer, of},
    proof::ec_key,
    scenario::{Return, crypto},
};
use serde_json::json;

const TENANT: &str = "3aa4a235-b6e2-48d5-9195-7fcf05b459b0";
const OTHER: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const METADATA: &str = "/.well-known/openid-configuration";

fn names_issuer(stand: &Stand, iss: &'static str) {
    stand.world.op.tamper_id_token(move |_, _, claims| claims["iss"] = iss.into());
}

#[test]
fn google_may_leave_the_scheme_of_its_issuer_out() {
    let mut stand = Stand::new(profile::google(), "rs256");
    names_issuer(&stand, "accounts.google.com");
    let (client, strict) = (stand.under(), stand.strict());
    let alias = issuer(IssuerTolerance::Alias);
    let login = stand.accepted(&client, &[of("Google", alias.clone())]);
    let used = &login.id_token().relaxations()[0];
    assert_eq!((used.because(), used.what()), (Some("Google"), &alias));
    assert_eq!(used.to_string(), "the issuer is a listed alias, because of the profile Google");
    stand.refused(&strict, "claim.iss.mismatch");

    // What the application accepts itself is not the profile's doing, and another alias is another matter.
    let own = Policy::default().issuer_aliases(["accounts.google.com"]);
    let own = stand.under_policy(own);
    stand.accepted(&own, std::slice::from_ref(&alias));
    let both = stand.under_policy(Policy::default().issuer_aliases(["https://own.test"]));
    stand.accepted(&both, &[of("Google", alias.clone())]);
    names_issuer(&stand, "https://own.test");
    stand.accepted(&both, &[alias]);
    stand.refused(&client, "claim.iss.mismatch");
    // A refresh says so again.
    names_issuer(&stand, "accounts.google.com");
    let token = login.tokens().refresh_token().unwrap();
    let refreshed = stand.world.run(client.refresh(token, &login.record())).unwrap();
    let due = [of("Google", issuer(IssuerTolerance::Alias))];
    assert_eq!(refreshed.id_token().unwrap().relaxations(), due);
    // Without a use there is nothing to report.
    names_issuer(&stand, "https://accounts.google.com");
    stand.accepted(&client, &[]);
}

fn entra(profile: Profile, template: &str, tid: &str) -> Stand {
    Stand::with(profile, "rs256", |config: &mut OpConfig| {
        config.tenant = Some(OpTenant { template: template.into(), tid: tid.into() });
        config.authorization_response_iss_parameter_supported = false;
    })
}

#[test]
fn i25_entra_has_many_tenants_and_only_those_that_are_allowed_log_in() {
    let v1 = "https://sts.windows.net/{tenantid}/";
    let v2 = "https://login.microsoftonline.com/{tenantid}/v2.0";
    for (profile, template) in [
        (profile::entra_v1([TENANT]), v1),
        (profile::entra_v1_for_tenants_that(|tid| tid == TENANT), v1),
        (profile::entra_v2([TENANT]), v2),
        (profile::entra_v2_for_tenants_that(|tid| tid == TENANT), v2),
    ] {
        let profile = profile.unwrap();
        let mut stand = entra(profile.clone(), template, TENANT);
        let client = stand.under();
        let due = of(profile.name(), issuer(IssuerTolerance::Tenant));
        let login = stand.accepted(&client, &[due]);
        assert_eq!(login.subject().issuer(), template.replace("{tenantid}", TENANT));

        let error = stand.strict_at(profile.issuer()).unwrap_err();
        assert_eq!(error.code(), "metadata.issuer");
        assert_eq!(stand.world.transport.requests().len(), 1);

        let mut stand = entra(profile, template, OTHER);
        let client = stand.under();
        let error = stand.refused(&client, "claim.tid.untrusted");
        assert_eq!(error.blame(), Blame::Visitor);
        assert!(
            error
                .to_string()
                .ends_with(&format!("claim tid: \"{OTHER}\" is not an allowed tenant")),
            "{error}"
        );
    }
    // A response that names its tenant is the same tolerance, and is reported once.
    let profile = profile::entra_v2([TENANT]).unwrap();
    let mut stand = Stand::with(profile.clone(), "rs256", |config| {
        config.tenant = Some(OpTenant { template: v2.into(), tid: TENANT.into() });
    });
    let client = stand.under();
    stand.accepted(&client, &[of("Entra v2", issuer(IssuerTolerance::Tenant))]);
    // The application's own template stays, and is its own doing.
    let own = || {
        let template = IssuerTemplate::new(v2, [OTHER]).unwrap();
        Policy::default().issuer_template(template)
    };
    let mut stand = entra(profile.clone(), v2, OTHER);
    let client = stand.under_policy(own());
    stand.accepted(&client, &[issuer(IssuerTolerance::Tenant)]);
    let mut stand = entra(profile, v2, TENANT);
    let client = stand.under_policy(own());
    stand.refused(&client, "claim.tid.untrusted");
    let nobody: [&str; 0] = [];
    assert_eq!(profile::entra_v2(nobody).unwrap_err().code(), "misuse.issuer");
    assert_eq!(profile::entra_v1(["*"]).unwrap_err().code(), "misuse.issuer");
    let (upper, bare) = (TENANT.to_uppercase(), TENANT.replace('-', ""));
    let short = &TENANT[..35];
    for odd in [
        &upper,
        &bare,
        short,
        "contoso.onmicrosoft.com",
        "common",
        "",
        "3aa4a235-b6e2-48d5-9195-7fcf05b459bg",
    ] {
        for made in [profile::entra_v1([TENANT, odd]), profile::entra_v2([TENANT, odd])] {
            let error = made.unwrap_err();
            assert_eq!(error.code(), "misuse.issuer", "{odd}");
        }
    }
    assert!(profile::entra_v1([TENANT, OTHER]).is_ok() && profile::entra_v2([OTHER]).is_ok());
}

#[test]
fn b2c_has_metadata_for_each_policy_and_one_issuer() {
    let profile = profile::b2c("contoso", TENANT, "B2C_1_signin").unwrap();
    let policy = "https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/v2.0";
    let well_known = "/contoso.onmicrosoft.com/B2C_1_signin/v2.0/.well-known/openid-configuration";
    let mut stand =
        Stand::with(profile, "rs256", |config| config.paths = vec![(well_known, METADATA)]);
    let client = stand.under();
    let login = stand.accepted(&client, &[]);
    let due = format!("https://contoso.b2clogin.com/{TENANT}/v2.0/");
    assert_eq!(login.subject().issuer(), due);
    assert_eq!(stand.strict_at(policy).unwrap_err().code(), "metadata.issuer");
    assert_eq!(stand.world.transport.requests(), [format!("GET {well_known}")]);
    for [tenant, id, policy] in
        [["a.b", "t", "p"], ["a", "t/x", "p"], ["a", "t", "p/../q"], ["", "t", "p"]]
    {
        assert_eq!(profile::b2c(tenant, id, policy).unwrap_err().code(), "misuse.issuer");
    }
}

#[test]
fn apple_takes_a_signed_secret_and_posts_its_response() {
    let mut stand = Stand::new(profile::apple("TEAM123456", ec_key()), "team");
    stand.answer(METADATA, |document| {
        drop(document.as_object_mut().unwrap().remove("userinfo_endpoint"))
    });
    stand.world.op.tamper_id_token(|_, _, claims| {
        claims["email"] = "a@x.test".into();
        claims["email_verified"] = "true".into();
        claims["is_private_email"] = "false".into();
    });
    let client = stand.under();
    let started = stand.world.run(client.start_login().scope("name email")).unwrap();
    let Return::Form(form) = stand.world.visit(&started.url) else { panic!("not posted") };
    let user = "%7B%22name%22%3A%7B%22firstName%22%3A%22Alice%22%7D%7D";
    let callback = client.callback_form(&format!("{form}&user={user}")).unwrap();
    let finish = client.finish_login(started.pending, callback).with_user_info();
    let login = stand.world.run(finish).unwrap();
    let user = login.response_parameters().get("user");
    assert_eq!(user, Some(r#"{"name":{"firstName":"Alice"}}"#));
    assert_eq!(login.id_token().relaxations(), []);
    let claims = login.user_info().unwrap().claims();
    assert_eq!(claims.claim::<String>("is_private_email").unwrap().as_deref(), Some("false"));

    // Without the profile nothing is signed, and the response comes in the query.
    let strict = stand.strict();
    let started = stand.world.run(strict.start_login()).unwrap();
    assert!(matches!(stand.world.visit(&started.url), Return::Query(_)));
    stand.refused(&strict, "provider.error");
    // The application's own choice goes first.
    let start = client.start_login();
    let start = start.response_mode(relying_party::protocol::authorization::ResponseMode::Query);
    let started = stand.world.run(start).unwrap();
    assert!(matches!(stand.world.visit(&started.url), Return::Query(_)));
}

/// No nonce in ID tokens; a verifier at the token endpoint is refused; the methods are not listed.
fn linkedin() -> Stand {
    let stand = Stand::new(profile::insecure_linkedin(), "post");
    stand.answer(METADATA, |document| {
        document.as_object_mut().unwrap().remove("token_endpoint_auth_methods_supported");
    });
    stand.world.op.tamper_id_token(|_, _, claims| {
        claims.as_object_mut().unwrap().remove("nonce");
    });
    stand
}

fn no_pkce(stand: &Stand) {
    stand.world.op.intercept("/token", |request: &OpRequest, answer: &mut OpResponse| {
        if String::from_utf8_lossy(&request.body).contains("code_verifier=") {
            *answer = OpResponse::json(400, &json!({ "error": "invalid_client" }));
        }
    });
}

fn at_linkedin(relaxation: Relaxation) -> Relaxation {
    of("LinkedIn", relaxation)
}

#[test]
fn i02_x21_linkedin_has_neither_nonce_nor_pkce_and_each_is_reported() {
    let mut stand = linkedin();
    no_pkce(&stand);
    let client = stand.under();
    let both = [at_linkedin(Relaxation::WithoutPkce), at_linkedin(Relaxation::WithoutNonce)];
    stand.accepted(&client, &both);

    // The reason survives the redirect, to another server.
    let StartedLogin { url, pending } = stand.world.run(client.start_login()).unwrap();
    assert!(!url.as_str().contains("nonce=") && !url.as_str().contains("code_challenge"));
    let pending = PendingLogin::from_bytes(&pending.to_bytes()).unwrap();
    let callback = stand.world.visit(&url).callback().unwrap();
    let login = stand.world.run(client.finish_login(pending, callback)).unwrap();
    assert_eq!(login.id_token().relaxations(), both);

    // What the application left out itself is not the profile's doing.
    for (own, due) in [
        (
            client.start_login().insecure_without_nonce(),
            [both[0].clone(), Relaxation::WithoutNonce],
        ),
        (client.start_login().insecure_without_pkce(), [Relaxation::WithoutPkce, both[1].clone()]),
    ] {
        let StartedLogin { url, pending } = stand.world.run(own).unwrap();
        let callback = stand.world.visit(&url).callback().unwrap();
        let login = stand.world.run(client.finish_login(pending, callback)).unwrap();
        assert_eq!(login.id_token().relaxations(), due);
    }
    // A nonce that nobody sent belongs to another login.
    stand.world.op.tamper_id_token(|_, _, claims| claims["nonce"] = "another".into());
    stand.refused(&client, "claim.nonce.mismatch");
}

#[test]
fn linkedin_is_refused_without_the_profile() {
    let mut stand = linkedin();
    // The method that is not listed.
    let basic = stand.strict();
    stand.refused(&basic, "provider.error");
    let post = stand.registration.clone().token_endpoint_auth_method(AuthMethod::ClientSecretPost);
    stand.registration = post.clone();
    let at = stand.profile.issuer().to_owned();
    assert_eq!(stand.strict_at(&at).unwrap_err().code(), "misuse.auth_method");
    assert_eq!(stand.world.transport.requests().len(), 1);
    // The nonce.
    stand.registration = post.auth_methods_even_if_unlisted();
    let strict = stand.strict();
    stand.refused(&strict, "claim.nonce.missing");
    // PKCE.
    no_pkce(&stand);
    stand.refused(&strict, "provider.error");
}

#[test]
fn a_verifier_of_the_application_is_used_at_linkedin_too() {
    let mut stand = linkedin();
    let client = stand.under();
    let verifier = CodeVerifier::new("fake-verifier-0123456789-0123456789-0123456789").unwrap();
    let start = client.start_login().code_verifier(verifier);
    let StartedLogin { url, pending } = stand.world.run(start).unwrap();
    assert!(url.as_str().contains("code_challenge_method=S256"));
    let callback = stand.world.visit(&url).callback().unwrap();
    let login = stand.world.run(client.finish_login(pending, callback)).unwrap();
    assert_eq!(login.id_token().relaxations(), [at_linkedin(Relaxation::WithoutNonce)]);
}

#[test]
fn t09_cognito_decodes_no_basic_credentials_and_has_its_own_logout() {
    let profile = profile::cognito("eu-central-1", "eu-central-1_AbCdEf012").unwrap();
    assert_eq!(
        profile.issuer(),
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEf012"
    );
    let mut stand = Stand::with(profile, "raw", |config| {
        config.logout_redirect = "logout_uri";
        let client = config.clients.iter_mut().find(|client| client.client_id == "raw").unwrap();
        client.client_secret = Some("fake:raw+secret/%41=".into());
    });
    let (client, strict) = (stand.under(), stand.strict());
    stand.accepted(&client, &[]);
    stand.refused(&strict, "provider.error");

    let logout = |client: &relying_party::Client| {
        client.start_logout().post_logout_redirect_uri("https://rp.test/bye")
    };
    let bye = stand.world.run(logout(&client)).unwrap();
    let Return::Query(query) = stand.world.visit(&bye.url) else { panic!("not sent back") };
    client.finish_logout(&query, &bye.state).unwrap();
    let bye = stand.world.run(logout(&strict)).unwrap();
    let answer = stand.world.op.handle(&OpRequest::get(bye.url), 0);
    assert_eq!(answer.status, 400);
    assert_eq!(profile::cognito("eu.x", "p").unwrap_err().code(), "misuse.issuer");
    assert_eq!(profile::cognito("eu", "p/q").unwrap_err().code(), "misuse.issuer");
}

#[test]
fn i12_zitadel_names_projects_and_their_clients() {
    let mut stand =
        Stand::new(profile::zitadel("https://acme.zitadel.test", ["project-1"]), "rs256");
    let names = |stand: &Stand, audience: &'static str| {
        stand
            .world
            .op
            .tamper_id_token(move |_, _, claims| claims["aud"] = json!(["rs256", audience]));
    };
    names(&stand, "project-1");
    let (client, strict) = (stand.under(), stand.strict());
    let trusted = Relaxation::TrustedAudience(Shown::new("project-1"));
    stand.accepted(&client, &[of("Zitadel", trusted.clone())]);
    let error = stand.refused(&strict, "claim.aud.untrusted");
    assert!(
        error.to_string().contains("project-1") && error.to_string().contains(Claim::Aud.name())
    );
    // What the application trusts itself.
    for own in [
        TrustedAudiences::List(vec!["project-1".into()]),
        TrustedAudiences::Predicate(std::sync::Arc::new(|name| name.starts_with("project-"))),
    ] {
        let own = stand.under_policy(Policy::default().trusted_audiences(own));
        stand.accepted(&own, std::slice::from_ref(&trusted));
    }
    for own in [
        TrustedAudiences::List(vec!["x".into()]),
        TrustedAudiences::Predicate(std::sync::Arc::new(|name| name == "x")),
    ] {
        let own = stand.under_policy(Policy::default().trusted_audiences(own));
        stand.accepted(&own, &[of("Zitadel", trusted.clone())]);
        names(&stand, "x");
        stand.accepted(&own, &[Relaxation::TrustedAudience(Shown::new("x"))]);
        stand.refused(&client, "claim.aud.untrusted");
        names(&stand, "project-1");
    }
}

#[test]
fn keycloak_is_asked_inside_and_named_as_outside() {
    let (outside, inside) = ("https://sso.test/realms/staff", "https://keycloak.cluster.test:8443");
    let profile = profile::keycloak_by_another_host(outside, inside).unwrap();
    let mut stand = Stand::new(profile, "rs256");
    for path in [METADATA, "/jwks", "/token", "/userinfo"] {
        stand.world.op.intercept(path, |request, answer| {
            if request.url.host_str() != Some("keycloak.cluster.test")
                || request.url.port() != Some(8443)
            {
                *answer = OpResponse::json(503, &json!({}));
            }
        });
    }
    let client = stand.under();
    let started = stand.world.run(client.start_login()).unwrap();
    assert_eq!(started.url.host_str(), Some("sso.test"));
    let login = stand.accepted(&client, &[]);
    assert_eq!(login.subject().issuer(), outside);
    // Neither side alone will do.
    assert_eq!(stand.strict_at(outside).unwrap_err().code(), "response.status");
    let error = stand.strict_at(&format!("{inside}/realms/staff")).unwrap_err();
    assert_eq!(error.code(), "metadata.issuer");
    assert_eq!(stand.world.transport.requests().len(), 1);
    for (issuer, inside, code) in [
        (outside, "http://keycloak.cluster.test", "misuse.address"),
        (outside, "https://keycloak.cluster.test/auth", "misuse.address"),
        (outside, "keycloak", "misuse.address"),
        ("sso.test", inside, "misuse.issuer"),
    ] {
        let refused = profile::keycloak_by_another_host(issuer, inside);
        assert_eq!(refused.unwrap_err().code(), code);
    }
}

#[test]
fn h04_line_signs_with_the_channel_secret() {
    let mut stand = Stand::new(profile::line(), "hs256");
    // Nothing was chosen: the default.
    stand.registration = stand.registration.clone().id_token_signed_response_alg(Algorithm::RS256);
    let (client, strict) = (stand.under(), stand.strict());
    stand.accepted(&client, &[]);
    assert_eq!(stand.world.transport.requests(), ["POST /token"]);
    stand.refused(&strict, "token.algorithm");

    let public = Registration::public("hs256", "https://rp.test/cb").unwrap();
    let refused = stand.world.run(profile::line().discover(public, crypto())).unwrap_err();
    assert_eq!(refused.code(), "misuse.no_secret");
    // ES256 was chosen, and stays.
    let mut stand = Stand::new(profile::line(), "es256");
    let client = stand.under();
    stand.accepted(&client, &[]);
}

#[test]
fn c11_auth0_ends_in_a_slash() {
    let mut stand = Stand::new(profile::auth0("acme.auth0.test").unwrap(), "rs256");
    let client = stand.under();
    let start = client.start_login().audience("https://api.test");
    let url = stand.world.run(start).unwrap().url;
    assert!(url.as_str().contains("audience=https%3A%2F%2Fapi.test"));
    assert_eq!(stand.accepted(&client, &[]).subject().issuer(), "https://acme.auth0.test/");
    let error = stand.strict_at("https://acme.auth0.test").unwrap_err();
    assert_eq!(error.code(), "metadata.issuer");
    for host in ["", "acme.auth0.test/", "a@b.test", "a.test?x", "a.test#x", "a test", "a\\b"] {
        assert_eq!(profile::auth0(host).unwrap_err().code(), "misuse.issuer", "{host}");
    }
}

#[test]
fn t25_okta_answers_userinfo_with_an_empty_401() {
    let custom = profile::okta_authorization_server("acme.okta.test", "default").unwrap();
    assert_eq!(custom.issuer(), "https://acme.okta.test/oauth2/default");
    assert!(profile::okta_authorization_server("acme.okta.test", "a/b").is_err());
    for profile in [profile::okta("acme.okta.test").unwrap(), custom] {
        let mut stand = Stand::new(profile, "rs256");
        let (client, strict) = (stand.under(), stand.strict());
        let login = stand.accepted(&client, &[]);
        let read = |client: &relying_party::Client| {
            client.user_info(login.tokens().access_token(), login.subject())
        };
        assert!(stand.world.run(read(&client)).is_ok());
        stand.world.op.intercept("/userinfo", |_, answer| {
            *answer = OpResponse::new(401, "text/plain", "")
                .with_header("www-authenticate", "Bearer error=\"invalid_token\"");
        });
        for client in [&client, &strict] {
            stand.world.transport.clear();
            let error = stand.world.run(read(client)).unwrap_err();
            assert_eq!(error.code(), "provider.error");
            assert!(error.to_string().contains("invalid_token"));
            assert_eq!(stand.world.transport.requests().len(), 1);
        }
    }
}
