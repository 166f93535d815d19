//! From an application's preferences to the metadata that a provider can register (OIDC Discovery 3, OIDC
//! Registration 2).

use super::{
    client_metadata::{ClientMetadata, SubjectType},
    metadata::{ProviderMetadata, same_response_type},
};
use crate::{
    error::{ApiMisuse, Error, ErrorKind, Purpose, ResponseProblem},
    jose::algorithm::Algorithm,
};

/// What an application would like, each list with the best first.
///
/// Of response types, grant types and scopes everything is taken that the provider offers; of algorithms,
/// authentication methods and subject types the first one. What is not there is left out and
/// [noted](Negotiated::notes), unless it was [required](Self::require).
///
/// ```
/// use relying_party::{
///     Error, jose::algorithm::Algorithm,
///     protocol::{
///         client_metadata::ClientMetadata,
///         metadata::ProviderMetadata,
///         negotiation::{Capability, Preferences},
///     },
/// };
///
/// # fn negotiate(provider: &ProviderMetadata) -> Result<ClientMetadata, Error> {
/// let preferences = Preferences::default()
///     .grant_types(&["authorization_code", "refresh_token"])
///     .id_token_signed_response_alg(&[Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256])
///     .require(Capability::IdTokenSignedResponseAlg);
/// let metadata = ClientMetadata::web(&["https://site.example/callback"])?;
/// let negotiated = metadata.negotiate(&preferences, provider)?;
/// for note in &negotiated.notes {
///     println!("{note}");
/// }
/// # Ok(negotiated.metadata) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Preferences {
    wishes: Vec<(Capability, Vec<String>)>,
    required: Vec<Capability>,
}

/// Something that a provider lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability {
    /// `response_types`
    ResponseTypes,
    /// `grant_types`
    GrantTypes,
    /// `id_token_signed_response_alg`
    IdTokenSignedResponseAlg,
    /// `token_endpoint_auth_method`
    TokenEndpointAuthMethod,
    /// `scope`
    Scope,
    /// `subject_type`
    SubjectType,
}

impl Capability {
    /// The member of the provider's metadata that lists it.
    pub fn listed_as(self) -> &'static str {
        match self {
            Self::ResponseTypes => "response_types_supported",
            Self::GrantTypes => "grant_types_supported",
            Self::IdTokenSignedResponseAlg => "id_token_signing_alg_values_supported",
            Self::TokenEndpointAuthMethod => "token_endpoint_auth_methods_supported",
            Self::Scope => "scopes_supported",
            Self::SubjectType => "subject_types_supported",
        }
    }

    /// Whether all of it is taken, or only the first that is offered.
    fn is_list(self) -> bool {
        matches!(self, Self::ResponseTypes | Self::GrantTypes | Self::Scope)
    }

    /// What a provider offers that lists nothing; none where no specification says.
    fn default_list(self) -> Option<&'static [&'static str]> {
        match self {
            // OIDC Discovery 3
            Self::GrantTypes => Some(&["authorization_code", "implicit"]),
            Self::TokenEndpointAuthMethod => Some(&["client_secret_basic"]),
            // OIDC Discovery 3: "RS256 MUST be included"
            Self::IdTokenSignedResponseAlg => Some(&["RS256"]),
            Self::ResponseTypes | Self::Scope | Self::SubjectType => None,
        }
    }
}

/// What came of a preference.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A value that was wished for is not offered, so it is not asked for.
    NotOffered {
        /// Of which list.
        capability: Capability,
        /// The value.
        value: String,
    },
    /// The provider does not list this at all; everything wished for is asked for, or the first of it.
    Unlisted(Capability),
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotOffered { capability, value } => {
                write!(f, "{} does not hold {value:?}", capability.listed_as())
            }
            Self::Unlisted(capability) => write!(f, "there is no {}", capability.listed_as()),
        }
    }
}

/// What can be registered, and what cannot.
#[derive(Clone, Debug)]
pub struct Negotiated {
    /// To register.
    pub metadata: ClientMetadata,
    /// Everything that is not as wished, in the order of the wishes.
    pub notes: Vec<Note>,
}

impl Preferences {
    /// The response types to use, as many as offered. The order of the words in one does not matter.
    pub fn response_types(self, values: &[&str]) -> Self {
        self.wish(Capability::ResponseTypes, values)
    }

    /// The grant types to use, as many as offered.
    pub fn grant_types(self, values: &[&str]) -> Self {
        self.wish(Capability::GrantTypes, values)
    }

    /// What may sign ID tokens.
    pub fn id_token_signed_response_alg(self, values: &[Algorithm]) -> Self {
        let names: Vec<_> = values.iter().map(|algorithm| algorithm.as_str()).collect();
        self.wish(Capability::IdTokenSignedResponseAlg, &names)
    }

    /// How this client can prove itself.
    pub fn token_endpoint_auth_method(self, values: &[&str]) -> Self {
        self.wish(Capability::TokenEndpointAuthMethod, values)
    }

    /// The scopes to ask for, as many as offered.
    pub fn scope(self, values: &[&str]) -> Self {
        self.wish(Capability::Scope, values)
    }

    /// Who may see which `sub`.
    pub fn subject_type(self, values: &[SubjectType]) -> Self {
        let names: Vec<_> = values.iter().map(|value| value.as_str()).collect();
        self.wish(Capability::SubjectType, &names)
    }

    /// Without this the application does not work: of a list everything wished for, of another capability at least
    /// one. Default: nothing is required.
    pub fn require(mut self, capability: Capability) -> Self {
        self.required.push(capability);
        self
    }

    fn wish(mut self, capability: Capability, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.wishes.retain(|(other, _)| *other != capability);
        self.wishes.push((capability, values));
        self
    }
}

impl ClientMetadata {
    /// Turns preferences into members that this provider can register. What the preferences do not speak of stays.
    ///
    /// # Errors
    /// [`ApiMisuse::NotOffered`] when something required is missing; a list of the provider that is none is
    /// [`ResponseProblem::Json`].
    pub fn negotiate(
        mut self,
        preferences: &Preferences,
        provider: &ProviderMetadata,
    ) -> Result<Negotiated, Error> {
        let mut notes = Vec::new();
        for (capability, values) in &preferences.wishes {
            let earlier = notes.len();
            let offered = offered(*capability, provider)?;
            let chosen = choose(*capability, values, offered.as_deref(), &mut notes);
            let lacks = match capability.is_list() {
                true => notes.iter().skip(earlier).any(|n| matches!(n, Note::NotOffered { .. })),
                false => chosen.is_empty() && !values.is_empty(),
            };
            if lacks && preferences.required.contains(capability) {
                return Err(ApiMisuse::NotOffered(capability.listed_as()).into());
            }
            self = register(self, *capability, &chosen);
        }
        Ok(Negotiated { metadata: self, notes })
    }
}

fn offered(
    capability: Capability,
    provider: &ProviderMetadata,
) -> Result<Option<Vec<String>>, Error> {
    let listed = provider.member(capability.listed_as()).map_err(|problem| {
        let problem = ResponseProblem::Json(problem);
        Error::from(ErrorKind::Response { purpose: Purpose::Discovery, problem })
    })?;
    let default = || capability.default_list().map(|list| list.iter().map(|&v| v.into()).collect());
    Ok(listed.or_else(default))
}

/// The values to register.
fn choose<'v>(
    capability: Capability,
    values: &'v [String],
    offered: Option<&[String]>,
    notes: &mut Vec<Note>,
) -> Vec<&'v str> {
    let mut chosen = Vec::new();
    if offered.is_none() {
        notes.push(Note::Unlisted(capability));
    }
    for value in values {
        if offered.is_none_or(|list| list.iter().any(|other| same(capability, other, value))) {
            chosen.push(value.as_str());
            if !capability.is_list() {
                break;
            }
        } else {
            notes.push(Note::NotOffered { capability, value: value.clone() });
        }
    }
    chosen
}

fn same(capability: Capability, listed: &str, wished: &str) -> bool {
    match capability {
        Capability::ResponseTypes => same_response_type(listed, wished),
        _ => listed == wished,
    }
}

fn register(metadata: ClientMetadata, capability: Capability, chosen: &[&str]) -> ClientMetadata {
    let Some(first) = chosen.first() else { return metadata };
    match capability {
        Capability::ResponseTypes => metadata.response_types(chosen),
        Capability::GrantTypes => metadata.grant_types(chosen),
        Capability::Scope => metadata.scope(&chosen.join(" ")),
        Capability::TokenEndpointAuthMethod => metadata.token_endpoint_auth_method(first),
        Capability::SubjectType if *first == SubjectType::Pairwise.as_str() => {
            metadata.subject_type(SubjectType::Pairwise)
        }
        Capability::SubjectType => metadata.subject_type(SubjectType::Public),
        Capability::IdTokenSignedResponseAlg => match Algorithm::parse(first) {
            Some(algorithm) => metadata.id_token_signed_response_alg(algorithm),
            None => metadata,
        },
    }
}
