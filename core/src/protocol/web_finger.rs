//! WebFinger: from what a visitor types to the issuer (OIDC Discovery 2, RFC 7033).

use std::fmt;

use url::Url;

use super::issuer::{Issuer, Schemes, address};
use crate::{
    error::{ApiMisuse, Bound, Error, ErrorKind, JsonFault, JsonProblem, Purpose, ResponseProblem},
    http::{HttpRequest, HttpResponse},
    json::{self, Value},
    limits::Limits,
    text,
};

/// What a visitor is known by, normalised (OIDC Discovery 2.1.2).
///
/// | typed | resource | asked host |
/// | --- | --- | --- |
/// | `joe@example.com` | `acct:joe@example.com` | `example.com` |
/// | `example.com` | `https://example.com` | `example.com` |
/// | `example.com:8080` | `https://example.com:8080` | `example.com:8080` |
/// | `example.com/joe?x#y` | `https://example.com/joe?x` | `example.com` |
/// | `joe@example.com:8080` | `https://joe@example.com:8080` | `example.com:8080` |
/// | `https://…`, `acct:…`, `mailto:…` | the same, without a fragment | its host |
#[derive(Clone, PartialEq, Eq)]
pub struct Identifier {
    resource: String,
    address: Url,
}

impl Identifier {
    /// Reads what was typed. Take spaces around it away first, and write international names in their ASCII form.
    ///
    /// # Errors
    /// [`ApiMisuse::Identifier`] for XRIs (`=`, `@`, `!` in front), other schemes, anything but visible ASCII, more
    /// than 1024 bytes, and where no host can be found.
    pub fn new(typed: &str) -> Result<Self, Error> {
        Self::parse(typed, Schemes::HttpsOnly)
            .map_err(|reason| ApiMisuse::Identifier(reason).into())
    }

    pub(crate) fn parse(typed: &str, schemes: Schemes) -> Result<Self, &'static str> {
        if typed.len() > MAX_IDENTIFIER {
            return Err("it is too long");
        }
        if typed.is_empty() || !typed.bytes().all(text::is_visible) || typed.contains('\\') {
            return Err("it is empty or holds characters that no identifier may hold");
        }
        // OIDC Discovery 2.1
        if typed.starts_with(['=', '@', '!']) {
            return Err("it is an XRI, which is not supported");
        }
        // OIDC Discovery 2.1.2 (5)
        let typed = typed.split('#').next().unwrap_or_default();
        let (scheme, rest) = split_scheme(typed)?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        if user.is_some_and(|user| user.is_empty() || user.contains('@')) {
            return Err("it holds an empty or a second name before its host");
        }
        let resource = match scheme {
            Some(Scheme::Account) if user.is_none() => return Err("it names nobody at its host"),
            Some(_) => typed.to_owned(),
            // OIDC Discovery 2.1.2 (2)
            None if user.is_some() && tail.is_empty() && !host.contains(':') => {
                format!("acct:{typed}")
            }
            // OIDC Discovery 2.1.2 (3)
            None => format!("https://{typed}"),
        };
        let scheme = if scheme == Some(Scheme::Http) { "http" } else { "https" };
        // RFC 7033 4
        let mut address = address(&format!("{scheme}://{host}{WELL_KNOWN}"), schemes)?;
        // Parsers repair what should be refused: `0x7f.1` and `%6c` become other hosts than a reader sees.
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
        let as_typed = address.host_str() == Some(&name) || host.starts_with('[');
        if address.path() != WELL_KNOWN || !as_typed {
            return Err("its host is none, or written in an odd way");
        }
        let query = text::encode_form([("resource", resource.as_str()), ("rel", ISSUER_REL)]);
        // RFC 7033 4.1: percent-encoded; a plus would be one
        address.set_query(Some(&query.replace('+', "%20")));
        Ok(Self { resource, address })
    }

    /// `resource` of the request.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The address that is asked. Its host is the visitor's choice.
    pub fn address(&self) -> &Url {
        &self.address
    }

    pub(crate) fn request(&self, limits: &Limits) -> HttpRequest {
        HttpRequest::get(self.address.clone(), Purpose::WebFinger, limits)
    }
}

/// The identifier is somebody's: only the host is shown.
impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.address.host_str();
        f.debug_struct("Identifier").field("host", &host).finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Scheme {
    Https,
    Http,
    Account,
}

/// The scheme, where there is one that we know. `example.com:8080` has none, though RFC 3986 alone would find one.
fn split_scheme(typed: &str) -> Result<(Option<Scheme>, &str), &'static str> {
    for (name, scheme) in [
        ("https://", Scheme::Https),
        ("http://", Scheme::Http),
        ("acct:", Scheme::Account),
        ("mailto:", Scheme::Account),
    ] {
        // RFC 3986 3.1: in any case
        if let Some((start, rest)) = typed.split_at_checked(name.len())
            && start.eq_ignore_ascii_case(name)
        {
            return Ok((Some(scheme), rest));
        }
    }
    let authority = typed.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) && !authority.ends_with(':');
    if is_port || host.ends_with(']') {
        return Ok((None, typed));
    }
    Err("its scheme is not supported")
}

/// The issuer that an answer links to: the first link of the right relation (RFC 7033 4.4.4: their order is one of
/// preference). `subject` may be another one than was asked for (RFC 7033 4.4.1).
pub(crate) fn read(
    response: &HttpResponse,
    schemes: Schemes,
    limits: &Limits,
) -> Result<Issuer, Error> {
    let refuse = |problem| Err(ErrorKind::Response { purpose: Purpose::WebFinger, problem }.into());
    match response.status() {
        200 => {}
        // RFC 7033 4.2 allows redirects; whoever is asked is the visitor's choice, and no further than that.
        status @ 300..=399 => return refuse(ResponseProblem::Redirect(status)),
        status => return refuse(ResponseProblem::Status(status)),
    }
    let href = match issuer_href(response.body(), limits) {
        Ok(Some(href)) => href,
        Ok(None) => return refuse(ResponseProblem::NoIssuerLink),
        Err(Fault::Json(problem)) => return refuse(ResponseProblem::Json(problem)),
        Err(Fault::TooMany) => {
            return Err(ErrorKind::Limit { what: Bound::Links, limit: MAX_LINKS }.into());
        }
    };
    match Issuer::parse(href, schemes) {
        Ok(issuer) => Ok(issuer),
        Err(reason) => refuse(ResponseProblem::Address { member: "href", reason }),
    }
}

enum Fault {
    Json(JsonProblem),
    TooMany,
}

impl From<JsonProblem> for Fault {
    fn from(problem: JsonProblem) -> Self {
        Self::Json(problem)
    }
}

// RFC 7033 4.4
fn issuer_href(body: &[u8], limits: &Limits) -> Result<Option<String>, Fault> {
    let document = json::parse_object(body, limits.json_depth)?;
    document.string("subject")?;
    let wrong = |path: &str, due| JsonProblem::new(path, JsonFault::WrongType(due));
    let links = match document.get("links") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(links)) => links,
        Some(_) => return Err(wrong("links", "an array").into()),
    };
    if links.len() > MAX_LINKS {
        return Err(Fault::TooMany);
    }
    let mut issuer = None;
    for (index, link) in links.iter().enumerate() {
        let Value::Object(link) = link else {
            return Err(wrong(&format!("links[{index}]"), "an object").into());
        };
        let (rel, href) = (link.required_string("rel")?, link.string("href")?);
        if issuer.is_none() && rel == ISSUER_REL {
            issuer = Some(href.ok_or(JsonProblem::new("href", JsonFault::Missing))?.to_owned());
        }
    }
    Ok(issuer)
}

const WELL_KNOWN: &str = "/.well-known/webfinger";
const ISSUER_REL: &str = "http://openid.net/specs/connect/1.0/issuer";
const MAX_IDENTIFIER: usize = 1024;
const MAX_LINKS: usize = 64;
