//! Profiles: what is known of providers that depart from the specifications, as data.
//!
//! Without a profile everything is strict. With one, exactly the departures of that provider are accepted, and each
//! that mattered is reported with its reason: [`Relaxation::because`](crate::protocol::relaxation::Relaxation::because)
//! names the profile. What the application's own [`Policy`] accepts anyway is never put down to a profile, and where
//! the application makes a choice of its own, it goes first. [`guide::profiles`](crate::guide::profiles) lists what
//! each one changes, and why.
//!
//! ```
//! use relying_party::{
//!     Client, Error, Registration,
//!     drive::{Transport, drive},
//!     env::Env,
//!     jose::backend::Crypto,
//!     profile,
//! };
//!
//! fn client(http: &impl Transport, crypto: Crypto, env: &mut impl Env) -> Result<Client, Error> {
//!     let registration = Registration::confidential("app", "a secret", "https://site.example/callback")?;
//!     drive(profile::google().discover(registration, crypto), http, env)
//! }
//! ```

mod apple;
mod auth0;
mod cognito;
mod discover;
mod entra;
mod facebook;
pub mod genauth;
mod github;
mod google;
mod keycloak;
mod line;
mod linkedin;
mod merge;
mod okta;
mod slack;
mod twitch;
mod zitadel;

pub use apple::apple;
pub use auth0::auth0;
pub use cognito::cognito;
pub use discover::DiscoverProfile;
pub use entra::{b2c, entra_v1, entra_v1_for_tenants_that, entra_v2, entra_v2_for_tenants_that};
pub use facebook::facebook;
pub use github::{github, github_enterprise_server};
pub use google::google;
pub use keycloak::keycloak_by_another_host;
pub use line::line;
pub use linkedin::insecure_linkedin;
pub use okta::{okta, okta_authorization_server};
pub use slack::slack;
pub use twitch::twitch;
pub use zitadel::zitadel;

use crate::{
    client::Client,
    error::{ApiMisuse, Error},
    flow::policy::Policy,
    jose::{algorithm::Algorithm, backend::Crypto, signer::SigningKey},
    protocol::{
        metadata::{MetadataOverrides, MetadataSource, ProviderMetadata},
        profiled::Demands,
        registration::{AssertionClaims, AuthMethod, Registration},
    },
};

/// What is known of one provider. It does nothing by itself: [`discover`](Self::discover) makes a client with it.
///
/// There are more than these providers: whatever a profile does can be said with [`Policy`], [`Registration`],
/// [`MetadataOverrides`] and the methods of a login.
#[derive(Clone, Debug)]
#[must_use]
pub struct Profile {
    name: &'static str,
    issuer: String,
    /// None where the overrides are all there is.
    source: Option<MetadataSource>,
    overrides: MetadataOverrides,
    /// What is accepted beside the default.
    policy: Policy,
    proof: Proof,
    id_token_alg: Option<Algorithm>,
    demands: Demands,
}

/// How the client authenticates, where the application chose nothing.
#[derive(Clone, Debug)]
enum Proof {
    /// As without a profile.
    Default,
    /// Whatever the provider's list says.
    Method(AuthMethod),
    /// With a secret signed by this key of this team.
    SignedSecret(Box<SigningKey>, String),
}

impl Profile {
    fn new(name: &'static str, issuer: impl Into<String>) -> Self {
        Self {
            name,
            issuer: issuer.into(),
            source: Some(MetadataSource::default()),
            overrides: MetadataOverrides::default(),
            policy: Policy::default(),
            proof: Proof::Default,
            id_token_alg: None,
            demands: Demands::default(),
        }
    }

    fn authenticating(self, method: AuthMethod) -> Self {
        Self { proof: Proof::Method(method), ..self }
    }

    fn accepting(self, policy: Policy) -> Self {
        Self { policy, ..self }
    }

    fn overriding(self, overrides: MetadataOverrides) -> Self {
        Self { overrides, ..self }
    }

    fn demanding(self, demands: Demands) -> Self {
        Self { demands, ..self }
    }

    /// The algorithm of ID tokens, where the provider was told to sign with another one than the profile expects.
    pub fn id_token_signed_response_alg(self, algorithm: Algorithm) -> Self {
        Self { id_token_alg: Some(algorithm), ..self }
    }

    /// The name under which a relaxation is reported.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The issuer of the client; of a provider with many tenants, the one that stands for all of them.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Makes a client: reads the provider's metadata, or takes those of the profile where the provider publishes none,
    /// without a request.
    pub fn discover(self, registration: Registration, crypto: Crypto) -> DiscoverProfile {
        DiscoverProfile::new(self, registration, crypto)
    }

    /// Makes a client from metadata at hand, such as those of [`Client::metadata`] on another server.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn client(
        &self,
        metadata: ProviderMetadata,
        registration: Registration,
        crypto: Crypto,
        policy: Policy,
    ) -> Result<Client, Error> {
        Client::new(metadata, self.registration(registration), crypto, self.policy(policy))
    }

    /// The registration with what the provider wants, where the application chose nothing itself.
    fn registration(&self, own: Registration) -> Registration {
        let own = match self.id_token_alg {
            // OIDC Registration 2: the default, hence nothing that was chosen
            Some(algorithm) if own.id_token_alg == Algorithm::RS256 => {
                own.id_token_signed_response_alg(algorithm)
            }
            _ => own,
        };
        if own.auth_method.is_some() {
            return own;
        }
        match &self.proof {
            Proof::Default => own,
            // A client without a secret has nothing to send.
            Proof::Method(_) if own.client_secret.is_none() => own,
            Proof::Method(method) => {
                own.token_endpoint_auth_method(*method).auth_methods_even_if_unlisted()
            }
            Proof::SignedSecret(key, team) => own
                .signed_client_secret(SigningKey::clone(key))
                .assertion_claims(AssertionClaims::default().issuer(team)),
        }
    }
}

/// An address on `host`, which is a name, perhaps with a port, and nothing more: no visitor gets to choose the path.
fn at_host(host: &str, path: &str) -> Result<String, Error> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
    if host.is_empty() || !host.bytes().all(good) {
        return Err(ApiMisuse::Issuer("the host is no host").into());
    }
    Ok(format!("https://{host}{path}"))
}

/// One segment of a path, or one label of a host.
fn segment(text: &str) -> Result<&str, Error> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if text.is_empty() || !text.bytes().all(good) {
        return Err(ApiMisuse::Issuer("a part of it holds what no such name holds").into());
    }
    Ok(text)
}
