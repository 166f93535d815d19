//! The Python library `liboidcagent` against the fake agent: what the fake says is what a client that is not ours
//! expects. The library encrypts, always.
#![cfg(unix)]

use relying_party_tests::{
    agent::{Accounts, EXPIRES_AT, FakeAgent, Fault},
    interop::reference::Reference,
};
use serde_json::{Value, json};

const OP: &str = "https://op.test/";
const IDP: &str = "https://idp.test";

fn accounts() -> Accounts {
    Accounts::new(&[("alice", OP), ("bob", IDP)])
}

fn local(agent: &FakeAgent) -> Reference {
    Reference::start(&[("OIDC_SOCK", agent.path().to_str().unwrap())]).unwrap()
}

fn returned(reference: &mut Reference, name: &str, args: Value, kwargs: Value) -> Value {
    let answer = answered(reference, name, args, kwargs);
    answer.get("returned").unwrap_or_else(|| panic!("{name}: {answer}")).clone()
}

fn answered(reference: &mut Reference, name: &str, args: Value, kwargs: Value) -> Value {
    reference.call(&json!({ "call": name, "args": args, "kwargs": kwargs })).unwrap()
}

fn raised(class: &str, message: &str, help: Value) -> Value {
    json!({ "raised": class, "message": message, "help": help })
}

#[test]
fn tokens_by_account_and_by_issuer() {
    let agent = FakeAgent::start(accounts());
    let mut python = local(&agent);
    let mut get = |name, args, kwargs| returned(&mut python, name, args, kwargs);
    assert_eq!(get("get_access_token", json!(["alice"]), json!({})), "alice|||1");
    let response = get("get_token_response", json!(["alice"]), json!({}));
    assert_eq!(response, json!(["alice|||1", OP, EXPIRES_AT]));
    let forced = get("get_access_token", json!(["alice", -1]), json!({}));
    assert_eq!(forced, "alice|||2");
    // The agent does not mind the slash.
    for issuer in ["https://idp.test", "https://idp.test/"] {
        let token = get("get_access_token_by_issuer_url", json!([issuer]), json!({}));
        assert_eq!(token, "bob|||1", "{issuer}");
        let response = get("get_token_response_by_issuer_url", json!([issuer]), json!({}));
        assert_eq!(response, json!(["bob|||1", IDP, EXPIRES_AT]), "{issuer}");
    }
    let special = json!({
        "min_valid_period": 60, "application_hint": "a test",
        "scope": "openid email", "audience": "https://rs.test",
    });
    let token = get("get_access_token", json!(["bob"]), special);
    assert_eq!(token, "bob|openid+email|https://rs.test|2");
    assert_eq!(
        agent.requests().last().unwrap(),
        &json!({
            "request": "access_token", "account": "bob", "min_valid_period": 60,
            "application_hint": "a test", "scope": "openid email", "audience": "https://rs.test",
        })
    );
}

#[test]
fn accounts_of_an_agent() {
    let agent = FakeAgent::start(accounts());
    agent.accounts().unload("bob");
    let mut python = local(&agent);
    let mut get = |name| returned(&mut python, name, json!([]), json!({}));
    let infos = json!({
        OP: { "pubclient": false, "accounts": { "alice": true } },
        IDP: { "pubclient": false, "accounts": { "bob": false } },
        "https://empty.test/": { "pubclient": true },
    });
    assert_eq!(get("get_account_infos"), infos);
    let mut names = get("get_configured_accounts");
    names.as_array_mut().unwrap().sort_by_key(Value::to_string);
    assert_eq!(names, json!(["alice", "bob"]));
}

#[test]
fn mytokens() {
    let agent = FakeAgent::start(accounts());
    let mut python = local(&agent);
    for profile in [json!(null), json!("web-default"), json!({ "capabilities": ["AT"] })] {
        let args = json!(["alice", profile, "a test"]);
        let response = returned(&mut python, "get_mytoken_response", args, json!({}));
        assert_eq!(response, agent.accounts().mytoken);
        let mut request = json!({
            "request": "mytoken", "account": "alice", "mytoken_profile": profile,
            "application_hint": "a test",
        });
        if profile.is_null() {
            request.as_object_mut().unwrap().remove("mytoken_profile");
        }
        assert_eq!(agent.requests().last().unwrap(), &request);
    }
    // This one reads the same answer by position, and it has names.
    let answer = answered(&mut python, "get_mytoken", json!(["alice"]), json!({}));
    assert_eq!(answer, json!({ "leaked": "KeyError" }));
}

#[test]
fn errors() {
    let agent = FakeAgent::start(accounts());
    let mut python = local(&agent);
    let mut token = |agent: &FakeAgent, name: &str, who: &str| {
        let before = agent.connections();
        let answer = answered(&mut python, name, json!([who]), json!({}));
        assert_eq!(agent.connections(), before + 1, "{who}");
        answer
    };
    let none = || Value::Null;
    let unknown = raised("OidcAgentError", "No account configured with that short name", none());
    assert_eq!(token(&agent, "get_access_token", "nobody"), unknown);
    let unloaded = raised("OidcAgentError", "account not loaded", none());
    assert_eq!(token(&agent, "get_access_token_by_issuer_url", "https://a.test"), unloaded);
    agent.accounts().unload("bob");
    assert_eq!(token(&agent, "get_access_token", "bob"), unloaded);

    let help = "Most likely the refresh token expired.\n\t$ oidc-gen alice --reauthenticate\n";
    let grant = "invalid_grant: grant request is invalid";
    agent.accounts().failure = Some(json!({ "status": "failure", "error": grant, "info": help }));
    let expired = raised("OidcAgentError", grant, json!(help));
    assert_eq!(token(&agent, "get_token_response", "alice"), expired);
    let busy = "request currently not acceptable; please try again later (7s)";
    agent.accounts().failure = Some(json!({ "status": "failure", "error": busy }));
    let later = raised("OidcAgentError", busy, none());
    assert_eq!(token(&agent, "get_token_response", "alice"), later);
    agent.accounts().failure = None;

    agent.accounts().answer(&json!({ "request": "lock", "password": "secret" }));
    let locked = raised("OidcAgentError", "Agent locked", none());
    assert_eq!(token(&agent, "get_access_token", "alice"), locked);
    agent.accounts().answer(&json!({ "request": "unlock", "password": "secret" }));
    assert_eq!(token(&agent, "get_access_token", "alice"), json!({ "returned": "alice|||1" }));

    agent.accounts().version = "4.2.6".into();
    let unsupported = raised("OidcAgentError", "Bad Request: Unknown request type.", none());
    assert_eq!(token(&agent, "get_mytoken_response", "alice"), unsupported);
}

/// The faults that its own checks find, so that the fake's are the real thing on the wire.
#[test]
fn faults() {
    let agent = FakeAgent::start(accounts());
    let mut python = local(&agent);
    for (fault, due) in [
        (
            Fault::ShortKey,
            raised("OidcAgentCryptError", "Received malformed public key", Value::Null),
        ),
        (Fault::Truncated(1), raised("OidcAgentCryptError", "Malformed cipher", Value::Null)),
        (Fault::ErrorInClear, raised("OidcAgentError", "decryption failed", Value::Null)),
    ] {
        agent.script([fault.clone()]);
        let answer = answered(&mut python, "get_access_token", json!(["alice"]), json!({}));
        assert_eq!(answer, due, "{fault:?}");
    }
    // It takes a success in the clear, which we refuse: so that is what the fake sends.
    agent.script([Fault::Clear]);
    let answer = answered(&mut python, "get_access_token", json!(["alice"]), json!({}));
    assert_eq!(answer, json!({ "returned": "alice|||1" }));
    agent.script([Fault::FlippedTag]);
    let answer = answered(&mut python, "get_access_token", json!(["alice"]), json!({}));
    assert_eq!(answer["raised"], "OidcAgentCryptError");
    assert!(answer["message"].as_str().unwrap().starts_with("Crypto error: "), "{answer}");
    let answer = answered(&mut python, "get_access_token", json!(["alice"]), json!({}));
    assert!(answer["returned"].is_string(), "{answer}");
}

#[test]
fn the_remote_agent() {
    let near = FakeAgent::start(Accounts::new(&[("alice", OP)]));
    let far = FakeAgent::start_tcp(Accounts::new(&[("bob", IDP)]));
    let path = near.path().to_str().unwrap();
    let address = far.address();
    let both = [("OIDC_SOCK", path), ("OIDC_REMOTE_SOCK", address.as_str())];
    let mut python = Reference::start(&both).unwrap();
    let mut get = |name, who| answered(&mut python, name, json!([who]), json!({}));
    assert_eq!(get("get_access_token", "alice"), json!({ "returned": "alice|||1" }));
    assert_eq!(far.connections(), 0);
    assert_eq!(get("get_access_token", "bob"), json!({ "returned": "bob|||1" }));
    assert_eq!((near.connections(), far.connections()), (2, 1));
    let mytoken = json!({ "returned": far.accounts().mytoken });
    assert_eq!(get("get_mytoken_response", "bob"), mytoken);
    assert_eq!((near.connections(), far.connections()), (3, 2));
    // An issuer is asked of the local agent alone; of two errors the local one is told.
    let unloaded = raised("OidcAgentError", "account not loaded", Value::Null);
    assert_eq!(get("get_access_token_by_issuer_url", IDP), unloaded);
    assert_eq!(far.connections(), 2);
    let unknown = "No account configured with that short name";
    let unknown = raised("OidcAgentError", unknown, Value::Null);
    assert_eq!(get("get_access_token", "nobody"), unknown);
    assert_eq!(far.connections(), 3);

    let mut python = Reference::start(&both[1..]).unwrap();
    let mut get = |name, who| answered(&mut python, name, json!([who]), json!({}));
    assert_eq!(get("get_access_token", "bob"), json!({ "returned": "bob|||1" }));
    let unset = raised("OidcAgentConnectError", "OIDC_SOCK env var not set", Value::Null);
    assert_eq!(get("get_access_token", "nobody"), unset);
}
