//! The page that watches the session at the provider (OpenID Connect Session Management 1.0).

use std::fmt;

use url::Url;

use super::form::{escape, hash_source};
use crate::secret::SessionState;

/// A page for an invisible frame in the application's own pages. Every few seconds it asks the provider's frame whether
/// the session is still the same (Session Management 3), and ends by sending its parent one of two messages, from the
/// application's own origin:
///
/// * `changed`: log in anew without any page, with
///   [`Client::start_reauthentication`](crate::Client::start_reauthentication). If the same person comes back, keep the
///   new session; if somebody else or an error does, the visitor has logged out.
/// * `error`: the visitor has logged out; do not log in anew, which could go round in circles.
///
/// Send it with status 200, `Content-Type: text/html; charset=utf-8`, `Cache-Control: no-store` and the
/// [`content_security_policy`](Self::content_security_policy). Browsers that keep third-party cookies from frames answer
/// `changed` or `error` at once.
pub struct CheckSessionPage {
    html: String,
    policy: String,
}

impl CheckSessionPage {
    pub(crate) fn new(iframe: &Url, client_id: &str, state: &SessionState) -> Self {
        let origin = iframe.origin().ascii_serialization();
        // Session Management 3.1: "Client ID + " " + Session State"
        let message = escape(&format!("{client_id} {}", state.expose()));
        let (address, target) = (escape(iframe.as_str()), escape(&origin));
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Session</title></head>\n\
             <body data-message=\"{message}\" data-origin=\"{target}\" data-every=\"{EVERY}\">\n\
             <iframe id=\"op\" title=\"Session\" src=\"{address}\"></iframe>\n\
             <script>{SCRIPT}</script></body></html>\n"
        );
        let script = hash_source(SCRIPT);
        let policy = format!(
            "default-src 'none'; script-src {script}; frame-src {origin}; base-uri 'none'; \
             form-action 'none'; frame-ancestors 'self'"
        );
        Self { html, policy }
    }

    /// The page. It holds `session_state`: do not log it.
    pub fn html(&self) -> &str {
        &self.html
    }

    /// The value of the header `Content-Security-Policy`: the page's one script may run, the provider's frame be loaded,
    /// and nothing else; only pages of the same origin may hold it.
    pub fn content_security_policy(&self) -> &str {
        &self.policy
    }
}

impl fmt::Debug for CheckSessionPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckSessionPage").finish_non_exhaustive()
    }
}

/// Milliseconds between two questions.
const EVERY: u32 = 5000;

// Session Management 3.1, 3.2: messages go to and are taken from the exact origin of the provider's frame; after
// `changed` and `error` nothing is asked again. Always the same text, so that its hash is one, too: values are attributes.
const SCRIPT: &str = r#"(function () {
"use strict";
var data = document.body.dataset, op = document.getElementById("op"), timer;
function ask() { op.contentWindow.postMessage(data.message, data.origin); }
function hear(event) {
  if (event.origin !== data.origin || event.source !== op.contentWindow) return;
  if (event.data !== "changed" && event.data !== "error") return;
  clearInterval(timer);
  removeEventListener("message", hear);
  op.remove();
  parent.postMessage(event.data, location.origin);
}
addEventListener("message", hear);
op.addEventListener("load", function () {
  clearInterval(timer);
  ask();
  timer = setInterval(ask, Number(data.every));
});
})();"#;

#[cfg(test)]
mod tests {
    use super::*;

    fn page(iframe: &str, client_id: &str, state: &str) -> CheckSessionPage {
        let state = SessionState::new(state).unwrap();
        CheckSessionPage::new(&Url::parse(iframe).unwrap(), client_id, &state)
    }

    #[test]
    fn l20_messages_go_to_and_come_from_one_exact_origin() {
        let page = page("https://op.test:8443/check?x=1&y=2", "me", "abc.def");
        let html = page.html();
        assert!(html.contains("data-message=\"me abc.def\" data-origin=\"https://op.test:8443\""));
        assert!(html.contains("src=\"https://op.test:8443/check?x=1&amp;y=2\""));
        for due in [
            "op.contentWindow.postMessage(data.message, data.origin)",
            "event.origin !== data.origin || event.source !== op.contentWindow",
            "event.data !== \"changed\" && event.data !== \"error\"",
            "parent.postMessage(event.data, location.origin)",
        ] {
            assert!(SCRIPT.contains(due), "{due}");
        }
        assert!(!html.contains("\"*\"") && !html.contains("'*'"), "no wildcard target");
        assert_eq!(SCRIPT.matches("postMessage").count(), 2);
        let policy = page.content_security_policy();
        assert!(policy.contains("frame-src https://op.test:8443;"), "{policy}");
        assert!(policy.contains("frame-ancestors 'self'") && !policy.contains("unsafe"));
    }

    #[test]
    fn values_are_attributes_and_never_script() {
        let hostile = page("https://op.test/c?\"><script>", "\"><script>1</script>", "'<&\">");
        assert_eq!(hostile.html().matches("<script>").count(), 1);
        assert!(hostile.html().contains("&quot;&gt;&lt;script&gt;1&lt;/script&gt; &#39;&lt;&amp;"));
        let plain = page("https://op.test/c", "me", "x");
        assert_eq!(hostile.content_security_policy(), plain.content_security_policy());
        assert_eq!(format!("{hostile:?}"), "CheckSessionPage { .. }");
    }

    #[test]
    fn l21_a_session_state_with_a_space_is_none() {
        for text in ["", " ", "a b", "a\n", "\u{e9}", "a\0"] {
            assert_eq!(
                SessionState::new(text).unwrap_err().code(),
                "misuse.characters",
                "{text:?}"
            );
        }
        for text in ["a", "f0a1.salt", "\"<>&'"] {
            assert!(SessionState::new(text).is_ok(), "{text}");
        }
    }
}
