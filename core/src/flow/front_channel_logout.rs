//! A logout of which the browser tells, in a frame of the provider's page (OpenID Connect Front-Channel Logout 1.0).

use std::sync::Arc;

use crate::{
    error::Error,
    flow::{party::Party, session::Session},
    protocol::{logout_notice, logout_target::LogoutTarget, relaxation::Relaxation},
};

/// A front-channel logout whose parameters are in order.
///
/// Nobody vouches for it: any page can have a browser load the address. End nothing but the session of this application,
/// and take back no token because of it. Without [`target`](Self::target) it is about the session whose cookie came along,
/// if the browser sent one out of a frame.
#[derive(Clone, Debug)]
#[must_use = "no session has ended yet"]
pub struct FrontChannelLogout {
    party: Arc<Party>,
    target: Option<LogoutTarget>,
    relaxations: Vec<Relaxation>,
}

impl FrontChannelLogout {
    pub(crate) fn new(party: Arc<Party>, query: &str) -> Result<Self, Error> {
        let required = party.registration.frontchannel_session_required;
        let named = logout_notice::front_channel(query, party.issuer(), required, party.limits())?;
        let (target, tolerance) = named.unzip();
        let relaxations =
            tolerance.flatten().into_iter().chain(party.transport_relaxation()).collect();
        Ok(Self { party, target, relaxations })
    }

    /// Which session of the provider ended, where it says: `iss` and `sid`.
    pub fn target(&self) -> Option<&LogoutTarget> {
        self.target.as_ref()
    }

    /// Whether it ends this session: a login of this provider and client, and in the session that it names, if it names
    /// one (Front-Channel Logout 2), with `iss` byte for byte as in the login's ID token. Where it does not, nothing is to
    /// be done, and the answer is the same.
    pub fn ends(&self, session: &Session) -> bool {
        session.record().check(&self.party).is_ok()
            && self.target.as_ref().is_none_or(|target| session.is_ended_by(target))
    }

    /// The settings of this application without which it had been refused.
    pub fn relaxations(&self) -> &[Relaxation] {
        &self.relaxations
    }
}
