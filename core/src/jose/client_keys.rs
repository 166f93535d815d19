//! The client's own keys: which of them are published at its `jwks_uri`, and which one signs (OIDC Core 10.1.1, 10.2.1).
//!
//! ```text
//!                 announce              rotate                 keep_until
//! to sign:     ───────────► next ───────────────► current ─────────────────► gone
//!                           published             published,   previous:
//!                                                 signs        published
//!
//! to decrypt:  ───────────► current ────────────► previous ────────────────► gone
//!                           published,            decrypts, not published
//!                           decrypts
//! ```
//!
//! A signing key is published before it is used, since providers keep the set for a while. A decryption key is taken
//! out of the set when the next one comes, so that nobody encrypts to it any more, and still decrypts for a while.
//!
//! # From the first key to a login
//!
//! ```
//! # #[cfg(all(feature = "rustcrypto", feature = "encryption"))]
//! # mod shown {
//! use relying_party::{
//!     Client, Env, Error, Registration,
//!     crypto::{rustcrypto, rustcrypto_generate_signing_key, rustcrypto_signing_key},
//!     flow::start_login::StartLogin,
//!     jose::{
//!         algorithm::Algorithm,
//!         client_keys::ClientKeys,
//!         encryption::{ContentEncryption, KeyManagement},
//!         jwk::{AgreementCurve, DecryptionKey},
//!     },
//!     protocol::{client_metadata::ClientMetadata, request_object::RequestObject},
//!     time::UnixTime,
//! };
//!
//! /// Once. `keep` puts a private JWK where the application keeps its secrets.
//! fn generate(env: &mut dyn Env, keep: impl Fn(&str, &str)) -> Result<(), Error> {
//!     let signs = rustcrypto_generate_signing_key(Algorithm::ES256, env)?;
//!     keep("signs", &signs.to_private_jwk());
//!     let decrypts = DecryptionKey::generate(AgreementCurve::X25519, &rustcrypto(), env)?;
//!     keep("decrypts", &decrypts.to_private_jwk(&rustcrypto())?);
//!     Ok(())
//! }
//!
//! /// At each start of the program.
//! fn read(signs: &[u8], decrypts: &[u8]) -> Result<ClientKeys, Error> {
//!     ClientKeys::new(rustcrypto())
//!         .signing_key(rustcrypto_signing_key(signs, Algorithm::ES256)?)?
//!         .decryption_key(DecryptionKey::from_jwk(decrypts)?)
//! }
//!
//! const ENCRYPTED: (KeyManagement, ContentEncryption) =
//!     (KeyManagement::EcdhEs, ContentEncryption::A256Gcm);
//!
//! /// To register by program. Better than the keys is their address, `jwks_uri`: a set that is sent is not read again.
//! fn metadata(keys: &ClientKeys, now: UnixTime) -> Result<ClientMetadata, Error> {
//!     let metadata = ClientMetadata::web(&["https://app.example/callback"])?;
//!     Ok(metadata.jwks(&keys.jwks(now)).id_token_encrypted_response(ENCRYPTED.0, ENCRYPTED.1))
//! }
//!
//! /// To register by hand: what the provider's form was told, for `Client::discover`. ID tokens that are not encrypted are
//! /// refused from then on.
//! fn registration(keys: &ClientKeys, now: UnixTime) -> Result<Registration, Error> {
//!     let mut registration = Registration::public("my-app", "https://app.example/callback")?;
//!     if let Some(key) = keys.current_signing_key() {
//!         registration = registration.private_key_jwt(key.clone());
//!     }
//!     Ok(registration
//!         .id_token_encrypted_response(ENCRYPTED.0, ENCRYPTED.1)
//!         .decryption_keys(keys.decryption_keys(now)))
//! }
//!
//! /// A login whose request is signed, and encrypted for the provider. It is finished like any other.
//! fn start(client: &Client, keys: &ClientKeys) -> StartLogin {
//!     let login = client.start_login().scope("email");
//!     match keys.current_signing_key() {
//!         Some(key) => login.request_object(
//!             RequestObject::signed_by(key.clone()).encrypted_for_provider(ENCRYPTED.0, ENCRYPTED.1),
//!         ),
//!         None => login,
//!     }
//! }
//! # }
//! ```
//!
//! This is data: no clock, no store, and no bytes of its own. Beside each private JWK the application stores what it is:
//! the current one, the next one with its `usable_from`, or a previous one with its `keep_until`; after a restart it is
//! given to [`signing_key`](ClientKeys::signing_key), [`announce_signing_key`](ClientKeys::announce_signing_key) or
//! [`previous_signing_key`](ClientKeys::previous_signing_key), and the same with `decryption_key` and
//! `previous_decryption_key`. Serve [`jwks`](ClientKeys::jwks) with [`MEDIA_TYPE`] and a `Cache-Control` whose
//! `max-age` is shorter than the times chosen here.

use std::fmt;

#[cfg(feature = "encryption")]
use crate::jose::jwk::{DecryptionKey, EncryptionKey};
use crate::{
    error::{ApiMisuse, Error},
    jose::{backend::Crypto, jwk::Jwk, signer::SigningKey},
    time::UnixTime,
};

/// The media type of a key set (RFC 7517 8.5.2).
pub const MEDIA_TYPE: &str = "application/jwk-set+json";

/// A client's key pairs: those that sign and those that decrypt. No pair does both, no pair is there twice, and nothing
/// private or shared is ever [published](Self::jwks).
///
/// Keys without a `kid` are given their thumbprint (RFC 7638) for one, in the set and in what they sign.
///
/// ```
/// # use relying_party::{Error, jose::{backend::Crypto, client_keys::ClientKeys, signer::SigningKey}, time::UnixTime};
/// # use std::time::Duration;
/// # fn change(crypto: Crypto, old: SigningKey, new: SigningKey, now: UnixTime) -> Result<(), Error> {
/// let mut keys = ClientKeys::new(crypto).signing_key(old)?;
/// // Published from now on, used when all providers have seen it.
/// let day = Duration::from_secs(86_400);
/// keys.announce_signing_key(new, now.after(day))?;
/// // A day later: the new one signs, the old one stays published for an hour.
/// let now = now.after(day);
/// keys.rotate_signing_key(now, now.after(Duration::from_secs(3600)))?;
/// let registration_key = keys.current_signing_key(); // Registration::private_key_jwt
/// let document = keys.jwks(now);
/// # Ok(()) }
/// ```
pub struct ClientKeys {
    crypto: Crypto,
    signing: Vec<Signing>,
    #[cfg(feature = "encryption")]
    decrypting: Vec<Decrypting>,
}

struct Signing {
    key: SigningKey,
    public: Jwk,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Next { usable_from: UnixTime },
    Current,
    Previous { keep_until: UnixTime },
}

impl State {
    fn lasts(self, now: UnixTime) -> bool {
        match self {
            Self::Previous { keep_until } => now <= keep_until,
            Self::Next { .. } | Self::Current => true,
        }
    }
}

#[cfg(feature = "encryption")]
struct Decrypting {
    key: DecryptionKey,
    public: EncryptionKey,
    /// None while it is published.
    keep_until: Option<UnixTime>,
}

#[cfg(feature = "encryption")]
impl Decrypting {
    fn is_published(&self) -> bool {
        self.keep_until.is_none()
    }

    fn lasts(&self, now: UnixTime) -> bool {
        self.keep_until.is_none_or(|until| now <= until)
    }
}

impl ClientKeys {
    /// None yet. `crypto` tells whether the halves of each key belong together.
    pub fn new(crypto: Crypto) -> Self {
        Self {
            crypto,
            signing: Vec::new(),
            #[cfg(feature = "encryption")]
            decrypting: Vec::new(),
        }
    }

    /// The key that signs, from the start. A later one comes by [`announce_signing_key`](Self::announce_signing_key).
    ///
    /// # Errors
    /// [`ApiMisuse::ClientKeys`]: there is one; the key does not know its public half (see
    /// [`SigningKey::with_public_jwk`]) or that is not its own; the pair or its `kid` is there already, be it to decrypt.
    pub fn signing_key(mut self, key: SigningKey) -> Result<Self, Error> {
        if self.current_signing_key().is_some() {
            return Err(misuse("there is a current signing key"));
        }
        self.add_signing(key, State::Current)?;
        Ok(self)
    }

    /// A key that has signed before, published until then: for a start in the middle of a change.
    ///
    /// # Errors
    /// As [`signing_key`](Self::signing_key).
    pub fn previous_signing_key(
        mut self,
        key: SigningKey,
        keep_until: UnixTime,
    ) -> Result<Self, Error> {
        self.add_signing(key, State::Previous { keep_until })?;
        Ok(self)
    }

    /// Publishes the next key, which signs nothing before `usable_from`: give the providers time to read the set, a day
    /// where nothing better is known.
    ///
    /// # Errors
    /// As [`signing_key`](Self::signing_key), and where one is announced already.
    pub fn announce_signing_key(
        &mut self,
        next: SigningKey,
        usable_from: UnixTime,
    ) -> Result<(), Error> {
        if self.signing.iter().any(|own| matches!(own.state, State::Next { .. })) {
            return Err(misuse("a next signing key is announced already"));
        }
        self.add_signing(next, State::Next { usable_from })
    }

    /// The announced key becomes the current one. The one before stays published until `keep_until`, as long as what it
    /// signed may be looked at: the lifetime of an assertion, a minute by default, and the clocks' difference.
    ///
    /// Clients hold a key of their own: make them anew with [`current_signing_key`](Self::current_signing_key).
    ///
    /// # Errors
    /// [`ApiMisuse::ClientKeys`] where none is announced, or not for long enough. Nothing is changed then.
    pub fn rotate_signing_key(&mut self, now: UnixTime, keep_until: UnixTime) -> Result<(), Error> {
        let next = self.signing.iter().find_map(|own| match own.state {
            State::Next { usable_from } => Some(usable_from),
            _ => None,
        });
        match next {
            None => return Err(misuse("no next signing key was announced")),
            Some(usable_from) if now < usable_from => {
                return Err(misuse("the next signing key is published but not yet to be used"));
            }
            Some(_) => {}
        }
        for own in &mut self.signing {
            own.state = match own.state {
                State::Next { .. } => State::Current,
                State::Current => State::Previous { keep_until },
                previous @ State::Previous { .. } => previous,
            };
        }
        self.forget(now);
        Ok(())
    }

    /// The key that signs, for [`Registration::private_key_jwt`](crate::Registration::private_key_jwt).
    pub fn current_signing_key(&self) -> Option<&SigningKey> {
        let current = self.signing.iter().find(|own| own.state == State::Current);
        current.map(|own| &own.key)
    }

    /// The document for `jwks_uri` (RFC 7517 5), or for
    /// [`ClientMetadata::jwks`](crate::protocol::client_metadata::ClientMetadata::jwks): every key that signs or may
    /// have signed, and those to encrypt to, each with its public members, `use`, `kid` and, where it is known, `alg`.
    pub fn jwks(&self, now: UnixTime) -> String {
        let signing = self.signing.iter().filter(|own| own.state.lasts(now));
        #[cfg_attr(not(feature = "encryption"), allow(unused_mut))]
        let mut entries: Vec<String> = signing.map(|own| own.public.to_json()).collect();
        #[cfg(feature = "encryption")]
        {
            let published = self.decrypting.iter().filter(|own| own.is_published());
            entries.extend(published.filter_map(|own| own.public.to_public_jwk()));
        }
        format!(r#"{{"keys":[{}]}}"#, entries.join(","))
    }

    /// Drops, and so wipes, the keys whose time is over.
    pub fn forget(&mut self, now: UnixTime) {
        self.signing.retain(|own| own.state.lasts(now));
        #[cfg(feature = "encryption")]
        self.decrypting.retain(|own| own.lasts(now));
    }

    fn add_signing(&mut self, key: SigningKey, state: State) -> Result<(), Error> {
        let unknown = || misuse("the signing key does not know its public half");
        let key = key.named().ok_or_else(unknown)?;
        let public = key.public_jwk().ok_or_else(unknown)?;
        // A remote key is not asked here: its first assertion shows it.
        if let Some(signature) = key.sign(b"").transpose()? {
            let prepared = self.crypto.verifier().prepare(public.key(), key.algorithm());
            let good = prepared.is_ok_and(|prepared| prepared.verify(b"", &signature).is_ok());
            if !good {
                return Err(misuse("its halves do not belong together"));
            }
        }
        self.admit(&public.thumbprint(), public.kid())?;
        self.signing.push(Signing { key, public, state });
        Ok(())
    }

    /// RFC 7517 4.2, 4.5: a pair has one use, and a `kid` one pair.
    fn admit(&self, thumbprint: &str, kid: Option<&str>) -> Result<(), Error> {
        let signing =
            self.signing.iter().map(|own| (Some(own.public.thumbprint()), own.public.kid()));
        #[cfg(feature = "encryption")]
        let signing = signing
            .chain(self.decrypting.iter().map(|own| (own.public.thumbprint(), own.public.kid())));
        for (other, other_kid) in signing {
            if other.as_deref() == Some(thumbprint) {
                return Err(misuse("this pair is there already, to sign or to decrypt"));
            }
            if other_kid == kid {
                return Err(misuse("another pair has this kid"));
            }
        }
        Ok(())
    }
}

#[cfg(feature = "encryption")]
impl ClientKeys {
    /// A key that decrypts, published from now on. There may be several, one for each kind of key.
    ///
    /// # Errors
    /// [`ApiMisuse::ClientKeys`]: a shared key, one that the backend does not decrypt with, halves that do not belong
    /// together; the pair or its `kid` is there already, be it to sign.
    pub fn decryption_key(mut self, key: DecryptionKey) -> Result<Self, Error> {
        self.add_decrypting(key, None)?;
        Ok(self)
    }

    /// A key that is published no more and decrypts until then: for a start in the middle of a change.
    ///
    /// # Errors
    /// As [`decryption_key`](Self::decryption_key).
    pub fn previous_decryption_key(
        mut self,
        key: DecryptionKey,
        keep_until: UnixTime,
    ) -> Result<Self, Error> {
        self.add_decrypting(key, Some(keep_until))?;
        Ok(self)
    }

    /// Publishes `next` in the place of the key with this `kid`, which decrypts until `keep_until`: as long as providers
    /// keep the set, and tokens are under way.
    ///
    /// Clients that are there keep the keys that they were made with: make them anew with
    /// [`decryption_keys`](Self::decryption_keys), or they cannot read what is encrypted to the new one.
    ///
    /// # Errors
    /// As [`decryption_key`](Self::decryption_key), and where no published key has the `kid`. Nothing is changed then.
    pub fn rotate_decryption_key(
        &mut self,
        kid: &str,
        next: DecryptionKey,
        keep_until: UnixTime,
    ) -> Result<(), Error> {
        let published = |own: &Decrypting| own.is_published() && own.key.kid() == Some(kid);
        if !self.decrypting.iter().any(published) {
            return Err(misuse("no published decryption key has this kid"));
        }
        self.add_decrypting(next, None)?;
        let before = self.decrypting.iter_mut().find(|own| published(own));
        if let Some(before) = before {
            before.keep_until = Some(keep_until);
        }
        Ok(())
    }

    /// The keys that decrypt now, the published ones first.
    pub fn decryption_keys(&self, now: UnixTime) -> Vec<DecryptionKey> {
        let lasting = self.decrypting.iter().filter(|own| own.lasts(now));
        let (mut keys, previous): (Vec<_>, Vec<_>) = lasting.partition(|own| own.is_published());
        keys.extend(previous);
        keys.into_iter().map(|own| own.key.clone()).collect()
    }

    fn add_decrypting(
        &mut self,
        key: DecryptionKey,
        keep_until: Option<UnixTime>,
    ) -> Result<(), Error> {
        let key = key.named(&self.crypto)?;
        let public = key.public_key(&self.crypto)?;
        let thumbprint = public.thumbprint().ok_or(misuse("a shared key has no public half"))?;
        self.admit(&thumbprint, public.kid())?;
        self.decrypting.push(Decrypting { key, public, keep_until });
        Ok(())
    }
}

fn misuse(problem: &'static str) -> Error {
    ApiMisuse::ClientKeys(problem).into()
}

impl fmt::Debug for ClientKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signing = self.signing.iter().map(|own| (&own.key, own.state));
        let mut shown = f.debug_struct("ClientKeys");
        shown.field("signing", &signing.collect::<Vec<_>>());
        #[cfg(feature = "encryption")]
        {
            let keys = self.decrypting.iter().map(|own| (&own.key, own.keep_until));
            shown.field("decrypting", &keys.collect::<Vec<_>>());
        }
        shown.finish_non_exhaustive()
    }
}
