//! The userinfo endpoint (OIDC Core 5.3).
//!
//! ```text
//! ReadUserInfo ── Send(userinfo_endpoint) ── Done(UserInfo)
//! ```

use std::sync::Arc;

use crate::{
    env::Env,
    error::{Error, ErrorKind, Purpose},
    flow::{
        Event, Flow, Happened, Step,
        party::{Party, endpoint},
        unreachable,
    },
    protocol::{
        id_token::Subject,
        user_info::{self, UserInfo, UserInfoMethod},
    },
    secret::AccessToken,
};

/// The userinfo endpoint about to be read.
#[derive(Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct ReadUserInfo {
    party: Arc<Party>,
    token: AccessToken,
    subject: Option<Subject>,
    method: UserInfoMethod,
}

impl ReadUserInfo {
    pub(crate) fn new(party: Arc<Party>, token: AccessToken, subject: Option<Subject>) -> Self {
        Self { party, token, subject, method: UserInfoMethod::default() }
    }

    /// How the request is made. Default: `GET`.
    pub fn method(mut self, method: UserInfoMethod) -> Self {
        self.method = method;
        self
    }
}

impl Flow for ReadUserInfo {
    type Output = UserInfo;

    fn advance(self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match event.happened() {
            Happened::Started => {
                let url = endpoint(&self.party.metadata.userinfo_endpoint, "userinfo_endpoint")?;
                let limits = self.party.limits();
                let request = user_info::request(url.clone(), self.method, &self.token, limits)?;
                Ok(Step::send(request, self))
            }
            Happened::Replied(Ok(response)) => {
                let limits = self.party.limits();
                user_info::read(&response, self.subject.as_ref(), limits).map(Step::Done)
            }
            Happened::Replied(Err(failure)) => {
                Err(ErrorKind::Transport { purpose: Purpose::UserInfo, failure }.into())
            }
            Happened::Elapsed | Happened::Signed(_) => Err(unreachable("ReadUserInfo")),
        }
    }
}
