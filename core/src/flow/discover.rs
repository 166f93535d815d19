//! From an issuer to validated metadata (OIDC Discovery 4, RFC 8414 3).
//!
//! ```text
//! ReadProvider ── Send(<issuer>/.well-known/openid-configuration, or another source) ── Done(ProviderMetadata)
//! ```

use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind, Purpose},
    flow::{Event, Flow, Happened, Step, policy::Policy, unreachable},
    protocol::{
        issuer::Issuer,
        metadata::{self, MetadataOverrides, MetadataSource, ProviderMetadata, Reading},
    },
};

/// A provider about to describe itself.
///
/// # Errors
/// [`ErrorKind::Metadata`] and [`ErrorKind::Response`] when the document is refused.
#[derive(Clone, Debug)]
#[must_use = "a flow does nothing by itself"]
pub struct ReadProvider {
    issuer: String,
    source: MetadataSource,
    overrides: MetadataOverrides,
    policy: Policy,
    asked: bool,
}

impl ReadProvider {
    pub(crate) fn new(issuer: String) -> Self {
        let (source, overrides) = (MetadataSource::default(), MetadataOverrides::default());
        Self { issuer, source, overrides, policy: Policy::default(), asked: false }
    }

    /// The application's choices. Default: [`Policy::default`].
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Where the metadata are. Default: `<issuer>/.well-known/openid-configuration`.
    pub fn metadata_source(mut self, source: MetadataSource) -> Self {
        self.source = source;
        self
    }

    /// Members that replace those of the metadata.
    pub fn metadata_overrides(mut self, overrides: MetadataOverrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// As the application wrote it.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Those that were chosen.
    pub(crate) fn chosen_policy(&self) -> &Policy {
        &self.policy
    }

    fn reading<'a>(&'a self, issuer: &'a Issuer) -> Reading<'a> {
        Reading {
            issuer,
            rules: &self.policy.issuers,
            overrides: &self.overrides,
            schemes: self.policy.schemes,
            limits: &self.policy.limits,
        }
    }
}

impl Flow for ReadProvider {
    type Output = ProviderMetadata;

    fn advance(self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let issuer =
            Issuer::parse(self.issuer.clone(), self.policy.schemes).map_err(ApiMisuse::Issuer)?;
        match event.happened() {
            Happened::Started if !self.asked => {
                let request = metadata::request(&self.reading(&issuer), &self.source)?;
                Ok(Step::send(request, Self { asked: true, ..self }))
            }
            Happened::Replied(Ok(response)) if self.asked => {
                metadata::read(&response, &self.reading(&issuer)).map(Step::Done)
            }
            Happened::Replied(Err(failure)) if self.asked => {
                Err(ErrorKind::Transport { purpose: Purpose::Discovery, failure }.into())
            }
            _ => Err(unreachable("ReadProvider")),
        }
    }
}
