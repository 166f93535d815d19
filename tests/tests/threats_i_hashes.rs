//! Threats I04 to I06, I08 and I09: `at_hash`, which ties the access token to the ID token (OIDC Core 3.1.3.6 and
//! 3.1.3.8). It may be absent in the code flow, and must never be wrong.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use relying_party::protocol::id_token::Check;
use relying_party_tests::{
    op::{Alg, CLIENTS, Mischief, Op, base64url},
    scenario::{After, Outcome, Scenario},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The whole hash that belongs to an algorithm.
fn hash(alg: Alg, text: &str) -> Vec<u8> {
    match alg {
        Alg::Hs384 => Sha384::digest(text).to_vec(),
        Alg::Hs512 | Alg::EdDsa => Sha512::digest(text).to_vec(),
        _ => Sha256::digest(text).to_vec(),
    }
}

/// A login whose ID token has the `at_hash` that `make` derives from the access token.
fn with_hash(
    client: &str,
    alg: Alg,
    make: impl Fn(&str) -> Option<Value> + Send + Sync + 'static,
) -> Scenario {
    Scenario::new().client(client).id_token(move |op: &Op, parts| {
        let mut header = json!({ "alg": alg.name() });
        let kid = op.kid(alg);
        if !kid.is_empty() {
            header["kid"] = kid.into();
        }
        let mut claims = json!({
            "iss": op.issuer(), "sub": parts.sub, "aud": parts.client_id, "nonce": parts.nonce,
            "iat": parts.now, "exp": parts.now + 300,
        });
        if let Some(at_hash) = make(&parts.access_token) {
            claims["at_hash"] = at_hash;
        }
        op.mint(alg, &header.to_string(), &claims.to_string())
    })
}

#[track_caller]
fn refused(outcome: Outcome, client: &str, code: &str) {
    if client.starts_with("hs") {
        outcome.refused_without_keys(code, After::Token);
    } else {
        outcome.refused(code, After::Token);
    }
}

#[test]
fn i08_the_hash_of_each_algorithm() {
    for (client, alg) in CLIENTS {
        let right = with_hash(client, alg, move |token| {
            let hash = hash(alg, token);
            Some(base64url(&hash[..hash.len() / 2]).into())
        });
        let (login, _) = right.run().accepted();
        assert!(login.id_token().checks().contains(&Check::AccessTokenHash), "{client}");
        // The half of any other hash is as long as that hash makes it.
        for other in [Alg::Hs256, Alg::Hs384, Alg::Hs512] {
            if other.left_hash("") == alg.left_hash("") {
                continue;
            }
            let wrong = with_hash(client, alg, move |token| Some(other.left_hash(token).into()));
            refused(wrong.run(), client, "claim.at_hash.mismatch");
        }
    }
}

#[test]
fn i09_near_misses_for_each_algorithm() {
    for (client, alg) in CLIENTS {
        let wrong: [fn(&[u8], &str) -> Value; 9] = [
            |hash, _| base64url(&hash[hash.len() / 2..]).into(),
            |hash, _| base64url(hash).into(),
            |hash, _| base64url(&hash[..hash.len() / 2 - 1]).into(),
            |hash, _| base64url(&hash[..hash.len() / 2 + 1]).into(),
            |hash, _| format!("{}=", base64url(&hash[..hash.len() / 2])).into(),
            |hash, _| format!("{}==", base64url(&hash[..hash.len() / 2])).into(),
            |hash, _| {
                hash[..hash.len() / 2].iter().map(|b| format!("{b:02x}")).collect::<String>().into()
            },
            |hash, _| base64url(&hash[..hash.len() / 2]).to_lowercase().into(),
            |_, token| token.into(),
        ];
        for make in wrong {
            let scenario =
                with_hash(client, alg, move |token| Some(make(&hash(alg, token), token)));
            refused(scenario.run(), client, "claim.at_hash.mismatch");
        }
        for value in [Value::Null, json!(7), json!(["x"]), json!({})] {
            let scenario = with_hash(client, alg, move |_| Some(value.clone()));
            refused(scenario.run(), client, "claim.at_hash.malformed");
        }
    }
}

#[test]
fn i09_the_standard_alphabet() {
    // The two alphabets differ in two characters: take access tokens until enough hashes have one of them.
    let mut differing = 0;
    for seed in 0..20 {
        let differs = Arc::new(AtomicBool::new(false));
        let seen = differs.clone();
        let scenario = with_hash("es256", Alg::Es256, move |token| {
            let right = Alg::Es256.left_hash(token);
            let standard = right.replace('-', "+").replace('_', "/");
            seen.store(standard != right, Ordering::SeqCst);
            Some(standard.into())
        });
        let outcome = scenario.config(|config| config.seed = seed).run();
        if differs.load(Ordering::SeqCst) {
            differing += 1;
            outcome.refused("claim.at_hash.mismatch", After::Token);
        } else {
            outcome.accepted();
        }
    }
    assert!(differing >= 3, "{differing}");
}

#[test]
fn i04_i05_wrong_is_refused_and_absent_is_not() {
    for (client, alg) in CLIENTS {
        let (login, _) = with_hash(client, alg, |_| None).run().accepted();
        assert!(!login.id_token().checks().contains(&Check::AccessTokenHash));
        let another = with_hash(client, alg, move |_| Some(alg.left_hash("another").into()));
        refused(another.run(), client, "claim.at_hash.mismatch");
    }
    Scenario::new().mischief(Mischief::MissingAtHash).run().accepted();
    let invalid = Scenario::new().mischief(Mischief::InvalidAtHash).run();
    invalid.refused("claim.at_hash.mismatch", After::Token);
}

#[test]
fn i06_a_code_hash_is_never_wrong() {
    // OIDC Core 3.3.2.11 asks for it in the hybrid flow only; where it stands, it fits the code.
    let with_code = |make: fn(&str) -> Value| {
        Scenario::new().world(move |world| {
            let code = Arc::new(Mutex::new(String::new()));
            let seen = code.clone();
            world.op.intercept("/authorize", move |_, answer| {
                let location = answer.header("location").expect("a redirect");
                let location = url::Url::parse(location).expect("an address");
                let (_, value) = location.query_pairs().find(|(n, _)| n == "code").expect("a code");
                *seen.lock().expect("a code") = value.into_owned();
            });
            world.op.tamper_id_token(move |_, _, claims| {
                claims["c_hash"] = make(&code.lock().expect("a code"));
            });
        })
    };
    let (login, _) = with_code(|code| Alg::Rs256.left_hash(code).into()).run().accepted();
    assert!(login.id_token().checks().contains(&Check::CodeHash));
    for make in [
        (|_| Alg::Rs256.left_hash("another").into()) as fn(&str) -> Value,
        |code| Alg::Hs512.left_hash(code).into(),
        |code| format!("{}=", Alg::Rs256.left_hash(code)).into(),
        |_| "".into(),
    ] {
        with_code(make).run().refused("claim.c_hash.mismatch", After::Token);
    }
    for make in [(|_| Value::Null) as fn(&str) -> Value, |_| json!(7)] {
        with_code(make).run().refused("claim.c_hash.malformed", After::Token);
    }
}

#[test]
fn i05_an_access_token_of_another_login() {
    // The token response is put together from two logins; the userinfo endpoint is not asked with it.
    let swapped = Scenario::new().document("/token", |body| {
        body["access_token"] = "access-of-somebody-else".into();
    });
    swapped.run().refused("claim.at_hash.mismatch", After::Token);
    Scenario::new().document("/token", |_| ()).run().accepted();
}
