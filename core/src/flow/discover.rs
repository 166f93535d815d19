//! From an issuer to validated metadata (OIDC Discovery 4).
//!
//! ```text
//! Discover ── Send(<issuer>/.well-known/openid-configuration) ── Done(ProviderMetadata)
//! ```

use crate::{
    env::Env,
    error::{ApiMisuse, Error, ErrorKind, Purpose},
    flow::{Event, Flow, Happened, Step, unreachable},
    limits::Limits,
    protocol::{
        issuer::{Issuer, Schemes},
        metadata::{self, ProviderMetadata},
    },
};

/// Reads the metadata of one issuer.
#[derive(Debug)]
pub(crate) struct Discover {
    issuer: String,
    schemes: Schemes,
    limits: Limits,
}

impl Discover {
    pub(crate) fn new(issuer: String, schemes: Schemes, limits: Limits) -> Self {
        Self { issuer, schemes, limits }
    }

    fn issuer(&self) -> Result<Issuer, Error> {
        let issuer = Issuer::parse(self.issuer.clone(), self.schemes);
        issuer.map_err(|reason| ApiMisuse::Issuer(reason).into())
    }
}

impl Flow for Discover {
    type Output = ProviderMetadata;

    fn advance(self, event: Event, _env: &mut dyn Env) -> Result<Step<Self>, Error> {
        let issuer = self.issuer()?;
        match event.happened() {
            Happened::Started => {
                let request = metadata::request(&issuer, self.schemes, &self.limits)?;
                Ok(Step::send(request, self))
            }
            Happened::Replied(Ok(response)) => {
                metadata::read(&response, &issuer, self.schemes, &self.limits).map(Step::Done)
            }
            Happened::Replied(Err(failure)) => {
                Err(ErrorKind::Transport { purpose: Purpose::Discovery, failure }.into())
            }
            Happened::Elapsed | Happened::Signed(_) => Err(unreachable("Discover")),
        }
    }
}
