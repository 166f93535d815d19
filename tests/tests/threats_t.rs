//! Threat T12: a provider that has a client make a proof which is good somewhere else.

use relying_party::{Client, protocol::registration::AssertionAudience, secret::AccessToken};
use relying_party_tests::proof::{Setting, claims};
use serde_json::json;

/// A provider whose metadata name `token_endpoint` beside introspection and revocation endpoints of its own.
fn client(token_endpoint: &'static str, audience: AssertionAudience) -> (Setting, Client) {
    let mut setting = Setting::default();
    setting.world.op.edit("/openid-configuration", move |document| {
        document["token_endpoint"] = token_endpoint.into();
    });
    let client = setting.key_client(claims().audience(audience));
    (setting, client)
}

fn token() -> AccessToken {
    AccessToken::new("some-token").unwrap()
}

#[test]
fn t12_an_assertion_for_a_token_endpoint_goes_to_no_other_origin() {
    for audience in [AssertionAudience::TokenEndpoint, AssertionAudience::IssuerAndTokenEndpoint] {
        // The address of another provider, and the proof for it sent to an endpoint of this one.
        let (mut setting, client) = client("https://victim.test/token", audience.clone());
        let revoke = client.revoke(&token(), None);
        let error = setting.refused(revoke, "misuse.assertion_audience");
        assert!(error.hint().unwrap().contains("AssertionAudience::Issuer"));
        setting.refused(client.introspect(&token(), None), "misuse.assertion_audience");
        setting.refused(client.start_device_login(), "misuse.assertion_audience");

        // At home it is what the application chose.
        let (mut setting, client) = self::client("https://op.test/token", audience);
        setting.world.run(client.revoke(&token(), None)).unwrap();
        assert_eq!(setting.last().path, "/revoke");
        assert!(setting.last().assertion().1["aud"].to_string().contains("https://op.test/token"));
    }
}

#[test]
fn t12_what_metadata_say_changes_nothing_of_the_issuer() {
    let (mut setting, client) = client("https://victim.test/token", AssertionAudience::Issuer);
    setting.world.run(client.revoke(&token(), None)).unwrap();
    assert_eq!(setting.last().assertion().1["aud"], json!("https://op.test"));
}
