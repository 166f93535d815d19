//! A client that proves itself by assertions, which somebody else signs, as the script decides: well, at the wrong
//! length, or with nonsense.

use std::collections::HashSet;

use relying_party::{
    Registration,
    error::Purpose,
    http::HttpRequest,
    jose::{algorithm::Algorithm, signer::SigningKey},
};
use serde_json::Value;
use sha2::{Digest, Sha512};

use super::{Broken, CLIENT, ISSUER, Report, World, law, oracle::encode};

/// What was signed so far.
#[derive(Default)]
pub(super) struct Signed {
    jtis: HashSet<String>,
    /// The assertion that may be sent next.
    next: Option<String>,
}

impl World<'_> {
    /// As [`run`](Self::run), by a client with a remote key.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_signed(mut self) -> Result<Report, Broken> {
        self.signed = Some(Signed::default());
        self.run()
    }

    /// The same with a generator that repeats itself after this many draws.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_signed_stuck(mut self, after: u64) -> Result<Report, Broken> {
        self.stuck_after = after;
        self.run_signed()
    }

    /// The answer of the remote key. What it signs says who proves itself to whom, once, and nothing else.
    pub(super) fn signature(&mut self, key: &str, message: &[u8]) -> Result<Vec<u8>, Broken> {
        law(3, key == KEY, || format!("{key} is asked"))?;
        let message = String::from_utf8(message.to_vec()).map_err(|_| "law 3: no text")?;
        let parts: Option<Vec<Value>> = message
            .split('.')
            .map(|part| {
                let bytes = base64::Engine::decode(&ENGINE, part).ok()?;
                self.silent(&String::from_utf8_lossy(&bytes)).ok()?;
                serde_json::from_slice(&bytes).ok()
            })
            .collect();
        let parts = parts.ok_or("law 4: no JWT, or one that holds a secret")?;
        let [header, claims] = &parts[..] else { return Err("law 3: no JWT".to_owned()) };
        if header["typ"] == "oauth-authz-req+jwt" {
            return self.request_signature(header, claims, &message);
        }
        let header_due = header["alg"] == "ES256" && header["kid"] == "c0";
        let claims_due = claims["aud"] == ISSUER && claims["iss"] == CLIENT;
        let now = self.millis.div_euclid(1000);
        let dates_due = claims["iat"] == now && claims["exp"] == now + 60;
        let due = header_due && claims_due && dates_due && claims["sub"] == CLIENT;
        law(3, due, || format!("{header} {claims} is signed"))?;
        let jti = claims["jti"].as_str().unwrap_or_default().to_owned();
        let digest = Sha512::digest(&message).to_vec();
        let signature = match self.script.byte() {
            0..=199 => digest.clone(),
            200..=219 => self.script.bytes().to_vec(),
            _ => [&[0x30, 0x44, 0x02, 0x20][..], &digest].concat(),
        };
        if signature.len() == digest.len() {
            // Nonsense of the right length is the provider's to refuse.
            let shown = encode(&signature);
            self.secrets.push(shown.clone());
            let signed = self.signed.as_mut().ok_or("law 3: nothing is to be signed")?;
            signed.next = Some(format!("{message}.{shown}"));
            law(6, signed.jtis.insert(jti), || "a jti came again".to_owned())?;
        }
        Ok(signature)
    }

    /// Each request of the token endpoint has an assertion of its own, which was just signed; no other has one.
    pub(super) fn proven(&mut self, request: &HttpRequest) -> Result<(), Broken> {
        let Some(signed) = &mut self.signed else { return Ok(()) };
        let form: Vec<_> = url::form_urlencoded::parse(request.body()).collect();
        let all = |name: &str| form.iter().filter(|(own, _)| own == name).count();
        let sent =
            form.iter().find(|(name, _)| name == "client_assertion").map(|(_, text)| &**text);
        if request.purpose() != Purpose::Token {
            return law(4, sent.is_none(), || "an assertion where none belongs".to_owned());
        }
        let fresh = signed.next.take();
        law(6, sent.is_some() && sent == fresh.as_deref(), || "not the one just signed".into())?;
        let one =
            all("client_assertion") == 1 && all("client_id") == 1 && all("client_secret") == 0;
        let header = request.headers().any(|(name, _)| name == "authorization");
        law(4, one && !header, || "more than one proof".to_owned())
    }
}

/// The client that [`World::run_signed`] discovers.
pub(super) fn registration() -> Registration {
    let key = SigningKey::remote(KEY, Algorithm::ES256, Some("c0")).unwrap();
    let public = Registration::public(CLIENT, "https://rp.test/cb").unwrap();
    public.private_key_jwt(key).auth_methods_even_if_unlisted()
}

const ENGINE: base64::engine::GeneralPurpose = base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub(super) const KEY: &str = "the key in the vault";
