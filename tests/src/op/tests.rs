//! Logins by hand.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};

use super::*;

pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const VERIFIER: &str = "fake-verifier-0123456789-0123456789-0123456789";

#[test]
fn a_whole_login() {
    let op = Op::new(OpConfig::default());
    let callback = authorize(&op, &[]);
    assert_eq!(callback["state"], "the state&");
    assert_eq!(callback["iss"], "https://op.test");
    let tokens = op.redeem(&callback["code"], VERIFIER, NOW + 59);
    assert_eq!(tokens.header("cache-control"), Some("no-store"));
    let tokens = tokens.document();
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&"Bearer".into(), &3600.into()));
    let (header, claims) = decode(&tokens["id_token"]);
    assert_eq!(header, serde_json::json!({ "alg": "RS256", "kid": op.kid(Alg::Rs256) }));
    assert_eq!(claims["iss"], "https://op.test");
    assert_eq!(claims["aud"], "public");
    assert_eq!(claims["sub"], "sub-alice-248289761001");
    assert_eq!(claims["nonce"], "the nonce");
    assert_eq!(claims["auth_time"], NOW);
    assert_eq!(claims["exp"], NOW + 59 + 300);
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(claims["at_hash"], Alg::Rs256.left_hash(access_token));
    assert_eq!(claims.get("acr"), None);
    let userinfo = op.userinfo(access_token, NOW + 100).document();
    assert_eq!(userinfo["sub"], claims["sub"]);
    assert_eq!(userinfo["email"], "alice@people.test");
    assert_eq!(userinfo.get("phone_number"), None);
    assert_eq!(op.userinfo(access_token, NOW + 4000).status, 401);
    assert_eq!((op.requests(), op.count("/token"), op.authorizations()), (4, 1, 1));
}

#[test]
fn a_wrong_verifier_is_refused() {
    let op = Op::new(OpConfig::default());
    let code = authorize(&op, &[])["code"].clone();
    let refused = op.redeem(&code, "another-verifier", NOW);
    assert_eq!((refused.status, &refused.document()["error"]), (400, &"invalid_grant".into()));
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    assert_eq!(authorize(&op, &without)["error"], "invalid_request");
    assert_eq!(authorize(&op, &[("code_challenge_method", "plain")])["error"], "invalid_request");
}

#[test]
fn a_code_is_good_once_and_for_a_minute() {
    let op = Op::new(OpConfig::default());
    let late = authorize(&op, &[])["code"].clone();
    assert_eq!(op.redeem(&late, VERIFIER, NOW + 60).status, 400);
    let code = authorize(&op, &[])["code"].clone();
    let tokens = op.redeem(&code, VERIFIER, NOW).document();
    let access_token = tokens["access_token"].as_str().unwrap();
    assert_eq!(op.userinfo(access_token, NOW).status, 200);
    assert_eq!(op.redeem(&code, VERIFIER, NOW).document()["error"], "invalid_grant");
    assert_eq!(op.userinfo(access_token, NOW).status, 401);
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(op.refresh(refresh_token, NOW).status, 400);
}

#[test]
fn a_refresh_has_no_nonce_and_may_rotate() {
    let config = OpConfig { rotate_refresh_tokens: true, ..OpConfig::default() };
    let op = Op::new(config);
    let code = authorize(&op, &[])["code"].clone();
    let first = op.redeem(&code, VERIFIER, NOW).document();
    let old = first["refresh_token"].as_str().unwrap();
    let second = op.refresh(old, NOW + 1000).document();
    let (_, claims) = decode(&second["id_token"]);
    assert_eq!((claims.get("nonce"), &claims["auth_time"]), (None, &NOW.into()));
    assert_eq!(claims["iat"], NOW + 1000);
    let new = second["refresh_token"].as_str().unwrap();
    assert_ne!(old, new);
    assert_eq!(op.refresh(old, NOW + 1000).status, 400);
    assert_eq!(op.refresh(new, NOW + 1000).status, 400, "a replay revokes the whole family");
}

#[test]
fn clients_authenticate_as_registered_and_in_no_other_way() {
    let op = Op::new(OpConfig::default());
    let encode =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let attempt = |id: &str, secret: &str, header: Option<String>, in_body: bool| {
        let code = authorize(&op, &[("client_id", id)])["code"].clone();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        if in_body {
            form.extend([("client_id", id), ("client_secret", secret)]);
        }
        let mut request = OpRequest::post_form(url(&op, "/token"), &form);
        if let Some(credentials) = header {
            let value = format!("Basic {}", BASE64_STANDARD.encode(credentials));
            request = request.with_header("authorization", &value);
        }
        let response = op.handle(&request, NOW);
        (response.status, response.document()["error"].as_str().unwrap_or("").to_owned())
    };
    let secret = op.client("confidential").unwrap().secret();
    let good = format!("{}:{}", encode("confidential"), encode(secret));
    let ok = (200, String::new());
    let wrong = (401, "invalid_client".to_owned());
    assert_eq!(attempt("confidential", secret, Some(good.clone()), false), ok);
    assert_eq!(attempt("confidential", secret, Some(good), true).1, "invalid_request");
    assert_eq!(
        attempt("confidential", secret, Some(format!("confidential:{secret}")), false),
        wrong
    );
    assert_eq!(attempt("confidential", secret, None, true), wrong);
    assert_eq!(attempt("post", secret, None, true), ok);
    assert_eq!(attempt("post", secret, Some(format!("post:{}", encode(secret))), false), wrong);
    assert_eq!(attempt("raw", "", Some("raw:fake-raw-secret".into()), false), ok);
    assert_eq!(attempt("public", "something", None, true), wrong);
}

#[test]
fn each_algorithm_has_its_own_client() {
    let op = Op::new(OpConfig::default());
    for client_id in ["rs256", "ps256", "es256", "eddsa", "hs256", "hs384", "hs512"] {
        let secret = op.client(client_id).unwrap().secret().to_owned();
        let code = authorize(&op, &[("client_id", client_id)])["code"].clone();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", VERIFIER),
        ];
        let credentials = BASE64_STANDARD.encode(format!("{client_id}:{secret}"));
        let request = OpRequest::post_form(url(&op, "/token"), &form)
            .with_header("authorization", &format!("Basic {credentials}"));
        let tokens = op.handle(&request, NOW).document();
        let (header, _) = decode(&tokens["id_token"]);
        assert_eq!(header["alg"].as_str().unwrap().to_lowercase(), client_id);
        let alg = Alg::from_name(header["alg"].as_str().unwrap()).unwrap();
        let (input, signature) = tokens["id_token"].as_str().unwrap().rsplit_once('.').unwrap();
        assert_eq!(signature, base64url(&op.sign_with(alg, input.as_bytes())));
    }
}

#[test]
fn a_person_logs_in_once_and_leaves() {
    let op = Op::new(OpConfig::default());
    let ask = |extra: &[(&str, &str)], cookie: &str| {
        let mut params = vec![("login_hint", "")];
        params.extend(extra);
        let request = OpRequest::get(authorization_url(&op, &params)).with_header("cookie", cookie);
        op.handle(&request, NOW)
    };
    let page = ask(&[("state", "\"><script>")], "");
    assert_eq!(page.status, 200);
    let html = String::from_utf8(page.body).unwrap();
    assert!(html.contains("action=\"https://op.test/login\"") && !html.contains("<script>"));
    let carried = authorization_url(&op, &[("login_hint", "")]);
    let answer = |user, password, decision| {
        let carried = carried.query().unwrap();
        let form = [("request", carried), ("user", user), ("password", password)];
        let form = [form.as_slice(), &[("decision", decision)]].concat();
        op.handle(&OpRequest::post_form(url(&op, "/login"), &form), NOW)
    };
    assert_eq!(answer("alice", "builder", "").status, 403);
    assert_eq!(callback(&answer("", "", "deny"))["error"], "access_denied");
    let done = answer("alice", "wonderland", "");
    assert!(callback(&done).contains_key("code"));
    let cookie = done.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    assert!(callback(&ask(&[("prompt", "none")], &cookie)).contains_key("code"));
    assert_eq!(callback(&ask(&[("prompt", "none")], ""))["error"], "login_required");
    let fresh = [("prompt", "none"), ("max_age", "0")];
    assert_eq!(callback(&ask(&fresh, &cookie))["error"], "login_required");
    assert_eq!(ask(&[("prompt", "login")], &cookie).status, 200);

    let tokens = op.redeem(&callback(&done)["code"], VERIFIER, NOW).document();
    let bye = [
        ("id_token_hint", tokens["id_token"].as_str().unwrap()),
        ("post_logout_redirect_uri", "https://rp.test/bye"),
        ("state", "s"),
    ];
    let bye = op.handle(&OpRequest::post_form(url(&op, "/end_session"), &bye), NOW);
    assert_eq!(bye.header("location"), Some("https://rp.test/bye?state=s"));
    assert_eq!(callback(&ask(&[("prompt", "none")], &cookie))["error"], "login_required");
}

#[test]
fn the_hint_stands_for_a_person() {
    let op = Op::new(OpConfig::default());
    assert_eq!(authorize(&op, &[("login_hint", "deny")])["error"], "access_denied");
    let hint = ("login_hint", "auto:bob;acr=urn:test:silver;auth_time=1700000000");
    let code = authorize(&op, &[hint, ("nonce", "")])["code"].clone();
    let (_, claims) = decode(&op.redeem(&code, VERIFIER, NOW).document()["id_token"]);
    assert_eq!(claims["acr"], "urn:test:silver");
    assert_eq!(claims["auth_time"], 1_700_000_000);
    assert_eq!((&claims["sub"], claims.get("nonce")), (&"sub-bob-90125".into(), None));
}

#[test]
fn response_modes() {
    let op = Op::new(OpConfig::default());
    let answer = |mode| {
        let request = OpRequest::get(authorization_url(&op, &[("response_mode", mode)]));
        op.handle(&request, NOW)
    };
    assert!(answer("fragment").header("location").unwrap().contains("/cb#code=code-"));
    let page = String::from_utf8(answer("form_post").body).unwrap();
    assert!(page.contains("name=\"state\" value=\"the state&amp;\""));
    assert_eq!(callback(&answer("carrier_pigeon"))["error"], "invalid_request");
}

#[test]
fn no_redirect_to_strangers() {
    let op = Op::new(OpConfig::default());
    let strange = [("redirect_uri", "https://evil.test/cb"), ("client_id", "nobody")];
    for parameter in strange {
        let request = OpRequest::get(authorization_url(&op, &[parameter]));
        let response = op.handle(&request, NOW);
        assert_eq!((response.status, response.header("location")), (400, None));
    }
}

#[test]
fn rotation_changes_the_key_set_and_the_tokens() {
    let op = Op::new(OpConfig::default());
    let keys = || op.handle(&OpRequest::get(url(&op, "/jwks")), NOW).document();
    let (before, kid) = (keys(), op.kid(Alg::Rs256));
    op.rotate_keys();
    assert_ne!(before, keys());
    assert!(!keys().to_string().contains(&kid));
    let code = authorize(&op, &[])["code"].clone();
    let (header, _) = decode(&op.redeem(&code, VERIFIER, NOW).document()["id_token"]);
    assert_ne!(header["kid"], kid);
    assert!(keys().to_string().contains(header["kid"].as_str().unwrap()));
}

#[test]
fn an_issuer_may_have_a_path_and_a_slash() {
    for (issuer, discovery) in [
        ("https://op.test/a/", "https://op.test/a/.well-known/openid-configuration"),
        ("https://op.test/a", "https://op.test/a/.well-known/openid-configuration"),
        ("https://op.test/", "https://op.test/.well-known/openid-configuration"),
    ] {
        let op = Op::new(OpConfig::with_issuer(issuer));
        let response = op.handle(&OpRequest::get(discovery.parse().unwrap()), NOW);
        assert_eq!(response.document()["issuer"], issuer);
        assert!(!response.document()["jwks_uri"].as_str().unwrap().contains("//jwks"));
    }
}

#[test]
fn closures_see_and_change_everything() {
    let op = Op::new(OpConfig::default());
    op.intercept("/token", |request, response| {
        assert_eq!(request.method, "POST");
        response.set_header("x-seen", "yes");
    });
    op.tamper_id_token(|op, header, claims| {
        header["alg"] = "ES256".into();
        header["kid"] = op.kid(Alg::Es256).into();
        claims["extra"] = 1.into();
    });
    let code = authorize(&op, &[])["code"].clone();
    let response = op.redeem(&code, VERIFIER, NOW);
    assert_eq!(response.header("x-seen"), Some("yes"));
    let (header, claims) = decode(&response.document()["id_token"]);
    assert_eq!((&header["alg"], &claims["extra"]), (&"ES256".into(), &1.into()));
    let minter = op.clone();
    op.replace_id_token(move |parts| {
        assert_eq!(parts.nonce.as_deref(), Some("the nonce"));
        minter.mint(Alg::EdDsa, "{\"alg\":\"EdDSA\",\"alg\":1", "not JSON")
    });
    let code = authorize(&op, &[])["code"].clone();
    let token = op.redeem(&code, VERIFIER, NOW).document()["id_token"].clone();
    assert_eq!(token.as_str().unwrap().split('.').nth(1), Some("bm90IEpTT04"));
    op.clear_hooks();
    let code = authorize(&op, &[])["code"].clone();
    assert_eq!(op.redeem(&code, VERIFIER, NOW).header("x-seen"), None);
}

impl Op {
    pub(super) fn redeem(&self, code: &str, verifier: &str, now: i64) -> OpResponse {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", "public"),
            ("redirect_uri", REDIRECT_URI),
            ("code_verifier", verifier),
        ];
        self.handle(&OpRequest::post_form(url(self, "/token"), &form), now)
    }

    pub(super) fn refresh(&self, refresh_token: &str, now: i64) -> OpResponse {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", "public"),
        ];
        self.handle(&OpRequest::post_form(url(self, "/token"), &form), now)
    }

    pub(super) fn userinfo(&self, access_token: &str, now: i64) -> OpResponse {
        let request = OpRequest::get(url(self, "/userinfo"))
            .with_header("authorization", &format!("Bearer {access_token}"));
        self.handle(&request, now)
    }
}

fn authorize(op: &Op, changes: &[(&str, &str)]) -> HashMap<String, String> {
    callback(&op.handle(&OpRequest::get(authorization_url(op, changes)), NOW))
}

pub(super) fn callback(response: &OpResponse) -> HashMap<String, String> {
    assert_eq!(response.status, 303);
    let location: Url = response.header("location").unwrap().parse().unwrap();
    location.query_pairs().into_owned().collect()
}

/// A good request, with some parameters changed; empty ones count as left out.
pub(super) fn authorization_url(op: &Op, changes: &[(&str, &str)]) -> Url {
    let challenge = base64url(&Sha256::digest(VERIFIER));
    let mut params = vec![
        ("client_id", "public"),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid email"),
        ("state", "the state&"),
        ("nonce", "the nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("login_hint", "auto:alice"),
    ];
    for (name, value) in changes {
        params.retain(|(other, _)| other != name);
        params.push((name, value));
    }
    Url::parse_with_params(&op.endpoint("/authorize"), params).unwrap()
}

pub(super) fn url(op: &Op, path: &str) -> Url {
    op.endpoint(path).parse().unwrap()
}

fn decode(token: &Value) -> (Value, Value) {
    let mut parts = token.as_str().unwrap().split('.').map(|part| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&bytes).unwrap_or_default()
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

const REDIRECT_URI: &str = "http://127.0.0.1:4711/cb";
