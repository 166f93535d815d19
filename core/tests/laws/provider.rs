//! What the provider answers and what the browser brings back, as the script decides.

use relying_party::{
    error::{FailureKind, Purpose, TransportFailure},
    flow::Outcome,
    http::HttpRequest,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    World,
    oracle::{encode, jwk},
};

pub const ISSUER: &str = "https://op.test";
pub const CLIENT: &str = "client";
pub const SUB: &str = "alice";

impl World<'_> {
    /// The answer to one request.
    pub(super) fn answer(&mut self, request: &HttpRequest) -> Outcome {
        self.move_clock();
        let (fate, mut status, mut headers) = (self.script.byte(), 200, Vec::new());
        let honest = self.document(request.purpose());
        let body = match fate {
            0..=169 => honest,
            170..=177 => {
                let kind = KINDS[self.script.below(KINDS.len())];
                return Err(TransportFailure::new(kind, "as the script says"));
            }
            178..=185 => {
                status = u16::try_from(100 + self.script.below(500)).unwrap();
                honest
            }
            186..=193 => {
                status = 302;
                headers.push(("location", "https://evil.test/".to_owned()));
                honest
            }
            194..=209 => self.script.flip(&honest),
            210..=221 => self.script.bytes().to_vec(),
            222..=227 => vec![b' '; request.max_response_bytes() + 1],
            228..=235 => {
                status = 400;
                let error =
                    json!({ "error": "invalid_grant", "error_description": self.script.text() });
                error.to_string().into_bytes()
            }
            236..=243 => {
                headers.push(("content-type", "application/jwt".to_owned()));
                honest
            }
            244..=255 => {
                let age = format!("max-age={}", self.script.text());
                headers.push(("cache-control", age));
                honest
            }
        };
        self.served.clone_from(&body);
        if let (Some(tokens), Purpose::UserInfo) = (&mut self.tokens, request.purpose()) {
            tokens.came.clone_from(&body);
        }
        if request.purpose() == Purpose::Discovery && (200..300).contains(&status) {
            self.serve_metadata(&body);
        }
        let mut response = request.response(status);
        for (name, value) in headers {
            response.header(name, value.as_bytes())?;
        }
        for chunk in body.chunks(700) {
            response.chunk(chunk)?;
        }
        Ok(response.finish())
    }

    /// Up to a day forth or an hour back.
    pub(super) fn move_clock(&mut self) {
        let seconds = match self.script.byte() {
            0..=199 => 0,
            200..=229 => i64::try_from(self.script.below(400)).unwrap(),
            230..=249 => i64::try_from(self.script.below(86_400)).unwrap(),
            _ => -i64::try_from(self.script.below(3600)).unwrap(),
        };
        self.millis += seconds * 1000;
    }

    fn document(&mut self, purpose: Purpose) -> Vec<u8> {
        let document = match purpose {
            Purpose::Discovery => self.metadata(),
            Purpose::Keys => self.keys(),
            Purpose::Token => return self.tokens(),
            Purpose::UserInfo if self.tokens.is_some() => return self.info_token(),
            Purpose::UserInfo if self.vouched.is_some() => self.sourced_info(),
            Purpose::Claims => return self.source_token("note").into_bytes(),
            Purpose::UserInfo => json!({ "sub": self.one_of(SUB, "mallory"), "name": "Alice" }),
            Purpose::DeviceAuthorization => self.device_authorization(),
            Purpose::Introspection => self.introspection(),
            Purpose::WebFinger => self.found(),
            Purpose::Registration => self.registration(),
            _ => Value::Null,
        };
        document.to_string().into_bytes()
    }

    fn metadata(&mut self) -> Value {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://op.test/authorize",
            "token_endpoint": "https://tokens.test/token",
            "userinfo_endpoint": "https://op.test/userinfo",
            "jwks_uri": "https://keys.test/jwks",
            "device_authorization_endpoint": "https://device.test/start",
            "introspection_endpoint": "https://tokens.test/introspect",
            "revocation_endpoint": "https://tokens.test/revoke",
            "registration_endpoint": "https://register.test/clients",
            "end_session_endpoint": "https://op.test/end",
            "authorization_response_iss_parameter_supported": true,
        });
        let (name, value) = match self.script.byte() {
            0..=199 => return document,
            200..=209 => ("issuer", json!(self.script.text())),
            210..=219 => ("token_endpoint", json!("http://op.test/token")),
            220..=229 => ("jwks_uri", json!(format!("https://{}/jwks", self.script.text()))),
            230..=239 => ("userinfo_endpoint", Value::Null),
            _ => ("token_endpoint", json!(self.script.text())),
        };
        document[name] = value;
        document
    }

    fn keys(&mut self) -> Value {
        let mut keys: Vec<Value> = (0..KEYS).map(jwk).collect();
        match self.script.byte() {
            0..=199 => {}
            200..=219 => drop(keys.remove(self.script.below(keys.len()))),
            220..=229 => keys.clear(),
            230..=239 => keys.iter_mut().for_each(|key| key["kid"] = "k0".into()),
            _ => keys.push(json!({ "kty": "oct", "k": encode(self.script.bytes()), "kid": "k0" })),
        }
        json!({ "keys": keys })
    }

    fn tokens(&mut self) -> Vec<u8> {
        if self.undecided > 0 {
            return self.undecided();
        }
        let (access_token, refresh_token) = (self.fresh("access"), self.fresh("refresh"));
        self.access_tokens.push(access_token.clone());
        let id_token = self.id_token(&access_token);
        // The placeholders of `token_response` are filled in only here, so that no script can know a token.
        if let Some(template) = &self.token_template {
            return template.replace("@ID@", &id_token).replace("@AT@", &access_token).into_bytes();
        }
        let mut document = json!({
            "access_token": access_token, "token_type": "Bearer", "expires_in": 3600,
            "refresh_token": refresh_token, "id_token": id_token,
        });
        self.exchanged(&mut document);
        document.to_string().into_bytes()
    }

    /// An ID token, as the client gets it; one that may be accepted is noted down as such.
    pub(super) fn id_token(&mut self, access_token: &str) -> String {
        let signed = self.signed_id_token(access_token);
        let (token, honest) = self.enclosed(&signed, Some(signed.clone()));
        self.acceptable.retain(|known| honest.is_some() || *known != signed);
        token
    }

    fn signed_id_token(&mut self, access_token: &str) -> String {
        let now = self.millis.div_euclid(1000);
        let half = encode(&Sha256::digest(access_token)[..16]);
        let mut key = 0;
        let mut header = json!({ "alg": "ES256", "kid": "k0" });
        let mut claims = json!({
            "iss": ISSUER, "sub": SUB, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": self.nonce,
            "at_hash": half, "auth_time": 1_700_000_000,
        });
        if self.nonce.is_empty() {
            claims.as_object_mut().unwrap().remove("nonce");
        }
        if let Some(code) = &self.hashed_code {
            claims["c_hash"] = encode(&Sha256::digest(code)[..16]).into();
        }
        let fate = self.script.byte();
        match fate {
            150..=179 => {
                let bad = bad_claims();
                let (name, value) = &bad[self.script.below(bad.len())];
                claims[*name] = value.clone();
            }
            180..=189 => {
                let required = ["iss", "sub", "aud", "exp", "iat"];
                let name = required[self.script.below(required.len())];
                claims.as_object_mut().unwrap().remove(name);
            }
            190..=204 => {
                let bad = bad_headers();
                let (name, value) = &bad[self.script.below(bad.len())];
                header[*name] = value.clone();
            }
            205..=214 => {
                key = u8::try_from(self.script.below(usize::from(KEYS))).unwrap();
                header["kid"] = format!("k{key}").into();
            }
            215..=219 => claims["extra"] = self.script.text().into(),
            _ => {}
        }
        let message = format!(
            "{}.{}",
            encode(header.to_string().as_bytes()),
            encode(claims.to_string().as_bytes())
        );
        let forged = (230..=236).contains(&fate);
        let signature = match forged {
            true => encode(&[&self.script.byte().to_be_bytes()[..], &[7; 63]].concat()),
            false => encode(&self.oracle.sign(key, message.as_bytes())),
        };
        self.secrets.push(signature.clone());
        let compact = format!("{message}.{signature}");
        match fate {
            0..=149 | 205..=219 => self.acceptable.push(compact.clone()),
            220..=229 => {
                return String::from_utf8_lossy(&self.script.flip(compact.as_bytes())).into();
            }
            237..=242 => return self.earlier.first().cloned().unwrap_or_default(),
            243..=255 => return self.script.text(),
            _ => {}
        }
        compact
    }

    /// The query with which the browser comes back.
    pub(super) fn callback(&mut self, state: &str) -> String {
        let code = self.fresh("code");
        self.code = code.clone();
        let honest = format!("code={code}&state={state}&iss=https%3A%2F%2Fop.test");
        match self.script.byte() {
            0..=199 => honest,
            200..=214 => String::from_utf8_lossy(&self.script.flip(honest.as_bytes())).into(),
            215..=224 => format!("{honest}&{}", self.script.text()),
            225..=229 => format!("code={code}&iss=https%3A%2F%2Fop.test"),
            230..=234 => format!("code={code}&state={state}"),
            235..=239 => format!("code={code}&state={state}&iss=https%3A%2F%2Fevil.test"),
            240..=244 => format!("error=access_denied&state={state}&iss=https%3A%2F%2Fop.test"),
            _ => self.script.text(),
        }
    }

    /// A secret of the run. Nobody who only reads the script can know it.
    pub(super) fn fresh(&mut self, label: &str) -> String {
        let text = format!("{label}-{}", encode(&self.draw()));
        self.secrets.push(text.clone());
        text
    }

    fn one_of(&mut self, honest: &str, other: &str) -> String {
        if self.script.byte() < 200 { honest.to_owned() } else { other.to_owned() }
    }
}

/// Each refuses the token, in a login and in a refresh.
pub(super) fn bad_claims() -> Vec<(&'static str, Value)> {
    vec![
        ("iss", json!("https://evil.test")),
        ("iss", json!("https://op.test/")),
        ("iss", Value::Null),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("aud", json!("other")),
        ("aud", json!([])),
        ("aud", json!([CLIENT, "other"])),
        ("azp", json!("other")),
        ("exp", json!(1)),
        ("exp", json!("4000000000")),
        ("exp", json!(1e300)),
        ("iat", json!(4_000_000_000_u64)),
        ("nbf", json!(4_000_000_000_u64)),
        ("nonce", json!("other")),
        ("nonce", json!([])),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("auth_time", json!("now")),
    ]
}

pub(super) fn bad_headers() -> Vec<(&'static str, Value)> {
    vec![
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("RS256")),
        ("alg", Value::Null),
        ("crit", json!(["x"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("typ", json!("at+jwt")),
        ("kid", json!(0)),
        ("kid", json!("junk")),
    ]
}

const KEYS: u8 = 4;
const KINDS: [FailureKind; 5] = [
    FailureKind::Timeout,
    FailureKind::Connect,
    FailureKind::Tls,
    FailureKind::TooLarge,
    FailureKind::Other,
];
