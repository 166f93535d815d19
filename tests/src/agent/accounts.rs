//! What a fake agent knows, and what it answers out of that.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The accounts of a fake agent. Its tokens say for what they were asked.
#[derive(Clone, Debug)]
pub struct Accounts {
    accounts: BTreeMap<String, Account>,
    password: Option<String>,
    /// The version it claims.
    pub version: String,
    /// What it answers to everything but `check`, if anything.
    pub failure: Option<Value>,
    /// The answer to `mytoken`.
    pub mytoken: Value,
}

#[derive(Clone, Debug)]
struct Account {
    issuer: String,
    loaded: bool,
    issued: u32,
    /// Whether the default token was fetched, and under which number.
    cached: Option<u32>,
}

/// When the tokens of a fake expire.
pub const EXPIRES_AT: i64 = 1_900_003_600;
/// How long they live.
pub const LIFETIME: i64 = 3600;

impl Accounts {
    /// Accounts by name and issuer, all loaded, of an agent 5.
    pub fn new(accounts: &[(&str, &str)]) -> Self {
        let account = |issuer: &str| Account {
            issuer: issuer.to_owned(),
            loaded: true,
            issued: 0,
            cached: None,
        };
        let accounts = accounts.iter().map(|(name, issuer)| ((*name).to_owned(), account(issuer)));
        Self {
            accounts: accounts.collect(),
            password: None,
            version: "5.3.3".to_owned(),
            failure: None,
            mytoken: json!({
                "status": "success", "mytoken": "ey.my.token", "mytoken_type": "token",
                "mytoken_issuer": "https://mytoken.test", "oidc_issuer": "https://op.test/",
                "expires_at": EXPIRES_AT, "capabilities": ["AT"], "restrictions": [{"usages_AT": 5}],
            }),
        }
    }

    /// Unloads an account.
    pub fn unload(&mut self, name: &str) {
        if let Some(account) = self.accounts.get_mut(name) {
            account.loaded = false;
        }
    }

    /// The reply to a request.
    pub fn answer(&mut self, request: &Value) -> Value {
        let name = request["request"].as_str().unwrap_or_default();
        let needs = |feature: bool, answer: Value| {
            if feature { answer } else { failure("Bad Request: Unknown request type.") }
        };
        let five = !self.version.starts_with('4');
        match name {
            "check" => return json!({"status": "success"}),
            "lock" | "unlock" => return self.lock(name, request),
            _ => {}
        }
        if self.password.is_some() {
            return failure("Agent locked");
        }
        if let Some(failure) = &self.failure {
            return failure.clone();
        }
        match name {
            "access_token" => self.access_token(request),
            "id_token" => self.with(request, |name, account| {
                json!({"status": "success", "id_token": format!("id.{name}.x"), "issuer": account.issuer})
            }),
            "mytoken" if five => {
                let answer = self.mytoken.clone();
                self.with(request, |_, _| answer)
            }
            "loaded_accounts" => info(self.loaded()),
            "account_info" => needs(five, info(self.infos())),
            "status_json" => info(json!({
                "version": self.version, "command_line_options": {}, "loaded_accounts": self.loaded(),
            })),
            "scopes" => info(json!("openid profile email offline_access")),
            "" => failure("Bad Request: No request type."),
            _ => failure("Bad Request: Unknown request type."),
        }
    }

    fn lock(&mut self, name: &str, request: &Value) -> Value {
        let password = request["password"].as_str().map(str::to_owned);
        match (name, self.password.is_some()) {
            ("lock", true) => failure("Agent locked"),
            ("lock", false) => {
                self.password = password;
                info(json!("Agent locked"))
            }
            (_, false) => failure("Agent not locked"),
            _ if self.password == password => {
                self.password = None;
                info(json!("Agent unlocked"))
            }
            _ => failure("wrong password"),
        }
    }

    fn access_token(&mut self, request: &Value) -> Value {
        let text = |name| request[name].as_str().unwrap_or_default().to_owned();
        let (scope, audience) = (text("scope"), text("audience"));
        let period = request["min_valid_period"].as_i64().unwrap_or_default();
        let special = !scope.is_empty() || !audience.is_empty();
        self.with(request, |name, account| {
            let number = match account.cached {
                Some(number) if !special && (0..LIFETIME).contains(&period) => number,
                _ => {
                    account.issued += 1;
                    account.issued
                }
            };
            if !special {
                account.cached = Some(number);
            }
            // Of whatever the token is, the expiry is that of the cached one.
            let expires_at = if account.cached.is_some() { EXPIRES_AT } else { 0 };
            let [scope, audience] = [scope, audience].map(|words| words.replace(' ', "+"));
            json!({
                "status": "success", "access_token": format!("{name}|{scope}|{audience}|{number}"),
                "issuer": account.issuer, "expires_at": expires_at,
            })
        })
    }

    fn with(&mut self, request: &Value, answer: impl FnOnce(&str, &mut Account) -> Value) -> Value {
        let bare = |issuer: &str| issuer.trim_end_matches('/').to_owned();
        let account = match (request["account"].as_str(), request["issuer"].as_str()) {
            (Some(name), _) => {
                let account = self.accounts.get_key_value(name).map(|(name, _)| name.clone());
                account.ok_or("No account configured with that short name")
            }
            (None, Some(issuer)) => {
                let of =
                    |account: &Account| account.loaded && bare(&account.issuer) == bare(issuer);
                let found = self.accounts.iter().find(|(_, account)| of(account));
                found.map(|(name, _)| name.clone()).ok_or("account not loaded")
            }
            (None, None) => Err("Not yet implemented"),
        };
        match account {
            Err(error) => failure(error),
            Ok(name) => match self.accounts.get_mut(&name) {
                Some(account) if account.loaded => answer(&name, account),
                _ => failure("account not loaded"),
            },
        }
    }

    fn loaded(&self) -> Value {
        let loaded = self.accounts.iter().filter(|(_, account)| account.loaded);
        loaded.map(|(name, _)| name.as_str()).collect()
    }

    fn infos(&self) -> Value {
        // An issuer without accounts has no such member.
        let mut infos = json!({"https://empty.test/": {"pubclient": true}});
        for (name, account) in &self.accounts {
            infos[&account.issuer]["pubclient"] = false.into();
            infos[&account.issuer]["accounts"][name] = account.loaded.into();
        }
        infos
    }
}

fn info(info: Value) -> Value {
    json!({"status": "success", "info": info})
}

fn failure(error: &str) -> Value {
    json!({"status": "failure", "error": error})
}
