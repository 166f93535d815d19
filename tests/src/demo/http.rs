//! Both transports behind one face, so that a choice at run time is possible.

use relying_party::{Error, Flow, error::TransportFailure};
use relying_party_reqwest::ReqwestTransport;
use relying_party_ureq::UreqTransport;
use tokio::runtime::Runtime;

use super::{Failure, Options};

pub(super) enum Http {
    Async(Runtime, ReqwestTransport),
    Blocking(Box<UreqTransport>),
}

impl Http {
    /// `local`: the provider is on this machine, where no proxy from the environment can reach it.
    pub(super) fn new(options: &Options, local: bool) -> Result<Self, Failure> {
        if options.blocking {
            let http = blocking(options.ca.as_deref(), local).map_err(failed)?;
            return Ok(Self::Blocking(Box::new(http)));
        }
        let runtime = Runtime::new()?;
        Ok(Self::Async(runtime, asynchronous(options.ca.as_deref(), local)?))
    }

    pub(super) fn run<F: Flow>(&self, flow: F) -> Result<F::Output, Error> {
        match self {
            Self::Async(runtime, http) => runtime.block_on(http.run(flow)),
            Self::Blocking(http) => http.run(flow),
        }
    }
}

fn blocking(ca: Option<&[u8]>, local: bool) -> Result<UreqTransport, TransportFailure> {
    let config = match ca {
        Some(pem) => UreqTransport::config_with_root_certificate(pem)?,
        None => UreqTransport::config(),
    };
    Ok(UreqTransport::from_config(if local { config.proxy(None) } else { config }))
}

fn asynchronous(ca: Option<&[u8]>, local: bool) -> Result<ReqwestTransport, Failure> {
    let builder = match ca {
        Some(pem) => ReqwestTransport::builder_with_root_certificate(pem).map_err(failed)?,
        // Without authorities on this machine a plain builder fails, and loopback needs none.
        None if local => ReqwestTransport::builder().tls_certs_only([]),
        None => ReqwestTransport::builder(),
    };
    let builder = if local { builder.no_proxy() } else { builder };
    ReqwestTransport::from_builder(builder).map_err(|error| Failure::Other(error.into()))
}

fn failed(failure: TransportFailure) -> Failure {
    Failure::Other(format!("{failure}: {}", failure.source).into())
}
