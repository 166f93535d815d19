//! A provider that a visitor named: found, described, registered at; and access tokens that somebody sends.

use relying_party::{
    Client,
    flow::web_finger::FindIssuer,
    jose::algorithm::Algorithm,
    protocol::{
        access_token::ValidatedBy,
        client_metadata::ClientMetadata,
        metadata::{MetadataOverrides, MetadataSource, ProviderMetadata},
        registered_client::RegisteredClient,
    },
    secret::AccessToken,
};
use serde_json::{Value, json};

use super::{
    Broken, CLIENT, ISSUER, Report, SUB, World, law,
    oracle::encode,
    provider::{bad_claims, bad_headers},
};

const CALLBACK: &str = "https://rp.test/cb";
const AUDIENCE: &str = "b";

impl World<'_> {
    /// WebFinger, discovery in all its forms, and a registration with all that can be done to it.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_found(mut self) -> Result<Report, Broken> {
        if let Ok(issuer) = self.drive(FindIssuer::new("alice@op.test"))? {
            let linked = &self.document_served()["links"];
            let hrefs: Vec<_> = linked.as_array().into_iter().flatten().collect();
            let named = hrefs.iter().any(|link| link["href"] == issuer.as_str());
            let https = issuer.as_str().starts_with("https://");
            law(3, named && https, || format!("{issuer} was found"))?;
        }
        if let Some(provider) = self.described()? {
            self.registrations(&provider)?;
        }
        Ok(self.report)
    }

    fn described(&mut self) -> Result<Option<ProviderMetadata>, Broken> {
        let read = Client::read_provider(ISSUER).metadata_source(match self.script.byte() {
            0..=127 => MetadataSource::OpenId,
            128..=159 => MetadataSource::OAuth,
            160..=191 => MetadataSource::OpenIdBeforePath,
            192..=223 => MetadataSource::OAuthAfterPath,
            _ => MetadataSource::Address("https://op.test/elsewhere?x=1".to_owned()),
        });
        let read = match self.script.byte() {
            0..=199 => read,
            200..=229 => {
                self.origins.insert(url::Url::parse("https://inside.test").unwrap().origin());
                read.metadata_overrides(
                    MetadataOverrides::default().back_channel_origin("https://inside.test"),
                )
            }
            _ => {
                let text = self.script.text();
                read.metadata_overrides(MetadataOverrides::default().registration_endpoint(text))
            }
        };
        let Ok(provider) = self.drive(read)? else { return Ok(None) };
        self.silent(&format!("{provider:?}"))?;
        let served = self.issuer_served.as_deref();
        law(3, served == Some(ISSUER), || format!("metadata of {served:?} was taken"))?;
        // An application that overrides an address has named it.
        self.origins.extend(provider.registration_endpoint().map(|url| url.origin()));
        Ok(Some(provider))
    }

    fn registrations(&mut self, provider: &ProviderMetadata) -> Result<(), Broken> {
        let metadata = ClientMetadata::web(&[CALLBACK]).unwrap().client_name("Site");
        let Ok(first) = self.drive(Client::register(provider, metadata))? else { return Ok(()) };
        self.registered(&first)?;
        let read = self.drive(Client::read_registration(provider, &first))?.unwrap_or(first);
        self.registered(&read)?;
        let metadata = read.to_metadata().client_name("Again");
        let update = Client::update_registration(provider, &read, metadata);
        let last = self.drive(update)?.unwrap_or(read);
        self.registered(&last)?;
        // Done, or not: nothing comes back.
        self.drive(Client::delete_registration(provider, &last))?.ok();
        Ok(())
    }

    fn registered(&mut self, registered: &RegisteredClient) -> Result<(), Broken> {
        self.silent(&format!("{registered:?} {:?}", registered.differences()))?;
        let uris: Vec<String> = registered.member("redirect_uris").unwrap().unwrap_or_default();
        let own = uris.iter().all(|uri| uri == CALLBACK);
        law(3, own, || format!("visitors would come back to {uris:?}"))?;
        let method = registered.member::<String>("token_endpoint_auth_method").ok().flatten();
        law(2, method.as_deref() != Some("none"), || "it proves nothing any more".to_owned())?;
        let bytes = registered.to_bytes();
        let read = RegisteredClient::from_bytes(&bytes).map(|read| read.to_bytes());
        law(7, read.as_ref().ok() == Some(&bytes), || "a client does not return".to_owned())?;
        let flipped = RegisteredClient::from_bytes(&self.script.flip(&bytes));
        law(7, flipped.is_err(), || "a flipped bit was not seen".to_owned())
    }

    /// Discovery, and three tokens that somebody sends to this client as a resource server.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_resource_server(mut self) -> Result<Report, Broken> {
        if let Ok(client) = self.discover()? {
            for _ in 0..3 {
                self.presented(&client)?;
            }
        }
        Ok(self.report)
    }

    fn presented(&mut self, client: &Client) -> Result<(), Broken> {
        let (text, good) = self.access_token_sent();
        let Ok(token) = AccessToken::new(text) else { return Ok(()) };
        self.move_clock();
        let before = self.report.requests.len();
        let flow = client.validate_access_token(&token, &[AUDIENCE]).require_scope("a");
        let result = self.drive(flow.algorithms(&[Algorithm::ES256]).or_introspect())?;
        let sent = &self.report.requests[before..];
        let asked = sent.iter().any(|line| line.contains("/introspect"));
        law(4, !(good && asked), || "a signed token was looked up".to_owned())?;
        let Ok(claims) = result else { return Ok(()) };
        self.silent(&format!("{claims:?}"))?;
        let genuine = match claims.validated_by() {
            ValidatedBy::Signature(_) => good,
            _ => self.document_served()["active"] == true,
        };
        law(2, genuine, || format!("nobody vouched for {claims:?}"))?;
        let named = claims.audiences().iter().any(|audience| audience == AUDIENCE);
        law(2, named, || "it was for somebody else".to_owned())
    }

    /// An access token, and whether it may be accepted without a question.
    fn access_token_sent(&mut self) -> (String, bool) {
        let now = self.millis.div_euclid(1000);
        let mut header = json!({ "alg": "ES256", "kid": "k0", "typ": "at+jwt" });
        let mut claims = json!({
            "iss": ISSUER, "sub": SUB, "aud": [AUDIENCE], "client_id": CLIENT, "exp": now + 300, "iat": now,
            "scope": "a b",
        });
        let fate = self.script.byte();
        match fate {
            150..=179 => {
                // What an ID token adds, an access token need not have right.
                let bad: Vec<_> =
                    bad_claims().into_iter().filter(|(name, _)| OWN.contains(name)).collect();
                let (name, value) = &bad[self.script.below(bad.len())];
                claims[*name] = value.clone();
            }
            180..=189 => {
                let required = ["iss", "sub", "aud", "exp", "iat", "client_id", "scope"];
                let name = required[self.script.below(required.len())];
                claims.as_object_mut().unwrap().remove(name);
            }
            190..=199 => {
                let bad: Vec<_> =
                    bad_headers().into_iter().filter(|(name, _)| *name != "typ").collect();
                let (name, value) = &bad[self.script.below(bad.len())];
                header[*name] = value.clone();
            }
            200..=209 => {
                let other = [json!("jwt"), json!("logout+jwt"), Value::Null, json!("at+jwt2")];
                header["typ"] = other[self.script.below(other.len())].clone();
            }
            210..=214 => claims["cnf"] = json!({ "jkt": "x" }),
            // An ID token of the same provider.
            215..=219 => return (self.id_token("access"), false),
            // An opaque one.
            220..=234 => return (self.fresh("access"), false),
            _ => {}
        }
        let parts = [header, claims].map(|part| encode(part.to_string().as_bytes()));
        let message = parts.join(".");
        let forged = (235..=244).contains(&fate);
        let signature = match forged {
            true => encode(&[self.script.byte(); 64]),
            false => encode(&self.oracle.sign(0, message.as_bytes())),
        };
        self.secrets.push(signature.clone());
        let text = format!("{message}.{signature}");
        match fate {
            245..=249 => {
                (String::from_utf8_lossy(&self.script.flip(text.as_bytes())).into(), false)
            }
            250..=255 => (self.script.text(), false),
            _ => (text, fate < 150),
        }
    }

    pub(super) fn found(&mut self) -> Value {
        let issuer = "http://openid.net/specs/connect/1.0/issuer";
        let mut link = json!({ "rel": issuer, "href": ISSUER });
        match self.script.byte() {
            0..=149 => {}
            150..=179 => link["href"] = "https://evil.test".into(),
            180..=209 => link["href"] = "http://op.test".into(),
            210..=229 => link["href"] = self.script.text().into(),
            _ => link["rel"] = self.script.text().into(),
        }
        json!({ "subject": "acct:alice@op.test", "links": [link] })
    }

    pub(super) fn registration(&mut self) -> Value {
        let (secret, token) = (self.fresh("minted"), self.fresh("registration"));
        let mut document = json!({
            "client_id": CLIENT,
            "client_secret": secret,
            "client_secret_expires_at": 0,
            "registration_access_token": token,
            "registration_client_uri": "https://register.test/clients/1",
            "redirect_uris": [CALLBACK],
        });
        let (name, value) = match self.script.byte() {
            0..=149 => return document,
            150..=164 => ("redirect_uris", json!(["https://evil.test/cb", CALLBACK])),
            165..=174 => ("token_endpoint_auth_method", json!("none")),
            175..=184 => ("id_token_signed_response_alg", json!(self.script.text())),
            185..=194 => ("registration_client_uri", json!("https://evil.test/clients/1")),
            195..=204 => ("registration_client_uri", json!(self.script.text())),
            205..=214 => ("client_id", json!(self.script.text())),
            215..=224 => ("client_secret", Value::Null),
            225..=234 => ("client_secret_expires_at", json!(self.script.text())),
            235..=244 => ("registration_access_token", json!(self.script.text())),
            _ => ("client_name", json!(self.script.text())),
        };
        document[name] = value;
        document
    }
}

/// The claims that both kinds of tokens have.
const OWN: [&str; 6] = ["iss", "sub", "aud", "exp", "iat", "nbf"];
