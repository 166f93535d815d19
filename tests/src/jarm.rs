//! Logins by signed authorization responses (JARM), and their verdicts.

use relying_party::{
    Client, Error, PendingLogin, Policy,
    flow::start_login::StartedLogin,
    jose::algorithm::Algorithm,
    protocol::{authorization::ResponseMode, id_token::Check, response_type::ResponseType},
};

use crate::{
    op::{Alg, OpConfig},
    scenario::{Return, World, crypto},
};

/// A provider that signs its responses so, and a client of it that knows.
///
/// # Panics
/// If that cannot be.
pub fn signed_by(alg: Alg, policy: Policy) -> (World, Client) {
    let mut config = OpConfig::default();
    for client in &mut config.clients {
        client.authorization_signed_response_alg = alg;
    }
    let mut world = World::new(config);
    let registration = world.registration("rs256");
    let registration = match alg {
        // JARM 3: the default
        Alg::Rs256 => registration,
        _ => registration
            .authorization_signed_response_alg(Algorithm::parse(alg.name()).expect("a name")),
    };
    let issuer = world.op.issuer().to_owned();
    let discover = Client::discover(issuer, registration, crypto()).policy(policy);
    let client = world.run(discover).expect("a client");
    world.transport.clear();
    (world, client)
}

/// The same with RS256.
pub fn world() -> (World, Client) {
    signed_by(Alg::Rs256, Policy::default())
}

/// The start of a login.
///
/// # Panics
/// If it fails.
pub fn start(
    (world, client): &mut (World, Client),
    response_type: ResponseType,
    mode: ResponseMode,
) -> StartedLogin {
    let start = client.start_login().scope("email").response_type(response_type);
    let start = start.insecure_front_channel_access_token().response_mode(mode);
    world.run(start).expect("a start")
}

/// The end of a login: the checks of its ID token.
///
/// # Errors
/// The flow's.
pub fn finish(
    (world, client): &mut (World, Client),
    pending: PendingLogin,
    back: &Return,
) -> Result<Vec<Check>, Error> {
    let callback = back.callback()?;
    let id_token = match pending.response_type().has_code() {
        true => world.run(client.finish_login(pending, callback))?.id_token().clone(),
        false => world.run(client.finish_implicit_login(pending, callback))?.id_token().clone(),
    };
    Ok(id_token.checks().to_vec())
}

/// A whole login.
///
/// # Errors
/// The flow's.
pub fn login(
    setup: &mut (World, Client),
    response_type: ResponseType,
    mode: ResponseMode,
) -> Result<Vec<Check>, Error> {
    let StartedLogin { url, pending } = start(setup, response_type, mode);
    let back = setup.0.visit(&url);
    finish(setup, pending, &back)
}

/// Refused with this code, after these requests and no other.
///
/// # Panics
/// Otherwise.
#[track_caller]
pub fn refused(
    setup: &(World, Client),
    result: Result<Vec<Check>, Error>,
    code: &str,
    sent: &[&str],
) {
    match result {
        Ok(_) => panic!("accepted, should have been refused with {code}"),
        Err(error) => assert_eq!(error.code(), code, "{error}"),
    }
    assert_eq!(setup.0.transport.requests(), sent, "{code}");
}

/// What a signature costs.
pub const KEYS: &[&str] = &["GET /jwks"];
/// No request at all.
pub const NOTHING: &[&str] = &[];
