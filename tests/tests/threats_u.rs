//! Threats against userinfo: where the access token goes. The others stand in `user_info_*.rs`, `claim_*.rs`,
//! `resource.rs`, `challenge.rs` and `access_tokens*.rs`.

use std::sync::{Arc, Mutex};

use relying_party::protocol::user_info::UserInfoMethod;
use relying_party_tests::{op::OpRequest, scenario::Scenario};
use url::Url;

/// RFC 6750 2.3, RFC 9700 4.3.2
#[test]
fn u09_an_access_token_is_in_no_address() {
    let outcome = Scenario::new().run();
    let client = outcome.client.clone().unwrap();
    let (login, mut world) = outcome.accepted();
    let token = login.tokens().access_token();
    let seen: Arc<Mutex<Vec<(Url, bool)>>> = Arc::default();
    let noted = seen.clone();
    world.op.intercept("/userinfo", move |request, _| {
        let in_header = request.header("authorization").is_some();
        noted.lock().unwrap().push((request.url.clone(), in_header));
    });
    for (method, in_header) in [
        (UserInfoMethod::Get, true),
        (UserInfoMethod::Post, true),
        (UserInfoMethod::PostBody, false),
    ] {
        let read = client.user_info(token, login.subject()).method(method);
        assert!(world.run(read).is_ok(), "{method:?}");
        let due = (Url::parse("https://op.test/userinfo").unwrap(), in_header);
        assert_eq!(*seen.lock().unwrap(), [due], "{method:?}");
        seen.lock().unwrap().clear();
    }
    // This provider would not take it from there.
    let address = format!("https://op.test/userinfo?access_token={}", token.expose());
    let request = OpRequest::get(Url::parse(&address).unwrap());
    assert_eq!(world.op.handle(&request, world.clock.now().seconds()).status, 400);
}
