//! The userinfo endpoint (OIDC Core 5.3).
//!
//! ```text
//! ReadUserInfo ── Send(userinfo_endpoint) ── Done(UserInfo)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{ApiMisuse, Comparison, Error, ErrorKind, Purpose},
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
#[must_use = "a flow does nothing by itself"]
pub struct ReadUserInfo {
    party: Arc<Party>,
    token: AccessToken,
    subject: Option<Subject>,
    method: UserInfoMethod,
    asked: bool,
}

impl ReadUserInfo {
    pub(crate) fn new(party: Arc<Party>, token: AccessToken, subject: Option<Subject>) -> Self {
        Self { party, token, subject, method: UserInfoMethod::default(), asked: false }
    }

    /// How the request is made. Default: `GET`.
    pub fn method(mut self, method: UserInfoMethod) -> Self {
        self.method = method;
        self
    }

    /// OIDC Core 5.7: the same `sub` at another issuer is somebody else.
    fn check_subject(&self) -> Result<(), Error> {
        let ours = self.party.metadata.issuer().as_str();
        match &self.subject {
            Some(subject) if !self.party.issuer().covers(subject.issuer()) => {
                Err(ApiMisuse::OtherClient(Comparison::new(ours, subject.issuer())).into())
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for ReadUserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadUserInfo").field("party", &self.party).finish_non_exhaustive()
    }
}

impl Flow for ReadUserInfo {
    type Output = UserInfo;

    fn advance(self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match event.happened() {
            Happened::Started if !self.asked => {
                self.check_subject()?;
                let url = endpoint(&self.party.metadata.userinfo_endpoint, "userinfo_endpoint")?;
                let url = self.party.address_for(Purpose::UserInfo, url);
                let limits = self.party.limits();
                let request = user_info::request(url.clone(), self.method, &self.token, limits)?;
                Ok(Step::send(request, Self { asked: true, ..self }))
            }
            Happened::Replied(Ok(response)) if self.asked => {
                let limits = self.party.limits();
                user_info::read(&response, self.subject.as_ref(), limits).map(Step::Done)
            }
            Happened::Replied(Err(failure)) if self.asked => {
                Err(ErrorKind::Transport { purpose: Purpose::UserInfo, failure }.into())
            }
            _ => Err(unreachable("ReadUserInfo")),
        }
    }
}
