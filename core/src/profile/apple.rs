//! Sign in with Apple ("Sign in with Apple REST API", Apple Developer Documentation).

use super::{Profile, Proof};
use crate::{jose::signer::SigningKey, protocol::profiled::Demands};

/// Sign in with Apple. Departs from RFC 6749 2.3.1: the client secret is a JWT under the team's ES256 key, made for each
/// request. The response comes as a posted form, which Apple demands as soon as `name` or `email` is asked for; take it
/// with [`Client::callback_form`](crate::Client::callback_form). The form is posted from another site, so the session's
/// cookie needs `SameSite=None`.
///
/// `user`, with the name, comes in the first response only: it is in
/// [`Login::response_parameters`](crate::Login::response_parameters), and nothing vouches for it. There is no userinfo
/// endpoint, and `email_verified` may be text.
///
/// Give a registration without a secret ([`Registration::public`](crate::Registration::public)).
pub fn apple(team: &str, key: SigningKey) -> Profile {
    let profile = Profile::new("Apple", "https://appleid.apple.com")
        .demanding(Demands { form_post: true, ..Demands::default() });
    Profile { proof: Proof::SignedSecret(Box::new(key), team.to_owned()), ..profile }
}
