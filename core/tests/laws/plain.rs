//! Plain OAuth: leave to call an API, and no login; and a logout, which says where the browser comes from.

use relying_party::{
    Client, flow::pending_authorization::PendingAuthorization, limits::Limits,
    protocol::callback::Callback,
};

use super::{Broken, Report, World, answers, law};

impl World<'_> {
    /// Discovery, one authorization, and a logout.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_plain(mut self) -> Result<Report, Broken> {
        if let Ok(client) = self.discover()? {
            self.authorization(&client)?;
            self.logged_out(&client)?;
        }
        Ok(self.report)
    }

    fn authorization(&mut self, client: &Client) -> Result<(), Broken> {
        let start = client.start_authorization().scope("a b");
        let Ok(started) = self.drive(start)? else { return Ok(()) };
        let origin = started.url.origin();
        law(3, self.origins.contains(&origin), || format!("the browser goes to {origin:?}"))?;
        let asks = started.url.query_pairs().any(|(_, value)| value.contains("openid"));
        law(3, !asks, || "it asks for a login".to_owned())?;
        let bytes = started.pending.to_bytes();
        let stored: serde_json::Value = serde_json::from_slice(&bytes[9..]).unwrap();
        let secrets = ["state", "verifier"].map(|name| stored[name].as_str().unwrap().to_owned());
        let state = secrets[0].clone();
        self.secrets.extend(secrets);
        self.silent(&format!("{started:?}"))?;
        let flipped = PendingAuthorization::from_bytes(&self.script.flip(&bytes));
        law(7, flipped.is_err(), || "a flipped bit was not seen".to_owned())?;
        let Ok(pending) = PendingAuthorization::from_bytes(&bytes) else {
            return Err("law 7: a pending authorization does not return".to_owned());
        };
        law(7, pending.to_bytes() == bytes, || "it returns as another one".to_owned())?;

        let query = self.callback(&state);
        self.move_clock();
        let Ok(callback) = Callback::from_query(&query, &Limits::default()) else {
            return Ok(());
        };
        let before = self.report.requests.len();
        let authorized = self.drive(client.finish_authorization(pending, callback))?;
        let sent = self.report.requests.len() > before;
        let answered = answers(&query, &state, self.iss_announced);
        law(6, !sent || answered, || format!("a request followed {query:?}"))?;
        let Ok(authorized) = authorized else { return Ok(()) };
        law(6, sent, || "an authorization without its code".to_owned())?;
        self.silent(&format!("{authorized:?}"))?;
        let token = authorized.tokens().access_token().expose();
        let served = self.document_served();
        law(2, served["access_token"] == token, || "another access token".to_owned())
    }

    fn logged_out(&mut self, client: &Client) -> Result<(), Broken> {
        let start = client.start_logout().post_logout_redirect_uri("https://rp.test/out");
        let Ok(started) = self.drive(start)? else { return Ok(()) };
        let origin = started.url.origin();
        law(3, self.origins.contains(&origin), || format!("the browser goes to {origin:?}"))?;
        let state = started.state.expose();
        let honest = format!("state={state}");
        let query = match self.script.byte() {
            0..=127 => honest.clone(),
            128..=159 => String::from_utf8_lossy(&self.script.flip(honest.as_bytes())).into(),
            160..=191 => format!("{honest}&{}", self.script.text()),
            _ => self.script.text(),
        };
        let finished = client.finish_logout(&query, &started.state);
        self.report.ended.push(finished.as_ref().map_or_else(|e| e.code(), |()| "done").to_owned());
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let states: Vec<_> = pairs.filter(|(name, _)| name == "state").collect();
        let ours = states.len() == 1 && states.iter().all(|(_, value)| value == state);
        law(6, finished.is_err() || ours, || format!("{query:?} is its answer"))?;
        law(6, query != honest || finished.is_ok(), || "its answer is none".to_owned())
    }
}
