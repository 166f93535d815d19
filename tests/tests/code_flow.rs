//! What ties a code to its login and its client, and how it may come back.

use relying_party::{
    Policy, Registration,
    error::Purpose,
    protocol::{authorization::ResponseMode, registration::AuthMethod},
};
use relying_party_tests::{
    refusal::provider_error,
    scenario::{After, Outcome, Return, Scenario, World},
};

#[test]
fn a_code_comes_by_the_response_mode_that_was_asked_for() {
    let asked = |mode| Scenario::new().start(move |start| start.response_mode(mode));
    let modes = [ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost];
    for mode in modes {
        asked(mode).run().accepted();
        for other in modes {
            let way = match other {
                ResponseMode::Fragment => Return::Fragment,
                ResponseMode::FormPost => Return::Form,
                _ => Return::Query,
            };
            let moved = asked(mode).alter(move |back| way(back.text().to_owned())).run();
            if other == mode {
                moved.accepted();
            } else {
                moved.refused("callback.response_mode", After::Discovery);
            }
        }
    }
}

/// The code in a callback's query.
fn code(query: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "code").expect("a code").1.into_owned()
}

/// RFC 9700 4.5: the code of another login of the same client. The state is right; only PKCE knows better.
#[test]
fn a_code_of_another_login_is_refused_by_its_verifier() {
    for name in ["rs256", "public"] {
        let mut world = World::default();
        let client = world.discover(name, Policy::default()).unwrap();
        world.login(&client).unwrap();

        let mut start = || world.run(client.start_login()).unwrap();
        let (mine, theirs) = (start(), start());
        let own = world.visit(&mine.url).text().to_owned();
        let stolen = world.visit(&theirs.url).text().to_owned();
        let injected = own.replace(&code(&own), &code(&stolen));
        assert_ne!(own, injected);
        world.transport.clear();
        let finish = client.finish_login(mine.pending, client.callback(&injected).unwrap());
        let error = world.run(finish).unwrap_err();
        assert_eq!(provider_error(&error), (Purpose::Token, "invalid_grant"), "{name}");
        assert_eq!(world.transport.requests(), ["POST /token"], "{name}");
    }
}

#[test]
fn t09_raw_credentials_are_only_for_those_who_take_them() {
    let run = |client: &str, method: AuthMethod| -> Outcome {
        let change = move |own: Registration| own.token_endpoint_auth_method(method);
        Scenario::new().client(client).registration(change).run()
    };
    run("raw", AuthMethod::ClientSecretBasicUnencoded).accepted();
    run("confidential", AuthMethod::ClientSecretBasic).accepted();
    let refused = run("confidential", AuthMethod::ClientSecretBasicUnencoded);
    refused.refused("provider.error", After::Token);
}
