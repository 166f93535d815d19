//! A login with tokens through the browser, so that whoever sits there can change each of them.

use relying_party::{
    Client, LoginRecord,
    limits::Limits,
    protocol::{callback::Callback, id_token::IdToken, response_type::ResponseType},
};

use super::{Broken, Report, World, law};

/// What a login of either kind ended in.
struct Finished {
    shown: String,
    /// The token endpoint's.
    second: Option<IdToken>,
    /// The browser's.
    first: Option<IdToken>,
    access_token: Option<String>,
    record: LoginRecord,
}

impl World<'_> {
    /// Discovery, and one login of this type.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_front(mut self, response_type: ResponseType) -> Result<Report, Broken> {
        if let Ok(client) = self.discover()? {
            self.front(&client, response_type)?;
        }
        Ok(self.report)
    }

    fn front(&mut self, client: &Client, kind: ResponseType) -> Result<(), Broken> {
        let start = client.start_login().response_type(kind).insecure_front_channel_access_token();
        let Some((pending, state)) = self.started(start)? else { return Ok(()) };
        let (fragment, issued) = self.fragment(&state, kind);
        self.move_clock();
        let Ok(callback) = Callback::from_fragment(&fragment, &Limits::default()) else {
            return Ok(());
        };
        let value = |name: &str| callback.parameter(name).map(str::to_owned);
        let (code, first, access) = (value("code"), value("id_token"), value("access_token"));
        let before = self.report.requests.len();
        let finished = match kind.has_code() {
            true => self.finish_hybrid(client.finish_login(pending, callback))?,
            false => self.finish_implicit(client.finish_implicit_login(pending, callback))?,
        };
        let sent = &self.report.requests[before..];
        let spent = sent.iter().any(|line| line.contains("grant_type=authorization_code"));
        law(6, kind.has_code() || !spent, || "a code where there is none".to_owned())?;
        let posted = sent.iter().any(|line| line.starts_with("POST"));
        law(3, kind.has_code() || !posted, || "a login without a code tells no one".to_owned())?;
        // No code is sent but one that a good ID token of this very login vouches for, and the access token likewise.
        if kind.has_id_token() && (spent || finished.is_some()) {
            self.genuine(first.as_deref().unwrap_or_default())?;
            let bound = !kind.has_code() || code.as_deref() == Some(&*self.code);
            law(2, bound, || "c_hash did not bind".to_owned())?;
            let bound = !kind.has_access_token() || access.as_ref() == Some(&issued);
            law(2, bound, || "at_hash did not bind".to_owned())?;
        }
        let Some(finished) = finished else { return Ok(()) };
        self.report.logins += 1;
        self.silent(&finished.shown)?;
        law(6, spent == kind.has_code(), || "a login without its code".to_owned())?;
        law(2, finished.first.is_some() == kind.has_id_token(), || "no first ID token".into())?;
        law(2, finished.second.is_some() == kind.has_code(), || "no second ID token".into())?;
        law(2, finished.access_token == access, || "another access token".to_owned())?;
        for token in finished.first.iter().chain(&finished.second) {
            self.genuine(token.raw().expose())?;
            let same = token.subject() == finished.record.subject();
            law(2, same, || "two subjects".to_owned())?;
        }
        self.returns(&finished.record)
    }

    fn finish_hybrid(
        &mut self,
        flow: relying_party::flow::finish_login::FinishLogin,
    ) -> Result<Option<Finished>, Broken> {
        Ok(self.drive(flow)?.ok().map(|login| {
            let front = login.front_channel();
            let tokens = front.and_then(|front| front.tokens());
            Finished {
                shown: format!("{login:?}"),
                second: Some(login.id_token().clone()),
                first: front.and_then(|front| front.id_token()).cloned(),
                access_token: tokens.map(|tokens| tokens.access_token().expose().to_owned()),
                record: login.record(),
            }
        }))
    }

    fn finish_implicit(
        &mut self,
        flow: relying_party::flow::finish_implicit_login::FinishImplicitLogin,
    ) -> Result<Option<Finished>, Broken> {
        Ok(self.drive(flow)?.ok().map(|login| Finished {
            shown: format!("{login:?}"),
            second: None,
            first: Some(login.id_token().clone()),
            access_token: login.tokens().map(|tokens| tokens.access_token().expose().to_owned()),
            record: login.record(),
        }))
    }

    /// What the browser brings back, and the access token that was issued for it.
    fn fragment(&mut self, state: &str, kind: ResponseType) -> (String, String) {
        let (code, access, stolen) =
            (self.fresh("code"), self.fresh("access"), self.fresh("access"));
        self.code = code.clone();
        self.hashed_code = Some(code.clone()).filter(|_| kind.has_code());
        let id_token = match kind.has_id_token() {
            true => self.id_token(&access),
            false => String::new(),
        };
        self.hashed_code = None;
        let other = self.fresh("code");
        let with = |code: &str, access: &str| {
            let mut pairs = vec![format!("state={state}"), "iss=https%3A%2F%2Fop.test".to_owned()];
            if kind.has_code() {
                pairs.push(format!("code={code}"));
            }
            if kind.has_access_token() {
                pairs.push(format!("access_token={access}&token_type=Bearer&expires_in=60"));
            }
            if kind.has_id_token() {
                pairs.push(format!("id_token={id_token}"));
            }
            pairs.join("&")
        };
        let honest = with(&code, &access);
        let fragment = match self.script.byte() {
            0..=179 => honest,
            180..=199 => with(&other, &access),
            200..=219 => with(&code, &stolen),
            220..=229 => honest.replace("&token_type=Bearer", ""),
            230..=239 => honest.replace(&format!("&id_token={id_token}"), ""),
            240..=249 => String::from_utf8_lossy(&self.script.flip(honest.as_bytes())).into(),
            _ => format!("{honest}&{}", self.script.text()),
        };
        (fragment, access)
    }
}
