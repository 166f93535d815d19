//! A login whose tokens come through the browser, so that whoever sits there can change each of them.

use relying_party::{
    Client,
    limits::Limits,
    protocol::{callback::Callback, response_type::ResponseType},
};

use super::{Broken, Report, World, law};

impl World<'_> {
    /// Discovery, and one login of the type `code id_token token`.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_hybrid(mut self) -> Result<Report, Broken> {
        if let Ok(client) = self.discover()? {
            self.hybrid(&client)?;
        }
        Ok(self.report)
    }

    fn hybrid(&mut self, client: &Client) -> Result<(), Broken> {
        let start = client.start_login().response_type(ResponseType::CodeIdTokenToken);
        let start = start.insecure_front_channel_access_token();
        let Some((pending, state)) = self.started(start)? else { return Ok(()) };
        let (fragment, issued) = self.fragment(&state);
        self.move_clock();
        let Ok(callback) = Callback::from_fragment(&fragment, &Limits::default()) else {
            return Ok(());
        };
        let value = |name: &str| callback.parameter(name).map(str::to_owned);
        let (code, first, access) = (value("code"), value("id_token"), value("access_token"));
        let before = self.report.requests.len();
        let login = self.drive(client.finish_login(pending, callback))?;
        let sent = &self.report.requests[before..];
        let spent = sent.iter().any(|line| line.contains("grant_type=authorization_code"));
        // No code is sent but one that a good ID token of this very login vouches for, and the access token likewise.
        if spent {
            let first = first.as_deref().unwrap_or_default();
            self.genuine(first)?;
            law(2, code.as_deref() == Some(&*self.code), || "c_hash did not bind".to_owned())?;
            law(2, access.as_ref() == Some(&issued), || "at_hash did not bind".to_owned())?;
        }
        let Ok(login) = login else { return Ok(()) };
        self.report.logins += 1;
        self.silent(&format!("{login:?}"))?;
        law(6, spent, || "a login without its code".to_owned())?;
        self.genuine(login.id_token().raw().expose())?;
        let front = login.front_channel().ok_or("law 2: nothing came through the browser")?;
        let token = front.id_token().ok_or("law 2: no first ID token")?;
        self.genuine(token.raw().expose())?;
        law(2, token.subject() == login.subject(), || "two subjects".to_owned())
    }

    /// What the browser brings back, and the access token that was issued for it.
    fn fragment(&mut self, state: &str) -> (String, String) {
        let (code, access, stolen) =
            (self.fresh("code"), self.fresh("access"), self.fresh("access"));
        self.code = code.clone();
        self.hashed_code = Some(code.clone());
        let id_token = self.id_token(&access);
        self.hashed_code = None;
        let other = self.fresh("code");
        let with = |code: &str, access: &str| {
            format!(
                "code={code}&access_token={access}&token_type=Bearer&expires_in=60&id_token={id_token}\
                 &state={state}&iss=https%3A%2F%2Fop.test"
            )
        };
        let honest = with(&code, &access);
        let fragment = match self.script.byte() {
            0..=179 => honest,
            180..=199 => with(&other, &access),
            200..=219 => with(&code, &stolen),
            220..=229 => honest.replace("token_type=Bearer&", ""),
            230..=239 => honest.replace(&format!("id_token={id_token}&"), ""),
            240..=249 => String::from_utf8_lossy(&self.script.flip(honest.as_bytes())).into(),
            _ => format!("{honest}&{}", self.script.text()),
        };
        (fragment, access)
    }
}
