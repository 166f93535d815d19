//! Threats I29 and I30: the ID token of a refresh is held against the first one, also by a server that knows only
//! the stored record; and an ID token may be a hint long after it has expired.

use std::time::Duration;

use relying_party::{
    Client, LoginRecord, Policy,
    error::{Error, ErrorKind, TokenKind},
    flow::refresh::Refreshed,
    protocol::id_token::TrustedAudiences,
    secret::RefreshToken,
};
use relying_party_tests::{
    op::{Mischief, OpConfig},
    scenario::{World, YEAR},
};
use serde_json::{Value, json};

/// A login an hour ago, as a server that was restarted since then finds it.
struct Stored {
    world: World,
    client: Client,
    record: LoginRecord,
    refresh_token: RefreshToken,
}

/// Logs in with `first` done to the ID token, stores the record, starts anew.
fn stored_with(policy: Policy, first: impl Fn(&mut Value) + Send + Sync + 'static) -> Stored {
    let mut world = World::new(OpConfig::default());
    let client = world.discover("rs256", policy.clone()).expect("a client");
    world.op.tamper_id_token(move |_, _, claims| first(claims));
    let login = world.login(&client).expect("a login");
    let bytes = login.record().to_bytes();
    let refresh_token =
        login.tokens().refresh_token().expect("a refresh token").expose().to_owned();
    drop((login, client));

    world.op.clear_hooks();
    world.clock.advance(Duration::from_secs(3600));
    let client = world.discover("rs256", policy).expect("a client");
    let record = LoginRecord::from_bytes(&bytes).expect("the stored record");
    assert_eq!(record.to_bytes(), bytes);
    let refresh_token = RefreshToken::new(refresh_token).expect("a refresh token");
    world.transport.clear();
    Stored { world, client, record, refresh_token }
}

fn stored() -> Stored {
    stored_with(Policy::default(), |_| ())
}

impl Stored {
    /// With this done to the ID token of the refresh.
    fn then(self, second: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.world.op.tamper_id_token(move |_, _, claims| second(claims));
        self
    }

    fn refresh(&mut self) -> Result<Refreshed, Error> {
        self.world.run(self.client.refresh(&self.refresh_token, &self.record))
    }

    /// Refused by this rule, and nothing requested beyond keys and tokens.
    #[track_caller]
    fn refused(mut self, code: &str) {
        let error = self.refresh().expect_err("should have been refused");
        assert_eq!(error.code(), code, "{error}");
        assert!(
            matches!(error.kind(), ErrorKind::Token { kind: TokenKind::RefreshedIdToken, .. }),
            "{error}"
        );
        assert_eq!(self.world.transport.requests(), ["GET /jwks", "POST /token"]);
    }

    #[track_caller]
    fn accepted(mut self) -> Refreshed {
        let refreshed = self.refresh().expect("should have been accepted");
        assert_eq!(self.world.transport.requests(), ["GET /jwks", "POST /token"]);
        refreshed
    }
}

fn set(name: &'static str, value: Value) -> impl Fn(&mut Value) + Send + Sync {
    move |claims| claims[name] = value.clone()
}

#[test]
fn i29_the_named_misbehaviours() {
    for (mischief, code) in [
        (Mischief::RefreshTokenInvalidIssuer, "claim.iss.mismatch"),
        (Mischief::RefreshTokenInvalidSub, "claim.sub.mismatch"),
        (Mischief::RefreshInvalidAud, "claim.aud.mismatch"),
        (Mischief::RefreshInvalidAuthTime, "claim.auth_time.mismatch"),
        (Mischief::RefreshInvalidNonce, "claim.nonce.mismatch"),
    ] {
        let stored = stored();
        stored.world.op.set_mischief(mischief);
        stored.refused(code);
    }
    let refreshed = stored().accepted();
    let token = refreshed.id_token().expect("a new ID token");
    assert_eq!(token.subject().sub(), "sub-alice-248289761001");
    assert_ne!(token.issued_at(), token.auth_time().expect("auth_time"));
}

#[test]
fn i29_the_same_without_a_restart() {
    for (mischief, code) in [
        (Mischief::RefreshTokenInvalidIssuer, Err("claim.iss.mismatch")),
        (Mischief::RefreshTokenInvalidSub, Err("claim.sub.mismatch")),
        (Mischief::RefreshInvalidAud, Err("claim.aud.mismatch")),
        (Mischief::RefreshInvalidAuthTime, Err("claim.auth_time.mismatch")),
        (Mischief::RefreshInvalidNonce, Err("claim.nonce.mismatch")),
        (Mischief::RefreshWithoutRefreshToken, Ok(())),
    ] {
        let mut world = World::default();
        let client = world.discover("rs256", Policy::default()).expect("a client");
        let login = world.login(&client).expect("a login");
        world.op.set_mischief(mischief);
        world.transport.clear();
        let token = login.tokens().refresh_token().expect("a refresh token");
        let result = world.run(client.refresh(token, &login.record()));
        assert_eq!(result.map(|_| ()).map_err(|error| error.code()), code, "{mischief:?}");
        assert_eq!(world.transport.requests(), ["POST /token"]);
    }
}

#[test]
fn i29_the_nonce_may_be_absent_but_not_another() {
    let nonce = |record: &LoginRecord| {
        let bytes = record.to_bytes();
        let at = bytes.iter().position(|byte| *byte == b'{').expect("the document");
        let document: Value = serde_json::from_slice(&bytes[at..]).expect("the document");
        document["nonce"].as_str().expect("a nonce").to_owned()
    };
    let stored_once = stored();
    let first = nonce(&stored_once.record);
    assert_eq!(first.len(), 43);
    let same = first.clone();
    stored_once.then(move |claims| claims["nonce"] = same.as_str().into()).accepted();
    let near = first[..42].to_owned();
    stored()
        .then(move |claims| claims["nonce"] = near.as_str().into())
        .refused("claim.nonce.mismatch");
    stored().then(set("nonce", json!(""))).refused("claim.nonce.mismatch");
    stored().then(set("nonce", Value::Null)).refused("claim.nonce.malformed");
    stored().accepted();
}

#[test]
fn i29_azp_must_be_there_again_or_never() {
    let own = || json!("rs256");
    stored_with(Policy::default(), set("azp", own())).then(set("azp", own())).accepted();
    stored_with(Policy::default(), set("azp", own())).refused("claim.azp.mismatch");
    stored().then(set("azp", own())).refused("claim.azp.mismatch");
    stored().then(set("azp", json!("another"))).refused("claim.azp.mismatch");
    stored().accepted();
}

#[test]
fn i29_every_audience_of_the_first_must_be_there_again() {
    let policy = || {
        Policy::default().trusted_audiences(TrustedAudiences::List(vec!["a".into(), "b".into()]))
    };
    let two = || stored_with(policy(), set("aud", json!(["rs256", "a"])));
    two().then(set("aud", json!(["a", "rs256"]))).accepted();
    two().then(set("aud", json!(["b", "a", "rs256"]))).accepted();
    two().then(set("aud", json!("rs256"))).refused("claim.aud.mismatch");
    two().then(set("aud", json!(["rs256", "b"]))).refused("claim.aud.mismatch");
    two().then(set("aud", json!(["a"]))).refused("claim.aud.mismatch");
    two().then(set("aud", json!(["rs256", "a", "c"]))).refused("claim.aud.untrusted");
}

#[test]
fn i29_auth_time_stays_that_of_the_first_authentication() {
    let first = |claims: &mut Value| claims["auth_time"] = json!(1_800_000_000);
    let at = |seconds: i64| set("auth_time", json!(seconds));
    stored_with(Policy::default(), first).then(at(1_800_000_000)).accepted();
    for seconds in [1_799_999_999, 1_800_000_001, 1_800_003_600] {
        stored_with(Policy::default(), first).then(at(seconds)).refused("claim.auth_time.mismatch");
    }
    // Either may lack it (OIDC Core 12.2: "if present").
    let gone =
        |claims: &mut Value| drop(claims.as_object_mut().expect("claims").remove("auth_time"));
    stored_with(Policy::default(), first).then(gone).accepted();
    stored_with(Policy::default(), gone).then(at(1_800_000_000)).accepted();
}

#[test]
fn i29_it_was_not_issued_before_the_first() {
    // Two machines of one provider may differ by the leeway.
    stored().then(set("iat", json!(1_799_999_940))).accepted();
    stored().then(set("iat", json!(1_799_999_939))).refused("claim.iat.mismatch");
}

#[test]
fn i29_the_other_rules_hold_as_at_a_login() {
    stored().then(set("exp", json!(1_800_000_300))).refused("claim.exp.expired");
    stored().then(set("iat", json!(1_900_000_000))).refused("claim.iat.not_yet");
    stored()
        .then(set("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")))
        .refused("claim.at_hash.mismatch");
    stored().then(set("iss", json!("https://op.test/"))).refused("claim.iss.mismatch");
    let damaged = stored();
    damaged.world.op.set_mischief(Mischief::InvalidSigRs256);
    damaged.refused("token.signature");
    // No ID token at all is no fault: then nothing new is said about anybody.
    let mut without = stored();
    without.world.op.set_mischief(Mischief::MissingIdToken);
    let refreshed = without.refresh().expect("tokens alone");
    assert!(refreshed.id_token().is_none());
    assert_eq!(without.world.transport.requests(), ["GET /jwks", "POST /token"]);
}

#[test]
fn i29_a_record_of_another_client_or_provider_is_not_used() {
    let mut stored = stored();
    let other = stored.world.discover("es256", Policy::default()).expect("a client");
    stored.world.transport.clear();
    let refresh = other.refresh(&stored.refresh_token, &stored.record);
    assert_eq!(
        stored.world.run(refresh).expect_err("another client").code(),
        "misuse.other_client"
    );
    assert!(stored.world.transport.requests().is_empty());

    let mut elsewhere = World::new(OpConfig::with_issuer("https://elsewhere.test"));
    let other = elsewhere.discover("rs256", Policy::default()).expect("a client");
    elsewhere.transport.clear();
    let refresh = other.refresh(&stored.refresh_token, &stored.record);
    assert_eq!(elsewhere.run(refresh).expect_err("another issuer").code(), "misuse.other_client");
    assert!(elsewhere.transport.requests().is_empty());
    stored.accepted();
}

#[test]
fn i29_n16_a_changed_record_is_no_record() {
    let bytes = stored().record.to_bytes();
    for at in 0..bytes.len() {
        for bit in [0x01, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            let code = LoginRecord::from_bytes(&changed).expect_err("changed").code();
            let due = if at == 0 { "stored.version" } else { "stored.malformed" };
            assert_eq!(code, due, "byte {at}");
        }
        let cut = LoginRecord::from_bytes(&bytes[..at]).expect_err("cut").code();
        assert_eq!(cut, "stored.malformed", "{at} bytes");
    }
    let longer = [&bytes[..], b" "].concat();
    assert_eq!(LoginRecord::from_bytes(&longer).expect_err("longer").code(), "stored.malformed");
    assert_eq!(LoginRecord::from_bytes(&bytes).expect("the record").to_bytes(), bytes);
}

#[test]
fn i30_an_expired_id_token_is_still_a_hint() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    let login = world.login(&client).expect("a login");
    let token = login.id_token().clone();
    world.clock.advance(YEAR);
    assert!(token.expires_at() < world.clock.now());

    let hint = |url: &url::Url| {
        url.query_pairs()
            .find(|(name, _)| name == "id_token_hint")
            .map(|(_, hint)| hint.into_owned())
    };
    let started = world.run(client.start_login().id_token_hint(&token)).expect("a start");
    assert_eq!(hint(&started.url).as_deref(), Some(token.raw().expose()));
    let callback = world.visit(&started.url).callback().expect("a callback");
    world.run(client.finish_login(started.pending, callback)).expect("the same person");

    let logout = client
        .start_logout()
        .id_token_hint(token.raw())
        .post_logout_redirect_uri("https://rp.test/bye");
    let started = world.run(logout).expect("a logout");
    assert_eq!(hint(&started.url).as_deref(), Some(token.raw().expose()));
    let back = world.visit(&started.url);
    client.finish_logout(back.text(), &started.state).expect("the logout's own return");
    // The neighbour: what comes back without the state of this logout.
    let error = client.finish_logout("state=another", &started.state).expect_err("another logout");
    assert_eq!(error.code(), "callback.logout_state");
}
