//! What others say without being asked for a login: claims of other sources, and the end of a session.

use relying_party::{
    Client,
    protocol::{claims::Claims, replay::MemoryReplays, sourced_claims::SourcedClaims},
    secret::AccessToken,
};
use serde_json::{Map, Value, json};
use url::Url;

use super::{Broken, CLIENT, ISSUER, Report, SUB, World, law};

const ALLOWED: &str = "https://claims.test";
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

impl World<'_> {
    /// Discovery, two logout tokens, and a userinfo answer with two sources.
    ///
    /// # Errors
    /// The law that was broken.
    pub fn run_told(mut self) -> Result<Report, Broken> {
        self.vouched = Some(Vec::new());
        if let Ok(client) = self.discover()? {
            let replays = MemoryReplays::new();
            for _ in 0..2 {
                self.logout(&client, &replays)?;
            }
            self.sources(&client)?;
        }
        Ok(self.report)
    }

    fn logout(&mut self, client: &Client, replays: &MemoryReplays) -> Result<(), Broken> {
        let now = self.millis.div_euclid(1000);
        let jti = self.fresh("jti");
        let claims = json!({
            "iss": ISSUER, "aud": CLIENT, "sub": SUB, "sid": "s", "iat": now, "exp": now + 120, "jti": jti,
            "events": { EVENT: {} },
        });
        let bad = [
            ("nonce", json!("x")),
            ("events", json!({})),
            ("events", json!([EVENT])),
            ("jti", json!("")),
            ("iat", json!(now - 700)),
            ("iat", json!(now + 700)),
            ("sub", json!("")),
            ("aud", json!([CLIENT, "other"])),
        ];
        let required = ["iss", "aud", "iat", "exp", "jti", "events"];
        let (token, honest) = self.signed_token(claims, &bad, &required);
        let good = honest.as_ref() == Some(&token);
        let body = format!("logout_token={token}");
        self.move_clock();
        let mut ended = 0;
        // A provider that gets no answer says it again.
        for _ in 0..2 {
            let received = self.drive(client.back_channel_logout(FORM, body.as_bytes()))?;
            let Ok(received) = received else { continue };
            law(2, good, || "a session was ended by nobody".to_owned())?;
            self.silent(&format!("{received:?}"))?;
            let Ok(token) = received.check_replay(replays) else { continue };
            ended += 1;
            law(2, token.target().sub() == Some(SUB), || "another session".to_owned())?;
        }
        law(6, ended <= 1, || "a logout token was good twice".to_owned())
    }

    fn sources(&mut self, client: &Client) -> Result<(), Broken> {
        let token = AccessToken::new(self.fresh("access")).unwrap();
        let Ok(info) = self.drive(client.insecure_unbound_user_info(&token))? else {
            return Ok(());
        };
        self.silent(&format!("{info:?}"))?;
        let sources = match client.claim_sources(info.claims()) {
            Ok(sources) => sources,
            Err(error) => {
                self.report.ended.push(error.code().to_owned());
                return self.silent(&format!("{error} {error:?}"));
            }
        };
        self.silent(&format!("{sources:?}"))?;
        // From here on, no other origin may be asked that only the provider named.
        self.origins.insert(Url::parse(ALLOWED).unwrap().origin());
        for source in sources.iter() {
            let flow = client.resolve_claims(source).allow_origin(ALLOWED).trusted(client);
            let Ok(resolved) = self.drive(flow)? else { continue };
            self.silent(&format!("{resolved:?}"))?;
            let claims = match &resolved {
                SourcedClaims::Verified(verified) => {
                    let vouched = self.vouched.iter().flatten();
                    let said = verified.claims().as_json();
                    // A token that does not hold what its source is named for says nothing.
                    let genuine = said == "{}" || vouched.clone().any(|known| known == said);
                    law(2, genuine, || format!("nobody vouched for {said}"))?;
                    law(2, verified.issuer() == ISSUER, || "another issuer".to_owned())?;
                    verified.claims()
                }
                SourcedClaims::Unverified(unverified) => {
                    let downgraded = unverified.unverified_issuer() == Some(ISSUER);
                    law(2, !downgraded, || "a trusted issuer that nobody verified".to_owned())?;
                    unverified.unverified_claims()
                }
            };
            named(claims, source.claims().collect())?;
        }
        Ok(())
    }

    /// Userinfo of which one claim is in a token, and one behind an address.
    pub(super) fn sourced_info(&mut self) -> Value {
        let (token, access) = (self.source_token("mark"), self.fresh("source"));
        let mut document = json!({
            "sub": SUB, "name": "Alice", "_claim_names": { "mark": "one", "note": "two" },
            "_claim_sources": {
                "one": { "JWT": token },
                "two": { "endpoint": "https://claims.test/of?x=1", "access_token": access },
            },
        });
        let fate = self.script.byte();
        let two = &mut document["_claim_sources"]["two"];
        match fate {
            0..=169 => {}
            170..=184 => two["endpoint"] = "https://evil.test/".into(),
            185..=194 => two["endpoint"] = "http://claims.test/".into(),
            195..=204 => two["endpoint"] = self.script.text().into(),
            205..=214 => two["access_token"] = self.script.text().into(),
            215..=224 => two["JWT"] = token.into(),
            225..=234 => document["_claim_names"]["sub"] = "one".into(),
            235..=244 => document["_claim_names"]["note"] = self.script.text().into(),
            _ => document["_claim_sources"]["one"]["JWT"] = self.script.text().into(),
        }
        document
    }

    /// A token with one claim that somebody asks for, and one that nobody does.
    pub(super) fn source_token(&mut self, claim: &str) -> String {
        let now = self.millis.div_euclid(1000);
        let mark = self.vouched.as_ref().map_or(0, Vec::len);
        let claims = json!({
            "iss": ISSUER, "sub": SUB, claim: format!("{claim} {mark} {now}"), "email": "a@example.com",
        });
        let said = json!({ claim: claims[claim] }).to_string();
        let bad = [
            ("sub", json!("mallory")),
            ("sub", json!(7)),
            ("nonce", json!("x")),
            ("at_hash", json!("x")),
            ("events", json!({})),
            ("scope", json!("a")),
            ("azp", json!(CLIENT)),
        ];
        let (token, honest) = self.signed_token(claims, &bad, &["iss"]);
        self.vouched
            .iter_mut()
            .filter(|_| honest.is_some())
            .for_each(|known| known.push(said.clone()));
        token
    }
}

/// Nothing but what the source was named for.
fn named(claims: &Claims, names: Vec<&str>) -> Result<(), Broken> {
    let told: Map<String, Value> = serde_json::from_str(claims.as_json()).unwrap();
    let own = told.keys().all(|name| names.contains(&name.as_str()));
    law(2, own, || format!("{told:?} of a source for {names:?}"))
}
