//! Threats N01, N04, N05 and N10 to N13: statuses and headers of the provider's answers, at each of the four
//! endpoints that the library asks. Bounds and failures of the way stand in `threats_n_transport.rs`.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use relying_party::Policy;
use relying_party_tests::{
    op::OpResponse,
    scenario::{After, Scenario, World},
};

const DISCOVERY: &str = "/.well-known/openid-configuration";

/// The endpoints, in the order of a login.
const ENDPOINTS: [(&str, After); 4] = [
    (DISCOVERY, After::Discovery),
    ("/jwks", After::Keys),
    ("/token", After::Token),
    ("/userinfo", After::UserInfo),
];

/// A login in which one endpoint answers otherwise.
fn answering(
    path: &'static str,
    change: impl Fn(&mut OpResponse) + Send + Sync + 'static,
) -> Scenario {
    Scenario::new().world(move |world| world.op.intercept(path, move |_, answer| change(answer)))
}

fn with_status(path: &'static str, status: u16) -> Scenario {
    answering(path, move |answer| answer.status = status)
}

#[test]
fn n01_no_redirect_is_followed() {
    for (path, stage) in ENDPOINTS {
        for status in [300, 301, 302, 303, 304, 305, 307, 308, 399] {
            // The body would be good, and the target would answer.
            for target in ["https://op.test/elsewhere", "http://127.0.0.1/", "/jwks", ""] {
                let redirect = answering(path, move |answer| {
                    answer.status = status;
                    answer.set_header("location", target);
                });
                let outcome = redirect.run().refused("response.redirect", stage);
                assert_eq!(outcome.world.op.count("/elsewhere"), 0);
            }
        }
        // A location without a redirect leads nowhere.
        answering(path, |answer| answer.set_header("location", "https://evil.test"))
            .run()
            .accepted();
    }
}

#[test]
fn n04_json_under_any_content_type() {
    for (path, _) in ENDPOINTS {
        for content_type in [
            "application/json; charset=UTF-8",
            "APPLICATION/JSON",
            "application/json;charset=\"utf-8\"; x=\"a;b\"",
            "application/problem+json",
            "application/jwk-set+json",
        ] {
            answering(path, move |answer| answer.set_header("content-type", content_type))
                .run()
                .accepted();
        }
        answering(path, |answer| answer.headers.clear()).run().accepted();
    }
    // Old providers; whoever can answer there at all can also name a type.
    for path in [DISCOVERY, "/jwks", "/token"] {
        for content_type in ["text/plain", "text/html; charset=iso-8859-1", "nonsense", ""] {
            answering(path, move |answer| answer.set_header("content-type", content_type))
                .run()
                .accepted();
        }
    }
}

#[test]
fn n04_what_is_no_json_under_the_right_content_type() {
    for (path, stage) in ENDPOINTS {
        for body in ["<html></html>", "", "a=b&c=d", "\u{feff}{}"] {
            answering(path, move |answer| {
                *answer = OpResponse::new(200, "application/json", body);
            })
            .run()
            .refused("json.syntax", stage);
        }
    }
}

#[test]
fn n04_userinfo_says_that_it_is_json() {
    // OIDC Core 5.3.2: claims in a JWT are another document, and a page is none, whatever they hold.
    let of_type = |content_type: &'static str, status: u16| {
        answering("/userinfo", move |answer| {
            answer.set_header("content-type", content_type);
            answer.status = status;
        })
    };
    for content_type in [
        "application/jwt",
        "Application/JWT",
        "application/jwt; charset=utf-8",
        " application/jwt ",
        "text/html",
        "text/plain; a=application/json",
        "application/jsonx",
        "nonsense",
        "",
    ] {
        for status in [200, 201] {
            of_type(content_type, status).run().refused("response.content_type", After::UserInfo);
        }
    }
    for content_type in ["application/json", "text/json", "application/vnd.x+json; a=b"] {
        for status in [200, 201] {
            of_type(content_type, status).run().accepted();
        }
    }
}

#[test]
fn n05_only_the_expected_statuses() {
    for (path, stage) in ENDPOINTS {
        // The body is good in each.
        for status in [
            0, 100, 101, 199, 202, 204, 205, 206, 226, 299, 400, 401, 404, 429, 500, 503, 599, 999,
            65535,
        ] {
            with_status(path, status).run().refused("response.status", stage);
        }
        with_status(path, 200).run().accepted();
    }
    // Real providers answer a token request with 201; where nothing is made, nothing is created.
    for (path, stage) in ENDPOINTS {
        let created = with_status(path, 201).run();
        if path == "/token" || path == "/userinfo" {
            created.accepted();
        } else {
            created.refused("response.status", stage);
        }
    }
}

#[test]
fn n05_an_oauth_error_under_any_status() {
    for status in [200, 201, 400, 401, 403, 404, 500, 503] {
        let error = |path: &'static str, content_type: &'static str| {
            answering(path, move |answer| {
                *answer = OpResponse::new(status, content_type, r#"{"error":"invalid_grant"}"#);
            })
        };
        error("/token", "text/html").run().refused("provider.error", After::Token);
        error("/userinfo", "application/json").run().refused("provider.error", After::UserInfo);
    }
    // An `error` of another type is no answer to go on with, and no error either.
    for status in [200, 400] {
        for error in ["7", "[]", "{}", "true"] {
            let odd = answering("/token", move |answer| {
                answer.status = status;
                answer.body = format!("{{\"error\":{error}}}").into_bytes();
            });
            odd.run().refused("json.type", After::Token);
        }
    }
    Scenario::new().document("/token", |body| body["error"] = ().into()).run().accepted();
}

#[test]
fn n10_of_two_content_types_the_first_counts() {
    let second = |value: &'static str| {
        answering("/userinfo", move |answer| {
            answer.headers.push(("Content-Type".into(), value.into()));
        })
    };
    second("application/jwt").run().accepted();
    let first = answering("/userinfo", |answer| {
        answer.headers.insert(0, ("CONTENT-TYPE".into(), "application/jwt".into()));
    });
    first.run().refused("response.content_type", After::UserInfo);
}

/// Whether a key set with these headers is still used after so many seconds.
fn kept(headers: &[(&'static str, &'static str)], seconds: u64) -> bool {
    let mut world = World::default();
    let headers = headers.to_vec();
    world.op.intercept("/jwks", move |_, answer| {
        answer.headers.extend(headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
    });
    let client = world.discover("es256", Policy::default()).expect("a client");
    world.login(&client).expect("a login");
    world.clock.advance(Duration::from_secs(seconds));
    world.login(&client).expect("a login");
    world.op.count("/jwks") == 1
}

#[test]
fn n10_cache_control_in_several_lines_is_one_list() {
    // RFC 9110 5.3
    let lines = [("cache-control", "max-age=3600"), ("Cache-Control", "no-store")];
    assert!(kept(&lines, 59) && !kept(&lines, 60));
    let lines = [("cache-control", "private"), ("CACHE-CONTROL", "max-age=120")];
    assert!(kept(&lines, 119) && !kept(&lines, 120));
}

#[test]
fn n10_n13_of_two_lifetimes_the_longer_one_never_wins() {
    // RFC 9111 4.2.1: the first one, or none.
    for (first, second) in [("max-age=120", "max-age=86400"), ("max-age=86400", "max-age=120")] {
        let lines = [("cache-control", first), ("cache-control", second)];
        assert!(kept(&lines, 59), "{first}, {second}");
        assert!(first != "max-age=120" || !kept(&lines, 120), "{first}, {second}");
    }
}

#[test]
fn n11_cookies_of_the_provider_are_ignored() {
    let mut world = World::default();
    let cookies = Arc::new(Mutex::new(Vec::new()));
    for (path, _) in ENDPOINTS {
        let seen = cookies.clone();
        world.op.intercept(path, move |request, answer| {
            answer.headers.push(("set-cookie".into(), "track=me; Path=/".into()));
            answer.headers.push(("Set-Cookie2".into(), "track=me".into()));
            seen.lock().unwrap().push(request.header("cookie").map(str::to_owned));
        });
    }
    let client = world.discover("rs256", Policy::default()).expect("a client");
    for _ in 0..2 {
        let finish = world.returned(&client).with_user_info();
        world.run(finish).expect("a login");
    }
    let cookies = cookies.lock().unwrap();
    assert_eq!((cookies.len(), cookies.iter().flatten().count()), (6, 0));
}

#[test]
fn n11_a_provider_that_insists_on_its_cookie_gets_none() {
    let insisting = Scenario::new().world(|world| {
        world.op.intercept("/token", |request, answer| {
            if request.header("cookie").is_none() {
                *answer = OpResponse::new(403, "text/plain", "cookies, please")
                    .with_header("set-cookie", "session=1");
            }
        });
    });
    insisting.run().refused("response.status", After::Token);
}

#[test]
fn n12_retry_after_neither_waits_nor_locks_out() {
    for value in ["0", "-1", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "1e9"]
    {
        for status in [429, 503] {
            for (path, stage) in ENDPOINTS {
                let busy = answering(path, move |answer| {
                    answer.status = status;
                    answer.set_header("retry-after", value);
                });
                let start = World::default().clock.now();
                let outcome = busy.run().refused("response.status", stage);
                assert_eq!(outcome.world.clock.now(), start, "nothing was waited for");
            }
        }
        // The pause after a failed reading of the keys stays the library's own.
        let mut world = World::default();
        let client = world.discover("es256", Policy::default()).expect("a client");
        world.op.intercept("/jwks", move |_, answer| {
            answer.status = 503;
            answer.set_header("retry-after", value);
        });
        assert_eq!(world.login(&client).expect_err("busy").code(), "response.status");
        world.op.clear_hooks();
        assert_eq!(world.login(&client).expect_err("a pause").code(), "keys.unavailable");
        world.clock.advance(Duration::from_secs(1));
        world.login(&client).expect("keys again");
    }
}

#[test]
fn n13_other_cache_headers_never_lengthen_the_life_of_keys() {
    for headers in [
        &[("expires", "Fri, 31 Dec 9999 23:59:59 GMT")][..],
        &[("expires", "0")],
        &[("expires", "not a date"), ("date", "neither")],
        &[("vary", "*")],
        &[("pragma", "no-cache")],
        &[("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"), ("etag", "\"x\"")],
        &[("surrogate-control", "max-age=86400"), ("cdn-cache-control", "max-age=86400")],
        &[("age", "-5")],
        &[("age", "soon")],
    ] {
        assert!(kept(headers, 59) && !kept(headers, 600), "{headers:?}");
    }
    // Beside `max-age` they do not count at all (RFC 9111 5.3).
    let both = [("expires", "Fri, 31 Dec 9999 23:59:59 GMT"), ("cache-control", "max-age=120")];
    assert!(kept(&both, 119) && !kept(&both, 120));
}

#[test]
fn n13_the_time_in_a_shared_cache_counts() {
    // RFC 9111 4.2.3: the answer was 3500 s old when it came.
    let old = [("cache-control", "max-age=3600"), ("age", "3500")];
    assert!(kept(&old, 99) && !kept(&old, 100));
    // Never below the floor, so that no provider is asked at each login.
    let older = [("cache-control", "max-age=3600"), ("age", "99999999999999999999")];
    assert!(kept(&older, 59) && !kept(&older, 60));
    let new = [("cache-control", "max-age=3600"), ("age", "0")];
    assert!(kept(&new, 3599) && !kept(&new, 3600));
}
