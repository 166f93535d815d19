//! The userinfo endpoint (OIDC Core 5.3).
//!
//! ```text
//! ReadUserInfo   Ready ─► Asking ─┬─ plain ────────────────────────────────────────► Done(UserInfo)
//!                                 ├─ encrypted ────────────────────────────────────► Done(UserInfo)
//!                                 └─ signed, or so inside ─► Verifying(VerifyToken) ─► Done(UserInfo)
//! ```

use std::{fmt, sync::Arc};

use crate::{
    env::Env,
    error::{ApiMisuse, Comparison, Error, ErrorKind, Purpose, TokenKind},
    flow::{
        Event, Flow, Happened, Progress, Step,
        decrypt::{decrypted, decrypted_claims},
        party::{Party, endpoint},
        unreachable,
        verify::VerifyToken,
    },
    http::{HttpRequest, HttpResponse},
    jose::jws::{HeaderRules, UnverifiedJws},
    protocol::{
        id_token::Subject,
        signed_user_info::{self, Expected},
        user_info::{self, UserInfo, UserInfoMethod},
    },
    secret::AccessToken,
    time::UnixTime,
};

/// The userinfo endpoint about to be read.
///
/// # Errors
/// A `sub` other than the login's refuses the answer ([`ErrorKind::Token`]). A signed one is refused unless it was
/// [registered](crate::Registration::userinfo_signed_response_alg), and then a plain one is: which of both comes is never
/// the provider's choice at that moment. The same holds for an encrypted one.
#[must_use = "a flow does nothing by itself"]
pub struct ReadUserInfo {
    party: Arc<Party>,
    token: AccessToken,
    subject: Option<Subject>,
    method: UserInfoMethod,
    state: State,
}

enum State {
    /// Not started.
    Ready,
    /// Waiting for the userinfo endpoint.
    Asking,
    /// Waiting for the key of the signed answer.
    Verifying(VerifyToken),
}

impl ReadUserInfo {
    pub(crate) fn new(party: Arc<Party>, token: AccessToken, subject: Option<Subject>) -> Self {
        let method = match party.demands().user_info_by_post {
            true => UserInfoMethod::Post,
            false => UserInfoMethod::Get,
        };
        Self { party, token, subject, method, state: State::Ready }
    }

    /// How the request is made. Default: `GET`, unless a profile says otherwise.
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

    fn request(&self) -> Result<HttpRequest, Error> {
        let party = &self.party;
        let url = endpoint(&party.metadata.userinfo_endpoint, "userinfo_endpoint")?;
        let url = party.address_for(Purpose::UserInfo, url).clone();
        let request = user_info::request(url, self.method, &self.token, party.limits())?;
        let own = &party.registration;
        let as_token = own.user_info_alg.is_some() || own.encryption.userinfo.is_some();
        Ok(if as_token { request.accepting(signed_user_info::JWT) } else { request })
    }

    fn answered(self, response: &HttpResponse, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let (party, limits) = (&self.party, self.party.limits());
        let own = &party.registration;
        let (signed, encrypted) = (own.user_info_alg, own.encryption.userinfo);
        let Some(token) = signed_user_info::token_in(response)? else {
            return match signed.is_none() && encrypted.is_none() {
                true => user_info::read(response, self.subject.as_ref(), limits).map(Step::Done),
                false => Err(signed_user_info::downgrade(response, encrypted.is_some(), limits)),
            };
        };
        match (signed, encrypted) {
            (None, None) => Err(signed_user_info::unregistered(response, token)),
            // OIDC Core 5.3.2: "The response MAY be encrypted without also being signed"
            (None, Some(encrypted)) => {
                let claims = decrypted_claims(party, KIND, encrypted, token, env)?;
                let expected = self.expected(env.now());
                signed_user_info::read_decrypted(&claims, &expected).map(Step::Done)
            }
            // OIDC Core 5.3.2: "the response MUST be signed then encrypted"
            (Some(algorithm), encrypted) => {
                let signed = decrypted(party, KIND, encrypted, token, env)?;
                let rules = HeaderRules::untyped(&algorithm);
                let parsed = UnverifiedJws::parse_by(&signed, &rules, limits);
                let verify = VerifyToken::of(party.clone(), KIND, parsed)?;
                self.verifying(verify, Event::started(), env)
            }
        }
    }

    fn verifying(
        self,
        verify: VerifyToken,
        event: Event,
        env: &mut dyn Env,
    ) -> Result<Step<Self>, Error> {
        match verify.advance(event, env)?.progress() {
            Progress::Suspended(child) => {
                Ok(child.within(|verify| Self { state: State::Verifying(verify), ..self }))
            }
            Progress::Done(jws) => {
                signed_user_info::read(&jws, &self.expected(env.now())).map(Step::Done)
            }
        }
    }

    fn expected(&self, now: UnixTime) -> Expected<'_> {
        let party = &self.party;
        Expected {
            encrypted: party.registration.encryption.userinfo.is_some(),
            issuer: party.issuer(),
            client_id: party.registration.client_id(),
            subject: self.subject.as_ref(),
            rules: party.policy.signed_user_info,
            instant: party.instant(now),
            json_depth: party.limits().json_depth,
            profiled: party.profiled(),
        }
    }
}

impl Flow for ReadUserInfo {
    type Output = UserInfo;

    fn advance(mut self, event: Event, env: &mut dyn Env) -> Result<Step<Self>, Error> {
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Ready => match event.happened() {
                Happened::Started => {
                    self.check_subject()?;
                    let request = self.request()?;
                    Ok(Step::send(request, Self { state: State::Asking, ..self }))
                }
                _ => Err(unreachable("ReadUserInfo")),
            },
            State::Asking => match event.happened() {
                Happened::Replied(Ok(response)) => self.answered(&response, env),
                Happened::Replied(Err(failure)) => {
                    Err(ErrorKind::Transport { purpose: Purpose::UserInfo, failure }.into())
                }
                _ => Err(unreachable("ReadUserInfo")),
            },
            State::Verifying(verify) => self.verifying(verify, event, env),
        }
    }
}

impl fmt::Debug for ReadUserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadUserInfo").field("party", &self.party).finish_non_exhaustive()
    }
}

const KIND: TokenKind = TokenKind::UserInfo;
