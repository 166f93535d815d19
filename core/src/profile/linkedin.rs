//! LinkedIn ("Sign In with LinkedIn using OpenID Connect", Microsoft Learn).

use super::Profile;
use crate::protocol::{profiled::Demands, registration::AuthMethod};

/// LinkedIn, without two protections. Departs from OIDC Core 3.1.3.7 (11): its ID tokens hold no `nonce`, so one of another
/// login can be replayed. Departs from RFC 7636: it refuses PKCE, so a stolen or injected code can be used (RFC 9700
/// 2.1.1). No login goes without them unseen: both are reported as
/// [`Relaxation::WithoutNonce`](crate::protocol::relaxation::Relaxation::WithoutNonce) and
/// [`Relaxation::WithoutPkce`](crate::protocol::relaxation::Relaxation::WithoutPkce).
///
/// Where LinkedIn has enabled PKCE for the application, give each login a
/// [`code_verifier`](crate::flow::start_login::StartLogin::code_verifier): it is then used.
///
/// The secret goes into the form, though the metadata do not say so (RFC 8414 2).
pub fn insecure_linkedin() -> Profile {
    Profile::new("LinkedIn", "https://www.linkedin.com/oauth")
        .authenticating(AuthMethod::ClientSecretPost)
        .demanding(Demands { without_nonce: true, without_pkce: true, ..Demands::default() })
}
