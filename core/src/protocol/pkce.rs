//! Proof key for code exchange (RFC 7636): S256, unless the application insists on something else.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::{
    error::{ApiMisuse, Error, Shown},
    secret::CodeVerifier,
    text,
};

/// How the challenge is made of the verifier (RFC 7636 4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Method {
    #[default]
    S256,
    Plain,
    /// No challenge at all.
    Without,
}

/// What is kept between the request and the exchange of the code.
#[derive(Debug)]
pub(crate) struct Pkce {
    pub(crate) method: Method,
    pub(crate) key: Key,
}

/// Who holds the verifier.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    /// We.
    Verifier(CodeVerifier),
    /// The application, which gave its challenge only.
    Challenge(String),
    /// Nobody: there is none.
    None,
}

impl Pkce {
    /// Refuses what RFC 7636 4.1 and 4.2 do not allow.
    pub(crate) fn new(method: Method, key: Key) -> Result<Self, Error> {
        let unreserved =
            |text: &str| LENGTHS.contains(&text.len()) && text.bytes().all(text::is_unreserved);
        let (fits, name) = match (&key, method) {
            (Key::None, _) => (method == Method::Without, "code_challenge"),
            (_, Method::Without) => (false, "code_challenge"),
            (Key::Verifier(verifier), _) => (unreserved(verifier.expose()), "code_verifier"),
            (Key::Challenge(text), Method::Plain) => (unreserved(text), "code_challenge"),
            (Key::Challenge(text), Method::S256) => {
                let digest = text::decode_base64url(text).is_some_and(|bytes| bytes.len() == 32);
                (digest, "code_challenge")
            }
        };
        if fits { Ok(Self { method, key }) } else { refuse(name) }
    }

    /// `code_challenge` and `code_challenge_method` (RFC 7636 4.3).
    pub(crate) fn challenge(&self) -> Option<(Cow<'_, str>, &'static str)> {
        let name = match self.method {
            Method::S256 => "S256",
            Method::Plain => "plain",
            Method::Without => return None,
        };
        match &self.key {
            Key::Verifier(verifier) => Some((transformed(self.method, verifier), name)),
            Key::Challenge(text) => Some((Cow::Borrowed(text), name)),
            Key::None => None,
        }
    }

    /// `code_verifier` of the token request (RFC 7636 4.5). `given` is the application's, where it holds it.
    pub(crate) fn verifier<'v>(
        &'v self,
        given: Option<&'v CodeVerifier>,
    ) -> Result<Option<&'v CodeVerifier>, Error> {
        match (&self.key, given) {
            (Key::Verifier(own), None) => Ok(Some(own)),
            (Key::Verifier(own), Some(given)) if own == given => Ok(Some(own)),
            // A verifier that cannot fit would spend the code.
            (Key::Challenge(text), Some(given)) if transformed(self.method, given) == *text => {
                Ok(Some(given))
            }
            (Key::None, None) => Ok(None),
            _ => refuse("code_verifier"),
        }
    }
}

fn refuse<T>(name: &str) -> Result<T, Error> {
    Err(ApiMisuse::Parameter(Shown::new(name)).into())
}

fn transformed(method: Method, verifier: &CodeVerifier) -> Cow<'_, str> {
    match method {
        Method::Plain => Cow::Borrowed(verifier.expose()),
        Method::S256 | Method::Without => Cow::Owned(s256_challenge(verifier)),
    }
}

/// `code_challenge` for `code_challenge_method=S256` (RFC 7636 4.2).
pub(crate) fn s256_challenge(verifier: &CodeVerifier) -> String {
    text::encode_base64url(&Sha256::digest(verifier.expose().as_bytes()))
}

// RFC 7636 4.1
const LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn verifier(text: &str) -> CodeVerifier {
        CodeVerifier::new(text).unwrap()
    }

    #[test]
    fn rfc7636_appendix_b() {
        assert_eq!(s256_challenge(&verifier(VERIFIER)), CHALLENGE);
    }

    #[test]
    fn lengths_and_alphabets_of_rfc_7636() {
        let own = |length: usize| Key::Verifier(verifier(&"x".repeat(length)));
        for (length, good) in [(42, false), (43, true), (128, true), (129, false)] {
            assert_eq!(Pkce::new(Method::S256, own(length)).is_ok(), good, "{length}");
            assert_eq!(Pkce::new(Method::Plain, own(length)).is_ok(), good, "{length}");
        }
        let challenge = |text: &str| Key::Challenge(text.to_owned());
        assert!(Pkce::new(Method::S256, challenge(CHALLENGE)).is_ok());
        for text in ["", "short", &CHALLENGE[1..], &format!("{CHALLENGE}="), &"x".repeat(43)] {
            assert!(Pkce::new(Method::S256, challenge(text)).is_err(), "{text}");
        }
        assert!(Pkce::new(Method::Plain, challenge(&"~".repeat(43))).is_ok());
        assert!(Pkce::new(Method::Plain, challenge(&" ".repeat(43))).is_err());
        assert!(Pkce::new(Method::Without, challenge(CHALLENGE)).is_err());
        assert!(Pkce::new(Method::S256, Key::None).is_err());
    }

    #[test]
    fn a_verifier_of_the_application_must_fit_its_challenge() {
        let pkce = Pkce::new(Method::S256, Key::Challenge(CHALLENGE.to_owned())).unwrap();
        let (right, wrong) = (verifier(VERIFIER), verifier(&"x".repeat(43)));
        assert!(pkce.verifier(Some(&right)).unwrap() == Some(&right));
        for given in [None, Some(&wrong)] {
            assert_eq!(pkce.verifier(given).unwrap_err().code(), "misuse.parameter");
        }
        let own = Pkce::new(Method::Plain, Key::Verifier(right.clone())).unwrap();
        assert_eq!(own.challenge(), Some((Cow::Borrowed(VERIFIER), "plain")));
        assert!(own.verifier(None).unwrap() == Some(&right));
        assert!(own.verifier(Some(&wrong)).is_err());
        let none = Pkce::new(Method::Without, Key::None).unwrap();
        assert!(none.challenge().is_none() && none.verifier(None).unwrap().is_none());
        assert!(none.verifier(Some(&right)).is_err());
    }
}
