//! A user agent for automatic logins: it keeps cookies and follows redirects, and reads no page.

use std::{error::Error, sync::Arc, time::Duration};

use ureq::{
    Agent,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};
use url::Url;

use crate::scenario::form_post_body;

/// What a browser's way may end in: text for the person who reads the test's output.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const MAX_REDIRECTS: usize = 20;

/// One visitor: two logins with the same value share a session at the provider.
#[derive(Debug)]
pub struct Browser(Agent);

impl Browser {
    /// A browser without cookies that trusts `ca` (PEM), or the public roots where there is none.
    pub fn new(ca: Option<&[u8]>) -> Result<Self> {
        Ok(Self(agent(ca)?))
    }

    /// Opens `url` and follows the provider's redirects until one leads to `redirect_uri`: that URL
    /// is the answer, and nobody has fetched it.
    pub fn authorize(&self, url: &Url, redirect_uri: &str) -> Result<Url> {
        match self.follow(url, redirect_uri)? {
            Arrival::At(url) => Ok(url),
            Arrival::Page(status, at, _) => {
                Err(format!("a page instead of a redirect: {status} {}", shown(&at)).into())
            }
        }
    }

    /// The same, until a page comes whose form leads to `redirect_uri`: the form as it would be posted.
    pub fn authorize_form(&self, url: &Url, redirect_uri: &str) -> Result<String> {
        match self.follow(url, redirect_uri)? {
            Arrival::Page(_, _, page) if page.contains(&format!("action=\"{redirect_uri}\"")) => {
                Ok(form_post_body(&page))
            }
            Arrival::Page(status, at, _) => {
                Err(format!("no form for {redirect_uri}: {status} {}", shown(&at)).into())
            }
            Arrival::At(at) => Err(format!("a redirect instead of a form: {}", shown(&at)).into()),
        }
    }

    fn follow(&self, url: &Url, redirect_uri: &str) -> Result<Arrival> {
        let mut at = url.clone();
        for _ in 0..MAX_REDIRECTS {
            let mut response = self.0.get(at.as_str()).call()?;
            let status = response.status();
            let location = response.headers().get("location").filter(|_| status.is_redirection());
            let Some(location) = location else {
                let page = response.body_mut().read_to_string()?;
                return Ok(Arrival::Page(status.as_u16(), at, page));
            };
            let next = at.join(location.to_str()?)?;
            if leads_to(&next, redirect_uri) {
                return Ok(Arrival::At(next));
            }
            if next.origin() != url.origin() {
                return Err(format!("left for {}, not for {redirect_uri}", shown(&next)).into());
            }
            at = next;
        }
        Err(format!("more than {MAX_REDIRECTS} redirects, last {}", shown(&at)).into())
    }

    /// The same, and then fetches that URL as a browser would: status and body of whoever listens.
    pub fn visit(&self, url: &Url, redirect_uri: &str) -> Result<(u16, String)> {
        let mut callback = self.authorize(url, redirect_uri)?;
        // A browser keeps the fragment to itself.
        callback.set_fragment(None);
        let mut response = self.0.get(callback.as_str()).call()?;
        Ok((response.status().as_u16(), response.body_mut().read_to_string()?))
    }
}

/// An HTTP client that trusts `ca` (PEM), and leaves redirects and statuses to its caller.
pub(crate) fn agent(ca: Option<&[u8]>) -> Result<Agent> {
    let mut tls = TlsConfig::builder();
    if let Some(pem) = ca {
        let roots = parse_pem(pem).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(Ok(certificate)),
            Ok(_) => None,
            Err(e) => Some(Err(e)),
        });
        let roots = roots.collect::<std::result::Result<Vec<Certificate<'static>>, _>>()?;
        tls = tls.root_certs(RootCerts::Specific(Arc::new(roots)));
    }
    let config = Agent::config_builder()
        .tls_config(tls.build())
        .max_redirects(0)
        .http_status_as_error(false)
        // A proxy from the environment cannot reach this machine's loopback.
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(30)))
        .build();
    Ok(config.new_agent())
}

/// Where the redirects end.
enum Arrival {
    At(Url),
    Page(u16, Url, String),
}

pub(crate) fn leads_to(url: &Url, redirect_uri: &str) -> bool {
    let rest = url.as_str().strip_prefix(redirect_uri);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '#', '&']))
}

// Codes and tokens travel in queries and fragments.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}
