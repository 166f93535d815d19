//! Signed access tokens as some large providers write them, otherwise than RFC 9068 says: accepted call by call, and refused
//! without.

use relying_party::{
    Client, Error, Policy,
    error::Shown,
    flow::validate_access_token::ValidateAccessToken,
    protocol::{access_token::AccessTokenClaims, relaxation::Relaxation},
    secret::AccessToken,
};
use relying_party_tests::{
    op::{Alg, OpConfig},
    scenario::World,
};
use serde_json::{Value, json};

const RESOURCE: &str = "https://rs.test/";

/// A resource server that has read the keys of its provider.
struct Server {
    world: World,
    client: Client,
}

impl Server {
    fn new() -> Self {
        let signed_access_tokens = Some((Alg::Rs256, RESOURCE.to_owned()));
        let mut world = World::new(OpConfig { signed_access_tokens, ..OpConfig::default() });
        let client = world.discover("rs256", Policy::default()).unwrap();
        let mut server = Self { world, client };
        let token = server.mint(|_, _| {});
        let flow = server.ask(&token);
        server.accepted(flow);
        server
    }

    /// By RFC 9068, but for this change.
    fn mint(&self, change: impl FnOnce(&mut Value, &mut Value)) -> AccessToken {
        let op = &self.world.op;
        let now = self.world.clock.now().seconds();
        let mut header = json!({ "alg": "RS256", "kid": op.kid(Alg::Rs256), "typ": "at+jwt" });
        let mut payload = json!({
            "iss": op.issuer(), "aud": RESOURCE, "sub": "alice", "client_id": "app",
            "iat": now, "exp": now + 300, "jti": "1", "scope": "read write",
        });
        change(&mut header, &mut payload);
        let token = op.mint(Alg::Rs256, &header.to_string(), &payload.to_string());
        AccessToken::new(token).unwrap()
    }

    fn ask(&self, token: &AccessToken) -> ValidateAccessToken {
        self.client.validate_access_token(token, &[RESOURCE])
    }

    #[track_caller]
    fn accepted(&mut self, flow: ValidateAccessToken) -> AccessTokenClaims {
        self.world.run(flow).unwrap_or_else(|error| panic!("refused: {error:?}"))
    }

    /// Refused with this code, without any request.
    #[track_caller]
    fn refused(&mut self, flow: ValidateAccessToken, code: &str) -> Error {
        self.world.transport.clear();
        let Err(error) = self.world.run(flow) else { panic!("accepted, not refused with {code}") };
        assert_eq!(error.code(), code, "{error}");
        assert!(self.world.transport.requests().is_empty(), "{code}");
        error
    }
}

fn remove(object: &mut Value, name: &str) {
    object.as_object_mut().unwrap().remove(name);
}

#[test]
fn u17_another_claim_for_client_id_only_where_it_was_said() {
    let mut server = Server::new();
    let okta = |_: &mut Value, payload: &mut Value| {
        remove(payload, "client_id");
        payload["cid"] = json!("app");
    };
    let token = server.mint(okta);
    let flow = server.ask(&token);
    let error = server.refused(flow, "claim.client_id.missing");
    assert!(error.hint().unwrap().contains("client_id_claim"));
    let flow = server.ask(&token).client_id_claim("cid");
    let claims = server.accepted(flow);
    assert_eq!(claims.client_id(), Some("app"));
    assert_eq!(claims.relaxations(), [Relaxation::ClientIdClaim(Shown::new("cid"))]);
    assert_eq!(claims.relaxations()[0].to_string(), r#""cid" stood for client_id"#);
    // Another claim is none, nothing else than text is one, and an empty name names nothing.
    let flow = server.ask(&token).client_id_claim("appid");
    server.refused(flow, "claim.client_id.missing");
    let flow = server.ask(&token).client_id_claim("appid").accept_azp_as_client_id();
    server.refused(flow, "claim.azp.missing");
    let flow = server.ask(&token).client_id_claim("");
    server.refused(flow, "misuse.parameter");
    let odd = server.mint(|header, payload| {
        okta(header, payload);
        payload["cid"] = json!(["app"]);
    });
    let flow = server.ask(&odd).client_id_claim("cid");
    server.refused(flow, "claim.client_id.malformed");
    // `client_id` goes first, and then nothing was relaxed.
    let both = server.mint(|_, payload| payload["cid"] = json!("other"));
    let flow = server.ask(&both).client_id_claim("cid");
    let claims = server.accepted(flow);
    assert_eq!((claims.client_id(), claims.relaxations().len()), (Some("app"), 0));
    // Okta's token as a whole: no type, and the scope a list. Without any scope it could be an ID token.
    let okta_whole = |scope: Value| {
        move |header: &mut Value, payload: &mut Value| {
            remove(header, "typ");
            remove(payload, "scope");
            okta(header, payload);
            payload["scp"] = scope;
        }
    };
    let token = server.mint(okta_whole(json!(["read"])));
    let ask = |server: &Server, token: &AccessToken| {
        let flow = server.ask(token).insecure_accept_untyped().client_id_claim("cid");
        flow.scope_claim("scp").require_scope("read")
    };
    let flow = ask(&server, &token);
    assert_eq!(server.accepted(flow).relaxations().len(), 2);
    let token = server.mint(|header, payload| {
        okta_whole(Value::Null)(header, payload);
        remove(payload, "scp");
    });
    let flow = ask(&server, &token);
    server.refused(flow, "claim.scope.missing");
}
