//! The grants without a browser: client credentials, password, JWT bearer, extension grants, token exchange.

use relying_party::{
    Client, Error, Flow, Policy,
    error::{Blame, Purpose},
    flow::grant::RequestTokens,
    protocol::token_exchange::{ExchangedToken, TokenType},
};
use relying_party_tests::{
    refusal::{provider_error, refused},
    scenario::World,
};
use serde_json::{Value, json};

/// A client before its provider; nothing that was sent for its making counts.
struct Service {
    world: World,
    client: Client,
}

impl Service {
    fn new(client_id: &str) -> Self {
        let mut world = World::default();
        let client = world.discover(client_id, Policy::default()).unwrap();
        let mut service = Self { world, client };
        service.forget();
        service
    }

    fn forget(&mut self) {
        self.world.transport.clear();
        self.world.op.clear_transcript();
    }

    fn run<F: Flow>(&mut self, flow: F) -> Result<F::Output, Error> {
        self.forget();
        self.world.run(flow)
    }

    /// Refused with this code after these requests.
    #[track_caller]
    fn refused<F: Flow>(&mut self, flow: F, code: &str, requests: &[&str]) -> Error {
        let error = refused(self.run(flow), code);
        assert_eq!(self.world.transport.requests(), requests, "{code}");
        error
    }

    /// What the token endpoint was sent.
    fn form(&self) -> String {
        let lines = self.world.op.transcript();
        let line = lines.iter().find(|line| line.starts_with("POST /token")).unwrap();
        line.split_once(" body=").unwrap().1.to_owned()
    }

    fn password(&self) -> RequestTokens {
        self.client.password("alice", "wonderland").scope("openid email")
    }
}

/// What becomes of a document.
type Change = fn(&mut Value);

const ONCE: [&str; 1] = ["POST /token"];

#[track_caller]
fn oauth_error(error: &Error, due: &str) {
    assert_eq!(provider_error(error), (Purpose::Token, due));
}

#[test]
fn client_credentials_ask_for_what_was_said_and_no_more() {
    let mut service = Service::new("rs256");
    let granted = service.run(service.client.client_credentials()).unwrap();
    assert_eq!(service.form(), "grant_type=client_credentials");
    assert!(granted.id_token().is_none() && granted.record().is_none());
    assert!(granted.tokens().refresh_token().is_none());
    assert_eq!(granted.tokens().scope(), ["api"]);
    assert_eq!(service.world.transport.requests(), ONCE);
    assert!(service.world.op.transcript()[0].contains("authorization=Basic "));

    let flow = service
        .client
        .client_credentials()
        .scope("read write")
        .resource("https://rs.test/a")
        .resource("https://rs.test/b")
        .audience("api")
        .parameter("tenant", "t&1");
    let granted = service.run(flow).unwrap();
    assert_eq!(
        service.form(),
        "grant_type=client_credentials&scope=read+write&resource=https%3A%2F%2Frs.test%2Fa\
         &resource=https%3A%2F%2Frs.test%2Fb&audience=api&tenant=t%261"
    );
    assert_eq!(granted.tokens().scope(), ["read", "write"]);
}

#[test]
fn client_credentials_are_for_confidential_clients() {
    let mut public = Service::new("public");
    public.refused(public.client.client_credentials(), "misuse.no_secret", &[]);
    let mut post = Service::new("confidential");
    post.run(post.client.client_credentials()).unwrap();
}

#[test]
fn q03_parameters_that_cannot_be_are_found_before_any_request() {
    let mut service = Service::new("rs256");
    let client = service.client.clone();
    let start = || client.client_credentials();
    for flow in [
        start().parameter("grant_type", "password"),
        start().parameter("client_id", "other"),
        start().parameter("client_assertion", "x"),
        start().parameter("scope", "x"),
        start().parameter("x", "1").parameter("x", "2"),
        start().scope("a\"b"),
        start().resource("no address"),
        start().resource("https://rs.test/#fragment"),
        start().audience(""),
        client.password("", "wonderland"),
        client.jwt_bearer(""),
        client.extension_grant("authorization_code"),
        client.extension_grant("urn:x:y").parameter("grant_type", "z"),
    ] {
        service.refused(flow, "misuse.parameter", &[]);
    }
    let exchange = |token: &str, kind: &TokenType| client.exchange_token(token, kind);
    let other = TokenType::Other("no uri".to_owned());
    service.refused(exchange("", &TokenType::Jwt), "misuse.parameter", &[]);
    service.refused(exchange("t", &other), "misuse.parameter", &[]);
    let actor = exchange("t", &TokenType::Jwt).actor("a", &other);
    service.refused(actor, "misuse.parameter", &[]);
    let twice = exchange("t", &TokenType::Jwt).parameter("subject_token", "u");
    service.refused(twice, "misuse.parameter", &[]);
    service.run(start().parameter("x", "1").parameter("y", "2")).unwrap();
}

#[test]
fn t04_a_token_type_is_required_but_for_an_exchange() {
    let mut service = Service::new("rs256");
    service
        .world
        .op
        .edit("/token", |document| drop(document.as_object_mut().unwrap().remove("token_type")));
    service.refused(service.client.client_credentials(), "json.missing", &ONCE);
    service.world.op.clear_hooks();
    service.world.op.edit("/token", |document| document["token_type"] = "N_A".into());
    service.refused(service.client.client_credentials(), "response.token_type", &ONCE);
    service.world.op.clear_hooks();
    service.run(service.client.client_credentials()).unwrap();
}

#[test]
fn t20_a_token_request_is_made_once() {
    for (status, code) in
        [(500, "response.status"), (503, "response.status"), (307, "response.redirect")]
    {
        let mut service = Service::new("rs256");
        service.world.op.intercept("/token", move |_, response| {
            response.status = status;
            response.body.clear();
        });
        service.refused(service.client.client_credentials(), code, &ONCE);
        service.refused(service.password(), code, &ONCE);
        service.world.op.clear_hooks();
        service.run(service.password()).unwrap();
    }
}

#[test]
fn a_password_brings_tokens_and_a_verified_identity() {
    for (client, proof) in [("rs256", ""), ("public", "&client_id=public")] {
        let mut service = Service::new(client);
        let granted = service.run(service.password()).unwrap();
        let due = "grant_type=password&username=alice&password=wonderland&scope=openid+email";
        assert_eq!(service.form(), format!("{due}{proof}"));
        assert_eq!(granted.id_token().unwrap().subject().sub(), "sub-alice-248289761001");
        assert_eq!(service.world.transport.requests(), ["POST /token", "GET /jwks"]);

        let record = granted.record().unwrap();
        let refresh = service.client.refresh(granted.tokens().refresh_token().unwrap(), &record);
        assert!(service.run(refresh).unwrap().id_token().is_some());
    }
}

#[test]
fn a_wrong_password_is_refused() {
    let mut service = Service::new("public");
    let wrong = service.client.password("alice", "underland");
    let error = service.refused(wrong, "provider.error", &ONCE);
    oauth_error(&error, "invalid_grant");
    assert_eq!(error.blame(), Blame::Visitor);
    assert!(!format!("{error} {error:?}").contains("underland"));
    service.run(service.password()).unwrap();
}

#[test]
fn i01_an_id_token_of_a_grant_is_verified_and_has_no_nonce() {
    let mut service = Service::new("rs256");
    service.run(service.password()).unwrap();
    let refusals: [(Change, &str); 4] = [
        (|claims| claims["nonce"] = "of a login".into(), "claim.nonce.mismatch"),
        (|claims| claims["aud"] = "public".into(), "claim.aud.mismatch"),
        (|claims| claims["iss"] = "https://other.test".into(), "claim.iss.mismatch"),
        (|claims| claims["at_hash"] = "AAAA".into(), "claim.at_hash.mismatch"),
    ];
    for (change, code) in refusals {
        service.world.op.tamper_id_token(move |_, _, claims| change(claims));
        service.refused(service.password(), code, &ONCE);
    }
    service.world.op.clear_hooks();
    service.world.op.replace_id_token(|_| "e30.e30".to_owned());
    service.refused(service.password(), "token.syntax", &ONCE);
    service.world.op.clear_hooks();
    service.run(service.password()).unwrap();
}

#[test]
fn a_jwt_bearer_assertion_brings_tokens() {
    let mut service = Service::new("rs256");
    let login = service.run(service.password()).unwrap();
    let assertion = login.id_token().unwrap().raw().expose().to_owned();
    let granted = service.run(service.client.jwt_bearer(&assertion).scope("files")).unwrap();
    assert_eq!(granted.tokens().scope(), ["files"]);
    assert_eq!(
        service.form(),
        format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}\
             &scope=files"
        )
    );
    let flow = service.client.jwt_bearer("a.b.c");
    oauth_error(&service.refused(flow, "provider.error", &ONCE), "invalid_grant");
}

#[test]
fn any_other_grant_is_sent_as_it_was_said() {
    let mut service = Service::new("public");
    let unknown = service.client.extension_grant("https://grants.test/own").parameter("a", "b");
    let error = service.refused(unknown, "provider.error", &ONCE);
    oauth_error(&error, "unsupported_grant_type");
    assert_eq!(error.blame(), Blame::Configuration);
    let due = "grant_type=https%3A%2F%2Fgrants.test%2Fown&a=b&client_id=public";
    assert_eq!(service.form(), due);

    let login = service.run(service.password()).unwrap();
    let assertion = login.id_token().unwrap().raw().expose().to_owned();
    let uri = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    let known = service.client.extension_grant(uri).parameter("assertion", &assertion);
    service.run(known).unwrap();
}

/// A service with somebody's access token and ID token to exchange.
fn exchanging() -> (Service, String, String) {
    let mut service = Service::new("rs256");
    let login = service.run(service.password()).unwrap();
    let access_token = login.tokens().access_token().expose().to_owned();
    let id_token = login.id_token().unwrap().raw().expose().to_owned();
    (service, access_token, id_token)
}

fn exchange(service: &mut Service, token: &str) -> Result<ExchangedToken, Error> {
    let flow = service.client.exchange_token(token, &TokenType::AccessToken).scope("files");
    service.run(flow)
}

#[test]
fn g14_an_exchange_sends_all_that_rfc_8693_knows() {
    let (mut service, access_token, id_token) = exchanging();
    let flow = service
        .client
        .exchange_token(&access_token, &TokenType::AccessToken)
        .actor(&id_token, &TokenType::IdToken)
        .requested_token_type(&TokenType::AccessToken)
        .scope("files")
        .resource("https://rs.test/a")
        .audience("one")
        .audience("two");
    let exchanged = service.run(flow).unwrap();
    assert_eq!(
        service.form(),
        format!(
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange\
             &subject_token={access_token}\
             &subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
             &actor_token={id_token}\
             &actor_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aid_token\
             &requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token\
             &scope=files&resource=https%3A%2F%2Frs.test%2Fa&audience=one&audience=two"
        )
    );
    assert_eq!(exchanged.issued_token_type(), &TokenType::AccessToken);
    let issued = exchanged.access_token().unwrap();
    assert_eq!(issued.expose(), exchanged.token().expose());
    assert!(issued.expose() != access_token);
    assert_eq!(exchanged.scope(), ["files"]);
    assert_eq!(service.world.transport.requests(), ONCE);
    let shown = format!("{exchanged:?}");
    assert!(!shown.contains(issued.expose()), "{shown}");
}

#[test]
fn g13_what_is_no_bearer_token_is_not_taken_for_one() {
    let (mut service, access_token, _) = exchanging();
    let flow = service.client.exchange_token(&access_token, &TokenType::AccessToken);
    let exchanged = service.run(flow.requested_token_type(&TokenType::IdToken)).unwrap();
    assert_eq!(exchanged.issued_token_type(), &TokenType::IdToken);
    assert!(exchanged.access_token().is_none());
    assert_eq!(exchanged.token().expose().split('.').count(), 3);
}

#[test]
fn g13_an_answer_that_does_not_say_what_it_issued_is_refused() {
    let (mut service, access_token, _) = exchanging();
    let refusals: [(Change, &str); 4] = [
        (
            |document| drop(document.as_object_mut().unwrap().remove("issued_token_type")),
            "json.missing",
        ),
        (|document| document["issued_token_type"] = json!([]), "json.type"),
        (|document| document["token_type"] = "mac".into(), "response.token_type"),
        (|document| document["access_token"] = "a b".into(), "response.token_characters"),
    ];
    for (change, code) in refusals {
        service.world.op.edit("/token", change);
        let flow = service.client.exchange_token(&access_token, &TokenType::AccessToken);
        service.refused(flow, code, &ONCE);
        service.world.op.clear_hooks();
    }
    service
        .world
        .op
        .edit("/token", |document| drop(document.as_object_mut().unwrap().remove("token_type")));
    assert!(exchange(&mut service, &access_token).unwrap().access_token().is_some());
    service.world.op.clear_hooks();
    service
        .world
        .op
        .edit("/token", |document| document["issued_token_type"] = "urn:test:own".into());
    let own = exchange(&mut service, &access_token).unwrap();
    assert_eq!(own.issued_token_type(), &TokenType::Other("urn:test:own".to_owned()));
}

#[test]
fn an_exchange_that_the_provider_refuses_says_why() {
    let (mut service, access_token, _) = exchanging();
    let flow = service.client.exchange_token("of-nobody", &TokenType::AccessToken);
    oauth_error(&service.refused(flow, "provider.error", &ONCE), "invalid_grant");
    let flow = service.client.exchange_token(&access_token, &TokenType::Saml2);
    oauth_error(&service.refused(flow, "provider.error", &ONCE), "invalid_request");
    exchange(&mut service, &access_token).unwrap();
}

#[test]
fn i28_flows_do_not_show_what_they_send() {
    let service = Service::new("rs256");
    let client = &service.client;
    let shown = format!(
        "{:?} {:?} {:?}",
        client.password("alice", "wonderland").parameter("pin", "hidden-pin"),
        client.jwt_bearer("hidden.assertion.x"),
        client
            .exchange_token("hidden-subject", &TokenType::Jwt)
            .actor("hidden-actor", &TokenType::Jwt),
    );
    assert!(!shown.contains("wonderland") && !shown.contains("hidden"), "{shown}");
    assert!(shown.contains("Ready"), "{shown}");
}

#[test]
fn an_exchange_of_a_refresh_token_names_no_audience() {
    let mut service = Service::new("rs256");
    let login = service.run(service.password()).unwrap();
    let refresh_token = login.tokens().refresh_token().unwrap().expose().to_owned();
    let flow = || service.client.exchange_token(&refresh_token, &TokenType::RefreshToken);
    let (named, placed) = (flow().audience("api"), flow().resource("https://rs.test/a"));
    service.refused(named, "misuse.parameter", &[]);
    // Whether it takes such a subject is the provider's choice; this one does not, and says so.
    oauth_error(&service.refused(placed, "provider.error", &ONCE), "invalid_request");
    assert!(service.form().contains("&resource=https%3A%2F%2Frs.test%2Fa"));
    let access_token = login.tokens().access_token().expose().to_owned();
    let flow = service.client.exchange_token(&access_token, &TokenType::AccessToken);
    service.run(flow.audience("api")).unwrap();
}
