//! An authorization request by `POST` (OIDC Core 3.1.2.1): a page whose form submits itself.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use url::Url;

use crate::error::{ApiMisuse, Error, Shown};

/// A page that posts the authorization request, for requests that are too long for an address, or shall not stand in
/// the browser's history. Send it with status 200, `Content-Type: text/html; charset=utf-8`, `Cache-Control: no-store`
/// and the [`content_security_policy`](Self::content_security_policy).
pub struct AuthorizationForm {
    html: String,
    policy: String,
}

impl AuthorizationForm {
    /// The form for `url`, which is the authorization endpoint with a request appended. The endpoint's own query stays
    /// in the address (RFC 6749 3.1).
    pub(crate) fn new(url: &Url, endpoint: &Url) -> Result<Self, Error> {
        let misuse = || Error::from(ApiMisuse::Parameter(Shown::new("url")));
        let own = endpoint.query_pairs().count();
        let same = url.origin() == endpoint.origin()
            && url.path() == endpoint.path()
            && url.query_pairs().take(own).eq(endpoint.query_pairs());
        if !same {
            return Err(misuse());
        }
        let inputs: String =
            url.query_pairs().skip(own).fold(String::new(), |html, (name, value)| {
                let (name, value) = (escape(&name), escape(&value));
                html + "<input type=\"hidden\" name=\"" + &name + "\" value=\"" + &value + "\">\n"
            });
        let action = escape(endpoint.as_str());
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Log in</title></head>\n\
             <body><form method=\"post\" action=\"{action}\">\n{inputs}\
             <noscript><button>Continue</button></noscript>\n</form>\n<script>{SCRIPT}</script></body></html>\n"
        );
        let hash = STANDARD.encode(Sha256::digest(SCRIPT));
        // No `form-action`: browsers apply it to the redirects behind the form as well.
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'"
        );
        Ok(Self { html, policy })
    }

    /// The page. It holds `state` and `nonce`: do not log it.
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The value of the header `Content-Security-Policy`: the page's one script may run, and nothing else.
    pub fn content_security_policy(&self) -> &str {
        &self.policy
    }
}

impl fmt::Debug for AuthorizationForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationForm").finish_non_exhaustive()
    }
}

/// Text inside a quoted attribute. Line breaks would be changed by the browser's reader, so they are written as
/// references.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, char| {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\r' => out.push_str("&#13;"),
            '\n' => out.push_str("&#10;"),
            other => out.push(other),
        }
        out
    })
}

// Not the form's own `submit`: a parameter of that name would hide it.
const SCRIPT: &str = "HTMLFormElement.prototype.submit.call(document.forms[0])";

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_query_of_the_endpoint_stays_and_values_are_escaped() {
        let endpoint = url("https://op.test/authorize?tenant=%22x%22");
        let mut request = endpoint.clone();
        request.query_pairs_mut().append_pair("state", "\"><script>alert('1')</script>&amp;\r\n");
        let form = AuthorizationForm::new(&request, &endpoint).unwrap();
        assert!(form.html().contains("action=\"https://op.test/authorize?tenant=%22x%22\""));
        assert!(form.html().contains(
            "name=\"state\" value=\"&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;&#13;&#10;\""
        ));
        assert_eq!(form.html().matches("<script>").count(), 1);
        assert!(!form.html().contains("name=\"tenant\""));
    }

    #[test]
    fn the_policy_names_the_hash_of_the_script_in_the_page() {
        let endpoint = url("https://op.test/authorize");
        let form = AuthorizationForm::new(&endpoint, &endpoint).unwrap();
        let (_, rest) = form.html().split_once("<script>").unwrap();
        let script = rest.split_once("</script>").unwrap().0;
        let due = format!("script-src 'sha256-{}'", STANDARD.encode(Sha256::digest(script)));
        assert!(form.content_security_policy().contains(&due));
        assert!(!form.content_security_policy().contains("unsafe"));
    }

    #[test]
    fn a_request_for_another_endpoint_is_no_form() {
        let endpoint = url("https://op.test/authorize?tenant=7");
        for text in [
            "https://evil.test/authorize?tenant=7&state=s",
            "https://op.test/other?tenant=7&state=s",
            "https://op.test/authorize?state=s",
            "http://op.test/authorize?tenant=7&state=s",
        ] {
            let error = AuthorizationForm::new(&url(text), &endpoint).unwrap_err();
            assert_eq!(error.code(), "misuse.parameter", "{text}");
        }
    }
}
