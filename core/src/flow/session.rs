//! Sessions as data: which logins an application has, and which of them a logout ends.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::json;

use crate::{
    error::Error,
    flow::record::LoginRecord,
    json::Value,
    protocol::{id_token::Subject, logout_target::LogoutTarget},
    secret::{RawToken, SessionState},
    stored,
};

/// What a login leaves behind for its end: its [record](LoginRecord), the ID token as a hint for the provider, and
/// `session_state`.
///
/// Keep its [bytes](Self::to_bytes) under the identifier of the visitor's session, where only the server can write them.
#[derive(Clone)]
pub struct Session {
    record: LoginRecord,
    id_token: RawToken,
    session_state: Option<SessionState>,
}

impl Session {
    pub(crate) fn new(
        record: LoginRecord,
        id_token: RawToken,
        session_state: Option<&str>,
    ) -> Self {
        // Session Management 2: it must not contain a space; one that does counts as absent
        Self { record, id_token, session_state: session_state.and_then(SessionState::parse) }
    }

    /// Who logged in.
    pub fn subject(&self) -> &Subject {
        self.record.subject()
    }

    /// `sid`: the provider's session, where it says.
    pub fn sid(&self) -> Option<&str> {
        self.record.sid()
    }

    /// What a refresh of this login needs.
    pub fn record(&self) -> &LoginRecord {
        &self.record
    }

    /// The ID token as it came, for [`StartLogout::id_token_hint`](crate::flow::logout::StartLogout::id_token_hint).
    pub fn id_token(&self) -> &RawToken {
        &self.id_token
    }

    /// `session_state`, where the provider sent a proper one, for
    /// [`Client::check_session_page`](crate::Client::check_session_page).
    pub fn session_state(&self) -> Option<&SessionState> {
        self.session_state.as_ref()
    }

    /// Whether a logout names this login.
    pub fn is_ended_by(&self, target: &LogoutTarget) -> bool {
        target.covers(self.subject(), self.sid())
    }

    /// Versioned bytes with a checksum. They hold the ID token.
    pub fn to_bytes(&self) -> Vec<u8> {
        stored::write(&json!({
            "id_token": self.id_token.expose(),
            "login": self.record.document(),
            "session_state": self.session_state.as_ref().map(SessionState::expose),
        }))
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, in this or an older version.
    ///
    /// # Errors
    /// [`ErrorKind::Stored`](crate::error::ErrorKind::Stored) when the bytes were changed, cut, or written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let object = stored::read(WHAT, bytes)?;
        let read = || {
            let Some(Value::Object(login)) = object.get("login") else { return None };
            let session_state = match object.string("session_state").ok()? {
                Some(text) => Some(SessionState::parse(text)?),
                None => None,
            };
            Some(Self {
                record: LoginRecord::read(login)?,
                id_token: RawToken::parse(object.required_string("id_token").ok()?)?,
                session_state,
            })
        };
        read().ok_or_else(|| stored::malformed(WHAT))
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("record", &self.record).finish_non_exhaustive()
    }
}

/// Where an application keeps its sessions: a table with the bytes of each [`Session`] under the application's own
/// identifier, and an index for each of (`iss`, `sub`) and (`iss`, `sid`).
///
/// A person may have several sessions, in several browsers or in one session of the provider. An application whose store
/// is asynchronous does the same by its own means; [`Session::is_ended_by`] is all that it needs from here.
pub trait Sessions {
    /// What the store fails with.
    type Error;

    /// Keeps a session under `id`, in place of one that was there.
    ///
    /// # Errors
    /// The store's, as everywhere here.
    fn insert(&self, id: &str, session: &Session) -> Result<(), Self::Error>;

    /// The session with this identifier.
    ///
    /// # Errors
    /// The store's.
    fn get(&self, id: &str) -> Result<Option<Session>, Self::Error>;

    /// Ends the session with this identifier, and says which it was.
    ///
    /// # Errors
    /// The store's.
    fn remove(&self, id: &str) -> Result<Option<Session>, Self::Error>;

    /// The identifiers of all sessions of a person.
    ///
    /// # Errors
    /// The store's.
    fn of_subject(&self, issuer: &str, sub: &str) -> Result<Vec<String>, Self::Error>;

    /// The identifiers of all sessions within one session of the provider.
    ///
    /// # Errors
    /// The store's.
    fn of_sid(&self, issuer: &str, sid: &str) -> Result<Vec<String>, Self::Error>;

    /// Ends what a logout names, and says what that was: none is no failure.
    ///
    /// # Errors
    /// The store's. Some may have ended by then; asking again ends the rest.
    fn end(&self, target: &LogoutTarget) -> Result<Vec<Session>, Self::Error> {
        let issuer = target.issuer();
        let candidates = match (target.sid(), target.sub()) {
            (Some(sid), _) => self.of_sid(issuer, sid)?,
            (None, Some(sub)) => self.of_subject(issuer, sub)?,
            (None, None) => Vec::new(),
        };
        let mut ended = Vec::new();
        for id in candidates {
            if self.get(&id)?.is_some_and(|session| session.is_ended_by(target)) {
                ended.extend(self.remove(&id)?);
            }
        }
        Ok(ended)
    }
}

/// Sessions in memory: for tests, and for an application that is a single process. Nothing bounds their number but the
/// application, which makes them.
#[derive(Default)]
pub struct MemorySessions(Mutex<BTreeMap<String, Session>>);

impl MemorySessions {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn sessions(&self) -> MutexGuard<'_, BTreeMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, is: impl Fn(&Session) -> bool) -> Vec<String> {
        let sessions = self.sessions();
        sessions.iter().filter(|(_, session)| is(session)).map(|(id, _)| id.clone()).collect()
    }
}

impl Sessions for MemorySessions {
    type Error = Infallible;

    fn insert(&self, id: &str, session: &Session) -> Result<(), Infallible> {
        self.sessions().insert(id.to_owned(), session.clone());
        Ok(())
    }

    fn get(&self, id: &str) -> Result<Option<Session>, Infallible> {
        Ok(self.sessions().get(id).cloned())
    }

    fn remove(&self, id: &str) -> Result<Option<Session>, Infallible> {
        Ok(self.sessions().remove(id))
    }

    fn of_subject(&self, issuer: &str, sub: &str) -> Result<Vec<String>, Infallible> {
        let is = |own: &Subject| (own.issuer(), own.sub()) == (issuer, sub);
        Ok(self.found(|session| is(session.subject())))
    }

    fn of_sid(&self, issuer: &str, sid: &str) -> Result<Vec<String>, Infallible> {
        Ok(self.found(|own| own.subject().issuer() == issuer && own.sid() == Some(sid)))
    }
}

impl fmt::Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemorySessions({})", self.sessions().len())
    }
}

const WHAT: &str = "session";
