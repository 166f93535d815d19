//! The certification plans of the implicit and the hybrid profile, and the same over form_post: each module with each
//! response type for which its plan has it.
//!
//! One row, one test, named as the module. A refused ID token that came through the browser costs the keys and nothing
//! else: the code is not spent. With `code token` the ID token comes from the token endpoint.

use relying_party::{
    Client, Error, Policy,
    flow::start_login::{StartLogin, StartedLogin},
    protocol::{
        authorization::ResponseMode,
        claims::Claims,
        response_type::ResponseType::{
            self, CodeIdToken, CodeIdTokenToken, CodeToken, IdToken, IdTokenToken,
        },
    },
};
use relying_party_tests::{op::Mischief, scenario::World};

enum Verdict {
    Accepted,
    /// Of the ID token.
    Refused(&'static str),
    /// Of the userinfo answer.
    RefusedUserInfo(&'static str),
}

use Verdict::{Accepted, Refused, RefusedUserInfo};

const ALL: &[ResponseType] = &[IdToken, IdTokenToken, CodeIdToken, CodeToken, CodeIdTokenToken];
const USER_INFO: &[ResponseType] = &[IdTokenToken, CodeIdToken, CodeToken, CodeIdTokenToken];
const CODE: &[ResponseType] = &[CodeIdToken, CodeToken, CodeIdTokenToken];
const AT_HASH: &[ResponseType] = &[IdTokenToken, CodeIdTokenToken];
const C_HASH: &[ResponseType] = &[CodeIdToken, CodeIdTokenToken];

macro_rules! certification {
    ($($test:ident $types:ident $($mischief:ident)? => $verdict:expr;)*) => {
        $(#[test]
        fn $test() {
            let mischief: &[Mischief] = &[$(Mischief::$mischief)?];
            for response_type in $types {
                for mode in [None, Some(ResponseMode::FormPost)] {
                    hold(*response_type, mode, mischief.first().copied(), &$verdict);
                }
            }
        })*

        const CELLS: &[usize] = &[$($types.len(),)*];
    };
}

certification! {
    oidcc_client_test ALL => Accepted;
    oidcc_client_test_invalid_iss ALL InvalidIss => Refused("claim.iss.mismatch");
    oidcc_client_test_missing_sub ALL MissingSub => Refused("claim.sub.missing");
    oidcc_client_test_invalid_aud ALL InvalidAud => Refused("claim.aud.mismatch");
    oidcc_client_test_missing_iat ALL MissingIat => Refused("claim.iat.missing");
    oidcc_client_test_nonce_invalid ALL NonceInvalid => Refused("claim.nonce.mismatch");
    oidcc_client_test_nonce_unless_code_flow ALL => Accepted;
    oidcc_client_test_kid_absent_single_jwks ALL KidAbsentSingleJwks => Accepted;
    oidcc_client_test_kid_absent_multiple_jwks ALL KidAbsentMultipleJwks => Accepted;
    oidcc_client_test_idtoken_sig_rs256 ALL IdTokenSigRs256 => Accepted;
    oidcc_client_test_invalid_sig_rs256 ALL InvalidSigRs256 => Refused("token.signature");
    oidcc_client_test_scope_userinfo_claims ALL => Accepted;
    oidcc_client_test_client_secret_basic CODE => Accepted;
    oidcc_client_test_userinfo_invalid_sub USER_INFO UserinfoInvalidSub
        => RefusedUserInfo("claim.sub.mismatch");
    oidcc_client_test_invalid_athash AT_HASH InvalidAtHash => Refused("claim.at_hash.mismatch");
    oidcc_client_test_missing_athash AT_HASH MissingAtHash => Refused("claim.at_hash.missing");
    oidcc_client_test_invalid_chash C_HASH InvalidCHash => Refused("claim.c_hash.mismatch");
    oidcc_client_test_missing_chash C_HASH MissingCHash => Refused("claim.c_hash.missing");
}

/// 27 of the implicit plan and 48 of the hybrid one; each of them over form_post as well.
#[test]
fn no_module_of_the_plans_is_missing() {
    assert_eq!(CELLS.iter().sum::<usize>(), 27 + 48);
}

#[track_caller]
fn hold(
    response_type: ResponseType,
    mode: Option<ResponseMode>,
    mischief: Option<Mischief>,
    verdict: &Verdict,
) {
    let mut world = World::default();
    world.op.set_mischief(mischief);
    let client = world.discover("rs256", Policy::default()).expect("a client");
    world.transport.clear();
    let start = client.start_login().scope("profile email phone address");
    let start = start.response_type(response_type).insecure_front_channel_access_token();
    let result = run(&mut world, &client, response_type, with(start, mode));
    let requests = world.transport.requests();
    let mut due = vec!["GET /jwks"];
    let to_the_end = !matches!(verdict, Refused(_));
    let front = response_type.has_id_token();
    if response_type.has_code() && (to_the_end || !front) {
        due.push("POST /token");
    }
    if to_the_end && response_type != IdToken {
        due.push("GET /userinfo");
    }
    assert_eq!(requests, due, "{response_type}");
    match (result, verdict) {
        (Ok(claims), Accepted) => {
            for (name, value) in [("email", "alice@people.test"), ("name", "Alice Liddell")] {
                let claim = claims.claim::<String>(name).expect("a text");
                assert_eq!(claim.as_deref(), Some(value), "{response_type}");
            }
        }
        (Err(error), Refused(code) | RefusedUserInfo(code)) => {
            assert_eq!(error.code(), *code, "{response_type}");
        }
        (result, _) => panic!("{response_type}: {:?}", result.err()),
    }
}

fn with(start: StartLogin, mode: Option<ResponseMode>) -> StartLogin {
    match mode {
        Some(mode) => start.response_mode(mode),
        None => start,
    }
}

/// The whole login; the claims of the userinfo endpoint, or of the ID token where there is no access token.
fn run(
    world: &mut World,
    client: &Client,
    response_type: ResponseType,
    start: StartLogin,
) -> Result<Claims, Error> {
    let StartedLogin { url, pending } = world.run(start)?;
    let callback = world.visit(&url).callback()?;
    if response_type.has_code() {
        let login = world.run(client.finish_login(pending, callback).with_user_info())?;
        return Ok(login.user_info().expect("claims").claims().clone());
    }
    let login = world.run(client.finish_implicit_login(pending, callback))?;
    match login.tokens() {
        Some(tokens) => {
            let read = client.user_info(tokens.access_token(), login.subject());
            Ok(world.run(read)?.claims().clone())
        }
        None => Ok(login.id_token().claims().clone()),
    }
}
