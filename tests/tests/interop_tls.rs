//! Certificates of a real provider that must not be trusted, over both adapters (OIDC Core 16.17, RFC 9325).

use std::{error::Error as _, fs};

use relying_party::{
    Client, Error, Registration,
    error::{Blame, ErrorKind, FailureKind, Purpose},
};
use relying_party_tests::{
    interop::{
        npm::{Certificate, NodeProvider, Scheme},
        runner::{PATIENT, Runner},
    },
    scenario::crypto,
};

fn provider(cert: Certificate) -> NodeProvider {
    NodeProvider::start(Scheme::Https { cert }).unwrap()
}

fn discover(runner: &Runner, issuer: &str) -> Result<Client, Error> {
    let registration = Registration::public("public", "http://127.0.0.1:8765/cb").unwrap();
    runner.run(Client::discover(issuer, registration, crypto()))
}

/// Refused before anything but the handshake came over the wire.
#[track_caller]
fn refused(runner: &Runner, issuer: &str, what: &str) {
    let place = format!("{what} over {}", runner.name());
    let error = discover(runner, issuer).expect_err(&place);
    assert_eq!((error.code(), error.blame()), ("transport.tls", Blame::Network), "{place}");
    match error.kind() {
        ErrorKind::Transport { purpose: Purpose::Discovery, failure } => {
            assert_eq!(failure.kind, FailureKind::Tls, "{place}");
        }
        other => panic!("{place}: {other:?}"),
    }
    assert!(error.hint().unwrap().contains("certificate"), "{place}");
    assert!(error.source().is_some(), "{place}: without the transport's own error");
    assert_eq!(runner.take_requests(), ["GET /.well-known/openid-configuration"], "{place}");
}

#[track_caller]
fn accepted(runner: &Runner, issuer: &str) {
    let client = discover(runner, issuer).unwrap();
    assert_eq!(client.metadata().issuer().as_str(), issuer);
    assert_eq!(runner.take_requests(), ["GET /.well-known/openid-configuration"]);
}

#[test]
fn n06_an_authority_is_trusted_only_where_it_was_given() {
    let (provider, elsewhere) = (provider(Certificate::Server), provider(Certificate::Server));
    for runner in Runner::all(provider.ca_pem(), PATIENT) {
        accepted(&runner, provider.issuer());
        // Issued alike, by another root of the same name.
        refused(&runner, elsewhere.issuer(), "the root of another provider");
    }
    for runner in Runner::all(elsewhere.ca_pem(), PATIENT) {
        accepted(&runner, elsewhere.issuer());
    }
    for runner in Runner::all(None, PATIENT) {
        refused(&runner, provider.issuer(), "an unknown root");
    }
}

#[test]
fn n06_a_certificate_for_another_host() {
    let provider = provider(Certificate::WrongHost);
    for runner in Runner::all(provider.ca_pem(), PATIENT) {
        refused(&runner, provider.issuer(), "another host");
    }
}

#[test]
fn n06_an_expired_certificate() {
    let provider = provider(Certificate::Expired);
    for runner in Runner::all(provider.ca_pem(), PATIENT) {
        refused(&runner, provider.issuer(), "an expired certificate");
    }
}

#[test]
fn n06_a_self_signed_certificate() {
    let provider = provider(Certificate::SelfSigned);
    for runner in Runner::all(provider.ca_pem(), PATIENT) {
        refused(&runner, provider.issuer(), "a self-signed certificate");
    }
    let itself = fs::read(provider.pki("selfsigned.crt")).unwrap();
    for runner in Runner::all(Some(&itself), PATIENT) {
        accepted(&runner, provider.issuer());
    }
}

#[test]
fn n06_no_tls_at_all() {
    let plain = NodeProvider::start(Scheme::Http).unwrap();
    let issuer = plain.issuer().replace("http://", "https://");
    for runner in Runner::all(None, PATIENT) {
        refused(&runner, &issuer, "plain http behind https");
    }
}
