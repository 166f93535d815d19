//! Authorization responses: by query, by fragment, by form, and each of them as a signed token.

use url::{Url, form_urlencoded};

use super::response_jwt::ResponseJwt;
use super::{Op, OpResponse, escape};

#[derive(Clone, Copy)]
pub(super) enum ResponseMode {
    Query,
    Fragment,
    FormPost,
}

impl ResponseMode {
    /// With the default of the response type (OAuth Multiple Response Types 3, 5): no token goes into a query.
    pub(super) fn parse(value: Option<&str>, tokens: bool) -> Option<Self> {
        // JARM 2.3
        let value = match value {
            Some("jwt") => None,
            Some(value) => Some(value.strip_suffix(".jwt").unwrap_or(value)),
            None => None,
        };
        match value {
            None if tokens => Some(Self::Fragment),
            Some("query") if tokens => None,
            None | Some("query") => Some(Self::Query),
            Some("fragment") => Some(Self::Fragment),
            Some("form_post") => Some(Self::FormPost),
            Some(_) => None,
        }
    }
}

/// Where the authorization response goes, and how.
pub(super) struct ReplyTo {
    /// Exactly as it came, since the token request must repeat it.
    pub(super) text: String,
    pub(super) uri: Url,
    pub(super) mode: ResponseMode,
    pub(super) state: Option<String>,
    pub(super) signed: Option<ResponseJwt>,
}

impl ReplyTo {
    pub(super) fn error(&self, op: &Op, code: &str) -> OpResponse {
        let description = ("error_description".into(), format!("The provider says {code}."));
        self.answer(op, vec![("error".into(), code.into()), description])
    }

    pub(super) fn answer(&self, op: &Op, mut pairs: Vec<(String, String)>) -> OpResponse {
        if let Some(state) = &self.state {
            pairs.push(("state".into(), state.clone()));
        }
        // RFC 9207 2: in error responses too.
        if op.config().authorization_response_iss_parameter_supported {
            pairs.push(("iss".into(), op.token_issuer()));
        }
        if let Some(mischief) = op.mischief() {
            mischief.on_callback(&mut pairs);
        }
        if let Some(signed) = &self.signed {
            pairs = vec![("response".into(), signed.make(op, &pairs))];
        }
        let mut uri = self.uri.clone();
        match self.mode {
            ResponseMode::Query => {
                uri.query_pairs_mut().extend_pairs(&pairs);
            }
            ResponseMode::Fragment => {
                let mut fragment = form_urlencoded::Serializer::new(String::new());
                uri.set_fragment(Some(&fragment.extend_pairs(&pairs).finish()));
            }
            ResponseMode::FormPost => return self.form_post(&pairs),
        }
        OpResponse::see_other(uri.as_str())
    }

    // OAuth 2.0 Form Post Response Mode 2
    fn form_post(&self, pairs: &[(String, String)]) -> OpResponse {
        let inputs: String = pairs.iter().map(|(name, value)| hidden(name, value)).collect();
        let action = escape(self.uri.as_str());
        let body = format!(
            "<form method=\"post\" action=\"{action}\">\n{inputs}<button>Continue</button>\n\
             </form>\n<script>document.forms[0].submit()</script>"
        );
        OpResponse::page(200, "Back to the application", &body)
    }
}

pub(super) fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value))
}
