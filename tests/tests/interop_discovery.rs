//! WebFinger and every address of metadata against a real provider (npm `oidc-provider`), over both adapters.

use relying_party::{
    Client, Policy, Registration,
    flow::web_finger::FindIssuer,
    protocol::metadata::{MetadataOverrides, MetadataSource},
};
use relying_party_tests::{
    interop::{
        npm::{Certificate, NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    scenario::crypto,
};

const WEB_FINGER: &str = "GET /.well-known/webfinger";

fn policy() -> Policy {
    Policy::default().insecure_allow_loopback_http()
}

fn registration(provider: &NodeProvider, name: &str) -> Registration {
    let client = provider.client(name).unwrap();
    let secret = client.client_secret.unwrap();
    Registration::confidential(client.client_id, secret, "https://rp.test/unused").unwrap()
}

#[test]
fn webfinger_finds_the_issuer_and_its_metadata_agree() {
    let provider = NodeProvider::start_with(
        Scheme::Https { cert: Certificate::Server },
        &[("OP_MOUNT", "/tenant")],
    )
    .unwrap();
    let host = provider.issuer().strip_prefix("https://").unwrap().strip_suffix("/tenant").unwrap();
    for runner in Runner::all(provider.ca_pem(), PATIENT) {
        for typed in [
            format!("acct:alice@{host}"),
            format!("alice@{host}"),
            format!("mailto:alice@{host}"),
            format!("https://{host}/alice#x"),
            host.to_owned(),
        ] {
            let issuer = runner.run(FindIssuer::new(typed.as_str())).unwrap();
            assert_eq!(issuer.as_str(), provider.issuer(), "{typed}");
            assert_eq!(runner.take_requests(), [WEB_FINGER], "{typed}");
            let own = registration(&provider, "basic");
            let client = runner.run(Client::discover(issuer, own, crypto())).unwrap();
            let asked = runner.take_requests();
            assert_eq!(asked, ["GET /tenant/.well-known/openid-configuration"]);
            assert_eq!(client.metadata().issuer().as_str(), provider.issuer());
        }
        let error = runner.run(FindIssuer::new(format!("http://{host}/alice"))).unwrap_err();
        assert_eq!(error.code(), "misuse.identifier");
        assert!(runner.take_requests().is_empty());
    }
}

#[test]
fn webfinger_over_plain_http_on_this_machine() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    for runner in Runner::all(None, PATIENT) {
        let typed = format!("{}/alice", provider.issuer());
        let found = runner.run(FindIssuer::new(typed.as_str()).policy(policy())).unwrap();
        assert_eq!((found.as_str(), runner.take_requests().len()), (provider.issuer(), 1));
        let error = runner.run(FindIssuer::new(typed)).unwrap_err();
        assert_eq!(error.code(), "misuse.identifier");
        assert!(runner.take_requests().is_empty());
    }
}

#[test]
fn rfc_8414_metadata_before_and_after_the_path() {
    let provider = NodeProvider::start_with(Scheme::Http, &[("OP_MOUNT", "/tenant")]).unwrap();
    let address = format!("{}/.well-known/openid-configuration", provider.issuer());
    for runner in Runner::all(None, PATIENT) {
        let discover = |source| {
            Client::discover(provider.issuer(), registration(&provider, "service"), crypto())
                .policy(policy().without_id_tokens())
                .metadata_source(source)
        };
        for (source, due) in [
            (MetadataSource::OpenId, "/tenant/.well-known/openid-configuration"),
            (MetadataSource::OAuth, "/.well-known/oauth-authorization-server/tenant"),
            (MetadataSource::OAuthAfterPath, "/tenant/.well-known/oauth-authorization-server"),
            (MetadataSource::Address(address.clone()), "/tenant/.well-known/openid-configuration"),
        ] {
            let client = runner.run(discover(source)).unwrap();
            assert_eq!(runner.take_requests(), [format!("GET {due}")]);
            assert_eq!(client.metadata().token_endpoint().unwrap().path(), "/tenant/token");
            assert!(runner.run(client.client_credentials()).is_ok(), "{due}");
            assert_eq!(runner.take_requests(), ["POST /tenant/token"]);
        }
        // The provider has none there, and no other address is tried.
        let error = runner.run(discover(MetadataSource::OpenIdBeforePath)).unwrap_err();
        assert_eq!(error.code(), "response.status");
        assert_eq!(runner.take_requests(), ["GET /.well-known/openid-configuration/tenant"]);
        // One slash is another issuer, unless it is said that it is none.
        let slashed = format!("{}/", provider.issuer());
        let with = |policy| {
            let own = registration(&provider, "service");
            Client::discover(slashed.as_str(), own, crypto()).policy(policy)
        };
        assert_eq!(runner.run(with(policy())).unwrap_err().code(), "metadata.issuer");
        assert!(runner.run(with(policy().ignore_one_trailing_slash())).is_ok());
    }
}

/// The provider is reached by another name of this machine than its issuer has.
#[test]
fn the_back_channel_has_another_origin() {
    let provider = NodeProvider::start(Scheme::Http).unwrap();
    let inside = provider.issuer().replace("127.0.0.1", "localhost");
    assert!(inside != provider.issuer(), "{inside}");
    for runner in Runner::all(None, PATIENT) {
        let overrides = MetadataOverrides::default().back_channel_origin(inside.as_str());
        let own = registration(&provider, "basic");
        let discover = Client::discover(provider.issuer(), own, crypto());
        let client = runner.run(discover.policy(policy()).metadata_overrides(overrides)).unwrap();
        let metadata = client.metadata();
        let moved = metadata.token_endpoint().unwrap().as_str();
        assert!(moved.starts_with(&inside), "{moved}");
        let kept = metadata.authorization_endpoint().unwrap().as_str();
        assert!(kept.starts_with(provider.issuer()), "{kept}");
        let grant = client.password("alice", "wonderland").scope("openid");
        let granted = runner.run(grant).unwrap();
        assert_eq!(granted.id_token().unwrap().subject().issuer(), provider.issuer());
        runner.take_requests();
    }
}
