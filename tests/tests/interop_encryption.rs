//! A real provider (npm `oidc-provider`) encrypts all that it says of a person from the login to the logout, over both
//! adapters.
#![cfg(feature = "josekit")]

use std::{collections::HashMap, sync::Arc};

use relying_party::{
    Registration,
    crypto::{josekit, rustcrypto},
    jose::{
        algorithm::Algorithm,
        backend::Crypto,
        encryption::{
            ContentEncryption::{self, A128CbcHs256, A128Gcm, A256Gcm},
            KeyManagement::{self, EcdhEs, RsaOaep, RsaOaep256},
        },
    },
    protocol::id_token::Check,
};
use relying_party_tests::{
    interop::{
        encryption::{PAIRS, keys, registration, strange_keys},
        npm::{NodeProvider, Scheme},
        runner::{PATIENT, Runner},
        site::Site,
    },
    op::OpRequest,
    server::{Server, bind},
    visitor::Visitor,
};

/// What the provider has registered for the client with this algorithm.
fn own(provider: &NodeProvider, alg: KeyManagement, enc: ContentEncryption) -> Registration {
    registration(provider, alg)
        .id_token_encrypted_response(alg, enc)
        .userinfo_encrypted_response(alg, enc)
        .userinfo_signed_response_alg(Algorithm::ES256)
        .decryption_keys(keys(provider))
}

/// A provider that tells a site for each of the registrations, at an address of its own.
fn told(
    runner: &Arc<Runner>,
    crypto: &Crypto,
    registrations: impl Fn(&NodeProvider) -> Vec<Registration>,
) -> (NodeProvider, Vec<Site>, Server) {
    let bound = bind().unwrap();
    let address = format!("{}/told", bound.url());
    let provider = NodeProvider::start_with(Scheme::Http, &[("OP_BCL_URI", &address)]).unwrap();
    let sites = registrations(&provider).into_iter();
    let site = |own| Site::new(provider.issuer(), own, crypto.clone(), Arc::clone(runner));
    let sites: Vec<_> = sites.map(site).collect();
    let name = |site: &Site| site.client.registration().client_id().to_owned();
    let by_name: HashMap<_, _> = sites.iter().map(|site| (name(site), site.clone())).collect();
    let server = bound.serve_with(move |request| {
        let name = request.url.path().strip_prefix("/told").unwrap().trim_start_matches('/');
        by_name[if name.is_empty() { "logout" } else { name }].answer(request)
    });
    (provider, sites, server)
}

/// How many parts the logout token has.
fn parts(request: &OpRequest) -> usize {
    let body = std::str::from_utf8(&request.body).unwrap();
    body.strip_prefix("logout_token=").unwrap().split('.').count()
}

fn all_of_a_session(runner: &Arc<Runner>, crypto: &Crypto) {
    // Keys of RSA are read by the other backend alone.
    let of_rsa = |alg| matches!(alg, RsaOaep | RsaOaep256);
    let able = PAIRS.into_iter();
    let able: Vec<_> =
        able.filter(|(alg, _)| !of_rsa(*alg) || crypto.decrypter(*alg).is_some()).collect();
    let registrations =
        |provider: &NodeProvider| able.iter().map(|(alg, enc)| own(provider, *alg, *enc)).collect();
    let (provider, sites, _server) = told(runner, crypto, registrations);
    for (site, (alg, enc)) in sites.iter().zip(able) {
        let place = format!("{alg} {enc} over {}", runner.name());
        let visitor = Visitor::over_sockets(None).unwrap();
        let login = site.log_in(&visitor);
        assert_eq!(login.id_token().checks()[0], Check::Decrypted, "{place}");
        let info = login.user_info().unwrap();
        let due = [Check::Decrypted, Check::Signature(Algorithm::ES256)];
        assert_eq!(info.checks()[..2], due, "{place}");
        let session = login.session();
        assert!(session.sid().is_some(), "{place}");
        let request = site.is_told_once(&visitor, &session);
        assert_eq!(parts(&request), 5, "{place}");
        let content_type = request.header("content-type");
        let (again, answer) = site.receive(content_type, &request.body);
        assert_eq!((again, answer.status()), (Err("logout.replay"), 400), "{place}");
    }
    let events = provider.control("events").unwrap().to_string();
    assert!(events.contains("backchannel.success"), "{events}");
    assert!(!events.contains("backchannel.error"), "{events}");
}

#[test]
fn encrypted_login_and_back_channel_logout_run_against_the_npm_provider_over_both_transports() {
    for runner in Runner::all(None, PATIENT).map(Arc::new) {
        for crypto in [josekit(), rustcrypto()] {
            all_of_a_session(&runner, &crypto);
        }
    }
}

#[test]
fn l18_logout_tokens_whose_encryption_is_not_the_registered_one() {
    for runner in Runner::all(None, PATIENT).map(Arc::new) {
        let plain =
            |provider: &NodeProvider| provider.client("logout").unwrap().registration().unwrap();
        let (provider, sites, _server) = told(&runner, &josekit(), |provider| {
            vec![
                own(provider, RsaOaep256, A256Gcm),
                own(provider, EcdhEs, A128Gcm),
                plain(provider),
            ]
        });
        let requests = sites.iter().map(|site| {
            let visitor = Visitor::over_sockets(None).unwrap();
            let session = site.log_in(&visitor).session();
            site.is_told_once(&visitor, &session)
        });
        let requests: Vec<_> = requests.collect();
        assert_eq!(requests.iter().map(parts).collect::<Vec<_>>(), [5, 5, 3]);
        let [rsa, curve, signed] = &requests[..] else { panic!("three requests") };

        let tell = |own: Registration, request: &OpRequest, due: (Result<usize, &str>, u16)| {
            let site = Site::new(provider.issuer(), own, josekit(), Arc::clone(&runner));
            let (result, answer) = site.receive(request.header("content-type"), &request.body);
            assert_eq!((result, answer.status()), due, "over {}", runner.name());
            // The keys are read for a token that is good so far.
            let sent = runner.take_requests();
            assert_eq!(sent.len(), usize::from(due.0.is_ok()), "{sent:?}");
        };
        let refused = |own, request, code| tell(own, request, (Err(code), 400));
        let of = |alg, enc| own(&provider, alg, enc);
        let registered = plain(&provider).id_token_encrypted_response(RsaOaep256, A256Gcm);
        refused(registered.decryption_keys(keys(&provider)), signed, "token.not_encrypted");
        refused(of(RsaOaep, A256Gcm), rsa, "token.encryption");
        refused(of(RsaOaep256, A128CbcHs256), rsa, "token.encryption");
        refused(of(EcdhEs, A256Gcm), curve, "token.encryption");
        let strange = strange_keys(&provider);
        for (alg, enc, request) in [(RsaOaep256, A256Gcm, rsa), (EcdhEs, A128Gcm, curve)] {
            refused(registration(&provider, alg), request, "token.encrypted");
            refused(of(alg, enc).decryption_keys(strange.clone()), request, "token.decryption");
            // Taken where nothing is wrong, though nobody is logged in there.
            tell(of(alg, enc), request, (Ok(0), 200));
        }
        tell(plain(&provider), signed, (Ok(0), 200));
    }
}
