//! Zitadel ("OpenID Connect endpoints" and "Claims", Zitadel documentation).

use super::Profile;
use crate::{flow::policy::Policy, protocol::id_token::TrustedAudiences};

/// Zitadel. Departs from the advice of OIDC Core 2 that `aud` names the client: it also names the project and all other
/// clients of the project. `trusted` are their ids, each of which must be listed (OIDC Core 3.1.3.7 (3)); the error for one
/// that is missing names it.
pub fn zitadel<T: Into<String>>(
    issuer: impl Into<String>,
    trusted: impl IntoIterator<Item = T>,
) -> Profile {
    let trusted = trusted.into_iter().map(Into::into).collect();
    Profile::new("Zitadel", issuer)
        .accepting(Policy::default().trusted_audiences(TrustedAudiences::List(trusted)))
}
