//! What a login and plain OAuth let be chosen alike. Both are a tuple around an
//! [`AuthorizationRequest`](super::authorization_request::AuthorizationRequest).

macro_rules! request_setters {
    ($start:ident, $started:ident) => {
        impl $start {
            fn with(
                mut self,
                change: impl FnOnce(&mut $crate::protocol::authorization::Parameters),
            ) -> Self {
                change(&mut self.0.parameters);
                self
            }

            /// Lets response types that contain `token` send an access token through the browser, where it stands in the
            /// history and can be stolen or swapped: they must not be used any more (RFC 9700 2.1.2). Reported as
            /// [`Relaxation::FrontChannelAccessToken`](crate::protocol::relaxation::Relaxation::FrontChannelAccessToken).
            pub fn insecure_front_channel_access_token(self) -> Self {
                self.with(|p| p.front_channel_access_token = true)
            }

            /// How the response comes back. Default: in the query for a code alone, otherwise in the fragment. A browser
            /// keeps a fragment to itself: a page of yours has to read it; with
            /// [`ResponseMode::FormPost`](crate::protocol::authorization::ResponseMode::FormPost) the server gets it. With
            /// [`ResponseMode::Jwt`](crate::protocol::authorization::ResponseMode::Jwt) and its like it comes signed, and a
            /// plain one is refused.
            pub fn response_mode(
                self,
                mode: $crate::protocol::authorization::ResponseMode,
            ) -> Self {
                self.with(|p| p.response_mode = Some(mode))
            }

            /// What the provider must ask the visitor; may be called several times, except with
            /// [`Prompt::None`](crate::protocol::authorization::Prompt::None). A plain OAuth server need not know it.
            pub fn prompt(self, prompt: $crate::protocol::authorization::Prompt) -> Self {
                self.with(|p| {
                    if !p.prompt.contains(&prompt) {
                        p.prompt.push(prompt);
                    }
                })
            }

            /// Who is likely to log in. It stands in the address, so in logs. A plain OAuth server need not know it.
            pub fn login_hint(self, hint: &str) -> Self {
                self.with(|p| p.login_hint = Some(hint.to_owned()))
            }

            /// A resource for which the access token is meant (RFC 8707); may be called several times.
            pub fn resource(self, resource: &str) -> Self {
                self.with(|p| p.resource.push(resource.to_owned()))
            }

            /// An audience for which the access token is meant, for providers that know this parameter.
            pub fn audience(self, audience: &str) -> Self {
                self.with(|p| p.audience.push(audience.to_owned()))
            }

            /// Any other parameter, such as `access_type` or `kc_idp_hint`. One that the library sets itself is refused.
            pub fn parameter(self, name: &str, value: &str) -> Self {
                self.with(|p| p.extra.push((name.to_owned(), value.to_owned())))
            }

            /// One of the registration's redirect URIs, byte for byte. Of a loopback address the port may be another one: the
            /// one on which a native application just started to listen (RFC 8252 7.3). Default: the registration's first.
            pub fn redirect_uri(mut self, redirect_uri: &str) -> Self {
                self.0.redirect_uri = Some(redirect_uri.to_owned());
                self
            }

            /// The redirect URI that `current_url` is without its query and fragment; it must be a registered one all the same,
            /// so a forged `Host` header leads nowhere.
            pub fn redirect_uri_of(mut self, current_url: &str) -> Self {
                self.0.redirect_uri_of(current_url);
                self
            }

            /// A PKCE verifier of the application's instead of a fresh one: 43 to 128 unreserved characters
            /// (RFC 7636 4.1). Never use one twice.
            pub fn code_verifier(mut self, verifier: $crate::secret::CodeVerifier) -> Self {
                self.0.pkce_key = $crate::protocol::pkce::Key::Verifier(verifier);
                self
            }

            /// Sends the verifier itself as challenge (`plain`), for providers without `S256`: whoever sees the address can
            /// then use a stolen code. Reported as
            /// [`Relaxation::PkcePlain`](crate::protocol::relaxation::Relaxation::PkcePlain).
            pub fn insecure_pkce_plain(mut self) -> Self {
                self.0.pkce_method = $crate::protocol::pkce::Method::Plain;
                self
            }

            /// Sends the request as a signed token (RFC 9101, OIDC Core 6.1): it says whom it is from, and nobody can change
            /// it on its way. Default: as parameters.
            pub fn request_object(
                mut self,
                object: $crate::protocol::request_object::RequestObject,
            ) -> Self {
                self.0.object = Some(object);
                self
            }

            /// Sends the address of the request object (RFC 9101 5.2, OIDC Core 6.2): this application publishes it there,
            /// and the provider fetches it. `uri` is an `https` address registered by `request_uris`, without a fragment, of
            /// 512 bytes at most, that nobody can guess; or a `urn` by which the provider knows where to ask. Call it last.
            pub fn request_object_at(
                self,
                object: $crate::protocol::request_object::RequestObject,
                uri: &str,
            ) -> $crate::flow::hosted_request::StartHosted<$started> {
                $crate::flow::hosted_request::StartHosted::new(self.0, object, uri, $started::new)
            }

            /// Sends no challenge, for providers that refuse one: a stolen or injected code can then be used (RFC 9700 2.1.1).
            /// Reported as [`Relaxation::WithoutPkce`](crate::protocol::relaxation::Relaxation::WithoutPkce).
            pub fn insecure_without_pkce(mut self) -> Self {
                self.0.pkce_method = $crate::protocol::pkce::Method::Without;
                self
            }
        }
    };
}

pub(crate) use request_setters;
