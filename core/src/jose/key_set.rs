//! A provider's keys (RFC 7517 5): read leniently where the specification says so, bounded, prepared when used.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
};

#[cfg(feature = "encryption")]
use crate::jose::{
    encryption::{ContentEncryption, KeyManagement},
    jwk::EncryptionKey,
};
use crate::{
    error::{Bound, Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem, Shown},
    jose::{
        algorithm::Algorithm,
        backend::{BadSignature, Crypto, VerifyingKey},
        jwk::{Jwk, PublicKey},
    },
    json::{self, Value},
    limits::Limits,
};

/// The keys that a provider publishes.
///
/// Preparing a key can cost ten times a verification, so it is done at the first use and kept for the life of
/// the set and, through [`inherit`](Self::inherit), beyond. A set therefore belongs to one [`Crypto`].
pub struct KeySet {
    keys: Vec<Key>,
    by_kid: HashMap<String, Vec<usize>>,
    skipped: usize,
    #[cfg(feature = "encryption")]
    for_encryption: Vec<EncryptionKey>,
}

impl KeySet {
    /// Reads a key set. Entries that cannot be used are passed over (RFC 7517 5): unknown kinds, malformed and
    /// out-of-bounds keys, and what is no object.
    ///
    /// # Errors
    /// The document is no strict JSON object with an array `keys`, or holds more usable keys than
    /// [`Limits::keys_per_set`].
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, Error> {
        let document = json::parse_object(bytes, limits.json_depth).map_err(unusable)?;
        let entries = match document.get("keys") {
            Some(Value::Array(entries)) => entries,
            None => return Err(unusable(JsonProblem::new("keys", JsonFault::Missing))),
            Some(_) => {
                return Err(unusable(JsonProblem::new("keys", JsonFault::WrongType("an array"))));
            }
        };
        let mut set = Self {
            keys: Vec::new(),
            by_kid: HashMap::new(),
            skipped: 0,
            #[cfg(feature = "encryption")]
            for_encryption: keys_for_encryption(entries, limits.keys_per_set),
        };
        for entry in entries {
            let jwk = match entry {
                Value::Object(object) => Jwk::parse(object).ok(),
                _ => None,
            };
            match jwk {
                None => set.skipped += 1,
                Some(jwk) if set.keys.iter().any(|key| key.jwk == jwk) => {}
                Some(_) if set.keys.len() >= limits.keys_per_set => {
                    return Err(ErrorKind::Limit {
                        what: Bound::KeySet,
                        limit: limits.keys_per_set,
                    }
                    .into());
                }
                Some(jwk) => set.push(jwk),
            }
        }
        Ok(set)
    }

    fn push(&mut self, jwk: Jwk) {
        if let Some(kid) = jwk.kid() {
            self.by_kid.entry(kid.to_owned()).or_default().push(self.keys.len());
        }
        self.keys.push(Key { prepared: Arc::new(Prepared::new(jwk.key())), jwk });
    }

    /// Entries that were passed over.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// The keys, equal ones counted once.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is no key at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether a key has this `kid`, whatever it may be used for.
    pub fn contains(&self, kid: &str) -> bool {
        self.by_kid.contains_key(kid)
    }

    /// The keys that may have signed a token with this `kid` and algorithm, at most `max`, ready to verify.
    ///
    /// With a `kid` only keys of exactly this `kid` (RFC 7517 4.5, compared byte by byte), without one every
    /// eligible key. Never any for a symmetric algorithm. A key that the backend refuses is none.
    pub fn candidates(
        &self,
        kid: Option<&str>,
        algorithm: Algorithm,
        crypto: &Crypto,
        max: usize,
    ) -> Vec<Arc<dyn VerifyingKey>> {
        let ready = |key: &Key| key.ready(algorithm, crypto);
        match kid {
            Some(kid) => {
                let places = self.by_kid.get(kid).into_iter().flatten();
                places.filter_map(|place| ready(self.keys.get(*place)?)).take(max).collect()
            }
            None => self.keys.iter().filter_map(ready).take(max).collect(),
        }
    }

    /// The first key for encryption that fits these algorithms.
    #[cfg(feature = "encryption")]
    pub(crate) fn encryption_key(
        &self,
        algorithm: KeyManagement,
        encryption: ContentEncryption,
    ) -> Option<&EncryptionKey> {
        self.for_encryption.iter().find(|key| key.encrypts(algorithm, encryption))
    }

    /// Takes over what `old` prepared, for the keys that are in both. The keys themselves stay those of `self`:
    /// a key that is gone is gone.
    pub fn inherit(&mut self, old: &Self) {
        let known: HashMap<&PublicKey, &Arc<Prepared>> =
            old.keys.iter().map(|key| (key.jwk.key(), &key.prepared)).collect();
        for key in &mut self.keys {
            if let Some(prepared) = known.get(key.jwk.key()) {
                key.prepared = Arc::clone(prepared);
            }
        }
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.keys.iter().take(SHOWN_KIDS).map(|key| key.jwk.kid().map(Shown::new));
        f.debug_struct("KeySet")
            .field("len", &self.len())
            .field("skipped", &self.skipped)
            .field("kids", &shown.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The keys marked for encryption, at most `max`: without `use`, a key may be one for signatures alone
/// (OIDC Discovery 3, `jwks_uri`).
#[cfg(feature = "encryption")]
fn keys_for_encryption(entries: &[Value<'_>], max: usize) -> Vec<EncryptionKey> {
    let marked = entries.iter().filter_map(|entry| match entry {
        Value::Object(object) if object.required_string("use") == Ok("enc") => Some(object),
        _ => None,
    });
    marked.filter_map(|object| EncryptionKey::parse(object).ok()).take(max).collect()
}

fn unusable(problem: JsonProblem) -> Error {
    let problem = ResponseProblem::Json(problem);
    ErrorKind::Response { purpose: Purpose::Keys, problem }.into()
}

struct Key {
    jwk: Jwk,
    prepared: Arc<Prepared>,
}

impl Key {
    fn ready(&self, algorithm: Algorithm, crypto: &Crypto) -> Option<Arc<dyn VerifyingKey>> {
        // RFC 8725 3.1; `verifies` refuses symmetric algorithms by the type of the key.
        if !self.jwk.verifies(algorithm) {
            return None;
        }
        let (_, slot) = self.prepared.0.iter().find(|(own, _)| own.same_as(algorithm))?;
        slot.get_or_init(|| prepare(self.jwk.key(), algorithm, crypto)).clone()
    }
}

/// One slot for each algorithm of the key. An empty result is kept too: a bad key costs once.
struct Prepared(Vec<(Algorithm, Slot)>);

type Slot = OnceLock<Option<Arc<dyn VerifyingKey>>>;

impl Prepared {
    fn new(key: &PublicKey) -> Self {
        Self(key.algorithms().iter().map(|algorithm| (*algorithm, Slot::new())).collect())
    }
}

fn prepare(
    key: &PublicKey,
    algorithm: Algorithm,
    crypto: &Crypto,
) -> Option<Arc<dyn VerifyingKey>> {
    let verifier = crypto.verifier();
    if !verifier.supports(algorithm) {
        return None;
    }
    let prepared = verifier.prepare(key, algorithm).ok()?;
    Some(Arc::new(Guarded { key: key.clone(), prepared }))
}

/// Looks at the form of a signature before the backend sees it, so that every backend refuses the same.
struct Guarded {
    key: PublicKey,
    prepared: Box<dyn VerifyingKey>,
}

impl VerifyingKey for Guarded {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        if !self.key.admits(signature) {
            return Err(BadSignature);
        }
        self.prepared.verify(message, signature)
    }
}

const SHOWN_KIDS: usize = 16;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::jose::backend::{BadKey, SignatureVerifier};

    const ED: &str =
        r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;
    const EC: &str = r#""kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0""#;

    fn set(entries: &[&str]) -> KeySet {
        parse(&format!(r#"{{"keys":[{}]}}"#, entries.join(","))).unwrap()
    }

    fn parse(document: &str) -> Result<KeySet, Error> {
        KeySet::parse(document.as_bytes(), &Limits::default())
    }

    /// Counts how often it prepares; refuses EC keys; its signatures are all good.
    #[derive(Clone, Debug, Default)]
    struct Counting(Arc<AtomicUsize>);

    impl SignatureVerifier for Counting {
        fn supports(&self, _: Algorithm) -> bool {
            true
        }

        fn prepare(&self, key: &PublicKey, _: Algorithm) -> Result<Box<dyn VerifyingKey>, BadKey> {
            self.0.fetch_add(1, Ordering::Relaxed);
            match key {
                PublicKey::Ec(_) => Err(BadKey),
                _ => Ok(Box::new(Good)),
            }
        }
    }

    struct Good;

    impl VerifyingKey for Good {
        fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
            Ok(())
        }
    }

    fn count(set: &KeySet, kid: Option<&str>, algorithm: Algorithm) -> usize {
        set.candidates(kid, algorithm, &Crypto::new(Counting::default()), 4).len()
    }

    /// A distinct, well-formed key.
    fn numbered(number: u8) -> String {
        let mut x = [2; 32];
        x[0] = number;
        let x = crate::text::encode_base64url(&x);
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#)
    }

    #[test]
    fn k01_k02_k10_unusable_entries_are_passed_over() {
        let good = format!("{{{ED},\"kid\":\"a\"}}");
        let keys = set(&[
            r#"{"kty":"new"}"#,
            r#"{"kty":"oct","k":"AAAA","kid":"h"}"#,
            r#"{"kty":"RSA","e":"AQAB"}"#,
            "7",
            "null",
            "[]",
            &good,
        ]);
        assert_eq!((keys.len(), keys.skipped(), keys.is_empty()), (1, 6, false));
        assert!(keys.contains("a") && !keys.contains("h"));
        assert_eq!(set(&[]).len(), 0);
    }

    #[test]
    fn k20_the_document() {
        let member = "\"keys\"";
        for (document, expected) in [
            ("", "not JSON at \"$\"".to_owned()),
            ("[]", "not an object at \"$\"".to_owned()),
            ("{}", format!("missing member at {member}")),
            (r#"{"keys":null}"#, format!("not an array at {member}")),
            (r#"{"keys":{}}"#, format!("not an array at {member}")),
            (r#"{"keys":[],"keys":[]}"#, format!("duplicate member at {member}")),
        ] {
            match parse(document).unwrap_err().kind() {
                ErrorKind::Response { purpose: Purpose::Keys, problem } => {
                    assert_eq!(problem.to_string(), expected);
                }
                other => panic!("{other}"),
            }
        }
        assert!(parse(r#"{"keys":[],"more":null}"#).is_ok());
    }

    #[test]
    fn k05_at_most_so_many_usable_keys() {
        let limits = Limits { keys_per_set: 2, ..Limits::default() };
        let parse = |entries: &[&str]| {
            KeySet::parse(format!(r#"{{"keys":[{}]}}"#, entries.join(",")).as_bytes(), &limits)
        };
        let (a, b, c) = (numbered(1), numbered(2), numbered(3));
        assert_eq!(parse(&[&a, &b, &c]).unwrap_err().code(), "limit.key_set");
        let keys = parse(&[&a, r#"{"kty":"oct"}"#, &b, "7", &a, &b]).unwrap();
        assert_eq!((keys.len(), keys.skipped()), (2, 2));
    }

    #[test]
    fn k03_k04_k06_k21_selection_by_kid() {
        let keys = set(&[
            &format!("{{{ED},\"kid\":\"a\"}}"),
            &format!("{{{EC},\"kid\":\"a\"}}"),
            &numbered(1).replace('}', r#","kid":"a"}"#),
            &numbered(2).replace('}', r#","kid":""}"#),
            &numbered(3),
        ]);
        assert_eq!(count(&keys, Some("a"), Algorithm::EdDSA), 2);
        assert_eq!(count(&keys, Some(""), Algorithm::EdDSA), 1);
        for kid in ["A", "a ", "\u{430}", "b"] {
            assert_eq!(count(&keys, Some(kid), Algorithm::EdDSA), 0, "{kid:?}");
        }
        assert_eq!(count(&keys, None, Algorithm::EdDSA), 4);
    }

    #[cfg(feature = "encryption")]
    #[test]
    fn e19_k05_keys_for_encryption_are_marked_as_such_and_bounded() {
        let (algorithm, encryption) = (KeyManagement::EcdhEs, ContentEncryption::A256Gcm);
        let named = |kid: &str| format!("{{{EC},\"use\":\"enc\",\"kid\":\"{kid}\"}}");
        let (a, b, plain) = (named("a"), named("b"), format!("{{{EC}}}"));
        let limits = Limits { keys_per_set: 3, ..Limits::default() };
        let document = format!(r#"{{"keys":[{plain},7,{a},{b},{b}]}}"#);
        let keys = KeySet::parse(document.as_bytes(), &limits).unwrap();
        let found = keys.encryption_key(algorithm, encryption).unwrap();
        assert_eq!((found.kid(), keys.for_encryption.len()), (Some("a"), 3));
        assert!(keys.encryption_key(KeyManagement::RsaOaep, encryption).is_none());
        assert!(set(&[&plain]).encryption_key(algorithm, encryption).is_none());
        let entries = format!(r#"{{"keys":[{a},{b},{a}]}}"#);
        let parsed = json::parse_object(entries.as_bytes(), 8).unwrap();
        let Some(Value::Array(entries)) = parsed.get("keys") else { panic!("no list") };
        assert_eq!(keys_for_encryption(entries, 2).len(), 2);
    }

    #[test]
    fn k05_without_a_kid_at_most_max() {
        let many: Vec<_> = (0..100).map(numbered).collect();
        let keys = set(&many.iter().map(String::as_str).collect::<Vec<_>>());
        let counting = Counting::default();
        let crypto = Crypto::new(counting.clone());
        assert_eq!(keys.candidates(None, Algorithm::Ed25519, &crypto, 4).len(), 4);
        assert_eq!(counting.0.load(Ordering::Relaxed), 4);
        assert_eq!(keys.candidates(None, Algorithm::Ed25519, &crypto, 0).len(), 0);
    }

    #[test]
    fn h03_h14_k07_k09_k11_eligibility() {
        let keys = set(&[
            &format!("{{{ED},\"kid\":\"a\"}}"),
            &format!("{{{ED},\"kid\":\"enc\",\"use\":\"enc\"}}"),
            &format!("{{{ED},\"kid\":\"alg\",\"alg\":\"ES256\"}}"),
            r#"{"kty":"oct","k":"c2VjcmV0","kid":"oct","alg":"HS256"}"#,
        ]);
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            for kid in [None, Some("a"), Some("oct")] {
                assert_eq!(count(&keys, kid, algorithm), 0, "{algorithm}");
            }
        }
        assert_eq!(count(&keys, Some("enc"), Algorithm::EdDSA), 0);
        assert_eq!(count(&keys, Some("alg"), Algorithm::EdDSA), 0);
        assert_eq!(count(&keys, Some("a"), Algorithm::RS256), 0);
        assert_eq!(count(&keys, Some("a"), Algorithm::EdDSA), 1);
        assert_eq!(count(&keys, Some("a"), Algorithm::Ed25519), 1);
    }

    #[test]
    fn a06_a_key_that_the_backend_refuses_is_no_candidate() {
        let keys = set(&[&format!("{{{EC}}}"), &format!("{{{ED}}}")]);
        let counting = Counting::default();
        let crypto = Crypto::new(counting.clone());
        for _ in 0..3 {
            assert!(keys.candidates(None, Algorithm::ES256, &crypto, 4).is_empty());
        }
        assert_eq!(counting.0.load(Ordering::Relaxed), 1);
        assert_eq!(keys.candidates(None, Algorithm::EdDSA, &crypto, 4).len(), 1);
    }

    #[test]
    fn k15_prepared_once_and_inherited_while_unchanged() {
        let (kept, gone) = (format!("{{{ED},\"kid\":\"a\"}}"), numbered(1));
        let old = set(&[&kept, &gone]);
        let counting = Counting::default();
        let crypto = Crypto::new(counting.clone());
        let prepared = || counting.0.load(Ordering::Relaxed);
        for algorithm in [Algorithm::EdDSA, Algorithm::Ed25519] {
            assert_eq!(old.candidates(None, algorithm, &crypto, 4).len(), 2);
        }
        assert_eq!(prepared(), 2);
        let mut new = set(&[&numbered(2), &format!("{{{ED},\"kid\":\"b\"}}")]);
        new.inherit(&old);
        assert_eq!((new.len(), new.contains("a")), (2, false));
        assert_eq!(new.candidates(Some("b"), Algorithm::EdDSA, &crypto, 4).len(), 1);
        assert_eq!(prepared(), 2);
        assert_eq!(new.candidates(None, Algorithm::EdDSA, &crypto, 4).len(), 2);
        assert_eq!(prepared(), 3);
    }

    #[test]
    fn a03_the_form_is_checked_before_the_backend() {
        let keys = set(&[&format!("{{{ED}}}")]);
        let crypto = Crypto::new(Counting::default());
        let candidates = keys.candidates(None, Algorithm::EdDSA, &crypto, 1);
        assert_eq!(candidates[0].verify(b"", &[2; 63]), Err(BadSignature));
        assert_eq!(candidates[0].verify(b"", &[2; 64]), Ok(()));
    }

    #[test]
    fn z03_debug_is_bounded() {
        fn shared<T: Send + Sync>(_: &T) {}
        let long = numbered(1).replace('}', &format!(r#","kid":"\u001b{}"}}"#, "x".repeat(5000)));
        let keys = set(&[&long]);
        shared(&keys);
        let shown = format!("{keys:?}");
        assert!(shown.len() < 600 && !shown.contains('\u{1b}'), "{shown}");
    }
}
