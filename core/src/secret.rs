//! Values that must not be seen: never in `Debug`, compared in constant time, zeroised when dropped.

use std::{fmt, marker::PhantomData};

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{
    env::{Env, random},
    error::{ApiMisuse, Error},
    text,
};

/// A secret of one kind; kinds do not mix. `==` takes constant time for secrets of equal length.
pub struct Secret<K> {
    text: Zeroizing<String>,
    kind: PhantomData<fn() -> K>,
}

/// What a kind of secret is called and which characters it may hold.
pub trait SecretKind {
    /// Its name in the specifications.
    const NAME: &'static str;
    /// Whether `byte` may occur.
    fn allows(byte: u8) -> bool;
}

macro_rules! kinds {
    ($($(#[$meta:meta])* $alias:ident $kind:ident $name:literal $allows:path;)*) => {
        /// The kinds of secrets.
        pub mod kind {
            $(#[doc = concat!("`", $name, "`")] #[derive(Debug)] pub enum $kind {})*
        }
        $(
            impl SecretKind for kind::$kind {
                const NAME: &'static str = $name;
                fn allows(byte: u8) -> bool { $allows(byte) }
            }
            $(#[$meta])*
            pub type $alias = Secret<kind::$kind>;
        )*
    };
}

kinds! {
    /// The client's password (RFC 6749 A.2: every VSCHAR).
    ClientSecret ClientSecretKind "client_secret" text::is_vschar;
    /// An access token: visible ASCII (RFC 6749 A.12), hence fit for a header.
    AccessToken AccessTokenKind "access_token" text::is_visible;
    /// A refresh token (RFC 6749 A.17).
    RefreshToken RefreshTokenKind "refresh_token" text::is_vschar;
    /// An authorization code (RFC 6749 A.11).
    AuthorizationCode AuthorizationCodeKind "code" text::is_vschar;
    /// A device code (RFC 8628 3.2).
    DeviceCode DeviceCodeKind "device_code" text::is_vschar;
    /// A token of any type that a token exchange issued (RFC 8693 2.2.1).
    SecurityToken SecurityTokenKind "issued_token" text::is_visible;
    /// What a registered client reads and changes its registration with (RFC 7592 1.2).
    RegistrationAccessToken RegistrationAccessTokenKind "registration_access_token" text::is_visible;
    /// A PKCE verifier (RFC 7636 4.1).
    CodeVerifier CodeVerifierKind "code_verifier" text::is_unreserved;
    /// `state` (RFC 6749 A.5).
    State StateKind "state" text::is_vschar;
    /// `nonce` (OIDC Core 3.1.2.1).
    Nonce NonceKind "nonce" text::is_vschar;
    /// A token in compact form as it came, kept for `id_token_hint`.
    RawToken RawTokenKind "id_token" text::is_visible;
    /// A token of whatever kind, to be looked up (RFC 7662) or given back (RFC 7009).
    AnyToken AnyTokenKind "token" text::is_vschar;
}

impl<K: SecretKind> Secret<K> {
    /// Takes the text as it is.
    ///
    /// # Errors
    /// [`ApiMisuse::Characters`] when it is empty or holds characters that its specification forbids.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        Self::parse(text).ok_or(ApiMisuse::Characters(K::NAME).into())
    }

    /// The same for text from a wire, where the caller knows the right error.
    pub(crate) fn parse(text: impl Into<String>) -> Option<Self> {
        let text = Zeroizing::new(text.into());
        let good = !text.is_empty() && text.bytes().all(K::allows);
        good.then_some(Self { text, kind: PhantomData })
    }

    /// 256 fresh bits as 43 characters of base64url.
    pub(crate) fn generate(env: &mut dyn Env) -> Result<Self, Error> {
        let bytes = Zeroizing::new(random(env)?);
        Ok(Self { text: Zeroizing::new(text::encode_base64url(&*bytes)), kind: PhantomData })
    }
}

impl<K> Secret<K> {
    /// The text. Do not log it.
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl From<&AccessToken> for AnyToken {
    fn from(token: &AccessToken) -> Self {
        Self { text: token.text.clone(), kind: PhantomData }
    }
}

impl From<&RefreshToken> for AnyToken {
    fn from(token: &RefreshToken) -> Self {
        Self { text: token.text.clone(), kind: PhantomData }
    }
}

impl<K> PartialEq for Secret<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text.as_bytes().ct_eq(other.text.as_bytes()).into()
    }
}

impl<K> Eq for Secret<K> {}

impl<K> Clone for Secret<K> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), kind: PhantomData }
    }
}

impl<K: SecretKind> fmt::Debug for Secret<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(redacted)", K::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i28_debug_shows_nothing() {
        let secret = ClientSecret::new("hunter2 and more").unwrap();
        assert_eq!(format!("{secret:?}"), "client_secret(redacted)");
    }

    #[test]
    fn n09_a_token_that_no_header_can_hold_is_no_token() {
        for text in ["", "a\r\nx: y", "a b", "\u{e9}", "a\0"] {
            assert!(AccessToken::new(text).is_err(), "{text:?}");
        }
        assert!(AccessToken::new("ya29.a0_b-~+/=").is_ok());
    }

    #[test]
    fn equality_is_by_content() {
        let (a, b) = (State::new("abc").unwrap(), State::new("abd").unwrap());
        assert!(a == a.clone() && a != b && a != State::new("ab").unwrap());
    }
}
