//! A login in which everything comes as a signed token: the authorization response (JARM), the ID token, userinfo; and,
//! where the client has a key for it, encrypted around the signature. What it asks for is a request object, which a
//! remote key signs, as it does its assertions.

use relying_party::{
    Client, PendingLogin,
    flow::{start_login::StartLogin, start_login::StartedLogin},
    jose::{algorithm::Algorithm, signer::SigningKey},
    protocol::{
        authorization::ResponseMode,
        registration::Registration,
        request_object::RequestObject,
        user_info::{UserInfo, UserInfoSource},
    },
};
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use super::{
    Broken, CLIENT, ISSUER, Report, SUB, World, law, oracle::encode, provider::bad_headers,
    signed::Signed,
};

/// What was made so far.
#[derive(Default)]
pub(super) struct Tokens {
    /// Everything that comes is encrypted.
    pub(super) encrypted: bool,
    /// The response that may be followed by its code.
    response: Option<String>,
    /// The userinfo answers that may be believed, as they are sent, and their claims.
    infos: Vec<(String, String)>,
    /// The last of them as it came.
    pub(super) came: Vec<u8>,
    /// The request object that was signed last, and its claims.
    request: Option<(String, Value)>,
}

impl World<'_> {
    /// As [`run`](Self::run), with tokens only; encrypted ones, if they are to be.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_tokens(mut self, encrypted: bool) -> Result<Report, Broken> {
        self.signed = Some(Signed::default());
        let encrypted = encrypted && cfg!(feature = "encryption");
        self.tokens = Some(Tokens { encrypted, ..Tokens::default() });
        self.run()
    }

    pub(super) fn registered_for_tokens(&self, registration: Registration) -> Registration {
        let Some(tokens) = &self.tokens else { return registration };
        let registration = registration
            .authorization_signed_response_alg(Algorithm::ES256)
            .userinfo_signed_response_alg(Algorithm::ES256);
        if tokens.encrypted { super::enclosed::register(registration) } else { registration }
    }

    pub(super) fn asking(&self, client: &Client) -> StartLogin {
        let start = client.start_login().scope("email");
        let Some(tokens) = &self.tokens else { return start };
        let key = SigningKey::remote(super::signed::KEY, Algorithm::ES256, Some("c0")).unwrap();
        let object = RequestObject::signed_by(key);
        let object = if tokens.encrypted { super::enclosed::object(object) } else { object };
        start.response_mode(ResponseMode::Jwt).request_object(object)
    }

    /// The remote key's answer for a request object, which says who asks whom, and until when.
    pub(super) fn request_signature(
        &mut self,
        header: &Value,
        claims: &Value,
        message: &str,
    ) -> Result<Vec<u8>, Broken> {
        let now = self.millis.div_euclid(1000);
        let whose = header["kid"] == "c0" && claims["iss"] == CLIENT && claims["aud"] == ISSUER;
        let dates = claims["exp"] == now + 300 && claims["iat"] == now;
        let no_proof = claims.get("sub").is_none();
        law(3, whose && dates && no_proof, || format!("{header} {claims} is signed"))?;
        let digest = Sha512::digest(message).to_vec();
        let signature = match self.script.byte() {
            0..=219 => digest,
            220..=239 => self.script.bytes().to_vec(),
            _ => [&[0x30, 0x44, 0x02, 0x20][..], &digest].concat(),
        };
        let tokens = self.tokens.as_mut().ok_or("law 3: no request is to be signed")?;
        tokens.request = Some((format!("{message}.{}", encode(&signature)), claims.clone()));
        Ok(signature)
    }

    /// The browser carries what was signed for this login and nothing else of it; in a cookie, the login returns.
    pub(super) fn asked(&mut self, started: &StartedLogin, stored: &Value) -> Result<(), Broken> {
        let Some(tokens) = &self.tokens else { return Ok(()) };
        let (object, claims) = tokens.request.as_ref().ok_or("law 3: nothing was signed")?;
        let mut pairs: Vec<(String, String)> = started.url.query_pairs().into_owned().collect();
        pairs.sort();
        let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        let few = names == ["client_id", "request", "response_type", "scope"];
        law(4, few, || format!("{names:?} in the address"))?;
        let sent = &pairs[1].1;
        let as_due = match tokens.encrypted {
            true => sent.split('.').count() == 5,
            false => sent == object,
        };
        law(3, as_due, || "another request than the signed one".to_owned())?;
        let same = ["state", "nonce"].iter().all(|name| claims[name] == stored[name]);
        law(3, same, || "signed for another login".to_owned())?;
        let verifier = stored["verifier"].as_str().unwrap_or_default();
        let hidden = !verifier.is_empty() && !claims.to_string().contains(verifier);
        law(4, hidden, || "the verifier is in the request".to_owned())?;
        let pending = PendingLogin::from_bytes(&started.pending.to_bytes()).unwrap();
        super::enclosed::sealed(self, &pending)
    }

    /// The query with which the browser comes back.
    pub(super) fn response(&mut self, state: &str) -> String {
        let code = self.fresh("code");
        self.code = code.clone();
        let now = self.millis.div_euclid(1000);
        let claims = json!({
            "iss": ISSUER, "aud": CLIENT, "exp": now + 60, "code": code, "state": state,
        });
        let bad = [
            ("code", json!([])),
            ("state", json!("other")),
            ("error", json!("access_denied")),
            ("sub", json!(SUB)),
            ("nonce", json!("x")),
            ("events", json!({})),
            ("access_token", json!("x")),
        ];
        let required = ["iss", "aud", "exp", "code", "state"];
        let (token, honest) = self.signed_token(claims, &bad, &required);
        let (token, honest) = self.enclosed(&token, honest);
        if let Some(tokens) = &mut self.tokens {
            tokens.response = honest;
        }
        match self.script.byte() {
            0..=199 => format!("response={token}"),
            200..=209 => format!("code={code}&state={state}&iss=https%3A%2F%2Fop.test"),
            210..=219 => format!("response={token}&code=other&state={state}"),
            220..=229 => format!("response={token}&response={token}"),
            230..=239 => {
                let honest = format!("response={token}");
                String::from_utf8_lossy(&self.script.flip(honest.as_bytes())).into()
            }
            _ => self.script.text(),
        }
    }

    /// Whether a code may follow this query, by another parser than the library's.
    pub(super) fn may_spend(&self, query: &str) -> bool {
        let Some(tokens) = &self.tokens else { return true };
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let found: Vec<_> = pairs.filter(|(name, _)| name == "response").collect();
        let due = tokens.response.as_deref();
        found.len() == 1 && due.is_some() && found.first().map(|(_, token)| &**token) == due
    }

    /// The answer of the userinfo endpoint.
    pub(super) fn info_token(&mut self) -> Vec<u8> {
        let now = self.millis.div_euclid(1000);
        let claims =
            json!({ "iss": ISSUER, "aud": CLIENT, "sub": SUB, "name": "Alice", "iat": now });
        let plain = claims.to_string();
        let bad = [
            ("sub", json!("mallory")),
            ("sub", json!("")),
            ("exp", json!(1)),
            ("iat", json!(4_000_000_000_u64)),
            ("nonce", json!("x")),
            ("at_hash", json!("x")),
            ("c_hash", json!("x")),
            ("events", json!({ "http://schemas.openid.net/event/backchannel-logout": {} })),
            ("typ", json!("ID")),
        ];
        let (token, honest) = self.signed_token(claims, &bad, &["iss", "aud", "sub"]);
        if self.script.byte() >= 240 {
            return plain.into_bytes();
        }
        let (sent, honest) = self.enclosed(&token, honest);
        if let (Some(tokens), Some(honest)) = (&mut self.tokens, honest) {
            tokens.infos.push((honest, plain));
        }
        sent.into_bytes()
    }

    pub(super) fn told_as_token(&self, info: Option<&UserInfo>) -> Result<(), Broken> {
        let (Some(tokens), Some(info)) = (&self.tokens, info) else { return Ok(()) };
        // Without an endpoint, it is of the ID token.
        if info.source() != UserInfoSource::Endpoint {
            return Ok(());
        }
        let told = tokens.infos.iter().any(|(honest, plain)| {
            honest.as_bytes() == tokens.came && plain == info.claims().as_json()
        });
        law(2, told, || format!("nobody signed {}", info.claims().as_json()))
    }

    /// A token of the provider with these claims, or with a fault of theirs or of all tokens; and what of it may be
    /// believed, should it come so.
    pub(super) fn signed_token(
        &mut self,
        mut claims: Value,
        bad: &[(&str, Value)],
        required: &[&str],
    ) -> (String, Option<String>) {
        let fate = self.script.byte();
        let (mut key, mut header) = (0, json!({ "alg": "ES256", "kid": "k0" }));
        match fate {
            150..=164 => {
                let (name, value) = &bad[self.script.below(bad.len())];
                claims[*name] = value.clone();
            }
            165..=179 => {
                let of_all = of_all();
                let (name, value) = &of_all[self.script.below(of_all.len())];
                claims[*name] = value.clone();
            }
            180..=189 => {
                let name = required[self.script.below(required.len())];
                claims.as_object_mut().unwrap().remove(name);
            }
            190..=199 => {
                let bad = bad_headers();
                let (name, value) = &bad[self.script.below(bad.len())];
                header[*name] = value.clone();
            }
            200..=209 => {
                key = u8::try_from(self.script.below(4)).unwrap();
                header["kid"] = format!("k{key}").into();
            }
            _ => {}
        }
        let parts = [header, claims].map(|part| encode(part.to_string().as_bytes()));
        let message = parts.join(".");
        let signature = match fate {
            210..=224 => encode(&[self.script.byte(); 64]),
            _ => encode(&self.oracle.sign(key, message.as_bytes())),
        };
        self.secrets.push(signature.clone());
        let token = format!("{message}.{signature}");
        let honest =
            Some(token.clone()).filter(|_| matches!(fate, 0..=149 | 200..=209 | 225..=234));
        let sent = match fate {
            225..=234 => String::from_utf8_lossy(&self.script.flip(token.as_bytes())).into(),
            // A token of another kind.
            235..=244 => self.earlier.first().cloned().unwrap_or_default(),
            245..=255 => self.script.text(),
            _ => token,
        };
        (sent, honest)
    }
}

/// What refuses every token, or takes the trust from it.
fn of_all() -> [(&'static str, Value); 7] {
    [
        ("iss", json!("https://evil.test")),
        ("iss", json!("https://op.test/")),
        ("iss", Value::Null),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("exp", json!(1)),
        ("nbf", json!(4_000_000_000_u64)),
    ]
}
