//! From an issuer to validated metadata (OIDC Discovery 4, RFC 8414 3).
//!
//! ```text
//! Discover ── Send(<issuer>/.well-known/openid-configuration, or another source) ── Done(ProviderMetadata)
//! ```

use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind, Purpose},
    flow::{Event, Flow, Happened, Step, party::Policy, unreachable},
    protocol::{
        issuer::Issuer,
        metadata::{self, MetadataOverrides, MetadataSource, ProviderMetadata, Reading},
    },
};

/// Reads the metadata of one issuer.
#[derive(Debug)]
pub(crate) struct Discover {
    issuer: String,
    source: MetadataSource,
    overrides: MetadataOverrides,
    policy: Policy,
    asked: bool,
}

impl Discover {
    pub(crate) fn new(
        issuer: String,
        source: MetadataSource,
        overrides: MetadataOverrides,
        policy: Policy,
    ) -> Self {
        Self { issuer, source, overrides, policy, asked: false }
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

impl Flow for Discover {
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
            _ => Err(unreachable("Discover")),
        }
    }
}
