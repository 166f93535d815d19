//! A person at a browser: keeps cookies, follows redirects, fills in the forms of the pages.
//!
//! [`Browser`](crate::browser::Browser) is for logins without pages.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use ureq::Agent;
use url::{Url, form_urlencoded};

use crate::{
    browser::{Result, agent, leads_to, shown},
    memory::Clock,
    op::{Op, OpRequest},
    scenario::Return,
};

const MAX_PAGES: usize = 20;

/// What alice enters, by the names that the fields have at one provider or another, and clicks.
pub const ALICE: &[(&str, &str)] = &[
    ("user", "alice"),
    ("username", "alice"),
    ("login", "alice"),
    ("password", "wonderland"),
    ("logout", "yes"),
];

/// One person: two logins of the same visitor share a session at the provider.
#[derive(Debug)]
pub struct Visitor(Way);

#[derive(Debug)]
enum Way {
    Sockets(Agent),
    Memory { op: Op, clock: Clock, cookies: Mutex<BTreeMap<String, String>> },
}

/// What was answered.
struct Page {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Visitor {
    /// Trusts `ca` (PEM), or the public roots where there is none.
    pub fn over_sockets(ca: Option<&[u8]>) -> Result<Self> {
        Ok(Self(Way::Sockets(agent(ca)?)))
    }

    /// In front of the embedded provider.
    pub fn in_memory(op: Op, clock: Clock) -> Self {
        Self(Way::Memory { op, clock, cookies: Mutex::default() })
    }

    /// Opens `url` and goes on, through redirects and through forms filled in with `entries`, until
    /// the way leads to `end`: what would be sent there is the answer, and nobody was sent it.
    pub fn follow(&self, url: &Url, end: &str, entries: &[(&str, &str)]) -> Result<Return> {
        let (mut at, mut form): (Url, Option<String>) = (url.clone(), None);
        for _ in 0..MAX_PAGES {
            let page = self.fetch(&at, form.as_deref())?;
            let next = match (page.location, Form::parse(&page.body)) {
                (Some(location), _) => {
                    form = None;
                    at.join(&location)?
                }
                (None, Some(mut found)) => {
                    found.fill(entries);
                    form = Some(found.encode());
                    at.join(&found.action)?
                }
                (None, None) => {
                    return Err(format!("a dead end: {} at {}", page.status, shown(&at)).into());
                }
            };
            if leads_to(&next, end) {
                return Ok(match (form, next.fragment()) {
                    (Some(form), _) => Return::Form(form),
                    (None, Some(fragment)) => Return::Fragment(fragment.to_owned()),
                    (None, None) => Return::Query(next.query().unwrap_or_default().to_owned()),
                });
            }
            if next.origin() != url.origin() {
                return Err(format!("left for {}, not for {end}", shown(&next)).into());
            }
            at = next;
        }
        Err(format!("more than {MAX_PAGES} pages, last {}", shown(&at)).into())
    }

    fn fetch(&self, url: &Url, form: Option<&str>) -> Result<Page> {
        match &self.0 {
            Way::Sockets(agent) => {
                let mut response = match form {
                    None => agent.get(url.as_str()).call()?,
                    Some(form) => {
                        agent.post(url.as_str()).content_type(FORM).send(form.as_bytes())?
                    }
                };
                let location = response.headers().get("location");
                let location = location.map(|value| value.to_str().map(str::to_owned));
                Ok(Page {
                    status: response.status().as_u16(),
                    location: location.transpose()?,
                    body: response.body_mut().read_to_string()?,
                })
            }
            Way::Memory { op, clock, cookies } => {
                let mut cookies = cookies.lock().unwrap_or_else(PoisonError::into_inner);
                let mut request = OpRequest::get(url.clone());
                if let Some(form) = form {
                    request = OpRequest::post_form(url.clone(), &[]);
                    request.body = form.as_bytes().to_vec();
                }
                let jar: Vec<_> =
                    cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
                request = request.with_header("cookie", &jar.join("; "));
                let answer = op.handle(&request, clock.now().seconds());
                if let Some((name, value)) =
                    answer.header("set-cookie").and_then(|set| set.split_once('='))
                {
                    let value = value.split(';').next().unwrap_or_default();
                    cookies.insert(name.to_owned(), value.to_owned());
                }
                Ok(Page {
                    status: answer.status,
                    location: answer.header("location").map(str::to_owned),
                    body: String::from_utf8_lossy(&answer.body).into_owned(),
                })
            }
        }
    }
}

/// The first form of a page, read no better than the providers of these tests need it.
#[derive(Debug, PartialEq, Eq)]
struct Form {
    action: String,
    fields: Vec<(String, String)>,
    buttons: Vec<(String, String)>,
}

impl Form {
    fn parse(page: &str) -> Option<Self> {
        let (_, rest) = page.split_once("<form")?;
        let action = attribute(rest.split('>').next()?, "action")?;
        let named = |tag: &str| {
            Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
        };
        let all = |kind: &str| {
            let tags = rest.split(kind).skip(1).filter_map(|tag| tag.split('>').next());
            tags.filter_map(named).collect::<Vec<_>>()
        };
        Some(Self { action, fields: all("<input"), buttons: all("<button") })
    }

    /// Enters what there is a field for, and clicks the button that is among the entries.
    fn fill(&mut self, entries: &[(&str, &str)]) {
        for (name, value) in &mut self.fields {
            if let Some((_, entry)) = entries.iter().find(|(field, _)| field == name) {
                (*entry).clone_into(value);
            }
        }
        let clicked =
            |(name, value): &(String, String)| entries.contains(&(name.as_str(), value.as_str()));
        self.fields.extend(self.buttons.drain(..).find(clicked));
    }

    fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.fields).finish()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let begin = format!("{name}=\"");
    let (at, _) = tag
        .match_indices(&begin)
        .find(|(at, _)| tag[..*at].ends_with(|before: char| before.is_ascii_whitespace()))?;
    let mut value = tag[at + begin.len()..].split('"').next()?.to_owned();
    for (escape, character) in ESCAPES {
        value = value.replace(escape, character);
    }
    Some(value)
}

// The ampersand comes last, or `&amp;lt;` would become `<`.
const ESCAPES: [(&str, &str); 9] = [
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&#39;", "'"),
    ("&lt;", "<"),
    ("&#60;", "<"),
    ("&gt;", ">"),
    ("&#62;", ">"),
    ("&#38;", "&"),
    ("&amp;", "&"),
];
const FORM: &str = "application/x-www-form-urlencoded";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_filled_in_where_there_are_fields_and_sent_with_the_button_that_was_clicked() {
        let page = r#"<p><form method="post" action="/go?a&amp;b"><input type="hidden" name="x"
            value="&quot;&amp;lt;"/><input name="user"><input type="submit"><button name="stay"
            value="no">No</button><button name="logout" value="yes">Yes</button></form>"#;
        let mut form = Form::parse(page).unwrap();
        assert_eq!(form.action, "/go?a&b");
        form.fill(ALICE);
        assert_eq!(form.encode(), "x=%22%26lt%3B&user=alice&logout=yes");
        assert_eq!(Form::parse("<p>wrong password"), None);
    }
}
