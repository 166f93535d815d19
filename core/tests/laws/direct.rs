//! The flows without a browser: what the provider answers to them, and what they may do.

use std::time::Duration;

use relying_party::{
    Client, error::Purpose, flow::granted::GrantedTokens, flow::pending_device::PendingDeviceLogin,
    http::Method, protocol::token_exchange::TokenType,
};
use serde_json::{Value, json};
use url::Url;

use super::{Broken, CLIENT, CLIENT_SECRET, MAX_REQUESTS, Report, SUB, World, law};

const RESOURCE: &str = "https://rs.test/api";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);
/// One in a second, for the longest lifetime of a script and as long as its clock can be set back.
const MAX_POLLS: usize = 600 + 3600;

impl World<'_> {
    /// Discovery, then every flow without a browser, as far as the script lets them come.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_direct(mut self) -> Result<Report, Broken> {
        if let Ok(client) = self.discover()? {
            self.origins.insert(Url::parse(RESOURCE).unwrap().origin());
            let logged_in = self.device_login(&client)?;
            if let Some(granted) = &logged_in {
                self.identity(&client, granted)?;
            }
            self.earlier.append(&mut self.acceptable);
            let own = client.client_credentials().scope("a b").resource(RESOURCE);
            if let Ok(granted) = self.drive(own)? {
                self.granted(&granted)?;
                self.api(&client, &granted)?;
            }
            let token = logged_in.as_ref().and_then(GrantedTokens::id_token);
            if let Some(token) = token {
                let body = format!("logout_token={}", token.raw().expose());
                let ended = self.drive(client.back_channel_logout(FORM, body.as_bytes()))?;
                law(2, ended.is_err(), || "an ID token ends a session".to_owned())?;
            }
        }
        Ok(self.report)
    }

    fn device_login(&mut self, client: &Client) -> Result<Option<GrantedTokens>, Broken> {
        let Ok(started) = self.drive(client.start_device_login().scope("email"))? else {
            return Ok(None);
        };
        self.silent(&format!("{started:?}"))?;
        let shown = started.verification_uri.origin();
        let complete = started.verification_uri_complete.as_ref();
        let safe = started.verification_uri.scheme() == "https"
            && complete.is_none_or(|complete| complete.origin() == shown)
            && started.user_code.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        law(3, safe, || format!("{:?} is shown", started.verification_uri))?;

        let bytes = started.pending.to_bytes();
        let flipped = PendingDeviceLogin::from_bytes(&self.script.flip(&bytes));
        law(7, flipped.is_err(), || "a flipped bit was not seen".to_owned())?;
        let Ok(pending) = PendingDeviceLogin::from_bytes(&bytes) else {
            return Err("law 7: a pending device login does not return".to_owned());
        };
        law(7, pending.to_bytes() == bytes, || "it returns as another one".to_owned())?;

        self.move_clock();
        self.undecided = self.script.byte();
        (self.paused, self.polled, self.max_requests) = (Duration::ZERO, Duration::ZERO, MAX_POLLS);
        let granted = self.drive(client.poll_device_login(pending))?;
        (self.undecided, self.max_requests) = (0, MAX_REQUESTS);
        law(1, self.paused <= DAY, || format!("it waited for {:?}", self.paused))?;
        let Ok(granted) = granted else { return Ok(None) };
        law(2, granted.id_token().is_some(), || "a login without an ID token".to_owned())?;
        self.granted(&granted)?;
        Ok(Some(granted))
    }

    fn granted(&self, granted: &GrantedTokens) -> Result<(), Broken> {
        self.silent(&format!("{granted:?}"))?;
        match granted.id_token() {
            Some(token) => self.genuine(token.raw().expose()),
            None => Ok(()),
        }
    }

    /// What a login without a browser is good for.
    fn identity(&mut self, client: &Client, granted: &GrantedTokens) -> Result<(), Broken> {
        let (tokens, Some(token)) = (granted.tokens(), granted.id_token()) else { return Ok(()) };
        let read = client.user_info(tokens.access_token(), token.subject());
        if let Ok(info) = self.drive(read)? {
            self.silent(&format!("{info:?}"))?;
            law(2, info.sub() == SUB, || "userinfo of somebody else".to_owned())?;
        }
        // An hour and more is never left: this refreshes.
        let (record, margin) = (token_record(granted), DAY);
        if let Ok(valid) = self.drive(client.valid_access_token(tokens, &record, margin))? {
            self.silent(&format!("{valid:?}"))?;
        }
        Ok(())
    }

    /// What tokens without a login are good for.
    fn api(&mut self, client: &Client, granted: &GrantedTokens) -> Result<(), Broken> {
        let token = granted.tokens().access_token();
        let exchange = client.exchange_token(token.expose(), &TokenType::AccessToken).audience("b");
        if let Ok(exchanged) = self.drive(exchange)? {
            self.silent(&format!("{exchanged:?}"))?;
            let served = self.document_served();
            let same = served["access_token"] == exchanged.token().expose();
            law(2, same, || "an exchange brought what was not sent".to_owned())?;
            let bearer = match served["token_type"].as_str() {
                Some(token_type) => token_type.eq_ignore_ascii_case("bearer"),
                None => served["issued_token_type"] == ACCESS_TOKEN,
            };
            let held = exchanged.access_token().is_none() || bearer;
            law(3, held, || format!("{served} is taken for a bearer token"))?;
        }
        if let Ok(answer) = self.drive(client.introspect(token, None))? {
            self.silent(&format!("{answer:?} {:?}", answer.active()))?;
            let said = self.document_served()["active"] == true;
            law(2, said || !answer.is_active(), || "nobody said that it is active".to_owned())?;
        }
        if let Ok(answer) = self.drive(client.resource(Method::Get, RESOURCE, token))? {
            self.silent(&format!("{answer:?}"))?;
            law(3, !(300..400).contains(&answer.status()), || {
                "a redirect is an answer".to_owned()
            })?;
        }
        // Done, or not: nothing comes back.
        self.drive(client.revoke(token, None))?.ok();
        Ok(())
    }

    pub(super) fn document_served(&self) -> Value {
        serde_json::from_slice(&self.served).unwrap_or_default()
    }

    /// Each secret only where it belongs.
    pub(super) fn confined(&mut self, purpose: Purpose, line: &str) -> Result<(), Broken> {
        let redeems = line.contains("device_code&device_code=");
        if redeems {
            let pause = self.paused.saturating_sub(self.polled);
            law(1, pause >= SECOND, || format!("a poll after {pause:?}"))?;
            self.polled = self.paused;
        }
        let proves = match purpose {
            Purpose::Token
            | Purpose::DeviceAuthorization
            | Purpose::Introspection
            | Purpose::Revocation => true,
            _ => !line.contains("Basic ") && !line.contains(CLIENT_SECRET),
        };
        law(4, proves, || "a client secret where it does not belong".to_owned())?;
        let belongs = |secret: &str| match purpose {
            Purpose::Token => redeems || !secret.starts_with("device-"),
            Purpose::Introspection | Purpose::Revocation => !secret.starts_with("device-"),
            Purpose::Claims => secret.starts_with("source-"),
            Purpose::UserInfo | Purpose::Resource => secret.starts_with("access-"),
            Purpose::Registration => {
                secret.starts_with("registration-") || secret.starts_with("minted-")
            }
            _ => secret == CLIENT_SECRET,
        };
        let strays = |secret: &&String| line.contains(secret.as_str()) && !belongs(secret);
        // A template may hold anything.
        let stray = self.secrets.iter().find(strays).filter(|_| self.token_template.is_none());
        law(4, stray.is_none(), || format!("{stray:?} where it does not belong: {line}"))
    }

    pub(super) fn device_authorization(&mut self) -> Value {
        let (device_code, user_code) = (self.fresh("device"), self.fresh("user"));
        let mut document = json!({
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": "https://op.test/device",
            "verification_uri_complete": format!("https://op.test/device?user_code={user_code}"),
            "expires_in": 600,
            "interval": 5,
        });
        let (name, value) = match self.script.byte() {
            0..=149 => return document,
            150..=169 => ("interval", json!(self.script.byte())),
            170..=179 => ("interval", Value::Null),
            180..=189 => ("expires_in", json!(self.script.byte())),
            190..=209 => {
                document["interval"] = json!(3600);
                ("expires_in", json!(1e12))
            }
            210..=214 => ("expires_in", Value::Null),
            215..=224 => ("verification_uri", json!(self.script.text())),
            225..=234 => ("verification_uri_complete", json!("https://evil.test/device")),
            235..=244 => ("user_code", json!(self.script.text())),
            _ => ("interval", json!(-1e300)),
        };
        document[name] = value;
        document
    }

    /// The answer to a poll of a visitor who is not done.
    pub(super) fn undecided(&mut self) -> Vec<u8> {
        // The last number stands for one who never is.
        self.undecided -= u8::from(self.undecided < 255);
        let error = match self.script.byte() {
            0..=219 => "authorization_pending",
            220..=239 => "slow_down",
            240..=247 => "access_denied",
            _ => "expired_token",
        };
        json!({ "error": error }).to_string().into_bytes()
    }

    pub(super) fn introspection(&mut self) -> Value {
        let now = self.millis.div_euclid(1000);
        let mut document = json!({
            "active": true, "scope": "a b", "aud": ["b"], "exp": now + 60, "token_type": "Bearer",
            "client_id": CLIENT, "sub": SUB,
        });
        let (name, value) = match self.script.byte() {
            0..=149 => return document,
            150..=169 => ("active", json!(false)),
            170..=184 => ("active", json!(self.script.text())),
            185..=194 => ("active", Value::Null),
            195..=209 => ("exp", json!(now - 61)),
            210..=219 => ("exp", json!(0)),
            220..=229 => ("nbf", json!(now + 61)),
            230..=239 => ("aud", json!([self.script.text(), 7])),
            _ => ("scope", json!([self.script.text()])),
        };
        document[name] = value;
        document
    }

    /// What makes an answer one to an exchange; a login does not look at it.
    pub(super) fn exchanged(&mut self, document: &mut Value) {
        if !self.nonce.is_empty() {
            return;
        }
        document["issued_token_type"] = ACCESS_TOKEN.into();
        let (name, value) = match self.script.byte() {
            0..=169 => return,
            170..=189 => ("token_type", json!("N_A")),
            190..=204 => ("token_type", Value::Null),
            205..=219 => ("token_type", json!(self.script.text())),
            220..=239 => {
                ("issued_token_type", json!("urn:ietf:params:oauth:token-type:refresh_token"))
            }
            _ => ("issued_token_type", json!(self.script.text())),
        };
        document[name] = value;
    }
}

/// A login has one.
fn token_record(granted: &GrantedTokens) -> relying_party::LoginRecord {
    granted.record().expect("an ID token came")
}
