//! Threats N02, N03, N09 and N16, and the failures of the way: bounds of answers, text that must not become a header,
//! stored bytes that were changed, and what a failed request costs at each stage of a login.

use relying_party::{
    Login, PendingLogin, Policy, Registration,
    drive::drive,
    error::{Blame, Error, FailureKind, Purpose},
    http::HttpRequest,
    limits::Limits,
    secret::{AccessToken, ClientSecret, RefreshToken},
};
use relying_party_tests::{
    memory::Failing,
    op::OpResponse,
    scenario::{After, Scenario, World},
};
use url::Url;

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The endpoints, in the order of a login, and the bound of each answer.
const ENDPOINTS: [(&str, After, usize); 4] = [
    (DISCOVERY, After::Discovery, 128 * 1024),
    ("/jwks", After::Keys, 256 * 1024),
    ("/token", After::Token, 128 * 1024),
    ("/userinfo", After::UserInfo, 128 * 1024),
];

fn answering(
    path: &'static str,
    change: impl Fn(&mut OpResponse) + Send + Sync + 'static,
) -> Scenario {
    Scenario::new().world(move |world| world.op.intercept(path, move |_, answer| change(answer)))
}

#[test]
fn n03_the_bytes_of_an_answer_are_bounded() {
    for (path, stage, limit) in ENDPOINTS {
        // White space after the document is part of it.
        let long = |bytes: usize| answering(path, move |answer| answer.body.resize(bytes, b' '));
        long(limit).run().accepted();
        long(limit + 1).run().refused("transport.too_large", stage);
        long(10 * limit).run().refused("transport.too_large", stage);
        // So is an error page.
        answering(path, move |answer| {
            *answer = OpResponse::new(500, "text/html", vec![b'x'; limit + 1])
        })
        .run()
        .refused("transport.too_large", stage);
    }
}

#[test]
fn n03_the_headers_of_an_answer_are_bounded() {
    for (path, stage, _) in ENDPOINTS {
        let many = |count: usize| {
            answering(path, move |answer| {
                answer.headers = vec![("x".into(), "y".into()); count];
            })
        };
        many(100).run().accepted();
        many(101).run().refused("transport.too_large", stage);
        let long = |bytes: usize| {
            answering(path, move |answer| {
                answer.headers = vec![("x".into(), "y".repeat(bytes - 1))]
            })
        };
        long(32 * 1024).run().accepted();
        long(32 * 1024 + 1).run().refused("transport.too_large", stage);
    }
}

#[test]
fn n02_an_encoding_that_nobody_asked_for() {
    let url = Url::parse("https://op.test/jwks").expect("an address");
    let request = HttpRequest::get(url, Purpose::Keys, &Limits::default());
    assert!(request.headers().all(|(name, _)| name != "accept-encoding"));
    let encoded = |values: &[&[u8]]| {
        let mut response = request.response(200);
        for value in values {
            response.header("Content-Encoding", value).expect("a header");
        }
        response.refuse_encoded().map_err(|failure| failure.kind)
    };
    for values in [
        &[&b"gzip"[..]][..],
        &[b"BR"],
        &[b"identity, gzip"],
        &[b"identity", b"deflate"],
        &[b"unknown"],
        &[b"\xff"],
    ] {
        assert_eq!(encoded(values), Err(FailureKind::Other), "{values:?}");
    }
    for values in [&[][..], &[&b"identity"[..]], &[b" Identity "], &[b""]] {
        assert_eq!(encoded(values), Ok(()), "{values:?}");
    }
}

#[test]
fn n03_the_bounds_are_those_of_the_policy() {
    let policy = |bytes: usize| {
        let mut limits = Limits::default();
        limits.token_response = bytes;
        Policy::default().limits(limits)
    };
    Scenario::new().policy(policy(8 * 1024)).run().accepted();
    Scenario::new().policy(policy(100)).run().refused("transport.too_large", After::Token);
}

/// Text that would end a header line, or confuse a reader of one.
const BREAKING: [&str; 7] =
    ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b", "a\u{7f}b", "a\u{e9}b", "a\tb"];

#[test]
fn n09_a_token_from_the_provider_becomes_no_header() {
    for text in BREAKING {
        for member in ["access_token", "refresh_token", "id_token"] {
            let outcome =
                Scenario::new().document("/token", move |body| body[member] = text.into());
            outcome.run().refused("response.token_characters", After::Token);
        }
        let at_userinfo =
            Scenario::new().document("/userinfo", move |body| body["name"] = text.into());
        at_userinfo.run().accepted();
    }
    // Every character that a header can hold.
    let good = "AZaz09-._~+/=!#$%&'*^`|:;,<>?@[]{}()\"\\";
    let outcome = Scenario::new()
        .document("/token", move |body| body["access_token"] = good.into())
        .claims(|claims| drop(claims.as_object_mut().expect("claims").remove("at_hash")))
        .run();
    // It went into the header as it is; the provider does not know it.
    outcome.refused("provider.error", After::UserInfo);
}

#[test]
fn n09_nothing_of_the_application_becomes_a_header_line() {
    for text in BREAKING {
        for code in [
            AccessToken::new(text).err(),
            RefreshToken::new(text).err(),
            ClientSecret::new(text).err(),
            Registration::public(text, "https://rp.test/cb").err(),
            Registration::confidential("id", text, "https://rp.test/cb").err(),
        ]
        .map(|error| error.map(|error| error.code()))
        {
            assert_eq!(code, Some("misuse.characters"), "{text:?}");
        }
    }
    AccessToken::new("visible").expect("a token");
    ClientSecret::new("with a space").expect("a secret");
    Registration::confidential("an id", "a s3cr:t", "https://rp.test/cb").expect("a registration");
}

#[test]
fn n09_an_own_request_has_no_smuggled_header() {
    let request = || {
        let url = Url::parse("https://api.test/x").expect("an address");
        HttpRequest::get(url, Purpose::Other, &Limits::default())
    };
    for text in BREAKING {
        let error = request().header("x-own", text.to_owned()).expect_err(text);
        assert_eq!(error.code(), "misuse.header", "{text:?}");
    }
    for name in ["", "X-Own", "x own", "x:own", "x\r\nown", "x\u{e9}"] {
        let error = request().header(name, "v".to_owned()).expect_err(name);
        assert_eq!(error.code(), "misuse.header", "{name:?}");
    }
    let good = request().header("x-own-1", "a b: \"c\"".to_owned()).expect("a header");
    assert!(good.headers().any(|header| header == ("x-own-1", "a b: \"c\"")));
}

#[test]
fn n09_what_the_visitor_brings_becomes_no_header() {
    // The one header of a login is the client's own; code and verifier go into the form, encoded.
    for odd in ["a%0d%0ax-evil:%201", "a%00b", "%c3%a9"] {
        let outcome = Scenario::new().query(move |query| {
            let pairs = query.split('&').map(|pair| match pair.split_once('=') {
                Some(("code", _)) => format!("code={odd}"),
                _ => pair.to_owned(),
            });
            pairs.collect::<Vec<_>>().join("&")
        });
        let code =
            if odd.contains("%00") { "callback.encoding" } else { "callback.code.malformed" };
        outcome.run().refused(code, After::Discovery);
    }
    let same = Scenario::new().query(|query| query);
    same.run().accepted();
}

/// A login whose requests to `path` fail in these ways first.
fn failing(path: &str, failures: &[FailureKind]) -> (Result<Login, Error>, Vec<String>, World) {
    let mut world = World::default();
    let way = Failing::new(&world.transport, path, failures);
    let registration = world.registration("rs256");
    let crypto = relying_party_tests::scenario::crypto();
    let result = (|| {
        let discover = relying_party::Client::discover("https://op.test", registration, crypto);
        let client = drive(discover, &way, &mut world.env)?;
        let finish = world.returned(&client).with_user_info();
        drive(finish, &way, &mut world.env)
    })();
    (result, way.attempts(), world)
}

const KINDS: [(FailureKind, &str); 5] = [
    (FailureKind::Timeout, "transport.timeout"),
    (FailureKind::Connect, "transport.connect"),
    (FailureKind::Tls, "transport.tls"),
    (FailureKind::TooLarge, "transport.too_large"),
    (FailureKind::Other, "transport.other"),
];

#[test]
fn n03_a_failed_request_ends_the_login_and_is_not_repeated() {
    let (result, all, _) = failing("/nowhere", &[FailureKind::Other]);
    result.expect("a login");
    assert_eq!(all, [DISCOVERY, "/jwks", "/token", "/userinfo"]);
    for (kind, code) in KINDS {
        for (path, made) in [(DISCOVERY, 1), ("/token", 3), ("/userinfo", 4)] {
            let (result, attempts, _) = failing(path, &[kind]);
            let error = result.expect_err(code);
            assert_eq!((error.code(), error.blame()), (code, Blame::Network), "{path}");
            // The transport's own error is kept as the cause.
            assert!(std::error::Error::source(&error).is_some());
            assert_eq!(attempts, all[..made], "{path}");
        }
    }
}

#[test]
fn n03_the_key_request_alone_is_repeated_and_once() {
    for (kind, code) in KINDS {
        let again = !matches!(kind, FailureKind::Tls | FailureKind::TooLarge);
        let (result, attempts, world) = failing("/jwks", &[kind]);
        assert_eq!(
            result.map(|_| ()).map_err(|e| e.code()),
            if again { Ok(()) } else { Err(code) }
        );
        assert_eq!(attempts.iter().filter(|path| *path == "/jwks").count(), 1 + usize::from(again));
        assert_eq!(world.op.count("/token"), usize::from(again));
        let (result, attempts, world) = failing("/jwks", &[kind; 3]);
        assert_eq!(result.expect_err(code).code(), code);
        assert_eq!(attempts.iter().filter(|path| *path == "/jwks").count(), 1 + usize::from(again));
        assert_eq!(world.op.count("/token"), 0);
    }
}

#[test]
fn n03_an_answer_of_the_token_endpoint_that_is_lost_spends_the_code_once() {
    // The provider has answered, the answer did not arrive: asking again would look like theft.
    let (result, attempts, world) = failing("/token", &[FailureKind::Timeout]);
    assert_eq!(result.expect_err("lost").code(), "transport.timeout");
    assert_eq!(attempts.iter().filter(|path| *path == "/token").count(), 1);
    assert_eq!((world.op.count("/token"), world.op.count("/userinfo")), (1, 0));
}

#[test]
fn n03_a_refresh_is_not_repeated_either() {
    for (kind, code) in KINDS {
        let mut world = World::default();
        let client = world.discover("rs256", Policy::default()).expect("a client");
        let login = world.login(&client).expect("a login");
        let token = login.tokens().refresh_token().expect("a refresh token");
        let way = Failing::new(&world.transport, "/token", &[kind]);
        let refresh = client.refresh(token, &login.record());
        assert_eq!(drive(refresh, &way, &mut world.env).expect_err(code).code(), code);
        assert_eq!(way.attempts(), ["/token"]);
        let refresh = client.refresh(token, &login.record());
        drive(refresh, &way, &mut world.env).expect("the application's own second try");
    }
}

#[test]
fn n16_a_changed_pending_login_is_none() {
    let mut world = World::default();
    let client = world.discover("rs256", Policy::default()).expect("a client");
    let started = world.run(client.start_login()).expect("a start");
    let bytes = started.pending.to_bytes();
    for at in 0..bytes.len() {
        for bit in [0x01, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= bit;
            let code = PendingLogin::from_bytes(&changed).expect_err("changed").code();
            let due = if at == 0 { "stored.version" } else { "stored.malformed" };
            assert_eq!(code, due, "byte {at}");
        }
        let cut = PendingLogin::from_bytes(&bytes[..at]).expect_err("cut").code();
        assert_eq!(cut, "stored.malformed", "{at} bytes");
    }
    let back = world.visit(&started.url).callback().expect("a callback");
    let pending = PendingLogin::from_bytes(&bytes).expect("as it was");
    world.run(client.finish_login(pending, back)).expect("a login");
}
