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
    asked: bool,
}

impl Discover {
    pub(crate) fn new(issuer: String, schemes: Schemes, limits: Limits) -> Self {
        Self { issuer, schemes, limits, asked: false }
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
            Happened::Started if !self.asked => {
                let request = metadata::request(&issuer, self.schemes, &self.limits)?;
                Ok(Step::send(request, Self { asked: true, ..self }))
            }
            Happened::Replied(Ok(response)) if self.asked => {
                metadata::read(&response, &issuer, self.schemes, &self.limits).map(Step::Done)
            }
            Happened::Replied(Err(failure)) if self.asked => {
                Err(ErrorKind::Transport { purpose: Purpose::Discovery, failure }.into())
            }
            _ => Err(unreachable("Discover")),
        }
    }
}
