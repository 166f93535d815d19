//! What survives the redirect: data, so that any server of a cluster can finish a login.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde_json::json;

use crate::{
    error::{Bound, CallbackProblem, Error, ErrorKind},
    flow::party::Party,
    json::{Number, Object, Value},
    protocol::{
        authorization::ResponseMode,
        callback::Callback,
        id_token::Relaxation,
        pkce::{self, Pkce},
        profiled::{LeftOut, Profiled},
        response_type::ResponseType,
    },
    secret::{Nonce, Secret, SecretKind, State},
    stored,
    time::UnixTime,
};

/// A login that was started and waits for its callback.
///
/// Keep its [bytes](Self::to_bytes) in the *browser's own session* under its [`state`](Self::state), and take them
/// out once. A store that is keyed by `state` alone is not tied to the browser: an attacker could then finish his
/// own login in a victim's browser. The bytes hold secrets (the PKCE verifier, the nonce), so keep them on the
/// server; or seal them in a cookie (`seal` and `open`, with the feature `encryption`).
///
/// Not `Clone`, and finishing consumes it: a login is finished once.
pub struct PendingLogin {
    pub(crate) state: State,
    /// None only where the application asked for that.
    pub(crate) nonce: Option<Nonce>,
    pub(crate) pkce: Pkce,
    pub(crate) left_out: LeftOut,
    pub(crate) unsigned_request: bool,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) response_type: ResponseType,
    pub(crate) response_mode: ResponseMode,
    pub(crate) scope: String,
    pub(crate) max_age: Option<u64>,
    pub(crate) essential_acr: Vec<String>,
    pub(crate) requested_sub: Option<String>,
    /// The tenant of that `sub`, where there are several.
    pub(crate) requested_iss: Option<String>,
    pub(crate) created_at: UnixTime,
}

impl PendingLogin {
    /// `state`: the key under which the browser's session keeps it.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The issuer where the login was started: with several providers, finish with this one's client.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// When the login was started.
    pub fn created_at(&self) -> UnixTime {
        self.created_at
    }

    /// What was asked for: it says whether the login is finished with
    /// [`finish_login`](crate::Client::finish_login) (a code comes) or with
    /// [`finish_implicit_login`](crate::Client::finish_implicit_login).
    pub fn response_type(&self) -> ResponseType {
        self.response_type
    }

    /// Takes the login out of `pending`, those that this browser has started, to which the response belongs: by its
    /// `state`, in constant time for each. Keep the rest for the browser's other tabs.
    ///
    /// # Errors
    /// [`CallbackProblem::StateMissing`], and [`CallbackProblem::StateUnknown`] where there is none: it was finished
    /// before, or another browser started it.
    pub fn take(pending: &mut Vec<Self>, callback: &Callback) -> Result<Self, Error> {
        let state = callback.state().ok_or(CallbackProblem::StateMissing)?;
        let at = pending.iter().position(|login| login.state == *state);
        Ok(pending.swap_remove(at.ok_or(CallbackProblem::StateUnknown)?))
    }

    /// Versioned bytes with a checksum. They hold secrets, hence this explicit call instead of `Serialize`.
    pub fn to_bytes(&self) -> Vec<u8> {
        stored::write(&json!(self.document()))
    }

    /// The members, sorted: the same login, the same bytes. What was added after the first version is written only
    /// where it differs from what that version did.
    pub(crate) fn document(&self) -> BTreeMap<&'static str, serde_json::Value> {
        let mut document = BTreeMap::from([
            ("acr", json!(self.essential_acr)),
            ("client", json!(self.client_id)),
            ("created", json!(self.created_at.millis())),
            ("iss", json!(self.issuer)),
            ("max_age", json!(self.max_age)),
            ("mode", json!(self.response_mode.as_str())),
            ("redirect", json!(self.redirect_uri)),
            ("scope", json!(self.scope)),
            ("state", json!(self.state.expose())),
            ("sub", json!(self.requested_sub)),
        ]);
        if self.response_type != ResponseType::Code {
            document.insert("type", json!(self.response_type.as_str()));
        }
        if let Some(issuer) = &self.requested_iss {
            document.insert("sub_iss", json!(issuer));
        }
        match &self.nonce {
            Some(nonce) => document.insert("nonce", json!(nonce.expose())),
            None => document.insert("without_nonce", json!("yes")),
        };
        match &self.pkce.key {
            pkce::Key::Verifier(verifier) => document.insert("verifier", json!(verifier.expose())),
            pkce::Key::Challenge(challenge) => document.insert("challenge", json!(challenge)),
            pkce::Key::None => None,
        };
        match self.pkce.method {
            pkce::Method::S256 => None,
            pkce::Method::Plain => document.insert("pkce", json!("plain")),
            pkce::Method::Without => document.insert("pkce", json!("none")),
        };
        let LeftOut { nonce, pkce } = self.left_out;
        let left_out = [(nonce, "nonce"), (pkce, "pkce")].into_iter().filter(|(left, _)| *left);
        let left_out: Vec<_> = left_out.map(|(_, name)| name).collect();
        if !left_out.is_empty() {
            document.insert("profile", json!(left_out));
        }
        if self.unsigned_request {
            document.insert("unsigned_request", json!("yes"));
        }
        document
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote, in this or an older version.
    ///
    /// # Errors
    /// [`ErrorKind::Stored`] when the bytes were changed, cut, or written by a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let object = stored::read(WHAT, bytes)?;
        // A pending authorization is no login.
        if object.get("kind").is_some() {
            return Err(stored::malformed(WHAT));
        }
        let read = Self::read(&object).filter(Self::is_login);
        read.ok_or_else(|| stored::malformed(WHAT))
    }

    /// What a start makes: no `token` or `none`, and a nonce wherever an ID token comes through the browser.
    fn is_login(&self) -> bool {
        let kind = self.response_type;
        (kind.has_code() || kind.has_id_token())
            && (self.nonce.is_some() || kind == ResponseType::Code)
    }

    pub(crate) fn read(object: &Object<'_>) -> Option<Self> {
        let text = |name| object.required_string(name).map(str::to_owned).ok();
        let number = |name| match object.get(name) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        };
        let response_type = match object.get("type") {
            None => ResponseType::Code,
            Some(value) => ResponseType::parse(value.as_str()?).ok()?,
        };
        let response_mode = ResponseMode::parse(object.required_string("mode").ok()?)?;
        if !response_type.allows(response_mode) {
            return None;
        }
        Some(Self {
            state: secret(object, "state")?,
            nonce: match (object.get("nonce"), object.get("without_nonce")) {
                (Some(_), None) => Some(secret(object, "nonce")?),
                (None, Some(Value::String(_))) => None,
                _ => return None,
            },
            pkce: read_pkce(object)?,
            left_out: read_left_out(object)?,
            unsigned_request: match object.get("unsigned_request") {
                None => false,
                Some(Value::String(_)) => true,
                Some(_) => return None,
            },
            issuer: text("iss")?,
            client_id: text("client")?,
            redirect_uri: text("redirect")?,
            response_type,
            response_mode,
            scope: text("scope")?,
            max_age: match object.get("max_age") {
                Some(Value::Null) => None,
                Some(Value::Number(Number::Unsigned(seconds))) => Some(*seconds),
                _ => return None,
            },
            essential_acr: object.strings("acr").ok()??.into_iter().map(str::to_owned).collect(),
            requested_sub: match object.get("sub")? {
                Value::Null => None,
                value => Some(value.as_str()?.to_owned()),
            },
            requested_iss: match object.get("sub_iss") {
                None => None,
                Some(value) => Some(value.as_str()?.to_owned()),
            },
            created_at: UnixTime::from_millis(match number("created")? {
                Number::Unsigned(millis) => i64::try_from(millis).ok()?,
                Number::Negative(millis) => millis,
                Number::Float(_) => return None,
            }),
        })
    }

    /// Refuses to grow with what the caller asked for.
    pub(crate) fn bounded(self, limit: usize) -> Result<Self, Error> {
        let limit = limit.min(stored::MAX_BYTES);
        if self.to_bytes().len() > limit {
            return Err(ErrorKind::Limit { what: Bound::PendingLogin, limit }.into());
        }
        Ok(self)
    }

    /// Whether `party` may finish it now: not too old, and started with the same provider and client.
    pub(crate) fn check(&self, party: &Party, now: UnixTime) -> Result<(), Error> {
        let lifetime = party.policy.login_lifetime;
        // A start in the future beyond the leeway is a clock that went back or a forged record.
        if now.since(self.created_at) > lifetime || self.created_at.since(now) > party.policy.leeway
        {
            return Err(CallbackProblem::Expired.into());
        }
        match party.other_client(&self.issuer, &self.client_id) {
            Some(comparison) => Err(CallbackProblem::OtherClient(comparison).into()),
            None => Ok(()),
        }
    }

    /// The relaxations of the request, for the result.
    pub(crate) fn relaxations(&self, profiled: Option<&Profiled>) -> Vec<Relaxation> {
        let LeftOut { nonce, pkce } = self.left_out;
        let code = self.response_type.has_code();
        let all = [
            (self.response_type.has_access_token(), Relaxation::FrontChannelAccessToken, false),
            (code && self.pkce.method == pkce::Method::Plain, Relaxation::PkcePlain, false),
            (code && self.pkce.method == pkce::Method::Without, Relaxation::WithoutPkce, pkce),
            (self.nonce.is_none(), Relaxation::WithoutNonce, nonce),
            (self.unsigned_request, Relaxation::UnsignedRequestObject, false),
        ];
        let used = all.into_iter().filter(|(used, ..)| *used);
        used.map(|(_, relaxation, of_profile)| match profiled {
            Some(profiled) if of_profile => relaxation.because_of(profiled.name),
            _ => relaxation,
        })
        .collect()
    }

    pub(crate) fn max_age(&self) -> Option<Duration> {
        self.max_age.map(Duration::from_secs)
    }
}

fn read_pkce(object: &Object<'_>) -> Option<Pkce> {
    let method = match object.get("pkce") {
        None => pkce::Method::S256,
        Some(Value::String(text)) if text == "plain" => pkce::Method::Plain,
        Some(Value::String(text)) if text == "none" => pkce::Method::Without,
        Some(_) => return None,
    };
    let key = match (object.get("verifier"), object.get("challenge")) {
        (Some(_), None) => pkce::Key::Verifier(secret(object, "verifier")?),
        (None, Some(challenge)) => pkce::Key::Challenge(challenge.as_str()?.to_owned()),
        (None, None) => pkce::Key::None,
        (Some(_), Some(_)) => return None,
    };
    Pkce::new(method, key).ok()
}

fn read_left_out(object: &Object<'_>) -> Option<LeftOut> {
    let names = match object.get("profile") {
        None => return Some(LeftOut::default()),
        Some(_) => object.strings("profile").ok()??,
    };
    let known = names.iter().all(|name| matches!(*name, "nonce" | "pkce"));
    known.then(|| LeftOut { nonce: names.contains(&"nonce"), pkce: names.contains(&"pkce") })
}

fn secret<K: SecretKind>(object: &Object<'_>, name: &str) -> Option<Secret<K>> {
    Secret::parse(object.required_string(name).ok()?)
}

impl fmt::Debug for PendingLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogin")
            .field("issuer", &self.issuer)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

const WHAT: &str = "pending login";
