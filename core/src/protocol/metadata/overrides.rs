//! What an application knows better than a provider's metadata, or instead of it.

use serde_json::{Map, Value};
use url::Url;

use super::{ProviderMetadata, Reading};
use crate::{
    error::{ApiMisuse, Error, Shown},
    limits::Limits,
    protocol::{
        issuer::{Issuer, Schemes, address},
        issuer_rules::IssuerRules,
    },
};

/// Members that replace those of a provider's metadata, or stand alone ([`ProviderMetadata::fixed`]).
///
/// Each is held to the same rules as a published one, when the client is made and before anything is requested:
/// an address is absolute, `https`, without fragment and credentials. `issuer` cannot be replaced.
///
/// Codes, secrets and tokens go to the addresses given here: let no visitor and no other server choose them.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct MetadataOverrides {
    members: Vec<(String, Value)>,
    back_channel: Option<String>,
}

macro_rules! endpoints {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {$(
        $(#[doc = $doc])*
        pub fn $name(self, address: impl Into<String>) -> Self {
            self.member(stringify!($name), Value::String(address.into()))
        }
    )*};
}

impl MetadataOverrides {
    endpoints! {
        /// Where visitors log in.
        authorization_endpoint,
        /// Where codes and refresh tokens are exchanged.
        token_endpoint,
        /// Where claims are read.
        userinfo_endpoint,
        /// Where the signing keys are.
        jwks_uri,
        /// Where visitors log out.
        end_session_endpoint,
        /// Where a device starts a login.
        device_authorization_endpoint,
        /// Where tokens are looked up.
        introspection_endpoint,
        /// Where tokens are given back.
        revocation_endpoint,
        /// Where clients register themselves.
        registration_endpoint,
    }

    /// Any member, by its name; `null` takes it away.
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let name = name.into();
        self.members.retain(|(own, _)| *own != name);
        self.members.push((name, value.into()));
        self
    }

    /// Reaches the provider by another origin (scheme, host and port) than visitors do, for instance by its name
    /// inside a cluster. Only the endpoints that this application itself asks are moved, and of them only those on
    /// the origin of the issuer; those for browsers stay, and so does the issuer, which tokens must name as before. An
    /// endpoint that is given here by its own method is not moved.
    ///
    /// The new origin must be `https`, too. See [`MetadataSource::Address`](super::MetadataSource::Address) for the
    /// metadata themselves.
    pub fn back_channel_origin(mut self, origin: impl Into<String>) -> Self {
        self.back_channel = Some(origin.into());
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.back_channel.is_none()
    }

    /// Everything that cannot work, before any request.
    pub(crate) fn check(
        &self,
        issuer: &Issuer,
        schemes: Schemes,
        limits: &Limits,
    ) -> Result<(), Error> {
        self.origin(schemes)?;
        for (name, value) in &self.members {
            let refused = || ApiMisuse::Metadata(Shown::new(name));
            let mut alone = issuer_alone(issuer.as_str());
            if alone.insert(name.clone(), value.clone()).is_some() {
                return Err(refused().into());
            }
            let (rules, overrides) = (IssuerRules::default(), Self::default());
            let reading = Reading { issuer, rules: &rules, overrides: &overrides, schemes, limits };
            let text = Value::Object(alone).to_string();
            ProviderMetadata::parse(text.as_bytes(), &reading).map_err(|_| refused())?;
        }
        Ok(())
    }

    fn origin(&self, schemes: Schemes) -> Result<Option<Url>, ApiMisuse> {
        let Some(text) = &self.back_channel else { return Ok(None) };
        match address(text, schemes) {
            Ok(url) if url.path() == "/" && url.query().is_none() => Ok(Some(url)),
            _ => Err(ApiMisuse::Metadata(Shown::new("back_channel_origin"))),
        }
    }

    /// The document with these members. It has been read strictly before.
    pub(super) fn apply(
        &self,
        document: &str,
        issuer: &Issuer,
        schemes: Schemes,
    ) -> Result<String, Error> {
        let mut merged: Map<String, Value> = serde_json::from_str(document).unwrap_or_default();
        if let (Some(origin), Ok(home)) = (self.origin(schemes)?, Url::parse(issuer.as_str())) {
            for name in BACK_CHANNEL {
                if let Some(Value::String(endpoint)) = merged.get_mut(*name)
                    && let Ok(url) = address(endpoint, schemes)
                    && url.origin() == home.origin()
                {
                    let mut moved = origin.clone();
                    moved.set_path(url.path());
                    moved.set_query(url.query());
                    *endpoint = moved.into();
                }
            }
        }
        merged.extend(self.members.iter().cloned());
        Ok(Value::Object(merged).to_string())
    }
}

pub(super) fn issuer_alone(issuer: &str) -> Map<String, Value> {
    Map::from_iter([("issuer".to_owned(), Value::String(issuer.to_owned()))])
}

/// What no browser visits.
const BACK_CHANNEL: &[&str] = &[
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "revocation_endpoint",
    "device_authorization_endpoint",
    "registration_endpoint",
    "pushed_authorization_request_endpoint",
    "backchannel_authentication_endpoint",
];
