//! What the application itself did or gave that cannot work.

use super::{Comparison, JwkProblem, Shown, coded::coded};

coded! {
    /// A use of the library that cannot work; found before any request.
    ApiMisuse {
        /// The issuer is no issuer (OIDC Discovery 3).
        Issuer(&'static str) "misuse.issuer" "the issuer cannot be used: {0}",
        /// A redirect URI is no redirect URI (RFC 6749 3.1.2).
        RedirectUri(&'static str) "misuse.redirect_uri" "the redirect URI cannot be used: {0}",
        /// An identifier or secret of characters that its specification forbids.
        Characters(&'static str) "misuse.characters" "{0} is empty or holds characters that it must not",
        /// A response type that is unknown, not for this use, or needs to be allowed first.
        ResponseType(Shown) "misuse.response_type" "the response type {0} cannot be used here",
        /// A parameter that the library sets itself, is given twice, or cannot have this value.
        Parameter(Shown) "misuse.parameter" "the parameter {0} cannot be set like this",
        /// The provider has no such endpoint.
        NoSuchEndpoint(&'static str) "misuse.no_such_endpoint" "the provider publishes no {0}",
        /// The provider lists nothing of what a preference requires.
        NotOffered(&'static str) "misuse.not_offered" "the provider's {0} lacks what is required",
        /// The client secret of a registration has expired (RFC 7591 3.2.1).
        SecretExpired "misuse.secret_expired" "the registered client secret has expired",
        /// An HMAC algorithm is registered for a client without a secret, or an endpoint wants proof of the client.
        NoSecret "misuse.no_secret" "this algorithm, authentication method or endpoint needs a client secret",
        /// The client secret is shorter than the hash of the registered HMAC algorithm (RFC 7518 3.2), or than the
        /// shortest key that answers are encrypted with (OIDC Core 16.19).
        ShortSecret(usize) "misuse.short_secret" "the client secret is shorter than the {0} bytes its algorithm needs",
        /// The backend cannot verify, or decrypt with, the registered algorithm.
        Algorithm(&'static str) "misuse.algorithm" "the cryptography backend cannot verify or decrypt with {0}",
        /// A token cannot be encrypted with this key or backend.
        Encryption(&'static str) "misuse.encryption" "the token cannot be encrypted: {0}",
        /// An answer is registered as encrypted with this algorithm, and no decryption key of the client fits it.
        NoDecryptionKey(&'static str) "misuse.no_decryption_key" "answers are registered as encrypted with {0}, and no decryption key fits",
        /// A flow wants a remote signature, and the transport has no remote signer.
        NoRemoteSigner "misuse.no_remote_signer" "this transport has no remote signer",
        /// A record or registration of another issuer or client.
        OtherClient(Comparison) "misuse.other_client" "this belongs to another client: {0}",
        /// A protected resource has an address to which no access token may go, or what should be an origin is none.
        Address(&'static str) "misuse.address" "the address cannot be used: {0}",
        /// A member or address for metadata that the application gave itself.
        Metadata(Shown) "misuse.metadata" "the {0} that was given cannot be used",
        /// What a visitor is to be found by is no identifier (OIDC Discovery 2.1).
        Identifier(&'static str) "misuse.identifier" "the identifier cannot be used: {0}",
        /// `openid` was asked for by a client with `Policy::without_id_tokens`.
        NoIdTokens "misuse.no_id_tokens" "this client takes no ID tokens, so it cannot ask for openid",
        /// Another client of a set has this issuer, or may have it in its ID tokens.
        ClientExists(Shown) "misuse.client_exists" "the set has a client for the issuer {0}",
        /// A set has no client for this issuer and client id.
        NoSuchClient(Shown) "misuse.no_such_client" "the set has no such client for the issuer {0}",
        /// A request has a header that no header may be, or that is not the application's to set.
        Header "misuse.header" "a header holds characters that it must not, stands there twice, or is set otherwise",
        /// A private key that cannot sign with its algorithm.
        SigningKey(&'static str) "misuse.signing_key" "the signing key cannot be used: {0}",
        /// A key that cannot decrypt.
        DecryptionKey(JwkProblem) "misuse.decryption_key" "the decryption key cannot be used: {0}",
        /// A key to seal with is not 32 random bytes.
        SealKey "misuse.seal_key" "a key to seal with has 32 random bytes",
        /// A key that cannot be one of the client's own, or a change of keys out of turn.
        ClientKeys(&'static str) "misuse.client_keys" "the client's keys cannot be these: {0}",
        /// `private_key_jwt` without a key or an assertion.
        NoSigningKey "misuse.no_signing_key" "this authentication method needs a signing key or an assertion",
        /// The provider does not list the client authentication method for this endpoint.
        AuthMethod {
            /// The method.
            method: &'static str,
            /// The endpoint.
            endpoint: &'static str
        } "misuse.auth_method" "the provider does not list {method} for the {endpoint}",
        /// An assertion for the token endpoint would go to an endpoint of another origin, which could use it there.
        AssertionAudience "misuse.assertion_audience" "an assertion for the token endpoint must not go to another origin",
        /// A request object that cannot be made like this.
        RequestObject(&'static str) "misuse.request_object" "the request object cannot be used: {0}",
        /// The provider, or this client's registration, wants every request signed (RFC 9101 10.5).
        RequestObjectRequired "misuse.request_object_required" "requests must be signed request objects",
        /// A login was started by a client that has no redirect URI.
        NoRedirectUri "misuse.no_redirect_uri" "this client is a service: it has no redirect URI",
    }
}

impl ApiMisuse {
    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::ShortSecret(_) => Some(
                "let the provider issue a longer secret, or register an RS or ES algorithm instead",
            ),
            Self::Issuer(_) => Some(
                "an issuer begins with https://; plain http works only on loopback, with \
                 Policy::insecure_allow_loopback_http; with a Policy::issuer_template it is the template \
                 with a tenant in it, such as common",
            ),
            Self::Characters(_) => {
                Some("is there a line break at the end of the file or variable?")
            }
            Self::SecretExpired => {
                Some("read or update the registration for a new secret, or register anew")
            }
            Self::Metadata(_) => Some(
                "an address is absolute and https, without fragment; lists are arrays of strings; the issuer stays",
            ),
            Self::ClientExists(_) => Some(
                "use the client that is there; logins that it started are lost with it, so remove it yourself \
                 before you insert another one",
            ),
            Self::ResponseType(_) => Some(
                "one with an access token needs insecure_front_channel_access_token; without a code, a login is \
                 finished with finish_implicit_login; token and none belong to start_authorization",
            ),
            Self::Parameter(name) if name.as_str() == "jwks" => Some(
                "it holds public keys alone, and not beside a jwks_uri: is there a private or a shared key in it? \
                 ClientKeys::jwks makes a set that can be published",
            ),
            Self::Parameter(name) if ["request", "request_uri"].contains(&name.as_str()) => Some(
                "the library makes request objects: StartLogin::request_object, or request_object_at for one by reference",
            ),
            Self::Parameter(_) => Some("use the method of that name, once, with a value that fits"),
            Self::AuthMethod { .. } => Some(
                "register a method that it lists, or, where its list is wrong, use \
                 Registration::auth_methods_even_if_unlisted",
            ),
            Self::NoSigningKey => Some(
                "give one with Registration::private_key_jwt or Registration::client_assertion_from",
            ),
            Self::NoDecryptionKey(_) => Some(
                "give the private key with Registration::decryption_keys, of the algorithm's type and, if its JWK says \
                 alg, of exactly this one; its public half is what the provider has to have",
            ),
            Self::AssertionAudience => Some(
                "use AssertionAudience::Issuer, or AssertionAudience::Exactly with what it wants",
            ),
            Self::NoRemoteSigner => Some(
                "adapters have none: implement Transport or AsyncTransport yourself, pass requests on to the \
                 adapter, and ask your key service in sign",
            ),
            Self::NoIdTokens => Some("use start_authorization: what it ends in is no login"),
            Self::NoSecret => Some(
                "give the client a secret, with Registration::confidential or Registration::client_secret, or a key: \
                 Registration::private_key_jwt",
            ),
            Self::RedirectUri(_) => Some(
                "it is https, http on loopback, or a private scheme with a dot (com.example.app:/cb), without a fragment, \
                 and registered at the provider byte for byte",
            ),
            Self::Algorithm("RSA-OAEP" | "RSA-OAEP-256") => Some(
                "crypto::rustcrypto encrypts with it, and decrypts with no RSA key: take crypto::josekit, or register ECDH-ES",
            ),
            Self::Address(_) => Some(
                "it is absolute and https; an origin is scheme://host or scheme://host:port, without a path",
            ),
            Self::DecryptionKey(problem) => Some(problem.decryption_hint()),
            Self::SigningKey(_) => Some(
                "a PEM is PKCS#8: make it with `openssl pkcs8 -topk8 -nocrypt`; RSA keys are \
                 josekit's: crypto::josekit_generate_signing_key, josekit_signing_key (a JWK), josekit_signing_key_from_pem",
            ),
            Self::SealKey => {
                Some("make one with SealKey::generate and keep its bytes; a password is no key")
            }
            Self::ClientKeys(_) => Some(
                "a pair signs or decrypts, never both; a signing key is announced first and used when providers have read \
                 the set; RSA keys decrypt with crypto::josekit only",
            ),
            Self::OtherClient(comparison) => comparison.issuer_hint(),
            Self::RequestObject(_) => Some(
                "it is signed by the algorithm that is registered, and lies at an https address of this client; an \
                 unsigned one is taken by reference alone",
            ),
            Self::RequestObjectRequired => Some(
                "give one with StartLogin::request_object, or request_object_at where it is to be hosted",
            ),
            Self::NotOffered("request_parameter_supported") => {
                Some("use request_object_at, or, where the metadata are wrong, MetadataOverrides")
            }
            Self::NoRedirectUri => Some(
                "make the registration with Registration::public or Registration::confidential",
            ),
            _ => None,
        }
    }
}

coded! {
    /// Why a signature or credential of this client could not be made.
    SigningProblem {
        /// The key, or whoever was asked for a credential, failed.
        Failed "signing.failed" "the signer failed",
        /// The signature is not as long as those of its algorithm.
        Length(Comparison) "signing.length" "the signature has a wrong length: {0}",
        /// The credential that was supplied is empty, too long, or holds characters that it must not.
        Credential "signing.credential" "the credential that was supplied cannot be sent",
    }
}

impl SigningProblem {
    pub(super) fn hint(&self) -> Option<&'static str> {
        match self {
            // RFC 7518 3.4
            Self::Length(_) => Some(
                "for ES algorithms a JWS holds R and S side by side; key services often answer DER, \
                 which must be converted",
            ),
            Self::Credential => Some("is there a line break at its end?"),
            Self::Failed => None,
        }
    }
}
