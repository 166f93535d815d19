//! WebFinger: what is typed never sends a request anywhere but to its own host, and an answer leads only to an https
//! issuer that stands in it.

use relying_party::{
    Env, Error, Flow, Step,
    flow::web_finger::FindIssuer,
    http::HttpRequest,
    protocol::{issuer::Issuer, web_finger::Identifier},
    time::UnixTime,
};
use serde_json::Value;

const REL: &str = "http://openid.net/specs/connect/1.0/issuer";
const PATH: &str = "/.well-known/webfinger";

/// Neither time nor entropy is asked for.
struct Nothing;

impl Env for Nothing {
    fn now(&mut self) -> UnixTime {
        panic!("nobody needs the time")
    }

    fn fill(&mut self, _: &mut [u8]) -> Result<(), Error> {
        panic!("nobody needs entropy")
    }
}

/// What is typed, as text.
pub fn identifier(data: &[u8]) {
    let Ok(typed) = std::str::from_utf8(data) else { return };
    let identifier = match Identifier::new(typed) {
        Ok(identifier) => identifier,
        Err(error) => {
            assert_eq!(error.code(), "misuse.identifier");
            return;
        }
    };
    assert!(typed.len() <= 1024 && typed.bytes().all(|byte| byte.is_ascii_graphic()));
    let (resource, url) = (identifier.resource(), identifier.address());
    let before_fragment = typed.split('#').next().unwrap_or_default();
    assert!(resource.ends_with(before_fragment) && !resource.contains('#'), "{typed}");
    // What was added is one of two schemes.
    let added = &resource[..resource.len() - before_fragment.len()];
    assert!(["", "acct:", "https://"].contains(&added), "{typed}");
    assert_eq!((url.scheme(), url.path(), url.fragment()), ("https", PATH, None));
    assert_eq!((url.username(), url.password()), ("", None));
    // The host stands in what was typed, as somebody can read it there.
    let host = url.host_str().expect("a host");
    assert!(!host.contains('@') && !host.is_empty());
    assert!(host.starts_with('[') || typed.to_ascii_lowercase().contains(host), "{typed}");
    let pairs: Vec<_> = url.query_pairs().collect();
    assert_eq!(pairs, [("resource".into(), resource.into()), ("rel".into(), REL.into())]);
    // Normalising what is normalised changes nothing, as long as the scheme that was added fits in.
    let again = Identifier::new(resource);
    assert!(resource.len() > 1024 || again.is_ok_and(|again| again == identifier), "{typed}");
    let Ok(Step::Send(exchange)) = FindIssuer::new(typed).start(&mut Nothing) else {
        panic!("{typed} is an identifier and sends nothing")
    };
    assert_eq!(exchange.request().url(), url);
}

/// An answer.
pub fn jrd(data: &[u8]) {
    let Ok(Step::Send(exchange)) = FindIssuer::new("joe@op.test").start(&mut Nothing) else {
        panic!("nothing is sent")
    };
    let outcome = answer(exchange.request(), data);
    match exchange.resume(outcome, &mut Nothing) {
        Ok(Step::Done(issuer)) => {
            let document: Value = serde_json::from_slice(data).expect("strict JSON is JSON");
            let links = document["links"].as_array().expect("links");
            let first = links.iter().find(|link| link["rel"] == REL).expect("the relation");
            assert_eq!(first["href"], issuer.as_str());
            assert!(links.len() <= 64);
            assert_eq!(Issuer::new(issuer.as_str()).expect("an https issuer"), issuer);
        }
        Ok(step) => panic!("{step:?}"),
        Err(error) => assert!(error.to_string().len() < 1000),
    }
}

fn answer(request: &HttpRequest, body: &[u8]) -> relying_party::flow::Outcome {
    let mut response = request.response(200);
    response.chunk(body)?;
    Ok(response.finish())
}
