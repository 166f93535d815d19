//! This application at a real provider: who is logged in, and what the provider tells it over the back channel.

use std::sync::{Arc, Mutex, PoisonError};

use relying_party::{
    Client, Login, Registration,
    flow::{
        session::{MemorySessions, Session, Sessions},
        start_login::StartedLogin,
    },
    jose::backend::Crypto,
    protocol::{authorization::Prompt, logout_answer::LogoutAnswer, replay::MemoryReplays},
};

use super::runner::Runner;
use crate::{
    op::{OpRequest, OpResponse},
    server::{Bound, Server},
    visitor::{ALICE, Visitor},
};

/// A request, and how many sessions it has ended, or why none.
type Told = (OpRequest, Result<usize, &'static str>);

/// One client of the provider with its sessions. Clones share them.
#[derive(Clone, Debug)]
pub struct Site {
    /// At the provider.
    pub client: Client,
    /// What it sends with.
    pub runner: Arc<Runner>,
    sessions: Arc<MemorySessions>,
    replays: Arc<MemoryReplays>,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Site {
    /// A client with this registration.
    ///
    /// # Panics
    /// When the provider cannot be discovered.
    pub fn new(
        issuer: &str,
        own: Registration,
        crypto: Crypto,
        runner: impl Into<Arc<Runner>>,
    ) -> Self {
        let runner = runner.into();
        let client = runner.client(issuer, own, crypto);
        Self {
            client,
            runner,
            sessions: Arc::default(),
            replays: Arc::default(),
            told: Arc::default(),
        }
    }

    /// Listens for what the provider tells.
    pub fn serve(&self, bound: Bound) -> Server {
        let site = self.clone();
        bound.serve_with(move |request| site.answer(request))
    }

    /// Takes what the provider tells.
    ///
    /// # Panics
    /// When it is not posted.
    pub fn answer(&self, request: &OpRequest) -> OpResponse {
        assert_eq!(request.method, "POST");
        let (result, answer) = self.receive(request.header("content-type"), &request.body);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push((request.clone(), result));
        let body = answer.body().into();
        let response = OpResponse { status: answer.status(), headers: vec![], body };
        let headers = answer.headers().iter();
        headers.fold(response, |response, (name, value)| response.with_header(name, value))
    }

    /// How many sessions a logout ends, or why none, and what is answered.
    ///
    /// # Panics
    /// When the store of sessions fails.
    pub fn receive(
        &self,
        content_type: Option<&str>,
        body: &[u8],
    ) -> (Result<usize, &'static str>, LogoutAnswer) {
        let ended = self
            .runner
            .run(self.client.back_channel_logout(content_type, body))
            .and_then(|received| received.check_replay(&*self.replays))
            .map(|token| self.sessions.end(token.target()).expect("a store").len());
        let answer = LogoutAnswer::back_channel(&ended);
        (ended.map_err(|error| error.code()), answer)
    }

    /// Logs Alice in and keeps the session.
    ///
    /// # Panics
    /// When the login fails.
    #[track_caller]
    pub fn log_in(&self, visitor: &Visitor) -> Login {
        let start = self.client.start_login().scope("email").prompt(Prompt::Consent);
        let StartedLogin { url, pending } = self.runner.run(start).expect("a start");
        let redirect_uri = self.client.registration().redirect_uri();
        let back = visitor.follow(&url, redirect_uri, ALICE).expect("the way back");
        let callback = self.client.callback(back.text()).expect("a callback");
        let finish = self.client.finish_login(pending, callback).with_user_info();
        let login = self.runner.run(finish).expect("a login");
        self.sessions.insert("visitor", &login.session()).expect("a store");
        self.runner.take_requests();
        login
    }

    /// Through the provider's page and back.
    ///
    /// # Panics
    /// When it does not lead back.
    #[track_caller]
    pub fn log_out(&self, visitor: &Visitor, session: &Session) {
        let bye = self.bye();
        let start = self.client.start_logout().id_token_hint(session.id_token());
        let started = self.runner.run(start.post_logout_redirect_uri(&bye)).expect("a start");
        let back = visitor.follow(&started.url, &bye, ALICE).expect("the way back");
        self.client.finish_logout(back.text(), &started.state).expect("the same state");
    }

    /// Logs out at the provider, which tells of it once; that ends the one session here, and nothing is sent for it. What it told.
    ///
    /// # Panics
    /// When it is not so.
    #[track_caller]
    pub fn is_told_once(&self, visitor: &Visitor, session: &Session) -> OpRequest {
        let place = self.runner.name();
        let elsewhere = MemorySessions::new();
        elsewhere.insert("another", session).expect("a store");
        self.log_out(visitor, session);
        let mut told =
            std::mem::take(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner));
        assert_eq!(told.len(), 1, "{place}");
        let (request, result) = told.remove(0);
        assert_eq!(result, Ok(1), "{place}");
        assert!(self.sessions.get("visitor").expect("a store").is_none(), "{place}");
        assert_eq!(self.runner.take_requests(), [""; 0], "the keys are known since the login");
        request
    }

    /// Where the provider leads after a logout.
    pub fn bye(&self) -> String {
        format!("{}/bye", self.client.registration().redirect_uri())
    }
}
