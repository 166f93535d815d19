//! Access tokens of a real provider (npm `oidc-provider`) before a resource server, and its signed introspection
//! answers, over both adapters.

use relying_party::{
    Client, Error, Policy, Registration,
    flow::start_login::StartedLogin,
    jose::algorithm::Algorithm,
    protocol::{
        access_token::ValidatedBy, bearer_challenge::BearerChallenge, relaxation::Relaxation,
        revocation::TokenTypeHint,
    },
    secret::AccessToken,
};
use relying_party_tests::{
    browser::Browser,
    interop::{
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    refusal,
    scenario::crypto,
};

fn client_with(
    provider: &NodeProvider,
    runner: &Runner,
    name: &str,
    change: impl FnOnce(Registration) -> Registration,
) -> Client {
    let registration = provider.client(name).unwrap().registration();
    let policy = Policy::default().insecure_allow_loopback_http();
    let registration = change(registration.unwrap());
    let discover = Client::discover(provider.issuer(), registration, crypto());
    let client = runner.run(discover.policy(policy)).unwrap();
    runner.take_requests();
    client
}

fn client(provider: &NodeProvider, runner: &Runner, name: &str) -> Client {
    client_with(provider, runner, name, |registration| registration)
}

fn resource(kind: &str) -> String {
    format!("https://rs.example.test/{kind}")
}

/// A token for this resource, for nobody but the client.
fn token(runner: &Runner, client: &Client, resource: &str) -> AccessToken {
    let ask = client.client_credentials().resource(resource).scope("api:read");
    let granted = runner.run(ask).unwrap();
    runner.take_requests();
    granted.tokens().access_token().clone()
}

#[track_caller]
fn refused<T>(runner: &Runner, result: Result<T, Error>, code: &str, requests: &[&str]) {
    refusal::refused(result, code);
    assert_eq!(runner.take_requests(), requests, "{code}");
}

#[test]
fn u17_signed_access_tokens_of_every_algorithm() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let service = client(&provider, &runner, "service");
        // A resource server needs no secret for this.
        let server = client(&provider, &runner, "public");
        let mut read = vec!["GET /jwks"];
        for (name, algorithm) in [
            ("RS256", Algorithm::RS256),
            ("PS256", Algorithm::PS256),
            ("ES384", Algorithm::ES384),
            ("EdDSA", Algorithm::EdDSA),
        ] {
            let here = resource(&format!("jwt-{name}"));
            let token = token(&runner, &service, &here);
            let ask = |audience: &str| {
                server.validate_access_token(&token, &[audience]).algorithms(&[algorithm])
            };
            let claims = runner.run(ask(&here).require_scope("api:read")).unwrap();
            assert_eq!(runner.take_requests(), std::mem::take(&mut read), "{name}");
            assert_eq!(claims.validated_by(), ValidatedBy::Signature(algorithm));
            assert_eq!(claims.subject().unwrap().issuer(), provider.issuer());
            assert_eq!(claims.client_id(), Some("service"));
            assert_eq!(
                (claims.scope(), claims.audiences()),
                (&["api:read".into()][..], &[here.clone()][..])
            );
            assert!(claims.jti().is_some() && claims.expires_at().is_some());
            assert_eq!(claims.relaxations(), [Relaxation::LoopbackHttp]);

            refused(&runner, runner.run(ask(&resource("x"))), "claim.aud.mismatch", &[]);
            refused(
                &runner,
                runner.run(ask(&here).algorithms(&[Algorithm::ES256])),
                "token.algorithm",
                &[],
            );
            let more = ask(&here).require_scope("api:write");
            let error = runner.run(more).unwrap_err();
            assert_eq!(BearerChallenge::of(&error).unwrap().status(), 403);
            let expose = token.expose();
            let (head, last) = expose.split_at(expose.len() - 10);
            let swapped = if last.starts_with('A') { "B" } else { "A" };
            let damaged = AccessToken::new(format!("{head}{swapped}{}", &last[1..])).unwrap();
            let flow = server.validate_access_token(&damaged, &[&here]).algorithms(&[algorithm]);
            refused(&runner, runner.run(flow), "token.signature", &[]);
        }
        let shared = resource("jwt-HS256");
        let token = token(&runner, &service, &shared);
        let flow = server.validate_access_token(&token, &[&shared]);
        refused(&runner, runner.run(flow), "token.algorithm", &[]);
    }
}

#[test]
fn h16_tokens_of_a_login_are_told_apart() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner, "basic");
        let here = resource("jwt-RS256");
        let start = client.start_login().scope("api:read").resource(&here);
        let StartedLogin { url, pending } = runner.run(start.login_hint("auto:alice")).unwrap();
        let browser = Browser::new(provider.ca_pem()).unwrap();
        let back = browser.authorize(&url, client.registration().redirect_uri()).unwrap();
        let callback = client.callback(back.query().unwrap_or_default()).unwrap();
        let login = runner.run(client.finish_login(pending, callback)).unwrap();
        runner.take_requests();

        let ask = client.validate_access_token(login.tokens().access_token(), &[&here]);
        let claims = runner.run(ask.require_scope("api:read")).unwrap();
        assert_eq!(claims.subject(), Some(login.subject()));
        let id_token = AccessToken::new(login.id_token().raw().expose()).unwrap();
        let ask = || client.validate_access_token(&id_token, &["basic"]);
        refused(&runner, runner.run(ask()), "token.header", &[]);
        refused(&runner, runner.run(ask().or_introspect()), "token.header", &[]);
        let loud = ask().insecure_accept_untyped();
        refused(&runner, runner.run(loud), "claim.client_id.missing", &[]);
    }
}

#[test]
fn u17_opaque_access_tokens_are_looked_up() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let looked_up = ["POST /token/introspection"];
    for runner in Runner::all(None, PATIENT) {
        let client = client(&provider, &runner, "service");
        let here = resource("opaque");
        let token = token(&runner, &client, &here);
        let ask = |audience: &str| client.validate_access_token(&token, &[audience]);
        refused(&runner, runner.run(ask(&here)), "token.syntax", &[]);
        let claims = runner.run(ask(&here).or_introspect().require_scope("api:read")).unwrap();
        assert_eq!(runner.take_requests(), looked_up);
        assert_eq!(claims.validated_by(), ValidatedBy::Introspection);
        assert_eq!(
            (claims.client_id(), claims.audiences()),
            (Some("service"), &[here.clone()][..])
        );
        let elsewhere = runner.run(ask(&resource("x")).or_introspect());
        refused(&runner, elsewhere, "claim.aud.mismatch", &looked_up);
        let more = runner.run(ask(&here).or_introspect().require_scope("api:write"));
        refused(&runner, more, "claim.scope.mismatch", &looked_up);
        runner.run(client.revoke(&token, Some(TokenTypeHint::AccessToken))).unwrap();
        runner.take_requests();
        refused(&runner, runner.run(ask(&here).or_introspect()), "token.inactive", &looked_up);
    }
}

#[test]
fn g11_signed_introspection_answers() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let looked_up = ["POST /token/introspection"];
    for runner in Runner::all(None, PATIENT) {
        let registered = |algorithm| {
            client_with(&provider, &runner, "userinfo-jwt", |registration| {
                registration.introspection_signed_response_alg(algorithm)
            })
        };
        let client = registered(Algorithm::PS256);
        let login = runner.run(client.password("alice", "wonderland").scope("openid")).unwrap();
        runner.take_requests();
        let access = login.tokens().access_token();
        let answer = runner.run(client.introspect(access, None)).unwrap();
        assert_eq!(runner.take_requests(), looked_up);
        let active = answer.active().expect("active");
        assert!(active.is_token_type("Bearer"));
        assert_eq!(active.claims().claim("sub"), Ok(Some("alice".to_owned())));

        let other = registered(Algorithm::ES256);
        refused(&runner, runner.run(other.introspect(access, None)), "token.algorithm", &looked_up);
        // Without it, the same provider answers in JSON.
        let plain = client_with(&provider, &runner, "userinfo-jwt", |registration| registration);
        assert!(runner.run(plain.introspect(access, None)).unwrap().is_active());
        runner.run(client.revoke(access, None)).unwrap();
        assert!(!runner.run(client.introspect(access, None)).unwrap().is_active());
    }
}
