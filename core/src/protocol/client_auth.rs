//! How the client proves itself to an endpoint (RFC 6749 2.3, OIDC Core 9, RFC 8705 2).

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{
    error::{Error, SigningProblem},
    jose::signer::{SigningFailed, SigningKey},
    secret::{AccessToken, ClientSecret},
    text,
    time::UnixTime,
};

/// A client authentication method (`token_endpoint_auth_method`, OIDC Core 9, RFC 8705 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthMethod {
    /// `none`: a public client; `client_id` in the form.
    None,
    /// `client_secret_basic`: both halves form-encoded first, as RFC 6749 2.3.1 says.
    ClientSecretBasic,
    /// `client_secret_basic` without form-encoding the halves, for servers that do not decode them. The identifier
    /// must then hold no colon (RFC 7617 2).
    ClientSecretBasicUnencoded,
    /// `client_secret_post`: both in the form.
    ClientSecretPost,
    /// `client_secret_jwt`: an assertion under an HMAC of the secret, which itself is never sent.
    ClientSecretJwt,
    /// `private_key_jwt`: an assertion signed with the client's private key.
    PrivateKeyJwt,
    /// `tls_client_auth`: a certificate of a known authority (RFC 8705 2.1). The transport must present it; here
    /// `client_id` goes into the form, and the request to the endpoint's alias, where there is one (RFC 8705 5).
    TlsClientAuth,
    /// `self_signed_tls_client_auth`: a certificate of the client's own making (RFC 8705 2.2); else as
    /// [`TlsClientAuth`](Self::TlsClientAuth).
    SelfSignedTlsClientAuth,
}

impl AuthMethod {
    /// Its registered name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic | Self::ClientSecretBasicUnencoded => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }

    /// The method for a client that named none: what its secret and the provider's list allow, Basic first
    /// (OIDC Discovery 3: an absent list means Basic).
    pub(crate) fn choose(has_secret: bool, supported: Option<&[String]>) -> Self {
        let offers = |name: &str| {
            supported.is_some_and(|methods| methods.iter().any(|method| method == name))
        };
        match has_secret {
            false => Self::None,
            true if !offers("client_secret_basic") && offers("client_secret_post") => {
                Self::ClientSecretPost
            }
            true => Self::ClientSecretBasic,
        }
    }

    pub(crate) fn is_mutual_tls(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }

    /// Whether the secret itself is sent.
    pub(crate) fn sends_secret(self) -> bool {
        matches!(
            self,
            Self::ClientSecretBasic | Self::ClientSecretBasicUnencoded | Self::ClientSecretPost
        )
    }

    /// The proof with this secret. Only for methods that [send it](Self::sends_secret).
    pub(crate) fn with_secret(self, client_id: &str, secret: &ClientSecret) -> Proof {
        let secret = secret.expose();
        let encode = text::encode_form_value;
        match self {
            // RFC 6749 2.3.1
            Self::ClientSecretBasic => {
                Proof::basic(&encode(client_id), &Zeroizing::new(encode(secret)))
            }
            Self::ClientSecretBasicUnencoded => Proof::basic(client_id, secret),
            _ => Proof::form(&[("client_id", client_id), ("client_secret", secret)]),
        }
    }
}

/// What goes into a request to prove who sends it: parameters or a header, never both (RFC 6749 2.3).
pub(crate) struct Proof {
    parameters: Vec<(&'static str, Zeroizing<String>)>,
    authorization: Option<Zeroizing<String>>,
}

impl Proof {
    /// Without a proof, or with one that the connection bears (RFC 6749 3.2.1, RFC 8705 2).
    pub(crate) fn none(client_id: &str) -> Self {
        Self::form(&[("client_id", client_id)])
    }

    /// RFC 7523 2.2, RFC 7521 4.2
    pub(crate) fn assertion(client_id: &str, assertion: &str) -> Self {
        Self::form(&[
            ("client_id", client_id),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
        ])
    }

    /// RFC 7662 2.1, RFC 6750 2.1: in the header, and nothing in the form.
    pub(crate) fn bearer(token: &AccessToken) -> Self {
        let header = Zeroizing::new(format!("Bearer {}", token.expose()));
        Self { parameters: Vec::new(), authorization: Some(header) }
    }

    fn form(parameters: &[(&'static str, &str)]) -> Self {
        let own =
            |(name, value): &(&'static str, &str)| (*name, Zeroizing::new((*value).to_owned()));
        Self { parameters: parameters.iter().map(own).collect(), authorization: None }
    }

    fn basic(user: &str, password: &str) -> Self {
        let halves = Zeroizing::new(format!("{user}:{password}"));
        let halves = Zeroizing::new(STANDARD.encode(halves.as_bytes()));
        let header = Zeroizing::new(format!("Basic {}", *halves));
        Self { parameters: Vec::new(), authorization: Some(header) }
    }

    /// The whole form, the proof last, and the `Authorization` header.
    pub(crate) fn complete<'a>(
        &'a self,
        mut form: Vec<(&'a str, &'a str)>,
    ) -> (String, Option<&'a str>) {
        form.extend(self.parameters.iter().map(|(name, value)| (*name, value.as_str())));
        (text::encode_form(form), self.authorization.as_deref().map(String::as_str))
    }
}

/// Where the proof comes from. One at a time, so that there are never two.
#[derive(Clone, Default)]
pub(crate) enum Credential {
    /// The client secret, or nothing.
    #[default]
    Secret,
    /// A key for `private_key_jwt`.
    Key(SigningKey),
    /// A key for a secret that is a JWT.
    SignedSecret(SigningKey),
    /// Somebody who knows the secret of the moment.
    SuppliedSecret(Supplier),
    /// Somebody who makes assertions.
    SuppliedAssertion(Supplier),
}

impl Credential {
    pub(crate) fn makes_secret(&self) -> bool {
        matches!(self, Self::SignedSecret(_) | Self::SuppliedSecret(_))
    }

    /// The client's own key, where there is one at hand.
    #[cfg(feature = "encryption")]
    pub(crate) fn signing_key(&self) -> Option<&SigningKey> {
        match self {
            Self::Key(key) | Self::SignedSecret(key) => Some(key),
            Self::Secret | Self::SuppliedSecret(_) | Self::SuppliedAssertion(_) => None,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret => f.write_str("Secret"),
            Self::Key(key) => f.debug_tuple("Key").field(key).finish(),
            Self::SignedSecret(key) => f.debug_tuple("SignedSecret").field(key).finish(),
            Self::SuppliedSecret(_) => f.write_str("SuppliedSecret"),
            Self::SuppliedAssertion(_) => f.write_str("SuppliedAssertion"),
        }
    }
}

/// Asked before each request, with the time.
#[derive(Clone)]
pub(crate) struct Supplier(Arc<Supply>);

type Supply = dyn Fn(UnixTime) -> Result<String, SigningFailed> + Send + Sync;

impl Supplier {
    pub(crate) fn new(
        supply: impl Fn(UnixTime) -> Result<String, SigningFailed> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(supply))
    }

    /// As checked as a secret that was given once.
    pub(crate) fn supply(&self, now: UnixTime) -> Result<ClientSecret, Error> {
        let text = (self.0)(now).map_err(|SigningFailed| SigningProblem::Failed)?;
        let secret = (text.len() <= MAX_SUPPLIED).then(|| ClientSecret::parse(text)).flatten();
        secret.ok_or(SigningProblem::Credential.into())
    }
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Bytes of a supplied secret or assertion: as much as of a token from the provider.
const MAX_SUPPLIED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_follows_secret_and_metadata() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let post = list(&["private_key_jwt", "client_secret_post"]);
        let both = list(&["client_secret_post", "client_secret_basic"]);
        assert_eq!(AuthMethod::choose(false, Some(&both)), AuthMethod::None);
        assert_eq!(AuthMethod::choose(true, None), AuthMethod::ClientSecretBasic);
        assert_eq!(AuthMethod::choose(true, Some(&both)), AuthMethod::ClientSecretBasic);
        assert_eq!(AuthMethod::choose(true, Some(&post)), AuthMethod::ClientSecretPost);
    }

    #[test]
    fn t08_t09_basic_halves_are_form_encoded_unless_told_otherwise() {
        let secret = ClientSecret::new("p%41:/+ &=~").unwrap();
        let header = |method: AuthMethod| {
            let proof = method.with_secret("a b:c", &secret);
            let (form, header) = proof.complete(vec![]);
            assert_eq!(form, "");
            String::from_utf8(STANDARD.decode(&header.unwrap()["Basic ".len()..]).unwrap()).unwrap()
        };
        assert_eq!(header(AuthMethod::ClientSecretBasic), "a+b%3Ac:p%2541%3A%2F%2B+%26%3D%7E");
        assert_eq!(header(AuthMethod::ClientSecretBasicUnencoded), "a b:c:p%41:/+ &=~");
    }

    #[test]
    fn t10_t28_one_proof_and_no_empty_one() {
        let secret = ClientSecret::new("s").unwrap();
        let type_and = "client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A\
            client-assertion-type%3Ajwt-bearer";
        for (proof, due) in [
            (Proof::none("c"), "a=b&client_id=c".to_owned()),
            (
                AuthMethod::ClientSecretPost.with_secret("c", &secret),
                "a=b&client_id=c&client_secret=s".to_owned(),
            ),
            (
                Proof::assertion("c", "x.y.z"),
                format!("a=b&client_id=c&{type_and}&client_assertion=x.y.z"),
            ),
        ] {
            assert_eq!(proof.complete(vec![("a", "b")]), (due, None));
        }
    }

    #[test]
    fn a_supplied_credential_is_as_good_as_a_secret() {
        let supply = |text: &str| {
            let text = text.to_owned();
            let supplier = Supplier::new(move |_| Ok(text.clone()));
            supplier.supply(UnixTime::from_seconds(0)).map_err(|error| error.code())
        };
        assert_eq!(supply("a.b.c").unwrap().expose(), "a.b.c");
        assert!(supply(&"x".repeat(MAX_SUPPLIED)).is_ok());
        for bad in ["", "a\n", "\u{e9}", &"x".repeat(MAX_SUPPLIED + 1)] {
            assert_eq!(supply(bad).unwrap_err(), "signing.credential");
        }
        let failing = Supplier::new(|_| Err(SigningFailed));
        assert_eq!(failing.supply(UnixTime::from_seconds(0)).unwrap_err().code(), "signing.failed");
    }
}
