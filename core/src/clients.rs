//! Many providers at once: a set of clients, one for each issuer (RFC 9700 4.4).

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use sha2::{Digest, Sha256};

use crate::{
    client::Client,
    error::{ApiMisuse, Error, Shown},
    flow::{
        pending_authorization::PendingAuthorization, pending_login::PendingLogin,
        record::LoginRecord,
    },
    text,
};

/// Clients by issuer. Cheap to clone; clones are the same set. `Send + Sync`.
///
/// A client is never replaced: what is in flight (pending logins, cached keys) belongs to it. And no two clients may
/// speak for the same issuer, not even by an alias, a slash or a template: otherwise one provider could name the
/// people of another one.
///
/// With several providers, give each one a redirect URI of its own ([`redirect_uri_for`](Self::redirect_uri_for)) and
/// choose the client by the path on which the browser came back. That, and the issuer in the pending login, keeps a
/// provider from getting another one's codes (RFC 9700 4.4.2):
///
/// ```
/// use relying_party::{Client, Error, PendingLogin, clients::Clients, flow::finish_login::FinishLogin};
///
/// # fn none() -> Error { relying_party::error::CallbackProblem::StateMissing.into() }
/// fn came_back(set: &Clients, path: &str, query: &str, pending: PendingLogin) -> Result<FinishLogin, Error> {
///     let client: Client = set.for_callback(path).ok_or_else(none)?;
///     let callback = client.callback(query)?;
///     // Refused with `callback.other_client` where the login was started with another client.
///     Ok(client.finish_login(pending, callback))
/// }
/// ```
#[derive(Clone, Default)]
pub struct Clients(Arc<RwLock<BTreeMap<String, Client>>>);

impl Clients {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a client in.
    ///
    /// # Errors
    /// [`ApiMisuse::ClientExists`] when there is one for its issuer, or one of the two may be named the other's issuer
    /// in an ID token. The set is then as it was; [`get`](Self::get) gives the one that is there.
    pub fn insert(&self, client: Client) -> Result<(), Error> {
        let mut clients = self.write();
        if let Some(other) = clients.values().find(|other| client.overlaps(other)) {
            return Err(ApiMisuse::ClientExists(Shown::new(other.issuer())).into());
        }
        clients.insert(client.issuer().to_owned(), client);
        Ok(())
    }

    /// The client for an issuer, written as it was when the client was made.
    pub fn get(&self, issuer: &str) -> Option<Client> {
        self.read().get(issuer).cloned()
    }

    /// The client that started a login.
    ///
    /// # Errors
    /// [`ApiMisuse::NoSuchClient`] when the set has none for its issuer and client id.
    pub fn for_pending(&self, pending: &PendingLogin) -> Result<Client, Error> {
        self.get(pending.issuer())
            .filter(|client| client.registration().client_id() == pending.client_id)
            .ok_or_else(|| none(pending.issuer()))
    }

    /// The client that started an authorization.
    ///
    /// # Errors
    /// As [`for_pending`](Self::for_pending).
    pub fn for_pending_authorization(
        &self,
        pending: &PendingAuthorization,
    ) -> Result<Client, Error> {
        self.for_pending(&pending.0)
    }

    /// The client of a login, for its refresh or logout. The issuer of its subject may be another one than the client's: that of a
    /// tenant ([`Policy::issuer_template`](crate::Policy::issuer_template)), or an alias. [`get`](Self::get) would then find nothing.
    ///
    /// # Errors
    /// [`ApiMisuse::NoSuchClient`] when the set has none whose issuer and client id are the record's.
    pub fn for_record(&self, record: &LoginRecord) -> Result<Client, Error> {
        let clients = self.read();
        let found = clients.values().find(|client| record.check(client.party()).is_ok());
        found.cloned().ok_or_else(|| none(record.subject().issuer()))
    }

    /// The client whose redirect URI, made by [`redirect_uri_for`](Self::redirect_uri_for), ends as `path` does.
    pub fn for_callback(&self, path: &str) -> Option<Client> {
        let mark = path.rsplit('/').next().filter(|mark| !mark.is_empty())?;
        self.read().values().find(|client| self::mark(client.issuer()) == mark).cloned()
    }

    /// A redirect URI for one provider: `base`, a slash, and 43 characters that stand for the issuer (its SHA-256).
    /// The same in every process and for ever; register it there. `issuer` is that of the client: an
    /// [`Issuer`](crate::protocol::issuer::Issuer), or its text, such as
    /// [`Profile::issuer`](crate::profile::Profile::issuer).
    ///
    /// ```
    /// use relying_party::{clients::Clients, profile};
    ///
    /// let uri = Clients::redirect_uri_for("https://site.example/cb", profile::google().issuer());
    /// assert_eq!(uri.len(), "https://site.example/cb/".len() + 43);
    /// ```
    pub fn redirect_uri_for(base: &str, issuer: &(impl AsRef<str> + ?Sized)) -> String {
        format!("{}/{}", base.strip_suffix('/').unwrap_or(base), mark(issuer.as_ref()))
    }

    /// Takes a client out. Logins that it started can then be finished only by whoever still has it.
    pub fn remove(&self, issuer: &str) -> Option<Client> {
        self.write().remove(issuer)
    }

    /// The clients of this moment, in the order of their issuers.
    pub fn iter(&self) -> impl Iterator<Item = Client> + use<> {
        let clients: Vec<Client> = self.read().values().cloned().collect();
        clients.into_iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    // No change is ever half done, so a poisoned lock guards a good set.
    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Client>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Client>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

fn none(issuer: &str) -> Error {
    ApiMisuse::NoSuchClient(Shown::new(issuer)).into()
}

fn mark(issuer: &str) -> String {
    text::encode_base64url(&Sha256::digest(issuer))
}
