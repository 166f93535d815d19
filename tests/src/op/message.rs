//! Requests, answers and parameters as plain data.

use serde_json::Value;
use url::{Url, form_urlencoded};

/// One HTTP request as it reached the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpRequest {
    /// The method, in capitals.
    pub method: String,
    /// The whole address that was called.
    pub url: Url,
    /// Header fields in the order they came in.
    pub headers: Vec<(String, String)>,
    /// The body, empty when there was none.
    pub body: Vec<u8>,
}

impl OpRequest {
    /// A GET without headers.
    pub fn get(url: Url) -> Self {
        Self { method: "GET".into(), url, headers: Vec::new(), body: Vec::new() }
    }

    /// A POST of an `application/x-www-form-urlencoded` body.
    pub fn post_form(url: Url, pairs: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Self { method: "POST".into(), url, headers: Vec::new(), body: body.into_bytes() }
            .with_header("content-type", FORM)
    }

    /// The same request with one more header field.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The first header field of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        let fields = self.headers.iter().filter(|(field, _)| field.eq_ignore_ascii_case("cookie"));
        fields
            .flat_map(|(_, value)| value.split(';'))
            .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
    }

    pub(crate) fn is_form(&self) -> bool {
        let media_type = self.header("content-type").unwrap_or("").split(';').next().unwrap_or("");
        media_type.trim().eq_ignore_ascii_case(FORM)
    }

    pub(crate) fn form(&self) -> Params {
        Params(form_urlencoded::parse(&self.body).into_owned().collect())
    }

    /// One line that is equal for two transports only if they sent the same thing.
    pub(crate) fn line(&self) -> String {
        let field = |name: &str| {
            let values = self.headers.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
            let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
            if values.is_empty() { "-".to_owned() } else { values.join(", ") }
        };
        format!(
            "{} {} accept={} content-type={} authorization={} body={}",
            self.method,
            &self.url[url::Position::BeforePath..url::Position::AfterQuery],
            field("accept"),
            field("content-type"),
            field("authorization"),
            self.body.escape_ascii(),
        )
    }
}

/// One HTTP answer of the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpResponse {
    /// The status code.
    pub status: u16,
    /// Header fields in the order they are sent.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl OpResponse {
    /// An answer with one media type.
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".into(), content_type.into())];
        Self { status, headers, body: body.into() }
    }

    /// A JSON document.
    pub fn json(status: u16, document: &Value) -> Self {
        Self::new(status, "application/json", document.to_string())
    }

    /// A page for people; `body` is markup, so values in it have gone through [`escape`].
    pub fn page(status: u16, title: &str, body: &str) -> Self {
        let title = escape(title);
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             </head>\n<body><h1>{title}</h1>\n{body}\n</body></html>\n"
        );
        Self::new(status, "text/html; charset=utf-8", html).with_header("cache-control", "no-store")
    }

    /// 303 See Other: the browser turns a POST into a GET, so no password travels on.
    pub fn see_other(location: &str) -> Self {
        let headers = vec![("location".into(), location.into())];
        Self { status: 303, headers, body: Vec::new() }.with_header("cache-control", "no-store")
    }

    /// The same answer with one more header field.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The first header field of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Replaces all header fields of that name by one.
    pub fn set_header(&mut self, name: &str, value: &str) {
        self.headers.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
        self.headers.push((name.into(), value.into()));
    }

    /// The body as JSON, `Null` when it is none.
    pub fn document(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Decoded query or form parameters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(pub(crate) Vec<(String, String)>);

impl Params {
    pub(crate) fn query(url: &Url) -> Self {
        Self(url.query_pairs().into_owned().collect())
    }

    pub(crate) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    // RFC 6749 3.1: a parameter without a value is treated as omitted.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, value)| key == name && !value.is_empty());
        values.next().map(|(_, value)| value.as_str())
    }

    // RFC 6749 3.1 and 3.2: no parameter more than once, but those of RFC 8707 2 and RFC 8693 2.1.
    pub(crate) fn has_duplicate(&self) -> bool {
        let later = |at: usize| self.0.iter().skip(at + 1);
        let mut once =
            self.0.iter().enumerate().filter(|(_, (key, _))| !REPEATED.contains(&&**key));
        once.any(|(at, (key, _))| later(at).any(|(other, _)| other == key))
    }

    pub(crate) fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// Makes any text safe inside HTML text and quoted attributes.
pub fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, char| {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
        out
    })
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

const REPEATED: [&str; 2] = ["resource", "audience"];
const FORM: &str = "application/x-www-form-urlencoded";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(
            escape(r#"<a href='x' b="&">"#),
            "&lt;a href=&#39;x&#39; b=&quot;&amp;&quot;&gt;"
        );
    }

    #[test]
    fn a_line_shows_every_difference() {
        let url: Url = "https://op.test/token?a=b%20c".parse().unwrap();
        let request = OpRequest::post_form(url, &[("code", "x\u{e9}\n")])
            .with_header("Accept", "application/json")
            .with_header("accept", "*/*");
        assert_eq!(
            request.line(),
            "POST /token?a=b%20c accept=application/json, */* \
             content-type=application/x-www-form-urlencoded authorization=- body=code=x%C3%A9%0A"
        );
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let request = OpRequest::get("https://op.test/".parse().unwrap())
            .with_header("cookie", "op_session_old=1; op_session=two");
        assert_eq!(request.cookie("op_session"), Some("two"));
    }
}
