//! Who the provider is, and the clients and users it knows.

use serde_json::{Value, json};
use url::Url;

use super::{Alg, CLAIMS_TOKEN, Encryptions, RegistrationConfig, assertion};

/// What an [`Op`](super::Op) is made from.
#[derive(Clone, Debug)]
pub struct OpConfig {
    /// The issuer identifier: may have a path, may end in a slash.
    pub issuer: String,
    /// The only source of codes, tokens, key identifiers and keys.
    pub seed: u64,
    /// The registered clients.
    pub clients: Vec<OpClient>,
    /// The people who can log in.
    pub users: Vec<OpUser>,
    /// Seconds an access token lives.
    pub access_token_ttl: i64,
    /// Seconds between `iat` and `exp` of an ID Token.
    pub id_token_ttl: i64,
    /// Seconds in which an authorization code must be redeemed.
    pub code_ttl: i64,
    /// The `Cache-Control` of the key set, if any.
    pub jwks_cache_control: Option<String>,
    /// Whether each refresh replaces the refresh token.
    pub rotate_refresh_tokens: bool,
    /// Access tokens as signed tokens (RFC 9068): the algorithm, and the resource server they are for.
    pub signed_access_tokens: Option<(Alg, String)>,
    /// The algorithm of signed introspection answers (RFC 9701), where they are asked for.
    pub introspection_signed_response_alg: Option<Alg>,
    /// RFC 9207: whether authorization responses carry `iss`.
    pub authorization_response_iss_parameter_supported: bool,
    /// RFC 7636 4.2: whether `plain` is taken, too.
    pub pkce_plain: bool,
    /// How clients register themselves.
    pub registration: RegistrationConfig,
    /// Whether it has a page that knows the session (Session Management 3).
    pub session_management: bool,
    /// One of many tenants: the metadata name a template, tokens and responses its tenant.
    pub tenant: Option<OpTenant>,
    /// Other paths of endpoints: `("/oauth/access_token", "/token")`.
    pub paths: Vec<(&'static str, &'static str)>,
    /// The access token for distributed claims; none where nobody needs one.
    pub claims_access_token: Option<String>,
    /// How it takes request objects; none where it takes none.
    pub request_objects: Option<RequestObjects>,
    /// What `post_logout_redirect_uri` is called.
    pub logout_redirect: &'static str,
}

/// How request objects are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct RequestObjects {
    /// Whether the object alone counts (RFC 9101 6.3); otherwise the address does where the object is silent
    /// (OIDC Core 6.1).
    pub alone: bool,
    /// `require_signed_request_object`.
    pub required: bool,
}

/// What a client registered about request objects (OIDC Registration 2).
#[derive(Clone, Debug, Default)]
pub struct RegisteredObjects {
    /// `request_object_signing_alg`: this one and no other.
    pub signing_alg: Option<String>,
    /// `request_uris`.
    pub request_uris: Vec<String>,
}

/// The tenant of a provider that has many.
#[derive(Clone, Debug)]
pub struct OpTenant {
    /// `issuer` of the metadata, with `{tenantid}` in it.
    pub template: String,
    /// The tenant, and the `tid` claim of its tokens.
    pub tid: String,
}

impl OpConfig {
    /// The default provider under another issuer identifier.
    pub fn with_issuer(issuer: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), ..Self::default() }
    }
}

impl Default for OpConfig {
    fn default() -> Self {
        Self {
            issuer: "https://op.test".into(),
            seed: 0,
            clients: default_clients(),
            users: vec![alice(), bob()],
            access_token_ttl: 3600,
            id_token_ttl: 300,
            code_ttl: 60,
            jwks_cache_control: None,
            rotate_refresh_tokens: false,
            signed_access_tokens: None,
            introspection_signed_response_alg: None,
            authorization_response_iss_parameter_supported: true,
            registration: RegistrationConfig::default(),
            session_management: false,
            tenant: None,
            paths: Vec::new(),
            claims_access_token: Some(CLAIMS_TOKEN.into()),
            request_objects: None,
            logout_redirect: "post_logout_redirect_uri",
            pkce_plain: false,
        }
    }
}

/// One registered client.
#[derive(Clone, Debug)]
pub struct OpClient {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; none for a public client.
    pub client_secret: Option<String>,
    /// `redirect_uris`.
    pub redirect_uris: Vec<String>,
    /// `post_logout_redirect_uris`.
    pub post_logout_redirect_uris: Vec<String>,
    /// `token_endpoint_auth_method`: this one and no other is accepted.
    pub auth_method: ClientAuthMethod,
    /// `id_token_signed_response_alg`.
    pub id_token_signed_response_alg: Alg,
    /// `userinfo_signed_response_alg`; none for plain JSON.
    pub userinfo_signed_response_alg: Option<Alg>,
    /// `authorization_signed_response_alg` (JARM 3).
    pub authorization_signed_response_alg: Alg,
    /// What is encrypted for it: with its secret, or a key of its `jwks`.
    pub encryption: Encryptions,
    /// `jwks`: the public keys under which its assertions are signed, and those for what is encrypted for it.
    pub jwks: Vec<Value>,
    /// Where it is told of logouts.
    pub logout: LogoutUris,
    /// How it makes request objects.
    pub request_objects: RegisteredObjects,
}

/// Where a client is told of a logout, and whether the session is named there.
#[derive(Clone, Debug, Default)]
pub struct LogoutUris {
    /// `frontchannel_logout_uri`.
    pub front_channel: Option<String>,
    /// `frontchannel_logout_session_required`.
    pub front_channel_session: bool,
    /// `backchannel_logout_uri`.
    pub back_channel: Option<String>,
    /// `backchannel_logout_session_required`.
    pub back_channel_session: bool,
}

impl OpClient {
    /// A client with RS256 and, if it has a secret, HTTP Basic.
    pub fn new(client_id: &str, client_secret: Option<&str>, redirect_uri: &str) -> Self {
        let auth_method = match client_secret {
            Some(_) => ClientAuthMethod::ClientSecretBasic,
            None => ClientAuthMethod::None,
        };
        Self {
            client_id: client_id.into(),
            client_secret: client_secret.map(Into::into),
            redirect_uris: vec![redirect_uri.into()],
            post_logout_redirect_uris: Vec::new(),
            auth_method,
            id_token_signed_response_alg: Alg::Rs256,
            userinfo_signed_response_alg: None,
            authorization_signed_response_alg: Alg::Rs256,
            encryption: Encryptions::default(),
            jwks: Vec::new(),
            logout: LogoutUris::default(),
            request_objects: RegisteredObjects::default(),
        }
    }

    pub(crate) fn secret(&self) -> &str {
        self.client_secret.as_deref().unwrap_or_default()
    }
}

/// How a client authenticates at the token endpoint (OIDC Core 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthMethod {
    /// `none`: a public client.
    None,
    /// `client_secret_basic`, both halves form-encoded (RFC 6749 2.3.1).
    ClientSecretBasic,
    /// `client_secret_post`.
    ClientSecretPost,
    /// HTTP Basic as RFC 7617 alone has it: the halves are taken as they stand.
    RawBasic,
    /// `client_secret_jwt`.
    ClientSecretJwt,
    /// `private_key_jwt`, under the client's `jwks`.
    PrivateKeyJwt,
    /// `client_secret_post` with a secret that is a JWT of the team `TEAM123456`, as Apple wants it.
    SignedSecret,
    /// `tls_client_auth` or its self-signed sibling: whoever comes by the alias is taken to have shown the certificate.
    MutualTls,
}

/// One person with an account.
#[derive(Clone, Debug)]
pub struct OpUser {
    /// The login name.
    pub name: String,
    /// The password.
    pub password: String,
    /// The `sub` claim.
    pub sub: String,
    /// All other claims, as an object.
    pub claims: Value,
}

/// Whether a registered URI covers the one presented.
pub(crate) fn registered(uris: &[String], presented: &str) -> bool {
    uris.iter().any(|uri| uri == presented || same_but_port(uri, presented))
}

// RFC 8252 7.3: any port on a loopback IP redirect URI.
fn same_but_port(registered: &str, presented: &str) -> bool {
    let (Ok(mut registered), Ok(mut presented)) = (Url::parse(registered), Url::parse(presented))
    else {
        return false;
    };
    let loopback = matches!(registered.host_str(), Some("127.0.0.1" | "[::1]"));
    loopback
        && registered.scheme() == "http"
        && registered.set_port(None).is_ok()
        && presented.set_port(None).is_ok()
        && registered == presented
}

fn default_clients() -> Vec<OpClient> {
    let client = |client_id: &str, secret: Option<&str>| OpClient {
        redirect_uris: vec!["https://rp.test/cb".into(), "http://127.0.0.1/cb".into()],
        post_logout_redirect_uris: vec![
            "https://rp.test/bye".into(),
            "http://127.0.0.1/bye".into(),
        ],
        ..OpClient::new(client_id, secret, "")
    };
    let signed = |client_id: &str, alg: Alg| OpClient {
        id_token_signed_response_alg: alg,
        ..client(client_id, Some(LONG_SECRET))
    };
    vec![
        client("confidential", Some(ODD_SECRET)),
        OpClient {
            auth_method: ClientAuthMethod::ClientSecretPost,
            ..client("post", Some(ODD_SECRET))
        },
        OpClient {
            auth_method: ClientAuthMethod::RawBasic,
            ..client("raw", Some("fake-raw-secret"))
        },
        OpClient {
            auth_method: ClientAuthMethod::ClientSecretJwt,
            ..client("secret-jwt", Some(LONG_SECRET))
        },
        OpClient {
            auth_method: ClientAuthMethod::PrivateKeyJwt,
            jwks: vec![assertion::es256_jwk(), assertion::ed25519_jwk()],
            ..client("key-jwt", None)
        },
        OpClient {
            auth_method: ClientAuthMethod::SignedSecret,
            jwks: vec![assertion::es256_jwk()],
            ..client("team", None)
        },
        OpClient { auth_method: ClientAuthMethod::MutualTls, ..client("mtls", None) },
        client("public", None),
        signed("rs256", Alg::Rs256),
        signed("ps256", Alg::Ps256),
        signed("es256", Alg::Es256),
        signed("eddsa", Alg::EdDsa),
        signed("hs256", Alg::Hs256),
        signed("hs384", Alg::Hs384),
        signed("hs512", Alg::Hs512),
    ]
}

fn alice() -> OpUser {
    OpUser {
        name: "alice".into(),
        password: "wonderland".into(),
        sub: "sub-alice-248289761001".into(),
        claims: json!({
            "name": "Alice Liddell", "given_name": "Alice", "family_name": "Liddell",
            "middle_name": "Pleasance", "nickname": "Ali", "preferred_username": "alice",
            "profile": "https://people.test/alice", "picture": "https://people.test/alice.png",
            "website": "https://alice.test", "gender": "female", "birthdate": "1852-05-04",
            "zoneinfo": "Europe/London", "locale": "en-GB", "updated_at": 1_700_000_000,
            "email": "alice@people.test", "email_verified": true,
            "phone_number": "+44 1865 000000", "phone_number_verified": true,
            "address": {
                "formatted": "1 Rabbit Hole\nOxford\nOX1 1DP\nUnited Kingdom",
                "street_address": "1 Rabbit Hole", "locality": "Oxford", "region": "Oxfordshire",
                "postal_code": "OX1 1DP", "country": "United Kingdom",
            },
            "groups": ["admins", "readers"],
        }),
    }
}

fn bob() -> OpUser {
    OpUser {
        name: "bob".into(),
        password: "builder".into(),
        sub: "sub-bob-90125".into(),
        claims: json!({
            "name": "Bob Büilder", "given_name": "Bob", "family_name": "Büilder",
            "middle_name": "T.", "nickname": "Bobby", "preferred_username": "bob",
            "profile": "https://people.test/bob", "picture": "https://people.test/bob.png",
            "website": "https://bob.test", "gender": "male", "birthdate": "0000-04-12",
            "zoneinfo": "Europe/Berlin", "locale": "de-DE", "updated_at": 1_690_000_000,
            "email": "bob@people.test", "email_verified": false,
            "phone_number": "+49 30 000000", "phone_number_verified": false,
            "address": {
                "formatted": "Baustraße 2\n10115 Berlin\nGermany",
                "street_address": "Baustraße 2", "locality": "Berlin", "region": "Berlin",
                "postal_code": "10115", "country": "Germany",
            },
            "groups": ["readers"],
        }),
    }
}

// The certification suite hands out secrets of any VSCHAR: these break a Basic header that is
// not form-encoded first (RFC 6749 2.3.1).
const ODD_SECRET: &str = "fake-s3cr:t &%+=~\"\\/?#<>-0123456789";
// RFC 7518 3.2: an HMAC key is at least as long as the hash, 64 bytes for HS512.
const LONG_SECRET: &str = "fake-secret-0123456789-0123456789-0123456789-0123456789-0123456789";

/// Clients of the default configuration, each registered for one algorithm.
pub const CLIENTS: [(&str, Alg); 7] = [
    ("rs256", Alg::Rs256),
    ("ps256", Alg::Ps256),
    ("es256", Alg::Es256),
    ("eddsa", Alg::EdDsa),
    ("hs256", Alg::Hs256),
    ("hs384", Alg::Hs384),
    ("hs512", Alg::Hs512),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_addresses_may_change_their_port() {
        let uris = ["http://127.0.0.1/cb", "https://rp.test/cb"].map(String::from);
        assert!(registered(&uris, "http://127.0.0.1:4711/cb"));
        assert!(!registered(&uris, "http://127.0.0.1:4711/cb2"));
        assert!(!registered(&uris, "https://127.0.0.1:4711/cb"));
        assert!(!registered(&uris, "https://rp.test:8443/cb"));
        assert!(!registered(&uris, "https://rp.test/cb/"));
    }
}
