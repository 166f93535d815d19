//! Every misbehaviour that the embedded provider knows, and what becomes of a login, a refresh or a logout.
//!
//! One row, one test. A row bears the name of the certification module it stands for, or of our own in the same
//! style, and what comes behind the name says what is different about the client. A refused row asserts the code and
//! the last request: the certification suite sees a refusal only as the request that does not come.

use std::{collections::HashSet, time::Duration};

use relying_party::{
    Policy,
    jose::algorithm::Algorithm,
    protocol::{
        authorization::ResponseMode, id_token::TrustedAudiences, registration::AuthMethod,
        response_type::ResponseType, user_info::UserInfoMethod,
    },
};
use relying_party_tests::{
    op::Mischief,
    scenario::{After, Outcome, Scenario},
};

/// What must become of it.
enum Verdict {
    /// The login succeeds.
    Accepted,
    /// The login is refused, and this was the last request.
    Refused(&'static str, After),
    /// The same for a client of HMAC, which needs no key set.
    RefusedWithoutKeys(&'static str),
    /// The login succeeds, and so does a second one of the same client after these requests.
    AcceptedTwice(&'static [&'static str]),
    /// The login succeeds, and so does a refresh.
    Refreshed,
    /// The login succeeds, its refresh is refused, and nothing is sent but the one request for it.
    NotRefreshed(&'static str),
    /// The login succeeds, and the browser's return from the logout is refused.
    NotLoggedOut(&'static str),
}

use Verdict::{
    Accepted, AcceptedTwice, NotLoggedOut, NotRefreshed, Refreshed, Refused, RefusedWithoutKeys,
};

macro_rules! certification {
    ($($test:ident $mischief:ident $(($setting:expr))? => $verdict:expr;)*) => {
        $(#[test]
        fn $test() {
            let scenario = Scenario::new().mischief(Mischief::$mischief);
            $(let scenario = $setting(scenario);)?
            hold(scenario, $verdict);
        })*

        const ROWS: &[(&str, Mischief)] = &[$((stringify!($test), Mischief::$mischief),)*];
    };
}

// The ID token: OIDC Core 3.1.3.7 in its order.
certification! {
    oidcc_client_test_invalid_iss InvalidIss => Refused("claim.iss.mismatch", After::Token);
    fapi2_security_profile_final_client_test_invalid_missing_iss MissingIss
        => Refused("claim.iss.missing", After::Token);
    oidcc_client_test_missing_sub MissingSub => Refused("claim.sub.missing", After::Token);
    oidcc_client_test_invalid_aud InvalidAud => Refused("claim.aud.mismatch", After::Token);
    oidcc_client_test_missing_aud MissingAud => Refused("claim.aud.missing", After::Token);
    fapi2_security_profile_final_client_test_invalid_secondary_aud InvalidSecondaryAud
        => Refused("claim.aud.untrusted", After::Token);
    fapi2_security_profile_final_client_test_invalid_secondary_aud_that_is_trusted
        InvalidSecondaryAud (|s: Scenario| s.policy(trusting("unknown"))) => Accepted;
    fapi2_security_profile_final_client_test_valid_aud_as_array ValidAudAsArray => Accepted;
    wrong_azp WrongAzp => Refused("claim.azp.mismatch", After::Token);
    oidcc_client_test_missing_iat MissingIat => Refused("claim.iat.missing", After::Token);
    fapi2_security_profile_final_client_test_invalid_missing_exp MissingExp
        => Refused("claim.exp.missing", After::Token);
    fapi2_security_profile_final_client_test_invalid_expired_exp ExpiredExp
        => Refused("claim.exp.expired", After::Token);
    fapi2_security_profile_final_client_test_invalid_expired_exp_whatever_the_leeway ExpiredExp
        (|s: Scenario| s.policy(Policy::default().leeway(DAY)))
        => Refused("claim.exp.expired", After::Token);
    fapi1_advanced_final_client_test_iat_is_week_in_past IatIsWeekInPast => Accepted;
    fapi1_advanced_final_client_test_iat_is_week_in_past_with_max_age_of_a_day IatIsWeekInPast
        (|s: Scenario| s.policy(Policy::default().max_id_token_age(DAY)))
        => Refused("claim.iat.expired", After::Token);
    fapi1_advanced_final_client_test_iat_is_week_in_past_with_max_age_of_a_month IatIsWeekInPast
        (|s: Scenario| s.policy(Policy::default().max_id_token_age(DAY * 30))) => Accepted;
    oidcc_client_test_nonce_invalid NonceInvalid => Refused("claim.nonce.mismatch", After::Token);
    fapi2_security_profile_final_client_test_invalid_missing_nonce MissingNonce
        => Refused("claim.nonce.missing", After::Token);
    wrong_acr WrongAcr => Accepted;
    wrong_acr_for_a_wish WrongAcr
        (|s: Scenario| s.start(|start| start.acr_values(&["urn:test:silver"]))) => Accepted;
    wrong_acr_where_one_is_required WrongAcr
        (|s: Scenario| s.start(|start| start.require_acr(&["urn:test:silver"])))
        => Refused("claim.acr.mismatch", After::Token);
    missing_auth_time MissingAuthTime => Accepted;
    missing_auth_time_after_max_age MissingAuthTime
        (|s: Scenario| s.start(|start| start.max_age(3600)))
        => Refused("claim.auth_time.missing", After::Token);
    missing_auth_time_where_registered MissingAuthTime
        (|s: Scenario| s.registration(|registration| registration.require_auth_time()))
        => Refused("claim.auth_time.missing", After::Token);
    old_auth_time OldAuthTime => Accepted;
    old_auth_time_after_max_age OldAuthTime (|s: Scenario| s.start(|start| start.max_age(3600)))
        => Refused("claim.auth_time.expired", After::Token);
    old_auth_time_after_max_age_of_a_week OldAuthTime
        (|s: Scenario| s.start(|start| start.max_age(7 * 86_400))) => Accepted;
    oidcc_client_test_invalid_athash InvalidAtHash
        => Refused("claim.at_hash.mismatch", After::Token);
    fapi1_advanced_final_client_test_missing_athash MissingAtHash => Accepted;
    oidcc_client_test_invalid_chash InvalidCHash (hybrid)
        => Refused("claim.c_hash.mismatch", After::Keys);
    oidcc_client_test_missing_chash MissingCHash (hybrid)
        => Refused("claim.c_hash.missing", After::Keys);
    hybrid_invalid_sub HybridInvalidSub (hybrid) => Refused("claim.sub.mismatch", After::Token);
    odd_optional_claims OddOptionalClaims => Accepted;

    // Signatures and keys.
    oidcc_client_test_kid_absent_single_jwks KidAbsentSingleJwks => Accepted;
    oidcc_client_test_kid_absent_single_jwks_es256 KidAbsentSingleJwks
        (|s: Scenario| s.client("es256")) => Accepted;
    oidcc_client_test_kid_absent_multiple_jwks KidAbsentMultipleJwks => Accepted;
    oidcc_client_test_kid_absent_multiple_jwks_es256 KidAbsentMultipleJwks
        (|s: Scenario| s.client("es256")) => Accepted;
    oidcc_client_test_idtoken_sig_rs256 IdTokenSigRs256 => Accepted;
    oidcc_client_test_idtoken_sig_none IdTokenSigNone => Refused("token.algorithm", After::Token);
    oidcc_client_test_idtoken_sig_none_hs256 IdTokenSigNone (|s: Scenario| s.client("hs256"))
        => RefusedWithoutKeys("token.algorithm");
    fapi2_security_profile_final_client_test_invalid_null_alg InvalidNullAlg
        => Refused("token.algorithm", After::Token);
    fapi2_security_profile_final_client_test_invalid_alternate_alg InvalidAlternateAlg
        => Refused("token.algorithm", After::Token);
    fapi2_security_profile_final_client_test_invalid_alternate_alg_es256 InvalidAlternateAlg
        (|s: Scenario| s.client("es256")) => Refused("token.algorithm", After::Token);
    fapi2_security_profile_final_client_test_invalid_alternate_alg_hs256 InvalidAlternateAlg
        (|s: Scenario| s.client("hs256")) => RefusedWithoutKeys("token.algorithm");
    oidcc_client_test_invalid_sig_rs256 InvalidSigRs256
        => Refused("token.signature", After::Token);
    oidcc_client_test_invalid_sig_rs256_ps256 InvalidSigRs256 (|s: Scenario| s.client("ps256"))
        => Refused("token.signature", After::Token);
    oidcc_client_test_invalid_sig_es256 InvalidSigEs256 (|s: Scenario| s.client("es256"))
        => Refused("token.signature", After::Token);
    oidcc_client_test_invalid_sig_es256_eddsa InvalidSigEs256 (|s: Scenario| s.client("eddsa"))
        => Refused("token.signature", After::Token);
    oidcc_client_test_invalid_sig_hs256 InvalidSigHs256 (|s: Scenario| s.client("hs256"))
        => RefusedWithoutKeys("token.signature");
    oidcc_client_test_signing_key_rotation SigningKeyRotation
        => AcceptedTwice(&["POST /token", "GET /jwks", "GET /userinfo"]);
    oidcc_client_test_signing_key_rotation_just_before_signing SigningKeyRotationJustBeforeSigning
        => Accepted;
    fapi2_security_profile_final_client_test_happy_path DecoyKeysSharingKid => Accepted;
    fapi2_security_profile_final_client_test_happy_path_es256 DecoyKeysSharingKid
        (|s: Scenario| s.client("es256")) => Accepted;
    jwks_unavailable JwksUnavailable => Refused("response.status", After::Keys);
    jwks_unavailable_and_not_needed JwksUnavailable (|s: Scenario| s.client("hs256")) => Accepted;

    // Metadata.
    oidcc_client_test_discovery_issuer_mismatch DiscoveryIssuerMismatch
        => Refused("metadata.issuer", After::Discovery);
    discovery_missing_issuer DiscoveryMissingIssuer => Refused("json.missing", After::Discovery);
    discovery_missing_authorization_endpoint DiscoveryMissingAuthorizationEndpoint
        => Refused("misuse.no_such_endpoint", After::Discovery);
    discovery_missing_token_endpoint DiscoveryMissingTokenEndpoint
        => Refused("misuse.no_such_endpoint", After::Discovery);
    discovery_missing_jwks_uri DiscoveryMissingJwksUri
        => Refused("metadata.missing", After::Discovery);
    discovery_missing_jwks_uri_and_not_needed DiscoveryMissingJwksUri
        (|s: Scenario| s.client("hs256")) => Accepted;

    // The authorization response.
    fapi2_security_profile_final_client_test_invalid_authorization_response_iss
        InvalidAuthorizationResponseIss => Refused("callback.iss.mismatch", After::Discovery);
    fapi2_security_profile_final_client_test_remove_authorization_response_iss
        RemoveAuthorizationResponseIss => Refused("callback.iss.missing", After::Discovery);
    fapi2_security_profile_final_client_test_remove_authorization_response_iss_not_announced
        RemoveAuthorizationResponseIss (|s: Scenario| s.config(|config| {
            config.authorization_response_iss_parameter_supported = false;
        })) => Accepted;
    fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_state_fails
        InvalidState => Refused("callback.state.mismatch", After::Discovery);
    fapi2_security_profile_final_client_test_ensure_authorization_response_with_invalid_missing_state_fails
        MissingState => Refused("callback.state.missing", After::Discovery);
    duplicate_callback_parameter DuplicateCallbackParameter
        => Refused("callback.duplicate", After::Discovery);
    duplicate_callback_parameter_in_a_form DuplicateCallbackParameter
        (|s: Scenario| s.start(|start| start.response_mode(ResponseMode::FormPost)))
        => Refused("callback.duplicate", After::Discovery);
    code_and_error CodeAndError => Refused("callback.code_and_error", After::Discovery);

    // The token response.
    fapi2_security_profile_final_client_test_token_endpoint_response_without_expires_in
        TokenResponseWithoutExpiresIn => Accepted;
    fapi2_security_profile_final_client_test_token_type_case_insensitivity
        TokenTypeCaseInsensitivity => Accepted;
    fapi1_advanced_final_client_test_no_scope_in_token_endpoint_response NoScopeInTokenResponse
        => Accepted;
    missing_id_token MissingIdToken => Refused("response.no_id_token", After::Token);
    error_inside_200 ErrorInside200 => Refused("provider.error", After::Token);
    html_error_page HtmlErrorPage => Refused("response.status", After::Token);
    redirecting_token RedirectingToken => Refused("response.redirect", After::Token);
    expires_in_as_text ExpiresInAsText => Accepted;
    scope_as_array ScopeAsArray => Accepted;

    // The userinfo response.
    oidcc_client_test_userinfo_invalid_sub UserinfoInvalidSub
        => Refused("claim.sub.mismatch", After::UserInfo);
    userinfo_missing_sub UserinfoMissingSub => Refused("claim.sub.missing", After::UserInfo);
    oidcc_client_test_userinfo_bearer_header UserinfoBearerHeader => Accepted;
    // RFC 6750 2.2: the form only where the application chooses it, see below.
    oidcc_client_test_userinfo_bearer_body UserinfoBearerBody
        => Refused("provider.error", After::UserInfo);
    oidcc_client_test_userinfo_signed UserinfoSigned (signed_user_info) => Accepted;
    oidcc_client_test_userinfo_signed_where_it_is_not_registered UserinfoSigned
        => Refused("token.signed", After::UserInfo);
    userinfo_signed_invalid_iss UserinfoSignedInvalidIss (signed_user_info)
        => Refused("claim.iss.mismatch", After::UserInfo);
    userinfo_signed_missing_iss UserinfoSignedMissingIss (signed_user_info)
        => Refused("claim.iss.missing", After::UserInfo);
    userinfo_signed_missing_iss_where_that_is_chosen UserinfoSignedMissingIss
        (|s: Scenario| {
            signed_user_info(s).policy(Policy::default().accept_signed_user_info_without_iss())
        }) => Accepted;
    userinfo_signed_invalid_aud UserinfoSignedInvalidAud (signed_user_info)
        => Refused("claim.aud.mismatch", After::UserInfo);
    userinfo_signed_missing_aud UserinfoSignedMissingAud (signed_user_info)
        => Refused("claim.aud.missing", After::UserInfo);
    userinfo_signed_missing_aud_where_that_is_chosen UserinfoSignedMissingAud
        (|s: Scenario| {
            let policy = Policy::default().insecure_accept_signed_user_info_without_aud();
            signed_user_info(s).policy(policy)
        }) => Accepted;
    userinfo_signed_invalid_sub UserinfoSignedInvalidSub (signed_user_info)
        => Refused("claim.sub.mismatch", After::UserInfo);
    userinfo_signed_expired UserinfoSignedExpired (signed_user_info)
        => Refused("claim.exp.expired", After::UserInfo);
    userinfo_signed_alg_none UserinfoSignedAlgNone (signed_user_info)
        => Refused("token.algorithm", After::UserInfo);
    userinfo_signed_wrong_alg UserinfoSignedWrongAlg (signed_user_info)
        => Refused("token.algorithm", After::UserInfo);
    userinfo_signed_invalid_sig UserinfoSignedInvalidSig (signed_user_info)
        => Refused("token.signature", After::UserInfo);
    userinfo_signed_id_token UserinfoSignedIdToken (signed_user_info)
        => Refused("claim.nonce.unexpected", After::UserInfo);
    // What becomes of the claims themselves stands in `claim_sources.rs`.
    oidcc_client_test_aggregated_claims AggregatedClaims => Accepted;
    oidcc_client_test_distributed_claims DistributedClaims => Accepted;

    // Refresh: OIDC Core 12.2.
    oidcc_client_test_refresh_token_invalid_issuer RefreshTokenInvalidIssuer
        => NotRefreshed("claim.iss.mismatch");
    oidcc_client_test_refresh_token_invalid_sub RefreshTokenInvalidSub
        => NotRefreshed("claim.sub.mismatch");
    refresh_token_invalid_aud RefreshInvalidAud => NotRefreshed("claim.aud.mismatch");
    refresh_token_invalid_auth_time RefreshInvalidAuthTime
        => NotRefreshed("claim.auth_time.mismatch");
    refresh_token_invalid_nonce RefreshInvalidNonce => NotRefreshed("claim.nonce.mismatch");
    refresh_without_refresh_token RefreshWithoutRefreshToken => Refreshed;

    // Logout: RP-Initiated Logout 3.
    oidcc_client_test_rp_init_logout_other_state LogoutOtherState
        => NotLoggedOut("callback.logout_state");
    oidcc_client_test_rp_init_logout_no_state LogoutNoState
        => NotLoggedOut("callback.logout_state");
}

fn trusting(audience: &str) -> Policy {
    Policy::default().trusted_audiences(TrustedAudiences::List(vec![audience.to_owned()]))
}

#[track_caller]
fn hold(scenario: Scenario, verdict: Verdict) {
    let outcome = scenario.run();
    match verdict {
        Accepted => drop(outcome.accepted()),
        Refused(code, last) => drop(outcome.refused(code, last)),
        RefusedWithoutKeys(code) => {
            let made = ["GET /.well-known/openid-configuration", "POST /token"];
            assert_eq!(outcome.result.as_ref().err().map(|error| error.code()), Some(code));
            assert_eq!(outcome.requests, made);
        }
        AcceptedTwice(made) => second_login(outcome, made),
        Refreshed => refresh(outcome, None),
        NotRefreshed(code) => refresh(outcome, Some(code)),
        NotLoggedOut(code) => log_out(outcome, Some(code)),
    }
}

#[track_caller]
fn second_login(outcome: Outcome, made: &[&str]) {
    let client = outcome.client.clone().unwrap();
    let (_, mut world) = outcome.accepted();
    world.transport.clear();
    let started = world.run(client.start_login()).unwrap();
    let callback = world.visit(&started.url).callback().unwrap();
    let login = world.run(client.finish_login(started.pending, callback).with_user_info());
    assert!(login.is_ok(), "{login:?}");
    assert_eq!(world.transport.requests(), made);
}

#[track_caller]
fn refresh(outcome: Outcome, refusal: Option<&str>) {
    let client = outcome.client.clone().unwrap();
    let (login, mut world) = outcome.accepted();
    world.transport.clear();
    let refresh_token = login.tokens().refresh_token().unwrap();
    let refreshed = world.run(client.refresh(refresh_token, &login.record()));
    assert_eq!(refreshed.as_ref().err().map(|error| error.code()), refusal);
    assert_eq!(world.transport.requests(), ["POST /token"]);
    if let Ok(refreshed) = refreshed {
        assert_ne!(refreshed.tokens().access_token(), login.tokens().access_token());
        assert!(refreshed.tokens().refresh_token() == Some(refresh_token), "the old one is kept");
        assert!(refreshed.id_token().is_some());
    }
}

#[track_caller]
fn log_out(outcome: Outcome, refusal: Option<&str>) {
    let client = outcome.client.clone().unwrap();
    let (login, mut world) = outcome.accepted();
    world.transport.clear();
    let start = client.start_logout().id_token_hint(login.id_token().raw());
    let started = world.run(start.post_logout_redirect_uri("https://rp.test/bye")).unwrap();
    let back = world.visit(&started.url);
    let finished = client.finish_logout(back.text(), &started.state);
    assert_eq!(finished.err().map(|error| error.code()), refusal);
    assert_eq!(world.transport.requests(), [""; 0]);
}

#[test]
fn every_misbehaviour_has_a_row_that_bears_its_name() {
    let covered: HashSet<_> = ROWS.iter().map(|(_, mischief)| *mischief).collect();
    // Those of logout tokens stand in `certification_logout.rs`, those of signed responses in `jarm.rs`.
    let elsewhere = ["rp-backchannel", "ensure-jarm"];
    let due = Mischief::ALL.iter().filter(|one| !elsewhere.iter().any(|x| one.name().contains(x)));
    let missing: Vec<_> = due.filter(|one| !covered.contains(one)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for (test, mischief) in ROWS {
        assert!(test.starts_with(&mischief.name().replace('-', "_")), "{test}: {mischief:?}");
    }
}

#[test]
fn oidcc_client_test() {
    for client in
        ["confidential", "public", "rs256", "ps256", "es256", "eddsa", "hs256", "hs384", "hs512"]
    {
        let scenario = Scenario::new().client(client);
        let (login, world) = scenario.run().accepted();
        assert_eq!(login.subject().sub(), "sub-alice-248289761001", "{client}");
        assert_eq!(login.subject().issuer(), world.op.issuer());
    }
}

#[test]
fn oidcc_client_test_client_secret_post() {
    let with = |method| {
        let scenario = Scenario::new().client("post");
        scenario.registration(move |own| own.token_endpoint_auth_method(method)).run()
    };
    with(AuthMethod::ClientSecretPost).accepted();
    with(AuthMethod::ClientSecretBasic).refused("provider.error", After::Token);
}

#[test]
fn oidcc_client_test_client_secret_basic_as_it_stands() {
    let with = |method| {
        let scenario = Scenario::new().client("raw");
        scenario.registration(move |own| own.token_endpoint_auth_method(method)).run()
    };
    with(AuthMethod::ClientSecretBasicUnencoded).accepted();
    with(AuthMethod::ClientSecretPost).refused("provider.error", After::Token);
}

#[test]
fn oidcc_client_test_form_post_and_fragment() {
    for mode in [ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost] {
        Scenario::new().start(move |start| start.response_mode(mode)).run().accepted();
    }
}

#[test]
fn oidcc_client_test_userinfo_bearer_body_by_choice() {
    let outcome = Scenario::new().run();
    let client = outcome.client.clone().unwrap();
    let (login, mut world) = outcome.accepted();
    for (mischief, method, refusal) in [
        (Mischief::UserinfoBearerBody, UserInfoMethod::PostBody, None),
        (Mischief::UserinfoBearerBody, UserInfoMethod::Post, Some("provider.error")),
        (Mischief::UserinfoBearerHeader, UserInfoMethod::Post, None),
        (Mischief::UserinfoBearerHeader, UserInfoMethod::PostBody, Some("provider.error")),
    ] {
        world.op.set_mischief(mischief);
        world.transport.clear();
        let read = client.user_info(login.tokens().access_token(), login.subject());
        let result = world.run(read.method(method));
        assert_eq!(result.err().map(|error| error.code()), refusal, "{mischief:?} {method:?}");
        assert_eq!(world.transport.requests(), ["POST /userinfo"]);
    }
}

#[test]
fn the_settings_of_the_refused_rows_suit_an_honest_provider() {
    let start = |start: fn(_) -> _| Scenario::new().start(start).run().accepted();
    start(|start| start.max_age(3600));
    start(|start| start.require_acr(&["urn:test:silver"]));
    let policy = Policy::default().max_id_token_age(DAY).leeway(DAY);
    Scenario::new().policy(policy).run().accepted();
    Scenario::new().registration(|own| own.require_auth_time()).run().accepted();
    let es256 =
        |own: relying_party::Registration| own.id_token_signed_response_alg(Algorithm::ES256);
    Scenario::new().client("es256").registration(es256).run().accepted();
}

#[test]
fn oidcc_client_test_refresh_token() {
    refresh(Scenario::new().run(), None);
}

#[test]
fn oidcc_client_test_rp_init_logout() {
    log_out(Scenario::new().run(), None);
}

/// The whole plans of the implicit and the hybrid profile are in `certification_front.rs`.
fn hybrid(scenario: Scenario) -> Scenario {
    scenario.start(|start| start.response_type(ResponseType::CodeIdToken))
}

fn signed_user_info(scenario: Scenario) -> Scenario {
    scenario.registration(|own| own.userinfo_signed_response_alg(Algorithm::RS256))
}

const DAY: Duration = Duration::from_secs(86_400);
